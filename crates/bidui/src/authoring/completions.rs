//! `bidui completions` and `bidui man`: out of clap's own description of the commands.

use std::path::Path;

use bidui_authoring::rewrite;
use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::cli::command_line;
use crate::exit::Fault;
use crate::private::refused;

/// clap_mangen's headings, in our words.
const HEADINGS: [(&str, &str); 9] = [
    ("NAME", "名称"),
    ("SYNOPSIS", "用法"),
    ("DESCRIPTION", "说明"),
    ("OPTIONS", "选项"),
    ("SUBCOMMANDS", "命令"),
    ("EXTRA", "另外"),
    ("VERSION", "版本"),
    ("AUTHORS", "作者"),
    ("ARGUMENTS", "参数"),
];

pub(super) fn completions(shell: Shell) -> Result<String, Fault> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command_line(), "bidui", &mut script);
    Ok(String::from_utf8_lossy(&script).into_owned())
}

pub(super) fn manual(all: Option<&Path>) -> Result<String, Fault> {
    let mut command = command_line();
    command.build();
    let Some(folder) = all else { return page(command) };
    std::fs::create_dir_all(folder).map_err(|error| refused("文件夹", folder, "建不起来", error))?;
    let mut pages = vec![("bidui.1".to_owned(), page(command.clone())?)];
    for of in command.get_subcommands() {
        pages.push((format!("bidui-{}.1", of.get_name()), page(of.clone())?));
    }
    for (name, text) in &pages {
        let path = folder.join(name);
        rewrite(&path, text.as_bytes()).map_err(|error| refused("文件", &path, "写不进去", error))?;
    }
    Ok(format!("{}页，写在 {}；查看：man {}/bidui-run.1\n", pages.len(), folder.display(), folder.display()))
}

fn page(command: Command) -> Result<String, Fault> {
    let mut page = Vec::new();
    Man::new(command).manual("比对").source(format!("bidui {}", env!("CARGO_PKG_VERSION"))).render(&mut page)?;
    let text = String::from_utf8_lossy(&page).into_owned();
    let lines = text.lines().map(|line| {
        let heading = line.strip_prefix(".SH ").map(|heading| heading.trim_matches('"'));
        let ours = heading.and_then(|heading| HEADINGS.iter().find(|(theirs, _)| *theirs == heading));
        ours.map_or_else(|| line.to_owned(), |(_, ours)| format!(".SH {ours}"))
    });
    Ok(lines.collect::<Vec<_>>().join("\n").replace("[OPTIONS]", "[选项]") + "\n")
}
