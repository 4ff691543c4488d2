//! `ce-cost actuals forget`.

use super::ForgetArgs;
use super::store::{failure, nothing};
use crate::cli::{Failure, Output};

/// Runs the command.
pub fn run(args: &ForgetArgs) -> Result<Output, Failure> {
    if !args.all && args.periods.is_all() {
        return Err(Failure::usage("error: which periods? Name them by --month, --from, --to or --account, or all of them by --all"));
    }
    let store = args.store.open()?;
    let gone = store.forget(|account, month| args.periods.holds(account, month)).map_err(failure)?;
    if gone.is_empty() {
        return Err(nothing(&store, "no such bills"));
    }
    let out = gone.iter().map(|(account, month)| format!("removed {account} {month}\n")).collect();
    Ok(Output { out, notes: String::new() })
}
