//! Commitments, and what is or could be saved.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::super::document::{Amount, Chart, ChartKind, Part, Section};
use super::super::facts::{Facts, Realised};
use super::super::{section, titled};
use crate::check;
use crate::check::commitments::{Covered, by_service};
use crate::money::{Usd, dollars};
use crate::month::Month;
use crate::quantity::{exact, per_cent};
use crate::report::table::{Cell, Column, Kind as RowKind, Table};
use crate::savings::document::{RestsOn, Row, Savings, Status, Step};

/// By service, from the bill.
fn covered(facts: &Facts<'_>) -> BTreeMap<String, Covered> {
    facts.billed.as_ref().map_or_else(|_| BTreeMap::new(), |billed| by_service(&billed.own.charges, &facts.keys))
}

/// Coverage, utilisation and expiry.
pub fn commitments(facts: &Facts<'_>) -> Section {
    let title = "Commitments";
    let billed = match &facts.billed {
        Ok(billed) => billed,
        Err(why) => return section("commitments", title, format!("No bill tells it: {why}.")),
    };
    let all = check::commitments::covered(&billed.own.charges, &facts.keys);
    let Some(utilisation) = all.utilisation() else {
        let answer = format!("The bill shows no reservation and no savings plan at work; they could cover {}.", dollars(all.open));
        let mut section = section("commitments", title, answer);
        expiry(facts, &mut section, true);
        return section;
    };
    let answer = format!(
        "They cover {} of the use that they could at list price, {} of what was paid for them was used, and they saved {}.",
        per_cent(all.coverage().unwrap_or_default()),
        per_cent(utilisation),
        dollars(all.saved())
    );
    let mut section = section("commitments", title, answer);
    // What is below half a dollar everywhere would stand as a row of noughts.
    let shows = |c: &Covered| [c.eligible(), c.paid, c.lost].iter().any(|a| dollars(a.abs()) != "0");
    let title = |code: &str| facts.keys.names.title(code).to_owned();
    let found: Vec<(String, Covered)> = covered(facts).into_iter().filter(|(_, c)| shows(c)).map(|(code, c)| (title(&code), c)).collect();
    section.chart = Some(coverage(&found));
    section.tables.push(titled("commitments", "At list price and as paid, $", by_service_table(&found)));
    section.notes.push("What they could cover is all use for which the price list has a rate with a commitment.".into());
    expiry(facts, &mut section, false);
    section
}

fn coverage(found: &[(String, Covered)]) -> Chart {
    let part = |(name, c): &(String, Covered)| Some(Part { name: name.clone(), share: exact(c.coverage()?) });
    let parts: Vec<Part> = found.iter().filter_map(part).collect();
    Chart {
        title: "Coverage by service, % of what could be covered at list price".into(),
        alt: format!("Bars of coverage of {} services; the table beneath has the numbers.", parts.len()),
        kind: ChartKind::Parts { parts },
    }
}

fn by_service_table(found: &[(String, Covered)]) -> Table {
    let mut table = Table::new(&[
        Column::words("service", "service"),
        Column::number("could cover", "eligible").droppable(2),
        Column::number("covers", "covers"),
        Column::shares("coverage", "coverage"),
        Column::number("paid for it", "paid").droppable(1),
        Column::number("paid, not used", "lost"),
        Column::number("saved", "saved"),
    ]);
    for (service, c) in found {
        table.line(vec![
            Cell::text(service),
            Cell::Money(c.eligible()),
            Cell::Money(c.list),
            c.coverage().map_or(Cell::Empty, Cell::Share),
            Cell::Money(c.paid),
            Cell::Money(c.lost),
            Cell::Difference(c.saved()),
        ]);
    }
    table.sum("together");
    table
}

fn expiry(facts: &Facts<'_>, section: &mut Section, none_billed: bool) {
    let own = &facts.scenario.commitments;
    if own.is_empty() {
        if !none_billed {
            section.notes.push(
                "When they end is not read from bills: the scenario's list of commitments says it, and it names none of these.".into(),
            );
        }
        return;
    }
    let mut table = Table::new(&[Column::words("commitment", "id"), Column::words("last day", "end"), Column::number("days left", "days")]);
    for c in own {
        let left = (c.end() - facts.as_of).num_days();
        let last = c.end().pred_opt().unwrap_or(c.end());
        table.line(vec![Cell::text(&c.id), Cell::Text(last.to_string()), Cell::Number(Decimal::from(left))]);
    }
    section.tables.push(titled("expiry", "When commitments of the scenario end", table));
}

/// What is saved and what could be.
pub fn savings(facts: &Facts<'_>) -> Section {
    let title = "Savings, realised and open";
    let realised: Usd = covered(facts).into_values().map(Covered::saved).sum();
    let savings = match &facts.savings {
        Ok(savings) => savings,
        Err(why) => return section("savings", title, format!("What could be saved cannot be told: {why}.")),
    };
    let r = &savings.recommendation;
    let band = r.band.p10.zip(r.band.p90).map(|(a, b)| format!(" ({} to {} in 8 of 10 cases)", dollars(a), dollars(b)));
    let done = realised_words(facts, realised);
    let levers = match r.levers.len() {
        1 => "by one lever".to_owned(),
        several => format!("by {several} levers together"),
    };
    let upfront = if r.upfront.is_zero() { "without cash at once".to_owned() } else { format!("with {} at once", dollars(r.upfront)) };
    let answer = format!("{done}{} a month more could be saved{} {levers}, {upfront}.", dollars(r.saving), band.unwrap_or_default());
    let mut section = section("savings", title, answer);
    if !savings.waterfall.is_empty() {
        section.chart = Some(waterfall(savings));
    }
    section.tables.push(titled("savings", "Recommended levers, one after the other, $ a month", steps(savings)));
    let others = others(savings);
    if !others.rows.is_empty() {
        section.tables.push(titled("savings-left", "Levers that are not recommended, alone, $ a month", others));
    }
    match &facts.realised {
        Some(done) => {
            section.tables.insert(0, titled("realised", "Levers that were pulled, $ in the month", pulled(done)));
            section.notes.push(on_the_bill(done));
        }
        None => section.notes.push(
            "Realised is what commitments saved on the bill. Other levers that were pulled are counted once `done` in the scenario names them."
                .into(),
        ),
    }
    if let Some(unmeasured) = r.unmeasured.filter(|u| !u.is_zero()) {
        section.notes.push(format!(
            "~ {} of the {} rest on inputs that are assumed or calibrated. * stands by what rests on a price of low confidence.",
            dollars(unmeasured),
            dollars(r.saving)
        ));
    }
    let buys = savings.levers.iter().any(|l| r.levers.contains(&l.id) && !l.purchases.is_empty());
    if buys && facts.scenario.commitments.is_empty() && !realised.is_zero() {
        section.notes.push(
            "The bill shows commitments that the scenario does not hold: what is advised to be bought may be bought already. Written under \
             `commitments` they are taken off first."
                .into(),
        );
    }
    section.notes.push(format!("Open savings are those of {}, at {}.", month_of(savings), savings.prices));
    section
}

/// What was saved already, in a sentence or two.
fn realised_words(facts: &Facts<'_>, commitments: Usd) -> String {
    let month = facts.month.name();
    let billed = facts.billed.is_ok().then(|| format!("Commitments saved {} in {month}. ", dollars(commitments)));
    let levers = facts.realised.as_ref().map(|done| {
        let saved: Usd = done.levers.iter().map(|(_, _, saved)| *saved).sum();
        format!("Levers that were pulled saved {} by the model. ", dollars(saved))
    });
    [billed, levers].into_iter().flatten().collect()
}

fn pulled(done: &Realised) -> Table {
    let mut table = Table::new(&[Column::words("lever", "lever"), Column::words("acts since", "since"), Column::number("saved", "saved")]);
    for (lever, since, saved) in &done.levers {
        table.line(vec![Cell::text(lever), Cell::Text(since.to_string()), Cell::Money(*saved)]);
    }
    table.sum("together");
    table
}

/// What the bill says of it.
fn on_the_bill(done: &Realised) -> String {
    let predicted = format!(
        "What the levers that were pulled change would come to {} without them, and {} with them, for a whole month",
        dollars(done.without),
        dollars(done.with)
    );
    match done.billed {
        Some(billed) => {
            let (off, way) = ((done.without - billed).abs(), if billed > done.without { "above" } else { "below" });
            format!("{predicted}; {} was billed: {} {way} what it would be.", dollars(billed), dollars(off))
        }
        None => format!("{predicted}; there is no bill to hold it against."),
    }
}

/// "November 2026".
fn month_of(savings: &Savings) -> String {
    savings.month.parse().map_or_else(|_| savings.month.clone(), |month: Month| month.name())
}

fn title_of<'a>(savings: &'a Savings, id: &'a str) -> &'a str {
    savings.levers.iter().find(|l| l.id == id).map_or(id, |l| &l.title)
}

fn waterfall(savings: &Savings) -> Chart {
    let left = savings.waterfall.last().map_or(savings.cost, |s| s.cost);
    let steps = savings.waterfall.iter().map(|s| Amount { name: title_of(savings, &s.lever).to_owned(), amount: -s.saving });
    Chart {
        title: format!("From what {} costs to what it would cost, $", month_of(savings)),
        alt: format!(
            "Waterfall from {} to {} over {} levers; the table beneath has them.",
            dollars(savings.cost),
            dollars(left),
            savings.waterfall.len()
        ),
        kind: ChartKind::Steps {
            from: Amount { name: "today".into(), amount: savings.cost },
            steps: steps.collect(),
            to: Amount { name: "left".into(), amount: left },
        },
    }
}

fn steps(savings: &Savings) -> Table {
    let mut table = Table::new(&[
        Column::words("lever", "lever"),
        Column::number("saves", "saves"),
        Column::words("marks", "marks").droppable(3),
        Column::number("left to pay", "cost"),
        Column::number("at once", "upfront").droppable(1),
        Column::words("takes", "takes"),
        Column::words("risk", "risk"),
    ]);
    let empty = || Cell::Empty;
    let paid = |amount: Usd| if amount.is_zero() { Cell::Empty } else { Cell::Money(amount) };
    table.row(RowKind::Group, 0, vec![Cell::text("today"), empty(), empty(), Cell::Money(savings.cost), empty(), empty(), empty()]);
    for step in &savings.waterfall {
        let lever = savings.levers.iter().find(|l| l.id == step.lever);
        let of = |f: fn(&Row) -> Cell| lever.map_or(Cell::Empty, f);
        table.line(vec![
            Cell::text(title_of(savings, &step.lever)),
            Cell::Money(step.saving),
            of(|l| Cell::text(l.rests_on.map_or("", RestsOn::marks))),
            Cell::Money(step.cost),
            paid(step.upfront),
            of(|l| Cell::text(&l.takes)),
            of(|l| Cell::text(l.risk.word())),
        ]);
    }
    let sum = |of: fn(&Step) -> Usd| savings.waterfall.iter().map(of).sum::<Usd>();
    let (saving, upfront) = (sum(|s| s.saving), paid(sum(|s| s.upfront)));
    table.row(RowKind::Sum, 0, vec![Cell::text("together"), Cell::Money(saving), empty(), empty(), upfront, empty(), empty()]);
    table
}

fn others(savings: &Savings) -> Table {
    let mut table = Table::new(&[
        Column::words("lever", "lever"),
        Column::number("alone", "standalone"),
        Column::number("plan says", "stated"),
        Column::sentences("why not", "reason"),
    ]);
    let left = savings.levers.iter().filter(|l| !savings.recommendation.levers.contains(&l.id) && l.status != Status::NotHere);
    for l in left {
        let money = |amount: Option<Usd>| amount.map_or(Cell::Empty, Cell::Money);
        table.line(vec![Cell::text(&l.title), money(l.standalone), money(l.stated), Cell::text(l.reason.as_deref().unwrap_or_default())]);
    }
    table
}
