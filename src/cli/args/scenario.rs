//! Arguments of `scenario` and `workload`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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
