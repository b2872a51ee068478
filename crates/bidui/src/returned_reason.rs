//! Why something was not taken, and what else a reader should know, in words that say what to do.

use std::fmt;

use bidui_model::Month;

use crate::returned::At;

/// Why a file, a row or a cell was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The file itself; the words of its problem.
    Unreadable(String),
    /// A list that is issued to be read.
    NotToReturn,
    /// No sheet has a list; the headings that were looked for.
    NoList(String),
    /// The whole list: its heading row has no such column.
    ColumnMissing(String),
    /// The whole list: its heading row lacks its main answer.
    AnswerMissing(String),
    /// The whole list: this answer does not stand between the column of the key, so called, and the tags.
    Outside(String, String),
    /// A quote that never closes.
    BrokenRow,
    TagMissing,
    KeyMissing(String),
    BothMissing(String),
    /// Not of the form of a tag.
    TagUnreadable,
    Mismatch(String),
    WrongCheck(String),
    /// Of the columns so called one has another household's value than the other's row is about.
    OtherHousehold(String, String),
    NeverIssued(String),
    /// The same row stands at another place, too, with other answers.
    TwoAnswers(At),
    /// Two columns of one heading say different things.
    TwoColumns,
    TwoChoices,
    /// The nearest choices.
    NoChoice(Vec<String>),
    /// A code beside words that are not its own.
    CodeAndLabelDiffer(String),
    /// Merged with the cell of a row above.
    Merged(u32),
    ErrorValue,
    DateUnreadable,
    DateWithoutDay,
    /// Of the form of a day, and none: the 31st of April.
    NoSuchDay,
    DateTooLate,
    DateTooEarly,
    MoneyUnreadable,
    MoneyNegative,
    /// The town itself did not agree with the answer.
    NotAgreed,
    /// It came in with the same file before, and something else was said since.
    Corrected,
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::Unreadable(problem) => problem.clone(),
            Self::NotToReturn => "这一份是供查看的，不用报回".to_owned(),
            Self::NoList(looked_for) => {
                format!("没有认出收回的清单；要有一行表头，写着{looked_for}，列名要与下发时一样")
            }
            Self::ColumnMissing(column) => {
                format!("表头没有“{column}”列，以下各行都认不出来；请把答案填回下发的原表，不要删这一列")
            }
            Self::AnswerMissing(column) => format!(
                "表头没有“{column}”列，以下填了的各行不知道结果是什么，都没有采用；请把这一列按下发时的列名和位置放回"
            ),
            Self::Outside(answer, key) => format!(
                "“{answer}”列不在“{key}”和“校验码”之间，列的次序动过就看不出是否只排序了一半，以下各行未采用；请按下发时的次序放回"
            ),
            Self::BrokenRow => "这一行有不成对的引号，读不全；请另存为xlsx后再报".to_owned(),
            Self::TagMissing => "没有校验码；请从下发的原表把这一行的校验码抄回来".to_owned(),
            Self::KeyMissing(key) => format!("没有{key}；请从下发的原表把这一行的{key}抄回来"),
            Self::BothMissing(key) => {
                format!("填了结果而没有{key}和校验码，不知道是哪一行的；请填回下发的原表，不要另加行")
            }
            Self::TagUnreadable => "校验码不完整；应为“XXXX-XXXX”，请从下发的原表抄回来".to_owned(),
            Self::Mismatch(key) => {
                format!("{key}与校验码不是同一行的；多半是只排序了一半或改动过，请填回下发的原表后再报")
            }
            Self::WrongCheck(key) => format!("{key}有错字（校验位不对）；请对照下发的原表更正"),
            Self::OtherHousehold(household, key) => format!(
                "{household}与{key}不是同一户的；多半是只排序了一部分列，或者粘贴了别户的内容，请填回下发的原表后再报"
            ),
            Self::NeverIssued(key) => {
                format!("没有下发过这个{key}和校验码；请核对是不是别的清单，或者抄错了")
            }
            Self::TwoAnswers(other) => format!("与{other}是同一行而填得不一样，两处都未采用；请只留一处再报"),
            Self::TwoColumns => "有两列同名而填得不一样；请只留一列".to_owned(),
            Self::TwoChoices => "一格里写了几个结果；请只选一个，其余写在说明里".to_owned(),
            Self::NoChoice(near) if near.is_empty() => "不是可选的项；请从下拉列表中选择".to_owned(),
            Self::NoChoice(near) => {
                let near: Vec<String> = near.iter().map(|label| format!("“{label}”")).collect();
                format!("不是可选的项；是不是{}？请从下拉列表中选择", near.join("、"))
            }
            Self::CodeAndLabelDiffer(label) => format!("代码与文字不是同一项；这个代码是“{label}”，请从下拉列表中选择"),
            Self::Merged(first) => {
                format!("与第{first}行合并了，合并的格只算第{first}行的；请取消合并，逐行填写")
            }
            Self::ErrorValue => "是公式的错误值；请直接填写".to_owned(),
            Self::DateUnreadable => "看不出是哪一天；请写成2023-04-09的样子".to_owned(),
            Self::DateWithoutDay => "没有写到日；请写成2023-04-09的样子".to_owned(),
            Self::NoSuchDay => "没有这一天；请核对月份和日子".to_owned(),
            Self::DateTooLate => "太晚了；已办的事不会比清单晚一年多，期限不会在十年以后，请核对年份".to_owned(),
            Self::DateTooEarly => "太早了；已办的事不会在清单十年以前，期限不会已经过去，请核对年份".to_owned(),
            Self::MoneyUnreadable => "不是金额；请只填数字，单位为元".to_owned(),
            Self::MoneyNegative => "是负数；请核对".to_owned(),
            Self::NotAgreed => {
                "“审核意见”写的是不同意、退回或重核，这一行没有采用；镇里重新核查、审核同意后再报".to_owned()
            }
            Self::Corrected => {
                "以前收过这份文件，这一行后来又有更正，仍以后来的为准；确要改回这份填的，请加 --again 再收一次"
                    .to_owned()
            }
        };
        formatter.write_str(&words)
    }
}

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
    /// The heading of a date, and the day before which nobody could know.
    BeforeIssue(String, String),
    /// A case that was to be passed on to the town that has it; its name, and whether it was a second look that said so.
    OwnTown(String, bool),
    /// The choice, and the month by whose registry the household is not monitored. What its case waits for now; nothing where none stands.
    NotMonitored(String, String, Option<String>),
    /// The choice, and since when.
    AlreadyMonitored(String, Option<String>),
    /// The choice, and how many persons the household has.
    WholeHousehold(String, i64),
    /// The choice that ends an inclusion which was begun. What its case waits for now, and whether it is to be included all the same.
    EndsInclusion(String, Option<(String, bool)>),
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
    /// Rows without a day of verification.
    Undated(Vec<u32>),
    /// An elimination of a household that was not included by that day; the day since which the registry has it monitored.
    NotIncluded(Option<String>),
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
    /// A row among the list's with neither key nor tag nor a result.
    PassedOver,
}

/// What a row is worth that lacks something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// All that it says.
    Counts,
    /// Nothing: its case counts as unverified.
    Unverified,
    /// Nothing: it is a second look, and what the town answered stands.
    TownStands,
}

impl Remark {
    /// Whether it tells what the ledger made of the row.
    pub(crate) fn tells_outcome(&self) -> bool {
        matches!(self, Self::NotMonitored(..) | Self::EndsInclusion(..) | Self::Moved(..) | Self::BeforeWarning(_))
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
            | Self::NotIncluded(_)
            | Self::NeverHelped(_)
            | Self::Undated(_) => "请补充",
            _ => "请核对",
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::YearTaken(heading, day) => write!(formatter, "“{heading}”没有写年份，按{day}记"),
            Self::NoFirst(heading) => write!(formatter, "填了别的列而没有填“{heading}”"),
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
            Self::AgreesAndFinds(outcome, result) => write!(
                formatter,
                "“{outcome}”填了一致，“{result}”不起作用，镇里的答复照旧；不一致的请把“{outcome}”改选“不一致”再报"
            ),
            Self::NotDone(heading, word) => {
                write!(formatter, "办理情况填的是“{word}”，“{heading}”没有记入；已落实的请改选“已落实”再报")
            }
            Self::Requires(choice, heading, Until::Counts) => write!(formatter, "选了“{choice}”，还须填“{heading}”"),
            Self::Requires(choice, heading, until) => {
                let until = if *until == Until::Unverified { "仍算未核查" } else { "镇里的答复照旧" };
                write!(formatter, "选了“{choice}”，还须填“{heading}”；补上以前不能照办，{until}")
            }
            Self::Needs(choice, needs) => write!(formatter, "选了“{choice}”，“情况说明”里还须写明：{needs}"),
            Self::Unsigned(decision, heading) => {
                write!(formatter, "认定“{decision}”没有填“{heading}”，未照此关联；请补上再报")
            }
            Self::BeforeIssue(heading, issued) => {
                write!(formatter, "“{heading}”早于清单下发日（{issued}），请核对；已照填的记入")
            }
            Self::OwnTown(town, is_second_look) => {
                let stays =
                    if *is_second_look { "镇里的答复照旧" } else { "仍由本镇核查，不算已答复" };
                write!(formatter, "“转往乡镇”填的就是本镇（{town}），没有转出，{stays}；填错了请更正再报")
            }
            Self::NotMonitored(choice, month, stage) => {
                let end = stage.as_ref().map_or_else(
                    || "，这一户就此办结；不是监测对象的请改填别的结果".to_owned(),
                    |stage| format!("，这一户现为“{stage}”；不是监测对象的请改填别的结果"),
                );
                write!(
                    formatter,
                    "选了“{choice}”，而{month}底册里这一户不是监测对象；请核对户编号和底册，已照填的记入{end}"
                )
            }
            Self::AlreadyMonitored(choice, since) => {
                let since = since.as_ref().map_or_else(String::new, |day| format!("（{day}起）"));
                write!(
                    formatter,
                    "选了“{choice}”，而底册里这一户已是监测对象{since}；已是监测对象的请改选“已是监测对象”一项"
                )
            }
            Self::WholeHousehold(choice, size) => {
                write!(
                    formatter,
                    "选了“{choice}”，这一项是全户都不在了，而底册里这一户有{size}人；只是其中一人的请改填别的结果，并写明情况"
                )
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
            Self::Undated(rows) => {
                let shown: Vec<String> = rows.iter().take(ROWS_SHOWN).map(u32::to_string).collect();
                let more = if rows.len() > ROWS_SHOWN { "等" } else { "" };
                write!(
                    formatter,
                    "{}行没有填“核查日期”（第{}{more}行）；答复已记入，请补填，否则看不出是否按期",
                    rows.len(),
                    shown.join("、")
                )
            }
            Self::NotIncluded(since) => {
                let known =
                    since.as_ref().map_or_else(|| "不知道的请先核对".to_owned(), |day| format!("底册里是{day}"));
                write!(
                    formatter,
                    "填了风险消除日期，而台账里这一户没有更早的纳入日期，暂不算风险消除；请补填“纳入日期”（{known}），填了就算"
                )
            }
            Self::BeforeNeed(day) => {
                write!(formatter, "“落实日期”早于镇核查提出这项需求的那天（{day}），请核对；已照填的记入")
            }
            Self::NeverHelped(lacks) => {
                let lacks = lacks.join("、");
                write!(formatter, "填了风险消除日期，而台账里没有这一户的{lacks}；风险消除应先落实帮扶，已照填的记入")
            }
            Self::TooEarly(months, least) => {
                write!(formatter, "从纳入到风险消除只有{months}个足月，不满{least}个月；请核对两个日期，已照填的记入")
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
            Self::PassedOver => formatter.write_str("没有编号和校验码，也没有结果，这一行未读"),
        }
    }
}

/// Of many rows so many are named.
const ROWS_SHOWN: usize = 10;

/// `“甲.xlsx”的工作表“核查清单”第5行`.
impl fmt::Display for At {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "“{}”", self.file)?;
        if !self.sheet.is_empty() {
            write!(formatter, "的工作表“{}”", self.sheet)?;
        }
        self.row.map_or(Ok(()), |row| write!(formatter, "第{row}行"))
    }
}
