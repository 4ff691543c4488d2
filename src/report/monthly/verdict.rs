//! Act, watch or healthy: what was found, held against stated limits; and the one thing to do.

use rust_decimal::Decimal;

use super::accuracy::Accuracy;
use super::document::State;
use super::facts::Facts;
use crate::check::anomaly::Found;
use crate::money::{Usd, dollars, signed};
use crate::quantity::per_cent;
use crate::variance::cause::Cause;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How it stands.
    pub state: State,
    /// What was looked at.
    pub subject: &'static str,
    /// What was found, with its number.
    pub words: String,
    /// Beyond which value it is to be watched and to be acted on.
    pub limits: String,
}

/// Limits, as parts of a whole: above the first it is to be watched, above the second something is to be done.
#[derive(Clone, Copy, Debug)]
struct Limits(i64, i64);

/// What the plan speaks of, above the budget.
const BUDGET: Limits = Limits(0, 5);
/// Billed beside predicted, either way.
const PREDICTION: Limits = Limits(5, 10);
/// The probability that next month's planned charges exceed the budget.
const NEXT: Limits = Limits(10, 50);
/// The part of the month that no cause explains.
const UNEXPLAINED: Limits = Limits(1, 5);
/// The part of the payer's bill that belongs to nobody.
const UNALLOCATED: Limits = Limits(5, 10);
/// The error of the forecast so far.
const ERROR: Limits = Limits(10, 20);
/// What could be saved, as a part of the cost.
const OPEN: Limits = Limits(10, 100);
/// What an anomaly adds, as a part of the month.
const ANOMALY: Limits = Limits(0, 5);

impl Limits {
    fn state(self, value: Decimal) -> State {
        match value * Decimal::ONE_HUNDRED {
            v if v > Decimal::from(self.1) => State::Act,
            v if v > Decimal::from(self.0) => State::Watch,
            _ => State::Healthy,
        }
    }

    fn words(self) -> String {
        match self.1 {
            100 => format!("watch above {}%", self.0),
            act => format!("watch above {}%, act above {act}%", self.0),
        }
    }

    fn finding(self, subject: &'static str, value: Decimal, words: String) -> Finding {
        Finding { state: self.state(value), subject, words, limits: self.words() }
    }
}

/// Everything that was looked at, the worst first.
pub fn findings(facts: &Facts<'_>, accuracy: Option<&Accuracy>) -> Vec<Finding> {
    let mut all: Vec<Finding> =
        [budget(facts), prediction(facts), next(facts), unexplained(facts), unallocated(facts)].into_iter().flatten().collect();
    if let Some(a) = accuracy {
        let band = if a.covered.1 > 0 { format!(", {} of the bills in the 80% band", of(a.covered)) } else { String::new() };
        let words = format!("off by {} over {}{band}", per_cent(a.wape), closed(a.months));
        all.push(ERROR.finding("Forecast so far", a.wape, words));
    }
    if let Ok(savings) = &facts.savings {
        let share = savings.recommendation.saving.fraction_of(savings.cost).unwrap_or_default();
        let words = format!("{} a month ({}) could be saved", dollars(savings.recommendation.saving), per_cent(share));
        all.push(OPEN.finding("Savings open", share, words));
    }
    if let Ok(found) = &facts.anomalies {
        all.extend(odd(facts, found));
    }
    all.sort_by_key(|f| std::cmp::Reverse(f.state));
    all
}

/// What came and passed, by its size; what came and stayed, by what it adds to a month.
fn odd(facts: &Facts<'_>, found: &Found) -> Vec<Finding> {
    let title = |code: &str| facts.keys.names.title(code).to_owned();
    let passed = found.anomalies.iter().map(|a| {
        let words = format!("{}: {} beyond the usual from {} to {}", title(&a.service), signed(a.size), a.first, a.last);
        ANOMALY.finding("Anomaly", facts.share(a.size.abs()), words)
    });
    let stayed = found.levels.iter().map(|l| {
        let words = format!("{}: {} a month since {}, and it stays", title(&l.service), signed(l.by_month()), l.since);
        ANOMALY.finding("Change of level", facts.share(l.by_month().abs()), words)
    });
    let all: Vec<Finding> = passed.chain(stayed).collect();
    match all.is_empty() {
        true => vec![ANOMALY.finding("Anomalies", Decimal::ZERO, "no day of any service was odd, none changed its level".into())],
        false => all,
    }
}

/// "1 closed month", "13 closed months".
pub fn closed(months: usize) -> String {
    if months == 1 { "1 closed month".to_owned() } else { format!("{months} closed months") }
}

/// "11 of 13".
pub fn of((part, whole): (usize, usize)) -> String {
    format!("{part} of {whole}")
}

/// Causes of which no plan speaks: tax, support, and what nobody predicted.
const OUTSIDE: [Cause; 3] = [Cause::Tax, Cause::Support, Cause::New];

/// What the plan speaks of, as far as the month tells: what the model puts outside the plan is taken off the bill, and what came beyond that
/// by a cause of which no plan speaks.
pub fn of_plan(facts: &Facts<'_>) -> Usd {
    let bridge = facts.billed.as_ref().map_or(&[][..], |billed| &billed.document.comparison.bridge);
    let beside: Usd = bridge.iter().filter(|s| OUTSIDE.contains(&s.cause)).map(|s| s.amount).sum();
    facts.cost() - facts.predicted.unplanned - beside
}

fn budget(facts: &Facts<'_>) -> Option<Finding> {
    let budget = facts.predicted.budget?;
    // A bill that lacks what is predicted outside the plan cannot tell what is within it.
    let gap = Some(of_plan(facts)).filter(|own| *own > Usd::ZERO)? - budget;
    let share = gap.fraction_of(budget)?;
    let words = format!("{} of what the plan speaks of, against {} ({})", dollars(of_plan(facts)), dollars(budget), signed(gap));
    Some(BUDGET.finding("Budget", share, words))
}

fn prediction(facts: &Facts<'_>) -> Option<Finding> {
    let comparison = &facts.billed.as_ref().ok()?.document.comparison;
    let share = comparison.difference.abs().fraction_of(comparison.predicted)?;
    let words = format!(
        "{} billed, {} predicted ({}, {})",
        dollars(comparison.billed),
        dollars(comparison.predicted),
        signed(comparison.difference),
        per_cent(share)
    );
    Some(PREDICTION.finding("Bill and prediction", share, words))
}

fn next(facts: &Facts<'_>) -> Option<Finding> {
    let month = facts.forecast.months.first()?;
    let over: Decimal = month.band.over_budget.as_ref()?.parse().ok()?;
    let words = format!("planned charges of {} exceed the budget in {} of cases", month.month, per_cent(over));
    Some(NEXT.finding("Next month", over, words))
}

fn unexplained(facts: &Facts<'_>) -> Option<Finding> {
    let amount = facts.billed.as_ref().ok()?.document.comparison.unexplained;
    let words = format!("{} of the difference has no named cause", signed(amount));
    Some(UNEXPLAINED.finding("Unexplained", facts.share(amount.abs()), words))
}

fn unallocated(facts: &Facts<'_>) -> Option<Finding> {
    let allocation = &facts.billed.as_ref().ok()?.document.allocation;
    let share = allocation.unallocated.abs().fraction_of(allocation.total)?;
    let words = format!("{} of the payer's bill ({}) belongs to no environment", dollars(allocation.unallocated), per_cent(share));
    Some(UNALLOCATED.finding("Unallocated", share, words))
}

/// The one thing to do: what is worth the most dollars a month among the largest saving and what is billed although nobody predicted it.
pub fn one_thing(facts: &Facts<'_>) -> Option<String> {
    let saving = facts.savings.as_ref().ok().and_then(|s| {
        let rows = s.levers.iter().filter(|l| s.recommendation.levers.contains(&l.id));
        let best = rows.max_by_key(|l| l.step)?;
        let amount = best.step?;
        let doubt = if best.rests_on.is_some_and(|on| on.assumed || on.calibrated) { " on inputs that nobody measured" } else { "" };
        Some((amount, format!("{}: saves {} a month{doubt}, takes {}, risk {}", best.title, dollars(amount), best.takes, best.risk.word())))
    });
    let new = facts.billed.as_ref().ok().and_then(|b| {
        let step = b.document.comparison.bridge.iter().find(|s| s.cause == Cause::New)?;
        let reason = step.reasons.first()?;
        Some((reason.amount, format!("find out who runs {}", reason.why)))
    });
    [saving, new].into_iter().flatten().max_by_key(|(amount, _)| *amount).map(|(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(text: &str) -> Decimal {
        text.parse().expect("a decimal")
    }

    #[test]
    fn a_limit_is_passed_above_it_and_not_at_it() {
        assert_eq!(PREDICTION.state(share("0.05")), State::Healthy);
        assert_eq!(PREDICTION.state(share("0.0501")), State::Watch);
        assert_eq!(PREDICTION.state(share("0.10")), State::Watch);
        assert_eq!(PREDICTION.state(share("0.1001")), State::Act);
        assert_eq!(BUDGET.state(share("-0.2")), State::Healthy);
    }

    #[test]
    fn limits_are_told() {
        assert_eq!(BUDGET.words(), "watch above 0%, act above 5%");
        assert_eq!(OPEN.words(), "watch above 10%");
    }
}
