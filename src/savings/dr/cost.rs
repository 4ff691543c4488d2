//! What a strategy costs: the payer's bill with it, less the payer's bill with neither standby nor copies.

use std::collections::BTreeSet;

use chrono::Days;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use super::Ask;
use super::change::{needed, patches};
use super::strategy::{Changes, Copied, Strategy, gb};
use crate::bill::why::Doubt;
use crate::bill::{Category, Charge, CommitmentStatus};
use crate::money::Usd;
use crate::predict::{self, Basis};
use crate::quantity::exact;
use crate::scenario::commitment::Commitment;
use crate::scenario::patch::{self, Patch};
use crate::scenario::{self, InputFile, Scenario, Scenarios};

/// Where the cost of a strategy stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Parts {
    /// In the standby's bill.
    pub standby: Usd,
    /// In the environment's own bill: copies that it sends, and what it no longer does itself.
    pub environment: Usd,
    /// In those of the others: tiers, allowances and support that all share.
    pub others: Usd,
}

/// What a strategy costs of one service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OfService {
    /// The service's code.
    pub service: String,
    /// How much, in all bills of the payer together.
    pub amount: Usd,
}

/// A commitment of the standby that a strategy leaves unused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Lost {
    /// Its name.
    pub id: String,
    /// True where it is bought already, so that it costs until its term ends; false where it need not be bought.
    pub bought: bool,
    /// What of it is lost in the month; it is part of the cost. Nothing for what is not bought.
    pub lost: Usd,
    /// The last day of its term.
    pub until: String,
}

/// What the standby holds of data that an environment has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Held {
    /// The path to it in both files.
    pub path: String,
    /// GB in the standby.
    pub held: String,
    /// GB in the environment.
    pub of: String,
    /// True where the standby holds all of it.
    pub all: bool,
}

/// What a strategy costs.
#[derive(Clone, Debug)]
pub struct Cost {
    pub total: Usd,
    pub doubt: Doubt,
    pub assumed: Usd,
    /// For each kind of data of the strategy.
    pub held: Vec<Vec<Held>>,
    pub by_service: Vec<OfService>,
    pub parts: Parts,
    pub commitments: Vec<Lost>,
    pub failover: Option<Usd>,
}

/// An environment, its standby, and the bill without any recovery.
pub struct Case<'a> {
    ask: &'a Ask<'a>,
    standby: &'a str,
    files: Vec<InputFile>,
    /// By environment: the payers' charges without standby and copies.
    without: Vec<Charge>,
}

/// Amounts of what is billed in a month, fees spread over their terms and nothing paid by credits.
fn amount<'c>(charges: impl Iterator<Item = &'c Charge>) -> Usd {
    charges.filter(|c| c.category != Category::Credit).map(|c| c.effective).sum()
}

impl<'a> Case<'a> {
    /// The case of an environment.
    ///
    /// # Errors
    /// A change to what is not there, usage without a price.
    pub fn new(ask: &'a Ask<'a>, standby: &'a Scenario) -> Result<Case<'a>, String> {
        let members = |scenario| ask.scenarios.payer(scenario).2;
        let mut all = members(ask.environment);
        all.extend(members(standby));
        all.push(standby);
        let files = needed(ask.files, ask.scenarios, &all);
        let mut case = Case { ask, standby: &standby.name, files, without: Vec::new() };
        let mut scenarios = case.changed(&ask.strategies.without)?;
        scenarios.accounts.payers.values_mut().for_each(|payer| payer.members.retain(|m| *m != *standby.name));
        case.without = case.charges(&scenarios, false, Basis { failover: None, ..ask.basis })?;
        Ok(case)
    }

    /// What a strategy costs in the month.
    ///
    /// # Errors
    /// As [`Case::new`].
    pub fn cost(&self, strategy: &Strategy) -> Result<Cost, String> {
        let calm = Basis { failover: None, ..self.ask.basis };
        let mut scenarios = self.changed(&strategy.changes)?;
        let mut charges = self.charges(&scenarios, true, calm)?;
        let mut commitments = self.unused(&scenarios, &charges);
        if commitments.iter().any(|c| !c.bought) {
            let idle = |c: &Commitment| commitments.iter().any(|l| !l.bought && l.id == c.id);
            let own = scenarios.all.iter_mut().filter(|s| *s.name == *self.standby);
            own.for_each(|s| s.commitments.retain(|c| !idle(c)));
            charges = self.charges(&scenarios, true, calm)?;
        }
        commitments.iter_mut().filter(|c| !c.bought).for_each(|c| c.lost = Usd::ZERO);
        let total = amount(charges.iter());
        let failover = match self.ask.basis.failover {
            Some(_) => Some(amount(self.charges(&scenarios, true, self.ask.basis)?.iter()) - total),
            None => None,
        };
        let held = strategy.replication.iter().map(|copied| self.held(copied, &scenarios)).collect::<Result<_, String>>()?;
        let (by_service, parts, (doubt, assumed)) = (self.by_service(&charges), self.parts(&charges), self.doubt(&charges));
        let total = total - amount(self.without.iter());
        Ok(Cost { total, doubt, assumed: assumed.min(total), held, by_service, parts, commitments, failover })
    }

    /// The doubts about what a strategy adds, and how much of it somebody assumed.
    fn doubt(&self, charges: &[Charge]) -> (Doubt, Usd) {
        let about = |c: &&Charge| Doubt::about(c, self.ask.book);
        let assumed = |list: &[Charge]| amount(list.iter().filter(|c| about(c).assumed));
        let same =
            |c: &Charge| self.without.iter().any(|w| w.environment == c.environment && w.resource == c.resource && w.billed == c.billed);
        let added = charges.iter().filter(|c| !same(c)).fold(Doubt::default(), |doubt, c| doubt.or(about(&c)));
        (added, assumed(charges) - assumed(&self.without))
    }

    /// What the standby of a strategy holds of what the environment has.
    fn held(&self, copied: &Copied, scenarios: &Scenarios) -> Result<Vec<Held>, String> {
        let standby = scenarios.named(self.standby).ok_or_else(|| format!("there is no environment `{}`", self.standby))?;
        let of_path = |path: &String| {
            let own = patch::find(&self.ask.environment.tree, &patch::steps(path)).map_err(|d| d.message)?;
            let of = gb(own).ok_or_else(|| format!("`{path}` of {} is no amount of data", self.ask.environment.name))?.0;
            // What a strategy takes away is not there.
            let held = patch::find(&standby.tree, &patch::steps(path)).ok().and_then(gb).map_or(Decimal::ZERO, |gb| gb.0);
            Ok(Held { path: path.clone(), held: exact(held), of: exact(of), all: held >= of })
        };
        copied.holds.iter().map(of_path).collect()
    }

    /// The cost by service, the largest first.
    fn by_service(&self, charges: &[Charge]) -> Vec<OfService> {
        let codes: BTreeSet<&str> = charges.iter().chain(&self.without).map(|c| c.service.as_ref()).collect();
        let of = |service: &str, list: &[Charge]| amount(list.iter().filter(|c| c.service == service));
        let sums = codes.into_iter().map(|code| OfService { service: code.into(), amount: of(code, charges) - of(code, &self.without) });
        let mut all: Vec<OfService> = sums.filter(|s| !s.amount.is_zero()).collect();
        all.sort_by_key(|s| (std::cmp::Reverse(s.amount.abs()), s.service.clone()));
        all
    }

    fn parts(&self, charges: &[Charge]) -> Parts {
        let of = |which: &dyn Fn(&str) -> bool| {
            let own = |charges: &[Charge]| amount(charges.iter().filter(|c| which(&c.environment)));
            own(charges) - own(&self.without)
        };
        let environment = self.ask.environment.name.as_ref();
        Parts {
            standby: of(&|name| name == self.standby),
            environment: of(&|name| name == environment),
            others: of(&|name| name != self.standby && name != environment),
        }
    }

    /// The scenarios with changes. Each environment takes its own only: what inherits from it stays as it is.
    fn changed(&self, changes: &Changes) -> Result<Scenarios, String> {
        let mut scenarios = self.load(&[])?;
        for (environment, of) in changes {
            let own = Changes::from([(environment.clone(), of.clone())]);
            let changed = self.load(&patches(&own, self.ask.scenarios)?)?;
            for scenario in scenarios.all.iter_mut().filter(|s| *s.name == **environment) {
                if let Some(new) = changed.named(environment) {
                    scenario.clone_from(new);
                }
            }
        }
        Ok(scenarios)
    }

    fn load(&self, changes: &[Patch]) -> Result<Scenarios, String> {
        // A plan speaks of resources that a strategy may take away; costs do not follow from it.
        let plan = Patch { environment: self.standby.to_owned(), path: "plan".into(), value: "{total: 0 USD}".into() };
        let planned = self.ask.scenarios.named(self.standby).is_some_and(|s| s.plan.is_some());
        let patches: Vec<Patch> = changes.iter().cloned().chain(planned.then_some(plan)).collect();
        scenario::load(&self.files, self.ask.book, &patches)
            .map_err(|e| e.0.render(&e.1, false).trim().trim_start_matches("error: ").to_owned())
    }

    /// What the environment's payer is billed, and the standby's where that is another one.
    fn charges(&self, scenarios: &Scenarios, with_standby: bool, basis: Basis) -> Result<Vec<Charge>, String> {
        let named = |name: &str| scenarios.named(name).ok_or_else(|| format!("there is no environment `{name}`"));
        let environment = named(&self.ask.environment.name)?;
        let basis = Basis { pooled: true, ..basis };
        let bill = |of: &Scenario, basis| predict::bill(scenarios, of, self.ask.book, basis).map_err(|e| e.to_string());
        let mut charges = bill(environment, basis)?.charges;
        let standby = named(self.standby)?;
        if with_standby && scenarios.payer(standby).0 != scenarios.payer(environment).0 {
            charges.extend(bill(standby, Basis { failover: None, ..basis })?.charges);
        }
        Ok(charges)
    }

    /// Commitments of the standby of which something is lost. What is not bought yet and would not be used at all need not be bought.
    fn unused(&self, scenarios: &Scenarios, charges: &[Charge]) -> Vec<Lost> {
        let Some(standby) = scenarios.named(self.standby) else { return Vec::new() };
        let in_force = standby.commitments.iter().filter(|c| c.days_in(self.ask.basis.month) > 0);
        let of = |commitment: &Commitment, wanted: CommitmentStatus| {
            let fits = |c: &&Charge| c.commitment.as_ref().is_some_and(|r| r.id == commitment.id && r.status == Some(wanted));
            amount(charges.iter().filter(fits))
        };
        let lost = in_force.map(|commitment| {
            let idle = of(commitment, CommitmentStatus::Used).is_zero();
            let last = commitment.end().checked_sub_days(Days::new(1)).unwrap_or(commitment.end());
            Lost {
                id: commitment.id.clone(),
                bought: !idle || commitment.start <= self.ask.as_of,
                lost: of(commitment, CommitmentStatus::Unused),
                until: last.to_string(),
            }
        });
        lost.filter(|l| !l.lost.is_zero()).collect()
    }
}
