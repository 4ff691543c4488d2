//! Forecasts that were made before a month began, and kept: what they said of it, held against its invoice.

use chrono::NaiveDate;
use serde::Deserialize;

use super::accuracy::Score;
use crate::forecast::{Band, SCHEMA};
use crate::money::Usd;
use crate::month::Month;

/// As much of the JSON of `forecast` as is held against bills.
#[derive(Clone, Debug, Deserialize)]
pub struct Kept {
    /// Must be [`SCHEMA`].
    schema: String,
    /// Whose it is.
    pub environment: String,
    /// The day from which it was computed.
    pub as_of: NaiveDate,
    basis: KeptBasis,
    months: Vec<KeptMonth>,
}

#[derive(Clone, Debug, Deserialize)]
struct KeptBasis {
    hours: String,
    scope: String,
    failover: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct KeptMonth {
    month: String,
    total: Usd,
    band: Band,
}

/// What was said of a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The day from which it was computed.
    pub made: NaiveDate,
    /// The month.
    pub month: Month,
    /// The invoice as forecast.
    pub forecast: Usd,
    /// The range of 8 of 10 cases.
    pub band: Option<(Usd, Usd)>,
    /// The invoice as it came.
    pub invoiced: Usd,
}

impl Said {
    /// For measures of accuracy.
    pub fn score(&self) -> Score {
        Score { forecast: self.forecast, billed: self.invoiced, band: self.band, naive: None }
    }
}

impl Kept {
    /// Reads the JSON of `ce-cost forecast`.
    ///
    /// # Errors
    /// It is none, or of a kind that says something else than what AWS would invoice.
    pub fn read(text: &str) -> Result<Kept, String> {
        let kept: Kept = serde_json::from_str(text).map_err(|e| format!("it is no JSON of `ce-cost forecast`: {e}"))?;
        if kept.schema != SCHEMA {
            return Err(format!("its schema is `{}`, not `{SCHEMA}`", kept.schema.escape_debug()));
        }
        match &kept.basis {
            KeptBasis { failover: Some(name), .. } => Err(format!("it assumes a failover ({})", name.escape_debug())),
            KeptBasis { scope, .. } if scope != "all" => Err("it holds only what the plan speaks of".into()),
            KeptBasis { hours, .. } if hours != "actual" => Err(format!("it takes every month to have {} hours", hours.escape_debug())),
            _ => Ok(kept),
        }
    }

    fn of(&self, month: Month) -> Option<&KeptMonth> {
        self.months.iter().find(|m| m.month.parse() == Ok(month))
    }
}

/// What the last forecast before each month said of it; `invoices` are months that AWS has closed.
pub fn said(kept: &[Kept], environment: &str, invoices: &[(Month, Usd)]) -> Vec<Said> {
    let own: Vec<&Kept> = kept.iter().filter(|k| k.environment == environment).collect();
    let last = |&(month, invoiced): &(Month, Usd)| {
        let before = own.iter().filter(|k| k.as_of <= month.first_day()).filter_map(|k| Some((k.as_of, k.of(month)?)));
        let (made, m) = before.max_by_key(|(made, _)| *made)?;
        Some(Said { made, month, forecast: m.total, band: m.band.p10.zip(m.band.p90), invoiced })
    };
    invoices.iter().filter_map(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(as_of: &str, total: &str, hours: &str) -> String {
        format!(
            r#"{{"schema": "ce-cost/forecast/1", "environment": "prod", "as_of": "{as_of}",
                "basis": {{"hours": "{hours}", "scope": "all", "failover": null}},
                "months": [{{"month": "2026-10", "total": "{total}", "band": {{"p10": "90", "p50": "100", "p90": "110"}}}}]}}"#
        )
    }

    #[test]
    fn the_last_one_before_the_month_counts() {
        let kept = ["2026-08-01", "2026-10-01", "2026-10-02"].map(|day| Kept::read(&text(day, &day[8..], "actual")).expect("a forecast"));
        let month: Month = "2026-10".parse().expect("a month");
        let usd = |text: &str| text.parse::<rust_decimal::Decimal>().map(Usd::new).expect("an amount");
        let found = said(&kept, "prod", &[(month, usd("105"))]);
        let expected =
            Said { made: month.first_day(), month, forecast: usd("01"), band: Some((usd("90"), usd("110"))), invoiced: usd("105") };
        assert_eq!(found, [expected]);
        assert_eq!(said(&kept, "dev", &[(month, usd("105"))]), []);
    }

    #[test]
    fn another_convention_is_refused() {
        let why = Kept::read(&text("2026-08-01", "1", "730")).expect_err("a convention");
        assert_eq!(why, "it takes every month to have 730 hours");
        assert!(Kept::read("{}").is_err());
    }
}
