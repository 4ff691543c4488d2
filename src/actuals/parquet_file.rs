//! Bills as Parquet, through polars' streaming engine: only the columns that are needed, row group by row group. While one is
//! added up, the next is decoded; no more than three are in memory.

use std::cell::Cell;
use std::hash::Hasher;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use chrono::{DateTime, NaiveDate};
use polars::prelude::{
    ChunkExplode, DataFrame, DataType, Engine, ExplodeOptions, Expr, LazyFrame, ListNameSpaceImpl, ParquetReader, PlRefPath, PolarsError,
    PolarsResult, ScanArgsParquet, Schema, SerReader, Series, StringChunked, TimeUnit, col,
};
use rustc_hash::FxHasher;

use super::cur;
use super::exact::Exact;
use super::rollup::Fast;
use super::sink::{Header, Sink, one};
use super::table::{self, A_DAY, Kind, Row, Text, WORDS, Wrong};
use super::tags;
use crate::diagnostic::{Diagnostic, Problems};

/// Rows that are decoded together, where a row group has more.
const MOST_ROWS: usize = 1 << 16;

/// Reads every row of a Parquet file into the sink. `version` is the id that a manifest gives it.
pub fn read(file: &str, path: &Path, version: Option<String>, sink: &mut Sink) -> Result<(), Problems> {
    // Whatever a damaged file makes of the library ends here, as a message.
    let read = quietly(|| catch_unwind(AssertUnwindSafe(|| read_all(file, path, version, sink))));
    read.unwrap_or_else(|_| Err(damaged(file, "the library that reads Parquet gave up on it")))
}

/// Runs without the traces that threads of the library would write to the terminal.
fn quietly<T>(read: impl FnOnce() -> T) -> T {
    static HOOK: Once = Once::new();
    static READING: AtomicUsize = AtomicUsize::new(0);
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if READING.load(Ordering::Relaxed) == 0 {
                before(info);
            }
        }));
    });
    READING.fetch_add(1, Ordering::Relaxed);
    let done = read();
    READING.fetch_sub(1, Ordering::Relaxed);
    done
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
    let table = table.select(wanted(file, &header, &schema)?);
    let slices = slices(path, &header).map_err(broken)?.map_err(|why| damaged(file, &why))?;
    let mut reading = Reading { sink, header: &header, number, file, rows: 0 };
    thread::scope(|scope| {
        let (send, receive) = sync_channel(1);
        scope.spawn(|| decode(&table, &header, &slices, send));
        // Where this ends early the other thread finds nobody to send to, and ends as well.
        receive.into_iter().try_for_each(|batch| reading.batch(&batch.map_err(broken)?))
    })?;
    if reading.rows == 0 {
        sink.remark(format!("{file} has columns and no rows"));
    }
    Ok(())
}

/// Largest size of the needed columns of a row group, unpacked, in bytes: what is decoded at a time.
const LARGEST_GROUP: i64 = 1 << 30;

/// First row and number of rows of each row group; of a part of it where it is a large one. Refused in words is what the library
/// does not check before it reads: pages that would lie outside of the file, and what unpacks to far more than a bill.
fn slices(path: &Path, header: &Header) -> PolarsResult<Result<Vec<(usize, usize)>, String>> {
    let file = std::fs::File::open(path)?;
    let length = file.metadata()?.len();
    let mut reader = ParquetReader::new(file);
    let needed = |name: &str| {
        let of_format = header.places.iter().flatten().any(|place| header.names[*place] == name);
        of_format || header.tags.iter().any(|(place, _)| header.names[*place] == name)
    };
    let (mut slices, mut first) = (Vec::new(), 0);
    for group in &reader.get_metadata()?.row_groups {
        let mut unpacked = 0_i64;
        for chunk in group.parquet_columns() {
            let range = chunk.byte_range();
            if range.start > range.end || range.end > length {
                return Ok(Err("it names pages beyond its end".into()));
            }
            let root = chunk.descriptor().path_in_schema.first().map_or("", |name| name.as_str());
            if needed(root) {
                unpacked = unpacked.saturating_add(chunk.uncompressed_size());
            }
        }
        if unpacked > LARGEST_GROUP {
            return Ok(Err(format!("a row group unpacks to {} MB, which none of a bill does", unpacked >> 20)));
        }
        let end = first + group.num_rows();
        slices.extend((first..end).step_by(MOST_ROWS).map(|at| (at, MOST_ROWS.min(end - at))));
        first = end;
    }
    Ok(Ok(slices))
}

/// Decodes one slice after the other, until nobody wants more.
fn decode(table: &LazyFrame, header: &Header, slices: &[(usize, usize)], send: SyncSender<PolarsResult<Batch>>) {
    for (first, rows) in slices {
        let rows = u32::try_from(*rows).unwrap_or(u32::MAX);
        let slice = i64::try_from(*first).map_or_else(|_| table.clone(), |first| table.clone().slice(first, rows));
        let batch = slice.collect_with_engine(Engine::Streaming).and_then(|found| Batch::of(&found.unwrap_single(), header));
        let failed = batch.is_err();
        if send.send(batch).is_err() || failed {
            return;
        }
    }
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
        (Kind::Day, DataType::Datetime(TimeUnit::Milliseconds, zone)) if zone.as_ref().is_none_or(|z| is_utc(z)) => Some(as_it_is),
        (Kind::Day, DataType::Datetime(_, zone)) if zone.as_ref().is_none_or(|z| is_utc(z)) => {
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

/// Whether a time zone is UTC: files without Arrow's own schema name none, and the library calls it by its offset.
fn is_utc(zone: &str) -> bool {
    matches!(zone, "UTC" | "Etc/UTC" | "Z" | "+00:00")
}

/// Rows that were decoded together.
struct Batch {
    cells: Vec<Cells>,
    /// Of the columns that hold one tag key each.
    tags: Vec<Cells>,
    rows: usize,
    /// For each row, what [`Row::alike`] gives.
    alike: Option<Vec<u64>>,
}

impl Batch {
    fn of(table: &DataFrame, header: &Header) -> PolarsResult<Batch> {
        let column = |place: usize| table.column(&header.names[place]).and_then(|c| Cells::of(&c.as_materialized_series().rechunk()));
        let cells: Vec<Cells> = header.places.iter().map(|place| place.map_or(Ok(Cells::Blank), column)).collect::<PolarsResult<_>>()?;
        let tags: Vec<Cells> = header.tags.iter().map(|(place, _)| column(*place)).collect::<PolarsResult<_>>()?;
        let of_format = header.format.columns().iter().zip(&cells).enumerate();
        let telling = of_format.filter(|(column, _)| header.id() != Some(*column)).map(|(_, (column, cells))| (column.kind, cells));
        let alike = alike(table.height(), telling.chain(tags.iter().map(|cells| (Kind::Text, cells))));
        Ok(Batch { cells, tags, rows: table.height(), alike })
    }
}

/// Numbers the rows of a batch, so that those have the same number which agree in all these columns: in their words and days, and
/// in whether they have an amount. `None` where most rows are different.
fn alike<'c>(rows: usize, columns: impl Iterator<Item = (Kind, &'c Cells)>) -> Option<Vec<u64>> {
    let mut alike = Alike { numbers: vec![0; rows], many: 1 };
    for (kind, cells) in columns {
        cells.tell_apart(kind, &mut alike)?;
    }
    alike.count();
    Some(alike.numbers)
}

/// Rows by the numbers of their cells, as digits of one number.
struct Alike {
    numbers: Vec<u64>,
    /// Every number is below it.
    many: u64,
}

impl Alike {
    /// Tells rows apart by one more column, whose cells are numbered below `many`.
    fn tell(&mut self, many: u64, digits: impl Iterator<Item = u64>) {
        if many < 2 {
            return;
        }
        if self.many.checked_mul(many).is_none() {
            self.count();
        }
        self.many = self.many.saturating_mul(many);
        for (number, digit) in self.numbers.iter_mut().zip(digits) {
            *number = *number * many + digit;
        }
    }

    /// Numbers the numbers as they come.
    fn count(&mut self) {
        let mut known: Fast<u64, u64> = Fast::default();
        for number in &mut self.numbers {
            let next = known.len() as u64;
            *number = *known.entry(*number).or_insert(next);
        }
        self.many = known.len() as u64;
    }
}

/// What the batches are read into.
struct Reading<'s> {
    sink: &'s mut Sink,
    header: &'s Header,
    number: usize,
    file: &'s str,
    rows: u64,
}

impl Reading<'_> {
    /// Adds every row of a batch.
    fn batch(&mut self, batch: &Batch) -> Result<(), Problems> {
        let rounded = Cell::new(0);
        self.sink.next_batch();
        for at in 0..batch.rows {
            let row = BatchRow { batch, header: self.header, at, rounded: &rounded };
            let id = self.header.id().map(|_| row.telling());
            let added = self.sink.add(self.header.format, self.number, &row, id);
            added.map_err(|stop| stop.at(self.file, &format!("row {}", self.rows + at as u64 + 1), self.header))?;
        }
        self.rows += batch.rows as u64;
        self.sink.rounded(rounded.get());
        Ok(())
    }
}

/// The cells of one column of a batch.
enum Cells {
    Blank,
    /// Texts of which most are different.
    Text(StringChunked),
    /// Texts that repeat, each with its number.
    Numbered(Numbered),
    Double(Vec<Option<f64>>),
    /// Milliseconds since 1970.
    Time(Vec<Option<i64>>),
    Map(Maps),
}

/// Texts by number.
struct Numbered {
    numbers: Vec<u32>,
    texts: Vec<Box<str>>,
}

/// Different texts of a batch beyond which they are not numbered.
const MOST_NUMBERS: usize = 4_096;

impl Numbered {
    /// Numbers the texts of a column, where they repeat. A null is a blank text.
    fn of(texts: &StringChunked) -> Option<Numbered> {
        let array = texts.downcast_iter().next()?;
        let present = texts.iter_validities().next().flatten();
        let mut known: Fast<&str, u32> = Fast::default();
        let mut numbered = Numbered { numbers: Vec::with_capacity(texts.len()), texts: Vec::new() };
        // Within one array the same view is the same text: few of them are looked at as text.
        let mut seen = vec![(0_u128, u32::MAX); 1 << 10];
        for (at, view) in array.views().iter().enumerate() {
            let view = view.as_u128();
            let slot = &mut seen[((view ^ view >> 67) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) as usize >> 54];
            let null = present.is_some_and(|bits| !bits.get_bit(at));
            if slot.0 == view && slot.1 != u32::MAX && !null {
                numbered.numbers.push(slot.1);
                continue;
            }
            let text = if null { "" } else { array.value(at) };
            let number = *known.entry(text).or_insert_with(|| {
                numbered.texts.push(text.into());
                u32::try_from(numbered.texts.len() - 1).unwrap_or(u32::MAX)
            });
            if numbered.texts.len() > MOST_NUMBERS {
                return None;
            }
            numbered.numbers.push(number);
            if !null {
                *slot = (view, number);
            }
        }
        Some(numbered)
    }

    fn get(&self, at: usize) -> (&str, u32) {
        let number = self.numbers[at];
        (&self.texts[number as usize], number)
    }
}

impl Cells {
    fn of(series: &Series) -> PolarsResult<Cells> {
        if series.null_count() == series.len() {
            return Ok(Cells::Blank);
        }
        Ok(match series.dtype() {
            DataType::String => {
                Numbered::of(series.str()?).map_or_else(|| series.str().cloned().map(Cells::Text), |n| Ok(Cells::Numbered(n)))?
            }
            DataType::Float64 => Cells::Double(series.f64()?.iter().collect()),
            DataType::Datetime(..) => Cells::Time(series.datetime()?.physical().iter().collect()),
            DataType::List(_) => Cells::Map(Maps::of(series)?),
            _ => Cells::Blank,
        })
    }

    /// Tells rows apart by what is in these cells; `None` where most are different.
    fn tell_apart(&self, kind: Kind, alike: &mut Alike) -> Option<()> {
        match (kind, self) {
            (_, Cells::Blank) => {}
            (Kind::Number, Cells::Numbered(texts)) => {
                alike.tell(2, texts.numbers.iter().map(|number| u64::from(texts.texts[*number as usize].is_empty())));
            }
            (Kind::Number, Cells::Text(texts)) => alike.tell(2, texts.iter().map(|text| u64::from(text.is_none_or(str::is_empty)))),
            (_, Cells::Double(doubles)) => alike.tell(2, doubles.iter().map(|double| u64::from(double.is_none()))),
            (_, Cells::Numbered(texts)) => alike.tell(texts.texts.len() as u64, texts.numbers.iter().map(|number| u64::from(*number))),
            (_, Cells::Time(times)) => {
                let days = || times.iter().map(|time| time.map(|time| time.div_euclid(MILLISECONDS_OF_A_DAY)));
                let (first, last) = (days().flatten().min()?, days().flatten().max()?);
                alike.tell(last.abs_diff(first) + 2, days().map(|day| day.map_or(0, |day| day.abs_diff(first) + 1)));
            }
            (_, Cells::Text(_) | Cells::Map(_)) => return None,
        }
        Some(())
    }
}

const MILLISECONDS_OF_A_DAY: i64 = 86_400_000;

/// Maps: the keys and values of all rows, and where each row ends.
struct Maps {
    ends: Vec<usize>,
    keys: StringChunked,
    values: StringChunked,
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
    batch: &'b Batch,
    header: &'b Header,
    at: usize,
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
                Cells::Double(doubles) => hash.write_u64(doubles[self.at].map_or(1, f64::to_bits)),
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

    fn alike(&self) -> Option<usize> {
        self.batch.alike.as_ref().and_then(|numbers| usize::try_from(numbers[self.at]).ok())
    }

    fn is_blank(&self, column: usize) -> Result<bool, Wrong> {
        match &self.batch.cells[column] {
            Cells::Double(doubles) => Ok(doubles[self.at].is_none()),
            _ => Ok(self.text(column)?.is_empty()),
        }
    }

    fn number(&self, column: usize) -> Result<Option<Exact>, Wrong> {
        let found = match &self.batch.cells[column] {
            Cells::Double(doubles) => match doubles[self.at] {
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
