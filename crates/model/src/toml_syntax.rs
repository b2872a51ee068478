//! Where a text stops being TOML, in words and at a place. toml's own parser says whether it is; its errors are English, one mistake gives many of
//! them, and after an unclosed bracket they stand lines below. This reads a broken text statement by statement, so that every mistake is told once,
//! where it was made, and what is whole around it can still be read.
//!
//! A statement is a header (`[table]`, `[[tables]]`) or a pair (`key = value`), over as many lines as its brackets and quotes stay open. One that
//! stays open ends where, at a line's beginning, another one plainly begins.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::de::DeTable;

use crate::toml_value::{Reader, Slip, too_deep};

/// What is wrong with a text, and what is left of it without that.
pub(crate) struct Mended {
    /// As long as the text, line for line; broken statements are blank.
    pub(crate) text: String,
    pub(crate) slips: Vec<Slip>,
    /// Sections (a header and what follows it) of which a part is missing: what is said of them would be hearsay.
    pub(crate) sections: Vec<Range<usize>>,
    /// Keys of broken pairs: that they are missing follows.
    pub(crate) keys: Vec<String>,
    /// Whether a header itself is broken, so that nothing is certain of what stands where.
    pub(crate) lost_header: bool,
}

#[derive(Clone, Debug)]
struct Statement {
    span: Range<usize>,
    is_header: bool,
    slip: Option<Slip>,
}

/// Takes a text apart that toml does not read.
pub(crate) fn mend(text: &str) -> Mended {
    let mut statements = statements(text);
    let mut lost: Vec<Range<usize>> = statements
        .iter()
        .filter(|statement| statement.is_header && statement.slip.is_some())
        .map(|statement| beneath(text, statement.span.start))
        .collect();
    for statement in &mut statements {
        if statement.slip.is_none() {
            statement.slip = of_toml(text, &statement.span);
        }
    }
    for (at, name) in odd_headers(text, &statements) {
        let span = statements[at].span.clone();
        let slip = Slip {
            span: first_line(text, &span),
            message: format!("“[{name}]”少了一对方括号"),
            hint: format!("可以有几节的，每一节的标题都写作 [[{name}]]"),
        };
        statements[at].slip = Some(slip);
        lost.push(beneath(text, span.start));
    }
    let orphans = orphans(text, &statements);
    for (at, name) in &orphans {
        let span = statements[*at].span.clone();
        // Keys before the first header are told of as such.
        let is_told = statements.first().is_some_and(|first| !first.is_header) || *at != orphans[0].0;
        if !is_told {
            statements[*at].slip = Some(Slip {
                span: first_line(text, &span),
                message: format!("前面没有 [[{name}]]"),
                hint: format!("它是哪一节 [[{name}]] 的一部分？上面多半少了一行节的标题"),
            });
        }
        lost.push(beneath(text, span.start));
    }
    let mut mended = blank(text, &statements, &lost);
    // What is left can still say one thing twice.
    while let Err(error) = DeTable::parse(&mended) {
        let at = error.span().map_or(0, |span| span.start);
        let found = statements.iter_mut().find(|statement| statement.slip.is_none() && statement.span.end > at);
        let Some(statement) = found.filter(|statement| statement.span.start <= at) else { break };
        let span = error.span().filter(|span| !span.is_empty()).unwrap_or_else(|| first_line(text, &statement.span));
        statement.slip = Some(in_words(text, error.message(), span));
        mended = blank(text, &statements, &lost);
    }
    let broken: Vec<&Statement> = statements.iter().filter(|statement| statement.slip.is_some()).collect();
    let mut sections: Vec<Range<usize>> =
        broken.iter().map(|statement| section(&statements, statement.span.start, text.len())).collect();
    let lost_header = broken.iter().any(|statement| statement.is_header);
    let keys = broken.iter().filter(|statement| !statement.is_header).map(|one| key_of(text, one).to_owned()).collect();
    let slips = one_of_many(text, &statements);
    sections.extend(lost);
    Mended { text: mended, slips, sections, keys, lost_header }
}

/// The key of a pair.
fn key_of<'t>(text: &'t str, statement: &Statement) -> &'t str {
    let words = text[statement.span.clone()].trim_start();
    &words[..words.find(|sign| !is_of_key(sign)).unwrap_or(words.len())]
}

/// The slips, but of several keys of one section that are all there already the first alone: the header between the two is lost.
fn one_of_many(text: &str, statements: &[Statement]) -> Vec<Slip> {
    let end = text.len();
    let twice = |statement: &Statement| statement.slip.as_ref().is_some_and(|slip| slip.message.contains(TWICE));
    let mut slips: Vec<Slip> = Vec::new();
    let mut told: Option<Range<usize>> = None;
    for statement in statements {
        let Some(slip) = &statement.slip else { continue };
        if !twice(statement) {
            slips.push(slip.clone());
            continue;
        }
        let of = section(statements, statement.span.start, end);
        if told.as_ref() == Some(&of) {
            continue;
        }
        let others = statements.iter().filter(|other| twice(other) && of.contains(&other.span.start));
        let all = others.map(|other| key_of(text, other)).collect::<BTreeSet<_>>().len();
        let mut slip = slip.clone();
        if all > 1 {
            slip.message = slip.message.replacen(TWICE, &format!("和后面的键，共{all}个，都{TWICE}"), 1);
            "上面多半少了一行节的标题，如 [[fact]]、[[rule]]，或标题前面有 #".clone_into(&mut slip.hint);
            told = Some(of);
        }
        slips.push(slip);
    }
    slips
}

/// Headers in single brackets of what has double ones elsewhere: what stands beneath them would be given to others.
fn odd_headers(text: &str, statements: &[Statement]) -> Vec<(usize, String)> {
    let name = |statement: &Statement| {
        let line = line_from(text, statement.span.start).split('#').next().unwrap_or("").trim();
        let many = line.strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]"));
        let one = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        many.map(|name| (name.trim(), true)).or_else(|| one.map(|name| (name.trim(), false)))
    };
    let headers: Vec<(usize, (&str, bool))> = statements
        .iter()
        .enumerate()
        .filter(|(_, statement)| statement.is_header && statement.slip.is_none())
        .filter_map(|(at, statement)| Some((at, name(statement)?)))
        .collect();
    let is_many = |of: &str| headers.iter().any(|(_, (name, is_many))| *is_many && *name == of);
    let odd = headers.iter().filter(|(_, (name, many))| !many && is_many(name));
    odd.map(|(at, (name, _))| (*at, (*name).to_owned())).collect()
}

/// Headers of parts of what has double brackets, before the first of those: theirs is lost.
fn orphans(text: &str, statements: &[Statement]) -> Vec<(usize, String)> {
    let name = |statement: &Statement| {
        let line = line_from(text, statement.span.start).split('#').next().unwrap_or("").trim();
        line.trim_matches(['[', ']']).trim().to_owned()
    };
    let headers = || statements.iter().filter(|statement| statement.is_header);
    let mut found = Vec::new();
    for (at, statement) in statements.iter().enumerate().filter(|(_, statement)| statement.is_header) {
        let part = name(statement);
        let Some((whole, _)) = part.split_once('.') else { continue };
        let mut wholes = headers().filter(|other| name(other) == whole).map(|other| other.span.start);
        if wholes.next().is_some_and(|first| first > statement.span.start) {
            found.push((at, whole.to_owned()));
        }
    }
    found
}

/// From the header before a place to the next one.
fn section(statements: &[Statement], at: usize, end: usize) -> Range<usize> {
    let headers = || statements.iter().filter(|statement| statement.is_header).map(|statement| statement.span.start);
    headers().rfind(|start| *start <= at).unwrap_or(0)..headers().find(|start| *start > at).unwrap_or(end)
}

/// What stands beneath a header: up to the next, or for a whole table up to the next whole one, since tables of a table would be given to the one
/// before it.
pub(crate) fn beneath(text: &str, header: usize) -> Range<usize> {
    let dotted = |line: &str| line.contains('.');
    let is_part = dotted(line_from(text, header));
    let mut end = header + line_from(text, header).len();
    while end < text.len() {
        let line = line_from(text, end);
        if line.trim_start().starts_with('[') && (is_part || !dotted(line)) {
            break;
        }
        end += line.len().max(1);
    }
    header..end
}

fn blank(text: &str, statements: &[Statement], lost: &[Range<usize>]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let broken = statements.iter().filter(|statement| statement.slip.is_some()).map(|statement| &statement.span);
    for part in broken.chain(lost) {
        for byte in &mut bytes[part.clone()] {
            if *byte != b'\n' && *byte != b'\r' {
                *byte = b' ';
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

fn statements(text: &str) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let line = line_from(text, at);
        let words = line.trim_start();
        if words.is_empty() || words.starts_with('#') {
            at += line.len().max(1);
            continue;
        }
        let start = at + line.len() - words.len();
        let is_header = words.starts_with('[');
        let limit = next_beginning(text, at);
        let mut reader = Reader::new(text, start, limit);
        let slip = if is_header { reader.header() } else { reader.pair() };
        let slip = lost_fence(text, start, limit).or(slip);
        // A whole statement ends with its line; a broken one takes what looks like its rest along.
        let end = match slip {
            None => reader.at(),
            Some(_) if !is_header && (reader.is_open() || lost_fence(text, start, limit).is_some()) => limit,
            Some(_) => rest_of_broken(text, reader.at(), limit),
        };
        let end = end.max(start + 1).min(text.len());
        let end = (end..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
        statements.push(Statement { span: start..end, is_header, slip });
        // A statement that was taken to the next one's line ends before it.
        let is_fresh = text[..end].ends_with('\n');
        at = if is_fresh { end } else { end + line_from(text, end).len() };
    }
    statements
}

/// Words of several lines whose opening quotes are fewer than three, so that the closing ones stand alone.
fn lost_fence(text: &str, start: usize, limit: usize) -> Option<Slip> {
    let end = line_end(text, start);
    let (key, value) = text[start..end].split_once('=')?;
    let value = value.trim();
    if !matches!(value, "" | "\"" | "\"\"") {
        return None;
    }
    let behind = text.get(end..limit)?;
    behind.lines().skip(1).any(|line| line.contains("\"\"\"")).then(|| Slip {
        span: start..end,
        message: format!("“{}”的多行文字缺少左引号", key.trim()),
        hint: "多行文字的两头都要写三个双引号 \"\"\"".to_owned(),
    })
}

/// The end of a broken statement: lines that are indented, or begin with what closes, belong to it.
fn rest_of_broken(text: &str, at: usize, limit: usize) -> usize {
    let mut end = line_end(text, at);
    while end < limit {
        let next = end + line_from(text, end).len();
        let line = line_from(text, next);
        if next >= limit || !line.starts_with([' ', '\t', ']', '}', '"', '\'', ',']) {
            break;
        }
        end = line_end(text, next);
    }
    end.min(limit)
}

/// The line's beginning behind the line of `at` at which a statement plainly begins, whatever is open.
fn next_beginning(text: &str, mut at: usize) -> usize {
    let mut in_words: Option<&str> = None;
    let first = at;
    while at < text.len() {
        let line = line_from(text, at);
        if at > first && begins_statement(line) && (in_words.is_none() || is_beyond_doubt(line)) {
            return at;
        }
        for fence in ["\"\"\"", "'''"] {
            if line.matches(fence).count() % 2 == 1 {
                in_words = if in_words == Some(fence) { None } else { in_words.or(Some(fence)) };
            }
        }
        at += line.len().max(1);
    }
    text.len()
}

/// `[[list]]` or `key = …` without indentation.
fn begins_statement(line: &str) -> bool {
    let line = line.trim_end();
    let header = line.strip_prefix('[').is_some_and(|rest| {
        let name = rest.trim_start_matches('[').trim_end_matches(']');
        line.ends_with(']') && !name.is_empty() && name.chars().all(is_of_key)
    });
    let pair = line.split_once('=').is_some_and(|(key, value)| {
        let key = key.trim_end();
        !key.is_empty() && key.chars().all(is_of_key) && value.trim_start().starts_with(is_of_value)
    });
    header || pair
}

/// Also inside words of several lines, where SQL may well stand.
fn is_beyond_doubt(line: &str) -> bool {
    line.starts_with('[') || line.contains("= \"") || line.contains("= [") || line.contains("= {")
}

fn is_of_key(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.')
}

fn is_of_value(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '"' | '\'' | '[' | '{' | '-' | '+')
}

/// The line from a place on, with its end.
pub(crate) fn line_from(text: &str, at: usize) -> &str {
    text.get(at..).and_then(|rest| rest.split_inclusive('\n').next()).unwrap_or("")
}

/// Where the line of a place ends, before its newline.
pub(crate) fn line_end(text: &str, at: usize) -> usize {
    at + line_from(text, at).trim_end_matches(['\n', '\r']).len()
}

fn first_line(text: &str, span: &Range<usize>) -> Range<usize> {
    span.start..line_end(text, span.start).min(span.end)
}

/// What toml finds in one statement that the reader of values does not mind: an escape, a number, a date.
fn of_toml(text: &str, span: &Range<usize>) -> Option<Slip> {
    let error = DeTable::parse(text.get(span.clone())?).err()?;
    let place = error.span().unwrap_or(0..0);
    let place = span.start + place.start..span.start + place.end;
    let place = if place.is_empty() { first_line(text, span) } else { place };
    Some(in_words(text, error.message(), place))
}

/// What is said of a key that is there already.
pub(crate) const TWICE: &str = "写了两次";

/// toml's message in ours.
fn in_words(text: &str, message: &str, span: Range<usize>) -> Slip {
    if message.contains("recursion") || message.contains("nest") {
        return too_deep(span);
    }
    let word: String = text.get(span.clone()).unwrap_or("").trim().chars().take(40).collect();
    let (what, hint) = if message.starts_with("duplicate key") {
        let before = text.get(..span.start).unwrap_or("");
        let is_of = |line: &str| {
            line.trim_start()
                .trim_start_matches('[')
                .strip_prefix(word.as_str())
                .is_some_and(|rest| rest.trim_start().starts_with(['=', ']']))
        };
        // The last one: of a key that of the same section.
        let line = before.lines().enumerate().filter(|(_, line)| is_of(line)).last().map(|(line, _)| line);
        let first = line.map_or_else(String::new, |line| format!("（前一处在第{}行附近）", line + 1));
        (
            format!("“{word}”{TWICE}{first}"),
            "同一节里一个键只能写一次；删去一处，或检查节的标题 [[…]] 是否少写了".to_owned(),
        )
    } else if message.contains("escape") || word.contains('\\') {
        (format!("反斜杠的写法不对：{word}"), "路径里的反斜杠请写成 /，或把整段文字用单引号括起".to_owned())
    } else if message.contains("date")
        || message.contains("time")
        || message.contains("month")
        || message.contains("day")
    {
        (format!("“{word}”不是有效的日期"), "日期写作 2023-04-05，不加引号，且须真实存在".to_owned())
    } else if message.contains("zero")
        || message.contains("integer")
        || message.contains("float")
        || message.contains("digit")
    {
        (format!("“{word}”不是有效的数"), "数写作 20000 或 0.7，前面不加 0；代码等文字要加引号".to_owned())
    } else if message.contains("table") || message.contains("key") {
        (format!("“{word}”在这里不能这样写"), "同一个名字不能既是 [节]、又是 [[节]] 或键".to_owned())
    } else {
        ("不是有效的TOML，从这里起看不懂".to_owned(), "检查引号、方括号和等号是否成对、完整".to_owned())
    };
    Slip { span, message: what, hint }
}

#[cfg(test)]
mod tests;
