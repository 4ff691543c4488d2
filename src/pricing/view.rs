//! A book as it stood on a day, and a book with other prices in it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;

use super::history::PriceKey;
use super::read::{self, GroupKey};
use super::{PriceBook, PriceRow, SupportBand};
use crate::diagnostic::Problems;

impl PriceBook {
    /// The book with the prices and support plans that were in force on a day, for every month: each has one period. What began later is
    /// not there.
    pub fn as_of(&self, day: NaiveDate) -> PriceBook {
        let mut newest: BTreeMap<PriceKey, Option<NaiveDate>> = BTreeMap::new();
        let begun = |row: &&PriceRow| row.effective_from.is_none_or(|from| from <= day);
        for row in self.rows.iter().filter(begun) {
            let from = newest.entry(PriceKey::of(row)).or_insert(row.effective_from);
            *from = (*from).max(row.effective_from);
        }
        let in_force = self.rows.iter().filter(begun).filter(|r| newest.get(&PriceKey::of(r)) == Some(&r.effective_from));
        let mut book = self.with_rows(in_force.cloned().map(|row| PriceRow { effective_from: None, ..row }));
        let plans: BTreeSet<&str> = self.support.iter().map(|band| band.plan.as_str()).collect();
        let bands = plans.into_iter().flat_map(|plan| self.support(plan, day));
        book.support = bands.map(|band| SupportBand { effective_from: None, ..band.clone() }).collect();
        book
    }

    /// The book with one price put into the place of another, or taken out. Every other row stays.
    pub fn with_price(&self, key: &PriceKey, rows: &[PriceRow]) -> PriceBook {
        let others = self.rows.iter().filter(|row| PriceKey::of(row) != *key);
        self.with_rows(others.chain(rows).cloned())
    }

    /// The book with the prices of another; regions, families, allowances and support plans stay.
    pub fn with_prices_of(&self, other: &PriceBook) -> PriceBook {
        self.with_rows(other.rows.iter().cloned())
    }

    fn with_rows(&self, rows: impl Iterator<Item = PriceRow>) -> PriceBook {
        let mut prices: BTreeMap<GroupKey, Vec<PriceRow>> = BTreeMap::new();
        for row in rows {
            prices.entry(read::group_key(&row)).or_default().push(row);
        }
        let mut book = PriceBook { rows: Vec::new(), index: HashMap::new(), ..self.clone() };
        // Its rows have families and regions: they come out of books that were read, and a row without is not looked up.
        read::index(&mut book, prices, &mut Problems::default());
        book
    }
}
