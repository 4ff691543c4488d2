//! Rules against the numbers of the environments.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::base::{self, Base};
use super::document::{CURRENCY, Change, Check, Environment, Month as Numbers, Outcome, SCHEMA, Service, Spot, Verdict};
use super::moved::moved;
use super::on_bill::OnBill;
use super::reading;
use super::rule::{Rule, Rules, Scope};
use super::value::Untold;
use crate::bill::Bill;
use crate::bill::group::{By, Part, parts};
use crate::forecast::paths::Drawing;
use crate::forecast::{Cut, Forecast, forecast};
use crate::money::Usd;
use crate::predict::{Basis, NoBill};
use crate::pricing::check::first_day;
use crate::pricing::{PriceBook, PriceRow};
use crate::quantity::exact;
use crate::scenario::patch;
use crate::scenario::plan::Claim;
use crate::scenario::{Scenario, Scenarios};

/// What rules are held against.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// The environments.
    pub scenarios: &'a Scenarios,
    /// The prices.
    pub book: &'a PriceBook,
    /// The first month, and its conventions.
    pub basis: Basis,
    /// The paths behind bands; none for no bands.
    pub drawing: Drawing,
    /// The day on which it is checked.
    pub as_of: NaiveDate,
    /// What changes are changes from.
    pub base: Option<&'a Base>,
    /// What bills say, by environment: where rules ask for it. In words why there is none.
    pub bills: &'a BTreeMap<String, Result<OnBill, String>>,
}

/// An environment as a rule sees it.
pub(super) struct Seen<'a> {
    pub scenario: &'a Scenario,
    pub forecast: Forecast,
    pub bills: Vec<Bill>,
    /// The bills by service.
    pub costs: Vec<base::Month>,
}

/// Holds rules against environments.
///
/// # Errors
/// Environments of which there is no bill.
pub fn check(rules: &Rules, environments: &[&Scenario], ground: &Ground<'_>) -> Result<Check, NoBill> {
    let mut outcomes = Vec::new();
    let mut numbers = Vec::new();
    for scenario in environments {
        let own: Vec<&Rule> = rules.file.rules.iter().filter(|r| r.names(scenario)).collect();
        let seen = Seen::new(scenario, &own, ground)?;
        let old = stale(rules, &seen, ground);
        let environment = environment(&seen, ground);
        let spot = spot(scenario, environment.change.as_ref(), ground);
        let judged = |rule: &&Rule| reading::judged(rule, rules, &seen, ground, old.as_deref());
        outcomes.extend(own.iter().map(|rule| Outcome { scenario: spot.clone(), ..judged(rule) }));
        numbers.push(environment);
    }
    let verdict = outcomes.iter().map(|o: &Outcome| o.status.verdict()).max().unwrap_or(Verdict::Pass);
    outcomes.sort_by_key(|o| Reverse(o.status));
    Ok(Check {
        schema: SCHEMA.into(),
        environment: environments.iter().map(|s| s.name.as_ref()).collect::<Vec<_>>().join("+"),
        currency: CURRENCY.into(),
        as_of: ground.as_of.to_string(),
        base: ground.base.map(|b| b.name.clone()),
        basis: base::Conventions::of(ground.basis, ground.book),
        verdict,
        rules: outcomes,
        environments: numbers,
    })
}

impl<'a> Ground<'a> {
    /// What the bill says of an environment.
    pub(super) fn on_bill(&self, scenario: &Scenario) -> Result<&'a OnBill, Untold> {
        let none = || Untold::Missing(format!("no bill of {} was read", scenario.name));
        self.bills.get(&*scenario.name).ok_or_else(none)?.as_ref().map_err(|why| Untold::Missing(why.clone()))
    }
}

impl<'a> Seen<'a> {
    /// The months that its rules ask for. Paths are run only where a rule or a change asks for a band.
    fn new(scenario: &'a Scenario, rules: &[&Rule], ground: &Ground<'_>) -> Result<Seen<'a>, NoBill> {
        let months = rules.iter().map(|r| r.months).max().unwrap_or(1);
        let is_drawn = ground.base.is_some() || rules.iter().any(|r| r.metric.is_drawn());
        let drawing = Drawing { paths: if is_drawn { ground.drawing.paths } else { 0 }, ..ground.drawing };
        let cut = Cut { by: By::Group, planned_only: false, as_of: ground.as_of.to_string(), drawing };
        let (forecast, bills) = forecast(ground.scenarios, scenario, ground.book, ground.basis, months, &cut)?;
        let costs = bills.iter().map(base::Month::of).collect();
        Ok(Seen { scenario, forecast, bills, costs })
    }

    fn is_in(&self, scope: &Scope, part: &Part<'_>) -> bool {
        let charge = part.charge;
        let group = match part.claim {
            Claim::Line(i) => self.scenario.plan.as_ref().and_then(|p| p.lines.get(i)).map_or("", |l| &l.line.group),
            _ => "",
        };
        scope.group.fits(group) && scope.resource.fits(&charge.resource) && scope.service.fits(&charge.service) && scope.has_tags(charge)
    }

    /// What the charges in a scope cost in a month; only what is planned where `planned`. `None` where there are none.
    pub fn sum(&self, scope: &Scope, bill: &Bill, planned: bool) -> Option<Usd> {
        let parts = parts(bill, self.scenario.plan.as_ref());
        let own: Vec<&Part<'_>> = parts.iter().filter(|p| self.is_in(scope, p)).collect();
        let counted = own.iter().filter(|p| !planned || p.claim != Claim::Unplanned);
        (!own.is_empty()).then(|| counted.map(|p| p.cost).sum())
    }
}

/// In words where prices were seen too long ago: the oldest price behind the months counts. A price that says no day is older
/// than any limit, unless the rules accept such.
fn stale(rules: &Rules, seen: &Seen<'_>, ground: &Ground<'_>) -> Option<String> {
    let within = rules.file.prices_within?.days();
    let used: BTreeSet<usize> = seen.bills.iter().flat_map(|b| &b.charges).filter_map(|c| c.price).collect();
    let counts = |row: &&PriceRow| !rules.file.accept_undated || first_day(&row.seen).is_some();
    let rows: Vec<&PriceRow> = used.into_iter().filter_map(|i| ground.book.rows().get(i)).filter(counts).collect();
    let age = |row: &PriceRow| first_day(&row.seen).map(|day| Decimal::from((ground.as_of - day).num_days()));
    let old = rows.iter().filter(|row| age(row).is_none_or(|age| age > within)).count();
    let oldest = rows.iter().max_by_key(|row| age(row).unwrap_or(Decimal::MAX)).filter(|_| old > 0)?;
    let how = match age(oldest) {
        Some(age) => format!("was seen on {}, {} days ago", oldest.seen, exact(age)),
        None => "says no day on which it was seen".into(),
    };
    let name = format!("{} {}", oldest.service, oldest.usage_type);
    Some(format!("{old} of {} prices are older than {} days: that of {name} {how}", rows.len(), exact(within)))
}

fn environment(seen: &Seen<'_>, ground: &Ground<'_>) -> Environment {
    let numbers = seen.forecast.months.iter().zip(&seen.costs).map(|(month, of)| {
        let service = |(service, total): (&String, &Usd)| Service { service: service.clone(), total: *total };
        let mut services: Vec<Service> = of.services.iter().map(service).collect();
        services.sort_by_key(|s| Reverse(s.total));
        Numbers { month: month.month.clone(), planned: month.planned.total, total: month.total, band: month.band.clone(), services }
    });
    Environment {
        environment: seen.scenario.name.to_string(),
        budget: seen.scenario.plan.as_ref().map(|p| p.total),
        months: numbers.collect(),
        change: moved(seen, ground),
        landing: ground.on_bill(seen.scenario).ok().and_then(|bill| bill.landing.clone()),
    }
}

/// Where a reader of the scenario should look: at the value that moved most, else at the environment's head.
fn spot(scenario: &Scenario, change: Option<&Change>, ground: &Ground<'_>) -> Option<Spot> {
    let driver = change.and_then(|c| c.drivers.iter().find(|d| d.after.is_some()));
    let node = driver.and_then(|d| patch::find(&scenario.tree, &patch::steps(&d.path)).ok());
    let node = node.or(scenario.tree.get("environment")).unwrap_or(&scenario.tree);
    let source = ground.scenarios.sources.get(node.at.file)?;
    Some(Spot { file: source.name.to_string(), line: node.at.line })
}
