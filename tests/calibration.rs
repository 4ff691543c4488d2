//! Whether bands cover what they say. Histories of twelve months come from a generator of their own, minute by minute; a workload
//! is fitted to each; its forecast of the thirteenth month is held against what that month really cost.
//!
//! The generator shares no code with the forecast: its random numbers, its shapes, its noise are written here. Shared are the state
//! machine of ECS scaling, by which the true month's tasks follow its minutes, and list prices.
#![allow(clippy::float_arithmetic, reason = "a test of statistics")]

use std::collections::BTreeMap;
use std::fmt::Write;

use ce_cost::forecast::paths::Drawing;
use ce_cost::forecast::{self, Band, Cut};
use ce_cost::money::Usd;
use ce_cost::month::{HoursBasis, Month};
use ce_cost::predict::Basis;
use ce_cost::pricing::PriceBook;
use ce_cost::scaling::scheduled::{Limits, Week};
use ce_cost::scaling::target_tracking::{Assumed, Config, Metric, Minute, Rule, Service, TaskLoad};
use ce_cost::scenario::{self, InputFile};
use ce_cost::workload::fit::fit;
use ce_cost::workload::measured::Series;
use chrono::Datelike;
use rayon::prelude::*;

/// Months that are forecast and then come true. The coverage of 80% is known to √(0.8 × 0.2 ÷ 1,000) = 1.3% from them.
const HISTORIES: u64 = 1_000;
/// Months of each world that the model does not know: what they score is shown, not asserted.
const STRANGE: u64 = 300;
/// The first month of every history.
const FIRST: &str = "2025-12";

/// PCG-XSH-RR (M. E. O'Neill, "PCG: A family of simple fast space-efficient statistically good algorithms", 2014) with normal
/// numbers by the polar method of Marsaglia.
struct Numbers {
    state: u64,
    spare: Option<f64>,
}

impl Numbers {
    fn new(seed: u64) -> Numbers {
        let mut numbers = Numbers { state: seed.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ 0x5851_F42D_4C95_7F2D, spare: None };
        for _ in 0..8 {
            numbers.word();
        }
        numbers
    }

    fn word(&mut self) -> u32 {
        let old = self.state;
        self.state = old.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mixed = (((old >> 18) ^ old) >> 27) as u32;
        mixed.rotate_right((old >> 59) as u32)
    }

    /// Between 0 and 1.
    fn uniform(&mut self) -> f64 {
        (f64::from(self.word()) + 0.5) / 4_294_967_296.0
    }

    fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (u, v) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                let factor = (-2.0 * s.ln() / s).sqrt();
                self.spare = Some(v * factor);
                return u * factor;
            }
        }
    }

    /// Student's t with three degrees of freedom, scaled to a standard deviation of one.
    fn heavy(&mut self) -> f64 {
        let squares: f64 = (0..3).map(|_| self.normal().powi(2)).sum();
        self.normal() / (squares / 3.0).sqrt() / 3f64.sqrt()
    }
}

/// How the months of a history come about.
#[derive(Clone, Copy, PartialEq, Debug)]
enum World {
    /// As the model thinks: growth, lognormal drift, lognormal noise with memory.
    Known,
    /// Drift with heavier tails than the model knows.
    HeavyTails,
    /// From some month on, as often as not the one that is forecast, demand is a fifth larger or a seventh smaller.
    StepChange,
}

/// A history: the hourly means of twelve months, and the minutes of the thirteenth, in requests per second.
struct History {
    hours: Vec<f64>,
    minutes: Vec<f64>,
}

fn history(world: World, seed: u64) -> History {
    let mut numbers = Numbers::new(seed);
    let level = 60.0 * (0.4 * numbers.normal()).exp();
    let growth = 0.01 + 0.01 * numbers.normal();
    let drift = 0.03 + 0.03 * numbers.uniform();
    let (peak, depth) = (24.0 * numbers.uniform(), 0.3 + 0.3 * numbers.uniform());
    let weekend = 0.5 + 0.4 * numbers.uniform();
    let (spread, minutes_of_memory) = (0.1 + 0.1 * numbers.uniform(), 10.0 + 30.0 * numbers.uniform());
    let step = if numbers.uniform() < 0.5 { 12 } else { (12.0 * numbers.uniform()) as u32 };
    let by: f64 = if numbers.uniform() < 0.5 { 1.2 } else { 6.0 / 7.0 };
    let phi: f64 = (-1.0 / minutes_of_memory).exp();
    let (mut noise, mut hours, mut truth) = (spread * numbers.normal(), Vec::new(), Vec::new());
    let first: Month = FIRST.parse().expect("a month");
    for n in 0..13 {
        let month = first.plus(n);
        let shock = if world == World::HeavyTails { numbers.heavy() } else { numbers.normal() };
        let changed = if world == World::StepChange && n >= step { by } else { 1.0 };
        let of_month = level * (growth * f64::from(n)).exp() * (drift * shock - drift * drift / 2.0).exp() * changed;
        let mut minutes = Vec::with_capacity(month.hours() as usize * 60);
        for day in month.days() {
            let weekday = if day.weekday().num_days_from_monday() >= 5 { weekend } else { 1.0 };
            for minute in 0..1_440 {
                let turn = (f64::from(minute) / 1_440.0 - peak / 24.0) * std::f64::consts::TAU;
                noise = phi * noise + spread * (1.0 - phi * phi).sqrt() * numbers.normal();
                minutes.push(of_month * weekday * (1.0 + depth * turn.cos()) * (noise - spread * spread / 2.0).exp());
            }
        }
        match n {
            12 => truth = minutes,
            _ => hours.extend(minutes.chunks(60).map(|hour| hour.iter().sum::<f64>() / 60.0)),
        }
    }
    History { hours, minutes: truth }
}

/// vCPU-seconds of a request, and the target of the CPU: what the scenario below states.
const CPU: f64 = 0.05;
const TARGET: f64 = 0.6;

/// The scenario of the forecast: a service that scales, and two things that are paid by the request.
fn scenario_text(workload: &str) -> String {
    format!(
        "environment: shop\nregion: us-east-1\n{workload}resources:
  web:
    type: fargate-service
    task: {{cpu: 1 vCPU, memory: 2 GB}}
    tasks: {{min: 2, max: 60}}
    demand: {{per_request: {{cpu: 50 ms}}}}
    scaling: {{policies: [{{metric: cpu, target: 60%}}]}}
  nat: {{type: nat-gateway, gateways: 1, processed: 2 KB/request}}
  logs: {{type: cloudwatch, logs: {{ingested: 1 KB/request}}}}
"
    )
}

/// What the month really costs, by hand: us-east-1 list prices of Fargate, NAT bytes and hours, and logs beyond the free 5 GB.
fn cost(minutes: &[f64], month: Month) -> f64 {
    let load = TaskLoad { cpu: CPU, in_flight: None, at_rest: None };
    let limits = Limits { min: 2, max: 60 };
    let config = Config::new(Week::always(limits), vec![Rule::new(Metric::Cpu, TARGET, &load)], Assumed::default());
    let start = month.first_day().weekday().num_days_from_monday() * 1_440;
    let mut service = Service::new(&config, config.steady(minutes[0], start));
    let step = |(of_week, requests): (u32, &f64)| u64::from(service.step(&Minute { of_week, requests: Some(*requests), deploying: false }));
    let task_minutes: u64 = (start..).zip(minutes).map(step).sum();
    let task_hours = task_minutes as f64 / 60.0;
    let requests: f64 = minutes.iter().sum::<f64>() * 60.0;
    let gb = |kb: f64| requests * kb / 1_048_576.0;
    let free = (gb(1.0) - 5.0).max(0.0);
    task_hours * (0.04048 + 2.0 * 0.004445) + f64::from(month.hours()) * 0.045 + gb(2.0) * 0.045 + free * 0.5
}

/// The band of the thirteenth month by a workload fitted to the twelve before.
fn band(hours: &[f64], month: Month, book: &PriceBook, seed: u64) -> Band {
    let start = FIRST.parse::<Month>().expect("a month").first_day().and_hms_opt(0, 0, 0).expect("midnight");
    let routes = BTreeMap::from([("all".to_owned(), hours.iter().copied().map(Some).collect())]);
    let fitted = fit(&Series { start, step_minutes: 60, routes, notes: Vec::new() }).expect("a fit");
    let files = [InputFile { name: "shop.yaml".into(), text: scenario_text(&fitted.to_yaml()) }];
    let scenarios = scenario::load(&files, book, &[]).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
    let basis = Basis { month, hours: HoursBasis::Actual, pooled: true, free_tier: true, failover: None };
    let drawing = Drawing { paths: 500, seed };
    let cut = Cut { by: Default::default(), planned_only: false, as_of: "2026-11-30".into(), drawing };
    let shop = scenarios.named("shop").expect("the environment");
    let (forecast, _) = forecast::forecast(&scenarios, shop, book, basis, 1, &cut).unwrap_or_else(|e| panic!("{e}"));
    forecast.months[0].band.clone()
}

/// How bands did over many months.
#[derive(Clone, Copy, Debug)]
struct Score {
    /// The share of months inside the band, below it, above it.
    covered: f64,
    below: f64,
    above: f64,
    /// Width of the band and distance of the truth from P50, on average and as a part of P50.
    width: f64,
    bias: f64,
}

fn score(world: World, histories: u64, book: &PriceBook) -> Score {
    let month: Month = FIRST.parse::<Month>().expect("a month").plus(12);
    let one = |seed: u64| {
        let History { hours, minutes } = history(world, seed);
        let number = |usd: Option<Usd>| -> f64 { usd.expect("a band").to_string().parse().expect("a number") };
        let band = band(&hours, month, book, seed);
        [number(band.p10), number(band.p50), number(band.p90), cost(&minutes, month)]
    };
    let all: Vec<[f64; 4]> = (1..=histories).into_par_iter().map(one).collect();
    let mean = |of: &dyn Fn(&[f64; 4]) -> f64| all.iter().map(of).sum::<f64>() / all.len() as f64;
    let share = |is: &dyn Fn(&[f64; 4]) -> bool| mean(&|m| f64::from(u8::from(is(m))));
    Score {
        covered: share(&|[p10, _, p90, truth]| (p10..=p90).contains(&truth)),
        below: share(&|[p10, _, _, truth]| truth < p10),
        above: share(&|[_, _, p90, truth]| truth > p90),
        width: mean(&|[p10, p50, p90, _]| (p90 - p10) / p50),
        bias: mean(&|[_, p50, _, truth]| truth / p50 - 1.0),
    }
}

#[test]
fn bands_cover_what_they_say_and_this_is_how_they_do_where_the_model_is_wrong() {
    let book = PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
    let histories = std::env::var("CALIBRATION_HISTORIES").ok().and_then(|n| n.parse().ok()).unwrap_or(HISTORIES);
    let mut table = String::from("months as          inside  below  above  width   bias\n");
    let mut scores = Vec::new();
    for (name, world) in [("the model thinks", World::Known), ("with heavy tails", World::HeavyTails), ("with a step", World::StepChange)] {
        let s = score(world, if world == World::Known { histories } else { histories.min(STRANGE) }, &book);
        let _ = writeln!(
            table,
            "{name:18} {:5.0}% {:5.0}% {:5.0}% {:5.0}% {:+5.1}%",
            100.0 * s.covered,
            100.0 * s.below,
            100.0 * s.above,
            100.0 * s.width,
            100.0 * s.bias
        );
        scores.push(s);
    }
    println!("{histories} months as the model thinks, {STRANGE} of each other kind; 80% should lie inside:\n{table}");
    let known = scores[0];
    assert!((known.covered - 0.8).abs() <= 0.04, "the band of 80% covers {:.1}%\n{table}", 100.0 * known.covered);
    // What the model does not know costs it coverage: it says so itself.
    assert!(scores[2].covered < known.covered, "{table}");
}
