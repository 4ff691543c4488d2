//! Interface endpoints: the hours they stand in each zone and the bytes that pass (AWS, "AWS PrivateLink pricing").
//!
//! Not here: gateway endpoints (S3, DynamoDB), which cost nothing, and traffic between zones (`data_transfer`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Service};
use crate::quantity::{Count, GbRate, Unit};
use crate::scenario::driver::Driver;

const CODE: &str = "AmazonVPC";

/// Interface endpoints of one VPC.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct VpcEndpoint {
    /// Services that have an endpoint.
    pub services: Driver<Count>,
    /// Zones in which each stands: every one is billed.
    pub zones: Driver<Count>,
    /// Bytes that pass, all together.
    #[serde(default)]
    pub processed: Option<Driver<GbRate>>,
}

impl Service for VpcEndpoint {
    const TYPE: &'static str = "vpc-endpoint";
    const METRICS: &'static [(&'static str, &'static str)] = &[(".processed", "BytesProcessed (AWS/PrivateLinkEndpoints)")];
    const EXAMPLE: &'static str = "
type: vpc-endpoint
services: 3
zones: 3
processed: 200 GB/month
";

    fn usage(&self, at: &mut At<'_>) {
        let hours = at.hours().times("endpoints", &self.services).times("zones", &self.zones);
        at.record(CODE, "VpcEndpoint-Hours", "VpcEndpoint", Unit::Hours, hours);
        at.rate(CODE, "VpcEndpoint-Bytes", "VpcEndpoint", Unit::Gb, "bytes through the endpoints", self.processed.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::check;

    /// 3 services in 3 zones for 720 hours: 6,480.
    #[test]
    fn an_endpoint_is_billed_in_every_zone() {
        check(
            "type: vpc-endpoint\nservices: 3\nzones: 3\nprocessed: 200 GB/month",
            "us-east-1",
            "2026-11",
            "USE1-VpcEndpoint-Hours 6480 hours hours in the month 720 × endpoints 3 × zones 3
             USE1-VpcEndpoint-Bytes  200 GB bytes through the endpoints 200 GB/month",
        );
    }
}
