//! What a check is held against: the same environments by another revision of the scenarios, or a saved run.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::document::{Driver, SCHEMA, Saved};
use crate::bill::Bill;
use crate::money::Usd;
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
}

impl Base {
    /// Out of the JSON of an earlier check.
    ///
    /// # Errors
    /// In words: text that is none.
    pub fn saved(name: &str, text: &str) -> Result<Base, String> {
        let saved: Saved = serde_json::from_str(text).map_err(|e| format!("{name} is no saved check: {e}"))?;
        if saved.schema != SCHEMA {
            return Err(format!("{name} is no saved check: its schema is `{}`, not `{SCHEMA}`", saved.schema.escape_debug()));
        }
        let amount = |text: &str| {
            let amount = Decimal::from_str_exact(text).map_err(|_| format!("{name}: `{}` is no amount", text.escape_debug()));
            amount.map(Usd::new)
        };
        let mut base = Base { name: name.to_owned(), ..Base::default() };
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

    /// A month of an environment.
    pub fn month(&self, environment: &str, month: &str) -> Option<&Month> {
        self.months.get(&(environment.to_owned(), month.to_owned()))
    }
}

/// The values of a scenario that are others than before, without what each does. Names, and where values are from, are none.
pub fn drivers(before: &Scenario, after: &Scenario) -> Vec<Driver> {
    let of = |scenario: &Scenario| {
        let mut values = scenario.tree.leaves();
        let is_said =
            |path: &str| path.ends_with(".why") || path.ends_with(".from") || ["inherits", "environment", "title"].contains(&path);
        values.retain(|path, _| !is_said(path));
        values
    };
    let (before, after) = (of(before), of(after));
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = paths.into_iter().filter(|path| before.get(*path) != after.get(*path));
    let driver = |path: &String| {
        let short = path.strip_prefix("resources.").unwrap_or(path).to_owned();
        Driver { path: short, before: before.get(path).cloned(), after: after.get(path).cloned(), alone: None }
    };
    changed.map(driver).collect()
}
