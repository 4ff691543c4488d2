//! What a service needs hour by hour: the tasks at which its policies rest, whatever the hour before was.
//!
//! [`Config::steady`] for many hours at once. The limits of a month are looked up when it is made ready, and the loop over hours
//! has no branch, so that the compiler works on several hours at a time.
#![allow(clippy::float_arithmetic, reason = "tasks are simulated, not billed")]

use crate::scaling::scaler::Scaler;
use crate::scaling::scheduled::Limits;
use crate::scaling::target_tracking::NOISE;

/// Added and taken off again it leaves the nearest whole number of any below 2^51: doubles from 2^52 on have no fraction.
pub(super) const ROUND: f64 = 1.5 * (1_u64 << 52) as f64;

/// A service's tasks, or a part of a cluster's ACUs, at rest, ready for a month of hours.
#[derive(Clone, Debug)]
pub(super) struct Steady {
    /// Steps for each request per second.
    per_request: f64,
    /// What a step counts.
    size: f64,
    /// Hours of the same limits, in order.
    runs: Vec<Run>,
}

/// Hours that have the same limits.
#[derive(Clone, Copy, Debug)]
struct Run {
    limits: Limits,
    /// The hour after the last one.
    end: usize,
}

impl Steady {
    /// All parts of something that scales, for so many hours, the first of which begins so many minutes after a Monday at 00:00
    /// UTC. An hour keeps the limits with which it begins.
    pub(super) fn all(scaler: &Scaler, start: u32, hours: usize) -> Vec<Steady> {
        let mut runs: Vec<Run> = Vec::new();
        for hour in 0..hours {
            let limits = scaler.limits(start + 60 * hour as u32);
            match runs.last_mut().filter(|run| run.limits == limits) {
                Some(run) => run.end = hour + 1,
                None => runs.push(Run { limits, end: hour + 1 }),
            }
        }
        scaler.rests().into_iter().map(|rest| Steady { per_request: rest.per_request, size: rest.size, runs: runs.clone() }).collect()
    }

    /// Task-hours or ACU-hours of the hours from `first` on with so many requests per second.
    pub(super) fn tasks(&self, first: usize, mut requests: &[f64]) -> f64 {
        let mut sum = 0.0;
        let mut hour = first;
        for run in &self.runs[self.runs.partition_point(|run| run.end <= first)..] {
            let (now, later) = requests.split_at(requests.len().min(run.end - hour));
            sum += self.within(run.limits, now);
            if later.is_empty() {
                break;
            }
            (hour, requests) = (run.end, later);
        }
        sum * self.size
    }

    /// Steps within the same limits. Four sums side by side, since the compiler does not reorder additions of doubles;
    /// they are whole numbers, so that the order does not matter.
    fn within(&self, limits: Limits, requests: &[f64]) -> f64 {
        let (min, max) = (f64::from(limits.min), f64::from(limits.max));
        let mut sums = [0.0; 4];
        let (fours, rest) = requests.as_chunks::<4>();
        for four in fours {
            sums.iter_mut().zip(four).for_each(|(sum, requests)| *sum += whole(requests * self.per_request, min, max));
        }
        let rest: f64 = rest.iter().map(|requests| whole(requests * self.per_request, min, max)).sum();
        sums.iter().sum::<f64>() + rest
    }
}

/// The whole number of tasks that is not below `tasks`, within limits: as [`Config::steady`] rounds, without a branch. It clips
/// first, which comes to the same for whole limits and makes the number small; what is no number becomes the least, as there.
#[inline]
fn whole(tasks: f64, min: f64, max: f64) -> f64 {
    let tasks = tasks - NOISE;
    let tasks = if tasks > max { max } else { tasks };
    let tasks = if tasks > min { tasks } else { min };
    let nearest = (tasks + ROUND) - ROUND;
    nearest + if nearest < tasks { 1.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scaling::scheduled::{ScheduledAction, Week};
    use crate::scaling::target_tracking::{Assumed, Config, Metric, Rule, TaskLoad};
    use crate::scaling::testing::yaml;

    const LOAD: TaskLoad = TaskLoad { cpu: 0.05, in_flight: Some(0.25), at_rest: Some(0.5) };

    /// A service of tasks has one part.
    fn only(config: &Config, start: u32, hours: usize) -> Steady {
        Steady::all(&Scaler::Tasks(config.clone()), start, hours).pop().expect("a part")
    }

    fn rules() -> impl Strategy<Value = Vec<Rule>> {
        let rule = (0..5u8, 0.2..0.95f64).prop_map(|(metric, target)| match metric {
            0 => Rule::new(Metric::Cpu, target, &LOAD),
            1 => Rule::new(Metric::RequestsPerTarget, target * 1_000.0, &LOAD),
            2 => Rule::new(Metric::QueueDepth, target * 10.0, &LOAD),
            3 => Rule::new(Metric::ResponseTime, 0.5 + target, &LOAD),
            _ => Rule::new(Metric::Cpu, target, &LOAD).step(2),
        });
        prop::collection::vec(rule, 0..4)
    }

    fn week(scheduled: bool, limits: Limits) -> Week {
        let actions: Vec<ScheduledAction> =
            yaml("[{at: \"08:30\", days: [mon, tue, thu], min: 6, max: 25}, {at: \"20:00\", min: 2, max: 20}, {at: \"21:00\", min: 0}]");
        Week::new(if scheduled { &actions } else { &[] }, limits).expect("a week")
    }

    proptest! {
        #[test]
        fn many_hours_at_once_are_the_hours_one_by_one(
            rules in rules(), min in 0..6u32, more in 0..15u32, scheduled: bool, start in 0..10_080u32, first in 0..300usize,
            requests in prop::collection::vec(prop_oneof![0.0..900.0f64, Just(0.0), (0..99u32).prop_map(f64::from)], 1..200),
        ) {
            let config = Config::new(week(scheduled, Limits { min, max: min + more }), rules, Assumed::default());
            let steady = only(&config, start, first + requests.len());
            let hours = (first as u32..).zip(&requests);
            let one_by_one: u64 = hours.map(|(hour, requests)| u64::from(config.steady(*requests, start + 60 * hour))).sum();
            prop_assert_eq!(steady.tasks(first, &requests), one_by_one as f64);
        }
    }

    #[test]
    fn odd_numbers_round_as_scaling_rounds_them() {
        for limits in [Limits { min: 0, max: u32::MAX }, Limits { min: 3, max: 7 }, Limits { min: 7, max: 3 }] {
            let rule = Rule::new(Metric::Cpu, 0.5, &TaskLoad { cpu: 0.5, ..LOAD });
            let config = Config::new(Week::always(limits), vec![rule], Assumed::default());
            let steady = only(&config, 0, 1);
            for tasks in [-1.0, 0.0, 1e-12, 0.4, 3.0, 3.0 + 1e-12, 3.5, 3.1, 6.999, 4e9, 1e300, f64::INFINITY, f64::NAN] {
                assert_eq!(steady.tasks(0, &[tasks]), f64::from(config.steady(tasks, 0)), "{tasks} in {limits:?}");
            }
        }
    }
}
