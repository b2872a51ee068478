//! `bidui report`: what the bureau reports to the city of a published month, and in a quarter's last month the quarter's analysis. Workbooks by
//! the plans of config/report, and documents that say the figures in sentences. Nothing in them names a person or a household.

pub(crate) mod error_rates;
pub(crate) mod figures;
pub(crate) mod items;
mod late_answers;
mod late_passages;
pub(crate) mod monthly;
mod quarterly;
pub(crate) mod tables;
pub(crate) mod words;

use std::path::Path;

use bidui_emit::{
    Addition, Block, Document, DocumentTable, ListContext, ListPlan, Relations, document_tables, render_lists,
    write_document,
};
use bidui_model::RELATIONS;

pub(crate) use self::error_rates::{ends_without_help, says_no_risk, wilson};
use self::figures::{Before, Figures};
use self::items::Counted;
use self::monthly::Sections;
use crate::config::{self, Config};
use crate::exit::Fault;
use crate::lists::list_context;
use crate::lock;
use crate::month_day::in_chinese;
use crate::progress::Progress;
use crate::published::{PublishedMonth, any_before};
use crate::run::{Folders, RunOptions, deadlines};

/// The plans that the documents go with.
pub(crate) const MONTHLY: &str = "monthly_report";
pub(crate) const QUARTERLY: &str = "quarterly_report";

/// A longer table is in the workbook alone.
const ROWS_IN_DOCUMENT: usize = 60;

/// What sentences and tables are counted from, whatever the sheets ask.
const COUNTED: [&str; 10] = [
    "warnings",
    "signals",
    "answers",
    "standing",
    "clocks",
    "needs",
    "feeds",
    "stability",
    "stability_before",
    "clusters",
];

/// Writes the reports of a month, and says where they are.
pub(crate) fn report(options: &RunOptions, progress: &Progress) -> Result<String, Fault> {
    let month = options.month;
    progress.stage("核对配置");
    let config = config::load(&options.config, Some(month))?;
    let folders = Folders::of(options, &config);
    progress.stage("读取已发布的月份");
    let now = PublishedMonth::open(&folders.out, month)?;
    let earlier: Vec<PublishedMonth> =
        (1..tables::MONTHS).filter_map(|ago| PublishedMonth::find(&folders.out, month.plus(-ago))).collect();
    let quarter = quarterly::quarter(month);
    let plans: Vec<ListPlan> =
        config.report.iter().filter(|plan| plan.id != QUARTERLY || quarter.is_some()).cloned().collect();
    let context = list_context(&config, month, crate::lists::no_row_tags());
    let mut relations = read(&now, &plans)?;
    let made = tables::make(&now, &earlier, &relations, &context)?;
    relations.extend(made);
    let counted = Counted::of(&now)?;
    let last = earlier.iter().find(|published| published.month == month.plus(-1));
    let before = match (last, PublishedMonth::broken(&folders.out, month.plus(-1))) {
        (Some(last), _) => Before::Counted(Counted::of(last)?.with_cases_of(relations.get("standing"), last.month)?),
        (None, Some(broken)) => Before::Broken(broken),
        (None, None) if any_before(&folders.out, month) => Before::Missing,
        (None, None) => Before::First,
    };
    let of_before = match &before {
        Before::Counted(before) => Some(before),
        _ => None,
    };
    relations.insert("report_items".to_owned(), items::frame(&counted, of_before)?);
    let figures = Figures { month, now: counted, before, tables: &relations, has_ledger: now.has_ledger() };

    progress.stage("生成报告");
    let addition = Addition::begin(&folders.out, &month.to_string(), "report").map_err(lock::or_busy)?;
    let mut written: Vec<String> =
        render_lists(&plans, &relations, &context, addition.path())?.into_iter().map(|list| list.file).collect();
    let papers = Papers { config: &config, figures: &figures, plans: &plans, relations: &relations, context: &context };
    written.push(papers.write(MONTHLY, "月报", monthly::sections(&figures)?, addition.path())?);
    if let Some(quarter) = &quarter {
        let sections = quarterly::sections(&figures)?;
        written.push(papers.write(QUARTERLY, quarter, sections, addition.path())?);
    }
    let place = addition.commit()?;
    progress.done();
    written.sort();
    let names: Vec<&str> = written.iter().filter_map(|file| file.rsplit('/').next()).collect();
    let mut said = format!("{}报告：{}\n  {}\n", month.in_chinese(), place.display(), names.join("、"));
    if !figures.has_ledger {
        said.push_str("请留意：本月尚无台账，核查、超期、帮扶落实各项没有数\n");
    }
    if let Some(why) = figures.not_comparable() {
        said.push_str(&format!("请留意：{why}\n"));
    }
    Ok(said)
}

/// The relations that the plans ask and that figures are counted from.
fn read(now: &PublishedMonth, plans: &[ListPlan]) -> Result<Relations, Fault> {
    let asked = |name: &str| plans.iter().flat_map(|plan| &plan.sheets).any(|sheet| sheet.query.reads(name));
    let mut relations = Relations::new();
    for schema in RELATIONS.iter().filter(|schema| COUNTED.contains(&schema.name) || asked(schema.name)) {
        relations.insert(schema.name.to_owned(), now.relation(schema.name)?);
    }
    Ok(relations)
}

/// What the documents are made of.
struct Papers<'a> {
    config: &'a Config,
    figures: &'a Figures<'a>,
    plans: &'a [ListPlan],
    relations: &'a Relations,
    context: &'a ListContext,
}

impl Papers<'_> {
    /// Writes the document that stands beside a plan's workbook, and says its file.
    fn write(&self, plan: &str, period: &str, sections: Sections, out: &Path) -> Result<String, Fault> {
        let Some(plan) = self.plans.iter().find(|other| other.id == plan) else {
            return Err(Fault::command(format!("config/report 里没有“{plan}”这张报表")));
        };
        let file = plan.file.strip_suffix(".xlsx").unwrap_or(&plan.file).to_owned() + ".docx";
        let settings = &self.config.settings;
        let month = self.figures.month;
        let title = match plan.id.as_str() {
            MONTHLY => format!("{}{}{}", settings.county_name, month.in_chinese(), plan.title),
            _ => format!("{}{period}{}", settings.county_name, plan.title),
        };
        let mut blocks = vec![Block::Title(title.clone())];
        let days = format!("（{}1日至{}）", month.in_chinese(), in_chinese(month.last_day()));
        blocks.push(Block::Subtitle(if plan.id == MONTHLY {
            days
        } else {
            format!("（截至{}）", in_chinese(month.last_day()))
        }));
        blocks.extend(settings.report.to.iter().map(|to| Block::Line(format!("{to}："))));
        for (heading, paragraphs) in sections.into_iter().filter(|(_, paragraphs)| !paragraphs.is_empty()) {
            blocks.push(Block::Heading(heading.to_owned()));
            blocks.extend(paragraphs.into_iter().filter(|text| !text.is_empty()).map(Block::Paragraph));
        }
        blocks.push(Block::Line(String::new()));
        blocks.push(Block::Signature(settings.bureau.clone()));
        blocks.push(Block::Signature(in_chinese(deadlines(self.config, month).issued)));
        if !settings.report.signatures.is_empty() {
            blocks.push(Block::Line(String::new()));
            blocks.extend(settings.report.signatures.iter().cloned().map(Block::Line));
        }
        blocks.push(Block::Sideways);
        for (number, table) in (1..).zip(document_tables(plan, self.relations, self.context)?) {
            append(&mut blocks, number, table);
        }
        let document = Document { title, author: settings.bureau.clone(), created: self.context.created, blocks };
        write_document(&document, &out.join(&file))?;
        Ok(file)
    }
}

/// Appends a table, or where it is too long for paper, where it is.
fn append(blocks: &mut Vec<Block>, number: usize, mut table: DocumentTable) {
    table.caption = format!("附表{number}　{}", table.caption);
    if table.rows.len() > ROWS_IN_DOCUMENT {
        table.empty = format!("共{}行，见工作簿。", table.rows.len());
        table.rows.clear();
    }
    blocks.push(Block::Table(table));
}
