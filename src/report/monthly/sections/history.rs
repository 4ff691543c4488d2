//! Past months: how good the forecast has been, and what each service has cost.

use rust_decimal::Decimal;

use super::super::accuracy::{Accuracy, maturity};
use super::super::document::{Chart, ChartKind, Section, Series};
use super::super::facts::{Facts, Past};
use super::super::verdict::{closed, of};
use super::super::{section, titled};
use super::kept;
use crate::money::{Usd, dollars, signed};
use crate::quantity::per_cent;
use crate::report::table::{Cell, Column, Table};

/// Services that are shown by name.
const NAMED: usize = 6;
/// Where room is short the rest goes first, since it would be one no more, and then the last of them.
const LAST: &[u8] = &[0, 0, 0, 6, 7, 8];

/// How good today's scenario would have been in past months.
pub fn accuracy(facts: &Facts<'_>, accuracy: Option<&Accuracy>) -> Section {
    let title = "How good the forecast has been";
    let Some(a) = accuracy else { return section("accuracy", title, "No closed month has a bill yet.") };
    let skill = a.skill.map(|s| {
        let naive = per_cent(a.naive.unwrap_or_default());
        match s.is_sign_negative() {
            true => format!(" Taking last month's bill with this month's hours was nearer: off by {naive}."),
            false => format!(" That is {} nearer than last month's bill with this month's hours, which was off by {naive}.", per_cent(s)),
        }
    });
    let bias = if a.bias.is_sign_negative() { "too low" } else { "too high" };
    let answer = format!(
        "Off by {} of the billed dollars over {}, {} {bias} on average; {} bills lay in the band that should hold 8 of 10.{}",
        per_cent(a.wape),
        closed(a.months),
        per_cent(a.bias.abs()),
        of(a.covered),
        skill.unwrap_or_default()
    );
    let mut section = section("accuracy", title, answer);
    let mut table =
        Table::new(&[Column::words("measure", "measure"), Column::number("value", "value"), Column::sentences("what it says", "meaning")]);
    let mut row = |name: &str, value: Cell, words: String| table.line(vec![Cell::text(name), value, Cell::Text(words)]);
    row("WAPE", Cell::Share(a.wape), "distance between forecast and bill, over what was billed".into());
    row("bias", Cell::Share(a.bias), "above zero: forecasts were too high".into());
    if let Some(naive) = a.naive {
        row("WAPE of last month's bill", Cell::Share(naive), "last month's bill with this month's hours".into());
    }
    if let Some(skill) = a.skill {
        row("skill", Cell::Share(skill), "1 − WAPE ÷ WAPE of last month's bill, over the same months; below zero it is no help".into());
    }
    row("in the band", Cell::text(of(a.covered)), "months of which the bill lay between P10 and P90".into());
    row("FinOps maturity", Cell::text(maturity(a.wape)), "FinOps Foundation: below 20% crawl, 10% walk, 5% run".into());
    section.tables.push(titled("accuracy", "Forecast and bill over the closed months", table));
    section.tables.push(titled("backcast", "Forecast and bill month by month, $", months(&facts.past)));
    section.notes.extend(why(&facts.past, a));
    section.notes.push("This is a back-cast: today's scenario is held against past months, whose bills may have shaped it.".into());
    match &facts.kept {
        None => {
            section.notes.push("Forecasts that were made before those bills would be a harder test; none were given (--forecasts).".into())
        }
        Some(said) if said.is_empty() => {
            section.notes.push("None of the forecasts that were given was made before a month that is closed now.".into())
        }
        Some(said) => {
            section.notes.extend(kept::measured(said));
            section.tables.push(titled("kept", "Forecasts made before their month, and the invoice, $", kept::table(said)));
        }
    }
    section.notes.push("The maturity bands are quoted second-hand, from a copy of the FinOps Foundation's page of June 2026.".into());
    section
}

/// Months below which nothing is said of a trend, or of how often a band holds.
const ENOUGH: usize = 8;

/// What the measures come from, in words, as far as the months tell.
fn why(past: &[Past], a: &Accuracy) -> Vec<String> {
    let closed: Vec<&Past> = past.iter().filter(|p| p.is_closed).collect();
    let (Some(first), Some(last), true) = (closed.first(), closed.last(), closed.len() >= ENOUGH) else { return Vec::new() };
    let mut words = Vec::new();
    let (billed, forecast) = (last.billed - first.billed, last.predicted - first.predicted);
    let apart = (billed - forecast).abs().fraction_of(last.billed).unwrap_or_default();
    let errors = || closed.iter().map(|p| p.predicted - p.billed);
    let one_way = errors().all(|e| e >= Usd::ZERO) || errors().all(|e| e <= Usd::ZERO);
    if apart > Decimal::new(5, 2) {
        let growth = if billed > forecast { "low" } else { "high" };
        let hidden = if one_way { "" } else { "; errors of both signs hide it from the bias" };
        words.push(format!(
            "From {} to {} the bill moved by {}, the forecast by {}: the growth that the scenario states is too {growth}{hidden}.",
            first.month,
            last.month,
            signed(billed),
            signed(forecast)
        ));
    }
    if one_way && a.wape > Decimal::new(5, 2) {
        words.push(format!(
            "All {} months err the same way: that is a level which the scenario has wrong, not chance; the bridge below names it.",
            a.months
        ));
    }
    if let (Some(naive), true) = (a.naive, a.skill.is_some_and(|s| s.is_sign_negative())) {
        words.push(format!(
            "Last month's bill is hard to beat from one month to the next, since it holds all that the scenario does not know; here it is \
             off by {}. It says nothing of later months, of changes that are planned, or of why.",
            per_cent(naive)
        ));
    }
    let (inside, all) = a.covered;
    if all >= ENOUGH && inside == all {
        words.push(format!(
            "A band of 8 of 10 that holds {inside} of {all} is wider than these bills asked for. They are not {all} independent trials, though: \
             what the scenario does not know of one month, it does not know of the next."
        ));
    }
    words
}

fn months(past: &[Past]) -> Table {
    let mut table = Table::new(&[
        Column::words("month", "month"),
        Column::number("billed", "billed"),
        Column::number("forecast", "forecast"),
        Column::number("off by", "difference"),
        Column::number("P10", "p10").droppable(2),
        Column::number("P90", "p90").droppable(2),
        Column::number("last month's hours", "naive").droppable(1),
    ]);
    for p in past.iter().filter(|p| p.is_closed) {
        let money = |amount: Option<Usd>| amount.map_or(Cell::Empty, Cell::Money);
        table.line(vec![
            Cell::Text(p.month.to_string()),
            Cell::Money(p.billed),
            Cell::Money(p.predicted),
            Cell::Difference(p.predicted - p.billed),
            money(p.band.p10),
            money(p.band.p90),
            money(p.naive),
        ]);
    }
    table
}

/// What each service has cost, month by month.
pub fn services(facts: &Facts<'_>) -> Section {
    let title = "Cost by service over time";
    let Some(last) = facts.past.last() else { return section("history", title, "There is no bill of any month yet.") };
    let mut names: Vec<(&String, &Usd)> = last.services.iter().collect();
    names.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    let named: Vec<&String> = names.iter().take(NAMED).map(|(name, _)| *name).collect();
    let rest = |p: &Past| p.services.iter().filter(|(name, _)| !named.contains(name)).map(|(_, cost)| *cost).sum::<Usd>();
    let columns: Vec<Column> = [Column::words("month", "month")]
        .into_iter()
        .chain(named.iter().enumerate().map(|(n, name)| Column::named(name.as_str()).droppable(LAST.get(n).copied().unwrap_or_default())))
        .chain([Column::number("all others", "others").droppable(9), Column::number("together", "total")])
        .collect();
    let mut table = Table::new(&columns);
    for p in &facts.past {
        let mut cells = vec![Cell::Text(if p.is_closed { p.month.to_string() } else { format!("{} …", p.month) })];
        cells.extend(named.iter().map(|name| p.services.get(*name).map_or(Cell::Empty, |cost| Cell::Money(*cost))));
        cells.extend([Cell::Money(rest(p)), Cell::Money(p.billed)]);
        table.line(cells);
    }
    let answer = match (facts.past.first(), named.first()) {
        (Some(first), Some(dearest)) => format!(
            "{} since {}: from {} to {} a month. {dearest} is the dearest with {}.",
            signed(last.billed - first.billed),
            first.month.name(),
            dollars(first.billed),
            dollars(last.billed),
            per_cent(last.services[*dearest].fraction_of(last.billed).unwrap_or_default())
        ),
        _ => "Nothing was billed.".into(),
    };
    let mut section = section("history", title, answer);
    let mut series: Vec<Series> = named
        .iter()
        .map(|name| Series { name: (*name).clone(), amounts: facts.past.iter().map(|p| p.services.get(*name).copied()).collect() })
        .collect();
    series.push(Series { name: "all others".into(), amounts: facts.past.iter().map(|p| Some(rest(p))).collect() });
    section.chart = Some(Chart {
        title: "Billed by service, $ a month".into(),
        alt: format!("Small charts of {} services over {} months; the table beneath has the numbers.", series.len(), facts.past.len()),
        kind: ChartKind::History { months: facts.past.iter().map(|p| p.month.to_string()).collect(), series },
    });
    section.tables.push(titled("history", "Billed by service, fees spread over their terms, $", table));
    section
}
