//! A comparison as a document: the JSON of `compare --format json`, with whose rows are whose and which rows carry cost tags.

use schemars::JsonSchema;
use serde::Serialize;

use super::Comparison;
use super::calendar::SoFar;
use crate::money::Usd;

/// The JSON of `compare --format json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Document {
    /// Names this layout: `ce-cost/compare/1`.
    pub schema: String,
    /// The environment.
    pub environment: String,
    /// Always USD.
    pub currency: String,
    /// The day from which it was computed.
    pub as_of: String,
    /// The billed month.
    pub month: String,
    /// The billed month that stands in the place of the prediction; `null` for the prediction.
    pub against: Option<String>,
    /// unblended, amortized or net.
    pub cost: String,
    /// The hours of the billed month.
    pub hours: String,
    /// The hours on which the prediction was made.
    pub predicted_hours: String,
    /// Where the bill came from.
    pub source: String,
    /// True once AWS has closed the month.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// How far an open month has been billed; `null` where it is there to its last day.
    pub so_far: Option<SoFar>,
    /// The comparison.
    #[serde(flatten)]
    pub comparison: Comparison,
    /// Which rows of the payer's bill are whose.
    pub allocation: Allocation,
    /// How much of the payer's bill carries cost tags.
    pub tags: Vec<Tagged>,
}

/// Which rows of the payer's bill are whose.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Allocation {
    /// How the environment's own rows are found.
    pub how: String,
    /// The payer's bill.
    pub total: Usd,
    /// What each member bears.
    pub members: Vec<Bears>,
    /// What belongs to no member and to no rule.
    pub unallocated: Usd,
    /// The same in the month before, where one is compared with.
    pub unallocated_before: Option<Usd>,
    /// The same by service, dearest first.
    pub unallocated_by_service: Vec<OfService>,
}

/// What a member bears.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Bears {
    /// The environment.
    pub environment: String,
    /// Its own rows.
    pub own: Usd,
    /// Its shares of rows that belong to none, by the payer's rules.
    pub shared: Usd,
}

/// An amount of a service.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OfService {
    /// What people call the service.
    pub service: String,
    /// The amount.
    pub amount: Usd,
}

/// How much carries a cost tag.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Tagged {
    /// The tag.
    pub tag: String,
    /// The part of the payer's bill that carries it, 0 to 1; `null` where the bill's source was not asked for the tag.
    pub share: Option<String>,
    /// What carries it.
    pub tagged: Usd,
    /// What does not, by service, dearest first.
    pub untagged: Vec<OfService>,
}
