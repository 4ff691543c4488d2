//! What an environment will use over a term that nothing covers yet, in dollars on demand: by month and kind of use, on every path
//! of the forecast.
#![allow(clippy::float_arithmetic, reason = "paths are statistics")]

use std::collections::BTreeSet;

use rayon::prelude::*;
use rust_decimal::Decimal;

use super::parts::Parts;
use super::purchase::Use;
use crate::bill::{Bill, Category, Charge};
use crate::forecast::demand::Demands;
use crate::forecast::inputs::Inputs;
use crate::forecast::paths::{self, Drawing};
use crate::forecast::surface::{Places, Surface};
use crate::money::quotient;
use crate::month::Month;
use crate::predict::{Basis, Metered, NoBill};
use crate::pricing::{Price, PriceBook, Term};
use crate::rating::commitment::reservation::sized;
use crate::scenario::accounts::Payer;
use crate::scenario::commitment::end_of;
use crate::scenario::{Scenario, Scenarios};
use crate::statistic::float;
use crate::usage::UsageRecord;

/// The use of the months ahead.
#[derive(Clone, Debug)]
pub struct Ahead {
    /// What is used.
    pub uses: Vec<Use>,
    /// Month by month; the last one stands for all that come after it.
    pub months: Vec<MonthAhead>,
    /// How many paths there are; 1 where nothing was drawn.
    pub paths: usize,
    /// False where nothing is uncertain, or nothing was drawn.
    pub drawn: bool,
    /// The first month, and on which conventions.
    pub first: Basis,
    /// Whose discounts hold.
    pub payer: Payer,
}

/// The use of a month.
#[derive(Clone, Debug)]
pub struct MonthAhead {
    /// Which.
    pub month: Month,
    /// Its hours.
    pub hours: f64,
    /// Dollars on demand of each use on each path.
    pub dollars: Vec<Vec<f64>>,
    /// The same at likely values.
    pub likely: Vec<f64>,
    /// Its hours in groups.
    pub parts: Parts,
}

impl MonthAhead {
    /// Dollars on demand in an hour of each group of hours, of a use on a path.
    pub fn hourly(&self, used: usize, path: usize) -> impl Iterator<Item = f64> + use<> {
        let dollars = self.dollars[used][path].max(0.0);
        let times = if self.likely[used] > 0.0 { dollars / self.likely[used] } else { 1.0 };
        let each = dollars / self.hours;
        self.parts.shapes[used].levels(times).into_iter().map(move |level| each * level)
    }
}

/// A month as it is billed, and what of it a commitment could cover.
struct Billed<'a> {
    metered: Metered<'a>,
    whole: Bill,
    uncovered: Vec<UsageRecord>,
}

impl Ahead {
    /// The use of an environment in so many months from that of `first`. What is in force then is taken to be renewed at its end, so that
    /// nothing is bought today for what is covered today.
    ///
    /// # Errors
    /// As [`crate::predict::bill`].
    pub fn new(
        scenarios: &Scenarios,
        scenario: &Scenario,
        book: &PriceBook,
        first: Basis,
        months: u32,
        drawing: Drawing,
    ) -> Result<Ahead, NoBill> {
        let (mut scenarios, mut scenario) = (scenarios.clone(), scenario.clone());
        scenarios.all.iter_mut().chain([&mut scenario]).for_each(|s| renew(s, first));
        let (scenarios, scenario) = (&scenarios, &scenario);
        let basis = |n: u32| Basis { month: first.month.plus(n), ..first };
        let billed: Vec<Billed<'_>> =
            (0..months).into_par_iter().map(|n| Billed::new(scenarios, scenario, book, basis(n))).collect::<Result<_, _>>()?;
        let payer = scenarios.payer(scenario).1;
        let uses = uses(&billed, book, &payer, first.month);
        let place_of = |charge: &Charge| -> Places {
            let used = |u: &Use| u.record.resource == charge.resource && u.is_named(&charge.service, &charge.usage_type);
            let place = uses.iter().position(|u| used(u) && u.record.operation == charge.operation);
            let counts = charge.category == Category::Usage || charge.line_item.is_discount();
            place.filter(|_| counts).map(|place| (place, 1.0)).into_iter().collect()
        };
        let mut inputs = Inputs::default();
        let surface = |b: &Billed<'_>| Surface::new(&b.metered, &b.whole, &mut inputs, &place_of, uses.len());
        let surfaces: Vec<Surface> = billed.iter().map(surface).collect::<Result<_, _>>()?;
        let members = billed.first().map(|b| b.metered.members.clone()).unwrap_or_default();
        let demands = Demands::new(&members, first.month, months, &mut inputs);
        let drawn = drawing.paths > 0 && (!inputs.list.is_empty() || demands.moves());
        let dollars: Vec<Vec<Vec<f64>>> = match drawn {
            true => paths::run(&surfaces, &inputs, &demands, drawing).into_iter().map(|o| o.places).collect(),
            false => surfaces.iter().map(|s| s.at(&inputs.likely()).into_iter().map(|d| vec![d]).collect()).collect(),
        };
        let month = |(billed, mut dollars): (&Billed<'_>, Vec<Vec<f64>>)| {
            // Amounts of every month at what the first one pays: units of a purchase are counted by them.
            for (used, dollars) in uses.iter().zip(&mut dollars) {
                let paid = float(paid_against(&payer, &used.record.service, billed.whole.month, first.month));
                dollars.iter_mut().for_each(|d| *d = if paid > 0.0 { *d / paid } else { 0.0 });
            }
            billed.month(scenario, &uses, dollars, drawn)
        };
        let months = billed.par_iter().zip(dollars).map(month).collect();
        Ok(Ahead { months, paths: if drawn { drawing.paths as usize } else { 1 }, drawn, uses, first, payer })
    }

    /// A month of the term by its number; where it is not forecast, the last one that is.
    pub fn month(&self, number: usize) -> Option<&MonthAhead> {
        self.months.get(number).or(self.months.last())
    }

    /// Dollars on demand of some uses in the first month, on average over the paths.
    pub fn on_demand(&self, uses: &[usize]) -> Option<f64> {
        let month = self.months.first()?;
        Some(uses.iter().flat_map(|u| &month.dollars[*u]).sum::<f64>() / self.paths as f64)
    }

    /// What a dollar of a service's prices of the first month is in a month of the term, after the discounts of both.
    pub fn paid(&self, service: &str, number: u32) -> Decimal {
        paid_against(&self.payer, service, self.first.month.plus(number), self.first.month)
    }

    /// The hours of a month in which a term of so many years is in force: one with a 29 February ends on the day before the last.
    pub fn hours(&self, years: u8, number: u32) -> Decimal {
        let month = self.first.month.plus(number);
        let end = end_of(self.first.month.first_day(), years);
        let (days, of) = (month.days().filter(|day| *day < end).count(), month.days().count());
        let hours = self.first.hours.hours(month);
        if days == of { hours } else { quotient(hours * Decimal::from(days), Decimal::from(of)).unwrap_or_default() }
    }
}

impl<'a> Billed<'a> {
    fn new(scenarios: &'a Scenarios, scenario: &'a Scenario, book: &'a PriceBook, basis: Basis) -> Result<Billed<'a>, NoBill> {
        let metered = Metered::new(scenarios, scenario, book, basis)?;
        let uncovered = metered.uncovered(&metered.members)?;
        Ok(Billed { whole: metered.clone().bill()?, metered, uncovered })
    }

    fn month(&self, scenario: &Scenario, uses: &[Use], dollars: Vec<Vec<f64>>, drawn: bool) -> MonthAhead {
        let of = |record| Some((uses.iter().position(|u| u.is_of(record))?, record));
        let records: Vec<(usize, &UsageRecord)> = self.uncovered.iter().filter_map(of).collect();
        let (month, hours) = (self.whole.month, self.whole.hours);
        let of_use = |used: usize| records.iter().filter(|(u, _)| *u == used).map(|(_, r)| r.quantity * uses[used].price).sum();
        let likely = (0..uses.len()).map(|used| float(of_use(used))).collect();
        let quantity = |all: &[UsageRecord], used: &Use| -> Decimal {
            all.iter().filter(|r| r.environment == scenario.name && used.is_of(r)).map(|r| r.quantity).sum()
        };
        let is_whole = |used: usize| quantity(&self.metered.records, &uses[used]) == quantity(&self.uncovered, &uses[used]);
        let parts = Parts::of(scenario, month, hours, &records, uses, |used| drawn && is_whole(used));
        MonthAhead { month, hours: float(hours), dollars, likely, parts }
    }
}

/// What a service's prices of a month are of those of another one, after discounts. Where nothing is paid in the first, nothing changes.
fn paid_against(payer: &Payer, service: &str, month: Month, first: Month) -> Decimal {
    let of_first = payer.paid_part(service, first);
    quotient(payer.paid_part(service, month), of_first).unwrap_or(Decimal::ONE)
}

/// Commitments that are in force when a month begins go on.
fn renew(scenario: &mut Scenario, first: Basis) {
    let day = first.month.first_day();
    scenario.commitments.iter_mut().filter(|c| c.start <= day && day < c.end()).for_each(|c| c.renewed = true);
}

/// Every kind of use that a reservation or a savings plan speaks of somewhere: what has a size, and what the price book has at a
/// plan's rate in any region.
fn uses(billed: &[Billed<'_>], book: &PriceBook, payer: &Payer, first: Month) -> Vec<Use> {
    let base =
        |service: &str, region: &str, usage_type: &str| (service.to_owned(), book.without_prefix(service, region, usage_type).to_owned());
    let on_plan = book.rows().iter().filter(|r| matches!(r.term, Term::SavingsPlan { .. }));
    let on_plan: BTreeSet<(String, String)> = on_plan.map(|r| base(&r.service, &r.region, &r.usage_type)).collect();
    let mut uses: Vec<Use> = Vec::new();
    for (record, day) in billed.iter().flat_map(|b| b.uncovered.iter().map(|r| (r, b.whole.month.first_day()))) {
        let known = sized(&record.usage_type).is_some() || on_plan.contains(&base(&record.service, &record.region, &record.usage_type));
        if !known || uses.iter().any(|u| u.is_of(record)) {
            continue;
        }
        let on_demand = |t| t == Term::OnDemand;
        let found = book.price_on(&record.service, &record.region, &record.usage_type, &record.operation, day, on_demand);
        let paid = |p: Price<'_>| p.rows[0].price.decimal() * payer.paid_part(&record.service, first);
        if let Some(price) = found.ok().map(paid).filter(|price| !price.is_zero()) {
            uses.push(Use { record: record.clone(), price });
        }
    }
    uses
}
