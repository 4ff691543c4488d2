//! Any bytes as Parquet: read or refused. Where the library that reads it gives up, that is a refusal: its hook must not end the
//! process before it is caught.
#![no_main]

mod import;

use std::sync::Once;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    import::import("bill.parquet", bytes, &[]);
});
