//! A clean county, read and sealed into a store as a run does it, with facts and rules of the configuration compiled over it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use bidui_ingest::{ReadOptions, assign, compile_contract, read_file};
use bidui_match::{
    Fact, FactColumn, FactInputs, FeedHistory, LinkTask, Links, Literal, Registry, Rule, RuleContext, RuleInputs,
    StoreFile, StoreWriter, compile_facts, compile_rules, compute_facts,
};
use bidui_model::{DataContract, FeedKind, Month, RawChunk};
use bidui_normalize::{FeedSealer, Gazetteer, HashAlgorithm, SealKeys};
use bidui_synth::{SynthOptions, SynthVillage, generate};
use tempfile::TempDir;

const MONTH: &str = "2023-03";

pub(crate) struct County {
    folder: TempDir,
    pub(crate) month: Month,
    /// The first is the registry.
    pub(crate) contracts: Vec<DataContract>,
    /// The place of 参保, the longest extract.
    pub(crate) insured: usize,
    gazetteer: Gazetteer,
    keys: SealKeys,
    rows: Vec<BTreeMap<Month, u64>>,
    history: Vec<FeedHistory>,
    pub(crate) registry: Registry,
    links: Links,
    facts: Vec<Fact>,
    columns: Vec<FactColumn>,
    rules: Vec<Rule>,
}

fn config() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config")
}

pub(crate) fn text(name: &str) -> String {
    fs::read_to_string(config().join(name)).unwrap()
}

/// Names and texts of a folder of the configuration, by name.
pub(crate) fn texts(folder: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(config().join(folder)).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names.into_iter().map(|name| (format!("{folder}/{name}"), text(&format!("{folder}/{name}")))).collect()
}

fn parameters(month: Month) -> BTreeMap<String, Literal> {
    let day = |days: i32| Literal::Date(format!("{month}-{:02}", days - month.first_day() + 1));
    BTreeMap::from([
        ("monitor_line".to_owned(), Literal::Number(7300.0)),
        ("low_income_line".to_owned(), Literal::Number(10_000.0)),
        ("month_start".to_owned(), day(month.first_day())),
        ("month_end".to_owned(), day(month.last_day())),
    ])
}

impl County {
    pub(crate) fn invent(persons: u64) -> Self {
        let month: Month = MONTH.parse().unwrap();
        let gazetteer =
            Gazetteer::compile(&text("towns.toml"), "towns.toml", &text("villages.csv"), "villages.csv").unwrap();
        let folder = tempfile::tempdir().unwrap();
        write_extracts(folder.path(), persons, month, &gazetteer);
        let mut feeds: Vec<(DataContract, String)> =
            texts("feeds").into_iter().map(|(name, text)| (compile_contract(&text, &name).unwrap(), text)).collect();
        feeds.sort_by_key(|(contract, _)| (contract.kind != FeedKind::Registry, contract.name.clone()));
        let contracts: Vec<DataContract> = feeds.iter().map(|(contract, _)| contract.clone()).collect();
        let keys = super::key(HashAlgorithm::HmacSha256);
        let (history, rows) = seal_all(folder.path(), &contracts, &keys, &gazetteer, month);
        let registry = Registry::load(&history[0].good[&month], &contracts[0]).unwrap();
        let links = link(&registry, &contracts, &history, |_| true);
        let parameters = parameters(month);
        let mut facts = Vec::new();
        for (feed, (contract, text)) in feeds.iter().enumerate() {
            facts.extend(compile_facts(text, &contract.name, contract, feed, &parameters).unwrap());
        }
        let context = RuleContext { facts: &facts, registry: &contracts[0], parameters: &parameters };
        let mut seen = BTreeSet::new();
        let rules = texts("rules")
            .into_iter()
            .flat_map(|(name, text)| compile_rules(&text, &name, &context, &mut seen).unwrap())
            .collect();
        let insured = contracts.iter().position(|contract| contract.name == "医保_参保").unwrap();
        let mut county = Self {
            folder,
            month,
            contracts,
            insured,
            gazetteer,
            keys,
            rows,
            history,
            registry,
            links,
            facts,
            columns: Vec::new(),
            rules,
        };
        county.columns = compute_facts(&county.fact_inputs()).unwrap();
        county
    }

    pub(crate) fn fact_inputs(&self) -> FactInputs<'_> {
        FactInputs {
            contracts: &self.contracts,
            facts: &self.facts,
            registry: &self.registry,
            history: &self.history,
            links: &self.links,
            month: self.month,
        }
    }

    pub(crate) fn rule_inputs(&self) -> RuleInputs<'_> {
        RuleInputs {
            rules: &self.rules,
            facts: &self.facts,
            columns: &self.columns,
            registry: &self.registry,
            month: self.month,
        }
    }

    /// Looks up every row of the months of one feed.
    pub(crate) fn link(&self, feed: usize) -> Links {
        link(&self.registry, &self.contracts, &self.history, |other| other == feed)
    }

    /// The month's file of a feed.
    pub(crate) fn file(&self, feed: usize) -> &StoreFile {
        &self.history[feed].good[&self.month]
    }

    /// Of all its months.
    pub(crate) fn rows_of(&self, feed: usize) -> u64 {
        self.rows[feed].values().sum()
    }

    /// All rows of the store, of which facts read what they ask for.
    pub(crate) fn rows_of_facts(&self) -> u64 {
        self.rows.iter().flat_map(BTreeMap::values).sum()
    }

    pub(crate) fn insured_csv(&self) -> PathBuf {
        let folder = self.folder.path().join("inbox").join(MONTH).join("医疗保障局");
        let mut names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        names.find(|path| path.to_string_lossy().contains("参保")).unwrap()
    }

    /// The same list as a workbook, words shared, as an office program saves it.
    pub(crate) fn insured_workbook(&self) -> PathBuf {
        let path = self.folder.path().join("insured.xlsx");
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        for (row, line) in fs::read_to_string(self.insured_csv()).unwrap().lines().enumerate() {
            for (column, cell) in line.split(',').enumerate() {
                sheet.write_string(row as u32, column as u16, cell).unwrap();
            }
        }
        book.save(&path).unwrap();
        path
    }

    pub(crate) fn chunk_rows(&self) -> u64 {
        self.chunks().iter().map(|chunk| chunk.rows.len() as u64).sum()
    }

    pub(crate) fn chunks(&self) -> Vec<RawChunk> {
        let mut chunks = Vec::new();
        let contract = &self.contracts[self.insured];
        read_file(&self.insured_csv(), "insured", contract, &ReadOptions::default(), &mut |chunk| chunks.push(chunk))
            .unwrap();
        chunks
    }

    /// Canonical values and tokens of the chunks, not written anywhere.
    pub(crate) fn seal(&self, chunks: Vec<RawChunk>) -> usize {
        let mut sealer = FeedSealer::new(&self.contracts[self.insured], &self.keys, &self.gazetteer, self.month);
        chunks.into_iter().map(|chunk| sealer.seal(chunk).rows.len()).sum()
    }
}

/// Whose each row is, of the feeds asked for.
fn link(
    registry: &Registry,
    contracts: &[DataContract],
    history: &[FeedHistory],
    wanted: impl Fn(usize) -> bool,
) -> Links {
    let latest = history[0].good.keys().max();
    let months = |feed: usize| {
        // Of the registry only its own month is linked, to itself.
        let good = history[feed].good.iter().filter(move |(month, _)| feed > 0 || Some(*month) == latest);
        good.map(move |(month, file)| (feed, *month, file.clone()))
    };
    let tasks: Vec<LinkTask<'_>> = (0..contracts.len())
        .filter(|feed| wanted(*feed))
        .flat_map(months)
        .map(|(feed, month, file)| LinkTask { feed, contract: &contracts[feed], month, file, by_town: false })
        .collect();
    Links::make(registry, &tasks, tempfile::tempfile().unwrap()).unwrap()
}

fn write_extracts(folder: &Path, persons: u64, month: Month, gazetteer: &Gazetteer) {
    let village = |village: &bidui_normalize::Village| SynthVillage {
        code12: village.code.0.clone(),
        name: village.name.clone(),
        short_name: village.short_name.clone(),
        aliases: Vec::new(),
        town_code: village.town_code.0.clone(),
        town_name: gazetteer.town(&village.town_code.0).map(|town| town.name.clone()).unwrap_or_default(),
    };
    let options = SynthOptions {
        persons,
        months: month.plus(-3).through(month).collect(),
        seed: 1,
        messy: false,
        villages: gazetteer.villages().iter().map(village).collect(),
        moved_out: Vec::new(),
        sites: Vec::new(),
        damage_rate: 0.0,
        borrowed_share: None,
    };
    generate(folder, &options, &mut |_| {}).unwrap();
}

/// Every feed and month of the inbox into the store.
fn seal_all(
    folder: &Path,
    contracts: &[DataContract],
    keys: &SealKeys,
    gazetteer: &Gazetteer,
    month: Month,
) -> (Vec<FeedHistory>, Vec<BTreeMap<Month, u64>>) {
    let mut history = vec![FeedHistory::default(); contracts.len()];
    let mut rows = vec![BTreeMap::new(); contracts.len()];
    for month in month.plus(-3).through(month) {
        let inbox = folder.join("inbox").join(month.to_string());
        let files = files_under(&inbox);
        for (feed, names) in assign(contracts, &files).by_feed.iter().enumerate() {
            let contract = &contracts[feed];
            let path = folder.join(format!("{}-{month}.parquet", contract.name));
            let mut writer = StoreWriter::create(&path, contract).unwrap();
            let mut sealer = FeedSealer::new(contract, keys, gazetteer, month);
            for name in names {
                read_file(&inbox.join(name), name, contract, &ReadOptions::default(), &mut |chunk| {
                    writer.write(&sealer.seal(chunk)).unwrap();
                })
                .unwrap();
            }
            rows[feed].insert(month, writer.finish().unwrap());
            history[feed].good.insert(month, StoreFile::new(path));
        }
    }
    (history, rows)
}

/// `部门/文件`, as contracts name them.
fn files_under(inbox: &Path) -> Vec<String> {
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    let departments = fs::read_dir(inbox).unwrap().map(|entry| name(entry.unwrap()));
    let mut files: Vec<String> = departments
        .flat_map(|department| {
            let entries = fs::read_dir(inbox.join(&department)).unwrap();
            entries.map(|entry| format!("{department}/{}", name(entry.unwrap()))).collect::<Vec<_>>()
        })
        .collect();
    files.sort();
    files
}
