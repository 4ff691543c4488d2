//! The monthly report: every number is the same in all five formats, and no name in it is ever run.
#![cfg(feature = "actuals")]

mod repository;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use ce_cost::money::Usd;
use ce_cost::report::monthly::document::{Chapter, Chart, ChartKind, Part, Report, Section, State, Titled};
use ce_cost::report::page::{self, Page};
use ce_cost::report::table::{Cell, Column, Table};
use ce_cost::report::{csv as csv_text, markdown, workbook};
use rust_decimal::Decimal;
use serde_json::Value;

fn ce_cost(arguments: &[&str]) {
    let done = Command::new(env!("CARGO_BIN_EXE_ce-cost")).args(["--as-of", "2026-11-02"]).args(arguments).output().expect("the program");
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// A synthetic history, and the reports on it, in a folder that goes away.
fn reports(arguments: &[&str], formats: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, out) = (folder.path().join("store"), folder.path().join("out"));
    let (store, out) = (store.to_str().expect("text"), out.to_str().expect("text"));
    ce_cost(&["actuals", "demo", "--store", store]);
    let mut all = vec!["report", "--month", "2026-10", "--store", store, "--out", out, "--format", formats];
    all.extend(arguments);
    ce_cost(&all);
    folder
}

/// What stands in a workbook: sheet by sheet, by the name of the cell, its formula and its value.
type Sheets = Vec<BTreeMap<String, (Option<String>, String)>>;

fn sheets(bytes: &[u8]) -> Sheets {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a workbook");
    let mut part = |name: &str| {
        let mut text = String::new();
        archive.by_name(name).ok()?.read_to_string(&mut text).expect("text");
        Some(text)
    };
    let strings: Vec<String> = part("xl/sharedStrings.xml")
        .unwrap_or_default()
        .split("<si>")
        .skip(1)
        .map(|si| {
            plain(si.split("<t").nth(1).and_then(|t| t.split_once('>')).and_then(|(_, t)| t.split("</t>").next()).unwrap_or_default())
        })
        .collect();
    let mut found = Vec::new();
    while let Some(sheet) = part(&format!("xl/worksheets/sheet{}.xml", found.len() + 1)) {
        let cells = sheet.split("<c r=\"").skip(1).filter_map(|c| {
            let inner = c.split("</c>").next()?;
            let name = c.split('"').next()?.to_owned();
            let between = |tag: &str| Some(inner.split_once(&format!("<{tag}>"))?.1.split_once(&format!("</{tag}>"))?.0.to_owned());
            let value = between("v")?;
            let is_text = inner.split('>').next()?.contains("t=\"s\"");
            let value = if is_text { strings[value.parse::<usize>().expect("a place")].clone() } else { value };
            Some((name, (between("f"), value)))
        });
        found.push(cells.collect());
    }
    found
}

/// Text without the marks of HTML and XML.
fn plain(text: &str) -> String {
    let marks = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#x2f;", "/"), ("&amp;", "&")];
    marks.iter().fold(text.to_owned(), |text, (mark, sign)| text.replace(mark, sign))
}

#[allow(clippy::float_arithmetic, reason = "workbooks hold doubles")]
fn close(a: &str, b: &str) -> bool {
    let (a, b): (f64, f64) = (a.parse().unwrap_or(f64::NAN), b.parse().unwrap_or(f64::NAN));
    (a - b).abs() <= 1e-9 * a.abs().max(1.0)
}

/// The rows of a table of a page: of every cell its exact value and what is shown.
fn page_rows(html: &str, id: &str) -> Vec<Vec<(String, String)>> {
    let table = html.split(&format!("data-id=\"{id}\"")).nth(1).unwrap_or_else(|| panic!("no table {id}"));
    let body = table.split("<tbody>").nth(1).and_then(|t| t.split("</tbody>").next()).expect("a body");
    let cell = |c: &str| {
        let value = c.split("data-v=\"").nth(1)?.split('"').next()?;
        let shown = c.split_once('>')?.1.split("</t").next()?;
        Some((plain(value), plain(shown)))
    };
    body.split("<tr ").skip(1).map(|row| row.replace("<th ", "<td ").split("<td ").skip(1).filter_map(cell).collect()).collect()
}

struct Everything {
    folder: PathBuf,
    html: String,
    tables: Vec<Vec<String>>,
    sheets: Sheets,
    compared: usize,
}

impl Everything {
    /// Holds one table of the JSON against the other four formats.
    fn table(&mut self, n: usize, chapter: &str, titled: &Value) {
        let (id, table) = (titled["id"].as_str().expect("a name"), &titled["table"]);
        let rows = table["rows"].as_array().expect("rows");
        let html = page_rows(&self.html, &format!("{chapter}/{id}"));
        let text = fs::read_to_string(self.folder.join(format!("{id}.csv"))).expect("a table");
        let csv: Vec<csv::StringRecord> = csv::Reader::from_reader(text.as_bytes()).records().map(|r| r.expect("a row")).collect();
        assert_eq!((html.len(), csv.len(), self.tables[n].len()), (rows.len(), rows.len(), rows.len()), "{id}");
        for (r, row) in rows.iter().enumerate() {
            let cells = row["cells"].as_array().expect("cells");
            let line = self.tables[n][r].clone();
            let mut rest = line.as_str();
            for (c, cell) in cells.iter().enumerate() {
                let (value, shown) = (cell["value"].as_str().unwrap_or_default(), cell["shown"].as_str().expect("text"));
                let place = format!("{id} row {r} column {c}");
                // What a template writes for nothing.
                let of_page = if html[r][c].0 == "none" { "" } else { html[r][c].0.as_str() };
                assert_eq!((of_page, html[r][c].1.as_str()), (value, shown), "page: {place}");
                assert_eq!(&csv[r][c], csv_text::harmless(value), "csv: {place}");
                let wanted = markdown::escape(shown);
                let at = rest.find(wanted.as_str()).unwrap_or_else(|| panic!("Markdown: {place}: {wanted} is not in {line}"));
                rest = &rest[at + wanted.len()..];
                self.sheet(n, (r, c), cell["kind"].as_str().expect("a kind"), value, &place);
                self.compared += 1;
            }
        }
    }

    /// Holds a cell against the workbook; a formula is computed again.
    fn sheet(&self, n: usize, (r, c): (usize, usize), kind: &str, value: &str, place: &str) {
        let column = char::from(b'A' + u8::try_from(c).expect("few columns"));
        let sheet = &self.sheets[n + 1];
        let Some((formula, found)) = sheet.get(&format!("{column}{}", r + 4)) else {
            assert!(value.is_empty(), "workbook: {place}: nothing instead of {value}");
            return;
        };
        match kind {
            "text" => assert_eq!(found, value, "workbook: {place}"),
            _ => assert!(close(found, value), "workbook: {place}: {found} instead of {value}"),
        }
        if let Some(range) = formula.as_deref().and_then(|f| f.strip_prefix("SUM(")?.strip_suffix(')')) {
            let rows: Vec<usize> = range.split(':').map(|end| end[1..].parse().expect("a row")).collect();
            // An empty cell counts for nothing, as in a spreadsheet.
            let filled = |row: usize| sheet.get(&format!("{column}{row}")).filter(|(_, v)| !v.is_empty());
            let of = |row: usize| {
                filled(row)
                    .map_or(0.0, |(_, v)| v.parse::<f64>().unwrap_or_else(|_| panic!("workbook: {place}: row {row} of {range} is `{v}`")))
            };
            let sum: f64 = (rows[0]..=rows[1]).map(of).sum();
            assert!(close(&sum.to_string(), value), "workbook: {place}: {range} adds up to {sum}, not to {value}");
        }
    }
}

#[test]
fn every_number_is_the_same_in_all_formats() {
    let folder = reports(&["prod"], "json,html,md,csv,xlsx");
    let read = |ending: &str| fs::read(folder.path().join(format!("out/prod-2026-10.{ending}"))).expect("a report");
    let text = |ending: &str| String::from_utf8(read(ending)).expect("text");
    let document: Value = serde_json::from_str(&text("json")).expect("JSON");
    let (html, md) = (text("html"), text("md"));
    assert!(html.len() < 1_000_000, "{} bytes", html.len());
    let mut tables: Vec<Vec<String>> = Vec::new();
    let mut inside = false;
    for line in md.lines() {
        match (line.starts_with('|'), inside) {
            (true, false) => tables.push(Vec::new()),
            (true, true) if !line.starts_with("|---") => tables.last_mut().expect("a table").push(line.to_owned()),
            _ => {}
        }
        inside = line.starts_with('|');
    }
    let mut all = Everything { folder: folder.path().join("out/prod-2026-10"), html, tables, sheets: sheets(&read("xlsx")), compared: 0 };
    let mut n = 0;
    for chapter in document["chapters"].as_array().expect("chapters") {
        let name = chapter["environment"].as_str().expect("a name");
        for line in chapter["answer"].as_array().expect("sentences").iter().filter_map(Value::as_str) {
            assert!(plain(&all.html).contains(line), "{line}");
            assert!(md.contains(&markdown::escape(line)), "{line}");
            assert!(all.sheets[0].values().any(|(_, v)| v == line), "{line}");
        }
        for titled in chapter["sections"].as_array().expect("sections").iter().flat_map(|s| s["tables"].as_array().expect("tables")) {
            all.table(n, name, titled);
            n += 1;
        }
    }
    assert!(n >= 15 && all.compared > 500, "{n} tables, {} cells", all.compared);
}

#[test]
fn the_page_of_all_environments_is_below_a_megabyte() {
    let folder = reports(&["--all"], "html");
    let html = fs::read_to_string(folder.path().join("out/all-2026-10.html")).expect("a page");
    assert!(html.len() < 1_000_000, "{} bytes", html.len());
    assert_eq!(html.matches("<article").count(), 5, "four environments, and all of them together");
}

/// What `ce-cost anomalies` says of a month stands in its report: the planted rise of June, with its days and what did it.
#[test]
fn the_anomaly_of_a_month_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, out) = (folder.path().join("store"), folder.path().join("out"));
    let (store, out) = (store.to_str().expect("text"), out.to_str().expect("text"));
    ce_cost(&["actuals", "demo", "--store", store]);
    ce_cost(&["report", "prod", "--month", "2026-06", "--store", store, "--out", out, "--format", "json,csv", "--paths", "0"]);
    let rows = fs::read_to_string(folder.path().join("out/prod-2026-06/anomalies.csv")).expect("a table");
    let found: Vec<&str> = rows.lines().filter(|l| l.contains("2026-06-11,2026-06-13")).collect();
    assert!(found.len() == 1 && found[0].contains("NatGateway-Bytes"), "{rows}");
    let text = fs::read_to_string(folder.path().join("out/prod-2026-06.json")).expect("a report");
    assert!(text.contains("beyond the usual from 2026-06-11 to 2026-06-13"), "it is a finding");
}

/// A lever that was pulled in the middle of October saves half of what taking it back adds to the month, and is proposed no more; a
/// forecast of September is held against October's invoice.
#[test]
fn what_was_done_and_said_before_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("text").to_owned();
    repository::scenarios(folder.path());
    let levers = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/levers");
    fs::create_dir(folder.path().join("scenarios/levers")).expect("a folder");
    for lever in fs::read_dir(levers).expect("the levers").map(|e| e.expect("an entry").path()) {
        fs::copy(&lever, folder.path().join("scenarios/levers").join(lever.file_name().expect("a name"))).expect("a lever");
    }
    let prod = path("scenarios/prod.yaml");
    let text = fs::read_to_string(&prod).expect("a scenario");
    fs::write(&prod, text + "\ndone:\n  - {lever: right-sizing, since: 2026-10-16, was: {core.tasks.average: +25%}}\n").expect("written");
    let (store, out, scenarios) = (path("store"), path("out"), path("scenarios"));
    ce_cost(&["actuals", "demo", "--store", &store]);
    let forecast = |args: &[&str]| {
        let all = [&["forecast", "prod", "--scenarios", &scenarios, "--format", "json"], args].concat();
        let done = Command::new(env!("CARGO_BIN_EXE_ce-cost")).args(all).output().expect("the program");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).expect("text")
    };
    fs::create_dir(folder.path().join("kept")).expect("a folder");
    fs::write(folder.path().join("kept/1.json"), forecast(&["--as-of", "2026-09-28", "--months", "2"])).expect("written");
    let kept = path("kept");
    let report =
        ["report", "prod", "--month", "2026-10", "--scenarios", &scenarios, "--store", &store, "--out", &out, "--format", "json,csv"];
    ce_cost(&[&report[..], &["--forecasts", &kept, "--paths", "0"]].concat());
    let total = |args: &[&str]| {
        let found: Value = serde_json::from_str(&forecast(args)).expect("JSON");
        found["months"][0]["total"].as_str().expect("text").parse::<Decimal>().expect("an amount")
    };
    let october = ["--month", "2026-10", "--paths", "0"];
    let saved = total(&[&october[..], &["--what-if", "core.tasks.average=+25%"]].concat()) - total(&october);
    let rows = fs::read_to_string(folder.path().join("out/prod-2026-10/realised.csv")).expect("a table");
    let told = rows.lines().find_map(|l| l.strip_prefix("Right-sizing of tasks,2026-10-16,")).expect("the lever");
    let half = saved * Decimal::from(16) / Decimal::from(31);
    assert!(
        saved > Decimal::from(100) && (told.parse::<Decimal>().expect("an amount") - half).abs() < Decimal::new(1, 6),
        "{rows} {saved}"
    );
    let others = fs::read_to_string(folder.path().join("out/prod-2026-10/savings-left.csv")).unwrap_or_default();
    assert!(!others.contains("Right-sizing"), "{others}");
    let kept = fs::read_to_string(folder.path().join("out/prod-2026-10/kept.csv")).expect("a table");
    assert!(kept.lines().count() == 2 && kept.contains("2026-10,2026-09-28,"), "{kept}");
    // What is no such forecast is an error that names the file.
    fs::write(folder.path().join("kept/2.json"), "{}").expect("written");
    let refused =
        Command::new(env!("CARGO_BIN_EXE_ce-cost")).args(report).args(["--forecasts", &path("kept")]).output().expect("the program");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(65) && said.contains("2.json: it is no JSON of"), "{said}");
}

const HOSTILE: &[&str] =
    &["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "@SUM(1+1)", "\"><img src=x onerror=alert(1)>", "+1+1", "a|b"];

fn hostile() -> Report {
    let mut table = Table::new(&[Column::words("name", "name"), Column::named(HOSTILE[0])]);
    HOSTILE.iter().for_each(|name| table.line(vec![Cell::text(*name), Cell::Money(Usd::ZERO)]));
    table.sum(HOSTILE[1]);
    let parts = HOSTILE.iter().map(|name| Part { name: (*name).to_owned(), share: "0.5".into() }).collect();
    let section = Section {
        id: "x".into(),
        title: HOSTILE[0].into(),
        answer: HOSTILE[3].into(),
        chart: Some(Chart { title: HOSTILE[0].into(), alt: HOSTILE[3].into(), kind: ChartKind::Parts { parts } }),
        tables: vec![Titled { id: "t".into(), title: HOSTILE[0].into(), table }],
        notes: HOSTILE.iter().map(|s| (*s).to_owned()).collect(),
    };
    let chapter = Chapter {
        environment: HOSTILE[3].into(),
        title: HOSTILE[0].into(),
        basis: HOSTILE[1].into(),
        state: State::Watch,
        answer: HOSTILE.iter().map(|s| (*s).to_owned()).collect(),
        figures: Vec::new(),
        sections: vec![section],
    };
    Report {
        schema: "ce-cost/report/1".into(),
        environment: "x".into(),
        currency: "USD".into(),
        as_of: "2026-11-02".into(),
        month: "2026-10".into(),
        title: HOSTILE[0].into(),
        chapters: vec![chapter],
    }
}

#[test]
fn names_are_text_and_never_markup() {
    for page in [Page::Html, Page::Markdown] {
        let text = page::write(&hostile(), page, None).expect("a page");
        assert!(text.contains("alert(1)"), "the names are there");
        assert!(!text.contains("<script>alert") && !text.contains("<img"), "{text}");
    }
}

#[test]
fn names_are_no_formulas_in_a_workbook() {
    let sheets = sheets(&workbook::write(&hostile()).expect("a workbook"));
    let formulas: Vec<&String> = sheets.iter().flat_map(|s| s.values()).filter_map(|(f, _)| f.as_ref()).collect();
    assert_eq!(formulas, ["SUM(B4:B9)"]);
    assert_eq!(sheets[1]["A5"].1, HOSTILE[1]);
}

#[test]
fn a_template_of_ones_own_takes_the_place_and_errors_name_the_line() {
    let report = hostile();
    assert_eq!(page::write(&report, Page::Markdown, Some("{{ report.month }} {{ report.title }}")).expect("text").lines().count(), 1);
    let wrong = page::write(&report, Page::Html, Some("a\n{{ report.month")).expect_err("not closed");
    assert!(wrong.contains("report.html, line 2"), "{wrong}");
}

/// The example of the repository; CE_COST_WRITE=1 writes it.
#[test]
fn the_example_is_what_the_program_writes() {
    let folder = reports(&["prod"], "html,md");
    for ending in ["html", "md"] {
        let name = format!("prod-2026-10.{ending}");
        let made = fs::read_to_string(folder.path().join("out").join(&name)).expect("a report");
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/example").join(&name);
        if std::env::var_os("CE_COST_WRITE").is_some() {
            fs::write(&kept, &made).expect("written");
        }
        let kept = fs::read_to_string(&kept).unwrap_or_default();
        assert!(kept == made, "reports/example/{name} is stale; CE_COST_WRITE=1 cargo test --test report the_example writes it");
    }
}
