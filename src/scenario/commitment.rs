//! Commitments: reservations and savings plans as a scenario buys them.

use chrono::{Days, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::driver::{Driver, optional_quantity};
use crate::money::Usd;
use crate::month::Month;
use crate::pricing::Term;
use crate::quantity::{Count, schema_of};

/// Days of a year's term. AWS sells terms of 31,536,000 and 94,608,000 seconds, whether a 29 February lies in them or not (Amazon RDS,
/// "DescribeReservedDBInstancesOfferings", `Duration`; Savings Plans, "DescribeSavingsPlansOfferings", `durationSeconds`).
pub const YEAR_DAYS: u32 = 365;

/// The first day after a term of so many years.
pub fn end_of(start: NaiveDate, years: u8) -> NaiveDate {
    start.checked_add_days(Days::new(u64::from(YEAR_DAYS) * u64::from(years))).unwrap_or(start)
}

/// Which savings plan.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    /// Fargate and Lambda.
    #[default]
    Compute,
    /// Databases and caches of newer generations.
    Database,
}

impl Plan {
    /// As in "Compute Savings Plan".
    pub fn name(self) -> &'static str {
        match self {
            Plan::Compute => "Compute",
            Plan::Database => "Database",
        }
    }

    /// The service code under which its fees are billed.
    pub fn code(self) -> &'static str {
        match self {
            Plan::Compute => "ComputeSavingsPlans",
            Plan::Database => "DatabaseSavingsPlans",
        }
    }
}

/// A purchase that covers usage hour by hour, used or lost.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Commitment {
    /// Its name in bills.
    pub id: String,
    /// `reserved-1yr-no-upfront`, `savings-plan-3yr-all-upfront` and so on.
    #[serde(deserialize_with = "term")]
    #[schemars(with = "String", regex(pattern = r"^(reserved|savings-plan)-[13]yr-(no|partial|all)-upfront$"))]
    pub term: Term,
    /// First day of the term.
    #[serde(deserialize_with = "day")]
    #[schemars(with = "String", regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    pub start: NaiveDate,
    /// For a reservation: the service code, such as `AmazonRDS`.
    #[serde(default)]
    pub service: Option<String>,
    /// For a reservation: the usage type without the region's prefix, such as `InstanceUsage:db.r6g.large`.
    #[serde(default)]
    pub usage_type: Option<String>,
    /// For a reservation: the operation, such as `CreateDBInstance:0021`.
    #[serde(default)]
    pub operation: Option<String>,
    /// For a reservation: how many instances or nodes.
    #[serde(default)]
    pub count: Option<Driver<Count>>,
    /// For a savings plan: which one; `compute` if left out.
    #[serde(default)]
    pub plan: Plan,
    /// For a savings plan: dollars an hour.
    #[serde(default, deserialize_with = "optional_quantity")]
    #[schemars(schema_with = "schema_of::<Usd>")]
    pub hourly: Option<Usd>,
    /// True where it is taken to go on after its term. No file says so.
    #[serde(skip)]
    pub renewed: bool,
}

impl Commitment {
    /// The years of the term.
    pub fn years(&self) -> u8 {
        match self.term {
            Term::Reserved { years, .. } | Term::SavingsPlan { years, .. } => years,
            Term::OnDemand | Term::Spot => 0,
        }
    }

    /// The first day after the term.
    pub fn end(&self) -> NaiveDate {
        if self.renewed { NaiveDate::MAX } else { end_of(self.start, self.years()) }
    }

    /// Days of a month on which it is in force.
    pub fn days_in(&self, month: Month) -> usize {
        month.days().filter(|d| *d >= self.start && *d < self.end()).count()
    }

    /// What is wrong with it, if anything.
    pub fn problem(&self) -> Option<&'static str> {
        let reservation = self.service.is_some() && self.usage_type.is_some() && self.count.is_some();
        match self.term {
            Term::Reserved { .. } if self.plan != Plan::default() => Some("only a savings plan has a `plan`"),
            Term::Reserved { .. } if reservation && self.hourly.is_none() => None,
            Term::Reserved { .. } => Some("a reservation has `service`, `usage_type`, `operation` and `count`"),
            Term::SavingsPlan { .. } if self.hourly.is_some_and(|h| h.decimal().is_sign_negative()) => {
                Some("`hourly` cannot be below zero")
            }
            Term::SavingsPlan { .. } if self.hourly.is_some() && self.service.is_none() && self.count.is_none() => None,
            Term::SavingsPlan { .. } => Some("a savings plan has `hourly`, and no `service` or `count`"),
            Term::OnDemand | Term::Spot => Some("only reservations and savings plans are commitments"),
        }
    }
}

/// Reads the terms of a commitment.
pub(crate) fn term<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Term, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

/// Reads a day.
pub fn day<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| serde::de::Error::custom(format!("`{text}` is no date: write it as 2026-12-01")))
}

/// The same where it may be absent.
pub(super) fn optional_day<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    text.parse().map(Some).map_err(|_| serde::de::Error::custom(format!("`{text}` is no date: write it as 2026-12-01")))
}
