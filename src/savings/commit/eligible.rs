//! What a commitment could cover in a month at likely values: after the reservations and savings plans that the payer already has.

use std::sync::Arc;

use rust_decimal::Decimal;

use crate::money::{Usd, quotient};
use crate::predict::{Basis, Metered, NoBill};
use crate::pricing::{Payment, PriceBook, Term};
use crate::rating::commitment::{self, reservation, savings_plan};
use crate::scenario::commitment::Plan;
use crate::scenario::{Scenario, Scenarios};
use crate::usage::UsageRecord;

/// A savings plan on offer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Offer {
    /// Which one.
    pub plan: Plan,
    /// 1 or 3.
    pub years: u8,
    /// How it is paid.
    pub payment: Payment,
}

impl Offer {
    /// Its term, as the price book names it.
    pub fn term(self) -> Term {
        Term::SavingsPlan { years: self.years, payment: self.payment }
    }
}

/// What a savings plan could cover in an hour, on average over the month.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Eligible {
    /// In the plan's own dollars an hour: a commitment of so much would be used up, if use were even.
    pub hourly: Usd,
    /// What that use costs on demand, in dollars an hour.
    pub on_demand: Usd,
}

/// Instances or nodes that can be reserved, as they run in a month.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Running {
    /// The service code.
    pub service: String,
    /// The region.
    pub region: Arc<str>,
    /// The usage type without the region's prefix, as a commitment in a scenario names it: `InstanceUsage:db.r6g.large`.
    pub usage_type: String,
    /// The operation.
    pub operation: String,
    /// How many run on average while their resource is on, of those that are on all month.
    pub average: Decimal,
}

impl Running {
    /// How many whole ones run. Of capacity that follows demand this is the average rounded down, not the least.
    pub fn whole(&self) -> Decimal {
        self.average.floor()
    }
}

/// What an environment uses in a month that nothing covers which its payer has bought.
///
/// # Errors
/// As [`crate::predict::bill`].
pub fn uncovered(scenarios: &Scenarios, scenario: &Scenario, book: &PriceBook, basis: Basis) -> Result<Vec<UsageRecord>, NoBill> {
    let Metered { members, terms, records, .. } = Metered::new(scenarios, scenario, book, basis)?;
    let (mut left, _) = commitment::cover(records, &members, &terms).map_err(NoBill)?;
    left.retain(|r| r.environment == scenario.name);
    Ok(left)
}

/// What a savings plan could cover of an environment's use in an hour of a month, and what that use costs on demand.
///
/// # Errors
/// As [`crate::predict::bill`].
pub fn eligible(scenarios: &Scenarios, scenario: &Scenario, book: &PriceBook, basis: Basis, offer: Offer) -> Result<Eligible, NoBill> {
    let (mut hourly, mut on_demand) = (Decimal::ZERO, Decimal::ZERO);
    for record in uncovered(scenarios, scenario, book, basis)? {
        if let Some(rate) = savings_plan::rate(book, offer.plan, offer.term(), &record, basis.month.first_day()) {
            hourly += record.quantity * rate.plan;
            on_demand += record.quantity * rate.list;
        }
    }
    let each = |dollars| Usd::new(quotient(dollars, basis.hours.hours(basis.month)).unwrap_or_default());
    Ok(Eligible { hourly: each(hourly), on_demand: each(on_demand) })
}

/// Instances and nodes of an environment that run all month and that no reservation covers, by kind, in the order of the scenario.
///
/// # Errors
/// As [`crate::predict::bill`].
pub fn running(scenarios: &Scenarios, scenario: &Scenario, book: &PriceBook, basis: Basis) -> Result<Vec<Running>, NoBill> {
    let hours = basis.hours.hours(basis.month);
    let mut list: Vec<Running> = Vec::new();
    let all_month = |r: &UsageRecord| reservation::sized(&r.usage_type).is_some() && r.hours >= hours;
    for record in uncovered(scenarios, scenario, book, basis)?.into_iter().filter(all_month) {
        let usage_type = book.without_prefix(&record.service, &record.region, &record.usage_type).to_owned();
        let average = quotient(record.quantity, hours).unwrap_or_default();
        let same = |r: &&mut Running| {
            r.service == record.service && r.region == record.region && r.usage_type == usage_type && r.operation == record.operation
        };
        match list.iter_mut().find(same) {
            Some(known) => known.average += average,
            None => list.push(Running {
                service: record.service.into_owned(),
                region: record.region,
                usage_type,
                operation: record.operation.into_owned(),
                average,
            }),
        }
    }
    Ok(list)
}
