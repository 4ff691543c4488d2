//! The monthly report as a workbook (XLSX): a sheet for each table, numbers as numbers, sums as formulas.
//!
//! Text is written as text, so that no name of a resource is ever run as a formula. Spreadsheets compute in doubles: an amount is given to
//! them to the last digit that a double holds.

use std::collections::BTreeSet;

use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Formula, Workbook, Worksheet, XlsxError};

use super::monthly::document::{Report, Titled};
use super::table::{Cell, Kind, Row, Table};

/// Longest name of a sheet.
const NAME: usize = 31;
/// Widest column, in letters.
const WIDEST: usize = 60;
/// Rows above the table: its title, and an empty one.
const ABOVE: u32 = 2;

/// The report as the bytes of a workbook.
///
/// # Errors
/// Where it cannot be written, in words.
pub fn write(report: &Report) -> Result<Vec<u8>, String> {
    made(report).map_err(|e| e.to_string())
}

fn made(report: &Report) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // The time is that of the report: the same report is the same file.
    let day: Vec<u16> = report.as_of.split('-').filter_map(|p| p.parse().ok()).collect();
    let created = match day.as_slice() {
        [year, month, day] => ExcelDateTime::from_ymd(*year, *month as u8, *day as u8)?,
        _ => ExcelDateTime::from_ymd(2000, 1, 1)?,
    };
    book.set_properties(&DocProperties::new().set_title(&report.title).set_creation_datetime(&created));
    let mut taken = BTreeSet::new();
    answers(report, book.add_worksheet().set_name("Answer")?)?;
    for chapter in &report.chapters {
        for titled in chapter.sections.iter().flat_map(|s| &s.tables) {
            let name = if report.chapters.len() > 1 { format!("{} {}", chapter.environment, titled.id) } else { titled.id.clone() };
            sheet(titled, book.add_worksheet().set_name(free(&name, &mut taken))?)?;
        }
    }
    book.save_to_buffer()
}

/// A name that a sheet may have and that no other has.
fn free(name: &str, taken: &mut BTreeSet<String>) -> String {
    let name: String = name.chars().map(|c| if "[]:*?/\\'".contains(c) { '-' } else { c }).take(NAME - 3).collect();
    let choices = [name.clone()].into_iter().chain((2..).map(|n| format!("{name} {n}")));
    for choice in choices {
        if taken.insert(choice.to_lowercase()) {
            return choice;
        }
    }
    name
}

/// The bottom line and the figures of every chapter.
fn answers(report: &Report, sheet: &mut Worksheet) -> Result<(), XlsxError> {
    let strong = Format::new().set_bold();
    sheet.set_column_width(0, 24)?.set_column_width(1, 16)?.set_column_width(2, 60)?;
    let mut row = 0;
    for chapter in &report.chapters {
        sheet.write_string_with_format(row, 0, &chapter.title, &strong)?;
        sheet.write_string(row, 1, chapter.state.word())?;
        sheet.write_string(row + 1, 0, &chapter.basis)?;
        row += 2;
        for figure in &chapter.figures {
            sheet.write_string(row, 0, &figure.label)?;
            cell(sheet, (row, 1), &figure.value, false)?;
            sheet.write_string(row, 2, &figure.note)?;
            row += 1;
        }
        for line in &chapter.answer {
            sheet.write_string(row, 0, line)?;
            row += 1;
        }
        for section in &chapter.sections {
            sheet.write_string(row, 0, &section.title)?;
            sheet.write_string(row, 1, &section.answer)?;
            row += 1;
        }
        row += 1;
    }
    Ok(())
}

fn sheet(titled: &Titled, sheet: &mut Worksheet) -> Result<(), XlsxError> {
    let table = &titled.table;
    let strong = Format::new().set_bold();
    sheet.write_string_with_format(0, 0, &titled.title, &strong)?;
    for (c, column) in (0u16..).zip(&table.columns) {
        let format = if column.right { strong.clone().set_align(FormatAlign::Right) } else { strong.clone() };
        sheet.write_string_with_format(ABOVE, c, &*column.title, &format)?;
        let widest = table.rows.iter().map(|r| r.cells[usize::from(c)].shown().chars().count()).max().unwrap_or(0);
        sheet.set_column_width(c, (widest.max(column.title.chars().count()) + 4).min(WIDEST) as f64)?;
    }
    sheet.set_freeze_panes(ABOVE + 1, 1)?;
    for (n, row) in table.rows.iter().enumerate() {
        for (c, value) in (0u16..).zip(&row.cells) {
            let place = (ABOVE + 1 + n as u32, c);
            match (row.kind, value.number()) {
                (Kind::Sum, Some(_)) => total(sheet, place, table, n, value)?,
                _ => cell(sheet, place, value, row.kind != Kind::Line)?,
            }
        }
    }
    Ok(())
}

/// A sum as a formula over the lines above it, with its value.
fn total(sheet: &mut Worksheet, (row, column): (u32, u16), table: &Table, n: usize, value: &Cell) -> Result<(), XlsxError> {
    let is_line = |r: &Row| r.kind == Kind::Line;
    let lines: Vec<usize> = (0..n).filter(|i| is_line(&table.rows[*i])).collect();
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return cell(sheet, (row, column), value, true) };
    let name = rust_xlsxwriter::utility::column_number_to_name(column);
    let at = |n: &usize| ABOVE as usize + 2 + n;
    let formula = Formula::new(format!("=SUM({name}{}:{name}{})", at(first), at(last))).set_result(value.exact().unwrap_or_default());
    sheet.write_formula_with_format(row, column, formula, &format(value, true))?;
    Ok(())
}

fn cell(sheet: &mut Worksheet, (row, column): (u32, u16), value: &Cell, strong: bool) -> Result<(), XlsxError> {
    let format = format(value, strong);
    match (value, value.number().and_then(|n| n.to_f64())) {
        (_, Some(number)) => sheet.write_number_with_format(row, column, number, &format)?,
        (Cell::Text(text), None) => sheet.write_string_with_format(row, column, text, &format)?,
        (Cell::Between(..), None) => sheet.write_string_with_format(row, column, value.shown(), &format)?,
        _ => sheet,
    };
    Ok(())
}

fn format(value: &Cell, strong: bool) -> Format {
    let format = if strong { Format::new().set_bold() } else { Format::new() };
    match value {
        Cell::Money(_) => format.set_num_format("#,##0.00"),
        Cell::Difference(_) => format.set_num_format("+#,##0.00;-#,##0.00;±0.00"),
        Cell::Share(_) => format.set_num_format("0.0%"),
        Cell::Number(_) => format.set_num_format("#,##0.##"),
        Cell::Rate(_) => format.set_num_format("#,##0.000000"),
        Cell::Empty | Cell::Text(_) | Cell::Bar(_) | Cell::Span(..) | Cell::Between(..) => format,
    }
}
