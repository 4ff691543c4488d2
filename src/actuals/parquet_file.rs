//! Bills as Parquet, through polars' streaming engine: only the columns that are needed, batch by batch.

use std::cell::Cell;
use std::hash::Hasher;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, NaiveDate};
use polars::prelude::{
    ChunkExplode, DataFrame, DataType, Engine, ExplodeOptions, Expr, Float64Chunked, Int64Chunked, LazyFrame, ListNameSpaceImpl, PlRefPath,
    PlanCallback, PolarsError, PolarsResult, ScanArgsParquet, Schema, Series, StringChunked, TimeUnit, col,
};
use rustc_hash::FxHasher;

use super::cur;
use super::exact::Exact;
use super::sink::{Format, Header, Sink, one};
use super::table::{self, A_DAY, Kind, Row, WORDS, Wrong};
use super::tags;
use crate::diagnostic::{Diagnostic, Problems};

/// Rows that are looked at together.
const BATCH: usize = 1 << 15;

/// Reads every row of a Parquet file into the sink. `version` is the id that a manifest gives it.
pub fn read(file: &str, path: &Path, version: Option<String>, sink: &mut Sink) -> Result<(), Problems> {
    // Whatever a damaged file makes of the library ends here, as a message.
    catch_unwind(AssertUnwindSafe(|| read_all(file, path, version, sink)))
        .unwrap_or_else(|_| Err(damaged(file, "the library that reads Parquet gave up on it")))
}

fn damaged(file: &str, why: &str) -> Problems {
    let why = table::shortened(why.lines().next().unwrap_or_default());
    one(Diagnostic::general(format!("{file} is no readable Parquet file: {why}"))
        .help("it is damaged, cut off or encrypted: download it again"))
}

fn read_all(file: &str, path: &Path, version: Option<String>, sink: &mut Sink) -> Result<(), Problems> {
    let broken = |e: PolarsError| damaged(file, &e.to_string());
    let args = ScanArgsParquet { glob: false, ..ScanArgsParquet::default() };
    let mut table = LazyFrame::scan_parquet(PlRefPath::try_from_path(path).map_err(broken)?, args).map_err(broken)?;
    let schema = table.collect_schema().map_err(broken)?;
    let mut header = Header::of(file, schema.iter_names().map(ToString::to_string).collect())?;
    header.keep(sink.detail());
    let number = sink.begin(header.origin(file, version));
    let wanted = wanted(file, &header, &schema)?;
    let reading =
        Arc::new(Mutex::new(Reading { sink: std::mem::take(sink), header, number, file: file.to_owned(), rows: 0, stopped: None }));
    let other = reading.clone();
    let batches = PlanCallback::new(move |batch: DataFrame| lock(&other).batch(batch));
    let result =
        table.select(wanted).sink_batches(batches, true, NonZeroUsize::new(BATCH)).and_then(|t| t.collect_with_engine(Engine::Streaming));
    let mut reading = lock(&reading);
    *sink = std::mem::take(&mut reading.sink);
    match reading.stopped.take() {
        Some(problems) => Err(problems),
        None if result.is_err() => result.map(|_| ()).map_err(broken),
        None if reading.rows == 0 => {
            Err(one(Diagnostic::general(format!("{file} has columns and no rows")).help("download it again, or leave it out")))
        }
        None => Ok(()),
    }
}

/// What a thread that gave up left behind is complete up to its last batch.
fn lock(reading: &Mutex<Reading>) -> MutexGuard<'_, Reading> {
    reading.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The columns to read, each as text, double, milliseconds or map. Every column of another type is said at once.
fn wanted(file: &str, header: &Header, schema: &Schema) -> Result<Vec<Expr>, Problems> {
    let (mut wanted, mut problems) = (Vec::new(), Problems::default());
    let of_format = header.format.columns().iter().zip(&header.places).filter_map(|(column, place)| Some((column.kind, (*place)?)));
    let of_tags = header.tags.iter().map(|(place, _)| (Kind::Text, *place));
    for (kind, place) in of_format.chain(of_tags) {
        let name = header.names[place].as_str();
        let found = schema.get(name).unwrap_or(&DataType::Null);
        match as_kind(kind, found) {
            Some(DataType::Null) => wanted.push(col(name)),
            Some(other) => wanted.push(col(name).strict_cast(other)),
            None => problems.push(Diagnostic::general(format!("{file}: the column `{name}` holds {found}")).help(format!(
                "expected {}",
                match kind {
                    Kind::Text => "text",
                    Kind::Number => "doubles, decimals, whole numbers or text",
                    Kind::Day => "timestamps in UTC, dates or text",
                    Kind::Map => "a map from text to text, or its JSON",
                }
            ))),
        }
    }
    if problems.is_empty() { Ok(wanted) } else { Err(problems) }
}

/// To what a column must be cast to be read; `Null` for no cast, `None` where no cast keeps what it says.
fn as_kind(kind: Kind, found: &DataType) -> Option<DataType> {
    let as_it_is = DataType::Null;
    match (kind, found) {
        (_, DataType::Null | DataType::String) | (Kind::Number, DataType::Float64) => Some(as_it_is),
        (Kind::Text, DataType::Categorical(..) | DataType::Binary) => Some(DataType::String),
        (Kind::Number, found) if found.is_integer() || found.is_decimal() => Some(DataType::String),
        (Kind::Day, DataType::Datetime(TimeUnit::Milliseconds, zone)) if zone.as_ref().is_none_or(|z| z.as_str() == "UTC") => {
            Some(as_it_is)
        }
        (Kind::Day, DataType::Datetime(_, zone)) if zone.as_ref().is_none_or(|z| z.as_str() == "UTC") => {
            Some(DataType::Datetime(TimeUnit::Milliseconds, zone.clone()))
        }
        (Kind::Day, DataType::Date) => Some(DataType::Datetime(TimeUnit::Milliseconds, None)),
        (Kind::Map, DataType::List(inner)) => match inner.as_ref() {
            DataType::Struct(fields) if fields.len() == 2 && fields.iter().all(|f| *f.dtype() == DataType::String) => Some(as_it_is),
            _ => None,
        },
        _ => None,
    }
}

/// What the batches are read into.
struct Reading {
    sink: Sink,
    header: Header,
    number: usize,
    file: String,
    rows: u64,
    stopped: Option<Problems>,
}

impl Reading {
    /// Adds every row of a batch; true to stop.
    fn batch(&mut self, mut batch: DataFrame) -> PolarsResult<bool> {
        if self.stopped.is_some() {
            return Ok(true);
        }
        batch.rechunk_mut();
        let column = |place: usize| batch.column(&self.header.names[place]).and_then(|c| Cells::of(c.as_materialized_series()));
        let cells = self.header.places.iter().map(|place| place.map_or(Ok(Cells::Blank), column)).collect::<PolarsResult<Vec<Cells>>>()?;
        let tags = self.header.tags.iter().map(|(place, key)| Ok((key.as_str(), column(*place)?))).collect::<PolarsResult<Vec<_>>>()?;
        let rounded = Cell::new(0);
        let has_id = matches!(self.header.format, Format::Cur(_)) && self.header.places[cur::ID_COLUMN].is_some();
        for at in 0..batch.height() {
            let row = BatchRow { cells: &cells, tags: &tags, header: &self.header, at, rounded: &rounded };
            let id = has_id.then(|| row.telling());
            if let Err(stop) = self.sink.add(self.header.format, self.number, &row, id) {
                self.stopped = Some(stop.at(&self.file, &format!("row {}", self.rows + at as u64 + 1), &self.header));
                return Ok(true);
            }
        }
        self.rows += batch.height() as u64;
        self.sink.rounded(rounded.get());
        Ok(false)
    }
}

/// The cells of one column of a batch.
enum Cells {
    Blank,
    Text(StringChunked),
    Double(Float64Chunked),
    /// Milliseconds since 1970.
    Time(Int64Chunked),
    Map(Maps),
}

/// Maps: the keys and values of all rows, and where each row ends.
struct Maps {
    ends: Vec<usize>,
    keys: StringChunked,
    values: StringChunked,
}

impl Cells {
    fn of(series: &Series) -> PolarsResult<Cells> {
        Ok(match series.dtype() {
            DataType::String => Cells::Text(series.str()?.clone()),
            DataType::Float64 => Cells::Double(series.f64()?.clone()),
            DataType::Datetime(..) => Cells::Time(series.datetime()?.physical().clone()),
            DataType::List(_) => Cells::Map(Maps::of(series)?),
            _ => Cells::Blank,
        })
    }
}

impl Maps {
    fn of(series: &Series) -> PolarsResult<Maps> {
        let lists = series.list()?;
        let (mut ends, mut end) = (Vec::with_capacity(lists.len() + 1), 0);
        ends.push(0);
        let inner = lists.explode(ExplodeOptions { empty_as_null: false, keep_nulls: false })?;
        for length in lists.lst_lengths().iter() {
            end += length.unwrap_or(0) as usize;
            ends.push(end);
        }
        let fields = inner.struct_()?.fields_as_series();
        let [keys, values] = fields.as_slice() else {
            return Ok(Maps { ends: vec![0; lists.len() + 1], keys: StringChunked::default(), values: StringChunked::default() });
        };
        Ok(Maps { ends, keys: keys.str()?.rechunk().into_owned(), values: values.str()?.rechunk().into_owned() })
    }

    fn write(&self, at: usize, room: &mut String) {
        room.clear();
        for pair in self.ends[at]..self.ends[at + 1] {
            if let (Some(key), Some(value)) = (self.keys.get(pair), self.values.get(pair)) {
                tags::push(room, key, value);
            }
        }
    }
}

/// One row of a batch.
struct BatchRow<'b> {
    cells: &'b [Cells],
    tags: &'b [(&'b str, Cells)],
    header: &'b Header,
    at: usize,
    rounded: &'b Cell<u64>,
}

impl BatchRow<'_> {
    /// A hash of what tells this row from others.
    fn telling(&self) -> u64 {
        let mut hash = FxHasher::default();
        for column in cur::TELLING {
            match &self.cells[column] {
                Cells::Text(texts) => hash.write(texts.get(self.at).unwrap_or_default().as_bytes()),
                Cells::Double(doubles) => hash.write_u64(doubles.get(self.at).map_or(1, f64::to_bits)),
                Cells::Time(times) => hash.write_i64(times.get(self.at).unwrap_or_default()),
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
        match &self.cells[column] {
            Cells::Text(texts) => table::short(column, texts.get(self.at).unwrap_or_default()),
            Cells::Blank => Ok(""),
            _ => Err(Wrong::new(column, "", WORDS)),
        }
    }

    fn number(&self, column: usize) -> Result<Option<Exact>, Wrong> {
        let found = match &self.cells[column] {
            Cells::Double(doubles) => match doubles.get(self.at) {
                Some(double) => table::number(column, Exact::from_double(double), || double.to_string())?,
                None => return Ok(None),
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
        match &self.cells[column] {
            Cells::Time(times) => match times.get(self.at) {
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
            for (key, cells) in self.tags {
                if let Cells::Text(texts) = cells
                    && let Some(value) = texts.get(self.at).filter(|v| !v.is_empty())
                {
                    tags::push(room, key, value);
                }
            }
            return Ok(room);
        }
        match &self.cells[column] {
            Cells::Map(maps) => {
                maps.write(self.at, room);
                Ok(room)
            }
            _ => self.text(column),
        }
    }
}
