//! Rules: what a household's facts must say for a warning. Checked whole, examples included, before a row is read.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::{DataContract, Diagnostic, Found, Level, LinkClass, SpecFile, SpecTable, nearest};
use polars::prelude::DataType;

use crate::clause::{Clause, ClauseReader};
use crate::example::{check_examples, read_examples};
use crate::fact::{Fact, Per};
use crate::frames::registry_schema;
use crate::reason::Reason;
use crate::rule_id::hold_rule_id;
use crate::sql::Literal;

/// What a null answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnUnknown {
    /// No signal.
    No,
    /// A signal for a person to look at, which makes no warning.
    Review,
}

/// A checked rule.
#[derive(Clone, Debug)]
pub struct Rule {
    pub id: String,
    pub title: String,
    pub risk: String,
    pub basis: String,
    /// Person or household.
    pub per: Per,
    pub departments: Vec<String>,
    pub scope: Option<Clause>,
    /// Most serious first.
    pub levels: Vec<(Level, Clause)>,
    pub on_unknown: OnUnknown,
    /// The weakest link that a signal of this rule may rest on; what rests on a weaker one goes to review. `None` for any.
    pub least_link: Option<LinkClass>,
    /// The fact that a signal shows as its value.
    pub value: Option<String>,
    /// By how much its value must grow in a year to be verified again; of values that add up over the year.
    pub step: Option<f64>,
    /// Whether it is the smaller value that is worse, as of an income.
    pub worse_when_less: bool,
    pub(crate) reason: Reason,
    pub actions: Vec<String>,
    /// The file it stands in.
    pub file: String,
}

impl Rule {
    /// Everything that scope, levels, reason and value read, sorted.
    #[must_use]
    pub fn reads(&self) -> Vec<String> {
        let clauses = self.scope.iter().chain(self.levels.iter().map(|(_, clause)| clause));
        let mut names: BTreeSet<String> = clauses.flat_map(|clause| clause.reads.iter().cloned()).collect();
        names.extend(self.reason.names().map(str::to_owned));
        names.extend(self.value.clone());
        names.into_iter().collect()
    }
}

/// What rules may speak of.
pub struct RuleContext<'a> {
    pub facts: &'a [Fact],
    pub registry: &'a DataContract,
    pub parameters: &'a BTreeMap<String, Literal>,
}

impl RuleContext<'_> {
    /// Names and types that a rule about persons, or about households, may read.
    pub(crate) fn schema(&self, per: Per) -> BTreeMap<String, DataType> {
        let of_registry =
            registry_schema(self.registry).into_iter().filter(|(_, _, is_person)| per == Per::Person || !is_person);
        let mut schema: BTreeMap<String, DataType> = of_registry.map(|(name, kind, _)| (name, kind)).collect();
        for fact in self.facts.iter().filter(|fact| per == Per::Person || fact.per != Per::Person) {
            schema.insert(fact.name.clone(), fact.dtype());
        }
        schema
    }
}

/// Compiles one rules file. Ids must be unique over all files: `seen` carries them from file to file.
pub fn compile_rules(
    text: &str,
    file: &str,
    context: &RuleContext<'_>,
    seen: &mut BTreeSet<String>,
) -> Result<Vec<Rule>, Vec<Diagnostic>> {
    compile(text, file, context, seen, true)
}

/// The same, without asking the examples: they are written for the place's own parameters.
pub fn compile_rules_without_examples(
    text: &str,
    file: &str,
    context: &RuleContext<'_>,
    seen: &mut BTreeSet<String>,
) -> Result<Vec<Rule>, Vec<Diagnostic>> {
    compile(text, file, context, seen, false)
}

fn compile(
    text: &str,
    file: &str,
    context: &RuleContext<'_>,
    seen: &mut BTreeSet<String>,
    with_examples: bool,
) -> Result<Vec<Rule>, Vec<Diagnostic>> {
    let source = SpecFile::new(file, text);
    let rules = {
        let mut tree = None;
        source.root(&mut tree).map(|root| {
            let tables = root.tables("rule");
            let reader = Reader { source: &source, context, file, with_examples };
            let rules = tables.into_iter().filter_map(|table| reader.rule(table, seen)).collect::<Vec<_>>();
            root.finish();
            rules
        })
    };
    source.finish(rules)
}

struct Reader<'a> {
    source: &'a SpecFile<'a>,
    context: &'a RuleContext<'a>,
    file: &'a str,
    with_examples: bool,
}

impl Reader<'_> {
    fn rule(&self, table: SpecTable<'_>, seen: &mut BTreeSet<String>) -> Option<Rule> {
        let id = table.required_text("id");
        let title = table.required_text("title");
        let risk = table.required_text("risk");
        let basis = table.required_text("basis");
        let per = table.required_text("per").and_then(|per| self.per(&per));
        let departments = table.texts("departments");
        let departments_at = table.span_of("departments");
        let departments_are_wrong = self.source.is_misnamed(&table.span, "departments");
        let least_link = table.text("least_link").and_then(|found| self.least_link(&found));
        let on_unknown = table.text("on_unknown").map_or(Some(OnUnknown::No), |found| self.on_unknown(&found));
        let actions = table.texts("actions");
        let written: Vec<(Option<Level>, Found<String>)> = [
            ("scope", None),
            ("red", Some(Level::Red)),
            ("orange", Some(Level::Orange)),
            ("yellow", Some(Level::Yellow)),
            ("blue", Some(Level::Blue)),
        ]
        .into_iter()
        .filter_map(|(key, level)| Some((level, table.text(key)?)))
        .collect();
        let value = table.text("value");
        let step = table.number("step");
        let worse = table.text("worse").map_or(Some(false), |found| self.worse(&found));
        let reason = table.required_text("reason");
        let examples = table.tables("example");
        let span = table.span.clone();
        table.finish();
        let is_whole = !self.source.lacks_a_part(&span);
        // Of a rule about nobody knows whom, what is unknown to persons is unknown to all.
        let about = per.unwrap_or(Per::Person);
        let schema = self.context.schema(about);
        let (scope, levels, mut good) = self.clauses(&written, &schema, about);
        if written.iter().all(|(level, _)| level.is_none()) {
            self.source.error(
                "BD0201",
                Some(span.clone()),
                "规则没有任何等级的条件",
                "至少写 red、orange、yellow、blue 中的一个",
            );
            good = false;
        }
        for (place, department) in departments.iter().enumerate() {
            if departments[..place].iter().any(|other| other.value == department.value) {
                let message = format!("责任部门“{}”写了两次", department.value);
                self.source.error("BD0202", Some(department.span.clone()), message, "删去一个，或改成想写的那一个");
            }
        }
        if departments.is_empty() && !departments_are_wrong {
            let place = departments_at.unwrap_or(span);
            self.source.error("BD0202", Some(place), "规则没有写责任部门", "请补上 departments = [\"…\"]");
            good = false;
        }
        let value_is_written = value.is_some();
        let value = value.map_or(Some(None), |value| self.counted(&value, &schema).map(Some));
        let step = step.and_then(|step| self.step(&step, value_is_written));
        let reason = reason.and_then(|reason| self.reason(&reason, &schema));
        if let Some(id) = &id {
            hold_rule_id(self.source, id, seen);
        }
        let given = examples;
        let examples = read_examples(self.source, &schema, &given);
        // Behind a rule whose heading is lost stand its examples, too.
        let is_whole = is_whole && !given.iter().any(SpecTable::runs_on);
        let rule = Rule {
            id: id?.value,
            title: title?.value,
            risk: risk?.value,
            basis: basis?.value,
            per: per?,
            departments: departments.into_iter().map(|department| department.value).collect(),
            scope,
            levels,
            on_unknown: on_unknown?,
            least_link,
            value: value?,
            step,
            worse_when_less: worse?,
            reason: reason?,
            actions: actions.into_iter().map(|action| action.value).collect(),
            file: self.file.to_owned(),
        };
        if good && is_whole && self.with_examples {
            check_examples(self.source, &rule, &schema, &examples, &written);
        }
        good.then_some(rule)
    }

    /// Which way a value grows worse.
    fn worse(&self, found: &Found<String>) -> Option<bool> {
        match found.value.as_str() {
            "more" => Some(false),
            "less" => Some(true),
            other => {
                let message = format!("worse 不能写“{other}”");
                self.source.error(
                    "BD0212",
                    Some(found.span.clone()),
                    message,
                    "数值越大越严重写 more（默认），越小越严重写 less",
                );
                None
            }
        }
    }

    /// A step is measured on the rule's value.
    fn step(&self, step: &Found<f64>, value_is_written: bool) -> Option<f64> {
        if step.value > 0.0 && value_is_written {
            return Some(step.value);
        }
        self.source.error(
            "BD0212",
            Some(step.span.clone()),
            "step 应大于0，并须同时写 value",
            "例如 value = \"self_paid_12m\"，step = 5000",
        );
        None
    }

    /// Scope and levels; `false` where one of them does not compile.
    fn clauses(
        &self,
        written: &[(Option<Level>, Found<String>)],
        schema: &BTreeMap<String, DataType>,
        per: Per,
    ) -> (Option<Clause>, Vec<(Level, Clause)>, bool) {
        let (mut scope, mut levels, mut good) = (None, Vec::new(), true);
        for (level, text) in written {
            match (self.clause(text, schema, per), level) {
                (Some(clause), Some(level)) => levels.push((*level, clause)),
                (Some(clause), None) => scope = Some(clause),
                (None, _) => good = false,
            }
        }
        (scope, levels, good)
    }

    fn per(&self, found: &Found<String>) -> Option<Per> {
        match found.value.as_str() {
            "household" => Some(Per::Household),
            "person" => Some(Per::Person),
            _ => {
                self.source.error(
                    "BD0204",
                    Some(found.span.clone()),
                    format!("规则的对象不能是“{}”", found.value),
                    one_of(&found.value, &["household", "person"]),
                );
                None
            }
        }
    }

    fn least_link(&self, found: &Found<String>) -> Option<LinkClass> {
        let class = LinkClass::from_code(&found.value).filter(|class| class.is_linked());
        if class.is_none() {
            let codes: Vec<&str> =
                LinkClass::ALL.iter().filter(|class| class.is_linked()).map(|class| class.code()).collect();
            let near = nearest(&found.value, codes.iter().copied());
            let hint = near.map_or_else(|| format!("可用：{}", codes.join("、")), |near| format!("是不是“{near}”？"));
            self.source.error("BD0205", Some(found.span.clone()), format!("least_link 不能是“{}”", found.value), hint);
        }
        class
    }

    fn on_unknown(&self, found: &Found<String>) -> Option<OnUnknown> {
        match found.value.as_str() {
            "no" => Some(OnUnknown::No),
            "review" => Some(OnUnknown::Review),
            _ => {
                self.source.error(
                    "BD0205",
                    Some(found.span.clone()),
                    format!("on_unknown 不能是“{}”", found.value),
                    one_of(&found.value, &["no", "review"]),
                );
                None
            }
        }
    }

    fn clause(&self, text: &Found<String>, schema: &BTreeMap<String, DataType>, per: Per) -> Option<Clause> {
        let RuleContext { registry, parameters, .. } = *self.context;
        let reader = ClauseReader { source: self.source, registry, parameters, schema };
        reader.condition(text, |name| self.name_hint(name, schema, per))
    }

    fn name_hint(&self, name: &str, schema: &BTreeMap<String, DataType>, per: Per) -> String {
        if per == Per::Household && self.context.schema(Per::Person).contains_key(name) {
            return format!("“{name}”是个人的指标或列：把规则改为 per = \"person\"，或另设 per = \"household\" 的指标");
        }
        let valid = schema.keys().chain(self.context.parameters.keys()).map(String::as_str);
        nearest(name, valid).map_or_else(|| "可用的名字见 docs/rules.md".to_owned(), |near| format!("是不是“{near}”？"))
    }

    /// A name whose values can be shown as an amount and compared.
    fn counted(&self, found: &Found<String>, schema: &BTreeMap<String, DataType>) -> Option<String> {
        let name = self.known(found, schema)?;
        let kind = schema.get(&name)?;
        if kind.is_primitive_numeric() || *kind == DataType::Boolean {
            return Some(name);
        }
        let what = if *kind == DataType::String { "文字" } else { "日期" };
        let message = format!("value 写的“{name}”是{what}，不是数");
        let hint = "value 写这条规则比的那个数：它显示在清单上，也决定何时算又加重";
        self.source.error("BD0207", Some(found.span.clone()), message, hint);
        None
    }

    fn known(&self, found: &Found<String>, schema: &BTreeMap<String, DataType>) -> Option<String> {
        if schema.contains_key(&found.value) {
            return Some(found.value.clone());
        }
        let hint = nearest(&found.value, schema.keys().map(String::as_str))
            .map_or_else(|| "可用的名字见 docs/rules.md".to_owned(), |near| format!("是不是“{near}”？"));
        let message = format!("没有名为“{}”的指标或底册列", found.value);
        let error = Diagnostic::error("BD0206", self.source.file, Some(found.span.clone()), message);
        self.source.push(error.with_hint(hint).about(&found.value));
        None
    }

    fn reason(&self, text: &Found<String>, schema: &BTreeMap<String, DataType>) -> Option<Reason> {
        let RuleContext { registry, parameters, .. } = *self.context;
        ClauseReader { source: self.source, registry, parameters, schema }.sentence(text)
    }
}

/// The nearest of a few words, and all of them.
fn one_of(found: &str, valid: &[&str]) -> String {
    let all = format!("可用：{}", valid.join("、"));
    nearest(found, valid.iter().copied()).map_or_else(|| all.clone(), |near| format!("是不是“{near}”？{all}"))
}
