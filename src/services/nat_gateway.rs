//! NAT gateways: the hours they stand and the bytes that pass (AWS, "Amazon VPC pricing", NAT gateway).
//!
//! Not here: transfer beyond the gateway (`data_transfer`) and its public address (`public_ipv4`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Service};
use crate::quantity::{Count, GbRate, Unit};
use crate::scenario::driver::Driver;

const CODE: &str = "AmazonEC2";

/// One or more NAT gateways.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NatGateway {
    /// How many stand, all together.
    pub gateways: Driver<Count>,
    /// Bytes that pass through them in either direction, all together.
    #[serde(default)]
    pub processed: Option<Driver<GbRate>>,
}

impl Service for NatGateway {
    const TYPE: &'static str = "nat-gateway";
    const METRICS: &'static [(&'static str, &'static str)] =
        &[(".processed", "BytesOutToDestination and BytesInFromDestination (AWS/NATGateway)")];
    const EXAMPLE: &'static str = "
type: nat-gateway
gateways: 3
processed: 500 GB/month
";

    fn usage(&self, at: &mut At<'_>) {
        let hours = at.hours().times("gateways", &self.gateways);
        at.record(CODE, "NatGateway-Hours", "NatGateway", Unit::Hours, hours);
        at.rate(CODE, "NatGateway-Bytes", "NatGateway", Unit::Gb, "bytes through the gateways", self.processed.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::check;

    #[test]
    fn two_gateways_stand_for_every_hour_of_december() {
        check(
            "type: nat-gateway\ngateways: 2\nprocessed: 100 GB/month",
            "us-east-1",
            "2026-12",
            "NatGateway-Hours  1488 hours  hours in the month 744 × gateways 2
             NatGateway-Bytes   100 GB     bytes through the gateways 100 GB/month",
        );
    }
}
