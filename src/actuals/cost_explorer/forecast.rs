//! AWS's own forecast (`GetCostForecast`), to be held beside ours. It knows the bill's past and no scenario.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::reply::{Value, usd};
use super::request::{Granularity, TimePeriod};
use crate::money::Usd;
use crate::month::Month;

/// The share of cases, in percent, that lie within AWS's bounds: as many as between our P10 and P90.
pub const LEVEL: i32 = 80;

/// A request of `GetCostForecast`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ForecastRequest {
    /// From when to when; from today on.
    pub time_period: TimePeriod,
    /// `UNBLENDED_COST`, and others.
    pub metric: String,
    /// Months or days.
    pub granularity: Granularity,
    /// The share of cases within the bounds, in percent.
    pub prediction_interval_level: i32,
}

/// The answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ForecastReply {
    /// All periods together.
    pub total: Value,
    /// The periods.
    pub forecast_results_by_time: Vec<ForecastResult>,
}

/// One period of an answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ForecastResult {
    /// When.
    pub time_period: TimePeriod,
    /// What AWS expects.
    pub mean_value: String,
    /// Below it lies a tenth of the cases.
    pub prediction_interval_lower_bound: String,
    /// Above it lies a tenth of the cases.
    pub prediction_interval_upper_bound: String,
}

/// What AWS expects of a month.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expected {
    /// The month.
    pub month: Month,
    /// The middle.
    pub mean: Usd,
    /// A tenth of the cases lies below.
    pub low: Usd,
    /// A tenth of the cases lies above.
    pub high: Usd,
}

impl ForecastRequest {
    /// So many whole months after that of `today`, and the rest of this one: AWS wants it to begin no later than today. AWS looks at
    /// most 18 months ahead.
    pub fn after(today: NaiveDate, months: u32) -> ForecastRequest {
        let end = Month::of(today).plus(months.clamp(1, 18)).end();
        ForecastRequest {
            time_period: TimePeriod { start: today.to_string(), end: end.to_string() },
            metric: "UNBLENDED_COST".into(),
            granularity: Granularity::Monthly,
            prediction_interval_level: LEVEL,
        }
    }
}

impl ForecastReply {
    /// The whole months after that of `today`; the rest of that one is left out, which no forecast of ours is held against.
    ///
    /// # Errors
    /// What is no date, no number, or not in US dollars.
    pub fn months(&self, today: NaiveDate) -> Result<Vec<Expected>, String> {
        let month = |result: &ForecastResult| {
            let read = |text: &str| usd("the forecast", &Value { amount: text.to_owned(), unit: self.total.unit.clone() });
            Ok(Expected {
                month: Month::of(result.time_period.days()?.start),
                mean: read(&result.mean_value)?,
                low: read(&result.prediction_interval_lower_bound)?,
                high: read(&result.prediction_interval_upper_bound)?,
            })
        };
        let all = self.forecast_results_by_time.iter().map(month);
        all.filter(|expected| expected.as_ref().is_err() || expected.as_ref().is_ok_and(|e| e.month > Month::of(today))).collect()
    }
}
