//! ElastiCache shards by month: one more whenever the data fills a share of the memory (ElastiCache user guide, "Auto Scaling
//! Valkey and Redis OSS clusters", the metric `DatabaseMemoryUsageCountedForEvictPercentage`).
//!
//! Data is taken to lie evenly over the slots, and so over the shards. None is removed by itself: moving slots together is left
//! to people. Not here: what a node holds back of its memory (`reserved-memory-percent`); the caller takes it off first.

#![allow(clippy::float_arithmetic, reason = "sizes are simulated, not billed")]

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::target_tracking::NOISE;
use super::{Problem, whole};
use crate::quantity::{Count, Gb, Share};
use crate::scenario::driver::Driver;
use crate::statistic::float;

/// The most shards of a cluster with one node each (ElastiCache user guide, "Quotas for ElastiCache").
pub const MOST_SHARDS: u32 = 500;

/// When shards are added, as a scenario file holds it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShardScaling {
    /// What the cluster holds, in all its shards together. With `grows: true` it grows with the workload.
    pub data: Driver<Gb>,
    /// Memory of a node of its class.
    pub memory: Driver<Gb>,
    /// The use of memory at which a shard is added; 80% where nothing is stated.
    #[serde(default)]
    pub at: Option<Driver<Share>>,
    /// The most shards; 500 where nothing is stated.
    #[serde(default)]
    pub max: Option<Driver<Count>>,
}

impl ShardScaling {
    /// Ready for nodes of which data may fill so many GB, or everything that is wrong.
    pub fn ready(&self) -> Result<ShardRule, Vec<Problem>> {
        let share = self.at.as_ref().map_or(Decimal::new(8, 1), |at| at.value.0);
        if self.memory.value.0.is_zero() {
            let help = "state the memory of the node's class, such as `memory: 13.07 GB` of cache.r6g.large";
            return Err(vec![Problem::new(self.memory.at, "a node without memory holds nothing", "expected more than 0 GB", help)]);
        }
        if share.is_zero() {
            let at = self.at.as_ref().and_then(|at| at.at);
            return Err(vec![Problem::new(
                at,
                "shards cannot be added at 0% of the memory",
                "expected a share such as `80%`",
                "write `at: 80%`",
            )]);
        }
        let most = self.max.as_ref().map_or(Ok(MOST_SHARDS), |max| whole(max, "shards")).map_err(|problem| vec![problem])?;
        Ok(ShardRule { full: float(share) * float(self.memory.value.0), most })
    }
}

/// When shards are added.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ShardRule {
    /// GB in a shard at which another is added.
    pub full: f64,
    /// The most shards.
    pub most: u32,
}

impl ShardRule {
    /// Shards that so many GB of data leave of `shards`: as many as it takes until none is full.
    pub fn grown(&self, shards: u32, data: f64) -> u32 {
        let needed = ((data / self.full + NOISE) as u32).saturating_add(1);
        shards.max(needed.min(self.most))
    }

    /// Shards in each month, given the GB of data in each.
    pub fn by_month(&self, shards: u32, data: &[f64]) -> Vec<u32> {
        let grow = |shards: &mut u32, gb: &f64| {
            *shards = self.grown(*shards, *gb);
            Some(*shards)
        };
        data.iter().scan(shards, grow).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scaling::testing::yaml;

    #[test]
    fn a_shard_is_added_when_memory_use_reaches_80_percent() {
        let rule = yaml::<ShardScaling>("{data: 9 GB, memory: 10 GB}").ready().expect("a legal file");
        // 2 shards of 10 GB are 80% full at 16 GB, 3 at 24 GB. In the fifth month data shrinks, and the shards stay.
        assert_eq!(rule.by_month(2, &[10.0, 15.9, 16.0, 23.9, 12.0, 24.0]), [2, 2, 3, 3, 3, 4]);
        assert_eq!(rule.grown(2, 100.0), 13, "100 ÷ 12 = 8.3 GB would be too full, 100 ÷ 13 = 7.7 is not");
    }

    #[test]
    fn shards_end_at_the_most_that_is_stated() {
        let rule = yaml::<ShardScaling>("{data: 9 GB, memory: 10 GB, at: 50%, max: 4}").ready().expect("a legal file");
        assert_eq!(rule.by_month(1, &[4.0, 5.0, 10.0, 90.0]), [1, 2, 3, 4]);
        assert_eq!(rule.grown(6, 1.0), 6, "more than the most stay as they are");
    }

    #[test]
    fn a_share_of_nothing_is_refused() {
        let problems = yaml::<ShardScaling>("{data: 9 GB, memory: 10 GB, at: 0%}").ready().expect_err("never");
        assert_eq!(problems[0].message, "shards cannot be added at 0% of the memory");
    }

    proptest! {
        #[test]
        fn shards_never_become_fewer_and_none_is_full(data in prop::collection::vec(0.0..500.0f64, 1..36), start in 1..9u32) {
            let rule = ShardRule { full: 8.0, most: MOST_SHARDS };
            let shards = rule.by_month(start, &data);
            prop_assert!(shards.is_sorted() && shards[0] >= start);
            prop_assert!(shards.iter().zip(&data).all(|(shards, gb)| gb / f64::from(*shards) < 8.0));
        }
    }
}
