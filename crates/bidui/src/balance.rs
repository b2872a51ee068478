//! Control totals on two paths. The first adds up what the rooms counted as they worked; the second counts the rows of the files as
//! they lie on the disk. Only where both agree may a month be published.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use bidui_emit::{ROWS_PER_GROUP, WrittenList};
use bidui_match::{Graded, Signal, SignalState};
use bidui_model::{Balance, ControlTotals};
use polars::prelude::*;
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;

use crate::accounts::AccountInputs;
use crate::exit::Fault;
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
        push("link", name, found.kept, counts.linked(), counts.unlinked);
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
    let links = links_by_feed(data)?;
    let rejects = count_by(&data.join("rejects.csv"), "feed")?;
    let signals = count_by(&data.join("signals.csv"), "month")?;
    let live_households = live_households(&data.join("signals.csv"))?;
    let warnings = count_by(&data.join("warnings.csv"), "month")?;
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

/// The towns' lists and the list of the unrouted must together show every warning once.
pub(crate) fn lists(totals: &mut ControlTotals, relations: &BTreeMap<String, DataFrame>, lists: &[WrittenList]) {
    let rows = |id: &str| lists.iter().filter(|list| list.list == id).map(|list| list.rows as u64).sum::<u64>();
    let warnings = relations.get("warnings").map_or(0, DataFrame::height) as u64;
    let (towns, unrouted) = (rows("verification"), rows("unrouted"));
    totals.push(Balance {
        stage: "lists".to_owned(),
        feed: ALL.to_owned(),
        received: warnings,
        kept: towns,
        set_aside: unrouted,
        recount: Some(towns + unrouted),
    });
}

fn links_by_feed(data: &Path) -> Result<BTreeMap<String, u64>, Fault> {
    let csv = data.join("links.csv");
    if csv.exists() { count_by(&csv, "feed") } else { count_by_in_parquet(&data.join("links.parquet"), "feed") }
}

/// The same of a Parquet file, a row group at a time.
fn count_by_in_parquet(path: &Path, column: &str) -> Result<BTreeMap<String, u64>, Fault> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let rows = ParquetReader::new(File::open(path)?).num_rows()?;
    for first in (0..rows).step_by(ROWS_PER_GROUP) {
        let reader = ParquetReader::new(File::open(path)?).with_slice(Some((first, ROWS_PER_GROUP)));
        let part = reader.with_columns(Some(vec![column.to_owned()])).finish()?;
        for (word, length) in runs(part.column(column)?.str()?) {
            *counts.entry(word.to_owned()).or_default() += length;
        }
    }
    Ok(counts)
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

fn live_households(path: &Path) -> Result<u64, Fault> {
    let (mut reader, headings) = open(path)?;
    let place = |name: &str| headings.iter().position(|heading| heading == name).unwrap_or(0);
    let (household, state) = (place("household_id"), place("state"));
    let mut households = std::collections::BTreeSet::new();
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
