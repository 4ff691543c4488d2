//! Any bytes as an offer or a Savings Plans list as CSV.
#![no_main]

mod offer;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| if !bytes.starts_with(b"{") {
    offer::list(bytes)
});
