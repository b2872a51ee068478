//! `bidui link-quality`: a published month's links against a known truth, in figures. For invented counties, and for a bureau that has
//! had a sample checked by hand.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use bidui_model::{FeedKind, LinkBy, Month};
use polars::prelude::*;

use crate::balance::{relation_columns, visit_parquet};
use crate::config::{self, Config};
use crate::exit::Fault;
use crate::link_figures::{Figures, FoundLink, LinkedRows};
use crate::link_truth::{Place, Truth, source};
use crate::run::{Folders, RunOptions};

/// What was asked.
pub(crate) struct LinkQualityCommand {
    pub(crate) month: Month,
    pub(crate) truth: PathBuf,
    pub(crate) config: PathBuf,
    pub(crate) out: Option<PathBuf>,
    pub(crate) json: bool,
    /// Whether the truth is of a sample: then nothing is said of other rows.
    pub(crate) sample: bool,
}

const COLUMNS: [&str; 6] = ["feed", "file", "sheet", "row", "link_class", "person_no"];
const WEIGHT: &str = "weight";
const PLACE: &str = "place";

pub(crate) fn link_quality(command: LinkQualityCommand) -> Result<String, Fault> {
    let LinkQualityCommand { month, truth, config, out, json, sample } = command;
    let config = config::load(&config, Some(month))?;
    let folders = Folders::of(
        &RunOptions { month, config: PathBuf::new(), inbox: None, out, state: None, train_linkage: false },
        &config,
    );
    let data = folders.out.join(month.to_string()).join("data");
    if !data.is_dir() {
        return Err(Fault::command(format!("{}还没有发布；请先执行 bidui run {month}", month.in_chinese())));
    }
    let left_out = left_out(&config);
    let truth = Truth::read(&truth, month, &left_out)?;
    let figures = measure(&data, month, truth, (&left_out, sample))?;
    Ok(if json { format!("{}\n", serde_json::to_string_pretty(&figures)?) } else { in_words(&figures, month) })
}

/// Feeds whose rows are not linked by person: the registry's rows are their own persons, and some are about places.
fn left_out(config: &Config) -> HashSet<&str> {
    let contracts = config.contracts.iter();
    contracts
        .filter(|contract| contract.kind == FeedKind::Registry || !matches!(contract.link, LinkBy::Person { .. }))
        .map(|contract| contract.name.as_str())
        .collect()
}

fn measure(
    data: &Path,
    month: Month,
    mut truth: Truth,
    (left_out, sample): (&HashSet<&str>, bool),
) -> Result<Figures, Fault> {
    let mut figures = Figures::new(month.to_string());
    let mut listed: HashMap<Place, Vec<FoundLink>> = HashMap::new();
    visit_links(data, |feed, at, row, link| {
        if left_out.contains(feed) || link.class == PLACE {
            return;
        }
        match truth.place(at, row) {
            Some(place) if truth.places.contains(&place) => {}
            Some(place) if truth.rows.contains_key(&place) => listed.entry(place).or_default().push(link),
            _ if sample => {}
            _ => figures.tally(&link, None),
        }
    })?;
    let aside = set_aside(data, &truth)?;
    for (place, truths) in std::mem::take(&mut truth.rows) {
        let unlinked = figures.count(truths, listed.remove(&place).unwrap_or_default());
        let here = aside.get(&place).copied().unwrap_or(0).min(unlinked);
        figures.overall.set_aside += here;
        figures.overall.unused += unlinked - here;
    }
    figures.finish();
    Ok(figures)
}

/// Every row of `links`: its feed, its file and sheet with the feed, the row, the link.
fn visit_links(data: &Path, mut visit: impl FnMut(&str, &str, u32, FoundLink)) -> Result<(), Fault> {
    let found = has_columns(data, "links", &COLUMNS)?;
    let mut columns = COLUMNS.to_vec();
    columns.extend(found.iter().any(|name| name == WEIGHT).then_some(WEIGHT));
    visit_parquet(data, "links", &columns, |part| {
        let words = |name: &str| part.column(name)?.str();
        let (feeds, files, sheets) = (words("feed")?, words("file")?, words("sheet")?);
        let (classes, persons) = (words("link_class")?, words("person_no")?);
        let rows = part.column("row")?.cast(&DataType::UInt32)?;
        let weights = part.column(WEIGHT).ok().map(|weights| weights.cast(&DataType::Float64)).transpose()?;
        let weights = weights.as_ref().map(|weights| weights.f64()).transpose()?;
        let rows = rows.u32()?;
        let mut at = (String::new(), [""; 3]);
        for row in 0..part.height() {
            let word = |column: &'_ StringChunked| -> String { column.get(row).unwrap_or("").to_owned() };
            let names = [feeds, files, sheets].map(|column| column.get(row).unwrap_or(""));
            if at.1 != names || at.0.is_empty() {
                at = (source(names[0], names[1], names[2]), names);
            }
            let weight = weights.and_then(|weights| weights.get(row));
            let link = FoundLink { class: word(classes), person: word(persons), weight };
            visit(names[0], &at.0, rows.get(row).unwrap_or(0), link);
        }
        Ok(())
    })
}

/// How many rows of a place were set aside, for the places that the truth lists.
fn set_aside(data: &Path, truth: &Truth) -> Result<HashMap<Place, u64>, Fault> {
    let columns = ["feed", "file", "sheet", "row"];
    has_columns(data, "rejects", &columns)?;
    let mut aside = HashMap::new();
    visit_parquet(data, "rejects", &columns, |part| {
        let words = |name: &str| part.column(name)?.str();
        let (feeds, files, sheets) = (words("feed")?, words("file")?, words("sheet")?);
        let rows = part.column("row")?.cast(&DataType::UInt32)?;
        for row in 0..part.height() {
            let [feed, file, sheet] = [feeds, files, sheets].map(|column| column.get(row).unwrap_or(""));
            let number = rows.u32()?.get(row).unwrap_or(0);
            if let Some(place) = truth.place(&source(feed, file, sheet), number) {
                *aside.entry(place).or_default() += 1;
            }
        }
        Ok(())
    })?;
    Ok(aside)
}

/// The columns of a published relation, among which these must be.
fn has_columns(data: &Path, relation: &str, asked: &[&str]) -> Result<Vec<String>, Fault> {
    let path = data.join(format!("{relation}.parquet"));
    if !path.is_file() {
        return Err(Fault::command(format!("没有关系表“{}”；请重新执行 bidui run", path.display())));
    }
    let found = relation_columns(data, relation)?;
    let missing: Vec<&str> = asked.iter().copied().filter(|name| !found.iter().any(|column| column == name)).collect();
    if missing.is_empty() {
        return Ok(found);
    }
    Err(Fault::command(format!(
        "关系表“{}”缺少这些列：{}；可能是别的版本发布的，请重新执行 bidui run",
        path.display(),
        missing.join("、")
    )))
}

fn in_words(figures: &Figures, month: Month) -> String {
    let mut text = String::new();
    // Writing into a String does not fail.
    let _ = overall(&mut text, figures, month);
    let _ = tables(&mut text, figures);
    text
}

fn overall(text: &mut String, figures: &Figures, month: Month) -> std::fmt::Result {
    let all = &figures.overall;
    writeln!(text, "{} 关联质量（对照真值；底册自身的行、按地名关联的行不计）", month.in_chinese())?;
    writeln!(text, "  人的行 {} = 底册内的人 {} + 底册外的人 {}", all.rows, all.registered, all.outside)?;
    if all.set_aside + all.unused > 0 {
        writeln!(text, "  另有真值里的行：作为重复等剔除 {}，所在数据没有采用 {}", all.set_aside, all.unused)?;
    }
    let share = percent(all.recall);
    writeln!(text, "  召回率 {share}：底册内的人 {} 行中，关联到本人 {} 行", all.registered, all.linked_right)?;
    writeln!(text, "  自动关联的准确率 {}：自动关联 {} 行", percent(all.precision), all.automatic_links)?;
    writeln!(text, "  F1 {}；关联错 {} 行", ratio(all.f1), all.linked_wrong)?;
    writeln!(text, "  待认定 {} 行，占 {}", all.review, percent(all.review_share))?;
    let one_in = all.outside_linked_one_in.map_or(String::new(), |rows| format!("，每{rows:.0}行有1行"));
    writeln!(text, "  底册外的人被关联 {} 行{one_in}", all.outside_linked)
}

fn tables(text: &mut String, figures: &Figures) -> std::fmt::Result {
    let linked = |rows: &LinkedRows| {
        [rows.links.to_string(), rows.right.to_string(), rows.wrong.to_string(), percent(rows.precision)]
    };
    writeln!(text, "按关联等级：")?;
    line(text, "等级", &["关联", "对", "错", "准确率"].map(str::to_owned))?;
    for (class, rows) in figures.classes_in_order() {
        line(text, class, &linked(rows))?;
    }
    if !figures.weights.is_empty() {
        writeln!(text, "按权重：")?;
        line(text, "权重", &["关联", "对", "错", "准确率", "待认定", "其中对"].map(str::to_owned))?;
        for (name, band) in figures.bands_in_order() {
            let review = [band.review.to_string(), band.review_right.to_string()];
            line(text, name, &[&linked(&band.linked)[..], &review].concat())?;
        }
    }
    writeln!(text, "按损坏（底册内的人；一行有几种的各算一次）：")?;
    line(text, "损坏", &["行", "关联对", "关联错", "待认定", "未关联"].map(str::to_owned))?;
    for (code, rows) in &figures.damage {
        let code = if code.is_empty() { "（完好）" } else { code };
        line(
            text,
            code,
            &[rows.rows, rows.right, rows.wrong, rows.review, rows.unlinked].map(|rows| rows.to_string()),
        )?;
    }
    Ok(())
}

/// A word, and figures to the right of it.
fn line(text: &mut String, word: &str, figures: &[String]) -> std::fmt::Result {
    let width = |word: &str| word.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum::<usize>();
    write!(text, "  {word}{}", " ".repeat(20_usize.saturating_sub(width(word))))?;
    for figure in figures {
        write!(text, "{}{figure}", " ".repeat(10_usize.saturating_sub(width(figure))))?;
    }
    writeln!(text)
}

fn percent(share: Option<f64>) -> String {
    share.map_or("—".to_owned(), |share| format!("{:.3}%", share * 100.0))
}

fn ratio(ratio: Option<f64>) -> String {
    ratio.map_or("—".to_owned(), |ratio| format!("{ratio:.5}"))
}
