//! AWS's budgets in, as rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use chrono::{DateTime, NaiveDate};
use rust_decimal::Decimal;
use serde_json::Value;

use super::{Budget, Notification, Spend, Written, own_tag};
use crate::check::rule::Metric;
use crate::money::Usd;
use crate::month::Month;
use crate::quantity::exact;
use crate::scenario::{Scenario, Scenarios};
use crate::variance::scope::tag_key;

/// Rules out of AWS's budgets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// A rule file.
    pub yaml: String,
    /// How many rules it has.
    pub rules: usize,
    /// What could not be taken over, and why.
    pub left: Vec<String>,
    /// What of the budgets that were taken over has no counterpart in a rule.
    pub dropped: Vec<String>,
    names: BTreeSet<String>,
}

/// Reads what `aws budgets` wrote: budgets and notifications, in any number of files.
///
/// # Errors
/// In words: a text that is no such JSON; no budget that could become a rule.
pub fn import(files: &[(String, String)], scenarios: &Scenarios, as_of: NaiveDate) -> Result<Imported, String> {
    let (mut budgets, mut notifications): (Vec<Budget>, BTreeMap<String, Vec<Notification>>) = Default::default();
    for (name, text) in files {
        let written: Written = serde_json::from_str(text).map_err(|e| format!("{name} is not what `aws budgets` writes: {e}"))?;
        let own = written.notifications_with_subscribers.into_iter().map(|w| w.notification);
        if let Some(budget) = written.budget {
            notifications.entry(budget.budget_name.clone()).or_default().extend(own);
            budgets.push(budget);
        }
        budgets.extend(written.budgets);
        for of in written.budget_notifications_for_account {
            notifications.entry(of.budget_name).or_default().extend(of.notifications);
        }
    }
    if budgets.is_empty() {
        return Err("no budget is in these files\nhelp: `aws budgets describe-budgets --account-id ID` writes them".into());
    }
    let mut imported = Imported { yaml: "rules:\n".into(), ..Imported::default() };
    for budget in &budgets {
        let of = notifications.get(&budget.budget_name).map(Vec::as_slice).unwrap_or_default();
        if let Err(why) = imported.take(budget, of, scenarios, as_of) {
            imported.left.push(format!("{}: {why}", plain(&budget.budget_name)));
        }
    }
    match imported.rules {
        0 => Err(format!("no budget has a rule like it\n{}", imported.left.join("\n"))),
        _ => Ok(imported),
    }
}

impl Imported {
    fn take(&mut self, budget: &Budget, notifications: &[Notification], scenarios: &Scenarios, as_of: NaiveDate) -> Result<(), String> {
        if budget.budget_type != "COST" || budget.time_unit != "MONTHLY" {
            return Err(format!("a budget of {} by {} has no rule like it", plain(&budget.budget_type), plain(&budget.time_unit)));
        }
        let environment = environment(budget, scenarios)?;
        let dropped = dropped(budget, as_of)?;
        if notifications.is_empty() {
            return Err("it has no notification, and so no threshold (give `describe-budget-notifications-for-account` as well)".into());
        }
        let name = plain(&budget.budget_name);
        let mut head = format!("  # {name}\n");
        for what in &dropped {
            let _ = writeln!(head, "  # not taken over: {what}");
        }
        let before = self.rules;
        for notification in notifications {
            match self.rule(budget, notification, environment) {
                Ok(rule) => {
                    // What is said of the budget stands above the first of its rules.
                    self.yaml.push_str(&std::mem::take(&mut head));
                    self.yaml.push_str(&rule);
                    self.rules += 1;
                }
                Err(why) => self.left.push(format!("{name}: {why}")),
            }
        }
        if self.rules > before {
            self.dropped.extend(dropped.into_iter().map(|what| format!("{name}: {what}")));
        }
        Ok(())
    }

    fn rule(&mut self, budget: &Budget, notification: &Notification, environment: &Scenario) -> Result<String, String> {
        let metric = match notification.notification_type.as_str() {
            "ACTUAL" => Metric::Actual,
            "FORECASTED" => Metric::Landed,
            other => return Err(format!("`{}` is no type of notification", plain(other))),
        };
        let side = match notification.comparison_operator.as_str() {
            "GREATER_THAN" => "above",
            "LESS_THAN" => "below",
            other => return Err(format!("a rule has no `{}`", plain(other))),
        };
        let threshold = number(&notification.threshold).ok_or("its threshold is no number")?;
        let at = |spend: &Spend| amount(spend, notification, threshold);
        let months = budget.planned_budget_limits.iter();
        let months = months.map(|(second, spend)| Ok(format!("{}: {} USD", month(second)?, exact(at(spend)?.decimal()))));
        let months = months.collect::<Result<Vec<String>, String>>()?;
        if !months.is_empty() && side == "below" {
            return Err("a rule has limits by month above, and none below".into());
        }
        if budget.budget_limit.is_none() && months.is_empty() {
            return Err("it has no limit".into());
        }
        let id = self.name(&format!("{}-{}-{}", slug(&budget.budget_name), metric.name(), exact(threshold.round_dp(4))));
        let mut rule = format!("  - id: {id}\n    environment: {}\n    metric: {}\n", quoted(&environment.name), metric.name());
        // When all planned limits are used, AWS goes on with the last.
        let last = || budget.planned_budget_limits.iter().max_by_key(|(second, _)| month(second).ok()).map(|(_, spend)| spend);
        if let Some(limit) = budget.budget_limit.as_ref().or_else(last) {
            let _ = writeln!(rule, "    {side}: {} USD", exact(at(limit)?.decimal()));
        }
        if !months.is_empty() {
            let _ = writeln!(rule, "    limits: {{{}}}", months.join(", "));
        }
        rule.push_str("    level: warn\n    accept_estimated: true           # AWS goes by its estimates\n");
        Ok(rule)
    }

    /// A name that no rule has yet.
    fn name(&mut self, wanted: &str) -> String {
        let numbered = (2..).map(|n| format!("{wanted}.{n}"));
        let name = std::iter::once(wanted.to_owned()).chain(numbered).find(|name| !self.names.contains(name)).unwrap_or_default();
        self.names.insert(name.clone());
        name
    }
}

/// The amount at which a notification is sent.
fn amount(spend: &Spend, notification: &Notification, threshold: Decimal) -> Result<Usd, String> {
    if spend.unit != "USD" {
        return Err(format!("its currency is {}", plain(&spend.unit)));
    }
    let limit = Decimal::from_str_exact(&spend.amount).map_err(|_| format!("`{}` is no amount", plain(&spend.amount)))?;
    let share = || threshold.checked_mul(limit).map(|whole| whole / Decimal::ONE_HUNDRED);
    // AWS takes a threshold for per cent where nothing is said.
    let amount = if notification.threshold_type == "ABSOLUTE_VALUE" { Some(threshold) } else { share() };
    amount.map(Usd::new).ok_or_else(|| "its limit is too large to be exact".into())
}

/// What of a budget a rule cannot say, where the rest of it makes sense without.
fn dropped(budget: &Budget, as_of: NaiveDate) -> Result<Vec<String>, String> {
    let mut dropped = Vec::new();
    // What AWS takes where nothing is said: everything on the invoice, unblended. So do rules.
    let usual = |name: &str| !matches!(name, "UseBlended" | "UseAmortized");
    let others = budget.cost_types.iter().filter_map(|(name, is)| Some((name, (*is)?))).filter(|(name, is)| usual(name) != *is);
    let others: Vec<String> = others.map(|(name, is)| format!("{}={is}", plain(name))).collect();
    if !others.is_empty() {
        dropped.push(format!("CostTypes {}: a rule counts everything on the invoice", others.join(", ")));
    }
    let metrics: Vec<String> = budget.metrics.iter().filter(|m| *m != "UnblendedCost").map(|m| plain(m)).collect();
    if !metrics.is_empty() {
        dropped.push(format!("Metrics {}: a rule goes by the invoice (UnblendedCost)", metrics.join(", ")));
    }
    if budget.auto_adjust_data.as_ref().is_some_and(|data| !data.is_null()) {
        dropped.push("AutoAdjustData: the limit is today's, and stays".into());
    }
    let day = |at: fn(&super::TimePeriod) -> &Value| budget.time_period.as_ref().and_then(|period| time(at(period)));
    if let Some(end) = day(|p| &p.end) {
        if end <= as_of {
            return Err(format!("its TimePeriod ended on {end}"));
        }
        // AWS writes 2087 where nobody named an end.
        if end < NaiveDate::from_ymd_opt(2087, 1, 1).unwrap_or(NaiveDate::MAX) {
            dropped.push(format!("TimePeriod: it ends on {end}, and a rule does not"));
        }
    }
    if let Some(start) = day(|p| &p.start).filter(|start| *start > as_of) {
        dropped.push(format!("TimePeriod: it begins on {start}, and a rule at once"));
    }
    Ok(dropped)
}

/// The day of a time as AWS's command line writes it.
fn time(value: &Value) -> Option<NaiveDate> {
    match value {
        Value::Number(_) => {
            let seconds = number(value)?.trunc().to_string().parse().ok()?;
            Some(DateTime::from_timestamp(seconds, 0)?.date_naive())
        }
        Value::String(text) => text.get(..10)?.parse().ok(),
        _ => None,
    }
}

/// Text of others as a part of a line.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A name as YAML takes it for text.
fn quoted(name: &str) -> String {
    let is_bare =
        name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    let is_word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].iter().any(|word| name.eq_ignore_ascii_case(word));
    if is_bare && !is_word { name.to_owned() } else { Value::from(name).to_string() }
}

/// The environment whose costs a budget is about: by the tag that tells it.
fn environment<'s>(budget: &Budget, scenarios: &'s Scenarios) -> Result<&'s Scenario, String> {
    let mut tags: Vec<(String, String)> = Vec::new();
    for (key, values) in &budget.cost_filters {
        match (key.as_str(), values.as_slice()) {
            ("TagKeyValue", [only]) => tags.extend(only.split_once('$').map(|(key, value)| (key.to_owned(), value.to_owned()))),
            _ => return Err(format!("it is filtered by {}: a rule is about one environment", plain(key))),
        }
    }
    if let Some(expression) = &budget.filter_expression {
        let parts = expression.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
        let [("Tags", tag)] = parts.map(|(key, value)| (key.as_str(), value)).collect::<Vec<_>>()[..] else {
            return Err("its filter is more than one tag: a rule is about one environment".into());
        };
        let options: Vec<&str> =
            tag.get("MatchOptions").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        if let Some(option) = options.iter().find(|option| **option != "EQUALS" && **option != "CASE_SENSITIVE") {
            return Err(format!("its filter matches by {}: a rule is about one environment", plain(option)));
        }
        let key = tag.get("Key").and_then(Value::as_str).unwrap_or_default();
        match tag.get("Values").and_then(Value::as_array).map(Vec::as_slice) {
            Some([Value::String(value)]) => tags.push((key.to_owned(), value.clone())),
            _ => return Err("its filter has not one value: a rule is about one environment".into()),
        }
    }
    let [(key, value)] = tags.as_slice() else { return Err("it is about the whole account: a rule is about one environment".into()) };
    let is_its =
        |s: &&Scenario| s.instead_of.is_none() && own_tag(s).is_some_and(|(own, wanted)| tag_key(&own) == tag_key(key) && wanted == *value);
    scenarios.all.iter().find(is_its).ok_or_else(|| format!("no environment is told by {key} = {value}"))
}

fn number(value: &Value) -> Option<Decimal> {
    let text = value.as_number()?.to_string();
    Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text)).ok().map(|n| n.normalize())
}

/// The month that begins at a second since 1970.
fn month(second: &str) -> Result<Month, String> {
    let wrong = || format!("`{second}` is no second since 1970");
    let whole = second.split('.').next().unwrap_or(second);
    Ok(Month::of(DateTime::from_timestamp(whole.parse().map_err(|_| wrong())?, 0).ok_or_else(wrong)?.date_naive()))
}

/// A name for a rule.
fn slug(name: &str) -> String {
    let plain = name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' });
    let slug: String = plain.take(40).collect();
    if slug.trim_matches('-').is_empty() { "budget".into() } else { slug }
}
