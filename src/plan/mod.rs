//! The plan held against list prices: line by line, what its amounts would buy, and where it contradicts itself.

mod contradictions;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use crate::bill::Bill;
use crate::bill::group::{Part, parts, scoped};
use crate::bill::why::marginal_price;
use crate::money::{Usd, quotient};
use crate::pricing::PriceBook;
use crate::quantity::Unit;
use crate::report::{about, bytes, cents};
use crate::scenario::Scenario;
use crate::scenario::driver::Provenance;
use crate::scenario::plan::Claim;
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

/// Holds the plan of an environment against its bill; `None` where nothing was planned.
pub fn report(bill: &Bill, scenario: &Scenario, book: &PriceBook, as_of: &str) -> Option<PlanReport> {
    let plan = scenario.plan.as_ref()?;
    let of_plan = scoped(bill, scenario);
    let parts = parts(bill, Some(plan));
    let mut groups: Vec<PlanGroup> = Vec::new();
    for (i, line) in of_plan.planned.iter().enumerate() {
        let own: Vec<&Part<'_>> = parts.iter().filter(|p| p.claim == Claim::Line(i)).collect();
        let entry = PlanLineReport {
            name: line.line.clone(),
            stated: line.stated,
            modelled: line.modelled,
            difference: line.modelled - line.stated,
            implies: implied(&own, line.stated, scenario),
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
        hours: crate::report::exact(bill.hours),
        groups,
        total: PlanTotal {
            stated: plan.total,
            modelled: of_plan.planned_total,
            difference: of_plan.planned_total - plan.total,
            implies: if plan.lines.is_empty() { implied(&whole, plan.total, scenario) } else { None },
        },
        outside: of_plan.unplanned_total,
        contradictions: contradictions::find(bill, scenario, book),
    })
}

/// What a stated amount buys at list price. Where one driver of the line is calibrated, the rest is fixed and the driver's
/// value follows; where none is, the dearest quantity of the line is shown for what it costs.
fn implied(parts: &[&Part<'_>], stated: Usd, scenario: &Scenario) -> Option<String> {
    let Some((driver, varying)) = calibrated(parts) else {
        return parts.iter().max_by_key(|p| p.cost).and_then(|p| fixed_text(p));
    };
    let modelled: Usd = parts.iter().map(|p| p.cost).sum();
    // What one per cent more of the driver costs, times a hundred: the slope at the last tier reached.
    let slope: Decimal = varying.iter().map(|p| p.charge.quantity * marginal_price(p.charge) * p.share).sum();
    let scale = Decimal::ONE + quotient((stated - modelled).decimal(), slope)?;
    let fixed: Vec<&&Part<'_>> = parts.iter().filter(|p| !varying.iter().any(|v| std::ptr::eq(v.charge, p.charge))).collect();
    let value = shown_at(driver, scale);
    let mut text = String::new();
    if fixed.iter().any(|p| !p.cost.is_zero()) {
        let mut names: Vec<(String, Usd)> =
            fixed.iter().filter(|p| !p.cost.is_zero()).map(|p| (what(&p.charge.usage_type), p.cost)).collect();
        names.sort_by_key(|(_, cost)| std::cmp::Reverse(*cost));
        let more = names.len().saturating_sub(2);
        let listed: Vec<String> = names.iter().take(2).map(|(n, c)| format!("{n} {}", cents(*c))).collect();
        let others = if more > 0 { format!(" and {more} more") } else { String::new() };
        text = format!("{}{others} are fixed; the rest buys ", listed.join(", "));
    }
    text.push_str(&value);
    // A line that claims only a share of a resource speaks of the whole driver all the same.
    if let Some(rate) = per_second(driver, scale, parts) {
        text.push_str(&format!(", {} a second", about(rate)));
        text.push_str(&plausible(rate, &driver.name, scenario));
    }
    Some(text)
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
        return format!("{} of {name} a month", bytes(value));
    }
    if driver.shown.ends_with(" GB") {
        return format!("{} of {name}", bytes(value));
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
fn per_second(driver: &Factor, scale: Decimal, parts: &[&Part<'_>]) -> Option<Decimal> {
    let count = parts.iter().any(|p| p.charge.unit == Some(Unit::Count));
    if !driver.shown.ends_with("/month") || driver.shown.contains("GB") || !count {
        return None;
    }
    let hours = Decimal::from(parts.first()?.charge.month.hours());
    quotient(driver.value * scale, hours * Decimal::from(3_600))
}

/// A word on how a rate compares with the requests at the door.
fn plausible(rate: Decimal, name: &str, scenario: &Scenario) -> String {
    let Some(level) = scenario.workload.as_ref().map(|w| &w.requests.level) else { return String::new() };
    let Some(at_door) = level_per_second(scenario) else { return String::new() };
    let Some(each) = quotient(rate, at_door).filter(|_| !at_door.is_zero()) else { return String::new() };
    let word = if each > Decimal::TEN {
        "high"
    } else if each < Decimal::new(1, 3) {
        "low"
    } else {
        "plausible"
    };
    format!(": {word} for {} at the door ({} {name} each)", level.value, about(each))
}

/// Requests per second at the door, as the workload states them.
fn level_per_second(scenario: &Scenario) -> Option<Decimal> {
    let level = &scenario.workload.as_ref()?.requests.level.value;
    let (times, over) = level.per.in_an_hour()?;
    quotient(level.amount * times, over * Decimal::from(3_600))
}

/// A usage type in words: the part after the colon, without the region's prefix.
fn what(usage_type: &str) -> String {
    usage_type.rsplit(':').next().unwrap_or(usage_type).to_owned()
}

/// A line without a calibrated driver: its quantity and what it costs.
fn fixed_text(part: &Part<'_>) -> Option<String> {
    let charge = part.charge;
    let price = charge.tiers.last()?.price;
    let formula: Vec<String> = charge
        .factors
        .iter()
        .enumerate()
        .map(|(i, f)| if i == 0 { format!("{} {}", f.name, f.shown) } else { format!("{} {} {}", f.step.sign(), f.name, f.shown) })
        .collect();
    Some(format!("{} at {price} are {}: {}", what(&charge.usage_type), cents(charge.billed), formula.join(" ")))
}
