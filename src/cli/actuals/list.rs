//! `ce-cost actuals list`.

use chrono::SecondsFormat;

use super::ListArgs;
use super::store::{failure, nothing};
use crate::cli::{Failure, Output, World};
use crate::money::cents;
use crate::report::table::{Cell, Column, Kind, Table};

/// Runs the command.
pub fn run(args: &ListArgs, world: &World) -> Result<Output, Failure> {
    let store = args.store.open()?;
    let listed = store.list().map_err(failure)?;
    if listed.is_empty() {
        return Err(nothing(&store, "no bills"));
    }
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
    let mut notes = String::new();
    for period in listed {
        let (account, month) = (Cell::text(period.payer), Cell::text(period.month.to_string()));
        let row = match period.entry {
            Ok(entry) => {
                let state = if entry.is_final { "final" } else { "open" };
                let imported = entry.imported.to_rfc3339_opts(SecondsFormat::Secs, true);
                let texts = [state.into(), cents(entry.sums.unblended), entry.rows.to_string(), entry.format, entry.version, imported];
                [account, month].into_iter().chain(texts.map(Cell::Text)).collect()
            }
            Err(error) => {
                notes.push_str(&format!("error: {error}\n"));
                let texts = ["damaged", "–", "", "", "", ""];
                [account, month].into_iter().chain(texts.map(Cell::text)).collect()
            }
        };
        table.row(Kind::Line, 0, row);
    }
    let head = world.screen.fill(&format!("Bills in {}", store.folder().display()), "");
    Ok(Output { out: format!("{head}\n{}", world.screen.table(&table)), notes })
}
