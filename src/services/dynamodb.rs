//! DynamoDB: requests on demand or provisioned capacity, storage, streams (AWS, "Amazon DynamoDB pricing"). 25 units of each
//! provisioned capacity and 25 GB are free always; rating takes them off.
//!
//! Not here: global tables, backups, exports, and accelerators.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{Count, CountRate, Gb, Unit};
use crate::scenario::driver::Driver;

const CODE: &str = "AmazonDynamoDB";

/// Provisioned capacity.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Provisioned {
    /// Write capacity units.
    pub write_units: Driver<Count>,
    /// Read capacity units.
    pub read_units: Driver<Count>,
}

/// A DynamoDB table.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DynamodbTable {
    /// Write request units, on demand.
    #[serde(default)]
    pub writes: Option<Driver<CountRate>>,
    /// Read request units, on demand.
    #[serde(default)]
    pub reads: Option<Driver<CountRate>>,
    /// Instead of on demand: provisioned capacity.
    #[serde(default)]
    pub provisioned: Option<Provisioned>,
    /// Data, on average over the month.
    #[serde(default)]
    pub storage: Option<Driver<Gb>>,
    /// Read request units of streams.
    #[serde(default)]
    pub streams: Option<Driver<CountRate>>,
}

impl Service for DynamodbTable {
    const TYPE: &'static str = "dynamodb-table";
    const METRICS: &'static [(&'static str, &'static str)] =
        &[(".reads", "ConsumedReadCapacityUnits (AWS/DynamoDB)"), (".writes", "ConsumedWriteCapacityUnits (AWS/DynamoDB)")];
    const EXAMPLE: &'static str = "
type: dynamodb-table
writes: 3 M/month
reads: 8 M/month
provisioned: {write_units: 60, read_units: 60}
storage: 30 GB
streams: 5 M/month
";

    fn usage(&self, at: &mut At<'_>) {
        let on_demand = "PayPerRequestThroughput";
        at.rate(CODE, "WriteRequestUnits", on_demand, Unit::Count, "write requests", self.writes.as_ref());
        at.rate(CODE, "ReadRequestUnits", on_demand, Unit::Count, "read requests", self.reads.as_ref());
        if let Some(provisioned) = &self.provisioned {
            for (base, units) in [("WriteCapacityUnit-Hrs", &provisioned.write_units), ("ReadCapacityUnit-Hrs", &provisioned.read_units)] {
                let tape = at.hours().times("capacity units", units);
                at.record(CODE, base, "CommittedThroughput", Unit::Hours, tape);
            }
        }
        at.stock(CODE, "TimedStorage-ByteHrs", "", Unit::GbMonths, "GB of data", self.storage.as_ref());
        at.rate(CODE, "Streams-Requests", "GetRecords", Unit::Count, "reads of streams", self.streams.as_ref());
    }

    fn check(&self, check: &mut Check<'_>) {
        if self.writes.is_none() && self.reads.is_none() && self.provisioned.is_none() && self.storage.is_none() {
            check.error(None, "this table is not used", "state `writes` and `reads`, or `provisioned`", "`writes: 1 M/month`");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::check;

    /// 60 units for 744 hours: 44,640 of each; the free 25 come off in rating.
    #[test]
    fn provisioned_capacity_is_billed_by_the_hour() {
        check(
            "type: dynamodb-table\nprovisioned: {write_units: 60, read_units: 60}\nstorage: 30 GB",
            "us-east-1",
            "2026-12",
            "WriteCapacityUnit-Hrs 44640 hours hours in the month 744 × capacity units 60
             ReadCapacityUnit-Hrs  44640 hours hours in the month 744 × capacity units 60
             TimedStorage-ByteHrs     30 GB-months GB of data 30 GB",
        );
    }
}
