//! Which rules have a sense: what a type cannot say of them.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{Limit, MOST_MONTHS, Metric, Rule};
use crate::diagnostic::{Diagnostic, Problems, nearest};
use crate::month::Month;
use crate::pricing::fits;
use crate::scenario::node::Node;
use crate::scenario::plan::OneOrMany;
use crate::scenario::{Scenario, Scenarios};
use crate::source::Place;

/// A rule, and where to say what is wrong with it.
pub(super) struct Checked<'a> {
    pub rule: &'a Rule,
    pub node: &'a Node,
    pub scenarios: &'a Scenarios,
    pub problems: &'a mut Problems,
}

impl Checked<'_> {
    pub fn all(&mut self) {
        self.name();
        self.environments();
        self.limits();
        self.reach();
        self.data();
        self.months();
        self.scope();
        self.words();
    }

    fn at(&self, key: &str) -> Place {
        self.node.get(key).map_or(self.node.at, |n| n.at)
    }

    fn wrong(&mut self, key: &str, message: String, label: &str, help: &str) {
        let at = self.at(key);
        self.problems.push(Diagnostic::error(at, message).label(label).help(help));
    }

    fn name(&mut self) {
        let id = &self.rule.id;
        let fine = !id.is_empty() && id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        if !fine {
            let message = format!("`{}` is no name for a rule", id.escape_debug());
            self.wrong("id", message, "up to 64 letters, digits, `-`, `_` and `.`", "write `id: prod-budget`");
        }
    }

    fn environments(&mut self) {
        let names: Vec<&str> = self.scenarios.all.iter().map(|s| s.name.as_ref()).collect();
        for name in &self.rule.environment.0 {
            if names.iter().any(|n| fits(name, n)) {
                continue;
            }
            let near = nearest(name, names.iter().copied());
            let label = near.map_or_else(|| "unknown".to_owned(), |n| format!("did you mean `{n}`?"));
            self.wrong("environment", format!("there is no environment `{name}`"), &label, &format!("there are {}", names.join(", ")));
        }
    }

    fn limits(&mut self) {
        let rule = self.rule;
        if rule.above.is_none() && rule.below.is_none() && rule.limits.is_empty() {
            self.wrong(
                "id",
                format!("the rule `{}` has no limit", rule.id),
                "nothing can breach it",
                "state `above: 5600 USD` or `below: …`",
            );
        }
        for key in ["above", "below"] {
            let limit = if key == "above" { rule.above } else { rule.below };
            self.limit(key, limit);
        }
        let months: Vec<(String, Limit)> = rule.limits.iter().map(|(m, l)| (m.clone(), *l)).collect();
        for (month, limit) in months {
            if month.parse::<Month>().is_err() {
                self.wrong(
                    "limits",
                    format!("`{month}` is no month"),
                    "expected one such as 2026-12",
                    "write `limits: {2026-12: 5800 USD}`",
                );
            }
            self.limit("limits", Some(limit));
        }
        if rule.floor.is_some() && rule.metric.is_share() && rule.metric != Metric::ChangePercent {
            let message = format!("`{}` is no amount of money", rule.metric.name());
            self.wrong("floor", message, "a floor in dollars does not fit", "leave it out");
        }
    }

    /// Limits that no value can reach, or every value breaches.
    fn reach(&mut self) {
        let rule = self.rule;
        let share = |limit: Option<Limit>| if let Some(Limit::Share(part)) = limit { Some(part) } else { None };
        let (zero, one) = (Decimal::ZERO, Decimal::ONE);
        let name = rule.metric.name();
        let months: Vec<(&str, Option<Limit>)> = rule.limits.values().map(|l| ("limits", Some(*l))).collect();
        for (key, limit) in [("above", rule.above)].into_iter().chain(months) {
            let wrong = share(limit).filter(|part| rule.metric.is_within_one() && !(zero..one).contains(part));
            if let Some(part) = wrong {
                let how = if part < zero { "every value is above it" } else { "no value is above it" };
                self.wrong(key, format!("`{name}` lies between 0% and 100%"), how, "write `above: 75%`");
            }
        }
        if let Some(part) = share(rule.below).filter(|part| rule.metric.is_within_one() && (*part <= zero || *part > one)) {
            let how = if part > one { "every value is below it" } else { "no value is below it" };
            self.wrong("below", format!("`{name}` lies between 0% and 100%"), how, "write `below: 75%`");
        }
        if share(rule.below).is_some_and(|part| rule.metric == Metric::ChangePercent && part <= -one) {
            self.wrong("below", "nothing falls by more than all of it".into(), "no value is below it", "write `below: -25%`");
        }
        if rule.metric == Metric::Anomaly && rule.below.is_some() {
            let help = "state `above: 20 USD`, which is meant of rises and falls alike";
            self.wrong("below", "an anomaly has no least size".into(), "there need not be one", help);
        }
        self.sides();
    }

    /// Both limits in one unit, with room between them.
    fn sides(&mut self) {
        let crossed = match (self.rule.above, self.rule.below) {
            (Some(Limit::Money(most)), Some(Limit::Money(least))) => most < least,
            (Some(Limit::Share(most)), Some(Limit::Share(least))) | (Some(Limit::OfPlan(most)), Some(Limit::OfPlan(least))) => most < least,
            _ => false,
        };
        if crossed {
            self.wrong("below", "nothing lies between these limits".into(), "every value breaches one", "state `below` under `above`");
        }
        let of_plan = self.rule.any_limit().filter(|l| matches!(l, Limit::OfPlan(_))).count();
        if self.rule.metric.is_billed_amount() && of_plan > 0 && of_plan < self.rule.any_limit().count() {
            let message = "the plan speaks of a part of the bill, dollars of all of it".into();
            self.wrong("id", message, "one rule looks at one of them", "make two rules of it");
        }
    }

    /// What is asked of bills, where there are none.
    fn data(&mut self) {
        let rule = self.rule;
        for (key, is_there) in [("billed_within", rule.billed_within.is_some()), ("accept_estimated", rule.accept_estimated)] {
            if is_there && !rule.metric.needs_bill() {
                let message = format!("`{}` asks for no bill", rule.metric.name());
                self.wrong(key, message, "this is about bills", "leave it out");
            }
        }
    }

    /// A limit in the unit of the metric.
    fn limit(&mut self, key: &str, limit: Option<Limit>) {
        let rule = self.rule;
        let (name, limit) = (
            rule.metric.name(),
            match limit {
                Some(limit) => limit,
                None => return,
            },
        );
        match (rule.metric.is_share(), limit) {
            (true, Limit::Share(_)) | (false, Limit::Money(_)) => {}
            (true, _) => self.wrong(key, format!("`{name}` is a part of a whole"), "an amount of money was found", "write `10%`"),
            (false, Limit::Share(_)) => {
                self.wrong(key, format!("`{name}` is an amount of money"), "a part was found", "write `5600 USD` or `110% of plan`")
            }
            (false, Limit::OfPlan(_)) => self.planned(key),
        }
    }

    /// "Of plan" needs one, and the whole of it.
    fn planned(&mut self, key: &str) {
        let rule = self.rule;
        if rule.metric.needs_base() || rule.metric == Metric::Anomaly || !rule.scope.is_whole() {
            self.wrong(
                key,
                "the plan's total is that of a whole environment".into(),
                "this rule is about a part, or a change",
                "state dollars",
            );
            return;
        }
        if let Some(without) = self.without_plan() {
            let message = format!("{without} has no plan");
            self.wrong(key, message, "there is no total to compare with", "state dollars, or `plan: {total: …}` in the scenario");
        }
    }

    /// Its environments that have no plan, in words.
    fn without_plan(&self) -> Option<String> {
        let without = self.scenarios.all.iter().filter(|s| self.rule.names(s) && s.plan.is_none());
        let names: Vec<&str> = without.map(|s| s.name.as_ref()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    fn months(&mut self) {
        if !(1..=MOST_MONTHS).contains(&self.rule.months) {
            let message = format!("{} is no number of months to look ahead", self.rule.months);
            self.wrong("months", message, &format!("1 to {MOST_MONTHS}"), "write `months: 3`");
        } else if self.rule.metric.needs_bill() && self.rule.months != 1 {
            let message = format!("`{}` is of the month that goes on", self.rule.metric.name());
            self.wrong("months", message, "there is one such month", "leave it out");
        }
    }

    fn scope(&mut self) {
        let (metric, scope) = (self.rule.metric, &self.rule.scope);
        let by_service = metric.needs_base() || metric == Metric::Anomaly;
        if metric.is_billed_amount() {
            if !scope.group.0.is_empty() || !scope.resource.0.is_empty() {
                let message = format!("`{}` is told by service and tag", metric.name());
                self.wrong("scope", message, "bills know no groups and no names of resources", "write `scope: {service: AmazonECS}`");
            }
        } else if (metric.is_drawn() || metric.needs_bill() || metric.is_of_commitments()) && !by_service && !scope.is_whole() {
            let message = format!("`{}` is of a whole environment", metric.name());
            self.wrong("scope", message, "a part of one was found", "leave the scope out, or use `planned` or `total`");
        } else if by_service && !scope.is_by_service() {
            let message = format!("`{}` is told by service", metric.name());
            self.wrong("scope", message, "it tells no groups, resources or tags", "write `scope: {service: AmazonECS}`");
        }
        if metric != Metric::TagCoverage && !self.rule.tags.0.is_empty() {
            let message = format!("`{}` asks for no tags", metric.name());
            self.wrong("tags", message, "these are those of `tag_coverage`", "write `scope: {tag: {Service: core}}` for charges of a tag");
        }
        self.names("group", &scope.group, |s| s.plan.iter().flat_map(|p| &p.lines).map(|l| l.line.group.clone()).collect());
        self.names("resource", &scope.resource, |s| s.resources.iter().map(|r| r.name.to_string()).collect());
        if let Some(without) = self.without_plan().filter(|_| metric == Metric::OverBudget) {
            self.wrong("metric", format!("{without} has no plan to exceed"), "there is no budget", "name environments with a plan");
        }
    }

    /// Names in a scope that none of its environments has: the rule would look at nothing.
    fn names(&mut self, key: &str, wanted: &OneOrMany, of: impl Fn(&Scenario) -> BTreeSet<String>) {
        let known: BTreeSet<String> = self.scenarios.all.iter().filter(|s| self.rule.names(s)).flat_map(of).collect();
        for name in wanted.0.iter().filter(|name| !known.iter().any(|k| fits(name, k))) {
            let near = nearest(name, known.iter().map(String::as_str));
            let label = near.map_or_else(|| "unknown".to_owned(), |n| format!("did you mean `{n}`?"));
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            self.wrong("scope", format!("there is no {key} `{name}`"), &label, &format!("there are {}", known.join(", ")));
        }
    }

    fn words(&mut self) {
        if self.rule.link.as_ref().is_some_and(|l| !l.starts_with("https://") && !l.starts_with("http://")) {
            self.wrong("link", "this is no address of a page".into(), "expected https://…", "write the whole address");
        }
        if self.rule.waiver.as_ref().is_some_and(|w| w.why.trim().is_empty()) {
            self.wrong("waiver", "nobody says why this is accepted".into(), "`why` is empty", "write why, for those who read it later");
        }
    }
}
