//! Which price of a list is meant by a price of the book.
//!
//! By SKU where the book knows one, else by the operation, else (the book's rows without operation hold for any) by being the only
//! price there is. What could be several is told, never chosen.

use std::collections::{BTreeMap, BTreeSet};

use crate::pricing::offer::Offered;

/// What is meant by an operation of the book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Candidate<'a> {
    /// This one, or several at one price.
    One(&'a Offered),
    /// One of these, at different prices.
    Several(Vec<&'a Offered>),
}

/// Assigns prices of a list to operations. `held` are those of the book with their SKUs; `named` those that are wanted besides, `None`
/// for all.
pub(super) fn choose<'a>(
    offered: &[&'a Offered],
    held: &BTreeMap<String, BTreeSet<String>>,
    named: Option<&BTreeSet<String>>,
) -> Vec<(String, Candidate<'a>)> {
    let mut chosen: Vec<(String, Candidate<'a>)> = Vec::new();
    for (operation, skus) in held {
        let all = |keep: &dyn Fn(&Offered) -> bool| offered.iter().copied().filter(|p| keep(p)).collect::<Vec<_>>();
        let by_sku = all(&|p| skus.contains(&p.sku));
        let by_name = all(&|p| p.operation == *operation);
        let meant = match (by_sku.is_empty(), by_name.is_empty()) {
            (false, _) => by_sku,
            (true, false) => by_name,
            // One side names no operation.
            (true, true) if operation.is_empty() => all(&|_| true),
            (true, true) if held.len() == 1 => all(&|p| p.operation.is_empty()),
            (true, true) => Vec::new(),
        };
        chosen.extend(one_price(meant).map(|candidate| (operation.clone(), candidate)));
    }
    let taken: BTreeSet<&str> = chosen.iter().flat_map(|(_, c)| skus(c)).collect();
    let left: Vec<&'a Offered> = offered.iter().copied().filter(|p| !taken.contains(p.sku.as_str())).collect();
    let mut by_operation: BTreeMap<&str, Vec<&'a Offered>> = BTreeMap::new();
    for price in left.iter().filter(|p| !held.contains_key(&p.operation)) {
        by_operation.entry(&price.operation).or_default().push(price);
    }
    let is_named = |operation: &str| named.is_none_or(|n| n.contains(operation));
    let before = chosen.len();
    for (operation, prices) in by_operation {
        // Where the book's price holds for any operation, one more beside it would take its place unasked.
        if is_named(operation) && (named.is_none() || !held.contains_key("")) {
            chosen.extend(one_price(prices).map(|candidate| (operation.to_owned(), candidate)));
        }
    }
    // Nothing of the book, and none of the names that are wanted: the only price there is holds for any operation.
    if chosen.len() == before && held.is_empty() {
        chosen.extend(one_price(left).map(|candidate| (String::new(), candidate)));
    }
    chosen
}

fn skus<'a>(candidate: &Candidate<'a>) -> Vec<&'a str> {
    match candidate {
        Candidate::One(price) => vec![&price.sku],
        Candidate::Several(prices) => prices.iter().map(|p| p.sku.as_str()).collect(),
    }
}

fn one_price<'a>(prices: Vec<&'a Offered>) -> Option<Candidate<'a>> {
    let first = *prices.first()?;
    let same = |p: &&Offered| p.tiers == first.tiers && p.fee == first.fee && p.unit == first.unit;
    Some(if prices.iter().all(same) { Candidate::One(first) } else { Candidate::Several(prices) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::Term;
    use crate::pricing::offer::Tier;
    use rust_decimal::Decimal;

    fn offered(sku: &str, operation: &str, price: i64) -> Offered {
        let tiers = vec![Tier { begin: Decimal::ZERO, end: None, price: Decimal::from(price) }];
        let text = |t: &str| t.to_owned();
        let (service, region, usage_type) = (text("S"), text("r"), text("U"));
        let (sku, operation, unit) = (text(sku), text(operation), text("Hrs"));
        let term = Term::OnDemand;
        Offered { service, region, usage_type, operation, term, sku, description: String::new(), unit, tiers, fee: None, effective: None }
    }

    /// Operation and SKU of what was chosen; a question mark where several fit.
    fn check(prices: &[Offered], held: &[(&str, &str)], named: &[&str], expected: &[(&str, &str)]) {
        let all: Vec<&Offered> = prices.iter().collect();
        let mut operations: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (operation, sku) in held {
            operations.entry((*operation).to_owned()).or_default().insert((*sku).to_owned());
        }
        let named: BTreeSet<String> = named.iter().map(|n| (*n).to_owned()).collect();
        let found = choose(&all, &operations, Some(&named));
        let found: Vec<(&str, &str)> =
            found.iter().map(|(o, c)| (o.as_str(), if let Candidate::One(p) = c { p.sku.as_str() } else { "?" })).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_sku_decides_before_an_operation() {
        check(&[offered("A", "0002", 1), offered("B", "Valkey", 2)], &[("0002", "B")], &[], &[("0002", "B")]);
    }

    #[test]
    fn a_row_for_any_operation_takes_the_only_price_there_is() {
        check(&[offered("A", "0014", 1)], &[("", "")], &[""], &[("", "A")]);
        check(&[offered("A", "0014", 1), offered("B", "0016", 1)], &[("", "")], &[""], &[("", "A")]);
    }

    #[test]
    fn of_several_prices_none_is_chosen() {
        check(&[offered("A", "0014", 1), offered("B", "0016", 2)], &[("", "")], &[""], &[("", "?")]);
    }

    #[test]
    fn what_the_book_lacks_is_taken_at_the_operations_that_are_named() {
        check(&[offered("A", "0014", 1), offered("B", "0016", 2)], &[], &["0016"], &[("0016", "B")]);
        check(&[offered("A", "", 1)], &[], &["FargateTask"], &[("", "A")]);
        check(&[offered("A", "0014", 1), offered("B", "0016", 2)], &[], &["0021"], &[("", "?")]);
    }
}
