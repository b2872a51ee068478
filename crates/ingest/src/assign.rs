//! Which file of a month's inbox is which extract: by the contracts' globs, never by guessing.

use std::path::Path;

use bidui_model::DataContract;
use globset::{GlobBuilder, GlobMatcher};

/// Every file of the month is in exactly one of `by_feed`, `strangers` and `contested`, or is litter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// Parallel to the contracts; paths sorted.
    pub by_feed: Vec<Vec<String>>,
    pub strangers: Vec<Stranger>,
    pub contested: Vec<Contested>,
    /// Contracts without a file.
    pub missing: Vec<usize>,
}

/// A file that fits no contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    pub file: String,
    /// The contract whose name or pattern comes nearest.
    pub nearest: Option<usize>,
}

/// A file that several contracts claim: the configuration must be mended, since either choice may be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contested {
    pub file: String,
    pub feeds: Vec<usize>,
}

/// Sorts `files` (paths relative to the month's folder, with `/`) to the contracts. `*` does not cross a folder.
#[must_use]
pub fn assign(contracts: &[DataContract], files: &[String]) -> Assignment {
    let matchers: Vec<Vec<GlobMatcher>> = contracts
        .iter()
        .map(|contract| contract.files.iter().filter_map(|glob| compile_glob(glob).ok()).collect())
        .collect();
    let mut assignment = Assignment { by_feed: vec![Vec::new(); contracts.len()], ..Assignment::default() };
    let mut sorted: Vec<&String> = files.iter().filter(|file| !is_litter(file)).collect();
    sorted.sort_unstable();
    sorted.dedup();
    for file in sorted {
        let feeds: Vec<usize> = (0..contracts.len())
            .filter(|feed| matchers[*feed].iter().any(|matcher| matcher.is_match(Path::new(file))))
            .collect();
        match feeds[..] {
            [] => {
                assignment.strangers.push(Stranger { file: file.clone(), nearest: nearest_contract(contracts, file) })
            }
            [feed] => assignment.by_feed[feed].push(file.clone()),
            _ => assignment.contested.push(Contested { file: file.clone(), feeds }),
        }
    }
    assignment.missing = (0..contracts.len())
        .filter(|feed| {
            let is_contested = assignment.contested.iter().any(|file| file.feeds.contains(feed));
            assignment.by_feed[*feed].is_empty() && !is_contested
        })
        .collect();
    assignment
}

pub(crate) fn compile_glob(glob: &str) -> Result<GlobMatcher, globset::Error> {
    GlobBuilder::new(glob).literal_separator(true).case_insensitive(true).build().map(|glob| glob.compile_matcher())
}

/// What spreadsheet programs and file managers leave behind.
fn is_litter(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    let lower = name.to_ascii_lowercase();
    name.starts_with("~$")
        || name.starts_with(".~")
        || name.starts_with("._")
        || matches!(lower.as_str(), "thumbs.db" | ".ds_store" | "desktop.ini")
        || file.split('/').any(|folder| folder == "__MACOSX")
}

/// The contract with the largest share of its name's characters in the file's name; its department's folder counts too.
fn nearest_contract(contracts: &[DataContract], file: &str) -> Option<usize> {
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
    let share = |contract: &DataContract| {
        let topic = contract.name.rsplit('_').next().unwrap_or(&contract.name);
        let hits = topic.chars().filter(|character| name.contains(*character)).count();
        let percent = hits * 100 / topic.chars().count().max(1);
        let at_home = !folder.is_empty() && folder.contains(contract.department.as_str());
        (percent, at_home)
    };
    (0..contracts.len())
        .map(|feed| (share(&contracts[feed]), feed))
        .filter(|((percent, at_home), _)| *percent >= if *at_home { 34 } else { 60 })
        .max_by_key(|((percent, at_home), feed)| (*percent + 30 * usize::from(*at_home), std::cmp::Reverse(*feed)))
        .map(|(_, feed)| feed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn contracts() -> Vec<DataContract> {
        [
            ("医保_住院结算", "医疗保障局/*住院*结算*"),
            ("医保_参保", "医疗保障局/*参保*"),
            ("公安_死亡注销", "公安局/*死亡*"),
        ]
        .iter()
        .map(|(name, glob)| {
            let department = glob.split('/').next().unwrap();
            let text = format!(
                "name='{name}'\ndepartment='{department}'\nfiles=['{glob}']\nkind='events'\n\
                     [columns]\nperson={{type='id_number',headings=['身份证号'],required=true}}\n"
            );
            crate::compile_contract(&text, "f.toml").unwrap()
        })
        .collect()
    }

    fn check(file: &str, expected: &str) {
        let assignment = assign(&contracts(), &[file.to_owned()]);
        let found = if let Some(feed) = assignment.by_feed.iter().position(|files| !files.is_empty()) {
            format!("feed {feed}")
        } else if let Some(stranger) = assignment.strangers.first() {
            format!("stranger near {:?}", stranger.nearest)
        } else if let Some(contested) = assignment.contested.first() {
            format!("contested {:?}", contested.feeds)
        } else {
            "ignored".to_owned()
        };
        assert_eq!(found, expected, "{file}");
    }

    #[test]
    fn a_file_belongs_to_the_one_contract_whose_glob_it_fits() {
        check("医疗保障局/2023年3月住院费用结算明细.xlsx", "feed 0");
        check("医疗保障局/参保名单.XLS", "feed 1");
        check("医疗保障局/住院结算与参保.csv", "contested [0, 1]");
        check("公安局/旧/死亡.csv", "stranger near Some(2)");
        check("公安局/注销户口名单.csv", "stranger near Some(2)");
        check("气象局/预警.csv", "stranger near None");
    }

    #[test]
    fn litter_is_not_a_file() {
        check("医疗保障局/~$参保名单.xlsx", "ignored");
        check("医疗保障局/Thumbs.db", "ignored");
        check("医疗保障局/.DS_Store", "ignored");
        check("__MACOSX/医疗保障局/参保.csv", "ignored");
    }

    #[test]
    fn a_contract_without_a_file_is_missing() {
        let assignment = assign(&contracts(), &["公安局/死亡.csv".to_owned(), "公安局/2死亡.csv".to_owned()]);
        assert_eq!(assignment.missing, [0, 1]);
        assert_eq!(assignment.by_feed[2], ["公安局/2死亡.csv", "公安局/死亡.csv"]);
    }
}
