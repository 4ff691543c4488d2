//! Which purchases to make together: of each family the best one, reservations first, savings plans on what those leave.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::document::{Choice, Saving, Together};
use super::outcome::{Outcome, Prospect, Spread};
use super::purchase::{Family, Purchase, payment_of, years_of};
use crate::money::Usd;

/// The most families of reservations that are tried with and without beside a plan that covers the same use. There are few; further
/// ones are taken as they are.
const TRIED: usize = 6;

/// A purchase at its best size, with what that comes to.
#[derive(Clone, Debug)]
pub struct Weighed {
    /// Its family.
    pub family: Family,
    /// The purchase.
    pub purchase: Purchase,
    /// How many, or dollars an hour.
    pub size: Decimal,
    /// What other sizes would come to.
    pub prospect: Arc<Prospect>,
    /// What this one comes to.
    pub outcome: Outcome,
    /// The same for a document.
    pub choice: Choice,
}

impl Weighed {
    /// "Compute Savings Plan, 1 year, no upfront".
    pub fn name(&self) -> String {
        format!("{}, {}, {}", self.family.title(), years_of(self.purchase.years), payment_of(self.purchase.payment))
    }

    /// True for the same family at the same term.
    pub fn is(&self, other: &Weighed) -> bool {
        self.family == other.family && self.purchase.term() == other.purchase.term()
    }

    /// True where both cover the same use.
    pub fn overlaps(&self, other: &Weighed) -> bool {
        let covers = |used| other.purchase.covers.iter().any(|c| c.used == used);
        self.purchase.covers.iter().any(|c| covers(c.used))
    }

    fn saving(&self) -> Usd {
        self.choice.saving.mean
    }

    /// The other purchase at the same term: the second end of an interval, or another size, of which the better stays.
    pub fn join(&mut self, other: Weighed) {
        if other.purchase.assumed {
            self.choice.weak_price |= other.choice.weak_price;
            self.choice.assumed = Some((&other.choice).into());
        } else if other.saving() > self.saving() {
            *self = other;
        }
    }
}

/// Of the purchases that `may` be made, by family, those that save the most together. Rates that are not published are not advised.
/// `after` weighs a family again on what reservations leave, which AWS applies first.
pub fn chosen(all: &[Vec<Weighed>], may: impl Fn(&Purchase) -> bool, after: impl Fn(usize, &[Weighed]) -> Vec<Weighed>) -> Vec<Weighed> {
    let saves = |w: &&Weighed| !w.purchase.assumed && may(&w.purchase) && w.saving() > Usd::ZERO;
    let best = |of: &[Weighed]| of.iter().filter(saves).max_by(|a, b| a.saving().cmp(&b.saving())).cloned();
    let is_plan = |family: &usize| matches!(all[*family].first().map(|w| &w.family), Some(Family::SavingsPlan(_)));
    let (plans, reservations): (Vec<usize>, Vec<usize>) = (0..all.len()).partition(is_plan);
    let mut reserved: Vec<Weighed> = reservations.into_iter().filter_map(|family| best(&all[family])).collect();
    let mut set = Vec::new();
    // No use is covered by two plans: each has services of its own.
    for plan in plans {
        let (shared, rest) = reserved.into_iter().partition(|r| all[plan].iter().any(|w| w.overlaps(r)));
        let of = |taken: &[Weighed]| if taken.is_empty() { best(&all[plan]) } else { best(&after(plan, taken)) };
        set.extend(beside(shared, of));
        reserved = rest;
    }
    set.extend(reserved);
    set.sort_by(|a, b| a.family.cmp(&b.family));
    set
}

/// Those of some reservations that save the most together with the plan that fits what they leave, and that plan.
fn beside(shared: Vec<Weighed>, plan: impl Fn(&[Weighed]) -> Option<Weighed>) -> Vec<Weighed> {
    let tried = shared.len().min(TRIED);
    let set = |bits: usize| -> Vec<Weighed> {
        let is_taken = |(number, _): &(usize, &Weighed)| *number >= tried || bits >> number & 1 == 1;
        let taken: Vec<Weighed> = shared.iter().enumerate().filter(is_taken).map(|(_, w)| w.clone()).collect();
        let plan = plan(&taken);
        taken.into_iter().chain(plan).collect()
    };
    (0..1 << tried).map(set).max_by_key(|set| set.iter().map(Weighed::saving).sum::<Usd>()).unwrap_or_default()
}

/// What several purchases come to together; `None` for none.
pub fn together(set: &[Weighed], drawn: bool) -> Option<Together> {
    let outcomes: Vec<&Outcome> = set.iter().map(|w| &w.outcome).collect();
    let spread = Spread::of(Outcome::together(&outcomes))?;
    let purchase = |w: &Weighed| format!("{}: {} {}", w.name(), w.choice.commit, w.choice.unit);
    Some(Together {
        saving: Saving::of(spread, drawn),
        upfront: set.iter().map(|w| w.choice.upfront).sum(),
        monthly: set.iter().map(|w| w.choice.monthly).sum(),
        break_even: Outcome::break_even(&outcomes),
        flat: set.iter().all(|w| w.choice.flat),
        purchases: set.iter().map(purchase).collect(),
    })
}
