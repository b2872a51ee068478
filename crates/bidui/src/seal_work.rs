//! All feeds and months of a run, sealed side by side: one a core, the largest first, while a few threads wait for the disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, mpsc};

use bidui_model::{DataContract, Month};
use rayon::prelude::*;

use crate::exit::Fault;
use crate::sealing::{Fresh, SealedFeed, SealingContext, Unkept, seal_feed};

/// A feed by its number, a month, and its files.
pub(crate) type Work = (usize, Month, Vec<String>);

/// A feed and month that is sealed, and what is left of it in memory if that was just now.
pub(crate) type Done = (usize, Month, SealedFeed, Option<Fresh>);

/// Threads that do nothing but wait for the disk.
const KEEPERS: usize = 4;

/// Seals what is not sealed yet, and tells of each feed and month how many bytes its files had. Whichever is done first, the first fault that is told is the same.
pub(crate) fn seal_all(
    context: &SealingContext<'_>,
    contracts: &[DataContract],
    contract_digests: &[String],
    mut work: Vec<Work>,
    is_done: &(impl Fn(u64) + Sync),
) -> Result<Vec<Done>, Fault> {
    largest_first(context.inbox, &mut work);
    let sizes: BTreeMap<(usize, Month), u64> =
        work.iter().map(|each| ((each.0, each.1), bytes_of(context.inbox, std::slice::from_ref(each)))).collect();
    let done = Mutex::new(Vec::with_capacity(work.len()));
    let finish = |place: (usize, Month), sealed: Result<(SealedFeed, Option<Fresh>), Fault>| {
        is_done(sizes.get(&place).copied().unwrap_or(0));
        lock(&done).push((place, sealed));
    };
    let (sender, receiver) = mpsc::channel::<((usize, Month), Unkept)>();
    let receiver = Mutex::new(receiver);
    let next = || lock(&receiver).recv().ok();
    std::thread::scope(|scope| {
        for _ in 0..KEEPERS {
            scope.spawn(|| {
                while let Some((place, unkept)) = next() {
                    finish(place, unkept.keep());
                }
            });
        }
        work.into_iter().par_bridge().for_each_with(sender, |sender, (feed, month, files)| {
            match seal_feed(context, &contracts[feed], &contract_digests[feed], month, &files) {
                // The keepers listen until every sender is gone.
                Ok(unkept) => drop(sender.send(((feed, month), unkept))),
                Err(fault) => finish((feed, month), Err(fault)),
            }
        });
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().map(|((feed, month), sealed)| sealed.map(|(sealed, fresh)| (feed, month, sealed, fresh))).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The last ones, which no two cores can share, are then small.
fn largest_first(inbox: &Path, work: &mut [Work]) {
    work.sort_by_cached_key(|each| std::cmp::Reverse(bytes_of(inbox, std::slice::from_ref(each))));
}

/// How much there is to read.
pub(crate) fn bytes_of(inbox: &Path, work: &[Work]) -> u64 {
    let bytes = |(_, month, files): &Work| -> u64 {
        let folder = inbox.join(month.to_string());
        files.iter().map(|file| fs::metadata(folder.join(file)).map_or(0, |found| found.len())).sum()
    };
    work.iter().map(bytes).sum()
}
