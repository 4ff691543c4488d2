//! Budgets of AWS, as `aws budgets` writes and reads them: in as rules, out of rules. Only a whole environment's dollars by month have
//! the same meaning on both sides; what has not is said, and not bent.
//!
//! Source: AWS Cost Management API Reference, "AWS Budgets" (Budget, Notification, Expression, CostTypes).

mod export;
mod import;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::export::{Account, Exported, Subscriber, export};
pub use self::import::{Imported, import};
use crate::scenario::Scenario;
use crate::scenario::actuals::ENVIRONMENT;
use crate::variance::scope::environment_value;

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
    /// What of the costs counts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    cost_types: BTreeMap<String, Option<bool>>,
    /// The newer way to say that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    metrics: Vec<String>,
    /// How AWS sets the limit anew by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_adjust_data: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_period: Option<TimePeriod>,
}

/// From when to when a budget holds: seconds since 1970, or a time as ISO 8601 writes it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TimePeriod {
    start: Value,
    end: Value,
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
