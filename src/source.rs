//! Input files as text, and places in them.

use std::fmt;
use std::sync::Arc;

/// Index of a file among [`Sources`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FileId(pub u16);

/// A stretch of an input file. Lines and columns count from 1, columns in characters; `start` and `end` are byte offsets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// Line of the first character.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Byte offset of the first character.
    pub start: u32,
    /// Byte offset after the last character.
    pub end: u32,
}

/// One input file.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name to show, as the user would type it.
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
}

/// Every file that was read, so that a place can be shown.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Keeps a file and hands out its id.
    pub fn add(&mut self, name: &str, text: &str) -> FileId {
        let id = FileId(u16::try_from(self.files.len()).unwrap_or(u16::MAX));
        self.files.push(Source { name: name.into(), text: text.into() });
        id
    }

    /// The file behind an id.
    pub fn get(&self, id: FileId) -> Option<&Source> {
        self.files.get(usize::from(id.0))
    }

    /// Every file, in the order in which they were read.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.files.iter()
    }

    /// "scenarios/prod.yaml:24", to be printed beside a value.
    pub fn show(&self, place: Place) -> Location {
        let file = self.get(place.file).map_or_else(|| Arc::from("?"), |s| s.name.clone());
        Location { file, line: place.line, column: place.column }
    }
}

/// A place with its file's name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Location {
    /// The file's name.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
