//! Lists from their TOML.
//!
//! Grammar, one or more `[[list]]` a file; `?` may be left out:
//!
//! ```toml
//! with = "gaps AS (SELECT …)"     # ? named queries that every query of the file may ask, as behind WITH
//!
//! [[list]]
//! id = "verification"
//! title = "防返贫预警信息核查清单"
//! split = "town"                  # ? none | town | village | department
//! all = true                      # ? a file for every town or department, also with no row
//! file = "towns/{town_code}_{town}/核查清单.xlsx"
//! file_without_key = "district/…" # ? for rows without a town or department
//! instructions = ["…"]            # ?
//! signature = "核查人：…"          # ?
//! months = [3, 6, 9, 12]          # ? issued in these months only
//! return_by = 15                  # ? days after the issue by which it is to be back; shown on the folder's cover
//! print = { paper = "A4", landscape = true, pages_wide = 1, repeat_heading = true }   # ?
//!
//! [[list.sheet]]
//! name = "核查清单"
//! title = "…"                     # ? the list's
//! query = "SELECT … FROM warnings … ORDER BY …"
//! empty = "本月无预警"             # ?
//! unit = "户"                     # ? what a row is counted in
//! freeze = 3                      # ? first columns that stay
//! group_by = "household_id"       # ? rows of one value together, shaded in turn
//! returns = "verification"        # ? what comes back of it; adds the column of row tags
//! row_key = "number"              # with returns: the column by which a row is known again
//! note = "…"                      # ?
//! columns = [ { title = "行政村", value = "village", width = 10, format = "plain", colour_by = "level" } ]
//! answers = [ { title = "核查结果", key = "result", choices = "verification_results" } ]   # ? or options = […], kind = "date" | "money" | "town"
//! ```
//!
//! A list of one sheet may have the sheet's keys itself, `sheet = "…"` standing for its name.

use crate::list_plan::{AnswerKind, AnswerPlan, ColumnFormat, ColumnPlan, ListPlan, PrintPlan, SheetPlan, Split};
use crate::list_query::{AdmittedQuery, Refusal, admit};
use crate::list_repeats::REPEATED;
use crate::list_return::{hold_answers_return, return_plan};
use crate::list_text::QueryText;
use crate::workbook::SHEETS_BESIDE;
use bidui_model::{Diagnostic, Found, SpecFile, SpecTable, nearest, plain_number, without_comments};
use std::ops::Range;

/// The one list of a file. For a file with several, [`compile_lists`].
pub fn compile_list(text: &str, file: &str) -> Result<ListPlan, Vec<Diagnostic>> {
    let mut lists = compile_lists(text, file)?;
    match (lists.pop(), lists.is_empty()) {
        (Some(list), true) => Ok(list),
        _ => Err(vec![Diagnostic::error("BD0513", file, None, "这里应当只有一个[[list]]")]),
    }
}

/// Every list of a file, or every error in it.
pub fn compile_lists(text: &str, file: &str) -> Result<Vec<ListPlan>, Vec<Diagnostic>> {
    let (lists, errors) = read_lists(text, file);
    if errors.is_empty() { Ok(lists) } else { Err(errors) }
}

/// The lists of a file as far as they could be read, and every error in it.
#[must_use]
pub fn read_lists(text: &str, file: &str) -> (Vec<ListPlan>, Vec<Diagnostic>) {
    let source = SpecFile::new(file, text);
    let mut parsed = None;
    let lists = source.root(&mut parsed).map(|root| {
        let tables = root.tables("list");
        let with = root.text("with");
        root.finish();
        if tables.is_empty() {
            source.error("BD0503", None, "没有一个[[list]]", "每张清单一节，写作 [[list]]");
        }
        let mut lists: Vec<ListPlan> = Vec::new();
        for table in tables {
            lists.extend(list(&source, table, with.as_ref()));
        }
        lists
    });
    let (lists, errors) = source.finish_partly(lists);
    (lists.unwrap_or_default(), errors)
}

fn list(source: &SpecFile<'_>, table: SpecTable<'_>, with: Option<&Found<String>>) -> Option<ListPlan> {
    let id = table.required_text("id");
    let title = table.required_text("title").map(|title| title.value).unwrap_or_default();
    let split = split(source, &table);
    let file = table.required_text("file");
    let file_without_key = table.text("file_without_key");
    // How the list is split decides what its file's name may hold.
    let is_split_known = !table.is_misspelt("split");
    if let Some(file) = file.as_ref().filter(|_| is_split_known) {
        hold_file(source, file, split.placeholders());
    }
    if let Some(file) = &file_without_key {
        hold_file(source, file, &[]);
    }
    let all = is_split_known && all(source, &table, split);
    table.leave(&["all"]);
    let instructions = table.texts("instructions").into_iter().map(|found| found.value).collect();
    let signature = table.text("signature").map(|found| found.value);
    let print = table.table("print").map(|print| print_plan(source, print)).unwrap_or_default();
    let months = months(source, &table);
    let return_by = return_by(source, &table);
    let span = table.span.clone();
    // `sheet` is a list of sheets, or the name of the one sheet whose keys stand in the list itself.
    let sheet = table.span_of("sheet").and_then(|span| source.text.get(span));
    let has_sheets = sheet.map_or(!table.has("query"), |text| !text.starts_with(['"', '\'']));
    let sheets = if has_sheets {
        let sheets = table.tables("sheet");
        if sheets.is_empty() {
            let hint = "写 [[list.sheet]]，或 sheet = \"…\"，并在清单里写 query 和 columns";
            source.error("BD0503", Some(span.clone()), "没有一张工作表", hint);
        }
        table.finish();
        let around = Around { name_key: "name", title: &title, with };
        hold_answers_return(source, &sheets);
        hold_names_differ(source, &sheets);
        sheets.into_iter().filter_map(|sheet| named_sheet(source, sheet, around)).collect()
    } else {
        let around = Around { name_key: "sheet", title: &title, with };
        named_sheet(source, table, around).into_iter().collect::<Vec<_>>()
    };
    let id = id?;
    let file_span = file.as_ref().map_or_else(|| span.clone(), |file| file.span.clone());
    let (file_without_key, file_without_key_span) = file_without_key.map(|file| (file.value, file.span)).unzip();
    Some(ListPlan {
        id: id.value,
        title,
        all,
        split,
        file: file.map(|file| file.value).unwrap_or_default(),
        file_without_key,
        sheets,
        instructions,
        signature,
        print,
        months,
        return_by,
        source: source.file.to_owned(),
        span,
        id_span: id.span,
        file_span,
        file_without_key_span,
    })
}

/// Reports that `found` is none of the `valid` ones, with the nearest or all of them.
pub(crate) fn not_one_of(source: &SpecFile<'_>, span: Range<usize>, (what, found): (&str, &str), valid: &[&str]) {
    let hint = match nearest(found, valid.iter().copied()) {
        Some(near) => format!("是不是“{near}”？"),
        None if valid.is_empty() => "这里不能用占位".to_owned(),
        None => format!("可用：{}", valid.join("、")),
    };
    source.error("BD0505", Some(span), format!("{what}“{found}”不存在"), hint);
}

fn split(source: &SpecFile<'_>, table: &SpecTable<'_>) -> Split {
    let Some(found) = table.text("split") else { return Split::None };
    let known = Split::NAMES.iter().find(|(name, _)| *name == found.value);
    if known.is_none() {
        let names: Vec<_> = Split::NAMES.iter().map(|(name, _)| *name).collect();
        not_one_of(source, found.span.clone(), ("分发方式", &found.value), &names);
    }
    // What is almost a way is taken for it, so that what hangs on it is not told, too.
    let meant = || nearest(&found.value, Split::NAMES.iter().map(|(name, _)| *name));
    let known = known.or_else(|| meant().and_then(|near| Split::NAMES.iter().find(|(name, _)| *name == near)));
    known.map_or(Split::None, |(_, split)| *split)
}

fn all(source: &SpecFile<'_>, table: &SpecTable<'_>, split: Split) -> bool {
    let Some(all) = table.flag("all") else { return false };
    if all.value && !matches!(split, Split::Town | Split::Department) {
        source.error(
            "BD0505",
            Some(all.span),
            "all = true 用不到这里",
            "只用于按乡镇（town）或部门（department）分发的清单",
        );
    }
    all.value
}

fn return_by(source: &SpecFile<'_>, table: &SpecTable<'_>) -> Option<u16> {
    let found = table.integer("return_by")?;
    let days = u16::try_from(found.value).ok().filter(|days| (1..=366).contains(days));
    if days.is_none() {
        source.error("BD0505", Some(found.span), "return_by 的值不对", "应为1到366的整数：下发后几天报回");
    }
    days
}

fn months(source: &SpecFile<'_>, table: &SpecTable<'_>) -> Vec<u32> {
    let mut months = Vec::new();
    for item in table.items("months") {
        match plain_number(item.get_ref()).filter(|month| (1.0..=12.0).contains(month) && month.fract() == 0.0) {
            Some(month) => months.push(month as u32),
            None => source.error("BD0505", Some(item.span()), "months 的值不对", "应为1到12的月份，如 [3, 6, 9, 12]"),
        }
    }
    months
}

/// A relative path under the month's folder, with no placeholder but the split's.
fn hold_file(source: &SpecFile<'_>, file: &Found<String>, placeholders: &[&str]) {
    let path = &file.value;
    let hidden = |part: &str| part.is_empty() || part.starts_with('.') || part.contains('\\');
    if !path.ends_with(".xlsx") || path.split('/').any(hidden) || path.starts_with("data/") {
        let message = format!("文件名“{path}”不可用");
        source.error("BD0505", Some(file.span.clone()), message, "应为月份目录下的相对路径（不在data内），以.xlsx结尾");
    }
    let mut strangers = Vec::new();
    for (open, _) in path.match_indices('{') {
        let start = open + 1;
        let end = path[start..].find('}').map_or(path.len(), |end| start + end);
        let name = &path[start..end];
        if !placeholders.contains(&name) {
            strangers.push(name);
            not_one_of(source, source.inside(file, start..end), ("文件名中的占位", name), placeholders);
        }
    }
    // What was misspelt is not missing besides.
    let is_missing = |first: &&str| {
        !path.contains(&format!("{{{first}}}"))
            && !strangers.iter().any(|name| nearest(name, std::iter::once(*first)).is_some())
    };
    if let Some(first) = placeholders.first().copied().filter(|first| is_missing(first)) {
        let message = format!("文件名中没有{{{first}}}");
        source.error("BD0505", Some(file.span.clone()), message, "没有它，各份清单会写到同一个文件");
    }
}

fn print_plan(source: &SpecFile<'_>, table: SpecTable<'_>) -> PrintPlan {
    let mut plan = PrintPlan::default();
    if let Some(paper) = table.text("paper").filter(|paper| paper.value != "A4") {
        not_one_of(source, paper.span, ("纸张", &paper.value), &["A4"]);
    }
    plan.landscape = table.flag("landscape").map_or(plan.landscape, |found| found.value);
    plan.repeat_heading = table.flag("repeat_heading").map_or(plan.repeat_heading, |found| found.value);
    match table.integer("pages_wide") {
        None => {}
        Some(Found { value: pages @ 1..=5, .. }) => plan.pages_wide = pages as u8,
        Some(found) => source.error("BD0505", Some(found.span), "pages_wide 的值不对", "应为1至5"),
    }
    table.finish();
    plan
}

/// What a sheet takes over from its list and its file.
#[derive(Clone, Copy)]
struct Around<'a> {
    /// Under which its name stands.
    name_key: &'static str,
    /// The list's.
    title: &'a str,
    with: Option<&'a Found<String>>,
}

fn named_sheet(source: &SpecFile<'_>, table: SpecTable<'_>, around: Around<'_>) -> Option<SheetPlan> {
    let name = table.required_text(around.name_key);
    if let Some(name) = &name {
        hold_sheet_name(source, name);
    }
    let query = query(source, &table, around.with);
    let columns: Vec<_> = table.tables("columns").into_iter().filter_map(|item| column(source, item)).collect();
    let no_columns = table.span_of("columns").is_none() || (columns.is_empty() && table.items("columns").is_empty());
    if no_columns {
        source.error(
            "BD0503",
            Some(table.span.clone()),
            "没有一列columns",
            "请写上 columns = [ { title = …, value = … } ]",
        );
    }
    let answers: Vec<_> = table.tables("answers").into_iter().filter_map(|item| answer(source, item)).collect();
    let text_or = |key, other: &str| table.text(key).map_or_else(|| other.to_owned(), |found| found.value);
    let (title, empty) = (text_or("title", around.title), text_or("empty", "本月没有需要列出的内容。"));
    let unit = text_or("unit", "条");
    let note = table.text("note").map(|found| found.value);
    let (group_by, group_span) = table.text("group_by").map(|found| (found.value, found.span)).unzip();
    let freeze = freeze(source, &table, columns.len());
    let returns = return_plan(source, &table, &columns, &answers);
    table.finish();
    let (query, text, query_span) = query?;
    Some(SheetPlan {
        name: name.map(|name| name.value).unwrap_or_default(),
        title,
        query,
        columns,
        answers,
        empty,
        unit,
        freeze,
        group_by,
        returns,
        note,
        query_span,
        text,
        group_span,
    })
}

fn freeze(source: &SpecFile<'_>, table: &SpecTable<'_>, columns: usize) -> u16 {
    let Some(found) = table.integer("freeze") else { return 0 };
    match u16::try_from(found.value) {
        Ok(freeze) if usize::from(freeze) <= columns => freeze,
        _ => {
            source.error("BD0505", Some(found.span), "freeze 的值不对", format!("应为0到{columns}的整数"));
            0
        }
    }
}

fn hold_sheet_name(source: &SpecFile<'_>, name: &Found<String>) {
    let long = name.value.chars().count() > 25;
    // Excel keeps the last for itself.
    let reserved = SHEETS_BESIDE.contains(&name.value.as_str()) || name.value.eq_ignore_ascii_case("history");
    let odd = name.value.contains(['[', ']', ':', '*', '?', '/', '\\', '\'']);
    if name.value.is_empty() || long || reserved || odd {
        let message = format!("工作表名“{}”不可用", name.value);
        source.error(
            "BD0505",
            Some(name.span.clone()),
            message,
            "1到25个字，不含[]:*?/\\'，不是“填表说明”“选项”“本月清单目录”“History”",
        );
    }
}

/// The sheets of a workbook: Excel takes names that differ in case alone for one, and writes no such workbook.
fn hold_names_differ(source: &SpecFile<'_>, sheets: &[SpecTable<'_>]) {
    let mut seen: Vec<String> = Vec::new();
    for name in sheets.iter().filter(|sheet| sheet.has("name")).filter_map(|sheet| sheet.text("name")) {
        let same = name.value.trim().to_lowercase();
        if seen.contains(&same) {
            let message = format!("工作表名“{}”重复", name.value);
            source.error(
                REPEATED,
                Some(name.span),
                message,
                "同一张清单里每张工作表另起一个名字，只差大小写的也算同名",
            );
        }
        seen.push(same);
    }
}

fn query(
    source: &SpecFile<'_>,
    table: &SpecTable<'_>,
    with: Option<&Found<String>>,
) -> Option<(AdmittedQuery, QueryText, Range<usize>)> {
    let found = table.required_text("query")?;
    let mut text = QueryText::of(source, &found, with);
    let (plain, comments) = without_comments(&text.whole);
    for at in comments {
        let hint = "说明请写在查询之外，以 # 开头";
        source.error("BD0506", Some(text.span(&at)), "查询里不能有注释", hint);
    }
    // What else is wrong is told with them.
    text.whole = plain;
    match admit(&text.whole) {
        Ok(query) => Some((query, text, found.span)),
        Err(refusals) => {
            for Refusal { code, message, hint, span } in refusals {
                let span = span.map_or_else(|| found.span.clone(), |span| text.span(&span));
                source.error(code, Some(span), message, hint);
            }
            None
        }
    }
}

fn column(source: &SpecFile<'_>, table: SpecTable<'_>) -> Option<ColumnPlan> {
    let (title, value) = (table.required_text("title"), table.required_text("value"));
    let separator = table.text("separator").map_or_else(|| "；".to_owned(), |found| found.value);
    let format = table.text("format");
    let format = match format.as_ref().map(|found| found.value.as_str()) {
        None | Some("plain") => ColumnFormat::Plain,
        Some("centred") => ColumnFormat::Centred,
        Some("lines") => ColumnFormat::Lines(separator),
        Some("numbered") => ColumnFormat::Numbered(separator),
        Some("money") => ColumnFormat::Money,
        Some("percent") => ColumnFormat::Percent,
        Some(other) => {
            let span = format.as_ref().map_or_else(|| table.span.clone(), |found| found.span.clone());
            not_one_of(source, span, ("格式", other), ColumnFormat::NAMES);
            ColumnFormat::Plain
        }
    };
    let (colour_by, colour_span) = table.text("colour_by").map(|found| (found.value, found.span)).unzip();
    let width = width(source, &table, title.as_ref());
    let span = table.span.clone();
    table.finish();
    // One without its value still stands in its place.
    let (value, value_span) = value.map_or_else(|| (String::new(), span.clone()), |value| (value.value, value.span));
    let title = title.map(|title| title.value).unwrap_or_default();
    Some(ColumnPlan { title, value, width, format, colour_by, span, value_span, colour_span })
}

fn width(source: &SpecFile<'_>, table: &SpecTable<'_>, title: Option<&Found<String>>) -> f64 {
    let Some(found) = table.number("width") else {
        return title.map_or(0, |title| title.value.chars().count()) as f64 * 2.0 + 2.0;
    };
    if !(1.0..=200.0).contains(&found.value) {
        source.error("BD0505", Some(found.span), "width 的值不对", "应在1到200之间");
    }
    found.value
}

fn answer(source: &SpecFile<'_>, table: SpecTable<'_>) -> Option<AnswerPlan> {
    let (title, key) = (table.required_text("title"), table.required_text("key"));
    let (choices, choices_span) =
        table.text("choices").map(|found| (AnswerKind::Choices(found.value), found.span)).unzip();
    let options = table.texts("options");
    for (place, option) in options.iter().enumerate() {
        if options[..place].iter().any(|other| other.value.trim() == option.value.trim()) {
            let message = format!("选项“{}”写了两次", option.value);
            source.error(REPEATED, Some(option.span.clone()), message, "删去一个，或改成想写的那一项");
        }
    }
    let options: Vec<_> = options.into_iter().map(|found| found.value).collect();
    let options = (!options.is_empty()).then_some(AnswerKind::Options(options));
    let kind = table.text("kind").map(|kind| match kind.value.as_str() {
        "text" => AnswerKind::Text,
        "date" => AnswerKind::Date,
        "money" => AnswerKind::Money,
        "town" => AnswerKind::Town,
        other => {
            not_one_of(source, kind.span, ("填写方式", other), &["text", "date", "money", "town"]);
            AnswerKind::Text
        }
    });
    let mut kinds: Vec<_> = [choices, options, kind].into_iter().flatten().collect();
    if kinds.len() > 1 {
        source.error("BD0505", Some(table.span.clone()), "choices、options、kind 只能写一个", "");
    }
    let width = width(source, &table, title.as_ref());
    let hint = table.text("hint").map(|found| found.value);
    let kind = kinds.pop().unwrap_or(AnswerKind::Text);
    let ahead = table.flag("ahead");
    if let Some(ahead) = ahead.as_ref().filter(|_| kind != AnswerKind::Date) {
        source.error("BD0505", Some(ahead.span.clone()), "ahead 用不到这里", "只用于 kind = \"date\" 的列");
    }
    let span = table.span.clone();
    table.finish();
    let ahead = ahead.is_some_and(|found| found.value);
    let (title, key) = (title?, key?);
    let (title_span, key_span) = (title.span, key.span);
    let (title, key) = (title.value, key.value);
    Some(AnswerPlan { title, key, width, kind, hint, ahead, span, title_span, key_span, choices_span })
}
