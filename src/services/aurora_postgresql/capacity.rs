//! What an Aurora cluster runs on: instances and ACUs, as stated or as they follow requests.

use rust_decimal::Decimal;

use super::{AuroraPostgresql, Configuration, Instance, OPERATION, Queries, Role, Serverless, Work, abbreviated};
use crate::quantity::{Count, Seconds, Unit, about};
use crate::scaling::scaler::Scaler;
use crate::scaling::serverless::{self, AcuPool, ServerlessScaling};
use crate::scaling::{Problem, whole};
use crate::scenario::driver::Driver;
use crate::services::{At, Check};
use crate::simulation::month::{Follows, Scaled};
use crate::usage::{Step, Tape};

impl AuroraPostgresql {
    /// Instance-hours by class and ACU-hours.
    pub(super) fn compute(&self, at: &mut At<'_>) {
        let (instance, capacity) = match self.configuration {
            Configuration::Standard => ("InstanceUsage", "Aurora:ServerlessV2Usage"),
            Configuration::IoOptimized => ("InstanceUsageIOOptimized", "Aurora:ServerlessV2IOOptimizedUsage"),
        };
        for Instance { role, class, count } in &self.instances {
            let tape = match (role, count) {
                (Role::Reader, count) if self.reader_scaling.is_some() && at.capacity.is_some() => {
                    let stated = count.as_ref().map_or(Decimal::ONE, |c| c.value.0);
                    let name = "readers on average, following the workload";
                    at.hours().capacity(name, at.capacity.unwrap_or_default()).noted(&format!("never fewer than the {stated} stated"))
                }
                (Role::Writer, Some(count)) => at.hours().times("writers", count),
                (Role::Reader, Some(count)) => at.hours().times("readers", count),
                (Role::Writer, None) => at.hours().rule_of(Step::Times, "writers", 1),
                (Role::Reader, None) => at.hours().rule_of(Step::Times, "readers", 1),
            };
            at.record(super::CODE, &format!("{instance}:{}", abbreviated(class)), OPERATION, Unit::Hours, tape);
        }
        if let Some(serverless) = &self.serverless {
            let tape = serverless.acus(at.hours(), at.capacity);
            at.record(super::CODE, capacity, OPERATION, Unit::Hours, tape);
        }
    }

    /// What of the cluster follows requests, as numbers; nothing where nothing does.
    pub(super) fn scaled(&self) -> Option<Result<Follows, Vec<Problem>>> {
        let queries = self.demand.as_ref()?;
        match (&self.reader_scaling, &self.serverless) {
            (Some(_), None) => Some(self.readers(queries)),
            (None, Some(serverless)) => Some(serverless.pool(queries)),
            (Some(_), Some(_)) => Some(Err(vec![Problem {
                at: None,
                message: "readers and serverless capacity scale in one cluster".into(),
                label: "`reader_scaling` beside `serverless`".into(),
                help: "state one of them here, and the other in a cluster of its own".into(),
            }])),
            (None, None) => Some(Err(vec![Problem {
                at: None,
                message: "`demand` without anything that follows it".into(),
                label: "neither `reader_scaling` nor `serverless`".into(),
                help: "state how capacity follows: `reader_scaling: {min: 1, max: 5, target: 70%}`".into(),
            }])),
        }
    }

    /// The readers as a pool in which one request fills its part of a reader's CPU.
    fn readers(&self, queries: &Queries) -> Result<Follows, Vec<Problem>> {
        let scaling = self.reader_scaling.as_ref().ok_or_else(Vec::new)?;
        let mut readers = self.instances.iter().filter(|i| i.role == Role::Reader);
        let problem = |message: &str, label: &str, help: &str| {
            vec![Problem { at: scaling.max.at, message: message.into(), label: label.into(), help: help.into() }]
        };
        let (Some(reader), None) = (readers.next(), readers.next()) else {
            return Err(problem(
                "readers scale in one class",
                "expected one entry of `instances` with `role: reader`",
                "state the readers once, with their `count`",
            ));
        };
        let Some(vcpus) = vcpus(&reader.class) else {
            return Err(problem(
                "the vCPUs of the readers' class are not known",
                "expected a class from medium to 24xlarge",
                "take a class such as db.r6g.large",
            ));
        };
        let by_hand = reader.count.as_ref().map_or(Ok(1), |count| whole(count, "readers")).map_err(|problem| vec![problem])?;
        let pool = scaling.ready(by_hand)?;
        let each = queries.work(true)?;
        let reads = queries.reads.as_ref().map_or(Decimal::ZERO, |reads| reads.value.0);
        let scaler = Scaler::Readers(pool).asked(each.value.0 * reads, Decimal::from(vcpus));
        Ok(queries.follows(scaler, each, "demand.per_request.cpu"))
    }

    /// Notes capacity that Aurora does not have.
    pub(super) fn check_capacity(&self, check: &mut Check<'_>) {
        let mut problems = self.scaled().and_then(Result::err).unwrap_or_default();
        if let (Some(scaling), None) = (&self.reader_scaling, &self.demand) {
            problems.push(Problem {
                at: scaling.max.at,
                message: "`reader_scaling` without `demand`".into(),
                label: "nothing to follow".into(),
                help: "state what a request asks: `demand: {per_request: {cpu: 3 ms}, reads: 80%}`".into(),
            });
        }
        if let Some(serverless) = &self.serverless {
            problems.extend(serverless.problems(self.demand.is_some()));
        }
        for problem in problems {
            check.error(problem.at, problem.message, problem.label, problem.help);
        }
    }
}

impl Queries {
    /// What one request asks for, in the measure of what scales.
    fn work(&self, readers: bool) -> Result<&Driver<Seconds>, Vec<Problem>> {
        let Work { cpu, acu } = &self.per_request;
        let (wanted, other) = if readers { (cpu, acu) } else { (acu, cpu) };
        let (name, what) = if readers { ("cpu", "readers") } else { ("acu", "serverless capacity") };
        match (wanted, other) {
            (Some(each), None) => Ok(each),
            (_, other) => Err(vec![Problem {
                at: other.as_ref().and_then(|o| o.at),
                message: format!("{what} follow `per_request: {{{name}: …}}`"),
                label: format!("expected `{name}` alone"),
                help: format!("state what a request asks of the database: `per_request: {{{name}: 3 ms}}`"),
            }]),
        }
    }

    fn follows(&self, scaler: Scaler, each: &Driver<Seconds>, key: &'static str) -> Follows {
        Follows::Requests(Box::new(Scaled { scaler, routes: self.routes.clone(), each: each.clone(), key, measured: None }))
    }
}

impl Serverless {
    /// ACU-hours: as stated on average, or as they follow demand.
    fn acus(&self, hours: Tape, following: Option<Decimal>) -> Tape {
        let Some(average) = &self.average else {
            return hours.capacity("ACUs of all instances, following the workload", following.unwrap_or_default());
        };
        let tape = hours.times("serverless instances", &self.instances).times("ACUs on average", average);
        match following {
            Some(all) => tape.noted(&format!("stated: its workload alone would run {} in all instances", about(all))),
            None => tape,
        }
    }

    /// The instances as a pool in which one request is a load of so many ACUs.
    fn pool(&self, queries: &Queries) -> Result<Follows, Vec<Problem>> {
        let scaling = ServerlessScaling { min: self.min.clone(), max: self.max.clone(), pause_after: self.pause_after.clone() };
        let range = scaling.ready()?;
        let instances = whole(&self.instances, "serverless instances").map_err(|problem| vec![problem])?;
        let readers = instances.saturating_sub(1);
        let each = queries.work(false)?;
        let reads = queries.reads.as_ref().map_or(Decimal::ZERO, |reads| reads.value.0);
        let tiers = self.tiers(readers)?;
        let parts = AcuPool::new(range, serverless::Rates::default(), tiers, reads);
        Ok(queries.follows(Scaler::Acus(parts).asked(each.value.0, Decimal::ONE), each, "demand.per_request.acu"))
    }

    /// The promotion tier of every reader.
    fn tiers(&self, readers: u32) -> Result<Vec<u8>, Vec<Problem>> {
        let tier = |tier: &Driver<Count>| {
            let found = whole(tier, "as a promotion tier").ok().and_then(|n| u8::try_from(n).ok()).filter(|n| *n <= 15);
            found.ok_or_else(|| {
                vec![Problem {
                    at: tier.at,
                    message: format!("{} is no promotion tier", tier.value),
                    label: "expected 0 to 15".into(),
                    help: "readers of tiers 0 and 1 follow the writer".into(),
                }]
            })
        };
        let stated = self.reader_tiers.iter().map(tier).collect::<Result<Vec<u8>, _>>()?;
        Ok((0..readers as usize).map(|i| stated.get(i).copied().unwrap_or(1)).collect())
    }

    /// What is wrong with its limits and its average.
    fn problems(&self, follows: bool) -> Vec<Problem> {
        let scaling = ServerlessScaling { min: self.min.clone(), max: self.max.clone(), pause_after: self.pause_after.clone() };
        // With `demand` the limits are checked where they are made ready.
        let mut problems = if follows { Vec::new() } else { scaling.ready().err().unwrap_or_default() };
        match &self.average {
            Some(average) if self.min.value <= self.max.value && (average.value < self.min.value || average.value > self.max.value) => {
                problems.push(Problem {
                    at: average.at,
                    message: format!("{} ACUs on average lie outside {} to {}", average.value, self.min.value, self.max.value),
                    label: format!("expected {} to {}", self.min.value, self.max.value),
                    help: "an average lies between `min` and `max`".into(),
                });
            }
            None if !follows => problems.push(Problem {
                at: self.instances.at,
                message: "how many ACUs does an instance have on average?".into(),
                label: "`average` is missing".into(),
                help: "state `average: 1.5`, or what it follows from: `demand`".into(),
            }),
            _ => {}
        }
        problems
    }
}

/// vCPUs of a class by its size: two of a medium or a large, and from there on by the factor in its name (Amazon Aurora User Guide,
/// "Hardware specifications for DB instance classes for Aurora").
fn vcpus(class: &str) -> Option<u32> {
    match class.rsplit_once('.')?.1 {
        "medium" | "large" => Some(2),
        "xlarge" => Some(4),
        size => size.strip_suffix("xlarge")?.parse::<u32>().ok().filter(|n| (2..=64).contains(n)).map(|n| 4 * n),
    }
}
