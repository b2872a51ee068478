//! What a file is, by its first bytes and, for archives, its table of contents. The extension is not looked at: departments send text named
//! .xls and pages named .xls, and both are told apart here.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use memchr::memmem;

use crate::problem::{FileProblem, Spot, password};

/// By the first bytes alone, which is safe to ask of any file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sniffed {
    Text,
    Parquet,
    /// A zip archive, which may be an XLSX.
    Archive,
    /// An OLE container, which may be an XLS (or WPS's ET, which is one).
    Compound,
    Html,
}

const HEAD_BYTES: usize = 8192;
const SAVE_AS: &str = "请用表格软件打开后另存为xlsx或CSV再报送";

/// First bytes, what they are, what to do.
const FOREIGN: &[(&[u8], &str, &str)] = &[
    (b"%PDF", "是PDF文件", "请报送原始的xlsx或CSV表格"),
    (b"\x89PNG", "是图片", "请报送原始的xlsx或CSV表格"),
    (b"\xFF\xD8\xFF", "是图片", "请报送原始的xlsx或CSV表格"),
    (b"Rar!", "是RAR压缩包", "请解压后放入收件夹"),
    (b"7z\xBC\xAF\x27\x1C", "是7z压缩包", "请解压后放入收件夹"),
    (b"\x1F\x8B", "是gzip压缩包", "请解压后放入收件夹"),
    (b"{\\rtf", "是RTF文档", SAVE_AS),
    (b"SQLite format 3", "是SQLite数据库", "请导出为xlsx或CSV再报送"),
];

pub(crate) fn sniff(file: &mut File, name: &str) -> Result<Sniffed, FileProblem> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    file.seek(SeekFrom::Start(0))
        .and_then(|_| file.take(HEAD_BYTES as u64).read_to_end(&mut head))
        .map_err(|error| FileProblem::io(name, &error))?;
    if head.is_empty() {
        return Err(FileProblem::Empty { at: Box::new(Spot { file: name.to_owned(), ..Spot::default() }) });
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(Sniffed::Archive);
    }
    if head.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Ok(Sniffed::Compound);
    }
    if head.starts_with(b"PAR1") {
        return Ok(Sniffed::Parquet);
    }
    if let Some((_, found, advice)) = FOREIGN.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return Err(FileProblem::unknown_form(name, found, advice));
    }
    sniff_text(&head, name)
}

fn sniff_text(head: &[u8], name: &str) -> Result<Sniffed, FileProblem> {
    let is_wide = head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]);
    if is_wide {
        let text = encoding_rs::UTF_16LE.decode(head).0.to_lowercase();
        return Ok(if is_page(text.trim_start().as_bytes()) { Sniffed::Html } else { Sniffed::Text });
    }
    // BIFF2 to BIFF4 worksheets, from before there were workbooks.
    if head.starts_with(&[0x09, 0x00, 0x04, 0x00])
        || head.starts_with(&[0x09, 0x02, 0x06, 0x00])
        || head.starts_with(&[0x09, 0x04, 0x06, 0x00])
    {
        return Err(FileProblem::unknown_form(name, "是Excel 4.0及更早的旧格式", SAVE_AS));
    }
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let start: Vec<u8> =
        text.iter().skip_while(|byte| byte.is_ascii_whitespace()).map(u8::to_ascii_lowercase).collect();
    if start.starts_with(b"<") {
        let is_sheet_xml = memmem::find(&start, b"urn:schemas-microsoft-com:office:spreadsheet").is_some();
        if start.starts_with(b"<?xml") && is_sheet_xml && memmem::find(&start, b"<html").is_none() {
            return Err(FileProblem::unknown_form(name, "是XML表格（Excel 2003的格式）", SAVE_AS));
        }
        if is_page(&start) {
            return Ok(Sniffed::Html);
        }
        if start.starts_with(b"<?xml") {
            return Err(FileProblem::unknown_form(name, "是XML文件", SAVE_AS));
        }
    }
    let is_mail = start.starts_with(b"from:") && memmem::find(&start, b"\nmime-version:").is_some();
    if is_mail || start.starts_with(b"mime-version:") {
        return Err(FileProblem::unknown_form(name, "实际是网页归档（MHTML），只是扩展名像表格", SAVE_AS));
    }
    // A few NULs are padding in a text file; many are something else, or UTF-16 without its mark.
    let nulls = memchr::memchr_iter(0, text).count();
    if nulls * 4 > text.len() {
        return Err(FileProblem::unknown_form(
            name,
            "不是文本也不是可识别的表格",
            "若为UTF-16文本，请改用UTF-8编码导出；否则另存为xlsx再报送",
        ));
    }
    Ok(Sniffed::Text)
}

/// The start of a page, in small letters.
fn is_page(start: &[u8]) -> bool {
    let has = |needle: &[u8]| memmem::find(start, needle).is_some();
    let begins =
        [&b"<style"[..], b"<head", b"<meta", b"<body", b"<div", b"<center"].iter().any(|tag| start.starts_with(tag));
    begins || start.starts_with(b"<") && (has(b"<html") || has(b"<table") || has(b"<!doctype html") || has(b"<tr"))
}

/// An archive that is an XLSX, or what else it is.
pub(crate) fn expect_xlsx(file: File, name: &str) -> Result<(), FileProblem> {
    let damaged = || FileProblem::damaged(name, "", None, "压缩结构不完整");
    let archive = crate::cells::guarded(move || zip::ZipArchive::new(BufReader::new(file)))
        .and_then(Result::ok)
        .ok_or_else(damaged)?;
    let names: Vec<String> =
        archive.file_names().map(|entry| entry.unwrap_or_default().replace('\\', "/").to_lowercase()).collect();
    let has = |prefix: &str, suffix: &str| {
        names.iter().any(|entry| {
            let entry = entry.trim_start_matches('/');
            entry.starts_with(prefix) && entry.ends_with(suffix)
        })
    };
    if has("xl/workbook", ".bin") {
        Err(FileProblem::unknown_form(name, "是二进制工作簿（XLSB）", SAVE_AS))
    } else if has("xl/", ".xml") || (has("[content_types]", ".xml") && has("", "workbook.xml")) {
        Ok(())
    } else if has("word/", ".xml") {
        Err(FileProblem::unknown_form(name, "是Word文档", "请报送原始的xlsx或CSV表格"))
    } else if has("ppt/", ".xml") {
        Err(FileProblem::unknown_form(name, "是演示文稿", "请报送原始的xlsx或CSV表格"))
    } else if has("content.xml", "") {
        Err(if has_encrypted_parts(archive) {
            password(name)
        } else {
            FileProblem::unknown_form(name, "是ODF表格", SAVE_AS)
        })
    } else {
        Err(FileProblem::unknown_form(name, "是ZIP压缩包", "请解压后放入收件夹"))
    }
}

/// The manifest of an ODF table says of each part whether a password locks it.
fn has_encrypted_parts(mut archive: zip::ZipArchive<BufReader<File>>) -> bool {
    let found = crate::cells::guarded(move || {
        let mut manifest = Vec::new();
        archive.by_name("META-INF/manifest.xml").ok()?.take(1 << 20).read_to_end(&mut manifest).ok()?;
        memmem::find(&manifest, b"encryption-data")
    });
    found.flatten().is_some()
}

/// An OLE compound file: an old workbook, an encrypted new one, or something else. Its directory may stand anywhere in the file.
pub(crate) fn expect_xls(file: &mut File, name: &str) -> Result<(), FileProblem> {
    // Some programs write the names in capitals, so both sides are compared in small letters.
    let wide =
        |text: &str| -> Vec<u8> { text.to_ascii_lowercase().encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let (encrypted, workbook, book) = (wide("EncryptedPackage"), wide("Workbook"), wide("Book\0"));
    let (document, power_point) = (wide("WordDocument"), wide("PowerPoint Document"));
    let mut seen = [false; 5];
    let mut window = Vec::new();
    let mut buffer = vec![0; 1 << 20];
    file.seek(SeekFrom::Start(0)).map_err(|error| FileProblem::io(name, &error))?;
    loop {
        let read = file.read(&mut buffer).map_err(|error| FileProblem::io(name, &error))?;
        if read == 0 {
            break;
        }
        window.extend(buffer[..read].iter().map(u8::to_ascii_lowercase));
        let needles = [&encrypted, &workbook, &book, &document, &power_point];
        for (seen, needle) in seen.iter_mut().zip(needles) {
            *seen |= memmem::find(&window, needle).is_some();
        }
        let keep = window.len().saturating_sub(64);
        window.drain(..keep);
    }
    match seen {
        [true, ..] => Err(password(name)),
        [_, true, ..] | [_, _, true, ..] => Ok(()),
        [_, _, _, true, _] => Err(FileProblem::unknown_form(name, "是Word文档", "请报送原始的xlsx或CSV表格")),
        [.., true] => Err(FileProblem::unknown_form(name, "是演示文稿", "请报送原始的xlsx或CSV表格")),
        _ => Err(FileProblem::unknown_form(name, "是OLE文件，但里面找不到工作簿，可能没有传完整", SAVE_AS)),
    }
}
