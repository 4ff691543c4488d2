//! Any bytes as a FOCUS file as CSV: read or refused.
#![no_main]

mod import;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| import::import("bill.csv", bytes, &[]));
