//! Demand and capacity together, step by step: what the tasks of services do in a month of hours or minutes, with noise.
//!
//! A [`Fleet`] is made once for a month; [`Fleet::path`] lives through it once with drawn noise. Demand of a route is drawn once
//! for each step and seen by everything behind it, so that requests, tasks and load balancers of a path belong together. Every
//! route has a stream of random numbers of its own: a path depends on nothing but its streams and its level, whichever thread
//! lives through it.
//!
//! By the hour a service runs what it needs, without memory. By the minute it scales as AWS does
//! ([`target_tracking`](crate::scaling::target_tracking)), late and with cooldowns.
//!
//! Not here: deployments, what demand is likely (`workload`), how streams are seeded, how many paths there are, and what tasks cost.
#![allow(clippy::float_arithmetic, reason = "tasks are simulated, not billed: they become exact where they are charged")]

mod balancer;
mod hours;
pub mod month;
mod noise;

use rand::Rng;

pub use self::balancer::{Balancer, Dimensions};
use self::hours::Steady;
pub use self::noise::Noise;
use self::noise::Walk;
use crate::scaling::target_tracking::{self, Config, Metric, Minute, TaskLoad};
use crate::workload::Step;

/// Steps that are worked on together: few enough for the processor's nearest memory, and an hour of minutes.
const BLOCK: usize = 60;

/// Demand on one route.
#[derive(Clone, Copy, Debug)]
pub struct Route<'a> {
    /// Requests per second without noise, one rate for each step of the month.
    pub rates: &'a [f64],
    /// Noise for that length of step.
    pub noise: Noise,
}

/// A service that scales.
#[derive(Clone, Debug)]
pub struct Service<'a> {
    /// How it scales.
    pub config: &'a Config,
    /// Where its requests come from: the index of a route, and how many requests reach the service for each one on the route.
    pub shares: Vec<(usize, f64)>,
}

/// Services and load balancers behind the same routes, ready to be lived through.
#[derive(Clone, Debug)]
pub struct Fleet<'a> {
    step: Step,
    /// Minutes from a Monday at 00:00 UTC to the first step.
    start: u32,
    /// Steps of the month.
    steps: usize,
    routes: Vec<Route<'a>>,
    services: Vec<Service<'a>>,
    /// What each service needs by the hour; empty by the minute.
    steady: Vec<Steady>,
    balancers: Vec<Balancer>,
}

/// What one path comes to over the month.
#[derive(Clone, PartialEq, Debug)]
pub struct Path {
    /// Tasks of each service, summed over the steps: task-hours by the hour, task-minutes by the minute.
    pub tasks: Vec<f64>,
    /// LCU-hours of each load balancer.
    pub lcu_hours: Vec<f64>,
    /// Requests on each route.
    pub requests: Vec<f64>,
}

/// One service on one path, step by step.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Series {
    /// Requests per second.
    pub requests: Vec<f64>,
    /// Tasks that are billed.
    pub tasks: Vec<u32>,
    /// Tasks that take load.
    pub working: Vec<u32>,
}

impl Series {
    /// The part of the tasks' CPU that is used in each step, at most 1; `None` in a step without a task.
    pub fn cpu(&self, load: &TaskLoad) -> Vec<Option<f64>> {
        self.requests.iter().zip(&self.working).map(|(requests, tasks)| load.metric(Metric::Cpu, *requests, *tasks)).collect()
    }
}

impl<'a> Fleet<'a> {
    /// A fleet over steps of this length, the first of which begins so many minutes after a Monday at 00:00 UTC. It lasts as
    /// long as the shortest route.
    ///
    /// # Panics
    /// Where a service or a load balancer names a route that is not there.
    pub fn new(step: Step, start: u32, routes: Vec<Route<'a>>, services: Vec<Service<'a>>, balancers: Vec<Balancer>) -> Fleet<'a> {
        let named = services.iter().flat_map(|s| s.shares.iter().map(|(route, _)| *route));
        let last = named.chain(balancers.iter().filter_map(Balancer::last_route)).max();
        assert!(last.is_none_or(|last| last < routes.len()), "there are {} routes, and none at {last:?}", routes.len());
        let steps = routes.iter().map(|r| r.rates.len()).min().unwrap_or(0);
        let steady = match step {
            Step::Hour => services.iter().map(|s| Steady::new(s.config, start, steps)).collect(),
            Step::Minute => Vec::new(),
        };
        Fleet { step, start, steps, routes, services, steady, balancers }
    }

    /// Lives through the month once. `stream` gives the random numbers of each route by its index, and is asked once for each;
    /// `level` multiplies all demand. By the minute every service begins at the tasks that it needs without noise.
    pub fn path<R: Rng>(&self, stream: impl FnMut(usize) -> R, level: f64) -> Path {
        match self.step {
            Step::Hour => self.path_of_hours(stream, level),
            Step::Minute => self.path_of_minutes(stream, level),
        }
    }

    fn path_of_hours<R: Rng>(&self, stream: impl FnMut(usize) -> R, level: f64) -> Path {
        let mut path = self.nothing();
        let mut demand = Demand::new(self, stream, level);
        while let Some(first) = demand.next() {
            demand.count(&mut path.requests, 3_600.0);
            for ((service, steady), sum) in self.services.iter().zip(&self.steady).zip(&mut path.tasks) {
                *sum += steady.tasks(first, demand.of(service));
            }
            for (balancer, sum) in self.balancers.iter().zip(&mut path.lcu_hours) {
                *sum += (0..demand.len).map(|hour| balancer.lcus(|route| demand.rates[route][hour])).sum::<f64>();
            }
        }
        path
    }

    fn path_of_minutes<R: Rng>(&self, stream: impl FnMut(usize) -> R, level: f64) -> Path {
        let mut path = self.nothing();
        let mut demand = Demand::new(self, stream, level);
        let mut live: Vec<_> = self.services.iter().map(|s| self.settled(s, level)).collect();
        while let Some(first) = demand.next() {
            demand.count(&mut path.requests, 60.0);
            for ((service, live), sum) in self.services.iter().zip(&mut live).zip(&mut path.tasks) {
                let minutes = (self.start + first as u32..).zip(demand.of(service));
                let tasks = minutes.map(|(of_week, requests)| u64::from(live.step(&minute(of_week, *requests)))).sum::<u64>();
                *sum += tasks as f64;
            }
            for (balancer, sum) in self.balancers.iter().zip(&mut path.lcu_hours) {
                *sum += balancer.lcus(|route| demand.mean(route)) * demand.len as f64 / 60.0;
            }
        }
        path
    }

    /// The same path as [`path`](Fleet::path) with everything that happens on it, service by service.
    pub fn series<R: Rng>(&self, stream: impl FnMut(usize) -> R, level: f64) -> Vec<Series> {
        let mut all = vec![Series::default(); self.services.len()];
        let mut demand = Demand::new(self, stream, level);
        let mut live: Vec<_> = self.services.iter().map(|s| self.settled(s, level)).collect();
        while let Some(first) = demand.next() {
            for ((service, live), series) in self.services.iter().zip(&mut live).zip(&mut all) {
                for (at, requests) in (first..).zip(demand.of(service)) {
                    let of_week = self.of_week(at);
                    let (tasks, working) = match self.step {
                        Step::Hour => [service.config.steady(*requests, of_week); 2].into(),
                        Step::Minute => (live.step(&minute(of_week, *requests)), live.working()),
                    };
                    series.requests.push(*requests);
                    series.tasks.push(tasks);
                    series.working.push(working);
                }
            }
        }
        all
    }

    fn nothing(&self) -> Path {
        let zeros = |len: usize| vec![0.0; len];
        Path { tasks: zeros(self.services.len()), lcu_hours: zeros(self.balancers.len()), requests: zeros(self.routes.len()) }
    }

    /// The minute of the week in which a step begins.
    fn of_week(&self, step: usize) -> u32 {
        self.start + (step * self.step.minutes()) as u32
    }

    /// A service at rest under the demand that the first step has without noise.
    fn settled(&self, service: &Service<'a>, level: f64) -> target_tracking::Service<'a> {
        let first = |route: usize| self.routes[route].rates.first().copied().unwrap_or(0.0) * level;
        let requests = service.shares.iter().map(|(route, share)| share * first(*route)).sum();
        target_tracking::Service::new(service.config, service.config.steady(requests, self.start))
    }
}

fn minute(of_week: u32, requests: f64) -> Minute {
    Minute { of_week, requests: Some(requests), deploying: false }
}

/// Demand on one path, block after block.
struct Demand<'f, R> {
    fleet: &'f Fleet<'f>,
    level: f64,
    walks: Vec<Walk<R>>,
    /// Requests per second on each route in the steps of the block.
    rates: Vec<[f64; BLOCK]>,
    /// Requests per second of a service that has more than one route.
    mixed: [f64; BLOCK],
    /// Steps in the block; fewer than [`BLOCK`] in the last one.
    len: usize,
    /// The step after it.
    after: usize,
}

impl<'f, R: Rng> Demand<'f, R> {
    fn new(fleet: &'f Fleet<'_>, mut stream: impl FnMut(usize) -> R, level: f64) -> Demand<'f, R> {
        let walks = fleet.routes.iter().enumerate().map(|(index, route)| Walk::new(route.noise, stream(index))).collect();
        Demand { fleet, level, walks, rates: vec![[0.0; BLOCK]; fleet.routes.len()], mixed: [0.0; BLOCK], len: 0, after: 0 }
    }

    /// Draws the next block and gives its first step.
    fn next(&mut self) -> Option<usize> {
        let first = self.after;
        self.len = BLOCK.min(self.fleet.steps - first);
        self.after += self.len;
        for ((route, walk), rates) in self.fleet.routes.iter().zip(&mut self.walks).zip(&mut self.rates) {
            let rates = &mut rates[..self.len];
            walk.fill(rates, self.level);
            rates.iter_mut().zip(&route.rates[first..]).for_each(|(factor, rate)| *factor *= rate);
        }
        (self.len > 0).then_some(first)
    }

    /// Requests per second of a service in the steps of the block.
    fn of(&mut self, service: &Service<'_>) -> &[f64] {
        if let [(route, 1.0)] = service.shares[..] {
            return &self.rates[route][..self.len];
        }
        let mixed = &mut self.mixed[..self.len];
        mixed.fill(0.0);
        for (route, share) in &service.shares {
            mixed.iter_mut().zip(&self.rates[*route]).for_each(|(sum, rate)| *sum += share * rate);
        }
        mixed
    }

    /// Adds the requests of the block on each route; a step has so many seconds.
    fn count(&self, requests: &mut [f64], seconds: f64) {
        requests.iter_mut().zip(&self.rates).for_each(|(sum, rates)| *sum += rates[..self.len].iter().sum::<f64>() * seconds);
    }

    /// Requests per second on a route, on average over the block.
    fn mean(&self, route: usize) -> f64 {
        self.rates[route][..self.len].iter().sum::<f64>() / self.len as f64
    }
}
