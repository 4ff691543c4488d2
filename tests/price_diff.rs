//! Prices of two days or folders: what changed, what each change does, and forecasts at the prices of a day. What a change is said to do
//! is what two forecasts differ by.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use rust_decimal::Decimal;
use serde_json::Value;
use tempfile::TempDir;

const COLUMNS: &str = "service_code,region,usage_type,operation,sku,description,unit,tier_begin,tier_end,price,currency,term,upfront_fee,effective_from,seen,source,confidence,note\n";
const ENVIRONMENTS: [&str; 4] = ["dev", "staging", "prod", "dr"];

/// A row of Fargate in Virginia, from a day on.
fn fargate(usage_type: &str, price: &str, from: &str) -> String {
    format!("AmazonECS,us-east-1,{usage_type},,,Fargate,hours,0,Inf,{price},USD,on-demand,,{from},2026-11-20,a test,high,\n")
}

const CPU: &str = "USE1-Fargate-vCPU-Hours:perCPU";
const MEMORY: &str = "USE1-Fargate-GB-Hours";

/// Folders of prices: `cpu` and `memory` have one change each, `both` both and one that nobody uses, `later` a change from Christmas on.
fn folders() -> TempDir {
    let root = TempDir::new().expect("a folder");
    let folder = |name: &str, rows: &[String]| {
        fs::create_dir(root.path().join(name)).expect("a folder");
        fs::write(root.path().join(name).join("us-east-1.csv"), COLUMNS.to_owned() + &rows.concat()).expect("a file");
    };
    let (cpu, memory) = (fargate(CPU, "0.05", ""), fargate(MEMORY, "0.004", ""));
    folder("cpu", std::slice::from_ref(&cpu));
    folder("memory", std::slice::from_ref(&memory));
    folder("both", &[cpu, memory, fargate("USE1-Fargate-Windows-OS-Hours:perCPU", "7", "")]);
    folder("later", &[fargate(CPU, "0.05", "2026-12-25")]);
    root
}

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.args(["--color", "never", "--as-of", "2026-11-24"]).args(args).env("COLUMNS", "120").current_dir(folder);
    command.output().expect("it runs")
}

#[track_caller]
fn text(folder: &Path, args: &[&str]) -> String {
    let output = run(folder, args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn json(folder: &Path, args: &[&str]) -> Value {
    serde_json::from_str(&text(folder, &[args, &["--format", "json"]].concat())).expect("JSON")
}

fn money(value: &Value) -> Decimal {
    value.as_str().unwrap_or_else(|| panic!("{value}")).parse().expect("dollars")
}

/// What every environment costs in December, by a forecast.
fn totals(folder: &Path, prices: &[&str], more: &[&str]) -> BTreeMap<String, Decimal> {
    let all = json(folder, &[prices, &["forecast", "--all", "--paths", "0"], more].concat());
    let forecasts = all["environments"].as_array().expect("environments");
    forecasts.iter().map(|f| (f["environment"].as_str().expect("a name").to_owned(), money(&f["months"][0]["total"]))).collect()
}

#[test]
fn each_change_does_alone_what_two_forecasts_differ_by() {
    let root = folders();
    let diff = json(root.path(), &["prices", "diff", "2026-11-24", "both"]);
    let (before, after) = (totals(root.path(), &[], &[]), totals(root.path(), &["--prices", "both"], &[]));
    let changes = diff["changes"].as_array().expect("changes");
    assert_eq!(changes.len(), 2, "{diff:#}");
    let mut alone: BTreeMap<String, Decimal> = BTreeMap::new();
    for (usage_type, prices) in [(CPU, "cpu"), (MEMORY, "memory")] {
        let with = totals(root.path(), &["--prices", prices], &[]);
        let change = changes.iter().find(|c| c["usage_type"] == usage_type).expect("the change");
        for effect in change["effects"].as_array().expect("effects") {
            let name = effect["environment"].as_str().expect("a name");
            assert_eq!(money(&effect["difference"]), with[name] - before[name], "{usage_type} in {name}");
            *alone.entry(name.to_owned()).or_default() += money(&effect["difference"]);
        }
    }
    assert_eq!(alone.keys().map(String::as_str).collect::<Vec<_>>(), {
        let mut names = ENVIRONMENTS;
        names.sort_unstable();
        names
    });
    assert!(alone["prod"] > Decimal::ZERO);
    for total in diff["totals"].as_array().expect("totals") {
        let name = total["environment"].as_str().expect("a name");
        assert_eq!((money(&total["before"]), money(&total["after"])), (before[name], after[name]), "{name}");
        let sum = money(&total["before"]) + alone[name] + money(&total["together"]) + money(&total["tables"]);
        assert_eq!(sum, after[name], "the parts of {name} add up");
        assert_eq!(money(&total["tables"]), Decimal::ZERO);
    }
    let others: Vec<&str> = diff["others"].as_array().expect("others").iter().map(|c| c["usage_type"].as_str().expect("a name")).collect();
    assert_eq!(others, ["USE1-Fargate-Windows-OS-Hours:perCPU"]);
}

#[test]
fn a_page_shows_what_changed_and_what_it_does() {
    let root = folders();
    insta::assert_snapshot!(text(root.path(), &["prices", "diff", "2026-11-24", "both"]), @r"
    Prices of 2026-11-24 and both: what each change does to December 2026

      usage type                      region     term       before    after    dev  staging   prod     dr
      USE1-Fargate-vCPU-Hours:perCPU  us-east-1  on-demand  0.04048   0.05    +140     +239   +474     -3
      USE1-Fargate-GB-Hours           us-east-1  on-demand  0.004445  0.004    -13      -22    -44     ±0
      ───────────────────────────────────────────────────────────────────────────────────────────────────
      all changes                                                             +127     +216   +430     -2
      ───────────────────────────────────────────────────────────────────────────────────────────────────
      a month after them                                                     1,128    2,695  8,044  1,857

    Support is one fee of the payer, divided by what each environment is billed: a change in one moves the parts of the
    others.

    1 more price differs, which no environment uses (--format csv lists them).
    ");
}

#[test]
fn two_days_of_one_book_differ_by_what_begins_between_them() {
    let root = folders();
    let later = ["--prices", "later"];
    let diff = json(root.path(), &[&later[..], &["prices", "diff", "2026-12-24", "2026-12-25"]].concat());
    let change = &diff["changes"][0];
    assert_eq!((change["before"].as_str(), change["after"].as_str()), (Some("0.04048"), Some("0.05")));
    let at = |day: &str| totals(root.path(), &later, &["--prices-as-of", day]);
    for total in diff["totals"].as_array().expect("totals") {
        let name = total["environment"].as_str().expect("a name");
        assert_eq!((money(&total["before"]), money(&total["after"])), (at("2026-12-24")[name], at("2026-12-25")[name]));
    }
    let still = text(root.path(), &[&later[..], &["prices", "diff", "2026-11-01", "2026-12-24"]].concat());
    assert!(still.contains("No change of a price moves a bill."), "{still}");
}

#[test]
fn a_forecast_at_the_prices_of_a_day_rates_every_month_by_them() {
    let root = folders();
    let later = ["--prices", "later"];
    let plain = totals(root.path(), &[], &[]);
    assert_eq!(totals(root.path(), &later, &["--prices-as-of", "2026-12-24"]), plain, "before it begins");
    assert_eq!(totals(root.path(), &later, &["--prices-as-of", "2026-12-25"]), totals(root.path(), &["--prices", "cpu"], &[]), "and after");
    let january = ["--month", "2027-01"];
    let dearer = totals(root.path(), &later, &january);
    let held = totals(root.path(), &later, &[&january[..], &["--prices-as-of", "2026-12-01"]].concat());
    assert!(held["prod"] < dearer["prod"], "January at December's prices");
    let forecast = json(root.path(), &[&later[..], &["forecast", "prod", "--paths", "0", "--prices-as-of", "2026-12-25"]].concat());
    assert_eq!(forecast["basis"]["prices_as_of"], "2026-12-25");
    let page = text(root.path(), &[&later[..], &["forecast", "prod", "--paths", "0", "--prices-as-of", "2026-12-25"]].concat());
    assert!(page.lines().next().is_some_and(|l| l.contains("all months at the prices of 2026-12-25")), "{page}");
}

/// The built-in book has another support plan from 2027 on: no price, but it moves every bill, and is told apart from prices.
#[test]
fn a_change_of_support_is_a_line_of_its_own() {
    let root = folders();
    let days = ["2026-12-31", "2027-01-01"];
    let diff = json(root.path(), &["prices", "diff", days[0], days[1]]);
    assert_eq!((diff["changes"].as_array().map(Vec::len), diff["others"].as_array().map(Vec::len)), (Some(0), Some(0)));
    let [before, after] = days.map(|day| totals(root.path(), &[], &["--prices-as-of", day]));
    assert_eq!(before, totals(root.path(), &[], &[]));
    for total in diff["totals"].as_array().expect("totals") {
        let name = total["environment"].as_str().expect("a name");
        assert!(before[name] != after[name] && money(&total["tables"]) == after[name] - before[name], "{total}");
    }
    let page = text(root.path(), &["prices", "diff", days[0], days[1]]);
    assert!(page.contains("  support and allowances "), "{page}");
}

#[test]
fn a_name_that_is_neither_a_day_nor_a_folder_is_refused() {
    let root = folders();
    let output = run(root.path(), &["prices", "diff", "2026-11-24", "nowhere"]);
    assert_eq!(output.status.code(), Some(66));
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stderr), @r"
    error: `nowhere` is neither a day nor a folder
    help: name a day such as 2026-09-30, or a folder of price files
    ");
}

#[test]
fn what_has_no_price_any_more_is_said() {
    let root = folders();
    let alone = root.path().join("alone");
    fs::create_dir(&alone).expect("a folder");
    for name in ["families.csv", "regions.csv", "free_tier.csv", "support.csv"] {
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("pricing").join(name), alone.join(name)).expect("a copy");
    }
    fs::write(alone.join("us-east-1.csv"), COLUMNS.to_owned() + &fargate(CPU, "0.05", "")).expect("a file");
    let diff = json(root.path(), &["prices", "diff", "2026-11-24", "alone"]);
    for total in diff["totals"].as_array().expect("totals") {
        assert!(total["after"].is_null() && total["why"].as_str().is_some_and(|w| w.contains("no price")), "{total}");
    }
}
