//! `ce-cost check`.

mod base;
mod github;
mod junit;
mod markdown;
mod notify;
mod on_bill;
mod sarif;
mod text;

use std::path::Path;

use super::args::{CheckArgs, CheckFormat, Cli, FailOn};
use super::forecast::json;
use super::input::{self, Inputs, summary};
use super::{Exit, Failure, Output, World, embedded};
use crate::check::alert::Standing;
use crate::check::document::{Check, Outcome, Status, Verdict};
use crate::check::rule::{self, Rules};
use crate::check::{self, Ground};
use crate::month::Month;
use crate::scenario::{BUDGETS, Scenario};

/// The way out where there are no rules.
const HOW: &str = "help: `--rules FILE` names one; the built-in scenarios have a budgets.yaml as an example";

/// Runs the command. The exit code is the verdict's, as `--fail-on` takes it.
pub fn run(cli: &Cli, args: &CheckArgs, world: &World) -> Result<(Output, Exit), Failure> {
    if args.changes.what_if.is_some() && args.environments.is_empty() {
        let help = "help: name it: `ce-cost check prod --what-if …`";
        return Err(Failure::usage(format!("error: `--what-if` does not say which environment it changes\n{help}")));
    }
    let inputs = Inputs::changed(cli, world, &args.changes, &args.environments)?;
    let rules = rules(cli, args.rules.as_deref(), &inputs, world)?;
    let environments = environments(args, &rules, &inputs)?;
    let basis = inputs.basis(&args.basis);
    let months = rules.file.rules.iter().map(|r| r.months).max().unwrap_or(1);
    let base = args.base.as_deref().map(|name| base::read(cli, name, &environments, months, basis, &inputs, world)).transpose()?;
    let bills = on_bill::of(args, &rules, &environments, &inputs, world)?;
    let ground = Ground {
        scenarios: &inputs.scenarios,
        book: &inputs.book,
        basis,
        drawing: args.drawing.drawing(),
        as_of: inputs.as_of,
        base: base.as_ref(),
        bills: &bills,
    };
    let found = check::check(&rules, &environments, &ground).map_err(|e| Failure::input(format!("error: {e}")))?;
    let out = written(&found, args, world)?;
    let warnings = inputs.warnings(world);
    let standing = Standing::of(&rules, &inputs.scenarios);
    // Whatever becomes of the messages, the verdict is told.
    match notify::tell(&args.notify, &found, &standing, Month::of(inputs.as_of)) {
        Ok(told) => Ok((Output { out, notes: warnings + &told.notes }, notify::exit(exit(found.verdict, args.fail_on), &told))),
        Err(failure) => Ok((Output { out, notes: format!("{warnings}{}\n", failure.message.trim_end()) }, failure.exit)),
    }
}

/// In the format that is asked for.
fn written(found: &Check, args: &CheckArgs, world: &World) -> Result<String, Failure> {
    Ok(match args.format {
        CheckFormat::Text => text::page(found, &world.screen),
        CheckFormat::Json => json(found)?,
        CheckFormat::Md => markdown::page(found, args.id.as_deref()),
        CheckFormat::Github => github::annotations(found),
        CheckFormat::Junit => junit::report(found)?,
        CheckFormat::Sarif => sarif::log(found)?,
    })
}

/// The exit code of a verdict.
pub fn exit(verdict: Verdict, fail_on: FailOn) -> Exit {
    match (verdict, fail_on) {
        (Verdict::Pass, _) | (Verdict::Fail | Verdict::Warn, FailOn::Never) => Exit::Ok,
        (Verdict::Fail, _) | (Verdict::Warn, FailOn::Warn) => Exit::Breach,
        (Verdict::Warn, FailOn::Fail) => Exit::Warned,
        (Verdict::Incomplete, _) => Exit::Incomplete,
    }
}

/// The rule file that is named, or the one beside the scenarios, or the built-in one.
pub fn rules(cli: &Cli, named: Option<&Path>, inputs: &Inputs, world: &World) -> Result<Rules, Failure> {
    let beside = super::input::scenario_folder(cli.scenarios.as_deref()).map(|folder| folder.join(BUDGETS));
    let file = match named.map(Path::to_owned).or(beside) {
        Some(path) => input::file(&path).map_err(|failure| match failure.exit {
            Exit::Missing => Failure::missing(format!("{}\n{HOW}", failure.message)),
            _ => failure,
        })?,
        None => embedded::budgets(),
    };
    let rules = rule::load(&file, &inputs.scenarios);
    rules.map_err(|e| Failure::input(summary(&e.0.render(&e.1, world.colour_errors), e.0.errors())))
}

/// The environments that are named, or all that a rule is about.
fn environments<'a>(args: &CheckArgs, rules: &Rules, inputs: &'a Inputs) -> Result<Vec<&'a Scenario>, Failure> {
    if args.environments.is_empty() {
        return Ok(rule::environments(&rules.file, &inputs.scenarios));
    }
    let named = args.environments.iter().map(|name| inputs.environment(name)).collect::<Result<Vec<_>, _>>()?;
    let without = named.iter().find(|s| !rules.file.rules.iter().any(|r| r.names(s)));
    match without {
        Some(scenario) => {
            let help = "help: a check that asks nothing would always pass: add a rule, or name another environment";
            Err(Failure::usage(format!("error: no rule is about {}\n{help}", scenario.name)))
        }
        None => Ok(named),
    }
}

/// Rules that ask for attention, and breaches that are noted.
fn loud(found: &Check) -> impl Iterator<Item = &Outcome> {
    found.rules.iter().filter(|r| r.status.verdict() != Verdict::Pass || r.status == Status::Info)
}

/// In a word.
fn word(status: Status) -> &'static str {
    match status {
        Status::Pass => "pass",
        Status::Skipped => "skipped",
        Status::Waived => "waived",
        Status::Info => "info",
        Status::Warn => "warn",
        Status::Incomplete => "incomplete",
        Status::Fail => "fail",
    }
}

/// Where a reader should look: in the scenario, or else in the rule file.
fn place(outcome: &Outcome) -> (&str, u32) {
    outcome.scenario.as_ref().map_or((outcome.file.as_str(), outcome.line), |spot| (spot.file.as_str(), spot.line))
}

/// The message of a rule, and below it what to do and whom to ask.
fn told(outcome: &Outcome) -> String {
    let action = action(outcome);
    if action.is_empty() { outcome.message.clone() } else { format!("{}\n{action}", outcome.message) }
}

/// What to do and whom to ask, behind a message.
fn action(outcome: &Outcome) -> String {
    let owner = outcome.owner.as_ref().map(|o| format!("owner: {o}"));
    [outcome.text.clone(), owner, outcome.link.clone()].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
