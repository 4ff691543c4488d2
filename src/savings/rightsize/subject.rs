//! The service of a scenario that a measured series belongs to.

use chrono::{Datelike, NaiveDateTime, Timelike};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::trial::Scales;
use crate::bill::Bill;
use crate::diagnostic::{Problems, nearest};
use crate::money::quotient;
use crate::predict::Basis;
use crate::quantity::{Quantity, grouped};
use crate::scaling::scheduled::Limits;
use crate::scaling::target_tracking::Metric;
use crate::scaling::{Policy, PolicyType};
use crate::scenario::read::{self, Defaults};
use crate::scenario::{Resource, Scenario};
use crate::services::fargate::{CODE, FargateService};
use crate::services::{COMMON_KEYS, Service};
use crate::statistic::float;

/// An ECS service as the scenario has it.
#[derive(Debug)]
pub struct Subject<'a> {
    /// Where it stands in the scenario.
    pub resource: &'a Resource,
    /// What it is.
    pub service: FargateService,
    /// Hours of the month in which it is on.
    pub hours: Decimal,
    /// Tasks on average over these hours.
    pub average: Decimal,
}

impl<'a> Subject<'a> {
    /// The service of a name, or of the same name with other hyphens, as a bill of the scenario shows it.
    ///
    /// # Errors
    /// Says that there is no such service, or that it is none of Fargate.
    pub fn of(scenario: &'a Scenario, name: &str, bill: &Bill, basis: Basis) -> Result<Subject<'a>, String> {
        let plain = |text: &str| text.replace('_', "-");
        let resource = scenario.resources.iter().find(|r| plain(&r.name) == plain(name)).ok_or_else(|| unknown(scenario, name))?;
        let is_service = resource.kind.name == FargateService::TYPE;
        let node = scenario.tree.get("resources").and_then(|n| n.get(&resource.name)).filter(|_| is_service);
        let read = |node| read::read(node, COMMON_KEYS, &Defaults::default(), &mut Problems::default());
        let service: FargateService = node.and_then(read).ok_or_else(|| {
            format!(
                "`{}` is a {}: only tasks of a {} are sized by their CPU and memory",
                resource.name,
                resource.kind.name,
                FargateService::TYPE
            )
        })?;
        let whole = basis.hours.hours(basis.month);
        let hours = resource.schedule.as_ref().map_or(whole, |s| s.hours(basis.month, basis.hours));
        let average = match &service.tasks.average {
            Some(stated) => stated.value.0,
            None => running(&resource.name, service.task.cpu.value.0, hours, bill),
        };
        Ok(Subject { resource, service, hours, average })
    }

    /// Says so where more tasks were measured on average than may run: the scenario is of another service, or not up to date.
    pub fn contradicts(&self, measured: Option<Decimal>) -> Option<String> {
        let (tasks, most) = (measured?.round_dp(2), self.service.tasks.max.value.0);
        let name = &self.resource.name;
        (tasks > most).then(|| {
            format!("{} tasks ran on average, and the scenario has {most} at most: correct {name}.tasks.max first", tasks.normalize())
        })
    }

    /// True where the number of tasks follows from the workload, false where it is stated.
    pub fn follows(&self) -> bool {
        self.service.tasks.average.is_none()
    }

    /// True where it is off for a part of the time.
    pub fn is_switched(&self) -> bool {
        self.resource.schedule.is_some()
    }

    /// The policy that keeps its CPU near a target, with its place in the list.
    pub fn cpu_policy(&self) -> Option<(usize, &Policy)> {
        self.policies().find(|(_, p)| p.metric == Metric::Cpu)
    }

    /// The policies that keep something near a target.
    pub fn policies(&self) -> impl Iterator<Item = (usize, &Policy)> {
        let all = self.service.scaling.iter().flat_map(|s| s.policies.iter().enumerate());
        all.filter(|(_, p)| p.kind == PolicyType::TargetTracking)
    }

    /// How it scales, seen from the first minute of a series.
    pub fn scales(&self, start: NaiveDateTime) -> Scales {
        let whole = |count: Decimal| count.to_u32().unwrap_or(u32::MAX);
        let limits = Limits { min: whole(self.service.tasks.min.value.0), max: whole(self.service.tasks.max.value.0) };
        let minute = start.weekday().num_days_from_monday() * 1_440 + start.hour() * 60 + start.minute();
        let mut scales = Scales::new(limits, minute);
        if let Some((_, policy)) = self.cpu_policy() {
            scales.target = policy.target.as_ref().map(|t| float(t.value.decimal()));
            scales.out = policy.out.as_ref().map_or(scales.out, |s| float(s.value.decimal()));
            scales.cooldown_in = policy.scale_in_cooldown.as_ref().map_or(scales.cooldown_in, |s| float(s.value.decimal()));
        }
        scales
    }
}

fn unknown(scenario: &Scenario, name: &str) -> String {
    let all = scenario.resources.iter().filter(|r| r.kind.name == FargateService::TYPE).map(|r| r.name.as_ref());
    let all: Vec<&str> = all.collect();
    let near = nearest(name, all.iter().copied()).map(|n| format!(": did you mean `{n}`?")).unwrap_or_default();
    format!("{} has no service `{name}`{near}\nhelp: it has {}", scenario.name, all.join(", "))
}

/// Tasks on average, from the vCPU-hours of a bill.
fn running(name: &str, cpu: Decimal, hours: Decimal, bill: &Bill) -> Decimal {
    let own = bill.charges.iter().filter(|c| c.service == CODE && c.resource.as_ref() == name && c.usage_type.contains("vCPU-Hours"));
    quotient(own.map(|c| c.quantity).sum(), cpu * hours).unwrap_or_default()
}

/// "4 vCPU".
pub fn vcpu(cpu: Decimal) -> String {
    format!("{} vCPU", grouped(cpu.normalize()))
}

/// "8 GB".
pub fn gb(memory: Decimal) -> String {
    format!("{} GB", grouped(memory.normalize()))
}
