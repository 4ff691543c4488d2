//! What is planted in the synthetic history, for whoever looks for it: users who learn, and tests that know the answer.
//!
//! Beside prod's prediction, the last closed month differs by five causes. Each touches usage types of its own, so that its size is
//! exact: what the rows of these usage types come to, less what was predicted for them ([`sizes`]).

use std::sync::Arc;

use rust_decimal::Decimal;

use super::line::Line;
use crate::bill::Bill;
use crate::money::Usd;
use crate::pricing::{Payment, Term};
use crate::quantity::Count;
use crate::scenario::commitment::{Commitment, Plan};
use crate::scenario::driver::{Driver, Provenance};
use crate::scenario::patch::Patch;

/// The environment in which the causes are planted.
pub const ENVIRONMENT: &str = "prod";

/// Why a bill differs from its prediction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The month has other hours than the 730 with which somebody predicted.
    Calendar,
    /// A driver differs.
    Volume,
    /// A rate differs.
    Price,
    /// Something was bought that covers usage.
    Commitment,
    /// Something runs that the scenario does not have.
    New,
}

/// One cause.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Planted {
    /// Which.
    pub cause: Cause,
    /// The usage types on which it lies, and on which nothing else does.
    pub usage_types: &'static [&'static str],
    /// What it is, in words.
    pub what: &'static str,
}

/// The five causes.
pub const PLANTED: &[Planted] = &[
    Planted {
        cause: Cause::Volume,
        usage_types: &["Aurora:StorageIOUsage", "LCUUsage"],
        what: "database.io is 15% and alb.lcu.average 20% above the scenario",
    },
    Planted { cause: Cause::Price, usage_types: &["NodeUsage:cache.r6g.large"], what: "a cache node costs 4% more than the list says" },
    Planted { cause: Cause::Calendar, usage_types: &[], what: "a prediction at 730 hours, beside the month's real ones" },
    Planted {
        cause: Cause::New,
        usage_types: &["BoxUsage:m6i.large", "EBS:VolumeUsage.gp3"],
        what: "two instances with their volumes, for three months",
    },
    Planted {
        cause: Cause::Commitment,
        usage_types: &["InstanceUsage:db.r6g.large", "USE1-Fargate-vCPU-Hours:perCPU", "USE1-Fargate-GB-Hours", "ComputeSavingsPlans"],
        what: "a reservation for one of the database instances, and a savings plan of which a part goes unused",
    },
];

/// Drivers that differ from the scenario's: path, and by how much.
pub const DRIVERS: &[(&str, &str)] = &[("database.io", "+15%"), ("alb.lcu.average", "+20%")];

/// The rate that differs, as a part of the listed one.
pub const RATE: Decimal = Decimal::from_parts(104, 0, 0, false, 2);

/// What runs new: service, usage type, operation, quantity of a month (`None`: two, each hour of it) and price.
pub const NEW: &[(&str, &str, &str, Option<Decimal>, Decimal)] = &[
    ("AmazonEC2", "BoxUsage:m6i.large", "RunInstances", None, Decimal::from_parts(96, 0, 0, false, 3)),
    (
        "AmazonEC2",
        "EBS:VolumeUsage.gp3",
        "CreateVolume",
        Some(Decimal::from_parts(200, 0, 0, false, 0)),
        Decimal::from_parts(8, 0, 0, false, 2),
    ),
];
/// Since how many months before the last closed one.
pub const NEW_SINCE: i32 = 2;

/// How many months before the last closed one the commitments were bought, for a year.
pub const BOUGHT: i32 = 6;
/// What of the savings plan of [`ENVIRONMENT`] goes unused, in dollars an hour: at night less runs than was committed to.
pub const WASTE: Decimal = Decimal::from_parts(7, 0, 0, false, 2);

/// A service that doubles.
pub const STEP_SERVICE: &str = "AWSLambda";
/// In how many months before the last closed one.
pub const STEP: i32 = 5;

/// The usage type that runs away for three days in [`ENVIRONMENT`].
pub const ANOMALY_USAGE_TYPE: &str = "NatGateway-Bytes";
/// How many months before the last closed one.
pub const ANOMALY: i32 = 4;
/// Its first day, and the first one after it.
pub const ANOMALY_DAYS: (u32, u32) = (11, 14);
/// How many times as much it is: half a terabyte a day.
pub const ANOMALY_TIMES: Decimal = Decimal::from_parts(40, 0, 0, false, 0);

/// The changes of [`DRIVERS`].
pub fn patches() -> Vec<Patch> {
    let patch = |(path, value): &(&str, &str)| Patch { environment: ENVIRONMENT.into(), path: (*path).into(), value: (*value).into() };
    DRIVERS.iter().map(patch).collect()
}

/// What was bought, by environment.
pub fn commitments(start: chrono::NaiveDate) -> Vec<(&'static str, Commitment)> {
    let plan = |id: &str, payment, hourly| Commitment {
        id: id.into(),
        term: Term::SavingsPlan { years: 1, payment },
        start,
        service: None,
        usage_type: None,
        operation: None,
        count: None,
        plan: Plan::Compute,
        hourly: Some(Usd::new(hourly)),
        renewed: false,
    };
    let one =
        Driver { value: Count(Decimal::ONE), uncertainty: None, grows: false, of: None, from: Provenance::Measured, why: None, at: None };
    let reservation = Commitment {
        id: "database".into(),
        term: Term::Reserved { years: 1, payment: Payment::PartialUpfront },
        service: Some("AmazonRDS".into()),
        usage_type: Some("InstanceUsage:db.r6g.large".into()),
        operation: Some("CreateDBInstance:0021".into()),
        count: Some(one),
        hourly: None,
        ..plan("", Payment::PartialUpfront, Decimal::ZERO)
    };
    vec![
        (ENVIRONMENT, reservation),
        (ENVIRONMENT, plan("compute", Payment::NoUpfront, Decimal::new(80, 2))),
        // What is paid at once; no cause in the environment that is compared.
        ("staging", plan("compute-staging", Payment::AllUpfront, Decimal::new(10, 2))),
    ]
}

/// What a cause comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// The cause.
    pub cause: Cause,
    /// On the invoice (unblended).
    pub billed: Usd,
    /// With upfront fees spread (amortized).
    pub effective: Usd,
}

/// The size of each cause of [`PLANTED`], in its order: the lines of the environment against what was predicted for it, and that
/// prediction against one at 730 hours.
pub fn sizes(lines: &[Line], predicted: &Bill, at_730: &Bill) -> Vec<Size> {
    let environment: Arc<str> = ENVIRONMENT.into();
    let own = |usage_types: &[&str]| {
        let of = |c: &&crate::bill::Charge| c.environment == environment && usage_types.contains(&c.usage_type.as_ref());
        let sum = |charges: &mut dyn Iterator<Item = &crate::bill::Charge>| {
            charges.filter(of).fold((Usd::ZERO, Usd::ZERO), |(billed, effective), c| (billed + c.billed, effective + c.effective))
        };
        let (is, said) = (sum(&mut lines.iter().map(|l| &l.charge)), sum(&mut predicted.charges.iter()));
        (is.0 - said.0, is.1 - said.1)
    };
    let effective = |bill: &Bill| bill.charges.iter().map(|c| c.effective).sum::<Usd>();
    let size = |planted: &Planted| {
        let (billed, effective) = match planted.cause {
            Cause::Calendar => (predicted.total() - at_730.total(), effective(predicted) - effective(at_730)),
            _ => own(planted.usage_types),
        };
        Size { cause: planted.cause, billed, effective }
    };
    PLANTED.iter().map(size).collect()
}
