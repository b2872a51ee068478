//! The whole configuration, compiled before a row is read: every error of every file at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use bidui_emit::{Choices, ListPlan, check_choices, check_list, compile_choices, compile_lists, relation_schema};
use bidui_ingest::compile_contract;
use bidui_linkage::{LinkModel, compile_model};
use bidui_match::{
    CheckFile, Checks, Fact, Grading, Literal, Rule, RuleContext, UNKNOWN_COLUMN, UNKNOWN_NAME, compile_checks,
    compile_facts, compile_grading, compile_ladder, compile_rules, compile_rules_without_examples, drop_unread_text,
    relation_types,
};
use bidui_model::{DataContract, Diagnostic, FeedKind, Ladder, Month, RELATIONS};
use bidui_normalize::Gazetteer;
use polars::prelude::Schema;
use sha2::{Digest, Sha256};

use crate::calendar::Calendar;
use crate::effects::unknown_effects;
use crate::exit::Fault;
use crate::person_table::PERSON_FIELDS;
use crate::plans::Plans;
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

/// Files as they are read, and the errors found in them.
struct Loader {
    folder: PathBuf,
    files: Vec<(String, String)>,
    errors: Vec<(Diagnostic, String)>,
}

impl Loader {
    fn read(&mut self, name: &str) -> Option<String> {
        match fs::read(self.folder.join(name)) {
            Ok(bytes) => {
                self.files.push((name.to_owned(), hex(&Sha256::digest(&bytes))));
                let text = String::from_utf8(bytes);
                if text.is_err() {
                    self.errors.push((
                        Diagnostic::error("BD0005", name, None, "不是UTF-8文字").with_hint("请用UTF-8保存"),
                        String::new(),
                    ));
                }
                text.ok().map(|text| text.trim_start_matches('\u{feff}').to_owned())
            }
            Err(error) => {
                let why = if error.kind() == std::io::ErrorKind::NotFound {
                    "找不到这个配置文件".to_owned()
                } else {
                    format!("读不出来：{error}")
                };
                self.errors.push((
                    Diagnostic::error("BD0006", name, None, why).with_hint("可用 --config 指明 bidui.toml 的位置"),
                    String::new(),
                ));
                None
            }
        }
    }

    fn keep<T>(&mut self, text: &str, result: Result<T, Vec<Diagnostic>>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(errors) => {
                self.errors.extend(errors.into_iter().map(|error| (error, text.to_owned())));
                None
            }
        }
    }

    /// Files of a folder with that ending, by name.
    fn list(&mut self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.folder.join(folder)) else {
            self.errors.push((Diagnostic::error("BD0006", folder, None, "找不到这个配置文件夹"), String::new()));
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.ends_with(".toml") && !name.starts_with('.'))
            .map(|name| format!("{folder}/{name}"))
            .collect();
        names.sort_unstable();
        names
    }
}

/// Compiles the folder that `bidui.toml` stands in, for a month; without one, for the latest month that parameters know.
pub(crate) fn load(bidui_toml: &Path, month: Option<Month>) -> Result<Config, Fault> {
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
    let mut loader = Loader { folder: folder.clone(), files: Vec::new(), errors: Vec::new() };
    let settings = loader.read(&name).and_then(|text| loader.keep(&text, Settings::compile(&text, &name)));
    let Some(settings) = settings else { return Err(Fault::Config(loader.errors)) };
    let month = month.or(settings.latest_month()).or(Month::new(2023, 1));
    let literals = month.map(|month| settings.literals(month)).unwrap_or_default();
    let calendar = match &settings.holidays {
        Some(file) => loader.read(file).and_then(|text| loader.keep(&text, Calendar::compile(&text, file))),
        None => Some(Calendar::default()),
    };
    let gazetteer = gazetteer(&mut loader);
    let (contracts, digests, facts) = contracts(&mut loader, &literals);
    let registry = contracts.iter().position(|contract| contract.kind == FeedKind::Registry);
    if contracts.iter().filter(|contract| contract.kind == FeedKind::Registry).count() != 1 {
        loader.errors.push((
            Diagnostic::error("BD0110", "feeds", None, "应有且只有一份 kind = \"registry\" 的底册契约"),
            String::new(),
        ));
    }
    let feeds_are_good = !loader.errors.iter().any(|(error, _)| error.file.starts_with("feeds"));
    let rules =
        registry.map(|registry| rules(&mut loader, &contracts[registry], &facts, &literals)).unwrap_or_default();
    let checks =
        registry.map(|registry| checks(&mut loader, &contracts[registry], &facts, &literals)).unwrap_or_default();
    if let Some(month) = month {
        point_out_parameters(&mut loader.errors, &settings, month);
    }
    if !feeds_are_good {
        // A feed that does not compile has no facts; that its names are unknown to the rules is no error of theirs.
        loader.errors.retain(|(error, _)| !UNKNOWN_NAME.contains(&error.code));
    }
    let grading = loader.read("grading.toml").and_then(|text| {
        let grading = loader.keep(&text, compile_grading(&text, "grading.toml"))?;
        let strangers = unknown_effects(&grading, &text, "grading.toml");
        loader.errors.extend(strangers.into_iter().map(|error| (error, text.clone())));
        Some(grading)
    });
    let choices = choices(&mut loader);
    let known = feeds_are_good.then(|| registry.map(|registry| relation_types(&contracts[registry], &facts))).flatten();
    let schemas = known.map(schemas);
    let mut of_folder = |folder| lists(&mut loader, folder, schemas.as_ref(), choices.as_ref());
    let (lists, report, sample) = (of_folder(Plans::LISTS), of_folder(Plans::REPORT), of_folder(Plans::SAMPLE));
    for id in ["verification", "unrouted"] {
        // Without them some warnings would stand on no list, and the control totals could not close.
        if !lists.iter().any(|list| list.id == id) && loader.errors.is_empty() {
            let error = Diagnostic::error("BD0707", "lists", None, format!("缺少清单“{id}”"));
            loader
                .errors
                .push((error.with_hint("核查清单（verification）和未归属清单（unrouted）必须有"), String::new()));
        }
    }
    let ladder = loader.read(LINKAGE).and_then(|text| loader.keep(&text, compile_ladder(&text, LINKAGE)));
    let link_model = ladder.as_ref().and_then(|ladder| link_model(&mut loader, ladder));
    loader.files.sort();
    if let (Some(calendar), Some(gazetteer), Some(registry), Some(grading), Some(choices), Some(ladder), true) =
        (calendar, gazetteer, registry, grading, choices, ladder, loader.errors.is_empty())
    {
        let files = loader.files;
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
            files,
        });
    }
    Err(Fault::Config(once(loader.errors)))
}

/// Each error once, in order: what stands at the head of a file of lists is held for every sheet.
fn once(errors: Vec<(Diagnostic, String)>) -> Vec<(Diagnostic, String)> {
    let mut kept: Vec<(Diagnostic, String)> = Vec::new();
    for error in errors {
        if !kept.iter().any(|(other, _)| *other == error.0) {
            kept.push(error);
        }
    }
    kept
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

/// A name that is a parameter of other months is not a slip of the pen.
fn point_out_parameters(errors: &mut [(Diagnostic, String)], settings: &Settings, month: Month) {
    for (error, _) in errors {
        let lapsed =
            settings.parameters.iter().find(|parameter| error.message.contains(&format!("“{}”", parameter.name)));
        if let Some(parameter) = lapsed.filter(|_| error.code == UNKNOWN_COLUMN || UNKNOWN_NAME.contains(&error.code)) {
            error.hint =
                Some(format!("参数“{}”在{month}没有有效的一条，请在 bidui.toml 里补上 [[parameter]]", parameter.name));
        }
    }
}

/// The model of the weighted pass, whose fields must be those of a person.
fn link_model(loader: &mut Loader, ladder: &Ladder) -> Option<LinkModel> {
    let file = ladder.model.as_ref()?;
    let text = loader.read(file)?;
    let model = loader.keep(&text, compile_model(&text, file))?;
    let unknown = model
        .fields
        .iter()
        .find(|field| [&field.left, &field.right].into_iter().any(|column| !PERSON_FIELDS.contains(&column.as_str())));
    if let Some(field) = unknown {
        let error = Diagnostic::error("BD0815", file, None, format!("字段“{}”不是认人用的项目", field.name));
        loader.errors.push((error.with_hint(format!("可用：{}", PERSON_FIELDS.join("、"))), text));
        return None;
    }
    Some(model)
}

fn gazetteer(loader: &mut Loader) -> Option<Gazetteer> {
    let (towns, villages) = (loader.read("towns.toml")?, loader.read("villages.csv")?);
    let result = Gazetteer::compile(&towns, "towns.toml", &villages, "villages.csv");
    match result {
        Ok(gazetteer) => Some(gazetteer),
        Err(errors) => {
            for error in errors {
                let text = if error.file == "towns.toml" { &towns } else { &villages };
                loader.errors.push((error, text.clone()));
            }
            None
        }
    }
}

fn contracts(loader: &mut Loader, literals: &BTreeMap<String, Literal>) -> (Vec<DataContract>, Vec<String>, Vec<Fact>) {
    let mut found: Vec<(DataContract, String, String)> = Vec::new();
    for file in loader.list("feeds") {
        let Some(text) = loader.read(&file) else { continue };
        if let Some(contract) = loader.keep(&text, compile_contract(&text, &file)) {
            found.push((contract, text, file));
        }
    }
    found.sort_by(|one, other| one.0.name.cmp(&other.0.name));
    let mut facts: Vec<Fact> = Vec::new();
    let mut names = BTreeSet::new();
    let mut contracts = Vec::new();
    let mut digests = Vec::new();
    for (feed, (mut contract, text, file)) in found.into_iter().enumerate() {
        let compiled = loader.keep(&text, compile_facts(&text, &file, &contract, feed, literals)).unwrap_or_default();
        for fact in compiled {
            if !names.insert(fact.name.clone()) {
                loader.errors.push((
                    Diagnostic::error("BD0109", &file, None, format!("指标“{}”在另一份数据里已有定义", fact.name)),
                    String::new(),
                ));
            }
            facts.push(fact);
        }
        digests.push(hex(&Sha256::digest(text.as_bytes())));
        drop_unread_text(&mut contract, &facts, feed);
        contracts.push(contract);
    }
    (contracts, digests, facts)
}

fn rules(
    loader: &mut Loader,
    registry: &DataContract,
    facts: &[Fact],
    parameters: &BTreeMap<String, Literal>,
) -> Vec<Rule> {
    let context = RuleContext { facts, registry, parameters };
    let mut seen = BTreeSet::new();
    let mut rules = Vec::new();
    for file in loader.list("rules") {
        let Some(text) = loader.read(&file) else { continue };
        rules.extend(loader.keep(&text, compile_rules(&text, &file, &context, &mut seen)).unwrap_or_default());
    }
    rules
}

/// The rules of another folder, or of this one's `rules`, over this configuration's facts and those parameters. Their examples are asked only where
/// the parameters are those that the examples were written for.
pub(crate) fn rules_in(
    config: &Config,
    folder: &Path,
    parameters: &BTreeMap<String, Literal>,
    with_examples: bool,
) -> Result<Vec<Rule>, Fault> {
    let (folder, within) = match folder.file_name().and_then(|name| name.to_str()) {
        Some(name) if !folder.join("rules").is_dir() => {
            (folder.parent().map_or_else(PathBuf::new, Path::to_path_buf), name)
        }
        _ => (folder.to_owned(), "rules"),
    };
    let mut loader = Loader { folder, files: Vec::new(), errors: Vec::new() };
    let context = RuleContext { facts: &config.facts, registry: &config.contracts[config.registry], parameters };
    let mut seen = BTreeSet::new();
    let mut rules = Vec::new();
    for file in loader.list(within) {
        let Some(text) = loader.read(&file) else { continue };
        let compiled = if with_examples {
            compile_rules(&text, &file, &context, &mut seen)
        } else {
            compile_rules_without_examples(&text, &file, &context, &mut seen)
        };
        rules.extend(loader.keep(&text, compiled).unwrap_or_default());
    }
    if !loader.errors.is_empty() {
        return Err(Fault::Config(loader.errors));
    }
    if rules.is_empty() {
        return Err(Fault::command(format!(
            "文件夹“{}”里没有规则文件（*.toml）",
            loader.folder.join(within).display()
        )));
    }
    Ok(rules)
}

/// The checks of the data. A configuration may do without them.
fn checks(
    loader: &mut Loader,
    registry: &DataContract,
    facts: &[Fact],
    parameters: &BTreeMap<String, Literal>,
) -> Checks {
    if !loader.folder.join(CHECKS).is_dir() {
        return Checks::default();
    }
    let named = loader.list(CHECKS);
    let files: Vec<CheckFile> =
        named.into_iter().filter_map(|file| Some((file.clone(), loader.read(&file)?))).collect();
    match compile_checks(&files, &RuleContext { facts, registry, parameters }) {
        Ok(checks) => checks,
        Err(errors) => {
            let text = |at: usize| files.get(at).map_or_else(String::new, |(_, text)| text.clone());
            loader.errors.extend(errors.into_iter().map(|(at, error)| (error, text(at))));
            Checks::default()
        }
    }
}

/// Every relation's columns; `known` are those that come from registry and facts.
fn schemas(known: BTreeMap<String, Schema>) -> BTreeMap<String, Schema> {
    let fixed =
        RELATIONS.iter().filter_map(|relation| Some((relation.name.to_owned(), relation_schema(relation.name)?)));
    fixed.chain(known).collect()
}

/// The plans of a folder. `schemas` is `None` while the feeds do not compile, and then no list is held against any columns.
fn lists(
    loader: &mut Loader,
    plans: Plans,
    schemas: Option<&BTreeMap<String, Schema>>,
    choices: Option<&Choices>,
) -> Vec<ListPlan> {
    let mut lists = Vec::new();
    if plans.may_be_missing() && !loader.folder.join(plans.folder()).is_dir() {
        return lists;
    }
    for file in loader.list(plans.folder()) {
        let Some(text) = loader.read(&file) else { continue };
        for list in loader.keep(&text, compile_lists(&text, &file)).unwrap_or_default() {
            let mut errors = schemas.map(|schemas| check_list(&list, schemas)).unwrap_or_default();
            errors.extend(choices.map(|choices| check_choices(&list, choices)).unwrap_or_default());
            errors.extend(plans.misplaced(&list));
            loader.errors.extend(errors.into_iter().map(|error| (error, text.clone())));
            lists.push(list);
        }
    }
    lists
}
