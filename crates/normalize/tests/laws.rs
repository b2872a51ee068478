//! Laws of identifiers and keys, over numbers that nobody has.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bidui_model::{CellKind, IdNumber, RawCell, check_character};
use bidui_normalize::{
    CanonicalName, HashAlgorithm, Identifier, MasterKey, SealKeys, canonical_id, canonical_name, parse_date,
    parse_flag, parse_integer, parse_money, parse_number,
};
use proptest::prelude::*;

fn read(text: &str) -> Identifier {
    canonical_id(RawCell { kind: CellKind::Text, text })
}

fn canonical(text: &str) -> String {
    String::from_utf8(read(text).id.unwrap().expose_bytes().to_vec()).unwrap()
}

prop_compose! {
    /// A valid number with a sequence that could be issued.
    fn number()(area in 110_000u32..660_000, year in 1900u32..2024, month in 1u32..13, day in 1u32..29, sequence in 1u32..1000)
        -> String {
        let digits = format!("{area:06}{year:04}{month:02}{day:02}{sequence:03}");
        let check = check_character(digits.as_bytes()).unwrap();
        format!("{digits}{}", char::from(check))
    }
}

fn key() -> impl Strategy<Value = MasterKey> {
    proptest::array::uniform32(1u8..).prop_map(|bytes| {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        MasterKey::parse(&format!("bidui-key-v1 {hex}")).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_valid_number_reads_as_itself_in_any_dress(text in number(), at in 0usize..18, mark in "[ \u{a0}\u{3000}\u{200b}'\\-]{0,3}") {
        prop_assert_eq!(canonical(&text), text.clone());
        let mut dressed = text.to_lowercase();
        dressed.insert_str(at, &mark);
        prop_assert_eq!(canonical(&dressed), text.clone());
        let wide: String = text.bytes().map(|b| char::from_u32(u32::from(b) + 0xfee0).unwrap()).collect();
        prop_assert_eq!(canonical(&wide), text.clone());
    }

    #[test]
    fn every_single_slip_is_detected(text in number(), at in 0usize..18, digit in 0u8..10) {
        let mut slip = text.clone().into_bytes();
        slip[at] = b'0' + digit;
        let slip = String::from_utf8(slip).unwrap();
        prop_assume!(slip != text);
        prop_assert!(read(&slip).id.is_none(), "one changed character passed");
    }

    #[test]
    fn every_adjacent_swap_is_detected(text in number(), at in 0usize..17) {
        let mut swap = text.clone().into_bytes();
        swap.swap(at, at + 1);
        prop_assume!(swap != text.as_bytes());
        prop_assert!(read(&String::from_utf8(swap).unwrap()).id.is_none(), "a swap passed");
    }

    #[test]
    fn what_excel_leaves_of_a_number_is_never_an_id(text in number()) {
        prop_assume!(!text.ends_with('X'));
        let kept = text[..15].parse::<u64>().unwrap() * 1000;
        // As a number cell, as text of 15 figures, as what a program prints of the double: never the number of somebody else.
        let cell = RawCell { kind: CellKind::Number, text: &format!("{}", kept as f64) };
        prop_assert!(canonical_id(cell).id.is_none());
        let scientific = format!("{:.5}E+17", kept as f64 / 1e17);
        prop_assert!(read(&scientific).id.is_none());
        // As plain text the check character decides; what passes is the number as it stands, with an issued sequence.
        if let Some(id) = read(&kept.to_string()).id {
            prop_assert_ne!(&id.expose_bytes()[14..17], b"000");
        }
    }

    #[test]
    fn every_token_changes_with_the_key(text in number(), one in key(), other in key()) {
        prop_assume!(one.fingerprint() != other.fingerprint());
        let id = IdNumber::from_canonical(text.as_bytes()).unwrap();
        for algorithm in HashAlgorithm::ALL {
            let (one, other) = (SealKeys::derive(&one, *algorithm), SealKeys::derive(&other, *algorithm));
            prop_assert_ne!(one.id_token(&id), other.id_token(&id));
            let person = one.id_token(&id);
            prop_assert_ne!(one.name_token(person, "韦某"), other.name_token(person, "韦某"));
            prop_assert_ne!(one.key_id(), other.key_id());
        }
    }

    #[test]
    fn a_name_is_canonical_once(text in "\\PC{0,12}") {
        if let CanonicalName::Name(name) = canonical_name(&text) {
            prop_assert_eq!(canonical_name(&name), CanonicalName::Name(name.clone()));
        }
    }

    #[test]
    fn no_parser_panics_on_anything(text in "\\PC{0,40}|[0-9.,eE+\\-年月日元万/() ]{0,30}") {
        for kind in [CellKind::Text, CellKind::Number, CellKind::Date, CellKind::Bool] {
            let cell = RawCell { kind, text: &text };
            let _ = canonical_id(cell);
            let _ = parse_date(cell);
            let _ = parse_money(cell, 1_000_000);
            let _ = parse_integer(cell);
            let _ = parse_number(cell);
            let _ = parse_flag(cell, &[]);
        }
    }

    #[test]
    fn money_prints_and_reads_back(fen in -1_000_000_000_000i64..1_000_000_000_000) {
        let text = bidui_model::Money(fen).to_string();
        let cell = RawCell { kind: CellKind::Text, text: &text };
        prop_assert_eq!(parse_money(cell, 100), Ok(Some(fen)));
    }
}

#[test]
fn no_key_is_an_error() {
    assert!(MasterKey::parse("").is_err());
    assert!(MasterKey::parse("bidui-key-v1").is_err());
}
