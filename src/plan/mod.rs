//! The plan held against list prices: line by line, what its amounts would buy, and where it contradicts itself.

mod contradictions;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use crate::bill::Bill;
use crate::bill::group::{Part, parts, scoped};
use crate::bill::why::marginal_price;
use crate::money::cents;
use crate::money::{Usd, quotient};
use crate::pricing::PriceBook;
use crate::quantity::Unit;
use crate::quantity::{about, bytes};
use crate::scenario::Scenario;
use crate::scenario::driver::Provenance;
use crate::scenario::plan::{Claim, Plan};
use crate::usage::Factor;

/// The plan of one environment against its bill. The JSON of `plan --format json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlanReport {
    /// Names this layout: `ce-cost/plan/1`.
    pub schema: String,
    /// The environment.
    pub environment: String,
    /// Always USD.
    pub currency: String,
    /// The day from which it was computed.
    pub as_of: String,
    /// The month of the bill.
    pub month: String,
    /// The hours that it was taken to have.
    pub hours: String,
    /// Group by group.
    pub groups: Vec<PlanGroup>,
    /// All of it.
    pub total: PlanTotal,
    /// What the plan leaves out.
    pub outside: Usd,
    /// Where its lines cannot all be true.
    pub contradictions: Vec<String>,
}

/// A group of the plan.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlanGroup {
    /// Its name.
    pub name: String,
    /// What it states.
    pub stated: Usd,
    /// What list prices give.
    pub modelled: Usd,
    /// The second less the first.
    pub difference: Usd,
    /// Its lines.
    pub lines: Vec<PlanLineReport>,
}

/// A line of the plan.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlanLineReport {
    /// Its name.
    pub name: String,
    /// What it states.
    pub stated: Usd,
    /// What list prices give.
    pub modelled: Usd,
    /// The second less the first.
    pub difference: Usd,
    /// What the stated amount buys at list price.
    pub implies: Option<String>,
}

/// The whole plan.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlanTotal {
    /// What it states.
    pub stated: Usd,
    /// What list prices give.
    pub modelled: Usd,
    /// The second less the first.
    pub difference: Usd,
    /// For a plan without lines: what the stated amount buys.
    pub implies: Option<String>,
}

/// Holds the plan of an environment against its bill; `None` where nothing was planned. A plan of list prices is held against these: the
/// bill is one without discounts.
pub fn report(bill: &Bill, scenario: &Scenario, book: &PriceBook, as_of: &str) -> Option<PlanReport> {
    let plan = scenario.plan.as_ref()?;
    let of_plan = scoped(bill, scenario);
    let parts = parts(bill, Some(plan));
    let mut groups: Vec<PlanGroup> = Vec::new();
    for (i, line) in of_plan.planned.iter().enumerate() {
        let entry = PlanLineReport {
            name: line.line.clone(),
            stated: line.stated,
            modelled: line.modelled,
            difference: line.modelled - line.stated,
            implies: implied_by_line(i, plan, &parts, bill, scenario),
        };
        match groups.iter_mut().find(|g| g.name == line.group) {
            Some(group) => {
                group.stated += entry.stated;
                group.modelled += entry.modelled;
                group.difference += entry.difference;
                group.lines.push(entry);
            }
            None => groups.push(PlanGroup {
                name: line.group.clone(),
                stated: entry.stated,
                modelled: entry.modelled,
                difference: entry.difference,
                lines: vec![entry],
            }),
        }
    }
    let whole: Vec<&Part<'_>> = parts.iter().filter(|p| p.claim == Claim::Total).collect();
    Some(PlanReport {
        schema: "ce-cost/plan/1".into(),
        environment: scenario.name.to_string(),
        currency: "USD".into(),
        as_of: as_of.to_owned(),
        month: bill.month.to_string(),
        hours: crate::quantity::exact(bill.hours),
        groups,
        total: PlanTotal {
            stated: plan.total,
            modelled: of_plan.planned_total,
            difference: of_plan.planned_total - plan.total,
            implies: if plan.lines.is_empty() { implied(&whole, plan.total, bill, scenario) } else { None },
        },
        outside: of_plan.unplanned_total,
        contradictions: contradictions::find(bill, scenario, book),
    })
}

/// What a line's amount buys. Lines that share the same charges are read together: neither buys anything by itself.
fn implied_by_line(index: usize, plan: &Plan, parts: &[Part<'_>], bill: &Bill, scenario: &Scenario) -> Option<String> {
    let line = plan.lines.get(index)?;
    let siblings: Vec<usize> = (0..plan.lines.len()).filter(|i| plan.lines[*i].matches == line.matches).collect();
    let own: Vec<&Part<'_>> = parts.iter().filter(|p| matches!(p.claim, Claim::Line(i) if siblings.contains(&i))).collect();
    let stated: Usd = siblings.iter().map(|i| plan.lines[*i].stated).sum();
    let text = implied(&own, stated, bill, scenario)?;
    let others: Vec<&str> = siblings.iter().filter(|i| **i != index).map(|i| plan.lines[*i].line.line.as_str()).collect();
    Some(if others.is_empty() { text } else { format!("with {}: {text}", others.join(", ")) })
}

/// What a stated amount buys at list price. Where one driver of the line is calibrated, the rest is fixed and the driver's
/// value follows; where none is, the dearest quantity of the line is shown for what it costs.
fn implied(parts: &[&Part<'_>], stated: Usd, bill: &Bill, scenario: &Scenario) -> Option<String> {
    let Some((driver, varying)) = calibrated(parts) else {
        return parts.iter().max_by_key(|p| p.cost).and_then(|p| fixed_text(p, bill));
    };
    let modelled: Usd = parts.iter().map(|p| p.cost).sum();
    // What one per cent more of the driver costs, times a hundred: the slope at the last tier reached.
    let slope: Decimal = varying.iter().map(|p| p.charge.quantity * marginal_price(p.charge) * p.share).sum();
    let scale = Decimal::ONE + quotient((stated - modelled).decimal(), slope)?;
    let fixed = parts.iter().filter(|p| !varying.iter().any(|v| std::ptr::eq(v.charge, p.charge)));
    let mut text = fixed_amounts(fixed.copied(), stated, bill);
    text.push_str(&shown_at(driver, scale));
    if let Some(rate) = per_second(driver, scale, parts, bill) {
        text.push_str(&format!(", {} a second", about(rate)));
        text.push_str(&plausible(rate, &driver.name, scenario));
    }
    Some(text)
}

/// "2 × db.r6g.large are 379.60 and Aurora:StorageUsage 120.00 of the stated 1,800.00; the rest buys ", or nothing where
/// nothing is fixed.
fn fixed_amounts<'a>(parts: impl Iterator<Item = &'a Part<'a>>, stated: Usd, bill: &Bill) -> String {
    let mut amounts: Vec<(String, Decimal, bool, Usd)> = Vec::new();
    for part in parts.filter(|p| !p.cost.is_zero()) {
        let (name, hourly) = (what(&part.charge.usage_type), part.charge.unit == Some(Unit::Hours));
        match amounts.iter_mut().find(|(n, ..)| *n == name) {
            Some((_, quantity, _, cost)) => {
                *quantity += part.charge.quantity * part.share;
                *cost += part.cost;
            }
            None => amounts.push((name, part.charge.quantity * part.share, hourly, part.cost)),
        }
    }
    amounts.sort_by_key(|(.., cost)| std::cmp::Reverse(*cost));
    let more = amounts.len().saturating_sub(2);
    let named = amounts.iter().take(2).map(|(name, quantity, hourly, cost)| {
        let standing = quotient(*quantity, bill.hours).filter(|n| *hourly && n.is_integer() && *n > Decimal::ONE);
        let times = standing.map(|n| format!("{} × ", about(n))).unwrap_or_default();
        format!("{times}{name} {}", cents(*cost))
    });
    let named: Vec<String> = named.collect();
    match named.as_slice() {
        [] => String::new(),
        _ if more > 0 => format!("{} and {more} more of the stated {} are fixed; the rest buys ", named.join(", "), cents(stated)),
        _ => format!("{} of the stated {} are fixed; the rest buys ", named.join(" and "), cents(stated)),
    }
}

/// The calibrated driver of a line, and the parts that it moves.
fn calibrated<'a, 'b>(parts: &'a [&'a Part<'b>]) -> Option<(&'b Factor, Vec<&'a Part<'b>>)> {
    let of = |p: &Part<'b>| p.charge.factors.iter().find(|f| f.from == Some(Provenance::Calibrated));
    let driver = parts.iter().find_map(|p| of(p))?;
    let varying = parts.iter().filter(|p| p.charge.factors.iter().any(|f| f.at == driver.at && f.from == driver.from)).copied().collect();
    Some((driver, varying))
}

/// A driver's value in words, scaled: "8.32 tasks on average", "6.5 B I/O requests a month".
fn shown_at(driver: &Factor, scale: Decimal) -> String {
    let value = driver.value * scale;
    let (_, unit) = driver.shown.split_once(|c: char| !(c.is_ascii_digit() || c == ',' || c == '.')).unwrap_or((&driver.shown, ""));
    let rest = &driver.shown[driver.shown.len() - unit.len()..];
    let name = driver.name.as_ref();
    if driver.shown.ends_with("GB/month") {
        return format!("{} {} a month", bytes(value), name.strip_prefix("bytes ").unwrap_or(name));
    }
    if driver.shown.ends_with(" GB") {
        return format!("{} {}", bytes(value), name.strip_prefix("GB ").unwrap_or(name));
    }
    if driver.shown.ends_with("/month") {
        return format!("{} {name} a month", about(value));
    }
    if driver.shown.contains('/') {
        return format!("{} {name} per {rest}", about(value));
    }
    format!("{} {name}", about(value))
}

/// The driver as things per second, where it counts things over the month.
fn per_second(driver: &Factor, scale: Decimal, parts: &[&Part<'_>], bill: &Bill) -> Option<Decimal> {
    let count = parts.iter().any(|p| p.charge.unit == Some(Unit::Count));
    if !driver.shown.ends_with("/month") || driver.shown.contains("GB") || !count {
        return None;
    }
    quotient(driver.value * scale, bill.hours * Decimal::from(3_600))
}

/// A word on how a rate compares with the requests at the door.
fn plausible(rate: Decimal, name: &str, scenario: &Scenario) -> String {
    let Some(level) = scenario.workload.as_ref().map(|w| &w.requests.level) else { return String::new() };
    let Some(at_door) = level_per_second(scenario) else { return String::new() };
    let Some(each) = quotient(rate, at_door).filter(|_| !at_door.is_zero()) else { return String::new() };
    // Below one for each request it is no count of what a request causes: nothing to compare.
    let word = match each {
        e if e > Decimal::TEN => "high",
        e if e >= Decimal::ONE => "plausible",
        _ => return String::new(),
    };
    format!(": {word} for {} at the door ({} {name} each)", level.value, about(each))
}

/// Requests per second at the door, as the workload states them.
fn level_per_second(scenario: &Scenario) -> Option<Decimal> {
    let level = &scenario.workload.as_ref()?.requests.level.value;
    let (times, over) = level.per.in_an_hour()?;
    quotient(level.amount * times, over * Decimal::from(3_600))
}

/// A usage type in words: without the region's prefix, and of an instance or node only its class.
fn what(usage_type: &str) -> String {
    let name = usage_type.strip_suffix(":perCPU").unwrap_or(usage_type);
    let name = name.rsplit(':').next().unwrap_or(name);
    let region =
        |head: &str| head.ends_with(|c: char| c.is_ascii_digit()) && head.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    match name.split_once('-') {
        Some((head, rest)) if region(head) => rest.to_owned(),
        _ => name.to_owned(),
    }
}

/// A line without a calibrated driver: its quantity and what it costs.
fn fixed_text(part: &Part<'_>, bill: &Bill) -> Option<String> {
    let charge = part.charge;
    let price = charge.tiers.last()?.price;
    let standing = quotient(charge.quantity, bill.hours).filter(|n| charge.unit == Some(Unit::Hours) && n.is_integer());
    let quantity = standing.map_or_else(|| about(charge.quantity), |n| format!("{} ×", about(n)));
    Some(format!("{quantity} {} at {price} are {}", what(&charge.usage_type), cents(charge.billed)))
}
