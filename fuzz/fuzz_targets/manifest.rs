//! Any bytes as a manifest, beside a good file that it may name: read or refused, and nothing outside the folder is looked at.
#![no_main]

mod import;

use libfuzzer_sys::fuzz_target;

const REPORT: &str = include_str!("../seeds/cur/good.csv");

fuzz_target!(|bytes: &[u8]| import::import("report-Manifest.json", bytes, &[("report-1.csv", REPORT)]));
