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

    /// True where the newest price has a last tier without an end.
    pub fn is_open(&self, key: &PriceKey) -> bool {
        let newest = self.prices.get(key).and_then(|periods| periods.values().next_back());
        newest.is_some_and(|rows| rows.iter().any(|r| r.tier_end.is_none()))
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
        let is_newer = is_newer(&held, &rows, published);
        if same(&held, &rows) {
            let rows = remembering(with_fee(rows, held.first().and_then(|r| r.upfront)), from, known(&held));
            let ended = self.replace_later(key, day, published, &rows);
            if is_newer {
                self.put(key, from, rows);
            }
            // The price of today stays, and what was to follow it does not come.
            return ended.map_or((Verdict::Same, book), |later| (Verdict::Changed, Some(later)));
        }
        if !is_newer {
            let was_before = |start: &NaiveDate| Some(*start) > effective.or(published) && self.is_first(key, *start);
            let Some(start) = known(&held).filter(was_before).filter(|_| history && from.is_none()) else {
                return (Verdict::Older, book);
            };
            self.put(key, Some(start), held);
            self.put(key, None, rows);
            return (Verdict::History, book);
        }
        self.replace_later(key, day, published, &rows);
        let starts = if same_rates(&held, &rows) || effective.is_none() { from } else { effective };
        self.put(key, starts, rows);
        (Verdict::Changed, book)
    }

    /// True for a day before every period that has a first day.
    fn is_first(&self, key: &PriceKey, day: NaiveDate) -> bool {
        self.prices.get(key).is_none_or(|periods| periods.keys().flatten().all(|from| day < *from))
    }

    /// Periods that begin after the list's day, and that were known before it was published, are overtaken by it. Returns the last of
    /// those that said another price.
    fn replace_later(&mut self, key: &PriceKey, day: NaiveDate, published: Option<NaiveDate>, rows: &[PriceRow]) -> Option<Said> {
        let overtaken = |(from, held): &(&Option<NaiveDate>, &Vec<PriceRow>)| {
            **from > Some(day) && **from <= published && is_newer(held, rows, published)
        };
        let later: Vec<(Option<NaiveDate>, Option<Said>)> =
            self.prices.get(key)?.iter().filter(overtaken).map(|(from, held)| (*from, (!same(held, rows)).then(|| said(held)))).collect();
        let mut ended = None;
        for (from, other) in later {
            self.put(key, from, rows.to_vec());
            ended = other.or(ended);
        }
        ended
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

/// What a list's row says of its version, and of the day since when its price is in force.
pub(super) const VERSION: &str = " version ";
/// As [`VERSION`].
pub(super) const IN_FORCE: &str = ", in force since ";
/// What a row's note says of a price that was known before the list that confirms it.
const KNOWN: &str = "known since ";

/// Whether a list was published after what is held was seen; of two lists of one day the later version is the newer one.
fn is_newer(held: &[PriceRow], list: &[PriceRow], published: Option<NaiveDate>) -> bool {
    let seen = held.first().and_then(|r| check::first_day(&r.seen));
    match (published, seen) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(published), Some(seen)) if published == seen => version(list).zip(version(held)).is_some_and(|(list, held)| list > held),
        (Some(published), Some(seen)) => published > seen,
    }
}

/// The version of the list that a row comes from: AWS's are numbers such as 20261120160000.
fn version(rows: &[PriceRow]) -> Option<u64> {
    let (_, rest) = rows.first()?.source.split_once(VERSION)?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The day behind some words of a text.
fn day_after(text: &str, words: &str) -> Option<NaiveDate> {
    text.split_once(words)?.1.get(..10)?.parse().ok()
}

/// The earliest day on record on which a price was known to hold: its first day, else the earliest on which anybody saw it.
fn known(rows: &[PriceRow]) -> Option<NaiveDate> {
    let row = rows.first()?;
    let days = [day_after(&row.note, KNOWN), day_after(&row.source, IN_FORCE), check::first_day(&row.seen)];
    row.effective_from.or_else(|| days.into_iter().flatten().min())
}

/// The rows of a list that confirms a price, with the day since when it was known where their own days are later: `seen` moves on, and
/// earlier prices must not reach past that day. A price with a first day needs no other.
fn remembering(mut rows: Vec<PriceRow>, from: Option<NaiveDate>, day: Option<NaiveDate>) -> Vec<PriceRow> {
    let Some(day) = day.filter(|day| from.is_none() && known(&rows).is_none_or(|own| *day < own)) else { return rows };
    for row in &mut rows {
        let note = std::mem::take(&mut row.note);
        row.note = if note.is_empty() { format!("{KNOWN}{day}") } else { format!("{note}; {KNOWN}{day}") };
    }
    rows
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
