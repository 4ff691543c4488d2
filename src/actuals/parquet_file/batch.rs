//! Rows that were decoded together, and how they reach the sink.

use std::cell::Cell;
use std::hash::Hasher;

use chrono::{DateTime, NaiveDate};
use polars::prelude::{DataFrame, PolarsResult};
use rustc_hash::FxHasher;

use super::alike::Groups;
use super::cells::Cells;
use crate::actuals::cur;
use crate::actuals::exact::Exact;
use crate::actuals::sink::{Header, Sink};
use crate::actuals::table::{self, A_DAY, Row, Text, WORDS, Wrong};
use crate::actuals::tags;
use crate::diagnostic::Problems;

/// Rows that were decoded together.
pub struct Batch {
    cells: Vec<Cells>,
    /// Of the columns that hold one tag key each.
    tags: Vec<Cells>,
    rows: usize,
    /// The rows that say the same, where that is worth looking at.
    groups: Option<Groups>,
}

impl Batch {
    /// Of a table with the header's columns.
    pub fn of(table: &DataFrame, header: &Header) -> PolarsResult<Batch> {
        let column = |place: usize| table.column(&header.names[place]).and_then(|c| Cells::of(&c.as_materialized_series().rechunk()));
        let cells: Vec<Cells> = header.places.iter().map(|place| place.map_or(Ok(Cells::Blank), column)).collect::<PolarsResult<_>>()?;
        let tags: Vec<Cells> = header.tags.iter().map(|(place, _)| column(*place)).collect::<PolarsResult<_>>()?;
        let groups = Groups::of(table.height(), header, &cells, &tags);
        Ok(Batch { cells, tags, rows: table.height(), groups })
    }
}

/// What the batches are read into.
pub struct Reading<'s> {
    /// Where the rows go.
    pub sink: &'s mut Sink,
    /// What the columns are.
    pub header: &'s Header,
    /// The number of the file, and its name.
    pub file: (usize, &'s str),
    /// How many rows were read.
    pub rows: u64,
}

impl Reading<'_> {
    /// Adds every row of a batch.
    pub fn batch(&mut self, batch: &Batch) -> Result<(), Problems> {
        let rounded = Cell::new(0);
        let row = |at, group| BatchRow { batch, header: self.header, at, group, rounded: &rounded };
        self.sink.next_batch();
        for at in 0..batch.rows {
            self.sink.row(self.file.0, self.header.id().map(|_| row(at, None).telling()));
        }
        match &batch.groups {
            Some(groups) => {
                for (number, group) in groups.groups.iter().enumerate() {
                    self.add(&row(group.first, Some((groups, number))), group.rows)?;
                }
                self.sink.rounded(groups.rounded);
            }
            None => {
                (0..batch.rows).try_for_each(|at| self.add(&row(at, None), 1))?;
                self.sink.rounded(rounded.get());
            }
        }
        self.rows += batch.rows as u64;
        Ok(())
    }

    fn add(&mut self, row: &BatchRow<'_>, rows: u64) -> Result<(), Problems> {
        let added = self.sink.add(self.header.format, self.file.0, row, rows);
        added.map_err(|stop| stop.at(self.file.1, &format!("row {}", self.rows + row.at as u64 + 1), self.header))
    }
}

/// One row of a batch, or the first of a group with the group's sums.
struct BatchRow<'b> {
    batch: &'b Batch,
    header: &'b Header,
    at: usize,
    group: Option<(&'b Groups, usize)>,
    rounded: &'b Cell<u64>,
}

impl BatchRow<'_> {
    /// A hash of what tells this row from others.
    fn telling(&self) -> u64 {
        let mut hash = FxHasher::default();
        for column in cur::TELLING {
            match &self.batch.cells[column] {
                Cells::Text(texts) => hash.write(texts.get(self.at).unwrap_or_default().as_bytes()),
                Cells::Numbered(texts) => hash.write(texts.get(self.at).0.as_bytes()),
                Cells::Double(doubles) => hash.write_u64(doubles.get(self.at).map_or(1, f64::to_bits)),
                Cells::Time(times) => hash.write_i64(times[self.at].unwrap_or_default()),
                Cells::Blank | Cells::Map(_) => {}
            }
        }
        hash.finish()
    }
}

impl Row for BatchRow<'_> {
    fn has(&self, column: usize) -> bool {
        self.header.places[column].is_some()
    }

    fn text(&self, column: usize) -> Result<&str, Wrong> {
        match &self.batch.cells[column] {
            Cells::Numbered(texts) => table::short(column, texts.get(self.at).0),
            Cells::Text(texts) => table::short(column, texts.get(self.at).unwrap_or_default()),
            Cells::Blank => Ok(""),
            _ => Err(Wrong::new(column, "", WORDS)),
        }
    }

    fn numbered(&self, column: usize) -> Result<Text<'_>, Wrong> {
        match &self.batch.cells[column] {
            Cells::Numbered(texts) => {
                let (text, number) = texts.get(self.at);
                Ok(Text { text: table::short(column, text)?, number: Some((column, number)) })
            }
            _ => self.text(column).map(Text::from),
        }
    }

    fn is_blank(&self, column: usize) -> Result<bool, Wrong> {
        match &self.batch.cells[column] {
            Cells::Double(doubles) => Ok(doubles.get(self.at).is_none()),
            _ => Ok(self.text(column)?.is_empty()),
        }
    }

    fn number(&self, column: usize) -> Result<Option<Exact>, Wrong> {
        let found = match &self.batch.cells[column] {
            Cells::Double(doubles) => match (doubles.get(self.at), self.group) {
                (Some(_), Some((groups, number))) => return Ok(groups.sums[column].get(number).copied()),
                (Some(double), None) => table::number(column, Exact::from_double(double), || double.to_string())?,
                (None, _) => return Ok(None),
            },
            _ => match self.text(column)? {
                "" => return Ok(None),
                text => table::number(column, Exact::from_text(text), || text.to_owned())?,
            },
        };
        self.rounded.set(self.rounded.get() + u64::from(found.1));
        Ok(Some(found.0))
    }

    fn day(&self, column: usize) -> Result<Option<NaiveDate>, Wrong> {
        match &self.batch.cells[column] {
            Cells::Time(times) => match times[self.at] {
                None => Ok(None),
                Some(time) => {
                    let day = DateTime::from_timestamp_millis(time).and_then(|t| table::sure(t.date_naive()));
                    day.map(Some).ok_or_else(|| Wrong::new(column, &format!("{time} ms after 1970"), A_DAY))
                }
            },
            _ => match self.text(column)? {
                "" => Ok(None),
                text => table::day(column, text).map(Some),
            },
        }
    }

    fn map<'a>(&'a self, column: usize, room: &'a mut String) -> Result<&'a str, Wrong> {
        if self.header.is_tags(column) {
            room.clear();
            for ((_, key), cells) in self.header.tags.iter().zip(&self.batch.tags) {
                let value = match cells {
                    Cells::Text(texts) => texts.get(self.at).unwrap_or_default(),
                    Cells::Numbered(texts) => texts.get(self.at).0,
                    _ => "",
                };
                if !value.is_empty() {
                    tags::push(room, key, value);
                }
            }
            return Ok(room);
        }
        match &self.batch.cells[column] {
            Cells::Map(maps) => {
                maps.write(self.at, room);
                Ok(room)
            }
            _ => self.text(column),
        }
    }
}
