//! A month's bill as if it had had another month's days: the calendar comes first, before anything else is compared.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use crate::bill::{Bill, Category, Charge, Frequency, LineItem};
use crate::money::{Usd, quotient};
use crate::month::Month;
use crate::quantity::Unit;
use crate::rating::support;
use crate::variance::key::Keys;

/// How much of an open month has been billed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct SoFar {
    /// Days of which there are rows.
    pub days: u32,
    /// The days of the month.
    pub of: u32,
}

impl SoFar {
    /// "23 of 30 days billed so far".
    pub fn words(self) -> String {
        format!("{} of {} days billed so far", self.days, self.of)
    }
}

/// A month's bill as far as an open month has come. All usage: what is kept for a month is billed day by day as well. What comes once
/// stays whole. `None` for quantities too large to be exact.
pub fn so_far(charges: &[Charge], so_far: SoFar) -> Option<Vec<Charge>> {
    let (days, of) = (Decimal::from(so_far.days), Decimal::from(so_far.of));
    charges.iter().map(|c| if is_daily(c) { times(c, days, of) } else { Some(c.clone()) }).collect()
}

/// True for what is billed day by day, discounts on it among that: those of a bill that are of a day, and predicted ones of what is not paid
/// once.
pub fn is_daily(charge: &Charge) -> bool {
    use LineItem::{DiscountedUsage, RiFee, SavingsPlanCoveredUsage, SavingsPlanNegation, SavingsPlanRecurringFee, Usage};
    let daily = [Usage, DiscountedUsage, SavingsPlanCoveredUsage, SavingsPlanNegation, RiFee, SavingsPlanRecurringFee];
    let recurs = || match charge.frequency {
        Frequency::UsageBased => true,
        Frequency::Recurring => charge.commitment.is_some(),
        Frequency::OneTime => false,
    };
    let is_discount = || charge.line_item.is_discount() && (charge.day.is_some() || recurs());
    (daily.contains(&charge.line_item) || is_discount())
        && !charge.outside_aws()
        && charge.category != Category::Tax
        && charge.service != support::SERVICE
}

/// A bill of one month as one of `month`: what runs by the hour and what flows grows with its days; what is kept for a month
/// (gigabytes, keys, alarms), and everything that is no usage, does not. Fees of commitments are by the hour.
///
/// `None` for quantities too large to be exact.
pub fn at(bill: &Bill, month: Month, keys: &Keys<'_>) -> Option<Bill> {
    let hours = Decimal::from(month.hours());
    let ratio = quotient(hours, bill.hours)?;
    let scaled = |charge: &Charge| if by_time(charge, keys) { times(charge, hours, bill.hours) } else { Some(charge.clone()) };
    let charges = match ratio == Decimal::ONE {
        true => bill.charges.clone(),
        false => bill.charges.iter().map(scaled).collect::<Option<Vec<Charge>>>()?,
    };
    Some(Bill { month, hours, payer: bill.payer.clone(), charges })
}

/// True for what grows with the days of a month.
fn by_time(charge: &Charge, keys: &Keys<'_>) -> bool {
    match charge.line_item {
        LineItem::RiFee | LineItem::SavingsPlanRecurringFee => true,
        LineItem::Usage | LineItem::DiscountedUsage | LineItem::SavingsPlanCoveredUsage | LineItem::SavingsPlanNegation => {
            matches!(keys.unit(charge), Some(Unit::Hours | Unit::Gb | Unit::GbSeconds | Unit::Count))
        }
        _ => false,
    }
}

/// A charge times a fraction. What its tiers were no longer holds.
fn times(charge: &Charge, by: Decimal, over: Decimal) -> Option<Charge> {
    let number = |n: Decimal| quotient(n.checked_mul(by)?, over);
    let usd = |u: Usd| number(u.decimal()).map(Usd::new);
    let mut scaled = Charge { tiers: Vec::new(), ..charge.clone() };
    scaled.quantity = number(charge.quantity)?;
    scaled.list = usd(charge.list)?;
    scaled.billed = usd(charge.billed)?;
    scaled.effective = usd(charge.effective)?;
    if let Some(net) = &mut scaled.net {
        net.billed = usd(net.billed)?;
        net.effective = usd(net.effective)?;
    }
    Some(scaled)
}
