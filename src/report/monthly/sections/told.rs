//! What was noticed day by day, what nobody can tell, and from what the report was made.

use super::super::document::Section;
use super::super::facts::Facts;
use super::super::{section, titled};
use crate::check::anomaly::{Anomaly, Found, Level, rises_and_falls};
use crate::money::Usd;
use crate::report::table::{Cell, Column, Table};

/// Days that cost more or less than those before them let expect, and what changed and stayed.
pub fn anomalies(facts: &Facts<'_>) -> Section {
    let title = "Anomalies";
    let found = match &facts.anomalies {
        Ok(found) => found,
        Err(why) => return section("anomalies", title, format!("No days can be held against each other: {why}.")),
    };
    let mut section = section("anomalies", title, told(facts, found));
    if !found.anomalies.is_empty() {
        section.tables.push(titled("anomalies", "What came and passed, $ beyond what was expected", passed(facts, &found.anomalies)));
    }
    if !found.levels.is_empty() {
        section.tables.push(titled("levels", "What came and stayed, $ a day", stayed(facts, &found.levels)));
    }
    section.notes.push(
        "Each usage type is held against its own four weeks before, without the rhythm of its week; what is smaller than $20 is left out."
            .into(),
    );
    section
}

fn told(facts: &Facts<'_>, found: &Found) -> String {
    let month = facts.month.name();
    let beyond = rises_and_falls(found.anomalies.iter().map(|a| a.size));
    let passed = match found.anomalies.as_slice() {
        [] => format!("No service left its usual range on any day of {month}"),
        [only] => format!("{} left its usual range once, by {beyond}", facts.keys.names.title(&only.service)),
        several => format!("Services left their usual range {} times, {beyond} in all", several.len()),
    };
    let by_month = rises_and_falls(found.levels.iter().map(Level::by_month));
    match found.levels.len() {
        0 => format!("{passed}; none changed its level for good."),
        n => format!("{passed}; {n} changed their level, by {by_month} a month."),
    }
}

fn passed(facts: &Facts<'_>, anomalies: &[Anomaly]) -> Table {
    let mut table = Table::new(&[
        Column::words("service", "service"),
        Column::words("first day", "first"),
        Column::words("last day", "last"),
        Column::number("expected", "expected").droppable(2),
        Column::number("cost", "cost").droppable(1),
        Column::number("beyond it", "size"),
        Column::words("moved most", "usage_type"),
    ]);
    for a in anomalies {
        table.line(vec![
            Cell::text(facts.keys.names.title(&a.service)),
            Cell::text(&a.first),
            Cell::Text(if a.is_open { format!("{} …", a.last) } else { a.last.clone() }),
            Cell::Money(a.expected),
            Cell::Money(a.cost),
            Cell::Difference(a.size),
            Cell::text(a.causes.first().map_or("", |c| &c.usage_type)),
        ]);
    }
    // A sum of what rose and what fell would hide both.
    if anomalies.windows(2).all(|w| (w[0].size > Usd::ZERO) == (w[1].size > Usd::ZERO)) {
        table.sum("together");
    }
    table
}

fn stayed(facts: &Facts<'_>, levels: &[Level]) -> Table {
    let mut table = Table::new(&[
        Column::words("service", "service"),
        Column::words("since", "since"),
        Column::number("a day before", "before").droppable(2),
        Column::number("a day after", "after").droppable(1),
        Column::number("a month of 30 days", "by_month"),
        Column::words("usage type", "usage_type"),
    ]);
    for l in levels {
        table.line(vec![
            Cell::text(facts.keys.names.title(&l.service)),
            Cell::text(&l.since),
            Cell::Rate(l.before.decimal()),
            Cell::Rate(l.after.decimal()),
            Cell::Difference(l.by_month()),
            Cell::text(&l.usage_type),
        ]);
    }
    table
}

/// What the data cannot answer.
pub fn unknown(facts: &Facts<'_>) -> Section {
    let mut table = Table::new(&[Column::words("question", "question"), Column::sentences("why not, and what would answer it", "why")]);
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
    if facts.kept.as_ref().is_none_or(Vec::is_empty) {
        row("How good were earlier forecasts?", "none were given: the accuracy above is a back-cast with today's scenario".into());
    }
    if facts.scenario.done.is_empty() {
        let why = "no file says it: only what commitments saved is counted as realised; `done` in the scenario would";
        row("Which levers were pulled?", why.into());
    }
    row("How many requests came?", "bills do not count them: unit costs rest on the scenario's demand".into());
    if let Err(why) = &facts.anomalies {
        row("Which days stood out?", why.clone());
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
