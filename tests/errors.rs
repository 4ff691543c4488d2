//! Bad files, each with its message beside it (`tests/snapshots`). `INSTA_UPDATE=always cargo test --test errors` writes them anew.

use std::path::{Path, PathBuf};

use ce_cost::check::rule;
use ce_cost::pricing::{PriceBook, read};
use ce_cost::savings::lever;
use ce_cost::scenario::{self, InputFile};

fn text(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).expect("a readable file")).into_owned()
}

/// The files of a case: one file, or all of a folder.
fn files(case: &Path) -> Vec<InputFile> {
    let mut paths: Vec<PathBuf> = if case.is_dir() {
        std::fs::read_dir(case).expect("a folder").map(|e| e.expect("an entry").path()).filter(|p| p.is_file()).collect()
    } else {
        vec![case.to_owned()]
    };
    paths.sort();
    paths
        .into_iter()
        .map(|p| InputFile { name: format!("scenarios/{}", p.file_name().expect("a name").to_string_lossy()), text: text(&p) })
        .collect()
}

#[test]
fn every_bad_scenario_file_says_what_is_wrong_and_how_to_mend_it() {
    let book = PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
    insta::glob!("errors/scenario/*", |case| {
        let (problems, sources) = *scenario::load(&files(case), &book, &[]).expect_err("a bad scenario");
        insta::assert_snapshot!(problems.render(&sources, false));
    });
}

/// Each beside the built-in levers and scenarios.
#[test]
fn every_bad_lever_file_says_what_is_wrong_and_how_to_mend_it() {
    let book = PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
    let all = |folder: &str| files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    let scenarios: Vec<InputFile> = all("scenarios").into_iter().filter(|f| f.name.ends_with(".yaml")).collect();
    let scenarios = scenario::load(&scenarios, &book, &[]).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
    let known = all("scenarios/levers").into_iter().find(|f| f.name.ends_with("/graviton.yaml")).expect("a lever");
    insta::glob!("errors/levers/*", |case| {
        let cases = files(case).into_iter().map(|f| InputFile { name: f.name.replace("scenarios/", "scenarios/levers/"), ..f });
        let all: Vec<InputFile> = cases.chain([known.clone()]).collect();
        let wrong = lever::load(&all, &scenarios).and_then(|levers| levers.check(&scenarios, &book));
        let (problems, sources) = *wrong.expect_err("a bad lever");
        insta::assert_snapshot!(problems.render(&sources, false));
    });
}

#[test]
fn every_bad_rule_file_says_what_is_wrong_and_how_to_mend_it() {
    let book = PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
    let scenarios = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios"));
    let scenarios = scenario::load(&scenarios, &book, &[]).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
    insta::glob!("errors/budgets/*", |case| {
        let file = InputFile { name: "scenarios/budgets.yaml".into(), text: text(case) };
        let (problems, sources) = *rule::load(&file, &scenarios).expect_err("a bad rule file");
        insta::assert_snapshot!(problems.render(&sources, false));
    });
}

#[test]
fn every_bad_price_file_says_what_is_wrong() {
    insta::glob!("errors/prices/*.csv", |case| {
        let name = format!("prices/{}", case.file_name().expect("a name").to_string_lossy());
        let own = text(case);
        let files = PriceBook::embedded_files().into_iter().chain([(name.as_str(), own.as_str())]);
        let (problems, sources) = *read::book(files).expect_err("a bad price file");
        insta::assert_snapshot!(problems.render(&sources, false));
    });
}
