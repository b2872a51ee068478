#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]
use super::*;

/// What is pointed at, one a slip.
fn check(text: &str, expected: &[&str]) {
    assert!(DeTable::parse(text).is_err(), "this is TOML: {text}");
    let mended = mend(text);
    let found: Vec<&str> = mended.slips.iter().map(|slip| &text[slip.span.clone()]).collect();
    assert_eq!(found, expected, "{text}\n{:#?}", mended.slips);
    assert_eq!(mended.text.len(), text.len());
    assert!(DeTable::parse(&mended.text).is_ok(), "{}", mended.text);
    for slip in &mended.slips {
        assert!(!slip.message.is_ascii() && !slip.hint.is_ascii(), "{slip:?}");
    }
}

#[test]
fn quotes_are_missed_where_they_are_missing() {
    check("a = \"x\nb = 1\n[t]\nc=2\n", &["\"x"]);
    check("a = \"x\"\u{3000}\nb = 1\n", &["\u{3000}"]);
    check("a = x\"\nb = 1\n", &["x\""]);
    check("a = 警\nb = 1\n", &["警"]);
    check("a = [\"x\", \"y]\nb = 1\n", &["\"y]"]);
    check("a = [\n \"x\",\n \"y\n]\nb = 1\n[t]\nc = [1]\n", &["\"y"]);
    check("a = [\n  { t = \"序号, v = \"#\", w = 5 },\n  { t = \"村\" },\n]\nb=1\n", &["\"序号, v = \""]);
    check("q = \"\"\"\nSELECT 1\n\n[[t]]\nb = 1\n", &["\"\"\""]);
    check("q = \"\"\nSELECT 1\n\"\"\"\n[t]\nb = 1\n", &["q = \"\""]);
    check("a = \"\"\"\nSELECT 1\n\"\"\nb = \"x\"\n[t]\nb = 1\n", &["\"\"\""]);
}

#[test]
fn brackets_are_missed_where_they_opened() {
    check("a = [\"x\", \"y\"\nb = 1\n[t]\nc = 2\n", &["[\"x\", \"y\""]);
    check("a = \"x\", \"y\"]\nb = 1\n", &["\"x\","]);
    check("a = [\"x\" \"y\"]\nb = 1\n", &["\"x\" \""]);
    check("a = { b = 1, c = 2\nd = 3\n[t]\ne = 1\n", &["{ b = 1, c = 2"]);
    check("a = { b = 1 c = 2 }\nd = 3\n", &["1 c = 2"]);
    check("a = [\n  { t = 1 }\n  { t = 2 },\n]\nb=1\n", &["{ t = 1 }"]);
    check("a = [\n  { t = 1,\n  { t = 2 },\n]\nb=1\n", &["{ t = 1,"]);
    check("a = [\n  t = 1 },\n  { t = 2 },\n]\nb=1\n", &["t"]);
    check("a = [\n  { t = 1 },\n  { t = 2 },\n\n[[t]]\nb=1\n", &["["]);
    check("a = \n  { t = 1 },\n]\nb=1\n", &["a ="]);
    check("[t\nb = 1\n", &["[t"]);
    check("[[t]\nb = 1\n", &["[[t]"]);
    check("[t]]\nb = 1\n", &["[t]]"]);
    check("t]\nb = 1\n", &["t]"]);
}

#[test]
fn single_brackets_of_what_has_double_ones_elsewhere_are_one_mistake() {
    check("[[t]]\nb = 1\n[[t]]\nb = 2\n[t]\nb = 3\n[[u]]\nc = 1\n", &["[t]"]);
    check("[t]\nb = 1\n[[t.x]]\nc = 1\n[[t]]\nb = 2\n[[t]]\nb = 3\n", &["[t]"]);
    check("[[t]]\nb = 1\n[t.x]\nc = 1\n[[t.x]]\nc = 2\n[[t.x]]\nc = 3\n", &["[t.x]"]);
}

#[test]
fn a_header_that_is_lost_is_one_mistake() {
    check("[[t]]\nb = 1\nc = 2\nb = 3\nc = 4\n[[t]]\nb = 5\n", &["b"]);
    check("[[t.x]]\nc = 1\n[[t.x]]\nc = 2\n[[t]]\nb = 2\n", &["[[t.x]]"]);
    // Whoever reads what is left finds keys that he does not know.
    check("b = 1\n[[t.x]]\nc = 1\n[[t]]\nb = 2\n", &[]);
}

#[test]
fn signs_of_a_chinese_keyboard_are_shown_as_such() {
    check("a = ”x”\nb=1\n", &["”"]);
    check("a ＝ \"x\"\nb=1\n", &["＝"]);
    check("a = [\"x\"，\"y\"]\nb=1\n", &["，"]);
    check("a = \"x\"，\nb=1\n", &["，"]);
}

#[test]
fn what_only_toml_minds_is_told_in_our_words() {
    check("a = \"c:\\data\"\nb=1\n", &["a = \"c:\\data\""]);
    check("a = 2023-13-01\n", &["2023-13-01"]);
    check("a = 01\n", &["0"]);
    check("a = tru\n", &["tru"]);
    check("a = 1\na = 2\nb = 3\na = 4\n", &["a", "a"]);
    check("[t]\na=1\n[t]\nb=2\n", &["t"]);
    check("指标 = 1\n", &["指标"]);
    check("a \"x\"\nb = 1\n", &["a \"x\""]);
    check("a = \nb = 1\n", &["a ="]);
}

#[test]
fn every_slip_is_told_once_and_the_rest_can_be_read() {
    let text = "a = \"x\nb = 1\n[t]\nc = [1, 2\nd = 4\n[u]\ne = 5\n";
    check(text, &["\"x", "[1, 2"]);
    let mended = mend(text);
    assert_eq!(
        mended.sections.iter().map(|section| &text[section.clone()]).collect::<Vec<_>>(),
        ["a = \"x\nb = 1\n", "[t]\nc = [1, 2\nd = 4\n"]
    );
    assert!(!mended.lost_header);
}
