//! Reads villages.csv: `code12,name,short_name,aliases,former_codes,town_code,kind,moved_to`, lists between `|`, columns in any order,
//! UTF-8 with or without a byte order mark. A village with `moved_to` belongs to that county now.

use std::collections::HashMap;
use std::ops::Range;

use bidui_model::{Diagnostic, TownCode, VillageCode};

use crate::gazetteer::Village;
use crate::towns_file::is_code;

const COLUMNS: &[&str] = &["code12", "name", "short_name", "aliases", "former_codes", "town_code", "kind", "moved_to"];

/// A village with the words that only the gazetteer's tables need.
pub(crate) struct WrittenVillage {
    pub(crate) village: Village,
    pub(crate) aliases: Vec<String>,
    pub(crate) former_codes: Vec<String>,
    /// Its line.
    pub(crate) span: Range<usize>,
}

pub(crate) fn read_villages(text: &str, file: &str, diagnostics: &mut Vec<Diagnostic>) -> Vec<WrittenVillage> {
    let bytes = text.strip_prefix('\u{feff}').unwrap_or(text).as_bytes();
    let shift = text.len() - bytes.len();
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let headings: Vec<String> = reader
        .headers()
        .map(|headings| headings.iter().map(|word| word.trim().to_owned()).collect())
        .unwrap_or_default();
    let place: HashMap<&str, usize> =
        headings.iter().enumerate().map(|(index, heading)| (heading.as_str(), index)).collect();
    let missing: Vec<&str> = COLUMNS.iter().copied().filter(|column| !place.contains_key(column)).collect();
    if !missing.is_empty() {
        let message = format!("缺少列：{}", missing.join("、"));
        let hint = format!("首行应为：{}", COLUMNS.join(","));
        diagnostics.push(Diagnostic::error("BD0605", file, None, message).with_hint(hint));
        return Vec::new();
    }
    let mut villages = Vec::new();
    for record in reader.records() {
        let Ok(record) = record else {
            diagnostics.push(Diagnostic::error("BD0605", file, None, "有一行无法读取"));
            continue;
        };
        let start = record.position().map_or(0, |at| at.byte() as usize) + shift;
        let line = text.get(start..).unwrap_or("");
        let span = start..start + line.find(['\r', '\n']).unwrap_or(line.len());
        let field = |column: &str| record.get(place[column]).unwrap_or("").trim().to_owned();
        match village(&field, span.clone()) {
            Ok(village) => villages.push(village),
            Err(message) => {
                diagnostics.push(Diagnostic::error("BD0602", file, Some(span), message));
            }
        }
    }
    villages
}

fn village(field: &dyn Fn(&str) -> String, span: Range<usize>) -> Result<WrittenVillage, String> {
    let list = |column: &str| -> Vec<String> {
        field(column).split('|').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
    };
    let (code, town_code) = (field("code12"), field("town_code"));
    let former_codes = list("former_codes");
    if let Some(wrong) = std::iter::once(&code).chain(&former_codes).find(|code| !is_code(code, 12)) {
        return Err(format!("村代码“{wrong}”应是12位数字"));
    }
    if !is_code(&town_code, 9) {
        return Err(format!("镇代码“{town_code}”应是9位数字"));
    }
    if field("name").is_empty() || field("short_name").is_empty() {
        return Err("缺少村名".to_owned());
    }
    Ok(WrittenVillage {
        village: Village {
            code: VillageCode(code),
            name: field("name"),
            short_name: field("short_name"),
            town_code: TownCode(town_code),
            kind: field("kind"),
            moved_to: Some(field("moved_to")).filter(|county| !county.is_empty()),
        },
        aliases: list("aliases"),
        former_codes,
        span,
    })
}
