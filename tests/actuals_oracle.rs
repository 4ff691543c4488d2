//! Bills whose totals are known by construction: every line item type, in three formats, to the last place.
#![cfg(feature = "actuals")]

mod peers;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Write as _, copy};
use std::path::{Path, PathBuf};
use std::process::Command;

use ce_cost::actuals::{self, Detail, Imported, Statement, upfront_fees};
use ce_cost::bill::{Charge, Seller};
use ce_cost::variance::scope::tag;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
struct Expected {
    account: String,
    periods: BTreeMap<String, Period>,
}

#[derive(Deserialize)]
struct Period {
    rows: u64,
    #[serde(deserialize_with = "amount")]
    unblended: Decimal,
    #[serde(deserialize_with = "amount")]
    amortized: Decimal,
    #[serde(deserialize_with = "amount")]
    net_unblended: Decimal,
    #[serde(deserialize_with = "amount")]
    net_amortized: Decimal,
    by_type: BTreeMap<String, Both>,
    by_environment: BTreeMap<String, Both>,
    by_usage_type: BTreeMap<String, Both>,
}

#[derive(Deserialize, PartialEq, Eq, Debug, Default)]
struct Both {
    #[serde(deserialize_with = "amount")]
    unblended: Decimal,
    #[serde(deserialize_with = "amount")]
    amortized: Decimal,
}

/// "31.4159265358" or, as Python writes it, "0E-10".
fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().or_else(|_| Decimal::from_scientific(&text)).map_err(serde::de::Error::custom)
}

/// The generator's bill of a seed, made once.
fn oracle(seed: u32) -> (PathBuf, Expected) {
    let python = peers::python("oracle", &["numpy==2.4.6", "pyarrow==26.0.1"]);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("oracle-{seed}"));
    peers::run(Command::new(python).arg(peers::script("gen_oracle_cur.py")).arg(&folder).args([&seed.to_string(), "3"]));
    for csv in ["cur2.csv", "legacy.csv"] {
        gzip(&folder.join(csv));
        zip(&folder.join(csv));
    }
    let text = fs::read_to_string(folder.join("expected.json")).expect("expected.json");
    (folder, serde_json::from_str(&text).expect("the generator's totals"))
}

fn gzip(path: &Path) {
    let mut out = flate2::write::GzEncoder::new(File::create(path.with_extension("csv.gz")).expect("a file"), flate2::Compression::fast());
    copy(&mut File::open(path).expect("a file"), &mut out).expect("copied");
    out.finish().expect("finished");
}

fn zip(path: &Path) {
    let mut out = zip::ZipWriter::new(File::create(path.with_extension("csv.zip")).expect("a file"));
    out.start_file("report-1.csv", zip::write::SimpleFileOptions::default()).expect("started");
    out.write_all(&fs::read(path).expect("a file")).expect("written");
    out.finish().expect("finished");
}

fn imported(paths: &[PathBuf]) -> Imported {
    actuals::read(paths).unwrap_or_else(|e| panic!("{}", e.render(&ce_cost::source::Sources::default(), false)))
}

fn by(statement: &Statement, key: impl Fn(&Charge) -> String) -> BTreeMap<String, Both> {
    let mut sums: BTreeMap<String, Both> = BTreeMap::new();
    for charge in &statement.bill.charges {
        let both = sums.entry(key(charge)).or_default();
        both.unblended += charge.billed.decimal();
        both.amortized += charge.effective.decimal();
    }
    sums
}

fn sum(statement: &Statement, part: impl Fn(&Charge) -> Decimal) -> Decimal {
    statement.bill.charges.iter().map(part).sum()
}

fn holds(name: &str, statement: &Statement, account: &str, period: &Period) {
    assert_eq!((statement.bill.payer.as_ref(), statement.rows, statement.is_final), (account, period.rows, true), "{name}");
    let totals = [
        (sum(statement, |c| c.billed.decimal()), period.unblended),
        (sum(statement, |c| c.effective.decimal()), period.amortized),
        (sum(statement, |c| c.net().billed.decimal()), period.net_unblended),
        (sum(statement, |c| c.net().effective.decimal()), period.net_amortized),
    ];
    assert!(totals.iter().all(|(ours, theirs)| ours == theirs), "{name}: {totals:?}");
    assert_eq!(by(statement, |c| c.line_item.to_string()), period.by_type, "{name}");
    assert_eq!(by(statement, |c| tag(c, "Environment").unwrap_or_default().to_owned()), period.by_environment, "{name}");
    assert_eq!(by(statement, |c| c.environment.to_string()), period.by_environment, "{name}");
    assert_eq!(by(statement, |c| c.usage_type.to_string()), period.by_usage_type, "{name}");
    let true_up = statement.true_up.expect("a report tells it").decimal();
    assert_eq!(period.unblended, period.amortized + true_up + upfront_fees(&statement.bill).decimal(), "{name}: the identity");
}

#[test]
fn every_format_gives_the_numbers_that_are_known_to_the_last_place() {
    for seed in [1, 2, 3] {
        let (folder, expected) = oracle(seed);
        let mut charges = Vec::new();
        for file in ["cur2.parquet", "cur2.csv", "cur2.csv.gz", "cur2.csv.zip", "legacy.csv", "legacy.csv.gz", "legacy.csv.zip"] {
            let found = imported(&[folder.join(file)]);
            let name = format!("seed {seed}, {file}");
            let months: Vec<String> = found.statements.iter().map(|s| s.bill.month.to_string()).collect();
            assert_eq!(months, expected.periods.keys().cloned().collect::<Vec<_>>(), "{name}");
            for (statement, period) in found.statements.iter().zip(expected.periods.values()) {
                holds(&format!("{name}, {}", statement.bill.month), statement, &expected.account, period);
            }
            assert!(found.remarks.iter().any(|r| r.contains("`FutureDiscount` is not known")), "{name}: {:?}", found.remarks);
            assert_eq!(found.remarks.len(), 1, "{name}: {:?}", found.remarks);
            charges.push(found.statements.into_iter().map(|s| s.bill).collect::<Vec<_>>());
        }
        // The same bill in every format, charge by charge; tag keys are spelled as each format spells them.
        let same = |a: &Charge, b: &Charge| Charge { tags: b.tags.clone(), ..a.clone() } == *b;
        for other in &charges[1..] {
            let pairs = charges[0].iter().zip(other).flat_map(|(a, b)| a.charges.iter().zip(&b.charges));
            assert_eq!(pairs.filter(|(a, b)| !same(a, b)).count(), 0, "seed {seed}");
            assert_eq!(charges[0].iter().map(|b| b.charges.len()).sum::<usize>(), other.iter().map(|b| b.charges.len()).sum::<usize>());
        }
    }
}

#[test]
fn support_marketplace_tax_and_fees_are_told_apart() {
    let (folder, _) = oracle(4);
    let found = imported(&[folder.join("cur2.parquet")]);
    let charges = &found.statements[0].bill.charges;
    let total =
        |of: &dyn Fn(&&Charge) -> bool| charges.iter().filter(of).map(|c| c.billed.decimal()).sum::<Decimal>().normalize().to_string();
    assert_eq!(total(&|c| c.service == "AWSSupportBusiness"), "143.27");
    assert_eq!(total(&|c| c.seller == Seller::Marketplace), "625");
    assert_eq!(total(&|c| c.line_item.name() == "Tax"), "31.4159265358");
    assert_eq!(total(&|c| c.line_item.name() == "Credit"), "-25");
    assert_eq!(total(&|c| c.line_item.is_discount()), "-5.6234567891");
    assert_eq!(total(&|c| c.line_item.name() == "Fee" && c.commitment.is_some()), "630");
}

/// One version in several files is one bill; the same rows twice are none.
#[test]
fn files_of_one_version_add_up_and_two_versions_do_not() {
    let (folder, expected) = oracle(5);
    let text = fs::read_to_string(folder.join("legacy.csv")).expect("text");
    let lines: Vec<&str> = text.lines().collect();
    let parts: Vec<PathBuf> = (0..2).map(|n| folder.join(format!("part-{n}.csv"))).collect();
    let half = lines.len() / 2;
    fs::write(&parts[0], lines[..half].join("\n")).expect("written");
    fs::write(&parts[1], format!("{}\n{}\n", lines[0], lines[half..].join("\n"))).expect("written");
    let found = imported(&parts);
    for (statement, period) in found.statements.iter().zip(expected.periods.values()) {
        holds("two parts", statement, &expected.account, period);
        assert_eq!(statement.source.from.len(), 2);
    }
    let twice = actuals::read(&[parts[0].clone(), folder.join("legacy.csv")]).expect_err("rows stand twice");
    let said = twice.render(&ce_cost::source::Sources::default(), false);
    assert!(said.contains("rows stand twice") && said.contains("give one version"), "{said}");
}

/// A glance tells less, and the same.
#[test]
fn a_glance_gives_what_usage_types_cost() {
    let (folder, expected) = oracle(6);
    for file in ["cur2.parquet", "legacy.csv.gz"] {
        let found = actuals::read_as(&[folder.join(file)], Detail::UsageTypes).expect("a glance");
        for (statement, period) in found.statements.iter().zip(expected.periods.values()) {
            assert_eq!(by(statement, |c| c.usage_type.to_string()), period.by_usage_type, "{file}");
            assert_eq!(by(statement, |c| c.line_item.to_string()), period.by_type, "{file}");
            assert!(!statement.is_final && statement.bill.charges.iter().all(|c| c.day.is_none() && c.net.is_none()));
        }
    }
}
