//! The causes for which two bills differ.

use schemars::JsonSchema;
use serde::Serialize;

/// Why two bills differ, in the order in which it is told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The month has other hours than were reckoned with.
    Calendar,
    /// More or less was used.
    Volume,
    /// A unit costs more or less.
    Price,
    /// The average over tiers changed with the volume, or an allowance was used up.
    Tier,
    /// Other sizes of the same thing.
    Mix,
    /// Coverage, rates and losses of commitments.
    Commitment,
    /// Billed, and in no prediction.
    New,
    /// Predicted, and not billed.
    Gone,
    /// On one of the bills among the rows that carry no tag and belong to nobody.
    Untagged,
    /// Subscriptions, refunds, AWS Marketplace.
    OneOffs,
    /// The support plan.
    Support,
    /// Credits and discounts.
    Credits,
    /// Taxes.
    Tax,
    /// Charges that AWS does not bill.
    OutsideAws,
    /// What nobody can split: no quantities, types of rows that are not known.
    Unexplained,
}

impl Cause {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Cause::Calendar => "calendar",
            Cause::Volume => "volume",
            Cause::Price => "price",
            Cause::Tier => "tier",
            Cause::Mix => "mix",
            Cause::Commitment => "commitment",
            Cause::New => "new",
            Cause::Gone => "gone",
            Cause::Untagged => "untagged",
            Cause::OneOffs => "one-offs",
            Cause::Support => "support",
            Cause::Credits => "credits",
            Cause::Tax => "tax",
            Cause::OutsideAws => "outside AWS",
            Cause::Unexplained => "unexplained",
        }
    }
}
