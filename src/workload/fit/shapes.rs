//! The shapes of day and week in what was measured, and what each month would be without them.
//!
//! The model is requests = month × weekday × hour. Each factor in turn is set so that the sums of what is measured and of the
//! model agree over everything that shares it, until nothing moves: iterative proportional fitting, which is also the maximum
//! likelihood of Poisson counts (Y. Bishop, S. Fienberg, P. Holland, "Discrete Multivariate Analysis", 1975, chapter 3). Gaps
//! and the mix of weekdays in a month do no harm: the model is summed over what was measured only.
#![allow(clippy::float_arithmetic, reason = "demand is no money")]

use std::collections::BTreeMap;

use chrono::{Datelike, Timelike};

use super::super::measured::Series;
use crate::month::Month;

/// Weekday and hour: 7 × 24.
const CELLS: usize = 168;
/// Rounds after which nothing moves any more in any data that has all hours and days.
const MOST_ROUNDS: usize = 200;

/// What was measured, summed over the cells of a month.
pub(super) struct Cells {
    /// Sum of requests per second, and how many intervals.
    months: BTreeMap<Month, [(f64, f64); CELLS]>,
}

/// The factors. Day and week have mean 1.
pub(super) struct Shapes {
    /// Requests per second of each month in an average week.
    pub months: BTreeMap<Month, f64>,
    /// From Monday on; `None` where no such day was measured.
    pub week: [Option<f64>; 7],
    /// Mean of each hour UTC; `None` where no such hour was measured.
    pub day: [Option<f64>; 24],
}

impl Cells {
    pub(super) fn of(series: &Series, total: &[Option<f64>]) -> Cells {
        let mut months: BTreeMap<Month, [(f64, f64); CELLS]> = BTreeMap::new();
        for (index, value) in total.iter().enumerate() {
            let Some(value) = value else { continue };
            let time = series.time(index);
            let cell = time.weekday().num_days_from_monday() as usize * 24 + time.hour() as usize;
            let cells = months.entry(Month::of(time.date())).or_insert([(0.0, 0.0); CELLS]);
            if let Some((sum, count)) = cells.get_mut(cell) {
                *sum += value;
                *count += 1.0;
            }
        }
        Cells { months }
    }

    /// How many intervals of a month were measured.
    pub(super) fn measured(&self, month: Month) -> f64 {
        self.months.get(&month).map_or(0.0, |cells| cells.iter().map(|(_, count)| count).sum())
    }

    pub(super) fn shapes(&self) -> Shapes {
        let mut months: Vec<f64> = vec![1.0; self.months.len()];
        let (mut week, mut day) = ([1.0; 7], [1.0; 24]);
        for _ in 0..MOST_ROUNDS {
            let before = (week, day);
            months =
                self.ratios(months.len(), |m, _| m, |_, c| week[c / 24] * day[c % 24]).into_iter().map(Option::unwrap_or_default).collect();
            week = level(self.ratios(7, |_, c| c / 24, |m, c| at(&months, m) * day[c % 24]));
            day = level(self.ratios(24, |_, c| c % 24, |m, c| at(&months, m) * week[c / 24]));
            let moved = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            if moved(&before.0, &week).max(moved(&before.1, &day)) < 1e-13 {
                break;
            }
        }
        let known = |values: &[f64], seen: Vec<Option<f64>>| -> Vec<Option<f64>> {
            values.iter().zip(seen).map(|(value, seen)| seen.map(|_| *value)).collect()
        };
        let week_seen = known(&week, self.ratios(7, |_, c| c / 24, |_, _| 1.0));
        let day_seen = known(&day, self.ratios(24, |_, c| c % 24, |_, _| 1.0));
        Shapes {
            months: self.months.keys().copied().zip(months).collect(),
            week: std::array::from_fn(|i| week_seen.get(i).copied().flatten()),
            day: std::array::from_fn(|i| day_seen.get(i).copied().flatten()),
        }
    }

    /// What was measured over what the model says, summed over everything with the same `key`; `None` where nothing was
    /// measured.
    fn ratios(&self, len: usize, key: impl Fn(usize, usize) -> usize, model: impl Fn(usize, usize) -> f64) -> Vec<Option<f64>> {
        let mut sums = vec![(0.0, 0.0, 0.0); len];
        for (month, cells) in self.months.values().enumerate() {
            for (cell, (sum, count)) in cells.iter().enumerate() {
                if let Some((measured, expected, intervals)) = sums.get_mut(key(month, cell)) {
                    *measured += sum;
                    *expected += count * model(month, cell);
                    *intervals += count;
                }
            }
        }
        let ratio = |(measured, expected, intervals): (f64, f64, f64)| {
            (intervals > 0.0).then_some(if expected > 0.0 { measured / expected } else { 0.0 })
        };
        sums.into_iter().map(ratio).collect()
    }
}

fn at(values: &[f64], index: usize) -> f64 {
    values.get(index).copied().unwrap_or(0.0)
}

/// Values with mean 1. What was not measured counts as average.
fn level<const N: usize>(values: Vec<Option<f64>>) -> [f64; N] {
    let known = values.iter().flatten().count().max(1) as f64;
    let mean = values.iter().flatten().sum::<f64>() / known;
    std::array::from_fn(|i| match values.get(i).copied().flatten() {
        Some(value) if mean > 0.0 => value / mean,
        _ => 1.0,
    })
}

/// The 24 values whose lines between the hours have these hourly means: the inverse of (before + 6 × own + after) ÷ 8. What
/// each round leaves over shrinks at least by half.
pub(super) fn behind_hourly_means(means: &[f64; 24]) -> [f64; 24] {
    let mut values = *means;
    for _ in 0..60 {
        let from = values;
        values = std::array::from_fn(|h| from[h] + means[h] - (from[(h + 23) % 24] + 6.0 * from[h] + from[(h + 1) % 24]) / 8.0);
    }
    // A steep edge can ask for less than nothing.
    let values = values.map(|v| v.max(0.0));
    let mean = values.iter().sum::<f64>() / 24.0;
    if mean > 0.0 { values.map(|v| v / mean) } else { [1.0; 24] }
}

#[cfg(test)]
mod tests {
    use super::super::super::demand::mean;
    use super::super::super::shape::between_hours;
    use super::*;

    #[test]
    fn lines_between_the_values_found_have_the_means_that_were_measured() {
        let raw: Vec<f64> = (0..24).map(|h| 2.0 + (f64::from(h) * 0.7).sin()).collect();
        let means: [f64; 24] = std::array::from_fn(|h| raw[h] / mean(&raw));
        let minutes = between_hours(&behind_hourly_means(&means));
        for (hour, expected) in means.iter().enumerate() {
            assert!((mean(&minutes[hour * 60..hour * 60 + 60]) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn a_day_without_any_demand_stays_a_day() {
        assert_eq!(behind_hourly_means(&[0.0; 24]), [1.0; 24]);
    }
}
