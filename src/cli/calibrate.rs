//! `ce-cost calibrate`.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Write;

use chrono::NaiveDate;

use super::args::{CalibrateArgs, Cli, Months, ViewFormat};
use super::billed::{Billed, Bills};
use super::forecast::json;
use super::input::Inputs;
use super::{Failure, Output, World};
use crate::calibrate::{Calibration, Wanted, calibrate};
use crate::forecast::next_month;
use crate::money::{cents, dollars, signed};
use crate::month::Month;
use crate::predict::Basis;
use crate::report::table::{Cell, Column, Kind, Table};
use crate::report::terminal::{Screen, Tone};
use crate::report::{csv, markdown};
use crate::variance::Cut;
use crate::variance::key::{Cost, Keys};
use crate::variance::measured::{self, Accuracy, Measured};
use crate::variance::names::Names;

/// Runs the command.
pub fn run(cli: &Cli, args: &CalibrateArgs, world: &World) -> Result<Output, Failure> {
    let inputs = Inputs::read(cli, world)?;
    inputs.environment(&args.environment)?;
    if let Some(months) = args.from_actuals {
        return from_actuals(&inputs, args, months, world);
    }
    let (line, driver) = (args.line.as_deref().unwrap_or_default(), args.driver.as_deref().unwrap_or_default());
    let basis = Basis {
        month: args.month.unwrap_or_else(|| next_month(inputs.as_of)),
        hours: args.hours,
        pooled: true,
        free_tier: true,
        failover: None,
    };
    let as_of = inputs.as_of.to_string();
    let wanted = Wanted { as_of: &as_of, environment: &args.environment, line, driver };
    let found = calibrate(&inputs.files, &inputs.book, &wanted, basis).map_err(|e| Failure::usage(format!("error: {}", e.trim_end())))?;
    let out = match args.format {
        ViewFormat::Json => json(&found)?,
        ViewFormat::Csv => csv::write(
            &["environment", "line", "driver", "stated_usd", "before", "modelled_before_usd", "after", "modelled_after_usd"],
            [vec![
                found.environment.clone(),
                found.line.clone(),
                found.driver.clone(),
                found.stated.to_string(),
                found.before.clone(),
                found.modelled_before.to_string(),
                found.after.clone(),
                found.modelled_after.to_string(),
            ]],
        ),
        ViewFormat::Md => format!(
            "`{}` meets {} of {} with\n\n```yaml\n{}\n```\n",
            found.driver,
            cents(found.stated),
            markdown::escape(&found.line),
            found.patch
        ),
        ViewFormat::Table => page(&found, world),
    };
    Ok(Output { out, notes: inputs.warnings(world) })
}

fn page(found: &Calibration, world: &World) -> String {
    let mut out = format!("{} · {} by {}\n\n", found.environment, found.line, found.driver);
    let _ = writeln!(out, "  stated   {}", cents(found.stated));
    let _ = writeln!(out, "  now      {} with {}", cents(found.modelled_before), found.before);
    let _ = writeln!(
        out,
        "  {}    {} with {}\n",
        world.screen.paint(Tone::Strong, "found"),
        cents(found.modelled_after),
        world.screen.paint(Tone::Strong, &found.after)
    );
    let _ = writeln!(out, "  Write into the file of {} at {}:\n\n    {}", found.environment, found.driver, found.patch);
    out
}

// ── from real bills ────────────────────────────────────────────────────────────────────────────────────────────────────

/// Rows without a driver of their own, and confirmed drivers, that are named one by one.
const LEFT: usize = 6;
/// Where drivers make the prediction of the month on which they are tried worse.
const WORSE: &str = "These drivers are worse on that month: not proposed. --format json has the lines all the same.";
/// Where there is nothing to write.
const NONE: &str = "No driver that moves the bill is billed otherwise than the scenario says, as far as bills tell drivers apart.";

fn from_actuals(inputs: &Inputs, args: &CalibrateArgs, months: Months, world: &World) -> Result<Output, Failure> {
    let scenario = inputs.environment(&args.environment)?;
    let (_, payer, members) = inputs.scenarios.payer(scenario);
    let names = Names::embedded();
    let keys = Keys { names: &names, book: &inputs.book };
    let cost = Cost::Amortized;
    let bills = Bills::open(&args.billed, world)?;
    let mut notes = inputs.warnings(world);
    for remark in bills.remarks() {
        let _ = writeln!(notes, "note: {remark}");
    }
    let untold = RefCell::new(BTreeSet::new());
    let cut = |month: Month| -> Result<Cut, Failure> {
        let bill = bills.month(month, &members)?;
        untold.borrow_mut().extend(bill.remark.clone().into_iter().chain(bill.mistakable(&members)));
        if !bill.is_closed(inputs.as_of) {
            return Err(not_closed(&bill, inputs.as_of));
        }
        Ok(Cut { own: bill.own(scenario, &members, &payer.shared, &keys, cost)?, payer: bill.bill })
    };
    let all = (0..=months.first.until(months.last)).map(|n| months.first.plus(n.unsigned_abs()));
    let cuts = all.map(cut).collect::<Result<Vec<Cut>, Failure>>()?;
    let try_on = match args.try_on {
        Some(month) if months.first <= month && month <= months.last => {
            return Err(Failure::usage(format!("error: {month} is one of the months that are measured: try it on another one")));
        }
        Some(month) => Some(cut(month)?),
        None => [Some(months.last.plus(1)), months.first.before()].into_iter().flatten().find_map(|m| cut(m).ok()),
    };
    for remark in untold.take() {
        let _ = writeln!(notes, "note: {remark}");
    }
    let wanted = measured::Wanted {
        files: &inputs.files,
        scenarios: &inputs.scenarios,
        book: &inputs.book,
        environment: &args.environment,
        billed: &cuts,
        try_on: try_on.as_ref(),
        cost,
        keys,
        as_of: &inputs.as_of.to_string(),
    };
    let found = measured::measure(&wanted).map_err(|e| Failure::input(format!("error: {}", e.trim_end())))?;
    let out = match args.format {
        ViewFormat::Json => json(&found)?,
        ViewFormat::Csv => csv::write(
            &["environment", "driver", "place", "before", "after", "explains_usd", "why"],
            found.drivers.iter().map(|d| {
                let mut row = [&found.environment, &d.path, &d.place, &d.before, &d.after].map(String::clone).to_vec();
                row.extend([d.explains.to_string(), d.why.clone()]);
                row
            }),
        ),
        ViewFormat::Md => {
            let title = markdown::escape(&measured_head(&found));
            let patch = match found.is_worse() {
                true => format!("{WORSE}\n"),
                false => format!("```yaml\n{}```\n", found.yaml),
            };
            match found.drivers.is_empty() {
                true => format!("### {title}\n\n{NONE}\n"),
                false => format!("### {title}\n\n{}\n{patch}", markdown::table(&measured_table(&found))),
            }
        }
        ViewFormat::Table => measured_page(&found, &world.screen),
    };
    Ok(Output { out, notes })
}

/// A part of a month would be measured as a whole one.
fn not_closed(bill: &Billed, as_of: NaiveDate) -> Failure {
    let month = bill.bill.month;
    let far = bill.so_far(as_of).map(|s| format!(": {}", s.words())).unwrap_or_default();
    let closed = month.before().unwrap_or(month);
    Failure::usage(format!(
        "error: the bill of {month} is not final{far}\nhelp: drivers are measured from closed months: end with {closed}, or bring the final bill in once AWS has closed {month}"
    ))
}

fn measured_head(found: &Measured) -> String {
    let months = match (found.months.first(), found.months.last()) {
        (Some(first), Some(last)) if first != last => format!("{first} to {last}"),
        (Some(first), _) => first.clone(),
        _ => String::new(),
    };
    format!("{} · drivers as the bills of {months} tell them", found.environment)
}

fn measured_table(found: &Measured) -> Table {
    let mut table = Table::new(&[
        Column::words("", "driver"),
        Column::number("says now", "before").droppable(1),
        Column::number("billed", "after"),
        Column::number("a month", "explains"),
        Column::words("", "place").droppable(2),
    ]);
    for d in &found.drivers {
        table.row(
            Kind::Line,
            0,
            vec![Cell::text(&d.path), Cell::text(&d.before), Cell::text(&d.after), Cell::Difference(d.explains), Cell::text(&d.place)],
        );
    }
    table
}

fn measured_page(found: &Measured, screen: &Screen) -> String {
    let mut out = measured_head(found) + "\n\n";
    if let Some(trial) = &found.trial {
        let off = |a: &Accuracy| format!("{} off", per_cent(&a.wape));
        let answer = format!("{} with these drivers", off(&trial.after));
        let _ = writeln!(out, "  {}, {} as the scenario says", screen.paint(Tone::Strong, &answer), off(&trial.before));
        let amounts = [trial.after.predicted, trial.before.predicted].map(dollars);
        let tried = format!(
            "tried on {}, which was not used: {} and {} predicted, {} billed; off is every row's distance from the bill",
            trial.month,
            amounts[0],
            amounts[1],
            dollars(trial.billed)
        );
        let _ = writeln!(out, "{}", screen.fill(&tried, "  "));
    } else if !found.drivers.is_empty() {
        let untried =
            "Not tried on another month: there is no bill of the month after or before. How much better it predicts is not known.";
        let _ = writeln!(out, "{}", screen.fill(untried, "  "));
    }
    match found.drivers.is_empty() {
        true => out.push_str(&screen.fill(NONE, "  ")),
        false => {
            out.push_str(&screen.table(&measured_table(found)));
            out.push_str(&screen.fill("A month: what the driver adds to the whole bill, with the support plan that grows with it.", "  "));
        }
    }
    for d in &found.drivers {
        let differ: Vec<String> = d.checks.iter().map(|c| format!("{} by {}", c.implies, c.row)).collect();
        if !differ.is_empty() {
            out.push_str(&screen.fill(&format!("{}: {}", d.path, differ.join(", ")), "    "));
        }
    }
    if !found.confirmed.is_empty() {
        let first: Vec<&str> = found.confirmed.iter().take(LEFT).map(String::as_str).collect();
        let more = found.confirmed.len().saturating_sub(LEFT);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        out.push_str(&screen.fill(&format!("Confirmed: {}{more}.", first.join(", ")), "  "));
    }
    if !found.minor.is_empty() {
        let text = format!("{} more differ and hardly move the bill: they stay as they are; --format json lists them.", found.minor.len());
        out.push_str(&screen.fill(&text, "  "));
    }
    for left in found.left.iter().take(LEFT) {
        out.push_str(&screen.fill(&format!("left  {}: {}", left.row, left.why), "  "));
    }
    if found.left.len() > LEFT {
        let _ = writeln!(out, "  left  {} more rows; --format json lists them", found.left.len() - LEFT);
    }
    if found.is_worse() && !found.drivers.is_empty() {
        let _ = write!(out, "\n{}", screen.fill(WORSE, "  "));
    } else if let Some(first) = found.drivers.first() {
        let _ = writeln!(out, "\n  Write into the file of {}:\n", found.environment);
        for line in found.yaml.lines() {
            let _ = writeln!(out, "    {line}");
        }
        let change = format!("{}={}", first.path, first.what_if);
        let last = found.months.last().map(String::as_str).unwrap_or_default();
        let command = format!("ce-cost forecast {} --what-if \"{change}\"", found.environment);
        out.push('\n');
        out.push_str(&screen.hint(&command, &format!("tries one of them out ({} in {last})", signed(first.explains))));
    }
    out
}

/// A part as text in per cent with one place.
fn per_cent(part: &str) -> String {
    let part: rust_decimal::Decimal = part.parse().unwrap_or_default();
    format!("{}%", crate::quantity::exact((part * rust_decimal::Decimal::ONE_HUNDRED).round_dp(1)))
}
