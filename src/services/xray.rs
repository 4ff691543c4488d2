//! X-Ray: traces recorded, and traces retrieved or scanned (AWS, "AWS X-Ray Pricing"). Each is billed by the trace, whatever
//! its number of segments, and kept for 30 days at no further charge.
//!
//! Not here: the metrics and logs beside them (`cloudwatch`). The service map shows traces that are already paid for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{CountRate, Share, Unit};
use crate::scenario::driver::Driver;
use crate::usage::Tape;

const CODE: &str = "AWSXRay";

/// Traces of an environment in one region. What is recorded is stated in one of two ways: `requests` with `sampling`, or `traces`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Xray {
    /// Requests that could be traced.
    #[serde(default)]
    pub requests: Option<Driver<CountRate>>,
    /// The part of the requests that is recorded.
    #[serde(default)]
    pub sampling: Option<Driver<Share>>,
    /// Traces recorded, in place of `requests` and `sampling`.
    #[serde(default)]
    pub traces: Option<Driver<CountRate>>,
    /// Traces retrieved or scanned: one for each trace that a view or query looks at.
    #[serde(default)]
    pub retrieved: Option<Driver<CountRate>>,
}

impl Service for Xray {
    const TYPE: &'static str = "x-ray";
    const EXAMPLE: &'static str = "
type: x-ray
requests: 118/s
sampling: 10%
retrieved: 2 M traces/month
";

    fn usage(&self, at: &mut At<'_>) {
        if let Some(recorded) = self.recorded(at) {
            at.record(CODE, "XRay-TracesStored", "", Unit::Count, recorded);
        }
        at.rate(CODE, "XRay-TracesAccessed", "XRay-Traces-Retrieved", Unit::Count, "traces retrieved or scanned", self.retrieved.as_ref());
    }

    fn check(&self, check: &mut Check<'_>) {
        let both = "state `requests` with `sampling`, or `traces` alone";
        match (&self.requests, &self.sampling, &self.traces) {
            (Some(_), Some(_), None) | (None, None, Some(_)) => {}
            (None, None, None) if self.retrieved.is_some() => {}
            (None, None, None) => check.error(None, "this X-Ray uses nothing", "nothing is stated", both),
            (_, _, Some(traces)) => check.error(traces.at, "the traces recorded are stated twice", "beside `requests` or `sampling`", both),
            (Some(requests), None, None) => {
                check.error(requests.at, "it is not said which part of the requests is recorded", "`sampling` is missing", both)
            }
            (None, Some(sampling), None) => {
                check.error(sampling.at, "it is not said of what this is a part", "`requests` is missing", both)
            }
        }
    }
}

impl Xray {
    /// A trace is billed when it is recorded: the requests that sampling lets through (AWS, "AWS X-Ray Pricing").
    fn recorded(&self, at: &At<'_>) -> Option<Tape> {
        match (&self.requests, &self.sampling, &self.traces) {
            (Some(requests), Some(sampling), _) => {
                Some(Tape::new().times_rate("requests", requests, &at.over).times("part recorded", sampling))
            }
            (_, _, Some(traces)) => Some(Tape::new().times_rate("traces recorded", traces, &at.over)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::{check, emitted};

    /// 118 × 744 × 3,600 = 316,051,200 requests, of which a tenth is recorded.
    #[test]
    fn a_tenth_of_the_requests_of_december_is_recorded() {
        check(
            "type: x-ray\nrequests: 118/s\nsampling: 10%\nretrieved: 2 M/month",
            "us-east-1",
            "2026-12",
            "USE1-XRay-TracesStored 31605120 count requests 118/s × hours in the month 744 × in an hour 3,600 × part recorded 10%
             USE1-XRay-TracesAccessed 2000000 count traces retrieved or scanned 2,000,000/month",
        );
    }

    #[test]
    fn traces_can_be_stated_as_they_are() {
        check(
            "type: x-ray\ntraces: 10 M/month",
            "us-west-2",
            "2027-02",
            "USW2-XRay-TracesStored 10000000 count traces recorded 10,000,000/month",
        );
    }

    #[test]
    #[should_panic(expected = "stated twice")]
    fn traces_cannot_be_stated_both_ways() {
        emitted("type: x-ray\nrequests: 118/s\nsampling: 10%\ntraces: 10 M/month", "us-east-1", "2026-12");
    }

    #[test]
    #[should_panic(expected = "`sampling` is missing")]
    fn requests_alone_do_not_say_how_many_are_recorded() {
        emitted("type: x-ray\nrequests: 118/s", "us-east-1", "2026-12");
    }

    #[test]
    #[should_panic(expected = "uses nothing")]
    fn nothing_stated_is_an_error() {
        emitted("type: x-ray", "us-east-1", "2026-12");
    }
}
