//! Extracts that no rule asks and that lists of the plan rest on: visits of the grid, travel subsidies, awards.

use crate::feed::{Feed, FeedSpec, Kind, beside, column};
use crate::feeds::{PHONE, TOWN, VILLAGE};

pub(crate) const GRID_VISITS: FeedSpec = FeedSpec {
    feed: Feed::GridVisits,
    name: "乡村振兴_网格走访",
    department: "乡村振兴局",
    title: "网格走访台账",
    kind: Kind::Events,
    columns: &[
        column("person", &["户主证件号码", "户主身份证号", "证件号码", "身份证号", "公民身份号码"]),
        column("name", &["户主姓名", "户主", "姓名"]),
        column("visited_on", &["走访日期", "走访时间", "入户日期", "入户时间"]),
        column("grid", &["网格编号", "网格", "所属网格", "网格名称"]),
        column("method", &["走访方式", "走访形式", "方式"]),
        column("found_problem", &["是否发现问题", "有无问题", "发现问题"]),
        beside("town", TOWN),
        beside("village", VILLAGE),
        beside("phone", PHONE),
    ],
};

pub(crate) const TRAVEL_SUBSIDIES: FeedSpec = FeedSpec {
    feed: Feed::TravelSubsidies,
    name: "人社_跨省务工交通补助",
    department: "人力资源和社会保障局",
    title: "跨省务工交通补助发放表",
    kind: Kind::Snapshot,
    columns: &[
        column("person", &["身份证号", "身份证号码", "证件号码", "公民身份号码", "务工人员身份证号"]),
        column("name", &["姓名", "务工人员姓名", "领取人姓名"]),
        column("place", &["务工所在地", "务工地点", "务工所在省", "务工地"]),
        column("amount", &["补助金额", "交通补助金额", "发放金额", "年度交通费补助"]),
        column("paid_on", &["发放日期", "发放时间", "拨付日期"]),
        beside("town", TOWN),
        beside("village", VILLAGE),
        beside("phone", PHONE),
    ],
};

pub(crate) const INDUSTRY_AWARDS: FeedSpec = FeedSpec {
    feed: Feed::IndustryAwards,
    name: "农业_产业奖补",
    department: "农业农村局",
    title: "产业奖补台账",
    kind: Kind::Snapshot,
    columns: &[
        column("person", &["户主证件号码", "户主身份证号", "证件号码", "身份证号", "公民身份号码"]),
        column("name", &["户主姓名", "户主", "姓名"]),
        column("project", &["产业项目", "项目名称", "产业名称", "种养品种"]),
        column("scale", &["规模", "产业规模", "种养规模"]),
        column("status", &["奖补状态", "兑现状态", "兑现情况", "发放状态"]),
        column("amount", &["奖补金额", "兑现金额", "发放金额", "奖补资金"]),
        column("paid_on", &["兑现日期", "发放日期", "拨付日期"]),
        beside("town", TOWN),
        beside("village", VILLAGE),
        beside("phone", PHONE),
    ],
};
