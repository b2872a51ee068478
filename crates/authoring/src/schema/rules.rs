//! Keys of rules/*.toml, checks/*.toml and grading.toml.

use super::lists::EFFECTS;
use super::shape::{Bounds, Demand, Entries, LEVELS, Shape, TEXTS, TableSpec, may, must, table};

pub(crate) const RULES: TableSpec = table(&[may("rule", Shape::Tables(&RULE, 0), "一条规则")]);

const RULE: TableSpec = TableSpec {
    keys: &[
        must("id", Shape::Text, "编号，全部规则里唯一，定了不改"),
        must("title", Shape::Text, "名称"),
        must("risk", Shape::Text, "风险类型，印在清单上，如 \"因病\""),
        must("basis", Shape::Text, "依据：哪份文件、阈值从哪来"),
        must(
            "per",
            Shape::Word(&[("household", "按户"), ("person", "按人：一户取各人中最高的等级，列出触发的人")]),
            "按户还是按人判断",
        ),
        must("departments", Shape::List(&Shape::Text, 1), "镇核实后须办理的部门"),
        may("scope", Shape::Text, "适用范围：SQL条件；不写是全部"),
        may("red", Shape::Text, "红色的条件：SQL条件。从红到蓝先成立的为准，至少写一个等级"),
        may("orange", Shape::Text, "橙色的条件：SQL条件"),
        may("yellow", Shape::Text, "黄色的条件：SQL条件"),
        may("blue", Shape::Text, "蓝色的条件：SQL条件"),
        may(
            "on_unknown",
            Shape::Word(&[("no", "不预警，默认"), ("review", "转人工判定")]),
            "条件算不出来（空值）时怎么办",
        ),
        may("least_link", LINK_CLASSES, "所依据的行至少要多可靠；达不到又是疑似的，转人工判定"),
        may("value", Shape::Text, "信号上显示哪个指标的值；不写取条件里的第一个指标"),
        may(
            "step",
            Shape::Number(Bounds::POSITIVE),
            "累计金额用：核查过以后，同一年里 value 没有再增加这么多的不再下发。须同时写 value",
        ),
        may(
            "worse",
            Shape::Word(&[("more", "数值越大越严重，默认"), ("less", "越小越严重，如收入")]),
            "数值往哪边是加重了",
        ),
        must("reason", Shape::Text, "预警内容，{指标、列或参数} 换成值。发给镇村：不写病名、刑罚之类"),
        may("actions", TEXTS, "建议措施"),
        may("example", Shape::Tables(&EXAMPLE, 0), "例子，check 逐条验算"),
    ],
    demands: &[Demand::Any(&["red", "orange", "yellow", "blue"]), Demand::Together("step", "value")],
};

/// Classes of a link, strongest first.
pub(crate) const LINK_CLASSES: Shape = Shape::Word(&[
    ("certain", "证件号码与姓名一致"),
    ("place", "按村屯关联"),
    ("decided", "人工认定"),
    ("alias", "原证件号码一致"),
    ("likely", "证件号码一致，姓名待核"),
    ("repaired", "证件号码错一位，更正后与姓名一致"),
    ("damaged_by_excel", "证件号码后三位丢失，前十五位与姓名一致"),
    ("composite", "证件号码不能用，姓名等多项一致"),
    ("weighted", "证件号码不能用，按各项相符程度关联"),
]);

const EXAMPLE: TableSpec = table(&[
    must("row", Shape::Entries(&ROW), "给出各列的值；没给的列是空值"),
    must(
        "answer",
        Shape::Word(&[
            ("red", "红"),
            ("orange", "橙"),
            ("yellow", "黄"),
            ("blue", "蓝"),
            ("none", "不预警"),
            ("unknown", "未知"),
        ]),
        "应得的答案",
    ),
]);

const ROW: Entries = Entries { names: "^.+$", value: Shape::Scalar, beside: &[] };

pub(crate) const CHECKS: TableSpec = table(&[
    must("family", Shape::Text, "这个文件里的检查是哪一类，印在清单上"),
    may("check", Shape::Tables(&CHECK, 0), "一条检查"),
    may("tally", Shape::Tables(&TALLY, 0), "汇总数：数一户的成员或一村的户，各文件都能用"),
]);

const CHECK: TableSpec = table(&[
    must("id", Shape::Pattern("^[0-9A-Za-z]+$"), "编号，字母和数字，全部检查里唯一，定了不改"),
    must("title", Shape::Text, "名称，印在清单的“异常”一栏"),
    must("object", Shape::Word(&[("person", "人"), ("household", "户"), ("village", "村")]), "检查的对象"),
    must("when", Shape::Text, "有异常的条件：SQL条件。未知（空值）不算有异常"),
    must("found", Shape::Text, "现在的值，{名字} 换成值。印在清单上：不写病名、刑罚之类"),
    must("hint", Shape::Text, "怎么改、在哪里改"),
    must("fires", Shape::Entries(&ROW), "有异常的一行，check 验算"),
    must("quiet", Shape::Entries(&ROW), "没有异常的一行，check 验算"),
]);

const TALLY: TableSpec = TableSpec {
    keys: &[
        must("name", Shape::Text, "名字，不能与指标、底册列相同"),
        must("title", Shape::Text, "名称"),
        must("of", Shape::Word(&[("household", "数一户的成员"), ("village", "数一村的户")]), "数的是谁的"),
        may("where", Shape::Text, "数哪些成员或户：SQL条件；不写是全部"),
        may("sum", Shape::Text, "不数个数，取这个数值表达式的和"),
        may("max", Shape::Text, "取最大"),
        may("min", Shape::Text, "取最小"),
    ],
    demands: &[Demand::NotTwo(&["sum", "max", "min"])],
};

pub(crate) const GRADING: TableSpec = table(&[
    may("level", Shape::Tables(&LEVEL, 0), "等级的叫法"),
    may("escalation", Shape::Tables(&ESCALATION, 0), "升级：条件成立则升到 to，不会降低"),
    may("monitored", Shape::Table(&MONITORED), "已是监测对象、监测的风险相同的信号不再下发；没有这一节则照样下发"),
    may("cooling", Shape::Tables(&COOLING, 0), "核查过的，一段时间不再下发"),
]);

const LEVEL: TableSpec = table(&[
    must("code", LEVELS, "等级代码"),
    must("name", Shape::Text, "叫法，印在清单上"),
    may("meaning", Shape::Text, "含义，印在填表说明里"),
]);

const ESCALATION: TableSpec = table(&[
    must("to", LEVELS, "升到哪一级"),
    must(
        "when",
        Shape::Text,
        "SQL条件，可用 red、orange、yellow、blue（该户这一等级的信号条数）、signals、risks、departments",
    ),
    must("reason", Shape::Text, "写在预警上"),
]);

const MONITORED: TableSpec = table(&[may("except", Shape::List(&LEVELS, 0), "这些等级照样下发")]);

/// A growth by a hundred times is one of nobody.
const MOST_GROWTH: f64 = 100.0;

const COOLING: TableSpec = table(&[
    must("effects", Shape::List(&EFFECTS, 1), "核查结果的 effect 属于这些的"),
    must("months", Shape::Whole(1, 24), "几个月不再下发"),
    must(
        "growth",
        Shape::Number(Bounds::between(0.0, MOST_GROWTH)),
        "数值比核查时增长达到这个比例（0.2 即两成）就再下发",
    ),
    may("while_followed", Shape::Flag, "true：还在办理的，办结以前都不再下发"),
]);
