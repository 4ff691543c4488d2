//! A bill in the columns of FOCUS 1.2, so that it joins an actual one row by row.

use super::{Bill, Category, Charge, CommitmentStatus, Frequency, Pricing};
use crate::pricing::PriceBook;
use crate::quantity::exact;

/// The columns, in the order of the specification, with the two that AWS adds for its own names.
pub const COLUMNS: &[&str] = &[
    "AvailabilityZone",
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingAccountType",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "CapacityReservationId",
    "CapacityReservationStatus",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "CommitmentDiscountCategory",
    "CommitmentDiscountId",
    "CommitmentDiscountName",
    "CommitmentDiscountQuantity",
    "CommitmentDiscountStatus",
    "CommitmentDiscountType",
    "CommitmentDiscountUnit",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "ContractedUnitPrice",
    "EffectiveCost",
    "InvoiceId",
    "InvoiceIssuerName",
    "ListCost",
    "ListUnitPrice",
    "PricingCategory",
    "PricingCurrency",
    "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost",
    "PricingCurrencyListUnitPrice",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "RegionId",
    "RegionName",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "ServiceName",
    "ServiceSubcategory",
    "SkuId",
    "SkuMeter",
    "SkuPriceDetails",
    "SkuPriceId",
    "SubAccountId",
    "SubAccountName",
    "SubAccountType",
    "Tags",
    "x_Operation",
    "x_ServiceCode",
];

/// One row for each charge.
pub fn rows(bill: &Bill, book: &PriceBook) -> Vec<Vec<String>> {
    bill.charges.iter().map(|c| COLUMNS.iter().map(|column| cell(column, c, bill, book)).collect()).collect()
}

/// The cell of a column; empty where FOCUS says null.
fn cell(column: &str, charge: &Charge, bill: &Bill, book: &PriceBook) -> String {
    let row = charge.price.and_then(|i| book.rows().get(i));
    let start = || format!("{}T00:00:00Z", bill.month.first_day());
    let end = || format!("{}T00:00:00Z", bill.month.end());
    let metered = |text: String| if charge.unit.is_some() { text } else { String::new() };
    let unit = || row.map(|r| r.unit_text.clone()).unwrap_or_default();
    let list_price = || match charge.tiers.as_slice() {
        [] => row.map(|r| r.price.to_string()).unwrap_or_default(),
        tiers => tiers.last().map(|t| t.price.to_string()).unwrap_or_default(),
    };
    let commitment = || charge.commitment.as_ref();
    let is_discount = charge.line_item.is_discount();
    let covers = || commitment().filter(|_| !is_discount).and_then(|c| c.status);
    match column {
        "BilledCost" => exact(charge.billed.decimal()),
        "EffectiveCost" | "PricingCurrencyEffectiveCost" => exact(charge.effective.decimal()),
        // A row by itself is what a contract takes off the list price of use on demand.
        "ContractedCost" if is_discount && commitment().is_none_or(|c| c.status.is_none()) => exact(charge.billed.decimal()),
        "ListCost" | "ContractedCost" => exact(charge.list.decimal()),
        "ListUnitPrice" | "ContractedUnitPrice" | "PricingCurrencyListUnitPrice" | "PricingCurrencyContractedUnitPrice" => {
            metered(list_price())
        }
        "BillingAccountId" | "BillingAccountName" => charge.payer.to_string(),
        "BillingAccountType" => "Payer".into(),
        "SubAccountId" | "SubAccountName" => charge.account.to_string(),
        "SubAccountType" => "Account".into(),
        "BillingCurrency" | "PricingCurrency" => "USD".into(),
        "BillingPeriodStart" | "ChargePeriodStart" => start(),
        "BillingPeriodEnd" | "ChargePeriodEnd" => end(),
        "ChargeCategory" => category(charge.category).into(),
        "ChargeDescription" => describe(charge, book),
        "ChargeFrequency" => frequency(charge.frequency).into(),
        "CommitmentDiscountCategory" => commitment().map(|c| c.category.to_owned()).unwrap_or_default(),
        "CommitmentDiscountId" | "CommitmentDiscountName" => commitment().map(|c| c.id.clone()).unwrap_or_default(),
        "CommitmentDiscountType" => commitment().map(|c| c.kind.to_owned()).unwrap_or_default(),
        "CommitmentDiscountStatus" => covers().map(|s| status(s).to_owned()).unwrap_or_default(),
        "CommitmentDiscountQuantity" => covers().map(|_| exact(charge.quantity)).unwrap_or_default(),
        "CommitmentDiscountUnit" => covers().map(|_| unit()).unwrap_or_default(),
        "ConsumedQuantity" if charge.category == Category::Usage && charge.unit.is_some() => exact(charge.quantity),
        "ConsumedUnit" if charge.category == Category::Usage => metered(unit()),
        "PricingQuantity" => metered(exact(charge.quantity)),
        "PricingUnit" => metered(unit()),
        "PricingCategory" if charge.category == Category::Usage => pricing(charge.pricing).into(),
        "InvoiceIssuerName" | "ProviderName" | "PublisherName" => {
            if charge.outside_aws() {
                charge.service.to_string()
            } else {
                "AWS".into()
            }
        }
        "RegionId" if charge.region.as_ref() != "global" => charge.region.to_string(),
        "RegionName" => {
            book.regions().iter().find(|r| r.region == *charge.region && r.region != "global").map(|r| r.name.clone()).unwrap_or_default()
        }
        "ResourceId" | "ResourceName" => charge.resource.to_string(),
        "ServiceCategory" => service_category(&charge.service).0.into(),
        "ServiceSubcategory" => service_category(&charge.service).1.into(),
        "ServiceName" | "x_ServiceCode" => charge.service.to_string(),
        "SkuId" => row.map(|r| r.sku.clone()).unwrap_or_default(),
        "SkuMeter" => charge.usage_type.to_string(),
        "Tags" => serde_json::to_string(&*charge.tags).unwrap_or_default(),
        "x_Operation" => charge.operation.to_string(),
        _ => String::new(),
    }
}

/// What a charge is, in words.
pub fn describe(charge: &Charge, book: &PriceBook) -> String {
    if !charge.description.is_empty() {
        return charge.description.to_string();
    }
    charge.price.and_then(|i| book.rows().get(i)).map(|r| r.description.clone()).unwrap_or_default()
}

fn category(category: Category) -> &'static str {
    match category {
        Category::Usage => "Usage",
        Category::Purchase => "Purchase",
        Category::Tax => "Tax",
        Category::Credit => "Credit",
        Category::Adjustment => "Adjustment",
    }
}

fn frequency(frequency: Frequency) -> &'static str {
    match frequency {
        Frequency::OneTime => "One-Time",
        Frequency::Recurring => "Recurring",
        Frequency::UsageBased => "Usage-Based",
    }
}

fn pricing(pricing: Pricing) -> &'static str {
    match pricing {
        Pricing::Standard => "Standard",
        Pricing::Dynamic => "Dynamic",
        Pricing::Committed => "Committed",
        Pricing::Other => "Other",
    }
}

fn status(status: CommitmentStatus) -> &'static str {
    match status {
        CommitmentStatus::Used => "Used",
        CommitmentStatus::Unused => "Unused",
    }
}

/// FOCUS `ServiceCategory` and `ServiceSubcategory` of a service code.
fn service_category(service: &str) -> (&'static str, &'static str) {
    match service {
        "AmazonECS" | "AmazonECR" => ("Compute", "Containers"),
        "AWSLambda" => ("Compute", "Serverless Compute"),
        "ComputeSavingsPlans" => ("Compute", "Other (Compute)"),
        "AmazonRDS" => ("Databases", "Relational Databases"),
        "AmazonDynamoDB" => ("Databases", "NoSQL Databases"),
        "AmazonElastiCache" => ("Databases", "Caching"),
        "DatabaseSavingsPlans" => ("Databases", "Other (Databases)"),
        "AmazonS3" | "AmazonGlacier" | "AmazonS3GlacierDeepArchive" => ("Storage", "Object Storage"),
        "AWSBackup" => ("Storage", "Backup Storage"),
        "AWSELB" | "AmazonVPC" | "AWSDataTransfer" | "AmazonEC2" => ("Networking", "Network Infrastructure"),
        "AmazonCloudFront" | "CloudFrontPlans" => ("Networking", "Content Delivery"),
        "AmazonRoute53" => ("Networking", "Other (Networking)"),
        "AmazonCloudWatch" | "AWSXRay" => ("Management and Governance", "Observability"),
        "AWSConfig" | "AWSCloudTrail" => ("Management and Governance", "Compliance"),
        "AWSBudgets" | "AWSCostExplorer" => ("Management and Governance", "Cost Management"),
        "AWSSupport" => ("Management and Governance", "Support"),
        "AmazonGuardDuty" | "AWSSecurityHub" | "awswaf" => ("Security", "Threat Detection and Response"),
        "awskms" | "AWSSecretsManager" => ("Security", "Other (Security)"),
        "AmazonSNS" | "AWSQueueService" | "AmazonSES" => ("Integration", "Messaging"),
        "AmazonKinesisFirehose" => ("Analytics", "Streaming Analytics"),
        "AWSSystemsManager" => ("Management and Governance", "Other (Management and Governance)"),
        _ => ("Other", "Other (Other)"),
    }
}
