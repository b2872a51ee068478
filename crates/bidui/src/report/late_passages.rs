//! Inclusions and eliminations of earlier months that were told after the report on those months: by towns on lists that came back since, or by the
//! registry. A month's report counts the month's own; what is told later would be in none, and a rush that it shows would be seen by nobody.

use bidui_emit::{Relations, report_schema};
use bidui_model::Month;
use polars::prelude::*;

use super::figures::Figures;
use super::tables::of_one_month;
use crate::exit::Fault;
use crate::published::PublishedMonth;

/// The table `late_passages`: towns, and the county, whose flows of an earlier month are counted otherwise now than when the month before was published.
pub(crate) fn frame(month: Month, relations: &Relations, earlier: &[PublishedMonth]) -> Result<DataFrame, Fault> {
    let schema = report_schema("late_passages").unwrap_or_default();
    let mut found = DataFrame::empty_with_schema(&schema);
    let of = |month: Month| earlier.iter().find(|published| published.month == month);
    let (Some(now), Some(last)) = (relations.get("stability_before"), of(month.plus(-1))) else { return Ok(found) };
    for ago in (1..3).rev() {
        let counted = month.plus(-ago);
        // What the last report knew of it.
        let known = match ago {
            1 => last.try_relation("stability")?,
            _ => last.try_relation("stability_before")?.map(|frame| of_one_month(&frame, counted)).transpose()?,
        };
        let first = of(counted).map(|published| published.try_relation("stability")).transpose()?.flatten();
        if let Some(known) = known.filter(|known| known.height() > 0).or(first) {
            found = found.vstack(&changed(&of_one_month(now, counted)?, &known, &schema)?)?;
        }
    }
    Ok(found)
}

fn changed(now: &DataFrame, then: &DataFrame, schema: &Schema) -> PolarsResult<DataFrame> {
    let places: Vec<Option<usize>> = {
        let codes = then.column("town_code")?.str()?;
        let place = |code: Option<&str>| codes.iter().position(|known| known == code);
        now.column("town_code")?.str()?.iter().map(place).collect()
    };
    let counts = |frame: &DataFrame, name: &str| -> PolarsResult<Vec<Option<i64>>> {
        Ok(frame.column(name)?.i64()?.iter().collect())
    };
    let flags = |frame: &DataFrame| -> PolarsResult<Vec<String>> {
        Ok(frame.column("flags")?.str()?.iter().map(|flags| flags.unwrap_or("").to_owned()).collect())
    };
    let (included, eliminated) = (counts(now, "included")?, counts(now, "eliminated")?);
    let (included_then, eliminated_then) = (counts(then, "included")?, counts(then, "eliminated")?);
    let (flags, flags_then) = (flags(now)?, flags(then)?);
    let (mut rows, mut before, mut new_flags) = (Vec::new(), (Vec::new(), Vec::new()), Vec::new());
    for (row, place) in places.into_iter().enumerate() {
        let Some(place) = place else { continue };
        let flag = if flags[row] == flags_then[place] { "" } else { flags[row].as_str() };
        if included[row] != included_then[place] || eliminated[row] != eliminated_then[place] || !flag.is_empty() {
            rows.push(row as IdxSize);
            before.0.push(included_then[place]);
            before.1.push(eliminated_then[place]);
            new_flags.push(flag);
        }
    }
    let now = now.take(&IdxCa::from_vec("row".into(), rows))?;
    let columns = schema.iter_names().map(|name| {
        Ok(match name.as_str() {
            "included_then" => Column::new(name.clone(), &before.0),
            "eliminated_then" => Column::new(name.clone(), &before.1),
            "flags" => Column::new(name.clone(), &new_flags),
            _ => now.column(name)?.clone(),
        })
    });
    DataFrame::new(now.height(), columns.collect::<PolarsResult<_>>()?)
}

/// The same in sentences.
pub(crate) fn in_words(figures: &Figures<'_>) -> PolarsResult<String> {
    let Some(frame) = figures.tables.get("late_passages").filter(|frame| frame.height() > 0) else {
        return Ok(String::new());
    };
    let (months, codes, towns) =
        (frame.column("month")?.str()?, frame.column("town_code")?.str()?, frame.column("town")?.str()?);
    let (flags, number) = (frame.column("flags")?.str()?, |name: &str| frame.column(name)?.i64().cloned());
    let flows = [
        ("纳入", number("included_then")?, number("included")?),
        ("消除", number("eliminated_then")?, number("eliminated")?),
    ];
    let in_chinese = |month: &str| month.parse::<Month>().map_or_else(|_| month.to_owned(), Month::in_chinese);
    let (mut changes, mut flagged) = (Vec::new(), Vec::new());
    for row in 0..frame.height() {
        let month = in_chinese(months.get(row).unwrap_or(""));
        if let Some(flags) = flags.get(row).filter(|flags| !flags.is_empty()) {
            flagged.push(format!("{month}{}（{flags}）", towns.get(row).unwrap_or("")));
        }
        if codes.get(row) == Some("") {
            let flow = |(what, then, now): &(&str, Int64Chunked, Int64Chunked)| {
                let (then, now) = (then.get(row)?, now.get(row)?);
                (then != now).then(|| format!("{what}由{then}户改为{now}户"))
            };
            let of_month: Vec<String> = flows.iter().filter_map(flow).collect();
            changes.extend((!of_month.is_empty()).then(|| format!("{month}{}", of_month.join("、"))));
        }
    }
    let changed = (!changes.is_empty()).then(|| format!("上次月报以后补报、更正的：{}。", changes.join("；")));
    let flagged = (!flagged.is_empty()).then(|| format!("补报以后须核实的：{}。", flagged.join("、")));
    Ok(changed.into_iter().chain(flagged).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_told_since_is_told_with_what_was_known_then() {
        let month = |included: [i64; 2], flags: [&str; 2]| {
            df!(
                "month" => ["2023-02"; 2], "town_code" => ["450206102", ""], "town" => ["百朋镇", "全区"], "included" => included,
                "eliminated" => [0_i64, 0], "flags" => flags,
            )
            .unwrap()
        };
        let schema = report_schema("late_passages").unwrap();
        let then = month([0, 3], ["", ""]);
        let told = |included, flags| {
            let changed = changed(&month(included, flags), &then, &schema).unwrap();
            let (towns, before, now) = (
                changed.column("town").unwrap(),
                changed.column("included_then").unwrap(),
                changed.column("included").unwrap(),
            );
            let of = |row: usize| {
                let count = |column: &Column| column.i64().unwrap().get(row).unwrap();
                (towns.str().unwrap().get(row).unwrap().to_owned(), count(before), count(now))
            };
            (0..changed.height()).map(of).collect::<Vec<_>>()
        };
        assert_eq!(told([0, 3], ["", ""]), []);
        let expected = [("百朋镇".to_owned(), 0, 5), ("全区".to_owned(), 3, 8)];
        assert_eq!(told([5, 8], ["突击纳入", ""]), expected);
        assert_eq!(told([0, 3], ["过早消除", ""]), [("百朋镇".to_owned(), 0, 0)]);
    }
}
