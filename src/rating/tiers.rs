//! Tiers: a pool's quantity is priced step by step, and each step's cost goes back to those who caused it.

use rust_decimal::{Decimal, RoundingStrategy};

use super::pool::Pool;
use crate::bill::TierPart;
use crate::money::{QUOTIENT_PLACES, UnitPrice, Usd, quotient};
use crate::pricing::PriceRow;
use crate::usage::UsageRecord;

/// A step of a pool: how much fell into it and what that costs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slice {
    /// Where it begins.
    pub from: Decimal,
    /// Where it ends; `None` for no end.
    pub to: Option<Decimal>,
    /// How much fell into it.
    pub quantity: Decimal,
    /// The price.
    pub price: UnitPrice,
    /// quantity × price.
    pub cost: Usd,
    /// True for the part that an allowance makes free.
    pub free: bool,
}

/// What one record gets of its pool.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Parts {
    /// Its cost in all.
    pub cost: Usd,
    /// Step by step.
    pub tiers: Vec<TierPart>,
}

/// Walks the tiers: first what is free, then the paid tiers from the first paid unit.
///
/// # Errors
/// Where the quantity lies beyond the last tier that is known.
pub fn walk(quantity: Decimal, free: Decimal, rows: &[PriceRow]) -> Result<Vec<Slice>, String> {
    let mut slices = Vec::with_capacity(rows.len() + 1);
    if free > Decimal::ZERO {
        let zero = UnitPrice::new(Decimal::ZERO);
        slices.push(Slice { from: Decimal::ZERO, to: Some(free), quantity: free, price: zero, cost: Usd::ZERO, free: true });
    }
    let paid = quantity - free;
    for row in rows {
        let end = row.tier_end.map_or(paid, |e| e.min(paid));
        let part = end - row.tier_begin;
        if part <= Decimal::ZERO {
            break;
        }
        slices.push(Slice {
            from: row.tier_begin,
            to: row.tier_end,
            quantity: part,
            price: row.price,
            cost: row.price.times(part),
            free: false,
        });
    }
    match rows.last().and_then(|r| r.tier_end) {
        Some(end) if paid > end => Err(format!("{paid} lies beyond the last tier that is known, which ends at {end}")),
        _ => Ok(slices),
    }
}

/// Gives every slice of a pool back to its records: a flat price by quantity × price, tiers in proportion to the quantities.
/// What remains by rounding goes to the largest record, so that the parts add up to the pool.
pub fn give_back(pool: &Pool, slices: &[Slice], records: &[UsageRecord], parts: &mut [Option<Parts>]) {
    let Some(&biggest) = pool.members.iter().reduce(|a, b| {
        let (qa, qb) = (records[*a].quantity, records[*b].quantity);
        if qb > qa || (qb == qa && records[*b].resource < records[*a].resource) { b } else { a }
    }) else {
        return;
    };
    let mut left: Vec<Usd> = slices.iter().map(|s| s.cost).collect();
    let mut rest = |i: usize, costs: &[Usd]| {
        if i != biggest {
            for (left, cost) in left.iter_mut().zip(costs) {
                *left = *left - *cost;
            }
        }
    };
    let share = |i: usize| quotient(records[i].quantity, pool.quantity).unwrap_or(Decimal::ONE);
    for &i in &pool.members {
        let quantity = records[i].quantity;
        let costs: Vec<Usd> = match slices {
            [only] => vec![only.price.times(quantity)],
            _ => {
                let share = share(i);
                slices.iter().map(|s| s.cost.share(share)).collect()
            }
        };
        rest(i, &costs);
        parts[i] = Some(part(slices, &costs, quantity, share(i)));
    }
    // The largest record takes what the others left of every slice.
    parts[biggest] = Some(part(slices, &left, records[biggest].quantity, share(biggest)));
}

fn part(slices: &[Slice], costs: &[Usd], quantity: Decimal, share: Decimal) -> Parts {
    let mut unassigned = quantity;
    let tiers = slices.iter().zip(costs).enumerate().map(|(n, (slice, cost))| {
        let own = if n + 1 == slices.len() {
            unassigned
        } else {
            (slice.quantity * share).round_dp_with_strategy(QUOTIENT_PLACES, RoundingStrategy::MidpointNearestEven)
        };
        unassigned -= own;
        TierPart { from: slice.from, to: slice.to, quantity: own, price: slice.price, cost: *cost, allowance: slice.free }
    });
    let tiers: Vec<TierPart> = tiers.collect();
    Parts { cost: costs.iter().copied().sum(), tiers }
}
