//! A purchase: reservations of a family of instances or nodes, or a savings plan, at a term and a payment option.

use std::str::FromStr;

use rust_decimal::Decimal;

use crate::pricing::{Payment, Term};
use crate::rating::commitment::reservation::sized;
use crate::rating::commitment::savings_plan;
use crate::scenario::commitment::Plan;
use crate::services::elasticache::Engine;
use crate::services::{aurora_postgresql, rds_postgresql};
use crate::usage::UsageRecord;

/// Use of one kind by one resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Use {
    /// One of its records: whose use, and of what.
    pub record: UsageRecord,
    /// What a unit of it costs on demand: the list price of its first tier, less discounts.
    pub price: Decimal,
}

impl Use {
    /// True for the same kind of use by the same resource.
    pub fn is_of(&self, record: &UsageRecord) -> bool {
        let own = &self.record;
        own.resource == record.resource && own.operation == record.operation && self.is_named(&record.service, &record.usage_type)
    }

    /// True for this service and usage type.
    pub fn is_named(&self, service: &str, usage_type: &str) -> bool {
        self.record.service == service && self.record.usage_type.as_ref() == usage_type
    }

    /// What somebody calls it: `db.r6g.large`, or the usage type.
    pub fn kind(&self) -> &str {
        self.record.usage_type.rsplit_once(':').map_or(&*self.record.usage_type, |(kind, class)| match class {
            "perCPU" => kind,
            class => class,
        })
    }
}

/// Purchases of which one is made: they cover the same use.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Family {
    /// Reservations of one family of instances or nodes, whatever the size.
    Reservation {
        /// The service code.
        service: String,
        /// The operation: the engine.
        operation: String,
        /// Such as `db.r6g`.
        class: String,
    },
    /// A savings plan.
    SavingsPlan(Plan),
}

impl Family {
    /// Its name for people: no two have one.
    pub fn title(&self) -> String {
        match self {
            Family::Reservation { operation, class, .. } => format!("{} {class} reserved", engine(operation)),
            Family::SavingsPlan(plan) => format!("{} Savings Plan", plan.name()),
        }
    }

    /// What a scenario could call it.
    pub fn id(&self) -> String {
        match self {
            Family::Reservation { operation, class, .. } => format!("{}-{}", engine(operation), class.replace('.', "-")).to_lowercase(),
            Family::SavingsPlan(plan) => format!("{}-savings-plan", plan.name()).to_lowercase(),
        }
    }

    /// True where it could cover a use, if the book has a price for it.
    pub fn speaks_of(&self, used: &Use) -> bool {
        match self {
            Family::Reservation { service, operation, class } => {
                used.record.service == *service
                    && used.record.operation == *operation
                    && sized(&used.record.usage_type).is_some_and(|(c, _)| c == class)
            }
            Family::SavingsPlan(plan) => savings_plan::services(*plan).contains(&used.record.service.as_ref()),
        }
    }
}

/// The engine that an operation names. Those of another one cannot be covered, whatever their class.
fn engine(operation: &str) -> &str {
    let nodes = [(Engine::Redis, "Redis"), (Engine::Valkey, "Valkey")];
    match operation {
        aurora_postgresql::OPERATION => "Aurora",
        rds_postgresql::OPERATION => "PostgreSQL",
        other => match nodes.into_iter().find(|(engine, _)| engine.operation() == other) {
            Some((_, name)) => name,
            None => other.rsplit_once(':').map_or(other, |(_, code)| code),
        },
    }
}

/// How far a purchase covers a use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cover {
    /// The use, by its index.
    pub used: usize,
    /// Units of the purchase that a dollar on demand takes.
    pub units: Decimal,
    /// Dollars on demand that a unit replaces.
    pub value: Decimal,
}

/// One way to buy: a family at a term and a payment option.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Purchase {
    /// 1 or 3.
    pub years: u8,
    /// How it is paid.
    pub payment: Payment,
    /// The service to which it is paid.
    pub service: String,
    /// What one is: the usage type of a reservation without the region's prefix. Nothing for a savings plan, whose unit is a dollar.
    pub base: Option<String>,
    /// Dollars that a unit costs in every hour of the term.
    pub hourly: Decimal,
    /// Dollars that a unit costs at the start.
    pub upfront: Decimal,
    /// What it covers, in the order of the use.
    pub covers: Vec<Cover>,
    /// True where the rate is not published: the one that was taken is that of another payment option.
    pub assumed: bool,
    /// True where one of its prices is of low confidence.
    pub weak: bool,
}

impl Purchase {
    /// Its term, as the price book names it.
    pub fn term(&self) -> Term {
        let (years, payment) = (self.years, self.payment);
        if self.base.is_some() { Term::Reserved { years, payment } } else { Term::SavingsPlan { years, payment } }
    }

    /// True for whole units only.
    pub fn is_whole(&self) -> bool {
        self.base.is_some()
    }
}

/// The terms that somebody asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Wanted {
    /// 1 or 3; both where it is not said.
    pub years: Option<u8>,
    /// How it is paid; in any way where it is not said.
    pub payment: Option<Payment>,
}

impl Wanted {
    /// True for a purchase at one of these terms.
    pub fn accepts(self, purchase: &Purchase) -> bool {
        self.is(purchase.years, purchase.payment)
    }

    /// True for this term.
    pub fn is(self, years: u8, payment: Payment) -> bool {
        self.years.is_none_or(|y| y == years) && self.payment.is_none_or(|p| p == payment)
    }
}

impl FromStr for Wanted {
    type Err = String;
    fn from_str(text: &str) -> Result<Wanted, String> {
        let mut wanted = Wanted::default();
        let rest = match text.strip_prefix("1yr").map(|r| (1, r)).or(text.strip_prefix("3yr").map(|r| (3, r))) {
            Some((years, rest)) => {
                wanted.years = Some(years);
                rest.strip_prefix('-').unwrap_or(rest)
            }
            None => text,
        };
        wanted.payment = match rest {
            "" if wanted.years.is_some() => None,
            "no-upfront" => Some(Payment::NoUpfront),
            "partial-upfront" => Some(Payment::PartialUpfront),
            "all-upfront" => Some(Payment::AllUpfront),
            _ => return Err("expected 1yr, 3yr, no-upfront, 1yr-all-upfront …".into()),
        };
        Ok(wanted)
    }
}

/// A family with what is on offer, and why something of it is not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offers {
    /// The family.
    pub family: Family,
    /// The use that it speaks of.
    pub uses: Vec<usize>,
    /// What can be bought at the terms that are wanted. A term whose rate is not published appears twice: at the rate of No Upfront and at
    /// that of All Upfront. So do reservations of two sizes.
    pub purchases: Vec<Purchase>,
    /// True where AWS sells something for that use and the price book has no rate of it at any term.
    pub unpriced: bool,
    /// What cannot, and why, in a line each.
    pub notes: Vec<String>,
}

impl Offers {
    /// The use that one of the purchases covers.
    pub fn covered(&self) -> Vec<usize> {
        let covers = |i: &&usize| self.purchases.iter().any(|p| p.covers.iter().any(|c| c.used == **i));
        self.uses.iter().filter(covers).copied().collect()
    }
}

/// "1 year", "3 years".
pub fn years_of(years: u8) -> String {
    if years == 1 { "1 year".to_owned() } else { format!("{years} years") }
}

/// "no upfront" and so on.
pub fn payment_of(payment: Payment) -> &'static str {
    match payment {
        Payment::NoUpfront => "no upfront",
        Payment::PartialUpfront => "partial upfront",
        Payment::AllUpfront => "all upfront",
    }
}
