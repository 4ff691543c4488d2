//! Arguments of what holds bills against predictions: `compare`, `anomalies`.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use super::super::actuals::StoreArgs;
use super::{ViewFormat, dollars};
use crate::money::Usd;
use crate::month::{HoursBasis, Month};

/// Where real bills are read from.
#[derive(Debug, Default, Args)]
pub struct BilledArgs {
    #[command(flatten)]
    pub store: StoreArgs,
    /// Read these files or folders instead of the store: Cost and Usage Reports, FOCUS, Cost Explorer
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub actuals: Vec<PathBuf>,
}

/// `anomalies`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ce-cost anomalies prod
  ce-cost anomalies prod --least 100USD --since 2026-06-01
  ce-cost anomalies prod --actuals reports/ --format json")]
pub struct AnomaliesArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: String,
    #[command(flatten)]
    pub billed: BilledArgs,
    /// Leave out what is smaller (USD)
    #[arg(long, value_name = "AMOUNT", default_value = "20 USD", value_parser = dollars)]
    pub least: Usd,
    /// Only what reaches beyond this day (2026-06-01)
    #[arg(long, value_name = "DATE")]
    pub since: Option<NaiveDate>,
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ViewFormat,
}

/// `compare`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ce-cost compare prod --month 2026-10                             from the store of past bills
  ce-cost compare prod --month 2026-10 --actuals cur.parquet       from a file
  ce-cost compare prod --month 2026-10 --against-month 2026-09     one billed month against another
  ce-cost compare prod --month 2026-10 --tags                      which rows carry cost tags, and who bears the rest

Whose rows are the environment's: those with its tag Environment, or what `actuals:` in its file says. What belongs to no
environment is shared by the rules of `shared:` in accounts.yaml; the rest is told as unallocated.")]
pub struct CompareArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// The billed month (2026-10); the last whole one if left out
    #[arg(long, value_name = "MONTH")]
    pub month: Option<Month>,
    /// Compare with this billed month instead of the prediction
    #[arg(long, value_name = "MONTH")]
    pub against_month: Option<Month>,
    #[command(flatten)]
    pub billed: BilledArgs,
    /// Which amounts: unblended, amortized or net
    #[arg(long, value_name = "COST", default_value = "amortized")]
    pub cost: CostArg,
    /// Hours of the month on which the prediction was made: actual, 730 or 720
    #[arg(long, value_name = "HOURS", default_value = "actual", conflicts_with = "against_month")]
    pub hours: HoursBasis,
    /// Predict without monthly free allowances
    #[arg(long, conflicts_with = "against_month")]
    pub no_free_tier: bool,
    /// Show cost tags and who bears what instead
    #[arg(long)]
    pub tags: bool,
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ViewFormat,
}

/// Which amounts of a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CostArg {
    /// As invoiced.
    Unblended,
    /// With fees of commitments spread over what they cover.
    Amortized,
    /// The same after negotiated discounts.
    Net,
}
