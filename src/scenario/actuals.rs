//! Which rows of real bills are an environment's, and how rows that belong to none are shared.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::plan::OneOrMany;
use crate::quantity::Share;

/// The cost allocation tag that names an environment where a scenario says nothing else.
pub const ENVIRONMENT: &str = "Environment";

/// Which rows of real bills are an environment's: every key that is there must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Actuals {
    /// Cost allocation tags with the values that mean it, such as `{Environment: prod}`. Letters of keys may be large or small;
    /// `*` in a value stands for any text. Without `tag` and `account` it is the tag `Environment` with the scenario's own value,
    /// else its name.
    #[serde(default)]
    pub tag: BTreeMap<String, OneOrMany>,
    /// Accounts that are billed for it, by their twelve digits.
    #[serde(default)]
    pub account: OneOrMany,
}

/// Rows of real bills that belong to no environment, and how they are shared. The first rule that fits a row holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Shared {
    /// Which rows.
    #[serde(rename = "match")]
    pub matches: SharedMatch,
    /// How they are shared.
    pub by: By,
}

/// Which rows are meant: every key that is there must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct SharedMatch {
    /// Service codes, such as `AWSSupport`; `*` stands for any text.
    #[serde(default)]
    pub service: OneOrMany,
    /// Usage types.
    #[serde(default)]
    pub usage_type: OneOrMany,
    /// Line item types of the Cost and Usage Report, such as `Tax`.
    #[serde(default)]
    pub line_item: OneOrMany,
}

impl SharedMatch {
    /// Whether a row is meant.
    pub fn fits(&self, service: &str, usage_type: &str, line_item: &str) -> bool {
        self.service.fits(service) && self.usage_type.fits(usage_type) && self.line_item.fits(line_item)
    }
}

/// How a cost is shared among a payer's members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// By what each is billed for directly.
    Proportional,
    /// The same to each that is billed for anything.
    Even,
    /// By stated parts; what they leave belongs to none.
    Parts(BTreeMap<String, Share>),
}

impl<'de> Deserialize<'de> for By {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<By, D::Error> {
        struct Rule;
        impl<'de> Visitor<'de> for Rule {
            type Value = By;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`proportional`, `even`, or a part for each environment such as `{prod: 80%, dev: 20%}`")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<By, E> {
                match text {
                    "proportional" => Ok(By::Proportional),
                    "even" => Ok(By::Even),
                    _ => Err(E::custom(format!("`{text}` is no rule: write `proportional`, `even` or `{{prod: 80%, dev: 20%}}`"))),
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<By, A::Error> {
                let mut parts = BTreeMap::new();
                while let Some((environment, part)) = map.next_entry::<String, Cow<'de, str>>()? {
                    parts.insert(environment, part.parse().map_err(serde::de::Error::custom)?);
                }
                Ok(By::Parts(parts))
            }
        }
        deserializer.deserialize_any(Rule)
    }
}

impl JsonSchema for By {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "SharedBy".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "proportional to what each environment is billed for directly, even, or stated parts",
            "anyOf": [
                { "enum": ["proportional", "even"] },
                { "type": "object", "additionalProperties": { "type": "string", "pattern": r"^[0-9.,_]+ ?%$" } }
            ]
        })
    }
}
