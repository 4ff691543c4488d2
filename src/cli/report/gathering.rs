//! The facts of each environment: predicted, billed, forecast, what can be saved.

use chrono::NaiveDate;
use rayon::prelude::*;

use super::super::anomalies::whole_until;
use super::super::args::{Cli, SubjectArgs};
use super::super::billed::Billed;
use super::super::compare::{self, Way, predicted};
use super::super::input::Inputs;
use super::super::{Failure, World};
use super::COST;
use super::bills::Read;
use crate::bill::Bill;
use crate::bill::group::By;
use crate::check::anomaly::{Found, History, find};
use crate::forecast::paths::Drawing;
use crate::forecast::{self, Cut};
use crate::money::Usd;
use crate::month::{HoursBasis, Month};
use crate::predict::Basis;
use crate::report::monthly::facts::{self, Facts, Past, Predicted};
use crate::report::monthly::kept::{self, Kept, Said};
use crate::savings::analysis::Limits;
use crate::savings::document::Savings;
use crate::savings::ground::NoWorth;
use crate::savings::lever::Levers;
use crate::savings::{self, Asked, Depth};
use crate::scenario::Scenario;
use crate::variance::calendar;
use crate::variance::key::Keys;
use crate::variance::scope;

/// Months ahead.
const AHEAD: u32 = 12;
/// Anomalies smaller than this are left out, as `ce-cost anomalies` does: dollars.
const LEAST: u32 = 20;

/// What is read once for all environments.
pub struct Gathering<'a> {
    pub inputs: &'a Inputs,
    pub keys: Keys<'a>,
    pub month: Month,
    pub drawing: Drawing,
    pub levers: Result<Levers, String>,
    /// Earlier forecasts, where some were given.
    pub kept: Option<Vec<Kept>>,
    pub bills: Read,
}

impl<'a> Gathering<'a> {
    pub fn new(
        cli: &Cli,
        args: &SubjectArgs,
        inputs: &'a Inputs,
        world: &World,
        keys: Keys<'a>,
        of: &[&Scenario],
    ) -> Result<Gathering<'a>, Failure> {
        let month = args.month.or_else(|| Month::of(inputs.as_of).before()).unwrap_or_else(|| Month::of(inputs.as_of));
        let levers = Failure::unless_missing(inputs.levers(cli, world))?;
        let bills = Read::new(args, inputs, world, &keys, month, of)?;
        Ok(Gathering { inputs, keys, month, drawing: args.drawing.drawing(), levers, kept: None, bills })
    }

    /// Everything about one environment.
    pub fn facts(&self, scenario: &'a Scenario) -> Result<Facts<'a>, Failure> {
        let basis = self.basis(self.month.plus(1));
        let past = || {
            let found = self.bills.with(self.inputs.scenarios.payer(scenario).0, scenario);
            (rayon::join(|| self.past(scenario, &found), || self.anomalies(&found)), self.said(scenario, &found))
        };
        let ((forecast, savings), (((past, anomalies), kept), billed)) = rayon::join(
            || rayon::join(|| self.forecast(scenario, basis, AHEAD), || self.savings(scenario, basis)),
            || rayon::join(past, || self.compared(scenario)),
        );
        let (forecast, ahead) = forecast?;
        Ok(Facts {
            scenario,
            keys: self.keys,
            month: self.month,
            as_of: self.inputs.as_of,
            predicted: self.predicted(scenario)?,
            billed: billed?,
            forecast,
            ahead,
            realised: self.realised(scenario)?,
            savings: savings?,
            past: past?,
            kept,
            anomalies,
        })
    }

    fn basis(&self, month: Month) -> Basis {
        Basis { month, hours: HoursBasis::Actual, pooled: true, free_tier: true, failover: None }
    }

    fn forecast(&self, scenario: &Scenario, basis: Basis, months: u32) -> Result<(forecast::Forecast, Vec<Bill>), Failure> {
        let cut = Cut { by: By::Group, planned_only: false, as_of: self.inputs.as_of.to_string(), drawing: self.drawing };
        let made = forecast::forecast(&self.inputs.scenarios, scenario, &self.inputs.book, basis, months, &cut);
        made.map_err(|e| Failure::input(format!("error: {e}")))
    }

    fn predicted(&self, scenario: &Scenario) -> Result<Predicted, Failure> {
        let bill = predicted(self.inputs, scenario, self.month, HoursBasis::Actual, true)?.own;
        let total = bill.charges.iter().map(|c| COST.of(c)).sum();
        let unplanned = crate::bill::group::scoped(&bill, scenario).unplanned_total;
        Ok(Predicted { total, unplanned, budget: scenario.plan.as_ref().map(|p| p.total), bill })
    }

    fn savings(&self, scenario: &Scenario, basis: Basis) -> Result<Result<Savings, String>, Failure> {
        let levers = match &self.levers {
            Ok(levers) => levers,
            Err(why) => return Ok(Err(why.clone())),
        };
        let (limits, as_of) = (Limits::usual(), self.inputs.as_of.to_string());
        let asked = Asked { basis, limits, of_plan: false, depth: Depth::Choice, drawing: self.drawing, as_of };
        match savings::savings(&self.inputs.scenarios, scenario, &self.inputs.book, levers, &asked) {
            Ok(savings) => Ok(Ok(savings)),
            Err(NoWorth::Bill(why)) => Err(Failure::input(format!("error: {why}"))),
            Err(NoWorth::Change(wrong)) => Err(Failure::input(wrong.0.render(&wrong.1, false))),
        }
    }

    /// The month against the prediction, and against the month before.
    fn compared(&self, scenario: &Scenario) -> Result<Result<facts::Billed, String>, Failure> {
        let (payer, ..) = self.inputs.scenarios.payer(scenario);
        let told = match self.bills.of(payer, self.month) {
            Ok(told) => told,
            Err(why) => return Ok(Err(why)),
        };
        let way = Way { cost: COST, hours: HoursBasis::Actual, free_tier: true };
        let bill = (&told.billed, &told.divided);
        let of = |before| Failure::unless_missing(compare::of_divided(self.inputs, self.keys, way, scenario, bill, before));
        let document = match of(None)? {
            Ok(document) => document,
            Err(why) => return Ok(Err(why)),
        };
        let before = self.month.before().and_then(|m| self.bills.of(payer, m).ok());
        let before = before.map(|b| of(Some((&b.billed, &b.divided)))).transpose()?.and_then(Result::ok);
        Ok(told.own(scenario).map(|own| facts::Billed { document, before, own }).ok_or_else(|| "no row is its own".into()))
    }

    /// Every month with a bill, up to that of the report.
    fn past(&self, scenario: &Scenario, found: &[(&Billed, Bill)]) -> Result<Vec<Past>, Failure> {
        let month = |(n, (billed, own)): (usize, &(&Billed, Bill))| {
            let before = n.checked_sub(1).and_then(|n| found.get(n)).filter(|(_, b)| b.month.plus(1) == own.month);
            self.past_month(scenario, billed, own, before.map(|(_, b)| b))
        };
        found.par_iter().enumerate().map(month).collect()
    }

    fn past_month(&self, scenario: &Scenario, billed: &Billed, own: &Bill, before: Option<&Bill>) -> Result<Past, Failure> {
        let total = |bill: &Bill| bill.charges.iter().map(|c| COST.of(c)).sum::<Usd>();
        let (forecast, bills) = self.forecast(scenario, self.basis(own.month), 1)?;
        // The band is one of the invoice; where fees are spread it moves with the likely values.
        let spread = bills.first().map(|b| total(b) - b.total()).unwrap_or(Usd::ZERO);
        let mut band = forecast.months.first().map(|m| m.band.clone()).unwrap_or_default();
        for end in [&mut band.p10, &mut band.p50, &mut band.p90] {
            *end = end.map(|amount| amount + spread);
        }
        Ok(Past {
            month: own.month,
            is_closed: billed.is_closed(self.inputs.as_of),
            billed: total(own),
            services: scope::by_service(&own.charges, &self.keys, COST).into_iter().collect(),
            predicted: bills.first().map(total).unwrap_or(Usd::ZERO),
            band,
            naive: before.and_then(|b| calendar::at(b, own.month, &self.keys)).map(|b| total(&b)),
        })
    }

    /// What earlier forecasts said of closed months.
    fn said(&self, scenario: &Scenario, found: &[(&Billed, Bill)]) -> Option<Vec<Said>> {
        let closed = found.iter().filter(|(billed, _)| billed.is_closed(self.inputs.as_of));
        let invoices: Vec<(Month, Usd)> = closed.map(|(_, own)| (own.month, own.total())).collect();
        self.kept.as_ref().map(|kept| kept::said(kept, &scenario.name, &invoices))
    }

    /// What was odd in the month of the report, of the days up to its end; why that cannot be told.
    fn anomalies(&self, found: &[(&Billed, Bill)]) -> Result<Found, String> {
        let Some((last, _)) = found.last().filter(|(_, own)| own.month == self.month) else {
            return Err(format!("there is no bill of {}", self.month));
        };
        let own: Vec<Bill> = found.iter().map(|(_, own)| own.clone()).collect();
        let history = History::of(&own, whole_until(last, self.inputs.as_of), &self.keys);
        let history = history.filter(|h| h.end() > self.month.first_day());
        let history = history.ok_or_else(|| "no bill tells days: those of Cost Explorer are monthly sums".to_owned())?;
        Ok(of_month(find(&history, Usd::new(LEAST.into())), self.month.first_day()))
    }
}

/// What touches a month, or began in it: the last one of the history.
fn of_month(mut found: Found, first: NaiveDate) -> Found {
    let first = first.to_string();
    found.anomalies.retain(|a| a.last >= first);
    found.levels.retain(|l| l.since >= first);
    found
}
