//! From CSV files to a price book, with every error at once.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::table::{self, Row};
use super::{Allowance, Area, Confidence, Entry, Family, Group, Prefix, PriceBook, PriceRow, Region, Scope, SupportBand, Term, fits, key};
use crate::diagnostic::{Diagnostic, Problems};
use crate::money::UnitPrice;
use crate::quantity::Unit;
use crate::source::{FileId, Sources};

/// Highest price per unit that is read.
const DEAREST: u32 = 1_000_000;

/// Highest fee of a reservation: three years of the largest machines cost millions.
const DEAREST_FEE: u32 = 100_000_000;

/// The columns of a price file, in the order in which they are written.
pub const COLUMNS: &[&str] = &[
    "service_code",
    "region",
    "usage_type",
    "operation",
    "sku",
    "description",
    "unit",
    "tier_begin",
    "tier_end",
    "price",
    "currency",
    "term",
    "upfront_fee",
    "effective_from",
    "seen",
    "source",
    "confidence",
    "note",
];

/// Regions and families beside those of the book, in a folder that is laid over it: what an import of lists found.
pub const ADDED_REGIONS: &str = "added-regions.csv";
/// As [`ADDED_REGIONS`].
pub const ADDED_FAMILIES: &str = "added-families.csv";

/// The price rows of one file.
///
/// # Errors
/// Everything that is wrong with it.
pub fn price_rows(name: &str, text: &str) -> Result<Vec<PriceRow>, Box<(Problems, Sources)>> {
    let mut sources = Sources::default();
    let mut problems = Problems::default();
    let file = sources.add(name, text);
    let rows = rows(&sources, file, &mut problems);
    if problems.none_is_error() { Ok(rows) } else { Err(Box::new((problems, sources))) }
}

/// The book that the files of folders make, each folder laid over those before it and the first over the built-in book; one that holds
/// families is a whole book, and what lies below it is left out.
///
/// The first folder's prices take the place of the built-in ones period by period, since an import writes only the periods that a list
/// changed. A folder above it says what holds from the first day on that it names for a price: no later period of a list below ends a
/// rate of one's own.
///
/// # Errors
/// Everything that is wrong with them, with the files to show it in.
pub fn laid<'t>(folders: &[Vec<(&'t str, &'t str)>]) -> Result<PriceBook, Box<(Problems, Sources)>> {
    let whole = folders.iter().rposition(|own| own.iter().any(|(name, _)| is_families(name)));
    let mut lowest = if whole.is_some() { Vec::new() } else { PriceBook::embedded_files() };
    let mut upper = folders.iter().skip(whole.unwrap_or(0));
    lowest.extend(upper.next().into_iter().flatten().copied());
    let layers: Vec<Vec<(&str, &str)>> = std::iter::once(lowest).chain(upper.cloned()).collect();
    of_layers(&layers)
}

/// True for the table of families, by its name: a folder that holds it is a whole book.
pub fn is_families(name: &str) -> bool {
    name.rsplit('/').next() == Some("families.csv")
}

/// True for a file that holds prices, by its name.
pub fn holds_prices(name: &str) -> bool {
    let tables = ["regions.csv", "families.csv", "free_tier.csv", "support.csv", "service_names.csv", ADDED_REGIONS, ADDED_FAMILIES];
    !tables.contains(&name.rsplit('/').next().unwrap_or(name))
}

/// Reads a whole book from its files: names and texts. `regions.csv`, `families.csv`, `free_tier.csv` and `support.csv` are
/// known by their names, every other file holds prices. Files that come later overlay earlier ones: a price of the same usage
/// type, operation, term and period takes the place of the earlier one with all its tiers.
pub fn book<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<PriceBook, Box<(Problems, Sources)>> {
    of_layers(&[files.into_iter().collect()])
}

/// Prices by what names them in one period.
type Prices = BTreeMap<GroupKey, Vec<PriceRow>>;

fn of_layers(layers: &[Vec<(&str, &str)>]) -> Result<PriceBook, Box<(Problems, Sources)>> {
    let mut sources = Sources::default();
    let mut problems = Problems::default();
    let mut book = PriceBook {
        sources: Sources::default(),
        rows: Vec::new(),
        families: Vec::new(),
        regions: Vec::new(),
        allowances: Vec::new(),
        support: Vec::new(),
        index: HashMap::new(),
    };
    let mut prices = Prices::new();
    for files in layers {
        let mut own = Prices::new();
        for &(name, text) in files {
            let file = sources.add(name, text);
            one_file(&mut book, &mut own, &sources, (file, name), &mut problems);
        }
        lay_over(&mut prices, own);
    }
    tiers(&prices, &mut problems);
    index(&mut book, prices, &mut problems);
    if problems.none_is_error() {
        book.sources = sources;
        Ok(book)
    } else {
        Err(Box::new((problems, sources)))
    }
}

fn one_file(book: &mut PriceBook, prices: &mut Prices, sources: &Sources, (file, name): (FileId, &str), problems: &mut Problems) {
    match name.rsplit('/').next().unwrap_or(name) {
        "regions.csv" => book.regions = regions(sources, file, problems),
        ADDED_REGIONS => book.regions.extend(regions(sources, file, problems)),
        "families.csv" => book.families = families(sources, file, problems),
        ADDED_FAMILIES => book.families.extend(families(sources, file, problems)),
        "free_tier.csv" => book.allowances = allowances(sources, file, problems),
        "support.csv" => book.support = support(sources, file, problems),
        // What services are called is no part of their prices (`variance::names`).
        "service_names.csv" => {}
        _ => overlay(prices, rows(sources, file, problems), problems),
    }
}

/// Lays the prices of an upper folder over those below: from its first day on, a price is what the upper folder says.
fn lay_over(prices: &mut Prices, own: Prices) {
    if prices.is_empty() {
        *prices = own;
        return;
    }
    for key in own.keys() {
        let mut end = key.clone();
        end.5 = Some(NaiveDate::MAX);
        let overtaken: Vec<GroupKey> = prices.range(key.clone()..=end).map(|(below, _)| below.clone()).collect();
        for below in overtaken {
            prices.remove(&below);
        }
    }
    prices.extend(own);
}

/// What names one price in one period.
pub(super) type GroupKey = (String, String, String, String, Term, Option<NaiveDate>);

pub(super) fn group_key(row: &PriceRow) -> GroupKey {
    (row.service.clone(), row.region.clone(), row.usage_type.clone(), row.operation.clone(), row.term, row.effective_from)
}

fn overlay(prices: &mut BTreeMap<GroupKey, Vec<PriceRow>>, rows: Vec<PriceRow>, problems: &mut Problems) {
    let mut own: BTreeMap<GroupKey, Vec<PriceRow>> = BTreeMap::new();
    for row in rows {
        let tiers = own.entry(group_key(&row)).or_default();
        if let Some(twin) = tiers.iter().find(|t| t.tier_begin == row.tier_begin) {
            problems.push(
                Diagnostic::error(row.place, format!("this price stands here twice: {} {} {}", row.usage_type, row.operation, row.term))
                    .label(format!("the first time in line {}", twin.place.line))
                    .help("keep one, or give the later one its own `effective_from`"),
            );
            continue;
        }
        tiers.push(row);
    }
    prices.extend(own);
}

fn tiers(prices: &BTreeMap<GroupKey, Vec<PriceRow>>, problems: &mut Problems) {
    for rows in prices.values() {
        let mut sorted: Vec<&PriceRow> = rows.iter().collect();
        sorted.sort_by_key(|r| r.tier_begin);
        if let Some(first) = sorted.first().filter(|r| !r.tier_begin.is_zero()) {
            problems.push(
                Diagnostic::error(first.place, format!("the first tier of {} begins at {}", first.usage_type, first.tier_begin))
                    .label("expected 0")
                    .help("what is free belongs in free_tier.csv; paid tiers count from the first paid unit"),
            );
        }
        for pair in sorted.windows(2) {
            let (before, after) = (pair[0], pair[1]);
            if before.tier_end != Some(after.tier_begin) {
                let end = before.tier_end.map_or("Inf".to_owned(), |e| e.to_string());
                let what = if before.tier_end.is_none_or(|e| e > after.tier_begin) { "overlap" } else { "leave a gap" };
                problems.push(
                    Diagnostic::error(after.place, format!("the tiers of {} {what}", after.usage_type))
                        .label(format!("begins at {}, the tier before ends at {end}", after.tier_begin)),
                );
            }
        }
    }
}

/// Lays the rows out period after period and finds each usage type's family and allowance.
pub(super) fn index(book: &mut PriceBook, prices: BTreeMap<GroupKey, Vec<PriceRow>>, problems: &mut Problems) {
    let codes: HashMap<&str, &str> = book.regions.iter().map(|r| (r.region.as_str(), r.code.as_str())).collect();
    let mut entries: HashMap<String, Entry> = HashMap::new();
    let mut rows = Vec::new();
    for ((service, region, usage_type, operation, term, from), mut tiers) in prices {
        tiers.sort_by_key(|r| r.tier_begin);
        let range = rows.len()..rows.len() + tiers.len();
        let place = tiers.first().map(|r| r.place);
        rows.extend(tiers);
        let Some(code) = codes.get(region.as_str()) else {
            problems.push(match place {
                Some(place) => Diagnostic::error(place, format!("regions.csv has no region `{region}`")).label("add its code there"),
                None => Diagnostic::general(format!("regions.csv has no region `{region}`")),
            });
            continue;
        };
        let base = base(&usage_type, &region, code);
        let Some(family) = book.family(&service, base) else {
            problems.push(match place {
                Some(place) => Diagnostic::error(place, format!("families.csv has no family for {service} {base}"))
                    .label("add its prefix and pool there"),
                None => Diagnostic::general(format!("families.csv has no family for {service}")),
            });
            continue;
        };
        let free = book.allowances.iter().position(|a| a.service == service && a.patterns.iter().any(|p| fits(p, base)));
        let entry =
            entries.entry(key(&service, &region, &usage_type)).or_insert_with(|| Entry { groups: Vec::new(), family, allowance: free });
        match entry.groups.iter_mut().find(|g| g.operation == operation && g.term == term) {
            Some(group) => group.periods.push((from, range)),
            None => entry.groups.push(Group { operation, term, periods: vec![(from, range)] }),
        }
    }
    book.rows = rows;
    book.index = entries;
}

/// A usage type without its region's prefix.
pub(super) fn base<'a>(usage_type: &'a str, region: &str, code: &str) -> &'a str {
    [code, region].iter().find_map(|p| usage_type.strip_prefix(p)?.strip_prefix('-')).unwrap_or(usage_type)
}

fn date(row: &Row<'_>, column: usize, problems: &mut Problems) -> Option<Option<NaiveDate>> {
    if row.text(column).is_empty() {
        return Some(None);
    }
    row.read(column, "a date such as 2027-01-01, or nothing for ever", problems).map(Some)
}

fn amount(row: &Row<'_>, column: usize, most: Decimal, problems: &mut Problems) -> Option<Decimal> {
    let value: Decimal = row.read(column, "a plain decimal such as 0.04048", problems)?;
    if value.is_sign_negative() && !value.is_zero() {
        row.problem(column, format!("`{value}` is below zero"), "credits are known charges, not prices", problems);
        return None;
    }
    if value > most || value.scale() > 15 {
        row.problem(column, format!("`{value}` cannot be exact"), format!("expected at most {most} and 15 decimal places"), problems);
        return None;
    }
    Some(value)
}

fn end(row: &Row<'_>, column: usize, problems: &mut Problems) -> Option<Option<Decimal>> {
    if row.text(column) == "Inf" {
        return Some(None);
    }
    amount(row, column, crate::quantity::LARGEST, problems).map(Some)
}

fn rows(sources: &Sources, file: FileId, problems: &mut Problems) -> Vec<PriceRow> {
    let mut list = Vec::new();
    table::read(sources, file, COLUMNS, &["sku", "description", "effective_from", "seen", "note"], problems, |row, problems| {
        list.extend(price_row(row, problems));
    });
    list
}

fn price_row(row: &Row<'_>, problems: &mut Problems) -> Option<PriceRow> {
    let begin = amount(row, 7, crate::quantity::LARGEST, problems);
    let end = end(row, 8, problems);
    let price = amount(row, 9, Decimal::from(DEAREST), problems);
    let term = row.read::<Term>(11, "on-demand, spot, reserved-1yr-no-upfront, savings-plan-3yr-all-upfront …", problems);
    let upfront = if row.text(12).is_empty() { Some(None) } else { amount(row, 12, Decimal::from(DEAREST_FEE), problems).map(Some) };
    let from = date(row, 13, problems);
    let confidence = row.read::<Confidence>(16, "high, medium or low", problems);
    let mut named = true;
    for column in [0, 1, 2, 6, 15] {
        if row.text(column).is_empty() {
            row.problem(column, format!("`{}` is empty", COLUMNS[column]), "every price needs one", problems);
            named = false;
        }
    }
    if row.text(10) != "USD" {
        row.problem(10, format!("the currency is `{}`", row.text(10)), "only USD is read", problems);
        named = false;
    }
    if let (Some(begin), Some(Some(end))) = (begin, end)
        && end <= begin
    {
        row.problem(8, format!("the tier ends at {end} and begins at {begin}"), "expected more than `tier_begin`, or Inf", problems);
        return None;
    }
    let text = |column: usize| row.text(column).to_owned();
    Some(PriceRow {
        service: text(0),
        region: text(1),
        usage_type: text(2),
        operation: text(3),
        sku: text(4),
        description: text(5),
        unit: Unit::of_price_list(row.text(6)),
        unit_text: text(6),
        tier_begin: begin?,
        tier_end: end?,
        price: UnitPrice::new(price?),
        term: term?,
        upfront: upfront?,
        effective_from: from?,
        seen: text(14),
        source: text(15),
        confidence: confidence?,
        note: text(17),
        place: row.place(9),
    })
    .filter(|_| named)
}

fn regions(sources: &Sources, file: FileId, problems: &mut Problems) -> Vec<Region> {
    let mut list: Vec<Region> = Vec::new();
    table::read(sources, file, &["region", "code", "name"], &[], problems, |row, problems| {
        let region = Region { region: row.text(0).to_owned(), code: row.text(1).to_owned(), name: row.text(2).to_owned() };
        if list.iter().any(|r| r.region == region.region) {
            row.problem(0, format!("the region `{}` stands here twice", region.region), "the second time", problems);
        }
        list.push(region);
    });
    list
}

fn scope(row: &Row<'_>, column: usize, problems: &mut Problems) -> Option<Scope> {
    match row.text(column) {
        "payer" => Some(Scope::Payer),
        "account" => Some(Scope::Account),
        other => {
            row.problem(column, format!("`{other}` is no scope"), "expected payer or account", problems);
            None
        }
    }
}

fn area(row: &Row<'_>, column: usize, problems: &mut Problems) -> Option<Area> {
    match row.text(column) {
        "region" => Some(Area::Region),
        "global" => Some(Area::Global),
        other => {
            row.problem(column, format!("`{other}` is no area"), "expected region or global", problems);
            None
        }
    }
}

fn families(sources: &Sources, file: FileId, problems: &mut Problems) -> Vec<Family> {
    let mut list = Vec::new();
    table::read(sources, file, &["service_code", "usage_type", "prefix", "pool_scope", "pool_area"], &[], problems, |row, problems| {
        let prefix = match row.text(2) {
            "none" => Some(Prefix::None),
            "bare-in-us-east-1" => Some(Prefix::BareInUsEast1),
            "always" => Some(Prefix::Always),
            "region" => Some(Prefix::Region),
            other => {
                row.problem(2, format!("`{other}` is no prefix"), "expected none, bare-in-us-east-1, always or region", problems);
                None
            }
        };
        if let (Some(prefix), Some(scope), Some(area)) = (prefix, scope(row, 3, problems), area(row, 4, problems)) {
            list.push(Family { service: row.text(0).to_owned(), pattern: row.text(1).to_owned(), prefix, scope, area });
        }
    });
    list
}

fn allowances(sources: &Sources, file: FileId, problems: &mut Problems) -> Vec<Allowance> {
    let mut list = Vec::new();
    let columns = &["pool", "scope", "area", "service_code", "usage_types", "quantity", "per", "seen", "source", "confidence"];
    table::read(sources, file, columns, &["seen"], problems, |row, problems| {
        let hourly = match row.text(6) {
            "month" => Some(false),
            "hour" => Some(true),
            other => {
                row.problem(6, format!("`{other}` is no time"), "expected month or hour", problems);
                None
            }
        };
        let quantity = amount(row, 5, crate::quantity::LARGEST, problems);
        let confidence = row.read::<Confidence>(9, "high, medium or low", problems);
        let (scope, area) = (scope(row, 1, problems), area(row, 2, problems));
        if let (Some(scope), Some(area), Some(quantity), Some(hourly), Some(confidence)) = (scope, area, quantity, hourly, confidence) {
            list.push(Allowance {
                pool: row.text(0).to_owned(),
                scope,
                area,
                service: row.text(3).to_owned(),
                patterns: row.text(4).split(';').map(|p| p.trim().to_owned()).collect(),
                quantity,
                hourly,
                source: row.text(8).to_owned(),
                confidence,
            });
        }
    });
    list
}

fn support(sources: &Sources, file: FileId, problems: &mut Problems) -> Vec<SupportBand> {
    let mut list = Vec::new();
    let columns = &["plan", "effective_from", "name", "minimum", "band_begin", "band_end", "rate", "source", "confidence"];
    table::read(sources, file, columns, &[], problems, |row, problems| {
        let most = Decimal::from(DEAREST);
        let from = date(row, 1, problems);
        let (minimum, begin) = (amount(row, 3, most, problems), amount(row, 4, most, problems));
        let (end, rate) = (end(row, 5, problems), amount(row, 6, Decimal::ONE, problems));
        let confidence = row.read::<Confidence>(8, "high, medium or low", problems);
        if let (Some(effective_from), Some(minimum), Some(begin), Some(end), Some(rate), Some(confidence)) =
            (from, minimum, begin, end, rate, confidence)
        {
            list.push(SupportBand {
                plan: row.text(0).to_owned(),
                effective_from,
                name: row.text(2).to_owned(),
                minimum,
                begin,
                end,
                rate,
                source: row.text(7).to_owned(),
                confidence,
            });
        }
    });
    list
}
