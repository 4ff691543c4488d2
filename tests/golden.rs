//! Figures that others published, against the bill that this program writes.
//!
//! An expected figure stands beside its arithmetic. "Printed" is what the source shows. Where the exact product differs from it, ours
//! is asserted and the difference is said. 730 hours and no free allowance are the convention of the AWS Pricing Calculator.
//!
//! Published figures that belong to what is not part of the bill of one month, and are therefore not here:
//! - blue/green deployments once a week (+0.6%): a rate a week is no rate of a scenario; once a day and back to back are below;
//! - ECS target tracking (alarms above the target for 3 minutes, below 90% of it for 15): the simulation over time;
//! - the best commitment of a Compute Savings Plan (C = 0.63 for a normal demand): the advice on commitments;
//! - savings that overlap (209.29 one by one, 171.81 together): the levers;
//! - variance by rate, volume and mix (+135.10): the comparison with a real bill.

use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use ce_cost::bill::{Bill, Charge, CommitmentStatus, LineItem};
use ce_cost::failover::Failover;
use ce_cost::money::Usd;
use ce_cost::month::{HoursBasis, Month};
use ce_cost::predict::{self, Basis};
use ce_cost::pricing::PriceBook;
use ce_cost::quantity::Unit;
use ce_cost::rating::{self, Terms};
use ce_cost::scenario::{self, InputFile};
use ce_cost::usage::UsageRecord;
use rust_decimal::{Decimal, RoundingStrategy};

static BOOK: LazyLock<PriceBook> = LazyLock::new(|| PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false))));

/// The AWS Pricing Calculator's month.
const CALCULATOR: HoursBasis = HoursBasis::Fixed(730);

fn d(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

fn month(text: &str) -> Month {
    text.parse().expect("a month")
}

/// Half to even, at as many places as asked for.
fn rounded(amount: Decimal, places: u32) -> Decimal {
    amount.round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven)
}

/// A scenario `test`: its resources a line each, then whatever else its file says.
fn scenario(region: &str, resources: &str, rest: &str) -> String {
    let lines: String = resources.lines().map(str::trim).filter(|l| !l.is_empty()).map(|l| format!("  {l}\n")).collect();
    format!("environment: test\nregion: {region}\nprovenance: assumed\n{rest}\nresources:\n{lines}")
}

/// The bill of the environment `test`, from the texts of the files beside it.
#[track_caller]
fn bill_of(files: &[(&str, &str)], month_of: &str, hours: HoursBasis, free_tier: bool) -> Bill {
    let files: Vec<InputFile> = files.iter().map(|(name, text)| InputFile { name: (*name).into(), text: (*text).into() }).collect();
    let scenarios = scenario::load(&files, &BOOK, &[]).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
    let environment = scenarios.named("test").expect("the environment `test`");
    let basis = Basis { month: month(month_of), hours, pooled: true, free_tier, failover: None };
    predict::bill(&scenarios, environment, &BOOK, basis).unwrap_or_else(|e| panic!("{e}"))
}

/// What the charges of a resource add up to; `resource/UsageType` is one usage type of it alone.
fn sum(bill: &Bill, what: &str, of: fn(&Charge) -> Usd) -> Decimal {
    let (resource, usage_type) = what.split_once('/').map_or((what, None), |(r, u)| (r, Some(u)));
    let wanted = |c: &&Charge| c.resource.as_ref() == resource && usage_type.is_none_or(|u| c.usage_type.as_ref() == u);
    bill.charges.iter().filter(wanted).map(of).sum::<Usd>().decimal()
}

/// Compares to the cent; a figure written with more places must be met exactly.
#[track_caller]
fn meets(what: &str, actual: Decimal, expected: &str) {
    let figure = d(expected);
    let compared = if figure.scale() > 2 { actual } else { rounded(actual, 2) };
    assert!(compared == figure, "{what}: expected {expected}, billed {}", actual.normalize());
}

/// Bills a scenario of these resources and compares what each comes to.
#[track_caller]
fn check(resources: &str, region: &str, month: &str, hours: HoursBasis, free_tier: bool, expected: &[(&str, &str)]) {
    let bill = bill_of(&[("test.yaml", &scenario(region, resources, ""))], month, hours, free_tier);
    for (what, figure) in expected {
        meets(what, sum(&bill, what, |c| c.billed), figure);
    }
}

/// A record as a meter would write it, for what no resource of a scenario stands for.
fn record(service: &'static str, usage_type: &str, operation: &'static str, quantity: &str, unit: Unit) -> UsageRecord {
    UsageRecord {
        service: service.into(),
        region: "us-east-1".into(),
        usage_type: usage_type.into(),
        operation: operation.into(),
        month: month("2026-06"),
        quantity: d(quantity),
        unit,
        hours: d("730"),
        account: "test".into(),
        environment: "test".into(),
        resource: "test".into(),
        tags: Arc::default(),
        factors: Vec::new(),
    }
}

/// What hand-made records come to at 730 hours without free allowances.
#[track_caller]
fn rated(records: Vec<UsageRecord>) -> Decimal {
    let terms = Terms { book: &BOOK, month: month("2026-06"), hours: d("730"), payer: "test".into(), free_tier: false };
    let charges = rating::rate(records, &terms).unwrap_or_else(|e| panic!("{e:?}"));
    charges.iter().map(|c| c.billed).sum::<Usd>().decimal()
}

// ── Bills made with the AWS Pricing Calculator ──────────────────────────────────────────────────────────────────────────────────

/// Keycloak on AWS (aws-samples, us-east-1, June 2022), printed 72.08 and 25.77.
#[test]
fn the_calculators_bill_for_keycloak_comes_out_to_the_cent() {
    check(
        "fargate: {type: fargate-service, task: {cpu: 1 vCPU, memory: 2 GB}, tasks: {min: 2, max: 2, average: 2}}
         alb: {type: application-load-balancer, balancers: 1, lcu: {new_connections: 40/s, processed: 100 GB/month}}",
        "us-east-1",
        "2022-06",
        CALCULATOR,
        false,
        &[
            ("fargate", "72.0802"), // 2 × (0.04048 + 2 × 0.004445) × 730
            ("fargate", "72.08"),
            ("alb", "25.769"), // 0.0225 × 730 + max(40 ÷ 25, 100 ÷ 730) × 0.008 × 730
            ("alb", "25.77"),
        ],
    );
}

/// The same bill's database, printed 143.51: 2 × 0.082 × 730 + 50 × 0.10 + 93.96 M × 0.20. I/O: 30/s for 730 h and 70/s more for
/// 60 h = 78.84 M + 15.12 M. Aurora MySQL is no resource of a scenario and has no instance rows of its own in the book: Aurora
/// PostgreSQL's, at the same list price, stand for them; storage and I/O are the same rows for both.
#[test]
fn keycloaks_aurora_mysql_comes_out_to_the_cent() {
    let cluster = vec![
        record("AmazonRDS", "InstanceUsage:db.t3.medium", "CreateDBInstance:0021", "1460", Unit::Hours),
        record("AmazonRDS", "Aurora:StorageUsage", "", "50", Unit::GbMonths),
        record("AmazonRDS", "Aurora:StorageIOUsage", "", "93960000", Unit::Count),
    ];
    meets("Aurora MySQL", rated(cluster), "143.512");
}

/// The same bill's alternative, printed 67.59: 0.06 × 730 + 50 × 0.10 + 93.96 M × 0.20.
#[test]
fn keycloaks_aurora_serverless_v1_comes_out_to_the_cent() {
    let cluster = vec![
        record("AmazonRDS", "Aurora:ServerlessUsage", "", "730", Unit::Hours),
        record("AmazonRDS", "Aurora:StorageUsage", "", "50", Unit::GbMonths),
        record("AmazonRDS", "Aurora:StorageIOUsage", "", "93960000", Unit::Count),
    ];
    meets("Aurora Serverless v1", rated(cluster), "67.592");
}

/// Gateway on ECS (aws-solutions-library-samples, us-east-1, 2025). Fargate is printed 115.33; the exact product is 115.34.
#[test]
fn the_calculators_bill_for_a_gateway_on_ecs_comes_out_to_the_cent() {
    check(
        "fargate: {type: fargate-service, task: {cpu: 2 vCPU, memory: 4 GB, architecture: arm}, tasks: {min: 2, max: 2, average: 2}}
         nat: {type: nat-gateway, gateways: 1, processed: 100 GB/month}
         egress: {type: data-transfer, internet_out: 100 GB/month}
         address: {type: public-ipv4, in_use: 1}
         alb: {type: application-load-balancer, balancers: 1, lcu: {processed: 1 TB/month}}
         images: {type: ecr-repository, storage: 5 GB}
         cache: {type: elasticache, engine: redis, node: cache.t3.micro, shards: 1, replicas: 1}
         secrets: {type: secrets-manager, secrets: 5, requests: 1 M requests/month}
         keys: {type: kms-keys, keys: 1, requests: 1 M requests/month}
         waf: {type: waf, scope: regional, web_acls: 1, rules: 2}",
        "us-east-1",
        "2025-06",
        CALCULATOR,
        false,
        &[
            ("fargate", "115.340"), // 2 × (2 × 0.03238 + 4 × 0.00356) × 730
            ("nat", "37.35"),       // 0.045 × 730 + 100 × 0.045
            ("egress", "9.00"),     // 100 × 0.09; with the two beside it 50.00 as printed
            ("address", "3.65"),    // 0.005 × 730
            ("alb", "24.617"),      // 0.0225 × 730 + 1,024 × 0.008, printed 24.62
            ("images", "0.50"),     // 5 × 0.10
            ("cache", "24.82"),     // 2 × 0.017 × 730
            ("secrets", "7.00"),    // 5 × 0.40 + 1 M × 0.000005
            ("keys", "4.00"),       // 1 × 1.00 + 1 M × 0.000003
            ("waf", "7.00"),        // 1 × 5.00 + 2 × 1.00
        ],
    );
}

/// The Pricing Calculator's load balancer: LCUs on average × 0.008 × 730. 25 new connections a second are one LCU.
#[test]
fn capacity_units_of_a_load_balancer_cost_what_the_calculator_says() {
    check(
        "few: {type: application-load-balancer, balancers: 1, lcu: {average: 1.40}}
         many: {type: application-load-balancer, balancers: 1, lcu: {average: 7}}
         few-connections: {type: application-load-balancer, balancers: 1, lcu: {new_connections: 35/s}}
         many-connections: {type: application-load-balancer, balancers: 1, lcu: {new_connections: 175/s, processed: 5 TB/month}}",
        "us-east-1",
        "2026-06",
        CALCULATOR,
        false,
        &[
            ("few/LCUUsage", "8.176"), // printed 8.18
            ("few/LCUUsage", "8.18"),
            ("many/LCUUsage", "40.880"),
            ("few-connections/LCUUsage", "8.176"),
            // 5,120 GB are 7.0137 LCUs of 730 h: just above the 7 of the connections, 5,120 × 0.008.
            ("many-connections/LCUUsage", "40.960"),
        ],
    );
}

// ── Rules with numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Amazon Aurora User Guide: a volume of 100 GiB kept for 2 days and a snapshot of 100 GiB past it: 200 + 100 − 100 = 200 GiB.
#[test]
fn aurora_bills_the_backup_above_the_volume_and_the_old_snapshot() {
    let text = scenario(
        "us-east-1",
        "database: {type: aurora-postgresql, instances: [{role: writer, class: db.r6g.large}], storage: 100 GB, backup: {retention: 2 days}, snapshots: 100 GB}",
        "",
    );
    let bill = bill_of(&[("test.yaml", &text)], "2026-06", HoursBasis::Actual, false);
    let backup = bill.charges.iter().find(|c| c.usage_type.as_ref() == "Aurora:BackupUsage").expect("a charge for backups");
    assert_eq!(backup.quantity, d("200"));
    meets("backup", backup.billed.decimal(), "4.200"); // 200 × 0.021
}

/// An Aurora cluster of two db.r6g.large and 1,000 GB at 730 h: what it costs on either configuration.
#[track_caller]
fn aurora_at(millions_of_io: &str) -> (Decimal, Decimal) {
    let cluster = |name: &str, configuration: &str| {
        format!(
            "{name}: {{type: aurora-postgresql, configuration: {configuration}, instances: [{{role: writer, class: db.r6g.large}}, \
             {{role: reader, class: db.r6g.large}}], storage: 1000 GB, io: {millions_of_io} M requests/month}}"
        )
    };
    let resources = format!("{}\n{}", cluster("standard", "standard"), cluster("optimized", "io-optimized"));
    let bill = bill_of(&[("test.yaml", &scenario("us-east-1", &resources, ""))], "2026-06", CALCULATOR, false);
    (sum(&bill, "standard", |c| c.billed), sum(&bill, "optimized", |c| c.billed))
}

/// AWS: I/O-Optimized asks 30% more for instances and 125% more for storage and nothing for I/O. Break-even: instances × 0.30 +
/// storage × 1.25 = I/O charge. Here 379.60 × 0.30 + 100 × 1.25 = 238.88, which is 1,194.4 M requests at 0.20.
#[test]
fn io_optimized_breaks_even_where_aws_says() {
    // 379.60 + 100 + 238.88 against 379.60 × 1.30 + 225.
    assert_eq!(aurora_at("1194.4"), (d("718.48"), d("718.48")));
}

#[test]
fn below_the_break_even_standard_is_cheaper() {
    let (standard, optimized) = aurora_at("1194");
    assert_eq!((standard, optimized), (d("718.40"), d("718.48")));
}

#[test]
fn above_the_break_even_io_optimized_is_cheaper() {
    let (standard, optimized) = aurora_at("1195");
    assert_eq!((standard, optimized), (d("718.60"), d("718.48")));
}

/// A published cluster of 1,525 GB at about 9,700 I/O a second: 25,518 M requests = $5,104 a month on Standard. It ran in us-east-2, of
/// which the book has no Aurora prices; an I/O request costs 0.20 a million in us-east-1 as there. On I/O-Optimized the requests are
/// gone and the storage costs 1,525 × (0.225 − 0.10) = 190.625 more. What its instances cost is not published.
#[test]
fn heavy_io_is_what_a_standard_cluster_pays_for() {
    let cluster = |name: &str, configuration: &str| {
        format!(
            "{name}: {{type: aurora-postgresql, configuration: {configuration}, instances: [{{role: writer, class: db.r6g.large}}], storage: 1525 GB, io: 25518 M requests/month}}"
        )
    };
    check(
        &format!("standard: {}\noptimized: {}", &cluster("x", "standard")[3..], &cluster("x", "io-optimized")[3..]),
        "us-east-1",
        "2026-06",
        CALCULATOR,
        false,
        &[
            ("standard/Aurora:StorageIOUsage", "5103.600"), // 25,518 × 0.20, printed 5,104
            ("optimized/Aurora:StorageIOUsage", "0.00"),
            ("standard/Aurora:StorageUsage", "152.500"),              // 1,525 × 0.10
            ("optimized/Aurora:IO-OptimizedStorageUsage", "343.125"), // 1,525 × 0.225
        ],
    );
}

/// InstanceUsage:db.r6g.large costs 0.260 an hour, InstanceUsageIOOptimized:db.r6g.large 0.338: the wrong row gives 246.74.
#[test]
fn an_instance_on_standard_takes_the_price_of_standard() {
    check(
        "standard: {type: aurora-postgresql, instances: [{role: writer, class: db.r6g.large}]}
         optimized: {type: aurora-postgresql, configuration: io-optimized, instances: [{role: writer, class: db.r6g.large}]}",
        "us-east-1",
        "2026-06",
        CALCULATOR,
        false,
        &[("standard", "189.800"), ("optimized", "246.740")],
    );
}

// ── The calendar ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// What a service and its load balancer cost in a month.
#[track_caller]
fn hourly_things_in(month: &str, hours: HoursBasis) -> Decimal {
    let resources = "core: {type: fargate-service, task: {cpu: 4 vCPU, memory: 8 GB}, tasks: {min: 3, max: 15, average: 8}}
                     alb: {type: application-load-balancer, balancers: 1, lcu: {average: 2}}";
    bill_of(&[("test.yaml", &scenario("us-east-1", resources, ""))], month, hours, true).total().decimal()
}

/// By how many per cent the second amount differs from the first.
fn percent(from: Decimal, to: Decimal, places: u32) -> Decimal {
    rounded((to / from - Decimal::ONE) * Decimal::ONE_HUNDRED, places)
}

/// 744 h against 696 h: −6.45%.
#[test]
fn the_same_resources_cost_less_in_february_2020_than_in_january() {
    let (january, february) = (hourly_things_in("2020-01", HoursBasis::Actual), hourly_things_in("2020-02", HoursBasis::Actual));
    assert_eq!(percent(january, february, 2), d("-6.45"));
}

/// Months of 31, 30, 29 and 28 days against 730 hours.
#[test]
fn real_months_differ_from_730_hours_by_their_days() {
    let calculator = hourly_things_in("2020-01", CALCULATOR);
    let differences = ["2020-01", "2020-04", "2020-02", "2021-02"].map(|m| percent(calculator, hourly_things_in(m, HoursBasis::Actual), 1));
    assert_eq!(differences, [d("1.9"), d("-1.4"), d("-4.7"), d("-7.9")]);
}

/// Lines of a real month of 720 h in eu-central-1. Printed 6.71 for vCPUs is 180 × 0.03725 = 6.705 exactly, and half a cent goes either
/// way. Prices of the load balancer, of secrets and of gp3 were read off this bill: these three test the arithmetic alone.
#[test]
fn a_month_of_720_hours_in_frankfurt_has_these_lines() {
    check(
        "alb: {type: application-load-balancer, balancers: 1}
         task: {type: fargate-service, task: {cpu: 0.25 vCPU, memory: 0.5 GB, architecture: arm}, tasks: {min: 1, max: 1, average: 1}}
         database: {type: rds-postgresql, class: db.t4g.micro, count: 1, storage: 20 GB}
         metrics: {type: cloudwatch, metrics: 28}
         secrets: {type: secrets-manager, secrets: 4}
         addresses: {type: public-ipv4, in_use: 4}",
        "eu-central-1",
        "2026-06",
        HoursBasis::Actual,
        false,
        &[
            ("alb", "19.440"),                                      // 720 × 0.027
            ("task/EUC1-Fargate-ARM-vCPU-Hours:perCPU", "6.705"),   // 180 × 0.03725
            ("task/EUC1-Fargate-ARM-GB-Hours", "1.4724"),           // 360 × 0.00409, printed 1.47
            ("database/EUC1-InstanceUsage:db.t4g.micro", "13.680"), // 720 × 0.019
            ("database/EUC1-RDS:GP3-Storage", "2.740"),             // 20 × 0.137
            ("metrics", "8.400"),                                   // 28 × 0.30
            ("secrets", "1.600"),                                   // 4 × 0.40
            ("addresses", "14.400"),                                // 4 × 720 × 0.005; the bill's 2,868 h are below
        ],
    );
}

// ── Free allowances ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// AWS Free Tier: 25 units of each are always free: (60 − 25) × 744 × (0.00065 + 0.00013) = 20.31.
#[test]
fn dynamodb_bills_what_is_above_the_always_free_capacity() {
    let table = "table: {type: dynamodb-table, provisioned: {write_units: 60, read_units: 60}}";
    check(
        table,
        "us-east-1",
        "2026-07",
        HoursBasis::Actual,
        true,
        &[
            ("table", "20.3112"),
            ("table/WriteCapacityUnit-Hrs", "16.926"), // 35 × 744 × 0.00065
            ("table/ReadCapacityUnit-Hrs", "3.3852"),  // 35 × 744 × 0.00013
        ],
    );
    // Without the allowance: 60 × 744 × 0.00078.
    check(table, "us-east-1", "2026-07", HoursBasis::Actual, false, &[("table", "34.8192")]);
}

// ── Support ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// The support fee of a payer whose charges come to so much.
#[track_caller]
fn support(plan: &str, charges: &str) -> Decimal {
    let resources = format!(
        "aws: {{type: known-charge, service: AWSMarketplace, description: subscription, amount: {charges} USD}}
         others: {{type: known-charge, service: PagerDuty, description: seats, amount: 900 USD, outside_aws: true}}"
    );
    let accounts = format!("payers:\n  main:\n    members: [test]\n    support: {{plan: {plan}, from: plan, why: a test}}\n");
    let files = [("accounts.yaml", accounts.as_str()), ("test.yaml", &scenario("us-east-1", &resources, ""))];
    sum(&bill_of(&files, "2026-06", HoursBasis::Actual, true), "support", |c| c.billed)
}

/// AWS Support plans: max(100, 10% of the first 10k, 7% to 80k, 5% to 250k, 3% above), on what AWS bills and nothing else.
#[test]
fn business_support_is_a_hundred_dollars_or_the_steps() {
    assert_eq!(support("business", "500"), d("100"));
    assert_eq!(support("business", "1000"), d("100"));
    assert_eq!(support("business", "5600"), d("560")); // 5,600 × 10%
    assert_eq!(support("business", "10000"), d("1000")); // 10,000 × 10%
    assert_eq!(support("business", "80000"), d("5900")); // 1,000 + 70,000 × 7%
    assert_eq!(support("business", "250000"), d("14400")); // 5,900 + 170,000 × 5%
    assert_eq!(support("business", "300000"), d("15900")); // 14,400 + 50,000 × 3%
}

/// AWS Support plans: max(29, 3%).
#[test]
fn developer_support_is_29_dollars_or_three_per_cent() {
    assert_eq!(support("developer", "500"), d("29"));
    assert_eq!(support("developer", "966"), d("29")); // 28.98
    assert_eq!(support("developer", "967"), d("29.01"));
    assert_eq!(support("developer", "5000"), d("150"));
}

/// One fee on 1,000 USD of the payer, 700 and 300 of them: 100 × 0.7 and 100 × 0.3.
#[test]
fn the_support_fee_is_the_payers_and_each_environment_bears_its_share() {
    let charge =
        |amount: &str| format!("charge: {{type: known-charge, service: AWSMarketplace, description: subscription, amount: {amount} USD}}");
    let other = scenario("us-east-1", &charge("300"), "").replace("environment: test", "environment: other");
    let files = [
        ("accounts.yaml", "payers:\n  main:\n    members: [test, other]\n    support: {plan: business, from: plan, why: a test}\n"),
        ("test.yaml", &scenario("us-east-1", &charge("700"), "")),
        ("other.yaml", &other),
    ];
    let bill = bill_of(&files, "2026-06", HoursBasis::Actual, true);
    assert_eq!(sum(&bill.cut("test"), "support", |c| c.billed), d("70"));
    assert_eq!(sum(&bill.cut("other"), "support", |c| c.billed), d("30"));
}

// ── A real bill ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// A published Fargate month in eu-central-1 (June 2026, 720 h) by usage type. Modelled is what has a price from elsewhere; what the
/// book knows from this very bill (load balancer, secrets, gp3, Spot) or not at all (Marketplace tokens, RDS backups) is a known charge.
/// 38 metrics are the 28 billed ones and the 10 free ones. Bytes and requests in S3 are what their dollars buy at list price.
const REAL_BILL: &str = "
    addresses: {type: public-ipv4, in_use: 3}
    address-for-a-part: {type: public-ipv4, in_use: 1, schedule: part}
    database: {type: rds-postgresql, class: db.t4g.micro, count: 1, storage: 0 GB}
    metrics: {type: cloudwatch, metrics: 38}
    task: {type: fargate-service, task: {cpu: 0.25 vCPU, memory: 0.5 GB, architecture: arm}, tasks: {min: 1, max: 1, average: 1}}
    keys: {type: kms-keys, keys: 3}
    keys-in-virginia: {type: kms-keys, region: us-east-1, keys: 0.99}
    zone: {type: route53, hosted_zones: 1}
    bucket: {type: s3-bucket, storage: {standard: 12.65 GB}, requests: {standard: {writes: 192593/month, reads: 93023/month}}}
    k1: {type: known-charge, service: AWSELB, description: 'EUC1-LoadBalancerUsage', amount: 19.44 USD}
    k2: {type: known-charge, service: AmazonRDS, description: 'EUC1-RDS:GP3-Storage', amount: 2.74 USD}
    k3: {type: known-charge, service: AmazonECS, description: 'EUC1-SpotUsage-Fargate-ARM-vCPU-Hours:perCPU', amount: 2.05 USD}
    k4: {type: known-charge, service: AmazonECS, description: 'EUC1-SpotUsage-Fargate-ARM-GB-Hours', amount: 0.45 USD}
    k5: {type: known-charge, service: AWSSecretsManager, description: 'EUC1-AWSSecretsManager-Secrets', amount: 1.60 USD}
    k6: {type: known-charge, service: AmazonRDS, description: 'EUC1-RDS:ChargedBackupUsage', amount: 0.20 USD}
    k7: {type: known-charge, service: AWSMarketplace, description: 'EUC1-MP:EUC1_OutputTokenCount-Units', amount: 1.78 USD}
    k8: {type: known-charge, service: AWSMarketplace, description: 'EUC1-MP:EUC1_InputTokenCount-Units', amount: 1.53 USD}
";

/// Its lines, each rounded to the cent, add up to 80.27; the report that published them gives the month as 80.28.
#[test]
fn a_real_month_in_frankfurt_comes_out_line_by_line() {
    // 3 addresses for 720 h and one for 708 h: 2,868 h.
    let text = scenario("eu-central-1", REAL_BILL, "schedules: {part: {monthly: 708 h}}");
    let bill = bill_of(&[("test.yaml", &text)], "2026-06", HoursBasis::Actual, true);
    let mut published = Decimal::ZERO;
    let mut lines = csv::Reader::from_reader(include_str!("golden/real_bill_eu-central-1_2026-06_by_usage_type.csv").as_bytes());
    let mut met = 0;
    for line in lines.records() {
        let line = line.expect("a line of the bill");
        let (usage_type, cost) = (&line[0], d(&line[1]));
        published += cost;
        let of_line: Vec<&Charge> =
            bill.charges.iter().filter(|c| c.usage_type.as_ref() == usage_type || c.description == usage_type).collect();
        met += of_line.len();
        let ours = of_line.iter().map(|c| c.billed).sum::<Usd>().decimal();
        // Half a cent goes either way: 180 × 0.03725 = 6.705 is printed as 6.71.
        assert!((ours - cost).abs() <= d("0.005"), "{usage_type}: {ours} against {cost}");
    }
    assert_eq!(met, bill.charges.len(), "every charge belongs to a line of the published bill");
    assert_eq!(published, d("80.27"));
    assert_eq!(rounded(bill.total().decimal(), 2), published);
}

// ── Commitments ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// A bill of June 2026 (720 h), or of another month, in us-east-1 with one commitment.
#[track_caller]
fn committed(resources: &str, commitment: &str, month: &str) -> Bill {
    let rest = format!("schedules: {{half: {{monthly: 360 h}}}}\ncommitments:\n  - {{id: bought, {commitment}}}");
    let text = scenario("us-east-1", resources, &rest);
    bill_of(&[("test.yaml", &text)], month, HoursBasis::Actual, false)
}

/// Billed, effective, and the lost part of the effective cost, to the cent, of the whole bill.
#[track_caller]
fn costs(bill: &Bill, billed: &str, effective: &str, unused: &str) {
    let lost = |c: &&Charge| c.commitment.as_ref().is_some_and(|c| c.status == Some(CommitmentStatus::Unused));
    meets("billed", bill.total().decimal(), billed);
    meets("effective", bill.charges.iter().map(|c| c.effective).sum::<Usd>().decimal(), effective);
    meets("unused", bill.charges.iter().filter(lost).map(|c| c.effective).sum::<Usd>().decimal(), unused);
}

const TWO_INSTANCES: &str =
    "database: {type: aurora-postgresql, instances: [{role: writer, class: db.r6g.large}, {role: reader, class: db.r6g.large}]}";
const R6G: &str = "service: AmazonRDS, usage_type: 'InstanceUsage:db.r6g.large', operation: 'CreateDBInstance:0021', start: 2026-06-01";

/// db.r6g.large costs 0.26 on demand and 0.17 for a year without upfront fee.
#[test]
fn a_reservation_covers_one_of_two_instances() {
    let bill = committed(TWO_INSTANCES, &format!("{R6G}, term: reserved-1yr-no-upfront, count: 1"), "2026-06");
    // 720 × 0.17 = 122.40 for the reserved one, 720 × 0.26 = 187.20 for the other.
    costs(&bill, "309.600", "309.600", "0.00");
    meets("on demand", sum(&bill, "database", |c| c.billed), "187.200");
    meets("effective cost of both", sum(&bill, "database", |c| c.effective), "309.600");
    meets("fee", sum(&bill, "bought", |c| c.billed), "122.400");
}

#[test]
fn a_reservation_too_many_is_lost() {
    let bill = committed(TWO_INSTANCES, &format!("{R6G}, term: reserved-1yr-no-upfront, count: 3"), "2026-06");
    // 3 × 720 × 0.17 = 367.20, of which one third covers nothing: 122.40.
    costs(&bill, "367.200", "367.200", "122.400");
    meets("on demand", sum(&bill, "database", |c| c.billed), "0.00");
}

/// 1,240 USD for a year: the invoice has them once, the effective cost an hour's share of 8,760 each hour.
#[test]
fn an_upfront_fee_is_billed_once_and_spread_over_its_term() {
    let all = format!("{R6G}, term: reserved-1yr-all-upfront, count: 1");
    // Billed: 1,240 + 720 × 0.26. Effective: 1,240 ÷ 8,760 × 720 = 101.92 and 187.20.
    costs(&committed(TWO_INSTANCES, &all, "2026-06"), "1427.200", "289.12", "0.00");
    // July has 744 h. Billed: 744 × 0.26 = 193.44. Effective: 1,240 ÷ 8,760 × 744 = 105.32 and 193.44.
    costs(&committed(TWO_INSTANCES, &all, "2026-07"), "193.440", "298.76", "0.00");
}

/// From June 2026 to May 2027 there are 8,760 hours: the shares of all months are the fee again.
#[test]
fn the_months_of_a_term_add_up_to_its_upfront_fee() {
    let all = format!("{R6G}, term: reserved-1yr-all-upfront, count: 2");
    let year = (0..12).map(|n| committed(TWO_INSTANCES, &all, &month("2026-06").plus(n).to_string()));
    let (billed, effective) = year.fold((Decimal::ZERO, Decimal::ZERO), |(billed, effective), bill| {
        (billed + bill.total().decimal(), effective + bill.charges.iter().map(|c| c.effective).sum::<Usd>().decimal())
    });
    assert_eq!(billed, d("2480"));
    assert_eq!(rounded(effective, 6), d("2480"));
}

/// cache.r6g.large costs 0.206 on demand and 0.141 for a year without upfront fee.
#[test]
fn a_reservation_covers_three_of_four_cache_nodes() {
    let bill = committed(
        "cache: {type: elasticache, engine: redis, node: cache.r6g.large, shards: 2, replicas: 1}",
        "service: AmazonElastiCache, usage_type: 'NodeUsage:cache.r6g.large', operation: 'CreateCacheCluster:0002', \
         term: reserved-1yr-no-upfront, start: 2026-01-01, count: 3",
        "2026-06",
    );
    // 3 × 720 × 0.141 = 304.56 for three, 720 × 0.206 = 148.32 for the fourth.
    costs(&bill, "452.880", "452.880", "0.00");
    meets("on demand", sum(&bill, "cache", |c| c.billed), "148.320");
}

/// Ten tasks of 1 vCPU and 2 GB: 10 × (0.04048 + 2 × 0.004445) = 0.4937 an hour on demand; 20% less, 0.39496, on a plan of one year.
const TEN_TASKS: &str = "tasks: {type: fargate-service, task: {cpu: 1 vCPU, memory: 2 GB}, tasks: {min: 10, max: 10, average: 10}}";

/// AWS's rule, an hour costs C + D − C ÷ (1 − d): 0.20 + 0.4937 − 0.25 = 0.4437, × 720 = 319.464.
#[test]
fn a_savings_plan_below_the_use_is_used_up() {
    let bill = committed(TEN_TASKS, "term: savings-plan-1yr-no-upfront, start: 2026-01-01, hourly: 0.2 USD", "2026-06");
    costs(&bill, "319.464", "319.464", "0.00");
    meets("fee", sum(&bill, "bought", |c| c.billed), "144.000"); // 720 × 0.20
    meets("left on demand", sum(&bill, "tasks", |c| c.billed), "175.464"); // 720 × (0.4937 − 0.25)
}

/// AWS's rule with C ÷ (1 − d) above D: an hour costs C. 720 × 0.50 = 360; used 720 × 0.39496 = 284.3712, lost 75.6288.
#[test]
fn a_savings_plan_above_the_use_is_lost_in_part() {
    let bill = committed(TEN_TASKS, "term: savings-plan-1yr-no-upfront, start: 2026-01-01, hourly: 0.5 USD", "2026-06");
    costs(&bill, "360.000", "360.000", "75.6288");
    meets("effective cost of the tasks", sum(&bill, "tasks", |c| c.effective), "284.3712");
    meets("left on demand", sum(&bill, "tasks", |c| c.billed), "0.00");
}

const TWO_OPTIMIZED: &str = "database: {type: aurora-postgresql, configuration: io-optimized, instances: [{role: writer, class: db.r6g.large}, {role: reader, class: db.r6g.large}]}";

/// AWS, "Aurora I/O-Optimized reserved instances": an instance there takes 1.3 times its units. Two of 4 units take 10.4; two
/// reservations cover 8 of them.
#[test]
fn two_reservations_cover_eight_of_the_units_of_two_io_optimized_instances() {
    let bill = committed(TWO_OPTIMIZED, &format!("{R6G}, term: reserved-1yr-no-upfront, count: 2"), "2026-06");
    // Fees 2 × 720 × 0.17 = 244.80. Left 2.4 ÷ 5.2 × 720 h × 0.338 = 112.32.
    costs(&bill, "357.120", "357.120", "0.00");
    meets("left on demand", sum(&bill, "database", |c| c.billed), "112.320");
}

#[test]
fn three_reservations_cover_them_all_and_leave_units_over() {
    let bill = committed(TWO_OPTIMIZED, &format!("{R6G}, term: reserved-1yr-no-upfront, count: 3"), "2026-06");
    // Fees 3 × 720 × 0.17 = 367.20. 1.6 of 12 units are lost: 1.6 ÷ 4 × 720 × 0.17 = 48.96.
    costs(&bill, "367.200", "367.200", "48.960");
}

/// From 16 June on: 360 of 720 hours.
#[test]
fn a_reservation_counts_from_its_first_day_to_its_last() {
    let bought = format!("{R6G}, term: reserved-1yr-no-upfront, count: 1").replace("2026-06-01", "2026-06-16");
    // 360 × 0.17 = 61.20 and (1,440 − 360) × 0.26 = 280.80.
    costs(&committed(TWO_INSTANCES, &bought, "2026-06"), "342.000", "342.000", "0.00");
    // The term ends with 15 June 2027: again 360 hours.
    costs(&committed(TWO_INSTANCES, &bought, "2027-06"), "342.000", "342.000", "0.00");
    // 2 × 744 × 0.26 on demand, before the term and after it.
    costs(&committed(TWO_INSTANCES, &bought, "2026-05"), "386.880", "386.880", "0.00");
    costs(&committed(TWO_INSTANCES, &bought, "2027-07"), "386.880", "386.880", "0.00");
}

/// Two instances that are on in the same half of the month: one reservation covers one of them and is lost in the other half.
#[test]
fn a_reservation_covers_no_more_at_once_than_was_bought() {
    let half = TWO_INSTANCES.replace("instances:", "schedule: half, instances:");
    let bill = committed(&half, &format!("{R6G}, term: reserved-1yr-no-upfront, count: 1"), "2026-06");
    // Fee 720 × 0.17 = 122.40, of which 360 × 0.17 = 61.20 are lost; 360 × 0.26 = 93.60 on demand.
    costs(&bill, "216.000", "216.000", "61.200");
    meets("on demand", sum(&bill, "database", |c| c.billed), "93.600");
}

/// Processors and memory of the same half of the month share the plan's dollars of those hours; the other half's are lost.
#[test]
fn a_savings_plan_covers_no_more_at_once_than_was_committed() {
    let half = TEN_TASKS.replace("task:", "schedule: half, task:");
    let bill = committed(&half, "term: savings-plan-1yr-no-upfront, start: 2026-01-01, hourly: 0.2 USD", "2026-06");
    // 720 × 0.20 = 144, of which 360 × 0.20 = 72 are lost; 360 × (0.4937 − 0.25) = 87.732 on demand.
    costs(&bill, "231.732", "231.732", "72.000");
    meets("left on demand", sum(&bill, "tasks", |c| c.billed), "87.732");
}

/// A plan paid all upfront: 27% less than on demand, 0.20 × 8,760 = 1,752 once.
#[test]
fn an_upfront_savings_plan_is_billed_once_and_spread_over_its_term() {
    let plan = "term: savings-plan-1yr-all-upfront, start: 2026-06-01, hourly: 0.2 USD";
    // On demand 720 × (0.4937 − 0.20 ÷ 0.73) = 158.20. Effective: with 720 × 0.20 = 144.
    costs(&committed(TEN_TASKS, plan, "2026-06"), "1910.20", "302.20", "0.00");
    // On demand 744 × (0.4937 − 0.20 ÷ 0.73) = 163.48. Effective: with 744 × 0.20 = 148.80.
    costs(&committed(TEN_TASKS, plan, "2026-07"), "163.48", "312.28", "0.00");
}

/// Amazon RDS User Guide, "Reserved DB instances": a Multi-AZ instance has twice the units of a Single-AZ one of its size, so it takes
/// two reservations of Single-AZ. db.m7g.large costs 0.337 Multi-AZ; reserved 0.1297 Single-AZ and 0.2595 Multi-AZ.
#[test]
fn a_multi_az_instance_takes_two_single_az_reservations() {
    let database = "database: {type: rds-postgresql, class: db.m7g.large, multi_az: true, count: 1, storage: 0 GB}";
    let reserved = |kind: &str, count: u32| {
        format!(
            "service: AmazonRDS, usage_type: '{kind}:db.m7g.large', operation: 'CreateDBInstance:0014', term: reserved-1yr-no-upfront, start: 2026-06-01, count: {count}"
        )
    };
    // 720 × 0.1297 = 93.384 cover half of it; 360 × 0.337 = 121.32 are left.
    costs(&committed(database, &reserved("InstanceUsage", 1), "2026-06"), "214.704", "214.704", "0.00");
    // 2 × 720 × 0.1297 cover it.
    costs(&committed(database, &reserved("InstanceUsage", 2), "2026-06"), "186.768", "186.768", "0.00");
    // 720 × 0.2595.
    costs(&committed(database, &reserved("Multi-AZUsage", 1), "2026-06"), "186.840", "186.840", "0.00");
}

/// AWS, "How Savings Plans apply to your usage": the owner's account first. Graviton saves more under the plan (21.2% against 20%),
/// yet the plan of `owner` goes to its own x86 tasks: 0.01 × 744 = 7.44 of their 0.032384 × 744 + 2 × 0.003556 × 744.
#[test]
fn a_savings_plan_covers_its_owner_before_a_higher_saving_elsewhere() {
    let file = |name: &str, text: &str| InputFile { name: format!("scenarios/{name}.yaml"), text: text.to_owned() };
    let web = |name: &str, architecture: &str| {
        format!(
            "environment: {name}\nregion: us-east-1\nresources:\n  web:\n    type: fargate-service\n    \
             task: {{cpu: 1 vCPU, memory: 2 GB, architecture: {architecture}}}\n    tasks: {{min: 1, max: 2, average: 1}}\n"
        )
    };
    let plan = "commitments: [{id: sp, term: savings-plan-1yr-no-upfront, start: 2026-12-01, hourly: 0.01 USD}]\n";
    let files = [
        file("accounts", "payers: {main: {members: [other, owner]}}\n"),
        file("other", &web("other", "arm")),
        file("owner", &(web("owner", "x86") + plan)),
    ];
    let book = PriceBook::embedded().expect("a book");
    let scenarios = scenario::load(&files, &book, &[]).expect("scenarios");
    let basis =
        Basis { month: "2026-12".parse().expect("a month"), hours: HoursBasis::Actual, pooled: true, free_tier: true, failover: None };
    let bill = predict::bill(&scenarios, scenarios.named("owner").expect("owner"), &book, basis).expect("a bill");
    let used = Some(ce_cost::bill::CommitmentStatus::Used);
    let covered: Vec<_> = bill.charges.iter().filter(|c| c.commitment.as_ref().is_some_and(|r| r.status == used)).collect();
    assert!(covered.iter().all(|c| c.environment.as_ref() == "owner"), "{covered:#?}");
    assert_eq!(covered.iter().map(|c| c.effective).sum::<Usd>().to_string(), "7.44");
}

// ── Failover ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// The bill of `test` in December 2026 (744 h) with a standby in us-west-2 that holds these resources.
#[track_caller]
fn taken_over(own: &str, standby: &str, rest: &str, failover: Option<Failover>) -> Bill {
    let standby = scenario("us-west-2", standby, rest).replace("environment: test", "environment: standby\nstandby_of: test");
    let accounts = "payers: {main: {members: [test, standby]}}";
    let file = |name: &str, text: &str| InputFile { name: name.into(), text: text.into() };
    let files = [file("accounts.yaml", accounts), file("test.yaml", &scenario("us-east-1", own, "")), file("standby.yaml", &standby)];
    let scenarios = scenario::load(&files, &BOOK, &[]).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
    let basis = Basis { month: month("2026-12"), hours: HoursBasis::Actual, pooled: true, free_tier: false, failover };
    let environment = scenarios.named("test").expect("the environment `test`");
    predict::bill(&scenarios, environment, &BOOK, basis).unwrap_or_else(|e| panic!("{e}"))
}

const DRILL: Option<Failover> = Some(Failover { hours: Decimal::from_parts(6, 0, 0, false, 0), region_lost: false });
const LOST: Option<Failover> = Some(Failover { hours: Decimal::from_parts(6, 0, 0, false, 0), region_lost: true });

/// Tasks of 1 vCPU and 2 GB: 0.04048 + 2 × 0.004445 = 0.04937 an hour, in both regions.
fn web(average: &str) -> String {
    format!("web: {{type: fargate-service, task: {{cpu: 1 vCPU, memory: 2 GB}}, tasks: {{min: 0, max: 9, average: {average}}}}}")
}

/// Six hours of 2 tasks are 12 task-hours; half a task runs there anyway: 3. 9 × 0.04937 = 0.44433.
#[test]
fn a_drill_adds_what_the_standby_does_not_run_anyway() {
    let bill = taken_over(&web("2"), &web("0.5"), "", DRILL);
    meets("drill", sum(&bill, "failover", |c| c.billed), "0.44433");
    meets("own", sum(&bill.cut("test"), "web", |c| c.billed), "73.46256"); // 2 × 744 × 0.04937: it keeps running
    meets("standby", sum(&bill.cut("standby"), "web", |c| c.billed), "18.36564"); // 0.5 × 744 × 0.04937
    let title = bill.charges.iter().find(|c| c.resource.as_ref() == "failover").map(|c| c.description.to_string());
    assert_eq!(title.as_deref(), Some("Failover drill, 6 h"));
}

/// The same with the region lost: 2 × 738 × 0.04937 are left of its own.
#[test]
fn a_lost_region_uses_nothing_in_these_hours() {
    let bill = taken_over(&web("2"), &web("0.5"), "", LOST);
    meets("failover", sum(&bill, "failover", |c| c.billed), "0.44433");
    meets("own", sum(&bill.cut("test"), "web", |c| c.billed), "72.87012");
}

#[test]
fn a_standby_that_runs_more_than_is_needed_adds_nothing() {
    let bill = taken_over(&web("2"), &web("3"), "", DRILL);
    meets("drill", sum(&bill, "failover", |c| c.billed), "0.00");
}

/// By the hour, request or byte it moves; what is stored stays, what is global points elsewhere, and copies for the standby end.
#[test]
fn only_what_is_metered_in_the_region_moves() {
    let own = "nat: {type: nat-gateway, gateways: 1, processed: 744 GB/month}
               egress: {type: data-transfer, internet_out: 744 GB/month, inter_region: [{to: us-west-2, data: 744 GB/month}, {to: eu-west-1, data: 744 GB/month}]}
               files: {type: s3-bucket, storage: {standard: 1000 GB}, requests: {standard: {writes: 744 k requests/month}}}
               keys: {type: kms-keys, keys: 3}
               cdn: {type: cloudfront, geographies: {us: {out: 100 GB/month, https: 1 M requests/month}}}";
    let bill = taken_over(own, "files: {type: s3-bucket, storage: {standard: 1000 GB}}", "", DRILL);
    let charges: Vec<(&str, String)> =
        bill.charges.iter().filter(|c| c.resource.as_ref() == "failover").map(|c| (c.usage_type.as_ref(), c.billed.to_string())).collect();
    let expected = [
        ("USW2-NatGateway-Hours", "0.27"),       // 6 × 0.045
        ("USW2-NatGateway-Bytes", "0.27"),       // 744 × 6 ÷ 744 × 0.045
        ("USW2-DataTransfer-Out-Bytes", "0.54"), // 6 × 0.09
        ("USW2-EU-AWS-Out-Bytes", "0.12"),       // 6 × 0.02
        ("USW2-Requests-Tier1", "0.03"),         // 6,000 × 0.000005
    ];
    assert_eq!(charges, expected.map(|(usage_type, cost)| (usage_type, cost.to_owned())));
}

/// Tasks of the standby wait for the failover, its answers do not: 20 LCU move to 20 that are used there anyway, 6 × 20 × 0.008.
#[test]
fn what_the_standby_answers_goes_on_beside() {
    let half = "alb: {type: application-load-balancer, balancers: 1, lcu: {average: 20}}
               nat: {type: nat-gateway, gateways: 1, processed: 744 GB/month}";
    let charges = |failover| {
        let bill = taken_over(half, half, "", failover);
        ["USW2-LCUUsage", "USW2-LoadBalancerUsage", "USW2-NatGateway-Bytes"].map(|usage_type| {
            let of = bill.charges.iter().filter(|c| &*c.resource == "failover" && &*c.usage_type == usage_type);
            of.map(|c| c.billed).sum::<Usd>().decimal().normalize().to_string()
        })
    };
    assert_eq!(charges(DRILL), ["0.96", "0", "0.27"]);
    assert_eq!(charges(LOST), ["0.96", "0", "0.27"]);
}

/// A standby that has snapshots alone restores the volume: 744 GB × 6 ÷ 744 × 0.10. One that has the volume does not.
#[test]
fn a_volume_that_is_not_there_is_restored() {
    let own = "database: {type: aurora-postgresql, instances: [{role: writer, class: db.r6g.large}], storage: 744 GB}";
    let restored = |standby: &str| {
        let bill = taken_over(own, standby, "", DRILL);
        bill.charges.iter().filter(|c| &*c.resource == "failover" && c.usage_type.ends_with("StorageUsage")).map(|c| c.billed).sum::<Usd>()
    };
    meets("restored", restored("database: {type: aurora-postgresql, headless: true, snapshots: 744 GB}").decimal(), "0.60");
    meets("there", restored("database: {type: aurora-postgresql, headless: true, storage: 744 GB}").decimal(), "0.00");
}

/// Two instances are needed, one runs there anyway: 6 h more. A second reservation of the standby's, idle until then, covers them.
#[test]
fn a_reservation_of_the_standby_covers_the_failover() {
    let one = "database: {type: aurora-postgresql, instances: [{role: reader, class: db.r6g.large}]}";
    let reserved = |count: u32| {
        format!("commitments:\n  - {{id: bought, {}, term: reserved-1yr-no-upfront, count: {count}}}", R6G.replace("2026-06", "2026-12"))
    };
    let on_demand = taken_over(TWO_INSTANCES, one, &reserved(1), DRILL);
    meets("on demand", sum(&on_demand, "failover", |c| c.billed), "1.560"); // 6 × 0.26
    let covered = taken_over(TWO_INSTANCES, one, &reserved(2), DRILL);
    meets("covered", sum(&covered, "failover", |c| c.billed), "0.00");
    meets("amortized", sum(&covered, "failover", |c| c.effective), "1.020"); // 6 × 0.17
}

#[test]
fn what_the_standby_does_not_carry_waits() {
    let own = format!("{}\n batch: {{type: fargate-task, task: {{cpu: 1 vCPU, memory: 2 GB}}, runs: 744/month, duration: 1 h}}", web("2"));
    let with = taken_over(&own, &web("0.5"), "", DRILL);
    meets("everything", sum(&with, "failover", |c| c.billed), "0.74055"); // 9 + 6 task-hours
    let without = taken_over(&own, &web("0.5"), "does_not_carry: [batch]", DRILL);
    meets("without", sum(&without, "failover", |c| c.billed), "0.44433");
}

// ── Deployments ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Published of blue/green deployments with an hour's bake: daily +4.2%, back to back +100%. 1 hour of 24; 1 of 1.
#[test]
fn an_hour_of_two_fleets_costs_its_share_of_the_time() {
    let deployed = |runs: &str| {
        format!(
            "{}\nweb-deployments: {{type: fargate-deployments, of: web, deployments: [{{type: blue-green, runs: {runs}, start: 0 s, \
             health: 0 s, bake: 1 h, drain: 0 s}}]}}",
            web("8")
        )
    };
    let added = |runs: &str| {
        let bill = bill_of(&[("test.yaml", &scenario("us-east-1", &deployed(runs), ""))], "2026-12", HoursBasis::Actual, true);
        let of = |resource| sum(&bill, resource, |c| c.billed);
        percent(of("web"), of("web") + of("web-deployments"), 1)
    };
    assert_eq!(added("1/day"), d("4.2"));
    assert_eq!(added("1/h"), d("100.0"));
}

/// 20 rolling deployments of 8 tasks: 8 × (60 + 150 + 300) s × 20 ÷ 3,600 = 22.667 task-hours × 0.04937, whatever the batches. A
/// quarter of them on Spot as the service's own: `of` takes what the service says.
#[test]
fn deployments_take_size_number_and_spot_from_their_service() {
    let service = web("8").replace("tasks:", "spot: 25%, tasks:");
    let deployed = format!("{service}\nx: {{type: fargate-deployments, of: web, deployments: [{{type: rolling, runs: 20/month}}]}}");
    let bill = bill_of(&[("test.yaml", &scenario("us-east-1", &deployed, ""))], "2026-12", HoursBasis::Actual, true);
    // 22.667 × 0.75 × 0.04937 = 0.8393
    let on_demand = sum(&bill, "x/USE1-Fargate-vCPU-Hours:perCPU", |c| c.billed) + sum(&bill, "x/USE1-Fargate-GB-Hours", |c| c.billed);
    meets("on demand", on_demand, "0.84");
    let spot = bill.charges.iter().find(|c| c.resource.as_ref() == "x" && c.usage_type.contains("Spot")).expect("a part on Spot");
    assert_eq!(rounded(spot.quantity, 3), d("5.667"));
}

// ── Credits ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// The bill of the payer of `test`, with what its account says beside its members. Ten tasks cost 10 × 0.04937 = 0.4937 an hour:
/// 355.464 in June (720 h), 367.3128 in July.
#[track_caller]
fn credited(of_payer: &str, resources: &str, month: &str) -> Bill {
    let accounts = format!("payers:\n  main:\n    members: [test, other]\n{of_payer}");
    let text = scenario("us-east-1", resources, "");
    let other = scenario("us-east-1", "", "").replace("environment: test", "environment: other");
    bill_of(&[("accounts.yaml", &accounts), ("test.yaml", &text), ("other.yaml", &other)], month, HoursBasis::Actual, false)
}

/// What a credit paid: its rows, above zero.
fn paid(bill: &Bill, name: &str) -> Decimal {
    -sum(bill, &format!("credits/{name}"), |c| c.billed)
}

#[test]
fn a_credit_pays_month_after_month_until_it_is_used_up() {
    let credit = "    credits: [{name: promotion, balance: 500 USD, from: 2026-06-01}]";
    let of = |month| credited(credit, TEN_TASKS, month);
    assert_eq!(paid(&of("2026-05"), "promotion"), d("0"));
    assert_eq!(paid(&of("2026-06"), "promotion"), d("355.464"));
    assert_eq!(paid(&of("2026-07"), "promotion"), d("144.536")); // 500 − 355.464
    assert_eq!(paid(&of("2026-08"), "promotion"), d("0"));
    let july = of("2026-07");
    assert_eq!(july.total().decimal(), d("222.7768")); // 367.3128 − 144.536
    let row = july.charges.iter().find(|c| c.resource.as_ref() == "credits").expect("a row");
    assert_eq!((row.category, row.list), (ce_cost::bill::Category::Credit, Usd::ZERO));
    assert_eq!(row.description, "144.54 before, 144.54 taken, 0.00 left");
}

/// 15 of June's 30 days: 355.464 ÷ 2. What is left on the last day is lost.
#[test]
fn a_credit_pays_the_days_from_its_first_to_its_last() {
    let credit = "    credits: [{name: promotion, balance: 500 USD, from: 2026-05-01, expires: 2026-06-15}]";
    // May has 744 h: 367.3128, and 132.6872 are left.
    assert_eq!(paid(&credited(credit, TEN_TASKS, "2026-06"), "promotion"), d("132.6872"));
    let larger = credit.replace("500 USD", "5000 USD");
    assert_eq!(paid(&credited(&larger, TEN_TASKS, "2026-06"), "promotion"), d("177.732"));
    assert_eq!(paid(&credited(&larger, TEN_TASKS, "2026-07"), "promotion"), d("0"));
}

/// AWS Billing user guide, "Applying AWS credits": the one that expires first, then the one on the fewest services, then the oldest.
#[test]
fn the_credit_that_expires_first_goes_first_then_the_one_on_fewest_services() {
    let credits = "    credits:
      - {name: any, balance: 300 USD, from: 2026-06-01, expires: 2026-12-31}
      - {name: containers, balance: 300 USD, from: 2026-06-01, expires: 2026-12-31, on: [AmazonECS]}
      - {name: endless, balance: 300 USD, from: 2026-06-01}
      - {name: soon, balance: 40 USD, from: 2026-06-01, expires: 2026-06-30}";
    let bill = credited(credits, TEN_TASKS, "2026-06");
    // 40, then 300, then what is left of 355.464.
    let of = ["soon", "containers", "any", "endless"].map(|name| paid(&bill, name));
    assert_eq!(of, [d("40"), d("300"), d("15.464"), d("0")]);
    assert_eq!(bill.total(), Usd::ZERO);
}

/// Support is on 355.464 (the least, 100), tax on 255.464 of usage and 100 of support. Support and subscriptions are not paid unless
/// the credit names them.
#[test]
fn a_credit_comes_after_support_and_before_tax() {
    let payer = |on: &str| {
        format!(
            "    credits: [{{name: promotion, balance: 100 USD, from: 2026-06-01{on}}}]
    support: {{plan: business}}
    tax: {{name: VAT, rate: 10%}}"
        )
    };
    let bill = credited(&payer(""), TEN_TASKS, "2026-06");
    assert_eq!(sum(&bill, "support", |c| c.billed), d("100"));
    assert_eq!(sum(&bill, "tax", |c| c.billed), d("35.5464"));
    assert_eq!(bill.total().decimal(), d("391.0104")); // 355.464 + 100 − 100 + 35.5464
    let bought = "bought: {type: known-charge, service: AWSMarketplace, description: subscription, amount: 700 USD}";
    assert_eq!(paid(&credited(&payer(""), bought, "2026-06"), "promotion"), d("0"));
    assert_eq!(paid(&credited(&payer(", on: [AWSSupport]"), bought, "2026-06"), "promotion"), d("100"));
    assert_eq!(paid(&credited(&payer(", on: [AmazonRDS]"), TEN_TASKS, "2026-06"), "promotion"), d("0"));
}

#[test]
fn a_credit_pays_the_monthly_fee_of_a_commitment_and_no_upfront_fee() {
    let with = |term: &str| {
        let rest = format!("commitments:\n  - {{id: bought, {R6G}, term: {term}, count: 2}}");
        let text = scenario("us-east-1", TWO_INSTANCES, &rest);
        let accounts = "payers: {main: {members: [test], credits: [{name: promotion, balance: 9000 USD, from: 2026-06-01}]}}";
        bill_of(&[("accounts.yaml", accounts), ("test.yaml", &text)], "2026-06", HoursBasis::Actual, false)
    };
    assert_eq!(paid(&with("reserved-1yr-no-upfront"), "promotion"), d("244.8")); // 2 × 720 × 0.17
    assert_eq!(paid(&with("reserved-1yr-all-upfront"), "promotion"), d("0"));
}

/// One task here, three there: a quarter of 100 USD, and three.
#[test]
fn environments_share_a_credit_as_they_share_its_charges() {
    let accounts = "payers: {main: {members: [test, other], credits: [{name: promotion, balance: 100 USD, from: 2026-06-01}]}}";
    let other = scenario("us-east-1", &web("3"), "").replace("environment: test", "environment: other");
    let files = [("accounts.yaml", accounts), ("test.yaml", &scenario("us-east-1", &web("1"), "")), ("other.yaml", &other)];
    let bill = bill_of(&files, "2026-06", HoursBasis::Actual, false);
    assert_eq!((paid(&bill.cut("test"), "promotion"), paid(&bill.cut("other"), "promotion")), (d("25"), d("75")));
}

// ── Discounts ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Billed, by line item type.
fn of_type(bill: &Bill, item: &LineItem) -> Decimal {
    bill.charges.iter().filter(|c| c.line_item == *item).map(|c| c.billed).sum::<Usd>().decimal()
}

#[test]
fn a_discount_is_a_row_behind_each_charge_that_it_is_off() {
    let bill = credited("    discounts: [{name: agreement, rate: {value: 10%, from: assumed}}]", TEN_TASKS, "2026-06");
    assert_eq!(bill.total().decimal(), d("319.9176")); // 355.464 × 0.9
    let pairs: Vec<&[Charge]> = bill.charges.chunks(2).collect();
    assert_eq!(pairs.len(), 2);
    for pair in pairs {
        let [charge, off] = pair else { panic!("a charge and its discount") };
        assert_eq!((&off.line_item, off.category, off.list), (&LineItem::EdpDiscount, ce_cost::bill::Category::Adjustment, Usd::ZERO));
        assert_eq!((&off.resource, &off.usage_type, off.quantity), (&charge.resource, &charge.usage_type, Decimal::ZERO));
        assert_eq!((off.billed, off.effective), (-charge.billed.share(d("0.1")), -charge.effective.share(d("0.1"))));
        assert_eq!((off.description.as_ref(), off.factors.len()), ("agreement", 2));
        assert_eq!(off.factors[1].from, Some(ce_cost::scenario::driver::Provenance::Assumed));
    }
}

/// An agreement's own rate for a service takes the place of the one across services: 25% off tasks, 10% off instances.
#[test]
fn a_discount_that_names_a_service_takes_the_place_of_one_that_names_none() {
    let both = "    discounts: [{name: across, rate: 10%}, {name: containers, rate: 25%, on: [AmazonECS]}]";
    let bill = credited(both, &format!("{TEN_TASKS}\n  {TWO_INSTANCES}"), "2026-06");
    assert_eq!(of_type(&bill, &LineItem::PrivateRateDiscount), d("-88.866")); // 355.464 ÷ 4
    let databases =
        bill.charges.iter().filter(|c| c.service == "AmazonRDS" && c.line_item == LineItem::Usage).map(|c| c.billed).sum::<Usd>();
    assert_eq!(of_type(&bill, &LineItem::EdpDiscount), -databases.share(d("0.1")).decimal());
    assert!(databases > Usd::ZERO);
}

/// The first half of June at 5%, the second at 10% of ECS's own, July at neither but the one that names none: 1%.
#[test]
fn discounts_hold_on_their_days() {
    let of = |month| {
        let discounts = "    discounts:
      - {name: first, rate: 5%, on: [AmazonECS], expires: 2026-06-15}
      - {name: second, rate: 10%, on: [AmazonECS], from: 2026-06-16, expires: 2026-06-30}
      - {name: across, rate: 1%}";
        credited(discounts, TEN_TASKS, month)
    };
    // 355.464 × (5% + 10%) ÷ 2; both tasks' charges are even numbers of 1e-10, so that halves are exact.
    assert_eq!(of_type(&of("2026-06"), &LineItem::PrivateRateDiscount), d("-26.6598"));
    assert_eq!(of_type(&of("2026-06"), &LineItem::EdpDiscount), d("0"));
    assert_eq!(of_type(&of("2026-07"), &LineItem::EdpDiscount), d("-3.673128"));
}

/// Support is on 355.464 (the least, 100), the credit pays what is left of the tasks, tax is on what is left of both.
#[test]
fn support_is_on_charges_before_discounts_credits_and_tax_on_those_after() {
    let payer = |credit: &str, more: &str| {
        let rest = "support: {plan: business}, tax: {name: VAT, rate: 10%}";
        let accounts = format!("members: [test], credits: [{{name: promotion, balance: {credit} USD, from: 2026-06-01}}], {rest}");
        let accounts = format!("payers: {{main: {{{accounts}, discounts: [{{name: agreement, rate: 10%}}{more}]}}}}");
        let text = scenario("us-east-1", TEN_TASKS, "");
        bill_of(&[("accounts.yaml", &accounts), ("test.yaml", &text)], "2026-06", HoursBasis::Actual, false)
    };
    let bill = payer("100", "");
    assert_eq!(sum(&bill, "support", |c| c.billed), d("100"));
    assert_eq!(sum(&bill, "tax", |c| c.billed), d("31.99176")); // 10% of 319.9176 − 100 + 100
    assert_eq!(bill.total().decimal(), d("351.90936"));
    assert_eq!(paid(&payer("5000", ""), "promotion"), d("319.9176"));
    // Where support is named, it is discounted as well, and so is its tax.
    let named = payer("100", ", {name: support, rate: 20%, on: [AWSSupport]}");
    assert_eq!((sum(&named, "support", |c| c.billed), sum(&named, "tax", |c| c.billed)), (d("80"), d("29.99176")));
}

/// What a plan covers is paid with the plan: 0.20 an hour × 720 = 144 of fees, 355.464 − 180 of tasks on demand.
#[test]
fn a_discount_is_on_the_fees_of_commitments_and_not_on_what_they_cover() {
    let with = |discount: &str, payment: &str| {
        let plan = format!("commitments: [{{id: sp, term: savings-plan-1yr-{payment}, start: 2026-06-01, hourly: 0.2 USD}}]");
        let accounts = format!("payers: {{main: {{members: [test], discounts: [{discount}]}}}}");
        bill_of(
            &[("accounts.yaml", &accounts), ("test.yaml", &scenario("us-east-1", TEN_TASKS, &plan))],
            "2026-06",
            HoursBasis::Actual,
            false,
        )
    };
    let off =
        |bill: &Bill, of: fn(&Charge) -> Usd| bill.charges.iter().filter(|c| c.line_item.is_discount()).map(of).sum::<Usd>().decimal();
    let each = |discount: &str| {
        let bill = with(discount, "no-upfront");
        (off(&bill, |c| c.billed), off(&bill, |c| c.effective))
    };
    assert_eq!(each("{name: all, rate: 10%}"), (d("-31.9464"), d("-31.9464"))); // 10% of 144 + 175.464
    assert_eq!(each("{name: fees, rate: 10%, on: [ComputeSavingsPlans]}"), (d("-14.4"), d("-14.4")));
    assert_eq!(each("{name: tasks, rate: 10%, on: [AmazonECS]}"), (d("-17.5464"), d("-17.5464")));
    // Paid at the start, it is spread like the fee.
    let upfront = with("{name: fees, rate: 10%, on: [ComputeSavingsPlans]}", "all-upfront");
    assert_eq!((off(&upfront, |c| c.billed), off(&upfront, |c| c.effective)), (d("-175.2"), d("-14.4"))); // 10% of 0.2 × 8,760; × 720
}

/// Others' bills, credits and subscriptions are as they are, unless a discount names who sells them.
#[test]
fn what_aws_does_not_charge_by_use_is_discounted_where_it_is_named() {
    let charges = "bought: {type: known-charge, service: AWSMarketplace, description: subscription, amount: 700 USD}
  domain: {type: known-charge, service: AmazonRoute53, description: a name for a year, amount: 50 USD}
  elsewhere: {type: known-charge, service: Datadog, description: monitoring, amount: 90 USD, outside_aws: true}";
    let total = |discount: &str| credited(&format!("    discounts: [{discount}]"), charges, "2026-06").total().decimal();
    assert_eq!(total("{name: all, rate: 10%}"), d("840"));
    assert_eq!(total("{name: names, rate: 10%, on: [AmazonRoute53]}"), d("835"));
}

/// A discount from the 16th on: of a month's fees half of June's days; of a plan that starts with it, all; nothing of a fee that was paid
/// before, in any month; of one that was paid while it held, in every month over which that is spread.
#[test]
fn what_is_paid_at_the_start_is_discounted_as_on_its_day() {
    let off = |discount: &str, payment: &str, start: &str, month: &str| {
        let plan = format!("commitments: [{{id: sp, term: savings-plan-1yr-{payment}, start: {start}, hourly: 0.2 USD}}]");
        let accounts =
            format!("payers: {{main: {{members: [test], discounts: [{{name: fees, rate: 10%, on: [ComputeSavingsPlans], {discount}}}]}}}}");
        let files = [("accounts.yaml", accounts.as_str()), ("test.yaml", &scenario("us-east-1", TEN_TASKS, &plan))];
        let bill = bill_of(&files, month, HoursBasis::Actual, false);
        let of = |of: fn(&Charge) -> Usd| bill.charges.iter().filter(|c| c.line_item.is_discount()).map(of).sum::<Usd>().decimal();
        (of(|c| c.billed), of(|c| c.effective))
    };
    let (from, until) = ("from: 2026-06-16", "expires: 2026-06-30");
    assert_eq!(off(from, "no-upfront", "2026-06-01", "2026-06"), (d("-7.2"), d("-7.2"))); // 10% of 144 ÷ 2
    assert_eq!(off(from, "no-upfront", "2026-06-16", "2026-06"), (d("-7.2"), d("-7.2"))); // 10% of 72
    assert_eq!(off(from, "all-upfront", "2026-06-01", "2026-06"), (d("0"), d("0")));
    assert_eq!(off(from, "all-upfront", "2026-06-01", "2026-07"), (d("0"), d("0")));
    assert_eq!(off(until, "all-upfront", "2026-06-01", "2026-06"), (d("-175.2"), d("-14.4")));
    assert_eq!(off(until, "all-upfront", "2026-06-01", "2026-07"), (d("0"), d("-14.88"))); // 10% of 0.2 × 744
    assert_eq!(off(until, "no-upfront", "2026-06-01", "2026-07"), (d("0"), d("0")));
}

/// Over the term as much is taken off what is spread as off what is paid, though the discount ends in the fifth month.
#[test]
fn discounts_of_a_partly_prepaid_reservation_add_up_over_its_term() {
    let rest = format!("commitments:\n  - {{id: bought, {R6G}, term: reserved-1yr-partial-upfront, count: 2}}");
    let accounts = "payers: {main: {members: [test], discounts: [{name: all, rate: 10%, on: [AmazonRDS], expires: 2026-10-10}]}}";
    let text = scenario("us-east-1", TWO_INSTANCES, &rest);
    let (mut billed, mut effective) = (Usd::ZERO, Usd::ZERO);
    for n in 0..12 {
        let month = Month::from_str("2026-06").expect("a month").plus(n).to_string();
        let bill = bill_of(&[("accounts.yaml", accounts), ("test.yaml", &text)], &month, HoursBasis::Actual, false);
        let own = |c: &&Charge| c.line_item.is_discount() && c.commitment.is_some();
        billed += bill.charges.iter().filter(own).map(|c| c.billed).sum();
        effective += bill.charges.iter().filter(own).map(|c| c.effective).sum();
    }
    assert!(billed < Usd::new(d("-100")) && (billed - effective).abs() < Usd::new(d("0.001")), "{billed} against {effective}");
}
