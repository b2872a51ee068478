//! Commands about the configuration's text, as people call them: a new county, migration, layout, schemas, completions, the manual.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::{County, Said, copy_tree, files_under, program, repository, say};

fn bidui(words: &[&str]) -> Said {
    say(program().args(words))
}

fn in_folder(folder: &Path, words: &[&str]) -> Said {
    say(program().args(words).current_dir(folder))
}

/// A copy of a folder of the repository.
fn copy_of(folder: &str) -> (tempfile::TempDir, PathBuf) {
    let temporary = tempfile::tempdir().unwrap();
    let copy = temporary.path().join("config");
    copy_tree(&repository().join(folder), &copy, false);
    (temporary, copy)
}

fn texts(folder: &Path) -> Vec<(String, Vec<u8>)> {
    files_under(folder).into_iter().map(|file| (file.clone(), fs::read(folder.join(file)).unwrap())).collect()
}

#[test]
fn another_county_passes_check_at_once_and_publishes_a_month() {
    let county = County::empty();
    let folder = county.path("某县");
    let said = bidui(&["init", folder.to_str().unwrap(), "--code", "450123", "--name", "某某县"]).expect(0);
    assert!(said.stdout.contains("某某县的配置") && said.stdout.contains("  7. "), "{}", said.stdout);
    let said = in_folder(&folder, &["check"]).expect(0);
    assert!(said.stdout.contains("配置没有错误") && said.stdout.contains("还有示例的镇、村"), "{}", said.stdout);
    in_folder(&folder, &["fmt", "--check"]).expect(0);
    let said = in_folder(&folder, &["migrate"]).expect(0);
    assert!(said.stdout.contains("没有要改的"), "{}", said.stdout);
    in_folder(&folder, &["synth", "演练", "--persons", "600", "--months", "2022-12..2023-02", "--seed", "3"]).expect(0);
    let said = in_folder(&folder, &["run", "2023-02", "--inbox", "演练/inbox"]).expect(0);
    assert!(said.stdout.contains("示例甲镇"), "{}", said.stdout);
    assert!(folder.join("out/2023-02/towns/450123100_示例甲镇/核查清单.xlsx").is_file());
}

#[test]
fn a_folder_with_anything_in_it_is_left_alone() {
    let county = County::empty();
    fs::write(county.path(".旧"), "x").unwrap();
    let said = bidui(&["init", county.root().to_str().unwrap()]).expect(2);
    assert!(said.stderr.contains("已有文件"), "{}", said.stderr);
    assert_eq!(files_under(county.root()), [".旧"]);
    for (code, why) in [("999999", "“99”不是任何省份的代码"), ("450000", "是省级的"), ("450200", "是市级的")]
    {
        bidui(&["init", county.path("新").to_str().unwrap(), "--code", code]).expect(2).naming(&[code, why]);
    }
    let said = bidui(&["init", county.path("新").to_str().unwrap(), "--code", "4501"]).expect(2);
    assert!(said.stderr.contains("6位"), "{}", said.stderr);
    assert!(!county.path("新").exists());
    // Without a code the county has one that is nobody's, and says so.
    let said = bidui(&["init", county.path("新").to_str().unwrap()]).expect(0);
    assert!(said.stdout.contains("999999 是占位的"), "{}", said.stdout);
}

#[test]
fn an_older_configuration_says_what_to_do_and_does_it() {
    let (_temporary, config) = copy_of("fixtures/config-v0");
    let root = config.join("bidui.toml");
    let root = root.to_str().unwrap();
    let before = texts(&config);

    let said = bidui(&["check", "--config", root]).expect(2);
    assert!(said.stderr.contains("BD0720") && said.stderr.contains("bidui migrate"), "{}", said.stderr);
    assert!(said.stderr.contains("配置共有1处错误"), "of an older configuration nothing else is said: {}", said.stderr);

    let said = bidui(&["migrate", "--dry-run", "--config", root]).expect(0);
    assert!(said.stdout.contains("什么也没有写") && said.stdout.contains("+ version = 1"), "{}", said.stdout);
    assert_eq!(texts(&config), before);

    let said = bidui(&["migrate", "--config", root]).expect(0);
    assert!(said.stdout.contains("从版本0升到1") && said.stdout.contains("请看一看"), "{}", said.stdout);
    assert_eq!(texts(&config.with_file_name("config-v0")), before, "the old one is kept");
    bidui(&["check", "--config", root]).expect(0);

    let after = texts(&config);
    let said = bidui(&["migrate", "--config", root]).expect(0);
    assert!(said.stdout.contains("没有要改的"), "{}", said.stdout);
    assert_eq!(texts(&config), after);
}

#[test]
fn a_newer_configuration_needs_a_newer_program() {
    let (_temporary, config) = copy_of("config");
    let root = config.join("bidui.toml");
    let text = fs::read_to_string(&root).unwrap().replacen("version = 1", "version = 99\nnew_key = 1", 1);
    fs::write(&root, text).unwrap();
    for command in ["check", "migrate"] {
        let said = bidui(&[command, "--config", root.to_str().unwrap()]).expect(2);
        assert!(said.stderr.contains("99") && said.stderr.contains("新版"), "{}", said.stderr);
        assert!(!said.stderr.contains("new_key\u{201d}"), "{}", said.stderr);
    }
}

#[test]
fn layout_is_looked_at_or_set_and_bad_files_are_told_at_their_place() {
    let (_temporary, config) = copy_of("config");
    let (rules, broken) = (config.join("rules/因病.toml"), config.join("rules/坏.toml"));
    let text = fs::read_to_string(&rules).unwrap();
    fs::write(&rules, text.replace(" = ", "=")).unwrap();
    let folder = config.to_str().unwrap();

    let said = bidui(&["fmt", "--check", folder]).expect(2);
    assert!(said.stderr.contains("1个文件没有排好") && said.stderr.contains("因病.toml"), "{}", said.stderr);
    assert!(!said.stderr.contains("无法执行"), "{}", said.stderr);

    fs::write(&broken, "# 说明\na = ，\n").unwrap();
    let said = bidui(&["fmt", folder]).expect(2);
    assert!(said.stderr.contains("BD0001") && said.stderr.contains("坏.toml:2:5"), "{}", said.stderr);
    // SQL inside of the rules has its own blanks, which are nobody's business here.
    assert_eq!(fs::read_to_string(&rules).unwrap().matches("id = ").count(), text.matches("id = ").count());

    fs::remove_file(&broken).unwrap();
    let said = bidui(&["fmt", folder]).expect(0);
    assert!(said.stdout.contains("都已排好"), "{}", said.stdout);
}

#[test]
fn schemas_are_listed_shown_and_written() {
    let said = bidui(&["schema"]).expect(0);
    assert!(said.stdout.contains("linkage-model") && said.stdout.contains("权重模型"), "{}", said.stdout);
    let shown = bidui(&["schema", "rules", "--quiet"]).expect(0).stdout;
    assert_eq!(shown, fs::read_to_string(repository().join("config/schema/rules.schema.json")).unwrap());
    let said = bidui(&["schema", "rulse"]).expect(2);
    assert!(said.stderr.contains("是不是“rules”"), "{}", said.stderr);
    let county = County::empty();
    bidui(&["schema", "--all", county.path("schema").to_str().unwrap()]).expect(0);
    assert_eq!(texts(&county.path("schema")), texts(&repository().join("config/schema")));
}

#[test]
fn completions_and_the_manual_speak_chinese_and_know_every_command() {
    let script = bidui(&["completions", "bash"]).expect(0).stdout;
    for word in ["receive", "migrate", "--dry-run"] {
        assert!(script.contains(word), "{word}");
    }
    assert!(bidui(&["completions", "fish"]).expect(0).stdout.contains("收回镇和部门填好的清单"));
    let county = County::empty();
    bidui(&["man", "--all", county.root().to_str().unwrap()]).expect(0);
    let pages = files_under(county.root());
    assert!(pages.contains(&"bidui.1".to_owned()) && pages.contains(&"bidui-receive.1".to_owned()), "{pages:?}");
    for page in &pages {
        let text = fs::read_to_string(county.path(page)).unwrap();
        assert!(text.contains(".SH 名称") && text.contains(".SH 用法"), "{page}");
        assert!(!text.contains(".SH NAME") && !text.contains(".SH OPTIONS"), "{page}");
    }
    assert_eq!(bidui(&["man"]).expect(0).stdout, fs::read_to_string(county.path("bidui.1")).unwrap());
}

/// Errors are plain where nobody looks at a terminal, and coloured where that is asked for.
#[test]
fn colours_go_by_the_usual_variables() {
    let coloured = |set: &[(&str, &str)]| {
        let mut command = program();
        command.args(["check", "--config", "fixtures/config-v0/bidui.toml"]).current_dir(repository());
        command.env_remove("NO_COLOR").env_remove("CLICOLOR").env_remove("CLICOLOR_FORCE");
        let said = say(command.envs(set.iter().copied())).expect(2);
        said.stderr.contains('\u{1b}')
    };
    assert!(!coloured(&[]), "standard error is a pipe");
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!coloured(&[("CLICOLOR", "1")]));
}
