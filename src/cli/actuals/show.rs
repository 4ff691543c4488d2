//! `ce-cost actuals show`.

use super::{ShowArgs, import, store};
use crate::actuals::summary::{By, Named, Period, Summary, Total};
use crate::actuals::totals::Sums;
use crate::cli::args::{Cli, ViewFormat};
use crate::cli::forecast::json;
use crate::cli::{Failure, Output, World};
use crate::money::cents;
use crate::quantity::exact;
use crate::report::table::{Cell, Column, Kind, Table};
use crate::report::terminal::Tone;
use crate::report::{csv, markdown};

/// Runs the command.
pub fn run(cli: &Cli, args: &ShowArgs, world: &World) -> Result<Output, Failure> {
    let kept = args.store.open()?;
    let statements = store::statements(&kept, &args.periods)?;
    let as_of = cli.as_of.unwrap_or(world.today).to_string();
    let by = args.by;
    let summary = Summary::of(&statements, by, &as_of);
    let out = match args.format {
        ViewFormat::Json => json(&summary)?,
        ViewFormat::Csv => rows(&summary),
        ViewFormat::Md => format!(
            "{}\n{}\n{}",
            markdown::table(&periods(&summary)),
            markdown::table(&kinds(&summary.total)),
            markdown::table(&named(&summary, by))
        ),
        ViewFormat::Table => page(&summary, by, world),
    };
    let notes = store::remarks(&statements) + &import::twofold(&kept, &statements)?;
    Ok(Output { out, notes })
}

fn page(summary: &Summary, by: By, world: &World) -> String {
    let screen = &world.screen;
    let head = match summary.periods.as_slice() {
        [only] => format!("{}, account {}, {}", only.month.name(), only.account, state(only)),
        all => format!("{} billing periods", all.len()),
    };
    let mut out = format!("{}\n\n", screen.paint(Tone::Strong, &head));
    for table in [periods(summary), kinds(&summary.total), named(summary, by)] {
        out.push_str(&screen.table(&table));
        out.push('\n');
    }
    out
}

fn state(period: &Period) -> &'static str {
    if period.is_final { "final" } else { "not closed yet" }
}

/// The three views of a bill.
const VIEWS: [Column; 3] =
    [Column::number("unblended", "unblended"), Column::number("amortized", "amortized"), Column::number("net", "net").droppable(1)];

fn cells(sums: &Sums) -> impl Iterator<Item = Cell> {
    [sums.unblended, sums.amortized, sums.net].into_iter().map(|amount| Cell::Text(cents(amount)))
}

/// Period by period.
pub fn periods(summary: &Summary) -> Table {
    let mut columns = vec![Column::words("account", "account"), Column::words("month", "month"), Column::words("", "final")];
    columns.extend(VIEWS);
    columns.push(Column::words("source", "source").droppable(2));
    let mut table = Table::new(&columns);
    for period in &summary.periods {
        let mut row = vec![Cell::text(&period.account), Cell::text(period.month.to_string()), Cell::text(state(period))];
        row.extend(cells(&period.total.sums));
        row.push(Cell::text(&period.format));
        table.row(Kind::Line, 0, row);
    }
    let mut row = vec![Cell::text("total"), Cell::Empty, Cell::Empty];
    row.extend(cells(&summary.total.sums));
    row.push(Cell::Empty);
    table.row(Kind::Sum, 0, row);
    table
}

fn kinds(total: &Total) -> Table {
    let mut table = Table::new(&[&[Column::words("what", "kind")], VIEWS.as_slice()].concat());
    for kind in &total.by_kind {
        table.row(Kind::Line, 0, [Cell::text(kind.kind.name())].into_iter().chain(cells(&kind.sums)).collect());
    }
    table
}

/// The dearest first; days in their order.
pub fn named(summary: &Summary, by: By) -> Table {
    let mut rows: Vec<&Named> = summary.total.by.iter().collect();
    if by != By::Day {
        rows.sort_by_key(|r| std::cmp::Reverse(r.sums.unblended.abs()));
    }
    let mut table = Table::new(&[&[Column::words(by.word(), "name")], VIEWS.as_slice()].concat());
    for row in rows {
        let name = if row.name.is_empty() { format!("(no {})", by.word()) } else { row.name.clone() };
        table.row(Kind::Line, 0, [Cell::Text(name)].into_iter().chain(cells(&row.sums)).collect());
    }
    table
}

/// One row for each period and name.
pub fn rows(summary: &Summary) -> String {
    let header = ["account", "month", "final", &summary.by, "unblended", "amortized", "net", "net_amortized"];
    let rows = summary.periods.iter().flat_map(|period| {
        period.total.by.iter().map(|row| {
            let Sums { unblended, amortized, net, net_amortized } = row.sums;
            let amounts = [unblended, amortized, net, net_amortized].map(|amount| exact(amount.decimal()));
            let names = [period.account.clone(), period.month.to_string(), period.is_final.to_string(), row.name.clone()];
            names.into_iter().chain(amounts).collect()
        })
    });
    csv::write(&header, rows)
}
