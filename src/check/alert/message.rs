//! Alerts in the words of each channel.

use serde_json::{Value, json};

use super::{Alert, Status};

/// Alerts that one message lists.
const MOST: usize = 20;
/// Longest summary that PagerDuty takes (Events API v2, "PD-CEF fields").
const LONGEST_SUMMARY: usize = 1024;
/// Longest subject that SNS takes, in ASCII without line ends (SNS, "Publish").
const LONGEST_SUBJECT: usize = 100;

/// "prod: prod-budget: planned 5,702 in 2026-12, at most 5,600".
fn line(alert: &Alert) -> String {
    let over = if alert.status == Some(Status::Pass) { "over: " } else { "" };
    format!("{over}{}: {}: {}", alert.environment, alert.rule, alert.message)
}

/// What to do and whom to ask.
fn action(alert: &Alert) -> String {
    let owner = alert.owner.as_ref().map(|o| format!("owner: {o}"));
    [alert.text.clone(), owner, alert.link.clone()].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Each alert with its urgency and action, at most [`MOST`] of them.
fn lines(alerts: &[Alert], safe: impl Fn(&str) -> String, strong: &str) -> String {
    let mut out = String::new();
    for alert in alerts.iter().take(MOST) {
        out.push_str(&format!("{strong}{}{strong} {}\n", alert.word(), safe(&line(alert))));
        let action = action(alert);
        if !action.is_empty() {
            out.push_str(&format!("    {}\n", safe(&action)));
        }
    }
    if alerts.len() > MOST {
        out.push_str(&format!("and {} more: ce-cost check lists them\n", alerts.len() - MOST));
    }
    out
}

/// "ce-cost: 1 critical, 2 warning".
pub fn headline(alerts: &[Alert]) -> String {
    let words = ["critical", "warning", "info", "settled", "accepted", "eased", "dropped"];
    let count = |word: &&str| alerts.iter().filter(|a| a.word() == *word).count();
    let parts = words.iter().map(|word| (count(word), word)).filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}"));
    format!("ce-cost: {}", parts.collect::<Vec<_>>().join(", "))
}

/// For an incoming webhook of Slack. Nothing in it is a mention or a link of its own (Slack, "Formatting text": `&`, `<` and `>`).
pub fn slack(alerts: &[Alert]) -> Value {
    let safe = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    json!({ "text": format!("*{}*\n{}", headline(alerts), lines(alerts, safe, "*")) })
}

/// The subject and the text of a message of SNS.
pub fn sns(alerts: &[Alert]) -> (String, String) {
    let subject: String = headline(alerts).chars().filter(|c| c.is_ascii() && !c.is_ascii_control()).take(LONGEST_SUBJECT).collect();
    let safe = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    (subject, lines(alerts, safe, ""))
}

/// For any address: the alerts as they are.
pub fn webhook(alerts: &[Alert], as_of: &str) -> Value {
    let one = |alert: &Alert| {
        let mut value = serde_json::to_value(alert).unwrap_or_default();
        value["key"] = alert.key().into();
        value
    };
    json!({
        "schema": "ce-cost/alerts/1",
        "as_of": as_of,
        "text": headline(alerts),
        "alerts": alerts.iter().map(one).collect::<Vec<Value>>(),
    })
}

/// An event for PagerDuty (Events API v2): raised, or resolved by the same key.
pub fn pagerduty(alert: &Alert, routing_key: &str) -> Value {
    if alert.is_over {
        return json!({ "routing_key": routing_key, "event_action": "resolve", "dedup_key": alert.key() });
    }
    let summary: String = format!("ce-cost: {}", line(alert)).chars().take(LONGEST_SUMMARY).collect();
    let links: Vec<Value> = alert.link.iter().map(|link| json!({ "href": link, "text": "what to do" })).collect();
    json!({
        "routing_key": routing_key,
        "event_action": "trigger",
        "dedup_key": alert.key(),
        "links": links,
        "payload": {
            "summary": summary,
            "source": format!("ce-cost/{}", alert.environment),
            "severity": alert.urgency.word(),
            "component": alert.rule,
            "group": alert.environment,
            "custom_details": { "message": alert.message, "owner": alert.owner, "text": alert.text },
        },
    })
}
