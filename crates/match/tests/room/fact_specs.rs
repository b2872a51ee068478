//! Facts as they are written: what compiles, and where an error points.

use std::collections::BTreeMap;

use bidui_match::{Compare, Per, compile_facts};
use bidui_model::{ColumnType, DataContract, Diagnostic, FeedKind};

use crate::county::{County, PERSON, Person, person_contract, place_contract, town_contract};

fn compile(contract: &DataContract, keys: &str) -> Result<Vec<bidui_match::Fact>, (String, Vec<Diagnostic>)> {
    let county = County::new("2023-03", &[Person { no: "p1", household: "h1", ..PERSON }]);
    let text = format!("name = \"一份数据\"\n\n[[fact]]\n{keys}\n");
    compile_facts(&text, "feed.toml", contract, 7, &county.parameters()).map_err(|errors| (text, errors))
}

/// Code, the text that the error points at, and a part of its hint.
fn check(contract: &DataContract, keys: &str, expected: &[(&str, &str, &str)]) {
    let (text, errors) = compile(contract, keys).map(|_| ()).expect_err(keys);
    let found: Vec<(&str, &str)> =
        errors.iter().map(|error| (error.code, &text[error.span.clone().expect("a place")])).collect();
    let wanted: Vec<(&str, &str)> = expected.iter().map(|(code, at, _)| (*code, *at)).collect();
    assert_eq!(found, wanted, "{keys}: {errors:?}");
    for (error, (_, _, hint)) in errors.iter().zip(expected) {
        assert!(error.hint.as_deref().unwrap_or("").contains(hint), "{keys}: {error:?}");
    }
}

fn events() -> DataContract {
    person_contract("医保_住院结算", FeedKind::Events)
}

fn snapshot() -> DataContract {
    person_contract("民政_低保在册", FeedKind::Snapshot)
}

#[test]
fn a_fact_keeps_what_was_written() {
    let facts = compile(
        &events(),
        "name = \"paid\"\ntitle = \"近一年自付\"\nper = \"household\"\nmonths = 12\ndate = \"on\"\nunit = \"元\"\n\
         where = \"kind <> '' AND on <= month_end\"\nvalue = \"SUM(amount)\"",
    );
    let fact = facts.unwrap().remove(0);
    assert_eq!((fact.name.as_str(), fact.title.as_str(), fact.unit.as_str()), ("paid", "近一年自付", "元"));
    assert_eq!((fact.per, fact.months, fact.date.as_deref(), fact.feed), (Per::Household, 12, Some("on"), 7));
    assert_eq!(fact.sql, "SUM(amount) WHERE kind <> '' AND on <= month_end");
    assert_eq!(fact.compare, None);
}

#[test]
fn what_is_not_written_has_its_default() {
    let keys = "name = \"rows\"\nper = \"village\"\nvalue = \"count(*)\"";
    let fact = compile(&events(), keys).unwrap().remove(0);
    assert_eq!((fact.title.as_str(), fact.unit.as_str(), fact.months, fact.date), ("rows", "", 1, None));
    let keys = "name = \"new\"\nper = \"person\"\nvalue = \"COUNT(*)\"\ncompare = \"new_since_year_start\"";
    assert_eq!(compile(&snapshot(), keys).unwrap()[0].compare, Some(Compare::NewSinceYearStart));
}

#[test]
fn a_missing_or_misspelt_key_is_found() {
    let fact = "[[fact]]";
    check(&events(), "per = \"person\"\nvalue = \"COUNT(*)\"", &[("BD0002", fact, "name")]);
    check(&events(), "name = \"a\"\nvalue = \"COUNT(*)\"", &[("BD0002", fact, "per")]);
    check(&events(), "name = \"a\"\nper = \"person\"", &[("BD0002", fact, "value")]);
    check(
        &events(),
        "name = \"a\"\nper = \"person\"\nvalue = \"COUNT(*)\"\nwehre = \"days > 1\"",
        &[("BD0004", "wehre", "where")],
    );
    check(
        &events(),
        "name = \"a\"\nper = \"person\"\nvalue = \"COUNT(*)\"\nmonths = \"十二\"",
        &[("BD0003", "\"十二\"", "整数")],
    );
}

#[test]
fn a_word_that_is_not_a_choice_is_found_with_the_nearest() {
    check(
        &events(),
        "name = \"a\"\nper = \"househlod\"\nvalue = \"COUNT(*)\"",
        &[("BD0101", "\"househlod\"", "household")],
    );
    check(
        &snapshot(),
        "name = \"a\"\nper = \"person\"\nvalue = \"COUNT(*)\"\ncompare = \"new_since_previus\"",
        &[("BD0101", "\"new_since_previus\"", "new_since_previous")],
    );
    check(&events(), "name = \"a\"\nper = \"镇\"\nvalue = \"COUNT(*)\"", &[("BD0101", "\"镇\"", "可用")]);
}

#[test]
fn a_row_about_a_place_is_of_no_person_and_no_household() {
    let fact = |per: &str| format!("name = \"a\"\nper = \"{per}\"\nvalue = \"SUM(days)\"");
    check(&place_contract("供水"), &fact("household"), &[("BD0101", "\"household\"", "village、hamlet")]);
    check(&place_contract("供水"), &fact("person"), &[("BD0101", "\"person\"", "village、hamlet")]);
    check(&town_contract("乡镇"), &fact("village"), &[("BD0101", "\"village\"", "乡镇")]);
    assert!(compile(&place_contract("供水"), &fact("hamlet")).is_ok());
}

#[test]
fn windows_are_of_events_and_comparisons_of_snapshots_about_persons() {
    let fact = |keys: &str| format!("name = \"a\"\nper = \"person\"\nvalue = \"COUNT(*)\"\n{keys}");
    check(&events(), &fact("months = 0"), &[("BD0102", "0", "12")]);
    check(&events(), &fact("months = -3"), &[("BD0102", "-3", "12")]);
    check(&events(), &fact("months = 61"), &[("BD0102", "61", "12")]);
    check(&snapshot(), &fact("months = 12"), &[("BD0102", "12", "events")]);
    check(&events(), &fact("compare = \"new_since_previous\""), &[("BD0103", "\"new_since_previous\"", "compare")]);
    let mut by_place = place_contract("供水");
    by_place.kind = FeedKind::Snapshot;
    let keys = "name = \"a\"\nper = \"hamlet\"\nvalue = \"COUNT(*)\"\ncompare = \"gone_since_previous\"";
    check(&by_place, keys, &[("BD0103", "\"gone_since_previous\"", "compare")]);
    check(&events(), &fact("date = \"amount\""), &[("BD0104", "\"amount\"", "on")]);
    check(&events(), &fact("date = \"paid_on\""), &[("BD0104", "\"paid_on\"", "on")]);
}

#[test]
fn a_column_that_may_not_be_read_is_found_at_its_bytes() {
    let fact = |filter: &str, value: &str| {
        format!("name = \"a\"\nper = \"person\"\nwhere = \"{filter}\"\nvalue = \"{value}\"")
    };
    check(&events(), &fact("kind = '住院' AND amuont > 5", "COUNT(*)"), &[("BD0105", "amuont", "amount")]);
    check(&events(), &fact("TRUE", "SUM(amuont)"), &[("BD0105", "amuont", "amount")]);
    check(&events(), &fact("TRUE", "SUM(户口)"), &[("BD0105", "户口", "写作 '户口'")]);
    // Who a row is about is not for expressions.
    check(&events(), &fact("person = 'x'", "COUNT(*)"), &[("BD0105", "person", "")]);
    check(&events(), &fact("name = 'x'", "COUNT(name)"), &[("BD0105", "name", ""), ("BD0105", "name", "")]);
    let mut unstored = events();
    unstored.columns[4].stored = false;
    check(&unstored, &fact("kind = '住院'", "COUNT(*)"), &[("BD0105", "kind", "")]);
}

#[test]
fn value_is_exactly_one_aggregate() {
    let value = |value: &str| format!("name = \"a\"\nper = \"person\"\nvalue = \"{value}\"");
    for text in [
        "amount",
        "5",
        "SUM(amount) + 1",
        "(SUM(amount))",
        "SUM()",
        "SUM(amount, days)",
        "SUM(*)",
        "SUM(DISTINCT amount)",
        "MEDIAN(amount)",
        "SUMM(amount)",
        "COUNT(DISTINCT *)",
        "SUM(amount) OVER ()",
        "SUM(amount) FILTER (WHERE working)",
        "SUM(amount ORDER BY days)",
        "SUM(x => amount)",
        "db.SUM(amount)",
    ] {
        let (_, errors) = compile(&events(), &value(text)).map(|_| ()).expect_err(text);
        assert_eq!(errors[0].code, "BD0106", "{text}: {errors:?}");
    }
    check(&events(), &value("SUMM(amount)"), &[("BD0106", "SUMM", "SUM")]);
    check(&events(), &value("SUM(SUM(amount))"), &[("BD0108", "SUM(amount)", "")]);
    check(&events(), &value("SUM((SELECT 1))"), &[("BD0108", "(SELECT 1)", "")]);
    check(&events(), &value("SUM(amount"), &[("BD0108", "(", "补上 )")]);
    check(&events(), &value("SUM(amount) SUM(days)"), &[("BD0108", "SUM", "一个条件")]);
}

#[test]
fn persons_are_counted_where_rows_are_about_persons() {
    check(
        &place_contract("供水"),
        "name = \"a\"\nper = \"hamlet\"\nvalue = \"COUNT(DISTINCT person)\"",
        &[("BD0106", "person", "")],
    );
    let value = |value: &str| format!("name = \"a\"\nper = \"person\"\nvalue = \"{value}\"");
    assert!(compile(&events(), &value("COUNT(DISTINCT person)")).is_ok());
    check(&events(), &value("COUNT(person)"), &[("BD0105", "person", "")]);
    check(&events(), &value("MAX(person)"), &[("BD0105", "person", "")]);
}

#[test]
fn an_aggregate_and_its_argument_must_fit() {
    let fact = |filter: &str, value: &str| {
        format!("name = \"a\"\nper = \"person\"\nwhere = \"{filter}\"\nvalue = \"{value}\"")
    };
    for value in ["SUM(kind)", "AVG(on)", "SUM(working)", "ANY(amount)", "ALL(kind)", "SUM(amount > 'x')", "SUM(NULL)"]
    {
        let (_, errors) = compile(&events(), &fact("TRUE", value)).map(|_| ()).expect_err(value);
        assert_eq!(errors[0].code, "BD0107", "{value}: {errors:?}");
    }
    for (filter, at) in [
        ("amount", "amount"),
        ("kind", "kind"),
        ("amount > 'x'", "'x'"),
        ("on > 20230301", "20230301"),
        ("kind = 5", "5"),
        ("NOT kind", "kind"),
    ] {
        check(&events(), &fact(filter, "COUNT(*)"), &[("BD0107", at, "")]);
    }
    check(&events(), &fact("on - on > 30", "COUNT(*)"), &[("BD0107", "on", ""), ("BD0107", "on", "")]);
    for value in
        ["SUM(days)", "AVG(score * 2)", "MAX(kind)", "MIN(on)", "LATEST(working)", "ANY(amount > 5)", "COUNT(kind)"]
    {
        assert!(compile(&events(), &fact("TRUE", value)).is_ok(), "{value}");
    }
}

#[test]
fn every_error_of_a_file_is_told_at_once() {
    let keys = "name = \"a\"\nper = \"人\"\nmonths = 99\nvalue = \"SUMM(x)\"\n\n[[fact]]\nname = \"b\"\nper = \"person\"\nvalue = \"SUM(amuont)\"";
    check(
        &events(),
        keys,
        &[("BD0101", "\"人\"", ""), ("BD0102", "99", ""), ("BD0106", "SUMM", ""), ("BD0105", "amuont", "amount")],
    );
}

#[test]
fn the_rest_of_the_feeds_file_is_not_this_rooms_business() {
    let contract = events();
    let text = "name = \"x\"\nkind = \"nonsense\"\n[columns]\nwhatever = 5\n";
    assert!(compile_facts(text, "feed.toml", &contract, 0, &BTreeMap::new()).unwrap().is_empty());
    let errors = compile_facts("[[fact]\n", "feed.toml", &contract, 0, &BTreeMap::new()).expect_err("not TOML");
    assert_eq!(errors[0].code, "BD0001");
    assert!(contract.columns.iter().any(|column| column.kind == ColumnType::Name));
}
