//! What a town sends again: what was not taken at first is taken once it is good, and what was said before changes nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/mutate.rs"]
mod mutate;
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use bidui_ledger::{Case, CaseNumber, CaseState, Ledger};
use bidui_synth::SheetCell;
use mutate::{Page, save_xlsx, text, word};
use support::{County, say};

const KEY: &str = "预警编号";
const MONTH: &str = "2023-01";

static COUNTY: LazyLock<County> = LazyLock::new(|| {
    let county = County::invent(2_000, &["--months", "2022-12..2023-01", "--seed", "16"]);
    county.run(MONTH).expect(0);
    county
});

/// The longest list, and the name of its town.
fn longest(county: &County) -> (String, Page) {
    let towns = fs::read_dir(county.path("out").join(MONTH).join("towns")).unwrap().map(|town| town.unwrap().path());
    let page = |town: PathBuf| {
        let name = town.file_name().unwrap().to_str().unwrap().split('_').nth(1).unwrap().to_owned();
        (name, Page::read(&town.join("核查清单.xlsx"), "核查清单", "序号"))
    };
    towns.map(page).max_by_key(|(_, page)| page.rows.len()).unwrap()
}

fn keys(page: &Page) -> Vec<String> {
    page.rows.iter().map(|row| text(&row[page.column(KEY)])).collect()
}

/// A copy of the list with these codes.
fn save(page: &Page, path: &Path, codes: &[(&str, &str)]) {
    let mut page = page.clone();
    let codes: BTreeMap<&str, &str> = codes.iter().copied().collect();
    page.fill(KEY, |key| codes.get(key).map(|code| ("核查结果", word(code))).into_iter().collect());
    save_xlsx(path, &[page]);
}

fn receive(county: &County, path: &Path) -> String {
    say(county.command(&["receive", MONTH]).arg(path)).expect(0).stdout
}

fn case(county: &County, key: &str) -> Case {
    let ledger = Ledger::open(&county.path("state/ledger.db")).unwrap();
    let number = CaseNumber::parse(key).unwrap();
    let (_, history) = ledger.history(&number).unwrap().unwrap();
    history.cases.into_iter().find(|case| case.number == number).unwrap()
}

/// The standing answer of a case, what it stands at, and how often it was answered.
fn stands(county: &County, key: &str) -> (Option<String>, CaseState, u32) {
    let case = case(county, key);
    (case.answer.map(|(_, answer)| answer.code), case.state, case.answers)
}

#[test]
fn what_was_refused_is_taken_once_the_other_copy_is_gone() {
    let county = COUNTY.copy();
    let (_, page) = longest(&county);
    let [one, other] = [&keys(&page)[0], &keys(&page)[1]];
    let folder = county.path("returned");
    fs::create_dir_all(&folder).unwrap();
    save(&page, &folder.join("旧.xlsx"), &[(one, "00")]);
    save(&page, &folder.join("新.xlsx"), &[(one, "11"), (other, "22")]);
    let said = receive(&county, &folder);
    assert!(said.matches("两处都未采用").count() == 2 && said.contains("采用1行"), "{said}");
    let said = receive(&county, &folder);
    assert!(said.contains("与以前相同1行，未采用1行") && !said.contains("没有变化"), "{said}");
    assert_eq!(stands(&county, one).0, None);
    fs::remove_file(folder.join("旧.xlsx")).unwrap();
    let said = receive(&county, &folder);
    assert!(said.contains("采用2行（新答复1、更正0、与以前相同1）"), "{said}");
    assert_eq!(stands(&county, one), (Some("11".to_owned()), CaseState::Followed, 1));
    let said = receive(&county, &folder);
    assert!(said.contains("以前收过同一份文件，没有变化"), "{said}");
    assert_eq!(stands(&county, one).2, 1);
}

#[test]
fn a_file_that_came_before_takes_no_correction_back_unless_it_is_asked_to() {
    let county = COUNTY.copy();
    let (_, page) = longest(&county);
    let one = &keys(&page)[0];
    let folder = county.path("returned");
    fs::create_dir_all(&folder).unwrap();
    let (first, second) = (folder.join("甲.xlsx"), folder.join("乙.xlsx"));
    save(&page, &first, &[(one, "11")]);
    receive(&county, &folder);
    save(&page, &second, &[(one, "22")]);
    // The correction lies beside what it corrects, and goes on doing so.
    for _ in 0..3 {
        let said = receive(&county, &folder);
        assert!(said.contains("另有更新的一份1行"), "{said}");
        assert_eq!(stands(&county, one), (Some("22".to_owned()), CaseState::Closed, 2));
    }
    // Without it, too: what it says was said before the correction.
    for trial in [true, false] {
        let mut command = county.command(&["receive", MONTH]);
        let said = say(command.arg(&first).args(trial.then_some("--dry-run"))).expect(0).stdout;
        assert!(said.contains("未采用1行") && said.contains("仍以后来的为准；确要改回这样填的"), "{said}");
        assert_eq!(stands(&county, one), (Some("22".to_owned()), CaseState::Closed, 2));
    }
    // Nor does it under other bytes, beside a row that says something new.
    let (third, other) = (county.path("丙.xlsx"), &keys(&page)[1]);
    save(&page, &third, &[(one, "11"), (other, "22")]);
    let said = receive(&county, &third);
    assert!(said.contains("采用1行") && said.contains("未采用1行"), "{said}");
    assert_eq!(stands(&county, one), (Some("22".to_owned()), CaseState::Closed, 2));
    let said = say(county.command(&["receive", MONTH, "--again"]).arg(&first)).expect(0).stdout;
    assert!(said.contains("以这次为准：采用1行（新答复0、更正1、与以前相同0）"), "{said}");
    assert_eq!(stands(&county, one), (Some("11".to_owned()), CaseState::Followed, 3));
    for path in [&first, &folder] {
        receive(&county, path);
        assert_eq!(stands(&county, one), (Some("11".to_owned()), CaseState::Followed, 3));
    }
}

#[test]
fn a_row_that_prints_another_household_than_its_case_is_refused() {
    let county = COUNTY.copy();
    let (_, mut page) = longest(&county);
    let [one, other] = [keys(&page)[0].clone(), keys(&page)[1].clone()];
    // Of two rows the cells between number and tag change places.
    let (from, to) = (page.column(KEY) + 1, page.column("校验码"));
    let [first, second] = [0, 1].map(|row| page.rows[row][from..to].to_vec());
    page.rows[0].splice(from..to, second).for_each(drop);
    page.rows[1].splice(from..to, first).for_each(drop);
    let third = keys(&page)[2].clone();
    let path = county.path("排序.xlsx");
    save(&page, &path, &[(&one, "21"), (&other, "11"), (&third, "22")]);
    let said = receive(&county, &path);
    assert!(said.matches("户编号与预警编号不是同一户的").count() == 2 && said.contains("采用1行"), "{said}");
    assert_eq!([&one, &other, &third].map(|key| stands(&county, key).2), [0, 0, 1]);
}

#[test]
fn a_row_about_no_case_that_prints_another_household_is_refused() {
    let county = COUNTY.copy();
    let anomalies = ("数据清洗异常清单", "待处理", "异常编号", "处理结果", "待核");
    let gaps = ("政策落差清单", "未参保", "落差编号", "核实结果", "本人放弃");
    let away = ("网格走访清单", "长期外出", "联系编号", "联系结果", "联系上，有困难");
    let troubled = ("网格走访清单", "发现问题", "问题编号", "处理情况", "正在处理");
    for (list, sheet, key, answer, word_of) in [anomalies, gaps, away, troubled] {
        let towns =
            fs::read_dir(county.path("out").join(MONTH).join("towns")).unwrap().map(|town| town.unwrap().path());
        let path = |town: PathBuf| town.join(format!("{list}.xlsx"));
        let pages = towns.map(path).filter(|path| path.is_file()).map(|path| Page::read(&path, sheet, "序号"));
        let mut page = pages.max_by_key(|page| page.rows.len()).unwrap();
        let (of, tag) = (page.column("户编号"), page.column("校验码"));
        let has_both = |row: &&mut Vec<SheetCell>| !text(&row[tag]).is_empty() && !text(&row[of]).is_empty();
        let answer = page.column(answer);
        let row = page.rows.iter_mut().find(has_both).unwrap();
        row[answer] = word(word_of);
        let taken = county.path("照原样.xlsx");
        save_xlsx(&taken, std::slice::from_ref(&page));
        // Of columns that were sorted without their key one row is enough.
        page.rows.iter_mut().find(has_both).unwrap()[of] = word("H99999999");
        let filled = county.path(&format!("{list}.xlsx"));
        save_xlsx(&filled, &[page]);
        let said = receive(&county, &filled);
        assert!(said.contains(&format!("户编号与{key}不是同一户的")) && said.contains("没有可采用的行"), "{said}");
        assert!(receive(&county, &taken).contains("采用1行（新答复1"));
    }
}

#[test]
fn what_goes_to_a_department_needs_a_need() {
    let county = COUNTY.copy();
    let (_, mut page) = longest(&county);
    let one = &keys(&page)[0];
    let path = county.path("转部门.xlsx");
    save(&page, &path, &[(one, "15")]);
    let said = receive(&county, &path);
    assert!(said.contains("还须填“帮扶需求1”；补上以前不能照办，仍算未核查"), "{said}");
    assert_eq!(stands(&county, one), (Some("15".to_owned()), CaseState::Open, 1));
    let need = page.column("帮扶需求1");
    page.rows[0][need] = word("N07");
    save(&page, &path, &[(one, "15")]);
    let said = receive(&county, &path);
    assert!(said.contains("更正1") && !said.contains("帮扶需求1"), "{said}");
    let case = case(&county, one);
    assert_eq!(
        (case.state, case.needs.keys().map(String::as_str).collect::<Vec<_>>()),
        (CaseState::Followed, vec!["N07"])
    );
}

#[test]
fn a_case_that_is_passed_on_to_its_own_town_is_not_answered() {
    let county = COUNTY.copy();
    let (town, mut page) = longest(&county);
    let [own, away] = [keys(&page)[0].clone(), keys(&page)[1].clone()];
    let other = ["拉堡镇", "百朋镇"].into_iter().find(|other| *other != town).unwrap();
    let to_town = page.column("转往乡镇");
    page.rows[0][to_town] = word(&town);
    page.rows[1][to_town] = word(other);
    let path = county.path("转出.xlsx");
    save(&page, &path, &[(&own, "31"), (&away, "31")]);
    let issued = page.rows.iter().filter(|row| text(&row[page.column(KEY)]).contains('-')).count();
    for time in ["first", "again"] {
        let said = receive(&county, &path);
        assert!(said.contains(&format!("填的就是本镇（{town}），没有转出，仍由本镇核查，不算已答复")), "{said}");
        assert!(said.contains(&format!("{town}　{issued} = 1 + {}", issued - 1)), "{time}: {said}");
        assert_eq!(said.contains("没有变化"), time == "again", "{said}");
    }
    let listed = |key: &str| case(&county, key).listings.into_values().map(|listing| listing.is_answered).collect();
    let found: [Vec<bool>; 2] = [listed(&own), listed(&away)];
    assert_eq!(found, [[false], [true]]);
    assert_eq!(stands(&county, &own), (Some("31".to_owned()), CaseState::Open, 1));
    let towns: Vec<String> = [&own, &away].map(|key| case(&county, key).town).into();
    assert!(towns[0] != towns[1] && !case(&county, &own).is_unplaced(), "{towns:?}");
}

#[test]
fn what_cools_down_needs_the_month_in_which_it_is_looked_at_again() {
    let county = COUNTY.copy();
    let (_, mut page) = longest(&county);
    let one = &keys(&page)[0];
    let path = county.path("复核.xlsx");
    save(&page, &path, &[(one, "14")]);
    let said = receive(&county, &path);
    assert!(said.contains("还须填“有效期/复核月份”；补上以前不能照办，仍算未核查"), "{said}");
    assert_eq!(stands(&county, one), (Some("14".to_owned()), CaseState::Open, 1));
    let until = page.column("有效期/复核月份");
    page.rows[0][until] = word("2023年6月");
    save(&page, &path, &[(one, "14")]);
    receive(&county, &path);
    assert_eq!(stands(&county, one), (Some("14".to_owned()), CaseState::Followed, 2));
}

#[test]
fn a_list_of_another_key_is_told_as_that_and_not_row_by_row_alone() {
    let county = COUNTY.copy();
    let (_, mut page) = longest(&county);
    let (tag, keys) = (page.column("校验码"), keys(&page));
    let is_case = |key: &str| CaseNumber::parse(key).is_ok();
    // As if made under another key: each tag is a tag, and no row's.
    for row in page.rows.iter_mut().filter(|row| !text(&row[tag]).is_empty()) {
        let other: String = text(&row[tag]).chars().rev().collect();
        row[tag] = word(&other);
    }
    let all: Vec<(&str, &str)> = keys.iter().filter(|key| is_case(key)).map(|key| (key.as_str(), "22")).collect();
    assert!(all.len() > 5);
    let path = county.path("旧密钥.xlsx");
    save(&page, &path, &all);
    let said = say(county.command(&["receive", MONTH]).arg(&path));
    assert!(
        format!("{}{}", said.stdout, said.stderr).contains("校验码一行也对不上：换过密钥以前下发的"),
        "{}{}",
        said.stdout,
        said.stderr
    );
}
