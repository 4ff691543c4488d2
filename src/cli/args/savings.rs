//! Arguments of what saves: `savings`, `commit`, `rightsize`, `dr`.

use std::path::PathBuf;

use chrono::Datelike;
use clap::{Args, ValueEnum};
use rust_decimal::Decimal;

use super::{ChangeArgs, DrawingArgs, ViewFormat, dollars, hours};
use crate::failover::Failover;
use crate::money::Usd;
use crate::month::{HoursBasis, Month};
use crate::quantity::Share;
use crate::savings::commit::purchase::Wanted;
use crate::savings::rightsize::trial::Band as SizeBand;

/// `commit`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ce-cost commit prod                                what to reserve and commit to, and what it would save
  ce-cost commit prod --term 1yr-no-upfront          without cash at the start
  ce-cost commit prod --term 3yr --discount-rate 8%  for three years, where money costs 8% a year
  ce-cost commit prod-driven --curve                 cost and saving by size
  ce-cost commit prod --levers none                  as it runs today, without any lever
  ce-cost commit prod --what-if \"core.tasks.average=6\"

Sizes are those that save the most on average over the paths of the forecast, after the levers that come before and after what the
payer has bought already. Amounts are before support and tax.")]
pub struct CommitArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// Which terms: 1yr, 3yr, no-upfront, 1yr-all-upfront …; all if left out
    #[arg(long, value_name = "TERM")]
    pub term: Option<Wanted>,
    /// The month in which terms begin (2026-12); the next one if left out
    #[arg(long, value_name = "MONTH", value_parser = month)]
    pub month: Option<Month>,
    /// Hours of a month: actual, 730 or 720
    #[arg(long, value_name = "HOURS", default_value = "actual")]
    pub hours: HoursBasis,
    /// Levers that are done before: names, or none; those that `savings` recommends and that buy nothing if left out
    #[arg(long, value_name = "LEVERS", value_delimiter = ',')]
    pub levers: Vec<String>,
    /// Months to forecast; what comes after them is taken as the last one. The whole term if left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36))]
    pub months: Option<u32>,
    #[command(flatten)]
    pub drawing: DrawingArgs,
    /// What money costs in a year, such as 8%
    #[arg(long, value_name = "RATE", default_value = "0%", value_parser = rate)]
    pub discount_rate: Decimal,
    /// Rate this environment by itself, not its whole payer account
    #[arg(long)]
    pub alone: bool,
    #[command(flatten)]
    pub changes: ChangeArgs,
    /// Print cost and saving by size of what is advised
    #[arg(long)]
    pub curve: bool,
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ViewFormat,
}

/// A rate such as `8%`, as a fraction.
fn rate(text: &str) -> Result<Decimal, String> {
    Ok(text.parse::<Share>()?.0)
}

/// `savings`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ce-cost savings prod                               every lever at list prices, and the best of them together
  ce-cost savings prod --basis plan                  the plan's own arithmetic, line by line
  ce-cost savings prod --max-risk low --no-commitment
  ce-cost savings prod --max-upfront 2000            with at most so much paid at once
  ce-cost savings prod --levers graviton,right-sizing,compute-savings-plan
  ce-cost savings --all --format json

A lever is worth the difference of two bills, never a percentage. Each is a file of the folder `levers` beside the scenarios.")]
pub struct SavingsArgs {
    /// The environment
    #[arg(value_name = "ENV", required_unless_present = "all", conflicts_with = "all")]
    pub environment: Option<String>,
    /// Every environment that is paid for
    #[arg(long)]
    pub all: bool,
    /// Only these levers
    #[arg(long, value_name = "LEVERS", value_delimiter = ',')]
    pub levers: Vec<String>,
    /// Levers that act within three months (short), within a year (long), or all
    #[arg(long, value_name = "HORIZON", default_value = "all")]
    pub horizon: HorizonArg,
    /// At AWS's list prices (list), or by the plan's own arithmetic (plan)
    #[arg(long, value_name = "BASIS", default_value = "list")]
    pub basis: BasisArg,
    /// The month (2026-12); the next one if left out
    #[arg(long, value_name = "MONTH", value_parser = month)]
    pub month: Option<Month>,
    /// Hours of a month: actual, 730 or 720
    #[arg(long, value_name = "HOURS", default_value = "actual")]
    pub hours: HoursBasis,
    /// Only levers of at most this risk: low, medium or high; medium if left out, high for levers that are named
    #[arg(long, value_name = "RISK")]
    pub max_risk: Option<RiskArg>,
    /// The most that may be paid at once in fees, US dollars
    #[arg(long, value_name = "USD", value_parser = dollars)]
    pub max_upfront: Option<Usd>,
    /// No reservations and no savings plans
    #[arg(long)]
    pub no_commitment: bool,
    /// Also levers that break a stated requirement
    #[arg(long)]
    pub against_requirements: bool,
    /// The least that a lever must save a month; 5 USD or 0.5% of the cost, the larger, if left out
    #[arg(long, value_name = "USD", value_parser = dollars)]
    pub least: Option<Usd>,
    #[command(flatten)]
    pub drawing: DrawingArgs,
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ViewFormat,
}

/// How soon levers act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HorizonArg {
    /// Within three months.
    Short,
    /// Within a year.
    Long,
    /// All of them.
    All,
}

/// On which basis savings are stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BasisArg {
    /// The plan's own arithmetic.
    Plan,
    /// AWS's list prices.
    List,
}

/// The highest risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RiskArg {
    /// Little can go wrong.
    Low,
    /// Something can go wrong.
    Medium,
    /// Much can go wrong.
    High,
}

/// `rightsize`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ce-cost rightsize prod --metrics use.csv                   columns: time, service, cpu, memory (per cent), tasks; times in UTC
  aws cloudwatch get-metric-data … > use.json && ce-cost rightsize prod --metrics use.json --target 65..75
  ce-cost rightsize prod --metrics october.csv november.csv --format json

Of CloudWatch's data the label says what it is, `core CPUUtilization`, `core MemoryUtilization`, `core RunningTaskCount`, or else the
id: `core_cpu`, `core_memory`, `core_tasks`; for `get-metric-statistics` and the console's CSV the file may be named after the service:
core_cpu.json. The statistic is Average. Two weeks are needed; without tasks the scenario's average counts.")]
pub struct RightsizeArgs {
    /// The environment
    #[arg(value_name = "ENV", default_value = "prod")]
    pub environment: String,
    /// Measured CPU and memory: tables (CSV), or CloudWatch's: `get-metric-data`, `get-metric-statistics` (JSON), the console's CSV
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    pub metrics: Vec<PathBuf>,
    /// Between which per cent of their CPU tasks are to be used in busy times
    #[arg(long, value_name = "BAND", default_value = "70..80", value_parser = band)]
    pub target: SizeBand,
    /// Tasks below which no proposal goes; each service's own `min` if left out, two where its tasks do not scale
    #[arg(long, value_name = "TASKS", value_parser = clap::value_parser!(u32).range(1..=5_000))]
    pub least: Option<u32>,
    /// The month in which the saving counts (2026-12); the next one if left out
    #[arg(long, value_name = "MONTH", value_parser = month)]
    pub month: Option<Month>,
    /// Hours of a month: actual, 730 or 720
    #[arg(long, value_name = "HOURS", default_value = "actual")]
    pub hours: HoursBasis,
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ViewFormat,
}

/// `70..80`, in per cent.
fn band(text: &str) -> Result<SizeBand, String> {
    let wrong = || format!("`{text}` is no band: write two whole numbers of per cent, the lower first, such as 70..80");
    let (low, high) = text.split_once("..").ok_or_else(wrong)?;
    let part = |text: &str| text.trim().trim_end_matches('%').parse::<u32>().ok().filter(|p| (10..=95).contains(p));
    match (part(low), part(high)) {
        (Some(low), Some(high)) if low < high => Ok(SizeBand { low: Decimal::new(low.into(), 2), high: Decimal::new(high.into(), 2) }),
        (Some(_), Some(_)) => Err(wrong()),
        _ => Err(format!("{}; both lie between 10 and 95", wrong())),
    }
}

/// `dr`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ce-cost dr                                       prod's strategies, and the cheapest that meets its targets
  ce-cost dr prod --strategy warm-standby          how one of them recovers, step by step
  ce-cost dr prod --region-lost 24h --format md

Strategies are files beside the scenarios: dr-strategies/ENV.yaml (docs/schema/dr-strategies.schema.json).")]
pub struct DrArgs {
    /// The environment
    #[arg(value_name = "ENV", default_value = "prod")]
    pub environment: String,
    /// Show how this strategy recovers, or its row of the CSV; the recommended one, or all rows, if left out
    #[arg(long, value_name = "NAME")]
    pub strategy: Option<String>,
    /// The month (2026-12); the next one if left out
    #[arg(long, value_name = "MONTH", value_parser = month)]
    pub month: Option<Month>,
    /// Hours of a month: actual, 730 or 720
    #[arg(long, value_name = "HOURS", default_value = "actual")]
    pub hours: HoursBasis,
    /// Price a failover drill of so long beside
    #[arg(long, value_name = "TIME", value_parser = hours, default_value = "6h", conflicts_with = "region_lost")]
    pub failover: Decimal,
    /// The same with the environment's region lost: its own use of that time falls away
    #[arg(long, value_name = "TIME", value_parser = hours)]
    pub region_lost: Option<Decimal>,
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ViewFormat,
}

impl DrArgs {
    /// The failover that is priced.
    pub fn failover(&self) -> Failover {
        let lost = self.region_lost.map(|hours| Failover { hours, region_lost: true });
        lost.unwrap_or(Failover { hours: self.failover, region_lost: false })
    }
}

/// Years of which a bill can be computed: prices begin in the first ones, and growth of decades is no forecast.
const YEARS: std::ops::RangeInclusive<i32> = 2015..=2045;

/// A month of which a bill can be computed.
fn month(text: &str) -> Result<Month, String> {
    let month: Month = text.parse()?;
    if YEARS.contains(&month.first_day().year()) {
        return Ok(month);
    }
    Err(format!("{month} lies outside of {} to {}, of which prices and growth say something", YEARS.start(), YEARS.end()))
}
