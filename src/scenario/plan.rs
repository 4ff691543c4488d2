//! The plan: amounts that somebody stated beforehand, and which charges they speak of. Never used to compute a cost.

use std::borrow::Cow;
use std::fmt;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

use super::driver::{optional_quantity, quantity};
use crate::money::Usd;
use crate::pricing::fits;
use crate::quantity::{Share, schema_of};
use crate::usage::OUTSIDE_PLANS;

/// What somebody stated that an environment costs a month.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[schemars(transform = or_that_of_another)]
pub struct Plan {
    /// The whole month; also the budget.
    #[serde(deserialize_with = "quantity")]
    #[schemars(schema_with = "schema_of::<Usd>")]
    pub total: Usd,
    /// Line by line. The first line that matches a charge claims it; without lines the total claims every charge.
    #[serde(default)]
    pub lines: Vec<PlanLine>,
    /// Charges that no line speaks of, although one would match.
    #[serde(default)]
    pub outside: Vec<Outside>,
}

/// `of` is no field: another environment's plan takes the place of the whole before it is read.
fn or_that_of_another(schema: &mut Schema) {
    schema.remove("required");
    schema.insert("anyOf".into(), serde_json::json!([{ "required": ["total"] }, { "required": ["of"] }]));
    if let Some(properties) = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut) {
        let of =
            serde_json::json!({ "type": "string", "description": "The environment whose plan this is, in place of everything else here." });
        properties.insert("of".into(), of);
    }
}

/// One stated amount.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
pub struct PlanLine {
    /// "Group / Line".
    pub line: LineName,
    /// The stated amount a month.
    #[serde(deserialize_with = "quantity")]
    #[schemars(schema_with = "schema_of::<Usd>")]
    pub stated: Usd,
    /// Which charges it speaks of.
    #[serde(rename = "match")]
    pub matches: Match,
    /// Which part of those charges; what is left goes to later lines. Without it, all that is left.
    #[serde(default, deserialize_with = "optional_quantity")]
    #[schemars(schema_with = "schema_of::<Share>")]
    pub share: Option<Share>,
}

/// Charges left out of the plan.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
pub struct Outside {
    /// Which charges.
    #[serde(rename = "match")]
    pub matches: Match,
}

/// Which charges are meant: every key that is there must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize, JsonSchema)]
pub struct Match {
    /// Names of resources; `*` stands for any text.
    #[serde(default)]
    pub resource: OneOrMany,
    /// Service codes, such as `AmazonS3`.
    #[serde(default)]
    pub service: OneOrMany,
    /// Usage types; `*` stands for any text.
    #[serde(default)]
    pub usage_type: OneOrMany,
}

impl Match {
    /// Whether a charge of this resource, service and usage type is meant.
    pub fn fits(&self, resource: &str, service: &str, usage_type: &str) -> bool {
        self.resource.fits(resource) && self.service.fits(service) && self.usage_type.fits(usage_type)
    }

    /// True where no key is there: it would match everything.
    pub fn is_empty(&self) -> bool {
        self.resource.0.is_empty() && self.service.0.is_empty() && self.usage_type.0.is_empty()
    }
}

/// One pattern or a list of them; none fits everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OneOrMany(pub Vec<String>);

impl OneOrMany {
    /// Whether one of the patterns fits.
    pub fn fits(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|p| fits(p, name))
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<OneOrMany, D::Error> {
        struct Patterns;
        impl<'de> Visitor<'de> for Patterns {
            type Value = OneOrMany;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name, or a list of names")
            }
            fn visit_str<E>(self, text: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![text.to_owned()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<OneOrMany, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = seq.next_element()? {
                    list.push(item);
                }
                Ok(OneOrMany(list))
            }
        }
        deserializer.deserialize_any(Patterns)
    }
}

impl JsonSchema for OneOrMany {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "OneOrMany".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
    }
}

/// The name of a plan line: its group and itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineName {
    /// Such as "Compute".
    pub group: String,
    /// Such as "Core Service".
    pub line: String,
}

impl<'de> Deserialize<'de> for LineName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<LineName, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        match text.split_once('/').map(|(g, l)| (g.trim(), l.trim())) {
            Some((group, line)) if !group.is_empty() && !line.is_empty() => Ok(LineName { group: group.into(), line: line.into() }),
            _ => Err(serde::de::Error::custom(format!("`{text}` names no group: write `Group / Line`, such as `Compute / Core Service`"))),
        }
    }
}

impl JsonSchema for LineName {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "LineName".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^.+/.+$", "description": "Group / Line" })
    }
}

/// Where a part of a charge belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Claim {
    /// To the plan line of this index.
    Line(usize),
    /// To the plan's total, which has no lines.
    Total,
    /// To nothing that was planned.
    Unplanned,
}

impl Plan {
    /// Who claims a charge, in shares that add up to one. The first line that matches takes its share of the whole charge;
    /// what is left goes on to later lines.
    pub fn claims(&self, resource: &str, service: &str, usage_type: &str) -> Vec<(Claim, Decimal)> {
        if OUTSIDE_PLANS.contains(&resource) || self.outside.iter().any(|o| o.matches.fits(resource, service, usage_type)) {
            return vec![(Claim::Unplanned, Decimal::ONE)];
        }
        if self.lines.is_empty() {
            return vec![(Claim::Total, Decimal::ONE)];
        }
        let mut claims = Vec::new();
        let mut left = Decimal::ONE;
        for (i, line) in self.lines.iter().enumerate() {
            if left.is_zero() {
                break;
            }
            if line.matches.fits(resource, service, usage_type) {
                let share = line.share.map_or(left, |s| s.0.min(left));
                claims.push((Claim::Line(i), share));
                left -= share;
            }
        }
        if !left.is_zero() {
            claims.push((Claim::Unplanned, left));
        }
        claims
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, resource: &str, share: Option<i64>) -> PlanLine {
        PlanLine {
            line: LineName { group: "G".into(), line: name.into() },
            stated: Usd::ZERO,
            matches: Match { resource: OneOrMany(vec![resource.into()]), ..Match::default() },
            share: share.map(|s| Share(Decimal::new(s, 2))),
        }
    }

    #[test]
    fn two_halves_claim_a_charge_and_a_third_line_gets_nothing() {
        let plan = Plan {
            total: Usd::ZERO,
            lines: vec![line("a", "db", Some(50)), line("b", "db", Some(50)), line("c", "*", None)],
            outside: vec![],
        };
        let half = Decimal::new(5, 1);
        assert_eq!(plan.claims("db", "AmazonRDS", "x"), [(Claim::Line(0), half), (Claim::Line(1), half)]);
        assert_eq!(plan.claims("web", "AmazonECS", "x"), [(Claim::Line(2), Decimal::ONE)]);
    }

    #[test]
    fn what_no_line_claims_is_unplanned() {
        let plan = Plan { total: Usd::ZERO, lines: vec![line("a", "db", Some(30))], outside: vec![] };
        assert_eq!(plan.claims("db", "x", "y"), [(Claim::Line(0), Decimal::new(3, 1)), (Claim::Unplanned, Decimal::new(7, 1))]);
        assert_eq!(plan.claims("web", "x", "y"), [(Claim::Unplanned, Decimal::ONE)]);
    }
}
