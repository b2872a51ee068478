//! `bidui explain MONTH --row FILE:ROW`: whose one row of an extract is, and how that came about: what its number says, the passes that were tried, the
//! candidates with what speaks for and against each, what somebody decided. From what was published and sealed; no plain value.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use bidui_model::{LinkClass, UnlinkedReason};
use bidui_normalize::mask_numbers;
use polars::prelude::*;

use crate::balance::read_relation;
use crate::config;
use crate::decisions;
use crate::exit::Fault;
use crate::explain::{published_data, word};
use crate::explain_basis::{LinkBasis, RowPlace, read_links, rows_of};
use crate::run::{Folders, RunOptions};
use crate::weighing::LEAST_SHOWN;

pub(crate) fn explain_row(options: &RunOptions, given: &str) -> Result<String, Fault> {
    // The file may be given as it lies in the inbox; tables have it without the number in its name.
    let (file, row) = place_of(given)?;
    let file = &mask_numbers(file);
    let config = config::load(&options.config, Some(options.month))?;
    let folders = Folders::of(options, &config);
    let data = published_data(&folders.out, options.month)?;
    let Ok(links) = read_links(&data) else {
        let why = "是旧版程序发布的，没有记下认人的经过；请重新运行该月";
        return Err(Fault::command(format!("{}{why}", options.month.in_chinese())));
    };
    let found = rows_of(&links, file, row)?;
    if found.height() == 0 {
        return not_there(&data, &links, file, row);
    }
    let candidates = rows_of(&read_relation(&data, "candidates")?, file, row)?;
    let basis = LinkBasis::new(&config, &folders);
    let mut text = String::new();
    for at in 0..found.height() {
        let of = |column: &str| word(&found, column, at);
        let place = RowPlace { feed: of("feed")?, month: options.month.to_string(), row, digest: of("row_digest")? };
        let sheet = of("sheet")?;
        let sheet = if sheet.is_empty() { sheet } else { format!("［{sheet}］") };
        let gap = if at > 0 { "\n" } else { "" };
        writeln!(text, "{gap}{file}{sheet} 第{row}行（《{}》）", place.feed)?;
        let class = LinkClass::from_code(&of("link_class")?).unwrap_or(LinkClass::None);
        link(&mut text, &found, at, class)?;
        if class == LinkClass::Weighted {
            let person_no = of("person_no")?;
            parts(&mut text, "  ", &basis.parts(&place, &person_no))?;
            others(&mut text, &basis.others(&place, &person_no))?;
        }
        tried(&mut text, &of("tried")?)?;
        let own = of_digest(&candidates, &place.digest, &sheet)?;
        candidate_lines(&mut text, &own)?;
        decision(&mut text, &folders.state, &place.digest)?;
    }
    Ok(text)
}

/// `民政局/低保名册.xlsx:12`; a full-width colon will do.
fn place_of(given: &str) -> Result<(&str, u32), Fault> {
    let parts = given.rsplit_once([':', '：']);
    let place = parts.and_then(|(file, row)| Some((file.trim(), row.trim().trim_matches(['第', '行']).parse().ok()?)));
    place.filter(|(file, row)| !file.is_empty() && *row > 0).ok_or_else(|| {
        Fault::command(format!(
            "“{given}”不是“文件:行号”；文件从该月的收件夹写起，第1行是文件最上面一行，如 民政局/低保名册.xlsx:12"
        ))
    })
}

/// Says why there is no such row: set aside, another number, or another file.
fn not_there(data: &Path, links: &DataFrame, file: &str, row: u32) -> Result<String, Fault> {
    let rejects = read_relation(data, "rejects")?;
    let of_row = rows_of(&rejects, file, row)?;
    if of_row.height() > 0 {
        return Ok(format!("{file} 第{row}行已剔除，没有参加比对：{}\n", word(&of_row, "title", 0)?));
    }
    let files: BTreeSet<&str> =
        links.column("file")?.str()?.iter().chain(rejects.column("file")?.str()?.iter()).flatten().collect();
    if !files.contains(file) {
        let near = bidui_model::nearest(file, files.iter().copied());
        let near = near.or_else(|| files.iter().copied().find(|known| known.ends_with(&format!("/{file}"))));
        let near =
            near.map_or_else(|| "；文件从该月的收件夹写起，带上部门".to_owned(), |near| format!("；是不是“{near}”？"));
        return Err(Fault::command(format!("本月没有读入“{file}”{near}")));
    }
    let names = links.column("file")?.str()?;
    let rows = links.column("row")?.i64()?;
    let of_file: Vec<i64> =
        names.iter().zip(rows.iter()).filter(|(name, _)| *name == Some(file)).filter_map(|(_, row)| row).collect();
    let span = match (of_file.iter().min(), of_file.iter().max()) {
        (Some(first), Some(last)) => format!("；有数据的行从第{first}行到第{last}行"),
        _ => "；这个文件没有一行有效数据".to_owned(),
    };
    Err(Fault::command(format!("“{file}”的第{row}行没有数据{span}，第1行是文件最上面一行")))
}

/// Its class, why, and whose it is.
fn link(text: &mut String, found: &DataFrame, at: usize, class: LinkClass) -> Result<(), Fault> {
    let of = |column: &str| word(found, column, at);
    let code = of("reason")?;
    let reason = UnlinkedReason::ALL.iter().find(|reason| reason.code() == code);
    let reason = reason.map_or_else(String::new, |reason| format!("：{}", reason.title()));
    let doubt = if class.is_weak() { "（疑似，身份待核）" } else { "" };
    writeln!(text, "  关联：{}{reason}{doubt}", class.title())?;
    let (person, household, pass) = (of("person_no")?, of("household_id")?, of("pass")?);
    if !person.is_empty() {
        writeln!(text, "  认作：人编号 {person}，户编号 {household}")?;
    }
    if !pass.is_empty() {
        writeln!(text, "  由哪一道认出：{pass}")?;
    }
    Ok(())
}

fn parts(text: &mut String, indent: &str, lines: &[String]) -> Result<(), Fault> {
    if !lines.is_empty() {
        writeln!(text, "{indent}各项分量：")?;
    }
    for line in lines {
        writeln!(text, "{indent}  {line}")?;
    }
    Ok(())
}

/// Whom else a row that was linked by weight may be.
fn others(text: &mut String, others: &Option<Vec<(String, Vec<String>)>>) -> Result<(), Fault> {
    match others.as_deref() {
        None => {}
        Some([]) => writeln!(text, "  别的候选人：没有概率达到{LEAST_SHOWN}的")?,
        Some(others) => {
            writeln!(text, "  别的候选人：")?;
            for (rank, (person_no, lines)) in (1..).zip(others) {
                writeln!(text, "    {rank}. 人编号 {person_no}")?;
                parts(text, "       ", lines)?;
            }
        }
    }
    Ok(())
}

fn tried(text: &mut String, tried: &str) -> Result<(), Fault> {
    if tried.is_empty() {
        return Ok(());
    }
    writeln!(text, "  试过的各道（这一行没有所需项目的不试），各找到几人：")?;
    for pass in tried.split('；') {
        writeln!(text, "    {pass}")?;
    }
    Ok(())
}

/// The candidates of one person of the row; a row may hold several, and a file several sheets.
fn of_digest(candidates: &DataFrame, digest: &str, sheet: &str) -> PolarsResult<DataFrame> {
    let (digests, sheets) = (candidates.column("row_digest")?.str()?, candidates.column("sheet")?.str()?);
    let sheet = sheet.trim_start_matches('［').trim_end_matches('］');
    let is_it = |(own, of): (Option<&str>, Option<&str>)| {
        Some(!digest.is_empty() && own == Some(digest) && of.unwrap_or("") == sheet)
    };
    candidates.filter(&digests.iter().zip(sheets.iter()).map(is_it).collect::<BooleanChunked>())
}

fn candidate_lines(text: &mut String, candidates: &DataFrame) -> Result<(), Fault> {
    if candidates.height() > 0 {
        writeln!(text, "  候选人（在 district/待认定关联清单.xlsx 上认定）：")?;
    }
    for at in 0..candidates.height() {
        let of = |column: &str| word(candidates, column, at);
        let said = |name: &str, column: &str| -> Result<String, Fault> {
            let words = of(column)?;
            Ok(if words.is_empty() { words } else { format!("，{name}：{words}") })
        };
        writeln!(
            text,
            "    {}. 人编号 {}，户编号 {}（{}）{}{}",
            of("rank")?,
            of("person_no")?,
            of("household_id")?,
            of("pass")?,
            said("相符", "agrees")?,
            said("不符", "differs")?
        )?;
        let lines: Vec<String> = of("parts")?.lines().map(|line| line.trim_end().to_owned()).collect();
        parts(text, "       ", &lines)?;
    }
    Ok(())
}

fn decision(text: &mut String, state: &Path, digest: &str) -> Result<(), Fault> {
    if digest.is_empty() {
        return Ok(());
    }
    let all = decisions::read_whole(state)?;
    let found = u64::from_str_radix(digest, 16).ok().and_then(|digest| all.get(&digest));
    let words = match found {
        None => "没有".to_owned(),
        Some(decision) => {
            let whose = decision.person_no.as_ref();
            let whose = whose.map_or_else(|| "不是底册中的人".to_owned(), |number| format!("是人编号 {number}"));
            format!("{whose}（{}，{}）", decision.author, decision.date)
        }
    };
    writeln!(text, "  人工认定：{words}\n  行标识：{digest}")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(given: &str, expected: Option<(&str, u32)>) {
        assert_eq!(place_of(given).ok(), expected, "{given}");
    }

    #[test]
    fn whom_else_a_row_may_be_stands_in_order_with_its_parts() {
        let said = |others: Option<Vec<(&str, &[&str])>>| {
            let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
            let others =
                others.map(|all| all.into_iter().map(|(number, parts)| (number.to_owned(), own(parts))).collect());
            let mut text = String::new();
            super::others(&mut text, &others).unwrap();
            text
        };
        assert_eq!(said(None), "");
        assert_eq!(said(Some(Vec::new())), "  别的候选人：没有概率达到0.005的\n");
        let two = said(Some(vec![("120001", &["姓名 +8.0", "合计 +2.0"]), ("120002", &[])]));
        let expected = ["  别的候选人：", "    1. 人编号 120001", "       各项分量：", "         姓名 +8.0"];
        assert_eq!(two.lines().take(4).collect::<Vec<_>>(), expected);
        assert_eq!(two.lines().last(), Some("    2. 人编号 120002"));
    }

    #[test]
    fn a_row_is_a_file_and_a_number() {
        check("民政局/低保名册.xlsx:12", Some(("民政局/低保名册.xlsx", 12)));
        check("民政局/低保名册.xlsx：第12行", Some(("民政局/低保名册.xlsx", 12)));
        check("民政局/a:b.csv:3", Some(("民政局/a:b.csv", 3)));
        for wrong in ["民政局/低保名册.xlsx", "民政局/低保名册.xlsx:", ":3", "民政局/低保名册.xlsx:0", "a:-1"]
        {
            check(wrong, None);
        }
    }
}
