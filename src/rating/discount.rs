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

use rust_decimal::Decimal;

use super::Terms;
use super::commitment::savings_plan;
use crate::bill::{Category, Charge, LineItem, Pricing};
use crate::money::Usd;
use crate::scenario::accounts::{Discount, Payer};
use crate::usage::{Step, Tape};

/// The charges, each with the discounts on it behind it.
pub fn discounted(payer: &Payer, charges: Vec<Charge>, terms: &Terms<'_>) -> Vec<Charge> {
    if payer.discounts.is_empty() {
        return charges;
    }
    let with_rows = |charge: Charge| {
        let rows = rows(payer, &charge, terms);
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

fn rows(payer: &Payer, charge: &Charge, terms: &Terms<'_>) -> Vec<Charge> {
    if charge.outside_aws() || !matches!(charge.category, Category::Usage | Category::Purchase) {
        return Vec::new();
    }
    let held = payer.discounts_on(paid_to(charge), terms.month);
    held.into_iter().filter(|(d, _)| reaches(d, charge)).filter_map(|(d, days)| row(d, days, charge, terms)).collect()
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

fn row(discount: &Discount, days: usize, charge: &Charge, terms: &Terms<'_>) -> Option<Charge> {
    let (part, of_month) = (discount.part_of(days, terms.month), terms.month.days().count());
    let (billed, effective) = (charge.billed.share(part), charge.effective.share(part));
    if billed.is_zero() && effective.is_zero() {
        return None;
    }
    let (what, amount) = if billed.is_zero() { ("charged, fees spread", charge.effective) } else { ("charged", charge.billed) };
    let mut tape = Tape::new().rule(Step::Minus, what, amount.decimal()).times("discount", &discount.rate);
    if days != of_month {
        let count = |days: usize| Decimal::from(days);
        tape = tape.rule(Step::Times, "days on which it holds", count(days)).rule(Step::Over, "days of the month", count(of_month));
    }
    Some(Charge {
        line_item: if discount.on.is_empty() { LineItem::EdpDiscount } else { LineItem::PrivateRateDiscount },
        category: Category::Adjustment,
        pricing: Pricing::Other,
        description: Cow::Owned(discount.name.clone()),
        quantity: Decimal::ZERO,
        unit: None,
        list: Usd::ZERO,
        billed: -billed,
        effective: -effective,
        tiers: Vec::new(),
        factors: tape.finish().map(|(_, factors)| factors).unwrap_or_default(),
        price: None,
        ..charge.clone()
    })
}
