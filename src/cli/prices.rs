//! `ce-cost prices`.

mod coverage;
mod diff;
#[cfg(feature = "fetch")]
mod fetch;
mod folder;
mod import;
mod source;
mod told;
mod update;

use std::fmt::Write;

use super::args::{Cli, PricesArgs, PricesCommand, ViewFormat};
use super::forecast::json;
use super::{Failure, Output, World, input};
use crate::diagnostic::nearest;
use crate::pricing::read::COLUMNS;
use crate::pricing::write::cells;
use crate::pricing::{Area, PriceBook, PriceRow, Scope, check};
use crate::quantity::exact;
use crate::report::table::{Cell, Column, Kind, Table};
use crate::report::terminal::Tone;
use crate::report::{csv, markdown};

pub use coverage::Coverage;
pub use diff::PriceDiff;

/// Runs the command.
pub fn run(cli: &Cli, args: &PricesArgs, world: &World) -> Result<Output, Failure> {
    match &args.command {
        PricesCommand::Import(args) => return import::run(cli, args, world),
        PricesCommand::Update(args) => return update::run(cli, args, world),
        PricesCommand::Diff { before, after, month, format } => return diff::run(cli, before, after, *month, *format, world),
        _ => {}
    }
    let book = input::book(&cli.prices, world)?;
    let out = match &args.command {
        PricesCommand::Coverage { region, format } => return coverage::run(cli, &book, region.as_deref(), *format, world),
        PricesCommand::Import(_) | PricesCommand::Update(_) | PricesCommand::Diff { .. } => String::new(),
        PricesCommand::List { service, region, confidence, format } => {
            let keep = |wanted: &Option<String>, has: &str| wanted.as_deref().is_none_or(|w| w == has);
            let rows: Vec<&PriceRow> = book
                .rows()
                .iter()
                .filter(|r| keep(service, &r.service) && keep(region, &r.region) && keep(confidence, &r.confidence.to_string()))
                .collect();
            if rows.is_empty() {
                return Err(nothing(&book, service.as_deref(), region.as_deref()));
            }
            list(&rows, *format, world)?
        }
        PricesCommand::Show { usage_type } => show(&book, usage_type, world)?,
        PricesCommand::Check { older_than } => return checked(&book, cli.as_of.unwrap_or(world.today), *older_than, world),
    };
    Ok(Output { out, notes: String::new() })
}

fn nothing(book: &PriceBook, service: Option<&str>, region: Option<&str>) -> Failure {
    let hint = |wanted: Option<&str>, of: fn(&PriceRow) -> &str| {
        let near = wanted.and_then(|w| nearest(w, book.rows().iter().map(of)).filter(|n| *n != w));
        near.map(|n| format!("\nhelp: did you mean `{n}`?")).unwrap_or_default()
    };
    Failure::usage(format!("error: no price row matches{}{}", hint(service, |r| &r.service), hint(region, |r| &r.region)))
}

fn list(rows: &[&PriceRow], format: ViewFormat, world: &World) -> Result<String, Failure> {
    match format {
        ViewFormat::Csv => Ok(csv::write(COLUMNS, rows.iter().map(|r| cells(r)))),
        ViewFormat::Json => {
            let objects: Vec<serde_json::Map<String, serde_json::Value>> =
                rows.iter().map(|r| COLUMNS.iter().zip(cells(r)).map(|(k, v)| ((*k).to_owned(), v.into())).collect()).collect();
            json(&objects)
        }
        ViewFormat::Table => Ok(world.screen.table(&table(rows))),
        ViewFormat::Md => Ok(markdown::table(&table(rows))),
    }
}

fn table(rows: &[&PriceRow]) -> Table {
    let mut table = Table::new(&[
        Column::words("usage type", "usage_type"),
        Column::words("region", "region").droppable(2),
        Column::words("term", "term").droppable(3),
        Column::number("from", "tier_begin"),
        Column::number("price", "price"),
        Column::words("unit", "unit"),
        Column::words("seen", "seen").droppable(4),
        Column::words("", "confidence").droppable(1),
        Column::words("operation", "operation").droppable(5),
    ]);
    for row in rows {
        let kind = if row.confidence == crate::pricing::Confidence::Low { Kind::Dim } else { Kind::Line };
        let confidence = format!("{}{}", row.confidence, if kind == Kind::Dim { " *" } else { "" });
        let texts = [
            &row.usage_type,
            &row.region,
            &row.term.to_string(),
            &exact(row.tier_begin),
            &row.price.to_string(),
            &row.unit_text,
            &row.seen,
            &confidence,
            &row.operation,
        ];
        table.row(kind, 0, texts.iter().map(|t| Cell::text(t.as_str())).collect());
    }
    table
}

fn show(book: &PriceBook, wanted: &str, world: &World) -> Result<String, Failure> {
    let rows: Vec<&PriceRow> = book.rows().iter().filter(|r| r.usage_type == wanted || (r.sku == wanted && !wanted.is_empty())).collect();
    if rows.is_empty() {
        let near = nearest(wanted, book.rows().iter().map(|r| r.usage_type.as_str())).map(|n| format!("\nhelp: did you mean `{n}`?"));
        return Err(Failure::usage(format!("error: the price book has no usage type or SKU `{wanted}`{}", near.unwrap_or_default())));
    }
    // Several services and regions can have a usage type of the same name.
    let mut out = String::new();
    for rows in rows.chunk_by(|a, b| (&a.service, &a.region, &a.usage_type) == (&b.service, &b.region, &b.usage_type)) {
        if !out.is_empty() {
            out.push('\n');
        }
        one_price(&mut out, book, rows, world);
    }
    Ok(out)
}

/// The rows of one usage type of one service in one region, and how they pool.
fn one_price(out: &mut String, book: &PriceBook, rows: &[&PriceRow], world: &World) {
    let Some(first) = rows.first() else { return };
    let _ = writeln!(out, "{} · {} · {}", first.usage_type, first.service, first.region);
    for row in rows {
        let end = row.tier_end.map_or_else(|| "no end".to_owned(), exact);
        let _ = writeln!(
            out,
            "\n  {}   {}",
            world.screen.paint(Tone::Strong, &format!("{} USD per {}", row.price, row.unit_text)),
            row.description
        );
        let _ = writeln!(
            out,
            "      {}{}, tier {} to {end}",
            row.term,
            if row.operation.is_empty() { String::new() } else { format!(", {}", row.operation) },
            exact(row.tier_begin)
        );
        if let Some(fee) = row.upfront {
            let _ = writeln!(out, "      upfront fee {} USD", exact(fee));
        } else if matches!(row.term, crate::pricing::Term::Reserved { .. } | crate::pricing::Term::SavingsPlan { .. }) {
            let _ = writeln!(out, "      upfront fee not known");
        }
        let sku = if row.sku.is_empty() { "no SKU seen" } else { &row.sku };
        let since = row.effective_from.map_or_else(|| "since ever".to_owned(), |d| format!("from {d}"));
        let _ = writeln!(
            out,
            "      {sku}, valid {since}, seen {}, {} confidence",
            if row.seen.is_empty() { "on no known day" } else { &row.seen },
            row.confidence
        );
        out.push_str(&world.screen.fill(&format!("{} ({})", row.source, book.sources.show(row.place)), "      "));
        if !row.note.is_empty() {
            out.push_str(&world.screen.fill(&row.note, "      "));
        }
    }
    if let Ok(price) = book.price_on(&first.service, &first.region, &first.usage_type, &first.operation, world.today, |t| t == first.term) {
        let scope = if price.scope == Scope::Payer { "all accounts of the payer" } else { "each account by itself" };
        let _ = writeln!(out, "\n  Tiers count over {scope}.");
        if let Some(free) = price.allowance.and_then(|i| book.allowances().get(i)) {
            let per = if free.hourly { "an hour" } else { "a month" };
            let area = if free.area == Area::Global { "all regions" } else { "each region" };
            let _ = writeln!(out, "  Free: {} {per} over {area} ({}; {}).", exact(free.quantity), free.pool, free.source);
        }
    }
}

fn checked(book: &PriceBook, today: chrono::NaiveDate, older_than: i64, world: &World) -> Result<Output, Failure> {
    let health = check::health(book, today, older_than);
    let [high, medium, low] = health.confidence;
    let mut out = format!(
        "{}\n\n",
        world.screen.paint(Tone::Strong, "The price book is sound: no gaps, no overlaps, no key twice, every family known.")
    );
    let _ = writeln!(out, "  {} rows · {} services · {} regions", health.rows, health.services, health.regions);
    let _ = writeln!(out, "  confidence: {high} high, {medium} medium, {low} low");
    if let Some((oldest, newest)) = health.seen {
        let _ = writeln!(out, "  seen between {oldest} and {newest}; {} rows have no full date", health.undated);
    }
    let _ = writeln!(out, "  sha256 {}", health.hash);
    let notes = if health.old > 0 {
        format!("warning: {} rows were seen more than {older_than} days ago (`ce-cost prices list --format csv` shows which)\n", health.old)
    } else {
        String::new()
    };
    Ok(Output { out, notes })
}
