//! Capacity units of an application load balancer, hour by hour (AWS, "Elastic Load Balancing pricing", LCU details): an hour
//! is billed by the one dimension that needs the most LCUs in it. Over a month that is more than the largest of the averages
//! wherever dimensions peak in different hours.
//!
//! Not here: what an LCU carries, which AWS's price page says and the service hands in.
#![allow(clippy::float_arithmetic, reason = "capacity is simulated, not billed")]

/// The four dimensions of an LCU: what one request brings, or what one LCU carries.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Dimensions {
    /// New connections. A request: connections; an LCU: connections per second.
    pub new_connections: f64,
    /// Open connections. A request: connections × seconds for which they stay open; an LCU: connections.
    pub active_connections: f64,
    /// Bytes processed. A request: GB; an LCU: GB per hour.
    pub processed: f64,
    /// Rule evaluations beyond the free ones. A request: evaluations; an LCU: evaluations per second.
    pub rule_evaluations: f64,
}

/// A load balancer and the routes before it.
#[derive(Clone, Debug)]
pub struct Balancer {
    /// Index of each route, and the LCUs that one request per second on it needs in each dimension.
    routes: Vec<(usize, [f64; 4])>,
}

impl Balancer {
    /// From what a request on each route brings, and what an LCU carries.
    pub fn new(routes: &[(usize, Dimensions)], lcu: &Dimensions) -> Balancer {
        let needs = |request: &Dimensions| {
            [
                request.new_connections / lcu.new_connections,
                // Little's law: requests per second × seconds open are open at any time.
                request.active_connections / lcu.active_connections,
                request.processed * 3_600.0 / lcu.processed,
                request.rule_evaluations / lcu.rule_evaluations,
            ]
        };
        Balancer { routes: routes.iter().map(|(route, request)| (*route, needs(request))).collect() }
    }

    /// LCUs of an hour with so many requests per second on each route, by its index.
    pub fn lcus(&self, rate: impl Fn(usize) -> f64) -> f64 {
        let mut dimensions = [0.0; 4];
        for (route, needs) in &self.routes {
            let rate = rate(*route);
            dimensions.iter_mut().zip(needs).for_each(|(sum, need)| *sum += rate * need);
        }
        dimensions.into_iter().fold(0.0, f64::max)
    }

    /// LCU-hours of so many hours with these requests per second, one series for each route.
    pub fn lcu_hours(&self, rates: &[&[f64]]) -> f64 {
        let hours = self.routes.iter().map(|(route, _)| rates[*route].len()).min().unwrap_or(0);
        (0..hours).map(|hour| self.lcus(|route| rates[route][hour])).sum()
    }

    /// The highest index of a route.
    pub(super) fn last_route(&self) -> Option<usize> {
        self.routes.iter().map(|(route, _)| *route).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An LCU of AWS's price page.
    const LCU: Dimensions = Dimensions { new_connections: 25.0, active_connections: 3_000.0, processed: 1.0, rule_evaluations: 1_000.0 };
    const NOTHING: Dimensions = Dimensions { new_connections: 0.0, active_connections: 0.0, processed: 0.0, rule_evaluations: 0.0 };

    #[test]
    fn an_hour_is_billed_by_its_largest_dimension() {
        // Pages open a connection each; uploads bring a quarter of a megabyte each.
        let pages = Dimensions { new_connections: 1.0, ..NOTHING };
        let uploads = Dimensions { processed: 0.000_25, ..NOTHING };
        let balancer = Balancer::new(&[(0, pages), (1, uploads)], &LCU);
        // 50 connections/s ÷ 25 = 2 and 1.5 GB; then 10 ÷ 25 = 0.4 and 3 GB. GB ÷ 0.00025 ÷ 3,600 s are requests per second.
        let per_second = |gb: f64| gb / 0.000_25 / 3_600.0;
        let rates: [&[f64]; 2] = [&[50.0, 10.0], &[per_second(1.5), per_second(3.0)]];
        assert!((balancer.lcus(|route| rates[route][0]) - 2.0).abs() < 1e-12);
        assert!((balancer.lcus(|route| rates[route][1]) - 3.0).abs() < 1e-12);
        // The averages, 30 ÷ 25 = 1.2 and 2.25 GB, would make 4.5 of it.
        assert!((balancer.lcu_hours(&rates) - 5.0).abs() < 1e-12);
    }

    #[test]
    fn every_dimension_can_be_the_largest() {
        let lcus = |request: Dimensions| Balancer::new(&[(0, request)], &LCU).lcus(|_| 100.0);
        assert_eq!(lcus(NOTHING), 0.0);
        assert_eq!(lcus(Dimensions { new_connections: 0.5, ..NOTHING }), 2.0);
        // 100/s × 90 s are 9,000 open connections.
        assert_eq!(lcus(Dimensions { active_connections: 90.0, ..NOTHING }), 3.0);
        assert_eq!(lcus(Dimensions { rule_evaluations: 40.0, ..NOTHING }), 4.0);
        // 100/s × 3,600 s × 20 kB
        assert!((lcus(Dimensions { processed: 0.000_02, ..NOTHING }) - 7.2).abs() < 1e-12);
    }
}
