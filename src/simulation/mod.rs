//! Demand and capacity together, step by step: what the tasks of services do in a month of hours or minutes, with noise.
//!
//! A [`Fleet`] is made once for a month; [`Fleet::path`] lives through it once with drawn noise. Demand of a route is drawn once
//! for each step and seen by everything behind it, so that requests and tasks of a path belong together. Every
//! route has a stream of random numbers of its own: a path depends on nothing but its streams and its level, whichever thread
//! lives through it.
//!
//! By the hour a service runs what it needs, without memory. By the minute it scales as AWS does
//! ([`scaler`](crate::scaling::scaler)), late and with cooldowns.
//!
//! Not here: what demand is likely (`workload`), how streams are seeded, how many paths there are, and what tasks cost.
#![allow(clippy::float_arithmetic, reason = "tasks are simulated, not billed: they become exact where they are charged")]

pub mod day;
mod hours;
pub mod month;
mod noise;

use rand::Rng;

use self::hours::Steady;
pub use self::noise::Noise;
use self::noise::Walk;
use crate::scaling::scaler::{Live, Scaler};
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
    pub scaler: &'a Scaler,
    /// Where its requests come from: the index of a route, and how many requests reach the service for each one on the route.
    pub shares: Vec<(usize, f64)>,
}

/// Services behind the same routes, ready to be lived through.
#[derive(Clone, Debug)]
pub struct Fleet<'a> {
    step: Step,
    /// Minutes from a Monday at 00:00 UTC to the first step.
    start: u32,
    /// Steps of the month.
    steps: usize,
    routes: Vec<Route<'a>>,
    services: Vec<Service<'a>>,
    /// What each service needs by the hour, part by part; empty by the minute.
    steady: Vec<Vec<Steady>>,
}

/// What one path comes to over the month.
#[derive(Clone, PartialEq, Debug)]
pub struct Path {
    /// Tasks of each service, summed over the steps: task-hours by the hour, task-minutes by the minute.
    pub tasks: Vec<f64>,
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

impl<'a> Fleet<'a> {
    /// A fleet over steps of this length, the first of which begins so many minutes after a Monday at 00:00 UTC. It lasts as
    /// long as the shortest route.
    ///
    /// # Panics
    /// Where a service names a route that is not there.
    pub fn new(step: Step, start: u32, routes: Vec<Route<'a>>, services: Vec<Service<'a>>) -> Fleet<'a> {
        let last = services.iter().flat_map(|s| s.shares.iter().map(|(route, _)| *route)).max();
        assert!(last.is_none_or(|last| last < routes.len()), "there are {} routes, and none at {last:?}", routes.len());
        let steps = routes.iter().map(|r| r.rates.len()).min().unwrap_or(0);
        let steady = match step {
            Step::Hour => services.iter().map(|s| Steady::all(s.scaler, start, steps)).collect(),
            Step::Minute => Vec::new(),
        };
        Fleet { step, start, steps, routes, services, steady }
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
                let requests = demand.of(service);
                *sum += steady.iter().map(|part| part.tasks(first, requests)).sum::<f64>();
            }
        }
        path
    }

    /// What each service needs in every hour of a path by the hour; empty for one by the minute.
    pub fn hours<R: Rng>(&self, stream: impl FnMut(usize) -> R, level: f64) -> Vec<Vec<f64>> {
        let mut all: Vec<Vec<f64>> = self.steady.iter().map(|_| Vec::with_capacity(self.steps)).collect();
        if all.is_empty() {
            return all;
        }
        let mut demand = Demand::new(self, stream, level);
        while let Some(first) = demand.next() {
            for ((service, steady), hours) in self.services.iter().zip(&self.steady).zip(&mut all) {
                let each = (first..).zip(demand.of(service).chunks(1));
                hours.extend(each.map(|(hour, requests)| steady.iter().map(|part| part.tasks(hour, requests)).sum::<f64>()));
            }
        }
        all
    }

    fn path_of_minutes<R: Rng>(&self, stream: impl FnMut(usize) -> R, level: f64) -> Path {
        let mut path = self.nothing();
        let mut demand = Demand::new(self, stream, level);
        let mut live: Vec<_> = self.services.iter().map(|s| self.settled(s, level)).collect();
        while let Some(first) = demand.next() {
            demand.count(&mut path.requests, 60.0);
            for ((service, live), sum) in self.services.iter().zip(&mut live).zip(&mut path.tasks) {
                *sum += live.minutes(self.start + first as u32, demand.of(service));
            }
        }
        path
    }

    /// The same path as [`path`](Fleet::path) with everything that happens on it, for each service of tasks.
    pub fn series<R: Rng>(&self, stream: impl FnMut(usize) -> R, level: f64) -> Vec<Series> {
        let mut demand = Demand::new(self, stream, level);
        let services = self.services.iter().filter_map(|service| match self.settled(service, level) {
            Live::Tasks(live) => Some((service, live, Series::default())),
            Live::Readers(_) | Live::Acus(..) => None,
        });
        let mut all: Vec<_> = services.collect();
        while let Some(first) = demand.next() {
            for (service, live, series) in &mut all {
                for (at, requests) in (first..).zip(demand.of(service)) {
                    let of_week = self.of_week(at);
                    let (tasks, working) = match self.step {
                        Step::Hour => [live.config().steady(*requests, of_week); 2].into(),
                        Step::Minute => (live.next(of_week, *requests), live.working()),
                    };
                    series.requests.push(*requests);
                    series.tasks.push(tasks);
                    series.working.push(working);
                }
            }
        }
        all.into_iter().map(|(.., series)| series).collect()
    }

    fn nothing(&self) -> Path {
        let zeros = |len: usize| vec![0.0; len];
        Path { tasks: zeros(self.services.len()), requests: zeros(self.routes.len()) }
    }

    /// The minute of the week in which a step begins.
    fn of_week(&self, step: usize) -> u32 {
        self.start + (step * self.step.minutes()) as u32
    }

    /// A service at rest under the demand that the first step has without noise.
    fn settled(&self, service: &Service<'a>, level: f64) -> Live<'a> {
        let first = |route: usize| self.routes[route].rates.first().copied().unwrap_or(0.0) * level;
        let requests = service.shares.iter().map(|(route, share)| share * first(*route)).sum();
        service.scaler.settled(requests, self.start)
    }
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
        requests.iter_mut().zip(&self.rates).for_each(|(requests, rates)| *requests += sum(&rates[..self.len]) * seconds);
    }
}

/// The sum, in four parts side by side: one after the other each addition would wait for the one before.
fn sum(rates: &[f64]) -> f64 {
    let (fours, rest) = rates.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for four in fours {
        sums.iter_mut().zip(four).for_each(|(sum, rate)| *sum += rate);
    }
    sums.iter().chain(rest).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rayon::prelude::*;

    use super::*;
    use crate::scaling::scheduled::{Limits, Week};
    use crate::scaling::target_tracking::{Assumed, Config, Metric, Rule, TaskLoad};

    /// One request per second takes 5% of a task.
    const LOAD: TaskLoad = TaskLoad { cpu: 0.05, in_flight: None, at_rest: None };
    const NOISE: Noise = Noise { phi: 0.8, sd: 0.3, variance: 0.25 };
    const TUESDAY: u32 = 1_440;

    fn config(min: u32, max: u32, target: f64) -> Scaler {
        let rules = vec![Rule::new(Metric::Cpu, target, &LOAD)];
        Scaler::Tasks(Config::new(Week::always(Limits { min, max }), rules, Assumed::default()))
    }

    /// The stream of a route on a path.
    fn streams(path: u64) -> impl Fn(usize) -> Xoshiro256PlusPlus {
        move |route| Xoshiro256PlusPlus::seed_from_u64(1_000 * path + route as u64)
    }

    /// A wave a day around so many requests per second.
    fn wave(mean: f64, steps: usize, a_day: usize) -> Vec<f64> {
        (0..steps).map(|i| mean * (1.0 + 0.5 * (std::f64::consts::TAU * i as f64 / a_day as f64).sin())).collect()
    }

    /// Two services before which there is one route each, and a third one that hears of both.
    fn fleet<'a>(step: Step, configs: &'a [Scaler; 3], rates: &'a [Vec<f64>; 2], noise: Noise) -> Fleet<'a> {
        let routes = rates.iter().map(|rates| Route { rates, noise }).collect();
        let shares = [vec![(0, 1.0)], vec![(1, 0.5)], vec![(0, 0.25), (1, 2.0)]];
        let services = configs.iter().zip(shares).map(|(scaler, shares)| Service { scaler, shares }).collect();
        Fleet::new(step, TUESDAY, routes, services)
    }

    fn configs() -> [Scaler; 3] {
        [config(2, 10, 0.7), config(1, 20, 0.5), config(0, 30, 0.6)]
    }

    fn steady(scaler: &Scaler, requests: f64, of_week: u32) -> u32 {
        let Scaler::Tasks(config) = scaler else { panic!("tasks") };
        config.steady(requests, of_week)
    }

    /// Equal up to the rounding of a few thousand additions.
    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
    }

    #[test]
    fn hours_without_noise_are_the_sum_of_the_tasks_at_rest() {
        let (configs, rates) = (configs(), [wave(60.0, 744, 24), wave(35.0, 744, 24)]);
        let path = fleet(Step::Hour, &configs, &rates, Noise::NONE).path(streams(1), 1.0);
        let [a, b] = &rates;
        let demand = [a.clone(), b.iter().map(|b| 0.5 * b).collect(), a.iter().zip(b).map(|(a, b)| 0.25 * a + 2.0 * b).collect()];
        for ((config, demand), tasks) in configs.iter().zip(&demand).zip(&path.tasks) {
            let steady = (0..).zip(demand).map(|(hour, rate)| steady(config, *rate, TUESDAY + 60 * hour));
            assert_eq!(*tasks, f64::from(steady.sum::<u32>()));
        }
        assert!(near(path.requests[0], a.iter().sum::<f64>() * 3_600.0));
    }

    #[test]
    fn minutes_of_constant_demand_are_tasks_times_minutes_once_settled() {
        let (configs, rates) = (configs(), [vec![60.0; 600], vec![35.0; 600]]);
        let path = fleet(Step::Minute, &configs, &rates, Noise::NONE).path(streams(1), 1.0);
        // 60 × 5% ÷ 70% = 4.3; 17.5 × 5% ÷ 50% = 1.75; (15 + 70) × 5% ÷ 60% = 7.1. They begin at rest.
        assert_eq!(path.tasks, [5.0 * 600.0, 2.0 * 600.0, 8.0 * 600.0]);
        assert!(near(path.requests[1], 35.0 * 600.0 * 60.0));
        // Half-way the first route grows.
        let mut rates = rates;
        rates[0][300..].fill(110.0);
        let path = fleet(Step::Minute, &configs, &rates, Noise::NONE).path(streams(1), 1.0);
        // 110 × 5% = 5.5 tasks' worth on 5: CPU stands at 100%, and the points of the minutes 300 to 302 ask for 5 × 100 ÷ 70 = 7.1.
        assert_eq!(path.tasks[0], 5.0 * 303.0 + 8.0 * 297.0);
    }

    #[test]
    fn a_path_is_the_same_whichever_thread_lives_through_it() {
        let configs = configs();
        for (step, a_day) in [(Step::Hour, 24), (Step::Minute, 1_440)] {
            let rates = [wave(60.0, 10 * a_day, a_day), wave(35.0, 10 * a_day, a_day)];
            let fleet = fleet(step, &configs, &rates, NOISE);
            let alone: Vec<Path> = (0..20).map(|path| fleet.path(streams(path), 1.1)).collect();
            let together: Vec<Path> = (0..20).into_par_iter().map(|path| fleet.path(streams(path), 1.1)).collect();
            assert_eq!(alone, together);
            assert_ne!(alone[0], alone[1]);
        }
    }

    /// Written down from one build: others come to the same, whatever they optimise. Requests may differ in the last digits on
    /// another system, whose sine, logarithm and exponential the wave and the tail of the normals take.
    #[test]
    fn a_path_is_the_same_in_every_build() {
        let (configs, rates) = (configs(), [wave(60.0, 744, 24), wave(35.0, 744, 24)]);
        let path = fleet(Step::Hour, &configs, &rates, NOISE).path(streams(7), 1.0);
        assert_eq!(path.tasks, [3_774.0, 1_611.0, 5_655.0]);
        assert!(near(path.requests[0], 188_955_371.490_56) && near(path.requests[1], 90_524_072.417_577_6), "{:?}", path.requests);
    }

    #[test]
    fn another_route_changes_no_draw() {
        let (configs, rates) = (configs(), [wave(60.0, 744, 24), wave(35.0, 744, 24)]);
        let both = fleet(Step::Hour, &configs, &rates, NOISE).path(streams(3), 1.0);
        let route = Route { rates: &rates[0], noise: NOISE };
        let alone = Fleet::new(Step::Hour, TUESDAY, vec![route], vec![Service { scaler: &configs[0], shares: vec![(0, 1.0)] }]);
        assert_eq!(alone.path(streams(3), 1.0).tasks, both.tasks[..1]);
    }

    #[test]
    fn a_series_adds_up_to_its_path() {
        let configs = configs();
        for (step, a_day) in [(Step::Hour, 24), (Step::Minute, 1_440)] {
            let rates = [wave(60.0, 3 * a_day + 7, a_day), wave(35.0, 3 * a_day + 7, a_day)];
            let fleet = fleet(step, &configs, &rates, NOISE);
            let (path, series) = (fleet.path(streams(5), 1.1), fleet.series(streams(5), 1.1));
            let sums: Vec<f64> = series.iter().map(|s| f64::from(s.tasks.iter().sum::<u32>())).collect();
            assert_eq!(sums, path.tasks, "{step:?}");
            assert!(near(series[0].requests.iter().sum::<f64>() * step.seconds(), path.requests[0]));
        }
    }

    #[test]
    #[should_panic(expected = "there are 1 routes")]
    fn a_route_that_is_not_there_is_refused() {
        let (config, rates) = (config(1, 2, 0.5), [1.0]);
        let service = Service { scaler: &config, shares: vec![(1, 1.0)] };
        Fleet::new(Step::Hour, 0, vec![Route { rates: &rates, noise: Noise::NONE }], vec![service]);
    }

    proptest! {
        /// The series asks scaling for each hour by itself: the plain way.
        #[test]
        fn hours_at_once_are_the_hours_of_the_series(
            seed: u64, target in 0.2..0.95f64, min in 0..5u32, more in 0..30u32, level in 0.1..3.0f64, phi in 0.0..0.99f64, sd in 0.0..0.5f64,
            hours in 1..200usize, mean in 0.0..300.0f64,
        ) {
            let configs = [config(min, min + more, target), config(0, 9, target), config(1, 99, target)];
            let rates = [wave(mean, hours, 24), wave(35.0, hours, 24)];
            let fleet = fleet(Step::Hour, &configs, &rates, Noise { phi, sd, variance: sd * sd / (1.0 - phi * phi) });
            let (path, series) = (fleet.path(streams(seed % 1_000), level), fleet.series(streams(seed % 1_000), level));
            for (tasks, series) in path.tasks.iter().zip(&series) {
                prop_assert_eq!(*tasks, f64::from(series.tasks.iter().sum::<u32>()));
            }
        }
    }
}
