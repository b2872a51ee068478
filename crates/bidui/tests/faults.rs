//! What goes wrong gets a clear answer in Chinese and its own exit code, and never touches what was published.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::LazyLock;
use std::time::Duration;

use support::{County, Said, digests, edit, program, say};

const MONTH: &str = "2023-03";
const REGISTRY: &str = "农村人口底册";
const KEY: &str = "state/key/bidui.key";

/// Words of the libraries beneath, which no clerk should have to read.
const FOREIGN: [&str; 21] = [
    "argument",
    "arguments",
    "column",
    "columnnotfound",
    "computeerror",
    "error",
    "expected",
    "expr",
    "failed",
    "found",
    "information",
    "invalid",
    "options",
    "panicked",
    "parser",
    "polars",
    "required",
    "schema",
    "unexpected",
    "unrecognized",
    "usage",
];

/// A clean county whose month is published.
static PLAIN: LazyLock<County> = LazyLock::new(|| {
    let county = County::invent(1_500, &["--clean", "--seed", "8"]);
    county.run(MONTH).expect(0);
    county
});

#[track_caller]
fn in_chinese(said: &Said) {
    let text = format!("{}{}", said.stdout, said.stderr).to_lowercase();
    let words: Vec<&str> = text.split(|letter: char| !letter.is_ascii_alphabetic() && !"-_".contains(letter)).collect();
    let foreign: Vec<&&str> = FOREIGN.iter().filter(|word| words.contains(word)).collect();
    assert!(foreign.is_empty(), "{foreign:?} in:\n{text}");
}

/// The run ends with this code and names each of these; what had been published stands as it was.
#[track_caller]
fn fails(county: &County, code: i32, words: &[&str]) {
    let month = county.path("out").join(MONTH);
    let before = digests(&month);
    let said = county.run(MONTH).expect(code).naming(words);
    in_chinese(&said);
    assert_eq!(said.stdout, "");
    assert_eq!(digests(&month), before, "a failed run changed what was published");
    let others: Vec<_> = fs::read_dir(county.path("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let left = others.iter().filter(|name| *name != MONTH && !name.to_str().unwrap().ends_with(".lock"));
    assert_eq!(left.count(), 0, "{others:?}");
}

type Signals = BTreeMap<(String, String, String), String>;

/// Level by household, rule and state.
fn signals(county: &County) -> Signals {
    let row = |mut signal: support::Record| {
        let mut take = |column: &str| signal.remove(column).unwrap();
        ((take("household_id"), take("rule_id"), take("state")), take("level"))
    };
    county.relation(MONTH, "signals").into_iter().map(row).collect()
}

/// The run is published, its feed has this status, and the feed's rules are silent while all others say what they said.
#[track_caller]
fn falls_silent(county: &County, feed: &str, status: &str, words: &[&str]) {
    in_chinese(&county.run(MONTH).expect(0).naming(words));
    let feeds = county.relation(MONTH, "feeds");
    let found = feeds.iter().find(|found| found["feed"] == feed).unwrap();
    assert_eq!(found["status"], status, "{found:?}");
    let mut rules = Vec::new();
    for fact in county.relation(MONTH, "facts").iter().filter(|fact| fact["feed"] == feed) {
        assert_eq!(fact["status"], "unknown", "{fact:?}");
        rules.extend(fact["rules"].split(['、', ',']).map(str::to_owned));
    }
    let (now, before) = (signals(county), signals(&PLAIN));
    for (key, level) in &now {
        assert_eq!(before.get(key), Some(level), "{key:?} was raised because {feed} is {status}");
    }
    for key in before.keys().filter(|key| !now.contains_key(*key)) {
        assert!(rules.contains(&key.1), "{key:?} was cleared by {feed}, which it does not read");
    }
}

#[test]
fn another_key_than_the_stores_is_refused_before_work() {
    let county = PLAIN.copy();
    let sealed = digests(&county.path("state/sealed"));
    fs::write(county.path(KEY), format!("bidui-key-v1 {}\n", "5a".repeat(32))).unwrap();
    fails(&county, 2, &["另一把密钥", "请恢复原来的密钥文件"]);
    assert_eq!(digests(&county.path("state/sealed")), sealed);
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    let county = PLAIN.copy();
    fs::set_permissions(county.path(KEY), fs::Permissions::from_mode(0o644)).unwrap();
    fails(&county, 2, &["644", "chmod 600"]);
}

#[test]
fn a_damaged_key_is_refused_and_not_shown() {
    let county = PLAIN.copy();
    let text = fs::read_to_string(county.path(KEY)).unwrap();
    fs::write(county.path(KEY), &text[..50]).unwrap();
    fails(&county, 2, &["bidui.key", "请从备份恢复"]);
    assert!(!county.run(MONTH).stderr.contains(&text[14..30]));
}

#[test]
fn a_lost_key_is_not_replaced_by_a_new_one() {
    let county = PLAIN.copy();
    fs::remove_file(county.path(KEY)).unwrap();
    fails(&county, 2, &["bidui.key", "请从备份恢复密钥文件"]);
    assert!(!county.path(KEY).exists());
}

#[test]
fn a_month_without_a_registry_is_not_run() {
    let county = PLAIN.copy();
    fs::remove_file(county.extract(MONTH, REGISTRY)).unwrap();
    fails(&county, 1, &["2023年3月", "乡村振兴_农村人口底册", "乡村振兴局/"]);
}

#[test]
fn a_registry_without_rows_is_not_run() {
    let county = PLAIN.copy();
    edit(&county.extract(MONTH, REGISTRY), |text| format!("{}\n", text.lines().next().unwrap()));
    fails(&county, 1, &["底册", "没有一行有效数据"]);
}

#[test]
fn a_registry_that_lost_a_required_heading_is_not_run_and_the_nearest_heading_is_named() {
    let county = PLAIN.copy();
    edit(&county.extract(MONTH, REGISTRY), |text| text.replacen("证件号码", "证件号玛", 1));
    fails(&county, 1, &["乡村振兴局/2023年3月农村人口底册.csv", "可用的列名：证件号码", "“证件号玛”"]);
}

#[test]
fn a_month_or_an_inbox_that_is_not_there_is_named() {
    let county = PLAIN.copy();
    fs::remove_dir_all(county.path("inbox").join(MONTH)).unwrap();
    fails(&county, 1, &["inbox/2023-03"]);
    fs::remove_dir_all(county.path("inbox")).unwrap();
    fails(&county, 2, &["收件夹", "--inbox"]);
}

#[test]
fn an_optional_extract_that_cannot_be_read_is_held() {
    let county = PLAIN.copy();
    let path = county.extract(MONTH, "持证残疾人");
    fs::remove_file(&path).unwrap();
    fs::write(path.with_extension("xlsx"), [b"PK\x03\x04".as_slice(), &[7; 3_000]].concat()).unwrap();
    falls_silent(&county, "残联_持证残疾人", "held", &["《残联_持证残疾人》暂缓使用", "持证残疾人名册.xlsx"]);
}

#[test]
fn an_optional_extract_without_a_required_heading_is_held() {
    let county = PLAIN.copy();
    edit(&county.extract(MONTH, "参保名单"), |text| text.replacen("参保状态", "参保壮态", 1));
    let words = ["《医保_参保》暂缓使用", "参保名单.csv", "可用的列名：参保状态", "“参保壮态”"];
    falls_silent(&county, "医保_参保", "held", &words);
}

#[test]
fn a_half_empty_list_is_held_and_raises_nothing() {
    let county = PLAIN.copy();
    edit(&county.extract(MONTH, "参保名单"), |text| {
        let kept = text.lines().enumerate().filter(|(at, _)| *at == 0 || at % 5 < 2);
        kept.map(|(_, line)| format!("{line}\n")).collect()
    });
    falls_silent(&county, "医保_参保", "held", &["《医保_参保》暂缓使用", "40%", "70%"]);
}

#[test]
fn a_list_whose_numbers_are_broken_is_held() {
    let county = PLAIN.copy();
    edit(&county.extract(MONTH, "参保名单"), |text| {
        let mut lines = text.lines();
        let heading = lines.next().unwrap();
        // A digit more makes it nobody's number.
        let strangers = lines.map(|line| format!("{}\n", line.replacen("45022", "450229", 1)));
        format!("{heading}\n{}", strangers.collect::<String>())
    });
    falls_silent(&county, "医保_参保", "held", &["《医保_参保》暂缓使用", "证件号码缺失或损坏"]);
}

#[test]
fn a_list_of_strangers_is_held() {
    let county = PLAIN.copy();
    let other = County::invent(1_500, &["--clean", "--seed", "4711"]);
    fs::copy(other.extract(MONTH, "参保名单"), county.extract(MONTH, "参保名单")).unwrap();
    falls_silent(&county, "医保_参保", "held", &["《医保_参保》暂缓使用", "关联率"]);
}

#[test]
fn a_word_that_the_contract_does_not_know_is_not_a_no() {
    let county = PLAIN.copy();
    edit(&county.extract(MONTH, "参保名单"), |text| text.replace(",正常", ",正常参保缴费"));
    falls_silent(&county, "医保_参保", "held", &["《医保_参保》暂缓使用", "“参保状态”", "值不认识"]);
}

#[test]
fn a_registry_without_a_town_is_not_run() {
    let county = PLAIN.copy();
    edit(&county.extract(MONTH, "人口底册"), |text| {
        text.lines().filter(|line| !line.contains("里高镇")).map(|line| format!("{line}\n")).collect()
    });
    fails(&county, 1, &["乡村振兴_农村人口底册", "缺报", "里高镇"]);
}

/// The strongest promise: whichever extract is missing, nothing is raised by that, and only rules that read it fall silent.
#[test]
fn no_missing_extract_raises_or_clears_a_warning_of_others() {
    let feeds = PLAIN.relation(MONTH, "feeds");
    assert!(feeds.len() > 25);
    let county = PLAIN.copy();
    for feed in feeds.iter().filter(|feed| feed["kind"] != "registry") {
        let (file, aside) = (county.path("inbox").join(MONTH).join(&feed["files"]), county.path("aside"));
        fs::rename(&file, &aside).unwrap();
        let missing = format!("《{}》未到", feed["feed"]);
        falls_silent(&county, &feed["feed"], "missing", &[&missing]);
        fs::rename(&aside, &file).unwrap();
    }
}

#[test]
fn nobody_is_uninsured_because_the_list_of_the_insured_did_not_come() {
    let uninsured = |county: &County| signals(county).keys().filter(|key| key.1.starts_with("uninsured")).count();
    assert!(uninsured(&PLAIN) > 0);
    let county = PLAIN.copy();
    fs::remove_file(county.extract(MONTH, "参保名单")).unwrap();
    county.run(MONTH).expect(0).naming(&["本月无法判定"]);
    assert_eq!(uninsured(&county), 0);
}

#[test]
fn a_file_of_no_contract_is_named_with_the_nearest() {
    let county = PLAIN.copy();
    fs::write(county.path("inbox/2023-03/教育局/2023年3月在校学升.csv"), "姓名\n甲\n").unwrap();
    in_chinese(&county.run(MONTH).expect(0).naming(&["“教育局/2023年3月在校学升.csv”不符合任何一份数据契约"]));
}

#[test]
fn a_file_of_two_contracts_is_refused() {
    let county = PLAIN.copy();
    let path = county.extract(MONTH, "参保名单");
    fs::rename(&path, path.with_file_name("参保人员住院结算.csv")).unwrap();
    fails(&county, 2, &["医疗保障局/参保人员住院结算.csv", "医保_住院结算、医保_参保"]);
}

/// A rule of the pack with its first `red` replaced; the message names these.
#[track_caller]
fn breaks_a_rule(from: &str, to: &str, words: &[&str]) {
    let county = PLAIN.copy().with_own_config();
    let file = county.path("config/rules/因病.toml");
    edit(&file, |text| text.replacen(from, to, 1));
    let line = fs::read_to_string(&file).unwrap().lines().position(|line| line.contains(to)).unwrap() + 1;
    fails(&county, 2, words);
    county.run(MONTH).naming(&[&format!("rules/因病.toml:{line}:"), to]);
    in_chinese(&say(&mut county.command(&["check"])));
}

#[test]
fn a_condition_on_a_word_that_never_comes_is_refused() {
    let county = PLAIN.copy().with_own_config();
    edit(&county.path("config/feeds/医保_参保.toml"), |text| text.replace("'正常'", "'正长'"));
    fails(&county, 2, &["医保_参保.toml", "不会是“正长”", "是不是“正常”？"]);
}

#[test]
fn a_rule_with_a_misspelt_fact_is_refused_and_the_nearest_named() {
    breaks_a_rule(
        "red = \"self_paid_12m >= 20000\"",
        "red = \"self_payed_12m >= 20000\"",
        &["self_payed_12m", "“self_paid_12m”"],
    );
}

#[test]
fn a_rule_that_would_read_a_file_is_refused() {
    let sql = "red = \"self_paid_12m > (SELECT COUNT(*) FROM read_csv('/etc/passwd'))\"";
    breaks_a_rule("red = \"self_paid_12m >= 20000\"", sql, &[]);
    breaks_a_rule("red = \"self_paid_12m >= 20000\"", "red = \"read_csv('/etc/passwd')\"", &["read_csv"]);
}

#[test]
fn a_rule_of_two_statements_is_refused() {
    breaks_a_rule("red = \"self_paid_12m >= 20000\"", "red = \"self_paid_12m = 1; DROP TABLE households\"", &[]);
}

#[test]
fn a_rule_whose_example_no_longer_holds_is_refused() {
    let county = PLAIN.copy().with_own_config();
    edit(&county.path("config/rules/因病.toml"), |text| {
        text.replacen("self_paid_12m >= 20000", "self_paid_12m >= 30000", 1)
    });
    fails(&county, 2, &["rules/因病.toml:", "medical-self-paid-focus", "这个例子的答案是 orange，不是 red"]);
}

#[test]
fn every_error_of_the_configuration_is_told_at_once() {
    let county = PLAIN.copy().with_own_config();
    edit(&county.path("config/feeds/医保_参保.toml"), |text| {
        text.replacen("kind = \"snapshot\"", "kind = \"snapshoot\"", 1)
    });
    edit(&county.path("config/grading.toml"), |text| format!("{text}\n[strange]\nkey = 1\n"));
    edit(&county.path("config/rules/因残.toml"), |text| {
        text.replacen("per = \"household\"", "per = \"hausehold\"", 1)
    });
    let words = ["feeds/医保_参保.toml:", "snapshot", "grading.toml:", "strange", "rules/因残.toml:", "household"];
    fails(&county, 2, &words);
}

#[test]
fn a_configuration_that_is_not_there_is_named_by_its_path() {
    let mut command = program();
    let said = say(command.args(["run", MONTH, "--config", "/nowhere/bidui.toml"])).expect(2);
    in_chinese(&said.naming(&["/nowhere/bidui.toml"]));
}

#[track_caller]
fn misused(words: &[&str], expected: &str) {
    let said = say(program().args(words)).expect(2).naming(&[expected]);
    in_chinese(&said);
}

#[test]
fn a_command_that_is_written_wrong_is_answered_in_chinese() {
    misused(&["rnu", MONTH], "没有“rnu”这个命令");
    misused(&["run", MONTH, "--inbx", "x"], "是不是“--inbox”？");
    misused(&["run", MONTH, "extra"], "extra");
    misused(&["run"], "缺少<月份>");
    misused(&["run", "2023-13"], "“2023-13”");
    misused(&["run", MONTH, "--inbox"], "后面缺少值");
    misused(&["synth", "x", "--persons", "many"], "“many”");
    misused(&["synth", "x", "--clean", "--messy"], "不能同时使用");
    misused(&[], "没有写命令");
}

#[test]
fn help_is_in_chinese() {
    for words in
        [&["--help"][..], &["run", "--help"], &["check", "--help"], &["explain", "--help"], &["synth", "--help"]]
    {
        let mut said = say(program().args(words)).expect(0).naming(&["用法", "选项"]);
        // A command of that name, and no word of a library's.
        said.stdout = said.stdout.replace("\n  schema  ", "\n  ");
        in_chinese(&said);
    }
}

#[test]
fn two_runs_of_a_month_do_not_mix() {
    let county = PLAIN.copy();
    let lock = fs::File::options().write(true).open(county.path("out/.2023-03.lock")).unwrap();
    lock.lock().unwrap();
    fails(&county, 2, &["“2023-03”正由另一个运行发布"]);
    let lock = fs::File::options().write(true).open(county.path("state/sealed/.lock")).unwrap();
    lock.lock().unwrap();
    fails(&county, 2, &["另一次运行正在使用封存文件夹"]);
}

#[test]
fn a_killed_run_leaves_the_old_month_and_the_next_run_makes_it_good() {
    let county = PLAIN.copy();
    let published = digests(&county.path("out").join(MONTH));
    fs::remove_dir_all(county.path("state/sealed").join(MONTH)).unwrap();
    for wait in [30, 200, 400, 700, 1_100] {
        let mut run = county.command(&["run", MONTH, "--quiet"]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        run.kill().unwrap();
        run.wait().unwrap();
        assert_eq!(digests(&county.path("out").join(MONTH)), published, "killed after {wait} ms");
    }
    county.run(MONTH).expect(0);
    assert_eq!(digests(&county.path("out").join(MONTH)), published);
    assert_eq!(digests(&county.path("state")), digests(&PLAIN.path("state")));
}

/// Rows of a file that turns out unusable at its end have been written already, and must not come back.
#[test]
fn a_long_extract_that_is_unusable_leaves_nothing_behind() {
    for (tail, words) in [("x\n".repeat(150_000), "整份没有采用"), ("x,,\n".repeat(90_000) + "x", "文件末尾不完整")]
    {
        let county = PLAIN.copy();
        edit(&county.extract(MONTH, "住院结算"), |text| text + &tail);
        falls_silent(&county, "医保_住院结算", "held", &[words]);
    }
}

#[test]
fn a_ledger_that_is_gone_is_told_and_nothing_begins_anew() {
    let county = PLAIN.copy();
    fs::remove_file(county.path("state/ledger.db")).unwrap();
    let published = digests(&county.path("out").join(MONTH));
    fails(&county, 2, &["ledger.db”不见了", "从备份恢复", "重发清单"]);
    let path = county.path("out");
    say(county.command(&["receive", MONTH]).arg(path)).expect(2).naming(&["ledger.db”不见了"]);
    assert_eq!(digests(&county.path("out").join(MONTH)), published);
    assert!(!county.path("state/ledger.db").exists());
    // Whoever has no backup begins with an empty output folder.
    fs::rename(county.path("out").join(MONTH), county.path("old")).unwrap();
    county.run(MONTH).expect(0);
}

#[test]
fn what_somebody_wrote_among_the_published_files_is_kept() {
    let county = PLAIN.copy();
    let town = fs::read_dir(county.path("out").join(MONTH).join("towns")).unwrap().next().unwrap().unwrap();
    let list = town.path().join("核查清单.xlsx");
    fs::write(&list, "filled in").unwrap();
    fs::write(town.path().join("笔记.txt"), "a note").unwrap();
    let said = county.run(MONTH).expect(0).stdout;
    assert!(said.contains("有2个文件不是发布时的样子"), "{said}");
    let kept = county.path("out/kept").join(format!("{MONTH}-1/towns")).join(town.file_name());
    assert_eq!(fs::read_to_string(kept.join("核查清单.xlsx")).unwrap(), "filled in");
    assert!(kept.join("笔记.txt").exists() && fs::read(&list).unwrap().len() > 1_000);
    let said = county.run(MONTH).expect(0).stdout;
    assert!(
        !said.contains("不是发布时的样子") && !county.path("out/kept").join(format!("{MONTH}-2")).exists(),
        "{said}"
    );
}
