//! Extracts of which a row is one person.

use crate::feed::{Feed, FeedSpec, Kind, beside, column};
use crate::feeds::{
    BIRTH, COMMITTEE, GUARDIAN, HEAD, PHONE, SEX, STREET, TOWN, TOWN_OF_RECORD, VILLAGE, VILLAGE_OF_RECORD,
};

pub(crate) const STUDENTS: FeedSpec = FeedSpec {
    feed: Feed::Students,
    name: "教育_在校学生",
    department: "教育局",
    title: "在校学生花名册",
    kind: Kind::Snapshot,
    columns: &[
        column(
            "person",
            &["身份证件号", "身份证件号码", "证件号码", "身份证号", "学籍号", "学生身份证号", "公民身份号码"],
        ),
        column("name", &["姓名", "学生姓名", "学生"]),
        column("school", &["学校", "学校名称", "就读学校", "所在学校"]),
        column("stage", &["学段", "就读学段", "办学类型", "学历层次"]),
        column("grade", &["年级", "所在年级", "就读年级"]),
        column("status", &["就读状态", "学生状态", "在读状态", "学籍状态", "状态"]),
        beside("sex", SEX),
        beside("birth", BIRTH),
        beside("town", TOWN_OF_RECORD),
        beside("village", VILLAGE_OF_RECORD),
        beside("head_name", GUARDIAN),
    ],
};

pub(crate) const DROPOUTS: FeedSpec = FeedSpec {
    feed: Feed::Dropouts,
    name: "教育_疑似失学",
    department: "教育局",
    title: "疑似失学名单",
    kind: Kind::Snapshot,
    columns: &[
        column("person", &["身份证件号", "证件号码", "身份证号", "学籍号", "学生身份证号", "公民身份号码"]),
        column("name", &["姓名", "学生姓名", "疑似失学学生姓名"]),
        column("school", &["原就读学校", "学校", "学籍所在学校", "学校名称"]),
        column("reason", &["失学原因", "疑似失学原因", "原因", "辍学原因"]),
        beside("birth", BIRTH),
        beside("town", TOWN),
        beside("village", VILLAGE),
        beside("head_name", GUARDIAN),
        beside("phone", PHONE),
    ],
};

pub(crate) const EXEMPTIONS: FeedSpec = FeedSpec {
    feed: Feed::Exemptions,
    name: "教育_控辍豁免",
    department: "教育局",
    title: "控辍保学豁免名单",
    kind: Kind::Snapshot,
    columns: &[
        column("person", &["身份证件号", "证件号码", "身份证号", "学生身份证号", "公民身份号码"]),
        column("name", &["姓名", "学生姓名", "儿童姓名"]),
        column("kind", &["豁免类型", "未在校情形", "情形", "类型"]),
        beside("birth", BIRTH),
        beside("town", TOWN),
        beside("village", VILLAGE),
        beside("head_name", GUARDIAN),
    ],
};

pub(crate) const TUITION: FeedSpec = FeedSpec {
    feed: Feed::Tuition,
    name: "教育_学费与资助",
    department: "教育局",
    title: "学费与资助发放表",
    kind: Kind::Events,
    columns: &[
        column("person", &["身份证件号", "证件号码", "身份证号", "学生身份证号", "公民身份号码"]),
        column("name", &["姓名", "学生姓名", "受助学生姓名"]),
        column("stage", &["学段", "就读学段", "学历层次"]),
        column(
            "tuition_paid",
            &["自付学费", "扣除资助后自付学费", "个人承担学费（元）", "自付学费（元）", "个人缴纳金额"],
        ),
        column("paid_on", &["缴费日期", "缴费时间", "发放日期", "缴纳日期"]),
        beside("birth", BIRTH),
        beside("head_name", GUARDIAN),
        beside("phone", PHONE),
    ],
};

pub(crate) const MINIMUM_ALLOWANCE: FeedSpec = FeedSpec {
    feed: Feed::MinimumAllowance,
    name: "民政_低保在册",
    department: "民政局",
    title: "低保在册名单",
    kind: Kind::Snapshot,
    columns: &[
        column(
            "person",
            &["身份证号", "身份证号码", "证件号码", "公民身份号码", "保障对象身份证号", "成员身份证号", "身份证"],
        ),
        column("name", &["姓名", "保障对象姓名", "成员姓名", "保障人员姓名"]),
        column("kind", &["救助类型", "低保类别", "保障类型", "救助类别"]),
        column("amount", &["月保障金额", "保障金额", "月发放金额（元）", "救助金额", "家庭月保障金额"]),
        column("start_month", &["起始年月", "最初享受月份", "享受起始时间", "起保年月"]),
        column("status", &["保障状态", "在保状态", "状态", "享受状态"]),
        beside("town", TOWN),
        beside("village", VILLAGE),
        beside("head_name", HEAD),
    ],
};

pub(crate) const EXTREME_POVERTY: FeedSpec = FeedSpec {
    feed: Feed::ExtremePoverty,
    name: "民政_特困供养",
    department: "民政局",
    title: "特困供养名单",
    kind: Kind::Snapshot,
    columns: &[
        column("person", &["身份证号", "身份证号码", "证件号码", "公民身份号码", "特困人员身份证号"]),
        column("name", &["姓名", "特困人员姓名", "供养对象姓名"]),
        column("kind", &["供养方式", "供养类型", "救助供养形式"]),
        column("status", &["供养状态", "保障状态", "在保状态", "状态"]),
        beside("sex", SEX),
        beside("town", TOWN),
        beside("village", VILLAGE),
    ],
};

pub(crate) const RELIEF: FeedSpec = FeedSpec {
    feed: Feed::Relief,
    name: "民政_临时救助",
    department: "民政局",
    title: "临时救助发放台账",
    kind: Kind::Events,
    columns: &[
        column("person", &["申请人身份证号", "身份证号", "身份证号码", "证件号码", "公民身份号码"]),
        column("name", &["申请人姓名", "姓名", "救助对象姓名"]),
        column("amount", &["救助金额", "救助金额（元）", "发放金额", "临时救助金"]),
        column("granted_on", &["发放日期", "救助日期", "审批日期", "发放时间"]),
        column("reason", &["救助原因", "致困原因", "申请原因"]),
        beside("town", TOWN),
        beside("village", VILLAGE),
        beside("phone", PHONE),
    ],
};

pub(crate) const DISABLED: FeedSpec = FeedSpec {
    feed: Feed::Disabled,
    name: "残联_持证残疾人",
    department: "残疾人联合会",
    title: "持证残疾人名册",
    kind: Kind::Snapshot,
    columns: &[
        column("person", &["残疾人证号", "残疾证号", "残疾人证", "残疾证号码", "证件号码", "证件号", "身份证号"]),
        column("name", &["姓名", "残疾人姓名", "持证人姓名"]),
        column("category", &["残疾类别", "残疾类型", "类别"]),
        column("grade", &["残疾等级", "残疾级别", "等级"]),
        column("issued_on", &["发证日期", "初次申领日期", "发证时间", "签发日期"]),
        column("status", &["证件状态", "状态", "残疾证状态", "持证状态"]),
        beside("sex", SEX),
        beside("town", STREET),
        beside("village", COMMITTEE),
        beside("phone", PHONE),
    ],
};

pub(crate) const DEATHS: FeedSpec = FeedSpec {
    feed: Feed::Deaths,
    name: "公安_死亡注销",
    department: "公安局",
    title: "死亡注销名单",
    kind: Kind::Events,
    columns: &[
        column("person", &["公民身份号码", "身份证号", "身份证号码", "证件号码", "死者身份证号"]),
        column("name", &["姓名", "死者姓名", "死亡人员姓名"]),
        column("died_on", &["死亡日期", "死亡时间", "死亡注销日期", "注销日期"]),
        beside("sex", SEX),
        beside("birth", BIRTH),
        beside("town", TOWN_OF_RECORD),
        beside("village", VILLAGE_OF_RECORD),
    ],
};

pub(crate) const DETAINED: FeedSpec = FeedSpec {
    feed: Feed::Detained,
    name: "公安_服刑强戒",
    department: "公安局",
    title: "服刑强戒人员名单",
    kind: Kind::Snapshot,
    columns: &[
        column("person", &["公民身份号码", "身份证号", "身份证号码", "证件号码"]),
        column("name", &["姓名", "人员姓名"]),
        column("since", &["起始日期", "开始日期", "起始时间", "执行起始日期"]),
    ],
};

pub(crate) const JOBS: FeedSpec = FeedSpec {
    feed: Feed::Jobs,
    name: "人社_务工月监测",
    department: "人力资源和社会保障局",
    title: "务工月监测台账",
    kind: Kind::Snapshot,
    columns: &[
        column(
            "person",
            &["证件号码", "务工人员情况/证件号码", "身份证号", "身份证号码", "公民身份号码", "务工人员身份证号"],
        ),
        column("name", &["姓名", "务工人员情况/姓名", "务工人员姓名"]),
        column("place", &["务工所在地", "务工情况/务工所在地", "务工所在县", "务工地点", "务工地"]),
        column("monthly_wage", &["务工月收入", "务工情况/月收入", "务工月收入（元）", "月工资", "月工资收入"]),
        column("started_on", &["开始时间", "务工情况/开始时间", "务工开始时间", "开始务工日期"]),
        column("ended_on", &["结束时间", "务工情况/结束时间", "务工结束时间", "返乡时间"]),
        column("working", &["是否已务工", "务工情况/是否已务工", "是否务工", "当前是否务工"]),
        beside("town", TOWN),
        beside("village", VILLAGE),
        beside("phone", PHONE),
    ],
};

pub(crate) const UNEMPLOYMENT: FeedSpec = FeedSpec {
    feed: Feed::Unemployment,
    name: "人社_失业登记",
    department: "人力资源和社会保障局",
    title: "失业登记台账",
    kind: Kind::Events,
    columns: &[
        column("person", &["身份证号", "身份证号码", "证件号码", "公民身份号码", "社会保障号码"]),
        column("name", &["姓名", "失业人员姓名"]),
        column("registered_on", &["登记日期", "失业登记日期", "失业登记时间", "办理日期"]),
        column("reason", &["失业原因", "登记原因", "原因"]),
        beside("sex", SEX),
        beside("town", TOWN),
        beside("village", VILLAGE),
        beside("phone", PHONE),
    ],
};

pub(crate) const PUBLIC_POSTS: FeedSpec = FeedSpec {
    feed: Feed::PublicPosts,
    name: "人社_公益性岗位",
    department: "人力资源和社会保障局",
    title: "公益性岗位名册",
    kind: Kind::Snapshot,
    columns: &[
        column("person", &["身份证号", "身份证号码", "证件号码", "公民身份号码", "上岗人员身份证号"]),
        column("name", &["姓名", "上岗人员姓名", "在岗人员"]),
        column("post", &["岗位名称", "公益性岗位名称", "岗位", "岗位类型"]),
        column("started_on", &["上岗日期", "上岗时间", "聘用起始日期", "合同开始时间"]),
        beside("sex", SEX),
        beside("town", TOWN),
        beside("village", VILLAGE),
        beside("phone", PHONE),
    ],
};

pub(crate) const PENSIONS: FeedSpec = FeedSpec {
    feed: Feed::Pensions,
    name: "人社_养老待遇停发",
    department: "人力资源和社会保障局",
    title: "养老待遇停发名单",
    kind: Kind::Events,
    columns: &[
        column("person", &["身份证号", "身份证号码", "证件号码", "公民身份号码", "社会保障号码"]),
        column("name", &["姓名", "待遇领取人姓名", "领取人"]),
        column("stopped_on", &["停发日期", "停发时间", "待遇停发年月", "暂停日期"]),
        column("reason", &["停发原因", "暂停原因", "原因"]),
        beside("town", TOWN),
        beside("village", VILLAGE),
    ],
};

pub(crate) const MAJOR_DISEASES: FeedSpec = FeedSpec {
    feed: Feed::MajorDiseases,
    name: "卫健_大病救治",
    department: "卫生健康局",
    title: "大病救治名单",
    kind: Kind::Events,
    columns: &[
        column("person", &["身份证号", "身份证号码", "证件号码", "公民身份号码", "患者身份证号"]),
        column("name", &["姓名", "患者姓名", "救治对象姓名"]),
        column("disease", &["病种", "大病病种", "疾病名称", "救治病种"]),
        column("confirmed_on", &["确诊日期", "确诊时间", "诊断日期"]),
        beside("sex", SEX),
        beside("birth", BIRTH),
        beside("town", TOWN),
        beside("village", VILLAGE),
        beside("phone", PHONE),
    ],
};

pub(crate) const CHRONIC_DISEASES: FeedSpec = FeedSpec {
    feed: Feed::ChronicDiseases,
    name: "卫健_慢病精神",
    department: "卫生健康局",
    title: "慢病精神管理名册",
    kind: Kind::Snapshot,
    columns: &[
        column("person", &["身份证号", "身份证号码", "证件号码", "公民身份号码", "患者身份证号"]),
        column("name", &["姓名", "患者姓名", "管理对象姓名"]),
        column("class", &["管理类别", "疾病类别", "病种类别", "类别"]),
        beside("sex", SEX),
        beside("birth", BIRTH),
        beside("town", TOWN),
        beside("village", VILLAGE),
        beside("phone", PHONE),
    ],
};

pub(crate) const INSURED: FeedSpec = FeedSpec {
    feed: Feed::Insured,
    name: "医保_参保",
    department: "医疗保障局",
    title: "参保名单",
    kind: Kind::Snapshot,
    columns: &[
        column("person", &["证件号码", "身份证号", "身份证号码", "公民身份号码", "参保人证件号码", "社会保障号码"]),
        column("name", &["姓名", "参保人姓名", "人员姓名"]),
        column("insurance", &["险种类型", "险种", "参保险种", "参保类型"]),
        column("status", &["参保状态", "人员参保状态", "缴费状态", "状态"]),
        beside("town", TOWN),
        beside("village", VILLAGE),
    ],
};

pub(crate) const HOSPITAL_BILLS: FeedSpec = FeedSpec {
    feed: Feed::HospitalBills,
    name: "医保_住院结算",
    department: "医疗保障局",
    title: "住院结算明细",
    kind: Kind::Events,
    columns: &[
        column("person", &["证件号码", "身份证号", "身份证号码", "公民身份号码", "人员信息/证件号码", "患者证件号码"]),
        column("name", &["姓名", "人员姓名", "人员信息/姓名", "患者姓名"]),
        column("bill", &["结算单号", "结算流水号", "结算ID", "单据号"]),
        column("settled", &["结算日期", "结算时间", "费用结算时间", "出院结算日期"]),
        column("total", &["医疗费总额", "费用情况/医疗费总额", "医疗总费用", "总费用", "医疗费用总额（元）"]),
        column(
            "fund_paid",
            &["基金支付总额", "费用情况/基金支付总额", "基金支付合计", "基金支付", "统筹基金支付（元）"],
        ),
        column("self_paid", &["个人自付", "费用情况/个人自付", "个人自付金额", "个人自付金额（元）", "个人自付费用"]),
        beside("town", TOWN),
        beside("phone", PHONE),
    ],
};
