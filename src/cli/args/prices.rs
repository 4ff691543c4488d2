//! Arguments of `prices`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ViewFormat;
use crate::month::Month;

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
