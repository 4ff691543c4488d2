//! `ce-cost forecast prod --months 12` as a cold process: the reference is 50 ms (`cargo bench --bench forecast`).
//!
//! Reference: 50 ms wall for the whole payer, all services, 12 months, on the release binary (docs/decisions.md).

use std::process::{Command, Stdio};

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 50)]
fn cold_start_twelve_months() {
    let folder = std::env::temp_dir();
    let status = Command::new(env!("CARGO_BIN_EXE_ce-cost"))
        .args(["forecast", "prod", "--months", "12", "--as-of", "2026-11-24"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .status();
    assert!(status.is_ok_and(|s| s.success()));
}

#[divan::bench(sample_count = 50)]
fn cold_start_next_month() {
    let folder = std::env::temp_dir();
    let status = Command::new(env!("CARGO_BIN_EXE_ce-cost"))
        .args(["forecast", "prod", "--as-of", "2026-11-24"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .status();
    assert!(status.is_ok_and(|s| s.success()));
}
