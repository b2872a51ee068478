//! Checks of the data: whom each finds something wrong with, which cannot be answered, and what is wrong with a check itself.

use bidui_match::{Answered, CheckInputs, Checks, FoundAnomalies, RuleContext, compile_checks, find_anomalies};
use bidui_model::FeedKind;

use crate::county::{County, PERSON, Person, Row, day, of, person_contract};

const VILLAGE: &str = "450206102201";

/// h1 of p1 (head, 50), p2 (wife, 48) and p3 (child, 12, whose own row says another kind of household); h2 of p4 (no number, no head)
/// and p5 (the number of p1); h3 of p6 in a village of his own.
fn persons() -> Vec<Person> {
    let of_h1 = Person { household: "h1", village: VILLAGE, household_kind: "脱贫户", ..PERSON };
    let of_h2 = Person { household: "h2", village: VILLAGE, household_kind: "一般农户", ..PERSON };
    let (born, married) = (Some(day("1973-03-31")), Some(day("1975-01-01")));
    vec![
        Person {
            no: "p1", id: 1, name: 1, relation: "户主", labour: "普通劳动力", birth: born, sex: "男", ..of_h1
        },
        Person { no: "p2", id: 2, name: 2, relation: "配偶", birth: married, sex: "男", ..of_h1 },
        Person {
            no: "p3",
            id: 3,
            name: 3,
            relation: "之子",
            birth: Some(day("2010-04-01")),
            household_kind: "一般农户",
            ..of_h1
        },
        Person { no: "p4", relation: "之女", ..of_h2 },
        Person { no: "p5", id: 1, name: 1, relation: "其他", ..of_h2 },
        Person { no: "p6", household: "h3", id: 6, name: 6, relation: "户主", village: "450206102202", ..PERSON },
    ]
}

const TALLIES: &str = r#"
family = "数"
[[tally]]
name = "heads"
title = "户主"
of = "household"
where = "relation = '户主'"
[[tally]]
name = "head_age"
title = "户主年龄"
of = "household"
where = "relation = '户主'"
max = "age"
[[tally]]
name = "youngest"
title = "最小年龄"
of = "household"
min = "age"
[[tally]]
name = "paying"
title = "有明细的成员"
of = "household"
where = "rows > 0"
[[tally]]
name = "homes"
title = "户数"
of = "village"
[[tally]]
name = "people"
title = "人口"
of = "village"
sum = "size"
[[tally]]
name = "headless"
title = "没有户主的户"
of = "village"
where = "heads = 0"
"#;

fn county(with_feed: bool) -> County {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    if with_feed {
        county.put(feed, "2023-03", &[Row { amount: Some(100), ..of(1) }, of(2)]);
    }
    county.declare(feed, "[[fact]]\nname = \"rows\"\nper = \"person\"\nvalue = \"COUNT(*)\"\n");
    county.compute();
    county
}

/// A check whose examples are left to the test.
fn check(object: &str, when: &str, found: &str, examples: &str) -> String {
    format!(
        "family = \"类\"\n[[check]]\nid = \"Q1\"\ntitle = \"题\"\nobject = \"{object}\"\nwhen = \"{when}\"\nfound = \"{found}\"\n\
         hint = \"改\"\n{examples}\n"
    )
}

fn compile(county: &County, text: &str) -> Result<Checks, Vec<String>> {
    let parameters = county.parameters();
    let context = RuleContext { facts: &county.facts, registry: &county.contracts[0], parameters: &parameters };
    let files = [("checks/a.toml".to_owned(), text.to_owned()), ("checks/b.toml".to_owned(), TALLIES.to_owned())];
    compile_checks(&files, &context)
        .map_err(|errors| errors.into_iter().map(|(_, error)| format!("{} {}", error.code, error.message)).collect())
}

fn find(county: &County, checks: &Checks) -> FoundAnomalies {
    let villages = ["450206102200", VILLAGE, "450206102202"].map(str::to_owned);
    let inputs = CheckInputs {
        checks,
        facts: &county.facts,
        columns: &county.columns,
        registry: &county.registry,
        month: county.month,
        villages: &villages,
    };
    find_anomalies(&inputs).unwrap()
}

/// The objects that a check fires for, as `number:found`.
fn fires(object: &str, when: &str, found: &str, examples: &str, expected: &[&str]) {
    let county = county(true);
    let checks = compile(&county, &check(object, when, found, examples)).unwrap_or_else(|errors| panic!("{errors:?}"));
    let answer = find(&county, &checks);
    assert_eq!(answer.outcomes[0].answered, Answered::Yes, "{when}");
    let shown: Vec<String> =
        answer.anomalies.iter().map(|anomaly| format!("{}:{}", anomaly.object, anomaly.found)).collect();
    assert_eq!(shown, expected, "{when}");
    assert_eq!(answer.outcomes[0].hits, expected.len());
}

#[test]
fn persons_are_held_against_their_own_rows_and_their_households() {
    let differs = "fires = { own_household_kind = \"脱贫户\", household_kind = \"一般农户\" }\n\
                   quiet = { own_household_kind = \"脱贫户\", household_kind = \"脱贫户\" }";
    let when = "own_household_kind <> household_kind";
    fires("person", when, "{own_household_kind}而非{household_kind}", differs, &["2:一般农户而非脱贫户"]);
    let numbers = |name: &str| format!("fires = {{ {name} = true }}\nquiet = {{ {name} = false }}");
    fires("person", "id_missing = TRUE", "无", &numbers("id_missing"), &["3:无"]);
    fires("person", "id_repeated = TRUE", "重", &numbers("id_repeated"), &["4:重"]);
    let ages = "fires = { age = 12, head_age = 50.0 }\nquiet = { age = 40, head_age = 50.0 }";
    fires("person", "age < head_age - 30", "户主{head_age}岁，本人{age}岁", ages, &["2:户主50岁，本人12岁"]);
    let born = "fires = { birth = 2010-01-01 }\nquiet = { birth = 1950-01-01 }";
    fires("person", "birth > DATE '2000-01-01'", "{birth}", born, &["2:2010-04-01"]);
}

#[test]
fn members_are_counted_for_households_and_households_for_villages() {
    let heads = "fires = { heads = 0 }\nquiet = { heads = 1 }";
    fires("household", "heads = 0", "{size}人", heads, &["1:2人"]);
    let youngest = "fires = { youngest = 3.0 }\nquiet = { youngest = 30.0 }";
    fires("household", "youngest < 18", "{youngest}岁", youngest, &["0:12岁"]);
    fires("household", "paying > 1", "{paying}人", "fires = { paying = 2 }\nquiet = { paying = 1 }", &["0:2人"]);
    let homes = "fires = { homes = 0 }\nquiet = { homes = 3 }";
    fires("village", "homes = 0", "{village_code}", homes, &["0:450206102200"]);
    let people = "fires = { people = 9.0, headless = 1 }\nquiet = { people = 1.0, headless = 1 }";
    fires("village", "people > 2 AND headless > 0", "{homes}户{people}人", people, &["1:2户5人"]);
}

#[test]
fn what_nobody_says_this_month_is_not_answered() {
    let paying = check("household", "paying = 0", "无", "fires = { paying = 0 }\nquiet = { paying = 1 }");
    let answered = |county: &County, text: &str| {
        let found = find(county, &compile(county, text).unwrap());
        (found.outcomes[0].answered.clone(), found.anomalies.len())
    };
    assert_eq!(answered(&county(true), &paying), (Answered::Yes, 2));
    let missing = Answered::No { facts: vec![0], columns: Vec::new() };
    assert_eq!(answered(&county(false), &paying), (missing, 0));
    let hamlet = check("household", "hamlet = ''", "空", "fires = { hamlet = \"\" }\nquiet = { hamlet = \"屯\" }");
    let blank = Answered::No { facts: Vec::new(), columns: vec!["hamlet".to_owned()] };
    assert_eq!(answered(&county(true), &hamlet), (blank, 0));
}

/// 2,400 persons of whom every second has no labour written: that is how the column was filled, and no list for anybody.
#[test]
fn a_check_that_fires_for_a_great_part_names_nobody() {
    let number = |at: usize| -> &'static str { Box::leak(format!("p{at:05}").into_boxed_str()) };
    let labour = |at: usize| if at.is_multiple_of(2) { "" } else { "普通劳动力" };
    let person =
        |at: usize| Person { no: number(at), household: number(at), id: at as u128 + 1, labour: labour(at), ..PERSON };
    let county = County::new("2023-03", &(0..2_400).map(person).collect::<Vec<_>>());
    let text = check("person", "labour = ''", "空", "fires = { labour = \"\" }\nquiet = { labour = \"无劳动力\" }");
    let context = RuleContext { facts: &[], registry: &county.contracts[0], parameters: &county.parameters() };
    let checks = compile_checks(&[("checks/a.toml".to_owned(), text)], &context).unwrap();
    let found = find(&county, &checks);
    assert_eq!((found.outcomes[0].answered.clone(), found.outcomes[0].hits), (Answered::TooMany, 1_200));
    assert_eq!(found.anomalies, []);
}

fn wrong(text: &str, expected: &str) {
    let errors = compile(&county(true), text).expect_err(text);
    assert!(errors.iter().any(|error| error.contains(expected)), "{text}\n{errors:?}");
}

#[test]
fn a_broken_check_is_told_before_a_row_is_read() {
    let good = "fires = { heads = 0 }\nquiet = { heads = 1 }";
    wrong(&check("household", "head = 0", "无", good), "BD0206 没有名为“head”");
    wrong(&check("household", "heads", "无", good), "BD0207");
    wrong(&check("household", "age > 3", "无", good), "BD0206 没有名为“age”");
    wrong(&check("house", "heads = 0", "无", good), "BD0204 检查的对象不能是“house”");
    wrong(&check("household", "heads = 0", "{head}人", good), "BD0206");
    wrong(&check("household", "heads = 0", "{heads人", good), "BD0208");
    wrong(&check("household", "heads = 0", "无", "fires = { heads = 0 }"), "BD0002 检查缺少例子“quiet”");
    wrong(&check("household", "heads = 0", "无", "fires = { heads = 1 }\nquiet = { heads = 2 }"), "BD0210");
    wrong(&check("household", "heads = 0", "无", "fires = { heads = 0 }\nquiet = { heads = 0 }"), "BD0210");
    wrong(&check("household", "heads = 0", "无", &format!("{good}\nlevel = 3")), "BD0004");
    wrong(&check("household", "heads = 0", "无", good).replace("Q1", "Q-1"), "BD0211");
    let twice = check("household", "heads = 0", "无", good);
    let again = twice.split_once('\n').unwrap().1;
    wrong(&format!("{twice}{again}"), "BD0203 检查编号“Q1”重复");
    let tally =
        |keys: &str| format!("family = \"类\"\n[[tally]]\nname = \"n\"\ntitle = \"数\"\nof = \"household\"\n{keys}\n");
    wrong(&tally("max = \"age\"\nmin = \"age\""), "BD0211 sum、max、min 只能写一个");
    wrong(&tally("max = \"labour\""), "BD0207 max 里应是数值");
    wrong(&tally("where = \"agee > 3\""), "BD0206");
    wrong(&tally("").replace("\"n\"", "\"size\""), "BD0211 “size”已是指标或底册列的名字");
    wrong(&tally("").replace("\"n\"", "\"heads\""), "BD0211 “heads”有两条");
    wrong(&tally("").replace("household", "hamlet"), "BD0204");
    wrong("family = 3\n", "BD0003");
    wrong("family = \"类\n", "BD0001");
}
