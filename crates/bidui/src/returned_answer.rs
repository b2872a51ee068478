//! One cell of a list that came back.
//!
//! A choice, taken: `21 不属实：数据错误` as it was offered, in any width and punctuation, with or without blanks or a full stop; the code alone,
//! as text or number; the label alone; the code with the beginning of its label. An option, taken: the word; for 是 and 否 also their signs.
//! A town, taken: its name, with or without 镇, behind the county's; its code. Not taken: half a label, words of one's own, two choices in a cell.

use bidui_emit::{AnswerKind, AnswerPlan, Choice, Choices};
use bidui_model::{CellKind, RawCell, canonical_row_key};
use bidui_normalize::{parse_flag, parse_money};

use crate::returned::Answer;
use crate::returned_date::{LooseDate, read_date};
use crate::returned_heading::bare;
use crate::returned_reason::Reason;

/// Letters of a label behind its code that say it is this one.
const LABEL_BEGINS: usize = 2;

/// What a cell turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    Nothing,
    Is(Answer),
    /// A day or a month without its year.
    YearTaken(LooseDate),
    Refused(Reason),
}

pub(crate) fn read_answer(
    cell: RawCell<'_>,
    plan: &AnswerPlan,
    choices: &Choices,
    towns: &[(String, String)],
) -> Reading {
    if cell.kind == CellKind::Error {
        return Reading::Refused(Reason::ErrorValue);
    }
    let is_text = plan.kind == AnswerKind::Text;
    if cell.text.trim().is_empty() || !is_text && is_nothing(cell.text) {
        // Where it is asked whether there is something, 无 says that there is not.
        let denied = match &plan.kind {
            AnswerKind::Options(options) if cell.text.trim() == "无" => denied(options, &plan.title),
            _ => None,
        };
        return denied.map_or(Reading::Nothing, |option| Reading::Is(Answer::Option(option)));
    }
    let read = match &plan.kind {
        AnswerKind::Text => Ok(Answer::Text(cell.text.trim().to_owned())),
        AnswerKind::Date => return read_date(cell, plan.ahead),
        AnswerKind::Money => match parse_money(cell, 100) {
            Ok(Some(fen)) if fen < 0 => Err(Reason::MoneyNegative),
            Ok(Some(fen)) => Ok(Answer::Money(fen)),
            Ok(None) => return Reading::Nothing,
            Err(_) => Err(Reason::MoneyUnreadable),
        },
        AnswerKind::Choices(name) => {
            choice(cell, choices.lists.get(name).map_or(&[], Vec::as_slice)).map(Answer::Choice)
        }
        AnswerKind::Options(options) => option(cell, options).map(Answer::Option),
        AnswerKind::Town => town(cell.text, towns).map(Answer::Option),
    };
    match read {
        Ok(answer) => Reading::Is(answer),
        Err(reason) => Reading::Refused(reason),
    }
}

/// The option that says no: 否 of a question, or 没有 of a column that asks 有无.
fn denied(options: &[String], title: &str) -> Option<String> {
    let is_question = options.len() == 2 && options.iter().all(|option| option == "是" || option == "否");
    let says_no = |option: &&String| match is_question {
        true => *option == "否",
        false => title.contains("有无") && option.starts_with("没有"),
    };
    options.iter().find(says_no).cloned()
}

/// What people write for nothing: strokes, 无, a blank.
pub(crate) fn is_nothing(text: &str) -> bool {
    let text = text.trim();
    matches!(text, "无" | "空" | "（空）" | "(空)")
        || text
            .chars()
            .all(|character| matches!(character, '-' | '—' | '－' | '/' | '／' | '\\' | '、' | '.' | '。' | '_' | '＿'))
}

fn choice(cell: RawCell<'_>, choices: &[Choice]) -> Result<String, Reason> {
    let found = bare(cell.text);
    if cell.text.contains(['?', '？']) {
        let offered = choices.iter().map(|choice| (choice.written(), bare(&choice.label)));
        return Err(Reason::NoChoice(near(&found, offered)));
    }
    // `1/4` is a day, `2..2` a slip, `11？` a question: round a code there may be quotes, blanks and a full stop, and nothing in it.
    let plain = canonical_row_key(cell.text);
    let plain = plain.trim_start_matches(['\'', '"', '“']).trim_end_matches(['.', '。', '、', ',', '，', '"', '”']);
    // A number cell has lost the zeros before it.
    let number = (cell.kind == CellKind::Number).then(|| cell.text.parse::<u32>().ok()).flatten();
    let is_code = |choice: &&Choice| {
        plain == canonical_row_key(&choice.code) || number.is_some() && choice.code.parse::<u32>().ok() == number
    };
    let is_label = |choice: &&Choice| {
        let label = bare(&choice.label);
        found == label || found == bare(&choice.code) + &label
    };
    if let Some(choice) = choices.iter().find(is_code).or_else(|| choices.iter().find(is_label)) {
        return Ok(choice.code.clone());
    }
    if codes_in(cell.text, choices) > 1 || labels_in(&found, choices) > 1 {
        return Err(Reason::TwoChoices);
    }
    let coded = choices.iter().find(|choice| {
        found
            .strip_prefix(&bare(&choice.code))
            .is_some_and(|rest| !rest.starts_with(|first: char| first.is_ascii_alphanumeric()))
    });
    match coded {
        Some(choice) => {
            let rest = &found[bare(&choice.code).len()..];
            if rest.chars().count() >= LABEL_BEGINS && bare(&choice.label).starts_with(rest) {
                return Ok(choice.code.clone());
            }
            if rest.is_empty() {
                return Err(Reason::NoChoice(vec![choice.written()]));
            }
            Err(Reason::CodeAndLabelDiffer(choice.written()))
        }
        None => {
            let offered = choices.iter().map(|choice| (choice.written(), bare(&choice.label)));
            Err(Reason::NoChoice(near(&found, offered)))
        }
    }
}

/// How many different codes stand in a text by themselves.
fn codes_in(text: &str, choices: &[Choice]) -> usize {
    let plain = canonical_row_key(&text.replace(char::is_whitespace, "|"));
    let mut codes: Vec<&str> = plain
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| choices.iter().any(|choice| choice.code.eq_ignore_ascii_case(word)))
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes.len()
}

fn labels_in(found: &str, choices: &[Choice]) -> usize {
    choices.iter().filter(|choice| found.contains(&bare(&choice.label))).count()
}

fn option(cell: RawCell<'_>, options: &[String]) -> Result<String, Reason> {
    let found = bare(cell.text);
    if let Some(option) = options.iter().find(|option| bare(option) == found && !found.is_empty()) {
        return Ok(option.clone());
    }
    let [yes, no] = ["是", "否"];
    if options.len() == 2 && options.iter().all(|option| option == yes || option == no) {
        let said = parse_flag(cell, &[]).ok().flatten();
        if let Some(said) = said {
            return Ok(if said { yes } else { no }.to_owned());
        }
    }
    if options.iter().filter(|option| found.contains(&bare(option))).count() > 1 {
        return Err(Reason::TwoChoices);
    }
    let offered = options.iter().map(|option| (option.clone(), bare(option)));
    Err(Reason::NoChoice(near(&found, offered)))
}

fn town(text: &str, towns: &[(String, String)]) -> Result<String, Reason> {
    let found = bare(text);
    let stem = |name: &str| bare(name).trim_end_matches(['镇', '乡']).to_owned();
    let is_this =
        |(code, name): &&(String, String)| found == *code || found == stem(name) || found.ends_with(&bare(name));
    let mut fitting = towns.iter().filter(is_this);
    match (fitting.next(), fitting.next()) {
        (Some((_, name)), None) => Ok(name.clone()),
        (Some(_), Some(_)) => Err(Reason::TwoChoices),
        (None, _) => Err(Reason::NoTown(near(&found, towns.iter().map(|(_, name)| (name.clone(), bare(name)))))),
    }
}

/// The two offers that share most characters with what was found.
fn near(found: &str, offered: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let shared = |bare: &str| {
        let mut seen: Vec<char> = bare.chars().filter(|character| found.contains(*character)).collect();
        seen.sort_unstable();
        seen.dedup();
        seen.len()
    };
    let mut scored: Vec<(usize, usize, String)> =
        offered.enumerate().map(|(place, (written, bare))| (usize::MAX - shared(&bare), place, written)).collect();
    scored.sort();
    scored.into_iter().filter(|(score, ..)| usize::MAX - score >= 2).take(2).map(|(.., written)| written).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn choices() -> Vec<Choice> {
        let choice = |code: &str, label: &str| Choice { code: code.into(), label: label.into(), ..Choice::default() };
        vec![
            choice("11", "属实，拟纳入监测"),
            choice("21", "不属实：数据错误"),
            choice("22", "不属实：情况已变化"),
            choice("00", "未核实"),
        ]
    }
    fn check(text: &str, code: &str) {
        assert_eq!(choice(RawCell { kind: CellKind::Text, text }, &choices()).as_deref(), Ok(code), "{text}");
    }
    fn refuse(text: &str, says: &str) {
        let reason = choice(RawCell { kind: CellKind::Text, text }, &choices()).unwrap_err().to_string();
        assert!(reason.contains(says), "{text}: {reason}");
    }

    #[test]
    fn a_choice_reads_as_people_write_it() {
        for text in [
            "21 不属实：数据错误",
            "21",
            "２１",
            "21.",
            "'21",
            "“21”",
            "21、不属实",
            "不属实:数据错误。",
            "21不属实数据错误",
            " 21 \n不属实：数据错误 ",
        ] {
            check(text, "21");
        }
        check("00", "00");
        assert_eq!(choice(RawCell { kind: CellKind::Number, text: "0" }, &choices()).as_deref(), Ok("00"));
        assert_eq!(choice(RawCell { kind: CellKind::Number, text: "21" }, &choices()).as_deref(), Ok("21"));
    }

    #[test]
    fn what_may_be_two_choices_or_none_is_refused() {
        refuse("11、21", "几个结果");
        refuse("21 22", "几个结果");
        refuse("属实，拟纳入监测/未核实", "几个结果");
        refuse("21 情况已变化", "“21 不属实：数据错误”");
        refuse("不属实", "“21 不属实：数据错误”、“22 不属实：情况已变化”");
        refuse("2", "不是可选的项");
        refuse("211", "不是可选的项");
        for text in ["2/1", "2..1", "-21", "21%", "2+1", "21？", "属实，拟纳入监测？", "21（待定）？"] {
            refuse(text, "不是可选的项");
        }
    }

    #[test]
    fn nothing_that_was_written_is_ever_shown() {
        for text in ["450221199001011234未核实过", "户主韦某某说明年再来", "覃大妹 139 1234 5678", "同意"]
        {
            let reason = choice(RawCell { kind: CellKind::Text, text }, &choices()).unwrap_err().to_string();
            assert!(reason.starts_with("不是可选的项"), "{reason}");
        }
    }

    #[test]
    fn yes_and_no_have_their_signs_and_towns_their_short_names() {
        let flags = ["是".to_owned(), "否".to_owned()];
        let said = |text| option(RawCell { kind: CellKind::Text, text }, &flags);
        assert_eq!(said("√").as_deref(), Ok("是"));
        assert_eq!(said("否。").as_deref(), Ok("否"));
        assert!(said("也许").is_err());
        // Where there is nothing to say, 无 says nothing; where it is asked whether there is something, it says that there is not.
        let says = |title: &str, options: &[&str]| {
            let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
            denied(&options, title)
        };
        assert_eq!(says("义务教育有保障", &["是", "否"]).as_deref(), Some("否"));
        assert_eq!(says("三保障和饮水有无问题", &["没有问题", "义务教育"]).as_deref(), Some("没有问题"));
        assert_eq!(says("排查结论", &["拟启动识别", "没有风险"]), None);
        let towns = [("450206102".to_owned(), "百朋镇".to_owned()), ("450206103".to_owned(), "成团镇".to_owned())];
        for text in ["百朋镇", "百朋", "450206102", "柳江区百朋镇"] {
            assert_eq!(town(text, &towns).as_deref(), Ok("百朋镇"), "{text}");
        }
        assert!(town("里雍镇", &towns).is_err());
    }
}
