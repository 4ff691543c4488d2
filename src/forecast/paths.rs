//! Paths: the months ahead, once for every draw of what is not certain, and what share of them ends where.
//!
//! A path draws each input once and lets demand drift from month to month. Paths run in parallel; each is a function of seed and
//! number alone, so any number of threads gives the same result.
#![allow(clippy::float_arithmetic, reason = "paths are statistics")]

use rayon::prelude::*;

use super::Band;
use super::demand::Demands;
use super::inputs::Inputs;
use super::surface::{Draw, Surface};
use crate::money::Usd;
use crate::quantity::exact;
use crate::statistic::{float, quantile, share, usd};

/// How many paths, and which.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Drawing {
    /// Paths; none for no band.
    pub paths: u32,
    /// What the random numbers begin with.
    pub seed: u64,
}

/// The amounts of one month by place, on every path.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    /// For each place the amount on each path, in the order of the paths.
    pub places: Vec<Vec<f64>>,
}

/// Runs all paths: for each month the outcomes by place.
pub fn run(surfaces: &[Surface], inputs: &Inputs, demands: &Demands, drawing: Drawing) -> Vec<Outcomes> {
    let fleets = demands.fleets();
    let path = |number: u32| -> Vec<Vec<f64>> {
        let drawn = inputs.draw(drawing.seed, u64::from(number));
        let moves = fleets.path(drawing.seed, u64::from(number), &drawn, surfaces.len());
        let month = |(surface, demands): (&Surface, Vec<f64>)| surface.at(&Draw { inputs: drawn.clone(), demands });
        surfaces.iter().zip(moves).map(month).collect()
    };
    let paths: Vec<Vec<Vec<f64>>> = (0..drawing.paths).into_par_iter().map(path).collect();
    let outcome = |month: usize| {
        let places = paths.first().and_then(|p| p.get(month)).map_or(0, Vec::len);
        Outcomes { places: (0..places).map(|place| paths.iter().map(|p| p[month][place]).collect()).collect() }
    };
    (0..surfaces.len()).map(outcome).collect()
}

impl Outcomes {
    /// Paths that were run.
    pub fn paths(&self) -> usize {
        self.places.first().map_or(0, Vec::len)
    }

    /// The sum of some places on every path.
    pub fn sum(&self, wanted: impl Fn(usize) -> bool) -> Vec<f64> {
        let mut sums = vec![0.0; self.paths()];
        for (_, values) in self.places.iter().enumerate().filter(|(place, _)| wanted(*place)) {
            sums.iter_mut().zip(values).for_each(|(s, v)| *s += v);
        }
        sums
    }
}

/// The band of some amounts; with a limit, the share of the cases above it.
pub fn band(mut amounts: Vec<f64>, limit: Option<Usd>) -> Band {
    if amounts.is_empty() {
        return Band::default();
    }
    let over = limit.map(|l| amounts.iter().filter(|a| **a > float(l.decimal())).count() as f64 / amounts.len() as f64);
    amounts.sort_by(f64::total_cmp);
    let at = |part| quantile(&amounts, part).and_then(usd);
    Band { p10: at(0.1), p50: at(0.5), p90: at(0.9), over_budget: over.and_then(share).map(exact) }
}
