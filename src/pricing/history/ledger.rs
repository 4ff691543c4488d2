//! The prices of a book with all their periods, while lists are laid over them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{PriceKey, Said, Verdict, words};
use crate::pricing::offer::Tier;
use crate::pricing::{PriceBook, PriceRow, Term, check};
use crate::quantity::Unit;

/// A price from one day on; `None` for ever.
type Periods = BTreeMap<Option<NaiveDate>, Vec<PriceRow>>;

/// Every price and its periods, and which of those are new.
pub(super) struct Ledger {
    prices: BTreeMap<PriceKey, Periods>,
    /// By service, region and usage type: what stands there.
    places: BTreeMap<(String, String, String), BTreeSet<(Term, String)>>,
    touched: BTreeSet<(PriceKey, Option<NaiveDate>)>,
}

impl Ledger {
    pub fn of(book: &PriceBook) -> Ledger {
        let mut ledger = Ledger { prices: BTreeMap::new(), places: BTreeMap::new(), touched: BTreeSet::new() };
        for row in book.rows() {
            let key = PriceKey::of(row);
            ledger.note(&key);
            ledger.prices.entry(key).or_default().entry(row.effective_from).or_default().push(row.clone());
        }
        ledger
    }

    fn note(&mut self, key: &PriceKey) {
        let place = (key.service.clone(), key.region.clone(), key.usage_type.clone());
        self.places.entry(place).or_default().insert((key.term, key.operation.clone()));
    }

    /// The operations at which a usage type has prices at a term, with their SKUs.
    pub fn operations(&self, service: &str, region: &str, usage_type: &str, term: Term) -> BTreeMap<String, BTreeSet<String>> {
        let place = (service.to_owned(), region.to_owned(), usage_type.to_owned());
        let mut held: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (_, operation) in self.places.get(&place).into_iter().flatten().filter(|(t, _)| *t == term) {
            let (service, region, usage_type) = place.clone();
            let key = PriceKey { service, region, usage_type, operation: operation.clone(), term };
            let rows = self.prices.get(&key).into_iter().flat_map(Periods::values).flatten();
            held.insert(operation.clone(), rows.map(|r| r.sku.clone()).filter(|s| !s.is_empty()).collect());
        }
        held
    }

    /// What the book counts in.
    pub fn unit(&self, key: &PriceKey) -> Option<Unit> {
        self.prices.get(key)?.values().next_back()?.first().map(|r| r.unit)
    }

    /// The newest price, in words.
    pub fn newest(&self, key: &PriceKey) -> Option<Said> {
        self.prices.get(key)?.values().next_back().map(|rows| said(rows))
    }

    /// Lays one price of a list over its periods. `published` and `effective` are the list's days.
    pub fn lay(
        &mut self,
        key: &PriceKey,
        rows: Vec<PriceRow>,
        published: Option<NaiveDate>,
        effective: Option<NaiveDate>,
        history: bool,
    ) -> (Verdict, Option<Said>) {
        // The period in which the list's price is in force; without a day, the newest one.
        let day = effective.or(published).unwrap_or(NaiveDate::MAX);
        let current = self.prices.get(key).and_then(|p| p.range(..=Some(day)).next_back()).map(|(from, rows)| (*from, rows.clone()));
        let Some((from, held)) = current else {
            // The first price of all is valid since ever.
            self.put(key, None, rows);
            return (Verdict::New, None);
        };
        let book = Some(said(&held));
        let seen = held.first().and_then(|r| check::first_day(&r.seen));
        let is_newer = published.is_some_and(|p| seen.is_none_or(|s| s < p));
        if same(&held, &rows) {
            if is_newer {
                self.put(key, from, with_fee(rows, held.first().and_then(|r| r.upfront)));
            }
            return (Verdict::Same, book);
        }
        if !is_newer {
            let may = history && from.is_none() && seen.is_some_and(|s| Some(s) > effective);
            if !may {
                return (Verdict::Older, book);
            }
            self.put(key, seen, held);
            self.put(key, None, rows);
            return (Verdict::History, book);
        }
        self.replace_later(key, day, published, &rows);
        let starts = if same_rates(&held, &rows) || effective.is_none() { from } else { effective };
        self.put(key, starts, rows);
        (Verdict::Changed, book)
    }

    /// Periods that begin after the list's day, and that were known before it was published, are overtaken by it.
    fn replace_later(&mut self, key: &PriceKey, day: NaiveDate, published: Option<NaiveDate>, rows: &[PriceRow]) {
        let Some(periods) = self.prices.get(key) else { return };
        let overtaken = |(from, held): &(&Option<NaiveDate>, &Vec<PriceRow>)| {
            let seen = held.first().and_then(|r| check::first_day(&r.seen));
            **from > Some(day) && **from <= published && seen < published
        };
        let later: Vec<Option<NaiveDate>> = periods.iter().filter(overtaken).map(|(from, _)| *from).collect();
        for from in later {
            self.put(key, from, rows.to_vec());
        }
    }

    fn put(&mut self, key: &PriceKey, from: Option<NaiveDate>, mut rows: Vec<PriceRow>) {
        for row in &mut rows {
            row.effective_from = from;
        }
        self.note(key);
        self.prices.entry(key.clone()).or_default().insert(from, rows);
        self.touched.insert((key.clone(), from));
    }

    /// All rows of the periods that are new or changed.
    pub fn touched(self) -> Vec<PriceRow> {
        let Ledger { mut prices, touched, .. } = self;
        touched.into_iter().filter_map(|(key, from)| prices.get_mut(&key)?.remove(&from)).flatten().collect()
    }
}

fn tiers(rows: &[PriceRow]) -> Vec<Tier> {
    rows.iter().map(|r| Tier { begin: r.tier_begin, end: r.tier_end, price: r.price.decimal() }).collect()
}

pub(super) fn said(rows: &[PriceRow]) -> Said {
    let first = rows.first();
    Said { price: words(&tiers(rows), first.and_then(|r| r.upfront)), seen: first.map(PriceRow::dated).unwrap_or_default() }
}

/// The rows, with a fee that was known where the list names none.
fn with_fee(mut rows: Vec<PriceRow>, fee: Option<rust_decimal::Decimal>) -> Vec<PriceRow> {
    for row in &mut rows {
        row.upfront = row.upfront.or(fee);
    }
    rows
}

fn same_rates(a: &[PriceRow], b: &[PriceRow]) -> bool {
    tiers(a) == tiers(b)
}

/// The same rates, and a fee that does not contradict: one that is not known agrees with none that is.
fn same(held: &[PriceRow], list: &[PriceRow]) -> bool {
    let fee = |rows: &[PriceRow]| rows.first().and_then(|r| r.upfront);
    same_rates(held, list) && (fee(list).is_none() || fee(held) == fee(list))
}
