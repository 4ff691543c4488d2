//! Amounts of files, exact: a decimal of 18 places in 128 bits, made from text or from a double, summed without loss.
//!
//! Doubles end here. AWS writes Parquet from decimals, so a double is taken for the shortest decimal that reads as itself.
#![allow(clippy::float_arithmetic, reason = "one product and one quotient, which prove each other")]

use rust_decimal::Decimal;

/// Decimal places that are kept. AWS's own files carry 10, other writers of FOCUS 15.
const PLACES: i32 = 18;

/// 10^18: one dollar, or one of what is counted.
const ONE: i128 = 10_i128.pow(18);

/// Every amount of one row is below this: 10^15.
const LARGEST: i128 = 10_i128.pow(15) * ONE;

/// Digits that any decimal of that many keeps in a double.
const SURE_DIGITS: f64 = 1e15;

/// An amount in units of 10^-18.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Exact(i128);

/// What became of a number that was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Read {
    /// It is exact.
    Whole(Exact),
    /// It had more than 18 decimal places, and was rounded there, half to even.
    Rounded(Exact),
    /// It is no number, or 10^15 and more.
    Not,
}

impl Exact {
    /// Nothing.
    pub const ZERO: Exact = Exact(0);

    /// Reads "12.5", "-0.0000000001", "9.984E-7".
    pub fn from_text(text: &str) -> Read {
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            None => (text, 0),
            Some(at) => match text[at + 1..].parse::<i32>() {
                Ok(exponent) if exponent.abs() < 1_000 => (&text[..at], exponent),
                _ => return Read::Not,
            },
        };
        let (negative, digits) = match mantissa.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            all => (false, all),
        };
        match magnitude(digits, exponent) {
            Read::Whole(Exact(n)) if negative => Read::Whole(Exact(-n)),
            Read::Rounded(Exact(n)) if negative => Read::Rounded(Exact(-n)),
            other => other,
        }
    }

    /// The shortest decimal that reads as `value`.
    pub fn from_double(value: f64) -> Read {
        // Ten places and fifteen digits: the quotient is rounded correctly, so where it gives `value` back, the decimal is found;
        // and no other of so few digits gives it. Whether the whole number was rounded well, the quotient proves as well.
        let scaled = value * 1e10;
        #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a whole number below 10^15, proved below")]
        let (whole, back) = {
            let whole = (scaled + 0.5_f64.copysign(scaled)) as i64;
            (whole, whole as f64 / 1e10)
        };
        if scaled.abs() < SURE_DIGITS && back == value {
            return Read::Whole(Exact(i128::from(whole) * 100_000_000));
        }
        if value.is_finite() { Exact::from_text(&format!("{value:e}")) } else { Read::Not }
    }

    /// A decimal of at most 18 places; `None` for others, and beyond 10^15.
    pub fn from_decimal(value: Decimal) -> Option<Exact> {
        let factor = 10_i128.checked_pow(18_u32.checked_sub(value.scale())?)?;
        value.mantissa().checked_mul(factor).filter(|n| n.abs() < LARGEST).map(Exact)
    }

    /// The sum; `None` beyond what 128 bits hold, which takes more than 10^5 rows of the largest amount.
    pub fn plus(self, other: Exact) -> Option<Exact> {
        self.0.checked_add(other.0).map(Exact)
    }

    /// The difference; `None` as in [`Exact::plus`].
    pub fn minus(self, other: Exact) -> Option<Exact> {
        self.0.checked_sub(other.0).map(Exact)
    }

    /// With the other sign.
    pub fn negated(self) -> Exact {
        Exact(self.0.saturating_neg())
    }

    /// True for nothing.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// As a decimal of the fewest places; `None` where its 28 digits do not hold it.
    pub fn decimal(self) -> Option<Decimal> {
        let (mut n, mut places) = (self.0, 18_u32);
        while places > 0 && n % 10 == 0 {
            n /= 10;
            places -= 1;
        }
        Decimal::try_from_i128_with_scale(n, places).ok()
    }
}

/// `digits` (with at most one point) × 10^`exponent`, without a sign.
fn magnitude(digits: &[u8], exponent: i32) -> Read {
    let (mut n, mut places, mut point, mut any) = (0_i128, 0_i32, false, false);
    // What no longer fits is only compared with one half: the first digit left out, and whether anything follows it.
    let (mut cut, mut first_cut, mut more) = (0_i32, 0_u8, false);
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                any = true;
                places += i32::from(point);
                if n < ONE * ONE / 10 {
                    n = n * 10 + i128::from(byte - b'0');
                } else {
                    more |= cut > 0 && *byte != b'0';
                    first_cut = if cut == 0 { byte - b'0' } else { first_cut };
                    cut += 1;
                }
            }
            b'.' if !point => point = true,
            _ => return Read::Not,
        }
    }
    if !any {
        return Read::Not;
    }
    shifted(n, PLACES - places + cut + exponent, first_cut, more)
}

/// `n` × 10^`shift`, rounded half to even where digits are lost: those of `n` itself, then `first_cut`, then `more`.
fn shifted(n: i128, shift: i32, first_cut: u8, more: bool) -> Read {
    let lost_before = first_cut != 0 || more;
    if n == 0 && !lost_before {
        return Read::Whole(Exact::ZERO);
    }
    if shift >= 0 {
        let factor = u32::try_from(shift).ok().and_then(|s| 10_i128.checked_pow(s));
        return match factor.and_then(|f| n.checked_mul(f)) {
            // Digits are cut only from a number that is already too large here.
            Some(value) if value < LARGEST && !lost_before => Read::Whole(Exact(value)),
            _ => Read::Not,
        };
    }
    let Some(divisor) = u32::try_from(-shift).ok().and_then(|s| 10_i128.checked_pow(s)) else {
        return Read::Rounded(Exact::ZERO);
    };
    let (value, rest) = (n / divisor, n % divisor);
    let half = (rest * 2).cmp(&divisor).then(if lost_before { std::cmp::Ordering::Greater } else { std::cmp::Ordering::Equal });
    let up = half.is_gt() || (half.is_eq() && value % 2 == 1);
    match value + i128::from(up) {
        value if value >= LARGEST => Read::Not,
        value if rest == 0 && !lost_before => Read::Whole(Exact(value)),
        value => Read::Rounded(Exact(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(t: &str) -> Option<String> {
        match Exact::from_text(t) {
            Read::Whole(n) => n.decimal().map(|d| d.to_string()),
            Read::Rounded(n) => n.decimal().map(|d| format!("about {d}")),
            Read::Not => None,
        }
    }

    #[test]
    fn numbers_are_read_to_the_last_place() {
        for (from, to) in [
            ("12.50", "12.5"),
            ("-0.0000000001", "-0.0000000001"),
            ("9.984E-7", "0.0000009984"),
            ("+3e2", "300"),
            (".5", "0.5"),
            ("7.", "7"),
            ("0.123456789012345678", "0.123456789012345678"),
            ("2.0000000000000000000000000000000000000000000000", "2"),
            ("0", "0"),
            ("0e999", "0"),
            ("999999999999999.25", "999999999999999.25"),
            ("0.0000000000000000005", "about 0"),
            ("0.0000000000000000015", "about 0.000000000000000002"),
            ("0.00000000000000000250000000000000000000000000001", "about 0.000000000000000003"),
            ("1e-900", "about 0"),
        ] {
            assert_eq!(text(from).as_deref(), Some(to), "{from}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for no in [
            "",
            "-",
            ".",
            "abc",
            "1,5",
            "1.2.3",
            "NaN",
            "inf",
            "1e",
            "1e5000",
            "1e15",
            "--1",
            "1_000",
            " 1",
            "0x10",
            "9".repeat(60).as_str(),
        ] {
            assert_eq!(text(no), None, "{no}");
        }
    }

    #[test]
    fn a_double_is_the_shortest_decimal_that_reads_as_it() {
        for n in [
            "0.1",
            "0.6476800000",
            "-4.1234567891",
            "31.4159265358",
            "99999.9999999999",
            "123456789.1234567",
            "8.3e-9",
            "0.000012345678901",
        ] {
            let double: f64 = n.parse().expect("a number");
            assert_eq!(Exact::from_double(double), Exact::from_text(n), "{n}");
        }
        assert_eq!(Exact::from_double(-0.0), Read::Whole(Exact::ZERO));
        for no in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e15, f64::MAX] {
            assert_eq!(Exact::from_double(no), Read::Not, "{no}");
        }
        assert!(matches!(Exact::from_double(f64::MIN_POSITIVE), Read::Rounded(Exact(0))));
    }

    proptest::proptest! {
        /// Every amount that AWS can write comes back from a double as it went in.
        #[test]
        fn ten_places_survive_a_double(n in -999_999_999_999_999_i64..=999_999_999_999_999) {
            let written = Decimal::from_i128_with_scale(i128::from(n), 10).to_string();
            let double: f64 = written.parse().expect("a number");
            proptest::prop_assert_eq!(Exact::from_double(double), Exact::from_text(&written));
            proptest::prop_assert_eq!(Exact::from_text(&format!("{double:e}")), Exact::from_text(&written));
        }
    }
}
