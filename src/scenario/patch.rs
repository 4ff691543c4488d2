//! Changes to a scenario: the one mechanism behind levers, what-ifs and calibration.
//!
//! A patch is a path with the file's own names and a new value: `core.tasks.average=8.2`, or a change of what is there:
//! `workload.requests.level=+20%`. `resources.` may be left out.

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
    /// The new value, as YAML; with a sign and a per cent, a change of the old one.
    pub value: String,
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
    /// Lays the change over a file's own tree. `resolved` is the same tree after inheritance: where the path must exist.
    pub fn apply(&self, own: &Node, resolved: Option<&Node>, sources: &mut Sources) -> Result<Node, Box<Diagnostic>> {
        let steps = steps(&self.path);
        if let Some(resolved) = resolved {
            let there = find(resolved, &steps)?;
            if let Some(factor) = relative(&self.value) {
                let changed = scaled(there, factor).ok_or_else(|| {
                    let message = format!("`{}` holds no number that {} could change", self.path, self.value);
                    Box::new(Diagnostic::general(message).help("write the new value instead"))
                })?;
                return Ok(set(own, Some(resolved), &steps, changed));
            }
        }
        let file = sources.add(&format!("change to {}", self.environment), &self.value);
        let mut problems = Problems::default();
        let value = node::parse(sources, file, &mut problems).ok_or_else(|| {
            let first = problems.sorted().first().map(|d| (*d).clone());
            Box::new(first.unwrap_or_else(|| Diagnostic::general(format!("`{}` is no value", self.value))))
        })?;
        Ok(set(own, resolved, &steps, value))
    }
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

/// The value at a path, or an error that names the nearest one.
pub fn find<'a>(tree: &'a Node, steps: &[&str]) -> Result<&'a Node, Box<Diagnostic>> {
    let mut node = tree;
    for (i, step) in steps.iter().enumerate() {
        let next = match &node.kind {
            Kind::List(items) => step.parse::<usize>().ok().and_then(|n| items.get(n)),
            _ => node.get(step),
        };
        // The last step may be a key that the file leaves to its default.
        node = match next {
            Some(next) => next,
            None if i + 1 == steps.len() && i > 1 && matches!(node.kind, Kind::Map(_)) => return Ok(node),
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

/// `tree` with `value` at the path. A list is taken from the resolved tree, since lists are inherited whole.
fn set(tree: &Node, resolved: Option<&Node>, steps: &[&str], value: Node) -> Node {
    let Some((step, rest)) = steps.split_first() else { return value };
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

    #[test]
    fn changes_are_split_at_commas_outside_of_values() {
        let read = |text: &str| -> Vec<(String, String)> {
            changes("prod", text).expect("changes").into_iter().map(|p| (p.path, p.value)).collect()
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
}
