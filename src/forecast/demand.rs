//! How the demand of every environment moves on a path: its growth, its drift from month to month, and its noise.
#![allow(clippy::float_arithmetic, reason = "demand is simulated in floats")]

use rand_distr::{Distribution, StandardNormal};

use super::draw::{Drawn, purpose, stream};
use super::inputs::{Input, Inputs};
use crate::month::Month;
use crate::quantity::GrowthPer;
use crate::scenario::Scenario;
use crate::scenario::driver::{Spread, Uncertainty};
use crate::statistic::float;
use crate::workload::Workload;

/// One environment's workload as a path moves it.
#[derive(Clone, Debug)]
struct Moving {
    environment: std::sync::Arc<str>,
    /// The input behind its growth, and the exponent that makes a draw of it a month's.
    growth: Option<(usize, f64)>,
    /// Months from the one in which the level holds to the first of the forecast.
    since: i32,
    /// Standard deviation of the logarithm of a month's drift.
    drift: f64,
}

/// The workloads behind a forecast, and which of the inputs' demands each moves.
#[derive(Clone, Debug, Default)]
pub struct Demands {
    workloads: Vec<Moving>,
    /// For each demand of the inputs its workload.
    of: Vec<Option<usize>>,
}

impl Demands {
    /// The workloads of the members. Their growth becomes an input where it is a range.
    pub fn new(members: &[&Scenario], first: Month, inputs: &mut Inputs) -> Demands {
        let workloads: Vec<Moving> = members
            .iter()
            .filter_map(|m| {
                let workload = m.workload.as_ref()?;
                Some(Moving {
                    environment: m.name.clone(),
                    growth: growth_input(m, workload, inputs),
                    since: workload.since.map_or(0, |s| s.until(first)),
                    drift: workload.drift.as_ref().map_or(0.0, |d| float(d.spread.value.0)),
                })
            })
            .collect();
        let of = inputs.demands.iter().map(|d| workloads.iter().position(|w| w.environment == d.environment)).collect();
        Demands { workloads, of }
    }

    /// True where months differ by chance.
    pub fn drifts(&self) -> bool {
        self.workloads.iter().any(|w| w.drift > 0.0) && !self.of.is_empty()
    }

    /// For each of so many months the multiplier of every demand on a path.
    pub fn path(&self, seed: u64, path: u64, drawn: &[f64], months: usize) -> Vec<Vec<f64>> {
        let by_workload: Vec<Vec<f64>> = self.workloads.iter().map(|w| w.path(seed, path, drawn, months)).collect();
        let of = |month: usize| self.of.iter().map(move |w| (month, *w));
        (0..months).map(|m| of(m).map(|(month, w)| w.map_or(1.0, |w| by_workload[w][month])).collect()).collect()
    }
}

impl Moving {
    fn path(&self, seed: u64, path: u64, drawn: &[f64], months: usize) -> Vec<f64> {
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
}

/// The growth of a workload as an input: what is drawn is one plus it.
fn growth_input(scenario: &Scenario, workload: &Workload, inputs: &mut Inputs) -> Option<(usize, f64)> {
    let growth = workload.growth.as_ref()?;
    let Spread::Range { low, high, shape } = growth.uncertainty?.spread else { return None };
    let one = rust_decimal::Decimal::ONE;
    let spread = Spread::Range { low: one + low, high: one + high, shape };
    let drawn = Drawn::of(&Uncertainty { likely: one + growth.uncertainty?.likely, spread, most: None });
    let known = inputs.list.iter().position(|i| i.place == growth.at);
    let index = known.unwrap_or_else(|| {
        inputs.add(Input {
            environment: scenario.name.clone(),
            path: "workload.growth".into(),
            shown: growth.value.to_string(),
            from: Some(growth.from),
            why: growth.why.clone(),
            place: growth.at,
            resource: String::new(),
            drawn,
        })
    });
    let months = match growth.value.per {
        GrowthPer::Month => 1.0,
        GrowthPer::Year => 1.0 / 12.0,
    };
    Some((index, months))
}
