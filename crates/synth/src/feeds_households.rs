//! Extracts of which a row is a household, under its head's name or with all its members, or a place.

use crate::feed::{Feed, FeedSpec, Kind, beside, column};
use crate::feeds::{HAMLET, PHONE, TOWN, VILLAGE};

pub(crate) const INCOME: FeedSpec = FeedSpec {
    feed: Feed::Income,
    name: "农业_收入测算",
    department: "农业农村局",
    title: "收入测算表",
    kind: Kind::Snapshot,
    columns: &[
        column("person", &["户主证件号码", "户主身份证号", "户主身份证号码", "证件号码", "身份证号", "公民身份号码"]),
        column("name", &["户主姓名", "户主", "姓名"]),
        column(
            "income_2021",
            &["2021年人均纯收入", "2021年/人均纯收入", "2021年人均纯收入（元）", "2021年度人均纯收入"],
        ),
        column(
            "income_2022",
            &["2022年人均纯收入", "2022年/人均纯收入", "2022年人均纯收入（元）", "2022年度人均纯收入"],
        ),
        column(
            "spending_2021",
            &["2021年家庭刚性支出", "2021年/家庭刚性支出", "2021年刚性支出（元）", "2021年度刚性支出"],
        ),
        column(
            "spending_2022",
            &["2022年家庭刚性支出", "2022年/家庭刚性支出", "2022年刚性支出（元）", "2022年度刚性支出"],
        ),
        column(
            "wage_2021",
            &["2021年人均工资性收入", "2021年/人均工资性收入", "2021年工资性收入", "2021年工资性收入（元）"],
        ),
        column(
            "wage_2022",
            &["2022年人均工资性收入", "2022年/人均工资性收入", "2022年工资性收入", "2022年工资性收入（元）"],
        ),
        column(
            "business_2021",
            &[
                "2021年人均生产经营性净收入",
                "2021年/人均生产经营性净收入",
                "2021年生产经营性净收入",
                "2021年生产经营性收入",
            ],
        ),
        column(
            "business_2022",
            &[
                "2022年人均生产经营性净收入",
                "2022年/人均生产经营性净收入",
                "2022年生产经营性净收入",
                "2022年生产经营性收入",
            ],
        ),
        column(
            "property_2021",
            &["2021年人均财产性收入", "2021年/人均财产性收入", "2021年财产性收入", "2021年财产性收入（元）"],
        ),
        column(
            "property_2022",
            &["2022年人均财产性收入", "2022年/人均财产性收入", "2022年财产性收入", "2022年财产性收入（元）"],
        ),
        column(
            "transfer_2021",
            &["2021年人均转移性收入", "2021年/人均转移性收入", "2021年转移性收入", "2021年转移性收入（元）"],
        ),
        column(
            "transfer_2022",
            &["2022年人均转移性收入", "2022年/人均转移性收入", "2022年转移性收入", "2022年转移性收入（元）"],
        ),
        beside("town", TOWN),
        beside("village", VILLAGE),
        beside("hamlet", HAMLET),
    ],
};

pub(crate) const INDUSTRY_FAILURES: FeedSpec = FeedSpec {
    feed: Feed::IndustryFailures,
    name: "农业_产业失败",
    department: "农业农村局",
    title: "产业失败核定表",
    kind: Kind::Events,
    columns: &[
        column("person", &["身份证号", "户主身份证号", "证件号码", "公民身份号码", "经营者身份证号"]),
        column("name", &["姓名", "户主姓名", "经营者姓名"]),
        column("project", &["项目名称", "产业项目", "产业类型", "种养品种"]),
        column("loss", &["损失金额", "损失金额（万元）", "损失金额（元）", "经济损失", "核定损失（元）"]),
        column("happened_on", &["发生日期", "发生时间", "损失发生时间", "失败时间"]),
        beside("town", TOWN),
        beside("village", VILLAGE),
        beside("phone", PHONE),
    ],
};

pub(crate) const HOUSE_APPRAISALS: FeedSpec = FeedSpec {
    feed: Feed::HouseAppraisals,
    name: "住建_危房鉴定",
    department: "住房和城乡建设局",
    title: "危房鉴定台账",
    kind: Kind::Snapshot,
    columns: &[
        column("person", &["户主身份证号", "户主证件号码", "身份证号", "身份证号码", "证件号码", "公民身份号码"]),
        column("name", &["户主姓名", "户主", "姓名"]),
        column("grade", &["鉴定等级", "危房等级", "房屋鉴定等级", "房屋等级"]),
        column("occupied", &["是否居住", "是否有人居住", "目前是否居住", "是否仍居住"]),
        column("appraised_on", &["鉴定日期", "鉴定时间", "评定日期"]),
        beside("town", TOWN),
        beside("village", VILLAGE),
        beside("hamlet", HAMLET),
    ],
};

pub(crate) const REBUILDING: FeedSpec = FeedSpec {
    feed: Feed::Rebuilding,
    name: "住建_危改计划",
    department: "住房和城乡建设局",
    title: "危改计划与进度表",
    kind: Kind::Snapshot,
    columns: &[
        column("person", &["户主身份证号", "户主证件号码", "身份证号", "身份证号码", "证件号码", "公民身份号码"]),
        column("name", &["户主姓名", "户主", "姓名", "危改户姓名"]),
        column("plan_year", &["纳入改造年度", "计划年度", "改造年度", "年度"]),
        column("progress", &["工程进度", "改造进度", "进度", "建设进度"]),
        column("started_on", &["开工日期", "开工时间", "实际开工日期"]),
        beside("town", TOWN),
        beside("village", VILLAGE),
        beside("hamlet", HAMLET),
    ],
};

pub(crate) const WATER_OUTAGES: FeedSpec = FeedSpec {
    feed: Feed::WaterOutages,
    name: "水利_供水异常",
    department: "水利局",
    title: "供水异常台账",
    kind: Kind::Events,
    columns: &[
        column("town", &["乡镇", "乡(镇)", "镇", "所在乡镇"]),
        column("village", &["行政村", "村（社区）", "村", "所在村", "受影响村"]),
        column("hamlet", &["自然村（屯）", "屯", "自然村", "受影响屯"]),
        column("started_on", &["开始日期", "停水日期", "异常开始时间", "发生时间"]),
        column("days", &["天数", "停水天数", "持续天数", "影响天数"]),
        column("kind", &["异常类型", "异常原因", "原因"]),
    ],
};

pub(crate) const UNSAFE_WATER: FeedSpec = FeedSpec {
    feed: Feed::UnsafeWater,
    name: "水利_饮水不安全户",
    department: "水利局",
    title: "饮水不安全户名单",
    kind: Kind::Snapshot,
    columns: &[
        column("person", &["户主身份证号", "户主证件号码", "身份证号", "身份证号码", "证件号码", "公民身份号码"]),
        column("name", &["户主姓名", "户主", "姓名"]),
        column("kind", &["不安全类型", "问题类型", "饮水问题", "类型"]),
        beside("town", TOWN),
        beside("village", VILLAGE),
        beside("hamlet", HAMLET),
    ],
};

pub(crate) const DISASTERS: FeedSpec = FeedSpec {
    feed: Feed::Disasters,
    name: "应急_灾情核定",
    department: "应急管理局",
    title: "灾情核定表",
    kind: Kind::Events,
    columns: &[
        column("person", &["户主身份证号", "户主证件号码", "身份证号", "身份证号码", "证件号码", "公民身份号码"]),
        column("name", &["户主姓名", "户主", "姓名", "受灾户主姓名"]),
        column("kind", &["损失类型", "受损类型", "灾害损失类别", "核定类型"]),
        column("loss", &["直接经济损失", "直接经济损失（元）", "损失金额", "核定损失"]),
        column("happened_on", &["受灾日期", "灾害发生时间", "发生日期", "受灾时间"]),
        beside("town", TOWN),
        beside("village", VILLAGE),
        beside("hamlet", HAMLET),
        beside("phone", PHONE),
    ],
};

pub(crate) const MEASURES: FeedSpec = FeedSpec {
    feed: Feed::Measures,
    name: "乡村振兴_帮扶措施",
    department: "乡村振兴局",
    title: "帮扶措施台账",
    kind: Kind::Snapshot,
    columns: &[
        column("person", &["户主证件号码", "户主身份证号", "证件号码", "身份证号", "公民身份号码"]),
        column("name", &["户主姓名", "户主", "姓名"]),
        column("measure", &["帮扶措施", "措施名称", "措施类型#2", "措施类型", "帮扶措施类型"]),
        column("status", &["实施状态", "措施状态", "落实状态", "实施情况"]),
        column("planned_on", &["计划时间", "制定时间", "计划落实时间", "措施制定日期"]),
    ],
};

pub(crate) const NEAR_ALLOWANCE: FeedSpec = FeedSpec {
    feed: Feed::NearAllowance,
    name: "民政_低保边缘",
    department: "民政局",
    title: "低保边缘家庭名册",
    kind: Kind::Snapshot,
    columns: &[
        column("town", &["乡镇", "乡(镇)", "镇", "所在乡镇"]),
        column("village", &["村", "行政村", "村（社区）", "所在村"]),
        column("address", &["地址", "家庭住址", "详细地址"]),
        column("kind", &["救助类型", "救助类别", "家庭类型"]),
        column("members", &["保障人口", "家庭人口", "人口数"]),
        beside("phone", PHONE),
        column("name", &["姓名1", "成员1姓名", "成员1/姓名"]),
        column("person", &["身份证号1", "成员1身份证号", "成员1/身份证号"]),
        column("name", &["姓名2", "成员2姓名", "成员2/姓名"]),
        column("person", &["身份证号2", "成员2身份证号", "成员2/身份证号"]),
        column("name", &["姓名3", "成员3姓名", "成员3/姓名"]),
        column("person", &["身份证号3", "成员3身份证号", "成员3/身份证号"]),
        column("name", &["姓名4", "成员4姓名", "成员4/姓名"]),
        column("person", &["身份证号4", "成员4身份证号", "成员4/身份证号"]),
        column("name", &["姓名5", "成员5姓名", "成员5/姓名"]),
        column("person", &["身份证号5", "成员5身份证号", "成员5/身份证号"]),
    ],
};

pub(crate) const RIGID_SPENDING: FeedSpec = FeedSpec {
    feed: Feed::RigidSpending,
    name: "民政_刚性支出困难",
    department: "民政局",
    title: "刚性支出困难家庭名册",
    kind: Kind::Snapshot,
    columns: &[
        column("head_name", &["户主姓名", "户主", "申请人姓名"]),
        column("head", &["户主身份证号", "户主证件号码", "申请人身份证号"]),
        column("members", &["家庭人口", "保障人口", "人口数"]),
        column("amount", &["月保障金额", "保障金额", "月救助金额（元）"]),
        beside("town", TOWN),
        beside("village", VILLAGE),
        column("name", &["家庭成员姓名（分号分隔）", "家庭成员姓名", "成员姓名"]),
        column("person", &["家庭成员身份证号（分号分隔）", "家庭成员身份证号", "家庭成员证件号码", "成员身份证号"]),
    ],
};
