//! The month as it lands: what was billed so far, and the model for the rest.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use crate::bill::group::parts;
use crate::bill::{Bill, Charge};
use crate::money::Usd;
use crate::scenario::plan::{Claim, Plan};
use crate::variance::calendar::{SoFar, is_daily, so_far};
use crate::variance::key::{Key, Keys};

/// An open month, billed and expected; on the invoice (unblended).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Landing {
    /// Such as 2026-11.
    pub month: String,
    /// Days of which all is billed: the last two are left to the model, since their rows come late.
    pub complete: SoFar,
    /// Everything that was billed, of late days as well.
    pub billed: Usd,
    /// As much of it as stands: complete days, and what belongs to no day.
    pub stands: Usd,
    /// What the model expects for the days that are left.
    pub rest: Usd,
    /// What the model expects beside, once: support, tax and charges on a day of their own that are not on the bill yet.
    pub awaited: Usd,
    /// These three together.
    pub landed: Usd,
    /// What the model puts outside the plan: bills do not tell it.
    pub outside: Outside,
}

/// As much of a month as no line of the plan speaks of, by the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Outside {
    /// Of what was billed so far.
    pub billed: Usd,
    /// Of the whole month.
    pub landed: Usd,
}

/// Days at the end whose rows are not all there yet (AWS: "up to 24 hours", and often more).
pub const LATE: u32 = 2;

/// How far a bill has come.
#[derive(Clone, Copy, Debug)]
pub struct Reached {
    /// Up to the last day of which there are rows.
    pub days: SoFar,
    /// So many days at its end are not all there yet.
    pub late: u32,
}

/// The month of a bill as it lands. `billed` and `predicted` are one environment's.
/// `None` for quantities too large to be exact.
pub fn land(billed: &Bill, predicted: &Bill, reached: Reached, plan: Option<&Plan>, keys: &Keys<'_>) -> Option<Landing> {
    let days = reached.days;
    // Where no row tells a day nothing can be left out.
    let tells_days = billed.charges.iter().any(|c| c.day.is_some() && is_daily(c));
    let complete = SoFar { days: if tells_days { days.days.saturating_sub(reached.late) } else { days.days }, of: days.of };
    let is_late = |c: &&Charge| is_daily(c) && c.day.is_some_and(|day| day.day() > complete.days);
    let sum = |charges: &[Charge]| charges.iter().map(|c| c.billed).sum::<Usd>();
    let stands = billed.charges.iter().filter(|c| !is_late(c)).map(|c| c.billed).sum::<Usd>();
    let left = SoFar { days: complete.of - complete.days, of: complete.of };
    let (daily, once): (Vec<&Charge>, Vec<&Charge>) = predicted.charges.iter().partition(|c| is_daily(c));
    let daily: Vec<Charge> = daily.into_iter().cloned().collect();
    let rest = sum(&so_far(&daily, left)?);
    let there: BTreeSet<Key> = billed.charges.iter().filter(|c| !is_daily(c)).map(|c| keys.of(c)).collect();
    let is_due = |day: NaiveDate| day.day() > complete.days;
    let awaited = once.into_iter().filter(|c| !there.contains(&keys.of(c)) && c.day.is_none_or(is_due)).map(|c| c.billed).sum();
    Some(Landing {
        month: billed.month.to_string(),
        complete,
        billed: sum(&billed.charges),
        stands,
        rest,
        awaited,
        landed: stands + rest + awaited,
        outside: outside(predicted, plan, days, |c| there.contains(&keys.of(c)))?,
    })
}

/// What no line of the plan speaks of. Of what comes once only what `is_there` counts as billed.
fn outside(predicted: &Bill, plan: Option<&Plan>, days: SoFar, is_there: impl Fn(&Charge) -> bool) -> Option<Outside> {
    let mut outside = Outside { billed: Usd::ZERO, landed: Usd::ZERO };
    let (billed, of) = (Decimal::from(days.days), Decimal::from(days.of));
    for part in parts(predicted, plan).iter().filter(|p| p.claim == Claim::Unplanned) {
        outside.landed += part.cost;
        if is_daily(part.charge) {
            outside.billed += Usd::new(part.cost.decimal().checked_mul(billed)?.checked_div(of)?);
        } else if is_there(part.charge) {
            outside.billed += part.cost;
        }
    }
    Some(outside)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use rust_decimal::Decimal;

    use super::*;
    use crate::bill::{Category, Frequency, LineItem, Pricing, Seller};
    use crate::month::Month;
    use crate::pricing::PriceBook;
    use crate::quantity::Unit;
    use crate::variance::names::Names;

    fn usd(text: &str) -> Usd {
        Usd::new(text.parse().expect("a decimal"))
    }

    fn charge(day: Option<u32>, item: LineItem, service: &'static str, cost: &str) -> Charge {
        let month: Month = "2026-11".parse().expect("a month");
        let day = day.and_then(|day| month.first_day().with_day(day));
        Charge {
            month,
            day,
            category: if item == LineItem::Tax { Category::Tax } else { Category::Usage },
            line_item: item,
            payer: "main".into(),
            account: "prod".into(),
            environment: "prod".into(),
            resource: "".into(),
            tags: Default::default(),
            service: Cow::Borrowed(service),
            region: "us-east-1".into(),
            usage_type: "".into(),
            operation: Cow::Borrowed(""),
            description: Cow::Borrowed(""),
            quantity: Decimal::ONE,
            unit: Some(Unit::Count),
            frequency: Frequency::UsageBased,
            pricing: Pricing::Standard,
            commitment: None,
            seller: Seller::Aws,
            list: usd(cost),
            billed: usd(cost),
            effective: usd(cost),
            net: None,
            tiers: Vec::new(),
            factors: Vec::new(),
            price: None,
        }
    }

    fn bill(charges: Vec<Charge>) -> Bill {
        Bill { month: "2026-11".parse().expect("a month"), hours: Decimal::from(720), payer: "main".into(), charges }
    }

    fn landed(billed: Vec<Charge>, predicted: Vec<Charge>, days: u32) -> Landing {
        let book = PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
        let names = Names::embedded();
        let keys = Keys { names: &names, book: &book };
        land(&bill(billed), &bill(predicted), Reached { days: SoFar { days, of: 30 }, late: LATE }, None, &keys).expect("small numbers")
    }

    /// A discount of a tenth follows the days of what it is off: 20 of 22 stand, the model has the rest, and nothing counts twice.
    #[test]
    fn discounts_land_with_the_days_that_they_are_off() {
        let (usage, off) = (LineItem::Usage, LineItem::EdpDiscount);
        let row = |day, item: &LineItem, cost: &str| charge(day, item.clone(), "AmazonS3", cost);
        let billed = (1..=22).flat_map(|day| [row(Some(day), &usage, "10"), row(Some(day), &off, "-1")]).collect();
        let found = landed(billed, vec![row(None, &usage, "300"), row(None, &off, "-30")], 22);
        assert_eq!((found.stands, found.rest, found.awaited, found.landed), (usd("180"), usd("90"), usd("0"), usd("270")));
    }

    /// 22 days were billed, of which 20 stand, 10 a day; the model says 300 a month, so that 100 are left, a tax of 5 that is not
    /// there yet, and the support, which is.
    #[test]
    fn complete_days_stand_and_the_model_has_the_rest() {
        let (usage, tax, fee) = (LineItem::Usage, LineItem::Tax, LineItem::Fee);
        let mut billed: Vec<Charge> =
            (1..=22).map(|day| charge(Some(day), usage.clone(), "AmazonS3", if day > 20 { "3" } else { "10" })).collect();
        billed.push(charge(None, fee.clone(), "AWSSupport", "29"));
        let predicted = vec![charge(None, usage, "AmazonS3", "300"), charge(None, tax, "Tax", "5"), charge(None, fee, "AWSSupport", "31")];
        let found = landed(billed, predicted, 22);
        assert_eq!((found.complete.days, found.billed, found.stands), (20, usd("235"), usd("229")));
        assert_eq!((found.rest, found.awaited, found.landed), (usd("100"), usd("5"), usd("334")));
    }

    #[test]
    fn a_charge_on_a_day_of_its_own_comes_on_that_day() {
        let once = |day| vec![charge(Some(day), LineItem::Fee, "AmazonRoute53", "12")];
        let billed = || vec![charge(Some(1), LineItem::Usage, "AmazonS3", "1"), charge(Some(12), LineItem::Usage, "AmazonS3", "1")];
        assert_eq!(landed(billed(), once(25), 12).awaited, usd("12"));
        // It was due, and is not on the bill: it does not come any more.
        assert_eq!(landed(billed(), once(5), 12).awaited, Usd::ZERO);
    }

    #[test]
    fn a_bill_without_days_is_taken_as_it_is() {
        let found =
            landed(vec![charge(None, LineItem::Usage, "AmazonS3", "200")], vec![charge(None, LineItem::Usage, "AmazonS3", "300")], 20);
        assert_eq!((found.complete.days, found.stands, found.rest, found.landed), (20, usd("200"), usd("100"), usd("300")));
    }
}
