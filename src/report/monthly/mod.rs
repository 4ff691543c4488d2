//! The monthly report: what a platform lead sends to finance and engineering on the second of the month.
//!
//! [`facts`] are gathered at the edge; [`chapter()`] says what they mean, section by section, as a [`document`]. Writers (`report::html`,
//! `report::workbook` and so on) take the document and compute nothing.

pub mod accuracy;
pub mod document;
pub mod facts;
pub mod kept;
mod sections;
mod together;
pub mod verdict;

use self::document::{Chapter, Report, Section, Titled};
use self::facts::Facts;
use super::table::Table;

pub use self::sections::chapter;
pub use self::together::together;

/// The name of the schema.
pub const SCHEMA: &str = "ce-cost/report/1";

/// The report of several environments, or of one; `trail` says from what it was made.
pub fn report(facts: &[Facts<'_>], trail: &[(String, String)]) -> Option<Report> {
    let first = facts.first()?;
    let mut chapters: Vec<Chapter> = facts.iter().map(chapter).collect();
    let environment = if facts.len() == 1 { first.scenario.name.to_string() } else { "all".to_owned() };
    if facts.len() > 1 {
        chapters.insert(0, together(facts, &chapters));
    }
    if let Some(last) = chapters.last_mut() {
        last.sections.push(sections::trail(trail));
    }
    Some(Report {
        schema: SCHEMA.into(),
        title: format!("{} · {}", if facts.len() == 1 { &environment } else { "All environments" }, first.month.name()),
        environment,
        currency: "USD".into(),
        as_of: first.as_of.to_string(),
        month: first.month.to_string(),
        chapters,
    })
}

/// A section without anything in it yet.
fn section(id: &str, title: &str, answer: impl Into<String>) -> Section {
    Section { id: id.into(), title: title.into(), answer: answer.into(), ..Section::default() }
}

/// A table with its name.
fn titled(id: &str, title: &str, table: Table) -> Titled {
    Titled { id: id.into(), title: title.into(), table }
}
