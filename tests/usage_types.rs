//! Every usage type that any service can emit has exactly one price row, in every region that is supported.

use std::collections::BTreeSet;

use ce_cost::pricing::PriceBook;
use ce_cost::services;

fn book() -> PriceBook {
    PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)))
}

/// Usage types of a region that the examples of all services emit and that have no price, with the reason.
fn without_price(region: &str) -> BTreeSet<String> {
    let book = book();
    let month = "2026-12".parse().expect("a month");
    let emitted = services::examples(&book, region, month).unwrap_or_else(|p| panic!("{}", p.render(&book.sources, false)));
    let mut missing = BTreeSet::new();
    for (kind, records) in emitted {
        // A known charge needs no price: that is what it is.
        assert!(!records.is_empty() || kind == "known-charge", "the example of {kind} uses nothing");
        for record in records {
            match book.price(&record.service, &record.region, &record.usage_type, &record.operation, month.first_day()) {
                Ok(price) => {
                    assert_eq!(price.rows[0].unit, record.unit, "{} is measured in another unit than it is priced", record.usage_type)
                }
                Err(_) => {
                    missing.insert(format!("{region},{},{}", record.service, record.usage_type));
                }
            }
        }
    }
    missing
}

#[test]
fn in_us_east_1_every_usage_type_has_exactly_one_price_row() {
    assert_eq!(without_price("us-east-1"), BTreeSet::new());
}

/// `tests/golden/price_gaps.csv` lists what the research left open elsewhere. A gap that was closed must leave the list, and no
/// new one may open: there a scenario gets an error that names the candidates, never a guess.
#[test]
fn elsewhere_the_gaps_of_the_book_are_exactly_those_that_are_listed() {
    let listed: BTreeSet<String> = include_str!("golden/price_gaps.csv").lines().skip(1).map(str::to_owned).collect();
    let found: BTreeSet<String> = ["us-west-2", "eu-central-1"].into_iter().flat_map(without_price).collect();
    let lines = |gaps: BTreeSet<String>| gaps.into_iter().collect::<Vec<_>>().join("\n");
    let (opened, closed) = (lines(&found - &listed), lines(&listed - &found));
    assert!(opened.is_empty(), "find prices for these, or add the lines to tests/golden/price_gaps.csv:\n{opened}");
    assert!(closed.is_empty(), "these have prices now, take the lines out of tests/golden/price_gaps.csv:\n{closed}");
}

#[test]
fn prefixes_follow_the_family_and_the_region() {
    let book = book();
    let name = |service, region, base| book.usage_type(service, region, base).expect("a usage type");
    assert_eq!(name("AmazonEC2", "us-east-1", "NatGateway-Hours"), "NatGateway-Hours");
    assert_eq!(name("AmazonEC2", "eu-west-1", "NatGateway-Hours"), "EU-NatGateway-Hours");
    assert_eq!(name("AmazonECS", "us-east-1", "Fargate-GB-Hours"), "USE1-Fargate-GB-Hours");
    assert_eq!(name("awskms", "us-west-2", "KMS-Keys"), "us-west-2-KMS-Keys");
    assert_eq!(name("awswaf", "global", "WebACLV2"), "Global-WebACLV2");
    assert_eq!(name("AmazonRoute53", "global", "HostedZone"), "HostedZone");
}
