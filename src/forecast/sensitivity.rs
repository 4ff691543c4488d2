//! What makes a band wide: each input by itself at its low and its high value, everything else at the likely one.
#![allow(clippy::float_arithmetic, reason = "swings are statistics")]

use schemars::JsonSchema;
use serde::Serialize;

use super::demand::Demands;
use super::inputs::{Input, Inputs};
use super::paths::{self, Drawing};
use super::surface::{Draw, Surface};
use crate::money::Usd;
use crate::scenario::Scenario;
use crate::statistic::usd;

/// The swing of the first month's total with one input. One case in ten lies below its low value, one above its high one.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Swing {
    /// The environment in whose file it stands.
    pub environment: String,
    /// Its path in the file; `chance` for what noise and drift do by themselves.
    pub input: String,
    /// The likely value; empty for chance.
    pub value: String,
    /// The low and the high value as a part of the likely one.
    pub range: Option<[String; 2]>,
    /// plan, measured, calibrated or assumed.
    pub provenance: Option<String>,
    /// Why it has this value.
    pub why: Option<String>,
    /// The total with the low value.
    pub low: Usd,
    /// The total with the high value.
    pub high: Usd,
    /// The distance between them.
    pub swing: Usd,
    /// The CloudWatch metric that would narrow it, where one does.
    pub metric: Option<String>,
}

impl Swing {
    /// What it is called beside an environment's own inputs: those of others with their environment.
    pub fn called(&self, environment: &str) -> String {
        if self.environment == environment { self.input.clone() } else { format!("{}: {}", self.environment, self.input) }
    }
}

/// The swing of every input that moves the environment in question, the widest first. `counted` says which places count.
pub fn swings(
    surface: &Surface,
    inputs: &Inputs,
    demands: &Demands,
    own: &Scenario,
    drawing: Drawing,
    counted: &dyn Fn(usize) -> bool,
) -> Vec<Swing> {
    let fleets = demands.fleets();
    let total = |drawn: Vec<f64>| -> f64 {
        let demands = fleets.still(&drawn);
        surface.at(&Draw { inputs: drawn, demands }).iter().enumerate().filter(|(place, _)| counted(*place)).map(|(_, v)| v).sum()
    };
    let with = |index: usize, multiplier: f64| {
        let mut drawn = vec![1.0; inputs.list.len()];
        drawn[index] = multiplier;
        total(drawn)
    };
    let swing = |(index, input): (usize, &Input)| {
        let ends = [input.drawn.quantile(0.1), input.drawn.quantile(0.9)];
        Swing::of(input, ends, [with(index, ends[0]), with(index, ends[1])], own)
    };
    let mut all: Vec<Swing> = inputs.list.iter().enumerate().filter_map(swing).collect();
    if demands.moves() {
        let outcomes = paths::run(std::slice::from_ref(surface), &inputs.certain(), demands, drawing);
        let band = outcomes.first().map(|o| paths::band(o.sum(counted), None)).unwrap_or_default();
        all.extend(band.p10.zip(band.p90).map(|(low, high)| Swing::chance(own, low, high)));
    }
    all.retain(|s| !s.swing.is_zero());
    all.sort_by(|a, b| b.swing.cmp(&a.swing).then_with(|| a.input.cmp(&b.input)));
    all
}

impl Swing {
    fn of(input: &Input, ends: [f64; 2], totals: [f64; 2], own: &Scenario) -> Option<Swing> {
        let (low, high) = (usd(totals[0])?, usd(totals[1])?);
        Some(Swing {
            environment: input.environment.to_string(),
            input: input.path.clone(),
            value: input.shown.clone(),
            range: ends
                .map(crate::statistic::share)
                .into_iter()
                .collect::<Option<Vec<_>>>()
                .and_then(|e| e.into_iter().map(crate::quantity::exact).collect::<Vec<_>>().try_into().ok()),
            provenance: input.from.map(|f| f.word().to_owned()),
            why: input.why.clone(),
            low,
            high,
            swing: (high - low).abs(),
            metric: metric(input, own),
        })
    }

    fn chance(own: &Scenario, low: Usd, high: Usd) -> Swing {
        Swing {
            environment: own.name.to_string(),
            input: "chance".into(),
            value: String::new(),
            range: None,
            provenance: None,
            why: Some("noise, and drift from month to month".into()),
            low,
            high,
            swing: high - low,
            metric: None,
        }
    }
}

/// The CloudWatch metric that tells the value of an input.
fn metric(input: &Input, own: &Scenario) -> Option<String> {
    if input.path.starts_with("workload.") {
        return Some("RequestCount (AWS/ApplicationELB)".into());
    }
    let kind = own.resource(&input.resource)?.kind;
    let known = kind.metrics.iter().find(|(end, _)| input.path.contains(end));
    known.map(|(_, metric)| (*metric).to_owned())
}
