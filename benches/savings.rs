//! The analysis of every lever of production, all pairs among them: some thirty levers, twenty-odd of which act there. The reference is one
//! second for `prod` without its band, which `benches/paths.rs` measures; two with it. `prod-driven` is simulated by the hour for every set of
//! changes and has thirty, a guard rather than an aim. A run that takes longer fails (`cargo bench --bench savings`).

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn main() {
    divan::main();
}

/// Runs the program, within so many seconds.
fn run(args: &[&str], seconds: u64) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.args(args).args(["--as-of", "2026-11-24"]).current_dir(std::env::temp_dir()).stdout(Stdio::null());
    let start = Instant::now();
    assert!(command.status().is_ok_and(|s| s.success()), "{args:?}");
    let took = start.elapsed();
    assert!(took < Duration::from_secs(seconds), "{args:?} took {took:?}: the reference is {seconds} s");
}

#[divan::bench(sample_count = 20)]
fn all_levers_of_production() {
    run(&["savings", "prod", "--paths", "0"], 1);
}

#[divan::bench(sample_count = 20)]
fn all_levers_of_production_with_their_band() {
    run(&["savings", "prod"], 2);
}

#[divan::bench(sample_count = 3)]
fn all_levers_of_production_by_its_traffic() {
    run(&["savings", "prod-driven", "--paths", "0"], 30);
}
