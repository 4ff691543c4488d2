//! What the price book offers for some use: reservations of its instances and nodes, and savings plans, at every term.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::purchase::{Cover, Family, Offers, Purchase, Use, Wanted, payment_of, years_of};
use crate::money::quotient;
use crate::month::Month;
use crate::pricing::{Confidence, Payment, PriceBook, PriceRow, Term};
use crate::rating::commitment::reservation::sized;
use crate::rating::commitment::{YEAR, savings_plan};
use crate::scenario::accounts::Payer;
use crate::scenario::commitment::Plan;

/// Terms in years.
const YEARS: [u8; 2] = [1, 3];
/// Payment options, the least cash at the start first.
const PAYMENTS: [Payment; 3] = [Payment::NoUpfront, Payment::PartialUpfront, Payment::AllUpfront];

/// What is on offer on a day for some use in a region, at the terms that are wanted: reservations, then savings plans.
pub fn offers(uses: &[Use], book: &PriceBook, payer: &Payer, region: &str, day: NaiveDate, wanted: Wanted) -> Vec<Offers> {
    let reservations = uses.iter().filter(|u| &*u.record.region == region).filter_map(|u| {
        let (class, _) = sized(&u.record.usage_type)?;
        let (service, operation) = (u.record.service.to_string(), u.record.operation.to_string());
        Some(Family::Reservation { service, operation, class: class.to_owned() })
    });
    let families: BTreeSet<Family> = reservations.chain([Plan::Compute, Plan::Database].map(Family::SavingsPlan)).collect();
    let market = Market { uses, book, payer, region: region.into(), day, wanted };
    families.into_iter().map(|family| market.offers(family)).filter(|o| !o.uses.is_empty()).collect()
}

struct Market<'a> {
    uses: &'a [Use],
    book: &'a PriceBook,
    payer: &'a Payer,
    region: Arc<str>,
    day: NaiveDate,
    wanted: Wanted,
}

impl Market<'_> {
    fn offers(&self, family: Family) -> Offers {
        let here = |i: &usize| matches!(family, Family::SavingsPlan(_)) || self.uses[*i].record.region == self.region;
        let uses: Vec<usize> = (0..self.uses.len()).filter(here).filter(|i| family.speaks_of(&self.uses[*i])).collect();
        let (mut purchases, mut notes, mut absent, mut elsewhere) = (Vec::new(), Vec::new(), Vec::new(), false);
        for (years, payment) in YEARS.iter().flat_map(|y| PAYMENTS.map(|p| (*y, p))) {
            let mut unknown = Vec::new();
            let found = match &family {
                Family::Reservation { service, operation, class } => {
                    self.reserved(&uses, (service, operation, class), years, payment, &mut unknown)
                }
                Family::SavingsPlan(plan) => self.planned(&uses, *plan, years, payment),
            };
            if !self.wanted.is(years, payment) {
                elsewhere |= !found.is_empty();
                continue;
            }
            notes.extend(unknown);
            if found.is_empty() {
                absent.push(format!("{} {}", years_of(years), payment_of(payment)));
            }
            purchases.extend(found);
        }
        if purchases.is_empty() && elsewhere {
            notes = vec![format!("the price book has it at other terms only, not for {}", absent.join("; "))];
        } else if purchases.is_empty() {
            notes = self.nothing(&family, &uses);
        } else {
            notes.extend(self.left_out(&family, &uses, &purchases));
            notes.extend(on_sale(&purchases, &absent));
        }
        notes.dedup();
        let unpriced = purchases.is_empty() && !elsewhere && uses.iter().any(|i| self.is_offered(&family, *i));
        Offers { family, uses, purchases, unpriced, notes }
    }

    /// Why nothing of a family can be bought.
    fn nothing(&self, family: &Family, uses: &[usize]) -> Vec<String> {
        match family {
            Family::SavingsPlan(_) => self.not_covered(family, uses),
            Family::Reservation { .. } => {
                vec![format!("the price book has no reservation of {} in {}", self.kinds(uses.iter().copied()), self.region)]
            }
        }
    }

    /// True where AWS sells something of a family for a use, whatever the price book knows of it.
    fn is_offered(&self, family: &Family, used: usize) -> bool {
        match family {
            Family::SavingsPlan(plan) => savings_plan::is_offered(*plan, &self.uses[used].record),
            Family::Reservation { .. } => true,
        }
    }

    /// Use that no term of a family covers: what AWS does not offer it for, and what the price book has no rate for.
    fn not_covered(&self, family: &Family, uses: &[usize]) -> Vec<String> {
        let (unknown, without): (Vec<usize>, Vec<usize>) = uses.iter().partition(|i| self.is_offered(family, **i));
        let no_rate = if self.wanted == Wanted::default() {
            "the price book has no rate for it"
        } else {
            "the price book has no rate for it at this term"
        };
        let whys = [(without, "AWS offers no rate for it"), (unknown, no_rate)];
        let lines = whys.into_iter().filter(|(uses, _)| !uses.is_empty());
        lines.map(|(uses, why)| format!("does not cover {}: {why}", self.kinds(uses.into_iter()))).collect()
    }

    /// Which use of a family no term covers, or a term leaves out.
    fn left_out(&self, family: &Family, uses: &[usize], purchases: &[Purchase]) -> Vec<String> {
        let covers = |p: &Purchase, i: usize| p.covers.iter().any(|c| c.used == i);
        let (ever, never): (Vec<usize>, Vec<usize>) = uses.iter().partition(|i| purchases.iter().any(|p| covers(p, **i)));
        let mut notes = self.not_covered(family, &never);
        for p in purchases {
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

    /// What discounts leave of a service's prices.
    fn paid_part(&self, service: &str) -> Decimal {
        self.payer.paid_part(service, Month::of(self.day))
    }

    fn row(&self, service: &str, usage_type: &str, operation: &str, term: Term) -> Option<&PriceRow> {
        self.book.price_on(service, &self.region, usage_type, operation, self.day, |t| t == term).ok().map(|p| &p.rows[0])
    }

    /// Reservations of the smallest size that runs and has a price, and of the smallest of the family: a size that is larger than what runs,
    /// or does not divide it, covers less.
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
        let smallest = |names: &mut dyn Iterator<Item = &str>| -> Option<(String, Decimal)> {
            let priced = |name: &&str| self.row(service, name, operation, term).is_some_and(|row| row.upfront.is_some());
            let sizes = names.filter(priced).filter_map(|name| Some((name.to_owned(), sized(name)?.1)));
            sizes.min_by(|a, b| a.1.cmp(&b.1).then(a.0.cmp(&b.0)))
        };
        let mut sizes: Vec<(String, Decimal)> =
            [smallest(&mut used.clone()), smallest(&mut others.clone())].into_iter().flatten().collect();
        sizes.dedup_by(|a, b| a.1 == b.1);
        if let (true, Some(name)) = (sizes.is_empty(), used.chain(others).find(|n| self.row(service, n, operation, term).is_some())) {
            notes.push(format!("{} {}: the upfront fee of {name} is not known", years_of(years), payment_of(payment)));
        }
        let offer = |(name, size): (String, Decimal)| self.reservation(uses, (service, operation, name.as_str()), size, (years, payment));
        sizes.into_iter().filter_map(offer).collect()
    }

    /// A reservation of a usage type that counts so many units.
    fn reservation(
        &self,
        uses: &[usize],
        (service, operation, name): (&str, &str, &str),
        size: Decimal,
        (years, payment): (u8, Payment),
    ) -> Option<Purchase> {
        let row = self.row(service, name, operation, Term::Reserved { years, payment })?;
        let cover = |&i: &usize| {
            let (_, units) = sized(&self.uses[i].record.usage_type)?;
            let each = quotient(units, size)?;
            Some(Cover { used: i, units: quotient(each, self.uses[i].price)?, value: quotient(self.uses[i].price, each)? })
        };
        Some(Purchase {
            years,
            payment,
            service: service.to_owned(),
            base: Some(self.book.without_prefix(service, &self.region, name).to_owned()),
            hourly: row.price.decimal() * self.paid_part(service),
            upfront: row.upfront? * self.payer.paid_part_on(service, self.day),
            covers: uses.iter().filter_map(cover).collect(),
            assumed: false,
            weak: row.confidence == Confidence::Low,
        })
    }

    /// A savings plan; at two rates where its own is not published and those of No and All Upfront are, on the use that both cover.
    fn planned(&self, uses: &[usize], plan: Plan, years: u8, payment: Payment) -> Vec<Purchase> {
        let at = |uses: &[usize], rates: Payment| self.plan_at(uses, plan, years, payment, rates);
        match at(uses, payment) {
            Some(purchase) => vec![purchase],
            None if payment == Payment::PartialUpfront => {
                let ends = [Payment::NoUpfront, Payment::AllUpfront];
                let covers = |i: usize, end: Payment| at(&[i], end).is_some();
                let both: Vec<usize> = uses.iter().copied().filter(|i| ends.iter().all(|end| covers(*i, *end))).collect();
                ends.into_iter().filter_map(|end| at(&both, end)).collect()
            }
            None => Vec::new(),
        }
    }

    /// A savings plan at the rates of a payment option.
    fn plan_at(&self, uses: &[usize], plan: Plan, years: u8, payment: Payment, rates: Payment) -> Option<Purchase> {
        let term = Term::SavingsPlan { years, payment: rates };
        let cover = |&i: &usize| {
            let rate = savings_plan::rate(self.book, plan, term, &self.uses[i].record, self.day)?;
            let on_demand = self.uses[i].price;
            Some(Cover { used: i, units: quotient(rate.plan, on_demand)?, value: quotient(on_demand, rate.plan)? })
        };
        let covers: Vec<Cover> = uses.iter().filter_map(cover).collect();
        let weak = |c: &Cover| {
            let r = &self.uses[c.used].record;
            self.row(&r.service, &r.usage_type, &r.operation, term).is_some_and(|row| row.confidence == Confidence::Low)
        };
        let (upfront, paid) = (savings_plan::at_the_start(payment), self.paid_part(plan.code()));
        let paid_at_once = self.payer.paid_part_on(plan.code(), self.day);
        (!covers.is_empty()).then(|| Purchase {
            years,
            payment,
            service: plan.code().to_owned(),
            base: None,
            hourly: (Decimal::ONE - upfront) * paid,
            upfront: Decimal::from(YEAR * u32::from(years)) * upfront * paid_at_once,
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
