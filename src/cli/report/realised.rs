//! What levers that were pulled saved: the month as it is predicted, and as it would be with each of them taken back.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::super::Failure;
use super::super::compare::predicted;
use super::COST;
use super::gathering::Gathering;
use crate::bill::Bill;
use crate::diagnostic::nearest;
use crate::money::{Usd, quotient};
use crate::month::HoursBasis;
use crate::report::monthly::facts::Realised;
use crate::scenario::Scenario;
use crate::scenario::done::Done;
use crate::variance::key::{Key, Kind};

/// A difference below this is none: what rounding leaves of shares of the payer's tiers.
const LEAST: Decimal = Decimal::from_parts(5, 0, 0, false, 3);

impl Gathering<'_> {
    /// What levers that were pulled saved in the month of the report; `None` where none acted in it.
    pub fn realised(&self, scenario: &Scenario) -> Result<Option<Realised>, Failure> {
        let mut done: Vec<&Done> = scenario.done.iter().filter(|d| d.since < self.month.end()).collect();
        if done.is_empty() {
            return Ok(None);
        }
        done.sort_by(|a, b| b.since.cmp(&a.since).then_with(|| a.lever.cmp(&b.lever)));
        let with = self.month_of(scenario)?;
        let (mut patches, mut last, mut levers) = (Vec::new(), total(&with), Vec::new());
        let mut without = with.clone();
        for one in done {
            patches.extend(one.taken_back(scenario));
            let before = self.inputs.scenarios.changed(scenario, &patches, &self.inputs.book, &self.inputs.scenarios.sources);
            let before = before.map_err(|wrong| Failure::input(wrong.0.render(&wrong.1, false)))?;
            without = self.month_of(&before)?;
            let saved = total(&without) - last;
            last = total(&without);
            levers.push((self.title(&one.lever)?, one.since, saved.share(self.acting(one))));
        }
        let (with, without) = (self.by_key(&with), self.by_key(&without));
        let of = |sums: &BTreeMap<Key, Usd>, key: &Key| sums.get(key).copied().unwrap_or(Usd::ZERO);
        let moved: Vec<&Key> = without
            .keys()
            .chain(with.keys().filter(|k| !without.contains_key(k)))
            .filter(|k| (of(&without, k) - of(&with, k)).decimal().abs() > LEAST)
            .collect();
        let sum = |sums: &BTreeMap<Key, Usd>| moved.iter().map(|key| of(sums, key)).sum::<Usd>();
        let (payer, ..) = self.inputs.scenarios.payer(scenario);
        let billed = self.bills.of(payer, self.month).ok().and_then(|told| told.own(scenario));
        let billed = billed.map(|own| sum(&self.by_key(&own)));
        Ok(Some(Realised { levers, without: sum(&without), with: sum(&with), billed }))
    }

    fn month_of(&self, scenario: &Scenario) -> Result<Bill, Failure> {
        predicted(self.inputs, scenario, self.month, HoursBasis::Actual, true).map(|cut| cut.own)
    }

    /// The part of the month in which it acted.
    fn acting(&self, done: &Done) -> Decimal {
        let days = (self.month.end() - done.since.max(self.month.first_day())).num_days();
        quotient(Decimal::from(days), Decimal::from(self.month.hours() / 24)).unwrap_or(Decimal::ONE)
    }

    /// What people call a lever.
    fn title(&self, id: &str) -> Result<String, Failure> {
        let Ok(levers) = &self.levers else { return Ok(id.to_owned()) };
        let ids = || levers.list.iter().map(|l| l.id.as_str());
        let near = || nearest(id, ids()).map_or_else(String::new, |n| format!(": did you mean `{n}`?"));
        let found = levers.list.iter().find(|l| l.id == id).map(|l| l.title.clone());
        found.ok_or_else(|| Failure::input(format!("error: `done` names the lever `{id}`, which is no file of the levers{}", near())))
    }

    fn by_key(&self, bill: &Bill) -> BTreeMap<Key, Usd> {
        let mut sums = BTreeMap::new();
        for charge in &bill.charges {
            let key = self.keys.of(charge);
            if key.kind == Kind::Usage {
                *sums.entry(key).or_insert(Usd::ZERO) += COST.of(charge);
            }
        }
        sums
    }
}

fn total(bill: &Bill) -> Usd {
    bill.charges.iter().map(|c| COST.of(c)).sum()
}
