//! Application load balancers: the hours they stand and the capacity units that they use (AWS, "Elastic Load Balancing
//! pricing", Application Load Balancer). An hour is billed by the one dimension that needs the most LCUs in it.
//!
//! Not here: Network and Classic Load Balancers, trust stores for mutual TLS, the public addresses (`public_ipv4`), and the
//! bytes that leave AWS (`data_transfer`). Traffic to targets in other zones costs nothing.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::money::quotient;
use crate::quantity::{Count, CountRate, GbRate, Per, Seconds, Unit};
use crate::scenario::driver::Driver;
use crate::simulation::month::{Dimension, Follows};
use crate::usage::{Step, Tape};

const CODE: &str = "AWSELB";
const OPERATION: &str = "LoadBalancing:Application";
/// New connections a second that one LCU carries.
const NEW_CONNECTIONS: u32 = 25;
/// Connections that one LCU keeps open, sampled by the minute.
const ACTIVE_CONNECTIONS: u32 = 3_000;
/// GB an hour that one LCU carries to and from EC2 instances, containers and addresses. Lambda functions are not modelled.
const PROCESSED: u32 = 1;
/// Seconds of a month of 730 hours, over which a flow stated for a month is taken as even.
const SECONDS_OF_A_MONTH: Decimal = Decimal::from_parts(2_628_000, 0, 0, false, 0);
/// Rule evaluations a second that one LCU carries.
const RULE_EVALUATIONS: u32 = 1_000;

/// Capacity units: an average, or what makes them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Lcu {
    /// LCUs on average over the hours, of all balancers together. Leaves no room for the dimensions.
    #[serde(default)]
    pub average: Option<Driver<Count>>,
    /// New connections, 25 a second in an LCU.
    #[serde(default)]
    pub new_connections: Option<Driver<CountRate>>,
    /// Connections open at any time, 3,000 in an LCU.
    #[serde(default)]
    pub active_connections: Option<Driver<Count>>,
    /// How long a new connection stays open, in place of `active_connections`.
    #[serde(default)]
    pub connection_time: Option<Driver<Seconds>>,
    /// Bytes to and from targets, 1 GB an hour in an LCU.
    #[serde(default)]
    pub processed: Option<Driver<GbRate>>,
    /// Rule evaluations that are billed, 1,000 a second in an LCU: requests × the rules beyond the 10 free ones.
    #[serde(default)]
    pub rule_evaluations: Option<Driver<CountRate>>,
}

/// One or more application load balancers.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ApplicationLoadBalancer {
    /// How many stand.
    pub balancers: Driver<Count>,
    /// What passes through them, all together.
    #[serde(default)]
    pub lcu: Option<Lcu>,
}

impl Service for ApplicationLoadBalancer {
    const TYPE: &'static str = "application-load-balancer";
    const METRICS: &'static [(&'static str, &'static str)] = &[
        (".average", "ConsumedLCUs (AWS/ApplicationELB)"),
        (".new_connections", "NewConnectionCount (AWS/ApplicationELB)"),
        (".processed", "ProcessedBytes (AWS/ApplicationELB)"),
        (".active_connections", "ActiveConnectionCount (AWS/ApplicationELB)"),
        (".rule_evaluations", "RuleEvaluations (AWS/ApplicationELB)"),
    ];
    const EXAMPLE: &'static str = "
type: application-load-balancer
balancers: 1
lcu: {new_connections: 40/s, active_connections: 2000, processed: 100 GB/month, rule_evaluations: 500/s}
";

    fn usage(&self, at: &mut At<'_>) {
        let hours = at.hours().times("load balancers", &self.balancers);
        at.record(CODE, "LoadBalancerUsage", OPERATION, Unit::Hours, hours);
        let Some(lcu) = &self.lcu else { return };
        let units = match &lcu.average {
            Some(average) => Some(at.hours().times("LCUs on average", average)),
            None => largest(dimensions(lcu, at)).map(|tape| hour_by_hour(tape, at)),
        };
        if let Some(units) = units {
            at.record(CODE, "LCUUsage", OPERATION, Unit::Hours, units);
        }
    }

    fn follows(&self) -> Option<Follows> {
        let lcu = self.lcu.as_ref().filter(|lcu| lcu.average.is_none())?;
        let dimensions = lcu.over_time();
        dimensions.iter().any(|d| !d.each.is_zero()).then_some(Follows::Lcus(dimensions))
    }

    fn check(&self, check: &mut Check<'_>) {
        let Some(lcu) = &self.lcu else { return };
        if let Some(time) = &lcu.connection_time {
            let twice = lcu.active_connections.is_some();
            if twice || lcu.new_connections.is_none() {
                let label = if twice { "`active_connections` says it already" } else { "`new_connections` is missing" };
                check.error(time.at, "open connections follow from new ones and their time", label, "state both, or `active_connections`");
            }
        }
        let dimensions =
            [lcu.new_connections.is_some(), lcu.active_connections.is_some(), lcu.processed.is_some(), lcu.rule_evaluations.is_some()]
                .contains(&true);
        match &lcu.average {
            Some(average) if dimensions => check.error(
                average.at,
                "LCUs are stated both as an average and by their dimensions",
                "the average already holds the dimensions",
                "keep `average`, or the dimensions",
            ),
            None if !dimensions => check.error(
                None,
                "`lcu` states nothing",
                "LCUs of what?",
                "state `average`, or a dimension: new_connections, active_connections, processed, rule_evaluations",
            ),
            _ => {}
        }
    }
}

/// LCU-hours of each dimension by itself (AWS, "Elastic Load Balancing pricing", LCU details).
fn dimensions(lcu: &Lcu, at: &At<'_>) -> Vec<Tape> {
    let by_second = |name, driver, carried, each| {
        Tape::new().times_rate(name, driver, &at.over).rule_of(Step::Over, "seconds in an hour", 3_600).rule_of(Step::Over, carried, each)
    };
    let new = lcu.new_connections.as_ref().map(|d| by_second("new connections", d, "connections an LCU carries", NEW_CONNECTIONS));
    let open = |tape: Tape| tape.rule_of(Step::Over, "open connections an LCU carries", ACTIVE_CONNECTIONS);
    let stay = lcu.connection_time.as_ref().zip(lcu.new_connections.as_ref()).map(|(time, new)| {
        let new = Tape::new().times_rate("new connections", new, &at.over).rule_of(Step::Over, "seconds in an hour", 3_600);
        open(new.times("seconds open", time))
    });
    let active = lcu.active_connections.as_ref().map(|d| open(at.hours().times("open connections", d))).or(stay);
    let processed = lcu
        .processed
        .as_ref()
        .map(|d| Tape::new().times_rate("bytes processed", d, &at.over).rule_of(Step::Over, "GB an LCU carries in an hour", PROCESSED));
    let rules = lcu.rule_evaluations.as_ref().map(|d| by_second("rule evaluations", d, "evaluations an LCU carries", RULE_EVALUATIONS));
    [new, active, processed, rules].into_iter().flatten().collect()
}

impl Lcu {
    /// What each dimension needs over time.
    fn over_time(&self) -> Vec<Dimension> {
        let (new, bytes) = (self.new_connections.as_ref().map(|d| (d.value.amount, d.value.per, &d.of)), &self.processed);
        let carried = |amount: Decimal, by: u32| quotient(amount, Decimal::from(by)).unwrap_or_default();
        let by_second = |amount: Decimal, per: Per, route: &Option<String>, by: u32| match per.in_an_hour() {
            Some((times, over)) => {
                let always = quotient(amount * times, over * Decimal::from(3_600)).unwrap_or_default();
                Dimension { always: carried(always, by), each: Decimal::ZERO, route: None }
            }
            // What is stated for a month is taken as even; what is stated per request follows its route.
            None if per == Per::Request => Dimension { always: Decimal::ZERO, each: carried(amount, by), route: route.clone() },
            None => Dimension {
                always: carried(quotient(amount, SECONDS_OF_A_MONTH).unwrap_or_default(), by),
                each: Decimal::ZERO,
                route: None,
            },
        };
        let open =
            |time: &Driver<Seconds>| new.map(|(amount, per, route)| by_second(amount * time.value.0, per, route, ACTIVE_CONNECTIONS));
        let rules = self.rule_evaluations.as_ref();
        let always =
            |count: &Driver<Count>| Dimension { always: carried(count.value.0, ACTIVE_CONNECTIONS), each: Decimal::ZERO, route: None };
        [
            new.map(|(amount, per, route)| by_second(amount, per, route, NEW_CONNECTIONS)),
            self.active_connections.as_ref().map(always).or_else(|| self.connection_time.as_ref().and_then(open)),
            bytes.as_ref().map(|d| by_second(d.value.amount * Decimal::from(3_600), d.value.per, &d.of, PROCESSED)),
            rules.map(|d| by_second(d.value.amount, d.value.per, &d.of, RULE_EVALUATIONS)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// AWS takes the largest dimension of every hour and adds up the hours. Where dimensions peak in different hours that is more than
/// the largest of the month; how much more, the hours of the workload show.
fn hour_by_hour(tape: Tape, at: &At<'_>) -> Tape {
    match at.capacity.filter(|times| *times > Decimal::ONE) {
        Some(times) => tape.rule(Step::Times, "the largest dimension hour by hour", times),
        None => tape,
    }
}

/// The dimension that needs the most in the month, raised to the others where they would be above it.
fn largest(dimensions: Vec<Tape>) -> Option<Tape> {
    let mut sized = Vec::new();
    for tape in dimensions {
        match tape.clone().finish() {
            Some((hours, _)) => sized.push((hours, tape)),
            // Too large to be exact: handed on, so that it is reported.
            None => return Some(tape),
        }
    }
    let most = sized.iter().map(|(hours, _)| *hours).max()?;
    let first = sized.iter().position(|(hours, _)| *hours == most)?;
    let (_, tape) = sized.remove(first);
    Some(sized.into_iter().fold(tape, |tape, (_, other)| tape.with(Step::AtLeast, "LCU-hours of another dimension", other)))
}

#[cfg(test)]
mod tests {
    use crate::services::testing::check;

    /// The calculator's example with 1.6 LCU, over the 720 hours of November: 1.6 × 720 = 1,152; 100 GB are only 100.
    #[test]
    fn forty_connections_a_second_need_more_than_a_hundred_gigabytes_a_month() {
        check(
            "type: application-load-balancer\nbalancers: 1\nlcu: {new_connections: 40/s, processed: 100 GB/month}",
            "us-east-1",
            "2026-11",
            "LoadBalancerUsage  720 hours hours in the month 720 × load balancers 1
             LCUUsage          1152 hours new connections 40/s × hours in the month 720 × in an hour 3,600 ÷ seconds in an hour 3,600 ÷ connections an LCU carries 25 at least LCU-hours of another dimension 100",
        );
    }

    #[test]
    fn a_terabyte_a_month_is_1024_lcu_hours_however_long_the_month() {
        check(
            "type: application-load-balancer\nbalancers: 1\nlcu: {processed: 1 TB/month}",
            "us-west-2",
            "2026-12",
            "USW2-LoadBalancerUsage  744 hours hours in the month 744 × load balancers 1
             USW2-LCUUsage          1024 hours bytes processed 1,024 GB/month ÷ GB an LCU carries in an hour 1",
        );
    }

    /// 6,000 open connections are 2 LCU for 744 hours; 1,500 evaluations a second are 1.5 × 744 = 1,116.
    #[test]
    fn the_largest_dimension_counts_wherever_it_stands() {
        check(
            "type: application-load-balancer\nbalancers: 2\nlcu: {rule_evaluations: \"1,500/s\", active_connections: \"6,000\"}",
            "us-east-1",
            "2026-12",
            "LoadBalancerUsage 1488 hours hours in the month 744 × load balancers 2
             LCUUsage          1488 hours hours in the month 744 × open connections 6,000 ÷ open connections an LCU carries 3,000 at least LCU-hours of another dimension 1,116",
        );
    }

    #[test]
    fn an_average_of_lcus_is_taken_as_it_is_stated() {
        check(
            "type: application-load-balancer\nbalancers: 1\nlcu: {average: 1.4}",
            "us-east-1",
            "2026-11",
            "LoadBalancerUsage  720 hours hours in the month 720 × load balancers 1
             LCUUsage          1008 hours hours in the month 720 × LCUs on average 1.4",
        );
    }

    #[test]
    #[should_panic(expected = "both as an average and by their dimensions")]
    fn an_average_beside_dimensions_is_refused() {
        check("type: application-load-balancer\nbalancers: 1\nlcu: {average: 1.4, processed: 1 GB/h}", "us-east-1", "2026-11", "");
    }
}
