//! The example report in a real browser (Debian's chromium, with node and npm): three widths, light, dark and print.

mod peers;

use std::fs;
use std::path::Path;
use std::process::Command;

use peers::{run, script};

/// The driver of the browser, and what looks for barriers.
const PACKAGES: &[&str] = &["playwright-core@1.56.1", "axe-core@4.11.0"];

#[test]
fn the_example_reads_well_everywhere() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let home = target.parent().expect("a parent").join("peers/report");
    if !home.join("node_modules/axe-core").is_dir() {
        fs::create_dir_all(&home).expect("a folder");
        fs::write(home.join("package.json"), "{\"private\": true}").expect("a file");
        run(Command::new("npm").args(["install", "--silent", "--no-audit", "--no-fund"]).args(PACKAGES).current_dir(&home));
    }
    let shots = target.join("report");
    fs::create_dir_all(&shots).expect("a folder");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/example/prod-2026-10.html");
    let problems = run(Command::new("node").arg(script("report.mjs")).arg(page).arg(&home).arg(&shots));
    assert!(problems.trim().is_empty(), "{problems}");
}
