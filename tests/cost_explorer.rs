//! Cost Explorer over the network: a peer that answers out of a bill whose totals are known by construction, and moto.
//!
//! The peer (`peers/ce_peer.py`) checks each request and answer with botocore's model of the service, and computes with DuckDB.
#![cfg(feature = "actuals")]

#[path = "peers/explorer.rs"]
mod explorer;
mod peers;
#[path = "peers/server.rs"]
mod server;

use std::collections::BTreeMap;
use std::process::{Command, Output};

use explorer::{ACCOUNT, SECRET, oracle, peer_of, program, python};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use server::Server;
use tempfile::TempDir;

/// A Cost Explorer with a today and so many groups a page.
fn peer(today: &str, page: u32) -> Server {
    peer_of(&oracle().0, today, page)
}

fn ce_cost(folder: &TempDir, today: &str, args: &[&str]) -> Output {
    program(folder, today).args(["actuals", "pull"]).args(args).output().expect("it runs")
}

struct Run<'a> {
    server: &'a Server,
    folder: TempDir,
    today: &'static str,
}

impl Run<'_> {
    fn output(&self, args: &[&str]) -> Output {
        let url = self.server.url();
        let mut all = vec!["--endpoint-url", &url, "--account", ACCOUNT, "--format", "json"];
        all.extend(args);
        if !args.contains(&"--max-requests") {
            all.extend(["--max-requests", "2000"]);
        }
        ce_cost(&self.folder, self.today, &all)
    }

    /// The JSON, and what was said beside it.
    #[track_caller]
    fn ok(&self, args: &[&str]) -> (Value, String) {
        let output = self.output(args);
        let notes = String::from_utf8(output.stderr).expect("text");
        assert!(output.status.success(), "{args:?}: {notes}");
        let pulled = serde_json::from_slice(&output.stdout).expect("JSON");
        let schema = ce_cost::cli::schemas().into_iter().find(|(name, _)| *name == "actuals-pull.schema.json").expect("a schema").1;
        let errors = jsonschema::validator_for(&schema).expect("a schema").iter_errors(&pulled).map(|e| e.to_string()).collect::<Vec<_>>();
        assert_eq!(errors, Vec::<String>::new());
        (pulled, notes)
    }

    #[track_caller]
    fn fails(&self, args: &[&str], code: i32) -> String {
        let output = self.output(args);
        let notes = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(code), "{args:?}: {notes}");
        notes
    }

    /// Calls that came in, and calls that were answered.
    fn calls(&self) -> (u64, u64) {
        let calls: Value = serde_json::from_str(&self.server.post("/__calls", "{}")).expect("JSON");
        (calls["n"].as_u64().expect("a number"), calls["billed"].as_u64().expect("a number"))
    }
}

fn run<'a>(server: &'a Server, today: &'static str) -> Run<'a> {
    Run { server, folder: tempfile::tempdir().expect("a folder"), today }
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value} is no decimal"))
}

/// Unblended and amortized of the parts of a month; parts that come to nothing are left out.
fn parts(period: &Value, by: &str) -> BTreeMap<String, (Decimal, Decimal)> {
    let (list, name) = (period[by].as_array().expect("a list"), if by == "by_type" { "type" } else { "name" });
    let part = |p: &Value| (p[name].as_str().expect("a name").to_owned(), (decimal(&p["unblended"]), decimal(&p["amortized"])));
    list.iter().map(part).filter(|(_, sums)| *sums != (Decimal::ZERO, Decimal::ZERO)).collect()
}

fn expected_parts(period: &Value, by: &str) -> BTreeMap<String, (Decimal, Decimal)> {
    let list = period[by].as_object().expect("an object");
    let part = |(name, p): (&String, &Value)| (name.clone(), (decimal(&p["unblended"]), decimal(&p["amortized"])));
    list.iter().map(part).filter(|(_, sums)| *sums != (Decimal::ZERO, Decimal::ZERO)).collect()
}

#[track_caller]
fn is_the_bill(pulled: &Value, months: &[&str]) {
    let periods = pulled["periods"].as_array().expect("a list");
    assert_eq!(periods.len(), months.len());
    for (period, month) in periods.iter().zip(months) {
        let expected = &oracle().1["periods"][month];
        assert_eq!((period["month"].as_str(), period["account"].as_str()), (Some(*month), Some(ACCOUNT)));
        for (ours, theirs) in
            [("unblended", "unblended"), ("amortized", "amortized"), ("net", "net_unblended"), ("net_amortized", "net_amortized")]
        {
            assert_eq!(decimal(&period[ours]), decimal(&expected[theirs]), "{month} {ours}");
        }
        assert_eq!(parts(period, "by_type"), expected_parts(expected, "by_type"), "{month}");
        let by = format!("by_{}", pulled["by"].as_str().expect("a word").replace(' ', "_"));
        if by != "by_service" {
            assert_eq!(parts(period, "by"), expected_parts(expected, &by), "{month} {by}");
        }
    }
}

const MONTHS: [&str; 3] = ["2026-08", "2026-09", "2026-10"];

#[test]
fn a_bill_of_every_line_item_type_comes_to_the_last_place() {
    let server = peer("2026-11-02", 3);
    let run = run(&server, "2026-11-02");
    // The tag by which the scenarios find their rows is asked for where nothing else is said.
    let args = ["--from", "2026-08", "--to", "2026-10"];
    let (pulled, notes) = run.ok(&args);
    is_the_bill(&pulled, &MONTHS);
    assert!(notes.contains("the line item type `FutureDiscount` is not known") && notes.contains("linked accounts"), "{notes}");
    assert!(pulled["periods"].as_array().expect("a list").iter().all(|p| p["final"] == json!(true)));

    let (calls, billed) = run.calls();
    assert_eq!((calls, pulled["requests"]["made"].as_u64()), (billed, Some(billed)));
    assert!(notes.contains("at least 6 requests, about $0.06") && notes.contains("more, about $0."), "{notes}");
    assert!(notes.contains(&format!("{billed} requests billed, $")), "{notes}");

    let (again, notes) = run.ok(&[&args[..], &["--by", "usage-type"]].concat());
    is_the_bill(&again, &MONTHS);
    assert_eq!(run.calls(), (billed, billed));
    assert!(notes.contains("0 requests billed, $0.00") && notes.contains("from the cache"), "{notes}");

    let (anew, notes) = run.ok(&[&args[..], &["--refresh"]].concat());
    assert_eq!((run.calls(), &anew["periods"]), ((2 * billed, 2 * billed), &pulled["periods"]));
    assert_eq!(anew["requests"]["estimated"], anew["requests"]["made"], "what was asked once is estimated exactly");
    assert!(notes.contains(&format!("Cost Explorer: {billed} requests, about $")), "{notes}");

    for file in std::fs::read_dir(run.folder.path().join(ACCOUNT)).expect("the cache") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("text");
        assert!(!text.contains(SECRET) && !text.to_lowercase().contains("signature"), "a secret in the cache");
    }
}

#[test]
fn days_add_up_to_the_month_and_one_environment_leaves_the_rest() {
    let server = peer("2026-11-02", 5_000);
    let run = run(&server, "2026-11-02");
    let args = ["--month", "2026-08", "--granularity", "daily", "--environment", "prod"];
    let (pulled, _) = run.ok(&args);
    let environments = parts(&pulled["periods"][0], "by");
    let expected = expected_parts(&oracle().1["periods"]["2026-08"], "by_environment");
    let rest = (expected[""].0 + expected["dev"].0, expected[""].1 + expected["dev"].1);
    assert_eq!(environments, BTreeMap::from([("prod".to_owned(), expected["prod"]), (String::new(), rest)]));
    assert!(pulled["periods"][0]["rows"].as_u64() > Some(31 * 5));
    is_the_bill(&run.ok(&[&args[..], &["--by", "usage-type"]].concat()).0, &MONTHS[..1]);
}

#[test]
fn faults_are_waited_out_or_explained() {
    let server = peer("2026-11-02", 1_000);
    let run = run(&server, "2026-11-02");
    let month = ["--month", "2026-08", "--no-tag", "--by", "usage-type"];
    server.post("/__faults", r#"["ThrottlingException", "LimitExceededException", "RequestChangedException"]"#);
    let (pulled, _) = run.ok(&month);
    is_the_bill(&pulled, &MONTHS[..1]);
    let (calls, billed) = run.calls();
    assert_eq!((calls, pulled["requests"]["made"].as_u64()), (billed + 3, Some(billed)));

    server.post("/__faults", r#"["ExpiredTokenException"]"#);
    let message = run.fails(&["--month", "2026-09"], 69);
    assert!(!message.contains("billed"), "{message}");
    assert!(message.contains("does not accept the credentials: injected fault (ExpiredTokenException)"), "{message}");
    assert!(message.contains("aws sso login") && !message.contains(SECRET), "{message}");
    assert_eq!(run.calls(), (calls + 1, billed), "an expired token is not tried again");
    server.post("/__faults", r#"["DataUnavailableException"]"#);
    assert!(run.fails(&["--month", "2026-09"], 69).contains("no such data"));
    server.post("/__faults", r#"["AccessDeniedException"]"#);
    assert!(run.fails(&["--month", "2026-09"], 69).contains("ce:GetCostAndUsage"));
    assert_eq!(run.calls().1, billed, "what goes wrong costs nothing");

    // A refresh that is interrupted says what it cost, and how the rest is had without paying twice.
    let refresh = [&month[..], &["--refresh", "--max-requests", "6"]].concat();
    let message = run.fails(&refresh, 64);
    assert!(message.contains("would be needed") && !message.contains("run it again without"), "{message}");
    let other = ["--month", "2026-09", "--no-tag", "--refresh", "--max-requests", "6"];
    let message = run.fails(&other, 64);
    assert!(message.contains("5 requests billed, $0.05") && message.contains("run it again without `--refresh`"), "{message}");
}

#[test]
fn nothing_is_asked_that_was_not_allowed() {
    let server = peer("2026-11-02", 1_000);
    let run = run(&server, "2026-11-02");
    assert!(
        run.fails(&["--month", "2026-08", "--no-tag", "--max-requests", "4"], 64)
            .contains("5 requests (about $0.05) would be needed, and 4 are allowed")
    );
    assert!(run.fails(&["--month", "2025-09"], 64).contains("2025-10 is the first month"));
    assert!(run.fails(&["--month", "2026-12"], 64).contains("has not begun"));
    let (dry, _) = run.ok(&["--month", "2026-08", "--no-tag", "--dry-run"]);
    assert_eq!(dry["requests"], json!({"estimated": 5, "open": true, "made": 0, "cached": 0, "cost": "0"}));
    let (dry, _) = run.ok(&["--month", "2026-08", "--dry-run", "--forecast", "1"]);
    assert_eq!(dry["requests"]["estimated"], 7);
    // Where nothing can be kept, nothing is paid for either.
    std::fs::write(run.folder.path().join("file"), "no folder").expect("written");
    let store = run.folder.path().join("file/bills").display().to_string();
    run.fails(&["--month", "2026-08", "--store", &store], 66);
    assert_eq!(run.calls(), (0, 0));

    let message = run.fails(&["--month", "2026-08", "--no-tag", "--max-requests", "6"], 64);
    assert!(message.contains("5 were made") && message.contains("5 requests billed, $0.05"), "{message}");
    assert!(message.contains("is kept, and is not paid for twice"), "{message}");
    assert_eq!(run.calls(), (5, 5));
    let (pulled, _) = run.ok(&["--month", "2026-08", "--no-tag", "--by", "usage-type"]);
    is_the_bill(&pulled, &MONTHS[..1]);
    assert_eq!(
        (run.calls().1, pulled["requests"]["cached"].as_u64()),
        (5 + pulled["requests"]["made"].as_u64().expect("a number"), Some(5))
    );
}

#[test]
fn a_poorer_bill_takes_the_place_of_a_richer_one_only_by_force() {
    let server = peer("2026-11-02", 1_000);
    let run = run(&server, "2026-11-02");
    let imported = program(&run.folder, run.today).args(["actuals", "import"]).arg(&oracle().0).output().expect("it runs");
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    let month = ["--month", "2026-08"];
    let message = run.fails(&month, 65);
    assert!(message.contains("CUR 2.0") && message.contains("Cost Explorer tells less") && message.contains("`--force`"), "{message}");
    assert_eq!(run.calls(), (0, 0));
    run.ok(&[&month[..], &["--force"]].concat());
    run.ok(&month);
    let before = run.calls();
    let message = run.fails(&[&month[..], &["--no-tag"]].concat(), 65);
    assert!(message.contains("pulled with the tag Environment") && message.contains("without any"), "{message}");
    assert_eq!(run.calls(), before);
}

#[test]
fn credentials_say_whose_bill_it_is_and_one_function_where_it_is_asked_for() {
    let server = peer("2026-11-02", 1_000);
    let run = run(&server, "2026-11-02");
    let file = run.folder.path().join("credentials");
    std::fs::write(&file, "[own]\naws_access_key_id = test\naws_secret_access_key = test\naws_account_id = 999988887777\n")
        .expect("written");
    let with_profile = |args: &[&str]| {
        let mut command = program(&run.folder, run.today);
        command.env("AWS_SHARED_CREDENTIALS_FILE", &file).env("AWS_PROFILE", "own");
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            command.env_remove(name);
        }
        command.env("AWS_ENDPOINT_URL_COST_EXPLORER", server.url()).args(["actuals", "pull", "--month", "2026-08", "--format", "json"]);
        command.args(args).output().expect("it runs")
    };
    let output = with_profile(&["--account", ACCOUNT]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(64), "{message}");
    assert!(message.contains("of account 999988887777, and `--account` says 111122223333"), "{message}");
    assert_eq!(run.calls(), (0, 0));
    let pulled: Value = serde_json::from_slice(&with_profile(&[]).stdout).expect("JSON");
    assert_eq!(pulled["periods"][0]["account"], "999988887777");
    // A dry run looks where the pull kept its answers.
    let dry: Value = serde_json::from_slice(&with_profile(&["--account", "999988887777", "--dry-run"]).stdout).expect("JSON");
    assert_eq!((&dry["requests"]["cached"], &dry["requests"]["estimated"]), (&pulled["requests"]["made"], &json!(0)));
}

#[test]
fn a_month_that_goes_on_is_not_final_and_aws_forecasts_stand_beside_ours() {
    let server = peer("2026-10-15", 1_000);
    let run = run(&server, "2026-10-15");
    let (pulled, _) = run.ok(&["--from", "2026-09", "--forecast", "2"]);
    let finals: Vec<&Value> = pulled["periods"].as_array().expect("a list").iter().map(|p| &p["final"]).collect();
    assert_eq!(finals, [&json!(true), &json!(false)]);
    assert_eq!(run.calls().1, pulled["requests"]["made"].as_u64().expect("a number"));
    let forecast = pulled["forecast"].as_array().expect("a list");
    let months: Vec<&str> = forecast.iter().filter_map(|f| f["month"].as_str()).collect();
    assert_eq!(months, ["2026-11", "2026-12"]);
    let mean = decimal(&oracle().1["total"]["unblended"]) / Decimal::from(3);
    for month in forecast {
        assert!((decimal(&month["mean"]) - mean).abs() < Decimal::new(1, 6), "{month}");
        assert!(decimal(&month["p10"]) < mean && mean < decimal(&month["p90"]) && decimal(&month["ours"]) > Decimal::ZERO, "{month}");
    }
    // A forecast that is refused leaves the bill as it is. The months are kept together, so nothing else is asked.
    server.post("/__faults", r#"["DataUnavailableException"]"#);
    let (pulled, notes) = run.ok(&["--from", "2026-09", "--forecast", "3"]);
    assert_eq!((&pulled["forecast"], pulled["requests"]["made"].as_u64()), (&Value::Null, Some(0)));
    assert!(notes.contains("there is no forecast: Cost Explorer has no such data"), "{notes}");
    // Where months are missing on our side, nothing stands there.
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("none.yaml"), "environment: [").expect("written");
    let scenarios = folder.path().display().to_string();
    let (pulled, _) = run.ok(&["--from", "2026-09", "--forecast", "2", "--scenarios", &scenarios]);
    assert!(pulled["forecast"].as_array().expect("a list").iter().all(|month| month["ours"].is_null()), "{}", pulled["forecast"]);
}

#[test]
fn without_credentials_nothing_is_asked() {
    let server = peer("2026-11-02", 1_000);
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.args(["actuals", "pull", "--month", "2026-10", "--as-of", "2026-11-02", "--endpoint-url", &server.url(), "--cache"]);
    command.arg(folder.path()).env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"] {
        command.env_remove(name);
    }
    let output = command.output().expect("it runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(69), "{message}");
    assert!(message.contains("no usable AWS credentials were found") && message.contains("AWS_PROFILE"), "{message}");
}

/// moto knows neither the model's limits nor numbers: it gives back what it was given, in order. It tells the account, too.
#[test]
fn moto_is_spoken_to_as_well() {
    let server = Server::start(|port| {
        let mut command = Command::new(python());
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]).stderr(std::process::Stdio::null());
        command
    });
    let amount = |amount: &str, unit: &str| json!({"Amount": amount, "Unit": unit});
    let result = |keys: [&str; 2]| {
        let metrics = json!({"UnblendedCost": amount("1.25", "USD"), "AmortizedCost": amount("1.25", "USD"), "NetUnblendedCost": amount("1.25", "USD"),
            "NetAmortizedCost": amount("1.25", "USD"), "UsageQuantity": amount("3", "Keys")});
        json!({"ResultsByTime": [{"TimePeriod": {"Start": "2026-10-01", "End": "2026-11-01"}, "Total": {}, "Estimated": false,
            "Groups": [{"Keys": keys, "Metrics": metrics}]}], "DimensionValueAttributes": [], "GroupDefinitions": []})
    };
    let service = "AWS Key Management Service";
    let usage_type = "us-east-1-KMS-Keys";
    let results = [[service, usage_type], [usage_type, "Unknown"], ["Usage", service], [usage_type, "us-east-1"]].map(result);
    let nothing = json!({"TimePeriod": {"Start": "2026-10-01", "End": "2026-11-01"}, "Total": {"UnblendedCost": amount("0", "USD")}, "Groups": [], "Estimated": false});
    let nothing = json!({"ResultsByTime": [nothing], "DimensionValueAttributes": [], "GroupDefinitions": []});
    let results: Vec<Value> = results.into_iter().chain([nothing]).collect();
    let queue = json!({"account_id": "123456789012", "region": "us-east-1", "results": results});
    server.post("/moto-api/static/ce/cost-and-usage-results", &queue.to_string());

    let folder = tempfile::tempdir().expect("a folder");
    let url = server.url();
    let output =
        ce_cost(&folder, "2026-11-02", &["--month", "2026-10", "--no-tag", "--by", "service", "--endpoint-url", &url, "--format", "json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let pulled: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let period = &pulled["periods"][0];
    assert_eq!((period["account"].as_str(), period["unblended"].as_str()), (Some("123456789012"), Some("1.25")));
    // By the code that every source is shown by.
    assert_eq!(period["by"][0]["name"].as_str(), Some("awskms"));
}
