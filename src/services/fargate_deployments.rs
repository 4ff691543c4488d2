//! Deployments of a Fargate service: the hours for which old and new tasks run beside each other (Amazon ECS developer guide,
//! "Deploy Amazon ECS services by replacing tasks", "Amazon ECS blue/green deployments", "Amazon ECS canary deployments"). Both
//! are billed as any task (AWS, "AWS Fargate Pricing").
//!
//! A resource of its own, so that a plan that speaks of the service does not have to speak of them; size and number of the tasks
//! are the service's. Not here: deployments over time (`scaling::deployment`), and those that fail and roll back.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fargate::{Task, Tasks, emit, legal_size};
use super::{At, Check, Service};
use crate::quantity::Share;
use crate::scaling::deployment::{Deployments, Fleet, Strategy};
use crate::scaling::target_tracking::Frozen;
use crate::scenario::driver::Driver;
use crate::usage::{Step, Tape};

/// Deployments of a service on Fargate.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FargateDeployments {
    /// The `fargate-service` that is deployed: `task`, `tasks`, `spot` and `region` are its own unless they stand here.
    #[serde(default)]
    pub of: Option<String>,
    /// The size of each task.
    pub task: Task,
    /// How many run.
    pub tasks: Tasks,
    /// The part of the tasks that runs on Spot.
    #[serde(default)]
    pub spot: Option<Driver<Share>>,
    /// How it is deployed, and how often.
    pub deployments: Vec<Deployments>,
}

impl Service for FargateDeployments {
    const TYPE: &'static str = "fargate-deployments";
    const EXAMPLE: &'static str = "
type: fargate-deployments
task: {cpu: 4 vCPU, memory: 8 GB}
tasks: {min: 3, max: 15, average: 8}
spot: 25%
deployments:
  - {type: rolling, runs: 20/month, beside: 20%, start: 40 s, health: 60 s, drain: 2 min}
  - {type: blue-green, runs: 1/month, bake: 1 h}
  - {type: canary, runs: 1/day, fleet: by-share, steps: [{traffic: 5%, bake: 30 min}, {traffic: 25%}, {traffic: 100%}]}
";
    const OF: Option<(&'static str, &'static [&'static str])> = Some(("fargate-service", &["task", "tasks", "spot", "region", "tags"]));

    fn usage(&self, at: &mut At<'_>) {
        for each in &self.deployments {
            let (name, tape) = match (each.strategy, each.fleet) {
                (Strategy::Canary, Fleet::ByShare) => ("canary deployments", growing(&self.tasks.on_average(at.capacity), each)),
                (Strategy::Canary, Fleet::Whole) => {
                    ("canary deployments", whole(self.tasks.on_average(at.capacity), canary_bakes(replaced(each), each)))
                }
                (Strategy::BlueGreen, _) => {
                    ("blue/green deployments", whole(self.tasks.on_average(at.capacity), blue_green_bake(replaced(each), each)))
                }
                (Strategy::Rolling, _) => ("rolling deployments", whole(self.tasks.on_average(at.capacity), replaced(each))),
            };
            let hours = tape.times_rate(name, &each.runs, &at.over).rule_of(Step::Over, "seconds in an hour", 3_600);
            emit(at, &self.task, &hours, self.spot.as_ref());
        }
    }

    /// How many tasks a deployment replaces is taken as the middle between the least and the most.
    fn deploys(&self) -> Vec<Frozen> {
        let middle = (self.tasks.min.value.0 + self.tasks.max.value.0) / Decimal::TWO;
        let tasks = middle.ceil().to_u32().unwrap_or(u32::MAX);
        self.deployments.iter().filter_map(|d| d.frozen(tasks)).collect()
    }

    fn check(&self, check: &mut Check<'_>) {
        legal_size(&self.task, check);
        // Without an average they follow the service's demand, which is checked there.
        self.tasks.check(true, check);
        if self.deployments.is_empty() {
            check.error(
                None,
                "nothing is deployed here",
                "`deployments` is empty",
                "write `deployments: [{type: rolling, runs: 20/month}]`",
            );
        }
        for problem in self.deployments.iter().filter_map(|d| d.ready().err()).flatten() {
            check.error(problem.at, problem.message, problem.label, problem.help);
        }
    }
}

/// Task-seconds where every new task runs for as long beside the one that it replaces: whatever the batches of a rolling
/// deployment, and with the second fleet of the others.
fn whole(tasks: Tape, beside: Tape) -> Tape {
    tasks.with(Step::Times, "seconds beside the task that it replaces", beside)
}

/// Task-seconds of a second fleet that is as large as its part of the traffic, a task at least, and of the old tasks that drain.
fn growing(tasks: &Tape, each: &Deployments) -> Tape {
    let mut sum = Tape::new();
    for (traffic, bake) in each.canary_steps() {
        let fleet = tasks.clone().times("of the traffic", &traffic).rule_of(Step::AtLeast, "a task", 1);
        let fleet = fleet.with(Step::AtMost, "all tasks", tasks.clone());
        sum = sum.with(
            Step::Plus,
            "task-seconds of a step",
            fleet.with(Step::Times, "seconds", ready(each).plus("seconds of the step", &bake)),
        );
    }
    let drained = tasks.clone().times("seconds until drained", &each.until_drained());
    Tape::new().with(Step::Times, "task-seconds each", sum.with(Step::Plus, "task-seconds of old tasks that drain", drained))
}

/// Seconds from a new task's start until the old one is gone.
fn replaced(each: &Deployments) -> Tape {
    ready(each).plus("seconds until the old one is drained", &each.until_drained())
}

/// Seconds from a new task's start until it can be relied on.
fn ready(each: &Deployments) -> Tape {
    Tape::new().plus("seconds until it runs", &each.until_it_runs()).plus("seconds until it counts as healthy", &each.until_healthy())
}

fn blue_green_bake(tape: Tape, each: &Deployments) -> Tape {
    each.bake.iter().fold(tape, |tape, bake| tape.plus("seconds of the bake", bake))
}

fn canary_bakes(tape: Tape, each: &Deployments) -> Tape {
    each.canary_steps().iter().fold(tape, |tape, (_, bake)| tape.plus("seconds of a step", bake))
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;
    use crate::services::testing::{check, emitted};

    const SERVICE: &str = "type: fargate-deployments\ntask: {cpu: 1 vCPU, memory: 2 GB}\ntasks: {min: 2, max: 9, average: 4}\n";

    #[test]
    fn each_task_runs_beside_its_successor_until_it_has_drained() {
        // 4 tasks × (60 s + 150 s + 300 s) × 20 ÷ 3,600.
        check(
            &format!("{SERVICE}deployments: [{{type: rolling, runs: 20/month}}]"),
            "us-east-1",
            "2026-12",
            "USE1-Fargate-vCPU-Hours:perCPU 11.333333333333 hours tasks on average 4 × seconds beside the task that it replaces 510 × rolling deployments 20/month ÷ seconds in an hour 3,600 × vCPU a task 1 vCPU
             USE1-Fargate-GB-Hours 22.666666666667 hours tasks on average 4 × seconds beside the task that it replaces 510 × rolling deployments 20/month ÷ seconds in an hour 3,600 × GB a task 2 GB",
        );
    }

    #[test]
    fn a_bake_keeps_both_fleets_for_longer() {
        // 4 × 3,600 s.
        check(
            &format!("{SERVICE}deployments: [{{type: blue-green, runs: 1/month, start: 0 s, health: 0 s, bake: 1 h, drain: 0 s}}]"),
            "us-east-1",
            "2026-12",
            "USE1-Fargate-vCPU-Hours:perCPU 4 hours tasks on average 4 × seconds beside the task that it replaces 3,600 × blue/green deployments 1/month ÷ seconds in an hour 3,600 × vCPU a task 1 vCPU
             USE1-Fargate-GB-Hours 8 hours tasks on average 4 × seconds beside the task that it replaces 3,600 × blue/green deployments 1/month ÷ seconds in an hour 3,600 × GB a task 2 GB",
        );
    }

    /// Whatever the strategy, a month of them is as many task-seconds as the simulation of one gives.
    #[test]
    fn one_an_hour_adds_the_task_seconds_of_the_simulation() {
        for each in [
            "type: rolling, beside: 20%",
            "type: blue-green, bake: 10 min",
            "type: canary",
            "type: canary, fleet: by-share",
            "type: canary, fleet: by-share, steps: [{traffic: 5%, bake: 30 min}, {traffic: 25%, bake: 20 min}, {traffic: 100%, bake: 10 min}]",
        ] {
            let of = |tasks: &str| {
                let text = SERVICE.replace("average: 4", "average: 20").replace("max: 9", "max: 99");
                let records = emitted(&format!("{text}deployments: [{{{each}, runs: {tasks}}}]"), "us-east-1", "2026-12");
                records[0].quantity
            };
            let simulated: Deployments = crate::scaling::testing::yaml(&format!("{{{each}, runs: 1/day}}"));
            let seconds = simulated.ready().expect("a deployment").task_seconds(20);
            let hours = crate::statistic::quantity(seconds).expect("a number") / Decimal::from(3_600);
            assert_eq!(of("1/month"), hours.round_dp(12), "{each}");
            assert_eq!(of("1/day"), (hours * Decimal::from(31)).round_dp(12), "{each}");
        }
    }

    #[test]
    fn a_service_without_tasks_deploys_for_nothing() {
        let text = SERVICE.replace("min: 2", "min: 0").replace("average: 4", "average: 0");
        for each in ["type: rolling", "type: blue-green, bake: 1 h", "type: canary", "type: canary, fleet: by-share"] {
            assert!(emitted(&format!("{text}deployments: [{{{each}, runs: 1/day}}]"), "us-east-1", "2026-12").is_empty(), "{each}");
        }
    }
}
