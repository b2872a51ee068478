//! `bidui check`: the configuration, and with a month the headings and amounts of its extracts. Reads, writes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use bidui_authoring::EXAMPLE;
use bidui_ingest::{FileReport, ReadOptions};
use bidui_model::{DataContract, Month};
use bidui_normalize::mask_numbers;
use rayon::prelude::*;

use crate::config::{self, Config};
use crate::exit::Fault;
use crate::guard_content::named_for_another_month;
use crate::inputs::{read_steady, stamp};
use crate::progress::Progress;
use crate::run::{Folders, RunOptions};
use crate::{decisions, guard, key, lost, months, render, sealing};

/// What `check` was asked.
pub(crate) struct CheckOptions {
    pub(crate) config: PathBuf,
    pub(crate) inbox: Option<PathBuf>,
    pub(crate) state: Option<PathBuf>,
    /// What is wrong with the configuration as a list for programs, and nothing else.
    pub(crate) json: bool,
}

impl CheckOptions {
    fn run_options(&self, month: Month) -> RunOptions {
        let (config, inbox, state) = (self.config.clone(), self.inbox.clone(), self.state.clone());
        RunOptions { month, config, inbox, out: None, state, train_linkage: false }
    }
}

pub(crate) fn check(month: Option<Month>, options: &CheckOptions, progress: &Progress) -> Result<String, Fault> {
    progress.stage("核对配置");
    let config = match config::load(&options.config, month) {
        Err(Fault::Config(errors)) if options.json => return Err(Fault::Listed(render::json(&errors))),
        Ok(config) if options.json => return Ok(render::json(&config.warnings)),
        config => config?,
    };
    let levels: usize = config.rules.iter().map(|rule| rule.levels.len()).sum();
    let mut text = format!(
        "配置没有错误：数据契约{}份，指标{}项，规则{}条（{}个等级条件，例子全部通过），数据检查{}条，清单{}种，报表{}种，抽查表{}种，乡镇{}个，村（社区）{}个\n",
        config.contracts.len(),
        config.facts.len(),
        config.rules.len(),
        levels,
        config.checks.checks.len(),
        config.lists.len(),
        config.report.len(),
        config.sample.len(),
        config.gazetteer.towns().len(),
        config.gazetteer.villages().len()
    );
    if config.gazetteer.towns().iter().any(|town| town.name.starts_with(EXAMPLE)) {
        text.push_str("提醒：towns.toml、villages.csv 里还有示例的镇、村，正式运行前全部换成本县的\n");
    }
    text.push_str(&render::warnings(&config.warnings));
    let Some(month) = month else { return Ok(text) };
    let folders = Folders::of(&options.run_options(month), &config);
    key::check(&folders.key, &folders.state, config.settings.hash.name())?;
    lost::refuse_lost_ledger(&folders.state, &folders.out)?;
    decisions::read(&folders.state)?;
    let problems = check_month(&config, &folders, month, progress, &mut text)?;
    if problems.is_empty() {
        return Ok(text);
    }
    Err(Fault::data(format!("{}\n  {}", month.in_chinese(), problems.join("\n  "))).with_report(&text))
}

/// The files of one month, and of those before that its amounts are measured against.
fn check_month(
    config: &Config,
    folders: &Folders,
    month: Month,
    progress: &Progress,
    text: &mut String,
) -> Result<Vec<String>, Fault> {
    progress.stage("核对数据");
    let inbox = &folders.inbox;
    let survey = months::survey(inbox, config, month)?;
    months::refuse_contested(&survey, &config.contracts)?;
    let mut problems = Vec::new();
    let mut unread = BTreeSet::new();
    let mut kept: BTreeMap<(usize, Month), u64> = BTreeMap::new();
    let wanted = months::work(&survey, config, month);
    let read: Vec<_> = wanted
        .par_iter()
        .map(|(feed, each, files)| read_all(&config.contracts[*feed], &inbox.join(each.to_string()), files))
        .collect();
    for ((feed, each, files), reports) in wanted.iter().zip(read) {
        if *each == month
            && let Some(why) = named_for_another_month(month, files.iter().map(String::as_str))
        {
            let contract = &config.contracts[*feed];
            let line = format!("《{}》：{why}", contract.name);
            if contract.required {
                problems.push(line)
            } else {
                writeln!(text, "提醒：{line}；运行时将暂缓使用")?
            }
        }
        for report in reports {
            match report {
                Ok(report) => {
                    *kept.entry((*feed, *each)).or_default() += report.kept;
                    if *each == month {
                        describe(text, &config.contracts[*feed], &report);
                    }
                }
                Err(problem) if *each == month => {
                    let contract = &config.contracts[*feed];
                    unread.insert(*feed);
                    let line = format!("《{}》：{}", contract.name, mask_numbers(&problem.to_string()));
                    if contract.required {
                        problems.push(line);
                    } else {
                        writeln!(text, "提醒：{line}；运行时将暂缓使用")?;
                    }
                }
                Err(_) => {}
            }
        }
    }
    for (feed, each) in months::history_only(&survey, config, month) {
        if let Some(rows) = sealing::stored_rows(&folders.state, &config.contracts[feed].name, each) {
            kept.insert((feed, each), rows);
        }
    }
    for (feed, contract) in config.contracts.iter().enumerate() {
        let now = kept.get(&(feed, month));
        if now.is_none() && !unread.contains(&feed) {
            let line = format!("《{}》（{}）本月未到", contract.name, contract.department);
            if contract.required { problems.push(line) } else { writeln!(text, "提醒：{line}")? }
        }
        let mut previous = None;
        for ((_, each), rows) in kept.iter().filter(|((of, _), _)| *of == feed) {
            match guard::wrong_amount(contract, *rows, previous) {
                None => previous = Some((*each, *rows)),
                Some(why) if *each == month && contract.required => {
                    problems.push(format!("《{}》（{}）：{why}", contract.name, contract.department));
                }
                Some(why) if *each == month => writeln!(text, "提醒：《{}》运行时将暂缓使用：{why}", contract.name)?,
                Some(_) => {}
            }
        }
    }
    for note in &survey.notes {
        writeln!(text, "提醒：{note}")?;
    }
    writeln!(text, "关联率要到运行时才能核对")?;
    if let Some(assignment) = survey.months.get(&month) {
        for stranger in &assignment.strangers {
            let near = stranger.nearest.map(|feed| {
                format!("；最接近《{}》（{}）", config.contracts[feed].name, config.contracts[feed].files.join(" 或 "))
            });
            let why = months::stranger_in_words(&config.contracts, &stranger.file);
            writeln!(text, "提醒：“{}”{why}{}", mask_numbers(&stranger.file), near.unwrap_or_default())?;
        }
    }
    Ok(problems)
}

fn read_all(
    contract: &DataContract,
    folder: &Path,
    files: &[String],
) -> Vec<Result<FileReport, bidui_ingest::FileProblem>> {
    let read = |file: &String| {
        let path = folder.join(file);
        let before = stamp(&path, file)?;
        read_steady(&path, file, &before, contract, &ReadOptions::default(), &mut |_| {})
    };
    files.iter().map(read).collect()
}

fn describe(text: &mut String, contract: &DataContract, report: &FileReport) {
    let file = report.sources.first().map_or("", |source| source.file.as_str());
    let _ = writeln!(
        text,
        "《{}》{file}：{}，收到{}行，可用{}行（去重前）",
        contract.name,
        report.form.title(),
        report.received,
        report.kept
    );
    let missing: Vec<&str> = contract
        .columns
        .iter()
        .filter(|column| !report.headings.iter().any(|(name, _)| *name == column.name))
        .filter_map(|column| column.headings.first().map(String::as_str))
        .collect();
    if !missing.is_empty() {
        let _ = writeln!(text, "  没有这些可有可无的列：{}", missing.join("、"));
    }
    for (sheet, why) in &report.skipped_sheets {
        let _ = writeln!(text, "  工作表“{sheet}”未读：{}", why.title());
    }
    for (sheet, rows) in &report.hidden_rows {
        let _ = writeln!(text, "  工作表“{sheet}”有{rows}个隐藏行（含被筛选隐藏的），照常读入");
    }
}
