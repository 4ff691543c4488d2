//! AWS's own price lists, read: what they hold equals an independent count, and hostile ones are refused with a place.

#[path = "../fuzz/fuzz_targets/offer.rs"]
mod fuzzed;

use std::fs;
use std::io::BufReader;
use std::path::Path;

use ce_cost::diagnostic::Problems;
use ce_cost::pricing::history::{self, Verdict};
use ce_cost::pricing::offer::{self, List, Wanted};
use ce_cost::pricing::{PriceBook, Term};
use ce_cost::source::Sources;
use rust_decimal::Decimal;

fn book() -> PriceBook {
    PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)))
}

fn text(problems: &Problems) -> String {
    problems.render(&Sources::default(), false)
}

/// A fixture, whole, or what the price book names of it.
fn fixture(name: &str, all: bool) -> List {
    let path = Path::new("tests/fixtures/price_lists").join(name);
    let bytes = fs::read(&path).expect("a fixture");
    let bytes = if name.ends_with(".gz") { unpacked(&bytes) } else { bytes };
    let wanted = Wanted::by(&book(), all);
    offer::read(name, BufReader::new(bytes.as_slice()), &wanted).unwrap_or_else(|p| panic!("{}", text(&p)))
}

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(bytes), &mut plain).expect("gzip");
    plain
}

/// Prices, tiers, sum of the tiers' prices, sum of the fees.
fn sums(list: &List) -> (usize, usize, String, String) {
    let tiers: Vec<Decimal> = list.prices.iter().flat_map(|p| &p.tiers).map(|t| t.price).collect();
    let fees: Decimal = list.prices.iter().filter_map(|p| p.fee).sum();
    let sum: Decimal = tiers.iter().sum();
    (list.prices.len(), tiers.len(), sum.normalize().to_string(), fees.normalize().to_string())
}

fn skipped(list: &List, start: &str) -> u64 {
    list.skipped.iter().filter(|(reason, _)| reason.starts_with(start)).map(|(_, n)| n).sum()
}

/// The counts and sums of the CSV files are those of Python's csv module over `PricePerUnit` and `DiscountedRate` with
/// `decimal.Decimal`, rows whose Unit is `Quantity` and rows whose OfferingClass is `convertible` apart; those of the JSON files are
/// the same over `jq '.. | .priceDimensions? | values | .[]'`.
#[test]
fn every_sample_holds_what_an_independent_count_says() {
    let whole = |name: &str| {
        let list = fixture(name, true);
        (list.rates, sums(&list))
    };
    let of = |rates, prices, tiers, sum: &str, fees: &str| (rates, (prices, tiers, sum.to_owned(), fees.to_owned()));
    assert_eq!(whole("bulk_offer_csv_comprehend_ap-south-1_20260116.csv"), of(40, 20, 40, "3.0140621", "0"));
    assert_eq!(whole("ec2_offer_excerpt_91_columns.csv"), of(44, 25, 25, "52.95548", "45817"));
    assert_eq!(whole("bulk_offer_csv_AmazonEC2_eu-west-3_20201019.csv"), of(5, 5, 5, "0.390000058", "0"));
    assert_eq!(whole("savingsplan_csv_AWSDatabaseSavingsPlans_ap-south-2_20260422.csv.gz"), of(455, 455, 455, "2628.8500302539", "0"));
    assert_eq!(whole("bulk_offer_json_AmazonECS_us-east-1_20221121.converted.json"), of(12, 11, 12, "0.249006", "0"));
    assert_eq!(whole("pricelist_query_api_AmazonECS_us-east-1_20221121.json"), of(12, 11, 12, "0.249006", "0"));
    assert_eq!(whole("bulk_offer_json_AmazonRDS_excerpt.json"), of(10, 6, 6, "0.912", "4050"));
    assert_eq!(whole("bulk_offer_json_AmazonEC2_excerpt.json"), of(8, 4, 4, "0.214", "802"));
}

/// 44 rates of EC2 Instance Savings Plans: the price book's terms do not tell them from Compute Savings Plans.
#[test]
fn ec2_instance_savings_plans_are_left_and_counted() {
    let list = fixture("compute_savingsplan_excerpt_ap-east-2.csv", true);
    assert_eq!((list.rates, list.prices.len(), skipped(&list, "EC2 Instance Savings Plans")), (44, 0, 44));
}

/// The list holds terms of three SKUs and describes one; another is known to the book by its SKU. Hours of the first 0.0664 + 0.1064 +
/// 0.1384 + 0.0488 = 0.36, of the other 0.061 + 0.173 + 0.133 + 0.083 = 0.45; fees 5,423.6664 and 6,779.583 (`jq`).
#[test]
fn a_sku_that_the_list_does_not_describe_is_known_from_the_book() {
    let list = fixture("bulk_offer_json_AmazonElastiCache_excerpt.json", true);
    assert_eq!(sums(&list), (12, 12, "0.81".into(), "12203.2494".into()));
    assert_eq!(skipped(&list, "terms of a SKU that the list does not describe"), 1);
    assert_eq!(list.header.published, "2025-06-24".parse().ok());
    assert_eq!((list.header.offer.as_str(), list.header.version.as_str()), ("AmazonElastiCache", "20250624130639"));
}

#[test]
fn an_all_upfront_reservation_costs_its_fee_and_a_no_upfront_one_has_none() {
    let list = fixture("ec2_offer_excerpt_91_columns.csv", true);
    let fee = |term: &str| {
        let term: Term = term.parse().expect("a term");
        let price = list.prices.iter().find(|p| p.sku == "2223B6PCG6QAUYY6" && p.term == term).expect("a price");
        (price.tiers[0].price.to_string(), price.fee.map(|f| f.to_string()))
    };
    assert_eq!(fee("reserved-1yr-all-upfront"), ("0".into(), Some("2033".into())));
    assert_eq!(fee("reserved-3yr-partial-upfront"), ("0.10463".into(), Some("2750".into())));
    assert_eq!(fee("reserved-1yr-no-upfront"), ("0.23722".into(), Some("0".into())));
    assert_eq!(fee("on-demand"), ("0.2773".into(), None));
}

/// Without `--all` of 44 rates of EC2 none is named by the book, and of the ECS list those that Fargate uses.
#[test]
fn only_what_is_named_is_kept() {
    let list = fixture("ec2_offer_excerpt_91_columns.csv", false);
    assert_eq!((list.prices.len(), skipped(&list, "rates that neither")), (0, 44));
    let list = fixture("bulk_offer_json_AmazonECS_us-east-1_20221121.converted.json", false);
    assert_eq!((list.prices.len(), skipped(&list, "products that neither")), (8, 3));
}

/// Regions that no table knows are named with the prefix that their usage types carry.
#[test]
fn a_region_that_no_table_knows_gets_the_prefix_of_its_usage_types() {
    let list = fixture("ec2_offer_excerpt_91_columns.csv", true);
    let nyc = list.new_regions.iter().find(|r| r.region == "us-east-1-nyc-1").expect("New York's local zone");
    assert_eq!((nyc.code.as_str(), nyc.name.as_str()), ("NYC1", "US East (New York City)"));
}

/// What is wrong with a list.
fn wrong(list: &str) -> String {
    let wanted = Wanted::by(&book(), true);
    text(&offer::read("list", list.as_bytes(), &wanted).expect_err("it is wrong"))
}

const HEAD: &str =
    "\"FormatVersion\",\"v1.0\"\n\"Publication Date\",\"2026-10-01T00:00:00Z\"\n\"Version\",\"1\"\n\"OfferCode\",\"AmazonECS\"\n";
const COLUMNS: &str = "\"SKU\",\"OfferTermCode\",\"RateCode\",\"TermType\",\"EffectiveDate\",\"StartingRange\",\"EndingRange\",\"Unit\",\"PricePerUnit\",\"Currency\",\"serviceCode\",\"usageType\",\"operation\",\"Region Code\"\n";

/// An offer of one line for each price and currency.
fn offer(prices: &[(&str, &str)]) -> String {
    let line = |(n, (price, currency)): (usize, &(&str, &str))| {
        format!(
            "\"SKU{n}\",\"JRTCKXETXF\",\"SKU{n}.x\",\"OnDemand\",\"2026-10-01\",\"0\",\"Inf\",\"hours\",\"{price}\",\"{currency}\",\"AmazonECS\",\"USE1-Fargate-GB-Hours\",\"\",\"us-east-1\"\n"
        )
    };
    HEAD.to_owned() + COLUMNS + &prices.iter().enumerate().map(line).collect::<String>()
}

/// Beyond the last tier of such a list no use would have a price.
#[test]
fn tiers_that_end_are_not_taken_where_those_of_the_book_do_not() {
    let (book, text_of) = (book(), offer(&[("0.1", "USD")]).replace("\"Inf\"", "\"100\""));
    let wanted = Wanted::by(&book, false);
    let list = offer::read("list", text_of.as_bytes(), &wanted).unwrap_or_else(|p| panic!("{}", text(&p)));
    let laid = history::lay(&book, &[list], &wanted, false);
    let [(_, findings)] = laid.findings.as_slice() else { panic!("one list: {:?}", laid.findings) };
    let [finding] = findings.as_slice() else { panic!("one price: {findings:?}") };
    assert_eq!((finding.verdict, finding.note.as_str()), (Verdict::Unlike, "its last tier ends at 100, and the book's has no end"));
    assert!(laid.rows.is_empty());
}

#[test]
fn every_bad_price_is_told_at_once_by_its_line() {
    let long = "1".repeat(40);
    let told = wrong(&offer(&[("NaN", "USD"), ("-1", "USD"), (&long, "USD"), ("0.1", "USD"), ("0.2", "CNY"), ("0.3", "CNY")]));
    insta::assert_snapshot!(told, @r"error: list:6: the price is no number: `NaN`

error: list:7: the price is below zero: `-1`

error: list:8: the price cannot be exact: `1111111111111111111111111111111111111111`

error: list:10: 2 rates are in CNY, and ce-cost reads US dollars only
 |
 = help: lists of China's regions stand apart: leave that file out");
}

#[test]
fn a_cell_of_ten_megabytes_is_refused_before_it_fills_the_memory() {
    let told = wrong(&offer(&[(&"9".repeat(10 << 20), "USD")]));
    insta::assert_snapshot!(told, @r"error: list:6: one row or product is longer than 4 MiB");
    let told = wrong(&format!("{{\"products\": {{\"A\": {{\"sku\": \"{}\"}}}}}}", "A".repeat(10 << 20)));
    insta::assert_snapshot!(told, @r"error: list: one row or product is longer than 4 MiB at line 1 column 4456448");
}

#[test]
fn a_file_that_is_cut_off_is_told_from_a_whole_one() {
    let whole = offer(&[("0.1", "USD")]);
    insta::assert_snapshot!(wrong(&whole[..whole.len() - 20]), @r"error: list:6: 12 cells under 14 columns: the file is cut off");
    insta::assert_snapshot!(wrong("{\"offerCode\": \"AmazonECS\", \"products\": {"), @r"error: list: EOF while parsing an object at line 1 column 40 (the file is cut off)");
    insta::assert_snapshot!(wrong(HEAD), @r"error: list:1: no line begins with `SKU` among the first 20: this is no price list of AWS's");
    insta::assert_snapshot!(wrong(""), @r"error: list is empty");
}

#[test]
fn columns_are_found_by_name_and_none_is_missed() {
    let moved =
        offer(&[("0.1", "USD")]).replace("\"SKU\",\"OfferTermCode\"", "\"SKU\",\"Offer Term\"").replace("usageType", "PricePerUnit");
    insta::assert_snapshot!(wrong(&moved), @r"error: list:5: the column `OfferTermCode` is missing

error: list:5: the column `PricePerUnit` is there twice

error: list:5: the column `usageType` is missing");
}

#[test]
fn hostile_json_is_refused_with_a_place() {
    // What is not asked for is passed over, however deep it goes; where a text belongs it is refused.
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let passed = format!("{{\"products\": {{\"A\": {{\"sku\": \"A\", \"other\": {}}}}}}}", nested(1_000_000));
    let list = offer::read("list", passed.as_bytes(), &Wanted::by(&book(), true)).unwrap_or_else(|p| panic!("{}", text(&p)));
    assert_eq!((list.rates, list.prices.len()), (0, 0));
    let refused = format!("{{\"products\": {{\"A\": {{\"sku\": {}}}}}}}", nested(1_000_000));
    insta::assert_snapshot!(wrong(&refused), @r"error: list: invalid type: sequence, expected a string at line 1 column 28");
    let product = "\"AAAAAAAAAAAAAAAA\": {\"sku\": \"AAAAAAAAAAAAAAAA\", \"attributes\": {\"servicecode\": \"AmazonECS\", \"regionCode\": \"us-east-1\", \"usagetype\": \"USE1-Fargate-GB-Hours\"}}";
    let dimension =
        |price: &str| format!("{{\"unit\": \"hours\", \"beginRange\": \"0\", \"endRange\": \"Inf\", \"pricePerUnit\": {price}}}");
    let offer = |products: &str, rate: &str| {
        format!(
            "{{\"products\": {{{products}}}, \"terms\": {{\"OnDemand\": {{\"AAAAAAAAAAAAAAAA\": {{\"AAAAAAAAAAAAAAAA.JRTCKXETXF\": {{\"offerTermCode\": \"JRTCKXETXF\", \"priceDimensions\": {{{rate}}}}}}}}}}}}}"
        )
    };
    let good = format!("\"x\": {}", dimension("{\"USD\": \"0.1\"}"));
    insta::assert_snapshot!(wrong(&offer(&format!("{product},{product}"), &good)), @r"error: list, SKU AAAAAAAAAAAAAAAA: the product stands twice");
    insta::assert_snapshot!(wrong(&offer(product, &format!("{good}, {good}"))), @r"error: list: `x` stands twice at line 1 column 398");
    insta::assert_snapshot!(wrong(&offer(product, &format!("\"x\": {}", dimension("{\"CNY\": \"0.1\"}")))), @r"error: list, SKU AAAAAAAAAAAAAAAA: 1 rates are in CNY, and ce-cost reads US dollars only
 |
 = help: lists of China's regions stand apart: leave that file out");
    insta::assert_snapshot!(wrong(&offer(product, &format!("\"x\": {}", dimension("{\"USD\": \"NaN\"}")))), @r"error: list, SKU AAAAAAAAAAAAAAAA: the price is no number: `NaN`");
    insta::assert_snapshot!(wrong(&offer(product, &format!("\"x\": {}", dimension("{\"USD\": NaN}")))), @r"error: list: expected value at line 1 column 386");
    insta::assert_snapshot!(wrong("{\"terms\": {}, \"products\": {}}"), @r"error: list: the terms stand before the products: this is not the order of AWS's lists at line 1 column 9");
    insta::assert_snapshot!(wrong("{\"offers\": {}}"), @r"error: list: this is an index of lists: `ce-cost prices update` reads those at line 1 column 10");
    insta::assert_snapshot!(wrong("{\"a\": 1}"), @r"error: list: it has neither products nor a PriceList: this is no price list of AWS's at line 1 column 8");
}

/// The Savings Plans list as JSON holds the same as the one as CSV.
#[test]
fn savings_plans_as_json_are_read_as_those_in_csv() {
    let list = r#"{"version": "2", "publicationDate": "2026-04-22T19:42:03Z", "regionCode": "us-east-1", "products": [
        {"sku": "P", "productFamily": "ComputeSavingsPlans", "serviceCode": "ComputeSavingsPlans", "usageType": "ComputeSP:3yrAllUpfront", "operation": "",
         "attributes": {"purchaseOption": "All Upfront", "granularity": "hourly", "purchaseTerm": "3yr"}}],
        "terms": {"savingsPlan": [{"sku": "P", "description": "3 year All Upfront Compute Savings Plan", "effectiveDate": "2026-04-20T00:00:00Z",
         "leaseContractLength": {"duration": 3, "unit": "year"},
         "rates": [{"discountedSku": "8CESGAFWKAJ98PME", "discountedUsageType": "USE1-Fargate-vCPU-Hours:perCPU", "discountedOperation": "",
                    "discountedServiceCode": "AmazonECS", "rateCode": "P.8", "unit": "hours",
                    "discountedRate": {"price": "0.0194304", "currency": "USD"}, "discountedRegionCode": "us-east-1"}]}]}}"#;
    let read = offer::read("list", list.as_bytes(), &Wanted::by(&book(), false)).unwrap_or_else(|p| panic!("{}", text(&p)));
    let [price] = read.prices.as_slice() else { panic!("one price: {:?}", read.prices) };
    assert_eq!((price.term.to_string().as_str(), price.sku.as_str()), ("savings-plan-3yr-all-upfront", "8CESGAFWKAJ98PME"));
    assert_eq!((price.tiers[0].price.to_string().as_str(), price.fee), ("0.0194304", None));
}

/// The most memory that `prices import` has while it reads a list of so many megabytes, in kB: rows of EC2, none of which is wanted.
#[cfg(target_os = "linux")]
fn peak(folder: &Path, megabytes: usize) -> u64 {
    let text = fs::read_to_string("tests/fixtures/price_lists/ec2_offer_excerpt_91_columns.csv").expect("a fixture");
    let (head, rows): (Vec<_>, Vec<_>) = text.split_inclusive('\n').enumerate().partition(|(n, _)| *n < 6);
    let join = |lines: Vec<(usize, &str)>| lines.into_iter().map(|(_, line)| line).collect::<String>();
    let (head, rows) = (join(head), join(rows));
    let path = folder.join("offer.csv");
    fs::write(&path, head + &rows.repeat((megabytes << 20) / rows.len())).expect("a file");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.args(["prices", "import"]).arg(&path).current_dir(folder).stdout(std::process::Stdio::null());
    let mut child = command.stderr(std::process::Stdio::null()).spawn().expect("it runs");
    let mut most = 0;
    let ended = loop {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let kilobytes = status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        most = most.max(kilobytes.unwrap_or(0));
        if let Some(ended) = child.try_wait().expect("its end") {
            break ended;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    assert!(ended.success() && most > 0, "{ended}, {most} kB");
    most
}

/// `just soak` reads one of 2 GB.
#[cfg(target_os = "linux")]
#[test]
fn a_list_ten_times_as_long_takes_no_more_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let (short, long) = (peak(folder.path(), 6), peak(folder.path(), 60));
    assert!(long < short + 4_096, "{short} kB, and {long} kB for ten times as much");
    assert!(long < 200_000, "{long} kB");
}

/// One price after the other in both forms of an offer, and what is said of it.
#[test]
fn a_price_that_is_none_is_refused_in_either_form() {
    let json = |price: &str| {
        format!(
            "{{\"products\": {{\"A\": {{\"sku\": \"A\", \"attributes\": {{\"servicecode\": \"AmazonECS\", \"regionCode\": \"us-east-1\", \"usagetype\": \"USE1-Fargate-GB-Hours\"}}}}}}, \"terms\": {{\"OnDemand\": {{\"A\": {{\"A.JRTCKXETXF\": {{\"offerTermCode\": \"JRTCKXETXF\", \"priceDimensions\": {{\"x\": {{\"unit\": \"hours\", \"beginRange\": \"0\", \"endRange\": \"Inf\", \"pricePerUnit\": {{\"USD\": \"{price}\"}}}}}}}}}}}}}}}}"
        )
    };
    for (price, said) in [
        ("NaN", "the price is no number: `NaN`"),
        ("inf", "the price is no number: `inf`"),
        ("", "the price is no number: ``"),
        ("1e-20", "the price has more than 15 decimal places: `1e-20`"),
        ("0,05", "the price is no number: `0,05`"),
        ("-0.01", "the price is below zero: `-0.01`"),
        ("1234567890123456789012345678901234567890", "the price cannot be exact: `1234567890123456789012345678901234567890`"),
        ("0.1234567890123456", "the price has more than 15 decimal places: `0.1234567890123456`"),
    ] {
        for (form, list) in [("CSV", offer(&[(price, "USD")])), ("JSON", json(price))] {
            let told = wrong(&list);
            assert!(told.contains(said), "{price} as {form}: {told}");
        }
    }
}

/// What the fuzz targets begin with, whole and cut off at every so many bytes: read or refused with a reason.
#[test]
fn the_seeds_of_the_fuzz_targets_are_read_wherever_they_end() {
    for folder in ["fuzz/seeds/offer_csv", "fuzz/seeds/offer_json"] {
        let seeds: Vec<_> = fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()).collect();
        assert!(seeds.len() >= 3, "{folder}");
        for seed in seeds {
            let bytes = fs::read(&seed).expect("a seed");
            (0..bytes.len()).step_by(11).chain([bytes.len()]).for_each(|end| fuzzed::list(&bytes[..end]));
        }
    }
}
