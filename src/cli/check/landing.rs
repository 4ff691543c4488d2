//! The bills that rules ask for: only where one does, so that all other checks run anywhere.

use std::collections::BTreeMap;

use super::super::args::CheckArgs;
use super::super::billed::Bills;
use super::super::compare::predicted;
use super::super::input::Inputs;
use super::super::{Exit, Failure, World};
use crate::check::landing::{Landing, land};
use crate::check::rule::Rules;
use crate::month::{HoursBasis, Month};
use crate::scenario::Scenario;
use crate::variance::calendar::SoFar;
use crate::variance::key::{Cost, Keys};
use crate::variance::names::Names;

/// The month that goes on, of every environment of which a rule asks for it.
pub fn of(
    args: &CheckArgs,
    rules: &Rules,
    environments: &[&Scenario],
    inputs: &Inputs,
    world: &World,
) -> Result<BTreeMap<String, Result<Landing, String>>, Failure> {
    let asked = |s: &Scenario| rules.file.rules.iter().any(|r| r.metric.needs_bill() && r.names(s));
    let wanted: Vec<&Scenario> = environments.iter().copied().filter(|s| asked(s)).collect();
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let bills = Bills::open(&args.billed, world)?;
    let mut landings = BTreeMap::new();
    for scenario in wanted {
        let landing = match landing(scenario, &bills, inputs) {
            Ok(landing) => Ok(landing),
            // There is no bill yet: what that means is the verdict's to say.
            Err(failure) if failure.exit == Exit::Missing => Err(in_a_line(&failure.message)),
            Err(failure) => return Err(failure),
        };
        landings.insert(scenario.name.to_string(), landing);
    }
    Ok(landings)
}

fn in_a_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

fn landing(scenario: &Scenario, bills: &Bills, inputs: &Inputs) -> Result<Landing, Failure> {
    let month = Month::of(inputs.as_of);
    let names = Names::embedded();
    let keys = Keys { names: &names, book: &inputs.book };
    let (_, payer, members) = inputs.scenarios.payer(scenario);
    let bill = bills.month(month, &members)?;
    let own = bill.own(scenario, &members, &payer.shared, &keys, Cost::Unblended)?;
    let all = month.hours() / 24;
    let days = bill.so_far(inputs.as_of).unwrap_or(SoFar { days: all, of: all });
    let expected = predicted(inputs, scenario, month, HoursBasis::Actual, true)?;
    let too_large = || Failure::input(format!("error: a quantity of {month} is too large to be exact"));
    land(&own, &expected.own, days, &keys).ok_or_else(too_large)
}
