//! One file of the store: a Parquet file that any tool reads, with what it says of itself in its metadata, and a seal.
//!
//! ```text
//! "PAR1" · pages · seal · footer (schema, what the file says of itself) · its length · "PAR1"
//! ```
//!
//! The seal lies where Parquet lets anything lie, and holds the SHA-256 of what stands before it and of what follows it. It is
//! checked first: bytes that are not those that were written reach no decoder.

use std::fmt;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};
use fs_err as fs;
use polars::prelude::{KeyValueMetadata, ParquetReader, ParquetWriter, SerReader};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{StoreError, columns};
use crate::actuals::totals::Sums;
use crate::actuals::{Source, Statement, upfront_fees};
use crate::bill::Bill;
use crate::money::{Usd, dollars};
use crate::month::Month;

/// The key of a file's own words in its Parquet metadata.
const KEY: &str = "ce-cost";
/// The layout that is written and read.
const LAYOUT: u32 = 1;
/// Begins the seal.
const SEAL: &[u8; 8] = b"ce-cost1";
/// Its length: the mark and two hashes.
const SEAL_LENGTH: usize = SEAL.len() + 64;
/// The length of the footer and "PAR1".
const TAIL: usize = 8;
/// Largest file that is read, in bytes: the bill of a month with a hundred million charges would be about as large.
const LARGEST: u64 = 4 << 30;
/// Largest footer that is read.
const LARGEST_FOOTER: usize = 64 << 20;

/// What a file of the store says of itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    layout: u32,
    /// The payer account.
    pub payer: String,
    /// The period.
    pub month: Month,
    /// The hours that it was taken to have.
    #[serde(with = "decimal")]
    pub hours: Decimal,
    /// The format, such as "CUR 2.0".
    pub format: String,
    /// The files, or the request.
    pub from: Vec<String>,
    /// What tells it from another version of the period.
    pub version: String,
    /// The tags that were asked for, where only those are there. Files of before this was kept do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// True where AWS has closed the period.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// What amortizing moves out of or into the period.
    pub true_up: Option<Usd>,
    /// Rows of the source.
    pub rows: u64,
    /// Charges in the file.
    pub charges: u64,
    /// When it was imported.
    pub imported: DateTime<Utc>,
    /// What its charges add up to.
    pub sums: Sums,
    /// What of it is paid once and belongs to later months too.
    pub upfront_fees: Usd,
    /// The hash of its charges.
    #[serde(skip)]
    hash: [u8; 32],
}

impl Entry {
    fn of(statement: &Statement, imported: DateTime<Utc>) -> Entry {
        let Statement { bill, source, is_final, true_up, rows } = statement;
        Entry {
            layout: LAYOUT,
            payer: bill.payer.to_string(),
            month: bill.month,
            hours: bill.hours,
            format: source.format.clone(),
            from: source.from.clone(),
            version: source.version.clone(),
            tags: source.tags.clone(),
            is_final: *is_final,
            true_up: *true_up,
            rows: *rows,
            charges: bill.charges.len() as u64,
            imported,
            sums: Sums::of(&bill.charges),
            upfront_fees: upfront_fees(bill),
            hash: [0; 32],
        }
    }

    /// True for the same bill from the same source, whenever it was imported.
    pub fn same_bill(&self, other: &Entry) -> bool {
        Entry { imported: other.imported, ..self.clone() } == *other
    }

    /// Where the statement came from.
    pub fn source(&self) -> Source {
        Source { format: self.format.clone(), from: self.from.clone(), version: self.version.clone(), tags: self.tags.clone() }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let imported = self.imported.to_rfc3339_opts(SecondsFormat::Secs, true);
        write!(f, "{} USD, {} version {}, imported {imported}", dollars(self.sums.unblended), self.format, self.version)
    }
}

/// The bytes of a statement's file.
///
/// # Errors
/// Why it cannot be kept.
pub fn write(statement: &Statement, imported: DateTime<Utc>) -> Result<(Entry, Vec<u8>), String> {
    let mut frame = columns::frame(&statement.bill)?;
    let entry = Entry::of(statement, imported);
    let words = serde_json::to_string(&entry).map_err(|e| e.to_string())?;
    let mut bytes = Vec::new();
    let writer = ParquetWriter::new(&mut bytes);
    let metadata = KeyValueMetadata::from_static(vec![(KEY.to_owned(), words)]);
    writer.with_key_value_metadata(Some(metadata)).finish(&mut frame).map_err(|e| e.to_string())?;
    let (bytes, hash) = seal(bytes).ok_or("its Parquet form has no footer")?;
    Ok((Entry { hash, ..entry }, bytes))
}

/// Puts the seal before the footer. Gives the hash of what stands before it too.
fn seal(mut bytes: Vec<u8>) -> Option<(Vec<u8>, [u8; 32])> {
    let rest = bytes.split_off(bytes.len().checked_sub(footer_length(&bytes)? + TAIL)?);
    let hash: [u8; 32] = Sha256::digest(&bytes).into();
    bytes.extend_from_slice(SEAL);
    bytes.extend_from_slice(&hash);
    bytes.extend_from_slice(&Sha256::digest(&rest));
    bytes.extend_from_slice(&rest);
    Some((bytes, hash))
}

/// What a file says of itself; its charges are not read.
///
/// # Errors
/// What the disk says, and what is wrong with the file.
pub fn entry(path: &Path) -> Result<Entry, StoreError> {
    let (mut file, length) = open(path)?;
    entry_of(path, &mut file, length)
}

/// A file's entry and statement.
///
/// # Errors
/// What the disk says, and what is wrong with the file.
pub fn read(path: &Path) -> Result<(Entry, Statement), StoreError> {
    let damaged = damage(path);
    // Read through one handle: another version may take the file's name meanwhile.
    let (mut file, length) = open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let entry = entry_of(path, &mut Cursor::new(&bytes), length)?;
    if pages(&bytes).map(|pages| Sha256::digest(pages).into()) != Some(entry.hash) {
        return Err(damaged("is damaged: its charges are not those that were written; import the period again".into()));
    }
    let frame = ParquetReader::new(Cursor::new(&bytes)).set_rechunk(true).finish().map_err(|e| damaged(e.to_string()))?;
    let charges = columns::charges(&frame, &entry.payer, entry.month).map_err(&damaged)?;
    if charges.len() as u64 != entry.charges {
        return Err(damaged(format!("holds {} charges and says {}", charges.len(), entry.charges)));
    }
    let bill = Bill { month: entry.month, hours: entry.hours, payer: entry.payer.as_str().into(), charges };
    let statement = Statement { bill, source: entry.source(), is_final: entry.is_final, true_up: entry.true_up, rows: entry.rows };
    Ok((entry, statement))
}

/// A file and its length.
fn open(path: &Path) -> Result<(fs::File, u64), StoreError> {
    let file = fs::File::open(path)?;
    let length = file.metadata()?.len();
    if length > LARGEST {
        return Err(damage(path)(format!("is too large to be a bill: {length} bytes")));
    }
    Ok((file, length))
}

/// The entry of a file, once its end is seen to be what was written.
fn entry_of(path: &Path, file: &mut (impl Read + Seek), length: u64) -> Result<Entry, StoreError> {
    let (hash, end) = end(path, file, length)?;
    let damaged = damage(path);
    let mut reader = ParquetReader::new(Cursor::new(end));
    let metadata = reader.get_metadata().map_err(|e| damaged(e.to_string()))?;
    let words = metadata.key_value_metadata().iter().flatten().find(|pair| pair.key == KEY).and_then(|pair| pair.value.as_deref());
    let words = words.ok_or_else(|| damaged("does not say whose bill it is".into()))?;
    let entry: Entry = serde_json::from_str(words).map_err(|e| damaged(format!("says of itself what is not understood: {e}")))?;
    if entry.layout != LAYOUT {
        return Err(damaged(format!("has layout {}, and this program reads layout {LAYOUT}", entry.layout)));
    }
    Ok(Entry { hash, ..entry })
}

/// The hash of the pages as the seal says it, and the file from its footer on, which is what the seal says.
fn end(path: &Path, file: &mut (impl Read + Seek), length: u64) -> Result<([u8; 32], Vec<u8>), StoreError> {
    let short = || damage(path)("is no file of the store, or cut off; import the period again".into());
    let mut last = |bytes: usize| -> Result<Vec<u8>, StoreError> {
        let from = length.checked_sub(bytes as u64).ok_or_else(short)?;
        let mut read = vec![0; bytes];
        file.seek(SeekFrom::Start(from))?;
        file.read_exact(&mut read)?;
        Ok(read)
    };
    let footer = footer_length(&last(TAIL)?).ok_or_else(short)?;
    let mut sealed = last(SEAL_LENGTH + footer + TAIL)?;
    let rest = sealed.split_off(SEAL_LENGTH);
    let hashes = sealed.strip_prefix(SEAL).ok_or_else(short)?;
    if *Sha256::digest(&rest) != hashes[32..] {
        return Err(damage(path)("is damaged: its end is not what was written; import the period again".into()));
    }
    let hash = hashes.first_chunk().copied().ok_or_else(short)?;
    Ok((hash, rest))
}

/// The length of the footer, as the last eight bytes say it.
fn footer_length(bytes: &[u8]) -> Option<usize> {
    let tail = bytes.last_chunk::<TAIL>().filter(|tail| tail.ends_with(b"PAR1"))?;
    usize::try_from(u32::from_le_bytes(*tail.first_chunk()?)).ok().filter(|length| *length <= LARGEST_FOOTER)
}

/// What stands before the seal.
fn pages(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(..bytes.len().checked_sub(SEAL_LENGTH + footer_length(bytes)? + TAIL)?)
}

fn damage(path: &Path) -> impl Fn(String) -> StoreError {
    move |why| StoreError::Damaged { file: path.to_owned(), why }
}

/// A decimal as its text.
mod decimal {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        Decimal::from_str_exact(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
