//! `ce-cost prices coverage`.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::args::{Cli, ViewFormat};
use crate::cli::forecast::json;
use crate::cli::{Failure, Output, World};
use crate::coverage::{self, Covered, Status, Sum};
use crate::forecast::next_month;
use crate::pricing::PriceBook;
use crate::report::table::{Cell, Column, Kind, Table};
use crate::report::{csv, markdown};

/// The JSON of `prices coverage`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Coverage {
    /// Names this layout: `ce-cost/prices-coverage/1`.
    pub schema: String,
    /// No environment in particular: `all`.
    pub environment: String,
    /// Always USD.
    pub currency: String,
    /// The day from which ages count.
    pub as_of: String,
    /// Each region in numbers.
    pub regions: Vec<Sum>,
    /// Each usage type in each region.
    pub usage_types: Vec<Covered>,
}

/// Runs the command.
pub fn run(cli: &Cli, book: &PriceBook, region: Option<&str>, format: ViewFormat, world: &World) -> Result<Output, Failure> {
    let today = cli.as_of.unwrap_or(world.today);
    let regions: Vec<&str> = match region {
        Some(region) => vec![&book.region(region).map_err(|e| Failure::usage(format!("error: {e}")))?.region],
        None => book.regions().iter().map(|r| r.region.as_str()).filter(|r| *r != "global").collect(),
    };
    let mut document = Coverage {
        schema: "ce-cost/prices-coverage/1".into(),
        environment: "all".into(),
        currency: "USD".into(),
        as_of: today.to_string(),
        regions: Vec::new(),
        usage_types: Vec::new(),
    };
    for region in regions {
        let covered = coverage::of(book, region, next_month(today), today);
        let covered = covered.map_err(|p| Failure::input(p.render(&book.sources, world.colour_errors)))?;
        document.regions.push(coverage::sum(region, &covered));
        document.usage_types.extend(covered);
    }
    let table = if region.is_some() { usage_types(&document) } else { sums(&document) };
    let out = match format {
        ViewFormat::Json => json(&document)?,
        ViewFormat::Csv => csv::write(COLUMNS, document.usage_types.iter().map(cells)),
        ViewFormat::Md => markdown::table(&table),
        ViewFormat::Table => {
            let text = "Every usage type that a service can emit, and whether the price book has its price. What has none cannot be \
                        predicted there: a scenario that uses it gets an error, never a guess. Its own: priced in the region, and not once for all. Old: seen \
                        longer ago than a year, or on no known day.";
            let sure = region.map(|_| document.usage_types.iter().filter(|r| !r.needs_a_look()).count());
            let rest = sure.map(|n| format!("\n{n} more have a price that is sure and not old; --format csv lists every one.\n"));
            format!("{}\n{}{}", world.screen.fill(text, ""), world.screen.table(&table), rest.unwrap_or_default())
        }
    };
    Ok(Output { out, notes: String::new() })
}

fn sums(document: &Coverage) -> Table {
    let mut table = Table::new(&[
        Column::words("region", "region"),
        Column::number("usage types", "usage_types"),
        Column::number("priced", "priced"),
        Column::number("its own", "own"),
        Column::number("high", "high").droppable(1),
        Column::number("medium", "medium").droppable(1),
        Column::number("low", "low").droppable(1),
        Column::number("old", "old"),
        Column::number("missing", "missing"),
        Column::number("several", "several"),
    ]);
    let number = |n: usize| Cell::Number(Decimal::from(n));
    for sum in &document.regions {
        let counts = [sum.usage_types, sum.priced, sum.own, sum.high, sum.medium, sum.low, sum.old, sum.missing, sum.several].map(number);
        table.row(Kind::Line, 0, std::iter::once(Cell::text(&sum.region)).chain(counts).collect());
    }
    table
}

/// What needs a look: what has no price first, then what is weak or old.
fn usage_types(document: &Coverage) -> Table {
    let mut table = Table::new(&[
        Column::words("usage type", "usage_type"),
        Column::words("service", "service").droppable(2),
        Column::words("status", "status"),
        Column::words("seen", "seen").droppable(1),
        Column::words("used by", "used_by").droppable(3),
    ]);
    let mut rows: Vec<&Covered> = document.usage_types.iter().filter(|r| r.needs_a_look()).collect();
    rows.sort_by_key(|r| (r.status, r.confidence.as_deref() == Some("high"), !r.is_old()));
    for row in rows {
        let status = match row.status {
            Status::Missing => "missing".to_owned(),
            Status::Several => "several".to_owned(),
            Status::Priced => format!("{}{}", row.confidence.as_deref().unwrap_or_default(), if row.is_old() { ", old" } else { "" }),
        };
        let used_by = row.used_by.iter().cloned().collect::<Vec<_>>().join(", ");
        let texts = [row.usage_type.as_str(), &row.service, &status, &row.seen, &used_by];
        table.row(Kind::Line, 0, texts.iter().map(|t| Cell::text(*t)).collect());
    }
    table
}

const COLUMNS: &[&str] =
    &["region", "priced_in", "service_code", "usage_type", "operation", "status", "confidence", "seen", "days", "used_by", "why"];

fn cells(row: &Covered) -> Vec<String> {
    let status = match row.status {
        Status::Missing => "missing",
        Status::Several => "several",
        Status::Priced => "priced",
    };
    vec![
        row.region.clone(),
        row.priced_in.clone(),
        row.service.clone(),
        row.usage_type.clone(),
        row.operation.clone(),
        status.into(),
        row.confidence.clone().unwrap_or_default(),
        row.seen.clone(),
        row.days.map(|d| d.to_string()).unwrap_or_default(),
        row.used_by.iter().cloned().collect::<Vec<_>>().join(";"),
        row.why.clone(),
    ]
}
