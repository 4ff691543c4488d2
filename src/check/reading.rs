//! A rule in each of its months: value against limit, and what the worst of them makes of the rule.

use rust_decimal::Decimal;

use super::document::{Outcome, Status};
use super::judge::{Ground, Seen};
use super::rule::{Level, Limit, Metric, Rule, Rules};
use super::value::{Told, Untold, change, value};
use super::words::message;
use crate::money::{Usd, quotient};
use crate::month::Month;
use crate::quantity::exact;

/// A rule in one month.
pub(super) struct Reading {
    pub month: Month,
    pub value: Result<Told, Untold>,
    /// The limit that is exceeded, or that comes nearest.
    pub limit: Option<Decimal>,
    /// How far beyond the limit, as a part of it; below zero within.
    beyond: Decimal,
    pub is_breach: bool,
    /// True for a breach that is too small to be one.
    pub is_small: bool,
    pub above: bool,
    /// In words why its data are no ground for a verdict.
    pub doubt: Option<String>,
    /// What else the reader must know of them.
    pub remark: Option<String>,
}

/// What a rule says of an environment.
pub(super) fn judged(rule: &Rule, rules: &Rules, seen: &Seen<'_>, ground: &Ground<'_>, stale: Option<&str>) -> Outcome {
    let readings = (0..rule.months).map(|n| reading(rule, seen, ground, n, stale));
    let readings = readings.map(|reading| (reading.status(rule, ground), reading));
    // As with the verdict of all rules; a month of which there is nothing to say counts least.
    let worst = readings.max_by_key(|(status, r)| (*status != Status::Skipped, *status, r.is_small, r.beyond));
    let place = rule.at.and_then(|at| rules.sources.get(at.file).map(|source| (source.name.to_string(), at.line)));
    let (file, line) = place.unwrap_or_default();
    let mut outcome = Outcome {
        id: rule.id.clone(),
        environment: seen.scenario.name.to_string(),
        level: rule.level,
        status: Status::Pass,
        metric: rule.metric,
        scope: rule.scope.words(),
        month: String::new(),
        value: None,
        limit: None,
        message: String::new(),
        reason: None,
        owner: rule.owner.clone(),
        link: rule.link.clone(),
        text: rule.text.clone(),
        file,
        line,
        scenario: None,
    };
    if let Some((status, worst)) = worst {
        outcome.month = worst.month.to_string();
        outcome.limit = worst.limit.map(exact);
        outcome.value = worst.value.as_ref().ok().map(|told| exact(told.value));
        outcome.reason = worst.value.as_ref().err().map(Untold::to_string);
        outcome.status = status;
        outcome.message = message(rule, &worst, ground.as_of);
    }
    outcome
}

impl Reading {
    fn status(&self, rule: &Rule, ground: &Ground<'_>) -> Status {
        let waived = rule.waiver.as_ref().is_some_and(|w| ground.as_of <= w.until);
        match (&self.value, self.is_breach, rule.level) {
            (Err(Untold::Missing(_)), ..) => Status::Incomplete,
            (Err(Untold::Nothing(_)), ..) => Status::Skipped,
            (_, true, _) if waived => Status::Waived,
            (_, true, Level::Fail) => Status::Fail,
            _ if self.doubt.is_some() => Status::Incomplete,
            (_, true, Level::Warn) => Status::Warn,
            (_, true, Level::Info) => Status::Info,
            (_, false, _) => Status::Pass,
        }
    }
}

fn reading(rule: &Rule, seen: &Seen<'_>, ground: &Ground<'_>, n: u32, stale: Option<&str>) -> Reading {
    let bill = ground.on_bill(seen.scenario).ok().filter(|_| rule.metric.needs_bill());
    let of_bill = || bill.map_or(Month::of(ground.as_of), |bill| bill.month);
    let month = if rule.metric.needs_bill() { of_bill() } else { ground.basis.month.plus(n) };
    let plan = seen.scenario.plan.as_ref().map(|p| p.total);
    let number = |limit: Limit| match limit {
        Limit::Money(amount) => Some(amount.decimal()),
        Limit::Share(part) => Some(part),
        Limit::OfPlan(part) => plan.map(|p| p.share(part).decimal()),
    };
    let (most, least) = (rule.most(month).and_then(number), rule.below.and_then(number));
    let doubts = stale.map(str::to_owned).into_iter().chain(bill.and_then(|bill| bill.doubt(rule, ground.as_of)));
    let doubts: Vec<String> = doubts.collect();
    let mut reading = Reading {
        month,
        value: value(rule, seen, ground, n),
        limit: most.or(least),
        beyond: Decimal::ZERO,
        is_breach: false,
        is_small: false,
        above: most.is_some(),
        doubt: (!doubts.is_empty()).then(|| doubts.join("; ")),
        remark: bill.and_then(|bill| bill.instead.clone()),
    };
    reading.hold(rule, seen, ground, n, [most, least]);
    reading
}

impl Reading {
    /// Holds the value against the upper and the lower limit.
    fn hold(&mut self, rule: &Rule, seen: &Seen<'_>, ground: &Ground<'_>, n: u32, [most, least]: [Option<Decimal>; 2]) {
        let value = match &self.value {
            // Falls are as odd as rises.
            Ok(told) if rule.metric == Metric::Anomaly => told.value.abs(),
            Ok(told) => told.value,
            Err(Untold::FromNothing(now)) => {
                let counts = rule.floor.is_none_or(|floor| *now >= floor);
                (self.is_breach, self.is_small) = (most.is_some() && counts, most.is_some() && !counts);
                return;
            }
            Err(_) => return,
        };
        let beyond = |limit: Decimal, excess: Decimal| quotient(excess, limit.abs()).unwrap_or(excess);
        let sides = [most.map(|m| (m, value - m, true)), least.map(|l| (l, l - value, false))];
        let worst = sides.into_iter().flatten().max_by_key(|(limit, excess, _)| beyond(*limit, *excess));
        if let Some((limit, excess, above)) = worst {
            (self.limit, self.above, self.beyond) = (Some(limit), above, beyond(limit, excess));
            self.is_breach = excess > Decimal::ZERO && counts(rule, seen, ground, n, excess);
            self.is_small = excess > Decimal::ZERO && !self.is_breach;
        }
    }
}

/// Whether a breach is large enough to be one.
fn counts(rule: &Rule, seen: &Seen<'_>, ground: &Ground<'_>, n: u32, excess: Decimal) -> bool {
    let Some(floor) = rule.floor else { return true };
    let dollars = match rule.metric {
        Metric::ChangePercent => change(rule, seen, ground, n).map(|(before, after)| (after - before).abs()).unwrap_or_default(),
        _ => Usd::new(excess),
    };
    dollars >= floor
}
