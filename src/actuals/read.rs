//! The door to files: what a file is, is found in the file; a folder is read by its manifests.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::archive::{self, Content};
use super::sink::{Detail, Sink, one};
use super::{Imported, csv_file, manifest, parquet_file, saved_reply};
use crate::diagnostic::{Diagnostic, Problems};
use crate::month::Month;

/// One file, and the id that a manifest gives its version.
pub(super) struct Part {
    pub path: PathBuf,
    pub name: String,
    pub version: Option<String>,
    /// The period that the manifest names.
    pub period: Option<Month>,
}

/// Reads bills from files and folders: Cost and Usage Reports (legacy and 2.0, CSV, gz, zip, Parquet), FOCUS 1.0 and later, Cost
/// Explorer's replies and downloads. A folder is one that holds a report's or export's manifest.
///
/// # Errors
///
/// Says what is wrong, in which file, row and column, and what was expected: nothing is read halfway.
pub fn read(paths: &[PathBuf]) -> Result<Imported, Box<Problems>> {
    read_as(paths, Detail::Whole)
}

/// As [`read`], with less detail where that is enough.
///
/// # Errors
///
/// As [`read`].
pub fn read_as(paths: &[PathBuf], detail: Detail) -> Result<Imported, Box<Problems>> {
    let mut parts = Vec::new();
    let mut problems = Problems::default();
    for path in paths {
        match part(path) {
            Ok(found) => parts.extend(found),
            Err(other) => problems.extend(other),
        }
    }
    if parts.is_empty() && problems.is_empty() {
        problems.push(Diagnostic::general("no file was given").help("name the files of a bill, or the folder of its manifest"));
    }
    twice(&parts, &mut problems);
    if !problems.is_empty() {
        return Err(Box::new(problems));
    }
    let mut sink = Sink::of(detail);
    for part in parts {
        let first = sink.files();
        file(&part, &mut sink)?;
        if let Some(month) = part.period {
            sink.must_be_of(month, first);
        }
    }
    sink.finish().map_err(Box::new)
}

/// The same file given twice, by its name or as a copy: not every format has ids for its rows.
fn twice(parts: &[Part], problems: &mut Problems) {
    let mut paths = HashSet::new();
    let mut sizes: BTreeMap<u64, Vec<&Part>> = BTreeMap::new();
    for part in parts {
        let path = fs_err::canonicalize(&part.path).unwrap_or_else(|_| part.path.clone());
        if !paths.insert(path) {
            problems.push(Diagnostic::general(format!("{} is given twice", part.name)).help("name it once: its costs would count twice"));
        } else if let Ok(size) = fs_err::metadata(&part.path).map(|m| m.len()) {
            sizes.entry(size).or_default().push(part);
        }
    }
    for alike in sizes.into_values().filter(|alike| alike.len() > 1) {
        let mut known: HashMap<[u8; 32], &str> = HashMap::new();
        for part in alike {
            let Ok(hash) = hash(&part.path) else { continue };
            if let Some(first) = known.get(&hash) {
                let message = format!("{} is a copy of {first}", part.name);
                problems.push(Diagnostic::general(message).help("give one of the two: its costs would count twice"));
            }
            known.entry(hash).or_insert(&part.name);
        }
    }
}

fn hash(path: &Path) -> std::io::Result<[u8; 32]> {
    let mut sha = Sha256::new();
    std::io::copy(&mut fs_err::File::open(path)?, &mut sha)?;
    Ok(sha.finalize().into())
}

fn part(path: &Path) -> Result<Vec<Part>, Problems> {
    if path.is_dir() {
        return manifest::folder(path);
    }
    let name = path.display().to_string();
    if path.exists() && !path.is_file() {
        return Err(one(Diagnostic::general(format!("{name} is no file")).help("a bill is read more than once: save it to a file first")));
    }
    if name.ends_with("Manifest.json") {
        return manifest::file(path);
    }
    Ok(vec![Part { path: path.to_owned(), name, version: None, period: None }])
}

fn unreadable(name: &str, error: &std::io::Error) -> Problems {
    one(Diagnostic::general(format!("{name}: {error}")).help("the file is missing, damaged, or not for you to read"))
}

fn file(part: &Part, sink: &mut Sink) -> Result<(), Problems> {
    let name = part.name.as_str();
    let content = archive::content(&part.path).map_err(|e| unreadable(name, &e))?;
    let parquet = part.path.extension().is_some_and(|e| e.eq_ignore_ascii_case("parquet"));
    match content {
        Content::Empty => Err(one(Diagnostic::general(format!("{name} is empty")).help("download it again"))),
        Content::Parquet => parquet_file::read(name, &part.path, part.version.clone(), sink),
        _ if parquet => {
            Err(one(Diagnostic::general(format!("{name} is no Parquet file: it does not begin with PAR1")).help("download it again")))
        }
        Content::Json => saved_reply::read(name, &part.path, sink),
        Content::Gzip | Content::Zip | Content::Text => {
            let mut texts = 0;
            let read = archive::texts(&part.path, content, |text, inside| {
                texts += 1;
                let name = inside.map_or_else(|| name.to_owned(), |inside| format!("{name}/{inside}"));
                csv_file::read(&name, text, part.version.clone(), sink)
            });
            read.map_err(|e| unreadable(name, &e))??;
            if texts == 0 { Err(one(Diagnostic::general(format!("{name} holds no file")).help("download it again"))) } else { Ok(()) }
        }
    }
}
