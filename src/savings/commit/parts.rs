//! The hours of a month in groups of alike use, for what is used unevenly: a commitment covers hours, not months.
//!
//! Hours are put in order of what the environment uses in them by its workload, the most first, and cut into groups; where
//! nothing follows a workload by the hour, use is even over the hours in which a resource is on, as it is when a bill is rated.
//! What is on for a part of the month is taken to be on in its first hours, which are those of the most use.
#![allow(clippy::float_arithmetic, reason = "use by the hour is simulated, not billed")]

use std::collections::{HashMap, HashSet};

use rust_decimal::Decimal;

use super::purchase::Use;
use crate::month::Month;
use crate::scenario::Scenario;
use crate::simulation::month::{ByHour, MonthOf};
use crate::statistic::float;
use crate::usage::{Factor, Measure, UsageRecord};
use crate::workload::Step;

/// Groups of hours in a month whose use follows a workload.
const GROUPS: usize = 24;

/// Levels of demand at which a month is lived through, as parts of the likely one. Least and most capacity do not scale with demand, so
/// that a quiet path has flatter hours than a busy one; between two of them use is taken in proportion. What commitments cover in part is
/// not seen by the hour: what they leave of it keeps the likely shape.
const LEVELS: [f64; 9] = [0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0];

/// A month in groups of hours.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Which part of the month's hours each group is; together 1.
    pub weights: Vec<f64>,
    /// How each use lies in them.
    pub shapes: Vec<Shape>,
}

/// How use lies in the groups, by how much of it there is: its mean and what it is in each group, both as parts of the likely mean.
#[derive(Clone, Debug)]
pub struct Shape(Vec<(f64, Vec<f64>)>);

impl Shape {
    fn new(mut points: Vec<(f64, Vec<f64>)>) -> Shape {
        points.retain(|(mean, _)| *mean > 0.0);
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        points.dedup_by(|a, b| (a.0 - b.0).abs() < 1e-9);
        Shape(points)
    }

    /// Use in each group as a part of its mean, where that is so many times the likely one. Beyond what was lived through the last shape stays.
    pub fn levels(&self, times: f64) -> Vec<f64> {
        let above = self.0.partition_point(|(mean, _)| *mean < times);
        match (above.checked_sub(1).and_then(|below| self.0.get(below)), self.0.get(above)) {
            (Some((low, from)), Some((high, to))) => {
                let part = (times - low) / (high - low);
                from.iter().zip(to).map(|(from, to)| (from + (to - from) * part) / times).collect()
            }
            (Some((mean, levels)), None) | (None, Some((mean, levels))) => levels.iter().map(|level| level / mean).collect(),
            (None, None) => Vec::new(),
        }
    }
}

/// What a record follows by the hour.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Follows {
    Capacity(String),
    Requests(Option<String>),
    Nothing,
}

impl Parts {
    /// The month of a scenario. `records` are those of its use, each with the index of that use. `moves` says of a use whether paths move it
    /// as they move its whole resource.
    pub fn of(
        scenario: &Scenario,
        month: Month,
        hours: Decimal,
        records: &[(usize, &UsageRecord)],
        uses: &[Use],
        moves: impl Fn(usize) -> bool,
    ) -> Parts {
        let kinds: HashSet<Follows> = records.iter().map(|(_, r)| follows(scenario, r)).collect();
        let levels_of = if (0..uses.len()).any(&moves) { &LEVELS[..] } else { &[1.0] };
        let lived = Lived::of(scenario, month, &kinds, levels_of);
        let order = order(records, scenario, &lived.likely, uses);
        let on = |r: &UsageRecord| float(r.hours.min(hours)) / float(hours);
        let mut cuts: Vec<f64> = records.iter().map(|(_, r)| on(r)).chain([0.0, 1.0]).collect();
        if !lived.likely.is_empty() {
            cuts.extend((1..GROUPS).map(|i| i as f64 / GROUPS as f64));
        }
        cuts.sort_by(f64::total_cmp);
        cuts.dedup_by(|a, b| (*a - *b).abs() < 1e-9);
        let groups: Vec<(f64, f64)> = cuts.windows(2).map(|w| (w[0], w[1])).collect();
        let weights: Vec<f64> = groups.iter().map(|(begin, end)| end - begin).collect();
        let mut points: Vec<Vec<(f64, Vec<f64>)>> = vec![Vec::new(); uses.len()];
        for (series, demand) in lived.at.iter().zip(levels_of) {
            let sorted: HashMap<&Follows, Vec<f64>> = series.iter().map(|(f, hours)| (f, running(hours, &order))).collect();
            let level = |r: &UsageRecord, (begin, end): (f64, f64)| match sorted.get(&follows(scenario, r)) {
                Some(running) => (at(running, end) - at(running, begin)) / (end - begin),
                None if begin < on(r) - 1e-9 => 1.0 / on(r),
                None => 0.0,
            };
            for (used, points) in points.iter_mut().enumerate().filter(|(used, _)| *demand == 1.0 || moves(*used)) {
                let levels = levels(records.iter().filter(|(u, _)| *u == used).map(|(_, r)| *r), &groups, level);
                points.push((levels.iter().zip(&weights).map(|(l, w)| l * w).sum(), levels));
            }
        }
        Parts { weights, shapes: points.into_iter().map(Shape::new).collect() }
    }
}

/// What a use is in each group, by its records; even where it has none.
fn levels<'a>(
    records: impl Iterator<Item = &'a UsageRecord>,
    groups: &[(f64, f64)],
    level: impl Fn(&UsageRecord, (f64, f64)) -> f64,
) -> Vec<f64> {
    let records: Vec<&UsageRecord> = records.collect();
    let all: f64 = records.iter().map(|r| float(r.quantity)).sum();
    let mean = |group| records.iter().map(|r| float(r.quantity) * level(r, group)).sum::<f64>() / all;
    groups.iter().map(|g| if all > 0.0 { mean(*g) } else { 1.0 }).collect()
}

/// What follows the workload hour by hour, at several levels of demand, as parts of its likely mean.
struct Lived {
    likely: HashMap<Follows, Vec<f64>>,
    /// By level.
    at: Vec<HashMap<Follows, Vec<f64>>>,
}

impl Lived {
    fn of(scenario: &Scenario, month: Month, kinds: &HashSet<Follows>, levels: &[f64]) -> Lived {
        let Some(workload) = scenario.workload.as_ref().filter(|_| scenario.driven) else {
            return Lived { likely: HashMap::new(), at: vec![HashMap::new()] };
        };
        let month = MonthOf::new(workload, month, Step::Hour, scenario.follows());
        let likely = month.by_hour(1.0);
        let mean = |follows: &Follows| {
            let hours = of_hours(follows, &likely)?;
            let mean = hours.iter().sum::<f64>() / hours.len() as f64;
            (mean > 0.0).then(|| (follows.clone(), mean))
        };
        let means: Vec<(Follows, f64)> = kinds.iter().filter_map(mean).collect();
        let parts = |by_hour: &ByHour| -> HashMap<Follows, Vec<f64>> {
            let part = |(follows, mean): &(Follows, f64)| {
                Some((follows.clone(), of_hours(follows, by_hour)?.into_iter().map(|hour| hour / mean).collect()))
            };
            means.iter().filter_map(part).collect()
        };
        Lived { at: levels.iter().map(|level| parts(&month.by_hour(*level))).collect(), likely: parts(&likely) }
    }
}

fn follows(scenario: &Scenario, record: &UsageRecord) -> Follows {
    fn measure(factors: &[Factor]) -> Option<&Measure> {
        let own = factors.iter().filter_map(|f| f.demand.as_ref()).find(|m| **m != Measure::Growth);
        own.or_else(|| factors.iter().find_map(|f| measure(&f.of)))
    }
    match measure(&record.factors) {
        Some(Measure::Capacity) => Follows::Capacity(scenario.whole_of(&record.resource).to_owned()),
        Some(Measure::Requests(route)) => Follows::Requests(route.as_deref().map(str::to_owned)),
        _ => Follows::Nothing,
    }
}

/// What it follows, hour by hour; `None` for what does not change.
fn of_hours(follows: &Follows, by_hour: &ByHour) -> Option<Vec<f64>> {
    Some(match follows {
        Follows::Capacity(name) => by_hour.capacity.iter().find(|(n, _)| n.as_ref() == name)?.1.clone(),
        Follows::Requests(Some(route)) => by_hour.requests.iter().find(|(n, _)| n == route)?.1.clone(),
        Follows::Requests(None) => {
            let (_, first) = by_hour.requests.first()?;
            (0..first.len()).map(|hour| by_hour.requests.iter().filter_map(|(_, r)| r.get(hour)).sum()).collect()
        }
        Follows::Nothing => return None,
    })
}

/// The hours in the order of what is used in them, the most first.
fn order(records: &[(usize, &UsageRecord)], scenario: &Scenario, series: &HashMap<Follows, Vec<f64>>, uses: &[Use]) -> Vec<usize> {
    let count = series.values().map(Vec::len).min().unwrap_or(0);
    let mut sums = vec![0.0; count];
    for (used, record) in records {
        if let Some(hours) = series.get(&follows(scenario, record)) {
            let dollars = float(record.quantity * uses[*used].price);
            sums.iter_mut().zip(hours).for_each(|(sum, hour)| *sum += hour * dollars);
        }
    }
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|a, b| sums[*b].total_cmp(&sums[*a]).then(a.cmp(b)));
    order
}

/// Running sums of the hours in an order, as parts of the month.
fn running(hours: &[f64], order: &[usize]) -> Vec<f64> {
    let mut sum = 0.0;
    let running = order.iter().map(|hour| {
        sum += hours[*hour] / order.len() as f64;
        sum
    });
    std::iter::once(0.0).chain(running.collect::<Vec<_>>()).collect()
}

/// A running sum at a part of the month.
fn at(running: &[f64], part: f64) -> f64 {
    crate::statistic::quantile(running, part).unwrap_or(0.0)
}
