//! A link model from TOML. Takes `name`, `relation`, `left_id`, `right_id`, `seed`, `random_pairs`, `training_pairs`, `most_pairs`, `least_compared`,
//! `[costs]`, and any number of `[[field]]`, `[[compare]]` and `[[block]]`; docs/linkage.md says what each means. A part of a key is a field, or `field[0..4]`:
//! its characters from the first number to before the second.

use std::collections::BTreeMap;
use std::ops::Range;

use bidui_model::{Diagnostic, Found, SpecFile, SpecTable, nearest};

use crate::compare::MOST_COMPARISONS;
use crate::model::{Block, Clean, Comparison, Costs, Field, KeyPart, LinkModel, Relation};
use crate::records::mix;
use crate::spec_level::levels;

/// Of a block, so that a pair's blocks fit into 64 bits.
const MOST_BLOCKS: usize = 64;

/// Compiles a link model; all errors at once.
pub fn compile_model(text: &str, file: &str) -> Result<LinkModel, Vec<Diagnostic>> {
    let source = SpecFile::new(file, text);
    let model = {
        let mut tree = None;
        source.root(&mut tree).and_then(|root| {
            let model = model(&source, &root);
            root.finish();
            model
        })
    };
    source.finish(model).map_err(|errors| of_declaration(text, file, errors))
}

/// Where several places use one field that there is not, and one that is almost that is declared and used nowhere, its declaration is the slip, and one
/// error.
fn of_declaration(text: &str, file: &str, mut errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for name in errors.iter().filter_map(|error| error.about.clone()) {
        *uses.entry(name).or_default() += 1;
    }
    let source = SpecFile::new(file, text);
    let mut tree = None;
    let Some(root) = source.root(&mut tree) else { return errors };
    let declared: Vec<Found<String>> =
        root.tables("field").into_iter().filter_map(|table| table.text("name")).collect();
    for (name, uses) in uses.into_iter().filter(|(_, uses)| *uses > 1) {
        let is_unused = |field: &&Found<String>| text.matches(&format!("\"{}\"", field.value)).count() == 1;
        let unused: Vec<&Found<String>> = declared.iter().filter(is_unused).collect();
        let Some(near) = nearest(&name, unused.iter().map(|field| field.value.as_str())) else { continue };
        let Some(slip) = unused.iter().find(|field| field.value == near) else { continue };
        let message = format!("字段“{near}”没有用到，而用到的“{name}”（{uses}处）没有定义：是不是这里写错了");
        let hint = format!("是不是“{name}”？");
        errors.retain(|error| error.about.as_deref() != Some(name.as_str()));
        errors.push(Diagnostic::error("BD0803", file, Some(slip.span.clone()), message).with_hint(hint));
    }
    errors
}

fn model(source: &SpecFile<'_>, root: &SpecTable<'_>) -> Option<LinkModel> {
    let name = root.required_text("name");
    let relation = relation(source, root);
    let fields = fields(source, root);
    let comparisons = comparisons(source, root, &fields);
    let blocks = blocks(source, root, &fields);
    let whole = |key, range: Range<i64>, default: i64| whole(source, root, key, range, default);
    let seed = whole("seed", 0..i64::MAX, 1) as u64;
    let random_pairs = whole("random_pairs", 1_000..100_000_001, 200_000) as usize;
    let training_pairs = whole("training_pairs", 1..i64::MAX, 2_000_000) as u64;
    let most_pairs = whole("most_pairs", 1..i64::MAX, 1_000_000) as u64;
    // Three, or all there are: a model of two comparisons would find nothing.
    let least_compared = whole("least_compared", 1..17, comparisons.len().clamp(1, 3) as i64) as usize;
    if least_compared > comparisons.len() && !comparisons.is_empty() {
        let span = root.span_of("least_compared");
        let found = format!("“least_compared”是{least_compared}，而比较只有{}项", comparisons.len());
        source.error("BD0801", span, found, "不能多于 [[compare]] 的项数，否则一对也找不到");
    }
    let costs = costs(source, root);
    let [left_id, right_id] = ["left_id", "right_id"].map(|key| root.text(key).map(|found| found.value));
    let mut model = LinkModel {
        name: name?.value,
        seed,
        relation,
        fields,
        comparisons,
        blocks,
        most_pairs,
        least_compared,
        random_pairs,
        training_pairs,
        costs,
        left_id,
        right_id,
        digest: 0,
    };
    model.digest = digest(&model);
    Some(model)
}

/// Of all that the weights depend on: not of costs, which may change without a new training.
fn digest(model: &LinkModel) -> u64 {
    let trained = (
        (&model.fields, &model.comparisons, &model.blocks),
        (model.relation, model.seed, model.most_pairs, model.least_compared, model.random_pairs, model.training_pairs),
    );
    format!("{trained:?}").bytes().fold(1, |sum, byte| mix(sum, u64::from(byte)))
}

fn whole(source: &SpecFile<'_>, root: &SpecTable<'_>, key: &'static str, range: Range<i64>, default: i64) -> i64 {
    match root.integer(key) {
        Some(found) if range.contains(&found.value) => found.value,
        Some(found) => {
            let expected = match range.end {
                i64::MAX => format!("应为不小于{}的整数", range.start),
                end => format!("应为{}到{}的整数", range.start, end - 1),
            };
            source.error("BD0801", Some(found.span), format!("“{key}”超出范围"), expected);
            default
        }
        None => default,
    }
}

fn relation(source: &SpecFile<'_>, root: &SpecTable<'_>) -> Relation {
    let Some(found) = root.text("relation") else { return Relation::ManyToOne };
    match found.value.as_str() {
        "many_to_many" => Relation::ManyToMany,
        "many_to_one" => Relation::ManyToOne,
        "one_to_one" => Relation::OneToOne,
        other => {
            let valid = ["many_to_many", "many_to_one", "one_to_one"];
            source.error("BD0801", Some(found.span), format!("不认识的关系“{other}”"), did_you_mean(other, &valid));
            Relation::ManyToOne
        }
    }
}

/// The nearest valid word, or all of them.
pub(crate) fn did_you_mean(found: &str, valid: &[&str]) -> String {
    nearest(found, valid.iter().copied())
        .map_or_else(|| format!("可用：{}", valid.join("、")), |near| format!("是不是“{near}”？"))
}

fn costs(source: &SpecFile<'_>, root: &SpecTable<'_>) -> Costs {
    let mut costs = Costs { false_link: 20.0, missed_link: 10.0, review: 1.0 };
    let Some(table) = root.table("costs") else { return costs };
    for (key, cost) in
        [("false_link", &mut costs.false_link), ("missed_link", &mut costs.missed_link), ("review", &mut costs.review)]
    {
        match table.number(key) {
            Some(found) if found.value > 0.0 && found.value.is_finite() => *cost = found.value,
            Some(found) => source.error("BD0801", Some(found.span), format!("“{key}”应大于零"), ""),
            None => {}
        }
    }
    table.finish();
    costs
}

fn fields(source: &SpecFile<'_>, root: &SpecTable<'_>) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for table in root.tables("field") {
        let name = table.required_text("name");
        let (left, right) = (table.text("left"), table.text("right"));
        let clean = table.texts("clean").into_iter().filter_map(|found| clean_step(source, found)).collect();
        let missing = table.texts("missing").into_iter().map(|found| found.value).collect();
        table.finish();
        let Some(name) = name else { continue };
        if fields.iter().any(|field| field.name == name.value) {
            source.error("BD0802", Some(name.span), format!("字段“{}”写了两遍", name.value), "改其中一个的名字");
            continue;
        }
        let column = |found: Option<Found<String>>| found.map_or_else(|| name.value.clone(), |found| found.value);
        fields.push(Field { left: column(left), right: column(right), name: name.value.clone(), clean, missing });
    }
    if fields.is_empty() {
        source.error("BD0802", None, "没有字段", "至少写一节 [[field]]");
    }
    fields
}

fn clean_step(source: &SpecFile<'_>, found: Found<String>) -> Option<Clean> {
    let step = match found.value.as_str() {
        "lower" => Clean::Lower,
        "alphanumeric" => Clean::Alphanumeric,
        "digits" => Clean::Digits,
        "sort_words" => Clean::SortWords,
        "soundex" => Clean::Soundex,
        other => {
            let valid = ["lower", "alphanumeric", "digits", "sort_words", "soundex"];
            source.error("BD0801", Some(found.span), format!("不认识的整理方法“{other}”"), did_you_mean(other, &valid));
            return None;
        }
    };
    Some(step)
}

/// The number of a field by its name.
pub(crate) fn field_named(source: &SpecFile<'_>, fields: &[Field], found: &Found<String>, name: &str) -> Option<usize> {
    let at = fields.iter().position(|field| field.name == name);
    if at.is_none() {
        let valid: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        let message = format!("没有字段“{name}”");
        let error = Diagnostic::error("BD0803", source.file, Some(found.span.clone()), message);
        source.push(error.with_hint(did_you_mean(name, &valid)).about(name));
    }
    at
}

fn comparisons(source: &SpecFile<'_>, root: &SpecTable<'_>, fields: &[Field]) -> Vec<Comparison> {
    let mut comparisons = Vec::new();
    for table in root.tables("compare") {
        let found = table.required_text("field");
        let field = found.as_ref().and_then(|found| field_named(source, fields, found, &found.value));
        let name = table.text("name").or_else(|| found.clone());
        let levels = levels(source, &table, fields, field);
        let span = table.span.clone();
        table.finish();
        if let (Some(field), Some(name)) = (field, name) {
            comparisons.push(Comparison { name: name.value, field, levels });
        }
        if comparisons.len() > MOST_COMPARISONS {
            source.error("BD0804", Some(span), format!("比较超过{MOST_COMPARISONS}项"), "合并或删去一些");
            break;
        }
    }
    if comparisons.is_empty() {
        source.error("BD0804", None, "没有比较", "至少写一节 [[compare]]");
    }
    comparisons
}

fn blocks(source: &SpecFile<'_>, root: &SpecTable<'_>, fields: &[Field]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for table in root.tables("block") {
        let keys = ["on", "left", "right", "split"].map(|key| table.texts(key));
        let [on, left, right, split] = keys.each_ref().map(|key| key_parts(source, fields, key));
        let name = table.text("name").map_or_else(|| name_of_block(&keys), |found| found.value);
        let span = table.span.clone();
        table.finish();
        // Parts that were not understood have been told of.
        let (Some(on), Some(left), Some(right), Some(split)) = (on, left, right, split) else { continue };
        let same = !on.is_empty() && left.is_empty() && right.is_empty();
        let (left, right) = if same { (on.clone(), on) } else { (left, right) };
        let whole = same || (keys[0].is_empty() && left.len() == right.len() && !left.is_empty());
        if !whole {
            let hint = "写 on = [\"字段\", …]；左右字段不同时，改写个数相同的 left 和 right";
            source.error("BD0805", Some(span), "分块条件不完整", hint);
        } else if blocks.len() == MOST_BLOCKS {
            source.error("BD0805", Some(span), format!("分块条件超过{MOST_BLOCKS}个"), "删去一些");
        } else {
            blocks.push(Block { name, left, right, split });
        }
    }
    if blocks.is_empty() {
        source.error("BD0805", None, "没有分块条件", "至少写一节 [[block]]");
    }
    blocks
}

fn name_of_block(keys: &[Vec<Found<String>>; 4]) -> String {
    let shown = |key: &[Found<String>]| key.iter().map(|found| found.value.as_str()).collect::<Vec<_>>().join(" + ");
    if keys[0].is_empty() { format!("{} = {}", shown(&keys[1]), shown(&keys[2])) } else { shown(&keys[0]) }
}

fn key_parts(source: &SpecFile<'_>, fields: &[Field], found: &[Found<String>]) -> Option<Vec<KeyPart>> {
    let parts: Vec<_> = found.iter().map(|found| key_part(source, fields, found)).collect();
    parts.into_iter().collect()
}

fn key_part(source: &SpecFile<'_>, fields: &[Field], found: &Found<String>) -> Option<KeyPart> {
    let Some((name, rest)) = found.value.split_once('[') else {
        return Some(KeyPart { field: field_named(source, fields, found, &found.value)?, characters: None });
    };
    let range = rest.strip_suffix(']').and_then(|range| range.split_once(".."));
    let range = range.and_then(|(from, to)| Some(from.parse::<usize>().ok()?..to.parse::<usize>().ok()?));
    let field = field_named(source, fields, found, name)?;
    match range {
        Some(range) if range.start < range.end => Some(KeyPart { field, characters: Some(range) }),
        _ => {
            source.error("BD0805", Some(found.span.clone()), "看不懂取哪几个字", "写作 字段[0..4]，表示第1到第4个字");
            None
        }
    }
}
