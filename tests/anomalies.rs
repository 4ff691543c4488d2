//! Anomalies in bills: the one that is planted in the synthetic history, and rules on them.
#![cfg(feature = "actuals")]

mod repository;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn run(folder: &Path, args: &[&str], code: i32) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.args(args).args(["--color", "never"]).env("COLUMNS", "120").current_dir(folder);
    let output = command.output().expect("it runs");
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(if code < 64 { output.stdout } else { output.stderr }).expect("text")
}

fn demo(as_of: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    repository::scenarios(folder.path());
    run(folder.path(), &["actuals", "demo", "--store", "store", "--as-of", as_of], 0);
    folder
}

fn found(folder: &Path, environment: &str, as_of: &str, more: &[&str]) -> Value {
    let args = ["anomalies", environment, "--store", "store", "--as-of", as_of, "--format", "json"];
    serde_json::from_str(&run(folder, &[&args[..], more].concat(), 0)).expect("JSON")
}

/// The planted one and no other, in every environment; prod's is told with its days and what did it.
#[test]
fn the_planted_anomaly_is_found_and_no_other() {
    let folder = demo("2026-11-24");
    for environment in ["dev", "staging", "dr"] {
        assert_eq!(found(folder.path(), environment, "2026-11-24", &[])["anomalies"], Value::Array(Vec::new()), "{environment}");
    }
    let prod = found(folder.path(), "prod", "2026-11-24", &[]);
    assert_eq!((&prod["from"], &prod["to"]), (&"2025-09-01".into(), &"2026-11-21".into()));
    let anomalies = prod["anomalies"].as_array().expect("a list");
    let told: Vec<_> = anomalies.iter().map(|a| [&a["service"], &a["first"], &a["last"], &a["causes"][0]["usage_type"]]).collect();
    assert_eq!(told, [["AmazonEC2", "2026-06-11", "2026-06-13", "NatGateway-Bytes"]]);
    // Forty times the usual: the surplus is 39 of 40 parts of what those days cost.
    let number = |key: &str| anomalies[0][key].as_str().expect("text").parse::<rust_decimal::Decimal>().expect("a number");
    let part = number("size") / number("cost");
    assert!(part > "0.96".parse().expect("a number") && part < "0.985".parse().expect("a number"), "{part}");
    for (columns, name) in [("80", "narrow"), ("120", "wide")] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
        command.args(["anomalies", "prod", "--store", "store", "--as-of", "2026-11-24", "--color", "never"]).env("COLUMNS", columns);
        let page = command.current_dir(folder.path()).output().expect("it runs").stdout;
        insta::assert_snapshot!(format!("anomalies_{name}"), String::from_utf8(page).expect("text"));
    }
    let csv = run(folder.path(), &["anomalies", "prod", "--store", "store", "--as-of", "2026-11-24", "--format", "csv"], 0);
    assert!(csv.contains("prod,anomaly,2026-06-11,2026-06-13,no,AmazonEC2,us-east-1,NatGateway-Bytes,,"), "{csv}");
    let md = run(folder.path(), &["anomalies", "prod", "--store", "store", "--as-of", "2026-11-24", "--format", "md"], 0);
    assert!(md.contains("1 anomaly") && md.contains("| NatGateway"), "{md}");
}

/// What stays is told apart: the instances that nobody planned, since the first of August.
#[test]
fn changes_of_level_are_no_anomalies() {
    let folder = demo("2026-11-24");
    let prod = found(folder.path(), "prod", "2026-11-24", &["--since", "2026-07-01"]);
    let levels = prod["levels"].as_array().expect("a list");
    let told: Vec<_> = levels.iter().map(|l| (l["since"].as_str(), l["usage_type"].as_str(), l["before"].as_str())).collect();
    assert_eq!(told, [(Some("2026-08-01"), Some("BoxUsage:m6i.large"), Some("0"))]);
    assert_eq!(prod["anomalies"], Value::Array(Vec::new()));
}

/// On the day after it is found already, and it goes on.
#[test]
fn an_anomaly_is_found_while_it_goes_on() {
    let folder = demo("2026-11-24");
    // The history up to then is the same.
    let june = found(folder.path(), "prod", "2026-06-13", &["--since", "2026-06-01"]);
    let anomalies = june["anomalies"].as_array().expect("a list");
    let told: Vec<_> = anomalies.iter().map(|a| (a["first"].as_str(), a["last"].as_str(), a["is_open"].as_bool())).collect();
    assert_eq!(told, [(Some("2026-06-11"), Some("2026-06-12"), Some(true))]);
}

#[test]
fn without_bills_nothing_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    repository::scenarios(folder.path());
    assert!(run(folder.path(), &["anomalies", "prod", "--store", "store"], 66).contains("ce-cost actuals"));
    assert!(run(folder.path(), &["anomalies", "prod", "--least=-5USD"], 64).contains("an amount of 0 or more was expected"));
}

/// Rules on what bills say: tags, commitments, anomalies, each on either side of its limit.
#[test]
fn rules_on_bills_are_held_against_them() {
    let folder = demo("2026-11-24");
    let rules = "rules:
  - {id: tagged, environment: prod, metric: tag_coverage, tags: [Owner, Service], below: 100%}
  - {id: whose, environment: prod, metric: tag_coverage, tags: Environment, below: 5%}
  - {id: used, environment: prod, metric: billed_utilisation, below: 99.9%}
  - {id: covered, environment: prod, metric: billed_coverage, below: 1%}
  - {id: odd, environment: prod, metric: anomaly, above: 20 USD}
  - {id: odd-elsewhere, environment: prod, metric: anomaly, scope: {service: AmazonS3}, above: 20 USD}
  - {id: model-covers, environment: prod, metric: coverage, below: 1%}
  - {id: model-uses, environment: prod, metric: utilisation, below: 50%}
  - {id: dr-uses, environment: dr, metric: utilisation, below: 50%}
";
    fs::write(folder.path().join("scenarios/budgets.yaml"), rules).expect("a file");
    let told = |as_of: &str| {
        let text = run(folder.path(), &["check", "--store", "store", "--as-of", as_of, "--format", "json"], 1);
        let check: Value = serde_json::from_str(&text).expect("JSON");
        let of_rule = |r: &Value| format!("{} {}", r["id"].as_str().expect("an id"), r["status"].as_str().expect("a status"));
        let mut told: Vec<String> = check["rules"].as_array().expect("a list").iter().map(of_rule).collect();
        told.sort();
        told
    };
    let june = told("2026-06-20");
    assert_eq!(
        june,
        [
            "covered pass",
            // Its reservations begin in November.
            "dr-uses skipped",
            "model-covers fail",
            "model-uses skipped",
            "odd fail",
            "odd-elsewhere pass",
            "tagged fail",
            "used fail",
            "whose pass"
        ]
    );
    let november = told("2026-11-24");
    assert!(november.contains(&"dr-uses pass".to_owned()) && november.contains(&"odd pass".to_owned()), "{november:?}");
}

const CUR: &str = "bill/PayerAccountId,bill/BillingPeriodStartDate,bill/InvoiceId,lineItem/UsageAccountId,lineItem/LineItemType,lineItem/UsageStartDate,\
                   lineItem/ProductCode,lineItem/UsageType,lineItem/Operation,lineItem/UsageAmount,lineItem/CurrencyCode,lineItem/UnblendedCost,\
                   resourceTags/user:Environment";

/// A report of the days from September to 2 December, of about 10 USD each, and of `last` on 30 November; no month has an invoice yet.
fn report(last: u32) -> String {
    let mut text = format!("{CUR}\n");
    for (month, days) in [("2026-09", 30), ("2026-10", 31), ("2026-11", 30), ("2026-12", 2)] {
        for day in 1..=days {
            let gigabytes = if (month, day) == ("2026-11", 30) { last * 100 } else { 1_000 + 10 * (day * 7 % 5) };
            text.push_str(&format!(
                "111122223333,{month}-01T00:00:00Z,,111122223333,Usage,{month}-{day:02}T00:00:00Z,AmazonEC2,NatGateway-Bytes,NatGateway,{gigabytes},USD,{}.{:02},prod\n",
                // A cent for each.
                gigabytes / 100,
                gigabytes % 100
            ));
        }
    }
    text
}

/// The last days of a month become known in the next one, which is when a rule tells of them: rises and falls, by day and cause.
#[test]
fn the_last_day_of_a_month_is_told_in_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    repository::scenarios(folder.path());
    let rules = "rules:\n  - {id: odd, environment: prod, metric: anomaly, above: 5 USD}\n";
    fs::write(folder.path().join("scenarios/budgets.yaml"), rules).expect("a file");
    for (last, words, value) in [
        (90, "AmazonEC2 rose by 80 on 2026-11-30 and on (90 instead of 10, ", "79."),
        (0, "AmazonEC2 fell by 10 on 2026-11-30 and on (0 instead of 10, ", "-10."),
    ] {
        fs::write(folder.path().join("cur.csv"), report(last)).expect("a file");
        let args = ["check", "--actuals", "cur.csv", "--as-of", "2026-12-03", "--format", "json"];
        let check: Value = serde_json::from_str(&run(folder.path(), &args, 1)).expect("JSON");
        let rule = &check["rules"][0];
        let message = rule["message"].as_str().expect("text");
        assert!(message.contains(words) && message.contains("most of it NatGateway-Bytes") && message.contains("at most 5"), "{message}");
        assert!(rule["value"].as_str().is_some_and(|v| v.starts_with(value)), "{rule}");
        // The day before it was not whole yet.
        run(folder.path(), &["check", "--actuals", "cur.csv", "--as-of", "2026-12-02"], 0);
    }
}

/// What AWS calls estimated is no ground for a verdict, unless the rule says so.
#[test]
fn an_estimate_is_incomplete_unless_it_is_accepted() {
    let folder = tempfile::tempdir().expect("a folder");
    repository::scenarios(folder.path());
    let reply = r#"{"GroupDefinitions":[{"Type":"DIMENSION","Key":"SERVICE"},{"Type":"TAG","Key":"Environment"}],"ResultsByTime":[
        {"TimePeriod":{"Start":"2026-11-01","End":"2026-11-24"},"Estimated":true,"Groups":[{"Keys":["Amazon Simple Storage Service",
        "Environment$prod"],"Metrics":{"UnblendedCost":{"Amount":"1.25","Unit":"USD"},"AmortizedCost":{"Amount":"1.25","Unit":"USD"}}}]}]}"#;
    fs::write(folder.path().join("reply.json"), reply).expect("a file");
    for (more, limit, code) in [("", 9, 3), (", accept_estimated: true", 9, 0), ("", 1, 1)] {
        let rules = format!("rules:\n  - {{id: spent, environment: prod, metric: actual, above: {limit} USD{more}}}\n");
        fs::write(folder.path().join("scenarios/budgets.yaml"), rules).expect("a file");
        let said = run(folder.path(), &["check", "--actuals", "reply.json", "--as-of", "2026-11-24"], code);
        assert_eq!(said.contains("AWS calls the bill of 2026-11 estimated"), more.is_empty(), "{said}");
    }
}
