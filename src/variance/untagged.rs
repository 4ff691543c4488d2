//! Rows that carry no tag and belong to nobody: where an environment's row falls short on one side, and that side's bill has the same
//! usage among those rows, so much of it was not used less but is not told whose it is.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::join::{Part, Row, Side};
use super::key::{Cost, Key, Keys, Kind};
use super::split::{Amount, Use};
use crate::bill::Charge;
use crate::money::{Usd, cents};
use crate::quantity::{Unit, about};

/// What belongs to nobody, by what joins rows.
#[derive(Clone, Debug, Default)]
pub struct Untagged {
    base: BTreeMap<Key, Pool>,
    billed: BTreeMap<Key, Pool>,
}

/// The untagged rows of one key.
#[derive(Clone, Copy, Debug)]
struct Pool {
    used: Use,
    unit: Option<Unit>,
}

/// A row with what it lacks taken from the untagged ones.
#[derive(Clone, Debug)]
pub struct Filled<'a> {
    /// The row with it.
    pub row: Row<'a>,
    /// What that adds to the difference of the row as it stands.
    pub amount: Usd,
    on_bill: bool,
    taken: Decimal,
    unit: Option<Unit>,
}

impl Filled<'_> {
    /// Why, in words with numbers.
    pub fn why(&self, before: &str) -> String {
        let unit = self.unit.filter(|u| *u != Unit::Count).map(|u| format!(" {u}")).unwrap_or_default();
        let when = if self.on_bill { "stand on the bill without a tag".to_owned() } else { format!("stood without a tag {before}") };
        format!("{}: {}{unit} ({}) {when} and belong to nobody", self.row.key, about(self.taken), cents(self.amount.abs()))
    }
}

impl Untagged {
    /// Of charges that belong to nobody on either side.
    pub fn of(base: &[Charge], billed: &[Charge], keys: &Keys<'_>, cost: Cost) -> Untagged {
        Untagged { base: pools(base, keys, cost), billed: pools(billed, keys, cost) }
    }
}

fn pools(charges: &[Charge], keys: &Keys<'_>, cost: Cost) -> BTreeMap<Key, Pool> {
    let mut by: BTreeMap<Key, Vec<&Charge>> = BTreeMap::new();
    for charge in charges {
        by.entry(keys.of(charge)).or_default().push(charge);
    }
    let pool = |(key, charges): (Key, Vec<&Charge>)| {
        let side = Side::of(charges, cost);
        Some((key, Pool { used: side.used?, unit: side.unit }))
    };
    by.into_iter().filter(|(key, _)| key.kind == Kind::Usage).filter_map(pool).collect()
}

/// A row that falls short on a side of which untagged rows have the same usage, with as much of them as it lacks; spread over its
/// parts as these fall short. `None` where there is nothing to take, or quantities are not told.
pub fn filled<'a>(row: &Row<'a>, untagged: &Untagged) -> Option<Filled<'a>> {
    let (before, after) = (quantity(row.base.as_ref())?, quantity(row.billed.as_ref())?);
    let on_bill = after < before;
    let pool = if on_bill { untagged.billed.get(&row.key)? } else { untagged.base.get(&row.key)? };
    let (other, all) = (if on_bill { &row.base } else { &row.billed }, pool.used.quantity()?);
    let lacks = (before - after).abs();
    if lacks.is_zero() || all <= Decimal::ZERO || other.as_ref().and_then(|s| s.unit) != pool.unit {
        return None;
    }
    let taken = lacks.min(all);
    let mut filled = row.clone();
    if filled.parts.is_empty() {
        filled.parts.push(Part { label: String::new(), base: row.base.clone(), billed: row.billed.clone() });
    }
    let gap = |part: &Part<'_>| {
        let (base, billed) = (quantity(part.base.as_ref())?, quantity(part.billed.as_ref())?);
        Some(if on_bill { base - billed } else { billed - base }.max(Decimal::ZERO))
    };
    let gaps = filled.parts.iter().map(gap).collect::<Option<Vec<Decimal>>>()?;
    let whole: Decimal = gaps.iter().sum();
    let mut added = Usd::ZERO;
    for (part, gap) in filled.parts.iter_mut().zip(gaps).filter(|(_, gap)| !gap.is_zero()) {
        let piece = piece(pool, taken.checked_mul(gap)?.checked_div(whole)?, all)?;
        added += piece.cost();
        fill(if on_bill { &mut part.billed } else { &mut part.base }, piece, pool.unit)?;
    }
    fill(if on_bill { &mut filled.billed } else { &mut filled.base }, Use::default(), pool.unit)?;
    Some(Filled { row: filled, amount: if on_bill { -added } else { added }, on_bill, taken, unit: pool.unit })
}

/// How much a side has; nothing where it is not there.
fn quantity(side: Option<&Side<'_>>) -> Option<Decimal> {
    side.map_or(Some(Decimal::ZERO), Side::quantity)
}

/// So much of a pool, covered and on demand as in all of it.
fn piece(pool: &Pool, quantity: Decimal, all: Decimal) -> Option<Use> {
    let of = |n: Decimal| n.checked_mul(quantity)?.checked_div(all);
    let part = |a: Amount| Some(Amount { quantity: of(a.quantity)?, cost: Usd::new(of(a.cost.decimal())?) });
    let covered = part(pool.used.covered)?;
    // The rest, so that a row that is filled up has exactly the other side's quantity.
    let on_demand = Amount { quantity: quantity - covered.quantity, ..part(pool.used.on_demand)? };
    Some(Use { on_demand, covered })
}

/// Adds a piece to a side, which need not be there yet.
fn fill(side: &mut Option<Side<'_>>, piece: Use, unit: Option<Unit>) -> Option<()> {
    let side = side.get_or_insert_with(|| Side { used: Some(Use::default()), unit, ..Side::default() });
    let used = side.used.as_mut()?;
    used.on_demand.add(piece.on_demand.quantity, piece.on_demand.cost)?;
    used.covered.add(piece.covered.quantity, piece.covered.cost)?;
    side.cost += piece.cost();
    Some(())
}
