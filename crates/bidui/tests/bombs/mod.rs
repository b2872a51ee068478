//! Workbooks that were made to harm, a few kilobytes each as they lie in the inbox.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(dead_code, unreachable_pub, reason = "every test file compiles this for itself and uses a part of it")]

use std::fmt::Write as _;
use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const HEADINGS: [&str; 4] = ["证件号码", "结算单号", "结算日期", "个人自付"];

/// A workbook of one sheet; `strings` is the part of shared strings, if there is one.
pub fn workbook(sheet: &str, strings: Option<&str>) -> Vec<u8> {
    let mut parts = parts(sheet);
    parts.extend(strings.map(|strings| ("xl/sharedStrings.xml", strings.to_owned())));
    archive(&parts)
}

fn parts(sheet: &str) -> Vec<(&'static str, String)> {
    vec![
        ("[Content_Types].xml", String::from("<Types/>")),
        ("_rels/.rels", relations(&[("officeDocument", "xl/workbook.xml")])),
        (
            "xl/workbook.xml",
            "<workbook xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>\
             <sheet name=\"表\" sheetId=\"1\" r:id=\"rId0\"/></sheets></workbook>"
                .to_owned(),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            relations(&[("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")]),
        ),
        ("xl/worksheets/sheet1.xml", format!("<worksheet><sheetData>{sheet}</sheetData></worksheet>")),
    ]
}

fn relations(targets: &[(&str, &str)]) -> String {
    let mut text = String::from("<Relationships>");
    for (at, (kind, target)) in targets.iter().enumerate() {
        let kind = format!("http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}");
        write!(text, "<Relationship Id=\"rId{at}\" Type=\"{kind}\" Target=\"{target}\"/>").unwrap();
    }
    text + "</Relationships>"
}

fn archive(parts: &[(&str, String)]) -> Vec<u8> {
    packed(parts, CompressionMethod::Deflated)
}

fn packed(parts: &[(&str, String)], method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The row of headings that the feed of hospital bills asks for.
pub fn heading() -> String {
    HEADINGS.iter().map(|text| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>")).collect::<String>()
}

fn headed(rows: &str) -> String {
    format!("<row r=\"1\">{}</row>{rows}", heading())
}

/// Values in the first cell and in the last that a sheet can have.
pub fn two_corners() -> Vec<u8> {
    workbook(
        "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>",
        None,
    )
}

/// One text of 32,767 characters in every cell of many rows.
pub fn repeated_text() -> Vec<u8> {
    let strings = format!("<sst uniqueCount=\"1\"><si><t>{}</t></si></sst>", "重".repeat(32_767));
    let mut rows = String::new();
    for row in 2..40_000 {
        write!(rows, "<row r=\"{row}\"><c t=\"s\"><v>0</v></c><c t=\"s\"><v>0</v></c><c t=\"s\"><v>0</v></c></row>")
            .unwrap();
    }
    workbook(&headed(&rows), Some(&strings))
}

/// More shared strings than the part can hold.
pub fn claimed_strings() -> Vec<u8> {
    let strings = "<sst count=\"4000000000\" uniqueCount=\"4000000000\"><si><t>a</t></si></sst>";
    workbook(&headed(""), Some(strings))
}

/// Entities that stand for entities, ten times ten times ten.
pub fn entities() -> Vec<u8> {
    let mut doctype = String::from("<!DOCTYPE worksheet [<!ENTITY l0 \"哈哈哈哈哈哈哈哈哈哈\">");
    for level in 1..12 {
        write!(doctype, "<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10)).unwrap();
    }
    let sheet = headed("<row r=\"2\"><c t=\"inlineStr\"><is><t>&l11;</t></is></c></row>");
    let sheet = format!("{doctype}]><worksheet><sheetData>{sheet}</sheetData></worksheet>");
    let mut parts = vec![
        ("_rels/.rels", relations(&[("officeDocument", "xl/workbook.xml")])),
        ("xl/_rels/workbook.xml.rels", relations(&[("worksheet", "worksheets/sheet1.xml")])),
        (
            "xl/workbook.xml",
            "<workbook xmlns:r=\"r\"><sheets><sheet name=\"表\" sheetId=\"1\" r:id=\"rId0\"/></sheets></workbook>"
                .to_owned(),
        ),
    ];
    parts.push(("xl/worksheets/sheet1.xml", sheet));
    archive(&parts)
}

/// A sheet of blanks that unpacks to a thousand times its size.
pub fn swollen() -> Vec<u8> {
    workbook(&" ".repeat(80 << 20), None)
}

/// A row whose number is one more than 32 bits hold.
pub fn row_beyond() -> Vec<u8> {
    workbook(&headed("<row r=\"4294967297\"><c><v>1</v></c></row>"), None)
}

/// A hundred mebibytes in one cell.
pub fn large_cell() -> Vec<u8> {
    let text = "x".repeat(100 << 20);
    let sheet = headed(&format!("<row r=\"2\"><c t=\"inlineStr\"><is><t>{text}</t></is></c></row>"));
    packed(&parts(&sheet), CompressionMethod::Stored)
}

/// Ten million cell formats, a few bytes each in the file and some hundred in memory.
pub fn styles() -> Vec<u8> {
    let formats = "<xf/>".repeat(10_000_000);
    let styles = format!("<styleSheet><cellXfs>{formats}</cellXfs></styleSheet>");
    let mut parts = parts(&headed(""));
    parts.push(("xl/styles.xml", styles));
    archive(&parts)
}

/// Elements within elements that never end.
pub fn deep() -> Vec<u8> {
    workbook(&headed(&"<row>".repeat(2_000_000)), None)
}

/// Names that leave the archive's folder.
pub fn climbing() -> Vec<u8> {
    archive(&[("xl/workbook.xml", "<workbook/>".to_owned()), ("xl/../../../etc/passwd", "x".to_owned())])
}

/// Two parts of one name, of which programs read either.
pub fn twice_named() -> Vec<u8> {
    let mut bytes =
        archive(&[("xl/workbook.xml", "<workbook/>".to_owned()), ("xl/workbook.xmk", "<workbook/>".to_owned())]);
    while let Some(at) = bytes.windows(15).position(|part| part == b"xl/workbook.xmk") {
        bytes[at + 14] = b'l';
    }
    bytes
}

/// An OLE container with a package that needs a password.
pub fn with_password() -> Vec<u8> {
    let mut compound = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for name in ["EncryptionInfo", "EncryptedPackage"] {
        compound.create_stream(name).unwrap().write_all(&[7; 5000]).unwrap();
    }
    compound.into_inner().into_inner()
}
