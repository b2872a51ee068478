//! Values: an answer for any cell, and what is canonical stays as it is.

use bidui_model::{CellKind, DatePrecision, IdStatus, Money, RawCell};
use bidui_normalize::{
    CanonicalName, canonical_id, canonical_name, mask_id, mask_name, parse_date, parse_flag, parse_integer,
    parse_money, parse_number,
};

const KINDS: [CellKind; 6] =
    [CellKind::Text, CellKind::Number, CellKind::Date, CellKind::Bool, CellKind::Error, CellKind::Empty];

pub fn id_number(text: &str) {
    for kind in KINDS {
        let read = canonical_id(RawCell { kind, text });
        let is_whole = matches!(read.status, IdStatus::Valid | IdStatus::Upgraded);
        assert_eq!(read.id.is_some(), is_whole, "an ID stands exactly with a status that says so");
        assert!(is_whole || read.flaw.is_some(), "what is refused has a reason");
        assert!(kind == CellKind::Text || read.id.is_none(), "only text is an ID");
        if let Some(id) = read.id {
            let canonical = std::str::from_utf8(id.expose_bytes()).expect("digits and X");
            let again = canonical_id(RawCell { kind: CellKind::Text, text: canonical });
            assert_eq!(again.id, Some(id), "canonical twice is canonical once");
            assert_eq!(again.status, IdStatus::Valid);
            let (year, month, day) = id.birth_date();
            assert!((1850..2150).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day));
            assert!(!mask_id(text).contains(canonical), "a masked number shows the number");
            assert!(!id.masked().contains(&canonical[6..14]) || canonical[6..14] == canonical[..8]);
        }
    }
    let _ = mask_name(text);
    if let CanonicalName::Name(name) = canonical_name(text) {
        assert_eq!(canonical_name(&name), CanonicalName::Name(name.clone()), "a name is canonical once");
    }
}

pub fn date(text: &str) {
    for kind in KINDS {
        let Ok(Some((days, precision))) = parse_date(RawCell { kind, text }) else {
            continue;
        };
        let (year, month, day) = civil(days);
        assert!((1800..2300).contains(&year), "a year that no extract has");
        match precision {
            DatePrecision::Day => {}
            DatePrecision::Month => assert_eq!(day, 1),
            DatePrecision::Year => assert_eq!((month, day), (1, 1)),
        }
        let written = match precision {
            DatePrecision::Day => format!("{year:04}-{month:02}-{day:02}"),
            DatePrecision::Month => format!("{year:04}-{month:02}"),
            DatePrecision::Year => format!("{year:04}"),
        };
        let again = parse_date(RawCell { kind: CellKind::Text, text: &written });
        assert_eq!(again, Ok(Some((days, precision))), "a date reads back");
    }
}

pub fn money(text: &str) {
    for kind in KINDS {
        let cell = RawCell { kind, text };
        for unit in [1, 100, 1_000_000] {
            if let Ok(Some(fen)) = parse_money(cell, unit) {
                let written = Money(fen).to_string();
                let again = parse_money(RawCell { kind: CellKind::Text, text: &written }, 100);
                assert_eq!(again, Ok(Some(fen)), "money reads back");
            }
        }
        if let Ok(Some(integer)) = parse_integer(cell) {
            let again = parse_integer(RawCell { kind: CellKind::Text, text: &integer.to_string() });
            assert_eq!(again, Ok(Some(integer)), "an integer reads back");
        }
        if let Ok(Some(number)) = parse_number(cell) {
            assert!(number.is_finite());
            if number != 0.0 && !(1e-9..1e15).contains(&number.abs()) {
                // Written out, it has more digits than are read.
                continue;
            }
            let again = parse_number(RawCell { kind: CellKind::Text, text: &number.to_string() });
            assert_eq!(again.ok().flatten().map(f64::to_bits), Some(number.to_bits()), "a number reads back");
        }
        let _ = parse_flag(cell, &["是否务工".to_owned()]);
    }
}

/// Year, month and day of a count of days since 1970-01-01, month by month: slow, and unlike the code that it holds.
fn civil(days: i32) -> (i32, u32, u32) {
    let leap = |year: i32| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let mut year = 1970;
    let mut rest = days;
    while rest < 0 {
        year -= 1;
        rest += if leap(year) { 366 } else { 365 };
    }
    while rest >= if leap(year) { 366 } else { 365 } {
        rest -= if leap(year) { 366 } else { 365 };
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if rest < length {
            break;
        }
        rest -= length;
        month += 1;
    }
    (year, month, rest as u32 + 1)
}
