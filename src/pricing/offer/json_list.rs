//! Lists as JSON, read as streams: bulk offers, savings plans, and replies of the Query API in each of their shapes.

use std::collections::HashMap;
use std::fmt;
use std::io::{BufReader, Read};

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::gather::Gather;
use super::limit::{Gauge, Limited};
use super::products::{Product, Products};
use super::query::{Entries, Item, Offer, offers};
use super::{List, Raw, RawTerm, day};
use crate::diagnostic::Problems;

/// Bytes that are read at once.
const CHUNK: usize = 256 << 10;

/// Reads a list.
pub(super) fn read<R: Read>(input: R, gather: Gather<'_>) -> Result<List, Problems> {
    let gauge = Gauge::default();
    let input = Limited { inner: input, gauge: gauge.clone() };
    let mut reading = Reading { gather, gauge, products: Products::default(), plans: HashMap::new() };
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(CHUNK, input));
    let outcome = Whole(&mut reading).deserialize(&mut json).and_then(|()| json.end());
    if let Err(error) = outcome {
        let cut = if error.is_eof() { " (the file is cut off)" } else { "" };
        reading.gather.wrong(0, "", format!("{error}{cut}"));
    }
    reading.gather.finish()
}

/// What is known while a file is read.
struct Reading<'w> {
    gather: Gather<'w>,
    gauge: Gauge,
    products: Products,
    /// Savings plans by SKU: product family and payment.
    plans: HashMap<String, (String, String)>,
}

/// A seed that visits objects, lists, or both.
macro_rules! seed {
    ($name:ident, $expects:literal) => {
        impl<'de> DeserializeSeed<'de> for $name<'_, '_> {
            type Value = ();
            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
                deserializer.deserialize_any(self)
            }
        }
        impl $name<'_, '_> {
            fn expects(f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($expects)
            }
        }
    };
}

/// The whole file.
struct Whole<'a, 'w>(&'a mut Reading<'w>);
seed!(Whole, "a price list of AWS's");

impl<'de> Visitor<'de> for Whole<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::expects(f)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        Reply(self.0).visit_seq(seq)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let reading = self.0;
        let mut has_products = false;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "offerCode" => reading.gather.header.offer = map.next_value()?,
                "version" => reading.gather.header.version = map.next_value()?,
                "publicationDate" => reading.gather.header.published = day(&map.next_value::<String>()?),
                "products" if has_products => return Err(A::Error::duplicate_field("products")),
                "products" => {
                    has_products = true;
                    map.next_value_seed(ProductList(reading))?;
                }
                "terms" if has_products => map.next_value_seed(TermKinds(reading))?,
                "terms" => return Err(A::Error::custom("the terms stand before the products: this is not the order of AWS's lists")),
                "PriceList" => map.next_value_seed(Reply(reading))?,
                "offers" | "regions" | "versions" => {
                    return Err(A::Error::custom("this is an index of lists: `ce-cost prices update` reads those"));
                }
                _ if is_sku(&key) => {
                    reading.gather.form = "Query API reply, by SKU";
                    map.next_value_seed(Element { reading, sku: Some(key) })?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if reading.gather.form.is_empty() {
            return Err(A::Error::custom("it has neither products nor a PriceList: this is no price list of AWS's"));
        }
        Ok(())
    }
}

/// True for what AWS's SKUs look like: sixteen capital letters and digits.
fn is_sku(key: &str) -> bool {
    key.len() == 16 && key.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// The elements of a reply.
struct Reply<'a, 'w>(&'a mut Reading<'w>);
seed!(Reply, "a list of products");

impl<'de> Visitor<'de> for Reply<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::expects(f)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        self.0.gather.form = "Query API reply";
        while seq.next_element_seed(Element { reading: self.0, sku: None })?.is_some() {}
        Ok(())
    }
}

/// One element of a reply: an object, or its text.
struct Element<'a, 'w> {
    reading: &'a mut Reading<'w>,
    sku: Option<String>,
}
seed!(Element, "a product with its terms, as an object or as text");

impl<'de> Visitor<'de> for Element<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::expects(f)
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let item: Item = serde_json::from_str(text).map_err(|e| E::custom(format!("inside of a text: {e}")))?;
        self.take(item);
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let item = Item::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        self.take(item);
        Ok(())
    }
}

impl Element<'_, '_> {
    fn take(self, item: Item) {
        self.reading.gauge.ended();
        item.gather(self.sku, &mut self.reading.gather);
    }
}

/// The products of an offer (by SKU) or of savings plans (a list).
struct ProductList<'a, 'w>(&'a mut Reading<'w>);
seed!(ProductList, "products");

/// A savings plan, as a product.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plan {
    sku: String,
    #[serde(default)]
    product_family: String,
    #[serde(default)]
    attributes: PlanAttributes,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PlanAttributes {
    purchase_option: String,
}

impl<'de> Visitor<'de> for ProductList<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::expects(f)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.0.gather.form = "offer JSON";
        while let Some((sku, product)) = map.next_entry::<String, Product>()? {
            self.0.gauge.ended();
            self.0.products.add(sku, product, &mut self.0.gather);
        }
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        self.0.gather.form = "savings plan JSON";
        while let Some(plan) = seq.next_element::<Plan>()? {
            self.0.gauge.ended();
            self.0.plans.insert(plan.sku, (plan.product_family, plan.attributes.purchase_option));
        }
        Ok(())
    }
}

/// `OnDemand`, `Reserved`, `savingsPlan`.
struct TermKinds<'a, 'w>(&'a mut Reading<'w>);
seed!(TermKinds, "terms");

impl<'de> Visitor<'de> for TermKinds<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::expects(f)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let reading = self.0;
        while let Some(kind) = map.next_key::<String>()? {
            match kind.as_str() {
                "OnDemand" | "Reserved" => map.next_value_seed(OfProducts { reading, kind })?,
                "savingsPlan" => map.next_value_seed(OfPlans(reading))?,
                _ => {
                    reading.gather.skip(format!("terms of a kind that is not known: {}", kind.chars().take(40).collect::<String>()));
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// The terms of one kind, by SKU.
struct OfProducts<'a, 'w> {
    reading: &'a mut Reading<'w>,
    kind: String,
}
seed!(OfProducts, "terms by SKU");

impl<'de> Visitor<'de> for OfProducts<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::expects(f)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Reading { gather, gauge, products, .. } = self.reading;
        while let Some(sku) = map.next_key::<String>()? {
            match products.get(&sku, gather) {
                Some(product) => offers(&product, &self.kind, &map.next_value::<Entries<Offer>>()?, gather),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            gauge.ended();
        }
        Ok(())
    }
}

/// The terms of savings plans.
struct OfPlans<'a, 'w>(&'a mut Reading<'w>);
seed!(OfPlans, "savings plans");

impl<'de> Visitor<'de> for OfPlans<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::expects(f)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(OfPlan(self.0))?.is_some() {}
        Ok(())
    }
}

/// One savings plan; its rates stand last.
struct OfPlan<'a, 'w>(&'a mut Reading<'w>);
seed!(OfPlan, "a savings plan");

/// The length of a plan. AWS writes the years as a number.
#[derive(Deserialize)]
struct Length {
    duration: serde_json::Value,
}

/// What all rates of a plan have in common.
#[derive(Default)]
struct PlanTerm {
    sku: String,
    description: String,
    effective: String,
    length: String,
}

impl<'de> Visitor<'de> for OfPlan<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::expects(f)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let reading = self.0;
        let mut term = PlanTerm::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "sku" => term.sku = map.next_value()?,
                "description" => term.description = map.next_value()?,
                "effectiveDate" => term.effective = map.next_value()?,
                "leaseContractLength" => {
                    let length: Length = map.next_value()?;
                    term.length = length.duration.to_string().trim_matches('"').to_owned();
                }
                "rates" if term.sku.is_empty() || term.length.is_empty() => {
                    return Err(A::Error::custom("the rates stand before the plan's SKU and length: this is not the order of AWS's lists"));
                }
                "rates" => map.next_value_seed(PlanRates { reading, term: &term })?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// The rates of one plan.
struct PlanRates<'a, 'w> {
    reading: &'a mut Reading<'w>,
    term: &'a PlanTerm,
}
seed!(PlanRates, "rates of a savings plan");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlanRate {
    discounted_sku: String,
    discounted_service_code: String,
    discounted_usage_type: String,
    #[serde(default)]
    discounted_operation: String,
    #[serde(default)]
    discounted_region_code: String,
    #[serde(default)]
    unit: String,
    discounted_rate: Money,
}

#[derive(Deserialize)]
struct Money {
    price: String,
    currency: String,
}

impl<'de> Visitor<'de> for PlanRates<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::expects(f)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Reading { gather, gauge, plans, .. } = self.reading;
        let Some((family, purchase)) = plans.get(&self.term.sku).cloned() else {
            return Err(A::Error::custom(format!("no product describes the savings plan {}", self.term.sku)));
        };
        while let Some(rate) = seq.next_element::<PlanRate>()? {
            gauge.ended();
            gather.rates += 1;
            if !gather.names(&rate.discounted_usage_type) {
                gather.not_named();
                continue;
            }
            let length = &self.term.length;
            let terms = RawTerm { kind: &family, code: "", length, purchase: &purchase, class: "", is_savings_plan: true };
            gather.rate(&Raw {
                sku: &rate.discounted_sku,
                service: &rate.discounted_service_code,
                region: &rate.discounted_region_code,
                usage_type: &rate.discounted_usage_type,
                operation: &rate.discounted_operation,
                description: &self.term.description,
                unit: &rate.unit,
                begin: "0",
                end: "Inf",
                price: &rate.discounted_rate.price,
                currency: &rate.discounted_rate.currency,
                effective: &self.term.effective,
                terms,
                ..Raw::default()
            });
        }
        Ok(())
    }
}
