//! When a resource is switched on.

use chrono::NaiveTime;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::driver::Driver;
use crate::money::quotient;
use crate::month::{HoursBasis, Month, Weekday};
use crate::quantity::Seconds;

/// When resources run: on some days between two times (UTC), or so many hours each month whenever.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct Schedule {
    /// Days on which it runs.
    #[serde(default)]
    pub days: Vec<Weekday>,
    /// When it is switched on, UTC, such as `08:00`.
    #[serde(default)]
    pub start: Option<String>,
    /// When it is switched off, UTC, such as `20:00`; `24:00` is the end of the day.
    #[serde(default)]
    pub stop: Option<String>,
    /// Instead of days and times: how long it runs each month, such as `4 h`.
    #[serde(default)]
    pub monthly: Option<Driver<Seconds>>,
}

impl Schedule {
    /// What is wrong with it, if anything.
    pub fn problem(&self) -> Option<&'static str> {
        match (&self.monthly, self.days.is_empty(), &self.start, &self.stop) {
            (Some(_), true, None, None) => None,
            (Some(_), ..) => Some("write either `monthly` or `days`, `start` and `stop`"),
            (None, true, ..) | (None, _, None, _) | (None, _, _, None) => Some("`days`, `start` and `stop` belong together"),
            (None, false, Some(_), Some(_)) => match self.daily_minutes() {
                Some(minutes) if minutes > 0 => None,
                Some(_) => Some("`stop` must come after `start` on the same day"),
                None => Some("times are written as `08:00`, up to `24:00`"),
            },
        }
    }

    /// Hours of the month in which it runs. With a fixed number of hours a month they are scaled in proportion.
    pub fn hours(&self, month: Month, basis: HoursBasis) -> Decimal {
        let whole = basis.hours(month);
        if let Some(monthly) = &self.monthly {
            return quotient(monthly.value.0, Decimal::from(3_600)).unwrap_or_default().min(whole);
        }
        let days = month.days().filter(|d| self.days.contains(&Weekday::of(*d))).count();
        let minutes = Decimal::from(days) * Decimal::from(self.daily_minutes().unwrap_or(0));
        let actual = quotient(minutes, Decimal::from(60)).unwrap_or_default();
        match basis {
            HoursBasis::Actual => actual,
            HoursBasis::Fixed(_) => quotient(actual * whole, Decimal::from(month.hours())).unwrap_or_default(),
        }
    }

    fn daily_minutes(&self) -> Option<i64> {
        let minutes = |text: &Option<String>| match text.as_deref()? {
            "24:00" => Some(1_440),
            text => NaiveTime::parse_from_str(text, "%H:%M").ok().map(|t| (t - NaiveTime::MIN).num_minutes()),
        };
        Some(minutes(&self.stop)? - minutes(&self.start)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn office() -> Schedule {
        Schedule {
            days: vec![Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri],
            start: Some("08:00".into()),
            stop: Some("20:00".into()),
            monthly: None,
        }
    }

    #[test]
    fn office_hours_count_the_working_days_that_a_month_really_has() {
        // December 2026 has 23 working days, February 2027 has 20.
        let hours = |m: &str| office().hours(m.parse().expect("a month"), HoursBasis::Actual);
        assert_eq!(hours("2026-12"), Decimal::from(23 * 12));
        assert_eq!(hours("2027-02"), Decimal::from(20 * 12));
    }

    #[test]
    fn half_a_schedule_is_refused() {
        assert!(Schedule { stop: None, ..office() }.problem().is_some());
        assert!(Schedule { stop: Some("07:00".into()), ..office() }.problem().is_some());
        assert!(Schedule { stop: Some("24:00".into()), ..office() }.problem().is_none());
    }
}
