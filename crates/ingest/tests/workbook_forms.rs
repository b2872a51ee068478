//! What departments send under the name of a workbook, form by form.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod old_workbook;
mod reading;

use std::io::{Cursor, Write};

use bidui_ingest::{FileForm, FileProblem, SheetSkip};
use old_workbook::{Old, old_workbook};
use reading::{PEOPLE, Told, contract, read_bytes};
use rust_xlsxwriter::{Format, Formula, Workbook};

fn told(bytes: &[u8]) -> Told {
    read_bytes(bytes, &contract(PEOPLE)).unwrap_or_else(|problem| panic!("{problem}"))
}

#[track_caller]
fn check(bytes: &[u8], form: FileForm, expected: &[&str]) {
    let told = told(bytes);
    assert_eq!(told.report.form, form);
    assert_eq!(told.lines, expected);
}

#[track_caller]
fn check_page(page: &str, expected: &[&str]) {
    check(page.as_bytes(), FileForm::Html, expected);
}

const HEADING: &str = "<tr><th>身份证号</th><th>姓名</th><th>金额</th></tr>";

fn new_workbook(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, heading) in (0..).zip(["身份证号", "姓名", "金额"]) {
        sheet.write_string(0, column, heading).unwrap();
    }
    fill(sheet);
    book.save_to_buffer().unwrap()
}

#[test]
fn a_page_named_xls_is_read_by_its_table() {
    check_page(
        &format!("<html><body><table border=1>{HEADING}<tr><td>11</td><td>韦&nbsp;一</td><td>1</td></tr></table>"),
        &["2:1|韦\u{a0}一|11"],
    );
}

#[test]
fn broken_markup_costs_no_row() {
    check_page(
        "<TABLE><tr><td>身份证号<td>姓名<td>金额<tr><td>11<td><b>韦<td>1<tr><td> 12 <td>黄<br>二<td>2</td>",
        &["2:1|韦|11", "3:2|黄\n二|12"],
    );
}

#[test]
fn a_script_is_not_a_table() {
    check_page(
        &format!(
            "<script>document.write('<table><tr><td>x</td></tr>')</script><table>{HEADING}<tr><td>11<td>韦<td>1</table>"
        ),
        &["2:1|韦|11"],
    );
}

#[test]
fn a_page_in_gb18030_keeps_its_rare_names_whatever_it_says_of_itself() {
    let page = format!("<html><meta charset=utf-8><table>{HEADING}<tr><td>11<td>韦𬭎<td>1</table>");
    check(&encoding_rs::GB18030.encode(&page).0, FileForm::Html, &["2:1|韦𬭎|11"]);
    let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(page.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    check(&wide, FileForm::Html, &["2:1|韦𬭎|11"]);
}

#[test]
fn bytes_of_no_encoding_in_a_page_are_refused_with_their_line() {
    let mut page = format!("<table>{HEADING}\n<tr><td>").into_bytes();
    page.extend(b"\xFF\xFF</table>");
    let problem = read_bytes(&page, &contract(PEOPLE)).unwrap_err();
    assert!(matches!(problem, FileProblem::Undecodable { line: 2, .. }), "{problem}");
}

#[test]
fn cells_that_reach_over_rows_and_columns_keep_the_others_in_their_places() {
    check_page(
        "<table><tr><td rowspan=2>身份证号<td colspan=2>户主<tr><td>姓名<td>金额\
         <tr><td rowspan=\"2\">11<td>韦<td>1<tr><td>黄<td>2<tr><td>13<td colspan=99999999>覃</table>",
        &["3:1|韦|11", "4:2|黄|11", "5:|覃|13"],
    );
}

#[test]
fn every_table_of_a_page_is_a_sheet() {
    let told = told(
        format!("<table><tr><td>标题</table><table>{HEADING}<tr><td>11<td>韦<td>1</table><p><table>{HEADING}<tr><td>12<td>黄<td>2</table>")
            .as_bytes(),
    );
    assert_eq!(told.lines, ["2:1|韦|11", "1/2:2|黄|12"]);
    let sheets: Vec<&str> = told.report.sources.iter().map(|source| source.sheet.as_str()).collect();
    assert_eq!(sheets, ["表2", "表3"]);
}

#[test]
fn a_table_within_a_layout_is_found_and_the_layout_is_not_data() {
    let page = format!("<table><tr><td>菜单<td><table>{HEADING}<tr><td>11<td>韦<td>1</table><tr><td>页脚</table>");
    check_page(&page, &["2:1|韦|11"]);
    assert_eq!(told(page.as_bytes()).report.skipped_sheets, [("表1".to_owned(), SheetSkip::NoHeading { rows: 2 })]);
}

#[test]
fn a_value_in_a_table_of_its_own_stays_in_its_cell() {
    check_page(
        &format!("<table>{HEADING}<tr><td>11<td><table><tr><td>韦<td>一</table><td>1<tr><td>12<td>黄<td>2</table>"),
        &["2:1|韦 一|11", "3:2|黄|12"],
    );
}

#[test]
fn a_page_without_a_table_says_so() {
    let problem = |page: &str| read_bytes(page.as_bytes(), &contract(PEOPLE)).unwrap_err().to_string();
    assert!(problem("<html><body>请先登录</body></html>").contains("里面没有表格"));
    assert!(problem("<html><frameset><frame src=a.htm></frameset></html>").contains("表格在另外的文件里"));
}

#[test]
fn an_old_workbook_is_known_by_its_content() {
    let bytes = old_workbook(&[
        &[Old::Text("身份证号"), Old::Text("姓名"), Old::Text("金额")],
        &[Old::Text("11"), Old::Text("韦𬭎"), Old::Number(1.5)],
    ]);
    check(&bytes, FileForm::Xls, &["2:1.5<Number>|韦𬭎|11"]);
}

#[test]
fn a_formula_that_nothing_has_calculated_is_no_zero() {
    let old = old_workbook(&[
        &[Old::Text("身份证号"), Old::Text("姓名"), Old::Text("金额")],
        &[Old::Text("11"), Old::Text("韦"), Old::Formula(0.0, 2)],
        &[Old::Text("12"), Old::Text("黄"), Old::Formula(0.0, 0)],
        &[Old::Text("13"), Old::Text("覃"), Old::Formula(3.0, 2)],
    ]);
    let lines = ["2:公式没有值<Error>|韦|11", "3:0<Number>|黄|12", "4:3<Number>|覃|13"];
    check(&old, FileForm::Xls, &lines);
    let new = new_workbook(|sheet| {
        for (row, id, name) in [(1, "11", "韦"), (2, "12", "黄")] {
            sheet.write_string(row, 0, id).unwrap();
            sheet.write_string(row, 1, name).unwrap();
        }
        // The library asks for a calculation on opening, and writes a zero until then.
        sheet.write_formula(1, 2, "=1+1").unwrap();
        sheet.write_formula(2, 2, Formula::new("=1+1").set_result("2")).unwrap();
    });
    check(&new, FileForm::Xlsx, &["2:公式没有值<Error>|韦|11", "3:2<Number>|黄|12"]);
}

#[test]
fn merged_cells_are_filled_down_where_they_say_who_and_never_where_they_say_how_much() {
    let bytes = new_workbook(|sheet| {
        let plain = Format::new();
        sheet.merge_range(1, 0, 3, 0, "11", &plain).unwrap();
        sheet.merge_range(1, 2, 3, 2, "90", &plain).unwrap();
        sheet.write_string(1, 1, "韦").unwrap();
        sheet.write_string(2, 1, "黄").unwrap();
        sheet.merge_range(4, 0, 6, 0, "12", &plain).unwrap();
        sheet.write_string(4, 1, "覃").unwrap();
        sheet.write_string(5, 1, "小计").unwrap();
        sheet.write_string(7, 1, "蒙").unwrap();
    });
    check(
        &bytes,
        FileForm::Xlsx,
        &["2:90|韦|11", "3:|黄|11", "4:!blank", "5:|覃|12", "6:!total", "7:!blank", "8:|蒙|"],
    );
}

#[test]
fn hidden_and_filtered_rows_are_read_and_counted() {
    let bytes = new_workbook(|sheet| {
        for (row, id) in [(1, "11"), (2, "12"), (3, "13")] {
            sheet.write_string(row, 0, id).unwrap();
        }
        sheet.autofilter(0, 0, 3, 2).unwrap();
        sheet.set_row_hidden(2).unwrap();
        sheet.set_column_hidden(2).unwrap();
    });
    let told = told(&bytes);
    assert_eq!(told.lines, ["2:||11", "3:||12", "4:||13"]);
    assert_eq!(told.report.hidden_rows, [("Sheet1".to_owned(), 1)]);
}

#[test]
fn dates_count_from_1904_where_the_workbook_says_so() {
    for is_1904 in [false, true] {
        let bytes = old_workbook_of_dates(is_1904);
        let expected = if is_1904 { "2:2023-03-05<Date>|韦|11" } else { "2:2019-03-04<Date>|韦|11" };
        check(&bytes, FileForm::Xls, &[expected]);
    }
}

fn old_workbook_of_dates(is_1904: bool) -> Vec<u8> {
    old_workbook::dated(
        &[
            &[Old::Text("身份证号"), Old::Text("姓名"), Old::Text("金额")],
            &[Old::Text("11"), Old::Text("韦"), Old::Day(43_528.0)],
        ],
        is_1904,
    )
}

#[test]
fn a_workbook_may_be_named_csv_and_text_xls() {
    // The name is never looked at: `reading` calls every file `file.xls`, and these are read by what they are.
    let text = "身份证号,姓名,金额\n11,韦,1\n";
    assert_eq!(told(text.as_bytes()).lines, ["2:1|韦|11"]);
    let new = new_workbook(|sheet| {
        sheet.write_string(1, 0, "11").unwrap();
    });
    check(&new, FileForm::Xlsx, &["2:||11"]);
}

#[test]
fn numbers_as_text_and_text_as_numbers_say_which_they_are() {
    let bytes = new_workbook(|sheet| {
        sheet.write_number(1, 0, 450_206_199_001_011_234.0).unwrap();
        sheet.write_string(1, 2, "1,234.50").unwrap();
        sheet.write_string(2, 0, "450206199001011234").unwrap();
        sheet.write_number(2, 2, 1234.5).unwrap();
    });
    check(&bytes, FileForm::Xlsx, &["2:1,234.50||450206199001011260<Number>", "3:1234.5<Number>||450206199001011234"]);
}

#[test]
fn an_old_workbook_cut_short_is_damaged_and_never_a_panic() {
    let mut rows: Vec<&[Old]> = vec![&[Old::Text("身份证号"), Old::Text("姓名"), Old::Text("金额")]];
    rows.resize(600, &[Old::Text("11"), Old::Text("韦"), Old::Number(1.0)]);
    let bytes = old_workbook(&rows);
    for length in (8..bytes.len()).step_by(997) {
        let problem = read_bytes(&bytes[..length], &contract(PEOPLE)).err();
        assert!(
            matches!(problem, Some(FileProblem::Damaged { .. } | FileProblem::UnknownForm { .. })),
            "{length}: {problem:?}"
        );
    }
}

/// A workbook by hand, for what no library writes.
fn raw_workbook(properties: &str, sheet: &str) -> Vec<u8> {
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relation = |kind: &str, target: &str| {
        format!("<Relationships><Relationship Id=\"r\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/></Relationships>")
    };
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let book = format!(
        "<workbook xmlns:r=\"{OFFICE}\">{properties}<sheets><sheet name=\"甲 &amp; 乙\" sheetId=\"1\" r:id=\"r\"/></sheets></workbook>"
    );
    let heading = ["身份证号", "姓名", "金额"].map(|text| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>"));
    let styles = "<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>".to_owned();
    for (name, text) in [
        ("_rels/.rels", relation("officeDocument", "xl/workbook.xml")),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", relation("worksheet", "worksheets/sheet1.xml")),
        ("xl/styles.xml", styles),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet><sheetData><row r=\"1\">{}</row>{sheet}</worksheet>", heading.concat()),
        ),
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_formula_without_a_stored_value_is_an_error_and_an_empty_text_is_none() {
    let sheet = "<row r=\"2\"><c><f>A1</f></c><c t=\"str\"><f>A1</f><v></v></c><c><f>1+1</f><v/></c></row></sheetData>";
    check(&raw_workbook("", sheet), FileForm::Xlsx, &["2:公式没有值<Error>||公式没有值<Error>"]);
    let zero = "<row r=\"2\"><c><v>11</v></c><c/><c><f>1-1</f><v>0</v></c></row></sheetData>";
    check(&raw_workbook("", zero), FileForm::Xlsx, &["2:0<Number>||11<Number>"]);
    let asked = "<calcPr calcId=\"1\" fullCalcOnLoad=\"1\"/>";
    check(&raw_workbook(asked, zero), FileForm::Xlsx, &["2:公式没有值<Error>||11<Number>"]);
}

#[test]
fn new_workbooks_count_from_1904_too() {
    let sheet = "<row r=\"2\"><c t=\"str\"><v>11</v></c><c/><c s=\"1\"><v>43528</v></c></row></sheetData>";
    check(&raw_workbook("", sheet), FileForm::Xlsx, &["2:2019-03-04<Date>||11"]);
    let early = raw_workbook("<workbookPr date1904=\"1\"/>", sheet);
    check(&early, FileForm::Xlsx, &["2:2023-03-05<Date>||11"]);
}

#[test]
fn merged_cells_and_hidden_rows_are_found_at_any_distance() {
    let rows: String = (2..9_000)
        .map(|row| {
            let hidden = if row % 3 == 0 { " hidden=\"1\"" } else { "" };
            let id = if row % 2 == 0 { format!("<c r=\"A{row}\" t=\"str\"><v>{row}</v></c>") } else { String::new() };
            format!("<row r=\"{row}\" ht=\"14.25\"{hidden}>{id}<c r=\"B{row}\" t=\"str\"><v>韦</v></c></row>")
        })
        .collect();
    let merges: String =
        (1..4_500).map(|pair| format!("<mergeCell ref=\"A{}:A{}\"/>", pair * 2, pair * 2 + 1)).collect();
    let bytes = raw_workbook("", &format!("{rows}</sheetData><mergeCells count=\"4499\">{merges}</mergeCells>"));
    let told = told(&bytes);
    assert_eq!(told.lines.len(), 8_998);
    for (line, row) in told.lines.iter().zip(2..) {
        assert_eq!(*line, format!("{row}:|韦|{}", row / 2 * 2));
    }
    assert_eq!(told.report.hidden_rows, [("甲 & 乙".to_owned(), (2..9_000).filter(|row| row % 3 == 0).count() as u64)]);
}

#[test]
fn a_directory_that_lies_about_a_sheets_length_is_damage() {
    let mut bytes = raw_workbook("", &format!("{}</sheetData>", "<row><c><v>1</v></c></row>".repeat(5_000)));
    let name = b"xl/worksheets/sheet1.xml";
    let place = bytes.windows(name.len()).rposition(|part| part == name).unwrap();
    // The unpacked length stands 22 bytes before the name in the directory.
    bytes[place - 22..place - 18].copy_from_slice(&100_u32.to_le_bytes());
    let problem = read_bytes(&bytes, &contract(PEOPLE)).unwrap_err();
    assert!(matches!(problem, FileProblem::Damaged { .. }), "{problem}");
}

#[test]
fn two_rows_of_one_number_do_not_hide_each_other() {
    let row = |number: u32, person: &str| {
        format!("<row r=\"{number}\"><c r=\"A{number}\"><v>{person}</v></c><c r=\"C{number}\"><v>1</v></c></row>")
    };
    let rows =
        |last: u32| raw_workbook("", &format!("{}{}{}</sheetData>", row(2, "11"), row(3, "12"), row(last, "13")));
    assert_eq!(told(&rows(4)).lines.len(), 3);
    // Cells in any order hide nothing.
    let turned = raw_workbook("", "<row r=\"2\"><c r=\"C2\"><v>1</v></c><c r=\"A2\"><v>11</v></c></row></sheetData>");
    assert_eq!(told(&turned).lines.len(), 1);
    let problem = read_bytes(&rows(3), &contract(PEOPLE)).unwrap_err().to_string();
    assert!(problem.contains("第3行") && problem.contains("同一行号或同一单元格出现两次"), "{problem}");
}

#[test]
fn what_no_reader_takes_says_what_it_is() {
    let check = |text: &str, expected: &str| {
        let problem = read_bytes(text.as_bytes(), &contract(PEOPLE)).unwrap_err().to_string();
        assert!(problem.contains(expected), "{problem}");
    };
    let sheet =
        "<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"><Worksheet><Table>";
    check(sheet, "是XML表格（Excel 2003的格式）");
    check("From: <Saved by Blink>\nMIME-Version: 1.0\n\n<html>", "网页归档");
    let style = format!("<style>{}</style>", ".x { color: red }\n".repeat(1_000));
    check_page(&format!("{style}<table>{HEADING}<tr><td>11<td>韦<td>1</table>"), &["2:1|韦|11"]);
}

#[test]
fn data_in_a_hidden_sheet_alone_is_named() {
    let mut book = Workbook::new();
    book.add_worksheet();
    book.add_worksheet().set_name("名单").unwrap().set_hidden(true).write_string(0, 0, "身份证号").unwrap();
    let problem = read_bytes(&book.save_to_buffer().unwrap(), &contract(PEOPLE)).unwrap_err().to_string();
    assert!(problem.contains("隐藏的工作表“名单”没有读"), "{problem}");
}
