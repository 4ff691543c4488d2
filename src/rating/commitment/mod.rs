//! Commitments: purchases that cover usage hour by hour, used or lost. Reservations come first, then savings plans; of each kind
//! every purchase on its owner's account first, then on the others what all owners leave; the highest saving first; never Spot (AWS,
//! "How Savings Plans apply to your usage").
//!
//! Usage is taken as even over the hours in which its resource is on, so "hour by hour" is a minimum over those hours; resources
//! that are off for a part of the month are taken to be on at the same times.

mod left;
pub mod reservation;
pub mod savings_plan;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use self::left::Left;
use self::reservation::Reserved;
use super::Terms;
use super::support::row;
use crate::bill::{Category, Charge, CommitmentRef, CommitmentStatus, Frequency, LineItem, Pricing, Seller};
use crate::money::{Usd, quotient};
use crate::pricing::Term;
use crate::scenario::Scenario;
use crate::scenario::commitment::{Commitment, YEAR_DAYS};
use crate::usage::{Step, Tape, UsageRecord};

/// Hours of a year's term, as AWS divides an upfront fee: 365 days.
pub const YEAR: u32 = 24 * YEAR_DAYS;

/// Places of a savings plan's dollars an hour where its size is computed. AWS takes from 0.001 and up to five places (Savings Plans,
/// "CreateSavingsPlan", `commitment`); nothing finer than a thousandth is known of any use.
pub const HOURLY_PLACES: u32 = 3;

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
    let purchases = held(&records, members, terms)?;
    let mut holdings: Vec<Holding> = purchases.iter().map(|(_, held)| held.holding.clone()).collect();
    let mut rows: Vec<Vec<Charge>> = vec![Vec::new(); holdings.len()];
    let mut failures = Vec::new();
    for (number, claim) in order(&holdings) {
        let (purchase, held) = &purchases[number];
        let record = &mut records[claim.record];
        if let Some((units, covered)) = holdings[number].take(claim, record.quantity) {
            match purchase.covered(record, covered, Usd::new(units * held.per_unit)) {
                Ok(row) => rows[number].push(row),
                Err(why) => failures.push(purchase.failure(&why)),
            }
        }
    }
    for (((purchase, held), holding), rows) in purchases.iter().zip(&holdings).zip(&mut rows) {
        rows.extend(held.price.fees(purchase));
        let (service, usage_type) = held.price.names(purchase);
        rows.push(purchase.unused(service, usage_type, Usd::new(holding.left.all() * held.per_unit)));
        rows.retain(|r| !r.billed.is_zero() || !r.effective.is_zero());
    }
    records.retain(|r| !r.quantity.is_zero());
    if failures.is_empty() { Ok((records, rows.concat())) } else { Err(failures) }
}

/// When a commitment was bought, and how much of what it costs was paid then.
pub struct Bought {
    /// The first day of its term.
    pub start: NaiveDate,
    end: NaiveDate,
    /// The part of its amortized cost that was paid at the start, 0 to 1.
    pub prepaid: Decimal,
}

impl Bought {
    /// True on the days of its term.
    pub fn is_in_force(&self, day: NaiveDate) -> bool {
        self.start <= day && day < self.end
    }
}

/// The commitment behind a charge, where one of the members holds it.
pub fn behind(charge: &Charge, members: &[&Scenario], terms: &Terms<'_>) -> Option<Bought> {
    let id = &charge.commitment.as_ref()?.id;
    fn held<'s>(scenario: &'s Scenario, id: &str) -> Option<(&'s Scenario, &'s Commitment)> {
        scenario.commitments.iter().find(|c| c.id == id).map(|c| (scenario, c))
    }
    // What one member holds covers another's use too; an id is unique within its holder's file.
    let own = members.iter().filter(|m| m.name == charge.environment).find_map(|m| held(m, id));
    let (scenario, commitment) = own.or_else(|| members.iter().find_map(|m| held(m, id)))?;
    let owned = Owned { commitment, scenario, terms, hours: in_force(commitment, terms) };
    let prepaid = if owned.is_savings_plan() { owned.plan_prepaid() } else { owned.reservation_prepaid() };
    Some(Bought { start: commitment.start, end: commitment.end(), prepaid })
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
    savings_plan: bool,
    left: Left,
    claims: Vec<ClaimOn>,
    /// Hours in force, and hours of the month.
    hours: (Decimal, Decimal),
}

/// A record that a commitment can cover.
#[derive(Clone, Copy, Debug)]
struct ClaimOn {
    record: usize,
    /// Whether it is of the owner's account.
    own: bool,
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
}

/// The claims on some holdings in the order in which AWS lets them be met, each with the number of its holding.
fn order(holdings: &[Holding]) -> Vec<(usize, ClaimOn)> {
    let pass = |(savings_plan, own): (bool, bool)| {
        let of_kind = holdings.iter().enumerate().filter(move |(_, h)| h.savings_plan == savings_plan);
        of_kind.flat_map(move |(number, h)| h.claims.iter().filter(move |c| c.own == own).map(move |c| (number, *c)))
    };
    [(false, true), (false, false), (true, true), (true, false)].into_iter().flat_map(pass).collect()
}

/// What holdings cover where records use other quantities than they were rated with. `quantity` says what a record uses; gives what of
/// it is covered, for each record of which something is.
pub fn covered(holdings: &[Holding], quantity: impl Fn(usize) -> Decimal) -> HashMap<usize, Decimal> {
    let mut left = holdings.to_vec();
    let mut covered: HashMap<usize, Decimal> = HashMap::new();
    for (number, claim) in order(holdings) {
        let known = covered.get(&claim.record).copied().unwrap_or_default();
        if let Some((_, more)) = left[number].take(claim, quantity(claim.record) - known) {
            covered.insert(claim.record, known + more);
        }
    }
    covered
}

/// What the commitments of a payer hold in a month, in the order in which they are applied.
///
/// # Errors
/// As [`cover`].
pub fn holdings(records: &[UsageRecord], members: &[&Scenario], terms: &Terms<'_>) -> Result<Vec<Holding>, Vec<String>> {
    Ok(held(records, members, terms)?.into_iter().map(|(_, held)| held.holding).collect())
}

/// The commitments in force with what they hold: reservations, then savings plans.
fn held<'a>(records: &[UsageRecord], members: &[&'a Scenario], terms: &'a Terms<'a>) -> Result<Vec<(Owned<'a>, Held<'a>)>, Vec<String>> {
    let (mut list, mut failures) = (Vec::new(), Vec::new());
    for purchase in purchases(members, terms) {
        match if purchase.is_savings_plan() { purchase.plan(records) } else { purchase.reservation(records) } {
            Ok(held) => list.push((purchase, held)),
            Err(why) => failures.push(purchase.failure(&why)),
        }
    }
    if failures.is_empty() { Ok(list) } else { Err(failures) }
}

/// The commitments in force: reservations, then savings plans.
fn purchases<'a>(members: &[&'a Scenario], terms: &'a Terms<'a>) -> Vec<Owned<'a>> {
    let in_force = |scenario: &&'a Scenario| {
        let scenario = *scenario;
        let fits = |c: &&Commitment| c.days_in(terms.month) > 0;
        let purchase = move |commitment| Owned { commitment, scenario, terms, hours: in_force(commitment, terms) };
        scenario.commitments.iter().filter(fits).map(purchase).collect::<Vec<_>>()
    };
    let all: Vec<Owned<'a>> = members.iter().flat_map(in_force).collect();
    let (plans, reservations): (Vec<_>, Vec<_>) = all.into_iter().partition(Owned::is_savings_plan);
    reservations.into_iter().chain(plans).collect()
}

/// A commitment with what it holds and what it costs.
struct Held<'a> {
    holding: Holding,
    /// Dollars of an hour of what is held, the fee spread over the term.
    per_unit: Decimal,
    price: Price<'a>,
}

/// What is paid for a commitment.
enum Price<'a> {
    Reservation(Reserved<'a>),
    SavingsPlan,
}

impl Price<'_> {
    fn fees(&self, purchase: &Owned<'_>) -> Vec<Charge> {
        match self {
            Price::Reservation(reserved) => purchase.reservation_fees(reserved),
            Price::SavingsPlan => purchase.plan_fees(),
        }
    }

    /// The service and usage type under which it is billed.
    fn names<'b>(&'b self, purchase: &'b Owned<'_>) -> (&'b str, &'b str) {
        let code = purchase.commitment.plan.code();
        match self {
            Price::Reservation(reserved) => (purchase.commitment.service.as_deref().unwrap_or_default(), &reserved.usage_type),
            Price::SavingsPlan => (code, code),
        }
    }
}

/// A commitment in force, and who holds it.
struct Owned<'a> {
    commitment: &'a Commitment,
    scenario: &'a Scenario,
    terms: &'a Terms<'a>,
    hours: Decimal,
}

impl<'a> Owned<'a> {
    fn failure(&self, why: &str) -> String {
        format!("{} {}: {why}", self.scenario.name, self.commitment.id)
    }

    fn holding(&self, each: Decimal, claims: Vec<ClaimOn>) -> Holding {
        let savings_plan = self.is_savings_plan();
        Holding { savings_plan, left: Left::new(each, self.hours), claims, hours: (self.hours, self.terms.hours) }
    }

    fn claim(&self, record: usize, records: &[UsageRecord], rate: Decimal) -> ClaimOn {
        let used = &records[record];
        ClaimOn { record, own: used.account == self.scenario.account, rate, hours: used.hours }
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
