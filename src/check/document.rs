//! What a check says: the JSON of `check --format json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::base::Conventions;
use super::landing::Landing;
use super::rule::{Level, Metric};
use crate::forecast::Band;
use crate::money::Usd;

/// The name of the layout.
pub(super) const SCHEMA: &str = "ce-cost/check/1";

/// The currency of every amount.
pub(super) const CURRENCY: &str = "USD";

/// The check of one or several environments. Saved, it is a base for a later one.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Check {
    /// Names this layout: `ce-cost/check/1`.
    pub schema: String,
    /// The environments, joined by `+`.
    pub environment: String,
    /// Always USD.
    pub currency: String,
    /// The day from which it was computed.
    pub as_of: String,
    /// What it was held against: a revision or a saved run; `null` for nothing.
    pub base: Option<String>,
    /// How bills ahead were reckoned: a saved run is a base for those that are reckoned alike.
    pub basis: Conventions,
    /// The worst that a rule says: fail before incomplete before warn before pass.
    pub verdict: Verdict,
    /// Each rule about each environment: the worst first, then as the file has them.
    pub rules: Vec<Outcome>,
    /// The environments' numbers.
    pub environments: Vec<Environment>,
}

/// What a check says as a whole.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every rule holds.
    Pass,
    /// Rules of the level `warn` are breached.
    Warn,
    /// Something could not be told.
    Incomplete,
    /// Rules of the level `fail` are breached.
    Fail,
}

/// What a rule says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It holds.
    Pass,
    /// There is nothing that it could be about: a change without a base, the use of commitments where there are none.
    Skipped,
    /// It is breached, and that is accepted for a while.
    Waived,
    /// It is breached, which is noted.
    Info,
    /// It is breached, which is told.
    Warn,
    /// It could not be told.
    Incomplete,
    /// It is breached.
    Fail,
}

impl Status {
    /// What it does to the verdict.
    pub fn verdict(self) -> Verdict {
        match self {
            Status::Pass | Status::Skipped | Status::Waived | Status::Info => Verdict::Pass,
            Status::Warn => Verdict::Warn,
            Status::Incomplete => Verdict::Incomplete,
            Status::Fail => Verdict::Fail,
        }
    }
}

/// A rule about one environment.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Outcome {
    /// The rule.
    pub id: String,
    /// The environment.
    pub environment: String,
    /// What a breach does.
    pub level: Level,
    /// What it says.
    pub status: Status,
    /// What it looks at.
    pub metric: Metric,
    /// Which charges of the environment, in words; empty for all.
    pub scope: String,
    /// The month that comes nearest to its limit, or goes farthest beyond.
    pub month: String,
    /// The value of that month: dollars, or a part from 0 to 1; `null` where it could not be told.
    pub value: Option<String>,
    /// The limit of that month in the same unit; `null` where it has none.
    pub limit: Option<String>,
    /// In words.
    pub message: String,
    /// Why there is no value; `null` where there is one.
    pub reason: Option<String>,
    /// Who looks after it.
    pub owner: Option<String>,
    /// Where to read on.
    pub link: Option<String>,
    /// What to do about a breach.
    pub text: Option<String>,
    /// The file of the rule.
    pub file: String,
    /// Its line there.
    pub line: u32,
    /// Where to look in the scenario: at the value that moved the month most, else at its head; `null` where it was not read.
    pub scenario: Option<Spot>,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Spot {
    /// The file.
    pub file: String,
    /// Its line, from 1.
    pub line: u32,
}

/// An environment's numbers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Environment {
    /// Its name.
    pub environment: String,
    /// The plan's total.
    pub budget: Option<Usd>,
    /// The months that were looked at.
    pub months: Vec<Month>,
    /// The first month against the base; `null` where there is none.
    pub change: Option<Change>,
    /// The month that goes on, billed and expected; `null` where no rule asks for it, or there is no bill.
    pub landing: Option<Landing>,
}

/// A month of one.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Month {
    /// Such as 2026-12.
    pub month: String,
    /// What the plan speaks of.
    pub planned: Usd,
    /// All charges.
    pub total: Usd,
    /// The range of likely outcomes of the total; empty where no paths were run.
    pub band: Band,
    /// The total by service, dearest first.
    pub services: Vec<Service>,
}

/// What a service costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Service {
    /// Its code.
    pub service: String,
    /// In the month.
    pub total: Usd,
}

/// The first month against that of the base.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Change {
    /// True where the base has no such environment.
    pub is_new: bool,
    /// True where the base is a saved run at other prices, so that the change holds what these do.
    pub other_prices: bool,
    /// The base's total.
    pub before: Usd,
    /// How much more it is now.
    pub difference: Usd,
    /// The same as a part of the base; `null` for a base of nothing.
    pub part: Option<String>,
    /// True where the base lies inside the band from P10 to P90 of what is expected now; `null` where no paths were run.
    pub inside_band: Option<bool>,
    /// By service, the largest first.
    pub services: Vec<Moved>,
    /// Values of the scenario that are others than in the base, the one that does most first; empty for a saved run, which tells none.
    pub drivers: Vec<Driver>,
}

/// A service that costs something else than in the base.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Moved {
    /// Its code.
    pub service: String,
    /// In the base.
    pub before: Usd,
    /// Now.
    pub after: Usd,
}

/// A value of the scenario that was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Driver {
    /// Its path in the file.
    pub path: String,
    /// In the base: a value, or the type of a resource; `null` where it was not there.
    pub before: Option<String>,
    /// Now; `null` where it is no longer there.
    pub after: Option<String>,
    /// What this one alone does to the month's total; `null` where it cannot be taken back alone.
    pub alone: Option<Usd>,
}

/// As much of a saved check as a base needs.
#[derive(Debug, Deserialize)]
pub(super) struct Saved {
    pub schema: String,
    pub currency: String,
    pub basis: Conventions,
    pub environments: Vec<SavedEnvironment>,
}

/// See [`Environment`].
#[derive(Debug, Deserialize)]
pub(super) struct SavedEnvironment {
    pub environment: String,
    pub months: Vec<SavedMonth>,
}

/// See [`Month`].
#[derive(Debug, Deserialize)]
pub(super) struct SavedMonth {
    pub month: String,
    pub total: String,
    pub services: Vec<SavedService>,
}

/// See [`Service`].
#[derive(Debug, Deserialize)]
pub(super) struct SavedService {
    pub service: String,
    pub total: String,
}
