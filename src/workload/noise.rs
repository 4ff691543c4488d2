//! Noise and drift: by how much demand differs from what is likely, from step to step and from month to month.
//!
//! The logarithm of the noise is an Ornstein–Uhlenbeck process x: normal, with standard deviation σ and autocovariance
//! σ²·exp(−|s|/τ) at a distance of s (D. T. Gillespie, "Exact numerical simulation of the Ornstein–Uhlenbeck process and its
//! integral", Phys. Rev. E 54, 1996). Demand is multiplied by exp(x − σ²/2), which has mean 1. One noise acts on all routes.
//!
//! Not here: where random numbers come from. Every function takes what was drawn, or the generator.
#![allow(clippy::float_arithmetic, reason = "demand is no money")]

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use super::demand::{Demand, Step};
use super::{Drift, Noise};
use crate::statistic::float;

/// Noise step after step: an autoregressive process of order one in the logarithm.
#[derive(Clone, PartialEq, Debug)]
pub struct Ar1 {
    /// How much of the logarithm remains after a step.
    pub phi: f64,
    /// Standard deviation of what each step adds to the logarithm.
    pub sd: f64,
    /// What is taken off the logarithm, so that the factor has mean 1: half its variance.
    pub mean_correction: f64,
    /// The logarithm after the last step; `None` before the first.
    log: Option<f64>,
}

impl Ar1 {
    /// A process whose logarithm has a standard deviation of `spread` at all times and a correlation of `phi` between two
    /// steps: each step adds σ·√(1 − φ²).
    pub fn new(spread: f64, phi: f64) -> Ar1 {
        Ar1 { phi, sd: spread * (1.0 - phi * phi).max(0.0).sqrt(), mean_correction: spread * spread / 2.0, log: None }
    }

    /// The factor of the next step. `z` is drawn from the standard normal distribution. The first one is drawn as if the
    /// process had always run.
    pub fn next(&mut self, z: f64) -> f64 {
        let log = match self.log {
            Some(log) => self.phi * log + self.sd * z,
            None => (2.0 * self.mean_correction).sqrt() * z,
        };
        self.log = Some(log);
        (log - self.mean_correction).exp()
    }
}

impl Noise {
    /// The process at a step. By minutes it is the exact discretisation, φ = exp(−Δ/τ). By hours it is that of the hour's
    /// average, with its variance and its correlation between neighbours (see [`averaged`]); that an average of this kind
    /// remembers a little beyond its neighbour is left out, and so is that the mean of a lognormal is not quite the
    /// lognormal of the mean (of the order of σ² of the spread).
    pub fn at(&self, step: Step) -> Ar1 {
        let spread = float(self.spread.value.0);
        let lengths = step.seconds() / float(self.correlation.value.0);
        match step {
            Step::Minute => Ar1::new(spread, (-lengths).exp()),
            Step::Hour => {
                let average = averaged(lengths);
                Ar1::new(spread * average.variance.sqrt(), average.correlation)
            }
        }
    }
}

impl Drift {
    /// The factor of a month. `z` is drawn from the standard normal distribution, for each month anew.
    pub fn factor(&self, z: f64) -> f64 {
        let spread = float(self.spread.value.0);
        (spread * z - spread * spread / 2.0).exp()
    }
}

impl Demand {
    /// The same demand with noise, one factor for each step on all routes. The process goes on where it was: handed on from
    /// month to month it does not start anew.
    pub fn with_noise(mut self, noise: &mut Ar1, generator: &mut impl Rng) -> Demand {
        let steps = self.routes.first().map_or(0, |r| r.rates.len());
        for i in 0..steps {
            let factor = noise.next(StandardNormal.sample(generator));
            self.routes.iter_mut().filter_map(|r| r.rates.get_mut(i)).for_each(|rate| *rate *= factor);
        }
        self
    }

    /// The same demand multiplied at all times.
    pub fn times(mut self, factor: f64) -> Demand {
        self.routes.iter_mut().flat_map(|r| &mut r.rates).for_each(|rate| *rate *= factor);
        self
    }
}

/// What averaging leaves of an Ornstein–Uhlenbeck process.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Averaged {
    /// Variance of the average as a share of the variance of the process.
    pub variance: f64,
    /// Correlation between the averages of two neighbouring spans.
    pub correlation: f64,
}

/// The averages over neighbouring spans of Δ, with T = Δ/τ. From the autocovariance exp(−|t − s|/τ):
///
/// variance = 1/Δ² ∫₀^Δ ∫₀^Δ exp(−|t − s|/τ) ds dt = 2(T − 1 + e^−T)/T²
///
/// covariance = 1/Δ² ∫₀^Δ ∫_Δ^2Δ exp(−(t − s)/τ) dt ds = (1 − e^−T)²/T², so correlation = (1 − e^−T)²/(2(T − 1 + e^−T))
pub fn averaged(lengths: f64) -> Averaged {
    let t = lengths;
    // Near zero the terms cancel; there the series is exact to the last digits.
    let variance = if t < 0.01 {
        1.0 - t / 3.0 + t.powi(2) / 12.0 - t.powi(3) / 60.0 + t.powi(4) / 360.0
    } else {
        2.0 * (t + (-t).exp_m1()) / t.powi(2)
    };
    let covariance = if t > 0.0 { ((-t).exp_m1() / t).powi(2) } else { 1.0 };
    Averaged { variance, correlation: covariance / variance }
}

#[cfg(test)]
mod tests {
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rand_xoshiro::rand_core::SeedableRng;

    use super::super::demand::mean;
    use super::super::tests::{month, near, workload};
    use super::*;

    fn noise(text: &str) -> Noise {
        workload(&format!("workload: {{requests: {{level: 1/s}}, noise: {text}}}")).noise.expect("noise")
    }

    fn factors(mut process: Ar1, n: usize, seed: u64) -> Vec<f64> {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
        (0..n).map(|_| process.next(StandardNormal.sample(&mut generator))).collect()
    }

    /// Standard deviation and correlation of neighbours.
    fn moments(values: &[f64]) -> (f64, f64) {
        let mean = mean(values);
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64;
        let covariance = values.windows(2).map(|w| (w[0] - mean) * (w[1] - mean)).sum::<f64>() / values.len() as f64;
        (variance.sqrt(), covariance / variance)
    }

    #[test]
    fn minutes_have_the_spread_and_the_memory_that_were_asked_for() {
        let process = noise("{spread: 15%, correlation: 20 min}").at(Step::Minute);
        assert!(near(process.phi, (-1.0f64 / 20.0).exp()));
        assert!(near(process.mean_correction, 0.15 * 0.15 / 2.0));
        let n = 1_000_000;
        let factors = factors(process, n, 1);
        // The mean of n steps that remember τ = 20 of them has a standard error of about σ·√(2τ/n) = 0.15 × 0.0063.
        assert!((mean(&factors) - 1.0).abs() < 4.0 * 0.15 * (40.0f64 / n as f64).sqrt());
        let logs: Vec<f64> = factors.iter().map(|f| f.ln()).collect();
        let (sd, correlation) = moments(&logs);
        // Standard errors: of σ, σ·√(τ/2n); of the correlation, √((1 − φ²)/n) (Bartlett).
        assert!((sd - 0.15).abs() < 4.0 * 0.15 * (20.0 / (2.0 * n as f64)).sqrt(), "{sd}");
        assert!((correlation - (-0.05f64).exp()).abs() < 4.0 * (0.095 / n as f64).sqrt(), "{correlation}");
    }

    #[test]
    fn the_first_step_is_as_wide_as_any() {
        let firsts: Vec<f64> = (0..20_000).map(|seed| factors(Ar1::new(0.3, 0.99), 1, seed)[0].ln()).collect();
        // Standard error of σ over n independent draws: σ/√(2n).
        assert!((moments(&firsts).0 - 0.3).abs() < 4.0 * 0.3 / (40_000.0f64).sqrt());
    }

    #[test]
    fn an_hours_noise_is_that_of_the_average_of_its_minutes() {
        for (correlation, minutes_of_it) in [("20 min", 20.0), ("2 h", 120.0), ("1 days", 1_440.0)] {
            let noise = noise(&format!("{{spread: 15%, correlation: {correlation}}}"));
            let logs: Vec<f64> = factors(noise.at(Step::Minute), 6_000_000, 7).iter().map(|f| f.ln()).collect();
            let hours: Vec<f64> = logs.chunks(60).map(mean).collect();
            let (sd, lag) = moments(&hours);
            let process = noise.at(Step::Hour);
            let stationary = (2.0 * process.mean_correction).sqrt();
            // Relative standard error of σ: √(τ/2n) in hours; sampling each minute adds 1/(12 × 20²) at most.
            let error = 4.0 * (f64::max(minutes_of_it / 60.0, 1.0) / (2.0 * hours.len() as f64)).sqrt() + 0.0003;
            assert!((sd / stationary - 1.0).abs() < error, "{correlation}: {sd} {stationary}");
            assert!((lag - process.phi).abs() < 4.0 / (hours.len() as f64).sqrt() + 0.0003, "{correlation}: {lag} {}", process.phi);
        }
    }

    #[test]
    fn the_series_meets_the_formula() {
        let (below, above) = (averaged(0.01 - 1e-12), averaged(0.01));
        assert!((below.variance - above.variance).abs() < 1e-10 && (below.correlation - above.correlation).abs() < 1e-10);
        assert_eq!(averaged(0.0), Averaged { variance: 1.0, correlation: 1.0 });
        let far = averaged(1e6);
        // T large: variance 2/T, correlation 1/2T.
        assert!((far.variance * 1e6 - 2.0).abs() < 1e-5 && (far.correlation * 2e6 - 1.0).abs() < 1e-5);
    }

    #[test]
    fn drift_has_mean_one() {
        let drift = workload("workload: {requests: {level: 1/s}, drift: {spread: 20%}}").drift.expect("drift");
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(3);
        let factors: Vec<f64> = (0..100_000).map(|_| drift.factor(StandardNormal.sample(&mut generator))).collect();
        assert!((mean(&factors) - 1.0).abs() < 4.0 * 0.2 / (100_000.0f64).sqrt());
    }

    #[test]
    fn noise_moves_all_routes_together_and_goes_on_from_month_to_month() {
        let workload = workload("workload: {requests: {level: 10/s, routes: {a: 75%, b: 25%}}, noise: {spread: 30%, correlation: 2 h}}");
        let mut process = workload.noise.as_ref().expect("noise").at(Step::Hour);
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(5);
        let december = workload.month(month("2026-12"), Step::Hour).with_noise(&mut process, &mut generator);
        assert!(december.routes[0].rates.iter().zip(&december.routes[1].rates).all(|(a, b)| near(*a, 3.0 * b)));
        // One generator over both months gives what one long series gives.
        let january = workload.month(month("2027-01"), Step::Hour).with_noise(&mut process, &mut generator);
        let long = factors(workload.noise.as_ref().expect("noise").at(Step::Hour), 745, 5);
        assert!(near(january.routes[0].rates[0], 7.5 * long[744]));
    }
}
