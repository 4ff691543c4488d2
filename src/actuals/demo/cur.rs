//! The synthetic history as rows of a Cost and Usage Report (CUR 2.0, AWS Data Exports, table `COST_AND_USAGE_REPORT`), maps as JSON.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::line::{Line, Spread};
use super::{Demo, Period};
use crate::bill::{Charge, LineItem, Seller};
use crate::money::Usd;
use crate::quantity::{Unit, exact};

/// The columns, in order.
pub const COLUMNS: &[&str] = &[
    "bill_bill_type",
    "bill_billing_entity",
    "bill_billing_period_end_date",
    "bill_billing_period_start_date",
    "bill_invoice_id",
    "bill_payer_account_id",
    "identity_line_item_id",
    "line_item_blended_cost",
    "line_item_currency_code",
    "line_item_legal_entity",
    "line_item_line_item_description",
    "line_item_line_item_type",
    "line_item_net_unblended_cost",
    "line_item_operation",
    "line_item_product_code",
    "line_item_resource_id",
    "line_item_unblended_cost",
    "line_item_usage_account_id",
    "line_item_usage_amount",
    "line_item_usage_end_date",
    "line_item_usage_start_date",
    "line_item_usage_type",
    "pricing_public_on_demand_cost",
    "pricing_unit",
    "product_region_code",
    "product_servicecode",
    "reservation_amortized_upfront_fee_for_billing_period",
    "reservation_effective_cost",
    "reservation_reservation_a_r_n",
    "reservation_unused_amortized_upfront_fee_for_billing_period",
    "reservation_unused_recurring_fee",
    "resource_tags",
    "savings_plan_amortized_upfront_commitment_for_billing_period",
    "savings_plan_recurring_commitment_for_billing_period",
    "savings_plan_savings_plan_a_r_n",
    "savings_plan_savings_plan_effective_cost",
    "savings_plan_total_commitment_to_date",
    "savings_plan_used_commitment",
];

impl Demo {
    /// Its rows in [`COLUMNS`]. A report that is made of them imports to the same totals.
    pub fn rows(&self) -> impl Iterator<Item = Vec<String>> {
        let all = self.periods.iter().flat_map(|period| period.lines.iter().map(move |line| (period, line)));
        all.enumerate().map(|(number, (period, line))| COLUMNS.iter().map(|column| cell(column, number, period, line)).collect())
    }
}

/// The cell of a column; empty where the report says nothing.
fn cell(column: &str, number: usize, period: &Period, line: &Line) -> String {
    let charge = &line.charge;
    let reserved = charge.commitment.as_ref().filter(|c| c.kind == "Reserved");
    let plan = charge.commitment.as_ref().filter(|c| c.kind == "SavingsPlan");
    let on = |item: LineItem, amount: Usd| if charge.line_item == item { money(amount) } else { String::new() };
    let on_plan = |amount: Usd| on(LineItem::SavingsPlanRecurringFee, amount);
    // The commitment is what it costs by the month and what was paid for the month beforehand; the fee's row bears what went unused.
    let commitment = charge.billed + line.upfront;
    match column {
        "bill_bill_type" if charge.line_item == LineItem::Refund => "Refund".into(),
        "bill_bill_type" => "Anniversary".into(),
        "bill_billing_entity" if charge.seller == Seller::Marketplace => "AWS Marketplace".into(),
        "bill_billing_entity" => "AWS".into(),
        "bill_billing_period_start_date" => time(period.month.first_day()),
        "bill_billing_period_end_date" => time(period.month.end()),
        "bill_invoice_id" if period.is_final => format!("DEMO{}", period.month),
        "bill_payer_account_id" => charge.payer.to_string(),
        "identity_line_item_id" => format!("demo{number:08}"),
        "line_item_blended_cost" | "line_item_unblended_cost" => money(charge.billed),
        "line_item_net_unblended_cost" => charge.net.map(|net| money(net.billed)).unwrap_or_default(),
        "line_item_currency_code" => "USD".into(),
        "line_item_legal_entity" => "Nobody (synthetic)".into(),
        "line_item_line_item_description" => "synthetic: ce-cost actuals demo".into(),
        "line_item_line_item_type" => charge.line_item.name().into(),
        "line_item_operation" => charge.operation.to_string(),
        "line_item_product_code" | "product_servicecode" => charge.service.to_string(),
        "line_item_resource_id" => charge.resource.to_string(),
        "line_item_usage_account_id" => charge.account.to_string(),
        "line_item_usage_amount" => exact(charge.quantity),
        "line_item_usage_start_date" => time(charge.day.unwrap_or(period.month.first_day())),
        "line_item_usage_end_date" => time(end(line, period)),
        "line_item_usage_type" => charge.usage_type.to_string(),
        "pricing_public_on_demand_cost" => money(charge.list),
        "pricing_unit" => charge.unit.map_or("", unit).into(),
        "product_region_code" => charge.region.to_string(),
        "reservation_reservation_a_r_n" => reserved.map(|c| c.id.clone()).unwrap_or_default(),
        "reservation_effective_cost" => on(LineItem::DiscountedUsage, charge.effective),
        "reservation_unused_recurring_fee" => on(LineItem::RiFee, charge.effective),
        "reservation_unused_amortized_upfront_fee_for_billing_period" => on(LineItem::RiFee, Usd::ZERO),
        "reservation_amortized_upfront_fee_for_billing_period" => on(LineItem::RiFee, line.upfront),
        "resource_tags" => tags(charge),
        "savings_plan_savings_plan_a_r_n" => plan.map(|c| c.id.clone()).unwrap_or_default(),
        "savings_plan_savings_plan_effective_cost" => on(LineItem::SavingsPlanCoveredUsage, charge.effective),
        "savings_plan_total_commitment_to_date" => on_plan(commitment),
        "savings_plan_used_commitment" => on_plan(commitment - charge.effective),
        "savings_plan_recurring_commitment_for_billing_period" => on_plan(charge.billed),
        "savings_plan_amortized_upfront_commitment_for_billing_period" => on_plan(line.upfront),
        _ => String::new(),
    }
}

fn money(amount: Usd) -> String {
    exact(amount.decimal())
}

fn time(day: NaiveDate) -> String {
    format!("{day}T00:00:00Z")
}

/// The end of a row: of the month where it stands for all of it, else of its day.
fn end(line: &Line, period: &Period) -> NaiveDate {
    let whole = matches!(line.spread, Spread::Month | Spread::Closing);
    let next = line.charge.day.and_then(|day| day.checked_add_days(Days::new(1)));
    next.filter(|_| !whole).unwrap_or(period.month.end())
}

/// Tags as the report names them: `user_environment`.
fn tags(charge: &Charge) -> String {
    let named: BTreeMap<String, &String> = charge.tags.iter().map(|(k, v)| (format!("user_{}", k.to_lowercase()), v)).collect();
    serde_json::to_string(&named).unwrap_or_default()
}

/// A unit as the report spells it.
fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Hours => "Hrs",
        Unit::GbMonths => "GB-Mo",
        Unit::Gb => "GB",
        Unit::Months => "Month",
        Unit::GbSeconds => "GB-Second",
        Unit::Count => "Requests",
    }
}
