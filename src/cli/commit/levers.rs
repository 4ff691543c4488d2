//! The levers that come before what `commit` advises.

use crate::cli::args::{Cli, CommitArgs};
use crate::cli::input::Inputs;
use crate::cli::savings::{failure, levers_named};
use crate::cli::{Failure, World};
use crate::predict::Basis;
use crate::savings::before::{self, Refused};
use crate::savings::commit::document::{Before, Chosen, Commitments};
use crate::scenario::Scenario;

/// The environment with the levers that come before what is bought.
pub(super) fn before(
    inputs: &Inputs,
    scenario: &Scenario,
    basis: Basis,
    cli: &Cli,
    args: &CommitArgs,
    world: &World,
) -> Result<(Scenario, Before), Failure> {
    let (scenarios, book) = (&inputs.scenarios, &inputs.book);
    match args.levers.as_slice() {
        [none] if none == "none" => Ok((scenario.clone(), Before::none())),
        [] => match inputs.levers_if_any(cli, world)? {
            Some(levers) => before::recommended(scenarios, scenario, book, &levers, basis).map_err(|why| failure(why, world)),
            None => Ok((scenario.clone(), Before::none())),
        },
        ids => {
            let levers = levers_named(inputs.levers(cli, world)?, ids)?;
            before::named(scenarios, scenario, book, &levers, basis).map_err(|refused| match refused {
                Refused::Levers(why) => Failure::usage(format!("error: {why}")),
                Refused::NoWorth(why) => failure(why, world),
            })
        }
    }
}

/// Which levers come before what is bought, and how to have it otherwise.
pub(super) fn after(advice: &Commitments) -> String {
    let (environment, all) = (&advice.environment, advice.before.titles.join(", "));
    match advice.before.chosen {
        Chosen::None => {
            format!("Without any lever: what a later one saves is committed to already. `ce-cost savings {environment}` shows them.")
        }
        Chosen::Recommended if all.is_empty() => format!("No lever of `ce-cost savings {environment}` that buys nothing comes before it."),
        Chosen::Recommended => {
            format!("Once the recommended levers are done that buy nothing: {all}. As it runs today: --levers none")
        }
        Chosen::Named => format!("Once these levers are done: {all}."),
    }
}
