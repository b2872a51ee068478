//! A TOML file in the house's layout: blanks, blank lines, indentation, the comma at the end of a list of several lines. Comments, the order of
//! keys, and what anybody put on a line of its own stay; nothing is aligned in columns, since no two programs agree how wide a Chinese character is.
//! `config/.taplo.toml` asks the editors' TOML extension for the same layout.
//!
//! Takes TOML with LF or CRLF and with or without a byte order mark, and keeps both. The tokens of the text are laid out, not its values, so
//! that numbers, quotes and text of several lines stand as they were written.

use std::ops::Range;

use toml_parser::Source;
use toml_parser::lexer::TokenKind;

/// The layout, for editors.
pub(crate) const EDITOR_OPTIONS: &str = include_str!("../../../config/.taplo.toml");

const BYTE_ORDER_MARK: char = '\u{feff}';
const INDENT: &str = "  ";

/// Why a file keeps its layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// With its place in the text that follows the byte order mark.
    #[error("不是有效的TOML")]
    NotToml(Option<Range<usize>>),
    #[error("排版会改变内容，没有改动；请把这个文件发给维护人员")]
    WouldChange,
}

/// The text in the house's layout.
///
/// # Errors
/// What is no TOML, and what would say something else afterwards: then nothing is to be written.
pub fn format_toml(text: &str) -> Result<String, FormatError> {
    let (mark, body) = match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(body) => (true, body),
        None => (false, text),
    };
    let before = value(body)?;
    let is_crlf = body.find('\n').is_some_and(|end| body[..end].ends_with('\r'));
    let newline = if is_crlf { "\r\n" } else { "\n" };
    let formatted = lay_out(body, newline);
    let is_same = value(&formatted).is_ok_and(|after| after == before)
        && comments(&formatted) == comments(body)
        && lay_out(&formatted, newline) == formatted;
    if !is_same {
        return Err(FormatError::WouldChange);
    }
    Ok(if mark { format!("{BYTE_ORDER_MARK}{formatted}") } else { formatted })
}

/// What the file says.
fn value(text: &str) -> Result<toml::Table, FormatError> {
    toml::from_str(text).map_err(|error| FormatError::NotToml(error.span()))
}

/// The tokens of a text that is TOML.
fn tokens(text: &str) -> Vec<(TokenKind, &str)> {
    let tokens = Source::new(text).lex();
    tokens.map(|token| (token.kind(), text.get(token.span().start()..token.span().end()).unwrap_or(""))).collect()
}

/// Every comment in order, without the blanks behind it.
fn comments(text: &str) -> Vec<&str> {
    let comments = tokens(text).into_iter().filter(|(kind, _)| *kind == TokenKind::Comment);
    comments.map(|(_, comment)| comment.trim_end()).collect()
}

/// What has been laid out so far.
struct Layout<'a> {
    text: String,
    newline: &'a str,
    /// Open brackets and braces.
    open: Vec<TokenKind>,
    /// The token before on the line.
    before: Option<TokenKind>,
    /// The last token that is no comment, and where the text behind it begins.
    said: Option<(TokenKind, usize)>,
    /// Lines that have ended since anything stood on one.
    ended: usize,
}

fn lay_out(text: &str, newline: &str) -> String {
    let mut layout = Layout { text: String::new(), newline, open: Vec::new(), before: None, said: None, ended: 0 };
    let tokens = tokens(text);
    let mut blank = false;
    for (kind, word) in tokens {
        match kind {
            TokenKind::Whitespace => blank = true,
            TokenKind::Newline => {
                layout.before = None;
                layout.ended += 1;
                blank = false;
            }
            TokenKind::Eof => {}
            _ => {
                layout.put(kind, word, blank);
                blank = false;
            }
        }
    }
    if !layout.text.is_empty() {
        layout.text.push_str(newline);
    }
    layout.text
}

impl Layout<'_> {
    fn put(&mut self, kind: TokenKind, word: &str, follows_blank: bool) {
        let closes = matches!(kind, TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket);
        if closes {
            self.open.pop();
        }
        if self.ended > 0 || self.text.is_empty() {
            if kind == TokenKind::RightSquareBracket {
                self.end_with_comma();
            }
            self.begin_line();
        } else if self.has_gap(kind, follows_blank) {
            self.text.push(' ');
        } else if self.before == Some(TokenKind::Comma) && kind == TokenKind::RightSquareBracket {
            self.text.pop();
        }
        let is_comment = kind == TokenKind::Comment;
        self.text.push_str(if is_comment { word.trim_end() } else { word });
        if matches!(kind, TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket) {
            self.open.push(kind);
        }
        if !is_comment {
            self.said = Some((kind, self.text.len()));
        }
        self.before = Some(kind);
    }

    /// Ends the line before, keeps one blank line of those that were there, and indents.
    fn begin_line(&mut self) {
        if !self.text.is_empty() {
            let lines = self.ended.min(2);
            self.text.push_str(&self.newline.repeat(lines));
        }
        self.ended = 0;
        self.text.push_str(&INDENT.repeat(self.open.len()));
    }

    /// The last item of a list that goes over several lines has a comma, so that the next one is a line of its own in a comparison.
    fn end_with_comma(&mut self) {
        let Some((kind, end)) = self.said else { return };
        if !matches!(kind, TokenKind::Comma | TokenKind::LeftSquareBracket) {
            self.text.insert(end, ',');
        }
    }

    /// Whether a blank stands before a token that is not the first of its line.
    fn has_gap(&self, kind: TokenKind, follows_blank: bool) -> bool {
        use TokenKind::{Atom, Comma, Comment, Dot, Equals, LeftCurlyBracket, LeftSquareBracket, RightCurlyBracket};
        match (self.before, kind) {
            (_, Comment) | (_, Equals) | (Some(Equals), _) => true,
            (Some(LeftCurlyBracket), RightCurlyBracket) => false,
            (Some(LeftCurlyBracket), _) | (_, RightCurlyBracket) => true,
            (_, Comma | Dot) | (Some(Dot | LeftSquareBracket), _) => false,
            (Some(Comma), TokenKind::RightSquareBracket) => false,
            (Some(Comma), _) => true,
            // A day and its hour.
            (Some(Atom), Atom) => follows_blank,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(format_toml(text).as_deref(), Ok(expected));
        assert_eq!(format_toml(expected).as_deref(), Ok(expected), "once is twice");
    }

    fn refuse(text: &str, expected: &FormatError) {
        assert_eq!(&format_toml(text).unwrap_err(), expected);
    }

    #[test]
    fn blanks_are_set_and_comments_and_order_stay() {
        check("\n\nb=1\n\n \n\n  # 注  \na =  \"甲\"# 尾注  \n\n", "b = 1\n\n# 注\na = \"甲\" # 尾注\n");
        check("[ one . two ]\nx=[ 1,2 ,]", "[one.two]\nx = [1, 2]\n");
        check("[[ a ]]\nx={a=1,b =[ ],c={}}\ny . z = -1.5e3", "[[a]]\nx = { a = 1, b = [], c = {} }\ny.z = -1.5e3\n");
        check("d = 2023-01-01 08:00:00\nt=2023-01-01\n", "d = 2023-01-01 08:00:00\nt = 2023-01-01\n");
        check("", "");
        check("# 只有注\n\n", "# 只有注\n");
    }

    #[test]
    fn a_list_keeps_its_lines_however_long_they_are() {
        let long = format!("x = [{}]\n", vec!["\"广西壮族自治区柳州市柳江区\""; 40].join(", "));
        check(&long, &long);
        check("x = [\n    1,\n    2 # 注，有逗号\n]\n", "x = [\n  1,\n  2, # 注，有逗号\n]\n");
        check("x=[\n# 空\n]\n", "x = [\n  # 空\n]\n");
        check("x = [{a=1},\n[2,\n3]]\n", "x = [{ a = 1 },\n  [2,\n    3]]\n");
        check("x = [ # 首\n\n\n  [1], ]", "x = [ # 首\n\n  [1]]\n");
    }

    #[test]
    fn text_of_several_lines_is_left_alone() {
        let text = "query = \"\"\"\nSELECT  a,b # 不是注\n\n\n  FROM t   \nORDER BY a\n\"\"\"\n";
        check(text, text);
    }

    #[test]
    fn line_ends_and_the_byte_order_mark_stay_as_they_were() {
        check("\u{feff}a=1\r\n# 注\r\nb=2\r\n", "\u{feff}a = 1\r\n# 注\r\nb = 2\r\n");
        check("q = '''\r\n甲  \r\n乙'''\r\n", "q = '''\r\n甲  \r\n乙'''\r\n");
    }

    #[test]
    fn what_is_no_toml_is_refused_with_its_place() {
        refuse("a = 1\nb = ，\n", &FormatError::NotToml(Some(10..13)));
    }

    /// The text with other blanks wherever TOML lets them be, by a plain row of numbers.
    fn rearranged(text: &str, seed: u64, newline: &str) -> String {
        let mut state = seed;
        let mut next = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let (mut out, mut before, mut ended) = (String::new(), None, 0);
        for (kind, word) in tokens(text) {
            match kind {
                TokenKind::Newline => {
                    ended += 1;
                    out.push_str(&" \t".repeat(next(2) as usize));
                    out.push_str(newline);
                    // One blank line may be more; none may not become one.
                    out.push_str(&newline.repeat(if ended > 1 { next(3) as usize } else { 0 }));
                    before = None;
                }
                TokenKind::Whitespace => {
                    // What parts two atoms, as of a day and its hour, is one blank in TOML itself.
                    let parts = before == Some(TokenKind::Atom);
                    out.push_str(if parts { word } else { "" });
                }
                TokenKind::Eof => {}
                _ => {
                    // A number and a dotted key have no blanks; a header's brackets stand together.
                    let joins = matches!(
                        kind,
                        TokenKind::Dot | TokenKind::Atom | TokenKind::LeftSquareBracket | TokenKind::RightSquareBracket
                    ) || before == Some(TokenKind::Dot);
                    if !joins {
                        out.push_str(&" ".repeat(next(4) as usize));
                    }
                    out.push_str(word);
                    ended = 0;
                    before = Some(kind);
                }
            }
        }
        out
    }

    #[test]
    fn however_the_blanks_were_the_layout_is_one() {
        let mut tried = 0;
        for (path, bytes) in crate::shipped::shipped_files().filter(|(path, _)| path.ends_with(".toml")) {
            let text = std::str::from_utf8(bytes).unwrap();
            for seed in 0..8 {
                let other = rearranged(text, seed, "\n");
                assert_eq!(format_toml(&other).as_deref(), Ok(text), "{path} {seed}");
                tried += usize::from(other != text);
            }
        }
        assert!(tried > 600, "{tried}");
    }

    #[test]
    fn strange_keys_and_values_stand_as_they_were_written() {
        check("\"a b\" . 'c'.d = 0x1F\n", "\"a b\".'c'.d = 0x1F\n");
        check("x=[[1,2],[],[ { y=[ true ] } ]]\n", "x = [[1, 2], [], [{ y = [true] }]]\n");
        check(
            "t = 07:32:00.5\nu=1979-05-27T07:32:00-08:00\nv = +1_000\nw=inf\n",
            "t = 07:32:00.5\nu = 1979-05-27T07:32:00-08:00\nv = +1_000\nw = inf\n",
        );
        check("s = \"# 不是注 = [ ]\"#是注\n", "s = \"# 不是注 = [ ]\" #是注\n");
    }

    #[test]
    fn editors_are_asked_for_the_same_layout() {
        let asked: toml::Table = toml::from_str(EDITOR_OPTIONS).unwrap();
        let formatting = asked["formatting"].as_table().unwrap();
        for off in
            ["array_auto_expand", "array_auto_collapse", "inline_table_expand", "align_entries", "align_comments"]
        {
            assert_eq!(formatting[off].as_bool(), Some(false), "{off}");
        }
        assert_eq!(formatting["allowed_blank_lines"].as_integer(), Some(1));
    }
}
