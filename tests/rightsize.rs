//! `ce-cost rightsize` as its users run it, on series whose answer can be counted by hand.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const DAY: &str = "2026-11-24";

fn command(args: &[&str], columns: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ce-cost"));
    command.arg("rightsize").args(args).args(["--as-of", DAY]).env("NO_COLOR", "1").env("COLUMNS", columns);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("it runs")
}

#[track_caller]
fn out(args: &[&str]) -> String {
    let output = command(args, "120");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[track_caller]
fn fails(args: &[&str], code: i32) -> String {
    let output = command(args, "120");
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout.is_empty(), "nothing goes to standard output on error");
    String::from_utf8(output.stderr).expect("text")
}

#[track_caller]
fn json(args: &[&str]) -> Value {
    serde_json::from_str(&out(&[args, &["--format", "json"]].concat())).expect("JSON")
}

/// Rows of a service, every five minutes for so many days from a Monday on.
fn rows(service: &str, days: i64, at: impl Fn(i64) -> (String, String, String)) -> String {
    let start: chrono::NaiveDateTime = "2026-11-02T00:00:00".parse().expect("a time");
    let row = |i: i64| {
        let (cpu, memory, tasks) = at(i);
        format!("{},{service},{cpu},{memory},{tasks}\n", (start + chrono::TimeDelta::minutes(5 * i)).format("%Y-%m-%d %H:%M"))
    };
    (0..288 * days).map(row).collect()
}

/// A file of the rows.
fn table(folder: &Path, rows: &[String]) -> String {
    let path = folder.join("use.csv");
    std::fs::write(&path, format!("time,service,cpu %,memory %,tasks\n{}", rows.concat())).expect("a file");
    path.display().to_string()
}

/// One value and another in turns.
fn turns(a: &str, b: &str, memory: &str, tasks: &str) -> impl Fn(i64) -> (String, String, String) {
    move |i| ((if i % 2 == 0 { a } else { b }).to_owned(), memory.to_owned(), tasks.to_owned())
}

/// Ten tasks of 4 vCPU and 8 GB that never scale.
fn shop(folder: &Path) -> String {
    let text = "environment: shop\nregion: us-east-1\nresources:\n  web:\n    type: fargate-service\n    task: {cpu: 4 vCPU, memory: 8 GB}\n    tasks: {min: 10, max: 10, average: 10}\n  clean-up:\n    type: fargate-task\n    task: {cpu: 1 vCPU, memory: 2 GB}\n    runs: 1/day\n    duration: 10 min\n";
    let scenarios = folder.join("scenarios");
    std::fs::create_dir_all(&scenarios).expect("a folder");
    std::fs::write(scenarios.join("shop.yaml"), text).expect("a file");
    scenarios.display().to_string()
}

/// Tasks of 4 vCPU that scale between 3 and 15, of which 8 run.
fn scaling_shop(folder: &Path, memory: &str) -> String {
    let text = format!(
        "environment: shop\nregion: us-east-1\nresources:\n  web:\n    type: fargate-service\n    task: {{cpu: 4 vCPU, memory: {memory}}}\n    tasks: {{min: 3, max: 15, average: 8}}\n"
    );
    let scenarios = folder.join(memory.replace(' ', ""));
    std::fs::create_dir_all(&scenarios).expect("a folder");
    std::fs::write(scenarios.join("shop.yaml"), text).expect("a file");
    scenarios.display().to_string()
}

fn decimal(value: &Value) -> rust_decimal::Decimal {
    value.as_str().expect("text").parse().expect("a decimal")
}

/// The services of production on days that rise and fall: too large with a jump, right, short of memory, too small.
fn production(folder: &Path) -> String {
    let wave = |low: i64, high: i64| move |i: i64| low + (high - low) * (144 - (i % 288 - 144).abs()) / 144 + i % 3;
    let of = |name: &str, low, high, memory: i64, tasks: &str| {
        let cpu = wave(low, high);
        rows(name, 15, |i| (cpu(i).to_string(), (memory + i % 4).to_string(), tasks.to_owned()))
    };
    // Every morning core is asked for half as much again, all at once.
    let jump = |i: i64| if (108..120).contains(&(i % 288)) { 20 } else { 0 };
    let calm = wave(22, 45);
    let core = rows("core", 15, |i| ((calm(i) + jump(i)).to_string(), (34 + i % 4).to_string(), "8.3".to_owned()));
    let all = [core, of("auth", 45, 74, 45, "8.3"), of("agent", 10, 50, 88, "5"), of("workflow", 60, 92, 50, "4")];
    table(folder, &all)
}

#[test]
fn what_a_smaller_size_saves_is_the_difference_of_two_bills() {
    let folder = tempfile::tempdir().expect("a folder");
    let (scenarios, file) = (shop(folder.path()), table(folder.path(), &[rows("web", 14, turns("30", "29", "20", "10"))]));
    let found = json(&["shop", "--metrics", &file, "--scenarios", &scenarios, "--hours", "730"]);
    let web = &found["services"][0];
    // 30% of ten tasks of 4 vCPU are 12 vCPU; a task uses 20% of 8 GB, 1.6 GB, which is 80% of 2 GB. At 80%: fifteen tasks of 1 vCPU
    // and 2 GB (0.74055 an hour), eight of 2 vCPU and 4 GB (0.78992), four of 4 vCPU and 8 GB (0.78992).
    let proposed = &web["proposed"];
    let shape = ["cpu", "memory", "min", "max", "average", "cpu_p95", "memory_p95"].map(|key| proposed[key].as_str().unwrap_or("-"));
    assert_eq!(shape, ["1 vCPU", "2 GB", "15", "15", "15", "0.8", "0.8"]);
    // 730 h × (10 × (4 × 0.04048 + 8 × 0.004445) − 15 × (0.04048 + 2 × 0.004445)) = 1,441.604 − 540.6015
    assert_eq!((web["saving"].as_str(), found["saving"].as_str()), (Some("901.0025"), Some("901.0025")));
    assert_eq!((proposed["throttled_minutes"].as_str(), proposed["cpu_target"].as_str()), (Some("0"), None));
    assert!(web["why"].as_str().expect("a reason").contains("its tasks do not scale"));
    // What is written makes it true.
    let changes: Vec<String> = found["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .map(|c| format!("{}={}", c["path"].as_str().unwrap_or(""), c["value"].as_str().unwrap_or("")))
        .collect();
    let bill = Command::new(env!("CARGO_BIN_EXE_ce-cost"))
        .args([
            "forecast",
            "shop",
            "--scenarios",
            &scenarios,
            "--hours",
            "730",
            "--paths",
            "0",
            "--format",
            "json",
            "--as-of",
            DAY,
            "--what-if",
        ])
        .arg(changes.join(","))
        .output()
        .expect("it runs");
    let bill: Value = serde_json::from_slice(&bill.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&bill.stderr)));
    // The batch job beside it: 31 or 30.416… runs a day of ten minutes at 0.04937 an hour.
    let total: rust_decimal::Decimal = bill["months"][0]["total"].as_str().expect("a total").parse().expect("a decimal");
    assert_eq!(total.round_dp(2).to_string(), "540.85");
}

#[test]
fn minutes_that_are_throttled_are_those_of_the_simulation() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenarios = shop(folder.path());
    // One interval in a hundred asks for 36 vCPU, where fifteen tasks have 15: 41 of 4,032 intervals of five minutes.
    let peaks = |i: i64| {
        (
            (if i % 100 == 0 {
                "90"
            } else if i % 2 == 0 {
                "30"
            } else {
                "29"
            })
            .to_owned(),
            "20".to_owned(),
            "10".to_owned(),
        )
    };
    let file = table(folder.path(), &[rows("web", 14, peaks)]);
    let found = json(&["shop", "--metrics", &file, "--scenarios", &scenarios, "--hours", "720"]);
    // 205 minutes of 14 days, in 30 days.
    assert_eq!(found["throttled_minutes"], "439.3");
    assert_eq!(found["services"][0]["now"]["throttled_minutes"], "0");
}

#[test]
fn a_size_without_the_memory_is_left_aside_and_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let (scenarios, file) = (shop(folder.path()), table(folder.path(), &[rows("web", 14, turns("30", "29", "90", "10"))]));
    let found = json(&["shop", "--metrics", &file, "--scenarios", &scenarios]);
    let web = &found["services"][0];
    // 7.2 GB ÷ 80% = 9 GB, more than the 8 GB that go with 1 vCPU. Four tasks of 4 vCPU are at 75% and do 3 ÷ 1.2 as much: 18 ÷ 80% = 22.5
    // GB, 4 × (4 × 0.04048 + 23 × 0.004445) = 1.0566 an hour. Eight of 2 vCPU would need 12 GB: 1.0744.
    assert_eq!((web["proposed"]["cpu"].as_str(), web["proposed"]["memory"].as_str()), (Some("4 vCPU"), Some("23 GB")));
    let excluded = web["excluded"][0].as_str().expect("a reason");
    assert!(
        excluded == "1 vCPU (at most 8 GB) has too little memory: a task uses 7.2 GB in busy times (90%), 9 GB are needed",
        "{excluded}"
    );
}

#[test]
fn what_lies_in_the_band_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let (scenarios, file) = (shop(folder.path()), table(folder.path(), &[rows("web", 14, turns("76", "40", "60", "10"))]));
    let found = json(&["shop", "--metrics", &file, "--scenarios", &scenarios]);
    assert_eq!((found["services"][0]["verdict"].as_str(), found["saving"].as_str()), (Some("keep"), Some("0")));
    assert!(out(&["shop", "--metrics", &file, "--scenarios", &scenarios]).contains("Nothing to change."));
    // Another band, another answer.
    let found = json(&["shop", "--metrics", &file, "--scenarios", &scenarios, "--target", "50..60"]);
    assert_eq!(found["services"][0]["verdict"], "resize");
    assert!(found["saving"].as_str().expect("dollars").starts_with('-'), "more tasks cost more");
}

#[test]
fn what_people_see() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = production(folder.path());
    let shown = |text: String| text.replace(&file, "use.csv");
    let at = |environment: &str, columns: &str| {
        let output = command(&[environment, "--metrics", &file], columns);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        shown(format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
    };
    insta::assert_snapshot!("rightsize_prod_120", at("prod", "120"));
    insta::assert_snapshot!("rightsize_prod_80", at("prod", "80"));
    insta::assert_snapshot!("rightsize_prod_driven", at("prod-driven", "120"));
    insta::assert_snapshot!("rightsize_markdown", out(&["prod", "--metrics", &file, "--format", "md"]));
    let text = at("prod", "80");
    let long = |l: &&str| !l.contains("ce-cost ") && !l.contains("why:") && !l.starts_with("note:");
    for line in text.lines().filter(long) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let csv = out(&["prod", "--metrics", &file, "--format", "csv"]);
    assert!(csv.lines().any(|l| l.starts_with("prod,2026-12,core,resize,proposed,")), "{csv}");
    assert_eq!(csv, out(&["prod", "--metrics", &file, "--format", "csv"]));
}

#[test]
fn the_document_conforms() {
    let folder = tempfile::tempdir().expect("a folder");
    let found = json(&["prod-driven", "--metrics", &production(folder.path())]);
    let all = ce_cost::cli::schemas();
    let (_, schema) = all.iter().find(|(name, _)| *name == "rightsize.schema.json").expect("a schema");
    let validator = jsonschema::validator_for(schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(&found).map(|e| format!("{}: {e}", e.instance_path)).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    // Another CPU target, and what is counted for each task follows its size.
    let paths: Vec<&str> = found["changes"].as_array().expect("changes").iter().filter_map(|c| c["path"].as_str()).collect();
    assert!(paths.contains(&"core.scaling.policies.0.target") && paths.contains(&"core.scaling.policies.1.target"), "{paths:?}");
    assert!(!paths.contains(&"core.tasks.average"), "{paths:?}");
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenarios = shop(folder.path());
    let of = |rows: &[String], code: i32| fails(&["shop", "--scenarios", &scenarios, "--metrics", &table(folder.path(), rows)], code);
    let fine = turns("30", "29", "20", "10");
    assert!(of(&[rows("wbe", 14, &fine)], 65).contains("shop has no service `wbe`: did you mean `web`?"));
    assert!(of(&[rows("clean-up", 14, &fine)], 65).contains("`clean-up` is a fargate-task: only tasks of a fargate-service"));
    assert!(of(&[rows("web", 9, &fine)], 65).contains("web: 9 days of measurements: two weeks are needed"));
    assert!(of(&[rows("web", 14, turns("40", "40", "20", "10"))], 65).contains("CPU is 40% in each of 4032 intervals"));
    // Neither can be of this service: more tasks than may run, and CPU of none.
    assert!(of(&[rows("web", 14, turns("30", "29", "20", "12"))], 65).contains("12 tasks ran on average, and the scenario has 10 at most"));
    assert!(of(&[rows("web", 14, turns("30", "29", "20", "0"))], 65).contains("4032 of its intervals have CPU in use and no task"));
    assert!(of(&[rows("web", 14, turns("0.4", "0.3", "20", "10"))], 65).contains("looks like shares"));
    assert!(of(&[rows("web", 14, turns("1024", "512", "20", "10"))], 65).contains("CpuUtilized"));
    let gaps = |i: i64| {
        (
            (if i % 3 == 0 {
                ""
            } else if i % 2 == 0 {
                "30"
            } else {
                "29"
            })
            .to_owned(),
            "20".to_owned(),
            "10".to_owned(),
        )
    };
    assert!(of(&[rows("web", 14, gaps)], 65).contains("33% of its intervals have no CPU"));
    let file = folder.path().join("bad.csv");
    std::fs::write(&file, "time,service,cpu,memory\n2026-11-02 00:00,web,NaN,1e400\nyesterday,web,5,5\n").expect("a file");
    let text = fails(&["shop", "--scenarios", &scenarios, "--metrics", &file.display().to_string()], 65);
    assert!(text.contains("bad.csv: line 2, column `cpu`: `NaN` is no finite number"), "{text}");
    assert!(text.contains("line 3, column `time`: `yesterday` is no time") && text.contains("3 errors"), "{text}");
    std::fs::write(&file, [0xff, 0xfe, 0x00]).expect("a file");
    assert!(fails(&["shop", "--scenarios", &scenarios, "--metrics", &file.display().to_string()], 65).contains("is not UTF-8 text"));
    std::fs::write(&file, "{\"MetricDataResults\": 3}").expect("a file");
    assert!(fails(&["shop", "--scenarios", &scenarios, "--metrics", &file.display().to_string()], 65).contains("get-metric-data"));
    assert!(fails(&["shop", "--scenarios", &scenarios, "--metrics", "no/such.csv"], 66).contains("no/such.csv"));
    assert!(fails(&["--metrics", "x.csv", "--target", "80..70"], 64).contains("the lower first"));
    assert!(fails(&["--metrics", "x.csv", "--target", "70..120"], 64).contains("between 10 and 95"));
    assert!(fails(&["prod"], 64).contains("--metrics"));
}

/// One service of two can be judged: the other says why not.
#[test]
fn what_cannot_be_judged_does_not_hide_the_rest() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = table(folder.path(), &[rows("core", 14, turns("30", "29", "20", "8")), rows("auth", 3, turns("30", "29", "20", "8"))]);
    let found = json(&["prod", "--metrics", &file]);
    let verdicts: Vec<&str> = found["services"].as_array().expect("services").iter().filter_map(|s| s["verdict"].as_str()).collect();
    assert_eq!(verdicts, ["unknown", "resize"]);
}

/// A busy interval now and then, jumps in the morning, hardly anything, memory at its peak: whatever is proposed keeps to the band.
#[test]
fn no_proposal_is_busier_than_the_band_or_fuller_than_is_safe() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenarios = scaling_shop(folder.path(), "8 GB");
    let of = |cpu: i64, memory: i64, tasks: i64| (cpu.to_string(), memory.to_string(), tasks.to_string());
    let series: [&dyn Fn(i64) -> (String, String, String); 6] = [
        &|i| of(if i % 10 == 0 { 60 } else { 15 }, 5, 10),
        &|i| of(if i % 12 == 0 { 65 } else { 20 }, 5, 10),
        &|i| of(if (108..126).contains(&(i % 288)) { 65 } else { 10 }, 5, 10),
        &|i| of(3 + i % 2, 30, 3),
        &|i| of(i64::from(i % 3 == 0) * 2, 10, 3),
        &|i| of(30 - i % 2, if i % 50 == 0 { 25 } else { 20 }, 10),
    ];
    let (most, fullest) = (rust_decimal::Decimal::new(8, 1), rust_decimal::Decimal::new(9, 1));
    for (n, at) in series.iter().enumerate() {
        let file = table(folder.path(), &[rows("web", 14, at)]);
        let found = json(&["shop", "--metrics", &file, "--scenarios", &scenarios]);
        let web = &found["services"][0];
        assert_eq!(web["verdict"], "resize", "{n}: {web}");
        let proposed = &web["proposed"];
        assert!(decimal(&proposed["cpu_p95"]) <= most && decimal(&proposed["memory_p95"]) <= most, "{n}: {web}");
        assert!(decimal(&proposed["memory_most"]) <= fullest && decimal(&proposed["min"]) >= 3.into(), "{n}: {web}");
        assert_eq!(decimal(&found["as_measured"]) - decimal(&found["proposed"]), decimal(&found["saving"]), "{n}");
    }
}

#[test]
fn an_idle_service_keeps_its_least_tasks_and_its_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let (scenarios, file) = (scaling_shop(folder.path(), "8 GB"), table(folder.path(), &[rows("web", 14, turns("3", "4", "30", "3"))]));
    let found = json(&["shop", "--metrics", &file, "--scenarios", &scenarios]);
    let web = &found["services"][0];
    // Three tasks do what three tasks did, with the 2.4 GB that they used: 80% of 3 GB. 0.48 vCPU on 3 are 16%.
    let shape = ["cpu", "memory", "min", "average", "cpu_p95", "memory_p95"].map(|key| web["proposed"][key].as_str().unwrap_or("-"));
    assert_eq!(shape, ["1 vCPU", "3 GB", "3", "3", "0.16", "0.8"]);
    assert!(web["why"].as_str().expect("a reason").contains("becomes 16%, below the band: 3 tasks are the least"), "{web}");
    // What is smaller is said with what it would cost: 744 h × 3 × (0.5 × 0.04048 + 3 × 0.004445) = 74.94 and 120.12.
    let excluded = web["excluded"][0].as_str().expect("a reason");
    assert!(excluded.starts_with("0.25 vCPU, 0.5 vCPU are less than 25% of today's vCPUs"), "{excluded}");
    assert!(excluded.ends_with("3 tasks of 0.5 vCPU with 3 GB would cost $74.94 rather than $120.12"), "{excluded}");
    let found = json(&["shop", "--metrics", &file, "--scenarios", &scenarios, "--least", "1"]);
    assert_eq!(found["services"][0]["proposed"]["min"], "1");
}

#[test]
fn memory_that_nothing_uses_is_a_reason_to_change_what_lies_in_the_band() {
    let folder = tempfile::tempdir().expect("a folder");
    let (scenarios, file) = (scaling_shop(folder.path(), "30 GB"), table(folder.path(), &[rows("web", 14, turns("75", "74", "5", "10"))]));
    let found = json(&["shop", "--metrics", &file, "--scenarios", &scenarios]);
    assert_eq!(found["services"][0]["verdict"], "resize");
    // 10 × 4/8 alone would save 744 h × 10 × 22 × 0.004445.
    assert!(decimal(&found["saving"]) >= rust_decimal::Decimal::new(72757, 2), "{}", found["saving"]);
}

#[test]
fn what_cloudwatch_writes_is_read_in_each_of_its_forms() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenarios = scaling_shop(folder.path(), "8 GB");
    let start: chrono::NaiveDateTime = "2026-11-02T00:00:00".parse().expect("a time");
    let times: Vec<_> = (0..288 * 14).map(|i| start + chrono::TimeDelta::minutes(5 * i)).collect();
    let cpu = |i: usize| 30 - i % 2;
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let rfc = |t: &chrono::NaiveDateTime| t.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let part = |label: &str, at: &dyn Fn(usize) -> usize| {
        let stamps: Vec<String> = times.iter().map(rfc).collect();
        let values: Vec<usize> = (0..times.len()).map(at).collect();
        serde_json::json!({"Id": label.to_lowercase(), "Label": format!("prod web {label}"), "Timestamps": stamps, "Values": values, "StatusCode": "Complete"})
    };
    let parts = [part("CPUUtilization", &cpu), part("MemoryUtilization", &|_| 20), part("RunningTaskCount", &|_| 10)];
    let data = write("data.json", serde_json::json!({"MetricDataResults": parts}).to_string());
    let statistics = |label: &str, every: usize, at: &dyn Fn(usize) -> usize| {
        let points: Vec<Value> =
            (0..times.len()).step_by(every).map(|i| serde_json::json!({"Timestamp": rfc(&times[i]), "Average": at(i)})).collect();
        write(&format!("web_{label}.json"), serde_json::json!({"Label": label, "Datapoints": points}).to_string())
    };
    // Tasks by the hour beside CPU by five minutes.
    let (a, b) = (statistics("CPUUtilization", 1, &cpu), statistics("MemoryUtilization", 1, &|_| 20));
    let c = statistics("RunningTaskCount", 12, &|_| 10);
    let lines: String = times.iter().enumerate().map(|(i, t)| format!("{},{},20,10\n", t.format("%Y/%m/%d %H:%M:%S"), cpu(i))).collect();
    let head = "Full label,web CPUUtilization,web MemoryUtilization,web RunningTaskCount\nStatistic,Average,Average,Average\n";
    let console = write("console.csv", format!("{head}{lines}"));
    let plain = table(folder.path(), &[rows("web", 14, turns("30", "29", "20", "10"))]);
    let of = |files: &[&str]| json(&[&["shop", "--scenarios", &scenarios, "--metrics"], files].concat())["services"].clone();
    let expected = of(&[&plain]);
    assert_eq!(of(&[&data]), expected);
    assert_eq!(of(&[&a, &b, &c]), expected);
    assert_eq!(of(&[&console]), expected);
    let array = write("array.json", "[1]".into());
    assert!(fails(&["shop", "--scenarios", &scenarios, "--metrics", &array], 65).contains("get-metric-data"));
}

#[test]
fn every_form_says_from_where_the_saving_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let (scenarios, file) = (scaling_shop(folder.path(), "8 GB"), table(folder.path(), &[rows("web", 14, turns("30", "29", "20", "10"))]));
    let args = |more: &[&str]| out(&[&["shop", "--metrics", &file, "--scenarios", &scenarios], more].concat());
    for form in [args(&[]), args(&["--format", "md"])] {
        assert!(form.contains("$1,175 forecast → $1,469 with as many tasks as ran → $"), "{form}");
    }
    let md = args(&["--format", "md"]);
    assert!(md.contains("10 tasks ran, where the scenario states 8"), "{md}");
    let csv = args(&["--format", "csv"]);
    assert!(csv.lines().next().is_some_and(|head| head.contains("memory_most,cpu_target,") && head.contains(",bill_usd,")), "{csv}");
    assert!(csv.contains("shop,2026-12,,,as-measured,"), "{csv}");
    // A command that would be refused is not proposed.
    assert!(args(&[]).contains("--target 60..70 ") && !args(&["--target", "15..20"]).contains("is less tight"));
}

/// Where tasks follow from demand both sides are priced by what was measured, and what the file forecasts is said beside it.
#[test]
fn a_service_that_follows_demand_is_priced_by_the_tasks_that_are_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let found = json(&["prod-driven", "--metrics", &production(folder.path())]);
    let notes: Vec<&str> = found["notes"].as_array().expect("notes").iter().filter_map(Value::as_str).collect();
    assert!(notes.iter().any(|n| n.starts_with("core: 8.3 tasks ran, where the scenario's demand gives 4.8")), "{notes:?}");
    assert!(notes.iter().any(|n| n.contains("follow from demand in the file: it forecasts $")), "{notes:?}");
    let stated = json(&["prod", "--metrics", &production(folder.path())]);
    let core =
        |found: &Value| found["services"].as_array().expect("services").iter().find(|s| s["service"] == "core").cloned().expect("core");
    // Growth aside, the same tasks of the same sizes save the same as where they are stated.
    let (a, b) = (decimal(&core(&found)["saving"]), decimal(&core(&stated)["saving"]));
    assert!((a - b).abs() < rust_decimal::Decimal::from(100) && a > rust_decimal::Decimal::from(400), "{a} {b}");
}
