//! Commitments: what to reserve or commit to, under uncertainty.
//!
//! The months of the term are forecast on many paths ([`ahead`]), what is on offer for their use is looked up ([`market`]), and each
//! purchase gets the size that saves the most on average over all hours of all paths ([`curve`], [`outcome`]).

pub mod ahead;
pub mod choose;
pub mod curve;
pub mod document;
pub mod market;
pub mod outcome;
pub(in crate::savings) mod parts;
pub mod purchase;

use std::sync::Arc;

use rust_decimal::Decimal;

use self::ahead::Ahead;
use self::choose::{Weighed, chosen, together};
use self::document::{Before, Choice, CommitBasis, Commitments, FamilyAdvice, Point, Renewed, Saving, Together};
use self::market::offers;
use self::outcome::{Outcome, Prospect, Spread};
use self::purchase::{Family, Offers, Purchase, Wanted};
use crate::forecast::paths::Drawing;
use crate::money::{Usd, quotient};
use crate::predict::{Basis, NoBill};
use crate::pricing::{Payment, PriceBook, Term};
use crate::quantity::exact;
use crate::scenario::commitment::{Commitment, Plan};
use crate::scenario::{Scenario, Scenarios};
use crate::statistic::{share, usd};

/// Points of a cost curve.
const POINTS: u32 = 12;
/// Months of the longest term.
const LONGEST: u32 = 36;
/// Said of a plan that is advised beside reservations.
const BESIDE: &str = "sized on what the reservations that are advised leave";

/// What is asked.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The first month of every term, and the conventions.
    pub basis: Basis,
    /// The paths.
    pub drawing: Drawing,
    /// Months to forecast; those of the longest term where it is not said.
    pub months: Option<u32>,
    /// Which terms.
    pub wanted: Wanted,
    /// What money costs in a year.
    pub discount_rate: Decimal,
    /// The levers with which the environment is that of the question.
    pub before: Before,
    /// True for the cost of every choice by its size, not only of what is advised.
    pub all_curves: bool,
    /// The day from which it is computed, for the head.
    pub as_of: String,
}

/// What to reserve or commit to in an environment, after what its payer has bought already.
///
/// # Errors
/// As [`crate::predict::bill`].
pub fn commitments(scenarios: &Scenarios, scenario: &Scenario, book: &PriceBook, ask: &Ask) -> Result<Commitments, NoBill> {
    let longest = ask.wanted.years.map_or(LONGEST, |years| 12 * u32::from(years));
    let months = ask.months.unwrap_or(longest).clamp(1, longest);
    let ahead = Ahead::new(scenarios, scenario, book, ask.basis, months, ask.drawing)?;
    let offers = offers(&ahead.uses, book, &ahead.payer, &scenario.region, ask.basis.month.first_day(), ask.wanted);
    let advisor = Advisor { ahead: &ahead, ask };
    let weigh = |family: usize, before: &[Weighed]| advisor.weigh(&offers[family], before);
    let mut weighed: Vec<Vec<Weighed>> = (0..offers.len()).map(|family| weigh(family, &[])).collect();
    // What is forecast is best known for the coming year, so that longer terms are shown and not advised unless they are asked for.
    let years = ask.wanted.years.unwrap_or(1);
    let best = chosen(&weighed, |p| p.years == years, weigh);
    let longer = chosen(&weighed, |p| p.years != years, weigh);
    let unpaid = chosen(&weighed, |p| p.years == years && p.payment == Payment::NoUpfront, weigh);
    let set = |weighed: &[Weighed]| together(weighed, ahead.drawn);
    let (best_of, longer, unpaid) = (set(&best), set(&longer), set(&unpaid));
    let saves = |t: &Together| best_of.as_ref().map_or(Usd::ZERO, |b| t.saving.mean - b.saving.mean);
    let longer = longer.filter(|l| best_of.is_none() || saves(l) > Usd::ZERO);
    let without_upfront = unpaid.filter(|_| best_of.as_ref().is_some_and(|b| !b.upfront.is_zero()));
    let smaller = advisor.beside(&mut weighed, &best, weigh);
    for weighed in weighed.iter_mut().flatten() {
        weighed.choice.best = best.iter().any(|b| b.is(weighed));
        if weighed.choice.best || ask.all_curves {
            weighed.choice.curve = advisor.curve(weighed);
        }
    }
    let advice = |((offers, weighed), smaller): ((Offers, Vec<Weighed>), bool)| FamilyAdvice {
        name: offers.family.title(),
        on_demand: advisor.on_demand(&offers.covered()),
        choices: weighed.into_iter().map(|w| w.choice).collect(),
        unpriced: offers.unpriced,
        notes: smaller.then(|| BESIDE.to_owned()).into_iter().chain(offers.notes).collect(),
    };
    Ok(Commitments {
        schema: "ce-cost/commit/1".into(),
        environment: scenario.name.to_string(),
        currency: "USD".into(),
        as_of: ask.as_of.clone(),
        start: ask.basis.month.first_day().to_string(),
        before: ask.before.clone(),
        basis: advisor.basis(scenarios, scenario, longest),
        best: best_of,
        longer,
        without_upfront,
        families: offers.into_iter().zip(weighed).zip(smaller).map(advice).collect(),
    })
}

struct Advisor<'a> {
    ahead: &'a Ahead,
    ask: &'a Ask,
}

impl Advisor<'_> {
    /// On which conventions it is computed.
    fn basis(&self, scenarios: &Scenarios, scenario: &Scenario, longest: u32) -> CommitBasis {
        let Basis { month, hours, pooled, .. } = self.ask.basis;
        let (_, _, members) = scenarios.payer(scenario);
        let others = || members.iter().filter(|m| pooled && m.name != scenario.name);
        let (day, horizon) = (month.first_day(), month.plus(longest).first_day());
        let ends = |c: &&Commitment| c.start <= day && day < c.end() && c.end() < horizon;
        let renewed = |s: &&Scenario| {
            // Reservations of another region have nothing to do with this one.
            let ends = |c: &&Commitment| ends(c) && (s.region == scenario.region || matches!(c.term, Term::SavingsPlan { .. }));
            let of = |c: &Commitment| Renewed { environment: s.name.to_string(), id: c.id.clone(), end: c.end().to_string() };
            s.commitments.iter().filter(ends).map(of).collect::<Vec<_>>()
        };
        let driven = |s: &&Scenario| s.driven && s.instead_of.as_deref() == Some(&*scenario.name);
        CommitBasis {
            hours: hours.to_string(),
            prices: self.ahead.payer.prices((0..longest).map(|n| month.plus(n))).into(),
            pooled,
            by_hour: scenario.driven,
            months: self.ahead.months.len(),
            paths: if self.ahead.drawn { self.ahead.paths } else { 0 },
            seed: self.ask.drawing.seed.to_string(),
            discount_rate: exact(self.ask.discount_rate),
            by_hour_in: scenarios.all.iter().find(driven).filter(|_| !scenario.driven).map(|s| s.name.to_string()),
            siblings: others().map(|m| m.name.to_string()).collect(),
            renewed: std::iter::once(&scenario).chain(others()).flat_map(renewed).collect(),
        }
    }

    /// Every purchase of a family at its best size, on what reservations bought before it leave. What is on offer at one term becomes one
    /// choice.
    fn weigh(&self, offers: &Offers, before: &[Weighed]) -> Vec<Weighed> {
        let mut list: Vec<Weighed> = Vec::new();
        for purchase in &offers.purchases {
            let weighed = self.weighed(&offers.family, purchase, before);
            match list.last_mut() {
                Some(last) if last.purchase.term() == purchase.term() => last.join(weighed),
                _ => list.push(weighed),
            }
        }
        list
    }

    /// A plan that is advised beside reservations of the same use is shown at the sizes that fit what they leave. Says of each family
    /// whether it is such a plan.
    fn beside(&self, all: &mut [Vec<Weighed>], best: &[Weighed], weigh: impl Fn(usize, &[Weighed]) -> Vec<Weighed>) -> Vec<bool> {
        let before: Vec<Weighed> = best.iter().filter(|b| b.purchase.is_whole()).cloned().collect();
        let is_beside = |of: &[Weighed]| {
            let advised = of.iter().any(|w| !w.purchase.is_whole() && best.iter().any(|b| b.is(w)));
            advised && of.iter().any(|w| before.iter().any(|b| b.overlaps(w)))
        };
        let beside: Vec<bool> = all.iter().map(|of| is_beside(of)).collect();
        for (family, of) in all.iter_mut().enumerate().filter(|(family, _)| beside[*family]) {
            *of = weigh(family, &before);
        }
        beside
    }

    fn weighed(&self, family: &Family, purchase: &Purchase, before: &[Weighed]) -> Weighed {
        let before: Vec<(&Purchase, Decimal)> = before.iter().map(|w| (&w.purchase, w.size)).collect();
        let prospect = Arc::new(Prospect::new(self.ahead, purchase, &before, self.ask.discount_rate));
        let size = prospect.best().unwrap_or_default();
        let outcome = prospect.at(size);
        let months = Decimal::from(12 * u32::from(purchase.years));
        // Hours at the rate of the first month: discounts of later ones make them count more or less.
        let counted = |n| self.ahead.hours(purchase.years, n) * self.ahead.paid(&purchase.service, n);
        let hours: Decimal = (0..12 * u32::from(purchase.years)).map(counted).sum();
        let (upfront, recurring) = (size * purchase.upfront, size * purchase.hourly * hours);
        let each = |dollars| Usd::new(quotient(dollars, months).unwrap_or_default());
        let part = |part| share(part).map(exact).unwrap_or_default();
        let choice = Choice {
            term: purchase.term().to_string(),
            best: false,
            commit: exact(size),
            unit: purchase.base.clone().unwrap_or_else(|| "USD/hour".into()),
            saving: self.saving(&outcome),
            upfront: Usd::new(upfront),
            monthly: each(recurring),
            amortized: each(upfront + recurring),
            coverage: part(outcome.coverage),
            utilisation: part(outcome.utilisation),
            needed: part(outcome.needed),
            flat: prospect.is_flat(),
            used_up: prospect.used_up(size).filter(|_| !size.is_zero()).map(exact),
            break_even: Outcome::break_even(&[&outcome]).filter(|_| !size.is_zero()),
            assumed: None,
            weak_price: purchase.weak,
            entry: (!size.is_zero() && !purchase.assumed).then(|| self.entry(family, purchase, size)),
            curve: Vec::new(),
        };
        Weighed { family: family.clone(), purchase: purchase.clone(), size, prospect, outcome, choice }
    }

    fn saving(&self, outcome: &Outcome) -> Saving {
        Spread::of(outcome.monthly()).map(|s| Saving::of(s, self.ahead.drawn)).unwrap_or_default()
    }

    /// Cost and saving from nothing to what the busiest hours use.
    fn curve(&self, weighed: &Weighed) -> Vec<Point> {
        let mut sizes = weighed.prospect.sizes(POINTS);
        sizes.push(weighed.size);
        sizes.sort_unstable();
        sizes.dedup();
        let whole = weighed.prospect.on_demand();
        let point = |size: Decimal| {
            let outcome = weighed.prospect.at(size);
            let saving = self.saving(&outcome);
            let part = |part| share(part).map(exact).unwrap_or_default();
            Point {
                commit: exact(size),
                cost: usd(whole).unwrap_or_default() - saving.mean,
                saving,
                coverage: part(outcome.coverage),
                utilisation: part(outcome.utilisation),
            }
        };
        sizes.into_iter().map(point).collect()
    }

    /// What some use costs on demand in the first month, on average over the paths.
    fn on_demand(&self, uses: &[usize]) -> Usd {
        self.ahead.on_demand(uses).and_then(usd).unwrap_or_default()
    }

    /// The purchase as a scenario writes it.
    fn entry(&self, family: &Family, purchase: &Purchase, size: Decimal) -> String {
        let (term, start) = (purchase.term(), self.ask.basis.month.first_day());
        let id = family.id();
        match (family, &purchase.base) {
            (Family::Reservation { service, operation, .. }, Some(base)) => format!(
                "{{id: {id}, term: {term}, start: {start}, service: {service}, usage_type: \"{base}\", operation: \"{operation}\", count: {size}}}"
            ),
            (Family::SavingsPlan(plan), _) => {
                let plan = if *plan == Plan::Compute { "compute" } else { "database" };
                format!("{{id: {id}, term: {term}, plan: {plan}, start: {start}, hourly: {size} USD}}")
            }
            _ => String::new(),
        }
    }
}
