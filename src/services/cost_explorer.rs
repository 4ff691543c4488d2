//! Cost Explorer: requests of its API (AWS, "AWS Cost Explorer Pricing"). Its pages in the console are free. It is billed without
//! a region, under a usage type that names us-east-1.
//!
//! Not here: budgets (`budgets`). Cost Anomaly Detection is free. Not modelled: hourly and resource-level data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{CountRate, Unit};
use crate::scenario::driver::Driver;
use crate::usage::Tape;

const CODE: &str = "AWSCostExplorer";

/// Requests of Cost Explorer's API.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CostExplorer {
    /// Requests: each page of a longer answer is one.
    #[serde(default)]
    pub requests: Option<Driver<CountRate>>,
}

impl Service for CostExplorer {
    const TYPE: &'static str = "cost-explorer";
    const EXAMPLE: &'static str = "
type: cost-explorer
requests: 20/day
";

    fn usage(&self, at: &mut At<'_>) {
        if let Some(requests) = &self.requests {
            let tape = Tape::new().times_rate("requests of the API", requests, &at.over);
            at.record_in("global", CODE, "USE1-APIRequest", "", Unit::Count, tape);
        }
    }

    fn check(&self, check: &mut Check<'_>) {
        if self.requests.is_none() {
            check.error(None, "this Cost Explorer uses nothing", "nothing is stated", "state `requests`");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::{check, emitted};

    /// 20 requests a day × 672 hours of February ÷ 24 = 560, which is 20 × 28.
    #[test]
    fn requests_are_counted_over_february() {
        check(
            "type: cost-explorer\nrequests: 20/day",
            "us-west-2",
            "2027-02",
            "USE1-APIRequest 560 count requests of the API 20/day × hours in the month 672 ÷ hours in a day 24",
        );
    }

    #[test]
    #[should_panic(expected = "uses nothing")]
    fn nothing_stated_is_an_error() {
        emitted("type: cost-explorer", "us-east-1", "2026-12");
    }
}
