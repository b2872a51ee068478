//! What stands twice among the plans of a folder: a list's id, by which answers find their list, and its file, of which the second would be written over the
//! first. Both are held without regard to case, as Windows holds the names of files.

use std::collections::BTreeSet;
use std::ops::Range;

use bidui_model::Diagnostic;

use crate::list_plan::ListPlan;

/// A list, a sheet or a choice that is there already.
pub(crate) const REPEATED: &str = "BD0513";

/// Every id and file that an earlier plan has, at the later one.
#[must_use]
pub fn repeated_plans<'a>(plans: impl Iterator<Item = &'a ListPlan>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut before: Vec<&ListPlan> = Vec::new();
    for plan in plans {
        if let Some(other) = before.iter().find(|other| other.id.to_lowercase() == plan.id.to_lowercase()) {
            let message = format!("清单“{}”重复", plan.id);
            let hint =
                format!("{} 里的“{}”已用这个id；每张清单的id应当不同，只差大小写的也算同一个", other.source, other.id);
            found.push(Diagnostic::error(REPEATED, &plan.source, Some(plan.id_span.clone()), message).with_hint(hint));
        }
        let own: Vec<(&str, &Range<usize>)> = files(plan).collect();
        for (at, (file, span)) in own.iter().enumerate() {
            let earlier = before.iter().filter(|other| meet_in_a_month(other, plan));
            let earlier = earlier.flat_map(|other| files(other).map(move |(file, _)| (*other, file)));
            let earlier = earlier.chain(own[..at].iter().map(|(file, _)| (plan, *file)));
            let mut same = earlier.filter(|(_, other)| may_be_one(file, other));
            if let Some((other, written)) = same.next() {
                let message = format!("文件“{file}”会与清单“{}”的“{written}”写到一处", other.id);
                let hint = "后写的会盖掉先写的；给其中一张另起文件名，只差大小写的也算同名";
                let error = Diagnostic::error(REPEATED, &plan.source, Some((*span).clone()), message);
                found.push(error.with_hint(hint));
            }
        }
        before.push(plan);
    }
    found
}

/// A plan's files that were read.
fn files(plan: &ListPlan) -> impl Iterator<Item = (&str, &Range<usize>)> {
    let first = Some((plan.file.as_str(), &plan.file_span)).filter(|(file, _)| !file.is_empty());
    first.into_iter().chain(plan.file_without_key.as_deref().zip(plan.file_without_key_span.as_ref()))
}

/// Whether both are issued in some month.
fn meet_in_a_month(one: &ListPlan, other: &ListPlan) -> bool {
    (1..=12).any(|month| one.is_issued(month) && other.is_issued(month))
}

/// A part of a file's name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Sign(char),
    /// Of one digit or more: a code.
    Digits,
    /// Of one letter or more: the name of a town, a village or a department.
    Name,
}

impl Part {
    fn is_many(self) -> bool {
        !matches!(self, Self::Sign(_))
    }
    /// Whether some sign is of both.
    fn meets(self, other: Self) -> bool {
        match (self, other) {
            (Self::Sign(one), Self::Sign(other)) => one == other,
            (Self::Sign(sign), Self::Digits) | (Self::Digits, Self::Sign(sign)) => sign.is_ascii_digit(),
            (Self::Sign(sign), Self::Name) | (Self::Name, Self::Sign(sign)) => {
                sign.is_alphabetic() || matches!(sign, '（' | '）')
            }
            _ => self == other,
        }
    }
}

fn parts(file: &str) -> Vec<Part> {
    let (mut parts, file) = (Vec::new(), file.to_lowercase());
    let mut rest = file.as_str();
    while let Some(sign) = rest.chars().next() {
        let inside = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        rest = match inside {
            Some((name, behind)) => {
                parts.push(if name.ends_with("_code") { Part::Digits } else { Part::Name });
                behind
            }
            None => {
                parts.push(Part::Sign(sign));
                &rest[sign.len_utf8()..]
            }
        };
    }
    parts
}

/// Whether some town, village or department has one and the same file by both names.
fn may_be_one(one: &str, other: &str) -> bool {
    let (one, other) = (parts(one), parts(other));
    let mut reached = BTreeSet::from([(0, 0)]);
    let mut left = vec![(0, 0)];
    while let Some((at, by)) = left.pop() {
        let (Some(first), Some(second)) = (one.get(at), other.get(by)) else { continue };
        if !first.meets(*second) {
            continue;
        }
        // The sign that both take may be the last of either, or one more may follow.
        let steps = |place: usize, part: Part| if part.is_many() { vec![place, place + 1] } else { vec![place + 1] };
        for next in steps(at, *first) {
            for next in steps(by, *second).into_iter().map(|second| (next, second)) {
                if reached.insert(next) {
                    left.push(next);
                }
            }
        }
    }
    reached.contains(&(one.len(), other.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(one: &str, other: &str, expected: bool) {
        assert_eq!(may_be_one(one, other), expected, "{one} {other}");
        assert_eq!(may_be_one(other, one), expected, "{other} {one}");
    }

    #[test]
    fn files_are_one_where_somebody_would_get_both() {
        check("district/汇总表.xlsx", "district/汇总表.xlsx", true);
        check("district/A.xlsx", "district/a.xlsx", true);
        check("district/A.xlsx", "district/b.xlsx", false);
        check("towns/{town_code}_{town}/核查清单.xlsx", "towns/{town_code}_{town}/核查清单.xlsx", true);
        check("towns/{town_code}_{town}/核查清单.xlsx", "towns/450206100_拉堡镇/核查清单.xlsx", true);
        check("towns/{town_code}_{town}/核查清单.xlsx", "towns/{town_code}/核查清单.xlsx", false);
        check("departments/{department}/任务清单.xlsx", "departments/教育局/任务清单.xlsx", true);
        check("departments/{department}/任务清单.xlsx", "departments/{department}/数据退回清单.xlsx", false);
        check("towns/{town}/清单.xlsx", "villages/{village}/清单.xlsx", false);
    }
}
