//! Lambda: requests, and memory for as long as functions run (AWS, "AWS Lambda Pricing"). AWS bills each run by the millisecond,
//! rounded up: state the average of what is billed. Disk above 512 MB and instances kept ready are billed beside it.
//!
//! Not here: what the function writes to its logs (`cloudwatch`) and its traffic (`data_transfer`, `nat_gateway`). Runs on
//! instances kept ready have a lower price for their duration, which the price book does not hold: they count at the full one.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fargate::Architecture;
use super::{At, Check, Service};
use crate::quantity::{Count, CountRate, Gb, Seconds, Unit};
use crate::scenario::driver::Driver;
use crate::usage::{Step, Tape};

const CODE: &str = "AWSLambda";
/// What CUR writes for functions that are called.
const OPERATION: &str = "Invoke";
/// Disk that every function has for nothing: 512 MB, in GB (AWS, "Configure ephemeral storage for Lambda functions").
const FREE_DISK: Decimal = Decimal::from_parts(5, 0, 0, false, 1);
/// The least memory: 128 MB, in GB (AWS, "Configure Lambda function memory").
const LEAST_MEMORY: Decimal = Decimal::from_parts(125, 0, 0, false, 3);
/// The most memory and disk, in GB.
const LARGEST: Decimal = Decimal::TEN;
/// Seconds after which a function is stopped (AWS, "Configure Lambda function timeout").
const LONGEST: u32 = 900;

/// A Lambda function, or several of one size.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LambdaFunction {
    /// The processor's kind.
    #[serde(default)]
    pub architecture: Architecture,
    /// How often it is called.
    pub requests: Driver<CountRate>,
    /// How long a run takes on average, as billed: at most 15 minutes.
    pub duration: Driver<Seconds>,
    /// Memory, 128 MB to 10 GB.
    pub memory: Driver<Gb>,
    /// Disk, 512 MB to 10 GB; the first 512 MB cost nothing.
    #[serde(default)]
    pub ephemeral_storage: Option<Driver<Gb>>,
    /// Instances kept ready (provisioned concurrency) in the hours in which it is on; x86 only.
    #[serde(default)]
    pub provisioned_concurrency: Option<Driver<Count>>,
}

impl Service for LambdaFunction {
    const TYPE: &'static str = "lambda-function";
    const METRICS: &'static [(&'static str, &'static str)] =
        &[(".requests", "Invocations (AWS/Lambda)"), (".duration", "Duration (AWS/Lambda)")];
    const EXAMPLE: &'static str = "
type: lambda-function
architecture: x86
requests: 5 M requests/month
duration: 0.35 s
memory: 512 MB
ephemeral_storage: 2 GB
provisioned_concurrency: 2
";

    fn usage(&self, at: &mut At<'_>) {
        at.rate(CODE, "Request", OPERATION, Unit::Count, "requests", Some(&self.requests));
        let base = if self.architecture == Architecture::Arm { "Lambda-GB-Second-ARM" } else { "Lambda-GB-Second" };
        let memory = self.while_running(Tape::new(), at).times("GB of memory", &self.memory);
        at.record(CODE, base, OPERATION, Unit::GbSeconds, memory);
        self.disk(at);
        self.kept_ready(at);
    }

    fn check(&self, check: &mut Check<'_>) {
        between(check, &self.memory, LEAST_MEMORY, "memory", "expected 128 MB to 10 GB");
        if let Some(disk) = &self.ephemeral_storage {
            between(check, disk, FREE_DISK, "disk", "expected 512 MB to 10 GB");
        }
        if self.duration.value.0 > Decimal::from(LONGEST) {
            let help = "give longer work to a `fargate-task`";
            check.error(self.duration.at, format!("a function cannot run for {}", self.duration.value), "expected at most 15 min", help);
        }
        // The price book holds this price for x86 only. AWS offers it for ARM too.
        if let Some(kept) = self.provisioned_concurrency.as_ref().filter(|_| self.architecture == Architecture::Arm) {
            let help = "take `architecture: x86`, or leave out `provisioned_concurrency`";
            check.error(kept.at, "the price of provisioned concurrency on ARM is not known", "no price for this", help);
        }
    }
}

impl LambdaFunction {
    /// × the seconds of all runs together.
    fn while_running(&self, tape: Tape, at: &At<'_>) -> Tape {
        tape.times_rate("requests", &self.requests, &at.over).times("seconds a request", &self.duration)
    }

    /// Disk above 512 MB is billed while functions run (AWS, "AWS Lambda Pricing", Ephemeral Storage).
    fn disk(&self, at: &mut At<'_>) {
        if let Some(disk) = self.ephemeral_storage.as_ref().filter(|disk| disk.value.0 > FREE_DISK) {
            let paid = Tape::new().times("GB of disk", disk).rule(Step::Minus, "free with every function", FREE_DISK);
            let tape = self.while_running(paid, at);
            at.record(CODE, "Lambda-Storage-GB-Second", "", Unit::GbSeconds, tape);
        }
    }

    /// Instances kept ready are billed for as long as they are configured (AWS, "AWS Lambda Pricing", Provisioned Concurrency).
    fn kept_ready(&self, at: &mut At<'_>) {
        if let Some(kept) = &self.provisioned_concurrency {
            let seconds = at.hours().rule_of(Step::Times, "seconds in an hour", 3_600);
            let tape = seconds.times("instances kept ready", kept).times("GB of memory", &self.memory);
            at.record(CODE, "Lambda-Provisioned-Concurrency", "", Unit::GbSeconds, tape);
        }
    }
}

fn between(check: &mut Check<'_>, size: &Driver<Gb>, least: Decimal, what: &str, expected: &str) {
    if size.value.0 < least || size.value.0 > LARGEST {
        let help = "larger work belongs on Fargate, larger data on EFS or S3";
        check.error(size.at, format!("a function cannot have {} of {what}", size.value), expected, help);
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::{check, emitted};

    /// 5,000,000 × 0.35 s × 0.5 GB = 875,000 GB-seconds.
    #[test]
    fn memory_is_billed_for_the_time_of_every_run() {
        check(
            "type: lambda-function\nrequests: 5 M/month\nduration: 0.35 s\nmemory: 512 MB",
            "us-east-1",
            "2026-12",
            "Request          5000000 count      requests 5,000,000/month
             Lambda-GB-Second  875000 GB-seconds requests 5,000,000/month × seconds a request 0.35 s × GB of memory 0.5 GB",
        );
    }

    /// 10 a second × 720 hours × 3,600 = 25,920,000 requests, × 0.1 s × 1 GB = 2,592,000 GB-seconds.
    #[test]
    fn arm_has_a_usage_type_of_its_own() {
        check(
            "type: lambda-function\narchitecture: arm\nrequests: 10/s\nduration: 0.1 s\nmemory: 1 GB",
            "us-west-2",
            "2026-11",
            "USW2-Request             25920000 count      requests 10/s × hours in the month 720 × in an hour 3,600
             USW2-Lambda-GB-Second-ARM 2592000 GB-seconds requests 10/s × hours in the month 720 × in an hour 3,600 × seconds a request 0.1 s × GB of memory 1 GB",
        );
    }

    /// (2 − 0.5) GB × 1,000,000 × 2 s = 3,000,000 GB-seconds; 1,000,000 × 2 s × 1 GB = 2,000,000 GB-seconds.
    #[test]
    fn disk_above_512_mb_is_billed_while_functions_run() {
        check(
            "type: lambda-function\nrequests: 1 M/month\nduration: 2 s\nmemory: 1 GB\nephemeral_storage: 2 GB",
            "us-east-1",
            "2026-12",
            "Request                  1000000 count      requests 1,000,000/month
             Lambda-GB-Second         2000000 GB-seconds requests 1,000,000/month × seconds a request 2 s × GB of memory 1 GB
             Lambda-Storage-GB-Second 3000000 GB-seconds GB of disk 2 GB − free with every function 0.5 × requests 1,000,000/month × seconds a request 2 s",
        );
    }

    /// 744 hours × 3,600 × 2 × 0.5 GB = 2,678,400 GB-seconds, called or not.
    #[test]
    fn instances_kept_ready_are_billed_for_the_whole_month() {
        check(
            "type: lambda-function\nrequests: 0/month\nduration: 1 s\nmemory: 512 MB\nprovisioned_concurrency: 2",
            "us-east-1",
            "2026-12",
            "Lambda-Provisioned-Concurrency 2678400 GB-seconds hours in the month 744 × seconds in an hour 3,600 × instances kept ready 2 × GB of memory 0.5 GB",
        );
    }

    #[test]
    fn the_disk_that_every_function_has_is_not_billed() {
        let yaml = "type: lambda-function\nrequests: 1 M/month\nduration: 1 s\nmemory: 1 GB\nephemeral_storage: 512 MB";
        assert_eq!(emitted(yaml, "us-east-1", "2026-12").len(), 2);
    }

    #[test]
    #[should_panic(expected = "expected 128 MB to 10 GB")]
    fn memory_below_128_mb_is_refused() {
        emitted("type: lambda-function\nrequests: 1/s\nduration: 1 s\nmemory: 64 MB", "us-east-1", "2026-12");
    }

    #[test]
    #[should_panic(expected = "expected at most 15 min")]
    fn a_run_of_an_hour_is_refused() {
        emitted("type: lambda-function\nrequests: 1/h\nduration: 1 h\nmemory: 1 GB", "us-east-1", "2026-12");
    }

    #[test]
    #[should_panic(expected = "provisioned concurrency on ARM is not known")]
    fn a_price_that_is_not_known_is_not_guessed() {
        let yaml = "type: lambda-function\narchitecture: arm\nrequests: 1/s\nduration: 1 s\nmemory: 1 GB\nprovisioned_concurrency: 1";
        emitted(yaml, "us-east-1", "2026-12");
    }
}
