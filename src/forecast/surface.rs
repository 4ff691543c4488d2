//! The bill of one month as a function of its uncertain inputs, compiled to floats: what a path of the simulation evaluates.
//!
//! Formulas come from the factors that the usage records keep, prices from the same pools and rows that rate the bill, and
//! everything that does not move stays what the exact bill says: a surface gives differences from it. A test moves every driver
//! and holds the result against the exact bill.
#![allow(clippy::float_arithmetic, reason = "paths are statistics")]

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use rust_decimal::Decimal;

use super::inputs::Inputs;
use crate::bill::{Bill, Category, Charge};
use crate::money::Usd;
use crate::predict::{Metered, NoBill};
use crate::rating::commitment::{self, Holding};
use crate::rating::pool::{self, Shared};
use crate::rating::{support, tax};
use crate::scenario::accounts::Taxed;
use crate::statistic::{float, quantity};
use crate::usage::{Factor, Step};

/// Where amounts are added up, and the part of a charge that goes there.
pub type Places = Vec<(usize, f64)>;

/// Says where a charge of the environment in question is added up: by resource, service, usage type.
pub type PlaceOf<'a> = dyn Fn(&Charge) -> Places + 'a;

/// One step of a formula.
#[derive(Clone, Debug)]
struct Term {
    step: Step,
    value: f64,
    /// The input that moves it.
    input: Option<usize>,
    /// The demand that moves it.
    demand: Option<usize>,
    of: Vec<Term>,
}

/// What moves a month on one path: a multiplier of each input's likely value, and of each demand's.
#[derive(Clone, Debug)]
pub struct Draw {
    /// By input.
    pub inputs: Vec<f64>,
    /// By demand: growth and drift of each workload.
    pub demands: Vec<f64>,
}

impl Term {
    fn moves(&self) -> bool {
        self.input.is_some() || self.demand.is_some() || self.of.iter().any(Term::moves)
    }

    fn at(&self, draw: &Draw) -> f64 {
        if !self.of.is_empty() {
            return fold(&self.of, draw);
        }
        let input = self.input.map_or(1.0, |i| draw.inputs[i]);
        let demand = self.demand.map_or(1.0, |i| draw.demands[i]);
        self.value * input * demand
    }
}

/// The tape, run again.
fn fold(terms: &[Term], draw: &Draw) -> f64 {
    let mut value = None;
    for term in terms {
        let v = term.at(draw);
        value = Some(match (value, term.step) {
            (None, Step::Minus) => -v,
            (None, _) => v,
            (Some(x), Step::Times) => x * v,
            (Some(x), Step::Over) => x / v,
            (Some(x), Step::Plus) => x + v,
            (Some(x), Step::Minus) => x - v,
            (Some(x), Step::AtLeast) => f64::max(x, v),
            (Some(x), Step::AtMost) => f64::min(x, v),
        });
    }
    value.unwrap_or(0.0)
}

/// A pool that something moves: its tiers, and which of the members are in it.
#[derive(Clone, Debug)]
struct Curve {
    /// Where each tier begins, counted from the first paid unit, and its price.
    tiers: Vec<(f64, f64)>,
    members: std::ops::Range<usize>,
}

impl Curve {
    fn cost(&self, paid: f64) -> f64 {
        let mut cost = 0.0;
        for (i, (begin, price)) in self.tiers.iter().enumerate() {
            let end = self.tiers.get(i + 1).map_or(f64::INFINITY, |t| t.0).min(paid);
            if end <= *begin {
                break;
            }
            cost += (end - begin) * price;
        }
        cost
    }
}

/// A record in a pool that moves.
#[derive(Clone, Debug)]
struct Member {
    /// Its index among the records: by which commitments know it.
    record: usize,
    formula: Vec<Term>,
    environment: usize,
    places: Places,
    /// The part of its cost that is left after discounts.
    paid: f64,
    taxed: bool,
}

/// A charge whose amount is known beforehand and moves with an input.
#[derive(Clone, Debug)]
struct Known {
    formula: Vec<Term>,
    likely: f64,
    amount: f64,
    environment: usize,
    places: Places,
    /// The part of it that is left after discounts.
    paid: f64,
    taxed: bool,
    supported: bool,
}

/// Support and tax of the environment in question.
#[derive(Clone, Debug)]
struct OfPayer {
    /// Bands of the support plan: begin, end, rate.
    bands: Vec<(f64, f64, f64)>,
    minimum: f64,
    /// The part of its fee that is left after discounts.
    support_paid: f64,
    support_places: Places,
    tax: f64,
    tax_places: Places,
    support_taxed: bool,
}

/// Sums of one evaluation.
#[derive(Clone, Debug, Default)]
struct Sums {
    places: Vec<f64>,
    /// What support is charged on, by environment.
    supported: Vec<f64>,
    /// What tax is levied on, of the environment in question.
    taxed: f64,
}

/// The bill of one month as a function of its inputs.
#[derive(Clone, Debug)]
pub struct Surface {
    members: Vec<Member>,
    curves: Vec<Curve>,
    /// Free quantities and the curves that draw on them.
    free: Vec<(f64, Vec<usize>)>,
    holdings: Vec<Holding>,
    known: Vec<Known>,
    payer: OfPayer,
    /// The environment in question.
    own: usize,
    /// The exact bill by place, and what this surface makes of it at likely values: their difference stays.
    fixed: Vec<f64>,
    fixed_supported: Vec<f64>,
    fixed_taxed: f64,
}

impl Surface {
    /// Compiles a month. `bill` is that of the whole payer, `own` the environment in question, `places` how many there are.
    ///
    /// # Errors
    /// As [`crate::predict::bill`].
    pub fn new(metered: &Metered<'_>, bill: &Bill, inputs: &mut Inputs, place_of: &PlaceOf<'_>, places: usize) -> Result<Surface, NoBill> {
        let compiler = Compiler::new(metered, bill, place_of);
        let mut formulas: Vec<Vec<Term>> =
            metered.records.iter().map(|r| terms(&r.factors, &r.environment, &r.resource, metered, inputs)).collect();
        let (priced, pools) = pool::pool(&metered.records, &metered.terms).map_err(NoBill)?;
        let holdings = commitment::holdings(&metered.records, &metered.members, &metered.terms).map_err(NoBill)?;
        let shared = pool::shared(&pools, &metered.terms);
        let (moving, holdings) = spreading(&formulas, &pools, &shared, holdings);
        let (mut curve_of, mut curves, mut members) = (HashMap::new(), Vec::new(), Vec::new());
        for &index in &moving {
            curve_of.insert(index, curves.len());
            let first = members.len();
            members.extend(
                pools[index].members.iter().map(|&record| compiler.member(record, std::mem::take(&mut formulas[record]), place_of)),
            );
            let rows = priced[pools[index].members[0]].rows;
            let tiers = rows.iter().map(|r| (float(r.tier_begin), float(r.price.decimal()))).collect();
            curves.push(Curve { tiers, members: first..members.len() });
        }
        let free = shared.iter().filter(|s| s.pools.iter().any(|p| curve_of.contains_key(p)));
        let free = free.map(|s| (float(s.quantity), s.pools.iter().filter_map(|p| curve_of.get(p).copied()).collect())).collect();
        let known = compiler.known(inputs, place_of);
        let payer = compiler.of_payer(place_of);
        let mut surface = Surface {
            members,
            curves,
            free,
            holdings,
            known,
            payer,
            own: compiler.environment(&metered.own),
            fixed: vec![0.0; places],
            fixed_supported: vec![0.0; metered.members.len()],
            fixed_taxed: 0.0,
        };
        surface.anchor(&compiler, inputs, places);
        Ok(surface)
    }

    /// Keeps the difference between the exact bill and what the moving parts come to at likely values.
    fn anchor(&mut self, compiler: &Compiler<'_>, inputs: &Inputs, places: usize) {
        let exact = compiler.exact(places);
        let likely = self.sums(&inputs.likely(), places);
        self.fixed = exact.places.iter().zip(&likely.places).map(|(e, l)| e - l).collect();
        self.fixed_supported = exact.supported.iter().zip(&likely.supported).map(|(e, l)| e - l).collect();
        self.fixed_taxed = exact.taxed - likely.taxed;
        // Support and tax are computed anew on each path, so they must not stay in the fixed part.
        let mut of_payer = vec![0.0; places];
        self.add_payer_lines(&exact, &mut of_payer);
        self.fixed.iter_mut().zip(of_payer).for_each(|(f, p)| *f -= p);
    }

    /// The amounts by place on one path.
    pub fn at(&self, draw: &Draw) -> Vec<f64> {
        let mut sums = self.sums(draw, self.fixed.len());
        sums.supported.iter_mut().zip(&self.fixed_supported).for_each(|(s, f)| *s += f);
        sums.taxed += self.fixed_taxed;
        let mut places = std::mem::take(&mut sums.places);
        places.iter_mut().zip(&self.fixed).for_each(|(p, f)| *p += f);
        self.add_payer_lines(&sums, &mut places);
        places
    }

    /// What the moving parts come to.
    fn sums(&self, draw: &Draw, places: usize) -> Sums {
        let mut sums = Sums { places: vec![0.0; places], supported: vec![0.0; self.fixed_supported.len()], taxed: 0.0 };
        let quantities = self.quantities(draw);
        let pooled: Vec<f64> = self.curves.iter().map(|c| quantities[c.members.clone()].iter().sum()).collect();
        let mut free = vec![0.0; pooled.len()];
        for (quantity, pools) in &self.free {
            let all: f64 = pools.iter().map(|p| pooled[*p]).sum();
            let part = if all > *quantity { quantity / all } else { 1.0 };
            pools.iter().for_each(|p| free[*p] = pooled[*p] * part);
        }
        for ((curve, pooled), free) in self.curves.iter().zip(&pooled).zip(&free).filter(|((_, pooled), _)| **pooled > 0.0) {
            let each = curve.cost(pooled - free) / pooled;
            for (member, quantity) in self.members[curve.members.clone()].iter().zip(&quantities[curve.members.clone()]) {
                let cost = quantity * each;
                let paid = cost * member.paid;
                member.places.iter().for_each(|(place, share)| sums.places[*place] += paid * share);
                sums.supported[member.environment] += cost;
                sums.taxed += if member.taxed { paid } else { 0.0 };
            }
        }
        for known in &self.known {
            let cost = known.amount * fold(&known.formula, draw) / known.likely;
            let paid = cost * known.paid;
            known.places.iter().for_each(|(place, share)| sums.places[*place] += paid * share);
            sums.supported[known.environment] += if known.supported { cost } else { 0.0 };
            sums.taxed += if known.taxed { paid } else { 0.0 };
        }
        sums
    }

    /// Quantities of the members, what commitments cover taken off.
    fn quantities(&self, draw: &Draw) -> Vec<f64> {
        let mut quantities: Vec<f64> = self.members.iter().map(|m| fold(&m.formula, draw).max(0.0)).collect();
        if self.holdings.is_empty() {
            return quantities;
        }
        let place: HashMap<usize, usize> = self.members.iter().enumerate().map(|(i, m)| (m.record, i)).collect();
        let wanted = |record: usize| place.get(&record).and_then(|i| quantity(quantities[*i])).unwrap_or_default();
        for (record, covered) in commitment::covered(&self.holdings, wanted) {
            if let Some(i) = place.get(&record) {
                quantities[*i] = (quantities[*i] - float(covered)).max(0.0);
            }
        }
        quantities
    }

    /// Support on the charges of the payer by the share of this environment; tax on what is taxed of it.
    fn add_payer_lines(&self, sums: &Sums, places: &mut [f64]) {
        let payer = &self.payer;
        let mut taxed = sums.taxed;
        if !payer.bands.is_empty() {
            let all: f64 = sums.supported.iter().sum();
            let own = sums.supported.get(self.own).copied().unwrap_or(0.0);
            let steps: f64 = payer.bands.iter().map(|(begin, end, rate)| (end.min(all) - begin).max(0.0) * rate).sum();
            let part = if all > 0.0 { steps.max(payer.minimum) * own / all * payer.support_paid } else { 0.0 };
            payer.support_places.iter().for_each(|(place, share)| places[*place] += part * share);
            taxed += if payer.support_taxed { part } else { 0.0 };
        }
        payer.tax_places.iter().for_each(|(place, share)| places[*place] += taxed * payer.tax * share);
    }
}

/// The pools that move: those of moving records, those that share an allowance with one, and those of records that compete for a
/// commitment with a moving one. Gives them in order, with the commitments that matter.
fn spreading(formulas: &[Vec<Term>], pools: &[pool::Pool], shared: &[Shared], holdings: Vec<Holding>) -> (Vec<usize>, Vec<Holding>) {
    let mut pool_of = HashMap::new();
    for (index, pool) in pools.iter().enumerate() {
        pool_of.extend(pool.members.iter().map(|m| (*m, index)));
    }
    let mut moving: BTreeSet<usize> =
        pools.iter().enumerate().filter(|(_, p)| p.members.iter().any(|m| formulas[*m].iter().any(Term::moves))).map(|(i, _)| i).collect();
    loop {
        let before = moving.len();
        for s in shared.iter().filter(|s| s.pools.iter().any(|p| moving.contains(p))).cloned().collect::<Vec<_>>() {
            moving.extend(s.pools);
        }
        for holding in &holdings {
            let of: Vec<usize> = holding.records().filter_map(|r| pool_of.get(&r).copied()).collect();
            if of.iter().any(|p| moving.contains(p)) {
                moving.extend(of);
            }
        }
        if moving.len() == before {
            break;
        }
    }
    let matters = |h: &Holding| h.records().any(|r| pool_of.get(&r).is_some_and(|p| moving.contains(p)));
    let holdings = holdings.into_iter().filter(matters).collect();
    (moving.into_iter().collect(), holdings)
}

fn terms(factors: &[Factor], environment: &Arc<str>, resource: &Arc<str>, metered: &Metered<'_>, inputs: &mut Inputs) -> Vec<Term> {
    factors
        .iter()
        .map(|f| Term {
            step: f.step,
            value: float(f.value),
            input: f.uncertainty.as_ref().and_then(|u| inputs.of(f, u, resource, &metered.own, &metered.members)),
            demand: f.demand.as_ref().map(|d| inputs.demand(d, environment, resource)),
            of: terms(&f.of, environment, resource, metered, inputs),
        })
        .collect()
}

/// What is needed while a month is compiled.
struct Compiler<'a> {
    metered: &'a Metered<'a>,
    bill: &'a Bill,
    /// The exact bill's amounts of the environment in question, by place.
    placed: Vec<(usize, f64)>,
    own: Arc<str>,
    /// The bill's charge of each resource, service and usage type: who says where it is added up.
    charges: HashMap<(Arc<str>, String, Arc<str>), usize>,
}

impl<'a> Compiler<'a> {
    fn new(metered: &'a Metered<'a>, bill: &'a Bill, place_of: &PlaceOf<'_>) -> Compiler<'a> {
        let own = metered.own.clone();
        let mut charges = HashMap::new();
        let mut placed = Vec::new();
        for (i, charge) in bill.charges.iter().enumerate().filter(|(_, c)| c.environment == own) {
            charges.entry((charge.resource.clone(), charge.service.to_string(), charge.usage_type.clone())).or_insert(i);
            let cost = float(charge.billed.decimal());
            placed.extend(place_of(charge).into_iter().map(|(place, share)| (place, cost * share)));
        }
        Compiler { metered, bill, placed, own, charges }
    }

    fn environment(&self, name: &Arc<str>) -> usize {
        self.metered.members.iter().position(|m| m.name == *name).unwrap_or(0)
    }

    /// The part of a service's charges that is left after discounts: of its usage, or of its fees, which must be named.
    fn paid(&self, service: &str, usage: bool) -> f64 {
        let (payer, month) = (&self.metered.of_payer, self.metered.terms.month);
        float(if usage { payer.paid_part(service, month) } else { payer.paid_part_of_fees(service, month) })
    }

    fn taxes(&self, what: Taxed) -> bool {
        self.metered.of_payer.tax.as_ref().is_some_and(|t| t.on.contains(&what))
    }

    fn charge(&self, resource: &Arc<str>, service: &str, usage_type: &Arc<str>) -> Option<&'a Charge> {
        let index = self.charges.get(&(resource.clone(), service.to_owned(), usage_type.clone()))?;
        self.bill.charges.get(*index)
    }

    fn member(&self, record: usize, formula: Vec<Term>, place_of: &PlaceOf<'_>) -> Member {
        let used = &self.metered.records[record];
        Member {
            record,
            formula,
            environment: self.environment(&used.environment),
            places: self.places(used, place_of),
            paid: self.paid(&used.service, true),
            taxed: self.own == used.environment && self.taxes(Taxed::Usage),
        }
    }

    fn places(&self, record: &crate::usage::UsageRecord, place_of: &PlaceOf<'_>) -> Places {
        if record.environment != self.own {
            return Vec::new();
        }
        self.charge(&record.resource, &record.service, &record.usage_type).map_or_else(Vec::new, place_of)
    }

    /// Known charges that an input moves.
    fn known(&self, inputs: &mut Inputs, place_of: &PlaceOf<'_>) -> Vec<Known> {
        let mut list = Vec::new();
        for known in &self.metered.known {
            let formula = terms(&known.factors, &known.environment, &known.resource, self.metered, inputs);
            let likely = fold(&formula, &inputs.likely());
            if !formula.iter().any(Term::moves) || likely == 0.0 {
                continue;
            }
            let own = known.environment == self.own;
            let charge = self.charge(&known.resource, &known.service, &"known charge".into());
            list.push(Known {
                formula,
                likely,
                amount: float(known.amount.decimal()),
                environment: self.environment(&known.environment),
                places: charge.filter(|_| own).map_or_else(Vec::new, place_of),
                paid: if known.outside_aws || known.amount < Usd::ZERO { 1.0 } else { self.paid(&known.service, false) },
                taxed: own && !known.outside_aws && self.taxes(Taxed::Purchase),
                supported: !known.outside_aws && known.amount > Usd::ZERO,
            });
        }
        list
    }

    fn of_payer(&self, place_of: &PlaceOf<'_>) -> OfPayer {
        let payer = &self.metered.of_payer;
        let terms = &self.metered.terms;
        let bands = payer.support.as_ref().map(|s| terms.book.support(&s.plan, terms.month.first_day())).unwrap_or_default();
        let end = |e: Option<Decimal>| e.map_or(f64::INFINITY, float);
        let of_service = |service: &str| self.bill.charges.iter().find(|c| c.environment == self.own && c.service == service);
        let places = |service: &str| of_service(service).map_or_else(Vec::new, place_of);
        OfPayer {
            minimum: bands.first().map_or(0.0, |b| float(b.minimum)),
            bands: bands.iter().map(|b| (float(b.begin), end(b.end), float(b.rate))).collect(),
            support_paid: self.paid(support::SERVICE, false),
            support_places: places(support::SERVICE),
            tax: payer.tax.as_ref().map_or(0.0, |t| float(t.fraction())),
            tax_places: places("Tax"),
            support_taxed: self.taxes(Taxed::Support),
        }
    }

    /// The exact bill by place, with what support and tax are computed on.
    fn exact(&self, places: usize) -> Sums {
        let mut sums = Sums { places: vec![0.0; places], supported: vec![0.0; self.metered.members.len()], taxed: 0.0 };
        for (place, cost) in &self.placed {
            sums.places[*place] += cost;
        }
        for charge in self.bill.charges.iter().filter(|c| !c.outside_aws() && c.service != support::SERVICE) {
            let cost = float(charge.billed.decimal());
            if matches!(charge.category, Category::Usage | Category::Purchase) {
                sums.supported[self.environment(&charge.environment)] += cost;
            }
            let taxed = self.metered.of_payer.tax.as_ref().is_some_and(|t| tax::taxed(t, charge));
            if charge.environment == self.own && taxed {
                sums.taxed += cost;
            }
        }
        sums
    }
}
