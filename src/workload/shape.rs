//! Shapes: how demand of an average week is spread over its hours (UTC) and days.
//!
//! Both shapes have mean 1, so that the average over a whole week is the level itself. Not here: holidays (`events`).
#![allow(clippy::float_arithmetic, reason = "relative demand is no money")]

use std::f64::consts::PI;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::Relative;
use super::text::as_text;
use crate::statistic::float;

/// Minutes of a day.
pub const DAY: usize = 1_440;

/// The shape of a day, one of two ways.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "ShapeOfDay")]
pub enum Day {
    /// A smooth curve from a low to a peak and back.
    Curve(Curve),
    /// 24 relative values, one for each hour UTC from 00 on. Each stands at the middle of its hour, lines join them.
    Hours(#[schemars(length(equal = 24))] Vec<Relative>),
}

/// A smooth day: half a cosine from the low up to the peak, another half down to the next low.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CurveOfDay")]
pub struct Curve {
    /// When demand is highest, UTC, such as `15:00`.
    pub peak: Clock,
    /// When demand is lowest, UTC, such as `04:00`.
    pub low: Clock,
    /// How many times the lowest demand the highest is.
    pub ratio: Relative,
}

/// Relative demand of the days of a week; a day left out counts as 1.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs, reason = "the seven days need no words")]
pub struct Week {
    #[serde(default)]
    pub mon: Option<Relative>,
    #[serde(default)]
    pub tue: Option<Relative>,
    #[serde(default)]
    pub wed: Option<Relative>,
    #[serde(default)]
    pub thu: Option<Relative>,
    #[serde(default)]
    pub fri: Option<Relative>,
    #[serde(default)]
    pub sat: Option<Relative>,
    #[serde(default)]
    pub sun: Option<Relative>,
}

/// A time of day, UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Clock {
    /// Minutes since midnight, below 1,440.
    minute: u16,
}

impl Day {
    /// Relative demand of each minute of the day, with mean 1.
    pub fn minutes(&self) -> Vec<f64> {
        match self {
            Day::Curve(curve) => curve.minutes(),
            Day::Hours(values) => between_hours(&values.iter().map(number).collect::<Vec<f64>>()),
        }
    }
}

impl Curve {
    fn minutes(&self) -> Vec<f64> {
        let (low, peak) = (usize::from(self.low.minute), usize::from(self.peak.minute));
        let rise = (peak + DAY - low) % DAY;
        let ratio = number(&self.ratio);
        let shape = (0..DAY).map(|minute| {
            // The middle of each minute, counted from the low: both halves are then met symmetrically.
            let since = (minute + DAY - low) % DAY;
            let part = if since < rise {
                (since as f64 + 0.5) / rise as f64
            } else {
                1.0 - (since as f64 + 0.5 - rise as f64) / (DAY - rise) as f64
            };
            1.0 + (ratio - 1.0) * (1.0 - (PI * part).cos()) / 2.0
        });
        normalised(shape.collect())
    }
}

impl Week {
    /// Relative demand of each day from Monday on, with mean 1.
    pub fn days(&self) -> [f64; 7] {
        let days = [&self.mon, &self.tue, &self.wed, &self.thu, &self.fri, &self.sat, &self.sun];
        let values = days.map(|d| d.as_ref().map_or(1.0, number));
        let mean = values.iter().sum::<f64>() / 7.0;
        if mean > 0.0 { values.map(|v| v / mean) } else { [1.0; 7] }
    }
}

/// Relative demand of each minute, with mean 1, from 24 values that stand at the middle of their hours. The mean over an hour
/// is (before + 6 × own + after) ÷ 8.
pub fn between_hours(values: &[f64]) -> Vec<f64> {
    let at = |hour: usize| values.get(hour % 24).copied().unwrap_or(0.0);
    let shape = (0..DAY).map(|minute| {
        let from = (minute + DAY - 30) % DAY;
        let (hour, part) = (from / 60, ((from % 60) as f64 + 0.5) / 60.0);
        at(hour) * (1.0 - part) + at(hour + 1) * part
    });
    normalised(shape.collect())
}

/// The same with mean 1; flat where all is zero.
fn normalised(mut shape: Vec<f64>) -> Vec<f64> {
    let mean = shape.iter().sum::<f64>() / shape.len().max(1) as f64;
    for value in &mut shape {
        *value = if mean > 0.0 { *value / mean } else { 1.0 };
    }
    shape
}

/// A driver's value as a float. A decimal always has one.
pub(super) fn number(driver: &Relative) -> f64 {
    float(driver.value.0)
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        deserializer.deserialize_any(DayVisitor)
    }
}

struct DayVisitor;

impl<'de> Visitor<'de> for DayVisitor {
    type Value = Day;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`{peak: \"15:00\", low: \"04:00\", ratio: 3}` or 24 relative values")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Day, A::Error> {
        Curve::deserialize(MapAccessDeserializer::new(map)).map(Day::Curve)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Day, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Day::Hours)
    }
}

impl FromStr for Clock {
    type Err = String;
    fn from_str(text: &str) -> Result<Clock, String> {
        match clock(text) {
            Some(minute) if usize::from(minute) < DAY => Ok(Clock { minute }),
            _ => Err(format!("`{text}` is no time of day: write it as 15:00")),
        }
    }
}

/// Minutes since midnight of `HH:MM`, up to `24:00`.
pub(super) fn clock(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two = |part: &str, most: u16| -> Option<u16> {
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse().ok())?.filter(|n| *n <= most)
    };
    let minute = two(hour, 24)? * 60 + two(minute, 59)?;
    (usize::from(minute) <= DAY).then_some(minute)
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.minute / 60, self.minute % 60)
    }
}

as_text!(Clock, r"^([01]\d|2[0-3]):[0-5]\d$", "a time of day in UTC, such as `15:00`");

#[cfg(test)]
mod tests {
    use super::super::demand::mean;
    use super::super::tests::{near, workload};
    use super::*;

    fn day(text: &str) -> Vec<f64> {
        workload(&format!("workload:\n  requests: {{level: 1/s}}\n  day: {text}")).day.expect("a day").minutes()
    }

    #[test]
    fn a_smooth_day_has_mean_one_and_the_ratio_that_was_asked_for() {
        let minutes = day("{peak: \"15:00\", low: \"04:00\", ratio: 3}");
        assert!(near(mean(&minutes), 1.0));
        let (peak, low) = (minutes[15 * 60], minutes[4 * 60]);
        // (1 + 3) ÷ 2 is the mean of both halves: the low lies at 1 ÷ 2, the peak at 3 ÷ 2. The middle of the first minute
        // lies half a minute beside the extreme.
        assert!((low - 0.5).abs() < 1e-4 && (peak - 1.5).abs() < 1e-4, "{low} {peak}");
        assert!(minutes.iter().all(|m| *m <= 1.5 && *m >= 0.5));
        // Half way up, 9:30, demand is average.
        assert!((minutes[9 * 60 + 29] + minutes[9 * 60 + 30] - 2.0).abs() < 1e-9);
    }

    #[test]
    fn a_peak_after_midnight_is_reached_through_it() {
        let minutes = day("{peak: \"02:00\", low: \"14:00\", ratio: 2}");
        assert!(minutes[0] > minutes[20 * 60] && minutes[2 * 60] > minutes[0]);
        assert!(near(mean(&minutes), 1.0));
    }

    #[test]
    fn hours_are_joined_by_lines_between_their_middles() {
        let values: Vec<f64> = (0..24).map(|h| if h == 12 { 3.0 } else { 1.0 }).collect();
        let text = values.iter().map(|v| v.to_string()).collect::<Vec<_>>().join(", ");
        let minutes = day(&format!("[{text}]"));
        assert!(near(mean(&minutes), 1.0));
        // Mean of the 24 values: 26 ÷ 24. The hour from 12 to 13 has (1 + 6 × 3 + 1) ÷ 8 = 2.5.
        assert!(near(mean(&minutes[12 * 60..13 * 60]), 2.5 / (26.0 / 24.0)));
        assert!(near(mean(&minutes[11 * 60..12 * 60]), 1.25 / (26.0 / 24.0)));
    }

    #[test]
    fn days_left_out_of_a_week_count_as_one() {
        let week = workload("workload:\n  requests: {level: 1/s}\n  week: {sat: 0.6, sun: 0.4}").week.expect("a week").days();
        assert!(near(week.iter().sum::<f64>(), 7.0));
        assert!(near(week[5] / week[0], 0.6) && near(week[6] / week[0], 0.4));
    }

    #[test]
    fn what_is_no_time_of_day_says_so() {
        for text in ["24:00", "15", "15:60", "3:00", "1500", "+1:00"] {
            assert!(text.parse::<Clock>().expect_err("no time").contains("write it as 15:00"), "{text}");
        }
    }
}
