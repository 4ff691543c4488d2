//! Series with known parameters, and what is found again in them.

use std::collections::BTreeMap;

use chrono::{NaiveTime, TimeDelta};
use proptest::prelude::*;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::super::Step;
use super::super::tests::{month, near, parse, workload};
use super::*;

const TRUTH: &str = "workload:
  since: 2026-12
  requests: {level: 118/s, routes: {core: 60%, auth: 25%, agent: 15%}}
  growth: 2%/month
  day: [0.4, 0.3, 0.3, 0.3, 0.3, 0.4, 0.6, 0.8, 1.1, 1.3, 1.5, 1.6, 1.6, 1.7, 1.7, 1.8, 1.7, 1.5, 1.3, 1.1, 1.0, 0.8, 0.6, 0.5]
  week: {mon: 1.1, sat: 0.6, sun: 0.5}
  noise: {spread: 15%, correlation: 20 min}
  drift: {spread: 4%}";

/// Months of demand with noise and drift, measured in intervals of so many minutes.
fn measured(text: &str, first: &str, months: u32, step_minutes: u32, seed: u64) -> Series {
    let workload = workload(text);
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut noise = workload.noise.as_ref().map(|n| n.at(Step::Minute));
    let mut routes: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
    for index in 0..months {
        let drift = workload.drift.as_ref().map_or(1.0, |d| d.factor(StandardNormal.sample(&mut generator)));
        let mut demand = workload.month(month(first).plus(index), Step::Minute).times(drift);
        if let Some(noise) = &mut noise {
            demand = demand.with_noise(noise, &mut generator);
        }
        for route in demand.routes {
            let averages = route.rates.chunks(step_minutes as usize).map(|c| Some(mean(c)));
            routes.entry(route.name).or_default().extend(averages);
        }
    }
    Series { start: month(first).first_day().and_time(NaiveTime::MIN), step_minutes, routes, notes: Vec::new() }
}

/// The value that a standard error with so many degrees of freedom exceeds once in a thousand times, on either side.
fn once_in_a_thousand(degrees: usize) -> f64 {
    Prediction { location: 0.0, scale: 1.0, degrees }.quantile(0.9995)
}

#[test]
fn a_year_of_minutes_gives_back_what_it_was_made_of() {
    let truth = workload(TRUTH);
    for seed in [1, 2] {
        let fitted = fit(&measured(TRUTH, "2026-12", 12, 1, seed)).expect("a fit");
        assert_eq!((fitted.months, fitted.since), (12, month("2027-05")));
        let wide = once_in_a_thousand(10);
        let growth = (fitted.growth.ln_1p() - 1.02f64.ln()).abs();
        assert!(growth < wide * fitted.growth_se.expect("an error"), "{growth}");
        let level = (fitted.level.ln() - (118.0 * 1.02f64.powi(5)).ln()).abs();
        assert!(level < wide * fitted.level_se.expect("an error"), "{level}");
        // Residuals of twelve months: their squares over 4%² are distributed as χ² with 10 degrees of freedom.
        let squares = (fitted.drift.expect("drift") / 0.04).powi(2) * 10.0;
        let chi = ChiSquared::new(10.0).expect("a distribution");
        assert!((chi.inverse_cdf(0.0005)..chi.inverse_cdf(0.9995)).contains(&squares), "{squares}");
        // A weekday's mean over a day has a variance of 15%² × 2 × 20 ÷ 1,440, over 52 days a standard error of 0.35%.
        let week = truth.week.as_ref().expect("a week").days();
        assert!(fitted.week.iter().zip(week).all(|(found, truth)| (found / truth - 1.0).abs() < 4.0 * 0.0035), "{:?}", fitted.week);
        // An hour's mean has a variance of 15%² × 0.455 (T = 3), over 365 days a standard error of 0.53%; finding the values
        // behind hourly means doubles it at most, and where a neighbour is 1.5 times as large, its error counts for more.
        let day = truth.day.as_ref().expect("a day").minutes();
        let values: [f64; 24] = std::array::from_fn(|h| (day[h * 60 + 29] + day[h * 60 + 30]) / 2.0);
        assert!(fitted.day.iter().zip(values).all(|(found, truth)| (found / truth - 1.0).abs() < 4.0 * 2.0 * 0.0053), "{:?}", fitted.day);
        assert!(fitted.routes.iter().zip([("agent", 0.15), ("auth", 0.25), ("core", 0.6)]).all(|(a, b)| a.0 == b.0 && near(a.1, b.1)));
        // Standard errors of σ and of the correlation φ of neighbours over n = 525,600 minutes: σ·√(τ/2n) = 0.44%,
        // √((1 − φ²)/n) = 0.00043, which moves the memory by 0.00043 × 20 = 0.9%.
        let noise = fitted.noise.expect("noise");
        assert!((noise.spread / 0.15 - 1.0).abs() < 4.0 * 0.0044, "{noise:?}");
        assert!((noise.correlation / 1_200.0 - 1.0).abs() < 4.0 * 0.009, "{noise:?}");
    }
}

#[test]
fn hours_and_five_minutes_tell_of_the_same_noise() {
    for (step, tolerance) in [(5, 0.06), (60, 0.16)] {
        let noise = fit(&measured(TRUTH, "2026-12", 12, step, 3)).expect("a fit").noise.expect("noise");
        // By hours φ = 0.22 with a standard error of 1/√8,760 = 0.011; near T = 3 that moves T by 3 to 4%, four times 16%.
        assert!((noise.correlation / 1_200.0 - 1.0).abs() < tolerance, "{step}: {noise:?}");
        assert!((noise.spread / 0.15 - 1.0).abs() < tolerance, "{step}: {noise:?}");
    }
}

#[test]
fn gaps_do_no_harm() {
    let whole = measured(TRUTH, "2026-12", 6, 60, 4);
    let mut gaps = whole.clone();
    // Every Sunday of even weeks is missing in one route: 7% of the time, all of it cheap.
    for index in 0..gaps.len() {
        let time = gaps.time(index);
        if time.weekday() == chrono::Weekday::Sun && (time.date() - gaps.start.date()).num_days() / 7 % 2 == 0 {
            gaps.routes.get_mut("core").expect("core")[index] = None;
        }
    }
    let (whole, gaps) = (fit(&whole).expect("a fit"), fit(&gaps).expect("a fit"));
    assert_eq!(gaps.months, 6);
    // Half of the Sundays are gone: their noise, 2.5% over four days, is all that can change a month, by a share of it.
    assert!((gaps.level / whole.level - 1.0).abs() < 0.005, "{} {}", gaps.level, whole.level);
    assert!((gaps.growth - whole.growth).abs() < 0.002);
    assert!(gaps.week.iter().zip(whole.week).all(|(a, b)| (a / b - 1.0).abs() < 0.02));
}

#[test]
fn without_noise_everything_is_exact() {
    let text = "workload:
  since: 2026-12
  requests: {level: 10 M requests/day}
  growth: -3%/month
  day: {peak: \"15:00\", low: \"04:00\", ratio: 3}
  week: {sun: 0.5}";
    let fitted = fit(&measured(text, "2026-12", 5, 60, 0)).expect("a fit");
    assert!((fitted.growth + 0.03).abs() < 1e-9, "{}", fitted.growth);
    assert!((fitted.level / (1e7 / 86_400.0 * 0.97f64.powi(2)) - 1.0).abs() < 1e-9);
    assert!((fitted.week[6] / fitted.week[0] - 0.5).abs() < 1e-9);
    assert_eq!(fitted.noise, None);
    assert_eq!(fitted.routes, [("all".to_owned(), 1.0)]);
}

#[test]
fn two_months_show_no_growth() {
    let fitted = fit(&measured(TRUTH, "2026-12", 2, 60, 5)).expect("a fit");
    assert_eq!((fitted.months, fitted.growth, fitted.growth_se, fitted.drift), (2, 0.0, None, None));
    assert!(fitted.predict(month("2027-03")).is_none());
    assert_eq!(fitted.notes, ["2 whole months show no growth and no drift: at least 3 are needed"]);
    // Mean of December and January, at 4% drift each: (118 + 118 × 1.02) ÷ 2.
    assert!((fitted.level / 119.18 - 1.0).abs() < 4.0 * 0.04 / 2.0f64.sqrt());
}

#[test]
fn a_month_that_is_cut_off_shapes_the_day_but_not_the_trend() {
    let mut series = measured(TRUTH, "2026-12", 5, 60, 6);
    for values in series.routes.values_mut() {
        values.truncate(values.len() - 10 * 24);
    }
    let fitted = fit(&series).expect("a fit");
    assert_eq!((fitted.months, fitted.since), (4, month("2027-01")));
}

#[test]
fn nothing_measured_is_no_workload() {
    let start = month("2026-12").first_day().and_time(NaiveTime::MIN);
    let series =
        |values: Vec<Option<f64>>| Series { start, step_minutes: 60, routes: [("all".to_owned(), values)].into(), notes: Vec::new() };
    for values in [vec![], vec![None; 100], vec![Some(0.0); 100]] {
        assert_eq!(fit(&series(values)), Err("no requests were measured".to_owned()));
    }
    let explodes = (0..24 * 120).map(|h| Some(100f64.powf(f64::from(h) / 720.0))).collect();
    assert!(fit(&series(explodes)).expect_err("no trend").contains("that is no trend"));
}

/// The forecast of a later month lies where Student's t says, over fits of whole series.
#[test]
fn later_months_fall_into_the_range_that_was_predicted() {
    let text = "workload: {since: 2026-12, requests: {level: 118/s}, growth: 2%/month, week: {sun: 0.5}, drift: {spread: 4%}}";
    let rounds = 150;
    let covered = (0..rounds).filter(|seed| {
        let series = measured(text, "2026-12", 8, 60, *seed);
        let mut known = series.clone();
        // Six months are known, the eighth is asked for.
        let six = (0..6).map(|m| month("2026-12").plus(m).hours() as usize).sum::<usize>();
        known.routes.values_mut().for_each(|v| v.truncate(six));
        let fitted = fit(&known).expect("a fit");
        let later = month("2027-07");
        let mix = workload(text).mix(later);
        let last: Vec<f64> = series.routes["all"].iter().rev().take(later.hours() as usize).flatten().copied().collect();
        let prediction = fitted.predict(later).expect("a prediction");
        (prediction.quantile(0.1)..prediction.quantile(0.9)).contains(&(mean(&last) / mix).ln())
    });
    // Standard error of a share of 0.8 over 150 rounds: 0.033.
    let share = covered.count() as f64 / rounds as f64;
    assert!((share - 0.8).abs() < 4.0 * 0.033, "{share}");
}

#[test]
fn the_block_it_writes_reads_back_as_what_was_fitted() {
    let fitted = fit(&measured(TRUTH, "2026-12", 6, 60, 8)).expect("a fit");
    let read = workload(&fitted.to_yaml());
    assert_eq!(read.since, Some(fitted.since));
    assert_eq!(read.requests.level.from, crate::scenario::driver::Provenance::Measured);
    // Six digits of the level, three places of the growth in per cent, four of each shape.
    let later = month("2027-10");
    // The level is the mean over drift as it will be drawn, which is wider than it was measured.
    let (trend, drift) = (fitted.trend.expect("a trend"), fitted.drift.expect("drift"));
    let level = (trend.intercept + (drift * trend.widening()).powi(2) / 2.0).exp();
    let expected = level * (1.0 + fitted.growth).powi(fitted.since.until(later));
    let demand = read.month(later, Step::Hour).requests(None) / f64::from(later.hours()) / 3_600.0 / read.mix(later);
    assert!((demand / expected - 1.0).abs() < 1e-4, "{demand} {expected}");
    let day = read.day.expect("a day").minutes();
    assert!(between_hours(&fitted.day).iter().zip(day).all(|(a, b)| (a - b).abs() < 2e-4));
    assert!(read.week.expect("a week").days().iter().zip(fitted.week).all(|(a, b)| (a - b).abs() < 2e-4));
    let noise = read.noise.expect("noise").at(Step::Minute);
    let found = fitted.noise.expect("noise");
    assert!((noise.phi - (-60.0 / found.correlation).exp()).abs() < 1e-5);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever can be measured is fitted or refused, and what is fitted can be read.
    #[test]
    fn no_series_brings_it_down(
        values in prop::collection::vec(prop::option::weighted(0.8, prop_oneof![Just(0.0), 0.0..1e3f64, 0.0..1e13f64]), 0..300),
        repeat in 1usize..12,
        step in prop::sample::select(vec![1u32, 5, 60]),
        offset in 0i64..500,
    ) {
        let start = month("2026-12").first_day().and_time(NaiveTime::MIN) + TimeDelta::hours(offset);
        let values: Vec<Option<f64>> = values.iter().cycle().take(values.len() * repeat).copied().collect();
        let other: Vec<Option<f64>> = values.iter().rev().copied().collect();
        let series = Series { start, step_minutes: step, routes: [("a/b".to_owned(), values), ("c".to_owned(), other)].into(), notes: Vec::new() };
        if let Ok(fitted) = fit(&series) {
            let yaml = fitted.to_yaml();
            let read = parse(&yaml);
            prop_assert!(read.is_ok(), "{yaml}\n{}", read.err().unwrap_or_default());
        }
    }
}
