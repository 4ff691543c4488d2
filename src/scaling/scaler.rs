//! Whatever scales with demand, in one shape: what it runs at rest, and minute by minute.
#![allow(clippy::float_arithmetic, reason = "capacity is simulated, not billed")]

use rust_decimal::Decimal;

use super::replicas::ReaderPool;
use super::scheduled::Limits;
use super::serverless::{AcuPool, Cluster};
use super::target_tracking::{Config, Service};
use crate::statistic::float;

/// Something that scales, ready to be simulated.
#[derive(Clone, Debug)]
pub enum Scaler {
    /// Tasks of an ECS service.
    Tasks(Config),
    /// Readers of an Aurora cluster; what is asked of them is in readers' worth.
    Readers(ReaderPool),
    /// ACUs of an Aurora cluster.
    Acus(AcuPool),
}

/// What a part of a [`Scaler`] runs at rest: the whole number of steps that is not below the requests' need, within limits.
#[derive(Clone, Debug)]
pub struct Rest {
    /// Steps for each request per second.
    pub per_request: f64,
    /// What such a step counts: 1 for a task, half an ACU for each instance.
    pub size: f64,
}

impl Scaler {
    /// The same where a request asks for so many times as much.
    pub fn heavier(&self, times: f64) -> Scaler {
        match self {
            Scaler::Tasks(config) => Scaler::Tasks(config.heavier(times)),
            Scaler::Readers(pool) => Scaler::Readers(pool.heavier(times)),
            Scaler::Acus(pool) => Scaler::Acus(pool.heavier(times)),
        }
    }

    /// The same where one request asks for `work` out of `of`: vCPU-seconds out of an instance's vCPUs, ACU-seconds out of one.
    pub fn asked(&self, work: Decimal, of: Decimal) -> Scaler {
        self.heavier(float(work) / float(of))
    }

    /// Between how many steps it scales in a minute of the week.
    pub fn limits(&self, of_week: u32) -> Limits {
        match self {
            Scaler::Tasks(config) => config.limits(of_week),
            Scaler::Readers(pool) => pool.config().limits(of_week),
            Scaler::Acus(pool) => pool.limits(),
        }
    }

    /// Its parts at rest.
    pub fn rests(&self) -> Vec<Rest> {
        let whole = |config: &Config| vec![Rest { per_request: config.tasks_per_request(), size: 1.0 }];
        match self {
            Scaler::Tasks(config) => whole(config),
            Scaler::Readers(pool) => whole(pool.config()),
            Scaler::Acus(pool) => pool.rests(),
        }
    }

    /// At rest under so many requests per second in a minute of the week.
    pub fn settled(&self, requests: f64, of_week: u32) -> Live<'_> {
        match self {
            Scaler::Tasks(config) => Live::Tasks(Service::new(config, config.steady(requests, of_week))),
            Scaler::Readers(pool) => Live::Readers(Service::new(pool.config(), pool.steady(requests))),
            Scaler::Acus(pool) => Live::Acus(Box::new(pool.settled(requests)), pool),
        }
    }
}

/// Something that scales, in the middle of its life.
#[derive(Clone, Debug)]
pub enum Live<'a> {
    /// See [`Scaler::Tasks`].
    Tasks(Service<'a>),
    /// See [`Scaler::Readers`].
    Readers(Service<'a>),
    /// See [`Scaler::Acus`].
    Acus(Box<Cluster>, &'a AcuPool),
}

impl Live<'_> {
    /// Lives through minutes with so many requests per second, the first of them so many minutes after a Monday at 00:00 UTC.
    /// Gives what runs and is billed, summed over them. A task is billed while it starts, a database instance once it is there.
    pub fn minutes(&mut self, of_week: u32, requests: &[f64]) -> f64 {
        let minutes = (of_week..).zip(requests);
        match self {
            Live::Tasks(service) => minutes.map(|(at, requests)| u64::from(service.next(at, *requests))).sum::<u64>() as f64,
            Live::Readers(service) => {
                let there = |(at, requests): (u32, &f64)| {
                    service.next(at, *requests);
                    u64::from(service.working())
                };
                minutes.map(there).sum::<u64>() as f64
            }
            Live::Acus(cluster, pool) => requests.iter().map(|requests| pool.step(cluster, *requests)).sum(),
        }
    }
}
