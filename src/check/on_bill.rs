//! What the bill of the month that goes on says of an environment, as far as rules ask for it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::anomaly::Anomaly;
use super::landing::Landing;

/// An environment in the month that goes on.
#[derive(Clone, Debug)]
pub struct OnBill {
    /// What is billed, and what the month will come to.
    pub landing: Option<Landing>,
    /// The part of what commitments could cover that they do; `None` where there is none of it.
    pub coverage: Option<Decimal>,
    /// The part of the commitments that is used; `None` where there are none, or the bill does not tell.
    pub utilisation: Option<Decimal>,
    /// The part that carries a tag, by tag; `None` for tags that the bill was not asked for.
    pub tags: BTreeMap<String, Option<Decimal>>,
    /// Anomalies that touch the month, or in words why there is no history to find them in.
    pub anomalies: Result<Vec<Anomaly>, String>,
}
