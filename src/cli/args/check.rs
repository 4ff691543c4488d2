//! Arguments of `check` and `budgets`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{BasisArgs, BilledArgs, ChangeArgs, DrawingArgs};
use crate::check::alert::Route;
use crate::check::aws::Subscriber;

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
