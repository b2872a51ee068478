//! What becomes of a month's report and sample when the month is run again. A sample that was drawn may have been sent to those who look again: it
//! stays as it is, and its answers come back by their tags. A report stays where every relation is as it was; where one is not, its figures are not
//! the month's any more, and it is to be made anew.

use std::fs;
use std::path::Path;

use bidui_emit::{Manifest, Staging};
use bidui_model::Month;

use crate::exit::Fault;

const REPORT: &str = "report";
const SAMPLE: &str = "sample";

/// Takes along into the sealed month what still holds of the one that stands, and says what does not.
pub(crate) fn keep_additions(staging: &Staging, out: &Path, month: Month) -> Result<Vec<String>, Fault> {
    let old = out.join(month.to_string());
    let is_same = data_of(&old).is_some_and(|data| Some(data) == data_of(staging.path()));
    let mut notes = Vec::new();
    if staging.keep(SAMPLE)? && !is_same {
        notes.push(format!(
            "{SAMPLE}/ 里的抽查样本是这次运行以前抽的，原样保留，填好的照常收回；要按现在的答复重抽的，执行 bidui sample {month}"
        ));
    }
    if is_same {
        staging.keep(REPORT)?;
    } else if old.join(REPORT).is_dir() {
        notes.push(format!(
            "{REPORT}/ 里的报告是按这次运行以前的数做的，已随旧结果移走；请重新执行 bidui report {month}，已经报出的请核对后更正"
        ));
    }
    Ok(notes)
}

/// Path and digest of every relation of a month; nothing where no manifest can be read.
fn data_of(folder: &Path) -> Option<Vec<(String, String)>> {
    let manifest: Manifest = serde_json::from_slice(&fs::read(folder.join("manifest.json")).ok()?).ok()?;
    let relations = manifest.files.into_iter().filter(|file| file.file.starts_with("data/"));
    Some(relations.map(|file| (file.file, file.sha256)).collect())
}
