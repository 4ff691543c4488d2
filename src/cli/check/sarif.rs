//! A check as SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format"): a result for each rule that is breached or cannot be
//! told, at its line of the scenario, with that of the rule file beside it.

use std::collections::BTreeMap;

use serde_sarif::sarif::{
    ArtifactLocation, Location, Message, PhysicalLocation, Region, ReportingDescriptor, Result as Finding, ResultLevel, Run, SCHEMA_URL,
    Sarif, Tool, ToolComponent,
};

use super::super::forecast::json;
use super::{Failure, loud, place, told};
use crate::check::document::{Check, Outcome, Status};
use crate::check::rule::Metric;

/// The log.
pub fn log(found: &Check) -> Result<String, Failure> {
    let results: Vec<Finding> = loud(found).map(finding).collect();
    let driver = ToolComponent::builder()
        .name("ce-cost")
        .semantic_version(env!("CARGO_PKG_VERSION").to_owned())
        .rules(Metric::ALL.map(descriptor).to_vec())
        .build();
    let run = Run::builder().tool(Tool::builder().driver(driver).build()).results(results).build();
    let log = Sarif::builder().version(serde_json::json!("2.1.0")).schema(SCHEMA_URL.to_owned()).runs(vec![run]).build();
    json(&log)
}

/// The name by which tools know a kind of finding.
fn kind(metric: Metric) -> String {
    format!("budget/{}", metric.name().replace('_', "-"))
}

fn descriptor(metric: Metric) -> ReportingDescriptor {
    ReportingDescriptor::builder().id(kind(metric)).name(metric.name().to_owned()).build()
}

fn finding(outcome: &Outcome) -> Finding {
    let level = match outcome.status {
        Status::Fail => ResultLevel::Error,
        Status::Info => ResultLevel::Note,
        _ => ResultLevel::Warning,
    };
    // The same finding of the next run, whatever its numbers.
    let same = BTreeMap::from([("rule/v1".to_owned(), format!("{}/{}", outcome.id, outcome.environment))]);
    let (file, line) = place(outcome);
    Finding::builder()
        .rule_id(kind(outcome.metric))
        .level(level)
        .message(Message::builder().text(format!("{} ({}): {}", outcome.id, outcome.environment, told(outcome))).build())
        .locations(vec![location(file, line)])
        .related_locations(vec![location(&outcome.file, outcome.line)])
        .partial_fingerprints(same)
        .build()
}

fn location(file: &str, line: u32) -> Location {
    let place = PhysicalLocation::builder()
        .artifact_location(ArtifactLocation::builder().uri(uri(file)).build())
        .region(Region::builder().start_line(i64::from(line)).build())
        .build();
    Location::builder().physical_location(place).build()
}

/// A path as a relative reference of RFC 3986.
fn uri(path: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&b);
    path.bytes().map(|b| if is_plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_reference() {
        assert_eq!(uri("scenarios/my team/büdgets#1.yaml"), "scenarios/my%20team/b%C3%BCdgets%231.yaml");
    }
}
