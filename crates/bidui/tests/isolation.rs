//! Workbooks that were made to harm cost one clear message each, in little time and memory, and never the run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bombs;
mod support;

use std::fs;
use std::process::Stdio;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use support::{County, program, say};

const MONTH: &str = "2023-03";
const EXTRACT: &str = "住院";
/// No bomb may take longer, in a debug build on a busy machine; docs/isolation.md says what they take in a release build.
const PATIENCE: Duration = Duration::from_secs(40);

static COUNTY: LazyLock<County> = LazyLock::new(|| County::invent(300, &["--clean", "--seed", "4"]));

/// The bomb instead of one month's bills: the message has the file's name and these words, and everything else is checked all the same.
#[track_caller]
fn check(bomb: &[u8], words: &[&str]) {
    let county = COUNTY.copy();
    let path = county.extract(MONTH, EXTRACT);
    fs::write(&path, bomb).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let before = Instant::now();
    let said = say(&mut county.command(&["check", MONTH])).expect(0).naming(&[name]).naming(words);
    let took = before.elapsed();
    assert!(took < PATIENCE, "{took:?}");
    let lines: Vec<&str> = said.stdout.lines().filter(|line| line.contains(name)).collect();
    assert_eq!(lines.len(), 1, "one message: {lines:?}");
    assert!(said.stdout.contains("《医保_参保》"), "the rest is checked");
}

#[test]
fn values_in_the_first_and_last_cell_of_a_sheet_take_no_room() {
    check(&bombs::two_corners(), &["工作表“表”前50行中找不到表头"]);
}

#[test]
fn a_long_text_repeated_in_every_cell_ends_at_a_limit() {
    check(&bombs::repeated_text(), &["文字总量过大"]);
}

#[test]
fn shared_strings_that_are_only_claimed_are_refused() {
    check(&bombs::claimed_strings(), &["共享字符串的个数与内容不符"]);
}

#[test]
fn a_swollen_archive_is_refused_before_it_is_unpacked() {
    check(&bombs::swollen(), &["压缩比异常"]);
}

#[test]
fn entities_within_entities_are_not_expanded() {
    check(&bombs::entities(), &["损坏"]);
}

#[test]
fn a_row_number_beyond_the_last_row_is_damage() {
    check(&bombs::row_beyond(), &["工作表“表”", "损坏"]);
}

#[test]
fn a_cell_of_a_hundred_mebibytes_is_refused() {
    check(&bombs::large_cell(), &["一行文字过长"]);
}

#[test]
fn a_workbook_that_asks_for_too_much_memory_ends_its_process_and_not_the_run() {
    check(&bombs::styles(), &["没有读完", "内存超过448MiB"]);
}

#[test]
fn elements_that_never_end_are_no_rows() {
    check(&bombs::deep(), &["XLSX，收到0行"]);
}

#[test]
fn names_that_leave_the_archive_or_come_twice_are_refused() {
    check(&bombs::climbing(), &["文件名含有上级目录"]);
    check(&bombs::twice_named(), &["有同名文件"]);
}

#[test]
fn a_password_is_named_as_what_it_is() {
    check(&bombs::with_password(), &["设了打开密码", "请去掉打开密码后重新报送"]);
}

#[test]
fn the_command_for_workbooks_is_this_programs_own_affair() {
    let help = say(program().arg("--help")).expect(0).stdout;
    assert!(!help.contains("read-workbook"), "{help}");
    // By hand, with something that is no workbook, it answers in its own form and prints nothing to be read.
    let said = program().arg("read-workbook").stdin(Stdio::null()).output().unwrap();
    assert_eq!((said.status.code(), said.stderr.len()), (Some(0), 0));
}
