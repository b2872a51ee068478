//! The published vectors of the canonicaliser: docs/id-vectors.csv, every line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bidui_model::{CellKind, IdStatus, RawCell};
use bidui_normalize::{Identifier, canonical_id};

const VECTORS: &str = include_str!("../../../docs/id-vectors.csv");

fn kind(name: &str) -> CellKind {
    match name {
        "empty" => CellKind::Empty,
        "text" => CellKind::Text,
        "number" => CellKind::Number,
        "date" => CellKind::Date,
        "bool" => CellKind::Bool,
        "error" => CellKind::Error,
        other => panic!("no such kind: {other}"),
    }
}

fn check(read: &Identifier, status: &str, canonical: &str, card: &str, at: &str) {
    assert_eq!(read.status.code(), status, "{at}");
    let id = read.id.map(|id| String::from_utf8(id.expose_bytes().to_vec()).unwrap());
    assert_eq!(id.unwrap_or_default(), canonical, "{at}");
    let found = read.card.map(|card| format!("{}:{}", card.category(), card.level()));
    assert_eq!(found.unwrap_or_default(), card, "{at}");
    let whole = matches!(read.status, IdStatus::Valid | IdStatus::Upgraded);
    assert_eq!(read.id.is_some(), whole, "{at}");
    assert!(whole || read.flaw.is_some(), "{at}: what is refused has a reason");
}

#[test]
fn every_published_vector_holds() {
    let mut reader = csv::Reader::from_reader(VECTORS.as_bytes());
    let mut count = 0;
    for record in reader.records() {
        let record = record.unwrap();
        let cell = RawCell { kind: kind(&record[0]), text: &record[1] };
        check(&canonical_id(cell), &record[2], &record[3], &record[4], &format!("{record:?}"));
        count += 1;
    }
    assert!(count > 80, "{count} vectors");
}

#[test]
fn canonical_twice_is_canonical_once() {
    let mut reader = csv::Reader::from_reader(VECTORS.as_bytes());
    for record in reader.records() {
        let record = record.unwrap();
        let canonical = &record[3];
        if !canonical.is_empty() {
            let cell = RawCell { kind: CellKind::Text, text: canonical };
            let again = canonical_id(cell);
            assert_eq!(again.id.unwrap().expose_bytes(), canonical.as_bytes());
            assert_eq!(again.status, IdStatus::Valid);
        }
    }
}
