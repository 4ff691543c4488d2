//! Commitments, and what is or could be saved.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::super::document::{Amount, Chart, ChartKind, Part, Section};
use super::super::facts::Facts;
use super::super::{section, titled};
use crate::money::{Usd, dollars};
use crate::quantity::{exact, per_cent};
use crate::report::table::{Cell, Column, Kind as RowKind, Table};
use crate::savings::document::{Row, Savings, Status};
use crate::variance::key::{Kind, is_covered};

/// What commitments did for one service.
#[derive(Clone, Copy, Debug, Default)]
struct Covered {
    /// At list price, what they cover.
    list: Usd,
    /// At list price, all use of the usage types of which they cover any.
    eligible: Usd,
    /// What is paid for what they cover.
    paid: Usd,
    /// What is paid for what of them was not used.
    lost: Usd,
}

impl Covered {
    fn saved(self) -> Usd {
        self.list - self.paid - self.lost
    }
}

/// By service, from the bill: list price, fees spread over their terms.
fn covered(facts: &Facts<'_>) -> BTreeMap<String, Covered> {
    let mut found: BTreeMap<String, Covered> = BTreeMap::new();
    let Ok(billed) = &facts.billed else { return found };
    let title = |service: &str| facts.keys.names.title(service).to_owned();
    let mut types: BTreeMap<(String, String), (Usd, Usd)> = BTreeMap::new();
    for c in &billed.own.charges {
        let key = facts.keys.of(c);
        if key.kind == Kind::Commitment {
            found.entry(title(&key.service)).or_default().lost += c.effective;
            continue;
        }
        if key.kind != Kind::Usage {
            continue;
        }
        let sums = types.entry((title(&key.service), key.usage_type.clone())).or_default();
        sums.1 += c.list;
        if is_covered(c) {
            sums.0 += c.list;
            found.entry(title(&key.service)).or_default().paid += c.effective;
        }
    }
    for ((service, _), (list, all)) in types.into_iter().filter(|(_, (list, _))| !list.is_zero()) {
        let of = found.entry(service).or_default();
        of.list += list;
        of.eligible += all;
    }
    found.retain(|_, c| !c.list.is_zero() || !c.lost.is_zero());
    found
}

/// Coverage, utilisation and expiry.
pub fn commitments(facts: &Facts<'_>) -> Section {
    let title = "Commitments";
    let found = covered(facts);
    let sum = |of: fn(&Covered) -> Usd| found.values().map(of).sum::<Usd>();
    let (list, eligible, paid, lost) = (sum(|c| c.list), sum(|c| c.eligible), sum(|c| c.paid), sum(|c| c.lost));
    let share = |part: Usd, whole: Usd| part.fraction_of(whole).unwrap_or_default();
    let answer = match (&facts.billed, found.is_empty()) {
        (Err(why), _) => format!("No bill tells it: {why}."),
        (Ok(_), true) => "The bill shows no reservation and no savings plan at work.".to_owned(),
        (Ok(_), false) => format!(
            "They cover {} of the use that they could, {} of what was paid for them was used, and they saved {}.",
            per_cent(share(list, eligible)),
            per_cent(share(paid, paid + lost)),
            dollars(list - paid - lost)
        ),
    };
    let mut section = section("commitments", title, answer);
    if !found.is_empty() {
        let mut table = Table::new(&[
            Column::words("service", "service"),
            Column::number("could cover", "eligible").droppable(2),
            Column::number("covers", "covers"),
            Column::number("coverage", "coverage"),
            Column::number("paid for it", "paid").droppable(1),
            Column::number("paid, not used", "lost"),
            Column::number("saved", "saved"),
        ]);
        for (service, c) in &found {
            let coverage = if c.eligible.is_zero() { Cell::Empty } else { Cell::Share(share(c.list, c.eligible)) };
            table.line(vec![
                Cell::text(service),
                Cell::Money(c.eligible),
                Cell::Money(c.list),
                coverage,
                Cell::Money(c.paid),
                Cell::Money(c.lost),
                Cell::Difference(c.saved()),
            ]);
        }
        table.sum("together");
        let parts = found.iter().filter(|(_, c)| !c.eligible.is_zero());
        let parts: Vec<Part> = parts.map(|(name, c)| Part { name: name.clone(), share: exact(share(c.list, c.eligible)) }).collect();
        section.chart = Some(Chart {
            title: "Coverage by service, % of what could be covered at list price".into(),
            alt: format!("Bars of coverage of {} services; the table beneath has the numbers.", parts.len()),
            kind: ChartKind::Parts { parts },
        });
        section.tables.push(titled("commitments", "At list price and as paid, $", table));
        section.notes.push("What could be covered is all use of the usage types of which some is covered.".into());
    }
    expiry(facts, &mut section, found.is_empty());
    section
}

fn expiry(facts: &Facts<'_>, section: &mut Section, none_billed: bool) {
    let own = &facts.scenario.commitments;
    if own.is_empty() {
        if !none_billed {
            section.notes.push("The scenario names none of them: when they end stands on no bill. its list of commitments says it.".into());
        }
        return;
    }
    let mut table = Table::new(&[Column::words("commitment", "id"), Column::words("ends", "end"), Column::number("days left", "days")]);
    for c in own {
        let left = (c.end() - facts.as_of).num_days();
        table.line(vec![Cell::text(&c.id), Cell::Text(c.end().to_string()), Cell::Number(Decimal::from(left))]);
    }
    section.tables.push(titled("expiry", "When commitments of the scenario end", table));
}

/// What is saved and what could be.
pub fn savings(facts: &Facts<'_>) -> Section {
    let title = "Savings, realised and open";
    let realised: Usd = covered(facts).values().map(|c| c.saved()).sum();
    let savings = match &facts.savings {
        Ok(savings) => savings,
        Err(why) => return section("savings", title, format!("What could be saved cannot be told: {why}.")),
    };
    let r = &savings.recommendation;
    let band = r.band.p10.zip(r.band.p90).map(|(a, b)| format!(" ({} to {} in 8 of 10 cases)", dollars(a), dollars(b)));
    let done =
        if facts.billed.is_ok() { format!("Commitments saved {} in {}. ", dollars(realised), facts.month.name()) } else { String::new() };
    let answer = format!(
        "{done}{} a month more could be saved{}: {} levers together, with {} at once.",
        dollars(r.saving),
        band.unwrap_or_default(),
        r.levers.len(),
        dollars(r.upfront)
    );
    let mut section = section("savings", title, answer);
    if !savings.waterfall.is_empty() {
        section.chart = Some(waterfall(savings));
    }
    section.tables.push(titled("savings", "Recommended levers, one after the other, $ a month", steps(savings)));
    let others = others(savings);
    if !others.rows.is_empty() {
        section.tables.push(titled("savings-left", "Levers that are not recommended, alone, $ a month", others));
    }
    section.notes.push(
        "Realised is what commitments saved on the bill. Of other levers no file says that they were pulled, so that nothing is counted."
            .into(),
    );
    section.notes.push(format!("Open savings are those of {}, at list prices.", savings.month));
    section
}

fn title_of<'a>(savings: &'a Savings, id: &'a str) -> &'a str {
    savings.levers.iter().find(|l| l.id == id).map_or(id, |l| &l.title)
}

fn waterfall(savings: &Savings) -> Chart {
    let left = savings.waterfall.last().map_or(savings.cost, |s| s.cost);
    let steps = savings.waterfall.iter().map(|s| Amount { name: title_of(savings, &s.lever).to_owned(), amount: -s.saving });
    Chart {
        title: format!("From what {} costs to what it would cost, $", savings.month),
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
        Column::number("left to pay", "cost"),
        Column::number("at once", "upfront").droppable(1),
        Column::words("takes", "takes"),
        Column::words("risk", "risk"),
    ]);
    table.row(RowKind::Group, 0, vec![Cell::text("today"), Cell::Empty, Cell::Money(savings.cost), Cell::Empty, Cell::Empty, Cell::Empty]);
    for step in &savings.waterfall {
        let lever = savings.levers.iter().find(|l| l.id == step.lever);
        let of = |f: fn(&Row) -> Cell| lever.map_or(Cell::Empty, f);
        table.line(vec![
            Cell::text(title_of(savings, &step.lever)),
            Cell::Difference(-step.saving),
            Cell::Money(step.cost),
            of(|l| Cell::money(l.upfront.filter(|u| !u.is_zero()))),
            of(|l| Cell::text(&l.takes)),
            of(|l| Cell::text(l.risk.word())),
        ]);
    }
    let sum: Usd = savings.waterfall.iter().map(|s| -s.saving).sum();
    let empty = || Cell::Empty;
    table.row(RowKind::Sum, 0, vec![Cell::text("together"), Cell::Difference(sum), empty(), empty(), empty(), empty()]);
    table
}

fn others(savings: &Savings) -> Table {
    let mut table = Table::new(&[
        Column::words("lever", "lever"),
        Column::number("alone", "standalone"),
        Column::number("plan says", "stated"),
        Column::words("why not", "reason"),
    ]);
    let left = savings.levers.iter().filter(|l| !savings.recommendation.levers.contains(&l.id) && l.status != Status::NotHere);
    for l in left {
        let money = |amount: Option<Usd>| amount.map_or(Cell::Empty, Cell::Money);
        table.line(vec![Cell::text(&l.title), money(l.standalone), money(l.stated), Cell::text(l.reason.as_deref().unwrap_or_default())]);
    }
    table
}
