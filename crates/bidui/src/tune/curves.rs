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
        let made = match unanswered(at, months) {
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

/// Why no month can answer with another number, if none can.
fn unanswered(axis: usize, months: &[Replayed]) -> Option<String> {
    let whys: Option<Vec<&String>> = months.iter().map(|month| month.cannot_move.get(&axis)).collect();
    whys?.last().map(|why| format!("这些月份都无法试算：{why}"))
}

/// What must be known of a curve: that it stands for months with different numbers, or for some that cannot answer.
pub(crate) fn notes(curve: &Curve, axis: &Axis, months: &[Replayed]) -> Vec<String> {
    let mut notes = Vec::new();
    let others = axis.by_month.iter().filter(|(_, number)| **number != axis.threshold.number);
    let others: Vec<String> = others.map(|(month, _)| month.to_string()).collect();
    if !others.is_empty() {
        let others = others.join("、");
        let words = "的阈值各月不同（参数按月有效）：曲线上标的是最后一个月的";
        notes.push(format!("规则{}{words}，{others}的不同", curve.rule));
    }
    let fixed = months.iter().filter_map(|month| Some((month.month, month.cannot_move.get(&curve.axis)?)));
    let fixed: Vec<_> = fixed.collect();
    if let Some((_, why)) = fixed.last() {
        let fixed: Vec<String> = fixed.iter().map(|(month, _)| month.to_string()).collect();
        let words = "无法移动阈值，曲线各点按当月原样计";
        notes.push(format!("规则{}在{}{words}：{why}", curve.rule, fixed.join("、")));
    }
    notes
}

fn words(threshold: &Threshold, config: &Config) -> Words {
    let registry = &config.contracts[config.registry];
    let said =
        |sql: &str| value_in_words(sql, &config.facts, registry).unwrap_or_else(|| (sql.to_owned(), String::new()));
    let (fact, unit) = said(&threshold.name);
    Words { fact, unit, factor: threshold.factor.as_deref().map_or_else(String::new, |factor| said(factor).0) }
}
