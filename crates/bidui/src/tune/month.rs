//! A published month as tuning reads it: the columns that some rules ask for, of its relations, and no extract.

use std::collections::{BTreeMap, BTreeSet};

use bidui_match::{Fact, Households, MonthTables, Rule, SignalState, WeakFact};
use bidui_model::{Level, LinkClass, Month};
use polars::prelude::*;

use crate::config::Config;
use crate::exit::Fault;
use crate::published::PublishedMonth;
use crate::relation_rows::words_of;

/// What a household's place and kind are told by, and what suppression asks of it.
const OF_HOUSEHOLD: [&str; 9] = [
    "household_id",
    "size",
    "household_kind",
    "monitor_kind",
    "monitor_risks",
    "risk_status",
    "resettlement_site",
    "village_code",
    "town_code",
];

/// A signal that the month published.
#[derive(Clone, Debug)]
pub(crate) struct PublishedSignal {
    /// Its household's row.
    pub(crate) household: u32,
    pub(crate) rule: String,
    pub(crate) level: Level,
    pub(crate) state: SignalState,
    pub(crate) value: Option<f64>,
    pub(crate) doubtful: bool,
    /// Numbers of its members, with commas.
    pub(crate) persons: String,
    /// Names of the facts that it rests on, with commas.
    pub(crate) facts: String,
}

/// A warning that the month published.
#[derive(Clone, Debug)]
pub(crate) struct PublishedWarning {
    pub(crate) household: u32,
    pub(crate) level: Level,
    /// Empty where it is nobody's.
    pub(crate) town: String,
}

/// A rule that a month was run with.
pub(crate) struct RanRule {
    /// What decides its signals.
    definition: String,
    pub(crate) title: String,
    pub(crate) departments: Vec<String>,
}

/// What the month says of the rules and facts that it was run with.
pub(crate) struct Definitions {
    /// By rule.
    pub(crate) rules: BTreeMap<String, RanRule>,
    facts: BTreeMap<String, String>,
    notes: BTreeMap<String, String>,
    unknown: BTreeSet<String>,
}

impl Definitions {
    pub(crate) fn read(published: &PublishedMonth) -> Result<Self, Fault> {
        let rules = published.relation("rules")?;
        let facts = published.relation("facts")?;
        let [ids, titles, departments, definitions] =
            ["rule_id", "title", "departments", "definition"].map(|name| words_of(&rules, name));
        let (titles, departments, definitions) = (titles?, departments?, definitions?);
        let rule = |at: usize| RanRule {
            definition: definitions[at].clone(),
            title: titles[at].clone(),
            departments: departments[at].split('、').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        };
        let rules = ids?.into_iter().enumerate().map(|(at, id)| (id, rule(at))).collect();
        let [names, definitions, notes, status] =
            ["fact", "definition", "note", "status"].map(|name| words_of(&facts, name));
        let (names, definitions, notes, status) = (names?, definitions?, notes?, status?);
        let unknown = names.iter().zip(&status).filter(|(_, status)| *status != "known");
        let unknown = unknown.map(|(name, _)| name.clone()).collect();
        Ok(Self {
            rules,
            facts: names.iter().cloned().zip(definitions).collect(),
            notes: names.into_iter().zip(notes).collect(),
            unknown,
        })
    }

    /// Whether the month was run with the very rule.
    pub(crate) fn has(&self, rule: &Rule) -> bool {
        self.rules.get(&rule.id).is_some_and(|ran| ran.definition == rule.definition())
    }

    /// Why the month cannot answer a rule, if it cannot: a fact that it did not compute, or computed by another definition.
    pub(crate) fn why_not(&self, rule: &Rule, facts: &[Fact]) -> Option<String> {
        let reads = rule.reads();
        let read = facts.iter().filter(|fact| reads.contains(&fact.name));
        let why = |fact: &Fact| match self.facts.get(&fact.name) {
            None => Some(format!("当月没有算过指标“{}”", fact.title)),
            Some(definition) if *definition != fact.definition() => {
                Some(format!("当月算指标“{}”的定义与现在的不同", fact.title))
            }
            Some(_) => None,
        };
        read.filter_map(why).next()
    }
}

/// The month's rolls, as far as they are asked for, and what it published of signals and warnings.
pub(crate) struct PastMonth {
    pub(crate) month: Month,
    pub(crate) households: DataFrame,
    pub(crate) persons: DataFrame,
    pub(crate) household_of: Vec<u32>,
    pub(crate) first_member: Vec<u32>,
    notes: Vec<String>,
    unknown: BTreeSet<String>,
    weak: Vec<WeakFact>,
    pub(crate) signals: Vec<PublishedSignal>,
    pub(crate) warnings: Vec<PublishedWarning>,
    /// Numbers of persons whose rows were not read, from the number of persons on.
    pub(crate) named: Vec<String>,
}

impl PastMonth {
    /// Reads what `rules` ask of the month.
    pub(crate) fn read(
        published: &PublishedMonth,
        definitions: &Definitions,
        config: &Config,
        rules: &[Rule],
    ) -> Result<Self, Fault> {
        let facts = &config.facts;
        let (mut of_households, of_persons) = MonthTables::columns(rules, facts);
        of_households.extend(OF_HOUSEHOLD.map(str::to_owned));
        of_households.sort_unstable();
        of_households.dedup();
        let households = published.columns("households", &of_households)?;
        let mut month = Self {
            month: published.month,
            households,
            persons: DataFrame::empty(),
            household_of: Vec::new(),
            first_member: Vec::new(),
            notes: facts.iter().map(|fact| definitions.notes.get(&fact.name).cloned().unwrap_or_default()).collect(),
            unknown: facts
                .iter()
                .filter(|fact| definitions.unknown.contains(&fact.name) || !definitions.facts.contains_key(&fact.name))
                .map(|fact| fact.name.clone())
                .collect(),
            weak: Vec::new(),
            signals: Vec::new(),
            warnings: Vec::new(),
            named: Vec::new(),
        };
        if !rules.is_empty() {
            month.number_members()?;
        }
        if !of_persons.is_empty() {
            let mut of_persons = of_persons;
            of_persons.push("person_no".to_owned());
            of_persons.sort_unstable();
            of_persons.dedup();
            month.persons = published.columns("persons", &of_persons)?;
            if month.persons.height() != month.household_of.len() {
                return Err(damaged(published.month));
            }
        }
        month.weak = month.weak_facts(published, facts, rules)?;
        month.signals = month.published_signals(published)?;
        month.warnings = month.published_warnings(published)?;
        Ok(month)
    }

    /// As rules are asked of it.
    pub(crate) fn tables<'a>(&'a self, facts: &'a [Fact]) -> MonthTables<'a> {
        MonthTables {
            households: &self.households,
            persons: &self.persons,
            household_of: &self.household_of,
            first_member: &self.first_member,
            facts,
            notes: &self.notes,
            unknown: &self.unknown,
            weak: &self.weak,
        }
    }

    /// Members stand side by side, in the order of the households.
    fn number_members(&mut self) -> Result<(), Fault> {
        let mut first = 0_u32;
        for (household, size) in (0_u32..).zip(self.households.column("size")?.i64()?.iter()) {
            let size = size.and_then(|size| u32::try_from(size).ok()).ok_or_else(|| damaged(self.month))?;
            self.first_member.push(first);
            self.household_of.extend(std::iter::repeat_n(household, size as usize));
            first += size;
        }
        self.first_member.push(first);
        Ok(())
    }

    /// The row of a household, which the registry's order gives.
    pub(crate) fn find(&self, household_id: &str) -> Option<u32> {
        let ids = self.households.column("household_id").ok()?.str().ok()?;
        let (mut from, mut to) = (0, ids.len());
        while from < to {
            let middle = from.midpoint(to);
            if ids.get(middle)? < household_id { from = middle + 1 } else { to = middle }
        }
        (ids.get(from) == Some(household_id)).then_some(from as u32)
    }

    pub(crate) fn word(&self, column: &str, household: u32) -> &str {
        let column = self.households.column(column).ok().and_then(|column| column.str().ok());
        column.and_then(|column| column.get(household as usize)).unwrap_or("")
    }

    /// What the rules' facts are without weak rows. `weak` must be by fact and entity.
    fn weak_facts(&self, published: &PublishedMonth, facts: &[Fact], rules: &[Rule]) -> Result<Vec<WeakFact>, Fault> {
        let read: BTreeSet<String> = rules.iter().flat_map(Rule::reads).collect();
        if read.is_empty() {
            return Ok(Vec::new());
        }
        let frame = published.relation("weak_facts")?;
        let [names, households, persons, classes] =
            ["fact", "household_id", "person_no", "link_class"].map(|name| words_of(&frame, name));
        let (names, households, persons, classes) = (names?, households?, persons?, classes?);
        let numbers = frame.column("strong_number")?.f64()?;
        let strong_words = frame.column("strong_word")?.str()?;
        let mut found = Vec::new();
        for row in 0..names.len() {
            let Some(fact) = facts.iter().position(|fact| fact.name == names[row] && read.contains(&fact.name)) else {
                continue;
            };
            let household = self.find(&households[row]).ok_or_else(|| damaged(self.month))?;
            let entity = match persons[row].as_str() {
                "" => household,
                number => self.member(household, number).ok_or_else(|| damaged(self.month))?,
            };
            found.push(WeakFact {
                fact,
                entity,
                class: LinkClass::from_code(&classes[row]).unwrap_or(LinkClass::Weighted),
                number: numbers.get(row),
                word: strong_words.get(row).map(str::to_owned),
            });
        }
        found.sort_by_key(|weak| (weak.fact, weak.entity));
        Ok(found)
    }

    fn member(&self, household: u32, number: &str) -> Option<u32> {
        let numbers = self.persons.column("person_no").ok()?.str().ok()?;
        let (first, end) = (self.first_member[household as usize], self.first_member[household as usize + 1]);
        (first..end).find(|person| numbers.get(*person as usize) == Some(number))
    }

    fn published_signals(&self, published: &PublishedMonth) -> Result<Vec<PublishedSignal>, Fault> {
        let asked = ["household_id", "rule_id", "level", "state", "value", "identity_check", "persons", "facts"];
        let frame = published.columns("signals", &asked.map(str::to_owned))?;
        let column = |name: &str| frame.column(name).and_then(|column| column.str().cloned());
        let (households, rules, levels) = (column("household_id")?, column("rule_id")?, column("level")?);
        let (states, checks, persons) = (column("state")?, column("identity_check")?, column("persons")?);
        let (values, facts) = (frame.column("value")?.f64()?, column("facts")?);
        let signal = |row: usize| {
            Some(PublishedSignal {
                household: self.find(households.get(row)?)?,
                rule: rules.get(row)?.to_owned(),
                level: Level::from_code(levels.get(row)?)?,
                state: SignalState::from_code(states.get(row)?)?,
                value: values.get(row),
                doubtful: checks.get(row)?.starts_with(bidui_match::DOUBTFUL),
                persons: persons.get(row)?.to_owned(),
                facts: facts.get(row)?.to_owned(),
            })
        };
        let signals = (0..frame.height()).map(|row| signal(row).ok_or_else(|| damaged(self.month)));
        signals.collect()
    }

    fn published_warnings(&self, published: &PublishedMonth) -> Result<Vec<PublishedWarning>, Fault> {
        let frame = published.columns("warnings", &["household_id", "level", "town_code"].map(str::to_owned))?;
        let column = |name: &str| frame.column(name).and_then(|column| column.str().cloned());
        let (households, levels, towns) = (column("household_id")?, column("level")?, column("town_code")?);
        let warning = |row: usize| {
            Some(PublishedWarning {
                household: self.find(households.get(row)?)?,
                level: Level::from_code(levels.get(row)?)?,
                town: towns.get(row)?.to_owned(),
            })
        };
        let warnings: Result<Vec<PublishedWarning>, Fault> =
            (0..frame.height()).map(|row| warning(row).ok_or_else(|| damaged(self.month))).collect();
        let mut warnings = warnings?;
        warnings.sort_by_key(|warning| warning.household);
        Ok(warnings)
    }

    /// A person by number alone, whose row was not read.
    pub(crate) fn name_person(&mut self, number: &str) -> u32 {
        self.named.push(number.to_owned());
        (self.household_of.len() + self.named.len() - 1) as u32
    }
}

impl Households for PastMonth {
    fn household_id(&self, household: u32) -> &str {
        self.word("household_id", household)
    }
    fn household_word(&self, column: &str, household: u32) -> &str {
        self.word(column, household)
    }
    fn person_no(&self, person: u32) -> &str {
        let all = self.household_of.len();
        if let Some(named) = (person as usize).checked_sub(all).and_then(|at| self.named.get(at)) {
            return named;
        }
        let numbers = self.persons.column("person_no").ok().and_then(|column| column.str().ok());
        numbers.and_then(|numbers| numbers.get(person as usize)).unwrap_or("")
    }
}

fn damaged(month: Month) -> Fault {
    Fault::command(format!("{}发布的关系表互相对不上；请重新执行 bidui run {month}", month.in_chinese()))
}
