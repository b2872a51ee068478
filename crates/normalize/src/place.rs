//! A village or town as somebody wrote it, to its code.
//!
//! Taken: official names, aliases, 村委会 and 居委会 in their spellings, codes and former codes, the county and town glued in front
//! (柳江区百朋镇怀洪村), a hamlet glued behind (怀洪村下屯), a bare stem that only one place has. Never taken: a stem with a twin, a name
//! in two towns without its town, a village in another town than the one written beside it: those are ambiguous and go back.

use bidui_model::Place;

use crate::blank::is_blank;
use crate::fold::squeeze;
use crate::gazetteer::{Gazetteer, TownRef};

impl Gazetteer {
    /// Reads a village text, with the text of the row's town column if it has one.
    #[must_use]
    pub fn resolve(&self, town: Option<&str>, village: &str) -> Place {
        let text = letters(village);
        if is_blank(&text) {
            return Place::Unknown;
        }
        let beside = town.and_then(|town| self.find_town(&letters(town)));
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.by_code(&text);
        }
        if let Some(place) = self.by_name(&text, beside) {
            return place;
        }
        let rest = self.after_county(&text);
        if let Some(place) = self.by_name(rest, beside) {
            return place;
        }
        if let Some(places) = self.stems.get(rest) {
            // 拉堡 alone may be the town or the village.
            let town_too = beside.is_none() && self.town_words.contains_key(rest);
            return if town_too { Place::Ambiguous } else { self.choose(places, beside) };
        }
        if let Some((own, rest)) = self.town_in_front(rest) {
            return self.under_town(own, rest, beside);
        }
        if let Some(place) = self.with_hamlet(rest, beside) {
            return place;
        }
        match beside {
            // The whole town has left, so that wherever the village is, it is not here.
            Some(TownRef::Moved(_)) => self.moved(beside),
            _ => Place::Unknown,
        }
    }

    /// Reads a town text.
    #[must_use]
    pub fn resolve_town(&self, text: &str) -> Place {
        let text = letters(text);
        match self.find_town(&text) {
            Some(town @ TownRef::Moved(_)) => self.moved(Some(town)),
            Some(town) => Place::Town(self.town_code(town).clone()),
            None => Place::Unknown,
        }
    }

    fn find_town(&self, text: &str) -> Option<TownRef> {
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.town_words.get(&text[..9]).copied();
        }
        let rest = self.after_county(text);
        self.town_words
            .get(text)
            .or_else(|| self.town_words.get(rest))
            .copied()
            .or_else(|| self.town_in_front(rest).map(|(town, _)| town))
    }

    fn by_code(&self, digits: &str) -> Place {
        if let Some(place) = self.village_codes.get(digits) {
            return self.place(*place);
        }
        let Some(town) = digits.get(..9).and_then(|code| self.town_words.get(code)) else {
            return Place::Unknown;
        };
        // When a town's code changed, the last three digits of its villages stayed.
        let present = format!("{}{}", self.town_code(*town).0, &digits[9..]);
        if let Some(place) = self.village_codes.get(&present) {
            return self.place(*place);
        }
        match town {
            TownRef::Moved(_) => self.moved(Some(*town)),
            TownRef::Here(_) if digits.len() == 9 || digits.ends_with("000") => {
                Place::Town(self.town_code(*town).clone())
            }
            TownRef::Here(_) => Place::Unknown,
        }
    }

    fn by_name(&self, text: &str, beside: Option<TownRef>) -> Option<Place> {
        self.spellings.get(text).map(|places| self.choose(places, beside))
    }

    /// What follows the county's name, wherever it stands (广西柳州市柳江区…), or a county alias in front.
    fn after_county<'t>(&self, text: &'t str) -> &'t str {
        let full = self
            .county_words
            .iter()
            .filter(|word| word.ends_with(['区', '县', '市']))
            .find_map(|word| text.split_once(word.as_str()))
            .map(|(_, rest)| rest)
            .filter(|rest| !rest.is_empty());
        full.or_else(|| {
            self.county_words
                .iter()
                .find_map(|word| text.strip_prefix(word.as_str()))
                .filter(|rest| self.town_in_front(rest).is_some())
        })
        .unwrap_or(text)
    }

    /// The town whose name the text begins with, or whose full name stands in it (柳州市百朋镇怀洪村), and what follows.
    fn town_in_front<'t>(&self, text: &'t str) -> Option<(TownRef, &'t str)> {
        self.town_prefixes.iter().find_map(|(name, town)| Some((*town, text.strip_prefix(name.as_str())?))).or_else(
            || {
                self.town_prefixes
                    .iter()
                    .filter(|(name, _)| name.ends_with(['镇', '乡']))
                    .find_map(|(name, town)| Some((*town, text.split_once(name.as_str())?.1)))
            },
        )
    }

    /// The text named its own town; the column beside it may not say another.
    fn under_town(&self, own: TownRef, rest: &str, beside: Option<TownRef>) -> Place {
        if beside.is_some_and(|beside| beside != own) {
            return Place::Ambiguous;
        }
        let own = Some(own);
        if let Some(place) = self.by_name(rest, own) {
            return place;
        }
        if let Some(places) = self.stems.get(rest) {
            return self.choose(places, own);
        }
        if let Some(place) = self.with_hamlet(rest, own) {
            return place;
        }
        match own {
            Some(TownRef::Moved(_)) => self.moved(own),
            Some(town) if rest.is_empty() => Place::Town(self.town_code(town).clone()),
            _ => Place::Unknown,
        }
    }

    /// A village's name with its suffix, then a hamlet or group: 怀洪村下屯, 百朋村3组.
    fn with_hamlet(&self, text: &str, beside: Option<TownRef>) -> Option<Place> {
        if !text.ends_with(['屯', '组', '队', '号']) {
            return None;
        }
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        ends.into_iter()
            .rev()
            .map(|end| &text[..end])
            .filter(|name| name.ends_with(['村', '区', '会']))
            .find_map(|name| self.by_name(name, beside))
    }

    /// One of the candidates, under the town if one is known.
    fn choose(&self, places: &[usize], town: Option<TownRef>) -> Place {
        let fits = |place: &&usize| town.is_none_or(|town| self.places[**place].town_code == *self.town_code(town));
        let mut fitting = places.iter().filter(fits);
        match (fitting.next(), fitting.next()) {
            (Some(place), None) => self.place(*place),
            _ => Place::Ambiguous,
        }
    }

    fn place(&self, place: usize) -> Place {
        let village = &self.places[place];
        match &village.moved_to {
            None => Place::Village(village.code.clone()),
            Some(county) => {
                let town =
                    self.moved_towns.iter().find(|town| town.code == village.town_code).map_or("", |town| &town.name);
                Place::MovedOut { code: village.code.0.clone(), name: format!("{county}{town}{}", village.short_name) }
            }
        }
    }

    fn moved(&self, town: Option<TownRef>) -> Place {
        match town {
            Some(TownRef::Moved(place)) => {
                let town = &self.moved_towns[place];
                Place::MovedOut { code: town.code.0.clone(), name: format!("{}{}", town.county, town.name) }
            }
            _ => Place::Unknown,
        }
    }
}

/// The text without blanks, quotes and the punctuation that people put between town and village.
fn letters(text: &str) -> String {
    let mut text = squeeze(text);
    text.retain(|c| !matches!(c, ',' | '、' | '.' | '/' | '-' | '_' | '\u{b7}' | ':' | ';' | '—'));
    text
}
