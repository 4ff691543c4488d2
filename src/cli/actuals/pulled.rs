//! What `ce-cost actuals pull` says: its JSON, and the same for people.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use crate::actuals::summary::Named;
use crate::actuals::totals::{self, Sums};
use crate::actuals::{Imported, Statement};
use crate::bill::Charge;
use crate::cli::World;
use crate::money::{Usd, cents};
use crate::month::Month;
use crate::report::table::{Cell, Column, Kind, Table};

/// The JSON of `actuals pull --format json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Pulled {
    /// Names this layout: `ce-cost/actuals-pull/1`.
    pub schema: String,
    /// Always null: an account is pulled.
    pub environment: Option<String>,
    /// Always USD.
    pub currency: String,
    /// The day from which it was computed.
    pub as_of: String,
    /// What it cost.
    pub requests: Requests,
    /// By account and month.
    pub periods: Vec<Billed>,
    /// All of them.
    pub total: Sums,
    /// AWS's forecast, where it was asked for.
    pub forecast: Option<Vec<Ahead>>,
    /// What the user should know.
    pub remarks: Vec<String>,
}

impl Pulled {
    /// Of what a pull brought.
    pub fn new(today: NaiveDate, requests: Requests, imported: &Imported, forecast: Option<Vec<Ahead>>) -> Pulled {
        Pulled {
            schema: "ce-cost/actuals-pull/1".into(),
            environment: None,
            currency: "USD".into(),
            as_of: today.to_string(),
            requests,
            periods: imported.statements.iter().map(billed).collect(),
            total: Sums::of(imported.statements.iter().flat_map(|s| &s.bill.charges)),
            forecast,
            remarks: imported.remarks.clone(),
        }
    }
}

/// What a pull cost.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Requests {
    /// Expected before.
    pub estimated: u64,
    /// Answered by AWS, and billed.
    pub made: u64,
    /// Answered by the cache.
    pub cached: u64,
    /// Of those that were made.
    pub cost: Usd,
}

/// One month of an account.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Billed {
    /// The account.
    pub account: String,
    /// The month.
    #[schemars(with = "String")]
    pub month: Month,
    /// True once AWS has closed it.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// How many charges it has.
    pub rows: u64,
    /// What they come to.
    #[serde(flatten)]
    pub sum: Sums,
    /// By line item type.
    pub by_type: Vec<Named>,
    /// By environment; "" for what has none.
    pub by_environment: Vec<Named>,
    /// By service.
    pub by_service: Vec<Named>,
    /// By usage type.
    pub by_usage_type: Vec<Named>,
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
    /// Ours, of every environment together at likely values.
    pub ours: Usd,
}

fn billed(statement: &Statement) -> Billed {
    let charges = &statement.bill.charges;
    Billed {
        account: statement.bill.payer.to_string(),
        month: statement.bill.month,
        is_final: statement.is_final,
        rows: statement.rows,
        sum: Sums::of(charges),
        by_type: parts(charges, |c| c.line_item.to_string()),
        by_environment: parts(charges, |c| c.environment.to_string()),
        by_service: parts(charges, |c| c.service.to_string()),
        by_usage_type: parts(charges, |c| c.usage_type.to_string()),
    }
}

fn parts(charges: &[Charge], by: impl Fn(&Charge) -> String) -> Vec<Named> {
    totals::by(charges, by).into_iter().map(|(name, sums)| Named { name, sums }).collect()
}

/// For people.
pub fn text(pulled: &Pulled, world: &World) -> String {
    let mut table = Table::new(&[
        Column::words("month", "month"),
        Column::words("account", "account").droppable(3),
        Column::words("", "final"),
        Column::number("charges", "rows").droppable(2),
        Column::number("unblended", "unblended"),
        Column::number("amortized", "amortized"),
        Column::number("net", "net").droppable(1),
    ]);
    let money = |amount: Usd| Cell::text(cents(amount));
    for period in &pulled.periods {
        let state = if period.is_final { "final" } else { "not final" };
        let cells = [period.month.to_string(), period.account.clone(), state.into(), crate::quantity::grouped(Decimal::from(period.rows))];
        let amounts = [period.sum.unblended, period.sum.amortized, period.sum.net].map(money);
        table.row(Kind::Line, 0, cells.into_iter().map(Cell::Text).chain(amounts).collect());
    }
    let amounts = [pulled.total.unblended, pulled.total.amortized, pulled.total.net].map(money);
    let words = [Cell::text("total"), Cell::Empty, Cell::Empty, Cell::Empty];
    table.row(Kind::Sum, 0, words.into_iter().chain(amounts).collect());
    let mut out = world.screen.table(&table);
    if let Some(forecast) = &pulled.forecast {
        out.push('\n');
        out.push_str(&world.screen.table(&ahead_table(forecast)));
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
            Cell::Money(ahead.ours),
        ];
        table.row(Kind::Line, 0, cells);
    }
    table
}
