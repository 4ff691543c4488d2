//! The first month of a forecast against the month before it: what the calendar does, and what else moved.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::Cut;
use crate::bill::group::{By, names, parts};
use crate::bill::{Bill, Charge};
use crate::money::Usd;
use crate::month::{HoursBasis, Month};
use crate::predict::{self, Basis, NoBill};
use crate::pricing::PriceBook;
use crate::scenario::plan::Claim;
use crate::scenario::{Scenario, Scenarios};

/// What changes from one month to the next, at likely values. The amounts add up to the difference.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Change {
    /// The month before.
    pub against: String,
    /// What it costs by the same scenario.
    pub total: Usd,
    /// How much more the first month of the forecast costs.
    pub difference: Usd,
    /// What the other number of hours does.
    pub calendar: Usd,
    /// How many hours more the month has.
    pub hours: String,
    /// Everything else: demand, prices, commitments, what is stored.
    pub rest: Usd,
    /// Where most of the rest is.
    pub main: Option<Reason>,
}

/// A part of a change.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Reason {
    /// Of which resource.
    pub name: String,
    /// How much.
    pub amount: Usd,
}

/// Compares the first month of a forecast with the one before. Nothing for the first month that can be computed.
///
/// # Errors
/// As [`predict::bill`].
pub fn change(
    scenarios: &Scenarios,
    scenario: &Scenario,
    book: &PriceBook,
    first: Basis,
    bill: Option<&Bill>,
    cut: &Cut,
) -> Result<Option<Change>, NoBill> {
    let (Some(bill), Some(before)) = (bill, first.month.before()) else { return Ok(None) };
    let of = |hours: HoursBasis| -> Result<Bill, NoBill> {
        Ok(predict::bill(
            scenarios,
            scenario,
            book,
            Basis { month: before, hours, failover: first.failover.map(|f| f.within(hours.hours(before))), ..first },
        )?
        .cut(&scenario.name))
    };
    let last = of(first.hours)?;
    // The month before as if it had the hours of this one.
    let as_long = match first.hours {
        HoursBasis::Actual if before.hours() != first.month.hours() => of(HoursBasis::Fixed(first.month.hours()))?,
        _ => last.clone(),
    };
    let total = |b: &Bill| total(b, scenario, cut);
    let rest = total(bill) - total(&as_long);
    Ok(Some(Change {
        against: before.to_string(),
        total: total(&last),
        difference: total(bill) - total(&last),
        calendar: total(&as_long) - total(&last),
        hours: hours_more(first, before),
        main: main_reason(bill, &as_long, scenario, cut),
        rest,
    }))
}

fn hours_more(first: Basis, before: Month) -> String {
    crate::quantity::exact(first.hours.hours(first.month) - first.hours.hours(before))
}

/// The resource whose amount differs the most.
fn main_reason(bill: &Bill, before: &Bill, scenario: &Scenario, cut: &Cut) -> Option<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let later = counted(bill, scenario, cut);
    let earlier = counted(before, scenario, cut).map(|(charge, cost)| (charge, -cost));
    for (charge, cost) in later.chain(earlier) {
        let name = names(&By::Resource, charge, scenario).0;
        let index = *known.entry(name.clone()).or_insert(reasons.len());
        match reasons.get_mut(index) {
            Some(reason) => reason.amount += cost,
            None => reasons.push(Reason { name, amount: cost }),
        }
    }
    reasons.into_iter().max_by_key(|r| r.amount.abs()).filter(|r| !r.amount.is_zero())
}

/// What a bill comes to.
fn total(bill: &Bill, scenario: &Scenario, cut: &Cut) -> Usd {
    counted(bill, scenario, cut).map(|(_, cost)| cost).sum()
}

/// The charges of a bill that count, with their amounts.
fn counted<'a>(bill: &'a Bill, scenario: &'a Scenario, cut: &'a Cut) -> impl Iterator<Item = (&'a Charge, Usd)> {
    let counts = |claim: Claim| !cut.planned_only || claim != Claim::Unplanned;
    parts(bill, scenario.plan.as_ref()).into_iter().filter(move |p| counts(p.claim)).map(|p| (p.charge, p.cost))
}
