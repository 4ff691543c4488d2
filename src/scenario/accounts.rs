//! Who pays: payer accounts and the environments whose usage AWS adds up for them.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;

use super::actuals::Shared;
use super::commitment::{day, optional_day};
use super::driver::{Driver, Provenance};
use crate::money::{Usd, quotient};
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
    /// What it has negotiated off the list prices. On a day one discount at most holds for a charge: the one that names its service,
    /// else the one that names none.
    #[serde(default)]
    pub discounts: Vec<Discount>,
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

/// A negotiated discount: a part off the list prices of some services, or of all (an enterprise discount programme, private pricing).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Discount {
    /// Its name on the bill, such as "Enterprise agreement".
    pub name: String,
    /// The part that it takes off.
    pub rate: Driver<Share>,
    /// The first day on whose charges it is given; all days to `expires` where it is left out.
    #[serde(default, deserialize_with = "optional_day")]
    #[schemars(with = "Option<String>", regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    pub from: Option<NaiveDate>,
    /// The last day on whose charges it is given.
    #[serde(default, deserialize_with = "optional_day")]
    #[schemars(with = "Option<String>", regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    pub expires: Option<NaiveDate>,
    /// The services on which it is given, by code, such as `AmazonECS`. Where none is named: all usage, and the fees of commitments.
    #[serde(default)]
    pub on: Vec<String>,
}

impl Discount {
    fn holds_on(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|first| first <= day) && self.expires.is_none_or(|last| day <= last)
    }

    fn names(&self, service: &str) -> bool {
        self.on.iter().any(|s| s == service)
    }

    /// What is wrong with it, if anything.
    pub fn problem(&self) -> Option<String> {
        if self.rate.value.0 <= Decimal::ZERO {
            return Some("a discount takes more than 0% off".into());
        }
        backwards(self.from?, self.expires)
    }

    /// A service on which this and another discount are given on the same day; `every service` where neither names one.
    pub fn meets<'a>(&'a self, other: &'a Discount) -> Option<&'a str> {
        let begins = self.from.max(other.from);
        let ends = [self.expires, other.expires].into_iter().flatten().min();
        let apart = begins.zip(ends).is_some_and(|(first, last)| last < first);
        let shared = match (self.on.is_empty(), other.on.is_empty()) {
            (true, true) => Some("every service"),
            _ => self.on.iter().find(|s| other.names(s)).map(String::as_str),
        };
        shared.filter(|_| !apart)
    }
}

impl Payer {
    /// The discount on what a service charges on a day: the one that names it, else the one that names none.
    pub fn discount_on(&self, service: &str, day: NaiveDate) -> Option<&Discount> {
        let held = || self.discounts.iter().filter(move |d| d.holds_on(day));
        held().find(|d| d.names(service)).or_else(|| held().find(|d| d.on.is_empty()))
    }

    /// At which prices it is billed in some months, in words.
    pub fn prices(&self, months: impl IntoIterator<Item = Month>) -> &'static str {
        let days: Vec<NaiveDate> = months.into_iter().flat_map(Month::days).collect();
        let held = |d: &Discount| days.iter().any(|day| d.holds_on(*day));
        if self.discounts.iter().any(held) { "list prices less discounts" } else { "list prices" }
    }

    /// The part of a service's list prices that is paid on a day, 0 to 1: of its usage, and of the fees of commitments.
    pub fn paid_part_on(&self, service: &str, day: NaiveDate) -> Decimal {
        Decimal::ONE - self.discount_on(service, day).map_or(Decimal::ZERO, |d| d.rate.value.0)
    }

    /// The same on average over a month.
    pub fn paid_part(&self, service: &str, month: Month) -> Decimal {
        self.paid_on_average(month, |day| self.discount_on(service, day))
    }

    /// The same of a service's other fees: support, subscriptions.
    pub fn paid_part_of_fees(&self, service: &str, month: Month) -> Decimal {
        self.paid_on_average(month, |day| self.discount_on(service, day).filter(|d| !d.on.is_empty()))
    }

    fn paid_on_average<'a>(&'a self, month: Month, held: impl Fn(NaiveDate) -> Option<&'a Discount>) -> Decimal {
        if self.discounts.is_empty() {
            return Decimal::ONE;
        }
        let off: Decimal = month.days().filter_map(held).map(|d| d.rate.value.0).sum();
        Decimal::ONE - quotient(off, Decimal::from(month.days().count())).unwrap_or_default()
    }
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
        backwards(self.from, self.expires)
    }
}

/// What is wrong with days of which the last is before the first.
fn backwards(from: NaiveDate, expires: Option<NaiveDate>) -> Option<String> {
    let expires = expires.filter(|last| *last < from)?;
    Some(format!("it expires on {expires}, before it begins on {from}"))
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
