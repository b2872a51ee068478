//! What was lost beside what is there: a ledger where months were published with one, and files that people put among the published ones.

use std::fs;
use std::path::{Path, PathBuf};

use bidui_emit::Manifest;
use bidui_model::Month;
use sha2::{Digest, Sha256};

use crate::config::hex;
use crate::exit::Fault;
use crate::private;
use crate::published::PublishedMonth;
use crate::render::tidy;

/// Refuses to begin a ledger anew where months were published by one that is gone: every household would be new, and no list that is out could come
/// back.
pub(crate) fn refuse_lost_ledger(state: &Path, out: &Path) -> Result<(), Fault> {
    let file = state.join("ledger.db");
    if file.exists() {
        return Ok(());
    }
    let Some(month) = latest_with_ledger(out) else { return Ok(()) };
    Err(Fault::command(format!(
        "台账“{}”不见了，而“{}”里有按台账发布的月份（到{}）。\n  请从备份恢复 ledger.db；没有它，已发的清单收不回来，以前的答复、编号和时限都没有了。\n  \
         确实没有备份、要从头开始的，先把输出文件夹里的各月移到别处，再从第一个月起依次运行，并重发清单",
        tidy(&file).display(),
        tidy(out).display(),
        month.in_chinese()
    )))
}

fn latest_with_ledger(out: &Path) -> Option<Month> {
    let names = fs::read_dir(out).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut months: Vec<Month> = names.filter_map(|name| name.parse().ok()).collect();
    months.sort_unstable();
    months.into_iter().rev().find(|month| PublishedMonth::find(out, *month).is_some_and(|month| month.has_ledger()))
}

/// Folders of a month that people open: what they changed there, or put there, is kept when the month is published anew.
const OPENED: [&str; 3] = ["towns", "departments", "district"];

/// Copies the files of a published month that are not as they were published to a folder beside the months; says where.
pub(crate) fn keep_changed(out: &Path, month: Month) -> Result<Option<String>, Fault> {
    let folder = out.join(month.to_string());
    let Some(manifest) = fs::read(folder.join("manifest.json")).ok() else { return Ok(None) };
    let Ok(manifest) = serde_json::from_slice::<Manifest>(&manifest) else { return Ok(None) };
    let mut found = Vec::new();
    for opened in OPENED {
        walk(&folder.join(opened), &mut found)?;
    }
    let is_own = |path: &PathBuf| -> Option<bool> {
        let name = path.strip_prefix(&folder).ok()?.to_str()?.replace('\\', "/");
        let known = manifest.files.iter().find(|file| file.file == name)?;
        let bytes = fs::read(path).ok()?;
        Some(bytes.len() as u64 == known.bytes && hex(&Sha256::digest(&bytes)) == known.sha256)
    };
    found.retain(|path| is_own(path) != Some(true) && !is_lock(path));
    if found.is_empty() {
        return Ok(None);
    }
    let place = (1..).map(|number| out.join("kept").join(format!("{month}-{number}"))).find(|place| !place.exists());
    let place = place.unwrap_or_else(|| out.join("kept"));
    for path in &found {
        let target = place.join(path.strip_prefix(&folder).unwrap_or(path));
        if let Some(parent) = target.parent() {
            private::make_folder(parent)?;
        }
        private::write_file(&target, &fs::read(path)?)?;
    }
    Ok(Some(format!(
        "{}的输出文件夹里有{}个文件不是发布时的样子（在里面填写了，或者另外放进去的），已另存到“{}”；要收回的请从那里收。请不要在输出文件夹里填写",
        month.in_chinese(),
        found.len(),
        tidy(&place).display()
    )))
}

/// What Excel and WPS leave beside a file that is open.
fn is_lock(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("~$") || name.starts_with('.'))
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Fault> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, found)?;
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(())
}
