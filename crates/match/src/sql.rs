//! SQL expressions in configuration: read to their end, held to an allow-list of the syntax tree, then handed to polars.
//!
//! Supported: names of columns and parameters, numbers, `'text'`, TRUE, FALSE, NULL, `DATE '2023-03-01'`, `+ - *`, `/` by a nonzero
//! number or by `NULLIF(x, 0)`, comparisons, AND, OR, NOT, IS \[NOT\] NULL/TRUE/FALSE, \[NOT\] IN (list), \[NOT\] BETWEEN,
//! \[NOT\] LIKE, CASE, `d ± INTERVAL 'n days|weeks|months|years'`, EXTRACT(YEAR|MONTH|DAY FROM d), and the functions of [`FUNCTIONS`].
//! Not supported: everything else, among it subqueries, table functions (polars' SQL would open any file), windows, casts, comments
//! (lists show the expression without them), full-width operators, and expressions of more than [`TOKENS`] tokens. The subset is what
//! polars and DuckDB answer alike.

use std::collections::BTreeMap;
use std::ops::Range;

use bidui_model::{lost_bracket, odd_sign, odd_token};
use sqlparser::ast::{
    BinaryOperator, DateTimeField, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
    UnaryOperator, Value, visit_expressions, visit_expressions_mut,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, TokenizerError, Whitespace};

use crate::sql_place::{bytes, operator, place, syntax, unreadable};

/// Row functions that an expression may call.
pub(crate) const FUNCTIONS: &[&str] =
    &["COALESCE", "NULLIF", "GREATEST", "LEAST", "ABS", "ROUND", "LOWER", "UPPER", "STARTS_WITH", "ENDS_WITH"];

/// Words and signs that an expression may have, constants and commas aside: a chain of conditions is as deep a tree as it is long, and
/// this room's and polars' walks over a tree of a thousand would overflow a thread's stack. A list of constants may be of any length.
pub(crate) const TOKENS: usize = 500;

/// What is wrong with an expression, and where in its text (bytes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SqlError {
    pub(crate) span: Option<Range<usize>>,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl SqlError {
    pub(crate) fn new(span: Option<Range<usize>>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), hint: None }
    }
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A row expression that passed the allow-list.
#[derive(Clone, Debug)]
pub(crate) struct RowExpression {
    tree: Expr,
    /// Names it reads, in order of appearance, with their bytes in the text.
    pub(crate) names: Vec<(String, Range<usize>)>,
    /// Whether some part can turn a null into an answer (COALESCE, IS NULL, CASE …).
    pub(crate) absorbs_null: bool,
}

/// Reads a row expression to its end and checks every node.
pub(crate) fn parse_row(text: &str) -> Result<RowExpression, Vec<SqlError>> {
    let tree = parse(text).map_err(|error| vec![error])?;
    check_row(tree, text)
}

/// Checks a tree that stands in `text` (an aggregate's argument is only part of it).
pub(crate) fn check_row(tree: Expr, text: &str) -> Result<RowExpression, Vec<SqlError>> {
    let mut walk = Walk { text, names: Vec::new(), errors: Vec::new(), absorbs_null: false };
    walk.expression(&tree);
    if walk.errors.is_empty() {
        Ok(RowExpression { tree, names: walk.names, absorbs_null: walk.absorbs_null })
    } else {
        Err(walk.errors)
    }
}

/// Reads one expression to the end of the text.
pub(crate) fn parse(text: &str) -> Result<Expr, SqlError> {
    if let Some((span, message, hint)) = odd_sign(text) {
        return Err(SqlError::new(Some(span), message).with_hint(hint));
    }
    let tokens = tokenize(text)?;
    let mut parser = Parser::new(&GenericDialect).with_tokens_with_locations(tokens.clone());
    let tree = parser.parse_expr().map_err(|error| syntax(&error, text, &tokens))?;
    let next = parser.peek_token();
    if next.token == Token::EOF {
        return Ok(tree);
    }
    if let Some((bracket, message, hint)) = lost_bracket(text) {
        return Err(SqlError::new(Some(bracket), message).with_hint(hint));
    }
    if let Some((odd, message)) =
        odd_token(text).filter(|(odd, _)| bytes(text, next.span).is_some_and(|span| odd.start <= span.start))
    {
        return Err(SqlError::new(Some(odd), message).with_hint("多个条件用 AND、OR 连接"));
    }
    Err(SqlError::new(bytes(text, next.span), format!("表达式在“{}”之前就已结束，其后的内容多余", next.token))
        .with_hint("一个表达式只写一个条件；多个条件用 AND、OR 连接"))
}

pub(crate) fn comment(span: Option<Range<usize>>) -> SqlError {
    SqlError::new(span, "表达式里不能有注释").with_hint("说明请写在表达式之外，以 # 开头")
}

fn tokenize(text: &str) -> Result<Vec<TokenWithSpan>, SqlError> {
    let tokens = Tokenizer::new(&GenericDialect, text).tokenize_with_location();
    let tokens = tokens.map_err(|TokenizerError { location, .. }| unreadable(text, location))?;
    let mut count = 0;
    for token in &tokens {
        match &token.token {
            Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)) => {
                return Err(comment(bytes(text, token.span)));
            }
            Token::Whitespace(_) | Token::Comma | Token::Number(..) | Token::SingleQuotedString(_) => {}
            _ => count += 1,
        }
        if count > TOKENS {
            return Err(SqlError::new(bytes(text, token.span), "表达式太长")
                .with_hint("拆成几条规则或指标；同一列的许多取值写成 IN ('甲', '乙')"));
        }
    }
    Ok(tokens)
}

impl RowExpression {
    pub(crate) fn tree(&self) -> &Expr {
        &self.tree
    }

    /// SQL text with parameters replaced by their values.
    pub(crate) fn to_sql(&self, parameters: &BTreeMap<String, Literal>) -> String {
        self.filled_in(parameters).to_string()
    }

    /// The same for polars, which takes `x IS TRUE` for `x = TRUE` and so answers null where SQL has an answer, and a bare name that its
    /// grammar knows (`sort`) for the start of a clause.
    pub(crate) fn to_engine_sql(&self, parameters: &BTreeMap<String, Literal>) -> String {
        let mut tree = self.filled_in(parameters);
        let flag = |flag: bool| Box::new(Expr::Value(Value::Boolean(flag).into()));
        let _: std::ops::ControlFlow<()> = visit_expressions_mut(&mut tree, |node| {
            match node {
                Expr::Identifier(name) => {
                    name.quote_style = Some('"');
                    return std::ops::ControlFlow::Continue(());
                }
                Expr::IsTrue(inner) => *node = Expr::IsNotDistinctFrom(inner.clone(), flag(true)),
                Expr::IsNotTrue(inner) => *node = Expr::IsDistinctFrom(inner.clone(), flag(true)),
                Expr::IsFalse(inner) => *node = Expr::IsNotDistinctFrom(inner.clone(), flag(false)),
                Expr::IsNotFalse(inner) => *node = Expr::IsDistinctFrom(inner.clone(), flag(false)),
                _ => return std::ops::ControlFlow::Continue(()),
            }
            *node = Expr::Nested(Box::new(node.clone()));
            std::ops::ControlFlow::Continue(())
        });
        tree.to_string()
    }

    fn filled_in(&self, parameters: &BTreeMap<String, Literal>) -> Expr {
        let mut tree = self.tree.clone();
        let _: std::ops::ControlFlow<()> = visit_expressions_mut(&mut tree, |node| {
            if let Expr::Identifier(name) = node
                && let Some(value) = parameters.get(&name.value)
            {
                *node = value.to_expression();
            }
            std::ops::ControlFlow::Continue(())
        });
        tree
    }
}

impl RowExpression {
    /// Words that a column is compared with (`=`, `<>`, IN), with their bytes in `text`.
    pub(crate) fn compared_words(&self, text: &str) -> Vec<(String, String, Option<Range<usize>>)> {
        let mut found = Vec::new();
        let mut take = |column: &Expr, word: &Expr| {
            if let (Expr::Identifier(column), Expr::Value(value)) = (column, word)
                && let Value::SingleQuotedString(word) = &value.value
            {
                found.push((column.value.clone(), word.clone(), bytes(text, value.span)));
            }
        };
        let _: std::ops::ControlFlow<()> = visit_expressions(&self.tree, |node| {
            match node {
                Expr::BinaryOp { left, op: BinaryOperator::Eq | BinaryOperator::NotEq, right } => {
                    take(left, right);
                    take(right, left);
                }
                Expr::InList { expr, list, .. } => list.iter().for_each(|word| take(expr, word)),
                _ => {}
            }
            std::ops::ControlFlow::Continue(())
        });
        found
    }
}

/// A parameter's value inside SQL.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    Number(f64),
    Text(String),
    /// `2023-03-31`.
    Date(String),
}

impl Literal {
    fn to_expression(&self) -> Expr {
        match self {
            Self::Number(number) => Expr::Value(Value::Number(number.to_string(), false).into()),
            Self::Text(text) => Expr::Value(Value::SingleQuotedString(text.clone()).into()),
            Self::Date(day) => parse(&format!("DATE '{day}'")).unwrap_or(Expr::Value(Value::Null.into())),
        }
    }
}

struct Walk<'a> {
    text: &'a str,
    names: Vec<(String, Range<usize>)>,
    errors: Vec<SqlError>,
    absorbs_null: bool,
}

impl Walk<'_> {
    fn expression(&mut self, node: &Expr) {
        match node {
            Expr::Identifier(name) => self.name(name),
            Expr::Nested(inner) => self.expression(inner),
            Expr::Value(value) => self.value(&value.value, node),
            Expr::TypedString(typed) => {
                let day = typed.to_string();
                let is_date =
                    day.strip_prefix("DATE '").and_then(|rest| rest.strip_suffix('\'')).is_some_and(is_real_date);
                if !is_date {
                    self.refuse(node, "日期应写作 DATE '2023-03-01'，且须真实存在");
                }
            }
            Expr::IsTrue(inner)
            | Expr::IsNotTrue(inner)
            | Expr::IsFalse(inner)
            | Expr::IsNotFalse(inner)
            | Expr::IsNull(inner)
            | Expr::IsNotNull(inner) => {
                self.absorbs_null = true;
                self.expression(inner);
            }
            Expr::UnaryOp { op: UnaryOperator::Not | UnaryOperator::Minus | UnaryOperator::Plus, expr } => {
                self.expression(expr)
            }
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right, node),
            Expr::Between { expr, low, high, .. } => {
                [expr, low, high].into_iter().for_each(|part| self.expression(part))
            }
            Expr::InList { expr, list, .. } => {
                self.expression(expr);
                list.iter().for_each(|part| self.expression(part));
            }
            Expr::Like { expr, pattern, any: false, escape_char: None, .. } => {
                self.expression(expr);
                self.expression(pattern);
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                self.absorbs_null = true;
                operand.iter().for_each(|part| self.expression(part));
                for when in conditions {
                    self.expression(&when.condition);
                    self.expression(&when.result);
                }
                else_result.iter().for_each(|part| self.expression(part));
            }
            Expr::Extract { field: DateTimeField::Year | DateTimeField::Month | DateTimeField::Day, expr, .. } => {
                self.expression(expr)
            }
            Expr::Function(function) => self.function(function, node),
            _ => self.refuse(node, "这里不允许使用这种写法"),
        }
    }

    fn name(&mut self, name: &Ident) {
        let span = bytes(self.text, name.span).unwrap_or(0..self.text.len());
        if name.quote_style.is_some() {
            let error = SqlError::new(Some(span), format!("名字不加引号：{name}"));
            self.errors.push(error.with_hint("文字要用英文单引号括起"));
            return;
        }
        self.names.push((name.value.clone(), span));
    }

    fn value(&mut self, value: &Value, node: &Expr) {
        match value {
            Value::Number(number, false) if !number.parse::<f64>().is_ok_and(|number| number.abs() <= 1e12) => {
                self.refuse(node, "数太大，计算会溢出");
            }
            Value::Number(_, false) | Value::SingleQuotedString(_) | Value::Boolean(_) | Value::Null => {}
            _ => self.refuse(node, "不认识这种常量"),
        }
    }

    fn binary(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr, node: &Expr) {
        use BinaryOperator::{And, Divide, Eq, Gt, GtEq, Lt, LtEq, Minus, Multiply, NotEq, Or, Plus};
        self.expression(left);
        match op {
            Plus | Minus if matches!(right, Expr::Interval(_)) => {
                if !is_plain_interval(right) {
                    self.refuse(right, "时间间隔应写作 INTERVAL '6 months'（days、weeks、months、years）");
                }
                return;
            }
            Divide if !is_safe_divisor(right) => {
                self.refuse(right, "除数可能为零");
                if let Some(error) = self.errors.last_mut() {
                    error.hint = Some("请写成 a / NULLIF(b, 0)".to_owned());
                }
            }
            And | Or | Eq | NotEq | Gt | GtEq | Lt | LtEq | Plus | Minus | Multiply | Divide => {}
            _ => {
                self.refuse(node, &format!("不支持运算符“{op}”"));
                if let (Some(error), Some(sign)) = (self.errors.last_mut(), operator(self.text, left, op, right)) {
                    error.span = Some(sign);
                }
            }
        }
        self.expression(right);
    }

    fn function(&mut self, function: &Function, node: &Expr) {
        let name = function.name.to_string().to_uppercase();
        if !FUNCTIONS.contains(&name.as_str()) {
            let near = bidui_model::nearest(&name, FUNCTIONS.iter().copied());
            let hint =
                near.map_or_else(|| format!("可用函数：{}", FUNCTIONS.join("、")), |near| format!("是不是“{near}”？"));
            self.errors.push(SqlError::new(place(self.text, node), format!("不允许使用函数“{name}”")).with_hint(hint));
            return;
        }
        self.absorbs_null |= matches!(name.as_str(), "COALESCE" | "GREATEST" | "LEAST");
        match plain_arguments(function) {
            Some(arguments) => {
                // NULLIF(a, b) is a where b is null.
                self.absorbs_null |= name == "NULLIF" && !matches!(arguments.last(), Some(Expr::Value(_)));
                arguments.into_iter().for_each(|argument| self.expression(argument));
            }
            None => self.refuse(node, "函数的写法不受支持"),
        }
    }

    fn refuse(&mut self, node: &Expr, message: &str) {
        let shown: String = node.to_string().chars().take(60).collect();
        self.errors.push(
            SqlError::new(place(self.text, node), format!("{message}：{shown}")).with_hint("见 docs/sql.md 所列的写法"),
        );
    }
}

/// Arguments of a call without DISTINCT, ORDER BY, FILTER, OVER or names; `None` otherwise.
pub(crate) fn plain_arguments(function: &Function) -> Option<Vec<&Expr>> {
    let plain = function.over.is_none()
        && function.filter.is_none()
        && function.within_group.is_empty()
        && matches!(function.parameters, FunctionArguments::None)
        && function.null_treatment.is_none();
    let FunctionArguments::List(list) = &function.args else {
        return None;
    };
    if !plain || list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
        return None;
    }
    list.args
        .iter()
        .map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
            _ => None,
        })
        .collect()
}

fn is_safe_divisor(node: &Expr) -> bool {
    match node {
        Expr::Nested(inner) => is_safe_divisor(inner),
        Expr::Value(value) => {
            matches!(&value.value, Value::Number(text, _) if text.parse::<f64>().is_ok_and(|n| n.abs() > 0.0))
        }
        Expr::Function(function) => {
            function.name.to_string().eq_ignore_ascii_case("NULLIF")
                && plain_arguments(function)
                    .is_some_and(|arguments| arguments.len() == 2 && arguments[1].to_string() == "0")
        }
        _ => false,
    }
}

fn is_plain_interval(node: &Expr) -> bool {
    let text = node.to_string();
    let Some(body) = text.strip_prefix("INTERVAL '").and_then(|rest| rest.strip_suffix('\'')) else {
        return false;
    };
    let mut words = body.split(' ');
    let (number, unit, rest) = (words.next(), words.next(), words.next());
    rest.is_none()
        && number.is_some_and(|number| number.parse::<u16>().is_ok())
        && unit.is_some_and(|unit| ["day", "days", "week", "weeks", "month", "months", "year", "years"].contains(&unit))
}

pub(crate) fn is_real_date(text: &str) -> bool {
    let mut parts = text.split('-').map(|part| (part.len(), part.parse::<u32>()));
    let (Some((4, Ok(year))), Some((2, Ok(month))), Some((2, Ok(day))), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    bidui_model::Month::new(year as i32, month)
        .is_some_and(|month| day >= 1 && day as i32 <= month.last_day() - month.first_day() + 1)
}

#[cfg(test)]
mod tests;
