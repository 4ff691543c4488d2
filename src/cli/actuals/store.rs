//! The store that the arguments name, and its errors as failures.

use directories::ProjectDirs;

use super::StoreArgs;
use crate::actuals::store::{Store, StoreError};
use crate::actuals::{Statement, demo};
use crate::cli::{Exit, Failure};

impl StoreArgs {
    /// The store of `--store`, else the one in the user's data folder. It need not be there yet.
    pub fn open(&self) -> Result<Store, Failure> {
        match &self.store {
            Some(folder) => Ok(Store::at(folder)),
            None => {
                let folders = ProjectDirs::from("", "", "ce-cost").ok_or_else(|| {
                    Failure::missing("error: this user has no data folder to keep bills in\nhelp: name a folder with --store DIR")
                })?;
                Ok(Store::at(folders.data_dir().join("actuals")))
            }
        }
    }
}

/// What the store says, with the exit code that it deserves.
pub fn failure(error: StoreError) -> Failure {
    match error {
        StoreError::Io(_) => Failure::missing(format!("error: {error}")),
        StoreError::Damaged { .. } => Failure::input(format!(
            "error: {error}\nhelp: `ce-cost actuals verify` looks at every file, `ce-cost actuals forget` removes a period"
        )),
        StoreError::NotKept { .. } => Failure { exit: Exit::Input, message: format!("error: {error}") },
        StoreError::Final { .. } => Failure::input(format!("error: {error}\nhelp: --force replaces it all the same")),
    }
}

/// Nothing of what was asked for lies in the store.
pub fn nothing(store: &Store, what: &str) -> Failure {
    Failure::missing(format!(
        "error: the store {} holds {what}\nhelp: `ce-cost actuals import FILE` brings bills in; `ce-cost actuals demo` writes a synthetic history",
        store.folder().display()
    ))
}

/// The statements that are asked for.
pub fn statements(store: &Store, periods: &super::PeriodArgs) -> Result<Vec<Statement>, Failure> {
    let all = store.statements(|payer, month| periods.holds(payer, month)).map_err(failure)?;
    if all.is_empty() {
        return Err(nothing(store, if periods.is_all() { "no bills" } else { "no such bills" }));
    }
    Ok(all)
}

/// What the user should know of these bills.
pub fn remarks(statements: &[Statement]) -> String {
    match statements.iter().filter(|s| demo::is_synthetic(s)).count() {
        0 => String::new(),
        n if n == statements.len() => "note: these bills are synthetic (`ce-cost actuals demo`)\n".into(),
        n => format!(
            "note: {n} of these {} bills are synthetic; `ce-cost actuals forget --account {}` removes them\n",
            statements.len(),
            demo::PAYER
        ),
    }
}
