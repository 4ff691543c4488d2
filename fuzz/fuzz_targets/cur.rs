//! Any bytes as a Cost and Usage Report as CSV, gz or zip: read or refused.
#![no_main]

mod import;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| import::import("bill.csv", bytes, &[]));
