//! One statement of TOML, read for what is wrong with it: the first slip, at its place, in words.

use std::ops::Range;

use crate::toml_syntax::line_end;

/// Something that is not TOML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slip {
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    pub(crate) hint: String,
}

pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Where the next statement begins.
    limit: usize,
    /// What was read last, for saying after what something is missing.
    last: Range<usize>,
    /// Brackets that are open.
    depth: usize,
    /// Whether a bracket or words of several lines stayed open.
    open: bool,
}

type Read = Result<(), Slip>;

/// Brackets in brackets: no configuration has ten. toml's own parser stops a little below 80, and this one calls itself for each.
const DEEPEST: usize = 60;

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str, at: usize, limit: usize) -> Self {
        Self { text, at, limit, last: at..at, depth: 0, open: false }
    }
    pub(crate) fn at(&self) -> usize {
        self.at
    }
    pub(crate) fn is_open(&self) -> bool {
        self.open || self.depth > 0
    }

    /// `[a.b]` or `[[a.b]]`, to its line's end.
    pub(crate) fn header(&mut self) -> Option<Slip> {
        let line = self.at..line_end(self.text, self.at);
        let words = self.text[line.clone()].split('#').next().unwrap_or("").trim_end();
        let opened = words.len() - words.trim_start_matches('[').len();
        let closed = words.len() - words.trim_end_matches(']').len();
        let name = words.trim_start_matches('[').trim_end_matches(']');
        let span = line.start..line.start + words.len();
        self.at = line.end;
        if let Some(slip) = full_width(self.text, &span) {
            return Some(slip);
        }
        let good =
            opened == closed && (1..=2).contains(&opened) && !name.trim().is_empty() && !name.contains(['[', ']', '=']);
        (!good).then(|| slip(span, "节的标题的方括号不成对", "写作 [节] 或 [[节]]，左右的方括号一样多"))
    }

    /// `key = value`, to its line's end.
    pub(crate) fn pair(&mut self) -> Option<Slip> {
        self.whole_pair().err()
    }

    fn whole_pair(&mut self) -> Read {
        self.key()?;
        self.blanks();
        self.value(&['\n'])?;
        self.blanks();
        let rest = self.text[self.at..line_end(self.text, self.at)].trim_end_matches([' ', '\t']);
        if rest.is_empty() || rest.starts_with('#') {
            self.at = line_end(self.text, self.at);
            return Ok(());
        }
        let span = self.at..self.at + rest.len();
        if let Some(slip) = full_width(self.text, &span) {
            return Err(slip);
        }
        if rest.starts_with([']', '}', ',']) {
            let hint = "多了这个符号，或前面少了对应的 [ 或 {";
            return Err(slip(self.last.start..span.start + 1, format!("值在“{}”之前就已结束", &rest[..1]), hint));
        }
        Err(slip(span, "值的后面还有多余的内容", "一行只写一个键；检查引号是否成对"))
    }

    /// A key and its `=`.
    fn key(&mut self) -> Read {
        let start = self.at;
        let line = &self.text[start..line_end(self.text, start)];
        let end = if let Some(quote) = line.chars().next().filter(|first| matches!(first, '"' | '\'')) {
            line[1..].find(quote).map_or(line.len(), |close| close + 2)
        } else {
            line.find(|character: char| !(character.is_alphanumeric() || matches!(character, '_' | '-' | '.')))
                .unwrap_or(line.len())
        };
        let key = start..start + end;
        let word = &self.text[key.clone()];
        if end == 0 {
            let first = line.chars().next().map_or(0, char::len_utf8);
            let span = start..start + first;
            return Err(full_width(self.text, &span)
                .unwrap_or_else(|| slip(span, "这里应是一个键，写作 键 = 值", "检查上一行的引号、方括号是否成对")));
        }
        if !word.starts_with(['"', '\'']) && !word.is_ascii() {
            return Err(slip(key, format!("键“{word}”要加引号"), format!("写作 \"{word}\" = …")));
        }
        self.last = key.clone();
        self.at = key.end;
        self.blanks();
        if self.text[self.at..].starts_with('=') {
            self.at += 1;
            return Ok(());
        }
        let rest = self.text[self.at..line_end(self.text, self.at)].trim_end();
        if let Some(found) = full_width(self.text, &(self.at..self.at + rest.chars().next().map_or(0, char::len_utf8)))
        {
            return Err(found);
        }
        let end = (self.at + rest.len()).max(key.end);
        Err(slip(key.start..end, format!("“{word}”的后面缺少等号"), format!("写作 {word} = 值；文字要加双引号")))
    }

    /// A value. `ends` are what may follow it, for telling a bare word's end.
    fn value(&mut self, ends: &[char]) -> Read {
        let rest = &self.text[self.at..];
        let start = self.at;
        match rest.chars().next() {
            Some('"') if rest.starts_with("\"\"\"") => self.many_lines("\"\"\""),
            Some('\'') if rest.starts_with("'''") => self.many_lines("'''"),
            Some(quote @ ('"' | '\'')) => self.words(quote),
            Some('[' | '{') if self.depth >= DEEPEST => {
                self.open = true;
                Err(too_deep(start..start + 1))
            }
            Some('[') => self.array(),
            Some('{') => self.inline_table(),
            None | Some('\n' | '\r' | '#') => {
                let hint = "等号后面写上值：文字加双引号，数不加";
                let end = self.text[..start].trim_end().len();
                Err(slip(self.last.start..end, "等号后面没有值", hint))
            }
            Some(_) => {
                let end = rest
                    .find(|sign: char| ends.contains(&sign) || matches!(sign, '\n' | '\r' | '#'))
                    .unwrap_or(rest.len());
                let word = rest[..end].trim_end();
                let span = start..start + word.len().max(rest.chars().next().map_or(0, char::len_utf8));
                self.last = span.clone();
                self.at = span.end;
                bare(self.text, span)
            }
        }
    }

    /// Words in quotes on one line.
    fn words(&mut self, quote: char) -> Read {
        let start = self.at;
        let end = line_end(self.text, start);
        let mut escaped = false;
        for (place, sign) in self.text[start + 1..end].char_indices() {
            match sign {
                _ if escaped => escaped = false,
                '\\' if quote == '"' => escaped = true,
                sign if sign == quote => {
                    self.last = start..start + 1 + place + 1;
                    self.at = self.last.end;
                    return Ok(());
                }
                _ => {}
            }
        }
        self.at = end;
        let shown = self.text[start..end].trim_end();
        Err(slip(
            start..start + shown.len(),
            "文字没有结束，缺少右引号",
            "补上右引号；文字里的双引号写作 \\\"，或用中文引号“”",
        ))
    }

    /// Words of several lines.
    fn many_lines(&mut self, fence: &str) -> Read {
        let start = self.at;
        match self.text[start + 3..].find(fence).map(|at| start + 3 + at) {
            Some(close) if close < self.limit || self.limit <= start => {
                let extra = self.text[close + 3..].chars().take_while(|sign| fence.starts_with(*sign)).count().min(2);
                self.last = start..close + 3 + extra;
                self.at = self.last.end;
                Ok(())
            }
            _ => {
                self.open = true;
                self.at = self.limit;
                let hint = format!("在这段文字的末尾另起一行写 {fence}");
                Err(slip(
                    start..start + 3,
                    format!("多行文字从这里开始，到第{}行还没有结束", self.line_of_limit()),
                    hint,
                ))
            }
        }
    }

    fn array(&mut self) -> Read {
        let open = self.at;
        self.last = open..open + 1;
        self.at += 1;
        self.depth += 1;
        loop {
            self.blank_lines();
            if self.at >= self.limit {
                return Err(self.unclosed(open, "]"));
            }
            if self.next() == Some(']') {
                return self.close(open);
            }
            if self.next() == Some(',') {
                return Err(slip(self.last.start..self.at + 1, "多了一个逗号", "两个值之间只写一个逗号"));
            }
            // `["甲", 键 = 值 }`: the list ended before the key.
            let line = &self.text[self.at..line_end(self.text, self.at)];
            let key = line.find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_')).unwrap_or(line.len());
            let is_key = key > 0 && line[key..].trim_start().starts_with('=');
            if is_key && !self.text[open..self.at].contains('\n') {
                let end = self.text[..self.at].trim_end_matches([' ', ',']).len();
                self.open = true;
                return Err(slip(open..end, "“[”没有结束，缺少“]”", "在最后一项的后面补上 ]"));
            }
            self.value(&[',', ']'])?;
            self.after_item(open, ']')?;
        }
    }

    fn inline_table(&mut self) -> Read {
        let open = self.at;
        self.last = open..open + 1;
        self.at += 1;
        self.depth += 1;
        loop {
            self.blank_lines();
            if self.at >= self.limit {
                return Err(self.unclosed(open, "}"));
            }
            match self.next() {
                Some('}') => return self.close(open),
                Some('{' | ']') => return Err(self.unclosed(open, "}")),
                Some(',') => return Err(slip(self.last.start..self.at + 1, "多了一个逗号", "两项之间只写一个逗号")),
                _ => {}
            }
            let before = self.last.clone();
            if let Err(slip_of_key) = self.key() {
                // `键 = "甲", "乙"]`: the second is no key, the list has not begun.
                let is_words =
                    self.text[before.clone()].starts_with(['"', '\'']) && self.text[self.at..].starts_with([',', ']']);
                let is_list = self.text[before.clone()].starts_with('[') && self.text[self.at..].starts_with('[');
                let hint = "几个值写作 [\"甲\", \"乙\"]";
                return Err(if is_words || is_list {
                    slip(before, "这里的列表缺少左方括号“[”", hint)
                } else {
                    slip_of_key
                });
            }
            self.blanks();
            self.value(&[',', '}'])?;
            self.after_item(open, '}')?;
        }
    }

    /// A comma, or the bracket that closes and is left for the loop.
    fn after_item(&mut self, open: usize, close: char) -> Read {
        let item = self.last.clone();
        self.blank_lines();
        match self.next() {
            Some(',') => self.at += 1,
            Some(sign) if sign == close && self.at < self.limit => {}
            _ if self.at >= self.limit => return Err(self.unclosed(open, if close == ']' { "]" } else { "}" })),
            // `{ … { …`: it is the bracket that is missing.
            Some('{' | ']') if close == '}' && !self.text[item.end..self.at].contains('#') => {
                return Err(self.unclosed(open, "}"));
            }
            _ => {
                let end = self.at + self.text[self.at..].chars().next().map_or(0, char::len_utf8);
                if let Some(found) = full_width(self.text, &(self.at..end)) {
                    return Err(found);
                }
                let wanted = if close == ']' { "逗号或 ]" } else { "逗号或 }" };
                let start = if self.text[..item.end].ends_with([']', '}']) { item.end - 1 } else { item.start };
                let span = if self.text[item.end..self.at].contains('\n') { item } else { start..end };
                self.at = span.end.max(self.at);
                return Err(slip(span, format!("这一项的后面应是{wanted}"), "检查逗号有没有漏写，引号是否成对"));
            }
        }
        Ok(())
    }

    fn close(&mut self, open: usize) -> Read {
        self.at += 1;
        self.depth -= 1;
        self.last = open..self.at;
        Ok(())
    }

    fn unclosed(&mut self, open: usize, close: &str) -> Slip {
        self.open = true;
        let sign = &self.text[open..open + 1];
        let end = line_end(self.text, open);
        let one_line = self.text[open..self.at.min(self.text.len())].trim_end().lines().count() <= 1;
        let span = if one_line { open..open + self.text[open..end].trim_end().len() } else { open..open + 1 };
        slip(span, format!("“{sign}”没有结束，缺少“{close}”"), format!("在这一项的末尾补上 {close}"))
    }

    fn next(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }
    fn blanks(&mut self) {
        while matches!(self.next(), Some(' ' | '\t')) {
            self.at += 1;
        }
    }
    /// Blanks, newlines and comments.
    fn blank_lines(&mut self) {
        while self.at < self.limit {
            match self.next() {
                Some(' ' | '\t' | '\n' | '\r') => self.at += 1,
                Some('#') => self.at = line_end(self.text, self.at),
                _ => break,
            }
        }
    }
    fn line_of_limit(&self) -> usize {
        self.text[..self.limit].trim_end().lines().count()
    }
}

/// A value without quotes: a number, a date, true or false.
fn bare(text: &str, span: Range<usize>) -> Read {
    let word = &text[span.clone()];
    if let Some(found) = full_width(text, &span) {
        return Err(found);
    }
    let number = word.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-'))
        && word.chars().all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '+' | '-' | '.' | '_' | ':' | ' '));
    if number || matches!(word, "true" | "false" | "inf" | "nan") {
        return Ok(());
    }
    let shown: String = word.chars().take(30).collect();
    if word.ends_with(['"', '\'']) {
        return Err(slip(span, format!("“{shown}”缺少左引号"), "文字的两头都要有引号"));
    }
    if let Some((key, _)) = word.split_once('=') {
        let key = key.trim_end();
        if key.contains(' ') {
            return Err(slip(span, format!("“{shown}”里缺少逗号"), "各项之间用半角逗号隔开"));
        }
        let hint = "列表里的一项写作 { 键 = 值, … }";
        return Err(slip(span.start..span.start + key.len(), format!("“{key}”的前面缺少左花括号"), hint));
    }
    let is_wide = |sign: char| ('０'..='９').contains(&sign) || sign == '．';
    if word.chars().any(is_wide) && word.chars().all(|sign| is_wide(sign) || sign.is_ascii_digit() || sign == '.') {
        return Err(slip(span, format!("数“{shown}”里有全角的数字"), "数字用半角"));
    }
    if let Some((plain, odd)) = figure(word) {
        let start = span.start + plain;
        let hint =
            "数只写数字，不写单位、千分位和百分号：5000 元写 5000，20% 写 0.2；日期和月份写在引号里，如 \"2023-10\"";
        return Err(slip(start..start + odd.len(), format!("数里不能有“{odd}”"), hint));
    }
    let near = crate::nearest(word, ["true", "false"]);
    let hint =
        near.map_or_else(|| "文字要用双引号括起".to_owned(), |near| format!("是不是 {near}？文字要用双引号括起"));
    Err(slip(span, format!("不认识的值“{shown}”"), hint))
}

/// Of a figure with something behind it or within: how many bytes are a number, and the sign that is none.
fn figure(word: &str) -> Option<(usize, &str)> {
    let is_of_number = |sign: char| sign.is_ascii_digit() || ".-_+".contains(sign);
    let end = word.find(|sign| !is_of_number(sign))?;
    let odd = &word[end..];
    let sign = odd.chars().next()?;
    let is_unit = "%％元万户人天月年岁次个，,/".contains(sign);
    (word.starts_with(|first: char| first.is_ascii_digit()) && is_unit).then(|| (end, &odd[..sign.len_utf8()]))
}

/// What no parser should go down into.
pub(crate) fn too_deep(span: Range<usize>) -> Slip {
    slip(
        span,
        format!("嵌套太深：这里已在{DEEPEST}层以上的括号或点号里"),
        "检查括号、点号是不是粘贴多了；配置里不超过几层",
    )
}

/// Signs of a Chinese keyboard where TOML's own belong.
fn full_width(text: &str, span: &Range<usize>) -> Option<Slip> {
    const SIGNS: &str = "\u{3000}\u{a0}，“”‘’＝［］【】｛｝「」＂：、。；";
    let (place, sign) = text.get(span.clone())?.char_indices().find(|(_, sign)| SIGNS.contains(*sign))?;
    let at = span.start + place;
    let hint = "请改用英文半角的 , \" = [ ] { }；写文字要放在半角双引号里";
    let message = match sign {
        '\u{3000}' | '\u{a0}' => "这里有全角空格".to_owned(),
        sign => format!("这里有全角符号“{sign}”"),
    };
    Some(slip(at..at + sign.len_utf8(), message, hint))
}

fn slip(span: Range<usize>, message: impl Into<String>, hint: impl Into<String>) -> Slip {
    Slip { span, message: message.into(), hint: hint.into() }
}
