//! What the price list asks for the quantities of a bill, with tiers and allowances over the whole payer: it tells a change of
//! prices from one that follows from the volume.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::key::{Cost, Key, Keys, Kind, is_covered, is_tiered};
use super::split::Rates;
use crate::bill::{Bill, Charge};
use crate::money::Usd;
use crate::pricing::Price;
use crate::quantity::LARGEST;
use crate::rating::{self, Terms};
use crate::usage::UsageRecord;

/// One usage type of a payer, on demand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Listed {
    /// How much of it.
    pub quantity: Decimal,
    /// What it cost.
    pub cost: Usd,
    /// What the price list asks for it.
    pub list: Usd,
    /// True where it has tiers or an allowance.
    pub tiered: bool,
}

impl Listed {
    /// What is billed for a unit beyond what the price list asks.
    fn above_list(&self) -> Option<Decimal> {
        (self.cost - self.list).decimal().checked_div(self.quantity)
    }
}

/// The usage types of a payer.
pub type Lists = BTreeMap<Key, Listed>;

/// How a change of the average price of a usage type divides.
pub fn rates(key: &Key, base: &Lists, billed: &Lists) -> Rates {
    let tiered = |lists: &Lists| lists.get(key).filter(|l| l.tiered).and_then(Listed::above_list);
    match (tiered(base), tiered(billed)) {
        (Some(before), Some(after)) => Rates::Tiered { price: after - before },
        _ => Rates::Flat,
    }
}

/// Every usage type of a payer's bill that the price list has, rated by it.
///
/// # Errors
/// Quantities beyond the last tier that the price list has.
pub fn lists(bill: &Bill, keys: &Keys<'_>, cost: Cost, free_tier: bool) -> Result<Lists, String> {
    let mut sums: BTreeMap<(Key, Arc<str>), (&Charge, Listed)> = BTreeMap::new();
    for charge in bill.charges.iter().filter(|c| !is_covered(c)) {
        let key = keys.of(charge);
        if key.kind != Kind::Usage {
            continue;
        }
        let (_, sum) = sums.entry((key, charge.account.clone())).or_insert((charge, Listed::default()));
        sum.quantity = sum.quantity.checked_add(charge.quantity).unwrap_or(Decimal::MAX);
        sum.cost += cost.of(charge);
    }
    let mut lists = Lists::new();
    let mut records = Vec::new();
    let mut of = Vec::new();
    for ((key, account), (charge, sum)) in sums {
        let by_its_unit = |p: &Price<'_>| charge.unit.is_none_or(|u| u == p.rows[0].unit);
        let Some(price) = keys.price(&key, bill.month.first_day()).filter(by_its_unit) else { continue };
        if sum.quantity <= Decimal::ZERO || sum.quantity > LARGEST {
            continue;
        }
        let listed = lists.entry(key.clone()).or_default();
        listed.tiered = is_tiered(&price);
        listed.quantity += sum.quantity;
        listed.cost += sum.cost;
        records.push(record(&key, price, sum.quantity, account, bill));
        of.push(key);
    }
    let terms = Terms { book: keys.book, month: bill.month, hours: bill.hours, payer: bill.payer.clone(), free_tier };
    let rated = rating::rate(records, &terms).map_err(|why| why.join("; "))?;
    for (charge, key) in rated.iter().zip(of) {
        if let Some(listed) = lists.get_mut(&key) {
            listed.list += charge.billed;
        }
    }
    Ok(lists)
}

fn record(key: &Key, price: Price<'_>, quantity: Decimal, account: Arc<str>, bill: &Bill) -> UsageRecord {
    let row = &price.rows[0];
    UsageRecord {
        service: Cow::Owned(key.service.clone()),
        region: key.region.as_str().into(),
        usage_type: key.usage_type.as_str().into(),
        operation: Cow::Owned(row.operation.clone()),
        month: bill.month,
        quantity,
        unit: row.unit,
        hours: bill.hours,
        environment: account.clone(),
        account,
        resource: "".into(),
        tags: Arc::default(),
        factors: Vec::new(),
    }
}
