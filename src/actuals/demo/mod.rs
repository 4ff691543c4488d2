//! A synthetic history, for who has no bills at hand: what the built-in environments would have been billed for fourteen months, if
//! they had run a little otherwise than their scenarios say. It comes from the engine and a seed, and is marked as what it is
//! wherever it is shown.
//!
//! [`planted`] says what lies hidden in it, and [`Demo::planted`] how large that is.

pub mod cur;
mod draw;
mod line;
mod metered;
mod payer;
pub mod planted;

use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use self::line::{Line, Spread};
use self::planted::Size;
use super::{Source, Statement};
use crate::bill::{Bill, Charge, Frequency, LineItem, Pricing};
use crate::forecast::draw::purpose;
use crate::money::{QUOTIENT_PLACES, Usd};
use crate::month::{HoursBasis, Month};
use crate::predict::{Basis, Metered};
use crate::pricing::PriceBook;
use crate::scenario::{self, InputFile, Scenarios};

/// The format of its statements.
pub const FORMAT: &str = "demo (synthetic)";
/// Its payer account: a number that AWS gives to nobody.
pub const PAYER: &str = "000000000000";
/// The account of what nobody tagged.
const SHARED: &str = "000000000009";
/// Months that it holds, beside the open one.
pub const MONTHS: u32 = 14;
/// How the open month's last days lack rows that come late: days before its end, and what per cent of the rows is missing.
const LATE: [(i64, u64); 2] = [(1, 40), (2, 15)];

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ask {
    /// The day on which it is looked at. Its month is open, up to the day before.
    pub as_of: NaiveDate,
    /// Closed months before it.
    pub months: u32,
    /// What the draws begin with.
    pub seed: u64,
}

/// Why there is no history.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no synthetic history: {0}")]
pub struct NoDemo(pub String);

/// A synthetic history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Demo {
    /// Months in order.
    pub periods: Vec<Period>,
    /// What each cause of [`planted::PLANTED`] comes to in the last closed month.
    pub planted: Vec<Size>,
    version: String,
}

/// A month of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Period {
    /// The month.
    pub month: Month,
    /// False for the one that is still open.
    pub is_final: bool,
    lines: Vec<Line>,
}

/// True for what [`history`] made, also where it was written as a report and read again.
pub fn is_synthetic(statement: &Statement) -> bool {
    statement.source.format == FORMAT || statement.bill.payer.as_ref() == PAYER
}

impl Demo {
    /// Its months as statements.
    pub fn statements(&self) -> Vec<Statement> {
        self.periods.iter().map(|period| period.statement(&self.version)).collect()
    }
}

impl Period {
    fn statement(&self, version: &str) -> Statement {
        let charges: Vec<Charge> = self.lines.iter().map(|l| l.charge.clone()).collect();
        Statement {
            source: Source { format: FORMAT.into(), from: vec!["ce-cost actuals demo".into()], version: version.into(), tags: None },
            is_final: self.is_final,
            true_up: Some(-self.lines.iter().map(|l| l.upfront).sum::<Usd>()),
            rows: charges.len() as u64,
            bill: Bill { month: self.month, hours: self.month.hours().into(), payer: PAYER.into(), charges },
        }
    }
}

/// A history of the environments in `files` (the built-in scenarios), at the prices of `book`. The same input gives the same history.
///
/// # Errors
/// Scenarios that lack what is planted, and months of which there is no bill.
pub fn history(files: &[InputFile], book: &PriceBook, ask: &Ask) -> Result<Demo, NoDemo> {
    let open = Month::of(ask.as_of);
    let mut months: Vec<Month> = std::iter::successors(open.before(), |m| m.before()).take(ask.months as usize).collect();
    months.reverse();
    let last = *months.last().ok_or_else(|| NoDemo("a history has at least one month".into()))?;
    let world = World::new(files, book, ask, last)?;
    let mut periods = Vec::new();
    for month in months.into_iter().chain([open]) {
        let lines = world.month(month)?;
        // On the first of a month nothing of it is known.
        if !lines.is_empty() {
            periods.push(Period { month, is_final: month < open, lines });
        }
    }
    let planted = world.planted(&periods)?;
    Ok(Demo { periods, planted, version: format!("seed {}, as of {}", ask.seed, ask.as_of) })
}

/// What the history is made of.
struct World<'a> {
    /// As the files say.
    said: Scenarios,
    /// As it is.
    is: Scenarios,
    book: &'a PriceBook,
    ask: &'a Ask,
    last: Month,
}

impl<'a> World<'a> {
    fn new(files: &[InputFile], book: &'a PriceBook, ask: &'a Ask, last: Month) -> Result<World<'a>, NoDemo> {
        let load = |patches: &[scenario::patch::Patch]| {
            scenario::load(files, book, patches).map_err(|e| NoDemo(e.0.render(&e.1, false).trim_end().to_owned()))
        };
        let said = load(&[])?;
        let mut is = load(&planted::patches())?;
        let start = std::iter::successors(Some(last), |m| m.before()).nth(planted::BOUGHT as usize).unwrap_or(last).first_day();
        for (environment, commitment) in planted::commitments(start) {
            let found = is.all.iter_mut().find(|s| s.name.as_ref() == environment);
            found.ok_or_else(|| NoDemo(format!("there is no environment `{environment}`")))?.commitments.push(commitment);
        }
        Ok(World { said, is, book, ask, last })
    }

    /// What the whole payer uses.
    fn metered<'s>(&'s self, scenarios: &'s Scenarios, month: Month, hours: HoursBasis) -> Result<Metered<'s>, NoDemo> {
        let environment = scenarios.named(planted::ENVIRONMENT).ok_or_else(|| NoDemo(format!("there is no `{}`", planted::ENVIRONMENT)))?;
        let basis = Basis { month, hours, pooled: true, free_tier: true, failover: None };
        Metered::new(scenarios, environment, self.book, basis).map_err(|e| NoDemo(e.to_string()))
    }

    /// What the scenarios predict.
    fn predicted(&self, month: Month, hours: HoursBasis) -> Result<Bill, NoDemo> {
        self.metered(&self.said, month, hours)?.bill().map_err(|e| NoDemo(e.to_string()))
    }

    /// The bill of the whole payer, at the demand of its month. The last closed month is as planned.
    fn bill(&self, month: Month, back: i32) -> Result<Bill, NoDemo> {
        let mut metered = self.metered(&self.is, month, HoursBasis::Actual)?;
        for record in metered.records.iter_mut().filter(|r| back != 0 && metered::follows_demand(&r.usage_type, r.unit)) {
            let level = draw::level(self.ask.seed, &account(&record.environment), month, back);
            record.quantity = (record.quantity * level).round_dp(QUOTIENT_PLACES);
        }
        metered.bill().map_err(|e| NoDemo(e.to_string()))
    }

    /// The rows of a month, as far as it has passed.
    fn month(&self, month: Month) -> Result<Vec<Line>, NoDemo> {
        let ask = self.ask;
        let back = month.until(self.last);
        let mut lines = metered::lines(&self.bill(month, back)?, ask, back);
        lines.extend(new(month, back));
        let of_payer = payer::lines(&lines, month, back, self.book);
        lines.extend(of_payer);
        let until = ask.as_of.min(month.end());
        let rows = lines.iter().flat_map(|line| {
            let name = format!("{} {}", line.charge.account, line.charge.usage_type);
            line.rows(month, until, &draw::weights(ask.seed, &name, month))
        });
        let mut rows: Vec<Line> = rows.map(|row| anomalous(row, back)).filter(|row| !self.is_late(row)).collect();
        metered::settle(&mut rows);
        Ok(rows)
    }

    /// Rows of the open month's last days that are not there yet.
    fn is_late(&self, row: &Line) -> bool {
        let (charge, today) = (&row.charge, self.ask.as_of);
        let Some(day) = charge.day.filter(|day| Month::of(*day) == Month::of(today)) else { return false };
        let metered = charge.line_item == LineItem::Usage && matches!(row.spread, Spread::Demand | Spread::Even);
        let missing = LATE.iter().find(|(before, _)| (today - day).num_days() == *before);
        let drawn = || purpose(&format!("{} {} {} {}", self.ask.seed, charge.resource, charge.usage_type, charge.operation)) % 100;
        metered && missing.is_some_and(|(_, per_cent)| drawn() < *per_cent)
    }

    fn planted(&self, periods: &[Period]) -> Result<Vec<Size>, NoDemo> {
        let lines = periods.iter().find(|p| p.month == self.last).map_or(&[][..], |p| &p.lines);
        let predicted = |hours| self.predicted(self.last, hours).map(|bill| bill.cut(planted::ENVIRONMENT));
        Ok(planted::sizes(lines, &predicted(HoursBasis::Actual)?, &predicted(HoursBasis::Fixed(730))?))
    }
}

/// The account number of an environment.
fn account(environment: &str) -> Arc<str> {
    const ACCOUNTS: [(&str, &str); 4] =
        [("dev", "000000000001"), ("staging", "000000000002"), ("prod", "000000000003"), ("dr", "000000000004")];
    ACCOUNTS.iter().find(|(name, _)| *name == environment).map_or(SHARED, |(_, account)| account).into()
}

/// What runs in [`planted::ENVIRONMENT`] and stands in no scenario.
fn new(month: Month, back: i32) -> Vec<Line> {
    if back > planted::NEW_SINCE {
        return Vec::new();
    }
    let tags = [("Environment", planted::ENVIRONMENT), ("Owner", "team-data"), ("Service", "reports")];
    let tags = Arc::new(tags.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
    let line = |(service, usage_type, operation, quantity, price): &(&'static str, &str, &'static str, Option<Decimal>, Decimal)| {
        let two = Decimal::TWO * Decimal::from(month.hours());
        let amount = Usd::new(quantity.unwrap_or(two) * price);
        let charge = payer::line(month, LineItem::Usage, service, "", amount);
        let charge = Charge {
            account: account(planted::ENVIRONMENT),
            environment: planted::ENVIRONMENT.into(),
            resource: "demo/prod/reports".into(),
            tags: Arc::clone(&tags),
            region: "us-east-1".into(),
            usage_type: (*usage_type).into(),
            operation: (*operation).into(),
            quantity: quantity.unwrap_or(two),
            unit: Some(if quantity.is_some() { crate::quantity::Unit::GbMonths } else { crate::quantity::Unit::Hours }),
            frequency: Frequency::UsageBased,
            pricing: Pricing::Standard,
            ..charge
        };
        Line::new(charge, Spread::Even)
    };
    planted::NEW.iter().map(line).collect()
}

/// The three days on which something runs away.
fn anomalous(row: Line, back: i32) -> Line {
    use chrono::Datelike;
    let charge = &row.charge;
    let days = planted::ANOMALY_DAYS.0..planted::ANOMALY_DAYS.1;
    let there = charge.usage_type.as_ref() == planted::ANOMALY_USAGE_TYPE && charge.account == account(planted::ENVIRONMENT);
    let then = back == planted::ANOMALY && charge.day.is_some_and(|day| days.contains(&day.day()));
    if there && then { row.times(planted::ANOMALY_TIMES) } else { row }
}

#[cfg(test)]
mod tests;
