//! Faults that no file holds: one that changes while it is read, a pipe, a disk without room, a folder that may not be written. Each gets
//! one message in Chinese and its exit code, and what was published stands.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use support::{County, Said, digests, say};

const LAST: &str = "2023-02";
const MONTH: &str = "2023-03";

/// A clean county whose last month but one is published.
static COUNTY: LazyLock<County> = LazyLock::new(|| {
    let county = County::invent(600, &["--clean", "--seed", "21"]);
    county.run(LAST).expect(0);
    county
});

fn status(county: &County, feed: &str) -> String {
    let feeds = county.relation(MONTH, "feeds");
    feeds.iter().find(|found| found["feed"] == feed).unwrap()["status"].clone()
}

/// Work while somebody writes blank lines into a file without a pause.
fn while_it_grows<T>(path: &std::path::Path, work: impl FnOnce() -> T) -> T {
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                fs::File::options().append(true).open(path).unwrap().write_all(b"\n").unwrap();
            }
        });
        let done = work();
        is_done.store(true, Ordering::Relaxed);
        done
    })
}

#[test]
fn an_extract_that_changes_while_it_is_read_is_held() {
    let county = COUNTY.copy();
    let said = while_it_grows(&county.extract(MONTH, "参保名单"), || county.run(MONTH));
    said.expect(0).naming(&["《医保_参保》暂缓使用", "参保名单.csv”在读取过程中被改动"]);
    assert_eq!(status(&county, "医保_参保"), "held");
    // The next run finds it at rest.
    county.run(MONTH).expect(0);
    assert_eq!(status(&county, "医保_参保"), "ok");
}

#[test]
fn a_registry_that_changes_while_it_is_read_stops_the_run() {
    let county = COUNTY.copy();
    let said = while_it_grows(&county.extract(MONTH, "农村人口底册"), || county.run(MONTH));
    said.expect(1).naming(&["农村人口底册.csv”在读取过程中被改动"]);
    assert!(!county.path("out").join(MONTH).exists());
}

#[test]
fn a_pipe_or_a_device_is_named_and_not_waited_for() {
    let county = COUNTY.copy();
    let (pipe, device) = (county.extract(MONTH, "参保名单"), county.extract(MONTH, "死亡注销"));
    fs::remove_file(&pipe).unwrap();
    fs::remove_file(&device).unwrap();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::os::unix::fs::symlink("/dev/zero", &device).unwrap();
    let said = county.run(MONTH).expect(0);
    said.naming(&["参保名单.csv”是管道或设备", "死亡注销名单.csv”是管道或设备"]);
    say(&mut county.command(&["check", MONTH])).expect(0).naming(&["参保名单.csv”是管道或设备"]);
}

/// The same command under a limit on the size of each file that it writes, in blocks of 512 bytes.
fn with_little_room(county: &County, blocks: u32) -> Said {
    let whole = county.command(&["run", MONTH]);
    let mut command = Command::new("sh");
    // Without the trap the system would kill the program.
    command.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
    let words: Vec<OsString> =
        std::iter::once(whole.get_program()).chain(whole.get_args()).map(OsString::from).collect();
    say(command.args(words).env("NO_COLOR", "1"))
}

#[test]
fn a_disk_without_room_is_told_as_one_and_half_a_month_is_never_published() {
    let published = |county: &County| -> BTreeMap<String, String> {
        digests(&county.path("out")).into_iter().filter(|(file, _)| !file.ends_with(".lock")).collect()
    };
    let good = COUNTY.copy();
    good.run(MONTH).expect(0);
    let whole = published(&good);
    let mut failed = 0;
    for blocks in [0, 1, 4, 12, 24, 40, 64] {
        let county = COUNTY.copy();
        let before = published(&county);
        let said = with_little_room(&county, blocks);
        if said.code == Some(0) {
            assert_eq!(published(&county), whole, "at {blocks} blocks");
            continue;
        }
        failed += 1;
        said.expect(3).naming(&["写不进磁盘", "请腾出空间", "没有改动"]);
        assert!(published(&county) == before, "at {blocks} blocks");
        county.run(MONTH).expect(0);
        assert!(published(&county) == whole, "after {blocks} blocks");
    }
    assert!(failed >= 4, "{failed}");
}

#[test]
fn a_folder_that_may_not_be_written_is_the_commands_fault() {
    for folder in ["out", "state/sealed"] {
        let county = COUNTY.copy();
        let before = digests(&county.path("out").join(LAST));
        let path = county.path(folder);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o555)).unwrap();
        // The locks are there already; everything new is refused.
        let said = support::as_nobody(&county, MONTH);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        said.expect(2).naming(&["没有权限", "请检查"]);
        assert!(digests(&county.path("out").join(LAST)) == before && !county.path("out").join(MONTH).exists());
    }
}
