//! `bidui link` on two small tables.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::Command;

use encoding_rs::GB18030;

const MODEL: &str = r#"
name = "名单"
relation = "many_to_one"
left_id = "序号"
random_pairs = 1000
least_compared = 2
[[field]]
name = "name"
left = "姓名"
right = "户籍姓名"
[[field]]
name = "born"
left = "出生"
right = "出生"
clean = ["digits"]
[[field]]
name = "village"
left = "村"
right = "村"
[[compare]]
field = "name"
levels = [{ test = "exact", frequency = true }, { test = "jaro_winkler", at_least = 0.7 }]
[[compare]]
field = "born"
levels = [{ test = "exact" }, { test = "edits", at_most = 1 }]
[[compare]]
field = "village"
levels = [{ test = "exact" }]
[[block]]
on = ["born"]
[[block]]
on = ["name"]
"#;

/// Sixty persons, of whom the left table has every second, every fifth of these with a slip in the date.
fn tables() -> (String, String) {
    let families = ["覃", "韦", "黄", "梁", "陆", "蓝"];
    let givens = ["秀英", "建国", "桂兰", "志明", "小红", "海燕", "春生", "玉梅", "永福", "彩云"];
    let mut left = "序号,姓名,出生,村\n".to_owned();
    let mut right = "户籍姓名,出生,村\n".to_owned();
    for at in 0..60 {
        let name = format!("{}{}", families[at / 10], givens[at % 10]);
        let day = 1 + at * 7 % 28;
        let born = format!("{}-{:02}-{day:02}", 1940 + at, 1 + at * 5 % 12);
        let village = ["里团村", "琴屯村", "怀洪村"][at % 3];
        right.push_str(&format!("{name},{born},{village}\n"));
        if at % 2 == 0 {
            let born = if at % 10 == 0 { format!("{}9", &born[..9]) } else { born };
            left.push_str(&format!("{at},{name},{},{village}\n", born.replace('-', "/")));
        }
    }
    (left, right)
}

fn link(folder: &Path, more: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bidui"));
    command.args(["link", "left.csv", "right.csv", "--model", "m.toml"]).args(more).current_dir(folder);
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn prepared(model: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (left, right) = tables();
    fs::write(folder.path().join("left.csv"), GB18030.encode(&left).0).unwrap();
    fs::write(folder.path().join("right.csv"), right).unwrap();
    fs::write(folder.path().join("m.toml"), model).unwrap();
    folder
}

#[test]
fn two_tables_are_linked_and_the_model_is_kept() {
    let folder = prepared(MODEL);
    let (code, text, errors) = link(folder.path(), &[]);
    assert_eq!(code, 0, "{errors}");
    assert!(text.contains("左表30行，右表60行") && text.contains("本次训练") && text.contains("估计召回率"), "{text}");
    let links = fs::read_to_string(folder.path().join("links.csv")).unwrap();
    let mut lines = links.lines();
    assert_eq!(lines.next().unwrap(), "left_row,left_id,right_row,right_id,class,weight,probability,parts");
    let found: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert_eq!(found.len(), 30);
    for (at, line) in found.iter().enumerate() {
        let expected = [(at + 2).to_string(), (2 * at).to_string(), (2 * at + 2).to_string()];
        assert_eq!(line[..3], expected);
        assert_eq!(line[4], "link");
    }
    let (code, text, _) = link(folder.path(), &["--out", "again.csv"]);
    assert!(code == 0 && text.contains("沿用"), "{text}");
    assert_eq!(fs::read_to_string(folder.path().join("again.csv")).unwrap(), links);
}

#[test]
fn what_is_wrong_is_told_and_nothing_is_written() {
    let check = |model: &str, code: i32, words: &[&str]| {
        let folder = prepared(model);
        let (found, _, errors) = link(folder.path(), &[]);
        assert_eq!(found, code, "{errors}");
        for word in words {
            assert!(errors.contains(word), "{errors}");
        }
        assert!(!folder.path().join("links.csv").exists());
    };
    check(&MODEL.replace("many_to_one", "many_to_on"), 2, &["BD0801", "m.toml:3", "many_to_one"]);
    check(&MODEL.replace("left = \"村\"", "left = \"村屯\""), 2, &["左表", "没有列“村屯”", "序号、姓名、出生、村"]);
    check(
        &MODEL
            .replace("left = \"村\"", "left = \"序号\"")
            .replace("on = [\"name\"]", "on = [\"village\"]")
            .replace("on = [\"born\"]", "on = [\"village\", \"name\"]"),
        1,
        &["没有一对候选"],
    );
}

#[test]
fn weights_of_another_model_are_refused() {
    let folder = prepared(MODEL);
    assert_eq!(link(folder.path(), &[]).0, 0);
    fs::write(folder.path().join("m.toml"), MODEL.replace("0.7", "0.75")).unwrap();
    let (code, _, errors) = link(folder.path(), &[]);
    assert!(code == 2 && errors.contains("--train"), "{errors}");
    assert_eq!(link(folder.path(), &["--train"]).0, 0);
}

#[test]
fn what_is_read_is_not_written_over() {
    let folder = prepared(MODEL);
    let kept = |name: &str| fs::read(folder.path().join(name)).unwrap();
    let before = ["left.csv", "right.csv", "m.toml"].map(kept);
    for (option, name, what) in
        [("--out", "left.csv", "左表"), ("--out", "./right.csv", "右表"), ("--trained", "m.toml", "模型")]
    {
        let (code, _, errors) = link(folder.path(), &[option, name]);
        assert!(code == 2 && errors.contains(option) && errors.contains(what), "{errors}");
    }
    assert_eq!(["left.csv", "right.csv", "m.toml"].map(kept), before);
}

#[test]
fn a_table_without_a_heading_is_not_repeated_in_the_error() {
    let folder = prepared(MODEL);
    fs::write(folder.path().join("left.csv"), "450206199001011234,张三,1990\n").unwrap();
    let (code, _, errors) = link(folder.path(), &[]);
    assert!(code == 2 && errors.contains("没有表头"), "{errors}");
    assert!(!errors.contains("450206199001011234") && !errors.contains("张三"), "{errors}");
    fs::write(folder.path().join("left.csv"), "450206199001011234,450206199001011234,1990\n").unwrap();
    let (_, _, errors) = link(folder.path(), &[]);
    assert!(errors.contains("出现了两次") && !errors.contains("450206199001011234"), "{errors}");
}
