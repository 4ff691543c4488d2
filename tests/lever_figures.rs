//! Every shipped lever whose saving follows from list prices in a line or two, reckoned by hand: December 2026 with its 744 hours, before
//! support and tax, and without monthly allowances, which environments share. The figures are AWS's list prices and the
//! quantities of the scenario files, never what the program printed.

mod world;

use ce_cost::month::HoursBasis;
use ce_cost::predict::Basis;
use ce_cost::savings::analysis::{Out, acting};
use ce_cost::savings::ground::{Ground, Others};
use ce_cost::scenario::Scenario;
use ce_cost::scenario::patch::changes;
use rust_decimal::Decimal;
use world::World;

fn d(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

/// A product of factors written as text: `"4 × 744 × 0.0412"`.
fn times(text: &str) -> Decimal {
    text.split(" × ").map(d).product()
}

/// A sum of such products, with signs: `"6502 × 0.2 - 2 × 744 × 0.078"`.
fn by_hand(text: &str) -> Decimal {
    let signed = text.replace(" - ", " + -");
    signed.split(" + ").map(|term| term.strip_prefix('-').map_or_else(|| times(term), |term| -times(term))).sum()
}

impl World {
    /// What one lever saves on an environment's charges, by itself; the message where it cannot be priced.
    fn saves(&self, scenario: &Scenario, id: &str) -> Result<Decimal, String> {
        let month = "2026-12".parse().expect("a month");
        let basis = Basis { month, hours: HoursBasis::Actual, pooled: true, free_tier: false, failover: None };
        let World { book, scenarios, levers: all } = self;
        let others = Others::new(scenarios, scenario, book, basis).expect("a bill");
        let (levers, _) = acting(all, scenario);
        let lever = levers.iter().position(|l| l.id == id).unwrap_or_else(|| panic!("{id} does not act on {}", scenario.name));
        let ground = Ground { others: &others, scenarios, scenario, book, basis, levers: &levers, sources: &all.sources };
        let cost = |set| ground.worth(set).map(|worth| worth.charges.decimal()).map_err(|why| why.first());
        Ok(cost(0)? - cost(1 << lever)?)
    }
}

/// Environment, lever, and what it saves: quantity × difference of list prices. In all of them tasks cost 0.04048 a vCPU-hour and 0.004445 a
/// GB-hour, 0.04937 for a vCPU with its 2 GB; on ARM 0.03238 and 0.00356, 0.0395.
const FIGURES: &[(&str, &str, &str)] = &[
    // I/O requests at 0.20 a million against instances at 0.338 instead of 0.26 and storage at 0.225 instead of 0.10.
    ("prod", "aurora-io-optimized", "6502 × 0.2 - 2 × 744 × 0.078 - 1200 × 0.125"),
    // Replicated writes go on being billed.
    ("dr", "aurora-io-optimized", "-744 × 0.078 - 1200 × 0.125"),
    // Two instances at 0.26, and 0.17 reserved; a year of 8,760 hours for 1,240 at once.
    ("prod", "aurora-reserved", "2 × 744 × 0.26 - 2 × 744 × 0.17"),
    ("prod", "aurora-reserved-all-upfront", "2 × 744 × 0.26 - 2 × 744 × 0.141552511416"),
    ("dev", "aurora-reserved", "744 × 0.082 - 744 × 0.064"),
    ("prod", "aurora-generation-8", "2 × 744 × 0.26 - 2 × 744 × 0.276"),
    // Two instances against two of 2.5 ACUs at 0.12.
    ("prod", "aurora-serverless", "2 × 744 × 0.26 - 2 × 2.5 × 744 × 0.12"),
    ("staging", "aurora-serverless", "2 × 744 × 0.164 - 2 × 0.8 × 744 × 0.12"),
    ("dev", "aurora-serverless", "744 × 0.082 - 0.3 × 744 × 0.12"),
    // Nodes at 0.206, 0.141 reserved, 1,146 for a year; 0.1648 on Valkey, 0.1752 on Valkey in generation 7; t3.micro 0.017 and 0.0136.
    ("prod", "cache-reserved", "4 × 744 × 0.206 - 4 × 744 × 0.141"),
    ("prod", "cache-reserved-all-upfront", "4 × 744 × 0.206 - 4 × 744 × 0.130821917808"),
    ("dev", "cache-reserved", "744 × 0.017 - 744 × 0.012"),
    ("prod", "valkey", "4 × 744 × 0.206 - 4 × 744 × 0.1648"),
    ("staging", "valkey", "2 × 744 × 0.206 - 2 × 744 × 0.1648"),
    ("dev", "valkey", "744 × 0.017 - 744 × 0.0136"),
    ("prod", "cache-generation-7", "4 × 744 × 0.206 - 4 × 744 × 0.1752"),
    // dr: 2.08 × 4 + 2.08 × 2 + 1.04 × 2 + 1 = 15.56 vCPU.
    ("dr", "graviton", "15.56 × 744 × 0.04937 - 15.56 × 744 × 0.0395"),
    // dev: 3.2844 × 4 + 2 + 2 + 1 = 18.1376 vCPU, with 36.2752 GB.
    // December has 23 working days of 12 hours: off in 744 - 276 = 468.
    ("dev", "off-hours", "18.1376 × 468 × 0.04937"),
    ("dev", "database-off-hours", "468 × 0.082"),
    ("staging", "database-off-hours", "2 × 468 × 0.164"),
    // A gateway at 0.045 an hour and its address at 0.005, less 75 GB between zones at 0.01 on each side.
    ("staging", "single-nat", "744 × 0.045 + 744 × 0.005 - 75 × 0.02"),
    // 121.39 GB of logs at 0.045 against an endpoint in three zones at 0.01 an hour and the same bytes at 0.01.
    ("prod", "nat-endpoints", "121.39 × 0.045 - 3 × 744 × 0.01 - 121.39 × 0.01"),
    ("prod", "endpoints-through-nat", "9 × 744 × 0.01 + 200 × 0.01 - 200 × 0.045"),
    ("dev", "endpoints-through-nat", "3 × 744 × 0.01 + 20 × 0.01 - 20 × 0.045"),
    // The shares of gateway endpoints and of idle addresses are nothing in the files.
    ("prod", "gateway-endpoint", "0"),
    ("prod", "idle-ipv4", "0"),
    // Stored logs at 0.03; ingested ones at 0.50 and 0.25; traces at 5 a million.
    ("prod", "log-retention", "50 × 0.03 × 0.66666667 + 18 × 0.03 × 0.66666667"),
    ("prod", "log-class", "0.6 × 121.39 × 0.5 - 0.6 × 121.39 × 0.25"),
    ("prod", "trace-sampling", "100.95 × 0.05 × 5"),
    ("staging", "trace-sampling", "5 × 0.05 × 5"),
    // 1,000 GB at 0.023, then by class at 0.023, 0.0125 and 0.004; 1,000 × 512 objects of 2 MB watched at 2.50 a million.
    ("staging", "s3-intelligent-tiering", "1000 × 0.023 - 350 × 0.023 - 250 × 0.0125 - 400 × 0.004 - 0.512 × 2.5"),
    // Moves of 128 k objects at 10 a million and 64 k at 20; 20 GB read at 0.01.
    ("staging", "s3-lifecycle", "1000 × 0.023 - 250 × 0.023 - 250 × 0.0125 - 500 × 0.004 - 0.128 × 10 - 0.064 × 20 - 20 × 0.01"),
    // Bytes at 0.085, requests at 1.00 a million; web ACL, five rules and 50 M requests at 0.60; 20 M queries at 0.40 and a zone, against 200 less 1 TB of S3.
    ("prod", "cloudfront-plan", "2261.6 × 0.085 + 50 + 5 + 5 + 50 × 0.6 + 20 × 0.4 + 0.5 - 200 + 23.55"),
    // Copies at 0.02 a GB.
    ("prod", "weekly-copies", "36000 × 0.02 × 0.85714286"),
    // A task of 1 vCPU against 670 k seconds of 1.73 GB, and as many requests at 0.20 a million.
    ("prod", "lambda-batch", "744 × 0.04937 - 670000 × 1.73 × 0.0000133334 - 0.67 × 0.2"),
];

/// What an environment stores, sends and writes, so many times as much; its levers, and what they save then: `N` stands for how many times.
const SCALED: &[(&str, &str, &str)] = &[
    // Uploads by class at 0.023, 0.0125 and 0.004, assets at 0.023 and 0.0125; an object has 2 and 1.5 MB, and costs 2.50 a million to watch.
    (
        "prod",
        "s3-intelligent-tiering",
        "N × 3704.3 × 0.25 × 0.0105 + N × 3704.3 × 0.4 × 0.019 + N × 2934.8 × 0.3 × 0.0105 - N × 3704.3 × 512 × 0.0000025 - N × 2934.8 × 682.6666667 × 0.0000025",
    ),
    // A quarter moves at 10 a million objects and an eighth at 20; 5% and 2.5% of all are read at 0.01 and 0.03.
    (
        "prod",
        "s3-lifecycle",
        "N × 3704.3 × 0.25 × 0.0105 + N × 3704.3 × 0.5 × 0.019 - N × 3704.3 × 128 × 0.00001 - N × 3704.3 × 64 × 0.00002 - N × 3704.3 × 0.05 × 0.01 - N × 3704.3 × 0.025 × 0.03",
    ),
    ("prod", "log-class", "N × 121.39 × 0.6 × 0.25"),
    ("prod", "log-retention", "N × 68 × 0.03 × 0.66666667"),
    ("prod", "nat-endpoints", "N × 121.39 × 0.035 - 3 × 744 × 0.01"),
    ("prod", "endpoints-through-nat", "9 × 744 × 0.01 - N × 200 × 0.035"),
    ("prod", "weekly-copies", "N × 36000 × 0.02 × 0.85714286"),
    ("staging", "single-nat", "744 × 0.05 - N × 75 × 0.02"),
];

/// Numbers of a lever follow those of the scenario, or the lever does not apply.
#[test]
fn levers_follow_the_quantities_of_the_scenario() {
    let world = World::new();
    let paths = "uploads.storage.standard assets.storage.standard cloudwatch.logs.ingested cloudwatch.logs.stored flow-logs.logs.stored nat.processed endpoints.processed cross-zone.cross_az cdn.geographies.us.out cdn.geographies.us.https agent.tasks.average workflow.tasks.average";
    for (change, times) in [("+300%", "4"), ("-75%", "0.25")] {
        let scaled = |environment: &str, more: &str| {
            let scenario = world.scenarios.named(environment).expect("an environment");
            let all: Vec<String> = paths.split(' ').chain(more.split_terminator(' ')).map(|path| format!("{path}={change}")).collect();
            let patches = changes(
                environment,
                &format!("{},agent.tasks.max=40,workflow.tasks.max=40,agent.tasks.min=0,workflow.tasks.min=0", all.join(",")),
            );
            let changed = world.scenarios.changed(scenario, &patches.expect("changes"), &world.book, &world.levers.sources);
            changed.unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)))
        };
        let (prod, staging) = (scaled("prod", "database-copies.inter_region.0.data"), scaled("staging", ""));
        for (environment, id, arithmetic) in SCALED {
            let scenario = if *environment == "prod" { &prod } else { &staging };
            let wanted = by_hand(&arithmetic.replace('N', times)).round_dp(2);
            assert_eq!(world.saves(scenario, id).map(|s| s.round_dp(2)), Ok(wanted), "{id}, {times} times: {arithmetic}");
        }
        let (_, others) = acting(&world.levers, &prod);
        for id in ["cloudfront-plan", "multi-cloud", "lambda-batch"] {
            let why = others.iter().find(|(lever, _)| lever.id == id).map(|(_, why)| why);
            assert!(matches!(why, Some(Out::Misfit(_))), "{id}, {times} times: {why:?}");
        }
    }
}

/// What is written for other numbers than the files hold would never be seen.
#[test]
fn levers_fit_the_environments_for_which_they_were_written() {
    let world = World::new();
    for scenario in &world.scenarios.all {
        for lever in world.levers.list.iter().filter(|l| l.names(scenario)) {
            assert_eq!(lever.misfit(scenario), None, "{} in {}", lever.id, scenario.name);
        }
    }
}

#[test]
fn levers_save_what_list_prices_say() {
    let world = World::new();
    let mut wrong = Vec::new();
    for (environment, id, arithmetic) in FIGURES {
        let scenario = world.scenarios.named(environment).expect("an environment");
        let (found, wanted) = (world.saves(scenario, id).map(|s| s.round_dp(2)), by_hand(arithmetic).round_dp(2));
        if found != Ok(wanted) {
            wrong.push(format!("{id} in {environment}: {arithmetic} = {wanted}, found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Spot takes a vCPU-hour from 0.04048 to 0.01288871 and a GB-hour from 0.004445 to 0.00141527. Deployments run as many tasks, and where,
/// as their service does, and are left out here. prod: 60% of 4.162 agents of 2 vCPU and half of 4 workflow tasks are 6.9944 vCPU with 13.9888 GB.
#[test]
fn what_deployments_follow_is_reckoned_without_them() {
    let world = World::new();
    for (environment, id, arithmetic) in [
        ("prod", "spot-background", "6.9944 × 744 × 0.02759129 + 13.9888 × 744 × 0.00302973"),
        // Half of 4.162 agents of 2 vCPU, against another provider and 400 GB through NAT and out.
        ("prod", "multi-cloud", "2.081 × 2 × 744 × 0.04937 - 130 - 12 - 400 × 0.045 - 400 × 0.09"),
        ("dev", "spot-development", "18.1376 × 744 × 0.02759129 + 36.2752 × 744 × 0.00302973"),
    ] {
        let scenario = world.scenarios.named(environment).expect("an environment");
        let none = changes(environment, "core-deployments=null,auth-deployments=null,agent-deployments=null").expect("changes");
        let sources = &world.levers.sources;
        let still =
            world.scenarios.changed(scenario, &none, &world.book, sources).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
        assert_eq!(world.saves(&still, id).map(|s| s.round_dp(2)), Ok(by_hand(arithmetic).round_dp(2)), "{id} in {environment}");
    }
}

/// 40% of 381.11 GB at 0.045, and two addresses at 0.005 an hour, where somebody has found them.
#[test]
fn what_was_measured_is_what_endpoints_and_addresses_save() {
    let world = World::new();
    let prod = world.scenarios.named("prod").expect("prod");
    let found = changes("prod", "nat.to_s3_and_dynamodb=40%,addresses.idle=2").expect("changes");
    let sources = &world.levers.sources;
    let changed = world.scenarios.changed(prod, &found, &world.book, sources).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
    assert_eq!(world.saves(&changed, "gateway-endpoint").map(|s| s.round_dp(4)), Ok(by_hand("381.11 × 0.4 × 0.045").round_dp(4)));
    assert_eq!(world.saves(&changed, "idle-ipv4"), Ok(by_hand("2 × 744 × 0.005")));
}

/// The book has no rate of a Compute Savings Plan for ARM in us-west-2: with Graviton the plan has no price there, rather than a wrong one.
#[test]
fn a_plan_without_a_rate_cannot_be_priced() {
    let world = World::new();
    let dr = world.scenarios.named("dr").expect("dr");
    let arm = changes("dr", "core.task.architecture=arm").expect("a change");
    let sources = &world.levers.sources;
    let changed = world.scenarios.changed(dr, &arm, &world.book, sources).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
    assert!(world.saves(dr, "compute-savings-plan").is_ok_and(|saved| saved > Decimal::ZERO));
    let why = world.saves(&changed, "compute-savings-plan").expect_err("no price");
    assert!(
        why.starts_with("no rate of a Compute Savings Plan") && why.ends_with("in us-west-2, only in other regions or at other terms"),
        "{why}"
    );
}
