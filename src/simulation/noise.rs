//! Noise on demand: a lognormal factor of mean one that remembers the step before.
//!
//! Not here: how φ and the standard deviations follow from a spread and a correlation time, which depends on the length of a
//! step. That is the workload's to say; here are the three numbers that come of it.
#![allow(clippy::float_arithmetic, reason = "demand is simulated, not billed")]

use std::f64::consts::{LN_2, LOG2_E};

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use super::hours::ROUND;

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
        let z: f64 = if noise == Noise::NONE { 0.0 } else { StandardNormal.sample(&mut stream) };
        Walk { noise, x: noise.variance.sqrt() * z, stream }
    }

    /// The next factors, each times `level`. One loop after the other: only the first has to go number by number.
    pub(super) fn fill(&mut self, factors: &mut [f64], level: f64) {
        if self.noise == Noise::NONE {
            factors.fill(level);
            return;
        }
        for factor in &mut *factors {
            *factor = StandardNormal.sample(&mut self.stream);
        }
        self.remember(factors);
        let correction = self.noise.variance / 2.0;
        for factor in factors {
            *factor = level * exp(*factor - correction);
        }
    }

    /// Turns standard normals into x, step by step. Four steps at a time: what the normals add among themselves does not wait
    /// for x, which takes φ, φ², φ³ and φ⁴ of itself along.
    fn remember(&mut self, steps: &mut [f64]) {
        let Noise { phi, sd, .. } = self.noise;
        let powers = [phi, phi * phi, phi * phi * phi, phi * phi * phi * phi];
        let mut x = self.x;
        let (fours, rest) = steps.as_chunks_mut::<4>();
        for four in fours {
            let mut added = 0.0;
            for (step, power) in four.iter_mut().zip(powers) {
                added = phi * added + sd * *step;
                *step = power * x + added;
            }
            x = four[3];
        }
        for step in rest {
            x = phi * x + sd * *step;
            *step = x;
        }
        self.x = x;
    }
}

/// Coefficients of 2^f in powers of f: ln 2 to the n ÷ n!.
const POWERS_OF_2: [f64; 9] = {
    let mut all = [1.0; 9];
    let mut n = 1;
    while n < all.len() {
        all[n] = all[n - 1] * LN_2 / n as f64;
        n += 1;
    }
    all
};

/// e to the y with a relative error below 3e-10, for y between −690 and 690; beyond it stays at what it is there.
///
/// 2^(y log₂ e) is 2 to a whole number, written into the exponent of the double, times 2^f with |f| ≤ ½ by its Taylor series,
/// whose first missing term is (½ ln 2)⁹ ÷ 9! = 2e-10. Without a branch or a call, the compiler works on several numbers at a
/// time. Only the operations that IEEE 754 fixes: every machine and every build gives the same bits.
#[inline]
fn exp(y: f64) -> f64 {
    let c = POWERS_OF_2;
    let y = y * LOG2_E;
    let y = if y < -1_000.0 { -1_000.0 } else { y };
    let y = if y > 1_000.0 { 1_000.0 } else { y };
    // The whole number stands in the last bits of the sum, where the bias of an exponent, 1,023, can be added to it.
    let sum = y + ROUND;
    let whole = f64::from_bits(sum.to_bits().wrapping_add(1_023) << 52);
    let f = y - (sum - ROUND);
    // Estrin's scheme: short chains instead of one long one.
    let (f2, f4) = (f * f, f * f * (f * f));
    let low = (c[0] + c[1] * f) + (c[2] + c[3] * f) * f2;
    let high = (c[4] + c[5] * f) + (c[6] + c[7] * f) * f2 + c[8] * f4;
    whole * (low + high * f4)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;

    /// σ² of φ and s.
    fn noise(phi: f64, sd: f64) -> Noise {
        Noise { phi, sd, variance: sd * sd / (1.0 - phi * phi) }
    }

    fn stream(seed: u64) -> Xoshiro256PlusPlus {
        Xoshiro256PlusPlus::seed_from_u64(seed)
    }

    #[test]
    fn the_exponential_is_as_close_as_it_says() {
        let worst = (-690_000..=690_000).map(|i| f64::from(i) / 1_000.0 + 1e-4).map(|y| (exp(y) / y.exp() - 1.0).abs()).fold(0.0, f64::max);
        assert!(worst < 3e-10, "{worst:e}");
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(-1e9) < 1e-300 && exp(1e9) > 1e300 && exp(f64::NAN).is_nan());
    }

    /// A thousand walks of a hundred steps. Steps of a walk go together, so the error is that of the walks' means.
    #[test]
    fn the_factor_has_mean_one_within_its_standard_error() {
        for (phi, sd) in [(0.9, 0.1), (0.7, 0.3), (0.0, 0.5), (0.99, 0.1)] {
            let means: Vec<f64> = (0..1_000)
                .map(|seed| {
                    let mut factors = [0.0; 100];
                    Walk::new(noise(phi, sd), stream(seed)).fill(&mut factors, 1.0);
                    factors.iter().sum::<f64>() / 100.0
                })
                .collect();
            let mean = means.iter().sum::<f64>() / 1_000.0;
            let error = (means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / 999.0 / 1_000.0).sqrt();
            assert!((mean - 1.0).abs() < 3.0 * error, "φ {phi}, s {sd}: {mean} ± {error}");
        }
    }

    #[test]
    fn four_steps_at_a_time_are_the_steps_one_by_one() {
        let noise = noise(0.9, 0.1);
        let mut walk = Walk::new(noise, stream(1));
        let mut normals = stream(1);
        let mut x: f64 = noise.variance.sqrt() * { <StandardNormal as Distribution<f64>>::sample(&StandardNormal, &mut normals) };
        // Blocks that four divides and that it does not.
        for len in [60, 60, 7, 1, 60] {
            let mut factors = vec![0.0; len];
            walk.fill(&mut factors, 3.0);
            for factor in factors {
                let z: f64 = StandardNormal.sample(&mut normals);
                x = 0.9 * x + 0.1 * z;
                let plain = 3.0 * (x - noise.variance / 2.0).exp();
                assert!((factor / plain - 1.0).abs() < 1e-9, "{factor} instead of {plain}");
            }
        }
    }

    #[test]
    fn without_noise_the_factor_is_the_level_and_nothing_is_drawn() {
        let mut walk = Walk::new(Noise::NONE, stream(1));
        let mut factors = [0.0; 5];
        walk.fill(&mut factors, 1.25);
        assert_eq!((factors, walk.stream), ([1.25; 5], stream(1)));
    }
}
