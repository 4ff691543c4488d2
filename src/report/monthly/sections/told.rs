//! What was noticed day by day, what nobody can tell, and from what the report was made.

use super::super::document::Section;
use super::super::facts::Facts;
use super::super::{section, titled};
use crate::money::{Usd, signed};
use crate::report::table::{Cell, Column, Table};

/// Days on which a service cost more or less than it used to.
pub fn anomalies(facts: &Facts<'_>) -> Section {
    let title = "Anomalies";
    let Some(found) = &facts.anomalies else {
        return section("anomalies", title, "Nobody looked: days are not held against each other yet.");
    };
    if found.is_empty() {
        return section("anomalies", title, "No service left its usual range.");
    }
    let sum: Usd = found.iter().map(|a| a.size).sum();
    let mut section = section("anomalies", title, format!("{} left their usual range, {} in all.", found.len(), signed(sum)));
    let mut table = Table::new(&[
        Column::words("service", "service"),
        Column::words("first day", "first"),
        Column::words("last day", "last"),
        Column::number("beyond the usual, $", "size"),
        Column::words("moved most", "usage_type"),
    ]);
    for a in found {
        table.line(vec![
            Cell::text(&a.service),
            Cell::Text(a.first.to_string()),
            Cell::Text(a.last.to_string()),
            Cell::Difference(a.size),
            Cell::text(&a.usage_type),
        ]);
    }
    table.sum("together");
    section.tables.push(titled("anomalies", "Days outside the usual range", table));
    section
}

/// What the data cannot answer.
pub fn unknown(facts: &Facts<'_>) -> Section {
    let mut table = Table::new(&[Column::words("question", "question"), Column::words("why not, and what would answer it", "why")]);
    let mut row = |question: &str, why: String| table.line(vec![Cell::text(question), Cell::Text(why)]);
    match &facts.billed {
        Err(why) => row("What did AWS bill?", format!("{why}; ce-cost actuals pull, or actuals import, brings bills in")),
        Ok(b) => {
            let d = &b.document;
            if !d.is_final {
                row("Is the bill complete?", "AWS has not closed the month: amounts may still rise".into());
            }
            for tag in d.tags.iter().filter(|t| t.share.is_none()) {
                row("Who carries the tag?", format!("the bill was not asked for {}", tag.tag));
            }
            if !d.allocation.unallocated.is_zero() {
                row(
                    "Whose is the rest?",
                    "rows without a tag name no owner; rules in accounts.yaml (shared) can state how they are shared".into(),
                );
            }
            for service in &d.comparison.unknown_services {
                row("What is it?", format!("{service} is a product that the table of names does not have"));
            }
        }
    }
    row("How good were earlier forecasts?", "none were kept: the accuracy above is a back-cast with today's scenario".into());
    row("Which levers were pulled?", "no file says it: only what commitments saved is counted as realised".into());
    row("How many requests came?", "bills do not count them: unit costs rest on the scenario's demand".into());
    if facts.anomalies.is_none() {
        row("Which days stood out?", "days are not held against each other yet".into());
    }
    let inputs = &facts.forecast.inputs;
    row(
        "How sure are the inputs?",
        format!(
            "{} are assumed, {} calibrated, {} measured, {} stated by the plan; {} prices are of low confidence",
            inputs.assumed, inputs.calibrated, inputs.measured, inputs.plan, inputs.weak_prices
        ),
    );
    let mut section = section("unknown", "What the data cannot answer", format!("{} questions stay open.", table.rows.len()));
    section.tables.push(titled("unknown", "Questions that stay open", table));
    section
}

/// From what the report was made.
pub fn trail(trail: &[(String, String)]) -> Section {
    let mut table = Table::new(&[Column::words("input", "input"), Column::words("what it was", "what")]);
    trail.iter().for_each(|(name, what)| table.line(vec![Cell::text(name), Cell::text(what)]));
    let mut section =
        section("trail", "From what this was made", "The same inputs on the same day give the same report, to the last byte.");
    section.tables.push(titled("trail", "Inputs", table));
    section
}
