//! Deployments of an ECS service: the task-seconds for which old and new tasks run beside each other (Amazon ECS developer
//! guide, "Deploy Amazon ECS services by replacing tasks", "Amazon ECS blue/green deployments", "Amazon ECS canary
//! deployments"). Both are billed.
//!
//! Not here: that a deployment keeps tasks from being removed (`target_tracking`), and deployments that fail and roll back.

#![allow(clippy::float_arithmetic, reason = "task-seconds are simulated; those that are charged become exact in `services`")]

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::target_tracking::Frozen;
use super::{Problem, minutes, seconds, up};
use crate::quantity::{CountRate, Per, Seconds, Share};
use crate::scenario::driver::Driver;
use crate::statistic::float;
use crate::statistic::quantity;

/// Seconds from a task's start until it runs: assumed, for pulling the image and starting.
pub const START: f64 = 60.0;
/// Seconds until a running task counts as healthy: 5 checks, 30 s apart (Elastic Load Balancing user guide, "Health checks for
/// Application Load Balancer target groups", defaults).
pub const HEALTH: f64 = 150.0;
/// Seconds for which a task that is replaced still drains (the same guide, "Deregistration delay", default).
pub const DRAIN: f64 = 300.0;
/// Hours over which deployments of a month are spread.
const HOURS_OF_A_MONTH: f64 = 730.0;
/// Seconds for which a canary bakes (Amazon ECS API reference, "CanaryConfiguration", default).
pub const CANARY_BAKE: f64 = 600.0;

/// Parts of the traffic that the new tasks of a canary get where no steps are stated.
pub const CANARY: [f64; 3] = [0.05, 0.25, 1.0];

/// How new tasks take the place of old ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// Batch after batch, never fewer than before (minimumHealthyPercent 100).
    Rolling,
    /// A second fleet beside the first, which bakes before the first one goes.
    BlueGreen,
    /// A second fleet that gets more and more of the traffic.
    Canary,
}

/// How large the second fleet of a canary is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fleet {
    /// As large as the first from the beginning, so as ECS and CodeDeploy run it.
    #[default]
    Whole,
    /// As large as its share of the traffic, so as people run it with services of their own.
    ByShare,
}

/// A step of a canary.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CanaryStep {
    /// The part of the traffic that the new tasks get.
    pub traffic: Driver<Share>,
    /// How long it stays so; 10 min where nothing is stated.
    #[serde(default)]
    pub bake: Option<Driver<Seconds>>,
}

/// Deployments of a service, as a scenario file holds them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Deployments {
    /// How new tasks take the place of old ones.
    #[serde(rename = "type")]
    pub strategy: Strategy,
    /// How often, such as `3/day`.
    pub runs: Driver<CountRate>,
    /// Rolling: how much of the service may run beside it, `100%` for a maximumPercent of 200, which is also the default.
    #[serde(default)]
    pub beside: Option<Driver<Share>>,
    /// Blue/green: how long both fleets run once all traffic is on the new one.
    #[serde(default)]
    pub bake: Option<Driver<Seconds>>,
    /// Canary: the steps up to 100%; 5%, 25% and 100% where nothing is stated.
    #[serde(default)]
    pub steps: Vec<CanaryStep>,
    /// Canary: how large the second fleet is.
    #[serde(default)]
    pub fleet: Fleet,
    /// Until a new task runs; 60 s where nothing is stated.
    #[serde(default)]
    pub start: Option<Driver<Seconds>>,
    /// Until a running task counts as healthy; 150 s where nothing is stated.
    #[serde(default)]
    pub health: Option<Driver<Seconds>>,
    /// How long a replaced task drains; 300 s where nothing is stated.
    #[serde(default)]
    pub drain: Option<Driver<Seconds>>,
}

impl Deployments {
    /// One of these deployments as numbers, or everything that is wrong.
    pub fn ready(&self) -> Result<Deployment, Vec<Problem>> {
        let times = Times {
            start: seconds(self.start.as_ref(), START),
            health: seconds(self.health.as_ref(), HEALTH),
            drain: seconds(self.drain.as_ref(), DRAIN),
        };
        let shape = match self.strategy {
            Strategy::Rolling => Shape::Rolling { beside: self.beside.as_ref().map_or(1.0, |b| float(b.value.0)) },
            Strategy::BlueGreen => Shape::BlueGreen { bake: seconds(self.bake.as_ref(), 0.0) },
            Strategy::Canary => Shape::Canary { steps: self.canary(), fleet: self.fleet },
        };
        let problems = self.problems();
        if problems.is_empty() { Ok(Deployment { shape, times }) } else { Err(problems) }
    }

    /// When they are in progress, for a service of so many tasks; nothing where they are stated wrongly or never come.
    pub fn frozen(&self, tasks: u32) -> Option<Frozen> {
        let lasting = minutes(self.ready().ok()?.seconds(tasks));
        let rate = &self.runs.value;
        let hours = match rate.per.in_an_hour() {
            Some((times, over)) => float(over) / (float(times) * float(rate.amount)),
            None if rate.per == Per::Month => HOURS_OF_A_MONTH / float(rate.amount),
            None => return None,
        };
        let every = minutes(hours * 3_600.0);
        (every > 0 && every < u32::MAX).then_some(Frozen { every, lasting })
    }

    /// Until a new task runs: what is stated, or the default. The same for the three below; exact, to charge by.
    pub fn until_it_runs(&self) -> Driver<Seconds> {
        or_default(self.start.as_ref(), START, "for pulling the image and starting")
    }

    /// Until a running task counts as healthy.
    pub fn until_healthy(&self) -> Driver<Seconds> {
        or_default(self.health.as_ref(), HEALTH, "five checks, 30 s apart, the defaults of a load balancer")
    }

    /// How long a replaced task drains.
    pub fn until_drained(&self) -> Driver<Seconds> {
        or_default(self.drain.as_ref(), DRAIN, "the default of a load balancer")
    }

    /// The steps of a canary: the part of the traffic, and for how long it stays so.
    pub fn canary_steps(&self) -> Vec<(Driver<Share>, Driver<Seconds>)> {
        let bake = |own: Option<&Driver<Seconds>>| or_default(own, CANARY_BAKE, "the default of ECS");
        if self.steps.is_empty() {
            let share = |share| Driver::default_of(Share(quantity(share).unwrap_or_default()), "5%, 25%, 100%");
            return CANARY.iter().map(|s| (share(*s), bake(None))).collect();
        }
        self.steps.iter().map(|s| (s.traffic.clone(), bake(s.bake.as_ref()))).collect()
    }

    fn canary(&self) -> Vec<(f64, f64)> {
        if self.steps.is_empty() {
            return CANARY.map(|share| (share, CANARY_BAKE)).to_vec();
        }
        self.steps.iter().map(|step| (float(step.traffic.value.0), seconds(step.bake.as_ref(), CANARY_BAKE))).collect()
    }

    fn problems(&self) -> Vec<Problem> {
        let rising = self.steps.windows(2).find(|pair| pair[0].traffic.value >= pair[1].traffic.value).map(|pair| &pair[1].traffic);
        let rising = rising.map(|t| Problem::new(t.at, "a canary's traffic must grow", "not more than before", "write 5%, 25%, 100%"));
        let last = self.steps.last().map(|step| &step.traffic).filter(|traffic| traffic.value.0 != Decimal::ONE);
        let last = last.map(|t| Problem::new(t.at, "a canary ends with all of the traffic", "expected 100%", "add a last step of 100%"));
        let nothing = self.beside.as_ref().filter(|beside| beside.value.0.is_zero());
        let nothing = nothing.map(|b| {
            Problem::new(
                b.at,
                "with 0% beside the service no task can be replaced",
                "expected more than 0%",
                "100% is a maximumPercent of 200",
            )
        });
        let stranger = |is: bool, at, key: &str, of: &str| {
            is.then(|| Problem::new(at, format!("`{key}` belongs to {of}"), "does not go with this `type`", "leave it out"))
        };
        let bake = self.bake.as_ref().filter(|_| self.strategy != Strategy::BlueGreen);
        let beside = self.beside.as_ref().filter(|_| self.strategy != Strategy::Rolling);
        let steps = self.steps.first().filter(|_| self.strategy != Strategy::Canary);
        let strangers = [
            stranger(bake.is_some(), bake.and_then(|b| b.at), "bake", "blue-green, and to the steps of a canary"),
            stranger(beside.is_some(), beside.and_then(|b| b.at), "beside", "rolling"),
            stranger(steps.is_some(), steps.and_then(|s| s.traffic.at), "steps", "canary"),
        ];
        [rising, last, nothing].into_iter().chain(strangers).flatten().collect()
    }
}

fn or_default(stated: Option<&Driver<Seconds>>, default: f64, why: &str) -> Driver<Seconds> {
    stated.cloned().unwrap_or_else(|| Driver::default_of(Seconds(quantity(default).unwrap_or_default()), why))
}

/// How long a task takes, in seconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Times {
    /// Until it runs.
    pub start: f64,
    /// From then until it counts as healthy.
    pub health: f64,
    /// From its replacement until it stops.
    pub drain: f64,
}

/// What runs beside what, as numbers.
#[derive(Clone, PartialEq, Debug)]
pub enum Shape {
    /// Batches of this part of the service.
    Rolling {
        /// maximumPercent ÷ 100 − 1, above 0.
        beside: f64,
    },
    /// A second fleet.
    BlueGreen {
        /// Seconds with all traffic on the new fleet.
        bake: f64,
    },
    /// A second fleet with growing traffic.
    Canary {
        /// Parts of the traffic, growing to 1, each with its seconds.
        steps: Vec<(f64, f64)>,
        /// How large the second fleet is.
        fleet: Fleet,
    },
}

/// One deployment of a service.
#[derive(Clone, PartialEq, Debug)]
pub struct Deployment {
    /// What runs beside what.
    pub shape: Shape,
    /// How long tasks take.
    pub times: Times,
}

impl Deployment {
    /// Seconds that it takes a service of so many tasks, until the last old task has stopped.
    pub fn seconds(&self, tasks: u32) -> f64 {
        let Times { start, health, drain } = self.times;
        let ready = start + health;
        match &self.shape {
            // Draining tasks still count toward maximumPercent, so that a batch begins when the one before has drained.
            Shape::Rolling { beside } => f64::from(batches(tasks, *beside)) * (ready + drain),
            Shape::BlueGreen { bake } => ready + bake + drain,
            Shape::Canary { steps, fleet } => {
                let baking: f64 = steps.iter().map(|(_, bake)| bake).sum();
                let starts = if *fleet == Fleet::Whole { 1.0 } else { steps.len() as f64 };
                starts * ready + baking + drain
            }
        }
    }

    /// Task-seconds that it adds to those of a service of so many tasks.
    pub fn task_seconds(&self, tasks: u32) -> f64 {
        let Times { start, health, drain } = self.times;
        let all = f64::from(tasks);
        match &self.shape {
            // Whatever the batches: each new task runs beside the one that it replaces until that has drained.
            Shape::Rolling { .. } => all * (start + health + drain),
            Shape::Canary { steps, fleet: Fleet::ByShare } => {
                let step = |(share, bake): &(f64, f64)| f64::from(up(all * share)) * (start + health + bake);
                steps.iter().map(step).sum::<f64>() + all * drain
            }
            Shape::BlueGreen { .. } | Shape::Canary { .. } => all * self.seconds(tasks),
        }
    }

    /// By what a service costs more while it is deployed: 2 for a second fleet, 1.2 for batches of a fifth.
    pub fn factor(&self, tasks: u32) -> f64 {
        let alone = f64::from(tasks) * self.seconds(tasks);
        if alone > 0.0 { 1.0 + self.task_seconds(tasks) / alone } else { 1.0 }
    }

    /// The part that deployments add to a service's task-hours, with one every so many seconds. The next one waits for the one
    /// before.
    pub fn added_share(&self, tasks: u32, every: f64) -> f64 {
        let alone = f64::from(tasks) * every.max(self.seconds(tasks));
        if alone > 0.0 { self.task_seconds(tasks) / alone } else { 0.0 }
    }
}

/// Batches in which so many tasks are replaced; at least one task at a time.
fn batches(tasks: u32, beside: f64) -> u32 {
    let batch = (f64::from(tasks) * beside + super::target_tracking::NOISE) as u32;
    tasks.div_ceil(batch.max(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scaling::testing::yaml;

    const DAY: f64 = 86_400.0;

    fn ready(text: &str) -> Deployment {
        yaml::<Deployments>(text).ready().unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    fn near(value: f64, expected: f64) -> bool {
        (value - expected).abs() < 1e-9
    }

    #[test]
    fn a_blue_green_bake_of_an_hour_adds_what_its_share_of_the_time_is() {
        let hour = ready("{type: blue-green, runs: 1/day, bake: 1 h, start: 0 s, health: 0 s, drain: 0 s}");
        // Published: weekly +0.6%, daily +4.2%, back to back +100%. 1 hour of 168, of 24, of 1.
        assert!(near(hour.added_share(8, 7.0 * DAY), 1.0 / 168.0));
        assert!(near(hour.added_share(8, DAY), 1.0 / 24.0));
        assert!(near(hour.added_share(8, 3_600.0), 1.0));
        assert!(near(hour.added_share(8, 60.0), 1.0), "more often than back to back cannot be");
        assert_eq!(hour.task_seconds(8), 28_800.0);
    }

    #[test]
    fn a_second_fleet_costs_double_for_start_health_bake_and_drain() {
        let deployment = ready("{type: blue-green, runs: 1/day, bake: 10 min}");
        // 60 s + 150 s + 600 s + 300 s.
        assert_eq!(deployment.seconds(5), 1_110.0);
        assert_eq!(deployment.task_seconds(5), 5_550.0);
        assert_eq!(deployment.factor(5), 2.0);
    }

    #[test]
    fn a_rolling_deployment_runs_new_tasks_beside_old_ones_batch_after_batch() {
        let at_once = ready("{type: rolling, runs: 1/day}");
        // maximumPercent 200: all 10 at once, 60 s + 150 s + 300 s.
        assert_eq!((at_once.seconds(10), at_once.task_seconds(10), at_once.factor(10)), (510.0, 5_100.0, 2.0));
        let fifths = ready("{type: rolling, runs: 1/day, beside: 20%}");
        // 5 batches of 2 take five times as long and add the same: ×1.2 while it runs, as the plan says.
        assert_eq!((fifths.seconds(10), fifths.task_seconds(10)), (2_550.0, 5_100.0));
        assert!(near(fifths.factor(10), 1.2));
        // 20% of 3 tasks is none: one at a time.
        assert_eq!(fifths.seconds(3), 3.0 * 510.0);
    }

    #[test]
    fn a_canary_has_a_whole_second_fleet_or_one_that_grows_with_its_traffic() {
        let whole = ready("{type: canary, runs: 1/day}");
        // 60 s + 150 s + 3 × 600 s + 300 s for each of 20.
        assert_eq!((whole.seconds(20), whole.task_seconds(20), whole.factor(20)), (2_310.0, 46_200.0, 2.0));
        let grows = ready(
            "{type: canary, runs: 1/day, fleet: by-share,
              steps: [{traffic: 5%, bake: 30 min}, {traffic: 25%, bake: 20 min}, {traffic: 100%, bake: 10 min}]}",
        );
        // 1 task for 210 + 1,800 s, 5 for 210 + 1,200 s, 20 for 210 + 600 s; 20 old ones drain for 300 s.
        assert_eq!(grows.task_seconds(20), 2_010.0 + 7_050.0 + 16_200.0 + 6_000.0);
        assert_eq!(grows.seconds(20), 3.0 * 210.0 + 3_600.0 + 300.0);
    }

    #[test]
    fn a_service_without_tasks_deploys_for_nothing() {
        for text in ["{type: rolling, runs: 1/day}", "{type: blue-green, runs: 1/day}", "{type: canary, runs: 1/day}"] {
            let deployment = ready(text);
            assert_eq!((deployment.task_seconds(0), deployment.factor(0), deployment.added_share(0, DAY)), (0.0, 1.0, 0.0), "{text}");
        }
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        let problems = |text: &str| {
            let found = yaml::<Deployments>(text).ready().expect_err("something wrong");
            found.into_iter().map(|p| p.message).collect::<Vec<_>>()
        };
        assert_eq!(
            problems("{type: canary, runs: 1/day, steps: [{traffic: 25%}, {traffic: 5%}]}"),
            ["a canary's traffic must grow", "a canary ends with all of the traffic"]
        );
        assert_eq!(problems("{type: rolling, runs: 1/day, beside: 0%}"), ["with 0% beside the service no task can be replaced"]);
        assert_eq!(
            problems("{type: rolling, runs: 1/day, bake: 1 h, steps: [{traffic: 100%}]}"),
            ["`bake` belongs to blue-green, and to the steps of a canary", "`steps` belongs to canary"]
        );
        assert_eq!(problems("{type: blue-green, runs: 1/day, beside: 50%}"), ["`beside` belongs to rolling"]);
    }

    proptest! {
        #[test]
        fn a_deployment_never_more_than_doubles_a_service(tasks in 1..200u32, beside in 0.01..1.0f64, bake in 0.0..7_200.0f64, every in 1.0..1e6f64) {
            let times = Times { start: START, health: HEALTH, drain: DRAIN };
            let steps = vec![(0.05, bake), (0.25, bake), (1.0, bake)];
            let shapes = [
                Shape::Rolling { beside },
                Shape::BlueGreen { bake },
                Shape::Canary { steps: steps.clone(), fleet: Fleet::Whole },
                Shape::Canary { steps, fleet: Fleet::ByShare },
            ];
            for shape in shapes {
                let deployment = Deployment { shape, times };
                let factor = deployment.factor(tasks);
                prop_assert!(factor > 1.0 && factor <= 2.0 + 1e-9, "{factor}");
                prop_assert!(deployment.added_share(tasks, every) <= factor - 1.0 + 1e-9);
            }
        }
    }
}
