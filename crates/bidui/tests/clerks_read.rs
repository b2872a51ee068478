//! What a clerk of a town and a desk of the district read in the lists of the README's main job: every sentence is the right one for its household, and
//! no two lists say differently of the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/mutate.rs"]
mod mutate;
mod support;

use std::path::PathBuf;
use std::sync::LazyLock;

use bidui_synth::SheetCell;
use mutate::{Page, text};
use support::{Record, program, repository, say};

/// The third month of the rehearsal, to whose two earlier months towns answered.
static MARCH: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let rehearse = ["rehearse", "--quiet", "--folder", folder.path().to_str().unwrap()];
    say(program().current_dir(repository()).args(rehearse)).expect(0);
    let month = folder.path().join("out/2023-03");
    (folder, month)
});

fn page(file: &str, sheet: &str) -> Page {
    Page::read(&MARCH.1.join(file), sheet, "序号")
}

fn town(name: &str, list: &str, sheet: &str) -> Vec<Record> {
    rows(&page(&format!("{}/{list}.xlsx", folder_of(name)), sheet))
}

fn folder_of(town: &str) -> String {
    let mut towns = std::fs::read_dir(MARCH.1.join("towns")).unwrap().map(|town| town.unwrap().file_name());
    format!("towns/{}", towns.find(|folder| folder.to_string_lossy().ends_with(town)).unwrap().to_string_lossy())
}

fn rows(page: &Page) -> Vec<Record> {
    let is_row = |row: &&mutate::Row| matches!(row[0], SheetCell::Number(_));
    let record = |row: &mutate::Row| page.heading.iter().cloned().zip(row.iter().map(text)).collect();
    page.rows.iter().filter(is_row).map(record).collect()
}

fn of<'a>(rows: &'a [Record], household: &str) -> &'a Record {
    rows.iter().find(|row| row["户编号"] == household).unwrap_or_else(|| panic!("{household} is not among {rows:#?}"))
}

#[test]
fn what_was_not_issued_says_what_its_own_answer_asks_for() {
    let todo = |name: &str, household: &str| {
        let quiet = town(name, "周例会清单", "触发而未下发");
        of(&quiet, household)["怎么办"].clone()
    };
    assert_eq!(todo("拉堡镇", "H00000352"), "未入户，待复核：结果填核查清单“以前未办结”");
    of(&town("拉堡镇", "核查清单", "以前未办结"), "H00000352");
    assert_eq!(todo("穿山镇", "H00000262"), "已转拉堡镇：由拉堡镇办理，供知晓");
    assert_eq!(todo("土博镇", "H00000106"), "答复说已变化，数据仍未变：请补措施或更正答复");
    assert_eq!(todo("百朋镇", "H00000142"), "暂不纳入、持续跟踪：到期前没有加重不必再核");
    assert_eq!(todo("拉堡镇", "H00000175"), "已转部门，正在办理：看落实没有，没有的催办");
    assert_eq!(todo("百朋镇", "H00000007"), "正在办理：按原来的识别、帮扶继续办");
}

#[test]
fn what_was_not_issued_says_whose_identity_is_in_doubt() {
    let quiet = page(&format!("{}/周例会清单.xlsx", folder_of("百朋镇")), "触发而未下发");
    assert!(quiet.heading.iter().any(|title| title == "身份核对"), "{:?}", quiet.heading);
}

#[test]
fn a_household_has_one_level_on_every_list_of_the_month() {
    let rows = town("百朋镇", "周例会清单", "新下发");
    let levels = |household: &str| {
        let row = of(&rows, household);
        (row["等级"].clone(), row["以前更高等级"].clone())
    };
    assert_eq!(levels("H00000007"), ("橙".to_owned(), "红".to_owned()));
    assert_eq!(levels("H00000022"), ("黄".to_owned(), "橙".to_owned()));
    assert_eq!(levels("H00000127"), ("橙".to_owned(), String::new()));
    let warned = support::records(&MARCH.1.join("data/warnings.csv"));
    let cases = support::records(&MARCH.1.join("data/cases.csv"));
    for warning in &warned {
        let case = cases.iter().find(|case| case["case_id"] == warning["case_id"]).unwrap();
        assert_eq!(case["level"], warning["level"], "{}", warning["case_id"]);
    }
}

#[test]
fn who_knocks_at_a_door_knows_what_was_not_issued() {
    let listed = town("百朋镇", "核查清单", "核查清单");
    let other = |household: &str| {
        let said = of(&listed, household)["预警内容"].clone();
        said.split_once("\n另有未下发（已在监测、核查过或在办）：").map_or(String::new(), |(_, other)| other.to_owned())
    };
    assert_eq!(other("H00000007"), "【红】家庭住房鉴定为D级的有1处，其中仍有人居住1处");
    assert_eq!(other("H00000022"), "【橙】家庭住房鉴定为C级的有1处");
    assert_eq!(other("H00000142").matches('【').count(), 2, "{}", other("H00000142"));
    assert_eq!(other("H00000127"), "");
}

#[test]
fn a_meeting_reads_of_a_household_once_what_it_was_asked() {
    let mut continuing = 0;
    for name in TOWNS {
        let new = town(name, "周例会清单", "新下发");
        let others = town(name, "周例会清单", "按应办结日期");
        continuing += others.len();
        for row in &others {
            assert!(new.iter().all(|other| other["预警编号"] != row["预警编号"]), "{name} {row:?}");
        }
    }
    assert!(continuing > 0 || warned_in_march("continuing").all(|case| overdue(&case) > 0));
}

const TOWNS: [&str; 8] = ["拉堡镇", "百朋镇", "成团镇", "三都镇", "里高镇", "进德镇", "穿山镇", "土博镇"];

fn warned_in_march(state: &str) -> impl Iterator<Item = String> {
    let warnings = support::records(&MARCH.1.join("data/warnings.csv")).into_iter();
    warnings.filter(move |warning| warning["state"] == state).map(|warning| warning["case_id"].clone())
}

fn overdue(case: &str) -> i64 {
    let cases = support::records(&MARCH.1.join("data/cases.csv"));
    cases.iter().find(|row| row["case_id"] == case).unwrap()["overdue_days"].parse().unwrap()
}

#[test]
fn whom_the_registry_monitors_is_not_late_to_be_identified() {
    let listed = town("三都镇", "帮扶时限清单", "未完成识别纳入");
    let row = of(&listed, "H00000412");
    assert_eq!((&*row["状态"], &*row["超期天数"]), ("底册已有，请填纳入日期", "0"));
    assert!(!row["底册识别日期"].is_empty());
    let clocks = support::records(&MARCH.1.join("data/clocks.csv"));
    let late = clocks.iter().filter(|clock| clock["clock"] == "identify" && clock["state"] == "overdue");
    assert!(late.clone().all(|clock| clock["household_id"] != "H00000412") && late.count() > 0);
    let followed = town("三都镇", "帮扶落实跟进表", "帮扶落实跟进");
    assert!(of(&followed, "H00000412")["底册登记"].ends_with("2022-11-01起"));
}

#[test]
fn a_task_tells_the_town_that_asked_from_where_the_household_lives() {
    let tasks = rows(&page("departments/民政局/帮扶需求任务清单.xlsx", "帮扶需求任务"));
    let task = of(&tasks, "H00000262");
    assert_eq!((&*task["办理镇"], &*task["现住址"]), ("拉堡镇", "穿山镇新兴农场社区"));
}

/// The lines of a folder's cover, by file; and those above them.
fn cover(folder: &str) -> (Vec<Record>, String) {
    let page = Page::read(&MARCH.1.join(folder).join("0_本月清单目录.xlsx"), "本月清单目录", "次序");
    let record = |row: &mutate::Row| page.heading.iter().cloned().zip(row.iter().map(text)).collect::<Record>();
    let above = page.above.iter().flatten().map(text).collect::<Vec<_>>().join("\n");
    (page.rows.iter().map(record).collect(), above)
}

#[test]
fn a_cover_counts_what_is_to_be_returned_and_what_is_late() {
    for name in TOWNS {
        let (books, above) = cover(&folder_of(name));
        let of_use = |how: &str| books.iter().filter(|book| book["怎么办"] == how).count();
        let (back, idle) = (of_use("要报回"), of_use("没有要填的"));
        assert!(above.contains(&format!("要报回{back}份")), "{name}: {above}");
        assert_eq!(above.contains(&format!("没有要填的{idle}份")), idle > 0, "{name}: {above}");
        let rows = town(name, "帮扶落实跟进表", "帮扶落实跟进");
        let late = rows.iter().filter(|row| !row["超期天数"].is_empty()).count();
        let book = books.iter().find(|book| book["文件"] == "帮扶落实跟进表.xlsx").unwrap();
        assert_eq!(book["已超期"], if late == 0 { String::new() } else { late.to_string() }, "{name}");
        assert!(!book["期限"].contains('至'), "{book:?}");
    }
    let rows = town("百朋镇", "帮扶落实跟进表", "帮扶落实跟进");
    assert!(rows.iter().all(|row| !row["应完成日期"].is_empty() && !row["超期天数"].is_empty()), "{rows:?}");
}

#[test]
fn a_department_is_told_what_to_do_and_of_nothing_late_that_is_not() {
    for department in ["民政局", "教育局", "住房和城乡建设局"] {
        let (books, above) = cover(&format!("departments/{department}"));
        let of = |file: &str| books.iter().find(|book| book["文件"] == file).unwrap();
        assert_eq!(of("到件与质量反馈.xlsx")["已超期"], "", "{department}");
        assert_eq!(of("数据退回清单.xlsx")["怎么办"], "留存", "{department}");
        assert!(!above.contains("留镇用"), "{above}");
        let feeds = rows(&page(&format!("departments/{department}/到件与质量反馈.xlsx"), "到件与质量反馈"));
        for feed in feeds.iter().filter(|feed| feed["说明"].contains('请')) {
            assert!(!feed["请办理"].is_empty(), "{feed:?}");
        }
    }
    let housing = rows(&page("departments/住房和城乡建设局/到件与质量反馈.xlsx", "到件与质量反馈"));
    assert!(housing.iter().any(|feed| feed["说明"].contains('请')));
    let said = instructions("departments/民政局/数据退回清单.xlsx");
    assert!(said.contains("填了留存，不用退回") && !said.contains("填写后退回"), "{said}");
}

fn instructions(file: &str) -> String {
    let mut workbook: calamine::Xlsx<_> = calamine::open_workbook(MARCH.1.join(file)).unwrap();
    let range = calamine::Reader::worksheet_range(&mut workbook, "填表说明").unwrap();
    range.rows().flatten().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_the_district_holds_it_sends_to_nobody() {
    for file in ["户户核核查表", "重点人群排查清单"] {
        let said = instructions(&format!("district/{file}（未归属乡镇）.xlsx"));
        assert!(
            said.contains("【区里办】") && !said.contains("留镇用") && !said.contains("报回区乡村振兴局，改名"),
            "{said}"
        );
        assert!(!instructions(&format!("{}/{file}.xlsx", folder_of("拉堡镇"))).contains("【区里办】"));
    }
}

#[test]
fn a_household_without_a_known_village_is_nobodys_on_every_list_of_the_district() {
    let growth = Page::read(&MARCH.1.join("district/增速对照.xlsx"), "增速对照", "乡镇");
    let lifted = |name: &str| {
        let row = growth.rows.iter().find(|row| text(&row[0]) == name).unwrap();
        text(&row[1]).parse::<i64>().unwrap()
    };
    let parts: i64 = TOWNS.into_iter().chain(["未归属"]).map(lifted).sum();
    assert_eq!(parts, lifted("合计"));

    let areas = rows(&page("district/重点区域清单.xlsx", "乡镇未消除占比"));
    let of_town = |name: &str| {
        let found: Vec<i64> =
            areas.iter().filter(|row| row["乡镇"] == name).map(|row| row["户数"].parse().unwrap()).collect();
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        found[0]
    };
    let roll = support::records(&MARCH.1.join("data/households.csv"));
    let all: i64 = TOWNS.into_iter().chain(["未归属"]).map(of_town).sum();
    assert_eq!(all, i64::try_from(roll.len()).unwrap());
    // One whose registered town is known and whose village is not.
    let without = roll.iter().find(|household| household["household_id"] == "H00000005").unwrap();
    assert_eq!(without["town_code"], "450206108");
    let registered = roll.iter().filter(|household| household["town_code"] == "450206108").count();
    assert_eq!(of_town("进德镇"), i64::try_from(registered).unwrap() - 1);
}

#[test]
fn an_answer_that_says_more_income_than_the_data_is_told() {
    let found = rows(&page("district/走访和核查发现汇总.xlsx", "核查发现"));
    let row = of(&found, "H00000142");
    assert_eq!((&*row["人均纯收入"], &*row["数据的人均纯收入"]), ("12800", "4797"));
    assert_eq!(row["核查发现"], "答复收入不低于监测范围，数据低于");
}

#[test]
fn what_cannot_be_decided_says_of_whom_and_what_lacks() {
    let open = rows(&page("district/待判定清单.xlsx", "待判定清单"));
    let row = of(&open, "H00000106");
    assert_eq!((&*row["户主姓名"], row["户主证件号"].len()), ("陆英玉", 18));
    assert!(row["内容"].contains("（缺2022年人均纯收入）"), "{row:?}");
    assert_eq!(row["条件"], "2022年人均纯收入小于10000元");
    for sheet in ["按规则", "指标情况"] {
        let first = if sheet == "按规则" { "序号" } else { "数据" };
        let page = Page::read(&MARCH.1.join("district/汇总表.xlsx"), sheet, first);
        for cell in page.rows.iter().flatten().map(text) {
            let is_id = cell.contains('-') && cell.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-');
            assert!(!is_id && !cell.contains("_1") && !cell.contains("income_"), "{sheet}: {cell}");
        }
    }
}

#[test]
fn who_was_included_by_the_registry_alone_is_named_on_the_list_that_is_pointed_to() {
    assert!(instructions("district/进出稳定性.xlsx").contains("帮扶时限清单的“台账外新识别”"));
}

#[test]
fn an_empty_sheet_says_that_the_data_came() {
    let says = |list: &str, sheet: &str| {
        let mut workbook: calamine::Xlsx<_> =
            calamine::open_workbook(MARCH.1.join(folder_of("拉堡镇")).join(format!("{list}.xlsx"))).unwrap();
        let range = calamine::Reader::worksheet_range(&mut workbook, sheet).unwrap();
        range.rows().flatten().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let low = says("低于1万元和不增反降名单", "低于1万元");
    assert!(low.contains("没有人均纯收入低于1万元的脱贫户、监测户（数据已到，没有）。"), "{low}");
    let gap = says("政策落差清单", "适龄未在校");
    assert!(gap.contains("（数据已到，没有）") && !gap.contains("请问区"), "{gap}");
}
