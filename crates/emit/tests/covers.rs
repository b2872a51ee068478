//! The cover of a folder, and what a town reads that no other test holds: what to do with each book, on paper and without drop-downs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod sample;

use bidui_emit::{EmitError, ListPlan, ListUse, Split, compile_lists, render_lists};
use calamine::{Reader, Xlsx, open_workbook};
use std::path::Path;

/// A sheet row by row, cells with `|`.
fn read(path: &Path, sheet: &str) -> Vec<String> {
    let mut workbook: Xlsx<_> = open_workbook(path).expect("a workbook");
    let range = workbook.worksheet_range(sheet).expect("a sheet");
    range.rows().map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join("|")).collect()
}

fn shipped() -> Vec<ListPlan> {
    let files = std::fs::read_dir(sample::config().join("lists")).unwrap();
    let text = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    text.flat_map(|text| compile_lists(&text, "x.toml").unwrap()).collect()
}

fn sheet(keys: &str) -> String {
    format!(
        "[[list.sheet]]\nquery = \"SELECT w.town_code, w.case_id, w.due FROM warnings AS w WHERE w.town_code <> '' ORDER BY w.case_id\"\n\
         columns = [ {{ title = '编号', value = 'case_id' }}, {{ title = '期限', value = 'due' }} ]\n\
         answers = [ {{ title = '结果', key = 'result', options = ['是', '否'] }} ]\n{keys}\n"
    )
}

fn list(id: &str, keys: &str, sheets: &[String]) -> ListPlan {
    let text = format!(
        "[[list]]\nid = 'of-{id}'\ntitle = '{id}'\nsplit = 'town'\nall = true\nfile = 'towns/{{town_code}}/{id}.xlsx'\n\
         file_without_key = 'district/{id}.xlsx'\ninstructions = ['说明']\n{keys}\n{}",
        sheets.concat()
    );
    bidui_emit::compile_list(&text, "x.toml").unwrap_or_else(|found| panic!("{found:#?}"))
}

const BACK: &str = "returns = 'verification'\nrow_key = 'case_id'";

#[test]
fn a_cover_says_which_books_go_back_by_when_and_what_is_late() {
    let out = tempfile::tempdir().unwrap();
    let no_due = sheet(&format!("name = '乙'\n{BACK}")).replace(", { title = '期限', value = 'due' }", "");
    let lists = [
        list("甲", "", &[sheet("name = '甲'")]),
        list("乙", "return_by = 10", &[no_due]),
        list("丙", "", &[sheet(&format!("name = '丙'\n{BACK}"))]),
    ];
    let written = render_lists(&lists, &sample::relations(), &sample::context(), out.path()).unwrap();
    let of_town = written.iter().find(|file| file.list == "of-丙" && file.key == "450206102").unwrap();
    let cover = read(&out.path().join("towns/450206102/0_本月清单目录.xlsx"), "本月清单目录");
    assert_eq!(cover[0].split('|').next(), Some("百朋镇2023年3月清单目录"));
    assert!(
        cover[1].contains("共3份：要报回2份、留镇用1份") && cover[2].contains("报回柳州市柳江区乡村振兴局"),
        "{cover:#?}"
    );
    let day = |day: Option<i32>| {
        let day = day.unwrap();
        let month = bidui_model::Month::of_day(day);
        format!("{month}-{:02}", day - month.first_day() + 1)
    };
    let (first, last) = (day(of_town.deadlines.first), day(of_town.deadlines.last));
    let span = if first == last { first } else { format!("{first}至{last}，见各户") };
    let late = match of_town.deadlines.overdue {
        0 => String::new(),
        late => late.to_string(),
    };
    let rows = of_town.rows;
    let of = |name: &str| cover.iter().find(|row| row.contains(&format!("|{name}.xlsx|"))).unwrap().clone();
    assert!(of("丙").ends_with(&format!("|要报回|{rows}条|{rows}|{span}|{late}")), "{cover:#?}");
    // The sample's lists are issued on 2023-03-31.
    assert!(of("乙").ends_with(&format!("|要报回|{rows}条|{rows}|2023-04-10|")), "{cover:#?}");
    assert!(of("甲").starts_with("3|甲.xlsx|留镇用|"), "{cover:#?}");
    // A town with nothing has its cover, too.
    let empty = read(&out.path().join("towns/450206103/0_本月清单目录.xlsx"), "本月清单目录");
    assert!(empty.iter().any(|row| row.contains("|丙.xlsx|没有要填的|本月没有内容|||")), "{empty:#?}");
    // What it has nothing to fill in on is not counted as to be brought back.
    assert!(empty[1].contains("共3份：没有要填的2份、留镇用1份") && !empty[2].contains("要报回"), "{empty:#?}");
    assert!(!out.path().join("district/0_本月清单目录.xlsx").exists());
}

#[test]
fn no_list_may_take_the_covers_place() {
    let mut list = list("甲", "", &[sheet("name = '甲'")]);
    list.file = "towns/{town_code}/0_本月清单目录.xlsx".to_owned();
    let out = tempfile::tempdir().unwrap();
    let result = render_lists(&[list], &sample::relations(), &sample::context(), out.path());
    assert!(matches!(result, Err(EmitError::SameFile { .. })));
}

#[test]
fn an_empty_first_sheet_points_to_what_is_to_be_filled_in_behind_it() {
    let out = tempfile::tempdir().unwrap();
    let first = sheet(&format!("name = '甲'\nempty = '没有。'\n{BACK}")).replace("<> ''", "= 'x'");
    let lists = [list("甲", "", &[first, sheet(&format!("name = '以前'\nunit = '户'\n{BACK}"))])];
    render_lists(&lists, &sample::relations(), &sample::context(), out.path()).unwrap();
    let says = |town: &str| read(&out.path().join(format!("towns/{town}/甲.xlsx")), "甲").join("\n");
    assert!(says("450206102").contains("没有。但后面还有要填的：“以前”"), "{}", says("450206102"));
    assert!(!says("450206103").contains("但后面"), "{}", says("450206103"));
}

#[test]
fn what_drop_downs_offer_stands_on_paper() {
    let out = tempfile::tempdir().unwrap();
    let lists = [list("甲", "", &[sheet("name = '甲'")])];
    render_lists(&lists, &sample::relations(), &sample::context(), out.path()).unwrap();
    let text = read(&out.path().join("towns/450206102/甲.xlsx"), "填表说明").join("\n");
    assert!(text.contains("结果||是／否"), "{text}");
}

/// The name of a file of a list, without its folder and end.
fn stem(list: &ListPlan) -> &str {
    list.file.rsplit('/').next().unwrap().trim_end_matches(".xlsx")
}

#[test]
fn a_towns_lists_are_called_inside_as_their_files_and_speak_of_no_book_that_the_town_has_not() {
    let lists = shipped();
    let of_town = || lists.iter().filter(|list| list.split == Split::Town);
    let others: Vec<&str> = lists.iter().filter(|list| list.split != Split::Town).map(stem).collect();
    let foreign: Vec<&&str> =
        others.iter().filter(|other| !of_town().any(|list| stem(list).contains(**other))).collect();
    assert!(foreign.contains(&&"汇总表"), "{foreign:?}");
    for list in of_town() {
        assert!(list.title.contains(stem(list)), "《{}》 is the file {}", list.title, list.file);
        let sheets = list.sheets.iter();
        let said = sheets.flat_map(|sheet| sheet.note.iter().chain([&sheet.empty]));
        for text in said.chain(&list.instructions) {
            let named = foreign.iter().find(|other| text.contains(***other));
            assert!(named.is_none(), "《{}》 speaks of {named:?}: {text}", list.title);
        }
    }
}

#[test]
fn a_book_that_comes_back_says_by_when_unless_its_rows_do() {
    for list in shipped().iter().filter(|list| list.split != Split::None && list.use_of() == ListUse::ComesBack) {
        let mut sheets = list.sheets.iter().filter(|sheet| sheet.returns.is_some());
        let says_due = sheets.any(|sheet| sheet.columns.iter().any(|column| column.value == "due"));
        assert!(says_due || list.return_by.is_some(), "{}", list.id);
    }
}
