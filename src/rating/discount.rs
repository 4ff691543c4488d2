//! Negotiated discounts: a part off what AWS charges at list prices (an enterprise discount programme, private pricing).
//!
//! What such an agreement says is private; assumed is what its users write of it. Reservations and savings plans come first, and the
//! discount is on what is then charged, their own fees included. A discount that names a service takes the place of one that names none.
//! Support, tax and what others sell through AWS are not discounted, support and subscriptions unless they are named. Support is charged
//! on the amounts before discounts, tax on those after.
//!
//! A discount is rows of its own, as on AWS's bill (`EdpDiscount`, `PrivateRateDiscount`), each behind the charge that it is off and of the
//! same resource and usage type, so that whatever adds up charges adds up what is paid for them.

use std::borrow::Cow;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Terms;
use super::commitment::{self, savings_plan};
use crate::bill::{Category, Charge, Frequency, LineItem, Net, Pricing};
use crate::money::{Usd, quotient};
use crate::scenario::Scenario;
use crate::scenario::accounts::{Discount, Payer};
use crate::usage::{Step, Tape};

/// The charges, each with the discounts on it behind it.
pub fn discounted(payer: &Payer, charges: Vec<Charge>, members: &[&Scenario], terms: &Terms<'_>) -> Vec<Charge> {
    if payer.discounts.is_empty() {
        return charges;
    }
    let with_rows = |mut charge: Charge| {
        let rows = rows(payer, &charge, members, terms);
        // Row by row, the charge is known after discounts, and the discount is no cost of its own.
        if !rows.is_empty() {
            let off = |of: fn(&Charge) -> Usd| rows.iter().map(of).sum::<Usd>();
            charge.net = Some(Net { billed: charge.billed + off(|r| r.billed), effective: charge.effective + off(|r| r.effective) });
        }
        std::iter::once(charge).chain(rows)
    };
    charges.into_iter().flat_map(with_rows).collect()
}

/// What is left to be paid of each charge; nothing of the rows of discounts, which are behind their charges.
pub fn left(charges: &[Charge]) -> Vec<Usd> {
    let mut left: Vec<Usd> = Vec::with_capacity(charges.len());
    let mut last = 0;
    for (i, charge) in charges.iter().enumerate() {
        left.push(if charge.line_item.is_discount() { Usd::ZERO } else { charge.billed });
        if charge.line_item.is_discount() {
            left[last] += charge.billed;
        } else {
            last = i;
        }
    }
    left
}

/// What a row of a discount is called in the agreement; nothing for rows of a real bill.
pub fn name(row: &Charge) -> Option<&str> {
    row.factors.get(1).filter(|_| row.line_item.is_discount()).map(|factor| factor.name.as_ref())
}

/// The part of a charge that a discount takes off: on the invoice, and with fees spread over their terms.
struct Off<'a> {
    discount: &'a Discount,
    billed: Decimal,
    effective: Decimal,
    /// Days of the month on which it holds, and on which the charge is made.
    days: (usize, usize),
}

fn rows(payer: &Payer, charge: &Charge, members: &[&Scenario], terms: &Terms<'_>) -> Vec<Charge> {
    if charge.outside_aws() || !matches!(charge.category, Category::Usage | Category::Purchase) {
        return Vec::new();
    }
    let off = match commitment::behind(charge, members, terms) {
        Some(bought) => on_commitment(payer, charge, &bought, terms),
        None => on_days(payer, paid_to(charge), &terms.month.days().collect::<Vec<_>>()),
    };
    off.iter().filter(|off| reaches(off.discount, charge)).filter_map(|off| row(off, charge)).collect()
}

/// The service that is paid for a charge: use that a savings plan covers is paid with the plan.
fn paid_to(charge: &Charge) -> &str {
    match savings_plan::plan_of(&charge.service) {
        Some(plan) if charge.line_item == LineItem::SavingsPlanCoveredUsage => plan.code(),
        _ => &charge.service,
    }
}

/// True for usage and for what belongs to a commitment; fees of other kinds are discounted where the discount names their service.
fn reaches(discount: &Discount, charge: &Charge) -> bool {
    charge.category == Category::Usage || charge.commitment.is_some() || !discount.on.is_empty()
}

/// The discounts on what a service charges on some days, the same on each.
fn on_days<'a>(payer: &'a Payer, service: &str, days: &[NaiveDate]) -> Vec<Off<'a>> {
    let held = |discount: &'a Discount| {
        let count = days.iter().filter(|day| payer.discount_on(service, **day).is_some_and(|d| std::ptr::eq(d, discount))).count();
        let rate = discount.rate.value.0;
        let part = match count {
            all if all == days.len() => rate,
            some => quotient(rate * Decimal::from(some), Decimal::from(days.len())).unwrap_or_default(),
        };
        (count > 0).then_some(Off { discount, billed: part, effective: part, days: (count, days.len()) })
    };
    payer.discounts.iter().filter_map(held).collect()
}

/// The discounts on a commitment: on the fee at the start those of that day, wherever it is spread; on all else those of the days on which
/// it is in force.
fn on_commitment<'a>(payer: &'a Payer, charge: &Charge, bought: &commitment::Bought, terms: &Terms<'_>) -> Vec<Off<'a>> {
    let service = paid_to(charge);
    let start = on_days(payer, service, &[bought.start]);
    if charge.frequency == Frequency::OneTime {
        return start;
    }
    let days: Vec<NaiveDate> = terms.month.days().filter(|day| bought.is_in_force(*day)).collect();
    let mut found = on_days(payer, service, &days);
    for off in &mut found {
        off.effective *= Decimal::ONE - bought.prepaid;
    }
    for paid in start {
        match found.iter_mut().find(|off| std::ptr::eq(off.discount, paid.discount)) {
            Some(off) => off.effective += paid.effective * bought.prepaid,
            None => found.push(Off { billed: Decimal::ZERO, effective: paid.effective * bought.prepaid, ..paid }),
        }
    }
    found
}

fn row(off: &Off<'_>, charge: &Charge) -> Option<Charge> {
    let (billed, effective) = (charge.billed.share(off.billed), charge.effective.share(off.effective));
    if billed.is_zero() && effective.is_zero() {
        return None;
    }
    let discount = off.discount;
    Some(Charge {
        line_item: if discount.on.is_empty() { LineItem::EdpDiscount } else { LineItem::PrivateRateDiscount },
        category: Category::Adjustment,
        pricing: Pricing::Other,
        description: if charge.description.is_empty() { Cow::Owned(discount.name.clone()) } else { charge.description.clone() },
        quantity: Decimal::ZERO,
        unit: None,
        list: Usd::ZERO,
        billed: -billed,
        effective: -effective,
        net: Some(Net { billed: Usd::ZERO, effective: Usd::ZERO }),
        tiers: Vec::new(),
        factors: formula(off, charge).finish().map(|(_, factors)| factors).unwrap_or_default(),
        price: None,
        ..charge.clone()
    })
}

/// What was charged, the rate, and the part of the days on which it holds.
fn formula(off: &Off<'_>, charge: &Charge) -> Tape {
    let (what, amount) = if charge.billed.is_zero() { ("charged, fees spread", charge.effective) } else { ("charged", charge.billed) };
    let tape = Tape::new().rule(Step::Minus, what, amount.decimal()).times(off.discount.name.clone(), &off.discount.rate);
    let (days, of) = off.days;
    if days == of {
        return tape;
    }
    tape.rule(Step::Times, "days on which it holds", Decimal::from(days)).rule(Step::Over, "days on which it is charged", Decimal::from(of))
}
