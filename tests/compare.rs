//! `ce-cost compare` and `calibrate --from-actuals` as their users run them, on the synthetic history and on the engine's own FOCUS rows.
#![cfg(feature = "actuals")]

mod repository;

use std::path::Path;
use std::process::{Command, Output};

use ce_cost::money::Usd;
use rust_decimal::Decimal;
use serde_json::Value;

const DAY: &str = "2026-11-24";

fn command(args: &[&str], columns: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.args(args).args(["--as-of", DAY]).env("NO_COLOR", "1").env("COLUMNS", columns).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.output().expect("it runs")
}

#[track_caller]
fn out(args: &[&str]) -> String {
    let output = command(args, "120");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[track_caller]
fn fails(args: &[&str], code: i32) -> String {
    let output = command(args, "120");
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stderr).expect("text")
}

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&out(&[args, &["--format", "json"]].concat())).expect("JSON")
}

fn usd(value: &Value) -> Usd {
    Usd::new(value.as_str().expect("a string").parse().expect("a decimal"))
}

fn step(document: &Value, cause: &str) -> Usd {
    let steps = document["bridge"].as_array().expect("steps");
    steps.iter().filter(|s| s["cause"] == cause).map(|s| usd(&s["amount"])).sum()
}

/// A store with the synthetic history.
fn demo(folder: &Path) -> String {
    let store = folder.join("store").display().to_string();
    out(&["actuals", "demo", "--store", &store]);
    store
}

fn conforms(schema: &str, document: &Value) {
    let all = ce_cost::cli::schemas();
    let (_, schema) = all.iter().find(|(name, _)| *name == schema).expect("a schema");
    let validator = jsonschema::validator_for(schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path)).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

/// What the engine predicts and writes as FOCUS rows is, read as a bill, what it predicts.
#[test]
fn its_own_rows_match_to_the_last_cent() {
    its_rows_match("scenarios");
}

/// So are its discounts, on use and on support, from the middle of the month on: the same for all, so that support is shared as predicted.
#[test]
fn its_own_discounts_match_to_the_last_cent() {
    let folder = tempfile::tempdir().expect("a folder");
    repository::scenarios(folder.path());
    let accounts = folder.path().join("scenarios/accounts.yaml");
    let discounts = "{name: across, rate: 10%, from: 2026-12-11}, {name: support, rate: 20%, on: [AWSSupport]}";
    let text = std::fs::read_to_string(&accounts).expect("text");
    std::fs::write(&accounts, format!("{text}    discounts: [{discounts}]\n")).expect("a file");
    its_rows_match(&folder.path().join("scenarios").display().to_string());
}

fn its_rows_match(scenarios: &str) {
    let out = |args: &[&str]| out(&[args, &["--scenarios", scenarios]].concat());
    let json = |args: &[&str]| -> Value { serde_json::from_str(&out(&[args, &["--format", "json"]].concat())).expect("JSON") };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("own.csv");
    let rows = out(&["forecast", "dev", "staging", "prod", "dr", "--month", "2026-12", "--paths", "0", "--format", "focus"]);
    std::fs::write(&file, rows).expect("a file");
    let file = file.display().to_string();
    for environment in ["dev", "staging", "prod", "dr"] {
        let found = json(&["compare", environment, "--month", "2026-12", "--actuals", &file]);
        assert_eq!(found["rows"]["only_billed"], 0, "{environment}");
        // Support is nobody's row, and shared anew: its shares may round otherwise in the last place.
        let (difference, unexplained) = (usd(&found["difference"]), usd(&found["unexplained"]));
        assert!(difference.abs() < Usd::new(Decimal::new(1, 9)) && unexplained.is_zero(), "{environment}: {difference} {unexplained}");
        let steps = found["bridge"].as_array().expect("steps");
        let amounts: Vec<&Value> = steps.iter().filter(|s| usd(&s["amount"]).abs() > Usd::new(Decimal::new(1, 2))).collect();
        assert!(amounts.is_empty(), "{environment}: {amounts:#?}");
    }
}

/// The five causes that the synthetic history holds, against the sizes that it states.
#[test]
fn what_is_planted_in_the_synthetic_history_is_found() {
    use ce_cost::actuals::demo::{Ask, history, planted};
    let folder = tempfile::tempdir().expect("a folder");
    let store = demo(folder.path());
    let found = json(&["compare", "prod", "--month", "2026-10", "--hours", "730", "--store", &store]);
    conforms("compare.schema.json", &found);
    let book = ce_cost::pricing::PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
    let mut files: Vec<ce_cost::scenario::InputFile> = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios"))
        .expect("the folder")
        .map(|e| e.expect("an entry").path())
        .filter(|p| p.is_file())
        .map(|p| ce_cost::scenario::InputFile {
            name: p.file_name().expect("a name").to_string_lossy().into(),
            text: std::fs::read_to_string(&p).expect("text"),
        })
        .collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let ask = Ask { as_of: DAY.parse().expect("a day"), months: 14, seed: 1 };
    let demo = history(&files, &book, &ask).expect("a history");
    for size in &demo.planted {
        let cause = match size.cause {
            planted::Cause::Calendar => "calendar",
            planted::Cause::Volume => "volume",
            planted::Cause::Price => "price",
            planted::Cause::Commitment => "commitment",
            planted::Cause::New => "new",
        };
        let (is, planted) = (step(&found, cause), size.effective);
        assert!((is - planted).abs() <= planted.abs().share(Decimal::new(1, 2)), "{cause}: planted {planted}, found {is}");
    }
    assert!(usd(&found["unexplained"]).abs() <= usd(&found["billed"]).share(Decimal::new(5, 3)));
    let sum: Usd = found["bridge"].as_array().expect("steps").iter().map(|s| usd(&s["amount"])).sum();
    assert_eq!(sum, usd(&found["billed"]) - usd(&found["predicted"]));
}

#[test]
fn what_people_see() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = demo(folder.path());
    let compare = ["compare", "prod", "--month", "2026-10", "--store", &store];
    insta::assert_snapshot!("compare_prod_120", out(&compare));
    insta::assert_snapshot!("compare_prod_tags", out(&[&compare[..], &["--tags"]].concat()));
    insta::assert_snapshot!("compare_prod_month", out(&[&compare[..], &["--against-month", "2026-09"]].concat()));
    insta::assert_snapshot!("compare_prod_markdown", out(&[&compare[..], &["--format", "md"]].concat()));
    for more in [&[][..], &["--tags"], &["--against-month", "2026-09"], &["--hours", "730"]] {
        let output = command(&[&compare[..], more].concat(), "80");
        let text = String::from_utf8(output.stdout).expect("text");
        for line in text.lines().filter(|l| !l.contains("ce-cost ")) {
            assert!(line.chars().count() <= 80, "{more:?}: {line}");
        }
    }
    // Every row and every step, in both tables.
    assert!(out(&[&compare[..], &["--format", "csv"]].concat()).contains("prod,2026-10,bridge,volume"));
    assert!(out(&[&compare[..], &["--tags", "--format", "csv"]].concat()).contains("2026-10,untagged,Owner,"));
}

/// A part of a month is compared with as much of the prediction, names no drivers, and is no measure of any.
#[test]
fn an_open_month_is_no_whole_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = demo(folder.path());
    let args = ["compare", "prod", "--month", "2026-11", "--store", &store];
    let text = out(&args);
    assert!(text.contains("23 of 30 days billed so far"), "{text}");
    assert!(!text.contains("(scenarios/") && !text.contains("calibrate"), "{text}");
    let found = json(&args);
    conforms("compare.schema.json", &found);
    assert_eq!((found["so_far"]["days"].as_u64(), found["so_far"]["of"].as_u64()), (Some(23), Some(30)));
    assert!(step(&found, "volume").abs() < usd(&found["billed"]).share(Decimal::new(1, 1)), "{text}");
    assert_eq!(step(&found, "support"), Usd::ZERO);
    for more in [&["2026-10..2026-11"][..], &["2026-09..2026-10", "--try-on", "2026-11"]] {
        let args = [&["calibrate", "prod", "--store", &store, "--from-actuals"][..], more].concat();
        assert!(fails(&args, 64).contains("the bill of 2026-11 is not final: 23 of 30 days billed so far"));
    }
}

/// Rows that lost their tags are on the bill: no driver of staging is told to have shrunk.
#[test]
fn untagged_rows_are_told_as_such() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = demo(folder.path());
    let args = ["compare", "staging", "--month", "2026-10", "--store", &store];
    let (found, text) = (json(&args), out(&args));
    assert!(step(&found, "untagged") < Usd::new(Decimal::from(-400)), "{text}");
    assert!(step(&found, "volume").abs() < Usd::new(Decimal::from(100)), "{text}");
    assert!(!text.contains("tasks on average 0.02"), "{text}");
    let sum: Usd = found["bridge"].as_array().expect("steps").iter().map(|s| usd(&s["amount"])).sum();
    assert_eq!(sum, usd(&found["difference"]));
}

/// Numbers are never cut, and drivers that a trial speaks against are not proposed.
#[test]
fn what_was_measured_is_shown_whole_and_only_where_it_helps() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = demo(folder.path());
    for environment in ["dev", "staging", "prod", "dr"] {
        let args = ["calibrate", environment, "--from-actuals", "2026-08..2026-09", "--store", &store];
        let text = String::from_utf8(command(&args, "80").stdout).expect("text");
        let end = text.find("Write into the file").unwrap_or(text.len());
        for line in text[..end].lines() {
            assert!(line.chars().count() <= 80 && !line.ends_with('…'), "{environment}: {line}");
        }
        let found = json(&args);
        let part = |which: &str| found["trial"][which]["wape"].as_str().expect("a part").parse::<Decimal>().expect("a decimal");
        assert_eq!(part("after") > part("before"), text.contains("not proposed"), "{text}");
        assert_eq!(part("after") > part("before"), !text.contains("from: measured"), "{text}");
    }
}

#[test]
fn drivers_measured_from_bills_come_nearer_to_a_month_that_was_not_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = demo(folder.path());
    let args = ["calibrate", "prod", "--from-actuals", "2026-08..2026-09", "--try-on", "2026-10", "--store", &store];
    let found = json(&args);
    conforms("measured.schema.json", &found);
    let part = |which: &str| found["trial"][which]["wape"].as_str().expect("a part").parse::<Decimal>().expect("a decimal");
    assert!(part("after") < part("before"), "{}", found["trial"]);
    let paths: Vec<&str> = found["drivers"].as_array().expect("drivers").iter().filter_map(|d| d["path"].as_str()).collect();
    assert!(paths.contains(&"database.io") && paths.contains(&"alb.lcu.average"), "{paths:?}");
    assert!(out(&args).contains("from: measured"));
}

#[test]
fn what_is_not_there_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("none").display().to_string();
    assert!(fails(&["compare", "prod", "--month", "2026-10", "--store", &store], 66).contains("ce-cost actuals demo"));
    let store = demo(folder.path());
    assert!(fails(&["compare", "prod", "--month", "2024-10", "--store", &store], 66).contains("it holds bills of 2025-09"));
    assert!(fails(&["compare", "prodd", "--store", &store], 64).contains("did you mean `prod`?"));
    assert!(fails(&["compare", "prod", "--month", "2026-10", "--actuals", "no/such.csv"], 65).contains("no/such.csv"));
    assert!(fails(&["calibrate", "prod", "--from-actuals", "2026-10..2026-08", "--store", &store], 64).contains("2026-08..2026-10"));
    let own = ["calibrate", "prod", "--from-actuals", "2026-08..2026-10", "--try-on", "2026-09", "--store", &store];
    assert!(fails(&own, 64).contains("try it on another one"));
    assert!(fails(&["compare", "prod-driven", "--month", "2026-10", "--store", &store, "--hours", "731"], 64).contains("730"));
}
