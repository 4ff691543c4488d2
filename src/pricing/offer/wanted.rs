//! Which prices of a list are wanted: those that the price book, the scenarios or the user name.

use std::collections::{BTreeSet, HashMap};

use crate::pricing::{PriceBook, Region};
use crate::usage::UsageRecord;

/// Which prices to take.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Take everything.
    all: bool,
    /// By usage type: the places that name it.
    named: HashMap<String, Vec<Named>>,
    /// Prices whose SKU the book knows.
    skus: HashMap<String, Known>,
    /// Regions by their codes and names.
    regions: Vec<Region>,
}

/// What the price book says a SKU is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub service: String,
    pub region: String,
    pub usage_type: String,
    pub operation: String,
}

/// A service and region that name a usage type, at these operations; no service where the user named the usage type alone.
#[derive(Clone, Debug)]
struct Named {
    service: String,
    region: String,
    operations: BTreeSet<String>,
}

impl Wanted {
    /// What a price book names, at whatever term; `all` to take what nobody names as well.
    pub fn by(book: &PriceBook, all: bool) -> Wanted {
        let mut wanted = Wanted { all, regions: book.regions().to_vec(), ..Wanted::default() };
        for row in book.rows() {
            wanted.name(&row.service, &row.region, &row.usage_type, &row.operation);
            if !row.sku.is_empty() {
                let text = |text: &String| text.clone();
                let (service, region) = (text(&row.service), text(&row.region));
                let known = Known { service, region, usage_type: text(&row.usage_type), operation: text(&row.operation) };
                wanted.skus.insert(row.sku.clone(), known);
            }
        }
        wanted
    }

    /// What is used, priced or not.
    pub fn and_used<'a>(mut self, records: impl IntoIterator<Item = &'a UsageRecord>) -> Wanted {
        for record in records {
            self.name(&record.service, &record.region, &record.usage_type, &record.operation);
        }
        self
    }

    /// A usage type that the user names, wherever it stands.
    pub fn and_usage_type(mut self, usage_type: &str) -> Wanted {
        self.name("", "", usage_type, "");
        self
    }

    fn name(&mut self, service: &str, region: &str, usage_type: &str, operation: &str) {
        let places = self.named.entry(usage_type.to_owned()).or_default();
        match places.iter_mut().find(|n| n.service == service && n.region == region) {
            Some(named) => {
                named.operations.insert(operation.to_owned());
            }
            None => {
                places.push(Named { service: service.to_owned(), region: region.to_owned(), operations: [operation.to_owned()].into() })
            }
        }
    }

    /// True where everything is taken.
    pub fn all(&self) -> bool {
        self.all
    }

    /// True for a usage type that somebody names somewhere: the cheap question, asked of every row.
    pub fn names(&self, usage_type: &str) -> bool {
        self.all || self.named.contains_key(usage_type)
    }

    /// True for a usage type that somebody names in this service and region.
    pub fn takes(&self, service: &str, region: &str, usage_type: &str) -> bool {
        self.all || self.place(service, region, usage_type).is_some()
    }

    /// The operations at which a usage type is named; `None` where any will do.
    pub fn operations(&self, service: &str, region: &str, usage_type: &str) -> Option<&BTreeSet<String>> {
        if self.all {
            return None;
        }
        self.place(service, region, usage_type).filter(|n| !n.service.is_empty()).map(|n| &n.operations)
    }

    fn place(&self, service: &str, region: &str, usage_type: &str) -> Option<&Named> {
        let places = self.named.get(usage_type)?;
        let by_name = places.iter().find(|n| n.service.is_empty());
        by_name.or_else(|| places.iter().find(|n| n.service == service && n.region == region))
    }

    /// What the price book says a SKU is.
    pub(super) fn sku(&self, sku: &str) -> Option<&Known> {
        self.skus.get(sku)
    }

    /// Services and regions that are named, for those who fetch lists.
    pub fn services_and_regions(&self) -> BTreeSet<(&str, &str)> {
        self.named.values().flatten().filter(|n| !n.service.is_empty()).map(|n| (n.service.as_str(), n.region.as_str())).collect()
    }

    /// The region of a rate: its code where the list has one, else by its name. Locations that are no region (edges, "Any") belong to
    /// `global`. `None` for a place that no table knows.
    pub(super) fn region<'a>(&'a self, code: &'a str, location: &str, location_type: &str) -> Option<&'a str> {
        if !code.is_empty() {
            return Some(if code == "aws-global" { "global" } else { code });
        }
        if location.is_empty() || matches!(location, "Any" | "Global") || !matches!(location_type, "" | "AWS Region") {
            return Some("global");
        }
        // Until 2022 the lists wrote "EU (Paris)".
        let new = location.strip_prefix("EU (").map(|rest| format!("Europe ({rest}"));
        let name = new.as_deref().unwrap_or(location);
        self.regions.iter().find(|r| r.name == name).map(|r| r.region.as_str())
    }

    /// True for a region that the book has a code for.
    pub(super) fn knows_region(&self, region: &str) -> bool {
        self.regions.iter().any(|r| r.region == region)
    }
}
