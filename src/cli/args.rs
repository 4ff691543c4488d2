//! The arguments, as clap reads them.

use std::path::PathBuf;
use std::str::FromStr;

use chrono::Datelike;
use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};
use rust_decimal::Decimal;

use super::actuals::{ActualsArgs, StoreArgs};
use crate::bill::group::By;
use crate::check::alert::Route;
use crate::check::aws::Subscriber;
use crate::failover::Failover;
use crate::forecast::paths::Drawing;
use crate::money::{Usd, quotient};
use crate::month::{HoursBasis, Month};
use crate::quantity::{Quantity, Seconds, Share};
use crate::savings::commit::purchase::Wanted;
use crate::savings::rightsize::trial::Band as SizeBand;

/// What AWS will bill, and why.
#[derive(Debug, Parser)]
#[command(
    name = "ce-cost",
    version,
    about = "Writes the bill that AWS will send: what environments will cost, and why",
    after_help = "Examples:
  ce-cost forecast prod                     next month's bill for prod, against its plan
  ce-cost forecast --all --months 12        a year of every environment
  ce-cost plan prod                         the plan's lines beside list prices
  ce-cost explain prod \"Core Service\"       where a figure comes from, to the last digit
  ce-cost forecast prod --format focus      the bill in FOCUS 1.2 columns

Exit codes: 0 ok · 64 wrong usage · 65 an input file is wrong · 66 an input is missing · 69 network or AWS · 70 internal
Scenarios are read from --scenarios DIR, else from ./scenarios, else the built-in ones are used."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Read scenario files from this folder
    #[arg(long, global = true, value_name = "DIR", env = "CE_COST_SCENARIOS")]
    pub scenarios: Option<PathBuf>,
    /// Lay the price files of this folder over the built-in ones (a folder with families.csv replaces them all)
    #[arg(long, global = true, value_name = "DIR", env = "CE_COST_PRICES")]
    pub prices: Option<PathBuf>,
    /// Compute as if it were this day (2026-11-24); today if left out
    #[arg(long, global = true, value_name = "DATE")]
    pub as_of: Option<NaiveDate>,
    /// When to use colour; NO_COLOR is respected
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorWhen,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What the coming months will cost, inside the plan and outside of it
    Forecast(ForecastArgs),
    /// The plan's lines beside list prices: what its amounts would buy, and where they contradict each other
    Plan(PlanArgs),
    /// What makes a forecast's band wide, and which metric would narrow it
    Sensitivity(SensitivityArgs),
    /// A service that follows its demand, minute by minute over a day: requests, CPU, tasks
    Simulate(SimulateArgs),
    /// What can be saved: levers alone, after each other, and the best of them together
    Savings(SavingsArgs),
    /// Where a figure comes from: quantity × price by tier, formula, drivers, price row
    Explain(ExplainArgs),
    /// Solve for the driver that meets a stated amount, and print the lines to write
    Calibrate(CalibrateArgs),
    /// What was predicted against what was billed: matched row by row, and the difference in named causes
    Compare(CompareArgs),
    /// Days that cost more or less than those before them let expect, and what stayed so
    Anomalies(AnomaliesArgs),
    /// Measured CPU and memory: the task sizes and ranges that fit them, what that saves and what it risks
    Rightsize(RightsizeArgs),
    /// Recovery strategies: what each costs, how long a recovery takes, what is lost, which meet the targets
    Dr(DrArgs),
    /// What to reserve or commit to, sized on the forecast: saving, cash, break-even and risk of each choice
    Commit(CommitArgs),
    /// The report of a month: bottom line, what to act on, bridge, forecast, savings, as a page, a workbook or a document
    Report(ReportArgs),
    /// A chart of the monthly report by itself: forecast, bridge, waterfall or history, as SVG or PNG
    Plot(PlotArgs),
    /// Budget rules, for CI: exit 0 where all hold, 1 where one fails, 2 for warnings, 3 where data is not good enough
    Check(CheckArgs),
    /// Budget rules from and to AWS Budgets: import, export
    Budgets(BudgetsArgs),
    /// The price book: list, show, check, coverage; import, update, diff
    Prices(PricesArgs),
    /// Scenario files: show, new, diff, schema
    Scenario(ScenarioArgs),
    /// Demand as it was measured: fit
    Workload(WorkloadArgs),
    /// What AWS billed: pull, import, list, show, verify, forget
    Actuals(ActualsArgs),
    /// A completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// The manual page, in roff
    Man,
}

/// Which month, on which conventions.
#[derive(Debug, Args)]
pub struct BasisArgs {
    /// The month (2026-12); the next one if left out
    #[arg(long, value_name = "MONTH")]
    pub month: Option<Month>,
    /// Hours of a month: actual, 730 or 720
    #[arg(long, value_name = "HOURS", default_value = "actual")]
    pub hours: HoursBasis,
    /// Rate this environment by itself, not its whole payer account
    #[arg(long)]
    pub alone: bool,
    /// Rate without monthly free allowances
    #[arg(long)]
    pub no_free_tier: bool,
    /// A failover drill: its standby carries the environment for so long in each month (6h), beside it
    #[arg(long, value_name = "TIME", value_parser = hours, conflicts_with = "region_lost")]
    pub failover: Option<Decimal>,
    /// The same with the environment's region lost: its own use of that time falls away
    #[arg(long, value_name = "TIME", value_parser = hours)]
    pub region_lost: Option<Decimal>,
}

impl BasisArgs {
    /// The failover that is asked for.
    pub fn failover(&self) -> Option<Failover> {
        let drill = self.failover.map(|hours| Failover { hours, region_lost: false });
        drill.or(self.region_lost.map(|hours| Failover { hours, region_lost: true }))
    }
}

/// A time such as `6h` or `90 min`, in hours.
fn hours(text: &str) -> Result<Decimal, String> {
    let Seconds(seconds) = text.parse()?;
    quotient(seconds, Decimal::from(3_600)).ok_or_else(|| format!("expected {}", Seconds::EXPECTED))
}

/// Changes to the scenario.
#[derive(Clone, Debug, Default, Args)]
pub struct ChangeArgs {
    /// Compute as if the scenario said otherwise: "core.tasks.max=20,workload.growth=8%/month,workload.requests.level=+20%"
    #[arg(long, value_name = "CHANGES")]
    pub what_if: Option<String>,
}

/// How often the uncertain inputs are drawn.
#[derive(Clone, Copy, Debug, Args)]
pub struct DrawingArgs {
    /// Paths behind the bands; 0 for no bands
    #[arg(long, value_name = "N", default_value = "500", value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub paths: u32,
    /// What the random numbers begin with: the same seed, the same result
    #[arg(long, value_name = "S", default_value = "1")]
    pub seed: u64,
}

impl DrawingArgs {
    /// The same for the library.
    pub fn drawing(self) -> Drawing {
        Drawing { paths: self.paths, seed: self.seed }
    }
}

/// How to write the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For scripts; a contract (docs/schema).
    Json,
    /// For spreadsheets.
    Csv,
    /// For pull requests.
    #[value(alias = "markdown")]
    Md,
    /// FOCUS 1.2 rows.
    Focus,
}

/// Formats of commands that have no FOCUS rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ViewFormat {
    /// For people.
    #[value(alias = "text")]
    Table,
    /// For scripts; a contract (docs/schema).
    Json,
    /// For spreadsheets.
    Csv,
    /// For pull requests.
    #[value(alias = "markdown")]
    Md,
}

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

/// An amount such as `2000`, `2,000` or `2000 USD`.
fn dollars(text: &str) -> Result<Usd, String> {
    let text = text.trim();
    let bare = text.strip_suffix("USD").unwrap_or(text).trim();
    let amount: Usd = format!("{bare} USD").parse()?;
    if amount < Usd::ZERO { Err("an amount of 0 or more was expected".into()) } else { Ok(amount) }
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

/// Whom a check tells.
#[derive(Debug, Args)]
pub struct NotifyArgs {
    /// Tell slack, sns, webhook or pagerduty what is new: once for each rule and month; `slack:critical` for no less urgent
    #[arg(long, value_name = "CHANNEL[:LEVEL]", num_args = 1)]
    pub notify: Vec<Route>,
    /// Where to keep what was told; in the user's data folder if left out
    #[arg(long, value_name = "FILE", requires = "notify")]
    pub notify_state: Option<PathBuf>,
    /// Seconds that one try may take
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = clap::value_parser!(u64).range(1..=300), requires = "notify")]
    pub notify_timeout: u64,
}

/// `check`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ce-cost check                                      every rule of scenarios/budgets.yaml
  ce-cost check prod --base origin/main              what this change does to prod, and whether a rule minds
  ce-cost check --format json > base.json            keep a run, and hold a later one against it: --base base.json
  ce-cost check --base origin/main --format md       the comment of a pull request
  ce-cost check --fail-on warn                       warnings fail as well

Exit codes: 0 every rule holds · 1 a rule of the level `fail` is breached · 2 only rules of the level `warn` are · 3 data is not good
enough to tell (prices seen too long ago, nothing to compare with) · 64 to 70 as everywhere. Fail comes before 3, 3 before a warning.
Needs neither the network nor rights on AWS; rules on `actual` and `landed` read bills out of the local store, or from files
(--actuals). The rule file: docs/schema/budgets.schema.json.")]
pub struct CheckArgs {
    /// Environments; all that a rule is about if left out
    #[arg(value_name = "ENV")]
    pub environments: Vec<String>,
    /// The rule file; budgets.yaml beside the scenarios if left out
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// What changes are measured from: a git revision of the scenarios, or a saved run (a file of `--format json`)
    #[arg(long, value_name = "REV|FILE")]
    pub base: Option<String>,
    #[command(flatten)]
    pub billed: BilledArgs,
    /// Which breaches change the exit code: warn, fail or never
    #[arg(long, value_name = "WHEN", default_value = "fail")]
    pub fail_on: FailOn,
    #[command(flatten)]
    pub basis: BasisArgs,
    #[command(flatten)]
    pub drawing: DrawingArgs,
    #[command(flatten)]
    pub changes: ChangeArgs,
    #[command(flatten)]
    pub notify: NotifyArgs,
    /// Tells this check from another one whose comment stands in the same pull request
    #[arg(long, value_name = "NAME", value_parser = check_id)]
    pub id: Option<String>,
    /// How to write it: text, json, md, github, junit or sarif
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: CheckFormat,
}

/// A name that a comment of HTML can hold.
fn check_id(text: &str) -> Result<String, String> {
    let known = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_fine = !text.is_empty() && text.len() <= 64 && text.chars().all(known) && !text.contains("--");
    if is_fine { Ok(text.into()) } else { Err("expected up to 64 letters, digits, `_`, `.` and single `-`".into()) }
}

/// `budgets`.
#[derive(Debug, Args)]
pub struct BudgetsArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: BudgetsCommand,
}

/// `budgets …`.
#[derive(Debug, Subcommand)]
pub enum BudgetsCommand {
    /// Rules out of AWS's budgets, as YAML on standard output
    #[command(after_help = "Examples:
  aws budgets describe-budgets --account-id ID > budgets.json
  aws budgets describe-budget-notifications-for-account --account-id ID > notifications.json
  ce-cost budgets import budgets.json notifications.json > scenarios/budgets.yaml

Monthly budgets of costs that are filtered by one environment's tag become rules on `actual` and `landed`; all others are named.")]
    Import {
        /// What `aws budgets` wrote
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// AWS's budgets out of rules, as a JSON list on standard output
    #[command(after_help = "Examples:
  ce-cost budgets export --account 111122223333 --notify costs@example.com > budgets.json
  jq -c '.[]' budgets.json | while read -r b; do aws budgets create-budget --cli-input-json \"$b\"; done

Rules on `actual` and `landed` of a whole environment become budgets; all others are named.")]
    Export {
        /// The rule file; budgets.yaml beside the scenarios if left out
        #[arg(long, value_name = "FILE")]
        rules: Option<PathBuf>,
        /// The account that is to hold them
        #[arg(long, value_name = "ID")]
        account: String,
        /// Whom AWS tells of a breach: up to ten e-mail addresses, and the ARN of an SNS topic
        #[arg(long, value_name = "WHO", required = true)]
        notify: Vec<Subscriber>,
    },
}

/// What makes a check fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum FailOn {
    /// Warnings as well
    Warn,
    /// Breaches of the level `fail`
    Fail,
    /// Nothing: exit 0, whatever the verdict; data that is not good enough is told all the same
    Never,
}

/// How a check is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum CheckFormat {
    /// For the terminal
    Text,
    /// For programs, and as a base for later
    Json,
    /// The comment of a pull request
    #[value(alias = "markdown")]
    Md,
    /// Annotations of a GitHub workflow
    Github,
    /// A test report
    Junit,
    /// For code scanning
    Sarif,
}

/// `prices`.
#[derive(Debug, Args)]
pub struct PricesArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: PricesCommand,
}

/// `prices …`.
#[derive(Debug, Subcommand)]
pub enum PricesCommand {
    /// Every price row, or those that match
    #[command(after_help = "Examples:
  ce-cost prices list --service AmazonECS --region us-east-1
  ce-cost prices list --format csv > prices.csv")]
    List {
        /// Rows of this service code only
        #[arg(long, value_name = "CODE")]
        service: Option<String>,
        /// Rows of this region only
        #[arg(long, value_name = "REGION")]
        region: Option<String>,
        /// Rows of this confidence only: high, medium or low
        #[arg(long, value_name = "CONFIDENCE")]
        confidence: Option<String>,
        /// How to write it
        #[arg(long, value_name = "FORMAT", default_value = "table")]
        format: ViewFormat,
    },
    /// All that is known of one usage type: tiers, terms, pool, allowance, sources
    #[command(after_help = "Example:
  ce-cost prices show USE1-Fargate-vCPU-Hours:perCPU")]
    Show {
        /// The usage type or SKU
        #[arg(value_name = "USAGE_TYPE")]
        usage_type: String,
    },
    /// Price lists as AWS publishes them into a folder that --prices lays over the book
    #[command(
        after_help = "Reads bulk offers and Savings Plans (CSV or JSON, gzip too) and replies of the Price List Query API, as streams.
Taken is what the price book, the services and the scenarios name. Without --out nothing is written.

Examples:
  ce-cost prices import AmazonECS.csv --out prices    Fargate, and what differs
  ce-cost prices import reply.json                    a reply, only looked at
  ce-cost prices import EC2.csv.gz --usage-type BoxUsage:m6i.large --out prices"
    )]
    Import(ImportPricesArgs),
    /// Renew a folder of price files from AWS's public address, or from a mirror of it
    #[command(
        after_help = "Asks AWS's index which lists there are, fetches those of the services and regions that the scenarios use, and imports them.
Lists are kept in a cache: what has not changed is not fetched again, and what was cut off goes on where it ended. The folder is
changed when everything has been read and the book that it makes is sound; until then it stays as it is. No account is needed.

Examples:
  ce-cost prices update --out prices
  ce-cost prices update --out prices --service AmazonECS --dry-run
  ce-cost prices update --out prices --base-url /mnt/mirror    a folder"
    )]
    Update(UpdatePricesArgs),
    /// What changed between two days or two folders of prices, and what each change does to every environment in a month
    #[command(after_help = "Examples:
  ce-cost prices diff 2026-12-01 prices             the built-in book, a folder
  ce-cost prices diff prices-of-yesterday prices    two folders
  ce-cost --prices prices prices diff 2026-09-30 2026-12-01")]
    Diff {
        /// A day (2026-09-30) of the book in use, or a folder of price files
        #[arg(value_name = "BEFORE")]
        before: String,
        /// The same
        #[arg(value_name = "AFTER")]
        after: String,
        /// The month whose use is priced (2026-12); the next one if left out
        #[arg(long, value_name = "MONTH")]
        month: Option<Month>,
        /// How to write it
        #[arg(long, value_name = "FORMAT", default_value = "table")]
        format: ViewFormat,
    },
    /// What has a price: each usage type that a service can emit, in every region
    #[command(after_help = "Examples:
  ce-cost prices coverage                          every region in a line
  ce-cost prices coverage --region eu-west-1       what has no price there, and what is weak or old
  ce-cost prices coverage --format csv             every usage type of every region")]
    Coverage {
        /// This region only, usage type by usage type
        #[arg(long, value_name = "REGION")]
        region: Option<String>,
        /// How to write it
        #[arg(long, value_name = "FORMAT", default_value = "table")]
        format: ViewFormat,
    },
    /// Whether the book is sound: tiers, keys, age; and its hash
    Check {
        /// Warn of prices seen longer ago than this many days
        #[arg(long, value_name = "DAYS", default_value = "400")]
        older_than: i64,
    },
}

/// `prices import`.
#[derive(Debug, Args)]
pub struct ImportPricesArgs {
    /// Files, or addresses that begin with http:// or https://
    #[arg(value_name = "FILE|URL", required = true)]
    pub lists: Vec<String>,
    /// What to take, and where to
    #[command(flatten)]
    pub take: TakeArgs,
}

/// `prices update`.
#[derive(Debug, Args)]
pub struct UpdatePricesArgs {
    /// Lists of this region only; may be given several times. Those that the scenarios use if left out
    #[arg(long, value_name = "REGION")]
    pub region: Vec<String>,
    /// Lists of this service code only; may be given several times
    #[arg(long, value_name = "CODE")]
    pub service: Vec<String>,
    /// Where the lists are: an address or a folder, laid out as AWS lays them out
    #[arg(long, value_name = "URL|DIR", default_value = "https://pricing.us-east-1.amazonaws.com", env = "CE_COST_PRICE_LISTS")]
    pub base_url: String,
    /// Keep fetched lists here, not in the user's cache
    #[arg(long, value_name = "DIR")]
    pub cache: Option<PathBuf>,
    /// Print the difference and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// What to take, and where to
    #[command(flatten)]
    pub take: TakeArgs,
}

/// Which prices of lists to take, and where to.
#[derive(Debug, Args)]
pub struct TakeArgs {
    /// Take every price, not only what is named
    #[arg(long)]
    pub all: bool,
    /// Take this usage type as well; may be given several times
    #[arg(long, value_name = "USAGE_TYPE")]
    pub usage_type: Vec<String>,
    /// Take prices of earlier months from lists that are older than the book
    #[arg(long)]
    pub history: bool,
    /// Write price files into this folder: what it holds already is kept, a price that changed gets a row beside the old one
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `scenario`.
#[derive(Debug, Args)]
pub struct ScenarioArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ScenarioCommand,
}

/// `scenario …`.
#[derive(Debug, Subcommand)]
pub enum ScenarioCommand {
    /// The environments, or what one of them holds
    Show {
        /// The environment; all names if left out
        #[arg(value_name = "ENV")]
        environment: Option<String>,
        /// After inheritance, with defaults and the place of every value
        #[arg(long)]
        resolved: bool,
    },
    /// A commented scenario to start from
    #[command(after_help = "Example:
  mkdir scenarios && ce-cost scenario new shop > scenarios/shop.yaml && ce-cost forecast shop")]
    New {
        /// The name of the environment
        #[arg(value_name = "ENV")]
        environment: String,
    },
    /// What differs between two environments
    Diff {
        /// The one
        #[arg(value_name = "A")]
        left: String,
        /// The other
        #[arg(value_name = "B")]
        right: String,
    },
    /// The JSON Schema of scenario files, of accounts.yaml, or of lever files
    Schema {
        /// The schema of accounts.yaml
        #[arg(long)]
        accounts: bool,
        /// The schema of lever files
        #[arg(long, conflicts_with = "accounts")]
        levers: bool,
    },
}

/// `workload`.
#[derive(Debug, Args)]
pub struct WorkloadArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: WorkloadCommand,
}

/// What `workload` can do.
#[derive(Debug, Subcommand)]
pub enum WorkloadCommand {
    /// The `workload:` block that fits a measured series: level, growth, shapes, noise, and how sure they are
    #[command(after_help = "Examples:
  ce-cost workload fit requests.csv            columns: timestamp, requests (or core_requests, auth_requests_per_s …), UTC
  aws cloudwatch get-metric-data … > load.json && ce-cost workload fit load.json >> scenarios/shop.yaml")]
    Fit {
        /// A table (CSV), or what `aws cloudwatch get-metric-data` prints (JSON)
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Of what a report is, and a chart of one.
#[derive(Debug, Args)]
pub struct SubjectArgs {
    /// The environment
    #[arg(value_name = "ENV", required_unless_present = "all", conflicts_with = "all")]
    pub environment: Option<String>,
    /// Every environment that is paid for, and all of them together; of charts only a history has them
    #[arg(long)]
    pub all: bool,
    /// The month of the report (2026-10); the last whole one if left out
    #[arg(long, value_name = "MONTH")]
    pub month: Option<Month>,
    #[command(flatten)]
    pub billed: BilledArgs,
    #[command(flatten)]
    pub drawing: DrawingArgs,
}

/// `report`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ce-cost report prod --month 2026-10                              on the terminal
  ce-cost report prod --month 2026-10 --format html --out reports  reports/prod-2026-10.html
  ce-cost report --all --format html,md,csv,xlsx,json --out reports
  ce-cost report prod --format md --template my-templates          with my-templates/report.md
  ce-cost report prod --forecasts kept                             with kept/*.json, of ce-cost forecast prod --format json

Bills come from the store (`ce-cost actuals pull`) or from --actuals; without one the report says what is predicted, and what it
cannot answer. All formats are written from one document: their numbers agree.")]
pub struct ReportArgs {
    #[command(flatten)]
    pub subject: SubjectArgs,
    /// Write files into this folder instead of standard output
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// A folder with the JSON of earlier `ce-cost forecast --format json`, to be held against the invoices that came
    #[arg(long, value_name = "DIR")]
    pub forecasts: Option<PathBuf>,
    /// A folder with a report.html or report.md in the place of the built-in one
    #[arg(long, value_name = "DIR")]
    pub template: Option<PathBuf>,
    /// How to write it; several need --out
    #[arg(long, value_name = "FORMATS", value_delimiter = ',', default_value = "table")]
    pub format: Vec<ReportFormat>,
}

/// How to write a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For a terminal.
    Table,
    /// A page that needs nothing else; print it for a PDF.
    Html,
    /// For a wiki or a pull request.
    #[value(alias = "markdown")]
    Md,
    /// One file for each table.
    Csv,
    /// A workbook.
    Xlsx,
    /// For scripts; a contract (docs/schema).
    Json,
}

/// `plot`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ce-cost plot forecast prod --out forecast.svg
  ce-cost plot bridge prod --month 2026-10 --out bridge.png
  ce-cost plot waterfall prod --out savings.svg
  ce-cost plot history --all --out history.png

A PNG has its font in it and is the same everywhere; an SVG is set in the reader's sans-serif.")]
pub struct PlotArgs {
    /// What to draw
    #[arg(value_name = "CHART")]
    pub chart: PlotChart,
    #[command(flatten)]
    pub subject: SubjectArgs,
    /// The file: .svg or .png
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// What `plot` draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlotChart {
    /// Planned charges of the next twelve months, their band and the budget.
    Forecast,
    /// From predicted to billed.
    Bridge,
    /// From what it costs to what it would cost with the recommended levers.
    Waterfall,
    /// What each service, or environment, has cost.
    History,
}
