//! What towns ask of departments, from the answer to the department's list and back: told late, met, refused, and done on a day that nobody names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/mutate.rs"]
mod mutate;
mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bidui_synth::SheetCell;
use mutate::{Page, save_xlsx, text, word};
use support::{County, say};

const TASKS: &str = "departments/民政局/帮扶需求任务清单.xlsx";

fn receive(county: &County, month: &str, path: &Path) -> String {
    say(county.command(&["receive", month]).arg(path)).expect(0).stdout
}

fn longest(county: &County, month: &str) -> Page {
    let towns = std::fs::read_dir(county.path(&format!("out/{month}/towns"))).unwrap();
    let lists = towns.map(|town| town.unwrap().path().join("核查清单.xlsx")).filter(|path: &PathBuf| path.is_file());
    lists.map(|path| Page::read(&path, "核查清单", "序号")).max_by_key(|page| page.rows.len()).unwrap()
}

/// The list that has the most rows but one.
fn second(county: &County, month: &str) -> Page {
    let towns = std::fs::read_dir(county.path(&format!("out/{month}/towns"))).unwrap();
    let lists = towns.map(|town| town.unwrap().path().join("核查清单.xlsx"));
    let mut pages: Vec<Page> = lists.map(|path| Page::read(&path, "核查清单", "序号")).collect();
    pages.sort_by_key(|page| page.rows.len());
    pages.swap_remove(pages.len() - 2)
}

/// By the number of the task: a column of the department's list.
fn column(page: &Page, title: &str) -> BTreeMap<String, String> {
    let (at, key) = (page.column(title), page.column("任务编号"));
    page.rows.iter().map(|row| (text(&row[key]), text(&row[at]))).collect()
}

#[test]
fn a_need_that_is_told_late_costs_its_department_no_day_and_what_it_refuses_is_not_done() {
    let county = County::invent(1_000, &["--months", "2022-12..2023-05", "--seed", "31"]);
    county.run("2023-01").expect(0);
    let mut page = longest(&county, "2023-01");
    page.fill("预警编号", |_| {
        vec![
            ("核查结果", word("15 属实，政策未落实，转行业部门")),
            ("情况说明", word("民政局，低保")),
            ("帮扶需求1", word("N09")),
            ("核查日期", SheetCell::Day(44_972.0)),
        ]
    });
    let path = county.path("收回.xlsx");
    save_xlsx(&path, &[page]);
    // Another town finds households that are to be included, and never tells of it again.
    let mut others = second(&county, "2023-01");
    others.fill("预警编号", |_| vec![("核查结果", word("11")), ("核查日期", SheetCell::Day(44_972.0))]);
    let included = county.path("拟纳入.xlsx");
    save_xlsx(&included, &[others]);
    receive(&county, "2023-01", &included);
    // The town answers when two more months' lists are out.
    county.run("2023-02").expect(0);
    county.run("2023-03").expect(0);
    receive(&county, "2023-01", &path);
    county.run("2023-04").expect(0);
    let needs = county.relation("2023-04", "needs");
    assert!(needs.len() >= 4 && needs.iter().all(|need| need["pushed"] == "2023-04"), "{needs:?}");
    let clocks = |kind: &str, month: &str| -> Vec<String> {
        let clocks = county.relation(month, "clocks");
        clocks
            .into_iter()
            .filter(|clock| clock["clock"] == kind)
            .map(|mut clock| clock.remove("state").unwrap())
            .collect()
    };
    assert!(clocks("need", "2023-04").iter().all(|state| state == "open"));

    let mut page = Page::read(&county.path(&format!("out/2023-04/{TASKS}")), "帮扶需求任务", "序号");
    let keys: Vec<String> = column(&page, "推送月份").into_keys().collect();
    let outcome = |key: &str, outcome: &str, day: Option<f64>| {
        let day = day.map(|day| ("落实日期", SheetCell::Day(day)));
        (key.to_owned(), [("办理情况", word(outcome))].into_iter().chain(day).collect::<Vec<_>>())
    };
    let plan = BTreeMap::from([
        outcome(&keys[0], "不符合条件", None),
        outcome(&keys[1], "已落实", None),
        // The year before the town saw it.
        outcome(&keys[2], "已落实", Some(44_700.0)),
        outcome(&keys[3], "已落实", Some(45_055.0)),
    ]);
    page.fill("任务编号", |key| plan.get(key).cloned().unwrap_or_default());
    save_xlsx(&path, &[page]);
    let said = receive(&county, "2023-04", &path);
    assert_eq!(said.matches("“落实日期”早于镇核查提出这项需求的那天（2023-02-15）").count(), 1, "{said}");
    assert_eq!(said.matches("选了“已落实”，还须填“落实日期”").count(), 1, "{said}");

    county.run("2023-05").expect(0);
    let states = clocks("need", "2023-05");
    let count = |state: &str| states.iter().filter(|known| *known == state).count();
    // A day that cannot be is taken as it stands, and was told.
    assert_eq!((count("refused"), count("undated"), count("done"), count("late")), (1, 1, 2, 0), "{states:?}");
    let case = |key: &str| {
        let number = key.rsplit_once('-').unwrap().0.to_owned();
        county.relation("2023-05", "cases").into_iter().find(|case| case["case_id"] == number).unwrap()
    };
    let refused = case(&keys[0]);
    assert_eq!(refused["needs"], "综合保障（低保、特困、临时救助）：不符合条件");
    if refused["state"] == "followed" {
        assert_eq!(refused["stage"], "部门退回，待镇处理");
    }
    assert!(case(&keys[1])["needs"].ends_with("：已落实"));

    // What a department sent back, and whose identification is late, can be answered once more.
    let asked: Vec<Page> = std::fs::read_dir(county.path("out/2023-05/towns"))
        .unwrap()
        .map(|town| Page::read(&town.unwrap().path().join("核查清单.xlsx"), "以前未办结", "序号"))
        .collect();
    let with_stage = |page: &Page, stage: &str| -> Vec<String> {
        let (at, key) = (page.column("环节"), page.column("预警编号"));
        page.rows.iter().filter(|row| text(&row[at]) == stage).map(|row| text(&row[key])).collect()
    };
    let warned: Vec<String> =
        county.relation("2023-05", "warnings").into_iter().map(|warning| warning["case_id"].clone()).collect();
    if refused["stage"] == "部门退回，待镇处理" && !warned.contains(&refused["case_id"]) {
        assert!(asked.iter().any(|page| with_stage(page, "部门退回，待镇处理").contains(&refused["case_id"])));
    }
    let mut late = asked.into_iter().max_by_key(|page| with_stage(page, "识别中").len()).unwrap();
    let waits = with_stage(&late, "识别中");
    assert!(!waits.is_empty());
    late.fill("预警编号", |key| match key == waits[0] {
        true => {
            vec![("核查结果", word("22")), ("情况说明", word("评议没有通过")), ("核查日期", SheetCell::Day(45_090.0))]
        }
        false => Vec::new(),
    });
    save_xlsx(&path, &[late]);
    let said = receive(&county, "2023-05", &path);
    let told = say(&mut county.command(&["case", &waits[0]])).expect(0).stdout;
    assert!(said.contains("采用1行") && told.contains("已办结"), "{said}\n{told}");
}

#[test]
fn a_row_that_was_pasted_into_another_departments_list_or_another_towns_is_taken_and_told() {
    let county = County::invent(1_000, &["--months", "2022-12..2023-02", "--seed", "31"]);
    county.run("2023-01").expect(0);
    let towns: Vec<PathBuf> = std::fs::read_dir(county.path("out/2023-01/towns"))
        .unwrap()
        .map(|town| town.unwrap().path().join("核查清单.xlsx"))
        .filter(|path| path.is_file())
        .collect();
    let mut pages: Vec<Page> = towns.iter().map(|path| Page::read(path, "核查清单", "序号")).collect();
    pages.sort_by_key(|page| page.rows.len());
    let mut one = pages.pop().unwrap();
    let first = text(&one.rows[0][one.column("预警编号")]);
    one.fill("预警编号", |key| {
        vec![
            ("核查结果", word("15 属实，政策未落实，转行业部门")),
            ("情况说明", word("要政策")),
            ("帮扶需求1", word(if key == first { "N05" } else { "N09" })),
            ("核查日期", SheetCell::Day(44_972.0)),
        ]
    });
    let path = county.path("收回.xlsx");
    let mut followed = [pages.pop().unwrap(), pages.pop().unwrap()];
    assert!(one.rows.len() > 5 && followed[0].rows.len() > 5);
    for page in followed.iter_mut().chain([&mut one]) {
        if page.rows.iter().all(|row| text(&row[page.column("核查结果")]).is_empty()) {
            page.fill("预警编号", |_| vec![("核查结果", word("11")), ("核查日期", SheetCell::Day(44_972.0))]);
        }
        save_xlsx(&path, std::slice::from_ref(page));
        receive(&county, "2023-01", &path);
    }
    county.run("2023-02").expect(0);
    let tasks = |department: &str| {
        let list = format!("out/2023-02/departments/{department}/帮扶需求任务清单.xlsx");
        Page::read(&county.path(&list), "帮扶需求任务", "序号")
    };
    let (mut own, other) = (tasks("民政局"), tasks("住房和城乡建设局"));
    let done = |page: &mut Page| {
        page.fill("任务编号", |_| vec![("办理情况", word("已落实")), ("落实日期", SheetCell::Day(44_990.0))]);
    };
    own.rows.extend(other.rows.iter().cloned());
    done(&mut own);
    save_xlsx(&path, &[own]);
    let said = receive(&county, "2023-02", &path);
    assert_eq!(said.matches("这一行是住房和城乡建设局任务清单上的").count(), 1, "{said}");

    // The same of a town's list of what is done for households.
    let follow_up = |page: &Page| -> Page {
        let numbers: Vec<String> = page.rows.iter().map(|row| text(&row[page.column("预警编号")])).collect();
        let of_town = |path: &&PathBuf| {
            let list = Page::read(path, "核查清单", "序号");
            list.rows.iter().any(|row| numbers.contains(&text(&row[list.column("预警编号")])))
        };
        let folder = towns.iter().find(of_town).unwrap().to_string_lossy().replace("2023-01", "2023-02");
        Page::read(&PathBuf::from(folder).with_file_name("帮扶落实跟进表.xlsx"), "帮扶落实跟进", "序号")
    };
    let [mut own, other] = followed.each_ref().map(follow_up);
    own.rows.push(other.rows[0].clone());
    own.fill("预警编号", |_| vec![("帮扶责任人落实日期", SheetCell::Day(44_990.0))]);
    save_xlsx(&path, &[own]);
    let said = receive(&county, "2023-02", &path);
    assert_eq!(said.matches("与这份文件其余各行不是一个镇").count(), 1, "{said}");
}
