//! The changes of a strategy as patches, and the files on which they work.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::strategy::{Changes, Value};
use crate::quantity::scaled_text;
use crate::scenario::node::{Kind, Node};
use crate::scenario::part;
use crate::scenario::patch::{self, Patch};
use crate::scenario::{ACCOUNTS, InputFile, Scenario, Scenarios};

/// The patches of some changes. Parts of other values are taken from the scenarios as they are.
///
/// # Errors
/// An environment or a path that is not there, a value that is no number.
pub fn patches(changes: &Changes, scenarios: &Scenarios) -> Result<Vec<Patch>, String> {
    let mut all = Vec::new();
    for (environment, of) in changes {
        if scenarios.named(environment).is_none() {
            return Err(format!("there is no environment `{environment}` to change"));
        }
        for (path, value) in of {
            let value = resolved(value, scenarios).map_err(|why| format!("{environment} {path}: {why}"))?;
            all.push(Patch { environment: environment.clone(), path: path.clone(), value: value.into() });
        }
    }
    Ok(all)
}

/// A value as text; parts of other values as what they come to.
fn resolved(value: &Value, scenarios: &Scenarios) -> Result<String, String> {
    if let Some(part) = value.text("part") {
        return part_of(value, part, scenarios);
    }
    Ok(match value {
        Value::Map(entries) => {
            let entry = |(key, value): &(String, Value)| Ok(format!("\"{key}\": {}", resolved(value, scenarios)?));
            format!("{{{}}}", entries.iter().map(entry).collect::<Result<Vec<_>, String>>()?.join(", "))
        }
        Value::List(items) => {
            let items = items.iter().map(|item| resolved(item, scenarios)).collect::<Result<Vec<_>, String>>()?;
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    })
}

/// `{part: 50%, of: prod, at: alb.lcu.average}`.
fn part_of(value: &Value, part: &str, scenarios: &Scenarios) -> Result<String, String> {
    let needs = "a part of something is written as {part: 50%, of: prod, at: core.tasks.average}";
    let (Some(of), Some(at)) = (value.text("of"), value.text("at")) else { return Err(needs.into()) };
    let share = part::share(part)?;
    let scenario = scenarios.named(of).ok_or_else(|| format!("there is no environment `{of}`"))?;
    let node = patch::find(&scenario.tree, &patch::steps(at)).map_err(|d| format!("{of}: {}", d.message))?;
    let text = part::likely(node).ok_or_else(|| format!("`{at}` of {of} is no single value"))?;
    let scaled = if share == Decimal::ONE { Some(text.to_owned()) } else { scaled_text(text, share) };
    let scaled = scaled.ok_or_else(|| format!("`{text}` at `{at}` of {of} is no number"))?;
    let grows = if node.get("grows").and_then(Node::text) == Some("true") { ", grows: true" } else { "" };
    Ok(format!("{{value: \"{scaled}\"{grows}, from: assumed, why: \"{part} of {of}'s\"}}"))
}

/// The files without which no bill of these environments can be written: their own, those from which they inherit, who pays, and what
/// was measured. Others may build on what a strategy takes away.
pub fn needed(files: &[InputFile], scenarios: &Scenarios, members: &[&Scenario]) -> Vec<InputFile> {
    let mut names = BTreeSet::new();
    let mut open: Vec<&Scenario> = members.to_vec();
    while let Some(scenario) = open.pop() {
        if names.insert(scenario.name.to_string()) {
            open.extend(base(&scenario.tree).and_then(|name| scenarios.named(name)));
            open.extend(scenario.tree.get("plan").and_then(|p| p.get("of")).and_then(Node::text).and_then(|name| scenarios.named(name)));
        }
    }
    let wanted = |file: &&InputFile| file.file_name() == ACCOUNTS || file.stem().is_none_or(|stem| names.contains(stem));
    files.iter().filter(wanted).cloned().collect()
}

/// The environment from which a tree inherits.
fn base(tree: &Node) -> Option<&str> {
    tree.get("inherits").filter(|n| n.kind != Kind::Null).and_then(Node::text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::PriceBook;
    use crate::scenario;

    fn shop() -> Scenarios {
        let text = "environment: shop\nregion: us-east-1\nresources:\n  web:\n    type: fargate-service\n    task: {cpu: 1 vCPU, memory: 2 GB}\n    tasks: {min: 1, max: 9, average: {low: 2, likely: 3.5, high: 5}}\n";
        let book = PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
        let files = [InputFile { name: "shop.yaml".into(), text: text.into() }];
        scenario::load(&files, &book, &[]).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)))
    }

    fn reference(part: &str, of: &str, at: &str) -> Value {
        let text = |t: &str| Value::Text(t.to_owned());
        Value::Map(vec![("part".into(), text(part)), ("of".into(), text(of)), ("at".into(), text(at))])
    }

    #[test]
    fn a_part_of_another_value_follows_it() {
        let found = resolved(&reference("25%", "shop", "web.tasks.average"), &shop()).expect("a part");
        assert_eq!(found, "{value: \"0.875\", from: assumed, why: \"25% of shop's\"}");
        let deeper = Value::List(vec![Value::Map(vec![("data".into(), reference("100%", "shop", "web.task.memory"))])]);
        assert_eq!(resolved(&deeper, &shop()).expect("a list"), "[{\"data\": {value: \"2 GB\", from: assumed, why: \"100% of shop's\"}}]");
    }

    #[test]
    fn a_part_of_what_is_not_there_is_refused() {
        let why = |value: Value| resolved(&value, &shop()).expect_err("not there");
        assert_eq!(why(reference("25%", "shpo", "web.tasks.average")), "there is no environment `shpo`");
        assert!(why(reference("25%", "shop", "wbe.tasks.average")).contains("did you mean `web`?"));
        assert_eq!(why(reference("25%", "shop", "web.type")), "`fargate-service` at `web.type` of shop is no number");
        assert!(why(reference("many", "shop", "web.tasks.average")).starts_with("`many` is no part"));
        assert!(why(Value::Map(vec![("part".into(), Value::Text("25%".into()))])).contains("is written as"));
    }
}
