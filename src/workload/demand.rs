//! Demand of a month, minute by minute or hour by hour, at likely values: without noise and drift.
#![allow(clippy::float_arithmetic, reason = "demand is no money")]

use chrono::Datelike;

use super::shape::DAY;
use super::{ALL, Workload};
use crate::month::Month;
use crate::quantity::{CountRate, Growth, GrowthPer, LARGEST, Per};
use crate::statistic::float;

/// How finely time is cut.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Step {
    /// 60 seconds.
    Minute,
    /// 3,600 seconds. An hour's rate is the mean of its minutes.
    Hour,
}

impl Step {
    /// Its length.
    pub fn minutes(self) -> usize {
        match self {
            Step::Minute => 1,
            Step::Hour => 60,
        }
    }

    /// Its length.
    pub fn seconds(self) -> f64 {
        60.0 * self.minutes() as f64
    }
}

/// Demand of one month.
#[derive(Clone, PartialEq, Debug)]
pub struct Demand {
    /// The month.
    pub month: Month,
    /// How long each rate holds.
    pub step: Step,
    /// Every route, by name.
    pub routes: Vec<RouteDemand>,
}

/// Demand on one route.
#[derive(Clone, PartialEq, Debug)]
pub struct RouteDemand {
    /// Its name; `all` where the workload names none.
    pub name: String,
    /// Requests per second, one rate for each step of the month in order.
    pub rates: Vec<f64>,
}

impl Demand {
    /// Requests of the month on one route, or on all: rate × seconds, summed. Zero for a route that is not there.
    pub fn requests(&self, route: Option<&str>) -> f64 {
        let rates = self.routes.iter().filter(|r| route.is_none_or(|name| r.name == name)).map(|r| r.rates.iter().sum::<f64>());
        rates.sum::<f64>() * self.step.seconds()
    }

    /// Requests per second of all routes together, step by step.
    pub fn total(&self) -> Vec<f64> {
        let steps = self.routes.first().map_or(0, |r| r.rates.len());
        (0..steps).map(|i| self.routes.iter().filter_map(|r| r.rates.get(i)).sum()).collect()
    }
}

impl Growth {
    /// By how much demand is multiplied from one month to the next: 1.02 for "2%/month", the twelfth root of 1.25 for
    /// "25%/year".
    pub fn monthly(&self) -> f64 {
        let once = 1.0 + float(self.share);
        match self.per {
            GrowthPer::Month => once,
            GrowthPer::Year => once.powf(1.0 / 12.0),
        }
    }
}

impl Workload {
    /// Demand of a month at likely values: growth, shapes and events included, noise and drift not.
    pub fn month(&self, month: Month, step: Step) -> Demand {
        let level = per_second(&self.requests.level.value, month) * self.growth(month);
        let shape = self.shape(month);
        let routes = self.shares().into_iter().map(|(name, share)| {
            let mut rates = self.events(month, &name);
            rates.iter_mut().zip(&shape).for_each(|(rate, shape)| *rate *= shape * share * level);
            RouteDemand { rates: coarser(rates, step), name }
        });
        Demand { month, step, routes: routes.collect() }
    }

    /// By how much demand of a month is that of the month in which the level holds: growth, compounded month by month.
    pub fn growth(&self, month: Month) -> f64 {
        match (&self.growth, self.since) {
            (Some(growth), Some(since)) => {
                let factor = growth.value.monthly().powi(since.until(month));
                // What grows beyond every quantity that is read has no meaning; it stays a number.
                factor.min(float(LARGEST))
            }
            _ => 1.0,
        }
    }

    /// The mean of the shapes over a month: not quite 1, since few months are whole weeks.
    pub fn mix(&self, month: Month) -> f64 {
        mean(&self.shape(month))
    }

    /// By how much events multiply the requests of a month on one route, or on all.
    pub fn events_mean(&self, month: Month, route: Option<&str>) -> f64 {
        let shape = self.shape(month);
        let (mut with, mut without) = (0.0, 0.0);
        for (name, share) in self.shares().into_iter().filter(|(name, _)| route.is_none_or(|r| r == name)) {
            let events = self.events(month, &name);
            with += share * events.iter().zip(&shape).map(|(e, s)| e * s).sum::<f64>();
            without += share * shape.iter().sum::<f64>();
        }
        if without > 0.0 { with / without } else { 1.0 }
    }

    /// The routes with their shares, which add up to 1 whatever values they are drawn at.
    pub fn shares(&self) -> Vec<(String, f64)> {
        let Some(routes) = &self.requests.routes else { return vec![(ALL.to_owned(), 1.0)] };
        let sum = Some(float(routes.values().map(|s| s.value.0).sum())).filter(|s| *s > 0.0).unwrap_or(1.0);
        routes.iter().map(|(name, s)| (name.clone(), float(s.value.0) / sum)).collect()
    }

    /// Day × week, minute by minute.
    fn shape(&self, month: Month) -> Vec<f64> {
        let day = self.day.as_ref().map_or_else(|| vec![1.0; DAY], |d| d.minutes());
        let week = self.week.as_ref().map_or([1.0; 7], |w| w.days());
        let weekday = |date: chrono::NaiveDate| week.get(date.weekday().num_days_from_monday() as usize).copied().unwrap_or(1.0);
        month.days().flat_map(|date| day.iter().map(move |d| d * weekday(date))).collect()
    }

    /// What events multiply a route by, minute by minute.
    fn events(&self, month: Month, route: &str) -> Vec<f64> {
        let mut minutes = vec![1.0; month.hours() as usize * 60];
        for event in self.events.iter().filter(|e| e.acts_on(route)) {
            event.multiply(month, &mut minutes);
        }
        minutes
    }
}

/// A rate in requests per second. What is stated for a month is spread over the seconds of that month.
pub fn per_second(rate: &CountRate, month: Month) -> f64 {
    let seconds = match rate.per {
        Per::Second => 1.0,
        Per::Minute => 60.0,
        Per::Hour => 3_600.0,
        Per::Day => 86_400.0,
        Per::Month => 3_600.0 * f64::from(month.hours()),
        // Refused when the scenario is read: requests cannot be counted by themselves.
        Per::Request => f64::INFINITY,
    };
    float(rate.amount) / seconds
}

fn coarser(minutes: Vec<f64>, step: Step) -> Vec<f64> {
    match step {
        Step::Minute => minutes,
        Step::Hour => minutes.chunks(step.minutes()).map(mean).collect(),
    }
}

/// The mean; zero of nothing.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::super::tests::{month, near, workload};
    use super::*;

    const FULL: &str = "workload:
  since: 2026-12
  requests:
    level: 118/s
    routes: {core: 60%, auth: 20%, agent: 15%, workflow: 5%}
  growth: 2%/month
  day: {peak: \"15:00\", low: \"04:00\", ratio: 3}
  week: {mon: 1.1, sat: 0.6, sun: 0.5}
  events:
    - {name: Launch, from: \"2027-03-01 09:00\", to: \"2027-03-01 15:17\", times: 2.5, routes: [core]}
    - {name: Holidays, from: 2026-12-24, to: 2027-01-02, times: 0.6}
    - {name: Sale, days: [2027-03-05, 2027-03-06], times: 1.8}";

    #[test]
    fn a_level_alone_is_a_rate_times_the_seconds_of_the_month() {
        let demand = workload("workload: {requests: {level: 118/s}}").month(month("2026-12"), Step::Hour);
        // 118 × 744 h × 3,600 s
        assert!(near(demand.requests(None), 316_051_200.0));
        assert_eq!((demand.routes.len(), demand.routes[0].name.as_str(), demand.routes[0].rates.len()), (1, ALL, 744));
    }

    #[test]
    fn what_is_stated_for_a_month_does_not_grow_with_its_days() {
        let workload = workload("workload: {requests: {level: 3 M requests/month}}");
        assert!(near(workload.month(month("2026-12"), Step::Hour).requests(None), 3e6));
        assert!(near(workload.month(month("2027-02"), Step::Minute).requests(None), 3e6));
    }

    #[test]
    fn hours_and_minutes_agree_in_total_and_by_route() {
        let workload = workload(FULL);
        for of in ["2026-12", "2027-01", "2027-03", "2028-02"] {
            let (minutes, hours) = (workload.month(month(of), Step::Minute), workload.month(month(of), Step::Hour));
            for route in [None, Some("core"), Some("workflow")] {
                assert!(near(minutes.requests(route), hours.requests(route)), "{of} {route:?}");
            }
        }
    }

    /// 2027-02 begins on a Monday and is four whole weeks.
    #[test]
    fn the_average_over_whole_weeks_is_the_level() {
        let workload = workload(FULL);
        assert!(near(workload.mix(month("2027-02")), 1.0));
        // 118 × 1.02² × 672 h × 3,600 s
        let expected = 118.0 * 1.02 * 1.02 * 672.0 * 3_600.0;
        assert!(near(workload.month(month("2027-02"), Step::Hour).requests(None), expected));
    }

    #[test]
    fn a_months_requests_are_level_times_growth_times_mix_times_events() {
        let workload = workload(FULL);
        for of in ["2026-11", "2026-12", "2027-03"] {
            let of = month(of);
            let seconds = f64::from(of.hours()) * 3_600.0;
            let factors = |route| workload.growth(of) * workload.mix(of) * workload.events_mean(of, route);
            let demand = workload.month(of, Step::Hour);
            assert!(near(demand.requests(None), 118.0 * factors(None) * seconds));
            assert!(near(demand.requests(Some("core")), 0.6 * 118.0 * factors(Some("core")) * seconds));
        }
    }

    #[test]
    fn an_event_on_a_route_leaves_the_others_alone() {
        let workload = workload(FULL);
        let march = month("2027-03");
        assert!(workload.events_mean(march, Some("core")) > workload.events_mean(march, Some("auth")));
        assert!(near(workload.events_mean(march, Some("agent")), workload.events_mean(march, Some("auth"))));
        let demand = workload.month(march, Step::Minute);
        let noon = 12 * 60;
        // Core has 60% to auth's 20%; during the launch 2.5 times as much again.
        assert!(near(demand.routes[2].rates[noon], 7.5 * demand.routes[1].rates[noon]));
        assert_eq!((demand.routes[1].name.as_str(), demand.routes[2].name.as_str()), ("auth", "core"));
    }

    #[test]
    fn events_at_the_same_time_multiply() {
        let text = "workload:
  requests: {level: 10/s}
  events: [{name: a, days: [2026-12-01], times: 2}, {name: b, from: 2026-12-01, to: 2026-12-02, times: 3}]";
        let rates = workload(text).month(month("2026-12"), Step::Hour).routes.remove(0).rates;
        assert_eq!((rates[0], rates[24], rates[48]), (60.0, 30.0, 10.0));
    }

    #[test]
    fn growth_counts_from_the_month_in_which_the_level_holds() {
        let growth = |text: &str, of: &str| {
            workload(&format!("workload: {{since: 2026-12, requests: {{level: 1/s}}, growth: {text}}}")).growth(month(of))
        };
        assert!(near(growth("2%/month", "2027-02"), 1.02 * 1.02));
        assert!(near(growth("2%/month", "2026-11"), 1.0 / 1.02));
        assert!(near(growth("25%/year", "2027-12"), 1.25));
        assert!(near(growth("-10%/month", "2027-01"), 0.9));
        // Beyond what is ever asked for it stays a number.
        assert!(growth("1000%/month", "9999-12").is_finite() && growth("-99%/month", "0001-01").is_finite());
    }
}
