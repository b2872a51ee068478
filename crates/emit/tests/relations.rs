//! Relations as files: their columns, and bytes that depend on the rows alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod sample;

use bidui_emit::{CSV_ROWS, EmitError, RelationWriter, relation_schema, write_relation};
use polars::prelude::*;
use polars_io::prelude::{ParquetReader, SerReader};
use std::fs;
use std::path::Path;

fn bytes(folder: &Path, name: &str) -> (Vec<u8>, Vec<u8>) {
    let read = |ending: &str| fs::read(folder.join(format!("{name}.{ending}"))).unwrap();
    (read("parquet"), read("csv"))
}

/// A links relation of `rows` rows.
fn links(from: usize, rows: usize) -> DataFrame {
    let number: Vec<i64> = (from..from + rows).map(|row| row as i64).collect();
    let text = |name: &str, value: &str| Column::new(name.into(), vec![value; rows]);
    let columns = vec![
        text("feed", "医保_参保"),
        text("file", "医疗保障局/参保,3月.csv"),
        text("sheet", ""),
        Column::new("row".into(), number),
        text("link_class", "certain"),
        text("reason", ""),
        text("person_no", "p1"),
        text("household_id", "h1"),
        text("pass", ""),
        Column::full_null("weight".into(), rows, &DataType::Float64),
        Column::full_null("confidence".into(), rows, &DataType::Float64),
        text("tried", ""),
        text("row_digest", ""),
    ];
    DataFrame::new(rows, columns).unwrap()
}

#[test]
fn what_is_written_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    for (name, frame) in sample::relations() {
        if relation_schema(&name).is_none() {
            continue;
        }
        write_relation(&name, &frame, folder.path()).unwrap();
        let file = fs::File::open(folder.path().join(format!("{name}.parquet"))).unwrap();
        let read = ParquetReader::new(file).finish().unwrap();
        assert!(read.equals_missing(&frame), "{name}");
    }
    let csv = fs::read_to_string(folder.path().join("warnings.csv")).unwrap();
    assert!(csv.starts_with("month,household_id,level,"), "{csv}");
    assert!(csv.contains(",2023-03-31,"), "{csv}");
}

#[test]
fn the_bytes_do_not_show_the_batches() {
    let whole = tempfile::tempdir().unwrap();
    let parts = tempfile::tempdir().unwrap();
    let rows = 300_000;
    write_relation("links", &links(0, rows), whole.path()).unwrap();
    let mut writer = RelationWriter::create("links", parts.path(), rows).unwrap();
    for from in (0..rows).step_by(70_001) {
        writer.write(&links(from, 70_001.min(rows - from))).unwrap();
    }
    assert_eq!(writer.finish().unwrap(), rows);
    assert!(bytes(whole.path(), "links") == bytes(parts.path(), "links"));
}

/// Long words, nulls, and columns that repeat themselves, hardly do, or only rise.
#[test]
fn every_kind_of_column_is_read_back_whatever_the_batches() {
    let rows = 140_000_usize;
    let some = |value: i64| (value % 7 != 0).then_some(value);
    let whole = (0..rows as i64).collect::<Vec<_>>();
    let word = |value: i64, of: i64| format!("一个长于十二个字节的词{}", (value * 7_919) % of);
    let float = |value: i64| some(value).map(|value| value as f64 / 4.0);
    let mut frame = DataFrame::empty_with_schema(&sample::households_schema());
    frame = DataFrame::new(
        rows,
        frame
            .columns()
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let (name, of) = (column.name().clone(), [5, 1_000, 1_000_000_007][at % 3]);
                match column.dtype() {
                    DataType::String => {
                        Column::new(name, whole.iter().map(|value| word(*value, of)).collect::<Vec<_>>())
                    }
                    DataType::Float64 => {
                        Column::new(name, whole.iter().map(|value| float(value % of)).collect::<Vec<_>>())
                    }
                    DataType::Date => {
                        Column::new(name, whole.iter().map(|value| some(value % 900)).collect::<Vec<_>>())
                            .cast(&DataType::Int32)
                            .unwrap()
                            .cast(&DataType::Date)
                            .unwrap()
                    }
                    kind => {
                        Column::new(name, whole.iter().map(|value| value % of).collect::<Vec<_>>()).cast(kind).unwrap()
                    }
                }
            })
            .chain([
                Column::new("nothing".into(), vec![None::<i64>; rows]),
                Column::new("scattered".into(), whole.iter().map(|value| some(value * 7_919)).collect::<Vec<_>>()),
                Column::new("rising".into(), whole.clone()),
                Column::new(
                    "half".into(),
                    whole.iter().map(|value| some(*value).map(|value| word(value, 50))).collect::<Vec<_>>(),
                ),
                Column::new(
                    "flag".into(),
                    whole.iter().map(|value| some(*value).map(|value| value % 2 == 0)).collect::<Vec<_>>(),
                ),
            ])
            .collect(),
    )
    .unwrap();
    let (one, many) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_relation("households", &frame, one.path()).unwrap();
    let mut writer = RelationWriter::create("households", many.path(), rows).unwrap();
    for from in (0..rows).step_by(9_999) {
        // Words of each batch lie in a place of their own.
        let mut part = frame.slice(from as i64, 9_999.min(rows - from));
        part.rechunk_mut();
        writer
            .write(&part.lazy().with_column((col("household_id") + lit("")).alias("household_id")).collect().unwrap())
            .unwrap();
    }
    writer.finish().unwrap();
    assert!(bytes(one.path(), "households") == bytes(many.path(), "households"));
    let read = ParquetReader::new(fs::File::open(one.path().join("households.parquet")).unwrap()).finish().unwrap();
    assert!(read.equals_missing(&frame));
}

#[test]
fn a_relation_without_rows_still_has_its_columns() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(RelationWriter::create("totals", folder.path(), 0).unwrap().finish().unwrap(), 0);
    let (_, csv) = bytes(folder.path(), "totals");
    assert_eq!(String::from_utf8(csv).unwrap(), "stage,feed,received,kept,set_aside,balance,recount\n");
}

fn check(name: &str, frame: DataFrame, expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    match write_relation(name, &frame, folder.path()) {
        Err(EmitError::Relation { problem, .. }) => assert_eq!(problem, expected),
        other => panic!("{other:?}"),
    }
}

#[test]
fn columns_are_held_against_the_public_schema() {
    check("nothing", links(0, 1), "没有这个关系");
    check("links", links(0, 1).drop("row_digest").unwrap(), "缺少列“row_digest”");
    check("links", links(0, 1).drop("sheet").unwrap(), "第3列应为“sheet”，现为“row”");
    let text_rows = links(0, 1).lazy().with_column(col("row").cast(DataType::String)).collect().unwrap();
    check("links", text_rows, "列“row”应为Integer，现为str");
    let extra = links(0, 1).lazy().with_column(lit(1).alias("extra")).collect().unwrap();
    check("links", extra, "多出列“extra”");
}

#[test]
fn facts_may_follow_the_columns_of_households() {
    let folder = tempfile::tempdir().unwrap();
    let schema = sample::households_schema();
    let frame = DataFrame::empty_with_schema(&schema);
    write_relation("households", &frame, folder.path()).unwrap();
}

#[test]
fn what_no_spreadsheet_could_open_has_no_csv() {
    let folder = tempfile::tempdir().unwrap();
    let begun = |rows: usize| {
        let mut writer = RelationWriter::create("links", folder.path(), rows).unwrap();
        writer.write(&links(0, 1)).unwrap();
        ["parquet", "csv"].map(|ending| fs::remove_file(folder.path().join(format!("links.{ending}"))).is_ok())
    };
    assert_eq!(begun(CSV_ROWS), [true, true]);
    assert_eq!(begun(CSV_ROWS + 1), [true, false]);
}

#[test]
fn a_relation_has_the_rows_that_were_announced() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = RelationWriter::create("links", folder.path(), 3).unwrap();
    writer.write(&links(0, 2)).unwrap();
    match writer.finish() {
        Err(EmitError::Relation { problem, .. }) => assert_eq!(problem, "应有3行，现有2行"),
        other => panic!("{other:?}"),
    }
}
