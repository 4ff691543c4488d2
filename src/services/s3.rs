//! S3: storage by class, requests, retrievals, transitions, replication (AWS, "Amazon S3 pricing"). Glacier Flexible Retrieval
//! and Deep Archive add 8 KB of Standard and 32 KB of their own class for every object; Intelligent-Tiering watches objects of
//! 128 KB and more for a fee each. Deep Archive is billed under a service code of its own.
//!
//! Not here: bytes to the internet (`data_transfer`), minimum sizes and early deletion (state the bytes that are billed), S3
//! Select, and Replication Time Control, for which the book has no row by destination.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::data_transfer::between_regions;
use super::{At, Check, Service};
use crate::quantity::{Count, CountRate, Gb, GbRate, Unit};
use crate::scenario::driver::Driver;
use crate::usage::{Step, Tape};

const CODE: &str = "AmazonS3";
const DEEP: &str = "AmazonS3GlacierDeepArchive";
/// Under which the price list keeps retrievals from Glacier Flexible Retrieval.
const GLACIER: &str = "AmazonGlacier";
/// KB in a GB: overhead of archived objects is stated in KB.
const KB_IN_GB: u32 = 1_048_576;

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

/// Requests to one storage class.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct ClassRequests {
    /// PUT, COPY, POST, LIST.
    #[serde(default)]
    pub writes: Option<Driver<CountRate>>,
    /// GET and all others.
    #[serde(default)]
    pub reads: Option<Driver<CountRate>>,
}

/// Requests by storage class.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Requests {
    /// To S3 Standard.
    #[serde(default)]
    pub standard: ClassRequests,
    /// To Standard-IA.
    #[serde(default)]
    pub standard_ia: ClassRequests,
    /// To One Zone-IA.
    #[serde(default)]
    pub one_zone_ia: ClassRequests,
    /// To Glacier Instant Retrieval.
    #[serde(default)]
    pub glacier_instant: ClassRequests,
    /// To Intelligent-Tiering.
    #[serde(default)]
    pub intelligent: ClassRequests,
    /// Writes to Glacier Flexible Retrieval.
    #[serde(default)]
    pub glacier_flexible_writes: Option<Driver<CountRate>>,
    /// Writes to Deep Archive.
    #[serde(default)]
    pub deep_archive_writes: Option<Driver<CountRate>>,
}

/// Bytes taken out of classes that charge for it, and restore requests.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Retrieval {
    /// From Standard-IA.
    #[serde(default)]
    pub standard_ia: Option<Driver<GbRate>>,
    /// From One Zone-IA.
    #[serde(default)]
    pub one_zone_ia: Option<Driver<GbRate>>,
    /// From Glacier Instant Retrieval.
    #[serde(default)]
    pub glacier_instant: Option<Driver<GbRate>>,
    /// From Glacier Flexible Retrieval, standard.
    #[serde(default)]
    pub glacier_flexible: Option<Driver<GbRate>>,
    /// From Deep Archive, standard.
    #[serde(default)]
    pub deep_archive: Option<Driver<GbRate>>,
    /// Restore requests to Glacier Flexible Retrieval, standard.
    #[serde(default)]
    pub glacier_flexible_restores: Option<Driver<CountRate>>,
    /// Restore requests to Deep Archive, standard.
    #[serde(default)]
    pub deep_archive_restores: Option<Driver<CountRate>>,
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

/// Copies to a bucket elsewhere.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Replication {
    /// The region of the other bucket. Its storage is a resource there.
    pub to: String,
    /// Objects copied: a PUT each, billed in the other region.
    pub objects: Driver<CountRate>,
    /// Bytes copied.
    pub data: Driver<GbRate>,
}

/// An S3 bucket.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct S3Bucket {
    /// Bytes at rest.
    #[serde(default)]
    pub storage: Storage,
    /// Objects in the archive classes.
    #[serde(default)]
    pub archived_objects: Archived,
    /// Requests.
    #[serde(default)]
    pub requests: Requests,
    /// Retrievals.
    #[serde(default)]
    pub retrieval: Retrieval,
    /// Lifecycle transitions.
    #[serde(default)]
    pub transitions: Transitions,
    /// Replication.
    #[serde(default)]
    pub replication: Option<Replication>,
    /// Objects listed by S3 Inventory.
    #[serde(default)]
    pub inventory: Option<Driver<CountRate>>,
}

impl Service for S3Bucket {
    const TYPE: &'static str = "s3-bucket";
    const EXAMPLE: &'static str = "
type: s3-bucket
storage:
  standard: 3 TB
  standard_ia: 1 TB
  one_zone_ia: 100 GB
  glacier_instant: 200 GB
  glacier_flexible: 2 TB
  deep_archive: 6 TB
  intelligent: {frequent: 1 TB, infrequent: 1 TB, archive_instant: 2 TB, archive: 100 GB, deep_archive: 100 GB, objects: 2 M}
archived_objects: {glacier_flexible: 1 M, deep_archive: 3 M}
requests:
  standard: {writes: 1 M/month, reads: 20 M/month}
  standard_ia: {writes: 10 k/month, reads: 1 M/month}
  one_zone_ia: {writes: 10 k/month, reads: 1 M/month}
  glacier_instant: {writes: 10 k/month, reads: 10 k/month}
  intelligent: {writes: 100 k/month, reads: 1 M/month}
  glacier_flexible_writes: 10 k/month
  deep_archive_writes: 10 k/month
retrieval: {standard_ia: 50 GB/month, one_zone_ia: 5 GB/month, glacier_instant: 5 GB/month, glacier_flexible: 5 GB/month, deep_archive: 5 GB/month, glacier_flexible_restores: 1 k/month, deep_archive_restores: 1 k/month}
transitions: {standard_ia: 100 k/month, one_zone_ia: 10 k/month, intelligent: 10 k/month, glacier_instant: 10 k/month, glacier_flexible: 20 k/month, deep_archive: 20 k/month}
replication: {to: us-west-2, objects: 100 k/month, data: 600 GB/month}
inventory: 5 M/month
";

    fn usage(&self, at: &mut At<'_>) {
        self.storage.usage(at);
        self.archived_objects.usage(at);
        self.requests.usage(at);
        self.retrieval.usage(at);
        self.transitions.usage(at);
        if let Some(copy) = &self.replication {
            let tape = Tape::new().times_rate("objects copied", &copy.objects, at.month_hours);
            at.record_in(&copy.to, CODE, "Requests-Tier1", "PutObject", Unit::Count, tape);
            between_regions(at, &copy.to, &copy.data, "bytes copied to another region");
        }
        at.rate(CODE, "Inventory-ObjectsListed", "", Unit::Count, "objects listed", self.inventory.as_ref());
    }

    fn check(&self, check: &mut Check<'_>) {
        let empty = serde_json::to_value(S3Bucket::nothing()).ok();
        if serde_json::to_value(self).ok() == empty {
            check.error(
                None,
                "this bucket is empty and nobody asks for it",
                "state what it stores, or its requests",
                "`storage: {standard: 100 GB}`",
            );
        }
    }
}

impl S3Bucket {
    fn nothing() -> S3Bucket {
        S3Bucket {
            storage: Storage::default(),
            archived_objects: Archived::default(),
            requests: Requests::default(),
            retrieval: Retrieval::default(),
            transitions: Transitions::default(),
            replication: None,
            inventory: None,
        }
    }
}

impl Storage {
    fn usage(&self, at: &mut At<'_>) {
        let mut stored =
            |code, base, operation, gb: &Option<Driver<Gb>>| at.stock(code, base, operation, Unit::GbMonths, "GB stored", gb.as_ref());
        stored(CODE, "TimedStorage-ByteHrs", "StandardStorage", &self.standard);
        stored(CODE, "TimedStorage-SIA-ByteHrs", "StandardIAStorage", &self.standard_ia);
        stored(CODE, "TimedStorage-ZIA-ByteHrs", "OneZoneIAStorage", &self.one_zone_ia);
        stored(CODE, "TimedStorage-GIR-ByteHrs", "GlacierInstantRetrievalStorage", &self.glacier_instant);
        stored(CODE, "TimedStorage-GlacierByteHrs", "GlacierStorage", &self.glacier_flexible);
        stored(DEEP, "TimedStorage-GDA-ByteHrs", "DeepArchiveStorage", &self.deep_archive);
        let Some(tiers) = &self.intelligent else { return };
        stored(CODE, "TimedStorage-INT-FA-ByteHrs", "IntelligentTieringFAStorage", &tiers.frequent);
        stored(CODE, "TimedStorage-INT-IA-ByteHrs", "IntelligentTieringIAStorage", &tiers.infrequent);
        stored(CODE, "TimedStorage-INT-AIA-ByteHrs", "IntelligentTieringAIAStorage", &tiers.archive_instant);
        stored(CODE, "TimedStorage-INT-AA-ByteHrs", "IntelligentTieringAAStorage", &tiers.archive);
        stored(CODE, "TimedStorage-INT-DAA-ByteHrs", "IntelligentTieringDAAStorage", &tiers.deep_archive);
        at.stock(CODE, "Monitoring-Automation-INT", "", Unit::Count, "objects watched", tiers.objects.as_ref());
    }
}

impl Archived {
    /// 8 KB of Standard and 32 KB of the archive's own class for every object (AWS, "Amazon S3 pricing", notes on the archive classes).
    fn usage(&self, at: &mut At<'_>) {
        let classes = [
            (&self.glacier_flexible, CODE, "TimedStorage-GlacierByteHrs", "GlacierStorage"),
            (&self.deep_archive, DEEP, "TimedStorage-GDA-ByteHrs", "DeepArchiveStorage"),
        ];
        for (objects, code, base, operation) in classes {
            let Some(objects) = objects else { continue };
            let overhead = |kb: u32| {
                Tape::new().times("archived objects", objects).rule_of(Step::Times, "KB of overhead each", kb).rule_of(
                    Step::Over,
                    "KB in a GB",
                    KB_IN_GB,
                )
            };
            at.record(CODE, "TimedStorage-ByteHrs", "StandardStorage", Unit::GbMonths, overhead(8));
            at.record(code, base, operation, Unit::GbMonths, overhead(32));
        }
    }
}

impl Requests {
    fn usage(&self, at: &mut At<'_>) {
        let classes = [
            ("Requests", "PutObject", "GetObject", &self.standard),
            ("Requests-SIA", "", "", &self.standard_ia),
            ("Requests-ZIA", "", "", &self.one_zone_ia),
            ("Requests-GIR", "", "", &self.glacier_instant),
            ("Requests-INT", "", "", &self.intelligent),
        ];
        for (base, put, get, requests) in classes {
            at.rate(CODE, &format!("{base}-Tier1"), put, Unit::Count, "writes and lists", requests.writes.as_ref());
            at.rate(CODE, &format!("{base}-Tier2"), get, Unit::Count, "reads", requests.reads.as_ref());
        }
        at.rate(CODE, "Requests-GLACIER-Tier1", "PostObject", Unit::Count, "writes to Glacier", self.glacier_flexible_writes.as_ref());
        at.rate(DEEP, "Requests-GDA-Tier1", "PostObject", Unit::Count, "writes to Deep Archive", self.deep_archive_writes.as_ref());
    }
}

impl Retrieval {
    fn usage(&self, at: &mut At<'_>) {
        at.rate(CODE, "Retrieval-SIA", "", Unit::Gb, "bytes retrieved", self.standard_ia.as_ref());
        at.rate(CODE, "Retrieval-ZIA", "", Unit::Gb, "bytes retrieved", self.one_zone_ia.as_ref());
        at.rate(CODE, "Retrieval-GIR", "", Unit::Gb, "bytes retrieved", self.glacier_instant.as_ref());
        at.rate(GLACIER, "Standard-Retrieval-Bytes", "", Unit::Gb, "bytes retrieved", self.glacier_flexible.as_ref());
        at.rate(DEEP, "Standard-Retrieval-Bytes", "", Unit::Gb, "bytes retrieved", self.deep_archive.as_ref());
        at.rate(CODE, "Requests-Tier3", "RestoreObject", Unit::Count, "restore requests", self.glacier_flexible_restores.as_ref());
        at.rate(DEEP, "Requests-GDA-Tier3", "", Unit::Count, "restore requests", self.deep_archive_restores.as_ref());
    }
}

impl Transitions {
    /// Every object moved is a request, by the class it moves to.
    fn usage(&self, at: &mut At<'_>) {
        let moves = [
            ("Requests-Tier4", "S3-SIATransition", &self.standard_ia),
            ("Requests-Tier4", "S3-ZIATransition", &self.one_zone_ia),
            ("Requests-Tier4", "S3-INTTransition", &self.intelligent),
            ("Requests-Tier4", "S3-GIRTransition", &self.glacier_instant),
            ("Requests-Tier3", "S3-GlacierTransition", &self.glacier_flexible),
            ("Requests-Tier3", "S3-GDATransition", &self.deep_archive),
        ];
        for (base, operation, objects) in moves {
            at.rate(CODE, base, operation, Unit::Count, "objects moved", objects.as_ref());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::check;

    #[test]
    fn classes_and_requests_have_usage_types_of_their_own() {
        check(
            "type: s3-bucket\nstorage: {standard: 3 TB, standard_ia: 1 TB}\nrequests: {standard: {writes: 1 M/month, reads: 20 M/month}}\ntransitions: {glacier_flexible: 20 k/month}",
            "us-west-2",
            "2026-12",
            "USW2-TimedStorage-ByteHrs     3072 GB-months GB stored 3,072 GB
             USW2-TimedStorage-SIA-ByteHrs 1024 GB-months GB stored 1,024 GB
             USW2-Requests-Tier1    1000000 count writes and lists 1,000,000/month
             USW2-Requests-Tier2   20000000 count reads 20,000,000/month
             USW2-Requests-Tier3      20000 count objects moved 20,000/month",
        );
    }

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

    #[test]
    fn a_copy_is_a_request_there_and_bytes_from_here() {
        check(
            "type: s3-bucket\nreplication: {to: us-west-2, objects: 100 k/month, data: 600 GB/month}",
            "us-east-1",
            "2026-12",
            "USW2-Requests-Tier1     100000 count objects copied 100,000/month
             USE1-USW2-AWS-Out-Bytes    600 GB bytes copied to another region 600 GB/month",
        );
    }

    #[test]
    #[should_panic(expected = "nobody asks for it")]
    fn an_empty_bucket_is_refused() {
        check("type: s3-bucket", "us-east-1", "2026-12", "");
    }
}
