//! From usage to charges: pool what AWS adds up, take off what is free, walk the tiers, give the cost back to the resources.

pub mod commitment;
pub mod credit;
pub mod discount;
pub mod pool;
pub mod support;
pub mod tax;
pub mod tiers;

use std::borrow::Cow;
use std::sync::Arc;

use rust_decimal::Decimal;

use crate::bill::{Category, Charge, Frequency, LineItem, Pricing, Seller};
use crate::month::Month;
use crate::pricing::{PriceBook, Term};
use crate::usage::{KnownCharge, UsageRecord};

/// What holds for a whole payer account in one month.
#[derive(Clone, Debug)]
pub struct Terms<'a> {
    /// The prices.
    pub book: &'a PriceBook,
    /// The billing period: prices are those valid on its first day.
    pub month: Month,
    /// The hours that it is taken to have.
    pub hours: Decimal,
    /// The account that pays.
    pub payer: Arc<str>,
    /// False to rate without monthly allowances.
    pub free_tier: bool,
}

/// Rates the usage of a whole payer account. The charges come in the order of the records; their sum is the sum of the pools.
///
/// # Errors
/// Says for every record that has no price, or a price by another unit, why.
pub fn rate(records: Vec<UsageRecord>, terms: &Terms<'_>) -> Result<Vec<Charge>, Vec<String>> {
    let (priced, pools) = pool::pool(&records, terms)?;
    let mut parts: Vec<Option<tiers::Parts>> = records.iter().map(|_| None).collect();
    let free = pool::allowances(&pools, terms);
    for (pool, free) in pools.iter().zip(free) {
        let rows = priced[pool.members[0]].rows;
        let slices =
            tiers::walk(pool.quantity, free, rows).map_err(|why| vec![format!("{}: {why}", records[pool.members[0]].usage_type)])?;
        tiers::give_back(pool, &slices, &records, &mut parts);
    }
    let charges = records.into_iter().zip(priced.iter()).zip(parts).map(|((record, price), parts)| {
        let pricing = if price.rows[0].term == Term::Spot { Pricing::Dynamic } else { Pricing::Standard };
        charge(record, price.id, pricing, parts.unwrap_or_default(), terms)
    });
    Ok(charges.collect())
}

/// A record with its price becomes a row of the bill.
fn charge(record: UsageRecord, price: usize, pricing: Pricing, parts: tiers::Parts, terms: &Terms<'_>) -> Charge {
    Charge {
        month: record.month,
        day: None,
        line_item: LineItem::Usage,
        payer: terms.payer.clone(),
        account: record.account,
        environment: record.environment,
        resource: record.resource,
        tags: record.tags,
        service: record.service,
        region: record.region,
        usage_type: record.usage_type,
        operation: record.operation,
        description: Cow::Borrowed(""),
        quantity: record.quantity,
        unit: Some(record.unit),
        category: Category::Usage,
        frequency: Frequency::UsageBased,
        pricing,
        commitment: None,
        seller: Seller::Aws,
        list: parts.cost,
        billed: parts.cost,
        effective: parts.cost,
        net: None,
        tiers: parts.tiers,
        factors: record.factors,
        price: Some(price),
    }
}

/// A known charge becomes a row of the bill.
pub fn known(charge: KnownCharge, payer: &Arc<str>) -> Charge {
    let credit = charge.amount.decimal().is_sign_negative();
    Charge {
        month: charge.month,
        day: None,
        line_item: if credit { LineItem::Credit } else { LineItem::Fee },
        payer: payer.clone(),
        account: charge.account,
        environment: charge.environment,
        resource: charge.resource,
        tags: charge.tags,
        service: Cow::Owned(charge.service),
        region: charge.region,
        usage_type: "known charge".into(),
        operation: Cow::Borrowed(""),
        description: Cow::Owned(charge.description),
        quantity: Decimal::ZERO,
        unit: None,
        category: if credit { Category::Credit } else { Category::Purchase },
        frequency: Frequency::Recurring,
        pricing: Pricing::Other,
        commitment: None,
        seller: if charge.outside_aws { Seller::Outside } else { Seller::Aws },
        list: charge.amount,
        billed: charge.amount,
        effective: charge.amount,
        net: None,
        tiers: Vec::new(),
        factors: charge.factors,
        price: None,
    }
}
