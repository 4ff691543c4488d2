//! The folder that holds a book of one's own: read, changed as a whole, or left as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::cli::input::{self, summary};
use crate::cli::out_file::{self, Staged};
use crate::cli::{Failure, World};
use crate::pricing::history::Laid;
use crate::pricing::offer::List;
use crate::pricing::read::{self, ADDED_FAMILIES, ADDED_REGIONS};
use crate::pricing::{PriceBook, Region, check, write};

/// A folder of price files; by default none at all.
#[derive(Default)]
pub struct Folder {
    place: PathBuf,
    /// Names and texts of its CSV files.
    files: Vec<(String, String)>,
}

/// What would become of it: the files that change, and the book that it makes.
pub struct Prepared {
    place: PathBuf,
    changed: BTreeMap<String, String>,
    /// The texts that they replace.
    before: BTreeMap<String, String>,
    /// The book as it will be.
    pub book: PriceBook,
}

impl Folder {
    /// Reads a folder, which need not be there yet.
    pub fn read(place: &Path) -> Result<Folder, Failure> {
        let mut files = Vec::new();
        if place.exists() {
            for file in input::folder_files(place, &["csv"])? {
                let name = file.name.rsplit('/').next().unwrap_or(&file.name).to_owned();
                files.push((name, file.text));
            }
        }
        Ok(Folder { place: place.to_owned(), files })
    }

    /// The book that it makes: laid over the built-in one, or alone where it holds families.
    pub fn book(&self, world: &World) -> Result<PriceBook, Failure> {
        book(&self.place, self.files.iter().map(|(n, t)| (n.as_str(), t.as_str())), world)
    }

    /// Puts what lists said beside what it holds, and reads the book that this makes. Nothing is written.
    ///
    /// # Errors
    /// A book that would not be sound: nothing may be written then.
    pub fn prepare(&self, base: &PriceBook, laid: &Laid, lists: &[List], world: &World) -> Result<Prepared, Failure> {
        let told = |e: Box<(crate::diagnostic::Problems, crate::source::Sources)>| {
            Failure::input(summary(&e.0.render(&e.1, world.colour_errors), e.0.errors()))
        };
        let mut changed = write::into_files(&self.files, laid.rows.clone()).map_err(told)?;
        let regions: BTreeMap<&str, &Region> =
            lists.iter().flat_map(|l| &l.new_regions).filter(|r| base.region(&r.region).is_err()).map(|r| (r.region.as_str(), r)).collect();
        let services: BTreeSet<&str> = laid.rows.iter().map(|r| r.service.as_str()).filter(|s| !base.knows_service(s)).collect();
        if !regions.is_empty() {
            let regions: Vec<Region> = regions.into_values().cloned().collect();
            changed.insert(ADDED_REGIONS.into(), self.appended(ADDED_REGIONS, &write::regions(&regions)));
        }
        if !services.is_empty() {
            changed.insert(ADDED_FAMILIES.into(), self.appended(ADDED_FAMILIES, &write::families(services)));
        }
        let mut whole: BTreeMap<&str, &str> = self.files.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
        changed.retain(|name, text| whole.get(name.as_str()).is_none_or(|before| before != text));
        whole.extend(changed.iter().map(|(n, t)| (n.as_str(), t.as_str())));
        let book = book(&self.place, whole, world)?;
        let before = self.files.iter().filter(|(name, _)| changed.contains_key(name)).cloned().collect();
        Ok(Prepared { place: self.place.clone(), changed, before, book })
    }

    /// A table with the rows of another behind its own.
    fn appended(&self, name: &str, table: &str) -> String {
        match self.files.iter().find(|(n, _)| n == name) {
            Some((_, held)) => format!("{}\n{}", held.trim_end(), table.split_once('\n').map_or("", |(_, rows)| rows)),
            None => table.to_owned(),
        }
    }
}

fn book<'a>(place: &Path, own: impl IntoIterator<Item = (&'a str, &'a str)>, world: &World) -> Result<PriceBook, Failure> {
    let own: Vec<(String, &str)> =
        own.into_iter().map(|(name, text)| (place.join(name).to_string_lossy().replace('\\', "/"), text)).collect();
    let own: Vec<(&str, &str)> = own.iter().map(|(n, t)| (n.as_str(), *t)).collect();
    read::laid(&[own]).map_err(|e| {
        let help = "help: nothing was written; the price files are as they were";
        Failure::input(format!("{}\n{help}", summary(&e.0.render(&e.1, world.colour_errors), e.0.errors())))
    })
}

impl Prepared {
    /// Writes the files: each beside its place, then all of them moved there. Where one cannot be, those before it are put back.
    ///
    /// # Errors
    /// A folder that cannot be written to.
    pub fn write(&self) -> Result<String, Failure> {
        if !self.changed.is_empty() {
            fs_err::create_dir_all(&self.place).map_err(|e| Failure::missing(format!("error: {e}")))?;
        }
        // A full disk shows here, before anything has moved.
        let staged = self.changed.iter().map(|(name, text)| Ok((name, out_file::stage(&self.place.join(name), text.as_bytes())?)));
        let staged: Vec<(&String, Staged)> = staged.collect::<Result<_, Failure>>()?;
        let mut done: Vec<&str> = Vec::new();
        for (name, file) in staged {
            if let Err(failure) = file.put() {
                done.iter().for_each(|name| self.put_back(name));
                return Err(failure);
            }
            done.push(name);
        }
        Ok(self.told())
    }

    fn put_back(&self, name: &str) {
        let path = self.place.join(name);
        let _ = match self.before.get(name) {
            Some(text) => out_file::write(&path, text.as_bytes()).is_ok(),
            None => fs_err::remove_file(&path).is_ok(),
        };
    }

    /// What was written, and that it is sound.
    fn told(&self) -> String {
        let names: Vec<&str> = self.changed.keys().map(String::as_str).collect();
        if names.is_empty() {
            return format!("{} holds it already: nothing was written\n", self.place.display());
        }
        let hash = check::hash(&self.book);
        format!(
            "written: {} in {}; the book is sound, {} rows, sha256 {}…\nused by: ce-cost --prices {} …\n",
            names.join(", "),
            self.place.display(),
            self.book.rows().len(),
            hash.get(..12).unwrap_or(&hash),
            self.place.display()
        )
    }
}
