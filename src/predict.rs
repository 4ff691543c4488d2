//! The way of the data as one function: scenarios + price book + month → bill. The file to read first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use rust_decimal::Decimal;

use crate::bill::{Bill, Charge};
use crate::failover::{Failover, Takeover};
use crate::money::{Usd, quotient};
use crate::month::{HoursBasis, Month};
use crate::pricing::PriceBook;
use crate::rating::credit::{self, End};
use crate::rating::{self, Terms, commitment, discount, support, tax};
use crate::scenario::accounts::Payer;
use crate::scenario::{Resource, Scenario, Scenarios};
use crate::services::At;
use crate::simulation::month::MonthOf;
use crate::statistic;
use crate::usage::{KnownCharge, Over, Requests, UsageRecord};
use crate::workload::Step;

/// How far to look for the end of a credit.
const MONTHS_AHEAD: u32 = 60;

/// Which month, and on which conventions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Basis {
    /// The billing period.
    pub month: Month,
    /// How many hours it is taken to have.
    pub hours: HoursBasis,
    /// False to rate one environment by itself instead of its whole payer account.
    pub pooled: bool,
    /// False to rate without monthly allowances.
    pub free_tier: bool,
    /// Hours in which its standby carries the environment.
    pub failover: Option<Failover>,
}

/// Why there is no bill: every reason, in words.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct NoBill(pub Vec<String>);

/// The bill that AWS will send for a month: of the whole payer account of `environment`, with every member's charges.
/// [`Bill::cut`] gives the part of one environment.
///
/// # Errors
/// Usage without exactly one price, and quantities too large to be exact.
pub fn bill(scenarios: &Scenarios, environment: &Scenario, book: &PriceBook, basis: Basis) -> Result<Bill, NoBill> {
    Metered::new(scenarios, environment, book, basis)?.bill()
}

/// What a payer account uses in a month, and the terms on which that is rated.
#[derive(Clone, Debug)]
pub struct Metered<'a> {
    /// The payer's members, with the environment itself in its place.
    pub members: Vec<&'a Scenario>,
    /// The environment in question.
    pub own: Arc<str>,
    /// Discounts, support, credits and tax.
    pub of_payer: Payer,
    /// Prices, month, hours.
    pub terms: Terms<'a>,
    /// Everything metered.
    pub records: Vec<UsageRecord>,
    /// Everything whose amount is known beforehand.
    pub known: Vec<KnownCharge>,
    /// Hours in which its standby carries the environment.
    pub failover: Option<Failover>,
    /// What each of the payer's credits has left when the month begins.
    pub balances: Vec<Usd>,
}

impl<'a> Metered<'a> {
    /// What every resource of every member uses, and what earlier months left of the payer's credits.
    ///
    /// # Errors
    /// Quantities too large to be exact, below zero, or without a usage type in their region; a failover without standby. Where the
    /// payer has credits, a month since the first of them of which there is no bill.
    pub fn new(scenarios: &'a Scenarios, environment: &'a Scenario, book: &'a PriceBook, basis: Basis) -> Result<Metered<'a>, NoBill> {
        let balances = balances(scenarios, environment, book, basis)?;
        Metered::with(scenarios, environment, book, basis, balances)
    }

    /// The environment by itself, with what was simulated before of the same demand and policies: for many changes of one scenario.
    ///
    /// # Errors
    /// As [`Metered::new`].
    pub fn alone(
        scenarios: &'a Scenarios,
        environment: &'a Scenario,
        terms: Terms<'a>,
        basis: Basis,
        memory: &Memory,
    ) -> Result<Metered<'a>, NoBill> {
        let (_, of_payer, _) = scenarios.payer(environment);
        let members = vec![environment];
        let (records, known) = usage(&members, terms.book, basis, Some(memory))?;
        Ok(Metered { own: environment.name.clone(), members, of_payer, terms, records, known, failover: None, balances: Vec::new() })
    }

    /// The same with known balances.
    fn with(
        scenarios: &'a Scenarios,
        environment: &'a Scenario,
        book: &'a PriceBook,
        basis: Basis,
        balances: Vec<Usd>,
    ) -> Result<Metered<'a>, NoBill> {
        let (payer, of_payer, mut members) = scenarios.payer(environment);
        if !basis.pooled {
            members = vec![environment];
        }
        let hours = basis.hours.hours(basis.month);
        let terms = Terms { book, month: basis.month, hours, payer: payer.into(), free_tier: basis.free_tier };
        let (mut records, known) = usage(&members, book, basis, None)?;
        if let Some(failover) = basis.failover {
            take_over(failover, scenarios, environment, book, basis, &mut records)?;
        }
        Ok(Metered { own: environment.name.clone(), members, of_payer, terms, records, known, failover: basis.failover, balances })
    }

    /// The usage of the environment in question which nothing covers that its payer has bought. `members` are those of the payer, which may
    /// hold other commitments.
    ///
    /// # Errors
    /// Commitments without a price.
    pub fn uncovered(&self, members: &[&Scenario]) -> Result<Vec<UsageRecord>, NoBill> {
        let (mut left, _) = commitment::cover(self.records.clone(), members, &self.terms).map_err(NoBill)?;
        left.retain(|r| r.environment == self.own);
        Ok(left)
    }

    /// The bill for it.
    ///
    /// # Errors
    /// Usage without exactly one price.
    pub fn bill(self) -> Result<Bill, NoBill> {
        self.settle().map(|(bill, _)| bill)
    }

    /// The bill, and what it leaves of the payer's credits.
    fn settle(self) -> Result<(Bill, Vec<Usd>), NoBill> {
        let Metered { members, of_payer, terms, records, known, failover, mut balances, .. } = self;
        let (uncovered, mut charges) = commitment::cover(records, &members, &terms).map_err(NoBill)?;
        charges.extend(rating::rate(uncovered, &terms).map_err(NoBill)?);
        charges.extend(known.into_iter().map(|k| rating::known(k, &terms.payer)));
        if let Some(failover) = failover {
            failover.describe(&mut charges);
        }
        add_payer_lines(&of_payer, &mut balances, &mut charges, &members, &terms);
        in_order(&mut charges, &members);
        Ok((Bill { month: terms.month, hours: terms.hours, payer: terms.payer, charges }, balances))
    }
}

/// What every resource of every member uses.
fn usage(
    members: &[&Scenario],
    book: &PriceBook,
    basis: Basis,
    memory: Option<&Memory>,
) -> Result<(Vec<UsageRecord>, Vec<KnownCharge>), NoBill> {
    let (mut records, mut known, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    for scenario in members {
        let demand = match memory.map_or_else(|| Demanded::of(scenario, basis), |m| m.demanded(scenario, basis)) {
            Some(demand) => demand,
            None => {
                failures.push(format!("{}: the workload of {} is too large to be exact", scenario.name, basis.month));
                continue;
            }
        };
        for resource in &scenario.resources {
            let mut at = place(scenario, resource, book, basis, &demand);
            resource.service.usage(&mut at);
            records.append(&mut at.usage);
            known.append(&mut at.known);
            failures.extend(at.failures.into_iter().map(|f| format!("{} {f}", scenario.name)));
        }
    }
    if failures.is_empty() { Ok((records, known)) } else { Err(NoBill(failures)) }
}

/// What was simulated of a month: changes of a scenario that leave demand and policies as they are have the same capacity.
#[derive(Debug, Default)]
pub struct Memory(Mutex<HashMap<String, Option<Demanded>>>);

impl Memory {
    /// Kept by everything that a simulation reads, as it prints.
    fn demanded(&self, scenario: &Scenario, basis: Basis) -> Option<Demanded> {
        if !scenario.driven {
            return Demanded::of(scenario, basis);
        }
        let key = format!("{basis:?} {} {:?} {:?}", scenario.level, scenario.workload, scenario.follows());
        let known = |all: &HashMap<String, Option<Demanded>>| all.get(&key).cloned();
        if let Some(found) = self.0.lock().ok().and_then(|all| known(&all)) {
            return found;
        }
        let found = Demanded::of(scenario, basis);
        if let Ok(mut all) = self.0.lock() {
            all.insert(key, found.clone());
        }
        found
    }
}

/// What demand makes of a month, at likely values.
#[derive(Clone, Debug)]
struct Demanded {
    /// How many times as large as stated.
    growth: Decimal,
    requests: Option<Arc<Requests>>,
    /// Capacity of the resources that follow it.
    capacity: HashMap<Arc<str>, Decimal>,
}

impl Demanded {
    /// `None` for what is too large to be exact. Capacity is simulated by the minute; requests are those of the hours that the
    /// month is taken to have.
    fn of(scenario: &Scenario, basis: Basis) -> Option<Demanded> {
        let none = Demanded { growth: Decimal::ONE, requests: None, capacity: HashMap::new() };
        let Some(workload) = &scenario.workload else { return Some(none) };
        let growth = workload.factor(basis.month)?.checked_mul(scenario.level)?;
        if !scenario.driven {
            return Some(Demanded { growth, ..none });
        }
        let likely = MonthOf::new(workload, basis.month, Step::Minute, scenario.follows()).likely();
        let hours = quotient(basis.hours.hours(basis.month), HoursBasis::Actual.hours(basis.month))?;
        let of_route = |(name, requests)| Some((name, statistic::quantity(requests)?.checked_mul(hours)?));
        let routes = likely.requests.into_iter().map(of_route).collect::<Option<_>>()?;
        let capacity = likely.capacity.into_iter().map(|(name, average)| Some((name, statistic::quantity(average)?)));
        let requests = Requests { routes, level: Some(workload.requests.level.clone()) };
        Some(Demanded { growth, requests: Some(Arc::new(requests)), capacity: capacity.collect::<Option<_>>()? })
    }
}

/// What each of the payer's credits has left when a month begins: the months since the first credit are billed one after the other.
fn balances(scenarios: &Scenarios, environment: &Scenario, book: &PriceBook, basis: Basis) -> Result<Vec<Usd>, NoBill> {
    let (_, payer, _) = scenarios.payer(environment);
    let mut balances = credit::balances(&payer.credits);
    let in_force = payer.credits.iter().any(|c| c.days_in(basis.month) > 0);
    let Some(first) = payer.credits.iter().map(|c| Month::of(c.from)).min().filter(|_| in_force) else { return Ok(balances) };
    let mut month = first;
    while month < basis.month {
        balances = after(scenarios, environment, book, Basis { month, ..basis }, balances)?;
        month = month.plus(1);
    }
    Ok(balances)
}

/// What a month leaves of the payer's credits.
fn after(scenarios: &Scenarios, environment: &Scenario, book: &PriceBook, basis: Basis, balances: Vec<Usd>) -> Result<Vec<Usd>, NoBill> {
    let failover = basis.failover.map(|f| f.within(basis.hours.hours(basis.month)));
    let metered = Metered::with(scenarios, environment, book, Basis { failover, ..basis }, balances)?;
    metered.settle().map(|(_, balances)| balances)
}

/// How the credits of an environment's payer end, seen from a month, by name: those that have something left when it begins.
///
/// # Errors
/// As [`bill`]. Of later months nothing is said where there is no bill.
pub fn ends(scenarios: &Scenarios, environment: &Scenario, book: &PriceBook, basis: Basis) -> Result<Vec<(String, End)>, NoBill> {
    let (_, payer, _) = scenarios.payer(environment);
    let mut left = balances(scenarios, environment, book, basis)?;
    let mut ends: Vec<Option<End>> = left.iter().map(|b| b.is_zero().then_some(End::Dry(basis.month))).collect();
    let known: Vec<bool> = ends.iter().map(Option::is_some).collect();
    for n in 0..MONTHS_AHEAD {
        if ends.iter().all(Option::is_some) {
            break;
        }
        let month = basis.month.plus(n);
        let Ok(next) = after(scenarios, environment, book, Basis { month, ..basis }, left.clone()) else { break };
        left = next;
        for ((credit, left), end) in payer.credits.iter().zip(&left).zip(&mut ends).filter(|(_, end)| end.is_none()) {
            let expired = credit.expires.filter(|day| *day < month.end());
            *end = if left.is_zero() { Some(End::Dry(month)) } else { expired.map(|day| End::Expires(day, *left)) };
        }
    }
    let named = payer.credits.iter().zip(ends).zip(known).filter(|(_, known)| !known);
    Ok(named.map(|((credit, end), _)| (credit.name.clone(), end.unwrap_or(End::Lasts))).collect())
}

/// Adds what a failover of the environment needs to the usage of its payer.
fn take_over(
    failover: Failover,
    scenarios: &Scenarios,
    environment: &Scenario,
    book: &PriceBook,
    basis: Basis,
    records: &mut Vec<UsageRecord>,
) -> Result<(), NoBill> {
    let standby = failover.standby(scenarios, environment, basis.month, basis.hours).map_err(|why| NoBill(vec![why]))?;
    let (standing, _) = usage(&[standby], book, basis, None)?;
    let takeover = Takeover { failover, from: environment, to: standby, book, month_hours: basis.hours.hours(basis.month) };
    takeover.apply(records, &standing).map_err(NoBill)
}

/// Where and when a resource runs.
fn place<'a>(scenario: &'a Scenario, resource: &Resource, book: &'a PriceBook, basis: Basis, demand: &Demanded) -> At<'a> {
    let month_hours: Decimal = basis.hours.hours(basis.month);
    let over = Over { hours: month_hours, requests: demand.requests.clone() };
    let before = resource.service.behind().and_then(|name| scenario.resource(name));
    At {
        book,
        month: basis.month,
        misses: before.and_then(|distribution| distribution.service.misses(&over)),
        over,
        capacity: demand.capacity.get(scenario.whole_of(&resource.name)).copied(),
        workload: scenario.workload.as_ref(),
        on_hours: resource.schedule.as_ref().map_or(month_hours, |s| s.hours(basis.month, basis.hours)),
        growth: demand.growth,
        region: resource.region.clone(),
        account: scenario.account.clone(),
        environment: scenario.name.clone(),
        resource: resource.name.clone(),
        tags: resource.tags.clone(),
        usage: Vec::new(),
        known: Vec::new(),
        failures: Vec::new(),
    }
}

/// Discounts, then support, credits and tax: each is computed on what stands before it, support on what is there without discounts.
fn add_payer_lines(payer: &Payer, balances: &mut [Usd], charges: &mut Vec<Charge>, members: &[&Scenario], terms: &Terms<'_>) {
    *charges = discount::discounted(payer, std::mem::take(charges), members, terms);
    let first = charges.len();
    if let Some(plan) = &payer.support {
        let rows = support::charges(plan, charges, terms);
        charges.extend(discount::discounted(payer, rows, members, terms));
    }
    let rows = credit::charges(&payer.credits, balances, charges, terms);
    charges.extend(rows);
    if let Some(rate) = &payer.tax {
        let rows = tax::charges(rate, charges, terms);
        charges.extend(rows);
    }
    // An environment's first charge may be one that its standby's account caused.
    for row in &mut charges[first..] {
        if let Some(member) = members.iter().find(|m| m.name == row.environment) {
            row.account = member.account.clone();
        }
    }
}

/// Environments in the order of the payer's members, resources in the order of their file, then what belongs to no resource.
fn in_order(charges: &mut [Charge], members: &[&Scenario]) {
    let mut ranks: HashMap<(&str, &str), (usize, usize)> = HashMap::new();
    for (environment, member) in members.iter().enumerate() {
        for (resource, r) in member.resources.iter().enumerate() {
            ranks.entry((&member.name, &r.name)).or_insert((environment, resource));
        }
    }
    let rank = |c: &Charge| match ranks.get(&(c.environment.as_ref(), c.resource.as_ref())) {
        Some(rank) => *rank,
        None => (members.iter().position(|m| m.name == c.environment).unwrap_or(usize::MAX), usize::MAX),
    };
    charges.sort_by_cached_key(|c| (rank(c), c.resource.clone()));
}
