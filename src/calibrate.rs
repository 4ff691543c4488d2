//! Solves for the driver that makes a stated amount come true. The result is a patch: nothing is changed.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use crate::bill::group::parts;
use crate::money::{Usd, quotient};
use crate::predict::{self, Basis};
use crate::pricing::PriceBook;
use crate::quantity::exact;
use crate::scenario::patch::{self, Patch};
use crate::scenario::plan::Claim;
use crate::scenario::{self, InputFile, Scenario};

/// Tries before giving up.
const TRIES: usize = 60;

/// What was found. The JSON of `calibrate --format json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Calibration {
    /// Names this layout: `ce-cost/calibrate/1`.
    pub schema: String,
    /// The environment.
    pub environment: String,
    /// Always USD.
    pub currency: String,
    /// The day from which it was computed.
    pub as_of: String,
    /// The plan line, or `total`.
    pub line: String,
    /// The path of the driver.
    pub driver: String,
    /// What the plan states.
    pub stated: Usd,
    /// What the file says now.
    pub before: String,
    /// What it came to before.
    pub modelled_before: Usd,
    /// What meets the stated amount.
    pub after: String,
    /// What that comes to.
    pub modelled_after: Usd,
    /// The lines to write into the file.
    pub patch: String,
}

/// Which amount to meet by which driver.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// The environment.
    pub environment: &'a str,
    /// A plan line by its name, or `total`.
    pub line: &'a str,
    /// The path of the driver, such as `database.io`.
    pub driver: &'a str,
    /// The day from which it is computed, for the head.
    pub as_of: &'a str,
}

/// Finds the driver's value, to five significant digits, at which the line comes closest to its stated amount.
///
/// # Errors
/// Words for the user: an unknown line or driver, or an amount that no value of the driver meets.
pub fn calibrate(files: &[InputFile], book: &PriceBook, wanted: &Wanted<'_>, basis: Basis) -> Result<Calibration, String> {
    let run = Run { files, book, wanted, basis };
    let now = run.load(&[])?;
    let scenario = now.named(wanted.environment).ok_or_else(|| format!("there is no environment `{}`", wanted.environment))?;
    let stated = stated(scenario, wanted.line)?;
    let written = written(scenario, wanted.driver)?;
    let modelled_before = run.at(None)?;
    let value = run.solve(stated, &written)?;
    let after = written.text(value);
    let modelled_after = run.at(Some(&after))?;
    let prices = now.payer(scenario).1.prices([basis.month]);
    let why = format!("meets the stated {} USD of {} at {} hours, {prices}", exact(stated.decimal()), wanted.line, basis.hours);
    let key = wanted.driver.rsplit('.').next().unwrap_or(wanted.driver);
    Ok(Calibration {
        schema: "ce-cost/calibrate/1".into(),
        environment: wanted.environment.into(),
        currency: "USD".into(),
        as_of: wanted.as_of.into(),
        line: wanted.line.into(),
        driver: wanted.driver.into(),
        stated,
        before: written.text(written.number),
        modelled_before,
        patch: format!("{key}: {{value: {after}, from: calibrated, why: \"{why}\"}}"),
        after,
        modelled_after,
    })
}

/// A driver's text in two parts: the number that is solved for, and what stands around it.
struct Written {
    number: Decimal,
    unit: String,
}

impl Written {
    fn text(&self, number: Decimal) -> String {
        format!("{}{}", exact(number), self.unit)
    }
}

fn stated(scenario: &Scenario, line: &str) -> Result<Usd, String> {
    let plan = scenario.plan.as_ref().ok_or_else(|| format!("{} has no plan to meet", scenario.name))?;
    if line == "total" {
        return Ok(plan.total);
    }
    let found: Usd = plan.lines.iter().filter(|l| named(&l.line, line)).map(|l| l.stated).sum();
    if found.is_zero() {
        let known: Vec<String> = plan.lines.iter().map(|l| format!("`{}`", l.line.line)).collect();
        return Err(format!("the plan has no line `{line}`; it has {}, `total`", known.join(", ")));
    }
    Ok(found)
}

/// A line by its own name, by its group's (then the whole group), or by both.
fn named(name: &scenario::plan::LineName, asked: &str) -> bool {
    let asked = asked.to_lowercase();
    [name.line.to_lowercase(), name.group.to_lowercase(), format!("{} / {}", name.group, name.line).to_lowercase()].contains(&asked)
}

fn written(scenario: &Scenario, driver: &str) -> Result<Written, String> {
    let steps = patch::steps(driver);
    let node = patch::find(&scenario.tree, &steps).map_err(|d| d.message)?;
    let text = node.get("value").unwrap_or(node).text().ok_or_else(|| format!("`{driver}` is no single value"))?;
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',' || c == '_')).unwrap_or(text.len());
    let digits: String = text[..end].chars().filter(|c| !matches!(c, ',' | '_')).collect();
    let number = digits.parse().map_err(|_| format!("`{driver}` is `{text}`, which is no number"))?;
    Ok(Written { number, unit: text[end..].to_owned() })
}

struct Run<'a> {
    files: &'a [InputFile],
    book: &'a PriceBook,
    wanted: &'a Wanted<'a>,
    basis: Basis,
}

impl Run<'_> {
    fn load(&self, patches: &[Patch]) -> Result<scenario::Scenarios, String> {
        scenario::load(self.files, self.book, patches).map_err(|e| e.0.render(&e.1, false))
    }

    /// What the line comes to with the driver at `value`.
    fn at(&self, value: Option<&str>) -> Result<Usd, String> {
        let patches: Vec<Patch> = value
            .map(|value| Patch { environment: self.wanted.environment.into(), path: self.wanted.driver.into(), value: value.into() })
            .into_iter()
            .collect();
        let scenarios = self.load(&patches)?;
        let scenario = scenarios.named(self.wanted.environment).ok_or("the environment is gone")?;
        let bill = predict::bill(&scenarios, scenario, self.book, self.basis).map_err(|e| e.to_string())?.cut(&scenario.name);
        let plan = scenario.plan.as_ref().ok_or("the plan is gone")?;
        let of_line = |c: Claim| match c {
            Claim::Line(i) => self.wanted.line == "total" || named(&plan.lines[i].line, self.wanted.line),
            Claim::Total => true,
            Claim::Unplanned => false,
        };
        Ok(parts(&bill, Some(plan)).iter().filter(|p| of_line(p.claim)).map(|p| p.cost).sum())
    }

    /// The secant through the last two tries: exact after one step on a flat price, a few across tiers and allowances.
    fn solve(&self, stated: Usd, written: &Written) -> Result<Decimal, String> {
        let value_at = |n: Decimal| self.at(Some(&written.text(n)));
        let (mut x0, mut y0) = (written.number, value_at(written.number)?);
        let mut x1 = if x0.is_zero() { Decimal::ONE } else { digits(x0 * Decimal::new(99, 2)) };
        for _ in 0..TRIES {
            let y1 = value_at(x1)?;
            if x1 == x0 || (y1 - stated).abs() < Usd::new(Decimal::new(1, 3)) {
                return Ok(x1);
            }
            let slope = quotient((y1 - y0).decimal(), x1 - x0).unwrap_or_default();
            let step = quotient((stated - y1).decimal(), slope)
                .ok_or_else(|| format!("{} does not move {}", self.wanted.driver, self.wanted.line))?;
            (x0, y0) = (x1, y1);
            x1 = digits(x1 + step);
            if x1 < Decimal::ZERO {
                return Err(format!("even at nothing of {} the line comes to more than {stated}", self.wanted.driver));
            }
        }
        Err(format!("no value of {} meets {stated} in {TRIES} tries", self.wanted.driver))
    }
}

/// Five significant digits: more would claim a precision that nobody stated.
fn digits(value: Decimal) -> Decimal {
    value.round_sf(5).unwrap_or(value).normalize()
}
