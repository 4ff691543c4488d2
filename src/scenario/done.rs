//! Levers that were pulled: the scenario says what is there now, and here what stood there before.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Scenario;
use super::commitment;
use super::node::{Kind, Node};
use super::patch::{self, Patch};
use crate::diagnostic::Problems;

/// A lever that was pulled.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Done {
    /// Its name: that of its file in `levers`.
    pub lever: String,
    /// The first day on which it acts.
    #[serde(deserialize_with = "commitment::day")]
    #[schemars(with = "String")]
    pub since: NaiveDate,
    /// What stood in this file before: paths and values, as `--what-if` writes them.
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    #[allow(dead_code, reason = "read once more, with the places of the values")]
    was: BTreeMap<String, IgnoredAny>,
    /// The same with the places of the values.
    #[serde(skip)]
    before: Vec<(String, Node)>,
}

impl Done {
    /// The changes that take it back.
    pub fn taken_back(&self, scenario: &Scenario) -> Vec<Patch> {
        self.before.iter().map(|(path, value)| Patch::read(&scenario.name, path, value.clone())).collect()
    }
}

/// Gives each its values with their places. Every path must lead to what is there.
pub fn placed(mut done: Vec<Done>, tree: &Node, problems: &mut Problems) -> Vec<Done> {
    let nodes: &[Node] = match tree.get("done").map(|n| &n.kind) {
        Some(Kind::List(items)) => items,
        _ => &[],
    };
    for (one, node) in done.iter_mut().zip(nodes) {
        let was = node.get("was").map(Node::entries).unwrap_or_default();
        for (path, value) in was {
            if let Err(mut wrong) = patch::find(tree, &patch::steps(&path.text)) {
                wrong.place.get_or_insert(path.at);
                problems.push(*wrong);
            }
            one.before.push((path.text.clone(), value.clone()));
        }
    }
    done
}
