//! What is drawn: how demand of a month differs from the last one's, and how a month spreads over its days. Draws are floats; they
//! become exact here and nowhere else.
#![allow(clippy::float_arithmetic, reason = "draws are floats")]

use rand_distr::{Distribution, StandardNormal};
use rust_decimal::Decimal;

use crate::forecast::draw::{purpose, stream};
use crate::month::{Month, Weekday};
use crate::statistic::share;

/// Growth from month to month beside the scenario's own.
const GROWTH: f64 = 0.012;
/// Standard deviation of the logarithm from month to month.
const MONTHS: f64 = 0.02;
/// The same from day to day.
const DAYS: f64 = 0.04;

fn normal(seed: u64, month: Month, name: &str, index: usize) -> f64 {
    StandardNormal.sample(&mut stream(seed, index as u64, purpose(&format!("{month} {name}"))))
}

/// Demand of a month as a part of what the scenario makes of it; `back` months before the last closed one.
pub fn level(seed: u64, environment: &str, month: Month, back: i32) -> Decimal {
    let drawn = (1.0 + GROWTH).powi(-back) * (MONTHS * normal(seed, month, environment, 0)).exp();
    share(drawn).unwrap_or(Decimal::ONE)
}

/// How much of a month falls on each of its days: less at the weekend, and no day like another.
pub fn weights(seed: u64, name: &str, month: Month) -> Vec<Decimal> {
    let weekday = |day| match Weekday::of(day) {
        Weekday::Sat => 0.62,
        Weekday::Sun => 0.55,
        Weekday::Mon => 1.04,
        _ => 1.0,
    };
    let of_day = |(i, day)| share(weekday(day) * (DAYS * normal(seed, month, name, i + 1)).exp()).unwrap_or(Decimal::ONE);
    month.days().enumerate().map(of_day).collect()
}
