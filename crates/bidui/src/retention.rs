//! Which months have been kept longer than the configuration allows. They are named, not deleted: that is for a person to sign.

use std::fs;
use std::path::Path;

use bidui_model::Month;

use crate::run::Folders;
use crate::settings::Settings;

/// A sentence for each folder that holds months beyond its time.
pub(crate) fn overdue(settings: &Settings, folders: &Folders, month: Month) -> Vec<String> {
    let sealed = folders.state.join("sealed");
    let kept = [(&sealed, settings.store_months, "封存数据"), (&folders.out, settings.output_months, "已发布的结果")];
    kept.into_iter().filter_map(|(folder, limit, what)| sentence(folder, month.plus(-limit?), limit?, what)).collect()
}

fn sentence(folder: &Path, last: Month, limit: i32, what: &str) -> Option<String> {
    let mut months: Vec<Month> = fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|found| *found <= last)
        .collect();
    months.sort_unstable();
    let first = months.first()?;
    Some(format!(
        "{what}有{}个月超过保存期（{limit}个月，最早{first}），请按规定删除：{}",
        months.len(),
        folder.display()
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_month_beyond_its_time_is_named_and_others_are_not() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["2021-03", "2021-04", "notes", "2023-03"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let last: Month = "2021-03".parse().unwrap();
        let found = sentence(folder.path(), last, 24, "封存数据").unwrap();
        assert!(found.contains("有1个月") && found.contains("最早2021-03"), "{found}");
        assert_eq!(sentence(folder.path(), last.plus(-1), 25, "封存数据"), None);
    }
}
