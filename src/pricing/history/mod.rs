//! Lists laid over the book: which price of the book is which of a list, and what the book holds afterwards.
//!
//! A price that a list confirms keeps its first day and is dated anew. Another price opens a period of its own on the day that the list
//! names, and the old one stays for the months before it. A list that is older than what the book saw changes nothing, unless its
//! prices are asked for as history.

mod choose;
mod ledger;

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::offer::{Header, List, Offered, Tier, Wanted};
use super::{PriceBook, PriceRow, Term};
use crate::quantity::{Unit, exact};
use choose::{Candidate, choose};
use ledger::Ledger;

/// What a list says of a price, beside what the book said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The book had no price.
    New,
    /// The same price.
    Same,
    /// Another price, and the list is the newer of the two.
    Changed,
    /// The price of earlier months, taken as history.
    History,
    /// Another price, and the list is the older of the two: the book stays.
    Older,
    /// Several prices of the list could be meant.
    Several,
    /// Another unit, tiers that begin at an allowance which the book does not know, or a last tier that ends where the book's does not: not
    /// taken.
    Unlike,
}

impl Verdict {
    /// True where the list's price is in the book afterwards.
    pub fn is_taken(self) -> bool {
        matches!(self, Verdict::New | Verdict::Same | Verdict::Changed | Verdict::History)
    }
}

/// What names a price, over all its periods.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PriceKey {
    /// The price list's service code.
    pub service: String,
    /// The region.
    pub region: String,
    /// The usage type.
    pub usage_type: String,
    /// The operation; empty for any.
    pub operation: String,
    /// The term.
    pub term: Term,
}

impl PriceKey {
    /// The price that a row belongs to.
    pub fn of(row: &PriceRow) -> PriceKey {
        PriceKey {
            service: row.service.clone(),
            region: row.region.clone(),
            usage_type: row.usage_type.clone(),
            operation: row.operation.clone(),
            term: row.term,
        }
    }
}

/// A price in words: its tiers and fee, and the day to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Such as `0.04048` or `0.25 from 0, 0.2 from 3000`.
    pub price: String,
    /// When it was seen or published.
    pub seen: String,
}

impl Said {
    /// What the tiers of one price say.
    pub fn of(rows: &[PriceRow]) -> Said {
        ledger::said(rows)
    }
}

/// One price of a list, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The price.
    pub key: PriceKey,
    /// What became of it.
    pub verdict: Verdict,
    /// What the book said.
    pub book: Option<Said>,
    /// What the list says.
    pub list: Said,
    /// What else to know.
    pub note: String,
}

/// Lists laid over a book.
#[derive(Clone, Debug, Default)]
pub struct Laid {
    /// The rows that are new or changed: all tiers of every period that is.
    pub rows: Vec<PriceRow>,
    /// Every price of the lists, by list.
    pub findings: Vec<(Header, Vec<Finding>)>,
}

/// Lays lists over a book, the oldest first. `history` to take prices of earlier months from lists that are older than the book.
pub fn lay(book: &PriceBook, lists: &[List], wanted: &Wanted, history: bool) -> Laid {
    let mut ledger = Ledger::of(book);
    let mut ordered: Vec<&List> = lists.iter().collect();
    // Of two lists of one day the later version comes last.
    ordered.sort_by_key(|list| (list.header.published, list.header.version.parse::<u64>().ok()));
    let findings = ordered
        .into_iter()
        .map(|list| {
            let mut findings = Vec::new();
            for (place, candidates) in by_place(list) {
                let mut laying = Laying { book, list, history, ledger: &mut ledger, findings: &mut findings };
                laying.place(place, &candidates, wanted);
            }
            findings.sort_by(|a, b| a.key.cmp(&b.key));
            (list.header.clone(), findings)
        })
        .collect();
    Laid { rows: ledger.touched(), findings }
}

/// Where prices compete for one lookup: service, region, usage type, term.
type Place<'a> = (&'a str, &'a str, &'a str, Term);

fn by_place(list: &List) -> BTreeMap<Place<'_>, Vec<&Offered>> {
    let mut places: BTreeMap<Place<'_>, Vec<&Offered>> = BTreeMap::new();
    for price in &list.prices {
        places.entry((&price.service, &price.region, &price.usage_type, price.term)).or_default().push(price);
    }
    places
}

/// One list on its way into the ledger.
struct Laying<'a> {
    book: &'a PriceBook,
    list: &'a List,
    history: bool,
    ledger: &'a mut Ledger,
    findings: &'a mut Vec<Finding>,
}

impl Laying<'_> {
    fn place(&mut self, (service, region, usage_type, term): Place<'_>, offered: &[&Offered], wanted: &Wanted) {
        let key = |operation: String| PriceKey {
            service: service.to_owned(),
            region: region.to_owned(),
            usage_type: usage_type.to_owned(),
            operation,
            term,
        };
        let held = self.ledger.operations(service, region, usage_type, term);
        let named = wanted.operations(service, region, usage_type);
        for (operation, candidate) in choose(offered, &held, named) {
            let key = key(operation);
            match candidate {
                Candidate::One(price) => self.one(key, price),
                Candidate::Several(prices) => {
                    let list = Said {
                        price: prices.iter().map(|p| words(&p.tiers, p.fee)).collect::<Vec<_>>().join(" or "),
                        seen: self.seen(prices[0]),
                    };
                    let operations: Vec<&str> = prices.iter().map(|p| p.operation.as_str()).collect();
                    let note = format!("operations {}", operations.join(", "));
                    let book = self.ledger.newest(&key);
                    self.findings.push(Finding { key, verdict: Verdict::Several, book, list, note });
                }
            }
        }
    }

    fn seen(&self, price: &Offered) -> String {
        self.list.header.published.or(price.effective).map(|d| d.to_string()).unwrap_or_default()
    }

    fn one(&mut self, key: PriceKey, price: &Offered) {
        let unlike =
            |list: Said, note: String, book: Option<Said>| Finding { key: key.clone(), verdict: Verdict::Unlike, book, list, note };
        let told = Said { price: words(&price.tiers, price.fee), seen: self.seen(price) };
        let (tiers, mut note) = match self.paid(&key, &price.tiers) {
            Ok(paid) => paid,
            Err(why) => {
                let book = self.ledger.newest(&key);
                return self.findings.push(unlike(told, why, book));
            }
        };
        if let Some(unit) = self.ledger.unit(&key).filter(|unit| Unit::of_price_list(&price.unit) != *unit) {
            let book = self.ledger.newest(&key);
            return self.findings.push(unlike(told, format!("per {} in the list, and the book counts {unit}", price.unit), book));
        }
        if let Some(end) = tiers.last().and_then(|t| t.end).filter(|_| self.ledger.is_open(&key)) {
            let why = format!("its last tier ends at {}, and the book's has no end", exact(end));
            let book = self.ledger.newest(&key);
            return self.findings.push(unlike(told, why, book));
        }
        if key.operation != price.operation {
            let its = if price.operation.is_empty() { "no operation".to_owned() } else { format!("operation {}", price.operation) };
            note = [note, format!("{its} in the list")].into_iter().filter(|n| !n.is_empty()).collect::<Vec<_>>().join("; ");
        }
        let rows = self.rows(&key, price, &tiers, &note);
        let list = Said { price: words(&tiers, price.fee), seen: self.seen(price) };
        let published = self.list.header.published;
        let (verdict, book) = self.ledger.lay(&key, rows, published, price.effective, self.history);
        self.findings.push(Finding { key, verdict, book, list, note });
    }

    /// The tiers of what is paid: what is free each month stands in a table of its own, and paid tiers count after it.
    fn paid(&self, key: &PriceKey, tiers: &[Tier]) -> Result<(Vec<Tier>, String), String> {
        let Some(first) = tiers.first() else { return Err("it has no tiers".into()) };
        let allowance = self.book.allowance(&key.service, &key.region, &key.usage_type).filter(|a| !a.hourly);
        let is_free = first.begin.is_zero() && first.price.is_zero() && tiers.len() > 1;
        let free = match first.end.filter(|_| is_free) {
            Some(end) => end,
            None => first.begin,
        };
        match allowance {
            _ if free.is_zero() => return Ok((tiers.to_vec(), String::new())),
            Some(allowance) if allowance.quantity == free => {}
            Some(allowance) => return Err(format!("{} are free in the list, {} in free_tier.csv", exact(free), exact(allowance.quantity))),
            // A free tier of one region is a tier like any other; a tier that begins later without one cannot be read.
            None if is_free => return Ok((tiers.to_vec(), String::new())),
            None => return Err(format!("its tiers begin at {}, and free_tier.csv has no allowance for it", exact(free))),
        }
        let shifted = |t: &Tier| Tier { begin: t.begin - free, end: t.end.map(|e| e - free), price: t.price };
        let paid = tiers.iter().skip(usize::from(is_free)).map(shifted).collect();
        Ok((paid, format!("tier began at the allowance of {}; shifted to the first paid unit", exact(free))))
    }

    fn rows(&self, key: &PriceKey, price: &Offered, tiers: &[Tier], note: &str) -> Vec<PriceRow> {
        let header = &self.list.header;
        let version =
            if header.version.is_empty() { String::new() } else { format!(" {}{}{}", header.offer, ledger::VERSION, header.version) };
        let effective = price.effective.map(|d| format!("{}{d}", ledger::IN_FORCE)).unwrap_or_default();
        let row = |tier: &Tier| PriceRow {
            service: key.service.clone(),
            region: key.region.clone(),
            usage_type: key.usage_type.clone(),
            operation: key.operation.clone(),
            sku: price.sku.clone(),
            description: price.description.clone(),
            unit: Unit::of_price_list(&price.unit),
            unit_text: price.unit.clone(),
            tier_begin: tier.begin,
            tier_end: tier.end,
            price: crate::money::UnitPrice::new(tier.price),
            term: key.term,
            upfront: price.fee,
            effective_from: None,
            seen: self.seen(price),
            source: format!("AWS Price List{version}{effective}"),
            confidence: super::Confidence::High,
            note: note.to_owned(),
            place: crate::source::Place { file: crate::source::FileId(u16::MAX), line: 0, column: 0, start: 0, end: 0 },
        };
        tiers.iter().map(row).collect()
    }
}

/// A price in words.
pub(super) fn words(tiers: &[Tier], fee: Option<Decimal>) -> String {
    let rates = match tiers {
        [one] if one.begin.is_zero() => exact(one.price),
        several => several.iter().map(|t| format!("{} from {}", exact(t.price), exact(t.begin))).collect::<Vec<_>>().join(", "),
    };
    match fee.filter(|f| !f.is_zero()) {
        Some(fee) => format!("{rates} + fee {}", exact(fee)),
        None => rates,
    }
}
