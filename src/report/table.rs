//! Tables of typed cells: what every view gives and every writer takes.

use std::borrow::Cow;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use crate::money::{Usd, dollars, signed};
use crate::quantity::{about, exact, grouped, per_cent};

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Words.
    Text(String),
    /// An amount.
    Money(Usd),
    /// A difference: shown with its sign.
    Difference(Usd),
    /// A part of a whole, 0 to 1.
    Share(Decimal),
    /// A part of a whole as a bar.
    Bar(Decimal),
    /// From one part of a whole to another, with a mark at a third where there is one.
    Span(Decimal, Decimal, Option<Decimal>),
    /// From one amount to another.
    Between(Usd, Usd),
    /// A number that is no amount of money: hours, rows, days.
    Number(Decimal),
    /// Dollars of a unit, often far below one.
    Rate(Decimal),
}

/// A cell as JSON: what it is, its exact value, and as people see it.
#[derive(Serialize, JsonSchema)]
struct Written {
    /// `empty`, `text`, `money`, `difference`, `share`, `bar`, `span`, `between`, `number` or `rate`.
    kind: &'static str,
    /// The exact value; `null` for nothing and for what is drawn from a value elsewhere.
    value: Option<String>,
    /// As people see it; empty for what is drawn.
    shown: String,
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written { kind: self.kind(), value: self.exact(), shown: self.shown() }.serialize(serializer)
    }
}

impl JsonSchema for Cell {
    fn schema_name() -> Cow<'static, str> {
        "Cell".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Written::json_schema(generator)
    }
}

impl Cell {
    /// An amount, or a dash where there is none.
    pub fn money(amount: Option<Usd>) -> Cell {
        amount.map_or_else(|| Cell::Text("–".into()), Cell::Money)
    }

    /// From one amount to another; nothing where one is not known.
    pub fn between(low: Option<Usd>, high: Option<Usd>) -> Cell {
        low.zip(high).map_or(Cell::Empty, |(low, high)| Cell::Between(low, high))
    }

    /// True for what is drawn rather than written.
    pub fn is_drawn(&self) -> bool {
        matches!(self, Cell::Bar(_) | Cell::Span(..))
    }

    /// Words.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell::Text(text.into())
    }

    /// What it is, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Cell::Empty => "empty",
            Cell::Text(_) => "text",
            Cell::Money(_) => "money",
            Cell::Difference(_) => "difference",
            Cell::Share(_) => "share",
            Cell::Bar(_) => "bar",
            Cell::Span(..) => "span",
            Cell::Between(..) => "between",
            Cell::Number(_) => "number",
            Cell::Rate(_) => "rate",
        }
    }

    /// The number in it, where it holds one.
    pub fn number(&self) -> Option<Decimal> {
        match self {
            Cell::Money(amount) | Cell::Difference(amount) => Some(amount.decimal()),
            Cell::Share(value) | Cell::Number(value) | Cell::Rate(value) => Some(*value),
            Cell::Empty | Cell::Text(_) | Cell::Bar(_) | Cell::Span(..) | Cell::Between(..) => None,
        }
    }

    /// What it holds to the last digit; `None` for nothing, and for what is drawn from values that stand elsewhere.
    pub fn exact(&self) -> Option<String> {
        match self {
            Cell::Text(text) => Some(text.clone()),
            Cell::Between(low, high) => Some(format!("{low}..{high}")),
            other => other.number().map(exact),
        }
    }

    /// As people see it: amounts in whole dollars, shares in per cent. What is drawn has no words.
    pub fn shown(&self) -> String {
        match self {
            Cell::Empty | Cell::Bar(_) | Cell::Span(..) => String::new(),
            Cell::Text(text) => text.clone(),
            Cell::Money(amount) => dollars(*amount),
            Cell::Difference(amount) => signed(*amount),
            Cell::Share(share) => per_cent(*share),
            Cell::Between(low, high) => format!("{} – {}", dollars(*low), dollars(*high)),
            Cell::Number(value) => about(*value),
            Cell::Rate(value) => grouped(value.round_sf(4).unwrap_or(*value)),
        }
    }
}

/// A column: its heading, and how much it matters where room is short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Column {
    /// The heading.
    pub title: Cow<'static, str>,
    /// The name in machine formats.
    pub key: &'static str,
    /// 0 stays always; of the others the highest go first where room is short.
    pub drop: u8,
    /// True for numbers.
    pub right: bool,
    /// True for a heading that comes from a file or a bill, of any length: where room is short it stands in several lines.
    #[serde(skip)]
    pub wraps: bool,
    /// True for sentences: as the last column they are filled into lines rather than cut.
    #[serde(skip)]
    pub fills: bool,
    /// True for shares that have a bar beside them where bars are drawn.
    #[serde(skip)]
    pub barred: bool,
}

impl Column {
    /// A column of words.
    pub const fn words(title: &'static str, key: &'static str) -> Column {
        Column { title: Cow::Borrowed(title), key, drop: 0, right: false, wraps: false, fills: false, barred: false }
    }

    /// A column of numbers.
    pub const fn number(title: &'static str, key: &'static str) -> Column {
        Column { title: Cow::Borrowed(title), key, drop: 0, right: true, wraps: false, fills: false, barred: false }
    }

    /// A column of numbers under a name that comes from a file or a bill.
    pub fn named(title: impl Into<String>) -> Column {
        Column { title: Cow::Owned(title.into()), key: "", drop: 0, right: true, wraps: true, fills: false, barred: false }
    }

    /// A column of sentences.
    pub fn sentences(title: &'static str, key: &'static str) -> Column {
        Column { fills: true, ..Column::words(title, key) }
    }

    /// A column of shares, with bars on a terminal.
    pub fn shares(title: &'static str, key: &'static str) -> Column {
        Column { barred: true, ..Column::number(title, key) }
    }

    /// The same, given up in turn where room is short.
    pub const fn droppable(mut self, drop: u8) -> Column {
        self.drop = drop;
        self
    }
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A group: stands out.
    Group,
    /// A line below a group.
    Line,
    /// A sum, under a rule.
    Sum,
    /// Less important.
    Dim,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Row {
    /// What it is.
    pub kind: Kind,
    /// How deep it stands below its heading.
    pub indent: u8,
    /// One cell for each column.
    pub cells: Vec<Cell>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Table {
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Row>,
}

impl Table {
    /// A table without rows.
    pub fn new(columns: &[Column]) -> Table {
        Table { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, kind: Kind, indent: u8, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len());
        self.rows.push(Row { kind, indent, cells });
    }

    /// Adds a line.
    pub fn line(&mut self, cells: Vec<Cell>) {
        self.row(Kind::Line, 0, cells);
    }

    /// Adds the sum of the lines so far, of every column that holds nothing but amounts.
    pub fn sum(&mut self, name: &str) {
        let lines: Vec<&Row> = self.rows.iter().filter(|r| r.kind == Kind::Line).collect();
        let mut cells = vec![Cell::text(name)];
        for column in 1..self.columns.len() {
            let amounts = || lines.iter().map(|r| &r.cells[column]).filter(|c| **c != Cell::Empty);
            let total = amounts().filter_map(Cell::number).sum();
            cells.push(match () {
                () if amounts().next().is_none() => Cell::Empty,
                () if amounts().all(|c| matches!(c, Cell::Money(_))) => Cell::Money(Usd::new(total)),
                () if amounts().all(|c| matches!(c, Cell::Difference(_))) => Cell::Difference(Usd::new(total)),
                () => Cell::Empty,
            });
        }
        self.row(Kind::Sum, 0, cells);
    }
}
