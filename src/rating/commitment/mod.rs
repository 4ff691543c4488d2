//! Commitments: purchases that cover usage hour by hour, used or lost. Reservations come first, then savings plans; the
//! owner's account first, the highest saving first; never Spot (AWS, "How Savings Plans apply to your usage").
//!
//! Usage is taken as even over the hours in which its resource is on, so "hour by hour" is a minimum over those hours; resources
//! that are off for a part of the month are taken to be on at the same times.

mod left;
pub mod reservation;
pub mod savings_plan;

use std::borrow::Cow;
use std::sync::Arc;

use rust_decimal::Decimal;

use self::left::Left;
use super::Terms;
use super::support::row;
use crate::bill::{Category, Charge, CommitmentRef, CommitmentStatus, Frequency, LineItem, Pricing, Seller};
use crate::money::{Usd, quotient};
use crate::pricing::Term;
use crate::scenario::Scenario;
use crate::scenario::commitment::Commitment;
use crate::usage::{Step, Tape, UsageRecord};

/// Hours of a year's term, as AWS divides an upfront fee: 365 days.
pub const YEAR: u32 = 8_760;

/// Takes what commitments cover out of the usage. Gives the usage that is left to be rated on demand, and the rows of the
/// purchases, of what they cover and of what is lost.
///
/// # Errors
/// A commitment at terms for which the book has no price, or an upfront fee that is not known.
pub fn cover(
    mut records: Vec<UsageRecord>,
    members: &[&Scenario],
    terms: &Terms<'_>,
) -> Result<(Vec<UsageRecord>, Vec<Charge>), Vec<String>> {
    let (mut charges, mut failures) = (Vec::new(), Vec::new());
    for (savings_plan, purchase) in purchases(members, terms) {
        let rows = if savings_plan { purchase.savings_plan(&mut records) } else { purchase.reservation(&mut records) };
        match rows {
            Ok(rows) => charges.extend(rows),
            Err(why) => failures.push(purchase.failure(&why)),
        }
    }
    records.retain(|r| !r.quantity.is_zero());
    if failures.is_empty() { Ok((records, charges)) } else { Err(failures) }
}

/// Hours of the month in which a commitment is in force.
fn in_force(commitment: &Commitment, terms: &Terms<'_>) -> Decimal {
    let days = Decimal::from(commitment.days_in(terms.month));
    let of = Decimal::from(terms.month.days().count());
    if days == of { terms.hours } else { quotient(terms.hours * days, of).unwrap_or_default() }
}

/// What a commitment holds in a month, and whose use it can cover, in the order in which AWS applies it.
#[derive(Clone, Debug)]
pub struct Holding {
    left: Left,
    claims: Vec<ClaimOn>,
    /// Hours in force, and hours of the month.
    hours: (Decimal, Decimal),
}

/// A record that a commitment can cover.
#[derive(Clone, Copy, Debug)]
struct ClaimOn {
    record: usize,
    /// Normalized units, or dollars, of a unit of its quantity.
    rate: Decimal,
    /// Hours of the month over which it is spread.
    hours: Decimal,
}

impl Holding {
    /// A quantity, or hours, of the whole month as far as they fall into the hours in force.
    fn in_force(&self, of_month: Decimal) -> Decimal {
        let (hours, month) = self.hours;
        if hours == month { of_month } else { quotient(of_month * hours, month).unwrap_or_default() }
    }

    /// Takes what a record wants. Gives units or dollars, and the quantity that they cover.
    fn take(&mut self, claim: ClaimOn, quantity: Decimal) -> Option<(Decimal, Decimal)> {
        let (wanted, hours) = (self.in_force(quantity * claim.rate), self.in_force(claim.hours));
        let taken = self.left.take(wanted, hours);
        (taken > Decimal::ZERO).then(|| (taken, quotient(taken, claim.rate).unwrap_or_default().min(quantity)))
    }

    /// The records that could be covered.
    pub fn records(&self) -> impl Iterator<Item = usize> {
        self.claims.iter().map(|c| c.record)
    }

    /// What is covered where records use other quantities than they were rated with: record and covered quantity.
    pub fn covered(&self, quantity: impl Fn(usize) -> Decimal) -> Vec<(usize, Decimal)> {
        let mut holding = self.clone();
        self.claims.iter().filter_map(|c| holding.take(*c, quantity(c.record)).map(|(_, covered)| (c.record, covered))).collect()
    }
}

/// What the commitments of a payer hold in a month, in the order in which they are applied.
///
/// # Errors
/// As [`cover`].
pub fn holdings(records: &[UsageRecord], members: &[&Scenario], terms: &Terms<'_>) -> Result<Vec<Holding>, Vec<String>> {
    let (mut list, mut failures) = (Vec::new(), Vec::new());
    for (savings_plan, purchase) in purchases(members, terms) {
        match if savings_plan { purchase.plan_holding(records) } else { purchase.reserved(records).map(|r| r.holding) } {
            Ok(holding) => list.push(holding),
            Err(why) => failures.push(purchase.failure(&why)),
        }
    }
    if failures.is_empty() { Ok(list) } else { Err(failures) }
}

/// The commitments in force: reservations, then savings plans (true).
fn purchases<'a>(members: &'a [&'a Scenario], terms: &'a Terms<'a>) -> impl Iterator<Item = (bool, Purchase<'a>)> {
    let all = move |savings_plan| {
        members.iter().flat_map(move |scenario| {
            let fits = move |c: &&Commitment| matches!(c.term, Term::SavingsPlan { .. }) == savings_plan && c.days_in(terms.month) > 0;
            let purchase = |commitment| Purchase { commitment, scenario, terms, hours: in_force(commitment, terms) };
            scenario.commitments.iter().filter(fits).map(move |c| (savings_plan, purchase(c)))
        })
    };
    all(false).chain(all(true))
}

struct Purchase<'a> {
    commitment: &'a Commitment,
    scenario: &'a Scenario,
    terms: &'a Terms<'a>,
    hours: Decimal,
}

impl<'a> Purchase<'a> {
    fn failure(&self, why: &str) -> String {
        format!("{} {}: {why}", self.scenario.name, self.commitment.id)
    }

    fn holding(&self, each: Decimal, claims: Vec<ClaimOn>) -> Holding {
        Holding { left: Left::new(each, self.hours), claims, hours: (self.hours, self.terms.hours) }
    }

    /// Records of the owner's account, then those of the others, each in their order.
    fn owner_first(&self, records: &[UsageRecord]) -> Vec<usize> {
        let own = |i: &usize| records[*i].account == self.scenario.account;
        let all: Vec<usize> = (0..records.len()).collect();
        let (first, others): (Vec<usize>, Vec<usize>) = all.into_iter().partition(own);
        first.into_iter().chain(others).collect()
    }

    /// Takes the covered part out of a record and makes it a row of its own: nothing on the invoice, its share amortized.
    fn covered(&self, record: &mut UsageRecord, quantity: Decimal, effective: Usd) -> Result<Charge, String> {
        let terms = self.terms;
        let list = terms
            .book
            .price(&record.service, &record.region, &record.usage_type, &record.operation, terms.month.first_day())
            .map_err(|e| e.to_string())?;
        let whole = record.quantity;
        record.quantity -= quantity;
        if record.quantity != Decimal::ZERO {
            let tape = Tape::new().rule(Step::Minus, "covered by commitments", quantity);
            record.factors.extend(tape.finish().map(|(_, f)| f).unwrap_or_default());
        }
        let mut factors = record.factors.clone();
        if quantity != whole {
            factors = Tape::new().rule(Step::Times, "covered of the use", quantity).finish().map(|(_, f)| f).unwrap_or_default();
        }
        Ok(Charge {
            month: record.month,
            day: None,
            line_item: if self.is_savings_plan() { LineItem::SavingsPlanCoveredUsage } else { LineItem::DiscountedUsage },
            payer: terms.payer.clone(),
            account: record.account.clone(),
            environment: record.environment.clone(),
            resource: record.resource.clone(),
            tags: record.tags.clone(),
            service: record.service.clone(),
            region: record.region.clone(),
            usage_type: record.usage_type.clone(),
            operation: record.operation.clone(),
            description: Cow::Owned(format!("covered by {}", self.commitment.id)),
            quantity,
            unit: Some(record.unit),
            category: Category::Usage,
            frequency: Frequency::UsageBased,
            pricing: Pricing::Committed,
            commitment: Some(self.reference(Some(CommitmentStatus::Used))),
            seller: Seller::Aws,
            list: list.rows[0].price.times(quantity),
            billed: Usd::ZERO,
            effective,
            net: None,
            tiers: Vec::new(),
            factors,
            price: Some(list.id),
        })
    }

    fn purchase(&self, service: &str, usage_type: &str, item: LineItem, fee: Usd, tape: Tape, frequency: Frequency) -> Charge {
        let (quantity, factors) = tape.finish().unwrap_or_default();
        let what = if item == LineItem::Fee { "upfront fee" } else { item.name() }.to_owned();
        Charge {
            quantity,
            frequency,
            factors,
            effective: Usd::ZERO,
            pricing: Pricing::Committed,
            commitment: Some(self.reference(None)),
            description: Cow::Owned(format!("{what} of {} ({})", self.commitment.id, self.commitment.term)),
            line_item: item,
            ..self.row(service, usage_type, fee, Category::Purchase)
        }
    }

    fn unused(&self, service: &str, usage_type: &str, lost: Usd) -> Charge {
        Charge {
            list: Usd::ZERO,
            billed: Usd::ZERO,
            effective: lost,
            pricing: Pricing::Committed,
            commitment: Some(self.reference(Some(CommitmentStatus::Unused))),
            description: Cow::Owned(format!("not used of {}", self.commitment.id)),
            line_item: if self.is_savings_plan() { LineItem::SavingsPlanRecurringFee } else { LineItem::RiFee },
            ..self.row(service, usage_type, lost, Category::Usage)
        }
    }

    fn row(&self, service: &str, usage_type: &str, amount: Usd, category: Category) -> Charge {
        let (environment, account): (Arc<str>, Arc<str>) = (self.scenario.name.clone(), self.scenario.account.clone());
        Charge {
            service: Cow::Owned(service.to_owned()),
            region: self.scenario.region.clone(),
            ..row(environment, account, "", &self.commitment.id, usage_type, amount, category, self.terms)
        }
    }

    fn is_savings_plan(&self) -> bool {
        matches!(self.commitment.term, Term::SavingsPlan { .. })
    }

    fn reference(&self, status: Option<CommitmentStatus>) -> CommitmentRef {
        let (kind, category) = if self.is_savings_plan() { ("SavingsPlan", "Spend") } else { ("Reserved", "Usage") };
        CommitmentRef { id: self.commitment.id.clone(), kind, category, status }
    }
}
