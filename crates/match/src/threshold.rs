//! The number that a rule compares a fact with: found in its condition, and put in another's place to see what would have happened.
//!
//! Supported: a condition that is a comparison (`>=`, `>`, `<=`, `<`) of one name with one number, or such comparisons and others joined by AND. Of
//! several that of the rule's value counts, else the only one. Not supported: a comparison under OR or NOT, or with another fact; `--set` takes a
//! whole condition for those.

use bidui_model::{Found, Level, SpecFile};
use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator, Value};
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

/// A comparison of a condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    pub level: Level,
    /// The fact or column.
    pub name: String,
    pub way: Way,
    pub number: f64,
}

impl Rule {
    /// The number that a level's condition compares with; `None` if it has none of the supported form.
    #[must_use]
    pub fn threshold(&self, level: Level) -> Option<Threshold> {
        let (_, clause) = self.levels.iter().find(|(of, _)| *of == level)?;
        let tree = sql::parse(&clause.sql).ok()?;
        let mut found = Vec::new();
        comparisons(&tree, level, &mut found);
        let of_value = found.iter().position(|threshold| self.value.as_ref() == Some(&threshold.name));
        match (of_value, found.len()) {
            (Some(at), _) => Some(found.swap_remove(at)),
            (None, 1) => found.pop(),
            _ => None,
        }
    }

    /// The number that decides whether the rule fires at all: that of its lowest level, if it compares the rule's value.
    #[must_use]
    pub fn entry(&self) -> Option<Threshold> {
        let lowest = self.levels.last()?.0;
        self.threshold(lowest).filter(|threshold| self.value.as_ref() == Some(&threshold.name))
    }

    /// The rule with another number at that level. The error is a sentence.
    pub fn with_threshold(&self, level: Level, number: f64, context: &RuleContext<'_>) -> Result<Self, String> {
        let clause = self.levels.iter().find(|(of, _)| *of == level).map(|(_, clause)| clause);
        let clause = clause.ok_or_else(|| format!("规则{}没有 {} 这一级", self.id, level.code()))?;
        let threshold = self.threshold(level).ok_or_else(|| {
            format!("规则{}的 {} 不是“一个指标与一个数相比”：{}；请写出整个条件", self.id, level.code(), clause.sql)
        })?;
        let mut tree = sql::parse(&clause.sql).map_err(|error| error.message)?;
        replace(&mut tree, &threshold, number);
        self.with_condition(Some(level), &tree.to_string(), context)
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

fn compile(rule: &Rule, condition: &str, context: &RuleContext<'_>) -> Result<Clause, String> {
    let source = SpecFile::new("", condition);
    let text = Found { value: condition.to_owned(), span: 0..condition.len() };
    let schema = context.schema(rule.per);
    let reader =
        ClauseReader { source: &source, registry: context.registry, parameters: context.parameters, schema: &schema };
    let clause = reader.condition(&text, |name| reader.nearest_name(name).unwrap_or_default());
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

/// The comparisons that must all be true.
fn comparisons(tree: &Expr, level: Level, found: &mut Vec<Threshold>) {
    match tree {
        Expr::Nested(inner) => comparisons(inner, level, found),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            comparisons(left, level, found);
            comparisons(right, level, found);
        }
        _ => found.extend(comparison(tree, level)),
    }
}

fn comparison(tree: &Expr, level: Level) -> Option<Threshold> {
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
    let made = |name: &Expr, number: &Expr, way: Way| {
        let Expr::Identifier(name) = name else { return None };
        Some(Threshold { level, name: name.value.clone(), way, number: as_number(number)? })
    };
    made(left, right, way).or_else(|| made(right, left, turned))
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

/// Puts the number into the comparison.
fn replace(tree: &mut Expr, threshold: &Threshold, number: f64) -> bool {
    if comparison(tree, threshold.level).as_ref() == Some(threshold)
        && let Expr::BinaryOp { left, right, .. } = tree
    {
        let side = if as_number(right).is_some() { right } else { left };
        **side = literal(number);
        return true;
    }
    match tree {
        Expr::Nested(inner) => replace(inner, threshold, number),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            replace(left, threshold, number) || replace(right, threshold, number)
        }
        _ => false,
    }
}

fn literal(number: f64) -> Expr {
    let value = |number: f64| Expr::Value(Value::Number(number.to_string(), false).into());
    if number < 0.0 {
        return Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(value(-number)) };
    }
    value(number)
}
