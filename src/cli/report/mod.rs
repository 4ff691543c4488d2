//! `ce-cost report`: gathers facts, asks for the document, hands it to a writer.

mod bills;
mod files;
mod gathering;
mod realised;
mod trail;

use std::path::Path;

use rayon::prelude::*;

use self::files::written;
use self::gathering::Gathering;
use super::args::{Cli, ReportArgs, SubjectArgs};
use super::forecast::all_names;
use super::input::{self, Inputs};
use super::{Failure, Output, World};
use crate::report::monthly::document::Report;
use crate::report::monthly::kept::Kept;
use crate::report::monthly::report;
use crate::variance::key::{Cost, Keys};
use crate::variance::names::Names;

/// Fees are spread over their terms everywhere in the report.
const COST: Cost = Cost::Amortized;

/// Runs the command.
pub fn run(cli: &Cli, args: &ReportArgs, world: &World) -> Result<Output, Failure> {
    let inputs = Inputs::read(cli, world)?;
    let kept = args.forecasts.as_deref().map(kept).transpose()?;
    let document = document(cli, &args.subject, kept, &inputs, world)?;
    let notes = inputs.warnings(world);
    written(args, &document, world, notes)
}

/// Every forecast of a folder.
fn kept(folder: &Path) -> Result<Vec<Kept>, Failure> {
    let files = input::folder_files(folder, &["json"])?;
    let (mut kept, mut wrong) = (Vec::new(), String::new());
    for file in &files {
        match Kept::read(&file.text) {
            Ok(forecast) => kept.push(forecast),
            Err(why) => wrong.push_str(&format!("error: {}: {why}\n", file.name)),
        }
    }
    match wrong.is_empty() {
        true => Ok(kept),
        false => Err(Failure::input(format!("{wrong}help: `ce-cost forecast ENV --format json` writes such files"))),
    }
}

/// The document that the arguments ask for; `kept` are earlier forecasts.
pub fn document(cli: &Cli, args: &SubjectArgs, kept: Option<Vec<Kept>>, inputs: &Inputs, world: &World) -> Result<Report, Failure> {
    let names = Names::embedded();
    let environments = match args.all {
        true => all_names(inputs),
        false => args.environment.clone().into_iter().collect(),
    };
    let scenarios = environments.iter().map(|name| inputs.environment(name)).collect::<Result<Vec<_>, _>>()?;
    let keys = Keys { names: &names, book: &inputs.book };
    let mut gathering = Gathering::new(cli, args, inputs, world, keys, &scenarios)?;
    gathering.kept = kept;
    let facts = scenarios.into_par_iter().map(|s| gathering.facts(s)).collect::<Result<Vec<_>, _>>()?;
    let none = || Failure::usage("error: there is no environment to report on");
    report(&facts, &gathering.trail()).ok_or_else(none)
}
