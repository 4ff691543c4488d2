//! What a service needs hour by hour: the tasks at which its policies rest, whatever the hour before was.
#![allow(clippy::float_arithmetic, reason = "tasks are simulated, not billed")]

use crate::scaling::target_tracking::Config;

/// A service's tasks at rest, ready for a month of hours.
#[derive(Clone, Debug)]
pub(super) struct Steady {
    config: Config,
    start: u32,
}

impl Steady {
    /// For so many hours, the first of which begins so many minutes after a Monday at 00:00 UTC.
    pub(super) fn new(config: &Config, start: u32, _hours: usize) -> Steady {
        Steady { config: config.clone(), start }
    }

    /// Task-hours of the hours from `first` on with so many requests per second.
    pub(super) fn tasks(&self, first: usize, requests: &[f64]) -> f64 {
        let hours = (first as u32..).zip(requests);
        hours.map(|(hour, requests)| f64::from(self.config.steady(*requests, self.start + 60 * hour))).sum()
    }
}
