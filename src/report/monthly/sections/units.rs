//! What a unit of work costs: a thousand requests, a vCPU-hour, a task-hour.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::super::document::Section;
use super::super::facts::Facts;
use super::super::{section, titled};
use crate::bill::Charge;
use crate::money::Usd;
use crate::quantity::grouped;
use crate::report::table::{Cell, Column, Table};
use crate::statistic;
use crate::variance::scope;
use crate::workload::demand::Step;

/// How the price list names what Fargate bills of a task.
const VCPU: &str = "Fargate-vCPU-Hours";
const MEMORY: &str = "Fargate-GB-Hours";
/// The factor of a predicted quantity that is the size of a task.
const TASK: &str = "vCPU a task";

/// A service's tasks on a bill.
#[derive(Clone, Copy, Debug, Default)]
struct Tasks {
    vcpu_hours: Decimal,
    cost: Usd,
}

/// What a unit costs.
pub fn units(facts: &Facts<'_>) -> Section {
    let title = "Unit costs";
    let mut table = Table::new(&[
        Column::words("unit", "unit"),
        Column::number("cost, $", "cost"),
        Column::number("units", "units"),
        Column::number("$ a unit", "rate"),
        Column::number("predicted", "predicted"),
    ]);
    let requests = facts.scenario.workload.as_ref().and_then(|w| statistic::quantity(w.month(facts.month, Step::Hour).requests(None)));
    let thousands = requests.and_then(|r| r.checked_div(Decimal::ONE_THOUSAND)).map(|t| t.round_dp(6)).filter(|t| !t.is_zero());
    let mut answer = "Neither requests nor tasks are known.".to_owned();
    if let Some(thousands) = thousands {
        let rate = |cost: Usd| cost.decimal().checked_div(thousands).unwrap_or_default();
        let (now, predicted) = (rate(facts.cost()), rate(facts.predicted.total));
        answer = format!("A thousand requests cost ${}.", grouped(now.round_sf(4).unwrap_or(now)));
        table.line(vec![
            Cell::text("1,000 requests, all services"),
            Cell::Money(facts.cost()),
            Cell::Number(thousands),
            Cell::Rate(now),
            Cell::Rate(predicted),
        ]);
    }
    tasks(facts, &mut table);
    let mut section = section("units", title, answer);
    if !table.rows.is_empty() {
        section.tables.push(titled("units", "What a unit costs, fees spread over their terms", table));
        if thousands.is_some() {
            section.notes.push("Requests are the scenario's for the month: bills do not count them.".into());
        }
        section
            .notes
            .push("Task-hours are the billed vCPU-hours over the vCPUs of a task in the scenario, found by the tag Service.".into());
    }
    section
}

fn tasks(facts: &Facts<'_>, table: &mut Table) {
    let service = |name: &str| facts.scenario.resource(name).and_then(|r| scope::find(&r.tags, "Service")).unwrap_or(name).to_owned();
    let predicted = by(&facts.predicted.bill.charges, |c| service(&c.resource));
    let billed = match &facts.billed {
        Ok(billed) => by(&billed.own.charges, |c| scope::tag(c, "Service").unwrap_or_default().to_owned()),
        Err(_) => predicted.clone(),
    };
    let mut row = |unit: String, size: Decimal, found: Tasks, predicted: Option<Tasks>| {
        let Some(hours) = found.vcpu_hours.checked_div(size).filter(|h| !h.is_zero()) else { return };
        let rate = |t: Tasks| t.cost.decimal().checked_mul(size)?.checked_div(t.vcpu_hours);
        let cell = |rate: Option<Decimal>| rate.map_or(Cell::Empty, Cell::Rate);
        table.line(vec![
            Cell::Text(unit),
            Cell::Money(found.cost),
            Cell::Number(hours.round_dp(6)),
            cell(rate(found)),
            cell(predicted.and_then(rate)),
        ]);
    };
    row("vCPU-hour with its memory, all tasks".into(), Decimal::ONE, all(&billed), Some(all(&predicted)));
    // A service whose tasks differ in size has no task-hour that means anything.
    let mut sizes_of: BTreeMap<String, BTreeSet<Decimal>> = BTreeMap::new();
    for (resource, size) in sizes(&facts.predicted.bill.charges) {
        sizes_of.entry(service(&resource)).or_default().insert(size);
    }
    for (name, sizes) in sizes_of {
        let (Some(size), Some(found)) = (sizes.first().filter(|_| sizes.len() == 1), billed.get(&name)) else { continue };
        row(format!("task-hour of {name}"), *size, *found, predicted.get(&name).copied());
    }
}

/// Tasks of all services together.
fn all(by: &BTreeMap<String, Tasks>) -> Tasks {
    let add = |a: Tasks, b: &Tasks| Tasks { vcpu_hours: a.vcpu_hours.saturating_add(b.vcpu_hours), cost: a.cost + b.cost };
    by.values().fold(Tasks::default(), add)
}

/// vCPUs of a task, of every resource of which the model runs tasks.
fn sizes(charges: &[Charge]) -> BTreeMap<String, Decimal> {
    let of = |c: &Charge| {
        let factor = c.factors.iter().find(|f| f.name == TASK)?;
        Some((c.resource.to_string(), factor.value)).filter(|(_, size)| !size.is_zero())
    };
    charges.iter().filter(|c| c.usage_type.contains(VCPU)).filter_map(of).collect()
}

/// Tasks by what `name` says.
fn by(charges: &[Charge], name: impl Fn(&Charge) -> String) -> BTreeMap<String, Tasks> {
    let mut found: BTreeMap<String, Tasks> = BTreeMap::new();
    for c in charges.iter().filter(|c| c.usage_type.contains(VCPU) || c.usage_type.contains(MEMORY)) {
        let tasks = found.entry(name(c)).or_default();
        tasks.cost += c.effective;
        if c.usage_type.contains(VCPU) {
            tasks.vcpu_hours = tasks.vcpu_hours.saturating_add(c.quantity);
        }
    }
    found
}
