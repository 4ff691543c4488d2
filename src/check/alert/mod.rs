//! Alerts: what a check has to tell whom, once for each rule and period.

pub mod message;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::document::{Check, Outcome, Status};
use super::rule::{Metric, Rule, Rules};
use crate::month::Month;
use crate::quantity::exact;
use crate::scenario::Scenarios;

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
            Status::Waived | Status::Info => Some(Urgency::Info),
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
    /// True where it is over for whom it was told to: by the status the rule holds again, its breach is accepted, or no longer so
    /// urgent.
    pub is_over: bool,
    /// What the rule says now; `null` for one that is not asked any more.
    pub status: Option<Status>,
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
    /// The rule file.
    #[serde(skip)]
    file: String,
    /// How far beyond its limit it is, in the limit's unit.
    #[serde(skip)]
    excess: Option<Decimal>,
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
            status: Some(outcome.status),
            period,
            message: outcome.message.clone(),
            owner: outcome.owner.clone(),
            text: outcome.text.clone(),
            link: outcome.link.clone(),
            file: outcome.file.clone(),
            excess: excess(outcome),
        }
    }

    /// Of a rule that is in its file no more.
    fn dropped(entry: &Entry) -> Alert {
        Alert {
            rule: entry.rule.clone(),
            environment: entry.environment.clone(),
            urgency: entry.urgency,
            is_over: true,
            status: None,
            period: entry.since.clone(),
            message: format!("{} asks for it no more", entry.file),
            owner: None,
            text: None,
            link: None,
            file: entry.file.clone(),
            excess: None,
        }
    }

    /// In a word: how urgent it is, or how it ended.
    pub fn word(&self) -> &'static str {
        match self.status {
            _ if !self.is_over => self.urgency.word(),
            None => "dropped",
            Some(Status::Pass) => "settled",
            Some(Status::Waived) => "accepted",
            Some(_) => "eased",
        }
    }
}

/// How far a value lies beyond its limit.
fn excess(outcome: &Outcome) -> Option<Decimal> {
    let number = |text: &Option<String>| Decimal::from_str_exact(text.as_ref()?).ok();
    // The size of an anomaly counts, whatever its sign.
    let value = if outcome.metric == Metric::Anomaly { number(&outcome.value)?.abs() } else { number(&outcome.value)? };
    Some((value - number(&outcome.limit)?).abs())
}

/// The rules that a file has, about each environment: what is told of others of that file is over.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    file: String,
    rules: BTreeSet<(String, String)>,
}

impl Standing {
    /// Those of a rule file, whichever of them are looked at.
    pub fn of(rules: &Rules, scenarios: &Scenarios) -> Standing {
        let about = |rule: &Rule| {
            let names: Vec<String> = scenarios.all.iter().filter(|s| rule.names(s)).map(|s| s.name.to_string()).collect();
            names.into_iter().map(|name| (name, rule.id.clone())).collect::<Vec<_>>()
        };
        Standing { file: rules.name.clone(), rules: rules.file.rules.iter().flat_map(about).collect() }
    }

    fn has(&self, entry: &Entry) -> bool {
        entry.file != self.file || self.rules.contains(&(entry.environment.clone(), entry.rule.clone()))
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
    /// The rule's file.
    file: String,
    /// The month in which it was told first, and never over since: by it channels know what belongs together.
    since: String,
    /// The month in which it was told last.
    period: String,
    urgency: Urgency,
    /// How far beyond the limit it was when it was told last.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    excess: Option<String>,
}

impl Entry {
    /// Whether a rule got worse since it was told: more urgent, or twice as far beyond its limit (assumed: less is the same breach).
    fn is_outdone(&self, now: Urgency, outcome: &Outcome) -> bool {
        let twice = |told: Decimal| excess(outcome).is_some_and(|now| told > Decimal::ZERO && now >= told + told);
        now > self.urgency || self.excess.as_ref().and_then(|e| Decimal::from_str_exact(e).ok()).is_some_and(twice)
    }
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

    /// What a channel has not been told yet: breaches that are new in this month or worse than before, and those that are over. What
    /// cannot be told is not over.
    pub fn due(&self, found: &Check, standing: &Standing, month: Month, route: Route) -> Vec<Alert> {
        let own = || self.entries.iter().filter(|e| e.channel == route.channel);
        let known: BTreeMap<(&str, &str), &Entry> = own().map(|e| ((e.environment.as_str(), e.rule.as_str()), e)).collect();
        let period = month.to_string();
        let alert = |outcome: &Outcome| {
            let told = known.get(&(outcome.environment.as_str(), outcome.id.as_str())).copied();
            let since = told.map_or(&period, |told| &told.since).clone();
            match (Urgency::of(outcome.status).filter(|u| *u >= route.least), told) {
                (Some(now), Some(told)) if told.period == period && !told.is_outdone(now, outcome) => None,
                (Some(now), _) => Some(Alert::of(outcome, now, false, since)),
                (None, Some(told)) if ends(outcome.status, told, route) => Some(Alert::of(outcome, told.urgency, true, since)),
                (None, _) => None,
            }
        };
        let dropped = own().filter(|e| !standing.has(e)).map(Alert::dropped);
        found.rules.iter().filter_map(alert).chain(dropped).collect()
    }

    /// Notes what a channel has been told in a month.
    pub fn note(&mut self, channel: Channel, month: Month, alerts: &[Alert]) {
        for alert in alerts {
            let same = |e: &Entry| e.channel == channel && e.environment == alert.environment && e.rule == alert.rule;
            self.entries.retain(|e| !same(e));
            if !alert.is_over {
                let Alert { environment, rule, file, period: since, urgency, excess, .. } = alert.clone();
                let excess = excess.map(exact);
                self.entries.push(Entry { channel, environment, rule, file, since, period: month.to_string(), urgency, excess });
            }
        }
    }
}

/// Whether a rule that asks a route for nothing any more ends what was told: it holds, or it is less urgent than what this route tells.
/// What is not known is no end, and what a route for lesser things told is not this one's to end.
fn ends(status: Status, told: &Entry, route: Route) -> bool {
    match status {
        Status::Pass => true,
        Status::Skipped | Status::Incomplete => false,
        Status::Waived | Status::Info | Status::Warn | Status::Fail => told.urgency >= route.least,
    }
}

#[cfg(test)]
mod tests;
