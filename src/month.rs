//! A calendar month and its hours, in UTC.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Months, NaiveDate};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One billing period: a calendar month in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    first: NaiveDate,
}

impl Month {
    /// The month that holds `date`.
    pub fn of(date: NaiveDate) -> Month {
        Month { first: date.with_day(1).unwrap_or(date) }
    }

    /// The first day.
    pub fn first_day(self) -> NaiveDate {
        self.first
    }

    /// The first day of the month after: the exclusive end of the period.
    pub fn end(self) -> NaiveDate {
        self.plus(1).first
    }

    /// `months` later.
    pub fn plus(self, months: u32) -> Month {
        Month { first: self.first.checked_add_months(Months::new(months)).unwrap_or(self.first) }
    }

    /// How many months later `other` is; below zero where it is earlier.
    pub fn until(self, other: Month) -> i32 {
        let months = |m: Month| m.first.year() * 12 + i32::try_from(m.first.month0()).unwrap_or(0);
        months(other) - months(self)
    }

    /// The month before; `None` for the first that a date can hold.
    pub fn before(self) -> Option<Month> {
        self.first.checked_sub_months(Months::new(1)).map(|first| Month { first })
    }

    /// Every day of the month, in order.
    pub fn days(self) -> impl Iterator<Item = NaiveDate> {
        self.first.iter_days().take_while(move |d| *d < self.end())
    }

    /// 24 for each day: 672, 696, 720 or 744.
    pub fn hours(self) -> u32 {
        u32::try_from((self.end() - self.first).num_hours()).unwrap_or(0)
    }

    /// "December 2026".
    pub fn name(self) -> String {
        self.first.format("%B %Y").to_string()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first.format("%Y-%m"))
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Month {
    type Err = String;
    fn from_str(text: &str) -> Result<Month, String> {
        let digits = text.len() == 7 && text.bytes().enumerate().all(|(i, b)| if i == 4 { b == b'-' } else { b.is_ascii_digit() });
        if !digits {
            return Err(format!("`{text}` is not a month: write year and month, such as 2026-12"));
        }
        NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d")
            .map(Month::of)
            .map_err(|_| format!("`{text}` is not a month: the second part must lie between 01 and 12"))
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Month, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A day of the week, as files write it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the seven days need no words")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Weekday {
    /// All seven, from Monday on.
    pub const ALL: [Weekday; 7] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

    /// That of a date.
    pub fn of(date: NaiveDate) -> Weekday {
        Weekday::ALL[date.weekday().num_days_from_monday() as usize]
    }
}

/// How many hours a month is taken to have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum HoursBasis {
    /// The hours that the calendar gives: what AWS bills.
    #[default]
    Actual,
    /// The same number for every month: 730 is the AWS Pricing Calculator's convention.
    Fixed(u32),
}

impl HoursBasis {
    /// The hours of `month` on this basis.
    pub fn hours(self, month: Month) -> Decimal {
        match self {
            HoursBasis::Actual => Decimal::from(month.hours()),
            HoursBasis::Fixed(hours) => Decimal::from(hours),
        }
    }
}

impl FromStr for HoursBasis {
    type Err = String;
    fn from_str(text: &str) -> Result<HoursBasis, String> {
        match text {
            "actual" => Ok(HoursBasis::Actual),
            "730" => Ok(HoursBasis::Fixed(730)),
            "720" => Ok(HoursBasis::Fixed(720)),
            _ => Err("expected `actual`, `730` or `720`".into()),
        }
    }
}

impl fmt::Display for HoursBasis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HoursBasis::Actual => f.write_str("actual"),
            HoursBasis::Fixed(hours) => write!(f, "{hours}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_have_their_real_hours() {
        let hours = |m: &str| m.parse::<Month>().map(Month::hours);
        assert_eq!(hours("2026-12"), Ok(744));
        assert_eq!(hours("2026-11"), Ok(720));
        assert_eq!(hours("2028-02"), Ok(696));
        assert_eq!(hours("2027-02"), Ok(672));
    }

    #[test]
    fn months_are_counted_over_the_turn_of_the_year() {
        let until = |a: &str, b: &str| a.parse::<Month>().expect("a month").until(b.parse().expect("a month"));
        assert_eq!((until("2026-11", "2027-02"), until("2027-02", "2026-11"), until("2026-11", "2026-11")), (3, -3, 0));
    }

    #[test]
    fn what_is_no_month_says_so() {
        assert!("2026-13".parse::<Month>().expect_err("no month").contains("between 01 and 12"));
        assert!("2026-1".parse::<Month>().expect_err("no month").contains("such as 2026-12"));
    }
}
