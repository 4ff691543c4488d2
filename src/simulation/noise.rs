//! Noise on demand: a lognormal factor of mean one that remembers the step before.
//!
//! Not here: how φ and the standard deviations follow from a spread and a correlation time, which depends on the length of a
//! step. That is the workload's to say; here are the three numbers that come of it.
#![allow(clippy::float_arithmetic, reason = "demand is simulated, not billed")]

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// Noise of a route for one length of step: x ← φ x + s z with z standard normal; demand is multiplied by exp(x − σ² ÷ 2).
///
/// A first-order autoregression (Box, Jenkins and Reinsel, "Time series analysis", AR(1)). Its variance stays at σ² where
/// s² = σ² (1 − φ²); a lognormal variable with that correction has mean one.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Noise {
    /// φ: what is left of x after one step, from 0 up to but not including 1.
    pub phi: f64,
    /// s: standard deviation of what a step adds to x.
    pub sd: f64,
    /// σ²: variance of x in the long run.
    pub variance: f64,
}

impl Noise {
    /// No noise: the factor is 1 and nothing is drawn.
    pub const NONE: Noise = Noise { phi: 0.0, sd: 0.0, variance: 0.0 };

    /// That of a workload.
    pub fn of(noise: &crate::workload::noise::Ar1) -> Noise {
        Noise { phi: noise.phi, sd: noise.sd, variance: 2.0 * noise.mean_correction }
    }
}

/// The noise of one route on one path, step after step.
#[derive(Clone, Debug)]
pub(super) struct Walk<R> {
    noise: Noise,
    x: f64,
    stream: R,
}

impl<R: Rng> Walk<R> {
    /// Begins anywhere in the long run, so that the mean is one from the first step on.
    pub(super) fn new(noise: Noise, mut stream: R) -> Walk<R> {
        let x = if noise == Noise::NONE { 0.0 } else { noise.variance.sqrt() * normal(&mut stream) };
        Walk { noise, x, stream }
    }

    /// The next factors, each times `level`.
    pub(super) fn fill(&mut self, factors: &mut [f64], level: f64) {
        if self.noise == Noise::NONE {
            factors.fill(level);
            return;
        }
        let Noise { phi, sd, variance } = self.noise;
        for factor in &mut *factors {
            self.x = phi * self.x + sd * normal(&mut self.stream);
            *factor = self.x;
        }
        for factor in factors {
            *factor = level * (*factor - variance / 2.0).exp();
        }
    }
}

/// A standard normal number.
fn normal<R: Rng>(stream: &mut R) -> f64 {
    StandardNormal.sample(stream)
}
