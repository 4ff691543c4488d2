//! ElastiCache: nodes by the hour, snapshots kept, bytes copied to another region (AWS, "Amazon ElastiCache pricing"). Valkey
//! costs 20% less than Redis OSS for the same node. ElastiCache Serverless is billed by data and processing units instead.
//!
//! Not here: traffic between zones of tasks and nodes (`data_transfer`).

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{Count, CountRate, Gb, GbRate, Unit};
use crate::scenario::driver::Driver;
use crate::usage::{Step, Tape};

const CODE: &str = "AmazonElastiCache";

/// What the nodes run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// Redis OSS.
    #[default]
    Redis,
    /// Valkey.
    Valkey,
}

impl Engine {
    /// What CUR writes for nodes of this engine.
    fn operation(self) -> &'static str {
        match self {
            Engine::Redis => "CreateCacheCluster:0002",
            Engine::Valkey => "CreateCacheCluster:Valkey",
        }
    }

    /// The engine in the usage types of ElastiCache Serverless.
    fn name(self) -> &'static str {
        match self {
            Engine::Redis => "Redis",
            Engine::Valkey => "Valkey",
        }
    }
}

/// A cluster of nodes of one class.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Elasticache {
    /// What the nodes run.
    #[serde(default)]
    pub engine: Engine,
    /// The class of each node, such as `cache.r6g.large`.
    pub node: String,
    /// Shards (node groups).
    pub shards: Driver<Count>,
    /// Replicas of each shard's primary.
    #[serde(default)]
    pub replicas: Option<Driver<Count>>,
    /// Snapshots that are kept and billed, on average over the month.
    #[serde(default)]
    pub backup: Option<Driver<Gb>>,
    /// Bytes that a Global Datastore sends to another region.
    #[serde(default)]
    pub global_datastore: Option<Driver<GbRate>>,
}

impl Service for Elasticache {
    const TYPE: &'static str = "elasticache";
    const EXAMPLE: &'static str = "
type: elasticache
engine: redis
node: cache.r6g.large
shards: 2
replicas: 1
backup: 40 GB
global_datastore: 150 GB/month
";

    fn usage(&self, at: &mut At<'_>) {
        // A shard is its primary and its replicas.
        let nodes = match &self.replicas {
            Some(replicas) => Tape::new().times("replicas of a shard", replicas).rule_of(Step::Plus, "its primary", 1),
            None => Tape::new().rule_of(Step::Times, "primary of a shard", 1),
        };
        let hours = at.times_hours(nodes.times("shards", &self.shards));
        at.record(CODE, &format!("NodeUsage:{}", self.node), self.engine.operation(), Unit::Hours, hours);
        at.stock(CODE, "ElastiCache:BackupUsage", "CreateCacheSnapshot", Unit::GbMonths, "GB of snapshots", self.backup.as_ref());
        at.rate(CODE, "ElastiCache-Out-Bytes", "", Unit::Gb, "bytes to the other region", self.global_datastore.as_ref());
    }

    fn check(&self, check: &mut Check<'_>) {
        if !self.node.starts_with("cache.") {
            let help = format!("did you mean `cache.{}`?", self.node.trim_start_matches("db."));
            check.error(None, format!("`{}` is no class of cache nodes", self.node), "expected a class such as cache.r6g.large", help);
        }
        if let Some(replicas) = self.replicas.as_ref().filter(|r| r.value.0 > Decimal::from(5)) {
            check.error(replicas.at, format!("{} replicas in a shard", replicas.value), "ElastiCache has at most 5", "add shards instead");
        }
    }
}

/// ElastiCache Serverless.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ElasticacheServerless {
    /// What it runs.
    #[serde(default)]
    pub engine: Engine,
    /// GB of data on average over the hours.
    pub data: Driver<Gb>,
    /// ElastiCache processing units.
    pub ecpus: Driver<CountRate>,
}

impl Service for ElasticacheServerless {
    const TYPE: &'static str = "elasticache-serverless";
    const EXAMPLE: &'static str = "
type: elasticache-serverless
engine: valkey
data: 5 GB
ecpus: 2 B/month
";

    fn usage(&self, at: &mut At<'_>) {
        let engine = self.engine.name();
        let data = at.hours().times("GB of data", &self.data);
        at.record(CODE, &format!("CachedData:{engine}"), "CreateServerlessCache", Unit::Hours, data);
        let units = Tape::new().times_rate("processing units", &self.ecpus, at.month_hours);
        at.record(CODE, &format!("ElastiCacheProcessingUnits:{engine}"), "CreateServerlessCache", Unit::Count, units);
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::check;

    /// Two shards of a primary and a replica are four nodes: 4 × 744 = 2,976.
    #[test]
    fn two_shards_with_a_replica_each_are_four_nodes() {
        check(
            "type: elasticache\nnode: cache.r6g.large\nshards: 2\nreplicas: 1\nbackup: 40 GB\nglobal_datastore: 150 GB/month",
            "us-east-1",
            "2026-12",
            "NodeUsage:cache.r6g.large 2976 hours replicas of a shard 1 + its primary 1 × shards 2 × hours in the month 744
             ElastiCache:BackupUsage   40 GB-months GB of snapshots 40 GB
             ElastiCache-Out-Bytes     150 GB bytes to the other region 150 GB/month",
        );
    }

    #[test]
    fn serverless_is_billed_by_data_and_units() {
        check(
            "type: elasticache-serverless\nengine: redis\ndata: 5 GB\necpus: 2 B/month",
            "us-west-2",
            "2026-11",
            "USW2-CachedData:Redis                       3600 hours hours in the month 720 × GB of data 5 GB
             USW2-ElastiCacheProcessingUnits:Redis 2000000000 count processing units 2,000,000,000/month",
        );
    }

    #[test]
    #[should_panic(expected = "is no class of cache nodes")]
    fn a_database_class_is_refused() {
        check("type: elasticache\nnode: db.r6g.large\nshards: 1", "us-east-1", "2026-12", "");
    }
}
