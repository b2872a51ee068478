//! What the sentences of a report are made of: the figures of two months, and the tables.

use bidui_emit::Relations;
use bidui_model::Month;
use polars::prelude::*;

use crate::report::items::Counted;

/// What the report says of the month before.
pub(crate) enum Before {
    Counted(Counted),
    /// No month before was ever published.
    First,
    /// Others were, the last was not.
    Missing,
    /// The last was published and cannot be read; why.
    Broken(String),
}

/// All that sentences read.
pub(crate) struct Figures<'a> {
    pub(crate) month: Month,
    pub(crate) now: Counted,
    pub(crate) before: Before,
    pub(crate) tables: &'a Relations,
    /// Whether the month knows of cases and answers.
    pub(crate) has_ledger: bool,
}

impl Figures<'_> {
    /// A figure of this month; 0 where its relation was not written.
    pub(crate) fn get(&self, key: &str) -> i64 {
        self.now.get(key).unwrap_or(0)
    }
    /// The same of the month before.
    pub(crate) fn before(&self, key: &str) -> Option<i64> {
        match &self.before {
            Before::Counted(before) => before.get(key),
            _ => None,
        }
    }
    /// Why there is nothing to compare with.
    pub(crate) fn not_comparable(&self) -> Option<String> {
        match &self.before {
            Before::Counted(_) => None,
            Before::Broken(why) => Some(format!("{why}。本月不与上月比较")),
            Before::First => Some("上月没有发布（首次运行，或输出文件夹换过），无上月可比".to_owned()),
            Before::Missing => Some(format!("{}没有发布，无上月可比", self.month.plus(-1).in_chinese())),
        }
    }
    /// How many rules some months could not decide, for want of data, where that is not the same in all of them: fewer households are warned of then, and
    /// that is no fall. Nothing where it is the same, or not known.
    pub(crate) fn undecided(&self, ago: &[i64]) -> PolarsResult<Option<String>> {
        let Some(frame) = self.tables.get("judged_figures") else { return Ok(None) };
        let (ago_of, undecided) = (frame.column("months_ago")?.i64()?, frame.column("undecided")?.i64()?);
        let of = |ago: &i64| {
            let row = ago_of.iter().position(|of| of == Some(*ago))?;
            Some((self.month.plus(-(*ago as i32)).in_chinese(), undecided.get(row)?))
        };
        let known: Vec<(String, i64)> = ago.iter().filter_map(of).collect();
        if known.windows(2).all(|pair| pair[0].1 == pair[1].1) {
            return Ok(None);
        }
        let months: Vec<String> = known.iter().map(|(month, count)| format!("{month}{count}条")).collect();
        Ok(Some(format!(
            "因数据没有到齐而没有判定的规则，{}：没有判定的预警不出来，户数的增减不都是情况的变化。",
            months.join("，")
        )))
    }
    /// The county's own number in a relation of this month; nothing where it is not known.
    pub(crate) fn county_now(&self, relation: &str, number: &str) -> PolarsResult<Option<i64>> {
        let Some(frame) = self.tables.get(relation) else { return Ok(None) };
        let codes = frame.column("town_code")?.str()?;
        let row = codes.iter().position(|code| code == Some(""));
        Ok(row.and_then(|row| frame.column(number).ok()?.i64().ok()?.get(row)))
    }
    /// Name and number of this month's rows of a table, the most first.
    pub(crate) fn ranked(&self, table: &str, name: &str, number: &str) -> PolarsResult<Vec<(String, i64)>> {
        let mut rows = self.rows(table, name, number, 0)?;
        rows.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        Ok(rows)
    }
    /// The same in the table's order, of the month so many before. The county's own row is none of them.
    pub(crate) fn rows(&self, table: &str, name: &str, number: &str, ago: i64) -> PolarsResult<Vec<(String, i64)>> {
        let Some(frame) = self.tables.get(table) else { return Ok(Vec::new()) };
        let (names, numbers) = (frame.column(name)?.str()?, frame.column(number)?.i64()?);
        let ago_of = frame.column("months_ago").ok().and_then(|column| column.i64().ok());
        let town = frame.column("town_code").ok().and_then(|column| column.str().ok());
        let is_wanted = |row: &usize| {
            ago_of.is_none_or(|ago_of| ago_of.get(*row) == Some(ago))
                && (table != "town_figures" || town.is_none_or(|town| town.get(*row) != Some("")))
        };
        let rows = (0..frame.height()).filter(is_wanted);
        Ok(rows.map(|row| (names.get(row).unwrap_or("").to_owned(), numbers.get(row).unwrap_or(0))).collect())
    }
}

/// Borrowed pairs, as [`super::words::listed`] takes them.
pub(crate) fn pairs(rows: &[(String, i64)]) -> impl Iterator<Item = (&str, i64)> {
    rows.iter().map(|(name, count)| (name.as_str(), *count))
}
