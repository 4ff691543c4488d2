//! A question to Cost Explorer, in the JSON spelling of its API: what is sent, what the cache is looked up by.

use std::fmt;

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::reply::Period;
use crate::month::Month;

/// What is asked of each group. Cost Explorer has no per-row commitment data.
pub const METRICS: [&str; 5] = ["UnblendedCost", "AmortizedCost", "NetUnblendedCost", "NetAmortizedCost", "UsageQuantity"];

/// A request of `GetCostAndUsage`. Cost Explorer takes two groupings at most.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    /// From when to when.
    pub time_period: TimePeriod,
    /// Months or days.
    pub granularity: Granularity,
    /// Only what fits; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// What is asked of each group.
    pub metrics: Vec<String>,
    /// By what.
    pub group_by: Vec<Grouping>,
}

/// From the first day to the day after the last.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TimePeriod {
    /// The first day; with hours where these are asked for.
    pub start: String,
    /// The end, itself outside.
    pub end: String,
}

impl TimePeriod {
    /// Whole months, the last one included.
    pub fn months(from: Month, to: Month) -> TimePeriod {
        TimePeriod { start: from.first_day().to_string(), end: to.end().to_string() }
    }

    /// Its days. An hour gives its day.
    ///
    /// # Errors
    /// What is no date, or an end that is not behind the start.
    pub fn days(&self) -> Result<Period, String> {
        let day = |text: &str| {
            let date = text.get(..10).filter(|_| matches!(text.as_bytes().get(10), None | Some(b'T')));
            date.and_then(|d| NaiveDate::parse_from_str(d, "%Y-%m-%d").ok())
                .ok_or_else(|| format!("`{}` is not a date such as 2026-10-01", text.chars().take(40).collect::<String>()))
        };
        let (start, mut end) = (day(&self.start)?, day(&self.end)?);
        if self.start.len() > 10 && self.end > self.start && start == end {
            end = end.checked_add_days(Days::new(1)).unwrap_or(end);
        }
        if start >= end {
            return Err(format!("the end {} is not behind the start {}", self.end, self.start));
        }
        Ok(Period { start, end })
    }
}

/// The length of the periods of an answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "UPPERCASE")]
pub enum Granularity {
    /// Calendar months.
    #[default]
    Monthly,
    /// Days.
    Daily,
}

impl fmt::Display for Granularity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Granularity::Monthly => "monthly",
            Granularity::Daily => "daily",
        })
    }
}

/// By what amounts are grouped.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Grouping {
    /// `DIMENSION`, `TAG` or `COST_CATEGORY`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// The dimension (`SERVICE`, `USAGE_TYPE`, …) or the tag's key.
    pub key: String,
}

impl Grouping {
    /// By a dimension.
    pub fn dimension(key: &str) -> Grouping {
        Grouping { kind: "DIMENSION".into(), key: key.into() }
    }

    /// By the values of a tag.
    pub fn tag(key: &str) -> Grouping {
        Grouping { kind: "TAG".into(), key: key.into() }
    }
}

/// What a request is limited to: the parts of Cost Explorer's `Expression` that are used here.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Filter {
    /// All of these.
    And(Vec<Filter>),
    /// A dimension has one of some values.
    Dimensions(Values),
    /// A tag has one of some values.
    Tags(Values),
}

/// A key and the values that fit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Values {
    /// Of the dimension or the tag.
    pub key: String,
    /// Any of these.
    pub values: Vec<String>,
}

impl Filter {
    /// A dimension has one of some values.
    pub fn dimension(key: &str, values: Vec<String>) -> Filter {
        Filter::Dimensions(Values { key: key.into(), values })
    }

    /// A tag has a value.
    pub fn tag(key: &str, value: &str) -> Filter {
        Filter::Tags(Values { key: key.into(), values: vec![value.into()] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_spelled_as_the_api_spells_it() {
        let request = Request {
            time_period: TimePeriod::months("2026-08".parse().expect("a month"), "2026-10".parse().expect("a month")),
            granularity: Granularity::Daily,
            filter: Some(Filter::And(vec![Filter::tag("Environment", "prod"), Filter::dimension("RECORD_TYPE", vec!["Credit".into()])])),
            metrics: vec!["UnblendedCost".into()],
            group_by: vec![Grouping::dimension("SERVICE"), Grouping::tag("Owner")],
        };
        let text = serde_json::to_string(&request).expect("JSON");
        assert_eq!(
            text,
            r#"{"TimePeriod":{"Start":"2026-08-01","End":"2026-11-01"},"Granularity":"DAILY","Filter":{"And":[{"Tags":{"Key":"Environment","Values":["prod"]}},{"Dimensions":{"Key":"RECORD_TYPE","Values":["Credit"]}}]},"Metrics":["UnblendedCost"],"GroupBy":[{"Type":"DIMENSION","Key":"SERVICE"},{"Type":"TAG","Key":"Owner"}]}"#
        );
    }

    #[test]
    fn days_are_read_from_dates_and_hours() {
        let days = |start: &str, end: &str| TimePeriod { start: start.into(), end: end.into() }.days();
        assert_eq!(days("2026-10-01T05:00:00Z", "2026-10-01T06:00:00Z").map(Period::day), Ok("2026-10-01".parse().ok()));
        assert!(days("2026-10-02", "2026-10-02").expect_err("nothing").contains("not behind the start"));
        assert!(days("2026-10-0é", "2026-10-02").expect_err("nothing").contains("not a date"));
        assert!(days("tomorrow", "2026-10-02").expect_err("nothing").contains("not a date"));
    }
}
