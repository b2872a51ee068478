//! What is no error of grading.toml and hardly meant: an escalation that never raises anybody, one that raises everybody, one that another goes before;
//! and a growth that looks like a number of hundredths. What escalations count is never unknown.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::{Diagnostic, Found, Level, SpecFile};
use sqlparser::ast::{BinaryOperator, Expr, Value};
use sqlparser::tokenizer::Span;

use crate::fact::Per;
use crate::grade::COUNTS;
use crate::range::{Domain, World};
use crate::rule::Rule;
use crate::sql;
use crate::sql_place::bytes;

/// An escalation that never raises anybody.
const NEVER: &str = "BD0304";
/// One that raises every household.
const ALWAYS: &str = "BD0305";
/// One that another goes before.
const COVERED: &str = "BD0306";
/// A growth that hardly any household reaches.
const GROWTH: &str = "BD0307";

/// A count that must be just so.
const EXACT: &str = "BD0309";

/// Above it a growth is more likely one in hundredths: 20 for 0.2.
const DOUBLED: f64 = 1.0;

/// Members of one household whom one rule is taken to warn of at most. Few households are as large.
const MEMBERS: usize = 8;

struct Escalation {
    to: Level,
    when: Found<String>,
    tree: Expr,
}

/// What is odd about the escalations of a grading that has no error.
#[must_use]
pub fn lint_grading(text: &str, file: &str, rules: &[Rule]) -> Vec<Diagnostic> {
    let source = SpecFile::new(file, text);
    let mut tree = None;
    let Some(root) = source.root(&mut tree) else { return Vec::new() };
    let read = |table: bidui_model::SpecTable<'_>| {
        let (to, when) = (Level::from_code(&table.text("to")?.value)?, table.text("when")?);
        let tree = sql::parse_row(&when.value).ok()?.tree().clone();
        Some(Escalation { to, when, tree })
    };
    let all: Vec<Escalation> = root.tables("escalation").into_iter().filter_map(read).collect();
    let (domains, parameters) = (domains(rules), BTreeMap::new());
    let world = World { domains: &domains, parameters: &parameters };
    let told = (0..all.len()).filter_map(|at| {
        let (code, message, hint) = odd(&world, &all, at)?;
        let when = &all[at].when;
        let span = Some(source.inside(when, 0..when.value.len()));
        Some(Diagnostic::warning(code, source.file, span, message).with_hint(hint))
    });
    let mut found: Vec<Diagnostic> = told.collect();
    found.extend((0..all.len()).filter_map(|at| exact_count(&source, &all, at)));
    for growth in root.tables("cooling").iter().filter_map(|table| table.number("growth")) {
        if growth.value > DOUBLED {
            let message = format!("growth 是 {}：要增长{}%才再下发", growth.value, growth.value * 100.0);
            let hint = format!("写比例：两成是 0.2；若是百分之{}，写 {}", growth.value, growth.value / 100.0);
            found.push(Diagnostic::warning(GROWTH, source.file, Some(growth.span), message).with_hint(hint));
        }
    }
    found
}

/// A count of signals that must be just so: a household with more of them is not raised, which is hardly meant. Where another escalation counts the same
/// signals, it may be that one's.
fn exact_count(source: &SpecFile<'_>, all: &[Escalation], at: usize) -> Option<Diagnostic> {
    let one = &all[at];
    let (name, number, span) = just_so(&one.tree)?;
    if !number.parse::<f64>().is_ok_and(|number| number >= 1.0) {
        return None;
    }
    let counts_it = |other: &Escalation| {
        let of_name = |sign: char| sign.is_alphanumeric() || sign == '_';
        other.when.value.split(|sign| !of_name(sign)).any(|word| word == name)
    };
    if all.iter().enumerate().any(|(other, escalation)| other != at && counts_it(escalation)) {
        return None;
    }
    let message = format!("“{}”只算正好{number}条的，多于{number}条的不升级", one.when.value);
    let span = bytes(&one.when.value, span).map(|span| source.inside(&one.when, span));
    let hint = format!("要“{number}条及以上”，写 {name} >= {number}");
    Some(Diagnostic::warning(EXACT, source.file, span, message).with_hint(hint))
}

/// A whole condition that asks for one number of something: `orange = 2`, `orange IN (2)`, `orange BETWEEN 2 AND 2`.
pub(crate) fn just_so(tree: &Expr) -> Option<(&str, &str, Span)> {
    let (name, (number, span)) = match tree {
        Expr::Nested(inner) => return just_so(inner),
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
            named_number(left, right).or_else(|| named_number(right, left))?
        }
        Expr::InList { expr, list, negated: false } if list.len() == 1 => named_number(expr, list.first()?)?,
        Expr::Between { expr, negated: false, low, high } if number(low)?.0 == number(high)?.0 => {
            named_number(expr, low)?
        }
        _ => return None,
    };
    Some((name, number, span))
}

fn named_number<'e>(name: &'e Expr, of: &'e Expr) -> Option<(&'e str, (&'e str, Span))> {
    let Expr::Identifier(name) = name else { return None };
    Some((name.value.as_str(), number(of)?))
}

fn number(node: &Expr) -> Option<(&str, Span)> {
    let Expr::Value(value) = node else { return None };
    if let Value::Number(number, _) = &value.value { Some((number.as_str(), value.span)) } else { None }
}

fn odd(world: &World<'_>, all: &[Escalation], at: usize) -> Option<(&'static str, String, String)> {
    let one = &all[at];
    let this = (&one.tree, true);
    if !world.may_hold(&[this]) {
        let hint = "各等级的条数是0和正整数，不会多于会给出这一级的规则；看数和大于小于写得对不对";
        return Some((NEVER, "升级条件永远不成立，不会抬高任何一户".to_owned(), hint.to_owned()));
    }
    if !world.may_hold(&[(&one.tree, false)]) {
        let message = format!("升级条件对每一户都成立，所有预警都会成为 {}", one.to.code());
        return Some((ALWAYS, message, "看数和大于小于写得对不对，如 orange >= 2".to_owned()));
    }
    let below = below(one.to);
    if !below.as_ref().is_some_and(|below| world.may_hold(&[this, (below, true)])) {
        let message = format!("满足这个条件的户本来就是 {} 或更重，不会再抬高", one.to.code());
        return Some((
            NEVER,
            message,
            "to 应比 when 里数的等级更重，如 to = \"red\"、when = \"orange >= 2\"".to_owned(),
        ));
    }
    let goes_before = |(other, escalation): &(usize, &Escalation)| {
        let is_before = escalation.to < one.to || (escalation.to == one.to && *other < at);
        is_before && !world.may_hold(&[this, (&escalation.tree, false)])
    };
    let (_, before) = all.iter().enumerate().find(goes_before)?;
    let message = format!("满足它的户都已按“{}”升为 {}，这一条没有作用", before.when.value, before.to.code());
    Some((COVERED, message, "删去这一条，或改条件".to_owned()))
}

/// That no signal is of this level or a more serious one: only then there is something to raise. Of the least level there is not.
fn below(to: Level) -> Option<Expr> {
    let least = Level::ALL.last() == Some(&to);
    let none: Vec<String> =
        Level::ALL.iter().filter(|level| **level <= to).map(|level| format!("{} = 0", level.code())).collect();
    if least { None } else { sql::parse_row(&none.join(" AND ")).ok().map(|row| row.tree().clone()) }
}

/// How much of each may come together in a household.
fn domains(rules: &[Rule]) -> BTreeMap<String, Domain> {
    let signals = |rules: &mut dyn Iterator<Item = &Rule>| {
        rules.map(|rule| if rule.per == Per::Person { MEMBERS } else { 1 }).sum::<usize>()
    };
    let most = |name: &str| match name {
        "signals" => signals(&mut rules.iter()),
        "risks" => rules.iter().map(|rule| &rule.risk).collect::<BTreeSet<_>>().len(),
        "departments" => rules.iter().flat_map(|rule| &rule.departments).collect::<BTreeSet<_>>().len(),
        level => signals(&mut rules.iter().filter(|rule| rule.levels.iter().any(|(of, _)| of.code() == level))),
    };
    let domain = |name: &str| Domain { is_whole: true, least: Some(0.0), most: Some(most(name) as f64), words: None };
    COUNTS.iter().map(|name| ((*name).to_owned(), domain(name))).collect()
}
