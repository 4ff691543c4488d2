//! Data transfer: to the internet, between zones, between regions (AWS, "Amazon EC2 On-Demand Pricing", Data Transfer).
//! Bytes to the internet pool over all services of a region, after 100 GB a month that are free over all regions.
//!
//! Not here: bytes through a NAT gateway (`nat_gateway`, beside these), an endpoint (`vpc_endpoint`) or CloudFront
//! (`cloudfront`). Between a load balancer and its targets no zone is charged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{GbRate, Unit};
use crate::scenario::driver::Driver;
use crate::usage::{Step, Tape};

const CODE: &str = "AWSDataTransfer";

/// Bytes to another region.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InterRegion {
    /// The region to which they go.
    pub to: String,
    /// How many.
    pub data: Driver<GbRate>,
    /// True for copies of S3 objects under Replication Time Control: 99.9% of them are there within 15 minutes, as AWS's service
    /// level agreement has it. Its metrics are billed beside, as custom ones (`cloudwatch`).
    #[serde(default)]
    pub time_control: bool,
}

/// Bytes that leave a zone, a region or AWS.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DataTransfer {
    /// To the internet.
    #[serde(default)]
    pub internet_out: Option<Driver<GbRate>>,
    /// From the internet: free, but a row of the bill.
    #[serde(default)]
    pub internet_in: Option<Driver<GbRate>>,
    /// Between availability zones, counted once; billed where it leaves and where it arrives.
    #[serde(default)]
    pub cross_az: Option<Driver<GbRate>>,
    /// To other regions.
    #[serde(default)]
    pub inter_region: Vec<InterRegion>,
    /// From an origin to CloudFront: free, but a row of the bill.
    #[serde(default)]
    pub to_cloudfront: Option<Driver<GbRate>>,
}

impl Service for DataTransfer {
    const TYPE: &'static str = "data-transfer";
    const EXAMPLE: &'static str = "
type: data-transfer
internet_out: 2 TB/month
internet_in: 500 GB/month
cross_az: 800 GB/month
inter_region: [{to: eu-central-1, data: 100 GB/month}, {to: us-west-2, data: 50 GB/month, time_control: true}]
to_cloudfront: 3 TB/month
";

    fn usage(&self, at: &mut At<'_>) {
        at.rate(CODE, "DataTransfer-Out-Bytes", "", Unit::Gb, "bytes to the internet", self.internet_out.as_ref());
        at.rate(CODE, "DataTransfer-In-Bytes", "", Unit::Gb, "bytes from the internet", self.internet_in.as_ref());
        at.rate(CODE, "CloudFront-Out-Bytes", "", Unit::Gb, "bytes to CloudFront", self.to_cloudfront.as_ref());
        if let Some(crossing) = &self.cross_az {
            let tape =
                Tape::new().times_rate("bytes between zones", crossing, &at.over).rule_of(Step::Times, "out of one, into another", 2);
            at.record(CODE, "DataTransfer-Regional-Bytes", "", Unit::Gb, tape);
        }
        for copy in &self.inter_region {
            between_regions(at, &copy.to, &copy.data, "bytes to another region");
            if copy.time_control {
                time_controlled(at, &copy.to, &copy.data);
            }
        }
    }

    fn check(&self, check: &mut Check<'_>) {
        let some = [&self.internet_out, &self.internet_in, &self.cross_az, &self.to_cloudfront].iter().any(|d| d.is_some());
        if !some && self.inter_region.is_empty() {
            let known = "internet_out, internet_in, cross_az, inter_region, to_cloudfront";
            check.error(None, "this data transfer moves nothing", "state a flow", format!("known here: {known}"));
        }
    }
}

/// Bytes from the resource's region to another one; within one region nothing is charged.
pub(super) fn between_regions(at: &mut At<'_>, to: &str, data: &Driver<GbRate>, name: &'static str) {
    if to == at.region.as_ref() {
        return;
    }
    match at.book.region(to).map(|r| r.code.clone()) {
        Ok(code) => at.rate(CODE, &format!("{code}-AWS-Out-Bytes"), "", Unit::Gb, name, Some(data)),
        Err(why) => at.failures.push(format!("{}: {why}", at.resource)),
    }
}

/// Bytes copied under S3 Replication Time Control: a usage type of its own for each pair of regions, beside the transfer.
pub(super) fn time_controlled(at: &mut At<'_>, to: &str, data: &Driver<GbRate>) {
    if let Ok(code) = at.book.region(to).map(|r| r.code.clone()) {
        let name = "bytes under Replication Time Control";
        at.rate("AmazonS3", &format!("{code}-S3RTC-Out-Bytes"), "", Unit::Gb, name, Some(data));
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::check;

    #[test]
    fn bytes_between_zones_are_billed_on_both_sides() {
        check(
            "type: data-transfer\ncross_az: 100 GB/month\ninternet_out: 10 GB/day",
            "us-east-1",
            "2026-11",
            "DataTransfer-Out-Bytes      300 GB bytes to the internet 10 GB/day × hours in the month 720 ÷ hours in a day 24
             DataTransfer-Regional-Bytes 200 GB bytes between zones 100 GB/month × out of one, into another 2",
        );
    }

    #[test]
    fn a_copy_names_both_regions_and_stays_free_at_home() {
        check(
            "type: data-transfer\ninter_region: [{to: us-west-2, data: 600 GB/month}, {to: us-east-1, data: 5 GB/month}]",
            "us-east-1",
            "2026-12",
            "USE1-USW2-AWS-Out-Bytes 600 GB bytes to another region 600 GB/month",
        );
    }

    #[test]
    fn a_promise_of_time_is_billed_by_the_byte_beside_the_transfer() {
        check(
            "type: data-transfer\ninter_region: [{to: us-west-2, data: 600 GB/month, time_control: true}]",
            "us-east-1",
            "2026-12",
            "USE1-USW2-AWS-Out-Bytes   600 GB bytes to another region 600 GB/month
             USE1-USW2-S3RTC-Out-Bytes 600 GB bytes under Replication Time Control 600 GB/month",
        );
    }
}
