//! From sums to bills: one statement for each payer and period, with the charges of a bill.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use super::exact::Exact;
use super::rollup::{Amounts, Rollup, Summed};
use super::{Imported, Source, Statement};
use crate::bill::{Bill, Charge, CommitmentRef, Frequency, LineItem, Net, Seller};
use crate::diagnostic::{Diagnostic, Problems};
use crate::money::{CHARGE_PLACES, Usd, cents, largest};
use crate::month::Month;
use crate::quantity::Unit;
use crate::scenario::actuals::ENVIRONMENT;
use crate::usage::Tags;
use crate::variance::scope::find;

/// Where rows come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin {
    /// The name to show.
    pub name: String,
    /// The format, as a user would say it.
    pub format: String,
    /// What kind of file it is in, where a format comes in several: "CSV" or "Parquet".
    pub kind: &'static str,
    /// The id of its version, where a manifest tells it.
    pub version: Option<String>,
    /// True where the file knows net costs.
    pub net: bool,
    /// True where it tells whether a period is closed.
    pub tells_final: bool,
    /// True where it tells what amortizing moves.
    pub true_up: bool,
    /// The tags that were asked for; `None` where it carries all that its rows have.
    pub tags: Option<Vec<String>>,
}

/// The statements of all rows; `origins` by the number that the rows gave. Other currencies than US dollars are refused.
pub fn statements(rollup: &Rollup, origins: &[Origin]) -> Result<Imported, Problems> {
    let sums = rollup.sorted();
    let mut problems = Problems::default();
    currencies(&sums, &mut problems);
    let mut imported = Imported::default();
    for group in sums.chunk_by(|a, b| period(a) == period(b)) {
        let (month, payer) = period(&group[0]);
        let files: Vec<&Origin> = rollup.files(month, payer).iter().filter_map(|f| origins.get(*f)).collect();
        one_format(month, payer, &files, &mut problems);
        match statement(rollup, group, &files, &mut imported.remarks) {
            Some(statement) => imported.statements.push(statement),
            None => problems.push(too_large(month)),
        }
    }
    imported.remarks.extend(unknown_types(&imported.statements));
    imported.remarks.extend(imported.statements.iter().filter_map(elsewhere));
    if problems.none_is_error() { Ok(imported) } else { Err(problems) }
}

fn period<'a>(summed: &Summed<'a>) -> (Month, &'a str) {
    let entry = summed.entry();
    (entry.month, entry.payer.text)
}

fn too_large(month: Month) -> Diagnostic {
    Diagnostic::general(format!("an amount of {month} has more digits than an exact sum can keep (28)"))
        .help("look for a cost or quantity that is far too large, or has far too many decimal places")
}

/// The line item type of a name; one that is not known keeps it.
pub(super) fn item(name: &str) -> LineItem {
    name.parse().unwrap_or_else(|never| match never {})
}

/// A remark for each line item type that nobody knows.
pub(super) fn unknown_types(statements: &[Statement]) -> Vec<String> {
    let mut unknown = BTreeSet::new();
    for charge in statements.iter().flat_map(|s| &s.bill.charges) {
        match &charge.line_item {
            // A word of FOCUS for what it does not tell more closely.
            LineItem::Other(name) if **name != *"Adjustment" => _ = unknown.insert(name.clone()),
            _ => {}
        }
    }
    let remark = |name| format!("the line item type `{name}` is not known: its rows are counted as they are, amortized = unblended");
    unknown.into_iter().map(remark).collect()
}

/// A remark on what other providers bill, who are no part of what is predicted.
fn elsewhere(statement: &Statement) -> Option<String> {
    let others = statement.bill.charges.iter().filter(|c| c.seller == Seller::Outside);
    let amount = others.map(|c| c.billed).reduce(|a, b| a + b)?;
    let month = statement.bill.month;
    Some(format!("{month}: {} of other providers than AWS; no prediction is held against it", cents(amount)))
}

/// Refuses rows in other currencies, with what they come to. A row that costs nothing may have none.
fn currencies(sums: &[Summed<'_>], problems: &mut Problems) {
    let mut others: BTreeMap<&str, (u64, Decimal)> = BTreeMap::new();
    for summed in sums {
        let (currency, amounts) = (summed.entry().currency.text, summed.amounts());
        if currency == "USD" || currency.is_empty() && amounts.billed.is_zero() && amounts.effective.is_zero() {
            continue;
        }
        let (rows, total) = others.entry(currency).or_default();
        *rows += summed.rows();
        *total = total.saturating_add(amounts.billed.decimal().unwrap_or_default());
    }
    for (currency, (rows, total)) in others {
        let name = if currency.is_empty() { "no currency" } else { currency };
        problems.push(
            Diagnostic::general(format!("{total} in {rows} rows is in {name}, and not in USD"))
                .help("only bills in US dollars can be compared with price lists: set the payer's report to USD, or take those rows out"),
        );
    }
}

/// Two formats tell the same costs twice.
fn one_format(month: Month, payer: &str, files: &[&Origin], problems: &mut Problems) {
    let Some(first) = files.first() else { return };
    if let Some(other) = files.iter().find(|f| (&f.format, f.kind, &f.version) != (&first.format, first.kind, &first.version)) {
        let kind = |o: &Origin| if first.kind == other.kind { String::new() } else { format!(" as {}", o.kind) };
        let version = |o: &Origin| o.version.as_ref().map_or_else(|| kind(o), |v| format!("{}, version {v}", kind(o)));
        problems.push(
            Diagnostic::general(format!(
                "{month} of account {payer} stands in `{}` ({}{}) and in `{}` ({}{}): its costs would count twice",
                first.name,
                first.format,
                version(first),
                other.name,
                other.format,
                version(other)
            ))
            .help("give one of them"),
        );
    }
}

/// One statement; `None` where an amount has more digits than a decimal holds.
fn statement(rollup: &Rollup, group: &[Summed<'_>], files: &[&Origin], remarks: &mut Vec<String>) -> Option<Statement> {
    let month = group[0].entry().month;
    let net = files.iter().any(|f| f.net);
    let mut texts = Texts { rollup, environments: BTreeMap::new(), none: "".into() };
    let mut charges = group.iter().map(|s| charge(&mut texts, s, net)).collect::<Option<Vec<Charge>>>()?;
    let rounded = give_back(&mut charges, group)?;
    if rounded > 0 {
        remarks.push(format!(
            "{month}: {rounded} charges have more than {CHARGE_PLACES} decimal places; each is rounded there, and the totals are kept"
        ));
    }
    let true_up = sum(group, |a| a.true_up)?;
    let tells_final = files.iter().all(|f| f.tells_final);
    let source = Source {
        tags: asked(files),
        format: files.first().map_or(String::new(), |f| f.format.clone()),
        from: files.iter().map(|f| f.name.clone()).collect(),
        version: files.first().and_then(|f| f.version.clone()).unwrap_or_else(|| fingerprint(&charges)),
    };
    Some(Statement {
        bill: Bill { month, hours: Decimal::from(month.hours()), payer: rollup.shared(&group[0].entry().payer), charges },
        source,
        is_final: tells_final && group.iter().all(|s| s.entry().invoiced),
        true_up: files.iter().all(|f| f.true_up).then(|| Usd::new(true_up)),
        rows: group.iter().map(Summed::rows).sum(),
    })
}

/// The tags that were asked for; `None` where one of the files carries all it has.
fn asked(files: &[&Origin]) -> Option<Vec<String>> {
    let mut all: Vec<String> = files.iter().map(|f| f.tags.as_deref()).collect::<Option<Vec<_>>>()?.concat();
    all.sort();
    all.dedup();
    Some(all)
}

fn sum(group: &[Summed<'_>], part: impl Fn(Amounts) -> Exact) -> Option<Decimal> {
    group.iter().try_fold(Exact::ZERO, |sum, s| sum.plus(part(s.amounts())))?.decimal()
}

/// Texts that charges share.
struct Texts<'r> {
    rollup: &'r Rollup,
    environments: BTreeMap<&'r str, Arc<str>>,
    none: Arc<str>,
}

impl<'r> Texts<'r> {
    fn environment(&mut self, tags: &'r Tags) -> Arc<str> {
        let name = find(tags, ENVIRONMENT).unwrap_or_default();
        self.environments.entry(name).or_insert_with(|| name.into()).clone()
    }
}

fn charge<'r>(texts: &mut Texts<'r>, summed: &Summed<'r>, net: bool) -> Option<Charge> {
    let (e, amounts) = (summed.entry(), summed.amounts());
    let traits = e.traits;
    let shared = |text: &str| texts.rollup.shared(text);
    let line_item = item(&e.line_item);
    let usd = |amount: Exact| amount.decimal().map(Usd::new);
    Some(Charge {
        month: e.month,
        day: e.day,
        category: line_item.category(),
        line_item,
        payer: shared(&e.payer),
        account: shared(&e.account),
        environment: texts.environment(summed.tags()),
        resource: texts.none.clone(),
        tags: summed.tags().clone(),
        service: e.service.text.to_owned().into(),
        region: shared(if e.region.is_empty() { "global" } else { e.region.text }),
        usage_type: shared(&e.usage_type),
        operation: e.operation.text.to_owned().into(),
        description: e.description.text.to_owned().into(),
        quantity: amounts.quantity.decimal()?,
        unit: (!e.unit.is_empty()).then(|| Unit::of_price_list(&e.unit)),
        frequency: traits.frequency,
        pricing: traits.pricing,
        commitment: (!e.commitment.is_empty()).then(|| CommitmentRef {
            id: e.commitment.text.to_owned(),
            kind: if traits.savings_plan { "SavingsPlan" } else { "Reserved" },
            category: if traits.savings_plan { "Spend" } else { "Usage" },
            status: traits.status,
        }),
        seller: traits.seller,
        list: usd(amounts.list)?,
        billed: usd(amounts.billed)?,
        effective: usd(amounts.effective)?,
        net: if net { Some(Net { billed: usd(amounts.net.0)?, effective: usd(amounts.net.1)? }) } else { None },
        tiers: Vec::new(),
        factors: Vec::new(),
        price: None,
    })
}

/// Where sums had more places than a charge keeps, the difference goes to the largest charge, so that the totals stay what the
/// file says. How many charges were rounded; `None` where a total has too many digits.
fn give_back(charges: &mut [Charge], group: &[Summed<'_>]) -> Option<usize> {
    let more_places = |a: Exact| a.decimal().is_none_or(|d| d.scale() > CHARGE_PLACES);
    let rounded =
        group.iter().map(Summed::amounts).filter(|a| [a.billed, a.effective, a.list, a.net.0, a.net.1].into_iter().any(more_places));
    let rounded = rounded.count();
    if rounded == 0 {
        return Some(0);
    }
    let whole = |part: fn(Amounts) -> Exact| sum(group, part).map(Usd::new);
    settle(charges, whole(|a| a.billed)?, |c| Some(&mut c.billed));
    settle(charges, whole(|a| a.effective)?, |c| Some(&mut c.effective));
    settle(charges, whole(|a| a.list)?, |c| Some(&mut c.list));
    settle(charges, whole(|a| a.net.0)?, |c| c.net.as_mut().map(|n| &mut n.billed));
    settle(charges, whole(|a| a.net.1)?, |c| c.net.as_mut().map(|n| &mut n.effective));
    Some(rounded)
}

/// Makes one amount of all charges add up to `whole`.
fn settle(charges: &mut [Charge], whole: Usd, mut part: impl FnMut(&mut Charge) -> Option<&mut Usd>) {
    let parts: Vec<Usd> = charges.iter_mut().filter_map(|c| part(c).copied()).collect();
    if parts.is_empty() {
        return;
    }
    let rest = whole - parts.iter().copied().sum();
    let sizes: Vec<Decimal> = parts.iter().map(|p| p.abs().decimal()).collect();
    if let Some(amount) = largest(&sizes).and_then(|at| charges.get_mut(at)).and_then(part) {
        *amount += rest;
    }
}

/// What tells one version of a period from another, where the source has no name for it: a hash of every charge.
fn fingerprint(charges: &[Charge]) -> String {
    let mut hash = Sha256::new();
    for c in charges {
        let place =
            format!("{:?}|{}|{}|{}|{}|{}|{}|{:?}", c.day, c.account, c.line_item, c.service, c.region, c.usage_type, c.operation, c.tags);
        let amounts = format!("|{}|{:?}|{:?}|{:?}|{:?}|{:?}\n", c.quantity.normalize(), c.billed, c.effective, c.net, c.list, c.commitment);
        hash.update(place.as_bytes());
        hash.update(amounts.as_bytes());
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// What commitments cost once, in this bill: unblended = amortized + true-up + this.
pub fn upfront_fees(bill: &Bill) -> Usd {
    let once = |c: &&Charge| c.frequency == Frequency::OneTime && c.effective.is_zero();
    bill.charges.iter().filter(once).map(|c| c.billed).sum()
}
