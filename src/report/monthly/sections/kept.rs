//! How good forecasts were that were made before their month.

use super::super::accuracy::accuracy;
use super::super::kept::Said;
use super::super::verdict::of;
use crate::quantity::per_cent;
use crate::report::table::{Cell, Column, Table};

/// Their measures, in words.
pub fn measured(said: &[Said]) -> Option<String> {
    let scores: Vec<_> = said.iter().map(Said::score).collect();
    let a = accuracy(&scores)?;
    let bias = if a.bias.is_sign_negative() { "too low" } else { "too high" };
    let band = if a.covered.1 > 0 { format!("; {} invoices lay in their band", of(a.covered)) } else { String::new() };
    let months = if a.months == 1 { "month" } else { "months" };
    Some(format!(
        "Forecasts that were made before their month were off by {} of the invoices of {} {months}, {} {bias} on average{band}.",
        per_cent(a.wape),
        a.months,
        per_cent(a.bias.abs())
    ))
}

/// Month by month.
pub fn table(said: &[Said]) -> Table {
    let mut table = Table::new(&[
        Column::words("month", "month"),
        Column::words("forecast of", "made"),
        Column::number("invoiced", "invoiced"),
        Column::number("forecast", "forecast"),
        Column::number("off by", "difference"),
        Column::number("P10", "p10").droppable(1),
        Column::number("P90", "p90").droppable(1),
    ]);
    for s in said {
        table.line(vec![
            Cell::Text(s.month.to_string()),
            Cell::Text(s.made.to_string()),
            Cell::Money(s.invoiced),
            Cell::Money(s.forecast),
            Cell::Difference(s.forecast - s.invoiced),
            s.band.map_or(Cell::Empty, |(low, _)| Cell::Money(low)),
            s.band.map_or(Cell::Empty, |(_, high)| Cell::Money(high)),
        ]);
    }
    table
}
