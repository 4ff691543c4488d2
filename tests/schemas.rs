//! The JSON Schemas in `docs/schema` are those of the types, and what goes in and out conforms to them.
//! `CE_COST_WRITE=1 cargo test --test schemas` writes them anew (`just schema`).

use std::path::{Path, PathBuf};
use std::process::Command;

use ce_cost::diagnostic::Problems;
use ce_cost::scenario::node::{self, Kind, Node};
use ce_cost::services::KINDS;
use ce_cost::source::Sources;
use serde_json::{Map, Value, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn schema(name: &str) -> Value {
    ce_cost::cli::schemas().into_iter().find(|(n, _)| *n == name).map(|(_, v)| v).expect("a schema of this name")
}

#[test]
fn the_files_are_up_to_date() {
    let folder = root().join("docs/schema");
    let write = std::env::var_os("CE_COST_WRITE").is_some();
    for (name, value) in ce_cost::cli::schemas() {
        let text = serde_json::to_string_pretty(&value).expect("JSON") + "\n";
        let path = folder.join(name);
        if write {
            std::fs::create_dir_all(&folder).expect("a folder");
            std::fs::write(&path, &text).expect("a file");
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == text, "docs/schema/{name} is stale: run `just schema`");
    }
}

#[track_caller]
fn conforms(schema: &Value, document: &Value, what: &str) {
    let validator = jsonschema::validator_for(schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path)).collect();
    assert!(errors.is_empty(), "{what}\n{}", errors.join("\n"));
}

/// A YAML file as an editor's validator sees it.
fn as_json(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Scalar(text) => match text.as_str() {
            "true" => json!(true),
            "false" => json!(false),
            text => json!(text),
        },
        Kind::List(items) => items.iter().map(as_json).collect(),
        Kind::Map(entries) => Value::Object(entries.iter().map(|(k, v)| (k.text.clone(), as_json(v))).collect::<Map<_, _>>()),
    }
}

fn yaml(name: &str, text: &str) -> Value {
    let mut sources = Sources::default();
    let file = sources.add(name, text);
    let mut problems = Problems::default();
    as_json(&node::parse(&sources, file, &mut problems).unwrap_or_else(|| panic!("{}", problems.render(&sources, false))))
}

#[test]
fn the_scenarios_of_the_repository_conform() {
    for name in ["dev", "staging", "prod", "dr", "dev-driven", "staging-driven", "prod-driven", "dr-driven"] {
        let text = std::fs::read_to_string(root().join(format!("scenarios/{name}.yaml"))).expect("a scenario");
        conforms(&schema("scenario.schema.json"), &yaml(name, &text), name);
    }
    let text = std::fs::read_to_string(root().join("scenarios/accounts.yaml")).expect("accounts");
    conforms(&schema("accounts.schema.json"), &yaml("accounts", &text), "accounts");
    let text = std::fs::read_to_string(root().join("scenarios/budgets.yaml")).expect("budgets");
    conforms(&schema("budgets.schema.json"), &yaml("budgets", &text), "budgets");
    let text = std::fs::read_to_string(root().join("scenarios/dr-strategies/prod.yaml")).expect("strategies");
    let mut strategies = yaml("strategies", &text);
    assert_eq!(strategies["strategies"][3]["today"], json!(true));
    conforms(&schema("dr-strategies.schema.json"), &strategies, "strategies");
    strategies["strategies"][0]["recovry"] = json!([]);
    assert!(!jsonschema::validator_for(&schema("dr-strategies.schema.json")).expect("a schema").is_valid(&strategies));
}

#[test]
fn the_levers_of_the_repository_conform() {
    let schema = schema("lever.schema.json");
    for entry in std::fs::read_dir(root().join("scenarios/levers")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("text");
        conforms(&schema, &yaml(&path.display().to_string(), &text), &path.display().to_string());
    }
}

#[test]
fn every_example_conforms_and_a_misspelt_key_does_not() {
    let scenario = schema("scenario.schema.json");
    for kind in KINDS {
        let resource = yaml(kind.name, kind.example);
        let document = json!({ "environment": "example", "region": "us-east-1", "resources": { "example": resource } });
        conforms(&scenario, &document, kind.name);
    }
    let wrong = json!({ "environment": "x", "resources": { "nat": { "type": "nat-gateway", "gatewys": "1" } } });
    assert!(!jsonschema::validator_for(&scenario).expect("a schema").is_valid(&wrong));
}

fn output(args: &[&str]) -> Value {
    let out = Command::new(env!("CARGO_BIN_EXE_ce-cost"))
        .args(args)
        .args(["--format", "json", "--as-of", "2026-11-24"])
        .output()
        .expect("it runs");
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("JSON")
}

#[test]
fn every_json_document_conforms() {
    conforms(&schema("forecast.schema.json"), &output(&["forecast", "prod", "--months", "3"]), "forecast");
    conforms(&schema("forecast-all.schema.json"), &output(&["forecast", "--all"]), "forecast --all");
    conforms(&schema("savings.schema.json"), &output(&["savings", "prod"]), "savings");
    conforms(&schema("check.schema.json"), &output(&["check"]), "check");
    conforms(&schema("plan.schema.json"), &output(&["plan", "prod"]), "plan");
    conforms(&schema("explain.schema.json"), &output(&["explain", "prod"]), "explain");
    conforms(&schema("prices-coverage.schema.json"), &output(&["prices", "coverage", "--region", "eu-west-1"]), "prices coverage");
    conforms(&schema("prices-diff.schema.json"), &output(&["prices", "diff", "2026-12-31", "2027-01-01"]), "prices diff");
    let args = ["simulate", "prod-driven", "--service", "core", "--day", "2026-12-01"];
    conforms(&schema("simulate.schema.json"), &output(&args), "simulate");
    let args = ["calibrate", "prod", "--line", "Database", "--driver", "database.io"];
    conforms(&schema("calibrate.schema.json"), &output(&args), "calibrate");
}

#[cfg(feature = "actuals")]
#[test]
fn what_was_billed_conforms() {
    let store = tempfile::tempdir().expect("a folder");
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
        let out = command.arg("actuals").args(args).args(["--as-of", "2026-11-24"]).env("CE_COST_STORE", store.path()).output();
        out.expect("it runs")
    };
    assert!(run(&["demo", "--months", "1"]).status.success());
    let document = serde_json::from_slice(&run(&["show", "--format", "json"]).stdout).expect("JSON");
    conforms(&schema("actuals-show.schema.json"), &document, "actuals show");
}

/// Money, quantities and shares are strings: many programs read JSON numbers as doubles.
#[test]
fn no_amount_is_a_json_number() {
    fn walk(value: &Value, path: &str) {
        match value {
            Value::Number(_) => assert!(path.contains("inputs") || path.ends_with("/paths"), "{path} is a number"),
            Value::Array(items) => items.iter().enumerate().for_each(|(i, v)| walk(v, &format!("{path}/{i}"))),
            Value::Object(map) => map.iter().for_each(|(k, v)| walk(v, &format!("{path}/{k}"))),
            _ => {}
        }
    }
    for args in [
        &["forecast", "prod"][..],
        &["forecast", "--all"],
        &["plan", "prod"],
        &["savings", "prod", "--paths", "0"],
        &["explain", "prod"],
        &["simulate", "prod-driven", "--service", "agent"],
        &["dr"],
    ] {
        walk(&output(args), "");
    }
}
