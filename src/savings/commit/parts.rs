//! The hours of a month in groups of alike use, for what is used unevenly: a commitment covers hours, not months.
//!
//! Hours are put in order of what the environment uses in them by its workload, the most first, and cut into groups; where
//! nothing follows a workload by the hour, use is even over the hours in which a resource is on, as it is when a bill is rated.
//! What is on for a part of the month is taken to be on in its first hours, which are those of the most use.
#![allow(clippy::float_arithmetic, reason = "use by the hour is simulated, not billed")]

use std::collections::HashMap;

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

/// A month in groups of hours.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Which part of the month's hours each group is; together 1.
    pub weights: Vec<f64>,
    /// For each use, what it is in each group as a part of its mean.
    pub levels: Vec<Vec<f64>>,
}

/// What a record follows by the hour.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Follows {
    Capacity(String),
    Requests(Option<String>),
    Nothing,
}

impl Parts {
    /// The month of a scenario. `records` are those of its use, each with the index of that use.
    pub fn of(scenario: &Scenario, month: Month, hours: Decimal, records: &[(usize, &UsageRecord)], uses: &[Use]) -> Parts {
        let by_hour = by_hour(scenario, month);
        let series: HashMap<Follows, Vec<f64>> =
            records.iter().map(|(_, r)| follows(scenario, r)).filter_map(|f| Some((f.clone(), of_hours(&f, by_hour.as_ref()?)?))).collect();
        let on = |r: &UsageRecord| float(r.hours.min(hours)) / float(hours);
        let order = order(records, scenario, &series, uses);
        let sorted: HashMap<&Follows, Vec<f64>> = series.iter().map(|(f, hours)| (f, running(hours, &order))).collect();
        let mut cuts: Vec<f64> = records.iter().map(|(_, r)| on(r)).chain([0.0, 1.0]).collect();
        if !series.is_empty() {
            cuts.extend((1..GROUPS).map(|i| i as f64 / GROUPS as f64));
        }
        cuts.sort_by(f64::total_cmp);
        cuts.dedup_by(|a, b| (*a - *b).abs() < 1e-9);
        let groups: Vec<(f64, f64)> = cuts.windows(2).map(|w| (w[0], w[1])).collect();
        let level = |r: &UsageRecord, (begin, end): (f64, f64)| match sorted.get(&follows(scenario, r)) {
            Some(running) => (at(running, end) - at(running, begin)) / (end - begin),
            None if begin < on(r) - 1e-9 => 1.0 / on(r),
            None => 0.0,
        };
        let mut levels = vec![vec![1.0; groups.len()]; uses.len()];
        for (used, levels) in levels.iter_mut().enumerate() {
            let own: Vec<&UsageRecord> = records.iter().filter(|(u, _)| *u == used).map(|(_, r)| *r).collect();
            let all: f64 = own.iter().map(|r| float(r.quantity)).sum();
            if all > 0.0 {
                let mean = |group| own.iter().map(|r| float(r.quantity) * level(r, group)).sum::<f64>() / all;
                *levels = groups.iter().map(|g| mean(*g)).collect();
            }
        }
        Parts { weights: groups.iter().map(|(begin, end)| end - begin).collect(), levels }
    }
}

/// The month hour by hour, where anything follows the workload.
fn by_hour(scenario: &Scenario, month: Month) -> Option<ByHour> {
    let workload = scenario.workload.as_ref().filter(|_| scenario.driven)?;
    Some(MonthOf::new(workload, month, Step::Hour, scenario.follows()).by_hour())
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

/// What it follows, hour by hour as a part of its mean; `None` for what does not change.
fn of_hours(follows: &Follows, by_hour: &ByHour) -> Option<Vec<f64>> {
    let mut hours = match follows {
        Follows::Capacity(name) => by_hour.capacity.iter().find(|(n, _)| n.as_ref() == name)?.1.clone(),
        Follows::Requests(Some(route)) => by_hour.requests.iter().find(|(n, _)| n == route)?.1.clone(),
        Follows::Requests(None) => {
            let (_, first) = by_hour.requests.first()?;
            (0..first.len()).map(|hour| by_hour.requests.iter().filter_map(|(_, r)| r.get(hour)).sum()).collect()
        }
        Follows::Nothing => return None,
    };
    let mean = hours.iter().sum::<f64>() / hours.len() as f64;
    (mean > 0.0).then(|| {
        hours.iter_mut().for_each(|h| *h /= mean);
        hours
    })
}

/// The hours in the order of what is used in them, the most first.
fn order(records: &[(usize, &UsageRecord)], scenario: &Scenario, series: &HashMap<Follows, Vec<f64>>, uses: &[Use]) -> Vec<usize> {
    let count = series.values().map(Vec::len).min().unwrap_or(0);
    let mut sums = vec![0.0; count];
    for (used, record) in records {
        if let Some(hours) = series.get(&follows(scenario, record)) {
            let dollars = float(record.quantity * uses[*used].list);
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
