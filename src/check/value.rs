//! What a rule's metric comes to in a month.

use std::fmt;

use rust_decimal::Decimal;

use super::base;
use super::commitments::{Covered, covered};
use super::document::Status;
use super::judge::{Ground, Seen};
use super::landing::Landing;
use super::on_bill::OnBill;
use super::rule::{Metric, Rule};
use crate::money::Usd;
use crate::variance::key::Keys;
use crate::variance::names::Names;

/// Why there is no value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Untold {
    /// Something that it needs is not there.
    Missing(String),
    /// There is nothing that it could be about.
    Nothing(String),
}

impl Untold {
    /// What that makes of a rule.
    pub fn status(&self) -> Status {
        match self {
            Untold::Missing(_) => Status::Incomplete,
            Untold::Nothing(_) => Status::Skipped,
        }
    }
}

impl fmt::Display for Untold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Untold::Missing(why) | Untold::Nothing(why)) = self;
        f.write_str(why)
    }
}

/// The value of a rule's metric, or in words why there is none.
pub(super) fn value(rule: &Rule, seen: &Seen<'_>, ground: &Ground<'_>, n: u32) -> Result<Decimal, Untold> {
    let at = n as usize;
    let none = || Untold::Missing(format!("there is no forecast of {}", ground.basis.month.plus(n)));
    let (month, bill) = seen.forecast.months.get(at).zip(seen.bills.get(at)).ok_or_else(none)?;
    let drawn = |amount: Option<Usd>| match (amount, ground.drawing.paths) {
        (Some(amount), _) => Ok(amount.decimal()),
        (None, 0) => Err(Untold::Missing("no paths were run, and there is no band without them".into())),
        // Nothing is uncertain.
        (None, _) => Ok(month.total.decimal()),
    };
    match rule.metric {
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
        Metric::Actual => landing(seen, ground).map(|l| l.billed.decimal()),
        Metric::Landed => landing(seen, ground).map(|l| l.landed.decimal()),
        Metric::Coverage | Metric::Utilisation => {
            let names = Names::embedded();
            let keys = Keys { names: &names, book: ground.book };
            let of = if rule.metric == Metric::Coverage { Covered::coverage } else { Covered::utilisation };
            of(covered(&bill.charges, &keys)).ok_or_else(|| nothing(rule.metric))
        }
        Metric::BilledCoverage => ground.on_bill(seen.scenario)?.coverage.ok_or_else(|| nothing(rule.metric)),
        Metric::BilledUtilisation => ground.on_bill(seen.scenario)?.utilisation.ok_or_else(|| nothing(rule.metric)),
        Metric::TagCoverage => tagged(rule, ground.on_bill(seen.scenario)?),
        Metric::Anomaly => largest(rule, ground.on_bill(seen.scenario)?),
        Metric::Change => change(rule, seen, ground, n).map(|(before, after)| (after - before).decimal()),
        Metric::ChangePercent => {
            let (before, after) = change(rule, seen, ground, n)?;
            let part = (after - before).fraction_of(before);
            part.ok_or_else(|| Untold::Missing(format!("the base of {} costs nothing: there is no change in per cent", seen.scenario.name)))
        }
    }
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

fn landing<'a>(seen: &Seen<'_>, ground: &Ground<'a>) -> Result<&'a Landing, Untold> {
    let none = || Untold::Missing(format!("no bill of {} was read", seen.scenario.name));
    ground.on_bill(seen.scenario)?.landing.as_ref().ok_or_else(none)
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

/// The largest anomaly of the rule's services, by distance from zero; nothing where there is none.
fn largest(rule: &Rule, bill: &OnBill) -> Result<Decimal, Untold> {
    let all = bill.anomalies.as_ref().map_err(|why| Untold::Missing(why.clone()))?;
    let own = all.iter().filter(|a| rule.scope.service.fits(&a.service));
    Ok(own.map(|a| a.size.abs()).max().unwrap_or_default().decimal())
}
