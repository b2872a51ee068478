//! Text files that were cut, padded, or never meant to be a table: a message with the line, or rows that keep their places.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod reading;

use std::time::{Duration, Instant};

use encoding_rs::GB18030;
use reading::{PEOPLE, contract, read_bytes};

const HEADING: &str = "身份证号,姓名,金额\n";

#[track_caller]
fn check(bytes: &[u8], expected: &[&str]) {
    let told = read_bytes(bytes, &contract(PEOPLE)).unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(told.lines, expected);
}

#[track_caller]
fn check_problem(bytes: &[u8], words: &[&str]) {
    let problem = read_bytes(bytes, &contract(PEOPLE)).unwrap_err().to_string();
    for word in ["民政局/低保"].iter().chain(words) {
        assert!(problem.contains(word), "“{word}” is not in {problem}");
    }
}

#[test]
fn a_file_cut_inside_a_character_names_its_last_line() {
    let text = format!("{HEADING}11,韦,1\n12,黄");
    for bytes in [text.clone().into_bytes(), GB18030.encode(&text).0.into_owned()] {
        check_problem(&bytes[..bytes.len() - 1], &["第3行"]);
    }
}

#[test]
fn a_last_row_without_line_end_and_with_too_few_cells_was_cut() {
    for text in ["11,韦,1\n12", "11,韦,1\r\n12,黄", "11,韦,1\n\n12,\"黄"] {
        check_problem(format!("{HEADING}{text}").as_bytes(), &["文件末尾不完整", "请重新导出"]);
    }
    check(format!("{HEADING}11,韦,1\n12,黄,2").as_bytes(), &["2:1|韦|11", "3:2|黄|12"]);
    check(format!("{HEADING}11,韦,1\n12,黄\n").as_bytes(), &["2:1|韦|11", "3:|黄|12"]);
    check(format!("{HEADING}11,韦,1,,\n12,黄,2").as_bytes(), &["2:1|韦|11", "3:2|黄|12"]);
    check(format!("{HEADING}11,韦,1\n制表人：覃").as_bytes(), &["2:1|韦|11", "3:!footer"]);
}

#[test]
fn blank_lines_below_the_last_row_are_no_rows() {
    let blank = ["\n", ",,\n", " \r\n", "\0\n"].concat().repeat(50_000);
    check(format!("{HEADING}11,韦,1\n{blank}").as_bytes(), &["2:1|韦|11"]);
    check_problem(format!("{HEADING}11,韦,1\n{blank}12,黄,2\n").as_bytes(), &["第3行", "有100001行是空行"]);
}

#[test]
fn more_rows_set_aside_than_kept_are_refused_beyond_a_hundred_thousand() {
    let (odd, row) = ("合计,1\n", "11,韦,1\n");
    let told = |text: String| read_bytes(format!("{HEADING}{text}").as_bytes(), &contract(PEOPLE));
    assert_eq!(told(odd.repeat(100_000)).unwrap().report.received, 100_000);
    assert_eq!(told(row.repeat(100_002) + &odd.repeat(100_002)).unwrap().report.kept, 100_002);
    check_problem(
        format!("{HEADING}\n{}", odd.repeat(200_000)).as_bytes(),
        &["第3行", "有100000行是合计行", "比有效行还多"],
    );
    let wide = "11,韦,1,多\n".repeat(200_000);
    check_problem(format!("{HEADING}{row}{wide}").as_bytes(), &["第3行", "有100001行是列数与表头不符"]);
}

#[test]
fn nul_bytes_are_padding_within_a_row() {
    check(format!("{HEADING}11\0\0,韦\0,1\n\0\0\n12,黄,2\n").as_bytes(), &["2:1|韦\0|11\0\0", "3:!blank", "4:2|黄|12"]);
}

#[test]
fn a_cell_of_a_hundred_mebibytes_is_refused_with_its_line() {
    for quote in ["", "\""] {
        let mut text = format!("{HEADING}11,韦,1\n12,{quote}");
        text.reserve(100 << 20);
        text.extend(std::iter::repeat_n('x', 100 << 20));
        let before = Instant::now();
        check_problem(text.as_bytes(), &["第3行", "一行文字过长"]);
        assert!(before.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn names_in_four_bytes_of_gb18030_are_whole() {
    check(&GB18030.encode(&format!("{HEADING}11,𠮷𬭎,1\n")).0, &["2:1|𠮷𬭎|11"]);
}

/// One family of three, as three departments write it.
#[test]
fn pairs_in_a_row_lists_in_a_cell_and_a_row_each_come_to_the_same_persons() {
    let grouped = PEOPLE.replace("headings = [\"证件号码\", \"身份证号\"], required = true", "required = true");
    let groups = (1..=5).map(|number| format!("{{ person = \"身份证号{number}\", name = \"姓名{number}\" }}"));
    let unpivot = format!("{grouped}[reshape]\nunpivot = [{}]\n", groups.collect::<Vec<_>>().join(", "));
    let split = format!("{PEOPLE}[reshape]\nsplit = {{ columns = [\"person\", \"name\"], separators = \"；;\" }}\n");
    let headings: String = (1..=5).map(|number| format!(",姓名{number},身份证号{number}")).collect();
    let shapes = [
        (unpivot, format!("金额{headings}\n90,韦,11,黄,12,覃,13,,,,\n")),
        (split, "金额,姓名,身份证号\n90,韦；黄；覃,11；12；13\n".to_owned()),
        (PEOPLE.to_owned(), "金额,姓名,身份证号\n90,韦,11\n90,黄,12\n90,覃,13\n".to_owned()),
    ];
    for (text, file) in shapes {
        let told = read_bytes(file.as_bytes(), &contract(&text)).unwrap_or_else(|problem| panic!("{problem}"));
        let persons: Vec<&str> = told.lines.iter().map(|line| line.split_once(':').unwrap().1).collect();
        assert_eq!(persons, ["90|韦|11", "90|黄|12", "90|覃|13"]);
    }
}
