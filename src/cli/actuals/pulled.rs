//! What `ce-cost actuals pull` says: its JSON, and the same for people.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;

use super::show;
use crate::actuals::Imported;
use crate::actuals::summary::{By, Summary};
use crate::cli::World;
use crate::money::Usd;
use crate::month::Month;
use crate::report::markdown;
use crate::report::table::{Cell, Column, Kind, Table};

/// Whose money the two forecasts speak of.
const WHOSE: &str = "AWS's forecast is of the whole account with tax, support and AWS Marketplace; ce-cost's is of the scenarios.";

/// The JSON of `actuals pull --format json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Pulled {
    /// What was billed, as `actuals show` tells it; the layout is `ce-cost/actuals-pull/1`.
    #[serde(flatten)]
    pub summary: Summary,
    /// What it cost.
    pub requests: Requests,
    /// AWS's forecast, where it was asked for: of the whole account with tax, support and AWS Marketplace.
    pub forecast: Option<Vec<Ahead>>,
    /// What the user should know.
    pub remarks: Vec<String>,
}

impl Pulled {
    /// Of what a pull brought.
    pub fn new(today: NaiveDate, by: By, requests: Requests, imported: &Imported, forecast: Option<Vec<Ahead>>) -> Pulled {
        let summary = Summary::of(&imported.statements, by, &today.to_string());
        let summary = Summary { schema: "ce-cost/actuals-pull/1".into(), ..summary };
        Pulled { summary, requests, forecast, remarks: imported.remarks.clone() }
    }
}

/// What a pull cost.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Requests {
    /// Expected before.
    pub estimated: u64,
    /// True where more than that was to be expected: of an answer that was never seen nobody knows the pages.
    pub open: bool,
    /// Answered by AWS, and billed.
    pub made: u64,
    /// Answered by the cache.
    pub cached: u64,
    /// Of those that were made.
    pub cost: Usd,
}

/// What AWS expects of a month, and what this program expects.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Ahead {
    /// The month.
    #[schemars(with = "String")]
    pub month: Month,
    /// AWS's middle.
    pub mean: Usd,
    /// A tenth of AWS's cases lies below.
    pub p10: Usd,
    /// A tenth of AWS's cases lies above.
    pub p90: Usd,
    /// Ours, of every environment together at likely values; `null` where there is none.
    pub ours: Option<Usd>,
}

/// For people.
pub fn text(pulled: &Pulled, by: By, world: &World) -> String {
    let screen = &world.screen;
    let mut out = format!("{}\n{}", screen.table(&show::periods(&pulled.summary)), screen.table(&show::named(&pulled.summary, by)));
    if let Some(forecast) = &pulled.forecast {
        out.push_str(&format!("\n{}{}", screen.table(&ahead_table(forecast)), screen.fill(WHOSE, "")));
    }
    out
}

/// For pull requests.
pub fn markdown_page(pulled: &Pulled, by: By) -> String {
    let tables = [show::periods(&pulled.summary), show::named(&pulled.summary, by)];
    let mut out = tables.iter().map(markdown::table).collect::<Vec<_>>().join("\n");
    if let Some(forecast) = &pulled.forecast {
        out.push_str(&format!("\n{}\n{WHOSE}\n", markdown::table(&ahead_table(forecast))));
    }
    out
}

fn ahead_table(forecast: &[Ahead]) -> Table {
    let mut table = Table::new(&[
        Column::words("month", "month"),
        Column::number("AWS expects", "mean"),
        Column::number("AWS, P10–P90", "band").droppable(1),
        Column::number("ce-cost expects", "ours"),
    ]);
    for ahead in forecast {
        let cells = vec![
            Cell::text(ahead.month.to_string()),
            Cell::Money(ahead.mean),
            Cell::Between(ahead.p10, ahead.p90),
            ahead.ours.map_or(Cell::text("–"), Cell::Money),
        ];
        table.row(Kind::Line, 0, cells);
    }
    table
}
