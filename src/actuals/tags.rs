//! Cost allocation tags: how each format spells them.

use serde::de::{Deserializer, MapAccess, Visitor};

use super::table::harmless;
use crate::usage::Tags;

/// Between a key and its value, where tags come from columns and not from JSON.
pub const VALUE: char = '\u{1f}';
/// Before each key.
pub const KEY: char = '\u{1e}';

/// The key as users write it, without AWS's prefix; `None` for those that tell single resources apart rather than who pays:
/// `Name`, and what AWS sets itself (`aws:createdBy`, `aws_autoscaling_group_name`). They would make every resource a row of its own.
pub fn user_key(key: &str) -> Option<&str> {
    if key.starts_with("aws:") || key.starts_with("aws_") {
        return None;
    }
    let key = key.strip_prefix("user:").or_else(|| key.strip_prefix("user_")).unwrap_or(key);
    (!key.is_empty() && !key.eq_ignore_ascii_case("name")).then_some(key)
}

/// Reads a map: JSON text, or keys and values as [`push`] writes them. `None` where it is neither.
pub fn parse(text: &str) -> Option<Tags> {
    let mut tags = Tags::new();
    each(text, |key, value| {
        if let Some(key) = user_key(key).filter(|_| !value.is_empty()) {
            tags.insert(harmless(key).into_owned(), harmless(value).into_owned());
        }
    })?;
    Some(tags)
}

/// The value of one key of a map as [`parse`] reads it.
pub fn lookup(text: &str, wanted: &str) -> Option<String> {
    let mut found = None;
    each(text, |key, value| {
        if key == wanted {
            found = Some(value.to_owned());
        }
    })?;
    found
}

/// Writes one key and its value.
pub fn push(room: &mut String, key: &str, value: &str) {
    room.push(KEY);
    room.push_str(key);
    room.push(VALUE);
    room.push_str(value);
}

/// Calls `found` with every key and value.
fn each(text: &str, mut found: impl FnMut(&str, &str)) -> Option<()> {
    if let Some(pairs) = text.strip_prefix(KEY) {
        pairs.split(KEY).filter_map(|pair| pair.split_once(VALUE)).for_each(|(key, value)| found(key, value));
        return Some(());
    }
    if text.trim().is_empty() {
        return Some(());
    }
    let mut json = serde_json::Deserializer::from_str(text);
    json.deserialize_map(Pairs(found)).ok()?;
    json.end().ok()
}

/// Reads a JSON object whose values are text. A value that is none (null, a number) counts as its JSON text, a list not at all.
struct Pairs<F>(F);

impl<'de, F: FnMut(&str, &str)> Visitor<'de> for Pairs<F> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match map.next_value::<serde_json::Value>()? {
                serde_json::Value::String(value) => (self.0)(&key, &value),
                serde_json::Value::Null => {}
                other => (self.0)(&key, &other.to_string()),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variance::scope::find;

    #[test]
    fn every_format_gives_the_same_key() {
        let mut columns = String::new();
        push(&mut columns, "user:Environment", "prod");
        for text in [r#"{"user_environment": "prod", "user_Name": "x"}"#, r#"{"Environment":"prod","aws:createdBy":"me"}"#, &columns] {
            let tags = parse(text).expect("tags");
            assert_eq!((find(&tags, "Environment"), tags.len()), (Some("prod"), 1), "{text}");
        }
        assert_eq!(find(&parse(r#"{"user_cost_center":"7"}"#).expect("tags"), "CostCenter"), Some("7"));
    }

    #[test]
    fn what_is_no_map_is_refused() {
        assert_eq!(parse(""), Some(Tags::new()));
        for no in ["[]", "{", "{\"a\":\"b\"} x", "user_environment", "{1:2}"] {
            assert_eq!(parse(no), None, "{no}");
        }
    }
}
