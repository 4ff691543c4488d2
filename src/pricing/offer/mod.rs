//! AWS's own price lists, row by row: bulk offers and savings plans (CSV, JSON), replies of the Price List Query API.
//!
//! AWS, "Using the bulk API" and "Reading the service price list files". The lists are gigabytes: they are read as streams, and of a
//! list stays in memory what [`Wanted`] names. Nothing here knows the price book's own rows; [`history`](super::history) lays the two
//! over each other.

mod csv_list;
mod gather;
mod json_list;
mod limit;
mod products;
mod query;
mod term;
mod wanted;

use std::io::BufRead;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Region, Term};
use crate::diagnostic::{Diagnostic, Problems};

pub use wanted::Wanted;

use gather::Gather;

/// Which list it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The file, as messages name it.
    pub file: String,
    /// AWS's code of the offer.
    pub offer: String,
    /// Its version, as AWS counts.
    pub version: String,
    /// The day on which AWS published it.
    pub published: Option<NaiveDate>,
}

/// One tier of a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// First unit.
    pub begin: Decimal,
    /// End, exclusive; `None` for no end.
    pub end: Option<Decimal>,
    /// US dollars per unit.
    pub price: Decimal,
}

/// One price as a list holds it: the tiers of a product at a term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The price list's service code.
    pub service: String,
    /// The region code, or `global`.
    pub region: String,
    /// The usage type.
    pub usage_type: String,
    /// The operation; empty where AWS writes none.
    pub operation: String,
    /// The term.
    pub term: Term,
    /// The SKU: of a savings plan, that of the use it discounts.
    pub sku: String,
    /// What is priced, in AWS's words.
    pub description: String,
    /// What the price is for.
    pub unit: String,
    /// The tiers, in order; the first begins at 0 unless AWS begins it at an allowance.
    pub tiers: Vec<Tier>,
    /// The fee at the start of a reservation: 0 where there is none, `None` where the list does not say.
    pub fee: Option<Decimal>,
    /// Since when AWS asks this price, by this list.
    pub effective: Option<NaiveDate>,
}

/// A list that was read.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// Which list.
    pub header: Header,
    /// What the file is, in words.
    pub form: &'static str,
    /// Rates that it holds, taken or not.
    pub rates: u64,
    /// The prices that were wanted.
    pub prices: Vec<Offered>,
    /// How many rates were left, by reason.
    pub skipped: Vec<(String, u64)>,
    /// Regions of the prices that are in no table of regions: code, usage types' prefix, name.
    pub new_regions: Vec<Region>,
}

/// Reads a list from a stream of text, whatever its format is. `name` is what messages call it.
///
/// # Errors
/// Everything that is wrong with it, by line or SKU.
pub fn read(name: &str, mut input: impl BufRead, wanted: &Wanted) -> Result<List, Problems> {
    let first = first_byte(&mut input).map_err(|e| one(format!("{name}: {e}")))?;
    let gather = Gather::new(name, wanted);
    match first {
        None => Err(one(format!("{name} is empty"))),
        Some(b'{' | b'[') => json_list::read(input, gather),
        Some(_) => csv_list::read(input, gather),
    }
}

/// The first byte that is neither space nor byte order mark; they are consumed.
fn first_byte(input: &mut impl BufRead) -> std::io::Result<Option<u8>> {
    loop {
        let buffer = input.fill_buf()?;
        let Some(first) = buffer.first().copied() else { return Ok(None) };
        if !first.is_ascii_whitespace() && !b"\xef\xbb\xbf".contains(&first) {
            return Ok(Some(first));
        }
        input.consume(1);
    }
}

fn one(message: String) -> Problems {
    let mut problems = Problems::default();
    problems.push(Diagnostic::general(message));
    problems
}

/// A rate as a list writes it, in its own words.
#[derive(Clone, Copy, Debug, Default)]
struct Raw<'a> {
    /// The line, where the file has lines that mean something.
    line: u64,
    sku: &'a str,
    service: &'a str,
    region: &'a str,
    location: &'a str,
    location_type: &'a str,
    usage_type: &'a str,
    operation: &'a str,
    description: &'a str,
    unit: &'a str,
    begin: &'a str,
    end: &'a str,
    price: &'a str,
    currency: &'a str,
    effective: &'a str,
    rate_code: &'a str,
    terms: RawTerm<'a>,
}

/// The words for a term.
#[derive(Clone, Copy, Debug, Default)]
struct RawTerm<'a> {
    /// OnDemand or Reserved; of a savings plan, its product family.
    kind: &'a str,
    /// The offer term code.
    code: &'a str,
    /// `1yr`; of a savings plan, years as a number.
    length: &'a str,
    purchase: &'a str,
    class: &'a str,
    is_savings_plan: bool,
}

/// A day out of AWS's dates and times.
fn day(text: &str) -> Option<NaiveDate> {
    text.get(..10)?.parse().ok()
}
