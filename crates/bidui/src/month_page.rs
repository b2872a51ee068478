//! 报告.html: a month on one page, for the bureau. The same relations that are published, counted as the monthly report counts them.
//!
//! It goes down to villages and never to a household: no name, no number of a person, household or case. Of a village it shows how many are warned
//! at which level and nothing of why: where one household in a village is warned, its neighbours know which, and the rule would tell them of an
//! illness or a sentence. What is why stands for the county alone, and for a place only where it is the cause of many.

mod arrivals;
mod causes;
mod checks;
mod columns;
mod linkage;
mod opening;
mod overdue;
mod places;
mod quality;
mod rules;
mod totals;
mod trends;

use std::path::Path;

use bidui_emit::{Page, PageSection, Relations, write_page};
use bidui_match::RelationInputs;
use bidui_model::{ControlTotals, Level, Month};
use polars::prelude::DataFrame;

use crate::clusters;
use crate::config::Config;
use crate::exit::Fault;
use crate::lists::{list_context, no_row_tags};
use crate::month_day::in_chinese;
use crate::published::{PublishedMonth, any_before};
use crate::report::figures::{Before, Figures};
use crate::report::items::Counted;
use crate::report::tables;

/// Where the page stands in a month's folder.
pub(crate) const FILE: &str = "district/报告.html";

/// All that the page is made of.
pub(crate) struct PageInputs<'a> {
    pub(crate) config: &'a Config,
    /// The relations that are held; `totals` is not read from them, since it is not complete there.
    pub(crate) relations: &'a Relations,
    pub(crate) totals: &'a ControlTotals,
    pub(crate) inputs: &'a RelationInputs<'a>,
    /// Where the months before were published.
    pub(crate) out: &'a Path,
}

/// Writes the page into a month's folder.
pub(crate) fn write(inputs: &PageInputs<'_>, month_folder: &Path) -> Result<(), Fault> {
    let earlier = trends::earlier(inputs.out, inputs.inputs.month);
    let counted = count(inputs, &earlier)?;
    Ok(write_page(&page(&counted)?, &month_folder.join(FILE))?)
}

/// What the sections read, counted once.
struct Counts<'a> {
    config: &'a Config,
    relations: &'a Relations,
    totals: &'a ControlTotals,
    inputs: &'a RelationInputs<'a>,
    month: Month,
    figures: Figures<'a>,
    /// A row for each town in the order of codes, then the county, as the monthly report counts them.
    towns: DataFrame,
    /// Rules that fired, as the monthly report counts them.
    rules: DataFrame,
    /// Standing answers to verification lists, a row for each rule that they answer.
    answers_by_rule: DataFrame,
    clusters: Vec<clusters::Cluster>,
    months: Vec<trends::MonthFigures>,
    /// Of the month before, where it was published.
    feeds_before: Option<DataFrame>,
}

impl Counts<'_> {
    fn relation(&self, name: &str) -> &DataFrame {
        &self.relations[name]
    }
    fn get(&self, key: &str) -> i64 {
        self.figures.get(key)
    }
    /// What a level is called.
    fn level_name(&self, level: Level) -> &str {
        self.config.grading.name(level)
    }
}

fn count<'a>(inputs: &PageInputs<'a>, earlier: &[PublishedMonth]) -> Result<Counts<'a>, Fault> {
    let (relations, month) = (inputs.relations, inputs.inputs.month);
    let now = Counted::of_month(month, |name| Ok(relations.get(name).cloned()))?;
    let last = earlier.iter().find(|published| published.month == month.plus(-1));
    // A month that was changed since it was published is none to compare with.
    let counted_before = last.and_then(|last| Counted::of(last).ok());
    let before = match (counted_before, last, PublishedMonth::broken(inputs.out, month.plus(-1))) {
        (Some(counted), ..) => Before::Counted(counted.with_cases_of(relations.get("standing"), month.plus(-1))?),
        (None, Some(_), _) => Before::Broken(changed(month.plus(-1))),
        (None, None, Some(broken)) => Before::Broken(broken),
        (None, None, None) if any_before(inputs.out, month) => Before::Missing,
        (None, None, None) => Before::First,
    };
    let figures = Figures { month, now, before, tables: relations, has_ledger: true };
    let context = list_context(inputs.config, month, no_row_tags());
    let verified = tables::sql(&[("answers", &relations["answers"])], &tables::verified_answers())?;
    let towns = tables::towns(&context)?;
    let of_towns = [
        ("warnings", &relations["warnings"]),
        ("answers", &verified),
        ("standing", &relations["standing"]),
        ("towns", &towns),
    ];
    let towns = tables::sql(&of_towns, &tables::town_figures(month, true))?;
    let judged = tables::sql(&[("answers", &relations["answers"])], &tables::judged_answers())?;
    let answers_by_rule = tables::exploded(&judged, "rules", ",")?;
    let of_rules = [("signals", &relations["signals"]), ("answers", &answers_by_rule)];
    let rules = tables::sql(&of_rules, &tables::rule_figures(month))?;
    let months = trends::of_months(relations, month, earlier)?;
    Ok(Counts {
        config: inputs.config,
        relations,
        totals: inputs.totals,
        inputs: inputs.inputs,
        month,
        figures,
        towns,
        rules,
        answers_by_rule,
        clusters: clusters::for_all(inputs.config, inputs.inputs),
        months,
        feeds_before: last.and_then(|last| last.try_relation("feeds").ok().flatten()),
    })
}

fn changed(month: Month) -> String {
    format!(
        "{}的数据与发布时的不一样（与 {month}/manifest.json 不符）；请重新执行 bidui run {month}",
        month.in_chinese()
    )
}

fn page(counts: &Counts<'_>) -> Result<Page, Fault> {
    let settings = &counts.config.settings;
    let section =
        |anchor: &'static str, heading: &str, parts| PageSection { anchor, heading: heading.to_owned(), parts };
    let sections = vec![
        section("first", "先办的事", opening::first(counts)?),
        section("totals", "控制总数", totals::parts(counts)?),
        section("arrivals", "数据到件", arrivals::parts(counts)?),
        section("towns", "各乡镇预警", places::parts(counts)?),
        section("rules", "各规则", rules::parts(counts)?),
        section("trends", "各月走势", trends::parts(counts)),
        section("overdue", "超期", overdue::parts(counts)?),
        section("quality", "数据质量", quality::parts(counts)?),
        section("linkage", "关联情况", linkage::parts(counts)?),
        section("stability", "进出稳定性", checks::stability(counts)?),
        section("causes", "同因聚集", causes::parts(counts)),
        section("anomalies", "数据清洗异常", checks::anomalies(counts)?),
    ];
    let particulars = [
        ("单位", settings.bureau.clone()),
        ("月份", counts.month.in_chinese()),
        ("下发日", in_chinese(counts.inputs.deadlines.issued)),
        ("程序", format!("bidui {}", env!("CARGO_PKG_VERSION"))),
        ("规则包", counts.config.rule_pack()),
        ("全部配置", counts.config.digest()),
    ];
    Ok(Page {
        title: format!("{}{}防返贫比对报告", settings.county_name, counts.month.in_chinese()),
        particulars: particulars.into_iter().map(|(term, value)| (term.to_owned(), value)).collect(),
        opening: opening::parts(counts)?,
        sections,
        closing: vec![
            "本页只有数，没有姓名、证件号码、户编号和预警编号；村一级只列各等级户数，不列原因。户的情况见各乡镇清单。供区级内部使用，不得外传。".to_owned(),
            "点表头可排序（需浏览器允许脚本；不允许也不影响阅读）。打印时只印已展开的部分。各数与 data/ 下的关系、汇总表、月报一致。".to_owned(),
        ],
    })
}
