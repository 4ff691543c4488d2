//! Drivers: inputs that move cost, each with where it came from.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize as DeriveDeserialize, Serialize, Serializer};

use crate::quantity::Quantity;
use crate::source::{FileId, Place};

/// Where a value came from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, DeriveDeserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Provenance {
    /// The plan states it.
    Plan,
    /// It was measured.
    Measured,
    /// It was solved for, so that a stated amount comes true; always with its why.
    Calibrated,
    /// Nobody knows; somebody chose it.
    Assumed,
}

impl Provenance {
    /// The word that files and outputs use.
    pub fn word(self) -> &'static str {
        match self {
            Provenance::Plan => "plan",
            Provenance::Measured => "measured",
            Provenance::Calibrated => "calibrated",
            Provenance::Assumed => "assumed",
        }
    }
}

/// A value that moves cost. In a file either bare (`cpu: 4 vCPU`) or with its origin
/// (`io: {value: 6.5 B requests/month, from: calibrated, why: "…"}`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Driver<T> {
    /// The value at which costs are computed.
    pub value: T,
    /// Where it came from.
    pub from: Provenance,
    /// Why it has this value, where somebody said so.
    pub why: Option<String>,
    /// Where it stands; `None` for a default that no file states.
    pub at: Option<Place>,
}

impl<T> Driver<T> {
    /// A default that no file states.
    pub fn default_of(value: T, why: &str) -> Driver<T> {
        Driver { value, from: Provenance::Assumed, why: Some(why.to_owned()), at: None }
    }
}

/// The name by which the reader of scenario files knows that a driver is asked for.
pub const DRIVER: &str = "$driver";
/// The fields of a driver, as the reader hands them over.
pub const DRIVER_FIELDS: &[&str] = &["value", "from", "why", "at"];

impl<'de, T: Quantity> Deserialize<'de> for Driver<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Driver<T>, D::Error> {
        deserializer.deserialize_struct(DRIVER, DRIVER_FIELDS, DriverVisitor(PhantomData))
    }
}

/// A quantity, read from its text.
struct Written<T>(T);

impl<'de, T: Quantity> Deserialize<'de> for Written<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Written<T>, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map(Written).map_err(serde::de::Error::custom)
    }
}

/// Reads a quantity that is not a driver (a stated amount of the plan, a limit).
pub fn quantity<'de, T: Quantity, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Written::deserialize(deserializer).map(|w| w.0)
}

/// The same where it may be absent.
pub fn optional_quantity<'de, T: Quantity, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::<Written<T>>::deserialize(deserializer).map(|w| w.map(|w| w.0))
}

struct DriverVisitor<T>(PhantomData<T>);

impl<'de, T: Quantity> Visitor<'de> for DriverVisitor<T> {
    type Value = Driver<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Driver<T>, A::Error> {
        let (mut value, mut from, mut why, mut at) = (None, Provenance::Assumed, None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "value" => value = Some(map.next_value::<Written<T>>()?.0),
                "from" => from = map.next_value()?,
                "why" => why = Some(map.next_value()?),
                _ => {
                    let [file, line, column, start, end] = map.next_value::<[u32; 5]>()?;
                    at = Some(Place { file: FileId(u16::try_from(file).unwrap_or(u16::MAX)), line, column, start, end });
                }
            }
        }
        let value = value.ok_or_else(|| serde::de::Error::missing_field("value"))?;
        Ok(Driver { value, from, why, at })
    }
}

/// For `scenario show --resolved`: the value as text with its origin. The printer turns `at` into a file and line.
impl<T: Quantity> Serialize for Driver<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry(DRIVER, &self.value.to_string())?;
        map.serialize_entry("from", &self.from)?;
        map.serialize_entry("why", &self.why)?;
        map.serialize_entry("at", &self.at.map(|p| [u32::from(p.file.0), p.line]))?;
        map.end()
    }
}

impl<T: Quantity> JsonSchema for Driver<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Driver", T::NAME).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = T::schema();
        let from = generator.subschema_for::<Provenance>();
        json_schema!({
            "anyOf": [
                value,
                {
                    "type": "object",
                    "required": ["value"],
                    "additionalProperties": false,
                    "properties": {
                        "value": value,
                        "from": from,
                        "why": { "type": "string", "description": "why it has this value; a calibrated one always says" }
                    },
                    "if": { "required": ["from"], "properties": { "from": { "const": "calibrated" } } },
                    "then": { "required": ["why"] }
                },
                { "type": "null" }
            ]
        })
    }
}
