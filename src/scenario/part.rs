//! Values that follow others: `{part: 60%, at: cloudwatch.logs.ingested}` is that part of what stands at a path of the same environment,
//! with its range, and grows where it grows. `less` and `plus` take another part off or add it, `each: 2 MB` counts things of that size,
//! `per: month` makes a flow of a stock. Other keys of a driver (`why`, `spread` …) stand as they are.

use rust_decimal::Decimal;

use super::node::{Key, Kind, Node};
use super::patch;
use crate::money::quotient;
use crate::quantity::{self, Magnitude, exact};

/// Keys that say how the value follows; every other one belongs to the value itself.
const OWN: &[&str] = &["part", "at", "less", "plus", "each", "per"];
/// Keys of a driver that hold numbers of its unit.
const NUMBERS: &[&str] = &["value", "likely", "low", "high"];
/// Keys of a driver that say how far it is known.
const RANGE: &[&str] = &["low", "high", "shape", "spread"];
/// Places that are kept of a number that is computed.
const PLACES: u32 = 12;

/// A value with everything in it that follows others, as what it comes to in an environment.
///
/// # Errors
/// A path that is not there, what is no number, units that cannot be added, and what would be below zero.
pub fn resolved(node: &Node, tree: &Node) -> Result<Node, String> {
    let kind = match &node.kind {
        Kind::Map(_) if node.get("part").is_some() && node.get("at").is_some() => return following(node, tree),
        Kind::Map(entries) => {
            let entry = |(key, value): &(Key, Node)| Ok((key.clone(), resolved(value, tree)?));
            Kind::Map(entries.iter().map(entry).collect::<Result<_, String>>()?)
        }
        Kind::List(items) => Kind::List(items.iter().map(|item| resolved(item, tree)).collect::<Result<_, String>>()?),
        other => other.clone(),
    };
    Ok(Node { kind, at: node.at })
}

/// The likely value of a driver, however it is written.
pub fn likely(node: &Node) -> Option<&str> {
    node.get("value").or(node.get("likely")).unwrap_or(node).text()
}

/// "35%" as 0.35.
///
/// # Errors
/// What is no share.
pub fn share(text: &str) -> Result<Decimal, String> {
    let share = text.strip_suffix('%').and_then(|p| p.trim().parse::<Decimal>().ok()).and_then(|p| quotient(p, Decimal::ONE_HUNDRED));
    share.filter(|s| !s.is_sign_negative()).ok_or_else(|| format!("`{text}` is no part: expected per cent, such as 50%"))
}

/// What stands at a path, and its number.
fn number<'a>(path: &str, tree: &'a Node) -> Result<(&'a Node, Magnitude), String> {
    let node = patch::find(tree, &patch::steps(path)).map_err(|d| d.message)?;
    let text = likely(node).ok_or_else(|| format!("`{path}` is no single value"))?;
    Ok((node, quantity::magnitude(text).ok_or_else(|| format!("`{text}` at `{path}` is no number"))?))
}

/// The number at a path; `None` where nothing states it.
pub fn stated(path: &str, tree: &Node) -> Option<Magnitude> {
    number(path, tree).ok().map(|(_, number)| number)
}

/// A part of what stands at a path with what it takes off or adds, and the node there.
fn amount<'a>(node: &Node, tree: &'a Node) -> Result<(&'a Node, Magnitude), String> {
    let text = |key: &str| node.get(key).and_then(Node::text);
    let (Some(part), Some(at)) = (text("part"), text("at")) else {
        return Err("a part of something is written as {part: 50%, at: core.tasks.average}".into());
    };
    let (there, mut number) = number(at, tree)?;
    number.value = (number.value * share(part)?).round_dp(PLACES);
    for (key, sign) in [("less", Decimal::NEGATIVE_ONE), ("plus", Decimal::ONE)] {
        let Some(other) = node.get(key) else { continue };
        let (_, other) = amount(other, tree)?;
        if other.unit != number.unit {
            let named = |unit: &str| if unit.is_empty() { "units".to_owned() } else { unit.to_owned() };
            return Err(format!("`{at}` is in {}, what it is held against in {}", named(&number.unit), named(&other.unit)));
        }
        number.value += sign * other.value;
        if number.value.is_sign_negative() {
            return Err(format!("{} of `{at}` are less than what would be taken off them", exact(number.value - sign * other.value)));
        }
    }
    Ok((there, number))
}

fn following(node: &Node, tree: &Node) -> Result<Node, String> {
    let text = |key: &str| node.get(key).and_then(Node::text);
    let (there, mut number) = amount(node, tree)?;
    if let Some(each) = text("each") {
        let size = quantity::magnitude(each).filter(|size| size.unit == number.unit && !size.value.is_zero());
        let size = size.ok_or_else(|| format!("`{each}` is no size of which {} consist", number.unit))?;
        number = Magnitude { value: quotient(number.value, size.value).unwrap_or_default().round(), unit: String::new() };
    }
    if let Some(per) = text("per") {
        number.unit = format!("{}/{per}", number.unit);
    }
    let at = node.at;
    let key = |text: &str| Key { text: text.to_owned(), at };
    let scalar = |text: String| Node { kind: Kind::Scalar(text), at };
    let own: Vec<(Key, Node)> = node.entries().iter().filter(|(k, _)| !OWN.contains(&k.text.as_str())).cloned().collect();
    let says = |wanted: &[&str]| own.iter().any(|(k, _)| wanted.contains(&k.text.as_str()));
    // How many times as large as what it follows: its range goes with it.
    let before = likely(there).and_then(quantity::magnitude).and_then(|m| quotient(number.value, m.value)).unwrap_or_default();
    let mut entries = vec![(key("value"), scalar(number.to_string()))];
    for (name, value) in there.entries().iter().filter(|(k, _)| !says(RANGE) && RANGE.contains(&k.text.as_str())) {
        let Some(end) = value.text().filter(|_| NUMBERS.contains(&name.text.as_str())).and_then(quantity::magnitude) else {
            entries.push((key(&name.text), Node { kind: value.kind.clone(), at }));
            continue;
        };
        let end = Magnitude { value: (end.value * before).round_dp(PLACES), unit: number.unit.clone() };
        entries.push((key(&name.text), scalar(end.to_string())));
    }
    // Nothing is spread around zero.
    if number.value.is_zero() {
        entries.truncate(1);
    }
    for (name, value) in there.entries().iter().filter(|(k, _)| ["grows", "of"].contains(&k.text.as_str()) && !says(&[&k.text])) {
        entries.push((key(&name.text), Node { kind: value.kind.clone(), at }));
    }
    if !says(&["from"]) {
        entries.push((key("from"), scalar("assumed".into())));
    }
    if !says(&["why"]) {
        entries.push((key("why"), scalar(format!("{} of {}", text("part").unwrap_or_default(), text("at").unwrap_or_default()))));
    }
    entries.extend(own.into_iter().filter(|(k, _)| !number.value.is_zero() || !RANGE.contains(&k.text.as_str())));
    Ok(Node { kind: Kind::Map(entries), at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Problems;
    use crate::scenario::node::parse;
    use crate::source::Sources;

    const SHOP: &str = "resources:\n  uploads: {storage: {standard: {value: 4 TB, spread: 15%, from: calibrated, why: bills}}}\n  nat: {processed: {low: 100 GB/month, likely: 400 GB/month, high: 800 GB/month, grows: true}, gateways: 2}\n  logs: {ingested: 100 GB/month, stored: 0 GB}\n";

    fn tree(text: &str) -> Node {
        let mut sources = Sources::default();
        let file = sources.add("shop.yaml", text);
        parse(&sources, file, &mut Problems::default()).expect("YAML")
    }

    /// What a value comes to, key by key; an error as its message.
    fn check(value: &str) -> String {
        let entry = |(k, v): &(Key, Node)| format!("{}: {}", k.text, v.text().unwrap_or("…"));
        match resolved(&tree(&format!("value: {value}")), &tree(SHOP)) {
            Ok(node) => node.get("value").map(|n| n.entries().iter().map(entry).collect::<Vec<_>>().join(", ")).unwrap_or_default(),
            Err(why) => why,
        }
    }

    #[test]
    fn a_part_follows_what_stands_there() {
        let found = check("{part: 25%, at: uploads.storage.standard, why: young}");
        assert_eq!(found, "value: 1024 GB, spread: 15%, from: assumed, why: young");
        let found = check("{part: 50%, at: nat.processed}");
        let wanted = "value: 200 GB/month, low: 50 GB/month, high: 400 GB/month, grows: true, from: assumed, why: 50% of nat.processed";
        assert_eq!(found, wanted);
    }

    #[test]
    fn other_values_are_taken_off_and_added() {
        let found = check("{part: 100%, at: nat.processed, less: {part: 100%, at: logs.ingested}, spread: 5%, why: rest}");
        assert_eq!(found, "value: 300 GB/month, grows: true, from: assumed, spread: 5%, why: rest");
        let found = check("{part: 100%, at: logs.ingested, less: {part: 100%, at: nat.processed}}");
        assert_eq!(found, "100 of `logs.ingested` are less than what would be taken off them");
        let found = check("{part: 100%, at: nat.gateways, plus: {part: 100%, at: nat.processed}}");
        assert_eq!(found, "`nat.gateways` is in units, what it is held against in GB/month");
    }

    /// 4,096 GB of objects of 2 MB are 2,097,152; a quarter of them in a month.
    #[test]
    fn stocks_become_counts_and_flows() {
        let found = check("{part: 25%, at: uploads.storage.standard, each: 2 MB, per: month, why: w}");
        assert_eq!(found, "value: 524288/month, spread: 15%, from: assumed, why: w");
        assert_eq!(check("{part: 10%, at: logs.stored, per: month, why: w}"), "value: 0 GB/month, from: assumed, why: w");
        assert_eq!(check("{part: 10%, at: logs.kept}"), "`logs.kept` is no single value");
    }
}
