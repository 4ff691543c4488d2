//! Bills as CSV, one row at a time: a stream of any length in the memory of one row.

use std::cell::Cell;
use std::hash::Hasher;
use std::io::Read;
use std::rc::Rc;

use chrono::NaiveDate;
use csv::{ByteRecord, ErrorKind, ReaderBuilder};
use rustc_hash::FxHasher;

use super::exact::Exact;
use super::sink::{Format, Header, Sink, one};
use super::table::{self, LONGEST_CELL, Row, Wrong};
use super::tags;
use crate::diagnostic::{Diagnostic, Problems};

/// Longest row, in bytes.
const LONGEST_ROW: usize = 4 * LONGEST_CELL;

/// Reads every row of a CSV file into the sink. `version` is the id that a manifest gives it.
pub fn read(file: &str, input: impl Read, version: Option<String>, sink: &mut Sink) -> Result<(), Problems> {
    let fresh = Rc::new(Cell::new(0));
    let carriage = Rc::new(Cell::new(None));
    let input = Limited { input, fresh: fresh.clone(), carriage: carriage.clone() };
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).buffer_capacity(1 << 18).from_reader(input);
    let mut record = ByteRecord::new();
    let failed = |error: csv::Error, row: u64| one(broken(file, &error, row));
    if !reader.read_byte_record(&mut record).map_err(|e| failed(e, 0))? {
        return Err(one(Diagnostic::general(format!("{file} is empty")).help("download it again")));
    }
    let names: Vec<String> = record.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    if super::console::is_download(&names) {
        return super::console::read(file, &names, reader.into_byte_records(), sink);
    }
    let mut header = Header::of(file, names)?;
    header.keep(sink.detail());
    let number = sink.begin(header.origin(file, "CSV", version));
    let rounded = Cell::new(0);
    let mut row = 0_u64;
    loop {
        fresh.set(0);
        if !reader.read_byte_record(&mut record).map_err(|e| failed(e, row + 1))? {
            break;
        }
        row += 1;
        // The reader takes the second half of a line break of two for the beginning of the next line.
        let line = || record.position().map_or(0, csv::Position::line) + u64::from(carriage.get() == Some(true));
        let at = || format!("row {row} (line {})", line());
        if record.len() != header.names.len() {
            return Err(one(uneven(file, &at(), record.len(), header.names.len())));
        }
        let cells = CsvRow { record: &record, header: &header, rounded: &rounded };
        let id = header.id().map(|_| whole(&record));
        sink.row(number, id);
        sink.add(header.format, number, &cells, 1).map_err(|stop| stop.at(file, &at(), &header))?;
    }
    sink.rounded(rounded.get());
    if row == 0 {
        sink.remark(format!("{file} has a header and no rows"));
    }
    Ok(())
}

fn uneven(file: &str, at: &str, cells: usize, header: usize) -> Diagnostic {
    Diagnostic::general(format!("{file}, {at} has {cells} cells, and the header {header}"))
        .help("the file is cut off there, or a text with a comma or a line break has no quotes: download it again")
}

fn broken(file: &str, error: &csv::Error, row: u64) -> Diagnostic {
    match error.kind() {
        ErrorKind::Io(error) => {
            Diagnostic::general(format!("{file}, row {row}: {error}")).help("the file is damaged or cut off: download it again")
        }
        _ => Diagnostic::general(format!("{file}, row {row}: {error}")).help("the file is no CSV"),
    }
}

/// A hash of every byte of a row.
fn whole(record: &ByteRecord) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(record.as_slice());
    hasher.finish()
}

/// Input that ends in an error where a row does not end.
struct Limited<R> {
    input: R,
    /// Bytes read since the last row ended.
    fresh: Rc<Cell<usize>>,
    /// Whether lines end in carriage returns; `None` before the first line break.
    carriage: Rc<Cell<Option<bool>>>,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
        if self.fresh.get() > LONGEST_ROW {
            return Err(std::io::Error::other("a row is longer than 4 MB: a quote may never be closed"));
        }
        let read = self.input.read(room)?;
        self.fresh.set(self.fresh.get() + read);
        if self.carriage.get().is_none() {
            let end = room[..read].iter().position(|byte| *byte == b'\n');
            self.carriage.set(end.map(|at| at > 0 && room[at - 1] == b'\r'));
        }
        Ok(read)
    }
}

/// One row.
struct CsvRow<'r> {
    record: &'r ByteRecord,
    header: &'r Header,
    rounded: &'r Cell<u64>,
}

impl CsvRow<'_> {
    fn cell(&self, column: usize) -> &[u8] {
        match self.header.places[column].and_then(|place| self.record.get(place)) {
            // Databases write so what is not there.
            Some(b"NULL") if matches!(self.header.format, Format::Focus(_)) => b"",
            Some(cell) => cell,
            None => b"",
        }
    }
}

impl Row for CsvRow<'_> {
    fn has(&self, column: usize) -> bool {
        self.header.places[column].is_some()
    }

    fn text(&self, column: usize) -> Result<&str, Wrong> {
        table::words(column, self.cell(column))
    }

    fn number(&self, column: usize) -> Result<Option<Exact>, Wrong> {
        let text = self.text(column)?;
        if text.is_empty() {
            return Ok(None);
        }
        let (amount, rounded) = table::number(column, Exact::from_text(text), || text.to_owned())?;
        self.rounded.set(self.rounded.get() + u64::from(rounded));
        Ok(Some(amount))
    }

    fn day(&self, column: usize) -> Result<Option<NaiveDate>, Wrong> {
        match self.text(column)? {
            "" => Ok(None),
            text => table::day(column, text).map(Some),
        }
    }

    fn map<'a>(&'a self, column: usize, room: &'a mut String) -> Result<&'a str, Wrong> {
        if !self.header.is_tags(column) {
            return self.text(column);
        }
        room.clear();
        for (place, key) in &self.header.tags {
            let value = table::words(column, self.record.get(*place).unwrap_or_default())?;
            if !value.is_empty() {
                tags::push(room, key, value);
            }
        }
        Ok(room)
    }
}
