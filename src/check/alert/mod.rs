//! Alerts: what a check has to tell whom, once for each rule and period.

pub mod message;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::document::{Check, Outcome, Status};
use crate::month::Month;

/// How urgent something is: the three levels of the design document's section 8.3.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Urgency {
    /// For a dashboard: a breach that is accepted.
    Info,
    /// For e-mail and Slack: a rule that warns, or that could not be told.
    Warning,
    /// For whoever is on call: a rule that fails.
    Critical,
}

impl Urgency {
    /// As messages write it.
    pub fn word(self) -> &'static str {
        match self {
            Urgency::Info => "info",
            Urgency::Warning => "warning",
            Urgency::Critical => "critical",
        }
    }

    /// That of a rule; `None` where there is nothing to tell.
    fn of(status: Status) -> Option<Urgency> {
        match status {
            Status::Pass | Status::Skipped => None,
            Status::Waived => Some(Urgency::Info),
            Status::Warn | Status::Incomplete => Some(Urgency::Warning),
            Status::Fail => Some(Urgency::Critical),
        }
    }
}

/// Where alerts go.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// An incoming webhook of Slack.
    Slack,
    /// A topic of Amazon SNS, which carries e-mail.
    Sns,
    /// Any address that takes JSON.
    Webhook,
    /// PagerDuty's Events API v2.
    Pagerduty,
}

impl Channel {
    const ALL: [Channel; 4] = [Channel::Slack, Channel::Sns, Channel::Webhook, Channel::Pagerduty];

    /// As the arguments write it.
    pub fn name(self) -> &'static str {
        match self {
            Channel::Slack => "slack",
            Channel::Sns => "sns",
            Channel::Webhook => "webhook",
            Channel::Pagerduty => "pagerduty",
        }
    }

    /// From which urgency on it is told, where nothing else is said: the design document's routes.
    fn least(self) -> Urgency {
        match self {
            Channel::Pagerduty => Urgency::Critical,
            Channel::Slack | Channel::Sns => Urgency::Warning,
            Channel::Webhook => Urgency::Info,
        }
    }
}

/// A channel, and from which urgency on it is told: `slack`, `slack:critical`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Route {
    /// Where to.
    pub channel: Channel,
    /// From what on.
    pub least: Urgency,
}

impl FromStr for Route {
    type Err = String;

    fn from_str(text: &str) -> Result<Route, String> {
        let (name, least) = text.split_once(':').map_or((text, None), |(name, least)| (name, Some(least)));
        let channel = Channel::ALL.into_iter().find(|c| c.name() == name);
        let channel = channel.ok_or_else(|| format!("`{name}` is no channel: expected slack, sns, webhook or pagerduty"))?;
        let urgencies = [Urgency::Info, Urgency::Warning, Urgency::Critical];
        let known = |word: &str| urgencies.into_iter().find(|u| u.word() == word);
        let wrong = |word: &str| format!("`{word}` is no level: expected critical, warning or info, as in `{name}:warning`");
        let least = least.map_or(Ok(channel.least()), |word| known(word).ok_or_else(|| wrong(word)))?;
        Ok(Route { channel, least })
    }
}

/// Something to tell.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Alert {
    /// The rule.
    pub rule: String,
    /// The environment.
    pub environment: String,
    /// How urgent it is, or was.
    pub urgency: Urgency,
    /// True where it is over: the rule holds again.
    pub is_over: bool,
    /// The month in which it was told first, such as 2026-11.
    pub period: String,
    /// In words.
    pub message: String,
    /// Who looks after it.
    pub owner: Option<String>,
    /// What to do about it.
    pub text: Option<String>,
    /// Where to read on.
    pub link: Option<String>,
}

impl Alert {
    /// One name for one thing, whoever tells it how often.
    pub fn key(&self) -> String {
        format!("ce-cost/{}/{}/{}", self.environment, self.rule, self.period)
    }

    fn of(outcome: &Outcome, urgency: Urgency, is_over: bool, period: String) -> Alert {
        Alert {
            rule: outcome.id.clone(),
            environment: outcome.environment.clone(),
            urgency,
            is_over,
            period,
            message: outcome.message.clone(),
            owner: outcome.owner.clone(),
            text: outcome.text.clone(),
            link: outcome.link.clone(),
        }
    }
}

/// The name of the layout.
const SCHEMA: &str = "ce-cost/notified/1";

/// What was told already.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    schema: String,
    entries: Vec<Entry>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    channel: Channel,
    environment: String,
    rule: String,
    period: String,
    urgency: Urgency,
}

impl Default for Told {
    fn default() -> Told {
        Told { schema: SCHEMA.into(), entries: Vec::new() }
    }
}

/// Why a file tells nothing.
#[derive(Debug)]
pub struct Unreadable(String);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Told {
    /// Reads what [`Told::text`] wrote.
    ///
    /// # Errors
    /// Something else.
    pub fn read(text: &str) -> Result<Told, Unreadable> {
        let told: Told = serde_json::from_str(text).map_err(|e| Unreadable(e.to_string()))?;
        match told.schema == SCHEMA {
            true => Ok(told),
            false => Err(Unreadable(format!("its schema is `{}`, expected `{SCHEMA}`", told.schema.escape_debug()))),
        }
    }

    /// As a file keeps it.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }

    /// What a channel has not been told yet: breaches that are new in this month or more urgent than before, and those that are over.
    pub fn due(&self, found: &Check, month: Month, route: Route) -> Vec<Alert> {
        let mut known: BTreeMap<(&str, &str), &Entry> = BTreeMap::new();
        for entry in self.entries.iter().filter(|e| e.channel == route.channel) {
            known.insert((&entry.environment, &entry.rule), entry);
        }
        let alert = |outcome: &Outcome| {
            let known = known.get(&(outcome.environment.as_str(), outcome.id.as_str()));
            let period = month.to_string();
            match (Urgency::of(outcome.status).filter(|u| *u >= route.least), known) {
                (Some(now), Some(told)) if told.period == period && told.urgency >= now => None,
                (Some(now), _) => Some(Alert::of(outcome, now, false, period)),
                (None, Some(told)) => Some(Alert::of(outcome, told.urgency, true, told.period.clone())),
                (None, None) => None,
            }
        };
        found.rules.iter().filter_map(alert).collect()
    }

    /// Notes what a channel has been told.
    pub fn note(&mut self, channel: Channel, alerts: &[Alert]) {
        for alert in alerts {
            let same = |e: &Entry| e.channel == channel && e.environment == alert.environment && e.rule == alert.rule;
            self.entries.retain(|e| !same(e));
            if !alert.is_over {
                let Alert { environment, rule, period, urgency, .. } = alert.clone();
                self.entries.push(Entry { channel, environment, rule, period, urgency });
            }
        }
    }
}

#[cfg(test)]
mod tests;
