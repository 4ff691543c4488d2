//! Rules against the numbers of the environments.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::base::{self, Base};
use super::document::{Change, Check, Driver, Environment, Month as Numbers, Moved, Outcome, SCHEMA, Service, Status, Verdict};
use super::on_bill::OnBill;
use super::rule::{Level, Limit, Metric, Rule, Rules, Scope};
use super::value::{Untold, change, value};
use crate::bill::Bill;
use crate::bill::group::{By, Part, parts};
use crate::forecast::paths::Drawing;
use crate::forecast::{Cut, Forecast, forecast};
use crate::money::{Usd, dollars, quotient, signed};
use crate::month::Month;
use crate::predict::{self, Basis, NoBill};
use crate::pricing::PriceBook;
use crate::quantity::{exact, per_cent};
use crate::scenario::patch::Patch;
use crate::scenario::plan::Claim;
use crate::scenario::{Scenario, Scenarios};
use crate::variance::scope::tag;

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
        outcomes.extend(own.iter().map(|rule| judged(rule, rules, &seen, ground, old.as_deref())));
        numbers.push(environment(&seen, ground));
    }
    let verdict = outcomes.iter().map(|o: &Outcome| o.status.verdict()).max().unwrap_or(Verdict::Pass);
    outcomes.sort_by_key(|o| Reverse(o.status));
    Ok(Check {
        schema: SCHEMA.into(),
        environment: environments.iter().map(|s| s.name.as_ref()).collect::<Vec<_>>().join("+"),
        currency: "USD".into(),
        as_of: ground.as_of.to_string(),
        base: ground.base.map(|b| b.name.clone()),
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
        scope.group.fits(group)
            && scope.resource.fits(&charge.resource)
            && scope.service.fits(&charge.service)
            && scope.tag.iter().all(|(key, wanted)| tag(charge, key).is_some_and(|value| wanted.fits(value)))
    }

    /// What the charges in a scope cost in a month; only what is planned where `planned`. `None` where there are none.
    pub fn sum(&self, scope: &Scope, bill: &Bill, planned: bool) -> Option<Usd> {
        let parts = parts(bill, self.scenario.plan.as_ref());
        let own: Vec<&Part<'_>> = parts.iter().filter(|p| self.is_in(scope, p)).collect();
        let counted = own.iter().filter(|p| !planned || p.claim != Claim::Unplanned);
        (!own.is_empty()).then(|| counted.map(|p| p.cost).sum())
    }
}

/// In words where prices were seen too long ago.
fn stale(rules: &Rules, seen: &Seen<'_>, ground: &Ground<'_>) -> Option<String> {
    let within = rules.file.prices_within?.days();
    let text = &seen.forecast.basis.prices_seen;
    let Ok(day) = text.parse::<NaiveDate>() else { return Some("no price says when it was seen".into()) };
    let days = (ground.as_of - day).num_days();
    (Decimal::from(days) > within).then(|| format!("the newest price was seen on {text}, {days} days ago: more than {}", exact(within)))
}

/// A rule in one month.
struct Reading {
    month: Month,
    value: Result<Decimal, Untold>,
    /// The limit that is exceeded, or that comes nearest.
    limit: Option<Decimal>,
    /// How far beyond the limit, as a part of it; below zero within.
    beyond: Decimal,
    is_breach: bool,
    /// True for a breach that is too small to be one.
    is_small: bool,
    above: bool,
}

fn judged(rule: &Rule, rules: &Rules, seen: &Seen<'_>, ground: &Ground<'_>, stale: Option<&str>) -> Outcome {
    let readings = (0..rule.months).map(|n| reading(rule, seen, ground, n));
    // Whatever cannot be told counts first, then what goes farthest beyond.
    let worst = readings.max_by_key(|r| (r.value.is_err(), r.is_breach, r.beyond));
    let place = rule.at.and_then(|at| rules.sources.get(at.file).map(|source| (source.name.to_string(), at.line)));
    let (file, line) = place.unwrap_or_default();
    let mut outcome = Outcome {
        id: rule.id.clone(),
        environment: seen.scenario.name.to_string(),
        level: rule.level,
        status: Status::Pass,
        metric: rule.metric,
        scope: rule.scope.words(),
        month: String::new(),
        value: None,
        limit: None,
        message: String::new(),
        owner: rule.owner.clone(),
        link: rule.link.clone(),
        text: rule.text.clone(),
        file,
        line,
    };
    if let Some(worst) = worst {
        outcome.month = worst.month.to_string();
        outcome.limit = worst.limit.map(exact);
        outcome.value = worst.value.as_ref().ok().map(|v| exact(*v));
        outcome.status = status(rule, &worst, ground, stale);
        outcome.message = message(rule, &worst, ground.as_of, stale);
    }
    outcome
}

fn status(rule: &Rule, reading: &Reading, ground: &Ground<'_>, stale: Option<&str>) -> Status {
    let waived = rule.waiver.as_ref().is_some_and(|w| ground.as_of <= w.until);
    match (&reading.value, reading.is_breach, rule.level) {
        (Err(untold), ..) => untold.status(),
        (_, true, _) if waived => Status::Waived,
        (_, true, Level::Fail) => Status::Fail,
        _ if stale.is_some() => Status::Incomplete,
        (_, true, Level::Warn) => Status::Warn,
        (_, false, _) => Status::Pass,
    }
}

fn reading(rule: &Rule, seen: &Seen<'_>, ground: &Ground<'_>, n: u32) -> Reading {
    let month = if rule.metric.needs_bill() { Month::of(ground.as_of) } else { ground.basis.month.plus(n) };
    let plan = seen.scenario.plan.as_ref().map(|p| p.total);
    let number = |limit: Limit| match limit {
        Limit::Money(amount) => Some(amount.decimal()),
        Limit::Share(part) => Some(part),
        Limit::OfPlan(part) => plan.map(|p| p.share(part).decimal()),
    };
    let (most, least) = (rule.most(month).and_then(number), rule.below.and_then(number));
    let value = value(rule, seen, ground, n);
    let mut reading =
        Reading { month, limit: most.or(least), beyond: Decimal::ZERO, is_breach: false, is_small: false, above: most.is_some(), value };
    let Ok(value) = reading.value else { return reading };
    let beyond = |limit: Decimal, excess: Decimal| quotient(excess, limit.abs()).unwrap_or(excess);
    let sides = [most.map(|m| (m, value - m, true)), least.map(|l| (l, l - value, false))];
    let worst = sides.into_iter().flatten().max_by_key(|(limit, excess, _)| beyond(*limit, *excess));
    if let Some((limit, excess, above)) = worst {
        (reading.limit, reading.above, reading.beyond) = (Some(limit), above, beyond(limit, excess));
        reading.is_breach = excess > Decimal::ZERO && counts(rule, seen, ground, n, excess);
        reading.is_small = excess > Decimal::ZERO && !reading.is_breach;
    }
    reading
}

/// Whether a breach is large enough to be one.
fn counts(rule: &Rule, seen: &Seen<'_>, ground: &Ground<'_>, n: u32, excess: Decimal) -> bool {
    let Some(floor) = rule.floor else { return true };
    let dollars = match rule.metric {
        Metric::ChangePercent => change(rule, seen, ground, n).map(|(before, after)| (after - before).abs()).unwrap_or_default(),
        _ => Usd::new(excess),
    };
    dollars >= floor
}

/// A value or limit of a metric, for people.
pub fn shown(metric: Metric, n: Decimal) -> String {
    match metric {
        Metric::ChangePercent => format!("{}{}", if n > Decimal::ZERO { "+" } else { "" }, per_cent(n)),
        metric if metric.is_share() => per_cent(n),
        Metric::Change => signed(Usd::new(n)),
        _ => dollars(Usd::new(n)),
    }
}

/// "planned 5,702 in 2026-12, above the limit of 5,600 by 102".
fn message(rule: &Rule, reading: &Reading, as_of: NaiveDate, stale: Option<&str>) -> String {
    let number = |n: Decimal| shown(rule.metric, n);
    let scope = rule.scope.words();
    let what = match rule.metric {
        Metric::Planned => "planned",
        Metric::Total => "total",
        Metric::P50 => "P50",
        Metric::P90 => "P90",
        Metric::OverBudget => "probability of more than the budget",
        Metric::Change | Metric::ChangePercent => "change",
        Metric::Actual => "billed so far",
        Metric::Landed => "lands at",
        Metric::Coverage => "covered by commitments",
        Metric::Utilisation => "used of commitments",
        Metric::BilledCoverage => "covered by commitments on the bill",
        Metric::BilledUtilisation => "used of commitments on the bill",
        Metric::TagCoverage => "tagged",
        Metric::Anomaly => "largest anomaly",
    };
    let what = if scope.is_empty() { what.to_owned() } else { format!("{scope}, {what}") };
    let value = match &reading.value {
        Ok(value) => *value,
        Err(untold) => return format!("{what}: {untold}"),
    };
    let side = if reading.above { "at most" } else { "at least" };
    let limit = reading.limit.map(|limit| format!(", {side} {}", number(limit))).unwrap_or_default();
    let mut text = format!("{what} {} in {}{limit}", number(value), reading.month);
    if let Some(floor) = rule.floor.filter(|_| reading.is_small) {
        text.push_str(&format!("; less than {} does not count", dollars(floor)));
    }
    if let Some(waiver) = rule.waiver.as_ref().filter(|_| reading.is_breach) {
        let still = if as_of <= waiver.until { "accepted until" } else { "was accepted until" };
        text.push_str(&format!("; {still} {}: {}", waiver.until, waiver.why));
    }
    if let Some(why) = stale {
        text.push_str(&format!("; {why}"));
    }
    text
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

/// The first month against the base.
fn moved(seen: &Seen<'_>, ground: &Ground<'_>) -> Option<Change> {
    let base = ground.base?;
    let (forecast, after) = seen.forecast.months.first().zip(seen.costs.first())?;
    let before = base.month(&seen.scenario.name, &forecast.month)?;
    let names: BTreeSet<&String> = before.services.keys().chain(after.services.keys()).collect();
    let of = |month: &base::Month, name: &String| month.services.get(name).copied().unwrap_or_default();
    let mut services: Vec<Moved> = names
        .into_iter()
        .map(|name| Moved { service: name.clone(), before: of(before, name), after: of(after, name) })
        .filter(|m| m.before != m.after)
        .collect();
    services.sort_by_key(|m| Reverse((m.after - m.before).abs()));
    let band = forecast.band.p10.zip(forecast.band.p90);
    let old = base.scenarios.as_ref().and_then(|s| s.named(&seen.scenario.name));
    let drivers = old.map(|old| drivers(old, seen, ground, after.total)).unwrap_or_default();
    Some(Change {
        before: before.total,
        difference: after.total - before.total,
        part: (after.total - before.total).fraction_of(before.total).map(|p| exact(p.round_dp(6))),
        inside_band: band.map(|(low, high)| (low..=high).contains(&before.total)),
        services,
        drivers,
    })
}

/// Values that are taken back one by one, to see what each does: each time is a bill.
const MOST_ALONE: usize = 24;

/// The values of a scenario that are others than in the base, what each alone does, the one that does most first.
fn drivers(old: &Scenario, seen: &Seen<'_>, ground: &Ground<'_>, now: Usd) -> Vec<Driver> {
    let mut drivers = base::drivers(old, seen.scenario);
    for driver in drivers.iter_mut().take(MOST_ALONE) {
        driver.alone = without(driver, seen.scenario, ground).map(|before| now - before);
    }
    drivers.sort_by_key(|d| (Reverse(d.alone.map(Usd::abs)), d.path.clone()));
    drivers
}

/// What the first month costs where one value is as it was before. `None` where it was not there, or the scenario has no sense without.
fn without(driver: &Driver, scenario: &Scenario, ground: &Ground<'_>) -> Option<Usd> {
    let value = driver.before.as_ref()?;
    driver.after.as_ref()?;
    let patch = Patch { environment: scenario.name.to_string(), path: driver.path.clone(), value: value.into() };
    let as_before = ground.scenarios.changed(scenario, &[patch], ground.book, &ground.scenarios.sources).ok()?;
    Some(predict::bill(ground.scenarios, &as_before, ground.book, ground.basis).ok()?.cut(&scenario.name).total())
}
