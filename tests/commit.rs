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
use ce_cost::savings::commit::document::{Choice, Commitments};
use ce_cost::savings::commit::market::offers;
use ce_cost::savings::commit::outcome::{Prospect, Spread};
use ce_cost::savings::commit::purchase::Wanted;
use ce_cost::savings::commit::{Ask, commitments};
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
    let offers = offers(&ahead.uses, &book, "us-east-1", december().month.first_day(), wanted);
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
    covers(cluster, rest, "Aurora db.r6g reservations", "2.01", "0.5226");
    covers(cluster, rest, "Redis cache.r6g reserved nodes", "4", "0.824");
}

// ── What to buy ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// What is advised for one environment without uncertainty, over a year of 8,760 hours from December 2026.
#[track_caller]
fn advice(resources: &str, rest: &str, discount_rate: &str) -> Commitments {
    let scenarios = scenarios(resources, rest);
    let ask = Ask {
        basis: december(),
        drawing: Drawing { paths: 20, seed: 1 },
        months: Some(12),
        wanted: "1yr".parse().expect("a term"),
        discount_rate: discount_rate.parse().expect("a rate"),
        all_curves: false,
        as_of: "2026-11-24".into(),
    };
    commitments(&scenarios, scenarios.named("test").expect("test"), &book(), &ask).unwrap_or_else(|e| panic!("{e}"))
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
    let all = choice(&advice, "Aurora db.r6g reservations", "reserved-1yr-all-upfront");
    says(all, "3", "258.67", "3720", "0", Some(7));
    assert_eq!((all.coverage.as_str(), all.utilisation.as_str()), ("1", "1"));
    // 0.17 an hour each: 3 × 0.17 × 8,760 ÷ 12 = 372.30 a month of 568.67.
    says(choice(&advice, "Aurora db.r6g reservations", "reserved-1yr-no-upfront"), "3", "196.37", "0", "372.3", Some(1));
}

/// Four nodes at 0.206 an hour, 1,146 at the start each: (0.206 × 8,760 − 1,146) × 4 ÷ 12. One earns 0.206 × 5,832 = 1,201 by the end of
/// July, the eighth month, and 1,048 a month before.
#[test]
fn reserved_nodes_have_their_fee() {
    let advice = advice("cache: {type: elasticache, engine: redis, node: cache.r6g.large, shards: 2, replicas: 1}", "", "0");
    let all = choice(&advice, "Redis cache.r6g reserved nodes", "reserved-1yr-all-upfront");
    says(all, "4", "219.52", "4584", "0", Some(8));
    assert_eq!(all.amortized.to_string(), "382");
    // Money at 10% a year makes them worth less, and later.
    let dear = self::advice("cache: {type: elasticache, engine: redis, node: cache.r6g.large, shards: 2, replicas: 1}", "", "0.1");
    assert!(choice(&dear, "Redis cache.r6g reserved nodes", "reserved-1yr-all-upfront").saving.mean < all.saving.mean);
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
    assert_eq!(best.purchases, ["Aurora db.r7g reservations, 1 year, all upfront: 1 InstanceUsage:db.r7g.large"]);
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
    let (scenarios, book) = (scenarios(resources, rest), book());
    let test = scenarios.named("test").expect("test");
    let first: Month = first.parse().expect("a month");
    let month = |n: u32| {
        let basis = Basis { month: first.plus(n), ..december() };
        predict::bill(&scenarios, test, &book, basis).unwrap_or_else(|e| panic!("{e}"))
    };
    let bills: Vec<_> = (0..12).map(month).collect();
    let sum = |of: fn(&ce_cost::bill::Charge) -> Usd| bills.iter().flat_map(|b| &b.charges).map(of).sum();
    [sum(|c| c.billed), sum(|c| c.effective)]
}

/// The saving over a year of a plan of so many dollars an hour, by its prospect.
#[track_caller]
fn prospect(resources: &str, rest: &str, hourly: &str) -> Usd {
    let (scenarios, book) = (scenarios(resources, rest), book());
    let test = scenarios.named("test").expect("test");
    let drawing = Drawing { paths: 0, seed: 1 };
    let ahead = Ahead::new(&scenarios, test, &book, december(), 12, drawing).unwrap_or_else(|e| panic!("{e}"));
    let offers = offers(&ahead.uses, &book, "us-east-1", december().month.first_day(), Wanted::default());
    let plan = offers.iter().flat_map(|o| &o.purchases).find(|p| p.term().to_string() == "savings-plan-1yr-no-upfront").expect("the plan");
    let outcome = Prospect::new(&ahead, plan, &[], Decimal::ZERO).at(hourly.parse().expect("a decimal"));
    Spread::of(outcome.savings).expect("one path").mean
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
    Hours { values: vec![1.0 / (1.0 - discount)], weights: vec![1.0 / count; on_demand.len()], units }
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
        let hours = Hours { values: values.clone(), weights, units };
        let on_demand = hours.replaced(f64::MAX);
        let cost = |size: f64| on_demand - hours.replaced(size) + size * term;
        let clairvoyant: f64 = hours.path(0).map(|(weight, units)| weight * units.iter().sum::<f64>()).sum();
        let best = cost(hours.best(term));
        prop_assert!(best <= on_demand + 1e-6 && best >= clairvoyant - 1e-6, "{best} is not between {clairvoyant} and {on_demand}");
        for other in others {
            prop_assert!(best <= cost(other) + 1e-6, "{other} costs {} and the best {best}", cost(other));
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
