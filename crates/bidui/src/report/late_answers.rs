//! Answers to older lists that no report counted yet: they came in after the last month was published. A month's report counts the answers to the last
//! month's list; what comes later to a list than that would be in none.

use std::collections::BTreeMap;

use bidui_emit::report_schema;
use bidui_model::Month;
use polars::prelude::*;

/// What was answered: code, day, effect, and what became of it where it is not carried out.
#[derive(Clone, Copy, PartialEq)]
struct Said<'a> {
    code: &'a str,
    on: Option<i32>,
    effect: &'a str,
    held: &'a str,
}

impl Said<'_> {
    /// Whether it answers its list.
    fn counts(&self) -> bool {
        self.effect != "pending" && self.held != "open"
    }
}

/// Of a case and a list.
type Known<'a> = BTreeMap<(&'a str, &'a str), Said<'a>>;

/// The table `late_answers`: what stands among `now`, answers to lists older than the last month's, and did not among those of the month before.
/// `outcome` says what an effect says of the warning.
pub(crate) fn frame(
    month: Month,
    now: &DataFrame,
    before: Option<&DataFrame>,
    outcome: &dyn Fn(&str, &str) -> &'static str,
) -> PolarsResult<DataFrame> {
    let mut counts: BTreeMap<[&str; 5], i64> = BTreeMap::new();
    if let Some(before) = before {
        let last = month.plus(-1).to_string();
        let known = standing(before)?;
        let towns = (now.column("town_code")?.str()?, now.column("town")?.str()?);
        let rows: BTreeMap<(&str, &str), usize> = places(now)?;
        for ((case, of_month), said) in standing(now)? {
            if of_month >= last.as_str() {
                continue;
            }
            let kind = match known.get(&(case, of_month)) {
                Some(known) if known.counts() && !said.counts() => "撤回",
                _ if !said.counts() => continue,
                Some(known) if known.counts() && (known.code, known.on) == (said.code, said.on) => continue,
                Some(known) if known.counts() => "更正",
                _ => "迟报",
            };
            let row = rows[&(case, of_month)];
            let (code, town) = (towns.0.get(row).unwrap_or(""), towns.1.get(row).unwrap_or(""));
            *counts.entry([of_month, code, town, kind, outcome(said.effect, said.held)]).or_default() += 1;
        }
    }
    let schema = report_schema("late_answers").unwrap_or_default();
    let columns = schema.iter_names().enumerate().map(|(at, name)| match at {
        5 => Column::new(name.clone(), counts.values().copied().collect::<Vec<i64>>()),
        _ => Column::new(name.clone(), counts.keys().map(|words| words[at]).collect::<Vec<_>>()),
    });
    DataFrame::new(counts.len(), columns.collect())
}

/// Where the standing answers to verification lists are.
fn places(answers: &DataFrame) -> PolarsResult<BTreeMap<(&str, &str), usize>> {
    let column = |name: &str| answers.column(name).and_then(|column| column.str());
    let (cases, months) = (column("case_id")?, column("list_month")?);
    let (lists, standing) = (column("list")?, column("standing")?);
    let is_one = |row: &usize| lists.get(*row) == Some("verification") && standing.get(*row) == Some("是");
    let key = |row: usize| ((cases.get(row).unwrap_or(""), months.get(row).unwrap_or("")), row);
    Ok((0..answers.height()).filter(is_one).map(key).collect())
}

fn standing(answers: &DataFrame) -> PolarsResult<Known<'_>> {
    let column = |name: &str| answers.column(name).and_then(|column| column.str());
    let (codes, effects, held) = (column("code")?, column("effect")?, column("held")?);
    let days = answers.column("answered_on")?.date()?.physical();
    let of = |row: usize| Said {
        code: codes.get(row).unwrap_or(""),
        on: days.get(row),
        effect: effects.get(row).unwrap_or(""),
        held: held.get(row).unwrap_or(""),
    };
    Ok(places(answers)?.into_iter().map(|(key, row)| (key, of(row))).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn answers(rows: &[[&str; 4]]) -> DataFrame {
        let column = |name: &str, pick: &dyn Fn(&[&str; 4]) -> String| {
            Column::new(name.into(), rows.iter().map(pick).collect::<Vec<_>>())
        };
        let columns = vec![
            column("case_id", &|row| row[0].to_owned()),
            column("list_month", &|row| row[1].to_owned()),
            column("code", &|row| row[2].to_owned()),
            column("effect", &|row| row[3].to_owned()),
            column("held", &|row| if row[3] == "open" { "open".to_owned() } else { String::new() }),
            column("list", &|_| "verification".to_owned()),
            column("standing", &|_| "是".to_owned()),
            column("town_code", &|_| "1".to_owned()),
            column("town", &|_| "百朋镇".to_owned()),
            Column::new("answered_on".into(), vec![19_400_i32; rows.len()]).cast(&DataType::Date).unwrap(),
        ];
        DataFrame::new(rows.len(), columns).unwrap()
    }

    #[test]
    fn what_came_after_the_last_report_is_late_or_a_correction() {
        let before = answers(&[
            ["A", "2023-01", "22", "changed"],
            ["B", "2023-01", "22", "changed"],
            ["C", "2023-01", "00", "pending"],
            ["G", "2023-01", "22", "changed"],
        ]);
        let now = answers(&[
            ["A", "2023-01", "22", "changed"],
            ["B", "2023-01", "11", "include"],
            ["C", "2023-01", "11", "include"],
            ["D", "2023-01", "22", "changed"],
            ["E", "2023-02", "22", "changed"],
            ["F", "2023-01", "00", "pending"],
            ["G", "2023-01", "32", "open"],
        ]);
        let outcome = |effect: &str, _: &str| if effect == "include" { "属实" } else { "不属实" };
        let found = frame("2023-03".parse().unwrap(), &now, Some(&before), &outcome).unwrap();
        let words = |name: &str| -> Vec<String> {
            found.column(name).unwrap().str().unwrap().iter().map(|word| word.unwrap().to_owned()).collect()
        };
        assert_eq!(words("kind"), ["撤回", "更正", "迟报", "迟报"]);
        assert_eq!(words("outcome"), ["不属实", "属实", "不属实", "属实"]);
        assert_eq!(words("list_month"), ["2023-01"; 4]);
        assert_eq!(frame("2023-03".parse().unwrap(), &now, None, &outcome).unwrap().height(), 0);
    }
}
