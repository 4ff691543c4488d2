//! What was measured: requests of each route over time, from a table (CSV) or as CloudWatch gives them.
//!
//! Text in, a series or everything that is wrong with it out. Not here: files and AWS (`cli`), and what a series means ([`fit`]).
//!
//! [`fit`]: super::fit
#![allow(clippy::float_arithmetic, reason = "demand is no money")]

mod cloudwatch;
mod csv;
pub mod utilisation;

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

/// Most values that are read, gaps and all routes counted: nine years of minutes.
pub const MOST_VALUES: usize = 5_000_000;
/// Most routes that are read.
pub const MOST_ROUTES: usize = 100;
/// How many faults are told before reading stops.
const MOST_FAULTS: usize = 20;
/// Most requests that are read as one value.
const MOST_REQUESTS: f64 = 1e12;
/// The intervals that are read, in minutes: those of CloudWatch's metrics that are kept for 15, 63 and 455 days.
const INTERVALS: [i64; 3] = [1, 5, 60];

/// Requests over time, evenly spaced.
#[derive(Clone, PartialEq, Debug)]
pub struct Series {
    /// When the first interval begins, UTC.
    pub start: NaiveDateTime,
    /// Length of each interval: 1, 5 or 60 minutes.
    pub step_minutes: u32,
    /// Requests per second of each route, on average over each interval; `None` where nothing was measured. All of one length.
    pub routes: BTreeMap<String, Vec<Option<f64>>>,
    /// What the user should know about the data.
    pub notes: Vec<String>,
}

/// One thing that is wrong with measured data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The line, from 1, where lines matter.
    pub line: Option<u64>,
    /// The column of a table or the id of a metric.
    pub column: Option<String>,
    /// What is wrong and what was expected.
    pub message: String,
}

impl Series {
    /// Reads either of the two forms. What CloudWatch prints is an object; a table begins with the names of its columns.
    pub fn read(text: &str) -> Result<Series, Vec<Fault>> {
        if text.trim_start().starts_with('{') { Series::from_cloudwatch(text) } else { Series::from_csv(text) }
    }

    /// Reads a table with a header: `timestamp` and a column for each route. The name of a column says what it counts:
    /// `core_requests` are requests in the interval, `core_requests_per_s` are requests per second; `requests` and
    /// `requests_per_s` are those of all routes together. Times are RFC 3339 or `2026-12-01 09:00` (UTC), in order. Rows may
    /// be left out and cells left empty: nothing was measured then.
    pub fn from_csv(text: &str) -> Result<Series, Vec<Fault>> {
        csv::read(text)
    }

    /// Reads what `aws cloudwatch get-metric-data` prints, for the statistic `Sum` of a count of requests. Every id is a
    /// route; a single one is all routes together.
    pub fn from_cloudwatch(text: &str) -> Result<Series, Vec<Fault>> {
        cloudwatch::read(text)
    }

    /// How many intervals it spans.
    pub fn len(&self) -> usize {
        self.routes.values().next().map_or(0, Vec::len)
    }

    /// True where it spans no time.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// When an interval begins.
    pub fn time(&self, index: usize) -> NaiveDateTime {
        let minutes = i64::try_from(index).unwrap_or(0).saturating_mul(self.step_minutes.into());
        self.start.checked_add_signed(TimeDelta::minutes(minutes)).unwrap_or(self.start)
    }

    /// Requests per second of all routes together; `None` where one of them was not measured.
    pub fn total(&self) -> Vec<Option<f64>> {
        (0..self.len()).map(|i| self.routes.values().map(|values| values.get(i).copied().flatten()).sum()).collect()
    }
}

impl Fault {
    fn new(message: impl Into<String>) -> Fault {
        Fault { line: None, column: None, message: message.into() }
    }

    fn at(mut self, line: u64) -> Fault {
        self.line = Some(line);
        self
    }

    fn of(mut self, column: &str) -> Fault {
        // Hostile names are as long as the file.
        self.column = Some(short(column));
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, &self.column) {
            (Some(line), Some(column)) => write!(f, "line {line}, column `{column}`: {}", self.message),
            (Some(line), None) => write!(f, "line {line}: {}", self.message),
            (None, Some(column)) => write!(f, "`{column}`: {}", self.message),
            (None, None) => f.write_str(&self.message),
        }
    }
}

/// The beginning of a text, for messages.
fn short(text: &str) -> String {
    match text.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// True for what a route can be called: a word that stands in files and tables as it is.
fn is_name(route: &str) -> bool {
    (1..=100).contains(&route.len()) && route.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./".contains(&b))
}

/// Minutes since 1970 of a time in UTC: RFC 3339, or `2026-12-01 09:00` with or without seconds, with `/` in the date where
/// CloudWatch's console wrote it.
fn minute_of(text: &str) -> Result<i64, String> {
    let forms = ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M"];
    let plain = || forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let time = DateTime::parse_from_rfc3339(text).ok().map(|t| t.naive_utc()).or_else(plain);
    let time = time.ok_or_else(|| format!("`{}` is no time: write it as 2026-12-01T09:00:00Z or 2026-12-01 09:00", short(text)))?;
    if time.second() != 0 || time.nanosecond() != 0 {
        return Err(format!("`{}` is not the beginning of a minute", short(text)));
    }
    let minute = time.and_utc().timestamp() / 60;
    // Until the year 2200.
    if (0..121_000_000).contains(&minute) { Ok(minute) } else { Err(format!("`{}` is too far away to be measured", short(text))) }
}

fn time_of(minute: i64) -> NaiveDateTime {
    let epoch = NaiveDate::default().and_time(NaiveTime::MIN);
    epoch.checked_add_signed(TimeDelta::minutes(minute)).unwrap_or(epoch)
}

/// An even spacing of times.
struct Grid {
    /// Minutes since 1970 at which it begins.
    start: i64,
    /// Minutes from one interval to the next.
    step: i64,
    /// How many intervals.
    len: usize,
}

impl Grid {
    /// The spacing of times that rise: the smallest distance between two. On error the index of the time that does not fit.
    fn of(times: &[i64], routes: usize) -> Result<Grid, (usize, String)> {
        let (Some(&start), Some(&last)) = (times.first(), times.last()) else {
            return Err((0, "there is no data".into()));
        };
        let nearest = times.windows(2).map(|w| w[1] - w[0]).enumerate().min_by_key(|(_, step)| *step);
        let Some((index, step)) = nearest else { return Err((0, "one time alone does not say how long its interval is".into())) };
        if !INTERVALS.contains(&step) {
            return Err((index + 1, format!("{step} min after the one before: intervals are 1, 5 or 60 minutes long")));
        }
        if let Some(index) = times.iter().position(|time| time % step != 0) {
            return Err((index, format!("intervals of {step} minutes begin at whole multiples of them")));
        }
        let len = usize::try_from((last - start) / step + 1).unwrap_or(usize::MAX);
        if len.saturating_mul(routes) > MOST_VALUES {
            return Err((times.len() - 1, too_many()));
        }
        Ok(Grid { start, step, len })
    }

    fn index(&self, time: i64) -> usize {
        usize::try_from((time - self.start) / self.step).unwrap_or(0)
    }

    fn series(&self, routes: BTreeMap<String, Vec<Option<f64>>>, notes: Vec<String>) -> Series {
        Series { start: time_of(self.start), step_minutes: u32::try_from(self.step).unwrap_or(0), routes, notes }
    }

    /// The seconds of an interval.
    fn seconds(&self) -> f64 {
        60.0 * self.step as f64
    }
}

fn too_many() -> String {
    format!("more than {MOST_VALUES} values, gaps counted: cut the time, or measure by 5 or 60 minutes")
}

/// Says why a number cannot be a count of requests.
fn wrong_number(value: f64) -> Option<&'static str> {
    match value {
        v if v.is_nan() || v.is_infinite() => Some("is no finite number"),
        v if v < 0.0 => Some("is below zero"),
        v if v > MOST_REQUESTS => Some("is too large"),
        _ => None,
    }
}
