//! The analysis of every lever of production, all pairs among them: the reference is one second (`cargo bench --bench savings`).
//!
//! Some thirty levers, twenty-odd of which act there; the band is left out, which `benches/paths.rs` measures.

use std::process::{Command, Stdio};

fn main() {
    divan::main();
}

fn run(args: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.args(args).args(["--as-of", "2026-11-24"]).current_dir(std::env::temp_dir()).stdout(Stdio::null());
    assert!(command.status().is_ok_and(|s| s.success()));
}

#[divan::bench(sample_count = 20)]
fn all_levers_of_production() {
    run(&["savings", "prod", "--paths", "0"]);
}

#[divan::bench(sample_count = 20)]
fn all_levers_of_production_with_their_band() {
    run(&["savings", "prod"]);
}
