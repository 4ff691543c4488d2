//! What a rule allows.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::money::Usd;
use crate::quantity::{exact, per_cent};

/// A limit as a file writes it: "5600 USD", "10%", "plan", "110% of plan".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// So many dollars.
    Money(Usd),
    /// A part: of the base, of all cases.
    Share(Decimal),
    /// So many times the plan's total.
    OfPlan(Decimal),
}

/// What to write.
const LIMIT: &str = "an amount such as `5600 USD`, a part such as `10%`, `plan`, or `110% of plan`";

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Limit, String> {
        let wrong = |_| format!("expected {LIMIT}");
        let part = |text: &str| {
            let (sign, digits) = text.trim().strip_prefix('-').map_or((Decimal::ONE, text), |rest| (Decimal::NEGATIVE_ONE, rest));
            let number = digits.trim().strip_suffix('%').ok_or_else(String::new)?.trim();
            let number = Decimal::from_str_exact(number).map_err(|_| String::new())?;
            Ok(sign * number / Decimal::ONE_HUNDRED)
        };
        match text.trim() {
            "plan" => Ok(Limit::OfPlan(Decimal::ONE)),
            text if text.ends_with("of plan") => part(text.trim_end_matches("of plan")).map(Limit::OfPlan).map_err(wrong),
            text if text.ends_with('%') => part(text).map(Limit::Share).map_err(wrong),
            text => text.parse().map(Limit::Money).map_err(wrong),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Money(amount) => write!(f, "{} USD", exact(amount.decimal())),
            Limit::Share(part) => f.write_str(&per_cent(*part)),
            Limit::OfPlan(part) if *part == Decimal::ONE => f.write_str("plan"),
            Limit::OfPlan(part) => write!(f, "{} of plan", per_cent(*part)),
        }
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Limit, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Limit {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": LIMIT, "pattern": r"^(-?[0-9][0-9_,]*(\.[0-9]+)? *(USD|%|% of plan)|plan)$" })
    }
}
