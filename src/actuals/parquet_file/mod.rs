//! Bills as Parquet, through polars' streaming engine: only the columns that are needed, row group by row group. While one is
//! added up, the next is decoded; no more than three are in memory.

mod alike;
mod batch;
mod cells;

use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use polars::prelude::{
    DataFrame, DataType, Engine, Expr, LazyFrame, ParquetReader, PlRefPath, PolarsError, PolarsResult, ScanArgsParquet, Schema, SerReader,
    TimeUnit, col,
};

use batch::{Batch, Reading};

use super::sink::{Detail, Header, Sink, one};
use super::table::{self, Kind};
use crate::diagnostic::{Diagnostic, Problems};

/// Rows that are decoded together, where a row group has more: at a glance fewer columns are read, so more of their rows fit.
fn most_rows(detail: Detail) -> usize {
    match detail {
        Detail::Whole => 1 << 16,
        Detail::UsageTypes => 1 << 17,
    }
}

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
        .help("it is damaged, cut off, encrypted, or holds what bills do not, such as decimals of more than 128 bits: download it again"))
}

fn read_all(file: &str, path: &Path, version: Option<String>, sink: &mut Sink) -> Result<(), Problems> {
    let broken = |e: PolarsError| damaged(file, &e.to_string());
    let args = ScanArgsParquet { glob: false, ..ScanArgsParquet::default() };
    let mut table = LazyFrame::scan_parquet(PlRefPath::try_from_path(path).map_err(broken)?, args).map_err(broken)?;
    let schema = table.collect_schema().map_err(broken)?;
    let mut header = Header::of(file, schema.iter_names().map(ToString::to_string).collect())?;
    header.keep(sink.detail());
    let number = sink.begin(header.origin(file, "Parquet", version));
    let table = table.select(wanted(file, &header, &schema)?);
    let slices = slices(path, &header, most_rows(sink.detail())).map_err(broken)?.map_err(|why| damaged(file, &why))?;
    let mut reading = Reading { sink, header: &header, file: (number, file), rows: 0 };
    thread::scope(|scope| {
        let (send, receive) = sync_channel(1);
        scope.spawn(|| decode(&table, &slices, send));
        // Where this ends early the other thread finds nobody to send to, and ends as well.
        receive.into_iter().try_for_each(|rows| {
            let batch = rows.and_then(|rows| Batch::of(&rows, &header)).map_err(broken)?;
            reading.batch(&batch)
        })
    })?;
    if reading.rows == 0 {
        sink.remark(format!("{file} has columns and no rows"));
    }
    Ok(())
}

/// Largest size of the needed columns of a row group, unpacked, in bytes: what is decoded at a time.
const LARGEST_GROUP: i64 = 1 << 30;

/// First row and number of rows of each row group; of parts of at most so many rows where it is a large one. Refused in words is what the library
/// does not check before it reads: pages that would lie outside of the file, and what unpacks to far more than a bill.
fn slices(path: &Path, header: &Header, most: usize) -> PolarsResult<Result<Vec<(usize, usize)>, String>> {
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
        slices.extend((first..end).step_by(most).map(|at| (at, most.min(end - at))));
        first = end;
    }
    Ok(Ok(slices))
}

/// Decodes one slice after the other, until nobody wants more.
fn decode(table: &LazyFrame, slices: &[(usize, usize)], send: SyncSender<PolarsResult<DataFrame>>) {
    for (first, rows) in slices {
        let rows = u32::try_from(*rows).unwrap_or(u32::MAX);
        let slice = i64::try_from(*first).map_or_else(|_| table.clone(), |first| table.clone().slice(first, rows));
        let decoded = slice.collect_with_engine(Engine::Streaming).map(|found| found.unwrap_single());
        let failed = decoded.is_err();
        if send.send(decoded).is_err() || failed {
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
            None => {
                problems.push(Diagnostic::general(format!("{file}: the column `{name}` holds values of the type {found}")).help(format!(
                    "expected {}",
                    match kind {
                        Kind::Text => "text",
                        Kind::Number => "doubles, decimals, whole numbers or text (f32 has seven digits, too few for money)",
                        Kind::Day => "timestamps in UTC, dates or text",
                        Kind::Map => "a map from text to text, or its JSON",
                    }
                )))
            }
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
