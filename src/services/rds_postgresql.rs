//! RDS for PostgreSQL: instances, gp3 storage, backups above the storage (AWS, "Amazon RDS for PostgreSQL Pricing").
//! A Multi-AZ instance has usage types of its own, for its hours and its storage.
//!
//! Not here: Aurora (`aurora_postgresql`), provisioned IOPS, and the retention of Database Insights.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::aurora_postgresql::abbreviated;
use super::{At, Check, Service};
use crate::quantity::{Count, Gb, Unit};
use crate::scenario::driver::Driver;
use crate::usage::{Step, Tape};

const CODE: &str = "AmazonRDS";
/// PostgreSQL among the engines of RDS.
pub const OPERATION: &str = "CreateDBInstance:0014";

/// RDS PostgreSQL instances of one class.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RdsPostgresql {
    /// The class, such as `db.t4g.medium`.
    pub class: String,
    /// With a standby in another zone.
    #[serde(default)]
    pub multi_az: bool,
    /// How many run.
    pub count: Driver<Count>,
    /// Storage of each, gp3.
    pub storage: Driver<Gb>,
    /// Backups in all, of every instance; free up to the provisioned storage.
    #[serde(default)]
    pub backup: Option<Driver<Gb>>,
}

impl Service for RdsPostgresql {
    const TYPE: &'static str = "rds-postgresql";
    const EXAMPLE: &'static str = "
type: rds-postgresql
class: db.t4g.medium
multi_az: true
count: 1
storage: 100 GB
backup: 250 GB
";

    fn usage(&self, at: &mut At<'_>) {
        let (instance, volume) =
            if self.multi_az { ("Multi-AZUsage", "RDS:Multi-AZ-GP3-Storage") } else { ("InstanceUsage", "RDS:GP3-Storage") };
        let hours = at.hours().times("instances", &self.count);
        at.record(CODE, &format!("{instance}:{}", abbreviated(&self.class)), OPERATION, Unit::Hours, hours);
        let provisioned = Tape::new().times("GB of storage", &self.storage).times("instances", &self.count);
        at.record(CODE, volume, OPERATION, Unit::GbMonths, provisioned.clone());
        // Amazon RDS User Guide, "Managing automated backups": free up to all provisioned storage of the region.
        if let Some(backup) = &self.backup {
            let tape = Tape::new().times("GB of backups", backup).with(Step::Minus, "free up to the storage", provisioned).rule_of(
                Step::AtLeast,
                "nothing",
                0,
            );
            at.record(CODE, "RDS:ChargedBackupUsage", OPERATION, Unit::GbMonths, tape);
        }
    }

    fn check(&self, check: &mut Check<'_>) {
        if !self.class.starts_with("db.") {
            let help = format!("did you mean `db.{}`?", self.class);
            check.error(
                None,
                format!("`{}` is no class of database instances", self.class),
                "expected a class such as db.t4g.medium",
                help,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::check;

    #[test]
    fn backups_are_free_up_to_the_storage() {
        check(
            "type: rds-postgresql\nclass: db.m7g.xlarge\ncount: 2\nstorage: 100 GB\nbackup: 250 GB",
            "us-east-1",
            "2026-11",
            "InstanceUsage:db.m7g.xl 1440 hours hours in the month 720 × instances 2
             RDS:GP3-Storage          200 GB-months GB of storage 100 GB × instances 2
             RDS:ChargedBackupUsage    50 GB-months GB of backups 250 GB − free up to the storage 200 at least nothing 0",
        );
    }

    #[test]
    fn multi_az_has_usage_types_of_its_own() {
        check(
            "type: rds-postgresql\nclass: db.t4g.medium\nmulti_az: true\ncount: 1\nstorage: 20 GB\nbackup: 10 GB",
            "us-east-1",
            "2026-12",
            "Multi-AZUsage:db.t4g.medium 744 hours hours in the month 744 × instances 1
             RDS:Multi-AZ-GP3-Storage     20 GB-months GB of storage 20 GB × instances 1",
        );
    }
}
