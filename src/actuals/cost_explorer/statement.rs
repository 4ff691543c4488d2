//! Rows of Cost Explorer as charges of a bill.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::reply::{Amounts, Period, told};
use crate::actuals::statement::item;
use crate::actuals::{Source, Statement};
use crate::bill::{Bill, Charge, Net, Seller};
use crate::month::Month;
use crate::quantity::Unit;
use crate::usage::Tags;

/// One row of a bill in Cost Explorer's own words. What was not asked for is empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cell {
    /// When.
    pub period: Period,
    /// The service by Cost Explorer's name, such as "EC2 - Other".
    pub service: String,
    /// AWS's usage type.
    pub usage_type: String,
    /// AWS's operation.
    pub operation: String,
    /// The line item type, as Cost Explorer spells it.
    pub record_type: String,
    /// The region code.
    pub region: String,
    /// The account that used it; `None` for the payer.
    pub account: Option<String>,
    /// The tags that are known.
    pub tags: Tags,
    /// The environment.
    pub environment: String,
    /// Who sells.
    pub seller: Seller,
    /// What it cost and how much it was.
    pub amounts: Amounts,
    /// True until AWS has closed the period.
    pub estimated: bool,
}

/// The statements of a payer: one for each month, in order. A month that is not over `today`, or that has a row that AWS only
/// estimates, is not final.
pub fn statements(payer: &str, cells: Vec<Cell>, source: &Source, today: chrono::NaiveDate) -> Vec<Statement> {
    let payer: Arc<str> = payer.into();
    let mut months: BTreeMap<Month, Vec<Cell>> = BTreeMap::new();
    for cell in cells {
        months.entry(Month::of(cell.period.start)).or_default().push(cell);
    }
    let statement = |(month, cells): (Month, Vec<Cell>)| Statement {
        is_final: month.end() <= today && cells.iter().all(|c| !c.estimated),
        rows: cells.len() as u64,
        bill: Bill {
            month,
            hours: Decimal::from(month.hours()),
            payer: payer.clone(),
            charges: cells.into_iter().map(|c| charge(&payer, c)).collect(),
        },
        source: source.clone(),
        true_up: None,
    };
    months.into_iter().map(statement).collect()
}

/// A row as a charge. The service keeps Cost Explorer's name: which code of the price list that is, is for who compares to know.
/// Cost Explorer knows no list price: the amount on the invoice stands there.
fn charge(payer: &Arc<str>, cell: Cell) -> Charge {
    let line_item = item(&cell.record_type);
    let Amounts { unblended, amortized, net_unblended, net_amortized, quantity, unit } = cell.amounts;
    let effective = amortized.unwrap_or(unblended);
    let net = net_unblended.map(|billed| Net { billed, effective: net_amortized.unwrap_or(billed) });
    let usage_type = told(&cell.usage_type);
    Charge {
        month: Month::of(cell.period.start),
        day: cell.period.day(),
        payer: payer.clone(),
        account: cell.account.map_or_else(|| payer.clone(), Arc::from),
        environment: cell.environment.into(),
        resource: "".into(),
        tags: Arc::new(cell.tags),
        service: Cow::Owned(cell.service),
        region: told(&cell.region).into(),
        usage_type: usage_type.into(),
        operation: Cow::Owned(told(&cell.operation).to_owned()),
        description: Cow::Borrowed(""),
        quantity,
        unit: unit.as_deref().map(Unit::of_price_list),
        category: line_item.category(),
        frequency: line_item.frequency(),
        pricing: line_item.pricing(usage_type),
        commitment: None,
        seller: cell.seller,
        list: unblended,
        billed: unblended,
        effective,
        net,
        tiers: Vec::new(),
        factors: Vec::new(),
        price: None,
        line_item,
    }
}
