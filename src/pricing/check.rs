//! Whether a book is sound, and which one it is.

use chrono::NaiveDate;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Confidence, PriceBook};

/// What `prices check` found. Tiers, keys and references were checked when the book was read: a book that is there has none
/// of those faults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Rows in all.
    pub rows: usize,
    /// Rows by confidence: high, medium, low.
    pub confidence: [usize; 3],
    /// Regions with prices.
    pub regions: usize,
    /// Service codes with prices.
    pub services: usize,
    /// Prices for which no date is known.
    pub undated: usize,
    /// Prices seen longer ago than the limit.
    pub old: usize,
    /// The oldest and the newest day on which a price was seen.
    pub seen: Option<(NaiveDate, NaiveDate)>,
    /// SHA-256 over all files of the book, in their order.
    pub hash: String,
}

/// Looks a book over on a day.
pub fn health(book: &PriceBook, today: NaiveDate, older_than: i64) -> Health {
    let count = |c: Confidence| book.rows().iter().filter(|r| r.confidence == c).count();
    let dates: Vec<NaiveDate> = book.rows().iter().filter_map(|r| first_day(&r.seen)).collect();
    let distinct = |f: fn(&super::PriceRow) -> &str| book.rows().iter().map(f).collect::<std::collections::BTreeSet<_>>().len();
    Health {
        rows: book.rows().len(),
        confidence: [count(Confidence::High), count(Confidence::Medium), count(Confidence::Low)],
        regions: distinct(|r| &r.region),
        services: distinct(|r| &r.service),
        undated: book.rows().len() - dates.len(),
        old: dates.iter().filter(|d| (today - **d).num_days() > older_than).count(),
        seen: dates.iter().min().copied().zip(dates.iter().max().copied()),
        hash: hash(book),
    }
}

/// The day behind "2026-09-11", "2026-09" or "2026": the first one it can mean, so that a price is never taken for younger.
pub fn first_day(text: &str) -> Option<NaiveDate> {
    let padded = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    padded.parse().ok()
}

/// SHA-256 over the texts of all files of the book.
pub fn hash(book: &PriceBook) -> String {
    let mut digest = Sha256::new();
    for source in book.sources.iter() {
        digest.update(source.name.as_bytes());
        digest.update([0]);
        digest.update(source.text.as_bytes());
        digest.update([0]);
    }
    format!("{:x}", digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_alone_is_its_first_day() {
        assert_eq!(first_day("2026"), NaiveDate::from_ymd_opt(2026, 1, 1));
        assert_eq!(first_day("2026-09"), NaiveDate::from_ymd_opt(2026, 9, 1));
        assert_eq!(first_day("2024-Q4"), None);
        assert_eq!(first_day(""), None);
    }

    #[test]
    fn the_built_in_book_is_sound_and_has_a_stable_hash() {
        let book = PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
        let day = NaiveDate::from_ymd_opt(2026, 11, 24).expect("a day");
        let health = health(&book, day, 400);
        assert_eq!(health.rows, health.confidence.iter().sum::<usize>());
        assert_eq!(health.hash, hash(&PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)))));
        assert_eq!(health.hash.len(), 64);
    }
}
