//! The program as its users run it: output, formats, exit codes.

mod repository;

use std::path::Path;
use std::process::{Command, Output};

fn ce_cost(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.args(args).env("NO_COLOR", "1").env("COLUMNS", "120").current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn run(args: &[&str]) -> Output {
    ce_cost(args).args(["--as-of", "2026-11-24"]).output().expect("it runs")
}

#[track_caller]
fn out(args: &[&str]) -> String {
    let output = run(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[track_caller]
fn fails(args: &[&str], code: i32) -> String {
    let output = run(args);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout.is_empty(), "nothing goes to standard output on error");
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn what_people_see() {
    insta::assert_snapshot!("forecast_prod_120", out(&["forecast", "prod"]));
    insta::assert_snapshot!("forecast_prod_730", out(&["forecast", "prod", "--hours", "730"]));
    insta::assert_snapshot!("forecast_all", out(&["forecast", "--all", "--months", "3"]));
    insta::assert_snapshot!("plan_prod", out(&["plan", "prod"]));
    insta::assert_snapshot!("plan_dev", out(&["plan", "dev"]));
    insta::assert_snapshot!("explain_core", out(&["explain", "prod", "Core Service"]));
    insta::assert_snapshot!("explain_egress", out(&["explain", "prod", "egress"]));
    insta::assert_snapshot!("explain_reservation", out(&["explain", "dr", "Cache"]));
    insta::assert_snapshot!("calibrate_database", out(&["calibrate", "prod", "--line", "Database", "--driver", "database.io"]));
    insta::assert_snapshot!("prices_show", out(&["prices", "show", "USE1-Fargate-GB-Hours"]));
    insta::assert_snapshot!("scenario_diff", out(&["scenario", "diff", "prod", "dev"]));
    insta::assert_snapshot!("forecast_failover", out(&["forecast", "prod", "--failover", "6h"]));
    insta::assert_snapshot!("explain_failover", out(&["explain", "prod", "USW2-NatGateway-Hours", "--region-lost", "6h"]));
    insta::assert_snapshot!("forecast_markdown", out(&["forecast", "dev", "--format", "md"]));
}

#[test]
fn at_eighty_columns_no_line_is_longer() {
    for args in [
        &["forecast", "prod"][..],
        &["forecast", "--all", "--months", "12"],
        &["plan", "prod"],
        &["simulate", "prod-driven", "--service", "core"],
        &["simulate", "prod-driven", "--service", "agent"],
        &["prices", "list", "--service", "AmazonECS"],
        &["prices", "coverage"],
        &["prices", "coverage", "--region", "eu-west-1"],
        &["prices", "diff", "2026-12-31", "2027-01-01"],
    ] {
        let output = ce_cost(args).args(["--as-of", "2026-11-24", "--color", "never"]).env("COLUMNS", "80").output().expect("it runs");
        let text = String::from_utf8(output.stdout).expect("text");
        for line in text.lines().filter(|l| !l.contains("ce-cost ")) {
            assert!(line.chars().count() <= 80, "{args:?}: {line}");
        }
    }
}

#[test]
fn exit_codes_say_what_went_wrong() {
    assert!(fails(&["forecast", "prodd"], 64).contains("did you mean `prod`?"));
    assert!(fails(&["forcast", "prod"], 64).contains("forecast"));
    assert!(fails(&["forecast"], 64).contains("required"));
    assert!(fails(&["forecast", "prod", "--month", "2026-13"], 64).contains("between 01 and 12"));
    assert!(fails(&["forecast", "prod", "--hours", "731"], 64).contains("730"));
    assert!(fails(&["forecast", "prod", "--by", "colour"], 64).contains("tag:KEY"));
    assert!(fails(&["forecast", "prod", "--months", "0"], 64).contains("1..=36"));
    assert!(fails(&["explain", "prod", "Core Servce"], 64).contains("did you mean `Core Service`?"));
    assert!(fails(&["calibrate", "prod", "--line", "Datbase", "--driver", "database.io"], 64).contains("has no line"));
    assert!(fails(&["calibrate", "prod", "--line", "Database", "--driver", "databse.io"], 64).contains("did you mean `database`?"));
    assert!(fails(&["calibrate", "prod", "--line", "Cache", "--driver", "database.io"], 64).contains("does not move"));
    assert!(fails(&["prices", "show", "USE1-Fargate-GB-Hour"], 64).contains("did you mean"));
    assert!(fails(&["forecast", "dev", "--failover", "6h"], 64).contains("write `standby_of: dev`"));
    assert!(fails(&["explain", "dev", "--region-lost", "6h"], 64).contains("dev has no standby"));
    assert!(fails(&["forecast", "prod", "--failover", "745h"], 64).contains("longer than December 2026, which has 744 h"));
    assert!(fails(&["forecast", "prod", "--months", "3", "--failover", "700h"], 64).contains("February 2027"));
    assert!(fails(&["forecast", "prod", "--failover", "6"], 64).contains("such as `40 ms`"));
    assert!(fails(&["forecast", "prod", "--failover", "6h", "--region-lost", "6h"], 64).contains("cannot be used with"));
    assert!(fails(&["forecast", "prod", "--scenarios", "tests/errors/scenario/cycle"], 65).contains("circle"));
    assert!(fails(&["forecast", "prod", "--prices", "tests/errors/prices"], 65).contains("errors"));
    assert!(fails(&["forecast", "prod", "--scenarios", "no/such/folder"], 66).contains("no/such/folder"));
    assert!(fails(&["forecast", "prod", "--scenarios", "docs"], 66).contains("no scenario file"));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for format in ["table", "json", "csv", "md", "focus"] {
        let args = ["forecast", "prod", "--months", "12", "--format", format];
        assert_eq!(out(&args), out(&args), "{format}");
    }
    assert_eq!(out(&["forecast", "prod", "--format", "markdown"]), out(&["forecast", "prod", "--format", "md"]));
}

#[test]
fn prod_alone_differs_from_its_part_of_the_payer_and_the_head_says_so() {
    let pooled = out(&["forecast", "prod"]);
    let alone = out(&["forecast", "prod", "--alone"]);
    let without = out(&["forecast", "prod", "--no-free-tier"]);
    assert!(pooled.contains("its part of account main") && alone.contains("by itself") && without.contains("without free tier"));
    assert_ne!(pooled.lines().nth(2), alone.lines().nth(2));
}

#[test]
fn a_forecast_can_be_cut_every_way_and_keeps_its_total() {
    let answer = |args: &[&str]| out(args).lines().find(|l| l.contains('$')).map(str::to_owned);
    let by_group = answer(&["forecast", "prod"]);
    for by in ["service", "usage-type", "resource", "tag:Service"] {
        assert_eq!(answer(&["forecast", "prod", "--by", by]), by_group, "{by}");
    }
}

/// A failover longer than the calculator's month is one of its whole month there.
#[test]
fn a_failover_is_shown_whatever_it_costs_and_however_long_it_is() {
    for args in [&["--failover", "1 min"][..], &["--region-lost", "740h"], &["--failover", "6h", "--alone"]] {
        let text = out(&[&["forecast", "prod", "--months", "1"], args].concat());
        assert!(text.matches("Failover drill, ").count() + text.matches("Region lost for ").count() >= 2, "{text}");
    }
    let zero = |args: &[&str]| out(&[&["forecast", "prod", "--format", "csv"], args].concat());
    assert_eq!(zero(&["--failover", "0h"]), zero(&[]));
}

#[test]
fn focus_rows_add_up_to_the_forecast() {
    let text = out(&["forecast", "prod", "--format", "focus"]);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().expect("a header").clone();
    assert_eq!(headers.len(), 57 + 2, "FOCUS 1.2 has 57 columns, and two are AWS's own");
    let column = |name: &str| headers.iter().position(|h| h == name).expect("a column");
    let (cost, category) = (column("BilledCost"), column("ChargeCategory"));
    let mut total = rust_decimal::Decimal::ZERO;
    for row in reader.records() {
        let row = row.expect("a row");
        total += row[cost].parse::<rust_decimal::Decimal>().expect("a decimal");
        assert!(["Usage", "Purchase", "Tax", "Credit", "Adjustment"].contains(&&row[category]));
    }
    let json: serde_json::Value = serde_json::from_str(&out(&["forecast", "prod", "--format", "json"])).expect("JSON");
    assert_eq!(json["months"][0]["total"], total.normalize().to_string());
}

#[test]
fn it_runs_from_any_folder_on_built_in_scenarios_and_a_new_one_runs_as_it_stands() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = |args: &[&str]| ce_cost(args).args(["--as-of", "2026-11-24"]).current_dir(folder.path()).output().expect("it runs");
    assert!(here(&["forecast", "prod"]).status.success());
    let starter = here(&["scenario", "new", "shop"]);
    std::fs::create_dir(folder.path().join("scenarios")).expect("a folder");
    std::fs::write(folder.path().join("scenarios/shop.yaml"), &starter.stdout).expect("a file");
    let forecast = here(&["forecast", "shop"]);
    assert!(forecast.status.success(), "{}", String::from_utf8_lossy(&forecast.stderr));
    assert!(String::from_utf8_lossy(&forecast.stdout).contains("shop"));
    // The folder beside the caller takes the place of the built-in one.
    assert_eq!(here(&["forecast", "prod"]).status.code(), Some(64));
}

#[test]
fn credits_are_a_line_of_their_own_and_say_how_they_end() {
    let folder = tempfile::tempdir().expect("a folder");
    repository::scenarios(folder.path());
    let accounts = folder.path().join("scenarios/accounts.yaml");
    let credits =
        |balance: &str| format!("    credits: [{{name: AWS Activate, balance: {balance}, from: 2026-12-01, expires: 2027-03-31}}]\n");
    let text = std::fs::read_to_string(&accounts).expect("text");
    let run = |balance: &str, args: &[&str]| {
        std::fs::write(&accounts, format!("{text}{}", credits(balance))).expect("a file");
        let output = ce_cost(args).args(["--as-of", "2026-11-24"]).current_dir(folder.path()).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    let forecast = run("1000 USD", &["forecast", "prod"]);
    assert!(forecast.lines().any(|l| l.trim().starts_with("Credits") && l.contains(" -588")), "{forecast}");
    // The plan is held against what is used, not against what is paid.
    assert!(forecast.contains("planned 5,665 + "), "{forecast}");
    let explained = run("20000 USD", &["explain", "prod", "Credits", "--month", "2027-01"]);
    assert!(explained.contains("before, ") && explained.contains(" 0.00 left: runs dry in January 2027"), "{explained}");
    let lasting = run("90000 USD", &["explain", "prod", "credits"]);
    assert!(lasting.contains("90,000.00 before, ") && lasting.contains(" expire on 2027-03-31"), "{lasting}");
    let json: serde_json::Value = serde_json::from_str(&run("90000 USD", &["forecast", "prod", "--format", "json"])).expect("JSON");
    let groups = json["months"][0]["unplanned"]["groups"].as_array().expect("groups");
    assert!(groups.iter().any(|g| g["name"] == "Credits" && g["total"].as_str().is_some_and(|t| t.starts_with('-'))), "{groups:?}");
}

#[test]
fn discounts_are_in_every_figure_and_said() {
    let folder = tempfile::tempdir().expect("a folder");
    ["scenarios", "scenarios/levers", "scenarios/dr-strategies"].iter().for_each(|part| repository::files(folder.path(), part));
    let run = |args: &[&str]| {
        let output = ce_cost(args).args(["--as-of", "2026-11-24"]).current_dir(folder.path()).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    let commit = ["commit", "prod", "--levers", "none", "--paths", "0", "--term", "1yr-no-upfront"];
    let saving = || -> rust_decimal::Decimal {
        let page: serde_json::Value = serde_json::from_str(&run(&[&commit[..], &["--format", "json"]].concat())).expect("JSON");
        page["best"]["saving"]["mean"].as_str().and_then(|t| t.parse().ok()).expect("an amount")
    };
    let before = saving();
    let accounts = folder.path().join("scenarios/accounts.yaml");
    let text = std::fs::read_to_string(&accounts).expect("text");
    let discounts = "    discounts: [{name: Enterprise agreement, rate: {value: 10%, from: assumed}, from: 2026-12-01}]\n";
    std::fs::write(&accounts, format!("{text}{discounts}")).expect("a file");

    let flat = |page: String| page.split_whitespace().collect::<Vec<_>>().join(" ");
    let forecast = flat(run(&["forecast", "prod"]));
    assert!(forecast.contains("list prices less discounts seen ") && forecast.contains("planned 5,099 + "), "{forecast}"); // 5,665 × 0.9
    assert!(forecast.contains("Discounts are taken off already: Enterprise agreement 6"), "{forecast}");
    let month_before = flat(run(&["forecast", "prod", "--month", "2026-11"]));
    assert!(!month_before.contains("Discounts") && month_before.contains(" list prices seen "), "{month_before}");
    let explained = flat(run(&["explain", "prod", "Core Service"]));
    assert!(
        explained.contains("Enterprise agreement -")
            && explained.contains("− charged ")
            && explained.contains("× Enterprise agreement 10% (assumed, "),
        "{explained}"
    );
    let after = saving();
    let tenth = rust_decimal::Decimal::new(1, 1);
    assert!((after - before * (rust_decimal::Decimal::ONE - tenth)).abs() < tenth, "{after} of {before}");
    // A plan made of list prices is held against these.
    assert!(run(&["plan", "prod"]).contains("list prices give 5,602"));
    for args in [&["savings", "prod", "--paths", "0"][..], &["dr"], &commit] {
        assert!(flat(run(args)).contains("list prices less discounts"), "{args:?}");
    }
    let focus = run(&["forecast", "prod", "--format", "focus"]);
    let rows: Vec<Vec<&str>> = focus.lines().map(|l| l.split(',').collect()).collect();
    assert!(rows.iter().any(|r| r.contains(&"Adjustment") && r.contains(&"Enterprise agreement")), "{focus}");
}

#[test]
fn own_prices_lie_over_the_built_in_ones_from_their_own_day() {
    let folder = tempfile::tempdir().expect("a folder");
    let header = out(&["prices", "list", "--format", "csv"]).lines().next().expect("a header").to_owned();
    let row = "AmazonECS,us-east-1,USE1-Fargate-GB-Hours,,,dearer,hours,0,Inf,0.1,USD,on-demand,,2027-01-01,2026-11-01,our contract,high,";
    std::fs::write(folder.path().join("own.csv"), format!("{header}\n{row}\n")).expect("a file");
    let prices = folder.path().to_str().expect("a path");
    let core = |month: &str| out(&["explain", "prod", "core", "--month", month, "--prices", prices]);
    assert!(core("2026-12").contains("× 0.004445 ="), "the old price holds to the end of the year");
    assert!(core("2027-01").contains("× 0.1 ="), "the new price holds from its own day");
}

#[test]
fn a_closed_pipe_is_no_error() {
    use std::process::Stdio;
    let mut child = ce_cost(&["prices", "list", "--format", "csv"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    drop(child.stdout.take());
    let status = child.wait().expect("it ends");
    assert!(status.success(), "{status}");
}

#[test]
fn colour_is_for_those_who_want_it() {
    let coloured = ce_cost(&["forecast", "prod", "--color", "always"]).env_remove("NO_COLOR").output().expect("it runs");
    assert!(String::from_utf8_lossy(&coloured.stdout).contains('\u{1b}'));
    assert!(!out(&["forecast", "prod"]).contains('\u{1b}'));
    assert!(!fails(&["forecast", "prod", "--scenarios", "tests/errors/scenario/cycle"], 65).contains('\u{1b}'));
}

#[test]
fn shells_and_manuals_are_served() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(out(&["completions", shell]).contains("forecast"), "{shell}");
    }
    assert!(out(&["man"]).contains(".TH ce-cost"));
    for command in [
        &["--help"][..],
        &["forecast", "--help"],
        &["plan", "--help"],
        &["explain", "--help"],
        &["calibrate", "--help"],
        &["prices", "list", "--help"],
    ] {
        let help = ce_cost(command).output().expect("it runs");
        assert!(help.status.success() && String::from_utf8_lossy(&help.stdout).contains("Example"), "{command:?}");
    }
}

#[test]
fn prices_are_listed_shown_and_checked() {
    let csv = out(&["prices", "list", "--format", "csv"]);
    let first = csv.lines().next().expect("a header");
    assert_eq!(first, ce_cost::pricing::read::COLUMNS.join(","));
    assert!(csv.lines().count() > 1_089);
    // Several services can have a usage type of the same name: each is shown with its own allowance.
    let show = out(&["prices", "show", "USW2-Requests-Tier1"]);
    for head in ["AWSQueueService", "AmazonS3", "AmazonSNS"] {
        assert!(show.contains(&format!("USW2-Requests-Tier1 · {head} · us-west-2")), "{show}");
    }
    assert_eq!(show.matches("Tiers count over").count(), 3);
    let check = out(&["prices", "check"]);
    assert!(check.contains("sound") && check.contains("sha256"));
    let old = run(&["prices", "check", "--older-than", "30"]);
    assert!(String::from_utf8_lossy(&old.stderr).starts_with("warning:"));
}

#[test]
fn resolved_shows_the_place_of_every_value() {
    let text = out(&["scenario", "show", "dev", "--resolved"]);
    assert!(text.contains("class: db.t3.medium"));
    assert!(text.contains("scenarios/dev.yaml:") && text.contains("scenarios/prod.yaml:"));
    assert!(text.contains("calibrated"));
    assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/dev.yaml").exists());
}

/// What the README shows is what the program prints.
#[test]
fn the_readme_is_true() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("a README");
    let at_100 = |args: &[&str]| {
        let output = ce_cost(args).args(["--as-of", "2026-11-24"]).env("COLUMNS", "100").output().expect("it runs");
        String::from_utf8(output.stdout).expect("text")
    };
    assert!(readme.contains(&at_100(&["forecast", "prod"])), "the forecast in the README is stale");
    assert!(readme.contains(&at_100(&["explain", "prod", "nat"])), "the explanation in the README is stale");
}

/// The comparison in the README, on the synthetic history.
#[cfg(feature = "actuals")]
#[test]
fn the_readmes_comparison_is_true() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("a README");
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().display().to_string();
    let at_100 = |args: &[&str]| {
        let output = ce_cost(args).args(["--as-of", "2026-11-24", "--store", &store]).env("COLUMNS", "100").output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    at_100(&["actuals", "demo"]);
    assert!(readme.contains(&at_100(&["compare", "prod", "--month", "2026-10"])), "the comparison in the README is stale");
}

const CORE: [&str; 6] = ["simulate", "prod-driven", "--service", "core", "--day", "2026-12-02"];

fn core(more: &[&str]) -> String {
    out(&[&CORE[..], more].concat())
}

/// At 80 columns, with the bars that a terminal shows; its colours are left out.
fn narrow(args: &[&str]) -> String {
    let output = ce_cost(args).args(["--as-of", "2026-11-24", "--color", "always"]).env("COLUMNS", "80").output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("text");
    ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m"].iter().fold(text, |text, style| text.replace(style, ""))
}

#[test]
fn a_day_of_a_service_as_people_see_it() {
    insta::assert_snapshot!("simulate_core_120", core(&[]));
    insta::assert_snapshot!("simulate_core_80", narrow(&CORE));
    insta::assert_snapshot!("simulate_agent_quiet", out(&["simulate", "prod-driven", "--service", "agent", "--no-noise"]));
    assert_eq!(core(&[]), core(&["--seed", "1"]));
    assert_ne!(core(&[]), core(&["--seed", "2"]));
    assert!(core(&["--format", "md"]).starts_with("| UTC |"));
}

#[test]
fn every_minute_of_a_day_is_a_row_and_task_hours_are_their_sum() {
    let text = core(&["--format", "csv"]);
    assert_eq!(text.lines().count(), 1_441);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut sum = 0;
    for row in reader.records() {
        let row = row.expect("a row");
        let tasks: u32 = row[5].parse().expect("tasks");
        assert!((3..=15).contains(&tasks), "{row:?}");
        sum += tasks;
    }
    let json: serde_json::Value = serde_json::from_str(&core(&["--format", "json"])).expect("JSON");
    let hours: rust_decimal::Decimal = json["summary"]["task_hours"].as_str().and_then(|h| h.parse().ok()).expect("task-hours");
    assert_eq!((hours * rust_decimal::Decimal::from(60)).round_dp(6), rust_decimal::Decimal::from(sum));
    assert_eq!(json["minutes"].as_array().map(Vec::len), Some(1_440));
}

#[test]
fn what_cannot_be_simulated_names_what_can() {
    let unknown = fails(&["simulate", "prod-driven", "--service", "cor"], 64);
    assert!(unknown.contains("did you mean `core`?") && unknown.contains("core, auth, agent, workflow can be simulated"), "{unknown}");
    let still = fails(&["simulate", "prod-driven", "--service", "database"], 64);
    assert!(still.contains("no tasks that follow demand") && still.contains("workflow can be simulated"), "{still}");
    let folder = tempfile::tempdir().expect("a folder");
    let shop = "environment: shop\nregion: us-east-1\nresources:\n  web:\n    type: fargate-service\n    task: {cpu: 1 vCPU, memory: 2 GB}\n    tasks: {min: 1, max: 4, average: 2}\n";
    std::fs::write(folder.path().join("shop.yaml"), shop).expect("a file");
    let none = fails(&["simulate", "shop", "--service", "web", "--scenarios", &folder.path().to_string_lossy()], 64);
    assert!(none.contains("shop has no workload") && none.contains("`demand` and `scaling`"), "{none}");
    assert!(fails(&["simulate", "prod", "--service", "core"], 64).contains("of prod-driven"));
    assert!(fails(&["simulate", "prod-driven", "--service", "core", "--plot", "day.pdf"], 64).contains(".svg or .png"));
    assert!(fails(&["simulate", "prod-driven", "--service", "core", "--plot", "no/such/day.svg"], 66).contains("cannot be written"));
}

#[test]
fn a_day_is_drawn_the_same_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let drawn = |name: &str| {
        let path = folder.path().join(name);
        core(&["--plot", &path.to_string_lossy()]);
        std::fs::read(path).expect("a picture")
    };
    let svg = drawn("a.svg");
    assert_eq!(svg, drawn("b.svg"));
    let svg = String::from_utf8(svg).expect("text");
    for text in
        ["core of prod-driven on Wednesday, 2 December 2026", "Requests per second", "CPU, % of", "target 70%", "max 15", "min 3", "12:00"]
    {
        assert!(svg.contains(text), "{text}");
    }
    let png = drawn("a.PNG");
    assert_eq!(png, drawn("b.png"));
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
    let mut picture = png::Decoder::new(png.as_slice()).read_info().expect("a header");
    assert_eq!(picture.info().size(), ce_cost::report::chart::SIZE);
    let mut pixels = vec![0; picture.output_buffer_size()];
    let frame = picture.next_frame(&mut pixels).expect("all of its rows");
    assert_eq!((frame.width, frame.height), (1_200, 900));
    assert!(pixels.iter().any(|p| *p < 60), "something is drawn on it");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 4, "nothing is left beside the pictures");
}

/// What stands in for another environment is asked for by name; all together it would be counted twice.
#[test]
fn all_environments_are_those_that_are_paid() {
    let text = out(&["forecast", "--all", "--format", "csv"]);
    assert!(text.contains("staging") && !text.contains("-driven"), "{text}");
    for name in ["dev", "staging", "dr"] {
        let driven = format!("{name}-driven");
        assert!(out(&["forecast", &driven]).starts_with(&format!("{driven} · December 2026")));
        assert!(out(&["plan", &driven]).contains("stated    list prices give"));
    }
}

/// A week of even demand by the hour comes back as its level; what is wrong in a file is named with its line.
#[test]
fn a_measured_series_becomes_a_workload() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.to_string_lossy().into_owned()
    };
    let hours: String = (0..168).map(|h| format!("2026-11-{:02} {:02}:00,3600\n", 2 + h / 24, h % 24)).collect();
    let even = out(&["workload", "fit", &write("even.csv", &format!("timestamp,requests\n{hours}"))]);
    assert!(even.contains("since: 2026-11") && even.contains("level: {value: 1.00000/s, from: measured"), "{even}");
    let bad = fails(&["workload", "fit", &write("bad.csv", "timestamp,requests\n2026-11-02 00:00,many\n2026-11-02 01:00,-1\n")], 65);
    assert!(bad.contains("bad.csv") && bad.contains("2 errors"), "{bad}");
    fails(&["workload", "fit", "no-such-file.csv"], 66);
}

/// Four months by the hour: 2% more each month, four times as many requests by day as by night, and some noise.
fn four_months() -> String {
    let mut rows = String::from("timestamp,requests\n");
    let mut state = 7u64;
    for (month, (name, days)) in [("2026-07", 31), ("2026-08", 31), ("2026-09", 30), ("2026-10", 31)].into_iter().enumerate() {
        for hour in 0..days * 24 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let shape = if (8..20).contains(&(hour % 24)) { 40_000 } else { 10_000 };
            let requests = shape * (100 + 2 * month as u64) / 100 * (90 + (state >> 33) % 21) / 100;
            rows.push_str(&format!("{name}-{:02} {:02}:00,{requests}\n", hour / 24 + 1, hour % 24));
        }
    }
    rows
}

/// A scenario that names its measured requests is the same as one into which the block that `workload fit` prints was pasted.
#[test]
fn a_scenario_takes_its_demand_from_a_measured_series() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    let path = folder.path().to_string_lossy().into_owned();
    let resources = "resources:
  web:
    type: fargate-service
    task: {cpu: 1 vCPU, memory: 2 GB}
    tasks: {min: 1, max: 20}
    demand: {per_request: {cpu: 100 ms}}
    scaling: {policies: [{metric: cpu, target: 50%}]}
  nat: {type: nat-gateway, gateways: 1, processed: 20 KB/request}
";
    let shop = |workload: &str| format!("environment: shop\nregion: us-east-1\n{workload}{resources}");
    let measured = "workload: {requests: {measured: requests.csv}}\n";
    write("requests.csv", &four_months());
    write("shop.yaml", &shop(measured));
    let months = || -> serde_json::Value {
        let args = ["forecast", "shop", "--months", "2", "--paths", "100", "--format", "json", "--scenarios", &path];
        let json: serde_json::Value = serde_json::from_str(&out(&args)).expect("JSON");
        assert!(json["months"][0]["band"]["p50"].is_string(), "{json}");
        json["months"].clone()
    };
    let from_series = months();
    let explained = out(&["explain", "shop", "nat", "--scenarios", &path]);
    let words = explained.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("(measured, fit of ") && words.contains("requests.csv:4: requests.csv, 2026-07-01 00:00 to 2026-11-01 00:00, 4"),
        "{words}"
    );
    let block = out(&["workload", "fit", &folder.path().join("requests.csv").to_string_lossy()]);
    write("shop.yaml", &shop(&block));
    assert_eq!(from_series, months());

    write("shop.yaml", &shop("workload: {growth: 0.5%/month, requests: {measured: requests.csv}}\n"));
    assert_ne!(from_series, months());
    let shown = out(&["scenario", "show", "shop", "--resolved", "--scenarios", &path]);
    assert!(shown.contains("stated: requests.csv shows "), "{shown}");

    write("shop.yaml", &shop(measured));
    write("requests.csv", "timestamp,requests\n2026-11-02 00:00,many\n");
    let wrong = fails(&["forecast", "shop", "--scenarios", &path], 65);
    assert!(wrong.contains("requests.csv:2:1"), "{wrong}");
    std::fs::remove_file(folder.path().join("requests.csv")).expect("it was there");
    let missing = fails(&["forecast", "shop", "--scenarios", &path], 66);
    assert!(missing.contains("shop.yaml:3:33") && missing.contains("requests.csv"), "{missing}");
    // What is built in has no folder.
    let change = ["forecast", "prod", "--what-if", "workload.requests.measured=requests.csv"];
    assert!(fails(&change, 65).contains("has none: write the scenario into a folder of your own"));
}
