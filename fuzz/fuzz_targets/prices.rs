//! A price file of any bytes, beside the built-in regions, families, allowances and support plans: it is read or refused.
#![no_main]

use std::sync::OnceLock;

use ce_cost::pricing::{PriceBook, read};
use libfuzzer_sys::fuzz_target;

/// What the prices of a book rest on.
const BESIDE: [&str; 4] = ["pricing/regions.csv", "pricing/families.csv", "pricing/free_tier.csv", "pricing/support.csv"];

/// The built-in files that hold no prices.
fn beside() -> &'static [(&'static str, &'static str)] {
    static FILES: OnceLock<Vec<(&'static str, &'static str)>> = OnceLock::new();
    FILES.get_or_init(|| PriceBook::embedded_files().into_iter().filter(|(name, _)| BESIDE.contains(name)).collect())
}

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let files = beside().iter().copied().chain([("pricing/fuzz.csv", text.as_ref())]);
    match read::book(files) {
        Ok(book) => {
            // A book that is there knows its own usage types.
            for row in book.rows() {
                let day = row.effective_from.unwrap_or_default();
                let _ = book.price(&row.service, &row.region, &row.usage_type, &row.operation, day);
            }
        }
        Err(refused) => {
            let (problems, sources) = *refused;
            assert!(!problems.render(&sources, true).is_empty(), "refused, and no reason");
        }
    }
});
