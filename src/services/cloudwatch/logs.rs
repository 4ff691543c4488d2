//! CloudWatch Logs: bytes when they come, while they lie and when they are read. What lies there is stated, or follows from
//! what comes and how long it is kept.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CODE, Cloudwatch};
use crate::quantity::{Gb, GbRate, Rate, Seconds, Share, Unit, grouped};
use crate::scenario::driver::Driver;
use crate::services::cohort::{self, Age, Cohorts, Since, days};
use crate::services::{At, Check};
use crate::usage::Step;

/// The days for which a log group can keep its logs (Amazon CloudWatch Logs API Reference, "PutRetentionPolicy").
const RETENTIONS: [u32; 22] = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// Logs that applications write.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Logs {
    /// Bytes that arrive in log groups of the Standard class, before compression.
    #[serde(default)]
    pub ingested: Option<Driver<GbRate>>,
    /// Bytes that arrive in log groups of the Infrequent Access class, before compression.
    #[serde(default)]
    pub infrequent: Option<Driver<GbRate>>,
    /// Bytes that lie in log groups, vended logs among them, on average over the month and compressed: about 0.15 of what
    /// arrived within the retention. 100 GB a month kept for three months are about 100 × 3 × 0.15 = 45 GB here. Or state
    /// `retention`, from which it follows.
    #[serde(default)]
    pub stored: Option<Driver<Gb>>,
    /// How long logs are kept, in days that CloudWatch offers: what is stored follows from it. For ever, where only `since` is
    /// stated.
    #[serde(default)]
    pub retention: Option<Driver<Seconds>>,
    /// The first day whose logs are kept. Where nothing is stated they have come as long as they are kept.
    #[serde(default)]
    pub since: Option<Since>,
    /// What is left of a byte when it is stored, 15% where nothing is stated.
    #[serde(default)]
    pub compression: Option<Driver<Share>>,
    /// Bytes that queries of Logs Insights read.
    #[serde(default)]
    pub scanned: Option<Driver<GbRate>>,
}

/// Logs that AWS services write, by where they go.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Vended {
    /// Bytes to CloudWatch Logs.
    #[serde(default)]
    pub to_logs: Option<Driver<GbRate>>,
    /// Bytes to S3.
    #[serde(default)]
    pub to_s3: Option<Driver<GbRate>>,
    /// Bytes to Firehose.
    #[serde(default)]
    pub to_firehose: Option<Driver<GbRate>>,
    /// How long those to CloudWatch Logs are kept; as long as `logs` where nothing is stated.
    #[serde(default)]
    pub retention: Option<Driver<Seconds>>,
    /// The first day whose logs are kept; that of `logs` where nothing is stated.
    #[serde(default)]
    pub since: Option<Since>,
    /// What is left of a byte in CloudWatch Logs; as of `logs` where nothing is stated.
    #[serde(default)]
    pub compression: Option<Driver<Share>>,
}

impl Logs {
    pub(super) fn used(&self) -> bool {
        self.ingested.is_some() || self.infrequent.is_some() || self.stored.is_some() || self.scanned.is_some()
    }

    /// Bytes in, bytes kept, bytes read (AWS, "Amazon CloudWatch Pricing", Logs).
    pub(super) fn usage(&self, at: &mut At<'_>) {
        at.rate(CODE, "DataProcessing-Bytes", "PutLogEvents", Unit::Gb, "logs that arrive", self.ingested.as_ref());
        at.rate(
            CODE,
            "DataProcessingIA-Bytes",
            "PutLogEvents",
            Unit::Gb,
            "logs that arrive for infrequent access",
            self.infrequent.as_ref(),
        );
        at.stock(CODE, "TimedStorage-ByteHrs", "HourlyStorageMetering", Unit::GbMonths, "logs stored, compressed", self.stored.as_ref());
        at.rate(CODE, "DataScanned-Bytes", "StartQuery", Unit::Gb, "logs that queries read", self.scanned.as_ref());
    }
}

impl Vended {
    pub(super) fn used(&self) -> bool {
        self.to_logs.is_some() || self.to_s3.is_some() || self.to_firehose.is_some()
    }

    /// Logs of AWS services have prices of their own, by where they go (AWS, "Amazon CloudWatch Pricing", Vended Logs).
    pub(super) fn usage(&self, at: &mut At<'_>) {
        at.rate(CODE, "VendedLog-Bytes", "PutLogEvents", Unit::Gb, "logs of AWS services to CloudWatch", self.to_logs.as_ref());
        at.rate(CODE, "S3-Egress-Bytes", "", Unit::Gb, "logs of AWS services to S3", self.to_s3.as_ref());
        at.rate(CODE, "FH-Egress-Bytes", "", Unit::Gb, "logs of AWS services to Firehose", self.to_firehose.as_ref());
    }
}

/// For how long logs are kept, from when on, and how small.
#[derive(Clone, Copy)]
struct Kept<'a> {
    retention: Option<&'a Driver<Seconds>>,
    since: Option<Since>,
    compression: Option<&'a Driver<Share>>,
}

impl<'a> Kept<'a> {
    fn of_logs(logs: Option<&'a Logs>) -> Kept<'a> {
        Kept {
            retention: logs.and_then(|l| l.retention.as_ref()),
            since: logs.and_then(|l| l.since),
            compression: logs.and_then(|l| l.compression.as_ref()),
        }
    }

    fn of_vended(vended: &'a Vended, logs: Kept<'a>) -> Kept<'a> {
        Kept {
            retention: vended.retention.as_ref().or(logs.retention),
            since: vended.since.or(logs.since),
            compression: vended.compression.as_ref().or(logs.compression),
        }
    }

    /// Whether what is stored follows from it.
    fn tells(self) -> bool {
        self.retention.is_some() || self.since.is_some()
    }

    /// What arrived within the retention, compressed. Logs past it are not billed even where they still await deletion (Amazon
    /// CloudWatch Logs User Guide, "Change log data retention in CloudWatch Logs").
    fn stored(self, name: &'static str, arriving: Option<&Driver<GbRate>>, at: &mut At<'_>) {
        let Some(arriving) = arriving.filter(|_| self.tells()) else { return };
        let per = arriving.value.per();
        let since = cohort::since(self.since, at.month, self.retention.map_or(0, days));
        let cohorts = Cohorts::of(at.month, since, per, at.past(arriving));
        let kept = cohorts.between(Age::ARRIVAL, self.retention.map(|retention| Age::days(days(retention))));
        let assumed = Driver::default_of(Share(Decimal::new(15, 2)), "the storage compression factor of the AWS Pricing Calculator");
        let tape = cohort::flow(name, arriving, &at.over)
            .rule(Step::Times, format!("{} of it kept", cohort::unit(per)), kept)
            .times("compressed to", self.compression.unwrap_or(&assumed));
        at.record(CODE, "TimedStorage-ByteHrs", "HourlyStorageMetering", Unit::GbMonths, tape);
    }
}

impl Cloudwatch {
    /// Logs that lie in log groups because of their retention.
    pub(super) fn logs_kept(&self, at: &mut At<'_>) {
        let kept = Kept::of_logs(self.logs.as_ref());
        if let Some(logs) = &self.logs {
            kept.stored("logs that arrive", logs.ingested.as_ref(), at);
            kept.stored("logs that arrive for infrequent access", logs.infrequent.as_ref(), at);
        }
        if let Some(vended) = &self.vended {
            Kept::of_vended(vended, kept).stored("logs of AWS services to CloudWatch", vended.to_logs.as_ref(), at);
        }
    }

    /// Notes retentions that CloudWatch does not offer, and what says the same thing twice.
    pub(super) fn check_logs(&self, check: &mut Check<'_>) {
        let (logs, vended) = (self.logs.as_ref(), self.vended.as_ref());
        let own = [logs.and_then(|l| l.retention.as_ref()), vended.and_then(|v| v.retention.as_ref())];
        for retention in own.into_iter().flatten() {
            check_retention(retention, check);
        }
        let of_logs = Kept::of_logs(logs);
        let of_vended = vended.map(|vended| Kept::of_vended(vended, of_logs));
        let all = || [Some(of_logs), of_vended].into_iter().flatten();
        let stored = logs.and_then(|l| l.stored.as_ref());
        if let Some(stored) = stored.filter(|_| all().any(|kept| kept.tells() || kept.compression.is_some())) {
            check.error(
                stored.at,
                "the stored logs are stated, and follow from `retention`, `since` and `compression`",
                "counted twice",
                "leave `stored` out, or the other three",
            );
        } else if let Some(compression) = all().filter(|_| !all().any(Kept::tells)).find_map(|kept| kept.compression) {
            check.error(compression.at, "logs are compressed that nobody keeps", "`retention` is missing", "such as `retention: 90 days`");
        }
        let ingested = logs.is_some_and(|l| l.ingested.is_some() || l.infrequent.is_some());
        let arrives = ingested || vended.is_some_and(|v| v.to_logs.is_some());
        if let Some(retention) = all().find_map(|kept| kept.retention).filter(|_| !arrives) {
            check.error(
                retention.at,
                "logs are kept that do not arrive",
                "kept for nothing",
                "state `ingested`, or `to_logs` under `vended`",
            );
        }
    }
}

fn check_retention(retention: &Driver<Seconds>, check: &mut Check<'_>) {
    let stated = retention.value.days();
    if RETENTIONS.iter().any(|days| Decimal::from(*days) == stated) {
        return;
    }
    let longer = RETENTIONS.iter().find(|days| Decimal::from(**days) > stated);
    check.error(
        retention.at,
        format!("CloudWatch Logs cannot keep logs for {} days", grouped(stated)),
        "no such retention",
        longer.map_or_else(
            || "the longest is 3653 days; without `retention`, but with `since`, they are kept for ever".to_owned(),
            |days| format!("the next longer one is `{days} days`"),
        ),
    );
}

#[cfg(test)]
mod tests {
    use crate::services::testing::{check, emitted};

    #[test]
    fn logs_are_billed_when_they_come_while_they_lie_and_when_they_are_read() {
        check(
            "type: cloudwatch\nlogs: {ingested: 200 GB/month, infrequent: 50 GB/month, stored: 110 GB, scanned: 300 GB/month}",
            "us-east-1",
            "2026-12",
            "DataProcessing-Bytes        200 GB        logs that arrive 200 GB/month
             USE1-DataProcessingIA-Bytes  50 GB        logs that arrive for infrequent access 50 GB/month
             TimedStorage-ByteHrs        110 GB-months logs stored, compressed 110 GB
             USE1-DataScanned-Bytes      300 GB        logs that queries read 300 GB/month",
        );
    }

    #[test]
    fn logs_of_aws_services_go_three_ways() {
        check(
            "type: cloudwatch\nvended: {to_logs: 80 GB/month, to_s3: 40 GB/month, to_firehose: 20 GB/month}",
            "us-west-2",
            "2026-12",
            "USW2-VendedLog-Bytes 80 GB logs of AWS services to CloudWatch 80 GB/month
             USW2-S3-Egress-Bytes 40 GB logs of AWS services to S3 40 GB/month
             USW2-FH-Egress-Bytes 20 GB logs of AWS services to Firehose 20 GB/month",
        );
    }

    /// 10 GB a day for 90 days, each stored as 15%: 135 GB. Those of AWS services are kept as long, with a compression of their own.
    #[test]
    fn what_is_stored_follows_from_the_retention() {
        check(
            "type: cloudwatch\nlogs: {ingested: 10 GB/day, retention: 90 days}\nvended: {to_logs: 1 GB/day, compression: 20%}",
            "us-east-1",
            "2026-11",
            "DataProcessing-Bytes 300 GB        logs that arrive 10 GB/day × hours in the month 720 ÷ hours in a day 24
             USE1-VendedLog-Bytes  30 GB        logs of AWS services to CloudWatch 1 GB/day × hours in the month 720 ÷ hours in a day 24
             TimedStorage-ByteHrs 135 GB-months logs that arrive 10 GB/day × days of it kept 90 × compressed to 15%
             TimedStorage-ByteHrs  18 GB-months logs of AWS services to CloudWatch 1 GB/day × days of it kept 90 × compressed to 20%",
        );
    }

    /// 100 GB a month since January, stored as 10%: half a month of it lies there in January on average, one and a half in
    /// February. From April on it is what 90 days bring: 2.9 months of it in August, which comes after months of 30 and 31 days.
    #[test]
    fn logs_pile_up_until_the_first_ones_expire() {
        let stored = |month| {
            let logs = "type: cloudwatch\nlogs: {ingested: 100 GB/month, retention: 90 days, since: 2026-01-01, compression: 10%}";
            emitted(logs, "us-east-1", month).pop().map(|r| r.quantity.normalize().to_string())
        };
        assert_eq!(stored("2026-01").as_deref(), Some("5"));
        assert_eq!(stored("2026-02").as_deref(), Some("15"));
        assert_eq!(stored("2026-08"), stored("2027-08"));
        assert!(stored("2026-08").is_some_and(|gb| gb.starts_with("29.")));
    }

    /// Without retention nothing expires: by the middle of December 2026 eleven and a half months of 100 GB, at 15%.
    #[test]
    fn without_retention_logs_are_kept_for_ever() {
        let records = emitted("type: cloudwatch\nlogs: {infrequent: 100 GB/month, since: 2026-01-01}", "us-east-1", "2026-12");
        assert_eq!(records[1].quantity.normalize().to_string(), "172.5");
    }

    #[test]
    #[should_panic(expected = "the next longer one is `2557 days`")]
    fn a_retention_that_cloudwatch_does_not_offer_is_refused() {
        emitted("type: cloudwatch\nlogs: {ingested: 1 GB/day, retention: 7 years}", "us-east-1", "2026-12");
    }

    #[test]
    #[should_panic(expected = "the stored logs are stated, and follow from")]
    fn stored_logs_are_not_stated_and_derived() {
        emitted("type: cloudwatch\nlogs: {stored: 5 GB}\nvended: {to_logs: 1 GB/day, retention: 30 days}", "us-east-1", "2026-12");
    }

    #[test]
    #[should_panic(expected = "kept that do not arrive")]
    fn a_retention_of_nothing_is_refused() {
        emitted("type: cloudwatch\nlogs: {scanned: 1 GB/day, retention: 30 days}", "us-east-1", "2026-12");
    }
}
