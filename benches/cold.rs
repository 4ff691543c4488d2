//! Commands as cold processes, whole (`cargo bench --bench cold`), on the release binary. References: 50 ms for `forecast prod
//! --months 12` with the whole payer and all services (docs/decisions.md); 100 ms for `check` of four environments without paths, one
//! second with them.

use std::process::{Command, Stdio};

fn main() {
    divan::main();
}

fn run(args: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    let status = command.args(args).args(["--as-of", "2026-11-24"]).current_dir(std::env::temp_dir()).stdout(Stdio::null()).status();
    assert!(status.is_ok_and(|s| s.success()));
}

#[divan::bench(sample_count = 50)]
fn forecast_of_twelve_months() {
    run(&["forecast", "prod", "--months", "12"]);
}

#[divan::bench(sample_count = 50)]
fn forecast_of_the_next_month() {
    run(&["forecast", "prod"]);
}

/// Reference: 100 ms. The built-in rules ask for a probability, which is not to be had without paths: these do not.
#[divan::bench(sample_count = 50)]
fn check_of_four_environments_without_paths() {
    run(&["check", "--rules", concat!(env!("CARGO_MANIFEST_DIR"), "/benches/budgets.yaml"), "--paths", "0"]);
}

/// Reference: one second. The built-in rules draw paths for prod alone: these do for all four.
#[divan::bench(sample_count = 50)]
fn check_of_four_environments_with_paths() {
    run(&["check", "--rules", concat!(env!("CARGO_MANIFEST_DIR"), "/benches/budgets-drawn.yaml")]);
}

#[divan::bench(sample_count = 50)]
fn check_by_the_built_in_rules() {
    run(&["check"]);
}
