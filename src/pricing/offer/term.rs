//! On which terms a rate holds, out of the three ways in which the lists say so.

use super::RawTerm;
use crate::pricing::{Payment, Term};

/// What a rate's words for its term mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A term of the price book.
    Term(Term),
    /// One that the price book does not hold, and why.
    Left(&'static str),
    /// Words that contradict each other, or that nobody knows.
    Wrong(String),
}

/// On demand.
const ON_DEMAND: &str = "JRTCKXETXF";

/// The offer term codes of standard reservations. AWS, "Reading the service price list files"; the codes as seen in lists of 2016 to 2026.
const STANDARD: [(&str, u8, Payment); 6] = [
    ("4NA7Y494T4", 1, Payment::NoUpfront),
    ("HU7G6KETJZ", 1, Payment::PartialUpfront),
    ("6QCMYABX3D", 1, Payment::AllUpfront),
    ("BPH4J8HBKS", 3, Payment::NoUpfront),
    ("38NPMPTW36", 3, Payment::PartialUpfront),
    ("NQ3QZPMQV9", 3, Payment::AllUpfront),
];

/// Reads the term of a rate. The code decides: lists have been seen that hold reservations under `OnDemand`.
pub(super) fn meaning(raw: RawTerm<'_>) -> Meaning {
    if raw.is_savings_plan {
        return savings_plan(raw);
    }
    if raw.code == ON_DEMAND {
        return Meaning::Term(Term::OnDemand);
    }
    if raw.class.eq_ignore_ascii_case("convertible") {
        return Meaning::Left("convertible reservations: the price book holds standard ones");
    }
    let by_code = STANDARD.iter().find(|(code, ..)| *code == raw.code).map(|(_, years, payment)| (*years, *payment));
    let by_words = if raw.purchase.is_empty() { None } else { payment(raw.purchase).zip(years(raw.length)).map(|(p, y)| (y, p)) };
    match (by_code, by_words) {
        (Some(code), Some(words)) if code != words => Meaning::Wrong(format!(
            "the term code {} means {} year, {:?}, and the words beside it say {}, {}",
            raw.code, code.0, code.1, raw.length, raw.purchase
        )),
        (Some((years, payment)), _) | (None, Some((years, payment))) => Meaning::Term(Term::Reserved { years, payment }),
        (None, None) if raw.kind == "OnDemand" => Meaning::Left("on demand, at a term code that AWS has for special offers"),
        (None, None) if raw.purchase.ends_with("Utilization") => Meaning::Left("reservations by utilization, which AWS sells no more"),
        (None, None) => Meaning::Wrong(format!("`{}` is no term that is known (`{} {}`)", raw.code, raw.length, raw.purchase)),
    }
}

fn savings_plan(raw: RawTerm<'_>) -> Meaning {
    match raw.kind {
        "EC2InstanceSavingsPlans" => {
            return Meaning::Left("EC2 Instance Savings Plans: the price book holds Compute and Database Savings Plans");
        }
        "SageMakerSavingsPlans" | "MachineLearningSavingsPlans" => return Meaning::Left("Savings Plans for machine learning"),
        _ => {}
    }
    match (years(raw.length), payment(raw.purchase)) {
        (Some(years), Some(payment)) => Meaning::Term(Term::SavingsPlan { years, payment }),
        _ => Meaning::Wrong(format!("`{} {}` is no term of a Savings Plan", raw.length, raw.purchase)),
    }
}

fn payment(text: &str) -> Option<Payment> {
    match text {
        "No Upfront" => Some(Payment::NoUpfront),
        "Partial Upfront" => Some(Payment::PartialUpfront),
        "All Upfront" => Some(Payment::AllUpfront),
        _ => None,
    }
}

fn years(text: &str) -> Option<u8> {
    match text {
        "1" | "1yr" | "1 yr" => Some(1),
        "3" | "3yr" | "3 yr" => Some(3),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer<'a>(kind: &'a str, code: &'a str, length: &'a str, purchase: &'a str, class: &'a str) -> Meaning {
        meaning(RawTerm { kind, code, length, purchase, class, is_savings_plan: false })
    }

    #[test]
    fn the_code_decides_even_under_another_heading() {
        let all = Meaning::Term(Term::Reserved { years: 3, payment: Payment::AllUpfront });
        assert_eq!(offer("Reserved", "NQ3QZPMQV9", "3yr", "All Upfront", "standard"), all);
        assert_eq!(offer("OnDemand", "NQ3QZPMQV9", "3yr", "All Upfront", "standard"), all);
        assert_eq!(offer("OnDemand", "JRTCKXETXF", "", "", ""), Meaning::Term(Term::OnDemand));
    }

    #[test]
    fn words_that_contradict_the_code_are_an_error() {
        let Meaning::Wrong(why) = offer("Reserved", "NQ3QZPMQV9", "1yr", "All Upfront", "standard") else { panic!("no error") };
        assert_eq!(why, "the term code NQ3QZPMQV9 means 3 year, AllUpfront, and the words beside it say 1yr, All Upfront");
    }

    #[test]
    fn an_unknown_code_is_read_by_its_words() {
        let one = Meaning::Term(Term::Reserved { years: 1, payment: Payment::NoUpfront });
        assert_eq!(offer("Reserved", "XXXXXXXXXX", "1 yr", "No Upfront", "standard"), one);
        assert!(matches!(offer("Reserved", "XXXXXXXXXX", "", "", ""), Meaning::Wrong(_)));
        assert!(matches!(offer("Reserved", "CUZHX8X6JH", "1yr", "Partial Upfront", "convertible"), Meaning::Left(_)));
    }
}
