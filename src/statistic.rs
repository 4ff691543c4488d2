//! The door between exact numbers and floats. Draws, quantiles and simulations are floats; money and quantities are decimals;
//! each crosses here and nowhere else.
#![allow(clippy::float_arithmetic, reason = "statistics are computed in floats")]

use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::money::{QUOTIENT_PLACES, Usd};
use crate::quantity::LARGEST;

/// An exact number as a float, to draw or simulate with.
pub fn float(exact: Decimal) -> f64 {
    exact.to_f64().unwrap_or(f64::NAN)
}

/// A statistic of dollars (a quantile, a mean) as money, to the cent: nothing finer is known of it. `None` for what is no number.
pub fn usd(statistic: f64) -> Option<Usd> {
    decimal(statistic, 2).map(Usd::new)
}

/// A simulated quantity (task-hours, requests) as a decimal, to the places of a quotient. `None` for what is no number or too large.
pub fn quantity(simulated: f64) -> Option<Decimal> {
    decimal(simulated, QUOTIENT_PLACES)
}

/// A share or probability with four places. `None` for what is no number.
pub fn share(statistic: f64) -> Option<Decimal> {
    decimal(statistic, 4)
}

fn decimal(float: f64, places: u32) -> Option<Decimal> {
    let exact = Decimal::from_f64(float).filter(|d| d.abs() <= LARGEST)?;
    Some(exact.round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven).normalize())
}

/// The value below which a part of the sorted `values` lies, between neighbours in proportion (Hyndman and Fan, "Sample
/// quantiles in statistical packages", definition 7). `None` without values.
pub fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = part.clamp(0.0, 1.0) * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    Some(sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_does_not_become_money() {
        assert_eq!(usd(f64::NAN), None);
        assert_eq!(usd(f64::INFINITY), None);
        assert_eq!(usd(1e30), None);
        assert_eq!(usd(12.345_678).map(|u| u.to_string()), Some("12.35".into()));
    }

    #[test]
    fn a_quantile_lies_between_its_neighbours() {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0];
        assert_eq!(quantile(&values, 0.5), Some(3.0));
        assert_eq!(quantile(&values, 0.1), Some(1.4));
        assert_eq!(quantile(&values, 1.0), Some(5.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
