//! Drivers: inputs that move cost, each with where it came from.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize as DeriveDeserialize, Serialize, Serializer};

use crate::quantity::{Quantity, Share, grouped};
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

/// How a value is spread between `low` and `high`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, DeriveDeserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// One case in ten lies below `low` and one in ten above `high`; half of them on either side of the likely value.
    #[default]
    Quantiles,
    /// `low` and `high` are the ends; straight lines from the likely value to both.
    Triangular,
    /// `low` and `high` are the ends; a bell around the likely value.
    Pert,
    /// `low` and `high` are the ends; all between them alike.
    Uniform,
}

/// How far a value may lie from the one at which costs are computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spread {
    /// Between two values, in the unit of the value itself.
    Range {
        /// The low one.
        low: Decimal,
        /// The high one.
        high: Decimal,
        /// What they mean.
        shape: Shape,
    },
    /// Lognormal around the value: the standard deviation of its logarithm.
    Lognormal(Decimal),
}

/// What is not certain about a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Uncertainty {
    /// The likely value.
    pub likely: Decimal,
    /// How far it may lie from the likely value.
    pub spread: Spread,
    /// What it cannot exceed: 1 for a share.
    pub most: Option<Decimal>,
}

/// A value that moves cost. In a file either bare (`cpu: 4 vCPU`), or with its origin
/// (`io: {value: 6.5 B requests/month, from: calibrated, why: "…"}`), or as a range (`{low: …, likely: …, high: …}`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Driver<T> {
    /// The value at which costs are computed: the likely one of a range.
    pub value: T,
    /// What is not certain about it; `None` for what is taken as it stands.
    pub uncertainty: Option<Uncertainty>,
    /// True where it grows with the workload.
    pub grows: bool,
    /// The route whose requests are meant, of what is stated per request; all of them without one.
    pub of: Option<String>,
    /// Where it came from.
    pub from: Provenance,
    /// Why it has this value, where somebody said so.
    pub why: Option<String>,
    /// Where it stands; `None` for a default that no file states.
    pub at: Option<Place>,
}

/// "3 to 13" or "±25%": for people.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Spread::Range { low, high, .. } => write!(f, "{} to {}", grouped(*low), grouped(*high)),
            Spread::Lognormal(sd) => write!(f, "spread {}", Share(*sd)),
        }
    }
}

impl<T> Driver<T> {
    /// A default that no file states.
    pub fn default_of(value: T, why: &str) -> Driver<T> {
        Driver { value, uncertainty: None, grows: false, of: None, from: Provenance::Assumed, why: Some(why.to_owned()), at: None }
    }
}

/// The name by which the reader of scenario files knows that a driver is asked for.
pub const DRIVER: &str = "$driver";
/// The keys that a file can write in a driver; `likely` is another word for `value`.
pub const DRIVER_KEYS: &[&str] = &["value", "likely", "low", "high", "shape", "spread", "grows", "of", "from", "why"];
/// The fields of a driver, as the reader hands them over: what files write, and the place.
const DRIVER_FIELDS: &[&str] = &["value", "low", "high", "shape", "spread", "grows", "of", "from", "why", "at"];

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
        let mut parts = Parts::<T>::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "value" | "likely" => parts.value = Some(map.next_value::<Written<T>>()?.0),
                "low" => parts.low = Some(map.next_value::<Written<T>>()?.0),
                "high" => parts.high = Some(map.next_value::<Written<T>>()?.0),
                "shape" => parts.shape = Some(map.next_value()?),
                "spread" => parts.spread = Some(map.next_value::<Written<Share>>()?.0),
                "grows" => parts.grows = map.next_value()?,
                "of" => parts.of = Some(map.next_value()?),
                "from" => parts.from = Some(map.next_value()?),
                "why" => parts.why = Some(map.next_value()?),
                _ => {
                    let [file, line, column, start, end] = map.next_value::<[u32; 5]>()?;
                    parts.at = Some(Place { file: FileId(u16::try_from(file).unwrap_or(u16::MAX)), line, column, start, end });
                }
            }
        }
        let value = parts.value.take().ok_or_else(|| serde::de::Error::missing_field("value"))?;
        let uncertainty = parts.uncertainty(&value).map_err(serde::de::Error::custom)?;
        if parts.grows && value.per_request() {
            return Err(serde::de::Error::custom("what is stated per request follows the workload already: leave `grows` out"));
        }
        if parts.of.is_some() && !value.per_request() {
            return Err(serde::de::Error::custom("`of` names the route of what is stated per request, such as `20 KB/request`"));
        }
        let from = parts.from.unwrap_or(Provenance::Assumed);
        Ok(Driver { value, uncertainty, grows: parts.grows, of: parts.of, from, why: parts.why, at: parts.at })
    }
}

/// A driver as it is read, key by key.
struct Parts<T> {
    value: Option<T>,
    low: Option<T>,
    high: Option<T>,
    shape: Option<Shape>,
    spread: Option<Share>,
    grows: bool,
    of: Option<String>,
    from: Option<Provenance>,
    why: Option<String>,
    at: Option<Place>,
}

impl<T> Default for Parts<T> {
    fn default() -> Parts<T> {
        Parts { value: None, low: None, high: None, shape: None, spread: None, grows: false, of: None, from: None, why: None, at: None }
    }
}

impl<T: Quantity> Parts<T> {
    /// What the keys say about how certain the value is.
    fn uncertainty(&self, value: &T) -> Result<Option<Uncertainty>, String> {
        let spread = match (&self.low, &self.high, self.spread) {
            (None, None, None) if self.shape.is_some() => return Err("`shape` needs `low` and `high`".into()),
            (None, None, None) => return Ok(None),
            (None, None, Some(spread)) if self.shape.is_none() => Spread::Lognormal(spread.0),
            (Some(low), Some(high), None) => self.range(value, low, high)?,
            (Some(_), Some(_), Some(_)) | (None, None, Some(_)) => {
                return Err("`spread` stands instead of `low`, `high` and `shape`: keep one of the two".into());
            }
            _ => return Err("a range needs both `low` and `high`".into()),
        };
        if T::SIGNED && matches!(spread, Spread::Lognormal(_)) {
            return Err("what can be below zero takes `low` and `high` instead of `spread`".into());
        }
        if value.decimal() <= Decimal::ZERO && !T::SIGNED {
            return Err("a range around zero: the likely value must be above it".into());
        }
        Ok(Some(Uncertainty { likely: value.decimal(), spread, most: T::MOST }))
    }

    fn range(&self, value: &T, low: &T, high: &T) -> Result<Spread, String> {
        if !value.comparable(low) || !value.comparable(high) {
            return Err(format!("`low`, `likely` and `high` must be by the same time: {low}, {value}, {high}"));
        }
        let (low, likely, high) = (low.decimal(), value.decimal(), high.decimal());
        if low > likely || likely > high || low == high {
            return Err(format!(
                "`low`, `likely` and `high` must ascend: {} – {} – {}",
                low.normalize(),
                likely.normalize(),
                high.normalize()
            ));
        }
        Ok(Spread::Range { low, high, shape: self.shape.unwrap_or_default() })
    }
}

/// For `scenario show --resolved`: the value as text with its origin. The printer turns `at` into a file and line.
impl<T: Quantity> Serialize for Driver<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(DRIVER, &self.value.to_string())?;
        map.serialize_entry("range", &self.uncertainty.map(|u| u.spread.to_string()))?;
        map.serialize_entry("grows", &self.grows)?;
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
        let shape = generator.subschema_for::<Shape>();
        json_schema!({
            "anyOf": [
                value,
                {
                    "type": "object",
                    "anyOf": [{ "required": ["value"] }, { "required": ["likely"] }],
                    "additionalProperties": false,
                    "properties": {
                        "value": value,
                        "likely": value,
                        "low": value,
                        "high": value,
                        "shape": shape,
                        "spread": { "type": "string", "pattern": r"^[0-9.,_]+ ?%$", "description": "lognormal around the value: the standard deviation of its logarithm" },
                        "grows": { "type": "boolean", "description": "true where it grows with the workload" },
                        "of": { "type": "string", "description": "the route whose requests are meant" },
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
