//! `ce-cost report`: gathers facts, asks for the document, hands it to a writer.

mod bills;
mod files;
mod gathering;
mod trail;

use rayon::prelude::*;

use self::files::written;
use self::gathering::Gathering;
use super::args::{Cli, ReportArgs, SubjectArgs};
use super::forecast::all_names;
use super::input::Inputs;
use super::{Failure, Output, World};
use crate::report::monthly::document::Report;
use crate::report::monthly::report;
use crate::variance::key::{Cost, Keys};
use crate::variance::names::Names;

/// Fees are spread over their terms everywhere in the report.
const COST: Cost = Cost::Amortized;

/// Runs the command.
pub fn run(cli: &Cli, args: &ReportArgs, world: &World) -> Result<Output, Failure> {
    let inputs = Inputs::read(cli, world)?;
    let document = document(cli, &args.subject, &inputs, world)?;
    let notes = inputs.warnings(world);
    written(args, &document, world, notes)
}

/// The document that the arguments ask for.
pub fn document(cli: &Cli, args: &SubjectArgs, inputs: &Inputs, world: &World) -> Result<Report, Failure> {
    let names = Names::embedded();
    let environments = match args.all {
        true => all_names(inputs),
        false => args.environment.clone().into_iter().collect(),
    };
    let scenarios = environments.iter().map(|name| inputs.environment(name)).collect::<Result<Vec<_>, _>>()?;
    let gathering = Gathering::new(cli, args, inputs, world, Keys { names: &names, book: &inputs.book }, &scenarios)?;
    let facts = scenarios.into_par_iter().map(|s| gathering.facts(s)).collect::<Result<Vec<_>, _>>()?;
    let none = || Failure::usage("error: there is no environment to report on");
    report(&facts, &gathering.trail()).ok_or_else(none)
}
