//! NAT gateways: the hours they stand and the bytes that pass (AWS, "Amazon VPC pricing", NAT gateway).
//!
//! A gateway endpoint takes what goes to S3 and DynamoDB in the same region past NAT for nothing (AWS, "Gateway endpoints").
//!
//! Not here: transfer beyond the gateway (`data_transfer`) and its public address (`public_ipv4`).

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{Count, GbRate, Share, Unit};
use crate::scenario::driver::Driver;
use crate::usage::{Step, Tape};

const CODE: &str = "AmazonEC2";

/// One or more NAT gateways.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NatGateway {
    /// How many stand, all together.
    pub gateways: Driver<Count>,
    /// Bytes that pass through them in either direction, all together.
    #[serde(default)]
    pub processed: Option<Driver<GbRate>>,
    /// The part of those bytes that goes to S3 or DynamoDB in the same region, image layers of ECR among them.
    #[serde(default)]
    pub to_s3_and_dynamodb: Option<Driver<Share>>,
    /// True where gateway endpoints take that part away.
    #[serde(default)]
    pub gateway_endpoint: bool,
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
        match (&self.processed, self.taken_away()) {
            (Some(processed), Some(taken)) => {
                let through = Tape::new().rule(Step::Times, "all of it", Decimal::ONE).minus("part that gateway endpoints take", taken);
                let bytes = Tape::new().times_rate("bytes before endpoints", processed, &at.over);
                at.record(CODE, "NatGateway-Bytes", "NatGateway", Unit::Gb, bytes.with(Step::Times, "part through the gateways", through));
            }
            (processed, _) => at.rate(CODE, "NatGateway-Bytes", "NatGateway", Unit::Gb, "bytes through the gateways", processed.as_ref()),
        }
    }

    fn check(&self, check: &mut Check<'_>) {
        if let Some(part) = self.to_s3_and_dynamodb.as_ref().filter(|p| p.value.0 < Decimal::ZERO || p.value.0 > Decimal::ONE) {
            check.error(
                part.at,
                "more than all bytes, or fewer than none",
                "expected 0% to 100%",
                "state the part that goes to S3 or DynamoDB",
            );
        }
    }
}

impl NatGateway {
    /// The part of the bytes that endpoints take away; `None` where there are none, or nothing for them.
    fn taken_away(&self) -> Option<&Driver<Share>> {
        self.to_s3_and_dynamodb.as_ref().filter(|part| self.gateway_endpoint && !part.value.0.is_zero())
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

    #[test]
    fn gateway_endpoints_take_what_goes_to_s3() {
        check(
            "type: nat-gateway\ngateways: 1\nprocessed: 100 GB/month\nto_s3_and_dynamodb: 40%\ngateway_endpoint: true",
            "us-east-1",
            "2026-12",
            "NatGateway-Hours  744 hours  hours in the month 744 × gateways 1
             NatGateway-Bytes   60 GB     bytes before endpoints 100 GB/month × part through the gateways 0.6",
        );
    }
}
