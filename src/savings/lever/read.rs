//! Lever files: read with every error at once, each with its place.

use std::collections::BTreeSet;

use super::{ANY, Buy, Lever};
use crate::diagnostic::{Diagnostic, Problems, nearest};
use crate::pricing::{PriceBook, Term};
use crate::savings::stated;
use crate::scenario::node::{self, Kind, Node};
use crate::scenario::read::{Defaults, read};
use crate::scenario::{InputFile, Scenarios};
use crate::source::{Place, Sources};

/// All levers, with every file behind them and the scenarios.
#[derive(Clone, Debug, Default)]
pub struct Levers {
    /// In the order of their files' names.
    pub list: Vec<Lever>,
    /// The scenarios' files, then those of the levers.
    pub sources: Sources,
}

/// Reads lever files.
///
/// # Errors
/// Everything that is wrong with them.
pub fn load(files: &[InputFile], scenarios: &Scenarios) -> Result<Levers, Box<(Problems, Sources)>> {
    let mut sources = scenarios.sources.clone();
    let mut problems = Problems::default();
    let mut read = Vec::new();
    for file in files {
        let id = sources.add(&file.name, &file.text);
        let Some(tree) = node::parse(&sources, id, &mut problems) else { continue };
        read.extend(lever(&tree, &mut problems).map(|lever| (lever, tree, stem(&file.name).to_owned())));
    }
    let ids: BTreeSet<String> = read.iter().map(|(l, ..)| l.id.clone()).collect();
    for (lever, tree, stem) in &read {
        let mut check = Check { lever, tree, scenarios, ids: &ids, problems: &mut problems };
        check.name(stem);
        check.environments();
        check.others();
        check.purchases();
        check.conditions();
        check.plan();
    }
    circles(&read, &mut problems);
    let list = read.into_iter().map(|(lever, ..)| lever).collect();
    if problems.none_is_error() { Ok(Levers { list, sources }) } else { Err(Box::new((problems, sources))) }
}

impl Levers {
    /// Lays every lever over the environments that it names, alone.
    ///
    /// # Errors
    /// Changes that a scenario cannot take.
    pub fn check(&self, scenarios: &Scenarios, book: &PriceBook) -> Result<(), Box<(Problems, Sources)>> {
        let mut all: Option<Box<(Problems, Sources)>> = None;
        for lever in &self.list {
            for scenario in scenarios.all.iter().filter(|s| lever.names(s)) {
                let Err(wrong) = scenarios.changed(scenario, &lever.patches(scenario), book, &self.sources) else { continue };
                match &mut all {
                    Some(all) => all.0.extend(wrong.0),
                    None => all = Some(wrong),
                }
            }
        }
        all.map_or(Ok(()), Err)
    }
}

fn stem(name: &str) -> &str {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    file.strip_suffix(".yaml").or(file.strip_suffix(".yml")).unwrap_or(file)
}

fn lever(tree: &Node, problems: &mut Problems) -> Option<Lever> {
    let mut lever: Lever = read(tree, &[], &Defaults::default(), problems)?;
    let changes = tree.get("changes").map(Node::entries).unwrap_or_default();
    let paths = |node: &Node| node.entries().iter().map(|(path, value)| (path.text.clone(), value.clone())).collect();
    lever.patches = changes.iter().map(|(environment, node)| (environment.text.clone(), paths(node))).collect();
    lever.at = tree.get("id").map(|n| n.at);
    Some(lever)
}

/// A chain of `after` or `needs` that comes back to where it began has no order.
fn circles(read: &[(Lever, Node, String)], problems: &mut Problems) {
    for (lever, tree, _) in read {
        let (mut seen, mut open) = (BTreeSet::new(), vec![lever.id.as_str()]);
        while let Some(id) = open.pop() {
            let next = read.iter().filter(|(l, ..)| l.id == id).flat_map(|(l, ..)| l.after.iter().chain(&l.needs));
            open.extend(next.map(String::as_str).filter(|n| seen.insert(*n)));
        }
        if seen.contains(lever.id.as_str()) {
            let at = tree.get("after").or(tree.get("needs")).map_or(tree.at, |n| n.at);
            problems.push(
                Diagnostic::error(at, format!("`{}` comes after itself", lever.id))
                    .label("leads back here")
                    .help("remove one of these `after` or `needs`"),
            );
        }
    }
}

struct Check<'a> {
    lever: &'a Lever,
    tree: &'a Node,
    scenarios: &'a Scenarios,
    ids: &'a BTreeSet<String>,
    problems: &'a mut Problems,
}

impl Check<'_> {
    /// The place of a value, or that of the file.
    fn at(&self, path: &[&str]) -> Place {
        path.iter().try_fold(self.tree, |node, key| node.get(key)).map_or(self.tree.at, |n| n.at)
    }

    fn name(&mut self, stem: &str) {
        if self.lever.id != stem {
            let problem = Diagnostic::error(self.at(&["id"]), format!("the lever `{}` stands in a file of another name", self.lever.id))
                .label(format!("the file is called `{stem}`"));
            self.problems.push(problem.help("give both the same name"));
        }
        if self.lever.patches.is_empty() && self.lever.buys.is_empty() {
            let problem = Diagnostic::error(self.at(&["id"]), format!("the lever `{}` does nothing", self.lever.id));
            self.problems.push(problem.label("neither `changes` nor `buys`").help("state `changes: {prod: {core.tasks.max: 10}}`"));
        }
    }

    fn environments(&mut self) {
        let names: Vec<&str> = self.scenarios.all.iter().map(|s| s.name.as_ref()).collect();
        for key in ["changes", "buys"] {
            for (name, _) in self.tree.get(key).map(Node::entries).unwrap_or_default() {
                if name.text == ANY || names.contains(&name.text.as_str()) {
                    continue;
                }
                let near = nearest(&name.text, names.iter().copied());
                let label = near.map_or_else(|| "unknown".to_owned(), |n| format!("did you mean `{n}`?"));
                let problem = Diagnostic::error(name.at, format!("there is no environment `{}`", name.text)).label(label);
                self.problems.push(problem.help(format!("there are {}, and `{ANY}` for every one", names.join(", "))));
            }
        }
    }

    /// Levers that it names.
    fn others(&mut self) {
        let own = self.lever.id.as_str();
        for key in ["excludes", "needs", "after"] {
            let Some(Kind::List(items)) = self.tree.get(key).map(|n| &n.kind) else { continue };
            for item in items {
                let id = item.text().unwrap_or_default();
                let problem = match self.ids.contains(id) {
                    _ if id == own => Diagnostic::error(item.at, format!("`{own}` names itself")).label("another lever was expected"),
                    true => continue,
                    false => {
                        let near = nearest(id, self.ids.iter().map(String::as_str));
                        Diagnostic::error(item.at, format!("there is no lever `{id}`"))
                            .label(near.map_or_else(|| "no such file".to_owned(), |n| format!("did you mean `{n}`?")))
                    }
                };
                self.problems.push(problem);
            }
        }
        if let Some(both) = self.lever.excludes.intersection(&self.lever.needs).next() {
            let problem = Diagnostic::error(self.at(&["needs"]), format!("`{own}` needs `{both}` and excludes it"));
            self.problems.push(problem.label("it could never be done").help("keep one of the two"));
        }
    }

    fn purchases(&mut self) {
        for (environment, buys) in &self.lever.buys {
            let nodes = match self.tree.get("buys").and_then(|n| n.get(environment)).map(|n| &n.kind) {
                Some(Kind::List(items)) => items.as_slice(),
                _ => &[],
            };
            for (buy, node) in buys.iter().zip(nodes) {
                if let Some(problem) = problem(buy) {
                    let what = Diagnostic::error(node.at, format!("the purchase `{}` is incomplete", buy.id)).label(problem);
                    self.problems.push(what);
                }
            }
        }
    }

    fn conditions(&mut self) {
        let nodes = match self.tree.get("when").map(|n| &n.kind) {
            Some(Kind::List(items)) => items.as_slice(),
            _ => &[],
        };
        for (condition, node) in self.lever.when.iter().zip(nodes) {
            if condition.says.is_none() && condition.resource.is_none() && condition.has.is_none() {
                let problem = Diagnostic::error(node.at, "this condition says nothing").label("empty");
                self.problems.push(problem.help("state `says` in words, a `resource` that is there, or a value that it `has`"));
            }
        }
    }

    /// The plan's own arithmetic must give what it states.
    fn plan(&mut self) {
        let Some(plan) = &self.lever.plan else { return };
        for (key, name) in [("environment", plan.environment.as_str()), ("counted_in", plan.counted_in())] {
            if self.scenarios.named(name).is_none() {
                let near = nearest(name, self.scenarios.all.iter().map(|s| s.name.as_ref()));
                let label = near.map_or_else(|| "unknown".to_owned(), |n| format!("did you mean `{n}`?"));
                let problem = Diagnostic::error(self.at(&["plan", key]), format!("there is no environment `{name}`")).label(label);
                self.problems.push(problem);
                return;
            }
        }
        if let Err(why) = stated::reproduce(plan, self.scenarios) {
            let problem = Diagnostic::error(self.at(&["plan", "basis"]), why.message).label(why.label);
            self.problems.push(problem.help(why.help));
        }
    }
}

/// What is wrong with a purchase, if anything.
fn problem(buy: &Buy) -> Option<&'static str> {
    let reservation = buy.service.is_some() && buy.usage_type.is_some() && buy.count.is_some();
    match buy.term {
        Term::Reserved { .. } if reservation && buy.hourly.is_none() && buy.part.is_none() => None,
        Term::Reserved { .. } => Some("a reservation has `service`, `usage_type`, `operation` and `count: running`"),
        Term::SavingsPlan { .. } if buy.hourly.is_some() && buy.count.is_none() && buy.service.is_none() => None,
        Term::SavingsPlan { .. } => Some("a savings plan has `hourly: eligible`, and no `service` or `count`"),
        Term::OnDemand | Term::Spot => Some("only reservations and savings plans are bought beforehand"),
    }
}
