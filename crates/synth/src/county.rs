//! The whole county: household by household, every row of every month, and the truth.

use std::path::Path;

use crate::clerk::{Clerk, Desk};
use crate::damage::Rates;
use crate::dice::{Dice, Purpose};
use crate::feed::Feed;
use crate::home::Atlas;
use crate::household::{Era, Household};
use crate::identity::NumberBook;
use crate::inbox::Inbox;
use crate::invent::{Plan, invent};
use crate::options::{SynthError, SynthOptions, SynthReport};
use crate::rows::{Report, Setting};
use crate::stray;
use crate::truth::signals;
use crate::truth_files::TruthFiles;
use crate::water::Water;

/// Writes `dir/inbox/<month>/<department>/<file>` and `dir/truth/*.csv`, calling `progress` with the number of persons done.
///
/// Nothing is held but the household at hand, the open files, and tables whose size does not depend on the county's.
///
/// # Errors
/// Options that make no county, and files that cannot be written.
pub fn generate(dir: &Path, options: &SynthOptions, progress: &mut dyn FnMut(u64)) -> Result<SynthReport, SynthError> {
    options.check()?;
    let era = Era { months: options.months.clone() };
    let atlas = Atlas::new(options);
    let plan = Plan::new(options.seed, options.persons, &era);
    let water = outages(options, &era, &atlas, &plan);
    let setting = Setting { options, atlas: &atlas, era: &era };
    let inbox_folder = dir.join("inbox");
    let mut clerk = Clerk {
        setting: &setting,
        inbox: Inbox::new(&inbox_folder, &options.months, options.seed, options.messy, options.persons),
        truth: TruthFiles::create(&dir.join("truth"), options.persons)?,
        book: NumberBook::new(),
        rates: Rates::new(options.messy, options.damage_rate, options.borrowed_share),
        report: SynthReport::default(),
        missing: missing(options, &era),
        half_empty: half_empty(options, &era),
        twice: options.messy.then(|| (Feed::Exemptions, era.last())),
        kept_rows: Vec::new(),
        neighbours: std::collections::VecDeque::new(),
    };
    clerk.inbox.begin(clerk.missing)?;
    let mut dice = Dice::new(options.seed, Purpose::Damage, u64::MAX);
    for outage in &water.outages {
        clerk.take_outage(outage, &mut dice)?;
    }
    let mut index = 0;
    while clerk.report.persons < options.persons {
        let limit = options.persons - clerk.report.persons;
        let household = invent(options.seed, index, limit, &era, &atlas, &plan, &mut clerk.book);
        write_household(&mut clerk, &household, &water)?;
        clerk.report.persons += household.members.len() as u64;
        clerk.report.households += 1;
        progress(clerk.report.persons);
        index += 1;
    }
    close(clerk, options, &inbox_folder)
}

fn close(mut clerk: Clerk<'_>, options: &SynthOptions, inbox_folder: &Path) -> Result<SynthReport, SynthError> {
    if let Some((feed, month)) = clerk.missing {
        clerk.truth.count(options.months[month], feed.spec().name, "feed_missing");
    }
    if let Some((feed, month)) = clerk.half_empty {
        clerk.truth.count(options.months[month], feed.spec().name, "feed_half_empty");
    }
    clerk.send_twice()?;
    let mut report = clerk.report;
    report.files = clerk.inbox.files();
    clerk.inbox.finish()?;
    clerk.truth.finish()?;
    if options.messy
        && let Some(month) = options.months.last()
    {
        report.files += stray::write(&inbox_folder.join(month.to_string()))?;
    }
    Ok(report)
}

fn write_household(clerk: &mut Clerk<'_>, household: &Household, water: &Water) -> Result<(), SynthError> {
    let setting = clerk.setting;
    let seed = setting.options.seed;
    let mut failed = None;
    for month in 0..setting.era.count() {
        let mut desk = Desk::new(seed, household, month, &clerk.rates);
        let mut sink = |feed: Feed, members: &[usize], cells: &[crate::rows::Cell<'_>]| {
            if failed.is_some() {
                return;
            }
            failed = if feed.is_roster() {
                clerk.take_roster(&mut desk, feed, members, cells).err()
            } else {
                clerk.take(&mut desk, feed, members[0], cells).err()
            };
        };
        Report::new(setting, household, month, &mut sink).write();
        if let Some(error) = failed {
            return Err(error);
        }
        if month == 0 {
            clerk.remember(household, desk.losses());
        }
        let raised = signals(household, setting.era, water, month);
        for (rule, level) in &raised {
            clerk.truth.signal(setting.era.months[month], &household.id, rule, *level)?;
        }
        clerk.report.signals += raised.len() as u64;
        if month == setting.era.last() && !raised.is_empty() {
            clerk.report.warned_households += 1;
        }
    }
    clerk.truth.persons(household)
}

/// The outages of water, with those of the two stories.
fn outages(options: &SynthOptions, era: &Era, atlas: &Atlas, plan: &Plan) -> Water {
    let mut water = Water::new(options.seed, era, atlas, options.villages.len());
    for (rule, whole_village) in [("water-hamlet", false), ("water-village", true)] {
        if let Some(household) = plan.home_of(rule) {
            water.strike(options.seed, era, &atlas.home(household, true), whole_village);
        }
    }
    water
}

/// A small list that did not arrive in the second month. No later month looks back at it.
fn missing(options: &SynthOptions, era: &Era) -> Option<(Feed, usize)> {
    (options.messy && era.count() >= 3).then_some((Feed::PublicPosts, 1))
}

/// A list that arrived half empty in the last month but one; no fact compares it with the month before.
fn half_empty(options: &SynthOptions, era: &Era) -> Option<(Feed, usize)> {
    (options.messy && era.count() >= 3).then(|| (Feed::Students, era.last() - 1))
}
