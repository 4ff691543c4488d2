//! A check for the terminal.

use super::{action, loud, word};
use crate::check::document::{Check, Environment, Status, Verdict};
use crate::check::judge;
use crate::check::rule::Metric;
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
        out.push_str(&screen.fill(&format!("{} {}: {}", word(outcome.status), outcome.id, outcome.message), "  "));
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

/// "4 environments within budget", or what is wrong.
pub fn headline(found: &Check) -> String {
    let count = |status: Status| found.rules.iter().filter(|r| r.status == status).count();
    let plural = |n: usize, one: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") };
    let parts = [
        (count(Status::Fail), "rule", "failed"),
        (count(Status::Incomplete), "rule", "could not be told"),
        (count(Status::Warn), "rule", "warns"),
    ];
    let loud: Vec<String> = parts
        .iter()
        .filter(|(n, ..)| *n > 0)
        .map(|(n, one, what)| format!("{} {}", plural(*n, one), if *n > 1 && *what == "warns" { "warn" } else { what }))
        .collect();
    match loud.is_empty() {
        true => format!("{} within budget", plural(found.environments.len(), "environment")),
        false => loud.join(", "),
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
        let amount = |text: &Option<String>| {
            text.as_ref().and_then(|t| t.parse().ok()).map_or("–".to_owned(), |n| judge::shown(outcome.metric, n))
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
            Cell::text(amount(&outcome.value)),
            Cell::text(amount(&outcome.limit)),
            Cell::text(&outcome.month),
        ];
        table.row(Kind::Line, 0, cells);
    }
    table
}

/// Which rules nobody could look at, in a line.
pub fn skipped(found: &Check) -> Option<String> {
    let mut names: Vec<&str> = found.rules.iter().filter(|r| r.status == Status::Skipped).map(|r| r.id.as_str()).collect();
    names.dedup();
    (!names.is_empty()).then(|| format!("Skipped, since they are about changes and no --base says from what: {}", names.join(", ")))
}

/// What changed against the base, in lines.
pub fn change_lines(found: &Check, environment: &Environment) -> Vec<String> {
    let (Some(change), Some(base)) = (&environment.change, &found.base) else { return Vec::new() };
    let part = change.part.as_ref().and_then(|p| p.parse().ok());
    let part = part.map(|p| format!(" ({})", judge::shown(Metric::ChangePercent, p))).unwrap_or_default();
    let inside = match change.inside_band {
        Some(true) => ", inside the band of what is expected anyway",
        Some(false) => ", outside of the band of what is expected anyway",
        None => "",
    };
    let mut lines = vec![format!("{}: {}{part} against {base}{inside}", environment.environment, signed(change.difference))];
    for moved in change.services.iter().take(MOST) {
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
    let more = change.services.len().saturating_sub(MOST) + change.drivers.len().saturating_sub(MOST);
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
