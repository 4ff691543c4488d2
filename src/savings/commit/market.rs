//! What the price book offers for some use: reservations of its instances and nodes, and savings plans, at every term.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::purchase::{Cover, Family, Offers, Purchase, Use, payment_of, years_of};
use crate::money::quotient;
use crate::pricing::{Confidence, Payment, PriceBook, PriceRow, Term};
use crate::rating::commitment::reservation::sized;
use crate::rating::commitment::{YEAR, savings_plan};
use crate::scenario::commitment::Plan;

/// Terms in years.
const YEARS: [u8; 2] = [1, 3];
/// Payment options, the least cash at the start first.
const PAYMENTS: [Payment; 3] = [Payment::NoUpfront, Payment::PartialUpfront, Payment::AllUpfront];

/// What is on offer on a day for some use in a region: reservations, then savings plans.
pub fn offers(uses: &[Use], book: &PriceBook, region: &str, day: NaiveDate) -> Vec<Offers> {
    let reservations = uses.iter().filter(|u| &*u.record.region == region).filter_map(|u| {
        let (class, _) = sized(&u.record.usage_type)?;
        let (service, operation) = (u.record.service.to_string(), u.record.operation.to_string());
        Some(Family::Reservation { service, operation, class: class.to_owned() })
    });
    let families: BTreeSet<Family> = reservations.chain([Plan::Compute, Plan::Database].map(Family::SavingsPlan)).collect();
    let market = Market { uses, book, region: region.into(), day };
    families.into_iter().map(|family| market.offers(family)).filter(|o| !o.uses.is_empty()).collect()
}

struct Market<'a> {
    uses: &'a [Use],
    book: &'a PriceBook,
    region: Arc<str>,
    day: NaiveDate,
}

impl Market<'_> {
    fn offers(&self, family: Family) -> Offers {
        let here = |i: &usize| matches!(family, Family::SavingsPlan(_)) || self.uses[*i].record.region == self.region;
        let uses: Vec<usize> = (0..self.uses.len()).filter(here).filter(|i| family.speaks_of(&self.uses[*i])).collect();
        let (mut purchases, mut notes) = (Vec::new(), Vec::new());
        let mut absent = Vec::new();
        for (years, payment) in YEARS.iter().flat_map(|y| PAYMENTS.map(|p| (*y, p))) {
            let found = match &family {
                Family::Reservation { service, operation, class } => {
                    self.reserved(&uses, (service, operation, class), years, payment, &mut notes)
                }
                Family::SavingsPlan(plan) => self.planned(&uses, *plan, years, payment),
            };
            if found.is_empty() {
                absent.push(format!("{} {}", years_of(years), payment_of(payment)));
            }
            purchases.extend(found);
        }
        if purchases.is_empty() {
            notes = vec![self.nothing(&family, &uses)];
        } else {
            notes.extend(self.left_out(&uses, &purchases));
            notes.extend(on_sale(&purchases, &absent));
        }
        notes.dedup();
        Offers { family, uses, purchases, notes }
    }

    /// Why nothing of a family can be bought.
    fn nothing(&self, family: &Family, uses: &[usize]) -> String {
        let kinds = self.kinds(uses.iter().copied());
        match family {
            Family::SavingsPlan(_) => format!("does not cover {kinds}: the price book has no rate for it"),
            Family::Reservation { .. } => format!("the price book has no reservation of {kinds} in {}", self.region),
        }
    }

    /// Which use of a family no term covers, or a term leaves out.
    fn left_out(&self, uses: &[usize], purchases: &[Purchase]) -> Vec<String> {
        let covers = |p: &Purchase, i: usize| p.covers.iter().any(|c| c.used == i);
        let (ever, never): (Vec<usize>, Vec<usize>) = uses.iter().partition(|i| purchases.iter().any(|p| covers(p, **i)));
        let mut notes = Vec::new();
        if !never.is_empty() {
            notes.push(format!("does not cover {}", self.kinds(never.into_iter())));
        }
        for p in purchases.iter().filter(|p| !p.assumed) {
            let lacking: Vec<usize> = ever.iter().copied().filter(|i| !covers(p, *i)).collect();
            if !lacking.is_empty() {
                let kinds = self.kinds(lacking.into_iter());
                notes.push(format!("{} {}: no rate of {kinds} in the price book, left out", years_of(p.years), payment_of(p.payment)));
            }
        }
        notes
    }

    /// What some use is called, each kind once.
    fn kinds(&self, uses: impl Iterator<Item = usize>) -> String {
        let mut kinds: Vec<&str> = uses.map(|i| self.uses[i].kind()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds.join(", ")
    }

    fn row(&self, service: &str, usage_type: &str, operation: &str, term: Term) -> Option<&PriceRow> {
        self.book.price_on(service, &self.region, usage_type, operation, self.day, |t| t == term).ok().map(|p| &p.rows[0])
    }

    /// A reservation of the size that most of the use has, or of another one of the family where only that has a price.
    fn reserved(
        &self,
        uses: &[usize],
        (service, operation, class): (&str, &str, &str),
        years: u8,
        payment: Payment,
        notes: &mut Vec<String>,
    ) -> Vec<Purchase> {
        let term = Term::Reserved { years, payment };
        let of_family = |r: &&PriceRow| {
            r.service == service && r.region == *self.region && r.term == term && sized(&r.usage_type).is_some_and(|(c, _)| c == class)
        };
        let used = uses.iter().map(|i| &*self.uses[*i].record.usage_type);
        let others = self.book.rows().iter().filter(of_family).map(|r| r.usage_type.as_str());
        let found = used.chain(others).find_map(|name| Some((name, self.row(service, name, operation, term)?)));
        let Some((name, row)) = found else { return Vec::new() };
        let Some(upfront) = row.upfront else {
            notes.push(format!("{} {}: the upfront fee of {name} is not known", years_of(years), payment_of(payment)));
            return Vec::new();
        };
        let Some((_, size)) = sized(name) else { return Vec::new() };
        let cover = |&i: &usize| {
            let (_, units) = sized(&self.uses[i].record.usage_type)?;
            let each = quotient(units, size)?;
            Some(Cover { used: i, units: quotient(each, self.uses[i].list)?, value: quotient(self.uses[i].list, each)? })
        };
        vec![Purchase {
            years,
            payment,
            base: Some(self.book.without_prefix(service, &self.region, name).to_owned()),
            hourly: row.price.decimal(),
            upfront,
            covers: uses.iter().filter_map(cover).collect(),
            assumed: false,
            weak: row.confidence == Confidence::Low,
        }]
    }

    /// A savings plan; at two rates where its own is not published and those of No and All Upfront are.
    fn planned(&self, uses: &[usize], plan: Plan, years: u8, payment: Payment) -> Vec<Purchase> {
        let at = |rates: Payment| self.plan_at(uses, plan, years, payment, rates);
        match at(payment) {
            Some(purchase) => vec![purchase],
            None if payment == Payment::PartialUpfront => {
                let both = [Payment::NoUpfront, Payment::AllUpfront].map(at);
                both.into_iter().collect::<Option<Vec<_>>>().unwrap_or_default()
            }
            None => Vec::new(),
        }
    }

    /// A savings plan at the rates of a payment option.
    fn plan_at(&self, uses: &[usize], plan: Plan, years: u8, payment: Payment, rates: Payment) -> Option<Purchase> {
        let term = Term::SavingsPlan { years, payment: rates };
        let cover = |&i: &usize| {
            let rate = savings_plan::rate(self.book, plan, term, &self.uses[i].record, self.day)?;
            Some(Cover { used: i, units: quotient(rate.plan, rate.list)?, value: quotient(rate.list, rate.plan)? })
        };
        let covers: Vec<Cover> = uses.iter().filter_map(cover).collect();
        let weak = |c: &Cover| {
            let r = &self.uses[c.used].record;
            self.row(&r.service, &r.usage_type, &r.operation, term).is_some_and(|row| row.confidence == Confidence::Low)
        };
        let upfront = savings_plan::at_the_start(payment);
        (!covers.is_empty()).then(|| Purchase {
            years,
            payment,
            base: None,
            hourly: Decimal::ONE - upfront,
            upfront: Decimal::from(YEAR * u32::from(years)) * upfront,
            assumed: rates != payment,
            weak: covers.iter().any(weak),
            covers,
        })
    }
}

/// Which terms the book has no price for, the shorter way to say it.
fn on_sale(purchases: &[Purchase], absent: &[String]) -> Option<String> {
    let mut there: Vec<String> = purchases.iter().map(|p| format!("{} {}", years_of(p.years), payment_of(p.payment))).collect();
    there.dedup();
    match absent.len() {
        0 => None,
        n if n > there.len() => Some(format!("the price book has it for {} only", there.join("; "))),
        _ => Some(format!("the price book has no row for {}", absent.join("; "))),
    }
}
