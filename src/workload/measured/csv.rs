//! A table of requests over time: one row for each interval, one column for each route.
#![allow(clippy::float_arithmetic, reason = "demand is no money")]

use std::collections::BTreeMap;

use ::csv::{ReaderBuilder, StringRecord, Trim};

use super::super::ALL;
use super::{Fault, Grid, MOST_FAULTS, MOST_ROUTES, MOST_VALUES, Series, is_name, minute_of, short, too_many, wrong_number};

const TIME: &str = "timestamp";
const COUNT: &str = "requests";
const RATE: &str = "requests_per_s";

/// A column of requests.
struct Column {
    /// As written.
    name: String,
    /// The route.
    route: String,
    /// True where the numbers are requests per second, false where they are requests in the interval.
    per_second: bool,
    /// Where in a row it stands.
    cell: usize,
}

/// The header.
struct Header {
    /// Where in a row the time stands.
    time: usize,
    columns: Vec<Column>,
}

/// What was read so far, row after row.
#[derive(Default)]
struct Rows {
    lines: Vec<u64>,
    times: Vec<i64>,
    /// One value after the other, all columns of a row together.
    values: Vec<Option<f64>>,
    faults: Vec<Fault>,
}

pub(super) fn read(text: &str) -> Result<Series, Vec<Fault>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = ReaderBuilder::new().trim(Trim::All).flexible(true).from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(record) => header(record)?,
        Err(error) => return Err(vec![Fault::new(error.to_string())]),
    };
    let mut rows = Rows::default();
    let mut record = StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => rows.add(&record, &header),
            Err(error) => rows.faults.push(Fault::new(error.to_string())),
        }
        if rows.faults.len() >= MOST_FAULTS {
            rows.faults.push(Fault::new("and perhaps more: reading stopped here"));
            break;
        }
        if rows.values.len() > MOST_VALUES {
            rows.faults.push(Fault::new(too_many()));
            break;
        }
    }
    rows.series(&header)
}

fn header(record: &StringRecord) -> Result<Header, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut columns: Vec<Column> = Vec::new();
    let mut time = None;
    if record.len() > MOST_ROUTES + 1 {
        return Err(vec![Fault::new(format!("{} columns: at most {MOST_ROUTES} routes are read", record.len())).at(1)]);
    }
    for (cell, name) in record.iter().enumerate() {
        if name == TIME && time.is_none() {
            time = Some(cell);
            continue;
        }
        match column(name, cell) {
            Some(column) if columns.iter().all(|c| c.route != column.route) => columns.push(column),
            Some(_) => faults.push(Fault::new("the same requests a second time").at(1).of(name)),
            None => faults.push(
                Fault::new(format!(
                    "expected `{TIME}`, or what is counted: `{COUNT}` in the interval, `{RATE}` per second, with a route before it as in `core_{COUNT}` (letters, digits and _ - . /)"
                ))
                .at(1)
                .of(name),
            ),
        }
    }
    if time.is_none() {
        faults.push(Fault::new(format!("the column `{TIME}` is missing")).at(1));
    }
    if columns.is_empty() && faults.is_empty() {
        faults.push(Fault::new(format!("a column of requests is missing, such as `{COUNT}`")).at(1));
    }
    if columns.len() > 1 && columns.iter().any(|c| c.route == ALL) {
        faults.push(Fault::new("requests of all routes beside those of single ones: keep one or the other").at(1));
    }
    match time {
        Some(time) if faults.is_empty() => Ok(Header { time, columns }),
        _ => Err(faults),
    }
}

/// `requests`, `requests_per_s`, or a route before one of them.
fn column(name: &str, cell: usize) -> Option<Column> {
    let of = |unit: &str| name.strip_suffix(unit).and_then(|rest| if rest.is_empty() { Some(ALL) } else { rest.strip_suffix('_') });
    let (route, per_second) = of(RATE).map(|r| (r, true)).or_else(|| of(COUNT).map(|r| (r, false)))?;
    is_name(route).then(|| Column { name: name.to_owned(), route: route.to_owned(), per_second, cell })
}

impl Rows {
    fn add(&mut self, record: &StringRecord, header: &Header) {
        let line = record.position().map_or(0, |p| p.line());
        let cells = header.columns.len() + 1;
        if record.len() != cells {
            self.faults.push(Fault::new(format!("{} cells where the header has {cells}", record.len())).at(line));
            return;
        }
        match minute_of(record.get(header.time).unwrap_or_default()) {
            Err(why) => self.faults.push(Fault::new(why).at(line).of(TIME)),
            Ok(time) => match self.times.last() {
                Some(last) if *last == time => self.faults.push(Fault::new("the same time as the line before").at(line).of(TIME)),
                Some(last) if *last > time => {
                    self.faults.push(Fault::new("earlier than the line before: sort the rows by time").at(line).of(TIME));
                }
                _ => {
                    self.times.push(time);
                    self.lines.push(line);
                    self.cells(record, header, line);
                }
            },
        }
    }

    fn cells(&mut self, record: &StringRecord, header: &Header, line: u64) {
        for column in &header.columns {
            let text = record.get(column.cell).unwrap_or_default();
            let value = if text.is_empty() { Ok(None) } else { text.parse::<f64>().map(Some) };
            let wrong = match value {
                Ok(value) => value.and_then(wrong_number),
                Err(_) => Some("is no number"),
            };
            if let Some(wrong) = wrong {
                self.faults.push(Fault::new(format!("`{}` {wrong}", short(text))).at(line).of(&column.name));
            }
            self.values.push(value.ok().flatten());
        }
    }

    fn series(mut self, header: &Header) -> Result<Series, Vec<Fault>> {
        if !self.faults.is_empty() {
            self.faults.truncate(MOST_FAULTS + 1);
            return Err(self.faults);
        }
        let width = header.columns.len();
        let grid = Grid::of(&self.times, width).map_err(|(index, why)| {
            let fault = Fault::new(why);
            vec![self.lines.get(index).map_or_else(|| fault.clone(), |line| fault.clone().at(*line).of(TIME))]
        })?;
        let mut routes: Vec<Vec<Option<f64>>> = vec![vec![None; grid.len]; width];
        for (time, row) in self.times.iter().zip(self.values.chunks(width)) {
            for ((column, values), value) in header.columns.iter().zip(&mut routes).zip(row) {
                let seconds = if column.per_second { 1.0 } else { grid.seconds() };
                if let Some(slot) = values.get_mut(grid.index(*time)) {
                    *slot = value.map(|v| v / seconds);
                }
            }
        }
        let named: BTreeMap<String, _> = header.columns.iter().map(|c| c.route.clone()).zip(routes).collect();
        Ok(grid.series(named, Vec::new()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wrong(text: &str) -> String {
        read(text).expect_err("a bad table").iter().map(|f| f.to_string()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn counts_of_an_interval_become_requests_per_second() {
        let text = "timestamp,requests\n2026-12-01 00:00,600\n2026-12-01 00:05,900\n2026-12-01 00:20,300\n";
        let series = read(text).expect("a series");
        assert_eq!((series.step_minutes, series.start.to_string().as_str()), (5, "2026-12-01 00:00:00"));
        // 600 ÷ 300 s; two intervals were not measured.
        assert_eq!(series.routes["all"], [Some(2.0), Some(3.0), None, None, Some(1.0)]);
        assert_eq!(series.time(4).to_string(), "2026-12-01 00:20:00");
    }

    #[test]
    fn every_route_has_its_column_and_its_unit() {
        let text = "\u{feff}auth_requests , timestamp, core_requests_per_s\n60,2026-12-01T01:00:00+01:00,4\n,2026-12-01T00:01:00Z,5\n";
        let series = read(text).expect("a series");
        assert_eq!(series.start.to_string(), "2026-12-01 00:00:00");
        assert_eq!(series.routes["auth"], [Some(1.0), None]);
        assert_eq!(series.routes["core"], [Some(4.0), Some(5.0)]);
        assert_eq!(series.total(), [Some(5.0), None]);
    }

    #[test]
    fn what_is_wrong_is_told_with_line_and_column() {
        let text = "timestamp,core_requests\n2026-12-01 00:00,1\n2026-12-01 00:00,2\n2026-11-30 00:00,3\n2026-12-01 00:01,many\n2026-12-01 00:02,-1\n2026-12-01 00:03,inf\n2026-12-01 00:04\nnoon,1\n2026-12-01 00:05:30,1\n";
        assert_eq!(
            wrong(text),
            "line 3, column `timestamp`: the same time as the line before
line 4, column `timestamp`: earlier than the line before: sort the rows by time
line 5, column `core_requests`: `many` is no number
line 6, column `core_requests`: `-1` is below zero
line 7, column `core_requests`: `inf` is no finite number
line 8: 1 cells where the header has 2
line 9, column `timestamp`: `noon` is no time: write it as 2026-12-01T09:00:00Z or 2026-12-01 09:00
line 10, column `timestamp`: `2026-12-01 00:05:30` is not the beginning of a minute"
        );
    }

    #[test]
    fn a_header_says_what_is_counted() {
        assert!(wrong("timestamp,core\n").contains("line 1, column `core`: expected `timestamp`, or what is counted"));
        assert!(wrong("time,requests\n").contains("the column `timestamp` is missing"));
        assert!(wrong("timestamp\n").contains("a column of requests is missing"));
        assert!(wrong("timestamp,core_requests,core_requests_per_s\n").contains("a second time"));
        assert!(wrong("timestamp,requests,core_requests\n").contains("keep one or the other"));
        assert!(wrong("").contains("is missing"));
        assert!(wrong(&format!("timestamp{}\n", ",a_requests".repeat(200))).contains("at most 100 routes"));
    }

    #[test]
    fn intervals_are_one_five_or_sixty_minutes() {
        let table =
            |times: &[&str]| format!("timestamp,requests\n{}", times.iter().map(|t| format!("2026-12-01 {t},1\n")).collect::<String>());
        assert!(wrong(&table(&["00:00", "00:10", "00:20"])).contains("10 min after the one before"));
        assert!(wrong(&table(&["00:30", "01:30"])).contains("begin at whole multiples"));
        assert!(wrong(&table(&["00:00", "00:05", "00:07", "00:12"])).starts_with("line 4"));
        assert!(wrong(&table(&["00:00"])).contains("one time alone"));
        assert!(wrong(&table(&[])).contains("no data"));
    }

    #[test]
    fn a_span_of_centuries_by_minutes_is_refused() {
        let far = "timestamp,requests\n1970-01-01 00:00,1\n1970-01-01 00:01,1\n2199-01-01 00:00,1\n";
        assert!(wrong(far).contains("more than 5000000 values"));
        assert!(wrong("timestamp,requests\n9999-01-01 00:00,1\n").contains("too far away"));
    }

    #[test]
    fn a_thousand_faults_are_told_as_twenty() {
        let text = format!("timestamp,requests\n{}", "x,y\n".repeat(1_000));
        assert_eq!(read(&text).expect_err("faults").len(), MOST_FAULTS + 1);
    }

    proptest! {
        #[test]
        fn no_text_brings_it_down(text in any::<String>()) {
            let _ = read(&text);
            let _ = read(&format!("timestamp,requests\n{text}"));
        }

        #[test]
        fn no_row_brings_it_down(cells in prop::collection::vec(("[0-9T:Z +-]{0,24}|2026-12-0[1-9] 0[0-9]:[0-5]0", "[-0-9.eEinfNa]{0,12}"), 0..20)) {
            let rows: String = cells.iter().map(|(time, value)| format!("{time},{value}\n")).collect();
            if let Ok(series) = read(&format!("timestamp,a_requests\n{rows}")) {
                prop_assert!(series.routes["a"].iter().flatten().all(|v| v.is_finite() && *v >= 0.0));
            }
        }
    }
}
