//! Parameter Store of Systems Manager: advanced parameters by the month, requests by the piece (AWS, "AWS Systems Manager
//! pricing", Parameter Store). Standard parameters are free, and so are their requests at standard throughput: neither is on the
//! bill, and neither emits anything here.
//!
//! Not here: keys of secure strings and the requests for them (`kms-keys`). Not every region has a price for requests.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{Count, CountRate, Unit};
use crate::scenario::driver::Driver;

const CODE: &str = "AWSSystemsManager";

/// Parameters of one region.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SsmParameters {
    /// Standard parameters: free, stated so that the scenario is complete.
    #[serde(default)]
    pub standard: Option<Driver<Count>>,
    /// Advanced parameters, on average over the month.
    #[serde(default)]
    pub advanced: Option<Driver<Count>>,
    /// Requests that are paid: all at higher throughput, else those of advanced parameters. Each parameter in a call is one.
    #[serde(default)]
    pub requests: Option<Driver<CountRate>>,
}

impl Service for SsmParameters {
    const TYPE: &'static str = "ssm-parameters";
    const EXAMPLE: &'static str = "
type: ssm-parameters
standard: 80
advanced: 10
requests: 500 k requests/month
";

    fn usage(&self, at: &mut At<'_>) {
        at.stock(CODE, "PS-Advanced-Param-Tier1", "", Unit::Months, "advanced parameters", self.advanced.as_ref());
        at.rate(CODE, "PS-Param-Processed-Tier2", "", Unit::Count, "paid requests", self.requests.as_ref());
    }

    fn check(&self, check: &mut Check<'_>) {
        if self.standard.is_none() && self.advanced.is_none() && self.requests.is_none() {
            let help = "state at least one of `standard`, `advanced`, `requests`";
            check.error(None, "this Parameter Store uses nothing", "nothing is stated", help);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::{check, emitted};

    #[test]
    fn advanced_parameters_are_paid() {
        check(
            "type: ssm-parameters\nadvanced: 10\nrequests: 500 k/month",
            "us-east-1",
            "2026-12",
            "USE1-PS-Advanced-Param-Tier1      10 months advanced parameters 10
             USE1-PS-Param-Processed-Tier2 500000 count paid requests 500,000/month",
        );
    }

    #[test]
    fn standard_parameters_are_not_on_the_bill() {
        check("type: ssm-parameters\nstandard: 80", "us-east-1", "2026-12", "");
    }

    #[test]
    #[should_panic(expected = "uses nothing")]
    fn nothing_stated_is_an_error() {
        emitted("type: ssm-parameters", "us-east-1", "2026-12");
    }
}
