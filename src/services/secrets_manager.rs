//! Secrets Manager: secrets by the month, requests by the piece (AWS, "AWS Secrets Manager Pricing"). A secret is prorated by
//! the hour, and its copy in another region is a secret there.
//!
//! Not here: the functions that rotate secrets (`lambda-function`), keys and their requests (`kms-keys`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{Count, CountRate, Unit};
use crate::scenario::driver::Driver;

const CODE: &str = "AWSSecretsManager";

/// Secrets of one region.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SecretsManager {
    /// Secrets, on average over the month.
    #[serde(default)]
    pub secrets: Option<Driver<Count>>,
    /// Requests of the API: each task that starts asks for its secrets.
    #[serde(default)]
    pub requests: Option<Driver<CountRate>>,
}

impl Service for SecretsManager {
    const TYPE: &'static str = "secrets-manager";
    const EXAMPLE: &'static str = "
type: secrets-manager
secrets: 12
requests: 200 k requests/month
";

    fn usage(&self, at: &mut At<'_>) {
        at.stock(CODE, "AWSSecretsManager-Secrets", "", Unit::Months, "secrets", self.secrets.as_ref());
        at.rate(CODE, "AWSSecretsManagerAPIRequest", "", Unit::Count, "requests", self.requests.as_ref());
    }

    fn check(&self, check: &mut Check<'_>) {
        if self.secrets.is_none() && self.requests.is_none() {
            check.error(None, "this Secrets Manager uses nothing", "nothing is stated", "state `secrets`, `requests` or both");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::{check, emitted};

    /// 300 requests an hour × 744 hours = 223,200.
    #[test]
    fn secrets_are_kept_and_requests_are_counted() {
        check(
            "type: secrets-manager\nsecrets: 12\nrequests: 300/h",
            "us-east-1",
            "2026-12",
            "USE1-AWSSecretsManager-Secrets       12 months secrets 12
             USE1-AWSSecretsManagerAPIRequest 223200 count requests 300/h × hours in the month 744",
        );
    }

    #[test]
    #[should_panic(expected = "uses nothing")]
    fn nothing_stated_is_an_error() {
        emitted("type: secrets-manager", "us-east-1", "2026-12");
    }
}
