//! Demand of a month against the demand that the scenario states: what a value is multiplied with that grows with the workload.
#![allow(clippy::float_arithmetic, reason = "demand is no money")]

use rust_decimal::Decimal;

use super::Workload;
use crate::month::Month;
use crate::statistic::quantity;

impl Workload {
    /// Growth since the month in which the level holds, times what events and the weekdays of the month do to it. One where
    /// nothing is stated; `None` for what is too large to be exact.
    pub fn factor(&self, month: Month) -> Option<Decimal> {
        let growth = self.growth(month);
        // Minutes are only looked at where they differ.
        let shape = if self.events.is_empty() && self.week.is_none() { 1.0 } else { self.mix(month) * self.events_mean(month, None) };
        quantity(growth * shape)
    }

    /// Demand of a month as a part of another's, by growth alone. What does not grow, or grows beyond all numbers, is as large.
    pub fn growth_between(&self, from: Month, to: Month) -> Decimal {
        quantity(self.growth(to) / self.growth(from)).unwrap_or(Decimal::ONE)
    }
}
