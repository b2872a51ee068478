//! Where in an expression's text something stands: a node of its tree, or the token at which it stopped being SQL.

use std::ops::Range;

use bidui_model::{byte_at, lost_bracket, odd_token};
use sqlparser::ast::{BinaryOperator, Expr, Spanned as _};
use sqlparser::parser::ParserError;
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan};

use crate::sql::SqlError;

/// Bytes of a node in the text that it was read from. sqlparser's span of a call, a cast and others leaves out their first or last word, so the node
/// is first looked for as it is usually written, and a span is drawn out to its last bracket.
pub(crate) fn place(text: &str, node: &Expr) -> Option<Range<usize>> {
    let span = bytes(text, node.span());
    let shown = node.to_string();
    let holds =
        |place: &Range<usize>| span.as_ref().is_none_or(|span| place.start <= span.start && span.end <= place.end);
    let mut places = text.match_indices(&shown).map(|(at, found)| at..at + found.len());
    places.find(holds).or_else(|| span.map(|span| to_the_bracket(text, span)))
}

/// The sign, or word, between two operands.
pub(crate) fn operator(text: &str, left: &Expr, op: &BinaryOperator, right: &Expr) -> Option<Range<usize>> {
    let (start, end) = (place(text, left)?.end, place(text, right)?.start);
    let (between, sign) = (text.get(start..end)?.to_ascii_uppercase(), op.to_string().to_ascii_uppercase());
    between.find(&sign).map(|at| start + at..start + at + sign.len())
}

fn to_the_bracket(text: &str, span: Range<usize>) -> Range<usize> {
    let part = text.get(span.clone()).unwrap_or("");
    let mut open = part.matches('(').count().saturating_sub(part.matches(')').count());
    let called = text.get(span.end..).is_some_and(|rest| rest.starts_with('(')) && open == 0;
    let mut in_text = false;
    for (at, sign) in text.get(span.end..).unwrap_or("").char_indices() {
        if open == 0 && !called {
            break;
        }
        match sign {
            '\'' => in_text = !in_text,
            '(' if !in_text => open += 1,
            ')' if !in_text => {
                open -= 1;
                if open == 0 {
                    return span.start..span.end + at + 1;
                }
            }
            _ => {}
        }
    }
    span
}

/// A parser's error: which token it was that did not fit.
pub(crate) fn syntax(error: &ParserError, text: &str, tokens: &[TokenWithSpan]) -> SqlError {
    let (ParserError::ParserError(message) | ParserError::TokenizerError(message)) = error else {
        return SqlError::new(None, "表达式嵌套太深").with_hint("拆成几条规则或指标");
    };
    let place = message.rsplit_once(" at Line: ").and_then(|(_, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some(Location { line: line.trim().parse().ok()?, column: column.trim().parse().ok()? })
    });
    let plain = |token: &&TokenWithSpan| !matches!(token.token, Token::Whitespace(_) | Token::EOF);
    let found = place.and_then(|place| tokens.iter().filter(plain).find(|token| token.span.start == place));
    let hint = "检查括号、引号是否成对，条件之间是否写了 AND 或 OR";
    if let Some((bracket, message, hint)) = lost_bracket(text) {
        return SqlError::new(Some(bracket), message).with_hint(hint);
    }
    if let Some((odd, message)) = odd_token(text) {
        return SqlError::new(Some(odd), message).with_hint(hint);
    }
    match found {
        Some(token) => {
            let span = bytes(text, token.span);
            let shown = span.clone().and_then(|span| text.get(span)).unwrap_or("").to_owned();
            SqlError::new(span, format!("看不懂“{shown}”处的写法")).with_hint(hint)
        }
        None => {
            if let Some(open) = unclosed(text, tokens) {
                return SqlError::new(Some(open), "括号没有配对，缺少“)”").with_hint("在该结束的地方补上 )");
            }
            let last = tokens.iter().rfind(plain).and_then(|token| bytes(text, token.span));
            SqlError::new(last, "表达式没有写完").with_hint(hint)
        }
    }
}

/// The innermost bracket that nothing closes.
fn unclosed(text: &str, tokens: &[TokenWithSpan]) -> Option<Range<usize>> {
    let mut open = Vec::new();
    for token in tokens {
        match token.token {
            Token::LParen => open.push(token.span),
            Token::RParen => drop(open.pop()),
            _ => {}
        }
    }
    open.pop().and_then(|span| bytes(text, span))
}

/// A tokenizer's error: mostly a quote that is not closed, and everything behind it is text.
pub(crate) fn unreadable(text: &str, location: Location) -> SqlError {
    let start = offset(text, location).filter(|start| *start < text.len());
    let quoted = |start: &usize| text[*start..].starts_with(['\'', '"']);
    match start {
        Some(start) if quoted(&start) => {
            SqlError::new(Some(start..text.trim_end().len().max(start + 1)), "引号没有配对，从这里起都成了文字")
                .with_hint("文字的两头都要有英文单引号")
        }
        start => {
            let span = start.map(|start| start..start + text[start..].chars().next().map_or(0, char::len_utf8));
            let comment = text.contains("/*");
            let (message, hint) = if comment {
                ("表达式里不能有注释", "说明请写在表达式之外，以 # 开头")
            } else {
                ("这里有看不懂的符号", "可用的写法见 docs/sql.md")
            };
            SqlError::new(span.or_else(|| text.find("/*").map(|at| at..at + 2)), message).with_hint(hint)
        }
    }
}

/// Bytes of `text` that a tokenizer's span covers; `None` for an empty one.
pub(crate) fn bytes(text: &str, span: Span) -> Option<Range<usize>> {
    let start = offset(text, span.start)?;
    let end = offset(text, span.end)?;
    (start < end).then_some(start..end)
}

fn offset(text: &str, at: Location) -> Option<usize> {
    byte_at(text, at.line, at.column)
}
