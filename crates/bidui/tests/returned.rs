//! Lists that come back, after people had them: no answer is attached to a wrong row, and what is not attached says why.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(dead_code, reason = "the reader is a part of the program; a part of it is used here")]

#[path = "support/mutate.rs"]
mod mutate;
#[path = "../src/returned.rs"]
mod returned;
#[path = "../src/returned_answer.rs"]
mod returned_answer;
#[path = "../src/returned_date.rs"]
mod returned_date;
#[path = "../src/returned_files.rs"]
mod returned_files;
#[path = "../src/returned_heading.rs"]
mod returned_heading;
#[path = "../src/returned_reason.rs"]
mod returned_reason;
#[path = "../src/returned_remark.rs"]
mod returned_remark;
#[path = "../src/returned_sheet.rs"]
mod returned_sheet;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use bidui_emit::{Choices, ListContext, ListPlan, RowTags, compile_choices, compile_list, render_lists};
use bidui_ingest::Isolation;
use bidui_ledger::Heard;
use bidui_model::{Month, ReturnKind};
use bidui_normalize::{HashAlgorithm, ListTags, MasterKey};
use bidui_synth::SheetCell;
use mutate::{Dice, EDITS, Edit, Page, save_csv, save_xls, save_xlsx, text, word};
use rayon::prelude::*;
use returned::{Answer, Issue, Returned, ReturnedInputs, ReturnedRow, read_returned};

const TOWNS: usize = 40;
const MONTHS: [&str; 2] = ["2023-02", "2023-03"];
const KEY: &str = "预警编号";
const TAG: &str = "校验码";
const FILLED: [&str; 4] = ["核查结果", "情况说明", "人均纯收入（元）", "核查日期"];

/// Two months' lists of forty small towns as they were issued.
struct Issued {
    folder: tempfile::TempDir,
    list: ListPlan,
    choices: Choices,
    towns: Vec<(String, String)>,
    /// Key to months and tags.
    by_key: BTreeMap<String, Vec<(Month, String)>>,
    tags: BTreeSet<String>,
}

static ISSUED: LazyLock<Issued> = LazyLock::new(issue);

fn config(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config").join(file);
    std::fs::read_to_string(path).unwrap()
}

/// The configuration's list over made-up rows: its answers are what is tested.
fn plan() -> ListPlan {
    let text = config("lists/verification.toml");
    let answers = &text[text.find("answers = [").unwrap()..];
    let answers = &answers[..answers.find("\n[[").unwrap()];
    let plan = format!(
        "[[list]]\nid = 'verification'\ntitle = '核查清单'\nsplit = 'town'\nfile = '{{town_code}}.xlsx'\nsheet = '核查清单'\nfreeze = 3\n\
         signature = '核查人：＿＿＿＿　　镇审核人：＿＿＿＿'\n\
         print = {{ pages_wide = 2 }}\nreturns = 'verification'\nrow_key = 'number'\n\
         query = '''SELECT village_code AS number, village, town_code, CONCAT('H', village_code) AS household_id FROM villages ORDER BY village_code'''\n\
         columns = [ {{ title = '序号', value = '#' }}, {{ title = '{KEY}', value = 'number' }}, {{ title = '行政村', value = 'village' }},\n\
         {{ title = '户编号', value = 'household_id' }} ]\n{answers}"
    );
    compile_list(&plan, "lists/verification.toml").unwrap_or_else(|found| panic!("{found:#?}"))
}

/// ISO 7064 MOD 11-2, as on ID numbers.
fn check_character(digits: &str) -> char {
    let sum = digits.bytes().fold(0, |sum, digit| (sum + u32::from(digit - b'0')) * 2 % 11);
    char::from(b"0123456789X"[((12 - sum) % 11) as usize])
}

fn number(serial: usize) -> String {
    let digits = format!("2302{serial:05}");
    format!("2302-{serial:05}{}", check_character(&digits))
}

fn issue() -> Issued {
    let folder = tempfile::tempdir().unwrap();
    let list = plan();
    let mut choices = Choices::default();
    for file in ["verification_results.toml", "needs.toml"] {
        choices.extend(compile_choices(&config(file), file).unwrap());
    }
    let towns: Vec<_> = (0..TOWNS).map(|town| (format!("4502{town:05}"), format!("第{town}镇"))).collect();
    let villages = (0..TOWNS).flat_map(|town| {
        let code = &towns[town].0;
        (0..3 + town % 8).map(move |row| (number(town * 50 + row), format!("村{row}"), code.clone()))
    });
    let villages: Vec<_> = villages.collect();
    let master = MasterKey::parse(&format!("bidui-key-v1 {}", "5a".repeat(32))).unwrap();
    let (mut by_key, mut tags): (BTreeMap<_, Vec<_>>, _) = (BTreeMap::new(), BTreeSet::new());
    for month in MONTHS {
        let month: Month = month.parse().unwrap();
        let made = ListTags::derive(&master, HashAlgorithm::HmacSha256);
        let context = ListContext {
            month,
            county: "柳江区".into(),
            bureau: "乡村振兴局".into(),
            run_note: Vec::new(),
            choices: choices.clone(),
            towns: towns.clone(),
            villages: villages.clone(),
            departments: Vec::new(),
            created: (2023, 4, 6),
            row_tags: RowTags::new(move |list, key| made.tag(list, month, key, None)),
        };
        let out = folder.path().join(month.to_string());
        std::fs::create_dir(&out).unwrap();
        for row in render_lists(std::slice::from_ref(&list), &BTreeMap::new(), &context, &out).unwrap() {
            for issued in row.issued {
                tags.insert(issued.tag.clone());
                by_key.entry(issued.row_key).or_default().push((month, issued.tag));
            }
        }
    }
    Issued { folder, list, choices, towns, by_key, tags }
}

impl Issued {
    fn page(&self, month: usize, town: usize) -> Page {
        let path = self.folder.path().join(MONTHS[month]).join(format!("{}.xlsx", self.towns[town].0));
        Page::read(&path, "核查清单", "序号")
    }

    fn lookup(&self, kind: ReturnKind, key: &str, tag: &str) -> Issue {
        assert_eq!(kind, ReturnKind::Verification);
        match self.by_key.get(key) {
            Some(months) => match months.iter().find(|(_, issued)| issued == tag) {
                Some((month, _)) => Issue::Issued {
                    list: "verification".into(),
                    month: *month,
                    household: Some(format!("H{key}")),
                    edition: None,
                },
                None => Issue::Mismatch,
            },
            None => {
                let digits: String = key.chars().filter(char::is_ascii_digit).collect();
                let is_number = key.len() == 11 && digits.len() >= 9;
                if is_number && !key.ends_with(check_character(&digits[..9])) {
                    Issue::WrongCheck
                } else if self.tags.contains(tag) {
                    Issue::Mismatch
                } else {
                    Issue::Unknown
                }
            }
        }
    }

    fn receive(&self, paths: &[PathBuf]) -> Returned {
        self.receive_after(paths, &|_| false, &|_| Heard::Never)
    }

    fn receive_after(
        &self,
        paths: &[PathBuf],
        is_known: &dyn Fn(&str) -> bool,
        heard: &dyn Fn(&ReturnedRow) -> Heard,
    ) -> Returned {
        read_returned(&ReturnedInputs {
            paths,
            lists: std::slice::from_ref(&self.list),
            choices: &self.choices,
            towns: &self.towns,
            is_known,
            heard: &|row| Some(heard(row)),
            again: false,
            isolation: Isolation::InProcess,
            lookup: &|kind, key, tag| self.lookup(kind, key, tag),
        })
    }
}

/// An amount that says which row of which month it was written for.
fn mark(month: usize, key: &str) -> f64 {
    let digits: String = key.chars().filter(char::is_ascii_digit).take(9).collect();
    (digits[4..].parse::<usize>().unwrap() * 10 + month) as f64
}

fn fill(page: &mut Page, month: usize, dice: &mut Dice) {
    page.fill(KEY, |key| {
        if dice.one_in(5) {
            return Vec::new();
        }
        let result = dice.pick(&[
            "21 不属实：数据错误",
            "21",
            "１４",
            "不属实：情况已变化。",
            "22",
            "属实拟纳入监测",
            "同意",
            "11、21",
        ]);
        let day = match dice.below(5) {
            0 => SheetCell::Day(45_025.0),
            1 => word("4月9日"),
            2 => word("2023.4.9"),
            3 => word("上周"),
            _ => word("2023-04-09"),
        };
        vec![
            ("核查结果", word(result)),
            ("情况说明", word(dice.pick(&["已核实", "村里说明", "。"]))),
            ("人均纯收入（元）", SheetCell::Number(mark(month, key))),
            ("核查日期", day),
        ]
    });
}

/// What became of the rows of many lists.
#[derive(Default, Debug)]
struct Tally {
    lists: usize,
    attached: usize,
    refused: usize,
    repeated: usize,
    reasons: BTreeMap<String, usize>,
}

/// Makes one list from the seed, lets people have it, and reads it back.
fn one(seed: u64, folder: &Path) -> Tally {
    let mut dice = Dice(seed);
    let town = dice.below(TOWNS);
    let month = usize::from(!dice.one_in(5));
    let mut page = ISSUED.page(month, town);
    fill(&mut page, month, &mut dice);
    let mut pages = vec![page];
    let mut edits = Vec::new();
    for _ in 0..dice.below(5) {
        let edit = dice.pick(&EDITS);
        // What parts key and tag twice, at different columns, may bring them together again around another row's answers, and nothing shows it.
        let parts = |edit: &Edit| matches!(edit, Edit::SortedHalf | Edit::TagsExchanged);
        if parts(&edit) && edits.iter().any(parts) {
            continue;
        }
        pages[0].edit(edit, &mut dice, (KEY, TAG, &FILLED));
        edits.push(edit);
    }
    if dice.one_in(6) {
        // Another town's list pasted below, with its heading or without; or on a sheet of its own.
        let (other_month, other) = (dice.below(2), dice.below(TOWNS));
        let mut pasted = ISSUED.page(other_month, other);
        fill(&mut pasted, other_month, &mut dice);
        if dice.one_in(3) {
            pasted.name = "另一张".into();
            pages.push(pasted);
        } else {
            let heading = pasted.heading.iter().map(|title| word(title)).collect();
            pages[0].below.extend((!dice.one_in(3)).then_some(heading));
            pages[0].below.extend(pasted.rows);
        }
    }
    let path = folder.join(format!("{seed}.et"));
    match dice.below(5) {
        0 => save_csv(&path, &pages[0]),
        1 => save_xls(&path, &pages),
        _ => save_xlsx(&path, &pages),
    }
    let returned = ISSUED.receive(std::slice::from_ref(&path));
    std::fs::remove_file(&path).unwrap();
    hold(&pages, &returned, &format!("seed {seed}: {edits:?}"))
}

/// Every attached answer is on its own row of its own month, and every row adds up.
fn hold(pages: &[Page], returned: &Returned, about: &str) -> Tally {
    let mut tally = Tally { lists: 1, ..Tally::default() };
    for row in &returned.rows {
        tally.attached += 1;
        let Some(Answer::Money(fen)) = row.answers.get("income") else { continue };
        let month = MONTHS.iter().position(|month| *month == row.month.to_string()).unwrap();
        assert_eq!(*fen as f64 / 100.0, mark(month, &row.row_key), "{about}: {row:?}");
    }
    let file = &returned.files[0];
    let sums = file.sheets.iter().fold([0; 5], |sums, (_, _, counts)| {
        let of = [counts.rows, counts.answered, counts.unanswered, counts.refused, counts.repeated];
        std::array::from_fn(|place| sums[place] + of[place])
    });
    let [rows, answered, unanswered, refused, repeated] = sums;
    assert_eq!(rows, answered + unanswered + refused + repeated, "{about}: {file:?}");
    assert_eq!(answered as usize, returned.rows.len(), "{about}");
    assert_eq!(refused, returned.refusals.iter().map(|refusal| refusal.rows).sum::<u64>(), "{about}");
    (tally.refused, tally.repeated) = (refused as usize, repeated as usize);
    for refusal in &returned.refusals {
        let words = refusal.reason.to_string();
        *tally
            .reasons
            .entry(format!("{:?}", refusal.reason).split(['(', ' ']).next().unwrap().to_owned())
            .or_default() += 1;
        assert!(words.chars().count() > 4, "{words}");
    }
    if file.sheets.len() >= pages.len() {
        // Rows with a number, in sight or not, are counted, wherever they stand; and none with an amount of its own is taken for empty.
        let is_written = |cell: &SheetCell| mutate::text(cell).trim().starts_with("2302-");
        let written: usize =
            pages.iter().map(|page| page.rows.iter().filter(|row| row.iter().any(is_written)).count()).sum();
        assert!(rows as usize >= written, "{about}: {rows} of {written}");
        let has_amount = |page: &Page| {
            let column = page.column("人均纯收入（元）");
            page.rows.iter().filter(|row| matches!(row[column], SheetCell::Number(_))).count()
        };
        let filled: usize = pages.iter().map(has_amount).sum();
        assert!((answered + refused + repeated) as usize >= filled, "{about}: {filled} were filled in");
    }
    tally
}

#[test]
fn no_answer_of_two_thousand_lists_is_attached_to_a_wrong_row() {
    LazyLock::force(&ISSUED);
    let folder = tempfile::tempdir().unwrap();
    let tally =
        (0..2_000u64).into_par_iter().map(|seed| one(seed, folder.path())).reduce(Tally::default, |mut all, one| {
            all.lists += one.lists;
            all.attached += one.attached;
            all.refused += one.refused;
            all.repeated += one.repeated;
            one.reasons.into_iter().for_each(|(reason, count)| *all.reasons.entry(reason).or_default() += count);
            all
        });
    // Every way of being refused was walked, and most answers came through.
    for reason in [
        "Mismatch",
        "OtherHousehold",
        "WrongCheck",
        "TagMissing",
        "TwoAnswers",
        "TwoChoices",
        "NoChoice",
        "Merged",
        "DateUnreadable",
    ] {
        assert!(tally.reasons.contains_key(reason), "{reason} never came");
    }
    assert!(tally.lists == 2_000 && tally.attached > 4_000 && tally.attached > tally.refused, "{tally:?}");
}

/// What a list of the second town says when `change` was done to it: rows attached, and file, row, heading and reason of each refusal, then remarks.
fn check(change: impl FnOnce(&mut Page), attached: usize, expected: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let mut page = ISSUED.page(1, 1);
    page.fill(KEY, |key| {
        vec![
            ("核查结果", word("22")),
            ("情况说明", word("已复学")),
            ("人均纯收入（元）", SheetCell::Number(mark(1, key))),
        ]
    });
    change(&mut page);
    let path = folder.path().join("回.xlsx");
    save_xlsx(&path, &[page]);
    let returned = ISSUED.receive(&[path]);
    let refusals = returned.refusals.iter().map(|refusal| {
        format!("{} {} {}", refusal.at.row.unwrap_or(0), refusal.heading.as_deref().unwrap_or("整行"), refusal.reason)
    });
    let found: Vec<String> =
        refusals.chain(returned.remarks.iter().map(|(at, remark)| format!("{} {remark}", at.row.unwrap()))).collect();
    assert_eq!(returned.rows.len(), attached, "{found:#?}");
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    assert!(found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected)), "{found:#?}");
}

fn set(title: &'static str, row: usize, value: &'static str) -> impl FnOnce(&mut Page) {
    move |page| {
        let column = page.column(title);
        page.rows[row][column] = word(value);
    }
}

#[test]
fn what_is_not_taken_says_where_and_what_to_do() {
    check(|_| {}, 4, &[]);
    check(set(TAG, 0, ""), 3, &["5 整行 没有校验码；请从下发的原表"]);
    check(set(TAG, 0, "7KQ4-M2"), 3, &["5 整行 校验码不完整"]);
    check(set(TAG, 0, "7KQ4-M2XR"), 3, &["5 整行 预警编号与校验码不是同一行的"]);
    let other = ["5 整行 户编号与预警编号不是同一户的；多半是只排序了一部分列"];
    check(set("户编号", 0, "H2302-000512"), 3, &other);
    check(set("户编号", 0, ""), 4, &[]);
    check(|page| page.rows.iter_mut().for_each(|row| row[3] = word(&text(&row[3]).replace('-', "－ "))), 4, &[]);
    check(set(KEY, 1, "2302-000512"), 3, &["6 整行 预警编号有错字（校验位不对）"]);
    check(set(KEY, 1, ""), 3, &["6 整行 没有预警编号"]);
    check(set("核查结果", 1, "同意"), 3, &["6 核查结果 不是可选的项"]);
    check(set("核查结果", 1, ""), 4, &["6 没有填“核查结果”，填了的别的列已记入；请补上再报"]);
    check(
        set("核查结果", 1, "14 属实"),
        4,
        &["6 选了“14 属实，有自主应对能力，暂不纳入、持续跟踪”，还须填“有效期/复核月份”"],
    );
    check(set("情况说明", 1, ""), 4, &["6 选了“22 不属实：情况已变化”，“情况说明”里还须写明"]);
    check(set("核查日期", 1, "4月9日"), 4, &["6 “核查日期”没有写年份，按2023-04-09记"]);
    check(set("核查日期", 1, "2025-04-09"), 4, &["6 核查日期 太晚了"]);
    check(set("人均纯收入（元）", 1, "一万"), 4, &["6 人均纯收入（元） 不是金额"]);
    check(set("转往乡镇", 1, "外县"), 4, &["6 转往乡镇 不是本区的乡镇"]);
    check(|page| page.rows.push(page.rows[1].clone()), 4, &[]);
    let other = |page: &mut Page| {
        page.rows.push(page.rows[1].clone());
        set("核查结果", 4, "21")(page);
    };
    check(
        other,
        3,
        &["6 整行 与“回.xlsx”的工作表“核查清单”第9行是同一行而填得不一样", "9 整行 与“回.xlsx”的工作表“核查清单”第6行"],
    );
    let merged = |page: &mut Page| {
        let column = page.column("核查结果");
        page.merges.push((column, 0, 1));
        page.rows[1][column] = SheetCell::Empty;
    };
    check(merged, 3, &["6 核查结果 与第5行合并了"]);
    let without_tags = |page: &mut Page| {
        let column = page.column(TAG);
        page.heading[column] = "备注".into();
    };
    check(without_tags, 0, &["4 整行 表头没有“校验码”列"]);
    let outside = |page: &mut Page| {
        let column = page.column("核查结果");
        let title = page.heading.remove(column);
        page.heading.push(title);
        page.rows.iter_mut().for_each(|row| {
            let cell = row.remove(column);
            row.push(cell);
        });
    };
    check(outside, 0, &["4 整行 “核查结果”列不在“预警编号”和“校验码”之间"]);
    check(
        |page| page.heading.iter_mut().for_each(|title| title.insert(0, '甲')),
        0,
        &["0 整行 没有认出收回的清单；要有一行表头，写着“预警编号”“校验码”“核查结果”"],
    );
    let inserted = |page: &mut Page| {
        let mut row = vec![SheetCell::Empty; page.heading.len()];
        row[page.column("核查结果")] = word("21");
        page.rows.insert(1, row);
    };
    check(inserted, 4, &["6 整行 填了结果而没有预警编号和校验码"]);
}

#[test]
fn a_file_again_is_read_once_and_folders_are_walked() {
    let folder = tempfile::tempdir().unwrap();
    let mut page = ISSUED.page(0, 2);
    page.fill(KEY, |_| vec![("核查结果", word("21"))]);
    let inner = folder.path().join("收件").join("百朋");
    std::fs::create_dir_all(&inner).unwrap();
    save_csv(&inner.join("甲.csv"), &page);
    std::fs::copy(inner.join("甲.csv"), inner.join("乙.csv")).unwrap();
    std::fs::write(inner.join("~$甲.xlsx"), "x").unwrap();
    std::fs::write(inner.join("说明.txt"), "请查收\n").unwrap();
    let returned = ISSUED.receive(&[folder.path().join("收件"), folder.path().join("没有.xlsx")]);
    let names: Vec<_> = returned.files.iter().map(|file| (file.name.as_str(), file.same_as.as_deref())).collect();
    let expected =
        [("收件/百朋/乙.csv", None), ("收件/百朋/甲.csv", Some("收件/百朋/乙.csv")), ("收件/百朋/说明.txt", None)];
    assert_eq!(names, expected);
    assert_eq!(returned.rows.len(), page.rows.len());
    assert!(returned.rows.iter().all(|row| row.month.to_string() == "2023-02"), "last month's list is last month's");
    let refused: Vec<_> = returned.refusals.iter().map(|refusal| refusal.at.file.as_str()).collect();
    assert_eq!(refused, ["收件/百朋/说明.txt", "没有.xlsx"]);
}

/// Two copies of one row lie side by side: which of them counts, by what was heard of either before.
#[test]
fn a_correction_may_lie_beside_what_it_corrects() {
    use Heard::{Before, Never, Stands};
    let folder = tempfile::tempdir().unwrap();
    let codes = ["21", "22"];
    let paths = codes.map(|code| folder.path().join(format!("{code}.csv")));
    for (code, path) in codes.iter().zip(&paths) {
        let mut page = ISSUED.page(0, 2);
        page.rows.truncate(1);
        page.fill(KEY, |_| vec![("核查结果", word(code))]);
        save_csv(path, &page);
    }
    let digests: Vec<String> = ISSUED.receive(&paths).files.into_iter().map(|file| file.sha256).collect();
    let code = |row: &ReturnedRow| match &row.answers["result"] {
        Answer::Choice(code) => code.clone(),
        other => panic!("{other:?}"),
    };
    let cases = [
        // Neither came before: nobody can tell.
        ([None, None], None),
        ([Some(Stands), None], Some("22")),
        ([Some(Before), None], Some("22")),
        // Both were refused then, and are still.
        ([Some(Never), Some(Never)], None),
        ([Some(Never), None], None),
        // A third that stood beside the second is gone.
        ([Some(Stands), Some(Never)], Some("22")),
        ([Some(Before), Some(Stands)], Some("22")),
        ([Some(Stands), Some(Before)], Some("21")),
        ([Some(Before), Some(Before)], None),
    ];
    for (before, expected) in cases {
        let of = |place: usize| before[place];
        let is_known = |sha256: &str| (0..2).any(|place| of(place).is_some() && digests[place] == sha256);
        let heard =
            |row: &ReturnedRow| of(codes.iter().position(|known| *known == code(row)).unwrap()).unwrap_or(Never);
        let returned = ISSUED.receive_after(&paths, &is_known, &heard);
        let taken: Vec<String> = returned.rows.iter().map(code).collect();
        assert_eq!(taken, expected.into_iter().collect::<Vec<_>>(), "{before:?}");
        assert_eq!(returned.refusals.len(), if expected.is_some() { 0 } else { 2 }, "{before:?}");
        for file in &returned.files {
            let counts = file.sheets[0].2;
            assert_eq!(counts.rows, counts.answered + counts.older + counts.refused, "{before:?}");
        }
    }
}
