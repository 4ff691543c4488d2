//! All environments together: the first chapter of a report of several.

use super::document::{Chapter, Figure, Section, Series, State};
use super::document::{Chart, ChartKind};
use super::facts::Facts;
use super::verdict::of_plan;
use super::{section, titled};
use crate::money::{Usd, dollars, signed};
use crate::month::Month;
use crate::report::table::{Cell, Column, Table};

/// The chapter of all of them.
pub fn together(facts: &[Facts<'_>], chapters: &[Chapter]) -> Chapter {
    let sum = |of: fn(&Facts<'_>) -> Usd| facts.iter().map(of).sum::<Usd>();
    let (cost, predicted) = (sum(|f| f.cost()), sum(|f| f.predicted.total));
    let state = chapters.iter().map(|c| c.state).max().unwrap_or(State::Healthy);
    let month = facts.first().map(|f| f.month.name()).unwrap_or_default();
    let worst: Vec<&str> = chapters.iter().filter(|c| c.state == State::Act).map(|c| c.environment.as_str()).collect();
    let mut answer = vec![format!(
        "{} environments came to ${} in {month}, {} against the {} that were predicted.",
        facts.len(),
        dollars(cost),
        signed(cost - predicted),
        dollars(predicted)
    )];
    answer.push(if worst.is_empty() { "None needs action.".into() } else { format!("To act on: {}.", worst.join(", ")) });
    let open: Usd = facts.iter().filter_map(|f| f.savings.as_ref().ok()).map(|s| s.recommendation.saving).sum();
    answer.push(format!("{} a month could be saved, each environment by itself.", dollars(open)));
    Chapter {
        environment: "all".into(),
        title: format!("All environments · {month}"),
        basis: chapters.iter().map(|c| c.environment.clone()).collect::<Vec<_>>().join(", "),
        state,
        answer,
        figures: vec![
            Figure { label: "together".into(), value: Cell::Money(cost), note: month },
            Figure { label: "against prediction".into(), value: Cell::Difference(cost - predicted), note: dollars(predicted) },
            Figure { label: "can be saved".into(), value: Cell::Money(open), note: "a month".into() },
        ],
        sections: vec![overview(facts, chapters), history(facts)],
    }
}

fn overview(facts: &[Facts<'_>], chapters: &[Chapter]) -> Section {
    let mut table = Table::new(&[
        Column::words("environment", "environment"),
        Column::words("state", "state"),
        Column::number("cost", "cost"),
        Column::number("predicted", "predicted"),
        Column::number("Δ", "difference"),
        Column::number("plan", "budget").droppable(1),
        Column::number("of the plan", "of_plan").droppable(1),
        Column::number("next month", "next"),
        Column::number("can be saved", "savings"),
    ]);
    for (f, chapter) in facts.iter().zip(chapters) {
        let next = f.forecast.months.first().map_or(Cell::Empty, |m| Cell::Money(m.band.p50.unwrap_or(m.total)));
        table.line(vec![
            Cell::text(&chapter.environment),
            Cell::text(chapter.state.word()),
            Cell::Money(f.cost()),
            Cell::Money(f.predicted.total),
            Cell::Difference(f.cost() - f.predicted.total),
            f.predicted.budget.map_or(Cell::Empty, Cell::Money),
            Cell::Money(of_plan(f)),
            next,
            f.savings.as_ref().map_or(Cell::Empty, |s| Cell::Money(s.recommendation.saving)),
        ]);
    }
    table.sum("together");
    let mut section =
        section("overview", "Environment by environment", "Amounts are dollars of the month; savings and next month are by the model.");
    section.tables.push(titled("overview", "Environment by environment, $", table));
    section
}

fn history(facts: &[Facts<'_>]) -> Section {
    let mut months: Vec<Month> = facts.iter().flat_map(|f| f.past.iter().map(|p| p.month)).collect();
    months.sort_unstable();
    months.dedup();
    let title = "Cost by environment over time";
    if months.is_empty() {
        return section("environments", title, "There is no bill of any month yet.");
    }
    let of = |f: &Facts<'_>, month: Month| f.past.iter().find(|p| p.month == month).map(|p| p.billed);
    let columns: Vec<Column> = [Column::words("month", "month")]
        .into_iter()
        .chain(facts.iter().map(|f| Column::named(f.scenario.name.to_string())))
        .chain([Column::number("together", "total")])
        .collect();
    let mut table = Table::new(&columns);
    for month in &months {
        let amounts: Vec<Option<Usd>> = facts.iter().map(|f| of(f, *month)).collect();
        let mut cells = vec![Cell::Text(month.to_string())];
        cells.extend(amounts.iter().map(|a| a.map_or(Cell::Empty, Cell::Money)));
        cells.push(Cell::Money(amounts.into_iter().flatten().sum()));
        table.line(cells);
    }
    let mut section = section("environments", title, format!("{} months with a bill.", months.len()));
    let series = facts.iter().map(|f| Series { name: f.scenario.name.to_string(), amounts: months.iter().map(|m| of(f, *m)).collect() });
    section.chart = Some(Chart {
        title: "Billed by environment, $ a month".into(),
        alt: format!("Small charts of {} environments over {} months; the table beneath has the numbers.", facts.len(), months.len()),
        kind: ChartKind::History { months: months.iter().map(Month::to_string).collect(), series: series.collect() },
    });
    section.tables.push(titled("environments", "Billed by environment, fees spread over their terms, $", table));
    section
}
