//! Levers and what they are worth: the plan's own arithmetic, overlaps, shares, the best subset, and what people see.

mod world;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;

use ce_cost::money::Usd;
use ce_cost::month::HoursBasis;
use ce_cost::predict::{self, Basis};
use ce_cost::pricing::PriceBook;
use ce_cost::savings::lever;
use ce_cost::scenario::patch::{Patch, changes};
use ce_cost::scenario::{Scenario, Scenarios};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::Value;
use world::{World, files};

const DAY: &str = "2026-11-24";
const STACK: &str = "tests/fixtures/savings/stack";

fn command(args: &[&str], columns: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.args(args).args(["--as-of", DAY]).env("NO_COLOR", "1").env("COLUMNS", columns).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.output().expect("it runs")
}

#[track_caller]
fn out(args: &[&str], columns: &str) -> String {
    let output = command(args, columns);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[track_caller]
fn fails(args: &[&str], code: i32) -> String {
    let output = command(args, "120");
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stderr).expect("text")
}

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&out(&[args, &["--format", "json"]].concat(), "120")).expect("JSON")
}

fn d(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

fn usd(value: &Value) -> Decimal {
    d(value.as_str().expect("a string"))
}

fn row<'a>(document: &'a Value, id: &str) -> &'a Value {
    let rows = document["levers"].as_array().expect("levers");
    rows.iter().find(|r| r["id"] == id).unwrap_or_else(|| panic!("no lever {id}"))
}

fn conforms(schema: &str, document: &Value) {
    let all = ce_cost::cli::schemas();
    let (_, schema) = all.iter().find(|(name, _)| *name == schema).expect("a schema");
    let validator = jsonschema::validator_for(schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path)).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

static WORLD: LazyLock<World> = LazyLock::new(World::new);

// ── The files ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn every_lever_fits_the_environments_that_it_names() {
    let World { book, scenarios, levers } = &*WORLD;
    // A lever written for prod may not fit prod-driven; one that names an environment fits it.
    levers.check(scenarios, book).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
    for lever in &levers.list {
        assert!(scenarios.all.iter().any(|s| lever.applies_to(s)), "{} changes nothing anywhere", lever.id);
        assert!(!lever.when.is_empty(), "{} states no condition", lever.id);
    }
}

#[test]
fn what_is_built_in_are_the_files_of_the_folder() {
    let here = out(&["savings", "prod", "--format", "json"], "120");
    let elsewhere = Command::new(env!("CARGO_BIN_EXE_ce-cost"))
        .args(["savings", "prod", "--format", "json", "--as-of", DAY])
        .current_dir(std::env::temp_dir())
        .output()
        .expect("it runs");
    assert_eq!(here, String::from_utf8(elsewhere.stdout).expect("text"));
}

#[test]
fn every_assumed_number_says_why() {
    for file in files("scenarios/levers") {
        for line in file.text.lines().filter(|l| l.contains("from: assumed")) {
            assert!(line.contains("why: "), "{}: {line}", file.name);
        }
    }
}

// ── The plan's own arithmetic ────────────────────────────────────────────────────────────────────────────────────────────────

/// §9.2 of the document: lever, environment, amount, how it comes about.
const STATED: &[(&str, &str, &str, &str)] = &[
    ("aurora-reserved", "prod", "540", "document"),
    ("cache-reserved", "prod", "180", "document"),
    ("spot-background", "prod", "200", "fitted"),
    ("spot-development", "dev", "150", "fitted"),
    ("right-sizing", "prod", "300", "fitted"),
    ("aurora-serverless", "prod", "400", "stated-only"),
    ("lambda-batch", "prod", "250", "stated-only"),
    ("s3-intelligent-tiering", "prod", "90", "document"),
    ("log-retention", "prod", "60", "document"),
    ("multi-cloud", "prod", "500", "stated-only"),
];

#[test]
fn the_plan_is_reproduced_on_its_own_basis() {
    let document = json(&["savings", "prod", "--basis", "plan"]);
    assert_eq!(document["levers"].as_array().map(Vec::len), Some(10));
    for (id, environment, stated, basis) in STATED {
        let row = row(&document, id);
        assert_eq!(row["environment"], *environment, "{id}");
        assert_eq!(usd(&row["stated"]), d(stated), "{id}");
        assert_eq!(usd(&row["reproduced"]).round(), d(stated), "{id}");
        assert_eq!(row["basis"], *basis, "{id}");
    }
    let total = |horizon: &str| {
        let total = &document["totals"][horizon];
        (usd(&total["stated"]), usd(&total["reproduced"]), usd(&total["share"]).round_dp(2))
    };
    // 1,370 of 5,600 and 1,300 of 5,600.
    assert_eq!(total("short"), (d("1370"), d("1370"), d("0.24")));
    assert_eq!(total("long"), (d("1300"), d("1300"), d("0.23")));
}

#[test]
fn the_plans_double_counts_are_named() {
    let document = json(&["savings", "prod"]);
    let all = document["double_counts"].as_array().expect("sentences").iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n");
    for wanted in
        ["exclude each other: the plan adds up both", "Right-sizing of tasks shrinks", "150 of the short-term total belongs to dev"]
    {
        assert!(all.contains(wanted), "{all}");
    }
    let reason = row(&document, "aurora-reserved")["reason"].as_str().expect("a reason");
    assert!(reason.contains("379.60 of the 1,800"), "{reason}");
}

// ── Overlaps ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// A published estimate for an ECS stack adds its savings up to 209.29. One NAT gateway 0.045 × 730 = 32.85; one task
/// (2 × 0.03238 + 4 × 0.00356) × 730 = 57.67; half an ACU 0.5 × 0.12 × 730 = 43.80; 65% of two tasks 74.97. Together off-hours act on one
/// task: 32.85 + 57.67 + 43.80 + 37.49 = 171.81.
#[test]
fn savings_that_overlap_are_worth_less_together() {
    let document = json(&["savings", "stack", "--scenarios", STACK, "--hours", "730"]);
    let alone = |id: &str| usd(&row(&document, id)["standalone"]);
    let cents = |amount: Decimal| amount.round_dp(2);
    assert_eq!(cents(alone("one-nat")), d("32.85"));
    assert_eq!(cents(alone("one-task")), d("57.67"));
    assert_eq!(cents(alone("no-reader")), d("43.80"));
    assert_eq!(cents(alone("off-hours")), d("74.97"));
    let one_by_one: Decimal = ["one-nat", "one-task", "no-reader", "off-hours"].into_iter().map(alone).sum();
    assert_eq!(cents(one_by_one), d("209.29"));
    assert_eq!(cents(usd(&document["combined"])), d("171.81"));
    let overlaps = document["overlaps"].as_array().expect("pairs");
    assert_eq!(overlaps.len(), 1, "only tasks and hours overlap");
    // 65% of one task.
    assert_eq!(cents(usd(&overlaps[0]["overlap"])), d("37.49"));
    // The two share what they save together, 95.16, each less half of what they take from each other.
    let share = |id: &str| cents(usd(&row(&document, id)["shapley"]));
    assert_eq!(share("one-task"), d("38.93"));
    assert_eq!(share("off-hours"), d("56.23"));
    assert_eq!(share("one-nat"), d("32.85"));
}

/// Thirteen levers that take a twentieth of the tasks each are too many for all coalitions: shares are sampled, alike within their error,
/// and still add up.
#[test]
fn a_group_too_large_is_sampled() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(folder.path().join("levers")).expect("a folder");
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join(STACK);
    std::fs::copy(here.join("stack.yaml"), folder.path().join("stack.yaml")).expect("a copy");
    let one = std::fs::read_to_string(here.join("levers/one-task.yaml")).expect("text");
    for n in 10..23 {
        let text = one.replace("id: one-task", &format!("id: less-{n}")).replace("web.tasks.average: 1", "web.tasks.average: -5%");
        std::fs::write(folder.path().join(format!("levers/less-{n}.yaml")), text).expect("a file");
    }
    let document = json(&["savings", "stack", "--scenarios", &folder.path().display().to_string(), "--hours", "730", "--least", "0"]);
    assert_eq!(document["shares"]["method"], "sampled");
    assert_eq!(document["shares"]["seed"], "1");
    // 115.34 × (1 − 0.95^13)
    let combined = usd(&document["combined"]);
    assert_eq!(combined.round_dp(2), d("56.13"));
    let shares: Vec<Decimal> = document["levers"].as_array().expect("levers").iter().map(|r| usd(&r["shapley"])).collect();
    assert_eq!(shares.iter().sum::<Decimal>(), combined);
    let error = usd(&document["shares"]["standard_error"]);
    let alike = combined / Decimal::from(13);
    assert!(error > Decimal::ZERO && shares.iter().all(|s| (s - alike).abs() < error * Decimal::from(4)), "{error} {shares:?}");
}

#[test]
fn every_waterfall_closes_and_shares_add_up() {
    for args in [
        &["savings", "prod"][..],
        &["savings", "dev"],
        &["savings", "staging"],
        &["savings", "dr"],
        &["savings", "prod", "--max-risk", "low"],
        &["savings", "prod", "--no-commitment", "--hours", "730"],
        &["savings", "prod", "--max-upfront", "1000"],
        &["savings", "prod", "--max-upfront", "5000", "--levers", "aurora-reserved-all-upfront,cache-reserved-all-upfront,graviton"],
        &["savings", "prod", "--horizon", "long"],
    ] {
        let document = json(&[args, &["--paths", "0"]].concat());
        conforms("savings.schema.json", &document);
        let mut cost = usd(&document["cost"]);
        let mut saved = Decimal::ZERO;
        for step in document["waterfall"].as_array().expect("steps") {
            cost -= usd(&step["saving"]);
            saved += usd(&step["saving"]);
            assert_eq!(cost, usd(&step["cost"]), "{args:?}");
            assert_eq!(row(&document, step["lever"].as_str().expect("an id"))["step"], step["saving"], "{args:?}");
        }
        assert_eq!(saved, usd(&document["combined"]), "{args:?}");
        assert_eq!(document["recommendation"]["saving"], document["combined"], "{args:?}");
        let shares: Decimal = document["levers"].as_array().expect("levers").iter().filter_map(|r| r["shapley"].as_str()).map(d).sum();
        assert_eq!(shares, saved, "{args:?}");
    }
}

/// What is recommended is the difference of two bills, which somebody could compute by hand.
#[test]
fn the_best_subset_is_two_bills_apart() {
    let World { book, scenarios, levers } = &*WORLD;
    let document = json(&["savings", "staging", "--no-commitment", "--paths", "0"]);
    let staging = scenarios.named("staging").expect("staging");
    let chosen = document["recommendation"]["levers"].as_array().expect("ids");
    let chosen = chosen.iter().map(|id| levers.list.iter().find(|l| id == &l.id).expect("a lever"));
    let patches: Vec<_> = chosen.flat_map(|l| l.patches(staging)).collect();
    let changed = scenarios.changed(staging, &patches, book, &levers.sources).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
    let cost = |scenario: &Scenario| total(scenarios, scenario, book).expect("a bill");
    let saved = cost(staging) - cost(&changed);
    assert_eq!(saved.decimal(), usd(&document["combined"]));
}

fn total(scenarios: &Scenarios, scenario: &Scenario, book: &PriceBook) -> Option<Usd> {
    let basis =
        Basis { month: "2026-12".parse().expect("a month"), hours: HoursBasis::Actual, pooled: true, free_tier: true, failover: None };
    Some(predict::bill(scenarios, scenario, book, basis).ok()?.cut(&scenario.name).total())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Levers that neither exclude nor follow each other can be laid over an environment in any order.
    #[test]
    fn changes_commute(a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>(), environment in prop::sample::select(vec!["dev", "staging", "prod", "dr"])) {
        let World { book, scenarios, levers } = &*WORLD;
        let scenario = scenarios.named(environment).expect("an environment");
        let acting: Vec<_> = levers.list.iter().filter(|l| !l.patches(scenario).is_empty()).collect();
        let (a, b) = (a.get(&acting), b.get(&acting));
        let bound = |x: &lever::Lever, y: &lever::Lever| x.excludes.contains(&y.id) || x.after.contains(&y.id) || x.needs.contains(&y.id);
        prop_assume!(a.id != b.id && !bound(a, b) && !bound(b, a));
        let both = |x: &lever::Lever, y: &lever::Lever| {
            let patches = [x.patches(scenario), y.patches(scenario)].concat();
            let changed = scenarios.changed(scenario, &patches, book, &levers.sources).ok()?;
            total(scenarios, &changed, book)
        };
        let one_way = both(a, b);
        prop_assume!(one_way.is_some());
        prop_assert_eq!(one_way, both(b, a), "{} and {}", a.id, b.id);
    }
}

// ── Constraints ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn constraints_hold_and_cost_something() {
    let free = json(&["savings", "prod", "--paths", "0"]);
    let best = usd(&free["combined"]);
    assert!(usd(&free["recommendation"]["upfront"]) > Decimal::ZERO);
    for (args, holds) in [
        (["--max-risk", "low"], "risk"),
        (["--max-upfront", "0"], "upfront"),
        (["--max-upfront", "1000"], "upfront"),
        (["--max-upfront", "2800 USD"], "upfront"),
    ] {
        let document = json(&[&["savings", "prod", "--paths", "0"], &args[..]].concat());
        assert!(usd(&document["combined"]) <= best, "{args:?}");
        let limit = args[1].trim_end_matches(" USD");
        assert!(document["recommendation"]["levers"].as_array().is_some_and(|l| l.len() >= 4), "{args:?}");
        match holds {
            "risk" => {
                for id in document["recommendation"]["levers"].as_array().expect("ids") {
                    assert_eq!(row(&document, id.as_str().expect("an id"))["risk"], "low");
                }
            }
            _ => assert!(usd(&document["recommendation"]["upfront_fees"]) <= d(limit), "{args:?}"),
        }
    }
    let none = json(&["savings", "prod", "--no-commitment", "--paths", "0"]);
    assert_eq!(none["recommendation"]["upfront"], "0");
    assert_eq!(row(&none, "compute-savings-plan")["status"], "ruled-out");
}

/// By default nothing of high risk, nothing that breaks a requirement, nothing that rests on what nobody measured, nothing small.
#[test]
fn what_is_not_asked_for_is_not_recommended() {
    let document = json(&["savings", "prod", "--paths", "0"]);
    let status = |document: &Value, id: &str| row(document, id)["status"].as_str().expect("a status").to_owned();
    for id in ["compute-savings-plan-3yr", "multi-cloud", "weekly-copies", "endpoints-through-nat", "right-sizing"] {
        assert_eq!(status(&document, id), "ruled-out", "{id}");
    }
    assert!(row(&document, "weekly-copies")["against"].as_str().expect("a requirement").contains("§4.1"));
    assert!(row(&document, "right-sizing")["reason"].as_str().expect("a reason").contains("not measured"));
    // 0.5% of what production costs is more than five dollars.
    let least = usd(&document["cost"]) * d("0.005");
    assert!(least > d("5"));
    for row in document["levers"].as_array().expect("levers") {
        match row["status"].as_str() {
            Some("recommended") => assert!(usd(&row["marginal"]) >= least, "{row}"),
            Some("too-small") => assert!(usd(&row["marginal"]) < least, "{row}"),
            _ => {}
        }
    }
    assert_eq!(status(&document, "log-retention"), "too-small");
    let bold = json(&["savings", "prod", "--paths", "0", "--max-risk", "high"]);
    assert_eq!(bold["combined"], document["recommendation"]["at_any_risk"]);
    assert!(usd(&bold["combined"]) > usd(&document["combined"]));
    assert_eq!(status(&bold, "compute-savings-plan-3yr"), "recommended");
    let breaking = json(&["savings", "prod", "--paths", "0", "--against-requirements", "--least", "0"]);
    for id in ["weekly-copies", "endpoints-through-nat", "log-retention"] {
        assert_eq!(status(&breaking, id), "recommended", "{id}");
    }
    // A lever that is named is asked for.
    assert_eq!(status(&json(&["savings", "prod", "--paths", "0", "--levers", "right-sizing"]), "right-sizing"), "recommended");
}

/// After the others means after all of them: the difference between the best levers and the same without this one, of two bills.
#[test]
fn after_the_others_is_after_all_of_them() {
    let World { book, scenarios, levers } = &*WORLD;
    let document = json(&["savings", "staging", "--no-commitment", "--paths", "0"]);
    let staging = scenarios.named("staging").expect("staging");
    let chosen: Vec<&str> = document["recommendation"]["levers"].as_array().expect("ids").iter().filter_map(Value::as_str).collect();
    let cost = |without: &str| {
        let kept = levers.list.iter().filter(|l| chosen.contains(&l.id.as_str()) && l.id != without);
        let patches: Vec<_> = kept.flat_map(|l| l.patches(staging)).collect();
        let changed = scenarios.changed(staging, &patches, book, &levers.sources).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
        total(scenarios, &changed, book).expect("a bill").decimal()
    };
    assert!(chosen.contains(&"graviton") && chosen.contains(&"off-hours"));
    for id in &chosen {
        assert_eq!(cost(id) - cost(""), usd(&row(&document, id)["marginal"]), "{id}");
    }
}

/// What `commit` advises fits what the levers leave: once it is bought, they are worth what they were. As today's use would have it bought,
/// half of what they save would be paid for already.
#[test]
fn what_is_committed_to_leaves_levers_their_worth() {
    let World { book, scenarios, levers } = &*WORLD;
    let prod = scenarios.named("prod").expect("prod");
    let worth = |advice: &Value, ids: &[&str]| {
        let families = advice["families"].as_array().expect("families").iter();
        let best = families.flat_map(|f| f["choices"].as_array().expect("choices")).filter(|c| c["best"] == true);
        let entries = best.map(|c| format!("commitments.+={}", c["entry"].as_str().expect("an entry")));
        let bought: Vec<Patch> = entries.flat_map(|entry| changes("prod", &entry).expect("a change")).collect();
        let lever = levers.list.iter().filter(|l| ids.contains(&l.id.as_str())).flat_map(|l| l.patches(prod)).collect::<Vec<_>>();
        let cost = |patches: &[Patch]| {
            let changed = scenarios.changed(prod, patches, book, &levers.sources).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
            let basis = Basis {
                month: "2027-01".parse().expect("a month"),
                hours: HoursBasis::Actual,
                pooled: true,
                free_tier: true,
                failover: None,
            };
            let bill = predict::bill(scenarios, &changed, book, basis).expect("a bill").cut("prod");
            bill.charges.iter().map(|c| c.effective).sum::<Usd>().decimal()
        };
        cost(&bought) - cost(&[&bought[..], &lever[..]].concat())
    };
    let (today, after) = (json(&["commit", "prod", "--levers", "none"]), json(&["commit", "prod"]));
    assert_eq!((&today["before"]["chosen"], &after["before"]["chosen"]), (&Value::from("none"), &Value::from("recommended")));
    let ids: Vec<&str> = after["before"]["levers"].as_array().expect("ids").iter().filter_map(Value::as_str).collect();
    assert!(ids.contains(&"graviton") && ids.contains(&"valkey"), "{ids:?}");
    let alone = worth(&serde_json::json!({"families": []}), &ids);
    assert!(worth(&after, &ids) > alone * d("0.8"), "{alone}");
    assert!(worth(&today, &ids) < alone * d("0.6"), "{alone}");
    let named = json(&["commit", "prod", "--levers", "graviton,valkey"]);
    assert_eq!((&named["before"]["chosen"], &named["before"]["levers"]), (&"named".into(), &serde_json::json!(["graviton", "valkey"])));
    assert!(fails(&["commit", "prod", "--levers", "cache-reserved"], 64).contains("`cache-reserved` buys"));
    assert!(fails(&["commit", "prod", "--levers", "gravitn"], 64).contains("did you mean `graviton`?"));
    assert!(fails(&["commit", "prod", "--levers", "s3-lifecycle,s3-intelligent-tiering"], 64).contains("exclude each other"));
    assert!(fails(&["commit", "prod", "--levers", "off-hours"], 64).contains("cannot be done in prod"));
}

/// Two instances beside I/O-Optimized use 2.6 reservations: three cost less than two and 0.6 of an instance on demand.
#[test]
fn reservations_are_as_many_as_make_the_smaller_bill() {
    let bought = |levers: &str| {
        let document = json(&["savings", "prod", "--paths", "0", "--levers", levers]);
        row(&document, "aurora-reserved-all-upfront")["purchases"][0]["count"].clone()
    };
    assert_eq!(bought("aurora-reserved-all-upfront"), "2");
    assert_eq!(bought("aurora-reserved-all-upfront,aurora-io-optimized"), "3");
}

/// I/O of production is calibrated, the cache is the plan's, the part of a plan is assumed; what rests on neither is not marked.
#[test]
fn what_a_saving_rests_on_is_told() {
    let document = json(&["savings", "prod", "--paths", "0"]);
    let on = |id: &str, what: &str| row(&document, id)["rests_on"][what].as_bool().expect("yes or no");
    assert!(on("aurora-io-optimized", "calibrated") && on("graviton", "calibrated"));
    assert_eq!(["assumed", "calibrated"].map(|what| on("valkey", what)), [false, false]);
    assert!(on("compute-savings-plan", "assumed") && on("compute-savings-plan-all-upfront", "weak_price"));
    let unmeasured = usd(&document["recommendation"]["unmeasured"]);
    let measured = usd(&row(&document, "valkey")["step"]);
    assert!(unmeasured > d("1100") && unmeasured <= usd(&document["combined"]) - measured, "{unmeasured}");
    let page = out(&["savings", "prod", "--paths", "0"], "120");
    assert!(page.contains("~ an input that is assumed or calibrated to the plan, not measured, stands behind it: "), "{page}");
    assert!(!page.contains("The band holds"), "{page}");
    // Development's own saving is in its own totals.
    let dev = json(&["savings", "dev", "--basis", "plan"]);
    assert_eq!([&dev["totals"]["short"]["stated"], &row(&dev, "spot-development")["stated"]], ["150", "150"]);
}

/// Bursts are no baseline: once tasks sleep at night a plan has nothing left to cover in staging. Serverless capacity that is paused at
/// night is none in dev. A rate that the book has for another region alone is unknown, not zero.
#[test]
fn a_plan_is_bought_for_what_runs_all_month() {
    let staging = json(&["savings", "staging", "--paths", "0", "--max-risk", "high", "--least", "0"]);
    for id in ["compute-savings-plan", "compute-savings-plan-3yr"] {
        assert_eq!(row(&staging, id)["status"], "left", "{id}");
    }
    assert_eq!(row(&json(&["savings", "dev", "--paths", "0", "--least", "0"]), "database-savings-plan")["status"], "not-here");
    let dr = json(&["savings", "dr", "--paths", "0"]);
    assert_eq!(row(&dr, "graviton")["status"], "recommended");
    let plan = row(&dr, "compute-savings-plan");
    assert_eq!((&plan["status"], &plan["marginal"]), (&Value::from("left"), &Value::Null));
    assert!(
        plan["reason"].as_str().expect("a reason").contains("cannot be priced beside Graviton tasks: no rate of a Compute Savings Plan")
    );
}

#[test]
fn what_is_bought_is_told() {
    let document = json(&["savings", "prod", "--paths", "0"]);
    let bought = row(&document, "aurora-reserved-all-upfront")["purchases"].clone();
    assert_eq!(bought[0]["count"], "3");
    assert_eq!(bought[0]["what"], "InstanceUsage:db.r6g.large CreateDBInstance:0021");
    assert!(usd(&row(&document, "compute-savings-plan")["purchases"][0]["hourly"]) > Decimal::ONE);
    // Three reservations of 1,240; the support on them comes on top.
    assert_eq!(document["recommendation"]["upfront_fees"], "3720");
    assert!(usd(&document["recommendation"]["upfront"]) > d("3720"));
}

/// Two db.r6g.large at 0.26 an hour are 379.60 in 730 hours. All Upfront they cost 1,240 each for a year: 2 × 1,240 ÷ 8,760 × 730 = 206.67 a
/// month, so 172.93 are saved. The 2,480 have come back when 379.60 a month were not paid seven times: December to June.
#[test]
fn what_is_paid_at_once_is_spread_and_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::create_dir_all(folder.path().join("levers")).expect("a folder");
        std::fs::write(folder.path().join(name), text).expect("a file");
    };
    write(
        "shop.yaml",
        "environment: shop\nregion: us-east-1\nresources:\n  database:\n    type: aurora-postgresql\n    instances: [{role: writer, class: db.r6g.large}, {role: reader, class: db.r6g.large}]\n",
    );
    let lever = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/levers/aurora-reserved-all-upfront.yaml"));
    let lever = lever.expect("text");
    let lever: String = lever.lines().filter(|l| !l.starts_with("excludes")).map(|l| format!("{l}\n")).collect();
    write("levers/aurora-reserved-all-upfront.yaml", &lever);
    let path = folder.path().display().to_string();
    let document = json(&["savings", "shop", "--scenarios", &path, "--hours", "730"]);
    assert_eq!(usd(&document["cost"]), d("379.6"));
    assert_eq!(usd(&document["combined"]).round_dp(2), d("172.93"));
    assert_eq!(usd(&document["recommendation"]["upfront"]), d("2480"));
    assert_eq!(document["recommendation"]["break_even_month"], "2027-06");
    let limited = json(&["savings", "shop", "--scenarios", &path, "--hours", "730", "--max-upfront", "2000"]);
    assert_eq!(limited["recommendation"]["levers"].as_array().map(Vec::len), Some(0));
}

/// Credits pay for what is used, whatever that is: a lever saves as much as without them.
#[test]
fn credits_are_left_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    for part in ["", "levers"] {
        std::fs::create_dir_all(folder.path().join(part)).expect("a folder");
        for file in files(&format!("scenarios/{part}")) {
            let name = Path::new(&file.name).file_name().expect("a name").to_owned();
            let credits = "    credits: [{name: AWS Activate, balance: 9000 USD, from: 2026-12-01, expires: 2027-03-31}]\n";
            let text = if name == "accounts.yaml" { format!("{}{credits}", file.text) } else { file.text };
            std::fs::write(folder.path().join(part).join(name), text).expect("a file");
        }
    }
    let args = ["savings", "dev", "--no-commitment", "--paths", "0"];
    let with = json(&[&args[..], &["--scenarios", &folder.path().display().to_string()]].concat());
    let without = json(&args);
    assert_eq!((&with["cost"], &with["combined"]), (&without["cost"], &without["combined"]));
}

#[test]
fn the_band_is_that_of_the_difference() {
    let document = json(&["savings", "prod"]);
    let band = &document["recommendation"]["band"];
    let (low, high, saving) = (usd(&band["p10"]), usd(&band["p90"]), usd(&document["combined"]));
    assert!(low < saving && saving < high, "{low} {saving} {high}");
    // A lever that touches nothing uncertain has no width: an endpoint is there or not.
    let one = json(&["savings", "prod", "--levers", "endpoints-through-nat"]);
    let width = usd(&one["recommendation"]["band"]["p90"]) - usd(&one["recommendation"]["band"]["p10"]);
    assert!(width < d("3"), "{width}");
}

#[test]
fn all_environments_stand_beside_each_other() {
    let all = json(&["savings", "--all", "--paths", "0"]);
    conforms("savings-all.schema.json", &all);
    let each: BTreeMap<&str, Decimal> = all["environments"]
        .as_array()
        .expect("all")
        .iter()
        .map(|e| (e["environment"].as_str().expect("a name"), usd(&e["combined"])))
        .collect();
    assert_eq!(each.keys().copied().collect::<Vec<_>>(), ["dev", "dr", "prod", "staging"]);
    assert_eq!(each.values().sum::<Decimal>(), usd(&all["combined"]));
}

// ── What people see ──────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn what_people_see() {
    for columns in ["80", "120"] {
        for (name, args) in [
            ("prod", &["savings", "prod"][..]),
            ("prod_plan", &["savings", "prod", "--basis", "plan"]),
            ("dev", &["savings", "dev"]),
            ("all", &["savings", "--all"]),
        ] {
            let text = out(args, columns);
            let width: usize = columns.parse().expect("a number");
            for line in text.lines() {
                assert!(line.chars().count() <= width, "{columns} columns: {line}");
            }
            insta::assert_snapshot!(format!("savings_{name}_{columns}"), text);
        }
    }
    insta::assert_snapshot!(
        "savings_stack_csv",
        out(&["savings", "stack", "--scenarios", STACK, "--hours", "730", "--format", "csv"], "120")
    );
    insta::assert_snapshot!(
        "savings_stack_md",
        out(&["savings", "stack", "--scenarios", STACK, "--hours", "730", "--format", "md"], "120")
    );
}

#[test]
fn what_is_not_there_is_said() {
    assert!(fails(&["savings", "prod", "--max-upfront=-5"], 64).contains("0 or more"));
    assert!(fails(&["savings", "prod", "--month", "2096-01"], 64).contains("lies outside of 2015 to 2045"));
    assert!(fails(&["savings", "prod", "--levers", "s3-tiering"], 64).contains("did you mean `s3-intelligent-tiering`?"));
    let text = fails(&["savings", "prod", "--levers", "gravitron"], 64);
    assert!(text.contains("did you mean `graviton`?"), "{text}");
    assert!(fails(&["savings", "prd"], 64).contains("did you mean `prod`?"));
    assert!(fails(&["savings", "stack", "--scenarios", "tests/fixtures/savings"], 66).contains("no scenario file"));
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(STACK).join("stack.yaml"), folder.path().join("stack.yaml")).expect("a copy");
    assert!(fails(&["savings", "stack", "--scenarios", &folder.path().display().to_string()], 66).contains("there is no folder"));
    // A change that an environment cannot take is shown in the lever's file.
    let levers = folder.path().join("levers");
    std::fs::create_dir(&levers).expect("a folder");
    let lever = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(STACK).join("levers/one-task.yaml")).expect("text");
    std::fs::write(levers.join("one-task.yaml"), lever.replace("web.tasks.average: 1", "web.tasks.average: 9")).expect("a file");
    let text = fails(&["savings", "stack", "--scenarios", &folder.path().display().to_string()], 65);
    assert!(text.contains("9 tasks on average lie outside 1 to 4") && text.contains("levers/one-task.yaml:9:"), "{text}");
    // A class without a price is named, not guessed.
    let reason = row(&json(&["savings", "staging", "--paths", "0"]), "aurora-io-optimized")["reason"].clone();
    assert!(reason.as_str().expect("a reason").contains("cannot be priced"), "{reason}");
}
