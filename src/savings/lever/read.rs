//! Lever files: read with every error at once, each with its place.

use std::collections::BTreeSet;

use super::{ANY, Buy, Lever};
use schemars::SchemaGenerator;

use crate::diagnostic::{Diagnostic, Problems, nearest};
use crate::pricing::{PriceBook, Term};
use crate::quantity::magnitude;
use crate::savings::stated;
use crate::scenario::node::{self, Kind, Node};
use crate::scenario::part;
use crate::scenario::patch;
use crate::scenario::read::{Defaults, read};
use crate::scenario::{InputFile, Scenarios};
use crate::services::ResourceKind;
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
        read.extend(lever(&tree, &mut problems).map(|lever| (lever, tree, file.stem().unwrap_or(file.file_name()).to_owned())));
    }
    let ids: BTreeSet<String> = read.iter().map(|(l, ..)| l.id.clone()).collect();
    for (lever, tree, stem) in &read {
        let mut check = Check { lever, tree, scenarios, ids: &ids, problems: &mut problems };
        check.name(stem);
        check.environments();
        check.others();
        check.purchases();
        check.conditions();
        check.base();
        check.plan();
        check.reason();
    }
    circles(&read, &mut problems);
    let list = read.into_iter().map(|(lever, ..)| lever).collect();
    if problems.none_is_error() { Ok(Levers { list, sources }) } else { Err(Box::new((problems, sources))) }
}

impl Levers {
    /// Lays every lever over the environments that it names, alone, and looks up the services of what is bought.
    ///
    /// # Errors
    /// Changes that a scenario cannot take, and services that the book does not have.
    pub fn check(&self, scenarios: &Scenarios, book: &PriceBook) -> Result<(), Box<(Problems, Sources)>> {
        let unknown = self.unknown_services(book);
        let mut all = (!unknown.none_is_error()).then(|| Box::new((unknown, self.sources.clone())));
        for lever in &self.list {
            // What was written for other numbers is told in the analysis.
            for scenario in scenarios.all.iter().filter(|s| lever.names(s) && lever.misfit(s).is_none()) {
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

impl Levers {
    fn unknown_services(&self, book: &PriceBook) -> Problems {
        let known: BTreeSet<&str> = book.rows().iter().map(|r| r.service.as_str()).collect();
        let mut problems = Problems::default();
        for lever in &self.list {
            let services = lever.buys.values().flatten().filter_map(|b| Some((b, b.service.as_deref()?)));
            for (buy, service) in services.filter(|(_, service)| !known.contains(service)) {
                let message = format!("the price book has no service `{service}`, which `{}` reserves", buy.id);
                let label = nearest(service, known.iter().copied()).map_or_else(|| "unknown".into(), |n| format!("did you mean `{n}`?"));
                let problem = lever.at.map_or_else(|| Diagnostic::general(&message), |at| Diagnostic::error(at, &message).label(&label));
                problems.push(problem);
            }
        }
        problems
    }
}

/// Whether a type of resource has a field.
fn can_state(kind: &ResourceKind, field: &str) -> bool {
    let schema = (kind.schema)(&mut SchemaGenerator::default());
    schema.get("properties").is_some_and(|fields| fields.get(field).is_some())
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
        for key in ["changes", "buys", "base"] {
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
            let mut ids = BTreeSet::new();
            for (buy, node) in buys.iter().zip(nodes) {
                if !ids.insert(buy.id.as_str()) {
                    let problem = Diagnostic::error(node.at, format!("two purchases are called `{}`", buy.id)).label("the second one");
                    self.problems.push(problem.help("bills tell them apart by `id`"));
                }
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
            let bounded = condition.least.is_some() || condition.most.is_some();
            if condition.says.is_none() && condition.resource.is_none() && condition.has.is_none() && !bounded {
                let problem = Diagnostic::error(node.at, "this condition says nothing").label("empty");
                self.problems.push(problem.help("state `says` in words, a `resource` that is there, or a value that it `has`"));
            }
            if bounded != condition.at.is_some() {
                let problem = Diagnostic::error(node.at, "a bound needs a value that it bounds").label("incomplete");
                self.problems.push(problem.help("state `at` and `least` or `most`: {at: cdn.geographies.us.out, most: 50 TB/month}"));
            }
            for key in ["least", "most"] {
                self.number(node.get(key));
            }
            let resource = condition.resource.as_ref().map(|name| ("resource", format!("resources.{name}")));
            let has = condition.has.as_ref().map(|path| ("has", path.clone()));
            let at = condition.at.as_ref().map(|path| ("at", path.clone()));
            for (key, path) in resource.into_iter().chain(has).chain(at) {
                if let Some(near) = self.misspelt(&path) {
                    let at = node.get(key).map_or(node.at, |n| n.at);
                    let problem = Diagnostic::error(at, format!("no environment has `{}`", path.trim_start_matches("resources.")));
                    self.problems.push(problem.label(format!("did you mean `{near}`?")));
                }
            }
        }
    }

    /// What is no number.
    fn number(&mut self, node: Option<&Node>) {
        if let Some(node) = node.filter(|n| n.text().is_none_or(|text| magnitude(text).is_none())) {
            let problem = Diagnostic::error(node.at, "a number was expected").label("none");
            self.problems.push(problem.help("write it as a scenario does: `50 TB/month`, `125 M requests/month`"));
        }
    }

    /// The values for which its numbers were written stand in the environments that it names.
    fn base(&mut self) {
        for (environment, of) in self.tree.get("base").map(Node::entries).unwrap_or_default() {
            let Some(scenario) = self.scenarios.named(&environment.text) else { continue };
            for (path, value) in of.entries() {
                self.number(Some(value));
                if part::stated(&path.text, &scenario.tree).is_none() {
                    let problem = Diagnostic::error(path.at, format!("{} states no number at `{}`", scenario.name, path.text));
                    self.problems.push(problem.label("nothing to hold against"));
                }
            }
        }
    }

    /// The step that a path probably means, where no environment has the path. What no environment is like may still come one day, and
    /// what a resource of that type can state is no mistake.
    fn misspelt(&self, path: &str) -> Option<String> {
        let steps = patch::steps(path);
        if let [_, name, field, ..] = steps.as_slice()
            && self.scenarios.all.iter().filter_map(|s| s.resource(name)).any(|resource| can_state(resource.kind, field))
        {
            return None;
        }
        let missing = |tree: &Node| {
            let mut node = tree.clone();
            for step in &steps {
                let Some(next) = node.get(step).cloned() else {
                    return Err(nearest(step, node.entries().iter().map(|(key, _)| key.text.as_str())).map(str::to_owned));
                };
                node = next;
            }
            Ok(())
        };
        let found: Vec<Result<(), Option<String>>> = self.scenarios.all.iter().map(|s| missing(&s.tree)).collect();
        if found.iter().any(Result::is_ok) { None } else { found.into_iter().find_map(|f| f.err().flatten()) }
    }

    /// Amounts that a reason cannot hold.
    fn reason(&mut self) {
        let Some(reason) = &self.lever.reason else { return };
        for name in reason.text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)) {
            if !matches!(name, "on" | "stated") {
                let problem = Diagnostic::error(self.at(&["reason", "text"]), format!("a reason has no `{{{name}}}`")).label("unknown");
                self.problems.push(problem.help("`{on}` is what the charges of its `on` come to, `{stated}` what the plan states"));
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
