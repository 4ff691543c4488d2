//! Bills as others wrote them: real samples with the totals that DuckDB gives, what Cost Explorer replies and downloads, manifests.
#![cfg(feature = "actuals")]

use std::fs;
use std::path::{Path, PathBuf};

use ce_cost::actuals::totals::Kind;
use ce_cost::actuals::{self, Imported, Statement};
use ce_cost::bill::{Charge, LineItem, Pricing, Seller};
use ce_cost::source::Sources;
use rust_decimal::Decimal;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bills").join(name)
}

fn read(paths: &[PathBuf]) -> Result<Imported, String> {
    actuals::read(paths).map_err(|e| e.render(&Sources::default(), false))
}

fn imported(paths: &[PathBuf]) -> Imported {
    read(paths).unwrap_or_else(|e| panic!("{e}"))
}

fn sum(statement: &Statement, part: impl Fn(&Charge) -> Decimal) -> String {
    statement.bill.charges.iter().map(part).sum::<Decimal>().normalize().to_string()
}

fn billed(statement: &Statement, of: impl Fn(&Charge) -> bool) -> String {
    sum(statement, |c| if of(c) { c.billed.decimal() } else { Decimal::ZERO })
}

/// ```sql
/// SELECT "lineItem/LineItemType", count(*), sum("lineItem/UnblendedCost"::DECIMAL(38,18)), sum("lineItem/UsageAmount"::DECIMAL(38,18))
/// FROM read_csv('legacy_cur_1281_rows.csv', all_varchar = true) GROUP BY 1;
/// -- Tax    12    0.08           12
/// -- Usage  1269  1.6023086974   128088.5804537469
/// ```
#[test]
fn the_real_legacy_report_has_the_totals_of_duckdb() {
    let found = imported(&[fixture("legacy_cur_1281_rows.csv")]);
    let [statement] = found.statements.as_slice() else { panic!("one period") };
    assert_eq!(
        (statement.bill.month.to_string().as_str(), statement.bill.payer.as_ref(), statement.rows),
        ("2023-11", "123412340534", 1281)
    );
    assert_eq!(statement.source.format, "legacy CUR");
    assert!(!statement.is_final, "no row has an invoice");
    assert_eq!(billed(statement, |c| c.line_item == LineItem::Tax), "0.08");
    assert_eq!(billed(statement, |c| c.line_item == LineItem::Usage), "1.6023086974");
    assert_eq!(sum(statement, |c| if c.line_item == LineItem::Usage { c.quantity } else { Decimal::ZERO }), "128088.5804537469");
    assert_eq!(found.remarks, Vec::<String>::new());
}

/// ```sql
/// SELECT ChargeCategory, count(*), sum(BilledCost::DECIMAL(38,18)), sum(EffectiveCost::DECIMAL(38,18)), sum(ListCost::DECIMAL(38,18))
/// FROM read_csv('focus_sample_aws_iso.csv', all_varchar = true) GROUP BY 1;
/// -- Usage   941  20.6203386184  16  20.7630176406
/// -- Credit    1  -2.6137        -3  -2.6137
/// ```
#[test]
fn the_focus_sample_has_the_totals_of_duckdb() {
    let found = imported(&[fixture("focus_sample_aws_iso.csv")]);
    let [statement] = found.statements.as_slice() else { panic!("one period") };
    assert_eq!(
        (statement.bill.month.to_string().as_str(), statement.rows, statement.source.format.as_str()),
        ("2024-09", 942, "FOCUS 1.0")
    );
    let credit = |c: &Charge| c.line_item == LineItem::Credit;
    assert_eq!((billed(statement, credit).as_str(), billed(statement, |c| !credit(c)).as_str()), ("-2.6137", "20.6203386184"));
    assert_eq!(sum(statement, |c| c.effective.decimal()), "13");
    assert_eq!(sum(statement, |c| c.list.decimal()), "18.1493176406");
    let covered: Vec<&Charge> = statement.bill.charges.iter().filter(|c| c.pricing == Pricing::Committed).collect();
    assert!(covered.iter().all(|c| c.line_item == LineItem::SavingsPlanCoveredUsage && c.billed.is_zero()) && !covered.is_empty());
    assert_eq!(statement.bill.charges.iter().filter(|c| c.seller == Seller::Marketplace).count(), 1, "one row is Red Hat's");
    assert!(statement.bill.charges.iter().any(|c| c.environment.as_ref() == "dev"));
    assert!(found.remarks.iter().any(|r| r.contains("does not tell whether a period is closed")), "{:?}", found.remarks);
}

/// ```sql
/// SELECT strftime(p.TimePeriod.Start::DATE, '%Y-%m'), count(*), sum(g.Metrics.UnblendedCost.Amount::DECIMAL(38,18)), bool_or(p.Estimated)
/// FROM (SELECT unnest(ResultsByTime) p FROM 'cost_explorer_….json'), LATERAL (SELECT unnest(p.Groups) g) GROUP BY 1;
/// -- 2024-02  295  16.4910808573  false
/// -- 2024-03  323   4.9254159439  false
/// -- 2024-04  327  45.8375553882  true
/// ```
#[test]
fn the_real_reply_of_cost_explorer_has_the_totals_of_duckdb() {
    let found = imported(&[fixture("cost_explorer_GetCostAndUsage_daily_by_service_2024.json")]);
    let totals: Vec<_> = found
        .statements
        .iter()
        .map(|s| (s.bill.month.to_string(), s.rows, s.bill.total().decimal().normalize().to_string(), s.is_final))
        .collect();
    let row = |month: &str, rows, total: &str, is_final| (month.to_owned(), rows, total.to_owned(), is_final);
    assert_eq!(
        totals,
        [
            row("2024-02", 295, "16.4910808573", true),
            row("2024-03", 323, "4.9254159439", true),
            row("2024-04", 327, "45.8375553882", false)
        ]
    );
    assert!(found.statements[0].bill.charges.iter().any(|c| c.line_item == LineItem::Tax && c.day.is_some()));
    assert_eq!(found.remarks.len(), 2, "{:?}", found.remarks);
}

/// A file in a folder of its own.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a folder"))
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, text).expect("written");
        path
    }
}

const CUR: &str = "bill/PayerAccountId,bill/BillingPeriodStartDate,bill/InvoiceId,lineItem/UsageAccountId,lineItem/LineItemType,lineItem/UsageStartDate,\
                   lineItem/ProductCode,lineItem/UsageType,lineItem/Operation,lineItem/UsageAmount,lineItem/CurrencyCode,lineItem/UnblendedCost";

fn cur(rows: &[&str]) -> String {
    let row = |rest: &&str| format!("111122223333,2026-10-01T00:00:00Z,INV1,111122223333,{rest}\n");
    format!("{CUR}\n{}", rows.iter().map(row).collect::<String>())
}

const ROW: &str = "Usage,2026-10-02T00:00:00Z,AmazonS3,Requests-Tier1,PutObject,1000,USD,0.005";

#[test]
fn pages_of_a_reply_are_one_bill_by_its_groups() {
    let page = |service: &str, token: &str| {
        format!(
            r#"{{"GroupDefinitions":[{{"Type":"DIMENSION","Key":"SERVICE"}},{{"Type":"TAG","Key":"Environment"}}],"ResultsByTime":[{{"TimePeriod":{{"Start":"2026-10-01","End":"2026-11-01"}},
            "Groups":[{{"Keys":["{service}","Environment$prod"],"Metrics":{{"UnblendedCost":{{"Amount":"1.25","Unit":"USD"}},"AmortizedCost":{{"Amount":"1","Unit":"USD"}}}}}}],"Estimated":false}}]{token}}}"#
        )
    };
    let folder = Folder::new();
    let both = folder.write("pages.json", page("Amazon RDS", r#","NextPageToken":"x""#) + "\n" + &page("AWS Lambda", ""));
    let found = imported(&[both]);
    let [statement] = found.statements.as_slice() else { panic!("one period") };
    assert_eq!(statement.source.format, "Cost Explorer, monthly by SERVICE, TAG Environment");
    assert_eq!((sum(statement, |c| c.effective.decimal()).as_str(), statement.bill.charges.len(), found.remarks.len()), ("2", 2, 0));
    assert!(statement.bill.charges.iter().all(|c| c.environment.as_ref() == "prod" && c.day.is_none()));

    let half = folder.write("half.json", page("Amazon RDS", r#","NextPageToken":"x""#));
    assert!(read(&[half]).expect_err("a page is missing").contains("names a next one"));
    let two = [folder.write("a.json", page("Amazon RDS", "")), folder.write("b.json", page("Amazon RDS", ""))];
    assert!(read(&two).expect_err("the same twice").contains("is a copy of"));
}

/// A reply of one period and one group, by a dimension or as a total.
fn reply(by: &str, from: &str, to: &str, key: &str, token: &str) -> String {
    let metrics = r#"{"UnblendedCost":{"Amount":"1.25","Unit":"USD"},"AmortizedCost":{"Amount":"1","Unit":"USD"}}"#;
    let period = format!(r#""TimePeriod":{{"Start":"{from}","End":"{to}"}},"Estimated":false"#);
    match by {
        "" => format!(r#"{{"ResultsByTime":[{{{period},"Total":{metrics},"Groups":[]}}]{token}}}"#),
        _ => format!(
            r#"{{"GroupDefinitions":[{{"Type":"DIMENSION","Key":"{by}"}}],"ResultsByTime":[{{{period},"Groups":[{{"Keys":["{key}"],"Metrics":{metrics}}}]}}]{token}}}"#
        ),
    }
}

#[test]
fn pages_in_files_of_their_own_are_one_answer() {
    let folder = Folder::new();
    let (october, more) = (["2026-10-01", "2026-11-01"], r#","NextPageToken":"x""#);
    let page = |key: &str, token: &str| reply("SERVICE", october[0], october[1], key, token);
    let (first, last) = (folder.write("1.json", page("Amazon RDS", more)), folder.write("2.json", page("AWS Lambda", "")));
    for files in [[first.clone(), last.clone()], [last.clone(), first.clone()]] {
        let found = imported(&files);
        assert_eq!((found.statements.len(), found.statements[0].bill.charges.len(), found.statements[0].is_final), (1, 2, true));
    }
    let earlier = folder.write("9.json", reply("SERVICE", "2026-09-01", "2026-10-01", "Amazon RDS", ""));
    let message = read(&[earlier, first]).expect_err("the last page of another answer");
    assert!(message.contains("1.json ends before the last page"), "{message}");
}

#[test]
fn answers_that_tell_the_same_dollars_again_are_refused() {
    let folder = Folder::new();
    let (whole, by_service) = (["2026-10-01", "2026-11-01"], |from: &str, to: &str| reply("SERVICE", from, to, "Amazon RDS", ""));
    let month = by_service(whole[0], whole[1]);
    for (name, other, why) in [
        ("types.json", reply("USAGE_TYPE", whole[0], whole[1], "BoxUsage", ""), "grouped differently"),
        ("total.json", reply("", whole[0], whole[1], "", ""), "grouped differently"),
        ("half.json", by_service("2026-10-10", "2026-10-20"), "2026-10-10 to 2026-10-20 is told twice"),
        ("day.json", by_service("2026-10-31", "2026-11-01"), "2026-10-31 to 2026-11-01 is told twice"),
    ] {
        let message = read(&[folder.write(name, month.clone() + "\n" + &other)]).expect_err("twice");
        assert!(message.contains(why), "{name}: {message}");
        let list = format!("[{month},{other}]");
        assert!(read(&[folder.write(&format!("list-{name}"), list)]).expect_err("twice").contains(why), "{name}");
    }
    let apart = [folder.write("whole.json", month), folder.write("ten.json", by_service("2026-10-10", "2026-10-20"))];
    assert!(read(&apart).expect_err("twice").contains("is told twice"));
}

#[test]
fn a_part_of_a_month_is_not_final() {
    let folder = Folder::new();
    let (early, late) = (
        folder.write("early.json", reply("SERVICE", "2026-10-01", "2026-10-16", "Amazon RDS", "")),
        folder.write("late.json", reply("SERVICE", "2026-10-16", "2026-11-01", "Amazon RDS", "")),
    );
    let half = imported(std::slice::from_ref(&early));
    assert!(!half.statements[0].is_final && half.remarks.iter().any(|r| r.contains("tell of 15 days")), "{:?}", half.remarks);
    let whole = imported(&[early, late]);
    assert!(whole.statements[0].is_final && whole.remarks.is_empty(), "{:?}", whole.remarks);
}

#[test]
fn support_is_support_also_where_only_its_record_type_is_told() {
    let folder = Folder::new();
    let found = imported(&[folder.write("types.json", reply("RECORD_TYPE", "2026-10-01", "2026-11-01", "Support", ""))]);
    let charge = &found.statements[0].bill.charges[0];
    assert_eq!((Kind::of(charge), &charge.line_item), (Kind::Support, &LineItem::Fee));
}

#[test]
fn a_reply_larger_than_any_of_cost_explorer_is_refused() {
    let folder = Folder::new();
    let large = folder.write("large.json", "{".to_owned() + &" ".repeat((64 << 20) + 1));
    assert!(read(&[large]).expect_err("too large").contains("larger than 64 MB"));
}

#[test]
fn downloads_of_the_console_are_read_with_months_down_or_across() {
    let folder = Folder::new();
    let down = "\u{feff}\"Service\",\"EC2-Instances($)\",\"Tax($)\",\"Total costs($)\"\r\n\"Service total\",\"3\",\"0.5\",\"3.5\"\r\n\"2026-09-01\",\"1\",\"\",\"1\"\r\n\"2026-10-01\",\"2\",\"0.5\",\"2.5\"\r\n";
    let across = "Service,2026-09-01,2026-10-01,Service total\nEC2-Instances,1,2,3\nTax,,0.5,0.5\nTotal costs,1,2.5,3.5\n";
    let [down, across] = [("down.csv", down), ("across.csv", across)].map(|(name, text)| imported(&[folder.write(name, text)]));
    for found in [&down, &across] {
        let totals: Vec<String> = found.statements.iter().map(|s| format!("{} {}", s.bill.month, s.bill.total())).collect();
        assert_eq!(totals, ["2026-09 1", "2026-10 2.5"]);
        assert_eq!(found.statements[0].source.format, "Cost Explorer CSV by service");
    }
    assert_eq!(down.statements[1].bill.charges, across.statements[1].bill.charges);
    let wrong = folder.write("wrong.csv", "Service,A($),Total costs($)\n2026-10-01,2,3\n");
    assert!(read(&[wrong]).expect_err("sums do not close").contains("the total is 3, and its parts add up to 2"));
    let totals = folder.write("totals.csv", "Service,2026-09-01,2026-10-01,Service total\nEC2-Instances,1,2,3\nTotal costs,1,9,3\n");
    assert!(read(&[totals]).expect_err("sums do not close").contains("line 3: the total is 9, and its parts add up to 2"));
    let euros = folder.write("euros.csv", "Service,A(€),Total costs(€)\n2026-10-01,2,2\n");
    assert!(read(&[euros]).expect_err("not dollars").contains("`A(€)` is not in US dollars"));
}

#[test]
fn later_versions_of_focus_are_told_by_their_columns() {
    let folder = Folder::new();
    let base = "BillingAccountId,BillingPeriodStart,ChargePeriodStart,ChargeCategory,BilledCost,EffectiveCost,BillingCurrency,ServiceName,SkuMeter,ListCost,Tags";
    let row = r#"111122223333,2026-10-01T00:00:00Z,2026-10-03T05:00:00Z,Usage,1.5,1.25,USD,Amazon RDS,InstanceUsage:db.r6g.large,,"{""Environment"": ""prod""}""#;
    for (more, values, version, is_final) in [
        ("", "", "FOCUS 1.1", false),
        (",InvoiceId,ProviderName", ",INV1,AWS", "FOCUS 1.2", true),
        (",InvoiceId,ProviderName,ServiceProviderName", ",INV1,AWS,AWS", "FOCUS 1.3", true),
        (",InvoiceId,ServiceProviderName", ",,AWS", "FOCUS 1.4", false),
    ] {
        let found = imported(&[folder.write("focus.csv", format!("{base}{more}\n{row}{values}\n"))]);
        let [statement] = found.statements.as_slice() else { panic!("one period") };
        assert_eq!((statement.source.format.as_str(), statement.is_final), (version, is_final));
        let charge = &statement.bill.charges[0];
        assert_eq!(
            (charge.usage_type.as_ref(), charge.environment.as_ref(), charge.list.to_string().as_str()),
            ("InstanceUsage:db.r6g.large", "prod", "1.5")
        );
    }
}

/// Purchases, what they cover, and what of them is lost, as FOCUS has them: BilledCost and EffectiveCost on rows of their own.
#[test]
fn commitments_in_focus_become_the_line_items_of_the_report() {
    let columns = "BillingAccountId,BillingPeriodStart,ChargePeriodStart,ChargeCategory,BilledCost,EffectiveCost,BillingCurrency,ServiceName,ChargeFrequency,CommitmentDiscountId,CommitmentDiscountCategory,CommitmentDiscountStatus";
    let row = |rest: &str| format!("1,2026-10-01T00:00:00Z,2026-10-01T00:00:00Z,{rest}\n");
    let text = [
        "Usage,0,0.8,USD,Amazon ECS,Usage-Based,arn:plan,Spend,Used",
        "Usage,0,0.2,USD,Savings Plans,Usage-Based,arn:plan,Spend,Unused",
        "Purchase,1,0,USD,Savings Plans,Recurring,arn:plan,Spend,",
        "Purchase,630,0,USD,Amazon RDS,One-Time,arn:ri,Usage,",
        "Usage,0,0.5,USD,Amazon RDS,Usage-Based,arn:ri,Usage,Used",
        "Adjustment,-1,-1,USD,Amazon RDS,One-Time,,,",
    ]
    .map(row);
    let folder = Folder::new();
    let found = imported(&[folder.write("focus.csv", format!("{columns}\n{}", text.concat()))]);
    let mut kinds: Vec<String> =
        found.statements[0].bill.charges.iter().map(|c| format!("{} {} {}", c.line_item, c.billed, c.effective)).collect();
    kinds.sort();
    let expected = [
        "Discount -1 -1",
        "DiscountedUsage 0 0.5",
        "Fee 630 0",
        "SavingsPlanCoveredUsage 0 0.8",
        "SavingsPlanRecurringFee 0 0.2",
        "SavingsPlanRecurringFee 1 0",
    ];
    assert_eq!(kinds, expected);
    assert!(found.remarks.iter().all(|r| !r.contains("not known")), "{:?}", found.remarks);
}

#[test]
fn split_cost_rows_are_not_counted_again() {
    let folder = Folder::new();
    let text = cur(&[ROW, "Usage,2026-10-02T00:00:00Z,AmazonEKS,USE1-EKS-EC2-vCPU-Hours,EKSPod-EC2,1,USD,0.5"]);
    let found = imported(&[folder.write("cur.csv", text)]);
    assert_eq!(found.statements[0].bill.total().to_string(), "0.005");
    assert_eq!(found.remarks, ["1 rows of split cost allocation are left out: they tell again what the rows of their instances cost"]);
}

/// Some writers leave out what amortizing needs, and put words where amounts belong.
#[test]
fn covered_use_without_effective_costs_is_said_to_be_too_low() {
    let header = format!("{CUR},pricing/publicOnDemandCost,reservation/ReservationARN,reservation/EffectiveCost");
    let row = "111122223333,2026-10-01T00:00:00Z,INV1,111122223333,DiscountedUsage,2026-10-02T00:00:00Z,AmazonRDS,A,B,1,USD,0,convertible,arn:ri,";
    let folder = Folder::new();
    let found = imported(&[folder.write("cur.csv", format!("{header}\n{row}\n"))]);
    assert_eq!(found.remarks.len(), 1, "{:?}", found.remarks);
    assert!(found.remarks[0].starts_with("1 rows of commitments have no effective cost"), "{:?}", found.remarks);
    let charge = &found.statements[0].bill.charges[0];
    assert_eq!((charge.pricing, charge.commitment.as_ref().map(|c| c.kind)), (Pricing::Committed, Some("Reserved")));
}

/// Beyond ten places the totals stay, and it is said.
#[test]
fn no_digit_is_lost_in_silence() {
    let rows = ["0.00000000004", "0.00000000004", "0.00000000004"]
        .map(|cost| format!("Usage,2026-10-02T00:00:00Z,AmazonS3,A{cost},B,1e-20,USD,{cost}"));
    let mut rows: Vec<String> = rows.to_vec();
    rows[1] = rows[1].replace("AmazonS3", "AmazonEC2");
    rows[2] = rows[2].replace("AmazonS3", "AmazonRDS");
    let folder = Folder::new();
    let found = imported(&[folder.write("cur.csv", cur(&rows.iter().map(String::as_str).collect::<Vec<_>>()))]);
    assert_eq!(found.statements[0].bill.total().to_string(), "0.0000000001", "0.00000000012, rounded once");
    assert_eq!(
        found.remarks,
        [
            "2026-10: 3 charges have more than 10 decimal places; each is rounded there, and the totals are kept",
            "3 amounts have more than 18 decimal places and were rounded there"
        ]
    );
}

#[test]
fn a_folder_is_read_by_its_manifest_and_not_by_its_listing() {
    let folder = Folder::new();
    let manifest = |id: &str, keys: &str| format!(r#"{{"assemblyId":"{id}","account":"1","reportKeys":[{keys}],"billingPeriod":{{}}}}"#);
    let old = "pfx/report/20261001-20261101/old/report-1.csv";
    let new = "pfx/report/20261001-20261101/new/report-1.csv";
    folder.write(old, cur(&["Usage,2026-10-02T00:00:00Z,AmazonS3,A,B,1,USD,7"]));
    folder.write(new, cur(&[ROW]));
    folder.write("pfx/report/20261001-20261101/old/report-Manifest.json", manifest("old", &format!("\"{old}\"")));
    folder.write("pfx/report/20261001-20261101/new/report-Manifest.json", manifest("new", &format!("\"{new}\"")));
    let top = folder.write("pfx/report/20261001-20261101/report-Manifest.json", manifest("new", &format!("\"{new}\"")));
    // From the bucket's root, from the report's folder, and from the manifest itself.
    for path in [folder.0.path().to_owned(), folder.0.path().join("pfx/report"), top] {
        let found = imported(&[path]);
        let [statement] = found.statements.as_slice() else { panic!("one period") };
        assert_eq!((statement.bill.total().to_string().as_str(), statement.source.version.as_str()), ("0.005", "new"));
    }
}

/// A manifest of another period than its rows belongs to another copy.
#[test]
fn a_manifest_and_its_rows_are_of_one_period() {
    let folder = Folder::new();
    folder.write("report-1.csv", cur(&[ROW]));
    let of = |month: &str| {
        format!(r#"{{"assemblyId":"a","reportKeys":["report-1.csv"],"billingPeriod":{{"start":"{month}01T000000.000Z","end":""}}}}"#)
    };
    let manifest = folder.write("report-Manifest.json", of("202610"));
    assert_eq!(imported(std::slice::from_ref(&manifest)).statements.len(), 1);
    folder.write("report-Manifest.json", of("202609"));
    assert!(read(&[manifest]).expect_err("another period").contains("holds rows of 2026-10, and its manifest is of 2026-09"));
}

#[test]
fn an_export_is_read_by_its_manifest() {
    let folder = Folder::new();
    folder.write("pfx/export/data/BILLING_PERIOD=2026-10/export-00001.csv", cur(&[ROW]));
    folder.write("pfx/export/data/BILLING_PERIOD=2026-10/export-00002.csv", cur(&["Usage,2026-10-02T00:00:00Z,AmazonS3,A,B,1,USD,7"]));
    let text = r#"{"executionId":"e-1","dataFiles":["s3://bucket/pfx/export/data/BILLING_PERIOD=2026-10/export-00001.csv"],"columns":[]}"#;
    let manifest = folder.write("pfx/export/metadata/BILLING_PERIOD=2026-10/export-Manifest.json", text);
    for path in [folder.0.path().to_owned(), manifest] {
        let found = imported(&[path]);
        assert_eq!((found.statements[0].bill.total().to_string().as_str(), found.statements[0].source.version.as_str()), ("0.005", "e-1"));
    }
}

/// A refund concerns a day of an earlier month: it is of the bill that gives it back, on no day of it.
#[test]
fn a_refund_of_an_earlier_month_is_of_its_bill() {
    let folder = Folder::new();
    let found = imported(&[folder.write(
        "cur.csv",
        cur(&["Usage,2026-10-02T00:00:00Z,AmazonS3,T,Op,1,USD,5", "Refund,2026-09-02T00:00:00Z,AmazonS3,T,Op,1,USD,-2"]),
    )]);
    let [statement] = found.statements.as_slice() else { panic!("one period") };
    let days: Vec<bool> = statement.bill.charges.iter().map(|c| c.day.is_some()).collect();
    assert_eq!((billed(statement, |_| true).as_str(), days.iter().filter(|d| !**d).count()), ("3", 1));
    ce_cost::actuals::store::Store::check_kept(statement).expect("it can be kept");
}

/// Written by pyarrow with `store_schema=False`, as writers other than Arrow's do: timestamps in UTC whose zone has no name.
#[test]
fn utc_is_known_without_its_name() {
    let found = imported(&[fixture("../actuals/utc-without-arrow.parquet")]);
    assert_eq!(billed(&found.statements[0], |_| true), "0.005");
    assert!(found.statements[0].bill.charges[0].day.is_some());
}

/// FOCUS has no ids of rows: a copy under another name would double the bill.
#[test]
fn a_copy_is_not_counted_again() {
    let folder = Folder::new();
    let text = cur(&["Usage,2026-10-02T00:00:00Z,AmazonS3,T,Op,1,USD,5"]);
    let [a, b] = ["a.csv", "b.csv"].map(|name| folder.write(name, &text));
    let error = read(&[a.clone(), b]).expect_err("a copy");
    assert!(error.contains("b.csv is a copy of") && error.contains("a.csv"), "{error}");
    assert_eq!(imported(&[a]).statements.len(), 1);
}

/// A part of a report may be empty; all of it may not.
#[test]
fn an_empty_part_is_said_and_no_error() {
    let folder = Folder::new();
    let full = folder.write("1.csv", cur(&["Usage,2026-10-02T00:00:00Z,AmazonS3,T,Op,1,USD,5"]));
    let empty = folder.write("2.csv", cur(&[]));
    let found = imported(&[full, empty.clone()]);
    assert_eq!(billed(&found.statements[0], |_| true), "5");
    assert!(found.remarks.iter().any(|r| r.contains("2.csv has a header and no rows")), "{:?}", found.remarks);
    assert!(read(&[empty]).expect_err("nothing").contains("no rows"));
}

/// The manifest's version is not there, and an older file of the same name lies above it.
#[test]
fn a_file_of_another_version_is_not_taken() {
    let folder = Folder::new();
    let row = cur(&["Usage,2026-10-02T00:00:00Z,AmazonS3,T,Op,1,USD,5"]);
    folder.write("r-1.csv", &row);
    let manifest = br#"{"assemblyId":"new","reportKeys":["pre/r/20261001-20261101/new/r-1.csv"]}"#;
    folder.write("20261001-20261101/r-Manifest.json", manifest);
    assert!(read(&[folder.0.path().to_owned()]).expect_err("not there").contains("which is not there"));
    // Beside its manifest it is a flat copy of the version.
    folder.write("20261001-20261101/r-1.csv", &row);
    assert_eq!(billed(&imported(&[folder.0.path().to_owned()]).statements[0], |_| true), "5");
}

/// Net costs by hand: covered use as its own column says; of the plan's fee what is not used, 0.8 − 0.6 = 0.2, times 0.38 ÷ 0.40; of
/// the reservation's fee the net of what is not used, 0.9 + 1.8.
#[test]
fn net_costs_of_commitments_follow_their_own_columns() {
    let found = imported(&[fixture("../actuals/net.csv")]);
    let [statement] = found.statements.as_slice() else { panic!("one period") };
    let of = |item: &LineItem| {
        let own = statement.bill.charges.iter().filter(|c| c.line_item == *item);
        own.map(|c| c.net()).fold((Decimal::ZERO, Decimal::ZERO), |(b, e), n| (b + n.billed.decimal(), e + n.effective.decimal()))
    };
    let d = |text: &str| text.parse::<Decimal>().expect("a decimal");
    for (item, billed, effective) in [
        (LineItem::SavingsPlanRecurringFee, "0.38", "0.19"),
        (LineItem::SavingsPlanCoveredUsage, "1", "0.57"),
        (LineItem::SavingsPlanNegation, "-1", "0"),
        (LineItem::DiscountedUsage, "0", "9"),
        (LineItem::RiFee, "7", "2.7"),
    ] {
        assert_eq!(of(&item), (d(billed), d(effective)), "{item}");
    }
}

/// Some writers part the words of a type: it costs what it costs when they stand together.
#[test]
fn types_with_spaces_cost_the_same() {
    let folder = Folder::new();
    let rows = [
        "Savings Plan Upfront Fee,2026-10-02T00:00:00Z,ComputeSavingsPlans,F,,1,USD,100",
        "Distributor Discount,2026-10-02T00:00:00Z,AmazonS3,D,,1,USD,-3",
        "Fee,2026-10-01T00:00:00Z,AWSDeveloperSupport,S,,1,USD,29",
    ];
    let found = imported(&[folder.write("cur.csv", cur(&rows))]);
    assert_eq!(sum(&found.statements[0], |c| c.effective.decimal()), "26");
    use ce_cost::actuals::totals::{Kind, by};
    let kinds: Vec<Kind> = by(&found.statements[0].bill.charges, Kind::of).into_keys().collect();
    assert_eq!(kinds, [Kind::CommitmentFee, Kind::Support, Kind::Discount]);
    assert!(found.remarks.iter().all(|r| !r.contains("is not known")), "{:?}", found.remarks);
}
