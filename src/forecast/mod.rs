//! Months ahead: what each will cost, inside the plan and outside of it.

mod bands;
pub mod change;
pub mod demand;
pub mod difference;
pub mod draw;
pub mod inputs;
pub mod paths;
pub mod sensitivity;
pub mod surface;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bill::group::{By, Part, Sum, names, parts, scoped, sums};
use crate::bill::why::{Doubt, count_inputs};
use crate::bill::{Bill, Charge};
use crate::failover::Failover;
use crate::money::Usd;
use crate::month::{HoursBasis, Month};
use crate::predict::{self, Basis, Metered, NoBill};
use crate::pricing::{Confidence, PriceBook};
use crate::quantity::exact;
use crate::rating::discount;
use crate::scenario::driver::Provenance;
use crate::scenario::plan::Claim;
use crate::scenario::{Scenario, Scenarios};

use self::bands::Simulated;
use self::change::Change;
use self::paths::Drawing;
use self::sensitivity::Swing;

/// The name of the layout of `forecast --format json`.
pub const SCHEMA: &str = "ce-cost/forecast/1";

/// The convention of the AWS Pricing Calculator, to which a month of real hours is compared.
const CALCULATOR: HoursBasis = HoursBasis::Fixed(730);

/// A forecast of one environment. The JSON of `forecast --format json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Forecast {
    /// Names this layout: `ce-cost/forecast/1`.
    pub schema: String,
    /// The environment.
    pub environment: String,
    /// Always USD.
    pub currency: String,
    /// The day from which it was computed.
    pub as_of: String,
    /// The environment's region.
    pub region: String,
    /// The payer account of whose bill this is a part.
    pub payer: String,
    /// The conventions.
    pub basis: ForecastBasis,
    /// Month by month.
    pub months: Vec<MonthForecast>,
    /// The first month against the one before it; `null` where that cannot be computed.
    pub change: Option<Change>,
    /// What makes the first month's band wide, the widest first.
    pub moves: Vec<Swing>,
    /// Inputs behind it, by provenance.
    pub inputs: Inputs,
}

/// On which conventions a forecast was computed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ForecastBasis {
    /// `actual`, or the number of hours that every month is taken to have.
    pub hours: String,
    /// True where the whole payer account was rated and this is its part.
    pub pooled: bool,
    /// True where monthly allowances were taken off.
    pub free_tier: bool,
    /// `planned` or `all`.
    pub scope: String,
    /// The failover that each month holds, such as "Failover drill, 6 h".
    pub failover: Option<String>,
    /// `list prices`, or `list prices less discounts` where the payer has negotiated some.
    pub prices: String,
    /// The day on which the newest price behind it was seen.
    pub prices_seen: String,
    /// The day whose prices hold for every month, where one was asked for; else each month has its own.
    pub prices_as_of: Option<String>,
    /// Paths behind the bands; 0 where nothing is uncertain.
    pub paths: u32,
    /// What their random numbers begin with.
    pub seed: String,
}

/// How many inputs of each provenance there are.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Inputs {
    /// Stated by the plan.
    pub plan: usize,
    /// Measured.
    pub measured: usize,
    /// Solved for.
    pub calibrated: usize,
    /// Assumed.
    pub assumed: usize,
    /// Price rows of low confidence.
    pub weak_prices: usize,
}

/// One month.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MonthForecast {
    /// Such as 2026-12.
    pub month: String,
    /// The hours that it was taken to have.
    pub hours: String,
    /// What the plan speaks of.
    pub planned: Block,
    /// What it leaves out.
    pub unplanned: Block,
    /// Both together.
    pub total: Usd,
    /// What negotiated discounts take off, by name, below zero. It is in the total.
    pub discounts: BTreeMap<String, Usd>,
    /// What the plan states.
    pub budget: Option<Usd>,
    /// The range of likely outcomes of the total, and the probability that what is planned exceeds the budget; `null` where
    /// nothing is uncertain.
    pub band: Band,
    /// What the real hours of the month do.
    pub calendar: Calendar,
}

/// A sum with its groups.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Block {
    /// The sum.
    pub total: Usd,
    /// The range of likely outcomes.
    pub band: Band,
    /// Its groups.
    pub groups: Vec<Group>,
}

/// A group with its lines.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// What the plan states for it.
    pub plan: Option<Usd>,
    /// What it costs.
    pub total: Usd,
    /// Its lines.
    pub lines: Vec<Line>,
    /// `~` where a driver is assumed, `*` where a price is of low confidence.
    pub marks: String,
    /// The range of likely outcomes.
    pub band: Band,
}

/// One line.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// What the plan states for it.
    pub plan: Option<Usd>,
    /// What it costs.
    pub total: Usd,
    /// As on groups.
    pub marks: String,
}

/// The range of likely outcomes.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Band {
    /// One case in ten is below.
    pub p10: Option<Usd>,
    /// Half of the cases are below.
    pub p50: Option<Usd>,
    /// One case in ten is above.
    pub p90: Option<Usd>,
    /// Probability, 0 to 1, of more than the budget.
    pub over_budget: Option<String>,
}

/// The month's real hours against the 730 of the AWS Pricing Calculator.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Calendar {
    /// The planned total at 730 hours.
    pub planned_at_730: Usd,
    /// The total at 730 hours.
    pub total_at_730: Usd,
    /// What the difference of hours adds to the total.
    pub difference: Usd,
}

/// How to cut a forecast.
#[derive(Clone, Debug)]
pub struct Cut {
    /// By what to add up.
    pub by: By,
    /// True to leave out what the plan does not speak of.
    pub planned_only: bool,
    /// The day from which it is computed, for the head.
    pub as_of: String,
    /// The paths behind the bands.
    pub drawing: Drawing,
}

/// Forecasts an environment for `count` months from that of `first`.
///
/// # Errors
/// As [`predict::bill`].
pub fn forecast(
    scenarios: &Scenarios,
    scenario: &Scenario,
    book: &PriceBook,
    first: Basis,
    count: u32,
    cut: &Cut,
) -> Result<(Forecast, Vec<Bill>), NoBill> {
    let mut months = Vec::new();
    let mut bills = Vec::new();
    let mut simulated = Simulated::new(scenario, cut);
    for n in 0..count {
        let basis = Basis { month: first.month.plus(n), ..first };
        let metered = Metered::new(scenarios, scenario, book, basis)?;
        let whole = metered.clone().bill()?;
        simulated.month(&metered, &whole)?;
        let bill = whole.cut(&scenario.name);
        let at_730 = match basis.hours {
            CALCULATOR => bill.clone(),
            _ => predict::bill(scenarios, scenario, book, at_730(basis))?.cut(&scenario.name),
        };
        months.push(month(&bill, &at_730, scenario, book, cut));
        bills.push(bill);
    }
    let moves = simulated.run(&mut months);
    let change = change::change(scenarios, scenario, book, first, bills.first(), cut)?;
    let (payer, of_payer, _) = scenarios.payer(scenario);
    let head = Forecast {
        schema: SCHEMA.into(),
        environment: scenario.name.to_string(),
        currency: "USD".into(),
        as_of: cut.as_of.clone(),
        region: scenario.region.to_string(),
        payer: payer.to_owned(),
        basis: ForecastBasis {
            hours: first.hours.to_string(),
            pooled: first.pooled,
            free_tier: first.free_tier,
            scope: if cut.planned_only { "planned" } else { "all" }.into(),
            failover: first.failover.map(Failover::title),
            prices: of_payer.prices((0..count).map(|n| first.month.plus(n))).into(),
            prices_seen: prices_seen(&bills, book),
            prices_as_of: None,
            paths: if moves.is_some() { cut.drawing.paths } else { 0 },
            seed: cut.drawing.seed.to_string(),
        },
        inputs: inputs(&bills, book),
        change,
        moves: moves.unwrap_or_default(),
        months,
    };
    Ok((head, bills))
}

/// The same month as the AWS Pricing Calculator takes it.
fn at_730(basis: Basis) -> Basis {
    let failover = basis.failover.map(|f| f.within(CALCULATOR.hours(basis.month)));
    Basis { hours: CALCULATOR, failover, ..basis }
}

fn inputs(bills: &[Bill], book: &PriceBook) -> Inputs {
    let count = |p| bills.first().map_or(0, |b| count_inputs(b, p));
    let weak = |b: &Bill| {
        let rows: std::collections::BTreeSet<usize> = b.charges.iter().filter_map(|c| c.price).collect();
        rows.into_iter().filter(|i| book.rows().get(*i).is_some_and(|r| r.confidence == Confidence::Low)).count()
    };
    Inputs {
        plan: count(Provenance::Plan),
        measured: count(Provenance::Measured),
        calibrated: count(Provenance::Calibrated),
        assumed: count(Provenance::Assumed),
        weak_prices: bills.first().map_or(0, weak),
    }
}

/// The newest day on which one of the prices behind the bills was seen.
fn prices_seen(bills: &[Bill], book: &PriceBook) -> String {
    let rows = bills.iter().flat_map(|b| &b.charges).filter_map(|c| book.rows().get(c.price?));
    rows.map(|r| r.seen.clone()).filter(|s| s.len() == 10).max().unwrap_or_default()
}

fn month(bill: &Bill, at_730: &Bill, scenario: &Scenario, book: &PriceBook, cut: &Cut) -> MonthForecast {
    let of_plan = scoped(bill, scenario);
    let calculator = scoped(at_730, scenario);
    let planned = Block { total: of_plan.planned_total, band: Band::default(), groups: planned_groups(bill, scenario, book, &cut.by) };
    let unplanned = match cut.planned_only {
        true => Block { total: Usd::ZERO, band: Band::default(), groups: Vec::new() },
        false => Block {
            total: of_plan.unplanned_total,
            band: Band::default(),
            groups: groups(bill, scenario, book, &cut.by, |c| c == Claim::Unplanned),
        },
    };
    let total = planned.total + unplanned.total;
    let total_at_730 = if cut.planned_only { calculator.planned_total } else { at_730.total() };
    MonthForecast {
        month: bill.month.to_string(),
        hours: exact(bill.hours),
        total,
        planned,
        unplanned,
        discounts: discounts(bill, scenario, cut),
        budget: scenario.plan.as_ref().map(|p| p.total),
        band: Band::default(),
        calendar: Calendar { planned_at_730: calculator.planned_total, total_at_730, difference: total - total_at_730 },
    }
}

/// What discounts take off what counts, by name.
fn discounts(bill: &Bill, scenario: &Scenario, cut: &Cut) -> BTreeMap<String, Usd> {
    let mut off = BTreeMap::new();
    let counts = |p: &Part<'_>| !cut.planned_only || p.claim != Claim::Unplanned;
    for part in parts(bill, scenario.plan.as_ref()).into_iter().filter(|p| p.charge.line_item.is_discount()).filter(counts) {
        *off.entry(discount::name(part.charge).unwrap_or_default().to_owned()).or_insert(Usd::ZERO) += part.cost;
    }
    off
}

/// The groups of the plan in its order, or sums by something else.
fn planned_groups(bill: &Bill, scenario: &Scenario, book: &PriceBook, by: &By) -> Vec<Group> {
    let plan = scenario.plan.as_ref().filter(|p| *by == By::Group && !p.lines.is_empty());
    let Some(plan) = plan else { return groups(bill, scenario, book, by, |c| c != Claim::Unplanned) };
    let parts = parts(bill, Some(plan));
    let mut list: Vec<Group> = Vec::new();
    for (i, line) in plan.lines.iter().enumerate() {
        let own: Vec<&Part<'_>> = parts.iter().filter(|p| p.claim == Claim::Line(i)).collect();
        let total: Usd = own.iter().map(|p| p.cost).sum();
        let marks = marks(own.iter().copied(), book);
        let entry = Line { name: line.line.line.clone(), plan: Some(line.stated), total, marks };
        match list.iter_mut().find(|g| g.name == line.line.group) {
            Some(group) => {
                group.total += total;
                group.plan = group.plan.map(|p| p + line.stated);
                group.lines.push(entry);
            }
            None => list.push(Group {
                name: line.line.group.clone(),
                plan: Some(line.stated),
                total,
                lines: vec![entry],
                marks: String::new(),
                band: Band::default(),
            }),
        }
    }
    for group in &mut list {
        let doubt = group.lines.iter().map(|l| Doubt::read(&l.marks)).fold(Doubt::default(), Doubt::or);
        group.marks = doubt.marks().into();
    }
    list
}

fn marks<'a>(parts: impl Iterator<Item = &'a Part<'a>>, book: &PriceBook) -> String {
    parts.map(|p| Doubt::about(p.charge, book)).fold(Doubt::default(), Doubt::or).marks().to_owned()
}

fn groups(bill: &Bill, scenario: &Scenario, book: &PriceBook, by: &By, wanted: impl Fn(Claim) -> bool) -> Vec<Group> {
    let parts: Vec<Part<'_>> = parts(bill, scenario.plan.as_ref()).into_iter().filter(|p| wanted(p.claim)).collect();
    let split = split_resources(bill, scenario);
    let name = |p: &Part<'_>| group_name(by, p.charge, p.claim, scenario, &split);
    let named: Vec<(String, String, &Part<'_>)> = parts.iter().map(|p| (name(p), p)).map(|((a, b), p)| (a, b, p)).collect();
    let mut doubts: BTreeMap<(&str, &str), Doubt> = BTreeMap::new();
    for (group, line, part) in &named {
        let doubt = doubts.entry((group, line)).or_default();
        *doubt = doubt.or(Doubt::about(part.charge, book));
    }
    let list: Vec<Sum> = sums(named.iter().map(|(a, b, p)| (a.clone(), b.clone(), p.cost)));
    list.into_iter()
        .map(|sum| {
            let of = |line: &str| doubts.get(&(sum.name.as_str(), line)).copied().unwrap_or_default();
            let line = |(line, cost): &(String, Usd)| Line { name: line.clone(), plan: None, total: *cost, marks: of(line).marks().into() };
            let whole = sum.lines.iter().map(|(line, _)| of(line)).fold(Doubt::default(), Doubt::or);
            Group {
                plan: None,
                total: sum.total,
                lines: sum.lines.iter().map(line).collect(),
                marks: whole.marks().into(),
                band: Band::default(),
                name: sum.name.clone(),
            }
        })
        .collect()
}

/// The group and line under which a part of a charge is shown, where the plan names none.
fn group_name(by: &By, charge: &Charge, claim: Claim, scenario: &Scenario, split: &BTreeSet<Arc<str>>) -> (String, String) {
    let (name, line) = names(by, charge, scenario);
    // A resource that the plan speaks of in part shows which part it left out.
    let part = *by == By::Group && claim == Claim::Unplanned && split.contains(&charge.resource);
    if part { (format!("{name}: {}", charge.usage_type), line) } else { (name, line) }
}

/// Resources of which the plan claims a part only.
fn split_resources(bill: &Bill, scenario: &Scenario) -> BTreeSet<Arc<str>> {
    let (mut planned, mut unplanned) = (BTreeSet::new(), BTreeSet::new());
    for part in parts(bill, scenario.plan.as_ref()) {
        let side = if part.claim == Claim::Unplanned { &mut unplanned } else { &mut planned };
        side.insert(part.charge.resource.clone());
    }
    planned.intersection(&unplanned).cloned().collect()
}

/// Several environments, one after the other, and what they cost together. The JSON of `forecast --all --format json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Together {
    /// Names this layout: `ce-cost/forecast-all/1`.
    pub schema: String,
    /// "all", or the names that were asked for.
    pub environment: String,
    /// Always USD.
    pub currency: String,
    /// The day from which it was computed.
    pub as_of: String,
    /// The sums: each group is an environment.
    pub months: Vec<MonthForecast>,
    /// Each environment by itself.
    pub environments: Vec<Forecast>,
}

/// Adds up forecasts of several environments.
pub fn together(name: &str, as_of: &str, environments: Vec<Forecast>) -> Together {
    let months = environments.first().map(|f| f.months.len()).unwrap_or_default();
    Together {
        schema: "ce-cost/forecast-all/1".into(),
        environment: name.into(),
        currency: "USD".into(),
        as_of: as_of.into(),
        months: (0..months).map(|n| sum_month(&environments, n)).collect(),
        environments,
    }
}

fn sum_month(environments: &[Forecast], n: usize) -> MonthForecast {
    let months: Vec<(&Forecast, &MonthForecast)> = environments.iter().filter_map(|f| Some((f, f.months.get(n)?))).collect();
    let sum = |f: fn(&MonthForecast) -> Usd| months.iter().map(|(_, m)| f(m)).sum::<Usd>();
    let block = |f: fn(&MonthForecast) -> &Block, plan: fn(&MonthForecast) -> Option<Usd>| Block {
        total: months.iter().map(|(_, m)| f(m).total).sum(),
        band: Band::default(),
        groups: months
            .iter()
            .map(|(forecast, m)| {
                let marks = f(m)
                    .groups
                    .iter()
                    .fold(Doubt::default(), |d, g| d.or(Doubt { assumed: g.marks.contains('~'), weak_price: g.marks.contains('*') }));
                let lines = f(m).groups.iter().map(|g| Line { name: g.name.clone(), plan: g.plan, total: g.total, marks: g.marks.clone() });
                Group {
                    name: forecast.environment.clone(),
                    plan: plan(m),
                    total: f(m).total,
                    lines: lines.collect(),
                    marks: marks.marks().into(),
                    band: Band::default(),
                }
            })
            .collect(),
    };
    let mut discounts = BTreeMap::new();
    for (name, amount) in months.iter().flat_map(|(_, m)| &m.discounts) {
        *discounts.entry(name.clone()).or_insert(Usd::ZERO) += *amount;
    }
    MonthForecast {
        month: months.first().map(|(_, m)| m.month.clone()).unwrap_or_default(),
        hours: months.first().map(|(_, m)| m.hours.clone()).unwrap_or_default(),
        planned: block(|m| &m.planned, |m| m.budget),
        unplanned: block(|m| &m.unplanned, |_| None),
        total: sum(|m| m.total),
        discounts,
        budget: months.iter().map(|(_, m)| m.budget).sum::<Option<Usd>>(),
        band: Band::default(),
        calendar: Calendar {
            planned_at_730: sum(|m| m.calendar.planned_at_730),
            total_at_730: sum(|m| m.calendar.total_at_730),
            difference: sum(|m| m.calendar.difference),
        },
    }
}

/// The month after the one that holds a day: the next bill.
pub fn next_month(day: chrono::NaiveDate) -> Month {
    Month::of(day).plus(1)
}

/// A share as a fraction with two places, for bars.
pub fn fraction(part: Usd, whole: Usd) -> Decimal {
    part.fraction_of(whole).unwrap_or_default()
}
