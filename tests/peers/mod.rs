//! Programs in other languages that tests hold the results against, each with what it needs from PyPI in a folder of its own
//! below `target/peers`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// A Python that has exactly these packages, such as `numpy==2.4.6`. Made once; a test without it fails, and is not skipped.
#[allow(dead_code, reason = "not every test needs Python")]
pub fn python(name: &str, packages: &[&str]) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _held = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let home = target().join("peers").join(name);
    let (python, list) = (home.join("bin/python"), home.join("packages.txt"));
    let wanted = packages.join("\n");
    if std::fs::read_to_string(&list).is_ok_and(|have| have == wanted) {
        return python;
    }
    let _ = std::fs::remove_dir_all(&home);
    run(Command::new("python3").args(["-m", "venv"]).arg(&home));
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(packages));
    std::fs::write(list, wanted).expect("a list of packages");
    python
}

/// A script of this folder.
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(name)
}

/// Runs to the end, and shows what it said where it failed. What it said where it did not.
pub fn run(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|e| panic!("{command:?} does not start ({e}): python3 with venv and pip is needed"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(done.status.success(), "{command:?} failed:\n{}{}", text(&done.stdout), text(&done.stderr));
    text(&done.stdout)
}

/// The folder in which cargo builds.
#[allow(dead_code, reason = "not every test needs Python")]
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a parent").to_owned()
}
