//! Which months of which feeds a run rests on: the files of every folder of the inbox that the month's facts can reach.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use bidui_ingest::{Assignment, assign};
use bidui_match::{Compare, Fact};
use bidui_model::{DataContract, FeedKind, Month};
use bidui_normalize::mask_numbers;

use crate::config::Config;
use crate::exit::{Fault, in_words};

/// How far back a snapshot is looked for when the last one may not be used, and rows of events that have come before.
const MONTHS_BACK: i32 = 3;

/// The inbox, as far as a run needs it.
pub(crate) struct Inbox {
    /// Files by month, sorted to their contracts.
    pub(crate) months: BTreeMap<Month, Assignment>,
    /// Folders whose names look like months and are none, and links to folders that are read anyway.
    pub(crate) notes: Vec<String>,
}

/// Lists the inbox's folders from the first month that a fact can reach to `month`.
pub(crate) fn survey(inbox: &Path, config: &Config, month: Month) -> Result<Inbox, Fault> {
    if !inbox.is_dir() {
        return Err(Fault::command(format!(
            "收件夹“{}”不存在；请在 bidui.toml 的 [paths] 或用 --inbox 指明",
            inbox.display()
        )));
    }
    let mut months = BTreeMap::new();
    let mut notes = misnamed(inbox);
    let first = (0..config.contracts.len()).map(|feed| wanted_months(config, feed, month).0).min().unwrap_or(month);
    for each in first.through(month) {
        let folder = inbox.join(each.to_string());
        if folder.is_dir() {
            let found = list_month(&folder)?;
            notes.extend(found.notes.into_iter().map(|note| format!("{each}的收件夹里，{note}")));
            let mut assignment = assign(&config.contracts, &found.files);
            folders_for_files(&config.contracts, &found.folders, &mut assignment);
            months.insert(each, assignment);
        }
    }
    if !months.contains_key(&month) {
        let mut message = format!(
            "收件夹里没有{}的文件夹“{}”；请把各部门{}的数据按“部门/文件”放入其中",
            month.in_chinese(),
            inbox.join(month.to_string()).display(),
            month.in_chinese()
        );
        message.extend(misnamed(inbox).iter().map(|note| format!("\n  {note}")));
        return Err(Fault::data(message));
    }
    Ok(Inbox { months, notes })
}

/// Why a file fits no contract, for whoever put it there.
pub(crate) fn stranger_in_words(contracts: &[DataContract], file: &str) -> String {
    let folder = |glob: &String| glob.split_once('/').is_some_and(|(folder, _)| folder == file);
    let is_department =
        contracts.iter().any(|contract| contract.department == file || contract.files.iter().any(folder));
    if is_department {
        "应为文件夹，现在是一个文件；请改为同名的文件夹，把这个部门的数据文件放在里面".to_owned()
    } else {
        "不符合任何一份数据契约".to_owned()
    }
}

/// `2023-3`, `202301`, `2022年12月`: a month's folder under a name that is not read.
fn misnamed(inbox: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(inbox) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok().filter(|entry| entry.path().is_dir())?.file_name().into_string().ok())
        .filter(|name| name.chars().filter(char::is_ascii_digit).count() >= 5 && name.parse::<Month>().is_err())
        .collect();
    names.sort_unstable();
    let note = |name: &String| {
        let name = mask_numbers(name);
        format!("收件夹里的“{name}”不是月份文件夹，未读；月份应写作“2023-03”")
    };
    names.iter().map(note).collect()
}

/// The first month of a feed that a run may need, and the months between that it does not.
fn wanted_months(config: &Config, feed: usize, month: Month) -> (Month, BTreeSet<Month>) {
    let contract = &config.contracts[feed];
    let of_feed: Vec<&Fact> = config.facts.iter().filter(|fact| fact.feed == feed).collect();
    let mut months: BTreeSet<Month> = BTreeSet::from([month]);
    match contract.kind {
        FeedKind::Registry => {
            months.insert(month.plus(-1));
        }
        FeedKind::Snapshot => {
            months.extend(month.plus(-MONTHS_BACK).through(month));
            if of_feed.iter().any(|fact| fact.compare == Some(Compare::NewSinceYearStart)) {
                months.insert(month.year_baseline());
            }
        }
        FeedKind::Events => {
            let window = of_feed.iter().map(|fact| fact.months as i32).max().unwrap_or(1).max(1 + MONTHS_BACK);
            months.extend(month.plus(1 - window).through(month));
        }
    }
    (months.first().copied().unwrap_or(month), months)
}

/// Every feed and month to be sealed, with its files; the contract's place first.
pub(crate) fn work(inbox: &Inbox, config: &Config, month: Month) -> Vec<(usize, Month, Vec<String>)> {
    let mut work = Vec::new();
    for feed in 0..config.contracts.len() {
        let (_, wanted) = wanted_months(config, feed, month);
        for (each, assignment) in &inbox.months {
            if wanted.contains(each) && !assignment.by_feed[feed].is_empty() {
                work.push((feed, *each, assignment.by_feed[feed].clone()));
            }
        }
    }
    work
}

/// Feeds and earlier months that a run needs and whose folder is no longer in the inbox: the store may still have them.
pub(crate) fn history_only(inbox: &Inbox, config: &Config, month: Month) -> Vec<(usize, Month)> {
    let gone = |each: &Month| *each < month && !inbox.months.contains_key(each);
    (0..config.contracts.len())
        .flat_map(|feed| wanted_months(config, feed, month).1.into_iter().filter(gone).map(move |each| (feed, each)))
        .collect()
}

/// Files that several contracts claim: the configuration must be mended, since either choice may be wrong.
pub(crate) fn refuse_contested(inbox: &Inbox, contracts: &[DataContract]) -> Result<(), Fault> {
    let mut lines = Vec::new();
    for (month, assignment) in &inbox.months {
        for contested in &assignment.contested {
            let names: Vec<&str> = contested.feeds.iter().map(|feed| contracts[*feed].name.as_str()).collect();
            lines.push(format!("{month}/{}：同时符合 {}", mask_numbers(&contested.file), names.join("、")));
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    Err(Fault::command(format!("有文件同时符合几份数据契约，请改 feeds 里的 files：\n  {}", lines.join("\n  "))))
}

/// A folder under the name of a file: where the file itself did not come, the feed has one that cannot be read, and is not just missing.
fn folders_for_files(contracts: &[DataContract], folders: &[String], assignment: &mut Assignment) {
    let named = assign(contracts, folders);
    for (feed, folders) in named.by_feed.into_iter().enumerate() {
        if assignment.by_feed[feed].is_empty() && !folders.is_empty() {
            assignment.by_feed[feed] = folders;
            assignment.missing.retain(|missing| *missing != feed);
        }
    }
}

/// Paths under a month's folder.
#[derive(Default)]
struct Found {
    files: Vec<String>,
    folders: Vec<String>,
    /// Folders that were listed, by where they lie.
    seen: BTreeSet<PathBuf>,
    /// Links to folders, which are followed when all real folders are listed.
    links: BTreeSet<String>,
    notes: Vec<String>,
}

/// Everything under a month's folder, each folder once: a link to what is listed already is named and not followed.
fn list_month(month: &Path) -> Result<Found, Fault> {
    let mut found = Found::default();
    list_files(month, "", &mut found)?;
    let root = place(month)?;
    while let Some(link) = found.links.pop_first() {
        let path = month.join(&link);
        let target = place(&path)?;
        if found.seen.contains(&target) || root.starts_with(&target) {
            let link = mask_numbers(&link);
            found.notes.push(format!("“{link}”是通向已读文件夹的链接，没有再读一遍；请删去它"));
        } else {
            list_files(&path, &link, &mut found)?;
        }
    }
    Ok(found)
}

/// Where a folder really lies.
fn place(folder: &Path) -> Result<PathBuf, Fault> {
    fs::canonicalize(folder).map_err(|error| unreadable(folder, &error))
}

fn unreadable(folder: &Path, error: &std::io::Error) -> Fault {
    let folder = mask_numbers(&folder.to_string_lossy());
    Fault::data(format!("文件夹“{folder}”读不出来（{}）；请检查权限", in_words(error)))
}

fn list_files(folder: &Path, prefix: &str, found: &mut Found) -> Result<(), Fault> {
    let unreadable = |error| unreadable(folder, &error);
    found.seen.insert(place(folder)?);
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let name = match entry.map_err(unreadable)?.file_name().into_string() {
            Ok(name) => name,
            Err(name) => {
                return Err(Fault::data(format!(
                    "文件夹“{}”里的“{}”文件名不是UTF-8文字（多为在别的系统上解压所致）；请改名后重试",
                    mask_numbers(&folder.to_string_lossy()),
                    mask_numbers(&name.to_string_lossy())
                )));
            }
        };
        let path = folder.join(&name);
        let relative = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        if path.is_dir() {
            found.folders.push(relative.clone());
            if path.is_symlink() {
                found.links.insert(relative);
            } else {
                list_files(&path, &relative, found)?;
            }
        } else {
            found.files.push(relative);
        }
    }
    Ok(())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_file_in_the_place_of_a_departments_folder_is_named_as_such() {
        let text = "name = \"甲_名单\"\ndepartment = \"甲局\"\nfiles = [\"甲局/*名单*\"]\nkind = \"snapshot\"\n[columns]\n\
                    person = { type = \"id_number\", headings = [\"证件号码\"], required = true }\n";
        let contracts = [bidui_ingest::compile_contract(text, "x.toml").unwrap()];
        assert!(stranger_in_words(&contracts, "甲局").contains("应为文件夹"));
        assert_eq!(stranger_in_words(&contracts, "甲局/别的.csv"), "不符合任何一份数据契约");
        assert_eq!(stranger_in_words(&contracts, "甲"), "不符合任何一份数据契约");
    }

    #[test]
    fn a_folder_is_listed_once_however_many_links_lead_to_it() {
        let inbox = tempfile::tempdir().unwrap();
        let month = inbox.path().join("2023-03");
        let (home, other, outside) = (month.join("甲局"), month.join("乙局"), inbox.path().join("别处"));
        for folder in [&home, &other, &outside] {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join("名单.csv"), "").unwrap();
        }
        for (target, link) in [("..", "往年"), ("../..", "更早"), ("../乙局", "乙局"), ("../../别处", "别处")]
        {
            symlink(target, home.join(link)).unwrap();
        }
        symlink("..", outside.join("回来")).unwrap();
        let found = list_month(&month).unwrap();
        let mut files = found.files;
        files.sort_unstable();
        assert_eq!(files, ["乙局/名单.csv", "甲局/别处/名单.csv", "甲局/名单.csv"]);
        let named = |link: &str| found.notes.iter().filter(|note| note.contains(&format!("“{link}”"))).count();
        assert_eq!(["甲局/往年", "甲局/更早", "甲局/乙局", "甲局/别处/回来"].map(named), [1; 4]);
        assert_eq!(found.notes.len(), 4);
    }
}
