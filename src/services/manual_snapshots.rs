//! Snapshots that somebody takes at a steady pace and keeps for a while: how many there are on average over a month.
//!
//! Not here: how large they are, and which of them are free (`aurora_postgresql`, `elasticache`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Check;
use super::cohort::{self, Age, Cohorts, Since, check_days, days};
use crate::month::Month;
use crate::quantity::{Pace, Per, Seconds, Turn};
use crate::scenario::driver::Driver;
use crate::usage::{Step, Tape};

/// Snapshots that somebody takes, evenly over the time, and deletes when they are old enough.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ManualSnapshots {
    /// How often one is taken: `month`, `week`, `2/month`.
    pub every: Driver<Pace>,
    /// How long each is kept, in whole days.
    pub kept: Driver<Seconds>,
    /// The first day on which they are taken. Where nothing is stated they have been taken as long as they are kept.
    #[serde(default)]
    pub since: Option<Since>,
}

impl ManualSnapshots {
    /// How many there are of at least an age in days, on average over the month. `before` is what each is worth, or nothing.
    pub fn older_than(&self, age: u32, month: Month, before: Tape) -> Tape {
        let turn = self.every.value.turn;
        let (per, unit) = if turn == Turn::Month { (Per::Month, "months") } else { (Per::Day, "days") };
        let kept = days(&self.kept);
        let cohorts = Cohorts::of(month, cohort::since(self.since, month, kept), per, cohort::steady);
        let lain = cohorts.between(Age::days(age), Some(Age::days(kept)));
        let of = if age == 0 { "kept".to_owned() } else { format!("kept past {age} days") };
        let tape = before.times("snapshots taken", &self.every).rule(Step::Times, format!("{unit} of them {of}"), lain);
        if turn == Turn::Week { tape.rule_of(Step::Over, "days in a week", 7) } else { tape }
    }

    /// Notes times that are no whole days.
    pub fn check(&self, check: &mut Check<'_>) {
        check_days(&self.kept, check);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(every: &str, since: Option<&str>) -> ManualSnapshots {
        ManualSnapshots {
            every: Driver::default_of(every.parse().expect("a pace"), ""),
            kept: Driver::default_of("90 days".parse().expect("a time"), ""),
            since: since.map(|day| Since(day.parse().expect("a day"))),
        }
    }

    #[track_caller]
    fn number(snapshots: &ManualSnapshots, age: u32, month: &str) -> String {
        snapshots.older_than(age, month.parse().expect("a month"), Tape::new()).value().normalize().to_string()
    }

    /// 90 − 35 = 55 days of 2 ÷ 7 snapshots each.
    #[test]
    fn two_a_week_are_as_many_as_their_days_hold() {
        assert!(number(&of("2/week", None), 35, "2026-11").starts_with("15.71428571"));
        assert_eq!(number(&of("day", None), 35, "2026-11"), "55");
        assert_eq!(number(&of("day", None), 90, "2026-11"), "0");
    }

    /// The first is 35 days old on 5 February: until then none is past them. In January there is half a month's on average.
    #[test]
    fn none_is_past_its_days_before_they_have_passed() {
        let monthly = of("month", Some("2026-01-01"));
        assert_eq!(number(&monthly, 35, "2026-01"), "0");
        assert_eq!(number(&monthly, 0, "2026-01"), "0.5");
        assert_ne!(number(&monthly, 35, "2026-02"), "0");
    }
}
