//! Which prices differ between two books.

use std::collections::BTreeMap;

use super::history::PriceKey;
use super::{PriceBook, PriceRow};

/// A price that is not the same in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The price.
    pub key: PriceKey,
    /// Its tiers in the first book; none where it is not there.
    pub before: Vec<PriceRow>,
    /// Its tiers in the second.
    pub after: Vec<PriceRow>,
}

/// Every price that differs in a rate, a tier or a fee, in the order of services and regions. Both books must have one period of each
/// price ([`PriceBook::as_of`]).
pub fn differences(before: &PriceBook, after: &PriceBook) -> Vec<Difference> {
    let mut keys: BTreeMap<PriceKey, [Vec<PriceRow>; 2]> = BTreeMap::new();
    for (n, book) in [before, after].into_iter().enumerate() {
        for row in book.rows() {
            keys.entry(PriceKey::of(row)).or_default()[n].push(row.clone());
        }
    }
    let differs = |[before, after]: &[Vec<PriceRow>; 2]| !before.iter().map(what_is_asked).eq(after.iter().map(what_is_asked));
    keys.into_iter().filter(|(_, rows)| differs(rows)).map(|(key, [before, after])| Difference { key, before, after }).collect()
}

/// What AWS asks: everything else of a row says where that was seen.
fn what_is_asked(row: &PriceRow) -> impl PartialEq + use<> {
    (row.tier_begin, row.tier_end, row.price, row.upfront, row.unit)
}
