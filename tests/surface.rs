//! The months that paths evaluate in floats are the exact bill, whatever moves.
#![allow(clippy::float_arithmetic, reason = "paths are floats")]

mod built_in;

use ce_cost::bill::{Bill, Charge};
use ce_cost::failover::Failover;
use ce_cost::forecast::inputs::Inputs;
use ce_cost::forecast::surface::Surface;
use ce_cost::month::HoursBasis;
use ce_cost::predict::{Basis, Metered, bill};
use ce_cost::pricing::PriceBook;
use ce_cost::scenario::patch::Patch;
use ce_cost::scenario::{self, InputFile, Scenarios};
use ce_cost::services::{COMMON_KEYS, KINDS};
use ce_cost::source::Place;
use ce_cost::usage::Factor;
use rust_decimal::Decimal;

fn book() -> PriceBook {
    PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)))
}

fn basis(failover: Option<Failover>) -> Basis {
    Basis { month: "2027-03".parse().expect("a month"), hours: HoursBasis::Actual, pooled: true, free_tier: true, failover }
}

fn load(files: &[InputFile], book: &PriceBook, patches: &[Patch]) -> Option<Scenarios> {
    scenario::load(files, book, patches).ok()
}

/// Every driver that a factor of the bill names, with its path.
fn drivers(scenarios: &Scenarios, environment: &str, bill: &Bill) -> Vec<String> {
    fn walk(factors: &[Factor], places: &mut Vec<Place>) {
        for factor in factors {
            places.extend(factor.at);
            walk(&factor.of, places);
        }
    }
    let mut places = Vec::new();
    bill.charges.iter().filter(|c| *c.environment == *environment).for_each(|c| walk(&c.factors, &mut places));
    places.sort_unstable();
    places.dedup();
    let tree = &scenarios.named(environment).expect("the environment").tree;
    places.into_iter().filter_map(|p| tree.path_of(p)).collect()
}

/// The bill of an environment with one driver 7% larger: exactly, and as a path sees it. `None` where the driver cannot be that.
fn both(files: &[InputFile], book: &PriceBook, environment: &str, path: &str, failover: Option<Failover>) -> Option<(f64, f64)> {
    let patch = |value: &str| [Patch { environment: environment.into(), path: path.into(), value: value.into() }];
    let larger = load(files, book, &patch("+7%"))?;
    let exact = bill(&larger, larger.named(environment)?, book, basis(failover)).ok()?.cut(environment).total();

    let spread = Patch { environment: environment.into(), path: format!("{path}.spread"), value: "10%".into() };
    let text = load(files, book, &[])?.named(environment)?.tree.clone();
    let steps = ce_cost::scenario::patch::steps(path);
    let node = ce_cost::scenario::patch::find(&text, &steps).ok()?;
    let patches = match node.text() {
        Some(value) => vec![Patch { path: path.into(), value: format!("{{value: \"{value}\", spread: 10%}}").into(), ..spread }],
        None if node.get("low").is_some() || node.get("spread").is_some() => Vec::new(),
        None => vec![spread],
    };
    let uncertain = load(files, book, &patches)?;
    let own = uncertain.named(environment)?;
    let metered = Metered::new(&uncertain, own, book, basis(failover)).ok()?;
    let whole = metered.clone().bill().ok()?;
    let mut inputs = Inputs::default();
    let everything = |_: &Charge| vec![(0, 1.0)];
    let surface = Surface::new(&metered, &whole, &mut inputs, &everything, 1).expect("a surface");
    let name = path.strip_prefix("resources.").unwrap_or(path);
    let index = inputs.list.iter().position(|i| *i.environment == *environment && i.path == name);
    let mut draw = inputs.likely();
    draw.inputs[index.unwrap_or_else(|| panic!("{environment} {path} is no input"))] = 1.07;
    let likely: f64 = surface.at(&inputs.likely())[0];
    assert!((likely - amount(&whole.cut(environment))).abs() < 1e-6, "{path}: {likely}");
    Some((amount_of(exact), surface.at(&draw)[0]))
}

fn amount(bill: &Bill) -> f64 {
    amount_of(bill.total())
}

fn amount_of(usd: ce_cost::money::Usd) -> f64 {
    usd.to_string().parse().expect("a number")
}

fn holds(files: &[InputFile], environment: &str, failover: Option<Failover>) -> (usize, Vec<String>) {
    let book = book();
    let scenarios = scenario::load(files, &book, &[]).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
    let own = scenarios.named(environment).expect("the environment");
    let likely = bill(&scenarios, own, &book, basis(failover)).expect("a bill");
    let (mut moved, mut not) = (0, Vec::new());
    for path in drivers(&scenarios, environment, &likely) {
        match both(files, &book, environment, &path, failover) {
            Some((exact, path_sees)) => {
                moved += 1;
                assert!((exact - path_sees).abs() < 1e-6, "{environment} {path} 7% larger: exactly {exact}, on a path {path_sees}");
            }
            None => not.push(path),
        }
    }
    (moved, not)
}

/// Every driver of every service's example, in a payer account of its own with a support plan, tax, and discounts for a part of the month.
#[test]
fn a_path_sees_the_exact_bill_whichever_driver_of_whichever_service_moves() {
    let mut tested = 0;
    let mut not = Vec::new();
    for kind in KINDS {
        let indented: String = kind.example.trim().lines().map(|l| format!("    {l}\n")).collect();
        let text = format!("environment: one\nregion: us-east-1\nresources:\n  it:\n{indented}");
        let discounts = "{name: agreement, rate: 9%, from: 2027-03-11}, {name: support, rate: 5%, on: [AWSSupport, AmazonRoute53]}";
        let payer = format!("members: [one], support: {{plan: business}}, tax: {{name: VAT, rate: 19%}}, discounts: [{discounts}]");
        let accounts = format!("payers: {{main: {{{payer}}}}}");
        let files = [InputFile { name: "one.yaml".into(), text }, InputFile { name: "accounts.yaml".into(), text: accounts }];
        let (moved, left) = holds(&files, "one", None);
        tested += moved;
        not.extend(left.into_iter().map(|p| format!("{} {p}", kind.name)));
    }
    assert!(!COMMON_KEYS.is_empty() && tested > 180, "only {tested} drivers moved");
    not.sort();
    insta::assert_snapshot!("drivers_that_cannot_be_larger_by_seven_per_cent", not.join("\n"));
}

/// The built-in environments, with what they share: pools, allowances, reservations, the support plan.
#[test]
fn a_path_sees_the_exact_bill_of_every_environment() {
    let files = built_in::files();
    for environment in ["prod", "dr", "dev"] {
        let (moved, _) = holds(&files, environment, None);
        assert!(moved > 30, "only {moved} drivers of {environment} moved");
    }
}

/// What the standby needs follows from what the environment uses and from what the standby runs.
#[test]
fn a_path_sees_the_exact_bill_of_a_failover() {
    let failover = Failover { hours: Decimal::from(60), region_lost: true };
    let (moved, _) = holds(&built_in::files(), "prod", Some(failover));
    assert!(moved > 30, "only {moved} drivers moved");
}
