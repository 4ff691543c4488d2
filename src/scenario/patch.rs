//! Changes to a scenario: the one mechanism behind levers, what-ifs and calibration.
//!
//! A patch is a path with the file's own names and a new value: `core.tasks.average=8.2`, or a change of what is there:
//! `workload.requests.level=+20%`. `resources.` may be left out. A path leads to what is there; `+` makes something new: at the end of
//! a list (`commitments.+`), or under a name that is not taken (`resources.+batch`). Nothing (`null`) removes what is there.

use rust_decimal::Decimal;

use crate::diagnostic::{Diagnostic, Problems, nearest};
use crate::quantity::{relative, scaled_text};
use crate::scenario::node::{self, Key, Kind, Node};
use crate::source::{Place, Sources};

/// One change to one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// The environment to change.
    pub environment: String,
    /// The path to the value, with the file's own names.
    pub path: String,
    /// The new value; with a sign and a per cent, a change of the old one.
    pub value: NewValue,
}

/// The value that a patch sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewValue {
    /// As a command line writes it: YAML.
    Written(String),
    /// Out of a file, with its places.
    Read(Node),
}

impl From<&str> for NewValue {
    fn from(text: &str) -> NewValue {
        NewValue::Written(text.to_owned())
    }
}

impl From<String> for NewValue {
    fn from(text: String) -> NewValue {
        NewValue::Written(text)
    }
}

impl From<&String> for NewValue {
    fn from(text: &String) -> NewValue {
        NewValue::Written(text.clone())
    }
}

impl NewValue {
    /// The text of a single value.
    pub fn text(&self) -> Option<&str> {
        match self {
            NewValue::Written(text) => Some(text),
            NewValue::Read(node) => node.text(),
        }
    }

    /// As a tree; what is written becomes a file of its own.
    fn node(&self, environment: &str, sources: &mut Sources) -> Result<Node, Box<Diagnostic>> {
        let text = match self {
            NewValue::Read(node) => return Ok(node.clone()),
            NewValue::Written(text) => text,
        };
        let file = sources.add(&format!("change to {environment}"), text);
        let mut problems = Problems::default();
        node::parse(sources, file, &mut problems).ok_or_else(|| {
            let first = problems.sorted().first().map(|d| (*d).clone());
            Box::new(first.unwrap_or_else(|| Diagnostic::general(format!("`{text}` is no value"))))
        })
    }
}

/// Reads changes as a command line writes them: `core.tasks.max=20,workload.requests.level=+20%`. Commas inside brackets or
/// quotes belong to a value.
///
/// # Errors
/// What is no change.
pub fn changes(environment: &str, text: &str) -> Result<Vec<Patch>, String> {
    let (mut parts, mut depth, mut quoted) = (vec![String::new()], 0i32, false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => depth -= 1,
            _ => {}
        }
        match parts.last_mut() {
            Some(part) if c != ',' || quoted || depth > 0 => part.push(c),
            _ => parts.push(String::new()),
        }
    }
    // `level=1,500/s`: what follows the comma is no change of its own but the rest of a number.
    let mut joined: Vec<String> = Vec::new();
    for part in parts {
        match joined.last_mut() {
            Some(last) if !part.contains('=') && part.starts_with(|c: char| c.is_ascii_digit()) => last.push_str(&part),
            _ => joined.push(part),
        }
    }
    joined
        .iter()
        .map(|change| match change.split_once('=').map(|(path, value)| (path.trim(), value.trim())) {
            Some((path, value)) if !path.is_empty() && !value.is_empty() => {
                Ok(Patch { environment: environment.into(), path: path.into(), value: value.into() })
            }
            _ => Err(format!("`{}` is no change: write a path, `=` and a value, such as `core.tasks.max=20`", change.trim())),
        })
        .collect()
}

/// Keys at the top of a scenario that a path may begin with.
const TOP: &[&str] = &["region", "account", "tags", "plan", "workload", "schedules", "commitments", "resources"];

impl Patch {
    /// A value out of a file, for one environment.
    pub fn read(environment: &str, path: &str, value: Node) -> Patch {
        Patch { environment: environment.to_owned(), path: path.to_owned(), value: NewValue::Read(value) }
    }

    /// Lays the change over a file's own tree. `resolved` is the same tree after inheritance: where the path must exist.
    pub fn apply(&self, own: &Node, resolved: Option<&Node>, sources: &mut Sources) -> Result<Node, Box<Diagnostic>> {
        let steps = steps(&self.path);
        if let Some(resolved) = resolved {
            let there = find(resolved, &steps)?;
            if let Some((factor, text)) = self.value.text().and_then(|text| Some((relative(text)?, text))) {
                let changed = scaled(there, factor).ok_or_else(|| {
                    let message = format!("`{}` holds no number that {text} could change", self.path);
                    Box::new(Diagnostic::general(message).help("write the new value instead"))
                })?;
                return Ok(set(own, Some(resolved), &steps, changed));
            }
        }
        let value = self.value.node(&self.environment, sources)?;
        // What lies over another file says that something is not there; a file that inherits nothing leaves it out.
        let inherits = own.get("inherits").is_some_and(|n| n.kind != Kind::Null);
        let leaves_out = value.kind == Kind::Null && !inherits && find(own, &steps).is_ok();
        Ok(if leaves_out { without(own, &steps) } else { set(own, resolved, &steps, value) })
    }
}

/// `tree` without what stands at the path.
fn without(tree: &Node, steps: &[&str]) -> Node {
    let Some((step, rest)) = steps.split_first() else { return tree.clone() };
    let kind = match &tree.kind {
        Kind::Map(entries) => {
            let kept = entries.iter().filter(|(key, _)| !rest.is_empty() || key.text != *step);
            Kind::Map(kept.map(|(key, node)| (key.clone(), if key.text == *step { without(node, rest) } else { node.clone() })).collect())
        }
        Kind::List(items) => {
            let kept = items.iter().enumerate().filter(|(i, _)| !rest.is_empty() || step.parse() != Ok(*i));
            Kind::List(kept.map(|(i, node)| if step.parse() == Ok(i) { without(node, rest) } else { node.clone() }).collect())
        }
        other => other.clone(),
    };
    Node { kind, at: tree.at }
}

/// A value so many times as large: the number of a scalar; the likely value and the ends of a range.
fn scaled(node: &Node, factor: Decimal) -> Option<Node> {
    let kind = match &node.kind {
        Kind::Scalar(text) => Kind::Scalar(scaled_text(text, factor)?),
        Kind::Map(entries) if node.get("value").or(node.get("likely")).is_some() => {
            let moves = |key: &Key| ["value", "likely", "low", "high"].contains(&key.text.as_str());
            let entry = |(key, value): &(Key, Node)| Some((key.clone(), if moves(key) { scaled(value, factor)? } else { value.clone() }));
            Kind::Map(entries.iter().map(entry).collect::<Option<Vec<_>>>()?)
        }
        _ => return None,
    };
    Some(Node { kind, at: node.at })
}

/// The parts of a path, with `resources` in front where it was left out.
pub fn steps(path: &str) -> Vec<&str> {
    let steps: Vec<&str> = path.split('.').collect();
    if steps.first().is_some_and(|s| TOP.contains(s)) { steps } else { ["resources"].into_iter().chain(steps).collect() }
}

/// Changes as the lines of a file that say the same, by path.
pub fn lines<'a>(patches: impl Iterator<Item = &'a Patch>) -> String {
    let mut paths: Vec<(Vec<&str>, &str)> = patches.map(|p| (steps(&p.path), p.value.text().unwrap_or_default())).collect();
    paths.sort();
    let mut out = String::new();
    let mut open: Vec<&str> = Vec::new();
    for (steps, value) in paths {
        let Some((last, above)) = steps.split_last() else { continue };
        let common = open.iter().zip(above).take_while(|(a, b)| a == b).count();
        open.truncate(common);
        for step in &above[common..] {
            out.push_str(&format!("{}{step}:\n", "  ".repeat(open.len())));
            open.push(step);
        }
        out.push_str(&format!("{}{last}: {value}\n", "  ".repeat(open.len())));
    }
    out
}

/// The value at a path, or an error that names the nearest one.
pub fn find<'a>(tree: &'a Node, steps: &[&str]) -> Result<&'a Node, Box<Diagnostic>> {
    let mut node = tree;
    for (i, step) in steps.iter().enumerate() {
        if let Some(name) = step.strip_prefix(NEW) {
            return fresh(node, name, &steps[..=i]).map(|()| node);
        }
        let next = match &node.kind {
            Kind::List(items) => step.parse::<usize>().ok().and_then(|n| items.get(n)),
            _ => node.get(step),
        };
        // The last step may be a key that the file leaves to its default.
        node = match next {
            Some(next) => next,
            None if i + 1 == steps.len() && i > 1 && matches!(node.kind, Kind::Map(_)) => return Ok(node),
            // Something new may be the first of its kind.
            None if steps.get(i + 1).is_some_and(|s| s.starts_with(NEW)) && i + 2 == steps.len() => return Ok(node),
            None => {
                let keys: Vec<&str> = node.entries().iter().map(|(k, _)| k.text.as_str()).collect();
                let near = nearest(step, keys.iter().copied()).map(|n| format!(": did you mean `{n}`?")).unwrap_or_default();
                let message = format!("there is no `{}` in the scenario{near}", steps[..=i].join("."));
                return Err(Box::new(Diagnostic::general(message).help(format!("known there: {}", keys.join(", ")))));
            }
        };
    }
    Ok(node)
}

/// What begins a step to something new.
pub const NEW: char = '+';

/// Whether a list can take another item, or a map the name.
fn fresh(node: &Node, name: &str, steps: &[&str]) -> Result<(), Box<Diagnostic>> {
    let fits = if name.is_empty() { matches!(node.kind, Kind::List(_)) } else { node.get(name).is_none() };
    if fits {
        return Ok(());
    }
    let above = steps[..steps.len() - 1].join(".");
    let (message, help) = match name {
        "" => (format!("`{above}` is no list to add to"), "write `+` and a name to add under a name".to_owned()),
        _ => (format!("`{above}` has a `{name}` already"), format!("write `{name}` without `+` to change it")),
    };
    Err(Box::new(Diagnostic::general(message).help(help)))
}

/// `tree` with `value` at the path. A list is taken from the resolved tree, since lists are inherited whole.
fn set(tree: &Node, resolved: Option<&Node>, steps: &[&str], value: Node) -> Node {
    let Some((step, rest)) = steps.split_first() else { return value };
    if *step == "+" {
        let mut items = match resolved.map(|n| &n.kind) {
            Some(Kind::List(items)) => items.clone(),
            _ => Vec::new(),
        };
        items.push(value);
        return Node { kind: Kind::List(items), at: tree.at };
    }
    let step = &step.trim_start_matches(NEW);
    if let Some(Kind::List(items)) = resolved.map(|n| &n.kind)
        && let Ok(index) = step.parse::<usize>()
    {
        let items = items.iter().enumerate().map(|(i, n)| if i == index { set(n, Some(n), rest, value.clone()) } else { n.clone() });
        return Node { kind: Kind::List(items.collect()), at: tree.at };
    }
    let mut entries = match &tree.kind {
        Kind::Map(entries) => entries.clone(),
        _ => Vec::new(),
    };
    let below = resolved.and_then(|n| n.get(step));
    match entries.iter_mut().find(|(k, _)| k.text == *step) {
        Some((_, child)) => *child = set(child, below, rest, value),
        None => {
            let at: Place = value.at;
            let empty = Node { kind: Kind::Map(Vec::new()), at };
            entries.push((Key { text: (*step).to_owned(), at }, set(&empty, below, rest, value)));
        }
    }
    Node { kind: Kind::Map(entries), at: tree.at }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> (Node, Sources) {
        let mut sources = Sources::default();
        let file = sources.add("prod.yaml", text);
        let node = node::parse(&sources, file, &mut Problems::default()).expect("YAML");
        (node, sources)
    }

    fn patched(text: &str, path: &str, value: &str) -> Result<Node, String> {
        let (node, mut sources) = tree(text);
        let patch = Patch { environment: "prod".into(), path: path.into(), value: value.into() };
        patch.apply(&node, Some(&node), &mut sources).map_err(|d| d.message)
    }

    #[test]
    fn a_plus_makes_something_new() {
        let ids = |node: Node| match node.get("commitments").map(|n| n.kind.clone()) {
            Some(Kind::List(items)) => items.iter().map(|i| i.get("id").and_then(Node::text).unwrap_or_default().to_owned()).collect(),
            _ => Vec::new(),
        };
        assert_eq!(ids(patched("commitments: [{id: a}]", "commitments.+", "{id: b}").expect("a list")), ["a", "b"]);
        assert_eq!(ids(patched("region: us-east-1", "commitments.+", "{id: b}").expect("the first")), ["b"]);
        let added = patched("resources: {core: {type: x}}", "resources.+batch", "{type: y}").expect("a name");
        assert_eq!(added.get("resources").and_then(|r| r.get("batch")?.get("type")?.text()), Some("y"));
        assert!(
            patched("resources: {core: {type: x}}", "resources.+core", "{type: y}").expect_err("taken").contains("has a `core` already")
        );
        assert!(patched("resources: {core: {type: x}}", "core.+", "1").expect_err("no list").contains("no list to add to"));
    }

    #[test]
    fn changes_are_split_at_commas_outside_of_values() {
        let read = |text_: &str| -> Vec<(String, String)> {
            let text = |p: &Patch| p.value.text().expect("text").to_owned();
            changes("prod", text_).expect("changes").into_iter().map(|p| (p.path.clone(), text(&p))).collect()
        };
        let pair = |path: &str, value: &str| (path.to_owned(), value.to_owned());
        assert_eq!(
            read("core.tasks.max=20, workload.requests.level=+20%"),
            [pair("core.tasks.max", "20"), pair("workload.requests.level", "+20%")]
        );
        assert_eq!(read("core.tasks={min: 1, max: 2},a.b=\"1,5\""), [pair("core.tasks", "{min: 1, max: 2}"), pair("a.b", "\"1,5\"")]);
        assert_eq!(read("workload.requests.level=1,500/s"), [pair("workload.requests.level", "1500/s")]);
        assert!(changes("prod", "core.tasks.max").expect_err("no value").contains("is no change"));
    }

    /// A tree, changed once: what is left of it at a path, as text.
    fn changed(yaml: &str, path: &str, value: &str) -> Result<Node, String> {
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let file = sources.add("test.yaml", yaml);
        let tree = node::parse(&sources, file, &mut problems).expect("a tree");
        let patch = Patch { environment: "test".into(), path: path.into(), value: value.into() };
        patch.apply(&tree, Some(&tree), &mut sources).map_err(|d| d.message)
    }

    #[test]
    fn nothing_removes_what_a_file_says_and_takes_away_what_it_inherits() {
        let file = "resources:\n  web: {tasks: {min: 1, max: 2}}\n  nat: {gateways: 1}\n";
        let names = |tree: &Node| -> Vec<String> {
            tree.get("resources").map(Node::entries).unwrap_or_default().iter().map(|(k, _)| k.text.clone()).collect()
        };
        let tree = changed(file, "nat", "null").expect("a change");
        assert_eq!(names(&tree), ["web"]);
        let tree = changed(file, "web.tasks.max", "null").expect("a change");
        assert!(find(&tree, &["resources", "web", "tasks", "min"]).is_ok_and(|n| n.text() == Some("1")));
        assert!(tree.get("resources").and_then(|n| n.get("web")?.get("tasks")?.get("max")).is_none());
        // One that inherits says so, for there is something below it.
        let tree = changed(&format!("inherits: base\n{file}"), "nat", "null").expect("a change");
        assert!(tree.get("resources").and_then(|n| n.get("nat")).is_some_and(|n| n.kind == Kind::Null));
    }

    #[test]
    fn changes_are_written_as_lines_of_a_file() {
        let patch = |path: &str, value: &str| Patch { environment: "prod".into(), path: path.into(), value: value.into() };
        let all = [patch("core.tasks.max", "9"), patch("workload.growth", "2%/month"), patch("core.task.cpu", "2 vCPU")];
        let text = "resources:\n  core:\n    task:\n      cpu: 2 vCPU\n    tasks:\n      max: 9\nworkload:\n  growth: 2%/month\n";
        assert_eq!(lines(all.iter()), text);
    }
}
