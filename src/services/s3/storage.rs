//! What lies in a bucket as somebody states it: bytes by storage class, on average over the month, and archived objects with
//! their overhead; and what rules move, where nobody states the rules (`lifecycle`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::class::{CODE, Class, DEEP_ARCHIVE, GLACIER_FLEXIBLE, GLACIER_INSTANT, ONE_ZONE_IA, STANDARD, STANDARD_IA};
use crate::quantity::{Count, CountRate, Gb, Unit};
use crate::scenario::driver::Driver;
use crate::services::At;
use crate::usage::{Step, Tape};

/// KB in a GB: AWS states what it adds to an object in KB.
pub(super) const KB_IN_GB: u32 = 1_048_576;

/// Bytes at rest by storage class, on average over the month.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Storage {
    /// S3 Standard.
    #[serde(default)]
    pub standard: Option<Driver<Gb>>,
    /// S3 Standard-IA.
    #[serde(default)]
    pub standard_ia: Option<Driver<Gb>>,
    /// S3 One Zone-IA.
    #[serde(default)]
    pub one_zone_ia: Option<Driver<Gb>>,
    /// S3 Glacier Instant Retrieval.
    #[serde(default)]
    pub glacier_instant: Option<Driver<Gb>>,
    /// S3 Glacier Flexible Retrieval.
    #[serde(default)]
    pub glacier_flexible: Option<Driver<Gb>>,
    /// S3 Glacier Deep Archive.
    #[serde(default)]
    pub deep_archive: Option<Driver<Gb>>,
    /// S3 Intelligent-Tiering.
    #[serde(default)]
    pub intelligent: Option<Intelligent>,
}

/// Bytes in the tiers of Intelligent-Tiering.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Intelligent {
    /// Frequent access.
    #[serde(default)]
    pub frequent: Option<Driver<Gb>>,
    /// Infrequent access: not read for 30 days.
    #[serde(default)]
    pub infrequent: Option<Driver<Gb>>,
    /// Archive instant access: not read for 90 days.
    #[serde(default)]
    pub archive_instant: Option<Driver<Gb>>,
    /// Archive access, where it is switched on.
    #[serde(default)]
    pub archive: Option<Driver<Gb>>,
    /// Deep archive access, where it is switched on.
    #[serde(default)]
    pub deep_archive: Option<Driver<Gb>>,
    /// Objects of 128 KB and more, which are watched.
    #[serde(default)]
    pub objects: Option<Driver<Count>>,
}

/// Objects in the archive classes, each with its overhead.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Archived {
    /// In Glacier Flexible Retrieval.
    #[serde(default)]
    pub glacier_flexible: Option<Driver<Count>>,
    /// In Deep Archive.
    #[serde(default)]
    pub deep_archive: Option<Driver<Count>>,
}

/// Objects that lifecycle rules move, by the class they move to. By default AWS moves no object below 128 KB.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Transitions {
    /// To Standard-IA.
    #[serde(default)]
    pub standard_ia: Option<Driver<CountRate>>,
    /// To One Zone-IA.
    #[serde(default)]
    pub one_zone_ia: Option<Driver<CountRate>>,
    /// To Intelligent-Tiering.
    #[serde(default)]
    pub intelligent: Option<Driver<CountRate>>,
    /// To Glacier Instant Retrieval.
    #[serde(default)]
    pub glacier_instant: Option<Driver<CountRate>>,
    /// To Glacier Flexible Retrieval.
    #[serde(default)]
    pub glacier_flexible: Option<Driver<CountRate>>,
    /// To Deep Archive.
    #[serde(default)]
    pub deep_archive: Option<Driver<CountRate>>,
}

impl Storage {
    pub(super) fn usage(&self, at: &mut At<'_>) {
        let classes = [
            (&STANDARD, &self.standard),
            (&STANDARD_IA, &self.standard_ia),
            (&ONE_ZONE_IA, &self.one_zone_ia),
            (&GLACIER_INSTANT, &self.glacier_instant),
            (&GLACIER_FLEXIBLE, &self.glacier_flexible),
            (&DEEP_ARCHIVE, &self.deep_archive),
        ];
        for (class, gb) in classes {
            at.stock(class.code, class.stored, class.operation, Unit::GbMonths, "GB stored", gb.as_ref());
        }
        if let Some(tiers) = &self.intelligent {
            tiers.usage(at);
        }
    }
}

impl Intelligent {
    fn usage(&self, at: &mut At<'_>) {
        let mut stored =
            |base, operation, gb: &Option<Driver<Gb>>| at.stock(CODE, base, operation, Unit::GbMonths, "GB stored", gb.as_ref());
        stored("TimedStorage-INT-FA-ByteHrs", "IntelligentTieringFAStorage", &self.frequent);
        stored("TimedStorage-INT-IA-ByteHrs", "IntelligentTieringIAStorage", &self.infrequent);
        stored("TimedStorage-INT-AIA-ByteHrs", "IntelligentTieringAIAStorage", &self.archive_instant);
        stored("TimedStorage-INT-AA-ByteHrs", "IntelligentTieringAAStorage", &self.archive);
        stored("TimedStorage-INT-DAA-ByteHrs", "IntelligentTieringDAAStorage", &self.deep_archive);
        at.stock(CODE, "Monitoring-Automation-INT", "", Unit::Count, "objects watched", self.objects.as_ref());
    }
}

impl Archived {
    pub(super) fn usage(&self, at: &mut At<'_>) {
        for (class, objects) in [(&GLACIER_FLEXIBLE, &self.glacier_flexible), (&DEEP_ARCHIVE, &self.deep_archive)] {
            if let Some(objects) = objects {
                overhead(class, &Tape::new().times("archived objects", objects), at);
            }
        }
    }
}

/// 8 KB of Standard and 32 KB of the archive's own class for every object (AWS, "Amazon S3 pricing", notes on the archive classes).
pub(super) fn overhead(class: &Class, objects: &Tape, at: &mut At<'_>) {
    for (class, kb) in [(&STANDARD, 8), (class, 32)] {
        let tape = objects.clone().rule_of(Step::Times, "KB of overhead each", kb).rule_of(Step::Over, "KB in a GB", KB_IN_GB);
        at.record(class.code, class.stored, class.operation, Unit::GbMonths, tape);
    }
}

impl Transitions {
    /// What is stated to move to each class.
    fn stated(&self) -> [(&'static Class, &Option<Driver<CountRate>>); 5] {
        [
            (&STANDARD_IA, &self.standard_ia),
            (&ONE_ZONE_IA, &self.one_zone_ia),
            (&GLACIER_INSTANT, &self.glacier_instant),
            (&GLACIER_FLEXIBLE, &self.glacier_flexible),
            (&DEEP_ARCHIVE, &self.deep_archive),
        ]
    }

    /// What is stated to move to one class.
    pub(super) fn to(&self, class: &Class) -> Option<&Driver<CountRate>> {
        self.stated().into_iter().find(|(to, _)| to.name == class.name).and_then(|(_, objects)| objects.as_ref())
    }

    /// Every object moved is a request, by the class it moves to.
    pub(super) fn usage(&self, at: &mut At<'_>) {
        for (class, objects) in self.stated() {
            at.rate(CODE, class.moved, class.move_operation, Unit::Count, "objects moved", objects.as_ref());
        }
        at.rate(CODE, "Requests-Tier4", "S3-INTTransition", Unit::Count, "objects moved", self.intelligent.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::check;

    /// 1,048,576 objects × 8 KB = 8 GB of Standard, × 32 KB = 32 GB of Glacier.
    #[test]
    fn archived_objects_add_8_kb_of_standard_and_32_kb_of_their_class() {
        check(
            "type: s3-bucket\narchived_objects: {glacier_flexible: 1048576}",
            "us-east-1",
            "2026-12",
            "TimedStorage-ByteHrs         8 GB-months archived objects 1,048,576 × KB of overhead each 8 ÷ KB in a GB 1,048,576
             TimedStorage-GlacierByteHrs 32 GB-months archived objects 1,048,576 × KB of overhead each 32 ÷ KB in a GB 1,048,576",
        );
    }
}
