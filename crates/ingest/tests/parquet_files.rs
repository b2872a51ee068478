//! Parquet, as another system hands it over.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod reading;

use bidui_ingest::{FileForm, FileProblem};
use polars::prelude::{Column, DataFrame, DataType, IntoColumn, TimeUnit};
use polars_io::parquet::write::ParquetWriter;
use reading::{PEOPLE, contract, read_bytes};

fn bytes_of(columns: Vec<Column>) -> Vec<u8> {
    let mut frame = DataFrame::new_infer_height(columns).unwrap();
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
    bytes
}

fn check(amount: Column, expected: &[&str]) {
    let bytes = bytes_of(vec![
        Column::new("身份证号".into(), &[Some("11"), None, Some("13")]),
        Column::new("姓名".into(), &["韦", "黄", "覃"]),
        amount,
    ]);
    let told = read_bytes(&bytes, &contract(PEOPLE)).unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(told.report.form, FileForm::Parquet);
    assert_eq!(told.lines, expected);
}

#[test]
fn values_keep_their_kinds() {
    check(
        Column::new("金额".into(), &[Some(1.5), None, Some(1e9)]),
        &["2:1.5<Number>|韦|11", "3:|黄|", "4:1000000000<Number>|覃|13"],
    );
    check(
        Column::new("金额".into(), &[450_206_199_001_011_234_i64, 2, 3]),
        &["2:450206199001011234<Number>|韦|11", "3:2<Number>|黄|", "4:3<Number>|覃|13"],
    );
    check(
        Column::new("金额".into(), &[true, false, true]),
        &["2:TRUE<Bool>|韦|11", "3:FALSE<Bool>|黄|", "4:TRUE<Bool>|覃|13"],
    );
}

#[test]
fn days_and_moments_are_dates() {
    let days = Column::new("金额".into(), &[19_421_i32, 0, 19_421]);
    check(
        days.cast(&DataType::Date).unwrap(),
        &["2:2023-03-05<Date>|韦|11", "3:1970-01-01<Date>|黄|", "4:2023-03-05<Date>|覃|13"],
    );
    let moments = Column::new("金额".into(), &[1_677_974_400_000_i64, 1_677_974_401_000, 0]);
    check(
        moments.cast(&DataType::Datetime(TimeUnit::Milliseconds, None)).unwrap().into_column(),
        &["2:2023-03-05<Date>|韦|11", "3:2023-03-05 00:00:01<Date>|黄|", "4:1970-01-01<Date>|覃|13"],
    );
}

#[test]
fn a_file_cut_short_is_damaged() {
    let bytes = bytes_of(vec![Column::new("身份证号".into(), &["11", "12"])]);
    for length in [4, bytes.len() / 2, bytes.len() - 1] {
        let problem = read_bytes(&bytes[..length], &contract(PEOPLE)).err();
        assert!(matches!(problem, Some(FileProblem::Damaged { .. })), "{length}: {problem:?}");
    }
}
