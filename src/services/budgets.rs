//! Budgets: a budget for a day (AWS, "AWS Budgets pricing"). Budgets that only send alerts are free and stand on the bill at no
//! charge; those with actions are paid. It is billed without a region.
//!
//! Not here: the messages that a budget sends (`sns-topic`). Not modelled: budget reports.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::quantity::{Count, Unit};
use crate::scenario::driver::Driver;
use crate::usage::{Step, Tape};

const CODE: &str = "AWSBudgets";

/// Budgets of a payer account.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Budgets {
    /// Budgets with actions.
    #[serde(default)]
    pub with_actions: Option<Driver<Count>>,
    /// Budgets that only send alerts.
    #[serde(default)]
    pub without_actions: Option<Driver<Count>>,
}

impl Service for Budgets {
    const TYPE: &'static str = "budgets";
    const EXAMPLE: &'static str = "
type: budgets
with_actions: 3
without_actions: 4
";

    fn usage(&self, at: &mut At<'_>) {
        budget_days(at, "ActionEnabledBudgetsUsage", "budgets with actions", self.with_actions.as_ref());
        budget_days(at, "BudgetsUsage", "budgets without actions", self.without_actions.as_ref());
    }

    fn check(&self, check: &mut Check<'_>) {
        if self.with_actions.is_none() && self.without_actions.is_none() {
            let help = "state `with_actions`, `without_actions` or both";
            check.error(None, "this list of budgets uses nothing", "nothing is stated", help);
        }
    }
}

/// A budget counts once for each day of the month (AWS, "AWS Budgets pricing").
fn budget_days(at: &mut At<'_>, base: &str, name: &'static str, budgets: Option<&Driver<Count>>) {
    if let Some(budgets) = budgets {
        let days = Decimal::from(at.month.days().count());
        let tape = Tape::new().times(name, budgets).rule(Step::Times, "days in the month", days);
        at.record_in("global", CODE, base, "", Unit::Count, tape);
    }
}

#[cfg(test)]
mod tests {
    use crate::services::testing::{check, emitted};

    /// 3 × 31 = 93 and 4 × 31 = 124 budget-days.
    #[test]
    fn budgets_count_once_for_each_day_of_december() {
        check(
            "type: budgets\nwith_actions: 3\nwithout_actions: 4",
            "us-east-1",
            "2026-12",
            "ActionEnabledBudgetsUsage 93 count budgets with actions 3 × days in the month 31
             BudgetsUsage             124 count budgets without actions 4 × days in the month 31",
        );
    }

    #[test]
    #[should_panic(expected = "uses nothing")]
    fn nothing_stated_is_an_error() {
        emitted("type: budgets", "us-east-1", "2026-12");
    }
}
