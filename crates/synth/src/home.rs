//! Where a household lives: its village, its hamlet (屯), and perhaps a resettlement site. A pure function of the seed and the
//! household, so that an outage of a hamlet can be placed before the households of it are invented.

use crate::dice::{Dice, Purpose};
use crate::options::SynthOptions;

/// A household's address in the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Home {
    pub(crate) at: Address,
    pub(crate) hamlet: usize,
    /// An index into the options' sites.
    pub(crate) site: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// An index into the options' villages.
    Village(usize),
    /// An index into the options' moved-out villages.
    MovedOut(usize),
    /// A village that no gazetteer has, under this town's name (an index into the villages) or none.
    Unknown(usize),
}

/// The villages, with how many people live in each.
pub(crate) struct Atlas {
    cumulative: Vec<u64>,
    hamlets: Vec<Vec<String>>,
    moved_out: usize,
    sites: usize,
    seed: u64,
}

const UNKNOWN_VILLAGES: &[&str] = &["新阳移民新村", "柳南大棚点", "老码头片区"];
const FIRST: &[&str] = &["那", "六", "板", "弄", "古", "峒", "屯", "上", "下", "大", "长", "龙"];
const SECOND: &[&str] = &["朗", "良", "岜", "塘", "岭", "排", "隆", "峨", "甫", "桥", "洲", "墩", "旺"];

impl Atlas {
    pub(crate) fn new(options: &SynthOptions) -> Self {
        let mut total = 0;
        let mut cumulative = Vec::new();
        let mut hamlets = Vec::new();
        for index in 0..options.villages.len() {
            let mut dice = Dice::new(options.seed, Purpose::County, index as u64);
            total += dice.between(2, 12) as u64;
            cumulative.push(total);
            let count = dice.between(4, 10) as usize;
            let start = dice.below(FIRST.len() * SECOND.len());
            // 29 has no factor in common with 156, so that a village never has two hamlets of one name.
            let place = |step: usize| (start + step * 29) % (FIRST.len() * SECOND.len());
            hamlets.push(
                (0..count)
                    .map(|step| {
                        let place = place(step);
                        format!("{}{}屯", FIRST[place / SECOND.len()], SECOND[place % SECOND.len()])
                    })
                    .collect(),
            );
        }
        Self { cumulative, hamlets, moved_out: options.moved_out.len(), sites: options.sites.len(), seed: options.seed }
    }

    /// Where this household lives. `ordinary` households are always in a village of the county.
    pub(crate) fn home(&self, household: u64, ordinary: bool) -> Home {
        let mut dice = Dice::new(self.seed, Purpose::Home, household);
        let total = self.cumulative.last().copied().unwrap_or(1);
        let roll = dice.below(total as usize) as u64;
        let village = self.cumulative.partition_point(|end| *end <= roll);
        let hamlet = dice.below(self.hamlets[village].len());
        let site = (self.sites > 0 && dice.chance(15_000)).then(|| dice.below(self.sites));
        // Two early households make sure that even a small county has one of each.
        let at = if !ordinary && self.moved_out > 0 && (household == 3 || dice.chance(1_500)) {
            Address::MovedOut(dice.below(self.moved_out))
        } else if !ordinary && (household == 5 || dice.chance(800)) {
            Address::Unknown(village)
        } else {
            Address::Village(village)
        };
        let site = site.filter(|_| matches!(at, Address::Village(_)));
        Home { at, hamlet, site }
    }

    pub(crate) fn hamlets(&self, village: usize) -> &[String] {
        self.hamlets.get(village).map_or(&[], Vec::as_slice)
    }

    /// The name of the hamlet; a household under another county's or an unknown village has none that matters.
    pub(crate) fn hamlet_name(&self, home: &Home) -> &str {
        match home.at {
            Address::Village(village) => &self.hamlets[village][home.hamlet],
            Address::MovedOut(_) | Address::Unknown(_) => "",
        }
    }

    pub(crate) fn unknown_village(household: u64) -> &'static str {
        UNKNOWN_VILLAGES[household as usize % UNKNOWN_VILLAGES.len()]
    }
}
