//! The analysis as a document: a row for each lever, the plan's totals, the waterfall, the recommendation.

use super::analysis::{Analysis, Limits, Out, acting};
use super::document::{Overlap, Purchase, Recommendation, Row, Savings, Shares, Status, Step, Together, Total, Totals};
use super::double_count;
use super::doubt::Known;
use super::game::EXACT;
use super::ground::{Ground, NoWorth, Others, Set, Worth, members};
use super::hourly::{self, Formulas};
use super::lever::{Horizon, Lever, Levers, Stated};
use super::stated::{reproduce, share_of};
use crate::bill::Bill;
use crate::forecast::Band;
use crate::forecast::difference::difference;
use crate::forecast::paths::Drawing;
use crate::money::{Usd, cents, dollars, signed};
use crate::month::{HoursBasis, Month};
use crate::predict::{self, Basis, Metered, NoBill};
use crate::pricing::PriceBook;
use crate::quantity::exact;
use crate::scenario::commitment::Commitment;
use crate::scenario::{Scenario, Scenarios};

/// How far to look for the month of break-even.
const MONTHS_AHEAD: u32 = 36;

/// What is asked of an analysis.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The month and its conventions.
    pub basis: Basis,
    /// What may be done.
    pub limits: Limits,
    /// True for the plan's own arithmetic: the levers of the plan alone.
    pub of_plan: bool,
    /// How much is to be found out.
    pub depth: Depth,
    /// The paths behind the band.
    pub drawing: Drawing,
    /// The day from which it is computed, for the head.
    pub as_of: String,
}

/// How much an analysis finds out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Which levers to choose, and what they save. Shares of that, what more risk would bring, when fees are earned back and what levers of
    /// the plan are worth elsewhere stay open.
    Choice,
    /// Everything.
    Whole,
}

/// Analyses the savings of one environment.
///
/// # Errors
/// An environment that has no bill, and a lever that it cannot take.
pub fn savings(scenarios: &Scenarios, scenario: &Scenario, book: &PriceBook, levers: &Levers, asked: &Asked) -> Result<Savings, NoWorth> {
    let (acting, others) = acting(levers, scenario);
    let others_of_payer = Others::new(scenarios, scenario, book, asked.basis)?;
    let (basis, sources) = (asked.basis, &levers.sources);
    let ground = Ground { others: &others_of_payer, scenarios, scenario, book, basis, levers: &acting, sources };
    let analysis = Analysis::new(ground, asked)?;
    let known = Known::new(&ground, analysis.chosen())?;
    let at_730 = at_730(scenarios, scenario, book, asked)?;
    Writer { scenarios, scenario, book, levers, asked, at_730, analysis, known }.document(&others)
}

/// Adds up the savings of several environments.
pub fn together(as_of: &str, environments: Vec<Savings>) -> Together {
    let sum = |f: fn(&Savings) -> Usd| environments.iter().map(f).sum();
    Together {
        schema: "ce-cost/savings-all/1".into(),
        environment: "all".into(),
        currency: "USD".into(),
        as_of: as_of.into(),
        cost: sum(|s| s.cost),
        combined: sum(|s| s.combined),
        upfront: sum(|s| s.recommendation.upfront),
        environments,
    }
}

/// The bill in the month of the AWS Pricing Calculator, in which the plan was made.
fn at_730(scenarios: &Scenarios, scenario: &Scenario, book: &PriceBook, asked: &Asked) -> Result<Bill, NoBill> {
    let basis = Basis { hours: HoursBasis::Fixed(730), ..asked.basis };
    Ok(predict::bill(scenarios, scenario, book, basis)?.cut(&scenario.name))
}

struct Writer<'a> {
    scenarios: &'a Scenarios,
    scenario: &'a Scenario,
    book: &'a PriceBook,
    levers: &'a Levers,
    asked: &'a Asked,
    at_730: Bill,
    analysis: Analysis<'a>,
    /// What levers are held against to say what they rest on.
    known: Known,
}

impl Writer<'_> {
    fn document(mut self, others: &[(&Lever, Out)]) -> Result<Savings, NoWorth> {
        let waterfall = self.waterfall();
        let chosen = self.analysis.chosen();
        self.analysis.fill_after_all();
        let combined = self.analysis.values.saving(chosen).unwrap_or_default();
        let mut rows: Vec<Row> = self.analysis.order.clone().into_iter().map(|i| self.row(i)).collect();
        for (row, step) in rows.iter_mut().zip(&waterfall) {
            row.step = Some(step.saving);
            row.upfront = Some(step.upfront);
        }
        let left = (0..self.analysis.levers.len()).filter(|i| !self.analysis.order.contains(i)).collect::<Vec<_>>();
        let mut left: Vec<Row> = left.into_iter().map(|i| self.row(i)).collect();
        left.sort_by_key(|r| std::cmp::Reverse(r.standalone));
        rows.extend(left);
        for (lever, why) in others {
            rows.push(self.elsewhere(lever, why)?);
        }
        rows.retain(|r| !self.asked.of_plan || r.stated.is_some());
        let mut recommendation = self.recommendation(combined)?;
        let unmeasured = |r: &&Row| r.rests_on.is_some_and(|on| on.assumed || on.calibrated);
        recommendation.unmeasured = Some(rows.iter().filter(unmeasured).filter_map(|r| r.step).sum());
        let double_counts = double_count::found(&rows, &self.analysis, self.scenario, self.levers);
        Ok(Savings {
            schema: "ce-cost/savings/1".into(),
            environment: self.scenario.name.to_string(),
            currency: "USD".into(),
            as_of: self.asked.as_of.clone(),
            basis: if self.asked.of_plan { "plan" } else { "list" }.into(),
            month: self.asked.basis.month.to_string(),
            hours: exact(self.asked.basis.hours.hours(self.asked.basis.month)),
            prices: self.scenarios.payer(self.scenario).1.prices([self.asked.basis.month]).into(),
            by_hour: self.scenario.driven,
            cost: self.analysis.values.base().total,
            totals: self.totals(),
            combined,
            overlaps: self.overlaps(),
            waterfall,
            shares: self.shares(),
            recommendation,
            double_counts,
            levers: rows,
        })
    }

    /// What each recommended lever saves after those before it: differences of bills that follow on each other.
    fn waterfall(&mut self) -> Vec<Step> {
        let (mut set, mut cost, mut paid, mut steps) = (0, self.analysis.values.base().total, Usd::ZERO, Vec::new());
        let prefixes = self.analysis.order.iter().scan(0, |all: &mut Set, i| {
            *all |= 1 << i;
            Some(*all)
        });
        let prefixes: Vec<Set> = prefixes.collect();
        self.analysis.values.fill(prefixes);
        for i in self.analysis.order.clone() {
            set |= 1 << i;
            let Some(worth) = self.analysis.values.known(set) else { continue };
            let lever = self.analysis.levers[i].id.clone();
            steps.push(Step { lever, saving: cost - worth.total, cost: worth.total, upfront: worth.upfront - paid });
            (cost, paid) = (worth.total, worth.upfront);
        }
        steps
    }

    fn row(&mut self, i: usize) -> Row {
        let lever = self.analysis.levers[i];
        let recommended = self.analysis.order.contains(&i);
        let out = self.analysis.out.get(&i).cloned();
        let status = match out {
            Some(Out::NotHere(_)) => Status::NotHere,
            Some(Out::Misfit(_)) => Status::NotApplicable,
            Some(Out::Unpriced(_)) => Status::Unpriced,
            Some(Out::RuledOut(_)) => Status::RuledOut,
            Some(Out::TooSmall(_)) => Status::TooSmall,
            None if recommended => Status::Recommended,
            None => Status::Left,
        };
        let mut row = self.blank(lever, status);
        row.standalone = self.analysis.values.saving(1 << i);
        row.upfront = self.analysis.values.known(1 << i).map(|w| w.upfront);
        row.marginal = self.analysis.after_all(i);
        row.purchases = self.purchases(i, recommended);
        row.shapley = self.analysis.shares.0.get(&i).copied();
        let is_asked = recommended || self.asked.depth == Depth::Whole;
        row.rests_on = is_asked.then(|| self.known.of(&self.analysis.values.ground, i).ok()).flatten();
        row.reason = self.reason(i, out.as_ref(), &row);
        row
    }

    /// What a lever buys: beside the other recommended ones where it is one, else alone.
    fn purchases(&self, i: usize, recommended: bool) -> Vec<Purchase> {
        let bought = self.analysis.levers[i].purchases(self.scenario);
        if bought.is_empty() {
            return Vec::new();
        }
        let set = if recommended { self.analysis.chosen() } else { 1 << i };
        let Ok(after) = self.analysis.values.ground.with(set, self.asked.basis.month.first_day()) else { return Vec::new() };
        let own = |c: &&Commitment| bought.iter().any(|b| b.id == c.id) && !self.scenario.commitments.iter().any(|o| o.id == c.id);
        after.commitments.iter().filter(own).map(purchase).collect()
    }

    fn blank(&self, lever: &Lever, status: Status) -> Row {
        let reproduced = self.counted(lever).and_then(|p| reproduce(p, self.scenarios).ok());
        Row {
            id: lever.id.clone(),
            title: lever.title.clone(),
            environment: self.scenario.name.to_string(),
            horizon: lever.horizon,
            stated: self.counted(lever).map(|p| p.stated),
            basis: reproduced.as_ref().map(|r| r.basis.to_owned()),
            reproduced: reproduced.as_ref().map(|r| r.amount),
            arithmetic: reproduced.map(|r| r.how),
            standalone: None,
            marginal: None,
            step: None,
            shapley: None,
            rests_on: None,
            reason: None,
            status,
            upfront: None,
            purchases: Vec::new(),
            against: lever.against.clone(),
            effort: lever.effort,
            risk: lever.risk,
            takes: lever.takes.clone(),
            reversible: lever.reversible,
            conditions: lever.when.iter().filter(|c| c.is_said_in(&self.scenario.region)).filter_map(|c| c.says.clone()).collect(),
        }
    }

    /// What the plan says of a lever here: where it acts, or where the plan counts it.
    fn counted<'l>(&self, lever: &'l Lever) -> Option<&'l Stated> {
        lever.plan.as_ref().filter(|p| p.concerns(self.scenario))
    }

    /// Why a lever is worth what it is worth, and why it is not recommended.
    fn reason(&mut self, i: usize, out: Option<&Out>, row: &Row) -> Option<String> {
        let lever = self.analysis.levers[i];
        // What is said of a statement of the plan is said where the plan speaks of it.
        let spoken = lever.plan.is_none() || self.counted(lever).is_some();
        let own = if spoken { written(lever, &self.at_730) } else { None };
        let why = match out {
            Some(Out::Unpriced(why)) => return Some(format!("cannot be priced: {why}")),
            Some(Out::NotHere(why) | Out::Misfit(why)) => return Some(why.clone()),
            Some(Out::RuledOut(why) | Out::TooSmall(why)) => Some(why.clone()),
            None if row.status == Status::Recommended => None,
            None => self.left(i, row),
        };
        match (why, own) {
            (Some(why), Some(own)) => Some(format!("{why}; {own}")),
            (why, own) => why.or(own),
        }
    }

    /// Why a lever that may be done is not.
    fn left(&mut self, i: usize, row: &Row) -> Option<String> {
        if let Some(saving) = row.standalone.filter(|s| *s <= Usd::ZERO) {
            return Some(format!("saves nothing here: {}", signed(saving)));
        }
        let rival = members(self.analysis.rules.excludes[i] & self.analysis.chosen()).next();
        if let Some(rival) = rival {
            let name = &self.analysis.levers[rival].title;
            let stated = self.excludes(i, rival);
            return Some(match self.analysis.values.worth(1 << i | 1 << rival) {
                Err(NoWorth::Bill(why)) if !stated => {
                    format!("cannot be priced beside {name}: {}", NoWorth::Bill(why.clone()).first())
                }
                _ => format!("excluded by {name}"),
            });
        }
        row.marginal.filter(|s| *s <= Usd::ZERO).map(|saving| format!("saves nothing after the others: {}", signed(saving)))
    }

    /// True where two levers say themselves that they cannot stand together.
    fn excludes(&self, a: usize, b: usize) -> bool {
        let (a, b) = (self.analysis.levers[a], self.analysis.levers[b]);
        a.excludes.contains(&b.id) || b.excludes.contains(&a.id)
    }

    /// A lever that does not act here: one that the plan counts here is valued where it acts.
    fn elsewhere(&self, lever: &Lever, why: &Out) -> Result<Row, NoWorth> {
        let (status, why) = match why {
            Out::Misfit(why) => {
                (Status::NotApplicable, format!("not applicable: {why}; give {} numbers of its own for that", lever.file()))
            }
            other => (Status::NotHere, other.words().to_owned()),
        };
        let mut row = self.blank(lever, status);
        row.reason = Some(why);
        if status == Status::NotApplicable {
            return Ok(row);
        }
        let Some(plan) = self.counted(lever).filter(|_| self.asked.depth == Depth::Whole) else { return Ok(row) };
        let own = [Some(self.scenario.name.as_ref()), self.scenario.instead_of.as_deref()];
        let there = self.scenarios.named(&plan.environment).filter(|s| !own.contains(&Some(s.name.as_ref())));
        let Some(there) = there else { return Ok(row) };
        let alone = [lever];
        let (scenarios, book, basis) = (self.scenarios, self.book, self.asked.basis);
        let others = &Others::new(scenarios, there, book, basis)?;
        let ground = Ground { others, scenarios, scenario: there, book, basis, levers: &alone, sources: &self.levers.sources };
        row.rests_on = Some(Known::new(&ground, 0)?.of(&ground, 0)?);
        let (before, after) = (ground.worth(0)?, ground.worth(1)?);
        row.environment = there.name.to_string();
        row.standalone = Some(before.total - after.total);
        row.upfront = Some(after.upfront);
        let bill = at_730(self.scenarios, there, self.book, self.asked)?;
        row.reason = written(lever, &bill).or(row.reason);
        Ok(row)
    }

    fn totals(&self) -> Totals {
        let whole = self.scenario.plan.as_ref().map(|p| p.total);
        let here = |l: &&Lever| self.counted(l).is_some();
        let total = |horizon: Horizon| {
            let mut total = Total::default();
            for lever in self.levers.list.iter().filter(|l| l.horizon == horizon).filter(here) {
                let Some(plan) = &lever.plan else { continue };
                total.stated += plan.stated;
                total.reproduced += reproduce(plan, self.scenarios).map(|r| r.amount).unwrap_or_default();
            }
            total.share = whole.and_then(|w| share_of(total.stated, w)).map(|s| exact(s.0));
            total
        };
        Totals { short: total(Horizon::Short), long: total(Horizon::Long) }
    }

    /// Pairs that are not simply worth the sum of both.
    fn overlaps(&self) -> Vec<Overlap> {
        let mut list = Vec::new();
        let levers = self.analysis.levers;
        let open = |i: &usize| !matches!(self.analysis.out.get(i), Some(Out::Unpriced(_) | Out::NotHere(_)));
        for a in (0..levers.len()).filter(open) {
            for b in (a + 1..levers.len()).filter(open) {
                let excluded = self.analysis.rules.excludes[a] >> b & 1 == 1;
                let overlap = if excluded { None } else { self.analysis.values.overlap(a, b) };
                if excluded || overlap.is_some_and(|o| !o.is_zero()) {
                    list.push(Overlap { first: levers[a].id.clone(), second: levers[b].id.clone(), overlap });
                }
            }
        }
        list.sort_by_key(|o| std::cmp::Reverse(o.overlap.map(Usd::abs)));
        list
    }

    fn shares(&self) -> Shares {
        let error = self.analysis.shares.1;
        let names = |group: &Set| members(*group).map(|i| self.analysis.levers[i].id.clone()).collect();
        let large = self.analysis.groups.iter().any(|g| g.count_ones() as usize > EXACT);
        Shares {
            method: if large { "sampled" } else { "exact" }.into(),
            groups: self.analysis.groups.iter().map(names).collect(),
            seed: large.then(|| self.asked.drawing.seed.to_string()),
            standard_error: error,
        }
    }

    fn recommendation(&mut self, saving: Usd) -> Result<Recommendation, NoWorth> {
        let chosen = self.analysis.chosen();
        let (base, worth) = (self.analysis.values.base(), self.analysis.values.known(chosen).unwrap_or_default());
        let start = self.asked.basis.month.before().unwrap_or(self.asked.basis.month).first_day();
        let after = self.analysis.values.ground.with(chosen, start)?;
        let of_plan = self.analysis.levers.iter().enumerate().filter(|(_, l)| self.counted(l).is_some());
        let of_plan = of_plan.fold(0, |set: Set, (i, _)| set | 1 << i);
        let best = self.analysis.best_of(of_plan);
        Ok(Recommendation {
            levers: self.analysis.order.iter().map(|i| self.analysis.levers[*i].id.clone()).collect(),
            saving,
            share: share_of(saving, base.total).map(|s| exact(s.0)),
            band: if chosen == 0 { Band::default() } else { self.band(&after, worth)? },
            unmeasured: None,
            upfront: worth.upfront,
            upfront_fees: worth.fees,
            at_any_risk: self.analysis.at_any_risk,
            break_even_month: match self.asked.depth {
                Depth::Whole if chosen != 0 => self.break_even(chosen)?.map(|m| m.to_string()),
                _ => None,
            },
            of_the_plan: if of_plan == 0 { None } else { self.analysis.values.saving(best) },
        })
    }

    fn band(&self, after: &Scenario, worth: Worth) -> Result<Band, NoBill> {
        let metered = |scenario| {
            let mut metered = Metered::new(self.scenarios, scenario, self.book, self.asked.basis)?;
            metered.records = hourly::layered(scenario, &metered.terms, metered.records, Formulas::Kept);
            Ok::<_, NoBill>(metered)
        };
        let (before, after) = (metered(self.scenario)?, metered(after)?);
        let (bill_before, bill_after) = (before.clone().bill()?, after.clone().bill()?);
        difference((&before, &bill_before), (&after, &bill_after), worth.total - worth.billed, self.asked.drawing)
    }

    /// The first month by whose end the invoices together are no larger than with the same levers but those that are paid at once:
    /// commitments are bought in the first month; prices and demand are those of each.
    fn break_even(&self, chosen: Set) -> Result<Option<Month>, NoWorth> {
        let start = self.asked.basis.month.first_day();
        let paid = |i: &usize| self.analysis.levers[*i].purchases(self.scenario).iter().any(|b| b.term.paid_upfront());
        let without = members(chosen).filter(|i| !paid(i)).fold(0, |set: Set, i| set | 1 << i);
        let before = self.analysis.values.ground.with(without, start)?;
        let after = self.analysis.values.ground.with(chosen, start)?;
        let mut saved = Usd::ZERO;
        for n in 0..MONTHS_AHEAD {
            let month = self.asked.basis.month.plus(n);
            let basis = Basis { month, ..self.asked.basis };
            let cash = |scenario| Some(predict::bill(self.scenarios, scenario, self.book, basis).ok()?.cut(&self.scenario.name).total());
            let Some((before, after)) = cash(&before).zip(cash(&after)) else { return Ok(None) };
            saved += before - after;
            if saved >= Usd::ZERO {
                return Ok(Some(month));
            }
        }
        Ok(None)
    }
}

/// A commitment as it is bought.
fn purchase(of: &Commitment) -> Purchase {
    let operation = of.operation.as_deref().map(|o| format!(" {o}")).unwrap_or_default();
    let what = of.usage_type.as_deref().map_or_else(|| format!("{} Savings Plan", of.plan.name()), |t| format!("{t}{operation}"));
    let (count, hourly) = (of.count.as_ref().map(|c| exact(c.value.0)), of.hourly.map(|h| exact(h.decimal())));
    Purchase { id: of.id.clone(), term: of.term.to_string(), what, count, hourly }
}

/// A reason with its amounts.
fn written(lever: &Lever, bill: &Bill) -> Option<String> {
    let reason = lever.reason.as_ref()?;
    let fits = |c: &&crate::bill::Charge| reason.on.fits(&c.resource, &c.service, &c.usage_type);
    let on: Usd = bill.charges.iter().filter(fits).map(|c| c.effective).sum();
    let text = if on < Usd::new(1_000.into()) { cents(on) } else { dollars(on) };
    let stated = lever.plan.as_ref().map(|p| dollars(p.stated)).unwrap_or_default();
    Some(reason.text.replace("{on}", &text).replace("{stated}", &stated))
}
