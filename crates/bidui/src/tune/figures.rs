//! What another rule set would have changed, in numbers: the one model that the terminal, the JSON and the page show.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::Level;
use serde::Serialize;

use crate::tune::departments::departments;
use crate::tune::measure::{Change, Counted, Precision};
use crate::tune::replay::{Book, Fired, Replayed, Side};
use crate::tune::tally::{Tally, beside, tally};
use crate::tune::verdicts::{Verdict, Verdicts};

/// A rule's signals, and how often they were true.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RuleFigures {
    pub(crate) rule: String,
    pub(crate) title: String,
    /// `same`, `changed`, `new` or `removed`.
    pub(crate) status: &'static str,
    /// Household-months.
    pub(crate) signals: Change,
    /// Households among them.
    pub(crate) households_before: u64,
    pub(crate) households_after: u64,
    /// Doors to which it alone leads.
    pub(crate) alone: Change,
    /// Signals that are not live because something was verified before, on the supposition that they are about the same members.
    pub(crate) supposed_same: u64,
    pub(crate) before: Precision,
    pub(crate) after: Precision,
}

/// Doors of a level, a town, a kind of household or a month.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DoorFigures {
    pub(crate) key: String,
    pub(crate) title: String,
    pub(crate) signals: Change,
    pub(crate) doors: Change,
    pub(crate) before: Precision,
    pub(crate) after: Precision,
}

/// A town's doors a month against what it can visit.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Workload {
    pub(crate) town_code: String,
    pub(crate) town: String,
    pub(crate) mean_before: f64,
    pub(crate) mean_after: f64,
    pub(crate) most_before: u64,
    pub(crate) most_after: u64,
    pub(crate) capacity: Option<u64>,
    /// Months in which the doors are more than that.
    pub(crate) over_before: u64,
    pub(crate) over_after: u64,
}

/// Two rules that lead to the same doors.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Overlap {
    pub(crate) one: String,
    pub(crate) other: String,
    pub(crate) one_title: String,
    pub(crate) other_title: String,
    pub(crate) doors: u64,
    /// Of the doors of the rule that has fewer.
    pub(crate) share: f64,
}

/// Rules that cannot be answered for some months.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Unanswered {
    pub(crate) rule: String,
    pub(crate) months: Vec<String>,
    pub(crate) why: String,
}

/// Doors and signals, compared.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) by_month: Vec<DoorFigures>,
    pub(crate) doors: Change,
    pub(crate) all: (Precision, Precision),
    /// Answers to the months' lists about households that had no warning in that month: cases of earlier months, which stand on the list as 以前未办结. The
    /// month's page counts them, and this does not: no rule of the month led there.
    pub(crate) beside: Precision,
    pub(crate) rules: Vec<RuleFigures>,
    pub(crate) levels: Vec<DoorFigures>,
    pub(crate) towns: Vec<DoorFigures>,
    pub(crate) kinds: Vec<DoorFigures>,
    pub(crate) departments: Vec<DoorFigures>,
    pub(crate) workload: Vec<Workload>,
    pub(crate) tally: Tally,
    pub(crate) overlap: Vec<Overlap>,
    pub(crate) unanswered: Vec<Unanswered>,
    /// Households that were included and no list would have had: their numbers stand in the JSON alone.
    pub(crate) missed_households: Vec<String>,
}

/// Names for codes.
pub(crate) struct Titles<'a> {
    pub(crate) town: &'a dyn Fn(&str) -> String,
    pub(crate) level: &'a dyn Fn(Level) -> String,
    pub(crate) capacity: &'a dyn Fn(&str) -> Option<u64>,
    pub(crate) towns: Vec<String>,
}

/// Pairs of rules that are shown.
const OVERLAPS: usize = 20;

pub(crate) fn figures(months: &[Replayed], verdicts: &Verdicts, book: &Book, titles: &Titles<'_>) -> Figures {
    let both = doors(months, verdicts);
    let by = |key: &dyn Fn(&Door<'_>, Level) -> Vec<String>, title: &dyn Fn(&str) -> String| grouped(&both, key, title);
    let same = |key: &str| key.to_owned();
    let mut total = Change::default();
    both.iter().for_each(|door| total.add(door.before, door.after));
    let side = |after: bool| {
        let mut counted = Counted::default();
        both.iter().filter(|door| door.level(after).is_some()).for_each(|door| counted.add(door.verdict));
        counted.precision()
    };
    let level_title = |code: &str| Level::from_code(code).map_or_else(String::new, |level| (titles.level)(level));
    let (tally, missed_households) = tally(&both, verdicts);
    Figures {
        by_month: by(&|door, _| vec![door.month.month.to_string()], &same),
        doors: total,
        all: (side(false), side(true)),
        beside: beside(months, verdicts),
        rules: rules(months, verdicts, book),
        levels: in_order(by(&|_, level| vec![level.code().to_owned()], &level_title)),
        towns: by(&|door, _| vec![door.home().town.clone()], &|code| match code {
            "" => "未归属".to_owned(),
            code => (titles.town)(code),
        }),
        kinds: by(&|door, _| vec![door.home().kind.clone()], &|kind| match kind {
            "" => "未填户类型".to_owned(),
            kind => kind.to_owned(),
        }),
        departments: departments(&both, book),
        workload: workload(&both, months, titles),
        tally,
        overlap: overlap(months, book),
        unanswered: unanswered(months, book),
        missed_households,
    }
}

/// A household in a month, with a warning on at least one side.
pub(super) struct Door<'a> {
    pub(super) month: &'a Replayed,
    home: u32,
    pub(super) before: Option<Level>,
    pub(super) after: Option<Level>,
    pub(super) before_signals: &'a [Fired],
    pub(super) after_signals: &'a [Fired],
    /// What was found: only of a door that somebody knocked on.
    pub(super) verdict: Option<Verdict>,
}

impl Door<'_> {
    pub(super) fn home(&self) -> &crate::tune::replay::Home {
        &self.month.homes[self.home as usize]
    }
    fn level(&self, after: bool) -> Option<Level> {
        if after { self.after } else { self.before }
    }
}

/// The signals of a home.
pub(crate) fn signals_of(side: &Side, home: u32) -> &[Fired] {
    let first = side.signals.partition_point(|signal| signal.home < home);
    let end = side.signals.partition_point(|signal| signal.home <= home);
    &side.signals[first..end]
}

fn doors<'a>(months: &'a [Replayed], verdicts: &Verdicts) -> Vec<Door<'a>> {
    let of_month = |month: &'a Replayed| {
        let homes: BTreeSet<u32> = month.before.doors.keys().chain(month.after.doors.keys()).copied().collect();
        let door = move |home: u32| {
            let before = month.before.doors.get(&home).copied();
            let household = &month.homes[home as usize].household;
            Door {
                month,
                home,
                before,
                after: month.after.doors.get(&home).copied(),
                before_signals: signals_of(&month.before, home),
                after_signals: signals_of(&month.after, home),
                verdict: before.and_then(|_| verdicts.of(month.month, household)),
            }
        };
        homes.into_iter().map(door).collect::<Vec<_>>()
    };
    months.iter().flat_map(of_month).collect()
}

#[derive(Default)]
pub(super) struct Group {
    signals: Change,
    doors: Change,
    before: Counted,
    after: Counted,
}

impl Group {
    pub(super) fn shown(self, key: String, title: String) -> DoorFigures {
        let (before, after) = (self.before.precision(), self.after.precision());
        DoorFigures { key, title, signals: self.signals, doors: self.doors, before, after }
    }
}

/// Doors and their signals by something that they have on each side, as levels are; a door under two keys counts under both.
fn grouped(
    doors: &[Door<'_>],
    keys: &dyn Fn(&Door<'_>, Level) -> Vec<String>,
    title: &dyn Fn(&str) -> String,
) -> Vec<DoorFigures> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for door in doors {
        let of_level = |level: Option<Level>| level.map(|level| keys(door, level)).unwrap_or_default();
        add_sides(&mut groups, door, of_level(door.before), of_level(door.after));
        add_signals(&mut groups, door, &|signal, _| keys(door, signal.level));
    }
    groups
        .into_iter()
        .map(|(key, group)| (title(&key), key, group))
        .map(|(title, key, group)| group.shown(key, title))
        .collect()
}

/// A rule's signal of the door on both sides (`true` after), under each of its keys.
pub(super) fn add_signals(
    groups: &mut BTreeMap<String, Group>,
    door: &Door<'_>,
    keys: &dyn Fn(&Fired, bool) -> Vec<String>,
) {
    let rules: BTreeSet<usize> =
        door.before_signals.iter().chain(door.after_signals).map(|signal| signal.rule).collect();
    for rule in rules {
        let of_side = |side: &[Fired], is_after: bool| {
            side.iter().find(|signal| signal.rule == rule).map(|signal| (signal.level, keys(signal, is_after)))
        };
        let (before, after) = (of_side(door.before_signals, false), of_side(door.after_signals, true));
        let all: BTreeSet<String> = before.iter().chain(&after).flat_map(|(_, keys)| keys.iter().cloned()).collect();
        for key in all {
            let level = |side: &Option<(Level, Vec<String>)>| {
                side.as_ref().filter(|(_, keys)| keys.contains(&key)).map(|(level, _)| *level)
            };
            let (before, after) = (level(&before), level(&after));
            groups.entry(key).or_default().signals.add(before, after);
        }
    }
}

pub(super) fn add_sides(
    groups: &mut BTreeMap<String, Group>,
    door: &Door<'_>,
    before: Vec<String>,
    after: Vec<String>,
) {
    let all: BTreeSet<String> = before.iter().chain(&after).cloned().collect();
    for key in all {
        let (is_before, is_after) = (before.contains(&key), after.contains(&key));
        let group = groups.entry(key).or_default();
        group.doors.add(door.before.filter(|_| is_before), door.after.filter(|_| is_after));
        if is_before {
            group.before.add(door.verdict);
        }
        if is_after {
            group.after.add(door.verdict);
        }
    }
}

/// Red first.
fn in_order(mut levels: Vec<DoorFigures>) -> Vec<DoorFigures> {
    levels.sort_by_key(|level| Level::from_code(&level.key));
    levels
}

fn rules(months: &[Replayed], verdicts: &Verdicts, book: &Book) -> Vec<RuleFigures> {
    #[derive(Default)]
    struct OfRule<'a> {
        signals: Change,
        households: [BTreeSet<&'a str>; 2],
        alone: Change,
        before: Counted,
        after: Counted,
    }
    let mut all: Vec<OfRule<'_>> = book.rules.iter().map(|_| OfRule::default()).collect();
    for month in months {
        let homes: BTreeSet<u32> =
            month.before.signals.iter().chain(&month.after.signals).map(|signal| signal.home).collect();
        for home in homes {
            let (before, after) = (signals_of(&month.before, home), signals_of(&month.after, home));
            let is_door = month.before.doors.contains_key(&home);
            let household = month.homes[home as usize].household.as_str();
            let verdict = verdicts.of(month.month, household).filter(|_| is_door);
            let of_home: BTreeSet<usize> = before.iter().chain(after).map(|signal| signal.rule).collect();
            for rule in of_home {
                let level = |side: &[Fired]| side.iter().find(|signal| signal.rule == rule).map(|signal| signal.level);
                let (was, is) = (level(before), level(after));
                // An answer to the list of another run of the month may have been about other rules alone.
                let own = verdicts.of_rule(month.month, household, &book.rules[rule].id).filter(|_| is_door);
                let verdict = if was.is_some() { own } else { verdict };
                let of_rule = &mut all[rule];
                of_rule.signals.add(was, is);
                of_rule.alone.add(was.filter(|_| before.len() == 1), is.filter(|_| after.len() == 1));
                if was.is_some() {
                    of_rule.before.add(verdict);
                    of_rule.households[0].insert(household);
                }
                if is.is_some() {
                    of_rule.after.add(verdict);
                    of_rule.households[1].insert(household);
                }
            }
        }
    }
    let shown = |(at, of_rule): (usize, OfRule<'_>)| {
        let name = &book.rules[at];
        let is_proposed = at < book.proposed;
        let is_kept = months.iter().all(|month| month.kept.contains(&at) || month.same.contains(&at));
        let was_there = months.iter().any(|month| month.before.signals.iter().any(|signal| signal.rule == at));
        let has_run = months.iter().any(|month| month.ran.contains(&at));
        let status = match (is_proposed, is_kept) {
            (true, true) => "same",
            (true, false) if !has_run => "new",
            (true, false) => "changed",
            (false, _) => "removed",
        };
        if !is_proposed && !was_there {
            return None;
        }
        Some(RuleFigures {
            rule: name.id.clone(),
            title: name.title.clone(),
            status,
            signals: of_rule.signals,
            households_before: of_rule.households[0].len() as u64,
            households_after: of_rule.households[1].len() as u64,
            alone: of_rule.alone,
            supposed_same: months.iter().filter_map(|month| month.supposed_same.get(&at)).sum(),
            before: of_rule.before.precision(),
            after: of_rule.after.precision(),
        })
    };
    all.into_iter().enumerate().filter_map(shown).collect()
}

fn workload(doors: &[Door<'_>], months: &[Replayed], titles: &Titles<'_>) -> Vec<Workload> {
    let mut counts: BTreeMap<(&str, bool), BTreeMap<bidui_model::Month, u64>> = BTreeMap::new();
    for door in doors.iter().filter(|door| !door.home().town.is_empty()) {
        for after in [false, true] {
            if door.level(after).is_some() {
                let of_town = counts.entry((door.home().town.as_str(), after)).or_default();
                *of_town.entry(door.month.month).or_default() += 1;
            }
        }
    }
    let of_town = |code: &String| {
        let capacity = (titles.capacity)(code);
        let side = |after: bool| {
            let of_months = counts.get(&(code.as_str(), after));
            let all: Vec<u64> = of_months.map(|months| months.values().copied().collect()).unwrap_or_default();
            let mean = all.iter().sum::<u64>() as f64 / months.len().max(1) as f64;
            let over = capacity.map_or(0, |most| all.iter().filter(|doors| **doors > most).count() as u64);
            (mean, all.into_iter().max().unwrap_or(0), over)
        };
        let ((mean_before, most_before, over_before), (mean_after, most_after, over_after)) = (side(false), side(true));
        let (town_code, town) = (code.clone(), (titles.town)(code));
        let (most, over) = ((most_before, most_after), (over_before, over_after));
        Workload {
            town_code,
            town,
            mean_before,
            mean_after,
            most_before: most.0,
            most_after: most.1,
            capacity,
            over_before: over.0,
            over_after: over.1,
        }
    };
    titles.towns.iter().map(of_town).collect()
}

fn overlap(months: &[Replayed], book: &Book) -> Vec<Overlap> {
    let mut all: BTreeMap<usize, u64> = BTreeMap::new();
    let mut pairs: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    for month in months {
        for of_home in month.after.signals.chunk_by(|one, other| one.home == other.home) {
            for (at, one) in of_home.iter().enumerate() {
                *all.entry(one.rule).or_default() += 1;
                for other in &of_home[at + 1..] {
                    *pairs.entry((one.rule, other.rule)).or_default() += 1;
                }
            }
        }
    }
    let mut shown: Vec<Overlap> = pairs
        .into_iter()
        .map(|((one, other), doors)| {
            let least = all.get(&one).copied().unwrap_or(0).min(all.get(&other).copied().unwrap_or(0)).max(1);
            let (one, other) = (&book.rules[one], &book.rules[other]);
            Overlap {
                one: one.id.clone(),
                other: other.id.clone(),
                one_title: one.title.clone(),
                other_title: other.title.clone(),
                doors,
                share: doors as f64 / least as f64,
            }
        })
        .collect();
    shown.sort_by(|one, other| {
        other.doors.cmp(&one.doors).then_with(|| (&one.one, &one.other).cmp(&(&other.one, &other.other)))
    });
    shown.truncate(OVERLAPS);
    shown
}

fn unanswered(months: &[Replayed], book: &Book) -> Vec<Unanswered> {
    let mut found: BTreeMap<(usize, &str), Vec<String>> = BTreeMap::new();
    for month in months {
        for (rule, why) in &month.unanswered {
            found.entry((*rule, why.as_str())).or_default().push(month.month.to_string());
        }
    }
    let shown = |((rule, why), months): ((usize, &str), Vec<String>)| Unanswered {
        rule: book.rules[rule].id.clone(),
        months,
        why: why.to_owned(),
    };
    found.into_iter().map(shown).collect()
}
