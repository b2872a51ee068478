//! An invented month, small enough to read: three towns, one of them without a warning.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub)]

use bidui_emit::{
    Choices, ListContext, ListPlan, Relations, RowTags, compile_choices, compile_lists, heads_schema, people_schema,
    relation_schema, review_rows_schema, told_schema, warned_schema,
};
use polars::prelude::*;
use std::path::{Path, PathBuf};

pub fn config() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config")
}

/// The lists of `config/lists` over what every county has. Those of the plan rest on facts of its feeds; `bidui check` holds them.
const LISTS: [&str; 7] = ["data_check", "data_return", "link_review", "review", "summary", "unrouted", "verification"];

pub fn lists() -> Vec<ListPlan> {
    let compile = |name: &&str| {
        let file = format!("lists/{name}.toml");
        let text = std::fs::read_to_string(config().join(&file)).expect("a readable list");
        compile_lists(&text, &file).unwrap_or_else(|found| panic!("{found:#?}"))
    };
    LISTS.iter().flat_map(compile).collect()
}

pub fn list(id: &str) -> ListPlan {
    let found = lists().into_iter().find(|list| list.id == id);
    found.unwrap_or_else(|| panic!("no list {id}"))
}

pub fn choices() -> Choices {
    let mut choices = Choices::default();
    for file in ["verification_results.toml", "needs.toml"] {
        let text = std::fs::read_to_string(config().join(file)).expect("a choice list");
        choices.extend(compile_choices(&text, file).expect("valid choices"));
    }
    choices
}

pub fn context() -> ListContext {
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    let village = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    ListContext {
        month: "2023-03".parse().expect("a month"),
        county: "柳江区".to_owned(),
        bureau: "柳州市柳江区乡村振兴局".to_owned(),
        run_note: vec![
            pair("规则包", "liujiang-2023 摘要 3f2a9c10"),
            pair("引擎", "bidui 0.1.0"),
            pair("监测线 monitor_line", "7300元（2023年广西防返贫监测范围）"),
            pair("规则：重点户住院自付过高", "红 近12个月个人自付≥20000元；橙 ≥10000元"),
        ],
        choices: choices(),
        towns: vec![pair("450206100", "拉堡镇"), pair("450206102", "百朋镇"), pair("450206103", "成团镇")],
        villages: vec![
            village("450206102201", "怀洪村", "450206102"),
            village("450206102202", "五九村", "450206102"),
            village("450206100201", "基隆村", "450206100"),
        ],
        departments: vec!["医疗保障局".to_owned(), "教育局".to_owned()],
        created: (2023, 3, 31),
        row_tags: RowTags::new(|list, key| format!("{}{}", &list[..1].to_uppercase(), key.len())),
    }
}

/// A frame of that schema, every value by its text; `` is null.
pub fn frame(schema: &Schema, rows: &[&[&str]]) -> DataFrame {
    let columns = schema.iter().enumerate().map(|(index, (name, kind))| {
        let values: Vec<Option<&str>> =
            rows.iter().map(|row| row.get(index).copied().filter(|value| !value.is_empty())).collect();
        let text = Column::new(name.clone(), values);
        match kind {
            DataType::Date => text
                .str()
                .expect("text")
                .iter()
                .map(|day| day.map(|day| day.parse::<i32>().expect("a day")))
                .collect::<Int32Chunked>()
                .with_name(name.clone())
                .into_column()
                .cast(kind)
                .expect("a date"),
            DataType::String => text.cast(kind).expect("text").fill_null_text(),
            _ => text.cast(kind).expect("a value"),
        }
    });
    DataFrame::new(rows.len(), columns.collect()).expect("a frame")
}

trait FillText {
    fn fill_null_text(self) -> Self;
}
impl FillText for Column {
    /// Missing text is empty in the relations, never null.
    fn fill_null_text(self) -> Self {
        let filled: StringChunked =
            self.str().expect("text").iter().map(|value| Some(value.unwrap_or_default())).collect();
        filled.with_name(self.name().clone()).into_column()
    }
}

pub fn households_schema() -> Schema {
    let mut schema = relation_schema("households").expect("a relation");
    schema.with_column("monitor_kind".into(), DataType::String);
    schema.with_column("dibao_members".into(), DataType::Float64);
    schema.with_column("measures".into(), DataType::Float64);
    schema
}

pub fn relations() -> Relations {
    let of = |name: &str, rows: &[&[&str]]| {
        let schema = relation_schema(name).expect("a relation");
        (name.to_owned(), frame(&schema, rows))
    };
    let mut relations: Relations = [
        of("warnings", WARNINGS),
        of("signals", SIGNALS),
        of("flaws", FLAWS),
        of("rejects", REJECTS),
        of("feeds", FEEDS),
        of("facts", FACTS),
        of("links", LINKS),
        of("persons", PERSONS),
        of("candidates", CANDIDATES),
        of("linkage", LINKAGE),
        of("totals", TOTALS),
        of("cases", &[]),
        of("clocks", &[]),
    ]
    .into();
    relations.insert("households".into(), frame(&households_schema(), HOUSEHOLDS));
    relations.insert("heads".into(), frame(&heads_schema(), &[]));
    relations.insert("people".into(), frame(&people_schema(), PEOPLE));
    relations.insert("warned".into(), frame(&warned_schema(), WARNED));
    relations.insert("told".into(), frame(&told_schema(), &[]));
    relations.insert("review_rows".into(), frame(&review_rows_schema(), REVIEW_ROWS));
    relations
}

/// The same months without a row.
pub fn no_rows() -> Relations {
    let empty = |(name, frame): (String, DataFrame)| (name, frame.clear());
    relations().into_iter().map(empty).collect()
}

const REASONS: &str = "1.【红】近12个月住院个人自付合计23580.50元，达到20000元\n2.【橙】家庭成员2人本年度未参加城乡居民基本医疗保险；1人已停保\n3.【红】2023年3月房屋经鉴定为D级且有人居住";

#[rustfmt::skip]
const WARNINGS: &[&[&str]] = &[
    &["2023-03", "4502061020001", "red", "红", "1", "因病、因安全住房", "medical-self-paid-focus、house-d", "医疗保障局、卫生健康局、住房和城乡建设局", REASONS, "", "核查报销是否到位；评估医疗救助；动员搬离危房，落实过渡安置；评估临时救助", "p1、p2", "3", "certain", "", "", "19447", "19457", "450206102", "百朋镇", "450206102201", "怀洪村", "下浪屯", "registry", "", "1", "2303-000010", "continuing", "2023-01", "2", "", ""],
    &["2023-03", "4502061020002", "yellow", "黄", "3", "因学", "tuition", "教育局", "近12个月学费支出12000元，达到10000元", "", "核查资助是否到位", "p3", "1", "likely", "证件号码一致，姓名待核", "", "19447", "19477", "450206102", "百朋镇", "450206102202", "五九村", "古洲屯", "registry", "", "2", "2303-000029", "new", "2023-03", "0", "", ""],
    &["2023-03", "4502061020003", "orange", "橙", "2", "因病", "major-disease", "卫生健康局", "2023年3月新确诊大病", "", "核查救治情况", "p4", "1", "certain", "", "", "19447", "19462", "450206102", "百朋镇", "450206102202", "五九村", "", "registry", "", "3", "2303-000037", "escalated", "2023-02", "1", "", ""],
    &["2023-03", "4502061020004", "blue", "蓝", "4", "因务工就业不稳", "public-post", "人力资源和社会保障局", "=1+1是一个值，不是公式", "", "@核查在岗情况", "p5", "1", "certain", "", "", "19447", "19477", "450206100", "拉堡镇", "450206102201", "怀洪村", "", "resettlement", "安置点“幸福家园”由拉堡镇管理", "1", "2303-000045", "reopened", "2023-01", "2", "14 属实，有自主应对能力，暂不纳入、持续跟踪", "2023-01"],
    &["2023-03", "4502061050001", "orange", "橙", "2", "因病", "major-disease", "卫生健康局", "2023年3月新确诊大病", "", "核查救治情况", "p6", "1", "certain", "", "", "19447", "19462", "", "", "450206105201", "", "", "moved", "“流山镇”已划出本区，请转交现管辖地", "", "2303-000053", "new", "2023-03", "0", "", ""],
];
#[rustfmt::skip]
const WARNED: &[&[&str]] = &[
    &["4502061020001", "韦某某", "450221********1234", "13800000001", "韦某某、韦小某", "450221********1234、450221********5678"],
    &["4502061020002", "覃某某", "450221********002X", "13800000002", "覃小某", "450221********0077"],
    &["4502061020003", "蓝某某", "450221********1111", "", "蓝某某", "450221********1111"],
    &["4502061020004", "莫某某", "450221********2222", "13800000004", "莫某某", "450221********2222"],
    &["4502061050001", "罗某某", "450221********3333", "13800000005", "罗某某", "450221********3333"],
];
#[rustfmt::skip]
const PEOPLE: &[&[&str]] = &[
    &["p1", "韦某某", "450221********1234", "13800000001", "1970-01-01"],
    &["p3", "覃小某", "450221********0077", "", ""],
];
#[rustfmt::skip]
const HOUSEHOLDS: &[&[&str]] = &[
    &["4502061020001", "p1", "5", "脱贫户", "未消除", "", "下浪屯", "450206102201", "450206102", "脱贫不稳定户", "2", "3"],
    &["4502061020002", "p9", "4", "一般农户", "", "", "古洲屯", "450206102202", "450206102", "", "0", "0"],
    &["4502061020003", "p4", "1", "脱贫户", "已消除", "", "", "450206102202", "450206102", "突发严重困难户", "0", "1"],
    &["4502061020004", "p5", "3", "脱贫户", "", "幸福家园", "", "450206102201", "450206102", "", "", ""],
    &["4502061050001", "p6", "2", "一般农户", "", "", "", "450206105201", "450206105", "", "1", "0"],
];
#[rustfmt::skip]
const SIGNALS: &[&[&str]] = &[
    &["2023-03", "4502061020001", "medical-self-paid-focus", "重点户住院自付过高", "因病", "red", "红", "23580.5", "≥20000", "p1", "certain", "", "live", "近12个月住院个人自付合计23580.50元", "医疗保障局、卫生健康局", "核查报销是否到位", "医保_住院结算", "3", "self_paid_12m=23580.5"],
    &["2023-03", "4502061020001", "house-d", "D级危房有人居住", "因安全住房", "red", "红", "1", "≥1", "", "certain", "", "live", "房屋经鉴定为D级", "住房和城乡建设局", "动员搬离", "住建_危房鉴定", "1", ""],
    &["2023-03", "4502061020002", "tuition", "学费支出较大", "因学", "yellow", "黄", "12000", "≥10000", "p3", "likely", "证件号码一致，姓名待核", "live", "近12个月学费支出12000元", "教育局", "核查资助是否到位", "教育_学费与资助", "2", ""],
    &["2023-03", "4502061020003", "water-household", "饮水不安全", "因安全饮水", "orange", "橙", "", "≥1", "", "place", "", "review", "水利数据本月未到", "水利局", "核查饮水", "水利_饮水不安全户", "0", ""],
];
#[rustfmt::skip]
const FLAWS: &[&[&str]] = &[
    &["教育_学费与资助", "教育局", "教育局/学费.xlsx", "Sheet1", "7", "姓名", "name_disagrees", "证件号码与底册一致而姓名不一致", "覃＊", "请核实是否借用、误填证件号码，或姓名用字不同", "p3", "4502061020002", "450206102", "450206102202", "town", "p3-A1B2C3"],
    &["乡村振兴_农村人口底册", "乡村振兴局", "乡村振兴局/底册.csv", "", "99", "行政村", "place_unknown", "村（社区）或乡镇无法识别", "不知村", "请写规范全称", "", "", "", "", "town", "D4E5F6"],
    &["医保_住院结算", "医疗保障局", "医疗保障局/住院结算.xlsx", "3月", "12", "身份证号", "id_damaged_by_excel", "证件号码被Excel当作数字，后三位已丢失", "4502…000", "请把该列设为“文本”格式后重新导出", "", "", "", "", "department", "0A1B2C"],
];
#[rustfmt::skip]
const REJECTS: &[&[&str]] = &[&["医保_住院结算", "医疗保障局", "医疗保障局/住院结算.xlsx", "3月", "500", "total", "合计行"]];
#[rustfmt::skip]
const FEEDS: &[&[&str]] = &[
    &["医保_住院结算", "医疗保障局", "events", "医疗保障局/住院结算.xlsx", "19452", "499", "498", "1", "470", "28", "3", "0.9438", "1", "1", "ok", "", "a1b2", ""],
    &["水利_饮水不安全户", "水利局", "snapshot", "", "19452", "0", "0", "0", "0", "0", "0", "", "0", "0", "missing", "本月没有收到文件", "", ""],
];
#[rustfmt::skip]
const FACTS: &[&[&str]] = &[
    &["self_paid_12m", "近12个月住院个人自付合计", "医保_住院结算", "household", "元", "12", "2022-04至2023-03", "known", "", "medical-self-paid-focus"],
    &["water_unsafe", "新增饮水不安全", "水利_饮水不安全户", "household", "次", "1", "2023-03", "unknown", "本月没有收到文件", "water-household"],
];
#[rustfmt::skip]
const LINKS: &[&[&str]] = &[
    &["医保_住院结算", "医疗保障局/住院结算.xlsx", "3月", "12", "none", "id_damaged_by_excel", "", ""],
    &["医保_住院结算", "医疗保障局/住院结算.xlsx", "3月", "13", "none", "not_in_registry", "", ""],
    &["医保_住院结算", "医疗保障局/住院结算.xlsx", "3月", "14", "certain", "", "p1", "4502061020001"],
    &["医保_住院结算", "医疗保障局/住院结算.xlsx", "3月", "15", "review", "name_of_another", "", ""],
    &["医保_住院结算", "医疗保障局/住院结算.xlsx", "3月", "16", "repaired", "", "p1", "4502061020001"],
];
#[rustfmt::skip]
const PERSONS: &[&[&str]] = &[
    &["p1", "4502061020001", "户主", "男", "53", "", "450206102201", "450206102"],
    &["p3", "4502061020002", "之子", "男", "19", "", "450206102202", "450206102"],
];
#[rustfmt::skip]
const CANDIDATES: &[&[&str]] = &[
    &["医保_住院结算", "医疗保障局", "医疗保障局/住院结算.xlsx", "3月", "15", "00000000000000a1", "name_of_another", "1", "p1", "4502061020001", "450206102", "证件号码一致", "证件号码", "姓名", "", "", "", ""],
    &["医保_住院结算", "医疗保障局", "医疗保障局/住院结算.xlsx", "3月", "15", "00000000000000a1", "name_of_another", "2", "p3", "4502061020002", "450206102", "姓名、电话一致", "姓名、电话", "", "", "23.1", "0.998", "姓名相同 +11.5\n合计 +23.1"],
];
#[rustfmt::skip]
const REVIEW_ROWS: &[&[&str]] = &[&["00000000000000a1", "覃小某", "450221…", "2003-05-06", "五九村", "*0002"]];
#[rustfmt::skip]
const LINKAGE: &[&[&str]] = &[
    &["医保_住院结算", "医疗保障局", "498", "470", "9", "0", "0", "3", "1", "2", "0", "0", "1", "12", "11", "0", "0", "1", "0", "1", "0", "0", "0.9739", "0.98", "0.97", "14.2", "1行的证件号码被Excel当作数字丢了后三位"],
];
#[rustfmt::skip]
const TOTALS: &[&[&str]] = &[
    &["ingest", "医保_住院结算", "499", "498", "1", "0", "499"],
    &["route", "全部", "5", "4", "1", "0", "5"],
];
