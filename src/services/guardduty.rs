//! GuardDuty: events, gigabytes and processors that it looks at (AWS, "Amazon GuardDuty pricing"). Tiers count in each account
//! and region.
//!
//! Not here: findings that go on to Security Hub (`security_hub`), the flow logs that somebody stores (`cloudwatch`): GuardDuty
//! reads its own copy. Protection of EKS, of Lambda and of EBS volumes is not modelled.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{Count, CountRate, GbRate, Unit};
use crate::scenario::driver::Driver;

const CODE: &str = "AmazonGuardDuty";

/// What GuardDuty looks at in one account and region.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Guardduty {
    /// Management events of CloudTrail.
    #[serde(default)]
    pub management_events: Option<Driver<CountRate>>,
    /// Bytes of VPC flow logs and DNS query logs.
    #[serde(default)]
    pub flow_and_dns: Option<Driver<GbRate>>,
    /// Data events of S3 (S3 Protection).
    #[serde(default)]
    pub s3_events: Option<Driver<CountRate>>,
    /// vCPUs of Fargate tasks under runtime monitoring, on average over the month.
    #[serde(default)]
    pub fargate_vcpus: Option<Driver<Count>>,
    /// vCPUs of database instances under RDS Protection, on average over the month.
    #[serde(default)]
    pub rds_vcpus: Option<Driver<Count>>,
    /// ACUs of Aurora Serverless v2 under RDS Protection, on average over the month.
    #[serde(default)]
    pub rds_acus: Option<Driver<Count>>,
    /// Bytes of S3 objects that Malware Protection scans.
    #[serde(default)]
    pub malware_s3: Option<Driver<GbRate>>,
}

impl Service for Guardduty {
    const TYPE: &'static str = "guardduty";
    const EXAMPLE: &'static str = "
type: guardduty
management_events: 4 M events/month
flow_and_dns: 60 GB/month
s3_events: 10 M events/month
fargate_vcpus: 45
rds_vcpus: 4
rds_acus: 2
malware_s3: 20 GB/month
";

    fn usage(&self, at: &mut At<'_>) {
        at.rate(CODE, "PaidEventsAnalyzed", "", Unit::Count, "management events", self.management_events.as_ref());
        at.rate(CODE, "PaidEventsAnalyzed-Bytes", "", Unit::Gb, "flow and DNS logs", self.flow_and_dns.as_ref());
        at.rate(CODE, "PaidS3DataEventsAnalyzed", "", Unit::Count, "data events of S3", self.s3_events.as_ref());
        self.protected(at);
        at.rate(CODE, "MalwareProtectionS3DataScanned", "", Unit::Gb, "objects scanned for malware", self.malware_s3.as_ref());
    }

    fn check(&self, check: &mut Check<'_>) {
        let used = [
            self.management_events.is_some(),
            self.flow_and_dns.is_some(),
            self.s3_events.is_some(),
            self.fargate_vcpus.is_some(),
            self.rds_vcpus.is_some(),
            self.rds_acus.is_some(),
            self.malware_s3.is_some(),
        ];
        if !used.contains(&true) {
            let help = "state at least one of `management_events`, `flow_and_dns`, `s3_events` …";
            check.error(None, "this GuardDuty uses nothing", "nothing is stated", help);
        }
    }
}

impl Guardduty {
    /// Processors are billed by the vCPU- or ACU-month (AWS, "Amazon GuardDuty pricing", Runtime Monitoring and RDS Protection).
    fn protected(&self, at: &mut At<'_>) {
        at.stock(CODE, "PaidFargatevCPUMonitored", "", Unit::Months, "vCPUs of Fargate tasks", self.fargate_vcpus.as_ref());
        at.stock(CODE, "PaidRDSvCPUMonitored", "", Unit::Months, "vCPUs of databases", self.rds_vcpus.as_ref());
        at.stock(CODE, "PaidRDSACUMonitored", "", Unit::Months, "ACUs of databases", self.rds_acus.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::{check, emitted};

    /// 20,000 events an hour × 744 hours = 14,880,000.
    #[test]
    fn events_and_logs_are_counted_over_december() {
        check(
            "type: guardduty\nmanagement_events: 20 k/h\nflow_and_dns: 60 GB/month\ns3_events: 10 M/month\nmalware_s3: 20 GB/month",
            "us-east-1",
            "2026-12",
            "USE1-PaidEventsAnalyzed             14880000 count management events 20,000/h × hours in the month 744
             USE1-PaidEventsAnalyzed-Bytes             60 GB    flow and DNS logs 60 GB/month
             USE1-PaidS3DataEventsAnalyzed       10000000 count data events of S3 10,000,000/month
             USE1-MalwareProtectionS3DataScanned       20 GB    objects scanned for malware 20 GB/month",
        );
    }

    #[test]
    fn processors_are_watched_by_the_month() {
        check(
            "type: guardduty\nfargate_vcpus: 45.5\nrds_vcpus: 4\nrds_acus: 2",
            "us-west-2",
            "2026-11",
            "USW2-PaidFargatevCPUMonitored 45.5 months vCPUs of Fargate tasks 45.5
             USW2-PaidRDSvCPUMonitored      4   months vCPUs of databases 4
             USW2-PaidRDSACUMonitored       2   months ACUs of databases 2",
        );
    }

    #[test]
    #[should_panic(expected = "uses nothing")]
    fn nothing_stated_is_an_error() {
        emitted("type: guardduty", "us-east-1", "2026-12");
    }
}
