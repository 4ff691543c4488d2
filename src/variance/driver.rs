//! The driver behind a quantity: which input of the scenario would have to be what, for the predicted quantity to be the billed one.
//! It works on the tape that made the quantity, so that it cannot drift from the prediction.

use rust_decimal::Decimal;

use crate::bill::Charge;
use crate::money::QUOTIENT_PLACES;
use crate::quantity::{grouped, scaled_text};
use crate::scenario::driver::Provenance;
use crate::source::Place;
use crate::usage::{Factor, Measure, Tape};

/// Digits of a value that a bill implies: it says no more.
const DIGITS: u32 = 4;

/// An input that moves a quantity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Driver {
    /// What it is, in the words of the formula.
    pub name: String,
    /// Where it stands; `None` for what follows from the workload.
    pub at: Option<Place>,
    /// The value now, as a reader would write it.
    pub shown: String,
    /// How sure it is; the least sure first.
    rank: u8,
    value: Decimal,
}

impl Driver {
    /// True for the same driver, whatever its value.
    pub fn is(&self, other: &Driver) -> bool {
        self.at == other.at && (self.at.is_some() || self.name == other.name)
    }

    /// True where another one is as little sure.
    pub fn is_as_sure_as(&self, other: &Driver) -> bool {
        self.rank == other.rank
    }
}

/// A driver with the value that a billed quantity implies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Implied {
    /// The driver.
    pub driver: Driver,
    /// Its new value as a part of the old one.
    pub ratio: Decimal,
}

impl Implied {
    /// The value that is implied, with its unit.
    pub fn shown(&self) -> String {
        times(&self.driver.shown, self.ratio)
    }
}

/// A text with its number so many times as large, rounded to what can be known.
pub fn times(text: &str, ratio: Decimal) -> String {
    scaled(text, ratio, DIGITS, |n| match n {
        n if n >= Decimal::from(1_000_000_000u64) => format!("{} B", grouped(n / Decimal::from(1_000_000_000u64))),
        n if n >= Decimal::from(1_000_000u64) => format!("{} M", grouped(n / Decimal::from(1_000_000u64))),
        n => grouped(n),
    })
}

/// The same with so many digits, for a file.
pub fn scaled(text: &str, ratio: Decimal, digits: u32, write: fn(Decimal) -> String) -> String {
    let whole = scaled_text(text, ratio).unwrap_or_else(|| text.to_owned());
    let end = whole.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(whole.len());
    let rounded = whole[..end].parse::<Decimal>().ok().and_then(|n| n.round_sf(digits));
    rounded.map_or(whole.clone(), |n| format!("{}{}", write(n), &whole[end..]))
}

/// The drivers behind charges, the least sure first; each once.
pub fn drivers(charges: &[&Charge]) -> Vec<Driver> {
    let mut list: Vec<Driver> = Vec::new();
    for charge in charges {
        collect(&charge.factors, &mut list);
    }
    // By name and place where equally sure: the order of charges changes nothing.
    list.sort_by(|a, b| (a.rank, &a.name, a.at).cmp(&(b.rank, &b.name, b.at)));
    list
}

fn collect(factors: &[Factor], list: &mut Vec<Driver>) {
    for factor in factors {
        collect(&factor.of, list);
        let Some(rank) = rank(factor) else { continue };
        if !list.iter().any(|d| same(d, factor)) {
            // As it is stated, not as it has grown.
            let stated = factor.shown.split(" grown ×").next().unwrap_or_default();
            let shown = times(stated, Decimal::ONE);
            list.push(Driver { name: factor.name.to_string(), at: factor.at, shown, rank, value: factor.value });
        }
    }
}

/// How sure a factor is; `None` for what is no driver.
fn rank(factor: &Factor) -> Option<u8> {
    let uncertain = factor.uncertainty.is_some() || factor.demand.is_some();
    match factor.from {
        None => matches!(factor.demand, Some(Measure::Capacity | Measure::Requests(_))).then_some(1),
        Some(_) if factor.at.is_none() => None,
        Some(Provenance::Plan) if uncertain => Some(3),
        Some(Provenance::Plan) => Some(5),
        Some(Provenance::Measured) => Some(4),
        Some(_) if uncertain => Some(0),
        Some(_) => Some(2),
    }
}

fn same(driver: &Driver, factor: &Factor) -> bool {
    match driver.at {
        Some(at) => factor.at == Some(at),
        None => factor.at.is_none() && factor.demand.is_some() && factor.name == driver.name,
    }
}

/// The quantity of charges with a driver at another value; `None` for what is too large to be exact.
pub fn quantity(charges: &[&Charge], driver: &Driver, value: Decimal) -> Option<Decimal> {
    charges.iter().try_fold(Decimal::ZERO, |sum, charge| {
        let (own, _) = Tape::of(charge.factors.iter().map(|f| with(f, driver, value))).finish()?;
        sum.checked_add(own)
    })
}

fn with(factor: &Factor, driver: &Driver, value: Decimal) -> Factor {
    let mut changed = factor.clone();
    if same(driver, factor) {
        changed.value = value;
    } else if !factor.of.is_empty() {
        let tape = Tape::of(factor.of.iter().map(|f| with(f, driver, value)));
        changed.value = tape.value();
    }
    changed
}

/// What charges of one month came to.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// The charges as predicted.
    pub charges: &'a [&'a Charge],
    /// The quantity that was billed for them.
    pub billed: Decimal,
}

/// How many times as large a driver must be for the predicted quantities to add up to the billed ones: the straight line through
/// two values near the present one, if it really leads there. `None` where the driver does not move them, or a limit stands before it.
pub fn ratio(driver: &Driver, observed: &[Observed<'_>]) -> Option<Decimal> {
    let predicted = |ratio: Decimal| {
        observed.iter().try_fold(Decimal::ZERO, |sum, o| {
            // Each month has its own growth, and so its own value of the same driver.
            let own = drivers(o.charges).into_iter().find(|d| d.is(driver))?;
            sum.checked_add(quantity(o.charges, &own, own.value.checked_mul(ratio)?)?)
        })
    };
    let target = observed.iter().try_fold(Decimal::ZERO, |sum, o| sum.checked_add(o.billed))?;
    let (now, step) = (predicted(Decimal::ONE)?, Decimal::new(1, 3));
    let slope = (now - predicted(Decimal::ONE - step)?).checked_div(step)?;
    let ratio = (target - now).checked_div(slope)?.checked_add(Decimal::ONE)?.round_dp(QUOTIENT_PLACES);
    let off = (predicted(ratio)? - target).abs();
    (ratio >= Decimal::ZERO && off <= target.abs().checked_mul(Decimal::new(1, 6))?).then_some(ratio)
}

/// True where the tapes of charges make a quantity: what a commitment covers is taken off some of them.
pub fn whole(charges: &[&Charge], quantity: Decimal) -> bool {
    let made = |charge: &&Charge| Tape::of(charge.factors.iter().cloned()).finish().map(|(q, _)| q);
    let sum = charges.iter().map(made).try_fold(Decimal::ZERO, |sum, q| sum.checked_add(q?));
    sum == Some(quantity)
}

/// The first driver of charges that explains a quantity by itself.
pub fn behind(charges: &[&Charge], target: Decimal) -> Option<Implied> {
    let observed = [Observed { charges, billed: target }];
    drivers(charges).into_iter().find_map(|driver| ratio(&driver, &observed).map(|ratio| Implied { driver, ratio }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_unit_and_four_digits() {
        assert_eq!(times("8.3241", Decimal::new(11, 1)), "9.157");
        assert_eq!(times("6.502 B requests/month", Decimal::new(15, 1)), "9.753 B requests/month");
        assert_eq!(times("2,934.8 GB", Decimal::new(1111, 3)), "3,261 GB");
        assert_eq!(times("6,502,000,000/month", Decimal::ONE), "6.502 B/month");
    }
}
