//! A YAML file as a tree in which every value keeps its text and its place.
//!
//! Numbers stay text here: a parser that turns `0.04048` into a double would have lost it before anybody asked for a decimal.
//! Anchors and aliases are refused (files share values by `inherits`), which also disarms files that expand without end.

use std::collections::{BTreeMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use crate::diagnostic::{Diagnostic, Problems};
use crate::source::{FileId, Place, Sources};

/// Deepest nesting that is read.
const DEEPEST: usize = 32;
/// Longest file that is read, in bytes.
const LONGEST: usize = 4 << 20;

/// A value and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub at: Place,
}

/// The kinds of values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Nothing: `null`, `~` or empty. In an inheriting file it removes what is inherited.
    Null,
    /// Text, number, true or false, as written.
    Scalar(String),
    /// Keys in the order written.
    Map(Vec<(Key, Node)>),
    /// A list.
    List(Vec<Node>),
}

/// A key of a map and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Key {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub at: Place,
}

impl Node {
    /// The value under a key, where this is a map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(k, _)| k.text == key).map(|(_, v)| v)
    }

    /// The path to what stands at a place, with the file's own names; a driver is named without its `value`.
    pub fn path_of(&self, place: Place) -> Option<String> {
        let below = |step: &str, node: &Node| {
            let rest = node.path_of(place)?;
            Some(if rest.is_empty() || rest == "value" || rest == "likely" { step.to_owned() } else { format!("{step}.{rest}") })
        };
        if self.at == place {
            return Some(String::new());
        }
        match &self.kind {
            Kind::Map(entries) => entries.iter().find_map(|(key, node)| match key.text.as_str() {
                "value" | "likely" if node.at == place => Some(String::new()),
                step => below(step, node),
            }),
            Kind::List(items) => items.iter().enumerate().find_map(|(i, node)| below(&i.to_string(), node)),
            _ => None,
        }
    }

    /// Every single value by its path.
    pub fn leaves(&self) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        self.leaves_below("", &mut all);
        all
    }

    fn leaves_below(&self, path: &str, all: &mut BTreeMap<String, String>) {
        let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        match &self.kind {
            Kind::Scalar(text) => {
                all.insert(path.to_owned(), text.clone());
            }
            Kind::Null => {}
            Kind::Map(entries) => entries.iter().for_each(|(k, v)| v.leaves_below(&below(&k.text), all)),
            Kind::List(items) => items.iter().enumerate().for_each(|(i, v)| v.leaves_below(&below(&i.to_string()), all)),
        }
    }

    /// The entries, where this is a map.
    pub fn entries(&self) -> &[(Key, Node)] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The text, where this is a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// "a list", for messages.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Scalar(_) => "a single value",
            Kind::Map(_) => "keys and values",
            Kind::List(_) => "a list",
        }
    }
}

/// Reads one file. On error the problems say why and there is no tree.
pub fn parse(sources: &Sources, file: FileId, problems: &mut Problems) -> Option<Node> {
    let text = sources.get(file)?.text.clone();
    let mut reader = Reader { parser: Parser::new_from_str(&text), places: Places::new(&text, file) };
    let start = reader.places.at(1, 0, 1, 0);
    if text.len() > LONGEST {
        problems.push(
            Diagnostic::error(start, format!("the file is longer than {LONGEST} bytes"))
                .help("split it, and let one file inherit the other"),
        );
        return None;
    }
    match reader.document(start) {
        Ok(node) => Some(node),
        Err(diagnostic) => {
            problems.push(*diagnostic);
            None
        }
    }
}

type Read<T> = Result<T, Box<Diagnostic>>;

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    places: Places<'a>,
}

impl<'a> Reader<'a> {
    fn document(&mut self, start: Place) -> Read<Node> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => {
                    return Err(Box::new(
                        Diagnostic::error(start, "the file is empty").help("`ce-cost scenario new` writes one to start from"),
                    ));
                }
                Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
                event => {
                    let node = self.node(event, span, 0)?;
                    self.end()?;
                    return Ok(node);
                }
            }
        }
    }

    fn end(&mut self) -> Read<()> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentStart(_), span) => {
                    return Err(Box::new(
                        Diagnostic::error(self.places.of(span), "a second document begins here").help("keep one scenario per file"),
                    ));
                }
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Read<(Event<'a>, Span)> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let mark = error.marker();
                let place = self.places.at(mark.line(), mark.col(), mark.line(), mark.col() + 1);
                Err(Box::new(Diagnostic::error(place, format!("this is not YAML: {}", error.info()))))
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Read<Node> {
        let at = self.places.of(span);
        if depth > DEEPEST {
            return Err(Box::new(Diagnostic::error(at, format!("nested more than {DEEPEST} deep"))));
        }
        let refuse = |what: &str| Err(Box::new(Diagnostic::error(at, what).help("write the value itself, or share it by `inherits`")));
        match event {
            Event::Alias(_) => refuse("aliases are not read"),
            Event::Scalar(_, _, anchor, _) | Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) if anchor > 0 => {
                refuse("anchors are not read")
            }
            Event::Scalar(_, _, _, Some(_)) | Event::SequenceStart(_, Some(_)) | Event::MappingStart(_, Some(_)) => {
                refuse("tags are not read")
            }
            Event::Scalar(text, style, ..) => {
                let null = style == ScalarStyle::Plain && matches!(text.as_ref(), "" | "~" | "null");
                Ok(Node { kind: if null { Kind::Null } else { Kind::Scalar(text.into_owned()) }, at })
            }
            Event::SequenceStart(..) => self.list(at, depth),
            Event::MappingStart(..) => self.map(at, depth),
            _ => Err(Box::new(Diagnostic::error(at, "expected a value here"))),
        }
    }

    fn list(&mut self, at: Place, depth: usize) -> Read<Node> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Node { kind: Kind::List(items), at }),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, at: Place, depth: usize) -> Read<Node> {
        let mut entries: Vec<(Key, Node)> = Vec::new();
        let mut seen: HashSet<String> = HashSet::new();
        loop {
            let (event, span) = self.next()?;
            let key = match event {
                Event::MappingEnd => {
                    // A block map has no characters of its own: it is shown by its first key.
                    let at = entries.first().map_or(at, |(k, _)| k.at);
                    return Ok(Node { kind: Kind::Map(entries), at });
                }
                Event::Scalar(text, ..) => Key { text: text.into_owned(), at: self.places.of(span) },
                _ => return Err(Box::new(Diagnostic::error(self.places.of(span), "a key must be a single word"))),
            };
            if !seen.insert(key.text.clone()) {
                return Err(Box::new(
                    Diagnostic::error(key.at, format!("`{}` is written twice", key.text)).label("the second time").help("keep one of them"),
                ));
            }
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            // An empty value has no place of its own: it is shown by its key.
            let value = if value.kind == Kind::Null { Node { at: key.at, ..value } } else { value };
            entries.push((key, value));
        }
    }
}

/// Turns lines and columns into byte offsets.
struct Places<'a> {
    lines: Vec<(usize, &'a str)>,
    file: FileId,
}

impl<'a> Places<'a> {
    fn new(text: &'a str, file: FileId) -> Places<'a> {
        let mut lines = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            lines.push((start, line));
            start += line.len();
        }
        lines.push((start, ""));
        Places { lines, file }
    }

    fn of(&self, span: Span) -> Place {
        self.at(span.start.line(), span.start.col(), span.end.line(), span.end.col())
    }

    /// Lines from 1, columns from 0, both in characters.
    fn at(&self, line: usize, column: usize, end_line: usize, end_column: usize) -> Place {
        let start = self.offset(line, column);
        let end = self.offset(end_line, end_column).max(start);
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place { file: self.file, line: small(line.max(1)), column: small(column + 1), start: small(start), end: small(end) }
    }

    fn offset(&self, line: usize, column: usize) -> usize {
        let index = line.saturating_sub(1).min(self.lines.len() - 1);
        let (start, text) = self.lines[index];
        start + text.char_indices().nth(column).map_or(text.len(), |(i, _)| i)
    }
}
