//! What a set of levers makes of an environment: its scenario with their changes and purchases, and what that costs. A lever's value
//! is always the difference of two such bills.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rayon::prelude::*;
use rust_decimal::Decimal;

use super::bought;
use super::hourly::{self, Formulas};
use super::lever::Lever;
use crate::bill::{Bill, Category, Charge, Frequency};
use crate::diagnostic::Problems;
use crate::money::{Usd, quotient};
use crate::predict::{Basis, Memory, Metered, NoBill};
use crate::pricing::PriceBook;
use crate::rating::{credit, support};
use crate::scenario::commitment::Commitment;
use crate::scenario::node::Node;
use crate::scenario::patch::{NewValue, Patch};
use crate::scenario::read::{Defaults, read};
use crate::scenario::{Scenario, Scenarios};
use crate::source::{FileId, Place, Sources};
use crate::usage::UsageRecord;

/// Levers as bits: the first is 1, the second 2, the third 4.
pub type Set = u64;

/// The most levers that are analysed at once.
pub const MOST: usize = 63;

/// What an environment costs in a month.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Worth {
    /// Its charges with upfront fees spread over their terms, before support, tax and credits.
    pub charges: Usd,
    /// The same with support and tax.
    pub total: Usd,
    /// What the invoice says in a month without upfront fees; before credits.
    pub billed: Usd,
    /// What is paid once when commitments are bought, with the support on it.
    pub upfront: Usd,
    /// The fees alone.
    pub fees: Usd,
}

/// Why it is not known what an environment costs with some levers.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NoWorth {
    /// The environment cannot take the changes: everything that is wrong, with the files to show it in.
    #[error("{}", .0.0.render(&.0.1, false).trim_end())]
    Change(Box<(Problems, Sources)>),
    /// There is no bill: a price is missing, or a quantity is too large.
    #[error(transparent)]
    Bill(#[from] NoBill),
}

impl NoWorth {
    /// The first thing that is wrong, in a line.
    pub fn first(&self) -> String {
        let of_changes = |problems: &Problems| problems.sorted().first().map(|d| d.message.clone());
        match self {
            NoWorth::Change(wrong) => of_changes(&wrong.0).unwrap_or_default(),
            // Which prices there are instead is no part of a line.
            NoWorth::Bill(NoBill(why)) => why.first().and_then(|w| w.split("; could have been").next()).unwrap_or_default().to_owned(),
        }
    }
}

/// What the payer's other environments use: metered once, since no lever touches them.
pub struct Others<'a> {
    whole: Metered<'a>,
    /// What was simulated of the environment in question.
    memory: Memory,
    /// Where the records, and the known charges, of the environment in question begin and end among all.
    own: (std::ops::Range<usize>, std::ops::Range<usize>),
}

impl<'a> Others<'a> {
    /// Meters the payer of an environment.
    ///
    /// # Errors
    /// As [`Metered::new`].
    pub fn new(scenarios: &'a Scenarios, scenario: &'a Scenario, book: &'a PriceBook, basis: Basis) -> Result<Others<'a>, NoBill> {
        let mut whole = Metered::new(scenarios, scenario, book, basis)?;
        // Formulas are for explanations: no bill here is explained.
        whole.records.iter_mut().for_each(|r| r.factors = Vec::new());
        let is_own = |name: &str| name == scenario.name.as_ref();
        let records = stretch(whole.records.iter().map(|r| is_own(&r.environment)));
        let known = stretch(whole.known.iter().map(|k| is_own(&k.environment)));
        Ok(Others { whole, memory: Memory::default(), own: (records, known) })
    }

    /// The payer's usage with another state of the environment.
    fn with<'b>(&'b self, changed: &'b Scenario, alone: Metered<'b>, formulas: Formulas) -> Metered<'b> {
        let (records, known) = &self.own;
        let layered = hourly::layered(changed, &alone.terms, alone.records, formulas);
        let mut all = self.whole.records.clone();
        all.splice(records.clone(), layered);
        let mut all_known = self.whole.known.clone();
        all_known.splice(known.clone(), alone.known);
        Metered { records: all, known: all_known, members: self.members(changed), balances: self.whole.balances.clone(), ..alone }
    }

    fn members<'b>(&'b self, changed: &'b Scenario) -> Vec<&'b Scenario> {
        self.whole.members.iter().map(|m| if m.name == changed.name { changed } else { m }).collect()
    }
}

/// Where a stretch of true values lies; an empty one at the end where there is none.
fn stretch(values: impl Iterator<Item = bool>) -> std::ops::Range<usize> {
    let values: Vec<bool> = values.collect();
    let first = values.iter().position(|v| *v).unwrap_or(values.len());
    let count = values[first..].iter().take_while(|v| **v).count();
    first..first + count
}

/// An environment, and the levers that could be laid over it.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// What the other environments of its payer use.
    pub others: &'a Others<'a>,
    /// All scenarios: those of the payer are rated together.
    pub scenarios: &'a Scenarios,
    /// The environment.
    pub scenario: &'a Scenario,
    /// The prices.
    pub book: &'a PriceBook,
    /// The month and its conventions.
    pub basis: Basis,
    /// The levers, in the order in which their changes are laid over it.
    pub levers: &'a [&'a Lever],
    /// Every file behind the scenarios and the levers.
    pub sources: &'a Sources,
}

/// The levers of a set, by index.
pub fn members(set: Set) -> impl Iterator<Item = usize> {
    (0..64).filter(move |i| set >> i & 1 == 1)
}

impl<'a> Ground<'a> {
    /// The scenario with the changes of a set of levers, and with what they buy at the size that fits what the changes leave. Reservations
    /// and plans are bought in the levers' order, from the first day of `start`.
    ///
    /// # Errors
    /// Changes that the scenario cannot take, and usage without a price.
    pub fn with(&self, set: Set, start: NaiveDate) -> Result<Scenario, NoWorth> {
        let changed = self.changed(set)?;
        let bought = self.bought(set, &changed, &self.metered(&changed, Formulas::Dropped)?, start)?;
        Ok(bought.unwrap_or(changed))
    }

    /// The charges of the environment with a set of levers, before support, tax and credits, with their formulas.
    ///
    /// # Errors
    /// As [`Ground::with`].
    pub fn explained(&self, set: Set) -> Result<Vec<Charge>, NoWorth> {
        let changed = self.changed(set)?;
        let metered = self.metered(&changed, Formulas::Kept)?;
        let before = self.basis.month.before().unwrap_or(self.basis.month);
        let holder = self.bought(set, &changed, &metered, before.first_day())?;
        let mut bill = self.bill(holder.as_ref().unwrap_or(&changed), &metered)?;
        bill.charges.retain(|c| c.environment == self.scenario.name);
        Ok(bill.charges)
    }

    fn changed(&self, set: Set) -> Result<Scenario, NoWorth> {
        let patches: Vec<Patch> = members(set).flat_map(|i| self.levers[i].patches(self.scenario)).collect();
        self.scenarios.changed(self.scenario, &patches, self.book, self.sources).map_err(NoWorth::Change)
    }

    fn metered<'b>(&'b self, changed: &'b Scenario, formulas: Formulas) -> Result<Metered<'b>, NoBill> {
        let terms = self.others.whole.terms.clone();
        let alone = Metered::alone(self.scenarios, changed, terms, self.basis, &self.others.memory);
        Ok(self.others.with(changed, alone?, formulas))
    }

    /// The scenario with what a set of levers buys; `None` where it buys nothing.
    fn bought(&self, set: Set, changed: &Scenario, metered: &Metered<'_>, start: NaiveDate) -> Result<Option<Scenario>, NoBill> {
        let mut holder: Option<Scenario> = None;
        let mut uncovered: Option<Vec<UsageRecord>> = None;
        for i in members(set) {
            let at = self.levers[i].at.unwrap_or(NOWHERE);
            for buy in self.levers[i].purchases(self.scenario) {
                let own = holder.as_ref().unwrap_or(changed);
                let left = match uncovered.take() {
                    Some(left) => left,
                    None => bought::uncovered(own, metered)?,
                };
                let sizes = bought::sized(buy, own, metered, &left, start, at)?;
                match self.better(own, sizes, metered)? {
                    Some(better) => holder = Some(better),
                    None => uncovered = Some(left),
                }
            }
        }
        Ok(holder)
    }

    /// The environment with a purchase at one of the sizes that it may have: where there is a choice, the one that makes the smaller bill, and
    /// of equal ones the smaller purchase.
    fn better(&self, own: &Scenario, sizes: Vec<Node>, metered: &Metered<'_>) -> Result<Option<Scenario>, NoBill> {
        let with: Vec<Scenario> = sizes.into_iter().map(|size| with_commitment(own, size)).collect();
        if with.len() < 2 {
            return Ok(with.into_iter().next());
        }
        let cost = |with: Scenario| Ok((self.sums(&self.bill(&with, metered)?).charges, with));
        let costs = std::iter::once(own.clone()).chain(with).map(cost).collect::<Result<Vec<_>, NoBill>>()?;
        let as_it_is = costs.first().map(|(cost, _)| *cost);
        let best = costs.into_iter().min_by(|a, b| a.0.cmp(&b.0));
        Ok(best.filter(|(cost, _)| as_it_is.is_none_or(|before| *cost < before)).map(|(_, with)| with))
    }

    /// What the environment costs with a set of levers: its part of the payer's bill.
    ///
    /// # Errors
    /// As [`Ground::with`].
    pub fn worth(&self, set: Set) -> Result<Worth, NoWorth> {
        let changed = self.changed(set)?;
        self.worth_of(set, &changed, &self.metered(&changed, Formulas::Dropped)?)
    }

    /// The levers of a set that change the scenario; the others only buy.
    pub fn changing(&self, set: Set) -> Set {
        members(set).filter(|i| !self.levers[*i].patches(self.scenario).is_empty()).fold(0, |all, i| all | 1 << i)
    }

    /// As [`Ground::worth`], of several sets with the same changes: these are laid over the scenario, and metered, once.
    pub fn worths(&self, sets: BTreeSet<Set>) -> Vec<(Set, Result<Worth, NoWorth>)> {
        let Some(changed) = sets.first().map(|set| self.changed(*set)) else { return Vec::new() };
        let metered =
            changed.as_ref().map_err(Clone::clone).and_then(|c| self.metered(c, Formulas::Dropped).map_err(NoWorth::from).map(|m| (c, m)));
        let worth = |set: &Set| metered.as_ref().map_err(Clone::clone).and_then(|(c, m)| self.worth_of(*set, c, m));
        sets.par_iter().map(|set| (*set, worth(set))).collect()
    }

    /// What the environment costs with a set whose changes are laid over it and metered.
    fn worth_of(&self, set: Set, changed: &Scenario, metered: &Metered<'_>) -> Result<Worth, NoWorth> {
        // In a month whose fees were paid in the month before.
        let before = self.basis.month.before().unwrap_or(self.basis.month);
        let Some(holder) = self.bought(set, changed, metered, before.first_day())? else {
            return Ok(self.sums(&self.bill(changed, metered)?));
        };
        let steady = self.sums(&self.bill(&holder, metered)?);
        let fees = members(set).any(|i| self.levers[i].purchases(self.scenario).iter().any(|b| b.term.paid_upfront()));
        if !fees {
            return Ok(steady);
        }
        let now = self.bought_now(holder);
        let bill = self.bill(&now, metered)?;
        Ok(self.with_fees(steady, &now, &bill))
    }

    /// The payer's bill with the usage of `metered` and what `holder` has bought.
    fn bill(&self, holder: &Scenario, metered: &Metered<'_>) -> Result<Bill, NoBill> {
        let Metered { records, known, balances, .. } = metered.clone();
        let of_payer = metered.of_payer.clone();
        let (own, terms, failover) = (metered.own.clone(), metered.terms.clone(), metered.failover);
        let members = self.others.members(holder);
        Metered { members, own, of_payer, terms, records, known, failover, balances }.bill()
    }

    /// The scenario as it is when its commitments are bought in this month.
    fn bought_now(&self, mut scenario: Scenario) -> Scenario {
        let already: Vec<&str> = self.scenario.commitments.iter().map(|c| c.id.as_str()).collect();
        for commitment in scenario.commitments.iter_mut().filter(|c| !already.contains(&c.id.as_str())) {
            commitment.start = self.basis.month.first_day();
        }
        scenario
    }

    /// What is paid once is the difference of two bills: the fees with the support that is charged on them, which is spread like they are.
    fn with_fees(&self, steady: Worth, scenario: &Scenario, bought: &Bill) -> Worth {
        let upfront = self.sums(bought).billed - steady.billed;
        let own = |c: &&Charge| c.environment == self.scenario.name && c.frequency == Frequency::OneTime;
        let mut fees: BTreeMap<u8, Usd> = BTreeMap::new();
        for charge in bought.charges.iter().filter(own).filter(|c| c.category == Category::Purchase || c.line_item.is_discount()) {
            let id = charge.commitment.as_ref().map(|c| c.id.as_str());
            let years = scenario.commitments.iter().find(|c| Some(c.id.as_str()) == id).map_or(1, Commitment::years);
            *fees.entry(years).or_default() += charge.billed;
        }
        let all: Usd = fees.values().copied().sum();
        let weights: Vec<Decimal> = fees.values().map(|f| f.decimal()).collect();
        let on_fees = (upfront - all).split(&weights);
        let spread =
            |(years, part): (&u8, Usd)| Usd::new(quotient(part.decimal(), Decimal::from(12 * u32::from(*years))).unwrap_or_default());
        let monthly: Usd = fees.keys().zip(on_fees).map(spread).sum();
        Worth { total: steady.total + monthly, upfront, fees: all, ..steady }
    }

    fn sums(&self, bill: &Bill) -> Worth {
        let mut worth = Worth::default();
        let own = bill.charges.iter().filter(|c| c.environment == self.scenario.name && !credit::is_of_payer(c));
        for charge in own {
            worth.billed += charge.billed;
            worth.total += charge.effective;
            let follows = charge.category == Category::Tax || charge.service == support::SERVICE;
            worth.charges += if follows { Usd::ZERO } else { charge.effective };
        }
        worth
    }
}

/// A scenario with one more commitment, laid over it as the patch that it is.
fn with_commitment(scenario: &Scenario, commitment: Node) -> Scenario {
    let mut holder = scenario.clone();
    let read: Option<Commitment> = read(&commitment, &[], &Defaults::default(), &mut Problems::default());
    let patch = Patch { environment: scenario.name.to_string(), path: "commitments.+".into(), value: NewValue::Read(commitment) };
    holder.commitments.extend(read);
    if let Ok(tree) = patch.apply(&scenario.tree, Some(&scenario.tree), &mut Sources::default()) {
        holder.tree = tree;
    }
    holder
}

/// For levers that stand in no file.
const NOWHERE: Place = Place { file: FileId(0), line: 1, column: 1, start: 0, end: 0 };
