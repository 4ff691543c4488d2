//! The products of a JSON list: they stand before its terms, and those that are wanted are remembered.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Deserialize;

use super::Raw;
use super::gather::Gather;

/// A product as JSON lists write it.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Product {
    #[serde(default)]
    pub sku: String,
    #[serde(default)]
    pub attributes: Attributes,
}

/// Those of its attributes that say what it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Attributes {
    #[serde(rename = "servicecode")]
    pub service: String,
    region_code: String,
    location: String,
    location_type: String,
    from_region_code: String,
    from_location: String,
    from_location_type: String,
    #[serde(rename = "usagetype")]
    pub usage_type: String,
    operation: String,
}

impl Product {
    /// What a rate of this product has in common with all of them.
    pub fn raw(&self) -> Raw<'_> {
        let a = &self.attributes;
        // Data transfer stands where it comes from.
        let here = !(a.region_code.is_empty() && a.location.is_empty());
        let (region, location, location_type) = if here {
            (&a.region_code, &a.location, &a.location_type)
        } else {
            (&a.from_region_code, &a.from_location, &a.from_location_type)
        };
        Raw {
            sku: &self.sku,
            service: &a.service,
            region,
            location,
            location_type,
            usage_type: &a.usage_type,
            operation: &a.operation,
            ..Raw::default()
        }
    }
}

/// The products of a list by SKU.
#[derive(Debug, Default)]
pub(super) struct Products {
    wanted: HashMap<String, Product>,
    /// Hashes of the SKUs of all others: enough to tell that a SKU stands twice or has no product.
    others: HashSet<u64>,
}

fn hash(sku: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    sku.hash(&mut hasher);
    hasher.finish()
}

impl Products {
    /// Remembers a product that somebody names.
    pub fn add(&mut self, sku: String, mut product: Product, gather: &mut Gather<'_>) {
        if self.wanted.contains_key(&sku) || self.others.contains(&hash(&sku)) {
            gather.wrong(0, &sku, "the product stands twice");
        } else if gather.names(&product.attributes.usage_type) {
            product.sku = sku.clone();
            self.wanted.insert(sku, product);
        } else {
            self.others.insert(hash(&sku));
            gather.skip("products that neither price book nor scenarios name (--all takes them)");
        }
    }

    /// The product of a SKU: as the list describes it, else as the price book knows the SKU. What has neither is counted.
    pub fn get(&self, sku: &str, gather: &mut Gather<'_>) -> Option<Product> {
        if let Some(product) = self.wanted.get(sku) {
            return Some(product.clone());
        }
        if self.others.contains(&hash(sku)) {
            return None;
        }
        let known = gather.wanted.sku(sku).cloned();
        if known.is_none() {
            gather.skip("terms of a SKU that the list does not describe");
        }
        known.map(|known| Product {
            sku: sku.to_owned(),
            attributes: Attributes {
                service: known.service,
                region_code: known.region,
                usage_type: known.usage_type,
                operation: known.operation,
                ..Attributes::default()
            },
        })
    }
}
