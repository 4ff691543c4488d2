//! An import that is killed at any moment leaves the store whole: each period is the old version or the new one.
//! `KILLS=50 cargo test --test store_kill` kills more often (`just soak`).
#![cfg(feature = "actuals")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use ce_cost::actuals::Statement;
use ce_cost::actuals::store::Store;
use ce_cost::month::Month;

fn demo(store: &Path, seed: u32) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    let seed = seed.to_string();
    command.args(["actuals", "demo", "--as-of", "2026-11-24", "--seed", &seed, "--store"]).arg(store);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn held(folder: &Path) -> Vec<Statement> {
    let month = |text: &str| text.parse::<Month>().expect("a month");
    Store::at(folder).statements(month("2020-01")..=month("2030-12")).expect("a whole store")
}

fn written(store: &Path, seed: u32) -> (Vec<Statement>, Duration) {
    let since = Instant::now();
    assert!(demo(store, seed).status().expect("it runs").success());
    (held(store), since.elapsed())
}

/// Moments spread over the run (multiples of the golden ratio), so that a few of them find all of it.
fn moment(n: u32, of: Duration) -> Duration {
    of * (n * 618 % 1_000) / 1_000
}

#[test]
fn a_killed_import_leaves_the_old_version_or_the_new_one() {
    let kills: u32 = std::env::var("KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(5);
    let folder = tempfile::tempdir().expect("a folder");
    let [one, two, store] = ["one", "two", "store"].map(|name| folder.path().join(name));
    let (first, _) = written(&one, 1);
    let (second, takes) = written(&two, 2);
    assert!(first.len() == 15 && first.iter().zip(&second).all(|(a, b)| a.bill.month == b.bill.month && a != b));
    written(&store, 1);
    let (mut died, mut mixed) = (0, 0);
    for n in 1..=kills {
        // Over what the last one left: seed 1, seed 2 or both.
        let mut child = demo(&store, 1 + n % 2).spawn().expect("it runs");
        sleep(moment(n, takes));
        child.kill().expect("killed, or done");
        died += u32::from(!child.wait().expect("an end").success());
        let now = held(&store);
        assert_eq!(now.len(), first.len(), "kill {n}: no period is lost or doubled");
        let is_old = |i: usize| now[i] == first[i];
        assert!((0..now.len()).all(|i| is_old(i) || now[i] == second[i]), "kill {n}: a period is neither version");
        mixed += u32::from((0..now.len()).any(is_old) && !(0..now.len()).all(is_old));
        let checked = Store::at(&store).verify().expect("a store");
        assert!(checked.iter().all(|c| c.wrong.is_empty()), "kill {n}: {checked:?}");
    }
    assert!(died > 0, "no run was killed before its end");
    println!("{died} of {kills} were killed before their end, {mixed} in the midst of the store");
    let (last, _) = written(&store, 2);
    assert!(last == second, "what was killed does not stand in the way of the next import");
}
