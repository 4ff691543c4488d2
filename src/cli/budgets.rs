//! `ce-cost budgets`: rules from and to AWS Budgets.

use super::args::{BudgetsArgs, BudgetsCommand, Cli};
use super::forecast::json;
use super::input::{self, Inputs};
use super::{Failure, Output, World, check};
use crate::check::aws::{self, Account};
use crate::check::rule;
use crate::month::Month;
use crate::scenario::InputFile;

/// Runs the command.
pub fn run(cli: &Cli, args: &BudgetsArgs, world: &World) -> Result<Output, Failure> {
    let inputs = Inputs::read(cli, world)?;
    let (out, left, dropped) = match &args.command {
        BudgetsCommand::Import { files } => {
            let read = files.iter().map(|path| input::file(path).map(|f| (f.name, f.text)));
            let files = read.collect::<Result<Vec<_>, Failure>>()?;
            let found = aws::import(&files, &inputs.scenarios, inputs.as_of).map_err(|e| Failure::input(format!("error: {e}")))?;
            // What is written here is what `check` takes.
            let made = InputFile { name: "budgets.yaml".into(), text: found.yaml.clone() };
            rule::load(&made, &inputs.scenarios).map_err(|e| Failure::input(e.0.render(&e.1, world.colour_errors)))?;
            (found.yaml, found.left, found.dropped)
        }
        BudgetsCommand::Export { rules, account, notify } => {
            let rules = check::rules(cli, rules.as_deref(), &inputs, world)?;
            let account = Account { id: account, subscribers: notify, month: Month::of(inputs.as_of) };
            let found = aws::export(&rules.file, &inputs.scenarios, &account).map_err(|e| Failure::usage(format!("error: {e}")))?;
            (json(&found.budgets)?, found.left, found.dropped)
        }
    };
    let left = left.iter().map(|why| format!("note: left out: {why}\n"));
    let dropped = dropped.iter().map(|what| format!("note: not taken over: {what}\n"));
    Ok(Output { out, notes: left.chain(dropped).collect() })
}
