//! From signals to one level a household: its highest signal, raised by the escalations of grading.toml.

use std::collections::BTreeMap;

use bidui_model::{Diagnostic, Found, Level, SpecFile, SpecTable, nearest};
use polars::prelude::*;
use rayon::prelude::*;

use crate::clause::{SYNTAX, report_sql};
use crate::error::MatchError;
use crate::evaluate::{Signal, SignalState};
use crate::expression::{compile_row, evaluate, run_on_empty};
use crate::null_comparison::{WITH_NULL, compared_with_null};
use crate::rule::Rule;
use crate::sql;
use crate::sql_kind::{Kind, kind_of};
use crate::suppress::Cooling;

/// How levels are called, and how they combine.
#[derive(Clone, Debug)]
pub struct Grading {
    names: BTreeMap<Level, (String, String)>,
    escalations: Vec<Escalation>,
    /// Levels that reach a household that is monitored for the same risk; `None` where all do.
    pub(crate) monitored_except: Option<Vec<Level>>,
    pub(crate) cooling: Vec<Cooling>,
}

#[derive(Clone, Debug)]
struct Escalation {
    to: Level,
    when: Expr,
    reason: String,
}

/// A household's warning, before it is routed.
#[derive(Clone, Debug)]
pub struct Graded {
    pub household: u32,
    pub level: Level,
    /// Why the level is above that of every signal; empty otherwise.
    pub escalation: String,
    /// Places of its live signals.
    pub signals: Vec<usize>,
}

impl Grading {
    /// The effects of answers that cooling is written for; whether there are such is the answers' business.
    pub fn cooling_effects(&self) -> impl Iterator<Item = &str> {
        self.cooling.iter().flat_map(|cooling| &cooling.effects).map(String::as_str)
    }
    /// The least share by which a value must grow to end a cooling period.
    #[must_use]
    pub fn least_growth(&self) -> f64 {
        self.cooling.iter().map(|cooling| cooling.growth).reduce(f64::min).unwrap_or(0.0)
    }
    /// What people call the level: 红.
    #[must_use]
    pub fn name(&self, level: Level) -> &str {
        self.names.get(&level).map_or(level.code(), |(name, _)| name)
    }
    #[must_use]
    pub fn meaning(&self, level: Level) -> &str {
        self.names.get(&level).map_or("", |(_, meaning)| meaning)
    }
}

/// What is wrong with an agreement on what is not sent again.
const COOLING: &str = "BD0303";
/// A level or an effect that stands twice, or levels out of their order.
const REPEATED: &str = "BD0308";
/// A growth by a hundred times is one of nobody.
const MOST_GROWTH: f64 = 100.0;

/// What an escalation may count, per household.
pub(crate) const COUNTS: [&str; 7] = ["red", "orange", "yellow", "blue", "signals", "departments", "risks"];

/// Compiles grading.toml.
pub fn compile_grading(text: &str, file: &str) -> Result<Grading, Vec<Diagnostic>> {
    let source = SpecFile::new(file, text);
    let grading = {
        let mut tree = None;
        source.root(&mut tree).map(|root| {
            let mut names = BTreeMap::new();
            let mut before: Vec<(Level, String)> = Vec::new();
            for table in root.tables("level") {
                let (code, name, meaning) =
                    (table.required_text("code"), table.required_text("name"), table.text("meaning"));
                table.finish();
                let (Some(code), Some(name)) = (code, name) else {
                    continue;
                };
                match Level::from_code(&code.value) {
                    Some(level) => {
                        hold_level(&source, level, (&code, &name), &before);
                        before.push((level, name.value.clone()));
                        names.insert(level, (name.value, meaning.map_or_else(String::new, |meaning| meaning.value)));
                    }
                    None => source.error(
                        "BD0301",
                        Some(code.span),
                        format!("没有“{}”这个等级", code.value),
                        "可用：red、orange、yellow、blue",
                    ),
                }
            }
            let escalations =
                root.tables("escalation").into_iter().filter_map(|table| escalation(&source, table)).collect();
            let monitored_except = root.table("monitored").map(|table| {
                let except = levels(&source, &table.texts("except"));
                table.finish();
                except
            });
            let mut seen = Vec::new();
            let cooling =
                root.tables("cooling").into_iter().filter_map(|table| cooling(&source, table, &mut seen)).collect();
            root.finish();
            Grading { names, escalations, monitored_except, cooling }
        })
    };
    source.finish(grading)
}

/// A level that is there already under its code or its name, or that stands before a more serious one.
fn hold_level(
    source: &SpecFile<'_>,
    level: Level,
    (code, name): (&Found<String>, &Found<String>),
    before: &[(Level, String)],
) {
    let hint = "red、orange、yellow、blue 各写一节，由重到轻，名称各不相同";
    if before.iter().any(|(other, _)| *other == level) {
        source.error(REPEATED, Some(code.span.clone()), format!("等级“{}”写了两次", code.value), hint);
    } else if let Some((other, _)) = before.iter().find(|(other, _)| *other > level) {
        let message = format!("等级“{}”写在“{}”的后面：次序应由重到轻", code.value, other.code());
        source.error(REPEATED, Some(code.span.clone()), message, hint);
    }
    if before.iter().any(|(_, other)| other.trim() == name.value.trim()) {
        source.error(REPEATED, Some(name.span.clone()), format!("两个等级都叫“{}”", name.value), hint);
    }
}

fn levels(source: &SpecFile<'_>, found: &[Found<String>]) -> Vec<Level> {
    let level = |found: &Found<String>| {
        let level = Level::from_code(&found.value);
        if level.is_none() {
            let message = format!("没有“{}”这个等级", found.value);
            source.error("BD0301", Some(found.span.clone()), message, "可用：red、orange、yellow、blue");
        }
        level
    };
    found.iter().filter_map(level).collect()
}

fn cooling(source: &SpecFile<'_>, table: SpecTable<'_>, seen: &mut Vec<String>) -> Option<Cooling> {
    let written = table.texts("effects");
    for effect in &written {
        if seen.contains(&effect.value) {
            let message = format!("“{}”已写在前面的一节 [[cooling]] 里", effect.value);
            let hint = "一种答复只照一节不再下发；删去其中一处";
            source.error(REPEATED, Some(effect.span.clone()), message, hint);
        }
        seen.push(effect.value.clone());
    }
    let effects: Vec<String> = written.into_iter().map(|effect| effect.value).collect();
    let (months, growth, span) = (table.integer("months"), table.number("growth"), table.span.clone());
    let missing: Vec<&str> =
        ["effects", "months", "growth"].into_iter().filter(|key| !table.has(key) && !table.is_misspelt(key)).collect();
    let no_effect = table.span_of("effects").filter(|_| effects.is_empty());
    let while_followed = table.flag("while_followed").is_some_and(|found| found.value);
    table.finish();
    let wrong = |span, message: String, hint: &str| source.error(COOLING, Some(span), message, hint);
    if !missing.is_empty() {
        let hint = "写作 effects = [\"changed\"]、months = 3（1至24）、growth = 0.2（大于0）";
        wrong(span, format!("不再重复下发的约定缺 {}", missing.join("、")), hint);
    }
    if let Some(span) = no_effect {
        wrong(span, "effects 里没有一项".to_owned(), "写作 effects = [\"changed\"]");
    }
    let months = months.and_then(|months| {
        let fits = u32::try_from(months.value).ok().filter(|months| (1..=24).contains(months));
        if fits.is_none() {
            wrong(months.span, format!("months 是 {}，应为1至24", months.value), "写作 months = 3");
        }
        fits
    });
    let growth = growth.and_then(|growth| {
        let fits = growth.value > 0.0 && growth.value < MOST_GROWTH;
        if !fits {
            let hint = "写比例：两成是 growth = 0.2";
            wrong(growth.span, format!("growth 是 {}，应大于0、小于{MOST_GROWTH}", growth.value), hint);
        }
        fits.then_some(growth.value)
    });
    Some(Cooling { effects, months: months?, growth: growth?, while_followed })
}

fn escalation(source: &SpecFile<'_>, table: SpecTable<'_>) -> Option<Escalation> {
    let (to, when, reason) = (table.required_text("to"), table.required_text("when"), table.required_text("reason"));
    table.finish();
    let (to, when, reason) = (to?, when?, reason?);
    let Some(level) = Level::from_code(&to.value) else {
        source.error("BD0301", Some(to.span), format!("没有“{}”这个等级", to.value), "可用：red、orange、yellow、blue");
        return None;
    };
    let row = sql::parse_row(&when.value).map_err(|errors| report_sql(source, &when, errors, SYNTAX)).ok()?;
    let strangers: Vec<_> = row.names.iter().filter(|(name, _)| !COUNTS.contains(&name.as_str())).collect();
    for (name, span) in &strangers {
        let near = nearest(name, COUNTS).map(|near| format!("是不是“{near}”？"));
        let hint = near.unwrap_or_else(|| format!("可用：{}", COUNTS.join("、")));
        let span = Some(source.inside(&when, span.clone()));
        source.error("BD0302", span, format!("升级条件里没有“{name}”"), hint);
    }
    let (_, unfit) =
        kind_of(&row, &when.value, &|name| if COUNTS.contains(&name) { Kind::Number } else { Kind::Unknown });
    let with_null = compared_with_null(&row, &when.value);
    if !strangers.is_empty() || !unfit.is_empty() || !with_null.is_empty() {
        report_sql(source, &when, unfit, "BD0302");
        report_sql(source, &when, with_null, WITH_NULL);
        return None;
    }
    let schema = COUNTS.iter().map(|name| ((*name).to_owned(), DataType::Int64)).collect();
    let checked =
        compile_row(&row, &BTreeMap::new()).and_then(|expr| run_on_empty(&expr, &schema).map(|kind| (expr, kind)));
    match checked {
        Ok((when, DataType::Boolean)) => Some(Escalation { to: level, when, reason: reason.value }),
        _ => {
            source.error("BD0302", Some(when.span), "升级条件应是一个条件（真或假）", "例如 orange >= 2");
            None
        }
    }
}

/// One graded warning for each household with a live signal, by household.
pub fn grade(signals: &[Signal], rules: &[Rule], grading: &Grading) -> Result<Vec<Graded>, MatchError> {
    let live = signals.iter().enumerate().filter(|(_, signal)| signal.state == SignalState::Live);
    let mut places: Vec<usize> = live.map(|(at, _)| at).collect();
    // As they come from the rules they are in this order already.
    places.sort_by_key(|at| signals[*at].household);
    let mut graded: Vec<Graded> = places
        .chunk_by(|one, other| signals[*one].household == signals[*other].household)
        .filter_map(|places| {
            let level = places.iter().map(|at| signals[*at].level).min()?;
            let household = signals[*places.first()?].household;
            Some(Graded { household, level, escalation: String::new(), signals: places.to_vec() })
        })
        .collect();
    let frame = counts_frame(&graded, signals, rules)?;
    for (number, escalation) in grading.escalations.iter().enumerate() {
        let name = format!("_{number}");
        let answers = evaluate(&frame, &[(name.clone(), escalation.when.clone())], "升级条件")?;
        let flags = answers.column(&name).and_then(|column| column.bool().cloned());
        let flags = flags.map_err(|source| MatchError::Compute { what: "升级条件".to_owned(), source })?;
        for (warning, flag) in graded.iter_mut().zip(flags.iter()) {
            if flag == Some(true) && escalation.to < warning.level {
                warning.level = escalation.to;
                warning.escalation = escalation.reason.clone();
            }
        }
    }
    Ok(graded)
}

fn counts_frame(graded: &[Graded], signals: &[Signal], rules: &[Rule]) -> Result<DataFrame, MatchError> {
    let distinct = |words: Vec<&String>| words.into_iter().collect::<std::collections::BTreeSet<_>>().len() as i64;
    let count = |warning: &Graded, name: &str| -> i64 {
        // A doubtful signal stands on the list and raises nothing by itself.
        let of_warning = || warning.signals.iter().map(|at| &signals[*at]).filter(|signal| !signal.doubtful);
        match (name, warning.signals.as_slice()) {
            ("signals", _) => of_warning().count() as i64,
            // Most warnings rest on one signal.
            ("risks", [one]) => i64::from(!signals[*one].doubtful),
            ("departments", _) => distinct(of_warning().flat_map(|signal| &rules[signal.rule].departments).collect()),
            ("risks", _) => distinct(of_warning().map(|signal| &rules[signal.rule].risk).collect()),
            (level, _) => of_warning().filter(|signal| signal.level.code() == level).count() as i64,
        }
    };
    let columns = COUNTS
        .par_iter()
        .map(|name| Column::new((*name).into(), graded.iter().map(|warning| count(warning, name)).collect::<Vec<_>>()))
        .collect();
    DataFrame::new(graded.len(), columns)
        .map_err(|source| MatchError::Compute { what: "升级条件".to_owned(), source })
}
