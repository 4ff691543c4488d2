//! Rates in, prices out: what is wanted is checked, joined (fee and hourly rate, tiers) and kept; what is not is counted by reason.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::term::{self, Meaning};
use super::wanted::Wanted;
use super::{Header, List, Offered, Raw, Tier, day};
use crate::diagnostic::{Diagnostic, Problems};
use crate::pricing::{Payment, Region, Term};

/// Longest name that is read: AWS's are below a hundred characters.
const LONGEST_NAME: usize = 200;
/// Longest description that is kept.
const LONGEST_TEXT: usize = 200;
/// Largest price, fee, or end of a tier.
const LARGEST: u64 = 1_000_000_000_000_000;
/// The end of the rate code of a fee at the start of a reservation.
const FEE: &str = ".2TG2D8R56U";

/// What names a price of a product: service, region, usage type, operation, term, SKU.
type Key = (String, String, String, String, Term, String);

/// A price that is being put together.
#[derive(Debug, Default)]
struct Found {
    line: u64,
    unit: String,
    description: String,
    effective: Option<chrono::NaiveDate>,
    tiers: Vec<Tier>,
    fee: Option<Decimal>,
}

/// Gathers the prices of one list.
pub(super) struct Gather<'w> {
    pub wanted: &'w Wanted,
    pub header: Header,
    pub form: &'static str,
    /// Rates that were seen.
    pub rates: u64,
    unnamed: u64,
    skipped: BTreeMap<String, u64>,
    /// Other currencies: how many rates, and the line or SKU of the first.
    foreign: BTreeMap<String, (u64, String)>,
    found: BTreeMap<Key, Found>,
    /// Regions that no table knows, with the prefixes of their usage types.
    prefixes: BTreeMap<String, BTreeMap<String, u64>>,
    names: BTreeMap<String, String>,
    problems: Problems,
}

impl<'w> Gather<'w> {
    pub fn new(file: &str, wanted: &'w Wanted) -> Gather<'w> {
        Gather {
            wanted,
            header: Header { file: file.to_owned(), ..Header::default() },
            form: "",
            rates: 0,
            unnamed: 0,
            skipped: BTreeMap::new(),
            foreign: BTreeMap::new(),
            found: BTreeMap::new(),
            prefixes: BTreeMap::new(),
            names: BTreeMap::new(),
            problems: Problems::default(),
        }
    }

    /// True for a usage type that somebody names.
    pub fn names(&self, usage_type: &str) -> bool {
        self.wanted.names(usage_type)
    }

    /// A rate that nobody names went by.
    pub fn not_named(&mut self) {
        self.unnamed += 1;
    }

    /// Something was left, for a reason.
    pub fn skip(&mut self, reason: impl Into<String>) {
        *self.skipped.entry(reason.into()).or_default() += 1;
    }

    /// Notes an error at a line or SKU.
    pub fn wrong(&mut self, line: u64, sku: &str, message: impl AsRef<str>) {
        let place = place(&self.header.file, line, sku);
        self.problems.push(Diagnostic::general(format!("{place}: {}", message.as_ref())));
    }

    /// Takes a rate, or counts why not.
    pub fn rate(&mut self, raw: &Raw<'_>) {
        let term = match term::meaning(raw.terms) {
            Meaning::Term(term) => term,
            Meaning::Left(reason) => return self.skip(reason),
            Meaning::Wrong(why) => return self.wrong(raw.line, raw.sku, why),
        };
        let wanted = self.wanted;
        let Some(region) = wanted.region(raw.region, raw.location, raw.location_type) else {
            return self.skip(format!("rates of a location that regions.csv has no region for: {}", shown(raw.location)));
        };
        if !wanted.takes(raw.service, region, raw.usage_type) {
            return self.not_named();
        }
        if raw.currency != "USD" {
            let first = || (0, place(&self.header.file, raw.line, raw.sku));
            self.foreign.entry(shown(raw.currency)).or_insert_with(first).0 += 1;
            return;
        }
        if !self.names_are_sound(raw, region) {
            return;
        }
        if !wanted.knows_region(region) {
            self.new_region(region, raw);
        }
        self.keep(raw, region, term);
    }

    fn names_are_sound(&mut self, raw: &Raw<'_>, region: &str) -> bool {
        let named = [("SKU", raw.sku), ("service code", raw.service), ("usage type", raw.usage_type), ("unit", raw.unit)];
        for (what, text) in named {
            if text.is_empty() {
                self.wrong(raw.line, raw.sku, format!("the {what} is empty"));
                return false;
            }
        }
        for (what, text) in named.into_iter().chain([("operation", raw.operation), ("region", region)]) {
            if text.len() > LONGEST_NAME || text.contains(char::is_control) {
                let why = format!("the {what} is {} bytes long or holds control characters: `{}`", text.len(), shown(text));
                self.wrong(raw.line, "", why);
                return false;
            }
        }
        true
    }

    fn new_region(&mut self, region: &str, raw: &Raw<'_>) {
        let prefix = raw.usage_type.split_once('-').map_or("", |(prefix, _)| prefix);
        let is_code = (2..=6).contains(&prefix.len()) && prefix.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        let counts = self.prefixes.entry(region.to_owned()).or_default();
        if is_code {
            *counts.entry(prefix.to_owned()).or_default() += 1;
        }
        self.names.entry(region.to_owned()).or_insert_with(|| raw.location.chars().filter(|c| !c.is_control()).take(60).collect());
    }

    fn keep(&mut self, raw: &Raw<'_>, region: &str, term: Term) {
        let is_fee = matches!(term, Term::Reserved { .. }) && (raw.unit == "Quantity" || raw.rate_code.ends_with(FEE));
        let price = match amount(raw.price) {
            Ok(price) => price,
            Err(why) => return self.wrong(raw.line, raw.sku, format!("the price {why}")),
        };
        let tier = if is_fee { Ok(None) } else { tier(raw, price).map(Some) };
        let tier = match tier {
            Ok(tier) => tier,
            Err(why) => return self.wrong(raw.line, raw.sku, why),
        };
        let is_allowance = raw.usage_type.starts_with("Global-") && tier.is_some_and(|t| t.price.is_zero() && t.end.is_some());
        if is_allowance {
            return self.skip("allowances (usage types `Global-…` at 0 USD): free_tier.csv holds them");
        }
        let owned = |text: &str| text.to_owned();
        let key = (owned(raw.service), owned(region), owned(raw.usage_type), owned(raw.operation), term, owned(raw.sku));
        let found = self.found.entry(key).or_default();
        let twice = match tier {
            None => found.fee.replace(price).is_some(),
            Some(tier) => {
                let twice = found.tiers.iter().any(|t| t.begin == tier.begin);
                found.tiers.push(tier);
                twice
            }
        };
        if twice {
            let first = found.line;
            let at = if first > 0 { format!(", the first time in line {first}") } else { String::new() };
            return self.wrong(raw.line, raw.sku, format!("this rate of {} stands twice{at}", raw.usage_type));
        }
        found.line = raw.line;
        found.effective = found.effective.max(day(raw.effective));
        if tier.is_some() {
            found.unit = owned(raw.unit);
            found.description = raw.description.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_TEXT).collect();
        }
    }

    /// The list, or everything that is wrong with it.
    pub fn finish(mut self) -> Result<List, Problems> {
        let foreign = std::mem::take(&mut self.foreign);
        for (currency, (count, first)) in foreign {
            let message = format!("{first}: {count} rates are in {currency}, and ce-cost reads US dollars only");
            self.problems.push(Diagnostic::general(message).help("lists of China's regions stand apart: leave that file out"));
        }
        let mut prices = Vec::new();
        for (key, found) in std::mem::take(&mut self.found) {
            prices.extend(self.price(key, found));
        }
        if self.unnamed > 0 {
            self.skipped.insert("rates that neither price book nor scenarios name (--all takes them)".into(), self.unnamed);
        }
        if !self.problems.none_is_error() {
            return Err(self.problems);
        }
        let new_regions = self.prefixes.iter().map(|(region, counts)| {
            let code = counts.iter().max_by_key(|(_, n)| **n).map_or_else(|| region.clone(), |(code, _)| code.clone());
            Region { region: region.clone(), code, name: self.names.get(region).cloned().unwrap_or_default() }
        });
        Ok(List {
            new_regions: new_regions.collect(),
            header: self.header,
            form: self.form,
            rates: self.rates,
            prices,
            skipped: self.skipped.into_iter().collect(),
        })
    }

    /// A price with its tiers in order.
    fn price(&mut self, (service, region, usage_type, operation, term, sku): Key, mut found: Found) -> Option<Offered> {
        found.tiers.sort_by_key(|t| t.begin);
        if found.tiers.is_empty() {
            self.skip("reservations with a fee and no hourly rate");
            return None;
        }
        if let Some(pair) = found.tiers.windows(2).find(|pair| pair[0].end != Some(pair[1].begin)) {
            let end = pair[0].end.map_or("Inf".to_owned(), |e| e.to_string());
            let why = format!("the tiers of {usage_type} do not meet: one ends at {end}, the next begins at {}", pair[1].begin);
            self.wrong(found.line, &sku, why);
            return None;
        }
        let pays_nothing_first =
            matches!(term, Term::Reserved { payment: Payment::NoUpfront, .. } | Term::SavingsPlan { payment: Payment::NoUpfront, .. });
        let fee = found.fee.or(pays_nothing_first.then_some(Decimal::ZERO));
        Some(Offered {
            service,
            region,
            usage_type,
            operation,
            term,
            sku,
            description: found.description,
            unit: found.unit,
            tiers: found.tiers,
            fee,
            effective: found.effective,
        })
    }
}

/// Where something stands, for a message.
fn place(file: &str, line: u64, sku: &str) -> String {
    match (line, sku) {
        (0, "") => file.to_owned(),
        (0, sku) => format!("{file}, SKU {}", shown(sku)),
        (line, _) => format!("{file}:{line}"),
    }
}

/// The start of a text that may be of any length.
fn shown(text: &str) -> String {
    let start: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
    if start.len() < text.len() { format!("{start}…") } else { start }
}

fn tier(raw: &Raw<'_>, price: Decimal) -> Result<Tier, String> {
    let begin =
        if raw.begin.is_empty() { Decimal::ZERO } else { amount(raw.begin).map_err(|why| format!("the start of the tier {why}"))? };
    let end = match raw.end {
        "Inf" | "" => None,
        text => Some(amount(text).map_err(|why| format!("the end of the tier {why}"))?),
    };
    match end {
        Some(end) if end <= begin => Err(format!("the tier ends at {end} and begins at {begin}")),
        _ => Ok(Tier { begin, end, price }),
    }
}

/// An exact amount that is not below zero.
fn amount(text: &str) -> Result<Decimal, String> {
    let read = if text.contains(['e', 'E']) { Decimal::from_scientific(text) } else { Decimal::from_str_exact(text) };
    let is_number = text.bytes().all(|b| b.is_ascii_digit() || b".-+eE".contains(&b)) && text.bytes().any(|b| b.is_ascii_digit());
    match read {
        _ if !is_number => Err(format!("is no number: `{}`", shown(text))),
        Err(_) => Err(format!("cannot be exact: `{}`", shown(text))),
        Ok(value) if value.is_sign_negative() && !value.is_zero() => Err(format!("is below zero: `{}`", shown(text))),
        Ok(value) if value.normalize().scale() > 15 => Err(format!("has more than 15 decimal places: `{}`", shown(text))),
        Ok(value) if value > Decimal::from(LARGEST) => Err(format!("is larger than any of AWS's: `{}`", shown(text))),
        Ok(value) => Ok(value.normalize()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_or_refused() {
        assert_eq!(amount("0.0404800000"), Ok(Decimal::new(4048, 5)));
        assert_eq!(amount("5E-6"), Ok(Decimal::new(5, 6)));
        let wrong = |text: &str| amount(text).expect_err("refused");
        assert_eq!(wrong("NaN"), "is no number: `NaN`");
        assert_eq!(wrong("-0.5"), "is below zero: `-0.5`");
        assert_eq!(wrong(""), "is no number: ``");
        assert_eq!(wrong("0.1234567890123456"), "has more than 15 decimal places: `0.1234567890123456`");
        assert_eq!(wrong(&"1".repeat(41)), format!("cannot be exact: `{}…`", "1".repeat(40)));
    }
}
