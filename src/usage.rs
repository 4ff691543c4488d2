//! Usage records: what AWS meters, before any price. A quantity keeps the factors of which it was made.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::money::{QUOTIENT_PLACES, Usd};
use crate::month::Month;
use crate::quantity::{CountRate, LARGEST, Per, Quantity, Rate, Unit, grouped};
use crate::scenario::driver::{Driver, Provenance, Uncertainty};
use crate::source::Place;

/// The resource under which a failover's use is added up ([`crate::failover`]).
pub const FAILOVER: &str = "failover";
/// The resource under which what credits pay is added up ([`crate::rating::credit`]).
pub const CREDITS: &str = "credits";
/// Resources that no scenario holds and no plan speaks of. A scenario cannot use their names.
pub const OUTSIDE_PLANS: &[&str] = &[FAILOVER, CREDITS];

/// Cost allocation tags.
pub type Tags = BTreeMap<String, String>;

/// What a factor does to the running value before it, as on the tape of a desk calculator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Multiply.
    Times,
    /// Divide.
    Over,
    /// Add.
    Plus,
    /// Subtract.
    Minus,
    /// Raise to this where it is below.
    AtLeast,
    /// Lower to this where it is above.
    AtMost,
}

impl Step {
    /// The sign to print before the factor.
    pub fn sign(self) -> &'static str {
        match self {
            Step::Times => "×",
            Step::Over => "÷",
            Step::Plus => "+",
            Step::Minus => "−",
            Step::AtLeast => "at least",
            Step::AtMost => "at most",
        }
    }
}

/// What of demand moves a value, for whoever draws another demand.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Measure {
    /// Growth, events and drift of the environment's workload: a stated value that grows with it.
    Growth,
    /// The requests of a route in the month; of all routes without one.
    Requests(Option<Arc<str>>),
    /// The capacity that follows demand in the resource itself: tasks, ACUs, LCUs.
    Capacity,
}

/// One named value of a quantity's formula.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Factor {
    /// What it does to the value before it; the first one starts the tape.
    pub step: Step,
    /// What it is, in words.
    pub name: Cow<'static, str>,
    /// The exact value.
    pub value: Decimal,
    /// The value as a reader would write it, with its unit.
    pub shown: String,
    /// Where it came from; `None` for what follows from a rule of AWS or the calendar.
    pub from: Option<Provenance>,
    /// Why it has this value, where somebody said so.
    pub why: Option<String>,
    /// Where it stands in an input file.
    pub at: Option<Place>,
    /// What is not certain about it.
    pub uncertainty: Option<Uncertainty>,
    /// What of demand moves it.
    pub demand: Option<Measure>,
    /// The formula of the value itself, where it is not a single number.
    pub of: Vec<Factor>,
}

impl Factor {
    /// A value that follows from a rule.
    fn rule(step: Step, name: Cow<'static, str>, value: Decimal) -> Factor {
        Factor {
            step,
            name,
            value,
            shown: grouped(value),
            from: None,
            why: None,
            at: None,
            uncertainty: None,
            demand: None,
            of: Vec::new(),
        }
    }

    /// The same `growth` times as large, where it grows with the workload.
    fn grown(mut self, growth: Decimal) -> Factor {
        if !self.of.is_empty() {
            let of = Tape::of(self.of.into_iter().map(|f| f.grown(growth)));
            self.value = of.value();
            self.shown = grouped(self.value.round_dp(QUOTIENT_PLACES));
            self.of = of.factors;
        } else if self.demand == Some(Measure::Growth) {
            self.value *= growth;
            self.shown = format!("{} grown × {}", self.shown, grouped(growth));
        }
        self
    }

    /// True where demand moves it.
    fn grows(&self) -> bool {
        self.demand == Some(Measure::Growth) || self.of.iter().any(Factor::grows)
    }
}

/// One metered quantity of one resource in one billing period.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UsageRecord {
    /// The price list's service code, which is CUR's `product_servicecode`.
    pub service: Cow<'static, str>,
    /// The region code, or `global`.
    pub region: Arc<str>,
    /// AWS's usage type with the region's prefix.
    pub usage_type: Arc<str>,
    /// AWS's operation, as CUR writes it.
    pub operation: Cow<'static, str>,
    /// The billing period.
    pub month: Month,
    /// How much, in `unit`.
    pub quantity: Decimal,
    /// By what AWS bills it.
    pub unit: Unit,
    /// Hours of the month over which the quantity is spread evenly: commitments cover it hour by hour.
    pub hours: Decimal,
    /// The account to which it is billed.
    pub account: Arc<str>,
    /// The environment that uses it.
    pub environment: Arc<str>,
    /// The resource in the scenario.
    pub resource: Arc<str>,
    /// Its tags.
    pub tags: Arc<Tags>,
    /// The formula of the quantity.
    pub factors: Vec<Factor>,
}

/// A charge whose amount is known beforehand: a subscription, a domain, a bill of somebody else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownCharge {
    /// Who bills it.
    pub service: String,
    /// What for.
    pub description: String,
    /// How much in this month.
    pub amount: Usd,
    /// True where AWS is not the one who sends the bill.
    pub outside_aws: bool,
    /// The billing period.
    pub month: Month,
    /// The region code, or `global`.
    pub region: Arc<str>,
    /// The account to which it is billed.
    pub account: Arc<str>,
    /// The environment that uses it.
    pub environment: Arc<str>,
    /// The resource in the scenario.
    pub resource: Arc<str>,
    /// Its tags.
    pub tags: Arc<Tags>,
    /// Where the amount came from.
    pub factors: Vec<Factor>,
}

/// The month over which rates add up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Over {
    /// Its hours.
    pub hours: Decimal,
    /// The requests of the environment's workload in it.
    pub requests: Option<Arc<Requests>>,
}

/// Requests of a workload in a month.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Requests {
    /// Of each route.
    pub routes: BTreeMap<String, Decimal>,
    /// The level from which they follow, for its origin.
    pub level: Option<Driver<CountRate>>,
}

impl Requests {
    /// Of a route, or of all.
    pub fn of(&self, route: Option<&str>) -> Option<Decimal> {
        match route {
            Some(route) => self.routes.get(route).copied(),
            None => Some(self.routes.values().sum()),
        }
    }
}

/// A quantity in the making: a running value and the factors that made it.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    value: Option<Decimal>,
    too_large: bool,
    lacks_demand: bool,
    factors: Vec<Factor>,
}

impl Tape {
    /// A tape with nothing on it.
    pub fn new() -> Tape {
        Tape::default()
    }

    /// × a driver of the scenario.
    pub fn times<T: Quantity>(self, name: impl Into<Cow<'static, str>>, driver: &Driver<T>) -> Tape {
        self.driver(Step::Times, name, driver)
    }

    /// + a driver of the scenario.
    pub fn plus<T: Quantity>(self, name: impl Into<Cow<'static, str>>, driver: &Driver<T>) -> Tape {
        self.driver(Step::Plus, name, driver)
    }

    /// − a driver of the scenario.
    pub fn minus<T: Quantity>(self, name: impl Into<Cow<'static, str>>, driver: &Driver<T>) -> Tape {
        self.driver(Step::Minus, name, driver)
    }

    /// Any step with a driver of the scenario.
    pub fn driver<T: Quantity>(self, step: Step, name: impl Into<Cow<'static, str>>, driver: &Driver<T>) -> Tape {
        self.push(Factor {
            step,
            name: name.into(),
            value: driver.value.decimal(),
            shown: driver.value.to_string(),
            from: Some(driver.from),
            why: driver.why.clone(),
            at: driver.at,
            uncertainty: driver.uncertainty,
            demand: driver.grows.then_some(Measure::Growth),
            of: Vec::new(),
        })
    }

    /// A step with another tape's value; its formula is kept below the step.
    pub fn with(mut self, step: Step, name: impl Into<Cow<'static, str>>, tape: Tape) -> Tape {
        self.too_large |= tape.too_large;
        self.lacks_demand |= tape.lacks_demand;
        let value = tape.value();
        let shown = grouped(value.round_dp(QUOTIENT_PLACES));
        self.push(Factor { of: tape.factors, shown, ..Factor::rule(step, name.into(), value) })
    }

    /// The tape that holds these factors.
    pub fn of(factors: impl Iterator<Item = Factor>) -> Tape {
        factors.fold(Tape::new(), Tape::push)
    }

    /// The tape with everything that grows with the workload so many times as large.
    pub fn grown(self, growth: Decimal) -> Tape {
        if growth == Decimal::ONE || !self.factors.iter().any(Factor::grows) {
            return self;
        }
        Tape { lacks_demand: self.lacks_demand, ..Tape::of(self.factors.into_iter().map(|f| f.grown(growth))) }
    }

    /// The tape with values that no demand moves.
    pub fn without_demand(self) -> Tape {
        fn still(factor: Factor) -> Factor {
            Factor { demand: None, of: factor.of.into_iter().map(still).collect(), ..factor }
        }
        Tape { factors: self.factors.into_iter().map(still).collect(), ..self }
    }

    /// × a rate over the month: `/s`, `/min`, `/h` and `/day` grow with the hours, `/month` does not, `/request` follows the workload.
    pub fn times_rate<T: Rate>(self, name: &'static str, driver: &Driver<T>, over: &Over) -> Tape {
        let mut tape = self.times(name, driver);
        if driver.value.per() == Per::Request {
            return tape.requests(driver.of.as_deref(), over);
        }
        if let Some((multiplier, divisor)) = driver.value.per().in_an_hour() {
            tape = tape.rule(Step::Times, "hours in the month", over.hours);
            tape = if multiplier == Decimal::ONE { tape } else { tape.rule(Step::Times, "in an hour", multiplier) };
            tape = if divisor == Decimal::ONE { tape } else { tape.rule(Step::Over, "hours in a day", divisor) };
        }
        tape
    }

    /// × the requests of a route in the month.
    pub fn requests(mut self, route: Option<&str>, over: &Over) -> Tape {
        let of = route.map_or_else(String::new, |r| format!(" of {r}"));
        let found = over.requests.as_ref().and_then(|r| r.of(route));
        self.lacks_demand |= found.is_none();
        let level = over.requests.as_ref().and_then(|r| r.level.as_ref());
        let factor = Factor::rule(Step::Times, format!("requests{of} in the month").into(), found.unwrap_or_default());
        self.push(Factor {
            from: level.map(|l| l.from),
            why: level.and_then(|l| l.why.clone()),
            at: level.and_then(|l| l.at),
            demand: Some(Measure::Requests(route.map(Arc::from))),
            shown: crate::quantity::about(factor.value),
            ..factor
        })
    }

    /// Adds a remark to why the last value is what it is.
    pub fn noted(mut self, remark: &str) -> Tape {
        if let Some(last) = self.factors.last_mut() {
            last.why = Some(last.why.as_deref().map_or_else(|| remark.to_owned(), |why| format!("{why}; {remark}")));
        }
        self
    }

    /// Gives the last value, which is made of a driver, the origin of that driver.
    pub fn from_driver<T>(mut self, driver: &Driver<T>) -> Tape {
        if let Some(last) = self.factors.last_mut() {
            (last.from, last.why, last.at) = (Some(driver.from), driver.why.clone(), driver.at);
        }
        self
    }

    /// × capacity that follows demand, on average over the month.
    pub fn capacity(self, name: &'static str, average: Decimal) -> Tape {
        self.push(Factor { demand: Some(Measure::Capacity), ..Factor::rule(Step::Times, name.into(), average) })
    }

    /// True where something is stated per request and the environment has no such requests.
    pub fn lacks_demand(&self) -> bool {
        self.lacks_demand
    }

    /// A step with a value that follows from a rule of AWS, the calendar, or the shape of the resource.
    pub fn rule(self, step: Step, name: impl Into<Cow<'static, str>>, value: Decimal) -> Tape {
        self.push(Factor::rule(step, name.into(), value))
    }

    /// The same with a whole number.
    pub fn rule_of(self, step: Step, name: impl Into<Cow<'static, str>>, value: u32) -> Tape {
        self.rule(step, name, Decimal::from(value))
    }

    /// The value so far.
    pub fn value(&self) -> Decimal {
        self.value.unwrap_or_default()
    }

    fn push(mut self, factor: Factor) -> Tape {
        let v = factor.value;
        let next = match (self.value, factor.step) {
            (None, Step::Minus) => Some(-v),
            (None, _) => Some(v),
            (Some(x), Step::Times) => x.checked_mul(v),
            (Some(x), Step::Over) => x.checked_div(v),
            (Some(x), Step::Plus) => x.checked_add(v),
            (Some(x), Step::Minus) => x.checked_sub(v),
            (Some(x), Step::AtLeast) => Some(x.max(v)),
            (Some(x), Step::AtMost) => Some(x.min(v)),
        };
        match next.filter(|n| n.abs() <= LARGEST) {
            Some(next) => self.value = Some(next),
            None => self.too_large = true,
        }
        self.factors.push(factor);
        self
    }

    /// The finished quantity, at the scale of a quotient, with its factors; `None` where it is too large to be exact.
    pub fn finish(self) -> Option<(Decimal, Vec<Factor>)> {
        if self.too_large {
            return None;
        }
        let value = self.value().round_dp_with_strategy(QUOTIENT_PLACES, RoundingStrategy::MidpointNearestEven);
        Some((value, self.factors))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::{Count, GbRate};

    fn over(hours: u32) -> Over {
        Over { hours: hours.into(), requests: None }
    }

    fn bare<T>(value: T) -> Driver<T> {
        Driver { value, uncertainty: None, grows: false, of: None, from: Provenance::Plan, why: None, at: None }
    }

    #[test]
    fn a_rate_per_second_grows_with_the_hours_and_one_per_month_does_not() {
        let second = bare(CountRate { amount: Decimal::TWO, per: Per::Second });
        let month = bare(GbRate { amount: Decimal::TEN, per: Per::Month });
        assert_eq!(Tape::new().times_rate("requests", &second, &over(744)).value(), Decimal::from(2 * 3600 * 744));
        assert_eq!(Tape::new().times_rate("bytes", &month, &over(744)).value(), Decimal::TEN);
    }

    #[test]
    fn what_cannot_be_exact_is_refused() {
        let much = bare(Count(LARGEST));
        assert!(Tape::new().times("a", &much).times("b", &much).finish().is_none());
    }
}
