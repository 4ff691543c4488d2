//! One bill out of answers that each show it from another side: every dollar once.
//!
//! The amounts are those of (service, usage type). The other answers only say what a row is: its record type, operation, region
//! and seller. Where they cannot say it without doubt, it stays empty, and the remarks say how much that concerns.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{Answers, By, Mix, Pull, Scope};
use super::reply::{Amounts, Group, Period};
use super::request::Request;
use super::statement::Cell;
use crate::bill::Seller;
use crate::money::{Usd, cents};

/// What a row of an answer by service and usage type is, once its record type is known.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Row {
    period: Period,
    service: String,
    usage_type: String,
    record_type: String,
}

type Rows = BTreeMap<Row, Amounts>;

/// What the amounts of a period and a key are labelled with.
type Labels = BTreeMap<(Period, String), BTreeMap<String, Amounts>>;

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
    Ok(composed)
}

fn changed(what: &str) -> String {
    format!(
        "the answers contradict each other at {what}: the bill changed between two requests\n\
         help: ask for all of it again with `--refresh`"
    )
}

/// True where two sums of the same dollars agree: less than a cent apart, since Cost Explorer rounds each group.
fn agree(a: &Amounts, b: &Amounts) -> bool {
    a.minus(b).costs().all(|(_, difference)| difference.abs() < Usd::new(rust_decimal::Decimal::new(1, 2)))
}

fn answer<'a>(answers: &'a Answers, request: &Request) -> Result<&'a [Group], String> {
    answers.get(request).map(Vec::as_slice).ok_or_else(|| "a request of the plan was not answered".to_owned())
}

/// Sums by a key of the groups.
fn sums<K: Ord>(groups: &[Group], key: impl Fn(&Group) -> K) -> BTreeMap<K, Amounts> {
    let mut sums: BTreeMap<K, Amounts> = BTreeMap::new();
    for group in groups {
        add(&mut sums, key(group), &group.metrics);
    }
    sums
}

fn add<K: Ord>(sums: &mut BTreeMap<K, Amounts>, key: K, amounts: &Amounts) {
    sums.entry(key).and_modify(|sum| *sum = sum.plus(amounts)).or_insert_with(|| amounts.clone());
}

fn key(group: &Group, n: usize) -> String {
    group.keys.get(n).cloned().unwrap_or_default()
}

/// A scope's dollars, told apart by what is known of them.
#[derive(Clone, Default)]
struct Side {
    rows: Rows,
    operations: Labels,
}

impl Side {
    fn of(pull: &Pull, scope: Scope<'_>, answers: &Answers) -> Result<Side, String> {
        let groups = |by| answer(answers, &pull.request(scope, by));
        let (rows, types) = (groups(By::UsageType)?, groups(By::RecordType)?);
        let billed = sums(rows, |g| (g.period, key(g, 0)));
        let typed = sums(types, |g| (g.period, key(g, 1)));
        for at in billed.keys().chain(typed.keys()) {
            let none = Amounts::default();
            if !agree(billed.get(at).unwrap_or(&none), typed.get(at).unwrap_or(&none)) {
                return Err(changed(&format!("{} from {}, by usage type and by record type", at.1, at.0.start)));
            }
        }
        let operations = labels(groups(By::Operation)?, 0, 1);
        let rows = typed_rows(pull, scope, answers, rows, &Mix::of(types))?;
        Ok(Side { rows, operations })
    }

    /// Takes away what another side holds.
    fn leave(&mut self, other: &Side) -> Result<(), String> {
        for (row, amounts) in &other.rows {
            let own = self.rows.get_mut(row).ok_or_else(|| format!("{} {}", row.service, row.usage_type))?;
            *own = own.minus(amounts);
        }
        for (at, others) in &other.operations {
            for (operation, amounts) in others {
                let own = self.operations.get_mut(at).and_then(|all| all.get_mut(operation));
                let own = own.ok_or_else(|| format!("{} {operation}", at.1))?;
                *own = own.minus(amounts);
            }
        }
        self.rows.retain(|_, amounts| !amounts.is_zero());
        Ok(())
    }

    /// The rows with their operations: where a usage type has one only, or is of one row only.
    fn by_operation(&self, unknown: &mut Unknown) -> Result<Vec<(&Row, String, Amounts)>, String> {
        let mut alike: BTreeMap<(Period, String), Vec<(&Row, &Amounts)>> = BTreeMap::new();
        for (row, amounts) in &self.rows {
            alike.entry((row.period, row.usage_type.clone())).or_default().push((row, amounts));
        }
        let mut all = Vec::new();
        for (at, rows) in alike {
            let operations = self.operations.get(&at).into_iter().flatten().filter(|(_, amounts)| !amounts.is_zero());
            let operations: Vec<(&String, &Amounts)> = operations.collect();
            match (rows.as_slice(), operations.as_slice()) {
                (rows, [(operation, _)]) => all.extend(rows.iter().map(|(row, amounts)| (*row, (*operation).clone(), (*amounts).clone()))),
                ([(row, amounts)], [_, ..]) => {
                    let parts = parted(amounts, &operations).ok_or_else(|| changed(&format!("{} by operation", row.usage_type)))?;
                    all.extend(parts.into_iter().map(|(operation, amounts)| (*row, operation.clone(), amounts)));
                }
                (rows, _) => {
                    for (row, amounts) in rows {
                        unknown.operation.count(amounts);
                        all.push((*row, String::new(), (*amounts).clone()));
                    }
                }
            }
        }
        all.sort_by(|(a, x, _), (b, y, _)| (a, x).cmp(&(b, y)));
        Ok(all)
    }
}

/// The whole as its parts; what rounding leaves goes to the largest. `None` where they do not make up the whole.
fn parted<'a>(whole: &Amounts, parts: &[(&'a String, &Amounts)]) -> Option<Vec<(&'a String, Amounts)>> {
    let sum = parts.iter().map(|(_, part)| (*part).clone()).reduce(|a, b| a.plus(&b))?;
    if !agree(whole, &sum) {
        return None;
    }
    let mut parts: Vec<(&String, Amounts)> = parts.iter().map(|(name, part)| (*name, (*part).clone())).collect();
    let largest = parts.iter_mut().max_by_key(|(_, part)| part.costs().map(|(_, cost)| cost.abs()).max())?;
    largest.1 = largest.1.plus(&whole.minus(&sum));
    Some(parts)
}

/// The rows of a scope with their record types. Of a service with several, one type is what the others leave.
fn typed_rows(pull: &Pull, scope: Scope<'_>, answers: &Answers, groups: &[Group], mix: &Mix) -> Result<Rows, String> {
    let mut rest = sums(groups, |g| (g.period, key(g, 0), key(g, 1)));
    let mut rows = Rows::new();
    for split in mix.splits() {
        for group in answer(answers, &pull.split(scope, &split))?.iter().filter(|g| !g.metrics.is_zero()) {
            let at = (group.period, key(group, 0), key(group, 1));
            let left = rest.get_mut(&at).ok_or_else(|| changed(&format!("{} {} of type {}", at.1, at.2, split.record_type)))?;
            *left = left.minus(&group.metrics);
            let (period, service, usage_type) = at;
            add(&mut rows, Row { period, service, usage_type, record_type: split.record_type.clone() }, &group.metrics);
        }
    }
    let splits = mix.splits();
    for ((period, service, usage_type), amounts) in rest {
        if amounts.is_zero() {
            continue;
        }
        let asked = |t: &&str| splits.iter().any(|s| s.record_type == *t && s.services.contains(&service));
        let left_out = mix.types(&service).find(|t| !asked(t)).map(str::to_owned);
        match left_out {
            Some(record_type) => add(&mut rows, Row { period, service, usage_type, record_type }, &amounts),
            None => give(&mut rows, period, &service, &usage_type, &amounts)?,
        }
    }
    rows.retain(|_, amounts| !amounts.is_zero());
    Ok(rows)
}

/// What rounding leaves of a row that is told apart completely goes to the largest part.
fn give(rows: &mut Rows, period: Period, service: &str, usage_type: &str, rest: &Amounts) -> Result<(), String> {
    let parts = rows.iter_mut().filter(|(r, _)| r.period == period && r.service == service && r.usage_type == usage_type);
    match parts.max_by_key(|(_, part)| part.unblended.abs()) {
        Some((_, part)) if agree(rest, &Amounts::default()) => *part = part.plus(rest),
        _ => return Err(changed(&format!("{service} {usage_type} by record type"))),
    }
    Ok(())
}

/// What the amounts of each key of the groups are labelled with.
fn labels(groups: &[Group], of: usize, label: usize) -> Labels {
    let mut all = Labels::new();
    for group in groups.iter().filter(|g| !g.metrics.is_zero()) {
        add(all.entry((group.period, key(group, of))).or_default(), key(group, label), &group.metrics);
    }
    all
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
struct Count {
    rows: u64,
    billed: Usd,
}

impl Count {
    fn count(&mut self, amounts: &Amounts) {
        self.rows += 1;
        self.billed += amounts.unblended.abs();
    }
}

#[derive(Default)]
struct Unknown {
    operation: Count,
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
