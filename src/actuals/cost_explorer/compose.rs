//! One bill out of answers that each show it from another side: every dollar once.
//!
//! The amounts are those of (service, usage type). The other answers only say what a row is: its record type, operation, region
//! and seller. Where they cannot say it without doubt, it stays empty, and the remarks say how much that concerns.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{Answers, By, Pull, Scope};
use super::reply::{Amounts, Group, Period};
use super::side::{Labels, Row, Side, agree, answer, changed, key, labels, sums};
use super::statement::Cell;
use crate::bill::Seller;
use crate::money::{Usd, cents};

/// The rows of a bill, and what is to be said of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Composed {
    /// In order.
    pub cells: Vec<Cell>,
    /// What could not be told.
    pub remarks: Vec<String>,
}

/// Composes the bill when every request of the plan is answered.
///
/// # Errors
/// Where answers contradict each other: the bill changed between two requests.
pub fn compose(pull: &Pull, answers: &Answers) -> Result<Composed, String> {
    let environments = pull.environments(answers).unwrap_or_default();
    let account = Side::of(pull, Scope::Account, answers)?;
    let mut rest = account.clone();
    let mut sides = Vec::new();
    for environment in &environments {
        let side = Side::of(pull, Scope::Environment(environment), answers)?;
        rest.leave(&side).map_err(|what| changed(&format!("{what}, which is billed to {environment} and not to the account")))?;
        sides.push((environment.as_str(), side));
    }
    rest.settle(&account, &mut sides)?;
    sides.push(("", rest));
    let facts = Facts::of(pull, answers)?;
    let mut composed = Composed::default();
    let mut unknown = Unknown::default();
    for (environment, side) in &sides {
        for (row, operation, amounts) in side.by_operation(&mut unknown)? {
            composed.cells.push(facts.cell(row, operation, environment, amounts, &mut unknown));
        }
    }
    composed.remarks = unknown.remarks();
    composed.remarks.extend(unbilled(pull, answers));
    Ok(composed)
}

/// Tags and environments under which nothing is billed: one that is not switched on as a cost allocation tag looks just so.
fn unbilled(pull: &Pull, answers: &Answers) -> Vec<String> {
    let Some(tag) = &pull.tag else { return Vec::new() };
    let help = "is it an active cost allocation tag, and spelled so (Billing and Cost Management, Cost allocation tags)?";
    let environments = pull.environments(answers).unwrap_or_default();
    if environments.is_empty() {
        return vec![format!("no row carries the tag {tag}: {help}")];
    }
    let is_billed = |environment: &String| {
        let rows = answers.get(&pull.request(Scope::Environment(environment), By::UsageType));
        rows.is_some_and(|rows| rows.iter().any(|g| !g.metrics.is_zero()))
    };
    environments.iter().filter(|e| !is_billed(e)).map(|e| format!("nothing is billed under {tag} = {e}: {help}")).collect()
}

/// What holds for a usage type or a service in the whole account.
struct Facts<'a> {
    tag: Option<&'a str>,
    regions: Labels,
    /// What AWS Marketplace sells: true where it sells all of it.
    marketplace: BTreeMap<(Period, String, String), bool>,
    estimated: BTreeSet<Period>,
}

impl<'a> Facts<'a> {
    fn of(pull: &'a Pull, answers: &Answers) -> Result<Facts<'a>, String> {
        let groups = |by| answer(answers, &pull.request(Scope::Account, by));
        let billed = sums(groups(By::UsageType)?, |g| g.period);
        for by in [By::Operation, By::Region] {
            for (period, sum) in sums(groups(by)?, |g| g.period) {
                if !billed.get(&period).is_some_and(|billed| agree(billed, &sum)) {
                    return Err(changed(&format!("the total from {}", period.start)));
                }
            }
        }
        let estimated = answers.values().flatten().filter(|g| g.estimated).map(|g| g.period).collect();
        let at = |g: &Group| (g.period, key(g, 0), key(g, 1));
        let rows = sums(groups(By::UsageType)?, at);
        let mut marketplace = BTreeMap::new();
        for (at, sold) in sums(groups(By::Marketplace)?, at).into_iter().filter(|(_, sold)| !sold.is_zero()) {
            let all = rows.get(&at).is_some_and(|row| agree(row, &sold));
            marketplace.insert(at, all);
        }
        let regions = labels(groups(By::Region)?, 0, 1);
        Ok(Facts { tag: pull.tag.as_deref(), regions, marketplace, estimated })
    }

    fn cell(&self, row: &Row, operation: String, environment: &str, amounts: Amounts, unknown: &mut Unknown) -> Cell {
        let region = only(&self.regions, row.period, &row.usage_type).unwrap_or_else(|| {
            unknown.region.count(&amounts);
            ""
        });
        let sold = self.marketplace.get(&(row.period, row.service.clone(), row.usage_type.clone()));
        if sold == Some(&false) {
            unknown.seller.count(&amounts);
        }
        let seller = if sold == Some(&true) { Seller::Marketplace } else { Seller::Aws };
        Cell {
            period: row.period,
            service: row.service.clone(),
            usage_type: row.usage_type.clone(),
            operation,
            record_type: row.record_type.clone(),
            region: region.to_owned(),
            account: None,
            tags: self.tag.filter(|_| !environment.is_empty()).map(|tag| (tag.to_owned(), environment.to_owned())).into_iter().collect(),
            environment: environment.to_owned(),
            seller,
            amounts,
            estimated: self.estimated.contains(&row.period),
        }
    }
}

/// The label of a key, where it has one only.
fn only<'l>(labels: &'l Labels, period: Period, key: &str) -> Option<&'l str> {
    let mut found = labels.get(&(period, key.to_owned()))?.iter().filter(|(_, amounts)| !amounts.is_zero());
    found.next().filter(|_| found.next().is_none()).map(|(label, _)| label.as_str())
}

/// How much is billed of which something is not known.
#[derive(Default)]
pub struct Count {
    rows: u64,
    billed: Usd,
}

impl Count {
    /// Counts a row.
    pub fn count(&mut self, amounts: &Amounts) {
        self.rows += 1;
        self.billed += amounts.unblended.abs();
    }
}

/// What is not known of which rows.
#[derive(Default)]
pub struct Unknown {
    /// The operation.
    pub operation: Count,
    region: Count,
    seller: Count,
}

impl Unknown {
    fn remarks(&self) -> Vec<String> {
        let all = [
            (&self.operation, "operation", "their usage type has several, shared by several services or record types"),
            (&self.region, "region", "their usage type is billed in several"),
            (&self.seller, "seller", "AWS Marketplace sells a part of them; they are taken to be AWS's own"),
        ];
        let known = |(count, what, why): (&Count, &str, &str)| {
            let rows = if count.rows == 1 { "row" } else { "rows" };
            (count.rows > 0)
                .then(|| format!("Cost Explorer does not tell the {what} of {} {rows} ({} USD): {why}", count.rows, cents(count.billed)))
        };
        all.into_iter().filter_map(known).collect()
    }
}
