//! Commitments: what to reserve or commit to, under uncertainty.
//!
//! The months of the term are forecast on many paths ([`ahead`]), what is on offer for their use is looked up ([`market`]), and each
//! purchase gets the size that saves the most on average over all hours of all paths ([`curve`], [`outcome`]).

pub mod ahead;
pub mod choose;
pub mod curve;
pub mod document;
pub mod eligible;
pub mod market;
pub mod outcome;
mod parts;
pub mod purchase;

use rust_decimal::Decimal;

use self::ahead::Ahead;
use self::choose::{Weighed, chosen, together};
use self::document::{Assumed, Choice, CommitBasis, Commitments, FamilyAdvice, Point, Saving, Together};
use self::market::offers;
use self::outcome::{Outcome, Prospect, Spread};
use self::purchase::{Family, Offers, Purchase, Wanted};
use crate::forecast::paths::Drawing;
use crate::money::{Usd, quotient};
use crate::predict::{Basis, NoBill};
use crate::pricing::{Payment, PriceBook};
use crate::quantity::exact;
use crate::scenario::commitment::Plan;
use crate::scenario::{Scenario, Scenarios};
use crate::statistic::{share, usd};

/// Points of a cost curve.
const POINTS: u32 = 12;
/// Months of the longest term.
const LONGEST: u32 = 36;

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
    let offers = offers(&ahead.uses, book, &scenario.region, ask.basis.month.first_day());
    let advisor = Advisor { ahead: &ahead, ask };
    let mut weighed: Vec<Vec<Weighed>> = offers.iter().map(|o| advisor.weigh(o)).collect();
    let all = || weighed.iter().flatten();
    // What is forecast is best known for the coming year, so that longer terms are shown and not advised unless they are asked for.
    let years = ask.wanted.years.unwrap_or(1);
    let best = chosen(all(), |p| p.years == years);
    let longer = chosen(all(), |p| p.years != years);
    let unpaid = chosen(all(), |p| p.years == years && p.payment == Payment::NoUpfront);
    let set = |weighed: &[&Weighed]| together(weighed, ahead.drawn);
    let (best_of, longer, unpaid) = (set(&best), set(&longer), set(&unpaid));
    let saves = |t: &Together| best_of.as_ref().map_or(Usd::ZERO, |b| t.saving.mean - b.saving.mean);
    let longer = longer.filter(|l| best_of.is_none() || saves(l) > Usd::ZERO);
    let without_upfront = unpaid.filter(|_| best_of.as_ref().is_some_and(|b| !b.upfront.is_zero()));
    let names: Vec<String> = best.iter().map(|w| w.name()).collect();
    for weighed in weighed.iter_mut().flatten() {
        weighed.choice.best = names.contains(&weighed.name());
        if weighed.choice.best {
            weighed.choice.curve = advisor.curve(weighed);
        }
    }
    let advice = |(offers, weighed): (Offers, Vec<Weighed>)| FamilyAdvice {
        name: offers.family.title(),
        on_demand: advisor.on_demand(&offers.covered()),
        choices: weighed.into_iter().map(|w| w.choice).collect(),
        notes: offers.notes,
    };
    Ok(Commitments {
        schema: "ce-cost/commit/1".into(),
        environment: scenario.name.to_string(),
        currency: "USD".into(),
        as_of: ask.as_of.clone(),
        start: ask.basis.month.first_day().to_string(),
        basis: CommitBasis {
            hours: ask.basis.hours.to_string(),
            pooled: ask.basis.pooled,
            by_hour: scenario.driven,
            months: ahead.months.len(),
            paths: if ahead.drawn { ahead.paths } else { 0 },
            seed: ask.drawing.seed.to_string(),
            discount_rate: exact(ask.discount_rate),
        },
        best: best_of,
        longer,
        without_upfront,
        families: offers.into_iter().zip(weighed).map(advice).collect(),
    })
}

struct Advisor<'a> {
    ahead: &'a Ahead,
    ask: &'a Ask,
}

impl Advisor<'_> {
    /// Every purchase of a family at its best size. The two rates between which an unpublished one lies become one choice.
    fn weigh(&self, offers: &Offers) -> Vec<Weighed> {
        let mut list: Vec<Weighed> = Vec::new();
        for purchase in offers.purchases.iter().filter(|p| self.ask.wanted.accepts(p)) {
            let weighed = self.weighed(&offers.family, purchase);
            match list.last_mut() {
                Some(last) if last.purchase.term() == purchase.term() => {
                    last.choice.assumed = Some(Assumed { commit: weighed.choice.commit, saving: weighed.choice.saving });
                }
                _ => list.push(weighed),
            }
        }
        list
    }

    fn weighed(&self, family: &Family, purchase: &Purchase) -> Weighed {
        let prospect = Prospect::new(self.ahead, purchase, self.ask.discount_rate);
        let size = prospect.best().unwrap_or_default();
        let outcome = prospect.at(size);
        let months = Decimal::from(12 * u32::from(purchase.years));
        let hours: Decimal = (0..12 * u32::from(purchase.years)).map(|n| self.ahead.hours(purchase.years, n)).sum();
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
            used_up: prospect.used_up(size).filter(|_| !size.is_zero()).map(exact),
            break_even: Outcome::break_even(&[&outcome]).filter(|_| !size.is_zero()),
            assumed: None,
            weak_price: purchase.weak,
            entry: (!size.is_zero() && !purchase.assumed).then(|| self.entry(family, purchase, size)),
            curve: Vec::new(),
        };
        Weighed { title: family.title(), purchase: purchase.clone(), size, prospect, outcome, choice }
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
        match (family, &purchase.base) {
            (Family::Reservation { service, operation, class }, Some(base)) => format!(
                "{{id: {}, term: {term}, start: {start}, service: {service}, usage_type: \"{base}\", operation: \"{operation}\", count: {size}}}",
                class.replace('.', "-")
            ),
            (Family::SavingsPlan(plan), _) => {
                let plan = if *plan == Plan::Compute { "compute" } else { "database" };
                format!("{{id: {plan}-savings-plan, term: {term}, plan: {plan}, start: {start}, hourly: {size} USD}}")
            }
            _ => String::new(),
        }
    }
}
