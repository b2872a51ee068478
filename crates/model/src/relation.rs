//! The public schema: every relation that a run writes, and its columns. docs/relations.md says the same to people.

use crate::ledger_relations::{ANOMALIES, ANSWERS, CASE_EVENTS, CASES, CHECKS, CLOCKS, NEEDS, STABILITY, STANDING};

/// The type of a relation's column, as SQL engines name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationType {
    Text,
    Integer,
    Number,
    Flag,
    Date,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelationColumn {
    pub name: &'static str,
    pub kind: RelationType,
}

/// A relation's fixed columns, in order. `persons` and `households` have registry columns and facts after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelationSchema {
    pub name: &'static str,
    /// What one row is, in Chinese.
    pub row: &'static str,
    pub columns: &'static [RelationColumn],
}

pub(crate) const fn text(name: &'static str) -> RelationColumn {
    RelationColumn { name, kind: RelationType::Text }
}
pub(crate) const fn integer(name: &'static str) -> RelationColumn {
    RelationColumn { name, kind: RelationType::Integer }
}
pub(crate) const fn number(name: &'static str) -> RelationColumn {
    RelationColumn { name, kind: RelationType::Number }
}
pub(crate) const fn date(name: &'static str) -> RelationColumn {
    RelationColumn { name, kind: RelationType::Date }
}

/// Every relation, in the order in which they are written.
pub const RELATIONS: &[RelationSchema] = &[
    RelationSchema {
        name: "persons",
        row: "底册中的一个人",
        columns: &[
            text("person_no"),
            text("household_id"),
            text("relation"),
            text("sex"),
            integer("age"),
            text("labour"),
            text("village_code"),
            text("town_code"),
        ],
    },
    RelationSchema {
        name: "households",
        row: "底册中的一户",
        columns: &[
            text("household_id"),
            text("head_no"),
            integer("size"),
            text("household_kind"),
            text("risk_status"),
            text("resettlement_site"),
            text("hamlet"),
            text("village_code"),
            text("town_code"),
        ],
    },
    RelationSchema {
        name: "signals",
        row: "对一户触发的一条规则",
        columns: &[
            text("month"),
            text("household_id"),
            text("rule_id"),
            text("rule_title"),
            text("risk"),
            text("level"),
            text("level_name"),
            number("value"),
            text("threshold"),
            text("persons"),
            text("link_class"),
            text("identity_check"),
            text("state"),
            text("state_reason"),
            text("case_id"),
            text("reason"),
            text("departments"),
            text("actions"),
            text("sources"),
            integer("source_rows"),
            text("facts"),
        ],
    },
    RelationSchema {
        name: "warnings",
        row: "至少有一条生效信号的一户",
        columns: &[
            text("month"),
            text("household_id"),
            text("level"),
            text("level_name"),
            integer("level_rank"),
            text("risks"),
            text("rules"),
            text("departments"),
            text("reasons"),
            text("actions"),
            text("persons"),
            integer("signals"),
            text("link_class"),
            text("identity_check"),
            text("escalation"),
            date("issued"),
            date("due"),
            text("town_code"),
            text("town"),
            text("village_code"),
            text("village"),
            text("hamlet"),
            text("route"),
            text("route_note"),
            integer("list_no"),
            text("case_id"),
            text("state"),
            text("opened"),
            integer("months_open"),
            text("last_answer"),
            text("last_answer_month"),
        ],
    },
    RelationSchema {
        name: "evidence",
        row: "一条信号所依据的一行原始数据",
        columns: &[
            text("household_id"),
            text("rule_id"),
            text("fact"),
            text("person_no"),
            text("feed"),
            text("feed_month"),
            text("file"),
            text("sheet"),
            integer("row"),
            text("link_class"),
        ],
    },
    RelationSchema {
        name: "links",
        row: "本月数据的一行",
        columns: &[
            text("feed"),
            text("file"),
            text("sheet"),
            integer("row"),
            text("link_class"),
            text("reason"),
            text("person_no"),
            text("household_id"),
            text("pass"),
            number("weight"),
            number("confidence"),
            text("tried"),
            text("row_digest"),
        ],
    },
    RelationSchema {
        name: "candidates",
        row: "待认定的一行数据的一个候选人",
        columns: &[
            text("feed"),
            text("department"),
            text("file"),
            text("sheet"),
            integer("row"),
            text("row_digest"),
            text("reason"),
            integer("rank"),
            text("person_no"),
            text("household_id"),
            text("town_code"),
            text("pass"),
            text("agrees"),
            text("differs"),
            text("against"),
            number("weight"),
            number("probability"),
            text("parts"),
        ],
    },
    RelationSchema {
        name: "linkage",
        row: "本月一份数据的关联情况",
        columns: &[
            text("feed"),
            text("department"),
            integer("rows"),
            integer("certain"),
            integer("likely"),
            integer("decided"),
            integer("alias"),
            integer("repaired"),
            integer("damaged_by_excel"),
            integer("composite"),
            integer("weighted"),
            integer("place"),
            integer("review"),
            integer("unlinked"),
            integer("not_in_registry"),
            integer("id_missing"),
            integer("id_unusable"),
            integer("id_damaged_by_excel"),
            integer("place_unknown"),
            integer("name_of_another"),
            integer("decided_nobody"),
            number("link_rate"),
            number("link_rate_before"),
            number("estimated_recall"),
            number("estimated_missing"),
            text("advice"),
        ],
    },
    RelationSchema {
        name: "flaws",
        row: "一个有问题的值",
        columns: &[
            text("feed"),
            text("department"),
            text("file"),
            text("sheet"),
            integer("row"),
            text("heading"),
            text("code"),
            text("title"),
            text("found"),
            text("hint"),
            text("person_no"),
            text("household_id"),
            text("town_code"),
            text("village_code"),
            text("goes_to"),
        ],
    },
    RelationSchema {
        name: "rejects",
        row: "剔除的一行",
        columns: &[
            text("feed"),
            text("department"),
            text("file"),
            text("sheet"),
            integer("row"),
            text("code"),
            text("title"),
        ],
    },
    RelationSchema {
        name: "feeds",
        row: "本月的一份数据",
        columns: &[
            text("feed"),
            text("department"),
            text("kind"),
            text("files"),
            date("due"),
            integer("rows"),
            integer("kept"),
            integer("rejected"),
            integer("linked"),
            integer("unlinked"),
            integer("likely"),
            number("link_rate"),
            integer("flaws"),
            integer("damaged_ids"),
            text("status"),
            text("note"),
            text("layout"),
            text("layout_change"),
        ],
    },
    RelationSchema {
        name: "facts",
        row: "一项指标本月的情况",
        columns: &[
            text("fact"),
            text("title"),
            text("feed"),
            text("per"),
            text("unit"),
            integer("months"),
            text("window"),
            text("status"),
            text("note"),
            text("rules"),
        ],
    },
    CASES,
    ANSWERS,
    CLOCKS,
    NEEDS,
    STANDING,
    CASE_EVENTS,
    ANOMALIES,
    CHECKS,
    STABILITY,
    RelationSchema {
        name: "totals",
        row: "一项控制总数",
        columns: &[
            text("stage"),
            text("feed"),
            integer("received"),
            integer("kept"),
            integer("set_aside"),
            integer("balance"),
            integer("recount"),
        ],
    },
];

/// The relation of that name.
#[must_use]
pub fn relation(name: &str) -> Option<&'static RelationSchema> {
    RELATIONS.iter().find(|schema| schema.name == name)
}
