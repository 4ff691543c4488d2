//! Events: what lifts or lowers demand for a while, such as a launch, holidays or a sale. All times are UTC.
#![allow(clippy::float_arithmetic, reason = "relative demand is no money")]

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Relative;
use super::shape::{clock, number};
use super::text::as_text;
use crate::month::Month;

/// One event: from a time to another, from a day to another (both included), or on some days.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// Its name for people.
    pub name: String,
    /// When it begins: a day or a time, such as `2026-12-24` or `2027-03-01 09:00`.
    #[serde(default)]
    pub from: Option<Moment>,
    /// When it ends: a day, which still belongs to it, or a time, which does not.
    #[serde(default)]
    pub to: Option<Moment>,
    /// Instead of both: the days on which it happens.
    #[serde(default)]
    pub days: Vec<Date>,
    /// By how much it multiplies demand.
    pub times: Relative,
    /// The routes on which it acts; without it all.
    #[serde(default)]
    pub routes: Vec<String>,
}

/// A day, or a time of a day in UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// All of a day.
    Day(NaiveDate),
    /// A minute of a day.
    Time(NaiveDateTime),
}

/// A day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Date(pub NaiveDate);

impl Moment {
    /// Its first minute.
    pub fn start(self) -> NaiveDateTime {
        match self {
            Moment::Day(day) => day.and_time(NaiveTime::MIN),
            Moment::Time(time) => time,
        }
    }

    /// The first minute that it does not hold, where an event lasts until it.
    pub fn end(self) -> NaiveDateTime {
        match self {
            Moment::Day(day) => day.checked_add_days(Days::new(1)).unwrap_or(day).and_time(NaiveTime::MIN),
            Moment::Time(time) => time,
        }
    }
}

impl Event {
    /// True where it acts on a route.
    pub fn acts_on(&self, route: &str) -> bool {
        self.routes.is_empty() || self.routes.iter().any(|r| r == route)
    }

    /// Multiplies the minutes of a month on which it happens.
    pub(super) fn multiply(&self, month: Month, minutes: &mut [f64]) {
        let times = number(&self.times);
        for span in self.minutes_of(month, minutes.len()) {
            minutes.iter_mut().take(span.end).skip(span.start).for_each(|m| *m *= times);
        }
    }

    /// The minutes of a month on which it happens. A day that is listed twice counts once.
    fn minutes_of(&self, month: Month, len: usize) -> Vec<Range<usize>> {
        let start = month.first_day().and_time(NaiveTime::MIN);
        let minute = |time: NaiveDateTime| usize::try_from((time - start).num_minutes()).unwrap_or(0).min(len);
        let mut days: Vec<Moment> = self.days.iter().map(|d| Moment::Day(d.0)).collect();
        days.sort_by_key(|d| d.start());
        days.dedup();
        let span = self.from.zip(self.to).filter(|_| days.is_empty());
        let spans = days.into_iter().map(|d| (d, d)).chain(span);
        spans.map(|(from, to)| minute(from.start())..minute(to.end())).filter(|span| !span.is_empty()).collect()
    }
}

fn date(text: &str) -> Option<NaiveDate> {
    let digits = text.len() == 10 && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    digits.then(|| text.parse().ok())?
}

impl FromStr for Moment {
    type Err = String;
    fn from_str(text: &str) -> Result<Moment, String> {
        let moment = match text.split_once(' ') {
            None => date(text).map(Moment::Day),
            Some((day, time)) => date(day).zip(clock(time)).and_then(|(day, minute)| {
                day.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::minutes(minute.into())).map(Moment::Time)
            }),
        };
        moment.ok_or_else(|| format!("`{text}` is no date: write it as 2026-12-24, or with a time (UTC) as \"2026-12-24 09:00\""))
    }
}

impl FromStr for Date {
    type Err = String;
    fn from_str(text: &str) -> Result<Date, String> {
        date(text).map(Date).ok_or_else(|| format!("`{text}` is no date: write it as 2026-12-24"))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Moment::Day(day) => write!(f, "{day}"),
            Moment::Time(time) => write!(f, "{}", time.format("%Y-%m-%d %H:%M")),
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

as_text!(Moment, r"^\d{4}-\d{2}-\d{2}( \d{2}:\d{2})?$", "a day or a time in UTC, such as `2026-12-24` or `2026-12-24 09:00`");
as_text!(Date, r"^\d{4}-\d{2}-\d{2}$", "a day, such as `2026-12-24`");

#[cfg(test)]
mod tests {
    use super::super::tests::{month, workload};
    use super::*;

    /// Minutes of a month on which an event happens, as sums of whole spans.
    fn spans(event: &str, of: &str) -> Vec<(usize, usize)> {
        let text = format!("workload:\n  requests: {{level: 1/s}}\n  events: [{{name: x, times: 2, {event}}}]");
        let month = month(of);
        workload(&text).events[0].minutes_of(month, month.hours() as usize * 60).into_iter().map(|span| (span.start, span.end)).collect()
    }

    #[test]
    fn days_are_counted_to_their_end_and_times_are_not() {
        assert_eq!(spans("from: 2026-12-24, to: 2026-12-26", "2026-12"), [(23 * 1_440, 26 * 1_440)]);
        assert_eq!(spans("from: \"2026-12-24 09:00\", to: \"2026-12-24 15:00\"", "2026-12"), [(23 * 1_440 + 540, 23 * 1_440 + 900)]);
        assert_eq!(spans("from: \"2026-12-24 09:00\", to: \"2026-12-24 24:00\"", "2026-12"), [(23 * 1_440 + 540, 24 * 1_440)]);
    }

    #[test]
    fn an_event_over_the_turn_of_the_month_is_cut_into_both() {
        assert_eq!(spans("from: 2026-12-24, to: 2027-01-02", "2026-12"), [(23 * 1_440, 31 * 1_440)]);
        assert_eq!(spans("from: 2026-12-24, to: 2027-01-02", "2027-01"), [(0, 2 * 1_440)]);
        assert!(spans("from: 2026-12-24, to: 2027-01-02", "2027-02").is_empty());
        assert!(spans("from: 2026-12-24, to: 2027-01-02", "2026-11").is_empty());
    }

    #[test]
    fn a_day_listed_twice_happens_once() {
        assert_eq!(spans("days: [2026-11-27, 2026-11-27, 2027-11-26]", "2026-11"), [(26 * 1_440, 27 * 1_440)]);
    }

    #[test]
    fn what_is_no_date_says_so() {
        for text in ["24.12.2026", "2026-12-32", "2026-12-24T09:00", "2026-12-24 9:00", "2026-12-24 24:01", ""] {
            assert!(text.parse::<Moment>().expect_err("no date").contains("write it as 2026-12-24"), "{text}");
        }
    }
}
