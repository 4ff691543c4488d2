//! The arguments, as clap reads them.

mod bills;
mod check;
mod forecast;
mod prices;
mod report;
mod savings;
mod scenario;

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};
use rust_decimal::Decimal;

use super::actuals::ActualsArgs;
use crate::failover::Failover;
use crate::forecast::paths::Drawing;
use crate::money::{Usd, quotient};
use crate::month::{HoursBasis, Month};
use crate::quantity::{Quantity, Seconds};

pub use self::bills::*;
pub use self::check::*;
pub use self::forecast::*;
pub use self::prices::*;
pub use self::report::*;
pub use self::savings::*;
pub use self::scenario::*;

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
    /// Lay the price files of this folder over the built-in ones (a folder with families.csv replaces them all); given several times,
    /// each over those before it
    #[arg(long, global = true, value_name = "DIR", env = "CE_COST_PRICES")]
    pub prices: Vec<PathBuf>,
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

/// An amount such as `2000`, `2,000` or `2000 USD`.
fn dollars(text: &str) -> Result<Usd, String> {
    let text = text.trim();
    let bare = text.strip_suffix("USD").unwrap_or(text).trim();
    let amount: Usd = format!("{bare} USD").parse()?;
    if amount < Usd::ZERO { Err("an amount of 0 or more was expected".into()) } else { Ok(amount) }
}
