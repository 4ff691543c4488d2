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
use crate::statistic::float;
use crate::usage::Measure;
use crate::workload::{Step, Workload};

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
    /// Standard deviation of the logarithm of a month's drift.
    drift: f64,
    /// The inputs behind the CPU of a request, by resource that follows.
    cpu: Vec<Option<usize>>,
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
        let of_workload = |d: &DemandOf| workloads.iter().position(|w| w.environment == d.environment);
        let of = inputs.demands.iter().map(|d| Some((of_workload(d)?, d.clone()))).collect();
        Demands { workloads, of }
    }

    /// True where demand differs by chance and something follows it.
    pub fn moves(&self) -> bool {
        let moves = |w: &Moving| w.drift > 0.0 || w.months.iter().any(|m| m.month.is_noisy());
        self.of.iter().flatten().any(|(w, _)| self.workloads.get(*w).is_some_and(moves))
    }

    /// Ready to be lived through.
    pub fn fleets(&self) -> Fleets<'_> {
        let fleets = self.workloads.iter().map(|w| w.months.iter().map(|m| m.month.fleet()).collect()).collect();
        Fleets { demands: self, fleets }
    }
}

impl Fleets<'_> {
    /// For each of so many months the multiplier of every demand on a path.
    pub fn path(&self, seed: u64, path: u64, drawn: &[f64], months: usize) -> Vec<Vec<f64>> {
        let demands = self.demands;
        let levels: Vec<Vec<f64>> = demands.workloads.iter().map(|w| w.levels(seed, path, drawn, months)).collect();
        (0..months)
            .map(|month| {
                let outcomes: Vec<Option<Outcome>> =
                    (0..levels.len()).map(|w| self.outcome(w, month, seed, path, drawn, &levels)).collect();
                let one = |of: &Option<(usize, DemandOf)>| {
                    of.as_ref().map_or(1.0, |(w, what)| {
                        let workload = &demands.workloads[*w];
                        let likely = workload.months.get(month).map(|m| &m.likely);
                        workload.multiplier(what, levels[*w][month], outcomes[*w].as_ref().zip(likely))
                    })
                };
                demands.of.iter().map(one).collect()
            })
            .collect()
    }

    /// The multiplier of every demand in the first month with these inputs, without chance.
    pub fn still(&self, drawn: &[f64]) -> Vec<f64> {
        let demands = self.demands;
        let of = |workload: &Moving| {
            let growth = workload.growth.map_or(1.0, |(input, exponent)| drawn[input].powf(exponent));
            let level = growth.powi(workload.since);
            (level, workload.months.first().map(|m| m.month.quiet().outcome_of(level * workload.level_of(drawn), &workload.cpu_of(drawn))))
        };
        let all: Vec<(f64, Option<Outcome>)> = demands.workloads.iter().map(of).collect();
        let one = |of: &Option<(usize, DemandOf)>| {
            of.as_ref().map_or(1.0, |(w, what)| {
                let workload = &demands.workloads[*w];
                let quiet = workload.months.first().map(|m| &m.quiet);
                workload.multiplier(what, all[*w].0, all[*w].1.as_ref().zip(quiet))
            })
        };
        demands.of.iter().map(one).collect()
    }

    /// What a workload's month comes to on a path; `None` where nothing follows it.
    fn outcome(&self, w: usize, month: usize, seed: u64, path: u64, drawn: &[f64], levels: &[Vec<f64>]) -> Option<Outcome> {
        let workload = &self.demands.workloads[w];
        let driven = workload.months.get(month)?;
        // What is stated at a level known only roughly follows that level too.
        let level = levels[w][month] * workload.level_of(drawn);
        let noise = |route: usize| stream(seed, path, purpose(&format!("{} noise {month} {route}", workload.environment)));
        let cpu = workload.cpu_of(drawn);
        if cpu.iter().all(|m| *m == 1.0) {
            return Some(driven.month.outcome(&self.fleets[w][month].path(noise, level)));
        }
        let heavier = driven.month.heavier(&cpu);
        Some(driven.month.outcome(&driven.month.fleet_of(&heavier).path(noise, level)))
    }
}

impl Moving {
    fn new(scenario: &Scenario, workload: &Workload, first: Month, count: u32, inputs: &mut Inputs) -> Moving {
        let follows = if scenario.driven { scenario.follows() } else { Vec::new() };
        let cpu = follows.iter().map(|(name, follows)| match follows {
            Follows::Tasks { cpu, .. } => driver_input(scenario, name, &format!("{name}.demand.per_request.cpu"), cpu, inputs),
            Follows::Lcus(_) => None,
        });
        let cpu = cpu.collect();
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
            drift: workload.drift.as_ref().map_or(0.0, |d| float(d.spread.value.0)),
            cpu,
            months: if scenario.driven { (0..count).map(driven).collect() } else { Vec::new() },
        }
    }

    fn level_of(&self, drawn: &[f64]) -> f64 {
        self.level.map_or(1.0, |i| drawn[i])
    }

    fn cpu_of(&self, drawn: &[f64]) -> Vec<f64> {
        self.cpu.iter().map(|i| i.map_or(1.0, |i| drawn[i])).collect()
    }

    /// Growth and drift of each month on a path, as a part of the likely ones.
    fn levels(&self, seed: u64, path: u64, drawn: &[f64], months: usize) -> Vec<f64> {
        let mut generator = stream(seed, path, purpose(&format!("{} drift", self.environment)));
        let growth = self.growth.map_or(1.0, |(input, exponent)| drawn[input].powf(exponent));
        (0..months)
            .map(|n| {
                let z: f64 = StandardNormal.sample(&mut generator);
                // Mean one: a drift makes months differ, not larger.
                let drift = (self.drift * z - self.drift * self.drift / 2.0).exp();
                growth.powi(self.since.saturating_add(n as i32)) * drift
            })
            .collect()
    }

    /// A measure of a month on a path, as a part of the likely one.
    fn multiplier(&self, what: &DemandOf, level: f64, outcome: Option<(&Outcome, &Outcome)>) -> f64 {
        let Some((outcome, likely)) = outcome else { return level };
        let part = |path: f64, likely: f64| if likely > 0.0 { path / likely } else { 1.0 };
        match &what.measure {
            Measure::Growth => level,
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
