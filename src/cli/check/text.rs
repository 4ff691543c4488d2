//! A check for the terminal.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{action, loud, word};
use crate::check::document::{Check, Environment, Moved, Status, Verdict};
use crate::check::rule::Metric;
use crate::check::words;
use crate::money::{dollars, signed};
use crate::report::table::{Cell, Column, Kind, Table};
use crate::report::terminal::{Screen, Tone};

/// The page: the verdict, what broke, every rule, and what changed.
pub fn page(found: &Check, screen: &Screen) -> String {
    let tone = match found.verdict {
        Verdict::Pass => Tone::Fine,
        Verdict::Fail => Tone::Over,
        _ => Tone::Strong,
    };
    let mut out = screen.paint(tone, &headline(found)) + "\n";
    for outcome in loud(found) {
        let line = format!("{} {} ({}): {}", word(outcome.status), outcome.id, outcome.environment, outcome.message);
        out.push_str(&screen.fill(&line, "  "));
        let action = action(outcome);
        if !action.is_empty() {
            out.push_str(&screen.fill(&action, "       "));
        }
    }
    out.push('\n');
    out.push_str(&screen.table(&rules(found)));
    if let Some(text) = skipped(found) {
        out.push_str(&format!("\n{}", screen.fill(&text, "  ")));
    }
    for environment in &found.environments {
        out.push_str(&change(found, environment, screen));
    }
    out
}

/// "4 environments within budget", or what is wrong. A breach that is accepted or only noted is none the less one.
pub fn headline(found: &Check) -> String {
    let count = |status: Status| found.rules.iter().filter(|r| r.status == status).count();
    let part = |status: Status, one: &str, several: &str| {
        let n = count(status);
        (n > 0).then(|| format!("{n} {}", if n == 1 { one } else { several }))
    };
    let loud = [
        part(Status::Fail, "rule failed", "rules failed"),
        part(Status::Incomplete, "rule could not be told", "rules could not be told"),
        part(Status::Warn, "rule warns", "rules warn"),
    ];
    let noted =
        [part(Status::Waived, "breach is accepted", "breaches are accepted"), part(Status::Info, "breach is noted", "breaches are noted")];
    let loud: Vec<String> = loud.into_iter().flatten().collect();
    let noted: Vec<String> = noted.into_iter().flatten().collect();
    let holds: BTreeSet<&str> = found.rules.iter().filter(|r| r.status == Status::Pass).map(|r| r.environment.as_str()).collect();
    match (loud.is_empty(), noted.is_empty(), holds.len()) {
        (false, ..) => loud.join(", "),
        (true, false, 0) => noted.join(", "),
        (true, false, _) => format!("{}, all else within budget", noted.join(", ")),
        (true, true, 0) => "nothing was checked: every rule was skipped".into(),
        (true, true, 1) => "1 environment within budget".into(),
        (true, true, n) => format!("{n} environments within budget"),
    }
}

/// Every rule that was looked at, as the verdict orders them.
pub fn rules(found: &Check) -> Table {
    let mut table = Table::new(&[
        Column::words("rule", "rule"),
        Column::words("for", "environment"),
        Column::words("says", "status"),
        Column::words("what", "metric").droppable(2),
        Column::number("value", "value"),
        Column::number("limit", "limit"),
        Column::words("month", "month").droppable(1),
    ]);
    for outcome in found.rules.iter().filter(|r| r.status != Status::Skipped) {
        type Shown = fn(Metric, Decimal) -> String;
        let amount = |text: &Option<String>, shown: Shown| {
            text.as_ref().and_then(|t| t.parse().ok()).map_or("–".to_owned(), |n| shown(outcome.metric, n))
        };
        let what = if outcome.scope.is_empty() {
            outcome.metric.name().to_owned()
        } else {
            format!("{}, {}", outcome.scope, outcome.metric.name())
        };
        let cells = vec![
            Cell::text(&outcome.id),
            Cell::text(&outcome.environment),
            Cell::text(word(outcome.status)),
            Cell::text(what),
            Cell::text(amount(&outcome.value, words::shown)),
            Cell::text(amount(&outcome.limit, words::limit)),
            Cell::text(&outcome.month),
        ];
        table.row(Kind::Line, 0, cells);
    }
    table
}

/// Which rules nobody could look at, and why, in a line.
pub fn skipped(found: &Check) -> Option<String> {
    let mut by_reason: Vec<(&str, Vec<&str>)> = Vec::new();
    for outcome in found.rules.iter().filter(|r| r.status == Status::Skipped) {
        let why = outcome.reason.as_deref().unwrap_or_default();
        match by_reason.iter_mut().find(|(reason, _)| *reason == why) {
            Some((_, names)) => names.push(&outcome.id),
            None => by_reason.push((why, vec![&outcome.id])),
        }
    }
    let line = |(why, mut names): (&str, Vec<&str>)| {
        names.dedup();
        format!("{}: {why}", names.join(", "))
    };
    let lines: Vec<String> = by_reason.into_iter().map(line).collect();
    (!lines.is_empty()).then(|| format!("Skipped: {}", lines.join("; ")))
}

/// What changed against the base, in lines.
pub fn change_lines(found: &Check, environment: &Environment) -> Vec<String> {
    let (Some(change), Some(base)) = (&environment.change, &found.base) else { return Vec::new() };
    // Less than a dollar is not shown as a share of it.
    let is_told = dollars(change.difference.abs()) != "0";
    let part = change.part.as_ref().and_then(|p| p.parse().ok()).filter(|_| is_told).map(|p| words::shown(Metric::ChangePercent, p));
    let part = part.filter(|p| !["0%", "+0%", "-0%"].contains(&p.as_str())).map(|p| format!(" ({p})")).unwrap_or_default();
    let inside = match (change.is_new, change.inside_band) {
        (true, _) => ", where it is new",
        (_, Some(true)) => ", inside the band of what is expected anyway",
        (_, Some(false)) => ", outside of the band of what is expected anyway",
        (_, None) => "",
    };
    let prices = if change.other_prices { ", at other prices" } else { "" };
    let mut lines = vec![format!("{}: {}{part} against {base}{prices}{inside}", environment.environment, signed(change.difference))];
    // What others of the payer do to its share of allowances and support.
    if part.is_empty() && change.drivers.is_empty() && !change.is_new {
        return lines;
    }
    let moves = |m: &&Moved| dollars((m.after - m.before).abs()) != "0";
    let services: Vec<&Moved> = change.services.iter().filter(moves).collect();
    for moved in services.iter().take(MOST) {
        lines.push(format!(
            "{} {}: {} → {}",
            moved.service,
            signed(moved.after - moved.before),
            dollars(moved.before),
            dollars(moved.after)
        ));
    }
    for driver in change.drivers.iter().take(MOST) {
        let value = |v: &Option<String>| v.clone().unwrap_or_else(|| "nothing".into());
        let alone = driver.alone.map(|a| format!(", {} by itself", signed(a))).unwrap_or_default();
        lines.push(format!("{}: {} → {}{alone}", driver.path, value(&driver.before), value(&driver.after)));
    }
    let more = services.len().saturating_sub(MOST) + change.drivers.len().saturating_sub(MOST);
    if more > 0 {
        lines.push(format!("{more} more; --format json lists them"));
    }
    lines
}

/// Services and drivers that are named one by one.
const MOST: usize = 8;

fn change(found: &Check, environment: &Environment, screen: &Screen) -> String {
    let lines = change_lines(found, environment);
    let mut out = String::new();
    for (n, line) in lines.iter().enumerate() {
        if n == 0 {
            out.push('\n');
        }
        out.push_str(&screen.fill(line, if n == 0 { "  " } else { "    " }));
    }
    out
}
