//! Which months of a feed a fact rests on, and when a fact is unknown. A missing or held extract never reads as zero.

use std::collections::BTreeMap;

use bidui_model::{FeedKind, Month};

use crate::fact::{Compare, Fact};
use crate::store_file::StoreFile;

/// A feed's months in the store.
#[derive(Clone, Debug, Default)]
pub struct FeedHistory {
    /// Months that arrived and passed their guard.
    pub good: BTreeMap<Month, StoreFile>,
    /// Months that may not be used, and why, in Chinese.
    pub held: BTreeMap<Month, String>,
}

impl FeedHistory {
    fn first(&self) -> Option<Month> {
        self.good.keys().chain(self.held.keys()).min().copied()
    }
    /// The latest good month before `month`.
    #[must_use]
    pub fn previous(&self, month: Month) -> Option<Month> {
        self.good.range(..month).next_back().map(|(month, _)| *month)
    }
    fn why_not(&self, month: Month) -> String {
        self.held.get(&month).map_or_else(|| format!("{month}数据未到"), |why| format!("{month}数据暂缓使用：{why}"))
    }
}

/// The months whose rows a fact counts, and the month it compares them with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) months: Vec<Month>,
    /// Days that a dated row must lie in.
    pub(crate) days: (i32, i32),
    pub(crate) compare: Option<(Compare, Month)>,
    /// What the reader of the fact must know: a short history, an older comparison.
    pub(crate) note: String,
}

/// The plan, or why the fact is unknown this month.
pub(crate) fn plan(fact: &Fact, kind: FeedKind, history: &FeedHistory, month: Month) -> Result<Plan, String> {
    if kind == FeedKind::Registry {
        return Ok(Plan { months: vec![month], days: (i32::MIN, i32::MAX), compare: None, note: String::new() });
    }
    if !history.good.contains_key(&month) {
        return Err(history.why_not(month));
    }
    if kind == FeedKind::Events {
        return window(fact, history, month);
    }
    let days = (i32::MIN, i32::MAX);
    let Some(compare) = fact.compare else {
        return Ok(Plan { months: vec![month], days, compare: None, note: String::new() });
    };
    let other = match compare {
        Compare::NewSincePrevious | Compare::GoneSincePrevious => {
            history.previous(month).ok_or_else(|| "没有以前月份的数据可比".to_owned())?
        }
        Compare::NewSinceYearStart => {
            let baseline = month.year_baseline();
            if !history.good.contains_key(&baseline) {
                return Err(format!("缺上年末基期：{}", history.why_not(baseline)));
            }
            baseline
        }
    };
    let usual = compare == Compare::NewSinceYearStart || other == month.plus(-1);
    let note = if usual { String::new() } else { format!("上月数据不可用，与{other}比较") };
    let (months, with) =
        if compare == Compare::GoneSincePrevious { (vec![other], month) } else { (vec![month], other) };
    Ok(Plan { months, days, compare: Some((compare, with)), note })
}

fn window(fact: &Fact, history: &FeedHistory, month: Month) -> Result<Plan, String> {
    let start = month.plus(1 - fact.months as i32);
    let first = history.first().map_or(start, |first| first.max(start));
    let months: Vec<Month> = first.through(month).collect();
    if let Some(gap) = months.iter().find(|month| !history.good.contains_key(month)) {
        return Err(history.why_not(*gap));
    }
    let note = if first > start { format!("数据自{first}起，不足{}个月", fact.months) } else { String::new() };
    Ok(Plan { months, days: (start.first_day(), month.last_day()), compare: None, note })
}

#[cfg(test)]
mod tests;
