//! Feed files: what compiles, and every error at once with its place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod reading;

use bidui_ingest::compile_contract;
use bidui_model::{FeedKind, LinkBy, Reshape};
use reading::{PEOPLE, contract};

/// Each expected pair is the text under the span and a part of the message.
fn check(text: &str, expected: &[(&str, &str)]) {
    let errors = compile_contract(text, "feeds/x.toml").expect_err("errors");
    let found: Vec<(&str, &str)> =
        errors.iter().map(|error| (&text[error.span.clone().unwrap_or(0..0)], error.message.as_str())).collect();
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((place, message), (wanted, part)) in found.iter().zip(expected) {
        assert!(place.starts_with(wanted) && message.contains(part), "{place:?} {message} ≠ {wanted:?} {part}");
    }
}

#[test]
fn every_feed_of_the_county_compiles() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/feeds");
    let mut registries = 0;
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let contract = compile_contract(&text, &path.to_string_lossy()).unwrap_or_else(|errors| panic!("{errors:#?}"));
        assert_eq!(path.file_stem().unwrap().to_string_lossy(), contract.name);
        registries += usize::from(contract.kind == FeedKind::Registry);
        count += 1;
    }
    assert!(count >= 22 && registries == 1, "{count} feeds, {registries} registries");
}

#[test]
fn columns_are_sorted_and_the_person_is_linked_by_default() {
    let contract = contract(PEOPLE);
    let names: Vec<&str> = contract.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["amount", "name", "person"]);
    assert_eq!(contract.link, LinkBy::Person { id: "person".into(), name: Some("name".into()) });
}

#[test]
fn all_errors_come_at_once_each_at_its_place() {
    check(
        &PEOPLE.replace("kind =", "kid =").replace("\"money\"", "\"mony\"").replace("required", "requird"),
        // That there is no `kind` follows from the first.
        &[("kid", "kid"), ("requird", "requird"), ("\"mony\"", "mony")],
    );
}

#[test]
fn a_link_needs_a_column_of_its_type() {
    check(&format!("link = {{ village = \"name\" }}\n{PEOPLE}"), &[("\"name\"", "village")]);
    check(&format!("link = {{ town = \"twon\" }}\n{PEOPLE}"), &[("\"twon\"", "twon")]);
    check(&PEOPLE.replace("person =", "peron ="), &[("", "person")]);
}

#[test]
fn values_out_of_range_are_refused() {
    check(&format!("expected_by_day = 40\n{PEOPLE}"), &[("40", "1到31")]);
    check(&format!("{PEOPLE}unique = [\"bill\"]\n"), &[("\"bill\"", "bill")]);
    check(&format!("{PEOPLE}[guard]\nrows_vs_previous = [2, 1]\n"), &[("[2, 1]", "rows_vs_previous")]);
    check(&format!("{PEOPLE}[guard]\nlink_rate_min = 90\n"), &[("90", "link_rate_min")]);
    check(&PEOPLE.replace("民政局/*", "民政局/[*"), &[("\"民政局/[*\"", "通配")]);
    check(&PEOPLE.replace("\"民政_低保\"", "\"a/b\""), &[("\"a/b\"", "文件名")]);
}

#[test]
fn a_glob_that_no_file_of_the_inbox_can_meet_is_refused() {
    let files = PEOPLE.lines().find(|line| line.starts_with("files")).expect("files");
    for glob in [
        "../../*",
        "/etc/passwd",
        "民政局/../*低保*",
        "./民政局/*",
        "D:/民政局/*",
        "民政局\\\\*低保*",
        "民政局/",
        "民政局//*",
        "民政局/ *低保*",
        "",
    ] {
        check(&PEOPLE.replace(files, &format!("files = [\"{glob}\"]")), &[("\"", "对不上任何文件")]);
    }
    for glob in ["*低保*", "民政局/**/*低保*", "民政局/低保 名单*", "民政局/{甲,乙}?*"] {
        contract(&PEOPLE.replace(files, &format!("files = [\"{glob}\"]")));
    }
}

#[test]
fn a_heading_is_read_as_one_column() {
    let person = "headings = [\"证件号码\"";
    assert!(PEOPLE.contains(person), "{PEOPLE}");
    let name = "name = { type = \"name\", headings = [";
    assert!(PEOPLE.contains(name), "{PEOPLE}");
    check(&PEOPLE.replace(name, &format!("{name}\"证件号码：\", ")), &[("\"证件号码：\"", "列“")]);
}

#[test]
fn units_choices_and_aliases_are_kept() {
    let text = format!(
        "{PEOPLE}paid = {{ type = \"money\", unit = \"万元\", headings = [\"已付\"] }}\n\
         kind = {{ type = \"text\", headings = [\"类型\"], choices = [\"全额\"], aliases = [[\"全额救助\", \"全额\"]], stored = false }}\n"
    );
    let contract = contract(&text);
    assert_eq!(contract.column("paid").unwrap().1.fen_per_unit, 1_000_000);
    let kind = contract.column("kind").unwrap().1;
    assert_eq!((kind.aliases.len(), kind.stored), (1, false));
    check(&text.replace("万元", "角"), &[("\"角\"", "角")]);
    check(&text.replace("\"全额\"]]", "\"全\"]]"), &[("\"全\"", "choices")]);
}

#[test]
fn reshapes_are_one_of_two() {
    let text = format!("{PEOPLE}[reshape]\nsplit = {{ columns = [\"person\", \"name\"], separators = \"；;\" }}\n");
    assert!(matches!(contract(&text).reshape, Reshape::Split { .. }));
    check(&text.replace("\"person\", \"name\"]", "\"persn\"]"), &[("\"persn\"", "persn")]);
    check(&format!("{PEOPLE}[reshape]\n"), &[("", "unpivot")]);
}

#[test]
fn text_that_is_no_toml_is_an_error_and_not_a_panic() {
    assert!(compile_contract("name = \"", "x").is_err());
    assert!(compile_contract("", "x").is_err());
    assert!(compile_contract("columns = 3", "x").is_err());
}
