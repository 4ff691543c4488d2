//! Scheduled scaling: limits that change at times of the week (Application Auto Scaling user guide, "Scheduled scaling").
//! An action sets the minimum, the maximum or both from then on, until another one does; what runs is moved between the new
//! limits at once.
//!
//! Not here: actions on a single date, and time zones other than UTC.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, json_schema};
use serde::{Deserialize, Serialize};

use super::{Problem, whole};
use crate::month::Weekday;
use crate::quantity::{Count, Quantity};
use crate::scenario::driver::Driver;

/// Minutes in a day.
const DAY: u32 = 1_440;
/// Minutes in a week, which begins on Monday at 00:00 UTC.
pub const WEEK: u32 = 7 * DAY;

/// A time of the day, in minutes since midnight UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TimeOfDay(pub u32);

impl FromStr for TimeOfDay {
    type Err = String;
    fn from_str(text: &str) -> Result<TimeOfDay, String> {
        let two = |part: &str, below: u32| {
            let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            part.parse().ok().filter(|n: &u32| digits && *n < below)
        };
        let parts = text.split_once(':').and_then(|(hour, minute)| Some((two(hour, 24)?, two(minute, 60)?)));
        parts.map(|(hour, minute)| TimeOfDay(hour * 60 + minute)).ok_or_else(|| format!("expected {}", TimeOfDay::EXPECTED))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Quantity for TimeOfDay {
    const NAME: &'static str = "TimeOfDay";
    const EXPECTED: &'static str = "a time of the day in UTC, such as `08:00`";
    fn decimal(&self) -> Decimal {
        Decimal::from(self.0)
    }
    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "description": TimeOfDay::EXPECTED })
    }
}

/// A change of the limits, every week.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ScheduledAction {
    /// When it comes, UTC.
    pub at: Driver<TimeOfDay>,
    /// On which days; every day where none is stated.
    #[serde(default)]
    pub days: Vec<Weekday>,
    /// The least that run from then on.
    #[serde(default)]
    pub min: Option<Driver<Count>>,
    /// The most that run from then on.
    #[serde(default)]
    pub max: Option<Driver<Count>>,
}

/// The least and the most that run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Limits {
    /// The least, in tasks or instances.
    pub min: u32,
    /// The most, in tasks or instances.
    pub max: u32,
}

impl Limits {
    /// The nearest number between the limits.
    pub fn clip(self, number: u32) -> u32 {
        number.min(self.max).max(self.min)
    }
}

/// The limits of every minute of the week.
#[derive(Clone, Debug)]
pub struct Week {
    /// The limits that some minute has; the first is in force where nothing is scheduled.
    limits: Vec<Limits>,
    /// Which of them a minute has; empty where nothing is scheduled.
    by_minute: Vec<u16>,
}

/// An action on one day, as numbers.
struct Change {
    /// Minute of the week.
    minute: u32,
    min: Option<u32>,
    max: Option<u32>,
    /// Which action it is.
    by: usize,
}

impl Change {
    fn of(&self, now: Limits) -> Limits {
        Limits { min: self.min.unwrap_or(now.min), max: self.max.unwrap_or(now.max) }
    }
}

impl Week {
    /// The same limits all week.
    pub fn always(limits: Limits) -> Week {
        Week { limits: vec![limits], by_minute: Vec::new() }
    }

    /// What scheduled actions make of the limits `start`. A week begins with what the last action of the week before left.
    pub fn new(actions: &[ScheduledAction], start: Limits) -> Result<Week, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut changes = Vec::new();
        for (by, action) in actions.iter().enumerate() {
            match action.changes(by) {
                Ok(more) => changes.extend(more),
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        // Stable: what comes in the same minute is taken in the order of the file.
        changes.sort_by_key(|c| c.minute);
        // The first round brings what the week before left; the second one is any week.
        let before = changes.iter().fold(start, |now, change| change.of(now));
        let mut now = before;
        let mut table = vec![(0, now)];
        for change in &changes {
            now = change.of(now);
            if now.min > now.max {
                return Err(vec![actions[change.by].crossed()]);
            }
            table.push((change.minute, now));
        }
        Ok(if changes.is_empty() { Week::always(start) } else { Week::of(&table) })
    }

    /// From the limits that hold from each minute on.
    fn of(table: &[(u32, Limits)]) -> Week {
        let mut week = Week { limits: Vec::new(), by_minute: vec![0; WEEK as usize] };
        for (minute, limits) in table {
            let known = week.limits.iter().position(|l| l == limits);
            let index = known.unwrap_or_else(|| {
                week.limits.push(*limits);
                week.limits.len() - 1
            });
            week.by_minute[*minute as usize..].fill(u16::try_from(index).unwrap_or(u16::MAX));
        }
        week
    }

    /// The limits of a minute, counted from any Monday at 00:00 UTC.
    pub fn at(&self, minute: u32) -> Limits {
        let index = self.by_minute.get((minute % WEEK) as usize).copied().unwrap_or(0);
        self.limits[usize::from(index)]
    }
}

impl ScheduledAction {
    fn changes(&self, by: usize) -> Result<Vec<Change>, Problem> {
        if self.min.is_none() && self.max.is_none() {
            let message = format!("the action at {} changes nothing", self.at.value);
            return Err(Problem::new(self.at.at, message, "expected `min`, `max` or both beside it", "write `min: 6`"));
        }
        let limit = |stated: &Option<Driver<Count>>| stated.as_ref().map(|count| whole(count, "tasks")).transpose();
        let (min, max) = (limit(&self.min)?, limit(&self.max)?);
        let comes = |day: &Weekday| self.days.is_empty() || self.days.contains(day);
        let days = (0..).zip(Weekday::ALL).filter(|(_, day)| comes(day));
        Ok(days.map(|(day, _)| Change { minute: day * DAY + self.at.value.0, min, max, by }).collect())
    }

    fn crossed(&self) -> Problem {
        let at = self.min.as_ref().or(self.max.as_ref()).and_then(|limit| limit.at);
        let message = format!("after the action at {} the least is more than the most", self.at.value);
        Problem::new(at, message, "`min` must not be above `max`", "state both in one action")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::testing::yaml;

    const START: Limits = Limits { min: 2, max: 10 };

    fn minute(day: u32, hour: u32, minute: u32) -> u32 {
        day * 1_440 + hour * 60 + minute
    }

    fn week(text: &str) -> Result<Week, Vec<String>> {
        let actions: Vec<ScheduledAction> = yaml(text);
        Week::new(&actions, START).map_err(|problems| problems.into_iter().map(|p| p.message).collect())
    }

    #[test]
    fn limits_hold_from_an_action_to_the_next() {
        let week = week("[{at: \"08:00\", days: [mon, tue, wed, thu, fri], min: 6}, {at: \"20:00\", min: 3, max: 8}]").expect("a week");
        let at = |day, hour, m| week.at(minute(day, hour, m));
        assert_eq!(at(0, 7, 59), Limits { min: 3, max: 8 }, "Monday begins with what Sunday 20:00 left");
        assert_eq!(at(0, 8, 0), Limits { min: 6, max: 8 }, "an action that states only `min` leaves `max`");
        assert_eq!(at(0, 19, 59), Limits { min: 6, max: 8 });
        assert_eq!(at(0, 20, 0), Limits { min: 3, max: 8 });
        assert_eq!(at(5, 12, 0), Limits { min: 3, max: 8 }, "no action on Saturday morning");
        assert_eq!(week.at(WEEK + 480), week.at(480), "every week is alike");
    }

    #[test]
    fn without_actions_the_limits_stay() {
        assert_eq!(week("[]").expect("a week").at(5_000), START);
    }

    #[test]
    fn an_action_that_cannot_be_is_refused() {
        assert_eq!(week("[{at: \"08:00\"}]").expect_err("nothing"), ["the action at 08:00 changes nothing"]);
        assert_eq!(week("[{at: \"08:00\", min: 2.5}]").expect_err("a half"), ["2.5 tasks cannot be"]);
        assert_eq!(
            week("[{at: \"08:00\", min: 12}]").expect_err("above max"),
            ["after the action at 08:00 the least is more than the most"]
        );
        for text in ["8:00", "24:00", "08:60", "+8:00", "noon"] {
            assert_eq!(text.parse::<TimeOfDay>(), Err("expected a time of the day in UTC, such as `08:00`".to_owned()), "{text}");
        }
    }
}
