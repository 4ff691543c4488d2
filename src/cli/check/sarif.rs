//! A check as SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format"): a result for each rule that asks for attention, at its
//! line of the rule file.

use std::collections::BTreeMap;

use serde_sarif::sarif::{
    ArtifactLocation, Location, Message, PhysicalLocation, Region, ReportingDescriptor, Result as Finding, ResultLevel, Run, SCHEMA_URL,
    Sarif, Tool, ToolComponent,
};

use super::super::forecast::json;
use super::{Failure, loud, told};
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
    let level = if outcome.status == Status::Fail { ResultLevel::Error } else { ResultLevel::Warning };
    let place = PhysicalLocation::builder()
        .artifact_location(ArtifactLocation::builder().uri(outcome.file.clone()).build())
        .region(Region::builder().start_line(i64::from(outcome.line)).build())
        .build();
    // The same finding of the next run, whatever its numbers.
    let same = BTreeMap::from([("rule/v1".to_owned(), format!("{}/{}", outcome.id, outcome.environment))]);
    Finding::builder()
        .rule_id(kind(outcome.metric))
        .level(level)
        .message(Message::builder().text(format!("{} ({}): {}", outcome.id, outcome.environment, told(outcome))).build())
        .locations(vec![Location::builder().physical_location(place).build()])
        .partial_fingerprints(same)
        .build()
}
