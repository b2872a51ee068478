//! `bidui receive MONTH PATH…`: takes filled lists back. Each file is recorded whole or not at all; what attaches to nothing is listed back with its
//! reason, on the terminal and in a receipt. A trial says what would change and changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bidui_emit::{ListPlan, SHEETS_BESIDE, TO_READ};
use bidui_ledger::{Heard, Ledger, Received};
use bidui_model::{Month, ReturnKind};
use bidui_normalize::ListTags;

use crate::case_standing::{Sums, sums};
use crate::case_tables::CaseInputs;
use crate::config::{self, Config};
use crate::decisions::{self, NewDecision};
use crate::exit::Fault;
use crate::issued::Issued;
use crate::left_registry::NOBODY_LEFT;
use crate::received_known::{Known, RegistryCell};
use crate::received_outcome::tell_outcomes;
use crate::received_remarks::remarks;
use crate::received_rows::for_ledger;
use crate::received_silence::remark_silent_rows;
use crate::render::tidy;
use crate::returned::{At, Refusal, Returned, ReturnedFile, ReturnedInputs, ReturnedRow, read_returned};
use crate::returned_reason::Reason;
use crate::returned_remark::Remark;
use crate::returned_sheet::Counts;
use crate::run::{Folders, RunOptions};
use crate::{clocks, isolation, key, lock, lost, private};

/// Refusals and remarks that the terminal shows; the receipt has all of them.
const SHOWN: usize = 40;

/// What the command was asked.
pub(crate) struct ReceiveCommand {
    pub(crate) options: RunOptions,
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) dry_run: bool,
    /// Whether a file that came in before says its last word once more.
    pub(crate) again: bool,
    /// Where to write the receipt; beside the published months if it is not said.
    pub(crate) receipt: Option<PathBuf>,
}

pub(crate) fn receive(command: &ReceiveCommand) -> Result<String, Fault> {
    let month = command.options.month;
    let config = config::load(&command.options.config, Some(month))?;
    let folders = Folders::of(&command.options, &config);
    let ledger_file = folders.state.join("ledger.db");
    key::check(&folders.key, &folders.state, config.settings.hash.name())?;
    lost::refuse_lost_ledger(&folders.state, &folders.out)?;
    if !ledger_file.is_file() || !folders.key.is_file() {
        let why = "还没有台账或密钥，没有下发过清单；请先执行 bidui run";
        return Err(Fault::command(format!("封存文件夹“{}”里{why}", tidy(&folders.state).display())));
    }
    let _store = lock::take_store(&folders.state)?;
    let (master, _) = key::load_or_make(&folders.key, &folders.state)?;
    key::refuse_other_key(&folders.state, &master.fingerprint(), config.settings.hash.name())?;
    let tags = ListTags::derive(&master, config.settings.hash);
    let mut ledger = Ledger::open(&ledger_file)?;
    let months = ledger.months()?;
    if !months.contains(&month) {
        return Err(Fault::command(format!("{}还没有运行过，没有清单可收；请核对月份", month.in_chinese())));
    }

    let registry = RegistryCell::new();
    let known = Known { config: &config, ledger: &ledger, months: &months, out: &folders.out, registry: &registry };
    let mut returned = read(command, &known, &tags)?;
    // The decisions first: what the ledger has heard is not carried out again, and adding them twice changes nothing.
    let decided = decide(&new_decisions(&returned, &known), &folders.state, command.dry_run)?;
    let said = said_by(&returned, &known);
    let taken = take(&returned.files, &said, &mut ledger, month, command.dry_run)?;
    // A trial leaves the ledger as it was: then each file is told as it alone would leave it.
    let tried = returned.files.iter().zip(&taken).filter(|_| command.dry_run);
    let after = tried.map(|(file, taken)| (file.name.as_str(), &taken.received.after));
    tell_outcomes(&mut returned.remarks, &returned.rows, &after.collect(), &ledger)?;
    returned.remarks.sort_by(|one, other| one.0.cmp(&other.0));
    let mut text = in_words(&returned, &taken, &config, command.dry_run);
    if decided > 0 {
        let month = month.to_string();
        let will = if command.dry_run { "将" } else { "" };
        writeln!(
            text,
            "认定：{decided}行{will}记入 link-decisions.csv，以后各月照此关联；再运行一次 bidui run {month}，本月才算"
        )?;
    }
    if !lines(&returned).is_empty() {
        text.push_str(&listed_back(&returned));
        if command.dry_run && command.receipt.is_none() {
            writeln!(text, "加 --receipt 文件，可把未采用的各行和须补充的各处全部写出来")?;
        } else {
            let receipt = write_receipt(command.receipt.as_deref(), &folders.out, month, &returned)?;
            writeln!(text, "未采用的各行和须补充的各处全部写在“{}”，可发回填报人", tidy(&receipt).display())?;
        }
    }
    if !command.dry_run {
        text.push_str(&standing(&config, &ledger, month)?);
    }
    // Whoever calls this must not think that something was received.
    let is_known = taken.iter().any(|taken| taken.received.is_known);
    if !is_known && returned.files.iter().all(|file| file.sheets.is_empty()) {
        return Err(Fault::command(format!("所给的文件里没有一份收回的清单，台账没有变化\n{text}")));
    }
    Ok(text)
}

/// Reads the files, with what is to be said of their rows before anything is taken.
fn read(command: &ReceiveCommand, known: &Known<'_>, tags: &ListTags) -> Result<Returned, Fault> {
    let Known { config, ledger, months, out, .. } = *known;
    let issued = Issued::new(config, tags, months, ledger, out);
    let towns: Vec<_> = config.gazetteer.towns().iter().map(|town| (town.code.0.clone(), town.name.clone())).collect();
    let lists: Vec<_> = config.lists_and_samples().cloned().collect();
    let mut returned = read_returned(&ReturnedInputs {
        paths: &command.paths,
        lists: &lists,
        choices: &config.choices,
        towns: &towns,
        is_known: &|file| ledger.knows_file(file).unwrap_or(false),
        heard: &|row| heard(row, known),
        again: command.again,
        isolation: isolation::apart(),
        lookup: &|kind, key, tag| issued.look_up(kind, key, tag),
    });
    if returned.files.is_empty() && returned.refusals.is_empty() {
        return Err(Fault::command("所给的路径里没有文件；请把填好的清单放进去，或核对路径"));
    }
    let silent = remark_silent_rows(&mut returned, known);
    // Of a row of which nothing is recorded that is all there is to say.
    let told: Vec<ReturnedRow> = returned.rows.iter().filter(|row| !silent.contains(&row.at)).cloned().collect();
    returned.remarks.extend(remarks(&told, known)?);
    Ok(returned)
}

/// What became of the rows of a file.
struct TakenFile {
    received: Received,
    rows: usize,
    /// Rows without a first answer.
    silent: usize,
}

/// What the rows of each file say, in the order of files; by what was known before any of them was taken, as they are told.
fn said_by(returned: &Returned, known: &Known<'_>) -> Vec<TakenRows> {
    let mut by_file: BTreeMap<&str, Vec<&ReturnedRow>> = BTreeMap::new();
    for row in &returned.rows {
        by_file.entry(row.at.file.as_str()).or_default().push(row);
    }
    let of_file = |file: &ReturnedFile| {
        let rows = by_file.get(file.name.as_str()).map_or(&[][..], Vec::as_slice);
        let said: Vec<_> = rows.iter().filter_map(|row| for_ledger(row, known)).collect();
        TakenRows { silent: rows.len() - said.len(), said }
    };
    returned.files.iter().map(of_file).collect()
}

/// What a file says, and how many of its rows say nothing.
struct TakenRows {
    said: Vec<bidui_ledger::ReturnedRow>,
    silent: usize,
}

/// Records file by file.
fn take(
    files: &[ReturnedFile],
    said: &[TakenRows],
    ledger: &mut Ledger,
    month: Month,
    dry_run: bool,
) -> Result<Vec<TakenFile>, Fault> {
    let mut taken = Vec::new();
    for (file, TakenRows { said, silent }) in files.iter().zip(said) {
        let received = if said.is_empty() {
            Received { is_known: file.is_known, ..Received::default() }
        } else {
            ledger.receive(month, &file.sha256, said, !dry_run)?
        };
        taken.push(TakenFile { received, rows: said.len(), silent: *silent });
    }
    Ok(taken)
}

/// Whether the ledger has heard that before; `None` of what says too little to be taken.
fn heard(row: &ReturnedRow, known: &Known<'_>) -> Option<Heard> {
    for_ledger(row, known).map(|row| known.ledger.heard(&row).unwrap_or(Heard::Never))
}

/// Decisions about links, but those that stand since their file came in first: somebody may have revoked them.
fn new_decisions(returned: &Returned, known: &Known<'_>) -> Vec<NewDecision> {
    let came_before: BTreeSet<&str> =
        returned.files.iter().filter(|file| file.is_known).map(|file| file.name.as_str()).collect();
    let is_old =
        |row: &ReturnedRow| came_before.contains(row.at.file.as_str()) && heard(row, known) == Some(Heard::Stands);
    let reviewed = || returned.rows.iter().filter(|row| row.kind == ReturnKind::LinkReview && !is_old(row));
    let at_odds = decisions::at_odds(reviewed());
    reviewed().filter(|row| !at_odds.contains(&row.at)).filter_map(NewDecision::of).collect()
}

/// Decisions about links, into their file; in a trial, how many would be.
fn decide(decided: &[NewDecision], state: &Path, dry_run: bool) -> Result<usize, Fault> {
    if dry_run { Ok(decisions::new_of(state, decided)?.len()) } else { decisions::add(state, decided) }
}

fn in_words(returned: &Returned, taken: &[TakenFile], config: &Config, dry_run: bool) -> String {
    let own = sheets_to_read(config);
    let mut text = String::new();
    let _ = writeln!(text, "{}", if dry_run { "试收（什么也没有写入）：" } else { "收回：" });
    for (file, taken) in returned.files.iter().zip(taken) {
        let _ = write!(text, "  “{}”：", file.name);
        if let Some(same) = &file.same_as {
            let _ = writeln!(text, "与“{same}”内容完全相同，未再读");
            continue;
        }
        if taken.rows == 0 && file.sheets.is_empty() {
            let is_to_read = |refusal: &Refusal| refusal.at.file == file.name && refusal.reason == Reason::NotToReturn;
            let is_to_read = returned.refusals.iter().any(is_to_read);
            let says = if is_to_read { not_to_return(file, config) } else { "没有认出清单".to_owned() };
            let _ = writeln!(text, "{says}");
            continue;
        }
        let unacted = not_carried_out(returned, &file.name);
        let _ = writeln!(text, "{}", rows_in_words(file, taken, unacted));
        if is_of_another_key(returned, &file.name) {
            let why = "一行也对不上：换过密钥以前下发的、别的县的清单收不进来，须重新下发；没有换过的，多半是整张表只排序了一半";
            let _ = writeln!(text, "    校验码{why}");
        }
        let lists = lists_of(returned, &file.name, config);
        if !lists.is_empty() {
            let _ = writeln!(text, "    {}", lists.join("；"));
        }
        let strange: Vec<&str> = file.unread.iter().map(String::as_str).filter(|name| !own.contains(name)).collect();
        if !strange.is_empty() {
            let _ = writeln!(text, "    未读的工作表：{}", strange.join("、"));
        }
    }
    text
}

/// So many rows do not all have a slip of their own.
const LEAST_ROWS: usize = 5;

/// Whether every row of a file has a tag that does not go with its number: then it is hardly each row's fault.
fn is_of_another_key(returned: &Returned, file: &str) -> bool {
    let mut refused = returned.refusals.iter().filter(|refusal| refusal.at.file == file && refusal.rows > 0).peekable();
    let is_mismatch = |refusal: &&Refusal| matches!(refusal.reason, Reason::Mismatch(_));
    let any_taken = returned.rows.iter().any(|row| row.at.file == file);
    !any_taken && refused.peek().is_some() && {
        let all: Vec<&Refusal> = refused.collect();
        all.len() >= LEAST_ROWS && all.iter().all(is_mismatch)
    }
}

/// Of a file that is no list to return: what it is, in the words that stand on it.
fn not_to_return(file: &ReturnedFile, config: &Config) -> String {
    let own: Vec<&String> = file.unread.iter().filter(|name| !SHEETS_BESIDE.contains(&name.as_str())).collect();
    let has = |list: &&ListPlan| own.iter().all(|name| list.sheets.iter().any(|sheet| sheet.name == **name));
    let list = config.lists_and_samples().filter(|_| !own.is_empty()).find(has);
    format!("【{}】的，不用报回", list.map_or(TO_READ, ListPlan::use_words))
}

/// What became of a file's rows. Nothing changed only where that is so of every one of them.
fn rows_in_words(file: &ReturnedFile, taken: &TakenFile, unacted: usize) -> String {
    let sum = |pick: fn(&Counts) -> u64| file.sheets.iter().map(|(.., counts)| pick(counts)).sum::<u64>();
    let Received { is_known, new, changed, unchanged, unknown, .. } = &taken.received;
    let (refused, older) = (sum(|counts| counts.refused) + unknown.len() as u64, sum(|counts| counts.older));
    let says_more = new.len() + changed.len();
    if *is_known && says_more == 0 && refused + older + taken.silent as u64 == 0 {
        return "以前收过同一份文件，没有变化".to_owned();
    }
    let kept = taken.rows - unknown.len();
    let (new, changed, unchanged) = (new.len(), changed.len(), unchanged.len());
    let mut parts = vec![match kept {
        0 => "没有可采用的行".to_owned(),
        _ if *is_known && says_more == 0 => format!("与以前相同{unchanged}行"),
        _ => format!("采用{kept}行（新答复{new}、更正{changed}、与以前相同{unchanged}）"),
    }];
    if unacted > 0 && kept >= unacted {
        parts.push(format!("其中照办{}行、不能照办{unacted}行", kept - unacted));
    }
    for (count, what) in [
        (refused, "未采用"),
        (older, "另有更新的一份"),
        (sum(|counts| counts.unanswered), "没有填"),
        (sum(|counts| counts.repeated), "重复"),
        (taken.silent as u64, "缺主要一栏"),
    ] {
        if count > 0 {
            parts.push(format!("{what}{count}行"));
        }
    }
    let before = match (is_known, says_more) {
        (true, 0) => "以前收过同一份文件，",
        (true, _) => "以前收过同一份文件，与现在的答复不同的以这次为准：",
        (false, _) => "",
    };
    format!("{before}{}", parts.join("，"))
}

/// Of a file's rows that were taken those of which something is not carried out, each once.
fn not_carried_out(returned: &Returned, file: &str) -> usize {
    let of_file = returned.remarks.iter().filter(|(at, remark)| at.file == file && remark.is_not_carried_out());
    of_file.map(|(at, _)| at).collect::<BTreeSet<_>>().len()
}

/// Which lists of which months a file's rows are of, as far as they were taken.
fn lists_of(returned: &Returned, file: &str, config: &Config) -> Vec<String> {
    let says_nothing = returned.remarks.iter().filter(|(_, remark)| matches!(remark, Remark::NothingSaid(_)));
    let silent: BTreeSet<&At> = says_nothing.map(|(at, _)| at).collect();
    let mut counts: BTreeMap<(&str, Month), usize> = BTreeMap::new();
    for row in returned.rows.iter().filter(|row| row.at.file == file && !silent.contains(&row.at)) {
        *counts.entry((row.list.as_str(), row.month)).or_default() += 1;
    }
    let title = |id: &str| {
        let list = config.lists_and_samples().find(|list| list.id == id);
        list.map_or_else(|| id.to_owned(), |list| list.title.clone())
    };
    counts.into_iter().map(|((list, month), rows)| format!("{month}《{}》{rows}行", title(list))).collect()
}

/// Names of sheets that were issued to be read and not to be filled in.
fn sheets_to_read(config: &Config) -> BTreeSet<&str> {
    let sheets = config.lists_and_samples().flat_map(|list| &list.sheets);
    let to_read = sheets.filter(|sheet| sheet.returns.is_none()).map(|sheet| sheet.name.as_str());
    to_read.chain(SHEETS_BESIDE).collect()
}

/// Everything that was not taken or lacks something, a line each: place, heading, reason.
fn lines(returned: &Returned) -> Vec<(String, String, String, &'static str)> {
    let told = returned.refusals.iter().filter(|refusal| refusal.reason != Reason::NotToReturn);
    let refused = told.map(|refusal| {
        let heading = refusal.heading.clone().unwrap_or_default();
        let kind = if refusal.heading.is_some() && refusal.rows == 0 { "此格未采用" } else { "未采用" };
        (refusal.at.to_string(), heading, refusal.reason.to_string(), kind)
    });
    let remarks =
        returned.remarks.iter().map(|(at, remark)| (at.to_string(), String::new(), remark.to_string(), remark.asks()));
    refused.chain(remarks).collect()
}

fn listed_back(returned: &Returned) -> String {
    let lines = lines(returned);
    let mut text = String::new();
    for (at, heading, reason, kind) in lines.iter().take(SHOWN) {
        let heading = if heading.is_empty() { String::new() } else { format!("“{heading}”：") };
        let _ = writeln!(text, "  {kind}　{at}　{heading}{reason}");
    }
    if lines.len() > SHOWN {
        let _ = writeln!(text, "  ……另有{}处", lines.len() - SHOWN);
    }
    text
}

/// A table for whoever filled the lists in, as CSV that Excel and WPS open. Its name is the first that is free.
fn write_receipt(given: Option<&Path>, out: &Path, month: Month, returned: &Returned) -> Result<PathBuf, Fault> {
    let path = match given {
        Some(path) => path.to_owned(),
        None => {
            let folder = out.join("returned");
            private::make_folder(&folder)?;
            (1..)
                .map(|number| folder.join(format!("{month}回执{number}.csv")))
                .find(|path| !path.exists())
                .unwrap_or_else(|| folder.join(format!("{month}回执.csv")))
        }
    };
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(["情况", "位置", "列", "原因"])?;
    for (at, heading, reason, kind) in lines(returned) {
        writer.write_record([kind, &at, &heading, &reason])?;
    }
    let mut bytes = "\u{feff}".as_bytes().to_vec();
    bytes.extend(writer.into_inner().map_err(|error| Fault::Ours(anyhow::anyhow!("{error}")))?);
    private::write_file(&path, &bytes)?;
    Ok(path)
}

/// How the month's list stands, town by town: issued = answered + open.
fn standing(config: &Config, ledger: &Ledger, month: Month) -> Result<String, Fault> {
    let histories = ledger.present(month.plus(-24))?;
    let places = BTreeMap::new();
    let today = clocks::issue_day(&config.settings, month);
    let sums = sums(&CaseInputs { config, month, today, histories: &histories, places: &places, left: &NOBODY_LEFT });
    let mut text = format!("{}核查清单：下发 = 已答复 + 未答复\n", month.in_chinese());
    let mut line =
        |name: &str, sums: &Sums| writeln!(text, "  {name}　{} = {} + {}", sums.issued, sums.answered, sums.open);
    for ((_, code), sums) in
        sums.iter().filter(|((of, code), sums)| *of == month && !code.is_empty() && sums.issued > 0)
    {
        line(config.gazetteer.town(code).map_or(code.as_str(), |town| town.name.as_str()), sums)?;
    }
    if let Some(all) = sums.get(&(month, String::new())) {
        line("全区", all)?;
    }
    Ok(text)
}
