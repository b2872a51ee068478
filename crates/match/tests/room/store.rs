//! The sealed store: what was written is read again, and what is not there is an error that says so.

use std::path::Path;

use bidui_match::{Registry, StoreFile, StoreWriter};
use bidui_model::{FeedKind, SealedChunk};

use crate::county::{County, PERSON, Person, ROW, Row, day, of, person_contract, registry_contract};

fn county() -> (County, usize) {
    let mut county = County::new("2023-03", &[Person { no: "p1", household: "h1", id: 1, name: 1, ..PERSON }]);
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    (county, feed)
}

#[test]
fn every_value_is_read_as_it_was_sealed() {
    let (mut county, feed) = county();
    let row = Row {
        amount: Some(-5),
        on: Some(day("1949-10-01")),
        kind: "“引号”，'单引号'",
        working: Some(false),
        days: Some(-7),
        score: Some(0.125),
        ..of(1)
    };
    county.put(feed, "2023-03", &[row, ROW]);
    let mut ask = |value: &str| county.ask(feed, &format!("per = \"person\"\nvalue = \"MAX({value})\""));
    assert_eq!(ask("amount"), "-0.05");
    assert_eq!(ask("on"), "1949-10-01");
    assert_eq!(ask("kind").trim_matches(['"', '\'']), "“引号”，'单引号");
    assert_eq!(ask("working"), "false");
    assert_eq!(ask("days"), "-7");
    assert_eq!(ask("score"), "0.125");
}

#[test]
fn more_rows_than_one_batch_holds_are_all_counted() {
    let (mut county, feed) = county();
    let rows: Vec<Row> = (0..140_000).map(|row| if row % 2 == 0 { of(1) } else { of(77) }).collect();
    county.put(feed, "2023-03", &rows);
    assert_eq!(county.ask(feed, "per = \"person\"\nvalue = \"COUNT(*)\""), "70000");
    let (links, counts) = county.links(feed, "2023-03");
    assert_eq!((counts.rows, counts.of_class(bidui_model::LinkClass::Certain)), (140_000, 70_000));
    assert!(links.row.iter().copied().eq(2..140_002));
}

#[test]
fn words_are_read_as_written_whether_they_come_again_or_not() {
    for distinct in [1, 3, 2_000] {
        let (mut county, feed) = county();
        let words: Vec<&'static str> =
            (0..distinct).map(|word| &*format!("第{word}种，比十二个字节长").leak()).collect();
        // Every seventh row says nothing.
        let kind = |row: usize| if row.is_multiple_of(7) { "" } else { words[row % distinct] };
        let rows: Vec<Row> = (0..2_000).map(|row| Row { kind: kind(row), ..of(1) }).collect();
        county.put(feed, "2023-03", &rows);
        let found: std::collections::BTreeSet<&str> = (0..2_000).map(kind).filter(|kind| !kind.is_empty()).collect();
        let mut ask =
            |value: &str| county.ask(feed, &format!("per = \"person\"\nwhere = \"kind <> ''\"\nvalue = \"{value}\""));
        assert_eq!(ask("COUNT(DISTINCT kind)"), found.len().to_string());
        assert_eq!(ask("COUNT(kind)"), "1714");
        assert_eq!(ask("MIN(kind)").trim_matches(['"', '\'']), *found.first().unwrap());
    }
}

#[test]
fn a_column_that_sealing_did_not_make_is_all_null() {
    let (mut county, feed) = county();
    let path = county.registry_file.path.with_file_name("thin.parquet");
    let mut writer = StoreWriter::create(&path, &county.contracts[feed]).unwrap();
    let whole = SealedChunk { sources: vec![bidui_model::SourceId(0)], rows: vec![2], ..SealedChunk::default() };
    writer.write(&whole).unwrap();
    assert_eq!(writer.finish().unwrap(), 1);
    county.history[feed].good.insert(county.month, StoreFile::new(path));
    assert_eq!(county.ask(feed, "per = \"person\"\nvalue = \"SUM(amount)\""), "0");
    assert_eq!(county.links(feed, "2023-03").1.unlinked(), 1);
}

#[test]
fn a_file_that_is_not_there_is_an_error_with_its_path() {
    let (mut county, feed) = county();
    county.history[feed].good.insert(county.month, StoreFile::new(Path::new("没有/这个.parquet").to_owned()));
    let error = county.link().err().expect("no file");
    assert!(error.to_string().contains("没有/这个.parquet"), "{error}");
}

#[test]
fn a_file_that_is_not_a_store_is_an_error_and_not_a_panic() {
    let (mut county, feed) = county();
    let path = county.registry_file.path.with_file_name("broken.parquet");
    for bytes in [&b""[..], b"PAR1", b"PAR1 and then something else PAR1", &[0xFF; 64]] {
        std::fs::write(&path, bytes).unwrap();
        county.history[feed].good.insert(county.month, StoreFile::new(path.clone()));
        assert!(county.link().is_err());
        assert!(Registry::load(&StoreFile::new(path.clone()), &registry_contract()).is_err());
    }
}

#[test]
fn a_registry_without_a_row_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.parquet");
    StoreWriter::create(&path, &registry_contract()).unwrap().finish().unwrap();
    let error = Registry::load(&StoreFile::new(path), &registry_contract()).map(|_| ()).expect_err("no rows");
    // Worded as a missing column: there is no row to read one from.
    assert!(error.to_string().contains("person_no"), "{error}");
}
