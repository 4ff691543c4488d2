//! Everything of one environment that follows its demand in a month: which resources, by which rules, and what comes of it.
#![allow(clippy::float_arithmetic, reason = "capacity is simulated, not billed")]

use std::sync::Arc;

use chrono::Datelike;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rust_decimal::Decimal;

use super::{Fleet, Noise, Path, Route, Service};
use crate::month::Month;
use crate::quantity::{Gb, Seconds};
use crate::scaling::scaler::Scaler;
use crate::scaling::shards::ShardRule;
use crate::scaling::target_tracking::{Frozen, Metric, TaskLoad};
use crate::scenario::driver::Driver;
use crate::statistic::float;
use crate::workload::{Demand, Step, Workload};

/// Lives over which the likely capacity of a month is averaged: with thousands of independent stretches of noise in each, the average
/// task count is known to a few tenths of a per cent.
const LIVES_BY_MINUTE: u64 = 3;
/// The same by the hour, which is cheaper.
const LIVES_BY_HOUR: u64 = 12;

/// How a resource follows demand.
#[derive(Clone, Debug)]
pub enum Follows {
    /// Tasks, readers or ACUs that scale with requests.
    Requests(Box<Scaled>),
    /// Shards that data fills.
    Data(Box<Filled>),
    /// LCUs of a load balancer: the largest of these in every hour.
    Lcus(Vec<Dimension>),
}

impl Follows {
    /// The same where what grows is so many times as large as stated from the first.
    pub fn at_level(mut self, level: Decimal) -> Follows {
        if let Follows::Data(filled) = &mut self {
            filled.level = float(level);
        }
        self
    }

    /// The same with deployments, during which tasks are not removed.
    pub fn deployed(mut self, deployments: Vec<Frozen>) -> Follows {
        if let Follows::Requests(scaled) = &mut self
            && let Scaler::Tasks(config) = &mut scaled.scaler
        {
            config.deployed(deployments);
        }
        self
    }
}

/// What scales with requests.
#[derive(Clone, Debug)]
pub struct Scaled {
    /// How.
    pub scaler: Scaler,
    /// Routes whose requests it answers; all where none is named.
    pub routes: Vec<String>,
    /// What a request asks for: vCPU-seconds or ACU-seconds.
    pub each: Driver<Seconds>,
    /// The key of that in the resource.
    pub key: &'static str,
    /// Of tasks, what is measured of them.
    pub measured: Option<Measured>,
}

/// What is measured of a task.
#[derive(Clone, Debug)]
pub struct Measured {
    /// What a request asks of a task, as the policies see it.
    pub load: TaskLoad,
    /// What target tracking keeps to: each metric with its target.
    pub targets: Vec<(Metric, f64)>,
}

/// Shards that data fills. None is removed; that is seen month by month, against the shards that are stated.
#[derive(Clone, Debug)]
pub struct Filled {
    /// When one is added.
    pub rule: ShardRule,
    /// How many there are.
    pub shards: u32,
    /// What they hold.
    pub data: Driver<Gb>,
    /// How many times as large as stated everything is that grows, before it does.
    pub level: f64,
}

impl Filled {
    /// Shards where everything that grows is so many times as large as stated.
    pub fn likely(&self, growth: Decimal) -> u32 {
        Filled { level: 1.0, ..self.clone() }.after(float(growth), 1.0)
    }

    /// Shards after growth since the workload was stated, with so many times the data beside.
    fn after(&self, growth: f64, times: f64) -> u32 {
        let growth = if self.data.grows { self.level * growth } else { 1.0 };
        self.rule.grown(self.shards, float(self.data.value.0) * growth * times)
    }
}

/// One dimension of a load balancer's LCUs.
#[derive(Clone, PartialEq, Debug)]
pub struct Dimension {
    /// LCUs that it needs in every hour.
    pub always: Decimal,
    /// LCUs that one request per second needs.
    pub each: Decimal,
    /// The route whose requests those are; all without one.
    pub route: Option<String>,
}

/// A month of an environment: its demand, and what follows it.
#[derive(Clone, Debug)]
pub struct MonthOf {
    step: Step,
    pub(super) demand: Demand,
    pub(super) noise: Noise,
    pub(super) follows: Vec<(Arc<str>, Follows)>,
    /// How many times as large as stated everything is that grows.
    growth: f64,
    /// Minutes since the Monday at or before the first day.
    pub(super) start: u32,
}

/// What came of a month: on average over its steps for each resource, and the requests of each route.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    /// Tasks, readers, ACUs or shards of each resource that follows. The likely outcome also says of each load balancer how many times as many LCUs the hours
    /// need as the month does where every dimension is constant over it.
    pub capacity: Vec<(Arc<str>, f64)>,
    /// Requests of each route.
    pub requests: Vec<(String, f64)>,
}

/// A month hour by hour.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ByHour {
    /// Tasks, readers or ACUs of each resource that scales with requests.
    pub capacity: Vec<(Arc<str>, Vec<f64>)>,
    /// Requests per second of each route, without noise.
    pub requests: Vec<(String, Vec<f64>)>,
}

impl Outcome {
    /// Requests of a route, or of all.
    pub fn requests_of(&self, route: Option<&str>) -> f64 {
        self.requests.iter().filter(|(name, _)| route.is_none_or(|r| r == name)).map(|(_, requests)| requests).sum()
    }

    /// What a resource came to.
    pub fn capacity_of(&self, resource: Option<&str>) -> Option<f64> {
        self.capacity.iter().find(|(name, _)| Some(name.as_ref()) == resource).map(|(_, capacity)| *capacity)
    }
}

impl MonthOf {
    /// The month of a workload, with the resources that follow it. Scenarios in which one names a route that is not there are
    /// refused when they are read.
    pub fn new(workload: &Workload, month: Month, step: Step, follows: Vec<(Arc<str>, Follows)>) -> MonthOf {
        let demand = workload.month(month, step);
        let noise = workload.noise.as_ref().map_or(Noise::NONE, |n| Noise::of(&n.at(step)));
        let start = month.first_day().weekday().num_days_from_monday() * 24 * 60;
        let growth = workload.factor(month).map_or(1.0, float);
        MonthOf { step, demand, noise, follows, growth, start }
    }

    /// Indices of the routes that a name stands for.
    fn routes(&self, name: Option<&str>) -> impl Iterator<Item = usize> {
        let named = move |(i, route): (usize, &crate::workload::RouteDemand)| name.is_none_or(|n| route.name == n).then_some(i);
        self.demand.routes.iter().enumerate().filter_map(named).collect::<Vec<_>>().into_iter()
    }

    /// What scales with requests, with its place among what follows.
    fn scaled(&self) -> impl Iterator<Item = (usize, &Scaled)> {
        self.follows.iter().enumerate().filter_map(|(i, (_, follows))| match follows {
            Follows::Requests(scaled) => Some((i, scaled.as_ref())),
            Follows::Data(_) | Follows::Lcus(_) => None,
        })
    }

    /// LCU-hours where the largest dimension counts in every hour, as a multiple of those where it is sought once in the month.
    fn unevenness(&self, dimensions: &[Dimension]) -> f64 {
        let steps = self.demand.routes.first().map_or(0, |r| r.rates.len());
        let over_time = |d: &Dimension| -> Vec<f64> {
            let (always, each) = (float(d.always), float(d.each));
            let routes: Vec<&[f64]> = self.routes(d.route.as_deref()).map(|r| self.demand.routes[r].rates.as_slice()).collect();
            (0..steps).map(|step| always + each * routes.iter().map(|rates| rates[step]).sum::<f64>()).collect()
        };
        let all: Vec<Vec<f64>> = dimensions.iter().map(over_time).collect();
        let hourly: f64 = (0..steps).map(|step| all.iter().map(|lcus| lcus[step]).fold(0.0, f64::max)).sum();
        let monthly = all.iter().map(|lcus| lcus.iter().sum()).fold(0.0, f64::max);
        if monthly > 0.0 { (hourly / monthly).max(1.0) } else { 1.0 }
    }

    /// Routes that a service answers, each with all of its requests.
    pub(super) fn shares(&self, names: &[String]) -> Vec<(usize, f64)> {
        let all = |name: Option<&str>| self.routes(name).map(|route| (route, 1.0)).collect::<Vec<_>>();
        if names.is_empty() { all(None) } else { names.iter().flat_map(|name| all(Some(name))).collect() }
    }

    /// What lives through the month.
    pub fn fleet(&self) -> Fleet<'_> {
        self.fleet_of(self.scaled().map(|(_, scaled)| &scaled.scaler))
    }

    /// The same where the services scale otherwise, in order.
    pub fn fleet_of<'a>(&'a self, scalers: impl IntoIterator<Item = &'a Scaler>) -> Fleet<'a> {
        let routes = self.demand.routes.iter().map(|r| Route { rates: &r.rates, noise: self.noise }).collect();
        let services = scalers.into_iter().zip(self.scaled());
        let services = services.map(|(scaler, (_, scaled))| Service { scaler, shares: self.shares(&scaled.routes) }).collect();
        Fleet::new(self.step, self.start, routes, services)
    }

    /// How the services scale, in order, where a request to each resource asks for so many times as much.
    pub fn heavier(&self, times: &[f64]) -> Vec<Scaler> {
        self.scaled().map(|(i, scaled)| scaled.scaler.heavier(times.get(i).copied().unwrap_or(1.0))).collect()
    }

    /// True where demand is noisy.
    pub fn is_noisy(&self) -> bool {
        self.noise != Noise::NONE
    }

    /// What comes of a path through the month, at a level of demand and with so many times what each resource is asked for.
    pub fn outcome(&self, path: &Path, level: f64, times: &[f64]) -> Outcome {
        let steps = self.demand.routes.first().map_or(1, |r| r.rates.len().max(1)) as f64;
        let name = |i: usize| self.follows[i].0.clone();
        let services = self.scaled().zip(&path.tasks).map(|((i, _), tasks)| (name(i), tasks / steps));
        let shards = self.follows.iter().enumerate().filter_map(|(i, (_, follows))| match follows {
            Follows::Data(filled) => {
                let times = times.get(i).copied().unwrap_or(1.0);
                Some((name(i), f64::from(filled.after(self.growth * level, times))))
            }
            Follows::Requests(_) | Follows::Lcus(_) => None,
        });
        Outcome {
            capacity: services.chain(shards).collect(),
            requests: self.demand.routes.iter().map(|r| r.name.clone()).zip(path.requests.iter().copied()).collect(),
        }
    }

    /// What the month needs hour by hour on one life of its noise, where demand is so many times as large. For a month of hours.
    pub fn by_hour(&self, level: f64) -> ByHour {
        let stream = |route: usize| Xoshiro256PlusPlus::seed_from_u64(1 << 32 | route as u64);
        let names = self.scaled().map(|(i, _)| self.follows[i].0.clone());
        ByHour {
            capacity: names.zip(self.fleet().hours(stream, level)).collect(),
            requests: self.demand.routes.iter().map(|r| (r.name.clone(), r.rates.iter().map(|rate| rate * level).collect())).collect(),
        }
    }

    /// The same month without noise.
    pub fn quiet(&self) -> MonthOf {
        MonthOf { noise: Noise::NONE, ..self.clone() }
    }

    /// What the month comes to on average over its noise, at likely values. Noise scales out at once and in slowly, so that a noisy
    /// month needs more than a quiet one of the same demand. Requests are those without noise, whose mean is one.
    pub fn likely(&self) -> Outcome {
        let mut likely = self.quiet().outcome_of(1.0, &[]);
        if self.is_noisy() {
            let lives = match self.step {
                Step::Minute => LIVES_BY_MINUTE,
                Step::Hour => LIVES_BY_HOUR,
            };
            let fleet = self.fleet();
            let stream = |life: u64| move |route: usize| Xoshiro256PlusPlus::seed_from_u64(life << 32 | route as u64);
            let outcomes: Vec<Outcome> = (1..=lives).map(|life| self.outcome(&fleet.path(stream(life), 1.0), 1.0, &[])).collect();
            for (i, (_, tasks)) in likely.capacity.iter_mut().enumerate() {
                *tasks = outcomes.iter().map(|o| o.capacity[i].1).sum::<f64>() / outcomes.len() as f64;
            }
        }
        likely.capacity.extend(self.follows.iter().filter_map(|(name, follows)| match follows {
            Follows::Lcus(dimensions) => Some((name.clone(), self.unevenness(dimensions))),
            Follows::Requests(_) | Follows::Data(_) => None,
        }));
        likely
    }

    /// What comes of the month where demand is so many times as large and each resource is asked for so many times as much. The noise is one
    /// and the same whenever it is asked: this is for months without any.
    pub fn outcome_of(&self, level: f64, times: &[f64]) -> Outcome {
        let scalers = self.heavier(times);
        let path = self.fleet_of(&scalers).path(|_| Xoshiro256PlusPlus::seed_from_u64(0), level);
        self.outcome(&path, level, times)
    }
}
