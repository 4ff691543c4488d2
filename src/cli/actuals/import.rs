//! `ce-cost actuals import`.

use std::fmt::Write;

use chrono::{NaiveDate, Utc};

use super::ImportArgs;
use super::progress::during;
use super::store::{failure, remarks};
use crate::actuals::cost_explorer::{self, Pull};
use crate::actuals::store::{Entry, Put, Store};
use crate::actuals::{self, Imported, Statement};
use crate::cli::input::summary;
use crate::cli::{Failure, Output, World};
use crate::money::cents;
use crate::source::Sources;

/// Runs the command.
pub fn run(args: &ImportArgs, world: &World) -> Result<Output, Failure> {
    let store = args.store.open()?;
    let Imported { statements, remarks: told } = during("reading", || actuals::read(&args.files))
        .map_err(|problems| Failure::input(summary(&problems.render(&Sources::default(), world.colour_errors), problems.errors())))?;
    let out = keep(&store, &statements, args.force)?;
    let notes: String = told.iter().map(|remark| format!("note: {remark}\n")).collect();
    Ok(Output { out, notes: notes + &remarks(&statements) })
}

/// Puts statements into the store; says what became of each. `force` replaces what is final by what is not.
///
/// # Errors
/// What cannot be kept. Where a period would be refused, none is kept.
pub fn keep(store: &Store, statements: &[Statement], force: bool) -> Result<String, Failure> {
    statements.iter().try_for_each(Store::check_kept).map_err(failure)?;
    if !force {
        refuse(store, statements)?;
    }
    during("writing the store", || {
        let mut out = String::new();
        for statement in statements {
            let put = store.put(statement, Utc::now(), force).map_err(failure)?;
            let _ = writeln!(out, "{}", line(statement, &put));
        }
        Ok(out)
    })
}

/// All or nothing: a report of which one period would be refused is not kept by half.
fn refuse(store: &Store, statements: &[Statement]) -> Result<(), Failure> {
    let held = store.list().map_err(failure)?;
    let is_held = |s: &Statement, e: &Entry| e.payer == *s.bill.payer && e.month == s.bill.month;
    let mut refused = String::new();
    for statement in statements.iter().filter(|s| !s.is_final) {
        let entry = held.iter().filter_map(|l| l.entry.as_ref().ok()).find(|e| is_held(statement, e) && e.is_final);
        if let Some(entry) = entry {
            let _ = writeln!(refused, "error: {} {} is final in the store ({entry}), and this bill is not", entry.payer, entry.month);
        }
    }
    if refused.is_empty() {
        return Ok(());
    }
    Err(Failure::input(format!("{refused}help: nothing was imported; --force replaces what is final all the same")))
}

/// Refuses a pull that would put a poorer bill in the place of a richer one, before anything is paid for it.
///
/// # Errors
/// What the store holds, what would take its place, and the way out.
pub fn refuse_poorer(store: &Store, account: &str, pull: &Pull, today: NaiveDate) -> Result<(), Failure> {
    let held = store.list().map_err(failure)?;
    let meant = held.iter().filter_map(|l| l.entry.as_ref().ok()).filter(|e| e.payer == account);
    let mut refused = String::new();
    for entry in meant.filter(|e| pull.from <= e.month && e.month <= pull.to) {
        if let Some(why) = richer(entry, pull, today) {
            let _ = writeln!(refused, "error: {account} {} is in the store ({entry}): {why}", entry.month);
        }
    }
    if refused.is_empty() {
        return Ok(());
    }
    let help = "nothing was asked for; keep it elsewhere with `--store DIR`, or replace what is there with `--force`";
    Err(Failure::input(format!("{refused}help: {help}")))
}

/// What an entry tells that a pull would not.
fn richer(entry: &Entry, pull: &Pull, today: NaiveDate) -> Option<String> {
    if !entry.format.starts_with(cost_explorer::FORMAT) {
        return Some("Cost Explorer tells less: no resources, no commitments, no tags but one".into());
    }
    let lost: Vec<&str> = entry.tags.iter().flatten().map(String::as_str).filter(|tag| pull.tag.as_deref() != Some(*tag)).collect();
    if !lost.is_empty() {
        let asked = pull.tag.as_ref().map_or("without any".to_owned(), |tag| format!("with `{tag}`"));
        return Some(format!(
            "it was pulled with the tag {}, and this one is {asked}; `--tag {}` asks for it again",
            lost.join(", "),
            lost[0]
        ));
    }
    (entry.is_final && entry.month.end() > today).then(|| "it is final there, and would not be here".into())
}

/// What became of a period.
fn line(statement: &Statement, put: &Put) -> String {
    let bill = &statement.bill;
    let became = match put {
        Put::New => "new".to_owned(),
        Put::Unchanged => "as it was".to_owned(),
        Put::Mended => "in the place of a damaged file".to_owned(),
        Put::Replaced(old) => format!("in the place of {old}"),
    };
    let state = if statement.is_final { "final" } else { "not closed yet" };
    format!(
        "{} {} · {state} · {} USD in {} rows of {} · {became}",
        bill.payer,
        bill.month,
        cents(bill.total()),
        statement.rows,
        statement.source.format
    )
}
