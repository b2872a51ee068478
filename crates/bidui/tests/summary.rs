//! The closing words of a run: what they count, what they say to do next, and what they find unusual.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fs;

use support::County;

/// The lines of a section, from its heading to the next line that is not indented.
fn section<'a>(text: &'a str, heading: &str) -> Vec<&'a str> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with(heading));
    assert!(lines.next().is_some(), "no {heading} in:\n{text}");
    lines.take_while(|line| line.starts_with(' ')).map(str::trim).collect()
}

/// The numbers of a line of the table.
fn numbers(line: &str) -> Vec<usize> {
    line.split_whitespace().skip(1).map(|word| word.parse().unwrap()).collect()
}

#[test]
fn a_run_says_what_happened_what_is_next_and_what_changed() {
    let county = County::invent(1_500, &["--clean", "--seed", "11", "--months", "2022-12..2023-03"]);

    let first = county.run("2023-02").expect(0).stdout;
    let steps = section(&first, "接下来：");
    assert!(steps[0].starts_with("1. 首次运行，已生成密钥"), "{steps:?}");
    assert!(first.contains("上月没有发布，无从比较"), "{first}");
    let warned = county.relation("2023-02", "warnings").len();
    assert!(first.contains(&format!("预警 {warned} 户：")), "{first}");

    // A department sends nothing. Tuition fees come in with the new term, in February.
    fs::remove_file(county.extract("2023-03", "残疾")).unwrap();
    let second = county.run("2023-03").expect(0).stdout;

    let now = county.relation("2023-03", "warnings").len();
    assert!(second.contains(&format!("预警 {now} 户（2月{warned}户）")), "{second}");
    let table = section(&second, "预警 ");
    assert!(table[0].ends_with("合计    上月"), "{table:?}");
    let rows: Vec<Vec<usize>> = table[1..].iter().map(|line| numbers(line)).collect();
    let column = |from_end: usize| rows.iter().map(|row| row[row.len() - from_end]).sum::<usize>();
    assert_eq!((column(2), column(1)), (now, warned));
    assert!(rows.iter().all(|row| row[..row.len() - 2].iter().sum::<usize>() == row[row.len() - 2]), "{table:?}");

    let steps = section(&second, "接下来：");
    for (at, step) in steps.iter().enumerate() {
        assert!(step.starts_with(&format!("{}. ", at + 1)), "{steps:?}");
    }
    let place = |word: &str| steps.iter().position(|step| step.contains(word));
    assert!(place("密钥").is_none(), "{steps:?}");
    assert!(steps[0].contains("催数据：1份未到（残联_持证残疾人）"), "{steps:?}");
    assert!(place("发清单") < place("收回：") && place("收回：") < place("月报："), "{steps:?}");

    let changes = section(&second, "与上月相比");
    let kept = |month: &str| {
        let feeds = county.relation(month, "feeds");
        feeds.iter().find(|row| row["feed"] == "教育_学费与资助").unwrap()["kept"].clone()
    };
    let fees = format!("《教育_学费与资助》{}行，上月{}行，少", kept("2023-03"), kept("2023-02"));
    assert!(changes.iter().any(|line| line.starts_with(&fees)), "{fees}: {changes:?}");
}

#[test]
fn rules_that_are_gone_and_files_in_nobodys_folder_are_told_and_stop_no_month() {
    let county = County::invent(1_500, &["--clean", "--seed", "11", "--months", "2023-02..2023-03"]).with_own_config();
    county.run("2023-02").expect(0);
    fs::remove_file(county.path("config/rules/因病.toml")).unwrap();
    fs::write(county.path("inbox/2023-03/说明.txt"), "请查收").unwrap();
    let said = county.run("2023-03").expect(0).stdout;
    let changes = section(&said, "与上月相比");
    assert!(changes[0].starts_with("上月有、本月没有的规则") && changes[0].contains("住院自付"), "{changes:?}");
    assert!(said.contains("“说明.txt”不符合任何一份数据契约，未读"), "{said}");
    assert!(county.path("out/2023-03/district/到件与质量反馈（未知部门）.xlsx").is_file());
}

#[test]
fn a_month_that_somebody_made_read_only_gives_way_to_the_next_run_of_it() {
    use std::os::unix::fs::PermissionsExt;
    let county = County::invent(500, &["--clean", "--seed", "11", "--months", "2023-02..2023-03"]);
    county.run("2023-03").expect(0);
    let month = county.path("out/2023-03");
    let close = |path: &std::path::Path| fs::set_permissions(path, fs::Permissions::from_mode(0o500)).unwrap();
    for folder in fs::read_dir(&month).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        close(&folder);
    }
    close(&month);
    support::as_nobody(&county, "2023-03").expect(0);
    let left = fs::read_dir(county.path("out")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().contains("staging")));
    assert!(fs::read_dir(&month).unwrap().count() > 3);
}
