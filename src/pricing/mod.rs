//! The price book: what AWS asks for a unit of usage, where, since when, and who says so.
//!
//! A lookup finds exactly one row, or says which rows it could have been.

pub mod check;
pub mod diff;
mod embedded;
pub mod history;
pub mod offer;
pub mod read;
pub mod table;
mod view;
pub mod write;

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use crate::diagnostic::{Problems, nearest};
use crate::money::UnitPrice;
use crate::quantity::Unit;
use crate::source::Sources;

/// How a reservation or savings plan is paid.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Payment {
    /// Every hour of the term.
    NoUpfront,
    /// About half at the start.
    PartialUpfront,
    /// Everything at the start.
    AllUpfront,
}

/// On which terms a price holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Term {
    /// Pay as you go.
    OnDemand,
    /// Spare capacity; the price floats.
    Spot,
    /// A reservation of instances or nodes.
    Reserved {
        /// 1 or 3.
        years: u8,
        /// How it is paid.
        payment: Payment,
    },
    /// A commitment to dollars per hour.
    SavingsPlan {
        /// 1 or 3.
        years: u8,
        /// How it is paid.
        payment: Payment,
    },
}

impl Term {
    /// True where something is paid when it begins.
    pub fn paid_upfront(self) -> bool {
        match self {
            Term::Reserved { payment, .. } | Term::SavingsPlan { payment, .. } => payment != Payment::NoUpfront,
            Term::OnDemand | Term::Spot => false,
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let payment = |p: Payment| match p {
            Payment::NoUpfront => "no",
            Payment::PartialUpfront => "partial",
            Payment::AllUpfront => "all",
        };
        match *self {
            Term::OnDemand => f.write_str("on-demand"),
            Term::Spot => f.write_str("spot"),
            Term::Reserved { years, payment: p } => write!(f, "reserved-{years}yr-{}-upfront", payment(p)),
            Term::SavingsPlan { years, payment: p } => write!(f, "savings-plan-{years}yr-{}-upfront", payment(p)),
        }
    }
}

impl FromStr for Term {
    type Err = String;
    fn from_str(text: &str) -> Result<Term, String> {
        let commitment = |rest: &str| {
            let (years, payment) = rest.split_once("yr-")?;
            let years = match years {
                "1" => 1,
                "3" => 3,
                _ => return None,
            };
            let payment = match payment {
                "no-upfront" => Payment::NoUpfront,
                "partial-upfront" => Payment::PartialUpfront,
                "all-upfront" => Payment::AllUpfront,
                _ => return None,
            };
            Some((years, payment))
        };
        let wrong = || "expected on-demand, spot, reserved-1yr-no-upfront, savings-plan-3yr-all-upfront …".to_owned();
        if let Some(rest) = text.strip_prefix("reserved-") {
            return commitment(rest).map(|(years, payment)| Term::Reserved { years, payment }).ok_or_else(wrong);
        }
        if let Some(rest) = text.strip_prefix("savings-plan-") {
            return commitment(rest).map(|(years, payment)| Term::SavingsPlan { years, payment }).ok_or_else(wrong);
        }
        match text {
            "on-demand" => Ok(Term::OnDemand),
            "spot" => Ok(Term::Spot),
            _ => Err(wrong()),
        }
    }
}

impl Serialize for Term {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How sure the source of a price is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Derived, or seen once in a weak place.
    Low,
    /// Seen in one good place.
    Medium,
    /// The price list itself, or several that agree.
    High,
}

impl FromStr for Confidence {
    type Err = ();
    fn from_str(text: &str) -> Result<Confidence, ()> {
        match text {
            "low" => Ok(Confidence::Low),
            "medium" => Ok(Confidence::Medium),
            "high" => Ok(Confidence::High),
            _ => Err(()),
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        })
    }
}

/// One row of the book: one tier of one price on one term.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PriceRow {
    /// The price list's service code.
    pub service: String,
    /// The region code, or `global`.
    pub region: String,
    /// AWS's usage type, prefix included. In parentheses where AWS's name for it was not seen.
    pub usage_type: String,
    /// AWS's operation; empty for any.
    pub operation: String,
    /// The SKU, where it was seen.
    pub sku: String,
    /// What is priced, in words.
    pub description: String,
    /// The price list's spelling of the unit.
    pub unit_text: String,
    /// The same as what AWS bills by.
    pub unit: Unit,
    /// First unit of the tier, of the paid quantity of the pool.
    pub tier_begin: Decimal,
    /// End of the tier, exclusive; `None` for no end.
    pub tier_end: Option<Decimal>,
    /// US dollars per unit.
    pub price: UnitPrice,
    /// The term.
    pub term: Term,
    /// Fee at the start of the term; `None` where it is not known, which is never zero.
    pub upfront: Option<Decimal>,
    /// First day of the price; `None` for ever.
    pub effective_from: Option<NaiveDate>,
    /// When the price was seen, as the research wrote it (a date, a month, a year, or nothing).
    pub seen: String,
    /// Who says so.
    pub source: String,
    /// How sure that is.
    pub confidence: Confidence,
    /// What was changed on the way into the book.
    pub note: String,
    /// The file and line it was read from.
    pub place: crate::source::Place,
}

impl PriceRow {
    /// The date to show: the start of the price where it has one, else the day it was seen.
    pub fn dated(&self) -> String {
        self.effective_from.map_or_else(|| self.seen.clone(), |d| d.to_string())
    }

    /// Both days in words, as far as they are known: `from 2026-11-01, seen 2026-11-20`.
    pub fn when(&self) -> String {
        let from = self.effective_from.map(|day| format!("from {day}"));
        let seen = (!self.seen.is_empty()).then(|| format!("seen {}", self.seen));
        match (from, seen) {
            (Some(from), Some(seen)) => format!("{from}, {seen}"),
            (from, seen) => from.or(seen).unwrap_or_else(|| "date unknown".to_owned()),
        }
    }
}

/// Over which accounts AWS adds up usage before tiers and allowances.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scope {
    /// All accounts of the payer.
    Payer,
    /// Each account by itself.
    Account,
}

/// Over which regions AWS adds up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Area {
    /// Each region by itself.
    Region,
    /// All regions.
    Global,
}

/// How the region shows in the usage types of a family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Prefix {
    /// Not at all.
    None,
    /// By its code, except in us-east-1.
    BareInUsEast1,
    /// By its code everywhere.
    Always,
    /// By its name: `us-east-1-KMS-Keys`.
    Region,
}

/// What holds for all usage types of one kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Family {
    /// The price list's service code.
    pub service: String,
    /// The usage type without prefix, or a pattern with one `*`.
    pub pattern: String,
    /// How the region shows.
    pub prefix: Prefix,
    /// Over which accounts tiers count.
    pub scope: Scope,
    /// Over which regions tiers count.
    pub area: Area,
}

/// Usage that costs nothing each month.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Allowance {
    /// Its name.
    pub pool: String,
    /// Whose usage shares it.
    pub scope: Scope,
    /// Over which regions.
    pub area: Area,
    /// The price list's service code.
    pub service: String,
    /// Usage types without prefix, patterns allowed.
    pub patterns: Vec<String>,
    /// How much a month, or an hour.
    pub quantity: Decimal,
    /// True where the quantity is per hour of the month.
    pub hourly: bool,
    /// Who says so.
    pub source: String,
    /// How sure that is.
    pub confidence: Confidence,
}

/// One band of a support plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SupportBand {
    /// The plan as a scenario names it.
    pub plan: String,
    /// First day; `None` for ever.
    pub effective_from: Option<NaiveDate>,
    /// The name to show.
    pub name: String,
    /// The least it costs a month, US dollars.
    pub minimum: Decimal,
    /// Start of the band, US dollars of charges.
    pub begin: Decimal,
    /// End of the band; `None` for no end.
    pub end: Option<Decimal>,
    /// Share of the charges in the band.
    pub rate: Decimal,
    /// Who says so.
    pub source: String,
    /// How sure that is.
    pub confidence: Confidence,
}

/// A region and the code by which usage types name it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region {
    /// Such as `us-east-1`.
    pub region: String,
    /// Such as `USE1`.
    pub code: String,
    /// Such as `US East (N. Virginia)`.
    pub name: String,
}

/// Rows of one price: same usage type, operation and term, one after another in time.
#[derive(Clone, Debug)]
struct Group {
    operation: String,
    term: Term,
    /// Newest last; each is the range of rows of one period.
    periods: Vec<(Option<NaiveDate>, std::ops::Range<usize>)>,
}

/// All prices of one usage type in one region.
#[derive(Clone, Debug)]
struct Entry {
    groups: Vec<Group>,
    family: usize,
    allowance: Option<usize>,
}

/// What a lookup finds: the tiers of one price and how they pool.
#[derive(Clone, Copy, Debug)]
pub struct Price<'a> {
    /// The tiers, in order.
    pub rows: &'a [PriceRow],
    /// Index of the first row: names the price among all others of the book.
    pub id: usize,
    /// Over which accounts the tiers count.
    pub scope: Scope,
    /// Index among [`PriceBook::allowances`].
    pub allowance: Option<usize>,
}

/// All prices, and what belongs to them.
#[derive(Clone, Debug)]
pub struct PriceBook {
    /// The files it was read from.
    pub sources: Sources,
    rows: Vec<PriceRow>,
    families: Vec<Family>,
    regions: Vec<Region>,
    allowances: Vec<Allowance>,
    support: Vec<SupportBand>,
    index: HashMap<String, Entry>,
}

impl PriceBook {
    /// The book that is built into the program.
    pub fn embedded() -> Result<PriceBook, Box<(Problems, Sources)>> {
        read::book(embedded::files())
    }

    /// Names and texts of the files of the built-in book.
    pub fn embedded_files() -> Vec<(&'static str, &'static str)> {
        embedded::files().to_vec()
    }

    /// Every row, in the order of the files.
    pub fn rows(&self) -> &[PriceRow] {
        &self.rows
    }

    /// Every allowance.
    pub fn allowances(&self) -> &[Allowance] {
        &self.allowances
    }

    /// Every region that is known by a code.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// How the usage types of each family are written and pooled.
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// The bands of a support plan that hold on a day, and every plan's name.
    pub fn support(&self, plan: &str, day: NaiveDate) -> Vec<&SupportBand> {
        let valid = |b: &&SupportBand| b.plan == plan && b.effective_from.is_none_or(|d| d <= day);
        let newest = self.support.iter().filter(valid).map(|b| b.effective_from).max();
        self.support.iter().filter(valid).filter(|b| Some(b.effective_from) == newest).collect()
    }

    /// The names of the support plans.
    pub fn support_plans(&self) -> Vec<&str> {
        let mut plans: Vec<&str> = self.support.iter().map(|b| b.plan.as_str()).collect();
        plans.dedup();
        plans
    }

    /// The region behind a name, or an error with the nearest one.
    pub fn region(&self, region: &str) -> Result<&Region, String> {
        self.regions.iter().find(|r| r.region == region).ok_or_else(|| {
            let near = nearest(region, self.regions.iter().map(|r| r.region.as_str()));
            format!("the price book knows no region `{region}`{}", near.map(|n| format!(": did you mean `{n}`?")).unwrap_or_default())
        })
    }

    /// A usage type as the bill writes it in a region, from its name without prefix.
    pub fn usage_type(&self, service: &str, region: &str, base: &str) -> Result<String, String> {
        let known = self.region(region)?;
        let family = self.family(service, base).ok_or_else(|| format!("the price book has no family for {service} {base}"))?;
        Ok(match self.families[family].prefix {
            Prefix::None => base.to_owned(),
            Prefix::BareInUsEast1 if region == "us-east-1" => base.to_owned(),
            Prefix::BareInUsEast1 | Prefix::Always => format!("{}-{base}", known.code),
            Prefix::Region => format!("{region}-{base}"),
        })
    }

    /// A usage type of a region without the region's prefix: what [`PriceBook::usage_type`] was given.
    pub fn without_prefix<'a>(&self, service: &str, region: &str, usage_type: &'a str) -> &'a str {
        let code = self.region(region).map_or("", |r| r.code.as_str());
        let base = read::base(usage_type, region, code);
        if self.usage_type(service, region, base).is_ok_and(|whole| whole == usage_type) { base } else { usage_type }
    }

    /// The family of a usage type without prefix: the longest pattern that fits.
    fn family(&self, service: &str, base: &str) -> Option<usize> {
        self.families
            .iter()
            .enumerate()
            .filter(|(_, f)| f.service == service && fits(&f.pattern, base))
            .max_by_key(|(_, f)| f.pattern.len())
            .map(|(i, _)| i)
    }

    /// True where the book knows how the usage types of a service are written and pooled.
    pub fn knows_service(&self, service: &str) -> bool {
        self.families.iter().any(|f| f.service == service)
    }

    /// The allowance that a usage type shares.
    pub fn allowance(&self, service: &str, region: &str, usage_type: &str) -> Option<&Allowance> {
        let code = self.region(region).map_or("", |r| r.code.as_str());
        let base = read::base(usage_type, region, code);
        self.allowances.iter().find(|a| a.service == service && a.patterns.iter().any(|p| fits(p, base)))
    }

    /// The one price of a usage on a day, on demand or spot.
    pub fn price(&self, service: &str, region: &str, usage_type: &str, operation: &str, day: NaiveDate) -> Result<Price<'_>, NoPrice> {
        self.price_on(service, region, usage_type, operation, day, |t| matches!(t, Term::OnDemand | Term::Spot))
    }

    /// By what a usage type is billed; `None` where the book does not have it, or has it by several.
    pub fn unit(&self, service: &str, region: &str, usage_type: &str) -> Option<Unit> {
        let entry = self.index.get(&key(service, region, usage_type))?;
        let periods = entry.groups.iter().flat_map(|g| &g.periods);
        let mut units = periods.flat_map(|(_, rows)| &self.rows[rows.clone()]).map(|row| row.unit);
        let first = units.next()?;
        units.all(|unit| unit == first).then_some(first)
    }

    /// The one price of a usage on a day, on the terms that `wanted` accepts.
    pub fn price_on(
        &self,
        service: &str,
        region: &str,
        usage_type: &str,
        operation: &str,
        day: NaiveDate,
        wanted: impl Fn(Term) -> bool,
    ) -> Result<Price<'_>, NoPrice> {
        let missing = |why: &str| NoPrice {
            what: format!(
                "{service} · {region} · {usage_type}{}",
                if operation.is_empty() { String::new() } else { format!(" · {operation}") }
            ),
            why: why.to_owned(),
            candidates: self.candidates(service, region, usage_type),
        };
        let entry = self.index.get(&key(service, region, usage_type)).ok_or_else(|| missing(&self.no_row(service, region)))?;
        let on_terms = || entry.groups.iter().filter(|g| wanted(g.term));
        let mut exact = on_terms().filter(|g| g.operation == operation);
        let mut any = on_terms().filter(|g| g.operation.is_empty());
        let group = match (exact.next(), exact.next()) {
            (Some(group), None) => group,
            (Some(_), Some(_)) => return Err(missing(SEVERAL)),
            (None, _) => match (any.next(), any.next()) {
                (Some(group), None) => group,
                (Some(_), Some(_)) => return Err(missing(SEVERAL)),
                (None, _) => return Err(missing("no row has this operation, or none on these terms")),
            },
        };
        let period = group.periods.iter().rev().find(|(from, _)| from.is_none_or(|d| d <= day));
        let (_, range) = period.ok_or_else(|| missing(&format!("no price is known for {day}")))?;
        Ok(Price { rows: &self.rows[range.clone()], id: range.start, scope: self.families[entry.family].scope, allowance: entry.allowance })
    }

    /// The operations at which a usage type has a price of its own, on demand or spot; `None` where it has none at all.
    pub fn operations(&self, service: &str, region: &str, usage_type: &str) -> Option<BTreeSet<&str>> {
        let entry = self.index.get(&key(service, region, usage_type))?;
        let pay_as_you_go = |g: &&Group| matches!(g.term, Term::OnDemand | Term::Spot);
        let operations: BTreeSet<&str> = entry.groups.iter().filter(pay_as_you_go).map(|g| g.operation.as_str()).collect();
        (!operations.is_empty()).then_some(operations)
    }

    /// True for use of which it has a rate at the terms of a reservation or savings plan.
    pub fn is_committable(&self, service: &str, region: &str, usage_type: &str, operation: &str) -> bool {
        let fits = |g: &Group| {
            matches!(g.term, Term::Reserved { .. } | Term::SavingsPlan { .. }) && (g.operation.is_empty() || g.operation == operation)
        };
        self.index.get(&key(service, region, usage_type)).is_some_and(|entry| entry.groups.iter().any(fits))
    }

    /// Rows that may have been meant: the same usage type, else the nearest ones of the service in the region.
    fn candidates(&self, service: &str, region: &str, usage_type: &str) -> Vec<String> {
        let show = |r: &PriceRow| {
            let operation = if r.operation.is_empty() { String::new() } else { format!(" {}", r.operation) };
            format!("{}{operation} {} ({})", r.usage_type, r.term, self.sources.show(r.place))
        };
        let mut list: Vec<String> =
            self.rows.iter().filter(|r| r.service == service && r.region == region && r.usage_type == usage_type).map(show).collect();
        if list.is_empty() {
            let here: Vec<&PriceRow> = self.rows.iter().filter(|r| r.service == service && r.region == region).collect();
            let near = nearest(usage_type, here.iter().map(|r| r.usage_type.as_str()));
            list = here.iter().filter(|r| Some(r.usage_type.as_str()) == near).map(|r| show(r)).collect();
        }
        list.dedup();
        list.truncate(6);
        list
    }

    /// What to say of a usage type that has no row in a region: where its service has prices, if not there.
    fn no_row(&self, service: &str, region: &str) -> String {
        let regions: BTreeSet<&str> = self.rows.iter().filter(|r| r.service == service).map(|r| r.region.as_str()).collect();
        if regions.is_empty() || regions.contains(region) {
            return "no row has this usage type".to_owned();
        }
        format!("{service} has no row in this region, only in {}", regions.into_iter().collect::<Vec<_>>().join(", "))
    }
}

/// Whether a name fits a pattern with at most one `*`.
pub fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((head, tail)) => name.len() >= head.len() + tail.len() && name.starts_with(head) && name.ends_with(tail),
        None => pattern == name,
    }
}

fn key(service: &str, region: &str, usage_type: &str) -> String {
    let mut key = String::with_capacity(service.len() + region.len() + usage_type.len() + 2);
    for part in [service, "\n", region, "\n", usage_type] {
        key.push_str(part);
    }
    key
}

/// Why a lookup finds no price where it finds too many.
const SEVERAL: &str = "several rows fit equally well";

impl NoPrice {
    /// True where there is not no price but more than one.
    pub fn is_ambiguous(&self) -> bool {
        self.why == SEVERAL
    }
}

/// No price, or more than one: what was asked for, and what could have been meant.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no price for {what}: {why}{}", if .candidates.is_empty() { String::new() } else { format!("; could have been: {}", .candidates.join(", ")) })]
pub struct NoPrice {
    /// Service, region, usage type and operation.
    pub what: String,
    /// What is wrong.
    pub why: String,
    /// Rows that may have been meant.
    pub candidates: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGIONS: &str = "region,code,name\nus-east-1,USE1,x\nus-west-2,USW2,y\neu-central-1,EUC1,z";
    const FAMILIES: &str = "service_code,usage_type,prefix,pool_scope,pool_area\nAWSQueueService,*,bare-in-us-east-1,payer,region";

    /// Why a book of two prices has none for a third.
    fn missing(region: &str, usage_type: &str) -> String {
        let row =
            |region: &str, name: &str| format!("\nAWSQueueService,{region},{name},,Requests,0,Inf,0.0000004,USD,on-demand,,ours,high");
        let prices = "service_code,region,usage_type,operation,unit,tier_begin,tier_end,price,currency,term,upfront_fee,source,confidence"
            .to_owned()
            + &row("us-east-1", "Requests-RBP")
            + &row("us-west-2", "USW2-Requests-Tier1");
        let files = [("regions.csv", REGIONS), ("families.csv", FAMILIES), ("prices/own.csv", prices.as_str())];
        let book = read::book(files).unwrap_or_else(|e| panic!("{}", e.0.render(&e.1, false)));
        let day = NaiveDate::from_ymd_opt(2026, 12, 1).expect("a day");
        book.price("AWSQueueService", region, usage_type, "", day).expect_err("no price").to_string()
    }

    /// AWS calls the same requests otherwise in another region.
    #[test]
    fn a_usage_type_of_another_region_finds_the_row_that_was_meant_by_file_and_line() {
        let text = missing("us-west-2", "USW2-Requests-RBP");
        let why = "no row has this usage type; could have been: USW2-Requests-Tier1 on-demand (prices/own.csv:3)";
        assert_eq!(text, format!("no price for AWSQueueService · us-west-2 · USW2-Requests-RBP: {why}"));
    }

    #[test]
    fn a_region_without_any_price_of_a_service_names_those_that_have_some() {
        let text = missing("eu-central-1", "EUC1-Requests-Tier1");
        let why = "AWSQueueService has no row in this region, only in us-east-1, us-west-2";
        assert_eq!(text, format!("no price for AWSQueueService · eu-central-1 · EUC1-Requests-Tier1: {why}"));
    }
}
