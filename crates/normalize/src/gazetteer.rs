//! The county's places: towns, villages, towns that have left, and resettlement sites, with every name and code they go by.
//!
//! A village name is never cut down to match. All official spellings of each village (怀洪村, 怀洪村委会, 怀洪村村民委员会, …) are
//! written out when the gazetteer is compiled, and looked up whole; a bare stem (怀洪) stands in a second table, in which the twins
//! 百朋村 and 百朋社区 are two.

use std::collections::HashMap;

use bidui_model::{TownCode, VillageCode};
use foldhash::fast::RandomState;

use crate::fold::squeeze;

/// A town of the county.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Town {
    pub code: TownCode,
    pub name: String,
}

/// A town that has left the county.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedTown {
    /// Its present code.
    pub code: TownCode,
    pub name: String,
    /// Where it is now, `柳南区`.
    pub county: String,
}

/// A village or community (社区).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Village {
    pub code: VillageCode,
    /// `怀洪村村民委员会`.
    pub name: String,
    /// `怀洪村`.
    pub short_name: String,
    pub town_code: TownCode,
    /// `村` or `社区`.
    pub kind: String,
    /// The county that it belongs to now, if not this one.
    pub moved_to: Option<String>,
}

/// A resettlement site (易地搬迁安置点).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    pub name: String,
    /// The town that manages it, wherever its people come from.
    pub town_code: TownCode,
}

/// Looked up for every row of some extracts.
pub(crate) type ByWord<T> = HashMap<String, T, RandomState>;

/// Compiled by [`Gazetteer::compile`].
#[derive(Clone, Debug, Default)]
pub struct Gazetteer {
    pub(crate) county_code: String,
    pub(crate) county_name: String,
    /// Name and aliases of the county.
    pub(crate) county_words: Vec<String>,
    pub(crate) towns: Vec<Town>,
    pub(crate) moved_towns: Vec<MovedTown>,
    /// Of the county first, then the moved ones; each part by code.
    pub(crate) places: Vec<Village>,
    pub(crate) county_villages: usize,
    pub(crate) sites: Vec<Site>,
    /// Names and aliases of sites, as they are written.
    pub(crate) site_names: Vec<String>,
    /// Squeezed names and aliases, and codes with former ones.
    pub(crate) town_words: ByWord<TownRef>,
    /// Town names, longest first, for finding one at the front of a text.
    pub(crate) town_prefixes: Vec<(String, TownRef)>,
    pub(crate) village_codes: ByWord<usize>,
    pub(crate) spellings: ByWord<Vec<usize>>,
    pub(crate) stems: ByWord<Vec<usize>>,
    pub(crate) site_words: ByWord<usize>,
}

/// A town of the county, or one that has left it; the number is its place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TownRef {
    Here(usize),
    Moved(usize),
}

impl Gazetteer {
    /// `450206`.
    #[must_use]
    pub fn county_code(&self) -> &str {
        &self.county_code
    }
    /// `柳江区`.
    #[must_use]
    pub fn county_name(&self) -> &str {
        &self.county_name
    }
    /// Towns of the county, by code.
    #[must_use]
    pub fn towns(&self) -> &[Town] {
        &self.towns
    }
    /// Towns that have left the county.
    #[must_use]
    pub fn moved_out(&self) -> &[MovedTown] {
        &self.moved_towns
    }
    /// Villages of the county, by code.
    #[must_use]
    pub fn villages(&self) -> &[Village] {
        &self.places[..self.county_villages]
    }
    /// Villages of the towns that have left.
    #[must_use]
    pub fn moved_villages(&self) -> &[Village] {
        &self.places[self.county_villages..]
    }
    #[must_use]
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }
    /// The town that manages the resettlement site of that name or alias.
    #[must_use]
    pub fn site(&self, name: &str) -> Option<&TownCode> {
        let place = self.site_words.get(&squeeze(name))?;
        Some(&self.sites[*place].town_code)
    }
    /// Names and aliases of resettlement sites, as towns.toml writes them.
    #[must_use]
    pub fn site_names(&self) -> &[String] {
        &self.site_names
    }
    /// Former codes of towns and villages, each with the present one; in no order.
    pub fn former_codes(&self) -> impl Iterator<Item = (&str, &str)> {
        let towns = self.town_words.iter().map(|(word, town)| (word.as_str(), self.town_code(*town).0.as_str()));
        let villages = self.village_codes.iter().map(|(code, at)| (code.as_str(), self.places[*at].code.0.as_str()));
        let is_code = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
        towns.chain(villages).filter(move |(former, now)| is_code(former) && former != now)
    }
    /// The town of the county with that code.
    #[must_use]
    pub fn town(&self, code: &str) -> Option<&Town> {
        self.towns.iter().find(|town| town.code.0 == code)
    }
    /// The village with that present code, of the county or moved out of it.
    #[must_use]
    pub fn village(&self, code: &str) -> Option<&Village> {
        let place = self.village_codes.get(code)?;
        Some(&self.places[*place]).filter(|village| village.code.0 == code)
    }

    pub(crate) fn town_code(&self, town: TownRef) -> &TownCode {
        match town {
            TownRef::Here(place) => &self.towns[place].code,
            TownRef::Moved(place) => &self.moved_towns[place].code,
        }
    }
}

/// Every way in which a village is officially written, from its short name: 怀洪村, 百朋社区, 中村村.
pub(crate) fn official_spellings(short_name: &str) -> Vec<String> {
    // One suffix goes, and only one: the stem of 中村村 is 中村.
    if let Some(stem) = short_name.strip_suffix('村') {
        ["村", "村委", "村委会", "村民委员会", "村村委", "村村委会", "村村民委员会"]
            .iter()
            .map(|suffix| format!("{stem}{suffix}"))
            .collect()
    } else if let Some(stem) = short_name.strip_suffix("社区") {
        ["社区", "社区居委", "社区居委会", "社区居民委员会", "居委", "居委会", "居民委员会"]
            .iter()
            .map(|suffix| format!("{stem}{suffix}"))
            .collect()
    } else {
        vec![short_name.to_owned()]
    }
}

/// 怀洪 of 怀洪村, 百朋 of 百朋社区.
pub(crate) fn stem(short_name: &str) -> &str {
    short_name.strip_suffix('村').or_else(|| short_name.strip_suffix("社区")).unwrap_or(short_name)
}
