//! Errors as people read them.

use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use bidui_model::{Diagnostic, Severity};

use crate::colours;
use crate::exit::{Fault, of_the_disk, of_the_ledger};

/// The whole message of a fault, for standard error.
pub(crate) fn fault(fault: &Fault) -> String {
    match fault {
        Fault::Data(message) => format!("数据有问题，未发布：{message}"),
        Fault::Command(message) => format!("无法执行：{message}"),
        Fault::Unfit(message) => message.clone(),
        Fault::Config(errors) => diagnostics(errors),
        Fault::Listed(text) => text.clone(),
        Fault::Ours(error) => {
            if let Some(words) = of_the_disk(error) {
                return format!("写不进磁盘，未发布：{words}\n  上一次发布的结果没有改动");
            }
            if let Some(words) = of_the_ledger(error) {
                return words;
            }
            let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
            format!(
                "程序出错，未发布：{}\n  上一次发布的结果没有改动；请把这段话连同命令发给维护人员",
                chain.join("：")
            )
        }
    }
}

/// Every error of the configuration, each with its excerpt, and how many there are.
pub(crate) fn diagnostics(errors: &[(Diagnostic, String)]) -> String {
    let mut text = excerpts(errors, colours::on_standard_error());
    let example = errors.first().map_or("BD0001", |(error, _)| error.code);
    text.push_str(&format!(
        "配置共有{}处错误；改好后再运行。编号的说明：bidui explain {example}，或见 docs/diagnostics.md",
        errors.len()
    ));
    text
}

/// What is no error, for the end of a report.
pub(crate) fn warnings(warnings: &[(Diagnostic, String)]) -> String {
    let Some((first, _)) = warnings.first() else { return String::new() };
    let text = excerpts(warnings, colours::on_standard_output());
    format!("\n{text}另有{}处提醒，不影响运行。编号的说明：bidui explain {}\n", warnings.len(), first.code)
}

fn excerpts(found: &[(Diagnostic, String)], in_colours: bool) -> String {
    let renderer = if in_colours { Renderer::styled() } else { Renderer::plain() };
    found.iter().map(|(error, source)| format!("{}\n\n", one(&renderer, error, source))).collect()
}

/// One finding for a program: an editor, or a check that runs by itself. Lines and columns from 1, columns in characters.
#[derive(serde::Serialize)]
struct Listed<'a> {
    code: &'a str,
    severity: &'a str,
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    message: &'a str,
    help: Option<&'a str>,
    /// Other places of the file that it has to do with.
    related: Vec<Related<'a>>,
}

#[derive(serde::Serialize)]
struct Related<'a> {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    message: &'a str,
}

/// Everything that was found, as a list in JSON.
pub(crate) fn json(found: &[(Diagnostic, String)]) -> String {
    let listed: Vec<Listed<'_>> = found
        .iter()
        .map(|(error, source)| {
            let span = error.span.clone().unwrap_or(0..0);
            let ((line, column), (end_line, end_column)) = (position(source, span.start), position(source, span.end));
            let severity = match error.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            let (file, message, help) = (error.file.as_str(), error.message.as_str(), error.hint.as_deref());
            let related = error.also.iter().map(|(span, what)| {
                let ((line, column), (end_line, end_column)) =
                    (position(source, span.start), position(source, span.end));
                Related { line, column, end_line, end_column, message: what }
            });
            let related = related.collect();
            Listed { code: error.code, severity, file, line, column, end_line, end_column, message, help, related }
        })
        .collect();
    // A list of words and numbers is always JSON.
    let mut text = serde_json::to_string_pretty(&listed).unwrap_or_default();
    text.push('\n');
    text
}

/// Line and column in characters, from 1.
pub(crate) fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line..].chars().count() + 1)
}

fn one(renderer: &Renderer, error: &Diagnostic, source: &str) -> String {
    let level = match error.severity {
        Severity::Error => Level::ERROR.with_name("错误"),
        Severity::Warning => Level::WARNING.with_name("提醒"),
    };
    let title = format!("[{}] {}", error.code, error.message);
    let title = level.primary_title(title);
    let is_of_text = |span: &Range<usize>| {
        span.end <= source.len() && source.is_char_boundary(span.start) && source.is_char_boundary(span.end)
    };
    let mut group = match error.span.clone().filter(is_of_text) {
        Some(span) => {
            let also = error.also.iter().filter(|(span, _)| is_of_text(span));
            let also = also.map(|(span, what)| AnnotationKind::Context.span(span.clone()).label(what));
            let snippet = Snippet::source(source).path(&error.file);
            title.element(snippet.annotation(AnnotationKind::Primary.span(span)).annotations(also))
        }
        None => title.element(annotate_snippets::Origin::path(&error.file)),
    };
    if let Some(hint) = &error.hint {
        group = group.element(Level::HELP.with_name("建议").message(hint));
    }
    let groups: [Group<'_>; 1] = [group];
    renderer.render(&groups)
}

/// A path as people would write it: `out/2023-03`, not `config/../out/2023-03`. For showing only.
pub(crate) fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        let is_named = matches!(tidy.components().next_back(), Some(Component::Normal(_)));
        match part {
            Component::ParentDir if is_named => {
                tidy.pop();
            }
            Component::CurDir => {}
            other => tidy.push(other),
        }
    }
    tidy
}
