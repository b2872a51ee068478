//! Whatever a text file holds, every record under the heading is kept or set aside, once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod reading;

use proptest::prelude::*;
use reading::{PEOPLE, contract, read_bytes};

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("450206199001011234".to_owned()),
        Just("合计".to_owned()),
        Just("制表人：甲".to_owned()),
        Just("身份证号".to_owned()),
        Just("姓名".to_owned()),
        Just("\"".to_owned()),
        Just("\"甲,\n乙\"".to_owned()),
        Just("\u{3000}".to_owned()),
        "[ -~]{0,6}",
        "\\PC{0,4}",
    ]
}

fn body() -> impl Strategy<Value = String> {
    let row = prop::collection::vec(cell(), 0..5).prop_map(|cells| cells.join(","));
    let end = prop_oneof![Just("\n"), Just("\r\n"), Just("\r")];
    prop::collection::vec((row, end), 0..70).prop_map(|rows| rows.into_iter().map(|(row, end)| row + end).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// The reading itself asserts that the report's `received` is what the chunks hold.
    #[test]
    fn nothing_is_lost(body in body()) {
        let text = format!("身份证号,姓名,金额\n{body}");
        if let Ok(told) = read_bytes(text.as_bytes(), &contract(PEOPLE)) {
            let rows: Vec<&str> = told.lines.iter().map(|line| line.split(':').next().unwrap()).collect();
            let mut once = rows.clone();
            once.dedup();
            prop_assert_eq!(rows, once, "each record has its own line");
        }
    }

    /// Without quotes a line is a record, down to the last that has a value, so that they can be counted by hand.
    #[test]
    fn every_line_is_a_record(body in body()) {
        let plain = body.replace('"', "'").replace("\r\n", "\n").replace('\r', "\n");
        // The heading may be found again further down only when it is not found at the top. Without a person right below it, a first line with nothing
        // in its columns and something beside them is its lower level.
        let text = format!("身份证号,姓名,金额\n450206199001011234,甲,1\n{plain}");
        let told = read_bytes(text.as_bytes(), &contract(PEOPLE)).unwrap();
        let is_filled = |line: &&str| line.chars().any(|character| !character.is_whitespace() && character != ',');
        let filled = plain.lines().collect::<Vec<_>>();
        let last = filled.iter().rposition(is_filled).map_or(0, |place| place + 1) + 1;
        prop_assert_eq!(told.report.received, last as u64);
    }

    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_bytes(&bytes, &contract(PEOPLE));
    }
}
