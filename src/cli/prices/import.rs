//! `ce-cost prices import`.

use std::collections::BTreeSet;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use super::folder::Folder;
use super::source::{Fault, Source, is_address};
use super::told;
use crate::cli::args::{Cli, ImportPricesArgs, TakeArgs};
use crate::cli::input::{Inputs, summary};
use crate::cli::{Failure, Output, World};
use crate::diagnostic::Problems;
use crate::forecast::next_month;
use crate::month::HoursBasis;
use crate::predict::{Basis, Metered};
use crate::pricing::PriceBook;
use crate::pricing::history::{self, Laid};
use crate::pricing::offer::{self, List, Wanted};
use crate::services;
use crate::source::Sources;
use crate::usage::UsageRecord;

/// Bytes that are read at once.
const CHUNK: usize = 256 << 10;

/// Runs the command.
pub fn run(cli: &Cli, args: &ImportPricesArgs, world: &World) -> Result<Output, Failure> {
    // What no list says stands in the folders above the first.
    let folder = args.take.out.as_deref().or(cli.prices.first().map(PathBuf::as_path));
    let intake = Intake::new(cli, &args.take, folder, world)?;
    let mut files = Vec::new();
    for list in &args.lists {
        files.push((list.clone(), if is_address(list) { fetched(list)? } else { PathBuf::from(list) }));
    }
    let lists = intake.lists(&files, world)?;
    let laid = intake.lay(&lists, args.take.history);
    intake.output(&laid, &lists, args.take.out.is_some(), world)
}

/// The file at an address.
fn fetched(address: &str) -> Result<PathBuf, Failure> {
    let start = address.find("://").map_or(0, |i| i + 3);
    let path = address[start..].find('/').map_or(address.len(), |i| start + i);
    let (base, path) = address.split_at(path);
    match Source::new(base, None)?.get(path) {
        Ok(got) => Ok(got.path),
        Err(Fault::NotFound(url)) => Err(Failure::missing(format!("error: {url} is not there"))),
        Err(Fault::Failed(failure)) => Err(failure),
    }
}

/// Lists on their way into a book.
pub struct Intake {
    folder: Option<Folder>,
    /// The book before.
    pub book: PriceBook,
    /// What is taken.
    pub wanted: Wanted,
    /// The regions that the scenarios use, and `global`.
    pub regions: BTreeSet<String>,
}

impl Intake {
    /// For a folder that need not be there; without one, for the built-in book.
    pub fn new(cli: &Cli, take: &TakeArgs, folder: Option<&Path>, world: &World) -> Result<Intake, Failure> {
        let folder = folder.map(Folder::read).transpose()?;
        let book = match &folder {
            Some(folder) => folder.book(world)?,
            None => crate::cli::input::book(&[], world)?,
        };
        let records = used(cli, &book, world)?;
        let regions =
            records.iter().filter(|r| &*r.environment != EXAMPLE).map(|r| r.region.to_string()).chain(["global".to_owned()]).collect();
        let wanted = Wanted::by(&book, take.all).and_used(&records);
        let wanted = take.usage_type.iter().fold(wanted, |wanted, name| wanted.and_usage_type(name));
        Ok(Intake { folder, book, wanted, regions })
    }

    /// Reads lists: names and paths.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub fn lists(&self, files: &[(String, PathBuf)], world: &World) -> Result<Vec<List>, Failure> {
        let mut problems = Problems::default();
        let mut lists = Vec::new();
        for (name, path) in files {
            match open(path).map(|input| offer::read(name, BufReader::with_capacity(CHUNK, input), &self.wanted)) {
                Ok(Ok(list)) => lists.push(list),
                Ok(Err(found)) => problems.extend(found),
                Err(error) => return Err(Failure::missing(format!("error: {error}"))),
            }
        }
        if problems.none_is_error() {
            return Ok(lists);
        }
        let told = summary(&problems.render(&Sources::default(), world.colour_errors), problems.errors());
        Err(Failure::input(format!("{told}\nhelp: nothing was written; the price files are as they were")))
    }

    /// Lays them over the book.
    pub fn lay(&self, lists: &[List], history: bool) -> Laid {
        history::lay(&self.book, lists, &self.wanted, history)
    }

    /// Says what came of it, and writes it if that is asked for.
    pub fn output(&self, laid: &Laid, lists: &[List], write: bool, world: &World) -> Result<Output, Failure> {
        let mut out = told::report(laid, lists, world);
        // A book that would not be sound is refused, written or not.
        let nowhere = Folder::default();
        let prepared = self.folder.as_ref().unwrap_or(&nowhere).prepare(&self.book, laid, lists, world)?;
        let mut notes = String::new();
        if write {
            out.push('\n');
            out.push_str(&prepared.write()?);
        } else {
            notes.push_str("note: nothing was written; --out DIR writes price files into a folder\n");
        }
        Ok(Output { out, notes })
    }
}

/// The environment of what the services' examples use.
const EXAMPLE: &str = "example";

/// What the services can emit in any region, and what the scenarios use.
fn used(cli: &Cli, book: &PriceBook, world: &World) -> Result<Vec<UsageRecord>, Failure> {
    let inputs = Inputs::read(cli, world)?;
    let month = next_month(inputs.as_of);
    let mut records = Vec::new();
    for region in book.regions().iter().filter(|r| r.region != "global") {
        let emitted = services::examples(book, &region.region, month);
        records.extend(emitted.into_iter().flatten().flat_map(|(_, records)| records));
    }
    let basis = Basis { month, hours: HoursBasis::Actual, pooled: true, free_tier: true, failover: None };
    for scenario in &inputs.scenarios.all {
        let metered = Metered::new(&inputs.scenarios, scenario, book, basis);
        records.extend(metered.map_err(|e| Failure::input(format!("error: {e}")))?.records);
    }
    Ok(records)
}

/// A file, unpacked where it is packed.
fn open(path: &Path) -> std::io::Result<Box<dyn Read>> {
    let mut file = fs_err::File::open(path)?;
    let mut magic = [0; 2];
    let n = file.read(&mut magic)?;
    let start = std::io::Cursor::new(magic[..n].to_vec());
    let is_packed = magic == [0x1f, 0x8b];
    let whole = start.chain(file);
    Ok(if is_packed { Box::new(flate2::read::MultiGzDecoder::new(BufReader::with_capacity(CHUNK, whole))) } else { Box::new(whole) })
}
