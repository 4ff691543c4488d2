//! S3: storage by class, requests, retrievals, transitions, replication (AWS, "Amazon S3 pricing"). Glacier Flexible Retrieval
//! and Deep Archive add 8 KB of Standard and 32 KB of their own class for every object; Intelligent-Tiering watches objects of
//! 128 KB and more for a fee each. Deep Archive is billed under a service code of its own.
//!
//! What lies where is either stated as the average of the month (`storage`), or follows from what arrives and from the lifecycle
//! rules (`lifecycle`), month by month.
//!
//! Not here: bytes to the internet (`data_transfer`), minimum sizes and early deletion of a stated stock (state the bytes that
//! are billed), S3 Select.

mod class;
mod lifecycle;
mod storage;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::class::{CODE, DEEP};
pub use self::lifecycle::{Lifecycle, Noncurrent};
pub use self::storage::{Archived, Intelligent, Storage, Transitions};
use super::cohort::Since;
use super::data_transfer::{between_regions, time_controlled};
use super::{At, Check, Service};
use crate::quantity::{CountRate, Gb, GbRate, Unit, about};
use crate::scenario::driver::Driver;
use crate::usage::{Over, Tape};

/// Under which the price list keeps retrievals from Glacier Flexible Retrieval.
const GLACIER: &str = "AmazonGlacier";
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

/// Copies to a bucket elsewhere.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Replication {
    /// The region of the other bucket. Its storage is a resource there.
    pub to: String,
    /// Objects copied: a PUT each, billed in the other region.
    pub objects: Driver<CountRate>,
    /// Bytes copied.
    pub data: Driver<GbRate>,
    /// True under Replication Time Control: 99.9% of the objects are there within 15 minutes, as AWS's service level agreement has
    /// it. Its metrics are billed beside, as custom ones (`cloudwatch`).
    #[serde(default)]
    pub time_control: bool,
}

/// An S3 bucket.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct S3Bucket {
    /// Bytes at rest. With `arrivals`: what lay there before the first day, which stays in its class.
    #[serde(default)]
    pub storage: Storage,
    /// Bytes of the objects that arrive, in Standard: what lies in each class follows from them and from `lifecycle`.
    #[serde(default)]
    pub arrivals: Option<Driver<GbRate>>,
    /// The first day on which objects arrive, or are replaced.
    #[serde(default)]
    pub since: Option<Since>,
    /// The average size of the objects that arrive: counts their writes (where `requests` states none for Standard) and moves.
    #[serde(default)]
    pub object_size: Option<Driver<Gb>>,
    /// When the objects that arrive move to other classes, and when they are deleted.
    #[serde(default)]
    pub lifecycle: Option<Lifecycle>,
    /// Versions that were replaced, in a bucket that keeps them.
    #[serde(default)]
    pub noncurrent: Option<Noncurrent>,
    /// Objects in the archive classes.
    #[serde(default)]
    pub archived_objects: Archived,
    /// Requests.
    #[serde(default)]
    pub requests: Requests,
    /// The `cloudfront` that it stands behind: what that one's cache does not answer is read from Standard, a GET each, unless
    /// `requests` states these reads.
    #[serde(default)]
    pub behind: Option<String>,
    /// Retrievals.
    #[serde(default)]
    pub retrieval: Retrieval,
    /// Lifecycle transitions of what is stated as `storage`.
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
    const METRICS: &'static [(&'static str, &'static str)] = &[
        (".storage", "BucketSizeBytes by StorageType (AWS/S3)"),
        (".requests", "AllRequests (AWS/S3, request metrics)"),
        (".objects", "NumberOfObjects (AWS/S3)"),
    ];
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
transitions: {one_zone_ia: 10 k/month, intelligent: 10 k/month}
arrivals: 600 GB/month
since: 2024-01-01
object_size: 2 MB
lifecycle: {standard_ia: 30 days, glacier_instant: 60 days, glacier_flexible: 150 days, deep_archive: 1 year, delete: 7 years}
noncurrent: {changes: 5 GB/month, kept: 30 days}
replication: {to: us-west-2, objects: 100 k/month, data: 600 GB/month, time_control: true}
inventory: 5 M/month
";

    fn usage(&self, at: &mut At<'_>) {
        self.storage.usage(at);
        self.aged(at);
        self.replaced(at);
        self.archived_objects.usage(at);
        self.requests.usage(at);
        self.put(at);
        self.retrieval.usage(at);
        self.transitions.usage(at);
        if let Some(copy) = &self.replication {
            let tape = Tape::new().times_rate("objects copied", &copy.objects, &at.over);
            at.record_in(&copy.to, CODE, "Requests-Tier1", "PutObject", Unit::Count, tape);
            between_regions(at, &copy.to, &copy.data, "bytes copied to another region");
            if copy.time_control {
                time_controlled(at, &copy.to, &copy.data);
            }
        }
        at.rate(CODE, "Inventory-ObjectsListed", "", Unit::Count, "objects listed", self.inventory.as_ref());
    }

    fn behind(&self) -> Option<&str> {
        self.behind.as_deref()
    }

    fn check(&self, check: &mut Check<'_>) {
        self.check_lifecycle(check);
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
            arrivals: None,
            since: None,
            object_size: None,
            lifecycle: None,
            noncurrent: None,
            archived_objects: Archived::default(),
            requests: Requests::default(),
            behind: None,
            retrieval: Retrieval::default(),
            transitions: Transitions::default(),
            replication: None,
            inventory: None,
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
            // What a distribution passes on is read from Standard.
            let misses = at.misses.take();
            let reads = match (&requests.reads, misses) {
                (Some(stated), None) => Some(Tape::new().times_rate("reads", stated, &at.over)),
                (Some(stated), Some(misses)) => Some(stated_reads(stated, &misses, &at.over)),
                (None, misses) => misses,
            };
            if let Some(reads) = reads {
                at.record(CODE, &format!("{base}-Tier2"), get, Unit::Count, reads);
            }
        }
        at.rate(CODE, "Requests-GLACIER-Tier1", "PostObject", Unit::Count, "writes to Glacier", self.glacier_flexible_writes.as_ref());
        at.rate(DEEP, "Requests-GDA-Tier1", "PostObject", Unit::Count, "writes to Deep Archive", self.deep_archive_writes.as_ref());
    }
}

/// Reads as they are stated, though a distribution says how many it would pass on.
fn stated_reads(stated: &Driver<CountRate>, misses: &Tape, over: &Over) -> Tape {
    let remark = format!("stated: {} would miss the cache before it", about(misses.value()));
    // The remark belongs to the driver, the first factor of the tape.
    let mut noted = stated.clone();
    noted.why = Some(noted.why.map_or_else(|| remark.clone(), |why| format!("{why}; {remark}")));
    Tape::new().times_rate("reads", &noted, over)
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
