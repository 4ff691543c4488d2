//! `ce-cost actuals import`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use chrono::{NaiveDate, Utc};

use super::ImportArgs;
use super::progress::during;
use super::store::{failure, remarks};
use crate::actuals::cost_explorer::{self, Pull};
use crate::actuals::store::{Entry, Put, Store};
use crate::actuals::{self, Imported, Statement, UNKNOWN};
use crate::cli::input::summary;
use crate::cli::{Failure, Output, World};
use crate::money::cents;
use crate::month::Month;
use crate::source::Sources;

/// Runs the command.
pub fn run(args: &ImportArgs, world: &World) -> Result<Output, Failure> {
    let store = args.store.open()?;
    let Imported { mut statements, remarks: told } = during("reading", || actuals::read(&args.files))
        .map_err(|problems| Failure::input(summary(&problems.render(&Sources::default(), world.colour_errors), problems.errors())))?;
    if let Some(account) = &args.account {
        name_payer(&mut statements, account)?;
    }
    let out = keep(&store, &statements, args.force)?;
    let notes: String = told.iter().map(|remark| format!("note: {remark}\n")).collect();
    Ok(Output { out, notes: notes + &twofold(&store, &statements)? + &remarks(&statements) })
}

/// Names the payer of bills that do not.
fn name_payer(statements: &mut [Statement], account: &str) -> Result<(), Failure> {
    let payer: Arc<str> = account.into();
    let mut found = false;
    for bill in statements.iter_mut().map(|s| &mut s.bill).filter(|bill| *bill.payer == *UNKNOWN) {
        found = true;
        bill.payer = payer.clone();
        bill.charges.iter_mut().for_each(|charge| charge.payer = payer.clone());
    }
    if found {
        return Ok(());
    }
    Err(Failure::usage(
        "error: --account names the payer of Cost Explorer's files, and there is none\nhelp: other bills name it: leave it out",
    ))
}

/// A note for each month of which the store holds the bill of a payer and one that names none: they can be the same.
///
/// # Errors
/// A store that cannot be read.
pub fn twofold(store: &Store, statements: &[Statement]) -> Result<String, Failure> {
    let held = store.list().map_err(failure)?;
    let months: BTreeSet<Month> = statements.iter().map(|s| s.bill.month).collect();
    let mut notes = String::new();
    for month in months {
        let (unnamed, named): (Vec<_>, Vec<_>) = held.iter().filter(|l| l.month == month).partition(|l| l.payer == UNKNOWN);
        if let (false, [first, ..]) = (unnamed.is_empty(), named.as_slice()) {
            let _ = writeln!(
                notes,
                "note: the store holds {month} of {} and of an unknown account: if they are one, `ce-cost actuals forget` takes one away, \
                 and `import --account {}` says whose a file of Cost Explorer is",
                first.payer, first.payer
            );
        }
    }
    Ok(notes)
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
    for statement in statements {
        let Some(entry) = held.iter().filter_map(|l| l.entry.as_ref().ok()).find(|e| is_held(statement, e)) else { continue };
        if entry.is_final && !statement.is_final {
            let _ = writeln!(refused, "error: {} {} is final in the store ({entry}), and this bill is not", entry.payer, entry.month);
        } else if let Some(why) = richer(entry, statement) {
            let _ = writeln!(refused, "error: {} {} is in the store ({entry}): {why}", entry.payer, entry.month);
        }
    }
    if refused.is_empty() {
        return Ok(());
    }
    Err(Failure::input(format!("{refused}help: nothing was imported; --force replaces what is there all the same")))
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
        if let Some(why) = richer_than_pull(entry, pull, today) {
            let _ = writeln!(refused, "error: {account} {} is in the store ({entry}): {why}", entry.month);
        }
    }
    if refused.is_empty() {
        return Ok(());
    }
    let help = "nothing was asked for; keep it elsewhere with `--store DIR`, or replace what is there with `--force`";
    Err(Failure::input(format!("{refused}help: {help}")))
}

/// What an entry tells that no answer of Cost Explorer does.
fn beyond(entry: &Entry) -> Option<String> {
    let is_report = !entry.format.starts_with(cost_explorer::FORMAT);
    is_report.then(|| "Cost Explorer tells less: no resources, no commitments, no tags but one".into())
}

/// The tags that an entry tells beyond those.
fn lost<'e>(entry: &'e Entry, tags: &[String]) -> Vec<&'e str> {
    entry.tags.iter().flatten().filter(|tag| !tags.contains(tag)).map(String::as_str).collect()
}

/// What an entry tells that a file of Cost Explorer does not.
fn richer(entry: &Entry, statement: &Statement) -> Option<String> {
    let tags = statement.source.tags.as_ref()?;
    let without = || Some(lost(entry, tags)).filter(|lost| !lost.is_empty());
    beyond(entry).or_else(|| without().map(|lost| format!("it tells the tag {}, and this bill does not", lost.join(", "))))
}

/// What an entry tells that a pull would not.
fn richer_than_pull(entry: &Entry, pull: &Pull, today: NaiveDate) -> Option<String> {
    if let Some(why) = beyond(entry) {
        return Some(why);
    }
    let asked: Vec<String> = pull.tag.iter().cloned().collect();
    let lost = lost(entry, &asked);
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
