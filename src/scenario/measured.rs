//! Demand that is taken from measured requests: `workload: {requests: {measured: requests.csv}}`.
//!
//! The fit of the series becomes a tree that lies over what the file inherits and under what it states itself, as if it were
//! inherited. Its places are the lines that `ce-cost workload fit FILE` prints. Not here: the fit (`workload`), and files (`cli`).

use std::collections::HashMap;

use super::inherit;
use super::node::{self, Key, Kind, Node};
use super::{InputFile, Loader};
use crate::diagnostic::{Diagnostic, Problems};
use crate::source::{FileId, Place, Sources};
use crate::workload::fit::{Fitted, fit};
use crate::workload::measured::{Fault, Series};

/// What was measured, by the names of its files, and what was fitted to it.
#[derive(Debug, Default)]
pub(super) struct Measured {
    series: HashMap<String, FileId>,
    /// `None` for what cannot be fitted. Fitted once, however many scenarios and changes ask for it.
    fits: HashMap<FileId, Option<Fit>>,
    /// True where a scenario goes without its demand, since that cannot be fitted: nothing more is wrong then with what follows it.
    pub lacks: bool,
}

/// What was fitted to a series.
#[derive(Clone, Debug)]
struct Fit {
    /// A scenario that holds a workload and nothing else.
    tree: Node,
    notes: Vec<String>,
}

/// The files of measured requests that scenarios take their demand from, by the names under which [`super::load`] expects them.
pub fn wanted(files: &[InputFile]) -> Vec<String> {
    let mut names = Vec::new();
    for file in files.iter().filter(|f| !is_series(&f.name) && f.text.contains("measured")) {
        let mut sources = Sources::default();
        let id = sources.add(&file.name, &file.text);
        let tree = node::parse(&sources, id, &mut Problems::default());
        let name = tree.as_ref().and_then(asked).and_then(Node::text).map(|path| beside(&file.name, path));
        names.extend(name.filter(|n| is_series(n)));
    }
    names.sort();
    names.dedup();
    names
}

/// True for a file of measured requests: every one whose name is not that of a scenario.
pub(super) fn is_series(name: &str) -> bool {
    !name.ends_with(".yaml") && !name.ends_with(".yml")
}

/// Where a file asks for measured requests.
fn asked(tree: &Node) -> Option<&Node> {
    tree.get("workload")?.get("requests")?.get("measured").filter(|n| n.kind != Kind::Null)
}

/// The name of a file whose path is read from the folder of another one.
fn beside(file: &str, path: &str) -> String {
    match file.rsplit_once('/') {
        Some((folder, _)) if !path.starts_with('/') => format!("{folder}/{path}"),
        _ => path.to_owned(),
    }
}

impl Loader<'_> {
    /// Keeps a file of measured requests until a scenario asks for it.
    pub(super) fn keep_series(&mut self, name: &str, id: FileId) {
        self.measured.series.insert(name.to_owned(), id);
    }

    /// A file's own tree laid over its base, with what was measured between them.
    pub(super) fn over_base(&mut self, base: Option<Node>, own: &Node) -> Node {
        let over = |base: Option<Node>, own: &Node| base.map_or_else(|| own.clone(), |b| inherit::overlay_scenario(&b, own));
        let Some((asked, path)) = asked(own).and_then(|n| Some((n, n.text()?))) else { return over(base, own) };
        let Some(fit) = self.fitted(asked, path) else {
            self.measured.lacks = true;
            return over(base, &without_workload(own));
        };
        self.check_since(own);
        let mut own = own.clone();
        let left = give_way(&fit, &mut own, path);
        over(Some(base.map_or_else(|| left.clone(), |b| replaced(&b, &left))), &own)
    }

    /// What is fitted to the file that a scenario asks for; all that is wrong with it is noted.
    fn fitted(&mut self, asked: &Node, path: &str) -> Option<Node> {
        let name = self.sources.get(asked.at.file).map_or_else(|| path.to_owned(), |s| beside(&s.name, path));
        let Some(&id) = self.measured.series.get(&name) else {
            let help = "its path is read from the folder of the scenario; what is built in, and a change, has none: write the scenario \
                        into a folder of your own, with the series, and name it with `--scenarios`";
            self.problems.push(
                Diagnostic::error(asked.at, format!("there is no file `{name}` of measured requests")).label("no such file").help(help),
            );
            return None;
        };
        if !self.measured.fits.contains_key(&id) {
            let fit = self.fit(id, &name, path, asked);
            self.measured.fits.insert(id, fit);
        }
        let fit = self.measured.fits.get(&id)?.clone()?;
        for note in fit.notes {
            self.problems.push(Diagnostic::error(asked.at, format!("{name}: {note}")).label("measured so far").warning());
        }
        Some(fit.tree)
    }

    fn fit(&mut self, id: FileId, name: &str, path: &str, asked: &Node) -> Option<Fit> {
        let text = self.sources.get(id)?.text.clone();
        let series = match Series::read(&text) {
            Ok(series) => series,
            Err(faults) => {
                faults.iter().for_each(|fault| self.problems.push(wrong(fault, id, &text)));
                return None;
            }
        };
        let fitted = match fit(&series) {
            Ok(fitted) => fitted,
            Err(why) => {
                self.problems.push(Diagnostic::error(asked.at, format!("{name}: {why}")).label("no workload fits this"));
                return None;
            }
        };
        let block = self.sources.add(&format!("fit of {name}"), &fitted.to_yaml());
        let mut tree = node::parse(&self.sources, block, &mut self.problems)?;
        say_origin(&mut tree, path, &fitted);
        Some(Fit { tree, notes: fitted.notes })
    }

    /// A level that was measured holds in the month in which it was.
    fn check_since(&mut self, own: &Node) {
        let Some(workload) = own.get("workload") else { return };
        let level = workload.get("requests").and_then(|n| n.get("level"));
        if let Some(since) = workload.get("since").filter(|_| level.is_none()) {
            self.problems.push(
                Diagnostic::error(since.at, "`since` would move the measured level to another month")
                    .label("the series says when its level holds")
                    .help("leave `since` out, or state `level` too"),
            );
        }
    }
}

/// A fault of a series, at its line.
fn wrong(fault: &Fault, file: FileId, text: &str) -> Diagnostic {
    let line = fault.line.unwrap_or(1).max(1);
    let (mut start, mut length) = (0, 0);
    for (number, content) in (1..=line).zip(text.split_inclusive('\n')) {
        start += length;
        length = content.len();
        if number == line {
            length = content.trim_end().len();
        }
    }
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let at = Place { file, line: u32::try_from(line).unwrap_or(u32::MAX), column: 1, start: small(start), end: small(start + length) };
    let label = fault.column.as_ref().map_or_else(String::new, |column| format!("`{column}`"));
    Diagnostic::error(at, fault.message.clone()).label(label).help(
        "a table begins with `timestamp,requests`, or a column for each route such as `core_requests`; a row for each interval follows",
    )
}

/// A scenario without its workload.
fn without_workload(own: &Node) -> Node {
    let mut own = own.clone();
    if let Kind::Map(entries) = &mut own.kind {
        entries.retain(|(key, _)| key.text != "workload");
    }
    own
}

/// True for keys and values that state a driver.
fn is_driver(node: &Node) -> bool {
    node.get("value").or(node.get("likely")).is_some()
}

/// Says at every value from which file and time it is.
fn say_origin(node: &mut Node, file: &str, fitted: &Fitted) {
    let driver = is_driver(node);
    let at = node.at;
    match &mut node.kind {
        Kind::Map(entries) if driver => {
            let span = fitted.span();
            let said = entries.iter().position(|(key, _)| key.text == "why");
            // The level says the span by itself, and more.
            let why = match said.and_then(|i| entries.get(i)).and_then(|(_, n)| n.text()) {
                Some(why) if why.starts_with(&span) => format!("{file}, {why}"),
                Some(why) => format!("{file}, {span}: {why}"),
                None => format!("{file}, {span}"),
            };
            entries.retain(|(key, _)| key.text != "why");
            entries.push((Key { text: "why".into(), at }, Node { kind: Kind::Scalar(why), at }));
        }
        Kind::Map(entries) => entries.iter_mut().for_each(|(_, n)| say_origin(n, file, fitted)),
        Kind::List(items) => items.iter_mut().for_each(|n| say_origin(n, file, fitted)),
        _ => {}
    }
}

/// The fit without what the file states itself. What is stated says what was measured instead.
fn give_way(fit: &Node, own: &mut Node, file: &str) -> Node {
    let (Kind::Map(fitted), Kind::Map(stated)) = (&fit.kind, &mut own.kind) else { return fit.clone() };
    let mut left = Vec::new();
    for (key, value) in fitted {
        match stated.iter_mut().find(|(k, _)| k.text == key.text).map(|(_, n)| n) {
            None => left.push((key.clone(), value.clone())),
            // A part of it: one day of a week, one end of a range.
            Some(own) if matches!(own.kind, Kind::Map(_)) && !is_driver(own) => left.push((key.clone(), give_way(value, own, file))),
            Some(own) => remark(own, value, file),
        }
    }
    left.retain(|(_, n)| n.kind != Kind::Map(Vec::new()));
    Node { kind: Kind::Map(left), at: fit.at }
}

/// Adds to the why of a stated driver what was measured instead.
fn remark(own: &mut Node, fitted: &Node, file: &str) {
    let Some(measured) = fitted.get("value").or(fitted.get("likely")).and_then(Node::text) else { return };
    let said = format!("stated: {file} shows {measured}");
    let at = own.at;
    let why = |text: String| (Key { text: "why".into(), at }, Node { kind: Kind::Scalar(text), at });
    match &mut own.kind {
        Kind::Scalar(_) => {
            let value = (Key { text: "value".into(), at }, own.clone());
            own.kind = Kind::Map(vec![value, why(said)]);
        }
        Kind::Map(entries) => {
            // A calibrated value must give a why of its own.
            let calibrated = entries.iter().any(|(key, n)| key.text == "from" && n.text() == Some("calibrated"));
            match entries.iter_mut().find(|(key, _)| key.text == "why") {
                Some((_, Node { kind: Kind::Scalar(text), .. })) => *text = format!("{text}; {said}"),
                None if !calibrated => entries.push(why(said)),
                _ => {}
            }
        }
        _ => {}
    }
}

/// The fit in place of the demand that a file inherits: key by key, and no part of an old value outlives the new one.
fn replaced(base: &Node, fit: &Node) -> Node {
    let (Kind::Map(below), Kind::Map(above)) = (&base.kind, &fit.kind) else { return fit.clone() };
    let mut entries = below.clone();
    for (key, value) in above {
        match entries.iter_mut().find(|(k, _)| k.text == key.text) {
            Some((_, v)) if ["workload", "requests"].contains(&key.text.as_str()) => *v = replaced(v, value),
            Some(entry) => *entry = (key.clone(), value.clone()),
            None => entries.push((key.clone(), value.clone())),
        }
    }
    Node { kind: Kind::Map(entries), at: base.at }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;
    use crate::scenario::Scenarios;
    use crate::scenario::driver::Provenance;

    /// Four weeks by the hour, 3,600 requests in each hour but twice as many at noon.
    fn series() -> String {
        let hours = (0..672).map(|h| format!("2026-11-{:02} {:02}:00,{}\n", 2 + h / 24, h % 24, if h % 24 == 12 { 7_200 } else { 3_600 }));
        format!("timestamp,requests\n{}", hours.collect::<String>())
    }

    fn load(files: &[(&str, &str)]) -> Result<Scenarios, String> {
        let file = |(name, text): &(&str, &str)| InputFile { name: format!("scenarios/{name}"), text: (*text).to_owned() };
        let files: Vec<InputFile> = files.iter().map(file).collect();
        let book = crate::pricing::PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
        scenario::load(&files, &book, &[]).map_err(|e| e.0.render(&e.1, false))
    }

    const SHOP: &str = "environment: shop\nregion: us-east-1\nworkload:\n  requests: {measured: data/requests.csv}\n";

    #[test]
    fn what_was_measured_says_its_file_time_and_line() {
        let scenarios = load(&[("shop.yaml", SHOP), ("data/requests.csv", &series())]).expect("a scenario");
        let shop = scenarios.named("shop").expect("shop");
        let workload = shop.workload.as_ref().expect("a workload");
        let level = &workload.requests.level;
        // (23 + 2) ÷ 24 requests a second.
        assert_eq!((level.value.to_string().as_str(), level.from), ("1.04167/s", Provenance::Measured));
        let span = "data/requests.csv, 2026-11-02 00:00 to 2026-11-30 00:00";
        assert_eq!(level.why.as_deref(), Some(format!("{span}, 1 whole months").as_str()));
        let place = scenarios.sources.show(level.at.expect("a place")).to_string();
        assert_eq!(place, "fit of scenarios/data/requests.csv:4", "the line that `workload fit` prints");
        assert_eq!(shop.tree.path_of(level.at.expect("a place")).as_deref(), Some("workload.requests.level"));
        let Some(crate::workload::shape::Day::Hours(hours)) = &workload.day else { panic!("24 hours") };
        assert_eq!(hours[12].why.as_deref(), Some(span));
        let said = scenarios.warnings.render(&scenarios.sources, false);
        assert!(said.contains("scenarios/data/requests.csv: 1 whole months show no growth"), "{said}");
    }

    #[test]
    fn what_is_stated_wins_and_says_what_was_measured() {
        let text = format!(
            "{}  growth: 2%/month\n  week: {{sun: 0.5}}\n  noise: null\n",
            SHOP.replace("csv}", "csv, level: {low: 1/s, likely: 3/s, high: 4/s}}")
        );
        let scenarios = load(&[("shop.yaml", &text), ("data/requests.csv", &series())]).expect("a scenario");
        let workload = scenarios.named("shop").and_then(|s| s.workload.as_ref()).expect("a workload");
        let level = &workload.requests.level;
        assert_eq!((level.value.to_string().as_str(), level.from), ("3/s", Provenance::Assumed));
        assert_eq!(level.why.as_deref(), Some("stated: data/requests.csv shows 1.04167/s"));
        // No growth was measured, so there is nothing to say.
        assert_eq!(workload.growth.as_ref().map(|g| (g.value.to_string(), g.why.clone())), Some(("2%/month".to_owned(), None)));
        let week = workload.week.as_ref().expect("a week");
        let (mon, sun) = (week.mon.as_ref().expect("Monday"), week.sun.as_ref().expect("Sunday"));
        assert_eq!((mon.from, sun.from), (Provenance::Measured, Provenance::Assumed));
        assert_eq!(sun.why.as_deref(), Some("stated: data/requests.csv shows 1.0000"));
        assert!(workload.noise.is_none());
    }

    /// Routes of the base would not add up with those of the series.
    #[test]
    fn what_was_measured_takes_the_place_of_what_is_inherited() {
        let base = "environment: base\nregion: us-east-1\nworkload:\n  since: 2026-01\n  growth: 3%/month\n  requests:\n    level: {likely: 9/s, spread: 10%}\n    routes: {a: 60%, b: 40%}\n  events: [{name: Sale, days: [2026-12-05], times: 2}]\n";
        let own = "environment: shop\ninherits: base\nworkload: {requests: {measured: requests.csv}}\n";
        let table = series().replace("requests", "c_requests");
        let scenarios = load(&[("base.yaml", base), ("shop.yaml", own), ("requests.csv", &table)]).expect("scenarios");
        let workload = scenarios.named("shop").and_then(|s| s.workload.as_ref()).expect("a workload");
        assert_eq!(workload.requests.routes.as_ref().expect("routes").keys().collect::<Vec<_>>(), ["c"]);
        assert_eq!((workload.since.map(|m| m.to_string()).as_deref(), workload.events.len()), (Some("2026-11"), 1));
        assert!(workload.requests.level.uncertainty.is_none());
        assert_eq!(workload.growth.as_ref().map(|g| g.value.to_string()).as_deref(), Some("3%/month"), "none was measured");
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named_with_its_line() {
        let bad = "timestamp,requests\n2026-11-02 00:00,many\n2026-11-02 01:00,-1\n";
        let traced = "resources:\n  traces: {type: x-ray, requests: 1/request, sampling: 10%}\n";
        let errors = load(&[("shop.yaml", &format!("{SHOP}{traced}")), ("data/requests.csv", bad)]).expect_err("errors");
        assert!(errors.contains("scenarios/data/requests.csv:2:1") && errors.contains("scenarios/data/requests.csv:3:1"), "{errors}");
        assert_eq!(errors.matches("error:").count(), 2, "what follows demand is not blamed\n{errors}");
        let missing = load(&[("shop.yaml", SHOP)]).expect_err("an error");
        assert!(missing.contains("there is no file `scenarios/data/requests.csv`") && missing.contains("shop.yaml:4:24"), "{missing}");
        let zeros = load(&[("shop.yaml", SHOP), ("data/requests.csv", &series().replace("3600", "0").replace("7200", "0"))]);
        assert!(zeros.expect_err("an error").contains("no requests were measured"));
        let since = SHOP.replace("workload:", "workload:\n  since: 2026-12");
        let moved = load(&[("shop.yaml", &since), ("data/requests.csv", &series())]).expect_err("an error");
        assert!(moved.contains("would move the measured level"), "{moved}");
    }

    #[test]
    fn files_are_wanted_from_the_folder_of_the_scenario() {
        let file = |name: &str, path: &str| InputFile { name: name.into(), text: SHOP.replace("data/requests.csv", path) };
        let files = [file("a/x.yaml", "r.csv"), file("a/y.yaml", "/r.json"), file("z.yaml", "r.csv"), file("a/r.csv", "s.csv")];
        assert_eq!(wanted(&files), ["/r.json", "a/r.csv", "r.csv"]);
    }
}
