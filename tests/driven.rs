//! Environments whose usage follows their traffic: by hand where it can be, and the same whoever computes it.
#![allow(clippy::float_arithmetic, reason = "bands are statistics")]

mod built_in;

use ce_cost::bill::Bill;
use ce_cost::forecast::paths::Drawing;
use ce_cost::forecast::{self, Cut, Forecast};
use ce_cost::month::HoursBasis;
use ce_cost::predict::{self, Basis};
use ce_cost::pricing::PriceBook;
use ce_cost::scenario::patch::{self, Patch};
use ce_cost::scenario::{self, InputFile, Scenarios};

fn book() -> PriceBook {
    PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)))
}

fn load(text: &str, patches: &[Patch]) -> Scenarios {
    let text = format!("environment: shop\nregion: us-east-1\n{}", text.trim_start_matches('\n'));
    let files = [InputFile { name: "shop.yaml".into(), text }];
    scenario::load(&files, &book(), patches).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)))
}

fn basis(month: &str) -> Basis {
    Basis { month: month.parse().expect("a month"), hours: HoursBasis::Actual, pooled: true, free_tier: true, failover: None }
}

fn bill(scenarios: &Scenarios, month: &str) -> Bill {
    predict::bill(scenarios, scenarios.named("shop").expect("shop"), &book(), basis(month)).unwrap_or_else(|e| panic!("{e}"))
}

/// The quantity of a usage type, as text.
fn quantity(bill: &Bill, usage_type: &str) -> String {
    let charge = bill.charges.iter().find(|c| *c.usage_type == *usage_type).unwrap_or_else(|| panic!("no {usage_type}"));
    charge.quantity.normalize().to_string()
}

fn forecast(scenarios: &Scenarios, environment: &str, months: u32, drawing: Drawing) -> Forecast {
    let cut = Cut { by: Default::default(), planned_only: false, as_of: "2026-11-25".into(), drawing };
    let own = scenarios.named(environment).expect("the environment");
    forecast::forecast(scenarios, own, &book(), basis("2026-12"), months, &cut).unwrap_or_else(|e| panic!("{e}")).0
}

const EVEN: &str = "
workload: {requests: {level: 10/s}}
resources:
  nat: {type: nat-gateway, gateways: 1, processed: 20 KB/request}
  traces: {type: x-ray, requests: 1/request, sampling: 10%}
";

/// 10/s × 3,600 × 744 h = 26,784,000 requests; × 20 KB ÷ 1,048,576 = 510.8642578125 GB; × 10% are 2,678,400 traces.
#[test]
fn what_is_stated_per_request_follows_the_requests_of_the_month() {
    let december = bill(&load(EVEN, &[]), "2026-12");
    assert_eq!(quantity(&december, "NatGateway-Bytes"), "510.8642578125");
    assert_eq!(quantity(&december, "USE1-XRay-TracesStored"), "2678400");
    let february = bill(&load(EVEN, &[]), "2027-02");
    assert_eq!(quantity(&february, "USE1-XRay-TracesStored"), "2419200");
}

/// At 20/s each task of 1 vCPU is kept at 50%: 20 × 0.1 s ÷ 0.5 = 4 tasks, in every minute of the month.
#[test]
fn tasks_follow_even_demand_to_their_target() {
    let text = "
workload: {requests: {level: 20/s}}
resources:
  web:
    type: fargate-service
    task: {cpu: 1 vCPU, memory: 2 GB}
    tasks: {min: 1, max: 10}
    demand: {per_request: {cpu: 100 ms}}
    scaling: {policies: [{metric: cpu, target: 50%}]}
";
    let bill = bill(&load(text, &[]), "2026-12");
    assert_eq!(quantity(&bill, "USE1-Fargate-vCPU-Hours:perCPU"), "2976", "4 tasks × 744 h");
}

#[test]
fn a_stated_average_wins_over_a_derived_one_and_says_so() {
    let text = "
workload: {requests: {level: 20/s}}
resources:
  web:
    type: fargate-service
    task: {cpu: 1 vCPU, memory: 2 GB}
    tasks: {min: 1, max: 10, average: {value: 6, from: measured, why: counted}}
    demand: {per_request: {cpu: 100 ms}}
    scaling: {policies: [{metric: cpu, target: 50%}]}
";
    let bill = bill(&load(text, &[]), "2026-12");
    assert_eq!(quantity(&bill, "USE1-Fargate-vCPU-Hours:perCPU"), "4464", "6 tasks × 744 h");
    let why = bill.charges[0].factors[0].why.clone();
    assert_eq!(why.as_deref(), Some("counted; stated: its workload alone would run 4"));
}

/// Two dimensions take turns: `write` needs its LCUs for new connections, `read` for bytes. At 25 connections/s or 1 GB an hour both
/// need one LCU on average over the month, in different hours: hour by hour more than one.
#[test]
fn lcus_are_the_largest_dimension_of_every_hour() {
    let text = "
workload:
  requests: {level: 100/s, routes: {read: 50%, write: 50%}}
  events:
    - {name: Writes, from: 2026-12-01, to: 2026-12-15, times: 0, routes: [read]}
    - {name: Reads, from: 2026-12-16, to: 2026-12-31, times: 0, routes: [write]}
resources:
  alb:
    type: application-load-balancer
    balancers: 1
    lcu: {new_connections: {value: 1/request, of: write}, processed: {value: 6 KB/request, of: read}}
";
    let bill = bill(&load(text, &[]), "2026-12");
    // Writes: 50/s ÷ 25 = 2 LCU × 15 days × 24 h = 720. Reads: 50/s × 3,600 × 6 KB ÷ 1,048,576 = 1.0299683 LCU × 16 × 24 = 395.5078.
    let lcus: f64 = quantity(&bill, "LCUUsage").parse().expect("a number");
    assert_eq!(format!("{lcus:.3}"), "1115.508", "720 + 395.508; the larger of both over the month is 720 only");
}

#[test]
fn growth_moves_what_grows_and_nothing_else() {
    let text = "
workload: {since: 2026-12, growth: 10%/month, requests: {level: 10/s}}
resources:
  egress: {type: data-transfer, cross_az: {value: 100 GB/month, grows: true}, inter_region: [{to: us-west-2, data: 100 GB/month}]}
";
    let scenarios = load(text, &[]);
    assert_eq!(quantity(&bill(&scenarios, "2026-12"), "DataTransfer-Regional-Bytes"), "200");
    let february = bill(&scenarios, "2027-02");
    assert_eq!(quantity(&february, "DataTransfer-Regional-Bytes"), "242", "100 × 1.1² × both sides");
    assert_eq!(quantity(&february, "USE1-USW2-AWS-Out-Bytes"), "100");
}

#[test]
fn another_level_moves_what_is_stated_at_the_old_one() {
    let text = "
workload: {requests: {level: 10/s}}
resources:
  egress: {type: data-transfer, cross_az: {value: 100 GB/month, grows: true}}
";
    let changes = patch::changes("shop", "workload.requests.level=+20%").expect("a change");
    assert_eq!(quantity(&bill(&load(text, &changes), "2026-12"), "DataTransfer-Regional-Bytes"), "240");
}

/// A launch of three times the demand for 74.4 hours, a tenth of December, makes the month 1.2 times as large.
#[test]
fn an_event_makes_its_month_larger() {
    let text = "
workload:
  requests: {level: 10/s}
  events: [{name: Launch, from: \"2026-12-10 00:00\", to: \"2026-12-13 02:24\", times: 3}]
resources:
  egress: {type: data-transfer, cross_az: {value: 100 GB/month, grows: true}}
";
    assert_eq!(quantity(&bill(&load(text, &[]), "2026-12"), "DataTransfer-Regional-Bytes"), "240");
    assert_eq!(quantity(&bill(&load(text, &[]), "2027-01"), "DataTransfer-Regional-Bytes"), "200");
}

/// 10/s × 0.5 × 3,600 × 744 h = 13,392,000 requests of viewers, of which 20% miss the cache: 2,678,400 reads.
#[test]
fn a_bucket_behind_a_distribution_reads_what_the_cache_does_not_answer() {
    let text = "
workload: {requests: {level: 10/s}}
resources:
  cdn: {type: cloudfront, hit_ratio: 80%, geographies: {us: {https: 0.5/request}}}
  assets: {type: s3-bucket, behind: cdn}
";
    let december = bill(&load(text, &[]), "2026-12");
    assert_eq!(quantity(&december, "Requests-Tier2"), "2678400");
    let changes = patch::changes("shop", "cdn.hit_ratio=95%").expect("a change");
    assert_eq!(quantity(&bill(&load(text, &changes), "2026-12"), "Requests-Tier2"), "669600", "a quarter of it");
}

/// (10 M + 1 M) that grow by 10% a month and 2 M that do not, times 15%.
#[test]
fn what_misses_the_cache_is_the_part_of_all_viewers_and_grows_with_them() {
    let text = "
workload: {since: 2026-12, growth: 10%/month, requests: {level: 10/s}}
resources:
  cdn:
    type: cloudfront
    hit_ratio: 85%
    geographies:
      us: {https: {value: 10 M/month, grows: true}, http: {value: 1 M/month, grows: true}}
      eu: {https: 2 M/month}
  assets: {type: s3-bucket, behind: cdn, requests: {standard: {writes: 1 k/month}}}
";
    let scenarios = load(text, &[]);
    assert_eq!(quantity(&bill(&scenarios, "2026-12"), "Requests-Tier2"), "1950000", "13 M × 0.15");
    assert_eq!(quantity(&bill(&scenarios, "2027-02"), "Requests-Tier2"), "2296500", "(11 M × 1.21 + 2 M) × 0.15");
}

#[test]
fn stated_reads_win_over_what_misses_the_cache_and_say_so() {
    let text = "
resources:
  cdn: {type: cloudfront, hit_ratio: 80%, geographies: {us: {https: 10 M/month}}}
  assets: {type: s3-bucket, behind: cdn, requests: {standard: {reads: {value: 3 M/month, from: measured, why: counted}}}}
";
    let bill = bill(&load(text, &[]), "2026-12");
    assert_eq!(quantity(&bill, "Requests-Tier2"), "3000000");
    let reads = bill.charges.iter().find(|c| &*c.usage_type == "Requests-Tier2").expect("reads");
    assert_eq!(reads.factors[0].why.as_deref(), Some("counted; stated: 2 M would miss the cache before it"));
}

/// 0.17 requests of viewers for each of the API's, 15% of which miss: 0.0255.
#[test]
fn the_assets_of_production_follow_their_distribution() {
    let scenarios = built_in();
    let prod = scenarios.named("prod-driven").expect("prod-driven");
    let bill = predict::bill(&scenarios, prod, &book(), basis("2026-12")).unwrap_or_else(|e| panic!("{e}"));
    let of = |resource: &str, usage_type: &str| {
        let found =
            bill.charges.iter().find(|c| &*c.environment == "prod-driven" && &*c.resource == resource && &*c.usage_type == usage_type);
        found.unwrap_or_else(|| panic!("no {usage_type}")).quantity
    };
    let (viewers, reads) = (of("cdn", "US-Requests-Tier2-HTTPS"), of("assets", "Requests-Tier2"));
    assert_eq!((reads / viewers).round_dp(9).normalize().to_string(), "0.15");
    let explained = bill.charges.iter().flat_map(|c| &c.factors).find(|f| f.name == "part that the cache does not answer");
    assert_eq!(explained.and_then(|f| f.from), Some(ce_cost::scenario::driver::Provenance::Plan), "who explains it sees the hit ratio");
}

fn built_in() -> Scenarios {
    scenario::load(&built_in::files(), &book(), &[]).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)))
}

#[test]
fn any_number_of_threads_gives_the_same_bands() {
    let scenarios = built_in();
    let drawing = Drawing { paths: 60, seed: 7 };
    for environment in ["prod", "prod-driven"] {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            let forecast = pool.install(|| forecast(&scenarios, environment, 2, drawing));
            serde_json::to_string(&forecast).expect("JSON")
        };
        assert_eq!(on(1), on(3), "{environment}");
    }
}

#[test]
fn another_seed_gives_other_paths_and_nearly_the_same_band() {
    let scenarios = built_in();
    let p50 = |seed| {
        let band = forecast(&scenarios, "prod", 1, Drawing { paths: 500, seed }).months[0].band.clone();
        band.p50.expect("a band").to_string().parse::<f64>().expect("a number")
    };
    let (one, two) = (p50(1), p50(2));
    assert!(one.to_bits() != two.to_bits());
    // The paths differ by some 8%, so that the median of 500 is known to about half a per cent.
    assert!((one / two).ln().abs() < 0.02, "{one} and {two}");
}

#[test]
fn bands_are_in_order_and_groups_do_not_exceed_their_sum() {
    for environment in ["prod", "prod-driven", "staging-driven", "dev-driven", "dr-driven"] {
        let forecast = forecast(&built_in(), environment, 3, Drawing { paths: 200, seed: 1 });
        assert_eq!(forecast.months.len(), 3);
        for month in &forecast.months {
            let bands = [&month.band, &month.planned.band, &month.unplanned.band];
            for band in bands.into_iter().chain(month.planned.groups.iter().map(|g| &g.band)) {
                let (p10, p50, p90) = (band.p10.expect("p10"), band.p50.expect("p50"), band.p90.expect("p90"));
                assert!(p10 <= p50 && p50 <= p90, "{environment} {}", month.month);
            }
            // Inputs are independent: what is low in one group is seldom low in all.
            let low: ce_cost::money::Usd = month.planned.groups.iter().filter_map(|g| g.band.p10).sum();
            assert!(low <= month.planned.band.p10.expect("p10"));
            let over: f64 = month.band.over_budget.as_ref().expect("a probability").parse().expect("a number");
            assert!((0.0..=1.0).contains(&over));
        }
    }
}

#[test]
fn without_paths_or_without_doubt_there_is_no_band() {
    let none = forecast(&built_in(), "prod", 1, Drawing { paths: 0, seed: 1 });
    assert!(none.months[0].band.p50.is_none() && none.moves.is_empty());
    let certain = forecast(&load(EVEN, &[]), "shop", 1, Drawing { paths: 100, seed: 1 });
    assert!(certain.months[0].band.p50.is_none());
}

/// A range of one input, all of it in one charge that has one price: the band is the range.
#[test]
fn the_band_of_one_input_is_its_range() {
    let text = "
resources:
  egress: {type: data-transfer, cross_az: {low: 80 GB/month, likely: 100 GB/month, high: 150 GB/month}}
";
    let forecast = forecast(&load(text, &[]), "shop", 1, Drawing { paths: 4_000, seed: 1 });
    let band = &forecast.months[0].band;
    let value = |usd: Option<ce_cost::money::Usd>| usd.expect("a band").to_string().parse::<f64>().expect("a number");
    // 2 × 0.01 a GB: 1.60, 2.00 and 3.00; the standard error of a tenth of 4,000 draws is 0.5% of the cases.
    for (got, said) in [(value(band.p10), 1.6), (value(band.p50), 2.0), (value(band.p90), 3.0)] {
        assert!((got / said).ln().abs() < 0.03, "{got} instead of {said}");
    }
    let swing = &forecast.moves[0];
    assert_eq!((swing.input.as_str(), swing.low.to_string().as_str(), swing.high.to_string().as_str()), ("egress.cross_az", "1.6", "3"));
}

/// Of 100/s at 20 ms four fifths are reads: 1.6 vCPUs' worth, 0.8 of a reader of two; at 70% that takes two readers.
#[test]
fn readers_follow_their_part_of_the_requests() {
    let text = "
workload: {requests: {level: 100/s}}
resources:
  db:
    type: aurora-postgresql
    instances: [{role: writer, class: db.r6g.large}, {role: reader, class: db.r6g.xlarge}]
    demand: {per_request: {cpu: 40 ms}, reads: 80%}
    reader_scaling: {min: 1, max: 5, target: 70%, out: 300 s, in: 600 s}
";
    let bill = bill(&load(text, &[]), "2026-12");
    assert_eq!(quantity(&bill, "InstanceUsage:db.r6g.large"), "744", "the writer stays");
    assert_eq!(quantity(&bill, "InstanceUsage:db.r6g.xl"), "1488", "2 readers × 744 h");
}

const SERVERLESS: &str = "
workload: {requests: {level: 50/s}}
resources:
  db:
    type: aurora-postgresql
    serverless: {instances: 2, min: 0.5, max: 16}
    demand: {per_request: {acu: 40 ms}, reads: 50%}
";

/// 50/s × 40 ms are 2 ACUs of load, one on the writer and one on the reader: 1 ÷ 70% takes 1.5 ACUs each.
#[test]
fn serverless_capacity_follows_requests_instance_by_instance() {
    let december = bill(&load(SERVERLESS, &[]), "2026-12");
    assert_eq!(quantity(&december, "Aurora:ServerlessV2Usage"), "2232", "3 ACUs × 744 h");
    let small = bill(&load(&SERVERLESS.replace("50/s", "1/s"), &[]), "2026-12");
    assert_eq!(quantity(&small, "Aurora:ServerlessV2Usage"), "744", "never below 0.5 ACU each");
    let stated = SERVERLESS.replace("max: 16", "max: 16, average: {value: 2, from: measured}");
    let stated = bill(&load(&stated, &[]), "2026-12");
    assert_eq!(quantity(&stated, "Aurora:ServerlessV2Usage"), "2976", "2 instances × 2 ACUs × 744 h");
    let why = stated.charges[0].factors.last().and_then(|f| f.why.clone());
    assert_eq!(why.as_deref(), Some("stated: its workload alone would run 3 in all instances"));
}

#[test]
fn what_a_request_asks_of_the_database_moves_paths() {
    let uncertain = SERVERLESS.replace("acu: 40 ms", "acu: {low: 20 ms, likely: 40 ms, high: 80 ms, why: unmeasured}");
    let forecast = forecast(&load(&uncertain, &[]), "shop", 1, Drawing { paths: 400, seed: 1 });
    let band = &forecast.months[0].band;
    // One case in ten below 20 ms: 0.5 ÷ 0.7 of an ACU takes 1 on each of two instances; one in ten above 80 ms: 2 ÷ 0.7 takes 3.
    let acus = |part: Option<ce_cost::money::Usd>| part.expect("a band").to_string().parse::<f64>().expect("a number") / 744.0 / 0.12;
    let (low, high) = (acus(band.p10), acus(band.p90));
    assert!((low - 2.0).abs() < 0.6 && (high - 6.0).abs() < 0.6, "{low} to {high}");
}

/// A shard of 13 GB is full at 10.4 GB. 30 GB fill two and need a third; after three months at 5% 34.7 GB need a fourth.
#[test]
fn shards_are_added_as_data_fills_them() {
    let text = "
workload: {requests: {level: 50/s}, growth: 5%/month, since: 2026-12}
resources:
  cache:
    type: elasticache
    node: cache.r6g.large
    shards: 2
    replicas: 1
    shard_scaling: {data: {value: 30 GB, grows: true}, memory: 13 GB, at: 80%}
  traces: {type: x-ray, requests: 1/request, sampling: 10%}
";
    for text in [text, &text.replace("  traces: {type: x-ray, requests: 1/request, sampling: 10%}\n", "")] {
        let scenarios = load(text, &[]);
        assert_eq!(quantity(&bill(&scenarios, "2026-12"), "NodeUsage:cache.r6g.large"), "4464", "3 shards × 2 nodes × 744 h");
        assert_eq!(quantity(&bill(&scenarios, "2027-03"), "NodeUsage:cache.r6g.large"), "5952", "4 × 2 × 744");
    }
}

/// 4 tasks at rest. On the tenth demand doubles for a day: after three points of CPU at 100% there are 8. Deployments that follow each
/// other without a pause keep them to the end of the month; without deployments the service comes down again.
#[test]
fn nothing_scales_in_during_a_deployment() {
    let text = "
workload:
  requests: {level: 20/s}
  events: [{name: Sale, from: 2026-12-10, to: 2026-12-10, times: 2}]
resources:
  web:
    type: fargate-service
    task: {cpu: 1 vCPU, memory: 2 GB}
    tasks: {min: 1, max: 10}
    demand: {per_request: {cpu: 100 ms}}
    scaling: {policies: [{metric: cpu, target: 50%}]}
";
    let hours =
        |text: &str| -> f64 { quantity(&bill(&load(text, &[]), "2026-12"), "USE1-Fargate-vCPU-Hours:perCPU").parse().expect("a number") };
    // 9 × 24 × 4 + 22 × 24 × 8, less 3 minutes of 4 tasks.
    let deployed = format!("{text}  releases: {{type: fargate-deployments, of: web, deployments: [{{type: blue-green, runs: 10/h}}]}}\n");
    assert!((hours(&deployed) - 5_087.8).abs() < 1e-9, "{}", hours(&deployed));
    let still = hours(text);
    // 4 tasks all month and 4 more on one day, and some minutes on the way down.
    assert!((3_072.0..3_074.5).contains(&still), "{still}");
}

/// Each takes the place of the environment whose plan it is held against, and of no other; the payer's others are as they are.
#[test]
fn the_driven_family_stands_in_for_its_environments() {
    let scenarios = built_in();
    for name in ["dev", "staging", "prod", "dr"] {
        let (stated, driven) = (scenarios.named(name).expect(name), scenarios.named(&format!("{name}-driven")).expect("the driven one"));
        assert_eq!(driven.instead_of.as_deref(), Some(name));
        assert_eq!(driven.plan.as_ref().map(|p| p.total), stated.plan.as_ref().map(|p| p.total));
        assert!(driven.driven && !stated.driven);
        let follow: Vec<String> = driven.follows().iter().map(|(service, _)| service.to_string()).filter(|s| s != "alb").collect();
        let also: &[&str] = if name == "prod" { &["database", "cache"] } else { &[] };
        assert_eq!(follow, [&["core", "auth", "agent", "workflow"], also].concat(), "{name}");
        let (_, _, members) = scenarios.payer(driven);
        let others = ["dev", "staging", "prod", "dr"].into_iter().filter(|other| *other != name);
        let mut expected: Vec<&str> = others.chain([driven.name.as_ref()]).collect();
        expected.sort_unstable();
        let mut members: Vec<&str> = members.iter().map(|m| m.name.as_ref()).collect();
        members.sort_unstable();
        assert_eq!(members, expected);
        let resources = |s: &ce_cost::scenario::Scenario| s.resources.iter().map(|r| r.name.to_string()).collect::<Vec<_>>();
        assert_eq!(resources(driven), resources(stated), "the same things run");
        assert_eq!(driven.commitments.len(), stated.commitments.len(), "what is bought stays");
    }
}

/// Until the failover nothing but health checks asks: two tasks of core stand for 744 h, with 4 vCPU each.
#[test]
fn the_standby_stands_at_its_minimum() {
    let scenarios = built_in();
    let dr = scenarios.named("dr-driven").expect("dr-driven");
    let bill = predict::bill(&scenarios, dr, &book(), basis("2026-12")).unwrap_or_else(|e| panic!("{e}"));
    for (service, vcpu_hours) in [("core", "5952"), ("auth", "2976"), ("agent", "1488"), ("workflow", "744")] {
        let of =
            |c: &&ce_cost::bill::Charge| &*c.environment == "dr-driven" && &*c.resource == service && c.usage_type.contains("vCPU-Hours");
        let charge = bill.charges.iter().find(of).unwrap_or_else(|| panic!("no {service}"));
        assert_eq!(charge.quantity.normalize().to_string(), vcpu_hours, "{service}");
    }
}
