//! The bill: every charge of one month for a whole payer account, in the terms of a real one (FOCUS 1.2).

pub mod focus;
pub mod group;
pub mod line_item;
pub mod why;

use std::borrow::Cow;
use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

pub use self::line_item::LineItem;
use crate::money::{UnitPrice, Usd};
use crate::month::Month;
use crate::quantity::Unit;
use crate::usage::{Factor, Tags};

/// FOCUS `ChargeCategory`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub enum Category {
    /// Metered.
    Usage,
    /// A fee: of a reservation, a savings plan, a subscription.
    Purchase,
    /// Levied on the others.
    Tax,
    /// Given.
    Credit,
    /// A correction, or what belongs to no metered usage.
    Adjustment,
}

/// FOCUS `ChargeFrequency`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Frequency {
    /// Once.
    OneTime,
    /// Every month.
    Recurring,
    /// By use.
    UsageBased,
}

/// FOCUS `PricingCategory`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pricing {
    /// At the list price.
    Standard,
    /// At a price that floats: Spot.
    Dynamic,
    /// Covered by a commitment.
    Committed,
    /// None of these.
    Other,
}

/// Who sends the bill.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Seller {
    /// AWS, for its own services.
    #[default]
    Aws,
    /// AWS, for somebody else: AWS Marketplace.
    Marketplace,
    /// Somebody else.
    Outside,
}

/// What is left of a charge after negotiated discounts, where these are known row by row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Net {
    /// Of [`Charge::billed`].
    pub billed: Usd,
    /// Of [`Charge::effective`].
    pub effective: Usd,
}

/// Whether what was committed to was used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CommitmentStatus {
    /// It covered usage.
    Used,
    /// It was lost.
    Unused,
}

/// The commitment behind a charge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommitmentRef {
    /// Its id in the scenario.
    pub id: String,
    /// "Reserved" or "SavingsPlan".
    pub kind: &'static str,
    /// FOCUS `CommitmentDiscountCategory`: "Usage" for reservations, "Spend" for savings plans.
    pub category: &'static str,
    /// Whether it was used; `None` on the row of the purchase itself.
    pub status: Option<CommitmentStatus>,
}

/// A part of a charge that one tier priced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TierPart {
    /// Where the tier begins, in the pool.
    pub from: Decimal,
    /// Where it ends; `None` for no end.
    pub to: Option<Decimal>,
    /// How much of this charge's quantity fell into it.
    pub quantity: Decimal,
    /// The price there.
    pub price: UnitPrice,
    /// What that came to.
    pub cost: Usd,
    /// True where an allowance made it free.
    pub allowance: bool,
}

/// One row of a bill.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Charge {
    /// The billing period.
    pub month: Month,
    /// The day (UTC) on which it was used; `None` for what is only known of the month.
    pub day: Option<NaiveDate>,
    /// The line that it is on AWS's bill.
    pub line_item: LineItem,
    /// The account that pays: FOCUS `BillingAccountId`.
    pub payer: Arc<str>,
    /// The account that used it: FOCUS `SubAccountId`.
    pub account: Arc<str>,
    /// The environment that used it.
    pub environment: Arc<str>,
    /// The resource in the scenario: FOCUS `ResourceId`.
    pub resource: Arc<str>,
    /// Its tags.
    pub tags: Arc<Tags>,
    /// The price list's service code; for known charges, who bills.
    pub service: Cow<'static, str>,
    /// The region code, or `global`.
    pub region: Arc<str>,
    /// AWS's usage type.
    pub usage_type: Arc<str>,
    /// AWS's operation.
    pub operation: Cow<'static, str>,
    /// What it is, in words.
    pub description: Cow<'static, str>,
    /// How much was used; zero for fees.
    pub quantity: Decimal,
    /// By what AWS bills it; `None` for fees.
    pub unit: Option<Unit>,
    /// FOCUS `ChargeCategory`.
    pub category: Category,
    /// FOCUS `ChargeFrequency`.
    pub frequency: Frequency,
    /// FOCUS `PricingCategory`.
    pub pricing: Pricing,
    /// The commitment behind it.
    pub commitment: Option<CommitmentRef>,
    /// Who sends the bill.
    pub seller: Seller,
    /// At list price.
    pub list: Usd,
    /// On the invoice of this month (unblended): FOCUS `BilledCost`.
    pub billed: Usd,
    /// With upfront fees spread over their terms (amortized): FOCUS `EffectiveCost`.
    pub effective: Usd,
    /// After discounts; `None` where none are known.
    pub net: Option<Net>,
    /// How the tiers priced it.
    pub tiers: Vec<TierPart>,
    /// The formula of the quantity.
    pub factors: Vec<Factor>,
    /// Index of the first price row in the book.
    pub price: Option<usize>,
}

impl Charge {
    /// True where AWS is not the one who sends the bill.
    pub fn outside_aws(&self) -> bool {
        self.seller == Seller::Outside
    }

    /// True for the fee that buys a commitment: it names one, or belongs to no month when it is amortized. Cost Explorer names none.
    pub fn buys_commitment(&self) -> bool {
        let spread = self.seller != Seller::Marketplace && self.effective.is_zero() && !self.billed.is_zero();
        self.line_item == LineItem::Fee && (self.commitment.is_some() || spread)
    }

    /// After discounts; as it is where none are known.
    pub fn net(&self) -> Net {
        self.net.unwrap_or(Net { billed: self.billed, effective: self.effective })
    }
}

/// All charges of one month.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bill {
    /// The month.
    pub month: Month,
    /// The hours that it was taken to have.
    pub hours: Decimal,
    /// The account that pays.
    pub payer: Arc<str>,
    /// The charges, in the order of environments and resources.
    pub charges: Vec<Charge>,
}

impl Bill {
    /// What the invoice says.
    pub fn total(&self) -> Usd {
        self.charges.iter().map(|c| c.billed).sum()
    }

    /// The part of one environment.
    pub fn cut(&self, environment: &str) -> Bill {
        let charges = self.charges.iter().filter(|c| c.environment.as_ref() == environment).cloned().collect();
        Bill { charges, payer: self.payer.clone(), ..*self }
    }
}
