//! Rules as a person reads them: a condition in words with the household's values, and what kept the other rules from firing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use bidui_match::{ClauseAnswer, Per, Rule, explain_rule};
use bidui_model::Level;
use bidui_normalize::iso_date;
use polars::prelude::*;

use crate::balance::read_relation;
use crate::config::Config;
use crate::exit::Fault;
use crate::explain::word;
use crate::plain_words::in_plain_words;

/// A household's rows of the published relations.
pub(crate) struct About<'a> {
    pub(crate) config: &'a Config,
    pub(crate) household: &'a DataFrame,
    pub(crate) persons: &'a DataFrame,
    /// Facts that the month does not know.
    pub(crate) unknown: &'a BTreeSet<String>,
    /// Facts of a member, or of the household (no number), that count rows of which it is not certain whose they are: what they would be without.
    pub(crate) weak: &'a WeakFacts,
    /// Rules that are not what they were when the month was published: what they ask now says nothing of what they asked then.
    pub(crate) changed: &'a BTreeSet<String>,
}

/// By fact and 人编号.
pub(crate) type WeakFacts = BTreeMap<(String, String), String>;

/// The facts of a household that rest on weak links, from the month's relation; nothing where the month has none.
pub(crate) fn weak_facts(data: &Path, household: &str) -> Result<WeakFacts, Fault> {
    if !data.join("weak_facts.parquet").is_file() {
        return Ok(WeakFacts::new());
    }
    let all = read_relation(data, "weak_facts")?;
    let own = all.filter(&all.column("household_id")?.str()?.iter().map(|id| Some(id == Some(household))).collect())?;
    let of_row = |row: usize| {
        let number = word(&own, "strong_number", row)?;
        let strong = if number.is_empty() { word(&own, "strong_word", row)? } else { number };
        let strong = strong.strip_suffix(".0").map_or_else(|| strong.clone(), str::to_owned);
        Ok(((word(&own, "fact", row)?, word(&own, "person_no", row)?), strong))
    };
    (0..own.height()).map(of_row).collect()
}

/// What a fact would be, as the one beside it is shown: a day, yes or no, a number or a word.
fn as_shown(strong: &str, beside: &str) -> String {
    let is_day = beside.len() == 10 && beside.matches('-').count() == 2;
    match (strong, beside) {
        ("", _) => "没有".to_owned(),
        ("1", "是" | "否") => "是".to_owned(),
        ("0", "是" | "否") => "否".to_owned(),
        (days, _) if is_day => days.parse().map_or_else(|_| days.to_owned(), iso_date),
        (strong, _) => strong.to_owned(),
    }
}

/// Said of such a rule.
pub(crate) const CHANGED: &str = "发布之后规则或它的指标改过";

/// The rules that the month was not run with as they are, or whose facts are other ones since. All, where the month does not say with which it was run.
pub(crate) fn changed_since(config: &Config, data: &Path) -> Result<BTreeSet<String>, Fault> {
    let definitions = |relation: &str, name: &str| -> Result<BTreeMap<String, String>, Fault> {
        if !data.join(format!("{relation}.parquet")).is_file() {
            return Ok(BTreeMap::new());
        }
        let frame = read_relation(data, relation)?;
        if frame.column("definition").is_err() {
            return Ok(BTreeMap::new());
        }
        (0..frame.height()).map(|row| Ok((word(&frame, name, row)?, word(&frame, "definition", row)?))).collect()
    };
    let (rules, facts) = (definitions("rules", "rule_id")?, definitions("facts", "fact")?);
    let is_same = |rule: &&Rule| {
        let reads = rule.reads();
        let mut read = config.facts.iter().filter(|fact| reads.contains(&fact.name));
        rules.get(&rule.id) == Some(&rule.definition())
            && read.all(|fact| facts.get(&fact.name) == Some(&fact.definition()))
    };
    Ok(config.rules.iter().filter(|rule| !is_same(rule)).map(|rule| rule.id.clone()).collect())
}

/// Of a rule, for the household or one of its members.
pub(crate) struct Asked {
    /// Number, relation and age; empty for the household.
    pub(crate) member: String,
    pub(crate) person_no: String,
    pub(crate) clauses: Vec<ClauseAnswer>,
}

impl About<'_> {
    /// The rule, clause by clause, for the household or each of its members.
    pub(crate) fn ask(&self, rule: &Rule) -> Result<Vec<Asked>, Fault> {
        if rule.per != Per::Person {
            let clauses = self.told_of_doubt(explain_rule(rule, self.household, self.unknown)?, "");
            return Ok(vec![Asked { member: String::new(), person_no: String::new(), clauses }]);
        }
        let of_member = |row: usize| {
            let member = self.persons.slice(row as i64, 1);
            let person_no = word(&member, "person_no", 0)?;
            let relation = word(&member, "relation", 0)?;
            let age = word(&member, "age", 0)?;
            let clauses = explain_rule(rule, &joined(&member, self.household)?, self.unknown)?;
            let clauses = self.told_of_doubt(clauses, &person_no);
            Ok(Asked { member: format!("{person_no}（{relation}，{age}岁）"), person_no, clauses })
        };
        (0..self.persons.height()).map(of_member).collect()
    }

    /// With what each value would be without rows that are somebody's only by his name and the like.
    fn told_of_doubt(&self, mut clauses: Vec<ClauseAnswer>, person_no: &str) -> Vec<ClauseAnswer> {
        for (name, value) in clauses.iter_mut().flat_map(|clause| &mut clause.values) {
            let of = |number: &str| self.weak.get(&(name.clone(), number.to_owned()));
            if let Some(strong) = of(person_no).or_else(|| of("")) {
                let strong = as_shown(strong, value);
                *value = format!("{value}（其中有疑似、身份待核的行，不算它们为{strong}）");
            }
        }
        clauses
    }

    /// A condition in words.
    pub(crate) fn in_words(&self, sql: &str) -> String {
        in_plain_words(sql, &self.config.facts, &self.config.contracts[self.config.registry])
    }

    /// What a condition read, in words: `近12个月住院个人自付合计为11139.36`.
    pub(crate) fn values(&self, clause: &ClauseAnswer) -> String {
        let value = |(name, value): &(String, String)| match value.as_str() {
            "" => format!("{}为空", self.in_words(name)),
            "—" => format!("{}没有数据", self.in_words(name)),
            value => format!("{}为{value}", self.in_words(name)),
        };
        clause.values.iter().map(value).collect::<Vec<_>>().join("，")
    }

    /// The condition by which a signal has its level, with its values: a line for the household or each member whom it is about.
    pub(crate) fn fired(&self, text: &mut String, rule: &Rule, level: &str, persons: &str) -> Result<(), Fault> {
        let level = Level::from_code(level);
        for asked in self.ask(rule)? {
            let is_meant = asked.person_no.is_empty() || persons.split(',').any(|person| person == asked.person_no);
            let clauses = asked.clauses.iter().filter(|clause| clause.level == level && clause.answer == Some(true));
            for clause in clauses.filter(|_| is_meant) {
                let member = if asked.member.is_empty() { String::new() } else { format!("{}：", asked.member) };
                writeln!(text, "  成立：{member}{}；{}", self.in_words(&clause.sql), self.values(clause))?;
            }
        }
        Ok(())
    }

    /// What kept every other rule from firing: the near ones with their values, the rest counted.
    pub(crate) fn silent(&self, text: &mut String, fired: &BTreeSet<String>) -> Result<(), Fault> {
        let (mut near, mut waiting, mut outside, mut nothing) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut changed = Vec::new();
        for rule in self.config.rules.iter().filter(|rule| !fired.contains(&rule.id)) {
            if self.changed.contains(&rule.id) {
                changed.push(format!("{}（{}）", rule.title, rule.id));
                continue;
            }
            match self.kept_from(rule)? {
                Kept::Near(line) => near.push(line),
                Kept::Unknown(line) => waiting.push(line),
                Kept::OutOfScope => outside.push(rule.title.as_str()),
                Kept::Nothing => nothing.push(rule.title.as_str()),
            }
        }
        writeln!(text, "\n没有触发的规则")?;
        for (heading, lines) in [("有相关情况、没有达到条件的", &near), ("缺数据、无法判定的", &waiting)]
        {
            if !lines.is_empty() {
                writeln!(text, "  {heading}：")?;
                lines.iter().try_for_each(|line| writeln!(text, "    {line}"))?;
            }
        }
        if !changed.is_empty() {
            let count = changed.len();
            writeln!(
                text,
                "  {CHANGED}、说不出当时为什么没有触发的 {count} 条（按现在的规则查看：--rule 编号）：{}",
                changed.join("；")
            )?;
        }
        for (heading, titles) in [("不在适用范围的", &outside), ("没有相关记录的", &nothing)] {
            if !titles.is_empty() {
                writeln!(text, "  {heading} {} 条：{}", titles.len(), titles.join("；"))?;
            }
        }
        Ok(())
    }

    fn kept_from(&self, rule: &Rule) -> Result<Kept, Fault> {
        let mut kept = Kept::OutOfScope;
        for asked in self.ask(rule)? {
            let scope = asked.clauses.iter().find(|clause| clause.level.is_none());
            let levels: Vec<&ClauseAnswer> = asked.clauses.iter().filter(|clause| clause.level.is_some()).collect();
            let Some(lowest) = levels.last() else { continue };
            let member = if asked.member.is_empty() { String::new() } else { format!("{}：", asked.member) };
            let line = |clause: &ClauseAnswer| {
                let (words, values) = (self.in_words(&clause.sql), self.values(clause));
                format!("{}（{}）：{member}要求 {words}；{values}", rule.title, rule.id)
            };
            let found = match scope.map(|scope| scope.answer) {
                Some(Some(false)) => Kept::OutOfScope,
                Some(None) => scope.map_or(Kept::OutOfScope, |scope| Kept::Unknown(line(scope))),
                _ if levels.iter().any(|clause| clause.answer.is_none()) => Kept::Unknown(line(lowest)),
                _ if self.has_something(lowest) => Kept::Near(line(lowest)),
                _ => Kept::Nothing,
            };
            if found.rank() > kept.rank() {
                kept = found;
            }
        }
        Ok(kept)
    }

    /// Whether an extract says anything of what the condition asks.
    fn has_something(&self, clause: &ClauseAnswer) -> bool {
        let is_fact = |name: &str| self.config.facts.iter().any(|fact| fact.name == name);
        let is_some = |value: &str| !matches!(value, "" | "—" | "否") && value.parse::<f64>() != Ok(0.0);
        clause.values.iter().any(|(name, value)| is_fact(name) && is_some(value))
    }
}

/// Why a rule did not fire.
enum Kept {
    OutOfScope,
    Nothing,
    Near(String),
    Unknown(String),
}

impl Kept {
    /// Of several members the one of whom there is most to say.
    fn rank(&self) -> u8 {
        match self {
            Self::OutOfScope => 0,
            Self::Nothing => 1,
            Self::Near(_) => 2,
            Self::Unknown(_) => 3,
        }
    }
}

/// The member's columns, and his household's where he has none of that name.
fn joined(member: &DataFrame, household: &DataFrame) -> PolarsResult<DataFrame> {
    let mut columns = member.columns().to_vec();
    for column in household.columns() {
        if member.column(column.name()).is_err() {
            columns.push(column.clone());
        }
    }
    DataFrame::new(1, columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_fact_would_be_is_shown_like_the_fact() {
        for (strong, beside, expected) in [
            ("", "3", "没有"),
            ("1", "是", "是"),
            ("0", "是", "否"),
            ("19417", "2023-03-05", "2023-03-01"),
            ("812.5", "1000", "812.5"),
            ("入户", "电话", "入户"),
        ] {
            assert_eq!(as_shown(strong, beside), expected, "{strong} beside {beside}");
        }
    }
}
