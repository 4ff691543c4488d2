//! SES: e-mails sent, counted by recipient, and the bytes attached to them (AWS, "Amazon SES pricing").
//!
//! Not modelled: mail received, dedicated addresses, Virtual Deliverability Manager. Not every region has a price for attachments.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{CountRate, GbRate, Unit};
use crate::scenario::driver::Driver;

const CODE: &str = "AmazonSES";

/// E-mail that an environment sends.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Ses {
    /// E-mails sent: one for each recipient.
    #[serde(default)]
    pub emails: Option<Driver<CountRate>>,
    /// Bytes of attachments, for each recipient.
    #[serde(default)]
    pub attachments: Option<Driver<GbRate>>,
}

impl Service for Ses {
    const TYPE: &'static str = "ses";
    const EXAMPLE: &'static str = "
type: ses
emails: 100 k e-mails/month
attachments: 5 GB/month
";

    fn usage(&self, at: &mut At<'_>) {
        at.rate(CODE, "Recipients", "Send", Unit::Count, "e-mails sent", self.emails.as_ref());
        at.rate(CODE, "AttachmentsSize-Bytes", "", Unit::Gb, "attachments sent", self.attachments.as_ref());
    }

    fn check(&self, check: &mut Check<'_>) {
        if self.emails.is_none() && self.attachments.is_none() {
            check.error(None, "this SES uses nothing", "nothing is stated", "state `emails`, `attachments` or both");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::{check, emitted};

    /// 2 e-mails a minute × 60 × 720 hours = 86,400. 512 MB a day are 0.5 GB × 720 ÷ 24 = 15 GB.
    #[test]
    fn emails_and_attachments_are_counted_over_november() {
        check(
            "type: ses\nemails: 2/min\nattachments: 512 MB/day",
            "us-east-1",
            "2026-11",
            "Recipients            86400 count e-mails sent 2/min × hours in the month 720 × in an hour 60
             AttachmentsSize-Bytes    15 GB    attachments sent 0.5 GB/day × hours in the month 720 ÷ hours in a day 24",
        );
    }

    #[test]
    #[should_panic(expected = "uses nothing")]
    fn nothing_stated_is_an_error() {
        emitted("type: ses", "us-east-1", "2026-12");
    }
}
