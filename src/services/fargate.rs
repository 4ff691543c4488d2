//! Fargate: vCPUs and memory for as long as tasks run (AWS, "AWS Fargate Pricing"). Billed by the second from image pull to
//! stop, at least one minute a task; vCPU and memory apart; disk above 20 GB. Spot floats and takes no savings plan.
//!
//! Not here: deployments (`fargate_deployments`), the public address of a task (`public_ipv4`), its logs (`cloudwatch`), its traffic (`data_transfer`, `nat_gateway`).

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{Count, CountRate, Gb, Seconds, Share, Unit, Vcpus, about, grouped};
use crate::scaling::scaler::Scaler;
use crate::scaling::scheduled::Limits;
use crate::scaling::target_tracking::Assumed;
use crate::scaling::{PerRequest, Problem, Scaling};
use crate::scenario::driver::Driver;
use crate::simulation::month::{Follows, Measured, Scaled};
use crate::usage::{Step, Tape};

/// The price list's service code.
pub const CODE: &str = "AmazonECS";
/// What CUR writes for tasks of either kind.
pub const OPERATION: &str = "FargateTask";
/// GB of disk that every task has for nothing (AWS, "Fargate task ephemeral storage for Amazon ECS").
const FREE_DISK: u32 = 20;
/// Seconds for which a task is billed at least.
const SHORTEST: u32 = 60;

/// The processor's kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// Intel or AMD.
    #[default]
    X86,
    /// Graviton.
    Arm,
}

/// The size of a task.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Task {
    /// Processors: 0.25, 0.5, 1, 2, 4, 8 or 16 vCPU.
    pub cpu: Driver<Vcpus>,
    /// Memory, in the range that AWS offers with these processors.
    pub memory: Driver<Gb>,
    /// The processor's kind.
    #[serde(default)]
    pub architecture: Architecture,
    /// Disk, 20 to 200 GB; the first 20 GB cost nothing.
    #[serde(default)]
    pub ephemeral_storage: Option<Driver<Gb>>,
}

/// Tasks of a service: how many run.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Tasks {
    /// The least that run.
    pub min: Driver<Count>,
    /// The most that run.
    pub max: Driver<Count>,
    /// How many run on average over the hours in which the service is on. Where it is not stated it follows from `demand` and
    /// `scaling`; where both are there, what is stated holds.
    #[serde(default)]
    pub average: Option<Driver<Count>>,
}

/// The requests that a service answers, and what each asks of a task.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Answers {
    /// Routes of the workload; all of them where none is named.
    #[serde(default)]
    pub routes: Vec<String>,
    /// What one request asks of a task.
    pub per_request: PerRequest,
}

/// An ECS service on Fargate.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FargateService {
    /// The size of each task.
    pub task: Task,
    /// How many run.
    pub tasks: Tasks,
    /// The requests that it answers.
    #[serde(default)]
    pub demand: Option<Answers>,
    /// How the number of tasks follows them.
    #[serde(default)]
    pub scaling: Option<Scaling>,
    /// The part of the tasks that runs on Spot.
    #[serde(default)]
    pub spot: Option<Driver<Share>>,
}

/// Tasks that start, do their work and stop: batch jobs, tests.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FargateTask {
    /// The size of each task.
    pub task: Task,
    /// How often one is started.
    pub runs: Driver<CountRate>,
    /// How long it runs, from image pull to stop; less than a minute is billed as one.
    pub duration: Driver<Seconds>,
    /// The part of the runs that is on Spot.
    #[serde(default)]
    pub spot: Option<Driver<Share>>,
}

impl Tasks {
    /// How many run on average: as stated, or as they follow demand. What moves stays between the limits.
    pub(super) fn on_average(&self, following: Option<Decimal>) -> Tape {
        let Some(average) = &self.average else {
            return Tape::new().capacity("tasks on average, following the workload", following.unwrap_or_default());
        };
        let mut tape = Tape::new().times("tasks on average", average);
        if let Some(following) = following {
            tape = tape.noted(&format!("stated: its workload alone would run {}", about(following)));
        }
        match average.grows || average.uncertainty.is_some() {
            true => tape.driver(Step::AtMost, "tasks at most", &self.max).driver(Step::AtLeast, "tasks at least", &self.min),
            false => tape,
        }
    }

    pub(super) fn check(&self, follows: bool, check: &mut Check<'_>) {
        let Tasks { min, max, average } = self;
        if min.value > max.value {
            check.error(
                min.at,
                format!("at least {} tasks are more than at most {}", min.value, max.value),
                format!("`max` is {}", max.value),
                "`min` must not be above `max`",
            );
        }
        match average {
            Some(average) if min.value <= max.value && (average.value < min.value || average.value > max.value) => check.error(
                average.at,
                format!("{} tasks on average lie outside {} to {}", average.value, min.value, max.value),
                format!("expected {} to {}", min.value, max.value),
                "an average lies between `min` and `max`",
            ),
            None if !follows => check.error(
                None,
                "how many tasks run on average?",
                "`average` is missing",
                "state `tasks: {average: 3}`, or what it follows from: `demand` and `scaling`",
            ),
            _ => {}
        }
    }
}

impl FargateService {
    /// The scaling policies as numbers, with the routes that they follow; nothing where the service does not say both.
    fn ready(&self) -> Option<Result<Follows, Vec<Problem>>> {
        let (answers, scaling) = (self.demand.as_ref()?, self.scaling.as_ref()?);
        let whole = |count: &Driver<Count>| count.value.0.to_u32().unwrap_or(u32::MAX);
        let limits = Limits { min: whole(&self.tasks.min), max: whole(&self.tasks.max) };
        let load = answers.per_request.ready(self.task.cpu.value.0);
        let routes = answers.routes.clone();
        let ready = scaling.ready(limits, &load, Assumed::default());
        Some(ready.map(|config| {
            let measured = Some(Measured { load, targets: scaling.targets() });
            let each = answers.per_request.cpu.clone();
            let key = "demand.per_request.cpu";
            Follows::Requests(Box::new(Scaled { scaler: Scaler::Tasks(config), routes, each, key, measured }))
        }))
    }
}

impl Service for FargateService {
    const TYPE: &'static str = "fargate-service";
    const METRICS: &'static [(&'static str, &'static str)] = &[
        (".tasks.average", "RunningTaskCount (ECS/ContainerInsights)"),
        (".per_request.cpu", "CPUUtilization (AWS/ECS) by RequestCountPerTarget (AWS/ApplicationELB)"),
    ];
    const EXAMPLE: &'static str = "
type: fargate-service
task: {cpu: 4 vCPU, memory: 8 GB, architecture: x86, ephemeral_storage: 40 GB}
tasks: {min: 3, max: 15, average: 8.3}
spot: 25%
";

    fn usage(&self, at: &mut At<'_>) {
        let task_hours = at.times_hours(self.tasks.on_average(at.capacity));
        emit(at, &self.task, &task_hours, self.spot.as_ref());
    }

    fn check(&self, check: &mut Check<'_>) {
        legal_size(&self.task, check);
        let follows = self.ready();
        self.tasks.check(follows.is_some(), check);
        if let Some(Err(problems)) = follows {
            for problem in problems {
                check.error(problem.at, problem.message, problem.label, problem.help);
            }
        } else if follows.is_none() && (self.demand.is_some() || self.scaling.is_some()) {
            let (there, missing) = if self.demand.is_some() { ("demand", "scaling") } else { ("scaling", "demand") };
            check.error(
                None,
                format!("`{there}` without `{missing}`"),
                format!("`{missing}` is missing"),
                "tasks follow from both together",
            );
        }
    }

    fn follows(&self) -> Option<Follows> {
        self.ready()?.ok()
    }
}

impl Service for FargateTask {
    const TYPE: &'static str = "fargate-task";
    const EXAMPLE: &'static str = "
type: fargate-task
task: {cpu: 1 vCPU, memory: 2 GB, architecture: arm}
runs: 4/day
duration: 20 min
spot: 50%
";

    fn usage(&self, at: &mut At<'_>) {
        let tape = Tape::new().times_rate("runs", &self.runs, &at.over).times("seconds a run", &self.duration);
        let short = self.duration.value.0 < Decimal::from(SHORTEST);
        let tape = if short {
            Tape::new().times_rate("runs", &self.runs, &at.over).rule_of(Step::Times, "seconds a run, billed as a minute", SHORTEST)
        } else {
            tape
        };
        emit(at, &self.task, &tape.rule_of(Step::Over, "seconds in an hour", 3_600), self.spot.as_ref());
    }

    fn check(&self, check: &mut Check<'_>) {
        legal_size(&self.task, check);
    }
}

/// vCPU-hours, GB-hours and disk of a number of task-hours, the Spot part under usage types of its own.
pub(super) fn emit(at: &mut At<'_>, task: &Task, task_hours: &Tape, spot: Option<&Driver<Share>>) {
    let arm = if task.architecture == Architecture::Arm { "ARM-" } else { "" };
    let parts = [("Fargate", on_demand(task_hours, spot)), ("SpotUsage-Fargate", spot.map(|s| task_hours.clone().times("on Spot", s)))];
    for (kind, hours) in parts {
        let Some(hours) = hours else { continue };
        let cpu = hours.clone().times("vCPU a task", &task.cpu);
        at.record(CODE, &format!("{kind}-{arm}vCPU-Hours:perCPU"), OPERATION, Unit::Hours, cpu);
        let memory = hours.clone().times("GB a task", &task.memory);
        at.record(CODE, &format!("{kind}-{arm}GB-Hours"), OPERATION, Unit::Hours, memory);
    }
    if let Some(disk) = &task.ephemeral_storage {
        let paid = disk.value.0 - Decimal::from(FREE_DISK);
        if paid > Decimal::ZERO {
            let tape = Tape::new()
                .times("GB of disk a task", disk)
                .rule_of(Step::Minus, "free with every task", FREE_DISK)
                .rule_of(Step::AtLeast, "nothing", 0)
                .with(Step::Times, "task-hours", task_hours.clone());
            at.record(CODE, "Fargate-EphemeralStorage-GB-Hours", OPERATION, Unit::Hours, tape);
        }
    }
}

fn on_demand(task_hours: &Tape, spot: Option<&Driver<Share>>) -> Option<Tape> {
    match spot {
        None => Some(task_hours.clone()),
        Some(spot) if spot.value.0 == Decimal::ONE => None,
        Some(spot) => {
            let rest = Tape::new().rule_of(Step::Times, "all tasks", 1).minus("on Spot", spot);
            Some(task_hours.clone().with(Step::Times, "not on Spot", rest))
        }
    }
}

/// Memory in GB that goes with so many vCPUs: least, most and step (AWS, "Task CPU and memory"). A quarter of a vCPU has no even
/// steps: half a GB, one or two.
const SIZES: &[(&str, u32, u32, u32)] =
    &[("0.5", 1, 4, 1), ("1", 2, 8, 1), ("2", 4, 16, 1), ("4", 8, 30, 1), ("8", 16, 60, 4), ("16", 32, 120, 8)];

/// Every size of a task that AWS offers, the smallest first: vCPUs, and the GB of memory that go with them.
pub fn sizes() -> Vec<(Decimal, Vec<Decimal>)> {
    let quarter = (Decimal::new(25, 2), vec![Decimal::new(5, 1), Decimal::ONE, Decimal::TWO]);
    let even = SIZES.iter().filter_map(|(cpu, least, most, step)| {
        Some((cpu.parse().ok()?, (*least..=*most).step_by(*step as usize).map(Decimal::from).collect()))
    });
    std::iter::once(quarter).chain(even).collect()
}

/// Memory sizes in words, or nothing for processors that AWS does not offer.
fn offered(cpu: Decimal) -> Option<(Vec<Decimal>, String)> {
    let (_, sizes) = sizes().into_iter().find(|(c, _)| *c == cpu)?;
    let words = match (sizes.as_slice(), SIZES.iter().find(|(c, ..)| c.parse() == Ok(cpu))) {
        (_, Some((_, least, most, step))) if sizes.len() > 4 => format!("{least} to {most} GB in steps of {step} GB"),
        ([rest @ .., last], _) => {
            let rest: Vec<String> = rest.iter().map(ToString::to_string).collect();
            format!("{} or {last} GB", rest.join(", "))
        }
        ([], _) => String::new(),
    };
    Some((sizes, words))
}

/// Notes sizes that AWS does not offer.
pub(super) fn legal_size(task: &Task, check: &mut Check<'_>) {
    let (cpu, memory) = (task.cpu.value.0, task.memory.value.0);
    let Some((sizes, words)) = offered(cpu) else {
        check.error(
            task.cpu.at,
            format!("Fargate has no tasks of {} vCPU", grouped(cpu)),
            "expected 0.25, 0.5, 1, 2, 4, 8 or 16 vCPU",
            "take the next larger size, or give the work to several tasks",
        );
        return;
    };
    if !sizes.contains(&memory) {
        let fitting = self::sizes().into_iter().find(|(_, s)| s.contains(&memory)).map_or_else(
            || format!("with {} vCPU take {words}", grouped(cpu)),
            |(c, _)| format!("keep {} GB with `cpu: {} vCPU`", grouped(memory), grouped(c)),
        );
        check.error(
            task.memory.at,
            format!("{} vCPU cannot have {} GB of memory on Fargate", grouped(cpu), grouped(memory)),
            format!("with {} vCPU: {words}", grouped(cpu)),
            fitting,
        );
    }
    if let Some(disk) = &task.ephemeral_storage
        && (disk.value.0 < Decimal::from(FREE_DISK) || disk.value.0 > Decimal::from(200))
    {
        check.error(
            disk.at,
            format!("a Fargate task cannot have {} of disk", disk.value),
            "expected 20 GB to 200 GB",
            "larger data belongs on EFS or S3",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::check;

    #[test]
    fn two_tasks_stand_for_every_hour_of_december() {
        check(
            "type: fargate-service\ntask: {cpu: 1 vCPU, memory: 2 GB}\ntasks: {min: 1, max: 4, average: 2}",
            "us-east-1",
            "2026-12",
            "USE1-Fargate-vCPU-Hours:perCPU 1488 hours  tasks on average 2 × hours in the month 744 × vCPU a task 1 vCPU
             USE1-Fargate-GB-Hours          2976 hours  tasks on average 2 × hours in the month 744 × GB a task 2 GB",
        );
    }

    #[test]
    fn spot_and_on_demand_share_the_tasks() {
        check(
            "type: fargate-service\ntask: {cpu: 1 vCPU, memory: 2 GB, architecture: arm}\ntasks: {min: 1, max: 4, average: 2}\nspot: 25%",
            "us-west-2",
            "2026-11",
            "USW2-Fargate-ARM-vCPU-Hours:perCPU           1080 hours tasks on average 2 × hours in the month 720 × not on Spot 0.75 × vCPU a task 1 vCPU
             USW2-Fargate-ARM-GB-Hours                    2160 hours tasks on average 2 × hours in the month 720 × not on Spot 0.75 × GB a task 2 GB
             USW2-SpotUsage-Fargate-ARM-vCPU-Hours:perCPU  360 hours tasks on average 2 × hours in the month 720 × on Spot 25% × vCPU a task 1 vCPU
             USW2-SpotUsage-Fargate-ARM-GB-Hours           720 hours tasks on average 2 × hours in the month 720 × on Spot 25% × GB a task 2 GB",
        );
    }

    #[test]
    fn ten_seconds_are_billed_as_a_minute() {
        check(
            "type: fargate-task\ntask: {cpu: 1 vCPU, memory: 2 GB}\nruns: 600/month\nduration: 10 s",
            "us-east-1",
            "2026-12",
            "USE1-Fargate-vCPU-Hours:perCPU 10 hours runs 600/month × seconds a run, billed as a minute 60 ÷ seconds in an hour 3,600 × vCPU a task 1 vCPU
             USE1-Fargate-GB-Hours          20 hours runs 600/month × seconds a run, billed as a minute 60 ÷ seconds in an hour 3,600 × GB a task 2 GB",
        );
    }

    #[test]
    fn disk_above_twenty_gigabytes_is_billed_by_the_hour() {
        check(
            "type: fargate-service\ntask: {cpu: 1 vCPU, memory: 2 GB, ephemeral_storage: 50 GB}\ntasks: {min: 1, max: 4, average: 1}",
            "us-east-1",
            "2026-11",
            "USE1-Fargate-vCPU-Hours:perCPU             720 hours tasks on average 1 × hours in the month 720 × vCPU a task 1 vCPU
             USE1-Fargate-GB-Hours                     1440 hours tasks on average 1 × hours in the month 720 × GB a task 2 GB
             USE1-Fargate-EphemeralStorage-GB-Hours   21600 hours GB of disk a task 50 GB − free with every task 20 at least nothing 0 × task-hours 720",
        );
    }
}
