//! What was predicted against what was billed: row by row, then as a bridge of named causes that add up to the difference.
//!
//! Two bills go in, whatever they were made from; the calendar comes first. A bill of another month can stand where the prediction
//! does. `names` and `key` say what belongs together, `scope` whose a billed row is, `join` puts the rows side by side, `split`
//! divides the difference of one row, `tiers` and `driver` say what lies behind it, and `bridge` adds it all up.
//!
//! Not here: reading bills (`actuals`), predicting them (`predict`).

pub mod bridge;
pub mod calendar;
pub mod called;
pub mod cause;
pub mod document;
pub mod driver;
pub mod join;
pub mod key;
mod lines;
pub mod measured;
pub mod names;
pub mod proposal;
pub mod scope;
pub mod split;
pub mod tiers;
pub mod untagged;

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use self::bridge::{Bridge, Cause, Step};
use self::calendar::SoFar;
use self::join::{Row, Side};
use self::key::{Cost, Keys, Kind};
use self::untagged::{Other, Untagged};
use crate::bill::{Bill, Charge};
use crate::money::{Usd, cents};
use crate::quantity::exact;
use crate::scenario::{Resource, Scenario};
use crate::source::Sources;

/// An environment's part of a bill, and the whole bill of its payer, over which tiers and allowances count.
#[derive(Clone, Debug)]
pub struct Cut {
    /// The environment's part.
    pub own: Bill,
    /// The payer's.
    pub payer: Bill,
}

/// What is compared.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What was predicted, or billed in the month before, on the basis on which that was made.
    pub base: &'a Cut,
    /// The same for the hours of the billed month.
    pub calendar: &'a Cut,
    /// What was billed.
    pub billed: &'a Cut,
    /// What belongs to nobody, on the side of `calendar` and on the billed one.
    pub untagged: (&'a [Charge], &'a [Charge]),
    /// Other environments that could have used what belongs to nobody: each with its charges on both sides, at the hours of the month.
    pub others: &'a [Other],
    /// How far an open month has been billed; `None` for all of it.
    pub so_far: Option<SoFar>,
    /// Which amounts.
    pub cost: Cost,
    /// How rows get their keys.
    pub keys: Keys<'a>,
    /// False where the base is reckoned without monthly allowances; bills always have them.
    pub free_tier: bool,
    /// Whose prediction it is: names resources and places.
    pub scenario: &'a Scenario,
    /// The scenario files.
    pub sources: &'a Sources,
    /// "predicted", or the name of the month before.
    pub before: &'a str,
    /// False where the bill was asked for without the tag that tells resources apart: no driver of one of them explains a row then.
    pub resources: bool,
}

/// How two bills differ.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct Comparison {
    /// What was predicted, or billed in the month before.
    pub predicted: Usd,
    /// What was billed.
    pub billed: Usd,
    /// Billed beyond what was predicted.
    pub difference: Usd,
    /// The part of the billed dollars that stands in rows which both sides have, 0 to 1; credits count by their distance from zero.
    pub matched_share: String,
    /// How many rows ended how.
    pub rows: Counts,
    /// From predicted to billed; the steps add up to the difference.
    pub bridge: Vec<Step>,
    /// What no cause explains: a step of the bridge.
    pub unexplained: Usd,
    /// Row by row, the largest difference first.
    pub details: Vec<Detail>,
    /// Services of the bill that the table of names does not have.
    pub unknown_services: Vec<String>,
    /// What the user should know.
    pub remarks: Vec<String>,
}

/// How many rows ended how.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct Counts {
    /// Both sides have them.
    pub matched: usize,
    /// Only the prediction has them.
    pub only_predicted: usize,
    /// Only the bill has them.
    pub only_billed: usize,
}

/// How a row ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Both sides have it.
    Matched,
    /// Only the prediction has it.
    OnlyPredicted,
    /// Only the bill has it.
    OnlyBilled,
}

/// One row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct Detail {
    /// How it ended.
    pub state: State,
    /// The price list's service code.
    pub service: String,
    /// What people call the service.
    pub title: String,
    /// The region code.
    pub region: String,
    /// AWS's usage type.
    pub usage_type: String,
    /// AWS's operation, where it changes the price.
    pub operation: String,
    /// How much was predicted; empty where it has no quantity.
    pub predicted_quantity: String,
    /// How much was billed.
    pub billed_quantity: String,
    /// The unit of both.
    pub unit: String,
    /// What was predicted.
    pub predicted: Usd,
    /// What was billed.
    pub billed: Usd,
    /// Billed beyond what was predicted.
    pub difference: Usd,
}

/// Compares two bills. The result depends on no order of rows.
pub fn compare(question: &Question<'_>) -> Comparison {
    let Question { base, calendar, billed, cost, keys, .. } = *question;
    let mut remarks = Vec::new();
    let lists = |bill: &Bill, free_tier: bool, remarks: &mut Vec<String>| {
        tiers::lists(bill, &keys, cost, free_tier).unwrap_or_else(|why| {
            remarks.push(format!("tiers are told as price: {why}"));
            tiers::Lists::new()
        })
    };
    let (before, after) = (lists(&calendar.payer, question.free_tier, &mut remarks), lists(&billed.payer, true, &mut remarks));
    let total = |charges: &[Charge]| charges.iter().map(|c| cost.of(c)).sum::<Usd>();
    let open = question.so_far.and_then(|s| Some((s, calendar::so_far(&calendar.own.charges, s)?)));
    let (untagged, same) = (question.untagged, Bill { charges: open_charges(question, &open), ..calendar.own.clone() });
    let nobodys = question.so_far.and_then(|s| calendar::so_far(untagged.0, s));
    let untagged = Untagged::of(nobodys.as_deref().unwrap_or(untagged.0), untagged.1, &keys, cost);
    let as_far = |base: &'_ [Charge]| question.so_far.and_then(|s| calendar::so_far(base, s));
    let others = question.others.iter().map(|(base, billed)| (as_far(base).map_or(Cow::Borrowed(&base[..]), Cow::Owned), &billed[..]));
    let untagged = untagged.among(others, &keys, cost);
    let rows = join::join(&same, &billed.own, &keys, cost, &|name| known(question.scenario, name));
    let mut bridge = Bridge::new(&before, &after, question, &untagged);
    let (predicted, actual) = (total(&base.own.charges), total(&billed.own.charges));
    let hours = format!("{} hours, not {}", exact(billed.own.hours), exact(base.own.hours));
    bridge.add(Cause::Calendar, "hours of the month", total(&calendar.own.charges) - predicted, hours);
    if let Some((days, charges)) = &open {
        bridge.add(Cause::Calendar, "days billed so far", total(charges) - total(&calendar.own.charges), days.words());
        let awaited = total(&same.charges) - total(charges);
        bridge.add(Cause::Calendar, "end of the month", awaited, "support and taxes are billed when the month ends");
    }
    if let Some((days, _)) = &open {
        remarks.push(format!("rows are held against {} of {} days of the prediction; the calendar's step is the rest", days.days, days.of));
    }
    bridge.rows(&rows);
    let bridge = bridge.steps(actual - predicted);
    let unexplained = bridge.iter().filter(|s| s.cause == Cause::Unexplained).map(|s| s.amount).sum();
    Comparison {
        predicted,
        billed: actual,
        difference: actual - predicted,
        matched_share: exact(matched_share(&rows)),
        rows: counts(&rows),
        bridge,
        unexplained,
        details: details(&rows, &keys),
        unknown_services: unknown_services(&billed.own, &keys, cost),
        remarks,
    }
}

/// What stands against the bill: of an open month as far as it has come, without what is billed when the month ends.
fn open_charges(question: &Question<'_>, open: &Option<(SoFar, Vec<Charge>)>) -> Vec<Charge> {
    let Some((_, charges)) = open else { return question.calendar.own.charges.clone() };
    let kind = |c: &Charge| question.keys.of(c).kind;
    let billed = |wanted: Kind| question.billed.own.charges.iter().any(|c| kind(c) == wanted);
    let (support, tax) = (billed(Kind::Support), billed(Kind::Tax));
    let is_there = |c: &&Charge| match kind(c) {
        Kind::Support => support,
        Kind::Tax => tax,
        _ => true,
    };
    charges.iter().filter(is_there).cloned().collect()
}

/// What bills call a resource of the scenario, or one of its services: the tag `Service` of it or of the resource of which it is a
/// part, else that resource's name. `None` for what the scenario does not have.
fn known(scenario: &Scenario, name: &str) -> Option<String> {
    let service = |resource: &Resource| {
        let tag = resource.tags.iter().find(|(k, _)| scope::tag_key(k) == scope::tag_key(join::SERVICE));
        tag.map(|(_, value)| value.to_lowercase())
    };
    match scenario.resource(scenario.whole_of(name)) {
        Some(resource) => Some(service(resource).unwrap_or_else(|| resource.name.to_lowercase())),
        None => scenario.resources.iter().filter_map(service).find(|s| *s == name.to_lowercase()),
    }
}

fn state(row: &Row<'_>) -> State {
    match (&row.base, &row.billed) {
        (Some(_), Some(_)) => State::Matched,
        (_, None) => State::OnlyPredicted,
        (None, Some(_)) => State::OnlyBilled,
    }
}

/// What costs nothing on either side, and of which nothing was used, tells nothing.
fn tells(row: &Row<'_>) -> bool {
    let used = |side: &Option<Side<'_>>| side.as_ref().and_then(Side::quantity).is_some_and(|q| !q.is_zero());
    let is_used = row.key.kind == Kind::Usage && (used(&row.base) || used(&row.billed));
    is_used || !row.base_cost().is_zero() || !row.billed_cost().is_zero()
}

fn counts(rows: &[Row<'_>]) -> Counts {
    let count = |wanted: State| rows.iter().filter(|r| tells(r)).filter(|r| state(r) == wanted).count();
    Counts { matched: count(State::Matched), only_predicted: count(State::OnlyPredicted), only_billed: count(State::OnlyBilled) }
}

fn matched_share(rows: &[Row<'_>]) -> rust_decimal::Decimal {
    let all: Usd = rows.iter().map(|r| r.billed_cost().abs()).sum();
    let matched: Usd = rows.iter().filter(|r| state(r) == State::Matched).map(|r| r.billed_cost().abs()).sum();
    matched.fraction_of(all).unwrap_or_default().round_dp(6)
}

fn details(rows: &[Row<'_>], keys: &Keys<'_>) -> Vec<Detail> {
    let quantity = |side: &Option<Side<'_>>| side.as_ref().and_then(Side::quantity).map(exact).unwrap_or_default();
    let unit = |r: &Row<'_>| r.base.iter().chain(&r.billed).find_map(|s| s.unit).map(|u| u.to_string()).unwrap_or_default();
    let metered = |r: &Row<'_>, text: String| if r.key.kind == Kind::Usage { text } else { String::new() };
    let mut list: Vec<&Row<'_>> = rows.iter().filter(|r| tells(r)).collect();
    list.sort_by(|a, b| b.difference().abs().cmp(&a.difference().abs()).then_with(|| a.key.cmp(&b.key)));
    list.into_iter()
        .map(|r| Detail {
            state: state(r),
            service: r.key.service.clone(),
            title: keys.names.title(&r.key.service).to_owned(),
            region: r.key.region.clone(),
            usage_type: r.key.usage_type.clone(),
            operation: r.key.operation.clone(),
            predicted_quantity: metered(r, quantity(&r.base)),
            billed_quantity: metered(r, quantity(&r.billed)),
            unit: metered(r, unit(r)),
            predicted: r.base_cost(),
            billed: r.billed_cost(),
            difference: r.difference(),
        })
        .collect()
}

/// Services that the table of names does not have, each with what it costs; AWS Marketplace names its products by hashes.
fn unknown_services(billed: &Bill, keys: &Keys<'_>, basis: Cost) -> Vec<String> {
    let mut sums: std::collections::BTreeMap<&str, Usd> = std::collections::BTreeMap::new();
    for charge in billed.charges.iter().filter(|c| keys.names.code(&c.service).is_none()) {
        *sums.entry(&charge.service).or_default() += basis.of(charge);
    }
    sums.into_iter().map(|(name, cost)| format!("{name} ({})", cents(cost))).collect()
}
