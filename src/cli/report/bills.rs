//! The bills behind a report: each is read once, and divided once among the members of its payer.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::super::args::SubjectArgs;
use super::super::billed::{Billed, Bills};
use super::super::input::Inputs;
use super::super::{Exit, Failure, World};
use super::COST;
use crate::bill::Bill;
use crate::month::Month;
use crate::scenario::Scenario;
use crate::variance::key::Keys;
use crate::variance::scope::Divided;

/// Months with a bill that are looked at, the month of the report among them.
const PAST: u32 = 14;

/// A bill, divided.
pub struct Told {
    pub billed: Billed,
    pub divided: Divided,
}

impl Told {
    /// The part of an environment; `None` where no row is its own.
    pub fn own(&self, scenario: &Scenario) -> Option<Bill> {
        let own = self.divided.member(&scenario.name)?.bill(&self.billed.bill);
        Some(own).filter(|own| !own.charges.is_empty())
    }
}

/// Bills by month and payer; why there is none.
#[derive(Default)]
pub struct Read {
    bills: BTreeMap<(Month, String), Result<Told, String>>,
    /// What the user should know of them.
    pub remarks: String,
}

impl Read {
    /// Reads the bills of the environments' payers up to a month. None where there is no store, and no reader.
    pub fn new(
        args: &SubjectArgs,
        inputs: &Inputs,
        world: &World,
        keys: &Keys<'_>,
        month: Month,
        of: &[&Scenario],
    ) -> Result<Read, Failure> {
        let bills = match Bills::open(&args.billed, world) {
            Ok(bills) => bills,
            Err(failure) if matches!(failure.exit, Exit::Missing | Exit::Usage) => return Ok(Read::default()),
            Err(failure) => return Err(failure),
        };
        let mut first = month;
        (1..PAST).for_each(|_| first = first.before().unwrap_or(first));
        let mut seen = BTreeSet::new();
        let of: Vec<&&Scenario> = of.iter().filter(|s| seen.insert(inputs.scenarios.payer(s).0.to_owned())).collect();
        let wanted: Vec<(Month, &Scenario)> = (0..PAST).flat_map(|n| of.iter().map(move |s| (first.plus(n), **s))).collect();
        let told = |(month, scenario): (Month, &Scenario)| {
            let (payer, rules, members) = inputs.scenarios.payer(scenario);
            let told = Failure::unless_missing(bills.month(month, &members))?.map(|billed| {
                let divided = billed.divide(&members, &rules.shared, keys, COST);
                Told { billed, divided }
            });
            Ok(((month, payer.to_owned()), told))
        };
        let remarks = bills.remarks().join("; ");
        Ok(Read { bills: wanted.into_par_iter().map(told).collect::<Result<_, Failure>>()?, remarks })
    }

    /// The bill of a payer; why there is none.
    pub fn of(&self, payer: &str, month: Month) -> Result<&Told, String> {
        match self.bills.get(&(month, payer.to_owned())) {
            Some(Ok(told)) => Ok(told),
            Some(Err(why)) => Err(why.clone()),
            None => Err(format!("no bill of {month} was read")),
        }
    }

    /// Every bill that there is, by month and payer.
    pub fn told(&self) -> impl Iterator<Item = (&(Month, String), &Billed)> {
        self.bills.iter().filter_map(|(key, told)| Some((key, &told.as_ref().ok()?.billed)))
    }

    /// Every bill of a payer on which an environment has rows, with these, oldest first.
    pub fn with(&self, payer: &str, scenario: &Scenario) -> Vec<(&Billed, Bill)> {
        let of_payer = self.bills.iter().filter(|((_, of), _)| of == payer).filter_map(|(_, told)| told.as_ref().ok());
        of_payer.filter_map(|told| Some((&told.billed, told.own(scenario)?))).collect()
    }
}
