//! The number that a rule compares with: found in its condition, and put in another's place to see what would have happened.
//!
//! Supported: `E >= n`, `E >= F * n` (and `>`, `<=`, `<`, and the sides the other way round), where `n` is a number and `E` and `F` are anything that reads
//! of a row; joined with other conditions by AND and OR. Of several in a level the one of the rule's value counts, if nothing but AND stands over it; else
//! the only one that is not `> 0`; else the only one. Which of several is meant can be said by its place. Not supported: a comparison under NOT or CASE,
//! BETWEEN, `=`, dates; `--set` takes a whole condition for those.

use bidui_model::{Found, Level, SpecFile};
use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator, Value, visit_expressions};
use std::fmt::Write as _;

use crate::clause::{Clause, ClauseReader};
use crate::rule::{OnUnknown, Rule, RuleContext};
use crate::sql;

/// On which side of the number the condition is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    AtLeast,
    MoreThan,
    AtMost,
    LessThan,
}

impl Way {
    #[must_use]
    pub fn is_true(self, value: f64, number: f64) -> bool {
        match self {
            Self::AtLeast => value >= number,
            Self::MoreThan => value > number,
            Self::AtMost => value <= number,
            Self::LessThan => value < number,
        }
    }
    /// Whether a greater number lets less through.
    #[must_use]
    pub fn is_upward(self) -> bool {
        matches!(self, Self::AtLeast | Self::MoreThan)
    }
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::MoreThan => ">",
            Self::AtMost => "<=",
            Self::LessThan => "<",
        }
    }
}

/// A comparison of a condition with a number, or with so many times something.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    pub level: Level,
    /// Which of the level's comparisons it is, from 1, in the order in which they are written.
    pub place: usize,
    /// What is compared: a fact, a column or what is computed of some.
    pub name: String,
    /// What the number is a multiple of, if it is.
    pub factor: Option<String>,
    pub way: Way,
    pub number: f64,
    /// Whether the condition may be true though the comparison is not.
    pub(crate) is_optional: bool,
}

impl Threshold {
    /// Whether it asks if there is anything at all.
    #[must_use]
    pub fn is_presence(&self) -> bool {
        self.way == Way::MoreThan && self.number == 0.0 && self.factor.is_none()
    }

    /// The comparison with another number, as SQL.
    #[must_use]
    pub fn with(&self, number: f64) -> String {
        let times = self.factor.as_ref().map_or_else(String::new, |factor| format!("{factor} * "));
        format!("{} {} {times}{}", self.name, self.way.sign(), literal(number))
    }
}

impl Rule {
    /// Every comparison of a level's condition that has a number to move.
    #[must_use]
    pub fn thresholds(&self, level: Level) -> Vec<Threshold> {
        let clause = self.levels.iter().find(|(of, _)| *of == level).map(|(_, clause)| clause);
        let tree = clause.and_then(|clause| sql::parse(&clause.sql).ok());
        let mut found = Vec::new();
        tree.iter().for_each(|tree| comparisons(tree, level, false, &mut found));
        found
    }

    /// The one of them that is meant when none is named. The error is a sentence.
    pub fn threshold(&self, level: Level) -> Result<Threshold, String> {
        let mut found = self.thresholds(level);
        let is_of_value = |one: &Threshold| self.value.as_ref() == Some(&one.name) && !one.is_optional;
        if found.iter().filter(|one| is_of_value(one)).count() == 1 {
            found.retain(is_of_value);
        } else if found.iter().any(|one| !one.is_presence()) {
            found.retain(|one| !one.is_presence());
        }
        if found.len() > 1 {
            let named = found.iter().map(|one| format!("第{}处 {}", one.place, one.with(one.number)));
            let named: Vec<String> = named.collect();
            return Err(format!("{} 的条件里有几个数可动：{}", level.code(), named.join("；")));
        }
        let none = || format!("{} 的条件里没有与一个数比大小的地方", level.code());
        found.pop().ok_or_else(none)
    }

    /// The numbers that can be moved one at a time: that of the lowest level that has one, or each of them where it has several. The error is a sentence.
    pub fn movable(&self) -> Result<Vec<Threshold>, String> {
        for (level, _) in self.levels.iter().rev() {
            if let Ok(threshold) = self.threshold(*level) {
                return Ok(vec![threshold]);
            }
            let mut several = self.thresholds(*level);
            if several.iter().any(|one| !one.is_presence()) {
                several.retain(|one| !one.is_presence());
            }
            if !several.is_empty() {
                return Ok(several);
            }
        }
        let numbers = self.levels.iter().any(|(_, clause)| clause.sql.contains(|sign: char| sign.is_ascii_digit()));
        let why = if numbers { "，只有等于、区间、取反或日期" } else { "" };
        Err(format!("各级的条件里没有与一个数比大小的地方{why}"))
    }

    /// The rule with another number at that level; at a place of it where there are several. The error is a sentence.
    pub fn with_threshold(
        &self,
        level: Level,
        place: Option<usize>,
        number: f64,
        context: &RuleContext<'_>,
    ) -> Result<Self, String> {
        let clause = self.levels.iter().find(|(of, _)| *of == level).map(|(_, clause)| clause);
        let clause = clause.ok_or_else(|| format!("规则{}没有 {} 这一级", self.id, level.code()))?;
        let threshold = match place {
            Some(place) => self.thresholds(level).into_iter().find(|one| one.place == place).ok_or_else(|| {
                format!("规则{}的 {} 没有第{place}处与一个数的比较：{}", self.id, level.code(), clause.sql)
            })?,
            None => self.threshold(level).map_err(|why| {
                let say = "请写出整个条件，或写明第几处，如 规则.等级.2=数";
                format!("规则{}的 {why}（{}）；{say}", self.id, clause.sql)
            })?,
        };
        let condition = changed(&clause.sql, &threshold, &|comparison| set_number(comparison, number))?;
        self.with_condition(Some(level), &condition, context)
    }

    /// The rule with another condition at that level, or with another scope. The error is a sentence.
    pub fn with_condition(
        &self,
        level: Option<Level>,
        condition: &str,
        context: &RuleContext<'_>,
    ) -> Result<Self, String> {
        let clause = compile(self, condition, context)?;
        let mut rule = self.clone();
        match level {
            None => rule.scope = Some(clause),
            Some(level) => {
                rule.levels.retain(|(of, _)| *of != level);
                rule.levels.push((level, clause));
                rule.levels.sort_by_key(|(level, _)| *level);
            }
        }
        Ok(rule)
    }

    /// Everything of the rule that decides which signals it makes and what they count for, as one text: the same text, the same signals.
    #[must_use]
    pub fn definition(&self) -> String {
        let mut text = format!("{} {} {}", self.id, self.per.code(), self.risk);
        let mut add = |key: &str, value: &str| {
            let _ = write!(text, "\n{key} {value}");
        };
        if let Some(scope) = &self.scope {
            add("scope", &scope.sql);
        }
        self.levels.iter().for_each(|(level, clause)| add(level.code(), &clause.sql));
        add("unknown", if self.on_unknown == OnUnknown::Review { "review" } else { "no" });
        add("link", self.least_link.map_or("", |class| class.code()));
        add("value", self.value.as_deref().unwrap_or(""));
        add("step", &self.step.map_or_else(String::new, |step| step.to_string()));
        add("worse", if self.worse_when_less { "less" } else { "more" });
        add("departments", &self.departments.join("、"));
        add("reads", &self.reads().join(","));
        text
    }
}

/// Characters of a condition that an error repeats.
const SHOWN: usize = 200;

/// A condition for the rows that the rule is about. The error is a sentence.
pub(crate) fn compile(rule: &Rule, condition: &str, context: &RuleContext<'_>) -> Result<Clause, String> {
    compiled(rule, condition, context, |reader, text| {
        reader.condition(text, |name| reader.nearest_name(name).unwrap_or_default())
    })
}

/// The same of any expression.
pub(crate) fn compile_value(rule: &Rule, value: &str, context: &RuleContext<'_>) -> Result<Clause, String> {
    compiled(rule, value, context, |reader, text| {
        reader.expression(text, |name| reader.nearest_name(name).unwrap_or_default()).map(|(clause, _)| clause)
    })
}

fn compiled(
    rule: &Rule,
    condition: &str,
    context: &RuleContext<'_>,
    read: impl Fn(&ClauseReader<'_>, &Found<String>) -> Option<Clause>,
) -> Result<Clause, String> {
    let source = SpecFile::new("", condition);
    let text = Found { value: condition.to_owned(), span: 0..condition.len() };
    let schema = context.schema(rule.per);
    let reader =
        ClauseReader { source: &source, registry: context.registry, parameters: context.parameters, schema: &schema };
    let clause = read(&reader, &text);
    source.finish(clause).map_err(|errors| {
        let sentence = errors.first().map(|error| match &error.hint {
            Some(hint) if !hint.is_empty() => format!("{}；{hint}", error.message),
            _ => error.message.clone(),
        });
        let shown: String = condition.chars().take(SHOWN).collect();
        let more = if shown.len() < condition.len() { "……" } else { "" };
        format!("{}（条件：{shown}{more}）", sentence.unwrap_or_default())
    })
}

/// A condition with something else in a comparison's place.
pub(crate) fn with_comparison(condition: &str, threshold: &Threshold, other: &str) -> Result<String, String> {
    let other = sql::parse(other).map_err(|error| error.message)?;
    changed(condition, threshold, &|comparison| *comparison = other.clone())
}

fn changed(condition: &str, threshold: &Threshold, to: &dyn Fn(&mut Expr)) -> Result<String, String> {
    let mut tree = sql::parse(condition).map_err(|error| error.message)?;
    change(&mut tree, threshold, &mut 0, to);
    Ok(tree.to_string())
}

/// The comparisons with numbers under AND and OR.
fn comparisons(tree: &Expr, level: Level, is_optional: bool, found: &mut Vec<Threshold>) {
    match tree {
        Expr::Nested(inner) => comparisons(inner, level, is_optional, found),
        Expr::BinaryOp { left, op: op @ (BinaryOperator::And | BinaryOperator::Or), right } => {
            let is_optional = is_optional || *op == BinaryOperator::Or;
            comparisons(left, level, is_optional, found);
            comparisons(right, level, is_optional, found);
        }
        _ => {
            let place = found.len() + 1;
            let compared = comparison(tree);
            found.extend(compared.map(|(name, factor, way, number)| Threshold {
                level,
                place,
                name: name.to_string(),
                factor: factor.map(ToString::to_string),
                way,
                number,
                is_optional,
            }));
        }
    }
}

/// What is compared, with how many times what.
fn comparison(tree: &Expr) -> Option<(&Expr, Option<&Expr>, Way, f64)> {
    let Expr::BinaryOp { left, op, right } = tree else { return None };
    let way = match op {
        BinaryOperator::GtEq => Way::AtLeast,
        BinaryOperator::Gt => Way::MoreThan,
        BinaryOperator::LtEq => Way::AtMost,
        BinaryOperator::Lt => Way::LessThan,
        _ => return None,
    };
    let turned = match way {
        Way::AtLeast => Way::AtMost,
        Way::MoreThan => Way::LessThan,
        Way::AtMost => Way::AtLeast,
        Way::LessThan => Way::MoreThan,
    };
    match (multiple(left), multiple(right)) {
        (None, Some((factor, number))) if reads(left) => Some((left, factor, way, number)),
        (Some((factor, number)), None) if reads(right) => Some((right, factor, turned, number)),
        _ => None,
    }
}

/// A number, or so many times something that is read of the row.
fn multiple(tree: &Expr) -> Option<(Option<&Expr>, f64)> {
    if let Some(number) = as_number(tree) {
        return Some((None, number));
    }
    match tree {
        Expr::Nested(inner) => multiple(inner),
        Expr::BinaryOp { left, op: BinaryOperator::Multiply, right } => match (as_number(left), as_number(right)) {
            (None, Some(number)) if reads(left) => Some((Some(left), number)),
            (Some(number), None) if reads(right) => Some((Some(right), number)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether anything of the row is read.
fn reads(tree: &Expr) -> bool {
    let is_name = |node: &Expr| match node {
        Expr::Identifier(_) => std::ops::ControlFlow::Break(()),
        _ => std::ops::ControlFlow::Continue(()),
    };
    visit_expressions(tree, is_name).is_break()
}

fn as_number(tree: &Expr) -> Option<f64> {
    match tree {
        Expr::Nested(inner) => as_number(inner),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => Some(-as_number(expr)?),
        Expr::Value(value) => match &value.value {
            Value::Number(number, _) => number.to_string().parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

/// Changes a comparison; `place` counts those that were met.
fn change(tree: &mut Expr, threshold: &Threshold, place: &mut usize, to: &dyn Fn(&mut Expr)) {
    match tree {
        Expr::Nested(inner) => change(inner, threshold, place, to),
        Expr::BinaryOp { left, op: BinaryOperator::And | BinaryOperator::Or, right } => {
            change(left, threshold, place, to);
            change(right, threshold, place, to);
        }
        _ if comparison(tree).is_some() => {
            *place += 1;
            if *place == threshold.place {
                to(tree);
            }
        }
        _ => {}
    }
}

/// Puts another number on the side of a comparison that has one.
fn set_number(comparison: &mut Expr, number: f64) {
    if let Expr::BinaryOp { left, right, .. } = comparison {
        let side = if multiple(right).is_some() { right } else { left };
        set_multiple(side, number);
    }
}

fn set_multiple(side: &mut Expr, number: f64) {
    match side {
        _ if as_number(side).is_some() => *side = literal(number),
        Expr::Nested(inner) => set_multiple(inner, number),
        Expr::BinaryOp { left, right, .. } => {
            let factor = if as_number(right).is_some() { right } else { left };
            **factor = literal(number);
        }
        _ => {}
    }
}

fn literal(number: f64) -> Expr {
    let value = |number: f64| Expr::Value(Value::Number(number.to_string(), false).into());
    if number < 0.0 {
        return Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(value(-number)) };
    }
    value(number)
}
