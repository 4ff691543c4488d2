//! The first month of a forecast against the month before it: what the calendar does, and what else moved.

use schemars::JsonSchema;
use serde::Serialize;

use super::Cut;
use crate::bill::Bill;
use crate::bill::group::{By, names, parts};
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
    let total = |b: &Bill| sum(b, scenario, cut, None);
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
    let mut all: Vec<String> = Vec::new();
    for charge in bill.charges.iter().chain(&before.charges) {
        let name = names(&By::Resource, charge, scenario).0;
        if !all.contains(&name) {
            all.push(name);
        }
    }
    let difference = |name: &str| sum(bill, scenario, cut, Some(name)) - sum(before, scenario, cut, Some(name));
    let reasons = all.into_iter().map(|name| Reason { amount: difference(&name), name });
    reasons.max_by_key(|r| r.amount.abs()).filter(|r| !r.amount.is_zero())
}

/// What a bill comes to, or one resource of it.
fn sum(bill: &Bill, scenario: &Scenario, cut: &Cut, resource: Option<&str>) -> Usd {
    let counts = |claim: Claim| !cut.planned_only || claim != Claim::Unplanned;
    let parts = parts(bill, scenario.plan.as_ref()).into_iter();
    let parts = parts.filter(|p| counts(p.claim) && resource.is_none_or(|r| names(&By::Resource, p.charge, scenario).0 == r));
    parts.map(|p| p.cost).sum()
}
