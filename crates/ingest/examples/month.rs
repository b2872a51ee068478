//! Reads one month's inbox by its contracts and says in one line each what became of every file.
//!
//! `cargo run -p bidui-ingest --example month -- config/feeds INBOX/2023-03`

#![allow(clippy::print_stdout, reason = "an example that reports to its user")]

use std::fs;
use std::path::Path;
use std::time::Instant;

use bidui_ingest::{ReadOptions, assign, compile_contract, read_file};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, feeds, month] = &arguments[..] else { return println!("month FEEDS MONTH") };
    let mut contracts = Vec::new();
    let mut paths: Vec<_> = fs::read_dir(feeds).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap_or_default();
        match compile_contract(&text, &path.to_string_lossy()) {
            Ok(contract) => contracts.push(contract),
            Err(errors) => println!("{errors:#?}"),
        }
    }
    let mut files = Vec::new();
    walk(Path::new(month), "", &mut files);
    let assignment = assign(&contracts, &files);
    for stranger in &assignment.strangers {
        println!("不认识 {} 近于 {:?}", stranger.file, stranger.nearest.map(|feed| &contracts[feed].name));
    }
    for contested in &assignment.contested {
        println!("争议 {} {:?}", contested.file, contested.feeds);
    }
    for feed in &assignment.missing {
        println!("缺 {}", contracts[*feed].name);
    }
    for (contract, files) in contracts.iter().zip(&assignment.by_feed) {
        for file in files {
            let mut rejects = std::collections::BTreeMap::new();
            let mut kept = Vec::new();
            let began = Instant::now();
            let result =
                read_file(&Path::new(month).join(file), file, contract, &ReadOptions::default(), &mut |chunk| {
                    kept.extend(chunk.rows.iter().map(|row| (chunk.source, *row)));
                    for reject in chunk.rejects {
                        *rejects.entry(reject.code.code()).or_insert(0) += 1;
                    }
                });
            let taken = began.elapsed().as_millis();
            match result {
                Ok(report) if std::env::var_os("ROWS").is_some() => {
                    for (source, row) in kept {
                        let sheet = source.and_then(|source| report.sources.get(source.0 as usize));
                        println!("{file},{},{row}", sheet.map_or("", |source| source.sheet.as_str()));
                    }
                }
                Ok(report) => println!(
                    "{file}: {} 收到{} 留用{} {rejects:?} 列{}/{} 未读{:?} 跳过{:?} {taken}ms",
                    report.form.title(),
                    report.received,
                    report.kept,
                    report.headings.len(),
                    contract.columns.len(),
                    report.unread_headings,
                    report.skipped_sheets,
                ),
                Err(problem) => println!("{problem}"),
            }
        }
    }
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            walk(&entry.path(), &format!("{name}/"), files);
        } else {
            files.push(name);
        }
    }
}
