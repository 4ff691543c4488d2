//! AWS Backup: what its vaults keep warm (AWS, "AWS Backup pricing"). Backups of Aurora stay on Aurora's own usage types.
//!
//! Not here: cold storage, restores, copies to other regions (`data_transfer`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{Gb, Unit};
use crate::scenario::driver::Driver;

const CODE: &str = "AWSBackup";

/// Recovery points in a backup vault.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AwsBackup {
    /// Of EBS volumes.
    #[serde(default)]
    pub ebs: Option<Driver<Gb>>,
    /// Of S3 buckets.
    #[serde(default)]
    pub s3: Option<Driver<Gb>>,
}

impl Service for AwsBackup {
    const TYPE: &'static str = "aws-backup";
    const EXAMPLE: &'static str = "
type: aws-backup
ebs: 200 GB
s3: 500 GB
";

    fn usage(&self, at: &mut At<'_>) {
        at.stock(CODE, "WarmStorage-ByteHrs-EBS", "", Unit::GbMonths, "GB of EBS backups", self.ebs.as_ref());
        at.stock(CODE, "WarmStorage-ByteHrs-S3", "", Unit::GbMonths, "GB of S3 backups", self.s3.as_ref());
    }

    fn check(&self, check: &mut Check<'_>) {
        if self.ebs.is_none() && self.s3.is_none() {
            check.error(None, "this vault keeps nothing", "state `ebs` or `s3`", "`ebs: 100 GB`");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::check;

    #[test]
    fn a_vault_is_billed_by_what_it_keeps() {
        check(
            "type: aws-backup\nebs: 200 GB\ns3: 500 GB",
            "us-east-1",
            "2026-12",
            "WarmStorage-ByteHrs-EBS 200 GB-months GB of EBS backups 200 GB
             WarmStorage-ByteHrs-S3  500 GB-months GB of S3 backups 500 GB",
        );
    }
}
