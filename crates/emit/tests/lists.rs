//! The lists of the configuration over an invented month, read back as their readers would.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod sample;

use bidui_emit::{EmitError, WrittenList, render_lists};
use calamine::{Reader, Xlsx, open_workbook};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

fn render(out: &Path) -> Vec<WrittenList> {
    let lists = sample::lists();
    render_lists(&lists, &sample::relations(), &sample::context(), out).expect("lists")
}

/// A sheet as text: cells with `|`, rows with newlines, empty ones left out.
fn read(path: &Path, sheet: &str) -> String {
    let mut workbook: Xlsx<_> = open_workbook(path).expect("a workbook");
    let range = workbook.worksheet_range(sheet).expect("a sheet");
    let rows = range.rows().map(|row| {
        let cells: Vec<String> = row.iter().map(ToString::to_string).collect();
        cells.join("|").trim_end_matches('|').to_owned()
    });
    rows.filter(|row| !row.is_empty()).collect::<Vec<_>>().join("\n")
}

fn sheets(path: &Path) -> Vec<String> {
    let workbook: Xlsx<_> = open_workbook(path).expect("a workbook");
    workbook.sheet_names()
}

#[test]
fn the_months_lists_are_these_files_with_these_rows() {
    let out = tempfile::tempdir().unwrap();
    let files: Vec<_> = render(out.path())
        .into_iter()
        .map(|written| format!("{} {} {}", written.file, written.key, written.rows))
        .collect();
    let expected = [
        "district/数据核实清单（未归属乡镇）.xlsx  1",
        "towns/450206100_拉堡镇/数据核实清单.xlsx 450206100 0",
        "towns/450206102_百朋镇/数据核实清单.xlsx 450206102 1",
        "towns/450206103_成团镇/数据核实清单.xlsx 450206103 0",
        "departments/医疗保障局/数据退回清单.xlsx 医疗保障局 6",
        "departments/教育局/数据退回清单.xlsx 教育局 0",
        "district/待认定关联清单.xlsx  2",
        "district/待判定清单.xlsx  1",
        "district/汇总表.xlsx  23",
        "district/未归属清单.xlsx  1",
        "towns/450206100_拉堡镇/核查清单.xlsx 450206100 1",
        "towns/450206102_百朋镇/核查清单.xlsx 450206102 6",
        "towns/450206103_成团镇/核查清单.xlsx 450206103 0",
    ];
    assert_eq!(files, expected);
}

#[test]
fn a_town_reads_its_households_by_level_under_its_own_title() {
    let out = tempfile::tempdir().unwrap();
    render(out.path());
    let path = out.path().join("towns/450206102_百朋镇/核查清单.xlsx");
    let classes = ["因病因残", "因学", "住房饮水", "就业产业", "灾害意外", "收入兜底及其他"];
    let expected: Vec<_> = ["核查清单", "以前未办结"].into_iter().chain(classes).chain(["填表说明", "选项"]).collect();
    assert_eq!(sheets(&path), expected);
    let text = read(&path, "核查清单");
    assert!(text.contains("百朋镇2023年3月防返贫预警信息核查清单"), "{text}");
    assert!(text.contains("共3户：红1户、橙1户、黄1户"), "{text}");
    assert!(text.contains("序号|预警等级|预警编号|户主姓名"), "{text}");
    let order: Vec<_> = ["1|红|2303-000010|韦某某", "2|橙|2303-000037|蓝某某", "3|黄|2303-000029|覃某某"]
        .iter()
        .map(|row| text.find(row).unwrap_or_else(|| panic!("{row} in {text}")))
        .collect();
    assert!(order.is_sorted(), "{text}");
    assert!(text.contains("1.【红】近12个月住院个人自付合计23580.50元，达到20000元\n2.【橙】家庭成员2人"), "{text}");
    assert!(text.contains("证件号码一致，姓名待核"), "{text}");
    let members = "韦某某\n韦小某|450221********1234\n450221********5678|2023-03|第3个月|";
    assert!(text.contains(members) && text.contains("|低保\n帮扶措施3项|"), "{text}");
    for policies in ["|未见|证件号码一致", "|帮扶措施1项|"] {
        assert!(text.contains(policies), "{policies} in {text}");
    }
    assert!(text.contains("核查人：") && !text.contains("莫某某") && !text.contains("罗某某"), "{text}");
    let note = read(&path, "填表说明");
    assert!(note.contains("21|不属实：数据错误||错在何处") && note.contains("监测线 monitor_line||7300元"), "{note}");
    assert!(note.contains("规则||预警标准\n重点户住院自付过高||红 近12个月个人自付≥20000元；橙 ≥10000元"), "{note}");
    assert!(note.contains("核查结果为11且农户签署授权后"), "{note}");
    assert!(read(&path, "选项").starts_with("11 属实，拟纳入监测|是|因病|脱贫不稳定户|拉堡镇|N01 产业帮扶|入户"));
}

#[test]
fn a_town_without_a_warning_is_told_so() {
    let out = tempfile::tempdir().unwrap();
    render(out.path());
    let text = read(&out.path().join("towns/450206103_成团镇/核查清单.xlsx"), "核查清单");
    assert!(text.contains("成团镇2023年3月") && text.contains("本月没有新的和持续的预警需要核查。"), "{text}");
    assert!(text.contains("共0户"), "{text}");
}

#[test]
fn a_value_that_looks_like_a_formula_stays_a_word() {
    let out = tempfile::tempdir().unwrap();
    render(out.path());
    let path = out.path().join("towns/450206100_拉堡镇/核查清单.xlsx");
    let text = read(&path, "核查清单");
    assert!(text.contains("=1+1是一个值") && text.contains("@核查在岗情况"), "{text}");
    let mut workbook: Xlsx<_> = open_workbook(&path).unwrap();
    let formulas = workbook.worksheet_formula("核查清单").unwrap();
    assert_eq!(formulas.used_cells().count(), 0);
}

#[test]
fn every_row_of_a_list_that_comes_back_ends_with_its_tag_and_is_reported() {
    let out = tempfile::tempdir().unwrap();
    let written = render(out.path());
    let text = read(&out.path().join("towns/450206102_百朋镇/核查清单.xlsx"), "核查清单");
    assert!(text.contains("|审核日期|校验码\n1|红|2303-000010|"), "{text}");
    assert!(text.contains("|请勿改动\n") && text.matches("|V11").count() == 3, "{text}");
    let issued = |list: &str| -> Vec<String> {
        let rows = written.iter().filter(|file| file.list == list).flat_map(|file| &file.issued);
        rows.map(|row| format!("{} {} {}", row.kind.code(), row.row_key, row.tag)).collect()
    };
    assert_eq!(issued("verification").len(), 4);
    assert_eq!(issued("verification")[1], "verification 2303-000010 V11");
    assert_eq!(issued("summary").len(), 0);
    let check = issued("data-check");
    assert!(check.len() == 2 && check.iter().all(|row| row.starts_with("data_check ")), "{check:?}");
    assert_eq!(issued("link-review").len(), 2);
}

#[test]
fn a_row_without_a_key_could_not_come_back_and_stops_the_list() {
    let out = tempfile::tempdir().unwrap();
    let mut list = sample::list("verification");
    list.sheets[0].returns.as_mut().unwrap().row_key = "policies_note".into();
    let result = render_lists(&[list], &sample::relations(), &sample::context(), out.path());
    assert!(matches!(result, Err(EmitError::Query { .. })), "{result:?}");
    let mut list = sample::list("verification");
    // Of the households that are sent to towns, one has no words for the identity check.
    list.sheets[0].returns.as_mut().unwrap().row_key = "identity_check".into();
    let result = render_lists(&[list], &sample::relations(), &sample::context(), out.path());
    assert!(matches!(result, Err(EmitError::NoRowKey { .. })), "{result:?}");
}

/// The bytes of a part of a workbook.
fn part(path: &Path, name: &str) -> String {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_towns_list_is_locked_but_for_its_answers_and_prints_on_a4() {
    let out = tempfile::tempdir().unwrap();
    render(out.path());
    let path = out.path().join("towns/450206102_百朋镇/核查清单.xlsx");
    let sheet = part(&path, "xl/worksheets/sheet1.xml");
    for expected in [
        "<sheetProtection sheet=\"1\" objects=\"1\" scenarios=\"1\" formatColumns=\"0\" formatRows=\"0\" autoFilter=\"0\"/>",
        "state=\"frozen\"",
        "<autoFilter ref=\"A4:",
        "<formula1>'选项'!$A$1:$A$15</formula1>",
        "type=\"date\"",
        "paperSize=\"9\" fitToWidth=\"4\" fitToHeight=\"0\" pageOrder=\"overThenDown\" orientation=\"landscape\"",
        "第 &amp;P 页　共 &amp;N 页",
    ] {
        assert!(sheet.contains(expected), "{expected}");
    }
    assert!(part(&path, "xl/styles.xml").contains("<protection locked=\"0\"/>"));
    let workbook = part(&path, "xl/workbook.xml");
    assert!(workbook.contains("name=\"选项\" sheetId=\"10\" state=\"hidden\""), "{workbook}");
    assert!(workbook.contains("核查清单!$A:$D,核查清单!$1:$4"), "{workbook}");
    assert!(part(&path, "docProps/core.xml").contains("2023-03-31T00:00:00Z"));
}

#[test]
fn the_district_sees_every_sheet_and_what_nobody_owns() {
    let out = tempfile::tempdir().unwrap();
    render(out.path());
    let path = out.path().join("district/汇总表.xlsx");
    let towns = read(&path, "按乡镇");
    for line in [
        "450206100|拉堡镇|1|0|0|0|1|0",
        "450206102|百朋镇|3|1|1|1|0|1",
        "450206103|成团镇|0",
        "|未归属|1|0|1",
        "|合计|5|1|2|1|1|1",
    ] {
        assert!(towns.contains(line), "{line} in {towns}");
    }
    assert!(read(&path, "到件情况").contains("水利局|水利_饮水不安全户|未到"));
    assert!(read(&path, "控制总数").contains("5 派发|全部|5|4|1|0|5"));
    let unrouted = read(&out.path().join("district/未归属清单.xlsx"), "未归属清单");
    assert!(unrouted.contains("罗某某") && unrouted.contains("已划出"), "{unrouted}");
    let review = read(&out.path().join("district/待判定清单.xlsx"), "待判定清单");
    assert!(review.contains("饮水不安全") && review.contains("五九村"), "{review}");
}

#[test]
fn a_department_gets_its_values_rows_and_the_unlinked() {
    let out = tempfile::tempdir().unwrap();
    render(out.path());
    let path = out.path().join("departments/医疗保障局/数据退回清单.xlsx");
    assert!(read(&path, "退回数据").contains("4502…000"));
    assert!(read(&path, "剔除行").contains("合计行"));
    let unlinked = read(&path, "未关联行");
    assert!(
        unlinked.contains("|12|未关联|证件号码被Excel")
            && unlinked.contains("|15|待区里认定|")
            && !unlinked.contains("|13|"),
        "{unlinked}"
    );
    assert!(unlinked.contains("|16|疑似，身份待核|证件号码错一位"), "{unlinked}");
    assert!(read(&path, "关联情况").contains("医保_住院结算|498|479|0|6|1|12|11|"));
}

#[test]
fn a_row_in_review_stands_beside_each_of_its_candidates() {
    let out = tempfile::tempdir().unwrap();
    render(out.path());
    let text = read(&out.path().join("district/待认定关联清单.xlsx"), "待认定关联清单");
    let written = "姓名：覃小某\n证件：450221…\n出生：2003-05-06\n村：五九村\n电话：*0002";
    let first = format!("1|1/2|{written}|姓名：韦某某（户主）\n证件：450221…");
    let second = format!("2|2/2|{written}|姓名：覃小某（之子）\n证件：450221…");
    for words in [&first, &second, "人编号：p3", "证件号码是一个人的，姓名是另一个人的", "合计 +23.1"]
    {
        assert!(text.contains(words), "{words} in {text}");
    }
}

#[test]
fn the_same_month_gives_the_same_bytes() {
    let bytes = |threads: usize| {
        let out = tempfile::tempdir().unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let written = pool.install(|| render(out.path()));
        let read = |written: &WrittenList| {
            let bytes = std::fs::read(out.path().join(&written.file)).unwrap();
            (written.file.clone(), bytes)
        };
        written.iter().map(read).collect::<BTreeMap<_, _>>()
    };
    assert!(bytes(1) == bytes(2));
}

#[test]
fn a_month_without_rows_still_writes_every_towns_list() {
    let out = tempfile::tempdir().unwrap();
    let lists = sample::lists();
    let written = render_lists(&lists, &sample::no_rows(), &sample::context(), out.path()).unwrap();
    assert_eq!(written.iter().filter(|file| file.list == "verification").count(), 3);
}

#[test]
fn a_row_without_a_home_stops_the_list_rather_than_vanish() {
    let out = tempfile::tempdir().unwrap();
    let mut list = sample::list("data-check");
    list.file_without_key = None;
    let result = render_lists(&[list], &sample::relations(), &sample::context(), out.path());
    assert!(matches!(result, Err(EmitError::NoHome { rows: 1, .. })));
}
