//! linkage.toml: the passes by which a row finds its person, in their order, and what a link of each class may do.
//!
//! Takes any number of `[[pass]]` (`class`; `name` and `on` for those that compare keys, `model` for the weighted one), `[[class]]` (`code`, `cap`),
//! `variants`, and `[placeholders]` (`name`, `phone`, `households_per_phone`). docs/linkage.md says what each means.

use std::collections::BTreeSet;

use bidui_model::{
    Diagnostic, Found, KeyPart, Ladder, LadderPass, Level, LinkClass, Placeholders, SpecFile, SpecTable, nearest,
};

/// Key passes at most, so that a pass's number fits its place in a link.
const MOST_PASSES: usize = 16;

/// Compiles linkage.toml; all errors at once.
pub fn compile_ladder(text: &str, file: &str) -> Result<Ladder, Vec<Diagnostic>> {
    let source = SpecFile::new(file, text);
    let ladder = {
        let mut tree = None;
        source.root(&mut tree).map(|root| {
            let mut ladder = Ladder { placeholders: placeholders(&source, &root), ..Ladder::default() };
            ladder.variants = variants(&source, &root);
            ladder.shows_scores = root.flag("show_scores").is_none_or(|found| found.value);
            passes(&source, &root, &mut ladder);
            // What nobody has thought about must not be the boldest.
            ladder.caps.extend(KEYED.map(|class| (class, Level::Orange)));
            ladder.caps.insert(LinkClass::Weighted, Level::Yellow);
            let mut declared = BTreeSet::new();
            for table in root.tables("class") {
                class(&source, &table, &mut ladder, &mut declared);
                table.finish();
            }
            root.finish();
            ladder
        })
    };
    source.finish(ladder)
}

/// Classes whose passes are not made of keys, each at its place in the order.
const FIXED: [LinkClass; 3] = [LinkClass::Certain, LinkClass::Alias, LinkClass::Weighted];
const KEYED: [LinkClass; 3] = [LinkClass::Repaired, LinkClass::DamagedByExcel, LinkClass::Composite];

fn passes(source: &SpecFile<'_>, root: &SpecTable<'_>, ladder: &mut Ladder) {
    let mut last: Option<LinkClass> = None;
    for table in root.tables("pass") {
        let span = table.span.clone();
        let class = table.required_text("class").and_then(|found| class_of(source, &found, &[FIXED, KEYED].concat()));
        let (name, on, model) = (table.text("name"), table.texts("on"), table.text("model"));
        table.finish();
        let Some(class) = class else { continue };
        if last.is_none() && class != LinkClass::Certain {
            source.error(
                "BD0811",
                Some(span.clone()),
                "第一道应是证件号码",
                "最前面写一节 [[pass]]，class = \"certain\"",
            );
        }
        if last.is_some_and(|last| last > class) {
            source.error(
                "BD0811",
                Some(span.clone()),
                format!("“{}”排在更弱的一道之后", class.code()),
                "强的在前：certain、alias、repaired、damaged_by_excel、composite、weighted",
            );
        }
        last = Some(class);
        match class {
            LinkClass::Certain => {}
            LinkClass::Alias => ladder.alias = true,
            LinkClass::Weighted => match model {
                Some(model) => ladder.model = Some(model.value),
                None => source.error("BD0812", Some(span), "没有写权重模型", "写 model = \"linkage_model.toml\""),
            },
            _ => ladder.passes.extend(key_pass(source, class, name, &on, span)),
        }
    }
    if last.is_none() {
        source.error("BD0811", None, "没有认人的次序", "至少写一节 [[pass]]，class = \"certain\"");
    }
    if ladder.passes.len() > MOST_PASSES {
        source.error("BD0811", None, format!("组合键超过{MOST_PASSES}道"), "删去一些");
    }
}

fn key_pass(
    source: &SpecFile<'_>,
    class: LinkClass,
    name: Option<Found<String>>,
    on: &[Found<String>],
    span: std::ops::Range<usize>,
) -> Option<LadderPass> {
    let names: Vec<&str> = KeyPart::NAMES.iter().map(|(name, _)| *name).collect();
    let part = |found: &Found<String>| {
        let part = KeyPart::NAMES.iter().find(|(name, _)| *name == found.value).map(|(_, part)| *part);
        if part.is_none() {
            let near = nearest(&found.value, names.iter().copied());
            let hint = near.map_or_else(|| format!("可用：{}", names.join("、")), |near| format!("是不是“{near}”？"));
            source.error("BD0813", Some(found.span.clone()), format!("组合键里没有“{}”", found.value), hint);
        }
        part
    };
    let parts: Option<Vec<KeyPart>> = on.iter().map(part).collect::<Vec<_>>().into_iter().collect();
    let parts = parts?;
    let telling = parts.iter().filter(|part| !matches!(part, KeyPart::Name | KeyPart::Sex | KeyPart::Town)).count();
    let mut once = parts.clone();
    once.sort_unstable();
    once.dedup();
    let is_whole = telling > 0 && once.len() == parts.len() && parts.contains(&KeyPart::Name);
    if !is_whole {
        // One value under a key is read by its frequencies, and without a name a household's members are one.
        source.error(
            "BD0813",
            Some(span),
            "组合键应有姓名和至少另一项（只加性别、乡镇不够），各写一次",
            "例如 on = [\"name\", \"birth\", \"sex\"]",
        );
        return None;
    }
    let expected = if parts.contains(&KeyPart::Id) {
        LinkClass::Repaired
    } else if parts.contains(&KeyPart::FirstFifteen) {
        LinkClass::DamagedByExcel
    } else {
        LinkClass::Composite
    };
    if class != expected {
        let hint = format!("这几项的组合应写 class = \"{}\"", expected.code());
        source.error("BD0813", Some(span), format!("“{}”不是这样的组合键", class.code()), hint);
        return None;
    }
    let title = || parts.iter().map(|part| part.title()).collect::<Vec<_>>().join("＋");
    Some(LadderPass { name: name.map_or_else(title, |name| name.value), class, parts })
}

fn class_of(source: &SpecFile<'_>, found: &Found<String>, valid: &[LinkClass]) -> Option<LinkClass> {
    let class = LinkClass::from_code(&found.value).filter(|class| valid.contains(class));
    if class.is_none() {
        let codes: Vec<&str> = valid.iter().map(|class| class.code()).collect();
        let near = nearest(&found.value, codes.iter().copied());
        let hint = near.map_or_else(|| format!("可用：{}", codes.join("、")), |near| format!("是不是“{near}”？"));
        source.error("BD0811", Some(found.span.clone()), format!("不认识的关联等级“{}”", found.value), hint);
    }
    class
}

fn class(source: &SpecFile<'_>, table: &SpecTable<'_>, ladder: &mut Ladder, declared: &mut BTreeSet<LinkClass>) {
    let capped: Vec<LinkClass> = LinkClass::ALL.iter().copied().filter(|class| class.is_linked()).collect();
    let code = table.required_text("code").and_then(|found| class_of(source, &found, &capped));
    let Some(cap) = table.required_text("cap") else { return };
    match (code, Level::from_code(&cap.value)) {
        (Some(class), Some(level)) => {
            if !declared.insert(class) {
                let hint = "删去其中一节";
                source.error("BD0811", Some(table.span.clone()), format!("“{}”写了两节", class.code()), hint);
            }
            ladder.caps.insert(class, level);
        }
        (_, None) => source.error(
            "BD0811",
            Some(cap.span),
            format!("没有“{}”这个等级", cap.value),
            "可用：red、orange、yellow、blue",
        ),
        (None, _) => {}
    }
}

fn variants(source: &SpecFile<'_>, root: &SpecTable<'_>) -> Vec<Vec<char>> {
    let mut seen: Vec<char> = Vec::new();
    let mut groups = Vec::new();
    for found in root.texts("variants") {
        let group: Vec<char> = found.value.chars().collect();
        if group.len() < 2 {
            source.error("BD0814", Some(found.span), "一组异体字至少两个字", "例如 \"兰蓝\"");
        } else if let Some(twice) = group.iter().find(|character| seen.contains(character)) {
            source.error("BD0814", Some(found.span), format!("“{twice}”写在两组里"), "并成一组");
        } else {
            seen.extend(&group);
            groups.push(group);
        }
    }
    groups
}

fn placeholders(source: &SpecFile<'_>, root: &SpecTable<'_>) -> Placeholders {
    let mut placeholders = Placeholders { households_per_phone: 5, ..Placeholders::default() };
    let Some(table) = root.table("placeholders") else { return placeholders };
    let texts = |key| table.texts(key).into_iter().map(|found| found.value).collect();
    (placeholders.names, placeholders.phones) = (texts("name"), texts("phone"));
    if let Some(found) = table.integer("households_per_phone") {
        match u32::try_from(found.value) {
            Ok(most) if most > 0 => placeholders.households_per_phone = most,
            _ => source.error("BD0814", Some(found.span), "户数应为正整数", "例如 households_per_phone = 5"),
        }
    }
    table.finish();
    placeholders
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    const GOOD: &str = r#"
variants = ["兰蓝", "覃谭"]
[placeholders]
phone = ["13800138000"]
[[pass]]
class = "certain"
[[pass]]
class = "alias"
[[pass]]
class = "repaired"
on = ["id", "name"]
[[pass]]
class = "composite"
name = "姓名、出生日期、性别"
on = ["name", "birth", "sex"]
[[pass]]
class = "weighted"
model = "linkage_model.toml"
[[class]]
code = "composite"
cap = "orange"
"#;

    fn refuse(text: &str, code: &str, at: &str) {
        let errors = compile_ladder(text, "linkage.toml").unwrap_err();
        let found = errors.iter().find(|error| error.code == code);
        let span = found.unwrap_or_else(|| panic!("{errors:?}")).span.clone();
        if !at.is_empty() {
            assert!(text[span.unwrap()].contains(at), "{text}");
        }
    }

    #[test]
    fn passes_stand_in_their_order_with_what_they_may() {
        let ladder = compile_ladder(GOOD, "linkage.toml").unwrap();
        let passes: Vec<(&str, LinkClass)> =
            ladder.passes.iter().map(|pass| (pass.name.as_str(), pass.class)).collect();
        assert_eq!(passes, [("证件号码＋姓名", LinkClass::Repaired), ("姓名、出生日期、性别", LinkClass::Composite)]);
        assert!(ladder.alias);
        assert_eq!(ladder.model.as_deref(), Some("linkage_model.toml"));
        assert_eq!(ladder.caps.get(&LinkClass::Composite), Some(&Level::Orange));
        assert_eq!(ladder.variants.len(), 2);
    }

    #[test]
    fn mistakes_are_pointed_at() {
        refuse(&GOOD.replace("\"sex\"]", "\"gender\"]"), "BD0813", "gender");
        refuse(&GOOD.replace("[\"name\", \"birth\", \"sex\"]", "[\"birth\", \"sex\"]"), "BD0813", "");
        refuse(&GOOD.replace("[\"id\", \"name\"]", "[\"phone\", \"name\"]"), "BD0813", "");
        refuse(&GOOD.replace("[\"name\", \"birth\", \"sex\"]", "[\"name\", \"name\"]"), "BD0813", "");
        refuse(&GOOD.replace("[\"name\", \"birth\", \"sex\"]", "[\"name\", \"sex\"]"), "BD0813", "");
        refuse(&format!("{GOOD}[[class]]\ncode = \"composite\"\ncap = \"red\"\n"), "BD0811", "");
        refuse(&GOOD.replace("class = \"alias\"", "class = \"alas\""), "BD0811", "alas");
        refuse(&GOOD.replace("cap = \"orange\"", "cap = \"oragne\""), "BD0811", "oragne");
        refuse(&GOOD.replace("model = \"linkage_model.toml\"", ""), "BD0812", "");
        refuse(&GOOD.replace("\"覃谭\"", "\"覃兰\""), "BD0814", "覃兰");
        refuse("", "BD0811", "");
        refuse("[[pass]]\nclass = \"weighted\"\nmodel = \"m\"\n[[pass]]\nclass = \"certain\"", "BD0811", "");
    }
}
