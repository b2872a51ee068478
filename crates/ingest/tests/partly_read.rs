//! Files of which a reader might take a part and lose the rest without a word.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod reading;

use reading::{PEOPLE, contract, read_bytes};
use rust_xlsxwriter::Workbook;

fn told(bytes: &[u8], people: &str) -> String {
    match read_bytes(bytes, &contract(people)) {
        Ok(told) => told.lines.join(" "),
        Err(problem) => problem.to_string(),
    }
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(told(text.as_bytes(), PEOPLE), expected, "{text}");
}

/// Sheets of rows of texts.
fn workbook(sheets: &[(&str, &[&[&str]])]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet().set_name(*name).unwrap();
        for (row, cells) in (0..).zip(*rows) {
            for (column, text) in (0..).zip(*cells) {
                sheet.write_string(row, column, *text).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn of_two_tables_side_by_side_neither_is_half_a_list() {
    let heading = "身份证号,姓名,金额,,身份证号,姓名,金额\n";
    check(
        &format!("{heading}11,韦,1,,12,黄,2\n"),
        "“民政局/低保”第2行的第5列“身份证号”也填了内容，而约定只读第1列；两张表并排的，请改成上下一张；\
         第5列是另一种人的，请在数据契约里把要读的一列写明：“上级表头/身份证号”，或“身份证号#1”“身份证号#2”",
    );
    check(&format!("{heading}11,韦,1,,,,\n"), "2:1|韦|11");
    // A second number under another name is another person's.
    check("身份证号,姓名,金额,监护人身份证号\n11,韦,1,12\n", "2:1|韦|11");
    let levels = "户主信息,,金额,家庭成员,\n身份证号,姓名,,身份证号,姓名\n11,韦,1,12,黄\n";
    assert!(told(levels.as_bytes(), PEOPLE).contains("第4列“身份证号”也填了内容"));
    let named = PEOPLE.replace("\"证件号码\"", "\"家庭成员/身份证号\"");
    assert_ne!(named, PEOPLE);
    assert_eq!(told(levels.as_bytes(), &named), "3:1|韦|12");
    // Whichever place it has among the headings, the level above says which one is meant; so does a number.
    let second = PEOPLE.replace("\"身份证号\"", "\"身份证号\", \"户主信息/身份证号\"");
    assert_eq!(told(levels.as_bytes(), &second), "3:1|韦|11");
    for (count, person) in [(1, "11"), (2, "12")] {
        let counted = PEOPLE.replace("\"身份证号\"", &format!("\"身份证号#{count}\""));
        let text = "身份证号,姓名,金额,身份证号\n11,韦,1,12\n";
        assert_eq!(told(text.as_bytes(), &counted), format!("2:1|韦|{person}"));
    }
}

#[test]
fn who_stands_behind_the_last_group_is_not_lost() {
    let people = PEOPLE.to_owned()
        + "[reshape]\nunpivot = [{ person = \"身份证号1\", name = \"姓名1\" }, { person = \"身份证号2\", name = \"姓名2\" }]\n";
    let heading = "金额,身份证号1,姓名1,身份证号2,姓名2,身份证号3,姓名3\n";
    assert_eq!(told(format!("{heading}1,11,韦,12,黄,,\n").as_bytes(), &people), "2:1|韦|11 2:1|黄|12");
    let within = people.replace("身份证号1", "成员1身份证号").replace("身份证号2", "成员2身份证号");
    let text = "金额,成员1身份证号,姓名1,成员2身份证号,姓名2,成员3身份证号,姓名3\n1,11,韦,12,黄,13,覃\n";
    assert!(told(text.as_bytes(), &within).contains("“成员3身份证号”一列填了内容"));
    let problem = told(format!("{heading}1,11,韦,12,黄,13,覃\n").as_bytes(), &people);
    assert!(problem.contains("第2行的“身份证号3”一列填了内容，而约定的分组里没有它"), "{problem}");
}

#[test]
fn a_sheet_that_goes_on_without_a_heading_is_not_left_out() {
    let first: &[&[&str]] = &[&["身份证号", "姓名", "金额"], &["450206199001011234", "韦", "1"]];
    let more: &[&[&str]] = &[&["45020619900101131X", "黄", "2"], &["450206199001011412", "覃", "3"]];
    for sheets in [[("一", first), ("二", more)], [("二", more), ("一", first)]] {
        let problem = told(&workbook(&sheets), PEOPLE);
        assert!(problem.contains("的工作表“二”有2行像是名单（有证件号码），却没有约定的表头，没有读"), "{problem}");
    }
    // A number in front of each.
    let counted: &[&[&str]] = &[&["1", "45020619900101131X", "黄"], &["2", "450206199001011412", "覃"]];
    assert!(told(&workbook(&[("一", first), ("二", counted)]), PEOPLE).contains("的工作表“二”有2行像是名单"));
    // Notes with an example are no list.
    let notes: &[&[&str]] = &[
        &["填表说明"],
        &["1", "450206199001011234"],
        &["450206199001011234"],
        &["身份证号示例：450206199001011234"],
        &["二"],
        &["三"],
    ];
    assert_eq!(told(&workbook(&[("一", first), ("说明", notes)]), PEOPLE), "2:1|韦|450206199001011234");
}

#[test]
fn people_of_the_contrary_below_are_not_the_list_going_on() {
    let heading = "身份证号,姓名,金额\n";
    let problem = "“民政局/低保”第5行起像是另一类人（标题与表名相反，如撤销、退回、不予），下面还有数据；请分开报送，确是同一张表的请删去这行标题";
    for between in
        [heading.to_owned(), format!("填报单位：公安局,,\n{heading}"), "证件号,名,元\n".to_owned(), String::new()]
    {
        check(&format!("一、死亡注销人员,,\n{heading}11,韦,1\n\n二、恢复户口人员,,\n{between}12,黄,2\n"), problem);
        check(
            &format!("一、死亡注销人员,,\n{heading}11,韦,1\n\n二、恢复户口人员,,单位：元\n{between}12,黄,2\n"),
            problem,
        );
    }
    // A note of them with nobody below is none, and neither is a value of a row.
    let note = told(format!("{heading}11,韦,1\n以上未含已退出人员,,\n").as_bytes(), PEOPLE);
    assert!(note.starts_with("2:1|韦|11"), "{note}");
    check(&format!("{heading}11,已退出,1\n12,黄,2\n"), "2:1|已退出|11 3:2|黄|12");
    check(&format!("{heading}11,已退出,\n12,黄,2\n"), "2:|已退出|11 3:2|黄|12");
    // A list about them has the word in its own titles.
    let told_of = told(format!("退出人员名单,,\n{heading}11,韦,1\n,百朋镇退出人员,\n12,黄,2\n").as_bytes(), PEOPLE);
    assert!(told_of.ends_with("5:2|黄|12"), "{told_of}");
    // A list that is printed page by page, town by town or class by class goes on.
    check(
        &format!("低保名册,,\n{heading}11,韦,1\n低保名册,,\n{heading}12,黄,2\n"),
        "3:1|韦|11 4:!repeated_heading 5:!repeated_heading 6:2|黄|12",
    );
    for section in ["百朋镇", "（续表）", "第二批", "七年级二班", "一、拉堡镇14人", "拉堡镇2023年3月低保在册名单"]
    {
        let told = told(format!("{heading}11,韦,1\n,{section},\n{heading}12,黄,2\n").as_bytes(), PEOPLE);
        assert!(told.ends_with("4:!repeated_heading 5:2|黄|12"), "{section}: {told}");
    }
}

#[test]
fn a_unit_that_is_not_clear_is_not_guessed() {
    let text = |above: &str| format!("{above},,\n身份证号,姓名,金额\n11,韦,1\n");
    let unclear = told(text("损失金额单位：元；贷款余额单位：万元").as_bytes(), PEOPLE);
    assert!(unclear.contains("不止一种金额单位"), "{unclear}");
    assert_eq!(told(text("计量单位：万元　填报单位：民政局").as_bytes(), PEOPLE), "3:1*1000000|韦|11");
    // Where the heading says its own, what stands above does not matter.
    let own = "单位：元、万元,,\n身份证号,姓名,金额（元）\n11,韦,1\n";
    assert_eq!(told(own.as_bytes(), PEOPLE), "3:1|韦|11");
}

#[test]
fn what_stands_at_the_place_of_a_heading_is_not_repeated() {
    let problem =
        told("覃政明,450206199001011234\n姓名：梁月美,1\n".as_bytes(), &PEOPLE.replace("\"证件号码\"", "\"行政村\""));
    assert!(problem.contains("找不到表头") && !problem.contains("覃政明") && !problem.contains("梁月美"), "{problem}");
}

#[test]
fn yuan_in_brackets_makes_no_other_heading() {
    let paid = PEOPLE.replace(", \"金额（元）\"", "");
    assert_ne!(paid, PEOPLE);
    assert_eq!(told("身份证号,姓名,金额（元）\n11,韦,1\n".as_bytes(), &paid), "2:1|韦|11");
    // Where the contract counts in 万元, it is what the heading says.
    let ten_thousands = paid.replace("type = \"money\"", "type = \"money\", unit = \"万元\"");
    assert_eq!(told("身份证号,姓名,金额 [元]\n11,韦,1\n".as_bytes(), &ten_thousands), "2:1*100|韦|11");
    // Another unit is another heading.
    assert_eq!(told("身份证号,姓名,金额（美元）\n11,韦,1\n".as_bytes(), &paid), "2:|韦|11");
}
