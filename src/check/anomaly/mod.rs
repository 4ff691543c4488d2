//! Anomalies: daily costs of an environment against their own history, each usage type by itself, so that a rise and a fall of the
//! same day do not hide each other. What comes and passes is an anomaly; what stays is a change of level, and told apart.

mod days;
mod residual;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

pub use self::days::History;
use self::residual::{Run, runs};
use crate::money::{Usd, quotient, signed};
use crate::statistic::{float, usd};
use crate::variance::key::Key;

/// Days of one service that cost more or less than those before them let expect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Anomaly {
    /// The price list's code of the service.
    pub service: String,
    /// The first day.
    pub first: String,
    /// The last day.
    pub last: String,
    /// True where it goes on to the last day that is known whole.
    pub is_open: bool,
    /// What those days cost (amortized).
    pub cost: Usd,
    /// What was expected of them, to the cent.
    pub expected: Usd,
    /// The difference: above zero for a rise.
    pub size: Usd,
    /// The usage types that did it, the largest first.
    pub causes: Vec<Mover>,
}

/// A usage type in an anomaly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Mover {
    /// The region code.
    pub region: String,
    /// AWS's usage type.
    pub usage_type: String,
    /// AWS's operation, where it changes the price; else empty.
    pub operation: String,
    /// How much more than expected it cost.
    pub size: Usd,
}

impl Mover {
    /// Usage type and operation, in words.
    pub fn usage(&self) -> String {
        usage(&self.usage_type, &self.operation)
    }
}

/// Usage type and operation, in words.
pub fn usage(usage_type: &str, operation: &str) -> String {
    format!("{usage_type} {operation}").trim_end().to_owned()
}

/// A usage type that costs something else since a day, and stays there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Level {
    /// The price list's code of the service.
    pub service: String,
    /// The region code.
    pub region: String,
    /// AWS's usage type.
    pub usage_type: String,
    /// AWS's operation, where it changes the price; else empty.
    pub operation: String,
    /// The first day of it.
    pub since: String,
    /// What a day cost before, to the cent.
    pub before: Usd,
    /// What a day costs on average from then on, until it is the rule.
    pub after: Usd,
}

impl Level {
    /// What it comes to in a month of 30 days.
    pub fn by_month(&self) -> Usd {
        (self.after - self.before).share(MONTH)
    }
}

/// What a history tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The latest first.
    pub anomalies: Vec<Anomaly>,
    /// The latest first.
    pub levels: Vec<Level>,
}

/// Amounts above and below zero in a phrase, such as "+100 and -90": they do not hide each other.
pub fn rises_and_falls(amounts: impl Iterator<Item = Usd>) -> String {
    let (mut rises, mut falls) = (Usd::ZERO, Usd::ZERO);
    amounts.for_each(|amount| if amount > Usd::ZERO { rises += amount } else { falls += amount });
    let sums: Vec<String> = [rises, falls].into_iter().filter(|sum| !sum.is_zero()).map(signed).collect();
    sums.join(" and ")
}

/// Days of a month, to say what a change of level comes to.
const MONTH: Decimal = Decimal::from_parts(30, 0, 0, false, 0);

/// Finds what is odd in a history. Anomalies smaller than `least`, and levels that change a month by less, are left out.
pub fn find(history: &History, least: Usd) -> Found {
    let mut passing: BTreeMap<(&str, bool), Vec<Odd<'_>>> = BTreeMap::new();
    let mut levels = Vec::new();
    for odd in history.costs.iter().flat_map(|(key, costs)| odd(key, costs)) {
        if odd.run.is_lasting {
            levels.push(odd);
        } else {
            passing.entry((&odd.key.service, odd.size > Usd::ZERO)).or_default().push(odd);
        }
    }
    let mut anomalies: Vec<Anomaly> = passing.into_values().flat_map(together).map(|odd| anomaly(history, odd)).collect();
    anomalies.retain(|a| a.size.abs() >= least);
    anomalies.sort_by_key(|a| (Reverse(a.first.clone()), Reverse(a.size.abs()), Reverse(a.size)));
    let mut levels: Vec<Level> = levels.iter().map(|odd| level(history, odd)).collect();
    levels.retain(|l| l.by_month().abs() >= least);
    levels.sort_by_key(|l| (Reverse(l.since.clone()), Reverse((l.after - l.before).abs())));
    Found { anomalies, levels }
}

/// Odd days of one usage type.
struct Odd<'a> {
    key: &'a Key,
    run: Run,
    cost: Usd,
    expected: Usd,
    size: Usd,
}

fn odd<'a>(key: &'a Key, costs: &[Usd]) -> Vec<Odd<'a>> {
    let floats: Vec<_> = costs.iter().map(|c| float(c.decimal())).collect();
    let odd = |run: Run| {
        let cost: Usd = costs[run.days.clone()].iter().copied().sum();
        let expected = usd(run.expected)?;
        Some(Odd { key, run, cost, expected, size: cost - expected })
    };
    runs(&floats).into_iter().filter_map(odd).collect()
}

/// Runs of one service and direction whose days touch are one.
fn together(mut odd: Vec<Odd<'_>>) -> Vec<Vec<Odd<'_>>> {
    odd.sort_by_key(|o| o.run.days.start);
    let mut groups: Vec<Vec<Odd<'_>>> = Vec::new();
    for one in odd {
        let end = groups.last().and_then(|group| group.iter().map(|o| o.run.days.end).max());
        match groups.last_mut() {
            Some(group) if end.is_some_and(|end| one.run.days.start <= end) => group.push(one),
            _ => groups.push(vec![one]),
        }
    }
    groups
}

fn anomaly(history: &History, mut odd: Vec<Odd<'_>>) -> Anomaly {
    odd.sort_by_key(|o| Reverse(o.size.abs()));
    let first = odd.iter().map(|o| o.run.days.start).min().unwrap_or_default();
    let end = odd.iter().map(|o| o.run.days.end).max().unwrap_or_default();
    let moved = |o: &Odd<'_>| Mover {
        region: o.key.region.clone(),
        usage_type: o.key.usage_type.clone(),
        operation: o.key.operation.clone(),
        size: o.size,
    };
    Anomaly {
        service: odd.first().map(|o| o.key.service.clone()).unwrap_or_default(),
        first: history.day(first).to_string(),
        last: history.day(end.saturating_sub(1)).to_string(),
        is_open: odd.iter().any(|o| o.run.is_open),
        cost: odd.iter().map(|o| o.cost).sum(),
        expected: odd.iter().map(|o| o.expected).sum(),
        size: odd.iter().map(|o| o.size).sum(),
        causes: odd.iter().map(moved).collect(),
    }
}

fn level(history: &History, odd: &Odd<'_>) -> Level {
    let days = odd.run.days.len();
    Level {
        service: odd.key.service.clone(),
        region: odd.key.region.clone(),
        usage_type: odd.key.usage_type.clone(),
        operation: odd.key.operation.clone(),
        since: history.day(odd.run.days.start).to_string(),
        before: per_day(odd.expected, days),
        after: per_day(odd.cost, days),
    }
}

/// A day's part of an amount, to the cent.
fn per_day(amount: Usd, days: usize) -> Usd {
    quotient(amount.decimal(), Decimal::from(days)).map(|q| Usd::new(q.round_dp(2))).unwrap_or_default()
}

#[cfg(test)]
mod tests;
