//! What a rule looks at.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a rule looks at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// What the plan speaks of, at likely values.
    Planned,
    /// All charges, at likely values.
    Total,
    /// All charges, exceeded in half of the cases.
    P50,
    /// All charges, exceeded in one case of ten.
    P90,
    /// The probability that what is planned exceeds the plan's total.
    OverBudget,
    /// All charges beyond those of the base, in dollars.
    Change,
    /// The same as a part of the base.
    ChangePercent,
    /// What was billed in the month that goes on.
    Actual,
    /// What that month will come to: billed so far, and the model for the rest.
    Landed,
    /// The part of what commitments could cover that they do, at list prices.
    Coverage,
    /// The part of what commitments cost (amortized) that is used.
    Utilisation,
    /// The coverage in the month that goes on, as billed.
    BilledCoverage,
    /// The utilisation in that month, as billed.
    BilledUtilisation,
    /// The part of that month's bill that carries a tag, of the tag that fewest carry.
    TagCoverage,
    /// The largest rise or fall (below zero) of daily costs among the days that became known in that month.
    Anomaly,
}

impl Metric {
    /// All of them.
    pub const ALL: [Metric; 15] = [
        Metric::Planned,
        Metric::Total,
        Metric::P50,
        Metric::P90,
        Metric::OverBudget,
        Metric::Change,
        Metric::ChangePercent,
        Metric::Actual,
        Metric::Landed,
        Metric::Coverage,
        Metric::Utilisation,
        Metric::BilledCoverage,
        Metric::BilledUtilisation,
        Metric::TagCoverage,
        Metric::Anomaly,
    ];

    /// As files write it.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Planned => "planned",
            Metric::Total => "total",
            Metric::P50 => "p50",
            Metric::P90 => "p90",
            Metric::OverBudget => "over_budget",
            Metric::Change => "change",
            Metric::ChangePercent => "change_percent",
            Metric::Actual => "actual",
            Metric::Landed => "landed",
            Metric::Coverage => "coverage",
            Metric::Utilisation => "utilisation",
            Metric::BilledCoverage => "billed_coverage",
            Metric::BilledUtilisation => "billed_utilisation",
            Metric::TagCoverage => "tag_coverage",
            Metric::Anomaly => "anomaly",
        }
    }

    /// True where its value is a part of something, not an amount.
    pub fn is_share(self) -> bool {
        matches!(self, Metric::OverBudget | Metric::ChangePercent | Metric::TagCoverage) || self.is_of_commitments()
    }

    /// True where it needs the paths of the model.
    pub fn is_drawn(self) -> bool {
        matches!(self, Metric::P50 | Metric::P90 | Metric::OverBudget)
    }

    /// True where it needs a bill.
    pub fn needs_bill(self) -> bool {
        matches!(
            self,
            Metric::Actual | Metric::Landed | Metric::BilledCoverage | Metric::BilledUtilisation | Metric::TagCoverage | Metric::Anomaly
        )
    }

    /// True where it is about commitments.
    pub fn is_of_commitments(self) -> bool {
        matches!(self, Metric::Coverage | Metric::Utilisation | Metric::BilledCoverage | Metric::BilledUtilisation)
    }

    /// True where it is what AWS bills: dollars by row, so that services and tags can be told apart.
    pub fn is_billed_amount(self) -> bool {
        matches!(self, Metric::Actual | Metric::Landed)
    }

    /// True where no value is below 0 or above 1.
    pub fn is_within_one(self) -> bool {
        self.is_share() && self != Metric::ChangePercent
    }

    /// True where it needs a base.
    pub fn needs_base(self) -> bool {
        matches!(self, Metric::Change | Metric::ChangePercent)
    }
}
