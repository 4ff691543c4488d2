//! A scenario file of any bytes: it is read or refused, and what is read has a bill or says why not.
#![no_main]

use std::sync::OnceLock;

use ce_cost::month::HoursBasis;
use ce_cost::predict::{self, Basis};
use ce_cost::pricing::PriceBook;
use ce_cost::scenario::{self, InputFile};
use libfuzzer_sys::fuzz_target;

/// The built-in prices, read once.
fn book() -> &'static PriceBook {
    static BOOK: OnceLock<PriceBook> = OnceLock::new();
    BOOK.get_or_init(|| PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false))))
}

fuzz_target!(|bytes: &[u8]| {
    let file = InputFile { name: "scenarios/fuzz.yaml".into(), text: String::from_utf8_lossy(bytes).into_owned() };
    match scenario::load(&[file], book(), &[]) {
        Ok(scenarios) => {
            let month = "2026-12".parse().expect("a month");
            let basis = Basis { month, hours: HoursBasis::Actual, pooled: true, free_tier: true, failover: None };
            for environment in &scenarios.all {
                if let Err(why) = predict::bill(&scenarios, environment, book(), basis) {
                    assert!(!why.to_string().is_empty(), "no bill, and no reason");
                }
            }
            scenarios.warnings.render(&scenarios.sources, false);
        }
        Err(refused) => {
            let (problems, sources) = *refused;
            assert!(!problems.render(&sources, true).is_empty(), "refused, and no reason");
        }
    }
});
