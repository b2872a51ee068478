//! Reads every file below the folders given and says in one line each what became of it: nothing may panic, hang, or lose a row.
//!
//! `cargo run -p bidui-ingest --example survey -- FOLDER…`

#![allow(clippy::print_stdout, reason = "an example that reports to its user")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use bidui_ingest::{ReadOptions, compile_contract, read_file};

/// Headings of test files from elsewhere; the first cells of a text file are added.
const HEADINGS: &[&str] =
    &["姓名", "证件号码", "字符串标题", "string", "名称", "序号", "a", "id", "name", "标题1", "Column1", "0", "1"];

fn main() {
    for folder in std::env::args().skip(1) {
        let mut files = Vec::new();
        walk(Path::new(&folder), &mut files);
        files.sort();
        for file in files {
            survey(&file);
        }
    }
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            walk(&path, files);
        } else {
            files.push(path);
        }
    }
}

fn survey(path: &Path) {
    let mut headings: Vec<String> = HEADINGS.iter().map(ToString::to_string).collect();
    let start = fs::read(path).unwrap_or_default();
    let start = String::from_utf8_lossy(&start[..start.len().min(400)]).into_owned();
    if let Some(line) = start.lines().next().filter(|line| !line.contains('\0')) {
        headings.extend(line.split([',', ';', '\t', '|', '"']).map(|cell| cell.trim().replace(['\'', '\u{feff}'], "")));
    }
    let mut columns = String::new();
    let mut used: Vec<String> = Vec::new();
    for heading in headings.iter().filter(|heading| !heading.is_empty() && !heading.chars().any(char::is_control)) {
        if !used.contains(heading) {
            columns += &format!("c{} = {{ type = 'text', headings = ['{heading}'] }}\n", used.len());
            used.push(heading.clone());
        }
    }
    let text = format!(
        "name='x'\ndepartment='x'\nfiles=['*']\nkind='events'\nlink={{person='person'}}\n[columns]\n\
         person={{type='id_number',headings=['身份证号','身份证']}}\n{columns}"
    );
    let contract = match compile_contract(&text, "survey.toml") {
        Ok(contract) => contract,
        Err(errors) => return println!("CONTRACT {} {errors:?}", path.display()),
    };
    let (mut kept, mut rejects) = (0, 0);
    let began = Instant::now();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let options = ReadOptions { chunk_rows: 100, ..ReadOptions::default() };
    let result = read_file(path, &name, &contract, &options, &mut |chunk| {
        kept += chunk.rows.len() as u64;
        rejects += chunk.rejects.len() as u64;
    });
    let taken = began.elapsed().as_millis();
    match result {
        Ok(report) => println!(
            "{} {name}: {} 收到{} 留用{kept} 剔除{rejects} 列{} 跳过{:?} {taken}ms",
            if report.received == kept + rejects { "ok" } else { "UNBALANCED" },
            report.form.title(),
            report.received,
            report.headings.len(),
            report.skipped_sheets,
        ),
        Err(problem) => println!("no {name}: {problem} {taken}ms"),
    }
}
