//! Control totals on two paths. The first adds up what the rooms counted as they worked; the second counts the rows of the files as
//! they lie on the disk. Only where both agree may a month be published.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use bidui_emit::{ROWS_PER_GROUP, WrittenList};
use bidui_match::{Graded, Signal, SignalState};
use bidui_model::{Balance, ControlTotals, Month};
use polars::prelude::*;
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;

use crate::accounts::AccountInputs;
use crate::casebook::CaseMonth;
use crate::exit::Fault;
use crate::relation_rows::words_of;
use crate::routing::is_at_home;

const ALL: &str = "全部";

/// What the rooms counted.
pub(crate) fn first_path(
    inputs: &AccountInputs<'_>,
    signals: &[Signal],
    graded: &[Graded],
    relations: &BTreeMap<String, DataFrame>,
) -> ControlTotals {
    let mut totals = ControlTotals::default();
    let mut push = |stage: &str, feed: &str, received: u64, kept: u64, set_aside: u64| {
        totals.push(Balance {
            stage: stage.to_owned(),
            feed: feed.to_owned(),
            received,
            kept,
            set_aside,
            recount: None,
        });
    };
    for (feed, months) in inputs.sealed.iter().enumerate() {
        let Some(found) = months.get(&inputs.month) else { continue };
        let name = &inputs.config.contracts[feed].name;
        push("ingest", name, found.received, found.kept, found.rejects.len() as u64);
        let counts = inputs.linked.counts.get(&feed).copied().unwrap_or_default();
        push("link", name, found.kept, counts.linked(), counts.unlinked());
    }
    let live = signals.iter().filter(|signal| signal.state == SignalState::Live).count() as u64;
    push("signals", ALL, signals.len() as u64, live, signals.len() as u64 - live);
    let mut households: Vec<u32> =
        signals.iter().filter(|signal| signal.state == SignalState::Live).map(|signal| signal.household).collect();
    households.dedup();
    push("warnings", ALL, households.len() as u64, graded.len() as u64, 0);
    let at_home = routes(relations).filter(|route| is_at_home(route)).count() as u64;
    push("route", ALL, graded.len() as u64, at_home, routes(relations).count() as u64 - at_home);
    totals
}

fn routes(relations: &BTreeMap<String, DataFrame>) -> impl Iterator<Item = &str> {
    let column = relations
        .get("warnings")
        .and_then(|warnings| warnings.column("route").ok())
        .and_then(|column| column.str().ok());
    column.into_iter().flat_map(|column| column.iter().map(|route| route.unwrap_or("")))
}

/// Counts again, from the files of the relations as they lie on the disk: CSV, and Parquet where a relation is too long for that.
pub(crate) fn recount(totals: &mut ControlTotals, data: &Path) -> Result<(), Fault> {
    let links = count_rows(data, "links", "feed")?;
    let rejects = count_rows(data, "rejects", "feed")?;
    let signals = count_rows(data, "signals", "month")?;
    let live_households = live_households(data)?;
    let warnings = count_rows(data, "warnings", "month")?;
    let of = |counts: &BTreeMap<String, u64>, feed: &str| counts.get(feed).copied().unwrap_or(0);
    let all = |counts: &BTreeMap<String, u64>| counts.values().sum::<u64>();
    for balance in &mut totals.balances {
        balance.recount = Some(match balance.stage.as_str() {
            "ingest" => of(&links, &balance.feed) + of(&rejects, &balance.feed),
            "link" => of(&links, &balance.feed),
            "signals" => all(&signals),
            "warnings" => live_households,
            _ => all(&warnings),
        });
    }
    Ok(())
}

/// The towns' lists and the list of the unrouted must together show every warning once. Where they do not, it is their queries that somebody changed.
pub(crate) fn lists(
    totals: &mut ControlTotals,
    relations: &BTreeMap<String, DataFrame>,
    lists: &[WrittenList],
) -> Result<(), Fault> {
    // The first sheet has everybody; the others show them by class.
    let rows = |id: &str| {
        let files = lists.iter().filter(|list| list.list == id);
        files.filter_map(|list| list.sheet_rows.first()).map(|(_, rows)| *rows as u64).sum::<u64>()
    };
    let warnings = relations.get("warnings").map_or(0, DataFrame::height) as u64;
    let (towns, unrouted) = (rows("verification"), rows("unrouted"));
    if towns + unrouted != warnings {
        return Err(Fault::command(format!(
            "预警{warnings}户，各镇核查清单共{towns}户、未归属清单{unrouted}户，对不上，没有发布：config/lists 里 verification、unrouted \
             两张清单第一张表的查询漏了户或重复了户。两张合起来每户恰好一次：派到乡镇的是 route IN ('registry', 'resettlement')，其余在未归属清单"
        )));
    }
    totals.push(Balance {
        stage: "lists".to_owned(),
        feed: ALL.to_owned(),
        received: warnings,
        kept: towns,
        set_aside: unrouted,
        recount: Some(towns + unrouted),
    });
    Ok(())
}

/// The ledger's arithmetic, town by town and in all, from the relations as they lie on the disk, against what the ledger counted: what stood before
/// and what was opened is closed or stands; what was issued is answered or open.
pub(crate) fn cases(totals: &mut ControlTotals, cases: &CaseMonth, month: Month, data: &Path) -> Result<(), Fault> {
    let standing = read_relation(data, "standing")?;
    let cases_now = read_relation(data, "cases")?;
    let listed = read_relation(data, "warnings")?;
    let whole = |name: &str| -> PolarsResult<Vec<u64>> {
        Ok(standing.column(name)?.i64()?.iter().map(|value| value.unwrap_or(0) as u64).collect())
    };
    let (states, owners) = (words_of(&cases_now, "state")?, words_of(&cases_now, "town_code")?);
    let (routes, towns) = (words_of(&listed, "route")?, words_of(&listed, "town_code")?);
    let count = |town: &str, of: &mut dyn Iterator<Item = &String>| {
        of.filter(|code| town.is_empty() || *code == town).count() as u64
    };
    let (before, opened, closed) = (whole("before")?, whole("opened")?, whole("closed")?);
    let (stands, issued, answered, open) = (whole("standing")?, whole("issued")?, whole("answered")?, whole("open")?);
    let (months, codes, names) =
        (words_of(&standing, "month")?, words_of(&standing, "town_code")?, words_of(&standing, "town")?);
    for at in (0..months.len()).filter(|at| months[*at] == month.to_string()) {
        let name = if codes[at].is_empty() { ALL } else { names[at].as_str() };
        let mut standing_now = states.iter().zip(&owners).filter(|(state, _)| *state != "closed").map(|(_, town)| town);
        let mut at_home = routes.iter().zip(&towns).filter(|(route, _)| is_at_home(route)).map(|(_, town)| town);
        let mut push = |stage: &str, received, kept, set_aside, recount| {
            let (stage, feed) = (stage.to_owned(), name.to_owned());
            totals.push(Balance { stage, feed, received, kept, set_aside, recount: Some(recount) });
        };
        let all = before[at] + opened[at];
        push("cases", all, stands[at], closed[at], closed[at] + count(&codes[at], &mut standing_now));
        push("answers", issued[at], answered[at], open[at], count(&codes[at], &mut at_home));
    }
    let counted = cases.listed(month);
    let rows = routes.iter().filter(|route| is_at_home(route)).count() as u64;
    let (stage, feed) = ("issued".to_owned(), ALL.to_owned());
    totals.push(Balance { stage, feed, received: rows, kept: counted, set_aside: 0, recount: Some(counted) });
    Ok(())
}

/// Rows of a relation by the words of a column. Any relation may be too long for a CSV.
fn count_rows(data: &Path, relation: &str, column: &str) -> Result<BTreeMap<String, u64>, Fault> {
    let csv = data.join(format!("{relation}.csv"));
    if csv.exists() {
        return count_by(&csv, column);
    }
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    visit_parquet(data, relation, &[column], |part| {
        for (word, length) in runs(part.column(column)?.str()?) {
            *counts.entry(word.to_owned()).or_default() += length;
        }
        Ok(())
    })?;
    Ok(counts)
}

/// Some columns of a relation's Parquet file, a row group at a time.
pub(crate) fn visit_parquet(
    data: &Path,
    relation: &str,
    columns: &[&str],
    mut visit: impl FnMut(&DataFrame) -> PolarsResult<()>,
) -> Result<(), Fault> {
    let path = data.join(format!("{relation}.parquet"));
    let rows = ParquetReader::new(File::open(&path)?).num_rows()?;
    for first in (0..rows).step_by(ROWS_PER_GROUP) {
        let reader = ParquetReader::new(File::open(&path)?).with_slice(Some((first, ROWS_PER_GROUP)));
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        visit(&reader.with_columns(Some(columns)).finish()?)?;
    }
    Ok(())
}

/// The columns that a relation's Parquet file has.
pub(crate) fn relation_columns(data: &Path, relation: &str) -> Result<Vec<String>, Fault> {
    let schema = ParquetReader::new(File::open(data.join(format!("{relation}.parquet")))?).schema()?;
    Ok(schema.iter_names().map(|name| name.to_string()).collect())
}

/// Words that repeat, each run of them with its length.
fn runs(words: &StringChunked) -> Vec<(&str, u64)> {
    let mut runs: Vec<(&str, u64)> = Vec::new();
    for word in words.iter().map(|word| word.unwrap_or("")) {
        match runs.last_mut() {
            Some((last, count)) if *last == word => *count += 1,
            _ => runs.push((word, 1)),
        }
    }
    runs
}

fn open(path: &Path) -> Result<(csv::Reader<File>, csv::StringRecord), Fault> {
    let mut reader = csv::Reader::from_path(path)?;
    let headings = reader.headers()?.clone();
    Ok((reader, headings))
}

fn count_by(path: &Path, column: &str) -> Result<BTreeMap<String, u64>, Fault> {
    let (mut reader, headings) = open(path)?;
    let place = headings.iter().position(|heading| heading == column).unwrap_or(0);
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record)? {
        let key = record.get(place).unwrap_or_default();
        let key = std::str::from_utf8(key)?;
        match counts.get_mut(key) {
            Some(count) => *count += 1,
            None => {
                counts.insert(key.to_owned(), 1);
            }
        }
    }
    Ok(counts)
}

fn live_households(data: &Path) -> Result<u64, Fault> {
    let csv = data.join("signals.csv");
    let mut households = BTreeSet::new();
    if !csv.exists() {
        visit_parquet(data, "signals", &["household_id", "state"], |part| {
            let (ids, states) = (part.column("household_id")?.str()?, part.column("state")?.str()?);
            let live = ids.iter().zip(states.iter()).filter(|(_, state)| *state == Some(SignalState::Live.code()));
            households.extend(live.map(|(id, _)| id.unwrap_or("").to_owned()));
            Ok(())
        })?;
        return Ok(households.len() as u64);
    }
    let (mut reader, headings) = open(&csv)?;
    let place = |name: &str| headings.iter().position(|heading| heading == name).unwrap_or(0);
    let (household, state) = (place("household_id"), place("state"));
    for record in reader.records() {
        let record = record?;
        if record.get(state) == Some(SignalState::Live.code()) {
            households.insert(record.get(household).unwrap_or("").to_owned());
        }
    }
    Ok(households.len() as u64)
}

/// A relation as it was written.
pub(crate) fn read_relation(data: &Path, name: &str) -> Result<DataFrame, Fault> {
    let file = File::open(data.join(format!("{name}.parquet")))?;
    Ok(ParquetReader::new(file).finish()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use bidui_emit::{relation_schema, write_relation};

    /// Three rows of a relation, with these words in some of its columns.
    fn write(name: &str, words: &[(&str, [&str; 3])], data: &Path) {
        let columns = relation_schema(name).unwrap().into_iter().map(|(label, kind)| {
            match words.iter().find(|(column, _)| label == *column) {
                Some((_, words)) => Column::new(label, words),
                None => Column::full_null(label, 3, &kind),
            }
        });
        write_relation(name, &DataFrame::new(3, columns.collect()).unwrap(), data).unwrap();
    }

    #[test]
    fn every_relation_is_counted_from_its_parquet_file_where_it_has_no_csv() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let state = SignalState::Live.code();
        write("links", &[("feed", ["甲", "甲", "乙"])], data);
        write("rejects", &[("feed", ["乙", "甲", "乙"])], data);
        write("warnings", &[("month", ["2023-03"; 3])], data);
        let signals =
            [("month", ["2023-03"; 3]), ("household_id", ["1", "1", "2"]), ("state", [state, state, "review"])];
        write("signals", &signals, data);
        let mut totals = ControlTotals::default();
        let stages =
            [("ingest", "甲"), ("ingest", "乙"), ("link", "甲"), ("signals", ALL), ("warnings", ALL), ("route", ALL)];
        for (stage, feed) in stages {
            let (stage, feed) = (stage.to_owned(), feed.to_owned());
            totals.push(Balance { stage, feed, received: 0, kept: 0, set_aside: 0, recount: None });
        }
        let recounted = |totals: &mut ControlTotals| {
            recount(totals, data).unwrap();
            totals.balances.iter().map(|balance| balance.recount.unwrap()).collect::<Vec<_>>()
        };
        let expected = [3, 3, 2, 3, 1, 3];
        assert_eq!(recounted(&mut totals), expected);
        for relation in ["links", "rejects", "signals", "warnings"] {
            std::fs::remove_file(data.join(format!("{relation}.csv"))).unwrap();
            assert_eq!(recounted(&mut totals), expected, "{relation}");
        }
    }
}
