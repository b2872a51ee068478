//! One feed and month from its files to the sealed store: read, normalize, seal, write. What is sealed from the same bytes under the
//! same contract, gazetteer and key is used again.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use bidui_ingest::{FileProblem, FileReport, ReadOptions};
use bidui_match::{StoreFile, StoreWriter, loose_from_bytes, loose_to_bytes};
use bidui_model::{
    DataContract, FeedKind, Flaw, Ladder, LinkBy, LooseRow, Month, Reject, RejectCode, Reshape, SealedChunk, Source,
};
use bidui_normalize::{CANONICALISER, FeedSealer, Gazetteer, SealKeys, WatchSetting, Watched, mask_numbers};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::config::hex;
use crate::exit::Fault;
use crate::inputs::{InputFile, Stamp, look_at, read_steady, take_digest, twin_of};
use crate::profile::{Profile, Profiler};
use crate::{private, repeats, weighing};

/// Changes when the store's layout does, or the meaning of a value in it, so that older files are sealed anew.
const STORE_VERSION: u32 = 4;

/// So many flaws of a feed and month are kept, and more only as long as they are no more than its rows.
const FLAWS: u64 = 100_000;

/// Ending of the file of row digests beside the rows.
const DIGESTS: &str = "rows";
/// Ending of the file of loose rows beside the rows.
const LOOSE: &str = "loose";

/// What is known of a sealed feed and month; stands beside its rows in the store. Holds no plain identifier.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct SealedFeed {
    pub(crate) digest: String,
    /// Version of the store and of the canonicaliser, and the key's id: whether two files' tokens can meet at all.
    #[serde(default)]
    pub(crate) seal: String,
    pub(crate) inputs: Vec<InputFile>,
    /// Digest of the registry with which its rows were compared: whom it does not have, and who may be whose.
    #[serde(default)]
    pub(crate) registry: String,
    /// File and sheet by source number.
    pub(crate) sources: Vec<(String, String)>,
    pub(crate) received: u64,
    pub(crate) kept: u64,
    /// Source, row, code.
    pub(crate) rejects: Vec<(u32, u32, String)>,
    /// Source, row, column, code, what was found (masked).
    pub(crate) flaws: Vec<(u32, u32, String, String, String)>,
    /// Flaws that were not kept, for there were too many; the feed is then unusable.
    #[serde(skip)]
    pub(crate) more_flaws: u64,
    /// Column and heading.
    pub(crate) headings: Vec<(String, String)>,
    /// One fingerprint a file.
    pub(crate) layouts: Vec<String>,
    /// Sheets passed over, and why.
    pub(crate) notes: Vec<String>,
    /// Files that could not be read at all. The feed may then not be used.
    pub(crate) problems: Vec<String>,
    /// What the guards measure. None of a feed that could not be read, and of a store that was sealed before there was one.
    #[serde(default)]
    pub(crate) profile: Option<Profile>,
    #[serde(skip)]
    pub(crate) path: PathBuf,
    /// The name of its file of rows in the store.
    #[serde(skip)]
    pub(crate) name: String,
    /// Of the inputs, in their order, as they were when their digests were taken.
    #[serde(skip)]
    pub(crate) stamps: Vec<Stamp>,
    /// How many of its rows each earlier month brought already; they are among the rejects and not kept.
    #[serde(skip)]
    pub(crate) repeats: BTreeMap<Month, u64>,
}

impl SealedFeed {
    /// From beside the rows. A store that was made when file names still went on as they were is told of like any other.
    fn read(about: &Path) -> Option<Self> {
        let mut found: Self = serde_json::from_slice(&fs::read(about).ok()?).ok()?;
        let names = found.sources.iter_mut().flat_map(|(file, sheet)| [file, sheet]);
        names.chain(&mut found.notes).chain(&mut found.problems).for_each(|words| *words = mask_numbers(words));
        Some(found)
    }
    pub(crate) fn store(&self) -> StoreFile {
        StoreFile::new(self.path.clone())
    }
    /// The files' names, for a message.
    pub(crate) fn files_in_words(&self) -> String {
        const SHOWN: usize = 3;
        let shown: Vec<String> = self.inputs.iter().take(SHOWN).map(|input| format!("“{}”", input.told())).collect();
        let more = if self.inputs.len() > SHOWN { format!("等{}个文件", self.inputs.len()) } else { String::new() };
        format!("{}{more}", shown.join("、"))
    }
    /// A file or sheet by its number, for a message.
    pub(crate) fn part_in_words(&self, source: u32) -> String {
        match self.sources.get(source as usize) {
            Some((file, sheet)) if !sheet.is_empty() => format!("“{file}”的工作表“{sheet}”"),
            Some((file, _)) => format!("“{file}”"),
            None => self.files_in_words(),
        }
    }
    /// What is wrong where so much is bad that not everything was noted.
    pub(crate) fn overflowing(&self) -> Option<String> {
        let (source, row, column, ..) = self.flaws.first().filter(|_| self.more_flaws > 0)?;
        let part = self.part_in_words(*source);
        let heading = self.headings.iter().find(|(name, _)| name == column).map_or(column, |(_, heading)| heading);
        Some(format!(
            "{part}有问题的值共{}处，只有{}行，最先的在第{row}行“{heading}”列，整份没有采用；请核对是否报错了文件、\
             填充了空行，更正后重新报送",
            self.flaws.len() as u64 + self.more_flaws,
            self.kept
        ))
    }
    /// Where the digests of the rows of a feed of events stand.
    pub(crate) fn digests(&self) -> PathBuf {
        self.path.with_extension(DIGESTS)
    }
    /// The rows that their ID number does not settle, by their numbers, then the sample. `None` where the file is not there or not whole.
    pub(crate) fn loose_rows(&self, ladder: &Ladder) -> Option<Vec<LooseRow>> {
        loose_from_bytes(&fs::read(self.stored().with_extension(LOOSE)).ok()?, ladder)
    }
    /// Its own file of rows. What the run reads may be a copy without rows that earlier months brought; loose rows keep their numbers there.
    pub(crate) fn stored(&self) -> PathBuf {
        self.path.with_file_name(&self.name)
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
    pub(crate) watch: WatchSetting<'a>,
    pub(crate) ladder: &'a Ladder,
    /// Of linkage.toml, on which keys depend.
    pub(crate) linkage_digest: &'a str,
    /// The run's month and the digest of its registry; rows of that month are compared with no other. `None` while it is not known.
    pub(crate) registry: Option<(Month, &'a str)>,
    /// Whether rows are weighed, so that what came of it must stand beside them.
    pub(crate) weighs: bool,
}

/// What a feed that was sealed just now leaves in memory: plain, and for this run only.
pub(crate) type Fresh = Watched;

/// A feed and month whose rows are written; until [`Unkept::keep`] has seen them onto the disk, the store does not have them.
pub(crate) struct Unkept {
    feed: SealedFeed,
    /// `None` for what needs no writing.
    waiting: Option<Waiting>,
    fresh: Option<Fresh>,
}

struct Waiting {
    part: PathBuf,
    about: PathBuf,
    /// For the file beside the rows, of a feed of events.
    digests: Option<Vec<u8>>,
    loose: Vec<u8>,
}

impl Unkept {
    fn nothing(feed: SealedFeed) -> Self {
        Self { feed, waiting: None, fresh: None }
    }
    /// Waits for the disk. What says that the feed is sealed is written last.
    pub(crate) fn keep(self) -> Result<(SealedFeed, Option<Fresh>), Fault> {
        let Some(Waiting { part, about, digests, loose }) = self.waiting else {
            return Ok((self.feed, self.fresh));
        };
        let rows = &self.feed.path;
        private::protect_file(&part)?;
        let _ = fs::remove_file(&about);
        let _ = fs::remove_file(weighing::path_of(rows));
        File::open(&part)?.sync_all()?;
        fs::rename(&part, rows)?;
        if let Some(digests) = digests {
            private::write_file(&rows.with_extension(DIGESTS), &digests)?;
        }
        private::write_file(&rows.with_extension(LOOSE), &loose)?;
        private::write_file(&about, &serde_json::to_vec(&self.feed)?)?;
        Ok((self.feed, self.fresh))
    }
}

/// Seals one feed and month but for its way to the disk, or finds it sealed already.
pub(crate) fn seal_feed(
    context: &SealingContext<'_>,
    contract: &DataContract,
    contract_digest: &str,
    month: Month,
    files: &[String],
) -> Result<Unkept, Fault> {
    let folder = context.inbox.join(month.to_string());
    let sealed = context.state.join("sealed").join(month.to_string());
    let (rows, about) =
        (sealed.join(format!("{}.parquet", contract.name)), sealed.join(format!("{}.json", contract.name)));
    let before =
        SealedFeed::read(&about).filter(|found| rows.exists() && is_whole(found, contract, &rows, context.weighs));
    let comparable = before.as_ref().filter(|found| found.seal == seal_id(context));
    let (mut inputs, stamps) = match look_at(&folder, files, comparable.map(|found| found.inputs.as_slice())) {
        Ok(inputs) => inputs,
        Err(problem) => return unread(&sealed, contract, files, problem).map(Unkept::nothing),
    };
    if let Some(mut found) = before
        && found.digest == whole_digest(context, contract_digest, month, &inputs)
        && is_of_registry(context, contract, month, &found)
    {
        found.path = rows;
        found.name = file_name(contract);
        found.stamps = stamps;
        found.inputs = inputs;
        return Ok(Unkept::nothing(found));
    }
    private::make_folder(&sealed)?;
    let part = sealed.join(format!(".{}.parquet.part", contract.name));
    let Written { mut feed, digests, fresh } = match write_rows(context, contract, month, &mut inputs, &stamps, &part)?
    {
        Ok(written) => written,
        Err(problem) => return unread(&sealed, contract, files, problem).map(Unkept::nothing),
    };
    feed.digest = whole_digest(context, contract_digest, month, &inputs);
    feed.seal = seal_id(context);
    feed.registry = context.registry.map_or_else(String::new, |(_, digest)| digest.to_owned());
    feed.inputs = inputs;
    feed.path = rows;
    feed.name = file_name(contract);
    feed.stamps = stamps;
    let digests = (contract.kind == FeedKind::Events).then(|| repeats::to_bytes(&digests));
    let loose: Vec<LooseRow> = fresh.loose.iter().map(|loose| loose.row.clone()).collect();
    let loose = loose_to_bytes(&loose, context.ladder);
    Ok(Unkept { feed, waiting: Some(Waiting { part, about, digests, loose }), fresh: Some(fresh) })
}

fn file_name(contract: &DataContract) -> String {
    format!("{}.parquet", contract.name)
}

/// What came of reading and sealing.
struct Written {
    feed: SealedFeed,
    digests: Vec<u64>,
    fresh: Fresh,
}

/// Whether the rows were compared with the registry that their month has now. An earlier month's rows are left as that month's own run found them.
fn is_of_registry(context: &SealingContext<'_>, contract: &DataContract, month: Month, found: &SealedFeed) -> bool {
    let of_month = context.registry.filter(|(of, _)| *of == month);
    let is_compared = matches!(contract.link, LinkBy::Person { .. }) && contract.kind != FeedKind::Registry;
    !is_compared || of_month.is_none_or(|(_, digest)| found.registry == digest)
}

/// Whether everything stands beside the rows that today's guards ask for.
fn is_whole(found: &SealedFeed, contract: &DataContract, rows: &Path, weighs: bool) -> bool {
    let has_digests = contract.kind != FeedKind::Events || rows.with_extension(DIGESTS).exists();
    let is_weighed = !weighs || contract.kind == FeedKind::Registry || weighing::path_of(rows).exists();
    let has_loose = rows.with_extension(LOOSE).exists();
    !found.problems.is_empty() || found.profile.is_some() && has_digests && has_loose && is_weighed
}

/// A feed with a file that could not be read today and may be tomorrow, so that nothing of it is kept, and what was sealed before stays.
fn unread(sealed: &Path, contract: &DataContract, files: &[String], problem: FileProblem) -> Result<SealedFeed, Fault> {
    private::make_folder(sealed)?;
    let path = sealed.join(format!(".{}.unread.parquet", contract.name));
    StoreWriter::create(&path, contract)?.finish()?;
    private::protect_file(&path)?;
    let nothing = |file: &String| InputFile { file: file.clone(), sha256: String::new(), bytes: 0 };
    let inputs = files.iter().map(nothing).collect();
    Ok(SealedFeed { inputs, problems: vec![mask_numbers(&problem.to_string())], path, ..SealedFeed::default() })
}

/// How many rows the store has of a feed and month; for `check`, which needs no key.
pub(crate) fn stored_rows(state: &Path, feed: &str, month: Month) -> Option<u64> {
    let found = SealedFeed::read(&state.join("sealed").join(month.to_string()).join(format!("{feed}.json")))?;
    found.problems.is_empty().then_some(found.kept)
}

/// What the store has of a month whose files have left the inbox, if it was sealed under the same key and has the columns that the
/// contract asks for today. A heading added to the contract since then must not cost the county its history.
pub(crate) fn from_store(context: &SealingContext<'_>, contract: &DataContract, month: Month) -> Option<SealedFeed> {
    in_store(context.state, contract, month, &seal_id(context))
}

/// The same, for whoever knows a feed that was sealed under the key.
pub(crate) fn in_store(state: &Path, contract: &DataContract, month: Month, seal: &str) -> Option<SealedFeed> {
    let sealed = state.join("sealed").join(month.to_string());
    let mut found = SealedFeed::read(&sealed.join(format!("{}.json", contract.name)))?;
    found.path = sealed.join(file_name(contract));
    found.name = file_name(contract);
    (found.seal == seal && found.store().fits(contract)).then_some(found)
}

fn write_rows(
    context: &SealingContext<'_>,
    contract: &DataContract,
    month: Month,
    inputs: &mut [InputFile],
    stamps: &[Stamp],
    part: &Path,
) -> Result<Result<Written, FileProblem>, Fault> {
    let mut feed = SealedFeed::default();
    let mut writer = StoreWriter::create(part, contract)?;
    let mut sealer = FeedSealer::new(contract, context.keys, context.gazetteer, month).watched(context.watch);
    let mut profiler = Profiler::new(contract);
    let folder = context.inbox.join(month.to_string());
    for at in 0..inputs.len() {
        let (name, told) = (&inputs[at].file.clone(), &inputs[at].told());
        let twin = twin_of(inputs, at);
        if let Some(twin) = twin {
            feed.notes.push(format!("“{told}”与“{}”内容完全相同，整份作为重复剔除", twin.told()));
        }
        let is_twin = twin.is_some();
        let path = folder.join(name);
        let options = ReadOptions { first_source: feed.sources.len() as u32, ..ReadOptions::default() };
        let mut broken = None;
        let report = read_steady(&path, name, &stamps[at], contract, &options, &mut |chunk| {
            if broken.is_none() {
                let mut sealed = sealer.seal(chunk);
                if is_twin {
                    set_aside(&mut sealed);
                }
                profiler.add(&sealed);
                broken = writer.write(&sealed).err();
                feed.kept += sealed.rows.len() as u64;
                keep_notes(&mut feed, contract, sealed);
            }
        });
        if let Some(error) = broken {
            return Err(error.into());
        }
        match report.and_then(|report| take_digest(&mut inputs[at], &path, &stamps[at], report.digest).map(|()| report))
        {
            Ok(report) => {
                keep_report(&mut feed, told, report);
            }
            Err(
                problem @ (FileProblem::Changed { .. } | FileProblem::Unreadable { .. } | FileProblem::Stopped { .. }),
            ) => return Ok(Err(problem)),
            Err(problem) => {
                // Rows already given would be half a list: the whole feed is unusable this month, and is counted as empty.
                if let Err(problem) = inputs.iter_mut().zip(stamps).try_for_each(|(input, stamp)| {
                    let path = folder.join(&input.file);
                    take_digest(input, &path, stamp, None)
                }) {
                    return Ok(Err(problem));
                }
                return without_rows(writer, contract, part, mask_numbers(&problem.to_string())).map(Ok);
            }
        }
    }
    if let Some(why) = feed.overflowing() {
        return without_rows(writer, contract, part, why).map(Ok);
    }
    feed.kept = writer.finish()?;
    let (profile, digests) = profiler.finish();
    feed.profile = Some(profile);
    let fresh = sealer.finish();
    if fresh.passed_over > 0 {
        feed.notes.push(format!("证件号码不能用的行太多，有{}行没有按姓名等其他项目去认", fresh.passed_over));
    }
    Ok(Ok(Written { feed, digests, fresh }))
}

/// A feed that is unusable as a whole, and counted as empty.
fn without_rows(writer: StoreWriter, contract: &DataContract, part: &Path, problem: String) -> Result<Written, Fault> {
    // What it still holds would be written into the new file.
    drop(writer);
    StoreWriter::create(part, contract)?.finish()?;
    let feed = SealedFeed { problems: vec![problem], ..SealedFeed::default() };
    Ok(Written { feed, digests: Vec::new(), fresh: Fresh::default() })
}

fn keep_report(feed: &mut SealedFeed, name: &str, report: FileReport) {
    feed.received += report.received;
    feed.sources.extend(report.sources.into_iter().map(|source| (source.file, source.sheet)));
    feed.headings.extend(report.headings.into_iter().filter(|pair| !feed.headings.contains(pair)).collect::<Vec<_>>());
    feed.layouts.push(report.layout);
    let skipped = report.skipped_sheets.into_iter();
    feed.notes.extend(skipped.map(|(sheet, why)| format!("“{name}”的工作表“{sheet}”未读：{}", why.title())));
    let hidden = report.hidden_rows.into_iter();
    feed.notes.extend(hidden.map(|(sheet, rows)| {
        format!("“{name}”的工作表“{sheet}”有{rows}个隐藏行（含被筛选隐藏的），已照常读入；不应报送的行请删除后重报")
    }));
}

/// Every row of a file that came twice is a duplicate; its flaws have been told once.
fn set_aside(sealed: &mut SealedChunk) {
    let rows = sealed.sources.drain(..).zip(sealed.rows.drain(..));
    sealed.rejects.extend(rows.map(|(source, row)| Reject { source, row, code: RejectCode::Duplicate }));
    sealed.columns.clear();
    sealed.loose.clear();
    sealed.flaws.clear();
}

fn keep_notes(feed: &mut SealedFeed, contract: &DataContract, sealed: SealedChunk) {
    let reject = |reject: Reject| (reject.source.0, reject.row, reject.code.code().to_owned());
    let flaw = |flaw: Flaw| (flaw.source.0, flaw.row, flaw.column, flaw.code.code().to_owned(), flaw.found);
    feed.rejects.extend(sealed.rejects.into_iter().map(reject));
    // More bad values than rows are not bad values of a list but another list.
    let most = FLAWS.max(feed.kept) as usize;
    for flaw in sealed.flaws.into_iter().map(flaw) {
        if is_told_already(feed, contract, &flaw) {
            continue;
        }
        if feed.more_flaws == 0 && feed.flaws.len() < most {
            feed.flaws.push(flaw);
            continue;
        }
        // Nobody mends so many one by one.
        feed.more_flaws += 1 + feed.flaws.len().saturating_sub(FLAWS as usize) as u64;
        feed.flaws.truncate(FLAWS as usize);
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

fn seal_id(context: &SealingContext<'_>) -> String {
    format!("{STORE_VERSION} {CANONICALISER} {}", context.keys.key_id())
}

fn whole_digest(context: &SealingContext<'_>, contract_digest: &str, month: Month, inputs: &[InputFile]) -> String {
    let mut digest = Sha256::new();
    let (places, linkage) = (context.gazetteer_digest, context.linkage_digest);
    let head = format!("{} {month} {contract_digest} {places} {linkage}", seal_id(context));
    digest.update(head.as_bytes());
    for input in inputs {
        digest.update(format!("\n{} {}", input.file, input.sha256).as_bytes());
    }
    hex(&digest.finalize())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::sample::list_of_persons;
    use bidui_model::{FlawCode, SourceId};

    /// A feed of so many rows, each with so many bad values.
    fn flawed(rows: u32, each: usize) -> SealedFeed {
        let mut feed = SealedFeed {
            sources: vec![("乙/甲.csv".to_owned(), String::new())],
            headings: vec![("person".to_owned(), "证件号码".to_owned())],
            ..SealedFeed::default()
        };
        for first in (0..rows).step_by(10_000) {
            let rows: Vec<u32> = (first..rows.min(first + 10_000)).map(|row| row + 2).collect();
            let flaw = |row: &u32| Flaw {
                source: SourceId(0),
                row: *row,
                column: "person".to_owned(),
                code: FlawCode::IdMissing,
                found: String::new(),
            };
            let flaws = rows.iter().flat_map(|row| std::iter::repeat_n(flaw(row), each)).collect();
            feed.kept += rows.len() as u64;
            let sources = vec![SourceId(0); rows.len()];
            let chunk = SealedChunk { sources, rows, flaws, ..SealedChunk::default() };
            keep_notes(&mut feed, &list_of_persons(), chunk);
        }
        feed
    }

    #[test]
    fn flaws_beyond_the_cap_are_counted_and_not_kept() {
        let check = |rows: u32, each: usize, kept: usize, told: Option<&str>| {
            let feed = flawed(rows, each);
            assert_eq!((feed.flaws.len(), feed.more_flaws), (kept, u64::from(rows) * each as u64 - kept as u64));
            let said = feed.overflowing();
            assert_eq!(said.is_some(), told.is_some(), "{said:?}");
            assert!(said.unwrap_or_default().contains(told.unwrap_or("")));
        };
        check(30_000, 3, 90_000, None);
        check(50_000, 3, 100_000, Some("“乙/甲.csv”有问题的值共150000处，只有50000行，最先的在第2行“证件号码”列"));
        check(200_000, 1, 200_000, None);
        check(200_000, 2, 100_000, Some("共400000处"));
    }
}
