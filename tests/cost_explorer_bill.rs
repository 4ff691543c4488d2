//! A bill that was pulled from Cost Explorer beside the same one out of its report: the same rows, and the same answers of `compare`.
#![cfg(feature = "actuals")]

#[path = "peers/explorer.rs"]
mod explorer;
mod peers;
#[path = "peers/server.rs"]
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use ce_cost::actuals::Imported;
use ce_cost::actuals::cost_explorer::request::Granularity;
use ce_cost::actuals::cost_explorer::{self, Asking, Cache, Pull};
use ce_cost::bill::{Charge, LineItem};
use ce_cost::money::Usd;
use explorer::{ACCOUNT, SECRET, oracle, peer_of, program, python};
use rust_decimal::Decimal;
use serde_json::Value;
use server::Server;
use tempfile::TempDir;

/// What the program wrote and said.
#[track_caller]
fn run(folder: &TempDir, today: &str, args: &[&str]) -> (String, String) {
    let output = program(folder, today).args(args).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let notes = text(output.stderr);
    assert!(output.status.success() && !notes.contains(SECRET), "{args:?}: {notes}");
    (text(output.stdout), notes)
}

#[track_caller]
fn pull(folder: &TempDir, today: &str, server: &Server, args: &[&str]) {
    run(folder, today, &[&["actuals", "pull", "--endpoint-url", &server.url(), "--max-requests", "2000"], args].concat());
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

/// What month, service, usage type, line item type and environment a charge is of.
type Place = (String, String, String, String, String);

fn place(charge: &Charge, environment: fn(&Charge) -> String) -> Place {
    let code = NAMES.iter().find(|(name, _)| *name == charge.service).map_or(charge.service.as_ref(), |(_, code)| code);
    let code = if charge.line_item == LineItem::Tax { "Tax" } else { code };
    [charge.month.to_string(), code.to_owned(), charge.usage_type.to_string(), charge.line_item.to_string(), environment(charge)].into()
}

/// What else a charge is, by its place: how much was used where and for what, how often it comes, how it is priced, who sells it. Not
/// the unit, which Cost Explorer tells of an answer as a whole.
fn traits(imported: &Imported, environment: fn(&Charge) -> String) -> BTreeMap<Place, (Decimal, BTreeSet<String>)> {
    let mut all: BTreeMap<Place, (Decimal, BTreeSet<String>)> = BTreeMap::new();
    for c in imported.statements.iter().flat_map(|s| &s.bill.charges) {
        let (quantity, traits) = all.entry(place(c, environment)).or_default();
        *quantity += c.quantity;
        traits.insert(format!("{} {} {:?} {:?} {:?} {:?}", c.operation, c.region, c.frequency, c.pricing, c.seller, c.category));
    }
    all.values_mut().for_each(|(quantity, _)| *quantity = quantity.normalize());
    all
}

/// Unblended, amortized, and both after discounts, by month, service, usage type, line item type and environment.
fn bill(imported: &Imported, environment: fn(&Charge) -> String) -> BTreeMap<Place, [Usd; 4]> {
    let mut sums = BTreeMap::new();
    for charge in imported.statements.iter().flat_map(|s| &s.bill.charges) {
        let sum: &mut [Usd; 4] = sums.entry(place(charge, environment)).or_default();
        let net = charge.net();
        sum.iter_mut().zip([charge.billed, charge.effective, net.billed, net.effective]).for_each(|(sum, amount)| *sum += amount);
    }
    sums.retain(|_, sum| *sum != [Usd::ZERO; 4]);
    sums
}

#[test]
fn pulling_a_bill_and_importing_its_report_give_the_same() {
    let server = peer_of(&oracle().0, "2026-11-02", 1_000);
    let folder = tempfile::tempdir().expect("a folder");
    pull(&folder, "2026-11-02", &server, &["--account", ACCOUNT, "--from", "2026-08", "--to", "2026-10"]);
    let month = |m: &str| m.parse().expect("a month");
    let (from, to) = (month("2026-08"), month("2026-10"));
    let wanted = Pull { from, to, granularity: Granularity::Monthly, tag: Some("Environment".into()), environments: Vec::new() };
    let cache = Cache::open(folder.path(), ACCOUNT, Some(&server.url()), chrono::Utc::now()).expect("a cache");
    let mut asking = Asking::new(None, Some(&cache), false, 0);
    let today = "2026-11-02".parse().expect("a date");
    let pulled = cost_explorer::pull(ACCOUNT, &wanted, today, None, &mut asking, &mut |_| {}).expect("all is kept");
    let imported = ce_cost::actuals::read(std::slice::from_ref(&oracle().0)).expect("a report");

    let ours = bill(&pulled, |c| c.environment.to_string());
    let tagged = |c: &Charge| c.tags.iter().find(|(k, _)| k.eq_ignore_ascii_case("Environment")).map_or(String::new(), |(_, v)| v.clone());
    let theirs = bill(&imported, tagged);
    assert!(ours.len() > 3 * 15, "{}", ours.len());
    assert_eq!(ours, theirs);
    assert_eq!(traits(&pulled, |c| c.environment.to_string()), traits(&imported, tagged));
    let finals = |imported: &Imported| imported.statements.iter().map(|s| (s.bill.month, s.is_final)).collect::<Vec<_>>();
    assert_eq!(finals(&pulled), finals(&imported));
}

fn usd(value: &Value) -> Usd {
    Usd::new(value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value} is no amount")))
}

/// The synthetic history, pulled and imported: what is billed is the same, and what a pull cannot tell is said.
#[test]
fn a_pulled_history_compares_as_its_report_does() {
    let today = "2026-11-24";
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (csv, parquet, imported) = (path("demo.csv"), path("demo.parquet"), path("imported"));
    run(&folder, today, &["actuals", "demo", "--months", "3", "--cur", &csv]);
    peers::run(Command::new(python()).arg(peers::script("to_parquet.py")).args([&csv, &parquet]));
    run(&folder, today, &["actuals", "import", &csv, "--store", &imported]);
    let server = peer_of(parquet.as_ref(), today, 5_000);
    pull(&folder, today, &server, &["--account", "000000000000", "--month", "2026-10"]);
    let asked = server.post("/__calls", "{}");

    let compare = ["compare", "prod", "--month", "2026-10", "--format"];
    let json = |more: &[&str]| -> Value {
        let text = run(&folder, today, &[&compare[..], &["json"], more].concat()).0;
        serde_json::from_str(&text).expect("JSON")
    };
    let (pulled, report) = (json(&[]), json(&["--store", &imported]));
    let close = |a: &Value, b: &Value| (usd(a) - usd(b)).abs() < Usd::new(Decimal::new(1, 2));
    assert!(close(&pulled["billed"], &report["billed"]), "{} {}", pulled["billed"], report["billed"]);
    assert!(close(&pulled["allocation"]["total"], &report["allocation"]["total"]));
    assert!(close(&pulled["allocation"]["unallocated"], &report["allocation"]["unallocated"]));
    for found in [&pulled, &report] {
        let sum: Usd = found["bridge"].as_array().expect("steps").iter().map(|s| usd(&s["amount"])).sum();
        assert_eq!(sum, usd(&found["billed"]) - usd(&found["predicted"]));
        assert!(usd(&found["unexplained"]).abs() < usd(&found["billed"]).share(Decimal::new(5, 3)), "{}", found["unexplained"]);
        let matched: Decimal = found["matched_share"].as_str().and_then(|text| text.parse().ok()).expect("a share");
        assert!(matched > Decimal::new(9, 1), "{matched}");
    }
    let (page, notes) = run(&folder, today, &[&compare[..], &["table", "--tags"]].concat());
    assert!(notes.contains("nor the commitment behind a row"), "{notes}");
    assert!(notes.contains("dr is told by tag Role = standby, for which the bill was not asked"), "{notes}");
    assert_eq!(page.lines().filter(|line| line.contains("not asked for")).count(), 2, "{page}");
    let share = |found: &Value, tag: usize| found["tags"][tag]["share"].clone();
    assert_eq!((share(&pulled, 1), share(&pulled, 2)), (Value::Null, Value::Null));
    assert!(share(&report, 2).is_string() && share(&pulled, 0) == share(&report, 0), "{} {}", pulled["tags"], report["tags"]);
    let (_, notes) = run(&folder, today, &["calibrate", "prod", "--from-actuals", "2026-10..2026-10"]);
    assert!(notes.contains("nor the commitment behind a row") && notes.contains("dr is told by tag Role"), "{notes}");
    assert_eq!(server.post("/__calls", "{}"), asked, "a comparison asks nothing");
}
