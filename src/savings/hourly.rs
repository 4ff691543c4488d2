//! What an environment that follows its traffic uses, hour by hour: commitments cover hours, not months.
//!
//! A record becomes several that lie on each other: what is used in every hour, what more in all but the quietest ones, and so on to what
//! is used in the busiest ones alone. Each is even over its own hours, so that the rating, which takes the hours of the most use first,
//! covers them hour by hour and counts what is lost in quiet ones. Hours and shapes are those of `commit`, at likely demand.
#![allow(clippy::float_arithmetic, reason = "use by the hour is simulated, not billed")]

use rust_decimal::{Decimal, RoundingStrategy};

use super::commit::curve::Hours;
use super::commit::parts::Parts;
use super::commit::purchase::Use;
use crate::money::quotient;
use crate::pricing::Term;
use crate::rating::Terms;
use crate::rating::commitment::{HOURLY_PLACES, savings_plan};
use crate::scenario::Scenario;
use crate::scenario::commitment::Plan;
use crate::statistic::{float, quantity};
use crate::usage::{Step, Tape, UsageRecord};

/// Whether records keep what they were computed from: a layer has as much of it as its record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Formulas {
    /// For bills that are explained or drawn.
    Kept,
    /// For bills of which the sum alone is asked.
    Dropped,
}

/// The records of an environment, those that follow its traffic in layers. Every record's quantity is that of its layers together.
pub fn layered(scenario: &Scenario, terms: &Terms<'_>, mut records: Vec<UsageRecord>, formulas: Formulas) -> Vec<UsageRecord> {
    let drop = |records: &mut [UsageRecord]| match formulas {
        Formulas::Kept => {}
        Formulas::Dropped => records.iter_mut().for_each(|r| r.factors = Vec::new()),
    };
    if !scenario.driven {
        drop(&mut records);
        return records;
    }
    let of_own = |r: &UsageRecord| if r.environment == scenario.name { used(r, terms) } else { None };
    let found: Vec<Option<Use>> = records.iter().map(of_own).collect();
    let uses: Vec<Use> = found.iter().flatten().cloned().collect();
    let own: Vec<(usize, &UsageRecord)> = uses.iter().map(|u| &u.record).enumerate().collect();
    let parts = Parts::of(scenario, terms.month, terms.hours, &own, &uses, |_| false);
    let ends: Vec<f64> = (1..=parts.weights.len()).map(|n| parts.weights[..n].iter().sum()).collect();
    let mut shapes = parts.shapes.iter();
    let mut all = Vec::with_capacity(records.len());
    drop(&mut records);
    for (record, found) in records.into_iter().zip(found) {
        match found.and_then(|_| shapes.next()) {
            Some(shape) => all.extend(layers(record, &falling(&shape.levels(1.0), &parts.weights), &ends, terms.hours, formulas)),
            None => all.push(record),
        }
    }
    all
}

/// A record of which a commitment could speak, with its list price.
fn used(record: &UsageRecord, terms: &Terms<'_>) -> Option<Use> {
    let spoken_of = [Plan::Compute, Plan::Database].iter().any(|p| savings_plan::services(*p).contains(&record.service.as_ref()));
    if !spoken_of || record.quantity.is_zero() {
        return None;
    }
    let (day, on_demand) = (terms.month.first_day(), |t| t == Term::OnDemand);
    let found = terms.book.price_on(&record.service, &record.region, &record.usage_type, &record.operation, day, on_demand);
    Some(Use { record: record.clone(), price: found.ok()?.rows[0].price.decimal() })
}

/// Levels of groups of hours that never rise: where one is above the one before it, both get their mean. Hours are in the order of what all
/// use together, which one resource need not follow; layers begin with the first hours.
fn falling(levels: &[f64], weights: &[f64]) -> Vec<f64> {
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for (level, weight) in levels.iter().zip(weights) {
        let mut block = (*level, *weight, 1);
        while let Some((above, of, count)) = blocks.last().copied().filter(|(above, ..)| *above < block.0) {
            block = ((above * of + block.0 * block.1) / (of + block.1), of + block.1, count + block.2);
            blocks.pop();
        }
        blocks.push(block);
    }
    blocks.into_iter().flat_map(|(level, _, count)| std::iter::repeat_n(level, count)).collect()
}

/// The layers of a record whose levels, parts of its mean, end after so much of the month each. The last one takes what rounding leaves.
fn layers(record: UsageRecord, levels: &[f64], ends: &[f64], hours: Decimal, formulas: Formulas) -> Vec<UsageRecord> {
    let next = |i: usize| levels.get(i + 1).copied().unwrap_or(0.0);
    let steps = levels.iter().zip(ends).enumerate().map(|(i, (level, end))| ((level - next(i)) * end, *end));
    let steps: Vec<(Decimal, Decimal)> =
        steps.filter(|(share, _)| *share > 1e-9).filter_map(|(share, end)| Some((quantity(share)?, quantity(end)?))).collect();
    let (Some(last), true) = (steps.len().checked_sub(1), steps.len() > 1) else { return vec![record] };
    let mut left = record.quantity;
    let layer = |(i, (share, end)): (usize, (Decimal, Decimal))| {
        let mut layer = record.clone();
        layer.quantity = if i == last { left } else { (record.quantity * share).round_dp(crate::money::QUOTIENT_PLACES) };
        left -= layer.quantity;
        layer.hours = if end >= Decimal::ONE - ALL { hours } else { hours * end };
        if formulas == Formulas::Kept {
            let part = Tape::new().rule(Step::Times, "part of it in these hours", share);
            layer.factors.extend(part.finish().map(|(_, f)| f).unwrap_or_default());
        }
        layer
    };
    steps.into_iter().enumerate().map(layer).collect()
}

/// What may lack of the whole month where floats were added up.
const ALL: Decimal = Decimal::from_parts(1, 0, 0, false, 9);

/// What a savings plan could cover: dollars of the commitment, and on demand, over so many hours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Coverable {
    /// Dollars at the plan's rates.
    pub plan: Decimal,
    /// Dollars on demand.
    pub list: Decimal,
    /// The hours over which both are spread, the first ones of the month.
    pub hours: Decimal,
}

/// The dollars an hour that save the most over a month of so many hours: what is used in so large a part of them that the last dollar
/// replaces as much as it costs.
pub fn best(coverable: &[Coverable], hours: Decimal) -> Decimal {
    let value = |c: &Coverable| quotient(c.list, c.plan).unwrap_or_default().round_dp(6);
    let mut values: Vec<Decimal> = coverable.iter().map(value).collect();
    values.sort_unstable_by(|a, b| b.cmp(a));
    values.dedup();
    let mut ends: Vec<Decimal> = coverable.iter().map(|c| c.hours).chain([Decimal::ZERO, hours]).collect();
    ends.sort_unstable();
    ends.dedup();
    let groups = || ends.windows(2).map(|w| (w[0], w[1]));
    let each = |end: Decimal, of: Decimal| -> f64 {
        let there = coverable.iter().filter(|c| c.hours >= end && value(c) == of);
        there.map(|c| float(c.plan) / float(c.hours)).sum()
    };
    let weights: Vec<f64> = groups().map(|(begin, end)| float(end - begin)).collect();
    let units = groups().flat_map(|(_, end)| values.iter().map(|of| each(end, *of)).collect::<Vec<_>>()).collect();
    let price: f64 = weights.iter().sum();
    let worth = vec![1.0; weights.len()];
    let month = Hours { values: values.iter().map(|v| float(*v)).collect(), weights, worth, units };
    let gain = |size: Decimal| month.replaced(float(size)) - price * float(size);
    let size = quantity(month.best(price)).unwrap_or_default();
    let rounded = [RoundingStrategy::ToZero, RoundingStrategy::AwayFromZero].map(|to| size.round_dp_with_strategy(HOURLY_PLACES, to));
    rounded.into_iter().max_by(|a, b| gain(*a).total_cmp(&gain(*b)).then(b.cmp(a))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().expect("a decimal")
    }

    /// At 20% off a plan pays where it is used in more than 80% of the hours: 2 dollars an hour on demand run in all of 100 hours, one more
    /// in 85, another in 75. 3 on demand are 2.40 of the plan.
    #[test]
    fn a_plan_is_as_large_as_what_most_hours_use() {
        let of = |list: &str, hours: &str| {
            let list = d(list) * d(hours);
            Coverable { plan: list * d("0.8"), list, hours: d(hours) }
        };
        assert_eq!(best(&[of("2", "100"), of("1", "85"), of("1", "75")], d("100")), d("2.4"));
        assert_eq!(best(&[of("1", "75")], d("100")), Decimal::ZERO);
        assert_eq!(best(&[], d("100")), Decimal::ZERO);
    }

    #[test]
    fn what_rises_is_levelled_to_its_mean() {
        assert_eq!(falling(&[2.0, 0.5, 1.5, 0.0], &[0.25; 4]), [2.0, 1.0, 1.0, 0.0]);
    }
}
