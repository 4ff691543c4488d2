//! The store of past bills: one Parquet file for each payer account and billing period, `payer=ACCOUNT/2026-10.parquet`.
//!
//! A file is written beside the one that it replaces, and renamed over it: whoever reads sees the old version or the new one, whole,
//! and so does who comes after a crash. Writers wait for each other at a lock; readers wait for nobody.
//!
//! Not here: what stands in the file (`file`) and how a charge becomes a row of it (`columns`).

mod columns;
mod file;

use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use fs_err as fs;

pub use self::file::Entry;
use super::Statement;
use super::totals::{self, Sums};
use crate::money::Usd;
use crate::month::Month;

/// Beginning of a payer account's folder.
const PAYER: &str = "payer=";
/// Ending of a period's file.
const PARQUET: &str = ".parquet";
/// Ending of a file that is being written. One that is left lying is of an import that was killed.
const UNFINISHED: &str = ".unfinished";
/// Longest name of a folder.
const LONGEST: usize = 200;

/// What the store cannot do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or folder cannot be read or written; the text names it.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A file of the store is not what was written.
    #[error("{file}: {why}")]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// What is no bill of one payer and one month, or cannot be kept exactly.
    #[error("the bill of {payer} for {month} cannot be kept: {why}")]
    NotKept {
        /// The payer account.
        payer: String,
        /// The period.
        month: Month,
        /// Why.
        why: String,
    },
    /// A final period would be replaced by one that is not.
    #[error("{payer} {month} is final in the store ({kept}), and this bill is not")]
    Final {
        /// The payer account.
        payer: String,
        /// The period.
        month: Month,
        /// What the store holds.
        kept: String,
    },
}

/// What became of a statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Put {
    /// The first one of its period.
    New,
    /// It took the place of another version.
    Replaced(Box<Entry>),
    /// The store held just this.
    Unchanged,
    /// It took the place of a file that could not be read.
    Mended,
}

/// A period that lies in the store.
#[derive(Debug)]
pub struct Listed {
    /// The payer account.
    pub payer: String,
    /// The period.
    pub month: Month,
    /// Its file.
    pub file: PathBuf,
    /// What the file says of itself.
    pub entry: Result<Entry, StoreError>,
}

/// What [`Store::verify`] found of one file.
#[derive(Debug)]
pub struct Checked {
    /// The file.
    pub file: PathBuf,
    /// Everything that is wrong with it; empty where it is sound.
    pub wrong: Vec<String>,
    /// False where its source tells no true-up, so that amortized amounts could not be held against the invoice.
    pub closes: bool,
}

/// A folder of past bills.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The store in a folder, which need not be there yet.
    pub fn at(folder: impl Into<PathBuf>) -> Store {
        Store { folder: folder.into() }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps a statement in the place of any other of its payer and period. `imported` is the time of the import; `force` lets a
    /// statement that is not final replace one that is.
    ///
    /// # Errors
    /// [`StoreError::NotKept`] and [`StoreError::Final`], and what the disk says. The store is then as it was.
    pub fn put(&self, statement: &Statement, imported: DateTime<Utc>, force: bool) -> Result<Put, StoreError> {
        let refused = |why: String| StoreError::NotKept { payer: statement.bill.payer.to_string(), month: statement.bill.month, why };
        let (entry, bytes) = file::write(statement, imported).map_err(refused)?;
        let folder = self.folder_of(&entry.payer).ok_or_else(|| refused("the account's name is too long".into()))?;
        let path = folder.join(format!("{}{PARQUET}", entry.month));
        fs::create_dir_all(&self.folder)?;
        let _lock = self.lock()?;
        fs::create_dir_all(&folder)?;
        let put = match path.exists().then(|| file::entry(&path)) {
            None => Put::New,
            Some(Err(_)) => Put::Mended,
            Some(Ok(old)) if old.same_bill(&entry) => match file::read(&path) {
                Ok(_) => return Ok(Put::Unchanged),
                Err(_) => Put::Mended,
            },
            Some(Ok(old)) if old.is_final && !entry.is_final && !force => {
                return Err(StoreError::Final { payer: entry.payer, month: entry.month, kept: old.to_string() });
            }
            Some(Ok(old)) => Put::Replaced(Box::new(old)),
        };
        write_whole(&folder, &path, &bytes)?;
        sync(&self.folder)?;
        Ok(put)
    }

    /// Tries whether something can be kept here: before it is fetched at a cost.
    ///
    /// # Errors
    /// Why not.
    pub fn probe(&self) -> Result<(), StoreError> {
        fs::create_dir_all(&self.folder)?;
        let _lock = self.lock()?;
        let mut file = tempfile::Builder::new().suffix(UNFINISHED).tempfile_in(&self.folder)?;
        file.write_all(PAYER.as_bytes())?;
        Ok(file.close()?)
    }

    /// Whether a statement could be kept at all.
    ///
    /// # Errors
    /// [`StoreError::NotKept`].
    pub fn check_kept(statement: &Statement) -> Result<(), StoreError> {
        let bill = &statement.bill;
        let refused = |why: String| StoreError::NotKept { payer: bill.payer.to_string(), month: bill.month, why };
        bill.charges.iter().try_for_each(|charge| columns::fits(bill, charge)).map_err(refused)
    }

    /// Everything that lies in the store, by payer and period. A file that cannot be read is there with its error.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn list(&self) -> Result<Vec<Listed>, StoreError> {
        let mut all = Vec::new();
        for (payer, month, file) in self.files()? {
            let entry = file::entry(&file).and_then(|entry| named_so(&file, &payer, month, entry));
            all.push(Listed { payer, month, file, entry });
        }
        Ok(all)
    }

    /// The statements for which `wanted` (payer, period) says so, by payer and period.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn statements(&self, wanted: impl Fn(&str, Month) -> bool) -> Result<Vec<Statement>, StoreError> {
        let wanted = self.files()?.into_iter().filter(|(payer, month, _)| wanted(payer, *month));
        wanted.map(|(payer, month, file)| Self::read(&file, &payer, month)).collect()
    }

    /// Removes the periods for which `wanted` (payer, period) says so; gives them. They need not be readable.
    ///
    /// # Errors
    /// What the disk says.
    pub fn forget(&self, wanted: impl Fn(&str, Month) -> bool) -> Result<Vec<(String, Month)>, StoreError> {
        let mut gone = Vec::new();
        if !self.folder.is_dir() {
            return Ok(gone);
        }
        let _lock = self.lock()?;
        for (payer, month, file) in self.files()? {
            if wanted(&payer, month) {
                fs::remove_file(&file)?;
                gone.push((payer, month));
            }
        }
        for folder in self.folders()?.into_iter().map(|(_, folder)| folder) {
            // Fails where something is left in it.
            let _ = fs::remove_dir(&folder);
        }
        sync(&self.folder)?;
        Ok(gone)
    }

    /// Reads every file and computes its sums anew.
    ///
    /// # Errors
    /// A folder that cannot be read. What is wrong with a file stands in what is returned.
    pub fn verify(&self) -> Result<Vec<Checked>, StoreError> {
        let mut all: Vec<Checked> = self.files()?.iter().map(|(payer, month, file)| Self::check(file, payer, *month)).collect();
        let strange = self.strangers()?.into_iter();
        all.extend(strange.map(|file| Checked { file, wrong: vec!["is no file of the store".into()], closes: false }));
        Ok(all)
    }

    fn check(path: &Path, payer: &str, month: Month) -> Checked {
        let file = path.to_owned();
        let (entry, statement) = match Self::entry_and_statement(path, payer, month) {
            Ok(both) => both,
            Err(StoreError::Damaged { why, .. }) => return Checked { file, wrong: vec![why], closes: false },
            Err(other) => return Checked { file, wrong: vec![other.to_string()], closes: false },
        };
        let (said, is) = (entry.sums, Sums::of(&statement.bill.charges));
        let views = [
            ("unblended", said.unblended, is.unblended),
            ("amortized", said.amortized, is.amortized),
            ("net", said.net, is.net),
            ("net amortized", said.net_amortized, is.net_amortized),
        ];
        let mut wrong: Vec<String> = views
            .iter()
            .filter(|(_, said, is)| said != is)
            .map(|(view, said, is)| format!("{view}: the charges add up to {is}, the file says {said}"))
            .collect();
        let open = totals::unclosed(&statement);
        if let Some(open) = open.filter(|open| open.abs() > tolerance(statement.rows)) {
            wrong.push(format!("unblended = amortized + true-up + upfront fees is off by {open}"));
        }
        Checked { file, wrong, closes: open.is_some() }
    }

    fn read(file: &Path, payer: &str, month: Month) -> Result<Statement, StoreError> {
        Self::entry_and_statement(file, payer, month).map(|(_, statement)| statement)
    }

    fn entry_and_statement(file: &Path, payer: &str, month: Month) -> Result<(Entry, Statement), StoreError> {
        let (entry, statement) = file::read(file)?;
        named_so(file, payer, month, entry).map(|entry| (entry, statement))
    }

    /// The folder of a payer account; `None` for a name that no folder can have. Letters other than a–z, digits and `-` are
    /// written by their bytes, so that no name is a path and two names never meet on a disk that takes A for a.
    fn folder_of(&self, payer: &str) -> Option<PathBuf> {
        let mut name = PAYER.to_owned();
        for byte in payer.bytes() {
            match byte {
                b'a'..=b'z' | b'0'..=b'9' | b'-' => name.push(char::from(byte)),
                _ => name.push_str(&format!("%{byte:02x}")),
            }
        }
        (name.len() <= LONGEST).then(|| self.folder.join(name))
    }

    /// Payers and their folders, by name.
    fn folders(&self) -> Result<Vec<(String, PathBuf)>, StoreError> {
        let found = entries(&self.folder)?.into_iter().filter(|p| p.is_dir());
        let payer = |folder: &PathBuf| payer_of(name(folder)?).filter(|p| self.folder_of(p).as_ref() == Some(folder));
        Ok(found.filter_map(|folder| Some((payer(&folder)?, folder))).collect())
    }

    /// Payer, period and path of every file, in order.
    fn files(&self) -> Result<Vec<(String, Month, PathBuf)>, StoreError> {
        let mut all = Vec::new();
        for (payer, folder) in self.folders()? {
            for file in entries(&folder)? {
                if let Some(month) = name(&file).and_then(|n| n.strip_suffix(PARQUET)).and_then(|n| n.parse().ok()) {
                    all.push((payer.clone(), month, file));
                }
            }
        }
        all.sort();
        Ok(all)
    }

    /// What lies in the store and is none of it.
    fn strangers(&self) -> Result<Vec<PathBuf>, StoreError> {
        let known: Vec<PathBuf> = self.files()?.into_iter().map(|(_, _, file)| file).collect();
        let folders = self.folders()?;
        let mut strange = Vec::new();
        for path in entries(&self.folder)? {
            if !is_hidden(&path) && !folders.iter().any(|(_, folder)| *folder == path) {
                strange.push(path);
            }
        }
        for (_, folder) in &folders {
            // One that is being written is none of anybody's business.
            let others = entries(folder)?.into_iter().filter(|p| !known.contains(p));
            strange.extend(others.filter(|p| !is_hidden(p) && !name(p).is_some_and(|n| n.ends_with(UNFINISHED))));
        }
        Ok(strange)
    }

    /// Waits until no other process writes. What a killed one left is cleared away.
    fn lock(&self) -> Result<fs::File, StoreError> {
        let path = self.folder.join(LOCK);
        let file = fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
        fs4::FileExt::lock(file.file()).map_err(|e| std::io::Error::new(e.kind(), format!("{}: cannot be locked: {e}", path.display())))?;
        for (_, folder) in self.folders()? {
            for left in entries(&folder)?.into_iter().filter(|p| name(p).is_some_and(|n| n.ends_with(UNFINISHED))) {
                fs::remove_file(left)?;
            }
        }
        Ok(file)
    }
}

/// The file at which writers wait for each other. The system opens it again when its holder dies.
const LOCK: &str = ".lock";

/// How far the identity may be off: half of the last place of the report's amounts for each row on either side.
fn tolerance(rows: u64) -> Usd {
    Usd::new(rust_decimal::Decimal::from(rows) * rust_decimal::Decimal::new(1, crate::money::CHARGE_PLACES))
}

/// An entry whose file has its name.
fn named_so(file: &Path, payer: &str, month: Month, entry: Entry) -> Result<Entry, StoreError> {
    if entry.payer == payer && entry.month == month {
        return Ok(entry);
    }
    Err(StoreError::Damaged { file: file.to_owned(), why: format!("holds {} {}: it was moved or renamed", entry.payer, entry.month) })
}

/// Writes beside, then renames: there is never a half of it under its name, also after the power fails.
fn write_whole(folder: &Path, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let mut file = tempfile::Builder::new().suffix(UNFINISHED).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    sync(folder)
}

/// Makes a folder's names last.
fn sync(folder: &Path) -> Result<(), StoreError> {
    if cfg!(unix) {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// What lies in a folder, by name; nothing where there is none.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut all = fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>()?;
    all.sort();
    Ok(all)
}

fn name(path: &Path) -> Option<&str> {
    path.file_name().and_then(|n| n.to_str())
}

/// The lock, and what desktops leave in folders.
fn is_hidden(path: &Path) -> bool {
    name(path).is_some_and(|name| name.starts_with('.'))
}

/// The payer account of a folder's name.
fn payer_of(folder: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = folder.strip_prefix(PAYER)?.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digit = |b: u8| char::from(b).to_digit(16);
                bytes.push(u8::try_from(digit(rest.next()?)? * 16 + digit(rest.next()?)?).ok()?);
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests;
