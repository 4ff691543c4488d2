//! Budget rules as a pipeline runs them: verdicts, exit codes and formats, a base out of git and out of a file, hostile names.

mod peers;
mod repository;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use self::repository::git;

fn check(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.arg("check").args(args).args(["--color", "never"]);
    if !args.contains(&"--as-of") {
        command.args(["--as-of", "2026-11-24"]);
    }
    command.env("NO_COLOR", "1").env("COLUMNS", "120").current_dir(folder).output().expect("it runs")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

#[track_caller]
fn says(folder: &Path, args: &[&str], code: i32) -> String {
    let output = check(folder, args);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(if code < 64 { output.stdout } else { output.stderr }).expect("text")
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// A folder with the repository's scenarios and these rules.
fn with_rules(rules: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    repository::scenarios(folder.path());
    fs::write(folder.path().join("scenarios/budgets.yaml"), rules).expect("a file");
    folder
}

fn edit(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join("scenarios").join(file);
    let text = fs::read_to_string(&path).expect("text");
    assert!(text.contains(from), "{file} holds `{from}`");
    fs::write(&path, text.replacen(from, to, 1)).expect("a file");
}

const PASS: &str = "  - {id: fine, environment: prod, metric: planned, above: 200% of plan}\n";
const FORMATS: [&str; 6] = ["text", "json", "md", "github", "junit", "sarif"];

/// Every verdict in every format, whatever `--fail-on` makes of it.
#[test]
fn exit_codes_follow_the_verdict_and_the_verdict_follows_the_rules() {
    let warn = "  - {id: low, environment: prod, metric: planned, above: 1 USD, level: warn}\n";
    let fail = "  - {id: low-too, environment: prod, metric: planned, above: 1 USD}\n";
    // No paths, and so no probability.
    let untold = "  - {id: risk, environment: prod, metric: over_budget, above: 1%}\n";
    let noted = "  - {id: noted, environment: prod, metric: planned, above: 1 USD, level: info}\n";
    let old = "prices_within: 1 day\n";
    // The newest price is of this year, the oldest is not.
    let year = "prices_within: 1 year\n";
    for (head, rules, verdict, codes) in [
        ("", vec![PASS], "pass", [0, 0, 0]),
        ("", vec![PASS, noted], "pass", [0, 0, 0]),
        ("", vec![PASS, warn], "warn", [1, 2, 0]),
        ("", vec![PASS, warn, untold], "incomplete", [3, 3, 3]),
        ("", vec![PASS, warn, untold, fail], "fail", [1, 1, 0]),
        (old, vec![PASS], "incomplete", [3, 3, 3]),
        (old, vec![fail], "fail", [1, 1, 0]),
        (year, vec![PASS], "incomplete", [3, 3, 3]),
    ] {
        let folder = with_rules(&format!("{head}rules:\n{}", rules.concat()));
        for (when, code) in ["warn", "fail", "never"].into_iter().zip(codes) {
            for format in FORMATS {
                let text = says(folder.path(), &["--paths", "0", "--fail-on", when, "--format", format], code);
                if format == "json" {
                    assert_eq!(json(&text)["verdict"], verdict, "whatever --fail-on {when} says");
                }
            }
        }
    }
}

/// Where there is no verdict the exit code says why.
#[test]
fn what_keeps_a_check_from_its_verdict_has_an_exit_code() {
    let folder = with_rules(&format!("rules:\n{PASS}"));
    fs::write(folder.path().join("wrong.yaml"), "rules: []\n").expect("a file");
    for (args, code, what) in [
        (&["nowhere"][..], 64, "there is no environment `nowhere`"),
        (&["--what-if", "core.tasks.max=9"], 64, "does not say which environment it changes"),
        (&["--rules", "wrong.yaml"], 65, "there is no rule"),
        (&["--rules", "not-there.yaml"], 66, "not-there.yaml"),
        (&["--notify", "slack"], 64, if cfg!(feature = "notify") { "set CE_COST_SLACK_URL" } else { "this build tells nobody" }),
    ] {
        let said = says(folder.path(), args, code);
        assert!(said.contains(what), "{said}");
    }
    // Nobody hears it: the verdict is told, and that it did not arrive is the exit code.
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
        command.args(["check", "--as-of", "2026-11-24", "--paths", "0"]).args(args).current_dir(folder.path());
        command
    };
    if cfg!(feature = "notify") {
        fs::write(
            folder.path().join("noted.yaml"),
            "rules:\n  - {id: low, environment: prod, metric: planned, above: 1 USD, level: info}\n",
        )
        .expect("a file");
        let mut command = run(&["--rules", "noted.yaml", "--notify", "webhook", "--notify-timeout", "1", "--notify-state", "told.json"]);
        let lost = command.env("CE_COST_WEBHOOK_URL", "http://127.0.0.1:9/").output().expect("it runs");
        assert_eq!(lost.status.code(), Some(69), "{}", String::from_utf8_lossy(&lost.stderr));
        assert!(String::from_utf8_lossy(&lost.stdout).starts_with("1 breach is noted\n"));
    }
    if let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") {
        assert_eq!(run(&[]).stdout(full).status().expect("it runs").code(), Some(70));
    }
}

#[test]
fn limits_hold_on_either_side_for_parts_and_months() {
    let folder = with_rules(
        "rules:
  - {id: too-little, environment: prod, metric: total, below: 1000000 USD}
  - {id: s3, environment: prod, metric: total, scope: {service: AmazonS3}, above: 1 USD}
  - {id: core, environment: prod, metric: planned, scope: {tag: {Service: core}}, above: 1 USD}
  - {id: compute, environment: prod, metric: planned, scope: {group: Compute}, above: 1 USD}
  - {id: small, environment: prod, metric: total, above: 1 USD, floor: 1000000 USD}
  - {id: by-month, environment: prod, metric: planned, months: 3, above: 1000000 USD, limits: {2027-01: 2 USD}}
  - {id: accepted, environment: prod, metric: planned, above: 1 USD, waiver: {until: 2026-12-31, why: until the move is done}}
  - {id: no-longer, environment: prod, metric: planned, above: 1 USD, waiver: {until: 2026-11-23, why: until the move is done}}
  - {id: nothing, environment: prod, metric: total, scope: {service: AmazonRedshift}, above: 1 USD}
",
    );
    let found = json(&says(folder.path(), &["--format", "json", "--paths", "0"], 1));
    let rule = |id: &str| found["rules"].as_array().expect("rules").iter().find(|r| r["id"] == id).expect("a rule").clone();
    for (id, status) in [
        ("too-little", "fail"),
        ("s3", "fail"),
        ("core", "fail"),
        ("compute", "fail"),
        ("small", "pass"),
        ("by-month", "fail"),
        ("accepted", "waived"),
        ("no-longer", "fail"),
        ("nothing", "incomplete"),
    ] {
        assert_eq!(rule(id)["status"], status, "{id}: {}", rule(id)["message"]);
    }
    assert_eq!((&rule("by-month")["month"], &rule("by-month")["limit"]), (&"2027-01".into(), &"2".into()));
    let stated = rule("nothing")["reason"].as_str().is_some_and(|why| why == "prod has no charge of AmazonRedshift");
    assert!(stated, "{}", rule("nothing")["reason"]);
    // The parts are those of the forecast.
    let forecast = Command::new(env!("CARGO_BIN_EXE_ce-cost"))
        .args(["forecast", "prod", "--as-of", "2026-11-24", "--by", "service", "--paths", "0", "--format", "json"])
        .current_dir(folder.path())
        .output()
        .expect("it runs");
    let forecast: Value = serde_json::from_slice(&forecast.stdout).expect("JSON");
    let s3 = |block: &str| {
        let groups = forecast["months"][0][block]["groups"].as_array().expect("groups").clone();
        let own = groups.into_iter().find(|g| g["name"] == "AmazonS3");
        own.and_then(|g| g["total"].as_str()?.parse::<rust_decimal::Decimal>().ok()).unwrap_or_default()
    };
    let told: rust_decimal::Decimal = rule("s3")["value"].as_str().expect("a value").parse().expect("a number");
    assert_eq!(told, s3("planned") + s3("unplanned"));
}

/// The repository of a team: main, and a branch that changes production.
fn repository(rules: &str) -> tempfile::TempDir {
    let folder = with_rules(rules);
    git(folder.path(), &["init", "-q", "."]);
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-qm", "base"]);
    git(folder.path(), &["checkout", "-qb", "change"]);
    edit(folder.path(), "prod.yaml", "likely: 8.3241", "likely: 9.5");
    folder
}

const CHANGE: &str = "rules:
  - {id: budget, environment: prod, metric: planned, above: 105% of plan}
  - {id: change, environment: prod, metric: change, above: 100 USD, level: warn, owner: team-backend, link: 'https://example.invalid/why'}
  - {id: per-cent, environment: prod, metric: change_percent, above: 1%, floor: 1000 USD}
  - {id: storage, environment: prod, metric: change, scope: {service: AmazonS3}, above: 1 USD}
";

#[test]
fn a_revision_is_a_base_and_the_driver_that_did_it_is_named() {
    let folder = repository(CHANGE);
    let found = json(&says(folder.path(), &["--base", "main", "--format", "json"], 2));
    let change = &found["environments"][0]["change"];
    let number = |v: &Value| v.as_str().expect("text").parse::<rust_decimal::Decimal>().expect("a number");
    let driver = &change["drivers"][0];
    assert_eq!(
        (&driver["path"], &driver["before"], &driver["after"]),
        (&"core.tasks.average.likely".into(), &"8.3241".into(), &"9.5".into())
    );
    // The only one: it alone is all of the change, and the services add up to it.
    assert_eq!(number(&driver["alone"]), number(&change["difference"]));
    let services = change["services"].as_array().expect("services");
    assert_eq!(
        services.iter().map(|s| number(&s["after"]) - number(&s["before"])).sum::<rust_decimal::Decimal>(),
        number(&change["difference"])
    );
    assert_eq!(change["inside_band"], true);
    let status = |id: &str| found["rules"].as_array().expect("rules").iter().find(|r| r["id"] == id).expect("a rule")["status"].clone();
    assert_eq!([status("budget"), status("change"), status("per-cent"), status("storage")], ["pass", "warn", "pass", "pass"]);
    for format in ["text", "md", "github"] {
        insta::assert_snapshot!(format!("check_change_{format}"), says(folder.path(), &["--base", "main", "--format", format], 2));
    }
    // Nothing changed: one line that says so.
    git(folder.path(), &["checkout", "-q", "."]);
    insta::assert_snapshot!("check_unchanged_md", says(folder.path(), &["--base", "main", "--format", "md"], 0));
}

#[test]
fn a_saved_run_is_a_base_and_gives_what_the_revision_gives() {
    let folder = repository(CHANGE);
    git(folder.path(), &["stash", "-q"]);
    let saved = says(folder.path(), &["--format", "json"], 0);
    fs::write(folder.path().join("base.json"), saved).expect("a file");
    git(folder.path(), &["stash", "pop", "-q"]);
    let of = |base: &str| json(&says(folder.path(), &["--base", base, "--format", "json"], 2));
    let (file, revision) = (of("base.json"), of("main"));
    for key in ["before", "difference", "part", "services"] {
        assert_eq!(file["environments"][0]["change"][key], revision["environments"][0]["change"][key], "{key}");
    }
    assert_eq!(file["environments"][0]["change"]["drivers"], Value::Array(Vec::new()));
    fs::write(folder.path().join("wrong.json"), "{\"schema\":\"ce-cost/forecast/1\",\"environments\":[]}").expect("a file");
    assert!(says(folder.path(), &["--base", "wrong.json"], 65).contains("is no saved check"));
    assert!(says(folder.path(), &["--base", "not-there.json"], 66).contains("not-there.json"));
}

/// Of a rule's own months a breach counts before one that cannot be told.
#[test]
fn a_month_that_fails_counts_before_one_that_is_not_known() {
    let folder = repository("rules:\n  - {id: change, environment: prod, metric: change, above: 100 USD}\n");
    git(folder.path(), &["stash", "-q"]);
    fs::write(folder.path().join("base.json"), says(folder.path(), &["--format", "json"], 0)).expect("a file");
    git(folder.path(), &["stash", "pop", "-q"]);
    for (limit, code, what) in [("100 USD", 1, "fail change (prod): change +188 in 2026-12"), ("500 USD", 3, "no 2027-01 of prod")] {
        let rules = format!("rules:\n  - {{id: change, environment: prod, metric: change, above: {limit}, months: 2}}\n");
        fs::write(folder.path().join("scenarios/budgets.yaml"), rules).expect("a file");
        let text = says(folder.path(), &["--base", "base.json"], code);
        assert!(text.contains(what), "{text}");
    }
}

/// An environment that was not there before is a change from nothing, which is more than any part of it.
#[test]
fn a_new_environment_is_a_change_from_nothing() {
    let folder = repository(CHANGE);
    let rules = "rules:
  - {id: more, environment: preview, metric: change, above: 1 USD}
  - {id: part, environment: preview, metric: change_percent, above: 10%, level: warn}
  - {id: small, environment: preview, metric: change_percent, above: 10%, floor: 1000000 USD}
";
    fs::write(folder.path().join("scenarios/budgets.yaml"), rules).expect("a file");
    fs::write(folder.path().join("scenarios/preview.yaml"), "environment: preview\ninherits: dev\n").expect("a file");
    let found = json(&says(folder.path(), &["--base", "main", "--format", "json", "--paths", "0"], 1));
    let status = |id: &str| found["rules"].as_array().expect("rules").iter().find(|r| r["id"] == id).expect("a rule")["status"].clone();
    assert_eq!([status("more"), status("part"), status("small")], ["fail", "warn", "pass"]);
    let preview = &found["environments"][0];
    assert_eq!((&preview["change"]["before"], &preview["change"]["is_new"]), (&"0".into(), &true.into()));
    assert_eq!(preview["change"]["difference"], preview["months"][0]["total"]);
    let text = says(folder.path(), &["--base", "main", "--paths", "0"], 1);
    assert!(text.contains("fail more (preview)") && text.contains("against main, where it is new"), "{text}");
}

/// A resource that came or went is one driver, not one for each of its values; it alone is all of the change.
#[test]
fn a_resource_is_one_driver() {
    let folder = repository("rules:\n  - {id: change, environment: dr, metric: change, above: 1000 USD}\n");
    git(folder.path(), &["checkout", "-q", "."]);
    // In an environment that no other inherits from.
    let (there, more) = ("\nresources:\n", "  nat-more:\n    type: nat-gateway\n    gateways: 2\n    processed: 0 GB/month\n");
    edit(folder.path(), "dr.yaml", there, &format!("{there}{more}"));
    let change = |base: &str| json(&says(folder.path(), &["--base", base, "--format", "json"], 0))["environments"][0]["change"].clone();
    let check = |change: &Value, before: Value, after: Value| {
        let drivers = change["drivers"].as_array().expect("a list");
        assert_eq!((drivers.len(), &drivers[0]["path"]), (1, &"nat-more".into()), "{drivers:?}");
        assert_eq!((&drivers[0]["before"], &drivers[0]["after"]), (&before, &after));
        assert_eq!(drivers[0]["alone"], change["difference"]);
    };
    check(&change("main"), Value::Null, "nat-gateway".into());
    git(folder.path(), &["commit", "-qam", "more"]);
    edit(folder.path(), "dr.yaml", more, "");
    check(&change("change"), "nat-gateway".into(), Value::Null);
}

/// Only what is reckoned alike is compared; other prices are said.
#[test]
fn a_saved_run_that_was_reckoned_otherwise_is_no_base() {
    let folder = repository(CHANGE);
    let saved = says(folder.path(), &["--format", "json", "--hours", "730", "--paths", "0"], 0);
    fs::write(folder.path().join("base.json"), &saved).expect("a file");
    let said = says(folder.path(), &["--base", "base.json"], 65);
    assert!(said.contains("base.json was reckoned otherwise: --hours: 730 there, actual here"), "{said}");
    let mut other = json(&saved);
    other["basis"]["prices"] = "0".into();
    fs::write(folder.path().join("base.json"), other.to_string()).expect("a file");
    let text = says(folder.path(), &["--base", "base.json", "--hours", "730", "--paths", "0"], 0);
    assert!(text.contains("against base.json, at other prices"), "{text}");
}

#[test]
fn what_cannot_be_a_base_is_said() {
    let folder = repository(CHANGE);
    fs::write(folder.path().join("main"), "{}").expect("a file");
    assert!(says(folder.path(), &["--base", "main"], 64).contains("`main` is a file, and a revision of git"));
    assert!(says(folder.path(), &["--base", "./main"], 65).contains("is no saved check"));
    says(folder.path(), &["--base", "refs/heads/main"], 2);
    fs::remove_file(folder.path().join("main")).expect("a file");
    assert!(says(folder.path(), &["--base", "nowhere"], 66).contains("git has no `nowhere`"));
    assert!(says(folder.path(), &["--base=--output=x"], 64).contains("is no revision"));
    let alone = with_rules(CHANGE);
    assert!(says(alone.path(), &["--base", "main"], 66).contains("git has no `main`"));
    assert!(says(tempfile::tempdir().expect("a folder").path(), &["--base", "main"], 64).contains("no revision `main`"));
}

/// Names out of files do not become Markdown, HTML, workflow commands or XML.
#[test]
fn hostile_words_stay_words() {
    let rules = "rules:
  - id: injected
    environment: prod
    metric: planned
    above: 1 USD
    owner: \"<img src=x onerror=alert(1)> @everyone | [x](javascript:alert(1))\"
    text: \"a\\n::error::b\\n<!-- --> ```\"
";
    let folder = with_rules(rules);
    let md = says(folder.path(), &["--format", "md", "--paths", "0"], 1);
    assert!(!md.contains("<img") && !md.contains("[x](java") && !md.contains("<!-- -->") && !md.contains("@everyone"), "{md}");
    let github = says(folder.path(), &["--format", "github", "--paths", "0"], 1);
    assert!(github.lines().filter(|l| l.starts_with("::")).count() == 1, "{github}");
    let junit = says(folder.path(), &["--format", "junit", "--paths", "0"], 1);
    assert!(!junit.contains("<img"), "{junit}");
    json(&says(folder.path(), &["--format", "sarif", "--paths", "0"], 1));
}

/// What a pull request writes into its scenarios, names of resources among it, does not speak in the name of whoever comments.
#[test]
fn scenarios_do_not_write_in_the_comment() {
    let folder = repository(&CHANGE.replace("environment: prod", "environment: [prod, dr]"));
    let evil = "@security <b>x</b> #1 https://evil.example/ www.evil.example [a](b)";
    edit(folder.path(), "prod.yaml", "title: NAT gateway\n", &format!("title: \"{evil}\"\n"));
    let resource = format!("\"{evil}\":\n    type: nat-gateway\n    gateways: 2\n    processed: 0 GB/month\n");
    edit(folder.path(), "dr.yaml", "\nresources:\n", &format!("\nresources:\n  {resource}"));
    let md = says(folder.path(), &["--base", "main", "--format", "md", "--paths", "0"], 1);
    assert!(md.contains("nat.title: NAT gateway → ") && md.contains("evil.example \\[a\\](b): nothing → nat-gateway"), "{md}");
    for bad in ["@security", "<b>", "#1", "https://evil", "www.evil", "[a](b)"] {
        assert!(!md.contains(bad), "{bad}: {md}");
    }
}

/// Hundreds of rules are cut to what a comment holds, and to ten annotations of a level.
#[test]
fn many_rules_fit_a_comment_and_a_step() {
    let rule =
        |n: u32| format!("  - {{id: rule-{n}, environment: prod, metric: planned, above: 1 USD, text: \"{}\"}}\n", "because ".repeat(30));
    let folder = with_rules(&format!("rules:\n{}", (0..400).map(rule).collect::<String>()));
    let md = says(folder.path(), &["--format", "md", "--paths", "0"], 1);
    assert!(md.chars().count() <= 65_536 && md.contains("… and more") && md.starts_with("<!-- ce-cost:check -->"));
    let github = says(folder.path(), &["--format", "github", "--paths", "0"], 1);
    assert_eq!(github.lines().filter(|l| l.starts_with("::error")).count(), 10);
    assert!(github.contains("391 more rules"));
}

/// What is accepted, noted or skipped is not called within budget.
#[test]
fn a_headline_does_not_hide_what_is_not_well() {
    let waived = "  - {id: over, environment: prod, metric: planned, above: 1 USD, waiver: {until: 2026-12-31, why: a move}}\n";
    let noted = "  - {id: noted, environment: prod, metric: planned, above: 1 USD, level: info}\n";
    let skipped = "  - {id: less, environment: prod, metric: change, above: 1 USD}\n  - {id: idle, environment: dev, metric: utilisation, below: 9%}\n";
    for (rules, headline) in [
        (vec![waived], "1 breach is accepted\n"),
        (vec![waived, noted, PASS], "1 breach is accepted, 1 breach is noted, all else within budget\n"),
        (vec![skipped], "nothing was checked: every rule was skipped\n"),
        (vec![skipped, PASS], "1 environment within budget\n"),
    ] {
        let folder = with_rules(&format!("rules:\n{}", rules.concat()));
        let text = says(folder.path(), &["--paths", "0"], 0);
        assert!(text.starts_with(headline), "{text}");
        if rules.contains(&skipped) {
            assert!(text.contains("less: there is nothing to compare with") && text.contains("idle: there are no commitments"), "{text}");
        }
    }
}

#[test]
fn the_example_holds_for_the_built_in_environments() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let text = says(elsewhere.path(), &[], 0);
    insta::assert_snapshot!("check_built_in", text);
    assert_eq!(says(&root(), &[], 0), text, "the built-in rules are those of the repository");
    assert!(says(elsewhere.path(), &["prod-driven"], 64).contains("no rule is about prod-driven"));
}

/// The month that goes on: what was billed is the store's, and what it lands at is made of three parts. Without a bill it cannot be told.
#[cfg(feature = "actuals")]
#[test]
fn an_open_month_is_held_against_its_bill() {
    let folder = with_rules(
        "rules:
  - {id: so-far, environment: prod, metric: actual, above: 50% of plan, level: warn}
  - {id: lands, environment: prod, metric: landed, above: 20000 USD, below: 1000 USD}
  - {id: lands-of-plan, environment: prod, metric: landed, above: 200% of plan}
  - {id: s3, environment: prod, metric: landed, scope: {service: AmazonS3}, above: 20000 USD}
",
    );
    let store = folder.path().join("store");
    let store = store.to_str().expect("a path");
    assert!(says(folder.path(), &["--store", store], 3).contains("there is no bill of 2026-11"));
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
        let output = command.args(args).args(["--as-of", "2026-11-24"]).current_dir(folder.path()).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    run(&["actuals", "demo", "--store", store]);
    let found = json(&says(folder.path(), &["--store", store, "--format", "json"], 2));
    let landing = &found["environments"][0]["landing"];
    let number = |v: &Value| v.as_str().expect("text").parse::<rust_decimal::Decimal>().expect("a number");
    assert_eq!(number(&landing["stands"]) + number(&landing["rest"]) + number(&landing["awaited"]), number(&landing["landed"]));
    let compared = json(&run(&["compare", "prod", "--month", "2026-11", "--store", store, "--cost", "unblended", "--format", "json"]));
    assert_eq!(landing["billed"], compared["billed"]);
    // 23 days have rows, two of them late.
    assert_eq!((&landing["month"], &landing["complete"]["days"], &landing["complete"]["of"]), (&"2026-11".into(), &21.into(), &30.into()));
    // Against the plan stands what the plan speaks of.
    let rule = |found: &Value, id: &str| found["rules"].as_array().expect("rules").iter().find(|r| r["id"] == id).expect("a rule").clone();
    let of_plan = rule(&found, "lands-of-plan");
    assert_eq!(number(&of_plan["value"]), number(&landing["landed"]) - number(&landing["outside"]["landed"]));
    assert!(of_plan["message"].as_str().is_some_and(|m| m.contains("that the model puts outside the plan)")), "{}", of_plan["message"]);
    let s3 = number(&rule(&found, "s3")["value"]);
    assert!(s3 > rust_decimal::Decimal::ONE && s3 < number(&landing["landed"]), "{s3}");
    // A week later the bill is too old; on the first days of a month it is that of the month before that counts.
    let on = |day: &str, code: i32| json(&says(folder.path(), &["--store", store, "--as-of", day, "--format", "json"], code));
    assert_eq!(rule(&on("2026-11-30", 2), "lands")["status"], "pass");
    let old = rule(&on("2026-12-01", 3), "lands");
    assert_eq!((&old["status"], &old["month"]), (&"incomplete".into(), &"2026-11".into()));
    let message = old["message"].as_str().expect("text");
    assert!(message.contains("nothing of 2026-12 is billed yet; the last billed day is 2026-11-23, 8 days ago"), "{message}");
    let none = rule(&on("2026-12-04", 3), "lands");
    assert!(none["message"].as_str().is_some_and(|m| m.contains("there is no bill of 2026-12")), "{none}");
}

/// Every verdict as JUnit and as SARIF, held against their schemas by validators of others.
#[test]
fn reports_are_valid_by_their_schemas() {
    let folder = with_rules(
        "rules:
  - {id: fails, environment: [prod, dev], metric: planned, above: 1 USD, owner: 'a & b <c>', text: \"x\\ty\"}
  - {id: warns, environment: prod, metric: planned, above: 1 USD, level: warn, link: 'https://example.invalid/?a=1&b=2'}
  - {id: untold, environment: prod, metric: over_budget, above: 1%}
  - {id: skipped, environment: prod, metric: change, above: 1 USD}
  - {id: waived, environment: prod, metric: planned, above: 1 USD, waiver: {until: 2027-01-01, why: a move}}
  - {id: fine, environment: prod, metric: planned, below: 1 USD}
",
    );
    let fine = with_rules(&format!("rules:\n{PASS}"));
    let reports = Path::new(env!("CARGO_TARGET_TMPDIR")).join("check-reports");
    fs::create_dir_all(&reports).expect("a folder");
    for (name, from, code) in [("all", folder.path(), 1), ("fine", fine.path(), 0)] {
        fs::write(reports.join(format!("{name}.xml")), says(from, &["--format", "junit", "--paths", "0"], code)).expect("a file");
        fs::write(reports.join(format!("{name}.sarif")), says(from, &["--format", "sarif", "--paths", "0"], code)).expect("a file");
    }
    let python = peers::python("reports", &["jsonschema==4.26.0", "xmlschema==4.3.1"]);
    let said = peers::run(Command::new(python).arg(peers::script("validate_reports.py")).arg(&reports).arg(sarif_schema()));
    assert!(said.contains("2 reports and 2 logs are valid"), "{said}");
}

/// OASIS's schema, as the crate that writes SARIF carries it.
fn sarif_schema() -> PathBuf {
    let metadata = Command::new(env!("CARGO")).args(["metadata", "--format-version", "1", "--locked"]).current_dir(root()).output();
    let metadata: Value = serde_json::from_slice(&metadata.expect("cargo runs").stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let package = packages.iter().find(|p| p["name"] == "serde-sarif").expect("the crate");
    Path::new(package["manifest_path"].as_str().expect("a path")).with_file_name("src").join("schema.json")
}

fn budgets(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.arg("budgets").args(args).env("NO_COLOR", "1").current_dir(folder).output().expect("it runs")
}

/// What AWS would be given, given back: the same limits; and what has no counterpart is named on either side.
#[test]
fn rules_go_to_aws_and_come_back() {
    let folder = with_rules(
        "rules:
  - {id: spent, environment: prod, metric: actual, above: 80% of plan}
  - {id: lands, environment: prod, metric: landed, above: 5800.50 USD}
  - {id: idle, environment: dev, metric: landed, below: 300 USD}
  - {id: risk, environment: prod, metric: over_budget, above: 75%}
  - {id: standby, environment: dr, metric: landed, above: plan, floor: 5 USD}
  - {id: by-month, environment: prod, metric: landed, above: 5800 USD, limits: {2026-12: 6000 USD, 2027-03: 6160.50 USD}}
  - {id: some, environment: prod, metric: landed, limits: {2026-12: 6000 USD}}
  - {id: storage, environment: prod, metric: landed, scope: {service: AmazonS3}, above: 600 USD}
",
    );
    let out =
        budgets(folder.path(), &["export", "--account", "111122223333", "--notify", "costs@example.invalid", "--as-of", "2026-11-24"]);
    let notes = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{notes}");
    for said in [
        "left out: risk (prod): AWS has no budget on `over_budget`",
        "left out: some (prod): AWS wants a limit for each of the 12 months from 2026-11, and 2026-11 has none",
        "left out: storage (prod): a budget's filter by service or tag has other names",
        "not taken over: spent (prod): AWS counts all of the environment's costs, the rule what its plan speaks of",
        "not taken over: standby (dr): AWS has no floor",
    ] {
        assert!(notes.contains(said), "{said}\n{notes}");
    }
    let written: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let budget = &written[0];
    assert_eq!(budget["Budget"]["BudgetLimit"], serde_json::json!({ "Amount": "5600", "Unit": "USD" }));
    assert_eq!(budget["Budget"]["FilterExpression"], serde_json::json!({ "Tags": { "Key": "Environment", "Values": ["prod"] } }));
    assert_eq!(
        budget["NotificationsWithSubscribers"],
        serde_json::json!([{
            "Notification": { "NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80, "ThresholdType": "PERCENTAGE" },
            "Subscribers": [{ "SubscriptionType": "EMAIL", "Address": "costs@example.invalid" }],
        }])
    );
    let by_month = written.as_array().expect("budgets").iter().find(|b| b["Budget"]["BudgetName"] == "by-month-prod").expect("one");
    let planned = by_month["Budget"]["PlannedBudgetLimits"].as_object().expect("limits");
    // The seconds of 2026-12-01 and 2027-03-01.
    let amounts = [planned.len().to_string(), planned["1796083200"]["Amount"].to_string(), planned["1803859200"]["Amount"].to_string()];
    assert_eq!(amounts, ["12", "\"6000\"", "\"6160.5\""]);
    fs::write(folder.path().join("all.json"), &out.stdout).expect("a file");
    let python = peers::python("budgets", &["botocore==1.43.11"]);
    let said = peers::run(Command::new(python).arg(peers::script("validate_budgets.py")).arg(folder.path().join("all.json")));
    assert!(said.contains("5 budgets are valid"), "{said}");
    let files: Vec<String> = written
        .as_array()
        .expect("budgets")
        .iter()
        .enumerate()
        .map(|(n, one)| {
            let name = format!("{n}.json");
            fs::write(folder.path().join(&name), one.to_string()).expect("a file");
            name
        })
        .collect();
    let names: Vec<&str> = ["import"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let back = budgets(folder.path(), &names);
    let yaml = String::from_utf8(back.stdout).expect("text");
    insta::assert_snapshot!("budgets_of_aws", yaml);
    // What comes back is a rule file.
    fs::write(folder.path().join("scenarios/budgets.yaml"), &yaml).expect("a file");
    assert_ne!(check(folder.path(), &["--paths", "0"]).status.code(), Some(65));
}

/// What AWS would refuse is refused here.
#[test]
fn accounts_and_addresses_are_checked_before_they_are_written() {
    let folder = with_rules("rules:\n  - {id: spent, environment: prod, metric: actual, above: 80% of plan}\n");
    for (account, notify, what) in [
        ("1", vec!["a@b.example"], "is no account"),
        ("111122223333", vec!["nobody"], "expected an e-mail address"),
        ("111122223333", vec![], "--notify"),
        ("111122223333", vec!["arn:aws:sns:us-east-1:111122223333:a", "arn:aws:sns:us-east-1:111122223333:b"], "and 1 topic"),
    ] {
        let notify: Vec<&str> = notify.into_iter().flat_map(|who| ["--notify", who]).collect();
        let out = budgets(folder.path(), &[&["export", "--account", account][..], &notify].concat());
        let notes = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.code() == Some(64) && out.stdout.is_empty() && notes.contains(what), "{notes}");
    }
}

/// As `describe-budgets` and `describe-budget-notifications-for-account` write them.
#[test]
fn budgets_of_aws_become_rules_or_are_named() {
    let folder = with_rules(&format!("rules:\n{PASS}"));
    let budgets_json = r#"{"Budgets": [
      {"BudgetName": "Prod, monthly", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "5600.0", "Unit": "USD"},
       "CostFilters": {"TagKeyValue": ["user:Environment$prod"]}, "CalculatedSpend": {"ActualSpend": {"Amount": "1", "Unit": "USD"}}},
      {"BudgetName": "planned", "BudgetType": "COST", "TimeUnit": "MONTHLY",
       "PlannedBudgetLimits": {"1764547200": {"Amount": "5600", "Unit": "USD"}, "1767225600": {"Amount": "5900", "Unit": "USD"}},
       "FilterExpression": {"Tags": {"Key": "Environment", "Values": ["prod"]}}},
      {"BudgetName": "net", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "10", "Unit": "USD"},
       "CostTypes": {"IncludeTax": true, "IncludeCredit": false, "UseBlended": false, "UseAmortized": true}, "Metrics": ["NetUnblendedCost"],
       "AutoAdjustData": {"AutoAdjustType": "HISTORICAL"}, "TimePeriod": {"Start": 1735689600, "End": "2027-06-15T00:00:00+00:00"},
       "FilterExpression": {"Tags": {"Key": "Environment", "Values": ["prod"], "MatchOptions": ["EQUALS"]}}},
      {"BudgetName": "net\n  - {}", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "10", "Unit": "USD"},
       "CostFilters": {"TagKeyValue": ["user:Environment$prod"]}},
      {"BudgetName": "past", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "10", "Unit": "USD"},
       "TimePeriod": {"End": 1735689600}, "CostFilters": {"TagKeyValue": ["user:Environment$prod"]}},
      {"BudgetName": "not-prod", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "10", "Unit": "USD"},
       "FilterExpression": {"Tags": {"Key": "Environment", "Values": ["prod"]}, "Not": {"Dimensions": {"Key": "SERVICE", "Values": ["x"]}}}},
      {"BudgetName": "absent", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "10", "Unit": "USD"},
       "FilterExpression": {"Tags": {"Key": "Environment", "Values": ["prod"], "MatchOptions": ["ABSENT"]}}},
      {"BudgetName": "hours", "BudgetType": "USAGE", "TimeUnit": "MONTHLY"},
      {"BudgetName": "all", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "1", "Unit": "USD"}},
      {"BudgetName": "s3", "BudgetType": "COST", "TimeUnit": "MONTHLY", "CostFilters": {"Service": ["Amazon S3"]}}]}"#;
    let notifications = r#"{"BudgetNotificationsForAccount": [
      {"BudgetName": "Prod, monthly", "Notifications": [
        {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 85.5, "ThresholdType": "PERCENTAGE", "NotificationState": "OK"},
        {"NotificationType": "FORECASTED", "ComparisonOperator": "GREATER_THAN", "Threshold": 6000.0, "ThresholdType": "ABSOLUTE_VALUE"}]},
      {"BudgetName": "net", "Notifications": [
        {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 100, "ThresholdType": "PERCENTAGE"},
        {"NotificationType": "ACTUAL", "ComparisonOperator": "EQUAL_TO", "Threshold": 100, "ThresholdType": "PERCENTAGE"},
        {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 100, "ThresholdType": "ABSOLUTE_VALUE"}]},
      {"BudgetName": "net\n  - {}", "Notifications": [
        {"NotificationType": "ACTUAL", "ComparisonOperator": "LESS_THAN", "Threshold": 50}]},
      {"BudgetName": "planned", "Notifications": [
        {"NotificationType": "FORECASTED", "ComparisonOperator": "GREATER_THAN", "Threshold": 100, "ThresholdType": "PERCENTAGE"}]}]}"#;
    fs::write(folder.path().join("b.json"), budgets_json).expect("a file");
    fs::write(folder.path().join("n.json"), notifications).expect("a file");
    let out = budgets(folder.path(), &["import", "b.json", "n.json", "--as-of", "2026-11-24"]);
    let (yaml, notes) = (String::from_utf8_lossy(&out.stdout).into_owned(), String::from_utf8_lossy(&out.stderr).into_owned());
    for wanted in [
        "above: 4788 USD",
        "above: 6000 USD",
        "above: 5900 USD\n    limits: {2025-12: 5600 USD, 2026-01: 5900 USD}",
        "id: Prod--monthly-actual-85.5",
    ] {
        assert!(yaml.contains(wanted), "{wanted}\n{yaml}");
    }
    for said in [
        "CostTypes IncludeCredit=false, UseAmortized=true: a rule counts everything on the invoice",
        "Metrics NetUnblendedCost: a rule goes by the invoice (UnblendedCost)",
        "AutoAdjustData: the limit is today's, and stays",
        "TimePeriod: it ends on 2027-06-15, and a rule does not",
    ] {
        assert!(
            yaml.contains(&format!("  # not taken over: {said}")) && notes.contains(&format!("not taken over: net: {said}")),
            "{said}\n{yaml}"
        );
    }
    for wanted in ["id: net-actual-100\n", "id: net-actual-100.2\n", "  # net   - {}\n", "below: 5 USD", "accept_estimated: true"] {
        assert!(yaml.contains(wanted), "{wanted}\n{yaml}");
    }
    for left in [
        "net: a rule has no `EQUAL_TO`",
        "past: its TimePeriod ended on 2025-01-01",
        "not-prod: its filter is more than one tag",
        "absent: its filter matches by ABSENT",
        "hours: a budget of USAGE",
        "all: it is about the whole account",
        "s3: it is filtered by Service",
    ] {
        assert!(notes.contains(left), "{left}\n{notes}");
    }
    fs::write(folder.path().join("scenarios/budgets.yaml"), &yaml).expect("a file");
    assert_ne!(check(folder.path(), &["--paths", "0"]).status.code(), Some(65));
    // Where no budget becomes a rule there is no file of rules.
    fs::write(folder.path().join("h.json"), r#"{"Budgets": [{"BudgetName": "hours", "BudgetType": "USAGE", "TimeUnit": "MONTHLY"}]}"#)
        .expect("a file");
    let none = budgets(folder.path(), &["import", "h.json"]);
    assert!(none.status.code() == Some(65) && none.stdout.is_empty(), "{}", String::from_utf8_lossy(&none.stderr));
    fs::write(folder.path().join("x.json"), "[1, 2").expect("a file");
    assert_eq!(budgets(folder.path(), &["import", "x.json"]).status.code(), Some(65));
}
