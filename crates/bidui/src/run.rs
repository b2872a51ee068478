//! A whole month, from the extracts in the inbox to the lists in the towns' folders.

use std::path::{Path, PathBuf};

use bidui_emit::{Relations, Staging, WrittenList, write_relation};
use bidui_match::{
    Deadlines, Denied, Evidence, FactColumn, FactInputs, FeedHistory, Graded, Links, Past, Registry, RelationInputs,
    RuleInputs, Signal, SourceNames, SuppressInputs, WeakFact, build_relations, compute_facts, evaluate_rules,
    gather_evidence, grade, strong_facts, suppress, weigh_doubt,
};
use bidui_model::{ControlTotals, Level, Month, NameToken};

use crate::accounts::{self, AccountInputs};
use crate::anomalies;
use crate::case_tables::CaseInputs;
use crate::casebook::{CaseMonth, Casebook};
use crate::config::{self, Config};
use crate::differing_names::NotTheirs;
use crate::exit::Fault;
use crate::ladder::{LadderInputs, climb};
use crate::linking::{LinkMonth, SealedMonths, link_all, link_month, link_rates};
use crate::month_page::{self, PageInputs};
use crate::months;
use crate::progress::Progress;
use crate::run_again::keep_additions;
use crate::seal_month::{Keys, SealMonth, Sealed, seal_month};
use crate::{
    balance, candidates, case_columns, case_standing, case_tables, clocks, earlier_signals, guard, guard_parts,
    guard_registry, key, left_registry, linkage_report, lists, lock, lost, manifest, repeats, retention, rolls,
    routing, stability,
};

/// What a run was asked.
pub(crate) struct RunOptions {
    pub(crate) month: Month,
    pub(crate) config: PathBuf,
    pub(crate) inbox: Option<PathBuf>,
    pub(crate) out: Option<PathBuf>,
    pub(crate) state: Option<PathBuf>,
    /// Whether to learn the weights of the weighted pass anew.
    pub(crate) train_linkage: bool,
}

/// A published month, for the closing summary.
pub(crate) struct Published {
    pub(crate) folder: PathBuf,
    pub(crate) relations: Relations,
    pub(crate) totals: ControlTotals,
    pub(crate) lists: Vec<WrittenList>,
    /// The key's file, when it was made just now.
    pub(crate) new_key: Option<PathBuf>,
    /// What else a reader should know: misnamed folders, holidays not known yet, data kept beyond its time.
    pub(crate) notes: Vec<String>,
}

/// Folders of a run: the command's, else the configuration's.
pub(crate) struct Folders {
    pub(crate) inbox: PathBuf,
    pub(crate) out: PathBuf,
    pub(crate) state: PathBuf,
    pub(crate) key: PathBuf,
}

impl Folders {
    pub(crate) fn of(options: &RunOptions, config: &Config) -> Self {
        let given = |path: &Option<PathBuf>, settings: &PathBuf| path.clone().unwrap_or_else(|| config.path(settings));
        let settings = &config.settings;
        let key = match &options.state {
            // Another state folder has its own key, or two counties would share one.
            Some(state) => state.join("key").join("bidui.key"),
            None => config.path(&settings.key),
        };
        let (inbox, out, state) = (
            given(&options.inbox, &settings.inbox),
            given(&options.out, &settings.out),
            given(&options.state, &settings.state),
        );
        Self { inbox, out, state, key }
    }
}

/// The stages, with the part of the whole that each took at 5,000,000 persons (docs/performance.md).
const STAGES: &[(&str, u64)] = &[
    ("核对配置", 1),
    ("读取并封存", 56),
    ("关联本月数据", 13),
    ("计算指标", 3),
    ("运行规则", 7),
    ("派发与汇总", 4),
    ("生成清单", 15),
    ("发布", 1),
];

/// The monthly run. Publishes everything or nothing.
pub(crate) fn run(options: &RunOptions, progress: &Progress) -> Result<Published, Fault> {
    let month = options.month;
    progress.follow(STAGES);
    progress.stage("核对配置");
    let config = config::load(&options.config, Some(month))?;
    let folders = Folders::of(options, &config);
    let inbox = months::survey(&folders.inbox, &config, month)?;
    months::refuse_contested(&inbox, &config.contracts)?;
    let _store = lock::take_store(&folders.state)?;
    key::check(&folders.key, &folders.state, config.settings.hash.name())?;
    lost::refuse_lost_ledger(&folders.state, &folders.out)?;
    let (master, is_new_key) = key::load_or_make(&folders.key, &folders.state)?;
    let keys = Keys::derive(&master, &config);
    key::refuse_other_key(&folders.state, &master.fingerprint(), config.settings.hash.name())?;

    let task = SealMonth { config: &config, folders: &folders, inbox: &inbox, keys: &keys, month };
    let Sealed { mut sealed, registry, roll, fresh } = seal_month(&task, progress)?;
    repeats::set_aside(&config, &mut sealed, month)?;

    let mut casebook = Casebook::open(&folders.state, month)?;
    let renumbered = left_registry::renumbered(
        (&config, &registry),
        (&sealed, &folders.state),
        month,
        &casebook.households(&config)?,
    )?;
    let renumbered = casebook.renumber(renumbered);
    progress.stage("关联本月数据");
    let staging = Staging::begin(&folders.out, &month.to_string()).map_err(lock::or_busy)?;
    let data = staging.path().join("data");
    crate::private::make_folder(&data)?;
    let ladder = LadderInputs {
        config: &config,
        folders: &folders,
        month,
        registry: &registry,
        roll: &roll,
        keys: &keys.ladder,
        sounds: &keys.sounds,
        sealed: &sealed,
        train: options.train_linkage,
    };
    let mut ladder = climb(&ladder, fresh)?;
    drop(roll);
    let not_theirs = NotTheirs::of(&casebook.told_of_checks(&config)?, &registry);
    let is_denied = |person: u32, name: NameToken| not_theirs.has(person, name, &keys.list_tags);
    let found = (std::mem::take(&mut ladder.findings), &is_denied as &Denied<'_>);
    let links = link_all(&config, &registry, &sealed, found, month, &folders.state)?;
    let history = usable(&config, &registry, &sealed, &links, month)?;
    let past = casebook.past(&config);
    // The longest relation needs nothing of facts and rules, and they nothing of it.
    let (linked, judged) = side_by_side(
        || {
            link_month(&LinkMonth {
                config: &config,
                registry: &registry,
                sealed: &sealed,
                links: &links,
                ladder: &ladder,
                month,
                data: &data,
            })
        },
        || {
            let follow = |signals: &[Signal], past: &mut Past| {
                left_registry::follow_members((&config, &registry), (&sealed, &folders.state), signals, past)
            };
            judge(&config, &registry, &history, &links, (past, &follow), month, progress)
        },
    )?;
    let candidates = candidates::gather(&config, &registry, &links, &linked, &ladder, month);
    drop(links);

    progress.stage("派发与汇总");
    let accounts = AccountInputs {
        config: &config,
        month,
        inbox: &inbox,
        state: &folders.state,
        sealed: &sealed,
        history: &history,
        linked: &linked,
        registry: &registry,
        ladder: &ladder,
        candidates: &candidates,
    };
    let sources = source_names(&sealed);
    let (feeds, deadlines) = (feed_names(&config), deadlines(&config, month));
    let inputs = RelationInputs {
        month,
        registry: &registry,
        facts: &config.facts,
        columns: &judged.columns,
        rules: &config.rules,
        grading: &config.grading,
        signals: &judged.signals,
        graded: &judged.graded,
        evidence: &judged.evidence,
        weak_facts: &judged.weak_facts,
        feeds: &feeds,
        sources: &sources,
        deadlines: &deadlines,
    };
    let (_, made) = side_by_side(
        || rolls::write(&inputs, &data),
        || account_and_list(&folders, &accounts, &inputs, &mut casebook, &keys, staging.path(), progress),
    )?;
    let Made { relations, totals, lists, cases } = made;

    progress.stage("发布");
    let manifest = staging.seal(&manifest::of_run(&config, &sealed, &totals, month, &master.fingerprint()))?;
    let not_kept = keep_additions(&staging, &folders.out, month)?;
    let kept = lost::keep_changed(&folders.out, month)?;
    // The ledger first: a run that is killed between the two is run again and finds its own record there.
    let is_new = casebook.record(&cases, &manifest, &relations["anomalies"])?;
    let folder = staging.publish()?;
    progress.done();
    let mut notes = inbox.notes.clone();
    notes.extend(kept);
    notes.extend(casebook.skipped()?.map(|skipped| {
        format!(
            "{}没有运行过：本月拿来比较的上月数据、持续的预警都不全；请先补跑 bidui run {skipped}，再重跑本月",
            skipped.in_chinese()
        )
    }));
    notes.extend(renumbered);
    notes.extend(not_kept);
    notes.append(&mut ladder.notes);
    notes.extend(accounts::registry_notes(&registry, &sealed[config.registry][&month]));
    let later = casebook.later_months()?;
    if is_new && !later.is_empty() {
        let later: Vec<String> = later.iter().map(ToString::to_string).collect();
        notes.push(format!(
            "台账里已有以后月份的运行（{}），它们没有看到这次的结果：请按月份先后依次重新运行。同一户有两个编号的，旧编号已并入后一个，未办的事由后一个接着办",
            later.join("、")
        ));
    }
    notes.extend(holidays_end(&config, month));
    notes.extend(retention::overdue(&config.settings, &folders, month));
    Ok(Published { folder, relations, totals, lists, new_key: is_new_key.then_some(folders.key), notes })
}

/// Two parts of the work that need nothing of each other. If both fail, the first one's fault is told.
fn side_by_side<A: Send, B: Send>(
    one: impl FnOnce() -> Result<A, Fault> + Send,
    other: impl FnOnce() -> Result<B, Fault> + Send,
) -> Result<(A, B), Fault> {
    let (one, other) = rayon::join(one, other);
    Ok((one?, other?))
}

/// What the rules made of the month.
struct Judged {
    columns: Vec<FactColumn>,
    signals: Vec<Signal>,
    evidence: Vec<Evidence>,
    weak_facts: Vec<WeakFact>,
    graded: Vec<Graded>,
}

/// Puts the numbers of today in what is known of members.
type Follow<'a> = dyn Fn(&[Signal], &mut Past) -> Result<(), Fault> + 'a;

/// Facts, rules, the rows behind each signal, and a level for each household.
fn judge(
    config: &Config,
    registry: &Registry,
    history: &[FeedHistory],
    links: &Links,
    (mut past, follow): (Past, &Follow<'_>),
    month: Month,
    progress: &Progress,
) -> Result<Judged, Fault> {
    progress.stage("计算指标");
    let facts = FactInputs {
        contracts: &config.contracts,
        facts: &config.facts,
        registry,
        history,
        links,
        month,
        strong_only: false,
    };
    let columns = compute_facts(&facts)?;
    progress.stage("运行规则");
    let rules = RuleInputs { rules: &config.rules, facts: &config.facts, columns: &columns, registry, month };
    let mut signals = evaluate_rules(&rules)?;
    let evidence = gather_evidence(&facts, &columns, &mut signals)?;
    let strong = strong_facts(&facts, &columns)?;
    weigh_doubt(&rules, strong.as_ref(), &config.ladder, &mut signals)?;
    let (rules, grading) = (&config.rules, &config.grading);
    let issued_on = clocks::issue_day(&config.settings, month);
    follow(&signals, &mut past)?;
    suppress(&mut signals, &SuppressInputs { rules, registry, grading, month, issued_on, past: &past });
    let graded = grade(&signals, &config.rules, &config.grading)?;
    let weak_facts = strong.map(|strong| strong.weak).unwrap_or_default();
    Ok(Judged { columns, signals, evidence, weak_facts, graded })
}

fn feed_names(config: &Config) -> Vec<String> {
    config.contracts.iter().map(|contract| contract.name.clone()).collect()
}

fn source_names(sealed: &[SealedMonths]) -> SourceNames {
    let of_feed = |(feed, months): (usize, &SealedMonths)| {
        months.iter().map(|(month, found)| ((feed, *month), found.source_names())).collect::<Vec<_>>()
    };
    sealed.iter().enumerate().flat_map(of_feed).collect()
}

/// What is known of a month when it is ready to be published.
struct Made {
    relations: Relations,
    totals: ControlTotals,
    lists: Vec<WrittenList>,
    cases: CaseMonth,
}

/// Writes the relations that are held, and then, if every row is accounted for, the lists.
fn account_and_list(
    folders: &Folders,
    accounts: &AccountInputs<'_>,
    inputs: &RelationInputs<'_>,
    casebook: &mut Casebook,
    keys: &Keys,
    out: &Path,
    progress: &Progress,
) -> Result<Made, Fault> {
    let data = out.join("data");
    let (mut relations, cases) = relations(accounts, inputs, casebook)?;
    for (name, frame) in &relations {
        write_relation(name, frame, &data)?;
    }
    let mut totals = balance::first_path(accounts, inputs.signals, inputs.graded, &relations);
    balance::recount(&mut totals, &data)?;
    relations.insert("totals".to_owned(), accounts::totals(&totals)?);
    totals.close()?;

    progress.stage("生成清单");
    relations.extend(casebook.told(accounts.config)?);
    let before = earlier_signals::of(&cases.after, inputs.month, &folders.out, accounts.config)?;
    relations.insert(earlier_signals::NAME.to_owned(), before);
    let lists = lists::render(folders, &relations, accounts, inputs, (keys, cases.plan.editions()), out)?;
    balance::lists(&mut totals, &relations, &lists)?;
    balance::cases(&mut totals, &cases, inputs.month, &data)?;
    totals.close()?;
    write_relation("totals", &accounts::totals(&totals)?, &data)?;
    let of_page =
        PageInputs { config: accounts.config, relations: &relations, totals: &totals, inputs, out: &folders.out };
    month_page::write(&of_page, out)?;
    Ok(Made { relations, totals, lists, cases })
}

/// The relations that are held: all but `links`, `persons` and `households`, and `totals`, which come last.
fn relations(
    accounts: &AccountInputs<'_>,
    inputs: &RelationInputs<'_>,
    casebook: &mut Casebook,
) -> Result<(Relations, CaseMonth), Fault> {
    let (config, month) = (accounts.config, inputs.month);
    let mut relations = build_relations(inputs)?;
    let table = routing::route_table(&config.gazetteer);
    let (routed, handed_over) = routing::route_warnings(&relations["warnings"], &table, &casebook.passed_on())?;
    let before = routing::places(inputs, casebook.before.keys(), &table)?;
    let cases = casebook.plan(inputs, &routed, &handed_over, &before)?;
    let warnings = case_columns::add_to_warnings(&routed, month, &cases, &casebook.before, config)?;
    relations.insert("warnings".to_owned(), warnings);
    relations.insert("signals".to_owned(), case_columns::add_to_signals(&relations["signals"], &cases)?);
    let left = left_registry::left(accounts, &cases.after)?;
    let mut places = routing::places(inputs, cases.after.keys(), &table)?;
    places.extend(left_registry::places(&left, &table));
    let (histories, today) = (&cases.after, inputs.deadlines.issued);
    let of_cases = CaseInputs { config, month, today, histories, places: &places, left: &left };
    relations.extend(case_relations(&of_cases)?);
    relations.insert("feeds".to_owned(), accounts::feeds(accounts)?);
    relations.insert("candidates".to_owned(), candidates::frame(accounts)?);
    relations.insert("linkage".to_owned(), linkage_report::frame(accounts)?);
    let [stability, before] = stability::of_month(accounts, &relations)?;
    relations.extend([("stability".to_owned(), stability), ("stability_before".to_owned(), before)]);
    relations.insert("flaws".to_owned(), accounts::flaws(accounts)?);
    relations.insert("rejects".to_owned(), accounts::rejects(accounts)?);
    let (anomalies, checks) = anomalies::frames(config, inputs, &casebook.known_anomalies(config)?)?;
    relations.insert("anomalies".to_owned(), anomalies);
    relations.insert("checks".to_owned(), checks);
    relations.insert("clusters".to_owned(), crate::clusters::frame(config, inputs)?);
    Ok((relations, cases))
}

/// The relations of the ledger.
pub(crate) fn case_relations(inputs: &CaseInputs<'_>) -> Result<Relations, Fault> {
    let made = [
        ("cases", case_tables::cases(inputs)?),
        ("answers", case_tables::answers(inputs)?),
        ("clocks", clocks::clocks(inputs)?),
        ("needs", clocks::needs(inputs)?),
        ("standing", case_standing::standing(inputs)?),
        ("case_events", case_tables::case_events(inputs)?),
    ];
    Ok(made.into_iter().map(|(name, frame)| (name.to_owned(), frame)).collect())
}

/// What may be used of each feed, unless the registry or a required extract may not be.
fn usable(
    config: &Config,
    registry: &Registry,
    sealed: &[SealedMonths],
    links: &Links,
    month: Month,
) -> Result<Vec<FeedHistory>, Fault> {
    let rates = link_rates(config, sealed, links, month)?;
    let judged = config.contracts.iter().zip(sealed).zip(&rates).zip(guard_parts::reads(config));
    let history = judged
        .map(|(((contract, months), rates), reads)| guard::judge(contract, months, rates, &config.gazetteer, &reads));
    let history: Vec<FeedHistory> = history.collect();
    refuse_unusable(config, &history, month)?;
    guard_registry::refuse(config, registry, sealed, &rates, &history[config.registry], month)?;
    Ok(history)
}

/// A required extract that is missing or held stops the run: a month without it would mislead.
fn refuse_unusable(config: &Config, history: &[FeedHistory], month: Month) -> Result<(), Fault> {
    let mut lines = Vec::new();
    for (contract, history) in config.contracts.iter().zip(history).filter(|(contract, _)| contract.required) {
        if !history.good.contains_key(&month) {
            let why = history.held.get(&month).cloned().unwrap_or_else(|| "本月未到".to_owned());
            lines.push(format!("《{}》（{}）：{why}", contract.name, contract.department));
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    Err(Fault::data(format!("必需的数据不能用，未发布任何清单：\n  {}", lines.join("\n  "))))
}

/// A deadline in a year whose holidays nobody has entered yet is counted as if there were none.
fn holidays_end(config: &Config, month: Month) -> Option<String> {
    let last_due = *deadlines(config, month).due.values().max()?;
    let known_to = config.calendar.last_known()?;
    // The State Council publishes a year at a time.
    let year = |day: i32| {
        (1970..2199).take_while(|year| Month::new(*year, 1).is_some_and(|month| month.first_day() <= day)).last()
    };
    (year(last_due) > year(known_to))
        .then(|| "节假日表没有办结时限所在年份的放假安排，应办结日期可能落在假期里；请补全 holidays.toml".to_owned())
}

pub(crate) fn deadlines(config: &Config, month: Month) -> Deadlines {
    let issued = clocks::issue_day(&config.settings, month);
    let due = Level::ALL
        .into_iter()
        .filter_map(|level| {
            let (days, count) = config.settings.deadlines.get(&level)?;
            Some((level, config.calendar.after(issued, *days, *count)))
        })
        .collect();
    Deadlines { issued, due }
}
