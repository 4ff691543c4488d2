//! Aurora Auto Scaling by minute: readers that come and go with their CPU (Aurora user guide, "Amazon Aurora Auto Scaling with
//! Aurora Replicas"). It is target tracking on `RDSReaderAverageCPUUtilization`, with three differences: a reader takes minutes
//! until it is there and is billed; nothing is decided until all readers are available; only added readers are removed.
//!
//! Not here: serverless readers (`serverless`), scaling on connections, and the writer, to which this does not apply.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scheduled::{Limits, Week};
use super::target_tracking::{Assumed, Config, Metric, Minute, Rule, Service, TaskLoad};
use super::{COOLDOWN, Problem, Target, seconds, whole};
use crate::quantity::{Count, Seconds};
use crate::scenario::driver::Driver;

/// The most readers of a cluster.
pub const MOST_READERS: u32 = 15;
/// Minutes until a new reader is there: assumed. A few minutes to start, and as many for its CPU to be that of a warm one.
pub const START_MINUTES: u32 = 10;

/// How readers come and go, as a scenario file holds it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReaderScaling {
    /// The fewest readers, those made by hand among them.
    pub min: Driver<Count>,
    /// The most readers, those made by hand among them.
    pub max: Driver<Count>,
    /// The average CPU of the readers, such as `70%`.
    pub target: Driver<Target>,
    /// Cooldown after adding; 300 s where nothing is stated.
    #[serde(default)]
    pub out: Option<Driver<Seconds>>,
    /// Cooldown after removing; 300 s where nothing is stated.
    #[serde(default, rename = "in")]
    pub scale_in_cooldown: Option<Driver<Seconds>>,
}

impl ReaderScaling {
    /// Ready to be simulated for a cluster with so many readers made by hand. Assumed is what is assumed of services, except
    /// that a reader starts for [`START_MINUTES`]. Or everything that is wrong.
    pub fn ready(&self, by_hand: u32) -> Result<ReaderPool, Vec<Problem>> {
        let (min, max) = (whole(&self.min, "readers"), whole(&self.max, "readers"));
        match (min, max, Metric::Cpu.accepts(&self.target)) {
            (Ok(min), Ok(max), Ok(target)) if min <= max && max <= MOST_READERS => {
                let cooldowns = [self.out.as_ref(), self.scale_in_cooldown.as_ref()].map(|stated| seconds(stated, COOLDOWN));
                let assumed = Assumed { start_minutes: START_MINUTES, ..Assumed::default() };
                Ok(ReaderPool::new(Limits { min, max }, target, cooldowns, by_hand, assumed))
            }
            (Ok(min), Ok(max), Ok(_)) => {
                let message = format!("a cluster cannot have {min} to {max} readers");
                Err(vec![Problem::new(self.max.at, message, "expected `min` to 15", "a cluster has at most 15 readers")])
            }
            (min, max, target) => Err([min.err(), max.err(), target.err()].into_iter().flatten().collect()),
        }
    }
}

/// How the readers of a cluster scale, ready to be simulated.
#[derive(Clone, Debug)]
pub struct ReaderPool(Config);

impl ReaderPool {
    /// Readers between `limits` with an average CPU near `target` (a share), cooldowns `[out, in]` in seconds. Of those made by
    /// hand none is removed, whatever the least.
    pub fn new(limits: Limits, target: f64, [out, scale_in]: [f64; 2], by_hand: u32, assumed: Assumed) -> ReaderPool {
        let limits = Limits { min: limits.min.max(by_hand), max: limits.max.max(by_hand) };
        // Load is given in whole readers: one of it fills the CPU of one.
        let load = TaskLoad { cpu: 1.0, in_flight: None, at_rest: None };
        let rule = Rule::new(Metric::Cpu, target, &load).cooldowns(out, scale_in);
        let mut config = Config::new(Week::always(limits), vec![rule], assumed);
        config.waits_for_starts = true;
        ReaderPool(config)
    }

    /// The pool as policies, to which a reader is a task and its CPU the load.
    pub fn config(&self) -> &Config {
        &self.0
    }

    /// The same where one request fills so many times as much of a reader's CPU. A pool is made for loads of whole readers: one
    /// request per second fills one.
    pub fn heavier(&self, times: f64) -> ReaderPool {
        ReaderPool(self.0.heavier(times))
    }

    /// Readers at which the cluster rests under a load that fills the CPU of so many.
    pub fn steady(&self, load: f64) -> u32 {
        self.0.steady(load, 0)
    }
}

/// The readers of a cluster.
#[derive(Clone, Debug)]
pub struct Readers<'a>(Service<'a>);

impl<'a> Readers<'a> {
    /// A cluster with so many readers, all there.
    pub fn new(pool: &'a ReaderPool, readers: u32) -> Readers<'a> {
        Readers(Service::new(&pool.0, readers))
    }

    /// Lives through a minute in which reads fill the CPU of `load` readers; `None` where nothing was measured. Gives the readers
    /// that are there in it: AWS bills a reader from when it is available.
    pub fn step(&mut self, load: Option<f64>) -> u32 {
        self.0.step(&Minute { of_week: 0, requests: load, deploying: false });
        self.0.working()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scaling::testing::yaml;

    /// The plan's: 1 to 5 readers, CPU above 70%, cooldown 300 s out and 600 s in.
    fn plan(by_hand: u32) -> ReaderPool {
        yaml::<ReaderScaling>("{min: 1, max: 5, target: 70%, out: 300 s, in: 600 s}").ready(by_hand).expect("a legal file")
    }

    /// `(first minute, readers)` of every change.
    fn changes(pool: &ReaderPool, readers: u32, phases: &[(usize, f64)]) -> Vec<(usize, u32)> {
        let mut cluster = Readers::new(pool, readers);
        let loads = phases.iter().flat_map(|(minutes, load)| std::iter::repeat_n(*load, *minutes));
        let mut changes: Vec<(usize, u32)> = Vec::new();
        for (minute, load) in loads.enumerate() {
            let there = cluster.step(Some(load));
            if changes.last().is_none_or(|(_, last)| *last != there) {
                changes.push((minute, there));
            }
        }
        changes
    }

    #[test]
    fn readers_come_from_1_to_5_and_go_again() {
        assert_eq!(
            changes(&plan(1), 1, &[(60, 3.4), (60, 0.1)]),
            [
                (0, 1),
                // Full: 3 points, 1 × 100 ÷ 70 = 1.4. Decided with minute 2, there 10 minutes later.
                (13, 2),
                // Still full, and no longer cooling: 2 × 100 ÷ 70 = 2.9, decided with minute 13.
                (24, 3),
                // 3 × 100 ÷ 70 = 4.3: two at once, decided with minute 24.
                (35, 5),
                // 68% is on target. From minute 60 2%: 15 points, then one every 10 minutes.
                (75, 4),
                (85, 3),
                (95, 2),
                (105, 1),
            ]
        );
    }

    #[test]
    fn nothing_is_decided_while_a_reader_starts() {
        // Full until minute 5, then idle: the reader that was asked for comes all the same, and is low for 10 minutes by then.
        assert_eq!(changes(&plan(1), 1, &[(5, 3.0), (40, 0.1)]), [(0, 1), (13, 2), (20, 1)]);
    }

    #[test]
    fn readers_made_by_hand_are_not_removed() {
        assert_eq!(changes(&plan(2), 2, &[(120, 0.1)]), [(0, 2)]);
        assert_eq!(changes(&plan(2), 4, &[(120, 0.1)]), [(0, 4), (15, 3), (25, 2)]);
        assert_eq!([plan(2).steady(0.0), plan(1).steady(0.0), plan(1).steady(2.0), plan(1).steady(9.0)], [2, 1, 3, 5]);
    }

    #[test]
    fn without_data_readers_stay() {
        let pool = plan(1);
        let mut cluster = Readers::new(&pool, 3);
        assert!((0..60).all(|_| cluster.step(None) == 3));
    }

    #[test]
    fn a_cluster_has_at_most_fifteen_readers() {
        let problems = |text: &str| {
            let found = yaml::<ReaderScaling>(text).ready(1).expect_err("something wrong");
            found.into_iter().map(|p| p.message).collect::<Vec<_>>()
        };
        assert_eq!(problems("{min: 1, max: 16, target: 70%}"), ["a cluster cannot have 1 to 16 readers"]);
        assert_eq!(problems("{min: 0.5, max: 4, target: 70}"), ["0.5 readers cannot be", "cpu cannot be kept near 70"]);
    }

    proptest! {
        #[test]
        fn readers_stay_within_1_and_5(start in 1..6u32, loads in prop::collection::vec(prop::option::of(0.0..8.0f64), 1..300)) {
            let pool = plan(1);
            let mut cluster = Readers::new(&pool, start);
            for load in loads {
                prop_assert!((1..=5).contains(&cluster.step(load)));
            }
        }
    }
}
