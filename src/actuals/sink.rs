//! Where the rows of all files go: recognised by their columns, checked, added up, and counted for the remarks.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::pages::{Page, Pages};
use super::rollup::{Amounts, Entry, Fast, Full, MOST_CHARGES, MOST_TEXT, Rollup};
use super::statement::{self, Origin};
use super::table::{Column, Row, Wrong, plain_name, shortened};
use super::{Imported, cur, focus};
use crate::diagnostic::{Diagnostic, Problems, nearest};
use crate::month::Month;

/// How much of a bill is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Detail {
    /// All that a charge says.
    #[default]
    Whole,
    /// What each usage type costs in each period: for a glance at a file of many millions of rows. Days, accounts, services,
    /// regions, tags, list prices and net costs are not there, no period is final, and rows that stand twice are not found.
    UsageTypes,
}

/// What a table is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// A Cost and Usage Report, by the name of its version.
    Cur(&'static str),
    /// FOCUS, by its version.
    Focus(&'static str),
}

impl Format {
    /// The columns that are read of it.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Format::Cur(_) => cur::COLUMNS,
            Format::Focus(_) => focus::COLUMNS,
        }
    }

    /// The name, as a user would say it.
    pub fn name(self) -> &'static str {
        match self {
            Format::Cur(name) | Format::Focus(name) => name,
        }
    }
}

/// A file's header, understood.
pub struct Header {
    /// What the table is.
    pub format: Format,
    /// For each column of the format, its place in the file.
    pub places: Vec<Option<usize>>,
    /// Columns that hold the values of one tag key each, with that key.
    pub tags: Vec<(usize, String)>,
    /// The names as the file writes them.
    pub names: Vec<String>,
}

impl Header {
    /// Recognises a table by the names of its columns. Everything that is missing is said at once.
    pub fn of(file: &str, names: Vec<String>) -> Result<Header, Problems> {
        let plain: Vec<_> = names.iter().map(|n| plain_name(n)).collect();
        let mut by_name: HashMap<&str, usize> = HashMap::new();
        let mut problems = Problems::default();
        let format = format(&names, &plain).ok_or_else(|| unknown(file, &names))?;
        for (place, name) in plain.iter().enumerate() {
            let wanted = format.columns().iter().any(|c| c.name == name);
            if by_name.insert(name, place).is_some() && wanted {
                problems.push(
                    Diagnostic::general(format!("{file}: the column `{}` stands twice", names[place])).help("take one of the two out"),
                );
            }
        }
        let places: Vec<Option<usize>> = format.columns().iter().map(|c| by_name.get(c.name).copied()).collect();
        let missing: Vec<&Column> =
            format.columns().iter().zip(&places).filter(|(c, p)| c.required && p.is_none()).map(|(c, _)| c).collect();
        if !missing.is_empty() {
            problems.push(lacking(file, format, &missing, &plain));
        }
        let tags = plain.iter().enumerate().filter_map(|(place, _)| Some((place, tag_key(&names[place])?.to_owned()))).collect();
        if problems.is_empty() { Ok(Header { format, places, tags, names }) } else { Err(problems) }
    }

    /// The name of a column as the file writes it.
    pub fn column_name(&self, column: usize) -> &str {
        let own = self.places.get(column).copied().flatten().and_then(|place| self.names.get(place));
        own.map_or_else(|| self.format.columns().get(column).map_or("?", |c| c.name), String::as_str)
    }

    /// Forgets the columns that are not read for so little detail.
    pub fn keep(&mut self, detail: Detail) {
        let not = match (detail, self.format) {
            (Detail::Whole, _) => return,
            (Detail::UsageTypes, Format::Cur(_)) => cur::NOT_AT_A_GLANCE,
            (Detail::UsageTypes, Format::Focus(_)) => focus::NOT_AT_A_GLANCE,
        };
        not.iter().for_each(|column| self.places[*column] = None);
        self.tags.clear();
    }

    /// The column of the rows' ids, where the file has it.
    pub fn id(&self) -> Option<usize> {
        Some(cur::ID_COLUMN).filter(|column| matches!(self.format, Format::Cur(_)) && self.places[*column].is_some())
    }

    /// True for the tags where each key has a column of its own.
    pub fn is_tags(&self, column: usize) -> bool {
        matches!(self.format, Format::Cur(_)) && column == cur::TAGS_COLUMN && self.places[column].is_none() && !self.tags.is_empty()
    }

    /// What is known of the file itself.
    pub fn origin(&self, name: &str, kind: &'static str, version: Option<String>) -> Origin {
        let has = |column: usize| self.places[column].is_some();
        let cur = matches!(self.format, Format::Cur(_));
        Origin {
            name: name.to_owned(),
            format: self.format.name().to_owned(),
            kind,
            version,
            net: cur && has(cur::NET_COLUMN),
            tells_final: cur || has(focus::INVOICE_COLUMN),
            true_up: cur && cur::TRUE_UP.iter().all(|column| has(*column)),
            tags: None,
        }
    }
}

/// The tag key of a column that holds one.
fn tag_key(name: &str) -> Option<&str> {
    name.strip_prefix("resourceTags/").or_else(|| name.strip_prefix("resource_tags_"))
}

fn format(names: &[String], plain: &[std::borrow::Cow<'_, str>]) -> Option<Format> {
    let has = |name: &str| plain.iter().any(|n| n == name);
    if plain.iter().any(|n| n.starts_with("line_item_")) {
        let map = has("resource_tags") || has("product");
        return Some(Format::Cur(if names.iter().any(|n| n.contains('/')) || !map { "legacy CUR" } else { "CUR 2.0" }));
    }
    let known = focus::COLUMNS.iter().filter(|c| has(c.name)).count();
    (known >= 3).then(|| Format::Focus(focus::version(has)))
}

fn unknown(file: &str, names: &[String]) -> Problems {
    let mut list = names.iter().take(5).map(|n| format!("`{}`", shortened(n))).collect::<Vec<_>>().join(", ");
    if names.len() > 5 {
        let _ = write!(list, " and {} more", names.len() - 5);
    }
    one(Diagnostic::general(format!("{file}: no bill has these columns: {list}")).help(
        "give a Cost and Usage Report (legacy or 2.0), a FOCUS file, or what Cost Explorer downloads or replies; the first line must name the columns",
    ))
}

fn lacking(file: &str, format: Format, missing: &[&Column], plain: &[std::borrow::Cow<'_, str>]) -> Diagnostic {
    let list = missing.iter().map(|c| format!("`{}`", c.name)).collect::<Vec<_>>().join(", ");
    let near: Vec<String> = missing
        .iter()
        .filter_map(|c| Some((c, nearest(c.name, plain.iter().map(AsRef::as_ref))?)))
        .map(|(c, found)| format!("`{found}` may be meant to be `{}`", c.name))
        .collect();
    let help = if near.is_empty() { "choose them where the export is set up".to_owned() } else { near.join("; ") };
    Diagnostic::general(format!("{file}: {} lacks the columns {list}", format.name())).help(help)
}

/// One message as all there are.
pub fn one(diagnostic: Diagnostic) -> Problems {
    let mut problems = Problems::default();
    problems.push(diagnostic);
    problems
}

/// What stops the reading of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stop {
    /// A cell.
    Wrong(Wrong),
    /// The sums.
    Full(Full),
}

impl From<Wrong> for Stop {
    fn from(wrong: Wrong) -> Stop {
        Stop::Wrong(wrong)
    }
}

impl Stop {
    /// The message: where, what, what was expected.
    pub fn at(&self, file: &str, row: &str, header: &Header) -> Problems {
        one(match self {
            Stop::Wrong(wrong) => {
                let column = shortened(header.column_name(wrong.column));
                let found = if wrong.found.is_empty() { "is blank".to_owned() } else { format!("is `{}`", wrong.found) };
                Diagnostic::general(format!("{file}, {row}: `{column}` {found}")).help(format!("expected {}", wrong.expected))
            }
            Stop::Full(Full::Tags) => Diagnostic::general(format!("{file}, {row}: the tags are no map"))
                .help("expected a JSON object such as {\"user_environment\": \"prod\"}"),
            Stop::Full(Full::Nul) => Diagnostic::general(format!("{file}, {row}: a text holds a NUL byte"))
                .help("the file is damaged, or is no text: download it again"),
            Stop::Full(Full::Sum) => Diagnostic::general(format!("{file}, {row}: the sum of a charge is too large to be exact"))
                .help("look for an amount of 10^15 or more"),
            Stop::Full(Full::Text) => Diagnostic::general(format!("{file}, {row}: more than {} MB of different texts", MOST_TEXT >> 20))
                .help("import fewer months at once, or deactivate cost allocation tags that have a value for each resource"),
            Stop::Full(Full::Charges) => {
                Diagnostic::general(format!("{file}, {row}: more than {MOST_CHARGES} charges differ from each other"))
                    .help("import fewer months at once, or deactivate cost allocation tags that have a value for each resource")
            }
        })
    }
}

/// Row ids that are remembered: 64 bits each.
const MOST_IDS: usize = 4_000_000;

/// Everything that was read so far.
#[derive(Default)]
pub struct Sink {
    detail: Detail,
    rollup: Rollup,
    origins: Vec<Origin>,
    /// Files that a manifest says to be of one period.
    periods: Vec<(usize, Month)>,
    room: cur::Room,
    seen: Fast<u64, ()>,
    pages: Pages,
    notes: Notes,
}

/// What is counted for the remarks.
#[derive(Default)]
struct Notes {
    rows: u64,
    split: u64,
    incomplete: u64,
    twice: u64,
    first_twice: Option<String>,
    unchecked: u64,
    rounded: u64,
    remarks: Vec<String>,
}

impl Sink {
    /// For so much detail.
    pub fn of(detail: Detail) -> Sink {
        Sink { detail, ..Sink::default() }
    }

    /// How much is read.
    pub fn detail(&self) -> Detail {
        self.detail
    }

    /// Makes a file known; its number goes with its rows.
    pub fn begin(&mut self, origin: Origin) -> usize {
        self.origins.push(origin);
        self.origins.len() - 1
    }

    /// How many files there are.
    pub fn files(&self) -> usize {
        self.origins.len()
    }

    /// Says that the files from one on hold rows of this period and of no other.
    pub fn must_be_of(&mut self, month: Month, first: usize) {
        self.periods.extend((first..self.origins.len()).map(|file| (file, month)));
    }

    /// Files with rows of another period than their manifest names.
    fn misplaced(&self) -> Problems {
        let mut problems = Problems::default();
        for (file, month) in &self.periods {
            if let Some(other) = self.rollup.months(*file).find(|m| m != month) {
                let message = format!("{} holds rows of {other}, and its manifest is of {month}", self.origins[*file].name);
                problems.push(Diagnostic::general(message).help("copy the manifest and its files from the bucket again"));
            }
        }
        problems
    }

    /// Counts a row; `id` is a hash of its whole content where rows have ids, so that no two can be the same.
    pub fn row(&mut self, file: usize, id: Option<u64>) {
        self.notes.rows += 1;
        if let Some(id) = id {
            self.once(id, file);
        }
    }

    /// Adds what a row costs, or so many rows that say the same in all but their amounts: `row` then holds the sums of these.
    pub fn add<R: Row>(&mut self, format: Format, file: usize, row: &R, rows: u64) -> Result<(), Stop> {
        let (entry, amounts) = match format {
            Format::Cur(_) if cur::is_split(row)? => {
                self.notes.split += rows;
                return Ok(());
            }
            Format::Cur(_) => {
                let (entry, costing) = cur::entry(row, &mut self.room)?;
                self.notes.incomplete += if costing.incomplete { rows } else { 0 };
                (entry, cur::amounts(row, &costing)?)
            }
            Format::Focus(_) => (focus::entry(row, &mut self.room.tags)?, focus::amounts(row)?),
        };
        let charge = self.rollup.charge(&entry, file).map_err(Stop::Full)?;
        self.rollup.count(charge, amounts, rows).map_err(Stop::Full)
    }

    /// Rows that follow number their words anew.
    pub fn next_batch(&mut self) {
        self.rollup.next_batch();
    }

    /// Adds what is no row of a table.
    pub fn add_entry(&mut self, entry: &Entry<'_>, amounts: Amounts, file: usize) -> Result<(), Full> {
        self.notes.rows += 1;
        self.rollup.add(entry, amounts, file)
    }

    /// Makes a page of a reply known.
    pub fn page(&mut self, page: Page) {
        self.pages.add(page);
    }

    /// Says something that the user should know.
    pub fn remark(&mut self, remark: String) {
        self.notes.remarks.push(remark);
    }

    /// Counts rows that were rounded.
    pub fn rounded(&mut self, values: u64) {
        self.notes.rounded += values;
    }

    /// Notes what tells a row from all others.
    pub fn once(&mut self, id: u64, file: usize) {
        if self.seen.contains_key(&id) {
            self.notes.twice += 1;
            self.notes.first_twice.get_or_insert_with(|| format!("row {} of all, in {}", self.notes.rows, self.origins[file].name));
        } else if self.seen.len() >= MOST_IDS {
            self.notes.unchecked += 1;
        } else {
            self.seen.insert(id, ());
        }
    }

    /// The statements.
    pub fn finish(mut self) -> Result<Imported, Problems> {
        // What statements need room for.
        self.seen = Fast::default();
        self.pages.check()?;
        let misplaced = self.misplaced();
        if !misplaced.is_empty() {
            return Err(misplaced);
        }
        let notes = &self.notes;
        if notes.rows == 0 {
            let message = match self.origins.as_slice() {
                [only] => format!("{} has a header and no rows", only.name),
                all => format!("{} files have headers and no rows", all.len()),
            };
            return Err(one(Diagnostic::general(message).help("download it again, or leave it out")));
        }
        if let Some(first) = &notes.first_twice {
            let message = format!("{} rows stand twice, the first of them is {first}", notes.twice);
            return Err(one(Diagnostic::general(message).help("give one version of each period: its costs would count twice")));
        }
        let mut imported = statement::statements(&self.rollup, &self.origins)?;
        self.pages.reopen(&mut imported);
        imported.remarks.extend(notes.remarks.iter().cloned());
        let mut remark = |many: u64, text: &str| {
            if many > 0 {
                imported.remarks.push(format!("{many} {text}"));
            }
        };
        remark(notes.split, "rows of split cost allocation are left out: they tell again what the rows of their instances cost");
        remark(
            notes.incomplete,
            "rows of commitments have no effective cost (reservation/EffectiveCost, savingsPlan/…): amortized totals are too low",
        );
        remark(notes.rounded, "amounts have more than 18 decimal places and were rounded there");
        remark(notes.unchecked, "rows were held against the first 4 million only to see whether they stand twice");
        for origin in self.origins.iter().filter(|o| !o.tells_final) {
            imported
                .remarks
                .push(format!("{}: {} does not tell whether a period is closed; it is taken as open", origin.name, origin.format));
        }
        Ok(imported)
    }
}
