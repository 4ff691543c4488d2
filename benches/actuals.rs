//! A bill read and added up (`cargo bench --bench actuals`), and the program that `peers/actuals.py` runs beside DuckDB and polars.
//!
//! Reference: at or under DuckDB's time for the same file on the same machine, below 400 MB whatever the number of rows
//! (docs/decisions.md).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use ce_cost::actuals::{self, Detail, Imported};
use ce_cost::money::Usd;
use divan::Bencher;
use divan::counter::ItemsCount;

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let paths = || arguments[2..].iter().map(PathBuf::from).collect();
    match arguments.get(1).map(String::as_str) {
        Some("--read") => println!("{}", totals(&read(paths(), Detail::Whole))),
        Some("--glance") => println!("{}", totals(&read(paths(), Detail::UsageTypes))),
        _ => divan::main(),
    }
}

fn read(paths: Vec<PathBuf>, detail: Detail) -> Imported {
    actuals::read_as(&paths, detail).unwrap_or_else(|e| panic!("{}", e.render(&ce_cost::source::Sources::default(), false)))
}

/// What each usage type costs, as the peers add it up.
fn totals(found: &Imported) -> String {
    let mut sums: BTreeMap<&str, Usd> = BTreeMap::new();
    let charges = || found.statements.iter().flat_map(|s| &s.bill.charges);
    for charge in charges() {
        *sums.entry(&charge.usage_type).or_default() += charge.billed;
    }
    let total: Usd = sums.values().copied().sum();
    format!("{} usage types, unblended {total}, {} charges", sums.len(), charges().count())
}

const ROWS: u32 = 100_000;

/// A report of many rows: 744 hours of resources that run through a month.
fn report() -> tempfile::NamedTempFile {
    let mut text = String::from(
        "bill_payer_account_id,bill_billing_period_start_date,bill_invoice_id,line_item_usage_account_id,line_item_line_item_type,\
         line_item_usage_start_date,line_item_product_code,line_item_usage_type,line_item_operation,line_item_usage_amount,\
         line_item_currency_code,line_item_unblended_cost,resource_tags\n",
    );
    for row in 0..ROWS {
        let (day, hour) = (1 + row % 31, row % 24);
        let _ = writeln!(
            text,
            "111122223333,2026-10-01T00:00:00Z,INV,111122223333,Usage,2026-10-{day:02}T{hour:02}:00:00Z,AmazonECS,Fargate-{},FargateTask,{row}.5,USD,0.{row:010},\"{{\"\"user_environment\"\":\"\"prod\"\"}}\"",
            row % 50
        );
    }
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().expect("a file");
    std::io::Write::write_all(&mut file, text.as_bytes()).expect("written");
    file
}

#[divan::bench]
fn a_csv_of_100_000_rows(bencher: Bencher) {
    let file = report();
    bencher.counter(ItemsCount::new(ROWS)).bench(|| read(vec![file.path().to_owned()], Detail::Whole));
}
