//! A small invented county in a temporary store: a registry, a few feeds, facts and rules.

use std::collections::{BTreeMap, BTreeSet};

use bidui_match::{
    Aliases, Deadlines, Evidence, Fact, FactColumn, FactInputs, FeedHistory, Finding, Grading, LinkBatch, LinkCounts,
    LinkTask, Links, Literal, MatchError, MonthTables, Registry, RelationInputs, Roll, Rule, RuleContext, RuleInputs,
    Signal, SourceNames, StoreFile, StoreWriter, compile_facts, compile_rules, compute_facts, evaluate_rules,
    gather_evidence, replay_rules, strong_facts, weigh_doubt,
};
use bidui_model::{DataContract, Ladder, Month, NameToken};
use polars::prelude::{AnyValue, PlHashMap};
use tempfile::TempDir;

pub(crate) use crate::rows::{
    PERSON, Person, ROW, Row, day, month, of, person_contract, place_contract, registry_contract, town_contract,
};
use crate::rows::{person_chunk, row_chunk};

/// A county's store, and what is computed from it.
pub(crate) struct County {
    folder: TempDir,
    pub(crate) month: Month,
    /// The first is the registry.
    pub(crate) contracts: Vec<DataContract>,
    pub(crate) history: Vec<FeedHistory>,
    pub(crate) registry: Registry,
    pub(crate) registry_file: StoreFile,
    /// What the ladder found, by feed and month.
    pub(crate) findings: BTreeMap<(usize, Month), Vec<Finding>>,
    pub(crate) aliases: Aliases,
    /// Persons, and names under their numbers that are not theirs.
    pub(crate) denied: Vec<(u32, u64)>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) columns: Vec<FactColumn>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) links: Links,
}

impl County {
    pub(crate) fn new(at: &str, persons: &[Person]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let contract = registry_contract();
        let path = folder.path().join("registry.parquet");
        let mut writer = StoreWriter::create(&path, &contract).unwrap();
        let size = (persons.len() / 10).max(3);
        for (chunk, part) in persons.chunks(size).enumerate() {
            writer.write(&person_chunk(part, (2 + size * chunk) as u32)).unwrap();
        }
        assert_eq!(writer.finish().unwrap(), persons.len() as u64);
        let registry_file = StoreFile::new(path);
        let registry = Registry::load(&registry_file, &contract).unwrap();
        let links =
            Links::make(&registry, Vec::new(), &PlHashMap::default(), &|_, _| false, tempfile::tempfile().unwrap())
                .unwrap();
        let mut history = FeedHistory::default();
        history.good.insert(month(at), registry_file.clone());
        Self {
            folder,
            month: month(at),
            contracts: vec![contract],
            history: vec![history],
            registry,
            registry_file,
            findings: BTreeMap::new(),
            aliases: PlHashMap::default(),
            denied: Vec::new(),
            facts: Vec::new(),
            columns: Vec::new(),
            rules: Vec::new(),
            links,
        }
    }

    /// Adds a feed; its place among the contracts.
    pub(crate) fn feed(&mut self, contract: DataContract) -> usize {
        self.contracts.push(contract);
        self.history.push(FeedHistory::default());
        self.contracts.len() - 1
    }

    /// Writes one month of a feed, a few rows a chunk.
    pub(crate) fn put(&mut self, feed: usize, at: &str, rows: &[Row]) {
        let path = self.folder.path().join(format!("{feed}-{at}.parquet"));
        let mut writer = StoreWriter::create(&path, &self.contracts[feed]).unwrap();
        let size = (rows.len() / 10).max(3);
        for (chunk, part) in rows.chunks(size).enumerate() {
            writer.write(&row_chunk(&self.contracts[feed], part, (2 + size * chunk) as u32)).unwrap();
        }
        assert_eq!(writer.finish().unwrap(), rows.len() as u64);
        self.history[feed].good.insert(month(at), StoreFile::new(path));
    }

    /// The month arrived and its guard holds it.
    pub(crate) fn hold(&mut self, feed: usize, at: &str, why: &str) {
        self.history[feed].good.remove(&month(at));
        self.history[feed].held.insert(month(at), why.to_owned());
    }

    pub(crate) fn parameters(&self) -> BTreeMap<String, Literal> {
        let text = |days: i32| format!("{}-{:02}", self.month, days - self.month.first_day() + 1);
        BTreeMap::from([
            ("line".to_owned(), Literal::Number(7300.0)),
            ("month_start".to_owned(), Literal::Date(text(self.month.first_day()))),
            ("month_end".to_owned(), Literal::Date(text(self.month.last_day()))),
        ])
    }

    /// Adds a feed's facts: `[[fact]]` tables.
    pub(crate) fn declare(&mut self, feed: usize, toml: &str) {
        let facts = compile_facts(toml, "feed.toml", &self.contracts[feed], feed, &self.parameters());
        self.facts.extend(facts.unwrap_or_else(|errors| panic!("{toml}: {errors:?}")));
    }

    pub(crate) fn fact_inputs(&self) -> FactInputs<'_> {
        FactInputs {
            contracts: &self.contracts,
            facts: &self.facts,
            registry: &self.registry,
            history: &self.history,
            links: &self.links,
            month: self.month,
            strong_only: false,
        }
    }

    /// Links every good month of every feed; of the registry's its own.
    pub(crate) fn link(&self) -> Result<Links, MatchError> {
        let mut tasks = Vec::new();
        for (feed, contract) in self.contracts.iter().enumerate() {
            let files = self.history[feed].good.iter().filter(|(at, _)| feed > 0 || **at == self.month);
            tasks.extend(files.map(|(at, file)| LinkTask {
                feed,
                contract,
                month: *at,
                file: file.clone(),
                by_town: true,
                findings: self.findings.get(&(feed, *at)).cloned().unwrap_or_default(),
            }));
        }
        let denied = |person: u32, name: NameToken| self.denied.contains(&(person, name.0));
        Links::make(&self.registry, tasks, &self.aliases, &denied, tempfile::tempfile().unwrap())
    }

    pub(crate) fn compute(&mut self) {
        polars::error::set_warning_function(|_, _| {});
        self.links = self.link().unwrap();
        self.columns = compute_facts(&self.fact_inputs()).unwrap();
    }

    /// A fact's values in the order of its entities, `-` for null; or `unknown: why`. Notes of known facts stand behind a bar.
    pub(crate) fn shown(&self, fact: &str) -> String {
        let at = self.facts.iter().position(|other| other.name == fact).unwrap();
        let answer = &self.columns[at];
        let Some(values) = &answer.values else {
            return format!("unknown: {}", answer.note);
        };
        let column = values.all(fact);
        let value = |value: AnyValue<'_>| match value {
            AnyValue::Null => "-".to_owned(),
            AnyValue::String(word) => format!("'{word}'"),
            AnyValue::Float64(number) => number.to_string(),
            other => other.to_string(),
        };
        let values: Vec<String> = (0..column.len()).map(|row| value(column.get(row).unwrap())).collect();
        let note = if answer.note.is_empty() { String::new() } else { format!(" | {}", answer.note) };
        format!("{}{note}", values.join(" "))
    }

    /// Compiles one more fact over a feed, and answers it. `spec` is the fact's keys but its name.
    pub(crate) fn ask(&mut self, feed: usize, spec: &str) -> String {
        self.facts.clear();
        self.declare(feed, &format!("[[fact]]\nname = \"asked\"\n{spec}\n"));
        self.compute();
        self.shown("asked")
    }

    pub(crate) fn rule(&mut self, toml: &str) {
        let parameters = self.parameters();
        let context = RuleContext { facts: &self.facts, registry: &self.contracts[0], parameters: &parameters };
        let rules = compile_rules(toml, "rules.toml", &context, &mut BTreeSet::new());
        self.rules.extend(rules.unwrap_or_else(|errors| panic!("{toml}: {errors:?}")));
    }

    pub(crate) fn signals(&self) -> Vec<Signal> {
        let inputs = RuleInputs {
            rules: &self.rules,
            facts: &self.facts,
            columns: &self.columns,
            registry: &self.registry,
            month: self.month,
        };
        evaluate_rules(&inputs).unwrap()
    }

    pub(crate) fn evidence(&self, signals: &mut [Signal]) -> Vec<Evidence> {
        gather_evidence(&self.fact_inputs(), &self.columns, signals).unwrap()
    }

    pub(crate) fn weigh_doubt(&self, ladder: &Ladder, signals: &mut [Signal]) {
        let inputs = RuleInputs {
            rules: &self.rules,
            facts: &self.facts,
            columns: &self.columns,
            registry: &self.registry,
            month: self.month,
        };
        let strong = strong_facts(&self.fact_inputs(), &self.columns).unwrap();
        weigh_doubt(&inputs, strong.as_ref(), ladder, signals).unwrap();
    }

    /// The rules over the month as it is published: without an extract, and without the facts.
    pub(crate) fn replayed(&self, ladder: &Ladder) -> Vec<Signal> {
        let strong = strong_facts(&self.fact_inputs(), &self.columns).unwrap();
        let grading = grading("");
        let inputs = RelationInputs {
            month: self.month,
            registry: &self.registry,
            facts: &self.facts,
            columns: &self.columns,
            rules: &self.rules,
            grading: &grading,
            signals: &[],
            graded: &[],
            evidence: &[],
            weak_facts: &[],
            feeds: &[],
            sources: &SourceNames::new(),
            deadlines: &Deadlines::default(),
        };
        let (of_households, of_persons) = MonthTables::columns(&self.rules, &self.facts);
        let part =
            |roll: Roll, columns: &[String]| roll.part(&inputs, columns, 0, roll.rows(&self.registry) as u32).unwrap();
        let members: Vec<u32> =
            (0..self.registry.households() as u32).map(|household| self.registry.members(household).start).collect();
        let household_of: Vec<u32> =
            (0..self.registry.persons() as u32).map(|person| self.registry.household_of(person).unwrap()).collect();
        let tables = MonthTables {
            households: &part(Roll::Households, &of_households),
            persons: &part(Roll::Persons, &of_persons),
            household_of: &household_of,
            first_member: &[members, vec![self.registry.persons() as u32]].concat(),
            facts: &self.facts,
            notes: &self.columns.iter().map(|column| column.note.clone()).collect::<Vec<_>>(),
            unknown: &self
                .facts
                .iter()
                .zip(&self.columns)
                .filter(|(_, column)| column.values.is_none())
                .map(|(fact, _)| fact.name.clone())
                .collect(),
            weak: &strong.map(|strong| strong.weak).unwrap_or_default(),
        };
        replay_rules(&self.rules, &tables, ladder).unwrap()
    }

    /// Links one month of a feed (the registry's too), as one batch.
    pub(crate) fn links(&self, feed: usize, at: &str) -> (LinkBatch, LinkCounts) {
        let mut all = LinkBatch::default();
        let links = self.link().unwrap();
        links
            .visit(feed, month(at), &mut |batch| {
                all.row.extend(&batch.row);
                all.class.extend(&batch.class);
                all.reason.extend(&batch.reason);
                all.person.extend(&batch.person);
                all.name_differs.extend(&batch.name_differs);
                Ok(())
            })
            .unwrap();
        let counts = links.counts(feed, month(at)).unwrap();
        (all, counts)
    }
}

pub(crate) fn grading(toml: &str) -> Grading {
    bidui_match::compile_grading(toml, "grading.toml").unwrap_or_else(|errors| panic!("{toml}: {errors:?}"))
}
