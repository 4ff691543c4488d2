//! What a lever buys: commitments whose size follows what the other levers leave to be covered.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::hourly::{self, Coverable};
use super::lever::Buy;
use crate::money::quotient;
use crate::predict::{Metered, NoBill};
use crate::pricing::{PriceBook, PriceRow, Term};
use crate::quantity::exact;
use crate::rating::commitment::reservation::sized as units;
use crate::rating::commitment::{HOURLY_PLACES, savings_plan};
use crate::scenario::Scenario;
use crate::scenario::commitment::Plan;
use crate::scenario::node::{Key, Kind, Node};
use crate::source::Place;
use crate::usage::UsageRecord;

/// Resources whose records spread bursts evenly over the month: no baseline, however many hours their records name.
const BURSTS: &[&str] = &["fargate-deployments", "fargate-task", "lambda-function"];

/// The usage of an environment that nothing covers which its payer has bought, without bursts. `holder` is the environment with
/// everything that was bought before.
///
/// # Errors
/// Commitments of the payer that have no price.
pub fn uncovered(holder: &Scenario, metered: &Metered<'_>) -> Result<Vec<UsageRecord>, NoBill> {
    let members: Vec<&Scenario> = metered.members.iter().map(|m| if m.name == holder.name { holder } else { m }).collect();
    let mut left = metered.uncovered(&members)?;
    let bursts = |r: &UsageRecord| holder.resource(&r.resource).is_some_and(|of| BURSTS.contains(&of.kind.name));
    left.retain(|r| !bursts(r));
    Ok(left)
}

/// What is bought, at the sizes that fit the usage that is not covered: nothing where there is nothing to cover. Where what runs is no
/// whole number of reservations, two: one covers less than all of it, the other one lies idle in part, and a bill says which is better.
///
/// # Errors
/// A region that the book does not know, and usage whose rate under a savings plan it has for another region only.
pub fn sized(
    buy: &Buy,
    holder: &Scenario,
    metered: &Metered<'_>,
    left: &[UsageRecord],
    start: NaiveDate,
    at: Place,
) -> Result<Vec<Node>, NoBill> {
    let mut sizes = match buy.term {
        Term::Reserved { .. } => {
            let running = running(buy, holder, metered, left)?;
            vec![running.floor(), running.ceil()]
        }
        _ => vec![planned(buy, holder, metered, left)?.round_dp(HOURLY_PLACES)],
    };
    sizes.dedup();
    Ok(sizes.into_iter().filter(|size| *size > Decimal::ZERO).map(|size| node(buy, size, start, at)).collect())
}

/// Reservations that are used in every hour: the units that run all month, by the size that is bought.
fn running(buy: &Buy, scenario: &Scenario, metered: &Metered<'_>, left: &[UsageRecord]) -> Result<Decimal, NoBill> {
    let (service, base) = (buy.service.as_deref().unwrap_or_default(), buy.usage_type.as_deref().unwrap_or_default());
    let usage_type = metered.terms.book.usage_type(service, &scenario.region, base).map_err(|why| NoBill(vec![why]))?;
    let operation = buy.operation.as_deref().unwrap_or_default();
    let Some((family, size)) = units(&usage_type) else { return Ok(Decimal::ZERO) };
    let on = |r: &UsageRecord| r.hours == metered.terms.hours;
    let fits = |r: &&UsageRecord| on(r) && r.service == service && r.region == scenario.region && r.operation == operation;
    let units = left.iter().filter(fits).filter_map(|r| {
        let (of, each) = units(&r.usage_type)?;
        (of == family).then(|| r.quantity * each)
    });
    let running = quotient(units.sum(), metered.terms.hours).unwrap_or_default();
    Ok(quotient(running, size).unwrap_or_default())
}

/// Dollars an hour of a savings plan: where use follows a workload, those that save the most over its hours; else the stated part of what
/// could be covered in every hour.
fn planned(buy: &Buy, holder: &Scenario, metered: &Metered<'_>, left: &[UsageRecord]) -> Result<Decimal, NoBill> {
    let (coverable, hours) = (coverable(buy, metered, left)?, metered.terms.hours);
    if holder.driven {
        return Ok(hourly::best(&coverable, hours));
    }
    let always: Decimal = coverable.iter().filter(|c| c.hours == hours).map(|c| c.plan).sum();
    Ok(quotient(always, hours).unwrap_or_default() * buy.part.as_ref().map_or(Decimal::ONE, |p| p.value.0))
}

/// What a savings plan could cover.
fn coverable(buy: &Buy, metered: &Metered<'_>, left: &[UsageRecord]) -> Result<Vec<Coverable>, NoBill> {
    let (book, day, plan) = (metered.terms.book, metered.terms.month.first_day(), buy.plan.unwrap_or_default());
    let mut coverable = Vec::new();
    for record in left {
        match savings_plan::rate(book, plan, buy.term, record, day) {
            Some(rate) => {
                // What is off the plan's own fees is worth as much more on demand: the plan's dollars are those that are committed to.
                let worth = metered.of_payer.paid_part(&record.service, metered.terms.month);
                let paid = metered.of_payer.paid_part(plan.code(), metered.terms.month);
                let list = quotient(rate.list * record.quantity * worth, paid).unwrap_or_default();
                let plan = rate.plan * record.quantity;
                coverable.push(Coverable { plan, list, hours: record.hours });
            }
            None if unpriced(book, plan, buy.term, record) => {
                let (plan, term, region, what) = (plan.name(), buy.term, &record.region, &record.usage_type);
                return Err(NoBill(vec![format!(
                    "no rate of a {plan} Savings Plan ({term}) for {what} in {region}, only in other regions or at other terms"
                )]));
            }
            None => {}
        }
    }
    Ok(coverable)
}

/// True where the book has a plan's rate for the same usage in another region, or here at another term: it is unknown, not uncovered.
fn unpriced(book: &PriceBook, plan: Plan, term: Term, record: &UsageRecord) -> bool {
    let base = book.without_prefix(&record.service, &record.region, &record.usage_type);
    let same = |row: &&PriceRow| {
        matches!(row.term, Term::SavingsPlan { .. })
            && row.service == record.service
            && (row.operation.is_empty() || row.operation == record.operation)
            && book.without_prefix(&row.service, &row.region, &row.usage_type) == base
    };
    let here = |row: &PriceRow| row.term == term && row.region.as_str() == record.region.as_ref();
    let mut rows = book.rows().iter().filter(same).peekable();
    savings_plan::services(plan).contains(&record.service.as_ref()) && rows.peek().is_some() && !rows.any(here)
}

/// The commitment as a scenario file would say it.
fn node(buy: &Buy, size: Decimal, start: NaiveDate, at: Place) -> Node {
    let text = |key: &str, value: String| (Key { text: key.into(), at }, Node { kind: Kind::Scalar(value), at });
    let mut entries = vec![text("id", buy.id.clone()), text("term", buy.term.to_string()), text("start", start.to_string())];
    let reserved = [("service", &buy.service), ("usage_type", &buy.usage_type), ("operation", &buy.operation)];
    entries.extend(reserved.into_iter().filter_map(|(key, value)| Some(text(key, value.clone()?))));
    match buy.term {
        Term::Reserved { .. } => entries.push(text("count", exact(size))),
        _ => entries.push(text("hourly", format!("{} USD", exact(size)))),
    }
    if buy.plan == Some(Plan::Database) {
        entries.push(text("plan", "database".into()));
    }
    Node { kind: Kind::Map(entries), at }
}
