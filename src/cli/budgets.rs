//! `ce-cost budgets`: rules from and to AWS Budgets.

use super::args::{BudgetsArgs, BudgetsCommand, Cli};
use super::forecast::json;
use super::input::{self, Inputs};
use super::{Failure, Output, World, check};
use crate::check::aws;

/// Runs the command.
pub fn run(cli: &Cli, args: &BudgetsArgs, world: &World) -> Result<Output, Failure> {
    let inputs = Inputs::read(cli, world)?;
    let (out, left) = match &args.command {
        BudgetsCommand::Import { files } => {
            let read = files.iter().map(|path| input::file(path).map(|f| (f.name, f.text)));
            let files = read.collect::<Result<Vec<_>, Failure>>()?;
            let found = aws::import(&files, &inputs.scenarios).map_err(|e| Failure::input(format!("error: {e}")))?;
            (found.yaml, found.left)
        }
        BudgetsCommand::Export { rules, account, notify } => {
            let rules = check::rules(cli, rules.as_deref(), &inputs, world)?;
            let found = aws::export(&rules.file, &inputs.scenarios, account, notify);
            (json(&found.budgets)?, found.left)
        }
    };
    let notes = left.iter().map(|why| format!("note: left out: {why}\n")).collect();
    Ok(Output { out, notes })
}
