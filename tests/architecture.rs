//! The arrows between modules point one way: a module knows those before it, never those behind it (docs/architecture.md).

use std::fs;
use std::path::{Path, PathBuf};

/// Modules in the order of the data. What stands in one line may know each other.
const ORDER: &[&[&str]] = &[
    &["source", "money", "month", "quantity", "statistic"],
    &["diagnostic"],
    &["scenario::node", "scenario::driver", "scenario::read"],
    &["workload"],
    &["scaling"],
    &["simulation"],
    &["pricing", "usage"],
    &["services"],
    &["scenario"],
    &["bill"],
    &["rating"],
    &["failover", "coverage"],
    &["predict"],
    &["forecast", "plan", "calibrate"],
    &["savings"],
    &["variance"],
    &["check"],
    &["actuals"],
    &["report"],
    &["cli"],
];

fn rust_files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, all);
        } else if path.extension().is_some_and(|e| e == "rs") {
            all.push(path);
        }
    }
}

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    files.sort();
    assert!(files.len() > 50, "the sources were not found");
    files
        .into_iter()
        .map(|p| {
            let name = p.strip_prefix(&root).expect("below src").with_extension("").to_string_lossy().replace('/', "::");
            (name.trim_end_matches("::mod").to_owned(), fs::read_to_string(&p).expect("text"))
        })
        .collect()
}

/// The rank of a module path: that of the longest name in [`ORDER`] that begins it.
fn rank(module: &str) -> Option<usize> {
    let fits = |name: &str| module == name || module.starts_with(&format!("{name}::"));
    let mut best: Option<(usize, usize)> = None;
    for (rank, names) in ORDER.iter().enumerate() {
        for name in names.iter().filter(|n| fits(n)) {
            if best.is_none_or(|(len, _)| name.len() > len) {
                best = Some((name.len(), rank));
            }
        }
    }
    best.map(|(_, rank)| rank)
}

/// Code without its tests and comments.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or(text);
    text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Every `crate::a::b` of a text, also out of `use crate::{…}` and `use crate::a::{b, c}`.
fn known_modules(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for part in text.split("crate::").skip(1) {
        let path: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':').collect();
        let path = path.trim_end_matches(':').to_owned();
        match part[path.len()..].trim_start_matches("::").strip_prefix('{') {
            Some(list) => {
                for item in list.split('}').next().unwrap_or("").split(',') {
                    all.push(format!("{path}::{}", item.trim()));
                }
            }
            None => all.push(path),
        }
    }
    all
}

#[test]
fn arrows_point_one_way() {
    let mut wrong = Vec::new();
    for (module, text) in sources() {
        if module == "main" || module == "lib" {
            continue;
        }
        let own = rank(&module).unwrap_or_else(|| panic!("the module {module} has no place in the order"));
        for known in known_modules(&code(&text)) {
            if rank(&known).is_some_and(|other| other > own) {
                wrong.push(format!("{module} knows {known}, which stands behind it"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The modules that may touch files and the like.
const EDGE: &[&str] = &["main", "cli", "actuals", "pricing::offer"];
/// Those among them that may not.
const PURE: &[&str] =
    &["actuals::demo", "actuals::summary", "actuals::totals", "pricing::offer::gather", "pricing::offer::term", "pricing::offer::wanted"];

/// Files, network, clock and terminal are touched at the edge only.
#[test]
fn the_core_touches_neither_files_nor_clock_nor_terminal() {
    let edge = ["std::fs", "fs_err", "std::net", "Utc::now", "SystemTime", "Instant::now", "std::io", "println!", "std::env"];
    let mut wrong = Vec::new();
    let is_in = |module: &str, list: &[&str]| list.iter().any(|e| module == *e || module.starts_with(&format!("{e}::")));
    for (module, text) in sources().into_iter().filter(|(m, _)| !is_in(m, EDGE) || is_in(m, PURE)) {
        let text = code(&text);
        wrong.extend(edge.iter().filter(|e| text.contains(**e)).map(|e| format!("{module} uses {e}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Modules that may hold floats: the length of a bar on a screen, and what is drawn or counted statistically. `scenario::read`
/// names the types that it does not read; Parquet files hold doubles, which become decimals value by value.
const FLOATS: &[&str] = &[
    "actuals::demo::draw",
    "actuals::exact",
    "actuals::parquet_file",
    "check::anomaly::residual",
    "report::chart",
    "report::plot",
    "report::workbook",
    "report::terminal",
    "scenario::read",
    "statistic",
    "workload",
    "scaling",
    "simulation",
    "forecast::demand",
    "forecast::difference",
    "forecast::draw",
    "forecast::inputs",
    "forecast::paths",
    "forecast::sensitivity",
    "forecast::surface",
    "savings::hourly",
    "savings::rightsize::load",
    "savings::rightsize::trial",
    "savings::sampled",
    "savings::commit::ahead",
    "savings::commit::curve",
    "savings::commit::outcome",
    "savings::commit::parts",
];

#[test]
fn no_float_comes_near_money() {
    let allowed = |module: &str| FLOATS.iter().any(|f| module == *f || module.starts_with(&format!("{f}::")));
    let floats = |text: &str| text.contains("f64") || text.contains("f32");
    let with: Vec<String> = sources().into_iter().filter(|(m, t)| floats(&code(t)) && !allowed(m)).map(|(m, _)| m).collect();
    assert!(with.is_empty(), "floats in {with:?}");
}

#[test]
fn nothing_is_left_undone() {
    let words = ["todo!(", "unimplemented!(", "FIXME", ".unwrap()", "unreachable!("];
    let mut wrong = Vec::new();
    for (module, text) in sources() {
        let text = code(&text);
        wrong.extend(words.iter().filter(|w| text.contains(**w)).map(|w| format!("{module}: {w}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A service knows no price and no file.
#[test]
fn services_hold_quantities_only() {
    for (module, text) in sources().into_iter().filter(|(m, _)| m.starts_with("services::")) {
        let text = code(&text);
        for word in ["UnitPrice", "PriceRow", "round_dp", "PriceBook"] {
            assert!(!text.contains(word), "{module} uses {word}");
        }
    }
}
