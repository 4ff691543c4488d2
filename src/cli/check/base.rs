//! What a check is held against: a saved run, or the scenarios of another revision, which git gives.

use std::path::{Path, PathBuf};
use std::process::Command;

use fs_err as fs;

use super::super::input::{Inputs, scenario_folder, summary};
use super::super::{Cli, Failure, World};
use crate::check::base::{Base, Conventions, Month};
use crate::predict::{self, Basis};
use crate::scenario::{self, InputFile, Scenario, Scenarios};

/// Reads a base by its name.
pub fn read(
    cli: &Cli,
    name: &str,
    environments: &[&Scenario],
    months: u32,
    basis: Basis,
    inputs: &Inputs,
    world: &World,
) -> Result<Base, Failure> {
    if let Some(path) = file(cli, name)? {
        let text = fs::read_to_string(&path).map_err(|e| Failure::missing(format!("error: {e}")))?;
        return Base::saved(name, &text, &Conventions::of(basis, &inputs.book)).map_err(|why| {
            let help = "help: `ce-cost check --format json > base.json` writes one, with the same options";
            Failure::input(format!("error: {why}\n{help}"))
        });
    }
    let files = revision(cli, name)?;
    let scenarios = scenario::load(&files, &inputs.book, &[]).map_err(|e| {
        let message = summary(&e.0.render(&e.1, world.colour_errors), e.0.errors());
        Failure::input(format!("{message}\nin the scenarios of {name}"))
    })?;
    costed(name, scenarios, environments, months, basis, inputs)
}

/// A saved run: what ends like one, or is a file and no revision.
///
/// # Errors
/// A name that is both.
fn file(cli: &Cli, name: &str) -> Result<Option<PathBuf>, Failure> {
    let path = PathBuf::from(name);
    if name.ends_with(".json") || (path.is_file() && name.contains(std::path::MAIN_SEPARATOR)) {
        return Ok(Some(path));
    }
    let is_revision = || match scenario_folder(cli.scenarios.as_deref()) {
        Some(folder) if !name.starts_with('-') => {
            git(folder, &["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")], name).is_ok()
        }
        _ => false,
    };
    match path.is_file() {
        true if is_revision() => {
            let help = format!("help: `./{name}` is the file, `refs/heads/{name}` the branch");
            Err(Failure::usage(format!("error: `{name}` is a file, and a revision of git\n{help}")))
        }
        is_file => Ok(is_file.then_some(path)),
    }
}

/// What the environments cost by the base's scenarios, at today's prices: only the scenarios differ.
fn costed(
    name: &str,
    scenarios: Scenarios,
    environments: &[&Scenario],
    months: u32,
    basis: Basis,
    inputs: &Inputs,
) -> Result<Base, Failure> {
    let mut base = Base { name: name.to_owned(), ..Base::default() };
    for scenario in environments.iter().filter_map(|s| scenarios.named(&s.name)) {
        for month in (0..months).map(|n| basis.month.plus(n)) {
            let bill = predict::bill(&scenarios, scenario, &inputs.book, Basis { month, ..basis });
            let bill = bill.map_err(|e| Failure::input(format!("error: {name}: {e}")))?.cut(&scenario.name);
            base.months.insert((scenario.name.to_string(), month.to_string()), Month::of(&bill));
        }
    }
    base.scenarios = Some(scenarios);
    Ok(base)
}

/// The scenario files as they were in a revision.
fn revision(cli: &Cli, name: &str) -> Result<Vec<InputFile>, Failure> {
    let Some(folder) = scenario_folder(cli.scenarios.as_deref()) else {
        let help = "help: `--scenarios DIR` names a folder that git keeps, or `--base FILE` a saved run";
        return Err(Failure::usage(format!("error: the built-in scenarios have no revision `{name}`\n{help}")));
    };
    // A name that begins with a dash would be an option of git.
    if name.starts_with('-') {
        return Err(Failure::usage(format!("error: `{name}` is no revision")));
    }
    let listed = git(folder, &["ls-tree", "-z", "--name-only", name, "./"], name)?;
    let names = listed.split('\0').filter(|n| n.ends_with(".yaml") || n.ends_with(".yml"));
    let read = |file: &str| {
        let text = git(folder, &["show", &format!("{name}:./{file}")], name)?;
        Ok(InputFile { name: format!("{name}:{}/{file}", folder.display()), text })
    };
    let files = names.map(read).collect::<Result<Vec<_>, Failure>>()?;
    match files.is_empty() {
        true => Err(Failure::missing(format!("error: there was no scenario file in {} at {name}", folder.display()))),
        false => Ok(files),
    }
}

/// What git says, in the folder of the scenarios.
fn git(folder: &Path, args: &[&str], name: &str) -> Result<String, Failure> {
    let run = Command::new("git").arg("-C").arg(folder).args(args).output();
    let run = run.map_err(|e| Failure::missing(format!("error: git cannot be run: {e}\nhelp: `--base FILE` takes a saved run instead")))?;
    if !run.status.success() {
        let why = String::from_utf8_lossy(&run.stderr);
        let why = why.lines().next().unwrap_or_default();
        let help = "help: a clone in CI may lack it: fetch it first (`git fetch origin BRANCH`, or `fetch-depth: 0`)";
        return Err(Failure::missing(format!("error: git has no `{name}`: {why}\n{help}")));
    }
    String::from_utf8(run.stdout).map_err(|_| Failure::input(format!("error: a scenario file of {name} is not UTF-8 text")))
}
