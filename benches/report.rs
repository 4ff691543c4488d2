//! The report of every environment over fourteen months of bills, as a page: the reference is two seconds (`cargo bench --bench report`).

use std::path::Path;
use std::process::{Command, Stdio};

fn main() {
    divan::main();
}

fn run(folder: &Path, args: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.args(args).args(["--store", "store", "--as-of", "2026-11-02"]).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    assert!(command.status().is_ok_and(|s| s.success()));
}

#[divan::bench(sample_count = 10)]
fn every_environment_over_fourteen_months(bencher: divan::Bencher<'_, '_>) {
    let folder = tempfile::tempdir().expect("a folder");
    run(folder.path(), &["actuals", "demo"]);
    bencher.bench(|| run(folder.path(), &["report", "--all", "--month", "2026-10", "--format", "html", "--out", "out"]));
}
