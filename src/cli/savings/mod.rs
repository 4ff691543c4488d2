//! `ce-cost savings`.

mod export;
mod pages;

use super::args::{BasisArg, Cli, HorizonArg, RiskArg, SavingsArgs, ViewFormat};
use super::forecast::json;
use super::input::{Inputs, summary};
use super::{Failure, Output, World};
use crate::diagnostic::nearest;
use crate::forecast::next_month;
use crate::predict::Basis;
use crate::savings::analysis::Limits;
use crate::savings::document::Savings;
use crate::savings::ground::NoWorth;
use crate::savings::lever::{Horizon, Level, Levers};
use crate::savings::{self, Asked, Depth};
use crate::scenario::Scenario;

/// Runs the command.
pub fn run(cli: &Cli, args: &SavingsArgs, world: &World) -> Result<Output, Failure> {
    let inputs = Inputs::read(cli, world)?;
    let levers = chosen(inputs.levers(cli, world)?, args)?;
    let environments: Vec<&Scenario> = match &args.environment {
        Some(name) => vec![inputs.environment(name)?],
        None => inputs.scenarios.all.iter().filter(|s| s.instead_of.is_none()).collect(),
    };
    let asked = asked(args, &inputs);
    let found = environments.into_iter().map(|s| savings::savings(&inputs.scenarios, s, &inputs.book, &levers, &asked));
    let found = found.collect::<Result<Vec<_>, _>>().map_err(|why| failure(why, world))?;
    let out = written(found, args, &inputs, world)?;
    Ok(Output { out, notes: inputs.warnings(world) })
}

fn written(found: Vec<Savings>, args: &SavingsArgs, inputs: &Inputs, world: &World) -> Result<String, Failure> {
    let page = |s: &Savings| if args.basis == BasisArg::Plan { pages::plan(s, &world.screen) } else { pages::list(s, &world.screen) };
    Ok(match args.format {
        ViewFormat::Json if args.all => json(&savings::together(&inputs.as_of.to_string(), found))?,
        ViewFormat::Json => found.iter().map(json).collect::<Result<Vec<_>, _>>()?.join("\n"),
        ViewFormat::Csv => export::rows(&found),
        ViewFormat::Md => found.iter().map(|s| export::markdown(s, args.basis)).collect::<Vec<_>>().join("\n"),
        ViewFormat::Table if args.all && args.basis == BasisArg::List => {
            pages::all(&savings::together(&inputs.as_of.to_string(), found), &world.screen)
        }
        ViewFormat::Table => found.iter().map(page).collect::<Vec<_>>().join("\n"),
    })
}

fn asked(args: &SavingsArgs, inputs: &Inputs) -> Asked {
    let month = args.month.unwrap_or_else(|| next_month(inputs.as_of));
    let risk = args.max_risk.map(|risk| match risk {
        RiskArg::Low => Level::Low,
        RiskArg::Medium => Level::Medium,
        RiskArg::High => Level::High,
    });
    Asked {
        basis: Basis { month, hours: args.hours, pooled: true, free_tier: true, failover: None },
        limits: Limits {
            risk: risk.or(Limits::usual().risk.filter(|_| args.levers.is_empty())),
            upfront: args.max_upfront,
            no_commitment: args.no_commitment,
            named: !args.levers.is_empty(),
            against_requirements: args.against_requirements,
            least: args.least,
        },
        of_plan: args.basis == BasisArg::Plan,
        depth: Depth::Whole,
        drawing: args.drawing.drawing(),
        as_of: inputs.as_of.to_string(),
    }
}

/// The levers of a list, by name; all of them for an empty list.
pub(super) fn levers_named(mut levers: Levers, wanted: &[String]) -> Result<Levers, Failure> {
    for id in wanted {
        let ids: Vec<&str> = levers.list.iter().map(|l| l.id.as_str()).collect();
        if !ids.contains(&id.as_str()) {
            // Half a name is no slip of the pen: those that have all of its words.
            let has_all = |known: &&&str| id.split('-').all(|word| known.split('-').any(|k| k.starts_with(word)));
            let near = nearest(id, ids.iter().copied()).or_else(|| ids.iter().find(has_all).copied());
            let near = near.map(|n| format!(": did you mean `{n}`?")).unwrap_or_default();
            return Err(Failure::usage(format!("error: there is no lever `{id}`{near}\nhelp: there are {}", ids.join(", "))));
        }
    }
    levers.list.retain(|l| wanted.is_empty() || wanted.contains(&l.id));
    Ok(levers)
}

/// What is wrong with an environment or its levers.
pub(super) fn failure(why: NoWorth, world: &World) -> Failure {
    Failure::input(match why {
        NoWorth::Change(wrong) => summary(&wrong.0.render(&wrong.1, world.colour_errors), wrong.0.errors()),
        NoWorth::Bill(why) => format!("error: {why}"),
    })
}

/// The levers that are asked for.
fn chosen(levers: Levers, args: &SavingsArgs) -> Result<Levers, Failure> {
    let mut levers = levers_named(levers, &args.levers)?;
    levers.list.retain(|l| match args.horizon {
        HorizonArg::All => true,
        HorizonArg::Short => l.horizon == Horizon::Short,
        HorizonArg::Long => l.horizon == Horizon::Long,
    });
    Ok(levers)
}
