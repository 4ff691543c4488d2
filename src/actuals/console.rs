//! What the Cost Explorer console downloads as CSV: a table of amounts, with days or months down and services (or whatever the
//! report is grouped by) across, or the other way round.

use std::io::Read;

use chrono::{Datelike, NaiveDate};
use csv::{ByteRecord, ByteRecordsIntoIter};
use rust_decimal::Decimal;

use super::exact::{Exact, Read as Number};
use super::rollup::{Amounts, Entry, Traits};
use super::sink::{Sink, one};
use super::statement::{Origin, item};
use super::table::Text;
use super::{UNKNOWN, table};
use crate::bill::Seller;
use crate::diagnostic::{Diagnostic, Problems};
use crate::month::Month;

/// Groups and days that one download can have.
const MOST_ROWS: usize = 100_000;

/// How far rounding moves an amount of the console at most.
const ROUNDING: Decimal = Decimal::from_parts(5, 0, 0, false, 3);

/// True for the header of such a download: its last column is a total, or it names days.
pub fn is_download(names: &[String]) -> bool {
    let total = names.last().is_some_and(|n| is_total(n) && n.contains('('));
    names.len() > 1 && (total || names[1..].iter().all(|n| date(n).is_some() || is_total(n)))
}

fn is_total(label: &str) -> bool {
    let label = label.to_lowercase();
    label.starts_with("total") || label.ends_with(" total")
}

fn date(label: &str) -> Option<NaiveDate> {
    let label = label.trim_end_matches("($)").trim();
    table::day(0, label).ok()
}

/// One amount.
struct Cell {
    group: String,
    date: NaiveDate,
    amount: Exact,
}

/// Reads the amounts into the sink.
pub fn read<R: Read>(file: &str, names: &[String], records: ByteRecordsIntoIter<R>, sink: &mut Sink) -> Result<(), Problems> {
    let refused = |message: String, help: &str| one(Diagnostic::general(format!("{file}{message}")).help(help));
    let (mut cells, mut totals) = (Vec::new(), None);
    for (row, record) in records.enumerate() {
        let at = format!(", line {}", row + 2);
        let record = record.map_err(|e| refused(format!("{at}: {e}"), "the file is damaged: download it again"))?;
        if row >= MOST_ROWS {
            return Err(refused(format!(" has more than {MOST_ROWS} rows"), "choose fewer days in the console"));
        }
        if record.len() != names.len() {
            return Err(refused(
                format!("{at} has {} cells, and the header {}", record.len(), names.len()),
                "the file is cut off: download it again",
            ));
        }
        if is_total(&String::from_utf8_lossy(&record[0])) {
            totals = Some((at, record));
            continue;
        }
        cells.extend(row_cells(names, &record).map_err(|(message, help)| refused(format!("{at}{message}"), help))?);
    }
    if let Some((at, record)) = totals {
        check_totals(names, &record, &cells).map_err(|(message, help)| refused(format!("{at}{message}"), help))?;
    }
    if cells.is_empty() {
        return Err(refused(" has a header and no amounts".into(), "download it again"));
    }
    let daily = cells.iter().any(|c| c.date.day() != 1);
    let dimension = names[0].as_str();
    let number = sink.begin(origin(file, dimension));
    for cell in &cells {
        sink.add_entry(&entry(cell, dimension, daily), amounts(cell), number)
            .map_err(|_| refused(" holds amounts that are too large".into(), "download it again"))?;
    }
    Ok(())
}

fn origin(file: &str, dimension: &str) -> Origin {
    let format = format!("Cost Explorer CSV by {}", dimension.to_lowercase());
    Origin {
        name: file.to_owned(),
        format,
        kind: "CSV",
        version: None,
        net: false,
        tells_final: false,
        true_up: false,
        tags: Some(Vec::new()),
    }
}

/// The row of totals must be what its columns add up to.
fn check_totals(names: &[String], record: &ByteRecord, cells: &[Cell]) -> Result<(), (String, &'static str)> {
    let whole = record.iter().zip(names).filter(|(_, name)| is_total(name)).map(|(bytes, _)| bytes);
    let columns = record.iter().zip(names).skip(1).filter(|(_, name)| !is_total(name));
    let sum = |of: &dyn Fn(&Cell) -> bool| cells.iter().filter(|c| of(c)).try_fold(Exact::ZERO, |sum, c| sum.plus(c.amount));
    for bytes in whole {
        agrees(bytes, sum(&|_| true), cells.len())?;
    }
    for (bytes, name) in columns {
        let group = name.strip_suffix("($)").unwrap_or(name);
        let own = |c: &Cell| date(name).map_or_else(|| c.group == group, |day| c.date == day);
        agrees(bytes, sum(&own), cells.iter().filter(|c| own(c)).count())?;
    }
    Ok(())
}

/// Whether a stated total, where it is an amount, is the sum of so many parts; the console rounds each.
fn agrees(stated: &[u8], sum: Option<Exact>, parts: usize) -> Result<(), (String, &'static str)> {
    let text = String::from_utf8_lossy(stated);
    let (Number::Whole(total), Some(sum)) = (Exact::from_text(text.trim()), sum) else { return Ok(()) };
    let allowed = ROUNDING * Decimal::from(parts + 1);
    if total.minus(sum).and_then(Exact::decimal).is_some_and(|d| d.abs() <= allowed) {
        return Ok(());
    }
    let shown = |amount: Exact| amount.decimal().map_or_else(String::new, |d| d.to_string());
    Err((format!(": the total is {}, and its parts add up to {}", shown(total), shown(sum)), "download it again"))
}

/// The amounts of one row, without its total, which must be what they add up to.
fn row_cells(names: &[String], record: &ByteRecord) -> Result<Vec<Cell>, (String, &'static str)> {
    let label = String::from_utf8_lossy(&record[0]).into_owned();
    let (mut cells, mut sum, mut total) = (Vec::new(), Exact::ZERO, None);
    for (name, bytes) in names.iter().zip(record).skip(1) {
        let text = String::from_utf8_lossy(bytes);
        let amount = match Exact::from_text(text.trim()) {
            Number::Whole(amount) => amount,
            _ if text.trim().is_empty() => continue,
            _ => return Err((format!(": `{name}` is `{}`", table::shortened(&text)), "expected an amount such as 12.5")),
        };
        if is_total(name) {
            total = Some(text.into_owned());
            continue;
        }
        sum = sum.plus(amount).ok_or_else(|| (": the sum is too large".to_owned(), "download it again"))?;
        let (group, day) = match (date(name), date(&label)) {
            (Some(day), _) => (label.clone(), day),
            (None, Some(day)) => (group_name(name)?, day),
            (None, None) => {
                return Err((
                    format!(": neither `{}` nor `{}` is a day", table::shortened(&label), table::shortened(name)),
                    "expected a day such as 2026-10-01",
                ));
            }
        };
        cells.push(Cell { group, date: day, amount });
    }
    if let Some(total) = total {
        agrees(total.as_bytes(), Some(sum), cells.len())?;
    }
    Ok(cells)
}

/// "EC2-Instances($)" without its currency, which must be US dollars.
fn group_name(name: &str) -> Result<String, (String, &'static str)> {
    if let Some(name) = name.strip_suffix("($)") {
        return Ok(name.to_owned());
    }
    Err((
        format!(": the column `{}` is not in US dollars", table::shortened(name)),
        "expected a name that ends in ($): set the payer's currency to USD",
    ))
}

fn entry<'a>(cell: &'a Cell, dimension: &str, daily: bool) -> Entry<'a> {
    let group = cell.group.as_str();
    let is = |name: &str| dimension.eq_ignore_ascii_case(name);
    let pick = |name: &str| Text::from(if is(name) { group } else { "" });
    let tax = is("Service") && group == "Tax";
    let charge_type = if is("Charge type") || is("Record type") { group } else { "Usage" };
    let line_item = if tax { "Tax" } else { charge_type };
    let (item, usage_type) = (item(line_item), pick("Usage type"));
    let known = ["Service", "Usage type", "Linked account", "Region", "API operation", "Charge type", "Record type"];
    Entry {
        month: Month::of(cell.date),
        day: daily.then_some(cell.date),
        payer: UNKNOWN.into(),
        account: pick("Linked account"),
        line_item: Text::from(line_item),
        service: pick("Service"),
        region: pick("Region"),
        usage_type,
        operation: pick("API operation"),
        unit: Text::default(),
        description: Text::from(if known.iter().any(|k| is(k)) { "" } else { group }),
        commitment: Text::default(),
        tags: "",
        currency: "USD".into(),
        traits: Traits {
            frequency: item.frequency(),
            pricing: item.pricing(&usage_type),
            status: None,
            savings_plan: false,
            seller: Seller::Aws,
        },
        invoiced: false,
    }
}

fn amounts(cell: &Cell) -> Amounts {
    Amounts {
        quantity: Exact::ZERO,
        billed: cell.amount,
        effective: cell.amount,
        net: (cell.amount, cell.amount),
        list: cell.amount,
        true_up: Exact::ZERO,
    }
}
