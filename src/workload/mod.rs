//! Demand over time: requests per second of every route, from a scenario or from what was measured.
//!
//! Demand = level × growth × shape of the day × shape of the week × events, by minute or by hour ([`demand`]); around it noise
//! and drift, drawn with a generator that the caller hands in ([`noise`]). [`measured`] reads what was counted, [`fit`] turns it
//! into a workload. Not here: what demand costs, and how capacity follows it (`scaling`).

mod check;
pub mod demand;
pub mod events;
mod factor;
pub mod fit;
pub mod measured;
pub mod noise;
pub mod shape;
mod text;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::demand::{Demand, RouteDemand, Step};
use self::events::Event;
use self::shape::{Day, Week};
use crate::month::Month;
use crate::quantity::{Count, CountRate, Growth, Seconds, Share};
use crate::scenario::driver::Driver;

/// The name of the route where a workload names none.
pub const ALL: &str = "all";

/// Demand at the door over time.
// A file that inherits may leave out what it inherits, so nothing is required of editors.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("required" = Vec::<String>::new()))]
pub struct Workload {
    /// The month in which the level holds, such as `2026-12`; needed where there is growth.
    #[serde(default)]
    #[schemars(with = "Option<String>", regex(pattern = r"^\d{4}-\d{2}$"))]
    pub since: Option<Month>,
    /// Requests of users.
    pub requests: Requests,
    /// How the level changes from month to month, compounded. All of a month has the same growth.
    #[serde(default)]
    pub growth: Option<Driver<Growth>>,
    /// Shape of the day, UTC; without it every hour is alike.
    #[serde(default)]
    pub day: Option<Day>,
    /// Shape of the week; without it every day is alike.
    #[serde(default)]
    pub week: Option<Week>,
    /// What lifts or lowers demand for a while. Events at the same time multiply.
    #[serde(default)]
    pub events: Vec<Event>,
    /// What differs from minute to minute.
    #[serde(default)]
    pub noise: Option<Noise>,
    /// What differs from month to month.
    #[serde(default)]
    pub drift: Option<Drift>,
}

/// Requests of users.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("required" = Vec::<String>::new()))]
pub struct Requests {
    /// On average over a month, without growth, events, noise and drift.
    pub level: Driver<CountRate>,
    /// A file of measured requests, its path read from the folder of the scenario: a table (CSV), or what `aws cloudwatch
    /// get-metric-data` prints. Level, growth, shapes, noise, drift and routes are fitted to it; what the scenario states itself wins.
    #[serde(default)]
    pub measured: Option<String>,
    /// Which share of the requests goes to which route; together 100%. Without it there is one route, `all`.
    #[serde(default)]
    pub routes: Option<BTreeMap<String, Driver<Share>>>,
}

/// Noise: a lognormal factor of mean 1 that remembers.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Noise {
    /// Standard deviation of the logarithm of the factor from minute to minute.
    pub spread: Driver<Share>,
    /// After how long the autocorrelation has fallen to 1/e.
    pub correlation: Driver<Seconds>,
}

/// Drift: a lognormal factor of mean 1, drawn anew every month, on all demand of the month.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Drift {
    /// Standard deviation of the logarithm of the factor.
    pub spread: Driver<Share>,
}

/// Relative values, whatever their sum.
type Relative = Driver<Count>;

#[cfg(test)]
#[allow(clippy::float_arithmetic, reason = "demand is no money")]
pub(crate) mod tests {
    use super::*;
    use crate::diagnostic::Problems;
    use crate::scenario::node;
    use crate::scenario::read::{Defaults, read};
    use crate::source::Sources;

    /// The workload of a text that begins with `workload:`, or everything that is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Workload, String> {
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let file = sources.add("test.yaml", text);
        let tree = node::parse(&sources, file, &mut problems);
        let block = tree.as_ref().and_then(|t| t.get("workload"));
        let workload = block.and_then(|n| read::<Workload>(n, &[], &Defaults::default(), &mut problems));
        if let (Some(workload), Some(block)) = (&workload, block) {
            workload.check(block, &mut problems);
        }
        workload.filter(|_| problems.none_is_error()).ok_or_else(|| problems.render(&sources, false))
    }

    pub(crate) fn workload(text: &str) -> Workload {
        parse(text).unwrap_or_else(|e| panic!("{e}"))
    }

    pub(crate) fn month(text: &str) -> Month {
        text.parse().expect("a month")
    }

    /// Equal up to the rounding of a few thousand additions.
    pub(crate) fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-9)
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let text = "workload:
  requests: {level: 100/s, routes: {core: 60%, auth: 30%}}
  growth: 2%/month
  day: [1, 2, 3]
  week: {mon: 0, tue: 0, wed: 0, thu: 0, fri: 0, sat: 0, sun: 0}
  events:
    - {name: Launch, from: \"2027-03-01 09:00\", to: \"2027-03-01 09:00\", times: 2, routes: [cora]}
    - {name: Sale, from: 2027-03-01, times: 2}
  noise: {spread: 10%, correlation: 0 s}";
        let errors = parse(text).expect_err("a bad workload");
        for said in [
            "add up to 90%",
            "growth from when on?",
            "3 values",
            "a week without",
            "`core`?",
            "ends before it begins",
            "when is the event `Sale`?",
            "no time",
        ] {
            assert!(errors.contains(said), "{said} is missing in\n{errors}");
        }
        assert_eq!(errors.matches("error:").count(), 8, "{errors}");
    }

    #[test]
    fn a_workload_is_written_as_it_was_read() {
        let text = "workload:
  since: 2026-12
  requests: {level: 100/s}
  day: {peak: 15:00, low: \"04:00\", ratio: 3}
  events: [{name: Launch, from: \"2027-03-01 09:00\", to: 2027-03-02, times: 2}]";
        let json = serde_json::to_value(workload(text)).expect("JSON");
        assert_eq!(json["since"], "2026-12");
        assert_eq!(json["day"]["peak"], "15:00");
        assert_eq!(json["events"][0]["from"], "2027-03-01 09:00");
        assert_eq!(json["events"][0]["to"], "2027-03-02");
    }
}
