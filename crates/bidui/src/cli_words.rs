//! clap's help and errors in our words.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// clap's own headings in our words.
pub(crate) fn help_in_chinese(help: &str) -> String {
    help.replace("[OPTIONS]", "[选项]").replace("Arguments:", "参数:").replace("Options:", "选项:")
}

/// clap's errors in our words.
pub(crate) fn in_chinese(error: &clap::Error) -> String {
    let word = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(word)) => word.clone(),
        Some(ContextValue::Strings(words)) => words.join("、"),
        _ => String::new(),
    };
    let argument = word(ContextKind::InvalidArg);
    let value = word(ContextKind::InvalidValue);
    let near = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue]
        .into_iter()
        .map(word)
        .find(|near| !near.is_empty());
    let near = near.map_or_else(String::new, |near| format!("；是不是“{near}”？"));
    let what = match error.kind() {
        ErrorKind::UnknownArgument if !argument.starts_with('-') => format!("多了一个“{argument}”"),
        ErrorKind::UnknownArgument => format!("不认识的选项“{argument}”{near}"),
        ErrorKind::InvalidSubcommand => format!("没有“{}”这个命令{near}", word(ContextKind::InvalidSubcommand)),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "没有写命令".to_owned(),
        ErrorKind::MissingRequiredArgument => format!("缺少{argument}"),
        ErrorKind::InvalidValue if value.is_empty() => format!("选项“{argument}”后面缺少值"),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => format!("“{argument}”的值“{value}”不对{near}"),
        ErrorKind::ArgumentConflict => format!("“{argument}”与“{}”不能同时使用", word(ContextKind::PriorArg)),
        ErrorKind::TooManyValues => format!("多了一个值“{value}”"),
        _ => "命令的写法不对".to_owned(),
    };
    format!("{what}\n  用 bidui --help 或 bidui 命令 --help 查看用法")
}
