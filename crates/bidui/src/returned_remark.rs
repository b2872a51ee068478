//! What a reader should know of rows that were taken or passed over, in words that say what to do.

use std::fmt;

use bidui_model::Month;

/// Something to know of a row that was taken, or that was passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Remark {
    /// Heading, and the day that was taken.
    YearTaken(String, String),
    /// Answers were given, but not the first one; its heading.
    NoFirst(String),
    /// A row of which nothing was recorded; the headings of which one is to be filled in.
    NothingSaid(Vec<String>),
    /// A second look that did not agree and does not say what it found; the headings of both.
    DiffersUnsaid(String, String),
    /// The heading of what was filled in and counts for nothing, and that without which it does.
    Idle(String, String),
    /// A second look that did not agree, beside the very result that the town gave; the headings of both.
    DiffersAlike(String, String),
    /// A second look that agrees, beside a result of its own; the headings of both.
    AgreesAndFinds(String, String),
    /// A day of something done, beside the word that it is not yet; heading and word.
    NotDone(String, String),
    /// The choice, the heading that it requires, and what the row is worth until then.
    Requires(String, String, Until),
    /// The choice, and what must be told of it.
    Needs(String, String),
    /// A decision that is not carried out, and the heading without which it is not.
    Unsigned(String, String),
    /// A decision beside another one of the same row that cannot be as well; neither is carried out.
    AtOdds(String),
    /// The heading of a date, and the day before which nobody could know.
    BeforeIssue(String, String),
    /// A case that was to be passed on to the town that has it; its name, and whether it was a second look that said so.
    OwnTown(String, bool),
    /// The choice, and the month by whose registry the household is not monitored; whether it was, until its risk was gone; whether it is not carried
    /// out therefore. What its case waits for now; nothing where none stands.
    NotMonitored { choice: String, month: String, was_monitored: bool, is_held: bool, stage: Option<String> },
    /// The choice, and since when.
    AlreadyMonitored(String, Option<String>),
    /// The choice, and how many persons the household has; whether it is not carried out therefore.
    WholeHousehold { choice: String, size: i64, is_held: bool },
    /// The choice that ends an inclusion which was begun. What its case waits for now, and whether it is to be included all the same.
    EndsInclusion(String, Option<(String, bool)>),
    /// The choice that puts off or exempts a household that was to be included; its case's stage since, and whether it still is to be.
    BesideInclusion(String, Option<(String, bool)>),
    /// The choice that says that a household is not to be included, which another list says was.
    IncludedAfterAll(String),
    /// The choice that says something else than whether the household is to be included.
    Contradicts(String),
    /// The heading of a day that is long after the list's, and that one.
    FarAhead(String, String),
    /// The heading of a day before the inclusion of the same row.
    BeforeInclusion(String),
    /// An inclusion before the month of the warning, and whether its day stands.
    BeforeWarning(bool),
    /// An exemption of more than two years.
    LongExempt,
    /// A day until which nothing is exempted.
    NotExempt,
    /// The town whose list the row is of, in another one's file.
    OtherTown(String),
    /// An amount beyond what can be.
    TooMuch(String),
    /// A department's row in another's file.
    OtherDepartment(String),
    /// Rows without a day of verification.
    Undated(Vec<u32>),
    /// An elimination of a household that was not included by that day; the day since which the registry has it monitored, and what else the ledger
    /// does not know to have been done.
    NotIncluded(Option<String>, Vec<&'static str>),
    /// A need that was met before the day on which the town saw it.
    BeforeNeed(String),
    /// An elimination, and what the ledger does not know to have been done for the household.
    NeverHelped(Vec<&'static str>),
    /// An elimination so many full months after the inclusion, and how many there should be.
    TooEarly(i32, u32),
    /// An inclusion that the ledger knows of another day, and whether the new one stands.
    Moved(String, bool),
    /// The choice beside which the town to pass on to says nothing.
    NotPassedOn(String),
    /// The choice that saw nobody, beside needs.
    NothingSeen(String),
    /// The heading of a day until which something holds, and that was over when it was written; when that was.
    Over(String, String),
    /// The choice, and what the same row found that does not go with it.
    NotAssured(String, Vec<String>),
    /// The choice of nobody met, beside a visit.
    AwayAtHome(String),
    /// An inclusion before its identification began; that day.
    BeforeStart(String),
    /// Who else was asked of the same row (乡镇 or 部门), on which month's list, and what they said.
    SaidOtherwise(String, Month, String),
    /// As what the registry has the household monitored, and its month.
    OtherKind(String, String),
    /// As what a household is to be monitored, and its sort, which cannot be so.
    NoSuchKind { heading: String, kind: String, sort: String },
    /// The heading of an answer, its word, and the heading of what does not go with it.
    Against(String, String, String),
    /// The headings of two persons who are one.
    OnePerson(String, String),
    /// A check that its reviewer sent back; the headings of its result and of the review.
    SentBack(String, String),
    /// The choice that excludes a household for what it owns, and whether it is said to be known by hearsay.
    Excludes { choice: String, is_hearsay: bool },
    /// An answer to the list of an earlier run of its month; whether its case is still to be verified.
    EarlierList(bool),
    /// Second looks without a day or a name.
    NobodysLook(Vec<u32>),
    /// A row among the list's with neither key nor tag nor a result.
    PassedOver,
}

/// What a row is worth that lacks something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// All that it says.
    Counts,
    /// All that it says: that the household is to be included.
    Begun,
    /// Nothing: its case counts as unverified.
    Unverified,
    /// Nothing: it is a second look, and what the town answered stands.
    TownStands,
}

impl Remark {
    /// Whether it tells what the ledger made of the row.
    pub(crate) fn tells_outcome(&self) -> bool {
        matches!(
            self,
            Self::NotMonitored { .. }
                | Self::EndsInclusion(..)
                | Self::BesideInclusion(..)
                | Self::Moved(..)
                | Self::BeforeWarning(_)
                | Self::EarlierList(_)
        )
    }
    /// Whether it says that the row, or what it is filled in for, is not carried out.
    pub(crate) fn is_not_carried_out(&self) -> bool {
        match self {
            Self::Requires(.., until) => matches!(until, Until::Unverified | Until::TownStands),
            Self::NotMonitored { is_held, .. } | Self::WholeHousehold { is_held, .. } => *is_held,
            Self::DiffersUnsaid(..)
            | Self::OwnTown(..)
            | Self::NotIncluded(..)
            | Self::NeverHelped(_)
            | Self::TooEarly(..)
            | Self::Unsigned(..)
            | Self::AtOdds(_) => true,
            _ => false,
        }
    }
    /// What is asked of whoever filled the list in.
    pub(crate) fn asks(&self) -> &'static str {
        match self {
            Self::NoFirst(_)
            | Self::NothingSaid(_)
            | Self::DiffersUnsaid(..)
            | Self::Idle(..)
            | Self::Requires(..)
            | Self::Needs(..)
            | Self::Unsigned(..)
            | Self::NotIncluded(..)
            | Self::NeverHelped(_)
            | Self::Undated(_)
            | Self::NobodysLook(_) => "请补充",
            _ => "请核对",
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::YearTaken(heading, day) => write!(formatter, "“{heading}”没有写年份，按{day}记"),
            Self::NoFirst(heading) => write!(formatter, "没有填“{heading}”，填了的别的列已记入；请补上再报"),
            Self::NothingSaid(headings) => {
                let headings: Vec<String> = headings.iter().map(|heading| format!("“{heading}”")).collect();
                let lacks = match headings.as_slice() {
                    [one] => format!("没有填{one}"),
                    several => format!("{}都没有填", several.join("、")),
                };
                write!(formatter, "这一行没有记入：填了别的列而{lacks}；请补上再报")
            }
            Self::DiffersUnsaid(outcome, result) => write!(
                formatter,
                "“{outcome}”填了不一致，而“{result}”没有填或没有采用（写在说明里的不能代替）；已记为不一致、计入差错率，镇里的答复暂且照旧，请补上再报，补上才能改正"
            ),
            Self::Idle(heading, lacks) => {
                write!(formatter, "填了“{heading}”而没有填“{lacks}”，“{heading}”没有记入；请补上再报")
            }
            Self::DiffersAlike(outcome, result) => write!(
                formatter,
                "“{outcome}”填了不一致，而“{result}”与镇里的答复是同一项；已记为不一致、计入差错率，结论相同的请把“{outcome}”改选“与镇核查一致”再报，结论不同的请改选“{result}”"
            ),
            Self::AgreesAndFinds(outcome, result) => write!(
                formatter,
                "“{outcome}”填了一致，“{result}”不起作用，镇里的答复照旧；不一致的请把“{outcome}”改选“不一致”再报"
            ),
            Self::NotDone(heading, word) => {
                write!(formatter, "办理情况填的是“{word}”，“{heading}”没有记入；已落实的请改选“已落实”再报")
            }
            Self::Requires(choice, heading, Until::Counts) => write!(formatter, "选了“{choice}”，还须填“{heading}”"),
            Self::Requires(choice, heading, Until::Begun) => {
                write!(formatter, "选了“{choice}”，还须填“{heading}”；已照拟纳入记入，这一户进入识别，请补填再报")
            }
            Self::Requires(choice, heading, until) => {
                let until = if *until == Until::Unverified { "仍算未核查" } else { "镇里的答复照旧" };
                write!(formatter, "选了“{choice}”，还须填“{heading}”；补上以前不能照办，{until}")
            }
            Self::Needs(choice, needs) => write!(formatter, "选了“{choice}”，“情况说明”里还须写明：{needs}"),
            Self::Unsigned(decision, heading) => {
                write!(formatter, "认定“{decision}”没有填“{heading}”，未照此关联；请补上再报")
            }
            Self::AtOdds(decision) => write!(
                formatter,
                "认定“{decision}”，而同一行数据的另一个候选填的与它矛盾（最多一个“是此人”），都没有照办；请只留一个再报"
            ),
            Self::BeforeIssue(heading, issued) => {
                write!(formatter, "“{heading}”早于清单下发日（{issued}），请核对；已照填的记入")
            }
            Self::OwnTown(town, is_second_look) => {
                let stays =
                    if *is_second_look { "镇里的答复照旧" } else { "仍由本镇核查，不算已答复" };
                write!(formatter, "“转往乡镇”填的就是本镇（{town}），没有转出，{stays}；填错了请更正再报")
            }
            Self::NotMonitored { choice, month, was_monitored, is_held, stage } => {
                let now = stage.as_ref().map_or_else(|| "就此办结".to_owned(), |stage| format!("现为“{stage}”"));
                let is = if *was_monitored { "风险已消除" } else { "不是监测对象" };
                let end = match is_held {
                    true if *was_monitored => format!(
                        "不能照办，没有办结，这一户{now}；又有了风险的请改填“风险回退”一项，没有消除的，底册更正以后再报一次就办结"
                    ),
                    true => format!(
                        "不能照办，没有办结，这一户{now}；底册补录以后再报一次就办结，不是监测对象的请改填别的结果"
                    ),
                    false => format!("请核对户编号和底册，已照填的记入，这一户{now}；不是监测对象的请改填别的结果"),
                };
                write!(formatter, "选了“{choice}”，而{month}底册里这一户{is}；{end}")
            }
            Self::AlreadyMonitored(choice, since) => {
                let since = since.as_ref().map_or_else(String::new, |day| format!("（{day}起）"));
                write!(
                    formatter,
                    "选了“{choice}”，而底册里这一户已是监测对象{since}；已是监测对象的请改选“已是监测对象”一项"
                )
            }
            Self::WholeHousehold { choice, size, is_held } => {
                let end = match is_held {
                    true => {
                        "不能照办，仍算未核查；只是其中一人的请改填别的结果，并写明情况；整户都不在了的，下一期清单上再填一次就照办"
                    }
                    false => "已是第二次这样填，已照填的记入；请更正底册",
                };
                write!(formatter, "选了“{choice}”，这一项是全户都不在了，而底册里这一户有{size}人；{end}")
            }
            Self::EndsInclusion(choice, became) => {
                let became = match became {
                    None => "就不再纳入、全部办结，填错的请更正再报".to_owned(),
                    Some((stage, false)) => format!("就不再纳入，这一户现为“{stage}”，填错的请更正再报"),
                    Some((stage, true)) => {
                        format!("，而别的清单的答复仍要纳入，这一户现为“{stage}”；确实不再纳入的，请在那份清单上更正")
                    }
                };
                write!(formatter, "这一户原来报了拟纳入，还没有纳入；选了“{choice}”{became}")
            }
            Self::BesideInclusion(choice, became) => {
                let became = match became {
                    Some((stage, true)) if stage.starts_with("识别") => format!(
                        "只答了这一次的预警，识别照旧办理、照旧计时，这一户现为“{stage}”；评议、公示没有通过，不再纳入的，请选“不符合”“放弃”一类的结果"
                    ),
                    Some((stage, true)) => format!(
                        "只答了这一次的预警，报过纳入日期，照旧跟进，这一户现为“{stage}”；纳入日期填错了的，请在帮扶落实跟进表里选“没有纳入”"
                    ),
                    Some((stage, false)) => format!("就不再纳入，这一户现为“{stage}”；仍要纳入的请更正再报"),
                    None => "就不再纳入；仍要纳入的请更正再报".to_owned(),
                };
                write!(formatter, "这一户原来报了拟纳入，还没有纳入；选了“{choice}”{became}")
            }
            Self::IncludedAfterAll(choice) => write!(
                formatter,
                "这一户的核查结果是“{choice}”，这里又填了“纳入日期”；以纳入为准，没有办结，往后按纳入的期限催办，填错的请更正再报"
            ),
            Self::Contradicts(choice) => {
                write!(formatter, "选了“{choice}”，而“是否拟纳入”填的与它相反；以核查结果为准，请核对")
            }
            Self::FarAhead(heading, issued) => {
                write!(formatter, "“{heading}”比清单下发日（{issued}）晚三个月以上，请核对年份；已照填的记入")
            }
            Self::BeforeInclusion(heading) => {
                write!(formatter, "“{heading}”早于“纳入日期”，请核对；已照填的记入")
            }
            Self::BeforeWarning(is_taken) => {
                let clocks = if *is_taken { "，帮扶时限就从那一天算起" } else { "" };
                write!(formatter, "“纳入日期”早于这一户预警的月份{clocks}；请核对，已照填的记入")
            }
            Self::LongExempt => {
                formatter.write_str("豁免到两年以后，这期间同样的预警都不再下发；请核对年份，已照填的记入")
            }
            Self::NotExempt => formatter
                .write_str("“豁免到期日”只在处理结果为“豁免”时才算，没有据此豁免；要豁免的请把处理结果改为“豁免”再报"),
            Self::OtherTown(town) => {
                write!(
                    formatter,
                    "这一行是{town}清单上的，与这份文件其余各行不是一个镇；已记在{town}名下，并请核对本镇有没有少一行"
                )
            }
            Self::TooMuch(heading) => {
                write!(formatter, "“{heading}”超过100万元，请核对是不是多打了几位；已照填的记入")
            }
            Self::OtherDepartment(department) => write!(
                formatter,
                "这一行是{department}任务清单上的，与这份文件其余各行不是一个部门；已照填的记在这一户这项需求上，请与{department}核对是不是由本部门办结的"
            ),
            Self::Undated(rows) => {
                let (count, rows) = (rows.len(), named(rows));
                write!(formatter, "{count}行没有填“核查日期”（{rows}）；答复已记入，请补填，否则看不出是否按期")
            }
            Self::NobodysLook(rows) => {
                let (count, rows) = (rows.len(), named(rows));
                write!(
                    formatter,
                    "{count}行没有填“复核日期”或“复核人”（{rows}）；已记入，请补填，否则看不出是谁、哪一天复核的"
                )
            }
            Self::NoSuchKind { heading, kind, sort } => {
                write!(
                    formatter,
                    "“{heading}”填的是{kind}，而底册里这一户是{sort}；脱贫不稳定户须是脱贫户，边缘易致贫户须是一般农户，请核对，已照填的记入"
                )
            }
            Self::Against(heading, word, other) => {
                write!(formatter, "“{heading}”填的是“{word}”，而又填了“{other}”；以“{heading}”为准，请核对")
            }
            Self::OnePerson(one, other) => {
                write!(formatter, "“{one}”与“{other}”是同一个人；须由两人一起，请核对，已照填的记入")
            }
            Self::SentBack(result, review) => {
                write!(
                    formatter,
                    "“{review}”填的是退回重核，“{result}”就还没有定；请重核、审核通过以后再报，已照填的记入"
                )
            }
            Self::Excludes { choice, is_hearsay } => {
                let hearsay = if *is_hearsay {
                    "“情况说明”写的像是听说或推测，不能作为依据；"
                } else {
                    ""
                };
                write!(
                    formatter,
                    "选了“{choice}”：{hearsay}须先有农户签署的授权、按程序比对过资产；没有的请改选别的结果再报，已照填的记入"
                )
            }
            Self::NotIncluded(since, lacks) => {
                let known =
                    since.as_ref().map_or_else(|| "不知道的请先核对".to_owned(), |day| format!("底册里是{day}"));
                let more = if lacks.is_empty() { String::new() } else { format!("，和{}", lacks.join("、")) };
                write!(
                    formatter,
                    "填了风险消除日期，而台账里这一户没有更早的纳入日期，暂不算风险消除，这一户仍在办；请补填“纳入日期”（{known}）{more}"
                )
            }
            Self::BeforeNeed(day) => {
                write!(formatter, "“落实日期”早于镇核查提出这项需求的那天（{day}），请核对；已照填的记入")
            }
            Self::NeverHelped(lacks) => {
                let lacks = lacks.join("、");
                write!(
                    formatter,
                    "填了风险消除日期，而台账里没有这一户的{lacks}；风险消除应先落实帮扶，不能照办，这一户仍在办；已落实的请补填"
                )
            }
            Self::TooEarly(months, least) => {
                write!(
                    formatter,
                    "从纳入到风险消除只有{months}个足月，不满{least}个月，不能照办，这一户仍在办；请核对两个日期，填错的请更正"
                )
            }
            Self::Moved(day, is_taken) => {
                let clocks = match is_taken {
                    true => "帮扶时限改从现在填的日期算起；请核对，已照填的记入",
                    false => "别的清单后来报了另一天，帮扶时限仍照那一天；请核对两处的日期",
                };
                write!(formatter, "“纳入日期”与台账原来记的（{day}）不同，{clocks}")
            }
            Self::NotPassedOn(choice) => {
                write!(formatter, "选了“{choice}”，“转往乡镇”不起作用；要转往别的乡镇的请选“非本镇”一项")
            }
            Self::NothingSeen(choice) => {
                write!(formatter, "选了“{choice}”，“帮扶需求”没有推送部门；核实以后再填")
            }
            Self::Over(heading, day) => {
                write!(formatter, "“{heading}”不晚于核查或下发的日子（{day}），等于没有期限；请核对，已照填的记入")
            }
            Self::NotAssured(choice, found) => {
                let found = found.join("、");
                write!(formatter, "选了“{choice}”，而同一行填的是{found}；确有问题的请改选，没有的请更正那几栏")
            }
            Self::AwayAtHome(choice) => {
                write!(formatter, "选了“{choice}”，而“核查方式”填的是入户；见到了人的请改选别的结果")
            }
            Self::BeforeStart(day) => {
                write!(formatter, "“纳入日期”早于启动识别的那天（{day}），请核对；已照填的记入")
            }
            Self::SaidOtherwise(who, month, said) => {
                write!(
                    formatter,
                    "{who}就同一项填的是“{said}”（{month}清单），两边说法不一；请与{who}核定，说错的一方更正再报，已照填的记入"
                )
            }
            Self::OtherKind(kind, month) => {
                write!(formatter, "“监测对象类别”与{month}底册里的（{kind}）不同；请核对系统和台账，已照填的记入")
            }
            Self::EarlierList(_) => formatter.write_str(
                "这是重新下发以前的清单，只算答复了那份清单上的预警；重新下发的清单上，这一户还有别的预警，仍算未核查，请照新清单核查再报",
            ),
            Self::PassedOver => formatter.write_str("没有编号和校验码，也没有结果，这一行未读"),
        }
    }
}

/// Of many rows so many are named.
const ROWS_SHOWN: usize = 10;

/// `第5、7行`, the first of them.
fn named(rows: &[u32]) -> String {
    let shown: Vec<String> = rows.iter().take(ROWS_SHOWN).map(u32::to_string).collect();
    format!("第{}{}行", shown.join("、"), if rows.len() > ROWS_SHOWN { "等" } else { "" })
}
