//! Sums over charges: by what, and in the three views of a bill.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Statement, upfront_fees};
use crate::bill::{Charge, LineItem, Seller};
use crate::money::Usd;

/// Charges in the three views of a bill, exact.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sums {
    /// On the invoice.
    pub unblended: Usd,
    /// With upfront fees spread over their terms.
    pub amortized: Usd,
    /// The invoice after discounts that are known row by row.
    pub net: Usd,
    /// The same amortized.
    pub net_amortized: Usd,
}

impl Sums {
    /// Adds a charge.
    pub fn add(&mut self, charge: &Charge) {
        let net = charge.net();
        self.unblended += charge.billed;
        self.amortized += charge.effective;
        self.net += net.billed;
        self.net_amortized += net.effective;
    }

    /// Adds other sums.
    pub fn extend(&mut self, other: Sums) {
        self.unblended += other.unblended;
        self.amortized += other.amortized;
        self.net += other.net;
        self.net_amortized += other.net_amortized;
    }

    /// Of all these charges.
    pub fn of<'a>(charges: impl IntoIterator<Item = &'a Charge>) -> Sums {
        let mut sums = Sums::default();
        charges.into_iter().for_each(|c| sums.add(c));
        sums
    }
}

/// What does not close in unblended = amortized + true-up + upfront fees (AWS Well-Architected Labs, "Cost and Usage Report
/// queries"); `None` where the source tells no true-up.
pub fn unclosed(statement: &Statement) -> Option<Usd> {
    let sums = Sums::of(&statement.bill.charges);
    statement.true_up.map(|true_up| sums.unblended - sums.amortized - true_up - upfront_fees(&statement.bill))
}

/// Part of a bill that is looked at by itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Metered use, whatever covers it.
    Usage,
    /// Fees of reservations and savings plans.
    CommitmentFee,
    /// Other fees and subscriptions.
    Fee,
    /// What others sell through AWS.
    Marketplace,
    /// The support plan.
    Support,
    /// What agreements take off.
    Discount,
    /// Credits.
    Credit,
    /// Money back.
    Refund,
    /// Taxes.
    Tax,
    /// What other providers bill: a FOCUS file can hold several.
    Elsewhere,
    /// Line item types that nobody knows.
    Other,
}

impl Kind {
    /// That of a charge. A tax, a credit, a refund or a discount is that whatever it is on.
    pub fn of(charge: &Charge) -> Kind {
        match &charge.line_item {
            _ if charge.seller == Seller::Outside => Kind::Elsewhere,
            LineItem::Tax => Kind::Tax,
            LineItem::Credit => Kind::Credit,
            LineItem::Refund => Kind::Refund,
            item if item.is_discount() => Kind::Discount,
            _ if charge.seller == Seller::Marketplace => Kind::Marketplace,
            _ if is_support(&charge.service) => Kind::Support,
            LineItem::Other(_) => Kind::Other,
            LineItem::SavingsPlanRecurringFee | LineItem::SavingsPlanUpfrontFee | LineItem::RiFee => Kind::CommitmentFee,
            LineItem::Fee if charge.buys_commitment() => Kind::CommitmentFee,
            LineItem::Fee | LineItem::FlatRateSubscription => Kind::Fee,
            _ => Kind::Usage,
        }
    }

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Usage => "usage",
            Kind::CommitmentFee => "commitment fees",
            Kind::Fee => "fees",
            Kind::Marketplace => "Marketplace",
            Kind::Support => "support",
            Kind::Discount => "discounts",
            Kind::Credit => "credits",
            Kind::Refund => "refunds",
            Kind::Tax => "tax",
            Kind::Elsewhere => "other providers",
            Kind::Other => "other",
        }
    }
}

/// True for a support plan: AWSSupport, AWSSupportBusiness, AWSDeveloperSupport, OCBPremiumSupport in reports, AWS Support (Business)
/// in Cost Explorer.
fn is_support(service: &str) -> bool {
    ["AWS", "OCB"].iter().any(|begin| service.starts_with(begin)) && service.contains("Support")
}

/// Sums of charges by a key, in the order of the keys.
pub fn by<'a, K: Ord>(charges: impl IntoIterator<Item = &'a Charge>, key: impl Fn(&Charge) -> K) -> BTreeMap<K, Sums> {
    let mut all: BTreeMap<K, Sums> = BTreeMap::new();
    for charge in charges {
        all.entry(key(charge)).or_default().add(charge);
    }
    all
}
