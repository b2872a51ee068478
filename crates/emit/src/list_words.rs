//! What a query holds a column against that it can never be: NULL, and words outside a column's closed set (levels, risks, departments, codes of towns).
//! Where a column comes from is followed through WITH as long as it is only passed on; what a UNION gives may have words of its own.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use bidui_model::{AskedWord, nearest, odd_pattern};
use sqlparser::ast::{BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Value};

use crate::list_names::{Scope, Slip, Walk};
use crate::list_place::bytes;

/// A comparison with NULL.
const WITH_NULL: &str = "BD0515";
/// A word that the column never holds.
pub const NO_WORD: &str = "BD0516";

/// A LIKE without `%` and `_`, or with others in their stead.
pub const ODD_PATTERN: &str = "BD0519";

/// More words than this are no hint any more.
const MANY: usize = 12;

/// The words that a column may hold, the empty one aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClosedColumn {
    /// Each with what people call it, which may be nothing else.
    pub words: BTreeMap<String, String>,
    /// Words of earlier days, each with the present one.
    pub former: BTreeMap<String, String>,
    /// Whether there may be others, so that only a slip in one of these is one.
    pub may_be_others: bool,
}

/// Closed columns by relation and column.
pub type ClosedColumns = BTreeMap<(String, String), Arc<ClosedColumn>>;

impl ClosedColumn {
    fn may_come(&self, asked: &AskedWord) -> bool {
        if self.may_be_others {
            let AskedWord::Word(word) = asked else { return true };
            return self.words.contains_key(word) || nearest(word, self.words.keys().map(String::as_str)).is_none();
        }
        asked.is_met_by("") || self.words.keys().any(|word| asked.is_met_by(word))
    }

    fn called(&self, word: &str) -> String {
        match self.words.get(word).filter(|name| !name.is_empty() && *name != word) {
            Some(name) => format!("“{word}”（{name}）"),
            None => format!("“{word}”"),
        }
    }

    fn hint(&self, asked: &AskedWord) -> String {
        if let AskedWord::Word(word) = asked {
            if let Some((right, _)) = self.words.iter().find(|(_, name)| *name == word) {
                return format!("写作 '{right}'（{word}）");
            }
            if let Some(now) = self.former.get(word) {
                return format!("“{word}”是旧的，现在写{}", self.called(now));
            }
            if let Some(near) = nearest(word, self.words.keys().map(String::as_str)) {
                return format!("是不是{}？", self.called(near));
            }
        }
        let mut some: Vec<String> = self.words.keys().take(MANY).map(|word| self.called(word)).collect();
        if self.words.len() > MANY {
            some.push("……".to_owned());
        }
        format!("可用：{}", some.join("、"))
    }
}

impl Walk<'_> {
    /// The words of what an expression is, if it is a column that is passed on.
    pub(crate) fn closed(&self, node: &Expr, scope: &Scope) -> Option<&Arc<ClosedColumn>> {
        let of_table = |table: &str, column: &str| self.closed.get(&(table.to_owned(), column.to_owned()));
        match node {
            Expr::Nested(inner) => self.closed(inner, scope),
            Expr::Identifier(name) => {
                let has = |table: &&(String, String)| {
                    let columns = scope.tables.iter().find(|(called, _)| *called == table.0);
                    columns.and_then(|(_, columns)| columns.as_ref()).is_some_and(|of| of.contains_key(&name.value))
                };
                let mut tables = scope.sources.iter().filter(has);
                let (_, table) = tables.next()?;
                of_table(table, &name.value)
            }
            Expr::CompoundIdentifier(parts) => {
                let [alias, name] = parts.as_slice() else { return None };
                let (_, table) = scope.sources.iter().find(|(called, _)| *called == alias.value)?;
                of_table(table, &name.value)
            }
            _ => None,
        }
    }

    /// Tells of NULLs and words in a comparison that nothing meets.
    pub(crate) fn never_met(&mut self, node: &Expr, scope: &Scope) {
        use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
        match node {
            Expr::BinaryOp { left, op: op @ (Eq | NotEq | Gt | GtEq | Lt | LtEq), right } => {
                for (one, other) in [(left, right), (right, left)] {
                    let hint = match op {
                        Eq => format!("写作 {one} IS NULL"),
                        NotEq => format!("写作 {one} IS NOT NULL"),
                        _ => format!("没有值写 {one} IS NULL，有值写 {one} IS NOT NULL"),
                    };
                    self.null(other, NEVER_TRUE, hint);
                    if matches!(op, Eq | NotEq) {
                        let comes_to = if *op == Eq { NEVER } else { ALWAYS };
                        self.word(one, other, &|word| AskedWord::Word(word.to_owned()), comes_to, scope);
                    }
                }
            }
            Expr::InList { expr, list, negated } => self.in_list(expr, list, *negated, scope),
            Expr::Between { expr, low, high, .. } => {
                for bound in [low, high] {
                    let hint = format!("没有值写 {expr} IS NULL，有值写 {expr} IS NOT NULL");
                    self.null(bound, NEVER_TRUE, hint);
                }
            }
            Expr::Case { operand: Some(operand), conditions, .. } => {
                for when in conditions {
                    self.null(&when.condition, NEVER_TRUE, format!("写作 CASE WHEN {operand} IS NULL THEN …"));
                    // A word of earlier days that stands among the branches does no harm: a slip does.
                    if self.is_a_slip(operand, &when.condition, scope) {
                        let is = |word: &str| AskedWord::Word(word.to_owned());
                        self.word(operand, &when.condition, &is, NEVER, scope);
                    }
                }
            }
            Expr::Like { expr, pattern, negated, .. } => {
                self.null(pattern, NEVER_TRUE, format!("写作 {expr} IS NULL"));
                self.bare_pattern(expr, pattern, *negated);
                self.word(expr, pattern, &AskedWord::like, if *negated { ALWAYS } else { NEVER }, scope);
            }
            Expr::Function(function) => {
                let is_start = match function.name.to_string().to_uppercase().as_str() {
                    "STARTS_WITH" => true,
                    "ENDS_WITH" => false,
                    _ => return,
                };
                let FunctionArguments::List(list) = &function.args else { return };
                if let [
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(column)),
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(part)),
                ] = list.args.as_slice()
                {
                    self.word(column, part, &|part| AskedWord::starts_or_ends(part, is_start), NEVER, scope);
                }
            }
            _ => {}
        }
    }

    fn is_a_slip(&self, column: &Expr, word: &Expr, scope: &Scope) -> bool {
        let Some((word, _)) = plain_word(word, self.text) else { return false };
        let closed = self.closed(column, scope);
        closed.is_some_and(|closed| nearest(word, closed.words.keys().map(String::as_str)).is_some())
    }

    fn in_list(&mut self, expr: &Expr, list: &[Expr], negated: bool, scope: &Scope) {
        let (message, hint) = if negated {
            ("NOT IN 里有 NULL，这个条件对哪一行都不成立", format!("去掉 NULL；有值的写 {expr} IS NOT NULL"))
        } else {
            ("IN 里的 NULL 对不上任何一行", format!("去掉 NULL，另写 OR {expr} IS NULL"))
        };
        list.iter().for_each(|item| self.null(item, message, hint.clone()));
        let Some(closed) = self.closed(expr, scope) else { return };
        let never = |item: &Expr| {
            plain_word(item, self.text).is_some_and(|(word, _)| !closed.may_come(&AskedWord::Word(word.to_owned())))
        };
        let comes_to = match (list.iter().all(never), negated) {
            (true, false) => NEVER,
            (true, true) => ALWAYS,
            (false, false) => NEVER_HIT,
            (false, true) => NEVER_LEFT_OUT,
        };
        for item in list {
            self.word(expr, item, &|word| AskedWord::Word(word.to_owned()), comes_to, scope);
        }
    }

    fn null(&mut self, node: &Expr, message: &str, hint: String) {
        if let Expr::Nested(inner) = node {
            return self.null(inner, message, hint);
        }
        if let Expr::Value(value) = node
            && value.value == Value::Null
        {
            let span = bytes(self.text, value.span);
            self.slips.push(Slip { code: WITH_NULL, span, message: message.to_owned(), hint, about: None });
        }
    }

    /// Tells of a LIKE that only the whole value meets.
    fn bare_pattern(&mut self, expr: &Expr, pattern: &Expr, negated: bool) {
        let Some((word, span)) = plain_word(pattern, self.text) else { return };
        let Some((message, hint)) = odd_pattern(word, &expr.to_string(), negated) else { return };
        self.slips.push(Slip { code: ODD_PATTERN, span, message, hint, about: None });
    }

    fn word(
        &mut self,
        column: &Expr,
        word: &Expr,
        of: &dyn Fn(&str) -> AskedWord,
        comes_to: &'static str,
        scope: &Scope,
    ) {
        let Some((word, span)) = plain_word(word, self.text) else { return };
        let Some(closed) = self.closed(column, scope) else { return };
        let asked = of(word);
        if closed.may_come(&asked) {
            return;
        }
        let message = match &asked {
            AskedWord::Word(word) => format!("“{column}”不会是“{word}”，{comes_to}"),
            AskedWord::Pattern { written, .. } => {
                format!("“{column}”没有一个值合“{written}”这个样子，{comes_to}")
            }
        };
        let hint = closed.hint(&asked);
        self.slips.push(Slip { code: NO_WORD, span, message, hint, about: Some(word.to_owned()) });
    }
}

const NEVER_TRUE: &str = "与 NULL 相比没有真假，这个条件对哪一行都不成立";
const NEVER: &str = "这个条件永远不成立";
const ALWAYS: &str = "这个条件凡有值的都成立";
const NEVER_HIT: &str = "写在 IN 里对不上任何一行";
const NEVER_LEFT_OUT: &str = "写在 NOT IN 里排除不了任何一行";

fn plain_word<'e>(node: &'e Expr, text: &str) -> Option<(&'e str, Option<Range<usize>>)> {
    let Expr::Value(value) = node else { return None };
    let Value::SingleQuotedString(word) = &value.value else { return None };
    Some((word, bytes(text, value.span)))
}
