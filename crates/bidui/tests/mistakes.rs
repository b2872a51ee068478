//! 500 seeded mistakes in the shipped TOML, as people make them: each must be pointed at where it was made. `mistakes/sow.rs` breaks one token of one
//! file and knows which. A mistake that nothing is said of counts as not found, and there may be hardly any. Several mistakes are made at once, in as many
//! files, so that none may hide another; one that is then not found is tried alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
// A mistake has one token, or several.
#![allow(clippy::single_range_in_vec_init)]

#[path = "mistakes/breaks.rs"]
mod breaks;
#[path = "mistakes/meanings.rs"]
mod meanings;
#[path = "mistakes/sow.rs"]
mod sow;
#[path = "mistakes/tokens.rs"]
mod tokens;

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use sow::{KINDS, Mistake, Seeds, sow};

/// Mistakes that count.
const MISTAKES: usize = 500;
/// Made in one run of `check`.
const AT_ONCE: usize = 4;
/// Of a hundred mistakes, those that may be taken in silence: a slip that happens to be another right word. They count as not found.
const MOST_SILENT: usize = 2;

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config")
}

fn entry_name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// Every TOML file of config/ with its text, by name.
fn files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["", "feeds", "rules", "checks", "lists", "report", "sample"] {
        for entry in fs::read_dir(shipped().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let is_hidden = entry_name(&path).starts_with('.');
            if path.extension().is_some_and(|extension| extension == "toml") && !is_hidden {
                let name = entry_name(&path);
                let name = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// A configuration folder of a worker's own.
struct Bench<'a> {
    folder: tempfile::TempDir,
    files: &'a [(String, String)],
}

/// What `check --format json` says of one place; bytes of the file's text.
#[derive(Debug)]
struct Said {
    file: String,
    code: String,
    message: String,
    at: Range<usize>,
    /// Places that are shown beside it.
    related: Vec<Range<usize>>,
}

impl<'a> Bench<'a> {
    fn new(files: &'a [(String, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for sub in ["feeds", "rules", "checks", "lists", "report", "sample"] {
            fs::create_dir(folder.path().join(sub)).unwrap();
        }
        for name in ["villages.csv", "linkage_model.trained.json"] {
            fs::copy(shipped().join(name), folder.path().join(name)).unwrap();
        }
        let bench = Self { folder, files };
        files.iter().for_each(|(name, text)| bench.write(name, text));
        bench
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// What is said of these mistakes together.
    fn check(&self, mistakes: &[Mistake]) -> Vec<Said> {
        mistakes.iter().for_each(|mistake| self.write(&mistake.file, &mistake.text));
        let mut command = Command::new(env!("CARGO_BIN_EXE_bidui"));
        command.args(["check", "--quiet", "--format", "json", "--config"]).arg(self.folder.path().join("bidui.toml"));
        let output = command.env("RAYON_NUM_THREADS", "1").output().unwrap();
        for mistake in mistakes {
            let (_, text) = self.files.iter().find(|(name, _)| *name == mistake.file).unwrap();
            self.write(&mistake.file, text);
        }
        let shown = || mistakes.iter().map(Mistake::shown).collect::<Vec<_>>().join("\n");
        let code = output.status.code().unwrap_or(-1);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(matches!(code, 0 | 2), "exit code {code} of\n{}\n{stderr}", shown());
        assert!(!stderr.contains("panicked"), "a panic of\n{}\n{stderr}", shown());
        let listed: serde_json::Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no list of\n{}\n{stderr}", shown()));
        let listed = listed.as_array().unwrap().iter().filter(|said| said["severity"] == "error");
        listed.map(|said| self.said(said, mistakes)).collect()
    }

    fn said(&self, said: &serde_json::Value, mistakes: &[Mistake]) -> Said {
        let word = |key: &str| said[key].as_str().unwrap_or("").to_owned();
        let number = |key: &str| said[key].as_u64().unwrap() as usize;
        let file = word("file");
        let broken = mistakes.iter().find(|mistake| mistake.file == file).map(|mistake| mistake.text.as_str());
        let text = broken.or_else(|| self.files.iter().find(|(name, _)| *name == file).map(|(_, text)| text.as_str()));
        let at = text.map_or(0..0, |text| {
            byte(text, number("line"), number("column"))..byte(text, number("end_line"), number("end_column"))
        });
        let beside = |beside: &serde_json::Value| {
            let number = |key: &str| beside[key].as_u64().unwrap() as usize;
            text.map_or(0..0, |text| {
                byte(text, number("line"), number("column"))..byte(text, number("end_line"), number("end_column"))
            })
        };
        let related = said["related"].as_array().unwrap().iter().map(beside).collect();
        no_english(&word("message"), &word("help"));
        Said { file, code: word("code"), message: word("message"), at, related }
    }
}

/// A sentence is Chinese; names, keys and SQL in it are not.
fn no_english(message: &str, help: &str) {
    assert!(!message.is_ascii(), "{message}");
    for leak in ["expected ", "Expected", "found:", "invalid ", "cannot", "unable ", " error", "not found", "dtype"] {
        assert!(!message.contains(leak) && !help.contains(leak), "{message} / {help}");
    }
}

fn byte(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let line = &text[start..];
    start + line.char_indices().nth(column - 1).map_or(line.len(), |(at, _)| at)
}

/// How a mistake was told.
#[derive(Clone, Copy, Debug, Default)]
struct Score {
    token: bool,
    line: bool,
    /// Errors elsewhere in its file.
    others: usize,
}

fn lines_of(text: &str, at: &Range<usize>) -> Range<usize> {
    let line = |at: usize| text.as_bytes()[..at.min(text.len())].iter().filter(|byte| **byte == b'\n').count();
    line(at.start)..line(at.end.max(at.start + 1) - 1) + 1
}

/// Whether an error's place is a token's: within it, but for a sign at either side, or beginning where it does.
fn is_at(said: &Range<usize>, token: &Range<usize>) -> bool {
    let within = token.start <= said.start + 4
        && said.end <= token.end + 4
        && said.start <= token.end
        && token.start <= said.end;
    within || said.start.abs_diff(token.start) <= 1
}

fn score(mistake: &Mistake, said: &[Said]) -> Score {
    let mut score = Score::default();
    for said in said.iter().filter(|said| said.file == mistake.file) {
        // Where an example and its condition do not agree, either may be meant: both are shown, at their lines.
        let on_line = [&said.at].into_iter().chain(&said.related).any(|at| {
            let lines = lines_of(&mistake.text, at);
            mistake.tokens.iter().any(|token| {
                let token = lines_of(&mistake.text, token);
                lines.start < token.end && token.start < lines.end
            })
        });
        score.token |= mistake.tokens.iter().any(|token| is_at(&said.at, token));
        score.line |= on_line;
        score.others += usize::from(!on_line);
    }
    score.line |= score.token;
    score
}

/// What came of a round of mistakes.
#[derive(Default)]
struct Tally {
    by_kind: BTreeMap<&'static str, Vec<Score>>,
    remarks: Vec<String>,
    /// Those that nothing was said of.
    silent: usize,
    hidden: usize,
}

impl Tally {
    fn counted(&self) -> usize {
        self.by_kind.values().map(Vec::len).sum()
    }
}

fn round(bench: &Bench<'_>, seed: u64, tally: &Mutex<Tally>) {
    let mut seeds = Seeds::new(seed);
    let mut mistakes: Vec<Mistake> = Vec::new();
    let mut draws = 0;
    while mistakes.len() < AT_ONCE {
        draws += 1;
        // The one file that a kind is made in may be taken: the round begins anew.
        if draws % 100 == 0 {
            mistakes.clear();
        }
        let kind = (seed as usize * AT_ONCE + mistakes.len()) % KINDS.len();
        let Some(mistake) = sow(bench.files, kind, &mut seeds) else { continue };
        if mistakes.iter().all(|other| other.file != mistake.file) {
            mistakes.push(mistake);
        }
    }
    let said = bench.check(&mistakes);
    for mistake in &mistakes {
        let mut found = score(mistake, &said);
        let mut hidden = false;
        if !found.line {
            let alone = bench.check(std::slice::from_ref(mistake));
            if alone.is_empty() {
                let mut tally = tally.lock().unwrap();
                tally.silent += 1;
                tally.remarks.push(format!("taken in silence: {}", mistake.shown()));
            }
            let alone = score(mistake, &alone);
            hidden = alone.line;
            found = alone;
        }
        let mut tally = tally.lock().unwrap();
        tally.hidden += usize::from(hidden);
        if !found.token || found.others > 0 || hidden {
            let of_file = said.iter().filter(|said| said.file == mistake.file).take(4);
            let of_file: Vec<String> = of_file
                .map(|said| format!("    {} {} → {:?}", said.code, said.message, cut(&mistake.text[said.at.clone()])))
                .collect();
            tally.remarks.push(format!("{found:?} hidden={hidden} {}\n{}", mistake.shown(), of_file.join("\n")));
        }
        tally.by_kind.entry(mistake.kind).or_default().push(found);
    }
    // What is said of files that nobody touched follows from a mistake elsewhere.
    let strangers = said.iter().filter(|said| mistakes.iter().all(|mistake| mistake.file != said.file));
    for said in strangers {
        let shown = mistakes.iter().map(Mistake::shown).collect::<Vec<_>>().join("\n");
        tally.lock().unwrap().remarks.push(format!("elsewhere: {} {} {}\n{shown}", said.file, said.code, said.message));
    }
}

/// Other mistakes than those of every day: `BIDUI_MISTAKES_FROM=1000 cargo test -p bidui --test mistakes`.
fn first_round() -> u64 {
    std::env::var("BIDUI_MISTAKES_FROM").ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}

#[test]
fn five_hundred_seeded_mistakes_are_pointed_at_where_they_were_made() {
    let files = files();
    let tally = Mutex::new(Tally::default());
    let next = AtomicU64::new(first_round());
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let bench = Bench::new(&files);
                assert!(bench.check(&[]).is_empty(), "the shipped configuration is in order");
                while tally.lock().unwrap().counted() < MISTAKES {
                    round(&bench, next.fetch_add(1, Ordering::Relaxed), &tally);
                }
            });
        }
    });
    let tally = tally.into_inner().unwrap();
    let scores: Vec<Score> = tally.by_kind.values().flatten().copied().collect();
    let count = |of: &dyn Fn(&Score) -> bool, scores: &[Score]| scores.iter().filter(|score| of(score)).count();
    for (kind, scores) in &tally.by_kind {
        let (token, line) = (count(&|score| score.token, scores), count(&|score| score.line, scores));
        let quiet = count(&|score| score.others == 0, scores);
        println!(
            "{kind:<28} {:>4} made, {token:>4} at the token, {line:>4} on the line, {quiet:>4} and nowhere else",
            scores.len()
        );
    }
    let (all, token, line) = (scores.len(), count(&|score| score.token, &scores), count(&|score| score.line, &scores));
    let quiet = count(&|score| score.others == 0, &scores);
    println!(
        "{all} made, {token} at the token, {line} on the line, {quiet} and nowhere else; {} taken in silence, {} hid behind another",
        tally.silent, tally.hidden
    );
    for remark in &tally.remarks {
        println!("--- {remark}");
    }
    assert!(all >= MISTAKES);
    assert!(tally.silent * 100 <= all * MOST_SILENT, "{} of {all} are taken in silence", tally.silent);
    assert_eq!(line + tally.silent, all, "a mistake is told on another line");
    assert!(token * 100 >= all * 95, "{token} of {all} at the token");
    assert!(quiet * 100 >= all * 95, "{quiet} of {all} and nowhere else");
    assert_eq!(tally.hidden, 0, "a mistake hides another");
}

#[test]
fn every_kind_of_mistake_can_be_made() {
    let files = files();
    for (kind, (name, ..)) in KINDS.iter().enumerate() {
        let made = (0..20).filter_map(|seed| sow(&files, kind, &mut Seeds::new(seed))).count();
        assert!(made > 10, "{name}: {made}");
    }
}
