//! What a purchase comes to over its term on every path: what it replaces, what it costs, when it has paid for itself.
#![allow(clippy::float_arithmetic, reason = "paths are statistics")]

use std::collections::HashMap;

use rayon::prelude::*;
use rust_decimal::{Decimal, RoundingStrategy};

use super::ahead::{Ahead, MonthAhead};
use super::curve::Hours;
use super::purchase::Purchase;
use crate::money::Usd;
use crate::rating::commitment::HOURLY_PLACES;
use crate::statistic::{float, quantile, quantity, share, usd};

/// The part of the hours that a cost curve reaches over.
const ALL_BUT_THE_BUSIEST: f64 = 0.95;

/// A purchase over its term on every path, before its size is chosen.
#[derive(Clone, Debug)]
pub struct Prospect {
    /// The groups of the hours of each month, month after month. They count hours times what a dollar is worth then.
    hours: Hours,
    months: Vec<MonthOf>,
    /// Dollars of a unit in every hour, and at the start.
    price: (f64, f64),
    /// Dollars on demand of everything that it covers, over the term, on average; and what they are worth at the start.
    eligible: (f64, f64),
    whole: bool,
}

/// A month of a term.
#[derive(Clone, Copy, Debug)]
struct MonthOf {
    groups: usize,
    hours: f64,
    /// What a dollar of it is worth at the start.
    discount: f64,
    /// What a dollar on demand of the first month is in it, and a dollar of fees: negotiated discounts begin and end.
    paid: (f64, f64),
}

/// What a size of a purchase comes to, in dollars of its start.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Dollars saved over the term on each path.
    pub savings: Vec<f64>,
    /// Dollars paid at the start.
    upfront: f64,
    /// For each month of the term, dollars replaced less dollars paid, on average over the paths.
    flows: Vec<f64>,
    /// The part of what it covers at some size that it covers at this one, in dollars on demand.
    pub coverage: f64,
    /// The part of it that is used.
    pub utilisation: f64,
    /// The part of it that must be used so that it does not lose.
    pub needed: f64,
}

impl Prospect {
    /// A purchase on what reservations bought `before` it leave, each so many, where a dollar in a year is worth 1 ÷ (1 + `rate`) of one at
    /// the start.
    pub fn new(ahead: &Ahead, purchase: &Purchase, before: &[(&Purchase, Decimal)], rate: Decimal) -> Prospect {
        let months: Vec<(&MonthAhead, MonthOf)> = (0..12 * u32::from(purchase.years))
            .filter_map(|n| {
                let month = ahead.month(n as usize)?;
                let discount = (1.0 + float(rate)).powf(-f64::from(n) / 12.0);
                let hours = float(ahead.hours(purchase.years, n));
                let paid = (on_demand(ahead, purchase, month, n), float(ahead.paid(&purchase.service, n)));
                Some((month, MonthOf { groups: month.parts.weights.len(), hours, discount, paid }))
            })
            .collect();
        let classes = Classes::of(purchase);
        let weight = |(month, of): &(&MonthAhead, MonthOf)| {
            let each = of.hours * of.discount;
            month.parts.weights.iter().map(move |w| w * each).collect::<Vec<f64>>()
        };
        let weights = months.iter().flat_map(weight).collect();
        let worth = months.iter().flat_map(|(month, of)| vec![of.paid.0; month.parts.weights.len()]).collect();
        let before: Vec<(Classes, f64)> = before.iter().map(|(p, size)| (Classes::of(p), float(*size))).collect();
        let path = |path: usize| months.iter().flat_map(|(month, _)| classes.units(month, path, &before)).collect::<Vec<f64>>();
        let units: Vec<Vec<f64>> = (0..ahead.paths).into_par_iter().map(path).collect();
        let mut prospect = Prospect {
            hours: Hours { values: classes.values, weights, worth, units: units.concat() },
            price: (float(purchase.hourly), float(purchase.upfront)),
            eligible: (0.0, 0.0),
            months: months.into_iter().map(|(_, of)| of).collect(),
            whole: purchase.is_whole(),
        };
        // A commitment without end replaces everything.
        let all: Vec<Vec<[f64; 2]>> = (0..ahead.paths).into_par_iter().map(|path| prospect.months_of(path, f64::MAX)).collect();
        for (path, (n, month)) in all.iter().flat_map(|path| prospect.months.iter().enumerate().map(move |month| (path, month))) {
            prospect.eligible.0 += path[n][0] / month.discount / ahead.paths as f64;
            prospect.eligible.1 += path[n][0] / ahead.paths as f64;
        }
        prospect
    }

    /// What a unit costs over the term.
    fn unit(&self) -> f64 {
        self.price.1 + self.months.iter().map(|m| self.price.0 * m.paid.1 * m.hours * m.discount).sum::<f64>()
    }

    /// The size that saves the most on average: whole units, or dollars an hour to three places. `None` where none saves anything.
    pub fn best(&self) -> Option<Decimal> {
        let unit = self.unit();
        let gain = |size: Decimal| self.hours.replaced(float(size)) - unit * float(size);
        let best = quantity(self.hours.best(unit))?;
        let places = if self.whole { 0 } else { HOURLY_PLACES };
        let rounded = [RoundingStrategy::ToZero, RoundingStrategy::AwayFromZero].map(|to| best.round_dp_with_strategy(places, to));
        let sizes = rounded.into_iter().map(|size| (size, gain(size))).filter(|(_, gain)| *gain > 0.0);
        sizes.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map(|(size, _)| size.normalize())
    }

    /// The part of the hours in which all of a size is used.
    pub fn used_up(&self, size: Decimal) -> Option<Decimal> {
        let of = |path| self.hours.path(path).filter(|(_, units)| units.iter().sum::<f64>() >= float(size) - 1e-9).map(|(g, _)| g.weight);
        let above: f64 = (0..self.hours.paths()).flat_map(of).sum();
        share(above / (self.hours.paths() as f64 * self.hours.weights.iter().sum::<f64>()))
    }

    /// True where as much could be covered in every hour of every path, but for what floats leave.
    pub fn is_flat(&self) -> bool {
        let mut all = (0..self.hours.paths()).flat_map(|path| self.hours.path(path)).map(|(_, units)| units.iter().sum::<f64>());
        let Some(first) = all.next() else { return true };
        all.all(|units| (units - first).abs() <= 1e-9 * first.abs().max(1.0))
    }

    /// What a size comes to.
    pub fn at(&self, size: Decimal) -> Outcome {
        let size = float(size);
        let paths: Vec<Vec<[f64; 2]>> = (0..self.hours.paths()).into_par_iter().map(|path| self.months_of(path, size)).collect();
        let cost = self.unit() * size;
        let mean = |n: usize, what: usize| paths.iter().map(|months| months[n][what]).sum::<f64>() / paths.len() as f64;
        let all = |what: usize| self.months.iter().enumerate().map(|(n, m)| mean(n, what) / m.discount).sum::<f64>();
        let (replaced, used, hours) = (all(0), all(1), self.months.iter().map(|m| m.hours).sum::<f64>());
        let paid = |m: &MonthOf| self.price.0 * m.paid.1 * size * m.hours * m.discount;
        let part = |of: f64, whole: f64| if whole > 0.0 { of / whole } else { 0.0 };
        // What is paid at the start weighs more than what is replaced later, so that more of it must be used.
        let worth = |what: usize| (0..self.months.len()).map(|n| mean(n, what)).sum::<f64>();
        let hours_worth = self.months.iter().map(|m| m.hours * m.discount).sum::<f64>();
        Outcome {
            savings: paths.iter().map(|months| months.iter().map(|m| m[0]).sum::<f64>() - cost).collect(),
            upfront: self.price.1 * size,
            flows: self.months.iter().enumerate().map(|(n, m)| mean(n, 0) - paid(m)).collect(),
            coverage: part(replaced, self.eligible.0),
            utilisation: part(used, size * hours),
            needed: part(worth(1) * self.unit(), worth(0) * hours_worth),
        }
    }

    /// Dollars replaced and units used in each month of a path.
    fn months_of(&self, path: usize, size: f64) -> Vec<[f64; 2]> {
        let mut groups = self.hours.path(path);
        let month = |m: &MonthOf| {
            let mut sums = [0.0; 2];
            for (group, units) in groups.by_ref().take(m.groups) {
                let (replaced, used) = self.hours.covered(units, size);
                sums[0] += group.weight * group.worth * replaced;
                sums[1] += group.weight * used;
            }
            sums
        };
        self.months.iter().map(month).collect()
    }

    /// Dollars on demand of what it covers, in a month of the term on average, in dollars of its start.
    pub fn on_demand(&self) -> f64 {
        self.eligible.1 / self.months.len().max(1) as f64
    }

    /// Sizes from nothing to what all but the busiest hours use, to look at.
    pub fn sizes(&self, count: u32) -> Vec<Decimal> {
        let all = (0..self.hours.paths()).flat_map(|p| self.hours.path(p));
        let mut all: Vec<f64> = all.map(|(_, units)| units.iter().sum()).collect();
        all.sort_unstable_by(f64::total_cmp);
        let most = quantile(&all, ALL_BUT_THE_BUSIEST).and_then(quantity).unwrap_or_default();
        let places = if self.whole { 0 } else { HOURLY_PLACES };
        let up = |i| crate::money::quotient(most * Decimal::from(i), Decimal::from(count)).unwrap_or_default();
        let mut sizes: Vec<Decimal> =
            (0..=count).map(|i| up(i).round_dp_with_strategy(places, RoundingStrategy::AwayFromZero).normalize()).collect();
        sizes.dedup();
        sizes
    }
}

impl Outcome {
    /// Dollars saved on each path in a month of the term.
    pub fn monthly(&self) -> Vec<f64> {
        self.savings.iter().map(|s| s / self.flows.len() as f64).collect()
    }

    /// Several outcomes on the same paths, of uses that do not overlap: dollars saved on each path in a month.
    pub fn together(outcomes: &[&Outcome]) -> Vec<f64> {
        let all: Vec<Vec<f64>> = outcomes.iter().map(|o| o.monthly()).collect();
        (0..all.first().map_or(0, Vec::len)).map(|path| all.iter().map(|m| m[path]).sum()).collect()
    }

    /// The first month, from 1, at whose end as much was replaced as paid, on average over the paths.
    pub fn break_even(outcomes: &[&Outcome]) -> Option<u32> {
        let mut left = -outcomes.iter().map(|o| o.upfront).sum::<f64>();
        let months = outcomes.iter().map(|o| o.flows.len()).max()?;
        let paid_back = |n: &usize| {
            left += outcomes.iter().filter_map(|o| o.flows.get(*n)).sum::<f64>();
            left >= -1e-6
        };
        (0..months).find(paid_back).and_then(|n| u32::try_from(n + 1).ok())
    }
}

/// What a dollar on demand of the first month is in another one, of all that a purchase covers, on average: services may have discounts of
/// their own.
fn on_demand(ahead: &Ahead, purchase: &Purchase, month: &MonthAhead, number: u32) -> f64 {
    let of = |used: usize| (month.likely[used], float(ahead.paid(&ahead.uses[used].record.service, number)));
    let (all, paid) = purchase.covers.iter().map(|c| of(c.used)).fold((0.0, 0.0), |(all, paid), (d, p)| (all + d, paid + d * p));
    if all > 0.0 { paid / all } else { 1.0 }
}

/// The uses that a purchase covers, by what a unit replaces of them.
struct Classes {
    /// Dollars on demand of a unit, the most first.
    values: Vec<f64>,
    /// For each use its class, and the units of a dollar.
    of: Vec<(usize, usize, f64)>,
}

impl Classes {
    fn of(purchase: &Purchase) -> Classes {
        let mut values: Vec<Decimal> = purchase.covers.iter().map(|c| c.value.round_dp(6)).collect();
        values.sort_unstable_by(|a, b| b.cmp(a));
        values.dedup();
        let class = |value: Decimal| values.iter().position(|v| *v == value.round_dp(6)).unwrap_or(0);
        let of = purchase.covers.iter().map(|c| (c.used, class(c.value), float(c.units))).collect();
        Classes { values: values.iter().map(|v| float(*v)).collect(), of }
    }

    /// Units in an hour of each group of a month, by value.
    fn units(&self, month: &MonthAhead, path: usize, before: &[(Classes, f64)]) -> Vec<f64> {
        let (count, groups) = (self.values.len(), month.parts.weights.len());
        let left = left_by(before, month, path);
        let mut units = vec![0.0; count * groups];
        for (used, class, each) in &self.of {
            let mut add = |group: usize, dollars: f64| units[group * count + class] += dollars * each;
            match left.get(used) {
                Some(left) => left.iter().enumerate().for_each(|(group, dollars)| add(group, *dollars)),
                None => month.hourly(*used, path).enumerate().for_each(|(group, dollars)| add(group, dollars)),
            }
        }
        units
    }
}

/// What reservations leave of the use that they cover: dollars on demand in an hour of each group of a month.
fn left_by(before: &[(Classes, f64)], month: &MonthAhead, path: usize) -> HashMap<usize, Vec<f64>> {
    let mut left = HashMap::new();
    for (classes, size) in before {
        let mut free = vec![*size; month.parts.weights.len()];
        for (used, _, each) in &classes.of {
            let leave = |(dollars, free): (f64, &mut f64)| {
                let taken = (dollars * each).min(*free);
                *free -= taken;
                dollars - taken / each
            };
            left.insert(*used, month.hourly(*used, path).zip(&mut free).map(leave).collect());
        }
    }
    left
}

/// Amounts in order: their mean, the values that one case in ten is below and above, and the part of the cases below zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spread {
    /// The mean.
    pub mean: Usd,
    /// One case in ten is below.
    pub p10: Usd,
    /// One case in ten is above.
    pub p90: Usd,
    /// The part of the cases below zero.
    pub loss: Decimal,
}

impl Spread {
    /// Of some amounts; `None` without any, or where one is no number.
    pub fn of(mut amounts: Vec<f64>) -> Option<Spread> {
        if amounts.is_empty() {
            return None;
        }
        let count = amounts.len() as f64;
        let mean = amounts.iter().sum::<f64>() / count;
        let loss = amounts.iter().filter(|a| **a < 0.0).count() as f64 / count;
        amounts.sort_by(f64::total_cmp);
        let at = |part| quantile(&amounts, part).and_then(usd);
        Some(Spread { mean: usd(mean)?, p10: at(0.1)?, p90: at(0.9)?, loss: share(loss)? })
    }
}
