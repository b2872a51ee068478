//! `bidui cases` and `bidui case NUMBER`: what the ledger stands at, and one case's history, for the desk. No name is in the ledger, and none is shown.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bidui_ledger::{Case, CaseNumber, CaseState, Ledger, What};
use bidui_model::{CellKind, DatePrecision, Month, RawCell};
use bidui_normalize::{iso_date, mask_numbers, parse_date};

use crate::case_stage::stage;
use crate::case_tables::{CaseInputs, in_words, joined_into};
use crate::casebook::{label_of, result_choices};
use crate::config::{self, Config};
use crate::exit::Fault;
use crate::left_registry::NOBODY_LEFT;
use crate::render::tidy;
use crate::run::{Folders, RunOptions};
use crate::{clocks, summary};

/// What was asked.
pub(crate) struct CasesCommand {
    /// Its month is not looked at.
    pub(crate) options: RunOptions,
    /// A town's name or code.
    pub(crate) town: Option<String>,
    /// The day for which things are due; the latest lists' day of issue if it is not said.
    pub(crate) on: Option<String>,
}

/// The ledger of a state folder, the configuration, and the day.
struct Desk {
    config: Config,
    ledger: Ledger,
    month: Month,
    today: i32,
}

/// What `--on` says.
fn day_of(text: &str) -> Result<i32, Fault> {
    match parse_date(RawCell { kind: CellKind::Text, text }) {
        Ok(Some((day, DatePrecision::Day))) => Ok(day),
        _ => {
            let form = "请写作四位年、两位月、两位日，如 --on 2023-04-09";
            Err(Fault::command(format!("--on“{text}”不是日期，{form}")))
        }
    }
}

fn open(options: &RunOptions, on: Option<&str>) -> Result<Desk, Fault> {
    let day = on.map(day_of).transpose()?;
    let config = config::load(&options.config, None)?;
    let folders = Folders::of(options, &config);
    let path = folders.state.join("ledger.db");
    if !path.is_file() {
        let why = "还没有台账；请先执行 bidui run";
        return Err(Fault::command(format!("封存文件夹“{}”里{why}", tidy(&folders.state).display())));
    }
    let ledger = Ledger::open(&path)?;
    let Some(month) = ledger.months()?.last().copied() else {
        return Err(Fault::command("台账是空的；请先执行 bidui run"));
    };
    let today = day.unwrap_or_else(|| clocks::issue_day(&config.settings, month));
    Ok(Desk { config, ledger, month, today })
}

pub(crate) fn cases(command: &CasesCommand) -> Result<String, Fault> {
    let desk = open(&command.options, command.on.as_deref())?;
    let mut text = format!("台账（最近一次运行{}，按{}计）\n", desk.month.in_chinese(), iso_date(desk.today));
    match &command.town {
        None => all_towns(&desk, &mut text)?,
        Some(town) => one_town(&desk, town, &mut text)?,
    }
    Ok(text)
}

fn all_towns(desk: &Desk, text: &mut String) -> Result<(), Fault> {
    let standing = desk.ledger.standing(desk.today)?;
    writeln!(text, "  {}    开档    办结  未办结  待核查  今天到期    超期", summary::pad("乡镇"))?;
    let mut sum = [0_u64; 6];
    for (code, town) in &standing {
        let name = desk.config.gazetteer.town(code).map_or("未派发", |town| town.name.as_str());
        let counts = [town.opened, town.closed, town.standing, town.open, town.due_today, town.overdue];
        sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        writeln!(text, "  {}{}", summary::pad(name), in_columns(counts))?;
    }
    writeln!(text, "  {}{}", summary::pad("全区"), in_columns(sum))?;
    Ok(())
}

fn in_columns(counts: [u64; 6]) -> String {
    counts.iter().zip([8, 8, 8, 8, 10, 8]).map(|(count, width)| format!("{count:>width$}")).collect()
}

fn one_town(desk: &Desk, given: &str, text: &mut String) -> Result<(), Fault> {
    let towns = desk.config.gazetteer.towns();
    let Some(town) = towns.iter().find(|town| town.name == given || town.code.0 == given) else {
        let names: Vec<&str> = towns.iter().map(|town| town.name.as_str()).collect();
        return Err(Fault::command(format!("没有“{given}”这个乡镇；可用：{}", names.join("、"))));
    };
    let histories = desk.ledger.present(desk.month)?;
    let places = BTreeMap::new();
    let inputs = inputs(desk, &histories, &places);
    let of_town = |case: &&Case| case.state != CaseState::Closed && case.town == town.code.0;
    let mut cases: Vec<&Case> = inputs.cases().into_iter().filter(of_town).collect();
    cases.sort_by_key(|case| (std::cmp::Reverse(inputs.overdue(case)), case.level, case.number.clone()));
    writeln!(text, "{}：{}户未办结", town.name, cases.len())?;
    for case in cases {
        let due = case.due.map_or_else(String::new, |due| format!("，应办结{}", iso_date(due)));
        let late = match inputs.overdue(case) {
            0 => String::new(),
            days => format!("，超期{days}天"),
        };
        let due = if case.state == CaseState::Open { format!("{due}{late}") } else { String::new() };
        let level = desk.config.grading.name(case.level);
        writeln!(
            text,
            "  {}　{level}　户 {}　{}　最近预警{}{due}",
            case.number,
            case.household,
            stage(case),
            case.last_warned
        )?;
    }
    Ok(())
}

fn inputs<'a>(
    desk: &'a Desk,
    histories: &'a BTreeMap<String, bidui_ledger::History>,
    places: &'a BTreeMap<String, crate::case_tables::Place>,
) -> CaseInputs<'a> {
    CaseInputs { config: &desk.config, month: desk.month, today: desk.today, histories, places, left: &NOBODY_LEFT }
}

pub(crate) fn case(options: &RunOptions, given: &str, on: Option<&str>) -> Result<String, Fault> {
    let desk = open(options, on)?;
    let number =
        CaseNumber::parse(given).map_err(|error| Fault::command(format!("“{}”{error}", mask_numbers(given))))?;
    let Some((household, history)) = desk.ledger.history(&number)? else {
        return Err(Fault::command(format!("台账里没有预警编号“{}”；请核对", mask_numbers(given))));
    };
    let histories = BTreeMap::from([(household.clone(), history)]);
    let places = BTreeMap::new();
    let inputs = inputs(&desk, &histories, &places);
    told(&inputs, &household, Some(&number))
}

/// What the ledger knows of a household, for whoever asks why it was warned: nothing where there is no case.
pub(crate) fn of_household(config: &Config, folders: &Folders, month: Month, household: &str) -> Result<String, Fault> {
    let path = folders.state.join("ledger.db");
    if !path.is_file() {
        return Ok(String::new());
    }
    let histories = Ledger::open(&path)?.present_of(household)?;
    // It may have another number since.
    let found = histories.get_key_value(household).or_else(|| histories.iter().next());
    let Some((household, _)) = found else { return Ok(String::new()) };
    let today = clocks::issue_day(&config.settings, month);
    let places = BTreeMap::new();
    let inputs = CaseInputs { config, month, today, histories: &histories, places: &places, left: &NOBODY_LEFT };
    Ok(format!("\n档案的经过（到现在为止）\n{}", told(&inputs, household, None)?))
}

/// A household's cases, with everything that happened to each.
fn told(inputs: &CaseInputs<'_>, household: &str, asked: Option<&CaseNumber>) -> Result<String, Fault> {
    let config = inputs.config;
    let history = &inputs.histories[household];
    let mut text = String::new();
    for case in &history.cases {
        let is_asked = if asked.is_none_or(|number| case.number == *number) { "" } else { "（同户的另一个）" };
        let (_, town) = inputs.town_of(case);
        writeln!(
            text,
            "{}{is_asked}　户 {household}　{town}　{}　{}色",
            case.number,
            stage(case),
            config.grading.name(case.level)
        )?;
        if let (Some(due), CaseState::Open) = (case.due, case.state) {
            let late = match inputs.overdue(case) {
                0 => "未到期".to_owned(),
                days => format!("超期{days}天"),
            };
            writeln!(text, "  应办结{}，{late}（按{}计）", iso_date(due), iso_date(inputs.today))?;
        }
        for happening in history.all().filter(|happening| happening.number == case.number) {
            let said = in_words(inputs, happening);
            let on = said.on.map_or_else(String::new, |day| format!("　{}", iso_date(day)));
            let of_list = if happening.list.is_empty() { "" } else { "清单" };
            writeln!(text, "  {}{of_list}　{}　{}{on}", happening.month, said.title, said.detail)?;
            if let What::Stepped { reasons, .. } = &happening.what {
                for reason in reasons {
                    let rule = config.rules.iter().find(|rule| rule.id == reason.rule);
                    let title = rule.map_or(reason.rule.as_str(), |rule| rule.title.as_str());
                    let value = reason.value.map_or_else(String::new, |value| format!("，数值{value}"));
                    writeln!(text, "      {}：{title}{value}", config.grading.name(reason.level))?;
                }
            }
        }
        for joining in history.joins.iter().filter(|joining| joining.from == case.number) {
            writeln!(text, "  {}　{}", joining.month, joined_into(Some(&joining.into)))?;
        }
    }
    for (rule, covered) in &history.covered {
        let label = label_of(result_choices(config), &covered.code);
        writeln!(text, "  规则 {rule}：{}清单核查为“{label}”", covered.month)?;
    }
    Ok(text)
}
