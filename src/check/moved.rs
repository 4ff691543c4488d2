//! What an environment costs more or less than in the base, and which values of its scenario did it.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::base;
use super::document::{Change, Driver, Moved};
use super::judge::{Ground, Seen};
use crate::money::Usd;
use crate::predict;
use crate::quantity::exact;
use crate::scenario::Scenario;
use crate::scenario::patch::{NEW, NewValue, Patch};

/// The first month against the base.
pub(super) fn moved(seen: &Seen<'_>, ground: &Ground<'_>) -> Option<Change> {
    let base = ground.base?;
    let (forecast, after) = seen.forecast.months.first().zip(seen.costs.first())?;
    let before = base.month(&seen.scenario.name, &forecast.month)?;
    let names: BTreeSet<&String> = before.services.keys().chain(after.services.keys()).collect();
    let of = |month: &base::Month, name: &String| month.services.get(name).copied().unwrap_or_default();
    let mut services: Vec<Moved> = names
        .into_iter()
        .map(|name| Moved { service: name.clone(), before: of(before, name), after: of(after, name) })
        .filter(|m| m.before != m.after)
        .collect();
    services.sort_by_key(|m| Reverse((m.after - m.before).abs()));
    let band = forecast.band.p10.zip(forecast.band.p90);
    let old = base.scenarios.as_ref().and_then(|s| s.named(&seen.scenario.name));
    let drivers = old.map(|old| drivers(old, seen, ground, after.total)).unwrap_or_default();
    Some(Change {
        is_new: base.is_new(&seen.scenario.name),
        other_prices: base.other_prices,
        before: before.total,
        difference: after.total - before.total,
        part: (after.total - before.total).fraction_of(before.total).map(|p| exact(p.round_dp(6))),
        inside_band: band.map(|(low, high)| (low..=high).contains(&before.total)),
        services,
        drivers,
    })
}

/// Values that are taken back one by one, to see what each does: each time is a bill.
const MOST_ALONE: usize = 24;

/// The values of a scenario that are others than in the base, what each alone does, the one that does most first.
fn drivers(old: &Scenario, seen: &Seen<'_>, ground: &Ground<'_>, now: Usd) -> Vec<Driver> {
    let mut drivers = base::drivers(old, seen.scenario);
    for driver in drivers.iter_mut().take(MOST_ALONE) {
        driver.alone = without(driver, old, seen.scenario, ground).map(|before| now - before);
    }
    drivers.sort_by_key(|d| (Reverse(d.alone.map(Usd::abs)), d.path.clone()));
    drivers
}

/// What the first month costs where one value, or one resource, is as it was before. `None` where the scenario has no sense without.
fn without(driver: &Driver, old: &Scenario, scenario: &Scenario, ground: &Ground<'_>) -> Option<Usd> {
    let resource = |tree: &Scenario| tree.tree.get("resources").and_then(|all| all.get(&driver.path)).cloned();
    let (path, value) = match (resource(old), resource(scenario)) {
        (None, Some(_)) => (driver.path.clone(), "null".into()),
        (Some(node), None) => (format!("resources.{NEW}{}", driver.path), NewValue::Read(node)),
        _ => (driver.path.clone(), driver.before.as_ref().filter(|_| driver.after.is_some())?.into()),
    };
    let patch = Patch { environment: scenario.name.to_string(), path, value };
    let as_before = ground.scenarios.changed(scenario, &[patch], ground.book, &ground.scenarios.sources).ok()?;
    Some(predict::bill(ground.scenarios, &as_before, ground.book, ground.basis).ok()?.cut(&scenario.name).total())
}
