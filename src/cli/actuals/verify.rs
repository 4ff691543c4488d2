//! `ce-cost actuals verify`.

use std::fmt::Write;

use super::VerifyArgs;
use super::store::{failure, nothing};
use crate::cli::input::summary;
use crate::cli::{Failure, Output};

/// Runs the command.
pub fn run(args: &VerifyArgs) -> Result<Output, Failure> {
    let store = args.store.open()?;
    let checked = store.verify().map_err(failure)?;
    if checked.is_empty() {
        return Err(nothing(&store, "no bills"));
    }
    let wrong: Vec<String> = checked.iter().flat_map(|c| c.wrong.iter().map(|why| format!("error: {}: {why}", c.file.display()))).collect();
    if !wrong.is_empty() {
        return Err(Failure::input(summary(&wrong.join("\n"), wrong.len())));
    }
    let closing = checked.iter().filter(|c| c.closes).count();
    let mut out = format!("The store is sound: {} billing periods, every byte as it was written, every sum as stated.\n", checked.len());
    let _ = writeln!(out, "  unblended = amortized + true-up + upfront fees closes in {closing} of them");
    if closing < checked.len() {
        let _ = writeln!(out, "  {} come from sources that do not tell what amortizing moves", checked.len() - closing);
    }
    Ok(Output { out, notes: String::new() })
}
