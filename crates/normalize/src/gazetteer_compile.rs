//! towns.toml and villages.csv to one gazetteer, with every spelling in its table.

use std::collections::BTreeMap;
use std::ops::Range;

use bidui_model::{Diagnostic, TownCode, nearest};

use crate::fold::squeeze;
use crate::gazetteer::{ByWord, Gazetteer, TownRef, official_spellings, stem};
use crate::towns_file::{PseudoTown, ReadTowns, read_towns};
use crate::villages_file::{WrittenVillage, read_villages};

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
        let mut diagnostics = Vec::new();
        let towns = read_towns(towns_toml, towns_file);
        let written = read_villages(villages_csv, villages_file, &mut diagnostics);
        let ReadTowns { mut gazetteer, pseudo, here, moved } = match towns {
            Ok(towns) => towns,
            Err(mut errors) => {
                errors.append(&mut diagnostics);
                return Err(errors);
            }
        };
        // Where villages.csv cannot be read, no village is missing from it.
        let are_villages_known = diagnostics.is_empty();
        let files = [towns_file, villages_file];
        let of_county: Vec<(&TownCode, &Range<usize>)> =
            gazetteer.towns.iter().map(|town| &town.code).zip(&here).collect();
        let of_others: Vec<(&TownCode, &Range<usize>)> =
            gazetteer.moved_towns.iter().map(|town| &town.code).zip(&moved).collect();
        for (towns, has_moved) in [(of_county, false), (of_others, true)] {
            let villages: Vec<&WrittenVillage> =
                written.iter().filter(|written| written.village.moved_to.is_some() == has_moved).collect();
            check_towns(&towns, &villages, files, &mut diagnostics);
        }
        gazetteer.place_villages(written, villages_file, &mut diagnostics);
        if are_villages_known {
            gazetteer.name_pseudo_towns(&pseudo, towns_file, &mut diagnostics);
        }
        gazetteer.town_prefixes = prefixes(&gazetteer.town_words);
        gazetteer.put_towns_in_order();
        if diagnostics.is_empty() { Ok(gazetteer) } else { Err(diagnostics) }
    }

    fn place_villages(&mut self, mut written: Vec<WrittenVillage>, file: &str, diagnostics: &mut Vec<Diagnostic>) {
        written.sort_by(|a, b| {
            (a.village.moved_to.is_some(), &a.village.code).cmp(&(b.village.moved_to.is_some(), &b.village.code))
        });
        self.county_villages = written.iter().filter(|written| written.village.moved_to.is_none()).count();
        let mut aliases: Vec<(String, usize, Range<usize>)> = Vec::new();
        for (place, written) in written.into_iter().enumerate() {
            for code in std::iter::once(&written.village.code.0).chain(&written.former_codes) {
                if self.village_codes.insert(code.clone(), place).is_some() {
                    let message = format!("村代码“{code}”出现了两次");
                    diagnostics.push(Diagnostic::error("BD0604", file, Some(written.span.clone()), message));
                }
            }
            aliases.extend(written.aliases.iter().map(|alias| (alias.clone(), place, written.span.clone())));
            let short_name = squeeze(&written.village.short_name);
            self.spell(&written.village.name, place);
            for spelling in written.aliases.iter().chain(&official_spellings(&short_name)) {
                self.spell(spelling, place);
            }
            self.stems.entry(stem(&short_name).to_owned()).or_default().push(place);
            self.places.push(written.village);
        }
        let declares = |place: usize, alias: &str| aliases.iter().any(|(other, of, _)| *of == place && other == alias);
        for (alias, place, span) in &aliases {
            let of_town =
                |other: &&usize| *other != place && self.places[**other].town_code == self.places[*place].town_code;
            let other = self.spellings.get(&squeeze(alias)).and_then(|places| places.iter().find(of_town));
            // Whose name it comes of may have it.
            let is_own = |place: usize| official_spellings(&squeeze(&self.places[place].short_name)).contains(alias);
            let other = other.filter(|other| !(is_own(*place) && !is_own(**other) && declares(**other, alias)));
            if let Some(other) = other {
                let message = format!(
                    "“{}”的别名“{alias}”也指同一个镇的“{}”",
                    self.places[*place].name, self.places[*other].name
                );
                let hint = "两个村不能用同一种写法：写这个名字的行认不出是哪个村，改掉错的那一个";
                diagnostics.push(Diagnostic::error("BD0604", file, Some(span.clone()), message).with_hint(hint));
            }
        }
    }

    fn spell(&mut self, spelling: &str, place: usize) {
        let places = self.spellings.entry(squeeze(spelling)).or_default();
        if !places.contains(&place) {
            places.push(place);
        }
    }

    fn name_pseudo_towns(&mut self, pseudo: &[PseudoTown], file: &str, diagnostics: &mut Vec<Diagnostic>) {
        for pseudo in pseudo {
            let Some(place) = self.village_codes.get(&pseudo.village.value).copied() else {
                let message = format!("村代码“{}”不在villages.csv中", pseudo.village.value);
                let span = Some(pseudo.village.span.clone());
                diagnostics
                    .push(Diagnostic::error("BD0603", file, span, message).with_hint("请填现在的12位村（社区）代码"));
                continue;
            };
            if self.places[place].town_code != pseudo.town {
                let message = format!(
                    "“{}”的村在镇 {}，这里写的镇是 {}",
                    pseudo.names[0], self.places[place].town_code.0, pseudo.town.0
                );
                let hint = "village 和 town 有一个写错了";
                let span = Some(pseudo.town_span.clone());
                diagnostics.push(Diagnostic::error("BD0603", file, span, message).with_hint(hint));
            }
            for name in &pseudo.names {
                self.spell(name, place);
            }
        }
    }

    /// Towns by code, so that whoever lists them need not sort; what points at them follows.
    fn put_towns_in_order(&mut self) {
        let mut order: Vec<usize> = (0..self.towns.len()).collect();
        order.sort_by(|a, b| self.towns[*a].code.cmp(&self.towns[*b].code));
        let mut place = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            place[*old] = new;
        }
        self.towns = order.iter().map(|old| self.towns[*old].clone()).collect();
        let words = self.town_words.values_mut();
        for town in words.chain(self.town_prefixes.iter_mut().map(|(_, town)| town)) {
            if let TownRef::Here(old) = town {
                *old = place[*old];
            }
        }
    }
}

/// Every village's town must be there: of the county, or moved out. Where several villages ask for a town that is not there and a town is there whose code
/// is almost that and no village asks for, it is the town's code that was misspelt.
fn check_towns(
    towns: &[(&TownCode, &Range<usize>)],
    villages: &[&WrittenVillage],
    [towns_file, villages_file]: [&str; 2],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut of_town: BTreeMap<&str, Vec<&WrittenVillage>> = BTreeMap::new();
    for written in villages {
        of_town.entry(&written.village.town_code.0).or_default().push(written);
    }
    let free: Vec<_> = towns.iter().filter(|(code, _)| !of_town.contains_key(code.0.as_str())).collect();
    for (code, villages) in of_town {
        if towns.iter().any(|(town, _)| town.0 == code) {
            continue;
        }
        let near = nearest(code, free.iter().map(|(town, _)| town.0.as_str())).filter(|_| villages.len() > 1);
        if let Some((town, span)) = near.and_then(|near| free.iter().find(|(town, _)| town.0 == near)) {
            let count = villages.len();
            let message = format!("没有一个村属于“{}”，而villages.csv里有{count}个村的镇代码是“{code}”", town.0);
            let error = Diagnostic::error("BD0603", towns_file, Some((*span).clone()), message);
            diagnostics.push(error.with_hint(format!("是不是“{code}”？")));
            continue;
        }
        for written in villages {
            let message = format!("“{}”的镇代码“{code}”不在towns.toml中", written.village.name);
            diagnostics.push(
                Diagnostic::error("BD0603", villages_file, Some(written.span.clone()), message)
                    .with_hint("本区的村填[[town]]的代码，已划出的填[[moved_out]]的现代码"),
            );
        }
    }
}

/// Names only, longest first, so that 新兴工业园 is found before 新兴; names of one length by the alphabet.
fn prefixes(words: &ByWord<TownRef>) -> Vec<(String, TownRef)> {
    let mut names: Vec<(String, TownRef)> = words
        .iter()
        .filter(|(word, _)| !word.starts_with(|c: char| c.is_ascii_digit()))
        .map(|(word, town)| (word.clone(), *town))
        .collect();
    names.sort_by(|(a, _), (b, _)| {
        (std::cmp::Reverse(a.chars().count()), a).cmp(&(std::cmp::Reverse(b.chars().count()), b))
    });
    names
}
