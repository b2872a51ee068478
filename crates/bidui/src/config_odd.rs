//! What can be read and is hardly meant: deadlines that leave a more serious warning more time, a ratio written in hundredths, an option of a list that
//! is almost a word of the extracts, or that its twin beside it does not have. And folders that lie in one another: a key among the lists would go out
//! with them.

use std::path::{Component, Path, PathBuf};

use bidui_emit::{AnswerKind, AnswerPlan, ListPlan};
use bidui_model::{DataContract, Diagnostic, Found, Level, SpecFile, SpecTable, nearest};

/// A folder, or the key, within another folder.
const WITHIN: &str = "BD0727";
/// Deadlines the wrong way round, or of no day at all.
const DEADLINES: &str = "BD0728";
/// A number without a unit above one.
const RATIO: &str = "BD0729";
/// An option that is almost a word.
const OPTION: &str = "BD0730";

/// Whose words those of a twin are.
const BESIDE: &str = "旁边同样的一栏里";

/// What must not lie within what.
const APART: [(&str, &str, &str); 6] = [
    ("key", "out", "密钥会随清单一起发出去"),
    ("key", "inbox", "密钥会和收到的文件放在一起"),
    ("state", "out", "台账和封存数据会随清单一起发出去"),
    ("inbox", "out", "收到的文件会和清单混在一起"),
    ("out", "inbox", "清单会被当作收到的文件"),
    ("state", "inbox", "封存的数据会被当作收到的文件"),
];

/// What one file's text is told of.
pub(crate) fn of_text(
    texts: &[(String, String)],
    name: &str,
    read: impl Fn(&str, &str) -> Vec<Diagnostic>,
) -> Vec<(Diagnostic, String)> {
    let text = texts.iter().find(|(file, _)| file == name).map_or("", |(_, text)| text.as_str());
    read(text, name).into_iter().map(|told| (told, text.to_owned())).collect()
}

/// Folders of bidui.toml that lie within one another.
pub(crate) fn folders_within(text: &str, file: &str) -> Vec<Diagnostic> {
    let source = SpecFile::new(file, text);
    let mut tree = None;
    let Some(paths) = source.root(&mut tree).and_then(|root| root.table("paths")) else { return Vec::new() };
    let path = |key: &'static str| paths.span_of(key).and_then(|_| paths.text(key));
    let within = |(inner, outer, why): (&'static str, &'static str, &str)| {
        let (one, other) = (path(inner)?, path(outer)?);
        let (lies, around) = (plain(&one.value), plain(&other.value));
        // Two that are one folder are told at the first.
        let is_told = lies == around && inner == "out";
        (lies.starts_with(around) && !is_told).then(|| {
            let message = format!("{inner} 在 {outer}（{}）里面：{why}", other.value);
            let error = Diagnostic::error(WITHIN, file, Some(one.span), message);
            error.with_hint("inbox、state、out 各用一个文件夹，key 放在 state 里")
        })
    };
    APART.into_iter().filter_map(within).collect()
}

/// Without the steps that go back.
fn plain(path: &str) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in Path::new(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

/// What is odd about a bidui.toml that has no error.
pub(crate) fn odd_settings(text: &str, file: &str) -> Vec<Diagnostic> {
    let source = SpecFile::new(file, text);
    let mut tree = None;
    let Some(root) = source.root(&mut tree) else { return Vec::new() };
    let mut found = root.table("deadlines").map(|table| odd_deadlines(&table, file)).unwrap_or_default();
    for table in root.tables("parameter") {
        let (Some(name), Some(value)) = (table.text("name"), table.number("value")) else { continue };
        let has_unit = table.span_of("unit").is_some() && table.text("unit").is_some_and(|unit| !unit.value.is_empty());
        if !has_unit && value.value > 1.0 {
            let message =
                format!("参数“{}”没有单位，值是 {}：作比例是 {}%", name.value, value.value, value.value * 100.0);
            let hint = format!("若是百分之{0}，写 {1}；不是比例的，写上 unit", value.value, value.value / 100.0);
            found.push(Diagnostic::warning(RATIO, file, Some(value.span), message).with_hint(hint));
        }
    }
    found
}

fn odd_deadlines(table: &SpecTable<'_>, file: &str) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    // The more serious one, its days and how they are counted.
    let mut before: Option<(Level, i64, String)> = None;
    for level in Level::ALL {
        if table.span_of(level.code()).is_none() {
            continue;
        }
        let Some(of_level) = table.table(level.code()) else { continue };
        let (Some(days), Some(count)) = (of_level.integer("days"), of_level.text("count")) else { continue };
        let Found { value, span } = days;
        let tell = |message: String, hint: &str| {
            Diagnostic::warning(DEADLINES, file, Some(span.clone()), message).with_hint(hint)
        };
        if value == 0 {
            let message = format!("{} 的时限是0天：下发当天就到期", level.code());
            found.push(tell(message, "镇里来不及核查；写办得到的天数"));
        } else if let Some((serious, least, _)) =
            before.as_ref().filter(|(_, least, how)| value < *least && *how == count.value)
        {
            let message = format!("{} 的时限（{value}天）比更重的 {}（{least}天）还短", level.code(), serious.code());
            found.push(tell(message, "越重的等级时限越短；看哪一个天数写错了"));
        }
        before = Some((level, value, count.value));
    }
    found
}

/// Options of lists that are almost a word that the extracts' columns of that name may hold, or that the answer beside them does not have.
pub(crate) fn odd_options<'a>(
    lists: impl Iterator<Item = &'a ListPlan>,
    contracts: &[DataContract],
    texts: &[(String, String)],
) -> Vec<(Diagnostic, String)> {
    let mut found = Vec::new();
    for list in lists {
        let text = texts.iter().find(|(file, _)| *file == list.source).map_or("", |(_, text)| text.as_str());
        let answers = list.sheets.iter().flat_map(|sheet| sheet.answers.iter().map(move |answer| (answer, sheet)));
        for (answer, sheet) in answers {
            let of_columns = contracts.iter().filter_map(|contract| contract.column(&answer.key));
            let words = of_columns.flat_map(|(_, column)| &column.choices).map(String::as_str).collect();
            let twins = sheet.answers.iter().filter(|other| is_twin(answer, other)).flat_map(options_of).collect();
            let known: [(Vec<&str>, &str); 2] = [(words, "部门数据里"), (twins, BESIDE)];
            let own: Vec<&str> = options_of(answer).collect();
            for (known, whose) in &known {
                let others = known.iter().copied().filter(|word| !own.contains(word));
                let strange = own.iter().copied().filter(|option| !known.contains(option));
                for (option, near) in strange.filter_map(|option| Some((option, nearest(option, others.clone())?))) {
                    // Of two twins that are almost the same, the one that is written less.
                    if *whose == BESIDE && times(texts, option) > times(texts, near) {
                        continue;
                    }
                    let quoted = format!("\"{option}\"");
                    let place = text[answer.span.start..].find(&quoted).map(|at| at + answer.span.start);
                    let span = place.map_or(answer.span.clone(), |at| at..at + quoted.len());
                    let message = format!("“{}”可选的“{option}”，{whose}写作“{near}”", answer.title);
                    let warning = Diagnostic::warning(OPTION, &list.source, Some(span), message);
                    let hint = format!("是不是“{near}”？两处要写得一样，才对得上");
                    found.push((warning.with_hint(hint), text.to_owned()));
                }
            }
        }
    }
    found
}

/// How often it stands in quotes of either kind.
fn times(texts: &[(String, String)], word: &str) -> usize {
    let quoted = [format!("\"{word}\""), format!("'{word}'")];
    texts.iter().map(|(_, text)| quoted.iter().map(|quoted| text.matches(quoted).count()).sum::<usize>()).sum()
}

fn options_of(answer: &AnswerPlan) -> impl Iterator<Item = &str> {
    let options = if let AnswerKind::Options(options) = &answer.kind { options.as_slice() } else { &[] };
    options.iter().map(String::as_str)
}

/// `measure_1` and `measure_2`.
fn is_twin(one: &AnswerPlan, other: &AnswerPlan) -> bool {
    let stem = |key: &str| key.trim_end_matches(|sign: char| sign.is_ascii_digit()).to_owned();
    one.key != other.key && stem(&one.key) == stem(&other.key)
}
