//! What second looks found: of each town's answers that were looked at again, how many did not hold. From the answers to the list `sample`.
//!
//! The interval is Wilson's (1927) at 95 %: of few cases the plain share says too much. The sample draws answers that leave a household without help on red and orange more often
//! than the rest, so that these are rates of what was looked at, not of all answers.

use std::collections::BTreeMap;

use bidui_emit::report_schema;
use bidui_model::Month;
use polars::prelude::*;

use crate::casebook::DIFFERS_UNSAID;

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
    /// Of those that differ, the ones that do not say what was found.
    unsaid: i64,
}

impl Looked {
    fn and(self, other: Self) -> Self {
        Self {
            rechecked: self.rechecked + other.rechecked,
            differing: self.differing + other.differing,
            missed: self.missed + other.missed,
            unsaid: self.unsaid + other.unsaid,
        }
    }
    fn rate(self) -> Option<f64> {
        (self.rechecked > 0).then(|| self.differing as f64 / self.rechecked as f64)
    }
    fn interval(self) -> Option<(f64, f64)> {
        wilson(self.differing, self.rechecked)
    }
}

/// The looks of a month's report, and those of the year's reports so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Periods {
    month: Looked,
    year: Looked,
}

/// The table `error_rates`: a row for each town, and one for the county. `before` are the answers as the month before was published with, where it was.
pub(crate) fn frame(
    month: Month,
    answers: &DataFrame,
    before: Option<&DataFrame>,
    towns: &[(String, String)],
) -> PolarsResult<DataFrame> {
    let counted = count(month, answers, before)?;
    let mut towns = towns.to_vec();
    towns.sort();
    towns.push((String::new(), "全区".to_owned()));
    let of = |code: &str| -> Periods {
        let of_town = counted.iter().filter(|(town, _)| code.is_empty() || town.as_str() == code);
        of_town.fold(Periods::default(), |sum, (_, one)| Periods {
            month: sum.month.and(one.month),
            year: sum.year.and(one.year),
        })
    };
    let all: Vec<Periods> = towns.iter().map(|(code, _)| of(code)).collect();
    let mut columns = vec![
        Column::new("town_code".into(), towns.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>()),
        Column::new("town".into(), towns.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>()),
    ];
    for prefix in ["", "year_"] {
        let of_period = |one: &Periods| if prefix.is_empty() { one.month } else { one.year };
        let looked: Vec<Looked> = all.iter().map(of_period).collect();
        let name = |name: &str| -> PlSmallStr { format!("{prefix}{name}").into() };
        let integers = |pick: fn(&Looked) -> i64| looked.iter().map(pick).collect::<Vec<_>>();
        let ends = |pick: fn((f64, f64)) -> f64| looked.iter().map(|one| one.interval().map(pick)).collect::<Vec<_>>();
        columns.extend([
            Column::new(name("rechecked"), integers(|one| one.rechecked)),
            Column::new(name("differing"), integers(|one| one.differing)),
            Column::new(name("missed"), integers(|one| one.missed)),
            Column::new(name("unsaid"), integers(|one| one.unsaid)),
            Column::new(name("rate"), looked.iter().map(|one| one.rate()).collect::<Vec<_>>()),
            Column::new(name("low"), ends(|ends| ends.0)),
            Column::new(name("high"), ends(|ends| ends.1)),
        ]);
    }
    debug_assert!(report_schema("error_rates").is_some_and(|schema| schema.len() == columns.len()));
    DataFrame::new(towns.len(), columns)
}

/// Second looks by case and month of their sample: code, and whether it differs from what it looked at.
type Looks<'a> = BTreeMap<(&'a str, &'a str), (&'a str, bool)>;

/// The looks that stand among answers, and their rows. One at a case without a first answer proves nothing and is left out, and so is who found nobody.
fn looks(answers: &DataFrame) -> PolarsResult<(Looks<'_>, Vec<usize>)> {
    let column = |name: &str| answers.column(name).and_then(|column| column.str());
    let (cases, months, codes) = (column("case_id")?, column("list_month")?, column("code")?);
    let (lists, standing, effects) = (column("list")?, column("standing")?, column("effect")?);
    let (first_codes, differ) = (column("first_code")?, column("differs")?);
    let counts = |row: &usize| {
        lists.get(*row) == Some("sample")
            && standing.get(*row) == Some("是")
            && effects.get(*row) != Some("pending")
            && first_codes.get(*row).is_some_and(|first| !first.is_empty())
    };
    let rows: Vec<usize> = (0..answers.height()).filter(counts).collect();
    let said = |row: &usize| (codes.get(*row).unwrap_or(""), differ.get(*row) == Some("是"));
    let key = |row: &usize| (cases.get(*row).unwrap_or(""), months.get(*row).unwrap_or(""));
    let looks = rows.iter().map(|row| (key(row), said(row))).collect();
    Ok((looks, rows))
}

/// Second looks by the town of the first answer. A month's are those that came in, or were corrected, since the month before was published; where it was
/// not, those of its sample. A year's are those of the samples that its reports are the first to count, from December's on, and the month's.
fn count(month: Month, answers: &DataFrame, before: Option<&DataFrame>) -> PolarsResult<BTreeMap<String, Periods>> {
    let known = before.map(looks).transpose()?.map(|(known, _)| known);
    let (last, since) = (month.plus(-1).to_string(), month.plus(-(month.month() as i32)).to_string());
    let (_, rows) = looks(answers)?;
    let column = |name: &str| answers.column(name).and_then(|column| column.str());
    let (cases, months, codes) = (column("case_id")?, column("list_month")?, column("code")?);
    let (towns, effects) = (column("town_code")?, column("effect")?);
    let (first_effects, differ) = (column("first_effect")?, column("differs")?);
    let mut counted: BTreeMap<String, Periods> = BTreeMap::new();
    for row in rows {
        let word = |column: &'_ StringChunked| column.get(row).unwrap_or("").to_owned();
        let (case, of_month, code, differs) = (word(cases), word(months), word(codes), differ.get(row) == Some("是"));
        let (was, is) = (word(first_effects), word(effects));
        let found_risk = matches!(is.as_str(), "include" | "monitored" | "rollback" | "department");
        let looked = Looked {
            rechecked: 1,
            differing: i64::from(differs),
            missed: i64::from(differs && ends_without_help(&was) && found_risk),
            unsaid: i64::from(differs && code == DIFFERS_UNSAID),
        };
        let is_months = match &known {
            Some(known) => known.get(&(case.as_str(), of_month.as_str())) != Some(&(code.as_str(), differs)),
            None => of_month == last,
        };
        let of_town = counted.entry(word(towns)).or_default();
        if is_months {
            of_town.month = of_town.month.and(looked);
        }
        if is_months || of_month >= since {
            of_town.year = of_town.year.and(looked);
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

    fn answers(rows: &[[&str; 8]]) -> DataFrame {
        let names = ["case_id", "list_month", "code", "effect", "standing", "town_code", "first_effect", "differs"];
        let mut columns: Vec<Column> = names
            .iter()
            .enumerate()
            .map(|(at, name)| Column::new((*name).into(), rows.iter().map(|row| row[at]).collect::<Vec<_>>()))
            .collect();
        columns.push(Column::new("list".into(), vec!["sample"; rows.len()]));
        let first = |row: &[&str; 8]| if row[6].is_empty() { "" } else { "22" };
        columns.push(Column::new("first_code".into(), rows.iter().map(first).collect::<Vec<_>>()));
        DataFrame::new(rows.len(), columns).unwrap()
    }

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn looked(rechecked: i64, differing: i64, missed: i64, unsaid: i64) -> Looked {
        Looked { rechecked, differing, missed, unsaid }
    }

    #[test]
    fn a_second_look_is_held_against_the_answer_it_looked_at() {
        let answers = answers(&[
            ["A", "2023-02", "11", "include", "是", "1", "cool", "是"],
            ["B", "2023-02", "11", "include", "是", "1", "include", "否"],
            ["C", "2023-02", "11", "include", "是", "2", "", "是"],
            ["D", "2023-02", "00", "pending", "是", "2", "changed", "是"],
            ["E", "2023-02", "12", "monitored", "否", "2", "changed", "是"],
            ["F", "2023-02", "22", "changed", "是", "1", "changed", "否"],
            // The same code, and not what goes with it.
            ["G", "2023-02", "15", "department", "是", "1", "department", "是"],
            // Something else, and not said what.
            ["H", "2023-02", "不一致", "", "是", "1", "changed", "是"],
        ]);
        let counted = count(month("2023-03"), &answers, None).unwrap();
        assert_eq!(counted["1"], Periods { month: looked(5, 3, 1, 1), year: looked(5, 3, 1, 1) });
        assert_eq!(counted.len(), 1);
        let towns = [("1".to_owned(), "甲镇".to_owned()), ("2".to_owned(), "乙镇".to_owned())];
        let frame = frame(month("2023-03"), &answers, None, &towns).unwrap();
        assert_eq!(frame.column("rechecked").unwrap().i64().unwrap().to_vec(), [Some(5), Some(0), Some(5)]);
        assert_eq!(frame.column("rate").unwrap().f64().unwrap().to_vec(), [Some(0.6), None, Some(0.6)]);
    }

    #[test]
    fn a_months_looks_are_those_that_came_in_since_the_last_report_and_stand_beside_the_years() {
        let look = |case, of, code: &'static str, differs| [case, of, code, "include", "是", "1", "changed", differs];
        let november = look("A", "2022-11", "11", "是");
        let (december, january) = (look("B", "2022-12", "11", "是"), look("C", "2023-01", "22", "否"));
        let (february, late) = (look("D", "2023-02", "11", "是"), look("E", "2022-11", "22", "否"));
        let corrected = look("C", "2023-01", "11", "是");
        let known = answers(&[november, december, january]);
        let of = |rows: &[[&str; 8]], before: Option<&DataFrame>| {
            let counted = count(month("2023-03"), &answers(rows), before).unwrap();
            let one = counted["1"];
            ((one.month.rechecked, one.month.differing), (one.year.rechecked, one.year.differing))
        };
        assert_eq!(of(&[november, december, january], Some(&known)), ((0, 0), (2, 1)));
        assert_eq!(of(&[november, december, january, february, late], Some(&known)), ((2, 1), (4, 2)));
        assert_eq!(of(&[november, december, corrected, february], Some(&known)), ((2, 2), (3, 3)));
        // Nothing to compare with: the sample of the month before.
        assert_eq!(of(&[november, december, january, february], None), ((1, 1), (3, 2)));
    }
}
