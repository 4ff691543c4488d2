//! One service on one day, minute by minute, cut out of its month.
//!
//! The month is simulated from the last day of the month before, so that the tasks at every midnight are those that the day
//! before left. Only that last day begins at rest, with the tasks that its first minute needs.

use chrono::{Datelike, NaiveDate};
use rand::Rng;

use super::month::{Follows, Measured, MonthOf};
use super::{Fleet, Route, Service};
use crate::month::Month;
use crate::scaling::scaler::Scaler;
use crate::scaling::scheduled::{Limits, WEEK};
use crate::scaling::target_tracking::{Config, LOW_SHARE, Metric, NOISE, TaskLoad};
use crate::workload::{Step, Workload};

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
    /// A day of a service in a month of minutes of a workload. `stream` gives the random numbers of each route by its index.
    /// `None` where the service does not follow demand, or the month does not hold the day.
    pub fn of<R: Rng>(workload: &Workload, month: &MonthOf, service: &str, day: NaiveDate, stream: impl FnMut(usize) -> R) -> Option<Day> {
        let (_, follows) = month.follows.iter().find(|(name, _)| name.as_ref() == service)?;
        let Follows::Requests(scaled) = follows else { return None };
        let (Scaler::Tasks(config), Some(Measured { load, targets })) = (&scaled.scaler, &scaled.measured) else { return None };
        if Month::of(day) != month.demand.month {
            return None;
        }
        let rates = since_eve(workload, month, day)?;
        let start = (month.start + WEEK - MINUTES as u32) % WEEK;
        let demand = rates.iter().map(|rates| Route { rates, noise: month.noise }).collect();
        let services = vec![Service { scaler: &scaled.scaler, shares: month.shares(&scaled.routes) }];
        let series = Fleet::new(Step::Minute, start, demand, services).series(stream, 1.0).pop()?;
        let first = day.day() as usize * MINUTES;
        let at = |i: usize| {
            Some(minute(config, load, start + i as u32, *series.requests.get(i)?, *series.tasks.get(i)?, *series.working.get(i)?))
        };
        let minutes = (first..first + MINUTES).map(at).collect::<Option<Vec<_>>>()?;
        let summary = Summary::of(*series.tasks.get(first - 1)?, &minutes, targets)?;
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

/// Requests per second of each route, minute by minute from the last day of the month before to the end of the day. `None` where
/// the calendar has no such days.
fn since_eve(workload: &Workload, month: &MonthOf, day: NaiveDate) -> Option<Vec<Vec<f64>>> {
    let eve = workload.month(Month::of(month.demand.month.first_day().pred_opt()?), Step::Minute);
    let of = |(before, this): (&crate::workload::RouteDemand, &crate::workload::RouteDemand)| {
        let mut rates = before.rates.get(before.rates.len().checked_sub(MINUTES)?..)?.to_vec();
        rates.extend(this.rates.get(..day.day() as usize * MINUTES)?);
        Some(rates)
    };
    eve.routes.iter().zip(&month.demand.routes).map(of).collect()
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
    /// `before` are the tasks of the minute before the first.
    fn of(before: u32, minutes: &[Minute], targets: &[(Metric, f64)]) -> Option<Summary> {
        let goal = |metric: Metric, of: fn(&Minute) -> Option<f64>| {
            // Of two policies on one metric the lower acts first.
            let target = targets.iter().filter(|(m, _)| *m == metric).map(|(_, target)| *target).min_by(f64::total_cmp)?;
            let above = minutes.iter().filter_map(of).filter(|value| *value > target + NOISE).count();
            Some(Goal { target, low: LOW_SHARE * target, above })
        };
        let earlier = || std::iter::once(before).chain(minutes.iter().map(|m| m.tasks));
        let steps = |differs: fn(u32, u32) -> bool| earlier().zip(minutes).filter(|(before, m)| differs(*before, m.tasks)).count();
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

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;
    use crate::scaling::Scaling;
    use crate::scaling::scheduled::Limits;
    use crate::scaling::target_tracking::Assumed;
    use crate::scaling::testing::yaml;
    use crate::simulation::month::Scaled;
    use crate::workload::{Step, Workload};

    /// A task of one vCPU does 20 requests a second at full load, 14 at its target of 70%.
    const LOAD: TaskLoad = TaskLoad { cpu: 0.05, in_flight: None, at_rest: None };

    fn month(workload: &str) -> (Workload, MonthOf) {
        let scaling: Scaling = yaml("policies: [{metric: cpu, target: 70%}]");
        let config = scaling.ready(Limits { min: 2, max: 10 }, &LOAD, Assumed::default()).expect("a legal file");
        let measured = Some(Measured { load: LOAD, targets: scaling.targets() });
        let scaler = Scaler::Tasks(config);
        let follows = Scaled { scaler, routes: Vec::new(), each: yaml("50 ms"), key: "demand.per_request.cpu", measured };
        let follows = Follows::Requests(Box::new(follows));
        let workload: Workload = yaml(workload);
        let month = MonthOf::new(&workload, "2026-12".parse().expect("a month"), Step::Minute, vec![("web".into(), follows)]);
        (workload, month)
    }

    fn of((workload, month): &(Workload, MonthOf), service: &str, day: (i32, u32, u32)) -> Option<Day> {
        let day = NaiveDate::from_ymd_opt(day.0, day.1, day.2).expect("a day");
        Day::of(workload, month, service, day, |route| Xoshiro256PlusPlus::seed_from_u64(route as u64))
    }

    fn day(month: &(Workload, MonthOf), day: u32) -> Day {
        of(month, "web", (2026, 12, day)).expect("a day of the month")
    }

    #[test]
    fn constant_demand_keeps_its_tasks_all_day() {
        // 60 × 5% ÷ 70% = 4.3 tasks; on 5 of them CPU is 60%, below 63%, but 4 would be at 75%.
        let day = day(&month("requests: {level: 60/s}"), 8);
        let summary = &day.summary;
        assert_eq!((day.minutes.len(), summary.all.least, summary.all.most), (MINUTES, 5, 5));
        assert_eq!((summary.task_hours, summary.outs, summary.ins, summary.at_max), (120.0, 0, 0, 0));
        assert_eq!(summary.cpu.map(|g| (g.target, g.above)), Some((0.7, 0)));
        assert!(summary.queue.is_none() && day.hours().len() == 24);
    }

    #[test]
    fn a_step_of_demand_scales_out_after_three_minutes() {
        let twice = "requests: {level: 60/s}\nevents: [{name: Step, from: \"2026-12-08 12:00\", to: \"2026-12-08 18:00\", times: 2}]";
        let day = day(&month(twice), 8);
        // The points of 12:00, 12:01 and 12:02 are high; 5 tasks at 100% ask for 5 × 100 ÷ 70 = 7.1, so 8 from 12:03 on.
        let noon = 12 * 60;
        assert_eq!([noon - 1, noon + 2, noon + 3].map(|m| day.minutes[m].tasks), [5, 5, 8]);
        assert_eq!(day.minutes[noon].cpu, Some(1.0));
        // A task that starts is billed before it takes load.
        assert_eq!((day.minutes[noon + 3].working, day.minutes[noon + 4].working), (5, 8));
        assert!(day.summary.outs >= 1 && day.summary.ins >= 1 && day.summary.cpu.is_some_and(|g| g.above >= 4));
    }

    #[test]
    fn sums_and_limits_hold_on_a_noisy_day() {
        let month =
            month("requests: {level: 60/s}\nday: {peak: \"17:00\", low: \"07:00\", ratio: 4}\nnoise: {spread: 15%, correlation: 20 min}");
        let day = day(&month, 31);
        let sum: u32 = day.minutes.iter().map(|m| m.tasks).sum();
        assert_eq!(day.summary.task_hours, f64::from(sum) / 60.0);
        assert!(day.minutes.iter().all(|m| (m.limits.min..=m.limits.max).contains(&m.tasks) && m.working <= m.tasks));
        let hours: f64 = day.hours().iter().map(|h| h.tasks).sum();
        assert!((hours - day.summary.task_hours).abs() < 1e-9);
    }

    #[test]
    fn midnight_is_what_the_day_before_left() {
        let month = month("requests: {level: 60/s}\nday: {peak: \"23:00\", low: \"11:00\", ratio: 6}");
        let (first, second) = (day(&month, 1), day(&month, 2));
        let (last, next) = (first.minutes[MINUTES - 1].tasks, second.minutes[0].tasks);
        assert!(last.abs_diff(next) <= 1, "{last} then {next}");
        assert!(of(&month, "web", (2027, 1, 1)).is_none() && of(&month, "db", (2026, 12, 1)).is_none());
    }

    #[test]
    fn the_first_of_a_month_begins_with_what_the_last_of_the_month_before_left() {
        // At rest 60 × 5% ÷ 70% = 4.3: five tasks. Three times as much until midnight are 180 × 5% ÷ 70% = 12.9, at most 10, and
        // those go one by one: 15 minutes below 63%, then the cooldown of five minutes after each.
        let sale = "requests: {level: 60/s}\nevents: [{name: Sale, days: [2026-11-30], times: 3}]";
        let day = day(&month(sale), 1);
        assert_eq!([0, 14, 15, 20].map(|m| day.minutes[m].tasks), [10, 10, 9, 8]);
        assert_eq!((day.summary.outs, day.summary.all.least, day.minutes[MINUTES - 1].tasks), (0, 5, 5));
        // A change at midnight itself is one of the day that begins.
        let mut minutes = day.minutes.clone();
        minutes.iter_mut().for_each(|m| m.tasks = 5);
        let steps = |before| Summary::of(before, &minutes, &[]).map(|s| (s.outs, s.ins));
        assert_eq!([4, 5, 6].map(steps), [Some((1, 0)), Some((0, 0)), Some((0, 1))]);
    }
}
