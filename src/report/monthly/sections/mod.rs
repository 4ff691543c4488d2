//! The sections of a chapter, in their order.

mod ahead;
mod bill;
mod history;
mod kept;
mod saved;
mod told;
mod units;

use rust_decimal::Decimal;

use super::accuracy::{Accuracy, Score, accuracy};
use super::document::{Chapter, Figure, Section, State};
use super::facts::{Facts, Past};
use super::verdict::{Finding, findings, of_plan, one_thing};
use super::{section, titled};
use crate::money::{Usd, dollars, signed};
use crate::quantity::per_cent;
use crate::report::table::{Cell, Column, Table};

pub use self::told::trail;

/// What is said of an environment.
pub fn chapter(facts: &Facts<'_>) -> Chapter {
    let closed: Vec<Score> = facts.past.iter().filter_map(Past::score).collect();
    let accuracy = accuracy(&closed);
    let found = findings(facts, accuracy.as_ref());
    let sections = vec![
        state(&found),
        history::accuracy(facts, accuracy.as_ref()),
        bill::bridge(facts),
        bill::movers(facts),
        ahead::outlook(facts),
        history::services(facts),
        saved::commitments(facts),
        ahead::known(facts),
        saved::savings(facts),
        units::units(facts),
        bill::tags(facts),
        told::anomalies(facts),
        told::unknown(facts),
    ];
    Chapter {
        environment: facts.scenario.name.to_string(),
        title: format!("{} · {}", facts.scenario.name, facts.month.name()),
        basis: basis(facts),
        state: found.first().map_or(State::Healthy, |f| f.state),
        answer: answer(facts, accuracy.as_ref()),
        figures: figures(facts),
        sections,
    }
}

fn basis(facts: &Facts<'_>) -> String {
    let region = &facts.scenario.region;
    match &facts.billed {
        Ok(billed) => {
            let d = &billed.document;
            let closed = if d.is_final { "final" } else { "not closed yet" };
            let so_far = d.so_far.map(|s| format!(" · {}", s.words())).unwrap_or_default();
            format!("{region} · {} · {}, {closed}{so_far} · {} · {} h", d.allocation.how, d.source, d.cost, d.hours)
        }
        Err(_) => format!("{region} · predicted, not billed · {} seen {}", facts.forecast.basis.prices, facts.forecast.basis.prices_seen),
    }
}

/// The bottom line in plain words.
fn answer(facts: &Facts<'_>, accuracy: Option<&Accuracy>) -> Vec<String> {
    let (name, month) = (&facts.scenario.name, facts.month.name());
    let mut lines = Vec::new();
    match &facts.billed {
        Ok(b) => {
            let c = &b.document.comparison;
            let share = c.difference.abs().fraction_of(c.predicted).unwrap_or_default();
            let so_far = if b.document.so_far.is_some() { " so far" } else { "" };
            lines.push(format!(
                "AWS billed ${}{so_far} for {name} in {month}: {} ({}) against the {} that were predicted.",
                dollars(c.billed),
                signed(c.difference),
                per_cent(share),
                dollars(c.predicted)
            ));
        }
        Err(why) => lines.push(format!("{name} is predicted to cost ${} in {month}: {why}.", dollars(facts.predicted.total))),
    }
    if let Some(budget) = facts.predicted.budget {
        lines.push(format!(
            "The plan states {}; what it speaks of came to about {} ({}), and it leaves out {}.",
            dollars(budget),
            dollars(of_plan(facts)),
            signed(of_plan(facts) - budget),
            dollars(facts.cost() - of_plan(facts))
        ));
    }
    if let Some(before) = before(facts) {
        lines.push(format!("The month before came to {}: {}.", dollars(before), signed(facts.cost() - before)));
    }
    if let Some(next) = facts.forecast.months.first() {
        let band = next.band.p10.zip(next.band.p90).map(|(a, b)| format!(", {} to {} in 8 of 10 cases", dollars(a), dollars(b)));
        let middle = next.band.p50.unwrap_or(next.total);
        lines.push(format!("Next month: {}{}.", dollars(middle), band.unwrap_or_default()));
    }
    if let Some(a) = accuracy.filter(|a| a.bias.abs() > Decimal::new(2, 2)) {
        let way = if a.bias.is_sign_negative() { "below" } else { "above" };
        lines.push(format!(
            "Mind that today's scenario would have stood {} {way} the bills of {} months.",
            per_cent(a.bias.abs()),
            a.months
        ));
    }
    lines.extend(one_thing(facts).map(|words| format!("One thing to do: {words}.")));
    lines
}

/// What was billed in the month before.
fn before(facts: &Facts<'_>) -> Option<Usd> {
    let month = facts.month.before()?;
    facts.billed.as_ref().ok()?;
    facts.past.iter().find(|p| p.month == month).map(|p| p.billed)
}

fn figures(facts: &Facts<'_>) -> Vec<Figure> {
    let figure = |label: &str, value: Cell, note: String| Figure { label: label.into(), value, note };
    let is_billed = facts.billed.is_ok();
    let mut all = vec![figure(if is_billed { "billed, $" } else { "predicted, $" }, Cell::Money(facts.cost()), facts.month.name())];
    if let Some(budget) = facts.predicted.budget {
        all.push(figure("against plan, about", Cell::Difference(of_plan(facts) - budget), format!("plan {}", dollars(budget))));
    }
    if let Some(before) = before(facts) {
        all.push(figure("against last month", Cell::Difference(facts.cost() - before), dollars(before)));
    }
    if let Some(next) = facts.forecast.months.first() {
        let band = next.band.p10.zip(next.band.p90).map(|(a, b)| format!("{} – {}", dollars(a), dollars(b)));
        all.push(figure("next month", Cell::Money(next.band.p50.unwrap_or(next.total)), band.unwrap_or_default()));
    }
    if let Ok(savings) = &facts.savings {
        all.push(figure("can be saved", Cell::Money(savings.recommendation.saving), "a month, recommended levers".into()));
    }
    all
}

fn state(found: &[Finding]) -> Section {
    let count = |wanted: State| found.iter().filter(|f| f.state == wanted).count();
    let answer = format!("{} to act on, {} to watch, {} healthy.", count(State::Act), count(State::Watch), count(State::Healthy));
    let mut table = Table::new(&[
        Column::words("", "state"),
        Column::words("what", "subject"),
        Column::sentences("found", "found"),
        Column::words("limit", "limit").droppable(1),
    ]);
    for f in found {
        table.line(vec![Cell::text(f.state.word()), Cell::text(f.subject), Cell::text(&f.words), Cell::text(&f.limits)]);
    }
    let mut section = section("state", "Act, watch, healthy", answer);
    section.tables.push(titled("state", "What was looked at, the worst first", table));
    section
}
