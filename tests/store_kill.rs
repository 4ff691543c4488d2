//! An import that is killed at any moment leaves the store whole: each period is the old version or the new one.
//! `KILLS=50 cargo test --test store_kill` kills more often (`just soak`).
#![cfg(feature = "actuals")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use ce_cost::actuals::Statement;
use ce_cost::actuals::store::Store;

fn actuals(args: &[&str], store: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.arg("actuals").args(args).args(["--as-of", "2026-11-24"]).env("CE_COST_STORE", store);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn held(folder: &Path) -> Vec<Statement> {
    Store::at(folder).statements(|_, _| true).expect("a whole store")
}

/// What a command writes into a store, and how long that takes.
fn written(args: &[&str], store: &Path) -> (Vec<Statement>, Duration) {
    let since = Instant::now();
    assert!(actuals(args, store).status().expect("it runs").success());
    (held(store), since.elapsed())
}

/// Moments spread over the run (multiples of the golden ratio), so that a few of them find all of it.
fn moment(n: u32, of: Duration) -> Duration {
    of * (n * 618 % 1_000) / 1_000
}

/// Files that are being written.
fn unfinished(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    all.flat_map(|path| if path.is_dir() { unfinished(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|e| e == "unfinished"))
        .collect()
}

/// Waits until the run writes its `n`-th file, or is done; not counting what a killed one left.
fn until_writing(child: &mut Child, store: &Path, left: &BTreeSet<PathBuf>, n: u32) {
    let mut seen = BTreeSet::new();
    while seen.len() < n as usize && child.try_wait().expect("a child").is_none() {
        seen.extend(unfinished(store).into_iter().filter(|file| !left.contains(file)));
    }
}

/// One version is imported from a report, the other written by the demo; each over what the last killed one left.
#[test]
fn a_killed_import_leaves_the_old_version_or_the_new_one() {
    let kills: u32 = std::env::var("KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(5);
    let folder = tempfile::tempdir().expect("a folder");
    let [one, two, store, report] = ["one", "two", "store", "cur.csv"].map(|name| folder.path().join(name));
    let report = report.to_str().expect("a path");
    assert!(actuals(&["demo", "--seed", "2", "--cur", report], &two).status().expect("it runs").success());
    let ways: [&[&str]; 2] = [&["demo", "--seed", "1"], &["import", report]];
    let [(first, slow), (second, slower)] = [written(ways[0], &one), written(ways[1], &two)];
    assert!(first.len() == 15 && first.iter().zip(&second).all(|(a, b)| a.bill.month == b.bill.month && a != b));
    written(ways[0], &store);
    let (mut died, mut mixed) = (0, 0);
    for n in 1..=kills {
        let (way, takes) = if n % 2 == 0 { (ways[0], slow) } else { (ways[1], slower) };
        let left: BTreeSet<PathBuf> = unfinished(&store).into_iter().collect();
        let mut child = actuals(way, &store).spawn().expect("it runs");
        // A run spends most of its time before it writes: of three kills, two wait for that.
        match n % 3 {
            0 => sleep(moment(n, takes)),
            _ => until_writing(&mut child, &store, &left, 2 + 5 * n % 12),
        }
        child.kill().expect("killed, or done");
        died += u32::from(!child.wait().expect("an end").success());
        let now = held(&store);
        assert_eq!(now.len(), first.len(), "kill {n}: no period is lost or doubled");
        let is_first = |i: usize| now[i] == first[i];
        assert!((0..now.len()).all(|i| is_first(i) || now[i] == second[i]), "kill {n}: a period is neither version");
        mixed += u32::from((0..now.len()).any(is_first) && !(0..now.len()).all(is_first));
        let checked = Store::at(&store).verify().expect("a store");
        assert!(checked.iter().all(|c| c.wrong.is_empty()), "kill {n}: {checked:?}");
    }
    assert!(died > 0, "no run was killed before its end");
    assert!(mixed > 0, "no run was killed while it wrote");
    println!("{died} of {kills} were killed before their end; {mixed} times the store held some of both");
    let (last, _) = written(ways[1], &store);
    assert!(last == second, "what was killed does not stand in the way of the next import");
}
