//! Keys of bidui.toml, towns.toml and holidays.toml: what every county writes itself.

use super::shape::{Bounds, Shape, TEXTS, TableSpec, may, must, table};

const MONTH: Shape = Shape::Pattern("^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$");
const TOWN: Shape = Shape::Pattern("^[0-9]{9}$");
const FORMER_TOWNS: Shape = Shape::List(&TOWN, 0);

pub(crate) const BIDUI: TableSpec = table(&[
    must("version", Shape::Whole(1, 1), "配置的版本。旧版用 bidui migrate 升级，不要手改"),
    may(
        "hash",
        Shape::Word(&[("hmac-sha256", "默认"), ("hmac-sm3", "国密SM3")]),
        "密文标识的算法。改动后旧的封存数据不能再用，须从原始数据重来",
    ),
    may("issue_day", Shape::Whole(1, 28), "清单在次月几日下发，默认6。办结时限从这一天起算，当天不计"),
    may("holidays", Shape::Text, "节假日文件，如 \"holidays.toml\"；不写则只有周末不是工作日"),
    may("departments", TEXTS, "不报送数据而承办、落实的部门；报送数据的部门不用写"),
    must("county", Shape::Table(&COUNTY), "县和编制单位"),
    must("paths", Shape::Table(&PATHS), "收件夹、封存数据、输出和密钥的位置，从本文件所在的文件夹算起"),
    may("deadlines", Shape::Table(&DEADLINES), "各等级的核查办结时限；没写的等级没有应办结日期"),
    may("clocks", Shape::Table(&CLOCKS), "核查之后各环节的时限"),
    may("retention", Shape::Table(&RETENTION), "保存月数；超过的在运行结束时提醒，程序不自动删除"),
    may("report", Shape::Table(&REPORT), "月报（bidui report）的报送单位和签署栏"),
    may("sample", Shape::Table(&SAMPLE), "抽查（bidui sample）怎样抽"),
    may("stability", Shape::Table(&STABILITY), "进出稳定性：多大的变动要提示"),
    may("parameter", Shape::Tables(&PARAMETER, 0), "规则可按名字引用的数"),
]);

const COUNTY: TableSpec = table(&[
    must("code", Shape::Pattern("^[0-9]{6}$"), "县级代码，6位，如 \"450206\"；与 towns.toml 里的一样"),
    must("name", Shape::Text, "县名，如 \"柳江区\""),
    must("bureau", Shape::Text, "编制单位，印在清单上"),
]);

const PATHS: TableSpec = table(&[
    must("inbox", Shape::Text, "收件夹，下按“月份/部门/文件”存放"),
    must("state", Shape::Text, "封存数据、台账和决定"),
    must("out", Shape::Text, "输出：每月一个文件夹"),
    must("key", Shape::Text, "密钥文件，首次运行时生成；请备份"),
]);

const DAYS: TableSpec = table(&[
    must("days", Shape::Whole(0, 366), "几日内"),
    must("count", Shape::Word(&[("working", "工作日"), ("calendar", "日历日")]), "按工作日还是日历日计"),
]);

const DEADLINES: TableSpec = table(&[
    may("red", Shape::Table(&DAYS), "红色预警的时限，如 { days = 3, count = \"working\" }"),
    may("orange", Shape::Table(&DAYS), "橙色预警的时限"),
    may("yellow", Shape::Table(&DAYS), "黄色预警的时限"),
    may("blue", Shape::Table(&DAYS), "蓝色预警的时限"),
]);

const CLOCKS: TableSpec = table(&[
    may("identify", Shape::Table(&DAYS), "自启动识别（没有填的自核查）至纳入，默认15个工作日"),
    may("helper", Shape::Table(&DAYS), "自纳入至落实帮扶责任人，默认5个日历日"),
    may("plan", Shape::Table(&DAYS), "自纳入至制定帮扶计划、落实措施，默认10个日历日"),
    may("recheck", Shape::Table(&DAYS), "没有见到人的答复（如33）没有写期限的，自核查至再次核实，默认30个日历日"),
]);

const RETENTION: TableSpec = table(&[
    may("store_months", Shape::Whole(13, 1200), "封存数据保存几个月，至少要13个月"),
    may("output_months", Shape::Whole(1, 1200), "输出保存几个月"),
]);

const REPORT: TableSpec = table(&[
    may("to", Shape::Text, "月报报给谁，如 \"柳州市乡村振兴局\""),
    may("signatures", TEXTS, "文稿末尾的签署栏，一行一个"),
]);

const SAMPLE: TableSpec = table(&[
    may(
        "no_risk_weight",
        Shape::Number(Bounds::within(1.0, 100.0)),
        "红、橙而答复为不必纳入或帮扶的，抽中的机会加到几倍，默认3；1为不加倍",
    ),
    may("months", Shape::Whole(1, 13), "从近几个月清单的答复里抽，默认3，含抽查的月份"),
    may("source", Shape::Text, "这些数的来源"),
]);

const STABILITY: TableSpec = table(&[
    may("times", Shape::Number(Bounds::within(1.0, 100.0)), "本月户数超过此前12个月平均的几倍为大进大出，默认2"),
    may("least", Shape::Whole(1, 100_000), "少于几户的不提示，默认5"),
    may("last_days", Shape::Whole(1, 28), "月末几天，默认5"),
    may("rush_share", Shape::Number(Bounds::within(0.01, 1.0)), "月末几天占多少以上为突击，默认0.5"),
    may("early_months", Shape::Whole(0, 60), "从纳入到消除不满几个足月为过早消除，默认6；0为不提示"),
    may("source", Shape::Text, "这些数的来源"),
]);

const PARAMETER: TableSpec = table(&[
    must("name", Shape::Text, "规则里用的名字，如 monitor_line"),
    may("title", Shape::Text, "给人看的名字，印在填表说明里"),
    must("value", Shape::Number(Bounds::ANY), "数"),
    may("unit", Shape::Text, "单位"),
    must("from", MONTH, "从哪个月起有效，如 \"2023-01\""),
    may("to", MONTH, "到哪个月止，含这个月；不写一直有效。同名的几条有效期不得重叠"),
    must("source", Shape::Text, "来源，印在填表说明里；拿不准的写“待核定”"),
]);

pub(crate) const TOWNS: TableSpec = table(&[
    must("county", Shape::Table(&COUNTY_PLACE), "县"),
    may("town", Shape::Tables(&TOWN_PLACE, 0), "现有的乡镇：每个镇出一份清单"),
    may("moved_out", Shape::Tables(&MOVED_OUT, 0), "已划出的镇：底册里仍写这些镇的户，写明去向"),
    may("pseudo_town", Shape::Tables(&PSEUDO_TOWN, 0), "曾单列代码的园区、农场"),
    may("site", Shape::Tables(&SITE, 0), "易地搬迁安置点：住户的清单发给管理镇"),
]);

const COUNTY_PLACE: TableSpec = table(&[
    must("code", Shape::Pattern("^[0-9]{6}$"), "县级代码，6位数字"),
    must("name", Shape::Text, "县名"),
    may("aliases", TEXTS, "别名"),
    may("former_codes", Shape::List(&Shape::Pattern("^[0-9]{6}$"), 0), "曾用代码"),
]);

const TOWN_PLACE: TableSpec = table(&[
    must("code", TOWN, "统计用区划代码，9位数字"),
    must("name", Shape::Text, "镇名"),
    may("aliases", TEXTS, "别名；不能与别处的名称、代码相同"),
    may("former_codes", FORMER_TOWNS, "曾用代码，9位数字"),
]);

const MOVED_OUT: TableSpec = table(&[
    must("name", Shape::Text, "镇名"),
    may("aliases", TEXTS, "别名"),
    may("former_codes", FORMER_TOWNS, "在本县时的代码"),
    must("code", TOWN, "现在的代码"),
    may("county_code", Shape::Pattern("^[0-9]{6}$"), "现属县区的代码，6位；现在的镇代码以它开头"),
    must("county", Shape::Text, "现属县区，印在未归属清单上"),
]);

const PSEUDO_TOWN: TableSpec = table(&[
    must("name", Shape::Text, "园区或农场的名称"),
    may("aliases", TEXTS, "别名"),
    may("former_codes", FORMER_TOWNS, "曾用代码"),
    must("village", Shape::Pattern("^[0-9]{12}$"), "现属的村（社区），12位代码"),
    must("town", TOWN, "现属的镇，本文件里有的9位代码"),
]);

const SITE: TableSpec = table(&[
    must("name", Shape::Text, "安置点名称"),
    may("aliases", TEXTS, "别名"),
    must("town", TOWN, "管理镇，本文件里有的9位代码"),
]);

pub(crate) const HOLIDAYS: TableSpec = table(&[
    may("source", Shape::Text, "依据的通知"),
    may("sources", TEXTS, "依据的通知，几份时用"),
    may("holiday", Shape::Tables(&HOLIDAY, 0), "一个假期；每年通知公布后在后面续上，不要删旧的"),
]);

const HOLIDAY: TableSpec = table(&[
    may("name", Shape::Text, "假期名称"),
    must("from", Shape::Date, "第一天，如 2023-04-05，不加引号"),
    must("to", Shape::Date, "最后一天，含"),
    may("working", Shape::List(&Shape::Date, 0), "因这个假期调休上班的周末，如 [2023-01-28, 2023-01-29]"),
]);
