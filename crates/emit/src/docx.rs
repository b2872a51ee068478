//! A document as WordprocessingML (ECMA-376, transitional), in the few parts that Word, WPS and LibreOffice need: the document, its styles,
//! fonts, settings, a footer with the page number, and properties.
//!
//! Written by hand: docx-rs, the crate for this, brings image codecs and a second zip and XML parser for what is five small files here. The
//! bytes depend on the document alone: the packer's time is its earliest, the creation date the caller's.

use crate::EmitError;
use crate::document::{Block, Document, DocumentTable};
use std::fmt::Write as _;
use std::io::{Cursor, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Twentieths of a point: A4, and the margins of an official paper.
const PAGE: (u32, u32) = (11_906, 16_838);
const MARGINS: [(&str, u32); 6] =
    [("top", 2_098), ("right", 1_474), ("bottom", 1_984), ("left", 1_588), ("header", 851), ("footer", 1_400)];
const TEXT_WIDTH: u32 = 11_906 - 1_474 - 1_588;
/// On pages that lie on their side, whose margins are the same.
const SIDEWAYS_WIDTH: u32 = 16_838 - 1_474 - 1_588;
/// Of a tenth of a character in a table, with the cell's own margins.
const TENTH_OF_CHARACTER: u32 = 12;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const WORDS: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const TYPE: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";

/// Style, and the fonts of Chinese characters; Latin letters and digits take Times New Roman.
const BODY_FONT: &str = "仿宋";
const TITLE_FONT: &str = "宋体";
const HEADING_FONT: &str = "黑体";

/// Other names of the fonts, for machines that have them under those: (font, alternatives, family, pitch).
const FONTS: [(&str, &str, &str); 4] = [
    ("仿宋", "仿宋_GB2312;FangSong;FangSong_GB2312;STFangsong;Noto Serif CJK SC", "modern"),
    ("宋体", "SimSun;NSimSun;Songti SC;Noto Serif CJK SC", "roman"),
    ("黑体", "SimHei;Heiti SC;Noto Sans CJK SC", "swiss"),
    ("Times New Roman", "Liberation Serif", "roman"),
];

/// The document's file. `path` is only named where it cannot be written.
pub fn write_document(document: &Document, path: &Path) -> Result<(), EmitError> {
    let bytes = document_bytes(document).map_err(EmitError::io("生成", path))?;
    let mut file = crate::staging::create_private(path)?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(EmitError::io("写", path))
}

fn document_bytes(document: &Document) -> std::io::Result<Vec<u8>> {
    let parts = [
        ("[Content_Types].xml", content_types()),
        ("_rels/.rels", package_relations()),
        ("docProps/core.xml", properties(document)),
        ("word/document.xml", body(document)),
        ("word/_rels/document.xml.rels", document_relations()),
        ("word/styles.xml", styles()),
        ("word/settings.xml", settings()),
        ("word/fontTable.xml", font_table()),
        ("word/footer1.xml", footer()),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    for (name, text) in parts {
        zip.start_file(name, options)?;
        zip.write_all(text.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

fn content_types() -> String {
    let overrides = [
        ("/word/document.xml", format!("{TYPE}.document.main+xml")),
        ("/word/styles.xml", format!("{TYPE}.styles+xml")),
        ("/word/settings.xml", format!("{TYPE}.settings+xml")),
        ("/word/fontTable.xml", format!("{TYPE}.fontTable+xml")),
        ("/word/footer1.xml", format!("{TYPE}.footer+xml")),
        ("/docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml".to_owned()),
    ];
    let overrides = overrides.map(|(part, kind)| format!("<Override PartName=\"{part}\" ContentType=\"{kind}\"/>"));
    format!(
        "{HEAD}<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" \
         ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" \
         ContentType=\"application/xml\"/>{}</Types>",
        overrides.concat()
    )
}

fn relations(targets: &[(&str, &str)]) -> String {
    let each = (1..).zip(targets).map(|(number, (kind, target))| {
        format!("<Relationship Id=\"rId{number}\" Type=\"{kind}\" Target=\"{target}\"/>")
    });
    format!("{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\">{}</Relationships>", each.collect::<String>())
}

fn package_relations() -> String {
    let core = format!("{PACKAGE}/relationships/metadata/core-properties");
    relations(&[(&format!("{RELATIONS}/officeDocument"), "word/document.xml"), (&core, "docProps/core.xml")])
}

fn document_relations() -> String {
    let kinds = ["styles", "settings", "fontTable", "footer"].map(|kind| format!("{RELATIONS}/{kind}"));
    let targets = ["styles.xml", "settings.xml", "fontTable.xml", "footer1.xml"];
    relations(&kinds.iter().map(String::as_str).zip(targets).collect::<Vec<_>>())
}

fn properties(document: &Document) -> String {
    let (year, month, day) = document.created;
    let created = format!("{year:04}-{month:02}-{day:02}T00:00:00Z");
    let dated = |name: &str| format!("<dcterms:{name} xsi:type=\"dcterms:W3CDTF\">{created}</dcterms:{name}>");
    format!(
        "{HEAD}<cp:coreProperties xmlns:cp=\"{PACKAGE}/metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:dcterms=\"http://purl.org/dc/terms/\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>{}</dc:title>\
         <dc:creator>{}</dc:creator>{}{}</cp:coreProperties>",
        escaped(&document.title),
        escaped(&document.author),
        dated("created"),
        dated("modified")
    )
}

/// A paragraph style: what it is called, the font, half points of size, whether it is bold, and its paragraph's properties.
fn style(id: &str, name: &str, (font, size, bold): (&str, u32, bool), paragraph: &str) -> String {
    let default = if id == "Normal" { " w:default=\"1\"" } else { "" };
    let based = if id == "Normal" { "" } else { "<w:basedOn w:val=\"Normal\"/>" };
    let bold = if bold { "<w:b/>" } else { "" };
    format!(
        "<w:style w:type=\"paragraph\"{default} w:styleId=\"{id}\"><w:name w:val=\"{name}\"/>{based}<w:qFormat/>\
         <w:pPr>{paragraph}</w:pPr><w:rPr><w:rFonts w:ascii=\"Times New Roman\" w:hAnsi=\"Times New Roman\" \
         w:eastAsia=\"{font}\" w:cs=\"Times New Roman\"/>{bold}<w:sz w:val=\"{size}\"/><w:szCs w:val=\"{size}\"/>\
         <w:lang w:val=\"en-US\" w:eastAsia=\"zh-CN\"/></w:rPr></w:style>"
    )
}

fn styles() -> String {
    let exact = "<w:spacing w:before=\"0\" w:after=\"0\" w:line=\"560\" w:lineRule=\"exact\"/>";
    let close = "<w:spacing w:before=\"0\" w:after=\"0\" w:line=\"280\" w:lineRule=\"atLeast\"/>";
    let styles = [
        // Not justified: a share such as 120.0% is one word, and the line before it would be pulled apart.
        style("Normal", "Normal", (BODY_FONT, 32, false), &format!("{exact}<w:jc w:val=\"left\"/>")),
        style(
            "Title",
            "Title",
            (TITLE_FONT, 44, true),
            "<w:spacing w:before=\"0\" w:after=\"120\" w:line=\"640\" w:lineRule=\"exact\"/><w:jc w:val=\"center\"/>",
        ),
        style(
            "Subtitle",
            "Subtitle",
            (BODY_FONT, 32, false),
            "<w:spacing w:before=\"0\" w:after=\"240\" w:line=\"560\" w:lineRule=\"exact\"/><w:jc w:val=\"center\"/>",
        ),
        style(
            "Heading1",
            "heading 1",
            (HEADING_FONT, 32, false),
            &format!(
                "<w:keepNext/>{exact}<w:ind w:firstLineChars=\"200\" w:firstLine=\"640\"/><w:outlineLvl w:val=\"0\"/>"
            ),
        ),
        style("BodyText", "Body Text", (BODY_FONT, 32, false), "<w:ind w:firstLineChars=\"200\" w:firstLine=\"640\"/>"),
        style(
            "Signature",
            "Signature",
            (BODY_FONT, 32, false),
            &format!("<w:keepLines/>{exact}<w:jc w:val=\"right\"/>"),
        ),
        style(
            "Caption",
            "caption",
            (HEADING_FONT, 24, false),
            "<w:keepNext/><w:spacing w:before=\"240\" w:after=\"60\" w:line=\"320\" w:lineRule=\"atLeast\"/><w:jc w:val=\"center\"/>",
        ),
        style("TableHeading", "Table Heading", (HEADING_FONT, 21, false), &format!("{close}<w:jc w:val=\"center\"/>")),
        style("TableText", "Table Text", (TITLE_FONT, 21, false), &format!("{close}<w:jc w:val=\"left\"/>")),
        style("TableNote", "Table Note", (TITLE_FONT, 18, false), &format!("{close}<w:jc w:val=\"left\"/>")),
        style("TableNumber", "Table Number", (TITLE_FONT, 21, false), &format!("{close}<w:jc w:val=\"center\"/>")),
        style("Footer", "footer", (TITLE_FONT, 28, false), &format!("{close}<w:jc w:val=\"center\"/>")),
    ];
    format!("{HEAD}<w:styles xmlns:w=\"{WORDS}\">{}</w:styles>", styles.concat())
}

fn settings() -> String {
    // Compatibility mode 15: Word of 2013 and later, without which a notice of an old format stands above the text.
    format!(
        "{HEAD}<w:settings xmlns:w=\"{WORDS}\"><w:compat><w:compatSetting w:name=\"compatibilityMode\" \
         w:uri=\"http://schemas.microsoft.com/office/word\" w:val=\"15\"/></w:compat></w:settings>"
    )
}

fn font_table() -> String {
    let fonts = FONTS.map(|(name, others, family)| {
        format!("<w:font w:name=\"{name}\"><w:altName w:val=\"{others}\"/><w:family w:val=\"{family}\"/></w:font>")
    });
    format!("{HEAD}<w:fonts xmlns:w=\"{WORDS}\">{}</w:fonts>", fonts.concat())
}

fn footer() -> String {
    let field = |kind: &str| format!("<w:r><w:fldChar w:fldCharType=\"{kind}\"/></w:r>");
    format!(
        "{HEAD}<w:ftr xmlns:w=\"{WORDS}\"><w:p><w:pPr><w:pStyle w:val=\"Footer\"/></w:pPr>{}{}<w:r><w:instrText \
         xml:space=\"preserve\"> PAGE </w:instrText></w:r>{}{}{}{}</w:p></w:ftr>",
        run("— "),
        field("begin"),
        field("separate"),
        run("1"),
        field("end"),
        run(" —")
    )
}

fn body(document: &Document) -> String {
    let mut text = format!("{HEAD}<w:document xmlns:w=\"{WORDS}\" xmlns:r=\"{RELATIONS}\"><w:body>");
    let mut width = TEXT_WIDTH;
    for block in &document.blocks {
        if *block == Block::Sideways && width == TEXT_WIDTH {
            // A section's properties stand in its last paragraph.
            let _ = write!(text, "<w:p><w:pPr>{}</w:pPr></w:p>", section(width));
            width = SIDEWAYS_WIDTH;
        }
        block_xml(&mut text, block, width);
    }
    // Writing to a string cannot fail.
    let _ = write!(text, "{}</w:body></w:document>", section(width));
    text
}

/// The pages of a section whose text is so wide.
fn section(width: u32) -> String {
    let margins = MARGINS.map(|(side, size)| format!("w:{side}=\"{size}\" ")).concat();
    let size = match width {
        SIDEWAYS_WIDTH => format!("w:w=\"{}\" w:h=\"{}\" w:orient=\"landscape\"", PAGE.1, PAGE.0),
        _ => format!("w:w=\"{}\" w:h=\"{}\"", PAGE.0, PAGE.1),
    };
    format!(
        "<w:sectPr><w:footerReference w:type=\"default\" r:id=\"rId4\"/><w:pgSz {size}/>\
         <w:pgMar {margins}w:gutter=\"0\"/></w:sectPr>"
    )
}

fn block_xml(text: &mut String, block: &Block, width: u32) {
    match block {
        Block::Title(words) => paragraph(text, "Title", words),
        Block::Subtitle(words) => paragraph(text, "Subtitle", words),
        Block::Heading(words) => paragraph(text, "Heading1", words),
        Block::Paragraph(words) => paragraph(text, "BodyText", words),
        // Who is addressed stands over the text; who signs, and the lines for it, on one page.
        Block::Line(words) => kept_paragraph(text, "Normal", words),
        Block::Signature(words) => kept_paragraph(text, "Signature", words),
        Block::Sideways => {}
        Block::Table(table) => table_xml(text, table, width),
    }
}

fn paragraph(text: &mut String, style: &str, words: &str) {
    let _ = write!(text, "<w:p><w:pPr><w:pStyle w:val=\"{style}\"/></w:pPr>{}</w:p>", run(words));
}

/// One that is on the same page as what follows.
fn kept_paragraph(text: &mut String, style: &str, words: &str) {
    let _ = write!(text, "<w:p><w:pPr><w:pStyle w:val=\"{style}\"/><w:keepNext/></w:pPr>{}</w:p>", run(words));
}

/// A run of text; a line break where the text has one.
fn run(words: &str) -> String {
    let lines: Vec<String> =
        words.split('\n').map(|line| format!("<w:t xml:space=\"preserve\">{}</w:t>", escaped(line))).collect();
    format!("<w:r>{}</w:r>", lines.join("<w:br/>"))
}

fn table_xml(text: &mut String, table: &DocumentTable, page: u32) {
    paragraph(text, "Caption", &table.caption);
    if table.rows.is_empty() {
        return paragraph(text, "TableNumber", &table.empty);
    }
    let widths = shared_out(&table.widths, table.headings.len(), page);
    let width: u32 = widths.iter().sum();
    let border = ["top", "left", "bottom", "right", "insideH", "insideV"]
        .map(|side| format!("<w:{side} w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"000000\"/>"))
        .concat();
    let grid: String = widths.iter().map(|width| format!("<w:gridCol w:w=\"{width}\"/>")).collect();
    let _ = write!(
        text,
        "<w:tbl><w:tblPr><w:tblW w:w=\"{width}\" w:type=\"dxa\"/><w:jc w:val=\"center\"/><w:tblBorders>{border}</w:tblBorders>\
         <w:tblLayout w:type=\"fixed\"/><w:tblCellMar><w:left w:w=\"60\" w:type=\"dxa\"/><w:right w:w=\"60\" w:type=\"dxa\"/>\
         </w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>"
    );
    row_xml(text, &table.headings, &widths, true);
    for row in &table.rows {
        row_xml(text, row, &widths, false);
    }
    text.push_str("</w:tbl>");
    if !table.note.is_empty() {
        paragraph(text, "TableNote", &format!("注：{}", table.note));
    }
}

fn row_xml(text: &mut String, cells: &[String], widths: &[u32], is_heading: bool) {
    let heading = if is_heading { "<w:tblHeader/>" } else { "" };
    let shade = if is_heading { "<w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"D9E1F2\"/>" } else { "" };
    let _ = write!(text, "<w:tr><w:trPr><w:cantSplit/>{heading}</w:trPr>");
    for (cell, width) in cells.iter().zip(widths) {
        let style = match cell {
            _ if is_heading => "TableHeading",
            cell if reads_as_number(cell) => "TableNumber",
            _ => "TableText",
        };
        let _ = write!(
            text,
            "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/>{shade}<w:vAlign w:val=\"center\"/></w:tcPr>"
        );
        paragraph(text, style, cell);
        text.push_str("</w:tc>");
    }
    text.push_str("</w:tr>");
}

fn reads_as_number(cell: &str) -> bool {
    cell.chars().all(|character| character.is_ascii_digit() || matches!(character, '.' | ',' | '%' | '-' | '+' | '—'))
}

/// What columns of these widths take, and no more than the page has. What a division leaves goes to the last column.
fn shared_out(shares: &[u32], columns: usize, page: u32) -> Vec<u32> {
    let share = |at: usize| shares.get(at).copied().unwrap_or(1).max(1);
    let sum: u32 = (0..columns).map(share).sum::<u32>().max(1);
    let whole = page.min(sum * TENTH_OF_CHARACTER);
    let mut widths: Vec<u32> = (0..columns).map(|at| whole * share(at) / sum).collect();
    let rest = whole - widths.iter().sum::<u32>();
    if let Some(last) = widths.last_mut() {
        *last += rest;
    }
    widths
}

/// Text as XML has it: no character that XML 1.0 does not know.
fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '"' => written.push_str("&quot;"),
            '\t' => written.push(' '),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            other => written.push(other),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Read;

    fn document(words: &str) -> Document {
        let table = DocumentTable {
            caption: "附表1　按乡镇".into(),
            headings: vec!["乡镇".into(), "户数".into()],
            widths: vec![3, 1],
            rows: vec![vec![words.into(), "12".into()]],
            empty: "没有。".into(),
            note: String::new(),
        };
        let blocks = vec![Block::Title(words.into()), Block::Paragraph(words.into()), Block::Table(table)];
        Document { title: words.into(), author: "某局".into(), created: (2023, 4, 6), blocks }
    }

    fn part(bytes: &[u8], name: &str) -> String {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn the_same_document_is_the_same_bytes() {
        assert_eq!(document_bytes(&document("甲")).unwrap(), document_bytes(&document("甲")).unwrap());
        assert_ne!(document_bytes(&document("甲")).unwrap(), document_bytes(&document("乙")).unwrap());
    }

    #[test]
    fn what_xml_would_read_as_its_own_is_written_as_text() {
        let bytes = document_bytes(&document("甲<乙&\"丙\"\u{1}\n丁")).unwrap();
        let text = part(&bytes, "word/document.xml");
        assert!(text.contains("甲&lt;乙&amp;&quot;丙&quot;</w:t><w:br/>"), "{text}");
        assert!(part(&bytes, "docProps/core.xml").contains("2023-04-06T00:00:00Z"));
    }

    #[test]
    fn a_table_is_never_wider_than_the_text() {
        assert_eq!(shared_out(&[900, 400, 100], 3, TEXT_WIDTH).iter().sum::<u32>(), TEXT_WIDTH);
        assert_eq!(shared_out(&[100, 50], 2, TEXT_WIDTH), [1_200, 600]);
        assert_eq!(shared_out(&[], 2, TEXT_WIDTH).len(), 2);
        assert_eq!(shared_out(&[5], 0, TEXT_WIDTH).len(), 0);
    }

    #[test]
    fn wide_tables_are_on_pages_of_their_own_kind() {
        let mut wide = document("甲");
        assert!(!part(&document_bytes(&wide).unwrap(), "word/document.xml").contains("landscape"));
        wide.blocks.insert(2, Block::Sideways);
        let text = part(&document_bytes(&wide).unwrap(), "word/document.xml");
        assert_eq!((text.matches("<w:sectPr>").count(), text.matches("landscape").count()), (2, 1), "{text}");
    }
}
