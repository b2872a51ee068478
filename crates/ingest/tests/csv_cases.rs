//! RFC 4180 and what lies around it, cell by cell: the cases of which CSV readers are asked most often, in our own words.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod reading;

use reading::{contract, read_bytes};

/// Columns come out in this order; a town is asked for by every contract without a person, and stays empty.
const LETTERS: &str = r#"
name = "民政_低保"
department = "民政局"
files = ["*"]
kind = "events"
link = { town = "town" }
[columns]
a = { type = "text", headings = ["a"] }
b = { type = "text", headings = ["b"] }
c = { type = "text", headings = ["c"] }
town = { type = "town", headings = ["town"] }
"#;

/// The rows of a file under the heading `a,b,c`, in UTF-8, with a mark, in GB18030 and in UTF-16: the cells are the same in all of them.
fn check(body: &str, expected: &[[&str; 3]]) {
    let text = format!("a,b,c\n{body}");
    let wide = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        mark.into_iter().chain(text.encode_utf16().flat_map(bytes)).collect()
    };
    let forms = [
        text.clone().into_bytes(),
        [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        encoding_rs::GB18030.encode(&text).0.into_owned(),
        wide([0xFF, 0xFE], u16::to_le_bytes),
        wide([0xFE, 0xFF], u16::to_be_bytes),
    ];
    for bytes in forms {
        let told = read_bytes(&bytes, &contract(LETTERS)).unwrap_or_else(|problem| panic!("{problem}"));
        let rows: Vec<&str> = told.lines.iter().map(|line| line.split_once(':').unwrap().1).collect();
        let expected: Vec<String> = expected.iter().map(|cells| format!("{}|", cells.join("|"))).collect();
        assert_eq!(rows, expected, "{body}");
        assert_eq!(told.report.received, expected.len() as u64);
    }
}

#[test]
fn plain_rows_end_in_every_way() {
    check("1,2,3\n4,5,6\n", &[["1", "2", "3"], ["4", "5", "6"]]);
    check("1,2,3\r\n4,5,6\r\n", &[["1", "2", "3"], ["4", "5", "6"]]);
    check("1,2,3\r4,5,6", &[["1", "2", "3"], ["4", "5", "6"]]);
}

#[test]
fn a_quoted_cell_may_be_empty() {
    check("1,\"\",\"\"\n2,,3\n", &[["1", "", ""], ["2", "", "3"]]);
    check("1,\"\",\"\"\r\n2,3,4\r\n", &[["1", "", ""], ["2", "3", "4"]]);
}

#[test]
fn a_delimiter_in_quotes_is_text() {
    check("\"百朋镇,下伦屯\",2,\"3,\"\n", &[["百朋镇,下伦屯", "2", "3,"]]);
}

#[test]
fn doubled_quotes_are_quotes() {
    check("\"黄\"\"一\"\"\",\"\"\"\"\"\",3\n", &[["黄\"一\"", "\"\"", "3"]]);
    check("1,\"{\"\"x\"\": [1, 2], \"\"y\"\": \"\"z\"\"}\",3\n", &[["1", "{\"x\": [1, 2], \"y\": \"z\"}", "3"]]);
}

#[test]
fn line_ends_in_quotes_stay_as_they_are() {
    check("1,\"上\n下\",3\n4,5,6\n", &[["1", "上\n下", "3"], ["4", "5", "6"]]);
    check("1,\"上\r\n下\",3\r\n4,5,6\r\n", &[["1", "上\r\n下", "3"], ["4", "5", "6"]]);
    check("\"\n\",\"\n\n\",\"x\r\n\"\n", &[["", "", "x\r\n"]]);
}

#[test]
fn quotes_line_ends_and_delimiters_meet_in_one_cell() {
    check("1,\"他说\"\"好,\n去\"\"\",3\n", &[["1", "他说\"好,\n去\"", "3"]]);
}

#[test]
fn characters_of_every_length_are_whole() {
    check("1,é,Я\n韦,𬭎,😀\n", &[["1", "é", "Я"], ["韦", "𬭎", "😀"]]);
}

#[test]
fn blanks_around_a_value_belong_to_it() {
    check(" 1 ,\" 2 \",3\n", &[[" 1 ", " 2 ", "3"]]);
}
