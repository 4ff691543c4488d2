//! Months ahead: the forecast with its band, charges that are known, and how long credits last.

use super::super::document::{Ahead, Chart, ChartKind, Section};
use super::super::facts::Facts;
use super::super::{section, titled};
use crate::bill::why::Doubt;
use crate::bill::{Category, Charge, Frequency};
use crate::forecast::MonthForecast;
use crate::money::{Usd, dollars};
use crate::quantity::per_cent;
use crate::rating::discount;
use crate::rating::support::SERVICE;
use crate::report::table::{Cell, Column, Table};
use crate::usage::CREDITS;

/// Twelve months ahead.
pub fn outlook(facts: &Facts<'_>) -> Section {
    let months = &facts.forecast.months;
    let title = "The next twelve months";
    let (Some(first), Some(last)) = (months.first(), months.last()) else { return section("outlook", title, "No month was forecast.") };
    let sum: Usd = months.iter().map(middle).sum();
    let likely = months.iter().filter(|m| over(m).is_some_and(|o| o > rust_decimal::Decimal::new(5, 1))).count();
    let budget = if first.budget.is_some() {
        format!(" In {likely} of {} months planned charges are more likely over the budget than within it.", months.len())
    } else {
        String::new()
    };
    let answer = format!(
        "{} in all, from {} in {} to {} in {}.{budget}",
        dollars(sum),
        dollars(middle(first)),
        first.month,
        dollars(middle(last)),
        last.month
    );
    let mut table = Table::new(&[
        Column::words("month", "month"),
        Column::number("hours", "hours").droppable(2),
        Column::number("total", "p50"),
        Column::words("marks", "marks").droppable(3),
        Column::number("P10", "p10"),
        Column::number("P90", "p90"),
        Column::number("planned", "planned_p50").droppable(1),
        Column::number("budget", "budget"),
        Column::number("over budget", "over_budget"),
    ]);
    let money = |amount: Option<Usd>| amount.map_or(Cell::Empty, Cell::Money);
    for m in months {
        table.line(vec![
            Cell::text(&m.month),
            m.hours.parse().map_or_else(|_| Cell::text(&m.hours), Cell::Number),
            Cell::Money(middle(m)),
            Cell::text(doubt(m).marks()),
            money(m.band.p10),
            money(m.band.p90),
            Cell::Money(m.planned.band.p50.unwrap_or(m.planned.total)),
            money(m.budget),
            over(m).map_or(Cell::Empty, Cell::Share),
        ]);
    }
    let mut section = section("outlook", title, answer);
    let ahead = |m: &MonthForecast| Ahead {
        month: m.month.clone(),
        middle: m.planned.band.p50.unwrap_or(m.planned.total),
        low: m.planned.band.p10,
        high: m.planned.band.p90,
        budget: m.budget,
    };
    section.chart = Some(Chart {
        title: "Planned charges, $ a month: the middle, 8 of 10 cases, and the budget".into(),
        alt: format!("Line with a band over {} months beside the budget; the table beneath has the numbers.", months.len()),
        kind: ChartKind::Outlook { months: months.iter().map(ahead).collect() },
    });
    section.tables.push(titled("outlook", "All charges month by month, $", table));
    section.tables.push(titled("outlook-planned", "Planned charges and their band, $", planned(months)));
    let own = &facts.scenario.name;
    let widest: Vec<String> = facts.forecast.moves.iter().take(3).map(|m| format!("{} ({})", m.called(own), dollars(m.swing))).collect();
    if !widest.is_empty() {
        section.notes.push(format!("What makes the band of {} wide: {}.", first.month, widest.join(", ")));
    }
    section.notes.extend(doubt(first).legend());
    if let Some(share) = over(first) {
        section.notes.push(format!(
            "The budget holds for what the plan speaks of; {} has {} of cases above it.",
            first.month,
            per_cent(share)
        ));
    }
    section
}

fn planned(months: &[MonthForecast]) -> Table {
    let mut table = Table::new(&[
        Column::words("month", "month"),
        Column::number("planned", "p50"),
        Column::number("P10", "p10"),
        Column::number("P90", "p90"),
        Column::number("budget", "budget"),
    ]);
    let money = |amount: Option<Usd>| amount.map_or(Cell::Empty, Cell::Money);
    for m in months {
        let band = &m.planned.band;
        table.line(vec![
            Cell::text(&m.month),
            Cell::Money(band.p50.unwrap_or(m.planned.total)),
            money(band.p10),
            money(band.p90),
            money(m.budget),
        ]);
    }
    table
}

fn middle(month: &MonthForecast) -> Usd {
    month.band.p50.unwrap_or(month.total)
}

/// What of a month is doubtful.
fn doubt(month: &MonthForecast) -> Doubt {
    let groups = month.planned.groups.iter().chain(&month.unplanned.groups);
    groups.map(|g| Doubt::read(&g.marks)).fold(Doubt::default(), Doubt::or)
}

fn over(month: &MonthForecast) -> Option<rust_decimal::Decimal> {
    month.band.over_budget.as_ref()?.parse().ok()
}

/// Charges that come once, and credits with their runway.
pub fn known(facts: &Facts<'_>) -> Section {
    let title = "Known charges ahead, and credits";
    let mut table = Table::new(&[Column::words("month", "month"), Column::words("what", "what"), Column::number("amount, $", "amount")]);
    let credit = |c: &Charge| c.resource.as_ref() == CREDITS || c.category == Category::Credit;
    for bill in &facts.ahead {
        // Support and the fees of commitments come every month: they are no news.
        let recurs = |c: &Charge| c.service == SERVICE || c.commitment.is_some();
        let is_once = |c: &Charge| c.frequency == Frequency::OneTime || c.category == Category::Purchase && !recurs(c);
        // What is left after the discounts, which stand behind their charges.
        let once = bill.charges.iter().zip(discount::left(&bill.charges)).filter(|(c, left)| is_once(c) && !credit(c) && !left.is_zero());
        for (c, left) in once {
            let name = if c.description.is_empty() { format!("{} {}", c.resource, c.usage_type) } else { c.description.to_string() };
            table.line(vec![Cell::Text(bill.month.to_string()), Cell::Text(name), Cell::Money(left)]);
        }
    }
    let credits: Vec<(String, Usd)> = facts
        .ahead
        .iter()
        .map(|b| (b.month.to_string(), b.charges.iter().filter(|c| credit(c)).map(|c| c.billed).sum::<Usd>()))
        .filter(|(_, sum)| !sum.is_zero())
        .collect();
    let once = match table.rows.len() {
        0 => "The scenario knows of no charge that comes once in the next twelve months.".to_owned(),
        1 => "One charge comes once or by a fee of its own.".to_owned(),
        several => format!("{several} charges come once or by a fee of their own."),
    };
    let runway = match credits.last() {
        None => "No credit is left to pay any of it.".to_owned(),
        Some((month, _)) if credits.len() == facts.ahead.len() => format!("Credits last beyond {month}."),
        Some((month, _)) => format!("Credits are used up or expire in {month}."),
    };
    let mut section = section("known", title, format!("{once} {runway}"));
    if !table.rows.is_empty() {
        section.tables.push(titled("known", "Charges that are known", table));
    }
    if !credits.is_empty() {
        let mut table = Table::new(&[Column::words("month", "month"), Column::number("credits, $", "credits")]);
        credits.into_iter().for_each(|(month, sum)| table.line(vec![Cell::Text(month), Cell::Difference(sum)]));
        table.sum("together");
        section.tables.push(titled("credits", "What credits pay", table));
    }
    section
}
