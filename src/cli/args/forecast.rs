//! Arguments of what predicts: `forecast`, `sensitivity`, `simulate`, `plan`, `explain`, `calibrate`.

use std::path::PathBuf;
use std::str::FromStr;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use super::{BasisArgs, BilledArgs, ChangeArgs, DrawingArgs, Format, ViewFormat};
use crate::bill::group::By;
use crate::month::{HoursBasis, Month};

/// Which charges to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScopeArg {
    /// What the plan speaks of.
    Planned,
    /// All of them.
    All,
}

/// `forecast`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ce-cost forecast prod
  ce-cost forecast prod --hours 730                  the AWS Pricing Calculator's month
  ce-cost forecast prod --by service --format csv
  ce-cost forecast --all --months 12
  ce-cost forecast prod --by tag:Service --scope planned
  ce-cost forecast prod --failover 6h                what a drill adds; --region-lost 6h where the region is gone")]
pub struct ForecastArgs {
    /// Environments
    #[arg(value_name = "ENV", required_unless_present = "all", conflicts_with = "all")]
    pub environments: Vec<String>,
    /// Every environment
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub basis: BasisArgs,
    /// How many months from the first
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=36))]
    pub months: u32,
    /// Rate every month at the prices that were in force on this day
    #[arg(long, value_name = "DATE")]
    pub prices_as_of: Option<NaiveDate>,
    #[command(flatten)]
    pub drawing: DrawingArgs,
    #[command(flatten)]
    pub changes: ChangeArgs,
    /// Which charges: planned or all
    #[arg(long, value_name = "SCOPE", default_value = "all")]
    pub scope: ScopeArg,
    /// By what to add up: group, service, usage-type, resource or tag:KEY
    #[arg(long, value_name = "BY", default_value = "group")]
    pub by: By,
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: Format,
}

/// `sensitivity`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ce-cost sensitivity prod                      every input that is not certain, the widest swing first
  ce-cost sensitivity prod-driven --month 2027-03
  ce-cost sensitivity prod --what-if \"database.io=2 B requests/month\"   what measuring one of them would leave")]
pub struct SensitivityArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: String,
    #[command(flatten)]
    pub basis: BasisArgs,
    #[command(flatten)]
    pub drawing: DrawingArgs,
    #[command(flatten)]
    pub changes: ChangeArgs,
    /// Which charges: planned or all
    #[arg(long, value_name = "SCOPE", default_value = "all")]
    pub scope: ScopeArg,
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ViewFormat,
}

/// `simulate`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ce-cost simulate prod-driven --service core                        tomorrow, hour by hour
  ce-cost simulate prod-driven --service core --day 2026-12-01 --plot core.svg
  ce-cost simulate prod-driven --service agent --no-noise --format csv > minutes.csv

All times are UTC. A day begins with the tasks that the day before left.")]
pub struct SimulateArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// The service: one whose tasks follow the workload
    #[arg(long, value_name = "NAME")]
    pub service: String,
    /// The day (2026-12-01); the one after --as-of if left out
    #[arg(long, value_name = "DATE")]
    pub day: Option<NaiveDate>,
    /// What the random numbers begin with: the same seed, the same day
    #[arg(long, value_name = "S", default_value = "1", conflicts_with = "no_noise")]
    pub seed: u64,
    /// Demand as its shape says, without noise
    #[arg(long)]
    pub no_noise: bool,
    /// Draw the day into this file: .svg or .png
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ViewFormat,
}

/// `plan`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ce-cost plan prod                  at 730 hours, as the plan was most likely made
  ce-cost plan --all --format md
  ce-cost plan prod --hours actual --month 2027-02")]
pub struct PlanArgs {
    /// The environment
    #[arg(value_name = "ENV", required_unless_present = "all", conflicts_with = "all")]
    pub environment: Option<String>,
    /// Every environment that has a plan
    #[arg(long)]
    pub all: bool,
    /// The month (2026-12); the next one if left out
    #[arg(long, value_name = "MONTH")]
    pub month: Option<Month>,
    /// Hours of a month: actual, 730 or 720
    #[arg(long, value_name = "HOURS", default_value = "730")]
    pub hours: HoursBasis,
    /// Rate this environment by itself, not its whole payer account
    #[arg(long)]
    pub alone: bool,
    /// Rate without monthly free allowances
    #[arg(long)]
    pub no_free_tier: bool,
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ViewFormat,
}

/// `explain`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ce-cost explain prod                      every charge of prod
  ce-cost explain prod \"Core Service\"       a line of the plan
  ce-cost explain prod Database             a group of the plan
  ce-cost explain prod nat                  a resource of the scenario
  ce-cost explain prod Aurora:StorageIOUsage --format json
  ce-cost explain prod failover --failover 6h")]
pub struct ExplainArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// A line or group of the plan, a resource, a service code or a usage type; everything if left out
    #[arg(value_name = "LINE")]
    pub line: Option<String>,
    #[command(flatten)]
    pub basis: BasisArgs,
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ViewFormat,
}

/// `calibrate`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ce-cost calibrate prod --line Database --driver database.io
  ce-cost calibrate dev --line total --driver core.tasks.average
  ce-cost calibrate prod --from-actuals 2026-08..2026-10           what real bills say of the drivers")]
pub struct CalibrateArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// The plan's line or group to meet, or `total`
    #[arg(long, value_name = "LINE", required_unless_present = "from_actuals")]
    pub line: Option<String>,
    /// The driver to solve for, by its path in the file, such as database.io
    #[arg(long, value_name = "PATH", required_unless_present = "from_actuals")]
    pub driver: Option<String>,
    /// Measure the drivers from the bills of these months instead (2026-08..2026-10)
    #[arg(long, value_name = "MONTHS", conflicts_with_all = ["line", "driver", "month"])]
    pub from_actuals: Option<Months>,
    /// The month on which what is found is tried out; the one after, else the one before if left out
    #[arg(long, value_name = "MONTH", requires = "from_actuals")]
    pub try_on: Option<Month>,
    #[command(flatten)]
    pub billed: BilledArgs,
    /// The month (2026-12); the next one if left out
    #[arg(long, value_name = "MONTH")]
    pub month: Option<Month>,
    /// Hours of a month: actual, 730 or 720; real bills are held against actual hours
    #[arg(long, value_name = "HOURS", default_value = "730")]
    pub hours: HoursBasis,
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ViewFormat,
}

/// Months from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Months {
    /// The first.
    pub first: Month,
    /// The last.
    pub last: Month,
}

impl FromStr for Months {
    type Err = String;
    fn from_str(text: &str) -> Result<Months, String> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let months = Months { first: first.parse()?, last: last.parse()? };
        match months.first.until(months.last) {
            0..=35 => Ok(months),
            _ => Err(format!("`{text}` is no stretch of months: write the first and the last, such as 2026-08..2026-10, 36 at most")),
        }
    }
}
