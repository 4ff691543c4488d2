//! CloudTrail: events delivered by trails (AWS, "AWS CloudTrail pricing"). The first copy of management events in a region is
//! free; it stands on the bill at no charge. Further copies, data events and Insights are paid.
//!
//! Not here: the bucket in which trails lie (`s3-bucket`), trails sent to CloudWatch Logs (`cloudwatch`). Not modelled: CloudTrail Lake.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{CountRate, Unit};
use crate::scenario::driver::Driver;

const CODE: &str = "AWSCloudTrail";

/// Trails of one region.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Cloudtrail {
    /// Management events in the first copy, which is free.
    #[serde(default)]
    pub management_events: Option<Driver<CountRate>>,
    /// Management events in further copies, all copies together: two further trails count each event twice.
    #[serde(default)]
    pub extra_copies: Option<Driver<CountRate>>,
    /// Data events: object requests of S3, calls of Lambda functions and the like, in all copies together.
    #[serde(default)]
    pub data_events: Option<Driver<CountRate>>,
    /// Events that CloudTrail Insights analyses, for each kind of insight.
    #[serde(default)]
    pub insights_events: Option<Driver<CountRate>>,
}

impl Service for Cloudtrail {
    const TYPE: &'static str = "cloudtrail";
    const EXAMPLE: &'static str = "
type: cloudtrail
management_events: 4 M events/month
extra_copies: 4 M events/month
data_events: 10 M events/month
insights_events: 4 M events/month
";

    fn usage(&self, at: &mut At<'_>) {
        at.rate(CODE, "FreeEventsRecorded", "", Unit::Count, "management events, first copy", self.management_events.as_ref());
        at.rate(CODE, "PaidEventsRecorded", "", Unit::Count, "management events, further copies", self.extra_copies.as_ref());
        at.rate(CODE, "DataEventsRecorded", "", Unit::Count, "data events", self.data_events.as_ref());
        at.rate(CODE, "InsightsEvents", "", Unit::Count, "events analysed by Insights", self.insights_events.as_ref());
    }

    fn check(&self, check: &mut Check<'_>) {
        let used =
            [self.management_events.is_some(), self.extra_copies.is_some(), self.data_events.is_some(), self.insights_events.is_some()];
        if !used.contains(&true) {
            let help = "state at least one of `management_events`, `extra_copies`, `data_events`, `insights_events`";
            check.error(None, "this CloudTrail uses nothing", "nothing is stated", help);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::{check, emitted};

    /// 5,000 events an hour × 744 hours = 3,720,000.
    #[test]
    fn the_first_copy_stands_beside_those_that_are_paid() {
        check(
            "type: cloudtrail\nmanagement_events: 5 k/h\nextra_copies: 5 k/h\ndata_events: 10 M/month\ninsights_events: 1 M/month",
            "us-east-1",
            "2026-12",
            "USE1-FreeEventsRecorded  3720000 count management events, first copy 5,000/h × hours in the month 744
             USE1-PaidEventsRecorded  3720000 count management events, further copies 5,000/h × hours in the month 744
             USE1-DataEventsRecorded 10000000 count data events 10,000,000/month
             USE1-InsightsEvents      1000000 count events analysed by Insights 1,000,000/month",
        );
    }

    #[test]
    #[should_panic(expected = "uses nothing")]
    fn nothing_stated_is_an_error() {
        emitted("type: cloudtrail", "us-east-1", "2026-12");
    }
}
