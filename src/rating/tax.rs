//! Tax: a rate on stated categories of charges, one row for each environment.

use std::borrow::Cow;
use std::sync::Arc;

use super::Terms;
use super::support::row;
use crate::bill::{Category, Charge, Frequency};
use crate::money::Usd;
use crate::scenario::accounts::{Tax, Taxed};
use crate::usage::{CREDITS, Tape};

/// The tax rows on all charges of AWS so far.
pub fn charges(tax: &Tax, charges: &[Charge], terms: &Terms<'_>) -> Vec<Charge> {
    let mut environments: Vec<(Arc<str>, Arc<str>, Usd)> = Vec::new();
    for charge in charges.iter().filter(|c| !c.outside_aws() && taxed(tax, c)) {
        match environments.iter_mut().find(|(e, ..)| *e == charge.environment) {
            Some((.., sum)) => *sum += charge.billed,
            None => environments.push((charge.environment.clone(), charge.account.clone(), charge.billed)),
        }
    }
    let rows = environments.into_iter().map(|(environment, account, base)| {
        let base = base.max(Usd::ZERO);
        let tape = Tape::new().rule(crate::usage::Step::Times, "taxed charges", base.decimal()).times("rate", &tax.rate);
        Charge {
            description: Cow::Owned(tax.name.clone()),
            factors: tape.finish().map(|(_, f)| f).unwrap_or_default(),
            ..row(environment, account, "Tax", "tax", "tax", base.share(tax.fraction()), Category::Tax, terms)
        }
    });
    rows.filter(|c| !c.billed.is_zero()).collect()
}

/// True for what a tax is levied on. What a credit paid is not taxed: its rows are below zero, on the side of usage.
pub fn taxed(tax: &Tax, charge: &Charge) -> bool {
    let is_discount = charge.line_item.is_discount();
    let kind = match charge.category {
        // On what is left after a discount.
        Category::Adjustment if is_discount && charge.service == super::support::SERVICE => Taxed::Support,
        Category::Adjustment if is_discount && charge.frequency != Frequency::UsageBased => Taxed::Purchase,
        Category::Adjustment if is_discount => Taxed::Usage,
        Category::Credit if charge.resource.as_ref() == CREDITS => Taxed::Usage,
        Category::Usage => Taxed::Usage,
        Category::Purchase if charge.service == super::support::SERVICE => Taxed::Support,
        Category::Purchase => Taxed::Purchase,
        Category::Tax | Category::Credit | Category::Adjustment => return false,
    };
    tax.on.contains(&kind)
}
