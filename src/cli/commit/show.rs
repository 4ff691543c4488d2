//! The tables of `ce-cost commit`, and its rows for spreadsheets.

use std::fmt::Write;

use rust_decimal::Decimal;

use super::{amount, chance, class, is_nothing, worth};
use crate::money::{Usd, dollars};
use crate::quantity::grouped;
use crate::report::csv;
use crate::report::table::{Cell, Column, Kind, Table};
use crate::report::terminal::{Screen, Tone};
use crate::savings::commit::document::{Choice, Commitments, FamilyAdvice, Point};

pub(super) fn table(advice: &Commitments) -> Table {
    let mut table = Table::new(&[
        Column::words("", "choice"),
        Column::number("commit", "commit"),
        Column::number("saves", "saving"),
        Column::number("80% of cases", "band").droppable(5),
        Column::number("upfront", "upfront"),
        Column::number("/month", "monthly").droppable(1),
        Column::number("cover", "coverage").droppable(3),
        Column::number("used", "utilisation").droppable(2),
        Column::number("even", "break_even").droppable(4),
        Column::number("loses", "loss").droppable(6),
    ]);
    for family in advice.families.iter().filter(|f| worth(f)) {
        // What is reserved for now can be bought again for the time after.
        let now = family.on_demand;
        let whole = Cell::text(if now.is_zero() { "covered now".to_owned() } else { format!("of {}", amount(now)) });
        let rest = std::iter::repeat_n(Cell::Empty, 7);
        table.row(Kind::Group, 0, [Cell::text(&family.name), Cell::Empty, whole].into_iter().chain(rest).collect());
        for choice in &family.choices {
            table.row(if choice.best { Kind::Group } else { Kind::Line }, 0, cells_of(choice));
        }
    }
    table
}

fn cells_of(choice: &Choice) -> Vec<Cell> {
    let mark = if choice.best { "▸ " } else { "  " };
    let doubt = format!("{}{}", if choice.assumed.is_some() { "~" } else { "" }, if choice.weak_price { "*" } else { "" });
    let name = Cell::text(format!("{mark}{} {doubt}", term(&choice.term)).trim_end());
    let size: Decimal = choice.commit.parse().unwrap_or_default();
    if size.is_zero() && choice.assumed.as_ref().is_none_or(|a| is_nothing(&a.commit)) {
        return std::iter::once(name).chain([Cell::text("nothing")]).chain(std::iter::repeat_n(Cell::Empty, 8)).collect();
    }
    let commit = match choice.unit.as_str() {
        "USD/hour" => format!("{}/h", grouped(size)),
        // The family's name says the rest.
        unit => format!("{} {}", choice.commit, class(unit).rsplit('.').next().unwrap_or(unit)),
    };
    // Where the rate lies between two, from the lower outcome to the higher one.
    let other = choice.assumed.as_ref().map_or(&choice.saving, |a| &a.saving);
    let (low, high) = (choice.saving.mean.min(other.mean), choice.saving.mean.max(other.mean));
    let (p10, p90) = (choice.saving.p10.min(other.p10), choice.saving.p90.max(other.p90));
    let share = |text: &str| text.parse().map_or(Cell::Empty, Cell::Share);
    let loss = choice.saving.loss.as_ref().filter(|_| !choice.flat).and_then(|l| l.parse().ok());
    vec![
        name,
        Cell::text(commit),
        if choice.assumed.is_some() { Cell::Between(low, high) } else { Cell::Money(low) },
        range(p10, p90),
        Cell::Money(choice.upfront),
        Cell::Money(choice.monthly),
        share(&choice.coverage),
        share(&choice.utilisation),
        Cell::text(choice.break_even.map_or("–".to_owned(), |month| format!("{month} mo"))),
        if choice.flat { Cell::text("flat") } else { loss.map_or(Cell::Empty, |loss| Cell::text(chance(loss))) },
    ]
}

/// From one amount to another, where they differ.
fn range(low: Option<Usd>, high: Option<Usd>) -> Cell {
    Cell::between(low.filter(|low| Some(dollars(*low)) != high.map(dollars)), high)
}

/// "1 yr, no upfront", "3 yr, part upfront" of a term as the price book names it.
pub(super) fn term(term: &str) -> String {
    let rest = term.trim_start_matches("reserved-").trim_start_matches("savings-plan-");
    match rest.split_once("yr-") {
        Some((years, payment)) => format!("{years} yr, {}", payment.replace("partial", "part").replace('-', " ")),
        None => term.to_owned(),
    }
}

pub(super) fn curves(advice: &Commitments, screen: &Screen) -> String {
    let mut out = format!("{} · cost by size of commitment · from {}\n", advice.environment, advice.start);
    for family in &advice.families {
        for choice in family.choices.iter().filter(|c| c.best) {
            let _ = writeln!(out, "\n  {}", screen.paint(Tone::Strong, &format!("{}, {}", family.name, term(&choice.term))));
            out.push_str(&screen.table(&curve(choice)));
        }
    }
    if advice.best.is_none() {
        let _ = writeln!(out, "\n  {}", super::nothing(advice));
    }
    out
}

pub(super) fn curve(choice: &Choice) -> Table {
    let mut table = Table::new(&[
        Column::number(if choice.unit == "USD/hour" { "an hour" } else { "count" }, "commit"),
        Column::number("cost a month", "cost"),
        Column::number("saves", "saving"),
        Column::number("80% of cases", "band").droppable(1),
        Column::number("covers", "coverage"),
        Column::number("used", "utilisation"),
        Column::number("loses", "loss"),
        Column::words("", "mark"),
    ]);
    for point in &choice.curve {
        let best = point.commit == choice.commit;
        table.row(if best { Kind::Group } else { Kind::Line }, 0, point_cells(point, best));
    }
    table
}

fn point_cells(point: &Point, best: bool) -> Vec<Cell> {
    let share = |text: &str| text.parse().map_or(Cell::Empty, Cell::Share);
    vec![
        Cell::text(&point.commit),
        Cell::Money(point.cost),
        Cell::Difference(point.saving.mean),
        range(point.saving.p10, point.saving.p90),
        share(&point.coverage),
        share(&point.utilisation),
        point.saving.loss.as_ref().and_then(|l| l.parse().ok()).map_or(Cell::Empty, |loss| Cell::text(chance(loss))),
        if best { Cell::text("◂ best") } else { Cell::Empty },
    ]
}

fn optional(usd: Option<Usd>) -> String {
    usd.map(|u| u.to_string()).unwrap_or_default()
}

pub(super) fn rows(advice: &Commitments) -> String {
    let header = [
        "environment",
        "family",
        "term",
        "best",
        "commit",
        "unit",
        "saving_usd",
        "saving_p10_usd",
        "saving_p90_usd",
        "loss",
        "upfront_usd",
        "monthly_usd",
        "amortized_usd",
        "coverage",
        "utilisation",
        "break_even",
        "saving_at_all_upfront_rate_usd",
    ];
    let row = |family: &FamilyAdvice, c: &Choice| {
        vec![
            advice.environment.clone(),
            family.name.clone(),
            c.term.clone(),
            c.best.to_string(),
            c.commit.clone(),
            c.unit.clone(),
            c.saving.mean.to_string(),
            optional(c.saving.p10),
            optional(c.saving.p90),
            c.saving.loss.clone().unwrap_or_default(),
            c.upfront.to_string(),
            c.monthly.to_string(),
            c.amortized.to_string(),
            c.coverage.clone(),
            c.utilisation.clone(),
            c.break_even.map(|m| m.to_string()).unwrap_or_default(),
            c.assumed.as_ref().map(|a| a.saving.mean.to_string()).unwrap_or_default(),
        ]
    };
    csv::write(&header, advice.families.iter().flat_map(|f| f.choices.iter().map(|c| row(f, c)).collect::<Vec<_>>()))
}

pub(super) fn points(advice: &Commitments) -> String {
    let header = [
        "environment",
        "family",
        "term",
        "commit",
        "cost_usd",
        "saving_usd",
        "saving_p10_usd",
        "saving_p90_usd",
        "loss",
        "coverage",
        "utilisation",
    ];
    let row = |family: &FamilyAdvice, choice: &Choice, p: &Point| {
        vec![
            advice.environment.clone(),
            family.name.clone(),
            choice.term.clone(),
            p.commit.clone(),
            p.cost.to_string(),
            p.saving.mean.to_string(),
            optional(p.saving.p10),
            optional(p.saving.p90),
            p.saving.loss.clone().unwrap_or_default(),
            p.coverage.clone(),
            p.utilisation.clone(),
        ]
    };
    let of = |f: &FamilyAdvice| f.choices.iter().flat_map(|c| c.curve.iter().map(|p| row(f, c, p)).collect::<Vec<_>>()).collect::<Vec<_>>();
    csv::write(&header, advice.families.iter().flat_map(of))
}
