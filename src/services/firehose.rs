//! Data Firehose: bytes that come in, and bytes converted to another format (AWS, "Amazon Data Firehose pricing", Direct PUT).
//! Each record is rounded up to the next 5 KB before it is billed: state the bytes after that. Records of 1 KB weigh five times
//! what they hold.
//!
//! Not here: logs that CloudWatch delivers to it (`cloudwatch`), what receives the stream (`s3-bucket`, or a bill from outside AWS:
//! `known-charge`). Not modelled: dynamic partitioning, delivery into a VPC.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{GbRate, Unit};
use crate::scenario::driver::Driver;

const CODE: &str = "AmazonKinesisFirehose";

/// One or more delivery streams.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Firehose {
    /// Bytes that come in, each record already rounded up to the next 5 KB.
    #[serde(default)]
    pub ingested: Option<Driver<GbRate>>,
    /// Bytes converted to Parquet or ORC.
    #[serde(default)]
    pub converted: Option<Driver<GbRate>>,
}

impl Service for Firehose {
    const TYPE: &'static str = "firehose";
    const EXAMPLE: &'static str = "
type: firehose
ingested: 200 GB/month
converted: 50 GB/month
";

    fn usage(&self, at: &mut At<'_>) {
        at.rate(CODE, "BilledBytes", "PutRecord", Unit::Gb, "bytes in, records rounded up", self.ingested.as_ref());
        at.rate(CODE, "DataFormatConversion-Bytes", "DataFormatConversion", Unit::Gb, "bytes converted", self.converted.as_ref());
    }

    fn check(&self, check: &mut Check<'_>) {
        if self.ingested.is_none() && self.converted.is_none() {
            check.error(None, "this Firehose uses nothing", "nothing is stated", "state `ingested`, `converted` or both");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::{check, emitted};

    /// 0.5 GB an hour × 744 hours = 372 GB.
    #[test]
    fn bytes_are_billed_when_they_come_and_when_they_are_converted() {
        check(
            "type: firehose\ningested: 0.5 GB/h\nconverted: 50 GB/month",
            "us-east-1",
            "2026-12",
            "USE1-BilledBytes               372 GB bytes in, records rounded up 0.5 GB/h × hours in the month 744
             USE1-DataFormatConversion-Bytes 50 GB bytes converted 50 GB/month",
        );
    }

    #[test]
    #[should_panic(expected = "uses nothing")]
    fn nothing_stated_is_an_error() {
        emitted("type: firehose", "us-east-1", "2026-12");
    }
}
