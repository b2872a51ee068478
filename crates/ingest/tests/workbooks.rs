//! Workbooks: kinds of cells, merged and hidden things, sheets of towns, damage.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod reading;

use bidui_ingest::{FileForm, FileProblem, SheetSkip};
use reading::{PEOPLE, Told, contract, read_bytes};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};

fn read(fill: impl FnOnce(&mut Workbook)) -> Result<Told, FileProblem> {
    read_as(PEOPLE, fill)
}

fn read_as(text: &str, fill: impl FnOnce(&mut Workbook)) -> Result<Told, FileProblem> {
    let mut book = Workbook::new();
    fill(&mut book);
    let bytes = book.save_to_buffer().unwrap();
    read_bytes(&bytes, &contract(text))
}

fn rows(sheet: &mut Worksheet, first: u32, rows: &[&[&str]]) {
    for (row, cells) in (first..).zip(rows) {
        for (column, text) in (0..).zip(*cells) {
            if !text.is_empty() {
                sheet.write_string(row, column, *text).unwrap();
            }
        }
    }
}

/// One sheet of these texts.
fn check(cells: &[&[&str]], expected: &[&str]) {
    let told = read(|book| rows(book.add_worksheet(), 0, cells)).unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(told.report.form, FileForm::Xlsx);
    assert_eq!(told.lines, expected);
}

const HEADING: &[&str] = &["身份证号", "姓名", "金额"];

#[test]
fn rows_keep_their_numbers_and_gaps_are_blank_rows() {
    check(
        &[
            &["低保名册"],
            HEADING,
            &["11", "韦", "1"],
            &[],
            &[],
            &["12", "黄", "2"],
            &["合计", "", "3"],
            &[],
            &["制表人：甲"],
        ],
        &["3:1|韦|11", "4:!blank", "5:!blank", "6:2|黄|12", "7:!total", "8:!blank", "9:!footer"],
    );
}

#[test]
fn a_note_beside_the_table_does_not_matter() {
    check(&[HEADING, &["11", "韦", "1", "", "已核"]], &["2:1|韦|11"]);
}

#[test]
fn cells_say_what_they_are() {
    let told = read(|book| {
        let sheet = book.add_worksheet();
        rows(sheet, 0, &[HEADING, &["", "韦"]]);
        sheet.write_number(1, 0, 450_206_199_001_011_234.0).unwrap();
        sheet.write_number(1, 2, 1234.5).unwrap();
        let date = Format::new().set_num_format("yyyy-mm-dd");
        sheet.write_with_format(2, 0, ExcelDateTime::from_ymd(2023, 3, 5).unwrap(), &date).unwrap();
        sheet.write_boolean(2, 1, true).unwrap();
        sheet.write_formula(2, 2, rust_xlsxwriter::Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
    });
    assert_eq!(
        told.unwrap().lines,
        ["2:1234.5<Number>|韦|450206199001011260<Number>", "3:#DIV/0!<Error>|TRUE<Bool>|2023-03-05<Date>",]
    );
}

#[test]
fn merged_headings_reach_over_their_columns() {
    let told = read(|book| {
        let sheet = book.add_worksheet();
        let plain = Format::new();
        sheet.merge_range(0, 0, 0, 4, "低保发放名册", &plain).unwrap();
        sheet.merge_range(1, 0, 2, 0, "证件\n号码", &plain).unwrap();
        sheet.merge_range(1, 1, 1, 2, "户主", &plain).unwrap();
        sheet.merge_range(1, 3, 1, 4, "补助", &plain).unwrap();
        rows(sheet, 2, &[&["", "姓名", "性别", "月份", "金额"], &["11", "韦", "男", "3", "1"]]);
    })
    .unwrap();
    assert_eq!(told.lines, ["4:1|韦|11"]);
    assert_eq!(told.report.headings[0], ("amount".into(), "补助/金额".into()));
    assert_eq!(told.report.unread_headings, ["户主/性别", "补助/月份"]);
}

#[test]
fn every_visible_sheet_is_a_source() {
    let told = read(|book| {
        let sheet = book.add_worksheet().set_name("百朋镇").unwrap();
        rows(sheet, 0, &[HEADING, &["11", "韦", "1"]]);
        let sheet = book.add_worksheet().set_name("字典").unwrap().set_hidden(true);
        rows(sheet, 0, &[HEADING, &["99", "隐", "9"]]);
        let sheet = book.add_worksheet().set_name("汇总").unwrap();
        rows(sheet, 0, &[&["镇", "人数"], &["百朋", "1"]]);
        book.add_worksheet().set_name("空").unwrap();
        let sheet = book.add_worksheet().set_name("成团镇").unwrap();
        rows(sheet, 0, &[&["标题"], &["姓名", "证件号码"], &["黄", "12"]]);
    })
    .unwrap();
    assert_eq!(told.lines, ["2:1|韦|11", "1/3:|黄|12"]);
    let sheets: Vec<&str> = told.report.sources.iter().map(|source| source.sheet.as_str()).collect();
    assert_eq!(sheets, ["百朋镇", "成团镇"]);
    assert_eq!(
        told.report.skipped_sheets,
        [
            ("字典".into(), SheetSkip::Hidden),
            ("汇总".into(), SheetSkip::NoHeading { rows: 2 }),
            ("空".into(), SheetSkip::Empty),
        ]
    );
}

#[test]
fn a_towns_sheet_with_a_slip_in_its_heading_is_not_passed_over() {
    let text = PEOPLE.replace("[\"姓名\", \"户主/姓名\"] }", "[\"姓名\"], required = true }");
    let problem = read_as(&text, |book| {
        let sheet = book.add_worksheet().set_name("百朋镇").unwrap();
        rows(sheet, 0, &[HEADING, &["11", "韦", "1"]]);
        let sheet = book.add_worksheet().set_name("成团镇").unwrap();
        rows(sheet, 0, &[&["身份证号", "姓氏名", "金额"], &["12", "黄", "2"]]);
    })
    .expect_err("a problem");
    assert_eq!(
        problem.to_string(),
        "“民政局/低保”的工作表“成团镇”第1行的表头缺少“姓名”列；可用的列名：姓名；表中最接近的是“姓氏名”，\
         请改回约定的列名，或在数据契约中登记这个写法"
    );
}

#[test]
fn pairs_side_by_side_become_records() {
    let text = PEOPLE.replace("headings = [\"证件号码\", \"身份证号\"], required = true", "required = true")
        + "[reshape]\nunpivot = [{ person = \"身份证号1\", name = \"姓名1\" }, { person = \"身份证号2\", name = \"姓名2\" }]\n";
    let told = read_as(&text, |book| {
        rows(
            book.add_worksheet(),
            0,
            &[
                &["金额", "姓名1", "身份证号1", "姓名2", "身份证号2"],
                &["1", "韦", "11", "黄", "12"],
                &["2", "覃", "13"],
                &["3"],
                &["合计", "", ""],
            ],
        );
    })
    .unwrap();
    assert_eq!(told.lines, ["2:1|韦|11", "2:1|黄|12", "3:2|覃|13", "4:3||", "5:!total"]);
}

#[test]
fn lists_in_a_cell_become_records() {
    let text = format!("{PEOPLE}[reshape]\nsplit = {{ columns = [\"person\", \"name\"], separators = \"；;\" }}\n");
    let told = read_as(&text, |book| {
        rows(book.add_worksheet(), 0, &[HEADING, &["11；12;13", "韦；黄", "1"], &["14", "蒙", "2"]]);
    })
    .unwrap();
    assert_eq!(told.lines, ["2:1|韦|11", "2:1|黄|12", "2:1||13", "3:2|蒙|14"]);
}

#[test]
fn a_workbook_cut_short_is_damaged_and_never_a_panic() {
    let mut book = Workbook::new();
    rows(book.add_worksheet(), 0, &[HEADING, &["11", "韦", "1"]]);
    let bytes = book.save_to_buffer().unwrap();
    for length in (4..bytes.len()).step_by(97) {
        let problem = read_bytes(&bytes[..length], &contract(PEOPLE)).err();
        assert!(
            matches!(problem, Some(FileProblem::Damaged { .. } | FileProblem::UnknownForm { .. })),
            "{length}: {problem:?}"
        );
    }
}

#[test]
fn a_value_far_below_does_not_make_a_million_blank_rows() {
    let told = read(|book| {
        let sheet = book.add_worksheet();
        rows(sheet, 0, &[HEADING, &["11", "韦", "1"]]);
        sheet.write_string(1_048_575, 16_383, "x").unwrap();
    })
    .unwrap();
    assert_eq!(told.lines, ["2:1|韦|11", "1048576:!blank"]);
}
