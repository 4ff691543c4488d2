//! What has a price: every usage type that any service can emit, in a region.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Problems;
use crate::month::Month;
use crate::pricing::{Confidence, PriceBook, check};
use crate::services;

/// Whether a usage type has its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// No price: what uses it cannot be predicted in this region.
    Missing,
    /// Several prices fit equally well.
    Several,
    /// One price.
    Priced,
}

/// One usage type in one region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Covered {
    /// The region of the resource that uses it.
    pub region: String,
    /// Where its price is looked up: the same region, `global`, or the one that what is used belongs to.
    pub priced_in: String,
    /// The price list's service code.
    pub service: String,
    /// The usage type.
    pub usage_type: String,
    /// The operation; empty where the price does not depend on it.
    pub operation: String,
    /// The types of resources that use it.
    pub used_by: BTreeSet<String>,
    /// Whether it has its price.
    pub status: Status,
    /// How sure the price is: `high`, `medium` or `low`; `null` without one.
    pub confidence: Option<String>,
    /// When the price was seen: a day, a month, a year, or nothing.
    pub seen: String,
    /// Days since then; `null` where no day is known.
    pub days: Option<i64>,
    /// What to say of it where it has no price.
    pub why: String,
}

/// How many usage types of a region stand how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sum {
    /// The region.
    pub region: String,
    /// Usage types in all.
    pub usage_types: usize,
    /// With a price.
    pub priced: usize,
    /// Of these with a price of the region itself; others are priced once for all, or with what they reach.
    pub own: usize,
    /// Of these by confidence.
    pub high: usize,
    /// As above.
    pub medium: usize,
    /// As above.
    pub low: usize,
    /// Seen longer ago than a year, or on no known day.
    pub old: usize,
    /// Without a price.
    pub missing: usize,
    /// With several that fit.
    pub several: usize,
}

/// Days after which a price counts as old.
pub const OLD: i64 = 366;

/// Every usage type that the example of any service emits in a region, and its price on the first day of a month. `today` is the day
/// from which ages count.
///
/// # Errors
/// Examples that cannot be read.
pub fn of(book: &PriceBook, region: &str, month: Month, today: NaiveDate) -> Result<Vec<Covered>, Problems> {
    let mut found: BTreeMap<(String, String, String), Covered> = BTreeMap::new();
    for (kind, records) in services::examples(book, region, month)? {
        for record in records {
            let key = (record.service.to_string(), record.usage_type.to_string(), record.operation.to_string());
            let covered = found.entry(key).or_insert_with_key(|(service, usage_type, operation)| {
                let place = Covered {
                    region: region.to_owned(),
                    priced_in: record.region.to_string(),
                    service: service.clone(),
                    usage_type: usage_type.clone(),
                    operation: operation.clone(),
                    used_by: BTreeSet::new(),
                    status: Status::Missing,
                    confidence: None,
                    seen: String::new(),
                    days: None,
                    why: String::new(),
                };
                looked_up(place, book, &record.region, month, today)
            });
            covered.used_by.insert(kind.to_owned());
        }
    }
    Ok(found.into_values().collect())
}

/// What a lookup finds. The weakest and oldest tier speaks for the price.
fn looked_up(place: Covered, book: &PriceBook, region: &str, month: Month, today: NaiveDate) -> Covered {
    match book.price(&place.service, region, &place.usage_type, &place.operation, month.first_day()) {
        Ok(price) => {
            let confidence = price.rows.iter().map(|r| r.confidence).min().unwrap_or(Confidence::Low);
            let seen = price.rows.iter().map(|r| r.seen.clone()).min().unwrap_or_default();
            let days = check::first_day(&seen).map(|day| (today - day).num_days());
            Covered { status: Status::Priced, confidence: Some(confidence.to_string()), seen, days, ..place }
        }
        Err(none) => {
            let status = if none.is_ambiguous() { Status::Several } else { Status::Missing };
            Covered { status, why: none.why, ..place }
        }
    }
}

/// Counts a region's usage types.
pub fn sum(region: &str, rows: &[Covered]) -> Sum {
    let count = |keep: &dyn Fn(&Covered) -> bool| rows.iter().filter(|r| keep(r)).count();
    let sure = |c: Confidence| count(&|r| r.confidence.as_deref() == Some(c.to_string().as_str()));
    Sum {
        region: region.to_owned(),
        usage_types: rows.len(),
        priced: count(&|r| r.status == Status::Priced),
        own: count(&|r| r.status == Status::Priced && r.priced_in == region),
        high: sure(Confidence::High),
        medium: sure(Confidence::Medium),
        low: sure(Confidence::Low),
        old: count(&|r| r.is_old()),
        missing: count(&|r| r.status == Status::Missing),
        several: count(&|r| r.status == Status::Several),
    }
}

impl Covered {
    /// True for everything but a price that is sure and not old.
    pub fn needs_a_look(&self) -> bool {
        self.confidence.as_deref() != Some("high") || self.is_old()
    }

    /// True for a price that was seen longer ago than a year, or on no known day.
    pub fn is_old(&self) -> bool {
        self.status == Status::Priced && self.days.is_none_or(|d| d > OLD)
    }
}
