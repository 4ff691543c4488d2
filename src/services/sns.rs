//! SNS: requests, and deliveries by where they go (AWS, "Amazon SNS pricing", standard topics). A request counts once for each
//! 64 KB that it carries. Deliveries to SQS, Lambda and Firehose are free.
//!
//! Not here: what receives the messages (`lambda-function`, `firehose`). Not modelled: FIFO topics, text messages, mobile push.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{CountRate, Unit};
use crate::scenario::driver::Driver;

const CODE: &str = "AmazonSNS";

/// One or more standard topics.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SnsTopic {
    /// Requests: each message published, and other calls of the API.
    #[serde(default)]
    pub requests: Option<Driver<CountRate>>,
    /// Deliveries to web hooks, such as those of PagerDuty or Slack.
    #[serde(default)]
    pub http_deliveries: Option<Driver<CountRate>>,
    /// Deliveries by e-mail.
    #[serde(default)]
    pub email_deliveries: Option<Driver<CountRate>>,
}

impl Service for SnsTopic {
    const TYPE: &'static str = "sns-topic";
    const EXAMPLE: &'static str = "
type: sns-topic
requests: 1.5 M requests/month
http_deliveries: 200 k deliveries/month
email_deliveries: 3 k deliveries/month
";

    fn usage(&self, at: &mut At<'_>) {
        at.rate(CODE, "Requests-Tier1", "", Unit::Count, "requests", self.requests.as_ref());
        at.rate(CODE, "DeliveryAttempts-HTTP", "", Unit::Count, "deliveries to web hooks", self.http_deliveries.as_ref());
        at.rate(CODE, "DeliveryAttempts-SMTP", "", Unit::Count, "deliveries by e-mail", self.email_deliveries.as_ref());
    }

    fn check(&self, check: &mut Check<'_>) {
        if self.requests.is_none() && self.http_deliveries.is_none() && self.email_deliveries.is_none() {
            let help = "state at least one of `requests`, `http_deliveries`, `email_deliveries`";
            check.error(None, "this topic uses nothing", "nothing is stated", help);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::{check, emitted};

    /// 100 e-mails a day × 744 hours ÷ 24 = 3,100, which is 100 × 31.
    #[test]
    fn a_message_pays_when_it_comes_and_when_it_goes() {
        check(
            "type: sns-topic\nrequests: 1.5 M/month\nhttp_deliveries: 200 k/month\nemail_deliveries: 100/day",
            "us-east-1",
            "2026-12",
            "Requests-Tier1        1500000 count requests 1,500,000/month
             DeliveryAttempts-HTTP  200000 count deliveries to web hooks 200,000/month
             DeliveryAttempts-SMTP    3100 count deliveries by e-mail 100/day × hours in the month 744 ÷ hours in a day 24",
        );
    }

    #[test]
    #[should_panic(expected = "uses nothing")]
    fn nothing_stated_is_an_error() {
        emitted("type: sns-topic", "us-east-1", "2026-12");
    }
}
