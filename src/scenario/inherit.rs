//! One file laid over another.
//!
//! Maps are overlaid key by key, everything else is replaced; nothing (`null`) removes. A driver with its origin and a
//! resource of another type are replaced whole, so that no origin outlives its value. What was stated or bought for one
//! environment is not passed on: its plan, its commitments and its name.

use super::node::{Kind, Node};

/// Keys of a scenario that an inheriting file does not get.
const OWN: &[&str] = &[
    "environment",
    "title",
    "inherits",
    "instead_of",
    "standby_of",
    "does_not_carry",
    "plan",
    "commitments",
    "provenance",
    "account",
    "actuals",
    "done",
];

/// `over` laid over `base`, both whole scenarios.
pub fn overlay_scenario(base: &Node, over: &Node) -> Node {
    let mut passed_on = base.clone();
    if let Kind::Map(entries) = &mut passed_on.kind {
        entries.retain(|(k, _)| !OWN.contains(&k.text.as_str()));
    }
    overlay(&passed_on, over)
}

/// `over` laid over `base`.
pub fn overlay(base: &Node, over: &Node) -> Node {
    let (Kind::Map(below), Kind::Map(above)) = (&base.kind, &over.kind) else { return over.clone() };
    let other_type = matches!((base.get("type").and_then(Node::text), over.get("type").and_then(Node::text)), (Some(a), Some(b)) if a != b);
    let driver = |node: &Node| node.get("value").or(node.get("likely")).is_some();
    if driver(over) || driver(base) || other_type {
        return over.clone();
    }
    let mut entries: Vec<_> = below.clone();
    for (key, value) in above {
        match entries.iter_mut().find(|(k, _)| k.text == key.text) {
            Some((k, v)) => {
                *v = overlay(v, value);
                k.at = key.at;
            }
            None => entries.push((key.clone(), value.clone())),
        }
    }
    entries.retain(|(_, v)| v.kind != Kind::Null);
    Node { kind: Kind::Map(entries), at: over.at }
}
