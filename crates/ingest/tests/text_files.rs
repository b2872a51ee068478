//! Delimited text as departments export it, and as other programs' test suites fear it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod reading;

use std::collections::HashSet;

use bidui_ingest::{FileForm, FileProblem, ReadOptions, TextEncoding, read_file};
use reading::{PEOPLE, contract, read_bytes};

/// The lines after the heading `身份证号,姓名,金额`, told as amount|name|person.
fn check(body: &str, expected: &[&str]) {
    check_file(&format!("身份证号,姓名,金额\n{body}"), expected);
}

fn check_file(text: &str, expected: &[&str]) {
    let told = read_bytes(text.as_bytes(), &contract(PEOPLE)).unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(told.lines, expected, "{text}");
}

fn check_form(bytes: &[u8], encoding: TextEncoding, delimiter: char) {
    let told = read_bytes(bytes, &contract(PEOPLE)).unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(told.report.form, FileForm::Csv { encoding, delimiter });
    assert_eq!(told.lines, ["2:1|韦𬭎|11"]);
}

fn check_problem(bytes: &[u8], expected: &str) {
    match read_bytes(bytes, &contract(PEOPLE)) {
        Ok(told) => panic!("read as {:?}", told.lines),
        Err(problem) => assert_eq!(problem.to_string(), expected),
    }
}

const ONE: &str = "身份证号,姓名,金额\n11,韦𬭎,1\n";

fn encoded(encoding: &'static encoding_rs::Encoding) -> Vec<u8> {
    encoding.encode(ONE).0.into_owned()
}

#[test]
fn the_encoding_is_found_over_the_whole_file() {
    check_form(ONE.as_bytes(), TextEncoding::Utf8, ',');
    check_form(&[b"\xEF\xBB\xBF", ONE.as_bytes()].concat(), TextEncoding::Utf8WithMark, ',');
    check_form(&encoded(encoding_rs::GB18030), TextEncoding::Gb18030, ',');
    let wide = |to_bytes: fn(u16) -> [u8; 2], mark: [u8; 2]| -> Vec<u8> {
        mark.into_iter().chain(ONE.encode_utf16().flat_map(to_bytes)).collect()
    };
    check_form(&wide(u16::to_le_bytes, [0xFF, 0xFE]), TextEncoding::Utf16LittleEndian, ',');
    check_form(&wide(u16::to_be_bytes, [0xFE, 0xFF]), TextEncoding::Utf16BigEndian, ',');
}

#[test]
fn the_delimiter_is_the_one_that_makes_the_heading() {
    for delimiter in [',', '\t', ';', '|'] {
        let text = ONE.replace(',', &delimiter.to_string());
        check_form(text.as_bytes(), TextEncoding::Utf8, delimiter);
    }
}

#[test]
fn bytes_of_no_encoding_are_refused_with_their_line() {
    let mut bytes = ONE.as_bytes().to_vec();
    bytes.extend(b"12,\xFF\xFF,2\n");
    check_problem(&bytes, "“民政局/低保”第3行的文字既不是UTF-8也不是GB18030；请在导出时选择UTF-8编码");
}

#[test]
fn a_file_that_ends_inside_a_character_was_not_sent_whole() {
    let text = format!("{ONE}12,黄,2");
    let cut = &text.as_bytes()[..text.len() - 3];
    check_problem(cut, "“民政局/低保”文件末尾不完整：第3行没有写完；请重新导出，等文件复制完成后重新报送");
}

#[test]
fn quotes_hold_delimiters_line_ends_and_quotes() {
    check("\"11\",\"韦,一\",\"1\"\n", &["2:1|韦,一|11"]);
    check("11,\"韦\r\n一\",1\r\n12,黄,2", &["2:1|韦\r\n一|11", "4:2|黄|12"]);
    check("11,\"韦\"\"一\"\"\",1\n", &["2:1|韦\"一\"|11"]);
    check("11,韦\"一\",1\n", &["2:1|韦\"一\"|11"]);
    check("11,\"韦\"一,1\n", &["2:1|韦一|11"]);
    check("11,\"\",\"\"\n", &["2:||11"]);
}

#[test]
fn a_quote_that_never_closes_costs_one_line() {
    check("11,\"韦,1\n12,黄,2\n13,覃,3\n", &["2:!ragged", "3:2|黄|12", "4:3|覃|13"]);
    check("11,\"韦,1\n12,\"黄\",2\n", &["2:!ragged", "3:2|黄|12"]);
    check("11,韦,1\n12,\"黄\n", &["2:1|韦|11", "3:!ragged"]);
}

#[test]
fn lines_end_in_every_way() {
    check("11,韦,1\r\n12,黄,2\r13,覃,3\n14,蒙,4", &["2:1|韦|11", "3:2|黄|12", "4:3|覃|13", "5:4|蒙|14"]);
}

#[test]
fn blank_lines_are_counted() {
    check("\n11,韦,1\n,,\n  ,\u{3000},\n12,黄,2\n", &["2:!blank", "3:1|韦|11", "4:!blank", "5:!blank", "6:2|黄|12"]);
}

#[test]
fn totals_and_footers_are_set_aside_only_without_an_id() {
    check("11,韦,1\n合 计,,1\n", &["2:1|韦|11", "3:!total"]);
    check(",总计（人）,1\n", &["2:!total"]);
    check("本页小计,,1\n", &["2:!total"]);
    check("制表人：甲,审核人：乙,2023年3月\n", &["2:!footer"]);
    check("备注：金额单位为元,,\n", &["2:!footer"]);
    check("12,合计,3\n", &["2:3|合计|12"]);
    check(",说明,3\n", &["2:!footer"]);
    check(",韦一,3\n", &["2:3|韦一|"]);
    // A figure below a column is nobody's number; what begins with such a word may be a value.
    check("合计,62人,28058\n总计：36户,,1\n", &["2:!total", "3:!total"]);
    check_file("救助原因,身份证号,姓名,金额\n合计,2998人,,1\n累计：,62,,1\n", &["2:!total", "3:!total"]);
    check_file("救助原因,身份证号,姓名\n累计医疗费用支出过大,,韦一\n合计失误,,韦二\n", &["2:|韦一|", "3:|韦二|"]);
    check(",本月累计,3\n,累计金额,3\n", &["2:!total", "3:!total"]);
    check("第1页 共26页,,\n分管领导：甲,,\n,第 2 页/共 3 页,\n", &["2:!footer", "3:!footer", "4:!footer"]);
    check("第一页,韦一,3\n", &["2:3|韦一|第一页"]);
    // Who has a name is somebody, whatever stands before it.
    check_file("审核意见,身份证号,姓名\n审核通过,,韦一\n审核人：甲,,2023年3月1日\n", &["2:|韦一|", "3:!footer"]);
}

#[test]
fn a_heading_printed_again_is_set_aside() {
    check("11,韦,1\n身份证号,姓 名,金额\n12,黄,2\n", &["2:1|韦|11", "3:!repeated_heading", "4:2|黄|12"]);
}

#[test]
fn a_heading_may_name_another_unit_than_the_contract() {
    check_file("身份证号,姓名,补助金额（万元）\n1,韦,1.5\n", &["2:1.5*1000000|韦|1"]);
    check_file("身份证号,姓名,金额（元）\n1,韦,1.5\n", &["2:1.5|韦|1"]);
    // Or a line above the table does, for those that name none.
    check_file("低保名册,,单位：万元\n身份证号,姓名,金额\n1,韦,1.5\n", &["3:1.5*1000000|韦|1"]);
    check_file("名册（单位：户、万元）,,\n身份证号,姓名,金额（元）\n1,韦,1.5\n", &["3:1.5|韦|1"]);
    check_file("报送单位：民政局,,\n身份证号,姓名,金额\n1,韦,1.5\n", &["3:1.5|韦|1"]);
}

#[test]
fn a_row_that_slipped_is_set_aside_and_a_short_one_is_kept() {
    check("11,韦,1,\n12,黄,2,多\n13,覃\n", &["2:1|韦|11", "3:!ragged", "4:|覃|13"]);
}

#[test]
fn a_row_that_holds_only_its_number_is_blank() {
    check_file("序号,身份证号,姓名\n1,11,韦\n2,,\n", &["2:|韦|11", "3:!blank"]);
}

#[test]
fn titles_stand_above_the_heading() {
    check_file("低保名册,,\n2023年3月,,\n身份证号,姓名,金额\n11,韦,1\n", &["4:1|韦|11"]);
    check_file("\n\n身份证号,姓名,金额\n11,韦,1\n", &["4:1|韦|11"]);
}

#[test]
fn two_levels_of_headings_are_one() {
    check_file("证件号码,户主,,补助,\n,姓名,关系,金额,月份\n11,韦,本人,1,3\n", &["3:1|韦|11"]);
}

#[test]
fn a_lower_level_that_nothing_reads_is_not_data() {
    check_file("证件号码,姓名,其他,\n,,年,月\n11,韦,2023,3\n", &["3:|韦|11"]);
}

#[test]
fn a_formula_around_an_id_is_taken_off() {
    check("=\"0011\",韦,1\n", &["2:1|韦|0011"]);
}

#[test]
fn the_nth_of_a_repeated_heading_can_be_named() {
    let text = PEOPLE.replace("\"姓名\", \"户主/姓名\"", "\"姓名#2\"");
    let told = read_bytes("姓名,身份证号,姓名,姓名\n甲,11,乙,丙\n".as_bytes(), &contract(&text)).unwrap();
    assert_eq!(told.lines, ["2:|乙|11"]);
    assert_eq!(told.report.unread_headings, ["姓名", "姓名#3"]);
    assert_eq!(told.report.headings, [("name".into(), "姓名".into()), ("person".into(), "身份证号".into())]);
}

#[test]
fn the_earlier_spelling_wins() {
    check_file("身份证号,证件号码,姓名\n11,12,韦\n", &["2:|韦|12"]);
}

#[test]
fn what_cannot_be_read_is_named() {
    check_problem(b"", "“民政局/低保”是空的；请让报送部门重新导出");
    check_problem("\n \n".as_bytes(), "“民政局/低保”是空的；请让报送部门重新导出");
    check_problem(b"%PDF-1.7", "“民政局/低保”是PDF文件；请报送原始的xlsx或CSV表格");
    check_problem(
        b"<html><p>1</p></html>",
        "“民政局/低保”是网页（HTML），里面没有表格；请用表格软件打开后另存为xlsx或CSV再报送",
    );
    check_problem(
        "姓名,身份证号码,金额\n韦,11,1\n".as_bytes(),
        "“民政局/低保”前50行中找不到表头；应有的列名如“证件号码”、“身份证号”；最接近的是第1行第2列的内容，是否应为“身份证号”？",
    );
    check_problem(
        "镇,户数\n百朋,11\n".as_bytes(),
        "“民政局/低保”前50行中找不到表头；应有的列名如“证件号码”、“身份证号”；请保留表头行后重新导出",
    );
}

#[test]
fn a_missing_required_heading_is_named_with_the_nearest() {
    let text = PEOPLE
        .replace("[\"金额\", ", "[\"救助金额\", ")
        .replace("\"补助/金额\"] }", "\"补助/金额\"], required = true }");
    match read_bytes("身份证号,姓名,救助金客\n11,韦,1\n".as_bytes(), &contract(&text)) {
        Err(FileProblem::RequiredHeadingMissing { at, column, nearest, .. }) => {
            assert_eq!((at.row, column.as_str(), nearest.as_deref()), (Some(1), "amount", Some("救助金客")));
        }
        other => panic!("{:?}", other.map(|told| told.lines)),
    }
}

#[test]
fn the_layout_changes_with_the_headings_and_with_nothing_else() {
    let layout = |text: &str| read_bytes(text.as_bytes(), &contract(PEOPLE)).unwrap().report.layout;
    let plain = layout("身份证号,姓名\n11,韦\n");
    assert_eq!(plain, layout("标题,\n身份证号 ,姓　名,\n12,黄\n13,覃\n"));
    assert_ne!(plain, layout("姓名,身份证号\n韦,11\n"));
    assert_eq!(plain.len(), 16);
}

#[test]
fn a_record_longer_than_the_window_is_read() {
    let long = "一".repeat(300_000);
    let told = read_bytes(format!("身份证号,姓名\n11,\"{long}\"\n12,黄\n").as_bytes(), &contract(PEOPLE)).unwrap();
    assert_eq!(told.lines[1], "3:|黄|12");
    assert_eq!(told.lines[0].chars().count(), 300_000 + 6);
}

#[test]
fn only_the_rows_that_are_asked_for_are_handed_on_and_all_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("甲.csv");
    let people: String = (2..30).map(|line| format!("{line},韦𬭎,1\n")).collect();
    std::fs::write(&path, format!("身份证号,姓名,金额\n{people}合计,,28\n")).unwrap();
    let only = HashSet::from([(4, 3), (4, 29), (5, 7), (4, 30), (4, 99)]);
    let read = |options: &ReadOptions| {
        let mut rows = Vec::new();
        let report = read_file(&path, "甲.csv", &contract(PEOPLE), options, &mut |chunk| rows.extend(chunk.rows));
        (report.unwrap(), rows)
    };
    let (whole, _) = read(&ReadOptions { first_source: 4, ..ReadOptions::default() });
    let (some, rows) = read(&ReadOptions { first_source: 4, only: Some(&only), ..ReadOptions::default() });
    assert_eq!(rows, [3, 29]);
    assert_eq!((some.received, some.kept), (whole.received, whole.kept));
    assert!(whole.digest.is_some() && some.digest.is_none());
}
