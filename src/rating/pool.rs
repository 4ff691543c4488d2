//! Pools: the usage that AWS adds up before tiers and allowances apply.

use std::collections::HashMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::Terms;
use crate::money::{largest, quotient};
use crate::pricing::{Area, Price, Scope};
use crate::usage::UsageRecord;

/// Records that share one price and its tiers.
#[derive(Clone, Debug)]
pub struct Pool {
    /// Their indices.
    pub members: Vec<usize>,
    /// Their quantity in all.
    pub quantity: Decimal,
    /// The account, where AWS counts each by itself.
    account: Option<Arc<str>>,
    /// The region.
    region: Arc<str>,
    /// The allowance that they draw on.
    allowance: Option<usize>,
}

/// Finds the price of every record and pools those that share it.
pub fn pool<'b>(records: &[UsageRecord], terms: &Terms<'b>) -> Result<(Vec<Price<'b>>, Vec<Pool>), Vec<String>> {
    let mut prices = Vec::with_capacity(records.len());
    let mut pools: Vec<Pool> = Vec::new();
    let mut known: HashMap<(usize, Option<Arc<str>>), usize> = HashMap::new();
    let mut failures = Vec::new();
    let day = terms.month.first_day();
    for (i, record) in records.iter().enumerate() {
        let price = match terms.book.price(&record.service, &record.region, &record.usage_type, &record.operation, day) {
            Ok(price) if price.rows[0].unit == record.unit => price,
            Ok(price) => {
                let row = &price.rows[0];
                failures.push(format!(
                    "{} {}: {} is measured in {}, its price is per {} ({})",
                    record.environment, record.resource, record.usage_type, record.unit, row.unit, row.unit_text
                ));
                continue;
            }
            Err(missing) => {
                failures.push(format!("{} {}: {missing}", record.environment, record.resource));
                continue;
            }
        };
        prices.push(price);
        let account = (price.scope == Scope::Account).then(|| record.account.clone());
        let index = *known.entry((price.id, account.clone())).or_insert_with(|| {
            let pool =
                Pool { members: Vec::new(), quantity: Decimal::ZERO, account, region: record.region.clone(), allowance: price.allowance };
            pools.push(pool);
            pools.len() - 1
        });
        pools[index].members.push(i);
        pools[index].quantity += record.quantity;
    }
    if failures.is_empty() { Ok((prices, pools)) } else { Err(failures) }
}

/// Who draws on an allowance together: its index, and the account and region where each has its own.
type Drawer<'a> = (usize, Option<&'a str>, Option<&'a str>);

/// A quantity that is free, and the pools that draw on it together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shared {
    /// What is free in the month.
    pub quantity: Decimal,
    /// The pools, by their indices.
    pub pools: Vec<usize>,
}

/// The allowances of the month and who draws on each, in the order of the pools.
pub fn shared(pools: &[Pool], terms: &Terms<'_>) -> Vec<Shared> {
    let mut list: Vec<Shared> = Vec::new();
    if !terms.free_tier {
        return list;
    }
    let mut known: HashMap<Drawer<'_>, usize> = HashMap::new();
    for (i, pool) in pools.iter().enumerate() {
        let Some(index) = pool.allowance else { continue };
        let allowance = &terms.book.allowances()[index];
        let account = if allowance.scope == Scope::Account { pool.account.as_deref() } else { None };
        let region = if allowance.area == Area::Region { Some(pool.region.as_ref()) } else { None };
        let place = *known.entry((index, account, region)).or_insert_with(|| {
            let quantity = if allowance.hourly { allowance.quantity * terms.hours } else { allowance.quantity };
            list.push(Shared { quantity, pools: Vec::new() });
            list.len() - 1
        });
        list[place].pools.push(i);
    }
    list
}

/// What is free of each pool. Where an allowance spans several pools (regions, geographies), it is spread over them in
/// proportion to their quantities: AWS does not say in which order it takes them.
pub fn allowances(pools: &[Pool], terms: &Terms<'_>) -> Vec<Decimal> {
    let mut free = vec![Decimal::ZERO; pools.len()];
    for Shared { quantity, pools: members } in shared(pools, terms) {
        let weights: Vec<Decimal> = members.iter().map(|i| pools[*i].quantity).collect();
        for (i, part) in members.iter().zip(spread(quantity, &weights)) {
            free[*i] = part;
        }
    }
    free
}

/// `quantity` over `weights` in proportion, no part above its weight; all of it where there is enough.
fn spread(quantity: Decimal, weights: &[Decimal]) -> Vec<Decimal> {
    let whole: Decimal = weights.iter().sum();
    if whole <= quantity {
        return weights.to_vec();
    }
    // Multiplied first, which is exact, unless that is too large to be written down.
    let part = |w: Decimal| match quantity.checked_mul(w) {
        Some(product) => quotient(product, whole),
        None => quotient(w, whole).map(|share| quantity * share),
    };
    let mut parts: Vec<Decimal> = weights.iter().map(|w| part(*w).unwrap_or_default()).collect();
    let left = quantity - parts.iter().sum::<Decimal>();
    if let Some(i) = largest(weights) {
        parts[i] = (parts[i] + left).min(weights[i]);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_spreads_in_proportion_and_never_exceeds_the_use() {
        let d = Decimal::from;
        assert_eq!(spread(d(100), &[d(300), d(100)]), [d(75), d(25)]);
        assert_eq!(spread(d(100), &[d(30), d(10)]), [d(30), d(10)]);
        let thirds = spread(d(100), &[d(100), d(100), d(100)]);
        assert_eq!(thirds.iter().sum::<Decimal>(), d(100));
        // The largest quantities that are read: their product has 31 digits.
        let largest = crate::quantity::LARGEST;
        assert_eq!(spread(largest, &[largest, largest]), [largest / d(2), largest / d(2)]);
    }
}
