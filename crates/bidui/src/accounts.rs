//! The relations that account for rows: feeds, flaws, rejects and control totals.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bidui_match::{FeedHistory, Registry};
use bidui_model::{ControlTotals, DataContract, FeedKind, FlawCode, LinkBy, LinkClass, Month, RejectCode, Reshape};
use bidui_normalize::mask_numbers;
use polars::prelude::*;
use sha2::{Digest, Sha256};

use crate::candidates::CandidateRow;
use crate::config::{Config, hex};
use crate::guard_content;
use crate::inputs::InputFile;
use crate::ladder::LadderFound;
use crate::linking::{Linked, OtherNamed, SealedMonths};
use crate::months::{self, Inbox};
use crate::relation_rows::{Rows, columns_of};
use crate::sealing::SealedFeed;
use crate::whose::Whose;

/// All that the accounts are made of.
pub(crate) struct AccountInputs<'a> {
    pub(crate) config: &'a Config,
    pub(crate) month: Month,
    pub(crate) inbox: &'a Inbox,
    pub(crate) state: &'a Path,
    pub(crate) sealed: &'a [SealedMonths],
    pub(crate) history: &'a [FeedHistory],
    pub(crate) linked: &'a Linked,
    pub(crate) registry: &'a Registry,
    pub(crate) ladder: &'a LadderFound,
    pub(crate) candidates: &'a [CandidateRow],
}

/// The arrival board: one row a contract, and one for each file that fits none.
pub(crate) fn feeds(inputs: &AccountInputs<'_>) -> PolarsResult<DataFrame> {
    let mut rows = Rows::new(&columns_of("feeds"));
    for feed in 0..inputs.config.contracts.len() {
        feed_row(inputs, feed, &mut rows);
    }
    if let Some(assignment) = inputs.inbox.months.get(&inputs.month) {
        for stranger in &assignment.strangers {
            let near = stranger.nearest.map(|feed| {
                format!(
                    "；文件名最接近《{}》，应形如 {}",
                    inputs.config.contracts[feed].name,
                    inputs.config.contracts[feed].files.join(" 或 ")
                )
            });
            let file = mask_numbers(&stranger.file);
            let department = file.split_once('/').map_or("", |(folder, _)| folder);
            rows.text("feed", "").text("department", department).text("kind", "").text("files", &file);
            rows.day("due", None).text("status", "stranger").text("layout", "").text("layout_change", "");
            let why = months::stranger_in_words(&inputs.config.contracts, &stranger.file);
            rows.text("note", format!("{why}，未读{}", near.unwrap_or_default()));
            for column in ["rows", "kept", "rejected", "linked", "unlinked", "likely", "flaws", "damaged_ids"] {
                rows.integer(column, None);
            }
            rows.number("link_rate", None).end();
        }
    }
    rows.frame("feeds")
}

fn feed_row(inputs: &AccountInputs<'_>, feed: usize, rows: &mut Rows) {
    let contract = &inputs.config.contracts[feed];
    let found = inputs.sealed[feed].get(&inputs.month);
    let (status, note) = status(inputs, feed);
    let counts = inputs.linked.counts.get(&feed).copied().unwrap_or_default();
    let kind = match contract.kind {
        FeedKind::Events => "events",
        FeedKind::Snapshot => "snapshot",
        FeedKind::Registry => "registry",
    };
    let due = contract.expected_by_day.map(|day| inputs.month.plus(1).first_day() + i32::from(day) - 1);
    let files = found.map(|found| found.inputs.iter().map(InputFile::told).collect::<Vec<_>>().join("；"));
    rows.text("feed", &contract.name).text("department", &contract.department).text("kind", kind);
    rows.text("files", files.unwrap_or_default()).day("due", due);
    let of = |pick: &dyn Fn(&SealedFeed) -> u64| found.map(|found| pick(found) as i64);
    rows.integer("rows", of(&|found| found.received)).integer("kept", of(&|found| found.kept));
    rows.integer("rejected", of(&|found| found.rejects.len() as u64));
    rows.integer("linked", of(&|_| counts.linked()))
        .integer("unlinked", of(&|_| counts.unlinked()))
        .integer("likely", of(&|_| counts.of_class(LinkClass::Likely)));
    rows.number("link_rate", found.and_then(|_| counts.rate()).map(|rate| (rate * 10_000.0).round() / 10_000.0));
    rows.integer("flaws", of(&|found| found.flaws.len() as u64)).integer("damaged_ids", of(&|_| counts.damaged));
    rows.text("status", status).text("note", note);
    rows.text("layout", found.map_or_else(String::new, layout));
    rows.text("layout_change", layout_change(inputs, feed)).end();
}

fn status(inputs: &AccountInputs<'_>, feed: usize) -> (&'static str, String) {
    let Some(found) = inputs.sealed[feed].get(&inputs.month) else { return ("missing", "本月未到".to_owned()) };
    match inputs.history[feed].held.get(&inputs.month) {
        Some(why) => ("held", why.clone()),
        None => {
            let said = came_before(inputs, feed, found).into_iter().chain(repeated(found)).chain(duplicated(found));
            let said =
                said.chain(guard_content::broken_rows(found).map(|(_, what)| format!("{what}；请更正后重新报送")));
            ("ok", found.notes.iter().cloned().chain(said).collect::<Vec<_>>().join("；"))
        }
    }
}

/// Files that came in an earlier month already, byte for byte: last month's list under a new name, perhaps.
fn came_before(inputs: &AccountInputs<'_>, feed: usize, found: &SealedFeed) -> Vec<String> {
    let earlier = inputs.sealed[feed].range(..inputs.month).rev();
    let all: Vec<_> =
        earlier.flat_map(|(month, before)| before.inputs.iter().map(move |input| (month, input))).collect();
    let twin = |input: &InputFile| all.iter().find(|(_, before)| before.sha256 == input.sha256 && found.kept > 0);
    let sentence = |input: &InputFile| {
        twin(input)
            .map(|(month, _)| format!("“{}”与{month}的文件内容完全相同，请核实是否误报了以前的数据", input.told()))
    };
    let sentences: Vec<String> = found.inputs.iter().filter_map(sentence).collect();
    if sentences.is_empty() { as_last_month(inputs, feed, found).into_iter().collect() } else { sentences }
}

/// A list that is row by row what it was the month before, and may be.
fn as_last_month(inputs: &AccountInputs<'_>, feed: usize, found: &SealedFeed) -> Option<String> {
    let (month, last) = inputs.sealed[feed].range(..inputs.month).next_back()?;
    let content = |feed: &SealedFeed| feed.profile.as_ref().map(|profile| profile.content.clone());
    (found.kept > 0 && content(found) == content(last))
        .then(|| format!("{}与{month}的逐行相同，请核实是否误报了以前的数据", found.files_in_words()))
}

/// Rows of events that earlier months brought already.
fn repeated(found: &SealedFeed) -> Option<String> {
    let files = found.files_in_words();
    let count: u64 = found.repeats.values().sum();
    (count > 0).then(|| {
        let months = guard_content::months_of(&found.repeats);
        format!("{files}有{count}行是以前月份报过的（{months}），已剔除；约定只报本月新发生的")
    })
}

/// Rows of one key, where they are many: a list that came twice, or twice over.
fn duplicated(found: &SealedFeed) -> Option<String> {
    let count = found.rejects.iter().filter(|(_, _, code)| code == RejectCode::Duplicate.code()).count() as u64;
    let is_told = found.notes.iter().any(|note| note.contains("作为重复剔除"));
    (count > 0 && count * 10 >= found.kept && !is_told)
        .then(|| format!("{}有{count}行编号重复，只留第一行；请核对是否同一份报了两次", found.files_in_words()))
}

/// The distinct fingerprints of a feed's files.
fn layout(found: &SealedFeed) -> String {
    let mut layouts = found.layouts.clone();
    layouts.sort_unstable();
    layouts.dedup();
    layouts.join(",")
}

fn layout_change(inputs: &AccountInputs<'_>, feed: usize) -> String {
    let months = &inputs.sealed[feed];
    let Some(now) = months.get(&inputs.month) else { return String::new() };
    let Some((month, before)) = months.range(..inputs.month).next_back() else { return String::new() };
    if layout(now) == layout(before) { String::new() } else { format!("表头与{month}不同") }
}

/// Every bad value of the month, with the town or department that can mend it.
pub(crate) fn flaws(inputs: &AccountInputs<'_>) -> PolarsResult<DataFrame> {
    let mut rows = Rows::new(&columns_of("flaws"));
    for (feed, months) in inputs.sealed.iter().enumerate() {
        let Some(found) = months.get(&inputs.month) else { continue };
        let known = inputs.linked.whose.get(&feed);
        let whose = |place| known.and_then(|known| known.get(&place)).copied().unwrap_or(Whose::Nobody);
        for (source, row, column, code, value) in &found.flaws {
            let Some(code) = FlawCode::from_code(code) else { continue };
            flaw_row(inputs, feed, found, (*source, *row), column, code, value, whose((*source, *row)), &mut rows);
        }
        let name_column = match &inputs.config.contracts[feed].link {
            LinkBy::Person { name, .. } => name.as_deref().unwrap_or(""),
            LinkBy::Place { .. } | LinkBy::Town { .. } => "",
        };
        for OtherNamed { source, row, person, .. } in inputs.linked.names_differ.get(&feed).into_iter().flatten() {
            flaw_row(
                inputs,
                feed,
                found,
                (*source, *row),
                name_column,
                FlawCode::NameDisagrees,
                "",
                Whose::Person(*person),
                &mut rows,
            );
        }
        if inputs.config.contracts[feed].kind == FeedKind::Registry {
            for (code, column, (source, row, person)) in registry_flaws(inputs.registry) {
                flaw_row(inputs, feed, found, (source, row), column, code, "", Whose::Person(person), &mut rows);
            }
        }
    }
    rows.frame("flaws")
}

/// By which a flaw is known again next month: whose it is, and six letters for what of which extract is wrong. Of what is nobody's, the place of its row.
fn check_id(whose: &str, extract: [&str; 3], place: [&str; 3]) -> String {
    let mut digest = Sha256::new();
    for word in extract.iter().chain(place.iter().filter(|_| whose.is_empty())) {
        digest.update(word.as_bytes());
        digest.update([0]);
    }
    let letters = hex(&digest.finalize())[..6].to_uppercase();
    if whose.is_empty() { letters } else { format!("{whose}-{letters}") }
}

/// What is wrong with a registry's rows only beside others: code, column, and source, row and person.
fn registry_flaws(registry: &Registry) -> impl Iterator<Item = (FlawCode, &'static str, (u32, u32, u32))> + '_ {
    let doubles = registry.doubles().map(|place| (FlawCode::PersonInTwoHouseholds, "person", place));
    let elsewhere = registry.members_elsewhere().into_iter();
    doubles.chain(elsewhere.map(|place| (FlawCode::HouseholdInTwoVillages, "village", place)))
}

/// A sentence for each kind of them, naming the registry's files; the rows stand in the towns' lists.
pub(crate) fn registry_notes(registry: &Registry, sealed: &SealedFeed) -> Vec<String> {
    let files = sealed.files_in_words();
    let mut counts: BTreeMap<FlawCode, u64> = BTreeMap::new();
    for (code, ..) in registry_flaws(registry) {
        *counts.entry(code).or_default() += 1;
    }
    let sentence = |(code, count): (FlawCode, u64)| {
        format!("底册{files}有{count}行“{}”，见各镇数据核实清单；{}", code.title(), code.hint())
    };
    counts.into_iter().map(sentence).collect()
}

/// Persons whom the data-check lists of the towns name.
pub(crate) fn persons_to_check(inputs: &AccountInputs<'_>) -> BTreeSet<u32> {
    let mut persons: BTreeSet<u32> = registry_flaws(inputs.registry).map(|(.., (_, _, person))| person).collect();
    for rows in inputs.linked.names_differ.values() {
        persons.extend(rows.iter().map(|one| one.person));
    }
    let flawed = inputs.linked.whose.get(&inputs.config.registry).into_iter().flat_map(|rows| rows.values());
    persons.extend(flawed.filter_map(|whose| whose.person()));
    persons
}

#[expect(clippy::too_many_arguments, reason = "one call a kind of flaw, all within this file")]
fn flaw_row(
    inputs: &AccountInputs<'_>,
    feed: usize,
    found: &SealedFeed,
    (source, row): (u32, u32),
    column: &str,
    code: FlawCode,
    value: &str,
    whose: Whose,
    rows: &mut Rows,
) {
    let contract = &inputs.config.contracts[feed];
    let (file, sheet) = found.sources.get(source as usize).map_or(("", ""), |(file, sheet)| (file, sheet));
    let heading = heading_of(contract, found, column);
    let (person, household) = (whose.person(), whose.household(inputs.registry));
    let word = |name: &str| household.map_or("", |household| inputs.registry.household_word(name, household));
    let town = word("town_code");
    let is_known_town = inputs.config.gazetteer.town(town).is_some();
    let is_towns = is_known_town
        && !contract.sensitive
        && !code.is_of_the_extract()
        && (contract.kind == FeedKind::Registry || code == FlawCode::NameDisagrees);
    rows.text("feed", &contract.name).text("department", &contract.department).text("file", file).text("sheet", sheet);
    rows.integer("row", Some(i64::from(row)))
        .text("heading", &heading)
        .text("code", code.code())
        .text("title", code.title());
    rows.text("found", value).text("hint", code.hint());
    let person = person.map_or("", |person| inputs.registry.person_no(person));
    let household = household.map_or("", |household| inputs.registry.household_id(household));
    rows.text("person_no", person).text("household_id", household);
    rows.text("town_code", if is_known_town { town } else { "" }).text("village_code", word("village_code"));
    rows.text("goes_to", if is_towns { "town" } else { "department" });
    let known_by = if person.is_empty() { household } else { person };
    rows.text("check_id", check_id(known_by, [&contract.name, &heading, code.code()], [file, sheet, &row.to_string()]))
        .end();
}

/// The heading of a column; of one that stands side by side for several persons, all of them.
fn heading_of(contract: &DataContract, found: &SealedFeed, column: &str) -> String {
    let mut headings = found.headings.iter().filter(|(of, _)| of == column).map(|(_, heading)| heading.as_str());
    match &contract.reshape {
        Reshape::Unpivot(groups) if groups.iter().flatten().any(|(grouped, _)| grouped == column) => {
            headings.collect::<Vec<_>>().join("、")
        }
        _ => headings.next().unwrap_or(column).to_owned(),
    }
}

/// Every row set aside.
pub(crate) fn rejects(inputs: &AccountInputs<'_>) -> PolarsResult<DataFrame> {
    let mut rows = Rows::new(&columns_of("rejects"));
    for (feed, months) in inputs.sealed.iter().enumerate() {
        let contract = &inputs.config.contracts[feed];
        let Some(found) = months.get(&inputs.month) else { continue };
        for (source, row, code) in &found.rejects {
            let (file, sheet) = found.sources.get(*source as usize).map_or(("", ""), |(file, sheet)| (file, sheet));
            rows.text("feed", &contract.name)
                .text("department", &contract.department)
                .text("file", file)
                .text("sheet", sheet);
            rows.integer("row", Some(i64::from(*row))).text("code", code);
            rows.text("title", RejectCode::from_code(code).map_or("", RejectCode::title)).end();
        }
    }
    rows.frame("rejects")
}

/// The control totals as a relation.
pub(crate) fn totals(totals: &ControlTotals) -> PolarsResult<DataFrame> {
    let mut rows = Rows::new(&columns_of("totals"));
    for balance in &totals.balances {
        rows.text("stage", &balance.stage).text("feed", &balance.feed);
        let whole = |count: u64| Some(count as i64);
        rows.integer("received", whole(balance.received))
            .integer("kept", whole(balance.kept))
            .integer("set_aside", whole(balance.set_aside));
        rows.integer("balance", i64::try_from(balance.difference()).ok())
            .integer("recount", balance.recount.and_then(whole))
            .end();
    }
    rows.frame("totals")
}
