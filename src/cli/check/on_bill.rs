//! The bills that rules ask for: only where one does, so that all other checks run anywhere.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::super::anomalies;
use super::super::args::CheckArgs;
use super::super::billed::{Billed, Bills};
use super::super::compare::predicted;
use super::super::input::Inputs;
use super::super::{Failure, World};
use crate::bill::{Bill, Charge};
use crate::check::anomaly::{Anomaly, find};
use crate::check::commitments::covered;
use crate::check::landing::{Landing, land};
use crate::check::on_bill::OnBill;
use crate::check::rule::{Metric, Rule, Rules};
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
    let bills = Bills::open(&args.billed, world)?;
    let mut found = BTreeMap::new();
    for scenario in wanted {
        let asked: Vec<&Rule> = of_bills.iter().copied().filter(|r| r.names(scenario)).collect();
        // There is no bill yet: what that means is the verdict's to say.
        found.insert(scenario.name.to_string(), Failure::unless_missing(on_bill(scenario, &asked, &bills, inputs))?);
    }
    Ok(found)
}

fn on_bill(scenario: &Scenario, rules: &[&Rule], bills: &Bills, inputs: &Inputs) -> Result<OnBill, Failure> {
    let month = Month::of(inputs.as_of);
    let names = Names::embedded();
    let keys = Keys { names: &names, book: &inputs.book };
    let (_, payer, members) = inputs.scenarios.payer(scenario);
    let bill = bills.month(month, &members)?;
    let own = bill.own(scenario, &members, &payer.shared, &keys, Cost::Unblended)?;
    let asks = |wanted: &[Metric]| rules.iter().any(|r| wanted.contains(&r.metric));
    let landing = asks(&[Metric::Actual, Metric::Landed]).then(|| landing(scenario, &bill, &own, &keys, inputs)).transpose()?;
    let tags: BTreeSet<&str> = rules.iter().filter(|r| r.metric == Metric::TagCoverage).flat_map(|r| r.cost_tags()).collect();
    let commitments = covered(&own.charges, &keys);
    Ok(OnBill {
        landing,
        coverage: commitments.coverage(),
        utilisation: commitments.utilisation(),
        tags: tags.into_iter().map(|tag| (tag.to_owned(), share(tag, &bill, &own.charges, &keys))).collect(),
        anomalies: if asks(&[Metric::Anomaly]) { Failure::unless_missing(odd(scenario, month, bills, inputs))? } else { Ok(Vec::new()) },
    })
}

/// How much carries a tag: of the environment's own rows. By the tag that tells environments apart its rows are found, so for that one
/// all of the payer's are taken. `None` for a tag that the bill was not asked for.
fn share(tag: &str, bill: &Billed, own: &[Charge], keys: &Keys<'_>) -> Option<Decimal> {
    let charges = if tag_key(tag) == tag_key(ENVIRONMENT) { &bill.bill.charges } else { own };
    let share = scope::coverage(charges, &[tag], keys, Cost::Amortized).first().map(|c| c.share);
    share.filter(|_| bill.asked(tag))
}

/// Anomalies that touch a month, of any size: limits are the rules' own.
fn odd(scenario: &Scenario, month: Month, bills: &Bills, inputs: &Inputs) -> Result<Vec<Anomaly>, Failure> {
    let mut found = find(&anomalies::history(scenario, bills, inputs)?, Usd::ZERO).anomalies;
    found.retain(|a| a.last >= month.first_day().to_string());
    Ok(found)
}

fn landing(scenario: &Scenario, bill: &Billed, own: &Bill, keys: &Keys<'_>, inputs: &Inputs) -> Result<Landing, Failure> {
    let month = bill.bill.month;
    let all = month.hours() / 24;
    let days = bill.so_far(inputs.as_of).unwrap_or(SoFar { days: all, of: all });
    let expected = predicted(inputs, scenario, month, HoursBasis::Actual, true)?;
    let too_large = || Failure::input(format!("error: a quantity of {month} is too large to be exact"));
    land(own, &expected.own, days, keys).ok_or_else(too_large)
}
