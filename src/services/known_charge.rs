//! Charges whose amount is known beforehand: a domain, a subscription, the bill of somebody other than AWS. There is no price to
//! look up; the amount is what the scenario says, in the months in which it falls due.
//!
//! Not here: support plans and tax, which are shares of other charges (`accounts.yaml`).

use chrono::{Datelike, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Check, Service};
use crate::money::Usd;
use crate::month::Month;
use crate::scenario::driver::Driver;
use crate::usage::Tape;

/// How often a charge falls due.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Every {
    /// In every month.
    #[default]
    Month,
    /// In one month of each year.
    Year,
}

/// A charge whose amount is known beforehand.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct KnownChargeResource {
    /// Who bills it.
    pub service: String,
    /// What for.
    pub description: String,
    /// How much each time, US dollars; below zero for a credit.
    pub amount: Driver<Usd>,
    /// How often.
    #[serde(default)]
    pub every: Every,
    /// The month in which a yearly charge falls due: 1 for January to 12 for December.
    #[serde(default)]
    pub due: Option<u32>,
    /// True where AWS is not the one who sends the bill.
    #[serde(default)]
    pub outside_aws: bool,
    /// The first day, such as 2026-12-01: charged from the month that holds it.
    #[serde(default)]
    pub from: Option<String>,
    /// The last day, such as 2027-11-30: charged up to the month that holds it.
    #[serde(default)]
    pub until: Option<String>,
}

impl Service for KnownChargeResource {
    const TYPE: &'static str = "known-charge";
    const EXAMPLE: &'static str = "
type: known-charge
service: PagerDuty
description: five seats
amount: 105 USD
every: month
outside_aws: true
from: 2026-12-01
until: 2027-11-30
";

    fn usage(&self, at: &mut At<'_>) {
        if !self.falls_due(at.month) {
            return;
        }
        match Tape::new().times("amount", &self.amount).finish() {
            Some((_, factors)) => at.known_charge(&self.service, &self.description, self.amount.value, self.outside_aws, factors),
            None => at.failures.push(format!("{}: the amount is too large to be exact", at.resource)),
        }
    }

    fn check(&self, check: &mut Check<'_>) {
        self.check_due(check);
        for (name, text) in [("from", &self.from), ("until", &self.until)] {
            if let Some(text) = text.as_ref().filter(|text| day(text).is_none()) {
                check.error(
                    None,
                    format!("`{name}: {text}` is not a day"),
                    format!("wrong `{name}`"),
                    "write year, month and day, such as 2026-12-01",
                );
            }
        }
        if let (Some(from), Some(until)) = (self.first_day(), self.last_day())
            && from > until
        {
            check.error(
                None,
                format!("this charge ends on {until}, before it begins on {from}"),
                "never charged",
                "`from` must not be after `until`",
            );
        }
    }
}

impl KnownChargeResource {
    /// Whether the month is one in which the amount is charged.
    fn falls_due(&self, month: Month) -> bool {
        let begun = self.first_day().is_none_or(|from| Month::of(from) <= month);
        let ended = self.last_day().is_some_and(|until| until < month.first_day());
        let turn = self.every == Every::Month || self.due == Some(month.first_day().month());
        begun && !ended && turn
    }

    fn first_day(&self) -> Option<NaiveDate> {
        self.from.as_deref().and_then(day)
    }

    fn last_day(&self) -> Option<NaiveDate> {
        self.until.as_deref().and_then(day)
    }

    fn check_due(&self, check: &mut Check<'_>) {
        let help = "write `due: 1` for January to `due: 12` for December";
        match (self.every, self.due) {
            (Every::Month, None) | (Every::Year, Some(1..=12)) => {}
            (Every::Month, Some(_)) => check.error(
                None,
                "a monthly charge falls due every month",
                "`due` has no meaning here",
                "write `every: year`, or remove `due`",
            ),
            (Every::Year, None) => check.error(None, "it is not said in which month this charge falls due", "`due` is missing", help),
            (Every::Year, Some(due)) => check.error(None, format!("there is no month {due}"), "`due` must lie between 1 and 12", help),
        }
    }
}

/// A day written as 2026-12-01.
fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::PriceBook;

    use crate::services::testing::emitted;
    use crate::usage::KnownCharge;

    fn seats() -> KnownChargeResource {
        KnownChargeResource {
            service: "PagerDuty".into(),
            description: "five seats".into(),
            amount: Driver::default_of("105 USD".parse().expect("an amount"), "the order"),
            every: Every::Month,
            due: None,
            outside_aws: true,
            from: None,
            until: None,
        }
    }

    fn charged(charge: &KnownChargeResource, month: &str) -> Vec<KnownCharge> {
        let book = PriceBook::embedded().map_err(|e| e.0.render(&e.1, false)).expect("a price book");
        let mut at = crate::services::alone(&book, "us-east-1", month.parse().expect("a month"));
        Service::usage(charge, &mut at);
        assert!(at.usage.is_empty() && at.failures.is_empty());
        at.known
    }

    fn months(charge: &KnownChargeResource) -> Vec<&'static str> {
        ["2026-11", "2026-12", "2027-01", "2027-11", "2027-12"].into_iter().filter(|m| !charged(charge, m).is_empty()).collect()
    }

    #[test]
    fn the_amount_is_charged_as_it_is_and_says_where_it_came_from() {
        let charges = charged(&seats(), "2026-12");
        let shown: Vec<String> =
            charges.iter().map(|c| format!("{} {} {:?} outside {}", c.service, c.description, c.amount, c.outside_aws)).collect();
        assert_eq!(shown, ["PagerDuty five seats 105 USD outside true"]);
        assert_eq!(charges[0].factors[0].name, "amount");
        assert_eq!(charges[0].factors[0].why.as_deref(), Some("the order"));
    }

    #[test]
    fn a_yearly_charge_falls_due_in_its_month_only() {
        assert_eq!(months(&KnownChargeResource { every: Every::Year, due: Some(12), ..seats() }), ["2026-12", "2027-12"]);
    }

    #[test]
    fn months_that_hold_the_first_and_the_last_day_are_charged() {
        let charge = KnownChargeResource { from: Some("2026-12-15".into()), until: Some("2027-11-01".into()), ..seats() };
        assert_eq!(months(&charge), ["2026-12", "2027-01", "2027-11"]);
    }

    #[test]
    fn the_example_is_legal() {
        assert!(emitted(KnownChargeResource::EXAMPLE, "us-east-1", "2026-12").is_empty());
    }

    #[test]
    #[should_panic(expected = "`due` is missing")]
    fn a_yearly_charge_says_when_it_falls_due() {
        emitted("type: known-charge\nservice: Route 53\ndescription: domain\namount: 14 USD\nevery: year", "us-east-1", "2026-12");
    }

    #[test]
    #[should_panic(expected = "there is no month 13")]
    fn a_year_has_twelve_months() {
        emitted("type: known-charge\nservice: Route 53\ndescription: domain\namount: 14 USD\nevery: year\ndue: 13", "us-east-1", "2026-12");
    }

    #[test]
    #[should_panic(expected = "`due` has no meaning here")]
    fn a_monthly_charge_names_no_month() {
        emitted("type: known-charge\nservice: Snyk\ndescription: seats\namount: 98 USD\ndue: 3", "us-east-1", "2026-12");
    }

    #[test]
    #[should_panic(expected = "`from: December` is not a day")]
    fn a_first_day_is_written_in_full() {
        emitted("type: known-charge\nservice: Snyk\ndescription: seats\namount: 98 USD\nfrom: December", "us-east-1", "2026-12");
    }

    #[test]
    #[should_panic(expected = "before it begins")]
    fn a_charge_ends_after_it_begins() {
        let dates = "from: 2027-01-01\nuntil: 2026-12-31";
        emitted(&format!("type: known-charge\nservice: Snyk\ndescription: seats\namount: 98 USD\n{dates}"), "us-east-1", "2026-12");
    }
}
