//! The step of `action.yml`, run as a runner would call it: a shallow clone of a pull request's head, the runner's files and variables,
//! and a `gh` that answers as GitHub's does.
#![cfg(unix)]

mod repository;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use self::repository::git;

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Lists the comments of `comments/ID`, keeps what is posted or patched there, and writes down how it was called.
const GH: &str = r#"#!/usr/bin/env bash
set -eu
[[ ! -e "$FAKE/read-only" || "$*" != *--method* ]] || { echo "HTTP 403" >&2; exit 1; }
echo "$*" >>"$FAKE/calls"
body=${*: -1}
case "$*" in
    *"--method POST"*) cp "${body#body=@}" "$FAKE/comments/77" ;;
    *"--method PATCH"*) cp "${body#body=@}" "$FAKE/comments/77" ;;
    *--paginate*) for f in "$FAKE"/comments/*; do [[ ! -e $f ]] || [[ $(head -n 1 "$f") != "<!-- ce-cost:check -->" ]] || basename "$f"; done ;;
esac
"#;

/// A pull request: its repository, the clone of the runner, and what the runner gives.
struct Runner {
    folder: tempfile::TempDir,
}

impl Runner {
    fn new() -> Runner {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for name in ["fake/bin", "fake/comments", "temp"] {
            fs::create_dir_all(at(name)).expect("a folder");
        }
        repository::scenarios(&at("origin"));
        let origin = at("origin");
        git(&origin, &["init", "-q", "."]);
        git(&origin, &["add", "-A"]);
        git(&origin, &["commit", "-qm", "base"]);
        git(&origin, &["checkout", "-qb", "change"]);
        fs::write(at("fake/bin/gh"), GH).expect("a file");
        fs::set_permissions(at("fake/bin/gh"), fs::Permissions::from_mode(0o755)).expect("executable");
        Runner { folder }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Changes a value of prod in the pull request.
    fn push(&self, from: &str, to: &str) {
        let path = self.at("origin/scenarios/prod.yaml");
        let text = read(&path);
        assert!(text.contains(from), "prod has `{from}`");
        fs::write(&path, text.replacen(from, to, 1)).expect("a file");
        git(&self.at("origin"), &["commit", "-qam", "change"]);
    }

    /// The step on a fresh clone.
    fn step(&self, inputs: &[(&str, &str)]) -> Output {
        let _ = fs::remove_dir_all(self.at("work"));
        for file in ["summary", "output"] {
            fs::write(self.at(file), "").expect("a file");
        }
        let url = format!("file://{}", self.at("origin").display());
        git(self.folder.path(), &["clone", "-q", "--depth=1", "--branch=change", "--single-branch", &url, "work"]);
        let path = format!("{}:{}", self.at("fake/bin").display(), std::env::var("PATH").expect("a path"));
        let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/check-action"));
        command.current_dir(self.at("work")).env("PATH", path).env("FAKE", self.at("fake")).env("CE_COST", env!("CARGO_BIN_EXE_ce-cost"));
        command.env("CE_COST_AS_OF", "2026-11-24").env("RUNNER_TEMP", self.at("temp")).env("GITHUB_STEP_SUMMARY", self.at("summary"));
        command.env("GITHUB_OUTPUT", self.at("output")).env("GITHUB_BASE_REF", "main").env("GITHUB_REPOSITORY", "team/product");
        command.env("PULL_REQUEST", "5").env_remove("CE_COST_SCENARIOS").env_remove("CE_COST_PRICES");
        command.envs(inputs.iter().copied()).output().expect("it runs")
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_pull_request_gets_one_comment_annotations_and_an_exit_code() {
    let runner = Runner::new();
    runner.push("likely: 8.3241", "likely: 9.5");
    let fine = runner.step(&[]);
    assert_eq!(fine.status.code(), Some(0), "{}", text(&fine));
    let comment = read(&runner.at("fake/comments/77"));
    assert!(comment.contains("4 environments within budget") && comment.contains("(+188 by this change)"), "{comment}");
    assert!(comment.contains("core.tasks.average.likely: 8.3241 → 9.5"), "{comment}");
    assert_eq!(read(&runner.at("summary")), comment);
    assert!(read(&runner.at("output")).starts_with("verdict=pass\ncomment-file="), "{}", read(&runner.at("output")));

    // The next push breaks the budget: the same comment says so.
    runner.push("likely: 9.5", "likely: 10.4");
    let broken = runner.step(&[]);
    assert_eq!(broken.status.code(), Some(1), "{}", text(&broken));
    let said = text(&broken);
    assert!(said.lines().any(|l| l.starts_with("::error file=scenarios/prod.yaml,line=57,") && l.contains("prod-budget")), "{said}");
    let comment = read(&runner.at("fake/comments/77"));
    assert!(comment.contains("1 rule failed") && comment.contains("team-backend"), "{comment}");
    assert!(read(&runner.at("output")).starts_with("verdict=fail\n"));
    let calls = read(&runner.at("fake/calls"));
    let made = |what: &str| calls.lines().filter(|l| l.contains(what)).count();
    assert_eq!(
        (made("--method POST repos/team/product/issues/5/comments"), made("--method PATCH repos/team/product/issues/comments/77")),
        (1, 1),
        "{calls}"
    );

    // Whatever the verdict, `never` does not stop the pipeline.
    let never = runner.step(&[("INPUT_FAIL_ON", "never"), ("INPUT_ENVIRONMENTS", "prod dr")]);
    assert_eq!(never.status.code(), Some(0), "{}", text(&never));
    assert!(read(&runner.at("output")).starts_with("verdict=fail\n"));
}

/// What the verdict makes of the step, whatever the program's exit code says.
#[test]
fn a_step_fails_where_its_input_says_so() {
    let runner = Runner::new();
    let warn = "rules:\n  - {id: low, environment: prod, metric: planned, above: 1 USD, level: warn}\n";
    let old = "prices_within: 1 day\nrules:\n  - {id: fine, environment: prod, metric: planned, below: 1 USD}\n";
    for (rules, verdict, codes) in [(warn, "warn", [1, 0, 0]), (old, "incomplete", [3, 3, 0])] {
        fs::write(runner.at("origin/scenarios/budgets.yaml"), rules).expect("a file");
        git(&runner.at("origin"), &["commit", "-qam", "rules"]);
        for (when, code) in ["warn", "fail", "never"].into_iter().zip(codes) {
            let step = runner.step(&[("INPUT_FAIL_ON", when), ("INPUT_COMMENT", "false"), ("INPUT_ID", "costs")]);
            assert_eq!(step.status.code(), Some(code), "{verdict}, {when}: {}", text(&step));
            assert!(read(&runner.at("output")).starts_with(&format!("verdict={verdict}\n")));
            assert!(read(&runner.at("summary")).starts_with("<!-- ce-cost:check:costs -->\n"));
        }
    }
}

/// A build is found again by what it is made of: not when a price changes, nor for other features.
#[test]
fn a_build_is_kept_for_its_own_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("a folder");
    let copy = |name: &str, text: &str| {
        let to = folder.path().join(name);
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        fs::write(to, text).expect("a file");
    };
    for name in ["Cargo.toml", "Cargo.lock", ".ci/action-key"] {
        copy(name, &read(&root.join(name)));
    }
    for name in ["src/main.rs", "pricing/prices.csv", "scenarios/prod.yaml", "reports/page.html"] {
        copy(name, "1");
    }
    let key = |features: &str| {
        let done = Command::new("bash").arg(folder.path().join(".ci/action-key")).arg(features).output().expect("it runs");
        assert!(done.status.success(), "{}", text(&done));
        String::from_utf8(done.stdout).expect("text")
    };
    let first = key("");
    assert_eq!((key(""), first.trim().len()), (first.clone(), 40));
    assert_ne!(key("actuals"), first);
    for name in ["pricing/prices.csv", "scenarios/prod.yaml", "src/main.rs"] {
        copy(name, "2");
        assert_ne!(key(""), first, "{name}");
        copy(name, "1");
    }
    assert_eq!(key(""), first);
}

#[test]
fn a_fork_and_a_broken_scenario_are_said_and_nothing_else_breaks() {
    let runner = Runner::new();
    fs::write(runner.at("fake/read-only"), "").expect("a file");
    let fork = runner.step(&[]);
    assert_eq!(fork.status.code(), Some(0), "{}", text(&fork));
    assert!(text(&fork).contains("::notice title=ce-cost::no comment could be written"), "{}", text(&fork));
    assert!(read(&runner.at("summary")).contains("4 environments within budget"));

    runner.push("likely: 8.3241", "likely: many");
    let broken = runner.step(&[]);
    assert_eq!(broken.status.code(), Some(65), "{}", text(&broken));
    assert!(text(&broken).contains("scenarios/prod.yaml:57"), "{}", text(&broken));
    // Commands do not come out of inputs.
    let hostile = runner.step(&[("INPUT_BASE", "$(touch pwned)"), ("INPUT_ENVIRONMENTS", "prod;touch pwned")]);
    assert!(hostile.status.code().is_some_and(|c| c >= 64) && !runner.at("work/pwned").exists(), "{}", text(&hostile));
}
