//! Paths of a year of demand through four services that scale, beside NumPy (`cargo bench --bench paths`).
//!
//! Reference: the same model in `peers/montecarlo.py`, measured in the same session. By the hour at least 3 times as fast for
//! each step of a service and 1,000 paths within 0.2 s; by the minute at least 20 times as fast (docs/decisions.md, "How fast
//! are paths?").

#![allow(clippy::float_arithmetic, reason = "tasks are simulated")]

use std::f64::consts::TAU;

use ce_cost::forecast::draw::{purpose, stream};
use ce_cost::scaling::scaler::Scaler;
use ce_cost::scaling::scheduled::{Limits, Week};
use ce_cost::scaling::target_tracking::{Assumed, Config, Metric, Rule, TaskLoad};
use ce_cost::simulation::{Fleet, Noise, Route, Service};
use ce_cost::workload::Step;
use divan::Bencher;
use divan::counter::ItemsCount;
use rayon::prelude::*;

const HOURS: usize = 8_760;

/// A service and the route before it. φ and the deviation are for each step, long or short, as in the peer.
struct Model {
    /// Requests per second at the beginning.
    base: f64,
    /// Requests per second that keep a task busy.
    each: f64,
    /// Part of a task's CPU that scaling keeps to.
    target: f64,
    limits: Limits,
    /// Dollars for a task-hour.
    price: f64,
    phi: f64,
    sd: f64,
}

const MODELS: [Model; 4] = [
    Model { base: 900.0, each: 100.0, target: 0.6, limits: Limits { min: 2, max: 60 }, price: 0.049_37, phi: 0.9, sd: 0.10 },
    Model { base: 350.0, each: 40.0, target: 0.5, limits: Limits { min: 2, max: 40 }, price: 0.098_74, phi: 0.8, sd: 0.15 },
    Model { base: 2_500.0, each: 400.0, target: 0.7, limits: Limits { min: 3, max: 30 }, price: 0.197_48, phi: 0.95, sd: 0.07 },
    Model { base: 60.0, each: 20.0, target: 0.55, limits: Limits { min: 1, max: 20 }, price: 0.024_69, phi: 0.7, sd: 0.30 },
];

impl Model {
    /// Scaling on CPU; out 3 minutes, in 15.
    fn config(&self) -> Config {
        let load = TaskLoad { cpu: 1.0 / self.each, in_flight: None, at_rest: None };
        let rule = Rule::new(Metric::Cpu, self.target, &load).cooldowns(180.0, 900.0);
        Config::new(Week::always(self.limits), vec![rule], Assumed::default())
    }

    /// Demand of a year: a wave a day, quieter weekends, and 30% growth along a line.
    fn rates(&self, step: Step) -> Vec<f64> {
        let by_hour = 60 / step.minutes();
        let shape = (0..HOURS * by_hour).map(|i| {
            let hour = i as f64 / by_hour as f64;
            let weekend = if (hour / 24.0) as u32 % 7 >= 5 { 0.7 } else { 1.0 };
            (1.0 + 0.45 * ((hour - 9.0) / 24.0 * TAU).sin()) * weekend * (1.0 + 0.3 * hour / HOURS as f64)
        });
        shape.map(|shape| self.base * shape).collect()
    }

    fn noise(&self) -> Noise {
        Noise { phi: self.phi, sd: self.sd, variance: self.sd * self.sd / (1.0 - self.phi * self.phi) }
    }
}

/// Configurations and rates, which a fleet borrows.
struct Year {
    step: Step,
    behind: Vec<(Scaler, Vec<f64>)>,
}

impl Year {
    fn new(step: Step) -> Year {
        Year { step, behind: MODELS.iter().map(|m| (Scaler::Tasks(m.config()), m.rates(step))).collect() }
    }

    fn fleet(&self) -> Fleet<'_> {
        let routes = MODELS.iter().zip(&self.behind).map(|(m, (_, rates))| Route { rates, noise: m.noise() }).collect();
        let services = self.behind.iter().enumerate().map(|(i, (scaler, _))| Service { scaler, shares: vec![(i, 1.0)] }).collect();
        Fleet::new(self.step, 0, routes, services)
    }

    /// Steps of services in so many paths.
    fn steps(&self, paths: u64) -> ItemsCount {
        ItemsCount::new(paths * (HOURS * 60 / self.step.minutes() * MODELS.len()) as u64)
    }
}

/// What the tasks of a path cost in a year.
fn cost(fleet: &Fleet<'_>, step: Step, path: u64) -> f64 {
    let routes = [purpose("a"), purpose("b"), purpose("c"), purpose("d")];
    let tasks = fleet.path(|route| stream(1, path, routes[route]), 1.0).tasks;
    let by_hour = 60 / step.minutes();
    tasks.iter().zip(&MODELS).map(|(tasks, m)| tasks / by_hour as f64 * m.price).sum()
}

fn costs(fleet: &Fleet<'_>, step: Step, paths: u64) -> Vec<f64> {
    (0..paths).into_par_iter().map(|path| cost(fleet, step, path)).collect()
}

fn main() {
    // To be held against what the peer prints: both compute the same, or the comparison of their speed means nothing.
    for (step, paths) in [(Step::Hour, 1_000), (Step::Minute, 10)] {
        let year = Year::new(step);
        let costs = costs(&year.fleet(), step, paths);
        println!("{step:?}: mean of {paths} paths {:.2}", costs.iter().sum::<f64>() / paths as f64);
    }
    divan::main();
}

#[divan::bench(args = [1_000, 10_000], sample_count = 10)]
fn hours_on_all_cores(bencher: Bencher<'_, '_>, paths: u64) {
    let year = Year::new(Step::Hour);
    let fleet = year.fleet();
    bencher.counter(year.steps(paths)).bench(|| costs(&fleet, year.step, paths));
}

#[divan::bench(sample_count = 20)]
fn hours_on_one_core(bencher: Bencher<'_, '_>) {
    let year = Year::new(Step::Hour);
    let fleet = year.fleet();
    bencher.counter(year.steps(100)).bench(|| (0..100).map(|path| cost(&fleet, year.step, path)).sum::<f64>());
}

#[divan::bench(args = [10], sample_count = 20)]
fn minutes_on_all_cores(bencher: Bencher<'_, '_>, paths: u64) {
    let year = Year::new(Step::Minute);
    let fleet = year.fleet();
    bencher.counter(year.steps(paths)).bench(|| costs(&fleet, year.step, paths));
}

#[divan::bench(sample_count = 20)]
fn minutes_on_one_core(bencher: Bencher<'_, '_>) {
    let year = Year::new(Step::Minute);
    let fleet = year.fleet();
    bencher.counter(year.steps(1)).bench(|| cost(&fleet, year.step, 0));
}
