//! Months in which one department sent one wrong file. Each is caught: the extract is held or the run refused, or the rows are set aside
//! and counted, with a message that names the file; no signal differs from the truth but those that rest on the extract, which fall
//! silent; and the month before stays as it was published. Clean months are never stopped. docs/wrong-files.md says what is done with each.
//!
//! A few of each fault by default. `BIDUI_FAULTED_MONTHS=500 BIDUI_CLEAN_MONTHS=200 cargo test --release -p bidui --test faulted_months`
//! invents a county for every one of them; `BIDUI_FAULTED_FROM=100` begins with the hundredth.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use bidui_model::Month;
use bidui_synth::{Fault, Inflicted, inflict};
use support::{County, Record, Said, digests};

const LAST: &str = "2023-02";
const MONTH: &str = "2023-03";
const PERSONS: u32 = 600;
const REGISTRY: &str = "乡村振兴_农村人口底册";

/// Household, rule and level.
type Signals = BTreeSet<(String, String, String)>;

fn months() -> Vec<Month> {
    let first: Month = "2022-12".parse().unwrap();
    first.through(MONTH.parse().unwrap()).collect()
}

/// A clean county whose last month but one is published.
fn invent(seed: u64) -> County {
    let county = County::invent(PERSONS, &["--clean", "--seed", &seed.to_string()]);
    county.run(LAST).expect(0);
    county
}

fn signals(records: Vec<Record>) -> Signals {
    let of_month = records.into_iter().filter(|record| record["month"] == MONTH);
    of_month
        .map(|mut record| {
            let mut take = |column: &str| record.remove(column).unwrap();
            (take("household_id"), take("rule_id"), take("level"))
        })
        .collect()
}

fn live(county: &County) -> Signals {
    signals(county.relation(MONTH, "signals").into_iter().filter(|signal| signal["state"] == "live").collect())
}

/// What became of a month with a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// Nothing published: exit code 1.
    Refused,
    /// Published without the extract's facts.
    Held,
    /// Published, with rows set aside.
    SetAside,
    /// Published, with the households named that are to be checked.
    Named,
}

/// Runs the month and holds it against the truth; what is wrong, or what became of it.
fn judge(county: &County, fault: Fault, done: &Inflicted) -> Result<Outcome, String> {
    let before = digests(&county.path("out").join(LAST));
    let said = run(county, fault);
    if digests(&county.path("out").join(LAST)) != before {
        return Err(format!("{LAST} is not what was published"));
    }
    let text = format!("{}{}", said.stdout, said.stderr);
    let outcome = match said.code {
        Some(1) if county.path("out").join(MONTH).exists() => return Err("refused, and published".to_owned()),
        Some(1) if done.feed == REGISTRY => Outcome::Refused,
        Some(0) => published(county, done)?,
        _ => return Err(format!("ended with {:?}:\n{text}", said.code)),
    };
    match done.files.iter().find(|file| text.contains(file.as_str())) {
        Some(_) => Ok(outcome),
        None => Err(format!("{outcome:?}, and no message names {:?}:\n{text}", done.files)),
    }
}

fn run(county: &County, fault: Fault) -> Said {
    if fault == Fault::NoPermission { support::as_nobody(county, MONTH) } else { county.run(MONTH) }
}

/// A published month, held against the truth.
fn published(county: &County, done: &Inflicted) -> Result<Outcome, String> {
    let feeds = county.relation(MONTH, "feeds");
    let strange: Vec<_> = feeds.iter().filter(|feed| feed["status"] != "ok" && feed["feed"] != done.feed).collect();
    if !strange.is_empty() {
        return Err(format!("others are not as they should be: {strange:?}"));
    }
    let feed = feeds.iter().find(|feed| feed["feed"] == done.feed).ok_or("the feed is not on the board")?;
    let facts = county.relation(MONTH, "facts");
    let of_feed: Vec<_> = facts.iter().filter(|fact| fact["feed"] == done.feed).collect();
    let silent: BTreeSet<&str> =
        of_feed.iter().flat_map(|fact| fact["rules"].split(',')).filter(|rule| !rule.is_empty()).collect();
    let held = feed["status"] == "held";
    if held && of_feed.iter().any(|fact| fact["status"] != "unknown") {
        return Err(format!("held, and its facts are known: {of_feed:?}"));
    }
    let (found, truth) = (live(county), signals(county.truth("signals")));
    let is_excused = |household: &String| done.households.contains(household);
    let raised: Vec<_> = found.difference(&truth).filter(|signal| !is_excused(&signal.0)).collect();
    let cleared: Vec<_> = truth
        .difference(&found)
        .filter(|signal| !(is_excused(&signal.0) || held && silent.contains(signal.1.as_str())))
        .collect();
    if !raised.is_empty() || !cleared.is_empty() {
        return Err(format!("{}: raised {raised:?}, cleared {cleared:?}", feed["status"]));
    }
    let aside = county.relation(MONTH, "rejects").into_iter().any(|row| row["feed"] == done.feed);
    let named = |household: &String| {
        county
            .relation(MONTH, "flaws")
            .iter()
            .any(|flaw| flaw["household_id"] == *household && flaw["feed"] == done.feed)
    };
    match (held, done.households.is_empty()) {
        (true, _) => Ok(Outcome::Held),
        (false, true) if aside => Ok(Outcome::SetAside),
        (false, false) if done.households.iter().any(named) => Ok(Outcome::Named),
        _ => Err("nobody noticed".to_owned()),
    }
}

/// Work for every core, numbered; what went wrong.
fn side_by_side(count: u64, work: impl Fn(u64) -> Result<(), String> + Sync) -> Vec<String> {
    let (next, wrong) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(number) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < count) {
                    if let Err(what) = work(number) {
                        wrong.lock().unwrap().push(what);
                    }
                }
            });
        }
    });
    wrong.into_inner().unwrap()
}

/// A number from the environment, for the long form.
fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn every_wrong_file_is_caught_and_moves_no_signal_of_another() {
    let (count, counties): (u64, Vec<County>) = match asked("BIDUI_FAULTED_MONTHS") {
        Some(count) => (count, Vec::new()),
        None => (3 * Fault::ALL.len() as u64, (1..=3).map(invent).collect()),
    };
    // The long form may be run in parts.
    let first = asked("BIDUI_FAULTED_FROM").unwrap_or(0);
    let tally: Mutex<BTreeMap<(Fault, Outcome), u64>> = Mutex::new(BTreeMap::new());
    let wrong = side_by_side(count, |number| {
        let number = first + number;
        let (fault, ..) = Fault::ALL[number as usize % Fault::ALL.len()];
        let county = match counties.len() as u64 {
            0 => invent(1_000 + number),
            few => counties[(number % few) as usize].copy(),
        };
        let tell = |what: String| format!("{} by seed {number}: {what}", fault.name());
        let done = inflict(county.root(), &months(), fault, number).map_err(|error| tell(error.to_string()))?;
        let outcome =
            judge(&county, fault, &done).map_err(|what| tell(format!("{} {:?}: {what}", done.feed, done.files)))?;
        *tally.lock().unwrap().entry((fault, outcome)).or_default() += 1;
        Ok(())
    });
    for ((fault, outcome), months) in tally.into_inner().unwrap() {
        println!("{}: {outcome:?} {months}", fault.name());
    }
    println!("faulted months: {count}, not caught: {}", wrong.len());
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn no_clean_month_is_stopped() {
    let count = asked("BIDUI_CLEAN_MONTHS").unwrap_or(3);
    let wrong = side_by_side(count, |number| {
        let county = invent(5_000 + number);
        let said = county.run(MONTH);
        let tell = |what: String| Err(format!("seed {}: {what}", 5_000 + number));
        if said.code != Some(0) {
            return tell(said.stderr);
        }
        let feeds = county.relation(MONTH, "feeds");
        let held: Vec<_> = feeds.iter().filter(|feed| feed["status"] != "ok").collect();
        let rejected = county.relation(MONTH, "rejects");
        if !held.is_empty() || !rejected.is_empty() {
            return tell(format!("held {held:?}, set aside {rejected:?}"));
        }
        let (found, truth) = (live(&county), signals(county.truth("signals")));
        if found == truth { Ok(()) } else { tell("signals differ".to_owned()) }
    });
    println!("clean months: {count}, stopped: {}", wrong.len());
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}
