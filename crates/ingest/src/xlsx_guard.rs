//! Looks an XLSX archive through before calamine sees it, and refuses what would take a machine down.
//!
//! Taken: at most [`ENTRIES`] entries, no two of one name, none with `..` in its name, none inside another; parts that are as long as the
//! directory says, within the sizes below, and not swollen beyond [`RATIO`] times their packed size. The parts that calamine reads are unpacked
//! once, to nowhere: a directory may lie. On that way are noted a sheet's hidden rows and the cells that it merges downwards, which stand
//! behind its rows, too late for a reader that holds none of them.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufReader, Read, Seek};

use memchr::memmem;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use crate::cells::guarded;
use crate::problem::FileProblem;
use crate::row_sink::{COLUMNS, MERGES, Merge, ROWS};

const ENTRIES: usize = 20_000;
/// Of one sheet: a million rows of forty columns have less.
const SHEET_BYTES: u64 = 4 << 30;
const STRINGS_BYTES: u64 = 1 << 30;
/// Of every other part that is read: styles grow large in workbooks that were copied together.
const PART_BYTES: u64 = 64 << 20;
/// Below the first size nobody is hurt, whatever the ratio; sheets that are formatted down to the last row come to about 60.
const SMALL_BYTES: u64 = 64 << 20;
const RATIO: u64 = 200;
/// What an entry of a sheet takes at most between `<` and `>`, as far as it is read here.
const TAG_BYTES: usize = 512;

/// What is known of a workbook before its rows are.
#[derive(Default)]
pub(crate) struct Parts {
    /// By the sheet's name.
    pub(crate) sheets: HashMap<String, SheetFacts>,
    /// It asks to be calculated whole on opening, as programs write that calculate nothing themselves: a zero beside a formula is no value.
    pub(crate) is_never_calculated: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SheetFacts {
    pub(crate) hidden_rows: u64,
    pub(crate) merges: Vec<Merge>,
}

pub(crate) fn check_archive(file: File, name: &str) -> Result<Parts, FileProblem> {
    let checked = guarded(|| {
        let archive = ZipArchive::new(BufReader::new(file)).map_err(|_| "压缩结构不完整")?;
        check_entries(archive)
    });
    checked.unwrap_or(Err("压缩结构不完整")).map_err(|what| FileProblem::damaged(name, "", None, what))
}

fn check_entries<R: Read + Seek>(mut archive: ZipArchive<R>) -> Result<Parts, &'static str> {
    if archive.len() > ENTRIES {
        return Err("压缩包内文件过多");
    }
    if archive.has_duplicate_names() {
        return Err("压缩包内有同名文件");
    }
    if archive.has_overlapping_entries().map_err(|_| "压缩结构不完整")? {
        return Err("压缩包内文件互相重叠");
    }
    let mut book = Book::default();
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|_| "压缩结构不完整")?;
        let path = entry.name().map_err(|_| "压缩包内文件名无法识别")?.replace('\\', "/").to_lowercase();
        if path.split('/').any(|step| step == "..") {
            return Err("压缩包内文件名含有上级目录");
        }
        let path = path.trim_start_matches('/').to_owned();
        let part = PartKind::of(&path);
        let (size, packed) = (entry.size(), entry.compressed_size());
        if part != PartKind::Unread && size > SMALL_BYTES && size / RATIO > packed {
            return Err("压缩比异常");
        }
        if size > part.limit() {
            return Err("压缩包内文件解开后过大");
        }
        if part == PartKind::Book {
            let mut text = Vec::new();
            Part { entry: &mut entry, left: size }.read_to_end(&mut text).map_err(|_| "压缩内容与目录不符")?;
            book.read(&text, &path);
        }
        entries.push((path, part));
    }
    let targets = book.sheet_paths();
    let mut facts = HashMap::new();
    for (index, (path, part)) in entries.into_iter().enumerate() {
        let is_sheet = part == PartKind::Sheet || targets.contains(&path);
        if !is_sheet && matches!(part, PartKind::Unread | PartKind::Book) {
            continue;
        }
        let mut entry = archive.by_index(index).map_err(|_| "压缩结构不完整")?;
        let mut part_of = Part { left: entry.size(), entry: &mut entry };
        if is_sheet {
            facts.insert(path, scan_sheet(&mut part_of)?);
        } else if part == PartKind::Strings {
            check_strings(&mut part_of)?;
        } else {
            std::io::copy(&mut part_of, &mut std::io::sink()).map_err(|_| "压缩内容与目录不符")?;
        }
    }
    Ok(book.parts(&mut facts))
}

/// What calamine does with a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PartKind {
    Sheet,
    Strings,
    /// The workbook and its relations.
    Book,
    /// Styles and their like.
    Other,
    /// Pictures, macros, pivot tables.
    Unread,
}

impl PartKind {
    fn of(path: &str) -> Self {
        match path {
            _ if path.ends_with("sharedstrings.xml") => Self::Strings,
            _ if path.ends_with("workbook.xml") || path.ends_with("workbook.xml.rels") => Self::Book,
            _ if path.ends_with("styles.xml") || path.ends_with("theme1.xml") || path == "_rels/.rels" => Self::Other,
            _ if path.contains("sheets/") && path.ends_with(".xml") => Self::Sheet,
            _ => Self::Unread,
        }
    }
    fn limit(self) -> u64 {
        match self {
            Self::Sheet | Self::Unread => SHEET_BYTES,
            Self::Strings => STRINGS_BYTES,
            Self::Book | Self::Other => PART_BYTES,
        }
    }
}

/// An entry that fails when it is longer than the directory says.
struct Part<'a, R> {
    entry: &'a mut R,
    left: u64,
}

impl<R: Read> Read for Part<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.entry.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or(std::io::ErrorKind::InvalidData)?;
        Ok(read)
    }
}

/// calamine reserves room for as many strings as the part claims.
fn check_strings(part: &mut impl Read) -> Result<(), &'static str> {
    let mut buffer = vec![0; 64 << 10];
    let mut size = 0_u64;
    let mut claimed = 0_u64;
    loop {
        let read = part.read(&mut buffer).map_err(|_| "共享字符串与目录不符")?;
        if read == 0 {
            break;
        }
        if size == 0 {
            claimed = claimed_count(&buffer[..read]);
        }
        size += read as u64;
    }
    // The shortest entry is `<si/>`.
    if claimed > size / 5 + 16 { Err("共享字符串的个数与内容不符") } else { Ok(()) }
}

fn claimed_count(start: &[u8]) -> u64 {
    let Some(place) = memmem::find(start, b"uniqueCount=") else {
        return 0;
    };
    start[place + 13..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0_u64, |count, byte| count.saturating_mul(10).saturating_add(u64::from(byte - b'0')))
}

/// Goes over a sheet's bytes for two kinds of tags: `<mergeCell ref="A2:A5"/>`, and `<row … hidden="1">`.
fn scan_sheet(part: &mut impl Read) -> Result<SheetFacts, &'static str> {
    let (merge, hidden) = (memmem::Finder::new("mergeCell "), memmem::Finder::new(" hidden=\""));
    let mut facts = SheetFacts::default();
    let mut window: Vec<u8> = Vec::with_capacity((256 << 10) + 2 * TAG_BYTES);
    let mut buffer = vec![0; 256 << 10];
    // A find counts where the window's first part ends and not before, so that what precedes and follows it is at hand.
    let mut from = 0;
    loop {
        let read = part.read(&mut buffer).map_err(|_| "工作表内容与目录不符")?;
        window.extend_from_slice(&buffer[..read]);
        let end = if read == 0 { window.len() } else { window.len().saturating_sub(TAG_BYTES) };
        let finds = |finder: &memmem::Finder<'_>| -> Vec<usize> {
            let start = from.min(window.len());
            finder.find_iter(&window[start..]).map(|at| start + at).take_while(|at| *at < end).collect()
        };
        for at in finds(&merge) {
            facts.merges.extend(merge_at(&window[at..]));
        }
        for at in finds(&hidden) {
            facts.hidden_rows += u64::from(is_hidden_row(&window[..at], &window[at..]));
        }
        if facts.merges.len() > MERGES {
            return Err("合并单元格过多");
        }
        if read == 0 {
            return Ok(facts);
        }
        let drop = end.saturating_sub(TAG_BYTES);
        window.drain(..drop);
        from = end - drop;
    }
}

/// From the reference of a tag that starts here, if it merges downwards.
fn merge_at(tag: &[u8]) -> Option<Merge> {
    let tag = &tag[..memchr::memchr(b'>', &tag[..tag.len().min(TAG_BYTES)])?];
    let value = &tag[memmem::find(tag, b"ref=\"")? + 5..];
    let range = std::str::from_utf8(&value[..memchr::memchr(b'"', value)?]).ok()?;
    let (start, end) = range.split_once(':')?;
    let ((first, column), (last, _)) = (cell_of(start)?, cell_of(end)?);
    (first < last).then_some(Merge { first, last, column })
}

/// Row from 1 and column from 0 of `B7` or `$B$7`.
fn cell_of(text: &str) -> Option<(u32, u32)> {
    let text = text.replace('$', "");
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let mut column = 0_u32;
    for letter in text[..letters].bytes().take(4) {
        column = column * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1;
    }
    let row: u32 = text[letters..].parse().ok()?;
    ((1..=COLUMNS).contains(&column) && (1..=ROWS).contains(&row)).then(|| (row, column - 1))
}

/// Whether the attribute between the two is a row's, and set.
fn is_hidden_row(before: &[u8], after: &[u8]) -> bool {
    let value = &after[b" hidden=\"".len()..];
    let before = &before[before.len().saturating_sub(TAG_BYTES)..];
    let Some(open) = memchr::memrchr(b'<', before) else { return false };
    let tag = &before[open + 1..];
    let name = &tag[..tag.iter().position(|byte| *byte == b' ').unwrap_or(tag.len())];
    (name == b"row" || name.ends_with(b":row")) && (value.starts_with(b"1") || value.starts_with(b"true"))
}

/// Which part holds which sheet: names and relations from the workbook, targets from its relations.
#[derive(Default)]
struct Book {
    folder: String,
    is_never_calculated: bool,
    /// Name and relation.
    sheets: Vec<(String, String)>,
    /// Relation and path.
    targets: HashMap<String, String>,
}

impl Book {
    fn read(&mut self, text: &[u8], path: &str) {
        let is_relations = path.ends_with(".rels");
        if !is_relations {
            path.trim_end_matches("workbook.xml").clone_into(&mut self.folder);
        }
        let mut reader = quick_xml::Reader::from_reader(text);
        let mut buffer = Vec::new();
        // calamine tells what is wrong with the XML.
        while let Ok(event) = reader.read_event_into(&mut buffer) {
            match event {
                Event::Eof => break,
                Event::Start(tag) | Event::Empty(tag) => self.take(&tag, is_relations),
                _ => {}
            }
            buffer.clear();
        }
    }

    fn take(&mut self, tag: &BytesStart<'_>, is_relations: bool) {
        let attribute = |wanted: &str| -> Option<String> {
            let found = tag.attributes().flatten().find(|each| each.key.local_name().as_ref() == wanted)?;
            Some(found.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?.into_owned())
        };
        match tag.local_name().as_ref() {
            "Relationship" if is_relations => {
                if let (Some(id), Some(target)) = (attribute("Id"), attribute("Target")) {
                    self.targets.insert(id, target);
                }
            }
            "sheet" if !is_relations => {
                if let (Some(name), Some(id)) = (attribute("name"), attribute("id")) {
                    self.sheets.push((name, id));
                }
            }
            "calcPr" if !is_relations => {
                let asked = attribute("fullCalcOnLoad");
                self.is_never_calculated = asked.is_some_and(|value| value == "1" || value == "true");
            }
            _ => {}
        }
    }

    fn path(&self, target: &str) -> String {
        match target.strip_prefix('/') {
            Some(absolute) => absolute.to_lowercase(),
            None => format!("{}{}", self.folder, target.trim_start_matches("./")).to_lowercase(),
        }
    }
    fn sheet_paths(&self) -> HashSet<String> {
        self.sheets.iter().filter_map(|(_, id)| Some(self.path(self.targets.get(id)?))).collect()
    }
    fn parts(self, facts: &mut HashMap<String, SheetFacts>) -> Parts {
        let sheet =
            |(name, id): &(String, String)| Some((name.clone(), facts.remove(&self.path(self.targets.get(id)?))?));
        Parts { is_never_calculated: self.is_never_calculated, sheets: self.sheets.iter().filter_map(sheet).collect() }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn references_are_read_as_spreadsheets_write_them() {
        let check = |text: &str, expected: Option<(u32, u32)>| assert_eq!(cell_of(text), expected, "{text}");
        check("A1", Some((1, 0)));
        check("$XFD$1048576", Some((1_048_576, 16_383)));
        check("aa10", Some((10, 26)));
        check("XFE1", None);
        check("A0", None);
        check("A1048577", None);
        check("A4294967297", None);
        check("7", None);
        check("", None);
    }

    #[test]
    fn only_merges_downwards_count() {
        let check = |tag: &str, expected: Option<(u32, u32, u32)>| {
            assert_eq!(
                merge_at(tag.as_bytes()).map(|merge| (merge.first, merge.last, merge.column)),
                expected,
                "{tag}"
            );
        };
        check("mergeCell ref=\"B2:C5\"/><mergeCell", Some((2, 5, 1)));
        check("mergeCell ref=\"B2:C2\"/>", None);
        check("mergeCell ref=\"B5:C2\"/>", None);
        check("mergeCell ref=\"B2\"/>", None);
        check("mergeCell ref=\"B2:C5\"", None);
        check("mergeCell other=\"B2:C5\"/>", None);
    }

    #[test]
    fn a_row_is_hidden_and_a_column_or_a_text_is_not() {
        let check = |text: &str, expected: u64| {
            assert_eq!(scan_sheet(&mut text.as_bytes()).unwrap().hidden_rows, expected, "{text}");
        };
        check("<sheetData><row r=\"1\" hidden=\"1\"><c/></row></sheetData>", 1);
        check("<x:row spans=\"1:3\" hidden=\"true\" ht=\"0\"/>", 1);
        check("<row r=\"1\" hidden=\"0\"/>", 0);
        check("<cols><col min=\"1\" hidden=\"1\"/></cols>", 0);
        check("<t> hidden=\"1\"</t>", 0);
    }

    /// Tags are found wherever the blocks end in which the sheet is read.
    #[test]
    fn a_tag_may_lie_across_blocks() {
        struct Slowly<'a>(&'a [u8], usize);
        impl Read for Slowly<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                let most = buffer.len().min(self.1);
                (&mut self.0).take(most as u64).read(buffer)
            }
        }
        let rows: String = (1..200).map(|row| format!("<row r=\"{row}\" hidden=\"1\"/>")).collect();
        let merges: String = (1..200).map(|row| format!("<mergeCell ref=\"A{row}:A{}\"/>", row + 1)).collect();
        let sheet = format!("{rows}{merges}");
        for step in [1, 7, 63, 511, 4096] {
            let facts = scan_sheet(&mut Slowly(sheet.as_bytes(), step)).unwrap();
            assert_eq!((facts.hidden_rows, facts.merges.len()), (199, 199), "{step}");
        }
    }
}
