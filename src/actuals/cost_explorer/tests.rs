//! A Cost Explorer of a handful of rows: what is pulled from it is what was put in.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::asking::{Asking, Service};
use super::cache::Cache;
use super::forecast::{ForecastReply, ForecastRequest};
use super::plan::{Answers, By, Pull, Scope};
use super::refused::Refused;
use super::reply::{Grouped, PeriodResult, Reply, Value};
use super::request::{Filter, Granularity, Request, TimePeriod};
use crate::actuals::Imported;
use crate::bill::Charge;
use crate::money::Usd;

/// Record type, service, usage type, operation, environment, unblended, amortized, quantity.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, i64, i64, i64);

const RDS: &str = "Amazon Relational Database Service";
const S3: &str = "Amazon Simple Storage Service";
const PLANS: &str = "Savings Plans for AWS Compute usage";

const ROWS: &[Row] = &[
    ("Usage", "Amazon Elastic Load Balancing", "LCUUsage", "LoadBalancing:Application", "prod", 700, 700, 9),
    ("Usage", "Amazon Elastic Load Balancing", "LCUUsage", "LoadBalancing:Network", "prod", 300, 300, 4),
    ("Usage", S3, "TimedStorage-ByteHrs", "StandardStorage", "prod", 230, 230, 10),
    ("Usage", S3, "TimedStorage-ByteHrs", "StandardStorage", "dev", 23, 23, 1),
    ("Usage", S3, "TimedStorage-ByteHrs", "StandardStorage", "", 46, 46, 2),
    ("Refund", S3, "TimedStorage-ByteHrs", "StandardStorage", "", -77, -77, 1),
    ("FutureDiscount", S3, "TimedStorage-ByteHrs", "StandardStorage", "", -1, -1, 1),
    ("DiscountedUsage", RDS, "InstanceUsage:db.r6g.large", "CreateDBInstance:0021", "prod", 0, 1_000, 744),
    ("Credit", RDS, "InstanceUsage:db.r6g.large", "CreateDBInstance:0021", "", -2_500, -2_500, 1),
    ("RIFee", RDS, "HeavyUsage:db.r6g.large", "CreateDBInstance:0021", "", 5_289, 250, 744),
    ("Fee", RDS, "HeavyUsage:db.r6g.large", "CreateDBInstance:0021", "", 63_000, 0, 1),
    ("Usage", RDS, "DataTransfer-Out-Bytes", "", "prod", 90, 90, 1),
    ("Usage", S3, "DataTransfer-Out-Bytes", "GetObject", "prod", 180, 180, 2),
    ("SavingsPlanRecurringFee", PLANS, "ComputeSP:1yrPartialUpfront", "None", "", 29_760, 20_464, 744),
    ("SavingsPlanUpfrontFee", PLANS, "ComputeSP:1yrPartialUpfront", "None", "", 350_400, 0, 1),
    ("Tax", "Tax", "NoUsageType", "NoOperation", "", 3_141, 3_141, 1),
    ("Fee", "A Vendor's Thing", "Monthly-Subscription", "", "", 62_500, 62_500, 1),
];

/// Pages of `page` groups; what is queued goes wrong first.
struct Fake {
    rows: Vec<Row>,
    page: usize,
    wrong: VecDeque<Refused>,
    asked: Vec<Request>,
}

impl Fake {
    fn new(rows: &[Row], page: usize) -> Fake {
        Fake { rows: rows.to_vec(), page, wrong: VecDeque::new(), asked: Vec::new() }
    }
}

fn dimension(row: &Row, key: &str) -> String {
    let vendor = row.1.contains("Vendor");
    match key {
        "RECORD_TYPE" => row.0,
        "SERVICE" => row.1,
        "USAGE_TYPE" => row.2,
        "OPERATION" => row.3,
        "REGION" if vendor || row.0 == "Tax" => "global",
        "REGION" => "us-east-1",
        "BILLING_ENTITY" if vendor => "AWS Marketplace",
        _ => "AWS",
    }
    .to_owned()
}

fn fits(row: &Row, filter: &Filter) -> bool {
    match filter {
        Filter::And(all) => all.iter().all(|f| fits(row, f)),
        Filter::Dimensions(v) => v.values.contains(&dimension(row, &v.key)),
        Filter::Tags(v) => v.values.iter().any(|value| value == row.4),
    }
}

impl Service for Fake {
    fn page(&mut self, request: &Request, token: Option<&str>) -> Result<Reply, Refused> {
        if let Some(refused) = self.wrong.pop_front() {
            return Err(refused);
        }
        self.asked.push(request.clone());
        let mut groups: BTreeMap<Vec<String>, [i64; 3]> = BTreeMap::new();
        for row in self.rows.iter().filter(|row| request.filter.as_ref().is_none_or(|f| fits(row, f))) {
            let key = |g: &super::request::Grouping| match g.kind.as_str() {
                "TAG" => format!("{}${}", g.key, row.4),
                _ => dimension(row, &g.key),
            };
            let sums = groups.entry(request.group_by.iter().map(key).collect()).or_default();
            [row.5, row.6, row.7].iter().zip(sums.iter_mut()).for_each(|(amount, sum)| *sum += amount);
        }
        let value = |cents: i64, unit: &str| Value { amount: Decimal::new(cents, 2).to_string(), unit: Some(unit.into()) };
        let grouped = |(keys, [unblended, amortized, quantity]): (Vec<String>, [i64; 3])| Grouped {
            keys,
            metrics: BTreeMap::from([
                ("UnblendedCost".into(), value(unblended, "USD")),
                ("AmortizedCost".into(), value(amortized, "USD")),
                ("NetUnblendedCost".into(), value(unblended, "USD")),
                ("NetAmortizedCost".into(), value(amortized, "USD")),
                ("UsageQuantity".into(), value(quantity * 100, "N/A")),
            ]),
        };
        let skip: usize = token.map_or(0, |t| t.parse().expect("a token of ours"));
        let next = (groups.len() > skip + self.page).then(|| (skip + self.page).to_string());
        let groups = groups.into_iter().skip(skip).take(self.page).map(grouped).collect();
        let time_period = TimePeriod { start: "2026-10-01".into(), end: "2026-11-01".into() };
        let result = PeriodResult { time_period, total: BTreeMap::new(), groups, estimated: false };
        Ok(Reply { group_definitions: request.group_by.clone(), results_by_time: vec![result], next_page_token: next })
    }

    fn forecast(&mut self, _: &ForecastRequest) -> Result<ForecastReply, Refused> {
        Err(Refused::Unavailable("not here".into()))
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn wanted(tag: Option<&str>, environments: &[&str]) -> Pull {
    let month = "2026-10".parse().expect("a month");
    let environments = environments.iter().map(|e| (*e).to_owned()).collect();
    Pull { from: month, to: month, granularity: Granularity::Monthly, tag: tag.map(str::to_owned), environments }
}

fn pulled(fake: &mut Fake, wanted: &Pull) -> Result<(Imported, u64), Refused> {
    let mut asking = Asking::new(Some(fake), None, false, 1_000);
    let today = day("2026-11-02");
    let imported = super::pull("111122223333", wanted, today, None, &mut asking, &mut |_| {})?;
    Ok((imported, asking.made))
}

fn charges(imported: &Imported) -> &[Charge] {
    assert_eq!(imported.statements.len(), 1);
    &imported.statements[0].bill.charges
}

/// Unblended and amortized cents by record type, usage type and environment.
type Sums = BTreeMap<(String, String, String), (Usd, Usd)>;

fn expected(rows: &[Row], environments: &[&str]) -> Sums {
    let mut sums = Sums::new();
    for row in rows {
        let environment = if environments.contains(&row.4) { row.4 } else { "" };
        let usage_type = if row.2 == "NoUsageType" { "" } else { row.2 };
        let sum = sums.entry((row.0.to_owned(), usage_type.to_owned(), environment.to_owned())).or_default();
        *sum = (sum.0 + Usd::new(Decimal::new(row.5, 2)), sum.1 + Usd::new(Decimal::new(row.6, 2)));
    }
    sums
}

fn found(charges: &[Charge]) -> Sums {
    let mut sums = Sums::new();
    for c in charges {
        let sum = sums.entry((c.line_item.to_string(), c.usage_type.to_string(), c.environment.to_string())).or_default();
        *sum = (sum.0 + c.billed, sum.1 + c.effective);
    }
    sums
}

#[test]
fn every_dollar_comes_once_with_its_record_type() {
    let (imported, made) = pulled(&mut Fake::new(ROWS, 100), &wanted(None, &[])).expect("a bill");
    assert_eq!(found(charges(&imported)), expected(ROWS, &[]));
    // Five of the account; S3: Refund and FutureDiscount apart; RDS: all but Usage; the plan: one of both.
    assert_eq!(made, 5 + 7);
    let of = |usage_type: &str| charges(&imported).iter().filter(|c| &*c.usage_type == usage_type).collect::<Vec<_>>();
    let lcu: BTreeSet<(String, String)> = of("LCUUsage").iter().map(|c| (c.operation.to_string(), c.billed.to_string())).collect();
    let both = [("LoadBalancing:Application", "7"), ("LoadBalancing:Network", "3")].map(|(o, b)| (o.to_owned(), b.to_owned()));
    assert_eq!(lcu, BTreeSet::from(both));
    assert!(of("TimedStorage-ByteHrs").iter().all(|c| c.operation == "StandardStorage" && &*c.region == "us-east-1"));
    assert!(of("DataTransfer-Out-Bytes").iter().all(|c| c.operation.is_empty()));
    assert!(of("Monthly-Subscription").iter().all(|c| c.seller == crate::bill::Seller::Marketplace));
    let unknown = "the operation of 2 rows (2.70 USD)";
    assert!(imported.remarks.iter().any(|r| r.contains(unknown)), "{:?}", imported.remarks);
    assert!(imported.statements[0].is_final);
}

#[test]
fn environments_are_parts_and_the_rest_is_what_they_leave() {
    let (named, made) = pulled(&mut Fake::new(ROWS, 100), &wanted(Some("Environment"), &["prod"])).expect("a bill");
    assert_eq!(found(charges(&named)), expected(ROWS, &["prod"]));
    let (all, more) = pulled(&mut Fake::new(ROWS, 100), &wanted(Some("Environment"), &[])).expect("a bill");
    assert_eq!(found(charges(&all)), expected(ROWS, &["prod", "dev"]));
    assert_eq!((made, more), (5 + 7 + 3 + 1, 5 + 7 + 1 + (3 + 1) + 3));
    let tagged = charges(&all).iter().find(|c| &*c.environment == "dev").expect("a charge");
    assert_eq!(tagged.tags.get("Environment").map(String::as_str), Some("dev"));
}

#[test]
fn pages_of_one_group_give_the_same_bill() {
    let whole = pulled(&mut Fake::new(ROWS, 100), &wanted(Some("Environment"), &[])).expect("a bill").0;
    let (small, made) = pulled(&mut Fake::new(ROWS, 1), &wanted(Some("Environment"), &[])).expect("a bill");
    assert_eq!(small, whole);
    assert!(made > 60, "{made}");
}

#[test]
fn a_page_that_does_not_belong_begins_the_answer_anew() {
    let mut fake = Fake::new(ROWS, 3);
    fake.wrong = [Refused::Paging("once".into()), Refused::Paging("twice".into())].into();
    let (imported, _) = pulled(&mut fake, &wanted(None, &[])).expect("a bill");
    assert_eq!(found(charges(&imported)), expected(ROWS, &[]));
    fake.wrong = (0..3).map(|n| Refused::Paging(n.to_string())).collect();
    assert_eq!(pulled(&mut fake, &wanted(None, &[])), Err(Refused::Paging("2".into())));
}

#[test]
fn a_bill_that_changes_while_it_is_asked_for_is_no_bill() {
    struct Growing(Fake);
    impl Service for Growing {
        fn page(&mut self, request: &Request, token: Option<&str>) -> Result<Reply, Refused> {
            self.0.rows[2].5 += 1;
            self.0.page(request, token)
        }
        fn forecast(&mut self, request: &ForecastRequest) -> Result<ForecastReply, Refused> {
            self.0.forecast(request)
        }
    }
    let mut growing = Growing(Fake::new(ROWS, 100));
    let mut asking = Asking::new(Some(&mut growing), None, false, 100);
    let today = day("2026-11-02");
    let refused = super::pull("111122223333", &wanted(None, &[]), today, None, &mut asking, &mut |_| {}).expect_err("no bill");
    assert!(refused.to_string().contains("changed between two requests") && refused.to_string().contains("--refresh"), "{refused}");
}

#[test]
fn what_is_kept_is_not_asked_again_and_tells_what_a_new_pull_takes() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |time: &str| {
        let now: DateTime<Utc> = time.parse().expect("a time");
        Cache::open(folder.path(), "111122223333", None, now).expect("a cache")
    };
    let wanted = wanted(Some("Environment"), &[]);
    let mut fake = Fake::new(ROWS, 3);
    let mut run = |cache: Cache, refresh: bool, most: u64| {
        let mut asking = Asking::new(Some(&mut fake), Some(&cache), refresh, most);
        let estimate = asking.estimate(&wanted, day("2026-11-02"), None).expect("an estimate");
        let answers = asking.pull(&wanted, day("2026-11-02"), None, &mut |_| {});
        (answers.map(|a| a.len()), estimate, asking.made, asking.cached)
    };
    let (refused, estimate, made, _) = run(at("2026-11-02T06:00:00Z"), false, 20);
    assert!(matches!(refused, Err(Refused::TooMany { needed: 21.., most: 20, .. })) && estimate.open && made <= 20, "{refused:?}");
    let (answers, _, rest, cached) = run(at("2026-11-02T06:01:00Z"), false, 200);
    assert!(rest > 0 && cached > 0);
    let (again, estimate, made, cached) = run(at("2026-11-02T07:00:00Z"), false, 0);
    assert_eq!((&again, made, estimate.requests, estimate.cached), (&answers, 0, 0, cached));
    let (_, estimate, made, cached) = run(at("2026-11-02T07:00:00Z"), true, 200);
    assert_eq!((estimate.requests, estimate.open, cached), (made, false, 0));
    let (refused, _, made, _) = run(at("2026-11-02T20:00:00Z"), false, 10);
    assert!(matches!(refused, Err(Refused::TooMany { made: 0, .. })) && made == 0);
}

#[test]
fn an_endless_answer_ends() {
    struct Endless;
    impl Service for Endless {
        fn page(&mut self, _: &Request, _: Option<&str>) -> Result<Reply, Refused> {
            Ok(Reply { next_page_token: Some("again".into()), ..Reply::default() })
        }
        fn forecast(&mut self, _: &ForecastRequest) -> Result<ForecastReply, Refused> {
            Err(Refused::Unavailable("not here".into()))
        }
    }
    let mut endless = Endless;
    let mut asking = Asking::new(Some(&mut endless), None, false, 100);
    assert!(matches!(asking.pull(&wanted(None, &[]), day("2026-11-02"), None, &mut |_| {}), Err(Refused::Paging(_))));
}

/// All that a pull is answered out of these rows.
fn answers(rows: &[Row], wanted: &Pull) -> Answers {
    let mut fake = Fake::new(rows, 100);
    Asking::new(Some(&mut fake), None, false, 1_000).pull(wanted, day("2026-11-02"), None, &mut |_| {}).expect("answers")
}

/// The answers of `old`, but those of `new` whose request has a word in it.
fn mixed(old: &Answers, new: &Answers, word: &str) -> Answers {
    let is_newer = |request: &Request| serde_json::to_string(&request.filter).expect("JSON").contains(word);
    old.iter()
        .map(|(request, groups)| (request.clone(), new.get(request).filter(|_| is_newer(request)).unwrap_or(groups).clone()))
        .collect()
}

#[test]
fn a_bill_that_changes_between_two_scopes_is_no_bill() {
    let wanted = wanted(Some("Environment"), &[]);
    let old = answers(ROWS, &wanted);
    let grown = |row: usize, by: i64| {
        let mut rows = ROWS.to_vec();
        (rows[row].5, rows[row].6) = (rows[row].5 + by, rows[row].6 + by);
        answers(&rows, &wanted)
    };
    assert!(super::compose(&wanted, &old).is_ok());
    // All that is said of prod is newer: it has more of its storage than the account.
    let refused = super::compose(&wanted, &mixed(&old, &grown(2, 170), "prod")).expect_err("no bill");
    assert!(refused.contains("of which more is billed to environments") && refused.contains("--refresh"), "{refused}");
    // A record type that was asked for by itself is newer, and the one that was left out takes the difference.
    let refused = super::compose(&wanted, &mixed(&old, &grown(8, -500), "Credit")).expect_err("no bill");
    assert!(refused.contains(RDS) && refused.contains("of type"), "{refused}");
}

#[test]
fn what_rounding_leaves_is_no_row_of_its_own() {
    let wanted = wanted(Some("Environment"), &["prod"]);
    let mut answers = answers(ROWS, &wanted);
    let whole = super::compose(&wanted, &answers).expect("a bill").cells;
    let dust = Usd::new(Decimal::new(1, 10));
    // One that is told apart by record type, and one of which prod has all.
    let all = answers.get_mut(&wanted.request(Scope::Account, By::UsageType)).expect("an answer");
    let rounded = [(RDS, "HeavyUsage:db.r6g.large"), (RDS, "DataTransfer-Out-Bytes")];
    for (service, usage_type) in rounded {
        let group = all.iter_mut().find(|g| g.keys == [service, usage_type]).expect("a group");
        group.metrics.unblended += dust;
    }
    let cells = super::compose(&wanted, &answers).expect("a bill").cells;
    let what = |cells: &[super::statement::Cell]| -> Vec<(String, String, String)> {
        cells.iter().map(|c| (c.usage_type.clone(), c.record_type.clone(), c.environment.clone())).collect()
    };
    assert_eq!(what(&cells), what(&whole));
    let sum = |cells: &[super::statement::Cell]| cells.iter().map(|c| c.amounts.unblended).sum::<Usd>();
    assert_eq!(sum(&cells), sum(&whole) + dust + dust);
    let fee = cells.iter().find(|c| c.record_type == "Fee" && c.service == RDS).expect("a fee");
    assert_eq!(fee.amounts.unblended, Usd::new(Decimal::new(63_000, 2)) + dust);
}

#[test]
fn answers_about_a_month_that_goes_on_are_of_one_age() {
    let folder = tempfile::tempdir().expect("a folder");
    let wanted = wanted(Some("Environment"), &[]);
    let mut fake = Fake::new(ROWS, 100);
    let run = |fake: &mut Fake, today: &str, time: &str, most: u64| {
        let cache = Cache::open(folder.path(), "111122223333", None, time.parse().expect("a time")).expect("a cache");
        let mut asking = Asking::new(Some(fake), Some(&cache), false, most);
        let bill = super::pull("111122223333", &wanted, day(today), None, &mut asking, &mut |_| {});
        (bill, asking.estimated, asking.made, asking.cached, asking.spent())
    };
    let (bill, _, made, _, spent) = run(&mut fake, "2026-10-15", "2026-10-15T06:00:00Z", 10);
    assert!(matches!(bill, Err(Refused::TooMany { .. })) && made == 6, "{bill:?}");
    assert!(spent.expect("paid").contains("asks for all of them again"));
    // The bill grows, and the next run asks for all of it: what is kept is older.
    fake.rows[2].5 += 1;
    let (bill, estimate, made, cached, _) = run(&mut fake, "2026-10-15", "2026-10-15T07:00:00Z", 100);
    assert_eq!(found(charges(&bill.expect("a bill"))), expected(&fake.rows, &["prod", "dev"]));
    assert!(estimate.requests >= 6 && estimate.open && made > 12 && cached == 0, "{estimate:?} {made} {cached}");
    // Answers of one pull stand together, until one of them is lost.
    let (_, estimate, made, cached, _) = run(&mut fake, "2026-10-15", "2026-10-15T08:00:00Z", 0);
    assert_eq!((estimate.requests, estimate.cached, made), (0, cached, 0));
    let lost = std::fs::read_dir(folder.path().join("111122223333")).expect("a folder").next().expect("a file").expect("a file");
    std::fs::remove_file(lost.path()).expect("removed");
    let (bill, estimate, made, again, _) = run(&mut fake, "2026-10-15", "2026-10-15T09:00:00Z", 100);
    assert_eq!((bill.is_ok(), made, again), (true, cached, 0));
    assert!(estimate.requests > 1, "{estimate:?}: pages that are asked again are counted");
    // Of a month that is over, what is kept may stand beside what is new, as long as it fits.
    fake.rows[2].5 += 1;
    std::fs::remove_file(lost.path()).expect("removed");
    let (bill, _, made, kept, spent) = run(&mut fake, "2026-11-15", "2026-10-15T10:00:00Z", 100);
    assert_eq!((made, kept), (1, cached - 1));
    let told = bill.map(|_| ()).map_err(|refused| refused.to_string().contains("changed between two requests"));
    assert!(told != Err(false) && spent.is_some_and(|s| s.contains("not paid for twice")), "{told:?}");
}

#[test]
fn a_tag_under_which_nothing_is_billed_is_named() {
    let remarks = |tag: &str, environments: &[&str], rows: &[Row]| {
        let (imported, _) = pulled(&mut Fake::new(rows, 100), &wanted(Some(tag), environments)).expect("a bill");
        imported.remarks.join("\n")
    };
    assert!(remarks("Environment", &["prod", "prodd"], ROWS).contains("nothing is billed under Environment = prodd: is it an active"));
    let untagged: Vec<Row> = ROWS.iter().map(|row| (row.0, row.1, row.2, row.3, "", row.5, row.6, row.7)).collect();
    assert!(remarks("Environment", &[], &untagged).contains("no row carries the tag Environment"));
    let all = remarks("Environment", &[], ROWS);
    assert!(!all.contains("active cost allocation tag") && all.contains("`FutureDiscount` is not known"), "{all}");
}
