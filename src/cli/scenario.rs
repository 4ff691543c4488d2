//! `ce-cost scenario`.

use std::fmt::Write;

use serde_json::Value;

use super::args::{Cli, ScenarioArgs, ScenarioCommand};
use super::forecast::json;
use super::input::Inputs;
use super::{Failure, Output, World};
use crate::report::terminal::{Screen, Tone};
use crate::scenario::driver::DRIVER;
use crate::scenario::node::{Kind, Node};
use crate::scenario::{Resource, Scenario, Scenarios, schema};
use crate::services::COMMON_KEYS;

/// Runs the command.
pub fn run(cli: &Cli, args: &ScenarioArgs, world: &World) -> Result<Output, Failure> {
    let out = match &args.command {
        ScenarioCommand::Schema { levers: true, .. } => json(&schemars::schema_for!(crate::savings::lever::Lever))?,
        ScenarioCommand::Schema { accounts, .. } => json(&if *accounts { schema::accounts() } else { schema::scenario() })?,
        ScenarioCommand::New { environment } => starter(environment)?,
        ScenarioCommand::Show { environment: None, .. } => names(&Inputs::read(cli, world)?.scenarios),
        ScenarioCommand::Show { environment: Some(name), resolved } => {
            let inputs = Inputs::read(cli, world)?;
            let scenario = inputs.environment(name)?;
            if *resolved { resolved_page(scenario, &inputs.scenarios, &world.screen) } else { as_written(name, &inputs)? }
        }
        ScenarioCommand::Diff { left, right } => {
            let inputs = Inputs::read(cli, world)?;
            diff(inputs.environment(left)?, inputs.environment(right)?, &world.screen)
        }
    };
    Ok(Output { out, notes: String::new() })
}

fn names(scenarios: &Scenarios) -> String {
    let mut out = String::new();
    for scenario in &scenarios.all {
        let (payer, ..) = scenarios.payer(scenario);
        let plan = scenario.plan.as_ref().map(|p| format!(", plan {} USD", p.total)).unwrap_or_default();
        let _ = writeln!(
            out,
            "{}: {} · {}{plan} · {} resources · paid by {payer}",
            scenario.name,
            scenario.title,
            scenario.region,
            scenario.resources.len()
        );
    }
    out
}

fn as_written(name: &str, inputs: &Inputs) -> Result<String, Failure> {
    let ends = [format!("{name}.yaml"), format!("{name}.yml")];
    let file = inputs.files.iter().find(|f| f.name.rsplit('/').next().is_some_and(|n| ends.iter().any(|e| e == n)));
    file.map(|f| f.text.clone()).ok_or_else(|| Failure::missing(format!("error: there is no file {name}.yaml")))
}

// ── resolved ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/// The scenario after inheritance, defaults included, every value with its place.
fn resolved_page(scenario: &Scenario, scenarios: &Scenarios, screen: &Screen) -> String {
    let mut page = Page { out: String::new(), scenarios, screen };
    for (key, node) in scenario.tree.entries() {
        if key.text != "resources" {
            page.node(&key.text, node, 0);
        }
    }
    page.line(0, "resources:", "");
    for resource in &scenario.resources {
        page.resource(resource, scenario);
    }
    page.out
}

struct Page<'a> {
    out: String,
    scenarios: &'a Scenarios,
    screen: &'a Screen,
}

impl Page<'_> {
    fn line(&mut self, depth: usize, text: &str, origin: &str) {
        let text = format!("{}{text}", "  ".repeat(depth));
        if origin.is_empty() {
            let _ = writeln!(self.out, "{text}");
        } else {
            let pad = 56usize.saturating_sub(text.chars().count());
            let _ = writeln!(self.out, "{text}{} {}", " ".repeat(pad), self.screen.paint(Tone::Dim, &format!("# {origin}")));
        }
    }

    fn place(&self, node: &Node) -> String {
        self.scenarios.sources.show(node.at).to_string()
    }

    fn node(&mut self, key: &str, node: &Node, depth: usize) {
        let head = if key == "-" { "- ".to_owned() } else { format!("{key}: ") };
        match &node.kind {
            Kind::Scalar(text) => {
                let place = self.place(node);
                self.line(depth, &format!("{head}{}", quoted(text)), &place);
            }
            Kind::Null => self.line(depth, head.trim_end(), ""),
            Kind::Map(entries) => {
                self.line(depth, head.trim_end(), "");
                for (k, v) in entries {
                    self.node(&k.text, v, depth + 1);
                }
            }
            Kind::List(items) => {
                self.line(depth, head.trim_end(), "");
                for item in items {
                    self.node("-", item, depth + 1);
                }
            }
        }
    }

    fn resource(&mut self, resource: &Resource, scenario: &Scenario) {
        self.line(1, &format!("{}:", resource.name), &self.scenarios.sources.show(resource.at).to_string());
        let node = scenario.tree.get("resources").and_then(|n| n.get(&resource.name));
        for (key, value) in node.map(Node::entries).unwrap_or_default() {
            if COMMON_KEYS.contains(&key.text.as_str()) {
                self.node(&key.text, value, 2);
            }
        }
        if let Value::Object(fields) = resource.service.resolved() {
            for (key, value) in fields {
                self.value(&key, &value, 2);
            }
        }
    }

    /// A value of a resource as its type holds it: what no file states shows as a default.
    fn value(&mut self, key: &str, value: &Value, depth: usize) {
        let head = if key == "-" { "- ".to_owned() } else { format!("{key}: ") };
        match value {
            Value::Null => {}
            Value::Object(map) if map.contains_key(DRIVER) => self.driver(&head, map, depth),
            Value::Object(map) => {
                self.line(depth, head.trim_end(), "");
                for (k, v) in map {
                    self.value(k, v, depth + 1);
                }
            }
            Value::Array(items) if items.is_empty() => {}
            Value::Array(items) => {
                self.line(depth, head.trim_end(), "");
                for item in items {
                    self.value("-", item, depth + 1);
                }
            }
            Value::String(text) => self.line(depth, &format!("{head}{}", quoted(text)), ""),
            other => self.line(depth, &format!("{head}{other}"), ""),
        }
    }

    fn driver(&mut self, head: &str, map: &serde_json::Map<String, Value>, depth: usize) {
        let text = |key: &str| map.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let at = map.get("at").and_then(Value::as_array).and_then(|a| Some((a.first()?.as_u64()?, a.get(1)?.as_u64()?)));
        let place = match at {
            Some((file, line)) => {
                let name = self.scenarios.sources.iter().nth(usize::try_from(file).unwrap_or(usize::MAX)).map_or("?", |s| &s.name);
                format!("{name}:{line}, {}", text("from"))
            }
            None => "default".to_owned(),
        };
        let why = text("why");
        let origin = if why.is_empty() { place } else { format!("{place}: {why}") };
        self.line(depth, &format!("{head}{}", text(DRIVER)), &origin);
    }
}

/// A scalar that would read as something else is put into quotes.
fn quoted(text: &str) -> String {
    let plain =
        !text.is_empty() && !text.contains([':', '#', '"', '\n']) && !text.starts_with(['-', '[', '{', '&', '*', '!', '%', '@', '`', ' ']);
    if plain { text.to_owned() } else { format!("{text:?}") }
}

// ── diff ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

fn diff(left: &Scenario, right: &Scenario, screen: &Screen) -> String {
    let of = |scenario: &Scenario| {
        let mut all = scenario.tree.leaves();
        all.retain(|k, _| !k.ends_with(".why") && k != "inherits" && k != "environment");
        all
    };
    let (a, b) = (of(left), of(right));
    let mut out = format!("{} → {}\n\n", left.name, right.name);
    let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let mut changes = 0;
    for key in keys {
        let path = key.strip_prefix("resources.").unwrap_or(key);
        let text = match (a.get(key), b.get(key)) {
            (Some(x), Some(y)) if x != y => format!("  {path}: {x} → {y}"),
            (Some(x), None) => screen.paint(Tone::Over, &format!("- {path}: {x}")),
            (None, Some(y)) => screen.paint(Tone::Fine, &format!("+ {path}: {y}")),
            _ => continue,
        };
        changes += 1;
        let _ = writeln!(out, "{text}");
    }
    let _ = writeln!(out, "\n  {changes} values differ · ce-cost forecast {} {}   shows what that costs", left.name, right.name);
    out
}

// ── new ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// A scenario that runs as it stands.
fn starter(name: &str) -> Result<String, Failure> {
    let fine = !name.is_empty() && name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if !fine {
        return Err(Failure::usage(format!("error: `{name}` is no name for an environment\nhelp: use letters, digits, - and _")));
    }
    Ok(include_str!("starter.yaml").replace("ENVIRONMENT", name))
}
