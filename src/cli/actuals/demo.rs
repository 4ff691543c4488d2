//! `ce-cost actuals demo`.

use std::fmt::Write as _;
use std::io::BufWriter;
use std::path::Path;

use chrono::Utc;
use fs_err as fs;

use super::DemoArgs;
use super::progress::during;
use super::store::{failure, remarks};
use crate::actuals::Statement;
use crate::actuals::demo::planted::PLANTED;
use crate::actuals::demo::{self, Ask, Demo, cur};
use crate::actuals::store::Put;
use crate::actuals::totals::Sums;
use crate::cli::args::Cli;
use crate::cli::{Exit, Failure, Output, World, embedded};
use crate::money::{Usd, cents};
use crate::pricing::PriceBook;
use crate::report::table::{Cell, Column, Kind, Table};

/// Runs the command.
pub fn run(cli: &Cli, args: &DemoArgs, world: &World) -> Result<Output, Failure> {
    let internal = |message: String| Failure { exit: Exit::Internal, message: format!("error: {message}") };
    // What is planted fits the built-in scenarios and prices, whatever else is asked for.
    let book = PriceBook::embedded().map_err(|e| internal(e.0.render(&e.1, false)))?;
    let ask = Ask { as_of: cli.as_of.unwrap_or(world.today), months: args.months, seed: args.seed };
    let made = during("making a history", || demo::history(&embedded::scenarios(), &book, &ask));
    let made = made.map_err(|e| internal(e.to_string()))?;
    let statements = made.statements();
    let out = match &args.cur {
        Some(file) => {
            during("writing the report", || report(&made, file)).map_err(|e| Failure::missing(format!("error: {e}")))?;
            format!("{} written; `ce-cost actuals import` reads it\n\n", file.display())
        }
        None => keep(args, &statements)?,
    };
    Ok(Output { out: out + &world.screen.table(&months(&statements)) + "\n" + &planted(&made, world), notes: remarks(&statements) })
}

/// Puts them into the store. What a demo wrote is not worth keeping: it gives way to another one, closed or not.
fn keep(args: &DemoArgs, statements: &[Statement]) -> Result<String, Failure> {
    let store = args.store.open()?;
    let (mut new, mut replaced, mut same) = (0, 0, 0);
    during("writing the store", || {
        for statement in statements {
            match store.put(statement, Utc::now(), true).map_err(failure)? {
                Put::New | Put::Mended => new += 1,
                Put::Replaced(_) => replaced += 1,
                Put::Unchanged => same += 1,
            }
        }
        Ok(())
    })?;
    Ok(format!("{} · {new} new, {replaced} replaced, {same} as they were\n\n", store.folder().display()))
}

/// Writes the rows of a report.
fn report(made: &Demo, file: &Path) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_writer(BufWriter::new(fs::File::create(file)?));
    writer.write_record(cur::COLUMNS)?;
    made.rows().try_for_each(|row| writer.write_record(row))?;
    Ok(writer.flush()?)
}

fn months(statements: &[Statement]) -> Table {
    let mut table = Table::new(&[
        Column::words("month", "month"),
        Column::words("", "final"),
        Column::number("unblended", "unblended"),
        Column::number("amortized", "amortized"),
        Column::number("rows", "rows"),
    ]);
    for statement in statements {
        let sums = Sums::of(&statement.bill.charges);
        let state = if statement.is_final { "final" } else { "not closed yet" };
        let texts =
            [statement.bill.month.to_string(), state.into(), cents(sums.unblended), cents(sums.amortized), statement.rows.to_string()];
        table.row(Kind::Line, 0, texts.map(Cell::Text).into());
    }
    table
}

/// What a comparison of the last closed month should find.
fn planted(made: &Demo, world: &World) -> String {
    let Some(last) = made.periods.iter().rfind(|p| p.is_final) else { return String::new() };
    let mut out = format!("What lies hidden in {} of {}:\n", last.month.name(), demo::planted::ENVIRONMENT);
    for (planted, size) in PLANTED.iter().zip(&made.planted) {
        let sign = if size.billed < Usd::ZERO { "" } else { "+" };
        let mut text = format!("{sign}{} {}", cents(size.billed), planted.what);
        if size.effective != size.billed {
            let _ = write!(text, " ({} amortized)", cents(size.effective));
        }
        out.push_str(&world.screen.fill(&text, "  "));
    }
    out
}
