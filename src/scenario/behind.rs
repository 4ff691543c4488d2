//! Whether what stands behind a distribution has one that says how much it answers by itself.

use rust_decimal::Decimal;

use super::Resource;
use super::node::Node;
use crate::diagnostic::{Diagnostic, Problems, nearest};
use crate::usage::Over;

/// Any month: what a distribution misses is asked for to see whether it can tell.
const SOME_MONTH: Over = Over { hours: Decimal::ZERO, requests: None };

/// Notes resources that stand behind nothing, or behind what cannot say which requests it misses.
pub fn check(tree: &Node, resources: &[Resource], problems: &mut Problems) {
    let all = tree.get("resources").map(Node::entries).unwrap_or_default();
    for resource in resources {
        let Some(name) = resource.service.behind() else { continue };
        let own = tree.get("resources").and_then(|n| n.get(&resource.name));
        let at = own.and_then(|n| n.get("behind")).map_or(resource.at, |n| n.at);
        let is_distribution = |n: &Node| n.get("type").and_then(Node::text) == Some("cloudfront");
        let Some((_, node)) = all.iter().find(|(key, n)| key.text == name && is_distribution(n)) else {
            let near = nearest(name, all.iter().filter(|(_, n)| is_distribution(n)).map(|(k, _)| k.text.as_str()));
            problems.push(
                Diagnostic::error(at, format!("there is no cloudfront `{name}` here"))
                    .label(near.map_or_else(|| "unknown".to_owned(), |n| format!("did you mean `{n}`?"))),
            );
            continue;
        };
        // One that is wrong itself is not in the list.
        let distribution = resources.iter().find(|r| *r.name == *name);
        if distribution.is_some_and(|d| d.service.misses(&SOME_MONTH).is_none()) {
            problems.push(
                Diagnostic::error(node.at, format!("which part of the requests reaches `{}` behind `{name}`?", resource.name))
                    .label("`hit_ratio` or its viewers' requests are missing")
                    .help("state both: `hit_ratio: 85%`, and `https` of a geography"),
            );
        }
    }
}
