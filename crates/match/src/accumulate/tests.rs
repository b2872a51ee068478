//! Aggregates over rows that never saw a store.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;
use crate::fact::Per;

fn fact(aggregate: Aggregate, kind: DataType) -> Fact {
    Fact {
        name: "asked".to_owned(),
        title: String::new(),
        per: Per::Person,
        months: 1,
        date: None,
        unit: String::new(),
        compare: None,
        feed: 0,
        aggregate,
        argument: Some(lit(1)),
        argument_type: kind,
        filter: None,
        reads: Vec::new(),
        sql: String::new(),
    }
}

/// A row's entity and day.
type Row = (u32, i32);

fn run(aggregate: Aggregate, values: &Column, rows: &[Row]) -> Result<Column, MatchError> {
    let fact = fact(aggregate, values.dtype().clone());
    let mut accumulator = Accumulator::new(&fact, 3, 3);
    let rows: Vec<CountedRow> =
        rows.iter().enumerate().map(|(at, (entity, day))| row(at, *entity, *entity, *day)).collect();
    accumulator.add(Some(values), &rows).unwrap();
    accumulator.finish(&fact).map(|values| values.all("asked"))
}

fn row(row: usize, entity: u32, person: u32, day: i32) -> CountedRow {
    CountedRow { row: row as u32, entity, person, day }
}

fn shown(column: &Column) -> String {
    let value = |row: usize| match column.get(row).unwrap() {
        AnyValue::Null => "-".to_owned(),
        AnyValue::String(word) => word.to_owned(),
        AnyValue::StringOwned(word) => word.to_string(),
        AnyValue::Float64(number) => number.to_string(),
        other => other.to_string(),
    };
    (0..column.len()).map(value).collect::<Vec<_>>().join(" ")
}

/// Three entities: the first has the first four values on days 5, 9, 9, 1, the second a null, the third nothing.
fn check(aggregate: Aggregate, values: Column, expected: &str) {
    let rows = [(0, 5), (0, 9), (0, 9), (0, 1), (1, 3)];
    let found = run(aggregate, &values, &rows).unwrap();
    assert_eq!(shown(&found), expected, "{aggregate:?} {values:?}");
}

fn numbers() -> Column {
    Column::new("v".into(), [Some(100.5), Some(-100.5), Some(0.25), Some(3.0), None])
}
fn wholes() -> Column {
    Column::new("v".into(), [Some(4_i64), Some(-1), Some(-1), Some(9), None])
}
fn words() -> Column {
    Column::new("v".into(), [Some("乙"), Some("甲"), Some("丙"), Some("甲"), None])
}
fn flags() -> Column {
    Column::new("v".into(), [Some(true), Some(false), Some(true), Some(true), None])
}

#[test]
fn numbers_are_counted_summed_and_picked() {
    use Aggregate::{Average, Count, CountDistinct, Latest, Max, Min, Sum};
    check(Count, numbers(), "4 0 0");
    check(CountDistinct, numbers(), "4 0 0");
    check(Sum, numbers(), "3.25 0 0");
    check(Average, numbers(), "0.8125 - -");
    check(Min, numbers(), "-100.5 - -");
    check(Max, numbers(), "100.5 - -");
    check(Latest, numbers(), "0.25 - -");
    check(CountDistinct, wholes(), "3 0 0");
    check(Sum, wholes(), "11 0 0");
    check(Latest, wholes(), "-1 - -");
}

#[test]
fn words_are_compared_as_words_and_not_in_the_order_they_came() {
    use Aggregate::{Count, CountDistinct, Latest, Max, Min};
    check(Count, words(), "4 0 0");
    check(CountDistinct, words(), "3 0 0");
    check(Min, words(), "丙 - -");
    check(Max, words(), "甲 - -");
    check(Latest, words(), "甲 - -");
}

#[test]
fn flags_are_any_all_and_picked() {
    use Aggregate::{All, Any, Latest, Max, Min};
    check(Any, flags(), "true false false");
    check(All, flags(), "false - -");
    check(Min, flags(), "false - -");
    check(Max, flags(), "true - -");
    check(Latest, flags(), "true - -");
    check(All, Column::new("v".into(), [true, true, true, true, false]), "true false -");
    check(Any, Column::new("v".into(), [false, false, false, false, true]), "false true false");
}

#[test]
fn a_thousand_dimes_are_a_hundred() {
    let values = Column::new("v".into(), vec![0.1; 1000]);
    let found = run(Aggregate::Sum, &values, &vec![(0, 1); 1000]).unwrap();
    assert_eq!(shown(&found), "100 0 0");
}

#[test]
fn a_sum_that_overflows_is_an_error_whatever_comes_after_it() {
    let values = Column::new("v".into(), [8.0e14, 8.0e14, -8.0e14]);
    for aggregate in [Aggregate::Sum, Aggregate::Average] {
        let error = run(aggregate, &values, &[(0, 1), (0, 1), (0, 1)]).expect_err("an overflow");
        assert!(matches!(error, MatchError::Overflow(name) if name == "asked"));
        assert!(run(aggregate, &values, &[(0, 1), (1, 1), (2, 1)]).is_ok());
    }
}

#[test]
fn a_number_beyond_every_amount_is_as_none() {
    // 900 trillion yuan is nobody's; such a cell is a slip, and an error would stop a county's month for it.
    let values = Column::new("v".into(), [9.1e14, f64::INFINITY, f64::NAN, 1.0]);
    assert_eq!(shown(&run(Aggregate::Sum, &values, &[(0, 1); 4]).unwrap()), "1 0 0");
    assert_eq!(shown(&run(Aggregate::Count, &values, &[(0, 1); 4]).unwrap()), "1 0 0");
}

#[test]
fn persons_are_counted_once_each() {
    let mut fact = fact(Aggregate::CountDistinct, DataType::Int64);
    fact.argument = None;
    let mut accumulator = Accumulator::new(&fact, 2, 10);
    for (entity, person) in [(0, 7), (0, 7), (0, 8), (1, 9)] {
        accumulator.add(None, &[row(0, entity, person, 0)]).unwrap();
    }
    assert_eq!(shown(&accumulator.finish(&fact).unwrap().all("asked")), "2 1");
}

#[test]
fn values_of_several_batches_are_one() {
    // The second batch's words have other numbers than the first's would have.
    let fact = fact(Aggregate::Max, DataType::String);
    let mut accumulator = Accumulator::new(&fact, 1, 1);
    for batch in [["丙", "乙"], ["甲", "丙"]] {
        accumulator.add(Some(&Column::new("v".into(), batch)), &[row(0, 0, 0, 0), row(1, 0, 0, 0)]).unwrap();
    }
    assert_eq!(shown(&accumulator.finish(&fact).unwrap().all("asked")), "甲");
}

const ALL: [Aggregate; 7] = [
    Aggregate::Count,
    Aggregate::CountDistinct,
    Aggregate::Sum,
    Aggregate::Min,
    Aggregate::Max,
    Aggregate::Average,
    Aggregate::Latest,
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_rows_shows_nowhere(
        rows in prop::collection::vec((0..3_u32, 0..4_i32, prop::option::of(-1_000_000..1_000_000_i64)), 0..40),
        turn in 0..40_usize,
    ) {
        let mut other = rows.clone();
        other.reverse();
        other.rotate_left(turn.min(rows.len()));
        let places = |rows: &[(u32, i32, Option<i64>)]| rows.iter().map(|(entity, day, _)| (*entity, *day)).collect::<Vec<_>>();
        let sorts: [fn(i64) -> AnyValue<'static>; 2] =
            [|value| AnyValue::Float64(value as f64 / 100.0), |value| AnyValue::StringOwned(format!("{value}").into())];
        for (sort, kind) in sorts.into_iter().zip([DataType::Float64, DataType::String]) {
            let column = |rows: &[(u32, i32, Option<i64>)]| {
                let values: Vec<AnyValue<'_>> = rows.iter().map(|(_, _, value)| value.map_or(AnyValue::Null, sort)).collect();
                Series::from_any_values_and_dtype("v".into(), &values, &kind, true).unwrap().into_column()
            };
            for aggregate in ALL {
                let sums_words = kind == DataType::String && matches!(aggregate, Aggregate::Sum | Aggregate::Average);
                if !sums_words {
                    let one = run(aggregate, &column(&rows), &places(&rows)).unwrap();
                    let two = run(aggregate, &column(&other), &places(&other)).unwrap();
                    prop_assert_eq!(shown(&one), shown(&two), "{:?}", aggregate);
                }
            }
        }
    }

    #[test]
    fn a_sum_of_fen_is_exact(fen in prop::collection::vec(-10_000_000_000..10_000_000_000_i64, 1..60)) {
        let values = Column::new("v".into(), fen.iter().map(|fen| *fen as f64 / 100.0).collect::<Vec<_>>());
        let found = run(Aggregate::Sum, &values, &vec![(0, 1); fen.len()]).unwrap();
        let sum = found.f64().unwrap().get(0).unwrap();
        prop_assert_eq!((sum * 100.0).round() as i64, fen.iter().sum::<i64>());
    }
}
