//! The terms of one product, as JSON writes them: in bulk offers below `terms`, in replies of the Query API with the product itself.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::gather::Gather;
use super::products::Product;
use super::{Raw, RawTerm, day};

/// An element of a reply of `GetProducts`.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Item {
    service_code: String,
    version: String,
    publication_date: String,
    product: Product,
    terms: ItemTerms,
}

/// Its terms; kinds of terms that are not named here are passed over.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ItemTerms {
    on_demand: Entries<Offer>,
    reserved: Entries<Offer>,
}

/// One offer of a product at one term.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Offer {
    #[serde(default)]
    offer_term_code: String,
    #[serde(default)]
    effective_date: String,
    price_dimensions: Entries<Dimension>,
    #[serde(default)]
    term_attributes: TermAttributes,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dimension {
    #[serde(default)]
    rate_code: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    begin_range: String,
    #[serde(default)]
    end_range: String,
    #[serde(default)]
    description: String,
    price_per_unit: Entries<String>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TermAttributes {
    lease_contract_length: String,
    purchase_option: String,
    offering_class: String,
}

impl Item {
    /// Hands its rates on.
    pub fn gather(mut self, sku: Option<String>, gather: &mut Gather<'_>) {
        if let Some(sku) = sku.filter(|_| self.product.sku.is_empty()) {
            self.product.sku = sku;
        }
        if self.product.attributes.service.is_empty() {
            self.product.attributes.service.clone_from(&self.service_code);
        }
        let published = day(&self.publication_date);
        if published >= gather.header.published {
            gather.header.published = published;
            gather.header.version.clone_from(&self.version);
            gather.header.offer.clone_from(&self.service_code);
        }
        offers(&self.product, "OnDemand", &self.terms.on_demand, gather);
        offers(&self.product, "Reserved", &self.terms.reserved, gather);
    }
}

/// Hands on the rates of a product at some terms.
pub(super) fn offers(product: &Product, kind: &str, offers: &Entries<Offer>, gather: &mut Gather<'_>) {
    for (_, offer) in &offers.0 {
        let attributes = &offer.term_attributes;
        let terms = RawTerm {
            kind,
            code: &offer.offer_term_code,
            length: &attributes.lease_contract_length,
            purchase: &attributes.purchase_option,
            class: &attributes.offering_class,
            is_savings_plan: false,
        };
        for (_, dimension) in &offer.price_dimensions.0 {
            gather.rates += 1;
            if !gather.names(&product.attributes.usage_type) {
                gather.not_named();
                continue;
            }
            let prices = &dimension.price_per_unit.0;
            let dollars = prices.iter().find(|(currency, _)| currency == "USD").or(prices.first());
            let Some((currency, price)) = dollars else {
                gather.wrong(0, &product.sku, "a rate has no price");
                continue;
            };
            gather.rate(&Raw {
                description: &dimension.description,
                unit: &dimension.unit,
                begin: &dimension.begin_range,
                end: &dimension.end_range,
                price,
                currency,
                effective: &offer.effective_date,
                rate_code: &dimension.rate_code,
                terms,
                ..product.raw()
            });
        }
    }
}

/// A JSON object as a list of its entries, none of them twice.
#[derive(Debug)]
pub(super) struct Entries<T>(pub Vec<(String, T)>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Entries(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
            type Value = Entries<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<T>, A::Error> {
                let mut entries: Vec<(String, T)> = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    if entries.iter().any(|(k, _)| *k == key) {
                        return Err(A::Error::custom(format!("`{key}` stands twice")));
                    }
                    entries.push((key, map.next_value()?));
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Object(PhantomData))
    }
}
