//! What stands on a bill beside the environments' use: shared services without tags, subscriptions, support, discounts, credits,
//! refunds, taxes, and a line item type that nobody knows.

use std::borrow::Cow;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::line::{Line, Spread};
use super::{PAYER, SHARED, planted};
use crate::bill::{Category, Charge, Frequency, LineItem, Pricing, Seller};
use crate::money::Usd;
use crate::month::Month;
use crate::pricing::PriceBook;
use crate::quantity::Unit;
use crate::rating::support;

/// The support plan.
const SUPPORT: &str = "business";
/// Discount of the enterprise agreement on Fargate, as a part of it.
const AGREEMENT: Decimal = Decimal::from_parts(2, 0, 0, true, 2);
/// Tax on the use of two services.
const TAX: Decimal = Decimal::from_parts(625, 0, 0, false, 4);
/// The services that are taxed.
const TAXED: [&str; 2] = ["AmazonECS", "AmazonRDS"];
/// Who sells the subscription, as its product code.
const VENDOR: &str = "demomarketplaceproduct0";

/// A metered service that nobody tagged: service, usage type, operation, unit, quantity of a month, price in 10^-10 dollars.
const UNTAGGED: &[(&str, &str, &str, Unit, i64, i64)] = &[
    (planted::STEP_SERVICE, "Lambda-GB-Second", "Invoke", Unit::GbSeconds, 2_400_000, 166_667),
    (planted::STEP_SERVICE, "Request", "Invoke", Unit::Count, 30_000_000, 2_000),
    ("AmazonS3", "TimedStorage-ByteHrs", "StandardStorage", Unit::GbMonths, 900, 230_000_000),
    ("AWSQueueService", "Requests-Tier1", "SendMessage", Unit::Count, 45_000_000, 4_000),
];

/// A line of the payer's own account: type, service, usage type, amount in 10^-10 dollars, day, and whether it stands in the month
/// so long before the last closed one.
type Row = (&'static str, &'static str, &'static str, i64, u32, fn(i32) -> bool);

/// Lines that are the same every month, or come once.
const ROWS: &[Row] = &[
    ("Fee", VENDOR, "Monthly-Subscription", 2_400_000_000_000, 15, |_| true),
    ("Fee", "AmazonRegistrar", "Domain-Renewal", 130_000_000_000, 9, |back| back == 9),
    ("FlatRateSubscription", "CloudFrontPlans", "Pro-Plan", 150_000_000_000, 1, |_| true),
    ("BundledDiscount", "AmazonCloudFront", "US-DataTransfer-Out-Bytes", -15_000_000_000, 1, |_| true),
    ("PrivateRateDiscount", "AmazonS3", "TimedStorage-ByteHrs", -22_500_000_000, 1, |back| back <= 8),
    ("RiVolumeDiscount", "AmazonRDS", "InstanceUsage:db.r6g.large", -7_500_000_000, 1, |back| back <= planted::BOUGHT),
    ("SppDiscount", "AmazonECS", "USE1-Fargate-GB-Hours", -3_333_333_333, 1, |back| back % 3 == 0),
    ("Discount", "AmazonCloudWatch", "DataProcessing-Bytes", -5_000_000_000, 1, |back| back % 4 == 0),
    ("Credit", "AmazonRDS", "InstanceUsage:db.r6g.large", -250_000_000_000, 1, |back| (3..=8).contains(&back)),
    ("Refund", "AmazonS3", "TimedStorage-ByteHrs", -77_700_000_000, 4, |back| back == planted::BOUGHT),
    ("FutureDiscount", "AmazonS3", "TimedStorage-ByteHrs", -1, 1, |_| true),
];

/// What a month bills beside what `metered` holds.
pub fn lines(metered: &[Line], month: Month, back: i32, book: &PriceBook) -> Vec<Line> {
    let mut lines: Vec<Line> = untagged(month, back).chain(fixed(month, back)).collect();
    let of_aws: Usd = metered.iter().chain(&lines).filter(|l| l.charge.seller == Seller::Aws).map(|l| l.charge.billed).sum();
    lines.push(agreement(metered, month));
    lines.extend(TAXED.iter().map(|service| tax(metered, service, month)));
    let bands = book.support(SUPPORT, month.first_day());
    let fee = support::fee(of_aws, &bands);
    let support = Charge { quantity: of_aws.decimal(), ..line(month, LineItem::Usage, "AWSSupportBusiness", "7%-Support", fee) };
    lines.push(Line::new(support, Spread::Closing));
    lines
}

/// Metered services without tags in an account of their own. One of them doubles.
fn untagged(month: Month, back: i32) -> impl Iterator<Item = Line> {
    UNTAGGED.iter().map(move |(service, usage_type, operation, unit, quantity, price)| {
        let doubled = *service == planted::STEP_SERVICE && back <= planted::STEP;
        let quantity = Decimal::from(*quantity) * Decimal::from(if doubled { 2 } else { 1 });
        let amount = Usd::new(quantity * Decimal::new(*price, 10));
        let charge = Charge {
            account: SHARED.into(),
            region: "us-east-1".into(),
            resource: format!("demo/shared/{service}").into(),
            operation: Cow::Borrowed(operation),
            quantity,
            unit: Some(*unit),
            frequency: Frequency::UsageBased,
            pricing: Pricing::Standard,
            ..line(month, LineItem::Usage, service, usage_type, amount)
        };
        Line::new(charge, if *unit == Unit::GbMonths { Spread::Even } else { Spread::Demand })
    })
}

fn fixed(month: Month, back: i32) -> impl Iterator<Item = Line> {
    ROWS.iter().filter(move |row| (row.5)(back)).map(move |(item, service, usage_type, amount, day, _)| {
        let item = item.parse().unwrap_or_else(|never| match never {});
        let charge = line(month, item, service, usage_type, Usd::new(Decimal::new(*amount, 10)));
        let seller = if *service == VENDOR { Seller::Marketplace } else { Seller::Aws };
        Line::new(Charge { quantity: Decimal::ONE, seller, ..charge }, Spread::Once(*day))
    })
}

/// What the enterprise agreement takes off Fargate, in one row.
fn agreement(metered: &[Line], month: Month) -> Line {
    let amount = on_demand(metered, "AmazonECS").share(AGREEMENT);
    Line::new(line(month, LineItem::EdpDiscount, "AmazonECS", "USE1-Fargate-vCPU-Hours:perCPU", amount), Spread::Month)
}

fn tax(metered: &[Line], service: &'static str, month: Month) -> Line {
    Line::new(line(month, LineItem::Tax, service, "", on_demand(metered, service).share(TAX)), Spread::Closing)
}

fn on_demand(metered: &[Line], service: &str) -> Usd {
    let charges = metered.iter().map(|l| &l.charge);
    charges.filter(|c| c.service == service && c.line_item == LineItem::Usage).map(|c| c.billed).sum()
}

/// A line of the payer's own account, of no region, resource and tag.
pub fn line(month: Month, item: LineItem, service: &'static str, usage_type: &'static str, amount: Usd) -> Charge {
    Charge {
        month,
        day: None,
        category: item.category(),
        frequency: if item.category() == Category::Usage { Frequency::UsageBased } else { Frequency::OneTime },
        line_item: item,
        payer: PAYER.into(),
        account: PAYER.into(),
        environment: "".into(),
        resource: "".into(),
        tags: Arc::default(),
        service: Cow::Borrowed(service),
        region: "global".into(),
        usage_type: usage_type.into(),
        operation: Cow::Borrowed(""),
        description: Cow::Borrowed(""),
        quantity: Decimal::ZERO,
        unit: None,
        pricing: Pricing::Other,
        commitment: None,
        seller: Seller::Aws,
        list: amount,
        billed: amount,
        effective: amount,
        net: None,
        tiers: Vec::new(),
        factors: Vec::new(),
        price: None,
    }
}
