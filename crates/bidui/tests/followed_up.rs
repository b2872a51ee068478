//! The list of what became of included households: what a town writes there counts where it can be so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/mutate.rs"]
mod mutate;
mod support;

use std::path::{Path, PathBuf};

use bidui_ledger::{Case, CaseNumber, CaseState, Ledger};
use bidui_synth::SheetCell;
use mutate::{Page, Row, save_xlsx, text, word};
use support::{County, say};

const KEY: &str = "预警编号";

fn receive(county: &County, month: &str, path: &Path) -> String {
    say(county.command(&["receive", month]).arg(path)).expect(0).stdout
}

fn case(county: &County, key: &str) -> Case {
    let ledger = Ledger::open(&county.path("state/ledger.db")).unwrap();
    let number = CaseNumber::parse(key).unwrap();
    let (_, history) = ledger.history(&number).unwrap().unwrap();
    history.cases.into_iter().find(|case| case.number == number).unwrap()
}

/// Of the towns' lists of a month that with the most rows.
fn longest(county: &County, month: &str, list: &str, sheet: &str) -> Page {
    let towns = std::fs::read_dir(county.path(&format!("out/{month}/towns"))).unwrap();
    let path = |town: std::fs::DirEntry| town.path().join(format!("{list}.xlsx"));
    let lists = towns.map(|town| path(town.unwrap())).filter(|path: &PathBuf| path.is_file());
    lists.map(|path| Page::read(&path, sheet, "序号")).max_by_key(|page| page.rows.len()).unwrap()
}

#[test]
fn a_day_of_inclusion_that_the_list_prints_is_not_asked_for_again() {
    let county = County::invent(1_000, &["--months", "2022-12..2023-03", "--seed", "31"]);
    county.run("2023-01").expect(0);
    let mut page = longest(&county, "2023-01", "核查清单", "核查清单");
    let result = word("11 属实，拟纳入监测");
    page.fill(KEY, |_| vec![("核查结果", result.clone()), ("核查日期", SheetCell::Day(44_972.0))]);
    let path = county.path("核查.xlsx");
    save_xlsx(&path, &[page]);
    receive(&county, "2023-01", &path);
    county.run("2023-02").expect(0);
    let follow_up = |month: &str| longest(&county, month, "帮扶落实跟进表", "帮扶落实跟进");
    let mut page = follow_up("2023-02");
    let included = page.rows.iter().map(|row| text(&row[page.column(KEY)])).find(|key| key.contains('-')).unwrap();
    page.fill(KEY, |key| match key {
        key if key == included => vec![("纳入日期", SheetCell::Day(44_990.0))],
        _ => Vec::new(),
    });
    save_xlsx(&path, &[page]);
    receive(&county, "2023-02", &path);
    county.run("2023-03").expect(0);
    let mut page = follow_up("2023-03");
    let keys: Vec<String> = page.rows.iter().map(|row| text(&row[page.column(KEY)])).collect();
    let other = keys.iter().find(|key| key.contains('-') && **key != included).unwrap().clone();
    page.fill(KEY, |key| match key {
        key if key == included || key == other => vec![("帮扶计划制定日期", SheetCell::Day(45_010.0))],
        _ => Vec::new(),
    });
    save_xlsx(&path, &[page]);
    let said = receive(&county, "2023-03", &path);
    assert_eq!(said.matches("没有填“纳入日期”，填了的别的列已记入").count(), 1, "{said}");

    // Whose day was a slip is to be included still, and answers otherwise if he is not.
    assert!(case(&county, &included).is_included());
    let mut page = follow_up("2023-03");
    page.fill(KEY, |key| match key {
        key if key == included => vec![("监测对象类别", word("没有纳入"))],
        _ => Vec::new(),
    });
    save_xlsx(&path, &[page]);
    let said = receive(&county, "2023-03", &path);
    assert!(said.contains("采用1行") && !said.contains("请补上再报"), "{said}");
    let now = case(&county, &included);
    assert!(!now.is_included() && now.to_include.is_some(), "{now:?}");
    let told = say(&mut county.command(&["case", &included])).expect(0).stdout;
    assert!(told.contains("没有纳入，原报的纳入日期撤销") && told.contains("识别中"), "{told}");
}

#[test]
fn an_inclusion_beside_an_answer_that_there_is_none_is_told() {
    let county = County::invent(1_000, &["--months", "2022-12..2023-02", "--seed", "31"]);
    county.run("2023-01").expect(0);
    let mut page = longest(&county, "2023-01", "核查清单", "核查清单");
    page.fill(KEY, |_| vec![("核查结果", word("11 属实，拟纳入监测")), ("核查日期", SheetCell::Day(44_964.0))]);
    let path = county.path("核查.xlsx");
    save_xlsx(&path, &[page]);
    receive(&county, "2023-01", &path);
    county.run("2023-02").expect(0);
    let mut open = longest(&county, "2023-02", "核查清单", "以前未办结");
    let (at, stage) = (open.column(KEY), open.column("环节"));
    let waits = open.rows.iter().find(|row| text(&row[stage]) == "识别中").map(|row| text(&row[at])).unwrap();
    let day = SheetCell::Day(45_000.0);
    open.fill(KEY, |key| match key == waits {
        true => vec![("核查结果", word("22")), ("情况说明", word("公示没有通过")), ("核查日期", day.clone())],
        false => Vec::new(),
    });
    let mut included = longest(&county, "2023-02", "帮扶落实跟进表", "帮扶落实跟进");
    included.fill(KEY, |key| if key == waits { vec![("纳入日期", day.clone())] } else { Vec::new() });
    let other = county.path("跟进.xlsx");
    save_xlsx(&path, &[open]);
    save_xlsx(&other, &[included]);
    let said = say(county.command(&["receive", "2023-02"]).args([&path, &other])).expect(0).stdout;
    let told = "这一户的核查结果是“22 不属实：情况已变化”，这里又填了“纳入日期”；以纳入为准";
    assert_eq!(said.matches(told).count(), 1, "{said}");
}

#[test]
fn a_risk_that_is_gone_before_the_household_was_included_is_listed_back() {
    let county = County::invent(1_000, &["--months", "2022-12..2023-02", "--seed", "31"]);
    county.run("2023-01").expect(0);
    let mut page = longest(&county, "2023-01", "核查清单", "核查清单");
    page.fill(KEY, |_| vec![("核查结果", word("11 属实，拟纳入监测")), ("核查日期", SheetCell::Day(44_972.0))]);
    let path = county.path("核查.xlsx");
    save_xlsx(&path, &[page]);
    receive(&county, "2023-01", &path);
    county.run("2023-02").expect(0);

    let mut page = longest(&county, "2023-02", "帮扶落实跟进表", "帮扶落实跟进");
    let (included, gone) = (page.column("纳入日期"), page.column("风险消除日期"));
    let at = page.column(KEY);
    let rows: Vec<usize> =
        (0..page.rows.len()).filter(|row| text(&page.rows[*row][at]).contains('-')).take(3).collect();
    let [never, later, earlier] = rows[..] else { panic!("{rows:?}") };
    let set = |page: &mut Page, row: usize, column: usize, day: f64| page.rows[row][column] = SheetCell::Day(day);
    set(&mut page, never, gone, 45_000.0);
    set(&mut page, later, included, 45_010.0);
    set(&mut page, later, gone, 45_000.0);
    set(&mut page, earlier, included, 44_990.0);
    set(&mut page, earlier, gone, 45_000.0);
    save_xlsx(&path, std::slice::from_ref(&page));
    let said = receive(&county, "2023-02", &path);
    assert_eq!(said.matches("暂不算风险消除，这一户仍在办；请补填“纳入日期”").count(), 2, "{said}");
    // Nobody has helped them, and hardly were they included.
    let lacks = "而台账里没有这一户的帮扶责任人落实日期、帮扶计划制定日期、帮扶措施";
    assert_eq!((said.matches(lacks).count(), said.matches("只有0个足月，不满6个月").count()), (1, 1), "{said}");
    // Of what cannot be it is said once, with all that it lacks.
    let also = "），和帮扶责任人落实日期、帮扶计划制定日期、帮扶措施";
    assert_eq!((said.matches(also).count(), said.matches("已照填的记入").count()), (2, 0), "{said}");
    assert!(said.contains("采用3行（新答复3、更正0、与以前相同0），其中照办0行、不能照办3行"), "{said}");
    assert!(said.contains("2023-02《帮扶落实跟进表》3行"), "{said}");
    let keys: Vec<String> = page.rows.iter().map(|row: &Row| text(&row[at])).collect();
    let stands = |row: usize| {
        let case = case(&county, &keys[row]);
        (case.state != CaseState::Closed, case.included.is_some(), case.eliminated_on.is_some())
    };
    assert_eq!(stands(never), (true, false, false));
    assert_eq!(stands(later), (true, true, false));
    // It is no elimination yet: the case goes on, and so it does once the inclusion of another is told.
    assert_eq!(stands(earlier), (true, true, false));
    set(&mut page, never, included, 44_980.0);
    // Of a kind that one of its sort cannot be.
    let home = text(&page.rows[never][page.column("户编号")]);
    let homes = county.relation("2023-02", "households");
    let sort = &homes.iter().find(|row| row["household_id"] == home).unwrap()["household_kind"];
    let (kind, helper) = (page.column("监测对象类别"), page.column("帮扶责任人落实日期"));
    page.rows[never][kind] = word(if sort == "脱贫户" { "边缘易致贫户" } else { "脱贫不稳定户" });
    set(&mut page, later, helper, 45_005.0);
    save_xlsx(&path, std::slice::from_ref(&page));
    let said = receive(&county, "2023-02", &path);
    assert!(said.contains(&format!("而底册里这一户是{sort}；脱贫不稳定户须是脱贫户")), "{said}");
    assert!(said.contains("“帮扶责任人落实日期”早于“纳入日期”"), "{said}");
    assert!(said.contains("更正2") && said.matches("不能照办，这一户仍在办").count() >= 3, "{said}");
    assert_eq!(stands(never), (true, true, false));
    // Somebody helped it for half a year, as it turns out, and so the risk is gone.
    set(&mut page, earlier, included, 44_800.0);
    let words = [("帮扶措施1", word("产业帮扶"))];
    let days = ["帮扶责任人落实日期", "帮扶计划制定日期"].map(|title| (title, SheetCell::Day(44_802.0)));
    for (title, value) in words.into_iter().chain(days) {
        let column = page.column(title);
        page.rows[earlier][column] = value;
    }
    save_xlsx(&path, std::slice::from_ref(&page));
    let said = receive(&county, "2023-02", &path);
    assert!(said.contains("更正1"), "{said}");
    let (_, was_included, is_eliminated) = stands(earlier);
    assert!(was_included && is_eliminated);
}
