//! Rows of several months side by side with their bills, and the drivers behind them: what `measured` solves.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::called::Called;
use super::driver::{self, Driver, Observed};
use super::join::Row;
use super::key::{Key, Kind};
use super::measured::{LEAST, Left};
use crate::bill::Charge;
use crate::money::Usd;
use crate::scenario::Scenario;
use crate::scenario::node::Node;
use crate::scenario::patch;

/// Months from which on a steady way up or down is a trend.
const FOR_A_TREND: usize = 3;

/// One row of one month that both sides have.
pub struct Seen<'a> {
    pub charges: Vec<&'a Charge>,
    predicted: Decimal,
    pub billed: Decimal,
    cost: Usd,
}

/// A row over the months, and its least sure drivers.
pub struct Line<'a> {
    pub name: String,
    pub seen: Vec<Seen<'a>>,
    drivers: Vec<Driver>,
}

/// The rows that one driver moves.
pub struct Group<'a> {
    pub driver: Driver,
    pub lines: Vec<&'a Line<'a>>,
}

impl Line<'_> {
    pub fn cost(&self) -> Usd {
        self.seen.iter().map(|s| s.cost).sum()
    }

    /// True where what was billed is what was predicted.
    pub fn is_met(&self) -> bool {
        let (predicted, billed) = self.seen.iter().fold((Decimal::ZERO, Decimal::ZERO), |(p, b), s| (p + s.predicted, b + s.billed));
        (billed - predicted).abs() < predicted * LEAST
    }

    /// How many times as large a driver must be for what was billed in all months together.
    pub fn ratio(&self, driver: &Driver) -> Option<Decimal> {
        let observed: Vec<Observed<'_>> = self.seen.iter().map(|s| Observed { charges: &s.charges, billed: s.billed }).collect();
        driver::ratio(driver, &observed)
    }

    /// Month by month.
    pub fn ratios(&self, driver: &Driver) -> Vec<Decimal> {
        self.seen.iter().filter_map(|s| driver::ratio(driver, &[Observed { charges: &s.charges, billed: s.billed }])).collect()
    }

    /// The last month's, where each month lies on the same side of the one before it: a driver on its way is what it was last, and an
    /// average over the months would lag half their number behind. `None` for months that go up and down, or hardly move.
    pub fn trend(&self, driver: &Driver) -> Option<Decimal> {
        let ratios = self.ratios(driver);
        let (first, last) = (ratios.first()?, ratios.last()?);
        let steady = ratios.windows(2).all(|w| w[0] < w[1]) || ratios.windows(2).all(|w| w[0] > w[1]);
        let moved = (last - first).abs() >= first.abs().checked_mul(LEAST)?;
        (ratios.len() >= FOR_A_TREND && ratios.len() == self.seen.len() && steady && moved).then_some(*last)
    }
}

/// Rows of all months that both sides have, with quantities, and whose tapes make what was predicted.
pub fn lines<'b>(months: Vec<Vec<Row<'b>>>) -> Vec<Line<'b>> {
    let mut lines: BTreeMap<(Key, String), Line<'b>> = BTreeMap::new();
    for rows in months {
        let called = Called::of(&rows);
        for row in rows.into_iter().filter(|r| r.key.kind == Kind::Usage && !r.key.usage_type.is_empty()) {
            for part in row.parts {
                let (Some(base), Some(billed)) = (part.base, part.billed) else { continue };
                let (Some(before), Some(after)) = (base.quantity(), billed.quantity()) else { continue };
                if after.is_zero() || !driver::whole(&base.charges, before) {
                    continue;
                }
                let name = called.name(&row.key, &part.label);
                let drivers = driver::drivers(&base.charges);
                let least: Vec<Driver> = drivers.iter().filter(|d| drivers.first().is_some_and(|f| d.is_as_sure_as(f))).cloned().collect();
                let line = lines.entry((row.key.clone(), part.label)).or_insert(Line { name, seen: Vec::new(), drivers: least });
                line.seen.push(Seen { charges: base.charges, predicted: before, billed: after, cost: base.cost });
            }
        }
    }
    lines.into_values().collect()
}

/// Rows by the driver that is least sure behind them; those with several that are as little sure are left.
pub fn by_driver<'a>(lines: &'a [Line<'a>], scenario: &Scenario, left: &mut Vec<Left>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for line in lines {
        match line.drivers.as_slice() {
            [] => {}
            [only] => match groups.iter_mut().find(|g| g.driver.is(only)) {
                Some(group) => group.lines.push(line),
                None => groups.push(Group { driver: only.clone(), lines: vec![line] }),
            },
            _ if line.is_met() => {}
            several => {
                let path = |d: &Driver| d.at.and_then(|at| written(scenario, at)).map_or_else(|| d.name.clone(), |(path, _)| path);
                let paths: Vec<String> = several.iter().map(path).collect();
                left.push(Left { row: line.name.clone(), why: format!("{} are as unsure, and any of them could be it", paths.join(", ")) });
            }
        }
    }
    groups
}

/// Where a driver stands in the scenario: its path without `resources.`, and what is written there.
pub fn written(scenario: &Scenario, at: crate::source::Place) -> Option<(String, &Node)> {
    let path = scenario.tree.path_of(at)?;
    let node = patch::find(&scenario.tree, &patch::steps(&path)).ok()?;
    Some((path.strip_prefix("resources.").unwrap_or(&path).to_owned(), node))
}
