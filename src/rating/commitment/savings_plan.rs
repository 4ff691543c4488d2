//! Savings plans: dollars an hour at the plan's own rates (AWS, "How Savings Plans apply to your usage").
//!
//! What a plan covers follows from the price book: a usage has a row at the plan's terms, or it is not covered.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::reservation::sized;
use super::{Held, Owned, Price, YEAR};
use crate::bill::{Charge, Frequency, LineItem};
use crate::money::{Usd, quotient};
use crate::month::Month;
use crate::pricing::{Payment, PriceBook, Term};
use crate::scenario::commitment::Plan;
use crate::services::elasticache::Engine;
use crate::usage::{Step, Tape, UsageRecord};

/// The services whose usage a plan can cover.
pub fn services(plan: Plan) -> &'static [&'static str] {
    match plan {
        Plan::Compute => &["AmazonECS", "AWSLambda", "AmazonEC2"],
        Plan::Database => &["AmazonRDS", "AmazonElastiCache", "AmazonDynamoDB"],
    }
}

/// The plan that can cover a service's usage.
pub fn plan_of(service: &str) -> Option<Plan> {
    [Plan::Compute, Plan::Database].into_iter().find(|plan| services(*plan).contains(&service))
}

/// The first generation of instances and nodes that a Database Savings Plan covers.
const DATABASE_GENERATION: u32 = 7;

/// True for use of the plan's services for which AWS has a rate somewhere, whether the price book knows it or not. A Database Savings Plan
/// has none for instances and nodes before the seventh generation (db.r6g, db.r5, db.t3, db.t4g) and for Redis nodes (AWS, "Database
/// Savings Plans").
pub fn is_offered(plan: Plan, record: &UsageRecord) -> bool {
    let Some((family, _)) = sized(&record.usage_type).filter(|_| plan == Plan::Database) else { return true };
    let class = family.rsplit('.').next().unwrap_or(family);
    let digits: String = class.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().is_ok_and(|generation: u32| generation >= DATABASE_GENERATION) && record.operation != Engine::Redis.operation()
}

/// The part of a commitment that is paid at the start (AWS, "Savings Plans payment options": half of it for Partial Upfront).
pub fn at_the_start(payment: Payment) -> Decimal {
    match payment {
        Payment::NoUpfront => Decimal::ZERO,
        Payment::PartialUpfront => Decimal::new(5, 1),
        Payment::AllUpfront => Decimal::ONE,
    }
}

/// What a unit of usage costs under a plan, and on demand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    /// Dollars of the commitment that it takes.
    pub plan: Decimal,
    /// Dollars that it replaces: the list price, of the first tier where there are several.
    pub list: Decimal,
}

impl Rate {
    /// The part of the list price that the plan saves.
    pub fn saving(self) -> Decimal {
        quotient(self.list - self.plan, self.list).unwrap_or_default()
    }
}

/// The rate of a plan for a record on a day; `None` for what it does not cover: other services, usage without a row at these terms,
/// Spot, and what would not be cheaper.
pub fn rate(book: &PriceBook, plan: Plan, term: Term, record: &UsageRecord, day: NaiveDate) -> Option<Rate> {
    if !services(plan).contains(&record.service.as_ref()) {
        return None;
    }
    let find = |wanted: Term| {
        let found = book.price_on(&record.service, &record.region, &record.usage_type, &record.operation, day, |t| t == wanted);
        Some(found.ok()?.rows[0].price.decimal())
    };
    let rate = Rate { list: find(Term::OnDemand)?, plan: find(term)? };
    (rate.plan > Decimal::ZERO && rate.plan < rate.list).then_some(rate)
}

impl<'a> Owned<'a> {
    /// Covers dollars at the plan's own rates: the highest saving first, ties to the lowest rate.
    pub(super) fn plan(&self, records: &[UsageRecord]) -> Result<Held<'a>, String> {
        self.offered()?;
        let day = self.terms.month.first_day();
        let rated = |i: usize| Some((i, rate(self.terms.book, self.commitment.plan, self.commitment.term, &records[i], day)?));
        let mut eligible: Vec<(usize, Rate)> = (0..records.len()).filter_map(rated).collect();
        eligible.sort_by_key(|(_, rate)| (std::cmp::Reverse(rate.saving()), rate.plan));
        let claims = eligible.into_iter().map(|(record, rate)| self.claim(record, records, rate.plan)).collect();
        Ok(Held { holding: self.holding(self.hourly(), claims), per_unit: Decimal::ONE, price: Price::SavingsPlan })
    }

    /// A plan for which the book has no rate at all would cover nothing, silently.
    fn offered(&self) -> Result<(), String> {
        let (plan, term) = (self.commitment.plan, self.commitment.term);
        let known = |row: &crate::pricing::PriceRow| row.term == term && services(plan).contains(&row.service.as_str());
        match self.terms.book.rows().iter().any(known) {
            true => Ok(()),
            false => Err(format!("the price book has no rate of a {} Savings Plan at {term}", plan.name())),
        }
    }

    /// The part of its cost that is paid at the start.
    pub(super) fn plan_prepaid(&self) -> Decimal {
        match self.commitment.term {
            Term::SavingsPlan { payment, .. } => at_the_start(payment),
            _ => Decimal::ZERO,
        }
    }

    fn hourly(&self) -> Decimal {
        self.commitment.hourly.unwrap_or(Usd::ZERO).decimal()
    }

    /// What is paid: so much of the commitment as is not paid at the start, hour by hour; the rest in the first month.
    pub(super) fn plan_fees(&self) -> Vec<Charge> {
        let Term::SavingsPlan { years, payment } = self.commitment.term else { return Vec::new() };
        let (hourly, upfront, code) = (self.hourly(), at_the_start(payment), self.commitment.plan.code());
        let tape = Tape::new().rule(Step::Times, "dollars an hour", hourly).rule(Step::Times, "hours in force", self.hours);
        let recurring = Usd::new(hourly * self.hours * (Decimal::ONE - upfront));
        let mut rows = vec![self.purchase(code, code, LineItem::SavingsPlanRecurringFee, recurring, tape.clone(), Frequency::Recurring)];
        if self.terms.month == Month::of(self.commitment.start) {
            let fee = Usd::new(hourly * Decimal::from(YEAR * u32::from(years)) * upfront);
            rows.push(self.purchase(code, code, LineItem::SavingsPlanUpfrontFee, fee, tape, Frequency::OneTime));
        }
        rows
    }
}
