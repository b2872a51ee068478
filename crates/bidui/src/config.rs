//! The whole configuration, compiled before a row is read: every error of every file at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bidui_emit::{Choices, ListPlan, compile_choices};
use bidui_ingest::{ReadContract, read_contract};
use bidui_linkage::{LinkModel, compile_model};
use bidui_match::{
    CheckFile, Checks, Fact, Grading, Literal, OF_KIND_AND_LINK, Rule, RuleContext, compile_checks, compile_grading,
    compile_ladder, compile_rules, drop_unread_text, lint_facts, lint_grading, lint_rules, lint_tallies, read_facts,
    relation_types,
};
use bidui_model::{DataContract, Diagnostic, FeedKind, Ladder, Month};
use bidui_normalize::Gazetteer;
use sha2::{Digest, Sha256};

use crate::calendar::Calendar;
use crate::config_agree::{almost_departments, unknown_departments, unknown_risks};
use crate::config_feeds::{no_registry, odd_folders, refuse_twins};
use crate::config_files::Loader;
use crate::config_folders::{folders_within, unread_files};
use crate::config_lists::{Tables, lists, missing_plans, schemas};
use crate::config_names::{DEFINED_TWICE, Known, empty, given, misspelt_requirements, settle, unread};
use crate::config_odd::{odd_caps, odd_cells, odd_holidays, odd_options, odd_settings, odd_villages, of_text};
use crate::config_once::once;
use crate::config_places::{gazetteer, known_places, places_of_feeds, places_of_rules};
use crate::config_taken::{of_feeds, refuse_facts, refuse_parameters};
use crate::config_words::{OwnNames, add_names, closed_columns};
use crate::effects::{uncooled_effects, unknown_effects};
use crate::exit::Fault;
use crate::person_table::PERSON_FIELDS;
use crate::plans::{MUST_BE, Plans};
use crate::report;
use crate::settings::Settings;

/// Everything under the configuration folder, checked.
pub(crate) struct Config {
    pub(crate) folder: PathBuf,
    pub(crate) settings: Settings,
    pub(crate) calendar: Calendar,
    pub(crate) gazetteer: Gazetteer,
    /// Sorted by name.
    pub(crate) contracts: Vec<DataContract>,
    /// Digest of each contract's file.
    pub(crate) contract_digests: Vec<String>,
    /// The place of the registry among the contracts.
    pub(crate) registry: usize,
    pub(crate) facts: Vec<Fact>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) checks: Checks,
    pub(crate) grading: Grading,
    pub(crate) lists: Vec<ListPlan>,
    /// What `bidui report` writes.
    pub(crate) report: Vec<ListPlan>,
    /// What `bidui sample` writes.
    pub(crate) sample: Vec<ListPlan>,
    pub(crate) choices: Choices,
    pub(crate) ladder: Ladder,
    /// The model of the ladder's weighted pass.
    pub(crate) link_model: Option<LinkModel>,
    /// Name relative to the folder and SHA-256 of every file.
    pub(crate) files: Vec<(String, String)>,
    /// What is no error and hardly meant, each with its file's text.
    pub(crate) warnings: Vec<(Diagnostic, String)>,
}

impl Config {
    /// Every list that may come back filled: those of runs and those of samples.
    pub(crate) fn lists_and_samples(&self) -> impl Iterator<Item = &ListPlan> {
        self.lists.iter().chain(&self.sample)
    }
    /// A path of bidui.toml, which is relative to the configuration folder.
    pub(crate) fn path(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }
    /// The version of the rule pack.
    pub(crate) fn rule_pack(&self) -> String {
        rule_pack(self.files.iter().map(|(name, sha)| (name.as_str(), sha.as_str())))
    }
    /// The start of one digest of every file of the configuration, lists and all.
    pub(crate) fn digest(&self) -> String {
        let mut digest = Sha256::new();
        for (name, sha) in &self.files {
            digest.update(name.as_bytes());
            digest.update(sha.as_bytes());
        }
        hex(&digest.finalize())[..12].to_owned()
    }
    /// Of linkage.toml.
    pub(crate) fn linkage_digest(&self) -> &str {
        self.files.iter().find(|(name, _)| name == LINKAGE).map_or("", |(_, sha)| sha.as_str())
    }
    /// One digest of what turns text into places.
    pub(crate) fn gazetteer_digest(&self) -> String {
        self.files
            .iter()
            .filter(|(name, _)| name == "towns.toml" || name == "villages.csv")
            .map(|(_, sha)| sha.as_str())
            .collect()
    }
}

/// Codes of a configuration that another version of the program wrote.
const OTHER_VERSION: [&str; 2] = ["BD0720", "BD0721"];
/// How rows find their persons.
const LINKAGE: &str = "linkage.toml";
/// The folder of the checks of the data.
const CHECKS: &str = "checks";
/// Each is a choice list by its stem.
const CHOICE_LISTS: [&str; 2] = ["verification_results.toml", "needs.toml"];

/// One digest of the facts, rules, checks, grading and parameters among the files (name and SHA-256, by name).
pub(crate) fn rule_pack<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut digest = Sha256::new();
    let counts = |name: &str| {
        name.starts_with("rules/")
            || name.starts_with("checks/")
            || name.starts_with("feeds/")
            || name == "grading.toml"
            || name == "bidui.toml"
    };
    for (name, sha) in files.filter(|(name, _)| counts(name)) {
        digest.update(name.as_bytes());
        digest.update(sha.as_bytes());
    }
    hex(&digest.finalize())[..12].to_owned()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compiles the folder that `bidui.toml` stands in, for a month; without one, for the latest month that parameters know.
pub(crate) fn load(bidui_toml: &Path, month: Option<Month>) -> Result<Config, Fault> {
    load_as(bidui_toml, month, true)
}

/// The same, as far as rules are asked: without checks of the data, reports, samples and the model of linkage, and without holding the lists' queries
/// against the relations, which is most of the work.
pub(crate) fn load_for_rules(bidui_toml: &Path, month: Month) -> Result<Config, Fault> {
    load_as(bidui_toml, Some(month), false)
}

fn load_as(bidui_toml: &Path, month: Option<Month>, whole: bool) -> Result<Config, Fault> {
    if bidui_toml.is_dir() {
        return Err(Fault::command(format!(
            "“{0}”是文件夹；--config 应指向其中的文件“{0}/bidui.toml”",
            bidui_toml.display()
        )));
    }
    if !bidui_toml.is_file() {
        let path = bidui_toml.display();
        return Err(Fault::command(format!(
            "找不到配置文件“{path}”；请在有 config/ 的文件夹里运行，或用 --config 指明"
        )));
    }
    let folder = bidui_toml.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let name = bidui_toml.file_name().and_then(|name| name.to_str()).unwrap_or("bidui.toml").to_owned();
    let mut loader = Loader::new(folder.clone());
    let settings = loader.read(&name).and_then(|text| {
        let read = Settings::read(&text, &name);
        loader.take(&text, read)
    });
    if loader.errors.iter().any(|(error, _)| OTHER_VERSION.contains(&error.code)) {
        // Another version means other keys everywhere: nothing else is worth saying.
        return Err(Fault::Config(loader.errors));
    }
    for (error, text) in of_text(&loader.texts, &name, |text, file| folders_within(text, file, &folder)) {
        loader.push(error, &text);
    }
    let month = month.or(settings.as_ref().and_then(Settings::latest_month)).or(Month::new(2023, 1));
    let mut literals = month.map(|month| Settings::literals(settings.as_ref(), month)).unwrap_or_default();
    let calendar = match settings.as_ref().map(|settings| &settings.holidays) {
        Some(Some(file)) => {
            loader.read_named(file, &name).and_then(|text| loader.keep(&text, Calendar::compile(&text, file)))
        }
        _ => Some(Calendar::default()),
    };
    let gazetteer = gazetteer(&mut loader);
    if let (Some(settings), Some(gazetteer)) = (&settings, &gazetteer)
        && let Some(error) = settings.of_another_county(&name, gazetteer.county_code())
    {
        let text =
            loader.texts.iter().find(|(file, _)| *file == name).map_or_else(String::new, |(_, text)| text.clone());
        loader.push(error, &text);
    }
    let feeds = contracts(&mut loader, &name, settings.as_ref(), &mut literals);
    let rules = rules(&mut loader, &feeds, &literals);
    let checks = if whole { checks(&mut loader, &feeds, &literals) } else { Checks::default() };
    let mut warned = Vec::new();
    if let (Some(gazetteer), Some(registry)) = (&gazetteer, feeds.registry()) {
        let known = known_places(gazetteer);
        warned = places_of_rules(&mut loader, registry, &known, &["rules", CHECKS]);
        warned.extend(places_of_feeds(&mut loader, feeds.files.iter().zip(&feeds.contracts), &known));
    }
    let grading = loader.read("grading.toml").and_then(|text| {
        let grading = loader.keep(&text, compile_grading(&text, "grading.toml"))?;
        unknown_effects(&grading, &text, "grading.toml").into_iter().for_each(|error| loader.push(error, &text));
        Some(grading)
    });
    let choices = choices(&mut loader);
    let mut known = feeds.registry().filter(|_| whole).map(|registry| Tables {
        schemas: schemas(relation_types(registry, &feeds.facts)),
        closed: closed_columns(
            registry,
            &feeds.contracts,
            &rules,
            grading.as_ref(),
            gazetteer.as_ref(),
            settings.as_ref().map_or(&[][..], |settings| &settings.parameters),
        ),
    });
    if let (Some(known), true) = (known.as_mut(), loader.errors.is_empty()) {
        let (contracts, facts, rules) = (&feeds.contracts[..], &feeds.facts[..], &rules[..]);
        let names = OwnNames { contracts, facts, rules, checks: &checks };
        add_names(&mut known.closed, &names);
    }
    let mut of_folder = |folder, is_asked: bool| {
        if is_asked { lists(&mut loader, folder, known.as_mut(), choices.as_ref()) } else { Vec::new() }
    };
    let (lists, report, sample) =
        (of_folder(Plans::LISTS, true), of_folder(Plans::REPORT, whole), of_folder(Plans::SAMPLE, whole));
    if let Some(choices) = &choices {
        misspelt_requirements(&mut loader, choices, [&lists, &report, &sample].into_iter().flatten());
    }
    missing_plans(&mut loader, Plans::LISTS, &MUST_BE, &lists);
    if whole && !report.is_empty() {
        missing_plans(&mut loader, Plans::REPORT, &[report::MONTHLY, report::QUARTERLY], &report);
    }
    unknown_departments(&mut loader, settings.as_ref().map(|settings| settings.departments.as_slice()));
    unknown_risks(&mut loader, lists.iter().chain(&sample));
    let ladder = loader.read(LINKAGE).and_then(|text| loader.keep(&text, compile_ladder(&text, LINKAGE)));
    let link_model = ladder.as_ref().filter(|_| whole).and_then(|ladder| link_model(&mut loader, ladder));
    for error in unread_files(&loader) {
        loader.push(error, "");
    }
    settle(&mut loader, &feeds.known(settings.as_ref(), &checks), settings.as_ref(), month);
    loader.files.sort();
    if let (
        Some(settings),
        Some(calendar),
        Some(gazetteer),
        Some(registry),
        Some(grading),
        Some(choices),
        Some(ladder),
        true,
    ) = (settings, calendar, gazetteer, feeds.registry, grading, choices, ladder, loader.errors.is_empty())
    {
        let towns: Vec<&str> = gazetteer.towns().iter().map(|town| town.name.as_str()).collect();
        warned.extend(uncooled_effects(&grading, &choices, &loader.texts));
        warned.extend(of_text(&loader.texts, &name, odd_settings));
        if let Some(file) = &settings.holidays {
            warned.extend(of_text(&loader.texts, file, odd_holidays));
        }
        warned.extend(of_text(&loader.texts, "villages.csv", |text, file| odd_villages(text, file, &gazetteer)));
        warned.extend(of_text(&loader.texts, "villages.csv", odd_cells));
        warned.extend(of_text(&loader.texts, "linkage.toml", odd_caps));
        warned.extend(odd_folders(&feeds.contracts, &feeds.files, &loader.texts));
        warned.extend(odd_options(lists.iter().chain(&sample), &feeds.contracts, &loader.texts));
        warned.extend(almost_departments(&loader.texts, &settings.departments, &towns));
        let warnings =
            if whole { warnings(warned, &loader.texts, &feeds, &literals, &checks, &rules) } else { Vec::new() };
        let Feeds { contracts, digests, facts, .. } = feeds;
        return Ok(Config {
            folder,
            settings,
            calendar,
            gazetteer,
            contracts,
            contract_digests: digests,
            registry,
            facts,
            rules,
            checks,
            grading,
            lists,
            report,
            sample,
            choices,
            ladder,
            link_model,
            files: loader.files,
            warnings,
        });
    }
    Err(Fault::Config(once(loader.errors, &loader.texts)))
}

/// Every choice list; `None` if one is missing or wrong.
fn choices(loader: &mut Loader) -> Option<Choices> {
    let mut all = Some(Choices::default());
    for file in CHOICE_LISTS {
        let read = loader.read(file).and_then(|text| loader.keep(&text, compile_choices(&text, file)));
        match (&mut all, read) {
            (Some(all), Some(choices)) => all.extend(choices),
            _ => all = None,
        }
    }
    all
}

/// The model of the weighted pass, whose fields must be those of a person.
fn link_model(loader: &mut Loader, ladder: &Ladder) -> Option<LinkModel> {
    let file = ladder.model.as_ref()?;
    let text = loader.read_named(file, LINKAGE)?;
    let model = loader.keep(&text, compile_model(&text, file))?;
    let mut good = true;
    // Otherwise whoever is more likely another than not would be linked.
    if model.costs.missed_link > model.costs.false_link {
        let span = text.find("missed_link").map(|at| at..at + "missed_link".len());
        let message = "missed_link（漏认一行的代价）比 false_link（认错一行的代价）大：多半是别人的行也会认作本人";
        let hint = "认错一行的代价应更大，如 false_link = 100、missed_link = 10";
        loader.push(Diagnostic::error("BD0816", file, span, message).with_hint(hint), &text);
    }
    for field in &model.fields {
        let unknown = [&field.left, &field.right].into_iter().find(|column| !PERSON_FIELDS.contains(&column.as_str()));
        let Some(unknown) = unknown else { continue };
        good = false;
        let near = bidui_model::nearest(unknown, PERSON_FIELDS);
        let hint =
            near.map_or_else(|| format!("可用：{}", PERSON_FIELDS.join("、")), |near| format!("是不是“{near}”？"));
        let span = text.find(&format!("\"{unknown}\"")).map(|at| at..at + unknown.len() + 2);
        let message = format!("字段“{unknown}”不是认人用的项目");
        loader.push(Diagnostic::error("BD0815", file, span, message).with_hint(hint), &text);
    }
    good.then_some(model)
}

/// The feeds as far as they could be read.
#[derive(Default)]
struct Feeds {
    contracts: Vec<DataContract>,
    digests: Vec<String>,
    facts: Vec<Fact>,
    /// The place of the registry, if there is one.
    registry: Option<usize>,
    /// Of each contract.
    files: Vec<String>,
}

impl Feeds {
    fn registry(&self) -> Option<&DataContract> {
        self.registry.map(|registry| &self.contracts[registry])
    }

    /// Every name that could be read, for telling those that only their own file is to blame for.
    fn known(&self, settings: Option<&Settings>, checks: &Checks) -> Known {
        let columns =
            self.registry().into_iter().flat_map(|contract| contract.columns.iter().map(|column| &column.name));
        let facts = self.facts.iter().map(|fact| &fact.name);
        let parameters =
            settings.iter().flat_map(|settings| settings.parameters.iter().map(|parameter| &parameter.name));
        let tallies = checks.tallies.iter().map(|tally| &tally.name);
        let of_file = |contract: &DataContract| contract.columns.iter().map(|column| column.name.clone()).collect();
        Known {
            names: columns.chain(facts).chain(parameters).chain(tallies).cloned().collect(),
            registry: self.registry.map(|registry| self.files[registry].clone()),
            columns: self.files.iter().cloned().zip(self.contracts.iter().map(of_file)).collect(),
        }
    }
}

/// The feeds' files with their contracts, by name; and whether all could be read.
fn read_contracts(loader: &mut Loader) -> (Vec<(ReadContract, String, String)>, bool) {
    let mut found: Vec<(ReadContract, String, String)> = Vec::new();
    let mut whole = true;
    for file in loader.list("feeds") {
        let Some(text) = loader.read(&file) else {
            whole = false;
            continue;
        };
        let (read, errors) = read_contract(&text, &file);
        whole &= errors.is_empty();
        errors.into_iter().for_each(|error| loader.push(error, &text));
        found.extend(read.map(|read| (read, text, file)));
    }
    found.sort_by(|one, other| one.0.contract.name.cmp(&other.0.contract.name));
    (found, whole)
}

/// `literals` without the parameters whose names are taken.
fn contracts(
    loader: &mut Loader,
    bidui_toml: &str,
    settings: Option<&Settings>,
    literals: &mut BTreeMap<String, Literal>,
) -> Feeds {
    let (found, whole) = read_contracts(loader);
    if let Some(settings) = settings {
        let taken = of_feeds(found.iter().map(|(read, text, file)| (&read.contract, file.as_str(), text.as_str())));
        refuse_parameters(loader, bidui_toml, settings, &taken, literals);
    }
    let mut feeds = Feeds::default();
    for (feed, (read, text, file)) in found.into_iter().enumerate() {
        let ReadContract { mut contract, is_sure } = read;
        let (facts, errors) = read_facts(&text, &file, &contract, feed, literals);
        // Whether a fact may be counted so hangs on the contract's kind and link.
        let of_kind = |error: &&Diagnostic| OF_KIND_AND_LINK.contains(&error.code);
        errors.iter().filter(|error| is_sure || !of_kind(error)).for_each(|error| loader.push(error.clone(), &text));
        for fact in facts {
            let name = fact.name.to_lowercase();
            if let Some(other) = feeds.facts.iter().find(|other| other.name.to_lowercase() == name) {
                let given = given(&file, &text);
                let place = given.iter().rfind(|given| given.name == fact.name);
                let first = match feeds.files.get(other.feed) {
                    Some(first) => format!("在“{first}”里"),
                    None => "在本文件里".to_owned(),
                };
                let message = format!("指标“{}”{first}已有定义", fact.name);
                let error = Diagnostic::error(DEFINED_TWICE, &file, place.map(|place| place.span.clone()), message);
                loader.push(error.with_hint("改其中一个的 name"), &text);
                continue;
            }
            feeds.facts.push(fact);
        }
        feeds.digests.push(hex(&Sha256::digest(text.as_bytes())));
        drop_unread_text(&mut contract, &feeds.facts, feed);
        feeds.contracts.push(contract);
        feeds.files.push(file);
    }
    refuse_twins(loader, &feeds.contracts, &feeds.files);
    let mut registries = (0..feeds.contracts.len()).filter(|at| feeds.contracts[*at].kind == FeedKind::Registry);
    feeds.registry = registries.next();
    if whole && (feeds.registry.is_none() || registries.next().is_some()) {
        no_registry(loader, &feeds.contracts, &feeds.files, feeds.registry.is_none());
    }
    if let Some(registry) = feeds.registry {
        refuse_facts(loader, &feeds.contracts[registry], &feeds.files, &mut feeds.facts);
    }
    feeds
}

fn rules(loader: &mut Loader, feeds: &Feeds, parameters: &BTreeMap<String, Literal>) -> Vec<Rule> {
    let mut seen = BTreeSet::new();
    let mut rules = Vec::new();
    for file in loader.list("rules") {
        let Some(text) = loader.read(&file) else { continue };
        let Some(registry) = feeds.registry() else { continue };
        let context = RuleContext { facts: &feeds.facts, registry, parameters };
        rules.extend(loader.keep(&text, compile_rules(&text, &file, &context, &mut seen)).unwrap_or_default());
    }
    rules
}

/// The checks of the data. A configuration may do without them.
fn checks(loader: &mut Loader, feeds: &Feeds, parameters: &BTreeMap<String, Literal>) -> Checks {
    if !loader.folder.join(CHECKS).is_dir() {
        return Checks::default();
    }
    let named = loader.list(CHECKS);
    let files: Vec<CheckFile> =
        named.into_iter().filter_map(|file| Some((file.clone(), loader.read(&file)?))).collect();
    let Some(registry) = feeds.registry() else { return Checks::default() };
    match compile_checks(&files, &RuleContext { facts: &feeds.facts, registry, parameters }) {
        Ok(checks) => checks,
        Err(errors) => {
            let text = |at: usize| files.get(at).map_or("", |(_, text)| text.as_str());
            errors.into_iter().for_each(|(at, error)| loader.push(error, text(at)));
            Checks::default()
        }
    }
}

/// What is no error and hardly meant, in the order of files.
fn warnings(
    mut found: Vec<(Diagnostic, String)>,
    texts: &[(String, String)],
    feeds: &Feeds,
    parameters: &BTreeMap<String, Literal>,
    checks: &Checks,
    rules: &[Rule],
) -> Vec<(Diagnostic, String)> {
    found.extend(unread(texts));
    found.extend(empty(texts));
    let Some(registry) = feeds.registry() else { return found };
    let context = RuleContext { facts: &feeds.facts, registry, parameters };
    for (file, text) in texts {
        let of_file = if file.starts_with("rules/") {
            lint_rules(text, file, &context)
        } else if file.starts_with("checks/") {
            lint_tallies(text, file, &context, &checks.tallies)
        } else if file == "grading.toml" {
            lint_grading(text, file, rules)
        } else if let Some(feed) = feeds.files.iter().position(|other| other == file) {
            lint_facts(text, file, &feeds.contracts[feed], parameters)
        } else {
            continue;
        };
        found.extend(of_file.into_iter().map(|warning| (warning, text.clone())));
    }
    let order = |(warning, _): &(Diagnostic, String)| {
        (warning.file.clone(), warning.span.as_ref().map_or(0, |span| span.start))
    };
    found.sort_by_key(order);
    found
}
