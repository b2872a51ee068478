//! The catalogue: the registry and 26 extracts, with the department each comes from and the headings departments use. The first
//! heading of a column is the one a clean county writes; a messy one takes any. A test holds them against config/feeds.
//!
//! The order of a feed's columns is the order of the cells in `rows.rs`.

/// An extract, or the registry itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Feed {
    Registry,
    Students,
    Dropouts,
    Exemptions,
    Tuition,
    MinimumAllowance,
    ExtremePoverty,
    Relief,
    Disabled,
    Deaths,
    Detained,
    Jobs,
    Unemployment,
    PublicPosts,
    Pensions,
    Income,
    IndustryFailures,
    HouseAppraisals,
    Rebuilding,
    MajorDiseases,
    ChronicDiseases,
    Insured,
    HospitalBills,
    WaterOutages,
    UnsafeWater,
    Disasters,
    Measures,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Registry,
    Snapshot,
    Events,
}

/// What a feed is called and what it looks like.
pub(crate) struct FeedSpec {
    pub(crate) feed: Feed,
    /// The name of its contract.
    pub(crate) name: &'static str,
    pub(crate) department: &'static str,
    /// What its files are called, after the month.
    pub(crate) title: &'static str,
    pub(crate) kind: Kind,
    pub(crate) columns: &'static [ColumnSpec],
}

pub(crate) struct ColumnSpec {
    pub(crate) name: &'static str,
    /// Canonical first. `上级/下级` is a two-level heading, `#2` the second column of that heading.
    pub(crate) headings: &'static [&'static str],
}

impl Feed {
    pub(crate) fn spec(self) -> &'static FeedSpec {
        &FEEDS[self as usize]
    }
}

impl FeedSpec {
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

const fn column(name: &'static str, headings: &'static [&'static str]) -> ColumnSpec {
    ColumnSpec { name, headings }
}

/// In the order of [`Feed`].
pub(crate) const FEEDS: &[FeedSpec] = &[
    FeedSpec {
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
            column("phone", &["人联系电话", "联系电话", "户联系电话", "联系方式", "手机号码"]),
        ],
    },
    FeedSpec {
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
        ],
    },
    FeedSpec {
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
        ],
    },
    FeedSpec {
        feed: Feed::Exemptions,
        name: "教育_控辍豁免",
        department: "教育局",
        title: "控辍保学豁免名单",
        kind: Kind::Snapshot,
        columns: &[
            column("person", &["身份证件号", "证件号码", "身份证号", "学生身份证号", "公民身份号码"]),
            column("name", &["姓名", "学生姓名", "儿童姓名"]),
            column("kind", &["豁免类型", "未在校情形", "情形", "类型"]),
        ],
    },
    FeedSpec {
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
        ],
    },
    FeedSpec {
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
        ],
    },
    FeedSpec {
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
        ],
    },
    FeedSpec {
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
        ],
    },
    FeedSpec {
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
        ],
    },
    FeedSpec {
        feed: Feed::Deaths,
        name: "公安_死亡注销",
        department: "公安局",
        title: "死亡注销名单",
        kind: Kind::Events,
        columns: &[
            column("person", &["公民身份号码", "身份证号", "身份证号码", "证件号码", "死者身份证号"]),
            column("name", &["姓名", "死者姓名", "死亡人员姓名"]),
            column("died_on", &["死亡日期", "死亡时间", "死亡注销日期", "注销日期"]),
        ],
    },
    FeedSpec {
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
    },
    FeedSpec {
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
        ],
    },
    FeedSpec {
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
        ],
    },
    FeedSpec {
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
        ],
    },
    FeedSpec {
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
        ],
    },
    FeedSpec {
        feed: Feed::Income,
        name: "农业_收入测算",
        department: "农业农村局",
        title: "收入测算表",
        kind: Kind::Snapshot,
        columns: &[
            column(
                "person",
                &["户主证件号码", "户主身份证号", "户主身份证号码", "证件号码", "身份证号", "公民身份号码"],
            ),
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
        ],
    },
    FeedSpec {
        feed: Feed::IndustryFailures,
        name: "农业_产业失败",
        department: "农业农村局",
        title: "产业失败核定表",
        kind: Kind::Events,
        columns: &[
            column("person", &["身份证号", "户主身份证号", "证件号码", "公民身份号码", "经营者身份证号"]),
            column("name", &["姓名", "户主姓名", "经营者姓名"]),
            column("project", &["项目名称", "产业项目", "产业类型", "种养品种"]),
            column("loss", &["损失金额", "损失金额（元）", "经济损失", "核定损失（元）"]),
            column("happened_on", &["发生日期", "发生时间", "损失发生时间", "失败时间"]),
        ],
    },
    FeedSpec {
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
        ],
    },
    FeedSpec {
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
        ],
    },
    FeedSpec {
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
        ],
    },
    FeedSpec {
        feed: Feed::ChronicDiseases,
        name: "卫健_慢病精神",
        department: "卫生健康局",
        title: "慢病精神管理名册",
        kind: Kind::Snapshot,
        columns: &[
            column("person", &["身份证号", "身份证号码", "证件号码", "公民身份号码", "患者身份证号"]),
            column("name", &["姓名", "患者姓名", "管理对象姓名"]),
            column("class", &["管理类别", "疾病类别", "病种类别", "类别"]),
        ],
    },
    FeedSpec {
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
        ],
    },
    FeedSpec {
        feed: Feed::HospitalBills,
        name: "医保_住院结算",
        department: "医疗保障局",
        title: "住院结算明细",
        kind: Kind::Events,
        columns: &[
            column(
                "person",
                &["证件号码", "身份证号", "身份证号码", "公民身份号码", "人员信息/证件号码", "患者证件号码"],
            ),
            column("name", &["姓名", "人员姓名", "人员信息/姓名", "患者姓名"]),
            column("bill", &["结算单号", "结算流水号", "结算ID", "单据号"]),
            column("settled", &["结算日期", "结算时间", "费用结算时间", "出院结算日期"]),
            column("total", &["医疗费总额", "费用情况/医疗费总额", "医疗总费用", "总费用", "医疗费用总额（元）"]),
            column(
                "fund_paid",
                &["基金支付总额", "费用情况/基金支付总额", "基金支付合计", "基金支付", "统筹基金支付（元）"],
            ),
            column(
                "self_paid",
                &["个人自付", "费用情况/个人自付", "个人自付金额", "个人自付金额（元）", "个人自付费用"],
            ),
        ],
    },
    FeedSpec {
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
    },
    FeedSpec {
        feed: Feed::UnsafeWater,
        name: "水利_饮水不安全户",
        department: "水利局",
        title: "饮水不安全户名单",
        kind: Kind::Snapshot,
        columns: &[
            column("person", &["户主身份证号", "户主证件号码", "身份证号", "身份证号码", "证件号码", "公民身份号码"]),
            column("name", &["户主姓名", "户主", "姓名"]),
            column("kind", &["不安全类型", "问题类型", "饮水问题", "类型"]),
        ],
    },
    FeedSpec {
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
        ],
    },
    FeedSpec {
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
    },
];
