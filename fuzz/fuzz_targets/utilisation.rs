//! Measured CPU and memory of any bytes, as a table or as CloudWatch prints it: they are read or refused.
#![no_main]

use ce_cost::workload::measured::utilisation::Utilisation;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    match Utilisation::read(&[("fuzz", text.as_ref())]) {
        Ok(read) => {
            let len = read.len();
            for busy in read.services.values() {
                assert!(busy.cpu.len() == len && busy.memory.len() == len && busy.tasks.len() == len, "series of one length");
                assert!(busy.cpu.iter().chain(&busy.memory).flatten().all(|share| (0.0..=1.0).contains(share)), "shares");
            }
        }
        Err(faults) => assert!(!faults.is_empty(), "refused, and no reason"),
    }
});
