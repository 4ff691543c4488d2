//! Right-sizing: from measured CPU and memory to the smallest sizes and task ranges that keep utilisation in a band.
//!
//! Busy times are the 95th percentile of the series. What a service uses, in vCPUs, is the used part of what its tasks have; the
//! memory of a task is taken to stay what it is where the task does less, and to grow with its work where it does more. Every legal size with enough memory is tried out: the measured
//! load is lived through minute by minute on tasks of that size, as AWS scales them ([`trial`]). Sizes are compared by the list
//! price of their task-hours; what the proposal saves is the difference of two bills, and what it risks are minutes in which more
//! was asked for than the working tasks have.

mod choose;
mod document;
mod lines;
mod load;
mod subject;
pub mod trial;

use rust_decimal::Decimal;

use self::choose::{Candidate, Found, choose};
pub use self::document::{Change, Fitted, RightSizing, Shape, Verdict};
use self::lines::Writer;
use self::load::{Load, Running};
use self::subject::{Subject, gb, vcpu};
use self::trial::Band;
use crate::bill::Bill;
use crate::money::{Usd, quotient};
use crate::predict::{self, Basis};
use crate::pricing::PriceBook;
use crate::quantity::{exact, per_cent};
use crate::scenario::node::Node;
use crate::scenario::patch::{self, Patch};
use crate::scenario::{self, InputFile, Scenario, Scenarios};
use crate::statistic::{quantity, share};
use crate::workload::measured::utilisation::Utilisation;

/// How far measured tasks may be from stated ones without a word.
const NEAR: Decimal = Decimal::from_parts(2, 0, 0, false, 2);

/// What is asked.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// The scenario files.
    pub files: &'a [InputFile],
    /// The prices.
    pub book: &'a PriceBook,
    /// The environment.
    pub environment: &'a str,
    /// The month, on which conventions.
    pub basis: Basis,
    /// How busy its services were.
    pub measured: &'a Utilisation,
    /// Where utilisation is to be kept.
    pub band: Band,
    /// The day from which it is computed, for the head.
    pub as_of: &'a str,
}

/// A service on the way to its proposal.
struct Judged {
    fitted: Fitted,
    /// What was measured otherwise than the scenario states.
    base: Vec<Patch>,
    /// The proposal.
    patches: Vec<Patch>,
    notes: Vec<String>,
}

/// Finds a size for every service that was measured.
///
/// # Errors
/// Words for the user: a service that is not there, a size without a price, measurements that suffice for none.
pub fn rightsize(ask: &Ask<'_>) -> Result<RightSizing, String> {
    let (scenarios, bill) = ask.bill(&[])?;
    let scenario = scenarios.named(ask.environment).ok_or_else(|| format!("there is no environment `{}`", ask.environment))?;
    let (mut subjects, mut failures) = (Vec::new(), Vec::new());
    for (name, busy) in &ask.measured.services {
        match Subject::of(scenario, name, &bill, ask.basis) {
            Ok(subject) => subjects.push((subject, busy)),
            Err(why) => failures.push(why),
        }
    }
    if !failures.is_empty() {
        return Err(failures.join("\nerror: "));
    }
    let when = ask.when();
    let writer = Writer { environment: ask.environment, when: &when };
    let mut judged = Vec::new();
    for (subject, busy) in &subjects {
        let running =
            Running { cpu: subject.service.task.cpu.value.0, memory: subject.service.task.memory.value.0, average: subject.average };
        judged.push(match Load::of(busy, ask.measured, &running, subject.is_switched()) {
            Ok(load) => ask.judge(subject, &load, &writer)?,
            Err(why) => unknown(subject, why),
        });
    }
    if judged.iter().all(|j| j.fitted.verdict == Verdict::Unknown) {
        let all: Vec<String> = judged.iter().map(|j| format!("{}: {}", j.fitted.service, j.fitted.why)).collect();
        return Err(all.join("\nerror: "));
    }
    let mut found = ask.document(judged)?;
    found.notes.extend(inherited(&scenarios, ask.environment).filter(|_| !found.changes.is_empty()));
    Ok(found)
}

/// Says which environments take over what is written for one.
fn inherited(scenarios: &Scenarios, environment: &str) -> Option<String> {
    let inherits = |s: &&Scenario| s.tree.get("inherits").and_then(Node::text) == Some(environment);
    let names: Vec<&str> = scenarios.all.iter().filter(inherits).map(|s| s.name.as_ref()).collect();
    let (what, verb) = (names.join(", "), if names.len() == 1 { "inherits" } else { "inherit" });
    (!names.is_empty())
        .then(|| format!("{what} {verb} from {environment}: where they do not state a size or a range themselves they get the new one"))
}

impl Ask<'_> {
    /// The scenarios with changes, and the environment's part of their bill.
    fn bill(&self, patches: &[&Patch]) -> Result<(Scenarios, Bill), String> {
        let patches: Vec<Patch> = patches.iter().map(|p| (*p).clone()).collect();
        let scenarios = scenario::load(self.files, self.book, &patches).map_err(|e| e.0.render(&e.1, false))?;
        let environment = scenarios.named(self.environment).ok_or_else(|| format!("there is no environment `{}`", self.environment))?;
        let bill = predict::bill(&scenarios, environment, self.book, self.basis).map_err(|e| e.to_string())?.cut(self.environment);
        Ok((scenarios, bill))
    }

    /// What a bill of the environment comes to with changes, fees of commitments spread over their terms.
    fn cost<'p>(&self, patches: impl Iterator<Item = &'p Patch>) -> Result<Usd, String> {
        let (_, bill) = self.bill(&patches.collect::<Vec<_>>())?;
        Ok(bill.charges.iter().map(|c| c.effective).sum())
    }

    /// "21 days to 2026-11-22".
    fn when(&self) -> String {
        let (start, end) = (self.measured.start, self.measured.end());
        format!("{} days to {}", (end - start).num_days(), end.date())
    }

    fn judge(&self, subject: &Subject<'_>, load: &Load, writer: &Writer<'_>) -> Result<Judged, String> {
        let scales = subject.scales(self.measured.start);
        let found = choose(load, subject, &scales, self.band, self.book, self.basis.month)?;
        let measured = load.tasks.and_then(quantity);
        let base: Vec<Patch> = measured.and_then(|tasks| writer.average(subject, tasks)).into_iter().collect();
        let now = before(subject, load, measured);
        let (verdict, why) = self.verdict(subject, load, &found);
        let taken = found.best.filter(|_| verdict == Verdict::Resize);
        let patches = taken.as_ref().map(|best| writer.proposal(subject, best)).unwrap_or_default();
        let fitted = Fitted {
            service: subject.resource.name.to_string(),
            verdict,
            why,
            now,
            proposed: taken.map(|best| after(subject, load, &best, self.band)),
            saving: Usd::ZERO,
            excluded: found.excluded,
        };
        Ok(Judged { fitted, base, patches, notes: notes(subject, load, measured) })
    }

    /// What to do, and why.
    fn verdict(&self, subject: &Subject<'_>, load: &Load, found: &Found) -> (Verdict, String) {
        let Band { low, high } = self.band;
        let (cpu, memory) = (share(load.cpu).unwrap_or_default(), share(load.memory).unwrap_or_default());
        let band = format!("{}–{}", exact(low * Decimal::ONE_HUNDRED), per_cent(high));
        if (low..=high).contains(&cpu) && memory <= high {
            return (Verdict::Keep, format!("p95 of the CPU is {}, within {band}", per_cent(cpu)));
        }
        let Some(best) = &found.best else {
            return (Verdict::Unknown, "no size that AWS offers has the memory that a task uses".into());
        };
        let short = cpu > high || memory > high;
        if !short && best.cost >= found.today {
            return (Verdict::Keep, format!("p95 of the CPU is {}, below {band}, but no other size or range costs less", per_cent(cpu)));
        }
        let moves = if subject.scales(self.measured.start).moves() { "" } else { "; its tasks do not scale: so many run always" };
        let (what, is) = if memory > high && cpu <= high { ("memory", memory) } else { ("the CPU", cpu) };
        let side = if is > high { "above" } else { "below" };
        (Verdict::Resize, format!("p95 of {what} is {}, {side} {band}{moves}", per_cent(is)))
    }

    /// Adds what the proposals save, each by itself and all together.
    fn document(&self, mut judged: Vec<Judged>) -> Result<RightSizing, String> {
        let base: Vec<Patch> = judged.iter().flat_map(|j| j.base.clone()).collect();
        let before = self.cost(base.iter())?;
        for j in judged.iter_mut().filter(|j| !j.patches.is_empty()) {
            j.fitted.saving = before - self.cost(base.iter().chain(&j.patches))?;
        }
        let patches: Vec<Patch> = judged.iter().flat_map(|j| j.patches.clone()).collect();
        let saving = before - self.cost(base.iter().chain(&patches))?;
        let throttled = judged.iter().filter_map(|j| j.fitted.proposed.as_ref()?.throttled_minutes.as_ref());
        let throttled: Decimal = throttled.filter_map(|t| t.parse::<Decimal>().ok()).sum();
        let share = |s: Decimal| exact(s);
        Ok(RightSizing {
            schema: "ce-cost/rightsize/1".into(),
            environment: self.environment.into(),
            currency: "USD".into(),
            as_of: self.as_of.into(),
            month: self.basis.month.to_string(),
            measured_from: self.measured.start.to_string(),
            measured_to: self.measured.end().to_string(),
            interval_minutes: self.measured.step_minutes.to_string(),
            target: [share(self.band.low), share(self.band.high)],
            saving,
            throttled_minutes: exact(throttled),
            changes: patches
                .iter()
                .map(|p| Change { path: p.path.clone(), value: p.value.text().unwrap_or_default().to_owned() })
                .collect(),
            yaml: written(&patches),
            notes: self
                .measured
                .notes
                .iter()
                .cloned()
                .chain(averaged(self.measured))
                .chain(judged.iter().flat_map(|j| j.notes.clone()))
                .collect(),
            services: judged.into_iter().map(|j| j.fitted).collect(),
        })
    }
}

/// Changes as lines of a file. What stands in a list is named by its place: lists are written whole.
fn written(patches: &[Patch]) -> String {
    let in_list = |p: &&Patch| p.path.split('.').any(|s| s.parse::<usize>().is_ok());
    let mut out = patch::lines(patches.iter().filter(|p| !in_list(p)));
    for patch in patches.iter().filter(in_list) {
        out.push_str(&format!("# {}: {}\n", patch.path, patch.value.text().unwrap_or_default()));
    }
    out
}

/// A service of which nothing can be said.
fn unknown(subject: &Subject<'_>, why: String) -> Judged {
    let fitted = Fitted {
        service: subject.resource.name.to_string(),
        verdict: Verdict::Unknown,
        why,
        now: shape(subject, subject.average),
        proposed: None,
        saving: Usd::ZERO,
        excluded: Vec::new(),
    };
    Judged { fitted, base: Vec::new(), patches: Vec::new(), notes: Vec::new() }
}

/// What the scenario says.
fn shape(subject: &Subject<'_>, average: Decimal) -> Shape {
    let service = &subject.service;
    let target = subject.cpu_policy().and_then(|(_, p)| p.target.as_ref());
    Shape {
        cpu: vcpu(service.task.cpu.value.0),
        memory: gb(service.task.memory.value.0),
        min: exact(service.tasks.min.value.0),
        max: exact(service.tasks.max.value.0),
        average: exact(average.round_dp(2)),
        cpu_target: target.map(|t| exact(crate::quantity::Quantity::decimal(&t.value))),
        cpu_p95: None,
        memory_p95: None,
        throttled_minutes: None,
    }
}

fn before(subject: &Subject<'_>, load: &Load, measured: Option<Decimal>) -> Shape {
    Shape {
        cpu_p95: share(load.cpu).map(exact),
        memory_p95: share(load.memory).map(exact),
        throttled_minutes: Some(a_month(load.full, load, subject)),
        ..shape(subject, measured.unwrap_or(subject.average))
    }
}

fn after(subject: &Subject<'_>, load: &Load, best: &Candidate, band: Band) -> Shape {
    let used = choose::memory_used(load, best.cpu, subject.service.task.cpu.value.0, band);
    let memory = used.and_then(|(busy, _)| quotient(busy, best.memory));
    Shape {
        cpu: vcpu(best.cpu),
        memory: gb(best.memory),
        min: best.trial.limits.min.to_string(),
        max: best.trial.limits.max.to_string(),
        average: exact(quantity(best.trial.average).unwrap_or_default().round_dp(2)),
        cpu_target: best.trial.target.and_then(share).map(exact),
        cpu_p95: share(best.trial.cpu).map(exact),
        memory_p95: memory.map(|m| exact(m.round_dp(4))),
        throttled_minutes: Some(a_month(best.trial.throttled, load, subject)),
    }
}

/// So many of the measured minutes, in a month.
fn a_month(minutes: usize, load: &Load, subject: &Subject<'_>) -> String {
    let whole = subject.hours * Decimal::from(60);
    exact(quotient(Decimal::from(minutes) * whole, Decimal::from(load.measured)).unwrap_or_default().round_dp(1))
}

/// Says that peaks within an interval are not seen.
fn averaged(measured: &Utilisation) -> Option<String> {
    let step = measured.step_minutes;
    (step > 1).then(|| format!("values are averages over {step} min: shorter peaks are not seen, and throttle more than is told here"))
}

/// What makes a proposal less certain.
fn notes(subject: &Subject<'_>, load: &Load, measured: Option<Decimal>) -> Vec<String> {
    let (name, mut notes) = (&subject.resource.name, Vec::new());
    let stated = subject.service.tasks.average.as_ref().map(|a| a.value.0);
    match (measured.map(|tasks| tasks.round_dp(2)), stated) {
        (None, _) => notes.push(format!(
            "{name}: how many tasks ran was not measured (RunningTaskCount); {} are taken, the scenario's average, so that peaks which more tasks carried are not seen",
            exact(subject.average.round_dp(2))
        )),
        (Some(tasks), Some(stated)) if (tasks - stated).abs() > stated * NEAR => {
            notes.push(format!("{name}: {} tasks ran, where the scenario states {}: the saving counts from those that ran", exact(tasks), exact(stated)));
        }
        _ => {}
    }
    if load.full > 0 {
        notes.push(format!("{name}: in {} measured minutes all of its CPU was used: more may have been asked for", load.full));
    }
    if subject.service.scaling.as_ref().is_some_and(|s| !s.schedule.is_empty()) {
        notes.push(format!("{name}: its scheduled limits count tasks of today's size and are not changed"));
    }
    notes
}
