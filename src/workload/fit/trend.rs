//! A straight line through the logarithms of months: level, growth and how sure both are.
//!
//! Ordinary least squares with normal residuals (N. R. Draper, H. Smith, "Applied Regression Analysis", 3rd ed., 1998, chapter
//! 1 and section 3.1): standard errors from the residuals with n − 2 degrees of freedom, predictions with Student's t.
#![allow(clippy::float_arithmetic, reason = "demand is no money")]

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// The line, and what is needed to predict with it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Trend {
    /// Its height at time 0.
    pub intercept: f64,
    /// Its rise per unit of time.
    pub slope: f64,
    /// Standard deviation of the residuals, with n − 2 degrees of freedom.
    pub residual_sd: f64,
    /// How many points it was laid through.
    pub points: usize,
    mean_time: f64,
    /// Σ (t − mean)².
    spread_of_times: f64,
}

/// What a later point will be: a Student's t distribution around the line.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Prediction {
    /// Its centre.
    pub location: f64,
    /// Its scale: the standard deviation if there were infinitely many degrees of freedom.
    pub scale: f64,
    /// Its degrees of freedom.
    pub degrees: usize,
}

impl Trend {
    /// The line through points of time and value; `None` for fewer than three points or for points at one time.
    pub fn through(points: &[(f64, f64)]) -> Option<Trend> {
        let n = points.len();
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n as f64;
        let (mean_time, mean_value) = (mean(|p| p.0), mean(|p| p.1));
        let spread_of_times = points.iter().map(|(t, _)| (t - mean_time).powi(2)).sum::<f64>();
        if n < 3 || spread_of_times <= 0.0 {
            return None;
        }
        let slope = points.iter().map(|(t, y)| (t - mean_time) * (y - mean_value)).sum::<f64>() / spread_of_times;
        let intercept = mean_value - slope * mean_time;
        let squares = points.iter().map(|(t, y)| (y - intercept - slope * t).powi(2)).sum::<f64>();
        let residual_sd = (squares / (n - 2) as f64).sqrt();
        Some(Trend { intercept, slope, residual_sd, points: n, mean_time, spread_of_times })
    }

    /// Degrees of freedom of the residuals: n − 2.
    pub fn degrees(&self) -> usize {
        self.points.saturating_sub(2)
    }

    /// Standard error of the slope: s/√Σ(t − mean)².
    pub fn slope_se(&self) -> f64 {
        self.residual_sd / self.spread_of_times.sqrt()
    }

    /// Standard error of the line's height at a time: s·√(1/n + (t − mean)²/Σ(t − mean)²).
    pub fn se_at(&self, time: f64) -> f64 {
        self.residual_sd * self.leverage(time).sqrt()
    }

    /// How much wider Student's t is than a normal distribution where one case in ten lies outside on either side: the price of
    /// knowing the residuals from a few points only.
    pub fn widening(&self) -> f64 {
        let normal = Normal::standard().inverse_cdf(0.9);
        StudentsT::new(0.0, 1.0, self.degrees() as f64).map_or(1.0, |t| t.inverse_cdf(0.9) / normal)
    }

    /// A value known with a standard error: what one case in ten is below, the value, what one case in ten is above.
    pub fn one_in_ten(&self, value: f64, standard_error: f64) -> [f64; 3] {
        let reach = standard_error * self.widening() * Normal::standard().inverse_cdf(0.9);
        [value - reach, value, value + reach]
    }

    /// What a single later point will be: s·√(1 + 1/n + (t − mean)²/Σ(t − mean)²) around the line.
    pub fn predict(&self, time: f64) -> Prediction {
        Prediction {
            location: self.intercept + self.slope * time,
            scale: self.residual_sd * (1.0 + self.leverage(time)).sqrt(),
            degrees: self.degrees(),
        }
    }

    fn leverage(&self, time: f64) -> f64 {
        1.0 / self.points as f64 + (time - self.mean_time).powi(2) / self.spread_of_times
    }
}

impl Prediction {
    /// The value below which a share of all outcomes lies, 0 < share < 1.
    pub fn quantile(&self, share: f64) -> f64 {
        match StudentsT::new(self.location, self.scale, self.degrees as f64) {
            Ok(distribution) if share > 0.0 && share < 1.0 => distribution.inverse_cdf(share),
            // Without residuals there is nothing to spread.
            _ => self.location,
        }
    }
}

#[cfg(test)]
mod tests {
    use rand_distr::{Distribution, StandardNormal};
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rand_xoshiro::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn a_line_through_four_points_is_that_of_the_textbook() {
        // t = 0..3, y = 1, 3, 2, 5: slope = 5.5 ÷ 5 = 1.1, intercept = 2.75 − 1.1 × 1.5 = 1.1;
        // residuals −0.1, 0.8, −1.3, 0.6: squares 2.7, s² = 2.7 ÷ 2 = 1.35.
        let trend = Trend::through(&[(0.0, 1.0), (1.0, 3.0), (2.0, 2.0), (3.0, 5.0)]).expect("a line");
        assert!((trend.slope - 1.1).abs() < 1e-12 && (trend.intercept - 1.1).abs() < 1e-12);
        assert!((trend.residual_sd.powi(2) - 1.35).abs() < 1e-12);
        assert!((trend.slope_se() - (1.35f64 / 5.0).sqrt()).abs() < 1e-12);
        // At t = 4: leverage 1/4 + 2.5² ÷ 5 = 1.5.
        assert!((trend.se_at(4.0) - (1.35f64 * 1.5).sqrt()).abs() < 1e-12);
        let prediction = trend.predict(4.0);
        assert!((prediction.location - 5.5).abs() < 1e-12 && (prediction.scale - (1.35f64 * 2.5).sqrt()).abs() < 1e-12);
        // Student's t with 2 degrees of freedom: 2.919986 at 95%.
        assert!((prediction.quantile(0.95) - 5.5 - 2.919986 * prediction.scale).abs() < 1e-5);
    }

    #[test]
    fn two_points_or_points_at_one_time_are_no_trend() {
        assert!(Trend::through(&[(0.0, 1.0), (1.0, 2.0)]).is_none());
        assert!(Trend::through(&[(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)]).is_none());
    }

    #[test]
    fn what_has_no_residuals_is_predicted_as_it_is() {
        let trend = Trend::through(&[(0.0, 1.0), (1.0, 1.0), (2.0, 1.0)]).expect("a line");
        assert_eq!(trend.predict(9.0).quantile(0.99), 1.0);
    }

    /// Nine of ten later months lie in the 90% range, however few months there were before.
    #[test]
    fn predictions_cover_what_they_promise() {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(11);
        let mut draw = || -> f64 { StandardNormal.sample(&mut generator) };
        for n in [3, 6, 12] {
            let rounds = 4_000;
            let covered = (0..rounds).filter(|_| {
                let points: Vec<(f64, f64)> = (0..n).map(|t| (f64::from(t), 4.7 + 0.02 * f64::from(t) + 0.04 * draw())).collect();
                let prediction = Trend::through(&points).expect("a line").predict(f64::from(n) + 3.0);
                let later = 4.7 + 0.02 * (f64::from(n) + 3.0) + 0.04 * draw();
                (prediction.quantile(0.05)..prediction.quantile(0.95)).contains(&later)
            });
            // Standard error of a share of 0.9 over 4,000 rounds: √(0.09 ÷ 4,000) = 0.0047.
            let share = covered.count() as f64 / f64::from(rounds);
            assert!((share - 0.9).abs() < 4.0 * 0.0047, "{n} months: {share}");
        }
    }
}
