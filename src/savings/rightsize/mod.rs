//! Right-sizing: from measured CPU and memory to the smallest sizes and task ranges that keep utilisation in a band.
//!
//! Busy times are the 95th percentile of the series. What a service uses, in vCPUs, is the used part of what its tasks have; the
//! memory of a task is taken to stay what it is where the task does less, and to grow with its work where it does more. Every legal
//! size is tried out: the measured load is lived through minute by minute on tasks of that size, as AWS scales them ([`trial`]), and
//! it is taken with the least memory that what a task does then needs. Sizes are compared by the list price of their task-hours; what
//! the proposal saves is the difference of two bills with the tasks that ran and those that were simulated, and what it risks are
//! minutes in which more was asked for than the working tasks have.

mod choose;
mod document;
mod lines;
mod load;
mod subject;
pub mod trial;

use rust_decimal::Decimal;

use self::choose::{Candidate, FULLEST, Found, choose};
pub use self::document::{Change, Fitted, RightSizing, Shape, Verdict};
use self::lines::Writer;
use self::load::{Load, Running};
use self::subject::{Subject, gb, vcpu};
use self::trial::{Band, Scales, throttled_today};
use crate::bill::Bill;
use crate::money::{Usd, dollars, quotient};
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

/// The part of its task-hours that a service in the band must save to be changed: every change is work, and may go wrong. Assumed.
const WORTH: Decimal = Decimal::from_parts(5, 0, 0, false, 2);

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
    /// Tasks below which no proposal goes; `None` for each service's own.
    pub least: Option<u32>,
    /// The day from which it is computed, for the head.
    pub as_of: &'a str,
}

/// A service on the way to its proposal.
struct Judged {
    fitted: Fitted,
    /// As many tasks as ran, where the scenario has another number.
    base: Option<Patch>,
    /// The proposal.
    patches: Vec<Patch>,
    /// What its price needs beside it: the simulated tasks, where the file lets them follow from demand.
    simulated: Option<Patch>,
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
            Ok(load) => match subject.contradicts(load.tasks.and_then(quantity)) {
                Some(why) => unknown(subject, why),
                None => ask.judge(subject, &load, &writer)?,
            },
            Err(why) => unknown(subject, why),
        });
    }
    if judged.iter().all(|j| j.fitted.verdict == Verdict::Unknown) {
        let all: Vec<String> = judged.iter().map(|j| format!("{}: {}", j.fitted.service, j.fitted.why)).collect();
        return Err(all.join("\nerror: "));
    }
    let mut found = ask.document(judged, scenarios.payer(scenario).1.prices([ask.basis.month]))?;
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

    /// How a service scales today, and the fewest tasks of it.
    fn scales(&self, subject: &Subject<'_>) -> Scales {
        let scales = subject.scales(self.measured.start);
        Scales { least: self.least.unwrap_or(scales.least).max(1), ..scales }
    }

    fn judge(&self, subject: &Subject<'_>, load: &Load, writer: &Writer<'_>) -> Result<Judged, String> {
        let scales = self.scales(subject);
        let found = choose(load, subject, &scales, self.band, self.book, self.basis.month)?;
        let ran = load.tasks.and_then(quantity).unwrap_or(subject.average);
        let now = before(subject, load, ran, self.throttled(subject, load, &scales));
        let (verdict, why) = self.verdict(load, &found, &scales);
        let taken = found.best.filter(|_| verdict == Verdict::Resize);
        let follows = taken.as_ref().filter(|_| subject.follows());
        Ok(Judged {
            base: writer.measured(subject, ran),
            patches: taken.as_ref().map(|best| writer.proposal(subject, best)).unwrap_or_default(),
            simulated: follows.map(|best| writer.simulated(subject, best)),
            notes: notes(subject, load, &scales, taken.as_ref()),
            fitted: Fitted {
                service: subject.resource.name.to_string(),
                verdict,
                why,
                now,
                proposed: taken.map(|best| after(subject, load, &best)),
                saving: Usd::ZERO,
                excluded: found.excluded,
            },
        })
    }

    /// Minutes in which today's size is throttled: as it scales by the file, or as it was measured where the file does not say how.
    fn throttled(&self, subject: &Subject<'_>, load: &Load, scales: &Scales) -> usize {
        match scales.target.and_then(share) {
            None if scales.moves() => load.full,
            target => throttled_today(load, subject.service.task.cpu.value.0, scales, target.unwrap_or(self.band.high)),
        }
    }

    /// What to do, and why.
    fn verdict(&self, load: &Load, found: &Found, scales: &Scales) -> (Verdict, String) {
        let Band { low, high } = self.band;
        let (cpu, memory) = (share(load.cpu).unwrap_or_default(), share(load.memory).unwrap_or_default());
        let (what, is) = if memory > high && cpu <= high { ("memory", memory) } else { ("the CPU", cpu) };
        let side = match is {
            is if is > high => "above",
            is if is < low => "below",
            _ => "within",
        };
        let is = format!("p95 of {what} is {}, {side} {}–{}", per_cent(is), exact(low * Decimal::ONE_HUNDRED), per_cent(high));
        let Some(best) = &found.best else {
            return (Verdict::Keep, format!("{is}, but no size that AWS offers suffices"));
        };
        let short = cpu > high || memory > high;
        if !short && found.today - best.cost < found.today.share(WORTH) {
            return (Verdict::Keep, format!("{is}, and no other size or range costs {} less for its tasks", per_cent(WORTH)));
        }
        let moves = if scales.moves() { "" } else { "; its tasks do not scale: so many run always" };
        (Verdict::Resize, format!("{is}{}{moves}", self.misses(best, scales)))
    }

    /// Says where a proposal stays below the band, and why.
    fn misses(&self, best: &Candidate, scales: &Scales) -> String {
        let becomes = share(best.trial.cpu).unwrap_or_default();
        if becomes >= self.band.low {
            return String::new();
        }
        let why = if best.trial.limits.min == scales.least { format!(": {} tasks are the least", scales.least) } else { String::new() };
        format!("; becomes {}, below the band{why}", per_cent(becomes))
    }

    /// Adds what the proposals save, each by itself and all together.
    fn document(&self, mut judged: Vec<Judged>, prices: &str) -> Result<RightSizing, String> {
        let base: Vec<Patch> = judged.iter().filter_map(|j| j.base.clone()).collect();
        let (forecast, as_measured) = (self.cost(std::iter::empty())?, self.cost(base.iter())?);
        for j in judged.iter_mut().filter(|j| !j.patches.is_empty()) {
            j.fitted.saving = as_measured - self.cost(base.iter().chain(&j.patches).chain(&j.simulated))?;
        }
        let patches: Vec<Patch> = judged.iter().flat_map(|j| j.patches.clone()).collect();
        let simulated = judged.iter().filter_map(|j| j.simulated.as_ref());
        let proposed = self.cost(base.iter().chain(&patches).chain(simulated))?;
        let follows: Vec<&str> = judged.iter().filter(|j| j.simulated.is_some()).map(|j| j.fitted.service.as_str()).collect();
        let followed = match follows.is_empty() {
            true => None,
            false => Some(followed(&follows, forecast, self.cost(patches.iter())?)),
        };
        let throttled = judged.iter().filter_map(|j| j.fitted.proposed.as_ref()?.throttled_minutes.as_ref());
        let throttled: Decimal = throttled.filter_map(|t| t.parse::<Decimal>().ok()).sum();
        let share = |s: Decimal| exact(s);
        Ok(RightSizing {
            schema: "ce-cost/rightsize/1".into(),
            environment: self.environment.into(),
            currency: "USD".into(),
            as_of: self.as_of.into(),
            month: self.basis.month.to_string(),
            prices: prices.into(),
            measured_from: self.measured.start.to_string(),
            measured_to: self.measured.end().to_string(),
            interval_minutes: self.measured.step_minutes.to_string(),
            target: [share(self.band.low), share(self.band.high)],
            forecast,
            as_measured,
            proposed,
            saving: as_measured - proposed,
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
                .chain(shared(&judged))
                .chain(judged.iter().flat_map(|j| j.notes.clone()))
                .chain(followed)
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
    Judged { fitted, base: None, patches: Vec::new(), simulated: None, notes: Vec::new() }
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
        memory_most: None,
        throttled_minutes: None,
    }
}

fn before(subject: &Subject<'_>, load: &Load, ran: Decimal, throttled: usize) -> Shape {
    Shape {
        cpu_p95: share(load.cpu).map(exact),
        memory_p95: share(load.memory).map(exact),
        memory_most: peak(subject, load).map(|part| exact(part.round_dp(4))),
        throttled_minutes: Some(a_month(throttled, load, subject)),
        ..shape(subject, ran)
    }
}

/// The used part of today's memory at most.
fn peak(subject: &Subject<'_>, load: &Load) -> Option<Decimal> {
    quotient(quantity(load.memory_most)?, subject.service.task.memory.value.0)
}

fn after(subject: &Subject<'_>, load: &Load, best: &Candidate) -> Shape {
    let part = |used: Decimal| quotient(used, best.memory).map(|m| exact(m.round_dp(4)));
    Shape {
        cpu: vcpu(best.cpu),
        memory: gb(best.memory),
        min: best.trial.limits.min.to_string(),
        max: best.trial.limits.max.to_string(),
        average: exact(quantity(best.trial.average).unwrap_or_default().round_dp(2)),
        cpu_target: best.trial.target.and_then(share).map(exact),
        cpu_p95: share(best.trial.cpu).map(exact),
        memory_p95: part(best.memory_busy),
        memory_most: part(best.memory_most),
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

/// Says that the memory of a single task is not seen.
fn shared(judged: &[Judged]) -> Option<String> {
    judged.iter().any(|j| j.fitted.proposed.is_some()).then(|| {
        let most = per_cent(FULLEST);
        format!("memory is the average over a service's tasks, one of which may use more: peaks fill {most} of it at most (assumed)")
    })
}

/// Says what the file itself forecasts where tasks follow from demand.
fn followed(services: &[&str], now: Usd, then: Usd) -> String {
    format!(
        "tasks of {} follow from demand in the file: it forecasts ${} now and ${} with these changes; the saving counts the tasks that ran and those that their load asks for",
        services.join(", "),
        dollars(now),
        dollars(then)
    )
}

/// What makes a proposal less certain.
fn notes(subject: &Subject<'_>, load: &Load, scales: &Scales, taken: Option<&Candidate>) -> Vec<String> {
    let mut notes: Vec<String> = ran(subject, load).into_iter().collect();
    if load.full > 0 {
        notes.push(format!("in {} measured minutes all of its CPU was used: more may have been asked for", load.full));
    }
    if let Some(most) = peak(subject, load).filter(|most| *most > FULLEST) {
        notes.push(format!("its memory was used by {} at most: a task that reaches all of it is killed", per_cent(most)));
    }
    notes.extend(taken.and_then(|best| assumed_target(scales, best)));
    if taken.is_some_and(|best| best.trial.jumps) {
        notes.push("its load comes faster than tasks start: the fewest tasks carry it".into());
    }
    if subject.service.scaling.as_ref().is_some_and(|s| !s.schedule.is_empty()) {
        notes.push("its scheduled limits count tasks of today's size and are not changed".into());
    }
    notes.into_iter().map(|note| format!("{}: {note}", subject.resource.name)).collect()
}

/// Says how many tasks ran, where the scenario has another number or nobody counted.
fn ran(subject: &Subject<'_>, load: &Load) -> Option<String> {
    let has = subject.average.round_dp(2);
    let Some(ran) = load.tasks.and_then(quantity).map(|tasks| tasks.round_dp(2)) else {
        return Some(format!(
            "how many tasks ran was not measured (RunningTaskCount); {} are taken, the scenario's average, so that peaks which more tasks carried are not seen",
            exact(has)
        ));
    };
    let gives = if subject.follows() { "'s demand gives" } else { " states" };
    let stated = subject.service.tasks.average.as_ref().map_or(has, |a| a.value.0);
    let far = (ran - stated).abs() > stated * NEAR;
    let most = subject.service.tasks.max.value.0;
    let counts = if ran > most { format!("{}, the most it allows", exact(most)) } else { "those that ran".to_owned() };
    far.then(|| format!("{} tasks ran, where the scenario{gives} {}: the saving counts from {counts}", exact(ran), exact(stated)))
}

/// Says which scaling a proposal takes for granted where the scenario states none.
fn assumed_target(scales: &Scales, best: &Candidate) -> Option<String> {
    // Where the fewest tasks carry everything, no target matters.
    let scales_out = quantity(best.trial.average).is_some_and(|tasks| tasks > Decimal::from(best.trial.limits.min));
    let target = best.trial.target.and_then(share).filter(|_| scales.target.is_none() && scales_out)?;
    Some(format!(
        "the scenario states no target of its CPU: {} with cooldowns of {:.0} s is taken; unless its policy is set to that, it does not save so much",
        per_cent(target),
        scales.out
    ))
}
