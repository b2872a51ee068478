//! Keys of lists/*.toml, report/*.toml, sample/*.toml, and of choice lists.

use super::shape::{Bounds, Demand, Key, Shape, TEXTS, TableSpec, may, must, table};

pub(crate) const LISTS: TableSpec = table(&[
    may("with", Shape::Text, "本文件各条查询共用的命名查询，写法同 WITH 后面的部分"),
    must("list", Shape::Tables(&LIST, 1), "一张清单"),
]);

const LIST: TableSpec = TableSpec {
    keys: &[
        must("id", Shape::Text, "编号，一个文件里唯一"),
        must("title", Shape::Text, "标题"),
        may(
            "split",
            Shape::Word(&[
                ("none", "全县一份，默认"),
                ("town", "一镇一份"),
                ("village", "一村一份"),
                ("department", "一个部门一份"),
            ]),
            "怎样分发",
        ),
        may("all", Shape::Flag, "true：没有内容的镇（部门）也出一份；只用于 town、department"),
        must(
            "file",
            FILE,
            "月份文件夹下的路径，以 .xlsx 结尾。占位：按镇 {town_code} {town}，按村另有 {village_code} {village}，按部门 {department}",
        ),
        may("file_without_key", FILE, "没有镇（部门）的行写到哪个文件"),
        may("months", Shape::List(&Shape::Whole(1, 12), 0), "只在这些月份出，如 [3, 6, 9, 12]；不写每月都出"),
        may("return_by", Shape::Whole(1, 366), "下发后几天报回，印在清单目录上；各行有应办结日期的以各行为准"),
        may("instructions", TEXTS, "填表说明，一句一条"),
        may("signature", Shape::Text, "表下的签名行"),
        may("print", Shape::Table(&PRINT), "打印"),
        must(
            "sheet",
            Shape::Either(&Shape::Pattern(SHEET_NAME), &Shape::Tables(&SHEET, 1)),
            "只有一张工作表时是它的名字，工作表的键直接写在 [[list]] 里；几张时写 [[list.sheet]]",
        ),
        QUERY,
        may("columns", COLUMNS, COLUMNS_SAY),
        ANSWERS,
        UNIT,
        EMPTY,
        NOTE,
        FREEZE,
        GROUP_BY,
        RETURNS,
        ROW_KEY,
    ],
    demands: &[
        Demand::Together("returns", "row_key"),
        Demand::Together("row_key", "returns"),
        Demand::OneSheet {
            required: &["query", "columns"],
            may: &["answers", "unit", "empty", "note", "freeze", "group_by", "returns", "row_key"],
        },
    ],
};

const FILE: Shape = Shape::Pattern("\\.xlsx$");
const SHEET_NAME: &str = "^[^\\[\\]:*?/\\\\']{1,25}$";

const PRINT: TableSpec = table(&[
    may("paper", Shape::Word(&[("A4", "")]), "纸张"),
    may("landscape", Shape::Flag, "true：横向"),
    may("repeat_heading", Shape::Flag, "true：每页重复表头"),
    may("pages_wide", Shape::Whole(1, 5), "2：左页印系统生成的列，右页印要填的列；3至5：各列匀到几页，字更大"),
]);

const QUERY: Key = may("query", Shape::Text, "一条 SELECT，可读全部关系和清单专用的表；末尾必须有 ORDER BY");
const COLUMNS: Shape = Shape::Tables(&COLUMN, 1);
const COLUMNS_SAY: &str = "系统生成的列，如 { title = \"行政村\", value = \"village\", width = 10 }";
const ANSWERS: Key = may("answers", Shape::Tables(&ANSWER, 0), "要填的列；第一列是结果");
const UNIT: Key = may("unit", Shape::Text, "一行算一什么，如 户、条");
const EMPTY: Key = may("empty", Shape::Text, "没有内容时写什么");
const NOTE: Key = may("note", Shape::Text, "标题下的说明");
const FREEZE: Key = may("freeze", Shape::Whole(0, 65_535), "左边几列滚动时不动，打印时每页重复；不能多于列数");
const GROUP_BY: Key = may("group_by", Shape::Text, "查询的一列：值相同的相邻各行是一组，隔组加底色");
const ROW_KEY: Key = may("row_key", Shape::Text, "收回时按查询的哪一列认行，须印在清单上");
const RETURNS: Key = may(
    "returns",
    Shape::Word(&[
        ("verification", "核查"),
        ("followup", "跟踪"),
        ("tasks", "部门任务"),
        ("sample", "抽查"),
        ("anomalies", "数据异常"),
        ("visits", "走访"),
        ("household_check", "户户核"),
        ("policy_gap", "政策落差"),
        ("link_review", "待认定关联"),
        ("data_check", "数据核实"),
    ]),
    "填好后要收回的是什么；最右边会多一列校验码",
);

const SHEET: TableSpec = TableSpec {
    keys: &[
        must("name", Shape::Pattern(SHEET_NAME), "表名，25字以内，不能叫“填表说明”“选项”“本月清单目录”"),
        may("title", Shape::Text, "标题；不写用清单的"),
        must("query", Shape::Text, QUERY.says),
        must("columns", COLUMNS, COLUMNS_SAY),
        ANSWERS,
        UNIT,
        EMPTY,
        NOTE,
        FREEZE,
        GROUP_BY,
        RETURNS,
        ROW_KEY,
    ],
    demands: &[Demand::Together("returns", "row_key"), Demand::Together("row_key", "returns")],
};

const WIDTH: Key = may("width", Shape::Number(Bounds::within(1.0, 200.0)), "列宽，约几个半角字；不写按标题");

const COLUMN: TableSpec = table(&[
    must("title", Shape::Text, "列名"),
    must("value", Shape::Text, "查询的哪一列；\"#\" 是序号"),
    WIDTH,
    may(
        "format",
        Shape::Word(&[
            ("plain", "默认"),
            ("centred", "居中"),
            ("lines", "按 separator 分行"),
            ("numbered", "分行并编号"),
            ("money", "金额"),
            ("percent", "百分比"),
        ]),
        "格式",
    ),
    may("separator", Shape::Text, "分行的字，默认“；”"),
    may("colour_by", Shape::Text, "按查询里哪一列的等级代码着色"),
]);

const ANSWER: TableSpec = TableSpec {
    keys: &[
        must("title", Shape::Text, "列名"),
        must("key", Shape::Text, "收回时的名字"),
        WIDTH,
        may("hint", Shape::Text, "选中格子时的提示"),
        may("choices", Shape::Text, "选项表，如 \"verification_results\""),
        may("options", TEXTS, "几个可选的词"),
        may(
            "kind",
            Shape::Word(&[("text", "文字，默认"), ("date", "日期"), ("money", "金额"), ("town", "本县的镇")]),
            "填什么；与 choices、options 只写一个",
        ),
        may("ahead", Shape::Flag, "true：以后的日期，可以只写到月；只用于 date"),
    ],
    demands: &[Demand::NotTwo(&["choices", "kind"])],
};

pub(crate) const CHOICES: TableSpec = TableSpec {
    keys: &[
        may("result", Shape::Tables(&RESULT, 0), "核查结果的一个代码"),
        may("need", Shape::Tables(&NEED, 0), "一项帮扶需求"),
    ],
    demands: &[Demand::Any(&["result", "need"])],
};

/// What the program does with an answer.
pub(crate) const EFFECTS: Shape = Shape::Word(&[
    ("include", "拟纳入、启动识别"),
    ("monitored", "已是监测对象"),
    ("rollback", "风险回退"),
    ("cool", "有应对能力、暂不再报"),
    ("department", "转行业部门"),
    ("data_error", "数据错误"),
    ("changed", "情况已变"),
    ("duplicate", "重复"),
    ("reroute", "转别的镇"),
    ("deceased", "死亡"),
    ("away", "整户外出"),
    ("negative", "负面情形"),
    ("declined", "放弃"),
    ("pending", "未核实"),
    ("exempt", "豁免"),
]);

const RESULT: TableSpec = table(&[
    must("code", Shape::Text, "代码，一经下发不要改义"),
    must("label", Shape::Text, "含义"),
    may("needs", Shape::Text, "选了它须同时写明什么，印在填表说明里"),
    may("requires", TEXTS, "选了它须同时填的列（answers 的 key）"),
    may("effect", EFFECTS, "程序据此怎样处理"),
]);

const NEED: TableSpec = table(&[
    must("code", Shape::Text, "代码，一经下发不要改义"),
    must("label", Shape::Text, "名称"),
    may("needs", Shape::Text, "选了它须同时写明什么"),
    must("department", Shape::Text, "须落实的部门"),
    may("days", Shape::Whole(1, 366), "推送后几日内落实，默认30"),
]);
