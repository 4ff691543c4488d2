//! Dollars and prices, exact from file to output.
//!
//! Every amount is a decimal. Nothing here, and nothing that calls it, holds money in a float.

use std::borrow::Cow;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

use rust_decimal::{Decimal, RoundingStrategy};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Decimal places that a charge keeps: what the cost columns of AWS's own bills carry.
pub const CHARGE_PLACES: u32 = 10;

/// Decimal places to which a quotient without end is taken, once.
pub const QUOTIENT_PLACES: u32 = 12;

/// US dollars, kept to at most [`CHARGE_PLACES`] decimal places.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Usd(Decimal);

impl Usd {
    /// No money at all.
    pub const ZERO: Usd = Usd(Decimal::ZERO);

    /// Takes an amount to the scale of a charge, half to even.
    pub fn new(amount: Decimal) -> Usd {
        Usd(amount.round_dp_with_strategy(CHARGE_PLACES, RoundingStrategy::MidpointNearestEven))
    }

    /// The exact amount.
    pub fn decimal(self) -> Decimal {
        self.0
    }

    /// True where nothing is owed.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// The distance from zero.
    pub fn abs(self) -> Usd {
        Usd(self.0.abs())
    }

    /// `share` of this amount (0.5 is a half), at the scale of a charge.
    pub fn share(self, share: Decimal) -> Usd {
        Usd::new(self.0 * share)
    }

    /// This amount as a fraction of `whole`; `None` where the whole is zero.
    pub fn fraction_of(self, whole: Usd) -> Option<Decimal> {
        quotient(self.0, whole.0)
    }

    /// Splits the amount in proportion to `weights`, without losing the last fraction of a cent: each part is rounded to
    /// the scale of a charge and the remainder goes to the largest weight (the first of them where several are equal).
    ///
    /// With no weight above zero everything goes to the first part. The parts always add up to `self`.
    pub fn split(self, weights: &[Decimal]) -> Vec<Usd> {
        let whole: Decimal = weights.iter().sum();
        let mut parts: Vec<Usd> = weights.iter().map(|w| quotient(*w, whole).map_or(Usd::ZERO, |q| self.share(q))).collect();
        let remainder = self - parts.iter().copied().sum();
        if let Some(largest) = largest(weights) {
            parts[largest] += remainder;
        }
        parts
    }
}

/// The index of the largest weight, the first of several equal ones; `None` for no weights.
pub fn largest(weights: &[Decimal]) -> Option<usize> {
    let mut best = None;
    for (i, w) in weights.iter().enumerate() {
        if best.is_none_or(|(_, b)| *w > b) {
            best = Some((i, *w));
        }
    }
    best.map(|(i, _)| i)
}

/// The one place where a division is taken: to [`QUOTIENT_PLACES`] decimal places, half to even. `None` for a divisor of zero.
pub fn quotient(dividend: Decimal, divisor: Decimal) -> Option<Decimal> {
    dividend.checked_div(divisor).map(|q| q.round_dp_with_strategy(QUOTIENT_PLACES, RoundingStrategy::MidpointNearestEven))
}

/// A price per billed unit, in US dollars, with as many places as the price list writes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitPrice(Decimal);

impl UnitPrice {
    /// A price per unit.
    pub fn new(price: Decimal) -> UnitPrice {
        UnitPrice(price)
    }

    /// The exact price.
    pub fn decimal(self) -> Decimal {
        self.0
    }

    /// quantity × price, at the scale of a charge.
    pub fn times(self, quantity: Decimal) -> Usd {
        Usd::new(self.0 * quantity)
    }
}

impl fmt::Display for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.normalize())
    }
}

impl fmt::Debug for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} USD per unit")
    }
}

impl Serialize for UnitPrice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.normalize())
    }
}

impl fmt::Debug for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} USD")
    }
}

/// As a string holding the exact decimal: JSON numbers are read as doubles by many programs.
impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// From such a string; more digits than are exact are an error.
impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Usd, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Decimal::from_str_exact(&text).map(Usd::new).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Usd {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Usd".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^-?\d+(\.\d{1,10})?$", "description": "US dollars, an exact decimal" })
    }
}

impl Add for Usd {
    type Output = Usd;
    fn add(self, other: Usd) -> Usd {
        Usd(self.0 + other.0)
    }
}

impl Sub for Usd {
    type Output = Usd;
    fn sub(self, other: Usd) -> Usd {
        Usd(self.0 - other.0)
    }
}

impl Neg for Usd {
    type Output = Usd;
    fn neg(self) -> Usd {
        Usd(-self.0)
    }
}

impl AddAssign for Usd {
    fn add_assign(&mut self, other: Usd) {
        self.0 += other.0;
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Usd>>(iter: I) -> Usd {
        iter.fold(Usd::ZERO, Add::add)
    }
}

/// Whole dollars with thousands separated: how people get amounts in overviews.
pub fn dollars(amount: Usd) -> String {
    rounded(amount, 0)
}

/// Dollars and cents.
pub fn cents(amount: Usd) -> String {
    let text = rounded(amount, 2);
    match text.split_once('.') {
        None => format!("{text}.00"),
        Some((_, fraction)) if fraction.len() == 1 => format!("{text}0"),
        Some(_) => text,
    }
}

fn rounded(amount: Usd, places: u32) -> String {
    crate::quantity::grouped(amount.decimal().round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven))
}

/// A difference with its sign: "+39", "-5", "±0".
pub fn signed(amount: Usd) -> String {
    let text = dollars(amount.abs());
    match (text.as_str(), amount.decimal().is_sign_negative()) {
        ("0", _) => "±0".into(),
        (_, true) => format!("-{text}"),
        (_, false) => format!("+{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().expect("a decimal")
    }

    #[test]
    fn a_third_each_gives_the_last_fraction_to_the_first_of_equals() {
        let parts = Usd::new(d("100")).split(&[d("1"), d("1"), d("1")]);
        assert_eq!(parts, [Usd::new(d("33.3333333334")), Usd::new(d("33.3333333333")), Usd::new(d("33.3333333333"))]);
    }

    #[test]
    fn a_split_over_nothing_keeps_the_amount() {
        assert_eq!(Usd::new(d("5")).split(&[d("0"), d("0")]), [Usd::new(d("5")), Usd::ZERO]);
    }

    #[test]
    fn halves_round_to_even_at_ten_places() {
        assert_eq!(Usd::new(d("0.00000000005")), Usd::ZERO);
        assert_eq!(Usd::new(d("0.00000000015")), Usd::new(d("0.0000000002")));
    }

    #[test]
    fn quotients_end_at_twelve_places() {
        assert_eq!(quotient(d("1"), d("3")), Some(d("0.333333333333")));
        assert_eq!(quotient(d("1"), d("0")), None);
    }

    #[test]
    fn overviews_have_no_cents_and_differences_a_sign() {
        let usd = |text: &str| Usd::new(d(text));
        assert_eq!(dollars(usd("1234567.5")), "1,234,568");
        assert_eq!(signed(usd("-5.4")), "-5");
        assert_eq!(signed(usd("0.4")), "±0");
        assert_eq!(signed(usd("39")), "+39");
        assert_eq!(cents(usd("6702.1")), "6,702.10");
        assert_eq!(cents(usd("12")), "12.00");
    }
}
