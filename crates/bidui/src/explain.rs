//! `bidui explain`: why a household was warned, from the published relations down to file, sheet and row; or why a rule was silent.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use bidui_ledger::{CaseNumber, CaseNumberError};
use bidui_match::ClauseAnswer;
use bidui_model::{LinkClass, Month};
use bidui_normalize::mask_numbers;
use polars::prelude::*;

use crate::balance::read_relation;
use crate::cases_command;
use crate::config::{self, Config};
use crate::exit::Fault;
use crate::explain_basis::LinkBasis;
use crate::explain_rules::{About, CHANGED, changed_since, weak_facts};
use crate::rule_hint::rule_hint;
use crate::run::{Folders, RunOptions};

pub(crate) fn explain(options: &RunOptions, household: &str, rule: Option<&str>) -> Result<String, Fault> {
    let config = config::load(&options.config, Some(options.month))?;
    let folders = Folders::of(options, &config);
    let (out, data) = (&folders.out, published_data(&folders.out, options.month)?);
    let version = published_version(&out.join(options.month.to_string()))?;
    let household = household_of(&data, household, options.month)?;
    let relation =
        |name: &str| -> Result<DataFrame, Fault> { Ok(of_household(&read_relation(&data, name)?, &household)?) };
    let about = relation("households")?;
    if about.height() == 0 {
        return Err(Fault::command(format!("{}的底册里没有户编号“{household}”", options.month.in_chinese())));
    }
    let persons = relation("persons")?;
    let unknown = unknown_facts(&read_relation(&data, "facts")?)?;
    let mut text = String::new();
    describe(&mut text, &config, &about)?;
    if rule.is_none() {
        members(&mut text, &persons)?;
    }
    if version != config.rule_pack() {
        let which = if rule.is_some() {
            "下面按现在的规则计算"
        } else {
            "下面的原因、条件和来源是发布时的，依据是现在的；改过的规则另外标明"
        };
        writeln!(
            text,
            "注意：发布之后规则或参数已改（发布时的规则包版本 {version}，现在 {}）；{which}",
            config.rule_pack()
        )?;
    }
    let changed = if version == config.rule_pack() { BTreeSet::new() } else { changed_since(&config, &data)? };
    let weak = weak_facts(&data, &household)?;
    let whole = About {
        config: &config,
        household: &about,
        persons: &persons,
        unknown: &unknown,
        weak: &weak,
        changed: &changed,
    };
    if let Some(rule) = rule {
        explain_one(&mut text, &whole, rule)?;
        text.push_str(&what_became_of(&relation("signals")?, rule)?);
        return Ok(text);
    }
    let (warnings, signals, evidence) = (relation("warnings")?, relation("signals")?, relation("evidence")?);
    if signals.height() == 0 {
        writeln!(text, "本月没有任何规则对该户触发。用 --rule 规则编号 逐级查看某条规则。")?;
    } else {
        warning(&mut text, &warnings)?;
    }
    let mut basis = LinkBasis::new(&config, &folders);
    let mut fired = BTreeSet::new();
    for row in 0..signals.height() {
        signal(&mut text, &whole, &version, &signals, row, (&evidence, &mut basis))?;
        fired.insert(word(&signals, "rule_id", row)?);
    }
    whole.silent(&mut text, &fired)?;
    text.push_str(&cases_command::of_household(&config, &folders, options.month, &household)?);
    Ok(text)
}

/// The relations of a published month.
pub(crate) fn published_data(out: &Path, month: Month) -> Result<PathBuf, Fault> {
    let data = out.join(month.to_string()).join("data");
    // A run that was killed while it published may have left the old month aside.
    if out.is_dir() && !data.is_dir() {
        let _ = bidui_emit::recover(out, &month.to_string());
    }
    if !data.is_dir() {
        return Err(Fault::command(format!("{}还没有发布；请先执行 bidui run {month}", month.in_chinese())));
    }
    Ok(data)
}

/// The version of the rule pack that the month was published with, from its manifest.
fn published_version(folder: &Path) -> Result<String, Fault> {
    let manifest: bidui_emit::Manifest = serde_json::from_slice(&std::fs::read(folder.join("manifest.json"))?)?;
    Ok(config::rule_pack(manifest.config.iter().map(|file| (file.file.as_str(), file.sha256.as_str()))))
}

fn unknown_facts(facts: &DataFrame) -> Result<BTreeSet<String>, Fault> {
    let mut unknown = BTreeSet::new();
    for row in 0..facts.height() {
        if word(facts, "status", row)? == "unknown" {
            unknown.insert(word(facts, "fact", row)?);
        }
    }
    Ok(unknown)
}

fn of_household(frame: &DataFrame, household: &str) -> PolarsResult<DataFrame> {
    let mask: BooleanChunked =
        frame.column("household_id")?.str()?.iter().map(|id| Some(id == Some(household))).collect();
    frame.filter(&mask)
}

/// A household number as it is, or the household of a case number such as 2303-00042X.
fn household_of(data: &Path, given: &str, month: Month) -> Result<String, Fault> {
    let number = match CaseNumber::parse(given) {
        Ok(number) => number,
        Err(CaseNumberError::Form) => return Ok(given.to_owned()),
        Err(error) => return Err(Fault::command(format!("“{}”{error}", mask_numbers(given)))),
    };
    let cases = read_relation(data, "cases")?;
    for row in 0..cases.height() {
        if word(&cases, "case_id", row)? == number.as_str() {
            return word(&cases, "household_id", row);
        }
    }
    Err(Fault::command(format!(
        "{}的关系表里没有预警编号“{}”，请写上有它的月份",
        month.in_chinese(),
        mask_numbers(given)
    )))
}

/// A cell as people read it.
pub(crate) fn word(frame: &DataFrame, column: &str, row: usize) -> Result<String, Fault> {
    let value = frame.column(column)?.get(row)?;
    Ok(match value {
        AnyValue::String(word) => word.to_owned(),
        AnyValue::StringOwned(word) => word.to_string(),
        AnyValue::Null => String::new(),
        other => other.to_string(),
    })
}

fn describe(text: &mut String, config: &Config, about: &DataFrame) -> Result<(), Fault> {
    let get = |column: &str| word(about, column, 0);
    let monitor = match get("monitor_kind")? {
        kind if kind.is_empty() => String::new(),
        kind => format!("，{kind}（{}）", get("risk_status")?),
    };
    let (village, town) = (get("village_code")?, get("town_code")?);
    let village = config.gazetteer.village(&village).map_or(village, |village| village.short_name.clone());
    let town = config.gazetteer.town(&town).map_or(town, |town| town.name.clone());
    let (household, size, kind, hamlet) = (get("household_id")?, get("size")?, get("household_kind")?, get("hamlet")?);
    let site = match about.column("resettlement_site") {
        Ok(_) => get("resettlement_site")?,
        Err(_) => String::new(),
    };
    let site = if ["", "否"].contains(&site.as_str()) { String::new() } else { format!("，安置点{site}") };
    writeln!(text, "户 {household}：{size}人，{kind}{monitor}，{town}{village}{hamlet}{site}")?;
    Ok(())
}

fn members(text: &mut String, persons: &DataFrame) -> Result<(), Fault> {
    for row in 0..persons.height() {
        let of = |column: &str| word(persons, column, row);
        let particulars = [of("relation")?, of("sex")?, format!("{}岁", of("age")?), of("labour")?, of("health")?];
        let particulars: Vec<String> = particulars.into_iter().filter(|one| !one.is_empty() && one != "岁").collect();
        writeln!(text, "  成员 {}：{}", of("person_no")?, particulars.join("，"))?;
    }
    Ok(())
}

fn warning(text: &mut String, warnings: &DataFrame) -> Result<(), Fault> {
    if warnings.height() == 0 {
        writeln!(text, "没有预警：各条信号或待判定，或核查过、已监测而本月不再下发，见下面各条")?;
        return Ok(());
    }
    let get = |column: &str| word(warnings, column, 0);
    let escalation = get("escalation")?;
    let escalation = if escalation.is_empty() { String::new() } else { format!("（升级：{escalation}）") };
    let town = get("town")?;
    let place = if town.is_empty() {
        format!("未归属：{}", get("route_note")?)
    } else {
        // Whoever was resettled is the town's where he lives now; his village is where he came from.
        match get("route")?.as_str() {
            "resettlement" => format!("按安置点派到{town}（户籍在{}）", get("village")?),
            _ => format!("派到{town}{}", get("village")?),
        }
    };
    writeln!(text, "预警等级：{}{escalation}；{place}；应办结 {}", get("level_name")?, get("due")?)?;
    Ok(())
}

/// A row that a signal rests on, and what its link rests on.
struct TextOfRow {
    row: String,
    lines: Vec<String>,
}

fn signal(
    text: &mut String,
    about: &About<'_>,
    version: &str,
    signals: &DataFrame,
    row: usize,
    (evidence, basis): (&DataFrame, &mut LinkBasis<'_>),
) -> Result<(), Fault> {
    let config = about.config;
    let get = |column: &str| word(signals, column, row);
    let id = get("rule_id")?;
    let state = match get("state")?.as_str() {
        "review" => "，待判定".to_owned(),
        "cooling" | "suppressed" => format!("，本月不再下发：{}", get("state_reason")?),
        _ => String::new(),
    };
    writeln!(text, "\n[{}] {}（{id}{state}）", get("level_name")?, get("rule_title")?)?;
    writeln!(text, "  原因：{}", get("reason")?)?;
    writeln!(text, "  条件：{}（写法 {}）", about.in_words(&get("threshold")?), get("threshold")?)?;
    if let Some(rule) = config.rules.iter().find(|rule| rule.id == id) {
        if about.changed.contains(&id) {
            writeln!(text, "  {CHANGED}，达到条件的数值见原因；按现在的规则查看：--rule {id}")?;
        } else {
            about.fired(text, rule, &get("level")?, &get("persons")?)?;
        }
        writeln!(text, "  依据：{}", rule.basis)?;
        writeln!(text, "  规则：{}，规则包版本 {version}", rule.file)?;
    }
    let persons = get("persons")?;
    if !persons.is_empty() {
        writeln!(text, "  成员：人编号 {persons}")?;
    }
    writeln!(text, "  来源：{}行原始数据", get("source_rows")?)?;
    let mut rested = BTreeSet::new();
    let mut rows: Vec<(TextOfRow, Vec<String>)> = Vec::new();
    for at in 0..evidence.height() {
        let of = |column: &str| word(evidence, column, at);
        if of("rule_id")? != id {
            continue;
        }
        rested.insert(of("fact")?);
        let sheet = of("sheet")?;
        let sheet = if sheet.is_empty() { String::new() } else { format!("［{sheet}］") };
        // A row may hold several persons of the household.
        let person = of("person_no")?;
        let person = if person.is_empty() { person } else { format!("，人编号 {person}") };
        let class = LinkClass::from_code(&of("link_class")?);
        let row = format!(
            "    {} {}/{}{sheet} 第{}行（{}{person}，指标 ",
            of("feed")?,
            of("feed_month")?,
            of("file")?,
            of("row")?,
            class.map_or("", |class| class.title()),
        );
        // A row that several facts count is told once.
        if let Some((told, facts)) = rows.iter_mut().find(|(told, _)| told.row == row) {
            told.lines.extend(basis.of_evidence(evidence, at)?);
            told.lines.dedup();
            facts.push(of("fact")?);
        } else {
            rows.push((TextOfRow { row, lines: basis.of_evidence(evidence, at)? }, vec![of("fact")?]));
        }
    }
    for (told, facts) in rows {
        writeln!(text, "{}{}）", told.row, facts.join("、"))?;
        told.lines.iter().try_for_each(|line| writeln!(text, "      {line}"))?;
    }
    for name in get("facts")?.split(',').filter(|name| !rested.contains(*name)) {
        if let Some(fact) = config.facts.iter().find(|fact| fact.name == name) {
            let feed = &config.contracts[fact.feed].name;
            writeln!(text, "    指标 {name}（{}）取自《{feed}》，没有查到该户的记录", fact.title)?;
        }
    }
    Ok(())
}

/// Whether a rule's signal is issued, and why not; nothing where it has none.
fn what_became_of(signals: &DataFrame, rule: &str) -> Result<String, Fault> {
    for row in 0..signals.height() {
        if word(signals, "rule_id", row)? == rule {
            let (state, why) = (word(signals, "state", row)?, word(signals, "state_reason", row)?);
            let check = word(signals, "identity_check", row)?;
            let check = if check.is_empty() { check } else { format!("；{check}") };
            return Ok(match state.as_str() {
                "live" => format!("  本月的信号：已下发{check}\n"),
                "review" => format!("  本月的信号：待判定，{why}{check}\n"),
                _ => format!("  本月的信号：不再下发，{why}{check}\n"),
            });
        }
    }
    Ok(String::new())
}

/// One rule, clause by clause, for the household or each of its members.
fn explain_one(text: &mut String, about: &About<'_>, id: &str) -> Result<(), Fault> {
    let config = about.config;
    let Some(rule) = config.rules.iter().find(|rule| rule.id == id) else {
        let hint = rule_hint(id, config.rules.iter().map(|rule| rule.id.as_str()));
        return Err(Fault::command(format!("没有规则“{id}”；{hint}")));
    };
    writeln!(text, "\n规则 {}（{}）", rule.title, rule.id)?;
    for asked in about.ask(rule)? {
        if !asked.member.is_empty() {
            writeln!(text, "  成员 {}", asked.member)?;
        }
        write_clauses(text, about, &asked.clauses)?;
    }
    Ok(())
}

fn write_clauses(text: &mut String, about: &About<'_>, clauses: &[ClauseAnswer]) -> Result<(), Fault> {
    for clause in clauses {
        let name = match clause.level {
            None => "适用范围",
            Some(bidui_model::Level::Red) => "红",
            Some(bidui_model::Level::Orange) => "橙",
            Some(bidui_model::Level::Yellow) => "黄",
            Some(bidui_model::Level::Blue) => "蓝",
        };
        let answer = match clause.answer {
            Some(true) => "成立",
            Some(false) => "不成立",
            None => "未知（有数据未到或为空）",
        };
        let values: Vec<String> = clause.values.iter().map(|(name, value)| format!("{name}={value}")).collect();
        writeln!(text, "    {name}：{answer}　{}　{}", about.in_words(&clause.sql), about.values(clause))?;
        writeln!(text, "      写法 {}　其中 {}", clause.sql, values.join("，"))?;
    }
    Ok(())
}
