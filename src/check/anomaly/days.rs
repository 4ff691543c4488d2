//! What each usage type costs on each day: the history that is held against itself.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, TimeDelta};
use rust_decimal::Decimal;

use crate::bill::{Bill, Charge, LineItem};
use crate::money::{Usd, quotient};
use crate::month::Month;
use crate::quantity::Unit;
use crate::variance::calendar::is_daily;
use crate::variance::key::{Cost, Key, Keys, Kind};

/// Daily costs (amortized) of one environment, without a gap.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The first day.
    pub first: NaiveDate,
    /// How many days there are.
    pub days: usize,
    /// The cost of each day, by what joins rows.
    pub costs: BTreeMap<Key, Vec<Usd>>,
}

impl History {
    /// The days before `until` in the bills of one environment, in the order of their months. A month that is missing, or whose rows
    /// tell no days, ends the history backwards. `None` where no day is told.
    pub fn of(bills: &[Bill], until: NaiveDate, keys: &Keys<'_>) -> Option<History> {
        let mut own: Vec<Days<'_>> = Vec::new();
        for bill in bills.iter().rev() {
            let follows = own.last().is_none_or(|next| bill.month.plus(1) == next.month);
            match Days::of(bill, until, keys).filter(|_| follows) {
                Some(days) => own.push(days),
                None if own.is_empty() => {}
                None => break,
            }
        }
        own.reverse();
        let first = own.first()?.month.first_day();
        let mut history = History { first, ..History::default() };
        let mut averages = BTreeMap::new();
        for month in own {
            month.add(&mut history, keys, &mut averages);
        }
        Some(history)
    }

    /// A day by its number.
    pub fn day(&self, index: usize) -> NaiveDate {
        self.first + TimeDelta::days(i64::try_from(index).unwrap_or_default())
    }

    /// The day after the last.
    pub fn end(&self) -> NaiveDate {
        self.day(self.days)
    }
}

/// The days of a month.
struct Days<'a> {
    month: Month,
    count: usize,
    rows: BTreeMap<Key, Vec<&'a Charge>>,
}

impl<'a> Days<'a> {
    /// Rows of use on their days. `None` where there is no day before `until`, or rows tell none: those of a whole month all stand on
    /// its first day.
    fn of(bill: &'a Bill, until: NaiveDate, keys: &Keys<'_>) -> Option<Days<'a>> {
        let mut rows: BTreeMap<Key, Vec<&Charge>> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for charge in
            bill.charges.iter().filter(|c| is_daily(c) && c.line_item != LineItem::SavingsPlanNegation && !c.line_item.is_discount())
        {
            let Some(day) = charge.day.filter(|day| *day < until) else { continue };
            seen.insert(day);
            let key = keys.of(charge);
            if key.kind == Kind::Usage {
                rows.entry(key).or_default().push(charge);
            }
        }
        let count = (until.min(bill.month.end()) - bill.month.first_day()).num_days();
        let count = usize::try_from(count).ok().filter(|_| seen.len() > 1)?;
        Some(Days { month: bill.month, count, rows })
    }

    /// Appends the month's days to a history; `averages` are the prices of the last whole month.
    fn add(self, history: &mut History, keys: &Keys<'_>, averages: &mut BTreeMap<Key, Decimal>) {
        let before = history.days;
        history.days += self.count;
        let first = self.month.first_day();
        let is_whole = first + TimeDelta::days(i64::try_from(self.count).unwrap_or_default()) == self.month.end();
        for (key, rows) in self.rows {
            let used = Used::of(&rows, self.count);
            let average = averages.get(&key).filter(|_| !is_whole && keys.is_tiered(&key, first));
            let costs = used.costs(average.copied());
            if let Some(average) = used.average().filter(|_| is_whole) {
                averages.insert(key.clone(), average);
            }
            let days = history.costs.entry(key).or_default();
            days.resize(before, Usd::ZERO);
            days.extend(costs);
        }
        for costs in history.costs.values_mut() {
            costs.resize(history.days, Usd::ZERO);
        }
    }
}

/// What was used of one usage type on the days of a month.
struct Used {
    costs: Vec<Usd>,
    quantities: Vec<Decimal>,
    /// True where quantities are told in one unit.
    is_told: bool,
}

impl Used {
    fn of(rows: &[&Charge], days: usize) -> Used {
        let (mut costs, mut quantities) = (vec![Usd::ZERO; days], vec![Decimal::ZERO; days]);
        for row in rows {
            let Some(day) = row.day.map(|d| d.day0() as usize).filter(|d| *d < days) else { continue };
            costs[day] += Cost::Amortized.of(row);
            quantities[day] += row.quantity;
        }
        let units: BTreeSet<Option<Unit>> = rows.iter().map(|r| r.unit).collect();
        let all: Decimal = quantities.iter().sum();
        let is_told = units.len() == 1 && !units.contains(&None) && all > Decimal::ZERO && quantities.iter().all(|q| *q >= Decimal::ZERO);
        Used { costs, quantities, is_told }
    }

    fn cost(&self) -> Usd {
        self.costs.iter().copied().sum()
    }

    /// What a unit cost on average; `None` where quantities are not told.
    fn average(&self) -> Option<Decimal> {
        let quantity = self.quantities.iter().sum();
        quotient(self.cost().decimal(), quantity).filter(|_| self.is_told)
    }

    /// What the days cost at the month's average price, so that tiers and free allowances, which make the same use cost something else
    /// late in the month, move no day. The average of a month that is not whole is too low for the same reason: `average` is that of a
    /// whole one, where one is known. As billed where quantities are not told.
    fn costs(&self, average: Option<Decimal>) -> Vec<Usd> {
        let at = |price: Decimal| self.quantities.iter().map(|q| q.checked_mul(price).map(Usd::new)).collect::<Option<Vec<Usd>>>();
        match (self.is_told, average.and_then(at)) {
            (false, _) => self.costs.clone(),
            (true, Some(costs)) => costs,
            (true, None) => self.cost().split(&self.quantities),
        }
    }
}
