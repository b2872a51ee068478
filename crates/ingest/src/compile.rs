//! feeds/*.toml: text becomes a checked contract, or all that is wrong with it.
//!
//! ```toml
//! name = "民政_低保在册"          # required; also a file name in the store
//! department = "民政局"           # required
//! files = ["民政局/*低保*"]       # required; globs relative to the month's inbox
//! kind = "snapshot"              # required; events | snapshot | registry
//! required = false
//! expected_by_day = 5
//! title = "…"                    # for people, not read
//! link = { person = "person", name = "name" }   # or { village = …, hamlet = … }, or { town = … }
//! [guard]
//! rows_vs_previous = [0.7, 1.5]
//! link_rate_min = 0.8
//! unchanged = "held"             # or "noted": what a list that comes as it came before is taken for; left out: by its length
//! [reshape]
//! unpivot = [{ person = "身份证号1", name = "姓名1" }, …]     # or split = { columns = […], separators = "；;、" }
//! [columns]                      # see compile_columns.rs
//! ```
//!
//! `[[fact]]` tables are compiled elsewhere.

use bidui_model::{
    ColumnType, DataContract, Diagnostic, FeedKind, Guard, LinkBy, SpecFile, SpecTable, Unchanged, is_slip_of, nearest,
    plain_number,
};

use crate::assign::compile_glob;
use crate::compile_columns::{Columns, compile_columns, refuse_repeated};
use crate::compile_reshape::{compile_reshape, grouped_columns};

pub use code::CONTRADICTION;

/// This room's codes, for docs/diagnostics.md. BD0001 to BD0004 are those of any TOML file.
pub(crate) mod code {
    /// Something that must be there is not.
    pub(crate) const MISSING: &str = "BD0401";
    /// A value that is not one of those allowed, or out of its range.
    pub(crate) const BAD_VALUE: &str = "BD0402";
    /// A column that the contract does not have.
    pub(crate) const UNKNOWN_COLUMN: &str = "BD0403";
    /// Two things that do not go together.
    pub const CONTRADICTION: &str = "BD0404";
}

const KINDS: &[(&str, FeedKind)] =
    &[("events", FeedKind::Events), ("snapshot", FeedKind::Snapshot), ("registry", FeedKind::Registry)];
/// Columns without which a registry cannot be read.
const REGISTRY_COLUMNS: &[&str] = &["person_no", "household_id", "person", "name", "relation", "village"];
/// Of them, those that are kept as they are written.
const TEXT_COLUMNS: &[&str] = &["person_no", "household_id", "relation"];

/// Compiles the text of a feed file; `[[fact]]` tables are left to the room of facts. `file` stands in the diagnostics only.
pub fn compile_contract(text: &str, file: &str) -> Result<DataContract, Vec<Diagnostic>> {
    let (found, errors) = read_contract(text, file);
    match found {
        Some(found) if errors.is_empty() => Ok(found.contract),
        _ => Err(errors),
    }
}

/// What could be read of a contract, for checking what depends on it.
#[derive(Clone, Debug)]
pub struct ReadContract {
    /// Without the columns that are wrong.
    pub contract: DataContract,
    /// Whether its kind and link are what the file says, and no guess.
    pub is_sure: bool,
}

/// What could be read of a feed file, and every error in it.
#[must_use]
pub fn read_contract(text: &str, file: &str) -> (Option<ReadContract>, Vec<Diagnostic>) {
    let source = SpecFile::new(file, text);
    let contract = {
        let mut tree = None;
        source.root(&mut tree).and_then(|root| compile_root(root, &source))
    };
    source.finish_partly(contract)
}

fn compile_root(root: SpecTable<'_>, source: &SpecFile<'_>) -> Option<ReadContract> {
    root.leave(&["fact", "title"]);
    let name = compile_name(&root, source);
    let department = root.required_text("department");
    let files = compile_files(&root, source);
    let kind = compile_kind(&root, source);
    let required = root.flag("required").is_some_and(|flag| flag.value);
    let expected_by_day = compile_day(&root, source);
    let sensitive = root.flag("sensitive").is_some_and(|flag| flag.value);
    let roster = root.flag("roster").is_some_and(|flag| flag.value);
    let guard = root.table("guard").map_or_else(Guard::default, |table| compile_guard(table, source));
    let reshape = root.table("reshape");
    let grouped = reshape.as_ref().map(grouped_columns).unwrap_or_default();
    let columns = match (root.span_of("columns"), root.table("columns")) {
        (_, Some(table)) => compile_columns(&table, &grouped, source),
        (is_there, None) => {
            if is_there.is_none() {
                let hint = "写明每一列的类型和列名";
                source.error(code::MISSING, Some(root.span.clone()), "数据契约缺少[columns]", hint);
            }
            root.finish();
            return None;
        }
    };
    refuse_slips(&columns, source);
    let link = match (root.span_of("link"), root.table("link")) {
        (_, Some(table)) => compile_link(table, &columns, source),
        (Some(_), None) => None,
        (None, None) => default_link(&root, &columns, source),
    };
    let reshape = reshape.map(|table| compile_reshape(table, &columns, source)).unwrap_or_default();
    if kind == Some(FeedKind::Registry) {
        check_registry(&root, &columns, source);
    }
    root.finish();
    let is_sure = kind.is_some() && link.is_some();
    let looks_like_registry = REGISTRY_COLUMNS.iter().all(|name| columns.names().contains(name));
    let guess = if looks_like_registry { FeedKind::Registry } else { FeedKind::Snapshot };
    let contract = DataContract {
        name: name.unwrap_or_default(),
        department: department.map(|department| department.value).unwrap_or_default(),
        files,
        kind: kind.unwrap_or(guess),
        required,
        expected_by_day,
        sensitive,
        roster,
        guard,
        link: link.unwrap_or_else(|| LinkBy::Person { id: "person".to_owned(), name: None }),
        columns: columns.columns,
        unique: columns.unique,
        reshape,
    };
    Some(ReadContract { contract, is_sure })
}

/// Columns that tell whose a row without a usable number is, found by these names alone (docs/linkage.md).
const PERSON_COLUMNS: [&str; 9] =
    ["birth", "sex", "village", "town", "hamlet", "phone", "head_name", "relation", "household_id"];

/// A slip in such a name would be taken for a column of the feed's own, and rows would find their persons less often without a word.
fn refuse_slips(columns: &Columns, source: &SpecFile<'_>) {
    let names = columns.names();
    for (column, span) in columns.columns.iter().zip(&columns.spans) {
        let name = column.name.as_str();
        let meant = PERSON_COLUMNS.iter().find(|meant| !names.contains(*meant) && is_slip_of(name, meant));
        if let Some(meant) = meant.filter(|_| !PERSON_COLUMNS.contains(&name)) {
            let message = format!("列名“{name}”像是“{meant}”写错了");
            let hint = format!("是不是“{meant}”？没有证件号码的行靠这个列名认人；确是别的内容的，请换一个列名");
            source.error(code::BAD_VALUE, Some(span.clone()), message, hint);
        }
    }
}

/// The name is a file name in the store, so nothing that a file system minds.
fn compile_name(root: &SpecTable<'_>, source: &SpecFile<'_>) -> Option<String> {
    let name = root.required_text("name")?;
    let is_plain = name.value.chars().all(|character| character.is_alphanumeric() || matches!(character, '_' | '-'));
    if is_plain && !name.value.is_empty() {
        return Some(name.value);
    }
    source.error(
        code::BAD_VALUE,
        Some(name.span),
        format!("名称“{}”不能作文件名", name.value),
        "只用汉字、字母、数字、下划线和连字符",
    );
    None
}

fn compile_files(root: &SpecTable<'_>, source: &SpecFile<'_>) -> Vec<String> {
    let files = root.texts("files");
    if files.is_empty() {
        let span = root.span_of("files").unwrap_or(root.span.clone());
        source.error(code::MISSING, Some(span), "数据契约没有files", "如 files = [\"民政局/*低保*\"]");
    }
    refuse_repeated(&files, "files", source);
    for glob in &files {
        if compile_glob(&glob.value).is_err() {
            source.error(
                code::BAD_VALUE,
                Some(glob.span.clone()),
                format!("“{}”不是有效的文件名通配式", glob.value),
                "* 代表任意字，? 代表一个字，方括号要成对",
            );
        } else if let Some(why) = matches_nothing(&glob.value) {
            let message = format!("“{}”对不上任何文件：{why}", glob.value);
            let hint = "从该月的收件夹写起，如 \"民政局/*低保*\"";
            source.error(code::BAD_VALUE, Some(glob.span.clone()), message, hint);
        }
    }
    files.into_iter().map(|glob| glob.value).collect()
}

/// Braces in full width, or a comma between them: then the alternatives are one.
fn has_wide_sign(glob: &str) -> bool {
    let inside = glob.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map_or("", |(inside, _)| inside);
    glob.contains(['｛', '｝']) || inside.contains(['，', '、'])
}

/// Why no path below a month's folder can be of this glob.
fn matches_nothing(glob: &str) -> Option<&'static str> {
    let parts = || glob.split('/');
    if glob.starts_with('/') || glob.contains(':') {
        Some("不能写整个路径")
    } else if parts().any(|part| matches!(part, "." | "..")) {
        Some("不能有 . 或 ..，只看收件夹里的文件")
    } else if glob.contains('\\') {
        Some("文件夹之间写 /，不写 \\")
    } else if parts().any(|part| part.is_empty() || part.trim() != part) {
        Some("/ 的两边要有名字，不能有空格")
    } else if parts().next().is_some_and(is_month) {
        Some("月份的文件夹已经在里面了，不要再写月份")
    } else if has_wide_sign(glob) {
        Some("花括号和其中的逗号要用半角的 { , }")
    } else {
        None
    }
}

/// `2023-03`, `2023*`: a month's own folder.
fn is_month(part: &str) -> bool {
    let digits = part.chars().take_while(char::is_ascii_digit).count();
    let rest = part[digits..].trim_start_matches(['-', '年', '*', '?']);
    digits >= 4
        && part.starts_with("20")
        && rest.trim_end_matches(['月', '*', '?']).chars().all(|sign| sign.is_ascii_digit())
}

fn compile_kind(root: &SpecTable<'_>, source: &SpecFile<'_>) -> Option<FeedKind> {
    let text = root.required_text("kind")?;
    let kind = KINDS.iter().find(|(name, _)| *name == text.value).map(|(_, kind)| *kind);
    if kind.is_none() {
        source.error(
            code::BAD_VALUE,
            Some(text.span),
            format!("kind没有“{}”这个取值", text.value),
            one_of(
                &text.value,
                &["events", "snapshot", "registry"],
                "events（每月报新增）、snapshot（每月报全量）、registry（底册）",
            ),
        );
    }
    kind
}

fn compile_day(root: &SpecTable<'_>, source: &SpecFile<'_>) -> Option<u8> {
    let day = root.integer("expected_by_day")?;
    let valid = u8::try_from(day.value).ok().filter(|day| (1..=31).contains(day));
    if valid.is_none() {
        source.error(code::BAD_VALUE, Some(day.span), "expected_by_day应为1到31的日", "");
    }
    valid
}

fn compile_guard(table: SpecTable<'_>, source: &SpecFile<'_>) -> Guard {
    let mut guard = Guard::default();
    if let Some(span) = table.span_of("rows_vs_previous") {
        let numbers: Vec<f64> =
            table.items("rows_vs_previous").iter().filter_map(|item| plain_number(item.get_ref())).collect();
        let items = table.items("rows_vs_previous");
        // What is no number is the slip, and not the pair.
        let odd = items.iter().find(|item| plain_number(item.get_ref()).is_none()).map(|item| item.span());
        match numbers[..] {
            [least, most] if (0.0..=1.0).contains(&least) && 1.0 <= most && most.is_finite() => {
                guard.rows_vs_previous = Some((least, most));
            }
            _ => source.error(
                code::BAD_VALUE,
                Some(odd.unwrap_or(span)),
                "rows_vs_previous应为两个数：上月的几倍，前一个不大于1，后一个不小于1",
                "如 [0.7, 1.5]：少于上月七成或多于一倍半时暂不采用",
            ),
        }
    }
    if let Some(rate) = table.number("link_rate_min") {
        if (0.0..=1.0).contains(&rate.value) {
            guard.link_rate_min = Some(rate.value);
        } else {
            source.error(code::BAD_VALUE, Some(rate.span), "link_rate_min应在0到1之间", "九成写作 0.9");
        }
    }
    if let Some(unchanged) = table.text("unchanged") {
        match unchanged.value.as_str() {
            "held" => guard.unchanged = Unchanged::Held,
            "noted" => guard.unchanged = Unchanged::Noted,
            _ => source.error(
                code::BAD_VALUE,
                Some(unchanged.span),
                "unchanged应为held或noted",
                "held：每月必有变化的名单，与以前逐行相同就暂不采用；noted：一年一报、很少变的名单，只提醒",
            ),
        }
    }
    table.finish();
    guard
}

/// The column named at `key`, which has to be of one type.
fn link_column(
    link: &SpecTable<'_>,
    key: &'static str,
    kind: ColumnType,
    columns: &Columns,
    source: &SpecFile<'_>,
) -> Option<String> {
    let name = link.text(key)?;
    let column = columns.find(&name, "link", source)?;
    if column.kind != kind {
        source.error(
            code::CONTRADICTION,
            Some(name.span),
            format!("link的{key}要求{}类型的列，“{}”是{}", kind.name(), column.name, column.kind.name()),
            "",
        );
    }
    Some(name.value)
}

fn compile_link(table: SpecTable<'_>, columns: &Columns, source: &SpecFile<'_>) -> Option<LinkBy> {
    let of = |key, kind| link_column(&table, key, kind, columns, source);
    let id = of("person", ColumnType::IdNumber);
    let name = of("name", ColumnType::Name);
    let village = of("village", ColumnType::Village);
    let hamlet = of("hamlet", ColumnType::Text);
    let town = of("town", ColumnType::Town);
    let is_named = ["person", "village", "town"].iter().any(|key| table.span_of(key).is_some());
    if !is_named {
        source.error(code::MISSING, Some(table.span.clone()), "link应写明person、village或town", "");
    }
    table.finish();
    match (id, village, town) {
        (Some(id), None, None) => Some(LinkBy::Person { id, name: name.or_else(|| default_name(columns, source)) }),
        (None, Some(village), None) => Some(LinkBy::Place { village, hamlet }),
        (None, None, Some(town)) => Some(LinkBy::Town { town }),
        _ => None,
    }
}

/// Without `link`'s `name` it is the column of that name. One that is almost called so would be read and never compared.
fn default_name(columns: &Columns, source: &SpecFile<'_>) -> Option<String> {
    let found = columns.columns.iter().find(|column| column.name == "name" && column.kind == ColumnType::Name);
    let has_name = columns.names().contains(&"name") || columns.failed.iter().any(|failed| failed == "name");
    let near = columns.misnamed("name", Some(ColumnType::Name), &[]).filter(|_| !has_name);
    if let Some(span) = near {
        let hint = "写作 name；确实另有用处的，在 link 里写明 name = \"这一列\"";
        source.error(code::MISSING, Some(span), "人的姓名应写在列“name”里，否则不会核对姓名", hint);
    }
    found.map(|column| column.name.clone())
}

/// Without `link`: the person in the column `person`.
fn default_link(root: &SpecTable<'_>, columns: &Columns, source: &SpecFile<'_>) -> Option<LinkBy> {
    let Some(place) = columns.columns.iter().position(|column| column.name == "person") else {
        if columns.failed.iter().any(|name| name == "person") {
            return None;
        }
        let near = columns.misnamed("person", Some(ColumnType::IdNumber), &[]);
        source.error(
            code::MISSING,
            near.or_else(|| Some(root.span.clone())),
            "既没有person列，也没有写link",
            "人的数据加一列 person（id_number），地方的数据写 link = { village = \"village\" } 或 { town = \"town\" }",
        );
        return None;
    };
    if columns.columns[place].kind != ColumnType::IdNumber {
        let span = columns.spans.get(place).cloned();
        source.error(code::CONTRADICTION, span, "person列的类型应为id_number", "");
        return None;
    }
    Some(LinkBy::Person { id: "person".to_owned(), name: default_name(columns, source) })
}

fn check_registry(root: &SpecTable<'_>, columns: &Columns, source: &SpecFile<'_>) {
    for name in REGISTRY_COLUMNS {
        if !columns.names().contains(name) && !columns.failed.iter().any(|failed| failed == name) {
            let near = columns.misnamed(name, None, REGISTRY_COLUMNS);
            source.error(
                code::MISSING,
                near.or_else(|| root.span_of("kind")),
                format!("底册（registry）缺少列“{name}”"),
                format!("底册必须有：{}", REGISTRY_COLUMNS.join("、")),
            );
        }
    }
    for (column, span) in columns.columns.iter().zip(&columns.spans) {
        if TEXT_COLUMNS.contains(&column.name.as_str()) && column.kind != ColumnType::Text {
            let message = format!("底册的{}列类型应为text，写的是{}", column.name, column.kind.name());
            source.error(code::CONTRADICTION, Some(span.clone()), message, "编号和关系照原样认，不换算");
        }
    }
}

/// The nearest, and what each of them means.
fn one_of(found: &str, valid: &[&str], all: &str) -> String {
    nearest(found, valid.iter().copied()).map_or_else(|| all.to_owned(), |near| format!("是不是“{near}”？{all}"))
}

/// `是不是“x”？`, or the whole list.
pub(crate) fn did_you_mean(found: &str, valid: &[&str]) -> String {
    nearest(found, valid.iter().copied())
        .map_or_else(|| format!("可用的有：{}", valid.join("、")), |name| format!("是不是“{name}”？"))
}
