//! Tables of typed cells: what every view gives and every writer takes.

use rust_decimal::Decimal;

use crate::money::Usd;

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
}

/// A column: its heading, and how much it matters where room is short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The heading.
    pub title: &'static str,
    /// The name in machine formats.
    pub key: &'static str,
    /// 0 stays always; of the others the highest go first.
    pub drop: u8,
    /// True for numbers.
    pub right: bool,
}

impl Column {
    /// A column of words.
    pub const fn words(title: &'static str, key: &'static str) -> Column {
        Column { title, key, drop: 0, right: false }
    }

    /// A column of numbers.
    pub const fn number(title: &'static str, key: &'static str) -> Column {
        Column { title, key, drop: 0, right: true }
    }

    /// The same, given up in turn where room is short.
    pub const fn droppable(self, drop: u8) -> Column {
        Column { drop, ..self }
    }
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it is.
    pub kind: Kind,
    /// How deep it stands below its heading.
    pub indent: u8,
    /// One cell for each column.
    pub cells: Vec<Cell>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
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
}
