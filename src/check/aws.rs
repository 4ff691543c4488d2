//! Budgets of AWS, as `aws budgets` writes and reads them: in as rules, out of rules. Only a whole environment's dollars by month have
//! the same meaning on both sides; what has not is said, and not bent.
//!
//! Source: AWS Cost Management API Reference, "AWS Budgets" (Budget, Notification, Expression).

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::DateTime;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rule::{Limit, Metric, Rule, RuleFile};
use crate::money::Usd;
use crate::month::Month;
use crate::quantity::exact;
use crate::scenario::actuals::ENVIRONMENT;
use crate::scenario::{Scenario, Scenarios};
use crate::variance::scope::{environment_value, tag_key};

/// What `aws budgets describe-budgets`, `describe-budget-notifications-for-account` and `create-budget` hold.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Written {
    budgets: Vec<Budget>,
    budget: Option<Budget>,
    notifications_with_subscribers: Vec<WithSubscribers>,
    budget_notifications_for_account: Vec<OfBudget>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct OfBudget {
    budget_name: String,
    notifications: Vec<Notification>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct WithSubscribers {
    notification: Notification,
    subscribers: Vec<Value>,
}

/// A budget.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Budget {
    budget_name: String,
    budget_type: String,
    time_unit: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget_limit: Option<Spend>,
    /// By the second, since 1970, at which the month begins.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    planned_budget_limits: BTreeMap<String, Spend>,
    /// The older way to say whose costs are meant.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    cost_filters: BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter_expression: Option<Value>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Spend {
    amount: String,
    unit: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Notification {
    notification_type: String,
    comparison_operator: String,
    threshold: Value,
    threshold_type: String,
}

/// Rules out of AWS's budgets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// A rule file.
    pub yaml: String,
    /// How many rules it has.
    pub rules: usize,
    /// What could not be taken over, and why.
    pub left: Vec<String>,
}

/// Reads what `aws budgets` wrote: budgets and notifications, in any number of files.
///
/// # Errors
/// In words: a text that is no such JSON.
pub fn import(files: &[(String, String)], scenarios: &Scenarios) -> Result<Imported, String> {
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
        if let Err(why) = taken(budget, of, scenarios, &mut imported) {
            imported.left.push(format!("{}: {why}", budget.budget_name));
        }
    }
    Ok(imported)
}

fn taken(budget: &Budget, notifications: &[Notification], scenarios: &Scenarios, into: &mut Imported) -> Result<(), String> {
    if budget.budget_type != "COST" || budget.time_unit != "MONTHLY" {
        return Err(format!("a budget of {} by {} has no rule like it", budget.budget_type, budget.time_unit));
    }
    let environment = environment(budget, scenarios)?;
    if notifications.is_empty() {
        return Err("it has no notification, and so no threshold (give `describe-budget-notifications-for-account` as well)".into());
    }
    for notification in notifications {
        let metric = match notification.notification_type.as_str() {
            "ACTUAL" => Metric::Actual,
            "FORECASTED" => Metric::Landed,
            other => return Err(format!("`{other}` is no type of notification")),
        };
        let side = match notification.comparison_operator.as_str() {
            "GREATER_THAN" => "above",
            "LESS_THAN" => "below",
            other => return Err(format!("a rule has no `{other}`")),
        };
        let threshold = number(&notification.threshold).ok_or("its threshold is no number")?;
        let at = |spend: &Spend| -> Result<Usd, String> {
            if spend.unit != "USD" {
                return Err(format!("its currency is {}", spend.unit));
            }
            let limit = Decimal::from_str_exact(&spend.amount).map_err(|_| format!("`{}` is no amount", spend.amount))?;
            let share = threshold.checked_mul(limit).map(|whole| whole / Decimal::ONE_HUNDRED);
            let amount = if notification.threshold_type == "ABSOLUTE_VALUE" { Some(threshold) } else { share };
            amount.map(Usd::new).ok_or_else(|| "its limit is too large to be exact".into())
        };
        let id = format!("{}-{}-{}", slug(&budget.budget_name), metric.name(), exact(threshold));
        let mut rule = format!("  - id: {id}\n    environment: {}\n    metric: {}\n", environment.name, metric.name());
        if let Some(limit) = &budget.budget_limit {
            let _ = writeln!(rule, "    {side}: {} USD", exact(at(limit)?.decimal()));
        }
        let months = budget
            .planned_budget_limits
            .iter()
            .map(|(second, spend)| Ok(format!("{}: {} USD", month(second)?, exact(at(spend)?.decimal()))));
        let months = months.collect::<Result<Vec<String>, String>>()?;
        if side == "above" && !months.is_empty() {
            let _ = writeln!(rule, "    limits: {{{}}}", months.join(", "));
        }
        rule.push_str("    level: warn\n");
        into.yaml.push_str(&rule);
        into.rules += 1;
    }
    Ok(())
}

/// The environment whose costs a budget is about: by the tag that tells it.
fn environment<'s>(budget: &Budget, scenarios: &'s Scenarios) -> Result<&'s Scenario, String> {
    let mut tags: Vec<(String, String)> = Vec::new();
    for (key, values) in &budget.cost_filters {
        match (key.as_str(), values.as_slice()) {
            ("TagKeyValue", [only]) => tags.extend(only.split_once('$').map(|(key, value)| (key.to_owned(), value.to_owned()))),
            _ => return Err(format!("it is filtered by {key}: a rule is about one environment")),
        }
    }
    if let Some(expression) = &budget.filter_expression {
        let tag = expression.get("Tags").ok_or("its filter is more than one tag: a rule is about one environment")?;
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

/// The one tag by which an environment's rows are told; `None` where it takes more than that.
fn own_tag(scenario: &Scenario) -> Option<(String, String)> {
    let actuals = &scenario.actuals;
    if !actuals.account.0.is_empty() {
        return None;
    }
    let mut tags = actuals.tag.iter().map(|(key, values)| (key.clone(), values.0.clone()));
    match (tags.next(), tags.next()) {
        (None, _) => Some((ENVIRONMENT.to_owned(), environment_value(scenario).to_owned())),
        (Some((key, values)), None) => <[String; 1]>::try_from(values).ok().map(|[value]| (key, value)),
        _ => None,
    }
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

/// AWS's budgets out of rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exported {
    /// One for each rule and environment: the input of `aws budgets create-budget --cli-input-json`.
    pub budgets: Vec<Value>,
    /// What could not be written, and why.
    pub left: Vec<String>,
}

/// Writes rules as budgets of an account. `subscribers` are told of a breach: e-mail addresses and SNS topics.
pub fn export(rules: &RuleFile, scenarios: &Scenarios, account: &str, subscribers: &[String]) -> Exported {
    let mut exported = Exported::default();
    for rule in &rules.rules {
        for scenario in scenarios.all.iter().filter(|s| rule.names(s)) {
            match budget(rule, scenario, account, subscribers) {
                Ok(budget) => exported.budgets.push(budget),
                Err(why) => exported.left.push(format!("{} ({}): {why}", rule.id, scenario.name)),
            }
        }
    }
    exported
}

fn budget(rule: &Rule, scenario: &Scenario, account: &str, subscribers: &[String]) -> Result<Value, String> {
    let kind = match rule.metric {
        Metric::Actual => "ACTUAL",
        Metric::Landed => "FORECASTED",
        other => return Err(format!("AWS has no budget on `{}`", other.name())),
    };
    let (key, value) = own_tag(scenario).ok_or("its rows are told by more than one tag, which a budget's filter cannot say")?;
    let plan = scenario.plan.as_ref().map(|p| p.total);
    // A threshold in per cent of the plan, or of the amount itself.
    let amount = |limit: Limit| match limit {
        Limit::Money(amount) => Some((amount, Decimal::ONE_HUNDRED)),
        Limit::OfPlan(part) => plan.map(|plan| (plan, part * Decimal::ONE_HUNDRED)),
        Limit::Share(_) => None,
    };
    let spend = |amount: Usd| Spend { amount: exact(amount.decimal()), unit: "USD".into() };
    let (limit, side) = match (rule.above, rule.below) {
        (Some(above), None) => (above, "GREATER_THAN"),
        (None, Some(below)) => (below, "LESS_THAN"),
        (None, None) => return Err("limits by month alone have no threshold for the others".into()),
        (Some(_), Some(_)) => return Err("a budget has one side: make two rules of it".into()),
    };
    let (limit, per_cent) = amount(limit).ok_or("its limit is no amount")?;
    let mut budget = Budget {
        budget_name: format!("{}-{}", rule.id, scenario.name),
        budget_type: "COST".into(),
        time_unit: "MONTHLY".into(),
        filter_expression: Some(serde_json::json!({ "Tags": { "Key": key, "Values": [value] } })),
        ..Budget::default()
    };
    // AWS takes one or the other: months that have no limit of their own would be without any.
    if rule.limits.is_empty() {
        budget.budget_limit = Some(spend(limit))
    } else {
        return Err("limits by month need all twelve of them".into());
    }
    let threshold = serde_json::from_str(&exact(per_cent)).map_err(|e| e.to_string())?;
    let notification =
        Notification { notification_type: kind.into(), comparison_operator: side.into(), threshold, threshold_type: "PERCENTAGE".into() };
    let subscriber = |address: &String| {
        let kind = if address.starts_with("arn:") { "SNS" } else { "EMAIL" };
        serde_json::json!({ "SubscriptionType": kind, "Address": address })
    };
    let told = WithSubscribers { notification, subscribers: subscribers.iter().map(subscriber).collect() };
    Ok(serde_json::json!({ "AccountId": account, "Budget": budget, "NotificationsWithSubscribers": [told] }))
}
