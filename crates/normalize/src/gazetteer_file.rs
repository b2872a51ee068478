//! Compiles towns.toml and villages.csv.
//!
//! towns.toml: `[county] code name aliases former_codes`; `[[town]] code name aliases former_codes`; `[[moved_out]] name aliases
//! former_codes code county_code county`; `[[pseudo_town]] name aliases former_codes village town` (parks and farms that once had a
//! town's code); `[[site]] name aliases town`. villages.csv: `code12,name,short_name,aliases,former_codes,town_code,kind,moved_to`,
//! lists between `|`, in any order of columns.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use bidui_model::{Diagnostic, TownCode, VillageCode};
use toml::de::DeTable;

use crate::fold::squeeze;
use crate::gazetteer::{
    Gazetteer, MovedTown, Site, Town, TownRef, Village, official_spellings, stem,
};
use crate::toml_reader::{TomlReader, Word};

const TOP: &[&str] = &["county", "town", "moved_out", "pseudo_town", "site"];
const COLUMNS: &[&str] = &[
    "code12",
    "name",
    "short_name",
    "aliases",
    "former_codes",
    "town_code",
    "kind",
    "moved_to",
];

impl Gazetteer {
    /// Compiles the county's places.
    ///
    /// # Errors
    /// Everything that is wrong in both files, with its place.
    pub fn compile(
        towns_toml: &str,
        towns_file: &str,
        villages_csv: &str,
        villages_file: &str,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut towns = TownsFile {
            reader: TomlReader::new(towns_file),
            gazetteer: Self::default(),
            pseudo: Vec::new(),
        };
        towns.read(towns_toml);
        let TownsFile {
            reader,
            mut gazetteer,
            pseudo,
        } = towns;
        let mut diagnostics = reader.diagnostics;
        let known = diagnostics.is_empty();
        let written = read_villages(villages_csv, villages_file, &mut diagnostics);
        if known {
            check_towns(&gazetteer, &written, villages_file, &mut diagnostics);
        }
        gazetteer.place_villages(written, villages_file, &mut diagnostics);
        gazetteer.name_pseudo_towns(&pseudo, towns_file, &mut diagnostics);
        gazetteer.town_prefixes = prefixes(&gazetteer.town_words);
        if diagnostics.is_empty() {
            Ok(gazetteer)
        } else {
            Err(diagnostics)
        }
    }

    fn place_villages(
        &mut self,
        mut written: Vec<WrittenVillage>,
        file: &str,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        written.sort_by(|a, b| {
            (a.village.moved_to.is_some(), &a.village.code)
                .cmp(&(b.village.moved_to.is_some(), &b.village.code))
        });
        self.county_villages = written
            .iter()
            .filter(|written| written.village.moved_to.is_none())
            .count();
        for (place, written) in written.into_iter().enumerate() {
            let village = &written.village;
            let codes = std::iter::once(&village.code.0).chain(&written.former_codes);
            for code in codes {
                if self.village_codes.insert(code.clone(), place).is_some() {
                    diagnostics.push(Diagnostic::error(
                        "BD0207",
                        file,
                        Some(written.span.clone()),
                        format!("村代码“{code}”出现了两次"),
                    ));
                }
            }
            let names = [&village.name, &village.short_name];
            let spellings = names
                .into_iter()
                .chain(&written.aliases)
                .map(|name| squeeze(name))
                .chain(official_spellings(&squeeze(&village.short_name)));
            for spelling in spellings {
                let places = self.spellings.entry(spelling).or_default();
                if !places.contains(&place) {
                    places.push(place);
                }
            }
            let stem = stem(&squeeze(&village.short_name)).to_owned();
            self.stems.entry(stem).or_default().push(place);
            self.places.push(written.village);
        }
    }

    /// A park or farm that once had a town's code: as a town it is its present town, as a village its present community.
    fn name_pseudo_towns(
        &mut self,
        pseudo: &[PseudoTown],
        file: &str,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        for pseudo in pseudo {
            let Some(place) = self.village_codes.get(&pseudo.village.text).copied() else {
                diagnostics.push(
                    Diagnostic::error(
                        "BD0206",
                        file,
                        Some(pseudo.village.span.clone()),
                        format!("村代码“{}”不在villages.csv中", pseudo.village.text),
                    )
                    .with_hint("请填现在的12位村（社区）代码"),
                );
                continue;
            };
            for name in &pseudo.names {
                let places = self.spellings.entry(squeeze(name)).or_default();
                if !places.contains(&place) {
                    places.push(place);
                }
            }
        }
    }
}

struct PseudoTown {
    names: Vec<String>,
    village: Word,
}

struct TownsFile<'a> {
    reader: TomlReader<'a>,
    gazetteer: Gazetteer,
    pseudo: Vec<PseudoTown>,
}

impl TownsFile<'_> {
    fn read(&mut self, text: &str) {
        let document = self.reader.document(text);
        let top = document.get_ref();
        self.reader.only(top, TOP);
        self.county(top);
        for (table, span) in self.reader.tables(top, "town") {
            self.town(table, &span);
        }
        for (table, span) in self.reader.tables(top, "moved_out") {
            self.moved_out(table, &span);
        }
        for (table, span) in self.reader.tables(top, "pseudo_town") {
            self.pseudo_town(table, &span);
        }
        for (table, span) in self.reader.tables(top, "site") {
            self.site(table, &span);
        }
    }

    fn county(&mut self, top: &DeTable<'_>) {
        let Some((table, span)) = self.reader.tables(top, "county").into_iter().next() else {
            self.reader.error(
                "BD0203",
                0..0,
                "缺少[county]".to_owned(),
                "请写明县级代码code和名称name",
            );
            return;
        };
        self.reader
            .only(table, &["code", "name", "aliases", "former_codes"]);
        let code = self.code(table, "code", 6, &span);
        let name = self.reader.word(table, "name", &span);
        let aliases = self.reader.words(table, "aliases");
        self.codes(table, "former_codes", 6);
        if let (Some(code), Some(name)) = (code, name) {
            self.gazetteer.county_code = code.text;
            self.gazetteer.county_words = std::iter::once(&name)
                .chain(&aliases)
                .map(|word| squeeze(&word.text))
                .collect();
            self.gazetteer.county_name = name.text;
        }
    }

    fn town(&mut self, table: &DeTable<'_>, span: &Range<usize>) {
        self.reader
            .only(table, &["code", "name", "aliases", "former_codes"]);
        let code = self.code(table, "code", 9, span);
        let name = self.reader.word(table, "name", span);
        let (Some(code), Some(name)) = (code, name) else {
            return;
        };
        let town = TownRef::Here(self.gazetteer.towns.len());
        self.gazetteer.towns.push(Town {
            code: TownCode(code.text.clone()),
            name: name.text.clone(),
        });
        self.known_as(table, town, &[code, name]);
    }

    fn moved_out(&mut self, table: &DeTable<'_>, span: &Range<usize>) {
        self.reader.only(
            table,
            &[
                "code",
                "name",
                "aliases",
                "former_codes",
                "county",
                "county_code",
            ],
        );
        let code = self.code(table, "code", 9, span);
        let name = self.reader.word(table, "name", span);
        let county = self.reader.word(table, "county", span);
        let (Some(code), Some(name), Some(county)) = (code, name, county) else {
            return;
        };
        let town = TownRef::Moved(self.gazetteer.moved_towns.len());
        self.gazetteer.moved_towns.push(MovedTown {
            code: TownCode(code.text.clone()),
            name: name.text.clone(),
            county: county.text,
        });
        self.known_as(table, town, &[code, name]);
    }

    fn pseudo_town(&mut self, table: &DeTable<'_>, span: &Range<usize>) {
        self.reader.only(
            table,
            &["name", "aliases", "former_codes", "village", "town"],
        );
        let name = self.reader.word(table, "name", span);
        let village = self.code(table, "village", 12, span);
        let town = self.code(table, "town", 9, span);
        let (Some(name), Some(village), Some(town)) = (name, village, town) else {
            return;
        };
        let Some(place) = self.town_of(&town) else {
            return;
        };
        let names = std::iter::once(name.text.clone())
            .chain(
                self.reader
                    .words(table, "aliases")
                    .into_iter()
                    .map(|word| word.text),
            )
            .collect();
        self.known_as(table, place, &[name]);
        self.pseudo.push(PseudoTown { names, village });
    }

    fn site(&mut self, table: &DeTable<'_>, span: &Range<usize>) {
        self.reader.only(table, &["name", "aliases", "town"]);
        let name = self.reader.word(table, "name", span);
        let town = self.code(table, "town", 9, span);
        let (Some(name), Some(town)) = (name, town) else {
            return;
        };
        if self.town_of(&town).is_none() {
            return;
        }
        let place = self.gazetteer.sites.len();
        self.gazetteer.sites.push(Site {
            name: name.text.clone(),
            town_code: TownCode(town.text),
        });
        for word in std::iter::once(name).chain(self.reader.words(table, "aliases")) {
            let former = self.gazetteer.site_words.insert(squeeze(&word.text), place);
            self.once(former.is_none_or(|former| former == place), &word);
        }
    }

    /// The town of the county with that code; notes when there is none.
    fn town_of(&mut self, code: &Word) -> Option<TownRef> {
        let place = self
            .gazetteer
            .towns
            .iter()
            .position(|town| town.code.0 == code.text);
        if place.is_none() {
            self.reader.error(
                "BD0206",
                code.span.clone(),
                format!("没有代码为“{}”的镇", code.text),
                "请填本文件[[town]]中的9位代码",
            );
        }
        place.map(TownRef::Here)
    }

    /// Enters a town under its names, aliases, codes and former codes.
    fn known_as(&mut self, table: &DeTable<'_>, town: TownRef, own: &[Word]) {
        let aliases = self.reader.words(table, "aliases");
        let former = self.codes(table, "former_codes", 9);
        for word in own.iter().chain(&aliases).chain(&former) {
            let other = self.gazetteer.town_words.insert(squeeze(&word.text), town);
            self.once(other.is_none_or(|other| other == town), word);
        }
    }

    fn once(&mut self, once: bool, word: &Word) {
        if !once {
            self.reader.error(
                "BD0207",
                word.span.clone(),
                format!("“{}”已用于另一处", word.text),
                "名称、别名和代码不能重复",
            );
        }
    }

    fn code(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        digits: usize,
        span: &Range<usize>,
    ) -> Option<Word> {
        let word = self.reader.word(table, key, span)?;
        self.has_digits(&word, digits).then_some(word)
    }

    fn codes(&mut self, table: &DeTable<'_>, key: &str, digits: usize) -> Vec<Word> {
        let mut words = self.reader.words(table, key);
        words.retain(|word| self.has_digits(word, digits));
        words
    }

    fn has_digits(&mut self, word: &Word, digits: usize) -> bool {
        let right = is_code(&word.text, digits);
        if !right {
            self.reader.error(
                "BD0205",
                word.span.clone(),
                format!("代码“{}”应是{digits}位数字", word.text),
                "统计用区划代码：县6位、镇9位、村12位",
            );
        }
        right
    }
}

struct WrittenVillage {
    village: Village,
    aliases: Vec<String>,
    former_codes: Vec<String>,
    span: Range<usize>,
}

fn read_villages(text: &str, file: &str, diagnostics: &mut Vec<Diagnostic>) -> Vec<WrittenVillage> {
    let bytes = text.strip_prefix('\u{feff}').unwrap_or(text).as_bytes();
    let shift = text.len() - bytes.len();
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let headings: Vec<String> = match reader.headers() {
        Ok(headings) => headings
            .iter()
            .map(|heading| heading.trim().to_owned())
            .collect(),
        Err(_) => Vec::new(),
    };
    let place: HashMap<&str, usize> = headings
        .iter()
        .enumerate()
        .map(|(index, heading)| (heading.as_str(), index))
        .collect();
    let missing: Vec<&str> = COLUMNS
        .iter()
        .copied()
        .filter(|column| !place.contains_key(column))
        .collect();
    if !missing.is_empty() {
        diagnostics.push(
            Diagnostic::error(
                "BD0203",
                file,
                None,
                format!("缺少列：{}", missing.join("、")),
            )
            .with_hint(format!("首行应为：{}", COLUMNS.join(","))),
        );
        return Vec::new();
    }
    let mut villages = Vec::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let start = error.position().map_or(0, |at| at.byte() as usize + shift);
                diagnostics.push(Diagnostic::error(
                    "BD0201",
                    file,
                    Some(start..start),
                    "此行无法读取",
                ));
                continue;
            }
        };
        let start = record.position().map_or(0, |at| at.byte() as usize) + shift;
        let end = text[start..]
            .find('\n')
            .map_or(text.len(), |length| start + length);
        let field = |column: &str| record.get(place[column]).unwrap_or("").trim().to_owned();
        match village(&field, start..end) {
            Ok(village) => villages.push(village),
            Err(message) => {
                diagnostics.push(Diagnostic::error("BD0205", file, Some(start..end), message))
            }
        }
    }
    villages
}

fn village(field: &dyn Fn(&str) -> String, span: Range<usize>) -> Result<WrittenVillage, String> {
    let list = |column: &str| -> Vec<String> {
        field(column)
            .split('|')
            .map(|word| word.trim().to_owned())
            .filter(|word| !word.is_empty())
            .collect()
    };
    let (code, town_code) = (field("code12"), field("town_code"));
    let former_codes = list("former_codes");
    if let Some(wrong) = std::iter::once(&code)
        .chain(&former_codes)
        .find(|code| !is_code(code, 12))
    {
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

/// Every village's town must be there: of the county, or moved out.
fn check_towns(
    gazetteer: &Gazetteer,
    villages: &[WrittenVillage],
    file: &str,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for written in villages {
        let code = &written.village.town_code;
        let known = match written.village.moved_to {
            None => gazetteer.towns.iter().any(|town| town.code == *code),
            Some(_) => gazetteer.moved_towns.iter().any(|town| town.code == *code),
        };
        if !known {
            diagnostics.push(
                Diagnostic::error(
                    "BD0206",
                    file,
                    Some(written.span.clone()),
                    format!(
                        "“{}”的镇代码“{}”不在towns.toml中",
                        written.village.name, code.0
                    ),
                )
                .with_hint("本区的村填[[town]]的代码，已划出的填[[moved_out]]的现代码"),
            );
        }
    }
}

/// Names only, longest first, so that 新兴工业园 is found before 新兴.
fn prefixes(words: &HashMap<String, TownRef>) -> Vec<(String, TownRef)> {
    let names: BTreeMap<&String, TownRef> = words
        .iter()
        .filter(|(word, _)| !word.starts_with(|c: char| c.is_ascii_digit()))
        .map(|(word, town)| (word, *town))
        .collect();
    let mut names: Vec<(String, TownRef)> = names
        .into_iter()
        .map(|(word, town)| (word.clone(), town))
        .collect();
    names.sort_by_key(|(word, _)| std::cmp::Reverse(word.chars().count()));
    names
}

fn is_code(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())
}
