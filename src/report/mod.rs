//! What is shown, and how: views give tables of typed cells, writers turn a table into text. Rounding happens here only.

pub mod csv;
pub mod markdown;
pub mod table;
pub mod terminal;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::money::Usd;
use crate::quantity::grouped;

/// An exact decimal as text, without trailing zeros: how machines get every number.
pub fn exact(value: Decimal) -> String {
    value.normalize().to_string()
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
    grouped(amount.decimal().round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven))
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

/// A fraction as whole per cent.
pub fn per_cent(fraction: Decimal) -> String {
    format!("{}%", grouped((fraction * Decimal::ONE_HUNDRED).round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven)))
}

/// A large number in three digits and a word: "6.5 B", "22,000", "381".
pub fn about(value: Decimal) -> String {
    let scaled = |unit: u64, word: &str| format!("{} {word}", grouped(three_digits(value / Decimal::from(unit))));
    match value.abs() {
        v if v >= Decimal::from(1_000_000_000u64) => scaled(1_000_000_000, "B"),
        v if v >= Decimal::from(1_000_000u64) => scaled(1_000_000, "M"),
        _ => grouped(three_digits(value)),
    }
}

/// Three significant digits for numbers below 1,000, whole numbers above.
fn three_digits(value: Decimal) -> Decimal {
    let places = match value.abs() {
        v if v >= Decimal::ONE_HUNDRED => 0,
        v if v >= Decimal::TEN => 1,
        v if v >= Decimal::ONE => 2,
        _ => 4,
    };
    value.round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven)
}

/// Gigabytes in the unit that reads best: "381 GB", "22 TB".
pub fn bytes(gb: Decimal) -> String {
    if gb >= Decimal::from(1_024) { format!("{} TB", about(gb / Decimal::from(1_024))) } else { format!("{} GB", about(gb)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Usd {
        Usd::new(text.parse().expect("a decimal"))
    }

    #[test]
    fn overviews_have_no_cents_and_differences_a_sign() {
        assert_eq!(dollars(usd("1234567.5")), "1,234,568");
        assert_eq!(signed(usd("-5.4")), "-5");
        assert_eq!(signed(usd("0.4")), "±0");
        assert_eq!(signed(usd("39")), "+39");
        assert_eq!(cents(usd("6702.1")), "6,702.10");
        assert_eq!(cents(usd("12")), "12.00");
    }

    #[test]
    fn large_numbers_keep_three_digits() {
        assert_eq!(about("6502000000".parse().expect("a decimal")), "6.5 B");
        assert_eq!(bytes("22945".parse().expect("a decimal")), "22.4 TB");
        assert_eq!(bytes("381.1".parse().expect("a decimal")), "381 GB");
    }
}
