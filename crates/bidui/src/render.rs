//! Errors as people read them.

use std::path::{Component, Path, PathBuf};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use bidui_model::{Diagnostic, Severity};

use crate::colours;
use crate::exit::{Fault, of_the_disk};

/// The whole message of a fault, for standard error.
pub(crate) fn fault(fault: &Fault) -> String {
    match fault {
        Fault::Data(message) => format!("数据有问题，未发布：{message}"),
        Fault::Command(message) => format!("无法执行：{message}"),
        Fault::Unfit(message) => message.clone(),
        Fault::Config(errors) => diagnostics(errors),
        Fault::Ours(error) => {
            if let Some(words) = of_the_disk(error) {
                return format!("写不进磁盘，未发布：{words}\n  上一次发布的结果没有改动");
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
    let renderer = if colours::on_standard_error() { Renderer::styled() } else { Renderer::plain() };
    let mut text: String =
        errors.iter().map(|(error, source)| format!("{}\n\n", one(&renderer, error, source))).collect();
    text.push_str(&format!("配置共有{}处错误；改好后再运行。错误编号的说明见 docs/diagnostics.md", errors.len()));
    text
}

fn one(renderer: &Renderer, error: &Diagnostic, source: &str) -> String {
    let level = match error.severity {
        Severity::Error => Level::ERROR.with_name("错误"),
        Severity::Warning => Level::WARNING.with_name("提醒"),
    };
    let title = format!("[{}] {}", error.code, error.message);
    let title = level.primary_title(title);
    let mut group = match error.span.clone().filter(|span| {
        span.end <= source.len() && source.is_char_boundary(span.start) && source.is_char_boundary(span.end)
    }) {
        Some(span) => {
            title.element(Snippet::source(source).path(&error.file).annotation(AnnotationKind::Primary.span(span)))
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
