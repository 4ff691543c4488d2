//! Aurora Serverless v2 by minute: the capacity of each instance, in ACUs (Aurora user guide, "How Aurora Serverless v2 works",
//! "Performance and scaling for Aurora Serverless v2", "Scaling to Zero ACUs with automatic pause and resume for Aurora
//! Serverless v2").
//!
//! Every instance has a capacity of its own between the cluster's least and most, in steps of 0.5. Readers in promotion tiers 0
//! and 1 follow the writer; those in tiers 2 to 15 follow their own load.
//!
//! Not here: the work of the database itself when nobody asks, and what keeps an instance from pausing (replication, logs).

#![allow(clippy::float_arithmetic, reason = "capacity is simulated, not billed")]

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scaler::Rest;
use super::scheduled::Limits;
use super::{Problem, minutes, seconds, up};
use crate::quantity::{Count, Seconds};
use crate::scenario::driver::Driver;
use crate::statistic::float;

/// Seconds without load until an instance with a least capacity of 0 pauses (`SecondsUntilAutoPause`, default).
pub const PAUSE_AFTER: f64 = 300.0;
/// ACUs of the largest instance.
pub const LARGEST: u32 = 256;

/// Between what an instance's capacity moves, as a scenario file holds it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ServerlessScaling {
    /// The least capacity of an instance, in ACUs, by halves; 0 lets it pause.
    pub min: Driver<Count>,
    /// The most capacity of an instance, in ACUs, by halves.
    pub max: Driver<Count>,
    /// How long an instance is without load until it pauses, 5 min to 1 day; needs `min: 0`. 300 s where nothing is stated.
    #[serde(default)]
    pub pause_after: Option<Driver<Seconds>>,
}

impl ServerlessScaling {
    /// Ready to be simulated, or everything that is wrong.
    pub fn ready(&self) -> Result<Range, Vec<Problem>> {
        let mut problems = Vec::new();
        let (min, max) = (self.min.value.0, self.max.value.0);
        for driver in [&self.min, &self.max] {
            let acus = driver.value.0;
            if !(acus * Decimal::TWO).is_integer() || acus > Decimal::from(LARGEST) {
                let message = format!("an instance cannot have {} ACUs", driver.value);
                problems.push(Problem::new(driver.at, message, "expected halves up to 256", "write 0, 0.5, 1, 1.5 …"));
            }
        }
        if min > max || max.is_zero() {
            let message = format!("capacity cannot move between {min} and {max} ACUs");
            problems.push(Problem::new(
                self.max.at,
                message,
                "`min` must not be above `max`, nor `max` 0",
                "state the most that is needed",
            ));
        }
        if let Some(pause) = &self.pause_after {
            let length = pause.value.0;
            if length < Decimal::from(300) || length > Decimal::from(86_400) {
                let message = format!("an instance cannot pause after {}", pause.value);
                problems.push(Problem::new(pause.at, message, "expected 5 min to 1 day", "Aurora waits for at least 300 s"));
            } else if !min.is_zero() {
                let message = format!("an instance with at least {min} ACUs never pauses");
                problems.push(Problem::new(pause.at, message, "needs `min: 0`", "state `min: 0`, or leave `pause_after` out"));
            }
        }
        let pause_after = seconds(self.pause_after.as_ref(), PAUSE_AFTER);
        if problems.is_empty() { Ok(Range::new(float(min), float(max), pause_after)) } else { Err(problems) }
    }
}

/// Between what the capacity of each instance moves.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Range {
    /// Least, in half ACUs; 0 where instances pause.
    min: u32,
    /// Most, in half ACUs.
    max: u32,
    /// Minutes without load until a pause.
    pause_after: u32,
}

impl Range {
    /// From ACUs and seconds. Only with `min` 0 do instances pause.
    pub fn new(min: f64, max: f64, pause_after: f64) -> Range {
        Range { min: halves(min), max: halves(max), pause_after: minutes(pause_after) }
    }

    /// ACUs at which an instance rests under a load of so many ACUs; without load its least, 0 where it pauses.
    pub fn steady(&self, load: f64, rates: &Rates) -> f64 {
        let rest = if self.min == 0 && load <= 0.0 { 0 } else { self.wanted(load, rates) };
        f64::from(rest) / 2.0
    }

    /// Half ACUs that an awake instance would have.
    fn wanted(&self, load: f64, rates: &Rates) -> u32 {
        halves(load / rates.utilisation).min(self.max).max(self.min).max(1)
    }
}

/// How fast capacity moves. AWS says only that "the larger the current capacity, the larger the scaling increment", and that it
/// goes down more slowly; all of these are assumed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rates {
    /// The part of an instance's capacity that its load may fill. 70%, the plan's CPU target.
    pub utilisation: f64,
    /// The part of its capacity by which an instance grows in a minute. The whole: it doubles.
    pub up: f64,
    /// ACUs by which it grows at least. 2.
    pub least_up: f64,
    /// The part of its capacity by which it shrinks in a minute. A tenth.
    pub down: f64,
    /// ACUs by which it shrinks at least. 0.5, the smallest step.
    pub least_down: f64,
}

impl Default for Rates {
    fn default() -> Rates {
        Rates { utilisation: 0.7, up: 1.0, least_up: 2.0, down: 0.1, least_down: 0.5 }
    }
}

/// One instance.
#[derive(Clone, Copy, Debug)]
struct Instance {
    /// Capacity in half ACUs; 0 while paused.
    capacity: u32,
    /// Minutes without load.
    idle: u32,
}

impl Instance {
    /// A minute of `load`, in ACUs; `busy` where that, or load on an instance that it pauses with, keeps it awake. A paused
    /// instance wakes within seconds and grows from the smallest capacity.
    fn step(&mut self, range: &Range, rates: &Rates, load: f64, busy: bool) {
        self.idle = if busy { 0 } else { self.idle + 1 };
        if range.min == 0 && self.idle > range.pause_after {
            self.capacity = 0;
            return;
        }
        if self.capacity == 0 && !busy {
            return;
        }
        let (now, wanted) = (self.capacity.max(1), range.wanted(load, rates));
        let pace = |part: f64, least: f64| halves(least).max((f64::from(now) * part) as u32).max(1);
        self.capacity = if wanted > now {
            wanted.min(now.saturating_add(pace(rates.up, rates.least_up)))
        } else {
            wanted.max(now.saturating_sub(pace(rates.down, rates.least_down)))
        };
    }
}

/// A reader of the cluster.
#[derive(Clone, Copy, Debug)]
struct Reader {
    instance: Instance,
    follows: bool,
}

/// A cluster of serverless instances: a writer and its readers.
#[derive(Clone, Debug)]
pub struct Cluster {
    range: Range,
    rates: Rates,
    writer: Instance,
    readers: Vec<Reader>,
}

impl Cluster {
    /// All instances at their least, awake. Readers are given by their promotion tier, 0 to 15.
    pub fn new(range: Range, rates: Rates, tiers: &[u8]) -> Cluster {
        let instance = Instance { capacity: range.min.max(1), idle: 0 };
        let readers = tiers.iter().map(|tier| Reader { instance, follows: follows_writer(*tier) }).collect();
        Cluster { range, rates, writer: instance, readers }
    }

    /// Lives through a minute with a load of so many ACUs on the writer and on each reader, in their order; a reader that is left
    /// out has none. Gives the ACUs of all instances in that minute.
    pub fn step(&mut self, writer: f64, readers: &[f64]) -> f64 {
        self.minute(writer, readers.iter().copied().chain(std::iter::repeat(0.0)))
    }

    fn minute(&mut self, writer: f64, loads: impl Iterator<Item = f64> + Clone) -> f64 {
        let Cluster { range, rates, .. } = *self;
        // The writer and its followers pause and resume together: load on one of them keeps all awake.
        let busy = writer > 0.0 || self.readers.iter().zip(loads.clone()).any(|(reader, load)| reader.follows && load > 0.0);
        self.writer.step(&range, &rates, writer, busy);
        for (reader, load) in self.readers.iter_mut().zip(loads) {
            let instance = &mut reader.instance;
            if reader.follows {
                instance.step(&range, &rates, load, busy);
                // Never smaller than the writer, whose place it may have to take.
                instance.capacity = instance.capacity.max(self.writer.capacity);
            } else {
                instance.step(&range, &rates, load, load > 0.0);
            }
        }
        self.each().sum()
    }

    /// ACUs of the writer and of each reader.
    pub fn each(&self) -> impl Iterator<Item = f64> {
        std::iter::once(self.writer).chain(self.readers.iter().map(|r| r.instance)).map(|i| f64::from(i.capacity) / 2.0)
    }
}

/// A cluster whose load follows requests, ready to be simulated.
#[derive(Clone, PartialEq, Debug)]
pub struct AcuPool {
    range: Range,
    rates: Rates,
    /// Promotion tiers of the readers.
    tiers: Vec<u8>,
    /// ACUs of load on the writer for each request per second.
    writer: f64,
    /// The same on each reader.
    reader: f64,
}

impl AcuPool {
    /// A cluster in which one request per second is a load of one ACU, of which the readers, if there are any, share a part.
    pub fn new(range: Range, rates: Rates, tiers: Vec<u8>, reads: Decimal) -> AcuPool {
        let reads = if tiers.is_empty() { 0.0 } else { float(reads) };
        let reader = if tiers.is_empty() { 0.0 } else { reads / tiers.len() as f64 };
        AcuPool { range, rates, tiers, writer: 1.0 - reads, reader }
    }

    /// The same where a request is so many times the load.
    pub fn heavier(&self, times: f64) -> AcuPool {
        AcuPool { writer: self.writer * times, reader: self.reader * times, ..self.clone() }
    }

    /// Between how many half ACUs each instance's capacity moves.
    pub fn limits(&self) -> Limits {
        Limits { min: self.range.min, max: self.range.max }
    }

    /// Each instance at rest, in half ACUs: a reader that follows the writer is never smaller.
    pub fn rests(&self) -> Vec<Rest> {
        let rest = |load: f64, instances: usize| Rest { per_request: 2.0 * load / self.rates.utilisation, size: 0.5 * instances as f64 };
        let follow = self.tiers.iter().filter(|tier| follows_writer(**tier)).count();
        let all = [(self.writer, 1), (self.writer.max(self.reader), follow), (self.reader, self.tiers.len() - follow)];
        all.into_iter().filter(|(_, instances)| *instances > 0).map(|(load, instances)| rest(load, instances)).collect()
    }

    /// At rest under so many requests per second.
    pub fn settled(&self, requests: f64) -> Cluster {
        let mut cluster = Cluster::new(self.range, self.rates, &self.tiers);
        let at_rest = |load: f64| halves(self.range.steady(load * requests, &self.rates));
        cluster.writer.capacity = at_rest(self.writer);
        for reader in &mut cluster.readers {
            reader.instance.capacity = at_rest(if reader.follows { self.writer.max(self.reader) } else { self.reader });
        }
        cluster
    }

    /// Lives through a minute of so many requests per second. Gives the ACUs of all instances in it.
    pub fn step(&self, cluster: &mut Cluster, requests: f64) -> f64 {
        cluster.minute(self.writer * requests, std::iter::repeat(self.reader * requests))
    }
}

/// Readers of the promotion tiers 0 and 1 are never smaller than the writer.
fn follows_writer(tier: u8) -> bool {
    tier <= 1
}

/// Half ACUs that cover so many ACUs.
fn halves(acus: f64) -> u32 {
    up(acus * 2.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scaling::testing::yaml;

    /// Capacity is worth its load, so that expected values are plain.
    const RATES: Rates = Rates { utilisation: 1.0, up: 1.0, least_up: 2.0, down: 0.1, least_down: 0.5 };

    /// ACUs of every instance after ten minutes of the same load.
    fn each_after(cluster: &mut Cluster, writer: f64, readers: &[f64]) -> Vec<f64> {
        for _ in 0..10 {
            cluster.step(writer, readers);
        }
        cluster.each().collect()
    }

    #[test]
    fn capacity_doubles_on_the_way_up_and_shrinks_by_a_tenth() {
        let mut cluster = Cluster::new(Range::new(0.5, 16.0, PAUSE_AFTER), RATES, &[]);
        // 0.5 + 2, + 2.5, + 5, then the 12.2 that are asked for, in halves.
        assert_eq!([12.2; 5].map(|load| cluster.step(load, &[])), [2.5, 5.0, 10.0, 12.5, 12.5]);
        // A tenth of 12.5 and of 11.5 is 1 in halves, below 10 it is the least step.
        assert_eq!([0.4; 5].map(|load| cluster.step(load, &[])), [11.5, 10.5, 9.5, 9.0, 8.5]);
        assert_eq!([100.0; 3].map(|load| cluster.step(load, &[])), [16.0; 3], "never above the most");
    }

    #[test]
    fn load_fills_seventy_percent_of_the_capacity() {
        let range = Range::new(0.5, 16.0, PAUSE_AFTER);
        // 4 ÷ 70% = 5.7, in halves 6.
        assert_eq!(range.steady(4.0, &Rates::default()), 6.0);
        assert_eq!([0.0, 100.0].map(|load| range.steady(load, &Rates::default())), [0.5, 16.0]);
    }

    #[test]
    fn readers_in_tiers_0_and_1_follow_the_writer_and_others_their_own_load() {
        let mut cluster = Cluster::new(Range::new(0.5, 16.0, PAUSE_AFTER), RATES, &[0, 1, 2]);
        assert_eq!(each_after(&mut cluster, 8.0, &[0.0, 1.0, 3.0]), [8.0, 8.0, 8.0, 3.0]);
        assert_eq!(cluster.step(8.0, &[0.0, 9.0, 3.0]), 8.0 + 8.0 + 9.0 + 3.0, "a follower may be larger, not smaller");
    }

    #[test]
    fn an_instance_pauses_after_five_minutes_without_load_and_resumes_with_the_next() {
        let mut cluster = Cluster::new(Range::new(0.0, 8.0, 300.0), RATES, &[]);
        assert_eq!(cluster.step(2.0, &[]), 2.0);
        // It shrinks to the smallest capacity, by halves; with the fifth minute it has been idle for 300 s.
        assert_eq!([0.0; 7].map(|load| cluster.step(load, &[])), [1.5, 1.0, 0.5, 0.5, 0.5, 0.0, 0.0]);
        assert_eq!([2.0, 0.0].map(|load| cluster.step(load, &[])), [2.0, 1.5], "it wakes within the minute");
    }

    #[test]
    fn with_a_least_capacity_nothing_pauses() {
        let mut cluster = Cluster::new(Range::new(0.5, 8.0, 300.0), RATES, &[]);
        assert!((0..60).all(|_| cluster.step(0.0, &[]) == 0.5));
    }

    #[test]
    fn the_writer_and_its_followers_pause_together_and_other_readers_alone() {
        let mut cluster = Cluster::new(Range::new(0.0, 8.0, 300.0), RATES, &[1, 5]);
        assert_eq!(each_after(&mut cluster, 0.0, &[0.5, 0.0]), [0.5, 0.5, 0.0], "load on the follower keeps the writer awake");
        assert_eq!(each_after(&mut cluster, 0.0, &[0.0, 0.5]), [0.0, 0.0, 0.5]);
    }

    #[test]
    fn a_range_that_aurora_does_not_have_is_refused() {
        let problems = |text: &str| {
            let found = yaml::<ServerlessScaling>(text).ready().expect_err("something wrong");
            found.into_iter().map(|p| p.message).collect::<Vec<_>>()
        };
        assert_eq!(problems("{min: 0.3, max: 300}"), ["an instance cannot have 0.3 ACUs", "an instance cannot have 300 ACUs"]);
        assert_eq!(problems("{min: 4, max: 2}"), ["capacity cannot move between 4 and 2 ACUs"]);
        assert_eq!(problems("{min: 0.5, max: 2, pause_after: 10 min}"), ["an instance with at least 0.5 ACUs never pauses"]);
        assert_eq!(problems("{min: 0, max: 2, pause_after: 1 min}"), ["an instance cannot pause after 60 s"]);
        let ready = yaml::<ServerlessScaling>("{min: 0, max: 16, pause_after: 10 min}").ready();
        assert_eq!(ready, Ok(Range { min: 0, max: 32, pause_after: 10 }));
    }

    /// The writer answers writes of 0.1 ACU a request, the two readers share reads of 0.4: 10 requests a second are 1 ACU of load on
    /// the writer, 2 on each reader; at 100% utilisation the follower of the two has what it needs itself.
    #[test]
    fn a_pool_is_a_cluster_whose_load_follows_requests() {
        let pool = AcuPool::new(Range::new(0.5, 16.0, PAUSE_AFTER), RATES, vec![1, 5], Decimal::new(8, 1)).heavier(0.5);
        let mut cluster = pool.settled(10.0);
        assert_eq!(cluster.each().collect::<Vec<_>>(), [1.0, 2.0, 2.0]);
        assert_eq!(pool.step(&mut cluster, 10.0), 5.0);
        assert_eq!(pool.rests().iter().map(|r| r.size * (10.0 * r.per_request)).sum::<f64>(), 5.0);
        assert_eq!(pool.heavier(2.0).settled(10.0).each().collect::<Vec<_>>(), [2.0, 4.0, 4.0]);
    }

    proptest! {
        #[test]
        fn capacity_stays_within_its_range_and_settles(load in 0.0..40.0f64, min in 1..20u32, more in 0..40u32, first in 0.0..40.0f64) {
            let range = Range { min, max: min + more, pause_after: 5 };
            let mut cluster = Cluster::new(range, Rates::default(), &[0]);
            let within = |acus: f64| (f64::from(min)..=f64::from(min + more)).contains(&(acus * 2.0));
            for minute in 0..200 {
                cluster.step(if minute < 60 { first } else { load }, &[0.0]);
                prop_assert!(cluster.each().all(within));
            }
            let rest = range.steady(load, &Rates::default());
            prop_assert_eq!(cluster.each().collect::<Vec<_>>(), vec![rest, rest]);
        }
    }
}
