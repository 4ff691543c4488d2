//! What a set of levers makes of an environment: its scenario with their changes and purchases, and what that costs. A lever's value
//! is always the difference of two such bills.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::lever::Lever;
use super::purchase;
use crate::bill::{Bill, Category, Frequency};
use crate::diagnostic::Problems;
use crate::money::{Usd, quotient};
use crate::predict::{self, Basis, Metered};
use crate::pricing::PriceBook;
use crate::rating::support;
use crate::scenario::commitment::Commitment;
use crate::scenario::node::Node;
use crate::scenario::patch::{NewValue, Patch};
use crate::scenario::read::{Defaults, read};
use crate::scenario::{Scenario, Scenarios};
use crate::source::{FileId, Place, Sources};

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
    /// What is paid once when commitments are bought.
    pub upfront: Usd,
}

/// An environment, and the levers that could be laid over it.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
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
    pub fn with(&self, set: Set, start: NaiveDate) -> Result<Scenario, String> {
        let mut patches: Vec<Patch> = members(set).flat_map(|i| self.levers[i].patches(self.scenario)).collect();
        let changed = self.changed(&patches)?;
        let buys: Vec<_> = members(set).flat_map(|i| self.levers[i].purchases(self.scenario).iter().map(move |b| (i, b))).collect();
        if buys.is_empty() {
            return Ok(changed);
        }
        let metered = Metered::new(self.scenarios, &changed, self.book, self.basis).map_err(|e| e.to_string())?;
        let mut holder = changed.clone();
        for (lever, buy) in buys {
            let at = self.levers[lever].at.unwrap_or(NOWHERE);
            let Some(node) = purchase::sized(buy, &holder, &metered, start, at)? else { continue };
            let commitment: Option<Commitment> = read(&node, &[], &Defaults::default(), &mut Problems::default());
            holder.commitments.extend(commitment);
            patches.push(self.bought(node));
        }
        self.changed(&patches)
    }

    fn changed(&self, patches: &[Patch]) -> Result<Scenario, String> {
        let changed = self.scenarios.changed(self.scenario, patches, self.book, self.sources);
        changed.map_err(|e| e.0.render(&e.1, false).trim_end().to_owned())
    }

    fn bought(&self, commitment: Node) -> Patch {
        Patch { environment: self.scenario.name.to_string(), path: "commitments.+".into(), value: NewValue::Read(commitment) }
    }

    /// What the environment costs with a set of levers: its part of the payer's bill.
    ///
    /// # Errors
    /// As [`Ground::with`].
    pub fn worth(&self, set: Set) -> Result<Worth, String> {
        // In a month whose fees were paid in the month before.
        let before = self.basis.month.before().unwrap_or(self.basis.month);
        let scenario = self.with(set, before.first_day())?;
        let bill = self.bill(&scenario)?;
        let steady = self.sums(&bill);
        let fees = members(set).any(|i| self.levers[i].purchases(self.scenario).iter().any(|b| b.term.paid_upfront()));
        if !fees {
            return Ok(steady);
        }
        let bought = self.bought_now(scenario)?;
        Ok(self.with_fees(steady, &bought))
    }

    fn bill(&self, scenario: &Scenario) -> Result<Bill, String> {
        predict::bill(self.scenarios, scenario, self.book, self.basis).map_err(|e| e.to_string())
    }

    /// The bill of the month in which commitments are bought.
    fn bought_now(&self, mut scenario: Scenario) -> Result<(Scenario, Bill), String> {
        let already: Vec<&str> = self.scenario.commitments.iter().map(|c| c.id.as_str()).collect();
        for commitment in scenario.commitments.iter_mut().filter(|c| !already.contains(&c.id.as_str())) {
            commitment.start = self.basis.month.first_day();
        }
        let bill = self.bill(&scenario)?;
        Ok((scenario, bill))
    }

    /// What is paid once is the difference of two bills: the fees with the support that is charged on them, which is spread like they are.
    fn with_fees(&self, steady: Worth, (scenario, bought): &(Scenario, Bill)) -> Worth {
        let upfront = self.sums(bought).billed - steady.billed;
        let own = |c: &&crate::bill::Charge| c.environment == self.scenario.name && c.frequency == Frequency::OneTime;
        let mut fees: BTreeMap<u8, Usd> = BTreeMap::new();
        for charge in bought.charges.iter().filter(own).filter(|c| c.category == Category::Purchase) {
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
        Worth { total: steady.total + monthly, upfront, ..steady }
    }

    fn sums(&self, bill: &Bill) -> Worth {
        let mut worth = Worth::default();
        let own = bill.charges.iter().filter(|c| c.environment == self.scenario.name && c.category != Category::Credit);
        for charge in own {
            worth.billed += charge.billed;
            worth.total += charge.effective;
            let follows = charge.category == Category::Tax || charge.service == support::SERVICE;
            worth.charges += if follows { Usd::ZERO } else { charge.effective };
        }
        worth
    }
}

/// For levers that stand in no file.
const NOWHERE: Place = Place { file: FileId(0), line: 1, column: 1, start: 0, end: 0 };
