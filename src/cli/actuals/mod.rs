//! `ce-cost actuals`: what AWS billed. The commands are there in every build; one without the feature `actuals` says how to get it.

#[cfg(feature = "actuals")]
mod demo;
#[cfg(feature = "actuals")]
mod forget;
#[cfg(feature = "actuals")]
mod import;
#[cfg(feature = "actuals")]
mod list;
#[cfg(feature = "actuals")]
mod progress;
#[cfg(feature = "actuals")]
mod pull;
#[cfg(feature = "actuals")]
mod pulled;
#[cfg(feature = "actuals")]
mod show;
#[cfg(feature = "actuals")]
mod store;
#[cfg(feature = "actuals")]
mod verify;

#[cfg(feature = "actuals")]
pub(super) use self::store::failure;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::args::{Cli, ViewFormat};
use super::{Failure, Output, World};
use crate::month::Month;

/// `actuals`.
#[derive(Debug, Args)]
pub struct ActualsArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ActualsCommand,
}

/// `actuals …`.
#[derive(Debug, Subcommand)]
pub enum ActualsCommand {
    /// The bill from Cost Explorer; 0.01 USD a request
    #[cfg(feature = "actuals")]
    Pull {
        /// What to ask for.
        #[command(flatten)]
        pull: Box<pull::PullArgs>,
        /// Where to keep it.
        #[command(flatten)]
        store: StoreArgs,
        /// Replace a bill in the store that is final, or that tells more than this one
        #[arg(long)]
        force: bool,
    },
    /// Keep bills from files in the store: Cost and Usage Reports, FOCUS exports, Cost Explorer
    Import(ImportArgs),
    /// The billing periods in the store: source, version, closed or not
    List(ListArgs),
    /// Exact totals by period and line item type
    Show(ShowArgs),
    /// Whether the store is sound: every byte as it was written, every sum as it was stated
    Verify(VerifyArgs),
    /// Remove billing periods from the store
    Forget(ForgetArgs),
    /// A synthetic history of the built-in environments, to try things on
    Demo(DemoArgs),
}

/// Where past bills are kept.
#[derive(Clone, Debug, Default, Args)]
pub struct StoreArgs {
    /// The folder of the store; one in the user's data folder if left out
    #[arg(long, value_name = "DIR", env = "CE_COST_STORE")]
    pub store: Option<PathBuf>,
}

/// Which billing periods.
#[derive(Clone, Debug, Default, Args)]
pub struct PeriodArgs {
    /// One month (2026-10)
    #[arg(long, value_name = "MONTH", conflicts_with_all = ["from", "to"])]
    pub month: Option<Month>,
    /// From this month on
    #[arg(long, value_name = "MONTH")]
    pub from: Option<Month>,
    /// Up to this month, itself included
    #[arg(long, value_name = "MONTH")]
    pub to: Option<Month>,
    /// Of this payer account only
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
}

impl PeriodArgs {
    /// True where nothing narrows the choice.
    pub fn is_all(&self) -> bool {
        self.month.is_none() && self.from.is_none() && self.to.is_none() && self.account.is_none()
    }

    /// Whether a period of a payer account is asked for.
    pub fn holds(&self, account: &str, month: Month) -> bool {
        self.account.as_deref().is_none_or(|a| a == account)
            && self.month.is_none_or(|m| m == month)
            && self.from.is_none_or(|m| m <= month)
            && self.to.is_none_or(|m| month <= m)
    }
}

/// `actuals import`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ce-cost actuals import cur-00001.csv.gz cur-00002.csv.gz      parts of one report
  ce-cost actuals import s3-copy/daily/20261001-20261101        a folder with its manifest
  ce-cost actuals import costs.json                             what `aws ce get-cost-and-usage` printed

A period that is imported again takes the place of its older version.")]
pub struct ImportArgs {
    /// Files or folders: Cost and Usage Reports, FOCUS exports, Cost Explorer
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub store: StoreArgs,
    /// The payer account of Cost Explorer's files, which do not name it
    #[arg(long, value_name = "ID", value_parser = account)]
    pub account: Option<String>,
    /// Replace a bill in the store that is final, or that tells more than this one
    #[arg(long)]
    pub force: bool,
}

/// The twelve digits of an account.
fn account(text: &str) -> Result<String, String> {
    let fits = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    if fits { Ok(text.to_owned()) } else { Err("expected the twelve digits of an account, such as 111122223333".into()) }
}

/// `actuals list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    pub store: StoreArgs,
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ViewFormat,
}

/// By what to add up; a build without readers of bills takes any word.
#[cfg(feature = "actuals")]
pub type ByArg = crate::actuals::summary::By;
/// By what to add up.
#[cfg(not(feature = "actuals"))]
pub type ByArg = String;

/// `actuals show`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ce-cost actuals show                                  every period in the store
  ce-cost actuals show --month 2026-10 --by service
  ce-cost actuals show --from 2026-08 --to 2026-10 --format json")]
pub struct ShowArgs {
    #[command(flatten)]
    pub store: StoreArgs,
    #[command(flatten)]
    pub periods: PeriodArgs,
    /// By what to add up
    #[arg(long, value_name = "BY", default_value = "type")]
    pub by: ByArg,
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ViewFormat,
}

/// `actuals verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    pub store: StoreArgs,
}

/// `actuals forget`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ce-cost actuals forget --month 2026-10
  ce-cost actuals forget --account 000000000000      the synthetic history of `ce-cost actuals demo`
  ce-cost actuals forget --all")]
pub struct ForgetArgs {
    #[command(flatten)]
    pub store: StoreArgs,
    #[command(flatten)]
    pub periods: PeriodArgs,
    /// Every period
    #[arg(long, conflicts_with_all = ["month", "from", "to", "account"])]
    pub all: bool,
}

/// `actuals demo`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ce-cost actuals demo --store /tmp/bills                 fourteen closed months and the open one
  ce-cost actuals demo --cur cur.csv                      the same as a Cost and Usage Report, to import
  ce-cost actuals forget --account 000000000000           takes it out of the store again")]
pub struct DemoArgs {
    #[command(flatten)]
    pub store: StoreArgs,
    /// How many closed months before --as-of
    #[arg(long, value_name = "N", default_value = "14", value_parser = clap::value_parser!(u32).range(1..=38))]
    pub months: u32,
    /// What the random numbers begin with: the same seed, the same history
    #[arg(long, value_name = "S", default_value = "1")]
    pub seed: u64,
    /// Write it into this file, as rows of CUR 2.0 in CSV, and not into the store
    #[arg(long, value_name = "FILE")]
    pub cur: Option<PathBuf>,
}

/// Runs the command.
#[cfg(feature = "actuals")]
pub fn run(cli: &Cli, args: &ActualsArgs, world: &World) -> Result<Output, Failure> {
    match &args.command {
        ActualsCommand::Pull { pull: args, store, force } => pull::run(cli, args, store, *force, world),
        ActualsCommand::Import(args) => import::run(args, world),
        ActualsCommand::List(args) => list::run(cli, args, world),
        ActualsCommand::Show(args) => show::run(cli, args, world),
        ActualsCommand::Verify(args) => verify::run(args),
        ActualsCommand::Forget(args) => forget::run(args),
        ActualsCommand::Demo(args) => demo::run(cli, args, world),
    }
}

/// Says how to get a build that can.
#[cfg(not(feature = "actuals"))]
pub fn run(_: &Cli, _: &ActualsArgs, _: &World) -> Result<Output, Failure> {
    Err(Failure::usage(
        "error: this build reads no bills: it was made without the feature `actuals`\n\
         help: `cargo install --path . --locked` builds with it; `--no-default-features` leaves it out",
    ))
}

/// The JSON Schema of `actuals show`.
#[cfg(feature = "actuals")]
pub fn schemas() -> Vec<(&'static str, serde_json::Value)> {
    let of = |schema: schemars::Schema| schema.to_value();
    vec![
        ("actuals-list.schema.json", of(schemars::schema_for!(list::Listing))),
        ("actuals-pull.schema.json", of(schemars::schema_for!(pulled::Pulled))),
        ("actuals-show.schema.json", of(schemars::schema_for!(crate::actuals::summary::Summary))),
    ]
}

/// None.
#[cfg(not(feature = "actuals"))]
pub fn schemas() -> Vec<(&'static str, serde_json::Value)> {
    Vec::new()
}
