//! The bills that rules ask for: only where one does, so that all other checks run anywhere.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, TimeDelta};
use rust_decimal::Decimal;

use super::super::anomalies::{self, whole_until};
use super::super::args::CheckArgs;
use super::super::billed::{Billed, Bills};
use super::super::compare::predicted;
use super::super::input::Inputs;
use super::super::{Exit, Failure, World};
use crate::bill::{Bill, Charge};
use crate::check::anomaly::{Anomaly, find};
use crate::check::commitments::covered;
use crate::check::landing::{LATE, Landing, Reached, land};
use crate::check::on_bill::OnBill;
use crate::check::rule::{Metric, Rule, Rules, Scope};
use crate::money::Usd;
use crate::month::{HoursBasis, Month};
use crate::scenario::Scenario;
use crate::scenario::actuals::ENVIRONMENT;
use crate::variance::calendar::SoFar;
use crate::variance::key::{Cost, Keys};
use crate::variance::names::Names;
use crate::variance::scope::{self, tag_key};

/// The month that goes on, of every environment of which a rule asks for it.
pub fn of(
    args: &CheckArgs,
    rules: &Rules,
    environments: &[&Scenario],
    inputs: &Inputs,
    world: &World,
) -> Result<BTreeMap<String, Result<OnBill, String>>, Failure> {
    let of_bills: Vec<&Rule> = rules.file.rules.iter().filter(|r| r.metric.needs_bill()).collect();
    let wanted: Vec<&Scenario> = environments.iter().copied().filter(|s| of_bills.iter().any(|r| r.names(s))).collect();
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    // Where there are no bills, or this build reads none, what that means is the verdict's to say: the other rules go on.
    let bills = Failure::unless_missing(Bills::open(&args.billed, world))?;
    let names = Names::embedded();
    let mut found = BTreeMap::new();
    for scenario in wanted {
        let rules: Vec<&Rule> = of_bills.iter().copied().filter(|r| r.names(scenario)).collect();
        let told = match &bills {
            Ok(bills) => {
                let keys = Keys { names: &names, book: &inputs.book };
                Failure::unless_missing(Asked { scenario, rules, bills, inputs, keys }.of_now())?
            }
            Err(why) => Err(why.clone()),
        };
        found.insert(scenario.name.to_string(), told);
    }
    Ok(found)
}

/// What rules ask of an environment's bill.
struct Asked<'a> {
    scenario: &'a Scenario,
    rules: Vec<&'a Rule>,
    bills: &'a Bills,
    inputs: &'a Inputs,
    keys: Keys<'a>,
}

impl Asked<'_> {
    /// The month that goes on. In its first days, while AWS has not billed any, the one before.
    fn of_now(&self) -> Result<OnBill, Failure> {
        let now = Month::of(self.inputs.as_of);
        let is_early = self.inputs.as_of.day() <= LATE + 1;
        match (self.of(now), now.before()) {
            (Err(failure), Some(before)) if failure.exit == Exit::Missing && is_early => {
                let mut told = self.of(before).map_err(|other| if other.exit == Exit::Missing { failure } else { other })?;
                told.instead = Some(format!("nothing of {now} is billed yet"));
                Ok(told)
            }
            (told, _) => told,
        }
    }

    fn asks(&self, wanted: &[Metric]) -> bool {
        self.rules.iter().any(|r| wanted.contains(&r.metric))
    }

    fn of(&self, month: Month) -> Result<OnBill, Failure> {
        let (_, payer, members) = self.inputs.scenarios.payer(self.scenario);
        let bill = self.bills.month(month, &members)?;
        let own = bill.own(self.scenario, &members, &payer.shared, &self.keys, Cost::Unblended)?;
        let is_closed = bill.is_closed(self.inputs.as_of);
        let (landing, parts) = match self.asks(&[Metric::Actual, Metric::Landed]) {
            true => self.landings(&bill, &own).map(|(whole, parts)| (Some(whole), parts))?,
            false => (None, Vec::new()),
        };
        let of_tags = self.rules.iter().filter(|r| r.metric == Metric::TagCoverage);
        let tags: BTreeSet<&str> = of_tags.flat_map(|r| r.cost_tags()).collect();
        let commitments = covered(&own.charges, &self.keys);
        Ok(OnBill {
            month,
            instead: None,
            is_estimated: bill.is_estimated,
            last: bill.last_day().filter(|_| !is_closed),
            landing,
            parts,
            coverage: commitments.coverage(),
            utilisation: commitments.utilisation(),
            tags: tags.into_iter().map(|tag| (tag.to_owned(), share(tag, &bill, &own.charges, &self.keys))).collect(),
            anomalies: if self.asks(&[Metric::Anomaly]) { Failure::unless_missing(self.odd(month))? } else { Ok(Vec::new()) },
        })
    }

    /// Anomalies of days that became known in a month, of any size: limits are the rules' own. The last days of the month before came
    /// too late for it.
    fn odd(&self, month: Month) -> Result<Vec<Anomaly>, Failure> {
        let mut found = find(&anomalies::history(self.scenario, self.bills, self.inputs)?, Usd::ZERO).anomalies;
        let since = month.first_day() - TimeDelta::days(i64::from(LATE) + 1);
        found.retain(|a| a.last >= since.to_string());
        Ok(found)
    }

    /// The month as it lands, and the parts of it that rules ask for.
    fn landings(&self, bill: &Billed, own: &Bill) -> Result<(Landing, Vec<(Scope, Landing)>), Failure> {
        let month = bill.bill.month;
        let all = month.hours() / 24;
        let days = bill.so_far(self.inputs.as_of).unwrap_or(SoFar { days: all, of: all });
        let billed_until = month.first_day() + TimeDelta::days(i64::from(days.days));
        let late = (billed_until - whole_until(bill, self.inputs.as_of)).num_days();
        let reached = Reached { days, late: u32::try_from(late).unwrap_or_default() };
        let expected = predicted(self.inputs, self.scenario, month, HoursBasis::Actual, true)?.own;
        let too_large = || Failure::input(format!("error: a quantity of {month} is too large to be exact"));
        let plan = self.scenario.plan.as_ref();
        let landed = |own: &Bill, expected: &Bill| land(own, expected, reached, plan, &self.keys).ok_or_else(too_large);
        let scopes = self.rules.iter().filter(|r| r.metric.is_billed_amount() && !r.scope.is_whole()).map(|r| &r.scope);
        let part = |scope: &Scope| Ok((scope.clone(), landed(&self.part(own, scope), &self.part(&expected, scope))?));
        Ok((landed(own, &expected)?, scopes.map(part).collect::<Result<_, Failure>>()?))
    }

    /// The rows of a bill that a scope means: bills tell services and tags.
    fn part(&self, bill: &Bill, scope: &Scope) -> Bill {
        let is_meant = |charge: &&Charge| scope.service.fits(&self.keys.of(charge).service) && scope.has_tags(charge);
        Bill { charges: bill.charges.iter().filter(is_meant).cloned().collect(), payer: bill.payer.clone(), ..*bill }
    }
}

/// How much carries a tag: of the environment's own rows. By the tag that tells environments apart its rows are found, so for that one
/// all of the payer's are taken. `None` for a tag that the bill was not asked for.
fn share(tag: &str, bill: &Billed, own: &[Charge], keys: &Keys<'_>) -> Option<Decimal> {
    let charges = if tag_key(tag) == tag_key(ENVIRONMENT) { &bill.bill.charges } else { own };
    let share = scope::coverage(charges, &[tag], keys, Cost::Amortized).first().map(|c| c.share);
    share.filter(|_| bill.asked(tag))
}
