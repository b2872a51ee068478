//! The public relations: what of the month is written down, and in what words.

use std::collections::BTreeMap;

use bidui_match::{Deadlines, RelationInputs, Roll, build_relations, grade, link_frame, relation_types};
use bidui_model::{FeedKind, IdStatus, Ladder, Level, Source, relation};
use polars::prelude::{DataFrame, DataType};

use crate::county::{County, PERSON, Person, ROW, Row, day, grading, month, of, person_contract};

const V1: &str = "450204100201";

fn persons() -> Vec<Person> {
    vec![
        Person {
            no: "p2",
            household: "h1",
            id: 2,
            name: 2,
            relation: "户主",
            household_kind: "脱贫户",
            village: V1,
            hamlet: "上屯",
            birth: Some(day("1973-03-31")),
            sex: "男",
            ..PERSON
        },
        Person { no: "p1", household: "h1", id: 1, name: 1, monitor_kind: "边缘易致贫户", ..PERSON },
        Person { no: "p3", household: "h2", id: 3, name: 3, town: "450204101", ..PERSON },
    ]
}

struct Month {
    county: County,
    relations: BTreeMap<String, DataFrame>,
}

fn run() -> Month {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    county.put(feed, "2023-03", &[of(1), of(1), Row { name: 9, ..of(2) }, of(1), of(3)]);
    county.declare(
        feed,
        "[[fact]]\nname = \"rows\"\ntitle = \"笔数\"\nper = \"household\"\nunit = \"笔\"\nvalue = \"COUNT(*)\"\n\
         [[fact]]\nname = \"own\"\nper = \"person\"\nvalue = \"COUNT(*)\"\n\
         [[fact]]\nname = \"paid_2m\"\nper = \"household\"\nmonths = 2\nvalue = \"SUM(amount)\"\n",
    );
    county.history[feed].held.insert(month("2023-02"), "行数不对".to_owned());
    county.compute();
    for (id, keys) in [
        (
            "few",
            "per = \"person\"\nblue = \"own > 0\"\ndepartments = [\"甲局\"]\nactions = [\"走访\"]\nreason = \"{own}笔\"",
        ),
        (
            "many",
            "per = \"household\"\nred = \"rows >= 4\"\ndepartments = [\"乙局\", \"甲局\"]\nactions = [\"核实\", \"走访\"]\nreason = \"共{rows}笔\"",
        ),
        ("paid", "per = \"household\"\nred = \"paid_2m > 5\"\ndepartments = [\"乙局\"]\nreason = \"自付\""),
    ] {
        county.rule(&format!("[[rule]]\nid = \"{id}\"\ntitle = \"{id}\"\nrisk = \"因病\"\nbasis = \"依据\"\n{keys}\n"));
    }
    let mut signals = county.signals();
    let evidence = county.evidence(&mut signals);
    let grading = grading("[[level]]\ncode = \"red\"\nname = \"红\"\n[[level]]\ncode = \"blue\"\nname = \"蓝\"\n");
    let graded = grade(&signals, &county.rules, &grading).unwrap();
    let sources = BTreeMap::from([(
        (feed, month("2023-03")),
        vec![Source { file: "医保局/明细.xlsx".to_owned(), sheet: "表一".to_owned() }],
    )]);
    let due = BTreeMap::from([(Level::Red, day("2023-04-12"))]);
    let feeds = ["底册".to_owned(), "明细".to_owned()];
    let deadlines = Deadlines { issued: day("2023-04-07"), due };
    let inputs = RelationInputs {
        month: county.month,
        registry: &county.registry,
        facts: &county.facts,
        columns: &county.columns,
        rules: &county.rules,
        grading: &grading,
        signals: &signals,
        graded: &graded,
        evidence: &evidence,
        weak_facts: &[],
        feeds: &feeds,
        sources: &sources,
        deadlines: &deadlines,
    };
    let mut relations = build_relations(&inputs).unwrap();
    for roll in [Roll::Persons, Roll::Households] {
        let (columns, rows) = (roll.columns(&county.facts), roll.rows(&county.registry) as u32);
        let whole = roll.part(&inputs, &columns, 0, rows).unwrap();
        for row in 0..rows {
            let one = whole.slice(i64::from(row), 1);
            assert!(roll.part(&inputs, &columns, row, row + 1).unwrap().equals_missing(&one), "{roll:?} {row}");
            assert!(roll.some(&inputs, &columns, &[row]).unwrap().equals_missing(&one), "{roll:?} {row}");
        }
        relations.insert(roll.name().to_owned(), whole);
    }
    Month { county, relations }
}

/// Some columns of a relation, a line a row.
fn shown(frame: &DataFrame, columns: &[&str]) -> Vec<String> {
    let value = |row: usize, name: &str| match frame.column(name).unwrap().get(row).unwrap() {
        polars::prelude::AnyValue::String(word) => word.to_owned(),
        polars::prelude::AnyValue::Null => "-".to_owned(),
        other => other.to_string(),
    };
    (0..frame.height()).map(|row| columns.iter().map(|name| value(row, name)).collect::<Vec<_>>().join("|")).collect()
}

#[test]
fn persons_and_households_stand_in_order_with_their_facts() {
    let month = run();
    assert_eq!(
        shown(
            &month.relations["persons"],
            &["person_no", "household_id", "relation", "sex", "age", "village_code", "town_code", "own"]
        ),
        // A village is the household's, and says its town; age is not known without a birth date.
        ["p1|h1|||-|450204100201|450204100|3", "p2|h1|户主|男|50|450204100201|450204100|1", "p3|h2|||-||450204101|1"]
    );
    assert_eq!(
        shown(
            &month.relations["households"],
            &["household_id", "head_no", "size", "household_kind", "monitor_kind", "hamlet", "rows", "paid_2m"]
        ),
        // A word of the head's, else of the first member who has one.
        ["h1|p2|2|脱贫户|边缘易致贫户|上屯|4|-", "h2|p3|1||||1|-"]
    );
}

#[test]
fn the_types_of_persons_and_households_are_known_without_a_row() {
    let month = run();
    let types = relation_types(&month.county.contracts[0], &month.county.facts);
    for name in ["persons", "households"] {
        let found: Vec<(String, DataType)> = month.relations[name]
            .columns()
            .iter()
            .map(|column| (column.name().to_string(), column.dtype().clone()))
            .collect();
        let told: Vec<(String, DataType)> =
            types[name].iter().map(|(name, kind)| (name.to_string(), kind.clone())).collect();
        assert_eq!(found, told, "{name}");
    }
}

#[test]
fn a_signal_says_where_its_rows_are() {
    let month = run();
    assert_eq!(
        shown(
            &month.relations["signals"],
            &["household_id", "rule_id", "level_name", "persons", "link_class", "reason", "source_rows", "sources"]
        ),
        [
            "h1|few|蓝|p1,p2|likely|3笔（共2人）|4|2023-03/医保局/明细.xlsx[表一]第2行；2023-03/医保局/明细.xlsx[表一]第3行；2023-03/医保局/明细.xlsx[表一]第4行等4行",
            "h1|many|红|p1,p2|likely|共4笔|4|2023-03/医保局/明细.xlsx[表一]第2行；2023-03/医保局/明细.xlsx[表一]第3行；2023-03/医保局/明细.xlsx[表一]第4行等4行",
            "h2|few|蓝|p3|certain|1笔|1|2023-03/医保局/明细.xlsx[表一]第6行",
        ]
    );
}

#[test]
fn a_warning_gathers_a_households_signals_most_serious_first() {
    let month = run();
    assert_eq!(
        shown(
            &month.relations["warnings"],
            &[
                "household_id",
                "level",
                "level_rank",
                "rules",
                "departments",
                "actions",
                "persons",
                "signals",
                "link_class",
                "issued",
                "due",
                "town_code"
            ]
        ),
        [
            "h1|red|1|many,few|乙局、甲局|核实；走访|p1,p2|2|likely|2023-04-07|2023-04-12|450204100",
            "h2|blue|4|few|甲局|走访|p3|1|certain|2023-04-07|-|450204101",
        ]
    );
    assert_eq!(shown(&month.relations["warnings"], &["reasons"])[0], "1.【红】共4笔\n2.【蓝】3笔（共2人）");
}

#[test]
fn a_fact_says_whether_it_is_known_and_which_rules_read_it() {
    let month = run();
    assert_eq!(
        shown(
            &month.relations["facts"],
            &["fact", "title", "feed", "per", "unit", "months", "window", "status", "note", "rules"]
        ),
        [
            "rows|笔数|明细|household|笔|1|2023-03|known||many",
            "own|own|明细|person||1|2023-03|known||few",
            "paid_2m|paid_2m|明细|household||2||unknown|2023-02数据暂缓使用：行数不对|paid",
        ]
    );
}

#[test]
fn evidence_names_file_sheet_and_row() {
    let month = run();
    let lines = shown(
        &month.relations["evidence"],
        &["household_id", "rule_id", "fact", "person_no", "feed", "feed_month", "file", "sheet", "row", "link_class"],
    );
    assert_eq!(lines.len(), 9);
    assert_eq!(lines[0], "h1|few|own|p1|明细|2023-03|医保局/明细.xlsx|表一|2|certain");
    assert_eq!(lines[2], "h1|few|own|p2|明细|2023-03|医保局/明细.xlsx|表一|4|likely");
}

#[test]
fn fixed_columns_are_those_of_the_public_schema() {
    let month = run();
    for name in ["signals", "evidence", "facts"] {
        let found: Vec<&str> = month.relations[name].columns().iter().map(|column| column.name().as_str()).collect();
        let schema: Vec<&str> = relation(name).unwrap().columns.iter().map(|column| column.name).collect();
        assert_eq!(found, schema, "{name}");
    }
}

#[test]
fn links_say_whose_a_row_is_or_why_it_is_nobodys() {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    county.put(feed, "2023-03", &[of(1), Row { status: IdStatus::DamagedByExcel, ..ROW }, of(77)]);
    let sources = [Source { file: "明细.csv".to_owned(), sheet: String::new() }];
    let mut lines = Vec::new();
    let columns = ["feed", "file", "sheet", "row", "link_class", "reason", "person_no", "household_id"];
    let links = county.link().unwrap();
    links
        .visit(feed, county.month, &mut |batch| {
            lines.extend(shown(
                &link_frame("明细", batch, &sources, &county.registry, &Ladder::default(), &[])?,
                &columns,
            ));
            Ok(())
        })
        .unwrap();
    assert_eq!(
        lines,
        [
            "明细|明细.csv||2|certain||p1|h1",
            "明细|明细.csv||3|none|id_damaged_by_excel||",
            "明细|明细.csv||4|none|not_in_registry||"
        ]
    );
}
