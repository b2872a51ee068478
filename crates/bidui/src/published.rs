//! A published month, read back: its manifest, and relations that are what the manifest says they are.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Cursor;
use std::path::{Path, PathBuf};

use bidui_emit::{Manifest, relation_schema};
use bidui_model::Month;
use polars::prelude::*;
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;
use sha2::{Digest, Sha256};

use crate::config::hex;
use crate::exit::{Fault, in_words};
use crate::explain::published_data;

/// What a month has from the first one on that was run with a ledger. Without them there was nobody to answer yet: they are empty.
const OF_LEDGER: [&str; 7] = ["cases", "answers", "clocks", "needs", "standing", "case_events", "anomalies"];

/// A month that stands in the output folder.
pub(crate) struct PublishedMonth {
    pub(crate) month: Month,
    folder: PathBuf,
    /// SHA-256 of every file of the month by its path.
    digests: BTreeMap<String, String>,
    sizes: BTreeMap<String, u64>,
}

impl PublishedMonth {
    /// The month must have been published, and whole.
    pub(crate) fn open(out: &Path, month: Month) -> Result<Self, Fault> {
        published_data(out, month)?;
        let folder = out.join(month.to_string());
        let path = folder.join("manifest.json");
        let broken = |why: String| {
            Fault::command(format!(
                "{}的“{}”{why}，不是完整发布的月份；请重新执行 bidui run {month}",
                month.in_chinese(),
                path.display()
            ))
        };
        let bytes = fs::read(&path).map_err(|error| broken(format!("读不出来（{}）", in_words(&error))))?;
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|_| broken("内容不对".to_owned()))?;
        if manifest.month != month.to_string() {
            return Err(broken(format!("写的是{}的", manifest.month)));
        }
        let sizes = manifest.files.iter().map(|file| (file.file.clone(), file.bytes)).collect();
        let digests = manifest.files.into_iter().map(|file| (file.file, file.sha256)).collect();
        Ok(Self { month, folder, digests, sizes })
    }

    /// An earlier month, if it is there.
    pub(crate) fn find(out: &Path, month: Month) -> Option<Self> {
        if out.join(month.to_string()).is_dir() { Self::open(out, month).ok() } else { None }
    }

    /// Why a month that stands in the output folder cannot be read: its manifest was cut off, changed or lost. `None` where there is no such month, or it
    /// can be read. Says no folder of the machine: lists and pages say it too.
    pub(crate) fn broken(out: &Path, month: Month) -> Option<String> {
        if !out.join(month.to_string()).is_dir() || Self::open(out, month).is_ok() {
            return None;
        }
        let lost = !out.join(month.to_string()).join("manifest.json").is_file();
        let why = if lost { "不见了" } else { "读不懂（没有写完，或被改过）" };
        Some(format!(
            "{}发布过，但输出文件夹里的 {month}/manifest.json {why}；请从备份恢复这个文件，或重新执行 bidui run {month}",
            month.in_chinese()
        ))
    }

    /// Whether its cases were kept: then it says which lists were answered and which were not.
    pub(crate) fn has_ledger(&self) -> bool {
        self.is_written("standing")
    }

    fn is_written(&self, name: &str) -> bool {
        self.digests.contains_key(&format!("data/{name}.parquet"))
    }

    /// A relation with the columns that this program knows. One that an older program wrote differently is refused.
    pub(crate) fn relation(&self, name: &str) -> Result<DataFrame, Fault> {
        let month = self.month;
        if OF_LEDGER.contains(&name) && !self.is_written(name) {
            return Ok(DataFrame::empty_with_schema(&relation_schema(name).unwrap_or_default()));
        }
        self.try_relation(name)?.ok_or_else(|| {
            Fault::command(format!(
                "{}是旧版程序发布的，没有现在的关系“{name}”；请重新执行 bidui run {month}",
                month.in_chinese()
            ))
        })
    }

    /// Some columns of a relation, which may be as long as the registry: of the file only they are read, so its length is held against the
    /// manifest, and not its digest.
    pub(crate) fn columns(&self, name: &str, columns: &[String]) -> Result<DataFrame, Fault> {
        let (month, file) = (self.month, format!("data/{name}.parquet"));
        let path = self.folder.join(&file);
        let again = |why: String| Fault::command(format!("“{}”{why}；请重新执行 bidui run {month}", path.display()));
        let unreadable = |error: std::io::Error| again(format!("读不出来：{}", in_words(&error)));
        let opened = File::open(&path).map_err(unreadable)?;
        if self.sizes.get(&file) != Some(&opened.metadata().map_err(unreadable)?.len()) {
            return Err(again("与发布时的不一样（与 manifest.json 不符）".to_owned()));
        }
        let mut reader = ParquetReader::new(opened);
        let known = reader.schema().map_err(|_| again("内容不对".to_owned()))?;
        if let Some(missing) = columns.iter().find(|column| !known.contains(column.as_str())) {
            return Err(again(format!("没有“{missing}”这一列")));
        }
        reader.with_columns(Some(columns.to_vec())).finish().map_err(|_| again("内容不对".to_owned()))
    }

    /// The same; `None` where an older program did not write it, or without a column that it has now.
    pub(crate) fn try_relation(&self, name: &str) -> Result<Option<DataFrame>, Fault> {
        let file = format!("data/{name}.parquet");
        let Some(expected) = self.digests.get(&file) else { return Ok(None) };
        let path = self.folder.join(&file);
        let bytes = fs::read(&path).map_err(|error| {
            Fault::command(format!(
                "“{}”读不出来：{}；请重新执行 bidui run {}",
                path.display(),
                in_words(&error),
                self.month
            ))
        })?;
        if hex(&Sha256::digest(&bytes)) != *expected {
            return Err(Fault::command(format!(
                "“{}”与发布时的不一样（与 manifest.json 不符）；请重新执行 bidui run {}",
                path.display(),
                self.month
            )));
        }
        let frame = ParquetReader::new(Cursor::new(bytes)).finish()?;
        let known = relation_schema(name).unwrap_or_default();
        let has_all = known.iter().all(|(column, kind)| frame.schema().get(column) == Some(kind));
        Ok(has_all.then_some(frame))
    }
}

/// Whether any month before is there: without one this is the first.
pub(crate) fn any_before(out: &Path, month: Month) -> bool {
    let Ok(entries) = fs::read_dir(out) else { return false };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut months = names.filter_map(|name| name.parse::<Month>().ok());
    months.any(|other| other < month && File::open(out.join(other.to_string()).join("manifest.json")).is_ok())
}
