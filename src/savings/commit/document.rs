//! The advice on commitments as a document. The JSON of `commit --format json`.

use schemars::JsonSchema;
use serde::Serialize;

use super::outcome::Spread;
use crate::money::Usd;
use crate::quantity::exact;

/// What to reserve or commit to in one environment.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Commitments {
    /// Names this layout: `ce-cost/commit/1`.
    pub schema: String,
    /// The environment.
    pub environment: String,
    /// Always USD.
    pub currency: String,
    /// The day from which it was computed.
    pub as_of: String,
    /// The first day of every term.
    pub start: String,
    /// The levers that are done before: the commitments fit what they leave.
    pub before: Before,
    /// The conventions.
    pub basis: CommitBasis,
    /// What to buy; `null` where nothing saves money.
    pub best: Option<Together>,
    /// The same with terms of three years, where those of one year are advised and the longer ones save more.
    pub longer: Option<Together>,
    /// The same without cash at the start, where what is advised needs some.
    pub without_upfront: Option<Together>,
    /// Everything that could be bought, by what it covers.
    pub families: Vec<FamilyAdvice>,
}

/// Levers that are done before something is bought.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Before {
    /// How they were chosen.
    pub chosen: Chosen,
    /// Their names.
    pub levers: Vec<String>,
    /// Their names for people.
    pub titles: Vec<String>,
}

/// How levers were chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Chosen {
    /// Those that `savings` recommends among the ones that buy nothing.
    Recommended,
    /// By name.
    Named,
    /// None.
    None,
}

impl Before {
    /// No lever.
    pub fn none() -> Before {
        Before { chosen: Chosen::None, levers: Vec::new(), titles: Vec::new() }
    }
}

/// On which conventions the advice was computed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CommitBasis {
    /// `actual`, or the number of hours that every month is taken to have.
    pub hours: String,
    /// `list prices`, or `list prices less discounts` where the payer has negotiated some.
    pub prices: String,
    /// True where what the whole payer account has bought was taken off first.
    pub pooled: bool,
    /// True where use follows a workload hour by hour; where not, it is taken as even within a month.
    pub by_hour: bool,
    /// Months that were forecast. What comes after them is taken as the last of them.
    pub months: usize,
    /// Paths of the forecast; 0 where nothing is uncertain or nothing was drawn.
    pub paths: usize,
    /// What the random numbers begin with.
    pub seed: String,
    /// What money costs in a year: 0.05 is 5%.
    pub discount_rate: String,
    /// Where use is taken as even within a month, the scenario of the same environment that sees its hours.
    pub by_hour_in: Option<String>,
    /// Other environments of the payer that could use what this one leaves unused, which is counted as lost.
    pub siblings: Vec<String>,
    /// What the payer has bought already and ends within the longest term: it is taken to be renewed then.
    pub renewed: Vec<Renewed>,
}

/// A commitment that ends.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Renewed {
    /// The environment that holds it.
    pub environment: String,
    /// Its name.
    pub id: String,
    /// The first day without it.
    pub end: String,
}

/// Several purchases together.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Together {
    /// Dollars saved in a month of the term.
    pub saving: Saving,
    /// Paid at the start.
    pub upfront: Usd,
    /// Paid in a month, on average over each term.
    pub monthly: Usd,
    /// The first month, from 1, at whose end as much is saved as paid, on average over the paths; `null` for none.
    pub break_even: Option<u32>,
    /// True where all that they cover is the same in every hour of every path: the model cannot say then how likely a loss is.
    pub flat: bool,
    /// What they are: name, term and size of each.
    pub purchases: Vec<String>,
}

/// Purchases of which one is made, since they cover the same use.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FamilyAdvice {
    /// Its name.
    pub name: String,
    /// What could be covered, on demand, in the first month and on average over the paths.
    pub on_demand: Usd,
    /// The choices, by term and payment option.
    pub choices: Vec<Choice>,
    /// True where AWS sells something for what runs and the price book has no rate of it: nothing is known of its worth.
    pub unpriced: bool,
    /// What cannot be bought or is not covered, and why.
    pub notes: Vec<String>,
}

/// One way to buy, at its best size.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Choice {
    /// Such as `savings-plan-1yr-no-upfront`.
    pub term: String,
    /// True for a part of `best`.
    pub best: bool,
    /// How many, or dollars an hour; 0 where none saves money.
    pub commit: String,
    /// Of what: a usage type, or `USD/hour`.
    pub unit: String,
    /// Dollars saved in a month of the term.
    pub saving: Saving,
    /// Paid at the start.
    pub upfront: Usd,
    /// Paid in a month, on average over the term.
    pub monthly: Usd,
    /// Both together, spread over the months of the term.
    pub amortized: Usd,
    /// The part of the on-demand cost of what it can cover that it covers.
    pub coverage: String,
    /// The part of it that is used.
    pub utilisation: String,
    /// The part of it that must be used so that it does not lose money, at what money costs.
    pub needed: String,
    /// True where what it could cover is the same in every hour of every path: `loss` says nothing then.
    pub flat: bool,
    /// The part of the hours in which all of it is used, later hours weighed by what money costs.
    pub used_up: Option<String>,
    /// The first month, from 1, at whose end as much is saved as paid, on average over the paths; `null` for none in its term.
    pub break_even: Option<u32>,
    /// Where the rate is not published and another option's was taken: the same choice at the rate of All Upfront, while everything above
    /// is at that of No Upfront. The truth lies between them.
    pub assumed: Option<Assumed>,
    /// True where a price behind it, or behind its other rate, is of low confidence.
    pub weak_price: bool,
    /// What to write into the scenario.
    pub entry: Option<String>,
    /// Cost and saving by size.
    pub curve: Vec<Point>,
}

/// A choice at another rate, on the same use.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Assumed {
    /// Dollars an hour.
    pub commit: String,
    /// Dollars saved in a month of the term.
    pub saving: Saving,
    /// Paid at the start.
    pub upfront: Usd,
    /// Paid in a month, on average over the term.
    pub monthly: Usd,
    /// Both together, spread over the months of the term.
    pub amortized: Usd,
    /// The part of the on-demand cost of what it can cover that it covers.
    pub coverage: String,
    /// The part of it that is used.
    pub utilisation: String,
    /// The part of it that must be used so that it does not lose money, at what money costs.
    pub needed: String,
    /// The first month, from 1, at whose end as much is saved as paid, on average over the paths; `null` for none in its term.
    pub break_even: Option<u32>,
}

impl From<&Choice> for Assumed {
    fn from(choice: &Choice) -> Assumed {
        let Choice { commit, saving, coverage, utilisation, needed, .. } = choice.clone();
        let Choice { upfront, monthly, amortized, break_even, .. } = *choice;
        Assumed { commit, saving, upfront, monthly, amortized, coverage, utilisation, needed, break_even }
    }
}

/// A size of a purchase.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Point {
    /// How many, or dollars an hour.
    pub commit: String,
    /// What is paid for it and for what it does not cover, in a month of the term.
    pub cost: Usd,
    /// Dollars saved in a month of the term.
    pub saving: Saving,
    /// The part of the on-demand cost of what it can cover that it covers.
    pub coverage: String,
    /// The part of it that is used.
    pub utilisation: String,
}

/// Dollars saved in a month: the mean over the paths and the range of likely outcomes.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Saving {
    /// The mean.
    pub mean: Usd,
    /// One case in ten is below; `null` where nothing was drawn.
    pub p10: Option<Usd>,
    /// One case in ten is above.
    pub p90: Option<Usd>,
    /// The probability, 0 to 1, that the whole term loses money.
    pub loss: Option<String>,
}

impl Saving {
    /// Of a spread; without its range where nothing was drawn.
    pub fn of(spread: Spread, drawn: bool) -> Saving {
        let drawn = Some(spread).filter(|_| drawn);
        Saving { mean: spread.mean, p10: drawn.map(|s| s.p10), p90: drawn.map(|s| s.p90), loss: drawn.map(|s| exact(s.loss)) }
    }
}
