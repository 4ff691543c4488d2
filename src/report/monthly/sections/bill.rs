//! The bill of the month: why it differs, what moved, whose it is.

use super::super::document::{Amount, Chart, ChartKind, Section};
use super::super::facts::Facts;
use super::super::{section, titled};
use crate::money::{Usd, dollars, signed};
use crate::quantity::per_cent;
use crate::report::table::{Cell, Column, Kind, Table};
use crate::variance::bridge::Reason;
use crate::variance::cause::Cause;

/// Movers that are shown in each direction.
const MOVERS: usize = 5;
/// Services without an owner that are shown.
const SERVICES: usize = 6;

/// From predicted to billed.
pub fn bridge(facts: &Facts<'_>) -> Section {
    let title = "Why the bill is not the prediction";
    let billed = match &facts.billed {
        Ok(billed) => billed,
        Err(why) => return section("bridge", title, format!("There is nothing to compare: {why}.")),
    };
    let c = &billed.document.comparison;
    let largest = c.bridge.iter().max_by_key(|s| s.amount.abs());
    let largest =
        largest.map(|s| format!(" The largest step is {} ({}): {}.", s.cause.word(), signed(s.amount), s.why)).unwrap_or_default();
    let answer = format!("{} predicted, {} billed.{largest}", dollars(c.predicted), dollars(c.billed));
    let mut table = Table::new(&[Column::words("cause", "cause"), Column::number("amount, $", "amount"), Column::sentences("why", "why")]);
    table.row(Kind::Group, 0, vec![Cell::text("predicted"), Cell::Money(c.predicted), Cell::Empty]);
    for step in &c.bridge {
        table.line(vec![Cell::text(step.cause.word()), Cell::Difference(step.amount), Cell::text(&step.why)]);
    }
    table.row(Kind::Group, 0, vec![Cell::text("billed"), Cell::Money(c.billed), Cell::Empty]);
    let mut section = section("bridge", title, answer);
    let steps: Vec<Amount> =
        c.bridge.iter().filter(|s| !s.amount.is_zero()).map(|s| Amount { name: s.cause.word().into(), amount: s.amount }).collect();
    section.chart = Some(Chart {
        title: "From predicted to billed, $".into(),
        alt: format!(
            "Waterfall from {} predicted to {} billed in {} steps; the table beneath has them.",
            dollars(c.predicted),
            dollars(c.billed),
            steps.len()
        ),
        kind: ChartKind::Steps {
            from: Amount { name: "predicted".into(), amount: c.predicted },
            steps,
            to: Amount { name: "billed".into(), amount: c.billed },
        },
    });
    section.tables.push(titled("bridge", "From predicted to billed, $", table));
    section.notes.push(format!("{} of the billed dollars stand in rows that both sides have.", share(&c.matched_share)));
    section.notes.extend(c.remarks.iter().cloned());
    section
}

fn share(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), per_cent)
}

/// What moved most against the month before, up and down.
pub fn movers(facts: &Facts<'_>) -> Section {
    let title = "What moved against the month before";
    let found = facts.billed.as_ref().ok().and_then(|b| b.before.as_ref());
    let Some(before) = found else { return section("movers", title, "There is no bill of the month before.") };
    let c = &before.comparison;
    let calendar: Usd = c.bridge.iter().filter(|s| s.cause == Cause::Calendar).map(|s| s.amount).sum();
    let mut reasons: Vec<(Cause, &Reason)> =
        c.bridge.iter().filter(|s| s.cause != Cause::Calendar).flat_map(|s| s.reasons.iter().map(move |r| (s.cause, r))).collect();
    reasons.sort_by(|a, b| b.1.amount.abs().cmp(&a.1.amount.abs()).then_with(|| a.1.name.cmp(&b.1.name)));
    let answer = format!(
        "{} in all: {} for the hours of the month, {} for everything else.",
        signed(c.difference),
        signed(calendar),
        signed(c.difference - calendar)
    );
    let mut section = section("movers", title, answer);
    for (id, title, up) in [("movers-up", "Up, $", true), ("movers-down", "Down, $", false)] {
        let mut table = Table::new(&[
            Column::words("what", "what"),
            Column::number("amount, $", "amount"),
            Column::words("cause", "cause").droppable(1),
            Column::sentences("why", "why"),
        ]);
        let wanted: Vec<&(Cause, &Reason)> = reasons.iter().filter(|(_, r)| (r.amount > Usd::ZERO) == up).collect();
        let shown = wanted.iter().take(MOVERS).take_while(|(_, r)| dollars(r.amount.abs()) != "0").count();
        for (cause, r) in &wanted[..shown] {
            table.line(vec![Cell::text(&r.name), Cell::Difference(r.amount), Cell::text(cause.word()), Cell::text(why_of(r))]);
        }
        let rest: Usd = wanted[shown..].iter().map(|(_, r)| r.amount).sum();
        if wanted.len() > shown && (shown > 0 || dollars(rest.abs()) != "0") {
            let name = format!("{} more", wanted.len() - shown);
            table.line(vec![Cell::Text(name), Cell::Difference(rest), Cell::Empty, Cell::Empty]);
        }
        if !table.rows.is_empty() {
            table.sum("together");
            section.tables.push(titled(id, title, table));
        }
    }
    section
}

/// Why, without the name that stands beside it already.
fn why_of(reason: &Reason) -> &str {
    let (name, why) = (&reason.name, &reason.why);
    let begins = [format!("{name}: "), format!("{} ", name.replacen(' ', ": ", 1))];
    begins.iter().find_map(|begin| why.strip_prefix(begin)).unwrap_or(why)
}

/// Who bears what, and how much carries cost tags.
pub fn tags(facts: &Facts<'_>) -> Section {
    let title = "Tags, and what belongs to nobody";
    let document = match &facts.billed {
        Ok(billed) => &billed.document,
        Err(why) => return section("tags", title, format!("No bill tells it: {why}.")),
    };
    let a = &document.allocation;
    let part = |amount: Usd| amount.fraction_of(a.total).unwrap_or_default();
    let answer = format!(
        "{} of the payer's {} ({}) belongs to no environment.",
        dollars(a.unallocated),
        dollars(a.total),
        per_cent(part(a.unallocated))
    );
    let mut section = section("tags", title, answer);
    let mut table = Table::new(&[
        Column::words("who", "environment"),
        Column::number("own rows, $", "own"),
        Column::number("shared, $", "shared"),
        Column::number("bears, $", "bears"),
        Column::shares("part", "part"),
    ]);
    for m in &a.members {
        let bears = m.own + m.shared;
        table.line(vec![
            Cell::text(&m.environment),
            Cell::Money(m.own),
            Cell::Money(m.shared),
            Cell::Money(bears),
            Cell::Share(part(bears)),
        ]);
    }
    table.line(vec![Cell::text("unallocated"), Cell::Empty, Cell::Empty, Cell::Money(a.unallocated), Cell::Share(part(a.unallocated))]);
    table.sum("the payer's bill");
    section.tables.push(titled("allocation", "Who bears what of the payer's bill", table));
    let mut table = Table::new(&[
        Column::words("cost tag", "tag"),
        Column::shares("carry it", "share"),
        Column::number("dollars with it", "tagged"),
        Column::sentences("dearest without it", "without"),
    ]);
    for tag in &document.tags {
        let share = tag.share.as_ref().and_then(|s| s.parse().ok()).map_or_else(|| Cell::text("not asked for"), Cell::Share);
        let without: Vec<String> = tag.untagged.iter().take(2).map(|s| format!("{} {}", s.service, dollars(s.amount))).collect();
        table.line(vec![Cell::text(&tag.tag), share, Cell::Money(tag.tagged), Cell::Text(without.join(", "))]);
    }
    section.tables.push(titled("tags", "How much of the payer's bill carries cost tags", table));
    let mut table = Table::new(&[Column::words("service", "service"), Column::number("unallocated, $", "amount")]);
    for s in a.unallocated_by_service.iter().take(SERVICES) {
        table.line(vec![Cell::text(&s.service), Cell::Money(s.amount)]);
    }
    let rest: Vec<Usd> = a.unallocated_by_service.iter().skip(SERVICES).map(|s| s.amount).collect();
    if !rest.is_empty() {
        table.line(vec![Cell::Text(format!("{} more", rest.len())), Cell::Money(rest.into_iter().sum())]);
    }
    table.sum("unallocated");
    section.tables.push(titled("unallocated", "What belongs to nobody, by service", table));
    section
}
