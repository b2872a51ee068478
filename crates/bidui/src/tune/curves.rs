//! The curves of all rules, and why the others have none.

use bidui_match::{Rule, Threshold};
use rayon::prelude::*;

use crate::config::Config;
use crate::plain_words::value_in_words;
use crate::tune::axes::{Axes, Axis, NoCurve};
use crate::tune::curve::{Curve, Ground, Words, curve};
use crate::tune::replay::Replayed;
use crate::tune::verdicts::Verdicts;

/// In the order of the rules. `rules` are those of the last month.
pub(crate) fn curves(
    config: &Config,
    rules: &[Rule],
    axes: &Axes,
    months: &[Replayed],
    verdicts: &Verdicts,
) -> (Vec<Curve>, Vec<NoCurve>) {
    if axes.all.is_empty() {
        return (Vec::new(), axes.without.clone());
    }
    let ground = Ground::of(months, verdicts);
    let of_axis = |(at, axis): (usize, &Axis)| {
        let rule = &rules[axis.rule];
        let made = match unanswered(axis, months) {
            Some(why) => Err(why),
            None => curve((at, axis), rule, &ground, words(&axis.threshold, config)),
        };
        made.map_err(|why| (axis.rule, NoCurve::of(rule, if axis.is_only { "" } else { &axis.set }, why)))
    };
    let made: Vec<Result<Curve, (usize, NoCurve)>> = axes.all.par_iter().enumerate().map(of_axis).collect();
    let (mut curves, mut without) = (Vec::new(), Vec::new());
    for made in made {
        match made {
            Ok(curve) => curves.push(curve),
            Err(one) => without.push(one),
        }
    }
    let place = |one: &NoCurve| rules.iter().position(|rule| rule.id == one.rule).unwrap_or(rules.len());
    without.extend(axes.without.iter().map(|one| (place(one), one.clone())));
    without.sort_by_key(|(rule, _)| *rule);
    (curves, without.into_iter().map(|(_, one)| one).collect())
}

/// Why no month can answer the rule, if none can.
fn unanswered(axis: &Axis, months: &[Replayed]) -> Option<String> {
    let whys: Option<Vec<&String>> = months.iter().map(|month| month.cannot_move.get(&axis.rule)).collect();
    whys?.last().map(|why| format!("这些月份都无法试算：{why}"))
}

/// What must be known of a curve that stands for months with different numbers.
pub(crate) fn note(curve: &Curve, axis: &Axis) -> Option<String> {
    let others = axis.by_month.iter().filter(|(_, number)| **number != axis.threshold.number);
    let others: Vec<String> = others.map(|(month, _)| month.to_string()).collect();
    let others = (!others.is_empty()).then(|| others.join("、"))?;
    Some(format!("规则{}的阈值各月不同（参数按月有效）：曲线上标的是最后一个月的，{others}的不同", curve.rule))
}

fn words(threshold: &Threshold, config: &Config) -> Words {
    let registry = &config.contracts[config.registry];
    let said =
        |sql: &str| value_in_words(sql, &config.facts, registry).unwrap_or_else(|| (sql.to_owned(), String::new()));
    let (fact, unit) = said(&threshold.name);
    Words { fact, unit, factor: threshold.factor.as_deref().map_or_else(String::new, |factor| said(factor).0) }
}
