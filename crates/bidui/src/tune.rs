//! `bidui tune`: what another rule set would have done to months that were published, and how true the rules are by what the towns found.
//!
//! Nothing is read but the published months and the ledger, and nothing is written but what was asked for.

mod arguments;
mod axes;
mod bands;
mod curve;
mod curves;
mod departments;
mod figures;
mod measure;
mod month;
mod page;
mod print;
mod proposal;
mod replay;
mod suggest;
mod tally;
mod verdicts;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bidui_emit::write_page;
use bidui_match::Rule;
use bidui_model::Month;
use rayon::prelude::*;
use serde::Serialize;

pub(crate) use self::arguments::TuneArgs;
use self::axes::{Axes, NoCurve};
use self::curve::Curve;
use self::figures::{Figures, Titles};
use self::month::Definitions;
use self::proposal::{Proposed, rules_of};
use self::replay::{Book, ReplayInputs, Replayed, replay};
use self::suggest::Suggestion;
use self::verdicts::Verdicts;
use crate::config::{self, Config};
use crate::exit::Fault;
use crate::lost;
use crate::progress::Progress;
use crate::published::PublishedMonth;
use crate::routing::route_table;
use crate::run::{Folders, RunOptions};

/// What was asked.
pub(crate) struct TuneOptions {
    pub(crate) run: RunOptions,
    pub(crate) rules: Option<PathBuf>,
    pub(crate) set: Vec<String>,
    /// So many months, the asked one the latest.
    pub(crate) months: u32,
    pub(crate) curves: bool,
    pub(crate) suggest: bool,
    /// `300`, `300/town`, `百朋镇=120,300`.
    pub(crate) capacity: Option<String>,
    /// `-` for standard output.
    pub(crate) json: Option<PathBuf>,
    pub(crate) html: Option<PathBuf>,
    /// Ask every rule anew, those that did not change too.
    pub(crate) everything: bool,
}

impl TuneOptions {
    /// A page shows them always.
    fn with_curves(&self) -> bool {
        self.curves || self.suggest || self.html.is_some()
    }
}

/// All that tuning says: the JSON is this.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) county: String,
    pub(crate) what: String,
    pub(crate) months: Vec<String>,
    /// How many answers to the months' lists the ledger has.
    pub(crate) answers: usize,
    pub(crate) notes: Vec<String>,
    #[serde(flatten)]
    pub(crate) figures: Figures,
    pub(crate) curves: Vec<Curve>,
    /// Rules that have none, and why.
    pub(crate) no_curves: Vec<NoCurve>,
    pub(crate) suggestion: Option<Suggestion>,
}

/// Months that may be looked at together.
const MOST_MONTHS: u32 = 36;

pub(crate) fn tune(options: &TuneOptions, progress: &Progress) -> Result<String, Fault> {
    if !(1..=MOST_MONTHS).contains(&options.months) {
        return Err(Fault::command(format!("--months 应为1到{MOST_MONTHS}")));
    }
    if options.suggest && options.capacity.is_none() {
        return Err(Fault::command("--suggest 要同时写每镇每月能入户多少户，如 --capacity 300/town"));
    }
    progress.stage("核对配置和规则");
    let last = options.run.month;
    let config = config::load_for_rules(&options.run.config, last)?;
    let folders = Folders::of(&options.run, &config);
    let capacity = Capacity::parse(options.capacity.as_deref(), &config)?;
    refuse_places(options, &folders, &config)?;
    lost::refuse_lost_ledger(&folders.state, &folders.out)?;
    let (published, missing) = months(&folders, last, options.months)?;
    let broken: Vec<String> = missing.iter().filter_map(|month| PublishedMonth::broken(&folders.out, *month)).collect();
    let missing: Vec<Month> =
        missing.into_iter().filter(|month| PublishedMonth::broken(&folders.out, *month).is_none()).collect();
    let definitions: Result<Vec<Definitions>, Fault> = published.par_iter().map(Definitions::read).collect();
    let definitions = definitions?;
    let proposed = Proposed { rules: options.rules.clone(), changes: options.set.clone() };
    let rules = RulesByMonth::of(&config, &proposed, &published)?;
    let latest = &rules.of[&last];
    let reminders = proposal::reminders(&config, latest, last);
    let book = Book::of(latest, &config.rules, &definitions);

    progress.stage("按已发布的指标试算");
    let table = route_table(&config.gazetteer);
    let axes = if options.with_curves() { Axes::of(latest, &rules.of, &config.rules) } else { Axes::default() };
    let replayed: Result<Vec<Replayed>, Fault> = published
        .par_iter()
        .zip(&definitions)
        .with_max_len(1)
        .map(|(published, definitions)| {
            let rules = &rules.of[&published.month];
            let inputs = ReplayInputs {
                config: &config,
                rules,
                axes: &axes,
                book: &book,
                table: &table,
                state: &folders.state,
                everything: options.everything,
            };
            replay(&inputs, published, definitions)
        })
        .collect();
    let replayed = replayed?;

    progress.stage("对照核查结果");
    let of: Vec<Month> = published.iter().map(|published| published.month).collect();
    let verdicts = Verdicts::read(&folders.state, &config, &of)?;
    let report = made(options, &config, &replayed, &verdicts, &book, &capacity, (latest, &axes), (&missing, &broken));
    let report = Report { notes: reminders.into_iter().chain(report.notes).collect(), ..report };
    progress.done();
    say(options, &report)
}

/// Refuses places to which no page or JSON can go, and the folders that hold what cannot be made again: a slip in a path must cost no ledger, no
/// month and no configuration.
fn refuse_places(options: &TuneOptions, folders: &Folders, config: &Config) -> Result<(), Fault> {
    match options.html.as_deref() {
        Some(page) if page.is_dir() => {
            return Err(Fault::command(format!("--html“{}”是文件夹；请写文件名，如 试算.html", page.display())));
        }
        Some(page) if page == Path::new("-") => {
            return Err(Fault::command("--html 要写文件名，如 试算.html；只有 --json 能用 - 写到屏幕"));
        }
        _ => {}
    }
    let own = [&folders.state, &folders.out, &folders.inbox, &config.folder];
    let own: Vec<PathBuf> = own.into_iter().filter_map(|folder| folder.canonicalize().ok()).collect();
    for path in options.json.iter().chain(&options.html) {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let Ok(place) = parent.unwrap_or_else(|| Path::new(".")).canonicalize() else { continue };
        if own.iter().any(|own| place.starts_with(own)) {
            return Err(Fault::command(format!(
                "“{}”在封存、输出、收件或配置文件夹里，会盖掉那里的文件；请写到别处",
                path.display()
            )));
        }
    }
    Ok(())
}

/// The published months, the earliest first, and those that are not there.
fn months(folders: &Folders, last: Month, count: u32) -> Result<(Vec<PublishedMonth>, Vec<Month>), Fault> {
    let latest = PublishedMonth::open(&folders.out, last)?;
    let (mut found, mut missing) = (vec![latest], Vec::new());
    for ago in 1..count as i32 {
        match PublishedMonth::find(&folders.out, last.plus(-ago)) {
            Some(published) => found.push(published),
            None => missing.push(last.plus(-ago)),
        }
    }
    found.reverse();
    missing.reverse();
    Ok((found, missing))
}

/// The proposed rules for each month, by its parameters: compiled once for months whose parameters are the same.
struct RulesByMonth {
    of: BTreeMap<Month, Vec<Rule>>,
}

impl RulesByMonth {
    fn of(config: &Config, proposed: &Proposed, published: &[PublishedMonth]) -> Result<Self, Fault> {
        let last = published.last().map(|published| published.month);
        let of_month = |month: Month| Ok((month, rules_of(config, proposed, month, Some(month) == last)?));
        let compiled: Result<Vec<(Month, Vec<Rule>)>, Fault> =
            published.par_iter().map(|published| of_month(published.month)).collect();
        Ok(Self { of: compiled?.into_iter().collect() })
    }
}

#[expect(clippy::too_many_arguments, reason = "everything that a report is made of, once")]
fn made(
    options: &TuneOptions,
    config: &Config,
    replayed: &[Replayed],
    verdicts: &Verdicts,
    book: &Book,
    capacity: &Capacity,
    (rules, axes): (&[Rule], &Axes),
    (missing, broken): (&[Month], &[String]),
) -> Report {
    let town = |code: &str| config.gazetteer.town(code).map_or_else(|| code.to_owned(), |town| town.name.clone());
    let of_town = |code: &str| capacity.of(code);
    let titles = Titles {
        town: &town,
        level: &|level| config.grading.name(level).to_owned(),
        capacity: &of_town,
        towns: config.gazetteer.towns().iter().map(|town| town.code.0.clone()).collect(),
    };
    let figures = figures::figures(replayed, verdicts, book, &titles);
    let (curves, no_curves) = curves::curves(config, rules, axes, replayed, verdicts);
    let suggestion =
        options.suggest.then(|| suggest::suggest(rules, (axes, &curves), replayed, verdicts, &of_town, &town));
    let mut notes = Vec::new();
    if !missing.is_empty() {
        let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
        notes.push(format!("没有发布过、未计入的月份：{}", missing.join("、")));
    }
    for broken in broken {
        notes.push(format!("未计入：{broken}"));
    }
    if options.everything {
        let is_asked = |at: &usize| replayed.iter().any(|month| !month.kept.contains(at));
        let asked = (0..rules.len()).filter(is_asked).count();
        notes.push(format!("{asked}条规则按各月的指标重新算过，没有改动的也算了"));
    }
    for unanswered in &figures.unanswered {
        notes.push(format!(
            "规则{}在{}无法试算，按当月原样计：{}；重新执行这些月份的 bidui run 后可以",
            unanswered.rule,
            unanswered.months.join("、"),
            unanswered.why
        ));
    }
    notes.extend(curves.iter().flat_map(|curve| curves::notes(curve, &axes.all[curve.axis], replayed)));
    Report {
        county: config.settings.county_name.clone(),
        what: what(options),
        months: replayed.iter().map(|month| month.month.to_string()).collect(),
        answers: verdicts.len(),
        notes,
        figures,
        curves,
        no_curves,
        suggestion,
    }
}

fn what(options: &TuneOptions) -> String {
    let folder = options.rules.iter().map(|folder| format!("规则“{}”", folder.display()));
    let all: Vec<String> = folder.chain(options.set.iter().cloned()).collect();
    if all.is_empty() { "现在的规则".to_owned() } else { all.join("，") }
}

fn say(options: &TuneOptions, report: &Report) -> Result<String, Fault> {
    let mut written = String::new();
    if let Some(path) = &options.html {
        write_page(&page::page(report), path)?;
        written = format!("\n网页：{}\n", path.display());
    }
    let Some(path) = &options.json else { return Ok(print::report(report) + &written) };
    let json = serde_json::to_string_pretty(report)? + "\n";
    if path.as_os_str() == "-" {
        return Ok(json);
    }
    crate::private::write_file(path, json.as_bytes())?;
    Ok(print::report(report) + &written)
}

/// How many doors a town can knock on in a month.
struct Capacity {
    all: Option<u64>,
    towns: BTreeMap<String, u64>,
}

impl Capacity {
    fn parse(text: Option<&str>, config: &Config) -> Result<Self, Fault> {
        let mut capacity = Self { all: None, towns: BTreeMap::new() };
        for part in text.into_iter().flat_map(|text| text.split([',', '，'])).map(str::trim) {
            let form = "写作 300 或 300/town，个别镇另写，如 300,百朋镇=120";
            let wrong = || Fault::command(format!("--capacity“{part}”看不懂：{form}"));
            let (town, number) =
                part.split_once('=').map_or((None, part), |(town, number)| (Some(town.trim()), number));
            let number = number.trim();
            let number = number.strip_suffix("/town").unwrap_or(number).trim_end();
            if number.is_empty() || !number.bytes().all(|digit| digit.is_ascii_digit()) {
                return Err(wrong());
            }
            let number: u64 = number.parse().map_err(|_| wrong())?;
            let twice = || Fault::command(format!("--capacity“{part}”写了两次不同的数；只写一个"));
            let Some(town) = town else {
                if capacity.all.replace(number).is_some_and(|other| other != number) {
                    return Err(twice());
                }
                continue;
            };
            let towns = config.gazetteer.towns();
            let found = towns.iter().find(|known| known.name == town || known.code.0 == town);
            let names: BTreeSet<&str> = towns.iter().map(|town| town.name.as_str()).collect();
            let found = found.ok_or_else(|| {
                let near = bidui_model::nearest(town, names.iter().copied());
                let hint = near.map_or_else(String::new, |near| format!("，是不是“{near}”？"));
                Fault::command(format!("--capacity：没有乡镇“{town}”{hint}"))
            })?;
            if capacity.towns.insert(found.code.0.clone(), number).is_some_and(|other| other != number) {
                return Err(twice());
            }
        }
        Ok(capacity)
    }
    fn of(&self, town: &str) -> Option<u64> {
        self.towns.get(town).copied().or(self.all)
    }
}
