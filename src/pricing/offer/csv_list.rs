//! Lists as CSV: a few lines about the list, a header, a rate per line. Columns differ between services and are found by their names.

use std::io::Read;

use csv::ByteRecord;

use super::gather::Gather;
use super::limit::{Gauge, Limited};
use super::{List, Raw, RawTerm, day};
use crate::diagnostic::Problems;

/// Lines that may stand before the header.
const MOST_LINES: usize = 20;

/// Bytes that are read at once.
const CHUNK: usize = 256 << 10;

/// Columns of an offer. The first eight must be there.
const OFFER: &[&str] = &[
    "SKU",
    "OfferTermCode",
    "RateCode",
    "TermType",
    "PricePerUnit",
    "Currency",
    "Unit",
    "usageType",
    "EffectiveDate",
    "StartingRange",
    "EndingRange",
    "PriceDescription",
    "LeaseContractLength",
    "PurchaseOption",
    "OfferingClass",
    "serviceCode",
    "operation",
    "Region Code",
    "Location",
    "Location Type",
    "From Region Code",
    "From Location",
    "From Location Type",
];

/// Columns of a savings plan's list. The first eleven must be there.
const PLAN: &[&str] = &[
    "SKU",
    "RateCode",
    "Unit",
    "DiscountedRate",
    "Currency",
    "DiscountedSKU",
    "DiscountedServiceCode",
    "DiscountedUsageType",
    "DiscountedOperation",
    "PurchaseOption",
    "LeaseContractLength",
    "EffectiveDate",
    "Description",
    "Product Family",
    "DiscountedRegionCode",
    "LeaseContractLengthUnit",
];

/// Columns that a list cannot do without.
const NEEDED: [usize; 2] = [8, 11];

/// Reads a list.
pub(super) fn read<R: Read>(input: R, mut gather: Gather<'_>) -> Result<List, Problems> {
    let gauge = Gauge::default();
    let input = Limited { inner: input, gauge: gauge.clone() };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).buffer_capacity(CHUNK).from_reader(input);
    let Some(columns) = head(&mut reader, &mut gather) else { return gather.finish() };
    let mut record = ByteRecord::new();
    let mut short: Option<(u64, usize)> = None;
    loop {
        let more = reader.read_byte_record(&mut record);
        if let Some((line, cells)) = short.take() {
            let cut = if matches!(more, Ok(false)) { ": the file is cut off" } else { "" };
            gather.wrong(line, "", format!("{cells} cells under {} columns{cut}", columns.width));
        }
        match more {
            Ok(false) => return gather.finish(),
            Ok(true) => gauge.ended(),
            Err(error) => {
                gather.wrong(reader.position().line(), "", why(&error));
                return gather.finish();
            }
        }
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != columns.width {
            short = Some((line, record.len()));
            continue;
        }
        gather.rates += 1;
        match std::str::from_utf8(columns.bytes(&record, columns.usage_type)) {
            Ok(usage_type) if !gather.names(usage_type) => gather.not_named(),
            Ok(_) => columns.rate(&record, line, &mut gather),
            Err(_) => gather.wrong(line, "", "this is not UTF-8 text"),
        }
    }
}

fn why(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => error.to_string(),
    }
}

/// Reads up to the header; says what is wrong with it.
fn head<R: Read>(reader: &mut csv::Reader<R>, gather: &mut Gather<'_>) -> Option<Columns> {
    let mut record = csv::StringRecord::new();
    for _ in 0..MOST_LINES {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                gather.wrong(reader.position().line(), "", why(&error));
                return None;
            }
        }
        match (record.get(0).unwrap_or_default(), record.get(1).unwrap_or_default()) {
            ("SKU", _) => return Columns::of(&record, gather),
            ("Publication Date", value) => gather.header.published = day(value),
            ("Version", value) => gather.header.version = value.to_owned(),
            ("OfferCode", value) => gather.header.offer = value.to_owned(),
            _ => {}
        }
    }
    gather.wrong(1, "", format!("no line begins with `SKU` among the first {MOST_LINES}: this is no price list of AWS's"));
    None
}

/// Where the columns stand, in the order of [`OFFER`] or [`PLAN`].
struct Columns {
    is_plan: bool,
    at: Vec<Option<usize>>,
    usage_type: Option<usize>,
    width: usize,
}

impl Columns {
    fn of(header: &csv::StringRecord, gather: &mut Gather<'_>) -> Option<Columns> {
        let is_plan = header.iter().any(|name| name == "DiscountedRate");
        gather.form = if is_plan { "savings plan CSV" } else { "offer CSV" };
        let (names, needed) = if is_plan { (PLAN, NEEDED[1]) } else { (OFFER, NEEDED[0]) };
        let line = header.position().map_or(0, csv::Position::line);
        let mut sound = true;
        let mut at = Vec::new();
        for (n, name) in names.iter().enumerate() {
            let mut there = header.iter().enumerate().filter(|(_, h)| h.trim().eq_ignore_ascii_case(name)).map(|(i, _)| i);
            let first = there.next();
            if there.next().is_some() {
                gather.wrong(line, "", format!("the column `{name}` is there twice"));
                sound = false;
            }
            if first.is_none() && n < needed {
                gather.wrong(line, "", format!("the column `{name}` is missing"));
                sound = false;
            }
            at.push(first);
        }
        let usage_type = at.get(7).copied().flatten();
        sound.then_some(Columns { is_plan, at, usage_type, width: header.len() })
    }

    fn bytes<'a>(&self, record: &'a ByteRecord, column: Option<usize>) -> &'a [u8] {
        column.and_then(|i| record.get(i)).unwrap_or_default()
    }

    /// Hands a rate on.
    fn rate(&self, record: &ByteRecord, line: u64, gather: &mut Gather<'_>) {
        let mut cells = [""; 24];
        for (cell, column) in cells.iter_mut().zip(&self.at) {
            match std::str::from_utf8(self.bytes(record, *column)) {
                Ok(text) => *cell = text.trim(),
                Err(_) => return gather.wrong(line, "", "this is not UTF-8 text"),
            }
        }
        gather.rate(&if self.is_plan { plan(&cells, line) } else { offer(&cells, line) });
    }
}

/// A rate out of the cells in the order of [`OFFER`].
fn offer<'a>(cells: &[&'a str; 24], line: u64) -> Raw<'a> {
    let [
        sku,
        code,
        rate_code,
        kind,
        price,
        currency,
        unit,
        usage_type,
        effective,
        begin,
        end,
        description,
        length,
        purchase,
        class,
        rest @ ..,
    ] = *cells;
    let [service, operation, region, location, location_type, from_region, from_location, from_type, _] = rest;
    // Data transfer stands where it comes from.
    let here = !(region.is_empty() && location.is_empty());
    let (region, location, location_type) = if here { (region, location, location_type) } else { (from_region, from_location, from_type) };
    let terms = RawTerm { kind, code, length, purchase, class, is_savings_plan: false };
    Raw {
        line,
        sku,
        service,
        region,
        location,
        location_type,
        usage_type,
        operation,
        description,
        unit,
        begin,
        end,
        price,
        currency,
        effective,
        rate_code,
        terms,
    }
}

/// A rate out of the cells in the order of [`PLAN`].
fn plan<'a>(cells: &[&'a str; 24], line: u64) -> Raw<'a> {
    let [
        _,
        rate_code,
        unit,
        price,
        currency,
        sku,
        service,
        usage_type,
        operation,
        purchase,
        length,
        effective,
        description,
        kind,
        region,
        ..,
    ] = *cells;
    let terms = RawTerm { kind, code: "", length, purchase, class: "", is_savings_plan: true };
    Raw {
        line,
        sku,
        service,
        region,
        usage_type,
        operation,
        description,
        unit,
        begin: "0",
        end: "Inf",
        price,
        currency,
        effective,
        rate_code,
        terms,
        ..Raw::default()
    }
}
