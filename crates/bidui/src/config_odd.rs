//! What can be read and is hardly meant: deadlines that leave a more serious warning more time, a ratio written in hundredths, an option of a list that
//! is almost a word of the extracts or that its twin beside it does not have, a year without holidays between two that have them, a village in another
//! town than its code says.

use std::collections::{BTreeMap, BTreeSet};

use bidui_emit::{AnswerKind, AnswerPlan, ListPlan};
use bidui_model::{DataContract, Diagnostic, Found, Level, LinkClass, Month, SpecFile, SpecTable, nearest};
use bidui_normalize::Gazetteer;

/// Deadlines the wrong way round, or of no day at all.
const DEADLINES: &str = "BD0728";
/// A number without a unit above one.
const RATIO: &str = "BD0729";
/// From here on a number without a unit is more likely one in hundredths than a ratio.
const DOUBLE: f64 = 2.0;
/// An option that is almost a word.
const OPTION: &str = "BD0730";

/// A year without holidays.
const NO_YEAR: &str = "BD0732";
/// A village in another town than its code says.
const OTHER_TOWN: &str = "BD0606";
/// A cell of the villages that is almost another one's, or holds several aliases with the wrong sign between them.
const ODD_CELL: &str = "BD0607";
/// Days of a clock.
const CLOCKS: &str = "BD0733";
/// A parameter without a value for some months.
const GAP: &str = "BD0735";
/// A weaker link that may lead to a higher level than a stronger one.
const CAPS: &str = "BD0817";

/// Whose words those of a twin are.
const BESIDE: &str = "旁边同样的一栏里";

/// What one file's text is told of.
pub(crate) fn of_text(
    texts: &[(String, String)],
    name: &str,
    read: impl Fn(&str, &str) -> Vec<Diagnostic>,
) -> Vec<(Diagnostic, String)> {
    let text = texts.iter().find(|(file, _)| file == name).map_or("", |(_, text)| text.as_str());
    read(text, name).into_iter().map(|told| (told, text.to_owned())).collect()
}

/// What is odd about a bidui.toml that has no error.
pub(crate) fn odd_settings(text: &str, file: &str) -> Vec<Diagnostic> {
    let source = SpecFile::new(file, text);
    let mut tree = None;
    let Some(root) = source.root(&mut tree) else { return Vec::new() };
    let mut found = root.table("deadlines").map(|table| odd_deadlines(&table, file)).unwrap_or_default();
    found.extend(root.table("clocks").map(|table| odd_clocks(&table, file)).unwrap_or_default());
    for table in root.tables("parameter") {
        let (Some(name), Some(value)) = (table.text("name"), table.number("value")) else { continue };
        let has_unit = table.span_of("unit").is_some() && table.text("unit").is_some_and(|unit| !unit.value.is_empty());
        if !has_unit && value.value >= DOUBLE {
            let message =
                format!("参数“{}”没有单位，值是 {}：作比例是 {}%", name.value, value.value, value.value * 100.0);
            let hint = format!(
                "若是百分之{0}，写 {1}；是倍数、个数的，写上 unit，如 \"倍\"",
                value.value,
                value.value / 100.0
            );
            found.push(Diagnostic::warning(RATIO, file, Some(value.span), message).with_hint(hint));
        }
    }
    found.extend(parameter_gaps(&root, file));
    found
}

/// Months for which a parameter has no value, between two for which it has: nothing can be run for them.
fn parameter_gaps(root: &SpecTable<'_>, file: &str) -> Vec<Diagnostic> {
    let month = |found: Found<String>| Some((found.value.parse::<Month>().ok()?, found.span));
    let read = |table: &SpecTable<'_>| {
        Some((table.text("name")?.value, month(table.text("from")?)?.0, table.text("to").and_then(month)))
    };
    let mut all: Vec<_> = root.tables("parameter").iter().filter_map(read).collect();
    all.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
    let mut found = Vec::new();
    for (one, next) in all.iter().zip(all.iter().skip(1)).filter(|(one, next)| one.0 == next.0) {
        let Some((to, span)) = one.2.clone().filter(|(to, _)| to.plus(1) < next.1) else { continue };
        let (first, last) = (to.plus(1), next.1.plus(-1));
        let months = if first == last { first.to_string() } else { format!("{first} 至 {last}") };
        let message = format!("参数“{}”{months}没有值：那几个月不能运行", one.0);
        let hint = format!("to 写后一条 from（{}）的上一个月；看哪一个月份写错了", next.1);
        found.push(Diagnostic::warning(GAP, file, Some(span), message).with_hint(hint));
    }
    found
}

/// A level's deadline.
struct Deadline {
    level: Level,
    days: Found<i64>,
    is_working: bool,
}

impl Deadline {
    /// Whether it certainly ends before the other, as far as days of different kinds can be compared: working days are never shorter.
    fn is_shorter(&self, other: &Self) -> bool {
        match (self.is_working, other.is_working) {
            (false, true) => self.days.value <= other.days.value,
            (true, false) => false,
            _ => self.days.value < other.days.value,
        }
    }
}

fn odd_deadlines(table: &SpecTable<'_>, file: &str) -> Vec<Diagnostic> {
    let read = |level: Level| {
        table.span_of(level.code())?;
        let of_level = table.table(level.code())?;
        let (days, count) = (of_level.integer("days")?, of_level.text("count")?);
        Some(Deadline { level, days, is_working: count.value == "working" })
    };
    let all: Vec<Deadline> = Level::ALL.into_iter().filter_map(read).collect();
    let mut found = Vec::new();
    let mut tell = |of: &Deadline, message: String, hint: &str| {
        let warning = Diagnostic::warning(DEADLINES, file, Some(of.days.span.clone()), message);
        found.push(warning.with_hint(hint));
    };
    for of in all.iter().filter(|of| of.days.value == 0) {
        let message = format!("{} 的时限是0天：下发当天就到期", of.level.code());
        tell(of, message, "镇里来不及核查；写办得到的天数");
    }
    // Pairs of which the lighter one ends first.
    let pairs =
        || all.iter().enumerate().flat_map(|(at, serious)| all[at + 1..].iter().map(move |light| (serious, light)));
    let mut wrong: Vec<(&Deadline, &Deadline)> =
        pairs().filter(|(serious, light)| light.days.value > 0 && light.is_shorter(serious)).collect();
    while let Some((serious, light)) = wrong.first().copied() {
        // The slip is the one that stands in most of them.
        let times = |of: &Deadline| {
            wrong.iter().filter(|(one, other)| one.level == of.level || other.level == of.level).count()
        };
        let (of, than, how) = if times(serious) > times(light) {
            (serious, light, ("更轻", "长"))
        } else {
            (light, serious, ("更重", "短"))
        };
        let days = |of: &Deadline| format!("{}天", of.days.value);
        let message = format!(
            "{} 的时限（{}）比{}的 {}（{}）还{}",
            of.level.code(),
            days(of),
            how.0,
            than.level.code(),
            days(than),
            how.1
        );
        tell(of, message, "越重的等级时限越短；看哪一个天数写错了");
        let level = of.level;
        wrong.retain(|(one, other)| one.level != level && other.level != level);
    }
    found
}

/// Clocks of no day at all, and a plan that is due before there is a helper to make it.
fn odd_clocks(table: &SpecTable<'_>, file: &str) -> Vec<Diagnostic> {
    let read = |name: &'static str| {
        table.span_of(name)?;
        let of_clock = table.table(name)?;
        let (days, count) = (of_clock.integer("days")?, of_clock.text("count")?);
        Some((days, count.value == "working"))
    };
    let mut found = Vec::new();
    let mut tell = |days: &Found<i64>, message: String, hint: &str| {
        found.push(Diagnostic::warning(CLOCKS, file, Some(days.span.clone()), message).with_hint(hint));
    };
    for name in ["identify", "helper", "plan", "recheck"] {
        if let Some((days, _)) = read(name).filter(|(days, _)| days.value == 0) {
            tell(&days, format!("{name} 的时限是0天：一开始就超期"), "写办得到的天数");
        }
    }
    let both = read("helper").zip(read("plan"));
    if let Some((helper, plan)) = both.filter(|(helper, plan)| helper.1 == plan.1 || plan.1 <= helper.1)
        && plan.0.value > 0
        && plan.0.value < helper.0.value
    {
        // Both run from the inclusion.
        let message = format!("plan 的时限（{}天）比 helper 的（{}天）还短", plan.0.value, helper.0.value);
        tell(&plan.0, message, "帮扶计划由帮扶责任人来定，时限不应更短；看哪一个天数写错了");
    }
    found
}

/// Caps of links the wrong way round: what rests on a weaker one may go higher than what rests on a stronger one.
pub(crate) fn odd_caps(text: &str, file: &str) -> Vec<Diagnostic> {
    let source = SpecFile::new(file, text);
    let mut tree = None;
    let Some(root) = source.root(&mut tree) else { return Vec::new() };
    let capped = root.tables("class").into_iter().filter_map(|table| {
        let (code, cap) = (table.text("code")?, table.text("cap")?);
        Some((LinkClass::from_code(&code.value)?, Level::from_code(&cap.value)?, cap.span))
    });
    let mut capped: Vec<(LinkClass, Level, std::ops::Range<usize>)> = capped.collect();
    capped.sort_by_key(|(class, ..)| *class);
    let mut found = Vec::new();
    for (at, (weak, level, span)) in capped.iter().enumerate() {
        // Most serious first, so that a higher level is a smaller one.
        let stronger = capped[..at].iter().filter(|(_, of_strong, _)| level < of_strong);
        if let Some((strong, of_strong, _)) = stronger.min_by_key(|(_, of_strong, _)| *of_strong) {
            let (weak, level) = (weak.code(), level.code());
            let message = format!("{weak} 最高到 {level}，比更可靠的 {}（{}）还高", strong.code(), of_strong.code());
            let warning = Diagnostic::warning(CAPS, file, Some(span.clone()), message);
            found.push(warning.with_hint("关联越弱，能到的等级应越低；看哪一个 cap 写错了"));
        }
    }
    found
}

/// Years without a holiday between two that have some: every day of them would be worked.
pub(crate) fn odd_holidays(text: &str, file: &str) -> Vec<Diagnostic> {
    let source = SpecFile::new(file, text);
    let mut tree = None;
    let Some(root) = source.root(&mut tree) else { return Vec::new() };
    let year =
        |found: &Found<i32>| bidui_normalize::iso_date(found.value).get(..4).and_then(|year| year.parse::<i32>().ok());
    let days: Vec<(i32, Found<i32>)> = root
        .tables("holiday")
        .iter()
        .filter_map(|table| table.date("from"))
        .filter_map(|day| Some((year(&day)?, day)))
        .collect();
    let years: BTreeSet<i32> = days.iter().map(|(year, _)| *year).collect();
    let mut found = Vec::new();
    for (before, after) in years.iter().zip(years.iter().skip(1)).filter(|(before, after)| **after > **before + 1) {
        let missing = if after - before == 2 {
            format!("{}年", before + 1)
        } else {
            format!("{}年至{}年", before + 1, after - 1)
        };
        // A year that stands alone before the gap is more likely a slip than a year.
        let alone = |year: i32| days.iter().filter(|(of, _)| *of == year).count() == 1;
        let at = if alone(*before) { before } else { after };
        let span = days.iter().find(|(year, _)| year == at).map(|(_, day)| day.span.clone());
        let message = format!("没有{missing}的节假日：那些天都会当作工作日");
        let hint = "照国务院办公厅的放假通知补上；或看这里的年份写得对不对";
        found.push(Diagnostic::warning(NO_YEAR, file, span, message).with_hint(hint));
    }
    found
}

/// Cells of the villages that are hardly meant: aliases with another sign between them than `|`, and a kind or a county that is almost the one of others.
pub(crate) fn odd_cells(text: &str, file: &str) -> Vec<Diagnostic> {
    let mut lines = text.split_inclusive('\n');
    let Some(heading) = lines.next() else { return Vec::new() };
    let mut start = heading.len();
    let place = |name: &str| heading.trim_end().trim_start_matches('\u{feff}').split(',').position(|cell| cell == name);
    let mut rows: Vec<(usize, Vec<&str>)> = Vec::new();
    for line in lines {
        // What stands in quotes may have commas.
        if !line.contains('"') {
            rows.push((start, line.trim_end().split(',').collect()));
        }
        start += line.len();
    }
    let span = |(start, cells): &(usize, Vec<&str>), at: usize| {
        let from = start + cells[..at].iter().map(|cell| cell.len() + 1).sum::<usize>();
        from..from + cells[at].len()
    };
    let mut found = Vec::new();
    let mut tell = |span, message: String, hint: String| {
        found.push(Diagnostic::warning(ODD_CELL, file, Some(span), message).with_hint(hint));
    };
    let signs = |cell: &str| cell.chars().find(|sign| "、；;，/／｜".contains(*sign));
    for name in ["aliases", "former_codes"] {
        let Some(at) = place(name) else { continue };
        for row in &rows {
            if let Some(sign) = row.1.get(at).and_then(|cell| signs(cell)) {
                let message = format!("{name} 里有“{sign}”：几个之间用 | 隔开，这样写的当作一个");
                tell(span(row, at), message, format!("把“{sign}”改成 |"));
            }
        }
    }
    for name in ["kind", "moved_to"] {
        let Some(at) = place(name) else { continue };
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for word in rows.iter().filter_map(|(_, cells)| cells.get(at)).filter(|word| !word.is_empty()) {
            *counts.entry(word).or_default() += 1;
        }
        let often: Vec<&str> = counts.iter().filter(|(_, times)| **times > 1).map(|(word, _)| *word).collect();
        for row in &rows {
            let Some(word) = row.1.get(at).filter(|word| counts.get(**word) == Some(&1)) else { continue };
            if let Some(near) = nearest(word, often.iter().copied()) {
                let message = format!("{name} 的“{word}”只有这一行，别的行写“{near}”");
                tell(span(row, at), message, format!("是不是“{near}”？"));
            }
        }
    }
    found
}

/// Villages whose code begins with another town's: told, since codes may be older than the towns.
pub(crate) fn odd_villages(text: &str, file: &str, gazetteer: &Gazetteer) -> Vec<Diagnostic> {
    let towns: BTreeSet<&str> = gazetteer.towns().iter().map(|town| town.code.0.as_str()).collect();
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let cells: Vec<&str> = line.trim_end().split(',').collect();
        let at = start;
        start += line.len();
        let (Some(village), Some(town)) = (
            cells.iter().find(|cell| cell.len() == 12 && cell.bytes().all(|sign| sign.is_ascii_digit())),
            cells.iter().find(|cell| cell.len() == 9 && towns.contains(**cell)),
        ) else {
            continue;
        };
        let own = &village[..9];
        if own != *town && towns.contains(own) {
            let place = at + line.find(&format!(",{town}")).map_or(0, |comma| comma + 1);
            let message = format!("村代码 {village} 的前9位是另一个乡镇 {own}，这里写的是 {town}");
            let warning = Diagnostic::warning(OTHER_TOWN, file, Some(place..place + town.len()), message);
            found.push(warning.with_hint("村民的预警会派到这里写的乡镇：核对这个村归哪个乡镇；确是划归过来的可以不理"));
        }
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
            let own: Vec<&str> = options_of(answer).collect();
            let of_columns = contracts.iter().filter_map(|contract| contract.column(&answer.key));
            let words = of_columns.map(|(_, column)| column.choices.iter().map(String::as_str).collect());
            let twins =
                sheet.answers.iter().filter(|other| is_twin(answer, other)).map(|other| options_of(other).collect());
            let known = words.map(|of| (of, "部门数据里")).chain(twins.map(|of| (of, BESIDE)));
            for (known, whose) in known.collect::<Vec<(Vec<&str>, &str)>>() {
                // Only where the two are plainly meant to be one: all but one word are, or a list has one more, which is like none.
                let strange: Vec<&str> = own.iter().copied().filter(|option| !known.contains(option)).collect();
                let others: Vec<&str> =
                    known.iter().copied().filter(|word| !word.is_empty() && !own.contains(word)).collect();
                let is_alike = strange.len() == 1 || whose != BESIDE && strange.len() == 2;
                let is_meant = is_alike && own.len() >= strange.len() + 2 && (whose != BESIDE || others.len() == 1);
                let near_ones = strange.iter().filter(|option| nearest(option, others.iter().copied()).is_some());
                let is_meant = is_meant && near_ones.count() == 1;
                for (option, near) in
                    strange.into_iter().filter_map(|option| Some((option, nearest(option, others.iter().copied())?)))
                {
                    // Of two twins that are almost the same, the one that is written less.
                    if !is_meant || (whose == BESIDE && times(texts, option) > times(texts, near)) {
                        continue;
                    }
                    let quoted = format!("\"{option}\"");
                    let behind = text.get(answer.span.start..).unwrap_or("");
                    let place = behind.find(&quoted).map(|at| at + answer.span.start);
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
