//! `bidui report` over months that were published, and over what is no published month.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/published.rs"]
mod published;
mod support;

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use calamine::{Data, Reader, Xlsx, open_workbook};
use polars::prelude::DataFrame;
use published::{frame, publish};
use support::{program, repository, say};

const TOWNS: [(&str, &str); 2] = [("450206100", "拉堡镇"), ("450206102", "百朋镇")];
const LEVELS: [(&str, &str, i64); 4] = [("red", "红", 1), ("orange", "橙", 2), ("yellow", "黄", 3), ("blue", "蓝", 4)];

/// A month of some warned households, every second of them new.
fn month(month: &str, warned: usize) -> Vec<(&'static str, DataFrame)> {
    let mut warnings = Vec::new();
    let mut signals = Vec::new();
    for at in 0..warned {
        let (code, name, rank) = LEVELS[at % 4];
        let (town_code, town) = TOWNS[at % 2];
        let household = format!("H9{at:07}");
        warnings.push(row! { "month": month, "household_id": household, "level": code, "level_name": name, "level_rank": rank,
            "risks": "因病、因残", "rules": "medical,disabled", "departments": "医疗保障局、残联", "route": "registry", "town_code": town_code,
            "town": town, "state": if at % 2 == 0 { "new" } else { "continuing" }, "case_id": format!("{}-{at:05}X", month.replace('-', "")) });
        for (rule, title, state) in [("medical", "自付医疗费过高", "live"), ("disabled", "新增残疾", "cooling")]
        {
            signals.push(
                row! { "month": month, "household_id": household, "rule_id": rule, "rule_title": title, "risk": "因病",
                "level": code, "level_name": name, "state": state },
            );
        }
    }
    let last = month.parse::<bidui_model::Month>().unwrap().plus(-1).to_string();
    let standing: Vec<_> = [last.as_str(), month]
        .into_iter()
        .flat_map(|month| std::iter::once(("", "")).chain(TOWNS).map(move |town| (month, town)))
        .map(|(of, (code, town))| {
            let (answered, overdue) = if of == month { (0, 0) } else { (7, 2) };
            row! { "month": of, "town_code": code, "town": town, "before": 4, "opened": 3, "closed": 1, "standing": 6, "issued": 10,
                "answered": answered, "open": 10 - answered, "overdue": overdue, "included": 1, "eliminated": 0, "rerouted": 0,
                "results": 4, "results_unlisted": 1, "results_open": 0, "answered_otherwise": answered - answered.min(3) }
        })
        .collect();
    let feeds = vec![
        row! { "feed": "医保_参保", "department": "医疗保障局", "status": "ok", "rows": 100, "kept": 98, "rejected": 2, "linked": 97,
        "unlinked": 1, "flaws": 3, "damaged_ids": 0 },
        row! { "feed": "教育_在校学生", "department": "教育局", "status": "missing", "rows": 0, "rejected": 0, "unlinked": 0, "flaws": 0 },
    ];
    let stability = vec![
        row! { "month": month, "town_code": "", "town": "全区", "included": 9, "mean_included": 1.5, "eliminated": 0, "mean_eliminated": 0.0,
        "largest_same_day": 6, "in_out_in": 0 },
        row! { "month": month, "town_code": "450206102", "town": "百朋镇", "included": 9, "mean_included": 1.5, "last5_included_share": 0.8,
        "eliminated": 0, "mean_eliminated": 0.0, "largest_same_day": 6, "in_out_in": 0, "flags": "大进大出、突击纳入" },
    ];
    let clusters = vec![
        row! { "month": month, "kind": "行政村", "place": "琴屯村", "town": "百朋镇", "risk": "因安全饮水", "households": 5 },
    ];
    vec![
        ("warnings", frame("warnings", &warnings)),
        ("signals", frame("signals", &signals)),
        ("standing", frame("standing", &standing)),
        ("feeds", frame("feeds", &feeds)),
        ("stability", frame("stability", &stability)),
        ("clusters", frame("clusters", &clusters)),
    ]
}

/// Answers to February's lists, and second looks at two of them.
fn answers() -> DataFrame {
    let one = |at: usize, list: &str, list_month: &str, (code, label, effect): (&str, &str, &str)| {
        let (town_code, town) = TOWNS[at % 2];
        let (first_code, first_effect, differs) = match (list, at) {
            ("sample", 1) => ("14", "cool", "是"),
            ("sample", _) => ("21", "data_error", "否"),
            _ => ("", "", ""),
        };
        row! { "case_id": format!("2302-{at:05}X"), "household_id": format!("H9{at:07}"), "list": list, "list_month": list_month, "code": code,
        "label": label, "effect": effect, "standing": "是", "town_code": town_code, "town": town, "level": "red", "rules": "medical,disabled",
        "first_code": first_code, "first_effect": first_effect, "differs": differs }
    };
    let include = ("11", "属实，拟纳入监测", "include");
    let cool = ("14", "属实，有自主应对能力", "cool");
    let wrong = ("21", "不属实：数据错误", "data_error");
    let rows = vec![
        one(0, "verification", "2023-02", include),
        one(1, "verification", "2023-02", cool),
        one(2, "verification", "2023-02", wrong),
        one(3, "verification", "2023-02", wrong),
        one(4, "verification", "2023-01", include),
        one(5, "verification", "2023-01", wrong),
        one(6, "verification", "2023-02", ("00", "未核实", "pending")),
        one(1, "sample", "2023-02", include),
        one(2, "sample", "2023-02", wrong),
    ];
    frame("answers", &rows)
}

fn households() -> DataFrame {
    let rows: Vec<_> = (0..4)
        .map(|at| {
            row! { "household_id": format!("H9{at:07}"), "household_kind": "脱贫户", "risk_status": if at == 0 { "未消除" } else { "" },
                "town_code": if at == 3 { "" } else { TOWNS[at % 2].0 }, "income_2021": 12_000.0, "income_2022": 9_000.0 + 2_000.0 * at as f64 }
        })
        .collect();
    frame("households", &rows)
}

fn report(out: &Path, month: &str) -> support::Said {
    let mut command = program();
    command.args(["report", month, "--config"]).arg(repository().join("config/bidui.toml")).arg("--out").arg(out);
    say(&mut command)
}

/// The text of a document.
fn words(path: &Path) -> String {
    let mut archive = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    let mut xml = String::new();
    archive.by_name("word/document.xml").unwrap().read_to_string(&mut xml).unwrap();
    let mut text = String::new();
    for piece in xml.replace("</w:p>", "\n").split('<') {
        text.push_str(piece.rsplit_once('>').map_or(piece, |(_, words)| words));
    }
    text
}

fn sheet(path: &Path, name: &str) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = open_workbook(path).unwrap();
    let cell = |cell: &Data| cell.to_string();
    book.worksheet_range(name).unwrap().rows().map(|row| row.iter().map(cell).collect()).collect()
}

fn quarter(out: &Path) {
    publish(out, "2023-01", &month("2023-01", 4), &[]);
    publish(out, "2023-02", &month("2023-02", 6), &[]);
    // February's month knows of no answer yet; January's list was answered after it, and before March.
    let mut march = month("2023-03", 10);
    march.push(("answers", answers()));
    march.push(("households", households()));
    march.push((
        "clocks",
        frame("clocks", &[row! { "clock": "verify", "title": "核查", "state": "overdue", "overdue_days": 4, "town_code": "450206102", "town": "百朋镇" }]),
    ));
    publish(out, "2023-03", &march, &[]);
}

#[test]
fn a_quarters_last_month_is_reported_in_figures_and_sentences() {
    let folder = tempfile::tempdir().unwrap();
    quarter(folder.path());
    let said = report(folder.path(), "2023-03").expect(0);
    assert!(said.stdout.contains("月报.docx、月报.xlsx") || said.stdout.contains("季度分析.docx"), "{}", said.stdout);
    let place = folder.path().join("2023-03/report");
    let text = words(&place.join("月报.docx"));
    for sentence in [
        "柳江区2023年3月防止返贫监测预警处置情况月报",
        "柳州市乡村振兴局：",
        "2023年3月，各部门应到数据2份，可用1份，未到1份",
        "共预警10户，其中红色3户、橙色3户、黄色2户、蓝色2户。",
        "新增5户、持续5户",
        "按乡镇分：拉堡镇5户、百朋镇5户。没有预警的乡镇：",
        "同一村（安置点）同一风险聚集的：琴屯村因安全饮水5户，须查明是否有共同原因",
        "按办理部门分（一户涉及几个部门的分别计）：医疗保障局10户、残联10户。",
        "2023年2月的清单列入档案10个，到本次下发日已答复7个，未答复3个，其中已超期2个，答复率70.0%。2023年2月办结档案1个",
        "本月开档3个，月末在办6个，本月清单列入10个。",
        "2023年2月的清单收到核查结果4户，其中属实2户、不属实2户（与已答复的7个比，含“以前未办结”里不属当月列入的1个；不含按更早清单的答复或并入同户档案计为已答复、没有当月结果的4个）。属实的拟纳入监测（含回退）1户。",
        "另有1户报来的是“未核实”",
        "另收到更早各月清单（2023年1月）上次月报以后才报来的答复2户，其中迟报2户；结论：属实1户、不属实1户，上次月报没有计入。",
        "按结果分：“不属实：数据错误”2户、“属实，拟纳入监测”1户、“属实，有自主应对能力”1户。",
        "到下发日为止超期未办的：核查1件。",
        "本月（上次月报以后）收到抽查复核结果2户，与原结论不一致1户，差错率50.0%（95%置信区间9.5%—90.5%），其中原结论为不必纳入或帮扶、复核却要的1户。今年以来累计收到2户",
        "按规则分：“自付医疗费过高”10户。",
        "按底册和台账的日期，全区本月纳入监测9户，风险消除0户。",
        "本月须核实纳入和消除情况的：百朋镇（大进大出、突击纳入）。",
        "预警10户，比上月增加4户（66.7%）",
        "月末在办档案6个，与上月持平",
        "2023年4月6日",
    ] {
        assert!(text.contains(sentence), "{sentence}\n{text}");
    }
    let text = words(&place.join("季度分析.docx"));
    for sentence in [
        "柳江区2023年第一季度防止返贫监测分析",
        "2023年1月预警4户（红色1户），2023年2月预警6户（红色2户），2023年3月预警10户（红色3户）。2023年3月比2023年1月增加6户（150.0%）。",
        "本季度触发的规则1条：“自付医疗费过高”20户次。",
        "季末在册监测对象1户，其中风险未消除1户（100.0%），已消除0户。",
        "按底册和台账的日期，全区本季度纳入监测27户，风险消除0户。只计预警户、按台账，纳入监测2户，风险消除0户（附表“核查处置”）",
        "不属实、数据错误的3户，请报送部门核对数据",
        "2023年1月百朋镇（大进大出、突击纳入）、2023年2月百朋镇",
        "2022年12月至2023年3月各月清单收到的核查结果中，有属实或不属实结论的12条次，其中属实6条次，指标准确率50.0%。",
    ] {
        assert!(text.contains(sentence), "{sentence}\n{text}");
    }
    let towns = sheet(&place.join("月报.xlsx"), "按乡镇");
    let last = towns.iter().rfind(|row| row[0].contains("全区")).unwrap();
    assert_eq!(last[1..7], ["10", "6", "3", "3", "2", "2"].map(str::to_owned), "{towns:?}");
    let results = sheet(&place.join("月报.xlsx"), "上月清单（按乡镇）");
    let last = results.iter().rfind(|row| row[0].contains("全区")).unwrap();
    let expected = ["全区（含未归属）", "10", "7", "3", "2", "0.7", "2", "2", "0", "0.5"];
    assert_eq!(last[..10], expected.map(str::to_owned), "{results:?}");
    let rules = sheet(&place.join("月报.xlsx"), "按规则");
    let medical = rules.iter().find(|row| row[0] == "自付医疗费过高").unwrap();
    assert_eq!((medical[10].as_str(), medical[11].as_str()), ("4", "2"), "{rules:?}");
    // What is not asked again has not fired, there and in the quarter.
    let disabled = rules.iter().find(|row| row[0] == "新增残疾").unwrap();
    assert_eq!(disabled[2..10], ["0", "0", "0", "0", "0", "0", "0", "10"].map(str::to_owned), "{rules:?}");
    let consulted = sheet(&place.join("季度分析.xlsx"), "会商材料");
    let asked: Vec<&String> =
        consulted.iter().filter_map(|row| row.last()).filter(|word| word.contains('请')).collect();
    assert!(asked.iter().all(|word| ["请会商", "请报送部门核对数据"].contains(&word.as_str())), "{consulted:?}");
    assert!(asked.len() > 1 && consulted.iter().flatten().all(|cell| !cell.contains('[')), "{consulted:?}");
    let rules = sheet(&place.join("季度分析.xlsx"), "按规则走势");
    let disabled = rules.iter().find(|row| row[0] == "新增残疾").unwrap();
    assert_eq!(disabled[2..8], ["0", "0", "0", "0", "0", "20"].map(str::to_owned), "{rules:?}");
    // Whom no town has is in a row of his own, and the county is the sum.
    for (name, counts) in [("监测对象", ["1", "4"]), ("收入", ["1", "4"])] {
        let rows = sheet(&place.join("季度分析.xlsx"), name);
        let of = |town: &str| rows.iter().find(|row| row[0] == town).map(|row| row[1].clone()).unwrap_or_default();
        assert_eq!([of("未归属"), of("全区")], counts, "{rows:?}");
        let towns: i64 =
            rows.iter().filter(|row| row[0].ends_with('镇')).filter_map(|row| row[1].parse::<i64>().ok()).sum();
        assert_eq!(towns, 3, "{rows:?}");
    }
    let late = sheet(&place.join("月报.xlsx"), "迟报和更正的答复");
    let late: Vec<_> = late.iter().filter(|row| row[0] == "2023-01").map(|row| row[1..5].join(" ")).collect();
    assert_eq!(late, ["拉堡镇 迟报 属实 1", "百朋镇 迟报 不属实 1"]);
    let items = sheet(&place.join("月报.xlsx"), "总体情况");
    let warned = items.iter().find(|row| row[1] == "预警户数").unwrap();
    assert_eq!(warned[3..6], ["10", "6", "4"].map(str::to_owned));
}

/// What was counted from the beginning is said so, beside what is the month's own.
#[test]
fn what_is_counted_over_all_months_is_not_the_months() {
    let folder = tempfile::tempdir().unwrap();
    let look = |case: &str, of: &str| {
        row! { "case_id": case, "list": "sample", "list_month": of, "code": "11", "effect": "include", "standing": "是",
        "town_code": "450206102", "town": "百朋镇", "first_code": "22", "first_effect": "changed", "differs": "是" }
    };
    let helped = |count: usize| {
        let one = |at: usize| {
            row! { "case_id": format!("2301-{at:05}X"), "clock": "helper", "title": "落实帮扶责任人", "state": "done" }
        };
        frame("clocks", &(0..count).map(one).collect::<Vec<_>>())
    };
    let need = |case: &str, pushed: &str| row! { "case_id": case, "pushed": pushed, "state": "met" };
    let mut february = month("2023-02", 4);
    february.push(("answers", frame("answers", &[look("A", "2023-01"), look("B", "2022-11")])));
    february.push(("clocks", helped(5)));
    publish(folder.path(), "2023-02", &february, &[]);
    let mut march = month("2023-03", 4);
    march.push(("answers", frame("answers", &[look("A", "2023-01"), look("B", "2022-11"), look("C", "2023-02")])));
    march.push(("clocks", helped(7)));
    march.push(("needs", frame("needs", &[need("A", "2023-02"), need("C", "2023-03")])));
    publish(folder.path(), "2023-03", &march, &[]);
    report(folder.path(), "2023-03").expect(0);
    let place = folder.path().join("2023-03/report");
    let text = words(&place.join("月报.docx"));
    for sentence in [
        "本月（上次月报以后）收到抽查复核结果1户，与原结论不一致1户",
        "今年以来累计收到2户，与原结论不一致2户",
        "累计已落实帮扶责任人7户（比上月增加2户）。",
        "推送给部门的帮扶需求累计2项（本月推送1项），其中已落实2项。",
    ] {
        assert!(text.contains(sentence), "{sentence}\n{text}");
    }
    let rates = sheet(&place.join("月报.xlsx"), "抽查差错率");
    let county = rates.iter().rfind(|row| row[0].contains("全区")).unwrap();
    assert_eq!((county[1].as_str(), county[8].as_str()), ("1", "2"), "{rates:?}");
}

#[test]
fn no_report_names_a_household_and_only_the_owner_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    quarter(folder.path());
    report(folder.path(), "2023-03").expect(0);
    let place = folder.path().join("2023-03/report");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place), 0o700);
    let mut files = 0;
    for entry in fs::read_dir(&place).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        let mut archive = zip::ZipArchive::new(fs::File::open(&path).unwrap()).unwrap();
        for at in 0..archive.len() {
            let mut text = String::new();
            archive.by_index(at).unwrap().read_to_string(&mut text).unwrap();
            assert!(!text.contains("H900000") && !text.contains("2302-0000"), "{} {at}", path.display());
        }
        files += 1;
    }
    assert_eq!(files, 4);
    assert!(!folder.path().join("2023-03/.report.part").exists());
}

#[test]
fn the_same_months_are_the_same_bytes_and_a_second_report_replaces_the_first() {
    let bytes = || {
        let folder = tempfile::tempdir().unwrap();
        quarter(folder.path());
        report(folder.path(), "2023-03").expect(0);
        report(folder.path(), "2023-03").expect(0);
        ["月报.docx", "月报.xlsx", "季度分析.docx", "季度分析.xlsx"]
            .map(|name| fs::read(folder.path().join("2023-03/report").join(name)).unwrap())
    };
    assert!(bytes() == bytes());
}

#[test]
fn nothing_to_report_is_said_in_sentences() {
    let folder = tempfile::tempdir().unwrap();
    publish(folder.path(), "2023-02", &[], &[]);
    let said = report(folder.path(), "2023-02").expect(0);
    assert!(said.stdout.contains("上月没有发布（首次运行，或输出文件夹换过），无上月可比"), "{}", said.stdout);
    let place = folder.path().join("2023-02/report");
    assert!(!place.join("季度分析.docx").exists());
    let text = words(&place.join("月报.docx"));
    for sentence in [
        "本月没有产生预警。",
        "本月没有预警，不作分布。",
        "2023年1月没有列入清单的档案。",
        "预警户本月没有纳入监测的，也没有风险消除的。",
        "到下发日为止没有超期未办的事项。",
        "上次月报以后，到本月运行时没有收到抽查复核结果；以后收到的列入下次月报。",
        "上月没有发布（首次运行，或输出文件夹换过），无上月可比。",
        "没有超期的事项。",
    ] {
        assert!(text.contains(sentence), "{sentence}\n{text}");
    }
    publish(folder.path(), "2023-04", &[], &[]);
    assert!(report(folder.path(), "2023-04").expect(0).stdout.contains("2023年3月没有发布，无上月可比"));
}

#[test]
fn a_month_without_a_ledger_says_so_where_it_would_count_cases() {
    const OF_LEDGER: [&str; 7] = ["cases", "answers", "clocks", "needs", "standing", "case_events", "anomalies"];
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    publish(out, "2023-01", &month("2023-01", 4), &OF_LEDGER);
    publish(out, "2023-02", &month("2023-02", 6), &[]);
    let place = |month: &str| out.join(month).join("report/月报.docx");
    let said = report(out, "2023-01").expect(0);
    assert!(said.stdout.contains("本月尚无台账"), "{}", said.stdout);
    let text = words(&place("2023-01"));
    assert!(text.contains("共预警4户") && text.contains("尚无台账。列入清单"), "{text}");
    assert!(!text.contains("月末在办"), "{text}");
    report(out, "2023-02").expect(0);
    let text = words(&place("2023-02"));
    assert!(text.contains("预警6户，比上月增加2户（50.0%）"), "{text}");
    assert!(text.contains("月末在办档案、超期未核查、纳入监测、风险消除上月没有数，不作比较。"), "{text}");
}

#[test]
fn a_month_that_is_not_whole_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    assert!(report(out, "2023-03").expect(2).stderr.contains("2023年3月还没有发布；请先执行 bidui run 2023-03"));
    publish(out, "2023-03", &month("2023-03", 3), &["stability"]);
    assert!(report(out, "2023-03").expect(2).stderr.contains("没有现在的关系“stability”"));
    publish(out, "2023-03", &month("2023-03", 3), &[]);
    let path = out.join("2023-03/data/answers.parquet");
    fs::write(&path, b"PAR1").unwrap();
    assert!(report(out, "2023-03").expect(2).stderr.contains("与 manifest.json 不符"));
    fs::remove_file(out.join("2023-03/manifest.json")).unwrap();
    assert!(report(out, "2023-03").expect(2).stderr.contains("不是完整发布的月份"));
    assert!(!out.join("2023-03/report").exists());
}
