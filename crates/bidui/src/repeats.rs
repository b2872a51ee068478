//! Rows of events that an earlier month brought already: a department that sends everything since January where only the month was
//! agreed would have its bills counted twice. They are set aside, counted and listed; the store keeps them, since which rows have come
//! before depends on the months beside it.
//!
//! Beside the rows of each month of events stand their digests (`row_digest.rs`), sorted, with each row's place: 12 bytes a row, read
//! month against month, so that memory follows one month of one feed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bidui_match::set_rows_aside;
use bidui_model::{DataContract, FeedKind, Month, RejectCode};
use rayon::prelude::*;

use crate::config::Config;
use crate::exit::Fault;
use crate::guard::Earlier;
use crate::guard_parts::{Reads, reads};
use crate::linking::SealedMonths;
use crate::sealing::SealedFeed;
use crate::{guard, private};

/// A digest and the row's place in the store.
type Digested = (u64, u32);

const RECORD: usize = 12;

/// The file of digests: sorted records of a digest and a place, both little-endian.
pub(crate) fn to_bytes(digests: &[u64]) -> Vec<u8> {
    let mut rows: Vec<Digested> = digests.iter().zip(0..).map(|(digest, place)| (*digest, place)).collect();
    rows.sort_unstable();
    let mut bytes = Vec::with_capacity(rows.len() * RECORD);
    for (digest, place) in rows {
        bytes.extend(digest.to_le_bytes());
        bytes.extend(place.to_le_bytes());
    }
    bytes
}

/// None for a store that was sealed before there were digests.
fn read(path: &Path) -> Option<Vec<Digested>> {
    let bytes = fs::read(path).ok()?;
    let record = |bytes: &[u8]| {
        let (digest, place) = bytes.split_at(8);
        Some((u64::from_le_bytes(digest.try_into().ok()?), u32::from_le_bytes(place.try_into().ok()?)))
    };
    bytes.chunks_exact(RECORD).map(record).collect()
}

/// Sets the repeated rows of every feed of events aside, up to `month`.
pub(crate) fn set_aside(config: &Config, sealed: &mut [SealedMonths], month: Month) -> Result<(), Fault> {
    let feeds: Vec<_> = config.contracts.iter().zip(sealed.iter_mut()).zip(reads(config)).collect();
    feeds
        .into_par_iter()
        .filter(|((contract, _), _)| contract.kind == FeedKind::Events)
        .try_for_each(|((contract, months), reads)| of_feed(contract, months, &reads, month))
}

fn of_feed(contract: &DataContract, months: &mut SealedMonths, reads: &Reads, month: Month) -> Result<(), Fault> {
    let mut known: Vec<(Month, PathBuf)> = Vec::new();
    let mut earlier: Vec<Earlier> = Vec::new();
    for (each, feed) in months.range_mut(..=month) {
        let digests = feed.digests();
        if let Some(own) = read(&digests).filter(|_| feed.problems.is_empty()) {
            let found = compare(&own, &known);
            if !found.is_empty() {
                take_out(feed, &contract.name, &found)?;
            }
        }
        // What a month brought that may not be used has not come yet.
        if guard::complaint_alone(contract, *each, feed, &earlier, reads).is_none() {
            earlier.push(Earlier::of(*each, feed));
            known.push((*each, digests));
        }
    }
    Ok(())
}

fn take_out(feed: &mut SealedFeed, name: &str, found: &BTreeMap<u32, Month>) -> Result<(), Fault> {
    let places: Vec<u32> = found.keys().copied().collect();
    let rest = feed.path.with_file_name(format!(".{name}.increment.parquet"));
    let origins = set_rows_aside(&feed.path, &rest, &places)?;
    private::protect_file(&rest)?;
    let code = RejectCode::Repeated.code().to_owned();
    feed.rejects.extend(origins.into_iter().map(|(source, row)| (source, row, code.clone())));
    feed.kept -= places.len() as u64;
    feed.path = rest;
    for earlier in found.values() {
        *feed.repeats.entry(*earlier).or_default() += 1;
    }
    Ok(())
}

/// The places of rows that an earlier month has, and the first such month.
fn compare(own: &[Digested], known: &[(Month, PathBuf)]) -> BTreeMap<u32, Month> {
    let mut found = BTreeMap::new();
    for (month, path) in known {
        let Some(theirs) = read(path) else { continue };
        let mut at = 0;
        for (digest, place) in own {
            while theirs.get(at).is_some_and(|(other, _)| other < digest) {
                at += 1;
            }
            if theirs.get(at).is_some_and(|(other, _)| other == digest) {
                found.entry(*place).or_insert(*month);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Months of rows, oldest first; which rows of the last have come before, and how many months ago first.
    fn check(months: &[&[u64]], expected: &[(u32, i32)]) {
        let folder = tempfile::tempdir().unwrap();
        let first: Month = "2023-01".parse().unwrap();
        let known: Vec<(Month, PathBuf)> = (0..)
            .map(|at| first.plus(at))
            .zip(months)
            .map(|(month, rows)| {
                let path = folder.path().join(month.to_string());
                fs::write(&path, to_bytes(rows)).unwrap();
                (month, path)
            })
            .collect();
        let (last, earlier) = known.split_last().unwrap();
        let found = compare(&read(&last.1).unwrap(), earlier);
        let found: Vec<(u32, i32)> = found.into_iter().map(|(place, month)| (place, last.0.since(month))).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_row_is_repeated_where_an_earlier_month_has_it() {
        check(&[&[5, 9, 1], &[7]], &[]);
        check(&[&[5, 9, 1], &[1, 7, 9]], &[(0, 1), (2, 1)]);
        check(&[&[5, 9], &[5, 1], &[2, 1, 5]], &[(1, 1), (2, 2)]);
    }

    #[test]
    fn a_row_that_stands_twice_in_its_month_is_repeated_only_if_it_came_before() {
        check(&[&[4], &[3, 3]], &[]);
        check(&[&[3], &[3, 3]], &[(0, 1), (1, 1)]);
        check(&[&[3, 3], &[3]], &[(0, 1)]);
    }
}
