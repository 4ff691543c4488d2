//! The size that is proposed: of those whose memory suffices, the one that costs the least, and of equal ones the smallest.

use rust_decimal::Decimal;

use super::load::Load;
use super::subject::{Subject, gb, vcpu};
use super::trial::{Band, Scales, Trial, trial};
use crate::money::{Usd, quotient};
use crate::month::Month;
use crate::pricing::PriceBook;
use crate::quantity::per_cent;
use crate::services::fargate::{Architecture, CODE, OPERATION, sizes};
use crate::statistic::{quantity, share};

/// The smallest part of today's vCPUs that is proposed: work that uses several at once would take longer on fewer. Assumed.
const SMALLEST_PART: Decimal = Decimal::from_parts(25, 0, 0, false, 2);

/// Places to which GB are known that were reckoned in floats.
const PLACES: u32 = 6;

/// A legal size with what came of trying it out.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// vCPUs of a task.
    pub cpu: Decimal,
    /// GB of a task.
    pub memory: Decimal,
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

/// The memory that a task of so many vCPUs uses in busy times, and at most. A task that does less than today's uses what that one does;
/// one that does more uses more in proportion.
pub fn memory_used(load: &Load, cpu: Decimal, today: Decimal, band: Band) -> Option<(Decimal, Decimal)> {
    let work = quotient(cpu * band.high, today * quantity(load.cpu)?).unwrap_or(Decimal::ONE).max(Decimal::ONE);
    Some((quantity(load.memory_gb)? * work, quantity(load.memory_most)? * work))
}

/// The memory that it needs: busy times stay below the upper end of the band, and the most that was seen fits.
fn memory_needed(load: &Load, cpu: Decimal, today: Decimal, band: Band) -> Option<Decimal> {
    let (busy, most) = memory_used(load, cpu, today, band)?;
    Some(quotient(busy, band.high)?.max(most).round_dp(PLACES))
}

/// Tries every size out.
///
/// # Errors
/// A size without a price.
pub fn choose(load: &Load, subject: &Subject<'_>, scales: &Scales, band: Band, book: &PriceBook, month: Month) -> Result<Found, String> {
    let today = subject.service.task.cpu.value.0;
    let prices = Prices::of(subject, book, month)?;
    let running = load.tasks.and_then(quantity).unwrap_or(subject.average);
    let now = prices.of_task_hours(running * subject.hours, today, subject.service.task.memory.value.0);
    let (mut found, mut short) = (Found { today: now, ..Found::default() }, Vec::new());
    for (cpu, memories) in sizes().into_iter().filter(|(cpu, _)| *cpu >= today * SMALLEST_PART) {
        let needed = memory_needed(load, cpu, today, band).unwrap_or_default();
        // A processor brings memory along: the least that suffices.
        let Some(memory) = memories.iter().copied().find(|m| *m >= needed) else {
            short.extend(memories.last().map(|most| (cpu, *most, needed)));
            continue;
        };
        let tried = trial(load, cpu, today, scales, band);
        let tasks = quantity(tried.average).unwrap_or_default();
        let cost = prices.of_task_hours(tasks * subject.hours, cpu, memory);
        let candidate = Candidate { cpu, memory, trial: tried, cost };
        if found.best.as_ref().is_none_or(|best| candidate.cost < best.cost) {
            found.best = Some(candidate);
        }
    }
    found.excluded.extend(too_little(load, &short));
    Ok(found)
}

/// Says which sizes have too little memory, by size, its most memory and what is needed.
fn too_little(load: &Load, short: &[(Decimal, Decimal, Decimal)]) -> Option<String> {
    let (_, _, needed) = short.first()?;
    let names: Vec<String> = short.iter().map(|(cpu, most, _)| format!("{} (at most {})", vcpu(*cpu), gb(*most))).collect();
    let has = if short.len() == 1 { "has" } else { "have" };
    let used = quantity(load.memory_gb).unwrap_or_default().round_dp(1);
    let part = per_cent(share(load.memory).unwrap_or_default());
    let needed = gb(needed.round_dp(1));
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
