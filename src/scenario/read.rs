//! From a tree to a type, with every error of it at once.
//!
//! The types derive serde's `Deserialize`, which stops at the first thing wrong. So a value that cannot be read is noted,
//! cut out of a copy of the tree, and the reading is tried again until nothing new is found.

use std::cell::RefCell;
use std::fmt;

use serde::de::value::{BorrowedStrDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::driver::{DRIVER, DRIVER_KEYS, Provenance};
use super::node::{Key, Kind, Node};
use crate::diagnostic::{Diagnostic, Problems, nearest};
use crate::source::{FileId, Place};

/// What a bare value means in each file: its `provenance:` line.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    by_file: Vec<(FileId, Provenance)>,
}

impl Defaults {
    /// Notes a file's `provenance:` line.
    pub fn set(&mut self, file: FileId, provenance: Provenance) {
        self.by_file.push((file, provenance));
    }

    /// What a bare value of a file means.
    pub fn of(&self, file: FileId) -> Provenance {
        self.by_file.iter().find(|(f, _)| *f == file).map_or(Provenance::Assumed, |(_, p)| *p)
    }
}

/// How often the reading of one value is tried again: each time costs as much as the value is long.
const MOST_ROUNDS: usize = 100;

/// Reads `node` as a `T`, noting all that is wrong. Keys in `also` are somebody else's and passed over.
pub fn read<T: DeserializeOwned>(node: &Node, also: &[&str], defaults: &Defaults, problems: &mut Problems) -> Option<T> {
    let mut tree = node.clone();
    let mut cut: Vec<String> = Vec::new();
    let before = problems.errors();
    let mut value = None;
    // Every round but the last cuts something out.
    for _ in 0..MOST_ROUNDS {
        let found = RefCell::new(Problems::default());
        let reader = Reader { node: &tree, also, defaults, found: &found };
        let result = T::deserialize(reader);
        problems.extend(found.into_inner());
        match result {
            Ok(read) => {
                value = Some(read);
                break;
            }
            Err(error) => {
                let place = error.place.unwrap_or(tree.at);
                let follows =
                    error.missing.as_ref().is_some_and(|f| cut.contains(f) || (f == "value" && cut.iter().any(|c| c == "likely")));
                if !follows {
                    problems.push(error.diagnostic(place));
                }
                match remove(&mut tree, place) {
                    Some(key) => cut.push(key),
                    None => break,
                }
            }
        }
    }
    value.filter(|_| problems.errors() == before)
}

/// Cuts out the value at `place`, together with its key. Gives the key, or `None` where it is the whole tree.
fn remove(node: &mut Node, place: Place) -> Option<String> {
    match &mut node.kind {
        Kind::Map(entries) => {
            for i in 0..entries.len() {
                if let Some(key) = remove(&mut entries[i].1, place) {
                    return Some(key);
                }
                if entries[i].1.at == place {
                    return Some(entries.remove(i).0.text);
                }
            }
            None
        }
        Kind::List(items) => {
            for i in 0..items.len() {
                if let Some(key) = remove(&mut items[i], place) {
                    return Some(key);
                }
                if items[i].at == place {
                    items.remove(i);
                    return Some(String::new());
                }
            }
            None
        }
        _ => None,
    }
}

/// Why a value could not be read.
#[derive(Debug)]
pub struct ReadError {
    message: String,
    label: String,
    help: Option<String>,
    place: Option<Place>,
    missing: Option<String>,
}

impl ReadError {
    fn new(message: String) -> ReadError {
        ReadError { message, label: String::new(), help: None, place: None, missing: None }
    }

    fn at(mut self, place: Place) -> ReadError {
        self.place.get_or_insert(place);
        self
    }

    fn diagnostic(&self, place: Place) -> Diagnostic {
        let diagnostic = Diagnostic::error(place, self.message.clone()).label(self.label.clone());
        match &self.help {
            Some(help) => diagnostic.help(help.clone()),
            None => diagnostic,
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> ReadError {
        ReadError::new(message.to_string())
    }

    fn missing_field(field: &'static str) -> ReadError {
        let mut error = ReadError::new(format!("`{field}` is missing"));
        error.label = format!("add `{field}:` here");
        error.missing = Some(field.to_owned());
        error
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> ReadError {
        let mut error = ReadError::new(format!("`{field}` is not known here"));
        error.label = nearest(field, known.iter().copied()).map_or_else(|| "unknown".into(), |n| format!("did you mean `{n}`?"));
        error.help = Some(format!("known here: {}", known.join(", ")));
        error
    }

    fn invalid_type(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> ReadError {
        ReadError::new(format!("expected {expected}"))
    }
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    node: &'a Node,
    also: &'a [&'a str],
    defaults: &'a Defaults,
    found: &'a RefCell<Problems>,
}

impl<'a> Reader<'a> {
    fn inside(self, node: &'a Node) -> Reader<'a> {
        Reader { node, also: &[], ..self }
    }

    fn scalar(self, expected: &str) -> Result<&'a str, ReadError> {
        self.node.text().ok_or_else(|| ReadError::new(format!("expected {expected}, found {}", self.node.kind_name())).at(self.node.at))
    }

    fn whole<T: std::str::FromStr>(self, expected: &str) -> Result<T, ReadError> {
        let text = self.scalar(expected)?;
        text.parse().map_err(|_| ReadError::new(format!("`{text}` is not {expected}")).at(self.node.at))
    }

    fn unknown_key(self, key: &Key, known: &[&str]) {
        let mut diagnostic = Diagnostic::error(key.at, format!("`{}` is not known here", key.text));
        if key.text.starts_with(|c: char| c.is_ascii_digit()) {
            // `{a: 1,500}` is read by YAML as `a: 1` and a key `500`.
            let diagnostic = diagnostic.label("part of a number?").help("inside { } numbers are written without commas, or in quotes");
            self.found.borrow_mut().push(diagnostic);
            return;
        }
        diagnostic = match nearest(&key.text, known.iter().copied()) {
            Some(name) => diagnostic.label(format!("did you mean `{name}`?")),
            None => diagnostic.label("unknown"),
        };
        let mut list: Vec<&str> = known.to_vec();
        list.sort_unstable();
        self.found.borrow_mut().push(diagnostic.help(format!("known here: {}", list.join(", "))));
    }
}

impl<'a> Deserializer<'a> for Reader<'a> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.node.kind {
            Kind::Null => visitor.visit_unit(),
            Kind::Scalar(text) => visitor.visit_borrowed_str(text),
            Kind::Map(_) => self.deserialize_map(visitor),
            Kind::List(_) => self.deserialize_seq(visitor),
        }
        .map_err(|e: ReadError| e.at(self.node.at))
    }

    fn deserialize_bool<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_bool(self.whole("`true` or `false`")?)
    }

    fn deserialize_u32<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_u32(self.whole("a whole number")?)
    }

    fn deserialize_str<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_borrowed_str(self.scalar("a single value")?).map_err(|e: ReadError| e.at(self.node.at))
    }

    fn deserialize_string<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.node.kind {
            Kind::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, _: &'static str, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.node.kind {
            Kind::List(items) => visitor.visit_seq(Items { reader: self, items: items.iter() }),
            _ => Err(ReadError::new(format!("expected a list, found {}", self.node.kind_name())).at(self.node.at)),
        }
    }

    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.node.kind {
            Kind::Map(entries) => visitor.visit_map(Entries { reader: self, entries: entries.iter(), known: None, value: None }),
            _ => Err(ReadError::new(format!("expected keys and values, found {}", self.node.kind_name())).at(self.node.at)),
        }
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        if name == DRIVER {
            return visitor.visit_map(DriverParts::new(self)?).map_err(|e: ReadError| e.at(self.node.at));
        }
        match &self.node.kind {
            Kind::Map(entries) => visitor.visit_map(Entries { reader: self, entries: entries.iter(), known: Some(fields), value: None }),
            _ => Err(ReadError::new(format!("expected keys and values ({}), found {}", fields.join(", "), self.node.kind_name()))),
        }
        .map_err(|e: ReadError| e.at(self.node.at))
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let text = self.scalar(&format!("one of {}", variants.join(", ")))?;
        if !variants.contains(&text) {
            let mut error = ReadError::new(format!("`{text}` is not known here")).at(self.node.at);
            error.label = nearest(text, variants.iter().copied()).map_or_else(|| "unknown".into(), |n| format!("did you mean `{n}`?"));
            error.help = Some(format!("known here: {}", variants.join(", ")));
            return Err(error);
        }
        visitor.visit_enum(BorrowedStrDeserializer::new(text))
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        <W: Visitor<'a>>
        i8 i16 i32 i64 i128 u8 u16 u64 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

struct Items<'a> {
    reader: Reader<'a>,
    items: std::slice::Iter<'a, Node>,
}

impl<'a> SeqAccess<'a> for Items<'a> {
    type Error = ReadError;
    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, ReadError> {
        match self.items.next() {
            Some(node) => seed.deserialize(self.reader.inside(node)).map(Some).map_err(|e: ReadError| e.at(node.at)),
            None => Ok(None),
        }
    }
}

struct Entries<'a> {
    reader: Reader<'a>,
    entries: std::slice::Iter<'a, (Key, Node)>,
    /// The fields of a struct; `None` for a map with any keys.
    known: Option<&'static [&'static str]>,
    value: Option<&'a Node>,
}

impl<'a> MapAccess<'a> for Entries<'a> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        for (key, value) in self.entries.by_ref() {
            if let Some(known) = self.known.filter(|known| !known.contains(&key.text.as_str())) {
                if !self.reader.also.contains(&key.text.as_str()) {
                    let all: Vec<&str> = known.iter().chain(self.reader.also).copied().collect();
                    self.reader.unknown_key(key, &all);
                }
                continue;
            }
            self.value = Some(value);
            return seed.deserialize(BorrowedStrDeserializer::new(&key.text)).map(Some);
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        let node = self.value.take().ok_or_else(|| ReadError::new("a value without a key".into()))?;
        seed.deserialize(self.reader.inside(node)).map_err(|e: ReadError| e.at(node.at))
    }
}

/// A driver as its parts, whichever way it was written: its keys, then where it stands.
struct DriverParts<'a> {
    reader: Reader<'a>,
    /// Keys and their nodes; a `from` that no file states has none.
    parts: std::vec::IntoIter<(&'a str, Option<&'a Node>)>,
    next: Option<(&'a str, Option<&'a Node>)>,
    at: Place,
}

impl<'a> DriverParts<'a> {
    fn new(reader: Reader<'a>) -> Result<DriverParts<'a>, ReadError> {
        let node = reader.node;
        let Kind::Map(entries) = &node.kind else {
            let parts = vec![("value", Some(node)), ("from", None), ("at", None)];
            return Ok(DriverParts { reader, parts: parts.into_iter(), next: None, at: node.at });
        };
        let mut parts: Vec<(&str, Option<&Node>)> = Vec::new();
        for (key, value) in entries {
            match DRIVER_KEYS.contains(&key.text.as_str()) {
                true if value.kind == Kind::Null => {}
                true => parts.push((&key.text, Some(value))),
                false => reader.unknown_key(key, DRIVER_KEYS),
            }
        }
        let has = |name: &str| parts.iter().find(|(k, _)| *k == name).and_then(|(_, n)| *n);
        let (value, likely) = (has("value"), has("likely"));
        if let (Some(_), Some(likely)) = (value, likely) {
            return Err(ReadError::new("`value` and `likely` are the same thing: keep one".into()).at(likely.at));
        }
        let value = value.or(likely).ok_or_else(|| de::Error::missing_field("value"))?;
        if has("from").and_then(Node::text) == Some("calibrated") && has("why").is_none() {
            let at = has("from").map_or(node.at, |n| n.at);
            reader.found.borrow_mut().push(
                Diagnostic::error(at, "a calibrated value must say why").label("calibrated to what?").help("add `why: \"…\"` beside it"),
            );
        }
        if has("from").is_none() {
            parts.push(("from", None));
        }
        parts.push(("at", None));
        Ok(DriverParts { reader, parts: parts.into_iter(), next: None, at: value.at })
    }
}

impl<'a> MapAccess<'a> for DriverParts<'a> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        self.next = self.parts.next();
        match self.next {
            Some((key, _)) => seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        match self.next.take() {
            Some((_, Some(node))) => seed.deserialize(self.reader.inside(node)).map_err(|e: ReadError| e.at(node.at)),
            Some(("from", None)) => seed.deserialize(BorrowedStrDeserializer::new(self.reader.defaults.of(self.at.file).word())),
            _ => {
                let at = self.at;
                let parts = [u32::from(at.file.0), at.line, at.column, at.start, at.end];
                seed.deserialize(SeqDeserializer::new(parts.into_iter()))
            }
        }
    }
}
