//! The size that is proposed: of those whose memory suffices, the one that costs the least, and of equal ones the smallest.

use rust_decimal::Decimal;

use super::load::Load;
use super::subject::{Subject, gb, vcpu};
use super::trial::{Band, Scales, Trial, trial};
use crate::money::{Usd, cents, quotient};
use crate::month::Month;
use crate::pricing::PriceBook;
use crate::quantity::{grouped, per_cent};
use crate::services::fargate::{Architecture, CODE, OPERATION, sizes};
use crate::statistic::{quantity, share};

/// The smallest part of today's vCPUs that is proposed: work that uses several at once would take longer on fewer. Assumed.
const SMALLEST_PART: Decimal = Decimal::from_parts(25, 0, 0, false, 2);

/// The part of a task's memory that peaks may fill: what is measured is the average over tasks, one of them uses more, and a task that
/// reaches all of it is killed. Assumed.
pub const FULLEST: Decimal = Decimal::from_parts(9, 0, 0, false, 1);

/// Places to which GB are known that were reckoned in floats.
const PLACES: u32 = 6;

/// A legal size with what came of trying it out.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// vCPUs of a task.
    pub cpu: Decimal,
    /// GB of a task.
    pub memory: Decimal,
    /// GB that it uses in busy times.
    pub memory_busy: Decimal,
    /// GB that it uses at most.
    pub memory_most: Decimal,
    /// What came of it.
    pub trial: Trial,
    /// Task-hours of the month at list prices: what sizes are compared by.
    pub cost: Usd,
}

/// What was found among the sizes.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The size to take; `None` where none suffices.
    pub best: Option<Candidate>,
    /// Task-hours of today's size and number at list prices.
    pub today: Usd,
    /// Sizes that were left aside, in words.
    pub excluded: Vec<String>,
}

/// What became of a size.
enum Tried {
    /// It suffices.
    Fits(Candidate),
    /// Its most memory, and what is needed.
    Short(Decimal, Decimal),
    /// No range keeps its CPU below the upper end of the band.
    Busy,
}

/// What sizes are tried with.
struct Trials<'a> {
    load: &'a Load,
    subject: &'a Subject<'a>,
    scales: &'a Scales,
    band: Band,
    prices: Prices,
}

impl Trials<'_> {
    fn size(&self, cpu: Decimal, memories: &[Decimal]) -> Tried {
        let today = self.subject.service.task.cpu.value.0;
        let Some(trial) = trial(self.load, cpu, today, self.scales, self.band) else { return Tried::Busy };
        let work = self.work(cpu, &trial);
        let busy = quantity(self.load.memory_gb).unwrap_or_default() * work;
        let most = quantity(self.load.memory_most).unwrap_or_default() * work;
        let part = |used: Decimal, of: Decimal| quotient(used, of).unwrap_or_default();
        let needed = part(busy, self.band.high).max(part(most, FULLEST)).round_dp(PLACES);
        // A processor brings memory along: the least that suffices.
        let Some(memory) = memories.iter().copied().find(|m| *m >= needed) else {
            return Tried::Short(memories.last().copied().unwrap_or_default(), needed);
        };
        let tasks = quantity(trial.average).unwrap_or_default();
        let cost = self.prices.of_task_hours(tasks * self.subject.hours, cpu, memory);
        Tried::Fits(Candidate { cpu, memory, memory_busy: busy, memory_most: most, trial, cost })
    }

    /// How many times as much a task of so many vCPUs does in busy times as today's. One that does less uses the memory that
    /// today's uses; one that does more uses more in proportion.
    fn work(&self, cpu: Decimal, trial: &Trial) -> Decimal {
        let today = self.subject.service.task.cpu.value.0;
        let (then, now) = (quantity(trial.cpu).unwrap_or_default(), quantity(self.load.cpu).unwrap_or_default());
        let times = quotient(cpu * then, today * now);
        times.unwrap_or(Decimal::ONE).max(Decimal::ONE)
    }
}

/// Tries every size out.
///
/// # Errors
/// A size without a price.
pub fn choose(load: &Load, subject: &Subject<'_>, scales: &Scales, band: Band, book: &PriceBook, month: Month) -> Result<Found, String> {
    let today = subject.service.task.cpu.value.0;
    let trials = Trials { load, subject, scales, band, prices: Prices::of(subject, book, month)? };
    let running = load.tasks.and_then(quantity).unwrap_or(subject.average);
    let now = trials.prices.of_task_hours(running * subject.hours, today, subject.service.task.memory.value.0);
    let (mut found, mut short, mut busy) = (Found { today: now, ..Found::default() }, Vec::new(), Vec::new());
    let (mut small, mut smaller) = (Vec::new(), None);
    for (cpu, memories) in sizes() {
        let tried = trials.size(cpu, &memories);
        if cpu < today * SMALLEST_PART {
            small.push(cpu);
            cheaper(&mut smaller, tried);
            continue;
        }
        match tried {
            Tried::Short(most, needed) => short.push((cpu, most, needed)),
            Tried::Busy => busy.push(cpu),
            fits @ Tried::Fits(_) => cheaper(&mut found.best, fits),
        }
    }
    found.excluded.extend(too_little(load, &short));
    found.excluded.extend(too_small(&small, smaller.as_ref(), found.best.as_ref()));
    if !busy.is_empty() {
        found.excluded.push(format!("{} would be busier than {} with any range", listed(&busy), per_cent(band.high)));
    }
    Ok(found)
}

/// Keeps what costs less.
fn cheaper(best: &mut Option<Candidate>, tried: Tried) {
    if let Tried::Fits(candidate) = tried
        && best.as_ref().is_none_or(|best| candidate.cost < best.cost)
    {
        *best = Some(candidate);
    }
}

/// "0.25 vCPU, 0.5 vCPU".
fn listed(sizes: &[Decimal]) -> String {
    sizes.iter().map(|cpu| vcpu(*cpu)).collect::<Vec<_>>().join(", ")
}

/// Says which sizes are a small part of today's, and what the best of them would cost where that is less.
fn too_small(small: &[Decimal], smaller: Option<&Candidate>, best: Option<&Candidate>) -> Option<String> {
    let is = if small.len() == 1 { "is" } else { "are" };
    let why = format!(
        "{} {is} less than {} of today's vCPUs, on which work that uses several at once would take longer (assumed)",
        listed(small),
        per_cent(SMALLEST_PART)
    );
    let less = smaller.zip(best).filter(|(smaller, best)| smaller.cost < best.cost).map(|(smaller, best)| {
        let tasks = grouped(quantity(smaller.trial.average).unwrap_or_default().round_dp(1).normalize());
        let size = format!("{} with {}", vcpu(smaller.cpu), gb(smaller.memory));
        format!(": {tasks} tasks of {size} would cost ${} rather than ${}", cents(smaller.cost), cents(best.cost))
    });
    (!small.is_empty()).then(|| why + &less.unwrap_or_default())
}

/// Says which sizes have too little memory, by size, its most memory and what is needed.
fn too_little(load: &Load, short: &[(Decimal, Decimal, Decimal)]) -> Option<String> {
    let needed = short.iter().map(|(_, _, needed)| *needed);
    let (least, most) = (needed.clone().min()?, needed.max()?);
    let names: Vec<String> = short.iter().map(|(cpu, most, _)| format!("{} (at most {})", vcpu(*cpu), gb(*most))).collect();
    let has = if short.len() == 1 { "has" } else { "have" };
    let used = quantity(load.memory_gb).unwrap_or_default().round_dp(1);
    let part = per_cent(share(load.memory).unwrap_or_default());
    let needed = if least == most {
        gb(least.round_dp(1))
    } else {
        format!("{} to {}", grouped(least.round_dp(1).normalize()), gb(most.round_dp(1)))
    };
    Some(format!("{} {has} too little memory: a task uses {} in busy times ({part}), {needed} are needed", names.join(", "), gb(used)))
}

/// What an hour of a task is made of.
struct Prices {
    cpu: Decimal,
    memory: Decimal,
}

impl Prices {
    fn of(subject: &Subject<'_>, book: &PriceBook, month: Month) -> Result<Prices, String> {
        let arm = if subject.service.task.architecture == Architecture::Arm { "ARM-" } else { "" };
        let region = &subject.resource.region;
        let price = |base: &str| -> Result<Decimal, String> {
            let usage_type = book.usage_type(CODE, region, base)?;
            let found = book.price(CODE, region, &usage_type, OPERATION, month.first_day()).map_err(|e| e.to_string())?;
            found.rows.first().map(|row| row.price.decimal()).ok_or_else(|| format!("{usage_type} has no price"))
        };
        Ok(Prices { cpu: price(&format!("Fargate-{arm}vCPU-Hours:perCPU"))?, memory: price(&format!("Fargate-{arm}GB-Hours"))? })
    }

    fn of_task_hours(&self, hours: Decimal, cpu: Decimal, memory: Decimal) -> Usd {
        Usd::new(hours * (cpu * self.cpu + memory * self.memory))
    }
}
