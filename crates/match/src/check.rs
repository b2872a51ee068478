//! Checks of the data: what in the registry and between the extracts contradicts itself or is missing. A check is a condition over a
//! person, a household or a village; each says with two examples when it fires and when it is quiet.
//!
//! Grammar, a family a file; `?` may be left out:
//!
//! ```toml
//! family = "户和人"
//!
//! [[tally]]                       # ? counted of a household's members, or of a village's households; any file may use it
//! name = "heads"
//! title = "登记为户主的人数"
//! of = "household"                # or "village"
//! where = "relation = '户主'"      # ? without it every member
//! max = "age"                     # ? or min, sum; without it those are counted
//!
//! [[check]]
//! id = "Q108"
//! title = "一户没有户主"
//! object = "household"            # person, household, village
//! when = "heads = 0"
//! found = "全户{size}人，没有人登记为户主"
//! hint = "…"
//! fires = { heads = 0 }
//! quiet = { heads = 1 }
//! ```
//!
//! Beside the names of rules, checks of persons know `birth`, `id_missing`, `id_repeated`, and `own_…` for each column of the
//! household: what the person's own row says.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::{Diagnostic, Found, SpecFile, SpecTable, nearest};
use polars::prelude::{DataFrame, DataType};

use crate::clause::{Clause, ClauseReader};
use crate::disagreement::{disagreement, words_of};
use crate::example::example_frame;
use crate::expression::evaluate;
use crate::fact::Per;
use crate::frames::HOUSEHOLD_COLUMNS;
use crate::reason::Reason;
use crate::relations::own_columns;
use crate::rule::RuleContext;
use crate::rule_id::REPEATED_ID;

/// Columns that checks of persons have beside those of rules.
pub(crate) const BIRTH: &str = "birth";
pub(crate) const ID_MISSING: &str = "id_missing";
pub(crate) const ID_REPEATED: &str = "id_repeated";
/// Before the name of a household's column: what the person's own row says of it.
pub(crate) const OWN: &str = "own_";

/// What a check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckObject {
    Person,
    Household,
    Village,
}

impl CheckObject {
    const NAMES: [(&'static str, Self); 3] =
        [("person", Self::Person), ("household", Self::Household), ("village", Self::Village)];
    #[must_use]
    pub fn code(self) -> &'static str {
        Self::NAMES.iter().find(|(_, object)| *object == self).map_or("", |(name, _)| name)
    }
}

/// A checked check.
#[derive(Clone, Debug)]
pub struct Check {
    pub id: String,
    pub title: String,
    pub family: String,
    pub object: CheckObject,
    pub when: Clause,
    pub(crate) found: Reason,
    /// What to correct, and where.
    pub hint: String,
}

/// Something counted of the members of a household, or of the households of a village.
#[derive(Clone, Debug)]
pub struct Tally {
    pub name: String,
    pub title: String,
    /// Household or village.
    pub of: CheckObject,
    pub(crate) filter: Option<Clause>,
    pub(crate) value: TallyValue,
}

#[derive(Clone, Debug)]
pub(crate) enum TallyValue {
    Count,
    Sum(Clause),
    Max(Clause),
    Min(Clause),
}

impl Tally {
    pub(crate) fn dtype(&self) -> DataType {
        if matches!(self.value, TallyValue::Count) { DataType::Int64 } else { DataType::Float64 }
    }
    pub(crate) fn clauses(&self) -> impl Iterator<Item = &Clause> {
        let value = match &self.value {
            TallyValue::Count => None,
            TallyValue::Sum(value) | TallyValue::Max(value) | TallyValue::Min(value) => Some(value),
        };
        self.filter.iter().chain(value)
    }
}

/// Every check, and what they count.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    /// By id.
    pub checks: Vec<Check>,
    pub tallies: Vec<Tally>,
}

/// A tally or a check that has another one's name, or is not said in one way.
pub const TALLY: &str = "BD0211";

/// A file's name and text.
pub type CheckFile = (String, String);

/// Compiles the files of checks together. Each error comes with the place of its file.
pub fn compile_checks(files: &[CheckFile], context: &RuleContext<'_>) -> Result<Checks, Vec<(usize, Diagnostic)>> {
    let mut errors: Vec<(usize, Diagnostic)> = Vec::new();
    let mut tallies: Vec<Tally> = Vec::new();
    // Checks and tallies of villages may use the tallies of households, whichever file these stand in.
    for of in [CheckObject::Household, CheckObject::Village] {
        let schema = schema_below(context, of, &tallies);
        let known = schema_of(context, of, &[]);
        for (at, (file, text)) in files.iter().enumerate() {
            let read = read_file(file, text, |source, root| {
                let reader = clause_reader(source, context, &schema);
                let tables = root.tables("tally");
                tables.into_iter().filter_map(|table| tally(&reader, table, of, &known)).collect::<Vec<_>>()
            });
            keep(at, read, &mut errors, |found| tallies.extend(found));
        }
    }
    for (at, tally) in tallies.iter().enumerate() {
        if tallies[..at].iter().any(|other| other.name == tally.name) {
            let message = format!("“{}”有两条 [[tally]]", tally.name);
            let place = files.iter().rposition(|(_, text)| text.contains(&format!("\"{}\"", tally.name))).unwrap_or(0);
            let (file, text) = files.get(place).map_or(("checks", ""), |(file, text)| (file.as_str(), text.as_str()));
            let quoted = format!("\"{}\"", tally.name);
            let is_name = |at: &usize| text[..*at].trim_end().trim_end_matches('=').trim_end().ends_with("name");
            let start = text.rmatch_indices(&quoted).map(|(at, _)| at).find(is_name);
            let span = start.map(|start| start..start + quoted.len());
            let error = Diagnostic::error(TALLY, file, span, message).with_hint("改其中一条的 name");
            errors.push((place, error));
        }
    }
    let schemas: BTreeMap<CheckObject, BTreeMap<String, DataType>> =
        CheckObject::NAMES.into_iter().map(|(_, object)| (object, schema_of(context, object, &tallies))).collect();
    let mut checks: Vec<Check> = Vec::new();
    let mut seen = BTreeSet::new();
    for (at, (file, text)) in files.iter().enumerate() {
        let read = read_file(file, text, |source, root| {
            // They have been read before, with every error told.
            root.leave(&["tally"]);
            let family = root.required_text("family").map_or_else(String::new, |family| family.value);
            let reader = CheckReader { source, context, schemas: &schemas, family: &family };
            let tables = root.tables("check").into_iter();
            let found = tables.filter_map(|table| reader.check(table, &mut seen)).collect::<Vec<_>>();
            root.finish();
            found
        });
        keep(at, read, &mut errors, |found| checks.extend(found));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    checks.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(Checks { checks, tallies })
}

/// What could be read of a file, and every error in it.
fn read_file<T>(
    file: &str,
    text: &str,
    read: impl FnOnce(&SpecFile<'_>, SpecTable<'_>) -> Vec<T>,
) -> (Vec<T>, Vec<Diagnostic>) {
    let source = SpecFile::new(file, text);
    let found = {
        let mut tree = None;
        source.root(&mut tree).map(|root| read(&source, root))
    };
    let (found, errors) = source.finish_partly(found);
    (found.unwrap_or_default(), errors)
}

/// What could be read, and the errors that no earlier reading of the file has told.
fn keep<T>(
    at: usize,
    (read, found): (Vec<T>, Vec<Diagnostic>),
    errors: &mut Vec<(usize, Diagnostic)>,
    put: impl FnOnce(Vec<T>),
) {
    put(read);
    for error in found.into_iter().map(|error| (at, error)) {
        if !errors.contains(&error) {
            errors.push(error);
        }
    }
}

fn clause_reader<'a>(
    source: &'a SpecFile<'a>,
    context: &'a RuleContext<'_>,
    schema: &'a BTreeMap<String, DataType>,
) -> ClauseReader<'a> {
    ClauseReader { source, registry: context.registry, parameters: context.parameters, schema }
}

/// Names and types that a check of the object may use.
fn schema_of(context: &RuleContext<'_>, object: CheckObject, tallies: &[Tally]) -> BTreeMap<String, DataType> {
    let mut schema = match object {
        CheckObject::Person => {
            let mut schema = context.schema(Per::Person);
            let own =
                HOUSEHOLD_COLUMNS.iter().filter_map(|name| Some((format!("{OWN}{name}"), schema.get(*name)?.clone())));
            let own: Vec<(String, DataType)> = own.collect();
            schema.extend(own);
            schema.insert(BIRTH.to_owned(), DataType::Date);
            schema.extend([ID_MISSING, ID_REPEATED].map(|name| (name.to_owned(), DataType::Boolean)));
            schema
        }
        CheckObject::Household => context.schema(Per::Household),
        CheckObject::Village => {
            let facts = context.facts.iter().filter(|fact| fact.per == Per::Village);
            let facts = facts.map(|fact| (fact.name.clone(), fact.dtype()));
            facts.chain([("village_code".to_owned(), DataType::String)]).collect()
        }
    };
    let of_village = object == CheckObject::Village;
    let tallies = tallies.iter().filter(|tally| (tally.of == CheckObject::Village) == of_village);
    schema.extend(tallies.map(|tally| (tally.name.clone(), tally.dtype())));
    schema
}

/// Names and types of what is counted: the members of a household, the households of a village.
fn schema_below(context: &RuleContext<'_>, of: CheckObject, tallies: &[Tally]) -> BTreeMap<String, DataType> {
    match of {
        CheckObject::Village => schema_of(context, CheckObject::Household, tallies),
        _ => schema_of(context, CheckObject::Person, &[]),
    }
}

fn object_of(source: &SpecFile<'_>, found: &Found<String>, valid: &[(&str, CheckObject)]) -> Option<CheckObject> {
    let object = valid.iter().find(|(name, _)| *name == found.value).map(|(_, object)| *object);
    if object.is_none() {
        let names: Vec<&str> = valid.iter().map(|(name, _)| *name).collect();
        let near = nearest(&found.value, names.iter().copied());
        let hint = near.map_or_else(|| format!("可用：{}", names.join("、")), |near| format!("是不是“{near}”？"));
        source.error("BD0204", Some(found.span.clone()), format!("检查的对象不能是“{}”", found.value), hint);
    }
    object
}

/// A tally of `of`; `None` of another, and of one that is wrong.
fn tally(
    reader: &ClauseReader<'_>,
    table: SpecTable<'_>,
    of: CheckObject,
    known: &BTreeMap<String, DataType>,
) -> Option<Tally> {
    let source = reader.source;
    if object_of(source, &table.required_text("of")?, &CheckObject::NAMES[1..])? != of {
        return None;
    }
    let (name, title) = (table.required_name("name"), table.required_text("title"));
    let filter = table.text("where");
    let values: Vec<(&str, Found<String>)> =
        ["sum", "max", "min"].into_iter().filter_map(|key| Some((key, table.text(key)?))).collect();
    table.finish();
    let name = name?;
    let taken = if reader.parameters.contains_key(&name.value) {
        Some("参数或自带的日期")
    } else {
        let is_column = known.contains_key(&name.value) || reader.schema.contains_key(&name.value);
        (is_column || own_columns(reader.registry).contains(&name.value)).then_some("指标或底册列")
    };
    if let Some(what) = taken {
        let message = format!("“{}”已是{what}的名字", name.value);
        source.error(TALLY, Some(name.span.clone()), message, "[[tally]] 另起一个名字");
        return None;
    }
    if let [_, (_, second), ..] = values.as_slice() {
        source.error(TALLY, Some(second.span.clone()), "sum、max、min 只能写一个", "要几个值就写几条 [[tally]]");
        return None;
    }
    let hint = |name: &str| reader.nearest_name(name).unwrap_or_else(|| NAMES_ARE_IN.to_owned());
    let filter = match filter {
        Some(filter) => Some(reader.condition(&filter, hint)?),
        None => None,
    };
    let value = match values.into_iter().next() {
        None => TallyValue::Count,
        Some((key, text)) => {
            let (clause, kind) = reader.expression(&text, hint)?;
            if !kind.is_primitive_numeric() {
                source.error("BD0207", Some(text.span), format!("{key} 里应是数值"), "例如 max = \"age\"");
                return None;
            }
            match key {
                "sum" => TallyValue::Sum(clause),
                "max" => TallyValue::Max(clause),
                _ => TallyValue::Min(clause),
            }
        }
    };
    Some(Tally { name: name.value, title: title?.value, of, filter, value })
}

const NAMES_ARE_IN: &str = "可用的名字见 docs/rules.md 和 docs/checks.md";

struct CheckReader<'a> {
    source: &'a SpecFile<'a>,
    context: &'a RuleContext<'a>,
    schemas: &'a BTreeMap<CheckObject, BTreeMap<String, DataType>>,
    family: &'a str,
}

impl CheckReader<'_> {
    fn check(&self, table: SpecTable<'_>, seen: &mut BTreeSet<String>) -> Option<Check> {
        let id = table.required_text("id");
        let title = table.required_text("title");
        let object = table.required_text("object");
        let (when, found) = (table.required_text("when"), table.required_text("found"));
        let hint = table.required_text("hint");
        let examples = [("fires", true), ("quiet", false)].map(|(key, fires)| (key, fires, table.table(key)));
        let span = table.span.clone();
        let object = object.and_then(|object| object_of(self.source, &object, &CheckObject::NAMES));
        if let Some(id) = &id {
            self.hold_id(id, seen);
        }
        for (key, _, row) in &examples {
            if row.is_none() && table.span_of(key).is_none() {
                let message = format!("检查缺少例子“{key}”");
                let hint = "fires 是有异常的一行，quiet 是没有异常的一行，如 fires = { heads = 0 }";
                self.source.error("BD0002", Some(span.clone()), message, hint);
            }
        }
        table.finish();
        let is_whole = !self.source.lacks_a_part(&span);
        // What a check of nobody knows what may name cannot be known.
        let schema = &self.schemas[&object?];
        let object = object?;
        let reader = clause_reader(self.source, self.context, schema);
        let written = when;
        let when = written.as_ref().and_then(|when| reader.condition(when, |name| self.name_hint(&reader, name)));
        let found = found.and_then(|found| reader.sentence(&found));
        let rows: Vec<_> = examples
            .into_iter()
            .filter_map(|(_, fires, row)| {
                let row = row?;
                let reads = when.as_ref().map_or(&[] as &[String], |when| when.reads.as_slice());
                Some((fires, example_frame(self.source, schema, &row, reads)?, row))
            })
            .collect();
        let check = Check {
            id: id?.value,
            title: title?.value,
            family: self.family.to_owned(),
            object,
            when: when?,
            found: found?,
            hint: hint?.value,
        };
        for (fires, frame, row) in rows.iter().filter(|_| is_whole) {
            self.example(&check, written.as_ref()?, frame, row, *fires);
        }
        Some(check)
    }

    fn hold_id(&self, id: &Found<String>, seen: &mut BTreeSet<String>) {
        let is_there = seen.iter().any(|other| other.eq_ignore_ascii_case(&id.value));
        seen.insert(id.value.clone());
        if is_there {
            let message = format!("检查编号“{}”重复", id.value);
            self.source.error(
                REPEATED_ID,
                Some(id.span.clone()),
                message,
                "每条检查的 id 须唯一，只差大小写的也算同一个",
            );
        }
        if id.value.is_empty() || !id.value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let message = format!("检查编号“{}”只能有字母和数字", id.value);
            self.source.error(TALLY, Some(id.span.clone()), message, "例如 Q108；异常编号由它和对象的编号组成");
        }
    }

    fn name_hint(&self, reader: &ClauseReader<'_>, name: &str) -> String {
        let of_persons = self.schemas[&CheckObject::Person].contains_key(name);
        match reader.nearest_name(name) {
            None if of_persons => format!("“{name}”是个人的：用 [[tally]] 数出人数，或改为 object = \"person\""),
            Some(near) => near,
            None => NAMES_ARE_IN.to_owned(),
        }
    }

    fn example(&self, check: &Check, when: &Found<String>, frame: &DataFrame, row: &SpecTable<'_>, fires: bool) {
        let answer = evaluate(frame, &[("answer".to_owned(), check.when.expr.clone())], &check.id);
        let answer = answer.ok().and_then(|answer| answer.column("answer").ok()?.bool().ok()?.get(0));
        if (answer == Some(true)) == fires {
            return;
        }
        let (is, said) = if fires { ("没有", "fires") } else { ("有", "quiet") };
        let message = format!("检查“{}”对例子 {said} 判为{is}异常", check.id);
        self.source.push(disagreement(self.source, &message, [&row.span, &row.span], &words_of(row), &[when]));
    }
}
