//! A town's books from month to month: what was filled in is seen again or its want is told, and the cover says what lies there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/mutate.rs"]
mod mutate;
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use calamine::{Reader, Xlsx, open_workbook};
use mutate::{Page, save_xlsx, text, word};
use support::{County, say};

static COUNTY: LazyLock<County> = LazyLock::new(|| {
    let county = County::invent(2_000, &["--months", "2022-12..2023-02", "--seed", "16"]);
    county.run("2023-01").expect(0);
    county
});

fn towns(county: &County, month: &str) -> Vec<PathBuf> {
    let mut towns: Vec<PathBuf> =
        fs::read_dir(county.path(&format!("out/{month}/towns"))).unwrap().map(|town| town.unwrap().path()).collect();
    towns.sort();
    towns
}

/// Of the towns' lists of a month that with the most rows.
fn longest(county: &County, month: &str, list: &str, sheet: &str) -> Page {
    let pages = towns(county, month).into_iter().map(|town| Page::read(&town.join(list), sheet, "序号"));
    pages.max_by_key(|page| page.rows.len()).unwrap()
}

fn receive(county: &County, path: &Path) -> String {
    say(county.command(&["receive", "2023-01"]).arg(path)).expect(0).stdout
}

/// Sets an answer in the row of a key.
fn answer(page: &mut Page, key: (&str, &str), title: &str, value: &str) {
    let (at, column) = (page.column(key.0), page.column(title));
    let row = page.rows.iter_mut().find(|row| text(&row[at]) == key.1).unwrap();
    row[column] = word(value);
}

fn keys(page: &Page, title: &str) -> Vec<String> {
    let (at, tag) = (page.column(title), page.column("校验码"));
    page.rows.iter().filter(|row| !text(&row[tag]).is_empty()).map(|row| text(&row[at])).collect()
}

#[test]
fn what_was_said_comes_back_with_what_it_lacked() {
    let county = COUNTY.copy();
    let mut page = longest(&county, "2023-01", "核查清单.xlsx", "核查清单");
    let numbers = keys(&page, "预警编号");
    for (number, code) in numbers.iter().zip(["14", "15", "41", "23", "22"]) {
        answer(&mut page, ("预警编号", number), "核查结果", code);
    }
    let path = county.path("核查.xlsx");
    save_xlsx(&path, &[page]);
    receive(&county, &path);
    let mut page = longest(&county, "2023-01", "网格走访清单.xlsx", "长期外出");
    let away = keys(&page, "联系编号")[0].clone();
    answer(&mut page, ("联系编号", &away), "联系结果", "联系上，情况稳定");
    let path = county.path("走访.xlsx");
    save_xlsx(&path, &[page]);
    let said = receive(&county, &path);
    assert!(said.contains("采用1行（新答复1"), "{said}");
    county.run("2023-02").expect(0);

    let cases = county.relation("2023-02", "cases");
    let label = |number: &String| {
        let case = cases.iter().find(|case| case["case_id"] == *number).unwrap();
        (case["state"].clone(), case["answer_label"].clone())
    };
    let lacking = ["有效期/复核月份", "帮扶需求1", "有效期/复核月份", "情况说明"];
    for (number, missing) in numbers.iter().zip(lacking) {
        let (state, label) = label(number);
        assert!(state == "open" && label.ends_with(&format!("（缺“{missing}”，未照办）")), "{state} {label}");
    }
    assert!(!label(&numbers[4]).1.contains('缺'), "{:?}", label(&numbers[4]));
    let warnings = county.relation("2023-02", "warnings");
    let told = warnings.iter().filter(|warning| warning["last_answer"].contains("，未照办）")).count();
    let pages = || towns(&county, "2023-02").into_iter().map(|town| town.join("核查清单.xlsx"));
    let on_paper = |sheet: &str| -> Vec<(String, String, String)> {
        let rows = pages().flat_map(|path| {
            let page = Page::read(&path, sheet, "序号");
            let columns = ["上次核查结果", "预警内容", "建议措施"].map(|title| page.column(title));
            page.rows.into_iter().map(move |row| {
                let [last, content, advice] = columns.map(|column| text(&row[column]));
                (last, content, advice)
            })
        });
        rows.filter(|(_, content, _)| !content.is_empty()).collect()
    };
    let missing = |rows: &[(String, String, String)]| rows.iter().filter(|row| row.0.contains("未照办")).count();
    let (now, before) = (on_paper("核查清单"), on_paper("以前未办结"));
    assert_eq!((missing(&now), missing(&now) + missing(&before)), (told, 4));
    // What is left of an earlier month says what it was about and what to do.
    assert!(!before.is_empty());
    assert!(
        before.iter().all(|(_, content, advice)| content.starts_with("2023-01：") && !advice.is_empty()),
        "{before:?}"
    );

    // Who is away again is shown with what was said of him.
    let visits = towns(&county, "2023-02")
        .into_iter()
        .map(|town| Page::read(&town.join("网格走访清单.xlsx"), "长期外出", "序号"));
    let said: Vec<String> = visits
        .flat_map(|page| {
            let (key, last) = (page.column("联系编号"), page.column("上次联系结果"));
            page.rows
                .into_iter()
                .filter(|row| text(&row[key]) == away)
                .map(move |row| text(&row[last]))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(said.iter().all(|said| said == "2023-01：联系上，情况稳定"), "{said:?}");
}

#[test]
fn another_name_under_a_number_is_shown_as_far_as_it_may_be() {
    let mut shown = 0;
    for town in towns(&COUNTY, "2023-01") {
        let page = Page::read(&town.join("数据核实清单.xlsx"), "数据核实清单", "序号");
        let (place, found) = (page.column("出处和问题"), page.column("原值（已遮盖）"));
        for row in page.rows.iter().filter(|row| text(&row[place]).contains("姓名不一致")) {
            let name = text(&row[found]);
            assert!(name.chars().count() == 3 && name.ends_with("＊＊"), "{name}");
            shown += 1;
        }
        let told = page.rows.iter().map(|row| text(&row[place])).filter(|place| place.contains("被Excel当作数字"));
        assert_eq!(told.count(), 0, "only the department can export anew");
    }
    assert!(shown > 0);
    // The relation keeps nothing of it.
    let flaws = COUNTY.relation("2023-01", "flaws");
    assert!(flaws.iter().filter(|flaw| flaw["code"] == "name_disagrees").all(|flaw| flaw["found"].is_empty()));
}

#[test]
fn what_was_checked_is_known_again_and_the_same_person_is_not_asked_for_again() {
    // A registry with a name that is not right, so that several extracts have the same other one.
    let county = County::invent(2_000, &["--months", "2023-01..2023-02", "--seed", "16", "--damage", "3"]);
    county.run("2023-01").expect(0);
    let (list, sheet) = ("数据核实清单.xlsx", "数据核实清单");
    // Number, what was said last and what the row is about.
    let of = |county: &County, month: &str, sheet: &str| -> Vec<[String; 3]> {
        let pages = towns(county, month).into_iter().map(|town| Page::read(&town.join(list), sheet, "序号"));
        let rows = pages.flat_map(|page| {
            let columns = ["核实编号", "上次核实", "出处和问题"].map(|title| page.column(title));
            page.rows.into_iter().map(move |row| columns.map(|column| text(&row[column])))
        });
        rows.filter(|[key, ..]| key.contains('-')).collect()
    };
    // Whose name it is, and which: of two extracts that have one name for a person the same.
    let name = |key: &str| {
        let mut parts = key.split('-').map(str::to_owned);
        (parts.next(), parts.nth(1))
    };
    // What is wrong in January and, without an answer, in February again; of names, the same other one in another extract.
    let trial = county.copy();
    trial.run("2023-02").expect(0);
    let (now, later) = (of(&county, "2023-01", sheet), of(&trial, "2023-02", sheet));
    let again = |is_name: bool| -> String {
        let is_one = |[key, _, about]: &&[String; 3]| {
            let is_same = later.iter().any(|[other, ..]| other == key);
            let is_of_name = later.iter().any(|[other, ..]| name(other) == name(key));
            about.contains("姓名不一致") == is_name && if is_name { !is_same && is_of_name } else { is_same }
        };
        now.iter().find(is_one).unwrap()[0].clone()
    };
    let known = [again(true), again(false)];
    let tell = |key: &String, result: &str, on: &str| {
        let mut pages = towns(&county, "2023-01").into_iter().map(|town| Page::read(&town.join(list), sheet, "序号"));
        let mut page = pages.find(|page| keys(page, "核实编号").contains(key)).unwrap();
        answer(&mut page, ("核实编号", key), "核实结果", result);
        answer(&mut page, ("核实编号", key), "核实日期", on);
        let path = county.path("核实.xlsx");
        save_xlsx(&path, &[page]);
        let said = receive(&county, &path);
        assert!(said.contains("：采用1行"), "{said}");
    };
    for (key, result) in known.iter().zip(["同一人，用字不同", "无法核实"]) {
        tell(key, result, "2023-02-10");
    }
    county.run("2023-02").expect(0);
    let (asked, settled) = (of(&county, "2023-02", sheet), of(&county, "2023-02", "已核实为同一人"));
    let last = |key: &String| asked.iter().find(|[of, ..]| of == key).map(|[_, last, _]| last.as_str());
    assert_eq!((last(&known[0]), last(&known[1])), (None, Some("2023-01：无法核实")));
    let keys = |of: &[[String; 3]]| -> BTreeSet<String> { of.iter().map(|[key, ..]| key.clone()).collect() };
    let of_name = later.iter().filter(|[key, ..]| name(key) == name(&known[0])).cloned().collect::<Vec<_>>();
    assert!(!of_name.is_empty() && keys(&settled) == keys(&of_name), "{settled:?} {of_name:?}");
    assert!(settled.iter().all(|[_, last, _]| last == "2023-01：同一人，用字不同"), "{settled:?}");
    let all: Vec<&String> = asked.iter().map(|[key, ..]| key).collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "each has a number of its own");

    // Of whom it is found that it is not he, no row is his any more, wherever it has that name, and its department is told.
    let denied = || {
        let links = county.relation("2023-02", "links");
        links.into_iter().filter(|link| link["reason"] == "not_this_person").collect::<Vec<_>>()
    };
    let returned = || {
        let departments = fs::read_dir(county.path("out/2023-02/departments")).unwrap();
        let lists = departments.map(|folder| folder.unwrap().path().join("数据退回清单.xlsx"));
        let rows = lists.filter(|list| list.exists()).flat_map(|list| {
            let page = Page::read(&list, "未关联行", "序号");
            page.rows.iter().map(|row| row.iter().map(text).collect::<String>()).collect::<Vec<_>>()
        });
        rows.filter(|row| row.contains("乡镇已核实不是同一人")).count()
    };
    assert_eq!((denied().len(), returned()), (0, 0));
    tell(&known[0], "不是同一人", "2023-02-12");
    county.run("2023-02").expect(0);
    let found = denied();
    assert!(found.len() >= of_name.len() && returned() == found.len(), "{found:?}");
    assert!(found.iter().all(|link| link["link_class"] == "none" && link["person_no"].is_empty()), "{found:?}");
    let about = |sheet: &str| keys(&of(&county, "2023-02", sheet)).iter().any(|key| name(key) == name(&known[0]));
    assert!(!about(sheet) && !about("已核实为同一人"));
    // A slip of the town's is mended by the same list.
    tell(&known[0], "同一人，用字不同", "2023-02-14");
    county.run("2023-02").expect(0);
    assert!(denied().is_empty() && about("已核实为同一人"));
}

#[test]
fn every_book_of_a_folder_stands_on_its_cover() {
    let out = COUNTY.path("out/2023-01");
    let departments = fs::read_dir(out.join("departments")).unwrap().map(|folder| folder.unwrap().path());
    for folder in towns(&COUNTY, "2023-01").into_iter().chain(departments) {
        let mut cover: Xlsx<_> = open_workbook(folder.join("0_本月清单目录.xlsx")).unwrap();
        let range = cover.worksheet_range("本月清单目录").unwrap();
        let named: BTreeSet<String> =
            range.rows().map(|row| row[1].to_string()).filter(|name| name.ends_with(".xlsx")).collect();
        let files = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let files: BTreeSet<String> = files.filter(|name| !name.starts_with("0_")).collect();
        assert_eq!(named, files);
    }
}

#[test]
fn a_book_that_stays_is_called_the_same_when_it_is_sent_back() {
    let town = &towns(&COUNTY, "2023-01")[0];
    let county = COUNTY.copy();
    for (file, words) in
        [("周例会清单.xlsx", "留镇用"), ("帮扶时限清单.xlsx", "供查看"), ("0_本月清单目录.xlsx", "供查看")]
    {
        let said = say(county.command(&["receive", "2023-01"]).arg(town.join(file))).expect(2).stderr;
        assert!(said.contains(&format!("【{words}】的，不用报回")), "{said}");
    }
}
