//! What the monthly report says: the JSON of `report --format json`. Every other format is written from it, so that their numbers agree.

use schemars::JsonSchema;
use serde::Serialize;

use crate::money::Usd;
use crate::report::table::{Cell, Table};

/// The report of a month.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Report {
    /// Names this layout: `ce-cost/report/1`.
    pub schema: String,
    /// The environment; "all" for several.
    pub environment: String,
    /// Always USD.
    pub currency: String,
    /// The day from which it was computed.
    pub as_of: String,
    /// The month, such as 2026-10.
    pub month: String,
    /// Its heading.
    pub title: String,
    /// One for each environment; before them one for all together where there are several.
    pub chapters: Vec<Chapter>,
}

/// What is said of one environment.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Chapter {
    /// The environment; "all" for all together.
    pub environment: String,
    /// Its heading.
    pub title: String,
    /// On which bill and which amounts it stands.
    pub basis: String,
    /// The worst of what was found.
    pub state: State,
    /// The bottom line, sentence by sentence.
    pub answer: Vec<String>,
    /// The figures of the bottom line.
    pub figures: Vec<Figure>,
    /// The rest, in order.
    pub sections: Vec<Section>,
}

/// Whether somebody has to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing to do.
    Healthy,
    /// Keep an eye on it.
    Watch,
    /// Do something.
    Act,
}

impl State {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            State::Healthy => "healthy",
            State::Watch => "watch",
            State::Act => "act",
        }
    }
}

/// A figure of the bottom line.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Figure {
    /// What it is.
    pub label: String,
    /// Its value.
    pub value: Cell,
    /// What stands beside it.
    pub note: String,
}

/// A part of a chapter: a question, its answer, and what it rests on.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Section {
    /// A short name, for links and file names.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// The answer in a sentence or two.
    pub answer: String,
    /// What is drawn above the tables.
    pub chart: Option<Chart>,
    /// The numbers.
    pub tables: Vec<Titled>,
    /// What the reader should know of them.
    pub notes: Vec<String>,
}

/// A table with its name.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Titled {
    /// A short name, for file names and sheets.
    pub id: String,
    /// What it shows, with the unit.
    pub title: String,
    /// The numbers.
    pub table: Table,
}

/// A chart as data; its numbers stand in a table beneath it too.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Chart {
    /// What it shows, with the unit.
    pub title: String,
    /// The same in a sentence for those who do not see it.
    pub alt: String,
    /// What is drawn.
    #[serde(flatten)]
    pub kind: ChartKind,
}

/// What is drawn.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChartKind {
    /// Months ahead: a line, the band around it, and a budget.
    Outlook {
        /// Month by month.
        months: Vec<Ahead>,
    },
    /// From one amount to another, step by step.
    Steps {
        /// Where it begins.
        from: Amount,
        /// What is added or taken away.
        steps: Vec<Amount>,
        /// Where it ends.
        to: Amount,
    },
    /// Amounts over months, each name in a panel of its own.
    History {
        /// The months.
        months: Vec<String>,
        /// Each name with an amount for every month.
        series: Vec<Series>,
    },
    /// Parts of a whole.
    Parts {
        /// Each name with its part, 0 to 1, as a decimal.
        parts: Vec<Part>,
    },
}

/// A month ahead.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Ahead {
    /// The month.
    pub month: String,
    /// The middle.
    pub middle: Usd,
    /// One case in ten is below.
    pub low: Option<Usd>,
    /// One case in ten is above.
    pub high: Option<Usd>,
    /// What was planned.
    pub budget: Option<Usd>,
}

/// An amount with a name.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Amount {
    /// The name.
    pub name: String,
    /// The amount.
    pub amount: Usd,
}

/// A name with an amount for every month.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Series {
    /// The name.
    pub name: String,
    /// The amounts; `null` where a month has none.
    pub amounts: Vec<Option<Usd>>,
}

/// A name with a part of a whole.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Part {
    /// The name.
    pub name: String,
    /// The part, 0 to 1.
    pub share: String,
}
