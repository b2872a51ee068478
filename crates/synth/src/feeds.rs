//! The catalogue: the registry and 31 extracts, with the department each comes from and the headings departments use. The first
//! heading of a column is the one a clean county writes; a messy one takes any. A test holds them against config/feeds.
//!
//! The order of a feed's columns is the order of the cells in `rows.rs`; what stands beside number and name (`beside`) comes last, or in a
//! list of households before its members.

use crate::feed::{Feed, FeedSpec, Kind, column};
use crate::feeds_households::{
    DISASTERS, HOUSE_APPRAISALS, INCOME, INDUSTRY_FAILURES, MEASURES, NEAR_ALLOWANCE, REBUILDING, RIGID_SPENDING,
    UNSAFE_WATER, WATER_OUTAGES,
};
use crate::feeds_people::{
    CHRONIC_DISEASES, DEATHS, DETAINED, DISABLED, DROPOUTS, EXEMPTIONS, EXTREME_POVERTY, HOSPITAL_BILLS, INSURED, JOBS,
    MAJOR_DISEASES, MINIMUM_ALLOWANCE, PENSIONS, PUBLIC_POSTS, RELIEF, STUDENTS, TUITION, UNEMPLOYMENT,
};
use crate::feeds_plan::{GRID_VISITS, INDUSTRY_AWARDS, TRAVEL_SUBSIDIES};

/// In the order of [`Feed`].
pub(crate) const FEEDS: &[FeedSpec] = &[
    REGISTRY,
    STUDENTS,
    DROPOUTS,
    EXEMPTIONS,
    TUITION,
    MINIMUM_ALLOWANCE,
    EXTREME_POVERTY,
    RELIEF,
    DISABLED,
    DEATHS,
    DETAINED,
    JOBS,
    UNEMPLOYMENT,
    PUBLIC_POSTS,
    PENSIONS,
    INCOME,
    INDUSTRY_FAILURES,
    HOUSE_APPRAISALS,
    REBUILDING,
    MAJOR_DISEASES,
    CHRONIC_DISEASES,
    INSURED,
    HOSPITAL_BILLS,
    WATER_OUTAGES,
    UNSAFE_WATER,
    DISASTERS,
    MEASURES,
    NEAR_ALLOWANCE,
    RIGID_SPENDING,
    GRID_VISITS,
    TRAVEL_SUBSIDIES,
    INDUSTRY_AWARDS,
];

pub(crate) const TOWN: &[&str] = &["乡镇", "乡(镇)", "镇", "所在乡镇"];
pub(crate) const VILLAGE: &[&str] = &["行政村", "村（社区）", "村", "所在村"];
/// Where the police and the schools have it from: the household register.
pub(crate) const TOWN_OF_RECORD: &[&str] = &["户籍乡镇", "户籍所在乡镇", "户口所在乡镇"];
pub(crate) const VILLAGE_OF_RECORD: &[&str] = &["户籍村", "户籍所在村（社区）", "户口所在村"];
/// As the federation of disabled persons names towns and villages everywhere.
pub(crate) const STREET: &[&str] = &["乡镇（街道）", "街道", "乡镇"];
pub(crate) const COMMITTEE: &[&str] = &["村（居）", "居委", "村（社区）"];
pub(crate) const HAMLET: &[&str] = &["自然村（屯）", "屯", "自然村", "村组"];
pub(crate) const PHONE: &[&str] = &["联系电话", "联系方式", "手机号码", "电话"];
pub(crate) const BIRTH: &[&str] = &["出生日期", "出生年月日", "出生时间"];
pub(crate) const SEX: &[&str] = &["性别", "人员性别"];
pub(crate) const HEAD: &[&str] = &["户主姓名", "户主", "户主名字"];
/// Of a child; most often the head of the household.
pub(crate) const GUARDIAN: &[&str] = &["监护人姓名", "监护人", "家长姓名"];

pub(crate) const REGISTRY: FeedSpec = FeedSpec {
    feed: Feed::Registry,
    name: "乡村振兴_农村人口底册",
    department: "乡村振兴局",
    title: "农村人口底册",
    kind: Kind::Registry,
    columns: &[
        column("person_no", &["人编号", "人口编号", "人员编号"]),
        column("household_id", &["户编号", "家庭情况/户编号", "家庭编号", "户号"]),
        column("person", &["证件号码", "身份证号", "身份证号码", "公民身份号码", "身份证件号", "证件号", "身份证"]),
        column("name", &["姓名", "成员姓名", "家庭成员姓名"]),
        column("relation", &["与户主关系", "家庭关系", "与户主的关系"]),
        column("labour", &["劳动技能", "劳动能力", "劳动力情况"]),
        column("health", &["健康状况", "身体状况", "健康情况"]),
        column("student_status", &["在校生状况", "在校生情况", "在校状况"]),
        column("town", &["乡(镇)", "乡镇", "乡（镇、街道）", "镇", "所在乡镇"]),
        column("village", &["行政村", "村（社区）", "行政村（社区）", "村委会", "所在村", "村"]),
        column("hamlet", &["自然村（屯）", "自然村", "屯", "屯（组）", "村民小组"]),
        column("resettlement_site", &["易地搬迁安置点", "安置点名称", "集中安置点", "搬迁安置点"]),
        column("household_kind", &["户类型", "农户类型", "家庭情况/户类型"]),
        column(
            "monitor_kind",
            &["监测对象类别", "监测对象类型", "检测对象类别", "易返贫致贫户（监测对象）类型", "监测类别"],
        ),
        column("risk_status", &["风险是否消除", "风险是否已消除#2", "风险是否已消除", "风险消除状态"]),
        column("identified_on", &["识别监测时间", "风险识别时间", "识别时间", "纳入监测时间"]),
        column("grid", &["网格编号", "网格", "所属网格", "网格名称"]),
        column("monitor_risks", &["返贫致贫风险", "致贫返贫风险", "返贫致贫风险类型", "风险类型"]),
        column("eliminated_on", &["消除监测时间", "风险消除时间", "消除时间"]),
        column("phone", &["人联系电话", "联系电话", "户联系电话", "联系方式", "手机号码"]),
    ],
};
