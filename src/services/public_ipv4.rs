//! Public IPv4 addresses: every hour of every address, in use or not (AWS, "Amazon VPC pricing", Public IPv4 Address).
//! Load balancers and NAT gateways have one in each zone, a task in a public subnet one each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{Count, Unit};
use crate::scenario::driver::Driver;

const CODE: &str = "AmazonVPC";
const OPERATION: &str = "AllocateAddressVPC";

/// Public IPv4 addresses.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PublicIpv4 {
    /// Addresses of load balancers, gateways, tasks.
    #[serde(default)]
    pub in_use: Option<Driver<Count>>,
    /// Elastic addresses that belong to nothing.
    #[serde(default)]
    pub idle: Option<Driver<Count>>,
}

impl Service for PublicIpv4 {
    const TYPE: &'static str = "public-ipv4";
    const EXAMPLE: &'static str = "
type: public-ipv4
in_use: 6
idle: 1
";

    fn usage(&self, at: &mut At<'_>) {
        for (base, addresses) in [("PublicIPv4:InUseAddress", &self.in_use), ("PublicIPv4:IdleAddress", &self.idle)] {
            if let Some(addresses) = addresses {
                let tape = at.hours().times("addresses", addresses);
                at.record(CODE, base, OPERATION, Unit::Hours, tape);
            }
        }
    }

    fn check(&self, check: &mut Check<'_>) {
        if self.in_use.is_none() && self.idle.is_none() {
            check.error(None, "no address is stated", "state `in_use` or `idle`", "`in_use: 1`");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::check;

    #[test]
    fn idle_addresses_cost_as_those_in_use() {
        check(
            "type: public-ipv4\nin_use: 6\nidle: 1",
            "us-west-2",
            "2026-11",
            "USW2-PublicIPv4:InUseAddress 4320 hours hours in the month 720 × addresses 6
             USW2-PublicIPv4:IdleAddress   720 hours hours in the month 720 × addresses 1",
        );
    }
}
