//! `ce-cost actuals`.

pub mod pull;

use clap::{Args, Subcommand};

use super::args::Cli;
use super::{Failure, Output, World};

/// `actuals`.
#[derive(Debug, Args)]
pub struct ActualsArgs {
    /// What to do
    #[command(subcommand)]
    pub command: ActualsCommand,
}

/// The commands on what AWS billed.
#[derive(Debug, Subcommand)]
pub enum ActualsCommand {
    /// The bill from Cost Explorer; 0.01 USD a request
    Pull(Box<pull::PullArgs>),
}

/// Runs the command.
pub fn run(cli: &Cli, args: &ActualsArgs, world: &World) -> Result<Output, Failure> {
    match &args.command {
        ActualsCommand::Pull(args) => pull::pull(cli, args, world).map(|(_, output)| output),
    }
}
