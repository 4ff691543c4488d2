//! `ce-cost actuals list`.

use chrono::SecondsFormat;
use schemars::JsonSchema;
use serde::Serialize;

use super::ListArgs;
use super::store::{failure, nothing};
use crate::actuals::store::Listed;
use crate::actuals::totals::Sums;
use crate::cli::args::{Cli, ViewFormat};
use crate::cli::forecast::json;
use crate::cli::{Failure, Output, World};
use crate::money::cents;
use crate::month::Month;
use crate::report::table::{Cell, Column, Kind, Table};
use crate::report::{csv, markdown};

/// What lies in the store. The JSON of `actuals list --format json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listing {
    /// Names this layout: `ce-cost/actuals-list/1`.
    schema: String,
    /// Always `null`: the bills of payer accounts, with all environments.
    environment: Option<String>,
    /// Always USD.
    currency: String,
    /// The day from which it was computed.
    as_of: String,
    /// By account and month.
    bills: Vec<Lying>,
}

/// A bill in the store.
#[derive(Debug, Serialize, JsonSchema)]
struct Lying {
    /// The payer.
    account: String,
    /// The billing period, such as 2026-10.
    #[schemars(with = "String")]
    month: Month,
    /// What it holds; `null` where its file is damaged.
    holds: Option<Holds>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Holds {
    /// True once AWS has closed the period.
    is_final: bool,
    /// Its sums.
    #[serde(flatten)]
    sums: Sums,
    /// Rows of the source.
    rows: u64,
    /// The format of the source.
    source: String,
    /// What tells it from another version of the period.
    version: String,
    /// When it was imported (UTC).
    imported: String,
}

impl From<&Listed> for Lying {
    fn from(listed: &Listed) -> Lying {
        let holds = listed.entry.as_ref().ok().map(|entry| Holds {
            is_final: entry.is_final,
            sums: entry.sums,
            rows: entry.rows,
            source: entry.format.clone(),
            version: entry.version.clone(),
            imported: entry.imported.to_rfc3339_opts(SecondsFormat::Secs, true),
        });
        Lying { account: listed.payer.clone(), month: listed.month, holds }
    }
}

/// Runs the command.
pub fn run(cli: &Cli, args: &ListArgs, world: &World) -> Result<Output, Failure> {
    let store = args.store.open()?;
    let listed = store.list().map_err(failure)?;
    if listed.is_empty() {
        return Err(nothing(&store, "no bills"));
    }
    let notes = listed.iter().filter_map(|l| l.entry.as_ref().err()).map(|error| format!("error: {error}\n")).collect();
    let listing = Listing {
        schema: "ce-cost/actuals-list/1".into(),
        environment: None,
        currency: "USD".into(),
        as_of: cli.as_of.unwrap_or(world.today).to_string(),
        bills: listed.iter().map(Lying::from).collect(),
    };
    let out = match args.format {
        ViewFormat::Json => json(&listing)?,
        ViewFormat::Csv => rows(&listing),
        ViewFormat::Md => markdown::table(&table(&listing)),
        ViewFormat::Table => {
            let head = world.screen.fill(&format!("Bills in {}", store.folder().display()), "");
            format!("{head}\n{}", world.screen.table(&table(&listing)))
        }
    };
    Ok(Output { out, notes })
}

fn state(holds: &Holds) -> &'static str {
    if holds.is_final { "final" } else { "open" }
}

fn table(listing: &Listing) -> Table {
    let mut table = Table::new(&[
        Column::words("account", "account"),
        Column::words("month", "month"),
        Column::words("", "final"),
        Column::number("unblended", "unblended"),
        Column::number("rows", "rows").droppable(3),
        Column::words("source", "source").droppable(1),
        Column::words("version", "version").droppable(4),
        Column::words("imported", "imported").droppable(2),
    ]);
    for bill in &listing.bills {
        let texts = match &bill.holds {
            Some(holds) => {
                let Holds { sums, rows, source, version, imported, .. } = holds;
                let amount = cents(sums.unblended);
                [state(holds).into(), amount, rows.to_string(), source.clone(), version.clone(), imported.clone()]
            }
            None => ["damaged", "–", "", "", "", ""].map(String::from),
        };
        let place = [bill.account.clone(), bill.month.to_string()];
        table.row(Kind::Line, 0, place.into_iter().chain(texts).map(Cell::Text).collect());
    }
    table
}

fn rows(listing: &Listing) -> String {
    let header = ["account", "month", "state", "unblended", "amortized", "net", "net_amortized", "rows", "source", "version", "imported"];
    let row = |bill: &Lying| {
        let place = [bill.account.clone(), bill.month.to_string()];
        let told = match &bill.holds {
            Some(holds) => {
                let Holds { sums, rows, source, version, imported, .. } = holds;
                let amounts = [sums.unblended, sums.amortized, sums.net, sums.net_amortized].map(|a| a.to_string());
                let rest = [rows.to_string(), source.clone(), version.clone(), imported.clone()];
                [vec![state(holds).to_owned()], amounts.to_vec(), rest.to_vec()].concat()
            }
            None => std::iter::once("damaged".to_owned()).chain(std::iter::repeat_n(String::new(), 8)).collect(),
        };
        place.into_iter().chain(told).collect()
    };
    csv::write(&header, listing.bills.iter().map(row))
}
