//! The kinds of files that a configuration is made of.

use super::shape::TableSpec;
use super::{county, feed, linkage, lists, rules};

/// A kind of file.
#[derive(Debug)]
pub struct Kind {
    /// As `bidui schema` is asked for it.
    pub name: &'static str,
    /// What the files are, in Chinese.
    pub title: &'static str,
    pub table: &'static TableSpec,
    /// Files by their paths in the configuration folder; a folder ends in a slash.
    files: &'static [&'static str],
}

pub const KINDS: &[Kind] = &[
    Kind {
        name: "bidui", title: "县名、文件夹、时限、参数", table: &county::BIDUI, files: &["bidui.toml"]
    },
    Kind {
        name: "towns", title: "乡镇、已划出的镇、安置点", table: &county::TOWNS, files: &["towns.toml"]
    },
    Kind { name: "holidays", title: "节假日和调休", table: &county::HOLIDAYS, files: &["holidays.toml"] },
    Kind { name: "feed", title: "数据契约和指标", table: &feed::FEED, files: &["feeds/"] },
    Kind { name: "rules", title: "规则", table: &rules::RULES, files: &["rules/"] },
    Kind { name: "checks", title: "数据检查", table: &rules::CHECKS, files: &["checks/"] },
    Kind { name: "grading", title: "等级、升级、不再下发", table: &rules::GRADING, files: &["grading.toml"] },
    Kind { name: "linkage", title: "认人的次序", table: &linkage::LINKAGE, files: &["linkage.toml"] },
    Kind { name: "linkage-model", title: "权重模型", table: &linkage::MODEL, files: &["linkage_model.toml"] },
    Kind {
        name: "lists", title: "清单、报表、抽查表", table: &lists::LISTS, files: &["lists/", "report/", "sample/"]
    },
    Kind {
        name: "choices",
        title: "核查结果、帮扶需求的代码",
        table: &lists::CHOICES,
        files: &["verification_results.toml", "needs.toml"],
    },
];

impl Kind {
    /// Its schema's path in the configuration folder.
    #[must_use]
    pub fn schema_file(&self) -> String {
        format!("schema/{}.schema.json", self.name)
    }

    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    /// The kind of a file by its path in the configuration folder, with `/` between.
    #[must_use]
    pub fn of_file(path: &str) -> Option<&'static Self> {
        let is_of = |place: &&str| match place.strip_suffix('/') {
            Some(_) => path.strip_prefix(*place).is_some_and(|name| name.ends_with(".toml") && !name.contains('/')),
            None => path == *place,
        };
        KINDS.iter().find(|kind| kind.files.iter().any(is_of))
    }

    /// The line by which an editor finds the schema of a file.
    #[must_use]
    pub fn directive(&self, path: &str) -> String {
        let up = "../".repeat(path.matches('/').count());
        let here = if up.is_empty() { "./" } else { &up };
        format!("{DIRECTIVE} {here}{}", self.schema_file())
    }
}

/// What taplo and the editors built on it read at the head of a file; the path behind it counts from the file.
pub(crate) const DIRECTIVE: &str = "#:schema";
