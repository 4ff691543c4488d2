//! Rules out, as AWS's budgets.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Budget, Notification, Spend, WithSubscribers, own_tag};
use crate::check::rule::{Limit, Metric, Rule, RuleFile};
use crate::money::Usd;
use crate::month::Month;
use crate::quantity::exact;
use crate::scenario::{Scenario, Scenarios};

/// Whom AWS tells of a breach.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Subscriber {
    /// An e-mail address.
    Email(String),
    /// The name of an SNS topic (ARN).
    Topic(String),
}

impl FromStr for Subscriber {
    type Err = String;

    fn from_str(text: &str) -> Result<Subscriber, String> {
        if text.starts_with("arn:") {
            let parts: Vec<&str> = text.split(':').collect();
            return match parts.as_slice() {
                ["arn", partition, "sns", region, account, topic]
                    if partition.starts_with("aws") && !region.is_empty() && is_account(account) && !topic.is_empty() =>
                {
                    Ok(Subscriber::Topic(text.into()))
                }
                _ => Err("expected arn:aws:sns:REGION:ACCOUNT:TOPIC".into()),
            };
        }
        let is_plain = text.chars().all(|c| !c.is_whitespace() && !c.is_control()) && text.matches('@').count() == 1;
        match text.split_once('@') {
            Some((name, host)) if is_plain && !name.is_empty() && host.split('.').count() > 1 && !host.split('.').any(str::is_empty) => {
                Ok(Subscriber::Email(text.into()))
            }
            _ => Err("expected an e-mail address, or the ARN of an SNS topic".into()),
        }
    }
}

impl Subscriber {
    fn value(&self) -> Value {
        match self {
            Subscriber::Email(address) => json!({ "SubscriptionType": "EMAIL", "Address": address }),
            Subscriber::Topic(address) => json!({ "SubscriptionType": "SNS", "Address": address }),
        }
    }
}

/// Twelve digits.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Most e-mail addresses, and most topics, that a notification has (AWS Budgets, "Quotas").
const MOST: (usize, usize) = (10, 1);
/// Longest name of a budget.
const LONGEST_NAME: usize = 100;
/// Months of a budget with a limit for each: the one that goes on, and the next eleven (Budget, "PlannedBudgetLimits").
const MONTHS: u32 = 12;

/// Where rules are to be written as budgets.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// The account.
    pub id: &'a str,
    /// Who is told.
    pub subscribers: &'a [Subscriber],
    /// The month that goes on.
    pub month: Month,
}

/// AWS's budgets out of rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exported {
    /// One for each rule and environment: the input of `aws budgets create-budget --cli-input-json`.
    pub budgets: Vec<Value>,
    /// What could not be written, and why.
    pub left: Vec<String>,
    /// What of the rules that were written a budget cannot say.
    pub dropped: Vec<String>,
}

/// Writes rules as budgets of an account.
///
/// # Errors
/// In words: an account that is none, and subscribers that AWS does not take.
pub fn export(rules: &RuleFile, scenarios: &Scenarios, account: &Account<'_>) -> Result<Exported, String> {
    if !is_account(account.id) {
        return Err(format!("`{}` is no account: expected twelve digits", account.id.escape_debug()));
    }
    let topics = account.subscribers.iter().filter(|s| matches!(s, Subscriber::Topic(_))).count();
    match (account.subscribers.len() - topics, topics) {
        (0, 0) => return Err("nobody would be told: AWS has no threshold without a subscriber".into()),
        (emails, topics) if emails > MOST.0 || topics > MOST.1 => {
            return Err(format!("AWS takes {} e-mail addresses and {} topic: there are {emails} and {topics}", MOST.0, MOST.1));
        }
        _ => {}
    }
    let mut exported = Exported::default();
    for rule in &rules.rules {
        for scenario in scenarios.all.iter().filter(|s| rule.names(s)) {
            let name = format!("{} ({})", rule.id, scenario.name);
            match budget(rule, scenario, account) {
                Ok(budget) => {
                    exported.budgets.push(budget);
                    exported.dropped.extend(dropped(rule).into_iter().map(|what| format!("{name}: {what}")));
                }
                Err(why) => exported.left.push(format!("{name}: {why}")),
            }
        }
    }
    Ok(exported)
}

/// What of a rule a budget cannot say.
fn dropped(rule: &Rule) -> Vec<&'static str> {
    let of_plan = "AWS counts all of the environment's costs, the rule what its plan speaks of";
    let all = [(rule.is_of_plan(), of_plan), (rule.floor.is_some(), "AWS has no floor"), (rule.waiver.is_some(), "AWS has no waiver")];
    all.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect()
}

fn budget(rule: &Rule, scenario: &Scenario, account: &Account<'_>) -> Result<Value, String> {
    let kind = match rule.metric {
        Metric::Actual => "ACTUAL",
        Metric::Landed => "FORECASTED",
        other => return Err(format!("AWS has no budget on `{}`", other.name())),
    };
    if !rule.scope.is_whole() {
        return Err("a budget's filter by service or tag has other names".into());
    }
    let (key, value) = own_tag(scenario).ok_or("its rows are told by more than one tag, which a budget's filter cannot say")?;
    let (limits, side) = limits(rule, scenario, account.month)?;
    let mut budget = Budget {
        budget_name: format!("{}-{}", rule.id, scenario.name),
        budget_type: "COST".into(),
        time_unit: "MONTHLY".into(),
        filter_expression: Some(json!({ "Tags": { "Key": key, "Values": [value] } })),
        ..Budget::default()
    };
    if budget.budget_name.len() > LONGEST_NAME {
        return Err(format!("its name and the environment's are more than {LONGEST_NAME} letters"));
    }
    let threshold = match limits {
        Limits::One(amount, per_cent) => {
            budget.budget_limit = Some(spend(amount)?);
            per_cent
        }
        Limits::ByMonth(amounts) => {
            let second = |month: Month| month.first_day().and_time(chrono::NaiveTime::MIN).and_utc().timestamp().to_string();
            let months = amounts.into_iter().map(|(month, amount)| Ok((second(month), spend(amount)?)));
            budget.planned_budget_limits = months.collect::<Result<_, String>>()?;
            Decimal::ONE_HUNDRED
        }
    };
    let threshold = serde_json::from_str(&exact(threshold)).map_err(|e| e.to_string())?;
    let notification =
        Notification { notification_type: kind.into(), comparison_operator: side.into(), threshold, threshold_type: "PERCENTAGE".into() };
    let told = WithSubscribers { notification, subscribers: account.subscribers.iter().map(Subscriber::value).collect() };
    Ok(json!({ "AccountId": account.id, "Budget": budget, "NotificationsWithSubscribers": [told] }))
}

fn spend(amount: Usd) -> Result<Spend, String> {
    match amount < Usd::ZERO {
        true => Err("AWS has no limit below zero".into()),
        false => Ok(Spend { amount: exact(amount.decimal()), unit: "USD".into() }),
    }
}

/// The limits of a budget.
enum Limits {
    /// One for every month, and the per cent of it that are meant.
    One(Usd, Decimal),
    /// One for each of the months ahead.
    ByMonth(Vec<(Month, Usd)>),
}

/// A rule's limits and side.
fn limits(rule: &Rule, scenario: &Scenario, from: Month) -> Result<(Limits, &'static str), String> {
    let plan = scenario.plan.as_ref().map(|p| p.total);
    let side = match (rule.above, rule.below) {
        (_, None) => "GREATER_THAN",
        (None, Some(_)) if rule.limits.is_empty() => "LESS_THAN",
        _ => return Err("a budget has one side: make two rules of it".into()),
    };
    let none = || "its limit is no amount".to_owned();
    if rule.limits.is_empty() {
        let limit = match rule.above.or(rule.below).ok_or_else(none)? {
            Limit::Money(amount) => Limits::One(amount, Decimal::ONE_HUNDRED),
            Limit::OfPlan(part) => Limits::One(plan.ok_or_else(none)?, part * Decimal::ONE_HUNDRED),
            Limit::Share(_) => return Err(none()),
        };
        return Ok((limit, side));
    }
    let of = |month: Month| match rule.most(month) {
        Some(Limit::Money(amount)) => Ok((month, amount)),
        Some(Limit::OfPlan(part)) => Ok((month, plan.ok_or_else(none)?.share(part))),
        Some(Limit::Share(_)) => Err(none()),
        None => Err(format!(
            "AWS wants a limit for each of the {MONTHS} months from {from}, and {month} has none: `above` is one for all others"
        )),
    };
    let months = (0..MONTHS).map(|n| of(from.plus(n))).collect::<Result<_, String>>()?;
    Ok((Limits::ByMonth(months), side))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_told_is_checked() {
        for fine in ["costs@example.com", "a.b+c@x.example", "arn:aws:sns:us-east-1:111122223333:costs"] {
            assert!(fine.parse::<Subscriber>().is_ok(), "{fine}");
        }
        for wrong in [
            "",
            "costs",
            "@x.y",
            "a@b",
            "a@b..c",
            "a b@c.d",
            "a@b@c.d",
            "arn:aws:sqs:us-east-1:111122223333:q",
            "arn:aws:sns:us-east-1:1:t",
        ] {
            assert!(wrong.parse::<Subscriber>().is_err(), "{wrong}");
        }
    }
}
