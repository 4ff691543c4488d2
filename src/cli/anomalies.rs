//! `ce-cost anomalies`: days that cost more or less than those before them let expect.

use std::fmt::Write;

use chrono::{NaiveDate, TimeDelta};
use schemars::JsonSchema;
use serde::Serialize;

use super::args::{AnomaliesArgs, Cli, ViewFormat};
use super::billed::{Billed, Bills};
use super::forecast::json;
use super::input::Inputs;
use super::{Exit, Failure, Output, World};
use crate::bill::Bill;
use crate::check::anomaly::{Anomaly, Found, History, Level, Mover, find, rises_and_falls, usage};
use crate::check::landing::LATE;
use crate::money::{Usd, cents, dollars};
use crate::month::Month;
use crate::report::table::{Cell, Column, Kind, Table};
use crate::report::terminal::{Screen, Tone};
use crate::report::{csv, markdown};
use crate::scenario::Scenario;
use crate::variance::calendar::SoFar;
use crate::variance::key::{Cost, Keys};
use crate::variance::names::Names;

/// The JSON of `anomalies --format json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Document {
    /// Names this layout: `ce-cost/anomalies/1`.
    pub schema: String,
    /// The environment.
    pub environment: String,
    /// Always USD.
    pub currency: String,
    /// The day from which it was computed.
    pub as_of: String,
    /// Always amortized.
    pub cost: String,
    /// The first day of the history.
    pub from: String,
    /// Its last day: the last two of an open month are left out, since their rows come late.
    pub to: String,
    /// Anomalies smaller than this are left out.
    pub least: Usd,
    /// What came and passed, or goes on: the latest first.
    pub anomalies: Vec<Anomaly>,
    /// What came and stayed: the latest first.
    pub levels: Vec<Level>,
}

/// Runs the command.
pub fn run(cli: &Cli, args: &AnomaliesArgs, world: &World) -> Result<Output, Failure> {
    let inputs = Inputs::read(cli, world)?;
    let scenario = inputs.environment(&args.environment)?;
    let bills = Bills::open(&args.billed, world)?;
    let history = history(scenario, &bills, &inputs)?;
    let Found { mut anomalies, mut levels } = find(&history, args.least);
    if let Some(since) = args.since.map(|day| day.to_string()) {
        anomalies.retain(|a| a.last >= since);
        levels.retain(|l| l.since >= since);
    }
    let document = Document {
        schema: "ce-cost/anomalies/1".into(),
        environment: scenario.name.to_string(),
        currency: "USD".into(),
        as_of: inputs.as_of.to_string(),
        cost: Cost::Amortized.word().into(),
        from: history.first.to_string(),
        to: (history.end() - TimeDelta::days(1)).to_string(),
        least: args.least,
        anomalies,
        levels,
    };
    let out = match args.format {
        ViewFormat::Table => page(&document, &world.screen),
        ViewFormat::Json => json(&document)?,
        ViewFormat::Csv => rows(&document),
        ViewFormat::Md => markdown_page(&document),
    };
    let notes = bills.remarks().iter().map(|remark| format!("note: {remark}\n")).collect();
    Ok(Output { out, notes })
}

/// An environment's days in all bills that there are, up to the day from which it is computed.
///
/// # Errors
/// No bill, or none that tells days.
pub fn history(scenario: &Scenario, bills: &Bills, inputs: &Inputs) -> Result<History, Failure> {
    let names = Names::embedded();
    let keys = Keys { names: &names, book: &inputs.book };
    let (_, payer, members) = inputs.scenarios.payer(scenario);
    let mut own: Vec<Bill> = Vec::new();
    let mut until = inputs.as_of;
    for month in bills.months()?.into_iter().filter(|m| m.first_day() < inputs.as_of) {
        let billed = bills.month(month, &members)?;
        match billed.own(scenario, &members, &payer.shared, &keys, Cost::Amortized) {
            Ok(bill) => own.push(bill),
            // A month in which it did not exist yet.
            Err(failure) if failure.exit == Exit::Missing => continue,
            Err(failure) => return Err(failure),
        }
        until = whole_until(&billed, inputs.as_of);
    }
    let none = || {
        let help = "help: `ce-cost actuals import FILE` brings reports with days in, `ce-cost actuals demo` writes a synthetic history";
        Failure::missing(format!("error: there is no bill that tells {}'s days\n{help}", scenario.name))
    };
    History::of(&own, until, &keys).ok_or_else(none)
}

/// The day before which a bill's days are there whole: the last two days up to today are not, in whatever month they lie, since their
/// rows come late.
pub fn whole_until(billed: &Billed, as_of: NaiveDate) -> NaiveDate {
    let month = billed.bill.month;
    match billed.is_closed(as_of) {
        true => month.end().min(as_of),
        false => open_until(month, billed.so_far(as_of), as_of),
    }
}

/// The same of a month that AWS has not closed, billed so far, or to its last day.
fn open_until(month: Month, so_far: Option<SoFar>, as_of: NaiveDate) -> NaiveDate {
    let late = TimeDelta::days(i64::from(LATE));
    match so_far {
        // It was read when its last day was yesterday.
        Some(so_far) => (month.first_day() + TimeDelta::days(i64::from(so_far.days))).min(as_of) - late,
        None => month.end().min(as_of - late),
    }
}

/// "2026-06-11 – 06-13".
fn span(first: &str, last: &str, is_open: bool) -> String {
    let day = |text: &str| text.parse::<NaiveDate>();
    let end = match (day(first), day(last)) {
        _ if first == last => String::new(),
        (Ok(a), Ok(b)) if a.format("%Y").to_string() == b.format("%Y").to_string() => format!(" – {}", b.format("%m-%d")),
        _ => format!(" – {last}"),
    };
    format!("{first}{end}{}", if is_open { " …" } else { "" })
}

fn anomalies(document: &Document) -> Table {
    let names = Names::embedded();
    let mut table = Table::new(&[
        Column::words("anomalies", "days"),
        Column::words("service", "service"),
        Column::number("expected", "expected").droppable(2),
        Column::number("cost", "cost").droppable(1),
        Column::number("Δ", "size"),
        Column::words("usage type", "usage_type"),
    ]);
    for a in &document.anomalies {
        let days = Cell::Text(span(&a.first, &a.last, a.is_open));
        let cause = |i: usize| a.causes.get(i).map(Mover::usage).map_or(Cell::Empty, Cell::text);
        let numbers = [Cell::Money(a.expected), Cell::Money(a.cost), Cell::Difference(a.size)];
        let cells = [days, Cell::text(names.title(&a.service))].into_iter().chain(numbers).chain([cause(0)]);
        table.row(Kind::Line, 0, cells.collect());
        for (i, cause_of) in a.causes.iter().enumerate().skip(1) {
            let cells = [Cell::Empty, Cell::Empty, Cell::Empty, Cell::Empty, Cell::Difference(cause_of.size), cause(i)];
            table.row(Kind::Line, 0, cells.to_vec());
        }
    }
    table
}

fn levels(document: &Document) -> Table {
    let names = Names::embedded();
    let mut table = Table::new(&[
        Column::words("since", "since"),
        Column::words("service", "service"),
        Column::number("a day before", "before").droppable(2),
        Column::number("after", "after").droppable(1),
        Column::number("Δ a month", "by_month"),
        Column::words("usage type", "usage_type"),
    ]);
    for l in &document.levels {
        let per_day = |amount: Usd| Cell::Text(cents(amount));
        table.row(
            Kind::Line,
            0,
            vec![
                Cell::text(&l.since),
                Cell::text(names.title(&l.service)),
                per_day(l.before),
                per_day(l.after),
                Cell::Difference(l.by_month()),
                Cell::Text(usage(&l.usage_type, &l.operation)),
            ],
        );
    }
    table
}

/// The answer in words.
fn headline(document: &Document) -> String {
    let beyond = rises_and_falls(document.anomalies.iter().map(|a| a.size));
    match document.anomalies.len() {
        0 => "No anomaly".into(),
        1 => format!("1 anomaly, {beyond}"),
        several => format!("{several} anomalies, {beyond}"),
    }
}

fn basis(document: &Document) -> String {
    format!(
        "{} · daily costs from {} to {} · {} · {} and more",
        document.environment,
        document.from,
        document.to,
        document.cost,
        dollars(document.least)
    )
}

/// What the numbers are held against.
const HOW: &str = "Each usage type is held against the four weeks before, without its week's rhythm: odd is what is beyond five robust \
     standard deviations and a quarter of what was expected. Days are priced at their month's average, so that tiers move none.";

fn page(document: &Document, screen: &Screen) -> String {
    let mut out = screen.fill(&basis(document), "");
    let tone = if document.anomalies.is_empty() { Tone::Fine } else { Tone::Over };
    let _ = writeln!(out, "\n  {}\n", screen.paint(tone, &headline(document)));
    if !document.anomalies.is_empty() {
        out.push_str(&screen.table(&anomalies(document)));
        out.push('\n');
    }
    if !document.levels.is_empty() {
        out.push_str(&screen.fill("Changes of level: what came and stayed is no anomaly.", "  "));
        out.push('\n');
        out.push_str(&screen.table(&levels(document)));
        out.push('\n');
    }
    out.push_str(&screen.fill(HOW, "  "));
    let month = document.anomalies.first().and_then(|a| a.first.get(..7)).unwrap_or_else(|| document.to.get(..7).unwrap_or_default());
    out.push('\n');
    out.push_str(&screen.hint(&format!("ce-cost compare {} --month {month}", document.environment), "explains the month"));
    out
}

fn markdown_page(document: &Document) -> String {
    let mut out = format!("### {}\n\n{}\n", markdown::escape(&basis(document)), headline(document));
    for table in [anomalies(document), levels(document)].iter().filter(|t| !t.rows.is_empty()) {
        let _ = write!(out, "\n{}", markdown::table(table));
    }
    let _ = writeln!(out, "\n{HOW}");
    out
}

/// A row for each usage type of each anomaly, then one for each change of level.
fn rows(document: &Document) -> String {
    let header = [
        "environment",
        "kind",
        "first",
        "last",
        "open",
        "service",
        "region",
        "usage_type",
        "operation",
        "size_usd",
        "day_before_usd",
        "day_after_usd",
    ];
    let environment = document.environment.as_str();
    let odd = document.anomalies.iter().flat_map(|a| {
        a.causes.iter().map(move |c| {
            let words = [environment, "anomaly", &a.first, &a.last, if a.is_open { "yes" } else { "no" }, &a.service, &c.region];
            let words = words.into_iter().chain([c.usage_type.as_str(), &c.operation]).map(str::to_owned);
            words.chain([c.size.to_string(), String::new(), String::new()]).collect()
        })
    });
    let levels = document.levels.iter().map(|l| {
        let words = [environment, "level", &l.since, "", "", &l.service, &l.region, &l.usage_type, &l.operation, ""];
        words.into_iter().map(str::to_owned).chain([l.before.to_string(), l.after.to_string()]).collect()
    });
    csv::write(&header, odd.chain(levels))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Late days are the two before today, or before the bill was read, and not the last two of a month.
    #[test]
    fn late_days_are_the_last_two_up_to_today() {
        let november: Month = "2026-11".parse().expect("a month");
        let until = |days: Option<u32>, as_of: &str| {
            let so_far = days.map(|days| SoFar { days, of: 30 });
            open_until(november, so_far, as_of.parse().expect("a day")).to_string()
        };
        assert_eq!(until(Some(23), "2026-11-24"), "2026-11-22");
        assert_eq!(until(Some(1), "2026-11-02"), "2026-10-31", "one of them is in the month before");
        assert_eq!(
            ["2026-12-01", "2026-12-02", "2026-12-03", "2026-12-09"].map(|day| until(None, day)),
            ["2026-11-29", "2026-11-30", "2026-12-01", "2026-12-01"]
        );
    }

    #[test]
    fn rises_and_falls_do_not_hide_each_other() {
        let headline_of = |sizes: &[i64]| {
            let anomaly = |size: &i64| Anomaly {
                service: "AmazonS3".into(),
                first: "2026-06-11".into(),
                last: "2026-06-11".into(),
                is_open: false,
                cost: Usd::ZERO,
                expected: Usd::ZERO,
                size: Usd::new((*size).into()),
                causes: Vec::new(),
            };
            let text = || String::new();
            headline(&Document {
                schema: text(),
                environment: text(),
                currency: text(),
                as_of: text(),
                cost: text(),
                from: text(),
                to: text(),
                least: Usd::ZERO,
                anomalies: sizes.iter().map(anomaly).collect(),
                levels: Vec::new(),
            })
        };
        assert_eq!(headline_of(&[90, -90, 10]), "3 anomalies, +100 and -90");
        assert_eq!([headline_of(&[-5]), headline_of(&[])], ["1 anomaly, -5", "No anomaly"]);
    }
}
