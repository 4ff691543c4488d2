//! Any bytes as an offer, a Savings Plans list or a reply of the Query API as JSON.
#![no_main]

mod offer;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| if matches!(bytes.first(), Some(b'{' | b'[')) {
    offer::list(bytes)
});
