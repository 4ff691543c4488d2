//! Aurora PostgreSQL: instances or serverless capacity, storage, I/O, backups (AWS, "Amazon Aurora Pricing"). I/O-Optimized
//! asks more for instances, capacity and storage and nothing for I/O; it has usage types of its own.
//!
//! Performance Insights ended in July 2026; Database Insights Standard keeps its prices for what is kept beyond 7 days.
//!
//! Not here: Database Insights Advanced; backups by AWS Backup (`aws_backup`); transfer of a Global Database to another region
//! (`data_transfer`). Replication between the zones of a cluster costs nothing.

mod backup;
mod capacity;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::backup::Backup;
use super::cohort::Since;
use super::manual_snapshots::ManualSnapshots;
use super::{At, Check, Service};
use crate::quantity::{Count, CountRate, Gb, GbRate, Seconds, Share, Unit, grouped};
use crate::scaling::replicas::ReaderScaling;
use crate::scenario::driver::Driver;
use crate::simulation::month::Follows;

const CODE: &str = "AmazonRDS";
/// Aurora PostgreSQL among the engines of RDS.
pub const OPERATION: &str = "CreateDBInstance:0021";

/// What the cluster asks for: I/O by the request, or within higher prices.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Configuration {
    /// Aurora Standard: every I/O request is billed.
    #[default]
    Standard,
    /// Aurora I/O-Optimized: I/O requests cost nothing.
    IoOptimized,
}

/// What an instance does in its cluster.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Reads and writes; a cluster has one, a replica cluster none.
    Writer,
    /// Only reads.
    Reader,
}

/// Instances of one size.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Instance {
    /// What they do.
    pub role: Role,
    /// Their size, such as `db.r6g.large`.
    pub class: String,
    /// How many run; 1 where nothing is stated.
    #[serde(default)]
    pub count: Option<Driver<Count>>,
}

/// Serverless v2 instances.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Serverless {
    /// How many run, writer and readers.
    pub instances: Driver<Count>,
    /// The least capacity of an instance, in ACUs, by halves.
    pub min: Driver<Count>,
    /// The most capacity of an instance, in ACUs, by halves.
    pub max: Driver<Count>,
    /// ACUs of an instance on average over the hours in which it is on. Where it is not stated it follows from `demand`; where
    /// both are there, what is stated holds.
    #[serde(default)]
    pub average: Option<Driver<Count>>,
    /// How long an instance is without load until it pauses; needs `min: 0`.
    #[serde(default)]
    pub pause_after: Option<Driver<Seconds>>,
    /// Promotion tiers of the readers, 0 to 15; 1 where nothing is stated. Readers of tiers 0 and 1 are never smaller than the
    /// writer.
    #[serde(default)]
    pub reader_tiers: Vec<Driver<Count>>,
}

/// The requests that a cluster answers.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Queries {
    /// Routes of the workload; all of them where none is named.
    #[serde(default)]
    pub routes: Vec<String>,
    /// What one request asks of the database.
    pub per_request: Work,
    /// The part of that which readers take, all of them alike; none where nothing is stated.
    #[serde(default)]
    pub reads: Option<Driver<Share>>,
}

/// What a request asks of a database, in the measure of what scales.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Work {
    /// vCPU-seconds, where the number of readers scales.
    #[serde(default)]
    pub cpu: Option<Driver<Seconds>>,
    /// ACU-seconds, where serverless capacity scales.
    #[serde(default)]
    pub acu: Option<Driver<Seconds>>,
}

/// What Database Insights keeps beyond the 7 days that are free.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DatabaseInsights {
    /// The family of the instances, such as `db.t3`: the price is by family.
    pub family: String,
    /// vCPUs of the instances whose counters are kept.
    pub vcpus: Driver<Count>,
    /// Requests of its API; the first million of a month is free.
    #[serde(default)]
    pub requests: Option<Driver<CountRate>>,
}

/// An Aurora PostgreSQL cluster.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AuroraPostgresql {
    /// How I/O is paid.
    #[serde(default)]
    pub configuration: Configuration,
    /// Provisioned instances.
    #[serde(default)]
    pub instances: Vec<Instance>,
    /// True for data on which nothing runs: the secondary of a Global Database without instances, or snapshots alone.
    #[serde(default)]
    pub headless: bool,
    /// Serverless v2 instances, alone or beside provisioned ones.
    #[serde(default)]
    pub serverless: Option<Serverless>,
    /// The requests that it answers.
    #[serde(default)]
    pub demand: Option<Queries>,
    /// How the number of provisioned readers follows them; those that are stated are never removed.
    #[serde(default)]
    pub reader_scaling: Option<ReaderScaling>,
    /// The cluster volume, on average over the month; with `storage_growth` on its first day. It stays when the instances are off.
    #[serde(default)]
    pub storage: Option<Driver<Gb>>,
    /// By how much the volume grows, evenly since the day of `since`.
    #[serde(default)]
    pub storage_growth: Option<Driver<GbRate>>,
    /// The first day on which the volume grows.
    #[serde(default)]
    pub since: Option<Since>,
    /// Read and write I/O requests to storage. Metered and free in I/O-Optimized.
    #[serde(default)]
    pub io: Option<Driver<CountRate>>,
    /// Automated backups.
    #[serde(default)]
    pub backup: Option<Backup>,
    /// Manual snapshots older than the retention, all together and each at its full size.
    #[serde(default)]
    pub snapshots: Option<Driver<Gb>>,
    /// Manual snapshots by their pace: those past the retention, each at the size that the volume had, instead of `snapshots`.
    #[serde(default)]
    pub manual_snapshots: Option<ManualSnapshots>,
    /// CPU credits beyond those earned, in vCPU-hours; only of burstable classes (t3, t4g).
    #[serde(default)]
    pub cpu_credits: Option<Driver<CountRate>>,
    /// Writes that a Global Database replicates to its secondary regions.
    #[serde(default)]
    pub replicated_writes: Option<Driver<CountRate>>,
    /// Bytes of snapshots exported to S3, at the snapshots' full size.
    #[serde(default)]
    pub snapshot_export: Option<Driver<GbRate>>,
    /// Database Insights with long retention.
    #[serde(default)]
    pub database_insights: Option<DatabaseInsights>,
    /// vCPUs that run a version past its standard support, in its first two years there.
    #[serde(default)]
    pub extended_support: Option<Driver<Count>>,
}

impl Service for AuroraPostgresql {
    const TYPE: &'static str = "aurora-postgresql";
    const METRICS: &'static [(&'static str, &'static str)] = &[
        (".io", "VolumeReadIOPs and VolumeWriteIOPs (AWS/RDS)"),
        (".storage", "VolumeBytesUsed (AWS/RDS)"),
        (".serverless.average", "ServerlessDatabaseCapacity (AWS/RDS)"),
        (".backup", "BackupRetentionPeriodStorageUsed (AWS/RDS)"),
        (".snapshots", "SnapshotStorageUsed (AWS/RDS)"),
    ];
    const EXAMPLE: &'static str = "
type: aurora-postgresql
configuration: standard
instances: [{role: writer, class: db.r6g.xlarge}, {role: reader, class: db.t3.medium, count: 2}]
serverless: {instances: 1, min: 0.5, max: 8, average: 1.5}
storage: 500 GB
storage_growth: 20 GB/month
since: 2026-01-01
io: 2 B requests/month
backup: {retention: 35 days, daily_changes: 40 GB, since: 2026-01-01}
manual_snapshots: {every: month, kept: 90 days, since: 2026-01-01}
cpu_credits: 20/month
replicated_writes: 100 M/month
snapshot_export: 500 GB/month
extended_support: 4
database_insights: {family: db.t3, vcpus: 4, requests: 2 M/month}
";

    fn usage(&self, at: &mut At<'_>) {
        self.compute(at);
        let standard = self.configuration == Configuration::Standard;
        let volume = if standard { "Aurora:StorageUsage" } else { "Aurora:IO-OptimizedStorageUsage" };
        if let Some(tape) = self.volume(at.month) {
            at.record(CODE, volume, "", Unit::GbMonths, tape);
        }
        if standard {
            at.rate(CODE, "Aurora:StorageIOUsage", "", Unit::Count, "I/O requests", self.io.as_ref());
        }
        self.backups(at);
        if let (Some(credits), Some(family)) = (&self.cpu_credits, self.burstable()) {
            at.rate(CODE, &format!("CPUCredits:{family}"), "", Unit::Hours, "vCPU-hours beyond the earned credits", Some(credits));
        }
        at.rate(CODE, "Aurora:ReplicatedWriteIO", "", Unit::Count, "writes replicated to other regions", self.replicated_writes.as_ref());
        if let Some(insights) = &self.database_insights {
            let family = insights.family.trim_start_matches("db.").to_uppercase();
            at.stock(CODE, &format!("PI_LTR:{family}"), "", Unit::Months, "vCPUs with long retention", Some(&insights.vcpus));
            at.rate(CODE, "PI_API", "", Unit::Count, "requests to Database Insights", insights.requests.as_ref());
        }
        at.rate(CODE, "Aurora:SnapshotExportToS3", "", Unit::Gb, "snapshots exported to S3", self.snapshot_export.as_ref());
        if let Some(vcpus) = &self.extended_support {
            let tape = at.hours().times("vCPUs in extended support", vcpus);
            at.record(CODE, "ExtendedSupport:Yr1-Yr2:AuroraPostgreSQL", "", Unit::Hours, tape);
        }
    }

    fn follows(&self) -> Option<Follows> {
        self.scaled()?.ok()
    }

    fn check(&self, check: &mut Check<'_>) {
        let runs = !self.instances.is_empty() || self.serverless.is_some();
        if !runs && !self.headless {
            let help = "state `instances`, or `serverless`; `headless: true` for data alone";
            check.error(None, "this cluster has nothing to run on", "no instances", help);
        }
        if runs && self.headless {
            check.error(None, "a cluster without instances has some", "`headless` is true", "leave `headless` out, or the instances");
        }
        self.check_instances(check);
        self.check_capacity(check);
        self.check_backup(check);
        if let (Some(credits), None) = (&self.cpu_credits, self.burstable()) {
            check.error(credits.at, "CPU credits without a burstable instance", "no class is db.t3 or db.t4g", "leave `cpu_credits` out");
        }
    }
}

impl AuroraPostgresql {
    /// The family under which CPU credits are billed.
    fn burstable(&self) -> Option<&'static str> {
        ["db.t3", "db.t4g"].into_iter().find(|family| {
            let prefix = format!("{family}.");
            self.instances.iter().any(|i| i.class.starts_with(&prefix))
        })
    }

    fn check_instances(&self, check: &mut Check<'_>) {
        for instance in &self.instances {
            if !instance.class.starts_with("db.") {
                check.error(
                    instance.count.as_ref().and_then(|c| c.at),
                    format!("`{}` is no class of database instances", instance.class),
                    "expected a class such as db.r6g.large",
                    format!("did you mean `db.{}`?", instance.class),
                );
            }
        }
        let mut writers = self.instances.iter().filter(|i| i.role == Role::Writer);
        let number: Decimal = writers.clone().map(|i| i.count.as_ref().map_or(Decimal::ONE, |c| c.value.0)).sum();
        if number > Decimal::ONE {
            let at = writers.next_back().and_then(|i| i.count.as_ref()).and_then(|c| c.at);
            check.error(at, format!("{} writers in one cluster", grouped(number)), "Aurora has one writer", "make the others readers");
        }
    }
}

/// A class as usage types write it: `db.r6g.2xlarge` is `db.r6g.2xl`, `large` stays.
pub(super) fn abbreviated(class: &str) -> String {
    class.strip_suffix("xlarge").map_or_else(|| class.to_owned(), |size| format!("{size}xl"))
}

#[cfg(test)]
mod tests {
    use crate::services::testing::check;

    #[test]
    fn io_optimized_has_usage_types_of_its_own_and_no_io() {
        check(
            "type: aurora-postgresql
configuration: io-optimized
instances: [{role: writer, class: db.r6g.2xlarge}, {role: reader, class: db.r6g.xlarge, count: 2}]
serverless: {instances: 2, min: 0.5, max: 4, average: 1.5}
storage: 1 TB
io: 2 B requests/month",
            "us-east-1",
            "2026-12",
            "InstanceUsageIOOptimized:db.r6g.2xl   744 hours     hours in the month 744 × writers 1
             InstanceUsageIOOptimized:db.r6g.xl   1488 hours     hours in the month 744 × readers 2
             Aurora:ServerlessV2IOOptimizedUsage  2232 hours     hours in the month 744 × serverless instances 2 × ACUs on average 1.5
             Aurora:IO-OptimizedStorageUsage      1024 GB-months GB in the cluster volume 1,024 GB",
        );
    }

    /// 10 requests a second are 10 × 3,600 × 720 = 25,920,000 in November.
    #[test]
    fn a_replica_cluster_without_writer_pays_its_io_and_replicated_writes() {
        check(
            "type: aurora-postgresql
instances: [{role: reader, class: db.t4g.medium}]
io: 10/s
cpu_credits: 5/month
replicated_writes: 30 M/month
snapshot_export: 40 GB/month
extended_support: 2",
            "us-east-1",
            "2026-11",
            "InstanceUsage:db.t4g.medium                  720 hours hours in the month 720 × readers 1
             Aurora:StorageIOUsage                   25920000 count I/O requests 10/s × hours in the month 720 × in an hour 3,600
             CPUCredits:db.t4g                              5 hours vCPU-hours beyond the earned credits 5/month
             Aurora:ReplicatedWriteIO                30000000 count writes replicated to other regions 30,000,000/month
             Aurora:SnapshotExportToS3                     40 GB    snapshots exported to S3 40 GB/month
             ExtendedSupport:Yr1-Yr2:AuroraPostgreSQL    1440 hours hours in the month 720 × vCPUs in extended support 2",
        );
    }

    #[test]
    fn database_insights_is_billed_by_vcpu_beyond_seven_days() {
        check(
            "type: aurora-postgresql
instances: [{role: writer, class: db.t3.large}]
database_insights: {family: db.t3, vcpus: 2, requests: 3 M/month}",
            "us-east-1",
            "2026-12",
            "InstanceUsage:db.t3.large     744 hours  hours in the month 744 × writers 1
             PI_LTR:T3                       2 months vCPUs with long retention 2
             PI_API                    3000000 count  requests to Database Insights 3,000,000/month",
        );
    }

    #[test]
    #[should_panic(expected = "2 writers in one cluster")]
    fn a_second_writer_is_refused() {
        check("type: aurora-postgresql\ninstances: [{role: writer, class: db.r6g.large, count: 2}]", "us-east-1", "2026-11", "");
    }

    #[test]
    #[should_panic(expected = "nothing to run on")]
    fn a_cluster_without_instances_is_refused() {
        check("type: aurora-postgresql\nstorage: 10 GB", "us-east-1", "2026-11", "");
    }

    #[test]
    fn data_without_instances_is_billed_by_what_it_keeps() {
        check(
            "type: aurora-postgresql\nheadless: true\nstorage: 100 GB\nsnapshots: 200 GB",
            "us-west-2",
            "2026-11",
            "USW2-Aurora:StorageUsage 100 GB-months GB in the cluster volume 100 GB
             USW2-Aurora:BackupUsage  200 GB-months manual snapshots past the retention 200 GB",
        );
    }

    #[test]
    #[should_panic(expected = "a cluster without instances has some")]
    fn headless_with_instances_is_refused() {
        check("type: aurora-postgresql\nheadless: true\ninstances: [{role: reader, class: db.r6g.large}]", "us-east-1", "2026-11", "");
    }

    #[test]
    #[should_panic(expected = "9 ACUs on average lie outside 0.5 to 8")]
    fn an_average_outside_the_capacity_is_refused() {
        check("type: aurora-postgresql\nserverless: {instances: 1, min: 0.5, max: 8, average: 9}", "us-east-1", "2026-11", "");
    }
}
