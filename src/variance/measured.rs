//! Drivers measured from real bills: what each would have to be, for the predicted quantities to be the billed ones, as lines to
//! write into the scenario. Nothing is changed; what the bills cannot tell apart is listed, not guessed.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use super::join::{self, Row};
use super::key::{Cost, Keys, Kind};
use super::lines::{self, Group, Line, written};
use super::{Cut, known, proposal};
use crate::bill::Bill;
use crate::money::{Usd, quotient};
use crate::month::{HoursBasis, Month};
use crate::predict::{self, Basis};
use crate::pricing::PriceBook;
use crate::quantity::exact;
use crate::scenario::patch::Patch;
use crate::scenario::{self, InputFile, Scenario, Scenarios};

/// A driver that moves a month's bill by a smaller part of it stays as it is.
const LEAST_EFFECT: Decimal = Decimal::from_parts(5, 0, 0, false, 4);
/// A driver whose value changes by less stays as it is.
pub const LEAST: Decimal = Decimal::from_parts(5, 0, 0, false, 3);

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The scenario files as text.
    pub files: &'a [InputFile],
    /// The same, read.
    pub scenarios: &'a Scenarios,
    /// The prices.
    pub book: &'a PriceBook,
    /// The environment.
    pub environment: &'a str,
    /// Its part of the bills from which drivers are measured, month by month.
    pub billed: &'a [Cut],
    /// Its part of a bill on which they are tried out.
    pub try_on: Option<&'a Cut>,
    /// Which amounts.
    pub cost: Cost,
    /// How rows get their keys.
    pub keys: Keys<'a>,
    /// The day from which it is computed.
    pub as_of: &'a str,
}

/// What real bills say of the drivers. The JSON of `calibrate --from-actuals --format json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Measured {
    /// Names this layout: `ce-cost/measured/1`.
    pub schema: String,
    /// The environment.
    pub environment: String,
    /// Always USD.
    pub currency: String,
    /// The day from which it was computed.
    pub as_of: String,
    /// The months whose bills were used.
    pub months: Vec<String>,
    /// The drivers that bills tell otherwise than the scenario, the largest effect first.
    pub drivers: Vec<MeasuredDriver>,
    /// Drivers that bills confirm.
    pub confirmed: Vec<String>,
    /// Drivers that bills tell otherwise, and that hardly move the bill: they stay as they are.
    pub minor: Vec<String>,
    /// Rows that bills do not explain by one driver, and why.
    pub left: Vec<Left>,
    /// The month on which it was tried out, and how far off the prediction was before and after; `null` without such a bill.
    pub trial: Option<Trial>,
    /// The lines to write into the scenario's file.
    pub yaml: String,
}

/// A driver as bills tell it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MeasuredDriver {
    /// Its path in the file.
    pub path: String,
    /// Where it stands.
    pub place: String,
    /// The value now.
    pub before: String,
    /// What bills imply.
    pub after: String,
    /// By what it was measured.
    pub why: String,
    /// What that adds to a month's bill, by itself, in the last of the months.
    pub explains: Usd,
    /// Other rows that it moves, where they imply another value by themselves.
    pub checks: Vec<Check>,
    /// The line to write.
    pub patch: String,
    /// The value for `--what-if`: with everything that decides what it comes to.
    pub what_if: String,
}

/// What another row implies.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Check {
    /// The row.
    pub row: String,
    /// The value that it implies; what stands in its way where it implies none.
    pub implies: String,
}

/// A row that is not explained.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Left {
    /// The row.
    pub row: String,
    /// Why.
    pub why: String,
}

/// How far off a prediction is in a month that was not used.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Trial {
    /// The month.
    pub month: String,
    /// What was billed.
    pub billed: Usd,
    /// With the scenario as it is.
    pub before: Accuracy,
    /// With the measured drivers.
    pub after: Accuracy,
}

/// How far off a prediction is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Accuracy {
    /// What is predicted.
    pub predicted: Usd,
    /// The distances of all rows from what was billed, as a part of it (WAPE), 0 for a perfect prediction.
    pub wape: String,
    /// Predicted beyond billed, as a part of it.
    pub bias: String,
}

/// Measures the drivers of an environment.
///
/// # Errors
/// Words for the user: an unknown environment, or a month that has no prediction.
pub fn measure(wanted: &Wanted<'_>) -> Result<Measured, String> {
    let scenario = wanted.scenario(wanted.scenarios)?;
    let predicted: Vec<Bill> = wanted.billed.iter().map(|b| wanted.predict(wanted.scenarios, b.own.month)).collect::<Result<_, _>>()?;
    let months = predicted.iter().zip(wanted.billed).map(|(predicted, billed)| wanted.join(predicted, &billed.own, scenario));
    let lines = lines::lines(months.collect());
    let mut found = Found::default();
    for group in lines::by_driver(&lines, scenario, &mut found.left) {
        wanted.driver(&group, scenario, &predicted, &mut found)?;
    }
    found.drivers.sort_by(|a, b| b.0.explains.abs().cmp(&a.0.explains.abs()).then_with(|| a.0.path.cmp(&b.0.path)));
    found.left.sort();
    found.left.dedup();
    found.confirmed.sort();
    found.minor.sort();
    let lines: Vec<proposal::Line<'_>> = found.drivers.iter().map(|(d, patch)| proposal::Line { place: &d.place, patch }).collect();
    let yaml = proposal::lines(&lines);
    let patches: Vec<Patch> = found.drivers.iter().map(|(_, p)| p.clone()).collect();
    let trial = wanted.try_on.map(|cut| wanted.trial(cut, scenario, &patches)).transpose()?;
    Ok(Measured {
        schema: "ce-cost/measured/1".into(),
        environment: wanted.environment.into(),
        currency: "USD".into(),
        as_of: wanted.as_of.into(),
        months: wanted.billed.iter().map(|b| b.own.month.to_string()).collect(),
        yaml,
        drivers: found.drivers.into_iter().map(|(d, _)| d).collect(),
        confirmed: found.confirmed,
        minor: found.minor,
        left: found.left,
        trial,
    })
}

impl Measured {
    /// True where the month on which they were tried out speaks against the drivers.
    pub fn is_worse(&self) -> bool {
        let off = |accuracy: &Accuracy| accuracy.wape.parse::<Decimal>().unwrap_or_default();
        self.trial.as_ref().is_some_and(|t| off(&t.after) > off(&t.before))
    }
}

/// What was found so far.
#[derive(Default)]
struct Found {
    drivers: Vec<(MeasuredDriver, Patch)>,
    confirmed: Vec<String>,
    minor: Vec<String>,
    left: Vec<Left>,
}

impl Wanted<'_> {
    fn scenario<'s>(&self, scenarios: &'s Scenarios) -> Result<&'s Scenario, String> {
        scenarios.named(self.environment).ok_or_else(|| format!("there is no environment `{}`", self.environment))
    }

    fn predict(&self, scenarios: &Scenarios, month: Month) -> Result<Bill, String> {
        let scenario = self.scenario(scenarios)?;
        let basis = Basis { month, hours: HoursBasis::Actual, pooled: true, free_tier: true, failover: None };
        predict::bill(scenarios, scenario, self.book, basis).map(|b| b.cut(&scenario.name)).map_err(|e| e.to_string())
    }

    fn join<'b>(&self, predicted: &'b Bill, billed: &'b Bill, scenario: &Scenario) -> Vec<Row<'b>> {
        join::join(predicted, billed, &self.keys, self.cost, &|name| known(scenario, name))
    }

    /// One driver: solved for the dearest row that it moves, the others are checks.
    fn driver(&self, group: &Group<'_>, scenario: &Scenario, predicted: &[Bill], found: &mut Found) -> Result<(), String> {
        let Some(main) = group.lines.iter().max_by_key(|l| (l.cost(), std::cmp::Reverse(&l.name))) else { return Ok(()) };
        let Some((path, node)) = group.driver.at.and_then(|at| written(scenario, at)) else {
            let why = format!("it follows from the workload ({})", group.driver.name);
            found.left.push(Left { row: main.name.clone(), why });
            return Ok(());
        };
        let trend = main.trend(&group.driver);
        let Some(ratio) = trend.or_else(|| main.ratio(&group.driver)) else {
            let why = format!("no value of {path} gives the billed quantity");
            found.left.push(Left { row: main.name.clone(), why });
            return Ok(());
        };
        if (ratio - Decimal::ONE).abs() < LEAST {
            found.confirmed.push(path);
            return Ok(());
        }
        let text = node.get("value").or(node.get("likely")).unwrap_or(node).text().unwrap_or_default();
        let after = proposal::scaled(text, ratio);
        let why = self.why(main, trend.is_some());
        let what_if = proposal::value(node, text, &after, &main.ratios(&group.driver));
        let value = proposal::with_why(&what_if, &why);
        let patch = Patch { environment: self.environment.into(), path: path.clone(), value: value.clone().into() };
        let explains = match self.with(std::slice::from_ref(&patch)) {
            Ok(changed) => self.effect(&changed, predicted)?,
            Err(problem) => {
                found.left.push(Left { row: main.name.clone(), why: format!("{path} would be {after}, and {problem}") });
                return Ok(());
            }
        };
        let whole = predicted.last().map_or(Usd::ZERO, |b| self.total(b));
        if explains.abs() < whole.share(LEAST_EFFECT) {
            found.minor.push(path);
            return Ok(());
        }
        let others = group.lines.iter().filter(|l| !std::ptr::eq(**l, *main));
        let differs = |r: &Decimal| (*r - ratio).abs() >= ratio * LEAST;
        let checks = others.filter_map(|l| match l.ratio(&group.driver) {
            Some(r) => differs(&r).then(|| Check { row: l.name.clone(), implies: proposal::scaled(text, r) }),
            None => Some(Check { row: l.name.clone(), implies: "no value".into() }),
        });
        let checks = checks.collect();
        let key = path.rsplit('.').next().unwrap_or(&path);
        let measured = MeasuredDriver {
            place: group.driver.at.map(|at| self.scenarios.sources.show(at).to_string()).unwrap_or_default(),
            before: text.to_owned(),
            patch: format!("{key}: {value}"),
            path: path.clone(),
            what_if,
            after,
            why,
            explains,
            checks,
        };
        found.drivers.push((measured, patch));
        Ok(())
    }

    fn why(&self, line: &Line<'_>, trend: bool) -> String {
        let (first, last) = (self.billed.first(), self.billed.last());
        let months = match (first.map(|b| b.own.month), last.map(|b| b.own.month)) {
            (Some(a), Some(b)) if a != b => format!("{a}..{b}"),
            (Some(a), _) => a.to_string(),
            _ => String::new(),
        };
        if let (true, Some(seen), Some(cut)) = (trend, line.seen.last(), last) {
            let last = format!("{} of {} in {}", crate::quantity::about(seen.billed), line.name, cut.own.month);
            return format!("billed {months}, a steady trend, of which the last month counts: {last}");
        }
        let sum: Decimal = line.seen.iter().map(|s| s.billed).sum();
        let average = quotient(sum, Decimal::from(line.seen.len())).unwrap_or_default();
        format!("billed {months}: {} of {} a month", crate::quantity::about(average), line.name)
    }

    /// The scenarios with changes; an error in words where they are not legal.
    fn with(&self, patches: &[Patch]) -> Result<Scenarios, String> {
        scenario::load(self.files, self.book, patches).map_err(|e| {
            let first = e.0.sorted().first().map(|d| d.message.clone());
            first.unwrap_or_else(|| "that is not legal".to_owned())
        })
    }

    /// What changes add to the last month.
    fn effect(&self, changed: &Scenarios, predicted: &[Bill]) -> Result<Usd, String> {
        let Some(now) = predicted.last() else { return Ok(Usd::ZERO) };
        Ok(self.total(&self.predict(changed, now.month)?) - self.total(now))
    }

    fn total(&self, bill: &Bill) -> Usd {
        bill.charges.iter().map(|c| self.cost.of(c)).sum()
    }

    fn trial(&self, cut: &Cut, scenario: &Scenario, patches: &[Patch]) -> Result<Trial, String> {
        let month = cut.own.month;
        let accuracy = |scenarios: &Scenarios| {
            let predicted = self.predict(scenarios, month)?;
            let rows = self.join(&predicted, &cut.own, scenario);
            let mine = || rows.iter().filter(|r| r.key.kind != Kind::Outside);
            let all: Usd = mine().map(|r| r.billed_cost().abs()).sum();
            let off: Usd = mine().map(|r| r.difference().abs()).sum();
            let over: Usd = mine().map(|r| -r.difference()).sum();
            let part = |amount: Usd| exact(amount.fraction_of(all).unwrap_or_default().round_dp(4));
            Ok::<Accuracy, String>(Accuracy { predicted: mine().map(|r| r.base_cost()).sum(), wape: part(off), bias: part(over) })
        };
        let billed = cut.own.charges.iter().map(|c| self.cost.of(c)).sum();
        Ok(Trial { month: month.to_string(), billed, before: accuracy(self.scenarios)?, after: accuracy(&self.with(patches)?)? })
    }
}
