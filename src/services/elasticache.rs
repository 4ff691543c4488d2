//! ElastiCache: nodes by the hour, snapshots kept, bytes copied to another region (AWS, "Amazon ElastiCache pricing"). Valkey
//! costs 20% less than Redis OSS for the same node. ElastiCache Serverless is billed by data and processing units instead.
//!
//! Not here: traffic between zones of tasks and nodes (`data_transfer`).

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cohort::{self, Age, Cohorts, Since};
use super::manual_snapshots::ManualSnapshots;
use super::{At, Check, Service};
use crate::quantity::{Count, CountRate, Gb, GbRate, Per, Seconds, Unit, grouped};
use crate::scaling::shards::ShardScaling;
use crate::scaling::{Problem, whole};
use crate::scenario::driver::Driver;
use crate::simulation::month::{Filled, Follows};
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
    pub fn operation(self) -> &'static str {
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
    /// How shards are added as data fills them. Where nothing is stated, `shards` is how many there are.
    #[serde(default)]
    pub shard_scaling: Option<ShardScaling>,
    /// Snapshots that are kept and billed, on average over the month.
    #[serde(default)]
    pub backup: Option<Driver<Gb>>,
    /// Snapshots by their size and age, instead of `backup`.
    #[serde(default)]
    pub snapshots: Option<Snapshots>,
    /// Bytes that a Global Datastore sends to another region.
    #[serde(default)]
    pub global_datastore: Option<Driver<GbRate>>,
}

/// Snapshots that are taken every day, and by hand.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Snapshots {
    /// GB of one snapshot, of all shards together. One is taken every day.
    pub daily_size: Driver<Gb>,
    /// How long the daily snapshots are kept: 1 to 35 days.
    pub kept: Driver<Seconds>,
    /// The first day on which a snapshot is taken. Where nothing is stated they have been taken as long as they are kept.
    #[serde(default)]
    pub since: Option<Since>,
    /// Snapshots by hand, of the same size.
    #[serde(default)]
    pub manual: Option<ManualSnapshots>,
}

impl Snapshots {
    /// Storage for one snapshot of each active cluster is free (AWS, "Amazon ElastiCache FAQs", Backup and Restore).
    fn usage(&self, at: &mut At<'_>) {
        let kept = cohort::days(&self.kept);
        let cohorts = Cohorts::of(at.month, cohort::since(self.since, at.month, kept), Per::Day, cohort::steady);
        let daily = Tape::new()
            .times("GB of a snapshot", &self.daily_size)
            .rule(Step::Times, "days kept", cohorts.between(Age::ARRIVAL, Some(Age::days(kept))))
            .minus("one snapshot is free", &self.daily_size)
            .rule_of(Step::AtLeast, "nothing", 0);
        let manual = self.manual.as_ref().map(|m| m.older_than(0, at.month, Tape::new().times("GB of a snapshot", &self.daily_size)));
        for tape in [Some(daily), manual].into_iter().flatten() {
            at.record(CODE, "ElastiCache:BackupUsage", "CreateCacheSnapshot", Unit::GbMonths, tape);
        }
    }

    /// Daily snapshots are kept for 35 days at most (Amazon ElastiCache User Guide, "Scheduling automatic backups").
    fn check(&self, check: &mut Check<'_>) {
        let days = self.kept.value.days();
        if !days.is_integer() || days < Decimal::ONE || days > Decimal::from(35) {
            check.error(
                self.kept.at,
                format!("ElastiCache cannot keep daily snapshots for {} days", grouped(days)),
                "expected 1 to 35 whole days",
                "older ones belong in `manual`",
            );
        }
        if let Some(manual) = &self.manual {
            manual.check(check);
        }
    }
}

impl Service for Elasticache {
    const TYPE: &'static str = "elasticache";
    const METRICS: &'static [(&'static str, &'static str)] = &[(".shards", "DatabaseMemoryUsagePercentage (AWS/ElastiCache)")];
    const EXAMPLE: &'static str = "
type: elasticache
engine: redis
node: cache.r6g.large
shards: 2
replicas: 1
snapshots: {daily_size: 13 GB, kept: 7 days, since: 2026-01-01, manual: {every: month, kept: 30 days, since: 2026-01-01}}
global_datastore: 150 GB/month
";

    fn usage(&self, at: &mut At<'_>) {
        // A shard is its primary and its replicas.
        let nodes = match &self.replicas {
            Some(replicas) => Tape::new().times("replicas of a shard", replicas).rule_of(Step::Plus, "its primary", 1),
            None => Tape::new().rule_of(Step::Times, "primary of a shard", 1),
        };
        let hours = at.times_hours(self.shards(at, nodes));
        at.record(CODE, &format!("NodeUsage:{}", self.node), self.engine.operation(), Unit::Hours, hours);
        at.stock(CODE, "ElastiCache:BackupUsage", "CreateCacheSnapshot", Unit::GbMonths, "GB of snapshots", self.backup.as_ref());
        if let Some(snapshots) = &self.snapshots {
            snapshots.usage(at);
        }
        at.rate(CODE, "ElastiCache-Out-Bytes", "", Unit::Gb, "bytes to the other region", self.global_datastore.as_ref());
    }

    fn follows(&self) -> Option<Follows> {
        Some(Follows::Data(Box::new(self.filled()?.ok()?)))
    }

    fn check(&self, check: &mut Check<'_>) {
        for problem in self.filled().and_then(Result::err).into_iter().flatten() {
            check.error(problem.at, problem.message, problem.label, problem.help);
        }
        if !self.node.starts_with("cache.") {
            let help = format!("did you mean `cache.{}`?", self.node.trim_start_matches("db."));
            check.error(None, format!("`{}` is no class of cache nodes", self.node), "expected a class such as cache.r6g.large", help);
        }
        if let Some(snapshots) = &self.snapshots {
            snapshots.check(check);
            if let Some(backup) = &self.backup {
                check.error(
                    backup.at,
                    "the snapshots that are billed are stated, and follow from `snapshots`",
                    "said twice",
                    "leave one of the two out",
                );
            }
        }
        if let Some(replicas) = self.replicas.as_ref().filter(|r| r.value.0 > Decimal::from(5)) {
            check.error(replicas.at, format!("{} replicas in a shard", replicas.value), "ElastiCache has at most 5", "add shards instead");
        }
    }
}

impl Elasticache {
    /// Times the shards: as stated, or as many as data has filled.
    fn shards(&self, at: &At<'_>, nodes: Tape) -> Tape {
        let (Some(Ok(filled)), Some(scaling)) = (self.filled(), &self.shard_scaling) else { return nodes.times("shards", &self.shards) };
        let name = "shards that its data fills";
        let nodes = match at.capacity {
            Some(shards) => nodes.capacity(name, shards),
            None => nodes.rule_of(Step::Times, name, filled.likely(at.growth)),
        };
        nodes.noted(&format!("at first {} for {}", self.shards.value, scaling.data.value))
    }

    /// The rule by which shards are added, as numbers; nothing where none is.
    fn filled(&self) -> Option<Result<Filled, Vec<Problem>>> {
        let scaling = self.shard_scaling.as_ref()?;
        let shards = whole(&self.shards, "shards").map_err(|problem| vec![problem]);
        Some(scaling.ready().and_then(|rule| Ok(Filled { rule, shards: shards?, data: scaling.data.clone(), level: 1.0 })))
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
        let units = Tape::new().times_rate("processing units", &self.ecpus, &at.over);
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

    /// Seven daily snapshots of 13 GB, one of them free; by hand two a week, which are (2 ÷ 7) × 28 = 8 over 28 days.
    #[test]
    fn snapshots_are_kept_for_their_days_and_one_is_free() {
        check(
            "type: elasticache\nnode: cache.r6g.large\nshards: 1\nsnapshots: {daily_size: 13 GB, kept: 7 days, manual: {every: 2/week, kept: 28 days}}",
            "us-east-1",
            "2026-12",
            "NodeUsage:cache.r6g.large 744 hours primary of a shard 1 × shards 1 × hours in the month 744
             ElastiCache:BackupUsage    78 GB-months GB of a snapshot 13 GB × days kept 7 − one snapshot is free 13 GB at least nothing 0
             ElastiCache:BackupUsage   104 GB-months GB of a snapshot 13 GB × snapshots taken 2/week × days of them kept 28 ÷ days in a week 7",
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
