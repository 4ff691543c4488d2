//! Support plans: steps on the payer's charges (AWS, "AWS Support Plan Pricing"), given back to the environments by their share.

use std::borrow::Cow;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::Terms;
use crate::bill::{Category, Charge, Frequency, LineItem, Pricing, Seller};
use crate::money::Usd;
use crate::pricing::SupportBand;
use crate::scenario::accounts::Support;
use crate::usage::{Factor, Step};

/// The service of support rows.
pub const SERVICE: &str = "AWSSupport";

/// The fee on so many dollars of charges: the greater of the minimum and the sum over the bands.
pub fn fee(charges: Usd, bands: &[&SupportBand]) -> Usd {
    let amount = charges.decimal();
    let steps: Decimal = bands.iter().map(|b| (b.end.map_or(amount, |e| e.min(amount)) - b.begin).max(Decimal::ZERO) * b.rate).sum();
    let minimum = bands.first().map_or(Decimal::ZERO, |b| b.minimum);
    Usd::new(steps.max(minimum))
}

/// The support plan's rows: the fee on all charges that AWS bills to the payer, one row for each environment by its share.
pub fn charges(support: &Support, charges: &[Charge], terms: &Terms<'_>) -> Vec<Charge> {
    let bands = terms.book.support(&support.plan, terms.month.first_day());
    let Some(first) = bands.first() else { return Vec::new() };
    let mut environments: Vec<(Arc<str>, Arc<str>)> = Vec::new();
    for charge in charges {
        if !environments.iter().any(|(e, _)| *e == charge.environment) {
            environments.push((charge.environment.clone(), charge.account.clone()));
        }
    }
    let of_aws = |c: &&Charge| !c.outside_aws() && matches!(c.category, Category::Usage | Category::Purchase);
    let own: Vec<Usd> =
        environments.iter().map(|(e, _)| charges.iter().filter(of_aws).filter(|c| c.environment == *e).map(|c| c.billed).sum()).collect();
    let all: Usd = own.iter().copied().sum();
    let fee = fee(all, &bands);
    let weights: Vec<Decimal> = own.iter().map(|u| u.decimal()).collect();
    let parts = fee.split(&weights);
    environments
        .into_iter()
        .zip(own.into_iter().zip(parts))
        .map(|((environment, account), (own, part))| Charge {
            factors: factors(support, &environment, own, all, fee),
            description: Cow::Owned(first.name.clone()),
            ..row(environment, account, SERVICE, "support", "support plan", part, Category::Purchase, terms)
        })
        .collect()
}

fn factors(support: &Support, environment: &str, own: Usd, all: Usd, fee: Usd) -> Vec<Factor> {
    let factor = |step, name: Cow<'static, str>, value: Usd| Factor {
        step,
        name,
        value: value.decimal(),
        shown: crate::quantity::grouped(value.decimal()),
        from: support.from,
        why: support.why.clone(),
        at: None,
        uncertainty: None,
        demand: None,
        of: Vec::new(),
    };
    vec![
        factor(Step::Times, "fee on all charges of the payer".into(), fee),
        factor(Step::Times, format!("charges of {environment}").into(), own),
        factor(Step::Over, "charges of the payer".into(), all),
    ]
}

/// The line that such a row is on AWS's bill.
fn line_item(category: Category) -> LineItem {
    match category {
        Category::Usage => LineItem::Usage,
        Category::Purchase => LineItem::Fee,
        Category::Tax => LineItem::Tax,
        Category::Credit => LineItem::Credit,
        Category::Adjustment => LineItem::Refund,
    }
}

/// A row of the bill that no usage stands behind.
#[allow(clippy::too_many_arguments, reason = "each is one column of the row")]
pub fn row(
    environment: Arc<str>,
    account: Arc<str>,
    service: &'static str,
    resource: &str,
    usage_type: &str,
    amount: Usd,
    category: Category,
    terms: &Terms<'_>,
) -> Charge {
    Charge {
        month: terms.month,
        day: None,
        line_item: line_item(category),
        payer: terms.payer.clone(),
        account,
        environment,
        resource: resource.into(),
        tags: Arc::default(),
        service: Cow::Borrowed(service),
        region: "global".into(),
        usage_type: usage_type.into(),
        operation: Cow::Borrowed(""),
        description: Cow::Borrowed(""),
        quantity: Decimal::ZERO,
        unit: None,
        category,
        frequency: Frequency::Recurring,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::PriceBook;

    fn fee_on(plan: &str, day: &str, charges: i64) -> Usd {
        let book = PriceBook::embedded().unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
        fee(Usd::new(charges.into()), &book.support(plan, day.parse().expect("a day")))
    }

    /// AWS Support plans: max(100, 10% of the first 10k, 7% to 80k, 5% to 250k, 3% above).
    #[test]
    fn business_support_steps_down() {
        let usd = |n: i64| Usd::new(n.into());
        assert_eq!(fee_on("business", "2026-12-01", 500), usd(100));
        assert_eq!(fee_on("business", "2026-12-01", 10_000), usd(1_000));
        assert_eq!(fee_on("business", "2026-12-01", 80_000), usd(1_000 + 4_900));
        assert_eq!(fee_on("business", "2026-12-01", 300_000), usd(1_000 + 4_900 + 8_500 + 1_500));
    }

    #[test]
    fn developer_support_is_the_greater_of_29_and_three_per_cent() {
        assert_eq!(fee_on("developer", "2026-12-01", 500), Usd::new(29.into()));
        assert_eq!(fee_on("developer", "2026-12-01", 2_000), Usd::new(60.into()));
    }

    #[test]
    fn another_plan_takes_over_with_2027() {
        assert_eq!(fee_on("business", "2027-01-01", 100), Usd::new(29.into()));
        assert_eq!(fee_on("business", "2027-01-01", 10_000), Usd::new(900.into()));
    }
}
