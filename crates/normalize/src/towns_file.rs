//! Compiles towns.toml.
//!
//! `[county] code name aliases former_codes`; `[[town]] code name aliases former_codes`; `[[moved_out]] name aliases former_codes code
//! county_code county`; `[[pseudo_town]] name aliases former_codes village town` (parks and farms that once had a town's code);
//! `[[site]] name aliases town`. Codes are texts. No name, alias or code may stand for two places.

use std::collections::HashMap;
use std::ops::Range;

use bidui_model::{Diagnostic, Found, SpecFile, SpecTable, TownCode, nearest};

use crate::fold::squeeze;
use crate::gazetteer::{Gazetteer, MovedTown, Site, Town, TownRef};

/// A park or farm that once had a town's code: as a town it is its present town, as a village its present community.
pub(crate) struct PseudoTown {
    pub(crate) names: Vec<String>,
    /// Twelve digits.
    pub(crate) village: Found<String>,
    pub(crate) town: TownCode,
    pub(crate) town_span: Range<usize>,
}

/// The towns of a gazetteer that has no villages yet.
pub(crate) struct ReadTowns {
    pub(crate) gazetteer: Gazetteer,
    pub(crate) pseudo: Vec<PseudoTown>,
    /// Where the codes of its towns stand, and of those that have left.
    pub(crate) here: Vec<Range<usize>>,
    pub(crate) moved: Vec<Range<usize>>,
}

pub(crate) fn read_towns(text: &str, file: &str) -> Result<ReadTowns, Vec<Diagnostic>> {
    let source = SpecFile::new(file, text);
    let read = {
        let mut tree = None;
        source.root(&mut tree).map(|root| {
            let mut towns = TownsFile {
                source: &source,
                gazetteer: Gazetteer::default(),
                pseudo: Vec::new(),
                lacking: Vec::new(),
                first: HashMap::new(),
                codes: Vec::new(),
                moved: Vec::new(),
            };
            towns.read(&root);
            root.finish();
            let here = towns.codes.into_iter().filter_map(|codes| Some(codes.first()?.span.clone())).collect();
            ReadTowns { gazetteer: towns.gazetteer, pseudo: towns.pseudo, here, moved: towns.moved }
        })
    };
    source.finish(read)
}

struct TownsFile<'a, 's> {
    source: &'a SpecFile<'s>,
    gazetteer: Gazetteer,
    pseudo: Vec<PseudoTown>,
    /// Towns that are not there because something is wrong with them: their codes, where they could be read.
    lacking: Vec<Option<String>>,
    /// Where each name and code stands first.
    first: HashMap<String, Range<usize>>,
    /// Of each town its codes, its own first.
    codes: Vec<Vec<Found<String>>>,
    /// Where the code of each town stands that has left.
    moved: Vec<Range<usize>>,
}

impl TownsFile<'_, '_> {
    fn read(&mut self, root: &SpecTable<'_>) {
        let county = root.table("county").and_then(|table| self.county(table));
        if root.span_of("county").is_none() {
            self.source.error("BD0601", None, "缺少[county]", "请写明县级代码code和名称name");
        }
        for table in root.tables("town") {
            self.town(table);
        }
        if let Some(county) = county {
            self.is_of_its_towns(&county);
        }
        for table in root.tables("moved_out") {
            self.moved_out(table);
        }
        for table in root.tables("pseudo_town") {
            self.pseudo_town(table);
        }
        for table in root.tables("site") {
            self.site(table);
        }
    }

    /// Gives its code.
    fn county(&mut self, table: SpecTable<'_>) -> Option<Found<String>> {
        let code = self.code(&table, "code", 6);
        let name = table.required_text("name");
        let aliases = table.texts("aliases");
        self.codes(&table, "former_codes", 6);
        table.finish();
        if let (Some(code), Some(name)) = (&code, name) {
            self.gazetteer.county_code.clone_from(&code.value);
            self.gazetteer.county_words =
                std::iter::once(&name).chain(&aliases).map(|word| squeeze(&word.value)).collect();
            self.gazetteer.county_name = name.value;
        }
        code
    }

    /// Where no town's code begins with the county's, it is the county's that is wrong.
    fn is_of_its_towns(&self, county: &Found<String>) {
        let towns = &self.gazetteer.towns;
        let Some(first) = towns.first().and_then(|town| town.code.0.get(..6)) else { return };
        if !towns.iter().any(|town| town.code.0.starts_with(&county.value)) {
            let message = format!("没有一个镇的代码以县级代码“{}”开头", county.value);
            let hint = format!("镇代码的前6位是县级代码，如“{first}”");
            self.source.error("BD0602", Some(county.span.clone()), message, hint);
        }
    }

    fn town(&mut self, table: SpecTable<'_>) {
        let code = self.code(&table, "code", 9);
        let name = table.required_text("name");
        if let (Some(code), Some(name)) = (&code, name) {
            let town = TownRef::Here(self.gazetteer.towns.len());
            self.codes.push(vec![code.clone()]);
            self.gazetteer.towns.push(Town { code: TownCode(code.value.clone()), name: name.value.clone() });
            self.known_as(&table, town, &[code.clone(), name]);
        } else {
            self.lacking.push(code.map(|code| code.value));
            table.leave(&["aliases", "former_codes"]);
        }
        table.finish();
    }

    fn moved_out(&mut self, table: SpecTable<'_>) {
        let code = self.code(&table, "code", 9);
        let name = table.required_text("name");
        let county = table.required_text("county");
        self.of_its_county(&table, code.as_ref());
        if let (Some(code), Some(name), Some(county)) = (code, name, county) {
            let town = TownRef::Moved(self.gazetteer.moved_towns.len());
            self.moved.push(code.span.clone());
            self.gazetteer.moved_towns.push(MovedTown {
                code: TownCode(code.value.clone()),
                name: name.value.clone(),
                county: county.value,
            });
            self.known_as(&table, town, &[code, name]);
        } else {
            table.leave(&["aliases", "former_codes"]);
        }
        table.finish();
    }

    /// A town's code begins with its county's.
    fn of_its_county(&self, table: &SpecTable<'_>, code: Option<&Found<String>>) {
        let county = table.text("county_code").filter(|county| self.has_digits(county, 6));
        let (Some(county), Some(code)) = (county, code) else { return };
        if !code.value.starts_with(&county.value) {
            let message = format!("镇的代码“{}”不以现属县区的代码“{}”开头", code.value, county.value);
            let error = Diagnostic::error("BD0602", self.source.file, Some(county.span), message);
            let error = error.with_hint("两个里有一个写错了：现在的镇代码，前6位是现属县区的");
            self.source.push(error.with_also(code.span.clone(), "镇的代码在这里"));
        }
    }

    fn pseudo_town(&mut self, table: SpecTable<'_>) {
        let name = table.required_text("name");
        let village = self.code(&table, "village", 12);
        let town = self.code(&table, "town", 9);
        let place = town.as_ref().and_then(|town| self.town_of(town));
        if let (Some(name), Some(village), Some(town), Some(place)) = (name, village, town, place) {
            let names = std::iter::once(&name).chain(&table.texts("aliases")).map(|word| word.value.clone()).collect();
            self.known_as(&table, place, &[name]);
            let (town, town_span) = (TownCode(town.value), town.span);
            self.pseudo.push(PseudoTown { names, village, town, town_span });
        } else {
            table.leave(&["aliases", "former_codes"]);
        }
        table.finish();
    }

    fn site(&mut self, table: SpecTable<'_>) {
        let name = table.required_text("name");
        let town = self.code(&table, "town", 9);
        let aliases = table.texts("aliases");
        table.finish();
        let (Some(name), Some(town)) = (name, town) else {
            return;
        };
        if self.town_of(&town).is_none() {
            return;
        }
        let place = self.gazetteer.sites.len();
        self.gazetteer.sites.push(Site { name: name.value.clone(), town_code: TownCode(town.value) });
        for word in std::iter::once(name).chain(aliases) {
            let former = self.gazetteer.site_words.insert(squeeze(&word.value), place);
            self.once(former.is_none_or(|former| former == place), &word);
            self.gazetteer.site_names.push(word.value);
        }
    }

    /// The town of the county with that code; an error when there is none.
    fn town_of(&self, code: &Found<String>) -> Option<TownRef> {
        let towns = &self.gazetteer.towns;
        let place = towns.iter().position(|town| town.code.0 == code.value);
        let may_be_lacking =
            self.lacking.iter().any(|lacking| lacking.as_ref().is_none_or(|lacking| *lacking == code.value));
        if place.is_none() && !may_be_lacking {
            let message = format!("没有代码为“{}”的镇", code.value);
            let error = Diagnostic::error("BD0603", self.source.file, Some(code.span.clone()), message);
            let error = error.with_hint("请填本文件[[town]]中的9位代码");
            self.source.push(match self.misspelt(&code.value) {
                Some(own) => error.with_also(own.span.clone(), "或者是这里的代码写错了"),
                None => error,
            });
        }
        place.map(TownRef::Here)
    }

    /// The code of a town that was probably meant to be this one. A code keeps its last digits when the county's changes: so one that ends like it, or of
    /// which a former one did; else the nearest.
    fn misspelt(&self, code: &str) -> Option<&Found<String>> {
        let ending = |code: &str| code.get(6..).map(str::to_owned);
        let was_so = |codes: &&Vec<Found<String>>| {
            codes[1..].iter().any(|former| ending(&former.value) == ending(code))
                && ending(&codes[0].value) != ending(code)
        };
        let ends_so = |codes: &&Vec<Found<String>>| ending(&codes[0].value) == ending(code);
        let own = || self.codes.iter().map(|codes| &codes[0]);
        let near = || {
            let near = nearest(code, own().map(|own| own.value.as_str()))?;
            own().find(|own| own.value == near)
        };
        let like_it = self.codes.iter().find(ends_so).or_else(|| self.codes.iter().find(was_so));
        like_it.map(|codes| &codes[0]).or_else(near)
    }

    /// Enters a town under its names, aliases, codes and former codes.
    fn known_as(&mut self, table: &SpecTable<'_>, town: TownRef, own: &[Found<String>]) {
        let aliases = table.texts("aliases");
        let former = self.codes(table, "former_codes", 9);
        if let (TownRef::Here(place), [code, ..]) = (town, own)
            && let Some(codes) = self.codes.get_mut(place).filter(|codes| codes[0].span == code.span)
        {
            codes.extend(former.iter().cloned());
        }
        for word in own.iter().chain(&aliases).chain(&former) {
            let other = self.gazetteer.town_words.insert(squeeze(&word.value), town);
            self.once(other.is_none_or(|other| other == town), word);
        }
    }

    /// Which of two places of one name is the slip nobody can say: both are shown.
    fn once(&mut self, once: bool, word: &Found<String>) {
        let first = self.first.entry(squeeze(&word.value)).or_insert_with(|| word.span.clone());
        if !once {
            let message = format!("“{}”已用于另一处", word.value);
            let error = Diagnostic::error("BD0604", self.source.file, Some(word.span.clone()), message);
            self.source.push(error.with_hint("名称、别名和代码不能重复").with_also(first.clone(), "先写在这里"));
        }
    }

    fn code(&self, table: &SpecTable<'_>, key: &'static str, digits: usize) -> Option<Found<String>> {
        table.required_text(key).filter(|word| self.has_digits(word, digits))
    }

    fn codes(&self, table: &SpecTable<'_>, key: &'static str, digits: usize) -> Vec<Found<String>> {
        let mut words = table.texts(key);
        words.retain(|word| self.has_digits(word, digits));
        words
    }

    fn has_digits(&self, word: &Found<String>, digits: usize) -> bool {
        let right = is_code(&word.value, digits);
        if !right {
            self.source.error(
                "BD0602",
                Some(word.span.clone()),
                format!("代码“{}”应是{digits}位数字", word.value),
                "统计用区划代码：县6位、镇9位、村12位",
            );
        }
        right
    }
}

pub(crate) fn is_code(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())
}
