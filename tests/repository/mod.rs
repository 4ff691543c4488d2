//! A team's repository: the scenarios of this one in a folder, and git.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Copies the scenarios, without levers and strategies, to `scenarios` in a folder.
pub fn scenarios(folder: &Path) {
    files(folder, "scenarios");
}

/// Copies the files of one folder of this repository, without those below it, to the same place in another.
pub fn files(folder: &Path, part: &str) {
    let to = folder.join(part);
    fs::create_dir_all(&to).expect("a folder");
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(part);
    for file in fs::read_dir(from).expect("the folder").map(|e| e.expect("an entry").path()).filter(|p| p.is_file()) {
        fs::copy(&file, to.join(file.file_name().expect("a name"))).expect("a copy");
    }
}

/// Runs git in a folder, whatever the user's own settings.
#[allow(dead_code, reason = "not every test needs a history")]
pub fn git(folder: &Path, args: &[&str]) {
    let own = ["-c", "user.name=a", "-c", "user.email=a@example.invalid", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"];
    let done = Command::new("git").args(own).args(args).current_dir(folder).output().expect("git runs");
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
}
