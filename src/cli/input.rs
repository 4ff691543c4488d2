//! Files in: scenarios, prices, and the basis that the arguments ask for.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use fs_err as fs;

use super::args::{BasisArgs, ChangeArgs, Cli};
use super::{Failure, World, embedded};
use crate::diagnostic::nearest;
use crate::forecast::next_month;
use crate::predict::Basis;
use crate::pricing::{PriceBook, read};
use crate::savings::lever::{self, Lever, Levers};
use crate::scenario::{self, InputFile, Scenario, Scenarios, measured, patch};

/// Most files that are read from one folder.
const MOST: usize = 1_000;

/// Everything that a command works on.
pub struct Inputs {
    /// The prices.
    pub book: PriceBook,
    /// The scenario files as text.
    pub files: Vec<InputFile>,
    /// The scenarios.
    pub scenarios: Scenarios,
    /// The day from which to compute.
    pub as_of: NaiveDate,
}

impl Inputs {
    /// Reads what the arguments name.
    pub fn read(cli: &Cli, world: &World) -> Result<Inputs, Failure> {
        Inputs::changed(cli, world, &ChangeArgs::default(), &[])
    }

    /// Reads what the arguments name, with changes to these environments.
    pub fn changed(cli: &Cli, world: &World, changes: &ChangeArgs, environments: &[String]) -> Result<Inputs, Failure> {
        let book = book(&cli.prices, world)?;
        let (files, missing) = scenario_files(cli.scenarios.as_deref())?;
        let mut patches = Vec::new();
        for environment in environments {
            let text = changes.what_if.iter();
            let read = text.map(|t| patch::changes(environment, t)).collect::<Result<Vec<_>, _>>();
            patches.extend(read.map_err(|e| Failure::usage(format!("error: {e}")))?.into_iter().flatten());
        }
        let scenarios = scenario::load(&files, &book, &patches).map_err(|e| {
            let message = summary(&e.0.render(&e.1, world.colour_errors), e.0.errors());
            if missing { Failure::missing(message) } else { Failure::input(message) }
        })?;
        Ok(Inputs { book, files, scenarios, as_of: cli.as_of.unwrap_or(world.today) })
    }

    /// An environment, or an error with the nearest name.
    pub fn environment(&self, name: &str) -> Result<&Scenario, Failure> {
        self.scenarios.named(name).ok_or_else(|| {
            let names: Vec<&str> = self.scenarios.all.iter().map(|s| s.name.as_ref()).collect();
            let near = nearest(name, names.iter().copied()).map(|n| format!(": did you mean `{n}`?")).unwrap_or_default();
            Failure::usage(format!("error: there is no environment `{name}`{near}\nhelp: there are {}", names.join(", ")))
        })
    }

    /// The levers of the folder `levers` beside the scenarios, or the built-in ones where those are used.
    pub fn levers(&self, cli: &Cli, world: &World) -> Result<Levers, Failure> {
        let folder = scenario_folder(cli.scenarios.as_deref());
        let files = match folder {
            None => embedded::levers(),
            Some(folder) => match folder.join("levers") {
                levers if levers.is_dir() => folder_files(&levers, &["yaml", "yml"])?,
                levers => {
                    let help = "help: a lever is a file there; `ce-cost scenario schema --levers` says what stands in it";
                    return Err(Failure::missing(format!("error: there is no folder {}\n{help}", levers.display())));
                }
            },
        };
        let own = |lever: &Lever| self.scenarios.all.iter().any(|s| lever.applies_to(s));
        let levers = lever::load(&files, &self.scenarios);
        let levers = levers.and_then(|levers| levers.check(&self.scenarios, &self.book).map(|()| levers));
        let levers = levers.map_err(|e| Failure::input(summary(&e.0.render(&e.1, world.colour_errors), e.0.errors())))?;
        match levers.list.iter().any(own) {
            true => Ok(levers),
            false => Err(Failure::missing("error: no lever changes anything in one of the environments")),
        }
    }

    /// The same; none where there is no folder of them.
    pub fn levers_if_any(&self, cli: &Cli, world: &World) -> Result<Option<Levers>, Failure> {
        let there = scenario_folder(cli.scenarios.as_deref()).is_none_or(|folder| folder.join("levers").is_dir());
        there.then(|| self.levers(cli, world)).transpose()
    }

    /// The basis that the arguments ask for.
    pub fn basis(&self, args: &BasisArgs) -> Basis {
        Basis {
            month: args.month.unwrap_or_else(|| next_month(self.as_of)),
            hours: args.hours,
            pooled: !args.alone,
            free_tier: !args.no_free_tier,
            failover: args.failover(),
        }
    }

    /// Refuses a failover that an environment has no standby for, or that is longer than one of the months.
    pub fn check_failover(&self, environment: &Scenario, basis: Basis, months: u32) -> Result<(), Failure> {
        let Some(failover) = basis.failover else { return Ok(()) };
        for n in 0..months {
            failover
                .standby(&self.scenarios, environment, basis.month.plus(n), basis.hours)
                .map_err(|why| Failure::usage(format!("error: {why}")))?;
        }
        Ok(())
    }

    /// Warnings of the scenario files, for standard error.
    pub fn warnings(&self, world: &World) -> String {
        self.scenarios.warnings.render(&self.scenarios.sources, world.colour_errors)
    }
}

/// "3 errors" below what was wrong.
pub fn summary(text: &str, errors: usize) -> String {
    let plural = if errors == 1 { "1 error".to_owned() } else { format!("{errors} errors") };
    format!("{}\n\n{plural}", text.trim_end())
}

/// The built-in book with the files of these folders laid over it, the last on top; without it where a folder is a whole book.
pub fn book(folders: &[PathBuf], world: &World) -> Result<PriceBook, Failure> {
    let render = |e: Box<(crate::diagnostic::Problems, crate::source::Sources)>| {
        Failure::input(summary(&e.0.render(&e.1, world.colour_errors), e.0.errors()))
    };
    let mut files = Vec::new();
    for folder in folders {
        let own = folder_files(folder, &["csv"])?;
        if own.is_empty() {
            return Err(Failure::missing(format!("error: no price file (*.csv) in {}", folder.display())));
        }
        files.push(own);
    }
    let own: Vec<Vec<(&str, &str)>> = files.iter().map(|own| own.iter().map(|f| (f.name.as_str(), f.text.as_str())).collect()).collect();
    read::laid(&own).map_err(render)
}

/// The scenario files of `--scenarios`, of a folder `scenarios` beside the caller, or the built-in ones; with the files of measured
/// requests that they name. True where one of those is missing.
fn scenario_files(folder: Option<&Path>) -> Result<(Vec<InputFile>, bool), Failure> {
    let Some(folder) = scenario_folder(folder) else { return Ok((embedded::scenarios(), false)) };
    let mut files = folder_files(folder, &["yaml", "yml"])?;
    if files.is_empty() {
        return Err(Failure::missing(format!(
            "error: no scenario file (*.yaml) in {}\nhelp: `ce-cost scenario new NAME` writes one to start from",
            folder.display()
        )));
    }
    let mut missing = false;
    for name in measured::wanted(&files) {
        match fs::read(&name) {
            Ok(bytes) => files.push(as_text(name, bytes)?),
            // Who names it says so, with the line.
            Err(e) if e.kind() == ErrorKind::NotFound => missing = true,
            Err(e) => return Err(Failure::missing(format!("error: {e}"))),
        }
    }
    Ok((files, missing))
}

/// Where recovery strategies lie in a folder of scenarios.
const STRATEGIES: &str = "dr-strategies";

/// The files of recovery strategies that lie beside the scenarios, or the built-in ones.
pub fn strategies(cli: &Cli) -> Result<Vec<InputFile>, Failure> {
    let beside = Path::new("scenarios");
    let folder = match cli.scenarios.as_deref() {
        Some(folder) => folder.join(STRATEGIES),
        None if beside.is_dir() => beside.join(STRATEGIES),
        None => return Ok(embedded::dr_strategies()),
    };
    if !folder.is_dir() {
        let help =
            "help: a strategy changes an environment and its standby; the built-in scenarios have dr-strategies/prod.yaml as an example";
        return Err(Failure::missing(format!("error: there are no recovery strategies: no folder {}\n{help}", folder.display())));
    }
    folder_files(&folder, &["yaml", "yml"])
}

/// The folder that holds the scenarios; `None` for the built-in ones.
pub fn scenario_folder(folder: Option<&Path>) -> Option<&Path> {
    let beside = Path::new("scenarios");
    folder.or_else(|| beside.is_dir().then_some(beside))
}

/// A file, under the name that messages show.
pub fn file(path: &Path) -> Result<InputFile, Failure> {
    let bytes = fs::read(path).map_err(|e| Failure::missing(format!("error: {e}")))?;
    as_text(path.to_string_lossy().replace('\\', "/"), bytes)
}

fn as_text(name: String, bytes: Vec<u8>) -> Result<InputFile, Failure> {
    let text = String::from_utf8(bytes).map_err(|_| Failure::input(format!("error: {name} is not UTF-8 text")))?;
    Ok(InputFile { name, text })
}

/// The text of every file of a folder with one of these endings, by name.
pub fn folder_files(folder: &Path, endings: &[&str]) -> Result<Vec<InputFile>, Failure> {
    let missing = |e: std::io::Error| Failure::missing(format!("error: {e}"));
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(missing)? {
        let path = entry.map_err(missing)?.path();
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if endings.contains(&ending) && path.is_file() {
            paths.push(path);
        }
    }
    if paths.len() > MOST {
        return Err(Failure::input(format!("error: {} holds {} files; at most {MOST} are read", folder.display(), paths.len())));
    }
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        files.push(file(&path)?);
    }
    Ok(files)
}
