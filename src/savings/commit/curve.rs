//! The cost of a commitment as a function of its size, over all paths, months and hours at once, and where it is least.
//!
//! In an hour in which D dollars on demand could be covered at a discount d, a commitment of C costs C + max(0, D − C ÷ (1 − d)): a
//! sum of such hours is convex in C, and least where the last dollar committed replaces as much as it costs, which for one rate is
//! the d-quantile of (1 − d) D. With several rates AWS covers the highest saving first, so that an hour is a chain of such pieces.
#![allow(clippy::float_arithmetic, reason = "paths are statistics")]

/// Units that could be covered in the hours of a term, by what a unit of them replaces, on every path.
#[derive(Clone, Debug, Default)]
pub struct Hours {
    /// Dollars on demand that a unit replaces, the most first.
    pub values: Vec<f64>,
    /// How much each group of hours counts.
    pub weights: Vec<f64>,
    /// What a dollar on demand is in each group: 1 where prices are those of all others.
    pub worth: Vec<f64>,
    /// Units in an hour of each group by value: path after path, group after group.
    pub units: Vec<f64>,
}

/// How a group of hours counts.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// By how long it is.
    pub weight: f64,
    /// What a dollar on demand is in it.
    pub worth: f64,
}

impl Hours {
    /// How many paths there are.
    pub fn paths(&self) -> usize {
        self.units.len() / (self.values.len() * self.weights.len()).max(1)
    }

    /// The groups of a path, each with its units by value.
    pub fn path(&self, path: usize) -> impl Iterator<Item = (Group, &[f64])> {
        let size = self.values.len() * self.weights.len();
        let units = self.units[path * size..(path + 1) * size].chunks_exact(self.values.len().max(1));
        let group = |(weight, worth): (&f64, &f64)| Group { weight: *weight, worth: *worth };
        self.weights.iter().zip(&self.worth).map(group).zip(units)
    }

    /// Dollars on demand that a commitment replaces in an hour with these units, and the part of it that is used.
    pub fn covered(&self, units: &[f64], commitment: f64) -> (f64, f64) {
        let (mut left, mut replaced) = (commitment, 0.0);
        for (value, units) in self.values.iter().zip(units) {
            let taken = left.min(*units);
            replaced += taken * value;
            left -= taken;
        }
        (replaced, commitment - left)
    }

    /// What a commitment replaces over all hours, on average over the paths.
    pub fn replaced(&self, commitment: f64) -> f64 {
        let of = |path| self.path(path).map(|(group, units)| group.weight * group.worth * self.covered(units, commitment).0).sum::<f64>();
        (0..self.paths()).map(of).sum::<f64>() / self.paths().max(1) as f64
    }

    /// The commitment that saves the most, where a unit costs `price` over all hours: the largest at which the next fraction of a unit
    /// still replaces more than it costs.
    pub fn best(&self, price: f64) -> f64 {
        let hours: f64 = self.weights.iter().zip(&self.worth).map(|(weight, worth)| weight * worth).sum();
        let mut marginal: f64 = hours * self.values.first().copied().unwrap_or(0.0);
        let mut ends = self.ends();
        ends.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut best = 0.0;
        for (end, drop) in ends {
            // A relative allowance, so that the sum of a million weights does not decide between costing as much and less.
            if marginal <= price * (1.0 + 1e-9) {
                break;
            }
            best = end;
            marginal -= drop;
        }
        best
    }

    /// Where a piece of an hour ends, and by how much what the next unit replaces falls there.
    fn ends(&self) -> Vec<(f64, f64)> {
        let mut ends = Vec::with_capacity(self.units.len());
        let part = 1.0 / self.paths().max(1) as f64;
        let next = |i: usize| self.values.get(i + 1).copied().unwrap_or(0.0);
        for (group, units) in (0..self.paths()).flat_map(|path| self.path(path)) {
            let weight = group.weight * group.worth;
            let mut sum = 0.0;
            for (i, (value, units)) in self.values.iter().zip(units).enumerate() {
                sum += units;
                ends.push((sum, weight * part * (value - next(i))));
            }
        }
        ends
    }
}
