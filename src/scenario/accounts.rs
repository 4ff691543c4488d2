//! Who pays: payer accounts and the environments whose usage AWS adds up for them.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;

use super::driver::{Driver, Provenance};
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
    /// Taxes on its charges.
    #[serde(default)]
    pub tax: Option<Tax>,
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
