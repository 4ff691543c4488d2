//! `ce-cost dr` as its users run it.

use std::path::Path;
use std::process::{Command, Output};

use ce_cost::money::Usd;
use serde_json::Value;

fn command(args: &[&str], columns: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.arg("dr").args(args).env("NO_COLOR", "1").env("COLUMNS", columns);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("it runs")
}

#[track_caller]
fn out(args: &[&str]) -> String {
    let output = command(&[args, &["--as-of", "2026-11-24"]].concat(), "120");
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
    let output = command(&[args, &["--format", "json"]].concat(), "120");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

fn usd(value: &Value) -> Usd {
    Usd::new(value.as_str().expect("a string").parse().expect("a decimal"))
}

fn strategy<'v>(document: &'v Value, name: &str) -> &'v Value {
    document["strategies"].as_array().expect("strategies").iter().find(|s| s["name"] == name).expect("a strategy")
}

fn of_service(strategy: &Value, service: &str) -> Usd {
    let all = strategy["services"].as_array().expect("services");
    all.iter().filter(|s| s["service"] == service).map(|s| usd(&s["amount"])).sum()
}

fn dollars(text: &str) -> Usd {
    Usd::new(text.parse().expect("a decimal"))
}

#[test]
fn parts_and_services_add_up_to_what_a_strategy_costs() {
    let found = json(&["--as-of", "2026-11-24"]);
    for s in found["strategies"].as_array().expect("strategies") {
        let parts = ["standby", "environment", "others"].map(|part| usd(&s["parts"][part]));
        assert_eq!(parts.into_iter().sum::<Usd>(), usd(&s["cost"]), "{}", s["name"]);
        let services = s["services"].as_array().expect("services").iter().map(|s| usd(&s["amount"]));
        assert_eq!(services.sum::<Usd>(), usd(&s["cost"]), "{}", s["name"]);
    }
}

/// December has 744 h. Replica 0.17 an hour reserved; 1,200 GB at 0.10; 1,368.2 million writes at 0.20; snapshots at 0.021.
#[test]
fn data_is_paid_by_what_each_strategy_replicates() {
    let found = json(&["--as-of", "2026-11-24"]);
    let rds = |name: &str| of_service(strategy(&found, name), "AmazonRDS");
    // The reservation is bought and lost: 744 × 0.17 = 126.48. Replicated writes: 273.64. The volume: 120.
    assert_eq!(rds("pilot-no-copies"), dollars("520.12"));
    // Two copies: 2 × 1,200 × 0.021 = 50.40.
    assert_eq!(rds("pilot-light"), dollars("570.52"));
    // The same where the replica uses the reservation.
    assert_eq!([rds("warm-standby"), rds("warm-no-copies")], [dollars("570.52"), dollars("520.12")]);
    assert_eq!(rds("backup-and-restore"), dollars("176.88"));
    // A second replica on demand: 744 × 0.26 = 193.44.
    assert_eq!(rds("active-active"), dollars("763.96"));
    // Between the regions: 36,000 GB of daily copies at 0.02, 600 of backups, 300 of other objects, 40 of images; 5,219 of
    // replicated writes; where something runs 150 of the cache, and 50 between zones at twice 0.01.
    let transfer = |name: &str| of_service(strategy(&found, name), "AWSDataTransfer");
    assert_eq!([transfer("backup-and-restore"), transfer("pilot-light")], [dollars("738.8"), dollars("843.18")]);
    assert_eq!(transfer("warm-complete") - transfer("warm-no-copies"), dollars("720"));
    assert_eq!(transfer("warm-no-copies") - transfer("pilot-no-copies"), dollars("4"));
    // 900 GB under time control at 0.015, and 12 metrics at 0.30.
    let s3 = |name: &str| of_service(strategy(&found, name), "AmazonS3");
    assert_eq!(s3("pilot-light") - s3("backup-and-restore"), dollars("13.5"));
    // Tasks of today's: 744 × (2.08 × (4 + 2) + 1.04 × 2 + 1) vCPU × 0.04048, and twice as many GB × 0.004445.
    assert_eq!(of_service(strategy(&found, "warm-standby"), "AmazonECS"), dollars("571.5387168"));
}

/// The standby answers half, so it grows as production does: no service costs less with it than without, two years on.
#[test]
fn a_standby_that_answers_grows_with_production() {
    let found = |month: &str| json(&["--as-of", "2026-11-24", "--month", month, "--hours", "730"]);
    let (first, later) = (found("2026-12"), found("2028-12"));
    for service in strategy(&later, "active-active")["services"].as_array().expect("services") {
        // Growth is rounded in its last places.
        assert!(usd(&service["amount"]) > dollars("-0.000001"), "{service}");
    }
    let tasks = |document: &Value| of_service(strategy(document, "active-active"), "AmazonECS");
    let times = tasks(&later).decimal() / tasks(&first).decimal();
    assert_eq!(times.round_dp(3).to_string(), "1.251", "1.01 to the power of 24, and auth at its ten tasks");
    // What is written is replicated: 273.64 × 0.2697 more.
    let more = |name: &str| of_service(strategy(&later, name), "AmazonRDS") - of_service(strategy(&first, name), "AmazonRDS");
    let writes = more("pilot-light") - more("backup-and-restore");
    assert!(writes > dollars("73.8") && writes < dollars("73.9"), "{writes}");
}

/// Objects that are not replicated are lost, however fast those arrive that are.
#[test]
fn what_the_standby_does_not_hold_is_said_and_misses_the_target() {
    let found = json(&["--as-of", "2026-11-24"]);
    let of = |name: &str, key: &str| strategy(&found, name)[key].as_bool().expect("yes or no");
    assert_eq!([of("warm-standby", "complete"), of("warm-standby", "meets_rpo")], [false, false]);
    assert_eq!([of("warm-complete", "complete"), of("warm-complete", "meets_rpo")], [true, true]);
    let uploads = &strategy(&found, "warm-standby")["replication"][3]["held"][0];
    assert_eq!((&uploads["held"], &uploads["of"], &uploads["all"]), (&"200".into(), &"3704.3".into(), &false.into()));
}

/// The weakest origin counts: GB that are assumed, an interval that is assumed though the lag is measured.
#[test]
fn a_time_is_known_as_well_as_its_weakest_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = ONE
        .replace("CHANGES", "{}")
        .replace("takes: 5 min", "data: web.task.memory, rate: {value: 1 GB/h, from: measured}")
        .replace("lag: 5 min", "every: 30 min, lag: {value: 1 min, from: measured}");
    let found = json(&["shop", "--scenarios", &shop(folder.path(), &text), "--as-of", "2026-11-24"]);
    let half = strategy(&found, "half");
    assert_eq!([&half["steps"][0]["from"], &half["rto_from"]], ["assumed", "assumed"]);
    assert_eq!([&half["replication"][0]["from"], &half["rpo_from"]], ["assumed", "assumed"]);
    assert_eq!((&half["rpo"], &half["rto_assumed"]), (&"1860".into(), &"7200".into()));
    let known = text.replace("data: web.task.memory, rate: {value: 1 GB/h, from: measured}", "takes: {value: 5 min, from: measured}");
    let page = out(&["shop", "--scenarios", &shop(folder.path(), &known)]);
    assert!(page.contains("31 min ~ all") && page.contains("~ assumed: a recovery test"), "{page}");
}

#[test]
fn reservations_that_are_bought_are_lost_and_others_need_not_be_bought() {
    let lost = |as_of: &str| {
        let found = json(&["--as-of", as_of, "--month", "2026-12"]);
        let pilot = strategy(&found, "pilot-light");
        let bought: Vec<bool> =
            pilot["commitments"].as_array().expect("commitments").iter().filter_map(|c| c["bought"].as_bool()).collect();
        (
            usd(&pilot["lost"]),
            bought,
            of_service(pilot, "AmazonElastiCache"),
            of_service(strategy(&found, "warm-standby"), "AmazonElastiCache"),
        )
    };
    // 744 × (0.17 + 2 × 0.141) = 336.288
    assert_eq!(lost("2026-11-24"), (dollars("336.288"), vec![true, true], dollars("209.808"), dollars("209.808")));
    assert_eq!(lost("2026-10-15"), (Usd::ZERO, vec![false, false], Usd::ZERO, dollars("209.808")));
}

#[test]
fn times_are_the_sum_of_their_steps() {
    let found = json(&["--as-of", "2026-11-24"]);
    let times =
        |name: &str| [&strategy(&found, name)["rto"], &strategy(&found, name)["rpo"]].map(|t| t.as_str().expect("seconds").to_owned());
    // 90 s + 30 min + 30 min + 1,200 GB at 500 an hour + 20 min + 30 min + 60 s; a day and three hours.
    assert_eq!(times("backup-and-restore"), [(90 + 1_800 + 1_800 + 8_640 + 1_200 + 1_800 + 60).to_string(), (27 * 3_600).to_string()]);
    // 90 s + 15 min + 30 min + 2 min + 15 min + 60 s; the objects are the last to arrive.
    assert_eq!(times("pilot-light"), ["3870", "900"]);
    assert_eq!(times("warm-standby"), ["1470", "900"]);
    assert_eq!(times("active-active"), ["270", "900"]);
    let within =
        |name: &str| [&strategy(&found, name)["meets_rto"], &strategy(&found, name)["meets_rpo"]].map(|m| m.as_bool().expect("yes or no"));
    assert_eq!((within("backup-and-restore"), within("pilot-light")), ([false, false], [true, true]));
    let history = |name: &str| strategy(&found, name)["meets_history"].as_bool().expect("yes or no");
    assert_eq!((history("pilot-light"), history("pilot-no-copies"), history("warm-no-copies")), (true, false, false));
}

#[test]
fn the_frontier_holds_what_nothing_else_beats() {
    let found = json(&["--as-of", "2026-11-24"]);
    let beaten = |name: &str| strategy(&found, name)["dominated_by"].as_str().map(str::to_owned);
    // What keeps no copy beats nothing that does.
    assert!(found["strategies"].as_array().expect("strategies").iter().all(|s| beaten(s["name"].as_str().expect("a name")).is_none()));
    assert_eq!(found["recommended"], "pilot-light");
    let saving = usd(&strategy(&found, "warm-standby")["cost"]) - usd(&strategy(&found, "pilot-light")["cost"]);
    assert_eq!(usd(&found["saving"]), saving);
}

#[test]
fn a_failover_costs_more_the_less_runs_already() {
    let found = json(&["--as-of", "2026-11-24", "--region-lost", "12h"]);
    let drill = json(&["--as-of", "2026-11-24", "--failover", "12h"]);
    let of = |document: &Value, name: &str| usd(&strategy(document, name)["failover"]);
    // Where the region is lost its own use of that time falls away.
    assert!(of(&found, "warm-standby") < of(&drill, "warm-standby"));
    // The less runs already, the more has to start.
    assert!(of(&drill, "active-active") < of(&drill, "warm-standby") && of(&drill, "warm-standby") < of(&drill, "pilot-light"));
    // What has snapshots alone restores the volume as well, 1,200 GB × 12 ÷ 744 × 0.10, and has no replicated writes that end when it takes
    // over, 1,368.2 million × 12 ÷ 744 × 0.20; and support on both.
    let volume = of(&drill, "backup-and-restore") - of(&drill, "pilot-light");
    assert!(volume > dollars("6.34") && volume < dollars("7"), "{volume}");
}

#[test]
fn what_people_see() {
    insta::assert_snapshot!("dr_prod_120", out(&[]));
    insta::assert_snapshot!("dr_prod_warm_standby", out(&["--strategy", "warm-standby"]));
    insta::assert_snapshot!("dr_markdown", out(&["--format", "md"]));
    let narrow = command(&["--as-of", "2026-11-24"], "80");
    let text = String::from_utf8(narrow.stdout).expect("text");
    for line in text.lines().filter(|l| !l.contains("ce-cost ")) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    insta::assert_snapshot!("dr_prod_80", text);
    let page = out(&[]);
    assert!(page.contains("Warm standby misses data: of backups only 600 of 2,255 GB are there"), "{page}");
    assert!(!page.contains("beaten by"), "{page}");
    let one = out(&["--format", "csv", "--strategy", "active-active"]);
    assert!(one.lines().count() == 2 && one.contains("prod,2026-12,active-active,"), "{one}");
    assert!(out(&["--format", "csv"]).lines().any(|l| l.starts_with("prod,2026-12,pilot-light,false,true,")));
    assert_eq!(out(&["--format", "json"]), out(&["--format", "json"]));
}

#[test]
fn the_document_conforms() {
    let schema = |name: &str| ce_cost::cli::schemas().into_iter().find(|(n, _)| *n == name).map(|(_, v)| v).expect("a schema");
    let validator = jsonschema::validator_for(&schema("dr.schema.json")).expect("a schema");
    let errors: Vec<String> =
        validator.iter_errors(&json(&["--as-of", "2026-11-24"])).map(|e| format!("{}: {e}", e.instance_path)).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

/// A shop with a standby, and strategies for it.
fn shop(folder: &Path, strategies: &str) -> String {
    let task = "type: fargate-service\n    task: {cpu: 1 vCPU, memory: 2 GB}\n    tasks:";
    let shop = format!("environment: shop\nregion: us-east-1\nresources:\n  web:\n    {task} {{min: 1, max: 9, average: 8}}\n");
    let there = "environment: there\ninherits: shop\nstandby_of: shop\nregion: us-west-2\nresources:\n  web: {tasks: {average: 2}}\n";
    std::fs::create_dir_all(folder.join("dr-strategies")).expect("a folder");
    for (name, text) in [("shop.yaml", shop.as_str()), ("there.yaml", there), ("dr-strategies/shop.yaml", strategies)] {
        std::fs::write(folder.join(name), text).expect("a file");
    }
    folder.display().to_string()
}

const ONE: &str = "of: shop\ntargets: {rto: 1 h, rpo: 1 h}\nstrategies:\n  - name: half\n    title: Half\n    what: half of it\n    changes: CHANGES\n    recovery: [{step: it starts, takes: 5 min}]\n    replication: [{data: all, by: copies, lag: 5 min}]\n";

#[test]
fn a_strategy_of_ones_own_changes_its_environments_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let text =
        ONE.replace("CHANGES", "{shop: {web.tasks.max: 20}, there: {web.tasks.average: {part: 50%, of: shop, at: web.tasks.average}}}");
    let scenarios = shop(folder.path(), &text);
    let found = json(&["shop", "--scenarios", &scenarios, "--hours", "730", "--as-of", "2026-11-24", "--failover", "73h"]);
    let half = strategy(&found, "half");
    // Half of eight tasks: 4 × (0.04048 + 2 × 0.004445) × 730. Nobody pays for both, so that each has its own bill.
    assert_eq!(usd(&half["cost"]), dollars("144.1604"));
    assert_eq!((usd(&half["parts"]["standby"]), usd(&half["parts"]["environment"])), (dollars("144.1604"), Usd::ZERO));
    // A tenth of the month on eight tasks, of which four run anyway.
    assert_eq!(usd(&half["failover"]), dollars("14.41604"));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let with = |text: &str, code: i32| fails(&["shop", "--scenarios", &shop(folder.path(), text), "--as-of", "2026-11-24"], code);
    let changes = |c: &str| ONE.replace("CHANGES", c);
    assert!(with(&changes("{there: {wbe.tasks.average: 3}}"), 65).contains("did you mean `web`?"));
    assert!(with(&changes("{their: {web.tasks.average: 3}}"), 65).contains("there is no environment `their` to change"));
    assert!(
        with(&changes("{there: {web.tasks.average: {part: 50%, of: shop, at: web.tsks}}}"), 65)
            .contains("half: there web.tasks.average: `web.tsks` of shop is no single value")
    );
    assert!(with(&changes("{there: {web.tasks.average: 30}}"), 65).contains("30 tasks on average lie outside 1 to 9"));
    assert!(with(&ONE.replace("CHANGES", "{}").replace("takes: 5 min", "takes: soon"), 65).contains("shop.yaml:8:"));
    assert!(with(&ONE.replace("CHANGES", "{}").replace(", takes: 5 min", ""), 65).contains("how long does `it starts` take?"));
    assert!(with(&ONE.replace("changes: CHANGES", "with: [hlaf]"), 65).contains("there is no set `hlaf`"));
    assert!(with(&ONE.replace("CHANGES", "{}").replace("targets", "target"), 65).contains("did you mean `targets`?"));
    assert!(with(&ONE.replace("CHANGES", "{}").replace("of: shop", "of: store"), 65).contains("says `of: store`"));
    assert!(with("of: [", 65).contains("this is not YAML"));
    assert!(fails(&["--strategy", "warm-stanby"], 64).contains("did you mean `warm-standby`?"));
    assert!(fails(&["dev"], 64).contains("dev has no standby"));
    assert!(fails(&["prod-driven"], 66).contains("there are strategies for prod"));
    std::fs::remove_dir_all(folder.path().join("dr-strategies")).expect("a folder");
    let scenarios = folder.path().display().to_string();
    assert!(fails(&["shop", "--scenarios", &scenarios], 66).contains("dr-strategies"));
}
