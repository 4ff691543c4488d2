//! Cost Explorer over the network: a peer that answers out of a bill whose totals are known by construction, and moto.
//!
//! The peer (`peers/ce_peer.py`) checks each request and answer with botocore's model of the service, and computes with DuckDB.
#![cfg(feature = "actuals")]

mod peers;
#[path = "peers/server.rs"]
mod server;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use ce_cost::actuals::Imported;
use ce_cost::actuals::cost_explorer::request::Granularity;
use ce_cost::actuals::cost_explorer::{self, Asking, Cache, Pull};
use ce_cost::bill::{Charge, LineItem};
use ce_cost::money::Usd;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use server::Server;
use tempfile::TempDir;

/// What the peers run on, at the versions that they were tried with.
const LIBRARIES: [&str; 5] = ["numpy==2.4.6", "pyarrow==26.0.1", "duckdb==1.5.6", "botocore==1.43.11", "moto[server]==5.2.1"];

fn python() -> PathBuf {
    peers::python("cost_explorer", &LIBRARIES)
}

const SECRET: &str = "nobody-may-ever-read-this-key";
const ACCOUNT: &str = "111122223333";

/// The bill of three months, August to October 2026, and its totals.
fn oracle() -> &'static (PathBuf, Value) {
    static ORACLE: OnceLock<(PathBuf, Value)> = OnceLock::new();
    ORACLE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cost_explorer");
        peers::run(Command::new(python()).arg(peers::script("gen_oracle_cur.py")).arg(&folder).args(["7", "3"]));
        let text = std::fs::read_to_string(folder.join("expected.json")).expect("totals");
        (folder.join("cur2.parquet"), serde_json::from_str(&text).expect("JSON"))
    })
}

/// A Cost Explorer with a today and so many groups a page.
fn peer(today: &str, page: u32) -> Server {
    Server::start(|port| {
        let mut command = Command::new(python());
        command.arg(peers::script("ce_peer.py")).arg(port.to_string()).arg(&oracle().0);
        command.env("CE_NOW", today).env("CE_PAGE", page.to_string());
        command
    })
}

/// The program, with keys that mean nothing and none of the user's own.
fn ce_cost(folder: &TempDir, today: &str, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.args(["actuals", "pull", "--as-of", today, "--cache"]).arg(folder.path()).args(args);
    command.env("CE_COST_STORE", folder.path().join("bills"));
    for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ACCOUNT_ID", "HTTP_PROXY", "http_proxy"] {
        command.env_remove(name);
    }
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", SECRET).env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null").env("NO_COLOR", "1");
    command.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("it runs")
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
    let list = period[by].as_array().expect("a list");
    let part = |p: &Value| (p["name"].as_str().expect("a name").to_owned(), (decimal(&p["unblended"]), decimal(&p["amortized"])));
    list.iter().map(part).filter(|(_, sums)| *sums != (Decimal::ZERO, Decimal::ZERO)).collect()
}

fn expected_parts(period: &Value, by: &str) -> BTreeMap<String, (Decimal, Decimal)> {
    let list = period[by].as_object().expect("an object");
    let part = |(name, p): (&String, &Value)| (name.clone(), (decimal(&p["unblended"]), decimal(&p["amortized"])));
    list.iter().map(part).filter(|(_, sums)| *sums != (Decimal::ZERO, Decimal::ZERO)).collect()
}

#[track_caller]
fn is_the_bill(pulled: &Value, months: &[&str], environments: bool) {
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
        assert_eq!(parts(period, "by_usage_type"), expected_parts(expected, "by_usage_type"), "{month}");
        if environments {
            assert_eq!(parts(period, "by_environment"), expected_parts(expected, "by_environment"), "{month}");
        }
    }
}

const MONTHS: [&str; 3] = ["2026-08", "2026-09", "2026-10"];

#[test]
fn a_bill_of_every_line_item_type_comes_to_the_last_place() {
    let server = peer("2026-11-02", 3);
    let run = run(&server, "2026-11-02");
    let args = ["--from", "2026-08", "--to", "2026-10", "--tag", "Environment"];
    let (pulled, notes) = run.ok(&args);
    is_the_bill(&pulled, &MONTHS, true);
    assert!(pulled["periods"].as_array().expect("a list").iter().all(|p| p["final"] == json!(true)));

    let (calls, billed) = run.calls();
    assert_eq!((calls, pulled["requests"]["made"].as_u64()), (billed, Some(billed)));
    assert!(notes.contains("at least 6 requests, about $0.06") && notes.contains("more, about $0."), "{notes}");
    assert!(notes.contains(&format!("{billed} requests billed, $")), "{notes}");

    let (again, notes) = run.ok(&args);
    assert_eq!((run.calls(), &again["periods"]), ((billed, billed), &pulled["periods"]));
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
    let (pulled, _) = run.ok(&["--month", "2026-08", "--granularity", "daily", "--environment", "prod"]);
    is_the_bill(&pulled, &MONTHS[..1], false);
    let environments = parts(&pulled["periods"][0], "by_environment");
    let expected = expected_parts(&oracle().1["periods"]["2026-08"], "by_environment");
    let rest = (expected[""].0 + expected["dev"].0, expected[""].1 + expected["dev"].1);
    assert_eq!(environments, BTreeMap::from([("prod".to_owned(), expected["prod"]), (String::new(), rest)]));
    assert!(pulled["periods"][0]["rows"].as_u64() > Some(31 * 5));
}

#[test]
fn faults_are_waited_out_or_explained() {
    let server = peer("2026-11-02", 1_000);
    let run = run(&server, "2026-11-02");
    let month = ["--month", "2026-08"];
    server.post("/__faults", r#"["ThrottlingException", "LimitExceededException", "RequestChangedException"]"#);
    let (pulled, _) = run.ok(&month);
    is_the_bill(&pulled, &MONTHS[..1], false);
    let (calls, billed) = run.calls();
    assert_eq!((calls, pulled["requests"]["made"].as_u64()), (billed + 3, Some(billed)));

    server.post("/__faults", r#"["ExpiredTokenException"]"#);
    let message = run.fails(&["--month", "2026-09"], 69);
    assert!(message.contains("does not accept the credentials: injected fault (ExpiredTokenException)"), "{message}");
    assert!(message.contains("aws sso login") && !message.contains(SECRET), "{message}");
    assert_eq!(run.calls(), (calls + 1, billed), "an expired token is not tried again");
    server.post("/__faults", r#"["DataUnavailableException"]"#);
    assert!(run.fails(&["--month", "2026-09"], 69).contains("no such data"));
    server.post("/__faults", r#"["AccessDeniedException"]"#);
    assert!(run.fails(&["--month", "2026-09"], 69).contains("ce:GetCostAndUsage"));
    assert_eq!(run.calls().1, billed, "what goes wrong costs nothing");
}

#[test]
fn nothing_is_asked_that_was_not_allowed() {
    let server = peer("2026-11-02", 1_000);
    let run = run(&server, "2026-11-02");
    assert!(
        run.fails(&["--month", "2026-08", "--max-requests", "4"], 64)
            .contains("5 requests (about $0.05) would be needed, and 4 are allowed")
    );
    assert!(run.fails(&["--month", "2025-09"], 64).contains("2025-10 is the first month"));
    assert!(run.fails(&["--month", "2026-12"], 64).contains("has not begun"));
    let (dry, _) = run.ok(&["--month", "2026-08", "--dry-run"]);
    assert_eq!((dry["requests"]["estimated"].as_u64(), dry["requests"]["made"].as_u64()), (Some(5), Some(0)));
    assert_eq!(run.calls(), (0, 0));

    let message = run.fails(&["--month", "2026-08", "--max-requests", "6"], 64);
    assert!(message.contains("6 were made"), "{message}");
    assert_eq!(run.calls(), (6, 6));
    let (pulled, _) = run.ok(&["--month", "2026-08"]);
    is_the_bill(&pulled, &MONTHS[..1], false);
    assert_eq!(
        (run.calls().1, pulled["requests"]["cached"].as_u64()),
        (6 + pulled["requests"]["made"].as_u64().expect("a number"), Some(6))
    );
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
    assert!(message.contains("does not accept the credentials") && message.contains("AWS_PROFILE"), "{message}");
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
    let output = ce_cost(&folder, "2026-11-02", &["--month", "2026-10", "--endpoint-url", &url, "--format", "json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let pulled: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let period = &pulled["periods"][0];
    assert_eq!((period["account"].as_str(), period["unblended"].as_str()), (Some("123456789012"), Some("1.25")));
    assert_eq!(period["by_service"][0]["name"].as_str(), Some(service));
}

/// What a report calls the services of the oracle, by Cost Explorer's names.
const NAMES: [(&str, &str); 9] = [
    ("Amazon Elastic Container Service", "AmazonECS"),
    ("Amazon Relational Database Service", "AmazonRDS"),
    ("Amazon Elastic Load Balancing", "AWSELB"),
    ("Amazon Simple Storage Service", "AmazonS3"),
    ("Amazon CloudFront", "AmazonCloudFront"),
    ("EC2 - Other", "AmazonEC2"),
    ("Savings Plans for AWS Compute usage", "ComputeSavingsPlans"),
    ("AWS Support (Business)", "AWSSupportBusiness"),
    ("5f9examplemarketplace", "5f9examplemarketplace"),
];

/// Unblended, amortized, and both after discounts, by month, service, usage type, line item type and environment.
fn bill(imported: &Imported, environment: fn(&Charge) -> String) -> BTreeMap<(String, String, String, String, String), [Usd; 4]> {
    let mut sums = BTreeMap::new();
    for charge in imported.statements.iter().flat_map(|s| &s.bill.charges) {
        let code = NAMES.iter().find(|(name, _)| *name == charge.service).map_or(charge.service.as_ref(), |(_, code)| code);
        let code = if charge.line_item == LineItem::Tax { "Tax" } else { code };
        let key =
            [charge.month.to_string(), code.to_owned(), charge.usage_type.to_string(), charge.line_item.to_string(), environment(charge)];
        let sum: &mut [Usd; 4] = sums.entry(key.into()).or_default();
        let net = charge.net();
        sum.iter_mut().zip([charge.billed, charge.effective, net.billed, net.effective]).for_each(|(sum, amount)| *sum += amount);
    }
    sums.retain(|_, sum| *sum != [Usd::ZERO; 4]);
    sums
}

#[test]
fn pulling_a_bill_and_importing_its_report_give_the_same() {
    let server = peer("2026-11-02", 1_000);
    let run = run(&server, "2026-11-02");
    run.ok(&["--from", "2026-08", "--to", "2026-10", "--tag", "Environment"]);
    let month = |m: &str| m.parse().expect("a month");
    let (from, to) = (month(MONTHS[0]), month(MONTHS[2]));
    let wanted = Pull { from, to, granularity: Granularity::Monthly, tag: Some("Environment".into()), environments: Vec::new() };
    let cache = Cache::open(run.folder.path(), ACCOUNT, Some(&server.url()), chrono::Utc::now()).expect("a cache");
    let mut asking = Asking::new(None, Some(&cache), false, 0);
    let today = "2026-11-02".parse().expect("a date");
    let pulled = cost_explorer::pull(ACCOUNT, &wanted, today, &mut asking, &mut |_| {}).expect("all is kept");
    let imported = ce_cost::actuals::read(std::slice::from_ref(&oracle().0)).expect("a report");

    let ours = bill(&pulled, |c| c.environment.to_string());
    let theirs =
        bill(&imported, |c| c.tags.iter().find(|(k, _)| k.eq_ignore_ascii_case("Environment")).map_or(String::new(), |(_, v)| v.clone()));
    assert!(ours.len() > 3 * 15, "{}", ours.len());
    assert_eq!(ours, theirs);
    let finals = |imported: &Imported| imported.statements.iter().map(|s| (s.bill.month, s.is_final)).collect::<Vec<_>>();
    assert_eq!(finals(&pulled), finals(&imported));
}
