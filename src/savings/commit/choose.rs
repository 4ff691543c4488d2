//! Which purchases to make together: one of each family, and of those that would cover the same use only one.

use rust_decimal::Decimal;

use super::document::{Choice, Saving, Together};
use super::outcome::{Outcome, Prospect, Spread};
use super::purchase::{Purchase, payment_of, years_of};
use crate::money::Usd;

/// A purchase at its best size, with what that comes to.
#[derive(Clone, Debug)]
pub struct Weighed {
    /// The name of its family.
    pub title: String,
    /// The purchase.
    pub purchase: Purchase,
    /// How many, or dollars an hour.
    pub size: Decimal,
    /// What other sizes would come to.
    pub prospect: Prospect,
    /// What this one comes to.
    pub outcome: Outcome,
    /// The same for a document.
    pub choice: Choice,
}

impl Weighed {
    /// "Compute Savings Plan, 1 year, no upfront".
    pub fn name(&self) -> String {
        format!("{}, {}, {}", self.title, years_of(self.purchase.years), payment_of(self.purchase.payment))
    }

    fn overlaps(&self, other: &Weighed) -> bool {
        let covers = |used| other.purchase.covers.iter().any(|c| c.used == used);
        self.title == other.title || self.purchase.covers.iter().any(|c| covers(c.used))
    }
}

/// Of the purchases that `may` be made those that save the most together. Rates that are not published are not advised.
pub fn chosen<'a>(all: impl Iterator<Item = &'a Weighed>, may: impl Fn(&Purchase) -> bool) -> Vec<&'a Weighed> {
    let saves = |w: &&Weighed| !w.purchase.assumed && may(&w.purchase) && w.choice.saving.mean > Usd::ZERO;
    // Of one family only the best can be a part of the best set: its choices cover the same use.
    let mut best: Vec<&Weighed> = Vec::new();
    for weighed in all.filter(saves) {
        match best.iter_mut().find(|b| b.title == weighed.title) {
            Some(known) if known.choice.saving.mean >= weighed.choice.saving.mean => {}
            Some(known) => *known = weighed,
            None => best.push(weighed),
        }
    }
    subset(&best, &[])
}

/// The subset of `rest` that saves the most beside `taken`, in which no two cover the same use. There are few families.
fn subset<'a>(rest: &[&'a Weighed], taken: &[&'a Weighed]) -> Vec<&'a Weighed> {
    let Some((first, rest)) = rest.split_first() else { return taken.to_vec() };
    let without = subset(rest, taken);
    if taken.iter().any(|t| t.overlaps(first)) {
        return without;
    }
    let with = subset(rest, &[taken, &[*first]].concat());
    let sum = |set: &[&Weighed]| set.iter().map(|w| w.choice.saving.mean).sum::<Usd>();
    if sum(&with) >= sum(&without) { with } else { without }
}

/// What several purchases come to together; `None` for none.
pub fn together(set: &[&Weighed], drawn: bool) -> Option<Together> {
    let outcomes: Vec<&Outcome> = set.iter().map(|w| &w.outcome).collect();
    let spread = Spread::of(Outcome::together(&outcomes))?;
    let purchase = |w: &&Weighed| format!("{}: {} {}", w.name(), w.choice.commit, w.choice.unit);
    Some(Together {
        saving: Saving::of(spread, drawn),
        upfront: set.iter().map(|w| w.choice.upfront).sum(),
        monthly: set.iter().map(|w| w.choice.monthly).sum(),
        break_even: Outcome::break_even(&outcomes),
        purchases: set.iter().map(purchase).collect(),
    })
}
