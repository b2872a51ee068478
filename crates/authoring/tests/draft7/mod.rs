//! As much of JSON Schema draft-07 as the schemas use, written from the standard; a word that is not here is a panic, and never a file that
//! passes unseen.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bidui_authoring::{Kind, schema_json};
use regex::Regex;
use serde_json::{Map, Value};

/// What a kind's schema has against a file, each with its place.
pub(crate) fn complaints(kind: &Kind, text: &str) -> Vec<String> {
    let schema: Value = serde_json::from_str(&schema_json(kind)).unwrap();
    let table: toml::Table = toml::from_str(text.trim_start_matches('\u{feff}')).unwrap();
    let mut found = Vec::new();
    hold(&schema, &as_json(&toml::Value::Table(table)), "", &mut found);
    found
}

/// As taplo hands a file to its validator: dates as text.
fn as_json(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::from(text.as_str()),
        toml::Value::Integer(number) => Value::from(*number),
        toml::Value::Float(number) => Value::from(*number),
        toml::Value::Boolean(flag) => Value::from(*flag),
        toml::Value::Datetime(moment) => Value::from(moment.to_string()),
        toml::Value::Array(items) => items.iter().map(as_json).collect(),
        toml::Value::Table(table) => table.iter().map(|(key, value)| (key.clone(), as_json(value))).collect(),
    }
}

fn is_good(schema: &Value, value: &Value) -> bool {
    let mut found = Vec::new();
    hold(schema, value, "", &mut found);
    found.is_empty()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().expect("a list").iter()
}

fn is_type(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
        other => panic!("type {other}"),
    }
}

fn hold(schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    let schema = match schema {
        Value::Bool(true) => return,
        Value::Bool(false) => return found.push(format!("{place}: may not be there")),
        other => other.as_object().expect("a schema"),
    };
    for (word, asked) in schema {
        let good = match word.as_str() {
            "$schema" | "title" | "description" | "x-taplo" => true,
            "type" => match asked {
                Value::String(name) => is_type(name, value),
                names => list(names).any(|name| is_type(name.as_str().unwrap(), value)),
            },
            "enum" => list(asked).any(|one| one == value),
            "pattern" => value.as_str().is_none_or(|text| Regex::new(asked.as_str().unwrap()).unwrap().is_match(text)),
            "minLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 >= asked.as_u64().unwrap()),
            "format" if asked == "date" => value.as_str().is_none_or(is_date),
            "minimum" => value.as_f64().is_none_or(|number| number >= asked.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= asked.as_f64().unwrap()),
            "exclusiveMinimum" => value.as_f64().is_none_or(|number| number > asked.as_f64().unwrap()),
            "exclusiveMaximum" => value.as_f64().is_none_or(|number| number < asked.as_f64().unwrap()),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= asked.as_u64().unwrap()),
            "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= asked.as_u64().unwrap()),
            "required" => {
                value.as_object().is_none_or(|map| list(asked).all(|key| map.contains_key(key.as_str().unwrap())))
            }
            "dependencies" => value.as_object().is_none_or(|map| depend(asked, map)),
            "allOf" => list(asked).all(|one| is_good(one, value)),
            "anyOf" => list(asked).any(|one| is_good(one, value)),
            "not" => !is_good(asked, value),
            "if" => {
                let branch = if is_good(asked, value) { "then" } else { "else" };
                schema.get(branch).is_none_or(|branch| is_good(branch, value))
            }
            "then" | "else" => true,
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    hold(asked, item, &format!("{place}/{at}"), found);
                }
                true
            }
            "properties" | "additionalProperties" | "propertyNames" => {
                of_keys(word, schema, asked, value, place, found);
                true
            }
            other => panic!("{other} is not known here"),
        };
        if !good {
            found.push(format!("{place}: {word} {asked}"));
        }
    }
}

fn of_keys(
    word: &str,
    schema: &Map<String, Value>,
    asked: &Value,
    value: &Value,
    place: &str,
    found: &mut Vec<String>,
) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let place = format!("{place}/{key}");
        let own = schema.get("properties").and_then(|properties| properties.get(key));
        match (word, own) {
            ("properties", Some(own)) => hold(own, value, &place, found),
            ("additionalProperties", None) => hold(asked, value, &place, found),
            ("propertyNames", _) => hold(asked, &Value::from(key.as_str()), &place, found),
            _ => {}
        }
    }
}

/// Only the kind that names keys.
fn depend(asked: &Value, map: &Map<String, Value>) -> bool {
    let mut pairs = asked.as_object().expect("keys").iter();
    pairs.all(|(key, others)| {
        !map.contains_key(key) || list(others).all(|other| map.contains_key(other.as_str().unwrap()))
    })
}

fn is_date(text: &str) -> bool {
    text.parse::<toml::value::Datetime>().is_ok_and(|moment| moment.date.is_some() && moment.time.is_none())
}
