#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../authoring/tests/draft7/mod.rs"]
mod draft7;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

use bidui_authoring::{Bounds, Entries, Key, Kind, Shape, TableSpec};
use bidui_emit::{Effect, compile_choices, compile_lists};
use bidui_ingest::compile_contract;
use bidui_linkage::compile_model;
use bidui_match::{RuleContext, compile_checks, compile_facts, compile_grading, compile_ladder, compile_rules};
use bidui_model::{ColumnType, Diagnostic, KeyPart, LinkClass, ReturnKind};
use bidui_normalize::Gazetteer;
use draft7::complaints;
use toml::{Table, Value};

use crate::calendar::Calendar;
use crate::config::{self, Config};
use crate::effects::unknown_effects;
use crate::settings::Settings;

/// Of each kind, files that together use all of its keys.
const EXAMPLES: [(&str, &str); 14] = [
    ("bidui", include_str!("bidui.toml")),
    ("towns", include_str!("towns.toml")),
    ("holidays", include_str!("holidays.toml")),
    ("feed", include_str!("feed-events.toml")),
    ("feed", include_str!("feed-snapshot.toml")),
    ("feed", include_str!("feed-place.toml")),
    ("feed", include_str!("feed-town.toml")),
    ("rules", include_str!("rules.toml")),
    ("checks", include_str!("checks.toml")),
    ("grading", include_str!("grading.toml")),
    ("linkage", include_str!("linkage.toml")),
    ("linkage-model", include_str!("linkage-model.toml")),
    ("lists", include_str!("lists.toml")),
    ("choices", include_str!("choices.toml")),
];

/// Keys that are for people: the program reads past them whatever they hold.
const FOR_PEOPLE: [&str; 8] = [
    "feed/title",
    "holidays/source",
    "holidays/sources",
    "holidays/holiday/name",
    "bidui/sample/source",
    "bidui/stability/source",
    // Values of examples are held against the types of what they name, and not against a schema.
    "rules/rule/example/row",
    "checks/check/fires",
];

/// No name is near to it.
const STRANGER: &str = "完全陌生的键";

fn shipped() -> &'static Config {
    static CONFIG: OnceLock<Config> = OnceLock::new();
    CONFIG.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/bidui.toml");
        config::load(&path, None).unwrap_or_else(|_| panic!("the shipped configuration compiles"))
    })
}

/// What the program says of a file.
fn compile(kind: &str, text: &str, original: &str) -> Vec<Diagnostic> {
    fn errors<T>(result: Result<T, Vec<Diagnostic>>) -> Vec<Diagnostic> {
        result.err().unwrap_or_default()
    }
    let config = shipped();
    let parameters = BTreeMap::new();
    let registry = &config.contracts[config.registry];
    let context = RuleContext { facts: &config.facts, registry, parameters: &parameters };
    match kind {
        "bidui" => Settings::read(text, kind).1,
        "towns" => {
            let villages = "code12,name,short_name,aliases,former_codes,town_code,kind,moved_to\n\
                            450206100001,甲社区居委会,甲社区,,,450206100,社区,\n";
            errors(Gazetteer::compile(text, kind, villages, "villages.csv"))
        }
        "holidays" => errors(Calendar::compile(text, kind)),
        "feed" => {
            let mut found = errors(compile_contract(text, kind));
            let contract = compile_contract(text, kind).or_else(|_| compile_contract(original, kind)).unwrap();
            found.extend(errors(compile_facts(text, kind, &contract, 0, &parameters)));
            found
        }
        "rules" => errors(compile_rules(text, kind, &context, &mut BTreeSet::new())),
        "checks" => {
            let files = [(kind.to_owned(), text.to_owned())];
            compile_checks(&files, &context).err().unwrap_or_default().into_iter().map(|(_, error)| error).collect()
        }
        "grading" => match compile_grading(text, kind) {
            Ok(grading) => unknown_effects(&grading, text, kind),
            Err(errors) => errors,
        },
        "linkage" => errors(compile_ladder(text, kind)),
        "linkage-model" => errors(compile_model(text, kind)),
        "lists" => errors(compile_lists(text, kind)),
        "choices" => errors(compile_choices(text, kind)),
        other => panic!("{other} has no compiler here"),
    }
}

/// A step into a file.
#[derive(Clone, Debug)]
enum Step {
    Key(String),
    At(usize),
}

fn get<'a>(root: &'a mut Value, path: &[Step]) -> &'a mut Value {
    path.iter().fold(root, |value, step| match step {
        Step::Key(key) => value.get_mut(key).unwrap(),
        Step::At(at) => value.get_mut(at).unwrap(),
    })
}

/// A table of a file, with what its schema says of it.
struct Place {
    spec: &'static TableSpec,
    path: Vec<Step>,
    /// The keys that lead there, for messages.
    name: String,
}

fn walk_table(spec: &'static TableSpec, value: &Value, at: &(Vec<Step>, String), places: &mut Vec<Place>) {
    places.push(Place { spec, path: at.0.clone(), name: at.1.clone() });
    for key in spec.keys {
        if let Some(value) = value.get(key.name) {
            walk(&key.shape, value, &deeper(at, key.name), places);
        }
    }
}

fn deeper((path, name): &(Vec<Step>, String), key: &str) -> (Vec<Step>, String) {
    let mut path = path.clone();
    path.push(Step::Key(key.to_owned()));
    (path, format!("{name}/{key}"))
}

fn walk(shape: &'static Shape, value: &Value, at: &(Vec<Step>, String), places: &mut Vec<Place>) {
    match shape {
        Shape::Table(spec) if value.is_table() => walk_table(spec, value, at, places),
        Shape::Tables(spec, _) => {
            for (number, item) in value.as_array().into_iter().flatten().enumerate() {
                let mut at = at.clone();
                at.0.push(Step::At(number));
                walk_table(spec, item, &at, places);
            }
        }
        Shape::Entries(Entries { value: shape, beside, .. }) => {
            for (key, value) in value.as_table().into_iter().flatten() {
                if !beside.iter().any(|other| other.name == key) {
                    walk(shape, value, &deeper(at, key), places);
                }
            }
        }
        Shape::Either(one, other) => {
            walk(one, value, at, places);
            walk(other, value, at, places);
        }
        _ => {}
    }
}

fn places_of(kind: &str, text: &str) -> Vec<Place> {
    let root = Value::Table(toml::from_str(text).unwrap());
    let mut places = Vec::new();
    walk_table(Kind::named(kind).unwrap().table, &root, &(Vec::new(), kind.to_owned()), &mut places);
    places
}

/// The file with one table changed.
fn changed(text: &str, place: &Place, change: impl FnOnce(&mut Table)) -> String {
    let mut root = Value::Table(toml::from_str(text).unwrap());
    change(get(&mut root, &place.path).as_table_mut().unwrap());
    toml::to_string(&root).unwrap()
}

fn every_place(mut act: impl FnMut(&str, &str, &Place)) {
    for (kind, text) in EXAMPLES {
        for place in places_of(kind, text) {
            act(kind, text, &place);
        }
    }
}

/// Every key of every table as it stands in a file.
fn every_key(mut act: impl FnMut(&str, &str, &Place, &Key)) {
    every_place(|kind, text, place| {
        let mut root = Value::Table(toml::from_str(text).unwrap());
        let table = get(&mut root, &place.path).as_table().unwrap().clone();
        for key in place.spec.keys.iter().filter(|key| table.contains_key(key.name)) {
            act(kind, text, place, key);
        }
    });
}

#[test]
fn the_examples_are_good_and_use_every_key() {
    let mut tables: BTreeMap<*const TableSpec, (String, &TableSpec, BTreeSet<&str>)> = BTreeMap::new();
    for (kind, text) in EXAMPLES {
        assert_eq!(compile(kind, text, text), Vec::new(), "{kind}");
        assert_eq!(complaints(Kind::named(kind).unwrap(), text), Vec::<String>::new(), "{kind}");
    }
    every_place(|_, _, place| {
        tables.entry(place.spec).or_insert_with(|| (place.name.clone(), place.spec, BTreeSet::new()));
    });
    every_key(|_, _, place, key| {
        tables.get_mut(&std::ptr::from_ref(place.spec)).unwrap().2.insert(key.name);
    });
    for (name, spec, used) in tables.values() {
        let unused: Vec<&str> = spec.keys.iter().map(|key| key.name).filter(|key| !used.contains(key)).collect();
        assert!(unused.is_empty(), "no example uses {unused:?} of {name}");
    }
    assert!(tables.len() > 40, "{}", tables.len());
}

/// A key that nobody knows makes the compiler say which it does know.
#[test]
fn the_schema_has_the_keys_that_the_compiler_asks_for_and_no_others() {
    let mut known: BTreeMap<*const TableSpec, (String, &TableSpec, BTreeSet<String>)> = BTreeMap::new();
    every_place(|kind, text, place| {
        let strange = changed(text, place, |table| {
            table.insert(STRANGER.to_owned(), Value::Integer(1));
        });
        assert!(!complaints(Kind::named(kind).unwrap(), &strange).is_empty(), "{}", place.name);
        let errors = compile(kind, &strange, text);
        let error = errors.iter().find(|error| error.code == "BD0004" && error.message.contains(STRANGER));
        let hint = error.unwrap_or_else(|| panic!("{} takes any key: {errors:?}", place.name)).hint.clone().unwrap();
        let keys = hint.split_once('：').expect("a list of keys").1.split('、').map(str::to_owned);
        known.entry(place.spec).or_insert_with(|| (place.name.clone(), place.spec, BTreeSet::new())).2.extend(keys);
    });
    for (name, spec, compiled) in known.values() {
        let written: BTreeSet<String> = spec.keys.iter().map(|key| key.name.to_owned()).collect();
        assert_eq!(&written, compiled, "{name}: the schema, the compiler");
    }
}

#[test]
fn what_must_be_there_must_be_there_for_both() {
    every_key(|kind, text, place, key| {
        let without = changed(text, place, |table| {
            table.remove(key.name);
        });
        let (program, editor) = (compile(kind, &without, text), complaints(Kind::named(kind).unwrap(), &without));
        let name = format!("{}/{}", place.name, key.name);
        if key.is_required {
            assert!(!program.is_empty() && !editor.is_empty(), "{name}: {program:?} {editor:?}");
        } else {
            let is_missed = program.iter().any(|error| error.code == "BD0002");
            assert!(!is_missed || !editor.is_empty(), "{name} must be there: {program:?}");
            assert!(editor.is_empty() || !program.is_empty(), "{name} may be left out: {editor:?}");
        }
    });
}

fn wrong_values() -> Vec<Value> {
    let text = |text: &str| Value::String(text.to_owned());
    vec![
        text(STRANGER),
        Value::Integer(0),
        Value::Integer(-1),
        Value::Integer(7_000_000_000),
        Value::Float(0.5),
        Value::Boolean(true),
        Value::Array(Vec::new()),
        Value::Array(vec![text(STRANGER)]),
        Value::Array(vec![Value::Integer(0)]),
        Value::Table(Table::new()),
        Value::Datetime("2023-01-01".parse().unwrap()),
    ]
}

#[test]
fn what_an_editor_marks_the_program_refuses_and_wrong_types_are_marked() {
    let mut tried = 0;
    every_key(|kind, text, place, key| {
        let name = format!("{}/{}", place.name, key.name);
        for value in wrong_values() {
            let other = changed(text, place, |table| {
                table.insert(key.name.to_owned(), value.clone());
            });
            let (program, editor) = (compile(kind, &other, text), complaints(Kind::named(kind).unwrap(), &other));
            let for_people = FOR_PEOPLE.contains(&name.as_str());
            assert!(editor.is_empty() || !program.is_empty() || for_people, "{name} = {value}: {editor:?}");
            // taplo hands dates to its validator as text: a date in a text's place is seen by the program alone.
            let is_wrong_type = !value.is_datetime() && program.iter().any(|error| error.code == "BD0003");
            assert!(!is_wrong_type || !editor.is_empty(), "{name} = {value}: {program:?}");
            tried += 1;
        }
    });
    assert!(tried > 2_000, "{tried}");
}

/// Values at both ends of what a schema lets through, and just outside.
fn ends(shape: &Shape) -> (Vec<Value>, Vec<Value>) {
    let step = 0.000_1;
    match shape {
        Shape::Whole(least, most) => {
            let beyond = [least.checked_sub(1), most.checked_add(1)].into_iter().flatten();
            let within = [*least, *most].into_iter().filter(|end| *end < i64::MAX);
            (within.map(Value::Integer).collect(), beyond.map(Value::Integer).collect())
        }
        Shape::Number(Bounds { least, most, open }) => {
            let (inside, outside) = if *open { (step, 0.0) } else { (0.0, step) };
            let at = |least_by: f64, most_by: f64| {
                let ends = [least.map(|end| end + least_by), most.map(|end| end + most_by)];
                ends.into_iter().flatten().map(Value::Float).collect()
            };
            (at(inside, -inside), at(-outside, outside))
        }
        _ => (Vec::new(), Vec::new()),
    }
}

/// Numbers that the program holds against something else in the file, too.
const HELD_FURTHER: [&str; 3] = ["linkage-model/least_compared", "lists/list/freeze", "lists/list/sheet/freeze"];

#[test]
fn numbers_end_where_they_end_for_both() {
    let mut tried = 0;
    every_key(|kind, text, place, key| {
        let name = format!("{}/{}", place.name, key.name);
        let (inside, outside) = ends(&key.shape);
        let mut say = |value: &Value| {
            tried += 1;
            let other = changed(text, place, |table| {
                table.insert(key.name.to_owned(), value.clone());
            });
            (compile(kind, &other, text), complaints(Kind::named(kind).unwrap(), &other))
        };
        for value in inside {
            let (program, editor) = say(&value);
            assert!(editor.is_empty(), "{name} = {value}: {editor:?}");
            assert!(program.is_empty() || HELD_FURTHER.contains(&name.as_str()), "{name} = {value}: {program:?}");
        }
        for value in outside {
            let (program, editor) = say(&value);
            assert!(!editor.is_empty() && !program.is_empty(), "{name} = {value}: {program:?} {editor:?}");
        }
    });
    assert!(tried > 80, "{tried}");
}

/// Words that the program takes and the schema does not know would be marked in good files.
#[test]
fn words_are_the_same_for_both() {
    let mut seen = BTreeMap::new();
    every_key(|kind, text, place, key| {
        let (Shape::Word(words) | Shape::List(Shape::Word(words), _)) = &key.shape else { return };
        let is_list = matches!(key.shape, Shape::List(..));
        let other = changed(text, place, |table| {
            let stranger = Value::String(STRANGER.to_owned());
            table.insert(key.name.to_owned(), if is_list { Value::Array(vec![stranger]) } else { stranger });
        });
        let name = format!("{}/{}", place.name, key.name);
        assert!(!complaints(Kind::named(kind).unwrap(), &other).is_empty(), "{name}");
        let errors = compile(kind, &other, text);
        let told = errors.iter().find(|error| error.message.contains(STRANGER)).or(errors.first());
        let told = told.unwrap_or_else(|| panic!("{name} takes any word"));
        let told = format!("{}{}", told.message, told.hint.clone().unwrap_or_default());
        for (word, _) in *words {
            assert!(told.contains(word), "{name}: the program does not know {word}: {told}");
        }
        seen.insert(name, words.iter().map(|(word, _)| (*word).to_owned()).collect::<BTreeSet<String>>());
    });
    let check = |name: &str, expected: BTreeSet<String>| assert_eq!(seen[name], expected, "{name}");
    let set = |words: &mut dyn Iterator<Item = &'static str>| words.map(str::to_owned).collect::<BTreeSet<String>>();
    check("feed/columns/person/type", set(&mut ColumnType::NAMES.iter().map(|(name, _)| *name)));
    check("linkage/pass/on", set(&mut KeyPart::NAMES.iter().map(|(name, _)| *name)));
    check("lists/list/returns", set(&mut ReturnKind::ALL.iter().map(|kind| kind.code())));
    for effects in ["choices/result/effect", "grading/cooling/effects"] {
        check(effects, set(&mut Effect::ALL.iter().map(|(name, _)| *name)));
    }
    let linked = LinkClass::ALL.iter().filter(|class| class.is_linked());
    check("rules/rule/least_link", set(&mut linked.map(|class| class.code())));
}
