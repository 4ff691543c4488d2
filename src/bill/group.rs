//! Queries over a bill: which line of the plan a charge belongs to, and sums by this or that.

use std::collections::BTreeMap;
use std::str::FromStr;

use rust_decimal::Decimal;

use super::{Bill, Charge, CommitmentStatus};
use crate::money::Usd;
use crate::scenario::Scenario;
use crate::scenario::plan::{Claim, Plan};
use crate::usage::CREDITS;

/// A part of a charge and where it belongs.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The charge.
    pub charge: &'a Charge,
    /// Where this part belongs.
    pub claim: Claim,
    /// Which part of the charge it is, 0 to 1.
    pub share: Decimal,
    /// Its amount on the invoice.
    pub cost: Usd,
}

/// The lines of the plan that claim a charge, each with its share; outside the plan where there is none.
pub fn claims(plan: Option<&Plan>, charge: &Charge) -> Vec<(Claim, Decimal)> {
    plan.map_or_else(|| vec![(Claim::Unplanned, Decimal::ONE)], |p| p.claims(&charge.resource, &charge.service, &charge.usage_type))
}

/// Every charge of a bill, divided among the lines of the plan. The parts of a charge add up to it.
pub fn parts<'a>(bill: &'a Bill, plan: Option<&Plan>) -> Vec<Part<'a>> {
    bill.charges
        .iter()
        .flat_map(|charge| {
            let claims = claims(plan, charge);
            let shares: Vec<Decimal> = claims.iter().map(|(_, s)| *s).collect();
            let costs = if claims.len() == 1 { vec![charge.billed] } else { charge.billed.split(&shares) };
            claims.into_iter().zip(costs).map(move |((claim, share), cost)| Part { charge, claim, share, cost })
        })
        .collect()
}

/// A line of the plan with what the bill says of it.
#[derive(Clone, Debug)]
pub struct PlannedLine {
    /// Its group.
    pub group: String,
    /// Its name.
    pub line: String,
    /// The stated amount.
    pub stated: Usd,
    /// What the bill says.
    pub modelled: Usd,
}

/// A sum under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// The name.
    pub name: String,
    /// The sum.
    pub total: Usd,
    /// What it is made of, dearest first.
    pub lines: Vec<(String, Usd)>,
}

/// A bill of one environment against its plan.
#[derive(Clone, Debug)]
pub struct Scoped {
    /// Lines of the plan, in its order; empty for a plan that is a total only.
    pub planned: Vec<PlannedLine>,
    /// What the plan claims, in all.
    pub planned_total: Usd,
    /// For a plan without lines: what it claims, by resource.
    pub claimed: Vec<Sum>,
    /// What no line claims, by resource, dearest first.
    pub unplanned: Vec<Sum>,
    /// The sum of these.
    pub unplanned_total: Usd,
}

/// Divides a bill between the plan and what the plan left out.
pub fn scoped(bill: &Bill, scenario: &Scenario) -> Scoped {
    let plan = scenario.plan.as_ref();
    let parts = parts(bill, plan);
    let sum_of = |claim: Claim| parts.iter().filter(|p| p.claim == claim).map(|p| p.cost).sum::<Usd>();
    let planned: Vec<PlannedLine> = plan
        .map(|p| p.lines.as_slice())
        .unwrap_or_default()
        .iter()
        .enumerate()
        .map(|(i, l)| PlannedLine {
            group: l.line.group.clone(),
            line: l.line.line.clone(),
            stated: l.stated,
            modelled: sum_of(Claim::Line(i)),
        })
        .collect();
    let by_resource = |claim: Claim| {
        let chosen = parts.iter().filter(|p| p.claim == claim);
        sums(chosen.map(|p| (title(scenario, p.charge), p.charge.usage_type.to_string(), p.cost)))
    };
    let claimed = by_resource(Claim::Total);
    let unplanned = by_resource(Claim::Unplanned);
    Scoped {
        planned_total: planned.iter().map(|l| l.modelled).sum::<Usd>() + claimed.iter().map(|s| s.total).sum(),
        unplanned_total: unplanned.iter().map(|s| s.total).sum(),
        planned,
        claimed,
        unplanned,
    }
}

/// What people call the resource of a charge.
pub fn title(scenario: &Scenario, charge: &Charge) -> String {
    match scenario.resource(&charge.resource) {
        Some(resource) => resource.title.clone(),
        None if charge.resource.as_ref() == CREDITS => "Credits".to_owned(),
        None if charge.description.is_empty() || bought(charge) => charge.resource.to_string(),
        None => charge.description.to_string(),
    }
}

/// True for the rows of a commitment itself, which are named after it; what it covers is named after who used it.
fn bought(charge: &Charge) -> bool {
    charge.commitment.as_ref().is_some_and(|c| c.status != Some(CommitmentStatus::Used))
}

/// Adds up amounts by name and line; the dearest first, names where equal.
pub fn sums(items: impl Iterator<Item = (String, String, Usd)>) -> Vec<Sum> {
    let mut all: BTreeMap<String, BTreeMap<String, Usd>> = BTreeMap::new();
    for (name, line, cost) in items {
        *all.entry(name).or_default().entry(line).or_insert(Usd::ZERO) += cost;
    }
    let dearest = |a: &Usd, b: &Usd| b.cmp(a);
    let mut list: Vec<Sum> = all
        .into_iter()
        .map(|(name, lines)| {
            let mut lines: Vec<(String, Usd)> = lines.into_iter().collect();
            lines.sort_by(|a, b| dearest(&a.1, &b.1));
            Sum { total: lines.iter().map(|(_, c)| *c).sum(), name, lines }
        })
        .collect();
    list.sort_by(|a, b| dearest(&a.total, &b.total));
    list
}

/// By what a bill is added up.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum By {
    /// Groups and lines of the plan.
    #[default]
    Group,
    /// AWS's service codes.
    Service,
    /// Usage types.
    UsageType,
    /// Resources of the scenario.
    Resource,
    /// Values of a cost allocation tag.
    Tag(String),
}

impl FromStr for By {
    type Err = String;
    fn from_str(text: &str) -> Result<By, String> {
        match text {
            "group" => Ok(By::Group),
            "service" => Ok(By::Service),
            "usage-type" => Ok(By::UsageType),
            "resource" => Ok(By::Resource),
            _ => match text.strip_prefix("tag:").filter(|k| !k.is_empty()) {
                Some(key) => Ok(By::Tag(key.to_owned())),
                None => Err("expected group, service, usage-type, resource or tag:KEY".into()),
            },
        }
    }
}

/// The name under which a charge is added up, and the line below it.
pub fn names(by: &By, charge: &Charge, scenario: &Scenario) -> (String, String) {
    let usage_type = charge.usage_type.to_string();
    match by {
        By::Group | By::Resource => (title(scenario, charge), usage_type),
        By::Service => (charge.service.to_string(), usage_type),
        By::UsageType => (format!("{} {usage_type}", charge.service), charge.resource.to_string()),
        By::Tag(key) => {
            let value = charge.tags.get(key).map_or_else(|| format!("(no tag {key})"), |v| format!("{key}={v}"));
            (value, title(scenario, charge))
        }
    }
}
