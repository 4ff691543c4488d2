//! Commitments: what could be covered, what to buy, and what it is worth, against hand counts.

use ce_cost::month::HoursBasis;
use ce_cost::predict::Basis;
use ce_cost::pricing::{Payment, PriceBook};
use ce_cost::savings::commit::eligible::{Offer, eligible, running};
use ce_cost::scenario::commitment::Plan;
use ce_cost::scenario::{self, InputFile, Scenarios};

fn book() -> PriceBook {
    PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)))
}

/// One environment `test` in us-east-1.
#[track_caller]
fn scenarios(resources: &str, rest: &str) -> Scenarios {
    let text = format!("environment: test\nregion: us-east-1\nprovenance: assumed\n{rest}\nresources:\n  {resources}\n");
    let files = [InputFile { name: "test.yaml".into(), text }];
    scenario::load(&files, &book(), &[]).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)))
}

/// December 2026: 744 hours.
fn december() -> Basis {
    Basis { month: "2026-12".parse().expect("a month"), hours: HoursBasis::Actual, pooled: true, free_tier: true, failover: None }
}

const WEB: &str = "web: {type: fargate-service, task: {cpu: 1 vCPU, memory: 2 GB}, tasks: {min: 1, max: 9, average: 2}}";
const COMPUTE: Offer = Offer { plan: Plan::Compute, years: 1, payment: Payment::NoUpfront };
const DATABASE: Offer = Offer { plan: Plan::Database, years: 1, payment: Payment::NoUpfront };

#[track_caller]
fn covers(resources: &str, rest: &str, offer: Offer, hourly: &str, on_demand: &str) {
    let scenarios = scenarios(resources, rest);
    let test = scenarios.named("test").expect("test");
    let found = eligible(&scenarios, test, &book(), december(), offer).unwrap_or_else(|e| panic!("{e}"));
    let same = |usd: ce_cost::money::Usd, expected: &str| {
        assert_eq!(usd.decimal().round_dp(9).normalize(), expected.parse().expect("a decimal"), "{found:?}")
    };
    same(found.hourly, hourly);
    same(found.on_demand, on_demand);
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

#[test]
fn instances_that_run_all_month_are_counted_by_kind_without_what_is_reserved() {
    let cluster =
        "db: {type: aurora-postgresql, instances: [{role: writer, class: db.r6g.large}, {role: reader, class: db.r6g.large, count: 2}]}
  test-restore: {type: aurora-postgresql, instances: [{role: writer, class: db.r6g.large}], schedule: test}
  cache: {type: elasticache, engine: redis, node: cache.r6g.large, shards: 2, replicas: 1}";
    let rest = "schedules: {test: {monthly: 4 h}}
commitments: [{id: ri, term: reserved-1yr-no-upfront, start: 2026-12-01, service: AmazonRDS, usage_type: 'InstanceUsage:db.r6g.large', operation: 'CreateDBInstance:0021', count: 1}]";
    let scenarios = scenarios(cluster, rest);
    let list = running(&scenarios, scenarios.named("test").expect("test"), &book(), december()).unwrap_or_else(|e| panic!("{e}"));
    let list: Vec<String> = list.iter().map(|r| format!("{} {} {}", r.whole(), r.usage_type, r.operation)).collect();
    assert_eq!(list, ["2 InstanceUsage:db.r6g.large CreateDBInstance:0021", "4 NodeUsage:cache.r6g.large CreateCacheCluster:0002"]);
}
