//! The dollars of a scope, told apart by what several answers say of them; and whether these belong together.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::compose::Unknown;
use super::plan::{Answers, By, Mix, Pull, Scope};
use super::reply::{Amounts, Group, Period};
use super::request::Request;
use crate::money::Usd;

/// What a row of an answer by service and usage type is, once its record type is known.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Row {
    /// When.
    pub period: Period,
    /// The service.
    pub service: String,
    /// The usage type.
    pub usage_type: String,
    /// What kind of row it is.
    pub record_type: String,
}

type Rows = BTreeMap<Row, Amounts>;

/// What the amounts of a period and a key are labelled with.
pub type Labels = BTreeMap<(Period, String), BTreeMap<String, Amounts>>;

/// Answers that contradict each other.
pub fn changed(what: &str) -> String {
    format!(
        "the answers contradict each other at {what}: the bill changed between two requests\n\
         help: ask for all of it again with `--refresh`"
    )
}

/// True where two sums of the same dollars agree: less than a cent apart, since Cost Explorer rounds each group.
pub fn agree(a: &Amounts, b: &Amounts) -> bool {
    a.minus(b).costs().all(|(_, difference)| difference.abs() < Usd::new(Decimal::new(1, 2)))
}

/// The answer to a request of the plan.
pub fn answer<'a>(answers: &'a Answers, request: &Request) -> Result<&'a [Group], String> {
    answers.get(request).map(Vec::as_slice).ok_or_else(|| "a request of the plan was not answered".to_owned())
}

/// Sums by a key of the groups.
pub fn sums<K: Ord>(groups: &[Group], key: impl Fn(&Group) -> K) -> BTreeMap<K, Amounts> {
    let mut sums: BTreeMap<K, Amounts> = BTreeMap::new();
    for group in groups {
        add(&mut sums, key(group), &group.metrics);
    }
    sums
}

fn add<K: Ord>(sums: &mut BTreeMap<K, Amounts>, key: K, amounts: &Amounts) {
    sums.entry(key).and_modify(|sum| *sum = sum.plus(amounts)).or_insert_with(|| amounts.clone());
}

/// One key of a group.
pub fn key(group: &Group, n: usize) -> String {
    group.keys.get(n).cloned().unwrap_or_default()
}

/// A scope's dollars, told apart by what is known of them.
#[derive(Clone, Default)]
pub struct Side {
    rows: Rows,
    operations: Labels,
}

impl Side {
    /// Out of the answers about a scope.
    pub fn of(pull: &Pull, scope: Scope<'_>, answers: &Answers) -> Result<Side, String> {
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
        fits_types(&rows, types)?;
        Ok(Side { rows, operations })
    }

    /// Takes away what another side holds.
    pub fn leave(&mut self, other: &Side) -> Result<(), String> {
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
        Ok(())
    }

    /// Looks at what the others left of the whole: it is a part of it, or the answers are of different ages. What rounding left
    /// goes to the largest of the others.
    pub fn settle(&mut self, whole: &Side, others: &mut [(&str, Side)]) -> Result<(), String> {
        for (row, left) in std::mem::take(&mut self.rows) {
            if whole.rows.get(&row).is_some_and(|whole| is_overdrawn(whole, &left)) {
                let what = format!("{} {}, of which more is billed to environments than to the account", row.service, row.usage_type);
                return Err(changed(&what));
            }
            let part = others.iter_mut().filter_map(|(_, side)| side.rows.get_mut(&row)).max_by_key(|part| size(part));
            match part {
                Some(part) if left.is_dust() => part.absorb(&left),
                _ if left.is_zero() => {}
                _ => _ = self.rows.insert(row, left),
            }
        }
        for operations in self.operations.values_mut().filter(|all| all.values().any(|amounts| !amounts.is_dust())) {
            operations.retain(|_, amounts| !amounts.is_dust());
        }
        Ok(())
    }

    /// The rows with their operations: where a usage type has one only, or is of one row only.
    pub fn by_operation(&self, unknown: &mut Unknown) -> Result<Vec<(&Row, String, Amounts)>, String> {
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
    let largest = parts.iter_mut().max_by_key(|(_, part)| size(part))?;
    largest.1.absorb(&whole.minus(&sum));
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
        let is_rounding = amounts.is_dust() && give(&mut rows, period, &service, &usage_type, &amounts).is_ok();
        if amounts.is_zero() || is_rounding {
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
    let first = Row { period, service: service.to_owned(), usage_type: usage_type.to_owned(), record_type: String::new() };
    let is_part = |row: &Row| row.period == period && row.service == service && row.usage_type == usage_type;
    let parts = rows.range_mut(first..).take_while(|(row, _)| is_part(row));
    match parts.map(|(_, part)| part).max_by_key(|part| size(part)) {
        Some(part) if agree(rest, &Amounts::default()) => part.absorb(rest),
        _ => return Err(changed(&format!("{service} {usage_type} by record type"))),
    }
    Ok(())
}

/// Every record type of a service comes to what the answer by record type says, the one that was left out too: answers of
/// different ages do not.
fn fits_types(rows: &Rows, types: &[Group]) -> Result<(), String> {
    let said = sums(types, |g| (g.period, key(g, 0), key(g, 1)));
    let mut found = BTreeMap::new();
    for (row, amounts) in rows {
        add(&mut found, (row.period, row.record_type.clone(), row.service.clone()), amounts);
    }
    let none = Amounts::default();
    match said.keys().chain(found.keys()).find(|at| !agree(said.get(*at).unwrap_or(&none), found.get(*at).unwrap_or(&none))) {
        Some((period, record_type, service)) => Err(changed(&format!("{service} of type {record_type} from {}", period.start))),
        None => Ok(()),
    }
}

/// True where what is left of an amount lies on the other side of zero by a cent: more was taken away than there was.
fn is_overdrawn(whole: &Amounts, left: &Amounts) -> bool {
    whole.costs().zip(left.costs()).any(|((_, whole), (_, left))| {
        let other_side = whole.is_zero() || (whole < Usd::ZERO) != (left < Usd::ZERO);
        other_side && left.abs() >= Usd::new(Decimal::new(1, 2))
    })
}

/// By what the largest part is chosen.
fn size(amounts: &Amounts) -> Option<Usd> {
    amounts.costs().map(|(_, cost)| cost.abs()).max()
}

/// What the amounts of each key of the groups are labelled with.
pub fn labels(groups: &[Group], of: usize, label: usize) -> Labels {
    let mut all = Labels::new();
    for group in groups.iter().filter(|g| !g.metrics.is_zero()) {
        add(all.entry((group.period, key(group, of))).or_default(), key(group, label), &group.metrics);
    }
    all
}
