use std::borrow::Cow;
use std::fs;
use std::sync::Arc;

use chrono::NaiveDate;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::actuals::Source;
use crate::bill::{Bill, Category, Charge, CommitmentRef, CommitmentStatus, Frequency, LineItem, Net, Pricing, Seller};
use crate::quantity::Unit;

fn d(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

fn usd(text: &str) -> Usd {
    Usd::new(d(text))
}

fn month(text: &str) -> Month {
    text.parse().expect("a month")
}

fn noon() -> DateTime<Utc> {
    "2026-11-24T12:00:00Z".parse().expect("a time")
}

fn charge(month: Month, billed: &str) -> Charge {
    Charge {
        month,
        day: Some(month.first_day()),
        line_item: LineItem::Usage,
        payer: "000000000000".into(),
        account: "000000000001".into(),
        environment: "prod".into(),
        resource: "core".into(),
        tags: Arc::new([("Environment".to_owned(), "prod".to_owned())].into()),
        service: Cow::Borrowed("AmazonECS"),
        region: "us-east-1".into(),
        usage_type: "USE1-Fargate-GB-Hours".into(),
        operation: Cow::Borrowed("FargateTask"),
        description: Cow::Borrowed(""),
        quantity: d("12.3456789012"),
        unit: Some(Unit::Hours),
        category: Category::Usage,
        frequency: Frequency::UsageBased,
        pricing: Pricing::Standard,
        commitment: None,
        seller: Seller::Aws,
        list: usd(billed),
        billed: usd(billed),
        effective: usd(billed),
        net: None,
        tiers: Vec::new(),
        factors: Vec::new(),
        price: None,
    }
}

fn statement(month: Month, amounts: &[&str], is_final: bool) -> Statement {
    let charges: Vec<Charge> = amounts.iter().map(|a| charge(month, a)).collect();
    Statement {
        source: Source { format: "CUR 2.0".into(), from: vec!["cur-00001.csv.gz".into()], version: format!("{amounts:?}"), tags: None },
        is_final,
        true_up: Some(Usd::ZERO),
        rows: charges.len() as u64,
        bill: Bill { month, hours: month.hours().into(), payer: "000000000000".into(), charges },
    }
}

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::at(folder.path().join("actuals"));
    (folder, store)
}

fn only_file(store: &Store) -> PathBuf {
    store.files().expect("files").pop().expect("a file").2
}

/// The statement of a payer and period.
fn one(store: &Store, payer: &str, month: Month) -> Result<Option<Statement>, StoreError> {
    store.statements(|p, m| p == payer && m == month).map(|mut all| all.pop())
}

#[test]
fn a_statement_comes_back_as_it_went_in() {
    let (_folder, store) = store();
    let mut kept = statement(month("2026-10"), &["1.0000000001", "-2", "3"], true);
    kept.bill.charges[0].commitment =
        Some(CommitmentRef { id: "arn:x".into(), kind: "SavingsPlan", category: "Spend", status: Some(CommitmentStatus::Unused) });
    kept.bill.charges[0].line_item = LineItem::SavingsPlanRecurringFee;
    kept.bill.charges[0].net = Some(Net { billed: usd("0.5"), effective: usd("0.25") });
    kept.bill.charges[1] = Charge {
        line_item: LineItem::Other("FutureDiscount".into()),
        day: None,
        unit: None,
        seller: Seller::Marketplace,
        description: "=1+1\n\"quoted\", ü".into(),
        ..kept.bill.charges[1].clone()
    };
    assert_eq!(store.put(&kept, noon(), false).expect("kept"), Put::New);
    assert_eq!(one(&store, "000000000000", month("2026-10")).expect("readable"), Some(kept));
    assert_eq!(one(&store, "000000000000", month("2026-09")).expect("readable"), None);
}

#[test]
fn a_bill_without_charges_is_kept_too() {
    let (_folder, store) = store();
    let empty = statement(month("2026-10"), &[], true);
    store.put(&empty, noon(), false).expect("kept");
    assert_eq!(store.statements(|_, m| (month("2026-01")..=month("2026-12")).contains(&m)).expect("readable"), [empty]);
}

#[test]
fn a_version_replaces_another_and_never_doubles_it() {
    let (_folder, store) = store();
    let (first, second) = (statement(month("2026-10"), &["1"], true), statement(month("2026-10"), &["2", "3"], true));
    assert_eq!(store.put(&first, noon(), false).expect("kept"), Put::New);
    assert_eq!(store.put(&first, noon(), false).expect("kept"), Put::Unchanged);
    match store.put(&second, noon(), false).expect("kept") {
        Put::Replaced(old) => assert_eq!(old.sums.unblended, usd("1")),
        other => panic!("{other:?}"),
    }
    let all = store.statements(|_, m| (month("2026-10")..=month("2026-10")).contains(&m)).expect("readable");
    assert_eq!(all, [second]);
    assert_eq!(store.list().expect("a list").len(), 1);
}

#[test]
fn what_is_final_gives_way_to_what_is_final_only() {
    let (_folder, store) = store();
    let (open, closed) = (statement(month("2026-10"), &["1"], false), statement(month("2026-10"), &["2"], true));
    store.put(&open, noon(), false).expect("kept");
    store.put(&closed, noon(), false).expect("closed in time");
    let refused = store.put(&open, noon(), false).expect_err("final");
    assert!(refused.to_string().contains("is final in the store (2 USD, CUR 2.0"), "{refused}");
    assert_eq!(one(&store, "000000000000", month("2026-10")).expect("readable"), Some(closed));
    assert!(matches!(store.put(&open, noon(), true), Ok(Put::Replaced(_))));
}

#[test]
fn accounts_are_no_paths() {
    let (folder, store) = store();
    let accounts = ["../../evil", "Main", "main", "", ".", "a/b\\c", "%2e", "münchen"];
    for account in accounts {
        let mut statement = statement(month("2026-10"), &["1"], true);
        statement.bill.payer = account.into();
        statement.bill.charges[0].payer = account.into();
        store.put(&statement, noon(), false).expect("kept");
        assert_eq!(one(&store, account, month("2026-10")).expect("readable"), Some(statement));
    }
    let mut listed: Vec<String> = store.list().expect("a list").into_iter().map(|l| l.payer).collect();
    let mut expected: Vec<String> = accounts.iter().map(|a| (*a).to_owned()).collect();
    listed.sort();
    expected.sort();
    assert_eq!(listed, expected);
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "all lies in the store");
    let mut long = statement(month("2026-10"), &[], true);
    long.bill.payer = "x".repeat(1_000).into();
    assert!(store.put(&long, noon(), false).expect_err("no such folder").to_string().contains("too long"));
}

#[test]
fn what_is_no_bill_of_one_month_is_refused() {
    let (_folder, store) = store();
    let refused = |change: fn(&mut Charge)| {
        let mut statement = statement(month("2026-10"), &["1"], true);
        change(&mut statement.bill.charges[0]);
        store.put(&statement, noon(), false).expect_err("refused").to_string()
    };
    assert!(refused(|c| c.month = month("2026-09")).contains("is a charge of 000000000000 2026-09"));
    assert!(refused(|c| c.payer = "x".into()).contains("is a charge of x"));
    assert!(refused(|c| c.day = NaiveDate::from_ymd_opt(2026, 11, 1)).contains("outside the period"));
    assert!(refused(|c| c.price = Some(1)).contains("was predicted"));
    assert!(refused(|c| c.billed = usd("1000000000000001")).contains("too large"));
    assert!(store.list().expect("a list").is_empty(), "nothing was kept");
}

#[test]
fn what_is_forgotten_is_gone_also_where_it_cannot_be_read() {
    let (_folder, store) = store();
    for m in ["2026-08", "2026-09", "2026-10"] {
        store.put(&statement(month(m), &["1"], true), noon(), false).expect("kept");
    }
    fs::write(only_file(&store), "no Parquet").expect("written");
    let gone = store.forget(|_, m| m >= month("2026-09")).expect("gone");
    assert_eq!(gone.len(), 2);
    assert_eq!(store.list().expect("a list").len(), 1);
    store.forget(|_, _| true).expect("gone");
    assert!(store.folders().expect("folders").is_empty());
    assert!(store.forget(|_, _| true).expect("an empty store").is_empty());
}

#[test]
fn verify_names_what_is_wrong() {
    let (_folder, store) = store();
    let mut open = statement(month("2026-08"), &["1"], true);
    open.bill.charges[0].effective = usd("0.25");
    store.put(&open, noon(), false).expect("kept");
    let mut closes = statement(month("2026-09"), &["1", "2"], true);
    let once = (LineItem::Fee, Frequency::OneTime);
    closes.bill.charges[0] = Charge { line_item: once.0, frequency: once.1, effective: Usd::ZERO, ..closes.bill.charges[0].clone() };
    closes.bill.charges[1].effective = usd("2.25");
    closes.true_up = Some(usd("-0.25"));
    store.put(&closes, noon(), false).expect("kept");
    store.put(&Statement { true_up: None, ..statement(month("2026-10"), &["1"], true) }, noon(), false).expect("kept");
    let checked = store.verify().expect("a store");
    assert_eq!(checked[0].wrong, ["unblended = amortized + true-up + upfront fees is off by 0.75"]);
    assert!(checked[1].wrong.is_empty() && checked[1].closes);
    assert!(checked[2].wrong.is_empty() && !checked[2].closes);
    fs::write(store.folder().join("notes.txt"), "hello").expect("written");
    assert_eq!(store.verify().expect("a store")[3].wrong, ["is no file of the store"]);
}

#[test]
fn a_moved_file_is_noticed() {
    let (_folder, store) = store();
    store.put(&statement(month("2026-10"), &["1"], true), noon(), false).expect("kept");
    let file = only_file(&store);
    fs::rename(&file, file.with_file_name("2026-09.parquet")).expect("renamed");
    let error = one(&store, "000000000000", month("2026-09")).expect_err("another month");
    assert!(error.to_string().contains("it was moved or renamed"), "{error}");
    assert!(store.verify().expect("a store")[0].wrong[0].contains("2026-10"));
}

/// Whatever byte is changed, wherever the file is cut off: a message, and never another bill.
#[test]
fn a_damaged_file_is_never_read_as_a_bill() {
    let (_folder, store) = store();
    store.put(&statement(month("2026-10"), &["1", "2"], true), noon(), false).expect("kept");
    let file = only_file(&store);
    let whole = fs::read(&file).expect("a file");
    let at = month("2026-10")..=month("2026-10");
    for place in (0..whole.len()).step_by(7).chain(whole.len() - 160..whole.len()) {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x55;
        fs::write(&file, &bytes).expect("written");
        let error = store.statements(|_, m| at.contains(&m)).expect_err("a damaged file");
        assert!(error.to_string().contains("2026-10.parquet: is "), "{place}: {error}");
        fs::write(&file, &whole[..place]).expect("written");
        assert!(store.statements(|_, m| at.contains(&m)).is_err(), "cut off at {place}");
    }
    assert_eq!(store.put(&statement(month("2026-10"), &["1"], true), noon(), false).expect("kept"), Put::Mended);
}

/// The end of the file is whole and says that it is the same bill: its charges are looked at as well.
#[test]
fn importing_again_mends_damaged_pages() {
    let (_folder, store) = store();
    let bill = statement(month("2026-10"), &["1", "2"], true);
    store.put(&bill, noon(), false).expect("kept");
    let file = only_file(&store);
    let mut bytes = fs::read(&file).expect("a file");
    bytes[40] ^= 0x55;
    fs::write(&file, &bytes).expect("written");
    assert_eq!(store.put(&bill, noon(), false).expect("kept"), Put::Mended);
    assert_eq!(store.put(&bill, noon(), false).expect("kept"), Put::Unchanged);
}

/// Parquet files that somebody else wrote under a name of the store.
#[test]
fn a_stranger_is_no_bill() {
    use polars::prelude::{Column, DataFrame, NamedFrom, ParquetWriter, Series};
    let (_folder, store) = store();
    store.put(&statement(month("2026-10"), &["1"], true), noon(), false).expect("kept");
    let mut frame = DataFrame::new(2, vec![Column::from(Series::new("billed".into(), [1.0, 2.0]))]).expect("a table");
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut frame).expect("Parquet");
    fs::write(only_file(&store), bytes).expect("written");
    let error = store.statements(|_, m| (month("2026-10")..=month("2026-10")).contains(&m)).expect_err("no bill");
    assert!(error.to_string().contains("is no file of the store"), "{error}");
    assert!(columns::charges(&frame, "x", month("2026-10")).expect_err("no bill").contains("no column `day`"));
}

#[test]
fn what_a_killed_import_left_is_cleared_away() {
    let (_folder, store) = store();
    store.put(&statement(month("2026-10"), &["1"], true), noon(), false).expect("kept");
    let left = only_file(&store).with_file_name(".tmpX1.unfinished");
    fs::write(&left, "PAR1 and half of").expect("written");
    assert!(store.verify().expect("a store").iter().all(|c| c.wrong.is_empty()));
    store.put(&statement(month("2026-10"), &["2"], true), noon(), false).expect("kept");
    assert!(!left.exists());
}

/// Several at once, each the same months: every file is one of their versions, whole.
#[test]
fn imports_at_the_same_time_do_not_mix() {
    let (_folder, store) = store();
    std::thread::scope(|scope| {
        for n in 1..=4 {
            let store = store.clone();
            scope.spawn(move || {
                for m in ["2026-08", "2026-09", "2026-10"].repeat(4) {
                    let amount = n.to_string();
                    store.put(&statement(month(m), &vec![amount.as_str(); n], true), noon(), false).expect("kept");
                    store.statements(|_, m| (month("2026-01")..=month("2026-12")).contains(&m)).expect("readable while others write");
                }
            });
        }
    });
    for statement in store.statements(|_, m| (month("2026-01")..=month("2026-12")).contains(&m)).expect("readable") {
        let n = statement.bill.charges.len();
        assert!(statement.bill.charges.iter().all(|c| c.billed == usd(&n.to_string())));
    }
    assert_eq!(store.list().expect("a list").len(), 3);
    assert!(store.verify().expect("a store").iter().all(|c| c.wrong.is_empty()));
}

/// Any decimal that can be held: 28 digits, any scale, either sign.
fn any_decimal() -> impl Strategy<Value = Decimal> {
    let longest = 10i128.pow(28) - 1;
    (-longest..=longest, 0u32..=28).prop_map(|(digits, scale)| Decimal::from_i128_with_scale(digits, scale))
}

fn any_usd() -> impl Strategy<Value = Usd> {
    let most = 10i128.pow(25);
    (-most..=most).prop_map(|digits| Usd::new(Decimal::from_i128_with_scale(digits, 10)))
}

fn any_charge() -> impl Strategy<Value = Charge> {
    let amounts = (any_usd(), any_usd(), any_usd(), proptest::option::of((any_usd(), any_usd())));
    let words = (".*", ".*", proptest::collection::btree_map(".*", ".*", 0..4));
    (any_decimal(), amounts, words, 0u32..=31, "[A-Z][a-z]{1,9}").prop_map(
        |(quantity, (list, billed, effective, net), words, day, item)| {
            let of = month("2026-10");
            let (resource, description, tags) = words;
            Charge {
                day: NaiveDate::from_ymd_opt(2026, 10, day),
                quantity,
                list,
                billed,
                effective,
                net: net.map(|(billed, effective)| Net { billed, effective }),
                line_item: item.parse().unwrap_or_else(|never| match never {}),
                resource: resource.into(),
                description: description.into(),
                tags: Arc::new(tags),
                ..charge(of, "1")
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn every_decimal_and_every_text_comes_back(charges in proptest::collection::vec(any_charge(), 0..20)) {
        let (_folder, store) = store();
        let mut kept = statement(month("2026-10"), &[], true);
        kept.bill.charges = charges;
        kept.true_up = None;
        store.put(&kept, noon(), false).expect("kept");
        let read = one(&store, "000000000000", month("2026-10")).expect("readable").expect("there");
        for (read, kept) in read.bill.charges.iter().zip(&kept.bill.charges) {
            prop_assert_eq!((read.quantity.to_string(), read.billed.decimal().normalize()), (kept.quantity.to_string(), kept.billed.decimal().normalize()));
        }
        prop_assert_eq!(read, kept);
        prop_assert!(store.verify().expect("a store").iter().all(|c| c.wrong.is_empty()));
    }
}
