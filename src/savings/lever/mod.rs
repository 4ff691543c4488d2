//! A lever: a change to environments that saves money, as a file says it. Changes are patches; a purchase is a patch too, whose size
//! follows what the other levers leave to be covered. Every assumed number in it is a driver with its why.

mod read;

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

pub use self::read::{Levers, load};
use crate::money::Usd;
use crate::pricing::Term;
use crate::quantity::{Share, magnitude, schema_of};
use crate::scenario::driver::{Driver, optional_quantity, quantity};
use crate::scenario::node::Node;
use crate::scenario::part;
use crate::scenario::patch::Patch;
use crate::scenario::plan::Match;
use crate::scenario::{Scenario, commitment};
use crate::source::Place;

/// The key under `changes` and `buys` that means every environment.
pub const ANY: &str = "any";

/// How soon a lever can act.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Horizon {
    /// Within three months.
    Short,
    /// Within a year.
    Long,
}

/// How much: of effort, of risk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
}

impl Level {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Level::Low => "low",
            Level::Medium => "medium",
            Level::High => "high",
        }
    }
}

/// Whether it can be taken back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reversible {
    /// At once.
    Yes,
    /// With work or waiting.
    Partly,
    /// Not before its term ends.
    No,
}

/// A lever as its file says it, `scenarios/levers/ID.yaml`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Lever {
    /// Its name: that of the file.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// What is done, in a sentence.
    pub what: String,
    /// How soon it can act.
    pub horizon: Horizon,
    /// How much work it is.
    pub effort: Level,
    /// How much can go wrong.
    pub risk: Level,
    /// How long until it acts, in words.
    pub takes: String,
    /// Whether it can be taken back.
    pub reversible: Reversible,
    /// Environment, path in its file, new value, as `--what-if` writes them. Under `any`: every environment that has no key of its own.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, BTreeMap<String, serde_json::Value>>")]
    #[allow(dead_code, reason = "read once more, with the places of the values")]
    changes: BTreeMap<String, BTreeMap<String, IgnoredAny>>,
    /// What is bought, by environment or under `any`.
    #[serde(default)]
    pub buys: BTreeMap<String, Vec<Buy>>,
    /// Values for which its own numbers were written, by environment and path: where another one stands there, beyond a tenth, it does not
    /// apply. An environment without a key of its own takes those of the one whose place it takes.
    #[serde(default)]
    pub base: BTreeMap<String, BTreeMap<String, String>>,
    /// What must hold before it can be done.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// Levers that cannot stand beside it.
    #[serde(default)]
    pub excludes: BTreeSet<String>,
    /// Levers without which it cannot be done.
    #[serde(default)]
    pub needs: BTreeSet<String>,
    /// Levers after which its changes are laid over, where both are done.
    #[serde(default)]
    pub after: BTreeSet<String>,
    /// A stated requirement that it breaks, such as "§4.1: …": it is recommended only where it is asked for.
    #[serde(default)]
    pub against: Option<String>,
    /// What it assumes that has to be measured first: it is recommended only where it is asked for.
    #[serde(default)]
    pub unmeasured: Option<String>,
    /// What the plan says of it.
    #[serde(default)]
    pub plan: Option<Stated>,
    /// Why it is worth what it is worth.
    #[serde(default)]
    pub reason: Option<Reason>,
    /// The same changes with the places of their values.
    #[serde(skip)]
    patches: BTreeMap<String, Vec<(String, Node)>>,
    /// Where it stands.
    #[serde(skip)]
    pub at: Option<Place>,
}

/// A reservation or savings plan that a lever buys.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Buy {
    /// Its name in bills.
    pub id: String,
    /// `reserved-1yr-no-upfront`, `savings-plan-3yr-all-upfront` and so on.
    #[serde(deserialize_with = "commitment::term")]
    #[schemars(with = "String", regex(pattern = r"^(reserved|savings-plan)-[13]yr-(no|partial|all)-upfront$"))]
    pub term: Term,
    /// For a reservation: the service code, such as `AmazonRDS`.
    #[serde(default)]
    pub service: Option<String>,
    /// For a reservation: the usage type without the region's prefix, such as `InstanceUsage:db.r6g.large`.
    #[serde(default)]
    pub usage_type: Option<String>,
    /// For a reservation: the operation, such as `CreateDBInstance:0021`.
    #[serde(default)]
    pub operation: Option<String>,
    /// For a reservation: as many as run all month.
    #[serde(default)]
    pub count: Option<Running>,
    /// For a savings plan: what it could cover in an hour.
    #[serde(default)]
    pub hourly: Option<Eligible>,
    /// For a savings plan: the part of that to which one commits; all of it where nothing is stated.
    #[serde(default)]
    pub part: Option<Driver<Share>>,
    /// For a savings plan: which one; the one for compute where nothing is stated.
    #[serde(default)]
    pub plan: Option<commitment::Plan>,
}

/// A number that follows what the other levers leave.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Running {
    /// Instances or nodes that run all month and are not reserved yet.
    Running,
}

/// Dollars an hour that follow what the other levers leave.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Eligible {
    /// What the plan could cover in an hour, in its own dollars.
    Eligible,
}

/// Something that must hold. What stands in `resource` and `has` is checked; what it `says` is for people.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Condition {
    /// In words.
    #[serde(default)]
    pub says: Option<String>,
    /// The region in which that is said; everywhere where none is stated.
    #[serde(default)]
    pub region: Option<String>,
    /// A resource that is there.
    #[serde(default)]
    pub resource: Option<String>,
    /// A value that is stated, by its path.
    #[serde(default)]
    pub has: Option<String>,
    /// A path to a value that is held against `least` and `most`. Nothing where no value in their unit stands there.
    #[serde(default)]
    pub at: Option<String>,
    /// What it must be at the least.
    #[serde(default)]
    pub least: Option<String>,
    /// What it can be at the most.
    #[serde(default)]
    pub most: Option<String>,
}

/// What the plan says of a lever.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Stated {
    /// The stated saving a month.
    #[serde(deserialize_with = "quantity")]
    #[schemars(schema_with = "schema_of::<Usd>")]
    pub stated: Usd,
    /// The environment that it acts on.
    pub environment: String,
    /// The environment to whose totals the plan adds it, where that is another one.
    #[serde(default)]
    counted_in: Option<String>,
    /// How the amount comes about.
    pub basis: Basis,
}

/// How a stated amount comes about: one of the three.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Basis {
    /// By the document's own rate on its own lines.
    #[serde(default)]
    pub document: Option<Document>,
    /// By an input that makes it come true.
    #[serde(default)]
    pub fitted: Option<Fitted>,
    /// Not at all: the statement is echoed.
    #[serde(default, rename = "stated-only")]
    pub stated_only: Option<StatedOnly>,
}

/// A rate on lines of the plan.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Document {
    /// The rate.
    #[serde(deserialize_with = "quantity")]
    #[schemars(schema_with = "schema_of::<Share>")]
    pub rate: Share,
    /// Lines ("Group / Line") or groups of the plan.
    pub of: Vec<String>,
}

/// A rate on an input that nobody states, or a ratio of two utilisations on lines of the plan.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Fitted {
    /// What the input is, in words.
    pub input: String,
    /// Its value in dollars, with `rate`.
    #[serde(default, deserialize_with = "optional_quantity")]
    #[schemars(schema_with = "schema_of::<Usd>")]
    pub amount: Option<Usd>,
    /// The document's rate on it.
    #[serde(default, deserialize_with = "optional_quantity")]
    #[schemars(schema_with = "schema_of::<Share>")]
    pub rate: Option<Share>,
    /// Its value as a utilisation, with `target` and `of`.
    #[serde(default, deserialize_with = "optional_quantity")]
    #[schemars(schema_with = "schema_of::<Share>")]
    pub utilisation: Option<Share>,
    /// The document's target of utilisation.
    #[serde(default, deserialize_with = "optional_quantity")]
    #[schemars(schema_with = "schema_of::<Share>")]
    pub target: Option<Share>,
    /// Lines ("Group / Line") or groups of the plan.
    #[serde(default)]
    pub of: Vec<String>,
}

/// A statement without arithmetic.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct StatedOnly {
    /// The driver that it would need.
    pub needs: String,
}

/// Why a lever is worth what it is worth. `{on}` is what the charges in question come to in the calculator's month of 730 hours.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Reason {
    /// In a line; `{on}` and `{stated}` stand for amounts.
    pub text: String,
    /// The charges on which it acts.
    #[serde(default)]
    pub on: Match,
}

/// By which part a value may differ from the one for which a lever was written: 10%.
const ALIKE: Decimal = Decimal::from_parts(10, 0, 0, false, 2);

/// What stands at a path instead of the value for which a lever was written. A path or a unit that is not there is no other value.
fn other_base(path: &str, base: &str, scenario: &Scenario) -> Option<String> {
    let (written, found) = (magnitude(base)?, part::stated(path, &scenario.tree)?);
    let differs = found.unit == written.unit && (found.value - written.value).abs() > written.value * ALIKE;
    differs.then(|| format!("written for {base} at {path}: {} has {}", scenario.name, found.shown()))
}

impl Condition {
    /// True where it is said in a region.
    pub fn is_said_in(&self, region: &str) -> bool {
        self.region.as_deref().is_none_or(|own| own == region)
    }

    /// What lies outside of `least` and `most`.
    fn beyond(&self, scenario: &Scenario) -> Option<String> {
        let at = self.at.as_deref()?;
        let found = part::stated(at, &scenario.tree)?;
        let of = |limit: &Option<String>| limit.as_deref().and_then(magnitude).filter(|l| l.unit == found.unit);
        let less = of(&self.least).filter(|least| found.value < least.value).map(|least| format!("at least {}", least.shown()));
        let more = of(&self.most).filter(|most| found.value > most.value).map(|most| format!("at most {}", most.shown()));
        less.or(more).map(|limit| format!("made for {limit} at {at}: {} has {}", scenario.name, found.shown()))
    }
}

/// True for the name of an environment, or of the one whose place it takes.
fn is(name: &str, scenario: &Scenario) -> bool {
    name == scenario.name.as_ref() || Some(name) == scenario.instead_of.as_deref()
}

impl Stated {
    /// The environment to whose totals the plan adds it.
    pub fn counted_in(&self) -> &str {
        self.counted_in.as_deref().unwrap_or(&self.environment)
    }

    /// True where the plan adds it to the totals of an environment, or of the one whose place that takes.
    pub fn is_counted_in(&self, scenario: &Scenario) -> bool {
        is(self.counted_in(), scenario)
    }

    /// True where it acts on an environment, or is counted there.
    pub fn concerns(&self, scenario: &Scenario) -> bool {
        is(&self.environment, scenario) || self.is_counted_in(scenario)
    }
}

impl Lever {
    /// The key under which an environment's changes or purchases stand: its own, that of the one whose place it takes, or `any`.
    fn key<'a, T>(all: &'a BTreeMap<String, T>, scenario: &Scenario) -> Option<&'a T> {
        let place = scenario.instead_of.as_deref();
        all.get(scenario.name.as_ref()).or_else(|| all.get(place?)).or_else(|| all.get(ANY))
    }

    /// True where it was pulled in an environment already.
    pub fn is_done(&self, scenario: &Scenario) -> bool {
        scenario.done.iter().any(|d| d.lever == self.id)
    }

    /// True where it changes or buys something in an environment, and was not pulled there already.
    pub fn applies_to(&self, scenario: &Scenario) -> bool {
        if self.is_done(scenario) {
            return false;
        }
        Lever::key(&self.patches, scenario).is_some_and(|p| !p.is_empty()) || !self.purchases(scenario).is_empty()
    }

    /// The name of its file.
    pub fn file(&self) -> String {
        format!("levers/{}.yaml", self.id)
    }

    /// True where its changes were written for this very environment.
    pub fn names(&self, scenario: &Scenario) -> bool {
        self.patches.contains_key(scenario.name.as_ref())
    }

    /// Its changes to an environment. What follows other values is what these come to; where it cannot be, it stays as it is written, which
    /// no resource can read.
    pub fn patches(&self, scenario: &Scenario) -> Vec<Patch> {
        let changes = Lever::key(&self.patches, scenario).into_iter().flatten();
        let value = |node: &Node| part::resolved(node, &scenario.tree).unwrap_or_else(|_| node.clone());
        changes.map(|(path, node)| Patch::read(&scenario.name, path, value(node))).collect()
    }

    /// Why its numbers do not fit an environment, if they do not: they were written for others, or follow what is not there.
    pub fn misfit(&self, scenario: &Scenario) -> Option<String> {
        let changes = || Lever::key(&self.patches, scenario).into_iter().flatten();
        let written_for =
            || Lever::key(&self.base, scenario).into_iter().flatten().find_map(|(path, base)| other_base(path, base, scenario));
        let beyond = || self.when.iter().find_map(|condition| condition.beyond(scenario));
        written_for().or_else(beyond).or_else(|| changes().find_map(|(_, value)| part::resolved(value, &scenario.tree).err()))
    }

    /// What it buys for an environment.
    pub fn purchases(&self, scenario: &Scenario) -> &[Buy] {
        Lever::key(&self.buys, scenario).map_or(&[], Vec::as_slice)
    }

    /// True where it buys something somewhere.
    pub fn commits(&self) -> bool {
        !self.buys.is_empty()
    }
}
