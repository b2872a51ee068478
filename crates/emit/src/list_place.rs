//! Where in a query's text something stands: a node of its tree, or the token at which it stopped being SQL.

use std::ops::Range;

use bidui_model::{byte_at, lost_bracket, odd_sign, odd_token};
use sqlparser::ast::Spanned;
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::ParserError;
use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Tokenizer, Whitespace};

use crate::list_query::Refusal;

/// Words and signs that a query may have. The longest that is shipped has a thousand; ten thousand conditions would take polars a minute.
const TOKENS: usize = 4000;

/// Bytes that a span of the parser covers; `None` for an empty one.
pub(crate) fn bytes(text: &str, span: Span) -> Option<Range<usize>> {
    let start = byte_at(text, span.start.line, span.start.column)?;
    let end = byte_at(text, span.end.line, span.end.column)?;
    (start < end).then_some(start..end)
}

/// Of a node: as it is usually written, if it is, and else what the parser knows of its place.
pub(crate) fn place(text: &str, node: &(impl Spanned + ToString)) -> Option<Range<usize>> {
    let span = bytes(text, node.span());
    let shown = node.to_string();
    let holds =
        |place: &Range<usize>| span.as_ref().is_none_or(|span| place.start <= span.start && span.end <= place.end);
    text.match_indices(&shown).map(|(at, found)| at..at + found.len()).find(holds).or(span)
}

/// The tokens of a query without comments, or why there are none.
pub(crate) fn tokens(text: &str) -> Result<Vec<TokenWithSpan>, Refusal> {
    if let Some((span, message, hint)) = odd_sign(text) {
        return Err(refusal(Some(span), message, &hint));
    }
    let tokens = Tokenizer::new(&GenericDialect, text).tokenize_with_location();
    let tokens = tokens.map_err(|error| {
        let start = byte_at(text, error.location.line, error.location.column).unwrap_or(text.len());
        let quoted = text.get(start..).is_some_and(|rest| rest.starts_with(['\'', '"']));
        let end = text.get(start..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| start + end);
        let message =
            if quoted { "引号没有配对，从这里起都成了文字" } else { "这里有看不懂的符号" };
        refusal(Some(start..end), message.to_owned(), "文字的两头都要有英文单引号")
    })?;
    let is_comment = |token: &&TokenWithSpan| {
        matches!(token.token, Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)))
    };
    let long = tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).nth(TOKENS);
    if let Some(token) = long {
        let message = format!("查询太长：这里已过{TOKENS}个词");
        return Err(refusal(bytes(text, token.span), message, "拆成几张表；同一列的许多取值写成 IN ('甲', '乙')"));
    }
    match tokens.iter().find(is_comment) {
        Some(comment) => {
            let hint = "说明请写在查询之外，以 # 开头";
            Err(refusal(bytes(text, comment.span), "查询里不能有注释".to_owned(), hint))
        }
        None => Ok(tokens),
    }
}

/// A parser's error: which token it was that did not fit.
pub(crate) fn syntax(error: &ParserError, text: &str, tokens: &[TokenWithSpan]) -> Refusal {
    let (ParserError::ParserError(message) | ParserError::TokenizerError(message)) = error else {
        return refusal(None, "查询嵌套太深".to_owned(), "请拆成几个WITH");
    };
    let place = message.rsplit_once(" at Line: ").and_then(|(_, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some((line.trim().parse::<u64>().ok()?, column.trim().parse::<u64>().ok()?))
    });
    let hint = "检查括号、逗号、引号是否成对，关键字有没有写错";
    if let Some((bracket, message, hint)) = lost_bracket(text) {
        return refusal(Some(bracket), message, hint);
    }
    if let Some((odd, message)) = odd_token(text) {
        return refusal(Some(odd), message, hint);
    }
    let plain = |token: &&TokenWithSpan| !matches!(token.token, Token::Whitespace(_) | Token::EOF);
    let at_place = |token: &&TokenWithSpan| Some((token.span.start.line, token.span.start.column)) == place;
    if let Some(token) = tokens.iter().filter(plain).find(at_place) {
        let span = bytes(text, token.span);
        let shown = span.clone().and_then(|span| text.get(span)).unwrap_or("").to_owned();
        let before = tokens.iter().filter(plain).take_while(|token| !at_place(token)).last();
        let before = before.and_then(|token| bytes(text, token.span));
        if let Some(before) = before
            && shown.eq_ignore_ascii_case("SELECT")
            && text.get(before.clone()).is_some_and(|word| word.eq_ignore_ascii_case("AS"))
        {
            return refusal(Some(before), "AS 的后面少了左括号“(”".to_owned(), "写作 名字 AS ( SELECT … )");
        }
        let clause = ["ORDER", "GROUP", "HAVING", "FROM", "WHERE", "UNION", "SELECT"];
        if clause.contains(&shown.to_uppercase().as_str())
            && let Some(open) = unclosed(tokens)
        {
            let message = format!("括号没有配对，到“{shown}”还缺少“)”");
            return refusal(bytes(text, open), message, "在该结束的地方补上 )");
        }
        return refusal(span, format!("看不懂“{shown}”处的写法"), hint);
    }
    if let Some(open) = unclosed(tokens) {
        return refusal(bytes(text, open), "括号没有配对，缺少“)”".to_owned(), "在该结束的地方补上 )");
    }
    let last = tokens.iter().rfind(plain).and_then(|token| bytes(text, token.span));
    refusal(last, "查询没有写完".to_owned(), hint)
}

/// The innermost bracket that nothing closes.
fn unclosed(tokens: &[TokenWithSpan]) -> Option<Span> {
    let mut open = Vec::new();
    for token in tokens {
        match token.token {
            Token::LParen => open.push(token.span),
            Token::RParen => drop(open.pop()),
            _ => {}
        }
    }
    open.pop()
}

fn refusal(span: Option<Range<usize>>, message: String, hint: &str) -> Refusal {
    Refusal { code: "BD0506", message, hint: hint.to_owned(), span }
}
