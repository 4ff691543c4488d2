//! ECS service auto scaling, minute by minute (Application Auto Scaling user guide, "Target tracking scaling policies" and "Step
//! scaling policies"; Amazon ECS developer guide, "Use a target metric to scale Amazon ECS services").
//!
//! A minute runs with the tasks that were decided before it. Its metric is a point of every alarm; an alarm that has seen
//! enough points asks for tasks; what is decided runs, and is billed, from the next minute on.
//!
//! Not here: the requests themselves, those that an overloaded task cannot serve and that would queue up (the metric of a
//! minute knows nothing of the minute before), and the minutes for which a task that is removed still drains and is billed.

#![allow(clippy::float_arithmetic, reason = "metrics are simulated, not billed")]

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scheduled::{Limits, Week};
use super::{minutes, up};

/// One-minute points above the target, without a break, that scale out. The user guide gives no number; it is what
/// `describe-alarms` shows of the alarm that a target tracking policy creates for an ECS service.
pub const HIGH_POINTS: u32 = 3;
/// One-minute points below [`LOW_SHARE`] of the target, without a break, that scale in. Source as above.
pub const LOW_POINTS: u32 = 15;
/// The part of the target below which a point counts for scaling in. Source as above. EC2's factor is another one.
pub const LOW_SHARE: f64 = 0.9;
/// The utilisation at which the response time stops growing: at 1 it would have no end.
pub const MOST_UTILISATION: f64 = 0.99;
/// Differences that doubles make and no task does.
pub(crate) const NOISE: f64 = 1e-9;
/// Minutes ahead for which starting tasks can be kept, a power of two.
const AHEAD: usize = 64;

/// What a policy measures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// The part of the tasks' CPU that is used (`ECSServiceAverageCPUUtilization`).
    Cpu,
    /// Requests per task and minute (`ALBRequestCountPerTarget`).
    RequestsPerTarget,
    /// Requests that are in a task, on average (a metric of the application).
    QueueDepth,
    /// Seconds until a task has answered (`TargetResponseTime`).
    ResponseTime,
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Metric::Cpu => "cpu",
            Metric::RequestsPerTarget => "requests-per-target",
            Metric::QueueDepth => "queue-depth",
            Metric::ResponseTime => "response-time",
        })
    }
}

/// A task's answer to load.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TaskLoad {
    /// The part of one task's CPU that one request per second takes: vCPU-seconds a request ÷ vCPUs of the task.
    pub cpu: f64,
    /// Seconds for which a request is in a task, waiting and worked on.
    pub in_flight: Option<f64>,
    /// Seconds until an answer from a task that has nothing else to do.
    pub at_rest: Option<f64>,
}

impl TaskLoad {
    /// The metric of a minute with so many requests per second on so many tasks: a share, requests per minute, requests or
    /// seconds. `None` where there is nothing to measure: no task, or for the load balancer's metrics no request (Elastic Load
    /// Balancing user guide, "CloudWatch metrics for your Application Load Balancer": reported only while requests flow).
    ///
    /// CPU ends at 100%. The queue follows Little's law: rate × seconds. That the response time is the one at rest ÷
    /// (1 − utilisation) is assumed; a queue with one server behaves so.
    pub fn metric(&self, metric: Metric, requests: f64, tasks: u32) -> Option<f64> {
        let each = requests / f64::from(tasks);
        let flows = requests > 0.0;
        let value = match metric {
            Metric::Cpu => Some((each * self.cpu).min(1.0)),
            Metric::RequestsPerTarget => flows.then_some(each * 60.0),
            Metric::QueueDepth => self.in_flight.map(|seconds| each * seconds),
            Metric::ResponseTime => self.at_rest.filter(|_| flows).map(|s| s / (1.0 - (each * self.cpu).min(MOST_UTILISATION))),
        };
        value.filter(|_| tasks > 0)
    }
}

/// What AWS does not document and somebody has to choose.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Assumed {
    /// The part of the tasks that one scale-in removes at most, though always one. The guide says only that a service scales in
    /// "more gradually" than out. A tenth.
    pub most_in: f64,
    /// Minutes after the first billed one until a new task takes load, at most 60. One: pulling the image, starting and passing
    /// the first health checks take about a minute, in which Fargate already bills.
    pub start_minutes: u32,
    /// Points above its value after which a step policy acts. Its alarm is the user's own; one, since steps are for bursts.
    pub step_points: u32,
}

impl Default for Assumed {
    fn default() -> Assumed {
        Assumed { most_in: 0.1, start_minutes: 1, step_points: 1 }
    }
}

/// How a metric relates to its target (1 is on target), from requests per second and task.
#[derive(Clone, Copy, Debug)]
enum Reading {
    /// `each × per_request`, at most `most`; nothing to read at or below `least`.
    Proportional { per_request: f64, most: f64, least: f64 },
    /// `at_rest ÷ (1 − each × cpu)`.
    Response { cpu: f64, at_rest: f64 },
}

/// A policy as numbers.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    reading: Reading,
    /// Cooldown after scaling out, minutes.
    out: u32,
    /// Cooldown after scaling in, minutes.
    cooldown_in: u32,
    /// Whether it has a say in scaling in.
    scales_in: bool,
    /// Tasks that a step adds; `None` for target tracking.
    add: Option<u32>,
}

impl Rule {
    /// Target tracking on `target`: a share of the CPU, requests per target and minute, requests in the queue, or seconds.
    /// `load` must know what the metric needs; a time that it does not know counts as 0.
    pub fn new(metric: Metric, target: f64, load: &TaskLoad) -> Rule {
        let proportional = |per_request, most, least| Reading::Proportional { per_request, most, least };
        let reading = match metric {
            Metric::Cpu => proportional(load.cpu / target, 1.0 / target, -1.0),
            Metric::RequestsPerTarget => proportional(60.0 / target, f64::INFINITY, 0.0),
            Metric::QueueDepth => proportional(load.in_flight.unwrap_or(0.0) / target, f64::INFINITY, -1.0),
            Metric::ResponseTime => Reading::Response { cpu: load.cpu, at_rest: load.at_rest.unwrap_or(0.0) / target },
        };
        Rule { reading, out: 0, cooldown_in: 0, scales_in: true, add: None }.cooldowns(super::COOLDOWN, super::COOLDOWN)
    }

    /// With other cooldowns, in seconds; each counts as the whole minutes that cover it.
    pub fn cooldowns(self, out: f64, scale_in: f64) -> Rule {
        Rule { out: minutes(out), cooldown_in: minutes(scale_in), ..self }
    }

    /// Whether it may remove tasks (`DisableScaleIn`).
    pub fn scale_in(self, may: bool) -> Rule {
        Rule { scales_in: may, ..self }
    }

    /// A step policy that adds so many tasks above the target, and has no say in scaling in.
    pub fn step(self, add: u32) -> Rule {
        Rule { add: Some(add), scales_in: false, ..self }
    }

    /// The metric ÷ its target with so many requests per second on each task. Not a number where there is no point: that
    /// compares false with everything and so counts toward no alarm.
    #[inline]
    fn point(&self, each: f64) -> f64 {
        match self.reading {
            Reading::Proportional { per_request, most, least } => {
                let point = each * per_request;
                if point > most {
                    most
                } else if point > least {
                    point
                } else {
                    f64::NAN
                }
            }
            Reading::Response { cpu, at_rest } => {
                let busy = each * cpu;
                let busy = if busy > MOST_UTILISATION { MOST_UTILISATION } else { busy };
                if each > 0.0 { at_rest / (1.0 - busy) } else { f64::NAN }
            }
        }
    }

    /// The same where a request takes so many times the CPU.
    fn heavier(mut self, times: f64) -> Rule {
        match &mut self.reading {
            // Only the CPU has an end: the other proportional metrics do not look at it.
            Reading::Proportional { per_request, most, .. } if most.is_finite() => *per_request *= times,
            Reading::Proportional { .. } => {}
            Reading::Response { cpu, .. } => *cpu *= times,
        }
        self
    }

    /// Tasks for each request per second at which the metric is on target.
    fn tasks_per_request(&self) -> f64 {
        match self.reading {
            Reading::Proportional { per_request, .. } => per_request,
            Reading::Response { cpu, at_rest } => cpu / (1.0 - at_rest),
        }
    }
}

/// A service's scaling, ready to be simulated.
#[derive(Clone, Debug)]
pub struct Config {
    week: Week,
    rules: Vec<Rule>,
    assumed: Assumed,
    /// Minutes after a scale-in before the next: all policies must be past theirs, so the longest. `None` where none scales in.
    cooldown_in: Option<u32>,
    /// Whether nothing is decided while something starts.
    pub(super) waits_for_starts: bool,
    /// When deployments are in progress.
    deployments: Vec<Frozen>,
}

/// Deployments of one kind: taken to come at equal distances, the first of them half a distance after a Monday began.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frozen {
    /// Minutes from one to the next.
    pub every: u32,
    /// Minutes that each takes.
    pub lasting: u32,
}

impl Config {
    /// From the limits of the week and the policies.
    pub fn new(week: Week, rules: Vec<Rule>, assumed: Assumed) -> Config {
        let cooldown_in = rules.iter().filter(|r| r.scales_in).map(|r| r.cooldown_in).max();
        let assumed = Assumed { start_minutes: assumed.start_minutes.min(60), ..assumed };
        Config { week, rules, assumed, cooldown_in, waits_for_starts: false, deployments: Vec::new() }
    }

    /// Adds deployments, during which nothing scales in.
    pub fn deployed(&mut self, deployments: Vec<Frozen>) {
        self.deployments.extend(deployments.into_iter().filter(|d| d.every > 0));
    }

    /// Whether a deployment is in progress in a minute since a Monday at 00:00 UTC.
    #[inline]
    pub fn is_deploying(&self, minute: u32) -> bool {
        self.deployments.iter().any(|d| minute.wrapping_add(d.every / 2) % d.every < d.lasting)
    }

    /// The same policies where a request takes so many times the CPU.
    pub fn heavier(&self, times: f64) -> Config {
        Config { rules: self.rules.iter().map(|r| r.heavier(times)).collect(), ..self.clone() }
    }

    /// The tasks at which all policies rest under so many requests per second: the most that any policy's load ÷ target asks
    /// for, within the limits of this minute of the week (0 is Monday 00:00 UTC). A service that comes down from more tasks may
    /// rest a little above it, where no alarm is low.
    pub fn steady(&self, requests: f64, minute_of_week: u32) -> u32 {
        self.limits(minute_of_week).clip(up(requests * self.tasks_per_request()))
    }

    /// Tasks for each request per second at rest, before they are rounded up to whole ones and kept within the limits. Every
    /// metric, that of the response time too, is on target at a fixed load of each task, so that one number says it.
    pub fn tasks_per_request(&self) -> f64 {
        self.rules.iter().map(Rule::tasks_per_request).fold(0.0, f64::max)
    }

    /// The limits in this minute of the week.
    pub fn limits(&self, minute_of_week: u32) -> Limits {
        self.week.at(minute_of_week)
    }

    fn points(&self, rule: &Rule) -> u32 {
        if rule.add.is_some() { self.assumed.step_points } else { HIGH_POINTS }
    }
}

/// What a minute brings.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Minute {
    /// Minutes since a Monday at 00:00 UTC.
    pub of_week: u32,
    /// Requests per second, on average over the minute; `None` where nothing was measured.
    pub requests: Option<f64>,
    /// Whether a deployment is in progress.
    pub deploying: bool,
}

/// A policy's two alarms and its cooldown.
#[derive(Clone, Copy, Debug, Default)]
struct Alarm {
    /// Points above the target without a break.
    high: u32,
    /// Points below [`LOW_SHARE`] of it without a break.
    low: u32,
    /// The last point: metric ÷ target.
    point: f64,
    /// The minute at which the scale-out cooldown is over.
    cools_until: u32,
    /// Tasks from which the scale-out that began the cooldown counted.
    from: u32,
    /// Tasks that the last scale-out asked for.
    asked: u32,
}

/// An ECS service that scales by target tracking and steps.
#[derive(Clone, Debug)]
pub struct Service<'a> {
    config: &'a Config,
    alarms: Vec<Alarm>,
    /// Minutes since the start.
    now: u32,
    /// Tasks that should run; they are billed.
    desired: u32,
    /// Tasks that take load.
    working: u32,
    /// 1 ÷ `working`; not a number without a task.
    each: f64,
    /// Tasks that begin to take load, by minute modulo [`AHEAD`].
    starting: [u32; AHEAD],
    /// The minute at which the scale-in cooldown is over.
    settles: u32,
}

impl<'a> Service<'a> {
    /// A service with so many tasks, all of them at work.
    pub fn new(config: &'a Config, tasks: u32) -> Service<'a> {
        let alarms = vec![Alarm::default(); config.rules.len()];
        let each = each_of(tasks);
        Service { config, alarms, now: 0, desired: tasks, working: tasks, each, starting: [0; AHEAD], settles: 0 }
    }

    /// Lives through a minute. Gives the tasks that run in it and are billed.
    #[inline]
    pub fn step(&mut self, minute: &Minute) -> u32 {
        let limits = self.config.week.at(minute.of_week);
        self.hold(limits);
        let billed = self.desired;
        let (high, low) = self.observe(minute.requests.unwrap_or(f64::NAN) * self.each);
        if !self.config.waits_for_starts || self.working == self.desired {
            // Any policy scales out; all that may must agree to scale in, and none does so during a deployment ("Considerations").
            if high && self.desired < limits.max {
                self.scale_out(limits);
            } else if low && !minute.deploying && self.desired > limits.min && self.now >= self.settles {
                self.scale_in(limits);
            }
        }
        self.now += 1;
        billed
    }

    /// How it scales.
    pub fn config(&self) -> &'a Config {
        self.config
    }

    /// Lives through a minute of so many requests per second, deployments as they come.
    #[inline]
    pub fn next(&mut self, of_week: u32, requests: f64) -> u32 {
        let deploying = self.config.is_deploying(of_week);
        self.step(&Minute { of_week, requests: Some(requests), deploying })
    }

    /// Tasks that took load in the minute lived through last.
    pub fn working(&self) -> u32 {
        self.working
    }

    /// Keeps to the limits, and lets those work that are ready.
    #[inline]
    fn hold(&mut self, limits: Limits) {
        let desired = limits.clip(self.desired);
        if desired > self.desired {
            self.start(desired - self.desired, self.now);
        }
        self.desired = desired;
        let ready = &mut self.starting[self.now as usize % AHEAD];
        let working = self.working.saturating_add(*ready).min(desired);
        *ready = 0;
        if working != self.working {
            self.working = working;
            self.each = each_of(working);
        }
    }

    /// Starts tasks that are billed from the minute `billed` on.
    fn start(&mut self, tasks: u32, billed: u32) {
        let slot = &mut self.starting[(billed + self.config.assumed.start_minutes) as usize % AHEAD];
        *slot = slot.saturating_add(tasks);
    }

    /// Adds a point to every alarm. Whether any is high; whether all are low that have a say in scaling in.
    #[inline]
    fn observe(&mut self, each: f64) -> (bool, bool) {
        let (mut any_high, mut all_low) = (false, self.config.cooldown_in.is_some());
        for (rule, alarm) in self.config.rules.iter().zip(&mut self.alarms) {
            let point = rule.point(each);
            alarm.point = point;
            alarm.high = if point > 1.0 + NOISE { alarm.high + 1 } else { 0 };
            alarm.low = if point < LOW_SHARE - NOISE { alarm.low + 1 } else { 0 };
            any_high |= alarm.high >= self.config.points(rule);
            all_low &= !rule.scales_in || alarm.low >= LOW_POINTS;
        }
        (any_high, all_low)
    }

    /// Goes to the most that a policy asks for ("Multiple scaling policies": the largest capacity). While a policy cools, what
    /// its last scale-out added counts as part of what it asks for, so that it counts from the same tasks again and must ask
    /// for more ("Define cooldown periods"). A scale-out ends the cooldown of a scale-in.
    fn scale_out(&mut self, limits: Limits) {
        let mut best: Option<(usize, u32, u32)> = None;
        for (index, (rule, alarm)) in self.config.rules.iter().zip(&self.alarms).enumerate() {
            if alarm.high < self.config.points(rule) {
                continue;
            }
            let cools = self.now < alarm.cools_until;
            let (from, held) = if cools {
                (alarm.from, self.desired.max(alarm.asked))
            } else {
                (if rule.add.is_some() { self.desired } else { self.working }, self.desired)
            };
            let asked = rule.add.map_or_else(|| up(f64::from(from) * alarm.point), |add| from.saturating_add(add)).min(limits.max);
            if asked > held && best.is_none_or(|(_, _, most)| asked > most) {
                best = Some((index, from, asked));
            }
        }
        if let Some((index, from, asked)) = best {
            let alarm = &mut self.alarms[index];
            (alarm.from, alarm.asked, alarm.cools_until) = (from, asked, self.now + self.config.rules[index].out);
            self.settles = self.now;
            self.start(asked - self.desired, self.now + 1);
            self.desired = asked;
        }
    }

    /// Goes down to the most that a policy still asks for, by [`Assumed::most_in`] at a time.
    fn scale_in(&mut self, limits: Limits) {
        let tasks = f64::from(self.desired);
        let gradual = up(tasks * (1.0 - self.config.assumed.most_in)).min(self.desired - 1);
        let voters = self.config.rules.iter().zip(&self.alarms).filter(|(rule, _)| rule.scales_in);
        let needed = voters.map(|(_, alarm)| up(f64::from(self.working) * alarm.point)).max().unwrap_or(self.desired);
        let desired = limits.clip(needed.max(gradual));
        if desired < self.desired {
            self.desired = desired;
            self.settles = self.now + self.config.cooldown_in.unwrap_or(0);
        }
    }
}

/// What each of so many tasks has of the whole; not a number without a task, for then there is nothing to measure.
fn each_of(tasks: u32) -> f64 {
    if tasks == 0 { f64::NAN } else { 1.0 / f64::from(tasks) }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use proptest::prelude::*;

    use super::*;

    /// One request per second takes 5% of a task.
    const LOAD: TaskLoad = TaskLoad { cpu: 0.05, in_flight: Some(0.25), at_rest: Some(0.5) };

    fn always(min: u32, max: u32) -> Week {
        Week::always(Limits { min, max })
    }

    fn cpu(target: f64) -> Rule {
        Rule::new(Metric::Cpu, target, &LOAD)
    }

    fn config(min: u32, max: u32, rules: &[Rule]) -> Config {
        Config::new(always(min, max), rules.to_vec(), Assumed::default())
    }

    fn minute(of_week: u32, requests: f64) -> Minute {
        Minute { of_week, requests: Some(requests), deploying: false }
    }

    /// Lives through `(minutes, requests per second)` one after the other; gives the tasks of every minute.
    fn live(config: &Config, tasks: u32, phases: &[(usize, f64)]) -> Vec<u32> {
        let mut service = Service::new(config, tasks);
        let requests = phases.iter().flat_map(|(minutes, requests)| std::iter::repeat_n(*requests, *minutes));
        (0..).zip(requests).map(|(of_week, requests)| service.step(&minute(of_week, requests))).collect()
    }

    /// The same as `(first minute, tasks)` of every change.
    fn changes(tasks: &[u32]) -> Vec<(usize, u32)> {
        let mut changes: Vec<(usize, u32)> = Vec::new();
        for (minute, tasks) in tasks.iter().enumerate() {
            if changes.last().is_none_or(|(_, last)| last != tasks) {
                changes.push((minute, *tasks));
            }
        }
        changes
    }

    #[test]
    fn a_step_in_load_is_followed_out_in_two_strides_and_back_one_by_one() {
        let config = config(2, 10, &[cpu(0.7)]);
        let tasks = live(&config, 2, &[(5, 20.0), (35, 60.0), (20, 10.0)]);
        assert_eq!(
            changes(&tasks),
            [
                // 20 × 5% ÷ 2 = 50%: rest.
                (0, 2),
                // From minute 5 60 × 5% = 3 tasks' worth on 2: CPU stands at 100%. The third point is that of minute 7: 2 × 100 ÷ 70 = 2.9.
                (8, 3),
                // Still 100% on 3. The cooldown of 5 minutes from minute 7 ends with the point of minute 12: 3 × 100 ÷ 70 = 4.3.
                (13, 5),
                // 60% on 5 is below 63%, but 5 × 60 ÷ 70 = 4.3 are needed: rest. From minute 40 10%: one at a time, every 5 minutes.
                (41, 4),
                (46, 3),
                (51, 2),
            ]
        );
    }

    #[test]
    fn a_ramp_is_followed_at_the_pace_of_the_cooldown() {
        let config = config(1, 20, &[Rule::new(Metric::RequestsPerTarget, 600.0, &LOAD)]);
        // A target of 600 a minute is 10 requests/s for each task. One more request/s every minute, from 10.
        let ramp: Vec<(usize, f64)> = (0..30).map(|minute| (1, 10.0 + f64::from(minute))).collect();
        assert_eq!(
            changes(&live(&config, 1, &ramp)),
            [
                (0, 1),
                // 11, 12, 13/s in the minutes 1 to 3 are above 10: 1 × 13 ÷ 10.
                (4, 2),
                // 2 tasks bear 20/s until minute 10. 21, 22, 23/s in 11 to 13: 2 × 11.5 ÷ 10.
                (14, 3),
                // 31, 32, 33/s in 21 to 23.
                (24, 4),
            ]
        );
    }

    #[test]
    fn a_target_of_30_is_high_above_30_for_3_points_and_low_below_27_for_15() {
        let config = config(1, 20, &[cpu(0.3)]);
        // 10 tasks at 60 requests/s × 5%: 30%. A point of 0.1% is 0.2 requests/s.
        let at = |percent: f64| percent * 2.0;
        assert_eq!(changes(&live(&config, 10, &[(60, at(30.0))])), [(0, 10)], "30% is not above 30%");
        assert_eq!(changes(&live(&config, 10, &[(2, at(30.1)), (1, at(30.0)), (2, at(30.1)), (1, at(30.0))])), [(0, 10)], "2 of 3");
        assert_eq!(changes(&live(&config, 10, &[(4, at(30.1))])), [(0, 10), (3, 11)], "3 of 3: 10 × 30.1 ÷ 30 = 10.03");
        assert_eq!(changes(&live(&config, 10, &[(60, at(27.0))])), [(0, 10)], "27% is not below 27%");
        assert_eq!(changes(&live(&config, 10, &[(14, at(26.9)), (1, at(27.0)), (14, at(26.9))])), [(0, 10)], "14 of 15");
        assert_eq!(changes(&live(&config, 10, &[(16, at(26.9))])), [(0, 10), (15, 9)], "15 of 15: 10 × 26.9 ÷ 30 = 8.97");
    }

    #[test]
    fn while_it_cools_a_policy_scales_out_only_beyond_what_it_asked_for() {
        let config = config(1, 20, &[Rule::new(Metric::QueueDepth, 10.0, &LOAD).cooldowns(600.0, 300.0)]);
        // A queue of 10 is 40 requests/s × 0.25 s for each task. 4 tasks with 6 × 40/s: 4 × 1.5 = 6 from minute 3 on, and cooling.
        // From minute 5 at 7 × 40/s each of 6 has 1.17 of the target: counted from the 4 that is 4.7, no more than 6. The
        // cooldown of 10 minutes ends with the point of minute 12: 6 × 1.17 = 7.
        assert_eq!(changes(&live(&config, 4, &[(5, 240.0), (20, 280.0)])), [(0, 4), (3, 6), (13, 7)]);
        // At 12 × 40/s each of 6 has twice the target: 4 × 2 = 8 is beyond 6 and comes with the third point, that of minute 7.
        // It begins the cooldown anew; after it 8 × 1.5 = 12.
        assert_eq!(changes(&live(&config, 4, &[(5, 240.0), (20, 480.0)])), [(0, 4), (3, 6), (8, 8), (18, 12)]);
    }

    #[test]
    fn a_scale_out_ends_the_cooldown_of_a_scale_in() {
        let config = config(2, 10, &[cpu(0.7).cooldowns(60.0, 1_800.0)]);
        let tasks = live(&config, 6, &[(15, 30.0), (5, 110.0), (17, 30.0)]);
        assert_eq!(
            changes(&tasks),
            [
                (0, 6),
                // 30 × 5% = 1.5 tasks' worth on 6: 25%, 15 points. Half an hour of cooldown begins with minute 14.
                (15, 5),
                // From minute 15 5.5 tasks' worth: 100%, 3 points, 5 × 100 ÷ 70 = 7.1.
                (18, 8),
                // Below 63% from minute 20 on, 15 points, at minute 34: the half hour would have lasted to minute 44.
                (35, 7),
            ]
        );
    }

    #[test]
    fn any_policy_scales_out_and_all_must_agree_to_scale_in() {
        let quiet = Rule::new(Metric::QueueDepth, 10.0, &LOAD);
        let alone = config(2, 20, &[cpu(0.7)]);
        let both = config(2, 20, &[cpu(0.7), quiet]);
        // 100 requests/s on 4: CPU 5 tasks' worth, 100%, asks for 4 ÷ 0.7 = 5.7; the queue of 6.25 asks for nothing.
        assert_eq!(live(&both, 4, &[(4, 100.0)]), [4, 4, 4, 6]);
        // 200 requests/s on 20: CPU 50% is below 63%. The queue of 200 × 0.25 ÷ 20 = 2.5 is low as well: both want to go down.
        assert_eq!(changes(&live(&both, 20, &[(16, 200.0)])), [(0, 20), (15, 18)]);
        // With a target of 2.5 the queue is where it should be, and nothing is removed.
        let content = config(2, 20, &[cpu(0.7), Rule::new(Metric::QueueDepth, 2.5, &LOAD)]);
        assert_eq!(changes(&live(&content, 20, &[(60, 200.0)])), [(0, 20)]);
        assert_eq!(changes(&live(&alone, 20, &[(16, 200.0)])), [(0, 20), (15, 18)]);
        // A policy that may not scale in has no say: CPU alone decides.
        let silent = config(2, 20, &[cpu(0.7), Rule::new(Metric::QueueDepth, 2.5, &LOAD).scale_in(false)]);
        assert_eq!(changes(&live(&silent, 20, &[(16, 200.0)])), [(0, 20), (15, 18)]);
        // The largest wins both ways: out 4 × 2 (queue at twice 2.5) against 5.7, in 10 × 0.88 = 9 against 10 × 0.6.
        let queue = config(2, 20, &[cpu(0.7), Rule::new(Metric::QueueDepth, 3.125, &LOAD)]);
        assert_eq!(live(&queue, 4, &[(4, 100.0)])[3], 8);
        assert_eq!(live(&queue, 10, &[(16, 110.0)])[15], 9);
    }

    #[test]
    fn no_task_is_removed_during_a_deployment_though_some_are_added() {
        let config = config(2, 10, &[cpu(0.7)]);
        let mut service = Service::new(&config, 6);
        let mut step =
            |of_week: u32, requests: f64, deploying: bool| service.step(&Minute { of_week, requests: Some(requests), deploying });
        // 25% on 6 would scale in after 15 points; the deployment lasts for 40 minutes.
        assert!((0..40).all(|m| step(m, 30.0, true) == 6));
        // The alarm has been low all the while: with the deployment over the next point scales in.
        assert_eq!([step(40, 30.0, false), step(41, 30.0, false)], [6, 5]);
        // 6 tasks' worth on 5: out, deployment or not.
        assert_eq!([42, 43, 44, 45].map(|m| step(m, 120.0, true)), [5, 5, 5, 8]);
    }

    #[test]
    fn missing_data_counts_toward_no_alarm() {
        let config = config(2, 10, &[cpu(0.7)]);
        let mut service = Service::new(&config, 6);
        let mut step = |of_week: u32, requests: Option<f64>| service.step(&Minute { of_week, requests, deploying: false });
        assert!((0..60).all(|m| step(m, None) == 6), "an hour without a point");
        assert!((60..74).all(|m| step(m, Some(30.0)) == 6), "14 points of 25%");
        assert_eq!(step(74, None), 6);
        assert!((75..90).all(|m| step(m, Some(30.0)) == 6), "after a gap 15 points are counted anew");
        assert_eq!(step(90, Some(30.0)), 5);
    }

    #[test]
    fn a_load_balancer_without_requests_reports_nothing_and_nothing_is_removed() {
        let by_requests = config(2, 10, &[Rule::new(Metric::RequestsPerTarget, 1_000.0, &LOAD)]);
        assert_eq!(changes(&live(&by_requests, 6, &[(120, 0.0)])), [(0, 6)]);
        let by_cpu = config(2, 10, &[cpu(0.7)]);
        assert_eq!(changes(&live(&by_cpu, 6, &[(40, 0.0)])), [(0, 6), (15, 5), (20, 4), (25, 3), (30, 2)]);
    }

    #[test]
    fn response_time_grows_with_utilisation_and_scales_out() {
        // 72 requests/s × 5% on 4: 90% busy, 0.5 s ÷ (1 − 0.9) = 5 s against 2 s: 4 × 2.5 = 10.
        let config = config(2, 20, &[Rule::new(Metric::ResponseTime, 2.0, &LOAD)]);
        assert_eq!(live(&config, 4, &[(4, 72.0)]), [4, 4, 4, 10]);
        // 2 s are 75% busy: 72 × 5% ÷ 75% = 4.8.
        assert_eq!(config.steady(72.0, 0), 5);
    }

    #[test]
    fn a_step_policy_adds_its_tasks_at_once_and_again_after_its_cooldown() {
        let config = config(2, 10, &[cpu(0.8).cooldowns(120.0, 300.0).step(2)]);
        // Above 80% at the first point, billed from minute 1, at work from 2. 5 tasks' worth: 100%, 100%, then 83% on 6.
        assert_eq!(live(&config, 2, &[(6, 100.0)]), [2, 4, 4, 6, 6, 8]);
        assert_eq!(changes(&live(&config, 8, &[(60, 0.0)])), [(0, 8)], "it removes none");
    }

    #[test]
    fn a_schedule_moves_the_tasks_between_its_limits_at_once() {
        let actions = crate::scaling::testing::yaml::<Vec<crate::scaling::scheduled::ScheduledAction>>(
            "[{at: \"08:00\", min: 6}, {at: \"09:00\", min: 2, max: 4}, {at: \"10:00\", max: 10}]",
        );
        let week = Week::new(&actions, Limits { min: 2, max: 10 }).expect("a week");
        let config = Config::new(week, vec![cpu(0.7)], Assumed::default());
        let mut service = Service::new(&config, 3);
        // 40 requests/s are 2 tasks' worth: 67% on 3.
        let tasks: Vec<u32> = (470..600).map(|m| service.step(&minute(m, 40.0))).collect();
        // 6 from 08:00, not below by 09:00; then at most 4, where 4 × 50 ÷ 70 = 2.9 are needed: in after 15 low points in all.
        assert_eq!(changes(&tasks), [(0, 3), (10, 6), (70, 4), (71, 3)]);
    }

    #[test]
    fn without_a_task_there_is_nothing_to_measure() {
        let config = config(0, 10, &[cpu(0.7)]);
        assert_eq!(changes(&live(&config, 0, &[(60, 100.0)])), [(0, 0)]);
    }

    #[test]
    fn the_fast_reading_is_the_metric_over_its_target() {
        for metric in [Metric::Cpu, Metric::RequestsPerTarget, Metric::QueueDepth, Metric::ResponseTime] {
            for (requests, tasks) in [(0.0, 3), (1.0, 1), (50.0, 4), (79.0, 4), (500.0, 4)] {
                let slow = LOAD.metric(metric, requests, tasks).map(|value| value / 0.6);
                let fast = Some(Rule::new(metric, 0.6, &LOAD).point(requests / f64::from(tasks))).filter(|p| !p.is_nan());
                let near = |(a, b): (f64, f64)| (a - b).abs() < 1e-9 * (1.0 + b);
                assert!(slow.is_some() == fast.is_some() && slow.zip(fast).is_none_or(near), "{metric} {requests}: {slow:?} {fast:?}");
            }
        }
    }

    /// What AWS promises, read off a whole series without the simulator's help.
    fn keeps_its_word(name: &str, tasks: &[u32], requests: &[f64], (min, max): (u32, u32), target: f64, (out, settle): (usize, usize)) {
        let metric = |m: usize, n: u32| LOAD.metric(Metric::Cpu, requests[m], n).expect("a metric");
        let (mut last_out, mut last_in): (Option<usize>, Option<usize>) = (None, None);
        for m in 1..tasks.len() {
            let (before, now) = (tasks[m - 1], tasks[m]);
            assert!((min..=max).contains(&now), "{name}: {now} tasks in minute {m}");
            if now > before {
                assert!(last_out.is_none_or(|l| m - l >= out), "{name}: out in {m}, cooling since {last_out:?}");
                let points = m - 3..m;
                assert!(points.clone().all(|p| metric(p, tasks[p]) > target), "{name}: out in {m} without 3 points");
                assert!(now <= max.min((f64::from(before) * metric(m - 1, before) / target).ceil() as u32), "{name}: too far in {m}");
                (last_out, last_in) = (Some(m), None);
            }
            if now < before {
                assert!(last_in.is_none_or(|l| m - l >= settle), "{name}: in in {m}, cooling since {last_in:?}");
                // The minute before tasks take load they are billed already: the metric is that of those at work.
                assert!((m - 15..m).all(|p| metric(p, tasks[p]) < 0.9 * target), "{name}: in in {m} without 15 points");
                assert!(before - now <= before.div_ceil(10), "{name}: {before} to {now}");
                last_in = Some(m);
            }
        }
    }

    #[test]
    fn over_daily_curves_limits_points_and_cooldowns_hold_in_every_minute() {
        // The plan's four services; for workflow it states no target: ECS's default cooldowns and 70%.
        let services = [
            ("auth", (2, 10), 0.7, (300.0, 300.0)),
            ("core", (3, 15), 0.7, (300.0, 300.0)),
            ("agent", (2, 20), 0.6, (180.0, 300.0)),
            ("workflow", (2, 8), 0.7, (300.0, 300.0)),
        ];
        for (name, (min, max), target, (out, settle)) in services {
            let rule = Rule::new(Metric::Cpu, target, &LOAD).cooldowns(out, settle);
            let config = Config::new(always(min, max), vec![rule], Assumed { start_minutes: 0, ..Assumed::default() });
            // Three days between almost nothing and a little more than the most tasks can bear.
            let most = f64::from(max) * target / LOAD.cpu;
            let requests: Vec<f64> = (0..3 * 1_440).map(|m| most * (0.53 - 0.52 * (TAU * f64::from(m) / 1_440.0).cos())).collect();
            let mut service = Service::new(&config, min);
            let tasks: Vec<u32> = (0..).zip(&requests).map(|(m, r)| service.step(&minute(m, *r))).collect();
            keeps_its_word(name, &tasks, &requests, (min, max), target, (out as usize / 60, settle as usize / 60));
            assert_eq!((tasks.iter().min(), tasks.iter().max()), (Some(&min), Some(&max)), "{name} goes from least to most");
            assert_eq!(tasks[1_440..2_880], tasks[2_880..], "{name}: every day is alike");
        }
    }

    fn rules() -> impl Strategy<Value = Vec<Rule>> {
        let rule = (0..3u8, 0.2..0.95f64, 0..900u32, 0..900u32).prop_map(|(metric, target, out, settle)| {
            let rule = match metric {
                0 => Rule::new(Metric::Cpu, target, &LOAD),
                1 => Rule::new(Metric::RequestsPerTarget, target * 1_000.0, &LOAD),
                _ => Rule::new(Metric::QueueDepth, target * 10.0, &LOAD),
            };
            rule.cooldowns(f64::from(out), f64::from(settle))
        });
        prop::collection::vec(rule, 1..4)
    }

    proptest! {
        #[test]
        fn tasks_stay_within_the_limits(
            rules in rules(), min in 0..6u32, more in 0..15u32, start in 0..30u32, delay in 0..9u32,
            days in prop::collection::vec((prop::option::weighted(0.95, 0.0..900.0f64), any::<bool>()), 1..400),
        ) {
            let assumed = Assumed { start_minutes: delay, ..Assumed::default() };
            let config = Config::new(always(min, min + more), rules, assumed);
            let mut service = Service::new(&config, start);
            for (of_week, (requests, deploying)) in (0..).zip(days) {
                let tasks = service.step(&Minute { of_week, requests, deploying });
                prop_assert!((min..=min + more).contains(&tasks) && service.working() <= tasks);
            }
        }

        #[test]
        fn under_constant_load_tasks_come_to_rest_and_stay(rules in rules(), start in 1..30u32, requests in 0.0..900.0f64, delay in 0..4u32) {
            let config = Config::new(always(1, 30), rules, Assumed { start_minutes: delay, ..Assumed::default() });
            let tasks = live(&config, start, &[(1_440, requests)]);
            let rest = tasks[720];
            prop_assert!(tasks[720..].iter().all(|t| *t == rest), "{:?}", changes(&tasks));
            prop_assert!(rest >= config.steady(requests, 0), "{rest} bear less than asked");
        }

        #[test]
        fn from_the_minimum_a_service_comes_to_rest_at_its_steady_tasks(rules in rules(), requests in 0.0..900.0f64) {
            let config = Config::new(always(1, 30), rules, Assumed::default());
            prop_assert_eq!(live(&config, 1, &[(720, requests)])[719], config.steady(requests, 0));
        }

        #[test]
        fn more_load_never_gives_fewer_tasks_at_rest(rules in rules(), requests in 0.0..900.0f64, more in 0.0..100.0f64) {
            let config = Config::new(always(1, 30), rules, Assumed::default());
            prop_assert!(config.steady(requests, 0) <= config.steady(requests + more, 0));
        }
    }
}
