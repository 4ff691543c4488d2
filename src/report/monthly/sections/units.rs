//! What a unit of work costs: a thousand requests, a vCPU-hour, a task-hour.

use std::collections::BTreeMap;

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
    let sizes = sizes(&facts.predicted.bill.charges);
    let model = |c: &Charge| c.resource.to_string();
    let predicted = by(&facts.predicted.bill.charges, model);
    let service = |name: &str| facts.scenario.resource(name).and_then(|r| scope::find(&r.tags, "Service")).unwrap_or(name).to_owned();
    let billed = match &facts.billed {
        Ok(billed) => by(&billed.own.charges, |c| scope::tag(c, "Service").unwrap_or_default().to_owned()),
        Err(_) => predicted.iter().map(|(name, tasks)| (service(name), *tasks)).collect(),
    };
    let mut all = Tasks::default();
    billed.values().for_each(|t| (all.vcpu_hours, all.cost) = (all.vcpu_hours + t.vcpu_hours, all.cost + t.cost));
    let rate = |t: &Tasks, size: Decimal| t.cost.decimal().checked_mul(size)?.checked_div(t.vcpu_hours);
    let mut model_all = Tasks::default();
    predicted
        .values()
        .for_each(|t| (model_all.vcpu_hours, model_all.cost) = (model_all.vcpu_hours + t.vcpu_hours, model_all.cost + t.cost));
    let cell = |rate: Option<Decimal>| rate.map_or(Cell::Empty, Cell::Rate);
    if !all.vcpu_hours.is_zero() {
        let unit = Cell::text("vCPU-hour with its memory, all tasks");
        table.line(vec![
            unit,
            Cell::Money(all.cost),
            Cell::Number(all.vcpu_hours),
            cell(rate(&all, Decimal::ONE)),
            cell(rate(&model_all, Decimal::ONE)),
        ]);
    }
    for (name, size) in &sizes {
        let Some(found) = billed.get(&service(name)).filter(|t| !t.vcpu_hours.is_zero()) else { continue };
        let hours = found.vcpu_hours.checked_div(*size).unwrap_or_default().round_dp(6);
        let predicted = predicted.get(name).and_then(|t| rate(t, *size));
        table.line(vec![
            Cell::Text(format!("task-hour of {name}")),
            Cell::Money(found.cost),
            Cell::Number(hours),
            cell(rate(found, *size)),
            cell(predicted),
        ]);
    }
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
