//! The rule file, `budgets.yaml`: read with every error at once, each with its place.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::diagnostic::{Diagnostic, Problems, nearest};
use crate::money::Usd;
use crate::month::Month;
use crate::pricing::fits;
use crate::quantity::{Seconds, exact, per_cent, schema_of};
use crate::scenario::driver::optional_quantity;
use crate::scenario::node::{self, Kind, Node};
use crate::scenario::plan::OneOrMany;
use crate::scenario::read::{Defaults, read};
use crate::scenario::{InputFile, Scenario, Scenarios, commitment};
use crate::source::{Place, Sources};

/// A rule file.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub struct RuleFile {
    /// How long ago prices may have been seen. With older ones every rule is `incomplete`.
    #[serde(default, deserialize_with = "optional_quantity")]
    #[schemars(schema_with = "schema_of::<Seconds>")]
    pub prices_within: Option<Seconds>,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// What a rule looks at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// What the plan speaks of, at likely values.
    Planned,
    /// All charges, at likely values.
    Total,
    /// All charges, exceeded in half of the cases.
    P50,
    /// All charges, exceeded in one case of ten.
    P90,
    /// The probability that what is planned exceeds the plan's total.
    OverBudget,
    /// All charges beyond those of the base, in dollars.
    Change,
    /// The same as a part of the base.
    ChangePercent,
    /// What was billed in the month that goes on.
    Actual,
    /// What that month will come to: billed so far, and the model for the rest.
    Landed,
    /// The part of what commitments could cover that they do, at list prices.
    Coverage,
    /// The part of what commitments cost (amortized) that is used.
    Utilisation,
    /// The coverage in the month that goes on, as billed.
    BilledCoverage,
    /// The utilisation in that month, as billed.
    BilledUtilisation,
    /// The part of that month's bill that carries a tag, of the tag that fewest carry.
    TagCoverage,
    /// The largest rise or fall of daily costs that touches that month.
    Anomaly,
}

impl Metric {
    /// All of them.
    pub const ALL: [Metric; 15] = [
        Metric::Planned,
        Metric::Total,
        Metric::P50,
        Metric::P90,
        Metric::OverBudget,
        Metric::Change,
        Metric::ChangePercent,
        Metric::Actual,
        Metric::Landed,
        Metric::Coverage,
        Metric::Utilisation,
        Metric::BilledCoverage,
        Metric::BilledUtilisation,
        Metric::TagCoverage,
        Metric::Anomaly,
    ];

    /// As files write it.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Planned => "planned",
            Metric::Total => "total",
            Metric::P50 => "p50",
            Metric::P90 => "p90",
            Metric::OverBudget => "over_budget",
            Metric::Change => "change",
            Metric::ChangePercent => "change_percent",
            Metric::Actual => "actual",
            Metric::Landed => "landed",
            Metric::Coverage => "coverage",
            Metric::Utilisation => "utilisation",
            Metric::BilledCoverage => "billed_coverage",
            Metric::BilledUtilisation => "billed_utilisation",
            Metric::TagCoverage => "tag_coverage",
            Metric::Anomaly => "anomaly",
        }
    }

    /// True where its value is a part of something, not an amount.
    pub fn is_share(self) -> bool {
        matches!(self, Metric::OverBudget | Metric::ChangePercent | Metric::TagCoverage) || self.is_of_commitments()
    }

    /// True where it needs the paths of the model.
    pub fn is_drawn(self) -> bool {
        matches!(self, Metric::P50 | Metric::P90 | Metric::OverBudget)
    }

    /// True where it needs a bill.
    pub fn needs_bill(self) -> bool {
        matches!(
            self,
            Metric::Actual | Metric::Landed | Metric::BilledCoverage | Metric::BilledUtilisation | Metric::TagCoverage | Metric::Anomaly
        )
    }

    /// True where it is about commitments.
    pub fn is_of_commitments(self) -> bool {
        matches!(self, Metric::Coverage | Metric::Utilisation | Metric::BilledCoverage | Metric::BilledUtilisation)
    }

    /// True where it needs a base.
    pub fn needs_base(self) -> bool {
        matches!(self, Metric::Change | Metric::ChangePercent)
    }
}

/// What a breach of a rule does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It is told.
    Warn,
    /// It fails the check.
    #[default]
    Fail,
}

/// A limit as a file writes it: "5600 USD", "10%", "plan", "110% of plan".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// So many dollars.
    Money(Usd),
    /// A part: of the base, of all cases.
    Share(Decimal),
    /// So many times the plan's total.
    OfPlan(Decimal),
}

/// What to write.
const LIMIT: &str = "an amount such as `5600 USD`, a part such as `10%`, `plan`, or `110% of plan`";

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Limit, String> {
        let wrong = |_| format!("expected {LIMIT}");
        let part = |text: &str| {
            let (sign, digits) = text.trim().strip_prefix('-').map_or((Decimal::ONE, text), |rest| (Decimal::NEGATIVE_ONE, rest));
            let number = digits.trim().strip_suffix('%').ok_or_else(String::new)?.trim();
            let number = Decimal::from_str_exact(number).map_err(|_| String::new())?;
            Ok(sign * number / Decimal::ONE_HUNDRED)
        };
        match text.trim() {
            "plan" => Ok(Limit::OfPlan(Decimal::ONE)),
            text if text.ends_with("of plan") => part(text.trim_end_matches("of plan")).map(Limit::OfPlan).map_err(wrong),
            text if text.ends_with('%') => part(text).map(Limit::Share).map_err(wrong),
            text => text.parse().map(Limit::Money).map_err(wrong),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Money(amount) => write!(f, "{} USD", exact(amount.decimal())),
            Limit::Share(part) => f.write_str(&per_cent(*part)),
            Limit::OfPlan(part) if *part == Decimal::ONE => f.write_str("plan"),
            Limit::OfPlan(part) => write!(f, "{} of plan", per_cent(*part)),
        }
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Limit, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Limit {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": LIMIT, "pattern": r"^(-?[0-9][0-9_,]*(\.[0-9]+)? *(USD|%|% of plan)|plan)$" })
    }
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
            twice(&rules, &mut problems);
            if problems.none_is_error() { Ok(Rules { file: rules, sources }) } else { Err(Box::new((problems, sources))) }
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

struct Checked<'a> {
    rule: &'a Rule,
    node: &'a Node,
    scenarios: &'a Scenarios,
    problems: &'a mut Problems,
}

impl Checked<'_> {
    fn all(&mut self) {
        self.name();
        self.environments();
        self.limits();
        self.months();
        self.scope();
        self.words();
    }

    fn at(&self, key: &str) -> Place {
        self.node.get(key).map_or(self.node.at, |n| n.at)
    }

    fn wrong(&mut self, key: &str, message: String, label: &str, help: &str) {
        let at = self.at(key);
        self.problems.push(Diagnostic::error(at, message).label(label).help(help));
    }

    fn name(&mut self) {
        let id = &self.rule.id;
        let fine = !id.is_empty() && id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        if !fine {
            let message = format!("`{}` is no name for a rule", id.escape_debug());
            self.wrong("id", message, "up to 64 letters, digits, `-`, `_` and `.`", "write `id: prod-budget`");
        }
    }

    fn environments(&mut self) {
        let names: Vec<&str> = self.scenarios.all.iter().map(|s| s.name.as_ref()).collect();
        for name in &self.rule.environment.0 {
            if names.iter().any(|n| fits(name, n)) {
                continue;
            }
            let near = nearest(name, names.iter().copied());
            let label = near.map_or_else(|| "unknown".to_owned(), |n| format!("did you mean `{n}`?"));
            self.wrong("environment", format!("there is no environment `{name}`"), &label, &format!("there are {}", names.join(", ")));
        }
    }

    fn limits(&mut self) {
        let rule = self.rule;
        if rule.above.is_none() && rule.below.is_none() && rule.limits.is_empty() {
            self.wrong(
                "id",
                format!("the rule `{}` has no limit", rule.id),
                "nothing can breach it",
                "state `above: 5600 USD` or `below: …`",
            );
        }
        for key in ["above", "below"] {
            let limit = if key == "above" { rule.above } else { rule.below };
            self.limit(key, limit);
        }
        let months: Vec<(String, Limit)> = rule.limits.iter().map(|(m, l)| (m.clone(), *l)).collect();
        for (month, limit) in months {
            if month.parse::<Month>().is_err() {
                self.wrong(
                    "limits",
                    format!("`{month}` is no month"),
                    "expected one such as 2026-12",
                    "write `limits: {2026-12: 5800 USD}`",
                );
            }
            self.limit("limits", Some(limit));
        }
        if rule.floor.is_some() && rule.metric.is_share() && rule.metric != Metric::ChangePercent {
            let message = format!("`{}` is no amount of money", rule.metric.name());
            self.wrong("floor", message, "a floor in dollars does not fit", "leave it out");
        }
    }

    /// A limit in the unit of the metric.
    fn limit(&mut self, key: &str, limit: Option<Limit>) {
        let rule = self.rule;
        let (name, limit) = (
            rule.metric.name(),
            match limit {
                Some(limit) => limit,
                None => return,
            },
        );
        match (rule.metric.is_share(), limit) {
            (true, Limit::Share(_)) | (false, Limit::Money(_)) => {}
            (true, _) => self.wrong(key, format!("`{name}` is a part of a whole"), "an amount of money was found", "write `10%`"),
            (false, Limit::Share(_)) => {
                self.wrong(key, format!("`{name}` is an amount of money"), "a part was found", "write `5600 USD` or `110% of plan`")
            }
            (false, Limit::OfPlan(_)) => self.planned(key),
        }
    }

    /// "Of plan" needs one, and the whole of it.
    fn planned(&mut self, key: &str) {
        let rule = self.rule;
        if rule.metric.needs_base() || rule.metric == Metric::Anomaly || !rule.scope.is_whole() {
            self.wrong(
                key,
                "the plan's total is that of a whole environment".into(),
                "this rule is about a part, or a change",
                "state dollars",
            );
            return;
        }
        if let Some(without) = self.without_plan() {
            let message = format!("{without} has no plan");
            self.wrong(key, message, "there is no total to compare with", "state dollars, or `plan: {total: …}` in the scenario");
        }
    }

    /// Its environments that have no plan, in words.
    fn without_plan(&self) -> Option<String> {
        let without = self.scenarios.all.iter().filter(|s| self.rule.names(s) && s.plan.is_none());
        let names: Vec<&str> = without.map(|s| s.name.as_ref()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    fn months(&mut self) {
        if !(1..=MOST_MONTHS).contains(&self.rule.months) {
            let message = format!("{} is no number of months to look ahead", self.rule.months);
            self.wrong("months", message, &format!("1 to {MOST_MONTHS}"), "write `months: 3`");
        } else if self.rule.metric.needs_bill() && self.rule.months != 1 {
            let message = format!("`{}` is of the month that goes on", self.rule.metric.name());
            self.wrong("months", message, "there is one such month", "leave it out");
        }
    }

    fn scope(&mut self) {
        let (metric, scope) = (self.rule.metric, &self.rule.scope);
        let by_service = metric.needs_base() || metric == Metric::Anomaly;
        if (metric.is_drawn() || metric.needs_bill() || metric.is_of_commitments()) && !by_service && !scope.is_whole() {
            let message = format!("`{}` is of a whole environment", metric.name());
            self.wrong("scope", message, "a part of one was found", "leave the scope out, or use `planned` or `total`");
        } else if by_service && !scope.is_by_service() {
            let message = format!("`{}` is told by service", metric.name());
            self.wrong("scope", message, "it tells no groups, resources or tags", "write `scope: {service: AmazonECS}`");
        }
        if metric != Metric::TagCoverage && !self.rule.tags.0.is_empty() {
            let message = format!("`{}` asks for no tags", metric.name());
            self.wrong("tags", message, "these are those of `tag_coverage`", "write `scope: {tag: {Service: core}}` for charges of a tag");
        }
        self.names("group", &scope.group, |s| s.plan.iter().flat_map(|p| &p.lines).map(|l| l.line.group.clone()).collect());
        self.names("resource", &scope.resource, |s| s.resources.iter().map(|r| r.name.to_string()).collect());
        if let Some(without) = self.without_plan().filter(|_| metric == Metric::OverBudget) {
            self.wrong("metric", format!("{without} has no plan to exceed"), "there is no budget", "name environments with a plan");
        }
    }

    /// Names in a scope that none of its environments has: the rule would look at nothing.
    fn names(&mut self, key: &str, wanted: &OneOrMany, of: impl Fn(&Scenario) -> BTreeSet<String>) {
        let known: BTreeSet<String> = self.scenarios.all.iter().filter(|s| self.rule.names(s)).flat_map(of).collect();
        for name in wanted.0.iter().filter(|name| !known.iter().any(|k| fits(name, k))) {
            let near = nearest(name, known.iter().map(String::as_str));
            let label = near.map_or_else(|| "unknown".to_owned(), |n| format!("did you mean `{n}`?"));
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            self.wrong("scope", format!("there is no {key} `{name}`"), &label, &format!("there are {}", known.join(", ")));
        }
    }

    fn words(&mut self) {
        if self.rule.link.as_ref().is_some_and(|l| !l.starts_with("https://") && !l.starts_with("http://")) {
            self.wrong("link", "this is no address of a page".into(), "expected https://…", "write the whole address");
        }
        if self.rule.waiver.as_ref().is_some_and(|w| w.why.trim().is_empty()) {
            self.wrong("waiver", "nobody says why this is accepted".into(), "`why` is empty", "write why, for those who read it later");
        }
    }
}

/// The environments that rules speak of, in their order.
pub fn environments<'s>(rules: &RuleFile, scenarios: &'s Scenarios) -> Vec<&'s Scenario> {
    scenarios.all.iter().filter(|s| rules.rules.iter().any(|r| r.names(s))).collect()
}
