//! What a rule's metric comes to in a month.

use std::fmt;

use rust_decimal::Decimal;

use super::base;
use super::commitments::{Covered, covered};
use super::judge::{Ground, Seen};
use super::on_bill::OnBill;
use super::rule::{Metric, Rule};
use crate::money::{Usd, dollars};
use crate::variance::key::Keys;
use crate::variance::names::Names;

/// A value, and what a reader must know of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Told {
    pub value: Decimal,
    /// What it is and when, where the name of the metric, the value and the month do not say it.
    pub what: Option<String>,
    /// What it is made of, behind it.
    pub note: Option<String>,
}

impl From<Decimal> for Told {
    fn from(value: Decimal) -> Told {
        Told { value, what: None, note: None }
    }
}

/// Why there is no value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Untold {
    /// Something that it needs is not there.
    Missing(String),
    /// There is nothing that it could be about.
    Nothing(String),
    /// So much where there was nothing, which is more than any part of it.
    FromNothing(Usd),
}

impl fmt::Display for Untold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Untold::Missing(why) | Untold::Nothing(why) => f.write_str(why),
            Untold::FromNothing(now) => write!(f, "from nothing to {}, which is more than any per cent of it", dollars(*now)),
        }
    }
}

/// The value of a rule's metric, or in words why there is none.
pub(super) fn value(rule: &Rule, seen: &Seen<'_>, ground: &Ground<'_>, n: u32) -> Result<Told, Untold> {
    let at = n as usize;
    let none = || Untold::Missing(format!("there is no forecast of {}", ground.basis.month.plus(n)));
    let (month, bill) = seen.forecast.months.get(at).zip(seen.bills.get(at)).ok_or_else(none)?;
    let drawn = |amount: Option<Usd>| match (amount, ground.drawing.paths) {
        (Some(amount), _) => Ok(amount.decimal()),
        (None, 0) => Err(Untold::Missing("no paths were run, and there is no band without them".into())),
        // Nothing is uncertain.
        (None, _) => Ok(month.total.decimal()),
    };
    let number = match rule.metric {
        Metric::Actual | Metric::Landed => return billed(rule, ground.on_bill(seen.scenario)?),
        Metric::Anomaly => return largest(rule, ground.on_bill(seen.scenario)?),
        Metric::Planned | Metric::Total => {
            let sum = seen.sum(&rule.scope, bill, rule.metric == Metric::Planned);
            let none = || Untold::Missing(format!("{} has no charge of {}", seen.scenario.name, rule.scope.words()));
            sum.map(Usd::decimal).ok_or_else(none)
        }
        Metric::P50 => drawn(month.band.p50),
        Metric::P90 => drawn(month.band.p90),
        Metric::OverBudget => match &month.band.over_budget {
            Some(part) => part.parse().map_err(|_| Untold::Missing(format!("`{part}` is no probability"))),
            None if ground.drawing.paths == 0 => Err(Untold::Missing("no paths were run, and there is no probability without them".into())),
            None => Ok(Decimal::from(u8::from(month.budget.is_some_and(|b| month.planned.total > b)))),
        },
        Metric::Coverage | Metric::Utilisation => {
            let names = Names::embedded();
            let keys = Keys { names: &names, book: ground.book };
            let of = if rule.metric == Metric::Coverage { Covered::coverage } else { Covered::utilisation };
            of(covered(&bill.charges, &keys)).ok_or_else(|| nothing(rule.metric))
        }
        Metric::BilledCoverage => ground.on_bill(seen.scenario)?.coverage.ok_or_else(|| nothing(rule.metric)),
        Metric::BilledUtilisation => ground.on_bill(seen.scenario)?.utilisation.ok_or_else(|| nothing(rule.metric)),
        Metric::TagCoverage => tagged(rule, ground.on_bill(seen.scenario)?),
        Metric::Change => change(rule, seen, ground, n).map(|(before, after)| (after - before).decimal()),
        Metric::ChangePercent => {
            let (before, after) = change(rule, seen, ground, n)?;
            match (before.is_zero(), after.is_zero()) {
                (true, true) => Ok(Decimal::ZERO),
                (true, false) => Err(Untold::FromNothing(after)),
                _ => Ok((after - before).fraction_of(before).unwrap_or_default()),
            }
        }
    };
    number.map(Told::from)
}

/// What a rule's services cost in the base and now.
pub(super) fn change(rule: &Rule, seen: &Seen<'_>, ground: &Ground<'_>, n: u32) -> Result<(Usd, Usd), Untold> {
    let without = || Untold::Nothing("there is nothing to compare with: give `--base REVISION` or `--base FILE`".into());
    let base = ground.base.ok_or_else(without)?;
    let month = ground.basis.month.plus(n).to_string();
    let name = &seen.scenario.name;
    let before = base.month(name, &month).ok_or_else(|| Untold::Missing(format!("{} has no {month} of {name}", base.name)))?;
    let sum = |of: &base::Month| of.services.iter().filter(|(s, _)| rule.scope.service.fits(s)).map(|(_, c)| *c).sum();
    Ok((sum(before), seen.costs.get(n as usize).map(sum).unwrap_or_default()))
}

/// What is billed, or what the month comes to. Against the plan's total only as much as the plan speaks of: bills do not tell it, so
/// what the model puts outside is taken off.
fn billed(rule: &Rule, bill: &OnBill) -> Result<Told, Untold> {
    let landing = match rule.scope.is_whole() {
        true => bill.landing.as_ref(),
        false => bill.parts.iter().find(|(scope, _)| *scope == rule.scope).map(|(_, landing)| landing),
    };
    let landing = landing.ok_or_else(|| Untold::Missing(format!("the bill of {} was not asked for it", bill.month)))?;
    let (amount, outside) = match rule.metric {
        Metric::Actual => (landing.billed, landing.outside.billed),
        _ => (landing.landed, landing.outside.landed),
    };
    if !rule.is_of_plan() || outside.is_zero() {
        return Ok(amount.decimal().into());
    }
    let note = format!("about: {} less {} that the model puts outside the plan", dollars(amount), dollars(outside));
    Ok(Told { value: (amount - outside).decimal(), what: None, note: Some(note) })
}

/// No commitment, or nothing that one could cover.
fn nothing(metric: Metric) -> Untold {
    Untold::Nothing(match metric {
        Metric::Coverage | Metric::BilledCoverage => "there is nothing that a commitment could cover".into(),
        _ => "there are no commitments".into(),
    })
}

/// The part that carries the tag that fewest carry.
fn tagged(rule: &Rule, bill: &OnBill) -> Result<Decimal, Untold> {
    let mut least = Decimal::ONE;
    for tag in rule.cost_tags() {
        let missing = || Untold::Missing(format!("the bill was not asked for the tag {tag}"));
        least = least.min(bill.tags.get(tag).copied().flatten().ok_or_else(missing)?);
    }
    Ok(least)
}

/// The largest anomaly of the rule's services, by distance from zero; below zero for a fall; nothing where there is none.
fn largest(rule: &Rule, bill: &OnBill) -> Result<Told, Untold> {
    let all = bill.anomalies.as_ref().map_err(|why| Untold::Missing(why.clone()))?;
    let own = all.iter().filter(|a| rule.scope.service.fits(&a.service));
    let Some(found) = own.max_by_key(|a| a.size.abs()) else {
        return Ok(Told { what: Some(format!("no anomaly in {}", bill.month)), ..Decimal::ZERO.into() });
    };
    let moved = if found.size > Usd::ZERO { "rose" } else { "fell" };
    let days = if found.first == found.last { format!("on {}", found.first) } else { format!("from {} to {}", found.first, found.last) };
    let goes_on = if found.is_open { " and on" } else { "" };
    let cause = found.causes.first().map(|c| format!(", most of it {} in {}", c.usage(), c.region)).unwrap_or_default();
    let what = format!("anomaly: {} {moved} by {} {days}{goes_on}", found.service, dollars(found.size.abs()));
    let note = format!("{} instead of {}{cause}", dollars(found.cost), dollars(found.expected));
    Ok(Told { value: found.size.decimal(), what: Some(what), note: Some(note) })
}
