//! Commitments: what could be covered, what to buy, and what it is worth, against hand counts.
#![allow(clippy::float_arithmetic, reason = "the optimum is a statistic")]

use std::process::{Command, Output};

use ce_cost::forecast::draw::{purpose, stream};
use ce_cost::forecast::paths::Drawing;
use ce_cost::money::Usd;
use ce_cost::month::{HoursBasis, Month};
use ce_cost::predict::{self, Basis};
use ce_cost::pricing::PriceBook;
use ce_cost::savings::commit::ahead::Ahead;
use ce_cost::savings::commit::curve::Hours;
use ce_cost::savings::commit::document::{Before, Choice, Commitments};
use ce_cost::savings::commit::market::offers;
use ce_cost::savings::commit::outcome::{Prospect, Spread};
use ce_cost::savings::commit::purchase::Wanted;
use ce_cost::savings::commit::{Ask, commitments};
use ce_cost::scenario::accounts::Payer;
use ce_cost::scenario::{self, InputFile, Scenarios};
use ce_cost::statistic::float;
use proptest::prelude::*;
use rand_distr::{Distribution, Normal};
use rust_decimal::Decimal;

fn book() -> PriceBook {
    PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)))
}

/// One environment `test` in us-east-1.
#[track_caller]
fn scenarios(resources: &str, rest: &str) -> Scenarios {
    load(&[("test.yaml", environment("test", resources, rest))])
}

fn environment(name: &str, resources: &str, rest: &str) -> String {
    format!("environment: {name}\nregion: us-east-1\nprovenance: assumed\n{rest}\nresources:\n  {resources}\n")
}

#[track_caller]
fn load(files: &[(&str, String)]) -> Scenarios {
    let files: Vec<InputFile> = files.iter().map(|(name, text)| InputFile { name: (*name).into(), text: text.clone() }).collect();
    scenario::load(&files, &book(), &[]).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)))
}

/// December 2026: 744 hours.
fn december() -> Basis {
    Basis { month: "2026-12".parse().expect("a month"), hours: HoursBasis::Actual, pooled: true, free_tier: true, failover: None }
}

const COMPUTE: &str = "Compute Savings Plan";
const DATABASE: &str = "Database Savings Plan";
const WEB: &str = "web: {type: fargate-service, task: {cpu: 1 vCPU, memory: 2 GB}, tasks: {min: 1, max: 9, average: 2}}";

/// What a family could cover on average in an hour of December: in the purchase's units (a plan's own dollars, or reservations), and in
/// dollars on demand.
#[track_caller]
fn covers(resources: &str, rest: &str, family: &str, units: &str, on_demand: &str) {
    let (scenarios, book) = (scenarios(resources, rest), book());
    let test = scenarios.named("test").expect("test");
    let ahead = Ahead::new(&scenarios, test, &book, december(), 1, Drawing { paths: 0, seed: 1 }).unwrap_or_else(|e| panic!("{e}"));
    let wanted = "1yr-no-upfront".parse().expect("a term");
    let offers = offers(&ahead.uses, &book, &scenarios.payer(test).1, "us-east-1", december().month.first_day(), wanted);
    let purchase = offers.iter().filter(|o| o.family.title() == family).find_map(|o| o.purchases.first());
    let (mut found, mut dollars) = (0.0, 0.0);
    for cover in purchase.iter().flat_map(|p| &p.covers) {
        let hourly = ahead.months[0].dollars[cover.used][0] / 744.0;
        found += hourly * float(cover.units);
        dollars += hourly;
    }
    let same = |found: f64, expected: &str| {
        let expected: f64 = expected.parse().expect("a number");
        assert!((found - expected).abs() < 1e-9, "{family}: {found} instead of {expected}")
    };
    same(found, units);
    same(dollars, on_demand);
}

/// Two tasks of 1 vCPU and 2 GB: 2 × (0.032384 + 2 × 0.003556) under the plan, 2 × (0.04048 + 2 × 0.004445) on demand.
#[test]
fn a_compute_plan_covers_tasks_and_a_database_plan_does_not() {
    covers(WEB, "", COMPUTE, "0.078992", "0.09874");
    covers(WEB, "", DATABASE, "0", "0");
}

/// A plan of 0.03 an hour is there already: 0.048992 are left of the plan's dollars, and as large a part of the others.
#[test]
fn what_is_bought_already_is_taken_off() {
    let bought = "commitments: [{id: sp, term: savings-plan-1yr-no-upfront, start: 2026-12-01, hourly: 0.03 USD}]";
    covers(WEB, bought, COMPUTE, "0.048992", "0.06124");
}

/// 3 ACUs at 0.078 instead of 0.12, an r7g.large at 0.2208 instead of 0.276; r6g.large has no rate.
#[test]
fn a_database_plan_covers_serverless_capacity_and_newer_classes_only() {
    covers("acus: {type: aurora-postgresql, serverless: {instances: 1, min: 1, max: 8, average: 3}}", "", DATABASE, "0.234", "0.36");
    let instances = "db: {type: aurora-postgresql, instances: [{role: writer, class: db.r7g.large}, {role: reader, class: db.r6g.large}]}";
    covers(instances, "", DATABASE, "0.2208", "0.276");
}

/// Three instances of 0.26 of which one is reserved, and one of another cluster that runs for four hours of the month.
#[test]
fn reservations_cover_what_is_not_reserved() {
    let cluster =
        "db: {type: aurora-postgresql, instances: [{role: writer, class: db.r6g.large}, {role: reader, class: db.r6g.large, count: 2}]}
  test-restore: {type: aurora-postgresql, instances: [{role: writer, class: db.r6g.large}], schedule: test}
  cache: {type: elasticache, engine: redis, node: cache.r6g.large, shards: 2, replicas: 1}";
    let rest = "schedules: {test: {monthly: 7.44 h}}
commitments: [{id: ri, term: reserved-1yr-no-upfront, start: 2026-12-01, service: AmazonRDS, usage_type: 'InstanceUsage:db.r6g.large', operation: 'CreateDBInstance:0021', count: 1}]";
    covers(cluster, rest, "Aurora db.r6g reserved", "2.01", "0.5226");
    covers(cluster, rest, "Redis cache.r6g reserved", "4", "0.824");
}

// ── What to buy ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// What is advised for one environment without uncertainty, over a year of 8,760 hours from December 2026.
#[track_caller]
fn advice(resources: &str, rest: &str, discount_rate: &str) -> Commitments {
    advice_on(&scenarios(resources, rest), "1yr", 20, discount_rate)
}

/// The same at some term on so many paths.
#[track_caller]
fn advice_on(scenarios: &Scenarios, term: &str, paths: u32, discount_rate: &str) -> Commitments {
    let ask = Ask {
        basis: december(),
        drawing: Drawing { paths, seed: 1 },
        months: Some(12),
        wanted: term.parse().expect("a term"),
        discount_rate: discount_rate.parse().expect("a rate"),
        before: Before::none(),
        all_curves: false,
        as_of: "2026-11-24".into(),
    };
    commitments(scenarios, scenarios.named("test").expect("test"), &book(), &ask).unwrap_or_else(|e| panic!("{e}"))
}

#[track_caller]
fn choice<'a>(advice: &'a Commitments, family: &str, term: &str) -> &'a Choice {
    let family = advice.families.iter().find(|f| f.name == family).unwrap_or_else(|| panic!("no {family}: {advice:#?}"));
    family.choices.iter().find(|c| c.term == term).unwrap_or_else(|| panic!("no {term}: {family:#?}"))
}

#[track_caller]
fn says(choice: &Choice, commit: &str, saving: &str, upfront: &str, monthly: &str, break_even: Option<u32>) {
    let amounts = [choice.saving.mean, choice.upfront, choice.monthly].map(|u| u.decimal().round_dp(2).normalize().to_string());
    assert_eq!(
        (choice.commit.as_str(), amounts.each_ref().map(String::as_str), choice.break_even),
        (commit, [saving, upfront, monthly], break_even)
    );
}

/// A writer of db.r6g.xl (0.519 an hour, 8 units) and a reader of db.r6g.large (0.26, 4 units) are three reservations of the large one,
/// 1,240 each: 0.779 × 8,760 − 3 × 1,240 = 3,104.04 in the year. To the end of April the two cost 0.779 × (744 + 744 + 672 + 744 + 720)
/// = 2,823.10, to that of May 3,402.67, to that of June 3,963.55: the 3,720 are back in the seventh month.
#[test]
fn reservations_of_one_size_cover_another() {
    let cluster = "db: {type: aurora-postgresql, instances: [{role: writer, class: db.r6g.xlarge}, {role: reader, class: db.r6g.large}]}";
    let advice = advice(cluster, "", "0");
    let all = choice(&advice, "Aurora db.r6g reserved", "reserved-1yr-all-upfront");
    says(all, "3", "258.67", "3720", "0", Some(7));
    assert_eq!((all.coverage.as_str(), all.utilisation.as_str()), ("1", "1"));
    // 0.17 an hour each: 3 × 0.17 × 8,760 ÷ 12 = 372.30 a month of 568.67.
    says(choice(&advice, "Aurora db.r6g reserved", "reserved-1yr-no-upfront"), "3", "196.37", "0", "372.3", Some(1));
}

/// Four nodes at 0.206 an hour, 1,146 at the start each: (0.206 × 8,760 − 1,146) × 4 ÷ 12. One earns 0.206 × 5,832 = 1,201 by the end of
/// July, the eighth month, and 1,048 a month before.
#[test]
fn reserved_nodes_have_their_fee() {
    let advice = advice("cache: {type: elasticache, engine: redis, node: cache.r6g.large, shards: 2, replicas: 1}", "", "0");
    let all = choice(&advice, "Redis cache.r6g reserved", "reserved-1yr-all-upfront");
    says(all, "4", "219.52", "4584", "0", Some(8));
    assert_eq!(all.amortized.to_string(), "382");
    // Money at 10% a year makes them worth less, and later.
    let dear = self::advice("cache: {type: elasticache, engine: redis, node: cache.r6g.large, shards: 2, replicas: 1}", "", "0.1");
    assert!(choice(&dear, "Redis cache.r6g reserved", "reserved-1yr-all-upfront").saving.mean < all.saving.mean);
}

/// Two tasks take 0.078992 an hour of the plan, which is bought in thousandths: 0.079 × 8,760 ÷ 12 = 57.67 a month for 72.0802.
#[test]
fn a_compute_plan_is_bought_to_a_thousandth_of_a_dollar() {
    let advice = advice(WEB, "", "0");
    says(choice(&advice, "Compute Savings Plan", "savings-plan-1yr-no-upfront"), "0.079", "14.41", "0", "57.67", Some(1));
    // Half of 0.079 × 8,760 at the start, at the rate of No Upfront; at that of All Upfront it saves what that option saves.
    let partial = choice(&advice, "Compute Savings Plan", "savings-plan-1yr-partial-upfront");
    assert_eq!((partial.upfront.to_string().as_str(), partial.best), ("346.02", false));
    let all = choice(&advice, "Compute Savings Plan", "savings-plan-1yr-all-upfront");
    assert_eq!(partial.assumed.as_ref().map(|a| (&a.commit, a.saving.mean)), Some((&all.commit, all.saving.mean)));
    assert!(partial.entry.is_none(), "what is not published is not written into a scenario");
}

/// 3 ACUs at 0.12, under the plan 0.078: 0.126 × 8,760 ÷ 12. The one option of Database Savings Plans.
#[test]
fn a_database_plan_covers_serverless_capacity() {
    let advice = advice("acus: {type: aurora-postgresql, serverless: {instances: 1, min: 1, max: 8, average: 3}}", "", "0");
    says(choice(&advice, "Database Savings Plan", "savings-plan-1yr-no-upfront"), "0.234", "91.98", "0", "170.82", Some(1));
}

/// r7g.large (0.276): reserved 1,767 a year, under the plan 0.2208 × 8,760 = 1,934. Both would cover the same instance: one is bought.
#[test]
fn what_two_purchases_would_cover_is_bought_once() {
    let advice = advice("db: {type: aurora-postgresql, instances: [{role: writer, class: db.r7g.large}]}", "", "0");
    let best = advice.best.expect("something saves");
    assert_eq!(best.purchases, ["Aurora db.r7g reserved, 1 year, all upfront: 1 InstanceUsage:db.r7g.large"]);
    assert_eq!(best.saving.mean.to_string(), "54.23"); // (0.276 × 8,760 − 1,767) ÷ 12
}

#[test]
fn where_nothing_can_be_bought_the_reason_is_told() {
    let cluster = "db: {type: aurora-postgresql, instances: [{role: writer, class: db.r6g.large}]}";
    let advice = advice(cluster, "", "0");
    let plan = advice.families.iter().find(|f| f.name == "Database Savings Plan").expect("the family");
    assert!(plan.choices.is_empty());
    assert_eq!(plan.notes, ["does not cover db.r6g.large: AWS offers no rate for it"]);
}

/// Two instances of db.r7g.large and 3 ACUs: reservations save 2 × 54.2 on the instances, and a plan sized on what they leave 91.98 on the
/// ACUs. The plan alone would save (2 × 0.0552 + 0.126) × 730 = 172.57 on both.
#[test]
fn a_plan_is_sized_on_what_reservations_leave() {
    let cluster = "db: {type: aurora-postgresql, instances: [{role: writer, class: db.r7g.large}, {role: reader, class: db.r7g.large}]}
  acus: {type: aurora-postgresql, serverless: {instances: 1, min: 1, max: 8, average: 3}}";
    let advice = advice(cluster, "", "0");
    let best = advice.best.as_ref().expect("something saves");
    let bought = [
        "Aurora db.r7g reserved, 1 year, all upfront: 2 InstanceUsage:db.r7g.large",
        "Database Savings Plan, 1 year, no upfront: 0.234 USD/hour",
    ];
    assert_eq!(best.purchases, bought);
    assert_eq!(best.saving.mean.to_string(), "200.44"); // ((0.276 × 8,760 − 1,767) × 2 + 0.126 × 8,760) ÷ 12
    says(choice(&advice, DATABASE, "savings-plan-1yr-no-upfront"), "0.234", "91.98", "0", "170.82", Some(1));
    // The same by two years of bills, with what the advice says to write.
    let entries: Vec<&str> =
        advice.families.iter().flat_map(|f| &f.choices).filter(|c| c.best).filter_map(|c| c.entry.as_deref()).collect();
    let [without, _] = year(cluster, "");
    let [with, _] = year(cluster, &format!("commitments: [{}]", entries.join(", ")));
    assert!((without - with - Usd::new(Decimal::new(20_044 * 12, 2))).abs() < Usd::new(Decimal::new(6, 2)), "{without} and {with}");
}

/// The classes of Redis and Valkey have one name, as those of RDS and Aurora do; what is reserved of one does not cover the other.
#[test]
fn engines_are_reserved_apart() {
    let resources = "a: {type: elasticache, engine: redis, node: cache.r6g.large, shards: 1, replicas: 1}
  b: {type: elasticache, engine: valkey, node: cache.r6g.large, shards: 1, replicas: 1}
  c: {type: rds-postgresql, class: db.t4g.medium, storage: 100 GB, count: 2}
  d: {type: aurora-postgresql, instances: [{role: writer, class: db.t4g.medium}]}";
    let advice = advice_on(&scenarios(resources, ""), "1yr-no-upfront", 0, "0");
    let best = advice.best.as_ref().expect("something saves");
    assert_eq!(best.purchases.len(), 4, "{best:#?}");
    let marked: Vec<&Choice> = advice.families.iter().flat_map(|f| &f.choices).filter(|c| c.best).collect();
    let sum: Usd = marked.iter().map(|c| c.saving.mean).sum();
    assert!((sum - best.saving.mean).abs() <= Usd::new(Decimal::new(2, 2)), "{sum} of what is marked, {} in all", best.saving.mean);
    let ids: std::collections::BTreeSet<&str> = marked.iter().filter_map(|c| c.entry.as_deref()?.split(',').next()).collect();
    assert_eq!(ids.len(), 4, "{ids:?}");
}

/// 8 and 4 units are three reservations of the smaller size, whichever stands first: (3 × 0.1683 − 3 × 0.1297) × 730.
#[test]
fn the_size_of_a_reservation_does_not_depend_on_the_order() {
    let of = |first: &str, second: &str| {
        let resource =
            |name: &str, class: &str| format!("{name}: {{type: rds-postgresql, class: db.m7g.{class}, storage: 100 GB, count: 1}}");
        let advice = advice(&format!("{}\n  {}", resource("a", first), resource("b", second)), "", "0");
        let choice = choice(&advice, "PostgreSQL db.m7g reserved", "reserved-1yr-no-upfront").clone();
        (choice.commit, choice.coverage, choice.saving.mean)
    };
    let (commit, coverage, saving) = of("xlarge", "large");
    assert_eq!((commit.as_str(), coverage.as_str()), ("3", "1"));
    assert_eq!(of("large", "xlarge"), (commit, coverage, saving));
}

/// A year's plan is paid at once and replaces month by month, so that at 12% a year as much more of it must be used as its months are worth
/// less on average.
#[test]
fn what_must_be_used_is_more_where_money_costs_something() {
    let needed = |rate: &str| {
        let advice = advice(WEB, "", rate);
        choice(&advice, COMPUTE, "savings-plan-1yr-all-upfront").needed.parse::<f64>().expect("a number")
    };
    let month = |n: u32| f64::from(december().month.plus(n).hours()) * 1.12f64.powf(-f64::from(n) / 12.0);
    let worth = (0..12).map(month).sum::<f64>() / 8_760.0;
    assert!((needed("0.12") - needed("0") / worth).abs() < 2e-4, "{} and {} at {worth}", needed("0.12"), needed("0"));
}

/// Three years partial upfront have no rate of their own, and not every rate of the two beside it: both ends speak of the use that both
/// cover, which is 3 × 0.03238 × 730 = 71 a month of vCPUs.
#[test]
fn an_unpublished_rate_lies_between_two_on_the_same_use() {
    let resources =
        "web: {type: fargate-service, task: {cpu: 1 vCPU, memory: 2 GB, architecture: arm}, tasks: {min: 1, max: 9, average: 3}}
  fn: {type: lambda-function, requests: 10 M requests/month, duration: 200 ms, memory: 1 GB}";
    let advice = advice_on(&scenarios(resources, ""), "3yr-partial-upfront", 0, "0");
    let choice = choice(&advice, COMPUTE, "savings-plan-3yr-partial-upfront");
    let high = choice.assumed.as_ref().expect("another rate");
    assert!(choice.saving.mean < high.saving.mean, "{choice:#?}");
    assert!(choice.coverage.as_str() > "0.9" && high.coverage.as_str() > "0.9", "{choice:#?}");
    assert!(advice.best.is_none() && choice.entry.is_none(), "what is not published is not advised");
    let on_demand: f64 = float(advice.families[0].on_demand.decimal());
    assert!((on_demand - 3.0 * 0.03238 * 744.0).abs() < 0.1, "{on_demand}");
}

/// Nodes that are reserved until November 2027 are not reserved again today, for one year or for three.
#[test]
fn what_is_reserved_is_taken_to_be_renewed() {
    let nodes = "cache: {type: elasticache, engine: redis, node: cache.r6g.large, shards: 1, replicas: 1}";
    let reserved = "commitments: [{id: nodes, term: reserved-1yr-no-upfront, start: 2026-11-01, service: AmazonElastiCache, usage_type: 'NodeUsage:cache.r6g.large', operation: 'CreateCacheCluster:0002', count: 1}]";
    let advice = advice_on(&scenarios(nodes, reserved), "3yr-no-upfront", 0, "0");
    let choice = choice(&advice, "Redis cache.r6g reserved", "reserved-3yr-no-upfront");
    assert_eq!((choice.commit.as_str(), choice.utilisation.as_str()), ("1", "1"), "the other one");
    assert_eq!(advice.basis.renewed.iter().map(|r| (r.id.as_str(), r.end.as_str())).collect::<Vec<_>>(), [("nodes", "2027-11-01")]);
}

/// A task for half of the month is not worth a plan that saves 20%: it would be used in half of the hours.
#[test]
fn what_runs_in_half_of_the_hours_is_not_committed_to() {
    let advice =
        advice(&format!("{}, schedule: half}}", WEB.trim_end_matches('}').to_owned() + "}"), "schedules: {half: {monthly: 360 h}}", "0");
    assert!(advice.best.is_none(), "{advice:#?}");
    assert_eq!(choice(&advice, "Compute Savings Plan", "savings-plan-1yr-no-upfront").commit, "0");
}

// ── The same by the engine that writes bills ───────────────────────────────────────────────────────────────────────────────────

/// Billed and amortized over the twelve months from December 2026.
#[track_caller]
fn year(resources: &str, rest: &str) -> [Usd; 2] {
    year_from("2026-12", resources, rest)
}

/// The same from another month.
#[track_caller]
fn year_from(first: &str, resources: &str, rest: &str) -> [Usd; 2] {
    year_of(&scenarios(resources, rest), first)
}

/// The same of the environment `test` of some scenarios.
#[track_caller]
fn year_of(scenarios: &Scenarios, first: &str) -> [Usd; 2] {
    let book = book();
    let test = scenarios.named("test").expect("test");
    let first: Month = first.parse().expect("a month");
    let month = |n: u32| {
        let basis = Basis { month: first.plus(n), ..december() };
        predict::bill(scenarios, test, &book, basis).unwrap_or_else(|e| panic!("{e}")).cut("test")
    };
    let bills: Vec<_> = (0..12).map(month).collect();
    let sum = |of: fn(&ce_cost::bill::Charge) -> Usd| bills.iter().flat_map(|b| &b.charges).map(of).sum();
    [sum(|c| c.billed), sum(|c| c.effective)]
}

/// The saving over a year of a plan of so many dollars an hour, by its prospect.
#[track_caller]
fn prospect(resources: &str, rest: &str, hourly: &str) -> Usd {
    prospect_of(&scenarios(resources, rest), hourly)
}

/// The same of the environment `test` of some scenarios.
#[track_caller]
fn prospect_of(scenarios: &Scenarios, hourly: &str) -> Usd {
    let book = book();
    let test = scenarios.named("test").expect("test");
    let drawing = Drawing { paths: 0, seed: 1 };
    let ahead = Ahead::new(scenarios, test, &book, december(), 12, drawing).unwrap_or_else(|e| panic!("{e}"));
    let offers = offers(&ahead.uses, &book, &scenarios.payer(test).1, "us-east-1", december().month.first_day(), Wanted::default());
    let plan = offers.iter().flat_map(|o| &o.purchases).find(|p| p.term().to_string() == "savings-plan-1yr-no-upfront").expect("the plan");
    let outcome = Prospect::new(&ahead, plan, &[], Decimal::ZERO).at(hourly.parse().expect("a decimal"));
    Spread::of(outcome.savings).expect("one path").mean
}

/// Discounts on everything, on the plan's fees alone, and on the tasks alone, at which a plan no longer saves.
#[test]
fn what_a_plan_saves_after_discounts_is_the_difference_of_two_bills() {
    let discounts =
        ["{name: all, rate: 10%}", "{name: fees, rate: 30%, on: [ComputeSavingsPlans]}", "{name: tasks, rate: 30%, on: [AmazonECS]}"];
    let [dear, cheap, worse] = discounts.map(|discount| {
        let accounts = format!("payers: {{main: {{members: [test], discounts: [{discount}]}}}}");
        let with = |rest: &str| load(&[("test.yaml", environment("test", WEB, rest)), ("accounts.yaml", accounts.clone())]);
        let (without, plain) =
            (with(""), with("commitments: [{id: sp, term: savings-plan-1yr-no-upfront, start: 2026-12-01, hourly: 0.07 USD}]"));
        let ([before, _], [after, _]) = (year_of(&without, "2026-12"), year_of(&plain, "2026-12"));
        let modelled = prospect_of(&without, "0.07");
        assert!(
            (before - after - modelled).abs() < Usd::new(Decimal::new(2, 2)),
            "{discount}: {before} less {after}, the prospect {modelled}"
        );
        (modelled, advice_on(&without, "1yr-no-upfront", 0, "0").best.is_some())
    });
    let undiscounted = prospect(WEB, "", "0.07");
    for changes in ["{name: ends, rate: 10%, expires: 2027-03-20}", "{name: begins, rate: 25%, from: 2027-01-01}"] {
        let accounts = format!("payers: {{main: {{members: [test], discounts: [{changes}]}}}}");
        let with = |rest: &str| load(&[("test.yaml", environment("test", WEB, rest)), ("accounts.yaml", accounts.clone())]);
        for (term, hourly) in [("savings-plan-1yr-no-upfront", "0.07"), ("savings-plan-1yr-no-upfront", "0.12")] {
            let plan = format!("commitments: [{{id: sp, term: {term}, start: 2026-12-01, hourly: {hourly} USD}}]");
            let ([before, _], [after, _]) = (year_of(&with(""), "2026-12"), year_of(&with(&plan), "2026-12"));
            let modelled = prospect_of(&with(""), hourly);
            let apart = (before - after - modelled).abs();
            assert!(apart < Usd::new(Decimal::new(2, 2)), "{changes} {hourly}: {before} less {after}, the prospect {modelled}");
        }
        // The size is that without a discount: use and fees change together.
        let size = |all: &Scenarios| {
            advice_on(all, "1yr-no-upfront", 0, "0")
                .families
                .into_iter()
                .find_map(|f| f.choices.into_iter().find(|c| c.best))
                .map(|c| c.commit)
        };
        assert_eq!(size(&with("")), size(&scenarios(WEB, "")), "{changes}");
    }
    assert_eq!((dear.0 - undiscounted.share(Decimal::new(9, 1))).abs().decimal().round_dp(2), Decimal::ZERO);
    assert!(cheap.0 > undiscounted && worse.0 < Usd::ZERO, "{cheap:?} {worse:?}");
    assert_eq!((dear.1, cheap.1, worse.1), (true, true, false));
}

/// Two kinds of tasks: x86 saves 20%, ARM 21.2%; one of them runs for half of the month. The plan is too small, about right, too large.
#[test]
fn what_a_plan_saves_is_the_difference_of_two_bills() {
    let tasks = "web: {type: fargate-service, task: {cpu: 1 vCPU, memory: 2 GB}, tasks: {min: 1, max: 9, average: 2}, schedule: half}
  arm: {type: fargate-service, task: {cpu: 1 vCPU, memory: 2 GB, architecture: arm}, tasks: {min: 1, max: 9, average: 3}}";
    let half = "schedules: {half: {monthly: 360 h}}";
    let [without, _] = year(tasks, half);
    for hourly in ["0.02", "0.095", "0.12", "0.3"] {
        let plan = format!("{half}\ncommitments: [{{id: sp, term: savings-plan-1yr-no-upfront, start: 2026-12-01, hourly: {hourly} USD}}]");
        let [with, _] = year(tasks, &plan);
        let (saved, modelled) = (without - with, prospect(tasks, half, hourly));
        assert!((saved - modelled).abs() < Usd::new(Decimal::new(2, 2)), "{hourly}: the bills say {saved}, the prospect {modelled}");
    }
}

/// All Upfront: 0.05 × 8,760 = 438 in December and nothing after; amortized the same over the year, so that both views agree at its end.
#[test]
fn cash_and_amortized_agree_over_a_term() {
    let plan = "commitments: [{id: sp, term: savings-plan-1yr-all-upfront, start: 2026-12-01, hourly: 0.05 USD}]";
    let [billed, effective] = year(WEB, plan);
    assert_eq!(billed.decimal().round_dp(6), effective.decimal().round_dp(6));
    let nodes = "cache: {type: elasticache, engine: redis, node: cache.r6g.large, shards: 1, replicas: 1}";
    let reserved = "commitments: [{id: rn, term: reserved-1yr-all-upfront, start: 2026-12-01, service: AmazonElastiCache, usage_type: 'NodeUsage:cache.r6g.large', operation: 'CreateCacheCluster:0002', count: 1}]";
    let [billed, effective] = year(nodes, reserved);
    assert_eq!(billed.to_string(), "2950.56"); // 1,146 + 0.206 × 8,760
    assert_eq!(effective.decimal().round_dp(6), billed.decimal().round_dp(6));
}

/// A term from December 2027 ends on 29 November 2028, 365 days with 29 February among them: on the last day of that month its use is
/// on demand. The plan's 438 are spread over 8,760 hours, as are the 1,146 of the node.
#[test]
fn a_term_with_a_29_february_has_365_days() {
    let plan = "commitments: [{id: sp, term: savings-plan-1yr-all-upfront, start: 2027-12-01, hourly: 0.05 USD}]";
    let [billed, effective] = year_from("2027-12", WEB, plan);
    assert_eq!(billed.decimal().round_dp(6), effective.decimal().round_dp(6));
    let nodes = "cache: {type: elasticache, engine: redis, node: cache.r6g.large, shards: 1, replicas: 0}";
    let reserved = "commitments: [{id: rn, term: reserved-1yr-all-upfront, start: 2027-12-01, service: AmazonElastiCache, usage_type: 'NodeUsage:cache.r6g.large', operation: 'CreateCacheCluster:0002', count: 1}]";
    let [billed, effective] = year_from("2027-12", nodes, reserved);
    assert_eq!(billed.to_string(), "1150.944"); // 1,146 + 0.206 × 24
    assert_eq!(effective.decimal().round_dp(6), billed.decimal().round_dp(6));
}

/// Two accounts of one payer, each with two tasks, 0.078992 an hour under a plan. The plan of dev is twice what dev needs, that of prod
/// what prod needs: each covers its own account, and half of dev's is lost.
#[test]
fn a_plan_covers_its_owner_before_another_account_does() {
    let plan = |name: &str, hourly: &str| {
        format!("commitments: [{{id: sp-{name}, term: savings-plan-1yr-no-upfront, start: 2026-12-01, hourly: {hourly} USD}}]")
    };
    let files = [
        ("dev.yaml", environment("dev", WEB, &plan("dev", "0.157984"))),
        ("prod.yaml", environment("prod", WEB, &plan("prod", "0.078992"))),
        ("accounts.yaml", "payers: {main: {members: [dev, prod]}}\n".to_owned()),
    ];
    let scenarios = load(&files);
    let bill = predict::bill(&scenarios, scenarios.named("prod").expect("prod"), &book(), december()).unwrap_or_else(|e| panic!("{e}"));
    let of = |environment: &str, what: &str| -> Usd {
        let fits = |c: &&ce_cost::bill::Charge| &*c.environment == environment && c.description == what;
        bill.charges.iter().filter(fits).map(|c| c.effective).sum()
    };
    let half = (Decimal::new(78_992, 6) * Decimal::from(744)).round_dp(6);
    for (environment, what, hours) in [
        ("prod", "covered by sp-prod", half),
        ("prod", "covered by sp-dev", Decimal::ZERO),
        ("prod", "not used of sp-prod", Decimal::ZERO),
        ("dev", "covered by sp-dev", half),
        ("dev", "not used of sp-dev", half),
    ] {
        assert_eq!(of(environment, what).decimal().round_dp(6), hours, "{environment}: {what}");
    }
}

#[test]
fn a_plan_without_a_published_rate_is_an_error() {
    let plan = "commitments: [{id: sp, term: savings-plan-1yr-partial-upfront, start: 2026-12-01, hourly: 0.05 USD}]";
    let (scenarios, book) = (scenarios(WEB, plan), book());
    let failure = predict::bill(&scenarios, scenarios.named("test").expect("test"), &book, december()).expect_err("no rate");
    assert_eq!(failure.to_string(), "test sp: the price book has no rate of a Compute Savings Plan at savings-plan-1yr-partial-upfront");
}

// ── The optimum ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Hours of one rate with these dollars on demand, at a discount.
fn hours(on_demand: &[f64], discount: f64) -> Hours {
    let count = on_demand.len() as f64;
    let units = on_demand.iter().map(|d| d.max(0.0) * (1.0 - discount)).collect();
    let (weights, worth) = (vec![1.0 / count; on_demand.len()], vec![1.0; on_demand.len()]);
    Hours { values: vec![1.0 / (1.0 - discount)], weights, worth, units }
}

/// `vectors.md`: D normal with mean 1 and deviation 0.25, d = 0.2: C = 0.63, the 20% quantile of 0.8 × D, 0.8 × (1 − 0.25 × 0.8416). Twenty
/// thousand draws know that quantile to 0.8 × 0.25 × √(0.2 × 0.8 ÷ 20,000) ÷ 0.28 = 0.002. With d = 0.45, 0.55 × (1 − 0.25 × 0.1257) = 0.5327.
#[test]
fn the_optimum_is_the_quantile_of_the_closed_form() {
    let normal = Normal::new(1.0, 0.25).expect("a distribution");
    let demand: Vec<f64> = (0..20_000).map(|i| normal.sample(&mut stream(3, i, purpose("demand")))).collect();
    for (discount, closed) in [(0.2, 0.6317), (0.45, 0.5327)] {
        let best = hours(&demand, discount).best(1.0);
        assert!((best - closed).abs() < 0.008, "{discount}: {best} instead of {closed}");
    }
}

proptest! {
    /// Whatever the use: the best plan costs at most what no plan costs, at least what somebody would pay who buys each hour's use at
    /// the plan's rate, and no other size costs less.
    #[test]
    fn the_best_plan_costs_between_none_and_the_clairvoyant(
        hours in prop::collection::vec((0.01..2.0f64, prop::collection::vec(0.0..10.0f64, 2)), 1..60),
        values in (1.0..2.5f64, 1.0..2.5f64),
        others in prop::collection::vec(0.0..20.0f64, 20),
    ) {
        let values = vec![values.0.max(values.1), values.0.min(values.1)];
        let weights: Vec<f64> = hours.iter().map(|(weight, _)| *weight).collect();
        let (term, units) = (weights.iter().sum::<f64>(), hours.iter().flat_map(|(_, units)| units.clone()).collect());
        let worth = vec![1.0; weights.len()];
        let hours = Hours { values: values.clone(), weights, worth, units };
        let on_demand = hours.replaced(f64::MAX);
        let cost = |size: f64| on_demand - hours.replaced(size) + size * term;
        let clairvoyant: f64 = hours.path(0).map(|(group, units)| group.weight * units.iter().sum::<f64>()).sum();
        let best = cost(hours.best(term));
        prop_assert!(best <= on_demand + 1e-6 && best >= clairvoyant - 1e-6, "{best} is not between {clairvoyant} and {on_demand}");
        for other in others {
            prop_assert!(best <= cost(other) + 1e-6, "{other} costs {} and the best {best}", cost(other));
        }
    }
}

/// Tasks whose number nobody knows, at one rate: each path is even over its hours, so that the best size is the 20% quantile of the plan's
/// dollars an hour over the paths. What it saves and risks is added up anew, path by path.
#[test]
fn the_optimum_on_drawn_paths_is_the_quantile_of_their_hours() {
    let tasks = WEB.replace("average: 2", "average: {low: 1, likely: 2, high: 6, why: unknown}");
    let scenarios = scenarios(&tasks, "");
    let drawing = Drawing { paths: 400, seed: 1 };
    let ahead = Ahead::new(&scenarios, scenarios.named("test").expect("test"), &book(), december(), 12, drawing).expect("a forecast");
    assert!(ahead.drawn);
    let path = |path: usize| 0.8 * ahead.months[0].dollars.iter().map(|d| d[path]).sum::<f64>() / 744.0;
    let mut hourly: Vec<f64> = (0..400).map(path).collect();
    hourly.sort_by(f64::total_cmp);
    let advice = advice_on(&scenarios, "1yr-no-upfront", 400, "0");
    let best = choice(&advice, COMPUTE, "savings-plan-1yr-no-upfront");
    let size: f64 = best.commit.parse().expect("a number");
    assert!((size - hourly[80]).abs() < 0.001 + (hourly[82] - hourly[78]), "{size} beside {:?}", &hourly[78..83]);
    let mut savings: Vec<f64> = hourly.iter().map(|h| (h.min(size) / 0.8 - size) * 730.0).collect();
    savings.sort_by(f64::total_cmp);
    let mean = savings.iter().sum::<f64>() / 400.0;
    let losses = savings.iter().filter(|s| **s < 0.0).count() as f64 / 400.0;
    let near = |usd: Usd, expected: f64| assert!((float(usd.decimal()) - expected).abs() < 0.02, "{usd} instead of {expected}");
    near(best.saving.mean, mean);
    near(best.saving.p10.expect("a band"), ce_cost::statistic::quantile(&savings, 0.1).expect("values"));
    near(best.saving.p90.expect("a band"), ce_cost::statistic::quantile(&savings, 0.9).expect("values"));
    let number = |text: &str| text.parse::<f64>().expect("a number");
    assert!((number(best.saving.loss.as_ref().expect("a part")) - losses).abs() < 1e-4);
    assert!((number(&best.needed) - 0.8).abs() < 1e-4);
    assert!((number(best.used_up.as_ref().expect("a part")) - 0.8).abs() < 0.01, "{best:#?}");
}

/// Traffic that nobody knows, and a service that never has fewer than six tasks: 6 × 0.04937 × 0.8 = 0.237 an hour of the plan are used in
/// every hour of every path, whatever the traffic.
const FLOOR: &str = "web: {type: fargate-service, task: {cpu: 1 vCPU, memory: 2 GB}, tasks: {min: 6, max: 60}, demand: {per_request: {cpu: 50 ms}}, scaling: {policies: [{metric: cpu, target: 70%}]}}";

fn floor(level: &str) -> Scenarios {
    let day = "day: {peak: \"17:00\", low: \"07:00\", ratio: 6}\n  week: {sat: 0.5, sun: 0.5}";
    scenarios(FLOOR, &format!("workload:\n  requests: {{level: {level}}}\n  {day}"))
}

#[test]
fn the_least_capacity_is_used_on_every_path() {
    for level in ["20/s", "110/s", "{low: 20/s, likely: 100/s, high: 110/s, why: unknown}"] {
        let advice = advice_on(&floor(level), "1yr-no-upfront", 100, "0");
        let best = choice(&advice, COMPUTE, "savings-plan-1yr-no-upfront");
        let (size, saving) = (best.commit.parse::<f64>().expect("a number"), float(best.saving.mean.decimal()));
        assert!((0.235..0.243).contains(&size) && (42.5..44.5).contains(&saving), "{level}: {size} saves {saving}");
        assert_eq!(best.saving.loss.as_deref().unwrap_or("0"), "0", "{level}");
    }
}

/// Whatever is drawn: the best size saves at least nothing, and at most what somebody saves who buys each hour's use at the plan's rate.
#[test]
fn a_prospect_saves_between_nothing_and_the_clairvoyant() {
    let tasks = WEB.replace("average: 2", "average: {low: 0, likely: 2, high: 9, why: unknown}");
    let arm = "\n  arm: {type: fargate-service, task: {cpu: 1 vCPU, memory: 2 GB, architecture: arm}, tasks: {min: 1, max: 9, average: 3}, schedule: half}";
    let mixed = scenarios(&format!("{tasks}{arm}"), "schedules: {half: {monthly: 360 h}}");
    for scenarios in [mixed, floor("{low: 5/s, likely: 100/s, high: 400/s, why: unknown}")] {
        let drawing = Drawing { paths: 50, seed: 2 };
        let ahead = Ahead::new(&scenarios, scenarios.named("test").expect("test"), &book(), december(), 12, drawing).expect("a forecast");
        let offers = offers(&ahead.uses, &book(), &Payer::default(), "us-east-1", december().month.first_day(), Wanted::default());
        for purchase in offers.iter().flat_map(|o| &o.purchases).filter(|p| p.years == 1) {
            let prospect = Prospect::new(&ahead, purchase, &[], Decimal::ZERO);
            let outcome = prospect.at(prospect.best().unwrap_or_default());
            let mean = outcome.savings.iter().sum::<f64>() / 50.0;
            let use_of = |used: usize| ahead.months.iter().flat_map(|m| &m.dollars[used]).sum::<f64>() / 50.0;
            let clairvoyant: f64 = purchase.covers.iter().map(|c| use_of(c.used) * (1.0 - float(c.units))).sum();
            assert!((-1e-6..clairvoyant + 1e-6).contains(&mean), "{}: {mean} of {clairvoyant}", purchase.term());
            assert!(clairvoyant > 0.0);
        }
    }
}

// ── The command ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

fn command(args: &[&str], columns: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.args(args).args(["--as-of", "2026-11-24"]).env("NO_COLOR", "1").env("COLUMNS", columns);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("it runs")
}

#[track_caller]
fn out(args: &[&str], columns: &str) -> String {
    let output = command(args, columns);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_advice_on_prod() {
    insta::assert_snapshot!("commit_prod_120", out(&["commit", "prod"], "120"));
    insta::assert_snapshot!("commit_prod_80", out(&["commit", "prod"], "80"));
    insta::assert_snapshot!("commit_dr_markdown", out(&["commit", "dr", "--format", "md"], "120"));
    insta::assert_snapshot!(
        "commit_driven_curve",
        out(&["commit", "prod-driven", "--curve", "--term", "1yr-no-upfront", "--months", "3"], "80")
    );
}

#[test]
fn the_document_keeps_to_its_schema() {
    let document: serde_json::Value = serde_json::from_str(&out(&["commit", "prod", "--format", "json"], "120")).expect("JSON");
    let all = ce_cost::cli::schemas();
    let (_, schema) = all.iter().find(|(name, _)| *name == "commit.schema.json").expect("a schema");
    let validator = jsonschema::validator_for(schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(&document).map(|e| format!("{}: {e}", e.instance_path)).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    assert!(out(&["commit", "prod", "--format", "csv"], "120").starts_with("environment,family,term,best,commit,unit,saving_usd,"));
}

#[test]
fn a_term_that_is_none_is_refused() {
    let output = command(&["commit", "prod", "--term", "2yr"], "120");
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&output.stderr).contains("expected 1yr, 3yr, no-upfront"), "{output:?}");
}

/// The rate of Partial Upfront is not published: the two beside it are shown, and nothing is advised.
#[test]
fn a_term_without_a_published_rate_is_shown_and_not_advised() {
    let page = out(&["commit", "prod", "--levers", "none", "--term", "1yr-partial-upfront"], "120");
    assert!(page.contains("1 yr, part upfront ~*") && page.contains("400 – 553"), "{page}");
    assert!(page.contains("Compute Savings Plan: the rate is not published, so that nothing is advised"), "{page}");
    assert!(out(&["commit", "prod", "--curve", "--format", "md", "--months", "1"], "120").contains("| an hour |"));
}
