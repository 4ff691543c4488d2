//! Statements at a glance: exact totals by period, by line item type and kind, and by what else is asked for.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::totals::{self, Kind, Sums};
use super::{Statement, upfront_fees};
use crate::bill::Charge;
use crate::money::Usd;
use crate::month::Month;
use crate::variance::names::Names;

/// By what charges are added up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum By {
    /// AWS's line item types.
    Type,
    /// Service codes, whatever names bills have for them.
    Service,
    /// AWS's usage types.
    UsageType,
    /// Days.
    Day,
    /// Environments.
    Environment,
}

impl By {
    /// The name under which a charge is added up; empty where it has none.
    fn name(self, charge: &Charge, names: &Names) -> String {
        match self {
            By::Type => charge.line_item.name().to_owned(),
            By::Service => names.code(&charge.service).unwrap_or(&charge.service).to_owned(),
            By::UsageType => charge.usage_type.to_string(),
            By::Day => charge.day.map(|day| day.to_string()).unwrap_or_default(),
            By::Environment => charge.environment.to_string(),
        }
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            By::Type => "type",
            By::Service => "service",
            By::UsageType => "usage type",
            By::Day => "day",
            By::Environment => "environment",
        }
    }
}

/// What was billed. The JSON of `actuals show --format json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// Names this layout: `ce-cost/actuals-show/1`.
    pub schema: String,
    /// Always `null`: the bills of payer accounts, with all environments.
    pub environment: Option<String>,
    /// Always USD.
    pub currency: String,
    /// The day on which it was asked.
    pub as_of: String,
    /// By what `by` adds up: `type`, `service`, `usage type`, `day` or `environment`.
    pub by: String,
    /// Period by period, in the order of accounts and months.
    pub periods: Vec<Period>,
    /// All of them together.
    pub total: Total,
}

/// A billing period of a payer account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct Period {
    /// The payer account.
    pub account: String,
    /// The month.
    #[schemars(with = "String", regex(pattern = r"^\d{4}-\d{2}$"))]
    pub month: Month,
    /// True once AWS has closed it.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// The format that it was read from.
    pub format: String,
    /// What tells this version from another.
    pub version: String,
    /// Rows of the source.
    pub rows: u64,
    /// unblended = amortized + true-up + upfront fees; `null` where the source does not tell.
    #[schemars(with = "Option<Usd>")]
    pub true_up: Option<Usd>,
    /// What of the invoice is paid once and belongs to later months too.
    pub upfront_fees: Usd,
    /// Its charges.
    #[serde(flatten)]
    pub total: Total,
}

/// Charges added up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct Total {
    /// All of them.
    #[serde(flatten)]
    pub sums: Sums,
    /// By AWS's line item types.
    pub by_type: Vec<ByType>,
    /// Usage, fees, tax, credits and so on apart.
    pub by_kind: Vec<ByKind>,
    /// By what was asked for.
    pub by: Vec<Named>,
}

/// Charges of a line item type.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct ByType {
    /// The type, as the Cost and Usage Report spells it.
    #[serde(rename = "type")]
    pub line_item_type: String,
    /// Its charges.
    #[serde(flatten)]
    pub sums: Sums,
}

/// Charges of a kind.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct ByKind {
    /// The kind.
    pub kind: Kind,
    /// Its charges.
    #[serde(flatten)]
    pub sums: Sums,
}

/// Charges under a name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct Named {
    /// The name; empty for what has none.
    pub name: String,
    /// Its charges.
    #[serde(flatten)]
    pub sums: Sums,
}

impl Summary {
    /// Of these statements, as they come.
    pub fn of(statements: &[Statement], by: By, as_of: &str) -> Summary {
        Summary {
            schema: "ce-cost/actuals-show/1".into(),
            environment: None,
            currency: "USD".into(),
            as_of: as_of.into(),
            by: by.word().into(),
            periods: statements.iter().map(|s| Period::of(s, by)).collect(),
            total: Total::of(|| statements.iter().flat_map(|s| &s.bill.charges), by),
        }
    }
}

impl Period {
    fn of(statement: &Statement, by: By) -> Period {
        let charges = &statement.bill.charges;
        Period {
            account: statement.bill.payer.to_string(),
            month: statement.bill.month,
            is_final: statement.is_final,
            format: statement.source.format.clone(),
            version: statement.source.version.clone(),
            rows: statement.rows,
            true_up: statement.true_up,
            upfront_fees: upfront_fees(&statement.bill),
            total: Total::of(|| charges.iter(), by),
        }
    }
}

impl Total {
    fn of<'a, I: Iterator<Item = &'a Charge>>(charges: impl Fn() -> I, by: By) -> Total {
        let types: BTreeMap<String, Sums> = totals::by(charges(), |c| c.line_item.name().to_owned());
        let kinds = totals::by(charges(), Kind::of);
        let names = Names::embedded();
        let named = totals::by(charges(), |c| by.name(c, &names));
        Total {
            sums: Sums::of(charges()),
            by_type: types.into_iter().map(|(line_item_type, sums)| ByType { line_item_type, sums }).collect(),
            by_kind: kinds.into_iter().map(|(kind, sums)| ByKind { kind, sums }).collect(),
            by: named.into_iter().map(|(name, sums)| Named { name, sums }).collect(),
        }
    }
}
