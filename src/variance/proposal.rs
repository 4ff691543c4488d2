//! Measured drivers as lines of a scenario file.

use rust_decimal::Decimal;

use super::driver;
use crate::quantity::exact;
use crate::scenario::node::Node;
use crate::scenario::patch::{self, Patch};

/// Digits of a value that is written into a file.
const DIGITS: u32 = 5;
/// Months from which on their spread is told as a range.
const FOR_A_RANGE: usize = 3;

/// What is written so many times as large, rounded to the digits that a file shows.
pub fn scaled(text: &str, ratio: Decimal) -> String {
    driver::scaled(text, ratio, DIGITS, exact)
}

/// A change, and where it stands today.
pub struct Line<'a> {
    /// File and line.
    pub place: &'a str,
    /// The change.
    pub patch: &'a Patch,
}

/// The driver as a file writes it: the measured value, between those of the single months where these are several.
pub fn value(node: &Node, text: &str, after: &str, ratios: &[Decimal]) -> String {
    let mut parts = Vec::new();
    let ends = ratios.iter().min().zip(ratios.iter().max()).map(|(a, b)| [*a, *b].map(|r| scaled(text, r)));
    match ends.filter(|[low, high]| ratios.len() >= FOR_A_RANGE && low != after && high != after) {
        Some([low, high]) => parts.push(format!("low: {low}, likely: {after}, high: {high}")),
        None => parts.push(format!("value: {after}")),
    }
    for key in ["grows", "of"] {
        parts.extend(node.get(key).and_then(Node::text).map(|text| format!("{key}: {text}")));
    }
    format!("{{{}}}", parts.join(", "))
}

/// The same with where it comes from.
pub fn with_why(value: &str, why: &str) -> String {
    let value = value.trim_end_matches('}');
    format!("{value}, from: measured, why: \"{}\"}}", why.replace(['"', '\\'], "'"))
}

/// The changes as lines of a file. What stands in a list is named by its place: lists are written whole.
pub fn lines(drivers: &[Line<'_>]) -> String {
    let in_list = |path: &str| path.split('.').any(|s| s.parse::<usize>().is_ok());
    let mut out = patch::lines(drivers.iter().filter(|d| !in_list(&d.patch.path)).map(|d| d.patch));
    for line in drivers.iter().filter(|d| in_list(&d.patch.path)) {
        let key = line.patch.path.rsplit('.').next().unwrap_or_default();
        out.push_str(&format!("# {} ({}): {key}: {}\n", line.patch.path, line.place, line.patch.value.text().unwrap_or_default()));
    }
    out
}
