//! The JSON Schema of scenario files, generated from the types that read them, so that editors complete.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::accounts::Accounts;
use super::{Common, Top};
use crate::services::KINDS;

/// The schema of a scenario file.
pub fn scenario() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let top = generator.subschema_for::<Top>();
    let mut root = definition(&mut generator, &top);
    let of_top: Vec<String> = generator.definitions().keys().cloned().collect();
    let resources: Vec<Value> = KINDS.iter().map(|kind| resource(&mut generator, kind.name, kind.schema)).collect();
    if let Some(properties) = root.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert(
            "resources".into(),
            json!({
                "type": ["object", "null"],
                "description": "What runs in the environment, by name. In an inheriting file, null removes.",
                "additionalProperties": { "anyOf": [{ "type": "null" }, { "$ref": "#/$defs/Resource" }] }
            }),
        );
    }
    let mut definitions = generator.take_definitions(true);
    for (name, definition) in &mut definitions {
        if !of_top.contains(name) {
            laid_over(definition);
        }
    }
    definitions.insert("Resource".into(), json!({ "anyOf": resources }));
    finish(root, definitions, "A scenario of ce-cost", "What runs in one environment. Files that inherit may leave out what they inherit.")
}

/// The schema of `accounts.yaml`.
pub fn accounts() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let top = generator.subschema_for::<Accounts>();
    let root = definition(&mut generator, &top);
    let definitions = generator.take_definitions(true);
    finish(root, definitions, "Payer accounts of ce-cost", "Who pays for which environments.")
}

fn finish(mut root: Value, definitions: Map<String, Value>, title: &str, description: &str) -> Value {
    if let Some(object) = root.as_object_mut() {
        object.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        object.insert("title".into(), json!(title));
        object.insert("description".into(), json!(description));
        // A file that inherits may leave out everything but its name.
        object.insert("required".into(), json!(if title.starts_with("A scenario") { ["environment"] } else { ["payers"] }));
        object.insert("additionalProperties".into(), json!(false));
        object.insert("$defs".into(), Value::Object(definitions));
    }
    root
}

/// The definition behind a reference that the generator gave.
fn definition(generator: &mut SchemaGenerator, schema: &schemars::Schema) -> Value {
    let value = schema.clone().to_value();
    match value.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next()) {
        Some(name) => generator.definitions_mut().remove(name).unwrap_or(value),
        None => value,
    }
}

/// One type of resource: its own keys with those that every resource has. A resource that changes an inherited one may leave
/// out its type, so only the type's name is bound to the rest.
fn resource(generator: &mut SchemaGenerator, name: &str, schema: fn(&mut SchemaGenerator) -> schemars::Schema) -> Value {
    let mut own = schema(generator).to_value();
    let common = generator.root_schema_for::<Common>().to_value();
    let shared = common.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(properties) = own.as_object_mut().and_then(|o| o.entry("properties").or_insert_with(|| json!({})).as_object_mut()) {
        for (key, value) in shared {
            properties.insert(key, value);
        }
        properties.insert("type".into(), json!({ "const": name }));
    }
    if let Some(object) = own.as_object_mut() {
        object.insert("title".into(), json!(name));
        object.insert("additionalProperties".into(), json!(false));
    }
    laid_over(&mut own);
    own
}

/// A part of a resource may be laid over an inherited one: it can leave out every key, and null removes one.
fn laid_over(definition: &mut Value) {
    let Some(object) = definition.as_object_mut() else { return };
    object.remove("required");
    for (key, property) in object.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        if key != "type" {
            *property = json!({ "anyOf": [property.take(), { "type": "null" }] });
        }
    }
}
