//! A month's bill as if it had had another month's days: the calendar comes first, before anything else is compared.

use rust_decimal::Decimal;

use crate::bill::{Bill, Charge, LineItem};
use crate::money::{Usd, quotient};
use crate::month::Month;
use crate::quantity::Unit;

/// A bill of one month as one of `month`: what runs by the hour and what flows grows with its days; what is kept for a month
/// (gigabytes, keys, alarms), and everything that is no usage, does not. Fees of commitments are by the hour.
///
/// `None` for quantities too large to be exact.
pub fn at(bill: &Bill, month: Month) -> Option<Bill> {
    let hours = Decimal::from(month.hours());
    let ratio = quotient(hours, bill.hours)?;
    let scaled = |charge: &Charge| if by_time(charge) { times(charge, hours, bill.hours) } else { Some(charge.clone()) };
    let charges = match ratio == Decimal::ONE {
        true => bill.charges.clone(),
        false => bill.charges.iter().map(scaled).collect::<Option<Vec<Charge>>>()?,
    };
    Some(Bill { month, hours, payer: bill.payer.clone(), charges })
}

/// True for what grows with the days of a month.
fn by_time(charge: &Charge) -> bool {
    match charge.line_item {
        LineItem::RiFee | LineItem::SavingsPlanRecurringFee => true,
        LineItem::Usage | LineItem::DiscountedUsage | LineItem::SavingsPlanCoveredUsage | LineItem::SavingsPlanNegation => {
            matches!(charge.unit, Some(Unit::Hours | Unit::Gb | Unit::GbSeconds | Unit::Count))
        }
        _ => false,
    }
}

/// A charge times a fraction. What its tiers were no longer holds.
fn times(charge: &Charge, by: Decimal, over: Decimal) -> Option<Charge> {
    let number = |n: Decimal| n.checked_mul(by)?.checked_div(over);
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
