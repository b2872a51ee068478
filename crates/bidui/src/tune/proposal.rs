//! The rules that are tried: another folder's, or the present ones with some numbers and conditions changed on the command line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bidui_match::{Literal, Rule, RuleContext, lint_levels};
use bidui_model::{Level, Month, nearest};

use crate::config::Config;
use crate::config_rules::rules_in;
use crate::exit::Fault;
use crate::rule_hint::rule_hint;
use crate::settings::Settings;

/// What was asked to be tried.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proposed {
    /// A folder of rules, or a configuration that has one.
    pub(crate) rules: Option<PathBuf>,
    /// `medical-self-paid.yellow=8000`, `dropout.scope=age < 16`, `tuition.yellow=off`, `monitor_line=8000`.
    pub(crate) changes: Vec<String>,
}

/// A change, as it was written.
struct Change<'a> {
    text: &'a str,
    /// A rule and one of its conditions; a parameter alone.
    rule: Option<(&'a str, Part)>,
    parameter: &'a str,
    value: &'a str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Scope,
    /// Of several numbers of a level the one at the place, from 1.
    Level(Level, Option<usize>),
}

/// The rules for a month, by its parameters. `checked` says that the examples of a folder's rules are asked, which is enough to do for one month.
pub(crate) fn rules_of(config: &Config, proposed: &Proposed, month: Month, checked: bool) -> Result<Vec<Rule>, Fault> {
    let changes: Result<Vec<Change<'_>>, Fault> = proposed.changes.iter().map(|text| parse(text)).collect();
    let changes = changes?;
    for (at, change) in changes.iter().enumerate() {
        let is_same = |other: &&Change<'_>| (&other.rule, other.parameter) == (&change.rule, change.parameter);
        if let Some(other) = changes[..at].iter().find(is_same) {
            return Err(Fault::command(format!("--set“{}”和“{}”改的是同一处；只写一个", other.text, change.text)));
        }
    }
    let mut parameters = Settings::literals(Some(&config.settings), month);
    for change in changes.iter().filter(|change| change.rule.is_none()) {
        set_parameter(&mut parameters, change)?;
    }
    // Examples were written for the parameters as they are; the configuration's own were asked when it was loaded.
    let with_examples = checked && proposed.rules.is_some() && changes.iter().all(|change| change.rule.is_some());
    let folder = folder(config, proposed.rules.as_deref())?;
    let mut rules = rules_in(config, &folder, &parameters, with_examples)?;
    let context =
        RuleContext { facts: &config.facts, registry: &config.contracts[config.registry], parameters: &parameters };
    for change in &changes {
        if let Some((id, part)) = change.rule {
            set_rule(&mut rules, id, part, change, &context)?;
        }
    }
    Ok(rules)
}

/// Levels of rules that are not the configuration's own which can never appear, or never beside the others.
pub(crate) fn reminders(config: &Config, rules: &[Rule], month: Month) -> Vec<String> {
    let parameters = Settings::literals(Some(&config.settings), month);
    let context =
        RuleContext { facts: &config.facts, registry: &config.contracts[config.registry], parameters: &parameters };
    let is_own = |rule: &&Rule| config.rules.iter().any(|own| own.definition() == rule.definition());
    let of_rule = |rule: &Rule| {
        let found = lint_levels(rule, &context).into_iter();
        found.map(|message| format!("规则{}：{message}", rule.id)).collect::<Vec<_>>()
    };
    rules.iter().filter(|rule| !is_own(rule)).flat_map(of_rule).collect()
}

/// The folder with the rules: that was given, its `rules`, or the configuration's.
fn folder(config: &Config, given: Option<&Path>) -> Result<PathBuf, Fault> {
    let Some(given) = given else { return Ok(config.folder.clone()) };
    if given.join("rules").is_dir() {
        return Ok(given.to_owned());
    }
    if !given.is_dir() {
        return Err(Fault::command(format!("找不到规则文件夹“{}”", given.display())));
    }
    Ok(given.to_owned())
}

fn parse(text: &str) -> Result<Change<'_>, Fault> {
    let form = "写作 规则编号.等级=阈值，如 medical-self-paid.yellow=8000；等级是 red、orange、yellow、blue，也可以是 scope；\
                一级里有几个数的，写明第几处，如 spending-jump.yellow.2=0.4；等号后也可写整个条件，或写 off 停用这一级；\
                改参数写作 monitor_line=8000";
    let wrong = |why: &str| Fault::command(format!("--set“{}”{why}：{form}", shown(text)));
    let (target, value) = text.split_once('=').ok_or_else(|| wrong("没有等号"))?;
    let (target, value) = (target.trim(), value.trim());
    if target.is_empty() || value.is_empty() {
        return Err(wrong("等号两边都要写"));
    }
    let Some((rule, part)) = target.rsplit_once('.') else {
        return Ok(Change { text, rule: None, parameter: target, value });
    };
    let level = |level: &str| Level::from_code(level).ok_or_else(|| wrong(&format!("里没有“{level}”这一级")));
    let place = part.parse::<usize>().ok().zip(rule.rsplit_once('.'));
    let (rule, part) = match (place, part) {
        (Some((place, (rule, part))), _) => (rule, Part::Level(level(part)?, Some(place))),
        (None, "scope") => (rule, Part::Scope),
        (None, part) => (rule, Part::Level(level(part)?, None)),
    };
    if matches!(part, Part::Level(_, Some(_))) && value.parse::<f64>().is_err() {
        return Err(wrong("写了第几处，等号后就应是一个数"));
    }
    Ok(Change { text, rule: Some((rule, part)), parameter: "", value })
}

fn set_parameter(parameters: &mut BTreeMap<String, Literal>, change: &Change<'_>) -> Result<(), Fault> {
    let near = nearest(change.parameter, parameters.keys().map(String::as_str)).map(str::to_owned);
    match parameters.get_mut(change.parameter) {
        Some(Literal::Number(number)) => {
            // `inf` and `nan` are numbers to the machine alone.
            let given = change.value.parse().ok().filter(|given: &f64| given.is_finite());
            *number = given.ok_or_else(|| {
                Fault::command(format!("--set“{}”：参数的值应是一个数，不能是“{}”", change.text, change.value))
            })?;
            Ok(())
        }
        Some(_) => Err(Fault::command(format!("--set“{}”：“{}”是月份的起止日，不能改", change.text, change.parameter))),
        None => {
            let hint = near.map_or_else(String::new, |near| format!("，是不是“{near}”？"));
            Err(Fault::command(format!(
                "--set“{}”：没有参数“{}”{hint}；改规则写作 规则编号.等级=阈值",
                change.text, change.parameter
            )))
        }
    }
}

fn set_rule(
    rules: &mut [Rule],
    id: &str,
    part: Part,
    change: &Change<'_>,
    context: &RuleContext<'_>,
) -> Result<(), Fault> {
    let wrong = |why: String| Fault::command(format!("--set“{}”：{why}", shown(change.text)));
    let hint = rule_hint(id, rules.iter().map(|rule| rule.id.as_str()));
    let Some(rule) = rules.iter_mut().find(|rule| rule.id == id) else {
        return Err(wrong(format!("没有规则“{id}”，{hint}")));
    };
    let changed = match (part, change.value, change.value.parse::<f64>()) {
        (Part::Scope, "off", _) => {
            rule.scope = None;
            return Ok(());
        }
        (Part::Level(level, _), "off", _) => {
            rule.levels.retain(|(of, _)| *of != level);
            return Ok(());
        }
        (Part::Level(level, place), _, Ok(number)) if number.is_finite() => {
            rule.with_threshold(level, place, number, context)
        }
        (Part::Level(level, _), condition, _) => rule.with_condition(Some(level), condition, context),
        (Part::Scope, condition, _) => rule.with_condition(None, condition, context),
    };
    *rule = changed.map_err(wrong)?;
    Ok(())
}

/// What was written, as far as somebody would recognise it by.
fn shown(text: &str) -> String {
    let start: String = text.chars().take(100).collect();
    if start.len() < text.len() { format!("{start}……") } else { start }
}
