//! `bidui link`: the weighted linker on any two tables.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use bidui_linkage::{
    Class, Column, Decided, Decision, LevelEvidence, LinkModel, Linked, Part, Prepared, Table, TrainedModel,
    TrainingError, compile_model, decide, estimate_recall, prepare, read_csv,
};
use bidui_model::Diagnostic;
use bidui_normalize::mask_numbers;
use rayon::prelude::*;

use crate::exit::{Fault, in_words};
use crate::private::write_file;
use crate::progress::Progress;
use crate::render::tidy;

/// What was asked.
pub(crate) struct LinkCommand {
    pub(crate) left: PathBuf,
    pub(crate) right: PathBuf,
    pub(crate) model: PathBuf,
    pub(crate) trained: Option<PathBuf>,
    pub(crate) train: bool,
    pub(crate) out: PathBuf,
}

/// A trained model, and whether it was trained just now.
struct Weights {
    model: TrainedModel,
    file: PathBuf,
    new: bool,
}

pub(crate) fn link(command: &LinkCommand, progress: &Progress) -> Result<String, Fault> {
    let model = read_model(&command.model)?;
    keeps_inputs(command)?;
    progress.stage("读入两张表");
    let (left, right) = rayon::join(|| read_table("左表", &command.left), || read_table("右表", &command.right));
    let (left, right) = (left?, right?);
    has_columns("左表", &command.left, &left, &model, true)?;
    has_columns("右表", &command.right, &right, &model, false)?;
    progress.stage("分块");
    let prepared = prepare(&left, &right, &model);
    let weights = weights(command, &prepared, &model, progress)?;
    progress.stage("比较");
    let linked = prepared.link(&weights.model);
    let decided = decide(&linked, &model, &weights.model);
    let text = csv_of(&left, &right, &model, &linked, &decided)?;
    write_file(&command.out, &text)?;
    progress.done();
    Ok(summary(command, &weights, &linked, &decided))
}

/// What is read is not written over.
fn keeps_inputs(command: &LinkCommand) -> Result<(), Fault> {
    let place = |path: &Path| fs::canonicalize(path).ok();
    let read = [("左表", &command.left), ("右表", &command.right), ("模型", &command.model)];
    for (option, written) in [("--out", Some(&command.out)), ("--trained", command.trained.as_ref())] {
        let Some(written) = written.filter(|path| path.exists()) else { continue };
        if let Some((which, path)) = read.iter().find(|(_, path)| place(path) == place(written)) {
            return Err(Fault::command(format!(
                "{option} 写的“{}”就是{which}，会盖掉它；请另写一个文件名",
                path.display()
            )));
        }
    }
    Ok(())
}

fn read_model(path: &Path) -> Result<LinkModel, Fault> {
    let name = path.display().to_string();
    let fault = |code, why: String| Fault::Config(vec![(Diagnostic::error(code, &name, None, why), String::new())]);
    let bytes = fs::read(path).map_err(|error| fault("BD0006", format!("读不出来：{}", in_words(&error))))?;
    let text = String::from_utf8(bytes).map_err(|_| fault("BD0005", "不是UTF-8文字".to_owned()))?;
    let text = text.trim_start_matches('\u{feff}');
    compile_model(text, &name)
        .map_err(|errors| Fault::Config(errors.into_iter().map(|error| (error, text.to_owned())).collect()))
}

fn read_table(which: &str, path: &Path) -> Result<Table, Fault> {
    let said = |why: String| Fault::data(format!("{which}“{}”：{why}", path.display()));
    let bytes = fs::read(path).map_err(|error| said(format!("读不出来，{}", in_words(&error))))?;
    read_csv(&bytes).map_err(|problem| said(mask_numbers(&problem.to_string())))
}

fn has_columns(which: &str, path: &Path, table: &Table, model: &LinkModel, left: bool) -> Result<(), Fault> {
    let fields = || model.fields.iter().map(|field| if left { &field.left } else { &field.right });
    let asked = fields().chain(if left { &model.left_id } else { &model.right_id });
    let missing: Vec<&str> = asked.filter(|name| table.column(name).is_none()).map(String::as_str).collect();
    if missing.is_empty() {
        return Ok(());
    }
    // A first row that has none of the columns may be somebody's data: it is not repeated.
    let there = match fields().any(|name| table.column(name).is_some()) {
        true => format!("现有的列：{}", mask_numbers(&table.names().join("、"))),
        false => "第一行里模型所写的列一个也没有，是不是没有表头".to_owned(),
    };
    Err(Fault::command(format!(
        "{which}“{}”没有列“{}”；{there}。请改模型里 [[field]] 的 {} 或表头",
        path.display(),
        missing.join("”“"),
        if left { "left" } else { "right" }
    )))
}

/// The weights of the file, or new ones.
fn weights(
    command: &LinkCommand,
    prepared: &Prepared<'_>,
    model: &LinkModel,
    progress: &Progress,
) -> Result<Weights, Fault> {
    let file = command.trained.clone().unwrap_or_else(|| command.model.with_extension("trained.json"));
    if file.exists() && !command.train {
        let text = fs::read_to_string(&file)
            .map_err(|error| Fault::command(format!("训练结果“{}”读不出来：{}", file.display(), in_words(&error))))?;
        let trained = TrainedModel::from_json(&text, model)
            .map_err(|error| Fault::command(format!("“{}”：{error}；请加 --train 重新训练", file.display())))?;
        return Ok(Weights { model: trained, file, new: false });
    }
    progress.stage("训练权重");
    let trained = prepared.train().map_err(|error| match error {
        TrainingError::NoCandidates => Fault::data(format!("{error}；请检查两张表的列与模型的 [[block]]")),
        error => Fault::data(format!("{error}；请检查两张表是不是说同一些人")),
    })?;
    write_file(&file, trained.to_json().as_bytes())?;
    Ok(Weights { model: trained, file, new: true })
}

/// Decisions that one thread writes at a time.
const LINES: usize = 1 << 12;

/// One line for each link and each pair to be decided, in the order of the left table.
fn csv_of(
    left: &Table,
    right: &Table,
    model: &LinkModel,
    linked: &Linked,
    decided: &Decided,
) -> Result<Vec<u8>, Fault> {
    let ids = (id_column(left, &model.left_id), id_column(right, &model.right_id));
    let parts = decided.decisions.par_chunks(LINES).map(|decisions| lines(model, linked, decisions, ids));
    let parts: Vec<Vec<u8>> = parts.collect::<Result<_, _>>()?;
    let heading: &[u8] = b"left_row,left_id,right_row,right_id,class,weight,probability,parts\n";
    Ok([heading.to_vec(), parts.concat()].concat())
}

fn lines(
    model: &LinkModel,
    linked: &Linked,
    decisions: &[Decision],
    (left_ids, right_ids): (Option<&Column>, Option<&Column>),
) -> Result<Vec<u8>, Fault> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut words = PartWords::default();
    let mut cells: [String; 5] = Default::default();
    for decision in decisions {
        let pair = &linked.pairs[decision.pair];
        cells.iter_mut().for_each(String::clear);
        let [left_row, right_row, weight, probability, parts] = &mut cells;
        // The first row under the headings is the second of the file.
        let _ = write!(left_row, "{}", pair.left + 2);
        let _ = write!(right_row, "{}", pair.right + 2);
        let _ = write!(weight, "{:.2}", pair.weight);
        let _ = write!(probability, "{:.6}", decision.probability);
        words.sum(model, &pair.parts, parts);
        let class = match decision.class {
            Class::Link => "link",
            Class::Review => "review",
        };
        writer.write_record([
            left_row,
            id_of(left_ids, pair.left),
            right_row,
            id_of(right_ids, pair.right),
            class,
            weight,
            probability,
            parts,
        ])?;
    }
    writer.into_inner().map_err(|error| Fault::Ours(anyhow::anyhow!("{}", error.error())))
}

fn id_of(ids: Option<&Column>, row: u32) -> &str {
    ids.and_then(|ids| ids.get(row as usize)).unwrap_or("")
}

fn id_column<'t>(table: &'t Table, column: &Option<String>) -> Option<&'t Column> {
    column.as_ref().and_then(|name| table.column(name))
}

/// The words of parts that were met already: few differ, and writing numbers is slow.
#[derive(Default)]
struct PartWords {
    known: HashMap<(usize, Option<usize>, u64), String>,
}

impl PartWords {
    /// The weight as a sum: what each comparison found, and what that is worth.
    fn sum(&mut self, model: &LinkModel, parts: &[Part], text: &mut String) {
        for (at, (comparison, part)) in model.comparisons.iter().zip(parts).enumerate() {
            let words = self.known.entry((at, part.level, part.weight.to_bits())).or_insert_with(|| {
                let level = part.level.and_then(|level| comparison.levels.get(level));
                let name = level.map_or("missing", |level| level.name.as_str());
                format!("{}={name} {:+.2}", comparison.name, part.weight)
            });
            text.push_str(if at == 0 { "" } else { "; " });
            text.push_str(words);
        }
    }
}

fn summary(command: &LinkCommand, weights: &Weights, linked: &Linked, decided: &Decided) -> String {
    let mut text = String::new();
    let recall = estimate_recall(linked, decided);
    let _ = writeln!(text, "\n两表关联完成：左表{}行，右表{}行", linked.left_rows, linked.right_rows);
    let _ = writeln!(text, "  候选 {} 对，来自{}个分块条件", linked.candidates, linked.costs.len());
    let of_links =
        format!("概率不低于{:.4}，其中预计错 {:.4}%", decided.link_from, 100.0 * decided.expected_false_links);
    let _ = writeln!(text, "  关联 {} 对（{of_links}）", decided.links);
    if decided.reviews > 0 || decided.review_from < decided.link_from {
        let _ = writeln!(text, "  待认定 {} 对（概率不低于{:.4}）", decided.reviews, decided.review_from);
    }
    let _ = writeln!(
        text,
        "  估计召回率 {:.2}%：分块之外约{:.0}对，不到门槛约{:.0}对（只用一个条件找到的{}对，两个的{}对）",
        100.0 * recall.recall,
        recall.outside_blocks,
        recall.below_threshold,
        recall.found_once,
        recall.found_twice
    );
    let _ = writeln!(text, "  门槛换一换：");
    for link_from in [0.5, 0.9, 0.99, 0.999, 0.9999].into_iter().filter(|from| *from >= decided.review_from) {
        let (links, wrong) = decided.at(link_from);
        let _ = writeln!(text, "    {link_from:<6} 关联 {links} 对，预计错 {:.4}%", 100.0 * wrong);
    }
    attention(&mut text, weights, linked);
    let (out, file) = (tidy(&command.out), tidy(&weights.file));
    let _ = writeln!(text, "关联表：{}", out.display());
    let how = if weights.new { "本次训练" } else { "沿用，重新训练请加 --train" };
    let _ = writeln!(text, "权重：{}（{how}）", file.display());
    text
}

/// What was left out or is not known.
fn attention(text: &mut String, weights: &Weights, linked: &Linked) {
    for cost in linked.costs.iter().filter(|cost| cost.skipped_keys > 0) {
        let _ = writeln!(
            text,
            "注意：分块条件“{}”有{}个值太常见，{} 对没有在这里比较；请加 split，或调高 most_pairs",
            cost.name, cost.skipped_keys, cost.skipped_pairs
        );
    }
    if !weights.model.converged {
        let _ = writeln!(text, "注意：训练没有收敛，权重不可靠；请检查模型");
    }
    for (comparison, level) in weights.model.unobserved() {
        let why = match level.evidence {
            LevelEvidence::NeverAmongMatches => "同一个人的记录对里没有见过，权重是上限",
            LevelEvidence::NeverAmongOthers => "不同人的记录对里没有见过，权重是下限",
            _ => "从没有见过，不计权重",
        };
        let _ = writeln!(text, "注意：“{comparison}”的“{}”一档{why}；可在模型里写明 m、u", level.name);
    }
}
