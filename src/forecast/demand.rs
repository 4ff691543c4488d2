//! How the demand of every environment moves on a path: its level, its growth, its drift from month to month, and its noise, with
//! what follows from them.
#![allow(clippy::float_arithmetic, reason = "demand is simulated in floats")]

use std::sync::Arc;

use rand_distr::{Distribution, StandardNormal};

use super::draw::{Drawn, purpose, stream};
use super::inputs::{DemandOf, Input, Inputs};
use crate::month::Month;
use crate::quantity::{GrowthPer, Quantity};
use crate::scenario::Scenario;
use crate::scenario::driver::{Driver, Spread, Uncertainty};
use crate::simulation::Fleet;
use crate::simulation::month::{Follows, MonthOf, Outcome};
use crate::usage::Measure;
use crate::workload::{Drift, Step, Workload};

/// One environment's workload as a path moves it.
#[derive(Clone, Debug)]
struct Moving {
    environment: Arc<str>,
    /// The input behind its level.
    level: Option<usize>,
    /// The input behind its growth, and the exponent that makes a draw of it a month's.
    growth: Option<(usize, f64)>,
    /// Months from the one in which the level holds to the first of the forecast.
    since: i32,
    /// How months differ by chance.
    drift: Option<Drift>,
    /// The inputs behind what a request asks for, or behind the data, by resource that follows.
    asked: Vec<Option<usize>>,
    /// The months by the hour, where anything follows demand.
    months: Vec<Driven>,
}

/// A month by the hour and what it comes to at likely values. Paths are compared with that, so that what the hours lack of the
/// minutes (cooldowns, alarms) stays as the exact bill has it.
#[derive(Clone, Debug)]
struct Driven {
    month: MonthOf,
    /// On average over the noise.
    likely: Outcome,
    /// Without any.
    quiet: Outcome,
}

/// The workloads behind a forecast, and which of the inputs' demands each moves.
#[derive(Clone, Debug, Default)]
pub struct Demands {
    workloads: Vec<Moving>,
    /// For each demand of the inputs its workload and what of it.
    of: Vec<Option<(usize, DemandOf)>>,
}

/// The months of all workloads, ready to be lived through.
pub struct Fleets<'a> {
    demands: &'a Demands,
    /// By workload and month.
    fleets: Vec<Vec<Fleet<'a>>>,
}

impl Demands {
    /// The workloads of the members over so many months. Their levels and growths become inputs where they are ranges.
    pub fn new(members: &[&Scenario], first: Month, count: u32, inputs: &mut Inputs) -> Demands {
        let moving = |member: &&Scenario| Some(Moving::new(member, member.workload.as_ref()?, first, count, inputs));
        let workloads: Vec<Moving> = members.iter().filter_map(moving).collect();
        let of = inputs.demands.iter().map(|d| {
            let workload = workloads.iter().position(|w| w.environment == d.environment)?;
            let member = members.iter().find(|m| m.name == d.environment)?;
            // What is a part of another resource has that one's capacity.
            let resource = d.resource.as_deref().map(|r| Arc::from(member.whole_of(r)));
            Some((workload, DemandOf { resource, ..d.clone() }))
        });
        let of = of.collect();
        Demands { workloads, of }
    }

    /// True where demand differs by chance and something follows it.
    pub fn moves(&self) -> bool {
        let moves =
            |w: &Moving| w.drift.as_ref().is_some_and(|d| !d.spread.value.0.is_zero()) || w.months.iter().any(|m| m.month.is_noisy());
        self.of.iter().flatten().any(|(w, _)| self.workloads.get(*w).is_some_and(moves))
    }

    /// The multiplier of every demand, from what became of each workload's month.
    fn multipliers(&self, moved: &[Moved<'_>]) -> Vec<f64> {
        self.of.iter().map(|of| of.as_ref().map_or(1.0, |(w, what)| moved[*w].multiplier(what))).collect()
    }

    /// Ready to be lived through.
    pub fn fleets(&self) -> Fleets<'_> {
        let fleets = self.workloads.iter().map(|w| w.months.iter().map(|m| m.month.fleet()).collect()).collect();
        Fleets { demands: self, fleets }
    }
}

impl<'a> Fleets<'a> {
    /// For each of so many months the multiplier of every demand on a path.
    pub fn path(&self, seed: u64, path: u64, drawn: &[f64], months: usize) -> Vec<Vec<f64>> {
        let workloads: &'a [Moving] = &self.demands.workloads;
        let levels: Vec<Vec<f64>> = workloads.iter().map(|w| w.levels(seed, path, drawn, months)).collect();
        let month = |month: usize| {
            let of = |(w, workload): (usize, &'a Moving)| Moved {
                level: levels[w][month],
                outcome: self.outcome(w, month, levels[w][month], seed, path, drawn),
                likely: workload.months.get(month).map(|m| &m.likely),
            };
            self.demands.multipliers(&workloads.iter().enumerate().map(of).collect::<Vec<_>>())
        };
        (0..months).map(month).collect()
    }

    /// The multiplier of every demand in the first month with these inputs, without chance.
    pub fn still(&self, drawn: &[f64]) -> Vec<f64> {
        let of = |workload: &'a Moving| {
            let level = workload.growth_in(0, drawn);
            let first = workload.months.first();
            let outcome = |m: &Driven| m.month.quiet().outcome_of(level * workload.level_of(drawn), &workload.asked_of(drawn));
            Moved { level, outcome: first.map(outcome), likely: first.map(|m| &m.quiet) }
        };
        self.demands.multipliers(&self.demands.workloads.iter().map(of).collect::<Vec<_>>())
    }

    /// What a workload's month comes to on a path; `None` where nothing follows it.
    fn outcome(&self, w: usize, month: usize, level: f64, seed: u64, path: u64, drawn: &[f64]) -> Option<Outcome> {
        let workload = &self.demands.workloads[w];
        let driven = workload.months.get(month)?;
        // What is stated at a level known only roughly follows that level too.
        let level = level * workload.level_of(drawn);
        let noise = |route: usize| stream(seed, path, purpose(&format!("{} noise {month} {route}", workload.environment)));
        let asked = workload.asked_of(drawn);
        if asked.iter().all(|m| *m == 1.0) {
            return Some(driven.month.outcome(&self.fleets[w][month].path(noise, level), level, &asked));
        }
        let heavier = driven.month.heavier(&asked);
        Some(driven.month.outcome(&driven.month.fleet_of(&heavier).path(noise, level), level, &asked))
    }
}

impl Moving {
    fn new(scenario: &Scenario, workload: &Workload, first: Month, count: u32, inputs: &mut Inputs) -> Moving {
        let follows = if scenario.driven { scenario.follows() } else { Vec::new() };
        let asked = follows.iter().map(|(name, follows)| match follows {
            Follows::Requests(scaled) => driver_input(scenario, name, &format!("{name}.{}", scaled.key), &scaled.each, inputs),
            Follows::Data(filled) => driver_input(scenario, name, &format!("{name}.shard_scaling.data"), &filled.data, inputs),
            Follows::Lcus(_) => None,
        });
        let asked = asked.collect();
        let driven = |n: u32| {
            let month = MonthOf::new(workload, first.plus(n), Step::Hour, follows.clone());
            Driven { likely: month.likely(), quiet: month.quiet().outcome_of(1.0, &[]), month }
        };
        Moving {
            environment: scenario.name.clone(),
            level: if scenario.driven {
                driver_input(scenario, "", "workload.requests.level", &workload.requests.level, inputs)
            } else {
                None
            },
            growth: growth_input(scenario, workload, inputs),
            since: workload.since.map_or(0, |s| s.until(first)),
            drift: workload.drift.clone(),
            asked,
            months: if scenario.driven { (0..count).map(driven).collect() } else { Vec::new() },
        }
    }

    fn level_of(&self, drawn: &[f64]) -> f64 {
        self.level.map_or(1.0, |i| drawn[i])
    }

    fn asked_of(&self, drawn: &[f64]) -> Vec<f64> {
        self.asked.iter().map(|i| i.map_or(1.0, |i| drawn[i])).collect()
    }

    /// What the drawn growth does to a month of the forecast, as a part of what the likely one does.
    fn growth_in(&self, month: usize, drawn: &[f64]) -> f64 {
        let growth = self.growth.map_or(1.0, |(input, exponent)| drawn[input].powf(exponent));
        growth.powi(self.since.saturating_add(month as i32))
    }

    /// Growth and drift of each month on a path, as a part of the likely ones.
    fn levels(&self, seed: u64, path: u64, drawn: &[f64], months: usize) -> Vec<f64> {
        let mut generator = stream(seed, path, purpose(&format!("{} drift", self.environment)));
        let mut drift = || self.drift.as_ref().map_or(1.0, |d| d.factor(StandardNormal.sample(&mut generator)));
        (0..months).map(|month| self.growth_in(month, drawn) * drift()).collect()
    }
}

/// What became of a workload's month: its level, and where anything follows it what that came to, beside the likely outcome.
struct Moved<'a> {
    level: f64,
    outcome: Option<Outcome>,
    likely: Option<&'a Outcome>,
}

impl Moved<'_> {
    /// A measure of the month as a part of the likely one.
    fn multiplier(&self, what: &DemandOf) -> f64 {
        let (Some(outcome), Some(likely)) = (&self.outcome, self.likely) else { return self.level };
        let part = |path: f64, likely: f64| if likely > 0.0 { path / likely } else { 1.0 };
        match &what.measure {
            Measure::Growth => self.level,
            Measure::Requests(route) => part(outcome.requests_of(route.as_deref()), likely.requests_of(route.as_deref())),
            Measure::Capacity => match (outcome.capacity_of(what.resource.as_deref()), likely.capacity_of(what.resource.as_deref())) {
                (Some(path), Some(likely)) => part(path, likely),
                _ => 1.0,
            },
        }
    }
}

/// A driver as an input; `None` where it is certain.
fn driver_input<T: Quantity>(scenario: &Scenario, resource: &str, path: &str, driver: &Driver<T>, inputs: &mut Inputs) -> Option<usize> {
    let drawn = Drawn::of(&driver.uncertainty?);
    Some(inputs.known(driver.at).unwrap_or_else(|| {
        inputs.add(Input {
            environment: scenario.name.clone(),
            path: path.to_owned(),
            shown: driver.value.to_string(),
            from: Some(driver.from),
            why: driver.why.clone(),
            place: driver.at,
            resource: resource.to_owned(),
            drawn,
        })
    }))
}

/// The growth of a workload as an input: what is drawn is one plus it.
fn growth_input(scenario: &Scenario, workload: &Workload, inputs: &mut Inputs) -> Option<(usize, f64)> {
    let growth = workload.growth.as_ref()?;
    let stated = growth.uncertainty?;
    let Spread::Range { low, high, shape } = stated.spread else { return None };
    let one = rust_decimal::Decimal::ONE;
    let spread = Spread::Range { low: one + low, high: one + high, shape };
    let plus_one = Driver { uncertainty: Some(Uncertainty { likely: one + stated.likely, spread, most: None }), ..growth.clone() };
    let months = match growth.value.per {
        GrowthPer::Month => 1.0,
        GrowthPer::Year => 1.0 / 12.0,
    };
    Some((driver_input(scenario, "", "workload.growth", &plus_one, inputs)?, months))
}
