//! Who pays: payer accounts and the environments whose usage AWS adds up for them.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;

use super::actuals::Shared;
use super::commitment::{day, optional_day};
use super::driver::{Driver, Provenance};
use crate::money::Usd;
use crate::month::Month;
use crate::quantity::Share;

/// `accounts.yaml`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub struct Accounts {
    /// Payer accounts by name.
    pub payers: BTreeMap<String, Payer>,
}

/// A payer account (the management account of an organisation).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub struct Payer {
    /// Environments whose bills it pays, each in an account of its own unless its file says `account:`.
    pub members: Vec<String>,
    /// Its support plan.
    #[serde(default)]
    pub support: Option<Support>,
    /// Credits that pay its charges until they are used up.
    #[serde(default)]
    pub credits: Vec<Credit>,
    /// Taxes on its charges.
    #[serde(default)]
    pub tax: Option<Tax>,
    /// How rows of its real bills that belong to no member are shared among them; what no rule names is shown as belonging to none.
    #[serde(default)]
    pub shared: Vec<Shared>,
}

/// A support plan: steps on the payer's charges.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Support {
    /// A plan of `pricing/support.csv`: developer or business.
    pub plan: String,
    /// Where that is known from.
    #[serde(default)]
    pub from: Option<Provenance>,
    /// Why this one.
    #[serde(default)]
    pub why: Option<String>,
}

/// A credit of AWS: dollars that pay charges, month after month, until they are used up or expire.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Credit {
    /// Its name on the bill, such as "AWS Activate".
    pub name: String,
    /// US dollars on its first day.
    pub balance: Driver<Usd>,
    /// The first day whose charges it pays, such as 2026-12-01.
    #[serde(deserialize_with = "day")]
    #[schemars(with = "String", regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    pub from: NaiveDate,
    /// The last day whose charges it pays; what is left then is lost.
    #[serde(default, deserialize_with = "optional_day")]
    #[schemars(with = "Option<String>", regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    pub expires: Option<NaiveDate>,
    /// The services that it pays, by code, such as `AmazonECS`; all usage and monthly fees of commitments where none is named.
    #[serde(default)]
    pub on: Vec<String>,
}

impl Credit {
    /// Days of a month whose charges it pays.
    pub fn days_in(&self, month: Month) -> usize {
        month.days().filter(|d| *d >= self.from && self.expires.is_none_or(|e| *d <= e)).count()
    }

    /// What is wrong with it, if anything.
    pub fn problem(&self) -> Option<String> {
        if self.balance.value <= Usd::ZERO {
            return Some("a credit has a balance above zero".into());
        }
        let expires = self.expires.filter(|e| *e < self.from)?;
        Some(format!("it expires on {expires}, before it begins on {}", self.from))
    }
}

/// A tax: a rate on stated categories of charges.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Tax {
    /// Its name on the bill, such as "VAT".
    pub name: String,
    /// The rate.
    pub rate: Driver<Share>,
    /// What it is levied on.
    #[serde(default = "everything")]
    pub on: Vec<Taxed>,
}

/// A category of charges that can be taxed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Taxed {
    /// Metered usage.
    Usage,
    /// Fees of reservations and savings plans, and known charges of AWS.
    Purchase,
    /// The support plan.
    Support,
}

fn everything() -> Vec<Taxed> {
    vec![Taxed::Usage, Taxed::Purchase, Taxed::Support]
}

impl Tax {
    /// The rate as a fraction.
    pub fn fraction(&self) -> Decimal {
        self.rate.value.0
    }
}
