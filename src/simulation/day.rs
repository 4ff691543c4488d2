//! One service on one day, minute by minute, cut out of its month.
//!
//! The month is simulated from its first day, so that the tasks at midnight are those that the day before left. Only the first
//! of a month begins at rest, with the tasks that its first minute needs.

use chrono::{Datelike, NaiveDate};
use rand::Rng;

use super::month::{Follows, MonthOf};
use crate::month::Month;
use crate::scaling::scheduled::Limits;
use crate::scaling::target_tracking::{Config, LOW_SHARE, Metric, NOISE, TaskLoad};

/// Minutes of a day.
pub const MINUTES: usize = 24 * 60;

/// A minute of a service.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Minute {
    /// Requests per second.
    pub requests: f64,
    /// The part of the tasks' CPU that is used, at most 1; `None` where no task takes load.
    pub cpu: Option<f64>,
    /// Requests in each task; `None` where the scenario does not say how long one is in it.
    pub queue: Option<f64>,
    /// Tasks that are billed.
    pub tasks: u32,
    /// Tasks that take load: one that starts is billed before it does.
    pub working: u32,
    /// Between how many tasks the service scales in this minute.
    pub limits: Limits,
}

/// Where a metric is kept, and how long it was above.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Goal {
    /// The target of the policy, in the metric's own unit.
    pub target: f64,
    /// Below it the policy scales in.
    pub low: f64,
    /// Minutes in which the metric was above the target.
    pub above: usize,
}

/// What minutes come to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Span {
    /// Requests per second on average.
    pub requests: f64,
    /// CPU on average over the minutes that have one.
    pub cpu: Option<f64>,
    /// The highest CPU of a minute.
    pub cpu_max: Option<f64>,
    /// Requests in each task on average.
    pub queue: Option<f64>,
    /// Tasks on average.
    pub tasks: f64,
    /// The fewest tasks.
    pub least: u32,
    /// The most tasks.
    pub most: u32,
}

/// What a day comes to.
#[derive(Clone, PartialEq, Debug)]
pub struct Summary {
    /// All of its minutes together.
    pub all: Span,
    /// Task-hours: the tasks of all minutes ÷ 60.
    pub task_hours: f64,
    /// Minutes that run more tasks than the one before.
    pub outs: usize,
    /// Minutes that run fewer.
    pub ins: usize,
    /// CPU and its target, where a policy has one.
    pub cpu: Option<Goal>,
    /// Requests in a task and their target, where a policy has one.
    pub queue: Option<Goal>,
    /// Minutes with as many tasks as may run.
    pub at_max: usize,
}

/// A service on one day.
#[derive(Clone, PartialEq, Debug)]
pub struct Day {
    /// The day, in UTC.
    pub day: NaiveDate,
    /// Its minutes from midnight on.
    pub minutes: Vec<Minute>,
    /// What they come to.
    pub summary: Summary,
}

impl Day {
    /// A day of a service in a month of minutes. `stream` gives the random numbers of each route by its index. `None` where the
    /// service does not follow demand, or the month does not hold the day.
    pub fn of<R: Rng>(month: &MonthOf, service: &str, day: NaiveDate, stream: impl FnMut(usize) -> R) -> Option<Day> {
        let tasks = month.follows.iter().filter_map(|(name, follows)| match follows {
            Follows::Tasks { config, load, targets, .. } => Some((name, config.as_ref(), load, targets)),
            Follows::Lcus(_) => None,
        });
        let (index, (_, config, load, targets)) = tasks.enumerate().find(|(_, (name, ..))| name.as_ref() == service)?;
        if Month::of(day) != month.demand.month {
            return None;
        }
        let series = month.fleet().series(stream, 1.0).into_iter().nth(index)?;
        let first = day.day0() as usize * MINUTES;
        let at = |i: usize| {
            Some(minute(config, load, month.start + i as u32, *series.requests.get(i)?, *series.tasks.get(i)?, *series.working.get(i)?))
        };
        let minutes = (first..first + MINUTES).map(at).collect::<Option<Vec<_>>>()?;
        let summary = Summary::of(&minutes, targets)?;
        Some(Day { day, minutes, summary })
    }

    /// What each hour comes to.
    pub fn hours(&self) -> Vec<Span> {
        self.minutes.chunks(60).filter_map(Span::of).collect()
    }

    /// Tasks on average in each hour, as parts of the most in the day.
    pub fn parts(&self) -> Vec<f64> {
        let most = f64::from(self.summary.all.most.max(1));
        self.hours().iter().map(|hour| hour.tasks / most).collect()
    }
}

fn minute(config: &Config, load: &TaskLoad, of_week: u32, requests: f64, tasks: u32, working: u32) -> Minute {
    let metric = |metric| load.metric(metric, requests, working);
    Minute { requests, cpu: metric(Metric::Cpu), queue: metric(Metric::QueueDepth), tasks, working, limits: config.limits(of_week) }
}

impl Span {
    /// `None` without minutes.
    fn of(minutes: &[Minute]) -> Option<Span> {
        let mean = |values: &mut dyn Iterator<Item = f64>| {
            let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
            (count > 0.0).then_some(sum / count)
        };
        let tasks = || minutes.iter().map(|m| m.tasks);
        Some(Span {
            requests: mean(&mut minutes.iter().map(|m| m.requests))?,
            cpu: mean(&mut minutes.iter().filter_map(|m| m.cpu)),
            cpu_max: minutes.iter().filter_map(|m| m.cpu).max_by(f64::total_cmp),
            queue: mean(&mut minutes.iter().filter_map(|m| m.queue)),
            tasks: mean(&mut tasks().map(f64::from))?,
            least: tasks().min()?,
            most: tasks().max()?,
        })
    }
}

impl Summary {
    fn of(minutes: &[Minute], targets: &[(Metric, f64)]) -> Option<Summary> {
        let goal = |metric: Metric, of: fn(&Minute) -> Option<f64>| {
            // Of two policies on one metric the lower acts first.
            let target = targets.iter().filter(|(m, _)| *m == metric).map(|(_, target)| *target).min_by(f64::total_cmp)?;
            let above = minutes.iter().filter_map(of).filter(|value| *value > target + NOISE).count();
            Some(Goal { target, low: LOW_SHARE * target, above })
        };
        let steps = |differs: fn(u32, u32) -> bool| minutes.windows(2).filter(|w| differs(w[0].tasks, w[1].tasks)).count();
        Some(Summary {
            all: Span::of(minutes)?,
            task_hours: f64::from(minutes.iter().map(|m| m.tasks).sum::<u32>()) / 60.0,
            outs: steps(|before, after| after > before),
            ins: steps(|before, after| after < before),
            cpu: goal(Metric::Cpu, |m| m.cpu),
            queue: goal(Metric::QueueDepth, |m| m.queue),
            at_max: minutes.iter().filter(|m| m.tasks >= m.limits.max).count(),
        })
    }
}
