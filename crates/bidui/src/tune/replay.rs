//! One month, twice: as it was published, and as other rules would have had it.
//!
//! A rule that the month was run with as it is keeps the month's own signals; only what is changed, or new, is asked of the month's facts. What towns had
//! answered before the month counts for both: the replay knows of no visit that was not made.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bidui_emit::{RouteTable, route};
use bidui_ledger::Ledger;
use bidui_match::{
    Fact, Households, Past, Reach, Rule, Signal, SignalState, Span, SuppressInputs, Sweep, Swept, VERIFIED_AS, grade,
    replay_rules, suppress, sweep_rules,
};
use bidui_model::{Level, LinkClass, Month};

use crate::casebook::{MONTHS_BACK, passed_on_of, past_of};
use crate::clocks;
use crate::config::Config;
use crate::exit::Fault;
use crate::published::PublishedMonth;
use crate::routing::is_at_home;
use crate::tune::axes::Axes;
use crate::tune::curve::Reached;
use crate::tune::month::{Definitions, PastMonth, PublishedSignal};

/// A live signal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fired {
    /// Its household's place in [`Replayed::homes`].
    pub(crate) home: u32,
    /// Place in [`Book::rules`].
    pub(crate) rule: usize,
    pub(crate) level: Level,
    pub(crate) value: Option<f64>,
}

/// A household of which either side has a signal.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    pub(crate) household: String,
    /// Code of the town that would be asked; empty for nobody.
    pub(crate) town: String,
    /// `脱贫户`, `监测对象` …
    pub(crate) kind: String,
}

/// One side: the signals that reach a town, and the warnings that they make.
#[derive(Clone, Debug, Default)]
pub(crate) struct Side {
    /// By home and rule.
    pub(crate) signals: Vec<Fired>,
    /// By home: a door to knock on.
    pub(crate) doors: BTreeMap<u32, Level>,
    /// Signals by rule that do not reach a town: cooling or suppressed, and left to a person's eye.
    pub(crate) quiet: BTreeMap<usize, (u64, u64)>,
}

/// A month under both rule sets.
pub(crate) struct Replayed {
    pub(crate) month: Month,
    pub(crate) homes: Vec<Home>,
    pub(crate) before: Side,
    pub(crate) after: Side,
    /// For each number that is moved, the households with the numbers for which they have a live signal; by axis, home and number.
    pub(crate) reached: Vec<Reached>,
    /// Rules that the month cannot answer, and why; they stand as they were.
    pub(crate) unanswered: BTreeMap<usize, String>,
    /// Numbers that cannot be moved in the month, by axis, and why; they stand as they were.
    pub(crate) cannot_move: BTreeMap<usize, String>,
    /// Rules whose signals are the month's own.
    pub(crate) kept: BTreeSet<usize>,
    /// Rules that the month was run with as they are, asked anew or not.
    pub(crate) same: BTreeSet<usize>,
    /// Rules that the month was run with, in this form or another.
    pub(crate) ran: BTreeSet<usize>,
    /// Signals that were verified before if they are about the same members as then, which is not known; by rule.
    pub(crate) supposed_same: BTreeMap<usize, u64>,
    /// Their departments, as the month was published.
    pub(crate) departments: BTreeMap<usize, Vec<String>>,
}

impl Replayed {
    pub(crate) fn reached_by(&self, axis: usize) -> &[Reached] {
        let first = self.reached.partition_point(|reached| reached.axis < axis);
        let end = self.reached.partition_point(|reached| reached.axis <= axis);
        &self.reached[first..end]
    }
}

/// How a rule is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleName {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) departments: Vec<String>,
    /// Whether the proposal gives it other departments than it has at present.
    pub(crate) is_handed_over: bool,
}

/// Every rule of either side: the proposed ones first, in their order.
pub(crate) struct Book {
    pub(crate) rules: Vec<RuleName>,
    places: BTreeMap<String, usize>,
    /// How many of them are proposed.
    pub(crate) proposed: usize,
}

impl Book {
    pub(crate) fn of(proposed: &[Rule], present: &[Rule], months: &[Definitions]) -> Self {
        let mut book = Self { rules: Vec::new(), places: BTreeMap::new(), proposed: proposed.len() };
        for rule in proposed.iter().chain(present) {
            book.add(&rule.id, &rule.title, &rule.departments);
        }
        for rule in present {
            if let Some(name) = book.place(&rule.id).and_then(|place| book.rules.get_mut(place)) {
                name.is_handed_over = name.departments != rule.departments;
            }
        }
        for month in months {
            for (id, rule) in &month.rules {
                book.add(id, &rule.title, &rule.departments);
            }
        }
        book
    }
    fn add(&mut self, id: &str, title: &str, departments: &[String]) {
        if !self.places.contains_key(id) {
            self.places.insert(id.to_owned(), self.rules.len());
            let (id, title, departments) = (id.to_owned(), title.to_owned(), departments.to_vec());
            self.rules.push(RuleName { id, title, departments, is_handed_over: false });
        }
    }
    pub(crate) fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }
}

/// All that a month is replayed with.
pub(crate) struct ReplayInputs<'a> {
    pub(crate) config: &'a Config,
    /// For the month's parameters.
    pub(crate) rules: &'a [Rule],
    /// The numbers that are moved, for the curves.
    pub(crate) axes: &'a Axes,
    pub(crate) book: &'a Book,
    pub(crate) table: &'a RouteTable,
    pub(crate) state: &'a Path,
    /// Whether every rule is asked anew, the month's own among them.
    pub(crate) everything: bool,
}

pub(crate) fn replay(
    inputs: &ReplayInputs<'_>,
    published: &PublishedMonth,
    definitions: &Definitions,
) -> Result<Replayed, Fault> {
    let (config, rules) = (inputs.config, inputs.rules);
    let mut unanswered = BTreeMap::new();
    let (mut kept, mut asked, mut same) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
    for (at, rule) in rules.iter().enumerate() {
        same.extend(definitions.has(rule).then_some(at));
        if definitions.has(rule) && !inputs.everything {
            kept.insert(at);
        } else if let Some(why) = definitions.why_not(rule, &config.facts) {
            // Nothing is known of it: what the month has of it stays as it was, and it is said.
            unanswered.insert(at, why);
            kept.insert(at);
        } else {
            asked.push(rule.clone());
        }
    }
    let (mut sweeps, mut cannot_move) = (Vec::new(), BTreeMap::new());
    for (axis, sweep) in inputs.axes.sweeps(rules, config, published.month).into_iter().enumerate() {
        let why = |sweep: &Sweep| definitions.why_not(&sweep.rule, &config.facts);
        match sweep.and_then(|sweep| why(&sweep).map_or(Ok(sweep), Err)) {
            Ok(sweep) => sweeps.push((axis, sweep)),
            Err(why) => {
                cannot_move.insert(axis, why);
            }
        }
    }
    let read: Vec<Rule> = asked.iter().chain(sweeps.iter().map(|(_, sweep)| &sweep.rule)).cloned().collect();
    let mut month = PastMonth::read(published, definitions, config, &read)?;
    let mut passed_on = PassedOn::new();
    let (fresh, supposed) = judged(inputs, &mut month, &asked, &mut passed_on)?;
    let mut supposed_same: BTreeMap<usize, u64> = BTreeMap::new();
    for rule in supposed.into_iter().filter_map(|rule| inputs.book.place(&asked[rule].id)) {
        *supposed_same.entry(rule).or_default() += 1;
    }
    let swept = swept(inputs, &mut month, &sweeps, &mut passed_on)?;

    // The month's own signals of rules that it was run with, and the fresh ones, as one list over the proposed rules.
    let place = |id: &str| inputs.book.place(id);
    let own = month.signals.iter().filter_map(|signal| {
        let rule = place(&signal.rule).filter(|rule| kept.contains(rule))?;
        Some(plain(signal, rule))
    });
    let fresh = fresh.into_iter().map(|signal| Signal { rule: place(&asked[signal.rule].id).unwrap_or(0), ..signal });
    let mut all: Vec<Signal> = own.chain(fresh).collect();
    all.sort_by_key(|signal| (signal.household, signal.rule));
    let graded = grade(&all, rules, &config.grading)?;

    let mut homes =
        Homes { month: &month, table: inputs.table, passed_on: &passed_on, places: BTreeMap::new(), homes: Vec::new() };
    let before_doors = month.warnings.iter().map(|warning| (warning.household, warning.level)).collect();
    let of_month = month.signals.iter().filter_map(|signal| Some(plain(signal, place(&signal.rule)?)));
    let before = homes.side(of_month.collect(), before_doors);
    let after = homes.side(all, graded.iter().map(|graded| (graded.household, graded.level)).collect());
    let axes: Vec<usize> = sweeps.iter().map(|(axis, _)| *axis).collect();
    let mut reached = homes.reached(&swept, &axes);
    // Where the month cannot answer, no number changes anything.
    for axis in cannot_move.keys() {
        let own = after.signals.iter().filter(|signal| signal.rule == inputs.axes.all[*axis].rule);
        reached.extend(own.map(|signal| Reached { home: signal.home, axis: *axis, reach: Reach::ALL, value: None }));
    }
    reached.sort_by_key(|reached| (reached.axis, reached.home));
    let ran: BTreeMap<usize, Vec<String>> =
        definitions.rules.iter().filter_map(|(id, ran)| Some((place(id)?, ran.departments.clone()))).collect();
    Ok(Replayed {
        month: month.month,
        homes: homes.homes,
        before,
        after,
        reached,
        unanswered,
        cannot_move,
        kept,
        same,
        ran: ran.keys().copied().collect(),
        supposed_same,
        departments: ran,
    })
}

/// A published signal as one of a rule of the book.
fn plain(signal: &PublishedSignal, rule: usize) -> Signal {
    Signal {
        household: signal.household,
        rule,
        level: signal.level,
        state: signal.state,
        state_reason: String::new(),
        value: signal.value,
        threshold: String::new(),
        reason: String::new(),
        persons: Vec::new(),
        facts: Vec::new(),
        class: LinkClass::Certain,
        doubtful: signal.doubtful,
    }
}

/// What the rules make of the month's facts, weighed, and held against what had been verified; and the rule of each signal that is as it had been verified
/// only if it is about the same members, which is not known.
fn judged(
    inputs: &ReplayInputs<'_>,
    month: &mut PastMonth,
    rules: &[Rule],
    passed_on: &mut PassedOn,
) -> Result<(Vec<Signal>, Vec<usize>), Fault> {
    if rules.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let config = inputs.config;
    let mut signals = replay_rules(rules, &month.tables(&config.facts), &config.ladder)?;
    let unsure = weigh(inputs, month, rules, &mut signals, passed_on)?;
    let is_quiet = |signal: &Signal| matches!(signal.state, SignalState::Cooling | SignalState::Suppressed);
    // What is monitored already is so whoever it is about.
    let is_verified = |signal: &Signal| is_quiet(signal) && signal.state_reason.contains(VERIFIED_AS);
    let supposed = unsure.into_iter().filter(|at| is_verified(&signals[*at])).map(|at| signals[at].rule).collect();
    Ok((signals, supposed))
}

/// The same of rules with every number that is tried.
fn swept(
    inputs: &ReplayInputs<'_>,
    month: &mut PastMonth,
    sweeps: &[(usize, Sweep)],
    passed_on: &mut PassedOn,
) -> Result<Swept, Fault> {
    if sweeps.is_empty() {
        return Ok(Swept::default());
    }
    let config = inputs.config;
    let sweeps: Vec<Sweep> = sweeps.iter().map(|(_, sweep)| sweep.clone()).collect();
    let mut found = sweep_rules(&sweeps, &month.tables(&config.facts), &config.ladder)?;
    let rules: Vec<Rule> = sweeps.into_iter().map(|sweep| sweep.rule).collect();
    weigh(inputs, month, &rules, &mut found.signals, passed_on)?;
    Ok(found)
}

/// Holds signals against what had been verified.
fn weigh(
    inputs: &ReplayInputs<'_>,
    month: &mut PastMonth,
    rules: &[Rule],
    signals: &mut [Signal],
    passed_on: &mut PassedOn,
) -> Result<Vec<usize>, Fault> {
    let config = inputs.config;
    let unsure = name_members(signals, rules, month, &config.facts);
    let past = past(inputs, month, signals, passed_on)?;
    let issued_on = clocks::issue_day(&config.settings, month.month);
    let known = SuppressInputs {
        rules,
        registry: &*month,
        grading: &config.grading,
        month: month.month,
        issued_on,
        past: &past,
    };
    suppress(signals, &known);
    Ok(unsure)
}

/// Whose rows a signal about a household rests on only the extracts tell; where the month had that signal, it says so. Gives the signals of which nobody knows
/// it: the month had none, or one that rested on fewer facts.
fn name_members(signals: &mut [Signal], rules: &[Rule], month: &mut PastMonth, facts: &[Fact]) -> Vec<usize> {
    let known: BTreeMap<(u32, &str), &PublishedSignal> =
        month.signals.iter().map(|signal| ((signal.household, signal.rule.as_str()), signal)).collect();
    let reads: Vec<BTreeSet<&str>> = rules
        .iter()
        .map(|rule| {
            let reads = rule.reads();
            facts.iter().filter(|fact| reads.contains(&fact.name)).map(|fact| fact.name.as_str()).collect()
        })
        .collect();
    let (mut named, mut unsure) = (Vec::new(), Vec::new());
    for (at, signal) in signals.iter().enumerate().filter(|(_, signal)| signal.persons.is_empty()) {
        let reads = &reads[signal.rule];
        let of_month = known.get(&(signal.household, rules[signal.rule].id.as_str()));
        let rested: BTreeSet<&str> =
            of_month.map(|signal| signal.facts.split(',').map(str::trim).collect()).unwrap_or_default();
        if !reads.is_subset(&rested) {
            unsure.push(at);
        }
        named.extend(of_month.filter(|signal| !signal.persons.is_empty()).map(|signal| (at, signal.persons.clone())));
    }
    for (at, persons) in named {
        signals[at].persons = persons.split(',').map(|number| month.name_person(number)).collect();
    }
    unsure
}

/// Households that a town passed on to another, before the month: from which, to which.
type PassedOn = BTreeMap<String, (String, String)>;

/// What had been verified before the month of the households that have a signal.
fn past(
    inputs: &ReplayInputs<'_>,
    month: &PastMonth,
    signals: &[Signal],
    passed_on: &mut PassedOn,
) -> Result<Past, Fault> {
    let path = inputs.state.join("ledger.db");
    let live = signals.iter().filter(|signal| signal.state == SignalState::Live);
    let households: BTreeSet<&str> = live.map(|signal| month.household_id(signal.household)).collect();
    if households.is_empty() || !path.is_file() {
        return Ok(Past::new());
    }
    let ledger = Ledger::open(&path)?;
    let before = ledger.before_of(month.month, month.month.plus(-MONTHS_BACK), &households)?;
    passed_on.extend(passed_on_of(&before));
    Ok(past_of(&before, inputs.config))
}

/// Households by the order in which they are met.
struct Homes<'a> {
    month: &'a PastMonth,
    table: &'a RouteTable,
    passed_on: &'a PassedOn,
    places: BTreeMap<u32, u32>,
    homes: Vec<Home>,
}

impl Homes<'_> {
    fn home(&mut self, household: u32) -> u32 {
        if let Some(place) = self.places.get(&household) {
            return *place;
        }
        let place = self.homes.len() as u32;
        self.places.insert(household, place);
        let word = |column: &str| self.month.word(column, household);
        let issued = self.month.warnings.binary_search_by_key(&household, |warning| warning.household).ok();
        let town = match issued {
            Some(at) => self.month.warnings[at].town.clone(),
            None => {
                let routed = route(word("resettlement_site"), word("village_code"), word("town_code"), self.table);
                let passed_on = self.passed_on.get(word("household_id")).filter(|(from, _)| *from == routed.town_code);
                match (is_at_home(routed.route.code()), passed_on) {
                    (true, Some((_, to))) if to.is_empty() || self.table.towns.contains_key(to) => to.clone(),
                    (true, _) => routed.town_code,
                    (false, _) => String::new(),
                }
            }
        };
        let monitor = word("monitor_kind");
        let kind = if monitor.is_empty() { word("household_kind") } else { monitor };
        self.homes.push(Home { household: word("household_id").to_owned(), town, kind: kind.to_owned() });
        place
    }

    /// The numbers for which households have live signals; `axes` are the places of the sweeps'.
    fn reached(&mut self, swept: &Swept, axes: &[usize]) -> Vec<Reached> {
        let mut reached: Vec<Reached> = Vec::new();
        let all = swept.signals.iter().zip(&swept.spans);
        for (signal, Span { reach, value }) in all.filter(|(signal, _)| signal.state == SignalState::Live) {
            let (home, axis) = (self.home(signal.household), axes[signal.rule]);
            match reached.last_mut() {
                // Another signal, and as much of one.
                Some(last) if (last.home, last.axis) == (home, axis) && last.reach.high.next_up() == reach.low => {
                    last.reach.high = reach.high;
                }
                _ => reached.push(Reached { home, axis, reach: *reach, value: *value }),
            }
        }
        reached
    }

    fn side(&mut self, signals: Vec<Signal>, doors: Vec<(u32, Level)>) -> Side {
        let mut side = Side::default();
        for signal in signals {
            match signal.state {
                SignalState::Live => {
                    let home = self.home(signal.household);
                    side.signals.push(Fired { home, rule: signal.rule, level: signal.level, value: signal.value });
                }
                SignalState::Review => side.quiet.entry(signal.rule).or_default().1 += 1,
                _ => side.quiet.entry(signal.rule).or_default().0 += 1,
            }
        }
        side.signals.sort_by_key(|signal| (signal.home, signal.rule));
        side.doors = doors.into_iter().map(|(household, level)| (self.home(household), level)).collect();
        side
    }
}
