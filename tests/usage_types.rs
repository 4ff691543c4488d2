//! Every usage type that any service can emit has exactly one price row, in every region that is supported.

use std::collections::BTreeSet;

use ce_cost::coverage::{self, Covered, Status};
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

/// What `prices coverage` says of a region: each usage type with its status, by an enumeration of its own above.
fn covered(book: &PriceBook, region: &str) -> Vec<Covered> {
    let today = "2026-11-24".parse().expect("a day");
    coverage::of(book, region, "2026-12".parse().expect("a month"), today).unwrap_or_else(|p| panic!("{}", p.render(&book.sources, false)))
}

#[test]
fn coverage_names_what_has_no_price_and_counts_the_rest() {
    let book = book();
    let regions: Vec<&str> = book.regions().iter().map(|r| r.region.as_str()).filter(|r| *r != "global").collect();
    assert!(regions.len() > 10, "{regions:?}");
    for region in regions {
        let rows = covered(&book, region);
        let missing = rows.iter().filter(|r| r.status == Status::Missing);
        let missing: BTreeSet<String> = missing.map(|r| format!("{region},{},{}", r.service, r.usage_type)).collect();
        assert_eq!(missing, without_price(region), "{region}");
        let sum = coverage::sum(region, &rows);
        assert_eq!(sum.priced + sum.missing + sum.several, sum.usage_types, "{sum:?}");
        assert_eq!(sum.high + sum.medium + sum.low, sum.priced, "{sum:?}");
        assert!(rows.iter().all(|r| r.why.is_empty() == (r.status == Status::Priced) && !r.used_by.is_empty()));
    }
    assert_eq!(coverage::sum("us-east-1", &covered(&book, "us-east-1")).missing, 0);
}

/// pricing/us-east-1.csv: Fargate Spot memory was seen on 2026-09-28 with medium confidence, 57 days before 2026-11-24.
#[test]
fn coverage_says_how_old_and_how_sure_a_price_is() {
    let rows = covered(&book(), "us-east-1");
    let spot = rows.iter().find(|r| r.usage_type == "USE1-SpotUsage-Fargate-GB-Hours").expect("Fargate Spot");
    assert_eq!(
        (spot.status, spot.confidence.as_deref(), spot.seen.as_str(), spot.days),
        (Status::Priced, Some("medium"), "2026-09-28", Some(57))
    );
    assert!(!spot.is_old() && spot.used_by.contains("fargate-service"), "{spot:?}");
}

/// A usage type that is priced on demand and as Spot has two prices that fit.
#[test]
fn coverage_names_what_has_several_prices() {
    let more = "service_code,region,usage_type,operation,sku,description,unit,tier_begin,tier_end,price,currency,term,upfront_fee,effective_from,seen,source,confidence,note\n\
        AmazonECS,us-east-1,USE1-Fargate-GB-Hours,,,Spot,hours,0,Inf,0.001,USD,spot,,,2026-11-20,a test,high,\n";
    let files = PriceBook::embedded_files().into_iter().chain([("own/us-east-1.csv", more)]);
    let book = ce_cost::pricing::read::book(files).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
    let several: Vec<String> =
        covered(&book, "us-east-1").into_iter().filter(|r| r.status == Status::Several).map(|r| r.usage_type).collect();
    assert_eq!(several, ["USE1-Fargate-GB-Hours"]);
}
