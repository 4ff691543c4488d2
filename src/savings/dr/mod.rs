//! Disaster recovery: what each strategy costs, how long a recovery takes, what is lost, and which strategies nobody would take.
//!
//! A strategy is a set of changes to an environment and its standby ([`strategy`]). What it costs is the difference of two bills of
//! the payer: with it, and with neither standby nor copies. How long a recovery takes is the sum of its steps; what is lost is what
//! the slowest copy has not brought over yet, and whatever no copy holds. Beside it counts how old the newest copy is that a mistake
//! does not reach. A strategy is on the frontier where no other one is as good in all of these and better in one.

mod change;
mod cost;
pub mod strategy;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use self::cost::{Case, Cost};
pub use self::cost::{Held, Lost, OfService, Parts};
use self::strategy::{Strategies, Strategy};
use crate::failover::Failover;
use crate::money::{Usd, quotient};
use crate::predict::Basis;
use crate::pricing::PriceBook;
use crate::quantity::{exact, grouped};
use crate::scenario::driver::Provenance;
use crate::scenario::patch;
use crate::scenario::{InputFile, Scenario, Scenarios};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// The scenario files.
    pub files: &'a [InputFile],
    /// What they hold.
    pub scenarios: &'a Scenarios,
    /// The prices.
    pub book: &'a PriceBook,
    /// The strategies.
    pub strategies: &'a Strategies,
    /// The environment.
    pub environment: &'a Scenario,
    /// The month, on which conventions; its failover is what is priced beside.
    pub basis: Basis,
    /// The day from which it is computed: what was bought before it stays.
    pub as_of: NaiveDate,
}

/// What strategies cost and do. The JSON of `dr --format json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Frontier {
    /// Names this layout: `ce-cost/dr/1`.
    pub schema: String,
    /// The environment.
    pub environment: String,
    /// Always USD.
    pub currency: String,
    /// The day from which it was computed.
    pub as_of: String,
    /// The month.
    pub month: String,
    /// Hours of the month.
    pub hours: String,
    /// `list prices`, or `list prices less discounts` where the payer has negotiated some.
    pub prices: String,
    /// The environment that takes over.
    pub standby: String,
    /// The region of the standby.
    pub region: String,
    /// The recovery time that is asked for, in seconds.
    pub rto_target: String,
    /// The recovery point that is asked for, in seconds.
    pub rpo_target: String,
    /// How old the newest copy may be that a mistake does not reach, in seconds; nothing where none is asked for.
    pub history_target: Option<String>,
    /// Which failover is priced beside: `Failover drill, 6 h`.
    pub failover: Option<String>,
    /// The strategies, in the order of their file.
    pub strategies: Vec<Priced>,
    /// The cheapest that meets all targets; nothing where none does.
    pub recommended: Option<String>,
    /// What the recommended one costs less than the one that runs today; below zero where it costs more.
    pub saving: Option<Usd>,
    /// The cheapest that meets all once nothing is lost on commitments any more.
    pub recommended_later: Option<String>,
}

/// A strategy with what it costs and does.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Priced {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it keeps ready.
    pub what: String,
    /// True for the one that runs today.
    pub today: bool,
    /// What it costs in the month, amortized, at list prices: the difference of two bills of the payer.
    pub cost: Usd,
    /// `~` where an assumed input stands behind it, `*` where a price of low confidence does.
    pub marks: String,
    /// What of the cost is charges behind which an assumed input stands.
    pub assumed: Usd,
    /// Where that stands. The parts add up to it.
    pub parts: Parts,
    /// The same by service, the largest first.
    pub services: Vec<OfService>,
    /// What of the cost is lost on commitments that it does not use; it ends with their terms.
    pub lost: Usd,
    /// Commitments of the standby that it does not use, or not wholly.
    pub commitments: Vec<Lost>,
    /// What the failover adds to the month.
    pub failover: Option<Usd>,
    /// Seconds from the failure until everything works.
    pub rto: String,
    /// The weakest origin of that: `plan`, `measured`, `calibrated` or `assumed`.
    pub rto_from: String,
    /// How many of these seconds are assumed.
    pub rto_assumed: String,
    /// Seconds of data that are lost at most.
    pub rpo: String,
    /// The weakest origin of that.
    pub rpo_from: String,
    /// Seconds that the newest copy can be old that a mistake does not reach; nothing where there are replicas alone.
    pub history: Option<String>,
    /// True where the standby holds all data that its copies speak of.
    pub complete: bool,
    /// True where the recovery time is within its target.
    pub meets_rto: bool,
    /// True where the recovery point is within its target and the standby holds all data.
    pub meets_rpo: bool,
    /// True where the newest copy that a mistake does not reach is within its target, or none is asked for.
    pub meets_history: bool,
    /// A strategy that is as good in cost, time, point, history and completeness, and better in one; nothing for those on the frontier.
    pub dominated_by: Option<String>,
    /// What happens from the failure on, one after the other.
    pub steps: Vec<Timed>,
    /// How each kind of data gets to the other region.
    pub replication: Vec<Replicated>,
}

/// A step of a recovery with the time it takes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Timed {
    /// What happens.
    pub step: String,
    /// How long it takes, in seconds.
    pub seconds: String,
    /// Where that is known from: the weakest of `plan`, `measured`, `calibrated` and `assumed` among its inputs.
    pub from: String,
    /// Why.
    pub why: Option<String>,
}

/// A kind of data and what of it is lost.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Replicated {
    /// Which data.
    pub data: String,
    /// By which means it is copied.
    pub by: String,
    /// Seconds of it that are lost at most: the interval between copies and the lag of one.
    pub seconds: String,
    /// Where that is known from: the weakest among its inputs.
    pub from: String,
    /// Why.
    pub why: Option<String>,
    /// What of it the standby holds, where that is stated.
    pub held: Vec<Held>,
}

impl Priced {
    /// True where it meets all targets.
    pub fn fits(&self) -> bool {
        self.meets_rto && self.meets_rpo && self.meets_history
    }
}

/// Prices all strategies of an environment.
///
/// # Errors
/// Words for the user: an environment without standby, a change to what is not there, usage without a price.
pub fn frontier(ask: &Ask<'_>) -> Result<Frontier, String> {
    let environment = ask.environment;
    let standby = ask.scenarios.standby(environment).ok_or_else(|| {
        let name = &environment.name;
        format!("{name} has no standby\nhelp: write `standby_of: {name}` into the file of the environment that takes over from it")
    })?;
    let case = Case::new(ask, standby)?;
    let mut strategies = Vec::new();
    for strategy in &ask.strategies.strategies {
        strategies.push(priced(strategy, ask, &case).map_err(|why| format!("{}: {why}", strategy.name))?);
    }
    mark_dominated(&mut strategies);
    let fit = || strategies.iter().filter(|s| s.fits());
    let (best, later) = (fit().min_by_key(|s| s.cost), fit().min_by_key(|s| s.cost - s.lost));
    let today = strategies.iter().find(|s| s.today);
    Ok(Frontier {
        schema: "ce-cost/dr/1".into(),
        environment: environment.name.to_string(),
        currency: "USD".into(),
        as_of: ask.as_of.to_string(),
        month: ask.basis.month.to_string(),
        hours: exact(ask.basis.hours.hours(ask.basis.month)),
        prices: ask.scenarios.payer(environment).1.prices([ask.basis.month]).into(),
        standby: standby.name.to_string(),
        region: standby.region.to_string(),
        rto_target: exact(ask.strategies.targets.rto.value.0),
        rpo_target: exact(ask.strategies.targets.rpo.value.0),
        history_target: ask.strategies.targets.history.as_ref().map(|h| exact(h.value.0)),
        failover: ask.basis.failover.map(Failover::title),
        recommended: best.map(|s| s.name.clone()),
        saving: best.zip(today).map(|(best, today)| today.cost - best.cost),
        recommended_later: later.map(|s| s.name.clone()),
        strategies,
    })
}

fn priced(strategy: &Strategy, ask: &Ask<'_>, case: &Case<'_>) -> Result<Priced, String> {
    let Cost { total, doubt, assumed, held, by_service, parts, commitments, failover } = case.cost(strategy)?;
    let steps = strategy.recovery.iter().map(|step| timed(step, ask)).collect::<Result<Vec<_>, String>>()?;
    let replication: Vec<(Known, Replicated)> = strategy.replication.iter().zip(held).map(|(c, held)| replicated(c, held)).collect();
    let (rto, rpo) = (Known::sum(steps.iter().map(|(k, _)| *k)), Known::most(replication.iter().map(|(k, _)| *k)));
    let uncertain = Known::sum(steps.iter().map(|(k, _)| *k).filter(|k| k.from == Provenance::Assumed));
    let complete = replication.iter().all(|(_, copied)| copied.held.iter().all(|h| h.all));
    let (targets, history) = (&ask.strategies.targets, strategy.history.as_ref().map(|h| h.value.0));
    Ok(Priced {
        name: strategy.name.clone(),
        title: strategy.title.clone(),
        what: strategy.what.clone(),
        today: strategy.today,
        cost: total,
        marks: doubt.marks().into(),
        assumed,
        parts,
        services: by_service,
        lost: commitments.iter().map(|c| c.lost).sum(),
        commitments,
        failover,
        rto: exact(rto.seconds),
        rto_from: rto.from.word().into(),
        rto_assumed: exact(uncertain.seconds),
        rpo: exact(rpo.seconds),
        rpo_from: rpo.from.word().into(),
        history: history.map(exact),
        complete,
        meets_rto: rto.seconds <= targets.rto.value.0,
        meets_rpo: complete && rpo.seconds <= targets.rpo.value.0,
        meets_history: targets.history.as_ref().is_none_or(|most| history.is_some_and(|h| h <= most.value.0)),
        dominated_by: None,
        steps: steps.into_iter().map(|(_, step)| step).collect(),
        replication: replication.into_iter().map(|(_, copied)| copied).collect(),
    })
}

/// A time and the weakest origin of what it is made of.
#[derive(Clone, Copy, Debug)]
struct Known {
    seconds: Decimal,
    from: Provenance,
}

impl Known {
    /// One after the other.
    fn sum(times: impl Iterator<Item = Known>) -> Known {
        let none = Known { seconds: Decimal::ZERO, from: Provenance::Plan };
        times.fold(none, |all, one| Known { seconds: all.seconds + one.seconds, from: all.from.max(one.from) })
    }

    /// The longest; of those the weakest.
    fn most(times: impl Iterator<Item = Known>) -> Known {
        times.max_by_key(|known| (known.seconds, known.from)).unwrap_or(Known { seconds: Decimal::ZERO, from: Provenance::Plan })
    }
}

/// How long a step takes: as stated, or GB ÷ rate.
fn timed(step: &strategy::Step, ask: &Ask<'_>) -> Result<(Known, Timed), String> {
    let environment = ask.environment;
    let (seconds, from, why) = match (&step.takes, &step.data, &step.rate) {
        (Some(takes), ..) => (takes.value.0, takes.from, takes.why.clone()),
        (None, Some(path), Some(rate)) => {
            let node = patch::find(&environment.tree, &patch::steps(path)).map_err(|d| d.message)?;
            let gb = strategy::gb(node).ok_or_else(|| format!("`{path}` of {} is no amount of data", environment.name))?.0;
            let hourly = rate.value.per.in_an_hour().and_then(|(times, over)| quotient(rate.value.amount * times, over));
            let hours = hourly.and_then(|hourly| quotient(gb, hourly)).ok_or_else(|| format!("`{}` never ends", step.step))?;
            let seconds = (hours * Decimal::from(3_600)).round();
            let why = rate.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            (seconds, rate.from.max(ask.scenarios.origin(node)), Some(format!("{} GB at {}{why}", grouped(gb), rate.value)))
        }
        _ => return Err(format!("`{}` does not say how long it takes", step.step)),
    };
    Ok((Known { seconds, from }, Timed { step: step.step.clone(), seconds: exact(seconds), from: from.word().into(), why }))
}

fn replicated(copied: &strategy::Copied, held: Vec<Held>) -> (Known, Replicated) {
    let parts = copied.every.iter().chain([&copied.lag]);
    let known = Known::sum(parts.clone().map(|d| Known { seconds: d.value.0, from: d.from }));
    let why: Vec<&str> = parts.filter_map(|d| d.why.as_deref()).collect();
    let why = (!why.is_empty()).then(|| why.join("; "));
    let (data, by, from) = (copied.data.clone(), copied.by.clone(), known.from.word().into());
    (known, Replicated { data, by, seconds: exact(known.seconds), from, why, held })
}

/// Notes for each strategy the cheapest one that makes it pointless.
fn mark_dominated(strategies: &mut [Priced]) {
    let number = |text: &str| text.parse::<Decimal>().unwrap_or_default();
    let merits = |s: &Priced| (s.cost, [number(&s.rto), number(&s.rpo), s.history.as_deref().map_or(Decimal::MAX, number)], !s.complete);
    let all: Vec<(Usd, [Decimal; 3], bool)> = strategies.iter().map(merits).collect();
    let better = |a: usize, b: usize| {
        let (x, y) = (all[a], all[b]);
        x.0 <= y.0 && x.1.iter().zip(y.1).all(|(x, y)| *x <= y) && x.2 <= y.2 && x != y
    };
    let names: Vec<String> = strategies.iter().map(|s| s.name.clone()).collect();
    for (b, strategy) in strategies.iter_mut().enumerate() {
        let best = (0..names.len()).filter(|a| better(*a, b)).min_by_key(|a| all[*a].0);
        strategy.dominated_by = best.map(|a| names[a].clone());
    }
}

/// A time for people: "90 s", "14.5 min", "4.2 h".
pub fn time(seconds: Decimal) -> String {
    let (unit, of) = match seconds {
        s if s < Decimal::from(120) => ("s", Decimal::ONE),
        s if s < Decimal::from(7_200) => ("min", Decimal::from(60)),
        _ => ("h", Decimal::from(3_600)),
    };
    format!("{} {unit}", grouped(quotient(seconds, of).unwrap_or_default().round_dp(1).normalize()))
}
