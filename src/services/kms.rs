//! KMS: customer managed keys by the month, requests by the piece (AWS, "AWS Key Management Service pricing"). Its usage types
//! begin with the region's full name.
//!
//! A key is prorated by the hour; each of its first two rotations adds one key. Keys that AWS manages (`aws/s3` and the like)
//! cost nothing to keep, and a copy of a multi-region key is a key in its own region. Requests that S3, RDS and others make for
//! an account count as its own. Not modelled: custom key stores, and requests that make key pairs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{Count, CountRate, Unit};
use crate::scenario::driver::Driver;

const CODE: &str = "awskms";

/// Keys of one region.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct KmsKeys {
    /// Customer managed keys, on average over the month, and one more for each of the first two rotations of each.
    #[serde(default)]
    pub keys: Option<Driver<Count>>,
    /// Requests with symmetric keys, and with RSA 2048.
    #[serde(default)]
    pub requests: Option<Driver<CountRate>>,
    /// Requests with other asymmetric keys.
    #[serde(default)]
    pub asymmetric_requests: Option<Driver<CountRate>>,
}

impl Service for KmsKeys {
    const TYPE: &'static str = "kms-keys";
    const EXAMPLE: &'static str = "
type: kms-keys
keys: 6
requests: 3 M requests/month
asymmetric_requests: 100 k requests/month
";

    fn usage(&self, at: &mut At<'_>) {
        at.stock(CODE, "KMS-Keys", "CurrentKeys", Unit::Months, "customer managed keys", self.keys.as_ref());
        at.rate(CODE, "KMS-Requests", "", Unit::Count, "requests", self.requests.as_ref());
        at.rate(CODE, "KMS-Requests-Asymmetric", "", Unit::Count, "asymmetric requests", self.asymmetric_requests.as_ref());
    }

    fn check(&self, check: &mut Check<'_>) {
        if self.keys.is_none() && self.requests.is_none() && self.asymmetric_requests.is_none() {
            let help = "state at least one of `keys`, `requests`, `asymmetric_requests`";
            check.error(None, "this KMS uses nothing", "nothing is stated", help);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::{check, emitted};

    /// 1 request a second × 3,600 × 720 hours = 2,592,000.
    #[test]
    fn usage_types_begin_with_the_name_of_the_region() {
        check(
            "type: kms-keys\nkeys: 6\nrequests: 1/s\nasymmetric_requests: 100 k/month",
            "us-west-2",
            "2026-11",
            "us-west-2-KMS-Keys                      6 months customer managed keys 6
             us-west-2-KMS-Requests            2592000 count requests 1/s × hours in the month 720 × in an hour 3,600
             us-west-2-KMS-Requests-Asymmetric  100000 count asymmetric requests 100,000/month",
        );
    }

    #[test]
    #[should_panic(expected = "uses nothing")]
    fn nothing_stated_is_an_error() {
        emitted("type: kms-keys", "us-east-1", "2026-12");
    }
}
