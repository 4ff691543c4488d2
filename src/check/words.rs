//! What a rule says, for people.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::reading::Reading;
use super::rule::{Metric, Rule};
use super::value::Untold;
use crate::money::{Usd, dollars, signed};
use crate::quantity::per_cent;

/// A value or limit of a metric, for people.
pub fn shown(metric: Metric, n: Decimal) -> String {
    match metric {
        Metric::ChangePercent => format!("{}{}", if n > Decimal::ZERO { "+" } else { "" }, per_cent(n)),
        metric if metric.is_share() => per_cent(n),
        Metric::Change | Metric::Anomaly => signed(Usd::new(n)),
        _ => dollars(Usd::new(n)),
    }
}

/// The name of a metric in a sentence.
fn name(metric: Metric) -> &'static str {
    match metric {
        Metric::Planned => "planned",
        Metric::Total => "total",
        Metric::P50 => "P50",
        Metric::P90 => "P90",
        Metric::OverBudget => "probability of more than the budget",
        Metric::Change | Metric::ChangePercent => "change",
        Metric::Actual => "billed so far",
        Metric::Landed => "lands at",
        Metric::Coverage => "covered by commitments",
        Metric::Utilisation => "used of commitments",
        Metric::BilledCoverage => "covered by commitments on the bill",
        Metric::BilledUtilisation => "used of commitments on the bill",
        Metric::TagCoverage => "tagged",
        Metric::Anomaly => "anomaly",
    }
}

/// A limit of a metric, for people: an anomaly's has no sign, since it is meant of rises and falls.
pub fn limit(metric: Metric, n: Decimal) -> String {
    if metric == Metric::Anomaly { dollars(Usd::new(n)) } else { shown(metric, n) }
}

/// "planned 5,702 in 2026-12, at most 5,600".
pub(super) fn message(rule: &Rule, reading: &Reading, as_of: NaiveDate) -> String {
    let scope = rule.scope.words();
    let scope = if scope.is_empty() { scope } else { format!("{scope}, ") };
    let mut text = match &reading.value {
        Ok(told) => {
            let usual = || format!("{} {} in {}", name(rule.metric), shown(rule.metric, told.value), reading.month);
            let what = told.what.clone().unwrap_or_else(usual);
            let note = told.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
            let side = if reading.above { "at most" } else { "at least" };
            let most = reading.limit.map(|n| format!(", {side} {}", limit(rule.metric, n))).unwrap_or_default();
            format!("{scope}{what}{note}{most}")
        }
        Err(untold) => format!("{scope}{}: {untold}", name(rule.metric)),
    };
    if matches!(reading.value, Err(Untold::Missing(_) | Untold::Nothing(_))) {
        return text;
    }
    if let Some(floor) = rule.floor.filter(|_| reading.is_small) {
        text.push_str(&format!("; less than {} does not count", dollars(floor)));
    }
    if let Some(waiver) = rule.waiver.as_ref().filter(|_| reading.is_breach) {
        let still = if as_of <= waiver.until { "accepted until" } else { "was accepted until" };
        text.push_str(&format!("; {still} {}: {}", waiver.until, waiver.why));
    }
    for more in reading.remark.iter().chain(&reading.doubt) {
        text.push_str(&format!("; {more}"));
    }
    text
}
