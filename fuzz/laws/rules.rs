//! Rules and facts: an expression is refused with its place, or runs over rows; nothing in between.

use std::collections::{BTreeMap, BTreeSet};

use bidui_match::{Fact, Literal, RuleContext, compile_facts, compile_grading, compile_rules};
use bidui_model::{ColumnContract, ColumnType, DataContract, Diagnostic, FeedKind, Guard, LinkBy, Reshape};

/// Every diagnostic of a text points into it, between characters.
pub fn well_placed(text: &str, errors: &[Diagnostic]) {
    assert!(!errors.is_empty(), "an error without a diagnostic");
    for error in errors {
        assert!(!error.message.is_empty());
        if let Some(span) = &error.span {
            assert!(text.get(span.clone()).is_some(), "{} points at {span:?} of {} bytes", error.code, text.len());
        }
    }
}

/// One SQL expression as a rule's level, over columns of every type.
pub fn expression(sql: &str) {
    for per in ["person", "household"] {
        let rule = rule(per, &format!("red = {}", quoted(sql)));
        if let Err(errors) = compile(&rule) {
            well_placed(&rule, &errors);
            continue;
        }
        // It passed; then it must run, over a row of nulls and over rows of values.
        for row in ["", NEGATIVE, POSITIVE] {
            let row = if per == "household" { row.replace("age = 7", "size = 7") } else { row.to_owned() };
            let with_example = format!("{rule}[[rule.example]]\nanswer = \"none\"\nrow = {{ {row} }}\n");
            for error in compile(&with_example).err().unwrap_or_default() {
                assert!(error.message.starts_with("规则“r”对这个例子的答案是"), "{}: {}", error.code, error.message);
            }
        }
    }
    facts(sql);
}

const NEGATIVE: &str =
    "paid = -0.01, days = -1, working = false, kind = '', first = 1970-01-01, household_kind = '', age = 7";
const POSITIVE: &str =
    "paid = 1e12, days = 99, working = true, kind = '甲%', first = 2024-02-29, household_kind = 'x', age = 7";

/// The same expression as the condition and as the value of a fact.
fn facts(sql: &str) {
    for spec in [format!("where = {}\nvalue = \"COUNT(*)\"", quoted(sql)), format!("value = {}", quoted(sql))] {
        let text = format!("[[fact]]\nname = \"f\"\ntitle = \"t\"\nper = \"person\"\nunit = \"人\"\n{spec}\n");
        if let Err(errors) = compile_facts(&text, "f.toml", &feed(), 1, &parameters()) {
            well_placed(&text, &errors);
        }
    }
}

/// A whole file, as each kind of file that this room compiles.
pub fn any_toml(text: &str) {
    // The product takes a byte order mark off before it compiles.
    let text = text.trim_start_matches('\u{feff}');
    if let Err(errors) = compile(text) {
        well_placed(text, &errors);
    }
    if let Err(errors) = compile_facts(text, "f.toml", &feed(), 1, &parameters()) {
        well_placed(text, &errors);
    }
    if let Err(errors) = compile_grading(text, "g.toml") {
        well_placed(text, &errors);
    }
}

fn rule(per: &str, levels: &str) -> String {
    format!(
        "[[rule]]\nid = \"r\"\ntitle = \"t\"\nrisk = \"因病\"\nbasis = \"b\"\nper = \"{per}\"\ndepartments = [\"d\"]\n\
         reason = \"x\"\n{levels}\n"
    )
}

fn compile(text: &str) -> Result<(), Vec<Diagnostic>> {
    static FACTS: std::sync::OnceLock<Vec<Fact>> = std::sync::OnceLock::new();
    let registry = registry();
    let facts = FACTS.get_or_init(|| {
        compile_facts(FEED_FACTS, "f.toml", &feed(), 1, &parameters()).unwrap_or_else(|errors| panic!("{errors:?}"))
    });
    let parameters = parameters();
    let context = RuleContext { facts, registry: &registry, parameters: &parameters };
    compile_rules(text, "r.toml", &context, &mut BTreeSet::new()).map(drop)
}

/// A TOML string of any text.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            plain if !plain.is_control() => quoted.push(plain),
            other => quoted.push_str(&format!("\\u{:04X}", other as u32)),
        }
    }
    quoted + "\""
}

fn parameters() -> BTreeMap<String, Literal> {
    BTreeMap::from([
        ("line".to_owned(), Literal::Number(7300.0)),
        ("month_start".to_owned(), Literal::Date("2023-03-01".to_owned())),
        ("month_end".to_owned(), Literal::Date("2023-03-31".to_owned())),
    ])
}

const FEED_FACTS: &str = r#"
[[fact]]
name = "paid"
title = "自付"
per = "household"
value = "SUM(amount)"
unit = "元"

[[fact]]
name = "days"
title = "次数"
per = "household"
value = "COUNT(*)"
unit = "次"

[[fact]]
name = "working"
title = "务工"
per = "household"
value = "ANY(at_work)"
unit = ""

[[fact]]
name = "first"
title = "首次"
per = "household"
value = "MIN(settled)"
unit = ""

[[fact]]
name = "kind"
title = "类别"
per = "household"
date = "settled"
value = "LATEST(sort)"
unit = ""
"#;

fn registry() -> DataContract {
    use ColumnType::{Date, IdNumber, Name, Text, Village};
    contract(
        FeedKind::Registry,
        &[
            ("birthplace", Text),
            ("household_id", Text),
            ("household_kind", Text),
            ("identified_on", Date),
            ("labour", Text),
            ("name", Name),
            ("person", IdNumber),
            ("person_no", Text),
            ("village", Village),
        ],
    )
}

fn feed() -> DataContract {
    use ColumnType::{Date, Flag, IdNumber, Integer, Money, Number, Text};
    contract(
        FeedKind::Events,
        &[
            ("amount", Money),
            ("at_work", Flag),
            ("count", Integer),
            ("person", IdNumber),
            ("score", Number),
            ("settled", Date),
            ("sort", Text),
        ],
    )
}

fn contract(kind: FeedKind, columns: &[(&str, ColumnType)]) -> DataContract {
    let column = |(name, kind): &(&str, ColumnType)| ColumnContract {
        name: (*name).to_owned(),
        kind: *kind,
        headings: vec![(*name).to_owned()],
        required: false,
        choices: Vec::new(),
        aliases: Vec::new(),
        stored: true,
        fen_per_unit: 100,
    };
    DataContract {
        name: "某数据".to_owned(),
        department: "某局".to_owned(),
        files: Vec::new(),
        kind,
        required: false,
        expected_by_day: None,
        sensitive: false,
        roster: false,
        guard: Guard::default(),
        link: LinkBy::Person { id: "person".to_owned(), name: None },
        columns: columns.iter().map(column).collect(),
        unique: Vec::new(),
        reshape: Reshape::None,
    }
}
