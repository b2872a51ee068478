//! What is no error of a rule and hardly meant: a level that nothing can reach, a level that a more serious one always covers, a sentence that shows
//! no figure; and a fact whose rows contradict themselves. Asked only of a configuration without errors.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use bidui_model::{ColumnType, DataContract, Diagnostic, FeedKind, Found, LinkBy, SpecFile, SpecTable};
use polars::prelude::DataType;
use sqlparser::ast::{BinaryOperator, Expr, Value, visit_expressions};

use crate::check::{OWN, Tally};
use crate::fact::{Aggregate, Fact, Per};
use crate::lint_grading::just_so;
use crate::lint_value::{Asked, lint_value};
use crate::range::{Domain, World};
use crate::range_truth::Truth;
use crate::reason::Reason;
use crate::rule::{Rule, RuleContext};
use crate::sql::{self, Literal};

/// A condition that never holds.
const NEVER: &str = "BD0221";
/// A level that a more serious one covers.
const COVERED: &str = "BD0222";
/// A level that holds wherever it is known.
const ALWAYS: &str = "BD0226";
/// A tally that counts nothing.
const NO_TALLY: &str = "BD0227";
/// A sentence without a figure.
const NO_FIGURE: &str = "BD0223";
/// Levels that each ask for just so many.
const EXACT: &str = "BD0230";
/// A rule of persons that asks nothing of a person.
const NOBODYS: &str = "BD0228";
/// A rule that asks what another one asks.
const TWICE: &str = "BD0229";
/// A fact that counts nothing.
const NO_ROW: &str = "BD0113";
/// A fact that counts what another one counts.
const SAME_FACT: &str = "BD0116";
/// A fact that is called after another number of months, or another comparison.
const OTHER_WINDOW: &str = "BD0115";
/// A fact of persons that is counted over villages.
const WHOLE_VILLAGE: &str = "BD0118";

const LEVELS: [&str; 4] = ["red", "orange", "yellow", "blue"];

/// What is odd about the rules of a file.
#[must_use]
pub fn lint_rules(text: &str, file: &str, context: &RuleContext<'_>) -> Vec<Diagnostic> {
    let source = SpecFile::new(file, text);
    let mut found = Vec::new();
    {
        let mut tree = None;
        let Some(root) = source.root(&mut tree) else { return found };
        for table in root.tables("rule") {
            let per = table
                .text("per")
                .map_or(Per::Household, |per| if per.value == "person" { Per::Person } else { Per::Household });
            let domains = domains(context, per);
            let world = World { domains: &domains, parameters: context.parameters };
            lint_rule(&source, &table, &world, context, &mut found);
            if per == Per::Person {
                found.extend(nobodys(&source, &table, context));
            }
        }
        found.extend(twice(&source, &root.tables("rule")));
    }
    found
}

/// What is odd about the levels of a compiled rule: those that can never appear, in sentences.
#[must_use]
pub fn lint_levels(rule: &Rule, context: &RuleContext<'_>) -> Vec<String> {
    let mut text = format!("[[rule]]\nper = {:?}\n", rule.per.code());
    let mut add = |key: &str, value: &str| text.push_str(&format!("{key} = {value:?}\n"));
    if let Some(scope) = &rule.scope {
        add("scope", &scope.sql);
    }
    rule.levels.iter().for_each(|(level, clause)| add(level.code(), &clause.sql));
    let found = lint_rules(&text, "", context);
    found.into_iter().filter(|one| [NEVER, COVERED].contains(&one.code)).map(|one| one.message).collect()
}

/// A rule that is asked of every person, and whose conditions are the same for all persons of a household: each of them would be a signal.
fn nobodys(source: &SpecFile<'_>, table: &SpecTable<'_>, context: &RuleContext<'_>) -> Option<Diagnostic> {
    let per = table.text("per")?;
    let clauses = ["scope"].into_iter().chain(LEVELS).filter_map(|key| clause(table, key));
    let names: BTreeSet<String> = clauses.flat_map(|clause| clause.names).collect();
    let of_households = context.schema(Per::Household);
    let is_shared = |name: &String| of_households.contains_key(name) || context.parameters.contains_key(name);
    let reads_facts = names.iter().any(|name| context.facts.iter().any(|fact| fact.name == *name));
    (reads_facts && names.iter().all(is_shared)).then(|| {
        let message = "per 写的是按人，而条件全是户、村的指标：全户每个人都会算作对象";
        Diagnostic::warning(NOBODYS, source.file, Some(per.span.clone()), message)
            .with_hint("按户的写 per = \"household\"；按人的，条件里要有人的指标或人的列")
    })
}

/// Rules of a file that ask the same: a copy of which only the name was changed warns of everybody twice.
fn twice(source: &SpecFile<'_>, tables: &[SpecTable<'_>]) -> Vec<Diagnostic> {
    let asked = |table: &SpecTable<'_>| -> Vec<Option<String>> {
        let text = |key| table.text(key).map(|found| found.value.split_whitespace().collect::<Vec<_>>().join(" "));
        ["per", "scope"].into_iter().chain(LEVELS).map(text).collect()
    };
    let mut known: Vec<(Vec<Option<String>>, String)> = Vec::new();
    let mut found = Vec::new();
    for table in tables {
        let (Some(id), asked) = (table.text("id"), asked(table)) else { continue };
        let first = known.iter().find(|(other, _)| *other == asked);
        if let Some((_, first)) = first.filter(|_| asked.iter().skip(2).any(Option::is_some)) {
            let message = format!("规则“{}”的条件与“{first}”完全相同，同一户会被两条规则各报一次", id.value);
            let hint = "改成想写的条件，或删去一条；两条都触发还可能因此升级";
            found.push(Diagnostic::warning(TWICE, source.file, Some(id.span.clone()), message).with_hint(hint));
        }
        known.push((asked, id.value));
    }
    found
}

/// A clause as written, its tree, and the names that it reads.
struct Clause {
    key: &'static str,
    text: Found<String>,
    tree: Expr,
    names: BTreeSet<String>,
}

fn clause(table: &SpecTable<'_>, key: &'static str) -> Option<Clause> {
    let text = table.text(key)?;
    let row = sql::parse_row(&text.value).ok()?;
    let names = row.names.iter().map(|(name, _)| name.clone()).collect();
    Some(Clause { key, tree: row.tree().clone(), names, text })
}

fn lint_rule(
    source: &SpecFile<'_>,
    table: &SpecTable<'_>,
    world: &World<'_>,
    context: &RuleContext<'_>,
    found: &mut Vec<Diagnostic>,
) {
    let scope = clause(table, "scope");
    let levels: Vec<Clause> = LEVELS.into_iter().filter_map(|key| clause(table, key)).collect();
    let before = found.len();
    let place = |text: &Found<String>| Some(source.inside(text, 0..text.value.len()));
    let mut warn = |code: &'static str, text: &Found<String>, message: String, hint: String| {
        found.push(Diagnostic::warning(code, source.file, place(text), message).with_hint(hint));
    };
    if let Some(scope) = &scope
        && !world.may_hold(&[(&scope.tree, true)])
    {
        let hint = "看 AND 两边是否自相矛盾，数和词写得对不对".to_owned();
        warn(NEVER, &scope.text, "scope 永远不成立，这条规则不会对任何人触发".to_owned(), hint);
    } else {
        for (at, level) in levels.iter().enumerate() {
            let mut wanted: Vec<(&Expr, Truth)> = scope.iter().map(|scope| (&scope.tree, Truth::True)).collect();
            let alone = world.may_hold(&[(&level.tree, true)]);
            wanted.push((&level.tree, Truth::True));
            if !alone || !world.may_be(&wanted) {
                let with = if alone { "与 scope 不能同时成立" } else { "自相矛盾" };
                let hint = "看 AND 两边的数和词写得对不对，大于小于有没有写反".to_owned();
                warn(NEVER, &level.text, format!("{} 的条件{with}，这一级永远不会出现", level.key), hint);
                continue;
            }
            if !level.names.is_empty() && !world.may_hold(&[(&level.tree, false)]) {
                let message = format!("{} 的条件凡有值的都成立，scope 里的每一户、每一人都会是这一级", level.key);
                let hint = "看数和大于小于写得对不对；确实要全都预警的，写 TRUE".to_owned();
                warn(ALWAYS, &level.text, message, hint);
            }
            let worse = &levels[..at];
            // Where a worse one is unknown this one shows.
            wanted.extend(worse.iter().map(|worse| (&worse.tree, Truth::NotTrue)));
            if !worse.is_empty() && !world.may_be(&wanted) {
                let keys: Vec<&str> = worse.iter().map(|worse| worse.key).collect();
                let message = format!("{} 永远不会出现：满足它的都已是 {}", level.key, keys.join("、"));
                let nearest = worse.last().map_or(level, |worse| worse);
                let hint = format!("{} 写的是“{}”；越重的等级条件应越严", nearest.key, nearest.text.value);
                warn(COVERED, &level.text, message, hint);
            }
        }
    }
    // Two levels that each ask for just so many: whoever has more than the worse one asks for is warned of by none.
    let exact: Vec<_> = levels.iter().filter_map(|level| Some((level, just_so(&level.tree)?))).collect();
    if let [(level, (name, number, _)), (_, (other, ..)), ..] = exact.as_slice()
        && name == other
    {
        let message = format!("{} 只算 {name} 正好是 {number} 的，比它多的哪一级都不是", level.key);
        warn(EXACT, &level.text, message, format!("要“{number}及以上”，写 {name} >= {number}"));
    }
    let is_sound = found.len() == before;
    lint_value(source, table, &asked(scope.as_ref(), &levels, context), is_sound, found);
    let mut warn = |code: &'static str, text: &Found<String>, message: String, hint: String| {
        found.push(Diagnostic::warning(code, source.file, place(text), message).with_hint(hint));
    };
    let figures = figures(&levels, table, context);
    if let Some(text) = table.text("reason")
        && let Some(figure) = figures.first()
        && !Reason::read(&text.value).0.names().any(|name| !context.parameters.contains_key(name))
    {
        let hint = format!("写上这条规则比的数，如 {{{figure}}}，核查的人才看得到");
        warn(NO_FIGURE, &text, "reason 里没有指标，说不出这一户的数".to_owned(), hint);
    }
}

fn asked<'a>(scope: Option<&'a Clause>, levels: &'a [Clause], context: &RuleContext<'_>) -> Asked<'a> {
    let is_fact = |name: &String| context.facts.iter().any(|fact| fact.name == *name);
    // In the order in which they are written.
    let names = levels.first().and_then(|level| sql::parse_row(&level.text.value).ok()).map(|row| row.names);
    Asked {
        levels: levels.iter().map(|level| &level.tree).collect(),
        reads: scope.into_iter().chain(levels).flat_map(|clause| &clause.names).collect(),
        first_fact: names.unwrap_or_default().into_iter().map(|(name, _)| name).find(is_fact),
    }
}

/// What a rule measures: its value, and what its levels hold against a number. Above nought, or one, is only there or not, and a sentence says so.
fn figures(levels: &[Clause], table: &SpecTable<'_>, context: &RuleContext<'_>) -> Vec<String> {
    let mut found: Vec<String> = table.text("value").map(|value| value.value).into_iter().collect();
    for level in levels {
        let _: ControlFlow<()> = visit_expressions(&level.tree, |node| {
            if let Expr::BinaryOp { left, op, right } = node
                && matches!(op, BinaryOperator::Gt | BinaryOperator::GtEq | BinaryOperator::Lt | BinaryOperator::LtEq)
            {
                let pairs = [(left, right), (right, left)];
                found.extend(pairs.iter().filter_map(|(name, bound)| measured(name, bound, context)));
            }
            ControlFlow::Continue(())
        });
    }
    found
}

/// The fact that is held against more than one.
fn measured(name: &Expr, bound: &Expr, context: &RuleContext<'_>) -> Option<String> {
    let Expr::Identifier(name) = name else { return None };
    context.facts.iter().find(|fact| fact.name == name.value)?;
    let is_amount = match bound {
        Expr::Identifier(bound) => context.parameters.contains_key(&bound.value),
        Expr::Value(value) => {
            matches!(&value.value, Value::Number(number, _) if number.parse::<f64>().is_ok_and(|number| number.abs() > 1.0))
        }
        _ => false,
    };
    is_amount.then(|| name.value.clone())
}

/// What the names of rules can be: counts are whole and not negative, columns with choices hold one of them or nothing.
fn domains(context: &RuleContext<'_>, per: Per) -> BTreeMap<String, Domain> {
    let mut domains = of_contract(context.registry);
    let whole = |least: f64| Domain { is_whole: true, least: Some(least), ..Domain::default() };
    let sexes = ["男", "女", ""].map(str::to_owned).into();
    domains.insert("size".to_owned(), whole(1.0));
    domains.insert("age".to_owned(), whole(0.0));
    domains.insert("sex".to_owned(), Domain { words: Some(sexes), ..Domain::default() });
    for fact in context.facts.iter().filter(|fact| per == Per::Person || fact.per != Per::Person) {
        domains.insert(fact.name.clone(), of_fact(fact));
    }
    domains
}

fn of_fact(fact: &Fact) -> Domain {
    if matches!(fact.aggregate, Aggregate::Count | Aggregate::CountDistinct) {
        Domain { is_whole: true, least: Some(0.0), ..Domain::default() }
    } else {
        Domain::default()
    }
}

fn of_contract(contract: &DataContract) -> BTreeMap<String, Domain> {
    let domain = |column: &bidui_model::ColumnContract| {
        let words = column.choices.iter().cloned().chain([String::new()]).collect();
        Domain {
            is_whole: matches!(column.kind, ColumnType::Integer | ColumnType::Date),
            least: None,
            most: None,
            words: (!column.choices.is_empty()).then_some(words),
        }
    };
    contract.columns.iter().map(|column| (column.name.clone(), domain(column))).collect()
}

/// Tallies of a file of checks that count nothing. A check that nothing meets is caught by its own examples.
#[must_use]
pub fn lint_tallies(text: &str, file: &str, context: &RuleContext<'_>, tallies: &[Tally]) -> Vec<Diagnostic> {
    let mut domains = domains(context, Per::Person);
    let own: Vec<_> = domains.iter().map(|(name, domain)| (format!("{OWN}{name}"), domain.clone())).collect();
    domains.extend(own);
    for tally in tallies.iter().filter(|tally| tally.dtype() == DataType::Int64) {
        domains.insert(tally.name.clone(), Domain { is_whole: true, least: Some(0.0), ..Domain::default() });
    }
    let world = World { domains: &domains, parameters: context.parameters };
    lint_filters(text, file, "tally", &world, (NO_TALLY, "where 永远不成立，这一项数不到任何一个"))
}

/// Tables whose `where` nothing meets.
fn lint_filters(
    text: &str,
    file: &str,
    tables: &'static str,
    world: &World<'_>,
    (code, message): (&'static str, &str),
) -> Vec<Diagnostic> {
    let source = SpecFile::new(file, text);
    let mut tree = None;
    let Some(root) = source.root(&mut tree) else { return Vec::new() };
    let tables = root.tables(tables);
    let filters = tables.iter().filter_map(|table| clause(table, "where"));
    let never = filters.filter(|filter| !world.may_hold(&[(&filter.tree, true)]));
    let told = never.map(|filter| {
        let span = Some(source.inside(&filter.text, 0..filter.text.value.len()));
        let hint = "看 AND 两边的数和词写得对不对，大于小于有没有写反";
        Diagnostic::warning(code, source.file, span, message).with_hint(hint)
    });
    told.collect()
}

/// Facts that are called after another number of months than they look at: every town reads the title.
fn other_windows(file: &str, facts: &[SpecTable<'_>]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for table in facts {
        let Some(title) = table.text("title") else { continue };
        let Some((before, _)) = title.value.split_once("个月") else { continue };
        let digits = before.chars().rev().take_while(char::is_ascii_digit).count();
        let (start, said) = before.split_at(before.len() - digits);
        let Some(said) = said.parse::<i64>().ok().filter(|_| start.ends_with('近')) else { continue };
        let months = table.integer("months");
        let counted = months.as_ref().map_or(1, |months| months.value);
        if counted != said {
            let (span, what) = match &months {
                Some(months) => (months.span.clone(), format!("months = {counted}")),
                None => (title.span.clone(), "没有写 months，只算当月".to_owned()),
            };
            let message = format!("标题说的是近{said}个月，而{what}");
            let hint = format!("补上 months = {said}，或者改标题");
            found.push(Diagnostic::warning(OTHER_WINDOW, file, Some(span), message).with_hint(hint));
        }
    }
    found
}

/// Facts that are called after a comparison with another month than theirs.
fn other_comparisons(file: &str, facts: &[SpecTable<'_>]) -> Vec<Diagnostic> {
    const CALLED: [(&str, &str); 3] = [
        ("本月新增", "new_since_previous"),
        ("本年新增", "new_since_year_start"),
        ("比上月不再", "gone_since_previous"),
    ];
    let mut found = Vec::new();
    for table in facts {
        let Some(title) = table.text("title") else { continue };
        let Some((said, wanted)) = CALLED.iter().find(|(said, _)| title.value.contains(said)) else { continue };
        let compare = table.text("compare");
        if compare.as_ref().is_some_and(|compare| compare.value == *wanted) {
            continue;
        }
        let (span, what) = match compare {
            Some(compare) => (compare.span, format!("compare = \"{}\"", compare.value)),
            None => (title.span, "没有写 compare，全部都算".to_owned()),
        };
        let message = format!("标题说的是“{said}”，而{what}");
        let hint = format!("写 compare = \"{wanted}\"，或者改标题");
        found.push(Diagnostic::warning(OTHER_WINDOW, file, Some(span), message).with_hint(hint));
    }
    found
}

/// Facts of a file that count the same: a copy of which only the name was changed.
fn same_facts(file: &str, facts: &[SpecTable<'_>]) -> Vec<Diagnostic> {
    let mut known: Vec<(Vec<String>, String)> = Vec::new();
    let mut found = Vec::new();
    for table in facts {
        let Some(name) = table.text("name") else { continue };
        let text = |key| table.text(key).map(|found| found.value).unwrap_or_default();
        let months = table.integer("months").map_or_else(String::new, |months| months.value.to_string());
        let mut counted: Vec<String> = ["per", "date", "value", "where", "compare"].into_iter().map(text).collect();
        counted.push(months);
        match known.iter().find(|(other, _)| *other == counted) {
            Some((_, first)) => {
                let message = format!("指标“{}”算的与“{first}”完全相同", name.value);
                let hint = "多半是复制以后 value、where 没有改；确实相同的，只留一个";
                found.push(Diagnostic::warning(SAME_FACT, file, Some(name.span), message).with_hint(hint));
            }
            None => known.push((counted, name.value)),
        }
    }
    found
}

/// Facts of a feed of persons that are counted over villages: every household would have all its neighbours' sum.
fn whole_villages(file: &str, facts: &[SpecTable<'_>], contract: &DataContract) -> Vec<Diagnostic> {
    if !matches!(contract.link, LinkBy::Person { .. }) {
        return Vec::new();
    }
    let of_village = facts.iter().filter_map(|table| Some((table.text("name")?, table.text("per")?)));
    let of_village = of_village.filter(|(_, per)| ["village", "hamlet"].contains(&per.value.as_str()));
    let tell = |(name, per): (Found<String>, Found<String>)| {
        let whole = if per.value == "village" { "全村" } else { "全屯" };
        let message = format!("指标“{}”数的是人的数据，却按{whole}合计：每一户得到的都是{whole}的数", name.value);
        let hint = "是不是 per = \"household\"？确是要全村合计的，可以不理";
        Diagnostic::warning(WHOLE_VILLAGE, file, Some(per.span), message).with_hint(hint)
    };
    of_village.map(tell).collect()
}

/// What is odd about the facts of a feed's file.
#[must_use]
pub fn lint_facts(
    text: &str,
    file: &str,
    contract: &DataContract,
    parameters: &BTreeMap<String, Literal>,
) -> Vec<Diagnostic> {
    let domains = of_contract(contract);
    let world = World { domains: &domains, parameters };
    let mut found = lint_filters(text, file, "fact", &world, (NO_ROW, "where 永远不成立，这个指标数不到一行"));
    let source = SpecFile::new(file, text);
    let mut tree = None;
    let Some(root) = source.root(&mut tree) else { return found };
    let facts = root.tables("fact");
    found.extend(whole_villages(file, &facts, contract));
    let is_of_events = contract.kind == FeedKind::Events;
    if is_of_events {
        found.extend(other_windows(file, &facts));
    }
    let compared = if is_of_events { Vec::new() } else { other_comparisons(file, &facts) };
    // What is called otherwise than it counts may well count what another one does.
    found.extend(if compared.is_empty() { same_facts(file, &facts) } else { compared });
    found
}
