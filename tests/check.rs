//! Budget rules as a pipeline runs them: verdicts, exit codes and formats, a base out of git and out of a file, hostile names.

mod peers;
mod repository;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use self::repository::git;

fn check(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.arg("check").args(args).args(["--as-of", "2026-11-24", "--color", "never"]);
    command.env("NO_COLOR", "1").env("COLUMNS", "120").current_dir(folder).output().expect("it runs")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

#[track_caller]
fn says(folder: &Path, args: &[&str], code: i32) -> String {
    let output = check(folder, args);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(if code < 64 { output.stdout } else { output.stderr }).expect("text")
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// A folder with the repository's scenarios and these rules.
fn with_rules(rules: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    repository::scenarios(folder.path());
    fs::write(folder.path().join("scenarios/budgets.yaml"), rules).expect("a file");
    folder
}

fn edit(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join("scenarios").join(file);
    let text = fs::read_to_string(&path).expect("text");
    assert!(text.contains(from), "{file} holds `{from}`");
    fs::write(&path, text.replacen(from, to, 1)).expect("a file");
}

const PASS: &str = "  - {id: fine, environment: prod, metric: planned, above: 200% of plan}\n";
const FORMATS: [&str; 6] = ["text", "json", "md", "github", "junit", "sarif"];

/// Every verdict in every format, whatever `--fail-on` makes of it.
#[test]
fn exit_codes_follow_the_verdict_and_the_verdict_follows_the_rules() {
    let warn = "  - {id: low, environment: prod, metric: planned, above: 1 USD, level: warn}\n";
    let fail = "  - {id: low-too, environment: prod, metric: planned, above: 1 USD}\n";
    // No paths, and so no probability.
    let untold = "  - {id: risk, environment: prod, metric: over_budget, above: 1%}\n";
    let old = "prices_within: 1 day\n";
    for (head, rules, verdict, codes) in [
        ("", vec![PASS], "pass", [0, 0, 0]),
        ("", vec![PASS, warn], "warn", [1, 2, 0]),
        ("", vec![PASS, warn, untold], "incomplete", [3, 3, 3]),
        ("", vec![PASS, warn, untold, fail], "fail", [1, 1, 0]),
        (old, vec![PASS], "incomplete", [3, 3, 3]),
        (old, vec![fail], "fail", [1, 1, 0]),
    ] {
        let folder = with_rules(&format!("{head}rules:\n{}", rules.concat()));
        for (when, code) in ["warn", "fail", "never"].into_iter().zip(codes) {
            for format in FORMATS {
                let text = says(folder.path(), &["--paths", "0", "--fail-on", when, "--format", format], code);
                if format == "json" {
                    assert_eq!(json(&text)["verdict"], verdict, "whatever --fail-on {when} says");
                }
            }
        }
    }
}

#[test]
fn limits_hold_on_either_side_for_parts_and_months() {
    let folder = with_rules(
        "rules:
  - {id: too-little, environment: prod, metric: total, below: 1000000 USD}
  - {id: s3, environment: prod, metric: total, scope: {service: AmazonS3}, above: 1 USD}
  - {id: core, environment: prod, metric: planned, scope: {tag: {Service: core}}, above: 1 USD}
  - {id: compute, environment: prod, metric: planned, scope: {group: Compute}, above: 1 USD}
  - {id: small, environment: prod, metric: total, above: 1 USD, floor: 1000000 USD}
  - {id: by-month, environment: prod, metric: planned, months: 3, above: 1000000 USD, limits: {2027-01: 2 USD}}
  - {id: accepted, environment: prod, metric: planned, above: 1 USD, waiver: {until: 2026-12-31, why: until the move is done}}
  - {id: no-longer, environment: prod, metric: planned, above: 1 USD, waiver: {until: 2026-11-23, why: until the move is done}}
  - {id: nothing, environment: prod, metric: total, scope: {service: AmazonRedshift}, above: 1 USD}
",
    );
    let found = json(&says(folder.path(), &["--format", "json", "--paths", "0"], 1));
    let rule = |id: &str| found["rules"].as_array().expect("rules").iter().find(|r| r["id"] == id).expect("a rule").clone();
    for (id, status) in [
        ("too-little", "fail"),
        ("s3", "fail"),
        ("core", "fail"),
        ("compute", "fail"),
        ("small", "pass"),
        ("by-month", "fail"),
        ("accepted", "waived"),
        ("no-longer", "fail"),
        ("nothing", "incomplete"),
    ] {
        assert_eq!(rule(id)["status"], status, "{id}: {}", rule(id)["message"]);
    }
    assert_eq!((&rule("by-month")["month"], &rule("by-month")["limit"]), (&"2027-01".into(), &"2".into()));
    // The parts are those of the forecast.
    let forecast = Command::new(env!("CARGO_BIN_EXE_ce-cost"))
        .args(["forecast", "prod", "--as-of", "2026-11-24", "--by", "service", "--paths", "0", "--format", "json"])
        .current_dir(folder.path())
        .output()
        .expect("it runs");
    let forecast: Value = serde_json::from_slice(&forecast.stdout).expect("JSON");
    let s3 = |block: &str| {
        let groups = forecast["months"][0][block]["groups"].as_array().expect("groups").clone();
        let own = groups.into_iter().find(|g| g["name"] == "AmazonS3");
        own.and_then(|g| g["total"].as_str()?.parse::<rust_decimal::Decimal>().ok()).unwrap_or_default()
    };
    let told: rust_decimal::Decimal = rule("s3")["value"].as_str().expect("a value").parse().expect("a number");
    assert_eq!(told, s3("planned") + s3("unplanned"));
}

/// The repository of a team: main, and a branch that changes production.
fn repository(rules: &str) -> tempfile::TempDir {
    let folder = with_rules(rules);
    git(folder.path(), &["init", "-q", "."]);
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-qm", "base"]);
    git(folder.path(), &["checkout", "-qb", "change"]);
    edit(folder.path(), "prod.yaml", "likely: 8.3241", "likely: 9.5");
    folder
}

const CHANGE: &str = "rules:
  - {id: budget, environment: prod, metric: planned, above: 105% of plan}
  - {id: change, environment: prod, metric: change, above: 100 USD, level: warn, owner: team-backend, link: 'https://example.invalid/why'}
  - {id: per-cent, environment: prod, metric: change_percent, above: 1%, floor: 1000 USD}
  - {id: storage, environment: prod, metric: change, scope: {service: AmazonS3}, above: 1 USD}
";

#[test]
fn a_revision_is_a_base_and_the_driver_that_did_it_is_named() {
    let folder = repository(CHANGE);
    let found = json(&says(folder.path(), &["--base", "main", "--format", "json"], 2));
    let change = &found["environments"][0]["change"];
    let number = |v: &Value| v.as_str().expect("text").parse::<rust_decimal::Decimal>().expect("a number");
    let driver = &change["drivers"][0];
    assert_eq!(
        (&driver["path"], &driver["before"], &driver["after"]),
        (&"core.tasks.average.likely".into(), &"8.3241".into(), &"9.5".into())
    );
    // The only one: it alone is all of the change, and the services add up to it.
    assert_eq!(number(&driver["alone"]), number(&change["difference"]));
    let services = change["services"].as_array().expect("services");
    assert_eq!(
        services.iter().map(|s| number(&s["after"]) - number(&s["before"])).sum::<rust_decimal::Decimal>(),
        number(&change["difference"])
    );
    assert_eq!(change["inside_band"], true);
    let status = |id: &str| found["rules"].as_array().expect("rules").iter().find(|r| r["id"] == id).expect("a rule")["status"].clone();
    assert_eq!([status("budget"), status("change"), status("per-cent"), status("storage")], ["pass", "warn", "pass", "pass"]);
    for format in ["text", "md", "github"] {
        insta::assert_snapshot!(format!("check_change_{format}"), says(folder.path(), &["--base", "main", "--format", format], 2));
    }
    // Nothing changed: one line that says so.
    git(folder.path(), &["checkout", "-q", "."]);
    insta::assert_snapshot!("check_unchanged_md", says(folder.path(), &["--base", "main", "--format", "md"], 0));
}

#[test]
fn a_saved_run_is_a_base_and_gives_what_the_revision_gives() {
    let folder = repository(CHANGE);
    git(folder.path(), &["stash", "-q"]);
    let saved = says(folder.path(), &["--format", "json"], 0);
    fs::write(folder.path().join("base.json"), saved).expect("a file");
    git(folder.path(), &["stash", "pop", "-q"]);
    let of = |base: &str| json(&says(folder.path(), &["--base", base, "--format", "json"], 2));
    let (file, revision) = (of("base.json"), of("main"));
    for key in ["before", "difference", "part", "services"] {
        assert_eq!(file["environments"][0]["change"][key], revision["environments"][0]["change"][key], "{key}");
    }
    assert_eq!(file["environments"][0]["change"]["drivers"], Value::Array(Vec::new()));
    fs::write(folder.path().join("wrong.json"), "{\"schema\":\"ce-cost/forecast/1\",\"environments\":[]}").expect("a file");
    assert!(says(folder.path(), &["--base", "wrong.json"], 65).contains("is no saved check"));
    assert!(says(folder.path(), &["--base", "not-there.json"], 66).contains("not-there.json"));
}

#[test]
fn what_cannot_be_a_base_is_said() {
    let folder = repository(CHANGE);
    assert!(says(folder.path(), &["--base", "nowhere"], 66).contains("git has no `nowhere`"));
    assert!(says(folder.path(), &["--base=--output=x"], 64).contains("is no revision"));
    let alone = with_rules(CHANGE);
    assert!(says(alone.path(), &["--base", "main"], 66).contains("git has no `main`"));
    assert!(says(tempfile::tempdir().expect("a folder").path(), &["--base", "main"], 64).contains("no revision `main`"));
}

/// Names out of files do not become Markdown, HTML, workflow commands or XML.
#[test]
fn hostile_words_stay_words() {
    let rules = "rules:
  - id: injected
    environment: prod
    metric: planned
    above: 1 USD
    owner: \"<img src=x onerror=alert(1)> @everyone | [x](javascript:alert(1))\"
    text: \"a\\n::error::b\\n<!-- --> ```\"
";
    let folder = with_rules(rules);
    let md = says(folder.path(), &["--format", "md", "--paths", "0"], 1);
    assert!(!md.contains("<img") && !md.contains("[x](java") && !md.contains("<!-- -->"), "{md}");
    let github = says(folder.path(), &["--format", "github", "--paths", "0"], 1);
    assert!(github.lines().filter(|l| l.starts_with("::")).count() == 1, "{github}");
    let junit = says(folder.path(), &["--format", "junit", "--paths", "0"], 1);
    assert!(!junit.contains("<img"), "{junit}");
    json(&says(folder.path(), &["--format", "sarif", "--paths", "0"], 1));
}

/// Hundreds of rules are cut to what a comment holds, and to ten annotations of a level.
#[test]
fn many_rules_fit_a_comment_and_a_step() {
    let rule =
        |n: u32| format!("  - {{id: rule-{n}, environment: prod, metric: planned, above: 1 USD, text: \"{}\"}}\n", "because ".repeat(30));
    let folder = with_rules(&format!("rules:\n{}", (0..400).map(rule).collect::<String>()));
    let md = says(folder.path(), &["--format", "md", "--paths", "0"], 1);
    assert!(md.chars().count() <= 65_536 && md.contains("… and more") && md.starts_with("<!-- ce-cost:check -->"));
    let github = says(folder.path(), &["--format", "github", "--paths", "0"], 1);
    assert_eq!(github.lines().filter(|l| l.starts_with("::error")).count(), 10);
    assert!(github.contains("391 more rules"));
}

#[test]
fn the_example_holds_for_the_built_in_environments() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let text = says(elsewhere.path(), &[], 0);
    insta::assert_snapshot!("check_built_in", text);
    assert_eq!(says(&root(), &[], 0), text, "the built-in rules are those of the repository");
    assert!(says(elsewhere.path(), &["prod-driven"], 64).contains("no rule is about prod-driven"));
}

/// The month that goes on: what was billed is the store's, and what it lands at is made of three parts. Without a bill it cannot be told.
#[cfg(feature = "actuals")]
#[test]
fn an_open_month_is_held_against_its_bill() {
    let folder = with_rules(
        "rules:
  - {id: so-far, environment: prod, metric: actual, above: 50% of plan, level: warn}
  - {id: lands, environment: prod, metric: landed, above: 20000 USD, below: 1000 USD}
",
    );
    let store = folder.path().join("store");
    let store = store.to_str().expect("a path");
    assert!(says(folder.path(), &["--store", store], 3).contains("there is no bill of 2026-11"));
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
        let output = command.args(args).args(["--as-of", "2026-11-24"]).current_dir(folder.path()).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    run(&["actuals", "demo", "--store", store]);
    let found = json(&says(folder.path(), &["--store", store, "--format", "json"], 2));
    let landing = &found["environments"][0]["landing"];
    let number = |v: &Value| v.as_str().expect("text").parse::<rust_decimal::Decimal>().expect("a number");
    assert_eq!(number(&landing["stands"]) + number(&landing["rest"]) + number(&landing["awaited"]), number(&landing["landed"]));
    let compared = json(&run(&["compare", "prod", "--month", "2026-11", "--store", store, "--cost", "unblended", "--format", "json"]));
    assert_eq!(landing["billed"], compared["billed"]);
    // 23 days have rows, two of them late.
    assert_eq!((&landing["month"], &landing["complete"]["days"], &landing["complete"]["of"]), (&"2026-11".into(), &21.into(), &30.into()));
}

/// Every verdict as JUnit and as SARIF, held against their schemas by validators of others.
#[test]
fn reports_are_valid_by_their_schemas() {
    let folder = with_rules(
        "rules:
  - {id: fails, environment: [prod, dev], metric: planned, above: 1 USD, owner: 'a & b <c>', text: \"x\\ty\"}
  - {id: warns, environment: prod, metric: planned, above: 1 USD, level: warn, link: 'https://example.invalid/?a=1&b=2'}
  - {id: untold, environment: prod, metric: over_budget, above: 1%}
  - {id: skipped, environment: prod, metric: change, above: 1 USD}
  - {id: waived, environment: prod, metric: planned, above: 1 USD, waiver: {until: 2027-01-01, why: a move}}
  - {id: fine, environment: prod, metric: planned, below: 1 USD}
",
    );
    let fine = with_rules(&format!("rules:\n{PASS}"));
    let reports = Path::new(env!("CARGO_TARGET_TMPDIR")).join("check-reports");
    fs::create_dir_all(&reports).expect("a folder");
    for (name, from, code) in [("all", folder.path(), 1), ("fine", fine.path(), 0)] {
        fs::write(reports.join(format!("{name}.xml")), says(from, &["--format", "junit", "--paths", "0"], code)).expect("a file");
        fs::write(reports.join(format!("{name}.sarif")), says(from, &["--format", "sarif", "--paths", "0"], code)).expect("a file");
    }
    let python = peers::python("reports", &["jsonschema==4.26.0", "xmlschema==4.3.1"]);
    let said = peers::run(Command::new(python).arg(peers::script("validate_reports.py")).arg(&reports).arg(sarif_schema()));
    assert!(said.contains("2 reports and 2 logs are valid"), "{said}");
}

/// OASIS's schema, as the crate that writes SARIF carries it.
fn sarif_schema() -> PathBuf {
    let metadata = Command::new(env!("CARGO")).args(["metadata", "--format-version", "1", "--locked"]).current_dir(root()).output();
    let metadata: Value = serde_json::from_slice(&metadata.expect("cargo runs").stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let package = packages.iter().find(|p| p["name"] == "serde-sarif").expect("the crate");
    Path::new(package["manifest_path"].as_str().expect("a path")).with_file_name("src").join("schema.json")
}

fn budgets(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.arg("budgets").args(args).env("NO_COLOR", "1").current_dir(folder).output().expect("it runs")
}

/// What AWS would be given, given back: the same limits; and what has no counterpart is named on either side.
#[test]
fn rules_go_to_aws_and_come_back() {
    let folder = with_rules(
        "rules:
  - {id: spent, environment: prod, metric: actual, above: 80% of plan}
  - {id: lands, environment: prod, metric: landed, above: 5800.50 USD}
  - {id: idle, environment: dev, metric: landed, below: 300 USD}
  - {id: risk, environment: prod, metric: over_budget, above: 75%}
  - {id: standby, environment: dr, metric: landed, above: plan}
",
    );
    let out = budgets(folder.path(), &["export", "--account", "111122223333", "--notify", "costs@example.invalid"]);
    let notes = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success() && notes.contains("risk (prod): AWS has no budget on `over_budget`"), "{notes}");
    let written: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let budget = &written[0];
    assert_eq!(budget["Budget"]["BudgetLimit"], serde_json::json!({ "Amount": "5600", "Unit": "USD" }));
    assert_eq!(budget["Budget"]["FilterExpression"], serde_json::json!({ "Tags": { "Key": "Environment", "Values": ["prod"] } }));
    assert_eq!(
        budget["NotificationsWithSubscribers"],
        serde_json::json!([{
            "Notification": { "NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80, "ThresholdType": "PERCENTAGE" },
            "Subscribers": [{ "SubscriptionType": "EMAIL", "Address": "costs@example.invalid" }],
        }])
    );
    let files: Vec<String> = written
        .as_array()
        .expect("budgets")
        .iter()
        .enumerate()
        .map(|(n, one)| {
            let name = format!("{n}.json");
            fs::write(folder.path().join(&name), one.to_string()).expect("a file");
            name
        })
        .collect();
    let names: Vec<&str> = ["import"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let back = budgets(folder.path(), &names);
    let yaml = String::from_utf8(back.stdout).expect("text");
    insta::assert_snapshot!("budgets_of_aws", yaml);
    // What comes back is a rule file.
    fs::write(folder.path().join("scenarios/budgets.yaml"), &yaml).expect("a file");
    assert_ne!(check(folder.path(), &["--paths", "0"]).status.code(), Some(65));
}

/// As `describe-budgets` and `describe-budget-notifications-for-account` write them.
#[test]
fn budgets_of_aws_become_rules_or_are_named() {
    let folder = with_rules(&format!("rules:\n{PASS}"));
    let budgets_json = r#"{"Budgets": [
      {"BudgetName": "Prod, monthly", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "5600.0", "Unit": "USD"},
       "CostFilters": {"TagKeyValue": ["user:Environment$prod"]}, "CalculatedSpend": {"ActualSpend": {"Amount": "1", "Unit": "USD"}}},
      {"BudgetName": "planned", "BudgetType": "COST", "TimeUnit": "MONTHLY",
       "PlannedBudgetLimits": {"1764547200": {"Amount": "5600", "Unit": "USD"}, "1767225600": {"Amount": "5900", "Unit": "USD"}},
       "FilterExpression": {"Tags": {"Key": "Environment", "Values": ["prod"]}}},
      {"BudgetName": "hours", "BudgetType": "USAGE", "TimeUnit": "MONTHLY"},
      {"BudgetName": "all", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "1", "Unit": "USD"}},
      {"BudgetName": "s3", "BudgetType": "COST", "TimeUnit": "MONTHLY", "CostFilters": {"Service": ["Amazon S3"]}}]}"#;
    let notifications = r#"{"BudgetNotificationsForAccount": [
      {"BudgetName": "Prod, monthly", "Notifications": [
        {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 85.5, "ThresholdType": "PERCENTAGE", "NotificationState": "OK"},
        {"NotificationType": "FORECASTED", "ComparisonOperator": "GREATER_THAN", "Threshold": 6000.0, "ThresholdType": "ABSOLUTE_VALUE"}]},
      {"BudgetName": "planned", "Notifications": [
        {"NotificationType": "FORECASTED", "ComparisonOperator": "GREATER_THAN", "Threshold": 100, "ThresholdType": "PERCENTAGE"}]}]}"#;
    fs::write(folder.path().join("b.json"), budgets_json).expect("a file");
    fs::write(folder.path().join("n.json"), notifications).expect("a file");
    let out = budgets(folder.path(), &["import", "b.json", "n.json"]);
    let (yaml, notes) = (String::from_utf8_lossy(&out.stdout).into_owned(), String::from_utf8_lossy(&out.stderr).into_owned());
    for wanted in ["above: 4788 USD", "above: 6000 USD", "limits: {2025-12: 5600 USD, 2026-01: 5900 USD}", "id: Prod--monthly-actual-85.5"]
    {
        assert!(yaml.contains(wanted), "{wanted}\n{yaml}");
    }
    for left in ["hours: a budget of USAGE", "all: it is about the whole account", "s3: it is filtered by Service"] {
        assert!(notes.contains(left), "{left}\n{notes}");
    }
    fs::write(folder.path().join("scenarios/budgets.yaml"), &yaml).expect("a file");
    assert_ne!(check(folder.path(), &["--paths", "0"]).status.code(), Some(65));
    fs::write(folder.path().join("x.json"), "[1, 2").expect("a file");
    assert_eq!(budgets(folder.path(), &["import", "x.json"]).status.code(), Some(65));
}
