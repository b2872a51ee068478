//! A kind as a JSON Schema, draft-07: what the editors' TOML extensions read. The meanings of words stand in `x-taplo`, where taplo looks
//! for them, and once more in the description for everybody else.

use serde_json::{Map, Value, json};

use super::kind::Kind;
use super::shape::{Bounds, Demand, Entries, Key, Shape, TableSpec};

/// The schema's file, keys in order, so that the same table gives the same bytes.
#[must_use]
pub fn schema_json(kind: &Kind) -> String {
    let mut schema = of_table(kind.table);
    schema.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    schema.insert("title".to_owned(), json!(format!("比对：{}", kind.title)));
    let sorted = sorted(Value::Object(schema));
    let mut text = serde_json::to_string_pretty(&sorted).unwrap_or_default();
    text.push('\n');
    text
}

/// Whether keys are kept in the order they came in depends on who else is in the build.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn of_table(table: &TableSpec) -> Map<String, Value> {
    let mut schema = object(json!({ "type": "object", "additionalProperties": false }));
    schema.insert("properties".to_owned(), properties(table.keys));
    let required: Vec<&str> = table.keys.iter().filter(|key| key.is_required).map(|key| key.name).collect();
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    let demands: Vec<Value> = table.demands.iter().map(of_demand).collect();
    if !demands.is_empty() {
        schema.insert("allOf".to_owned(), json!(demands));
    }
    schema
}

fn properties(keys: &[Key]) -> Value {
    let properties = keys.iter().map(|key| {
        let mut schema = of_shape(&key.shape);
        let meanings = schema.remove(MEANINGS).and_then(|meanings| meanings.as_str().map(str::to_owned));
        let says = meanings.map_or_else(|| key.says.to_owned(), |meanings| format!("{}。{meanings}", key.says));
        schema.insert("description".to_owned(), json!(says));
        (key.name.to_owned(), Value::Object(schema))
    });
    Value::Object(properties.collect())
}

/// Between a word's schema and the description of its key.
const MEANINGS: &str = "meanings";

fn of_shape(shape: &Shape) -> Map<String, Value> {
    match shape {
        Shape::Text => object(json!({ "type": "string" })),
        Shape::LongText(least) => object(json!({ "type": "string", "minLength": least })),
        Shape::Pattern(pattern) => object(json!({ "type": "string", "pattern": pattern })),
        Shape::Word(words) => of_words(words),
        Shape::Whole(least, most) => {
            let mut schema = object(json!({ "type": "integer", "minimum": least }));
            schema.extend((*most < i64::MAX).then(|| ("maximum".to_owned(), json!(most))));
            schema
        }
        Shape::Number(bounds) => of_number(bounds),
        Shape::Flag => object(json!({ "type": "boolean" })),
        // A TOML date has no type of its own in JSON: taplo hands it over as text.
        Shape::Date => object(json!({ "type": "string", "format": "date" })),
        Shape::List(item, least) => list(of_shape(item), *least),
        Shape::PairOfNumbers => object(json!({
            "type": "array", "minItems": 2, "maxItems": 2, "items": { "type": "number", "minimum": 0 },
        })),
        Shape::PairsOfTexts => object(json!({
            "type": "array", "items": { "type": "array", "minItems": 2, "maxItems": 2, "items": { "type": "string" } },
        })),
        Shape::Table(table) => of_table(table),
        Shape::Tables(table, least) => list(of_table(table), *least),
        Shape::Entries(entries) => of_entries(entries),
        Shape::EntriesList(entries) => list(of_entries(entries), 0),
        Shape::Either(one, other) => object(json!({ "anyOf": [of_shape(one), of_shape(other)] })),
        Shape::Scalar => object(json!({ "type": ["string", "number", "boolean"] })),
    }
}

fn list(mut item: Map<String, Value>, least: u64) -> Map<String, Value> {
    let meanings = item.remove(MEANINGS);
    let mut schema = object(json!({ "type": "array", "items": item }));
    if least > 0 {
        schema.insert("minItems".to_owned(), json!(least));
    }
    schema.extend(meanings.map(|meanings| (MEANINGS.to_owned(), meanings)));
    schema
}

fn of_words(words: &[(&str, &str)]) -> Map<String, Value> {
    let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
    let says: Vec<&str> = words.iter().map(|(_, says)| *says).collect();
    let told: Vec<String> = words
        .iter()
        .map(|(name, says)| if says.is_empty() { (*name).to_owned() } else { format!("{name} {says}") })
        .collect();
    object(json!({
        "type": "string",
        "enum": names,
        "x-taplo": { "docs": { "enumValues": says } },
        MEANINGS: told.join("；"),
    }))
}

fn of_number(bounds: &Bounds) -> Map<String, Value> {
    let (least, most) = if bounds.open { ("exclusiveMinimum", "exclusiveMaximum") } else { ("minimum", "maximum") };
    let mut schema = object(json!({ "type": "number" }));
    schema.extend(bounds.least.map(|bound| (least.to_owned(), json!(bound))));
    schema.extend(bounds.most.map(|bound| (most.to_owned(), json!(bound))));
    schema
}

fn of_entries(entries: &Entries) -> Map<String, Value> {
    object(json!({
        "type": "object",
        "properties": properties(entries.beside),
        "propertyNames": { "pattern": entries.names },
        "additionalProperties": of_shape(&entries.value),
    }))
}

fn of_demand(demand: &Demand) -> Value {
    let needs = |keys: &[&str]| -> Vec<Value> { keys.iter().map(|key| json!({ "required": [key] })).collect() };
    match demand {
        Demand::Any(keys) => json!({ "anyOf": needs(keys) }),
        Demand::NotTwo(keys) => {
            let pairs = keys.iter().enumerate().flat_map(|(at, one)| keys[..at].iter().map(move |other| (one, other)));
            let pairs: Vec<Value> = pairs.map(|(one, other)| json!({ "required": [one, other] })).collect();
            json!({ "not": { "anyOf": pairs } })
        }
        Demand::Together(one, other) => json!({ "dependencies": { *one: [other] } }),
        Demand::OneSheet { required, may } => {
            let all: Vec<&str> = required.iter().chain(*may).copied().collect();
            json!({
                "if": { "properties": { "sheet": { "type": "string" } } },
                "then": { "required": required },
                "else": { "not": { "anyOf": needs(&all) } },
            })
        }
    }
}
