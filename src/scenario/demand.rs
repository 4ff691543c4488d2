//! Whether what a scenario states per request has requests to follow.

use super::Resource;
use super::node::{Kind, Node};
use crate::diagnostic::{Diagnostic, Problems, nearest};
use crate::simulation::month::Follows;
use crate::workload::{ALL, Workload};

/// Notes resources that follow a demand which is not there. True where anything follows demand.
pub fn check(tree: &Node, resources: &[Resource], workload: Option<&Workload>, problems: &mut Problems) -> bool {
    let routes: Vec<String> = match workload.map(|w| &w.requests.routes) {
        Some(Some(routes)) => routes.keys().cloned().collect(),
        Some(None) => vec![ALL.to_owned()],
        None => Vec::new(),
    };
    let mut wanted: Vec<(&Node, Option<&str>)> = Vec::new();
    for resource in resources {
        let Some(node) = tree.get("resources").and_then(|n| n.get(&resource.name)) else { continue };
        per_request(node, &mut wanted);
        match resource.service.follows() {
            Some(Follows::Requests(_)) => {
                let named = node.get("demand").and_then(|n| n.get("routes"));
                match named.map(|n| &n.kind) {
                    Some(Kind::List(items)) if !items.is_empty() => wanted.extend(items.iter().map(|i| (i, i.text()))),
                    _ => wanted.push((node.get("demand").unwrap_or(node), None)),
                }
            }
            Some(Follows::Data(_) | Follows::Lcus(_)) | None => {}
        }
    }
    for (node, route) in &wanted {
        match route {
            _ if workload.is_none() => problems.push(
                Diagnostic::error(node.at, "this follows requests, and the scenario has none")
                    .label("no `workload`")
                    .help("add `workload: {requests: {level: 100/s}}`, or state the quantity for a month"),
            ),
            Some(route) if !routes.iter().any(|r| r == route) => {
                let near = nearest(route, routes.iter().map(String::as_str));
                problems.push(
                    Diagnostic::error(node.at, format!("the workload has no route `{route}`"))
                        .label(near.map_or_else(|| "unknown".into(), |n| format!("did you mean `{n}`?")))
                        .help(format!("known there: {}", routes.join(", "))),
                );
            }
            _ => {}
        }
    }
    !wanted.is_empty()
}

/// Everything below a node that is stated per request, with its route.
fn per_request<'a>(node: &'a Node, found: &mut Vec<(&'a Node, Option<&'a str>)>) {
    let is = |n: &Node| n.text().is_some_and(|t| t.ends_with("/request"));
    match &node.kind {
        Kind::Map(entries) => {
            let value = node.get("value").or(node.get("likely")).filter(|n| is(n));
            if value.is_some() {
                let of = node.get("of");
                found.push((of.unwrap_or(node), of.and_then(Node::text)));
                return;
            }
            entries.iter().for_each(|(_, n)| per_request(n, found));
        }
        Kind::List(items) => items.iter().for_each(|n| per_request(n, found)),
        Kind::Scalar(_) if is(node) => found.push((node, None)),
        _ => {}
    }
}
