//! Recovery strategies as a file states them: changes to an environment and its standby, the steps of a recovery, and how each kind of
//! data is copied.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use crate::diagnostic::{Diagnostic, Problems};
use crate::quantity::{Gb, GbRate, Per, Seconds};
use crate::scenario::driver::{Driver, Provenance};
use crate::scenario::node;
use crate::scenario::read::{self, Defaults};
use crate::source::Sources;

/// A file of strategies for one environment.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Strategies {
    /// The environment that is to be recovered: the name of the file.
    pub of: String,
    /// What a bare value below means.
    #[serde(default)]
    #[allow(dead_code, reason = "taken from the file before it is read")]
    provenance: Option<Provenance>,
    /// What is asked of a recovery.
    pub targets: Targets,
    /// Changes that leave the environment without any copy elsewhere, by environment: what strategies are compared with. The standby
    /// is not there at all then.
    #[serde(default)]
    pub without: Changes,
    /// Changes that several strategies make, by a name of their own.
    #[serde(default)]
    pub sets: BTreeMap<String, Changes>,
    /// The strategies.
    pub strategies: Vec<Strategy>,
}

impl Strategies {
    /// The strategies with the changes of the sets that they name. Of two changes to one path the later set's holds, and before it the
    /// strategy's own.
    fn spread(mut self) -> Strategies {
        for strategy in &mut self.strategies {
            let own = std::mem::take(&mut strategy.changes);
            for changes in strategy.with.iter().filter_map(|name| self.sets.get(name)).chain([&own]) {
                for (environment, of) in changes {
                    strategy.changes.entry(environment.clone()).or_default().extend(of.clone());
                }
            }
        }
        self
    }
}

/// What is asked of a recovery.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Targets {
    /// Recovery time objective: how long nothing works.
    pub rto: Driver<Seconds>,
    /// Recovery point objective: of how long the data is lost.
    pub rpo: Driver<Seconds>,
    /// How old the newest copy may be that nothing reaches which happens to the data; not asked for without it.
    #[serde(default)]
    pub history: Option<Driver<Seconds>>,
}

/// A way to be ready for the loss of a region.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Strategy {
    /// Its name on the command line.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it keeps ready, in a sentence.
    pub what: String,
    /// True for the one that the scenarios hold as they are.
    #[serde(default)]
    pub today: bool,
    /// How old the newest copy can be that nothing reaches which happens to the data: what is deleted or spoilt by mistake is so in a
    /// replica within a second. Nothing where the other region has replicas alone.
    #[serde(default)]
    pub history: Option<Driver<Seconds>>,
    /// Sets of changes that it makes.
    #[serde(default)]
    pub with: Vec<String>,
    /// Changes to the scenarios, by environment.
    #[serde(default)]
    pub changes: Changes,
    /// What happens one after the other from the failure until everything works.
    pub recovery: Vec<Step>,
    /// How each kind of data gets to the other region.
    pub replication: Vec<Copied>,
}

/// Changes by environment: a path with the file's own names and the new value; nothing (`null`) removes. `{part: 50%, of: prod, at:
/// core.tasks.average}` is a part of what stands at a path of an environment.
pub type Changes = BTreeMap<String, BTreeMap<String, Value>>;

/// A step of a recovery. How long it takes is stated, or follows from data and the rate at which it is restored.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Step {
    /// What happens.
    pub step: String,
    /// How long it takes.
    #[serde(default)]
    pub takes: Option<Driver<Seconds>>,
    /// The path to the GB that are restored, in the environment's file.
    #[serde(default)]
    pub data: Option<String>,
    /// How many of them in an hour or minute.
    #[serde(default)]
    pub rate: Option<Driver<GbRate>>,
}

/// How data gets to the other region. What is lost is at most what has not arrived: an interval and a lag.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Copied {
    /// Which data.
    pub data: String,
    /// By which means.
    pub by: String,
    /// From the beginning of one copy to that of the next; nothing for what is copied without pause.
    #[serde(default)]
    pub every: Option<Driver<Seconds>>,
    /// How long a copy, or a write, takes until it is there.
    pub lag: Driver<Seconds>,
    /// Paths to GB, in the environment's file and the standby's: what the standby holds less than the environment is lost whole.
    #[serde(default)]
    pub holds: Vec<String>,
}

/// Any value, as a file writes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// Nothing.
    Null,
    /// A single value.
    Text(String),
    /// Keys and values.
    Map(Vec<(String, Value)>),
    /// A list.
    List(Vec<Value>),
}

impl Value {
    /// The text under a key.
    pub fn text(&self, wanted: &str) -> Option<&str> {
        let Value::Map(entries) = self else { return None };
        entries.iter().find(|(key, _)| key == wanted).and_then(|(_, value)| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }
}

/// In one line, as YAML reads it: everything in quotes, since every scalar is text until its type is known.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"));
        let joined = |parts: Vec<String>| parts.join(", ");
        match self {
            Value::Null => f.write_str("null"),
            Value::Text(text) => f.write_str(&quoted(text)),
            Value::Map(entries) => {
                let parts = entries.iter().map(|(key, value)| format!("{}: {value}", quoted(key)));
                write!(f, "{{{}}}", joined(parts.collect()))
            }
            Value::List(items) => write!(f, "[{}]", joined(items.iter().map(ToString::to_string).collect())),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

impl JsonSchema for Value {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Value".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "Any value that can stand at the path; null removes what stands there." })
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Value::Map(entries))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }
}

/// Reads a file of strategies.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub fn read(name: &str, text: &str) -> Result<Strategies, Box<(Problems, Sources)>> {
    let (mut sources, mut problems, mut defaults) = (Sources::default(), Problems::default(), Defaults::default());
    let file = sources.add(name, text);
    let tree = node::parse(&sources, file, &mut problems);
    if let Some(from) = tree.as_ref().and_then(|t| t.get("provenance")) {
        let provenance = read::read::<Provenance>(from, &[], &defaults, &mut Problems::default());
        provenance.into_iter().for_each(|p| defaults.set(file, p));
    }
    let read: Option<Strategies> = tree.as_ref().and_then(|tree| read::read(tree, &[], &defaults, &mut problems));
    if let (Some(strategies), Some(tree)) = (&read, &tree) {
        check(strategies, tree, &mut problems);
    }
    match read.filter(|_| problems.none_is_error()) {
        Some(strategies) => Ok(strategies.spread()),
        None => Err(Box::new((problems, sources))),
    }
}

/// Notes strategies that say a thing twice, or not at all.
fn check(strategies: &Strategies, tree: &node::Node, problems: &mut Problems) {
    let list = tree.get("strategies").unwrap_or(tree);
    let nodes = match &list.kind {
        node::Kind::List(items) => items.as_slice(),
        _ => &[],
    };
    if strategies.strategies.is_empty() {
        problems.push(Diagnostic::error(list.at, "there is no strategy").help("write one below `strategies:`"));
    }
    for (i, (strategy, node)) in strategies.strategies.iter().zip(nodes).enumerate() {
        if strategies.strategies[..i].iter().any(|s| s.name == strategy.name) {
            let at = node.get("name").map_or(node.at, |n| n.at);
            problems.push(Diagnostic::error(at, format!("a second strategy `{}`", strategy.name)).label("take another name"));
        }
        if strategy.today && strategies.strategies[..i].iter().any(|s| s.today) {
            let at = node.get("today").map_or(node.at, |n| n.at);
            problems.push(Diagnostic::error(at, "two strategies cannot both be what runs today").label("remove one of them"));
        }
        for name in strategy.with.iter().filter(|name| !strategies.sets.contains_key(*name)) {
            let known: Vec<&str> = strategies.sets.keys().map(String::as_str).collect();
            let at = node.get("with").map_or(node.at, |n| n.at);
            problems.push(Diagnostic::error(at, format!("there is no set `{name}`")).help(format!("there are {}", known.join(", "))));
        }
        if strategy.recovery.is_empty() || strategy.replication.is_empty() {
            let message = format!("`{}` says neither how long it takes nor what is lost", strategy.name);
            problems.push(Diagnostic::error(node.at, message).help("state `recovery:` and `replication:`, one entry at least in each"));
        }
        let steps = node.get("recovery").map(|n| match &n.kind {
            node::Kind::List(items) => items.as_slice(),
            _ => &[],
        });
        for (step, node) in strategy.recovery.iter().zip(steps.unwrap_or_default()) {
            check_step(step, node, problems);
        }
    }
}

fn check_step(step: &Step, node: &node::Node, problems: &mut Problems) {
    let complete = match (&step.takes, &step.data, &step.rate) {
        (Some(_), None, None) => true,
        (None, Some(_), Some(rate)) => {
            rate.value.amount > rust_decimal::Decimal::ZERO && !matches!(rate.value.per, Per::Month | Per::Request)
        }
        _ => false,
    };
    if !complete {
        let message = format!("how long does `{}` take?", step.step);
        let help = "state `takes: 10 min`, or `data:` (a path to GB) and `rate: 500 GB/h`";
        problems.push(Diagnostic::error(node.at, message).help(help));
    }
}

/// GB as a file writes them, with or without an origin.
pub fn gb(node: &node::Node) -> Option<Gb> {
    node.get("value").or(node.get("likely")).unwrap_or(node).text()?.parse().ok()
}
