//! The Cost and Usage Report, legacy and 2.0: its columns, and what a row of each line item type costs.
//!
//! The amortized cost follows AWS's own `summary_view` of the Cloud Intelligence Dashboards. For every period
//! unblended = amortized + true-up + upfront fees.

use super::exact::Exact;
use super::rollup::{Amounts, Entry, Traits};
use super::table::{Row, Text, Wrong, columns};
use super::tags;
use crate::bill::{CommitmentStatus, LineItem, Seller};
use crate::money::quotient;
use crate::month::Month;

columns! {
    PAYER "bill_payer_account_id" Text required;
    PERIOD "bill_billing_period_start_date" Day required;
    INVOICE "bill_invoice_id" Text optional;
    ENTITY "bill_billing_entity" Text optional;
    ACCOUNT "line_item_usage_account_id" Text required;
    TYPE "line_item_line_item_type" Text required;
    START "line_item_usage_start_date" Day required;
    PRODUCT_CODE "line_item_product_code" Text required;
    USAGE_TYPE "line_item_usage_type" Text required;
    OPERATION "line_item_operation" Text required;
    QUANTITY "line_item_usage_amount" Number required;
    CURRENCY "line_item_currency_code" Text required;
    UNBLENDED "line_item_unblended_cost" Number required;
    NET_UNBLENDED "line_item_net_unblended_cost" Number optional;
    DESCRIPTION "line_item_line_item_description" Text optional;
    SERVICE_CODE "product_servicecode" Text optional;
    REGION_CODE "product_region_code" Text optional;
    REGION "product_region" Text optional;
    PRODUCT_NAME "product_product_name" Text optional;
    PRODUCT "product" Map optional;
    UNIT "pricing_unit" Text optional;
    LIST_COST "pricing_public_on_demand_cost" Number optional;
    RI_ARN "reservation_reservation_a_r_n" Text optional;
    RI_EFFECTIVE "reservation_effective_cost" Number optional;
    RI_NET_EFFECTIVE "reservation_net_effective_cost" Number optional;
    RI_UNUSED_FEE "reservation_unused_recurring_fee" Number optional;
    RI_NET_UNUSED_FEE "reservation_net_unused_recurring_fee" Number optional;
    RI_UNUSED_UPFRONT "reservation_unused_amortized_upfront_fee_for_billing_period" Number optional;
    RI_NET_UNUSED_UPFRONT "reservation_net_unused_amortized_upfront_fee_for_billing_period" Number optional;
    RI_UPFRONT "reservation_amortized_upfront_fee_for_billing_period" Number optional;
    SP_ARN "savings_plan_savings_plan_a_r_n" Text optional;
    SP_EFFECTIVE "savings_plan_savings_plan_effective_cost" Number optional;
    SP_NET_EFFECTIVE "savings_plan_net_savings_plan_effective_cost" Number optional;
    SP_TOTAL "savings_plan_total_commitment_to_date" Number optional;
    SP_USED "savings_plan_used_commitment" Number optional;
    SP_UPFRONT "savings_plan_amortized_upfront_commitment_for_billing_period" Number optional;
    SP_NET_UPFRONT "savings_plan_net_amortized_upfront_commitment_for_billing_period" Number optional;
    SP_FEE "savings_plan_recurring_commitment_for_billing_period" Number optional;
    SP_NET_FEE "savings_plan_net_recurring_commitment_for_billing_period" Number optional;
    SPLIT_PARENT "split_line_item_parent_resource_id" Text optional;
    TAGS "resource_tags" Map optional;
    ID "identity_line_item_id" Text optional;
}

/// The place of the column whose presence tells that net costs are known.
pub const NET_COLUMN: usize = NET_UNBLENDED;
/// The place of the tags: legacy reports have a column for each key instead.
pub const TAGS_COLUMN: usize = TAGS;
/// The place of the row's id.
pub const ID_COLUMN: usize = ID;

/// What tells two rows apart, for two that have the same id: ids are unique within one hour or day only.
pub const TELLING: [usize; 8] = [ID, START, ACCOUNT, TYPE, USAGE_TYPE, OPERATION, QUANTITY, UNBLENDED];

/// What is not read for a glance: what tells charges of one usage type apart.
pub const NOT_AT_A_GLANCE: &[usize] = &[
    INVOICE,
    ENTITY,
    ACCOUNT,
    START,
    SERVICE_CODE,
    REGION_CODE,
    REGION,
    PRODUCT_NAME,
    PRODUCT,
    UNIT,
    LIST_COST,
    NET_UNBLENDED,
    RI_NET_EFFECTIVE,
    SP_NET_EFFECTIVE,
    TAGS,
    ID,
];

/// What a report must have for unblended = amortized + true-up + upfront fees to be held against it.
pub const TRUE_UP: &[usize] = &[RI_UPFRONT, RI_UNUSED_UPFRONT, RI_UNUSED_FEE, SP_UPFRONT, SP_TOTAL, SP_USED];

/// Operations of rows that tell again, by pod or task, what the instance's row says (split cost allocation data).
const SPLIT: [&str; 2] = ["EKSPod-EC2", "ECSTask-EC2"];

/// True for the rows of a line item type whose costs together are what one row with the sums of their amounts costs. An hour of a
/// savings plan is none: what is unused of it, after discounts, is a quotient.
pub fn adds_up(line_item: &str) -> bool {
    line_item != "SavingsPlanRecurringFee"
}

/// The place of the line item type.
pub const TYPE_COLUMN: usize = TYPE;

/// True for a row that tells again, by pod or task, what another row costs.
pub fn is_split(row: &impl Row) -> Result<bool, Wrong> {
    Ok(SPLIT.contains(&row.text(OPERATION)?) || !row.text(SPLIT_PARENT)?.is_empty())
}

/// True for a row of covered use, or of a commitment's fee, that does not say what amortizing makes of it: some writers leave it out.
fn lacks_effective(row: &impl Row, item: &LineItem) -> Result<bool, Wrong> {
    let column = match item {
        LineItem::DiscountedUsage => RI_EFFECTIVE,
        LineItem::SavingsPlanCoveredUsage => SP_EFFECTIVE,
        LineItem::SavingsPlanRecurringFee => SP_TOTAL,
        LineItem::RiFee => RI_UNUSED_FEE,
        _ => return Ok(false),
    };
    row.is_blank(column)
}

/// Room for what a row holds as maps, used again for every row.
#[derive(Default)]
pub struct Room {
    /// For tags.
    pub tags: String,
    product: String,
    name: String,
    /// The last type that was read, as it was written and as what it is.
    item: Option<(String, LineItem)>,
}

/// The type that a text names, which is mostly that of the row before.
fn item<'r>(room: &'r mut Option<(String, LineItem)>, text: &str) -> &'r LineItem {
    if room.as_ref().is_none_or(|(known, _)| known != text) {
        *room = Some((text.to_owned(), text.parse().unwrap_or_else(|never| match never {})));
    }
    room.as_ref().map_or(&LineItem::Usage, |(_, item)| item)
}

/// What decides which of a row's amounts count.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Costing {
    item: LineItem,
    committed: bool,
    /// A savings plan that was given back: its fee was never amortized.
    refunds_fee: bool,
    /// True where the row does not say what amortizing makes of it.
    pub incomplete: bool,
}

/// What a row says besides its amounts, and which of these count.
pub fn entry<'a>(row: &'a impl Row, room: &'a mut Room) -> Result<(Entry<'a>, Costing), Wrong> {
    let period = row.sure_day(PERIOD)?;
    let month = Month::of(period);
    if month.first_day() != period {
        return Err(Wrong::new(PERIOD, &period.to_string(), "the first day of a month"));
    }
    let Room { tags, product, name, item: known } = room;
    let kind = row.sure_text(TYPE)?;
    let item = item(known, &kind);
    let (product_code, service_code) = (row.numbered(PRODUCT_CODE)?, row.numbered(SERVICE_CODE)?);
    let (reservation, plan) = (row.numbered(RI_ARN)?, row.numbered(SP_ARN)?);
    let commitment = if plan.is_empty() { reservation } else { plan };
    let marketplace = row.text(ENTITY)?.contains("Marketplace");
    let region = Some(row.numbered(REGION_CODE)?).filter(|r| !r.is_empty()).map_or_else(|| row.numbered(REGION), Ok)?;
    let usage_type = row.numbered(USAGE_TYPE)?;
    let costing = Costing {
        item: item.clone(),
        committed: !commitment.is_empty(),
        refunds_fee: *item == LineItem::Refund && refunds_upfront_fee(row, &product_code)?,
        incomplete: lacks_effective(row, item)?,
    };
    let entry = Entry {
        month,
        day: row.has(START).then(|| row.sure_day(START)).transpose()?,
        payer: row.sure_text(PAYER)?,
        account: row.numbered(ACCOUNT)?,
        line_item: kind,
        service: if service_code.is_empty() { product_code } else { service_code },
        region,
        usage_type,
        operation: row.numbered(OPERATION)?,
        unit: row.numbered(UNIT)?,
        // A fee that is given back is another charge than refunds of the same day.
        description: match (marketplace, costing.refunds_fee) {
            (true, _) => product_name(row, product, name)?.into(),
            (false, true) => "Refund for one-time fee".into(),
            (false, false) => Text::default(),
        },
        commitment,
        tags: row.map(TAGS, tags)?,
        currency: row.numbered(CURRENCY)?,
        traits: Traits {
            frequency: item.frequency(),
            pricing: item.pricing(&usage_type),
            status: matches!(item, LineItem::DiscountedUsage | LineItem::SavingsPlanCoveredUsage).then_some(CommitmentStatus::Used),
            savings_plan: !plan.is_empty(),
            seller: if marketplace { Seller::Marketplace } else { Seller::Aws },
        },
        invoiced: !row.text(INVOICE)?.is_empty(),
    };
    Ok((entry, costing))
}

/// What is sold through the Marketplace: its product code is a hash.
fn product_name<'a>(row: &'a impl Row, product: &'a mut String, name: &'a mut String) -> Result<&'a str, Wrong> {
    let own = row.text(PRODUCT_NAME)?;
    if !own.is_empty() {
        return Ok(own);
    }
    *name = tags::lookup(row.map(PRODUCT, product)?, "product_name").unwrap_or_default();
    Ok(name)
}

/// What a row costs, by its type. Net columns that are blank fall back to the gross ones, each by itself.
pub fn amounts(row: &impl Row, costing: &Costing) -> Result<Amounts, Wrong> {
    let Costing { item, committed, refunds_fee, .. } = costing;
    let unblended = row.sure_number(UNBLENDED)?;
    let net_unblended = row.number(NET_UNBLENDED)?.unwrap_or(unblended);
    let zero = Exact::ZERO;
    let (effective, net_effective, true_up) = match item {
        LineItem::DiscountedUsage => {
            let effective = row.number_or_zero(RI_EFFECTIVE)?;
            (effective, row.number(RI_NET_EFFECTIVE)?.unwrap_or(effective), zero)
        }
        LineItem::SavingsPlanCoveredUsage => {
            let effective = row.number_or_zero(SP_EFFECTIVE)?;
            (effective, row.number(SP_NET_EFFECTIVE)?.unwrap_or(effective), zero)
        }
        LineItem::SavingsPlanRecurringFee => {
            let unused = difference(SP_TOTAL, row.number_or_zero(SP_TOTAL)?, row.number_or_zero(SP_USED)?)?;
            (unused, net_unused(row, unused)?, row.number_or_zero(SP_UPFRONT)?.negated())
        }
        LineItem::RiFee => {
            let (fee, upfront) = (row.number_or_zero(RI_UNUSED_FEE)?, row.number_or_zero(RI_UNUSED_UPFRONT)?);
            let (net_fee, net_upfront) =
                (row.number(RI_NET_UNUSED_FEE)?.unwrap_or(fee), row.number(RI_NET_UNUSED_UPFRONT)?.unwrap_or(upfront));
            (
                total(RI_UNUSED_FEE, fee, upfront)?,
                total(RI_NET_UNUSED_FEE, net_fee, net_upfront)?,
                row.number_or_zero(RI_UPFRONT)?.negated(),
            )
        }
        LineItem::SavingsPlanNegation | LineItem::SavingsPlanUpfrontFee => (zero, zero, zero),
        LineItem::Fee if *committed => (zero, zero, zero),
        LineItem::Refund if *refunds_fee => (zero, zero, zero),
        _ => (unblended, net_unblended, zero),
    };
    Ok(Amounts {
        quantity: row.number_or_zero(QUANTITY)?,
        billed: unblended,
        effective,
        net: (net_unblended, net_effective),
        list: list(row, item, *committed, unblended)?,
        true_up,
    })
}

/// What all use costs on demand: commitments and what they take away count nothing.
fn list(row: &impl Row, item: &LineItem, committed: bool, unblended: Exact) -> Result<Exact, Wrong> {
    Ok(match item {
        LineItem::SavingsPlanNegation | LineItem::SavingsPlanRecurringFee | LineItem::SavingsPlanUpfrontFee | LineItem::RiFee => {
            Exact::ZERO
        }
        LineItem::Fee if committed => Exact::ZERO,
        // Some writers put the words of the lease where its rows have no on-demand cost.
        LineItem::DiscountedUsage => row.number(LIST_COST).ok().flatten().unwrap_or(unblended),
        _ => row.number(LIST_COST)?.unwrap_or(unblended),
    })
}

/// The unused part of an hour's commitment, after discounts: in the proportion in which these lower the fee, or the month's share
/// of the upfront payment where there is no fee.
fn net_unused(row: &impl Row, unused: Exact) -> Result<Exact, Wrong> {
    for (gross, net) in [(SP_FEE, SP_NET_FEE), (SP_UPFRONT, SP_NET_UPFRONT)] {
        let (whole, left) = (row.number_or_zero(gross)?, row.number(net)?);
        let Some(left) = left.filter(|left| !whole.is_zero() && *left != whole) else { continue };
        let too_large = || Wrong::new(net, "", "an amount that can be multiplied exactly");
        let product = unused.decimal().zip(left.decimal()).and_then(|(u, l)| u.checked_mul(l)).ok_or_else(too_large)?;
        let share = whole.decimal().and_then(|w| quotient(product, w)).ok_or_else(too_large)?;
        return Exact::from_decimal(share).ok_or_else(too_large);
    }
    Ok(unused)
}

/// True for the refund of what a savings plan costs once.
fn refunds_upfront_fee(row: &impl Row, product: &str) -> Result<bool, Wrong> {
    Ok(product.ends_with("SavingsPlans") && row.text(DESCRIPTION)?.starts_with("Refund for one-time fee"))
}

fn difference(column: usize, a: Exact, b: Exact) -> Result<Exact, Wrong> {
    a.minus(b).ok_or_else(|| Wrong::new(column, "", super::table::AN_AMOUNT))
}

fn total(column: usize, a: Exact, b: Exact) -> Result<Exact, Wrong> {
    a.plus(b).ok_or_else(|| Wrong::new(column, "", super::table::AN_AMOUNT))
}
