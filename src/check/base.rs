//! What a check is held against: the same environments by another revision of the scenarios, or a saved run.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::{CURRENCY, Driver, SCHEMA, Saved};
use crate::bill::Bill;
use crate::failover::Failover;
use crate::money::Usd;
use crate::predict::Basis;
use crate::pricing::PriceBook;
use crate::pricing::check::hash;
use crate::scenario::node::{Kind, Node};
use crate::scenario::{Scenario, Scenarios};

/// What a month cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Month {
    /// In all.
    pub total: Usd,
    /// By service.
    pub services: BTreeMap<String, Usd>,
}

impl Month {
    /// Of an environment's bill.
    pub fn of(bill: &Bill) -> Month {
        let mut month = Month::default();
        for charge in &bill.charges {
            month.total += charge.billed;
            *month.services.entry(charge.service.to_string()).or_default() += charge.billed;
        }
        month
    }
}

/// Environments as they were.
#[derive(Clone, Debug, Default)]
pub struct Base {
    /// What it is called.
    pub name: String,
    /// By environment and month (2026-12).
    pub months: BTreeMap<(String, String), Month>,
    /// The scenarios behind it; none behind a saved run.
    pub scenarios: Option<Scenarios>,
    /// True for a saved run at other prices: what these do is part of every change.
    pub other_prices: bool,
}

impl Base {
    /// Out of the JSON of an earlier check.
    ///
    /// # Errors
    /// In words: text that is none, or of a run that reckoned otherwise than `now`.
    pub fn saved(name: &str, text: &str, now: &Conventions) -> Result<Base, String> {
        let saved: Saved = serde_json::from_str(text).map_err(|e| format!("{name} is no saved check: {e}"))?;
        if saved.schema != SCHEMA {
            return Err(format!("{name} is no saved check: its schema is `{}`, not `{SCHEMA}`", saved.schema.escape_debug()));
        }
        if saved.currency != CURRENCY {
            return Err(format!("{name} is in {}, not in {CURRENCY}", saved.currency.escape_debug()));
        }
        if let Some(otherwise) = saved.basis.otherwise(now) {
            return Err(format!("{name} was reckoned otherwise: {otherwise}"));
        }
        let amount = |text: &str| {
            let amount = Decimal::from_str_exact(text).map_err(|_| format!("{name}: `{}` is no amount", text.escape_debug()));
            amount.map(Usd::new)
        };
        let other_prices = saved.basis.prices != now.prices;
        let mut base = Base { name: name.to_owned(), other_prices, ..Base::default() };
        for environment in saved.environments {
            for month in environment.months {
                let mut read = Month { total: amount(&month.total)?, services: BTreeMap::new() };
                for service in month.services {
                    read.services.insert(service.service, amount(&service.total)?);
                }
                if base.months.insert((environment.environment.clone(), month.month.clone()), read).is_some() {
                    return Err(format!("{name} holds {} of {} twice", month.month, environment.environment));
                }
            }
        }
        Ok(base)
    }

    /// A month of an environment: nothing where the scenarios have none of that name. A saved run may just not have looked at it.
    pub fn month(&self, environment: &str, month: &str) -> Option<&Month> {
        static NOTHING: Month = Month { total: Usd::ZERO, services: BTreeMap::new() };
        if self.is_new(environment) {
            return Some(&NOTHING);
        }
        self.months.get(&(environment.to_owned(), month.to_owned()))
    }

    /// True where the environment was not there yet.
    pub fn is_new(&self, environment: &str) -> bool {
        self.scenarios.as_ref().is_some_and(|scenarios| scenarios.named(environment).is_none())
    }
}

/// The values of a scenario that are others than before, without what each does; a resource that came or went is one of them, by its
/// type. Names, and where values are from, are none.
pub fn drivers(before: &Scenario, after: &Scenario) -> Vec<Driver> {
    let (mut old, mut new) = (values(before), values(after));
    let (had, has) = (types(before), types(after));
    let mut drivers = Vec::new();
    for name in had.keys().chain(has.keys()).collect::<BTreeSet<_>>() {
        let (before, after) = (had.get(name), has.get(name));
        if before.is_some() != after.is_some() {
            let below = format!("resources.{name}.");
            old.retain(|path, _| !path.starts_with(&below));
            new.retain(|path, _| !path.starts_with(&below));
            drivers.push(Driver { path: name.clone(), before: before.cloned(), after: after.cloned(), alone: None });
        }
    }
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let changed = paths.into_iter().filter(|path| old.get(*path) != new.get(*path));
    let driver = |path: &String| {
        let short = path.strip_prefix("resources.").unwrap_or(path).to_owned();
        Driver { path: short, before: old.get(path).cloned(), after: new.get(path).cloned(), alone: None }
    };
    drivers.extend(changed.map(driver));
    drivers
}

/// Every value by its path, without names and where values are from.
fn values(scenario: &Scenario) -> BTreeMap<String, String> {
    let mut values = scenario.tree.leaves();
    let is_said = |path: &str| path.ends_with(".why") || path.ends_with(".from") || ["inherits", "environment", "title"].contains(&path);
    values.retain(|path, _| !is_said(path));
    values
}

/// The resources by name, with their types.
fn types(scenario: &Scenario) -> BTreeMap<String, String> {
    let resources = scenario.tree.get("resources").map(Node::entries).unwrap_or_default();
    let is_there = resources.iter().filter(|(_, node)| node.kind != Kind::Null);
    let of = |node: &Node| node.get("type").and_then(Node::text).unwrap_or("a resource").to_owned();
    is_there.map(|(name, node)| (name.text.clone(), of(node))).collect()
}

/// How a bill ahead was reckoned: what must be alike for two of them to be compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Conventions {
    /// `actual`, or the number of hours that every month is taken to have.
    pub hours: String,
    /// True where whole payer accounts were rated, and environments are their parts.
    pub pooled: bool,
    /// True where monthly allowances were taken off.
    pub free_tier: bool,
    /// The failover that each month holds, such as "Failover drill, 6 h".
    pub failover: Option<String>,
    /// SHA-256 over the price book.
    pub prices: String,
}

impl Conventions {
    /// Those of a check.
    pub fn of(basis: Basis, book: &PriceBook) -> Conventions {
        Conventions {
            hours: basis.hours.to_string(),
            pooled: basis.pooled,
            free_tier: basis.free_tier,
            failover: basis.failover.map(Failover::title),
            prices: hash(book),
        }
    }

    /// In words what a saved run has otherwise than `now`, and no price explains; `None` where only prices may differ.
    fn otherwise(&self, now: &Conventions) -> Option<String> {
        let yes = |is: bool| if is { "on" } else { "off" };
        let none = || "none".to_owned();
        let pairs = [
            ("--hours", self.hours.clone(), now.hours.clone()),
            ("pooled rating", yes(self.pooled).into(), yes(now.pooled).into()),
            ("free allowances", yes(self.free_tier).into(), yes(now.free_tier).into()),
            ("failover", self.failover.clone().unwrap_or_else(none), now.failover.clone().unwrap_or_else(none)),
        ];
        let differ = pairs.into_iter().filter(|(_, then, now)| then != now);
        let words: Vec<String> = differ.map(|(name, then, now)| format!("{name}: {then} there, {now} here")).collect();
        (!words.is_empty()).then(|| words.join("; "))
    }
}
