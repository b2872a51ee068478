//! Keys of linkage.toml and of link models.

use super::rules::LINK_CLASSES;
use super::shape::{Bounds, Demand, LEVELS, Shape, TEXTS, TableSpec, may, must, table};

pub(crate) const LINKAGE: TableSpec = table(&[
    may("show_scores", Shape::Flag, "待认定关联清单上是否给出权重和概率，默认 true"),
    may("variants", Shape::List(&Shape::LongText(2), 0), "姓名里常互相写错的字，每组都当作第一个字，如 \"兰蓝\""),
    may("placeholders", Shape::Table(&PLACEHOLDERS), "填了等于没填的值"),
    must("pass", Shape::Tables(&PASS, 1), "认人的一道；从上到下一道一道地认，强的在前"),
    may("class", Shape::Tables(&CLASS, 0), "建立在这一等级关联上的信号，最高到哪一级"),
]);

const PLACEHOLDERS: TableSpec = table(&[
    may("name", TEXTS, "不算姓名的字样，如 \"无名氏\""),
    may("phone", TEXTS, "不算电话的号码"),
    may("households_per_phone", Shape::Whole(1, 4_294_967_295), "超过这么多户共用的电话，不当作本人的，默认5"),
]);

const PASS: TableSpec = table(&[
    must(
        "class",
        Shape::Word(&[
            ("certain", "证件号码，第一道"),
            ("alias", "原证件号码"),
            ("repaired", "证件号码错一位"),
            ("damaged_by_excel", "证件号码丢了后三位"),
            ("composite", "几项组合"),
            ("weighted", "按权重"),
        ]),
        "这一道认出来的是什么等级",
    ),
    may("name", Shape::Text, "这一道的名称，印在清单和说明里"),
    may(
        "on",
        Shape::List(
            &Shape::Word(&[
                ("id", "证件号码"),
                ("id15", "证件号码前15位"),
                ("name", "姓名"),
                ("birth", "出生日期"),
                ("sex", "性别"),
                ("village", "村"),
                ("town", "乡镇"),
                ("phone", "电话"),
                ("head", "户主姓名"),
                ("household", "同户"),
            ]),
            0,
        ),
        "哪几项合起来只有一人符合，须有 name 和至少另一项",
    ),
    may("model", Shape::Text, "权重模型的文件，只用于 weighted"),
]);

const CLASS: TableSpec = table(&[must("code", LINK_CLASSES, "关联等级"), must("cap", LEVELS, "最高到哪一级")]);

pub(crate) const MODEL: TableSpec = table(&[
    must("name", Shape::Text, "模型的名称"),
    may(
        "relation",
        Shape::Word(&[
            ("many_to_one", "左边几行可以是右边的一行，默认"),
            ("one_to_one", "一行至多对一行"),
            ("many_to_many", "不限"),
        ]),
        "左右两表怎样对应",
    ),
    may("left_id", Shape::Text, "左表的行号列；不写按行次"),
    may("right_id", Shape::Text, "右表的行号列；不写按行次"),
    may("seed", Shape::Whole(0, i64::MAX), "训练时取样的种子"),
    may("random_pairs", Shape::Whole(1_000, 100_000_000), "估计偶然相符时取多少对"),
    may("training_pairs", Shape::Whole(1, i64::MAX), "训练至多用多少对"),
    may("most_pairs", Shape::Whole(1, i64::MAX), "一个分块至多多少对；更大的不比"),
    may("least_compared", Shape::Whole(1, 16), "至少几项两边都有值才算；不能多于 [[compare]] 的项数"),
    may("costs", Shape::Table(&COSTS), "错认、漏认和请人看一行的代价，定出自动关联和请人认定的界线"),
    must("field", Shape::Tables(&FIELD, 1), "一个字段"),
    must("compare", Shape::Tables(&COMPARE, 1), "一项比较"),
    must("block", Shape::Tables(&BLOCK, 1), "分块条件：只比这几项相同的行"),
]);

const COSTS: TableSpec = table(&[
    may("false_link", Shape::Number(Bounds::POSITIVE), "错认一行"),
    may("missed_link", Shape::Number(Bounds::POSITIVE), "漏认一行"),
    may("review", Shape::Number(Bounds::POSITIVE), "请人看一行"),
]);

const FIELD: TableSpec = table(&[
    must("name", Shape::Text, "字段名"),
    may("left", Shape::Text, "左表的列；不写与 name 相同"),
    may("right", Shape::Text, "右表的列；不写与 name 相同"),
    may(
        "clean",
        Shape::List(
            &Shape::Word(&[
                ("lower", "大写改小写"),
                ("alphanumeric", "只留字母和数字"),
                ("digits", "只留数字"),
                ("sort_words", "各词排序"),
                ("soundex", "按英语读音"),
            ]),
            0,
        ),
        "比较以前怎样整理，依次",
    ),
    may("missing", TEXTS, "等于没有的值"),
]);

const COMPARE: TableSpec = table(&[
    must("field", Shape::Text, "比哪个字段"),
    may("name", Shape::Text, "这项比较的名称；不写用字段名"),
    must("levels", Shape::Tables(&LEVEL, 1), "档次，从最像到不像；先符合的为准"),
]);

const TESTS: Shape = Shape::Word(&[
    ("exact", "相同"),
    ("jaro_winkler", "写法相近，要有 at_least"),
    ("edits", "改几个字能相同，要有 at_most"),
    ("date_parts", "年月日中几项相同，要有 at_least"),
    ("date_swapped", "月日颠倒"),
    ("prefix", "一个是另一个的开头"),
    ("otherwise", "其余，放在最后，可不写"),
]);

const LEVEL: TableSpec = TableSpec {
    keys: &[
        may("name", Shape::Text, "这一档的名称"),
        may("test", TESTS, "怎样比"),
        may("left", Shape::Text, "左边比哪个字段；不写为本项的字段"),
        may("right", Shape::Text, "右边比哪个字段；不写为本项的字段"),
        may("at_least", Shape::Number(Bounds::ANY), "至少：jaro_winkler 0.5到1，date_parts 1到3"),
        may("at_most", Shape::Number(Bounds::ANY), "至多：edits 1到9"),
        may("all", Shape::Tables(&TEST, 0), "几个比较都成立"),
        may("frequency", Shape::Flag, "true：值越少见权重越大，只用于 exact"),
        may("m", Shape::Number(Bounds::between(0.0, 1.0)), "固定：真是一个人时出现的机会；不写由训练得出"),
        may("u", Shape::Number(Bounds::between(0.0, 1.0)), "固定：不是一个人时出现的机会；不写由训练得出"),
    ],
    demands: &[Demand::Any(&["test", "all"])],
};

const TEST: TableSpec = table(&[
    must("test", TESTS, "怎样比"),
    may("left", Shape::Text, "左边比哪个字段"),
    may("right", Shape::Text, "右边比哪个字段"),
    may("at_least", Shape::Number(Bounds::ANY), "至少"),
    may("at_most", Shape::Number(Bounds::ANY), "至多"),
]);

const BLOCK: TableSpec = TableSpec {
    keys: &[
        may("name", Shape::Text, "名称"),
        may("on", TEXTS, "这几项相同才比；字段[0..4] 是它的第1到第4个字"),
        may("left", TEXTS, "左右字段不同时：左边的"),
        may("right", TEXTS, "右边的，个数与 left 相同"),
        may("split", TEXTS, "太大的分块再按这几项分开"),
    ],
    demands: &[Demand::Any(&["on", "left"]), Demand::Together("left", "right"), Demand::Together("right", "left")],
};
