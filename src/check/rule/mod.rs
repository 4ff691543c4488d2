//! The rule file, `budgets.yaml`: read with every error at once, each with its place.

mod legal;
mod limit;
mod metric;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::legal::Checked;
pub use self::limit::Limit;
pub use self::metric::Metric;
use crate::bill::Charge;
use crate::diagnostic::{Diagnostic, Problems};
use crate::money::Usd;
use crate::month::Month;
use crate::pricing::fits;
use crate::quantity::{Seconds, schema_of};
use crate::scenario::driver::optional_quantity;
use crate::scenario::node::{self, Kind};
use crate::scenario::plan::OneOrMany;
use crate::scenario::read::{Defaults, read};
use crate::scenario::{InputFile, Scenario, Scenarios, commitment};
use crate::source::{Place, Sources};
use crate::variance::scope::tag;

/// A rule file.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub struct RuleFile {
    /// How long ago the prices behind an environment may have been seen: the oldest of them counts. With older ones its rules are
    /// `incomplete`, unless they fail.
    #[serde(default, deserialize_with = "optional_quantity")]
    #[schemars(schema_with = "schema_of::<Seconds>")]
    pub prices_within: Option<Seconds>,
    /// True to go by prices that say no day on which they were seen; else they are older than any limit.
    #[serde(default)]
    pub accept_undated: bool,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// What a breach of a rule does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It is noted: the verdict and the exit code stay what they are.
    Info,
    /// It is told.
    Warn,
    /// It fails the check.
    #[default]
    Fail,
}

/// Which charges of an environment are meant: every key that is there must fit. `*` stands for any text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Scope {
    /// Groups of the plan.
    #[serde(default)]
    pub group: OneOrMany,
    /// Names of resources.
    #[serde(default)]
    pub resource: OneOrMany,
    /// Service codes, such as `AmazonS3`.
    #[serde(default)]
    pub service: OneOrMany,
    /// Values of cost tags, by key.
    #[serde(default)]
    pub tag: BTreeMap<String, OneOrMany>,
}

impl Scope {
    /// True where all charges are meant.
    pub fn is_whole(&self) -> bool {
        *self == Scope::default()
    }

    /// True where nothing but services is named, which is all that a saved run tells apart.
    fn is_by_service(&self) -> bool {
        self.group.0.is_empty() && self.resource.0.is_empty() && self.tag.is_empty()
    }

    /// True for a charge that carries the tags that are named.
    pub fn has_tags(&self, charge: &Charge) -> bool {
        self.tag.iter().all(|(key, wanted)| tag(charge, key).is_some_and(|value| wanted.fits(value)))
    }

    /// In words: "AmazonECS, Service = core".
    pub fn words(&self) -> String {
        let named = [&self.group, &self.resource, &self.service].into_iter().flat_map(|names| names.0.iter().cloned());
        let tags = self.tag.iter().map(|(key, values)| format!("{key} = {}", values.0.join(" or ")));
        named.chain(tags).collect::<Vec<_>>().join(", ")
    }
}

/// A breach that somebody accepts for a while.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Waiver {
    /// The last day of it, such as 2026-12-31.
    #[serde(deserialize_with = "commitment::day")]
    #[schemars(with = "String")]
    pub until: NaiveDate,
    /// Why it is accepted.
    pub why: String,
}

/// One rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Rule {
    /// Its name, which messages and formats of machines carry.
    pub id: String,
    /// Whose charges: names of environments, `*` for any text. Every environment that stands in for none, where it is left out.
    #[serde(default)]
    pub environment: OneOrMany,
    /// Which of its charges; all, where it is left out.
    #[serde(default)]
    pub scope: Scope,
    /// What of them.
    pub metric: Metric,
    /// The cost tags whose coverage is meant: `Service` and `Owner`, where it is left out.
    #[serde(default)]
    pub tags: OneOrMany,
    /// More than this is a breach.
    #[serde(default)]
    pub above: Option<Limit>,
    /// Less than this is a breach.
    #[serde(default)]
    pub below: Option<Limit>,
    /// Months with a limit of their own in the place of `above`.
    #[serde(default)]
    pub limits: BTreeMap<String, Limit>,
    /// How many months ahead are looked at: the worst counts.
    #[serde(default = "one")]
    pub months: u32,
    /// What a breach does.
    #[serde(default)]
    pub level: Level,
    /// A breach by less than this is none.
    #[serde(default, deserialize_with = "optional_quantity")]
    #[schemars(schema_with = "schema_of::<Usd>")]
    pub floor: Option<Usd>,
    /// How long ago the last billed day of an open month may be; a week, where it is left out. Beyond it the rule is `incomplete`,
    /// unless it fails.
    #[serde(default, deserialize_with = "optional_quantity")]
    #[schemars(schema_with = "schema_of::<Seconds>")]
    pub billed_within: Option<Seconds>,
    /// True to go by a bill that AWS calls estimated, as it does those of open months in Cost Explorer. Else the rule is
    /// `incomplete` by such a bill, unless it fails.
    #[serde(default)]
    pub accept_estimated: bool,
    /// Who looks after it.
    #[serde(default)]
    pub owner: Option<String>,
    /// Where to read on: `https://…`.
    #[serde(default)]
    pub link: Option<String>,
    /// What to do about a breach.
    #[serde(default)]
    pub text: Option<String>,
    /// A breach that is accepted for a while.
    #[serde(default)]
    pub waiver: Option<Waiver>,
    /// Where it stands.
    #[serde(skip)]
    pub at: Option<Place>,
}

fn one() -> u32 {
    1
}

/// The cost tags that a rule on tags means where it names none: an environment's rows are found by the third of the plan's.
const TAGS: [&str; 2] = ["Service", "Owner"];

/// How long ago a bill may have been read where a rule does not say: assumed, since bills are read by hand or once a week.
const WEEK: Decimal = Decimal::from_parts(7, 0, 0, false, 0);

/// Most months that a rule looks ahead, as `forecast` does.
const MOST_MONTHS: u32 = 36;

impl Rule {
    /// Whether it is about an environment.
    pub fn names(&self, scenario: &Scenario) -> bool {
        match self.environment.0.as_slice() {
            [] => scenario.instead_of.is_none(),
            names => names.iter().any(|n| fits(n, &scenario.name)),
        }
    }

    /// Days within which the last billed day must lie.
    pub fn billed_days(&self) -> Decimal {
        self.billed_within.map_or(WEEK, |within| within.days())
    }

    /// True where its limits are told from the plan's total.
    pub fn is_of_plan(&self) -> bool {
        self.any_limit().any(|limit| matches!(limit, Limit::OfPlan(_)))
    }

    /// Every limit that it has.
    fn any_limit(&self) -> impl Iterator<Item = Limit> {
        self.above.into_iter().chain(self.below).chain(self.limits.values().copied())
    }

    /// The cost tags whose coverage is meant.
    pub fn cost_tags(&self) -> Vec<&str> {
        if self.tags.0.is_empty() { TAGS.to_vec() } else { self.tags.0.iter().map(String::as_str).collect() }
    }

    /// The upper limit of a month.
    pub fn most(&self, month: Month) -> Option<Limit> {
        self.limits.get(&month.to_string()).copied().or(self.above)
    }
}

/// The rules of a file, with the sources behind them.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// The file's name.
    pub name: String,
    /// What the file says.
    pub file: RuleFile,
    /// The scenarios' files, and the rule file.
    pub sources: Sources,
}

/// Reads a rule file.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load(file: &InputFile, scenarios: &Scenarios) -> Result<Rules, Box<(Problems, Sources)>> {
    let mut sources = scenarios.sources.clone();
    let mut problems = Problems::default();
    let id = sources.add(&file.name, &file.text);
    let tree = node::parse(&sources, id, &mut problems);
    let rules: Option<RuleFile> = tree.as_ref().and_then(|tree| read(tree, &[], &Defaults::default(), &mut problems));
    match (rules, tree) {
        (Some(mut rules), Some(tree)) => {
            let nodes = match tree.get("rules").map(|n| &n.kind) {
                Some(Kind::List(items)) => items.as_slice(),
                _ => &[],
            };
            for (rule, node) in rules.rules.iter_mut().zip(nodes) {
                rule.at = Some(node.get("id").map_or(node.at, |n| n.at));
                Checked { rule, node, scenarios, problems: &mut problems }.all();
            }
            if rules.rules.is_empty() {
                let at = tree.get("rules").map_or(tree.at, |n| n.at);
                let problem = Diagnostic::error(at, "there is no rule").label("a check that asks nothing would always pass");
                problems.push(problem.help("write one: `- {id: budget, metric: planned, above: plan}`"));
            }
            twice(&rules, &mut problems);
            if problems.none_is_error() {
                Ok(Rules { name: file.name.clone(), file: rules, sources })
            } else {
                Err(Box::new((problems, sources)))
            }
        }
        _ => Err(Box::new((problems, sources))),
    }
}

fn twice(rules: &RuleFile, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for rule in &rules.rules {
        if let (false, Some(at)) = (seen.insert(rule.id.as_str()), rule.at) {
            let problem = Diagnostic::error(at, format!("there are two rules `{}`", rule.id)).label("the second of them");
            problems.push(problem.help("give each a name of its own: messages and files of machines tell them apart by it"));
        }
    }
}

/// The environments that rules speak of, in their order.
pub fn environments<'s>(rules: &RuleFile, scenarios: &'s Scenarios) -> Vec<&'s Scenario> {
    scenarios.all.iter().filter(|s| rules.rules.iter().any(|r| r.names(s))).collect()
}
