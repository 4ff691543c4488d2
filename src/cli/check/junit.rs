//! A check as a JUnit report: a suite for each environment, a case for each rule.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::super::{Exit, Failure};
use super::{told, word};
use crate::check::document::{Check, Outcome, Status};

/// The report. A breach of the level `fail` fails its case, what could not be told is an error of it, and a warning passes with a message.
pub fn report(found: &Check) -> Result<String, Failure> {
    let mut report = Report::new("ce-cost check");
    for environment in &found.environments {
        let mut suite = TestSuite::new(environment.environment.as_str());
        let own = found.rules.iter().filter(|r| r.environment == environment.environment);
        own.for_each(|outcome| _ = suite.add_test_case(case(outcome)));
        report.add_test_suite(suite);
    }
    let text = report.to_string().map_err(|e| Failure { exit: Exit::Internal, message: format!("error: {e}") })?;
    // The schema that Jenkins reads by has no such count on the root.
    let skipped = found.rules.iter().filter(|r| is_skipped(r.status)).count();
    Ok(text.replacen(&format!(" skipped=\"{skipped}\""), "", 1))
}

fn is_skipped(status: Status) -> bool {
    matches!(status, Status::Skipped | Status::Waived)
}

fn case(outcome: &Outcome) -> TestCase {
    let mut status = match outcome.status {
        Status::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Status::Incomplete => TestCaseStatus::non_success(NonSuccessKind::Error),
        skipped if is_skipped(skipped) => TestCaseStatus::skipped(),
        _ => TestCaseStatus::success(),
    };
    if !matches!(outcome.status, Status::Pass | Status::Warn | Status::Info) {
        status.set_message(outcome.message.as_str());
        status.set_type(word(outcome.status));
    }
    let mut case = TestCase::new(outcome.id.as_str(), status);
    case.set_classname(format!("{}.{}", outcome.environment, outcome.metric.name()));
    case.set_system_out(format!("{}: {}", word(outcome.status), told(outcome)));
    case
}
