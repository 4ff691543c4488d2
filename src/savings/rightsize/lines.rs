//! The changes to a scenario that make a proposal true.

use rust_decimal::Decimal;

use super::choose::Candidate;
use super::subject::{Subject, gb, vcpu};
use crate::money::quotient;
use crate::quantity::{exact, per_cent};
use crate::scaling::target_tracking::Metric;
use crate::scenario::patch::Patch;
use crate::statistic::{quantity, share};

/// Places of a number of tasks on average.
const PLACES: u32 = 2;

/// What a patch says of its value: measured, and when.
pub struct Writer<'a> {
    /// The environment.
    pub environment: &'a str,
    /// "21 days to 2026-11-22".
    pub when: &'a str,
}

impl Writer<'_> {
    fn patch(&self, subject: &Subject<'_>, path: &str, value: &str, more: &str, why: &str) -> Patch {
        Patch {
            environment: self.environment.to_owned(),
            path: format!("{}.{path}", subject.resource.name),
            value: format!("{{value: {value}{more}, from: measured, why: \"{why}, {}\"}}", self.when).into(),
        }
    }

    /// Tasks on average as they were measured, where the scenario has another number. What moves is not below the least; above the most it is
    /// refused before ([`Subject::contradicts`]).
    pub fn measured(&self, subject: &Subject<'_>, tasks: Decimal) -> Option<Patch> {
        let (min, max) = (subject.service.tasks.min.value.0, subject.service.tasks.max.value.0);
        let tasks = tasks.round_dp(PLACES).clamp(min, max.max(min));
        let stated = subject.service.tasks.average.as_ref().map(|a| a.value.0);
        (stated != Some(tasks)).then(|| self.patch(subject, "tasks.average", &exact(tasks), grows(subject), "running tasks"))
    }

    /// Tasks on average that the measured load asks for at a proposal.
    pub fn simulated(&self, subject: &Subject<'_>, to: &Candidate) -> Patch {
        let (min, max) = (Decimal::from(to.trial.limits.min), Decimal::from(to.trial.limits.max));
        let tasks = quantity(to.trial.average).unwrap_or_default().round_dp(PLACES).clamp(min, max);
        let at = to.trial.target.map(|target| format!(" at a CPU target of {}", part(share(target)))).unwrap_or_default();
        self.patch(subject, "tasks.average", &exact(tasks), grows(subject), &format!("simulated on the measured load{at}"))
    }

    /// Size, limits and average or target of a proposal.
    pub fn proposal(&self, subject: &Subject<'_>, to: &Candidate) -> Vec<Patch> {
        let task = &subject.service.task;
        let tried = &to.trial;
        let mut patches = Vec::new();
        if to.cpu != task.cpu.value.0 {
            patches.push(self.patch(subject, "task.cpu", &vcpu(to.cpu), "", &format!("p95 of the CPU becomes {}", part(share(tried.cpu)))));
        }
        if to.memory != task.memory.value.0 {
            patches.push(self.patch(subject, "task.memory", &gb(to.memory), "", "holds what a task used at most"));
        }
        let limits = [("min", tried.limits.min, &subject.service.tasks.min), ("max", tried.limits.max, &subject.service.tasks.max)];
        for (key, tasks, now) in limits {
            if Decimal::from(tasks) != now.value.0 {
                let why = match key {
                    "min" if tried.jumps => "carries load that comes faster than tasks start",
                    "min" => "carries quiet times",
                    _ => "carries the largest load",
                };
                patches.push(self.patch(subject, &format!("tasks.{key}"), &tasks.to_string(), "", why));
            }
        }
        if subject.follows() {
            patches.extend(self.targets(subject, to));
        } else {
            patches.push(self.simulated(subject, to));
        }
        patches
    }

    /// Targets of the policies. What a target counts for each task follows the task's size and its CPU target.
    fn targets(&self, subject: &Subject<'_>, to: &Candidate) -> Vec<Patch> {
        let (Some((index, policy)), Some(target)) = (subject.cpu_policy(), to.trial.target.and_then(share)) else { return Vec::new() };
        let Some(now) = policy.target.as_ref().map(|t| crate::quantity::Quantity::decimal(&t.value)) else { return Vec::new() };
        let mut patches = Vec::new();
        if target != now {
            let path = format!("scaling.policies.{index}.target");
            patches.push(self.patch(subject, &path, &per_cent(target), "", "keeps p95 in the band"));
        }
        let times = quotient(to.cpu * target, subject.service.task.cpu.value.0 * now).unwrap_or(Decimal::ONE);
        let counted = |metric: Metric| matches!(metric, Metric::RequestsPerTarget | Metric::QueueDepth);
        for (index, other) in subject.policies().filter(|(_, p)| counted(p.metric) && times != Decimal::ONE) {
            let Some(stated) = &other.target else { continue };
            let value = (crate::quantity::Quantity::decimal(&stated.value) * times).round().max(Decimal::ONE);
            let path = format!("scaling.policies.{index}.target");
            patches.push(self.patch(subject, &path, &exact(value), "", "follows the size of a task"));
        }
        patches
    }
}

/// A number of tasks that grew keeps growing.
fn grows(subject: &Subject<'_>) -> &'static str {
    if subject.service.tasks.average.as_ref().is_some_and(|a| a.grows) { ", grows: true" } else { "" }
}

fn part(share: Option<Decimal>) -> String {
    per_cent(share.unwrap_or_default())
}
