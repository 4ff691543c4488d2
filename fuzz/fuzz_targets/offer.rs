//! What both targets of price lists do: the bytes are read or refused, and what was read is laid over the built-in book.

use std::sync::OnceLock;

use ce_cost::pricing::offer::{self, Wanted};
use ce_cost::pricing::{PriceBook, history};
use ce_cost::source::Sources;

/// The built-in book, and every price wanted.
fn book() -> &'static (PriceBook, Wanted) {
    static BOOK: OnceLock<(PriceBook, Wanted)> = OnceLock::new();
    BOOK.get_or_init(|| {
        let book = PriceBook::embedded().unwrap_or_else(|_| panic!("the built-in book is sound"));
        let wanted = Wanted::by(&book, true);
        (book, wanted)
    })
}

/// Reads `bytes` as a list.
pub fn list(bytes: &[u8]) {
    let (book, wanted) = book();
    match offer::read("list", bytes, wanted) {
        Ok(list) => {
            let tiers = list.prices.iter().flat_map(|p| &p.tiers);
            assert!(tiers.into_iter().all(|t| !t.price.is_sign_negative() || t.price.is_zero()), "a price below zero");
            history::lay(book, &[list], wanted, true);
        }
        Err(problems) => assert!(!problems.render(&Sources::default(), true).is_empty(), "refused, and no reason"),
    }
}
