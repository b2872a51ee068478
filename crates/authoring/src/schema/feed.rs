//! Keys of feeds/*.toml: data contracts and the facts they offer.

use super::shape::{Bounds, Demand, Entries, Shape, TEXTS, TableSpec, may, must, table};

pub(crate) const FEED: TableSpec = table(&[
    must("name", Shape::Pattern("^[\\p{L}\\p{N}_-]+$"), "契约名，也是封存数据的文件名，如 \"医保_住院结算\""),
    must("department", Shape::Text, "部门；数据退回清单发给它"),
    must(
        "files",
        Shape::List(&Shape::Text, 1),
        "文件名通配，从该月的收件夹算起，如 [\"医疗保障局/*住院*结算*\"]；* 任意几个字，? 一个字，{甲,乙} 几个里的一个",
    ),
    must(
        "kind",
        Shape::Word(&[("events", "每月报新增"), ("snapshot", "每月报全量"), ("registry", "底册，全部契约里恰好一份")]),
        "这份数据怎样报",
    ),
    may("required", Shape::Flag, "true：没有或不能用则当月不发布。默认 false"),
    may("sensitive", Shape::Flag, "true：涉及健康或涉案，其中的疑点只退回本部门。默认 false"),
    may("roster", Shape::Flag, "true：名册，一人至多一行。默认 false"),
    may("expected_by_day", Shape::Whole(1, 31), "次月几日前报到，只用来在到件情况里列出"),
    may("title", Shape::Text, "给人看，程序不读"),
    may("link", Shape::Table(&LINK), "一行说的是谁；不写则按 person 列认人，有 name 列就核对姓名"),
    may("guard", Shape::Table(&GUARD), "数量、关联率不对时暂缓使用"),
    may("reshape", Shape::Table(&RESHAPE), "一行里有几条记录时怎样拆开"),
    must("columns", Shape::Entries(&COLUMNS), "列：键是规则里用的列名"),
    may("fact", Shape::Tables(&FACT, 0), "指标：由这份数据算出、规则可用的值"),
]);

const LINK: TableSpec = TableSpec {
    keys: &[
        may("person", Shape::Text, "证件号码列（类型 id_number）"),
        may("name", Shape::Text, "姓名列（类型 name），用来核对"),
        may("village", Shape::Text, "村列（类型 village）：按村、屯报的数据"),
        may("hamlet", Shape::Text, "屯列（类型 text），可不写"),
        may("town", Shape::Text, "乡镇列（类型 town）：按乡镇报的数据"),
    ],
    demands: &[Demand::Any(&["person", "village", "town"])],
};

const GUARD: TableSpec = table(&[
    may(
        "rows_vs_previous",
        Shape::PairOfNumbers,
        "有效行数与上一份可用数据之比的下限和上限，如 [0.7, 1.5]；超出则暂缓使用",
    ),
    may("link_rate_min", Shape::Number(Bounds::within(0.0, 1.0)), "能在底册找到的行的最低比例，0到1；不足则暂缓使用"),
    may(
        "unchanged",
        Shape::Word(&[("held", "每月必有变化，与上月逐行相同就暂缓使用"), ("noted", "一年一报、很少变，照用并提醒")]),
        "全量名单与上月逐行相同时怎么办；不写则2000行以上的暂缓使用",
    ),
]);

const RESHAPE: TableSpec = TableSpec {
    keys: &[
        may("unpivot", Shape::EntriesList(&GROUP), "几组列并列：每组成一条记录，空着的一组不算"),
        may("split", Shape::Table(&SPLIT), "一格里几个值：拆开，各列按位置对应"),
    ],
    demands: &[Demand::Any(&["unpivot", "split"]), Demand::NotTwo(&["unpivot", "split"])],
};

const GROUP: Entries = Entries { names: COLUMN_NAME, value: Shape::Text, beside: &[] };

const SPLIT: TableSpec = table(&[
    must("columns", Shape::List(&Shape::Text, 1), "要拆的列，如 [\"person\", \"name\"]"),
    must("separators", Shape::Text, "分隔的字，每个字都算，如 \"；;、\""),
]);

/// Columns are named in SQL without quotes.
const COLUMN_NAME: &str = "^[\\p{L}_][\\p{L}\\p{N}_]*$";

const COLUMNS: Entries = Entries {
    names: COLUMN_NAME,
    value: Shape::Table(&COLUMN),
    beside: &[may(
        "unique",
        Shape::Either(&TEXTS, &Shape::Table(&COLUMN)),
        "不是列：几列合起来在同一个月里不得重复，如 [\"bill\"]；重复的行只留第一行",
    )],
};

const COLUMN: TableSpec = table(&[
    must(
        "type",
        Shape::Word(&[
            ("id_number", "证件号码，只封存密文标识"),
            ("name", "姓名，只封存密文"),
            ("phone", "电话，不封存"),
            ("date", "日期"),
            ("money", "金额"),
            ("integer", "整数"),
            ("number", "数值"),
            ("flag", "是否"),
            ("text", "文字"),
            ("village", "村（社区）"),
            ("town", "乡镇"),
        ]),
        "列的类型",
    ),
    may(
        "headings",
        TEXTS,
        "认得的列名，最好的放最前。“列名#2”同名的第二列；“上级/下级”两级表头。由 unpivot 给列名的列可不写",
    ),
    may("required", Shape::Flag, "true：表里必须有这一列；某行没填，算问题值"),
    may("choices", TEXTS, "取值表，只用于 text；\"\" 表示可以不填"),
    may("aliases", Shape::PairsOfTexts, "换写法，如 [[\"全额救助\", \"全额\"]]，先换再查取值表"),
    may(
        "unit",
        Shape::Word(&[("元", "默认"), ("万元", ""), ("分", "")]),
        "只用于 money：没写单位的数是什么单位；列名、格子里写了的从它们",
    ),
    may("stored", Shape::Flag, "false：只读不封存，也不能用于计算"),
]);

const FACT: TableSpec = table(&[
    must("name", Shape::Text, "规则里用的名字，全部指标里唯一"),
    may("title", Shape::Text, "给人看的名字；不写用 name"),
    must(
        "per",
        Shape::Word(&[("person", "个人"), ("household", "户"), ("village", "村"), ("hamlet", "屯")]),
        "这个指标说的是谁",
    ),
    may("months", Shape::Whole(1, 60), "窗口月数，到运行的月份为止，默认1；只用于 events"),
    may("date", Shape::Text, "窗口按哪个日期列算；不写按到件的月份"),
    may(
        "compare",
        Shape::Word(&[
            ("new_since_previous", "现在有、上一份没有的人"),
            ("new_since_year_start", "现在有、上年末没有的人"),
            ("gone_since_previous", "上一份有、现在没有的人"),
        ]),
        "与以前的名单比较，只用于按人的 snapshot",
    ),
    may("where", Shape::Text, "算哪些行：SQL条件，可用本数据的列和参数"),
    must("value", Shape::Text, "SQL聚合，如 SUM(self_paid)、COUNT(*)、ANY(…)、LATEST(…)；金额按元"),
    may("unit", Shape::Text, "单位，印在预警内容里"),
]);
