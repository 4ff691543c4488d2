//! Scenarios: what runs in each environment, as files say it.
//!
//! Text becomes a tree ([`node`]), trees are laid over each other ([`inherit`]) and changed ([`patch`]), and the result is
//! read into types ([`mod@read`]) that are complete and legal: nothing behind this door is checked again.

pub mod accounts;
pub mod actuals;
mod behind;
mod changed;
pub mod commitment;
mod demand;
pub mod done;
pub mod driver;
pub mod inherit;
pub mod measured;
pub mod node;
pub mod part;
pub mod patch;
mod payers;
pub mod plan;
pub mod read;
pub mod schedule;
pub mod schema;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;

use self::accounts::{Accounts, Payer};
use self::actuals::Actuals;
use self::commitment::Commitment;
use self::done::Done;
use self::driver::{Driver, Provenance};
use self::measured::Measured;
use self::node::{Kind, Node};
use self::patch::Patch;
use self::plan::Plan;
use self::read::{Defaults, read};
use self::schedule::Schedule;
use crate::diagnostic::{Diagnostic, Problems, nearest};
use crate::money::quotient;
use crate::pricing::PriceBook;
use crate::quantity::{CountRate, Quantity};
use crate::scaling::target_tracking::Frozen;
use crate::services::{COMMON_KEYS, Check, KINDS, Priced, ResourceKind};
use crate::simulation::month::Follows;
use crate::source::{Place, Sources};
use crate::usage::{OUTSIDE_PLANS, Tags};
use crate::workload::Workload;

/// The file that says who pays.
pub const ACCOUNTS: &str = "accounts.yaml";
/// The file beside the environments that says what they may cost: `check` reads it.
pub const BUDGETS: &str = "budgets.yaml";

/// The top of a scenario file, as written. Resources are read by their own types.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Top {
    /// The name of the environment: that of the file.
    pub environment: String,
    /// A name for people.
    #[serde(default)]
    title: Option<String>,
    /// The environment whose file this one is laid over.
    #[serde(default)]
    #[allow(dead_code, reason = "followed before the file is read")]
    inherits: Option<String>,
    /// The environment whose place this one takes in its payer account.
    #[serde(default)]
    instead_of: Option<String>,
    /// The environment that this one takes over for when that one's region fails. Not inherited.
    #[serde(default)]
    standby_of: Option<String>,
    /// With `standby_of`: resources of that environment which wait until it is back, such as tests. Not inherited.
    #[serde(default)]
    does_not_carry: Vec<String>,
    /// The region, such as `us-east-1`.
    region: String,
    /// The account to which it is billed; without it, one of its own name.
    #[serde(default)]
    account: Option<String>,
    /// What a bare value below means.
    #[serde(default)]
    #[allow(dead_code, reason = "taken from each file before they are laid over each other")]
    provenance: Option<Provenance>,
    /// Cost allocation tags of every resource.
    #[serde(default)]
    tags: BTreeMap<String, String>,
    /// What somebody stated that it costs.
    #[serde(default)]
    plan: Option<Plan>,
    /// Demand.
    #[serde(default)]
    workload: Option<Workload>,
    /// Times at which resources are switched on, by name.
    #[serde(default)]
    schedules: BTreeMap<String, Schedule>,
    /// Reservations and savings plans.
    #[serde(default)]
    commitments: Vec<Commitment>,
    /// Which rows of real bills are its own. Not inherited.
    #[serde(default)]
    actuals: Actuals,
    /// Levers that were pulled. Not inherited.
    #[serde(default)]
    done: Vec<Done>,
}

/// Keys of every resource, whatever its type.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Common {
    /// What it is.
    #[serde(rename = "type")]
    kind: String,
    /// A name for people.
    #[serde(default)]
    title: Option<String>,
    /// Tags beside those of the scenario.
    #[serde(default)]
    tags: BTreeMap<String, String>,
    /// Another region than the scenario's.
    #[serde(default)]
    region: Option<String>,
    /// One of the scenario's schedules.
    #[serde(default)]
    schedule: Option<String>,
}

/// One resource: its type's own fields, and what all have.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its key in the file.
    pub name: Arc<str>,
    /// Its name for people.
    pub title: String,
    /// Its type.
    pub kind: &'static ResourceKind,
    /// Its region.
    pub region: Arc<str>,
    /// Its tags with those of the scenario.
    pub tags: Arc<Tags>,
    /// When it is switched on; `None` for always.
    pub schedule: Option<Schedule>,
    /// Where it stands.
    pub at: Place,
    /// Its own fields.
    pub service: Arc<dyn Priced>,
}

/// One environment, complete and legal.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The name of the environment.
    pub name: Arc<str>,
    /// Its name for people.
    pub title: String,
    /// Its region.
    pub region: Arc<str>,
    /// The account to which it is billed.
    pub account: Arc<str>,
    /// The environment whose place it takes.
    pub instead_of: Option<String>,
    /// The environment for which it stands by.
    pub standby_of: Option<String>,
    /// Resources of that environment which it does not take over.
    pub does_not_carry: Vec<String>,
    /// Tags of every resource.
    pub tags: Tags,
    /// What somebody stated that it costs.
    pub plan: Option<Plan>,
    /// Demand.
    pub workload: Option<Workload>,
    /// What runs in it.
    pub resources: Vec<Resource>,
    /// What was bought for it.
    pub commitments: Vec<Commitment>,
    /// Which rows of real bills are its own.
    pub actuals: Actuals,
    /// Levers that were pulled.
    pub done: Vec<Done>,
    /// The file laid over its base, as a tree.
    pub tree: Node,
    /// True where quantities follow from the requests of the workload.
    pub driven: bool,
    /// The level of requests as a part of the one in the file, where a change asks for another: what grows follows it.
    pub level: Decimal,
    /// Where each resource stands in the list.
    by_name: HashMap<Arc<str>, usize>,
}

impl Scenario {
    /// The resources whose capacity follows demand, and how.
    pub fn follows(&self) -> Vec<(Arc<str>, Follows)> {
        let follows =
            |r: &Resource| Some((r.name.clone(), r.service.follows()?.at_level(self.level).deployed(self.deployments_of(&r.name))));
        self.resources.iter().filter_map(follows).collect()
    }

    /// When deployments of a resource are in progress.
    fn deployments_of(&self, name: &str) -> Vec<Frozen> {
        let parts = self.resources.iter().filter(|r| r.kind.of.is_some() && self.whole_of(&r.name) == name);
        parts.flat_map(|r| r.service.deploys()).collect()
    }

    /// The resource of which another one is a part, as its key `of` says; itself where it is whole.
    pub fn whole_of<'a>(&'a self, name: &'a str) -> &'a str {
        let part = self.resource(name).is_some_and(|r| r.kind.of.is_some());
        let node = self.tree.get("resources").and_then(|n| n.get(name)).filter(|_| part);
        node.and_then(|n| n.get("of")).and_then(Node::text).unwrap_or(name)
    }

    /// A resource by name.
    pub fn resource(&self, name: &str) -> Option<&Resource> {
        self.by_name.get(name).and_then(|i| self.resources.get(*i))
    }
}

/// Every scenario of a folder, and who pays for them.
#[derive(Clone, Debug)]
pub struct Scenarios {
    /// In the order of their files' names.
    pub all: Vec<Scenario>,
    /// Who pays.
    pub accounts: Accounts,
    /// The texts, to show places in them.
    pub sources: Sources,
    /// What the user should know.
    pub warnings: Problems,
    /// What a bare value means, file by file.
    defaults: Defaults,
}

impl Scenarios {
    /// An environment by name.
    pub fn named(&self, name: &str) -> Option<&Scenario> {
        self.all.iter().find(|s| s.name.as_ref() == name)
    }

    /// Where a value of a tree comes from: as it says itself, else as its file says of bare values.
    pub fn origin(&self, node: &Node) -> Provenance {
        let stated = node.get("from").and_then(|n| read::<Provenance>(n, &[], &self.defaults, &mut Problems::default()));
        stated.unwrap_or_else(|| self.defaults.of(node.at.file))
    }

    /// The environment that stands by for another one, or for that whose place the other one takes.
    pub fn standby(&self, environment: &Scenario) -> Option<&Scenario> {
        let of = |name: &str| self.all.iter().find(|s| s.instead_of.is_none() && s.standby_of.as_deref() == Some(name));
        of(&environment.name).or_else(|| environment.instead_of.as_deref().and_then(of))
    }

    /// The payer of an environment and all members whose usage is added up with it. An environment that stands in for another
    /// takes its place; one that nobody pays for pays for itself.
    pub fn payer<'a>(&'a self, environment: &'a Scenario) -> (&'a str, Payer, Vec<&'a Scenario>) {
        let place = environment.instead_of.as_deref().unwrap_or(&environment.name);
        let found = self.accounts.payers.iter().find(|(_, p)| p.members.iter().any(|m| m == place));
        let Some((name, payer)) = found else {
            return (&environment.name, Payer::default(), vec![environment]);
        };
        let members = payer.members.iter().filter_map(|m| if m == place { Some(environment) } else { self.named(m) }).collect();
        (name, payer.clone(), members)
    }
}

/// A file by its name and text.
#[derive(Clone, Debug)]
pub struct InputFile {
    /// The name to show.
    pub name: String,
    /// The text.
    pub text: String,
}

impl InputFile {
    /// Its name without the folder.
    pub fn file_name(&self) -> &str {
        self.name.rsplit(['/', '\\']).next().unwrap_or(&self.name)
    }

    /// The same without the ending of a YAML file; `None` for another file.
    pub fn stem(&self) -> Option<&str> {
        let name = self.file_name();
        name.strip_suffix(".yaml").or(name.strip_suffix(".yml"))
    }
}

/// Reads all files of a folder, with every error of every file at once, and the files of measured requests that [`measured::wanted`]
/// names. `patches` change them as a lever or the command line asks.
pub fn load(files: &[InputFile], book: &PriceBook, patches: &[Patch]) -> Result<Scenarios, Box<(Problems, Sources)>> {
    let mut loader = Loader {
        sources: Sources::default(),
        problems: Problems::default(),
        defaults: Defaults::default(),
        trees: Vec::new(),
        levels: HashMap::new(),
        measured: Measured::default(),
        book,
    };
    let accounts = loader.files(files);
    loader.patches(patches);
    let mut all = Vec::new();
    for index in 0..loader.trees.len() {
        all.extend(loader.scenario(index));
    }
    loader.members(&accounts, &all);
    loader.standbys(&all);
    let Loader { sources, problems, defaults, .. } = loader;
    if problems.none_is_error() {
        Ok(Scenarios { all, accounts: accounts.map(|(a, _)| a).unwrap_or_default(), sources, warnings: problems, defaults })
    } else {
        Err(Box::new((problems, sources)))
    }
}

struct Loader<'a> {
    sources: Sources,
    problems: Problems,
    defaults: Defaults,
    /// Name of the environment and its tree.
    trees: Vec<(String, Node)>,
    /// The levels of requests before they were changed.
    levels: HashMap<String, Driver<CountRate>>,
    /// What was measured.
    measured: Measured,
    book: &'a PriceBook,
}

/// Where the level of requests stands.
const LEVEL: &str = "workload.requests.level";

impl Loader<'_> {
    /// Parses every file; gives what `accounts.yaml` says.
    fn files(&mut self, files: &[InputFile]) -> Option<(Accounts, Node)> {
        let mut accounts = None;
        for file in files.iter().filter(|file| file.file_name() != BUDGETS) {
            let id = self.sources.add(&file.name, &file.text);
            if measured::is_series(&file.name) {
                self.keep_series(&file.name, id);
                continue;
            }
            let Some(tree) = node::parse(&self.sources, id, &mut self.problems) else { continue };
            if file.file_name() == ACCOUNTS {
                accounts = read::<Accounts>(&tree, &[], &self.defaults, &mut self.problems).map(|a| (a, tree));
                continue;
            }
            if let Some(provenance) =
                tree.get("provenance").and_then(|n| read::<Provenance>(n, &[], &self.defaults, &mut Problems::default()))
            {
                self.defaults.set(id, provenance);
            }
            if let Some(name) = self.environment(&tree, file) {
                self.trees.push((name, tree));
            }
        }
        accounts
    }

    /// The name of the environment of a file, which is that of the file.
    fn environment(&mut self, tree: &Node, file: &InputFile) -> Option<String> {
        let stem = file.stem().unwrap_or(&file.name);
        let Some(node) = tree.get("environment") else {
            self.problems.push(
                Diagnostic::error(tree.at, "`environment` is missing")
                    .label("add it here")
                    .help(format!("`environment: {stem}`, the name of the file")),
            );
            return None;
        };
        let name = node.text().unwrap_or_default();
        if name != stem {
            self.problems.push(
                Diagnostic::error(node.at, format!("the environment `{name}` stands in a file of another name"))
                    .label(format!("the file is called `{stem}`"))
                    .help("give both the same name"),
            );
            return None;
        }
        Some(name.to_owned())
    }

    fn patches(&mut self, patches: &[Patch]) {
        for patch in patches {
            let Some(index) = self.trees.iter().position(|(name, _)| *name == patch.environment) else { continue };
            let base = self.inherited(index, &mut Vec::new());
            if patch.path == LEVEL && !self.levels.contains_key(&patch.environment) {
                let node = base.as_ref().and_then(|b| patch::find(b, &patch::steps(LEVEL)).ok());
                let level = node.and_then(|n| read(n, &[], &self.defaults, &mut Problems::default()));
                self.levels.extend(level.map(|l| (patch.environment.clone(), l)));
            }
            match patch.apply(&self.trees[index].1, base.as_ref(), &mut self.sources) {
                Ok(tree) => self.trees[index].1 = tree,
                Err(diagnostic) => self.problems.push(*diagnostic),
            }
        }
    }

    /// The level that a change asks for as a part of the one in the file.
    fn level(&self, environment: &str, workload: Option<&Workload>) -> Decimal {
        let (Some(stated), Some(now)) = (self.levels.get(environment), workload.map(|w| &w.requests.level)) else { return Decimal::ONE };
        let comparable = now.value.comparable(&stated.value);
        quotient(now.value.amount, stated.value.amount).filter(|_| comparable).unwrap_or(Decimal::ONE)
    }

    /// The tree of a file laid over what was measured for it and over those it inherits from.
    fn inherited(&mut self, index: usize, path: &mut Vec<usize>) -> Option<Node> {
        let own = self.trees[index].1.clone();
        let base = match own.get("inherits").filter(|n| n.kind != Kind::Null) {
            Some(node) => Some(self.base(index, node, path)?),
            None => None,
        };
        Some(self.over_base(base, &own))
    }

    /// The tree that a file inherits from.
    fn base(&mut self, index: usize, node: &Node, path: &mut Vec<usize>) -> Option<Node> {
        let wanted = node.text().unwrap_or_default();
        let at = node.at;
        path.push(index);
        let Some(base) = self.trees.iter().position(|(name, _)| *name == wanted) else {
            let near = nearest(wanted, self.trees.iter().map(|(n, _)| n.as_str()));
            self.problems.push(
                Diagnostic::error(at, format!("there is no scenario `{wanted}` to inherit from"))
                    .label(near.map_or_else(|| "no such file".to_owned(), |n| format!("did you mean `{n}`?")))
                    .help(format!("expected a file `{wanted}.yaml` beside this one")),
            );
            return None;
        };
        if path.contains(&base) {
            let names: Vec<&str> = path.iter().chain([&base]).map(|i| self.trees[*i].0.as_str()).collect();
            self.problems.push(
                Diagnostic::error(at, format!("inheritance goes round in a circle: {}", names.join(" → ")))
                    .label("leads back here")
                    .help("remove one of these `inherits`"),
            );
            return None;
        }
        self.inherited(base, path)
    }

    fn scenario(&mut self, index: usize) -> Option<Scenario> {
        let tree = self.inherited(index, &mut Vec::new())?;
        let tree = self.with_plan_of(tree)?;
        self.complete(tree)
    }

    /// A whole tree as a scenario.
    fn complete(&mut self, tree: Node) -> Option<Scenario> {
        let top: Option<Top> = read(&tree, &["resources"], &self.defaults, &mut self.problems);
        if let Some(region) = tree.get("region") {
            self.region(region);
        }
        let schedules: BTreeMap<String, Schedule> = top.as_ref().map(|t| t.schedules.clone()).unwrap_or_default();
        self.schedules(&tree, &schedules);
        if let (Some(workload), Some(node)) = (top.as_ref().and_then(|t| t.workload.as_ref()), tree.get("workload")) {
            workload.check(node, &mut self.problems);
        }
        let tags = top.as_ref().map(|t| t.tags.clone()).unwrap_or_default();
        let region: Arc<str> = top.as_ref().map_or("", |t| t.region.as_str()).into();
        let resources = self.resources(&tree, &schedules, &tags, &region);
        let top = top?;
        let lacks_demand = top.workload.is_none() && self.measured.lacks;
        let driven = !lacks_demand && demand::check(&tree, &resources, top.workload.as_ref(), &mut self.problems);
        behind::check(&tree, &resources, &mut self.problems);
        self.commitments(&tree, &top.commitments);
        if let Some(plan) = &top.plan {
            self.plan(&tree, plan, &resources, &top.commitments);
        }
        let name: Arc<str> = top.environment.as_str().into();
        let level = self.level(&name, top.workload.as_ref());
        Some(Scenario {
            title: top.title.unwrap_or_else(|| top.environment.clone()),
            account: top.account.map_or_else(|| name.clone(), Into::into),
            name,
            region,
            instead_of: top.instead_of,
            standby_of: top.standby_of,
            does_not_carry: top.does_not_carry,
            tags,
            plan: top.plan,
            workload: top.workload,
            by_name: resources.iter().enumerate().map(|(i, r)| (r.name.clone(), i)).collect(),
            resources,
            commitments: top.commitments,
            actuals: top.actuals,
            done: done::placed(top.done, &tree, &mut self.problems),
            level,
            tree,
            driven,
        })
    }

    /// `plan: {of: prod}` stands for what prod's own file says.
    fn with_plan_of(&mut self, mut tree: Node) -> Option<Node> {
        let Some(of) = tree.get("plan").and_then(|p| p.get("of")) else { return Some(tree) };
        let wanted = of.text().unwrap_or_default();
        let plan = self.trees.iter().find(|(name, _)| name == wanted).and_then(|(_, t)| t.get("plan")).filter(|p| p.get("of").is_none());
        let Some(plan) = plan.cloned() else {
            let near = nearest(wanted, self.trees.iter().filter(|(_, t)| t.get("plan").is_some()).map(|(n, _)| n.as_str()));
            self.problems.push(
                Diagnostic::error(of.at, format!("there is no scenario `{wanted}` with a plan of its own"))
                    .label(near.map_or_else(|| "no such plan".to_owned(), |n| format!("did you mean `{n}`?")))
                    .help("name an environment whose file states a plan, or state one here"),
            );
            return None;
        };
        if let Kind::Map(entries) = &mut tree.kind {
            entries.iter_mut().filter(|(key, _)| key.text == "plan").for_each(|(_, node)| *node = plan.clone());
        }
        Some(tree)
    }

    fn region(&mut self, node: &Node) {
        if let Err(why) = self.book.region(node.text().unwrap_or_default()) {
            self.problems.push(Diagnostic::error(node.at, why).help("`ce-cost prices list` shows the regions that have prices"));
        }
    }

    fn schedules(&mut self, tree: &Node, schedules: &BTreeMap<String, Schedule>) {
        for (name, schedule) in schedules {
            if let (Some(problem), Some(node)) = (schedule.problem(), tree.get("schedules").and_then(|n| n.get(name))) {
                self.problems.push(Diagnostic::error(node.at, format!("the schedule `{name}` is incomplete")).label(problem));
            }
        }
    }

    fn resources(&mut self, tree: &Node, schedules: &BTreeMap<String, Schedule>, tags: &Tags, region: &Arc<str>) -> Vec<Resource> {
        let Some(node) = tree.get("resources") else { return Vec::new() };
        if !matches!(node.kind, Kind::Map(_) | Kind::Null) {
            self.problems.push(
                Diagnostic::error(node.at, format!("`resources` holds {}", node.kind_name()))
                    .label("expected a name and, below it, a resource"),
            );
        }
        let mut list = Vec::new();
        for (key, node) in node.entries() {
            let before = self.problems.errors();
            if OUTSIDE_PLANS.contains(&key.text.as_str()) {
                self.problems.push(
                    Diagnostic::error(key.at, format!("`{}` is a name that bills use for something else", key.text))
                        .label("take another name"),
                );
            }
            let lent = self.lent(tree, node);
            let node = lent.as_ref().unwrap_or(node);
            if self.problems.errors() > before {
                continue;
            }
            let common: Option<Common> = match node.kind {
                Kind::Map(_) => self.common(node),
                _ => {
                    self.problems.push(
                        Diagnostic::error(node.at, format!("the resource `{}` is {}", key.text, node.kind_name()))
                            .label("expected `type:` and more below it"),
                    );
                    None
                }
            };
            let Some(common) = common else { continue };
            let schedule = self.schedule_of(node, common.schedule.as_deref(), schedules);
            if let Some(region) = node.get("region") {
                self.region(region);
            }
            let Some(kind) = self.kind(node, &common.kind) else { continue };
            let service = (kind.read)(node, &self.defaults, &mut self.problems);
            if let Some(service) = &service {
                service.check(&mut Check { resource: key.at, problems: &mut self.problems });
            }
            let Some(service) = service.filter(|_| self.problems.errors() == before) else { continue };
            let mut all = tags.clone();
            all.extend(common.tags);
            list.push(Resource {
                name: key.text.as_str().into(),
                title: common.title.unwrap_or_else(|| human(&key.text)),
                kind,
                region: common.region.map_or_else(|| region.clone(), Into::into),
                tags: Arc::new(all),
                schedule,
                at: key.at,
                service,
            });
        }
        list
    }

    /// A resource that is a part of another one, with what it takes from there: keys with their places, so that one driver moves both.
    fn lent(&mut self, tree: &Node, node: &Node) -> Option<Node> {
        let (wanted, keys) = ResourceKind::named(node.get("type")?.text()?)?.of?;
        let of = node.get("of")?;
        let name = of.text()?;
        let fits = |n: &Node| n.get("type").and_then(Node::text) == Some(wanted);
        let all = tree.get("resources").map(Node::entries).unwrap_or_default();
        let Some((_, lender)) = all.iter().find(|(k, n)| k.text == name && fits(n)) else {
            let near = nearest(name, all.iter().filter(|(_, n)| fits(n)).map(|(k, _)| k.text.as_str()));
            self.problems.push(
                Diagnostic::error(of.at, format!("there is no {wanted} `{name}` here"))
                    .label(near.map_or_else(|| "unknown".to_owned(), |n| format!("did you mean `{n}`?"))),
            );
            return None;
        };
        let mut whole = node.clone();
        if let Kind::Map(entries) = &mut whole.kind {
            let missing = |k: &str| keys.contains(&k) && node.get(k).is_none();
            entries.extend(lender.entries().iter().filter(|(k, _)| missing(&k.text)).cloned());
        }
        Some(whole)
    }

    /// The keys that every resource has; those of its type are checked later.
    fn common(&mut self, node: &Node) -> Option<Common> {
        let others: Vec<&str> = node.entries().iter().map(|(k, _)| k.text.as_str()).filter(|k| !COMMON_KEYS.contains(k)).collect();
        read(node, &others, &self.defaults, &mut self.problems)
    }

    fn kind(&mut self, node: &Node, name: &str) -> Option<&'static ResourceKind> {
        let found = ResourceKind::named(name);
        if found.is_none() {
            let at = node.get("type").map_or(node.at, |n| n.at);
            let near = nearest(name, KINDS.iter().map(|k| k.name));
            let all: Vec<&str> = KINDS.iter().map(|k| k.name).collect();
            self.problems.push(
                Diagnostic::error(at, format!("there is no resource type `{name}`"))
                    .label(near.map_or_else(|| "unknown".to_owned(), |n| format!("did you mean `{n}`?")))
                    .help(format!("known here: {}", all.join(", "))),
            );
        }
        found
    }

    fn schedule_of(&mut self, node: &Node, name: Option<&str>, schedules: &BTreeMap<String, Schedule>) -> Option<Schedule> {
        let name = name?;
        let found = schedules.get(name).cloned();
        if found.is_none() {
            let at = node.get("schedule").map_or(node.at, |n| n.at);
            let near = nearest(name, schedules.keys().map(String::as_str));
            self.problems.push(
                Diagnostic::error(at, format!("there is no schedule `{name}`"))
                    .label(near.map_or_else(|| "unknown".to_owned(), |n| format!("did you mean `{n}`?")))
                    .help("schedules stand under `schedules:` at the top of the file"),
            );
        }
        found
    }

    fn commitments(&mut self, tree: &Node, commitments: &[Commitment]) {
        let nodes: &[Node] = match tree.get("commitments").map(|n| &n.kind) {
            Some(Kind::List(items)) => items,
            _ => &[],
        };
        for (number, (commitment, node)) in commitments.iter().zip(nodes).enumerate() {
            // Rows of a bill are told apart by it.
            if commitments[..number].iter().any(|c| c.id == commitment.id) {
                let at = node.get("id").map_or(node.at, |n| n.at);
                self.problems.push(
                    Diagnostic::error(at, format!("two commitments are called `{}`", commitment.id))
                        .label("the second one")
                        .help("give it another `id`"),
                );
            }
            if let Some(problem) = commitment.problem() {
                self.problems.push(Diagnostic::error(node.at, format!("the commitment `{}` is incomplete", commitment.id)).label(problem));
            }
        }
    }

    /// A plan that names a resource which is not there would claim nothing, silently.
    fn plan(&mut self, tree: &Node, plan: &Plan, resources: &[Resource], commitments: &[Commitment]) {
        let section = |key: &str| match tree.get("plan").and_then(|n| n.get(key)).map(|n| &n.kind) {
            Some(Kind::List(items)) => items.clone(),
            _ => Vec::new(),
        };
        let matches = plan.lines.iter().map(|l| &l.matches).chain(plan.outside.iter().map(|o| &o.matches));
        for (rule, node) in matches.zip(section("lines").into_iter().chain(section("outside"))) {
            let at = node.get("match").map_or(node.at, |n| n.at);
            if rule.is_empty() {
                self.problems
                    .push(Diagnostic::error(at, "this matches every charge").label("say which: `resource`, `service` or `usage_type`"));
            }
            for wanted in rule.resource.0.iter().filter(|w| !w.contains('*')) {
                let known = || resources.iter().map(|r| r.name.as_ref()).chain(commitments.iter().map(|c| c.id.as_str()));
                if !known().any(|k| k == wanted) && self.problems.none_is_error() {
                    let near = nearest(wanted, known());
                    self.problems.push(
                        Diagnostic::error(at, format!("the plan speaks of `{wanted}`, which is no resource here"))
                            .label(near.map_or_else(|| "unknown".to_owned(), |n| format!("did you mean `{n}`?"))),
                    );
                }
            }
        }
        let stated = plan.lines.iter().map(|l| l.stated).sum::<crate::money::Usd>();
        if !plan.lines.is_empty()
            && stated != plan.total
            && let Some(node) = tree.get("plan").and_then(|n| n.get("total"))
        {
            self.problems.push(
                Diagnostic::error(node.at, format!("the plan's lines add up to {stated} USD, its total says {}", plan.total))
                    .label("expected the sum of the lines")
                    .warning(),
            );
        }
    }

    /// Who stands by does so for an environment that is there, in another region, and is the only one.
    fn standbys(&mut self, all: &[Scenario]) {
        let mut seen: Vec<&str> = Vec::new();
        for scenario in all {
            let (Some(of), Some(node)) = (scenario.standby_of.as_deref(), scenario.tree.get("standby_of")) else { continue };
            let error = |message: String| Diagnostic::error(node.at, message);
            match all.iter().find(|s| s.name.as_ref() == of) {
                None if !self.trees.iter().any(|(n, _)| n == of) => {
                    let near = nearest(of, all.iter().map(|s| s.name.as_ref()));
                    self.problems.push(
                        error(format!("there is no scenario `{of}` to stand by for"))
                            .label(near.map_or_else(|| "no such file".to_owned(), |n| format!("did you mean `{n}`?")))
                            .help(format!("expected a file `{of}.yaml` beside this one")),
                    );
                }
                Some(primary) if !scenario.does_not_carry.iter().all(|r| primary.resource(r).is_some()) => {
                    self.not_there(scenario, primary);
                }
                Some(primary) if primary.region == scenario.region => self.problems.push(
                    error(format!("`{}` stands by for `{of}` in the same region", scenario.name))
                        .label(format!("both are in {}", scenario.region))
                        .help("a standby that is to outlive its environment's region runs in another one"),
                ),
                // One that takes another's place is a variant of it.
                _ if scenario.instead_of.is_some() => {}
                _ if seen.contains(&of) => {
                    self.problems.push(error(format!("`{of}` has two environments that stand by for it")).label("the second one"));
                }
                _ => seen.push(of),
            }
        }
    }

    /// A resource that is not carried although it is none would be carried under its right name, silently.
    fn not_there(&mut self, standby: &Scenario, primary: &Scenario) {
        let Some(Kind::List(items)) = standby.tree.get("does_not_carry").map(|n| &n.kind) else { return };
        for (name, item) in standby.does_not_carry.iter().zip(items).filter(|(name, _)| primary.resource(name).is_none()) {
            let near = nearest(name, primary.resources.iter().map(|r| r.name.as_ref()));
            self.problems.push(
                Diagnostic::error(item.at, format!("`{}` has no resource `{name}`", primary.name))
                    .label(near.map_or_else(|| "unknown".to_owned(), |n| format!("did you mean `{n}`?"))),
            );
        }
    }
}

/// "nat-gateway-2" as "Nat gateway 2".
fn human(key: &str) -> String {
    let words = key.replace(['-', '_'], " ");
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}
