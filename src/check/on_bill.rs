//! What the bill of the month that goes on says of an environment, as far as rules ask for it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::anomaly::Anomaly;
use super::landing::Landing;
use super::rule::{Rule, Scope};
use crate::month::Month;
use crate::quantity::exact;

/// An environment in the month that goes on.
#[derive(Clone, Debug)]
pub struct OnBill {
    /// The month: the one before while there is no bill of the one that goes on.
    pub month: Month,
    /// In words why it is the one before.
    pub instead: Option<String>,
    /// True where AWS calls the bill estimated.
    pub is_estimated: bool,
    /// The last day of which there are rows, while the month is not closed; `None` where it is, or rows tell no days.
    pub last: Option<NaiveDate>,
    /// What is billed, and what the month will come to.
    pub landing: Option<Landing>,
    /// The same of parts of the environment that rules ask for.
    pub parts: Vec<(Scope, Landing)>,
    /// The part of what commitments could cover that they do; `None` where there is none of it.
    pub coverage: Option<Decimal>,
    /// The part of the commitments that is used; `None` where there are none, or the bill does not tell.
    pub utilisation: Option<Decimal>,
    /// The part that carries a tag, by tag; `None` for tags that the bill was not asked for.
    pub tags: BTreeMap<String, Option<Decimal>>,
    /// Anomalies of days that became known in the month, or in words why there is no history to find them in.
    pub anomalies: Result<Vec<Anomaly>, String>,
}

impl OnBill {
    /// In words why the bill is no ground for a rule's verdict; `None` where it is one.
    pub fn doubt(&self, rule: &Rule, as_of: NaiveDate) -> Option<String> {
        if self.is_estimated && !rule.accept_estimated {
            return Some(format!("AWS calls the bill of {} estimated; `accept_estimated: true` goes by it", self.month));
        }
        let last = self.last?;
        let days = (as_of - last).num_days();
        let within = rule.billed_days();
        (Decimal::from(days) > within).then(|| format!("the last billed day is {last}, {days} days ago: more than {}", exact(within)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubt(is_estimated: bool, last: &str, rule: &str) -> Option<String> {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let bill = OnBill {
            month: "2026-11".parse().expect("a month"),
            instead: None,
            is_estimated,
            last: Some(day(last)),
            landing: None,
            parts: Vec::new(),
            coverage: None,
            utilisation: None,
            tags: BTreeMap::new(),
            anomalies: Ok(Vec::new()),
        };
        let rule = format!(r#"{{"id": "x", "metric": "actual", "above": "1 USD"{rule}}}"#);
        bill.doubt(&serde_json::from_str(&rule).expect("a rule"), day("2026-11-24"))
    }

    #[test]
    fn an_estimate_and_an_old_bill_are_no_ground_unless_the_rule_says_so() {
        assert_eq!(doubt(false, "2026-11-23", ""), None);
        assert!(doubt(true, "2026-11-23", "").is_some_and(|why| why.contains("estimated")));
        assert_eq!(doubt(true, "2026-11-23", r#", "accept_estimated": true"#), None);
        assert_eq!(doubt(false, "2026-11-17", ""), None);
        assert_eq!(doubt(false, "2026-11-16", "").as_deref(), Some("the last billed day is 2026-11-16, 8 days ago: more than 7"));
        assert_eq!(doubt(false, "2026-11-16", r#", "billed_within": "10 days""#), None);
    }
}
