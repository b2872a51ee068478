//! What second looks found: of each town's answers that were looked at again, how many did not hold. From the answers to the list `sample`.
//!
//! The interval is Wilson's (1927) at 95 %: of few cases the plain share says too much. The sample draws answers that leave a household without help on red and orange more often
//! than the rest, so that these are rates of what was looked at, not of all answers.

use std::collections::BTreeMap;

use bidui_emit::report_schema;
use polars::prelude::*;

/// The normal distribution's quantile for 95 % on two sides.
const Z: f64 = 1.959_963_984_540_054;

/// Effects that say there is nothing to do.
const NO_RISK: [&str; 6] = ["cool", "data_error", "changed", "duplicate", "negative", "declined"];

/// Whether an answer of that effect says that there is nothing to do.
pub(crate) fn says_no_risk(effect: &str) -> bool {
    NO_RISK.contains(&effect)
}

/// Whether an answer of that effect leaves a household without help: that there is nothing to do, that nobody is left, or that it is to be left alone. Who
/// was wrong to say so has missed a family.
pub(crate) fn ends_without_help(effect: &str) -> bool {
    says_no_risk(effect) || matches!(effect, "deceased" | "exempt")
}

/// Lower and upper end of Wilson's interval of `hits` in `all`; nothing without cases.
pub(crate) fn wilson(hits: i64, all: i64) -> Option<(f64, f64)> {
    if all <= 0 {
        return None;
    }
    let (count, share) = (all as f64, hits as f64 / all as f64);
    let centre = share + Z * Z / (2.0 * count);
    let half = Z * (share * (1.0 - share) / count + Z * Z / (4.0 * count * count)).sqrt();
    let scale = 1.0 + Z * Z / count;
    Some((((centre - half) / scale).max(0.0), ((centre + half) / scale).min(1.0)))
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Looked {
    rechecked: i64,
    differing: i64,
    /// Of those, the ones where the first answer left the household without help and the second did not.
    missed: i64,
}

/// The table `error_rates`: a row for each town, and one for the county.
pub(crate) fn frame(answers: &DataFrame, towns: &[(String, String)]) -> PolarsResult<DataFrame> {
    let counted = count(answers)?;
    let mut towns = towns.to_vec();
    towns.sort();
    towns.push((String::new(), "全区".to_owned()));
    let of = |code: &str| -> Looked {
        let of_town = counted.iter().filter(|(town, _)| code.is_empty() || town.as_str() == code);
        of_town.fold(Looked::default(), |sum, (_, looked)| Looked {
            rechecked: sum.rechecked + looked.rechecked,
            differing: sum.differing + looked.differing,
            missed: sum.missed + looked.missed,
        })
    };
    let looked: Vec<Looked> = towns.iter().map(|(code, _)| of(code)).collect();
    let intervals: Vec<Option<(f64, f64)>> =
        looked.iter().map(|looked| wilson(looked.differing, looked.rechecked)).collect();
    let share = |looked: &Looked| (looked.rechecked > 0).then(|| looked.differing as f64 / looked.rechecked as f64);
    let integers = |pick: fn(&Looked) -> i64| looked.iter().map(pick).collect::<Vec<_>>();
    let columns = vec![
        Column::new("town_code".into(), towns.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>()),
        Column::new("town".into(), towns.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>()),
        Column::new("rechecked".into(), integers(|looked| looked.rechecked)),
        Column::new("differing".into(), integers(|looked| looked.differing)),
        Column::new("missed".into(), integers(|looked| looked.missed)),
        Column::new("rate".into(), looked.iter().map(share).collect::<Vec<_>>()),
        Column::new("low".into(), intervals.iter().map(|ends| ends.map(|ends| ends.0)).collect::<Vec<_>>()),
        Column::new("high".into(), intervals.iter().map(|ends| ends.map(|ends| ends.1)).collect::<Vec<_>>()),
    ];
    debug_assert!(report_schema("error_rates").is_some_and(|schema| schema.len() == columns.len()));
    DataFrame::new(towns.len(), columns)
}

/// Second looks by the town of the first answer. One that answers a case without a first answer proves nothing and is left out.
fn count(answers: &DataFrame) -> PolarsResult<BTreeMap<String, Looked>> {
    let column = |name: &str| answers.column(name).and_then(|column| column.str().cloned());
    let (lists, towns, standing) = (column("list")?, column("town_code")?, column("standing")?);
    let effects = column("effect")?;
    let (first_codes, first_effects, differ) = (column("first_code")?, column("first_effect")?, column("differs")?);
    let word = |column: &StringChunked, row: usize| column.get(row).unwrap_or("").to_owned();
    let mut counted: BTreeMap<String, Looked> = BTreeMap::new();
    for row in (0..answers.height()).filter(|row| lists.get(*row) == Some("sample")) {
        let first = word(&first_codes, row);
        if standing.get(row) != Some("是") || effects.get(row) == Some("pending") || first.is_empty() {
            continue;
        }
        let looked = counted.entry(word(&towns, row)).or_default();
        looked.rechecked += 1;
        if differ.get(row) == Some("是") {
            looked.differing += 1;
            let (was, is) = (first_effects.get(row).unwrap_or(""), effects.get(row).unwrap_or(""));
            looked.missed +=
                i64::from(ends_without_help(was) && matches!(is, "include" | "monitored" | "rollback" | "department"));
        }
    }
    Ok(counted)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(hits: i64, all: i64, expected: Option<(f64, f64)>) {
        let rounded = |number: f64| (number * 10_000.0).round() / 10_000.0;
        assert_eq!(wilson(hits, all).map(|(low, high)| (rounded(low), rounded(high))), expected);
    }

    #[test]
    fn the_interval_is_wilsons() {
        check(0, 0, None);
        check(0, 10, Some((0.0, 0.2775)));
        check(10, 10, Some((0.7225, 1.0)));
        check(5, 50, Some((0.0435, 0.2136)));
    }

    fn answers(rows: &[[&str; 7]]) -> DataFrame {
        let names = ["list", "effect", "standing", "town_code", "first_code", "first_effect", "differs"];
        let columns = names
            .iter()
            .enumerate()
            .map(|(at, name)| Column::new((*name).into(), rows.iter().map(|row| row[at]).collect::<Vec<_>>()));
        DataFrame::new(rows.len(), columns.collect()).unwrap()
    }

    #[test]
    fn a_second_look_is_held_against_the_answer_it_looked_at() {
        let answers = answers(&[
            // What the towns say now does not matter.
            ["verification", "include", "是", "1", "", "", ""],
            ["sample", "include", "是", "1", "14", "cool", "是"],
            ["sample", "include", "是", "1", "11", "include", "否"],
            ["sample", "include", "是", "2", "", "", "是"],
            ["sample", "pending", "是", "2", "22", "changed", "是"],
            ["sample", "monitored", "否", "2", "22", "changed", "是"],
            ["sample", "changed", "是", "1", "22", "changed", "否"],
            // The same code, and not what goes with it.
            ["sample", "department", "是", "1", "15", "department", "是"],
        ]);
        let counted = count(&answers).unwrap();
        assert_eq!(counted["1"], Looked { rechecked: 4, differing: 2, missed: 1 });
        assert_eq!(counted.len(), 1);
        let towns = [("1".to_owned(), "甲镇".to_owned()), ("2".to_owned(), "乙镇".to_owned())];
        let frame = frame(&answers, &towns).unwrap();
        assert_eq!(frame.column("rechecked").unwrap().i64().unwrap().to_vec(), [Some(4), Some(0), Some(4)]);
        assert_eq!(frame.column("rate").unwrap().f64().unwrap().to_vec(), [Some(0.5), None, Some(0.5)]);
    }
}
