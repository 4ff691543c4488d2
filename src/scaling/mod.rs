//! Capacity over time: what scaling policies make of demand, by minute.
//!
//! [`Scaling`] and its kind are what a scenario file holds, exact and with provenance. [`Scaling::ready`] is the one door to the
//! plain numbers by which minutes are simulated ([`target_tracking::Config`]); behind it nothing is optional and nothing is
//! checked again. All here is a function of its inputs: no file, no clock, no chance.
//!
//! Not here: demand (`workload`), what capacity costs, and scaling on memory, which does not follow from requests.

#![allow(clippy::float_arithmetic, reason = "capacity is simulated, not billed: task-seconds become exact where they are charged")]

pub mod deployment;
pub mod replicas;
pub mod scaler;
pub mod scheduled;
pub mod serverless;
pub mod shards;
pub mod target_tracking;

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use schemars::{JsonSchema, Schema, json_schema};
use serde::{Deserialize, Serialize};

use crate::quantity::{Count, Quantity, Seconds, Share};
use crate::scenario::driver::Driver;
use crate::source::Place;
use crate::statistic::float;
use scheduled::{Limits, ScheduledAction, Week};
use target_tracking::{Assumed, Config, Metric, Rule, TaskLoad};

/// Seconds of both cooldowns where a policy states none (Application Auto Scaling API reference,
/// "TargetTrackingScalingPolicyConfiguration": the default for ECS services).
pub const COOLDOWN: f64 = 300.0;

/// Something wrong in a scenario file, in the parts that a diagnostic has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where it stands, if one value is to blame.
    pub at: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What was expected there.
    pub label: String,
    /// The way out.
    pub help: String,
}

impl Problem {
    fn new(at: Option<Place>, message: impl Into<String>, label: impl Into<String>, help: impl Into<String>) -> Problem {
        Problem { at, message: message.into(), label: label.into(), help: help.into() }
    }
}

/// What a policy keeps to: a share of the CPU, a count, or seconds, as its metric asks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Target {
    /// A share between 0 and 1.
    Share(Decimal),
    /// A number of things.
    Count(Decimal),
    /// A time in seconds.
    Seconds(Decimal),
}

impl FromStr for Target {
    type Err = String;
    fn from_str(text: &str) -> Result<Target, String> {
        let share = || text.parse().map(|Share(value)| Target::Share(value));
        let seconds = || text.parse().map(|Seconds(value)| Target::Seconds(value));
        let count = || text.parse().map(|Count(value)| Target::Count(value));
        share().or_else(|_: String| seconds()).or_else(|_: String| count()).map_err(|_: String| format!("expected {}", Target::EXPECTED))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Target::Share(value) => Share(value).fmt(f),
            Target::Count(value) => Count(value).fmt(f),
            Target::Seconds(value) => Seconds(value).fmt(f),
        }
    }
}

impl Quantity for Target {
    const NAME: &'static str = "Target";
    const EXPECTED: &'static str = "a target, such as `70%`, `1,000` or `2 s`";
    fn decimal(&self) -> Decimal {
        match *self {
            Target::Share(value) | Target::Count(value) | Target::Seconds(value) => value,
        }
    }
    fn schema() -> Schema {
        json_schema!({ "type": ["string", "number"], "pattern": r"^[0-9.,_]+( ?([kMB%s]|min|h|days?))?$", "description": Target::EXPECTED })
    }
}

/// How a policy scales.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyType {
    /// Keeps a metric near a target, out and in.
    #[default]
    TargetTracking,
    /// Adds so many tasks whenever a metric is above a value; never removes any.
    Step,
}

/// A scaling policy of an ECS service.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Policy {
    /// What is measured.
    pub metric: Metric,
    /// How it scales; target tracking where nothing is stated.
    #[serde(default, rename = "type")]
    pub kind: PolicyType,
    /// Target tracking: what the metric is kept near. `70%` of the CPU, `1,000` requests per target and minute, `10` requests
    /// in a task's queue, `2 s` of response time.
    #[serde(default)]
    pub target: Option<Driver<Target>>,
    /// Step: the value above which tasks are added.
    #[serde(default)]
    pub above: Option<Driver<Target>>,
    /// Step: how many tasks are added.
    #[serde(default)]
    pub add: Option<Driver<Count>>,
    /// Cooldown after scaling out; 300 s where nothing is stated.
    #[serde(default)]
    pub out: Option<Driver<Seconds>>,
    /// Cooldown after scaling in; 300 s where nothing is stated.
    #[serde(default, rename = "in")]
    pub scale_in_cooldown: Option<Driver<Seconds>>,
    /// Whether target tracking may remove tasks.
    #[serde(default = "yes")]
    pub scale_in: bool,
}

fn yes() -> bool {
    true
}

/// How an ECS service scales: its policies, and the times at which its limits change.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Scaling {
    /// Scaling policies; all act on the same service.
    #[serde(default)]
    pub policies: Vec<Policy>,
    /// Scheduled actions.
    #[serde(default)]
    pub schedule: Vec<ScheduledAction>,
}

/// What a request asks of a task.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PerRequest {
    /// vCPU-seconds that a request takes, such as `0.05 s`.
    pub cpu: Driver<Seconds>,
    /// How long a request is in a task, waiting and worked on; needed for `queue-depth`.
    #[serde(default)]
    pub in_flight: Option<Driver<Seconds>>,
    /// Response time of a task that has nothing else to do; needed for `response-time`.
    #[serde(default)]
    pub at_rest: Option<Driver<Seconds>>,
}

impl PerRequest {
    /// The same for a task with so many vCPUs.
    pub fn ready(&self, vcpus: Decimal) -> TaskLoad {
        TaskLoad {
            cpu: float(self.cpu.value.0) / float(vcpus),
            in_flight: self.in_flight.as_ref().map(|s| float(s.value.0)),
            at_rest: self.at_rest.as_ref().map(|s| float(s.value.0)),
        }
    }
}

impl Scaling {
    /// Ready to be simulated: all policies as numbers, the limits of every minute of the week. Or everything that is wrong.
    pub fn ready(&self, limits: Limits, load: &TaskLoad, assumed: Assumed) -> Result<Config, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut rules = Vec::new();
        for policy in &self.policies {
            match policy.ready(load) {
                Ok(rule) => rules.push(rule),
                Err(problem) => problems.push(problem),
            }
        }
        match Week::new(&self.schedule, limits) {
            Ok(week) if problems.is_empty() => Ok(Config::new(week, rules, assumed)),
            Ok(_) => Err(problems),
            Err(more) => {
                problems.extend(more);
                Err(problems)
            }
        }
    }

    /// What target tracking keeps to, policy by policy: a metric and its target in the metric's own unit.
    pub fn targets(&self) -> Vec<(Metric, f64)> {
        self.policies.iter().filter_map(|p| Some((p.metric, float(p.target.as_ref()?.value.decimal())))).collect()
    }
}

impl Policy {
    fn ready(&self, load: &TaskLoad) -> Result<Rule, Problem> {
        let target = self.goal()?;
        let at = target.at;
        let value = self.metric.accepts(target)?;
        let missing =
            |key: &str, why: &str| Problem::new(at, format!("a policy on {} needs `{key}`", self.metric), why, "state it per request");
        let rule = match (self.metric, load.in_flight, load.at_rest) {
            (Metric::QueueDepth, None, _) => return Err(missing("in_flight", "how long is a request in a task?")),
            (Metric::ResponseTime, _, None) => return Err(missing("at_rest", "how fast does a task answer that is at rest?")),
            (Metric::ResponseTime, _, Some(at_rest)) if at_rest >= value => {
                return Err(Problem::new(
                    at,
                    format!("a task at rest answers in {at_rest} s, never within {}", target.value),
                    format!("expected more than {at_rest} s"),
                    "this policy would scale out to `max` and stay there",
                ));
            }
            _ => Rule::new(self.metric, value, load),
        };
        let rule = rule.cooldowns(seconds(self.out.as_ref(), COOLDOWN), seconds(self.scale_in_cooldown.as_ref(), COOLDOWN));
        match self.kind {
            PolicyType::TargetTracking => Ok(rule.scale_in(self.scale_in)),
            PolicyType::Step => self.add.as_ref().map_or_else(
                || Err(Problem::new(at, "a step policy needs `add`", "how many tasks are added?", "write `add: 2`")),
                |add| Ok(rule.step(whole(add, "tasks")?)),
            ),
        }
    }

    /// What the policy keeps to, under the key that its type has.
    fn goal(&self) -> Result<&Driver<Target>, Problem> {
        let (goal, key, other, wrong) = match self.kind {
            PolicyType::TargetTracking => (&self.target, "target", &self.above, "above"),
            PolicyType::Step => (&self.above, "above", &self.target, "target"),
        };
        if let Some(other) = other {
            let message = format!("`{wrong}` does not belong to this type of policy");
            return Err(Problem::new(
                other.at,
                message,
                format!("expected `{key}`"),
                "`target` tracks; `above` and `add` go with `type: step`",
            ));
        }
        goal.as_ref().ok_or_else(|| {
            let help = format!("write `{key}:` and {}", self.metric.expected());
            Problem::new(None, format!("a policy on {} needs `{key}`", self.metric), format!("`{key}` is missing"), help)
        })
    }
}

impl Metric {
    /// What a target of this metric looks like.
    fn expected(self) -> &'static str {
        match self {
            Metric::Cpu => "a share of the CPU, such as `70%`",
            Metric::RequestsPerTarget => "requests per target and minute, such as `1,000`",
            Metric::QueueDepth => "requests in a task's queue, such as `10`",
            Metric::ResponseTime => "a time, such as `2 s`",
        }
    }

    /// The target as a number in the metric's own unit.
    fn accepts(self, target: &Driver<Target>) -> Result<f64, Problem> {
        let wrong = |message: String, help: &str| Err(Problem::new(target.at, message, format!("expected {}", self.expected()), help));
        let value = match (self, target.value) {
            (Metric::Cpu, Target::Share(value))
            | (Metric::RequestsPerTarget | Metric::QueueDepth, Target::Count(value))
            | (Metric::ResponseTime, Target::Seconds(value)) => value,
            (_, other) => return wrong(format!("{self} cannot be kept near {other}"), "the target has the unit of its metric"),
        };
        if value.is_zero() {
            return wrong(format!("{self} cannot be kept near 0"), "no number of tasks reaches it");
        }
        if self == Metric::Cpu && value == Decimal::ONE {
            return wrong("CPU never goes above 100%, so that this policy never scales out".into(), "leave room: `70%`");
        }
        Ok(float(value))
    }
}

/// Seconds as stated, or else a default.
fn seconds(stated: Option<&Driver<Seconds>>, default: f64) -> f64 {
    stated.map_or(default, |s| float(s.value.0))
}

/// A count that cannot have a fraction.
pub(crate) fn whole(count: &Driver<Count>, of: &str) -> Result<u32, Problem> {
    let value = count.value.0;
    value.to_u32().filter(|n| Decimal::from(*n) == value).ok_or_else(|| {
        Problem::new(count.at, format!("{} {of} cannot be", count.value), "expected a whole number", "write a number such as `3`")
    })
}

/// The whole number that is not below `value`. What doubles add at the ninth decimal is noise, not a task.
fn up(value: f64) -> u32 {
    let value = value - target_tracking::NOISE;
    let floor = value as u32;
    floor.saturating_add(u32::from(f64::from(floor) < value))
}

/// Minutes that cover so many seconds.
fn minutes(seconds: f64) -> u32 {
    up(seconds / 60.0)
}

#[cfg(test)]
pub(crate) mod testing {
    use serde::de::DeserializeOwned;

    use crate::diagnostic::Problems;
    use crate::scenario::node;
    use crate::scenario::read::{self, Defaults};
    use crate::source::Sources;

    /// What a scenario file would hold.
    pub fn yaml<T: DeserializeOwned>(text: &str) -> T {
        let mut sources = Sources::default();
        let file = sources.add("test.yaml", text);
        let mut problems = Problems::default();
        let node = node::parse(&sources, file, &mut problems).unwrap_or_else(|| panic!("{}", problems.render(&sources, false)));
        let value = read::read(&node, &[], &Defaults::default(), &mut problems);
        value.unwrap_or_else(|| panic!("{}", problems.render(&sources, false)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testing::yaml;

    const LOAD: TaskLoad = TaskLoad { cpu: 0.05, in_flight: Some(0.25), at_rest: Some(0.5) };
    const LIMITS: Limits = Limits { min: 2, max: 10 };

    fn problems(text: &str) -> Vec<String> {
        let scaling: Scaling = yaml(text);
        let problems = scaling.ready(LIMITS, &LOAD, Assumed::default()).expect_err("something wrong");
        problems.into_iter().map(|p| format!("{}; {}", p.message, p.label)).collect()
    }

    #[test]
    fn a_file_states_policies_and_a_schedule() {
        let scaling: Scaling = yaml(
            "
policies:
  - {metric: cpu, target: 70%, out: 180 s, in: 300 s}
  - {metric: requests-per-target, target: \"1,000\"}
  - {metric: queue-depth, target: {value: 10, from: assumed, why: \"the plan's\"}, scale_in: false}
  - {metric: response-time, target: 2 s}
  - {metric: cpu, type: step, above: 80%, add: 2, out: 60 s}
schedule:
  - {at: \"08:00\", days: [mon, fri], min: 6}
  - {at: \"20:00\", min: 2}
",
        );
        let config = scaling.ready(LIMITS, &LOAD, Assumed::default()).expect("a legal file");
        // At 60 requests/s: CPU 60 × 0.05 ÷ 70% = 4.3 tasks; 60 × 60 ÷ 1,000 = 3.6; 60 × 0.25 ÷ 10 = 1.5; response time
        // 60 × 0.05 ÷ (1 − 0.5 ÷ 2) = 4; the step's 60 × 0.05 ÷ 80% = 3.75.
        assert_eq!(config.steady(60.0, 0), 5);
        // Monday 08:00 is minute 480 of the week: at least 6 from then on, until 20:00.
        assert_eq!([479, 480, 1_199, 1_200].map(|minute| config.steady(60.0, minute)), [5, 6, 6, 5]);
    }

    #[test]
    fn a_target_has_the_unit_of_its_metric() {
        assert_eq!(
            problems(
                "policies: [{metric: cpu, target: 70}, {metric: requests-per-target, target: 2 s}, {metric: response-time, target: 50%}]"
            ),
            [
                "cpu cannot be kept near 70; expected a share of the CPU, such as `70%`",
                "requests-per-target cannot be kept near 2 s; expected requests per target and minute, such as `1,000`",
                "response-time cannot be kept near 50%; expected a time, such as `2 s`",
            ]
        );
        assert_eq!("1,000".parse(), Ok(Target::Count(Decimal::from(1_000))));
        assert_eq!("a lot".parse::<Target>(), Err("expected a target, such as `70%`, `1,000` or `2 s`".to_owned()));
    }

    #[test]
    fn a_target_that_no_number_of_tasks_reaches_is_refused() {
        assert_eq!(
            problems("policies: [{metric: cpu, target: 100%}, {metric: queue-depth, target: 0}, {metric: response-time, target: 0.5 s}]"),
            [
                "CPU never goes above 100%, so that this policy never scales out; expected a share of the CPU, such as `70%`",
                "queue-depth cannot be kept near 0; expected requests in a task's queue, such as `10`",
                "a task at rest answers in 0.5 s, never within 0.5 s; expected more than 0.5 s",
            ]
        );
    }

    #[test]
    fn what_a_policy_lacks_is_named() {
        assert_eq!(
            problems("policies: [{metric: cpu}, {metric: cpu, above: 80%}, {metric: cpu, type: step, above: 80%}]"),
            [
                "a policy on cpu needs `target`; `target` is missing",
                "`above` does not belong to this type of policy; expected `target`",
                "a step policy needs `add`; how many tasks are added?",
            ]
        );
        let scaling: Scaling = yaml("policies: [{metric: queue-depth, target: 10}]");
        let load = TaskLoad { in_flight: None, ..LOAD };
        let found = scaling.ready(LIMITS, &load, Assumed::default()).expect_err("no time in flight");
        assert_eq!(found[0].message, "a policy on queue-depth needs `in_flight`");
    }

    #[test]
    fn noise_is_no_task_and_no_number_is_too_large() {
        assert_eq!([3.0, 3.0 + 1e-12, 3.1, 0.0, f64::NAN, f64::INFINITY].map(up), [3, 3, 4, 0, 0, u32::MAX]);
        assert_eq!([0.0, 59.0, 60.0, 61.0].map(minutes), [0, 1, 1, 2]);
    }

    #[test]
    fn a_request_weighs_less_on_a_larger_task() {
        let per_request: PerRequest = yaml("{cpu: 0.2 s, in_flight: 0.5 s}");
        // 0.2 vCPU-seconds on 4 vCPU: one request/s keeps a task busy by 5%.
        assert_eq!(per_request.ready(Decimal::from(4)), TaskLoad { cpu: 0.05, in_flight: Some(0.5), at_rest: None });
    }
}
