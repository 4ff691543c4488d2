//! Actuals: what AWS billed, from whatever it was written in, as the same [`Bill`] that the engine writes.
//!
//! A source gives [`Statement`]s, one for each payer and billing period. Everything after that is the same for all: the store
//! keeps them, `variance` holds them against a prediction. Amounts are exact from file to output.
//!
//! Not here: what a bill should have been (`predict`), and how the two differ (`variance`).

pub mod cost_explorer;
pub mod demo;
pub mod read;
pub mod store;
pub mod summary;
pub mod tags;
pub mod totals;

mod archive;
mod console;
mod csv_file;
mod cur;
mod exact;
mod focus;
mod manifest;
mod pages;
mod parquet_file;
mod rollup;
mod saved_reply;
mod sink;
mod statement;
mod table;

pub use self::read::{read, read_as};
pub use self::sink::Detail;
pub use self::statement::upfront_fees;

use crate::bill::Bill;
use crate::money::Usd;

/// The payer of a source that does not name it: Cost Explorer's replies and downloads.
pub const UNKNOWN: &str = "unknown";

/// The bill of one payer and one billing period, with what is to be said of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// Its charges, at least by day where the source tells days.
    pub bill: Bill,
    /// Where it came from.
    pub source: Source,
    /// True once AWS has closed the period: every row has an invoice, nothing is estimated.
    pub is_final: bool,
    /// What amortizing moves out of or into this period: unblended = amortized + true-up + upfront fees. Only a Cost and Usage
    /// Report tells it.
    pub true_up: Option<Usd>,
    /// Rows that were read to make it; a charge may stand for many.
    pub rows: u64,
}

/// Where a statement came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// The format, as a user would say it: "CUR 2.0", "FOCUS 1.2", "Cost Explorer".
    pub format: String,
    /// File names, or the API's request.
    pub from: Vec<String>,
    /// What tells this version from another of the same period: the report's assembly or execution id, or a hash of the files.
    pub version: String,
    /// The cost allocation tags that were asked for, where only those are there (Cost Explorer); `None` where every row carries all
    /// its tags, and of what was kept before this was.
    pub tags: Option<Vec<String>>,
}

/// All that one import found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Imported {
    /// By payer and period, in order.
    pub statements: Vec<Statement>,
    /// What the user should know, and is no error: a line item type that nobody knows, columns that are not there.
    pub remarks: Vec<String>,
}
