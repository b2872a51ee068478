//! bidui.toml: the county, its folders, deadlines, and the parameters that rules may name.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use bidui_authoring::VERSION;
use bidui_match::Literal;
use bidui_model::{Diagnostic, Found, Level, Month, SpecFile, SpecTable, nearest};
use bidui_normalize::HashAlgorithm;

use crate::calendar::Count;
use crate::clocks::ClockSettings;
use crate::loop_settings::{self, ReportSettings, SampleSettings, StabilityLimits};

/// bidui.toml, checked.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) county_code: String,
    county_code_span: Option<Range<usize>>,
    pub(crate) county_name: String,
    pub(crate) bureau: String,
    /// Relative to the configuration folder.
    pub(crate) inbox: PathBuf,
    pub(crate) state: PathBuf,
    pub(crate) out: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) hash: HashAlgorithm,
    /// The lists of a month are issued on this day of the next.
    pub(crate) issue_day: u8,
    pub(crate) holidays: Option<String>,
    /// Those that report no extract and are asked to act.
    pub(crate) departments: Vec<String>,
    pub(crate) deadlines: BTreeMap<Level, (u32, Count)>,
    pub(crate) clocks: ClockSettings,
    pub(crate) parameters: Vec<Parameter>,
    /// How many months the sealed store and the published months may be kept; `None` for no limit.
    pub(crate) store_months: Option<i32>,
    pub(crate) output_months: Option<i32>,
    pub(crate) report: ReportSettings,
    pub(crate) sample: SampleSettings,
    pub(crate) stability: StabilityLimits,
}

/// A value that rules name, valid for some months, with its source.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
    pub(crate) from: Month,
    pub(crate) to: Option<Month>,
    pub(crate) source: String,
}

impl Settings {
    /// The parameters that are valid in a month, and the month's own days.
    pub(crate) fn literals(settings: Option<&Self>, month: Month) -> BTreeMap<String, Literal> {
        let mut literals: BTreeMap<String, Literal> = settings
            .iter()
            .flat_map(|settings| settings.valid(month))
            .map(|parameter| (parameter.name.clone(), Literal::Number(parameter.value)))
            .collect();
        literals.insert("month_start".to_owned(), Literal::Date(format!("{month}-01")));
        let last = month.last_day() - month.first_day() + 1;
        literals.insert("month_end".to_owned(), Literal::Date(format!("{month}-{last:02}")));
        literals
    }

    pub(crate) fn valid(&self, month: Month) -> impl Iterator<Item = &Parameter> {
        self.parameters
            .iter()
            .filter(move |parameter| parameter.from <= month && parameter.to.is_none_or(|to| month <= to))
    }

    /// The latest month from which some parameter is valid: what `check` assumes when it is told no month.
    pub(crate) fn latest_month(&self) -> Option<Month> {
        self.parameters.iter().map(|parameter| parameter.from).max()
    }

    /// What could be read of bidui.toml, and every error in it: what stands for something wrong is never used, but what is right is needed to check
    /// the other files.
    pub(crate) fn read(text: &str, file: &str) -> (Option<Self>, Vec<Diagnostic>) {
        let source = SpecFile::new(file, text);
        let settings = {
            let mut tree = None;
            source.root(&mut tree).and_then(|root| {
                refuse_other_version(&source, &root)?;
                Some(read(&source, root))
            })
        };
        source.finish_partly(settings)
    }

    /// Another county than the gazetteer's: a file was taken over from elsewhere, or one of the two codes is a slip.
    pub(crate) fn of_another_county(&self, file: &str, gazetteer: &str) -> Option<Diagnostic> {
        let span = self.county_code_span.clone().filter(|_| self.county_code != gazetteer)?;
        let message = format!("县级代码“{}”与 towns.toml 的 [county] 代码“{gazetteer}”不一样", self.county_code);
        let error = Diagnostic::error("BD0713", file, Some(span), message);
        Some(error.with_hint("两处写成同一个县的代码"))
    }
}

fn is_county(code: &str) -> bool {
    code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit())
}

/// Another version means other keys: of such a file nothing else is said.
fn refuse_other_version(source: &SpecFile<'_>, root: &SpecTable<'_>) -> Option<()> {
    let span = root.span_of("version").unwrap_or(root.span.clone());
    let found = if root.span_of("version").is_some() { root.integer("version")?.value } else { 0 };
    match found.cmp(&VERSION) {
        Ordering::Equal => return Some(()),
        Ordering::Less => {
            let message = format!("配置是旧版的（版本{found}），本程序用的是版本{VERSION}");
            let hint = "用 bidui migrate 升级，注释和原来的配置都留着；先看会改什么：bidui migrate --dry-run";
            source.error("BD0720", Some(span), message, hint);
        }
        Ordering::Greater => {
            let message = format!("配置的版本是{found}，本程序只认到版本{VERSION}");
            source.error("BD0721", Some(span), message, "请换新版的程序；或用与本程序配套的配置");
        }
    }
    None
}

fn read(source: &SpecFile<'_>, root: SpecTable<'_>) -> Settings {
    let county = required_table(source, &root, "county").map(|table| {
        let code = table.required_text("code");
        if let Some(code) = code.as_ref().filter(|code| !is_county(&code.value)) {
            let message = format!("县级代码“{}”应是6位数字", code.value);
            source.error(
                "BD0713",
                Some(code.span.clone()),
                message,
                "统计用区划代码的前6位，与 towns.toml 的 [county] 一样",
            );
        }
        let words =
            (code.filter(|code| is_county(&code.value)), table.required_text("name"), table.required_text("bureau"));
        table.finish();
        words
    });
    let paths = required_table(source, &root, "paths").map(|table| {
        let words = (
            table.required_text("inbox"),
            table.required_text("state"),
            table.required_text("out"),
            table.required_text("key"),
        );
        table.finish();
        words
    });
    let hash = root.text("hash").map_or(Some(HashAlgorithm::HmacSha256), |found| {
        let algorithm = HashAlgorithm::from_name(&found.value);
        if algorithm.is_none() {
            let hint = one_of(&found.value, &["hmac-sha256", "hmac-sm3"]);
            source.error("BD0702", Some(found.span), format!("不认识的算法“{}”", found.value), hint);
        }
        algorithm
    });
    let issue_day = root.integer("issue_day").map_or(Some(6), |found| {
        let day = u8::try_from(found.value).ok().filter(|day| (1..=28).contains(day));
        if day.is_none() {
            source.error("BD0703", Some(found.span), "下发日应在1到28之间", "");
        }
        day
    });
    let holidays = root.text("holidays").map(|found| found.value);
    let departments = root.texts("departments").into_iter().map(|found| found.value).collect();
    let deadlines = root.table("deadlines").map(|table| deadlines(source, table)).unwrap_or_default();
    let clocks = root.table("clocks").map(|table| clocks(source, table)).unwrap_or_default();
    let retention = root.table("retention").map(|table| {
        let months = |key, least: i32, why: &str| {
            let found = table.integer(key)?;
            let months = i32::try_from(found.value).ok().filter(|months| (least..=1200).contains(months));
            if months.is_none() {
                let hint = format!("应在{least}到1200之间{why}");
                source.error("BD0708", Some(found.span), format!("{key} 的值不对"), hint);
            }
            months
        };
        let year = "：近12个月的指标要用到以前各月封存的数据";
        let kept = (months("store_months", LEAST_STORED, year), months("output_months", 1, ""));
        table.finish();
        kept
    });
    let (store_months, output_months) = retention.unwrap_or((None, None));
    let report = root.table("report").map(loop_settings::report).unwrap_or_default();
    let sample = root.table("sample").map(|table| loop_settings::sample(source, table)).unwrap_or_default();
    let stability = root.table("stability").map(|table| loop_settings::stability(source, table)).unwrap_or_default();
    let parameters: Vec<(Parameter, Range<usize>)> =
        root.tables("parameter").into_iter().filter_map(|table| parameter(source, table)).collect();
    refuse_overlaps(source, &parameters);
    let parameters = parameters.into_iter().map(|(parameter, _)| parameter).collect();
    root.finish();
    let (code, name, bureau) = county.unwrap_or_default();
    let (inbox, state, out, key) = paths.unwrap_or_default();
    let word = |found: Option<Found<String>>| found.map(|found| found.value).unwrap_or_default();
    let path = |found: Option<Found<String>>| PathBuf::from(word(found));
    Settings {
        county_code_span: code.as_ref().map(|code| code.span.clone()),
        county_code: word(code),
        county_name: word(name),
        bureau: word(bureau),
        inbox: path(inbox),
        state: path(state),
        out: path(out),
        key: path(key),
        hash: hash.unwrap_or(HashAlgorithm::HmacSha256),
        issue_day: issue_day.unwrap_or(6),
        holidays,
        departments,
        deadlines,
        clocks,
        parameters,
        store_months,
        output_months,
        report,
        sample,
        stability,
    }
}

/// The nearest of a few words, and all of them.
fn one_of(found: &str, valid: &[&str]) -> String {
    let all = format!("可用：{}", valid.join("、"));
    nearest(found, valid.iter().copied()).map_or_else(|| all.clone(), |near| format!("是不是“{near}”？{all}"))
}

fn required_table<'a>(source: &SpecFile<'_>, root: &SpecTable<'a>, key: &'static str) -> Option<SpecTable<'a>> {
    let table = root.table(key);
    if table.is_none() && root.span_of(key).is_none() {
        source.error("BD0002", None, format!("缺少 [{key}] 一节"), format!("请补上 [{key}]"));
    }
    table
}

/// A year, and the month itself.
const LEAST_STORED: i32 = 13;

fn deadlines(source: &SpecFile<'_>, table: SpecTable<'_>) -> BTreeMap<Level, (u32, Count)> {
    let levels = [("red", Level::Red), ("orange", Level::Orange), ("yellow", Level::Yellow), ("blue", Level::Blue)];
    let deadlines = levels.into_iter().filter_map(|(key, level)| Some((level, days(source, table.table(key)?)?)));
    let deadlines = deadlines.collect();
    table.finish();
    deadlines
}

fn clocks(source: &SpecFile<'_>, table: SpecTable<'_>) -> ClockSettings {
    let usual = ClockSettings::default();
    let read = |key, usual| table.table(key).and_then(|table| days(source, table)).unwrap_or(usual);
    let clocks = ClockSettings {
        identify: read("identify", usual.identify),
        helper: read("helper", usual.helper),
        plan: read("plan", usual.plan),
        recheck: read("recheck", usual.recheck),
    };
    table.finish();
    clocks
}

/// `{ days = 5, count = "working" }`.
fn days(source: &SpecFile<'_>, table: SpecTable<'_>) -> Option<(u32, Count)> {
    let (days, count) = (table.integer("days"), table.required_text("count"));
    if table.span_of("days").is_none() {
        source.error("BD0002", Some(table.span.clone()), "缺少“days”", "请补上 days = 天数");
    }
    table.finish();
    let counted = count.and_then(|count| match count.value.as_str() {
        "working" => Some(Count::Working),
        "calendar" => Some(Count::Calendar),
        _ => {
            let message = format!("时限不能按“{}”计", count.value);
            source.error("BD0704", Some(count.span), message, one_of(&count.value, &["working", "calendar"]));
            None
        }
    });
    let days = days.and_then(|days| {
        let fits = u32::try_from(days.value).ok().filter(|days| *days <= 366);
        if fits.is_none() {
            source.error("BD0704", Some(days.span), "时限天数应在0到366之间", "");
        }
        fits
    });
    Some((days?, counted?))
}

/// Two values of one name for one month: no rule could say which it means.
fn refuse_overlaps(source: &SpecFile<'_>, parameters: &[(Parameter, Range<usize>)]) {
    for (at, (parameter, span)) in parameters.iter().enumerate() {
        let ends = |parameter: &Parameter| parameter.to.unwrap_or(parameter.from.plus(12_000));
        let meets = |other: &Parameter| {
            other.name == parameter.name && other.from <= ends(parameter) && parameter.from <= ends(other)
        };
        if let Some((other, _)) = parameters[..at].iter().find(|(other, _)| meets(other)) {
            let message = format!("参数“{}”的有效期与自{}起的另一条重叠", parameter.name, other.from);
            source.error("BD0706", Some(span.clone()), message, "给前一条写上 to，止于后一条 from 的上一个月");
        }
    }
}

fn parameter(source: &SpecFile<'_>, table: SpecTable<'_>) -> Option<(Parameter, Range<usize>)> {
    let (name, title, value) = (table.required_name("name"), table.text("title"), table.number("value"));
    let (unit, from, to, origin) =
        (table.text("unit"), table.required_text("from"), table.text("to"), table.required_text("source"));
    if table.span_of("value").is_none() {
        source.error("BD0002", Some(table.span.clone()), "参数缺少数值 value", "请补上 value = …");
    }
    table.finish();
    let month = |found: &Found<String>| {
        let month = found.value.parse::<Month>();
        if let Err(error) = &month {
            source.error("BD0705", Some(found.span.clone()), error.to_string(), "");
        }
        month.ok()
    };
    let until = to.as_ref().map(month);
    let from = from.as_ref().and_then(month);
    if let (Some(to), Some(Some(until))) = (&to, until)
        && from.is_some_and(|from| until < from)
    {
        source.error("BD0705", Some(to.span.clone()), "to早于from：没有一个月用得上这个值", "to 是最后适用的月份");
        return None;
    }
    let name = name?;
    let span = name.span.clone();
    let parameter = Parameter {
        title: title.map_or_else(|| name.value.clone(), |title| title.value),
        name: name.value,
        value: value?.value,
        unit: unit.map_or_else(String::new, |unit| unit.value),
        from: from?,
        to: match until {
            Some(until) => Some(until?),
            None => None,
        },
        source: origin?.value,
    };
    Some((parameter, span))
}
