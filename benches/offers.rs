//! Price lists from memory, rows of a real offer again and again: the reference is 100 MB/s of CSV on one core
//! (`cargo bench --bench offers`). `benches/peers/offers.py` reads a file of 2 GB beside DuckDB.

use ce_cost::pricing::PriceBook;
use ce_cost::pricing::offer::{self, Wanted};
use divan::Bencher;
use divan::counter::BytesCount;

fn main() {
    divan::main();
}

const BYTES: usize = 32 << 20;
const EC2: &str = include_str!("../tests/fixtures/price_lists/ec2_offer_excerpt_91_columns.csv");
const HEAD: usize = 6;

/// An offer of EC2, 93 columns.
fn csv() -> String {
    let mut text: String = EC2.split_inclusive('\n').take(HEAD).collect();
    for row in EC2.split_inclusive('\n').skip(HEAD).cycle() {
        text.push_str(row);
        if text.len() > BYTES {
            return text;
        }
    }
    text
}

/// An offer as JSON: products, and then a price of each.
fn json() -> String {
    let mut text =
        "{\"offerCode\": \"AmazonEC2\", \"version\": \"1\", \"publicationDate\": \"2026-10-01T00:00:00Z\", \"products\": {".to_owned();
    let count = BYTES / 1_000;
    let comma = |n: usize| if n == 0 { "" } else { "," };
    for n in 0..count {
        text.push_str(&format!(
            "{}\"S{n:015}\": {{\"sku\": \"S{n:015}\", \"productFamily\": \"Compute Instance\", \"attributes\": {{\"servicecode\": \"AmazonEC2\",
            \"location\": \"Asia Pacific (Tokyo)\", \"regionCode\": \"ap-northeast-1\", \"instanceType\": \"c6i.large\", \"memory\": \"4 GiB\",
            \"usagetype\": \"APN1-DedicatedUsage:c6i.{n}\", \"operation\": \"RunInstances\"}}}}",
            comma(n)
        ));
    }
    text.push_str("}, \"terms\": {\"OnDemand\": {");
    for n in 0..count {
        text.push_str(&format!(
            "{}\"S{n:015}\": {{\"S{n:015}.JRTCKXETXF\": {{\"offerTermCode\": \"JRTCKXETXF\", \"sku\": \"S{n:015}\",
            \"effectiveDate\": \"2026-10-01T00:00:00Z\", \"priceDimensions\": {{\"S{n:015}.JRTCKXETXF.6YS6EN2CT7\": {{
            \"rateCode\": \"S{n:015}.JRTCKXETXF.6YS6EN2CT7\", \"description\": \"an hour of c6i.large\", \"beginRange\": \"0\",
            \"endRange\": \"Inf\", \"unit\": \"Hrs\", \"pricePerUnit\": {{\"USD\": \"0.1070000000\"}}, \"appliesTo\": []}}}},
            \"termAttributes\": {{}}}}}}",
            comma(n)
        ));
    }
    text.push_str("}}}");
    text
}

fn read(bencher: Bencher, text: &str, form: &str) {
    let book = PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
    let wanted = Wanted::by(&book, false);
    bencher.counter(BytesCount::of_str(text)).bench(|| {
        let list = offer::read("offer", text.as_bytes(), &wanted).unwrap_or_else(|_| panic!("it is sound"));
        assert_eq!(list.form, form);
        list.rates
    });
}

#[divan::bench(sample_count = 10)]
fn offer_as_csv(bencher: Bencher) {
    read(bencher, &csv(), "offer CSV");
}

#[divan::bench(sample_count = 10)]
fn offer_as_json(bencher: Bencher) {
    read(bencher, &json(), "offer JSON");
}
