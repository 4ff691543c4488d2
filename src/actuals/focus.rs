//! FOCUS, from 1.0 on: its columns, and which of AWS's line item types each of its rows is.

use super::exact::Exact;
use super::rollup::{Amounts, Entry, Traits};
use super::table::{Row, Text, Wrong, columns};
use crate::bill::{CommitmentStatus, Frequency, Pricing, Seller};
use crate::month::Month;

columns! {
    PAYER "BillingAccountId" Text required;
    PERIOD "BillingPeriodStart" Day required;
    START "ChargePeriodStart" Day required;
    CATEGORY "ChargeCategory" Text required;
    BILLED "BilledCost" Number required;
    EFFECTIVE "EffectiveCost" Number required;
    CURRENCY "BillingCurrency" Text required;
    SERVICE "ServiceName" Text required;
    CLASS "ChargeClass" Text optional;
    FREQUENCY "ChargeFrequency" Text optional;
    DESCRIPTION "ChargeDescription" Text optional;
    INVOICE "InvoiceId" Text optional;
    ACCOUNT "SubAccountId" Text optional;
    LIST_COST "ListCost" Number optional;
    PRICING "PricingCategory" Text optional;
    PRICING_QUANTITY "PricingQuantity" Number optional;
    PRICING_UNIT "PricingUnit" Text optional;
    CONSUMED_QUANTITY "ConsumedQuantity" Number optional;
    CONSUMED_UNIT "ConsumedUnit" Text optional;
    REGION "RegionId" Text optional;
    SKU_METER "SkuMeter" Text optional;
    COMMITMENT "CommitmentDiscountId" Text optional;
    COMMITMENT_CATEGORY "CommitmentDiscountCategory" Text optional;
    COMMITMENT_STATUS "CommitmentDiscountStatus" Text optional;
    PROVIDER "ProviderName" Text optional;
    SERVICE_PROVIDER "ServiceProviderName" Text optional;
    PUBLISHER "PublisherName" Text optional;
    SERVICE_CODE "x_ServiceCode" Text optional;
    USAGE_TYPE "x_UsageType" Text optional;
    OPERATION "x_Operation" Text optional;
    TAGS "Tags" Map optional;
}

/// The place of the column whose presence tells that a period's end is known.
pub const INVOICE_COLUMN: usize = INVOICE;

/// What is not read for a glance: what tells charges of one usage type apart.
pub const NOT_AT_A_GLANCE: &[usize] = &[
    START,
    SERVICE,
    DESCRIPTION,
    INVOICE,
    ACCOUNT,
    LIST_COST,
    PRICING,
    PRICING_UNIT,
    CONSUMED_UNIT,
    REGION,
    PROVIDER,
    SERVICE_PROVIDER,
    PUBLISHER,
    SERVICE_CODE,
    OPERATION,
    TAGS,
];

/// The version by the columns that it brought or took away.
pub fn version(has: impl Fn(&str) -> bool) -> &'static str {
    match () {
        () if has("ServiceProviderName") && !has("ProviderName") => "FOCUS 1.4",
        () if has("ServiceProviderName") => "FOCUS 1.3",
        () if has("InvoiceId") => "FOCUS 1.2",
        () if has("SkuMeter") || has("ServiceSubcategory") || has("CapacityReservationId") => "FOCUS 1.1",
        () => "FOCUS 1.0",
    }
}

/// What a row says besides its amounts.
pub fn entry<'a>(row: &'a impl Row, room: &'a mut String) -> Result<Entry<'a>, Wrong> {
    let first = |columns: [usize; 2]| match row.numbered(columns[0])? {
        blank if blank.is_empty() => row.numbered(columns[1]),
        text => Ok(text),
    };
    let commitment = row.numbered(COMMITMENT)?;
    let savings_plan = row.text(COMMITMENT_CATEGORY)? == "Spend";
    let status = status(row)?;
    let once = row.text(FREQUENCY)? == "One-Time";
    let line_item = line_item(row, &commitment, savings_plan, status, once)?;
    let seller = seller(&first([SERVICE_PROVIDER, PROVIDER])?, row.text(PUBLISHER)?);
    let priced = !row.is_blank(PRICING_QUANTITY)?;
    Ok(Entry {
        month: Month::of(row.sure_day(PERIOD)?),
        day: row.has(START).then(|| row.sure_day(START)).transpose()?,
        payer: row.sure_text(PAYER)?,
        account: row.numbered(ACCOUNT)?,
        line_item: line_item.into(),
        service: first([SERVICE_CODE, SERVICE])?,
        region: row.numbered(REGION)?,
        usage_type: first([USAGE_TYPE, SKU_METER])?,
        operation: row.numbered(OPERATION)?,
        unit: if priced { row.numbered(PRICING_UNIT)? } else { row.numbered(CONSUMED_UNIT)? },
        description: if seller == Seller::Aws { Text::default() } else { row.numbered(DESCRIPTION)? },
        commitment,
        tags: row.map(TAGS, room)?,
        currency: row.numbered(CURRENCY)?,
        traits: Traits { frequency: frequency(row, once)?, pricing: pricing(row)?, status, savings_plan, seller },
        invoiced: !row.text(INVOICE)?.is_empty(),
    })
}

/// What a row costs.
pub fn amounts(row: &impl Row) -> Result<Amounts, Wrong> {
    let (billed, effective) = (row.sure_number(BILLED)?, row.sure_number(EFFECTIVE)?);
    Ok(Amounts {
        quantity: row.number(PRICING_QUANTITY)?.map_or_else(|| row.number_or_zero(CONSUMED_QUANTITY), Ok)?,
        billed,
        effective,
        net: (billed, effective),
        list: row.number(LIST_COST)?.unwrap_or(billed),
        true_up: Exact::ZERO,
    })
}

fn status(row: &impl Row) -> Result<Option<CommitmentStatus>, Wrong> {
    match row.text(COMMITMENT_STATUS)? {
        "" => Ok(None),
        "Used" => Ok(Some(CommitmentStatus::Used)),
        "Unused" => Ok(Some(CommitmentStatus::Unused)),
        other => Err(Wrong::new(COMMITMENT_STATUS, other, "Used, Unused or nothing")),
    }
}

/// AWS's line item type. FOCUS has no negation, and its unused commitments are rows of their own: they stand where the report
/// has them, with the fee.
fn line_item(
    row: &impl Row,
    commitment: &str,
    savings_plan: bool,
    status: Option<CommitmentStatus>,
    once: bool,
) -> Result<&'static str, Wrong> {
    let plan = |of_plan, of_reservation| if savings_plan { of_plan } else { of_reservation };
    Ok(match row.sure_text(CATEGORY)?.text {
        "Usage" if status == Some(CommitmentStatus::Used) => plan("SavingsPlanCoveredUsage", "DiscountedUsage"),
        "Usage" if status == Some(CommitmentStatus::Unused) => plan("SavingsPlanRecurringFee", "RIFee"),
        "Usage" => "Usage",
        "Purchase" if commitment.is_empty() => "Fee",
        "Purchase" if once => plan("SavingsPlanUpfrontFee", "Fee"),
        "Purchase" => plan("SavingsPlanRecurringFee", "RIFee"),
        "Tax" => "Tax",
        "Credit" => "Credit",
        "Adjustment" if row.text(CLASS)? == "Correction" => "Refund",
        // What lowers a bill and corrects none was agreed on.
        "Adjustment" if row.sure_number(BILLED)? < Exact::ZERO || row.sure_number(EFFECTIVE)? < Exact::ZERO => "Discount",
        "Adjustment" => "Adjustment",
        other => return Err(Wrong::new(CATEGORY, other, "Usage, Purchase, Tax, Credit or Adjustment")),
    })
}

/// AWS sells its own services and, in the Marketplace, those of others; FOCUS files can hold other clouds as well.
fn seller(provider: &str, publisher: &str) -> Seller {
    let is_aws = |name: &str| ["AWS", "Amazon"].iter().any(|own| name.starts_with(own));
    match (provider, publisher) {
        (provider, _) if provider.contains("Marketplace") => Seller::Marketplace,
        (provider, _) if !provider.is_empty() && !is_aws(provider) => Seller::Outside,
        (_, publisher) if !publisher.is_empty() && !is_aws(publisher) => Seller::Marketplace,
        _ => Seller::Aws,
    }
}

fn frequency(row: &impl Row, once: bool) -> Result<Frequency, Wrong> {
    Ok(match row.text(FREQUENCY)? {
        _ if once => Frequency::OneTime,
        "Recurring" => Frequency::Recurring,
        _ => Frequency::UsageBased,
    })
}

fn pricing(row: &impl Row) -> Result<Pricing, Wrong> {
    Ok(match row.text(PRICING)? {
        "Standard" => Pricing::Standard,
        "Dynamic" => Pricing::Dynamic,
        "Committed" => Pricing::Committed,
        _ => Pricing::Other,
    })
}
