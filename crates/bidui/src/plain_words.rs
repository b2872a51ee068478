//! A rule's condition as a town reads it: the titles of facts and the headings of the registry in place of their names, and words in place of signs.
//! The condition itself stays what the rule says; this is only for the instructions of a list.
//!
//! Said: whatever the allow-list of conditions has (`bidui_match`, sql.rs), and names that have a title. A condition that cannot be said whole is not
//! said in part: the reader is sent to the rule.

use bidui_match::Fact;
use bidui_model::{DataContract, Month};
use bidui_normalize::iso_date;
use sqlparser::ast::{
    BinaryOperator, CaseWhen, DataType, DateTimeField, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
    UnaryOperator, Value,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

/// In place of a condition that has no words.
pub(crate) const NOT_SAID: &str = "条件见规则文件";

/// `self_paid_12m >= 20000` as `近12个月住院个人自付合计达到20000元`.
pub(crate) fn in_plain_words(sql: &str, facts: &[Fact], registry: &DataContract) -> String {
    said(sql, &|name| title(name, facts, registry)).unwrap_or_else(|| NOT_SAID.to_owned())
}

/// What a condition compares, with its unit: `self_paid_12m` as `近12个月住院个人自付合计` and `元`. `None` where it cannot be said.
pub(crate) fn value_in_words(sql: &str, facts: &[Fact], registry: &DataContract) -> Option<(String, String)> {
    let tree = Parser::new(&GenericDialect {}).try_with_sql(sql).ok()?.parse_expr().ok()?;
    let title = |name: &str| title(name, facts, registry);
    let speaker = Speaker { title: &title };
    Some((speaker.value(&tree)?, speaker.unit(&tree)))
}

/// Title and unit of a name.
fn title(name: &str, facts: &[Fact], registry: &DataContract) -> Option<(String, String)> {
    let built_in = match name {
        "size" => Some("家庭人口"),
        "age" => Some("年龄"),
        "sex" => Some("性别"),
        _ => None,
    };
    if let Some(title) = built_in {
        return Some((title.to_owned(), String::new()));
    }
    if let Some(fact) = facts.iter().find(|fact| fact.name == name) {
        return Some((fact.title.clone(), fact.unit.clone()));
    }
    let (_, column) = registry.column(name)?;
    Some((column.headings.first()?.clone(), String::new()))
}

fn said(sql: &str, title: &dyn Fn(&str) -> Option<(String, String)>) -> Option<String> {
    let tree = Parser::new(&GenericDialect {}).try_with_sql(sql).ok()?.parse_expr().ok()?;
    Speaker { title }.condition(&tree, false)
}

struct Speaker<'a> {
    /// Title and unit of a name.
    title: &'a dyn Fn(&str) -> Option<(String, String)>,
}

impl Speaker<'_> {
    /// A condition, or its contrary.
    fn condition(&self, node: &Expr, is_not: bool) -> Option<String> {
        match node {
            Expr::Nested(inner) => self.condition(inner, is_not),
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => self.condition(expr, !is_not),
            Expr::BinaryOp { left, op: op @ (BinaryOperator::And | BinaryOperator::Or), right } => {
                let is_and = (*op == BinaryOperator::And) != is_not;
                let joined = [self.part(left, is_not, is_and)?, self.part(right, is_not, is_and)?];
                Some(joined.join(if is_and { "，且" } else { "，或" }))
            }
            Expr::BinaryOp { left, op, right } => self.comparison(left, op, right, is_not),
            Expr::IsNull(inner) => {
                Some(format!("{}{}", self.value(inner)?, if is_not { "有记录" } else { "没有记录" }))
            }
            Expr::IsNotNull(inner) => self.condition(&Expr::IsNull(inner.clone()), !is_not),
            Expr::IsTrue(inner) | Expr::IsNotFalse(inner) => self.condition(inner, is_not),
            Expr::IsFalse(inner) | Expr::IsNotTrue(inner) => self.condition(inner, !is_not),
            Expr::Between { expr, negated, low, high } => {
                let unit = self.unit(expr);
                let ends = format!("{}至{}{unit}", self.value(low)?, self.value(high)?);
                Some(format!("{}{}{ends}之间", self.value(expr)?, if *negated != is_not { "不在" } else { "在" }))
            }
            Expr::InList { expr, list, negated } => {
                let words: Option<Vec<String>> = list.iter().map(|word| self.value(word)).collect();
                let (verb, joint) = if *negated != is_not { ("不为", "、") } else { ("为", "或") };
                Some(format!("{}{verb}{}", self.value(expr)?, words?.join(joint)))
            }
            Expr::Like { expr, pattern, negated, .. } => self.like(expr, pattern, *negated != is_not),
            Expr::Identifier(_) => Some(format!("{}{}", if is_not { "没有" } else { "有" }, self.value(node)?)),
            Expr::Function(function) => {
                let (name, arguments) = called(function)?;
                let [text, part] = arguments[..] else { return None };
                let place = match name.as_str() {
                    "STARTS_WITH" => "开头",
                    "ENDS_WITH" => "结尾",
                    _ => return None,
                };
                let verb = if is_not { "不以" } else { "以" };
                Some(format!("{}{verb}{}{place}", self.value(text)?, self.value(part)?))
            }
            _ => None,
        }
    }

    /// One side of 且 or 或; what is joined otherwise stands in brackets.
    fn part(&self, node: &Expr, is_not: bool, in_and: bool) -> Option<String> {
        let text = self.condition(node, is_not)?;
        let mut bare = node;
        let mut is_not = is_not;
        loop {
            match bare {
                Expr::Nested(inner) => bare = inner,
                Expr::UnaryOp { op: UnaryOperator::Not, expr } => (bare, is_not) = (expr, !is_not),
                Expr::BinaryOp { op: BinaryOperator::And, .. } if is_not == in_and => break,
                Expr::BinaryOp { op: BinaryOperator::Or, .. } if is_not != in_and => break,
                _ => return Some(text),
            }
        }
        Some(format!("（{text}）"))
    }

    fn comparison(&self, left: &Expr, op: &BinaryOperator, right: &Expr, is_not: bool) -> Option<String> {
        use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
        let op = match (op, is_not) {
            (op, false) => op.clone(),
            (Eq, true) => NotEq,
            (NotEq, true) => Eq,
            (Gt, true) => LtEq,
            (GtEq, true) => Lt,
            (Lt, true) => GtEq,
            (LtEq, true) => Gt,
            _ => return None,
        };
        let name = self.value(left)?;
        if matches!(right, Expr::Value(value) if matches!(&value.value, Value::SingleQuotedString(text) if text.is_empty()))
        {
            return match op {
                Eq => Some(format!("{name}为空")),
                NotEq => Some(format!("{name}不为空")),
                _ => None,
            };
        }
        let is_day = day(right).is_some();
        let verb = match op {
            Eq => "为",
            NotEq => "不为",
            Gt if is_day => "晚于",
            GtEq if is_day => "不早于",
            Lt if is_day => "早于",
            LtEq if is_day => "不晚于",
            Gt => "大于",
            GtEq => "达到",
            Lt => "小于",
            LtEq => "不超过",
            _ => return None,
        };
        let unit = if matches!(right, Expr::Value(_)) { self.unit(left) } else { String::new() };
        Some(format!("{name}{verb}{}{unit}", self.value(right)?))
    }

    fn like(&self, expr: &Expr, pattern: &Expr, is_not: bool) -> Option<String> {
        let Expr::Value(value) = pattern else { return None };
        let Value::SingleQuotedString(pattern) = &value.value else { return None };
        let bare = pattern.trim_matches('%');
        if bare.contains(['%', '_']) {
            return None;
        }
        let (before, after) = (pattern.starts_with('%'), pattern.ends_with('%'));
        let not = if is_not { "不" } else { "" };
        let words = match (before, after) {
            (true, true) => format!("{not}含有“{bare}”"),
            (true, false) => format!("{not}以“{bare}”结尾"),
            (false, true) => format!("{not}以“{bare}”开头"),
            (false, false) => format!("{not}为“{bare}”"),
        };
        Some(self.value(expr)? + &words)
    }

    /// Of the number that a name stands for.
    fn unit(&self, node: &Expr) -> String {
        match node {
            Expr::Identifier(name) => (self.title)(&name.value).map_or_else(String::new, |(_, unit)| unit),
            _ => String::new(),
        }
    }

    fn value(&self, node: &Expr) -> Option<String> {
        if let Some(day) = day(node) {
            return Some(iso_date(day));
        }
        match node {
            Expr::Identifier(name) => (self.title)(&name.value).map(|(title, _)| title),
            Expr::Nested(inner) => match &**inner {
                Expr::BinaryOp { .. } => Some(format!("（{}）", self.value(inner)?)),
                _ => self.value(inner),
            },
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => Some(format!("负{}", self.value(expr)?)),
            Expr::UnaryOp { op: UnaryOperator::Plus, expr } => self.value(expr),
            Expr::Value(value) => match &value.value {
                Value::Number(number, _) => Some(number.clone()),
                Value::SingleQuotedString(text) => Some(format!("“{text}”")),
                Value::Boolean(flag) => Some(if *flag { "是" } else { "否" }.to_owned()),
                Value::Null => Some("没有记录".to_owned()),
                _ => None,
            },
            Expr::BinaryOp { left, op, right: interval } if matches!(**interval, Expr::Interval(_)) => {
                let (count, unit) = span(interval)?;
                let way = if *op == BinaryOperator::Minus { "前" } else { "后" };
                Some(format!("{}往{way}{count}{unit}", self.value(left)?))
            }
            Expr::BinaryOp { left, op, right } => {
                let sign = match op {
                    BinaryOperator::Plus => "＋",
                    BinaryOperator::Minus => "－",
                    BinaryOperator::Multiply => "×",
                    BinaryOperator::Divide => "÷",
                    _ => return None,
                };
                Some(format!("{}{sign}{}", self.value(left)?, self.value(right)?))
            }
            Expr::Extract { field, expr, .. } => {
                let part = match field {
                    DateTimeField::Year => "年份",
                    DateTimeField::Month => "月份",
                    DateTimeField::Day => "日",
                    _ => return None,
                };
                Some(format!("{}的{part}", self.value(expr)?))
            }
            Expr::Case { operand: None, conditions, else_result, .. } => self.case(conditions, else_result.as_deref()),
            Expr::Function(function) => self.function(function),
            _ => None,
        }
    }

    fn case(&self, conditions: &[CaseWhen], otherwise: Option<&Expr>) -> Option<String> {
        let when = |case: &CaseWhen| {
            Some(format!("{}的按{}", self.condition(&case.condition, false)?, self.value(&case.result)?))
        };
        let mut parts = conditions.iter().map(when).collect::<Option<Vec<_>>>()?;
        if let Some(otherwise) = otherwise {
            parts.push(format!("其余按{}", self.value(otherwise)?));
        }
        Some(format!("（{}）", parts.join("，")))
    }

    fn function(&self, function: &Function) -> Option<String> {
        let (name, arguments) = called(function)?;
        let values = arguments.iter().map(|argument| self.value(argument)).collect::<Option<Vec<_>>>()?;
        match (name.as_str(), &values[..]) {
            ("COALESCE", [first, .., last]) => Some(format!("{first}（没有记录的按{last}计）")),
            ("NULLIF" | "LOWER" | "UPPER" | "ROUND", [first, ..]) => Some(first.clone()),
            ("ABS", [one]) => Some(format!("{one}的绝对值")),
            ("GREATEST", all) => Some(format!("{}中较大的", all.join("、"))),
            ("LEAST", all) => Some(format!("{}中较小的", all.join("、"))),
            _ => None,
        }
    }
}

/// Name and arguments of a call.
fn called(function: &Function) -> Option<(String, Vec<&Expr>)> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let mut arguments = Vec::new();
    for argument in &list.args {
        let FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) = argument else { return None };
        arguments.push(value);
    }
    Some((function.name.to_string().to_uppercase(), arguments))
}

/// `INTERVAL '6 months'` as a number and its unit.
fn span(node: &Expr) -> Option<(i32, &'static str)> {
    let Expr::Interval(interval) = node else { return None };
    let Expr::Value(value) = &*interval.value else { return None };
    let Value::SingleQuotedString(text) = &value.value else { return None };
    let (count, unit) = text.trim().split_once(' ')?;
    let unit = match unit.trim().trim_end_matches('s') {
        "day" => "天",
        "week" => "周",
        "month" => "个月",
        "year" => "年",
        _ => return None,
    };
    Some((count.parse().ok()?, unit))
}

/// The day that an expression of constants names.
fn day(node: &Expr) -> Option<i32> {
    match node {
        Expr::Nested(inner) => day(inner),
        Expr::TypedString(typed) if typed.data_type == DataType::Date => {
            let Value::SingleQuotedString(text) = &typed.value.value else { return None };
            let month: Month = text.get(..7)?.parse().ok()?;
            Some(month.first_day() + text.get(8..)?.parse::<i32>().ok()? - 1)
        }
        Expr::BinaryOp { left, op: op @ (BinaryOperator::Plus | BinaryOperator::Minus), right } => {
            let (from, (count, unit)) = (day(left)?, span(right)?);
            let count = if *op == BinaryOperator::Minus { -count } else { count };
            let month = Month::of_day(from);
            let in_months = |months: i32| {
                // The month's last day where it has no such day.
                let to = month.plus(months);
                (to.first_day() + from - month.first_day()).min(to.last_day())
            };
            Some(match unit {
                "天" => from + count,
                "周" => from + 7 * count,
                "个月" => in_months(count),
                _ => in_months(12 * count),
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::*;

    fn check(sql: &str, expected: &str) {
        let title = |word: &str| match word {
            "house_d" => Some(("D级危房数".to_owned(), "处".to_owned())),
            "kind" => Some(("户类型".to_owned(), String::new())),
            "since" => Some(("识别监测时间".to_owned(), String::new())),
            "paid" => Some(("自付合计".to_owned(), "元".to_owned())),
            _ => None,
        };
        assert_eq!(said(sql, &title).as_deref().unwrap_or(NOT_SAID), expected, "{sql}");
    }

    #[test]
    fn conditions_are_said_in_words() {
        check("house_d > 0", "D级危房数大于0处");
        check("house_d BETWEEN 1 AND 3", "D级危房数在1至3处之间");
        check("kind = 'house_d' AND house_d >= 1", "户类型为“house_d”，且D级危房数达到1处");
        check("kind IN ('甲', '乙') OR kind NOT IN ('丙')", "户类型为“甲”或“乙”，或户类型不为“丙”");
        check("NOT (kind = '甲' OR since <> '')", "户类型不为“甲”，且识别监测时间为空");
        check("paid > 5 AND (kind = '甲' OR kind = '乙')", "自付合计大于5元，且（户类型为“甲”，或户类型为“乙”）");
        check(
            "NOT (kind = '甲' AND paid < 5) AND paid <= 9",
            "（户类型不为“甲”，或自付合计达到5元），且自付合计不超过9元",
        );
        check("since < DATE '2023-03-31' - INTERVAL '1 month'", "识别监测时间早于2023-02-28");
        check("since + INTERVAL '6 months' >= DATE '2023-03-01'", "识别监测时间往后6个月不早于2023-03-01");
        check("paid * 0.5 > house_d", "自付合计×0.5大于D级危房数");
        check("COALESCE(paid, 0) / NULLIF(house_d, 0) IS NOT NULL", "自付合计（没有记录的按0计）÷D级危房数有记录");
        check("kind LIKE '%户' AND NOT STARTS_WITH(kind, '脱')", "户类型以“户”结尾，且户类型不以“脱”开头");
        check("CASE WHEN kind = '甲' THEN paid ELSE 0 END > 5", "（户类型为“甲”的按自付合计，其余按0）大于5");
        check("unknown > 0", NOT_SAID);
    }

    #[test]
    fn every_rule_of_the_configuration_is_said_without_a_name_or_a_word_of_sql() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/bidui.toml");
        let config = crate::config::load(&path, Some("2023-03".parse().unwrap())).unwrap();
        for rule in &config.rules {
            for clause in rule.scope.iter().chain(rule.levels.iter().map(|(_, clause)| clause)) {
                let words = in_plain_words(&clause.sql, &config.facts, &config.contracts[config.registry]);
                let letters: Vec<char> = words.chars().filter(char::is_ascii_alphabetic).collect();
                let is_plain = letters.iter().all(|letter| matches!(letter, 'C' | 'D'));
                assert!(
                    words != NOT_SAID && is_plain && !words.contains(['_', '<', '>', '=', '\'']),
                    "{}: {words}",
                    rule.id
                );
            }
        }
    }
}
