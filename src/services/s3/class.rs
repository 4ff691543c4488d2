//! The storage classes between which objects move, and what AWS asks of objects in each (AWS, "Amazon S3 pricing" and "Using
//! Amazon S3 storage classes").

/// The service code of S3.
pub(super) const CODE: &str = "AmazonS3";
/// That of Deep Archive.
pub(super) const DEEP: &str = "AmazonS3GlacierDeepArchive";

/// A storage class.
#[derive(Debug)]
pub(super) struct Class {
    /// As AWS calls it, without "S3".
    pub name: &'static str,
    /// The service code under which it is billed.
    pub code: &'static str,
    /// The usage type of a gigabyte stored for a month.
    pub stored: &'static str,
    /// Its operation.
    pub operation: &'static str,
    /// The usage type of an object that a lifecycle rule moves here; all are billed by S3 itself.
    pub moved: &'static str,
    /// Its operation.
    pub move_operation: &'static str,
    /// Age in days before which no rule moves an object here (Amazon S3 User Guide, "Transitioning objects using Amazon S3
    /// Lifecycle").
    pub earliest: u32,
    /// Days that are billed at least.
    pub least_days: u32,
    /// True where an object is billed as 128 KB at least.
    pub least_size: bool,
    /// True where each object adds 8 KB of Standard and 32 KB of this class.
    pub archive: bool,
}

/// S3 Standard: where objects arrive.
pub(super) const STANDARD: Class = Class {
    name: "Standard",
    code: CODE,
    stored: "TimedStorage-ByteHrs",
    operation: "StandardStorage",
    moved: "",
    move_operation: "",
    earliest: 0,
    least_days: 0,
    least_size: false,
    archive: false,
};

/// S3 Standard-IA.
pub(super) const STANDARD_IA: Class = Class {
    name: "Standard-IA",
    stored: "TimedStorage-SIA-ByteHrs",
    operation: "StandardIAStorage",
    moved: "Requests-Tier4",
    move_operation: "S3-SIATransition",
    earliest: 30,
    least_days: 30,
    least_size: true,
    ..STANDARD
};

/// S3 One Zone-IA.
pub(super) const ONE_ZONE_IA: Class = Class {
    name: "One Zone-IA",
    stored: "TimedStorage-ZIA-ByteHrs",
    operation: "OneZoneIAStorage",
    move_operation: "S3-ZIATransition",
    ..STANDARD_IA
};

/// S3 Glacier Instant Retrieval.
pub(super) const GLACIER_INSTANT: Class = Class {
    name: "Glacier Instant Retrieval",
    stored: "TimedStorage-GIR-ByteHrs",
    operation: "GlacierInstantRetrievalStorage",
    move_operation: "S3-GIRTransition",
    earliest: 0,
    least_days: 90,
    ..STANDARD_IA
};

/// S3 Glacier Flexible Retrieval.
pub(super) const GLACIER_FLEXIBLE: Class = Class {
    name: "Glacier Flexible Retrieval",
    stored: "TimedStorage-GlacierByteHrs",
    operation: "GlacierStorage",
    moved: "Requests-Tier3",
    move_operation: "S3-GlacierTransition",
    least_days: 90,
    archive: true,
    ..STANDARD
};

/// S3 Glacier Deep Archive.
pub(super) const DEEP_ARCHIVE: Class = Class {
    name: "Deep Archive",
    code: DEEP,
    stored: "TimedStorage-GDA-ByteHrs",
    operation: "DeepArchiveStorage",
    move_operation: "S3-GDATransition",
    least_days: 180,
    ..GLACIER_FLEXIBLE
};
