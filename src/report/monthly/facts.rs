//! What a report is made of: gathered at the edge, from scenarios, prices and bills.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::accuracy::Score;
use super::kept::Said;
use crate::bill::Bill;
use crate::check::anomaly::Found;
use crate::forecast::{Band, Forecast};
use crate::money::Usd;
use crate::month::Month;
use crate::savings::document::Savings;
use crate::scenario::Scenario;
use crate::variance::document::Document;
use crate::variance::key::Keys;

/// Everything about one environment.
pub struct Facts<'a> {
    /// The environment.
    pub scenario: &'a Scenario,
    /// How rows get their keys and names.
    pub keys: Keys<'a>,
    /// The month of the report.
    pub month: Month,
    /// The day from which it is computed.
    pub as_of: NaiveDate,
    /// What the model says of the month.
    pub predicted: Predicted,
    /// The month as billed; why there is none.
    pub billed: Result<Billed, String>,
    /// Twelve months from the one after.
    pub forecast: Forecast,
    /// The bills behind them.
    pub ahead: Vec<Bill>,
    /// What can be saved; why that cannot be told.
    pub savings: Result<Savings, String>,
    /// What levers that were pulled saved in the month; `None` where the scenario names none that act in it.
    pub realised: Option<Realised>,
    /// Months with a bill, oldest first; the month of the report is the last one.
    pub past: Vec<Past>,
    /// What forecasts that were kept said of closed months, oldest first; `None` where none were given.
    pub kept: Option<Vec<Said>>,
    /// What was odd in the month, day by day; why that cannot be told.
    pub anomalies: Result<Found, String>,
}

/// What the model says of the month.
#[derive(Clone, Debug)]
pub struct Predicted {
    /// In all, fees spread over their terms.
    pub total: Usd,
    /// What the plan leaves out of it.
    pub unplanned: Usd,
    /// What the plan states.
    pub budget: Option<Usd>,
    /// The bill.
    pub bill: Bill,
}

/// The month as billed.
#[derive(Clone, Debug)]
pub struct Billed {
    /// Against the prediction.
    pub document: Document,
    /// Against the month before, where there is a bill of it.
    pub before: Option<Document>,
    /// The environment's part.
    pub own: Bill,
}

/// What levers that were pulled saved in a month.
#[derive(Clone, Debug)]
pub struct Realised {
    /// Each with the first day on which it acts and what the model says it saved, the latest first: what taking it back adds when those
    /// after it are taken back already, so that they add up.
    pub levers: Vec<(String, NaiveDate, Usd)>,
    /// The usage that they change, without them.
    pub without: Usd,
    /// The same with them, as predicted.
    pub with: Usd,
    /// As billed; `None` without a bill.
    pub billed: Option<Usd>,
}

/// A past month.
#[derive(Clone, Debug)]
pub struct Past {
    /// The month.
    pub month: Month,
    /// True once AWS has closed it.
    pub is_closed: bool,
    /// What was billed for the environment, fees spread.
    pub billed: Usd,
    /// The same by service.
    pub services: BTreeMap<String, Usd>,
    /// What today's scenario says of it.
    pub predicted: Usd,
    /// Its band.
    pub band: Band,
    /// The month before with this one's hours, where there is a bill of it.
    pub naive: Option<Usd>,
}

impl Past {
    /// For measures of accuracy; `None` for a month that is open yet.
    pub fn score(&self) -> Option<Score> {
        let band = self.band.p10.zip(self.band.p90);
        self.is_closed.then_some(Score { forecast: self.predicted, billed: self.billed, band, naive: self.naive })
    }
}

impl Facts<'_> {
    /// What the month cost: as billed, else as predicted.
    pub fn cost(&self) -> Usd {
        self.billed.as_ref().map_or(self.predicted.total, |b| b.document.comparison.billed)
    }

    /// A part of what the month cost.
    pub fn share(&self, amount: Usd) -> Decimal {
        amount.fraction_of(self.cost()).unwrap_or_default()
    }
}
