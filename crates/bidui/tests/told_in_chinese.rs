//! What a command says when what it needs is not there, or is not written as it should be: in Chinese, and with what to do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fs;

use support::{County, program, repository, say};

#[test]
fn a_rehearsal_without_the_fixtures_says_where_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let said = say(program().arg("rehearse").current_dir(folder.path())).expect(2);
    assert!(said.stderr.contains("“fixtures/answers.csv”不存在") && said.stderr.contains("请在仓库的文件夹里运行"));
    assert!(!said.stderr.contains("os error"), "{}", said.stderr);
    fs::create_dir(folder.path().join("fixtures")).unwrap();
    fs::write(folder.path().join("fixtures/answers.csv"), "月份,户编号\n2023-01\n").unwrap();
    let said = say(program().arg("rehearse").current_dir(folder.path())).expect(2);
    assert!(said.stderr.contains("第2行读不懂"), "{}", said.stderr);
    fs::write(folder.path().join("fixtures/answers.csv"), "月份,户编号\n2023-01,H1\n").unwrap();
    let said = say(program().arg("rehearse").current_dir(folder.path())).expect(2);
    assert!(said.stderr.contains("找不到配置文件“config/bidui.toml”"), "{}", said.stderr);
}

#[test]
fn a_day_that_is_none_says_how_it_is_written() {
    let county = County::empty();
    // Before anything else is looked for.
    for day in ["3月32日", "2023-13-01", "20230", "明天"] {
        let said = say(county.command(&["cases", "--on", day]).current_dir(repository())).expect(2);
        assert!(said.stderr.contains(&format!("--on“{day}”不是日期")), "{}", said.stderr);
        assert!(said.stderr.contains("如 --on 2023-04-09"), "{}", said.stderr);
    }
}
