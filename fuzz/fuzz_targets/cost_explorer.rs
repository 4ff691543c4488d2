//! Any bytes as a reply or download of Cost Explorer: read or refused.
#![no_main]

mod import;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| import::import("reply.json", bytes, &[]));
