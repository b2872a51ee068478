//! 报告.html of a run: read back without a browser. Its figures are those of the relations, the summary and the monthly report; it names nobody.
//! What a browser makes of it, docs/tools/page.py looks at where there is one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/page.rs"]
mod page;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use calamine::{Reader, Xlsx, open_workbook};
use page::ReadPage;
use support::{County, Record, copy_tree, digests, program, records, repository, say};

const MONTH: &str = "2023-03";
const FILE: &str = "district/报告.html";
const LEVELS: [(&str, &str); 4] = [("red", "红"), ("orange", "橙"), ("yellow", "黄"), ("blue", "蓝")];
const SECTIONS: [&str; 12] = [
    "first",
    "totals",
    "arrivals",
    "towns",
    "rules",
    "trends",
    "overdue",
    "quality",
    "linkage",
    "stability",
    "causes",
    "anomalies",
];

/// January to March of the fixtures, with towns that answer.
static REHEARSED: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program();
    command.current_dir(repository()).args(["rehearse", "--quiet", "--folder"]).arg(folder.path());
    say(&mut command).expect(0);
    let out = folder.path().join("out");
    (folder, out)
});

static PAGE: LazyLock<ReadPage> = LazyLock::new(|| ReadPage::read(&text(&REHEARSED.1, MONTH)));

fn text(out: &Path, month: &str) -> String {
    fs::read_to_string(out.join(month).join(FILE)).unwrap()
}

fn relation(name: &str) -> Vec<Record> {
    records(&REHEARSED.1.join(MONTH).join("data").join(format!("{name}.csv")))
}

fn count(rows: &[Record], which: impl Fn(&Record) -> bool) -> i64 {
    rows.iter().filter(|row| which(row)).count() as i64
}

fn sum(rows: &[Record], column: &str) -> i64 {
    rows.iter().map(|row| row[column].parse::<i64>().unwrap_or(0)).sum()
}

/// A sheet of a workbook of the month, below a heading row that has this word.
fn sheet(file: &str, sheet: &str, heading: &str) -> Vec<Record> {
    let mut workbook: Xlsx<_> = open_workbook(REHEARSED.1.join(MONTH).join(file)).unwrap();
    let range = workbook.worksheet_range(sheet).unwrap();
    let mut rows = range.rows().map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>());
    let headings = rows.find(|row| row.iter().any(|cell| cell == heading)).unwrap();
    rows.map(|row| headings.iter().cloned().zip(row).collect()).collect()
}

#[test]
fn every_section_stands_in_the_page_and_the_page_in_the_manifest() {
    let anchors: Vec<&str> = PAGE.sections.iter().map(|(anchor, _)| anchor.as_str()).collect();
    assert_eq!(anchors, SECTIONS);
    assert!(PAGE.drawings.len() >= 9 && PAGE.drawings.iter().all(|title| !title.is_empty()), "{:?}", PAGE.drawings);
    let manifest = fs::read(REHEARSED.1.join(MONTH).join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let files = manifest["files"].as_array().unwrap();
    let entry = files.iter().find(|file| file["file"] == FILE).unwrap();
    assert_eq!(entry["sha256"], digests(&REHEARSED.1.join(MONTH))[FILE].as_str());
    assert_eq!(PAGE.title, "柳江区2023年3月防返贫比对报告");
    assert_eq!(PAGE.particulars["下发日"], "2023年4月6日");
    assert_eq!(PAGE.particulars["程序"], manifest["engine"].as_str().unwrap());
    assert!(["规则包", "全部配置"].iter().all(|term| PAGE.particulars[*term].len() == 12));
}

#[test]
fn the_page_asks_no_network_for_anything() {
    for month in ["2023-01", MONTH] {
        let text = text(&REHEARSED.1, month);
        for word in ["src=", "url(", "@import", "https:", "<link", "<img"] {
            assert!(!text.contains(word), "{word}");
        }
        assert!(!text.replace("xmlns=\"http://www.w3.org/2000/svg\"", "").contains("http:"));
        assert!(text.len() < 1 << 19, "{}", text.len());
    }
}

#[test]
fn the_control_totals_are_those_of_the_relation() {
    let totals = relation("totals");
    let of = |stage: &str, column: &str| {
        let of_county = |row: &Record| !matches!(stage, "cases" | "answers") || row["feed"] == "全部";
        let rows: Vec<Record> = totals.iter().filter(|row| row["stage"] == stage && of_county(row)).cloned().collect();
        sum(&rows, column)
    };
    let table = PAGE.table("控制总数");
    for (stage, row) in [
        ("ingest", "读取"),
        ("link", "关联"),
        ("signals", "信号"),
        ("route", "派发"),
        ("lists", "清单"),
        ("cases", "档案"),
        ("answers", "本月清单的答复"),
    ] {
        for (column, heading) in
            [("received", "进"), ("kept", "出"), ("set_aside", "另计"), ("recount", "第二条路径复核")]
        {
            assert_eq!(table.count(row, heading), of(stage, column), "{row} {heading}");
        }
    }
    let words = PAGE.section("totals");
    let (received, linked) = (of("ingest", "received"), of("link", "kept"));
    assert!(words.contains(&format!("收到{received}行")) && words.contains(&format!("关联{linked}行")), "{words}");
}

#[test]
fn every_town_has_the_levels_of_its_warnings_and_its_villages_add_up_to_it() {
    let warnings = relation("warnings");
    let table = PAGE.table("各乡镇预警");
    let mut towns = 0;
    for row in &table.rows {
        let town = &row[0];
        let of_town: Vec<Record> = warnings.iter().filter(|warning| warning["town"] == *town).cloned().collect();
        assert_eq!(table.count(town, "预警户"), of_town.len() as i64, "{town}");
        if of_town.is_empty() {
            continue;
        }
        towns += 1;
        let villages = PAGE.table(&format!("{town}各村预警户数"));
        for (code, name) in LEVELS {
            let of_level = count(&of_town, |warning| warning["level"] == code);
            assert_eq!(table.count(town, name), of_level, "{town} {name}");
            assert_eq!(villages.sum(name), of_level, "{town} {name}");
        }
        for village in &villages.rows {
            let of_village = count(&of_town, |warning| warning["village"] == village[0]);
            assert_eq!(villages.count(&village[0], "预警户"), of_village, "{town} {}", village[0]);
        }
    }
    assert!(towns > 3);
    assert_eq!(table.sum("预警户"), warnings.len() as i64);
}

#[test]
fn towns_and_departments_agree_with_the_summary_workbook_and_the_monthly_report() {
    let table = PAGE.table("各乡镇预警");
    let summary = sheet("district/汇总表.xlsx", "按乡镇", "乡镇");
    let mut compared = 0;
    for row in summary.iter().filter(|row| table.rows.iter().any(|cells| cells[0] == row["乡镇"])) {
        for (_, name) in LEVELS {
            let shown = if row[name].is_empty() { "0" } else { &row[name] };
            assert_eq!(shown, table.cell(&row["乡镇"], name), "{} {name}", row["乡镇"]);
            compared += 1;
        }
    }
    assert!(compared >= 16, "{compared}");
    let rules = PAGE.table("各规则的成效");
    for row in sheet("district/汇总表.xlsx", "按规则", "规则").iter().filter(|row| !row["风险类型"].is_empty())
    {
        let number = |name: &str| row[name].parse::<u64>().unwrap_or_default();
        assert_eq!(row["触发户数"], rules.cell(&row["规则"], "生效（预警户）"), "{}", row["规则"]);
        let signals = number("触发户数") + number("待判定") + number("不再提示");
        assert_eq!(signals.to_string(), rules.cell(&row["规则"], "信号"), "{}", row["规则"]);
    }

    let report = tempfile::tempdir().unwrap();
    copy_tree(REHEARSED.0.path(), report.path(), false);
    let mut command = program();
    command.current_dir(repository()).args(["report", MONTH, "--out"]).arg(report.path().join("out"));
    say(command.arg("--state").arg(report.path().join("state"))).expect(0);
    let folder = report.path().join("out").join(MONTH).join("report");
    let document = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let document = document.into_iter().find(|path| path.to_str().unwrap().contains("月报.docx")).unwrap();
    let mut zip = zip::ZipArchive::new(fs::File::open(document).unwrap()).unwrap();
    let mut words = String::new();
    zip.by_name("word/document.xml").unwrap().read_to_string(&mut words).unwrap();
    let page = text(&REHEARSED.1, MONTH);
    let sentences: Vec<&str> = page.split("<p>").filter_map(|part| part.split("</p>").next()).collect();
    let told = sentences.iter().filter(|sentence| words.contains(**sentence)).count();
    assert!(told >= 4, "the page and the report say the same of the month: {told}");
}

#[test]
fn rules_have_the_signals_of_the_relation_and_the_answers_that_came_back() {
    let (signals, answers) = (relation("signals"), relation("answers"));
    let table = PAGE.table("各规则的成效");
    let mut answered = 0;
    for row in &table.rows {
        let title = &row[0];
        let of_rule: Vec<Record> = signals.iter().filter(|signal| signal["rule_title"] == *title).cloned().collect();
        assert_eq!(table.count(title, "信号"), of_rule.len() as i64, "{title}");
        assert_eq!(
            table.count(title, "生效（预警户）"),
            count(&of_rule, |signal| signal["state"] == "live"),
            "{title}"
        );
        let Some(rule) = of_rule.first().map(|signal| signal["rule_id"].clone()) else { continue };
        let stands = |answer: &Record| {
            answer["list"] == "verification"
                && answer["standing"] == "是"
                && answer["rules"].split(',').any(|id| id == rule)
        };
        let is_true = ["include", "monitored", "rollback", "cool", "department", "exempt"];
        let is_false = ["data_error", "changed", "duplicate"];
        let confirmed = count(&answers, |answer| stands(answer) && is_true.contains(&answer["effect"].as_str()));
        let refused = count(&answers, |answer| stands(answer) && is_false.contains(&answer["effect"].as_str()));
        assert_eq!(table.count(title, "属实"), confirmed, "{title}");
        assert_eq!(table.count(title, "有结论"), confirmed + refused, "{title}");
        assert_eq!(table.cell(title, "准确率") == "—", confirmed + refused == 0, "{title}");
        answered += confirmed + refused;
    }
    assert!(answered > 10, "{answered}");
}

#[test]
fn extracts_flaws_and_links_are_those_of_the_relations() {
    let (feeds, linkage) = (relation("feeds"), relation("linkage"));
    let (arrivals, quality) = (PAGE.table("各部门数据到件"), PAGE.table("各部门数据质量"));
    let departments: BTreeSet<&str> = feeds.iter().map(|feed| feed["department"].as_str()).collect();
    let rows = |department: &str| -> Vec<Record> {
        let of = |feed: &&Record| feed["department"] == department && feed["status"] != "stranger";
        feeds.iter().filter(of).cloned().collect()
    };
    for department in departments.iter().filter(|department| !rows(department).is_empty()) {
        let of = rows(department);
        assert_eq!(arrivals.count(department, "应到"), of.len() as i64);
        assert_eq!(arrivals.count(department, "可用"), count(&of, |feed| feed["status"] == "ok"));
        assert_eq!(arrivals.count(department, "收到行数"), sum(&of, "rows"));
        assert_eq!(quality.count(department, "有问题的值"), sum(&of, "flaws"), "{department}");
        assert_eq!(quality.count(department, "剔除的行"), sum(&of, "rejected"), "{department}");
    }
    assert_eq!(quality.sum("有问题的值") + quality.sum("关联后发现的"), relation("flaws").len() as i64);
    assert_eq!(quality.sum("剔除的行"), relation("rejects").len() as i64);
    let links = PAGE.table("各部门数据的关联等级");
    assert_eq!(links.sum("号码与姓名一致"), sum(&linkage, "certain"));
    assert_eq!(links.sum("待认定"), sum(&linkage, "review"));
    let last = records(&REHEARSED.1.join("2023-02/data/feeds.csv"));
    assert_eq!(arrivals.sum("上月行数"), sum(&last, "rows"));
}

#[test]
fn trends_go_over_the_months_that_were_published() {
    let table = PAGE.table("各月情况");
    let standing = relation("standing");
    let months: Vec<&str> = table.rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(months, ["2023-01", "2023-02", "2023-03"]);
    for month in months {
        let warnings = records(&REHEARSED.1.join(month).join("data/warnings.csv"));
        assert_eq!(table.count(month, "预警户"), warnings.len() as i64, "{month}");
        let county = standing.iter().find(|row| row["month"] == month && row["town_code"].is_empty()).unwrap();
        for (heading, column) in [("开档", "opened"), ("月末在办", "standing"), ("已答复", "answered")] {
            assert_eq!(table.cell(month, heading), county[column], "{month} {heading}");
        }
    }
    let clocks = relation("clocks");
    let overdue = |kind: &str| count(&clocks, |clock| clock["clock"] == kind && clock["state"] == "overdue");
    assert_eq!(PAGE.table("各环节时限").count("核查", "超期未办"), overdue("verify"));
    assert!(overdue("verify") > 0);
}

#[test]
fn the_headline_compares_cases_as_the_trend_does_and_says_on_what_basis() {
    let table = PAGE.table("各月情况");
    let text = text(&REHEARSED.1, MONTH);
    let plain = text.replace(',', "");
    for (title, heading, unit) in [("月末在办档案", "月末在办", "个"), ("纳入监测", "纳入监测", "户")]
    {
        let (before, now) = (table.count("2023-02", heading), table.count(MONTH, heading));
        let said = match now - before {
            0 => format!("{title}{now}{unit}，与上月持平"),
            more if more > 0 => format!("{title}{now}{unit}，比上月增加{more}{unit}"),
            less => format!("{title}{now}{unit}，比上月减少{}{unit}", -less),
        };
        assert!(plain.contains(&said), "{said}");
    }
    assert!(
        text.contains("上月的档案数（开档、在办、纳入、消除）按现在的台账计，含上月发布以后才收到的答复"),
        "{text}"
    );
}

#[test]
fn a_first_month_says_that_there_is_nothing_before_it() {
    let first = ReadPage::read(&text(&REHEARSED.1, "2023-01"));
    assert!(first.section("trends").contains("第一个月，没有以前的数据"), "{}", first.section("trends"));
    assert!(first.section("arrivals").contains("上月没有发布（首次运行，或输出文件夹换过），无上月可比"));
    assert!(first.section("rules").contains("还没有收到"));
    assert!(first.drawings.iter().all(|title| !title.contains("各月")), "{:?}", first.drawings);
}

/// What somebody did to a month of the past is no reason to publish none today.
#[test]
fn a_month_that_was_changed_since_is_left_out() {
    let county = County::empty();
    copy_tree(REHEARSED.0.path(), county.root(), false);
    copy_tree(&repository().join("fixtures/inbox"), &county.path("inbox"), false);
    fs::write(county.path("out/2023-02/data/warnings.parquet"), "nothing").unwrap();
    county.run(MONTH).expect(0);
    let page = ReadPage::read(&text(&county.path("out"), MONTH));
    let months = page.table("各月情况");
    assert_eq!(months.cell("2023-02", "预警户"), "—");
    assert_eq!(months.cell("2023-02", "开档"), PAGE.table("各月情况").cell("2023-02", "开档"), "the ledger knows");
    assert_eq!(months.cell("2023-01", "预警户"), PAGE.table("各月情况").cell("2023-01", "预警户"));
}

#[test]
fn a_manifest_that_was_cut_off_is_told_as_broken_and_not_as_never_published() {
    let county = County::empty();
    copy_tree(REHEARSED.0.path(), county.root(), false);
    copy_tree(&repository().join("fixtures/inbox"), &county.path("inbox"), false);
    let manifest = county.path("out/2023-02/manifest.json");
    let whole = fs::read(&manifest).unwrap();
    fs::write(&manifest, &whole[..whole.len() / 2]).unwrap();
    let said = county.run(MONTH).expect(0);
    let told = "2023年2月发布过，但输出文件夹里的 2023-02/manifest.json 读不懂（没有写完，或被改过）；请从备份恢复这个文件，或重新执行 bidui run 2023-02";
    assert!(said.stdout.contains(told), "{}", said.stdout);
    let page = text(&county.path("out"), MONTH);
    assert!(page.contains(told) && !page.contains("2023年2月没有发布"));
    let said = say(&mut county.command(&["tune", MONTH, "--months", "2", "--quiet"])).expect(0);
    assert!(said.stdout.contains(&format!("未计入：{told}")), "{}", said.stdout);
    assert!(!said.stdout.contains("没有发布过"), "{}", said.stdout);
}

#[test]
fn a_month_of_the_registry_alone_says_what_there_is_not() {
    let county = County::empty();
    let registry = repository().join("fixtures/inbox/2023-01/乡村振兴局/2023年1月农村人口底册.xlsx");
    let folder = county.path("inbox/2023-01/乡村振兴局");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(registry, folder.join("2023年1月农村人口底册.xlsx")).unwrap();
    county.run("2023-01").expect(0);
    let page = ReadPage::read(&text(&county.path("out"), "2023-01"));
    for (section, words) in [
        ("first", "催报未到的"),
        ("towns", "本月没有预警"),
        ("rules", "本月没有规则触发"),
        ("trends", "第一个月，没有以前的数据"),
        ("overdue", "台账里还没有时限"),
        ("linkage", "本月没有须关联到底册的数据"),
        ("causes", "本月没有同因聚集"),
    ] {
        assert!(page.section(section).contains(words), "{section}: {}", page.section(section));
    }
    let rules = page.table("缺数据、本月不能完全判定的规则");
    assert!(rules.rows.len() > 20);
    let arrivals = page.table("各部门数据到件");
    assert_eq!((arrivals.sum("可用"), arrivals.sum("未到")), (1, arrivals.sum("应到") - 1));
    assert_eq!(arrivals.sum("其中已过应到日"), arrivals.sum("未到"));
}

#[test]
fn the_same_cause_in_many_households_is_what_the_list_of_key_areas_shows() {
    let page = PAGE.tables.iter().filter(|table| table.section == "causes").flat_map(|table| &table.rows);
    let page: BTreeSet<Vec<String>> = page.map(|row| vec![row[0].clone(), row[2].clone(), row[4].clone()]).collect();
    let list = sheet("district/重点区域清单.xlsx", "同因聚集", "风险类型").into_iter();
    let list = list.filter(|row| !row["风险类型"].is_empty());
    let list: BTreeSet<Vec<String>> =
        list.map(|row| vec![row["村（安置点）"].clone(), row["乡镇"].clone(), row["本月预警户"].clone()]).collect();
    assert_eq!(page, list);
    assert!(!page.is_empty());
}

#[test]
fn nobody_can_be_found_on_the_page() {
    for month in ["2023-01", "2023-02", MONTH] {
        let text = text(&REHEARSED.1, month);
        let data = REHEARSED.1.join(month).join("data");
        let mut numbers = BTreeSet::new();
        for (relation, columns) in [
            ("persons", &["person_no", "household_id"][..]),
            ("warnings", &["household_id", "case_id"]),
            ("cases", &["case_id", "household_id"]),
            ("anomalies", &["anomaly_id"]),
        ] {
            for record in records(&data.join(format!("{relation}.csv"))) {
                numbers
                    .extend(columns.iter().map(|column| record[*column].clone()).filter(|number| !number.is_empty()));
            }
        }
        assert!(numbers.len() > 2_000);
        let found: Vec<&String> = numbers.iter().filter(|number| text.contains(number.as_str())).collect();
        assert!(found.is_empty(), "{found:?}");
        // Neither a number of 15 or 18 characters, nor a masked one.
        let longest = text.split(|character: char| !character.is_ascii_digit()).map(str::len).max().unwrap();
        assert!(longest < 15 && !text.contains("****"), "{longest}");
    }
}

/// Where one household in a village is warned, whoever lives there knows which: nothing may say why.
#[test]
fn villages_show_how_many_and_never_why() {
    let villages: Vec<_> = PAGE.tables.iter().filter(|table| table.caption.ends_with("各村预警户数")).collect();
    assert!(villages.len() > 3);
    for table in &villages {
        assert_eq!(table.headings, ["行政村", "预警户", "红", "橙", "黄", "蓝", "其中新增"]);
        assert_eq!(table.section, "towns");
    }
    let signals = relation("signals");
    let reasons: BTreeSet<&str> =
        signals.iter().flat_map(|signal| [signal["rule_title"].as_str(), signal["risk"].as_str()]).collect();
    let found: Vec<&&str> = reasons.iter().filter(|reason| PAGE.section("towns").contains(**reason)).collect();
    assert!(found.is_empty(), "{found:?}");
    // Nor can the level of a rule about illness or sentences be matched with a village's.
    let names: BTreeSet<&str> = villages.iter().flat_map(|table| &table.rows).map(|row| row[0].as_str()).collect();
    let said = PAGE.section("rules");
    assert!(names.iter().all(|village| !said.contains(village)));
    for title in ["新增大病患者", "新增需长期照护的重点管理对象"] {
        let table = PAGE.table("各规则的成效");
        assert!(LEVELS.iter().all(|(_, level)| table.cell(title, level) == "—"), "{title}");
        assert!(table.count(title, "信号") > 0);
    }
}

#[test]
fn words_from_data_never_become_markup() {
    let mut county = County::empty().with_own_config();
    copy_tree(&repository().join("fixtures/inbox"), &county.path("inbox"), false);
    let villages = county.path("config/villages.csv");
    let hostile = "<script>alert(1)</script>";
    let mut renamed = 0;
    let lines: Vec<String> = fs::read_to_string(&villages)
        .unwrap()
        .lines()
        .map(|line| {
            let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
            if cells[0].starts_with("4502061") {
                cells[3] = format!("{}|{}", cells[3], cells[2]);
                cells[2] = format!("{}{hostile}", cells[2]);
                renamed += 1;
            }
            cells.join(",")
        })
        .collect();
    fs::write(&villages, lines.join("\n") + "\n").unwrap();
    assert!(renamed > 50);
    let stranger = county.path("inbox/2023-01/气象局");
    fs::create_dir_all(&stranger).unwrap();
    fs::write(stranger.join("<img src=x onerror=alert(1)>.csv"), "a,b\n1,2\n").unwrap();
    let settings = fs::read_to_string(&county.config).unwrap();
    fs::write(&county.config, settings.replace("name = \"柳江区\"", "name = \"柳江区<b onclick=alert(1)>\"")).unwrap();
    county.config = county.path("config/bidui.toml");
    county.run("2023-01").expect(0);
    let text = text(&county.path("out"), "2023-01");
    let page = ReadPage::read(&text);
    assert!(page.title.contains("<b onclick"), "{}", page.title);
    let plain = ReadPage::read(&self::text(&REHEARSED.1, "2023-01"));
    assert_eq!(page.elements, plain.elements);
    let of_villages = page.tables.iter().filter(|table| table.caption.ends_with("各村预警户数"));
    let villages: BTreeMap<&str, usize> =
        of_villages.flat_map(|table| &table.rows).map(|row| (row[0].as_str(), row.len())).collect();
    assert!(!villages.is_empty() && villages.keys().all(|name| name.contains(hostile)), "{villages:?}");
    assert!(text.contains("&lt;img src=x onerror=alert(1)&gt;.csv"), "a file's name");
}
