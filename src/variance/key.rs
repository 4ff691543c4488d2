//! What joins a predicted row and a billed one: what kind of row it is, and for usage the service, region, usage type and, only
//! where it changes the price, the operation. Both sides go through the same door, whatever names they came with.

use std::collections::BTreeSet;
use std::fmt;

use chrono::NaiveDate;

use super::names::Names;
use crate::bill::{Category, Charge, CommitmentStatus, LineItem, Seller};
use crate::money::Usd;
use crate::pricing::{Price, PriceBook};
use crate::quantity::Unit;
use crate::rating::support;

/// Which of a charge's amounts is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Cost {
    /// On the invoice of the month.
    Unblended,
    /// Fees of commitments spread over what they cover.
    #[default]
    Amortized,
    /// The same after negotiated discounts.
    Net,
}

impl Cost {
    /// The amount of a charge.
    pub fn of(self, charge: &Charge) -> Usd {
        match self {
            Cost::Unblended => charge.billed,
            Cost::Amortized => charge.effective,
            Cost::Net => charge.net().effective,
        }
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Cost::Unblended => "unblended",
            Cost::Amortized => "amortized",
            Cost::Net => "net",
        }
    }
}

/// What kind of row it is: only rows of one kind join.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// Metered.
    Usage,
    /// A fee of a commitment, or what was not used of it.
    Commitment,
    /// What comes once or belongs to no usage: subscriptions, refunds, AWS Marketplace.
    OneOff,
    /// The support plan.
    Support,
    /// A credit or a discount.
    Credit,
    /// A tax.
    Tax,
    /// A bill that AWS does not send.
    Outside,
    /// A type of row that this program does not know.
    Unknown,
}

/// What joins rows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key {
    /// What kind of row it is.
    pub kind: Kind,
    /// The price list's service code.
    pub service: String,
    /// The region code, or `global`.
    pub region: String,
    /// AWS's usage type; empty for what is no usage.
    pub usage_type: String,
    /// AWS's operation, where it changes the price; else empty.
    pub operation: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind, self.usage_type.is_empty()) {
            (Kind::Usage, _) | (_, false) => write!(f, "{} {}", self.service, self.usage_type)?,
            (_, true) => f.write_str(&self.service)?,
        }
        if self.operation.is_empty() { Ok(()) } else { write!(f, " {}", self.operation) }
    }
}

/// Where rows get their keys.
#[derive(Clone, Copy, Debug)]
pub struct Keys<'a> {
    /// The names of services.
    pub names: &'a Names,
    /// The prices: they tell where a usage type belongs.
    pub book: &'a PriceBook,
}

/// Parts a name of an engine or kind from its operation: "CreateDBInstance:0021", "LoadBalancing:Application".
const ENGINE: char = ':';

impl Keys<'_> {
    /// The key of a charge.
    pub fn of(&self, charge: &Charge) -> Key {
        let service = self.names.code(&charge.service).unwrap_or(&charge.service);
        let kind = kind(charge, service);
        match kind {
            Kind::Usage => self.usage(service, charge),
            Kind::OneOff | Kind::Commitment | Kind::Outside => whole(kind, service),
            Kind::Unknown => whole(kind, charge.line_item.name()),
            Kind::Support => whole(kind, support::SERVICE),
            Kind::Credit if charge.line_item.is_discount() => whole(kind, "Discounts"),
            Kind::Credit => whole(kind, "Credits"),
            Kind::Tax => whole(kind, "Tax"),
        }
    }

    /// The price list's code of the service that a charge names; what it names where the table has no such service.
    pub fn service<'c>(&'c self, charge: &'c Charge) -> &'c str {
        self.names.code(&charge.service).unwrap_or(&charge.service)
    }

    /// By what a charge is billed: as the price list says, which some bills do not; as the bill says of what is not in the list.
    pub fn unit(&self, charge: &Charge) -> Option<Unit> {
        let key = self.of(charge);
        let listed = || self.book.unit(&key.service, &key.region, &key.usage_type);
        if key.kind == Kind::Usage { listed().or(charge.unit) } else { charge.unit }
    }

    /// The on-demand price of usage on a day; `None` where the price list has none.
    pub fn price(&self, key: &Key, day: NaiveDate) -> Option<Price<'_>> {
        let known = self.book.operations(&key.service, &key.region, &key.usage_type)?;
        let operation = known.iter().find(|o| **o == key.operation).or(known.first())?;
        self.book.price(&key.service, &key.region, &key.usage_type, operation, day).ok()
    }

    /// True for usage whose average price follows its volume: with tiers or an allowance.
    pub fn is_tiered(&self, key: &Key, day: NaiveDate) -> bool {
        self.price(key, day).is_some_and(|p| is_tiered(&p))
    }

    fn usage(&self, billed_with: &str, charge: &Charge) -> Key {
        let usage_type = charge.usage_type.as_ref();
        let (service, region) = self.home(billed_with, &charge.region, usage_type);
        let operation = self
            .book
            .operations(&service, &region, usage_type)
            .map_or_else(|| charge.operation.to_string(), |known| operation(&known, &charge.operation));
        Key { kind: Kind::Usage, service, region, usage_type: usage_type.to_owned(), operation }
    }

    /// Under which service and in which region the price list has a usage type. A bill may name neither: Cost Explorer tells no
    /// region, and transfer is billed with the service whose bytes they are.
    fn home(&self, billed_with: &str, region: &str, usage_type: &str) -> (String, String) {
        let told = if region.is_empty() { self.region_of(usage_type) } else { region };
        for service in self.names.candidates(billed_with) {
            for region in [told, self.region_of(usage_type), "global"] {
                if self.book.operations(service, region, usage_type).is_some() {
                    return (service.to_owned(), region.to_owned());
                }
            }
        }
        (billed_with.to_owned(), told.to_owned())
    }

    /// The region that a usage type names; us-east-1, whose usage types mostly name none, where it names none.
    fn region_of(&self, usage_type: &str) -> &str {
        let begins = |prefix: &str| usage_type.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('-'));
        let named = self.book.regions().iter().find(|r| r.region != "global" && (begins(&r.code) || begins(&r.region)));
        named.map_or("us-east-1", |r| &r.region)
    }
}

/// True for a price with tiers or an allowance.
pub fn is_tiered(price: &Price<'_>) -> bool {
    price.rows.len() > 1 || price.allowance.is_some()
}

fn whole(kind: Kind, service: &str) -> Key {
    Key { kind, service: service.to_owned(), region: String::new(), usage_type: String::new(), operation: String::new() }
}

/// The operation as far as it changes the price: where the price list has several for the usage type, or one that names an engine.
fn operation(known: &BTreeSet<&str>, own: &str) -> String {
    let matters = known.len() > 1 || known.iter().any(|o| o.contains(ENGINE));
    match (matters, known.contains(own)) {
        (false, _) => String::new(),
        (true, true) => own.to_owned(),
        (true, false) if known.contains("") => String::new(),
        (true, false) => own.to_owned(),
    }
}

/// What kind of row a charge is.
fn kind(charge: &Charge, service: &str) -> Kind {
    match (&charge.line_item, charge.category) {
        _ if charge.outside_aws() => Kind::Outside,
        (LineItem::Tax, _) | (_, Category::Tax) => Kind::Tax,
        (item, _) if item.is_discount() => Kind::Credit,
        (LineItem::Credit, _) | (_, Category::Credit) => Kind::Credit,
        _ if service == support::SERVICE => Kind::Support,
        (LineItem::Other(_), _) => Kind::Unknown,
        _ if is_fee(charge) => Kind::Commitment,
        _ if charge.seller == Seller::Marketplace => Kind::OneOff,
        (LineItem::Refund | LineItem::Fee | LineItem::FlatRateSubscription, _) => Kind::OneOff,
        (_, Category::Purchase | Category::Adjustment) => Kind::OneOff,
        _ => Kind::Usage,
    }
}

/// True for the fee of a commitment, and for what was not used of it.
fn is_fee(charge: &Charge) -> bool {
    let item = matches!(charge.line_item, LineItem::RiFee | LineItem::SavingsPlanRecurringFee | LineItem::SavingsPlanUpfrontFee);
    let commitment = charge.commitment.as_ref();
    let bought = charge.buys_commitment() || (commitment.is_some() && charge.category == Category::Purchase);
    item || bought || commitment.is_some_and(|c| c.status == Some(CommitmentStatus::Unused))
}

/// True for use that a commitment covers, and for the row that takes its on-demand price away again.
pub fn is_covered(charge: &Charge) -> bool {
    matches!(charge.line_item, LineItem::DiscountedUsage | LineItem::SavingsPlanCoveredUsage | LineItem::SavingsPlanNegation)
        || charge.commitment.as_ref().is_some_and(|c| c.status == Some(CommitmentStatus::Used))
}
