//! EBS: volumes by provisioned size and snapshots by what they keep (AWS, "Amazon EBS pricing"). gp3 has 3,000 IOPS and
//! 125 MiB/s for nothing; what is above is billed apart.
//!
//! Not here: IOPS of io1 and io2, and fast snapshot restore.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{Count, Gb, Unit};
use crate::scenario::driver::Driver;
use crate::usage::{Step, Tape};

const CODE: &str = "AmazonEC2";
/// IOPS that every gp3 volume has.
const FREE_IOPS: u32 = 3_000;
/// MiB/s that every gp3 volume has.
const FREE_THROUGHPUT: u32 = 125;

/// Kinds of volumes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VolumeKind {
    /// General purpose SSD.
    Gp3,
    /// General purpose SSD, the older.
    Gp2,
    /// Provisioned IOPS SSD.
    Io1,
    /// Provisioned IOPS SSD, the newer.
    Io2,
    /// Throughput HDD.
    St1,
    /// Cold HDD.
    Sc1,
}

/// EBS volumes of one kind and size.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EbsVolume {
    /// The kind.
    pub kind: VolumeKind,
    /// How many there are.
    pub count: Driver<Count>,
    /// The size of each.
    pub size: Driver<Gb>,
    /// IOPS of each, gp3 only; the first 3,000 cost nothing.
    #[serde(default)]
    pub iops: Option<Driver<Count>>,
    /// MiB/s of each, gp3 only; the first 125 cost nothing.
    #[serde(default)]
    pub throughput: Option<Driver<Count>>,
}

impl Service for EbsVolume {
    const TYPE: &'static str = "ebs-volume";
    const EXAMPLE: &'static str = "
type: ebs-volume
kind: gp3
count: 2
size: 100 GB
iops: 4,000
throughput: 250
";

    fn usage(&self, at: &mut At<'_>) {
        let kind = match self.kind {
            VolumeKind::Gp3 => "EBS:VolumeUsage.gp3",
            VolumeKind::Gp2 => "EBS:VolumeUsage.gp2",
            VolumeKind::Io1 => "EBS:VolumeUsage.piops",
            VolumeKind::Io2 => "EBS:VolumeUsage.io2",
            VolumeKind::St1 => "EBS:VolumeUsage.st1",
            VolumeKind::Sc1 => "EBS:VolumeUsage.sc1",
        };
        let size = Tape::new().times("GB a volume", &self.size).times("volumes", &self.count);
        at.record(CODE, kind, "CreateVolume", Unit::GbMonths, size);
        let above = |name, driver: &Driver<Count>, free| {
            Tape::new()
                .times(name, driver)
                .rule_of(Step::Minus, "free with every volume", free)
                .rule_of(Step::AtLeast, "nothing", 0)
                .times("volumes", &self.count)
        };
        if let Some(iops) = &self.iops {
            at.record(CODE, "EBS:VolumeP-IOPS.gp3", "", Unit::Months, above("IOPS a volume", iops, FREE_IOPS));
        }
        if let Some(throughput) = &self.throughput {
            at.record(CODE, "EBS:VolumeP-Throughput.gp3", "", Unit::Months, above("MiB/s a volume", throughput, FREE_THROUGHPUT));
        }
    }

    fn check(&self, check: &mut Check<'_>) {
        for (what, driver) in [("IOPS", &self.iops), ("throughput", &self.throughput)] {
            if let Some(driver) = driver.as_ref().filter(|d| self.kind != VolumeKind::Gp3 && d.value.0 > Decimal::ZERO) {
                check.error(
                    driver.at,
                    format!("{what} of this kind of volume are not priced"),
                    "only gp3",
                    "leave it out, or take `kind: gp3`",
                );
            }
        }
    }
}

/// EBS snapshots: what they keep, not the size of the volumes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EbsSnapshots {
    /// In the standard tier: changed blocks, on average over the month.
    pub stored: Driver<Gb>,
    /// In the archive tier: whole volumes.
    #[serde(default)]
    pub archived: Option<Driver<Gb>>,
}

impl Service for EbsSnapshots {
    const TYPE: &'static str = "ebs-snapshots";
    const EXAMPLE: &'static str = "
type: ebs-snapshots
stored: 300 GB
archived: 1 TB
";

    fn usage(&self, at: &mut At<'_>) {
        at.stock(CODE, "EBS:SnapshotUsage", "CreateSnapshot", Unit::GbMonths, "GB of snapshots", Some(&self.stored));
        at.stock(CODE, "EBS:SnapshotArchiveStorage", "", Unit::GbMonths, "GB of archived snapshots", self.archived.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::check;

    /// (4,000 − 3,000) × 2 IOPS and (250 − 125) × 2 MiB/s.
    #[test]
    fn gp3_pays_for_what_is_above_its_baseline() {
        check(
            "type: ebs-volume\nkind: gp3\ncount: 2\nsize: 100 GB\niops: 4,000\nthroughput: 250",
            "us-east-1",
            "2026-12",
            "EBS:VolumeUsage.gp3         200 GB-months GB a volume 100 GB × volumes 2
             EBS:VolumeP-IOPS.gp3       2000 months IOPS a volume 4,000 − free with every volume 3,000 at least nothing 0 × volumes 2
             EBS:VolumeP-Throughput.gp3  250 months MiB/s a volume 250 − free with every volume 125 at least nothing 0 × volumes 2",
        );
    }

    #[test]
    fn snapshots_are_billed_by_what_they_keep() {
        check("type: ebs-snapshots\nstored: 300 GB", "us-east-1", "2026-12", "EBS:SnapshotUsage 300 GB-months GB of snapshots 300 GB");
    }
}
