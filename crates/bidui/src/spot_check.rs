//! `bidui sample`: some of the towns' answers are looked at a second time by the district. The list that comes of it goes out with tags, as every
//! list that comes back, and its answers are the rate of error in the monthly report.

mod draw;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use bidui_emit::{Addition, Asked, Relations, RowTags, render_lists, sample_schema};
use bidui_ledger::{CaseNumber, Ledger};
use bidui_model::{Level, Month, ReturnKind};
use polars::prelude::*;

use self::draw::{Candidate, Design, Why, draw, is_doubtful};
use crate::config::{self, Config};
use crate::exit::Fault;
use crate::lists::list_context;
use crate::progress::Progress;
use crate::published::PublishedMonth;
use crate::report::ends_without_help;
use crate::routing::route_table;
use crate::run::{Folders, RunOptions};
use crate::seal_month::{Keys, SealMonth, registry_of_month};
use crate::{case_tables, key, lock, months, people};

/// What was asked besides the month.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SampleOptions {
    pub(crate) rate: f64,
    pub(crate) seed: u64,
}

/// A smaller share than one in ten thousand is a slip.
const LEAST_RATE: f64 = 0.0001;

/// `0.1` or `10%`.
pub(crate) fn parse_rate(text: &str) -> Result<f64, Fault> {
    let (number, whole) = match text.trim().strip_suffix(['%', '％']) {
        Some(percent) => (percent.trim_end(), 100.0),
        None => (text.trim(), 1.0),
    };
    let rate = number.parse::<f64>().ok().map(|number| number / whole);
    rate.filter(|rate| (LEAST_RATE..=1.0).contains(rate))
        .ok_or_else(|| Fault::command(format!("抽查比例“{text}”不对；应在0.0001（0.01%）到1之间，写作0.1或10%")))
}

/// Draws the sample of a month, writes its list, and says what was drawn.
pub(crate) fn sample(options: &RunOptions, asked: SampleOptions, progress: &Progress) -> Result<String, Fault> {
    let month = options.month;
    progress.stage("核对配置");
    let config = config::load(&options.config, Some(month))?;
    if config.sample.is_empty() {
        return Err(Fault::command("config/sample 里没有抽查表，无法抽查"));
    }
    let folders = Folders::of(options, &config);
    progress.stage("读取已发布的月份");
    let published = PublishedMonth::open(&folders.out, month)?;
    if !published.has_ledger() {
        return Err(Fault::command(format!("{}尚无台账，没有答复可抽查", month.in_chinese())));
    }
    let now = case_tables::of_ledger(&folders.state, &config, month, &published.relation("cases")?)?;
    let now = |name: &str| now.get(name).cloned().map_or_else(|| published.relation(name), Ok);
    let (answers, cases) = (now("answers")?, now("cases")?);
    let frame = Frame::read(&answers, &config, month)?;
    if frame.candidates.is_empty() {
        return Err(Fault::data(format!(
            "近{}个月的清单没有可抽查的答复：还没有收到答复，或都已复核过",
            config.settings.sample.months
        )));
    }
    let design = Design { rate: asked.rate, no_risk_weight: config.settings.sample.no_risk_weight, seed: asked.seed };
    let drawn = draw(&frame.candidates, &design);
    let rows = frame.rows(&drawn, (&answers, &cases), &design, &config, month)?;

    progress.stage("读取户主姓名");
    let keys = keys(&folders, &config)?;
    let of_rows: BTreeSet<&str> = rows.column("case_id")?.str()?.iter().flatten().collect();
    let is_drawn = cases.column("case_id")?.str()?.iter().map(|case| case.is_some_and(|case| of_rows.contains(case)));
    let drawn_cases = cases.filter(&is_drawn.collect())?;
    let (heads, warned) = people_of(&config, &folders, &keys, month, &drawn_cases)?;
    let mut relations = Relations::from([("sample_rows".to_owned(), rows)]);
    relations.insert("heads".to_owned(), heads);
    relations.insert("warned".to_owned(), warned);
    for name in ["answers", "cases"] {
        relations.insert(name.to_owned(), now(name)?);
    }

    progress.stage("生成抽查表");
    let tags = Arc::clone(&keys.list_tags);
    let row_tags = RowTags::new(move |list, row_key| tags.tag(list, month, row_key, None));
    let mut context = list_context(&config, month, row_tags);
    context.run_note.insert(0, ("抽样".to_owned(), frame.in_words(&drawn, &design)));
    let list = case_tables::list_of(&config, ReturnKind::Sample);
    let ledger = folders.state.join("ledger.db");
    if ledger.is_file() {
        Ledger::open(&ledger)?.record_draw(list, month, &frame.answers_of(&drawn))?;
    }
    let addition = Addition::begin(&folders.out, &month.to_string(), "sample").map_err(lock::or_busy)?;
    let written = render_lists(&config.sample, &relations, &context, addition.path())?;
    let place = addition.commit()?;
    progress.done();
    let names: Vec<&str> = written.iter().filter_map(|list| list.file.rsplit('/').next()).collect();
    let mut said = format!("{}抽查：{}\n  {}\n", month.in_chinese(), place.display(), names.join("、"));
    writeln!(said, "{}", frame.in_words(&drawn, &design))?;
    said.push_str(&frame.by_town(&drawn, &context.towns)?);
    Ok(said)
}

/// The keys of the store; a sample makes none.
fn keys(folders: &Folders, config: &Config) -> Result<Keys, Fault> {
    if !folders.key.exists() {
        return Err(Fault::command(format!("密钥文件“{}”不见了；请从备份恢复", folders.key.display())));
    }
    let (master, _) = key::load_or_make(&folders.key, &folders.state)?;
    key::refuse_other_key(&folders.state, &master.fingerprint(), config.settings.hash.name())?;
    Ok(Keys::derive(&master, config))
}

/// The list-only tables `heads` and `warned` of these cases, read again from the registry's extract of the month.
fn people_of(
    config: &Config,
    folders: &Folders,
    keys: &Keys,
    month: Month,
    cases: &DataFrame,
) -> Result<(DataFrame, DataFrame), Fault> {
    let inbox = months::survey(&folders.inbox, config, month)?;
    let _store = lock::take_store(&folders.state)?;
    let (sealed, registry) = registry_of_month(&SealMonth { config, folders, inbox: &inbox, keys, month })?;
    let households = cases.column("household_id")?.str()?.iter().flatten().map(str::to_owned).collect();
    let asked = Asked { households, persons: BTreeSet::new() };
    let about = people::about_all(&registry, cases)?;
    let mut wanted = people::asked(&registry, &asked);
    wanted.extend(about.values().flat_map(people::About::members));
    let folder = folders.inbox.join(month.to_string());
    let contract = &config.contracts[config.registry];
    let shown = people::read_people(&folder, contract, &sealed, &registry, &wanted)?;
    let heads = people::heads_frame(&registry, &route_table(&config.gazetteer), &shown, &asked.households)?;
    Ok((heads, people::warned_frame(&registry, &[], &about, &shown)?))
}

/// The answers that may be drawn, each with its row in `answers`.
struct Frame {
    candidates: Vec<Candidate>,
    rows: Vec<u32>,
    /// Of the lists that were answered.
    months: Vec<String>,
}

impl Frame {
    /// Of each case the standing answer to the latest list that says what was found, unless somebody looked at it again already.
    fn read(answers: &DataFrame, config: &Config, month: Month) -> Result<Self, Fault> {
        let column = |name: &str| answers.column(name).and_then(|column| column.str().cloned());
        let (cases, lists, months) = (column("case_id")?, column("list")?, column("list_month")?);
        let (codes, effects, standing) = (column("code")?, column("effect")?, column("standing")?);
        let held = column("held")?;
        let (towns, levels) = (column("town_code")?, column("level")?);
        let word = |column: &StringChunked, row: usize| column.get(row).unwrap_or("").to_owned();
        let earliest = month.plus(1 - config.settings.sample.months).to_string();
        let latest = month.to_string();
        let mut found: BTreeMap<String, (String, usize)> = BTreeMap::new();
        let mut looked_at: BTreeMap<String, String> = BTreeMap::new();
        for row in 0..answers.height() {
            let (case, of_month) = (word(&cases, row), word(&months, row));
            match lists.get(row) {
                Some("sample") => {
                    let known = looked_at.entry(case).or_default();
                    *known = of_month.max(std::mem::take(known));
                }
                Some("verification")
                    if standing.get(row) == Some("是")
                        && effects.get(row) != Some("pending")
                        && held.get(row) != Some("open")
                        && (&earliest..=&latest).contains(&&of_month) =>
                {
                    let known = found.entry(case).or_insert((of_month.clone(), row));
                    if of_month >= known.0 {
                        *known = (of_month, row);
                    }
                }
                _ => {}
            }
        }
        // A second look of the sample's own month is that sample's: drawn again, it is the same sample.
        found.retain(|case, (of_month, _)| {
            looked_at.get(case).is_none_or(|looked| looked < of_month || *looked == latest)
        });
        let rows: Vec<u32> = found.values().map(|(_, row)| *row as u32).collect();
        let months = found.values().map(|(of_month, _)| of_month.clone()).collect();
        let candidates = found.into_iter().map(|(case_id, (_, row))| Candidate {
            case_id,
            town_code: word(&towns, row),
            level: levels.get(row).and_then(Level::from_code),
            code: word(&codes, row),
            no_risk: effects.get(row).is_some_and(ends_without_help),
        });
        Ok(Self { candidates: candidates.collect(), rows, months })
    }

    /// Of which lists the drawn answers are, and their codes.
    fn answers_of(&self, drawn: &[(usize, Why)]) -> Vec<(CaseNumber, Month, String)> {
        let of = |(at, _): &(usize, Why)| {
            let number = CaseNumber::parse(&self.candidates[*at].case_id).ok()?;
            Some((number, self.months[*at].parse().ok()?, self.candidates[*at].code.clone()))
        };
        drawn.iter().filter_map(of).collect()
    }

    /// The table `sample_rows`.
    fn rows(
        &self,
        drawn: &[(usize, Why)],
        (answers, cases): (&DataFrame, &DataFrame),
        design: &Design,
        config: &Config,
        month: Month,
    ) -> PolarsResult<DataFrame> {
        let first =
            answers.take(&IdxCa::from_vec("row".into(), drawn.iter().map(|(at, _)| self.rows[*at]).collect()))?;
        let of_case: BTreeMap<&str, usize> =
            cases.column("case_id")?.str()?.iter().enumerate().filter_map(|(row, id)| Some((id?, row))).collect();
        let case_row = |at: &usize| of_case.get(self.candidates[*at].case_id.as_str()).copied();
        let of_cases = |name: &str| -> PolarsResult<Vec<String>> {
            let column = cases.column(name)?.str()?;
            let word = |(at, _): &(usize, Why)| case_row(at).and_then(|row| column.get(row)).unwrap_or("").to_owned();
            Ok(drawn.iter().map(word).collect())
        };
        let level = |(at, _): &(usize, Why)| self.candidates[*at].level;
        let columns = sample_schema().into_iter().map(|(name, kind)| {
            let column = match name.as_str() {
                "month" => Column::new(name, vec![month.to_string(); drawn.len()]),
                "village_code" | "village" | "hamlet" | "risks" | "reasons" => {
                    Column::new(name.clone(), of_cases(&name)?)
                }
                "level_name" => Column::new(
                    name,
                    drawn
                        .iter()
                        .map(|one| level(one).map_or("", |level| config.grading.name(level)))
                        .collect::<Vec<_>>(),
                ),
                "level_rank" => Column::new(
                    name,
                    drawn.iter().map(|one| level(one).map(|level| level as i64 + 1)).collect::<Vec<_>>(),
                ),
                "why_drawn" => {
                    Column::new(name, drawn.iter().map(|(_, why)| in_words(*why, design)).collect::<Vec<_>>())
                }
                "first_code" => first.column("code")?.clone().with_name(name),
                "first_answer" => first.column("label")?.clone().with_name(name),
                "first_method" => first.column("method")?.clone().with_name(name),
                "first_month" => first.column("list_month")?.clone().with_name(name),
                "first_on" => first.column("answered_on")?.clone().with_name(name),
                of_answer => first.column(of_answer)?.clone(),
            };
            column.cast(&kind)
        });
        DataFrame::new(drawn.len(), columns.collect::<PolarsResult<_>>()?)
    }

    fn in_words(&self, drawn: &[(usize, Why)], design: &Design) -> String {
        let doubtful = self.candidates.iter().filter(|candidate| is_doubtful(candidate)).count();
        let of_doubtful = drawn.iter().filter(|(at, _)| is_doubtful(&self.candidates[*at])).count();
        format!(
            "可抽查的答复{}户，抽中{}户；其中红、橙而答复为不必纳入或帮扶的{doubtful}户，抽中{of_doubtful}户。比例{}，种子{}",
            self.candidates.len(),
            drawn.len(),
            percent(design.rate),
            design.seed
        )
    }

    /// A line a town: how many might be drawn, and how many were.
    fn by_town(&self, drawn: &[(usize, Why)], towns: &[(String, String)]) -> Result<String, Fault> {
        let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for candidate in &self.candidates {
            counts.entry(&candidate.town_code).or_default().0 += 1;
        }
        for (at, _) in drawn {
            counts.entry(&self.candidates[*at].town_code).or_default().1 += 1;
        }
        let mut text = String::new();
        for (code, (all, some)) in counts {
            let town = towns.iter().find(|(known, _)| known == code).map_or("未归属", |(_, town)| town);
            writeln!(text, "  {town}　{all}户中抽{some}户")?;
        }
        Ok(text)
    }
}

fn in_words(why: Why, design: &Design) -> String {
    match why {
        Why::Rate => format!("按{}抽取", percent(design.rate)),
        Why::Doubtful => {
            format!("红、橙而答复为不必纳入或帮扶，按{}抽取", percent((design.rate * design.no_risk_weight).min(1.0)))
        }
        Why::OnlyOfTown => "本镇至少抽1户".to_owned(),
    }
}

/// `10%`, `2.5%`.
fn percent(share: f64) -> String {
    let text = format!("{:.2}", share * 100.0);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(text: &str, expected: Option<f64>) {
        assert_eq!(parse_rate(text).ok(), expected, "{text}");
    }

    #[test]
    fn a_rate_is_a_share_or_a_percentage() {
        check("0.1", Some(0.1));
        check(" 10% ", Some(0.1));
        check("5％", Some(0.05));
        check("1", Some(1.0));
        for wrong in ["0", "0%", "-0.1", "1.5", "101%", "10", "一成", "NaN", "", "1e-9", "0.001%"] {
            check(wrong, None);
        }
        assert_eq!((percent(0.1), percent(0.025), percent(1.0)), ("10%".into(), "2.5%".into(), "100%".into()));
    }
}
