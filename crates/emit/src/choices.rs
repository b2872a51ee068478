//! Named choice lists that drop-downs offer, and what each choice means to the program.
//!
//! Grammar: one list a file, named by the file's stem; `?` may be left out:
//!
//! ```toml
//! [[result]]                      # something that was found
//! code = "14"
//! label = "属实，暂不纳入"
//! needs = "…"                     # ? what must be told beside it, for people
//! effect = "monitored"            # ? what it does to the case, see `Effect`
//! requires = ["until"]            # ? keys of answers that must be filled in beside it
//!
//! [[need]]                        # something that is needed
//! code = "N01"
//! label = "产业帮扶"
//! department = "农业农村局"         # must meet it
//! days = 30                       # ? in so many days
//! ```

use crate::list_repeats::REPEATED;
use bidui_model::{Diagnostic, SpecFile, SpecTable, nearest};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

/// Days in which a need is to be met, where its choice does not say.
const NEED_DAYS: u16 = 30;

/// One thing that can be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    pub code: String,
    pub label: String,
    /// What to fill in beside it; empty for nothing.
    pub needs: String,
    pub effect: Option<Effect>,
    /// Keys of answers without which it says too little.
    pub requires: Vec<String>,
    /// Who must act: of a need.
    pub department: Option<String>,
    /// In how many days: of a need.
    pub days: Option<u16>,
}

/// What an answer does to its case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Identification begins; the household is to be included.
    Include,
    /// It is monitored already.
    Monitored,
    /// A risk that had been eliminated is back.
    Rollback,
    /// The household manages by itself; the warning cools down.
    Cool,
    /// A department is to act.
    Department,
    /// The data are wrong.
    DataError,
    /// It was so and is no more.
    Changed,
    /// It was warned of before.
    Duplicate,
    /// It belongs to another town.
    Reroute,
    Deceased,
    /// Nobody was at home.
    Away,
    /// It falls under what excludes a household.
    Negative,
    /// The household does not want it.
    Declined,
    /// Not verified yet.
    Pending,
    /// It is so and will stay so; no warning until a day.
    Exempt,
}

impl Effect {
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("include", Self::Include),
        ("monitored", Self::Monitored),
        ("rollback", Self::Rollback),
        ("cool", Self::Cool),
        ("department", Self::Department),
        ("data_error", Self::DataError),
        ("changed", Self::Changed),
        ("duplicate", Self::Duplicate),
        ("reroute", Self::Reroute),
        ("deceased", Self::Deceased),
        ("away", Self::Away),
        ("negative", Self::Negative),
        ("declined", Self::Declined),
        ("pending", Self::Pending),
        ("exempt", Self::Exempt),
    ];
    /// As the configuration writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, effect)| *effect == self).map_or("", |(name, _)| name)
    }
    /// Keys of the answers that must stand beside it, of each group one: without, nobody knows what to do, and the household counts as not verified.
    #[must_use]
    pub fn rests_on(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Department => &[&["need_1", "need_2"]],
            Self::Cool => &[&["until"]],
            // Until when, and what proves it.
            Self::Exempt => &[&["until"], &["explanation"]],
            // Which warning it repeats.
            Self::Duplicate => &[&["explanation"]],
            _ => &[],
        }
    }
}

impl Choice {
    /// As it stands in the drop-down and comes back: the code and the label.
    #[must_use]
    pub fn written(&self) -> String {
        format!("{} {}", self.code, self.label)
    }
}

/// Choice lists by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    pub lists: BTreeMap<String, Vec<Choice>>,
}

impl Choices {
    /// These and those; of two lists with one name, the other's.
    pub fn extend(&mut self, other: Self) {
        self.lists.extend(other.lists);
    }
}

/// The choice list of one file, `config/verification_results.toml` for `verification_results`.
pub fn compile_choices(text: &str, file: &str) -> Result<Choices, Vec<Diagnostic>> {
    let source = SpecFile::new(file, text);
    let mut parsed = None;
    let choices = source.root(&mut parsed).map(|root| {
        let (results, needs) = (root.tables("result"), root.tables("need"));
        if results.is_empty() && needs.is_empty() {
            source.error("BD0503", None, "没有一个[[result]]，也没有[[need]]", "请写上代码和含义");
        }
        let mut choices = read(&source, results, result);
        choices.extend(read(&source, needs, need));
        refuse_repeated(&source, &choices);
        let choices = choices.into_iter().map(|(choice, ..)| choice).collect();
        root.finish();
        choices
    });
    let name = Path::new(file).file_stem().map_or_else(|| file.to_owned(), |stem| stem.to_string_lossy().into_owned());
    let lists = choices.map(|choices| Choices { lists: [(name, choices)].into() });
    source.finish(lists)
}

/// A choice, and where its code and its label stand.
type Placed = (Choice, Range<usize>, Range<usize>);

fn read<'a>(
    source: &SpecFile<'_>,
    tables: Vec<SpecTable<'a>>,
    rest: fn(&SpecFile<'_>, &SpecTable<'a>) -> Choice,
) -> Vec<Placed> {
    tables
        .into_iter()
        .filter_map(|table| {
            let (code, label) = (table.required_text("code"), table.required_text("label"));
            let rest = rest(source, &table);
            table.finish();
            let (code, label) = (code?, label?);
            if let Some(sign) = code.value.chars().find(|sign| !sign.is_ascii_graphic()) {
                let message = format!("代码“{}”里有“{sign}”", code.value);
                source.error(
                    "BD0505",
                    Some(code.span),
                    message,
                    "代码要一个字不差地填回来：只用半角的数字、字母和符号",
                );
                return None;
            }
            Some((Choice { code: code.value, label: label.value, ..rest }, code.span, label.span))
        })
        .collect()
}

/// What a result has beside its code and label.
fn result<'a>(source: &SpecFile<'_>, table: &SpecTable<'a>) -> Choice {
    let effect = table.text("effect").and_then(|found| {
        let known = Effect::ALL.iter().find(|(name, _)| *name == found.value);
        if known.is_none() {
            let names = Effect::ALL.iter().map(|(name, _)| *name);
            let hint = match nearest(&found.value, names.clone()) {
                Some(near) => format!("是不是“{near}”？"),
                None => format!("可用：{}", names.collect::<Vec<_>>().join("、")),
            };
            source.error("BD0505", Some(found.span), format!("effect“{}”不存在", found.value), hint);
        }
        known.map(|(_, effect)| *effect)
    });
    Choice {
        needs: table.text("needs").map(|needs| needs.value).unwrap_or_default(),
        effect,
        requires: table.texts("requires").into_iter().map(|found| found.value).collect(),
        ..Choice::default()
    }
}

/// What a need has beside its code and label.
fn need<'a>(source: &SpecFile<'_>, table: &SpecTable<'a>) -> Choice {
    let days = match table.integer("days") {
        None => NEED_DAYS,
        Some(found) => u16::try_from(found.value).ok().filter(|days| (1..=366).contains(days)).unwrap_or_else(|| {
            source.error("BD0505", Some(found.span), "days 的值不对", "应为1到366的整数");
            NEED_DAYS
        }),
    };
    Choice {
        needs: table.text("needs").map(|needs| needs.value).unwrap_or_default(),
        department: table.required_text("department").map(|department| department.value),
        days: Some(days),
        ..Choice::default()
    }
}

fn refuse_repeated(source: &SpecFile<'_>, choices: &[Placed]) {
    let same = |one: &str, other: &str| one.trim().to_lowercase() == other.trim().to_lowercase();
    for (place, (choice, code, label)) in choices.iter().enumerate() {
        let before = || choices[..place].iter().map(|(other, ..)| other);
        if before().any(|other| same(&other.code, &choice.code)) {
            let message = format!("代码“{}”重复", choice.code);
            source.error(REPEATED, Some(code.clone()), message, "每个代码只能有一个含义，只差大小写的也算同一个");
        } else if let Some(other) = before().find(|other| same(&other.label, &choice.label)) {
            let message = format!("含义“{}”重复：代码“{}”也是它", choice.label, other.code);
            let hint = "填表的人分不出两个；改其中一个的 label，或删去一个";
            source.error(REPEATED, Some(label.clone()), message, hint);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_list_is_named_by_its_file() {
        let text = "[[result]]\ncode = '22'\nlabel = '不属实：已变化'\nneeds = '日期'\n";
        let choices = compile_choices(text, "a/results.toml").expect("a valid list");
        assert_eq!(choices.lists["results"][0].written(), "22 不属实：已变化");
    }

    #[test]
    fn a_choice_says_what_it_does_and_a_need_who_must_meet_it() {
        let text = "[[result]]\ncode = '41'\nlabel = '豁免'\neffect = 'exempt'\nrequires = ['until']\n\
                    [[need]]\ncode = 'N01'\nlabel = '产业'\ndepartment = '农业农村局'\n";
        let choices = compile_choices(text, "x.toml").expect("a valid list").lists.remove("x").unwrap();
        assert_eq!(
            (choices[0].effect, choices[0].requires.as_slice()),
            (Some(Effect::Exempt), &["until".to_owned()][..])
        );
        assert_eq!((choices[1].department.as_deref(), choices[1].days), (Some("农业农村局"), Some(30)));
    }

    #[test]
    fn a_wrong_effect_is_told_with_the_nearest() {
        let text =
            "[[result]]\ncode = '1'\nlabel = '甲'\neffect = 'exemt'\n[[need]]\ncode = '1'\nlabel = '乙'\ndays = 0\n";
        let found = compile_choices(text, "x.toml").expect_err("four errors");
        let codes: Vec<_> = found.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["BD0505", "BD0002", "BD0513", "BD0505"]);
        assert_eq!(found[0].hint.as_deref(), Some("是不是“exempt”？"));
    }

    #[test]
    fn every_error_is_found_at_once() {
        let text = "[[result]]\ncod = '1'\nlabel = '甲'\n[[result]]\ncode = 2\nlabel = '乙'\n";
        let found = compile_choices(text, "results.toml").expect_err("two errors");
        let codes: Vec<_> = found.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["BD0004", "BD0003"]);
        assert_eq!(found[0].hint.as_deref(), Some("是不是“code”？"));
    }
}
