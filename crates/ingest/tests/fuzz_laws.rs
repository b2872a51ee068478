//! The laws that the fuzz targets hold over invented input, here over a few inputs of each sort.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub)]

#[path = "../../../fuzz/laws/contracts.rs"]
mod contracts;
#[path = "../../../fuzz/laws/reading.rs"]
mod laws;

fn check(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    laws::any_file(bytes, &folder.path().join("file"));
}

#[test]
fn text_is_read_alike_in_chunks_of_any_size() {
    for text in [
        "身份证号,姓名,金额\n11,韦,1\n\"12\",\"黄\n一\",2\n合计,,3\n",
        "村,姓名1,身份证号1,姓名2,身份证号2\n甲,韦,1,黄,2\n\n乙,,,蒙,3\n",
        "身份证号;姓名\n1、2;韦、黄\n3;蒙、覃\n",
        "a,b\n\"1,2\n3,4\n\"5\"\",6\n",
        "身份证号,姓名\r11,\0\r\n12,\u{2028}\n",
    ] {
        check(text.as_bytes());
        check(&text.as_bytes()[..text.len() - 3]);
    }
}

#[test]
fn a_workbook_of_parts_is_a_workbook() {
    let sheet = |rows: &str| {
        let types = "application/vnd.openxmlformats-officedocument.spreadsheetml";
        format!(
            "=== [Content_Types].xml\n<Types><Override PartName=\"/xl/workbook.xml\" ContentType=\"{types}.sheet.main+xml\"/></Types>\n\
             === _rels/.rels\n<Relationships><Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>\n\
             === xl/workbook.xml\n<workbook xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"表\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>\n\
             === xl/_rels/workbook.xml.rels\n<Relationships><Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>\n\
             === xl/worksheets/sheet1.xml\n<worksheet><sheetData>{rows}</sheetData></worksheet>"
        )
    };
    let heading = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>身份证号</t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>金额</t></is></c></row>";
    for row in [
        "<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>11</t></is></c><c r=\"B2\"><v>1.5</v></c></row>",
        "<row r=\"4294967297\"><c r=\"A2\"><v>1</v></c></row>",
        "<row r=\"2\"><c r=\"XFE1\"><v>1</v></c></row>",
        "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>99</v></c></row>",
        "<row r=\"2\"><c r=\"A2\"><f>1+1</f></c></row><row r=\"1\"/>",
        "<row><c/><c><v></v></c></row>",
    ] {
        check(&laws::archive_of_parts(sheet(&format!("{heading}{row}")).as_bytes()));
    }
    check(&laws::archive_of_parts(b"PK\x03\x04"));
}

#[test]
fn a_page_gets_an_answer() {
    let heading = "<table><tr><td>身份证号<td>姓名</tr>";
    for rows in [
        "<tr><td>11<td>韦</table>",
        "<tr><td colspan=99999999 rowspan=0>1",
        "<tr><td>&#x110000;<td>&amp",
        "</td></tr><!--",
    ] {
        check(&laws::page(format!("{heading}{rows}").as_bytes()));
    }
}

#[test]
fn an_old_workbook_of_a_few_records_gets_an_answer() {
    check(&laws::compound_of_stream(b"\x09\x08\x10\x00\x00\x06\x05\x00\0\0\0\0\0\0\0\0\0\0\0\0\x0A\x00\x00\x00"));
    check(&laws::compound_of_stream(b""));
}

#[test]
fn a_contract_is_refused_inside_its_text() {
    for text in ["", "name = ", "name = \"甲", "[columns]\n韦 = { type = \"x\" }", "files = [\"[\"]\n\u{feff}"] {
        contracts::any_contract(text);
    }
    contracts::any_contract(
        "name='x'\ndepartment='x'\nfiles=['*']\nkind='events'\n[columns]\nperson={type='id_number',headings=['a']}\n",
    );
}
