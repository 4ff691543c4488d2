//! Both sides of a comparison, row by row: a row is matched, only predicted or only billed, and no row is forced to fit.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::key::{Cost, Key, Keys, Kind, is_covered};
use super::scope::tag;
use super::split::Use;
use crate::bill::{Bill, Charge, LineItem};
use crate::money::Usd;
use crate::quantity::Unit;

/// The cost tag that names a service within an environment.
pub const SERVICE: &str = "Service";

/// One side of a row.
#[derive(Clone, Debug, Default)]
pub struct Side<'a> {
    /// Its charges.
    pub charges: Vec<&'a Charge>,
    /// What they cost.
    pub cost: Usd,
    /// How much was used; `None` for quantities too large to be exact.
    pub used: Option<Use>,
    /// By what it is billed; `None` where that is not told, or not the same for all.
    pub unit: Option<Unit>,
}

impl<'a> Side<'a> {
    /// Adds up charges.
    pub fn of(charges: Vec<&'a Charge>, cost: Cost) -> Side<'a> {
        let mut used = Some(Use::default());
        let mut units = BTreeSet::new();
        for charge in &charges {
            // The row that takes the on-demand price of covered use away repeats its quantity.
            let quantity = if charge.line_item == LineItem::SavingsPlanNegation { Decimal::ZERO } else { charge.quantity };
            used = used.and_then(|mut u| {
                let part = if is_covered(charge) { &mut u.covered } else { &mut u.on_demand };
                part.add(quantity, cost.of(charge))?;
                Some(u)
            });
            units.extend(charge.unit);
        }
        let unit = units.first().copied().filter(|_| units.len() == 1);
        Side { cost: charges.iter().map(|c| cost.of(c)).sum(), charges, used, unit }
    }

    /// How much was used, covered or not.
    pub fn quantity(&self) -> Option<Decimal> {
        self.used?.quantity()
    }
}

/// A part of a row: the use of one resource, or all of it where the bill does not tell resources apart.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// The resource, or the value of the tag `Service`; empty for what cannot be told apart.
    pub label: String,
    /// What was predicted, or billed in the month before.
    pub base: Option<Side<'a>>,
    /// What was billed.
    pub billed: Option<Side<'a>>,
}

/// One row of both sides.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// What joins them.
    pub key: Key,
    /// What was predicted, or billed in the month before.
    pub base: Option<Side<'a>>,
    /// What was billed.
    pub billed: Option<Side<'a>>,
    /// The same by resource; their sums are the row's.
    pub parts: Vec<Part<'a>>,
}

impl Row<'_> {
    /// Billed beyond what was predicted.
    pub fn difference(&self) -> Usd {
        self.billed_cost() - self.base_cost()
    }

    /// What was predicted.
    pub fn base_cost(&self) -> Usd {
        self.base.as_ref().map_or(Usd::ZERO, |s| s.cost)
    }

    /// What was billed.
    pub fn billed_cost(&self) -> Usd {
        self.billed.as_ref().map_or(Usd::ZERO, |s| s.cost)
    }
}

/// What the scenario calls a resource of this name: itself, or that of which it is a part; `None` where it has none.
pub type Known<'k> = &'k dyn Fn(&str) -> Option<String>;

/// The resource that a charge names: the value of its tag `Service`, else the last part of its resource's name.
fn label(charge: &Charge, known: Known<'_>) -> String {
    let name = || charge.resource.rsplit(['/', ':']).next().unwrap_or_default();
    let told = tag(charge, SERVICE).unwrap_or_else(name);
    known(told).unwrap_or_else(|| told.to_lowercase())
}

/// Joins two bills. The result does not depend on the order of their rows.
pub fn join<'a>(base: &'a Bill, billed: &'a Bill, keys: &Keys<'_>, cost: Cost, known: Known<'_>) -> Vec<Row<'a>> {
    let mut both: BTreeMap<Key, (Vec<&Charge>, Vec<&Charge>)> = BTreeMap::new();
    for charge in &base.charges {
        both.entry(keys.of(charge)).or_default().0.push(charge);
    }
    for charge in &billed.charges {
        both.entry(keys.of(charge)).or_default().1.push(charge);
    }
    without_usage_types(without_operations(both))
        .into_iter()
        .map(|(key, (base, billed))| {
            let parts = if key.kind == Kind::Usage { parts(&base, &billed, cost, known) } else { Vec::new() };
            let side = |charges: Vec<&'a Charge>| (!charges.is_empty()).then(|| Side::of(charges, cost));
            Row { base: side(base), billed: side(billed), key, parts }
        })
        .collect()
}

type Both<'a> = BTreeMap<Key, (Vec<&'a Charge>, Vec<&'a Charge>)>;

/// Where one side tells no operation (Cost Explorer gives two dimensions at a time), the other's are added up.
fn without_operations(both: Both<'_>) -> Both<'_> {
    let bare = |key: &Key| Key { operation: String::new(), ..key.clone() };
    let told = |side: fn(&(Vec<&Charge>, Vec<&Charge>)) -> usize| -> (BTreeSet<Key>, BTreeSet<Key>) {
        let here = both.iter().filter(|(k, sides)| k.kind == Kind::Usage && side(sides) > 0).map(|(k, _)| k);
        let (with, without): (Vec<&Key>, Vec<&Key>) = here.partition(|k| !k.operation.is_empty());
        (with.into_iter().map(bare).collect(), without.into_iter().cloned().collect())
    };
    let (base_with, base_without) = told(|s| s.0.len());
    let (billed_with, billed_without) = told(|s| s.1.len());
    let coarse = |key: &Key| {
        (base_with.contains(key) && !base_without.contains(key) && billed_without.contains(key) && !billed_with.contains(key))
            || (billed_with.contains(key) && !billed_without.contains(key) && base_without.contains(key) && !base_with.contains(key))
    };
    let mut joined = Both::new();
    for (key, (base, billed)) in &both {
        let without = bare(key);
        let sides = joined.entry(if coarse(&without) { without } else { key.clone() }).or_default();
        sides.0.extend(base);
        sides.1.extend(billed);
    }
    joined
}

/// Where one side tells no usage types of a service (a bill by service only), the other's are added up.
fn without_usage_types(both: Both<'_>) -> Both<'_> {
    // By service: whether a side has any usage of it, and whether it tells a usage type of any.
    let mut told: BTreeMap<&str, [(bool, bool); 2]> = BTreeMap::new();
    for (key, (base, billed)) in both.iter().filter(|(k, _)| k.kind == Kind::Usage) {
        let sides = told.entry(&key.service).or_default();
        for (side, _) in sides.iter_mut().zip([base, billed]).filter(|(_, charges)| !charges.is_empty()) {
            *side = (true, side.1 || !key.usage_type.is_empty());
        }
    }
    let bare = |[a, b]: &[(bool, bool); 2]| (*a == (true, false) && b.1) || (*b == (true, false) && a.1);
    let coarse: BTreeSet<String> = told.into_iter().filter(|(_, sides)| bare(sides)).map(|(service, _)| service.to_owned()).collect();
    let mut joined = Both::new();
    for (mut key, (base, billed)) in both {
        if key.kind == Kind::Usage && coarse.contains(&key.service) {
            (key.region, key.usage_type, key.operation) = (String::new(), String::new(), String::new());
        }
        let sides = joined.entry(key).or_default();
        sides.0.extend(base);
        sides.1.extend(billed);
    }
    joined
}

/// A row by resource, as far as both sides name the same ones, and without those that the scenario does not have. What only one side
/// names stays together, and everything does where names seem to be missing.
fn parts<'a>(base: &[&'a Charge], billed: &[&'a Charge], cost: Cost, known: Known<'_>) -> Vec<Part<'a>> {
    if base.is_empty() || billed.is_empty() {
        return Vec::new();
    }
    let labels = |charges: &[&Charge]| charges.iter().map(|c| label(c, known)).collect::<BTreeSet<String>>();
    let (predicted, found) = (labels(base), labels(billed));
    let lacks_names = lacks_names(base, billed, cost, known).unwrap_or(true);
    let common: BTreeSet<&String> = predicted.intersection(&found).filter(|l| !lacks_names && !l.is_empty()).collect();
    let told = |label: &String| common.contains(label) || (!common.is_empty() && known(label).is_none());
    let mut by: BTreeMap<String, (Vec<&Charge>, Vec<&Charge>)> = BTreeMap::new();
    let name = |charge: &Charge| Some(label(charge, known)).filter(|l| told(l)).unwrap_or_default();
    for charge in base {
        by.entry(name(charge)).or_default().0.push(charge);
    }
    for charge in billed {
        by.entry(name(charge)).or_default().1.push(charge);
    }
    let side = |charges: Vec<&'a Charge>| (!charges.is_empty()).then(|| Side::of(charges, cost));
    by.into_iter().map(|(label, (base, billed))| Part { label, base: side(base), billed: side(billed) }).collect()
}

/// True where one side has more that names nothing, and less that names something: its tags are missing in part, and the resources
/// that have theirs would seem to have shrunk. `None` for quantities that are too large to be exact.
fn lacks_names(base: &[&Charge], billed: &[&Charge], cost: Cost, known: Known<'_>) -> Option<bool> {
    let is_named = |c: &&Charge| tag(c, SERVICE).is_some() || known(&label(c, known)).is_some();
    let quantities = |charges: &[&Charge]| {
        let (named, nameless): (Vec<&Charge>, Vec<&Charge>) = charges.iter().copied().partition(is_named);
        Some((Side::of(named, cost).quantity()?, Side::of(nameless, cost).quantity()?))
    };
    let ((named, nameless), (now_named, now_nameless)) = (quantities(base)?, quantities(billed)?);
    let (more, fewer) = (now_nameless - nameless, named - now_named);
    let least = (named + nameless).min(now_named + now_nameless) * Decimal::new(NAMELESS_PERCENT, 2);
    Some(more.is_sign_positive() == fewer.is_sign_positive() && more.abs().min(fewer.abs()) > least)
}

/// What may lack its name and be taken for a change, of the smaller side.
const NAMELESS_PERCENT: i64 = 5;

/// True where charges name no more than one resource.
pub fn are_alike(charges: &[&Charge]) -> bool {
    charges.iter().map(|c| label(c, &|_| None)).collect::<BTreeSet<String>>().len() < 2
}

/// The resources of the charges of a side, for people.
pub fn labels(charges: &[&Charge]) -> String {
    let names: BTreeSet<String> = charges.iter().map(|c| label(c, &|_| None)).filter(|l| !l.is_empty()).collect();
    let mut names: Vec<String> = names.into_iter().collect();
    let more = names.len().saturating_sub(3);
    names.truncate(3);
    if more == 0 { names.join(", ") } else { format!("{} and {more} more", names.join(", ")) }
}
