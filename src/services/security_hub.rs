//! Security Hub (CSPM): security checks, and findings of other products that come in (AWS, "AWS Security Hub pricing"). Tiers
//! count in each account and region.
//!
//! Not here: the configuration items that its standards read (`config`), GuardDuty itself (`guardduty`). Findings of AWS's own
//! services come in at no charge. The plans of the newer Security Hub are not modelled. Not every region has a price for findings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{CountRate, Unit};
use crate::scenario::driver::Driver;

const CODE: &str = "AWSSecurityHub";

/// Security Hub in one account and region.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SecurityHub {
    /// Security checks: one for each control and resource each time it is evaluated.
    #[serde(default)]
    pub checks: Option<Driver<CountRate>>,
    /// Findings that come in from products other than AWS's own.
    #[serde(default)]
    pub findings: Option<Driver<CountRate>>,
}

impl Service for SecurityHub {
    const TYPE: &'static str = "security-hub";
    const EXAMPLE: &'static str = "
type: security-hub
checks: 900/day
findings: 15 k findings/month
";

    fn usage(&self, at: &mut At<'_>) {
        at.rate(CODE, "PaidComplianceCheck", "", Unit::Count, "security checks", self.checks.as_ref());
        at.rate(CODE, "OtherProduct:PaidFindingsIngestion", "", Unit::Count, "findings of other products", self.findings.as_ref());
    }

    fn check(&self, check: &mut Check<'_>) {
        if self.checks.is_none() && self.findings.is_none() {
            check.error(None, "this Security Hub uses nothing", "nothing is stated", "state `checks`, `findings` or both");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::{check, emitted};

    /// 900 checks a day × 744 hours ÷ 24 = 27,900, which is 900 × 31.
    #[test]
    fn checks_are_counted_by_the_days_of_december() {
        check(
            "type: security-hub\nchecks: 900/day\nfindings: 15 k/month",
            "us-east-1",
            "2026-12",
            "USE1-PaidComplianceCheck                27900 count security checks 900/day × hours in the month 744 ÷ hours in a day 24
             USE1-OtherProduct:PaidFindingsIngestion 15000 count findings of other products 15,000/month",
        );
    }

    #[test]
    #[should_panic(expected = "uses nothing")]
    fn nothing_stated_is_an_error() {
        emitted("type: security-hub", "us-east-1", "2026-12");
    }
}
