//! One feed and month from its files to the sealed store: read, normalize, seal, write. What is sealed from the same bytes under the
//! same contract, gazetteer and key is used again.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use bidui_ingest::{ReadOptions, read_file};
use bidui_match::{StoreFile, StoreWriter};
use bidui_model::{DataContract, Flaw, Month, Reject, RejectCode, Reshape, SealedChunk, Source};
use bidui_normalize::{CANONICALISER, FeedSealer, Gazetteer, SealKeys};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::config::hex;
use crate::exit::Fault;
use crate::private;

/// Changes when the store's layout does, or the meaning of a value in it, so that older files are sealed anew.
const STORE_VERSION: u32 = 2;

/// An input file with its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InputFile {
    pub(crate) file: String,
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
}

/// What is known of a sealed feed and month; stands beside its rows in the store. Holds no plain identifier.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct SealedFeed {
    pub(crate) digest: String,
    /// Version of the store and of the canonicaliser, and the key's id: whether two files' tokens can meet at all.
    #[serde(default)]
    pub(crate) seal: String,
    pub(crate) inputs: Vec<InputFile>,
    /// File and sheet by source number.
    pub(crate) sources: Vec<(String, String)>,
    pub(crate) received: u64,
    pub(crate) kept: u64,
    /// Source, row, code.
    pub(crate) rejects: Vec<(u32, u32, String)>,
    /// Source, row, column, code, what was found (masked).
    pub(crate) flaws: Vec<(u32, u32, String, String, String)>,
    /// Column and heading.
    pub(crate) headings: Vec<(String, String)>,
    /// One fingerprint a file.
    pub(crate) layouts: Vec<String>,
    /// Sheets passed over, and why.
    pub(crate) notes: Vec<String>,
    /// Files that could not be read at all. The feed may then not be used.
    pub(crate) problems: Vec<String>,
    #[serde(skip)]
    pub(crate) path: PathBuf,
}

impl SealedFeed {
    pub(crate) fn store(&self) -> StoreFile {
        StoreFile::new(self.path.clone())
    }
    pub(crate) fn source_names(&self) -> Vec<Source> {
        self.sources.iter().map(|(file, sheet)| Source { file: file.clone(), sheet: sheet.clone() }).collect()
    }
}

/// What sealing needs besides the files.
pub(crate) struct SealingContext<'a> {
    pub(crate) inbox: &'a Path,
    pub(crate) state: &'a Path,
    pub(crate) keys: &'a SealKeys,
    pub(crate) gazetteer: &'a Gazetteer,
    pub(crate) gazetteer_digest: &'a str,
}

/// Seals one feed and month, or finds it sealed already.
pub(crate) fn seal_feed(
    context: &SealingContext<'_>,
    contract: &DataContract,
    contract_digest: &str,
    month: Month,
    files: &[String],
) -> Result<SealedFeed, Fault> {
    let folder = context.inbox.join(month.to_string());
    let inputs = digest_inputs(&folder, files)?;
    let digest = whole_digest(context, contract_digest, month, &inputs);
    let sealed = context.state.join("sealed").join(month.to_string());
    let (rows, about) =
        (sealed.join(format!("{}.parquet", contract.name)), sealed.join(format!("{}.json", contract.name)));
    if let Some(mut found) = fs::read(&about).ok().and_then(|text| serde_json::from_slice::<SealedFeed>(&text).ok())
        && found.digest == digest
        && rows.exists()
    {
        found.path = rows;
        return Ok(found);
    }
    private::make_folder(&sealed)?;
    let part = sealed.join(format!(".{}.parquet.part", contract.name));
    let mut feed = write_rows(context, contract, month, &inputs, &part)?;
    feed.digest = digest;
    feed.seal = seal_id(context);
    feed.inputs = inputs;
    private::protect_file(&part)?;
    let _ = fs::remove_file(&about);
    File::open(&part)?.sync_all()?;
    fs::rename(&part, &rows)?;
    private::write_file(&about, &serde_json::to_vec(&feed)?)?;
    feed.path = rows;
    Ok(feed)
}

/// How many rows the store has of a feed and month; for `check`, which needs no key.
pub(crate) fn stored_rows(state: &Path, feed: &str, month: Month) -> Option<u64> {
    let about = fs::read(state.join("sealed").join(month.to_string()).join(format!("{feed}.json"))).ok()?;
    let found: SealedFeed = serde_json::from_slice(&about).ok()?;
    found.problems.is_empty().then_some(found.kept)
}

/// What the store has of a month whose files have left the inbox, if it was sealed under the same key and has the columns that the
/// contract asks for today. A heading added to the contract since then must not cost the county its history.
pub(crate) fn from_store(context: &SealingContext<'_>, contract: &DataContract, month: Month) -> Option<SealedFeed> {
    let sealed = context.state.join("sealed").join(month.to_string());
    let about = fs::read(sealed.join(format!("{}.json", contract.name))).ok()?;
    let mut found: SealedFeed = serde_json::from_slice(&about).ok()?;
    found.path = sealed.join(format!("{}.parquet", contract.name));
    (found.seal == seal_id(context) && found.store().fits(contract)).then_some(found)
}

fn write_rows(
    context: &SealingContext<'_>,
    contract: &DataContract,
    month: Month,
    inputs: &[InputFile],
    part: &Path,
) -> Result<SealedFeed, Fault> {
    let mut feed = SealedFeed::default();
    let mut writer = StoreWriter::create(part, contract)?;
    let mut sealer = FeedSealer::new(contract, context.keys, context.gazetteer, month);
    for (at, InputFile { file: name, sha256, .. }) in inputs.iter().enumerate() {
        let twin = inputs[..at].iter().find(|earlier| earlier.sha256 == *sha256);
        if let Some(twin) = twin {
            feed.notes.push(format!("“{name}”与“{}”内容完全相同，整份作为重复剔除", twin.file));
        }
        let path = context.inbox.join(month.to_string()).join(name);
        let options = ReadOptions { first_source: feed.sources.len() as u32, ..ReadOptions::default() };
        let mut broken = None;
        let report = read_file(&path, name, contract, &options, &mut |chunk| {
            if broken.is_none() {
                let mut sealed = sealer.seal(chunk);
                if twin.is_some() {
                    set_aside(&mut sealed);
                }
                broken = writer.write(&sealed).err();
                keep_notes(&mut feed, contract, sealed);
            }
        });
        if let Some(error) = broken {
            return Err(error.into());
        }
        match report {
            Ok(report) => {
                feed.received += report.received;
                feed.sources.extend(report.sources.into_iter().map(|source| (source.file, source.sheet)));
                feed.headings.extend(
                    report.headings.into_iter().filter(|pair| !feed.headings.contains(pair)).collect::<Vec<_>>(),
                );
                feed.layouts.push(report.layout);
                feed.notes.extend(
                    report
                        .skipped_sheets
                        .into_iter()
                        .map(|(sheet, why)| format!("“{name}”的工作表“{sheet}”未读：{}", why.title())),
                );
            }
            Err(problem) => {
                // Rows already given would be half a list: the whole feed is unusable this month, and is counted as empty.
                let mut unusable = SealedFeed { problems: feed.problems.clone(), ..SealedFeed::default() };
                unusable.problems.push(problem.to_string());
                StoreWriter::create(part, contract)?.finish()?;
                return Ok(unusable);
            }
        }
    }
    feed.kept = writer.finish()?;
    Ok(feed)
}

/// Every row of a file that came twice is a duplicate; its flaws have been told once.
fn set_aside(sealed: &mut SealedChunk) {
    let rows = sealed.sources.drain(..).zip(sealed.rows.drain(..));
    sealed.rejects.extend(rows.map(|(source, row)| Reject { source, row, code: RejectCode::Duplicate }));
    sealed.columns.clear();
    sealed.flaws.clear();
}

fn keep_notes(feed: &mut SealedFeed, contract: &DataContract, sealed: SealedChunk) {
    let reject = |reject: Reject| (reject.source.0, reject.row, reject.code.code().to_owned());
    let flaw = |flaw: Flaw| (flaw.source.0, flaw.row, flaw.column, flaw.code.code().to_owned(), flaw.found);
    feed.rejects.extend(sealed.rejects.into_iter().map(reject));
    for flaw in sealed.flaws.into_iter().map(flaw) {
        if !is_told_already(feed, contract, &flaw) {
            feed.flaws.push(flaw);
        }
    }
}

/// A cell that all records of a row share is one bad value, however many records read it.
fn is_told_already(feed: &SealedFeed, contract: &DataContract, flaw: &(u32, u32, String, String, String)) -> bool {
    let (source, row, column, ..) = flaw;
    let is_shared = match &contract.reshape {
        Reshape::None => return false,
        Reshape::Unpivot(groups) => groups.iter().flatten().all(|(grouped, _)| grouped != column),
        Reshape::Split { columns, .. } => !columns.contains(column),
    };
    let same_row = feed.flaws.iter().rev().take_while(|known| (known.0, known.1) == (*source, *row));
    is_shared && same_row.into_iter().any(|known| known == flaw)
}

fn digest_inputs(folder: &Path, files: &[String]) -> Result<Vec<InputFile>, Fault> {
    files
        .iter()
        .map(|name| {
            let path = folder.join(name);
            let (sha256, bytes) = digest_file(&path)
                .map_err(|error| Fault::data(format!("“{name}”读不出来（{error}）；请检查文件权限或存储介质后重试")))?;
            Ok(InputFile { file: name.clone(), sha256, bytes })
        })
        .collect()
}

pub(crate) fn digest_file(path: &Path) -> std::io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0_u8; 1 << 20];
    let mut bytes = 0_u64;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((hex(&digest.finalize()), bytes));
        }
        digest.update(&buffer[..read]);
        bytes += read as u64;
    }
}

fn seal_id(context: &SealingContext<'_>) -> String {
    format!("{STORE_VERSION} {CANONICALISER} {}", context.keys.key_id())
}

fn whole_digest(context: &SealingContext<'_>, contract_digest: &str, month: Month, inputs: &[InputFile]) -> String {
    let mut digest = Sha256::new();
    let head = format!("{} {month} {contract_digest} {}", seal_id(context), context.gazetteer_digest);
    digest.update(head.as_bytes());
    for input in inputs {
        digest.update(format!("\n{} {}", input.file, input.sha256).as_bytes());
    }
    hex(&digest.finalize())
}
