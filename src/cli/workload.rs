//! `ce-cost workload`.

use fs_err as fs;

use super::args::{WorkloadArgs, WorkloadCommand};
use super::input::summary;
use super::{Failure, Output};
use crate::workload::fit::fit;
use crate::workload::measured::Series;

/// Runs the command.
pub fn run(args: &WorkloadArgs) -> Result<Output, Failure> {
    let WorkloadCommand::Fit { file } = &args.command;
    let text = fs::read_to_string(file).map_err(|e| Failure::missing(format!("error: {e}")))?;
    let series = Series::read(&text).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(|fault| format!("error: {}: {fault}", file.display())).collect();
        Failure::input(summary(&lines.join("\n"), faults.len()))
    })?;
    let fitted = fit(&series).map_err(|e| Failure::input(format!("error: {}: {e}", file.display())))?;
    let notes = fitted.notes.iter().map(|note| format!("note: {note}\n")).collect();
    Ok(Output { out: fitted.to_yaml(), notes })
}
