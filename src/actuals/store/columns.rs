//! Charges as columns and back. Amounts and quantities are text, so that every decimal comes back as it went in, whatever its
//! scale: `sum(CAST(billed AS DECIMAL(38, 10)))` in SQL.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;
use std::sync::Arc;

use polars::prelude::{Column, DataFrame, DataType, DateChunked, IntoColumn, IntoSeries, NamedFrom, Series, StringChunked};
use rust_decimal::Decimal;

use crate::bill::{Bill, Category, Charge, CommitmentRef, CommitmentStatus, Frequency, LineItem, Net, Pricing, Seller};
use crate::money::Usd;
use crate::month::Month;
use crate::quantity::{LARGEST, Unit, exact};
use crate::usage::Tags;

/// The column of days.
const DAY: &str = "day";

/// What a column of text holds of a charge; `None` where there is nothing to say.
type Text = fn(&Charge) -> Option<Cow<'_, str>>;

/// The columns beside the day, in the order of the file.
const COLUMNS: &[(&str, Text)] = &[
    ("line_item", |c| Some(c.line_item.name().into())),
    ("account", |c| Some(c.account.as_ref().into())),
    ("environment", |c| Some(c.environment.as_ref().into())),
    ("resource", |c| Some(c.resource.as_ref().into())),
    ("tags", |c| Some(serde_json::to_string(&*c.tags).unwrap_or_default().into())),
    ("service", |c| Some(c.service.as_ref().into())),
    ("region", |c| Some(c.region.as_ref().into())),
    ("usage_type", |c| Some(c.usage_type.as_ref().into())),
    ("operation", |c| Some(c.operation.as_ref().into())),
    ("description", |c| Some(c.description.as_ref().into())),
    ("quantity", |c| Some(c.quantity.to_string().into())),
    ("unit", |c| Some(name(UNITS, &c.unit?).into())),
    ("category", |c| Some(name(CATEGORIES, &c.category).into())),
    ("frequency", |c| Some(name(FREQUENCIES, &c.frequency).into())),
    ("pricing", |c| Some(name(PRICINGS, &c.pricing).into())),
    ("commitment_id", |c| Some(c.commitment.as_ref()?.id.as_str().into())),
    ("commitment_kind", |c| Some(c.commitment.as_ref()?.kind.into())),
    ("commitment_status", |c| Some(name(STATUSES, &c.commitment.as_ref()?.status?).into())),
    ("seller", |c| Some(name(SELLERS, &c.seller).into())),
    ("list", |c| money(c.list)),
    ("billed", |c| money(c.billed)),
    ("effective", |c| money(c.effective)),
    ("net_billed", |c| money(c.net?.billed)),
    ("net_effective", |c| money(c.net?.effective)),
];

const UNITS: &[(&str, Unit)] = &[
    ("hours", Unit::Hours),
    ("GB-months", Unit::GbMonths),
    ("GB", Unit::Gb),
    ("months", Unit::Months),
    ("GB-seconds", Unit::GbSeconds),
    ("count", Unit::Count),
];
const CATEGORIES: &[(&str, Category)] = &[
    ("Usage", Category::Usage),
    ("Purchase", Category::Purchase),
    ("Tax", Category::Tax),
    ("Credit", Category::Credit),
    ("Adjustment", Category::Adjustment),
];
const FREQUENCIES: &[(&str, Frequency)] =
    &[("One-Time", Frequency::OneTime), ("Recurring", Frequency::Recurring), ("Usage-Based", Frequency::UsageBased)];
const PRICINGS: &[(&str, Pricing)] =
    &[("Standard", Pricing::Standard), ("Dynamic", Pricing::Dynamic), ("Committed", Pricing::Committed), ("Other", Pricing::Other)];
const STATUSES: &[(&str, CommitmentStatus)] = &[("Used", CommitmentStatus::Used), ("Unused", CommitmentStatus::Unused)];
const SELLERS: &[(&str, Seller)] = &[("AWS", Seller::Aws), ("Marketplace", Seller::Marketplace), ("outside", Seller::Outside)];
/// Kinds of commitments with their FOCUS category.
const COMMITMENTS: &[(&str, &str)] = &[("Reserved", "Usage"), ("SavingsPlan", "Spend")];

fn name<T: PartialEq>(names: &'static [(&'static str, T)], value: &T) -> &'static str {
    names.iter().find(|(_, v)| v == value).map_or("", |(name, _)| name)
}

fn money(amount: Usd) -> Option<Cow<'static, str>> {
    Some(exact(amount.decimal()).into())
}

/// The charges of a bill as a table.
///
/// # Errors
/// Why they cannot be kept as they are.
pub fn frame(bill: &Bill) -> Result<DataFrame, String> {
    bill.charges.iter().try_for_each(|c| fits(bill, c))?;
    let days = DateChunked::from_naive_date_options(DAY.into(), bill.charges.iter().map(|c| c.day));
    let mut columns = vec![days.into_series().into_column()];
    for (name, text) in COLUMNS {
        let texts: Vec<Option<Cow<'_, str>>> = bill.charges.iter().map(text).collect();
        columns.push(Column::from(Series::new((*name).into(), texts)));
    }
    DataFrame::new(bill.charges.len(), columns).map_err(|e| e.to_string())
}

/// Whether a charge can be kept without loss.
pub fn fits(bill: &Bill, charge: &Charge) -> Result<(), String> {
    let what = |why: &str| Err(format!("{} {}: {why}", charge.line_item, charge.usage_type));
    if charge.month != bill.month || charge.payer != bill.payer {
        return what(&format!("is a charge of {} {}", charge.payer, charge.month));
    }
    if charge.day.is_some_and(|day| Month::of(day) != bill.month) {
        return what("lies on a day outside the period");
    }
    if !charge.tiers.is_empty() || !charge.factors.is_empty() || charge.price.is_some() {
        return what("was predicted, and the store keeps what was billed");
    }
    if charge.commitment.as_ref().is_some_and(|c| !COMMITMENTS.contains(&(c.kind, c.category))) {
        return what("has a commitment of an unknown kind");
    }
    let net = charge.net();
    if [charge.list, charge.billed, charge.effective, net.billed, net.effective].iter().any(|m| m.decimal().abs() > LARGEST) {
        return what("is too large to be summed exactly");
    }
    Ok(())
}

/// The charges of a table.
///
/// # Errors
/// What in it is none.
pub fn charges(frame: &DataFrame, payer: &str, month: Month) -> Result<Vec<Charge>, String> {
    let table = Table::new(frame)?;
    let payer: Arc<str> = payer.into();
    let mut known = Known::default();
    (0..frame.height()).map(|row| table.charge(row, &payer, month, &mut known).map_err(|why| format!("row {}: {why}", row + 1))).collect()
}

/// The columns of a file, each of the right type.
struct Table<'a> {
    days: &'a DateChunked,
    texts: HashMap<&'static str, &'a StringChunked>,
}

/// Values that many rows share.
#[derive(Default)]
struct Known<'a> {
    texts: HashMap<&'a str, Arc<str>>,
    items: HashMap<&'a str, LineItem>,
    tags: HashMap<&'a str, Arc<Tags>>,
}

impl<'a> Known<'a> {
    fn text(&mut self, text: &'a str) -> Arc<str> {
        get(&mut self.texts, text, |t| t.into())
    }
}

/// The value of a key, made where it is not there.
fn get<K: Eq + Hash + Copy, V: Clone>(map: &mut HashMap<K, V>, key: K, make: impl Fn(K) -> V) -> V {
    map.entry(key).or_insert_with(|| make(key)).clone()
}

impl<'a> Table<'a> {
    fn new(frame: &'a DataFrame) -> Result<Table<'a>, String> {
        let column = |name: &str| frame.column(name).map_err(|_| format!("has no column `{name}`"));
        let wrong = |name: &str, column: &Column, expected: DataType| format!("`{name}` holds {}, not {expected}", column.dtype());
        let days = column(DAY)?;
        let days = days.date().map_err(|_| wrong(DAY, days, DataType::Date))?;
        let mut texts = HashMap::new();
        for (name, _) in COLUMNS {
            let of = column(name)?;
            texts.insert(*name, of.str().map_err(|_| wrong(name, of, DataType::String))?);
        }
        Ok(Table { days, texts })
    }

    fn optional(&self, name: &str, row: usize) -> Option<&'a str> {
        self.texts.get(name).and_then(|column| column.get(row))
    }

    fn text(&self, name: &str, row: usize) -> Result<&'a str, String> {
        self.optional(name, row).ok_or_else(|| format!("`{name}` is empty"))
    }

    fn decimal(&self, name: &str, row: usize) -> Result<Decimal, String> {
        let text = self.text(name, row)?;
        Decimal::from_str_exact(text).map_err(|_| format!("`{name}` holds `{text}`, which is no decimal"))
    }

    fn usd(&self, name: &str, row: usize) -> Result<Usd, String> {
        let exact = self.decimal(name, row)?;
        let amount = Usd::new(exact);
        if amount.decimal() != exact || exact.abs() > LARGEST {
            return Err(format!("`{name}` holds {exact}, which is no amount"));
        }
        Ok(amount)
    }

    fn one_of<T: Copy>(&self, name: &str, row: usize, names: &[(&str, T)]) -> Result<T, String> {
        let text = self.text(name, row)?;
        names.iter().find(|(n, _)| *n == text).map(|(_, v)| *v).ok_or_else(|| unknown(name, text))
    }

    fn charge(&self, row: usize, payer: &Arc<str>, month: Month, known: &mut Known<'a>) -> Result<Charge, String> {
        let optional_unit = self.optional("unit", row).map(|_| self.one_of("unit", row, UNITS)).transpose()?;
        Ok(Charge {
            month,
            day: self.day(row, month)?,
            line_item: get(&mut known.items, self.text("line_item", row)?, |t| t.parse().unwrap_or_else(|never| match never {})),
            payer: payer.clone(),
            account: known.text(self.text("account", row)?),
            environment: known.text(self.text("environment", row)?),
            resource: known.text(self.text("resource", row)?),
            tags: self.tags(row, known)?,
            service: Cow::Owned(self.text("service", row)?.to_owned()),
            region: known.text(self.text("region", row)?),
            usage_type: known.text(self.text("usage_type", row)?),
            operation: Cow::Owned(self.text("operation", row)?.to_owned()),
            description: Cow::Owned(self.text("description", row)?.to_owned()),
            quantity: self.decimal("quantity", row)?,
            unit: optional_unit,
            category: self.one_of("category", row, CATEGORIES)?,
            frequency: self.one_of("frequency", row, FREQUENCIES)?,
            pricing: self.one_of("pricing", row, PRICINGS)?,
            commitment: self.commitment(row)?,
            seller: self.one_of("seller", row, SELLERS)?,
            list: self.usd("list", row)?,
            billed: self.usd("billed", row)?,
            effective: self.usd("effective", row)?,
            net: self.net(row)?,
            tiers: Vec::new(),
            factors: Vec::new(),
            price: None,
        })
    }

    fn day(&self, row: usize, month: Month) -> Result<Option<chrono::NaiveDate>, String> {
        let Some(since_1970) = self.days.physical().get(row) else { return Ok(None) };
        let epoch = chrono::NaiveDate::from_ymd_opt(1970, 1, 1).unwrap_or_default();
        let day = epoch.checked_add_signed(chrono::TimeDelta::days(since_1970.into()));
        day.filter(|d| Month::of(*d) == month).map(Some).ok_or_else(|| format!("the day does not lie in {month}"))
    }

    fn tags(&self, row: usize, known: &mut Known<'a>) -> Result<Arc<Tags>, String> {
        let text = self.text("tags", row)?;
        if let Some(tags) = known.tags.get(text) {
            return Ok(tags.clone());
        }
        let tags: Tags = serde_json::from_str(text).map_err(|_| unknown("tags", text))?;
        Ok(known.tags.entry(text).or_insert(Arc::new(tags)).clone())
    }

    fn commitment(&self, row: usize) -> Result<Option<CommitmentRef>, String> {
        let Some(id) = self.optional("commitment_id", row) else { return Ok(None) };
        let written = self.text("commitment_kind", row)?;
        let (kind, category) = *COMMITMENTS.iter().find(|(k, _)| *k == written).ok_or_else(|| unknown("commitment_kind", written))?;
        let status = self.optional("commitment_status", row).map(|_| self.one_of("commitment_status", row, STATUSES)).transpose()?;
        Ok(Some(CommitmentRef { id: id.to_owned(), kind, category, status }))
    }

    fn net(&self, row: usize) -> Result<Option<Net>, String> {
        if self.optional("net_billed", row).is_none() {
            return Ok(None);
        }
        Ok(Some(Net { billed: self.usd("net_billed", row)?, effective: self.usd("net_effective", row)? }))
    }
}

fn unknown(column: &str, text: impl Display) -> String {
    format!("`{column}` holds `{text}`, which is unknown")
}
