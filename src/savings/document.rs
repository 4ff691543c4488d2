//! What the analysis of savings says: the JSON of `savings --format json`.

use schemars::JsonSchema;
use serde::Serialize;

use super::lever::{Horizon, Level, Reversible};
use crate::forecast::Band;
use crate::money::Usd;

/// The savings of one environment in one month.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Savings {
    /// Names this layout: `ce-cost/savings/1`.
    pub schema: String,
    /// The environment.
    pub environment: String,
    /// Always USD.
    pub currency: String,
    /// The day from which it was computed.
    pub as_of: String,
    /// `plan` for the plan's own arithmetic, `list` for AWS's list prices.
    pub basis: String,
    /// The month.
    pub month: String,
    /// The hours that it was taken to have.
    pub hours: String,
    /// `list prices`, or `list prices less discounts` where the payer has negotiated some.
    pub prices: String,
    /// True where use follows a workload: commitments are then sized and applied hour by hour, else on an average hour.
    pub by_hour: bool,
    /// What the environment costs without any lever, upfront fees spread, credits left aside.
    pub cost: Usd,
    /// Every lever: first those that are recommended in their order, then the others.
    pub levers: Vec<Row>,
    /// What the plan states, by horizon.
    pub totals: Totals,
    /// What the recommended levers save together: the difference of two bills.
    pub combined: Usd,
    /// Pairs that are worth less, or more, together than one by one; pairs that exclude each other.
    pub overlaps: Vec<Overlap>,
    /// From what it costs to what it would cost, lever by lever.
    pub waterfall: Vec<Step>,
    /// How shares were computed.
    pub shares: Shares,
    /// Which levers, and what they do.
    pub recommendation: Recommendation,
    /// Where the plan counts a saving twice or in the wrong place.
    pub double_counts: Vec<String>,
}

/// Several environments, each with the others as they are. The JSON of `savings --all --format json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Together {
    /// Names this layout: `ce-cost/savings-all/1`.
    pub schema: String,
    /// "all".
    pub environment: String,
    /// Always USD.
    pub currency: String,
    /// The day from which it was computed.
    pub as_of: String,
    /// What they cost together.
    pub cost: Usd,
    /// The sum of what is recommended for each.
    pub combined: Usd,
    /// What is paid at once for all of them.
    pub upfront: Usd,
    /// Each by itself.
    pub environments: Vec<Savings>,
}

/// What became of a lever.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It is in the best subset.
    Recommended,
    /// Another choice saves more.
    Left,
    /// The constraints rule it out, or it breaks a requirement, or what it assumes was not measured.
    RuledOut,
    /// It saves less than what is worth the work.
    TooSmall,
    /// It says nothing of this environment, or a condition does not hold.
    NotHere,
    /// Its numbers were written for others than stand here.
    NotApplicable,
    /// A price is missing.
    Unpriced,
}

/// One lever in one environment.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Row {
    /// Its name.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// The environment that it acts on.
    pub environment: String,
    /// How soon it can act.
    pub horizon: Horizon,
    /// What the plan says that it saves a month.
    pub stated: Option<Usd>,
    /// How the plan's amount comes about: `document`, `fitted` or `stated-only`; `null` for what the plan did not see.
    pub basis: Option<String>,
    /// What that arithmetic gives.
    pub reproduced: Option<Usd>,
    /// The arithmetic in words.
    pub arithmetic: Option<String>,
    /// What it saves at list prices, alone.
    pub standalone: Option<Usd>,
    /// What it saves at list prices after all recommended others; `null` where it excludes one of them.
    pub marginal: Option<Usd>,
    /// Its step of the waterfall: what it saves after the recommended ones before it. Steps add up to what all save together.
    pub step: Option<Usd>,
    /// Its share of what all levers that may be done save at best, whatever the order.
    pub shapley: Option<Usd>,
    /// What stands behind what it saves; `null` where it takes no part, or nobody asked.
    pub rests_on: Option<RestsOn>,
    /// Why it is worth that.
    pub reason: Option<String>,
    /// What became of it.
    pub status: Status,
    /// What is paid at once for it, with the support on it: as its step where it is recommended, else alone.
    pub upfront: Option<Usd>,
    /// What it buys: beside the other recommended levers where it is one, else alone.
    pub purchases: Vec<Purchase>,
    /// The stated requirement that it breaks.
    pub against: Option<String>,
    /// How much work it is.
    pub effort: Level,
    /// How much can go wrong.
    pub risk: Level,
    /// How long until it acts.
    pub takes: String,
    /// Whether it can be taken back.
    pub reversible: Reversible,
    /// What must hold, as far as only people can tell.
    pub conditions: Vec<String>,
}

/// What stands behind a saving: the inputs and prices of the charges that the lever changes, before and after.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, JsonSchema)]
pub struct RestsOn {
    /// An input that somebody chose.
    pub assumed: bool,
    /// An input that was solved for, so that a stated amount of the plan comes true.
    pub calibrated: bool,
    /// A price of low confidence.
    pub weak_price: bool,
}

/// A reservation or savings plan at the size at which it is bought.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Purchase {
    /// Its name in bills.
    pub id: String,
    /// Its term, such as `reserved-1yr-no-upfront`.
    pub term: String,
    /// What: the usage type of a reservation with its operation, or the name of a savings plan.
    pub what: String,
    /// For a reservation: how many.
    pub count: Option<String>,
    /// For a savings plan: US dollars an hour.
    pub hourly: Option<String>,
}

/// The plan's totals.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Totals {
    /// Within three months.
    pub short: Total,
    /// Within a year.
    pub long: Total,
}

/// A total of what the plan states.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Total {
    /// Stated, all levers together.
    pub stated: Usd,
    /// Reproduced on the plan's own basis.
    pub reproduced: Usd,
    /// As a part of the plan's total, 0 to 1.
    pub share: Option<String>,
}

/// What two levers have to do with each other.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Overlap {
    /// One.
    pub first: String,
    /// The other.
    pub second: String,
    /// By how much both alone save more than both together, before support; below zero where they help each other. `null` where they
    /// exclude each other.
    pub overlap: Option<Usd>,
}

/// One step of the waterfall.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Step {
    /// The lever.
    pub lever: String,
    /// What it saves after those before it.
    pub saving: Usd,
    /// What is left to pay.
    pub cost: Usd,
    /// What more is paid at once with it, with the support on it.
    pub upfront: Usd,
}

/// How shares were computed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Shares {
    /// `exact`, or `sampled` where a group of levers is too large for all coalitions.
    pub method: String,
    /// Groups of levers that have nothing to do with each other.
    pub groups: Vec<Vec<String>>,
    /// What the random numbers began with, where shares were sampled.
    pub seed: Option<String>,
    /// The largest standard error of a share, where shares were sampled.
    pub standard_error: Option<Usd>,
}

/// What should be done.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Recommendation {
    /// The levers in the order in which to pull them.
    pub levers: Vec<String>,
    /// What they save a month at likely values.
    pub saving: Usd,
    /// The same as a part of the cost, 0 to 1.
    pub share: Option<String>,
    /// Where the saving ends on the paths of the forecast, the same paths with and without the levers.
    pub band: Band,
    /// How much of that, by steps of the waterfall, rests on inputs that are assumed or calibrated; `null` where nobody asked.
    pub unmeasured: Option<Usd>,
    /// What is paid at once, with the support on it.
    pub upfront: Usd,
    /// The fees alone, without support.
    pub upfront_fees: Usd,
    /// What the best levers would save if any risk were taken; `null` where any may be.
    pub at_any_risk: Option<Usd>,
    /// The first month after which what is paid at once has come back, against the other recommended levers without it; `null` where that
    /// is not within three years.
    pub break_even_month: Option<String>,
    /// What the plan's own levers save together at list prices, the best compatible ones of them.
    pub of_the_plan: Option<Usd>,
}
