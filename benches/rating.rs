//! Rating of a million usage records: the reference is one second on one core (`cargo bench --bench rating`).
//!
//! Reference: 1 million records in 1 s per core, with exact decimals (docs/decisions.md, "How fast is fast enough?").

use std::borrow::Cow;
use std::sync::Arc;

use ce_cost::month::Month;
use ce_cost::pricing::PriceBook;
use ce_cost::quantity::Unit;
use ce_cost::rating::{Terms, rate};
use ce_cost::usage::{Tags, UsageRecord};
use rust_decimal::Decimal;

fn main() {
    divan::main();
}

const USAGE: &[(&str, &str, &str, &str, Unit)] = &[
    ("AmazonECS", "us-east-1", "USE1-Fargate-vCPU-Hours:perCPU", "FargateTask", Unit::Hours),
    ("AmazonECS", "us-east-1", "USE1-Fargate-GB-Hours", "FargateTask", Unit::Hours),
    ("AWSDataTransfer", "us-east-1", "DataTransfer-Out-Bytes", "", Unit::Gb),
    ("AmazonS3", "us-east-1", "TimedStorage-ByteHrs", "StandardStorage", Unit::GbMonths),
    ("AmazonS3", "us-west-2", "USW2-Requests-Tier1", "PutObject", Unit::Count),
    ("AmazonCloudWatch", "us-east-1", "DataProcessing-Bytes", "PutLogEvents", Unit::Gb),
    ("awskms", "us-east-1", "us-east-1-KMS-Requests", "", Unit::Count),
    ("AmazonRDS", "us-east-1", "InstanceUsage:db.r6g.large", "CreateDBInstance:0021", Unit::Hours),
];

/// Service, region, usage type, operation and unit, shared by the records.
type Metered = (&'static str, Arc<str>, Arc<str>, &'static str, Unit);

/// Records of many resources: flat prices, tiers and allowances in turn.
fn records(count: u32) -> Vec<UsageRecord> {
    let month: Month = "2026-12".parse().expect("a month");
    let names: Vec<Arc<str>> = (0..500).map(|n| format!("resource-{n}").into()).collect();
    let usage: Vec<Metered> = USAGE.iter().map(|(s, r, t, o, u)| (*s, (*r).into(), (*t).into(), *o, *u)).collect();
    let (environment, tags): (Arc<str>, Arc<Tags>) = ("prod".into(), Arc::default());
    (0..count)
        .map(|n| {
            let (service, region, usage_type, operation, unit) = usage[n as usize % usage.len()].clone();
            UsageRecord {
                service: Cow::Borrowed(service),
                region,
                usage_type,
                operation: Cow::Borrowed(operation),
                month,
                quantity: Decimal::new(i64::from(n % 100_000) + 1, 3),
                unit,
                hours: Decimal::from(744),
                account: environment.clone(),
                environment: environment.clone(),
                resource: names[n as usize % names.len()].clone(),
                tags: tags.clone(),
                factors: Vec::new(),
            }
        })
        .collect()
}

#[divan::bench(sample_count = 5)]
fn a_million_records(bencher: divan::Bencher<'_, '_>) {
    let book = PriceBook::embedded().expect("a book");
    let terms =
        Terms { book: &book, month: "2026-12".parse().expect("a month"), hours: Decimal::from(744), payer: "main".into(), free_tier: true };
    bencher
        .counter(divan::counter::ItemsCount::new(1_000_000u32))
        .with_inputs(|| records(1_000_000))
        .bench_values(|records| rate(records, &terms).expect("charges"));
}
