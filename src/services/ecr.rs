//! ECR: images stored, and copies sent to another region (AWS, "Amazon Elastic Container Registry pricing").
//!
//! Not here: the copy's own storage (an `ecr-repository` in the other region), pulls from inside the region, which are free,
//! pulls through NAT gateways or endpoints (`nat_gateway`, `vpc_endpoint`) and to the internet (`data_transfer`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{Gb, GbRate, Unit};
use crate::scenario::driver::Driver;
use crate::usage::Tape;

const CODE: &str = "AmazonECR";
const TRANSFER: &str = "AWSDataTransfer";

/// One or more private repositories.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EcrRepository {
    /// Images stored, compressed and with shared layers counted once, on average over the month.
    #[serde(default)]
    pub storage: Option<Driver<Gb>>,
    /// Copies to another region or account.
    #[serde(default)]
    pub replication: Option<Replication>,
}

/// Copies to another region or account.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Replication {
    /// The region to which images are copied, such as `us-west-2`. The resource's own region stands for another account there.
    pub to: String,
    /// Bytes that are copied.
    pub data: Driver<GbRate>,
}

impl Service for EcrRepository {
    const TYPE: &'static str = "ecr-repository";
    const EXAMPLE: &'static str = "
type: ecr-repository
storage: 60 GB
replication: {to: us-west-2, data: 40 GB/month}
";

    fn usage(&self, at: &mut At<'_>) {
        at.stock(CODE, "TimedStorage-ByteHrs", "", Unit::GbMonths, "images stored", self.storage.as_ref());
        if let Some(replication) = &self.replication {
            replication.usage(at);
        }
    }

    fn check(&self, check: &mut Check<'_>) {
        if self.storage.is_none() && self.replication.is_none() {
            check.error(None, "this repository uses nothing", "nothing is stated", "state `storage`, `replication` or both");
        }
    }
}

impl Replication {
    /// Copies are transfer between regions, billed to the sending one; a copy to another account in the same region is free (AWS,
    /// "Amazon Elastic Container Registry pricing", Data Transfer).
    fn usage(&self, at: &mut At<'_>) {
        if self.to == *at.region {
            return;
        }
        match at.book.region(&self.to).map(|region| format!("{}-AWS-Out-Bytes", region.code)) {
            Ok(base) => {
                let tape = Tape::new().times_rate("images copied to another region", &self.data, &at.over);
                at.record(TRANSFER, &base, "", Unit::Gb, tape);
            }
            Err(why) => at.failures.push(format!("{}: {why}", at.resource)),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::{check, emitted};

    #[test]
    fn images_are_stored_by_the_month_and_copies_pay_transfer() {
        check(
            "type: ecr-repository\nstorage: 60 GB\nreplication: {to: us-west-2, data: 40 GB/month}",
            "us-east-1",
            "2026-12",
            "TimedStorage-ByteHrs    60 GB-months images stored 60 GB
             USE1-USW2-AWS-Out-Bytes 40 GB        images copied to another region 40 GB/month",
        );
    }

    #[test]
    fn failing_back_sends_in_the_other_direction() {
        check(
            "type: ecr-repository\nreplication: {to: us-east-1, data: 40 GB/month}",
            "us-west-2",
            "2026-12",
            "USW2-USE1-AWS-Out-Bytes 40 GB images copied to another region 40 GB/month",
        );
    }

    #[test]
    #[should_panic(expected = "did you mean `us-west-2`")]
    fn a_region_that_does_not_exist_is_refused() {
        emitted("type: ecr-repository\nreplication: {to: us-wets-2, data: 40 GB/month}", "us-east-1", "2026-12");
    }

    #[test]
    fn copies_inside_a_region_are_free() {
        check("type: ecr-repository\nreplication: {to: us-east-1, data: 40 GB/month}", "us-east-1", "2026-12", "");
    }

    #[test]
    #[should_panic(expected = "uses nothing")]
    fn nothing_stated_is_an_error() {
        emitted("type: ecr-repository", "us-east-1", "2026-12");
    }
}
