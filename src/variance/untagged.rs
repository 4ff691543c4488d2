//! Rows that carry no tag and belong to nobody: where an environment's row falls short on one side, and that side's bill has more of the
//! same usage among those rows than the other's, so much of it may not have been used less: it is not told whose it is. What was
//! without a tag on both sides explains no change, and what several environments lack is divided among them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::{Decimal, RoundingStrategy};

use super::join::{Part, Row, Side};
use super::key::{Cost, Key, Keys, Kind};
use super::split::{Amount, Use};
use crate::bill::Charge;
use crate::money::{QUOTIENT_PLACES, Usd, cents};
use crate::quantity::{Unit, about};

/// What belongs to nobody, by what joins rows, and who else could have used it.
#[derive(Clone, Debug, Default)]
pub struct Untagged {
    base: BTreeMap<Key, Pool>,
    billed: BTreeMap<Key, Pool>,
    /// By how much other environments fall short, of what they had (on the bill), and of what they have now (before).
    others: BTreeMap<Key, Lacks>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Lacks {
    on_bill: Decimal,
    before: Decimal,
}

/// Another environment of the payer: its charges on either side.
pub type Other = (Vec<Charge>, Vec<Charge>);

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
    /// What the side has more of it without a tag than the other.
    more: Decimal,
    unit: Option<Unit>,
}

impl Filled<'_> {
    /// Why, in words with numbers.
    pub fn why(&self, before: &str) -> String {
        let unit = self.unit.filter(|u| *u != Unit::Count).map(|u| format!(" {u}")).unwrap_or_default();
        let when = if self.on_bill { "stand on the bill without a tag".to_owned() } else { format!("stood without a tag {before}") };
        let of = if self.more == self.taken { String::new() } else { format!(" of {} more", about(self.more)) };
        format!("{}: {}{of}{unit} ({}) {when} and belong to nobody", self.row.key, about(self.taken), cents(self.amount.abs()))
    }
}

impl Untagged {
    /// Of charges that belong to nobody on either side.
    pub fn of(base: &[Charge], billed: &[Charge], keys: &Keys<'_>, cost: Cost) -> Untagged {
        Untagged { base: pools(base, keys, cost), billed: pools(billed, keys, cost), others: BTreeMap::new() }
    }

    /// The same, of which other environments could have used a part.
    pub fn among<'o>(mut self, others: impl Iterator<Item = (Cow<'o, [Charge]>, &'o [Charge])>, keys: &Keys<'_>, cost: Cost) -> Untagged {
        for (base, billed) in others {
            let (base, billed) = (pools(&base, keys, cost), pools(billed, keys, cost));
            let quantity = |pools: &BTreeMap<Key, Pool>, key: &Key| pools.get(key).and_then(|p| p.used.quantity()).unwrap_or_default();
            for key in self.base.keys().chain(self.billed.keys()).collect::<BTreeSet<&Key>>() {
                let less = quantity(&base, key) - quantity(&billed, key);
                let lacks = self.others.entry(key.clone()).or_default();
                lacks.on_bill += less.max(Decimal::ZERO);
                lacks.before += (-less).max(Decimal::ZERO);
            }
        }
        self
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

/// A row that falls short on a side whose untagged rows have more of the same usage than the other's, with as much of that as it lacks;
/// spread over its parts as these fall short. `None` where there is nothing to take, or quantities are not told.
pub fn filled<'a>(row: &Row<'a>, untagged: &Untagged) -> Option<Filled<'a>> {
    let (before, after) = (quantity(row.base.as_ref())?, quantity(row.billed.as_ref())?);
    let on_bill = after < before;
    let (here, there) = if on_bill { (&untagged.billed, &untagged.base) } else { (&untagged.base, &untagged.billed) };
    let (pool, elsewhere) = (here.get(&row.key)?, there.get(&row.key));
    let (other, all) = (if on_bill { &row.base } else { &row.billed }, pool.used.quantity()?);
    let lacks = (before - after).abs();
    let more = all - elsewhere.map_or(Some(Decimal::ZERO), |pool| pool.used.quantity())?;
    let units_differ = other.as_ref().and_then(|s| s.unit) != pool.unit || elsewhere.is_some_and(|e| e.unit != pool.unit);
    if lacks.is_zero() || more <= Decimal::ZERO || units_differ {
        return None;
    }
    let others = untagged.others.get(&row.key).map_or(Decimal::ZERO, |o| if on_bill { o.on_bill } else { o.before });
    let taken = lacks.min(share(more, lacks, others)?);
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
    Some(Filled { row: filled, amount: if on_bill { -added } else { added }, on_bill, taken, more, unit: pool.unit })
}

/// What of `more` one may take that lacks so much, where others lack something as well: all together never more than there is.
fn share(more: Decimal, lacks: Decimal, others: Decimal) -> Option<Decimal> {
    if others.is_zero() {
        return Some(more);
    }
    let part = more.checked_mul(lacks)?.checked_div(lacks.checked_add(others)?)?;
    Some(part.round_dp_with_strategy(QUOTIENT_PLACES, RoundingStrategy::ToZero))
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
