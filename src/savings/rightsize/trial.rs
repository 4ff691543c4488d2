//! Trying a size out: the measured load on tasks of that size, which scale minute by minute as AWS scales them.
//!
//! Load that finds no capacity is counted, not kept: it neither queues nor asks again in the next minute.
#![allow(clippy::float_arithmetic, reason = "tasks are simulated, not billed")]

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::load::{BUSY, Load, sorted};
use crate::scaling::COOLDOWN;
use crate::scaling::scaler::Scaler;
use crate::scaling::scheduled::{Limits, Week};
use crate::scaling::target_tracking::{Assumed, Config, Metric, Rule, TaskLoad};
use crate::simulation::{Fleet, Noise, Route, Service};
use crate::statistic::{float, quantile};
use crate::workload::Step;

/// Differences that doubles make and no task does.
const NOISE: f64 = 1e-9;
/// Tasks that remain of a fixed number where a zone is lost: fewer than two of them would be none. Assumed.
const LEAST: u32 = 2;

/// The band in which utilisation is to be kept, as shares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Band {
    /// Below it something is wasted.
    pub low: Decimal,
    /// Above it something is missing.
    pub high: Decimal,
}

/// How a service scales today.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Scales {
    /// The least and the most tasks.
    pub limits: Limits,
    /// Seconds to wait after scaling out.
    pub out: f64,
    /// Seconds to wait after scaling in.
    pub cooldown_in: f64,
    /// The target of its CPU, a share; `None` where no policy has one.
    pub target: Option<f64>,
    /// Tasks below which no proposal goes.
    pub least: u32,
    /// The minute of the week with which the series begins, 0 for Monday at 00:00 UTC.
    pub start: u32,
}

impl Scales {
    /// AWS's own cooldowns, where nothing else is stated. Where tasks scale the least of them stays the least; a fixed number says
    /// nothing of how few may run.
    pub fn new(limits: Limits, start: u32) -> Scales {
        let least = if limits.min < limits.max { limits.min } else { limits.min.min(LEAST) };
        Scales { limits, out: COOLDOWN, cooldown_in: COOLDOWN, target: None, least: least.max(1), start }
    }

    /// True where the number of tasks can change.
    pub fn moves(&self) -> bool {
        self.limits.min < self.limits.max
    }
}

/// What came of it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Trial {
    /// Between how many tasks it scales.
    pub limits: Limits,
    /// The target of its CPU, a share; `None` where tasks do not scale.
    pub target: Option<f64>,
    /// Tasks on average.
    pub average: f64,
    /// The used part of the CPU in busy times.
    pub cpu: f64,
    /// Measured minutes in which more was asked for than the working tasks have.
    pub throttled: usize,
    /// True where the fewest tasks are more than quiet times need, because load comes faster than tasks are added.
    pub jumps: bool,
}

/// The measured load on tasks of `size` vCPU, today's having `today`. Of the targets within the band, in whole per cent, it is the
/// highest that keeps busy times below the upper end: AWS scales out above the target and in below nine tenths of it. Where load comes
/// faster than that at any target, more tasks are kept at rest. `None` where no range keeps busy times below the upper end.
pub fn trial(load: &Load, size: Decimal, today: Decimal, scales: &Scales, band: Band) -> Option<Trial> {
    let (size, times) = (float(size), float(size) / float(today));
    let (low, high) = (float(band.low), float(band.high));
    let holds = |tried: &Trial| tried.cpu <= high + NOISE;
    let limits = range(load, size, times, scales, low, high);
    if !scales.moves() {
        return Some(Trial { target: None, ..run(load, size, limits, scales, high) }).filter(holds);
    }
    let per_cent = |share: Decimal| (share * Decimal::ONE_HUNDRED).to_u32().unwrap_or(0);
    let targets = || (per_cent(band.low)..=per_cent(band.high)).rev().map(|p| f64::from(p) / 100.0);
    let highest = |limits: Limits| targets().map(|target| run(load, size, limits, scales, target)).find(holds);
    if let Some(tried) = highest(limits) {
        return Some(tried);
    }
    // The lowest target adds tasks first: what does not hold with it holds with none.
    let (mut short, mut enough) = (limits.min, limits.max);
    while enough - short > 1 {
        let min = short + (enough - short) / 2;
        let holds = holds(&run(load, size, Limits { min, ..limits }, scales, low));
        if holds { enough = min } else { short = min }
    }
    highest(Limits { min: enough, ..limits }).map(|tried| Trial { jumps: true, ..tried })
}

/// Minutes in which the load asks for more than the working tasks of today's size have, as they scale today.
pub fn throttled_today(load: &Load, today: Decimal, scales: &Scales, target: Decimal) -> usize {
    run(load, float(today), scales.limits, scales, float(target)).throttled
}

/// Between how many tasks a size scales: the fewest carry quiet times at the upper end of the band, the most carry the largest load
/// that was seen at the lower end, and never less than today's most do: what may run costs nothing. Tasks that do not scale are as
/// many as busy times need.
fn range(load: &Load, size: f64, times: f64, scales: &Scales, low: f64, high: f64) -> Limits {
    let tasks = |vcpus: f64, at: f64| up(vcpus / (size * at));
    let least = scales.least;
    if !scales.moves() {
        let fixed = tasks(load.busy, high).max(least);
        return Limits { min: fixed, max: fixed };
    }
    let min = tasks(load.quiet, high).max(least);
    let ceiling = up(f64::from(scales.limits.max) / times);
    Limits { min, max: tasks(load.most, low).max(ceiling).max(min) }
}

/// The whole number that is not below a value.
fn up(value: f64) -> u32 {
    (value - NOISE).ceil().max(0.0) as u32
}

/// Lives through the series. The load takes the place of requests: one request a second is one vCPU in use.
fn run(load: &Load, size: f64, limits: Limits, scales: &Scales, target: f64) -> Trial {
    let first = load.minutes.iter().position(|v| v.is_finite()).unwrap_or(0);
    let minutes = &load.minutes[first..];
    let each = TaskLoad { cpu: 1.0 / size, in_flight: None, at_rest: None };
    let rule = Rule::new(Metric::Cpu, target, &each).cooldowns(scales.out, scales.cooldown_in);
    let scaler = Scaler::Tasks(Config::new(Week::always(limits), vec![rule], Assumed::default()));
    let route = Route { rates: minutes, noise: Noise::NONE };
    let service = Service { scaler: &scaler, shares: vec![(0, 1.0)] };
    let fleet = Fleet::new(Step::Minute, scales.start + first as u32, vec![route], vec![service]);
    let series = fleet.series(|_| Xoshiro256PlusPlus::seed_from_u64(0), 1.0).pop().unwrap_or_default();
    let measured = || series.requests.iter().zip(series.tasks.iter().zip(&series.working)).filter(|(used, _)| used.is_finite());
    let (tasks, count) = measured().fold((0.0, 0.0), |(sum, count), (_, (tasks, _))| (sum + f64::from(*tasks), count + 1.0));
    let cpu = sorted(measured().map(|(used, (_, working))| (used / (f64::from(*working) * size)).min(1.0)));
    Trial {
        limits,
        target: Some(target),
        average: if count > 0.0 { tasks / count } else { 0.0 },
        cpu: quantile(&cpu, BUSY).unwrap_or(0.0),
        throttled: measured().filter(|(used, (_, working))| **used > f64::from(**working) * size + NOISE).count(),
        jumps: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::savings::rightsize::load::Running;
    use crate::workload::measured::utilisation::{Busy, Utilisation};

    const BAND: Band = Band { low: Decimal::from_parts(70, 0, 0, false, 2), high: Decimal::from_parts(80, 0, 0, false, 2) };

    /// Two weeks of minutes on ten tasks of 4 vCPU, at a share of the CPU that a function gives.
    fn load(cpu: impl Fn(usize) -> f64) -> Load {
        let cpu: Vec<Option<f64>> = (0..14 * 1_440).map(|i| Some(cpu(i))).collect();
        let busy = Busy { memory: vec![Some(0.5); cpu.len()], tasks: vec![Some(10.0); cpu.len()], cpu };
        let series = Utilisation { start: Default::default(), step_minutes: 1, services: Default::default(), notes: Vec::new() };
        let running = Running { cpu: Decimal::from(4), memory: Decimal::from(8), average: Decimal::TEN };
        Load::of(&busy, &series, &running, false).expect("a load")
    }

    fn scales(min: u32, max: u32) -> Scales {
        Scales::new(Limits { min, max }, 0)
    }

    #[test]
    fn a_size_half_as_large_carries_the_same_load_with_tasks_in_the_band() {
        // 20 and 24 vCPU in turns of twelve hours.
        let load = load(|i| if i / 720 % 2 == 0 { 0.5 } else { 0.6 });
        let tried = trial(&load, Decimal::TWO, Decimal::from(4), &scales(3, 15), BAND).expect("a range");
        // Quiet: 20 ÷ (2 × 80%) = 12.5; most: 24 ÷ (2 × 70%) = 17.1, but today's ceiling is 15 of 4 vCPU.
        assert_eq!(tried.limits, Limits { min: 13, max: 30 });
        // At 80%: 24 ÷ (2 × 0.8) = 15 tasks. In quiet times 20 on 30 vCPU are 67%, below 72%: 13 run.
        assert_eq!(tried.target, Some(0.8));
        assert!((tried.cpu - 0.8).abs() < 1e-9, "{tried:?}");
        assert!(tried.average > 13.0 && tried.average < 15.1, "{tried:?}");
    }

    #[test]
    fn minutes_until_tasks_start_are_throttled_where_load_exceeds_what_works() {
        // 8 vCPU, and 20 from the middle of the last day on.
        let jump = 13 * 1_440 + 720;
        let load = load(|i| {
            if i < 10 {
                0.21
            } else if i < jump {
                0.2
            } else {
                0.5
            }
        });
        let tried = trial(&load, Decimal::ONE, Decimal::from(4), &scales(2, 15), BAND).expect("a range");
        // Ten tasks of 1 vCPU run, all of them busy from the first minute j of the jump on. After the points of j to j + 2 they ask for
        // 10 ÷ 0.8 = 12.5, so 13, which work from j + 4 on. Five minutes after that decision 13 ask for 17, which work from j + 9 on, and
        // after five more 17 for 22, which work from j + 14 on and suffice: fourteen minutes.
        assert_eq!((tried.target, tried.throttled), (Some(0.8), 14));
        assert!(tried.cpu <= 0.8 + 1e-9);
        // Twice the tasks at rest would have carried the jump.
        let wide = run(&load, 1.0, Limits { min: 25, max: 60 }, &scales(2, 15), 0.8);
        assert_eq!((wide.throttled, wide.average), (0, 25.0));
    }

    #[test]
    fn tasks_that_do_not_scale_are_as_many_as_busy_times_need() {
        let load = load(|i| if i % 100 == 0 { 0.9 } else { 0.3 + 0.0001 * (i % 7) as f64 });
        let tried = trial(&load, Decimal::TWO, Decimal::from(4), &scales(10, 10), BAND).expect("a range");
        // 12.024 ÷ (2 × 80%) = 7.5; the hundredth minute asks for 36 vCPU of 16.
        assert_eq!((tried.limits, tried.target, tried.average), (Limits { min: 8, max: 8 }, None, 8.0));
        assert_eq!(tried.throttled, (14 * 1_440_usize).div_ceil(100));
    }

    #[test]
    fn what_was_not_measured_is_neither_counted_nor_a_reason_to_scale() {
        let mut load = load(|i| if i / 720 % 2 == 0 { 0.5 } else { 0.6 });
        load.minutes[..100].fill(f64::NAN);
        load.minutes[5_000..5_100].fill(f64::NAN);
        let tried = trial(&load, Decimal::TWO, Decimal::from(4), &scales(3, 15), BAND).expect("a range");
        assert!(tried.average > 13.0 && tried.average < 15.1 && tried.cpu <= 0.8 + 1e-9, "{tried:?}");
    }

    #[test]
    fn load_that_comes_faster_than_tasks_start_is_carried_by_tasks_at_rest() {
        // Every tenth interval of five minutes asks for 24 vCPU, all others for 6.
        let load = load(|i| if i / 5 % 10 == 0 { 0.6 } else { 0.15 });
        let tried = trial(&load, Decimal::ONE, Decimal::from(4), &scales(3, 15), BAND).expect("a range");
        // Quiet times need 8 tasks of 1 vCPU. Two minutes of five are carried by tasks that were added, at most: in the other three busy
        // times lie above 80% unless 24 ÷ 80% = 30 run already.
        assert!(tried.jumps && tried.cpu <= 0.8 + 1e-9, "{tried:?}");
        assert_eq!(tried.limits, Limits { min: 30, max: 60 });
        let bound = run(&load, 1.0, Limits { min: 29, max: 60 }, &scales(3, 15), 0.7);
        assert!(bound.cpu > 0.8, "{bound:?}");
    }

    #[test]
    fn the_least_tasks_stay_where_they_scale() {
        let idle = load(|i| 0.010 + 0.001 * (i % 2) as f64);
        let least = |scales: &Scales| trial(&idle, Decimal::ONE, Decimal::from(4), scales, BAND).expect("a range").limits.min;
        // 0.44 vCPU would fit on one task.
        assert_eq!((least(&scales(3, 15)), least(&scales(3, 3)), least(&scales(1, 1))), (3, 2, 1));
        assert_eq!(least(&Scales { least: 1, ..scales(3, 15) }), 1);
    }

    #[test]
    fn today_is_lived_through_as_a_proposal_is() {
        // 8 vCPU, and 20 from the middle of the last day on: on today's 4 vCPU at 70%, three tasks have 12.
        let load = load(|i| if i < 13 * 1_440 + 720 { 0.2 } else { 0.5 });
        assert!(throttled_today(&load, Decimal::from(4), &scales(3, 15), Decimal::new(7, 1)) > 0);
        assert_eq!(throttled_today(&load, Decimal::from(4), &scales(10, 10), Decimal::new(7, 1)), 0);
    }
}
